"""Trainings that can be stopped and go on, and models that are kept: --save, --resume, --load."""

from __future__ import annotations

import argparse
import contextlib
import glob
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

import tinydawn as td
from tinydawn import distributed
from tinydawn.errors import DataError, StateError, message


def saving(parser: argparse.ArgumentParser, what: str = "the trained model") -> None:
    """Add --save and --resume, of a demo that goes through its `training`."""
    parser.add_argument("--save", metavar="FILE", help=f"keep {what}; until the run has ended, FILE.checkpoint as well")
    parser.add_argument("--resume", action="store_true", help="go on from FILE.checkpoint, with the same flags and --save FILE")


def training(options: argparse.Namespace, steps: int | None, model: Any, optimizer: Any, schedule: Any,
             kept: dict[str, Any] | None = None, name: str = "", generators: Any = None,
             seconds: float = 0.0) -> Iterator[tuple[int, Any]]:
    """The steps that are left of a training, from 0 if it is new, each with the bar that shows them.

        kept = {"curve": []}
        for step, bar in training(options, steps, model, optimizer, schedule, kept):
            ...                                        # one step
            kept["curve"].append(...)

    With --save a checkpoint is written every 200 steps, on Ctrl-C, and at the end; with --resume the run goes on from there, and
    ends with the same bits. So whatever a step depends on follows from its number, or is in `kept` or `generators`.

    steps    how many there are; None: as many as fit into the seconds
    kept     what goes on from step to step; put back by --resume: lists, numbers, Tensors or tuples of them
    name     of this training, where a run has several
    seconds  of CPU, which the steps count in kept["seconds"]: such a run is as long as another, but has not the same bits
    """
    kept, step, checkpoint = {} if kept is None else kept, 0, None
    flags = {key: value for key, value in vars(options).items() if key not in ("save", "resume", "out")} | {"steps": steps}
    if getattr(options, "save", None):
        path = f"{options.save}.checkpoint" + (f"-{name.replace(' ', '-')}" if name else "")
        checkpoint = td.Checkpoint(path, model, optimizer, schedule, generators, settings=flags)
        if options.resume and (done := checkpoint.resume()):
            step = done.pop("step")
            for key, value in done.items():
                if isinstance(kept.get(key), list):  # the same list: who trains may hold it under another name
                    kept[key][:] = value
                else:
                    kept[key] = value
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
                checkpoint.step(step=step, **kept)
        if checkpoint is not None:  # for a run that stops later: while it trains another model, or measures
            checkpoint.save(step=step, **kept)


def checkpoints(save: str) -> list[Path]:
    """Those that a run with this --save has left: it was stopped, or has not ended yet."""
    return sorted(map(Path, glob.glob(f"{glob.escape(save)}.checkpoint*")))


def remove_checkpoints(options: argparse.Namespace) -> None:
    """At the end of a run: there is nothing to go on with."""
    for path in checkpoints(options.save) if getattr(options, "save", None) else []:
        path.unlink()


def check_saving(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse flags that do not go together, and a new run that would write over what an older one left."""
    if options.resume and not options.save:
        parser.error("--resume: add --save FILE, with the file of the run that stopped")
    if getattr(options, "load", None) and options.resume:
        parser.error("--resume goes on with a training, --load does without one: leave out one of them")
    left = checkpoints(options.save) if options.save else []
    if options.resume and not left:
        raise DataError(message(f"--resume: there is no {options.save}.checkpoint",
                                fix="name the file of a run that stopped, or leave --resume out to begin"))
    if left and not options.resume:
        raise DataError(message(f"--save: there is {left[0]}, of a run that stopped",
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
