"""Trainings that can be stopped and go on, and models that are kept: --save, --resume, --load."""

from __future__ import annotations

import argparse
import contextlib
import glob
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from tqdm import tqdm

import tinydawn as td
from tinydawn import distributed
from tinydawn.errors import DataError, StateError, message

_own: list[Path] = []  # the checkpoints of this run's trainings
DATA = ("data", "task", "unlabelled")  # flags that name corpora or files


def saving(parser: argparse.ArgumentParser, what: str = "the trained model") -> None:
    """Add --save and --resume, of a demo that goes through its `training`."""
    parser.add_argument("--save", metavar="FILE", help=f"keep {what} in FILE, whatever was there; while the run goes on, "
                        "FILE.checkpoint as well")
    parser.add_argument("--resume", action="store_true", help="go on from FILE.checkpoint, with --save FILE, and with the flags "
                        "and the data of that run")


def training(options: argparse.Namespace, steps: int | None, model: Any, optimizer: Any, schedule: Any,
             kept: dict[str, Any] | None = None, name: str = "", generators: Any = None,
             seconds: float = 0.0) -> Iterator[tuple[int, Any]]:
    """The steps that are left of a training, from 0 if it is new, each with the bar that shows them.

        kept = {"curve": []}
        for step, bar in training(options, steps, model, optimizer, schedule, kept):
            ...                                        # one step
            kept["curve"].append(...)

    With --save a checkpoint is written after the first step (so that a disk without room shows), every 200 steps, when the run
    is told to stop, and at the end; with --resume the run goes on from there, and ends with the same bits. So whatever a step
    depends on follows from its number, or is in `kept` or `generators`.

    steps    how many there are; None: as many as fit into the seconds
    kept     what goes on from step to step; put back by --resume: lists, numbers, Tensors or tuples of them
    name     of this training, where a run has several
    seconds  of CPU, which the steps count in kept["seconds"]: such a run is as long as another, but has not the same bits
    """
    kept, step, checkpoint = {} if kept is None else kept, 0, None
    if getattr(options, "save", None):
        path = Path(f"{options.save}.checkpoint" + (f"-{name.replace(' ', '-')}" if name else ""))
        if options.resume and not _own and not path.exists():
            there = ", ".join(str(found) for found in checkpoints(options.save))
            raise DataError(message(f"--resume: there is no {path}, only {there}", fix="go on with it by the demo that wrote it"))
        _own.append(path)
        checkpoint = td.Checkpoint(path, model, optimizer, schedule, generators, settings=_settings(options) | {"steps": steps})
        if options.resume and (done := checkpoint.resume()):
            step = done.pop("step")
            print(f"{path}: going on " + (f"after step {step}" if steps is None or step < steps else "after its last step"))
            for key, value in done.items():
                if isinstance(kept.get(key), list):  # the same list: who trains may hold it under another name
                    kept[key][:] = value
                else:
                    kept[key] = value
    began = step
    goal, shape = (steps, {"unit": "step"}) if steps is not None else (
        seconds, {"bar_format": "{l_bar}{bar}| {n:.0f} CPU s{postfix}"})

    def reached() -> float:
        return min(step if steps is not None else kept["seconds"], goal)

    with checkpoint.on_interrupt() if checkpoint is not None else contextlib.nullcontext(), \
            tqdm(total=goal, initial=reached(), desc=name or "training", mininterval=0.5, disable=distributed.rank() > 0,
                 **shape) as bar:
        while reached() < goal:
            yield step, bar
            step += 1
            bar.update(reached() - bar.n)
            if checkpoint is not None:
                for _ in range(2 if step == 1 else 0):  # the second needs room for two, as every one after it
                    checkpoint.save(step=step, **kept)
                checkpoint.step(step=step, **kept)
        if checkpoint is not None and step > began:  # for a run that stops later: while it trains another model, or measures
            checkpoint.save(step=step, **kept)


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    """The demo and its flags. A file or folder of data counts by its content: a run must not go on with other data."""
    flags = {key: value for key, value in vars(options).items() if key not in ("save", "resume", "out", "load")}
    for key in DATA:
        if files := _files(flags.get(key)):
            digests = [hashlib.sha256(Path(file).read_bytes()).digest() for file in files]
            flags[key] = f"sha256 {hashlib.sha256(b''.join(digests)).hexdigest()[:12]}"
    return {"demo": Path(sys.argv[0]).stem, **flags}


