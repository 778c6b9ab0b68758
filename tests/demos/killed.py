"""python killed.py STEP DEMO ARGUMENTS: run a demo, saving often, that is killed after so many steps of its trainings."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from typing import Any

import tinydawn as td

STEP, DEMO = int(sys.argv[1]), sys.argv[2]
steps, step = 0, td.Checkpoint.step


def count(checkpoint: td.Checkpoint, **progress: Any) -> None:
    global steps
    checkpoint.every, steps = 4, steps + 1
    step(checkpoint, **progress)
    if steps == STEP:
        os._exit(9)


td.Checkpoint.step = count  # type: ignore[method-assign]
sys.argv = [DEMO, *sys.argv[3:]]
sys.path.insert(0, str(Path(DEMO).parent))
runpy.run_path(DEMO, run_name="__main__")
