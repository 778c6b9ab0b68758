"""Checkpoint: all that a training run needs to go on, after whatever stopped it, as if nothing had happened."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np

from .. import distributed, random
from ..backend import like, to_host
from ..checks import declared, whole
from ..errors import DTypeError, StateError, message
from ..tensor import Tensor
from .serialize import load, save

FORMAT = "tinydawn checkpoint 2"
ARRAYS = (Tensor, np.ndarray)
STALE = 600  # seconds after which a temporary file is nobody's: a save takes less
BROKEN = (KeyError, ValueError, TypeError, AttributeError, IndexError, StateError)
AS_THEY_WERE = "make model, optimizer and schedule as they were"
GENERATORS = ("PCG64", "PCG64DXSM", "Philox", "SFC64", "MT19937")


def _a_file(name: str, what: str, path: Any) -> Path:
    """A rule for `declared`: a path, and not that of a folder."""
    if not isinstance(path, (str, os.PathLike)) or not str(path) or Path(path).is_dir():
        raise StateError(message(f"{name}: {path!r} is a folder, or no path", fix="name a file"))
    return Path(path)


def _a_part(name: str, what: str, part: Any, of: str) -> Any:
    """A rule for `declared`: a part of the run, known by its attribute `of`; where there may be none, also None."""
    if not ((hasattr(part, of) and hasattr(part, "state_dict")) or (part is None and what != "model")):
        raise DTypeError(message(f"{name}: {what} is a {type(part).__name__}",
                                 fix="Checkpoint(path, model, optimizer, scheduler, generators), in this order"))
    return part


class _Saved(NamedTuple):
    """What a file holds.

    state       the arrays by name, of model and optimizer
    about       the rest of optimizer and schedule, as JSON had it
    kind        the model's class
    processes   how many processes saved it
    calls, settings, progress, generators  as Checkpoint has them; the last two are those of this process
    """

    state: Any
    about: dict[str, Any]
    kind: str
    processes: int
    calls: int
    settings: dict[str, Any]
    progress: dict[str, Any]
    generators: dict[str, Any]


class Checkpoint:
    """A file that holds model, optimizer, schedule, random generators, and how far the run is.

        checkpoint = td.Checkpoint("run.safetensors", model, optimizer, schedule)
        done = checkpoint.resume()                       # {} for a new run
        with checkpoint.on_interrupt():                  # Ctrl-C, or the end of a batch job, saves before it stops
            for step in range(done.get("step", 0), steps):
                ...
                checkpoint.step(step=step + 1)           # every so many calls this saves

    A run that was killed and resumed ends with the same bits as one that was not: what was done after the last save is done
    again. So everything that a step depends on has to be in the file or follow from it: shuffle with a seed and the epoch,
    or with a generator that is named in `generators`. What the optimizer and the schedule were told comes from the file too:
    another lr in the program has no effect on a run that goes on.

    Of several processes (see tinydawn.distributed) all make a Checkpoint of the same file and call it alike: the first one
    writes, with the generators and the progress of all, and each reads its own. They have to be as many as they were.

    path        a .safetensors file; it is written under another name and renamed, so it is never half there. One that is there
                already is not written over, unless `resume` was called
    model       a Module
    optimizer, scheduler  where there are any
    generators  NumPy generators by name, besides tinydawn's own (which is called "tinydawn"), whose state belongs to the run
    every       save at each so many calls of `step` (default 200)
    keep        how many files are kept: path, and the ones before as path.1, path.2, ... (default 1)
    settings    what the run was started with, for JSON; what was saved with other settings is refused

    Raises DTypeError or StateError for what is none of these.
    """

    @declared
    def __init__(self, path: Annotated[str | os.PathLike[str], _a_file], model: Annotated[Any, partial(_a_part, of="parameters")],
                 optimizer: Annotated[Any, partial(_a_part, of="param_groups")] = None,
                 scheduler: Annotated[Any, partial(_a_part, of="last_epoch")] = None,
                 generators: dict[str, np.random.Generator] | None = None, every: int = 200, keep: int = 1,
                 settings: dict[str, Any] | None = None) -> None:
        if min(whole("Checkpoint", "every", every), whole("Checkpoint", "keep", keep)) < 1:
            raise StateError(message(f"Checkpoint: every={every}, keep={keep}", fix="both at least 1"))
        generators, settings = generators or {}, settings or {}
        if not isinstance(generators, dict) or not isinstance(settings, dict) or "tinydawn" in generators or not all(
                isinstance(generator, np.random.Generator) for generator in generators.values()):
            raise DTypeError(message("Checkpoint: generators and settings", fix="both by name, in a dict; generators as "
                                     "numpy.random.default_rng makes them, and none called tinydawn, as tinydawn's own is"))
        self.path, self.model, self.optimizer, self.scheduler = Path(path), model, optimizer, scheduler
        self.generators, self.every, self.keep = dict(generators), every, keep
        try:
            self.settings = json.loads(json.dumps(_plain(settings)))
        except TypeError as error:
            raise StateError(message(f"Checkpoint: settings: {error}", fix="numbers, text, lists and None")) from None
        self._calls, self._interrupted, self._ours = 0, False, False  # _ours: the file may be written over
        self._before: list[Path] = []  # older files, while one is read
        if optimizer is not None and "" in self._names():
            raise StateError(message(f"Checkpoint: parameter {self._names().index('')} of the optimizer is none of the model's",
                                     fix="one Module that holds all that is trained"))
        if hasattr(optimizer, "past"):  # LBFGS: as many rows as steps, each of all parameters
            raise StateError(message(f"Checkpoint: {type(optimizer).__name__} remembers more than a state per parameter",
                                     fix="save the model, and begin anew with its curvature: one step makes up for it"))

    # --- saving ---

    def step(self, **progress: Any) -> None:
        """Count one step, and save if it is time, or if Ctrl-C was pressed: then KeyboardInterrupt follows.

        progress  how far the run is after this step: numbers, text, None, lists, dicts by text; arrays and Tensors, or tuples of
                  them, such as a state that is handed on from window to window: `resume` returns those as Tensors, where the
                  model is. Other tuples, and arrays inside a list, come back as lists
        """
        self._claim()
        self._calls += 1
        interrupted = distributed.any_process(self._interrupted)
        if interrupted or self._calls % self.every == 0:
            self.save(**progress)
        if interrupted:
            raise KeyboardInterrupt(f"stopped; what was reached is in {self.path}")

    def save(self, **progress: Any) -> Path:
        """Write everything now; of several processes all have to call it."""
        self._claim()
        parts = distributed.gather(self._own(progress))
        if parts is None:
            return self.path
        tensors = {f"model.{name}": x for name, x in self.model.state_dict().items()}
        about: dict[str, Any] = {"calls": self._calls, "settings": self.settings, "processes": [said for said, _ in parts]}
        for rank, (_, arrays) in enumerate(parts):
            tensors |= {f"progress.{rank}.{name}": x for name, x in arrays.items()}
        if self.optimizer is not None:
            about["optimizer"] = {"groups": _plain([{k: v for k, v in group.items() if k != "params"}
                                                    for group in self.optimizer.param_groups]), "state": {}}
            about["optimizer"]["steps"], about["optimizer"]["kind"] = self.optimizer.steps, type(self.optimizer).__name__
            about["optimizer"]["names"] = self._names()
            for i, p in enumerate(self._parameters()):
                # Not state_dict(), which carries out what was put off: its rounding would differ from that of a run not saved.
                kept = self.optimizer.state.get(p, {})
                tensors |= {f"optimizer.{i}.{k}": to_host(v) for k, v in kept.items() if hasattr(v, "shape")}
                about["optimizer"]["state"][str(i)] = {k: v for k, v in kept.items() if not hasattr(v, "shape")}
        if self.scheduler is not None:
            about["scheduler"] = _plain(self.scheduler.state_dict())
            about["schedule"] = type(self.scheduler).__name__
        try:
            text = json.dumps(about)
        except TypeError as error:
            raise StateError(message(f"Checkpoint: {error}", fix="progress: numbers, text, lists, arrays or Tensors")) from None
        metadata = {"format": FORMAT, "model": type(self.model).__name__, "checkpoint": text, "sha256": _digest(tensors, text)}
        real = self._older(0)
        for leftover in real.parent.glob(f".{glob.escape(real.name)}*.????????.tmp"):  # of a run that was killed while it saved
            with contextlib.suppress(OSError):
                if time.time() - leftover.stat().st_mtime > STALE:
                    leftover.unlink()
        if self.keep == 1 or not real.exists():
            save(tensors, self.path, metadata)
            return self.path
        new = save(tensors, real.with_name(f"{real.name}.new"), metadata)  # the older ones move when this is there
        for i in range(self.keep - 1, 0, -1):
            if self._older(i - 1).exists():
                os.replace(self._older(i - 1), self._older(i))
        os.replace(new, real)
        return self.path

    def _claim(self) -> None:
        """Before anything is written: what is there already must be this run's."""
        there = [] if self._ours or distributed.rank() else [p for p in map(self._older, range(self.keep)) if p.exists()]
        if there:
            raise StateError(message(f"Checkpoint: there is {there[0].name}, which this run has neither read nor written",
                                     fix="call resume() first, to go on with it; or remove it"))
        self._ours = True

    def _own(self, progress: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is this process's alone, generators and progress: for JSON, and the arrays by name."""
        states = {name: generator.bit_generator.state for name, generator in self._generators().items()}
        said: dict[str, Any] = {"progress": {}, "random": _plain(states)}
        arrays: dict[str, Any] = {}
        for name, value in progress.items():
            parts = value if isinstance(value, tuple) and any(isinstance(part, ARRAYS) for part in value) else None
            if parts is not None and not all(isinstance(part, ARRAYS) for part in parts):
                raise StateError(message(f"Checkpoint: progress {name!r} is a tuple of arrays and other things",
                                         fix="a name for each"))
            if parts is not None or isinstance(value, ARRAYS):
                for i, part in enumerate(parts or [value]):
                    array = to_host(part.array if isinstance(part, Tensor) else part)
                    arrays[f"{name}.{i}"] = array.astype(array.dtype.newbyteorder("="), copy=False)
                said["progress"][name] = {"arrays": len(parts) if parts is not None else 0}
            else:
                said["progress"][name] = {"value": _plain(value)}
        return said, arrays

    @contextlib.contextmanager
    def on_interrupt(self) -> Iterator[None]:
        """Inside, Ctrl-C waits for the next call of `step`, which saves first; so does what ends a batch job (SIGTERM, SIGHUP).
        A second one stops at once. One after the last step stops at the end of the block, without saving anew."""
        if threading.current_thread() is not threading.main_thread():  # signals are the main thread's
            yield
            return

        def ask(number: int, frame: Any) -> None:
            if self._interrupted:
                raise KeyboardInterrupt
            self._interrupted = True

        before = {number: signal.getsignal(number) for name in ("SIGINT", "SIGTERM", "SIGHUP")
                  if (number := getattr(signal, name, None)) is not None}
        before = {number: handler for number, handler in before.items() if handler not in (None, signal.SIG_IGN)}  # as of nohup
        for number in before:
            signal.signal(number, ask)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            interrupted, self._interrupted = self._interrupted, False
        if interrupted:
            saved = self._ours and self.path.exists()
            raise KeyboardInterrupt(f"stopped; the last save is in {self.path}" if saved else "stopped")

    # --- going on ---

    def resume(self) -> dict[str, Any]:
        """Put everything back as it was at the last save, and return its progress; {} if there is no file: a new run.

        Raises StateError, and changes nothing, if the file is damaged or of another model, optimizer or schedule.
        """
        paths = [path for path in map(self._older, range(self.keep)) if path.exists()]
        if not paths:
            self._ours = True
            return {}
        path, self._before = paths[0], paths[1:]
        saved = self._read(path)
        if other := self._other_settings(saved.settings):
            raise StateError(message(f"{path.name} is of a run with other settings: " + ", ".join(
                f"{name} {saved.settings.get(name)}, not {self.settings.get(name)}" for name in other),
                fix="start it as that one was"))
        if difference := self._difference(saved):
            raise self._misfit(path, *difference)
        self._put_back(path, saved)
        return saved.progress

    def _read(self, path: Path) -> _Saved:
        """What is in the file, every part of it tried; an error if it is damaged."""
        try:
            state = load(path)
            kind = state.metadata["model"]
            if state.metadata["format"] != FORMAT:
                raise ValueError("it is of another version")
            about = json.loads(state.metadata["checkpoint"])
            processes, calls, settings = about["processes"], int(about["calls"]), dict(about["settings"])
            rank = min(distributed.rank(), len(processes) - 1)  # _difference asks whether they are as many as now
            own = processes[rank]
            progress = {name: self._value(state, f"{rank}.{name}", kept) for name, kept in own["progress"].items()}
            generators = {name: _generator_state(kept) for name, kept in own["random"].items()}
            if state.metadata["sha256"] != _digest(state, state.metadata["checkpoint"]):
                raise ValueError("its content is not what was written")
        except BROKEN as error:
            raise self._damaged(path, error) from None
        return _Saved(state, about, kind, len(processes), calls, settings, progress, generators)

    def _other_settings(self, then: dict[str, Any]) -> list[str]:
        """The names of the settings that are not what they were. They are compared as text: NaN is NaN."""
        return [name for name in then | self.settings
                if json.dumps(then.get(name)) != json.dumps(self.settings.get(name))]

    def _difference(self, saved: _Saved) -> tuple[str, str] | None:
        """What in the file is not as in this run, the first thing that is found, and how to mend it; None if all is."""
        fix, about = AS_THEY_WERE, saved.about
        if saved.kind != type(self.model).__name__:
            return f"its model is a {saved.kind}, not a {type(self.model).__name__}", fix
        if saved.processes != distributed.size():
            return (f"it was saved by {saved.processes} processes, and now there are {distributed.size()}",
                    f"mpiexec -n {saved.processes}")
        for name, mine in (("optimizer", self.optimizer), ("scheduler", self.scheduler)):
            if (name in about) != (mine is not None):
                return f"it was saved {'with' if name in about else 'without'} {name}", fix
        kept: Any = about.get("optimizer")
        kinds = {"optimizer": kept.get("kind") if isinstance(kept, dict) else None, "schedule": about.get("schedule")}
        for name, mine in (("optimizer", self.optimizer), ("schedule", self.scheduler)):
            if mine is not None and kinds[name] != type(mine).__name__:
                return f"its {name} is {kinds[name]}, not {type(mine).__name__}", fix
        if self.optimizer is not None and kept.get("names") != self._names():
            return "its optimizer has the parameters in another order, or others", fix
        ours = self._generators()
        if saved.generators.keys() != ours.keys():
            return f"it holds the generators {', '.join(sorted(saved.generators))}", fix
        for name, was in saved.generators.items():
            if ours[name].bit_generator.state["bit_generator"] != was["bit_generator"]:
                return f"its generator {name} is a {was['bit_generator']}", fix
        return None

    def _put_back(self, path: Path, saved: _Saved) -> None:
        """Model, optimizer, schedule and generators as they were; an error, and nothing is changed, if one does not take it."""
        about = saved.about
        weights = {name.removeprefix("model."): x for name, x in saved.state.items() if name.startswith("model.")}
        try:
            kept_state, groups = self._optimizer_state(path, saved.state, about.get("optimizer"))
            steps = int(about["optimizer"]["steps"]) if self.optimizer is not None else 0
        except BROKEN as error:
            raise error if isinstance(error, StateError) else self._damaged(path, error) from None
        before = None if self.scheduler is None else self.scheduler.state_dict()
        try:  # each of these two checks all of its own before it changes anything
            if self.scheduler is not None:
                self.scheduler.load_state_dict(about["scheduler"])
            self.model.load_state_dict(weights)
        except BROKEN as error:
            if before is not None:
                self.scheduler.load_state_dict(before)
            raise error if isinstance(error, StateError) else self._damaged(path, error) from None
        if self.optimizer is not None:  # from here on nothing can fail
            self.optimizer.state, self.optimizer.steps = kept_state, steps
            for group, options in zip(self.optimizer.param_groups, groups, strict=True):
                group.update(options)
        ours = self._generators()
        for name, was in saved.generators.items():
            ours[name].bit_generator.state = was
        self._calls, self._ours = saved.calls, True

    def _generators(self) -> dict[str, np.random.Generator]:
        """All whose state belongs to the run, tinydawn's own among them."""
        return {"tinydawn": random.generator, **self.generators}

    def _optimizer_state(self, path: Path, state: Any, about: Any) -> tuple[dict[Any, dict[str, Any]], list[dict[str, Any]]]:
        """The state of each parameter, and the options of each group, compared with what the optimizer has."""
        if about is None:
            return {}, []
        own, groups = list(self._parameters()), [dict(group) for group in about["groups"]]
        ours = [set(group) - {"params"} for group in self.optimizer.param_groups]
        if [set(options) for options in groups] != ours or len(about["state"]) != len(own):
            raise self._misfit(path, "its optimizer has other groups, parameters or options")
        for options, group in zip(groups, self.optimizer.param_groups, strict=True):
            options.update({k: tuple(v) for k, v in options.items() if isinstance(group[k], tuple)})  # JSON has lists alone
        found: dict[Any, dict[str, Any]] = {}
        for i, p in enumerate(own):
            kept = {k: tuple(v) if isinstance(v, list) else v for k, v in about["state"].get(str(i), {}).items()}
            for name in self.optimizer.buffers:
                if f"optimizer.{i}.{name}" in state:
                    values = state[f"optimizer.{i}.{name}"].numpy()
                    if (values.shape, values.dtype) != (p.shape, p.dtype):
                        raise self._misfit(path, f"{name} of parameter {i} has shape {values.shape}, not {p.shape}")
                    kept[name] = like(values, p.array)
            if kept:
                found[p] = kept
        return found, groups

    def _parameters(self) -> Iterator[Any]:
        return (p for group in self.optimizer.param_groups for p in group["params"])

    def _names(self) -> list[str]:
        """The model's names of the optimizer's parameters, in its order."""
        names = {id(p): name for name, p in self.model.named_parameters()}
        return [names.get(id(p), "") for p in self._parameters()]

    def _older(self, i: int) -> Path:
        """The file, for 0, and the ones before it; where the path is a link, they are beside what it leads to."""
        real = Path(os.path.realpath(self.path))
        return real.with_name(f"{real.name}.{i}") if i else real

    def _value(self, state: Any, name: str, kept: dict[str, Any]) -> Any:
        """A value of progress; arrays are where the model is."""
        if "value" in kept:
            return kept["value"]
        weight = next(iter(self.model.parameters()), None)
        parts = [state[f"progress.{name}.{i}"] for i in range(kept["arrays"] or 1)]
        parts = [part if weight is None else Tensor(like(part.array, weight)) for part in parts]
        return tuple(parts) if kept["arrays"] else parts[0]

    def _damaged(self, path: Path, error: Exception) -> StateError:
        fix = "remove it, to begin anew" if not self._before else f"remove it: resume() then goes on with {self._before[0].name}"
        return StateError(message(f"{path.name} is no checkpoint, or is damaged ({str(error).partition(chr(10))[0]})", fix=fix))

    def _misfit(self, path: Path, what: str, fix: str = AS_THEY_WERE) -> StateError:
        return StateError(message(f"{path.name} does not fit this run: {what}", fix=f"{fix}; or remove the file to begin anew"))


def _digest(tensors: Any, text: str) -> str:
    """A sum over all that is written: a bit that has changed on the disk must not become another training."""
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        values = tensors[name]
        digest.update(f"{name} {tuple(values.shape)} {values.dtype}".encode())
        digest.update(np.ascontiguousarray(to_host(values.array if isinstance(values, Tensor) else values)).data)
    return digest.hexdigest()


def _plain(x: Any) -> Any:
    """NumPy's numbers as Python's, and its arrays as lists: for JSON, which keeps every bit of a float64."""
    if isinstance(x, dict):
        if wrong := [k for k in x if not isinstance(k, str)]:  # JSON would make text of them
            raise StateError(message(f"Checkpoint: {wrong[0]!r} is a key of a dict", fix="text: str(epoch)"))
        return {k: _plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [_plain(v) for v in x]
    if isinstance(x, np.ndarray):
        return x.tolist()
    if isinstance(x, Tensor) and x.array.size != 1:
        raise StateError(message(f"Checkpoint: a Tensor of shape {x.shape} in a list or dict", fix="a tuple of Tensors"))
    return x.item() if isinstance(x, (np.generic, Tensor)) else x


def _generator_state(kept: dict[str, Any]) -> dict[str, Any]:
    """The state of a generator, tried out: a wrong one is refused here, before anything has been changed."""
    if kept["bit_generator"] not in GENERATORS:
        raise ValueError(f"a generator {kept['bit_generator']!r}")
    getattr(np.random, kept["bit_generator"])().state = kept
    return kept