def _files(data: str | None) -> list[str]:
    """The files that --data names: one, several with commas between, or all in a folder; none if it is a corpus by name."""
    if not data or data in td.text.CORPORA:
        return []
    found = []
    for part in [data] if os.path.exists(data) else data.split(","):
        found += sorted(str(p) for p in Path(part).rglob("*") if p.is_file()) if os.path.isdir(part) else [part]
    return [file for file in found if os.path.isfile(file)]


def checkpoints(save: str) -> list[Path]:
    """Those of trainings with this --save, that were stopped or are running: files that say so, under such a name."""
    found = []
    for name in sorted(glob.glob(f"{glob.escape(save)}.checkpoint")) + sorted(glob.glob(f"{glob.escape(save)}.checkpoint-*")):
        if os.path.isfile(name):  # to open a pipe would be to wait
            with contextlib.suppress(OSError, SafetensorError), safe_open(name, framework="np") as content:
                if str((content.metadata() or {}).get("format")).startswith("tinydawn checkpoint"):
                    found.append(Path(name))
    return found


def left() -> Path | None:
    """The last checkpoint that this run has written, if there is one."""
    return next((path for path in reversed(_own) if path.exists()), None)


def remove_checkpoints() -> None:
    """At the end of a run: there is nothing to go on with."""
    for path in reversed(_own):  # the first one last: without it nothing can go on
        path.unlink(missing_ok=True)
    _own.clear()


def check_saving(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse flags that do not go together, and a new run that would write over what an older one left."""
    if options.resume and not options.save:
        parser.error("--resume: add --save FILE, with the file of the run that stopped")
    if getattr(options, "load", None) and options.save:
        parser.error("--save and --resume belong to a training, --load does without one: leave out one of them")
    if options.save and options.save.endswith(("/", os.sep)):
        parser.error(f"--save {options.save} names a folder: add the name of a file")
    if options.save and any(os.path.realpath(options.save) == os.path.realpath(file)
                            for key in DATA for file in _files(getattr(options, key, None))):
        parser.error(f"--save {options.save} would be written over your data")
    path = Path(f"{options.save}.checkpoint")
    there = checkpoints(options.save) if options.save else []
    if options.resume and not there and not path.exists():  # one that is there, and damaged, has a message of its own
        raise DataError(message(f"--resume: there is no {path}",
                                fix="name the file of a run that stopped, or leave --resume out to begin"))
    if options.save and os.path.lexists(path) and path not in there and not options.resume:
        raise DataError(message(f"--save: there is {path}, which is no checkpoint, or is damaged",
                                fix="remove it, or name another FILE"))
    if there and not options.resume:
        raise DataError(message(f"--save: there is {there[0]}, of a run that stopped, or is still running",
                                fix="go on with it by --resume, or remove it to begin anew"))


def save_model(path: str, model: td.nn.Module, **about: Any) -> None:
    """Write a trained model, and what is needed to build it again: anything that JSON can hold."""
    td.save(model.state_dict(), path, {"model": type(model).__name__, "about": json.dumps(about)})
    print(f"model saved to {path}")


class About(dict[str, Any]):
    """What was saved about a model; asked for what is not there, it says that the file is damaged."""

    def __missing__(self, key: str) -> Any:
        raise StateError(message(f"--load: the file does not say {key!r} of its model: it is damaged, or of another version",
                                 fix="a file that this demo wrote with --save"))


def load_model(path: str, model: type[td.nn.Module]) -> tuple[Any, dict[str, Any]]:
    """The state of a saved model of this class, and what was saved about it."""
    state = td.load(path)
    try:
        about = json.loads(state.metadata["about"])
    except (KeyError, ValueError):
        about = None
    if state.metadata.get("model") != model.__name__ or not isinstance(about, dict):
        raise StateError(message(f"--load {path}: holds no {model.__name__}", fix="a file that this demo wrote with --save"))
    return state, About(about)
