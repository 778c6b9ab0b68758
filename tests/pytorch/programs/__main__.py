"""Writes PyTorch's answers, where it is installed, and prints which programs agree under tinydawn.torch.

A program that differs gave another answer and said nothing; one that raises at least said so.
"""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from typing import Any

import tinydawn.torch as layer

from . import STORED, collect, run, store, stored, verdict


def main() -> int:
    programs, tolerance = collect(), None
    if importlib.util.find_spec("torch"):
        torch: Any = importlib.import_module("torch")
        torch.set_num_threads(1)
        answers = {name: run(program, torch) for name, program in programs.items()}
        random = [name for name, program in programs.items() if verdict(program, torch, answers[name])[0] != "agrees"]
        if random:
            print("not the same twice under PyTorch:", ", ".join(random))
            return 1
        store(answers)
        print(f"{len(answers)} programs, the same twice under PyTorch {torch.__version__}: answers.json is written")
    else:
        answers, tolerance = stored(), STORED
        print(f"{len(answers)} programs; PyTorch is not installed: its answers are those stored")
    count: Counter[str] = Counter()
    for name, program in programs.items():
        kind, why = verdict(program, layer, answers[name], tolerance)
        count[kind] += 1
        print(f"{kind.upper() if kind == 'differs' else kind:8} {name:44} {why}".rstrip())
    print(f"{count['agrees']} agree, {count['differs']} differ silently, {count['raises']} raise")
    return int(count["agrees"] != len(programs))


if __name__ == "__main__":
    sys.exit(main())
