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

from tqdm import tqdm

import tinydawn as td
from tinydawn import distributed
from tinydawn.errors import DataError, StateError, message

_own: list[Path] = []  # the checkpoints of this run's trainings
DATA = ("data", "task", "unlabelled")  # flags that name corpora or files


def saving(parser: argparse.ArgumentParser, what: str = "the trained model") -> None:
    """Add --save and --resume, of a demo that goes through its `training`."""
    parser.add_argument("--save", metavar="FILE",
                        help=f"keep {what} in FILE, whatever was there; while the run goes on, "
                             "FILE.checkpoint as well")
    parser.add_argument("--resume", action="store_true",
                        help="go on from FILE.checkpoint, with --save FILE, and with the flags "
                             "and the data of that run")


def training(options: argparse.Namespace, steps: int | None, model: Any, optimizer: Any,
             schedule: Any, kept: dict[str, Any] | None = None, name: str = "",
             generators: Any = None, seconds: float = 0.0) -> Iterator[tuple[int, Any]]:
    """The steps that are left of a training, from 0 if it is new, each with the progress bar.

        kept = {"curve": []}
        for step, bar in training(options, steps, model, optimizer, schedule, kept):
            ...                                        # one step
            kept["curve"].append(...)

    With --save a checkpoint is written after the first step (so that a disk without room shows),
    every 200 steps, when the run is told to stop, and at the end; with --resume the run goes on
    from there, and ends with the same bits. So whatever a step depends on follows from its number,
    or is in `kept` or `generators`.

    steps    how many there are; None: as many as fit into the seconds
    kept     what goes on from step to step; put back by --resume: lists, numbers, Tensors or tuples
             of them
    name     of this training, where a run has several
    seconds  of CPU, which the steps count in kept["seconds"]: such a run is as long as another, but
             has not the same bits
    """
    kept = {} if kept is None else kept
    step = 0
    checkpoint = None
    interrupts: Any = contextlib.nullcontext()
    if getattr(options, "save", None):
        path = _checkpoint_path(options, name)
        settings = _settings(options) | {"steps": steps}
        checkpoint = td.Checkpoint(path, model, optimizer, schedule, generators, settings=settings)
        interrupts = checkpoint.on_interrupt()
        if options.resume:
            step = _go_on(checkpoint, path, steps, kept)

    def reached() -> float:
        if steps is None:
            return min(kept["seconds"], seconds)
        return min(step, steps)

    began = step
    with interrupts, _bar(name or "training", steps, seconds, reached()) as bar:
        while reached() < (seconds if steps is None else steps):
            yield step, bar
            step += 1
            bar.update(reached() - bar.n)
            if checkpoint is not None:
                if step == 1:  # twice: the second needs room for two, as every one after it
                    checkpoint.save(step=step, **kept)
                    checkpoint.save(step=step, **kept)
                checkpoint.step(step=step, **kept)

        # For a run that stops later: while it trains another model, or measures.
        if checkpoint is not None and step > began:
            checkpoint.save(step=step, **kept)


def _checkpoint_path(options: argparse.Namespace, name: str) -> Path:
    """Where the checkpoint of a training is, which from here on is one of this run's."""
    suffix = f"-{name.replace(' ', '-')}" if name else ""
    path = Path(f"{options.save}.checkpoint{suffix}")
    if options.resume and not _own and not path.exists():
        there = ", ".join(str(found) for found in checkpoints(options.save))
        raise DataError(message(f"--resume: there is no {path}, only {there}",
                                fix="go on with it by the demo that wrote it"))
    _own.append(path)
    return path


def _go_on(checkpoint: td.Checkpoint, path: Path, steps: int | None, kept: dict[str, Any]) -> int:
    """Put back what the checkpoint holds, into `kept` as well: the number of steps done."""
    done = checkpoint.resume()
    if not done:
        return 0
    step = done.pop("step")
    if steps is None or step < steps:
        print(f"{path}: going on after step {step}")
    else:
        print(f"{path}: going on after its last step")
    for key, value in done.items():
        if isinstance(kept.get(key), list):
            kept[key][:] = value  # the same list: who trains may hold it under another name
        else:
            kept[key] = value
    return step


def _bar(name: str, steps: int | None, seconds: float, reached: float) -> tqdm:
    """A progress bar of steps, or of seconds; of several processes one shows it."""
    look: dict[str, Any] = {"total": steps, "unit": "step"}
    if steps is None:
        look = {"total": seconds, "bar_format": "{l_bar}{bar}| {n:.0f} CPU s{postfix}"}
    return tqdm(initial=reached, desc=name, mininterval=0.5, disable=distributed.rank() > 0, **look)


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    """The demo and its flags.

    A file or folder of data counts by its content: a run must not go on with other data.
    """
    left_out = ("save", "resume", "out", "load")
    flags = {key: value for key, value in vars(options).items() if key not in left_out}
    for key in DATA:
        files = _files(flags.get(key))
        if files:
            digests = [hashlib.sha256(Path(file).read_bytes()).digest() for file in files]
            flags[key] = f"sha256 {hashlib.sha256(b''.join(digests)).hexdigest()[:12]}"
    return {"demo": Path(sys.argv[0]).stem, **flags}


