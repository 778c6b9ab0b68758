"""One quick run of a demo, in the form that every test of a demo looks at."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import fonts
import quick_run
from quick_run import assert_well_formed
from test_demos import run


class Quick:
    """`demos/<name>.py --quick` in a folder of its own: what it printed, and what it wrote.

    It warns of nothing, but for the letters that no font has, where `figures_in_chinese` and there is no such font.
    """

    def __init__(self, name: str, folder: Path, *arguments: Any, figures_in_chinese: bool = False) -> None:
        self.folder = folder
        self.done: subprocess.CompletedProcess[str] = run("--quick", "--out", "out", *arguments, folder=folder, demo=name)
        assert self.done.returncode == 0, self.done.stderr
        warnings = [line for line in self.done.stderr.splitlines() if "Warning" in line]
        assert all(fonts.MISSING in line for line in warnings), self.done.stderr
        assert bool(warnings) == (figures_in_chinese and not fonts.CHINESE), self.done.stderr
        self.record = json.loads((folder / "out" / "metrics.json").read_text(encoding="utf-8"))
        self.metrics, self.baselines = self.record["metrics"], self.record["baselines"]

    def assert_record(self, name: str, figures: list[str]) -> None:
        ran = quick_run.Quick(self.folder / "out", self.done.stdout, self.record, self.metrics, self.baselines)
        assert_well_formed(ran, name, figures)


def write_labelled(path: Path, chinese: bool = False) -> Path:
    """A file of one's own: label<TAB>text, 80 lines."""
    english = (["a fine film", "very good"], ["a dull film", "so bad"])
    words = (["很好吃", "味道好", "很快"], ["不好吃", "太慢了", "很差"]) if chinese else english
    lines = [f"{'pos' if label == 0 else 'neg'}\t{words[label][i % len(words[label])]} {'了' if chinese else 'it'}{i % 7}"
             for i in range(40) for label in (0, 1)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
