"""LRScheduler: what all learning-rate schedules share. They are in lr_scheduler.py and cycles.py."""

from __future__ import annotations

import math
import warnings
from typing import Any

from ..checks import listed, number, scalar
from ..errors import DTypeError, OptionError, StateError, message
from .optimizer import Optimizer


class LRScheduler:
    """Base of the schedulers: a subclass gives the formula `lr(base_lr, t)`.

    optimizer   whose groups' "lr" is set; what it was before the first scheduler is kept as "initial_lr", the base_lr
    last_epoch  to continue without a state dict: the t reached before; needs "initial_lr" in every group

    Raises DTypeError or OptionError for what is no optimizer or no schedule.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self._attach(optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch != -1 and "initial_lr" not in group:
                raise StateError(message(f"{self.name}: group {i} has no 'initial_lr' to continue from",
                                         fix="load the optimizer's state dict before, or leave last_epoch out"))
            group.setdefault("initial_lr", group["lr"])
        self.last_epoch = last_epoch + 1
        self._set(self.lrs(self.last_epoch))

    def lr(self, base_lr: float, t: int) -> float:
        """The learning rate at time t of a group that began with base_lr."""
        raise NotImplementedError

    @property
    def base_lrs(self) -> list[float]:
        """The "initial_lr" of each group; kept there, so that all schedulers of an optimizer agree on it."""
        return [group["initial_lr"] for group in self.optimizer.param_groups]

    def lrs(self, t: int) -> list[float]:
        """The learning rate at time t of every group."""
        return [self.lr(base_lr, t) for base_lr in self.base_lrs]

    @property
    def name(self) -> str:
        return type(self).__name__

    def _attach(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise DTypeError(message(f"{self.name}: {type(optimizer).__name__} is not an Optimizer",
                                     fix="pass the optimizer first, such as optim.SGD(...)"))
        self.optimizer = optimizer

    def _set(self, lrs: list[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, lrs, strict=True):
            group["lr"] = lr
        self._last_lr = list(lrs)

    def step(self) -> None:
        """Go on to the next t. Call it after optimizer.step(); called first of all, it warns: lr(0) was never used.

        Raises StateError if lr was changed by something else since, which this step would undo.
        """
        if self.last_epoch == 0 and self.optimizer.steps == 0:
            warnings.warn(message(f"{self.name}.step() was called before optimizer.step(): the first learning rate is "
                                  "skipped", fix="call optimizer.step() first"), UserWarning, stacklevel=2)
        self._check_groups()
        self._check_owned()
        lrs = self.lrs(self.last_epoch + 1)
        self.last_epoch += 1
        self._set(lrs)

    def _check_groups(self) -> None:
        now, then = len(self.optimizer.param_groups), len(self._last_lr)
        if now != then:
            raise StateError(message(f"{self.name}.step: the optimizer has {now} groups, and had {then}",
                                     fix="make the scheduler after the last add_param_group"))

    def _check_owned(self) -> None:
        for i, (group, lr) in enumerate(zip(self.optimizer.param_groups, self._last_lr, strict=True)):
            if not math.isclose(group["lr"], lr, rel_tol=1e-6):
                raise StateError(message(f"{self.name}.step: lr of group {i} is {group['lr']}, and was left at {lr}",
                                         fix="join schedulers with SequentialLR; load the scheduler's state dict too; "
                                             "do not set lr by hand under a schedule"))

    def get_last_lr(self) -> list[float]:
        """The learning rate of each group, as last set here."""
        return list(self._last_lr)

    def state_dict(self) -> dict[str, Any]:
        """How far the schedule is; what it is (its arguments) is for the constructor to say again."""
        return {"last_epoch": self.last_epoch, "base_lrs": self.base_lrs, "_last_lr": self.get_last_lr()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state dict, this package's or PyTorch's, with its lr. Raises StateError if it does not fit."""
        self._check_state(state_dict, "last_epoch")
        base_lrs = state_dict.get("base_lrs", self.base_lrs)
        for group, base_lr in zip(self.optimizer.param_groups, base_lrs, strict=True):
            group["initial_lr"] = float(base_lr)
        self.last_epoch = int(state_dict["last_epoch"])
        # The lr that was set, where it is told: a lambda may look at a clock, and find another one now.
        self._set([float(lr) for lr in state_dict.get("_last_lr", self.lrs(self.last_epoch))])

    def _check_state(self, state_dict: dict[str, Any], *keys: str) -> None:
        missing = [key for key in keys if key not in state_dict]
        groups = {len(state_dict[key]) for key in ("base_lrs", "_last_lr") if key in state_dict}
        if missing or groups - {len(self.optimizer.param_groups)}:
            what = f"it lacks {missing[0]!r}" if missing else "it has another number of groups than the optimizer"
            raise StateError(message(f"{self.name}.load_state_dict: {what}",
                                     fix="load what state_dict() of the same scheduler returned"))


def check(owner: str, right: bool, what: str, fix: str) -> None:
    if not right:  # written so that NaN, which compares false, is refused
        raise OptionError(message(f"{owner}: {what}", fix=fix))


def per_group(owner: str, what: str, given: Any, optimizer: Optimizer) -> list[float]:
    """`given`, a number for all groups or a list with one for each, as a list."""
    groups, given = len(optimizer.param_groups), scalar(given)
    found = [number(owner, what, x) for x in (listed(owner, what, given) if hasattr(given, "__iter__") else [given] * groups)]
    check(owner, len(found) == groups, f"{len(found)} values of {what} for {groups} groups", "give one number, or one per group")
    return found
