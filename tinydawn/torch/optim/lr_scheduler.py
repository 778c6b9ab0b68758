"""torch.optim.lr_scheduler: tinydawn's schedules, of which several may share an optimizer, and which may be changed by hand.

Where nobody but the schedule sets lr, it is tinydawn's formula. If it was changed, by hand or by another schedule, the schedules
that are a factor on it go on from there, as PyTorch's do:

    lr = floor + (lr - floor) * (f(t) - floor) / (f(t - 1) - floor)

with f the formula, and floor the eta_min of a cosine, else 0. LambdaLR and those that rise and fall set lr to their own value.
One's own schedule derives from LRScheduler and has get_lr(), which returns the rates for `self.last_epoch`.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from ...checks import number
from ...graph import Traced
from ...optim import Optimizer
from ...optim import lr_scheduler as ours
from ..absent import answer

_LEFT_OUT = ("optimizer", "lr_lambdas", "schedulers", "scale_fn")


class LRScheduler(ours.LRScheduler):
    """Base of the schedules: get_lr() gives the rates at `self.last_epoch`, one per group."""

    _step_count = 0
    verbose = False
    follows = True  # whether it goes on from an lr that somebody else has set

    def __init__(self, optimizer: Any, last_epoch: int = -1, verbose: Any = False) -> None:
        self._last_lr: list[float] = []
        super().__init__(optimizer, last_epoch)
        self._step_count = 1

    @property
    def _own(self) -> bool:
        """Whether a user has written get_lr()."""
        return type(self).get_lr is not LRScheduler.get_lr

    @property
    def base_lrs(self) -> list[float]:
        """The rate that each group began with."""
        for group in self.optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        return [group["initial_lr"] for group in self.optimizer.param_groups]

    @base_lrs.setter
    def base_lrs(self, lrs: Sequence[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, lrs, strict=True):
            group["initial_lr"] = lr

    def lrs(self, t: Any) -> list[float]:
        if not self._own:
            return self._formula(t)
        before = getattr(self, "last_epoch", 0)
        self.last_epoch = t
        try:
            return list(self.get_lr())
        finally:
            self.last_epoch = before

    def _formula(self, t: Any) -> list[float]:
        return super().lrs(t)

    def get_lr(self) -> list[float]:
        """The rates at `self.last_epoch`."""
        t, now = self.last_epoch, self._formula(self.last_epoch)
        if not self.follows or t <= 0:
            return now
        present, floor = [float(group["lr"]) for group in self.optimizer.param_groups], float(getattr(self, "eta_min", 0.0))
        return [new if math.isclose(lr, old, rel_tol=1e-9) else _moved(lr, old, new, floor)
                for lr, old, new in zip(present, self._formula(t - 1), now, strict=True)]

    def step(self, epoch: Any = None) -> None:
        """Go on to the next t, or to `epoch`."""
        if self._step_count == 1 and getattr(self.optimizer, "steps", 1) == 0:
            warnings.warn("lr_scheduler.step() was called before optimizer.step(): the first learning rate is skipped",
                          UserWarning, stacklevel=2)
        self._step_count += 1
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self._set(self.get_lr() if epoch is None or self._own else self.lrs(epoch))
        self.last_epoch = math.floor(self.last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """All that the schedule holds but the optimizer and functions."""
        kept = {k: v for k, v in vars(self).items() if k not in _LEFT_OUT}
        return {**kept, "base_lrs": self.base_lrs, "_last_lr": self.get_last_lr()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state dict, this package's or PyTorch's."""
        known = {k: v for k, v in state_dict.items() if k not in (*_LEFT_OUT, "base_lrs", "_last_lr") and k in vars(self)}
        vars(self).update(known)
        if len(state_dict.get("base_lrs", ())) == len(self.optimizer.param_groups):
            self.base_lrs = state_dict["base_lrs"]
        self._last_lr = list(state_dict.get("_last_lr", self._last_lr))


def _plain(value: Any) -> Any:
    return value.array.item() if isinstance(value, Traced) and value.array.size == 1 else value


