"""Learning rates that change as training goes on.

    scheduler = get_linear_schedule_with_warmup(optimizer, num_warmup_steps=400, num_training_steps=4000)
    for batch in batches:
        ...
        optimizer.step()
        scheduler.step()        # after optimizer.step()

Each scheduler is a formula for lr at time t, t = `last_epoch` = the number of calls of scheduler.step() so far
(epochs or updates: whichever you call it per). Making the scheduler sets lr to its value at t = 0, which the first
update uses. PyTorch computes most of these from the lr before; the values are the same, but here a schedule owns lr:
two schedulers cannot share an optimizer except through SequentialLR or ChainedScheduler, and a step after somebody
else changed lr raises.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from ..checks import Real, declared, number
from ..errors import AnomalyError, DTypeError, message
from .cycles import CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR
from .optimizer import Optimizer
from .schedule import LRScheduler, check, per_group

__all__ = ["ChainedScheduler", "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "CyclicLR", "ExponentialLR",
           "LRScheduler", "LambdaLR", "LinearLR", "MultiStepLR", "MultiplicativeLR", "NoamLR", "OneCycleLR", "PolynomialLR",
           "ReduceLROnPlateau", "SequentialLR", "StepLR", "get_linear_schedule_with_warmup"]

Factor = Callable[[int], float]


class LambdaLR(LRScheduler):
    """lr = base_lr * lr_lambda(t), with one function for all groups or a list with one for each."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Factor | Sequence[Factor], last_epoch: int = -1) -> None:
        self._attach(optimizer)
        groups = len(optimizer.param_groups)
        self.lr_lambdas = [lr_lambda] * groups if callable(lr_lambda) else list(lr_lambda)
        check(self.name, len(self.lr_lambdas) == groups, f"{len(self.lr_lambdas)} functions for {groups} groups",
               "give one function, or one per group")
        super().__init__(optimizer, last_epoch)

    def lrs(self, t: int) -> list[float]:
        return [base_lr * float(f(t)) for base_lr, f in zip(self.base_lrs, self.lr_lambdas, strict=True)]