def _files(data: str | None) -> list[str]:
    """The files that --data names: one, several with commas between, or all in a folder.

    None if it is a corpus by name.
    """
    if not data or data in td.text.CORPORA:
        return []
    found = []
    for part in [data] if os.path.exists(data) else map(str.strip, data.split(",")):
        if os.path.isdir(part):
            found += sorted(str(p) for p in Path(part).rglob("*") if p.is_file())
        else:
            found.append(part)
    return [file for file in found if os.path.isfile(file)]


def checkpoints(save: str) -> list[Path]:
    """Those of trainings with this --save, that were stopped or are running.

    They are files under such a name that say what they are.
    """
    start = glob.escape(save)
    names = sorted(glob.glob(f"{start}.checkpoint")) + sorted(glob.glob(f"{start}.checkpoint-*"))
    return [Path(name) for name in names if _is_checkpoint(name)]


def _is_checkpoint(name: str) -> bool:
    if not os.path.isfile(name):  # to open a pipe would be to wait
        return False
    from safetensors import SafetensorError, safe_open  # which a browser has not

    try:
        with safe_open(name, framework="np") as content:
            metadata = content.metadata() or {}
    except (OSError, SafetensorError):
        return False
    return str(metadata.get("format")).startswith("tinydawn checkpoint")


def left() -> Path | None:
    """The last checkpoint that this run has written, if there is one."""
    return next((path for path in reversed(_own) if path.exists()), None)


def remove_checkpoints() -> None:
    """At the end of a run: there is nothing to go on with."""
    for path in reversed(_own):  # the first one last: without it nothing can go on
        path.unlink(missing_ok=True)
    _own.clear()


def check_saving(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse flags that do not go together, and a run that would write over what another left."""
    if options.resume and not options.save:
        parser.error("--resume: add --save FILE, with the file of the run that stopped")
    if not options.save:
        return

    if getattr(options, "load", None):
        parser.error("--save and --resume belong to a training, --load does without one: "
                     "leave out one of them")
    if options.save.endswith(("/", os.sep)):
        parser.error(f"--save {options.save} names a folder: add the name of a file")
    data = [file for key in DATA for file in _files(getattr(options, key, None))]
    if os.path.realpath(options.save) in [os.path.realpath(file) for file in data]:
        parser.error(f"--save {options.save} would be written over your data")

    path = Path(f"{options.save}.checkpoint")
    there = checkpoints(options.save)
    if options.resume:
        if not there and not path.exists():  # one that is there, and damaged, has its own message
            fix = "name the file of a run that stopped, or leave --resume out to begin"
            raise DataError(message(f"--resume: there is no {path}", fix=fix))
        return
    if os.path.lexists(path) and path not in there:
        what = f"--save: there is {path}, which is no checkpoint, or is damaged"
        raise DataError(message(what, fix="remove it, or name another FILE"))
    if there:
        what = f"--save: there is {there[0]}, of a run that stopped, or is still running"
        fix = "go on with it by --resume, or remove it to begin anew"
        raise DataError(message(what, fix=fix))


def save_model(path: str, model: td.nn.Module, **about: Any) -> None:
    """Write a trained model, and what is needed to build it again: anything that JSON can hold."""
    td.save(model.state_dict(), path, {"model": type(model).__name__, "about": json.dumps(about)})
    print(f"model saved to {path}")


class About(dict[str, Any]):
    """What was saved about a model; asked for what is not there, it says that it is damaged."""

    def __missing__(self, key: str) -> Any:
        what = (f"--load: the file does not say {key!r} of its model: "
                "it is damaged, or of another version")
        raise StateError(message(what, fix="a file that this demo wrote with --save"))


def load_model(path: str, model: type[td.nn.Module]) -> tuple[Any, dict[str, Any]]:
    """The state of a saved model of this class, and what was saved about it."""
    state = td.load(path)
    try:
        about = json.loads(state.metadata["about"])
    except (KeyError, ValueError):
        about = None
    if state.metadata.get("model") != model.__name__ or not isinstance(about, dict):
        raise StateError(message(f"--load {path}: holds no {model.__name__}",
                                 fix="a file that this demo wrote with --save"))
    return state, About(about)