def _moved(lr: float, before: float, now: float, floor: float) -> float:
    """An lr that another set, taken along as the formula goes from `before` to `now`."""
    if before != floor:
        return floor + (lr - floor) * (now - floor) / (before - floor)
    return lr + now - before


_LRScheduler = LRScheduler


def _made(cls: type[ours.LRScheduler]) -> Callable[..., None]:
    """The constructor of tinydawn's class, which goes on from the lr that a schedule before this one has set; verbose= is read
    and says nothing."""

    @functools.wraps(cls.__init__)
    def __init__(self: Any, optimizer: Any, *args: Any, verbose: Any = False, **kwargs: Any) -> None:
        self._last_lr = []
        begun = [float(g["lr"]) for g in optimizer.param_groups if "initial_lr" in g] if isinstance(optimizer, Optimizer) else []
        cls.__init__(self, optimizer, *args, **kwargs)
        if self.follows and self.last_epoch == 0 and len(begun) == len(self._last_lr):
            both = zip(begun, self._last_lr, self.base_lrs, strict=True)
            self._set([lr * now / base if base else now for lr, now, base in both])
        self._step_count = 1

    return __init__


def _ours(cls: type[ours.LRScheduler], follows: bool = True) -> Any:
    """tinydawn's schedule as a class of PyTorch's kind; `follows`: whether it goes on from an lr that another has set."""
    return type(cls.__name__, (LRScheduler, cls), {"__doc__": cls.__doc__, "__module__": __name__, "__init__": _made(cls),
                                                   "follows": follows})


MultiplicativeLR, StepLR, MultiStepLR = map(_ours, (ours.MultiplicativeLR, ours.StepLR, ours.MultiStepLR))
ConstantLR, LinearLR, PolynomialLR = map(_ours, (ours.ConstantLR, ours.LinearLR, ours.PolynomialLR))
ExponentialLR, CosineAnnealingLR = map(_ours, (ours.ExponentialLR, ours.CosineAnnealingLR))
LambdaLR, SequentialLR = _ours(ours.LambdaLR, follows=False), _ours(ours.SequentialLR, follows=False)
CosineAnnealingWarmRestarts = _ours(ours.CosineAnnealingWarmRestarts, follows=False)
OneCycleLR, CyclicLR = _ours(ours.OneCycleLR, follows=False), _ours(ours.CyclicLR, follows=False)


class ChainedScheduler(LRScheduler):
    """Several schedules, all stepped at once, each going on from what the one before has set."""

    def __init__(self, schedulers: Sequence[Any], optimizer: Any = None) -> None:
        self.schedulers = list(schedulers)
        ours.check_joined("ChainedScheduler", self.schedulers, optimizer or self.schedulers[0].optimizer)
        self.optimizer, self.last_epoch = self.schedulers[0].optimizer, 0
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def step(self, epoch: Any = None) -> None:
        """Step each."""
        for scheduler in self.schedulers:
            scheduler.step()
        self.last_epoch += 1
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "_schedulers": [scheduler.state_dict() for scheduler in self.schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        for scheduler, kept in zip(self.schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(kept)
        self.last_epoch = state_dict.get("last_epoch", self.schedulers[0].last_epoch)
        self._last_lr = list(state_dict["_last_lr"])


class ReduceLROnPlateau(LRScheduler, ours.ReduceLROnPlateau):
    __doc__ = ours.ReduceLROnPlateau.__doc__
    __init__ = _made(ours.ReduceLROnPlateau)
    follows = False

    def step(self, metrics: Any = None, epoch: Any = None) -> None:  # type: ignore[override]
        """Tell the metric, once per epoch. One that is NaN is no better than the best."""
        self._follow(number("ReduceLROnPlateau.step", "the metric", _plain(metrics)))
        if epoch is not None:
            self.last_epoch = epoch

    def state_dict(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k != "optimizer"}


__getattr__ = answer("torch.optim.lr_scheduler", globals())