class MultiplicativeLR(LambdaLR):
    """lr = base_lr * lr_lambda(1) * lr_lambda(2) * ... * lr_lambda(t), with one function for all groups or a list."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Factor | Sequence[Factor], last_epoch: int = -1) -> None:
        self._factors: list[list[float]] = []  # the products up to 0, 1, 2 ..., so that no step multiplies all of them again
        super().__init__(optimizer, lr_lambda, last_epoch)

    def lrs(self, t: int) -> list[float]:
        for i in range(len(self._factors), t + 1):
            self._factors.append([before * float(f(i)) for before, f in zip(self._factors[-1], self.lr_lambdas, strict=True)]
                                 if i else [1.0] * len(self.lr_lambdas))
        return [base_lr * factor for base_lr, factor in zip(self.base_lrs, self._factors[t], strict=True)]


class StepLR(LRScheduler):
    """lr = base_lr * gamma^floor(t / step_size)"""

    @declared
    def __init__(self, optimizer: Optimizer, step_size: Real, gamma: Real = 0.1, last_epoch: int = -1) -> None:
        check("StepLR", step_size >= 1, f"step_size must be at least 1, got {step_size}", "choose 30, say")
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def lr(self, base_lr: float, t: int) -> float:
        return base_lr * self.gamma ** (t // self.step_size)


class MultiStepLR(LRScheduler):
    """lr = base_lr * gamma^(number of milestones <= t)"""

    @declared
    def __init__(self, optimizer: Optimizer, milestones: Sequence[Real], gamma: Real = 0.1,
                 last_epoch: int = -1) -> None:
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def lr(self, base_lr: float, t: int) -> float:
        return base_lr * self.gamma ** bisect_right(self.milestones, t)


class ExponentialLR(LRScheduler):
    """lr = base_lr * gamma^t"""

    @declared
    def __init__(self, optimizer: Optimizer, gamma: Real, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def lr(self, base_lr: float, t: int) -> float:
        return base_lr * self.gamma**t


class CosineAnnealingLR(LRScheduler):
    """lr = eta_min + (base_lr - eta_min) * (1 + cos(pi * t / T_max)) / 2

    Falls to eta_min at T_max, and then rises again. Source: Loshchilov and Hutter 2017, equation 5, no restarts.
    """

    @declared
    def __init__(self, optimizer: Optimizer, T_max: Real, eta_min: Real = 0.0, last_epoch: int = -1) -> None:
        check("CosineAnnealingLR", T_max >= 1, f"T_max must be at least 1, got {T_max}", "give the number of steps")
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def lr(self, base_lr: float, t: int) -> float:
        return self.eta_min + (base_lr - self.eta_min) * (1 + math.cos(math.pi * t / self.T_max)) / 2


class PolynomialLR(LRScheduler):
    """lr = base_lr * (1 - min(t, total_iters) / total_iters)^power"""

    @declared
    def __init__(self, optimizer: Optimizer, total_iters: Real = 5, power: Real = 1.0, last_epoch: int = -1) -> None:
        check("PolynomialLR", total_iters >= 1, f"total_iters must be at least 1, got {total_iters}", "choose 5, say")
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def lr(self, base_lr: float, t: int) -> float:
        return base_lr * (1 - min(t, self.total_iters) / self.total_iters) ** self.power


class LinearLR(LRScheduler):
    """lr = base_lr * (start_factor + (end_factor - start_factor) * min(t, total_iters) / total_iters)"""

    @declared
    def __init__(self, optimizer: Optimizer, start_factor: Real = 1 / 3, end_factor: Real = 1.0, total_iters: Real = 5,
                 last_epoch: int = -1) -> None:
        check("LinearLR", 0 < start_factor <= 1, f"start_factor must be in (0, 1], got {start_factor}", "choose 0.1")
        check("LinearLR", 0 <= end_factor <= 1, f"end_factor must be in [0, 1], got {end_factor}", "choose 1.0, say")
        check("LinearLR", total_iters >= 1, f"total_iters must be at least 1, got {total_iters}", "choose 5, say")
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def lr(self, base_lr: float, t: int) -> float:
        done = min(t, self.total_iters) / self.total_iters
        return base_lr * (self.start_factor + (self.end_factor - self.start_factor) * done)


class ConstantLR(LRScheduler):
    """lr = base_lr * factor until t = total_iters, then base_lr"""

    @declared
    def __init__(self, optimizer: Optimizer, factor: Real = 1 / 3, total_iters: Real = 5, last_epoch: int = -1) -> None:
        check("ConstantLR", 0 <= factor <= 1, f"factor must be in [0, 1], got {factor}", "choose 0.1, say")
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def lr(self, base_lr: float, t: int) -> float:
        return base_lr * self.factor if t < self.total_iters else base_lr


class NoamLR(LRScheduler):
    """lr = base_lr * d_model^-0.5 * min(s^-0.5, s * warmup^-1.5), with s = t + 1

    Rises linearly for `warmup` updates, then falls as the inverse root. s counts updates from 1, as in the paper: the
    first update uses s = 1, and no update has rate 0 or divides by it. The optimizer's lr is a factor, 1.0 in the
    paper. Source: Vaswani et al. 2017, equation 3.
    """

    @declared
    def __init__(self, optimizer: Optimizer, d_model: Real, warmup: Real, last_epoch: int = -1) -> None:
        check("NoamLR", d_model >= 1, f"d_model must be at least 1, got {d_model}", "give the width of the model")
        check("NoamLR", warmup >= 1, f"warmup must be at least 1, got {warmup}", "choose 4000, say")
        self.d_model, self.warmup = d_model, warmup
        super().__init__(optimizer, last_epoch)

    def lr(self, base_lr: float, t: int) -> float:
        s = t + 1
        return base_lr * self.d_model**-0.5 * min(s**-0.5, s * self.warmup**-1.5)


@declared
def get_linear_schedule_with_warmup(optimizer: Optimizer, num_warmup_steps: Real, num_training_steps: Real,
                                    last_epoch: int = -1) -> LambdaLR:
    """A straight line from 0 up to base_lr at t = num_warmup_steps, then another down to 0 at num_training_steps.

        lr = base_lr * t / num_warmup_steps                                                        while t is below it
        lr = base_lr * (num_training_steps - t) / (num_training_steps - num_warmup_steps)          from there, never < 0

    Hugging Face's function, value for value: t counts from 0, so the first update of a warm-up has rate 0. The decay
    begins where the warm-up ends. (BERT's own optimization.py decays from t = 0, so that with 10% warm-up its rate
    drops from 0.99 to 0.90 of the peak at the joint.) Source: Devlin et al. 2019, appendix A.2.
    """
    w, n = num_warmup_steps, num_training_steps
    check("get_linear_schedule_with_warmup", w >= 0, f"num_warmup_steps is {w}", "give 0 or more")
    check("get_linear_schedule_with_warmup", n >= w, f"num_training_steps {n} is less than num_warmup_steps {w}",
           "num_training_steps counts all updates, the warm-up's too")
    return LambdaLR(optimizer, lambda t: t / w if t < w else max(0.0, (n - t) / max(1, n - w)), last_epoch)


class SequentialLR(LRScheduler):
    """One scheduler after another: number i begins, at its own t = 0, when t reaches milestones[i - 1].

    schedulers  made on the same optimizer, in order
    milestones  rising, one fewer than schedulers
    """

    @declared
    def __init__(self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[Real],
                 last_epoch: int = -1) -> None:
        self.schedulers = list(schedulers)
        self.milestones: list[Any] = list(milestones)
        check_joined("SequentialLR", self.schedulers, optimizer)
        check("SequentialLR", len(self.milestones) == len(self.schedulers) - 1,
               f"{len(self.milestones)} milestones for {len(self.schedulers)} schedulers", "give one fewer")
        rising = all(a < b for a, b in zip([-1, *self.milestones], self.milestones, strict=False))
        check("SequentialLR", rising, f"milestones {self.milestones} do not rise", "sort them; each counts from t = 0")
        super().__init__(optimizer, last_epoch)

    def lrs(self, t: int) -> list[float]:
        i = bisect_right(self.milestones, t)
        return self.schedulers[i].lrs(t - self.milestones[i - 1] if i else t)


class ChainedScheduler(LRScheduler):
    """Several at a time: what each makes of base_lr, as a factor, multiplied.

        lr = base_lr * (lr_1(t) / base_lr) * (lr_2(t) / base_lr) * ...

    PyTorch's, for schedules that are a factor on base_lr, as all are that have no eta_min. It alone is stepped.

    schedulers  made on the same optimizer
    """

    @declared
    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        self.schedulers = list(schedulers)
        check("ChainedScheduler", bool(self.schedulers), "no schedulers", "pass a list such as [warmup, decay]")
        check_joined("ChainedScheduler", self.schedulers, optimizer or self.schedulers[0].optimizer)
        super().__init__(self.schedulers[0].optimizer)

    def lrs(self, t: int) -> list[float]:
        found = [scheduler.lrs(t) for scheduler in self.schedulers]
        return [base_lr and base_lr * math.prod(lr / base_lr for lr in lrs)
                for base_lr, lrs in zip(self.base_lrs, zip(*found, strict=True), strict=True)]


def check_joined(owner: str, schedulers: Sequence[Any], optimizer: Optimizer) -> None:
    """An error for a scheduler that cannot be one of several: each must follow a formula of t for the same lr."""
    for i, scheduler in enumerate(schedulers):
        check(owner, isinstance(scheduler, LRScheduler) and not isinstance(scheduler, ReduceLROnPlateau),
              f"schedulers[{i}] is a {type(scheduler).__name__}, which follows no formula of t",
              "pass schedulers such as LinearLR; step ReduceLROnPlateau by itself")
        check(owner, scheduler.optimizer is optimizer, f"schedulers[{i}] has another optimizer",
              "make every scheduler on the same optimizer")
        check(owner, not getattr(scheduler, "cycle_momentum", False), f"schedulers[{i}] moves the momentum as well as lr",
              "make it with cycle_momentum=False")


class ReduceLROnPlateau(LRScheduler):
    """lr = max(lr * factor, min_lr) when a metric has not improved for more than `patience` steps.

    mode            "min": a smaller metric is better; "max": a larger one
    factor          below 1
    patience        how many steps without improvement are borne
    threshold       by how much the best must be beaten: a share of it ("rel"), or an amount ("abs")
    cooldown        steps after a reduction during which nothing is counted
    min_lr          never go below: a number, or one per group
    eps             smaller changes of lr are not made

    It starts from the lr it finds and keeps other changes to it. Raises DTypeError if step() is given no metric,
    AnomalyError if it is NaN, which compares as neither better nor worse.
    """

    @declared
    def __init__(self, optimizer: Optimizer, mode: str = "min", factor: Real = 0.1, patience: Real = 10,
                 threshold: Real = 1e-4, threshold_mode: str = "rel", cooldown: Real = 0,
                 min_lr: float | Sequence[float] = 0, eps: Real = 1e-8) -> None:
        self._attach(optimizer)
        self.min_lrs = per_group(self.name, "min_lr", min_lr, optimizer)
        check(self.name, factor < 1, f"factor must be below 1, got {factor}", "choose 0.1, say")
        check(self.name, mode in ("min", "max"), f"mode is {mode!r}", "choose 'min' or 'max'")
        check(self.name, threshold_mode in ("rel", "abs"), f"threshold_mode is {threshold_mode!r}", "'rel' or 'abs'")
        self.mode, self.factor, self.patience, self.cooldown, self.eps = mode, factor, patience, cooldown, eps
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.best = math.inf if mode == "min" else -math.inf
        self.last_epoch = self.num_bad_epochs = 0
        self.cooldown_counter: float = 0
        self._last_lr = [group["lr"] for group in optimizer.param_groups]

    def is_better(self, metric: float) -> bool:
        margin = self.threshold * self.best if self.threshold_mode == "rel" else self.threshold
        if not math.isfinite(self.best):
            margin = 0.0
        return metric < self.best - margin if self.mode == "min" else metric > self.best + margin

    def step(self, metrics: Any = None) -> None:
        """Tell the metric, once per epoch: scheduler.step(validation_loss)."""
        if metrics is None:
            raise DTypeError(message("ReduceLROnPlateau.step: no metric", fix="call scheduler.step(validation_loss)"))
        metric = number("ReduceLROnPlateau.step", "the metric", metrics)
        if math.isnan(metric):
            raise AnomalyError(message("ReduceLROnPlateau.step: the metric is NaN", fix="find what made the loss NaN"))
        self._follow(metric)

    def _follow(self, metric: float) -> None:
        """Count a metric, and reduce lr where it is time."""
        self._check_groups()
        self.last_epoch += 1
        if self.is_better(metric):
            self.best, self.num_bad_epochs = metric, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        old = [group["lr"] for group in self.optimizer.param_groups]
        if self.num_bad_epochs > self.patience:
            new = [max(lr * self.factor, least) for lr, least in zip(old, self.min_lrs, strict=True)]
            old = [b if a - b > self.eps else a for a, b in zip(old, new, strict=True)]
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._set(old)

    def state_dict(self) -> dict[str, Any]:
        return {"last_epoch": self.last_epoch, "best": self.best, "num_bad_epochs": self.num_bad_epochs,
                "cooldown_counter": self.cooldown_counter, "_last_lr": self.get_last_lr()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._check_state(state_dict, "last_epoch", "best", "num_bad_epochs", "cooldown_counter", "_last_lr")
        self.best = float(state_dict["best"])
        self.last_epoch, self.num_bad_epochs, self.cooldown_counter = (
            int(state_dict[key]) for key in ("last_epoch", "num_bad_epochs", "cooldown_counter"))
        self._set([float(lr) for lr in state_dict["_last_lr"]])


def __getattr__(name: str) -> object:
    from ..guards.elsewhere import elsewhere

    raise AttributeError(elsewhere("module 'tinydawn.optim.lr_scheduler'", name, globals(), {}), name=name)
