"""Writes PyTorch's answers, where it is installed, and prints which programs agree under tinydawn.torch.

A program that differs gave another answer and said nothing; one that raises at least said so.
"""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from typing import Any

from . import STORED, collect, run, store, stored, verdict


def module(name: str) -> Any:
    """The module of that name, or None where it is not there."""
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def main() -> int:
    torch, layer = module("torch"), module("tinydawn.torch")
    programs, tolerance = collect(), None
    if torch is not None:
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
    if layer is None:
        print("tinydawn.torch is not there")
        return 1
    count: Counter[str] = Counter()
    for name, program in programs.items():
        kind, why = verdict(program, layer, answers[name], tolerance)
        count[kind] += 1
        print(f"{kind.upper() if kind == 'differs' else kind:8} {name:44} {why}".rstrip())
    print(f"{count['agrees']} agree, {count['differs']} differ silently, {count['raises']} raise")
    return int(count["agrees"] != len(programs))


if __name__ == "__main__":
    sys.exit(main())
