"""python -m tinydawn.torch FILE.py ...: run a program written for PyTorch; draw its first step; compare it with PyTorch."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError, TinydawnError, message
from . import running

SEED = 1234  # of both, before the program begins; what it seeds itself counts from there on
CLOSE = 1e-6


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tinydawn.torch",
                                     description="Run a program written for PyTorch, its `import torch` answered by tinydawn.")
    parser.add_argument("--draw", type=Path, metavar="OUT", help="draw the first training step: .svg, .png, .pdf or .dot, "
                                                               "or an .html page that goes through it op by op; and stop there")
    parser.add_argument("--depth", type=_depth, metavar="N", help='of the drawing: how many levels of modules are opened, '
                                                                'or "ops", "formula" or "scalar"; by default 1, of .html "ops"')
    parser.add_argument("--check", action="store_true", help="run it under PyTorch too, in float64 without dropout, and compare "
                                                             "the losses")
    parser.add_argument("--steps", type=int, default=20, help="of --check: calls of backward() that are compared; default 20")
    parser.add_argument("--float32", action="store_true", help="of --check: leave the dtype as the program has it")
    parser.add_argument("--record", help=argparse.SUPPRESS)  # one of the two runs of --check: which library, and where to write
    parser.add_argument("file", type=Path, help="the program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what the program is to find in sys.argv")
    options = parser.parse_args(arguments)
    try:
        if options.record:
            return _record(options)
        if options.check:
            return _check(options)
        for misplaced in {"--check", "--draw"} & set(options.arguments):
            print(f"{misplaced} stands behind the file, and so goes to the program: put it before", file=sys.stderr)
        torch = running.answer_imports()
        if options.draw:
            return _draw(torch, options)
        running.run(options.file, options.arguments)
    except TinydawnError as error:
        if isinstance(error, DataError):
            print(f"error: {error}", file=sys.stderr)
            return 1
        raise
    return 0


def _depth(text: str) -> int | str:
    if text.isdecimal():
        return int(text)
    if text not in ("ops", "formula", "scalar"):
        raise argparse.ArgumentTypeError(f'{text!r} is neither a number from 0 nor "ops", "formula" or "scalar"')
    return text


def _draw(torch: Any, options: argparse.Namespace) -> int:
    """Draw what the program first calls backward() on, and stop."""
    import tinydawn as td
    from tinydawn import autograd
    from tinydawn.viz.trace import TraceOfTheEnd

    seen = TraceOfTheEnd()
    depth = options.depth
    if depth is None and options.draw.suffix == ".html":
        depth = "ops"

    def draw(loss: Any) -> None:
        seen.end_at(loss)
        if loss.numel() == 1:
            autograd.backward(loss, retain_graph=True)  # for the gradients in the picture
        td.draw(seen if seen.records else loss, depth=depth).save(options.draw)
        raise running.Enough

    try:
        with running.at_each_backward(torch, draw), seen:
            running.run(options.file, options.arguments)
    except running.Enough:
        print(f"{options.draw}: the graph of the first step")
        return 0
    print(f"{options.file} called backward() nowhere: there is nothing to draw", file=sys.stderr)
    return 1


def _record(options: argparse.Namespace) -> int:
    """Run the program under one library, and write its losses as JSON."""
    library, _, target = options.record.partition(":")
    torch = importlib.import_module("torch") if library == "torch" else running.answer_imports()
    torch.set_num_threads(1)
    random.seed(SEED)
    np.random.seed(SEED)  # noqa: NPY002 (what programs draw from)
    torch.manual_seed(SEED)
    running.make_comparable(torch, not options.float32)
    recorded = running.Recorded(torch, options.steps)
    error = ""
    try:
        with running.at_each_backward(torch, recorded):
            running.run(options.file, options.arguments)
    except (running.Enough, SystemExit):
        pass
    except Exception as problem:
        import traceback

        traceback.print_exc()
        error = f"{type(problem).__name__}: {problem}"
    Path(target).write_text(json.dumps({"losses": recorded.losses, "seconds": recorded.seconds, "error": error}), "utf-8")
    return 1 if error else 0


def compare(file: Path, arguments: list[str], steps: int, double: bool = True, seconds: float = 600) -> dict[str, Any]:
    """The losses of a program under both libraries, and the time of a step.

    torch, tinydawn  of each run its losses, when they came, what it printed, its error
    difference       the largest between two losses, in units of the larger of 1 and PyTorch's
    ratio            the median CPU time of a step under tinydawn over that under PyTorch, one thread each
    """
    found: dict[str, Any] = {}
    alike = {**os.environ, "PYTHONHASHSEED": "0", "MPLBACKEND": "agg"}  # the order of a set of words is to be the same
    with tempfile.TemporaryDirectory() as folder:
        for library in ("torch", "tinydawn"):
            target = Path(folder) / library
            command = [sys.executable, "-m", "tinydawn.torch", "--record", f"{library}:{target}", "--steps", str(steps),
                       *([] if double else ["--float32"]), file.name, *arguments]
            try:
                done = subprocess.run(command, cwd=file.parent, capture_output=True, encoding="utf-8", errors="replace",
                                      timeout=seconds, check=False, stdin=subprocess.DEVNULL, env=alike)
                said = done.stdout, done.stderr
            except subprocess.TimeoutExpired:
                said = "", f"no end after {seconds:g} s"
            nothing = {"losses": [], "seconds": [], "error": said[1][-2000:]}
            result = json.loads(target.read_text("utf-8")) if target.exists() else nothing
            found[library] = {**result, "stdout": said[0], "stderr": said[1][-4000:]}
    ours, theirs = found["tinydawn"], found["torch"]
    pairs = list(zip(ours["losses"], theirs["losses"], strict=False))
    found["difference"] = max((abs(a - b) / max(1, abs(b)) if a == a or b == b else 0.0 for a, b in pairs), default=float("nan"))
    found["same_length"] = len(ours["losses"]) == len(theirs["losses"])
    times = [np.diff(run["seconds"]).tolist() for run in (ours, theirs)]
    found["ratio"] = statistics.median(times[0]) / statistics.median(times[1]) if all(times) else float("nan")
    return found


def _check(options: argparse.Namespace) -> int:
    if not importlib.util.find_spec("torch"):
        raise DataError(message("--check: PyTorch is not installed", fix="pip install torch, or run without --check"))
    found = compare(options.file, options.arguments, options.steps, not options.float32)
    ours, theirs = found["tinydawn"], found["torch"]
    if ours["losses"] and theirs["losses"]:
        print(f"{'step':>4} {'PyTorch':>18} {'tinydawn.torch':>18}")
    for i, pair in enumerate(zip(theirs["losses"], ours["losses"], strict=False), start=1):
        print(f"{i:4} {pair[0]:18.12f} {pair[1]:18.12f}")
    for run, name in ((theirs, "PyTorch"), (ours, "tinydawn.torch")):
        if run["error"]:
            print(f"{name} stopped after {len(run['losses'])} steps: {run['error']}")
    if not (ours["losses"] and theirs["losses"]):
        print("NOTHING WAS COMPARED: " + ("see above" if ours["error"] or theirs["error"] else "backward() was called nowhere"))
        return 1
    print(f"largest difference {found['difference']:.1e}; a step takes {found['ratio']:.2f} of PyTorch's CPU time on one thread")
    if found["difference"] > CLOSE or not (found["same_length"] or theirs["error"] or ours["error"]):
        print("THE LOSSES DIFFER")
        return 1
    print("the losses agree" + (", as far as both ran" if ours["error"] or theirs["error"] else ""))
    return 1 if ours["error"] else 0


if __name__ == "__main__":
    sys.exit(main())
