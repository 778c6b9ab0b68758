"""Schedules that rise and fall: one cycle, many, and cosines that begin again."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

from ..checks import Real, Share, Size, declared
from .optimizer import Optimizer
from .schedule import LRScheduler, check, per_group


class Cycle(LRScheduler):
    """Base of schedules that move the momentum against lr: it is smallest where lr is largest.

    cycle_momentum  whether: SGD's momentum, Adam's beta1
    base_momentum   at the top of a cycle: a number, or one per group
    max_momentum    where lr is smallest
    """

    def _attach_momentum(self, optimizer: Optimizer, wanted: bool, base: Any, top: Any) -> None:
        self._attach(optimizer)
        check(self.name, not wanted or bool({"momentum", "betas"} & optimizer.defaults.keys()),
              f"{optimizer.name} has no momentum to cycle", "pass cycle_momentum=False")
        self.cycle_momentum = wanted
        self.base_momentums = per_group(self.name, "base_momentum", base, optimizer)
        self.max_momentums = per_group(self.name, "max_momentum", top, optimizer)

    def momentums(self, t: float) -> list[float]:
        """The momentum at time t of every group."""
        raise NotImplementedError

    def _set(self, lrs: list[float]) -> None:
        super()._set(lrs)
        if self.cycle_momentum:
            for group, momentum in zip(self.optimizer.param_groups, self.momentums(self.last_epoch), strict=True):
                if "betas" in group:
                    group["betas"] = (momentum, group["betas"][1])
                else:
                    group["momentum"] = momentum


class OneCycleLR(Cycle):
    """Up from max_lr / div_factor to max_lr, and down to far below where it began, once in all; momentum the other way.

        lr = end + (start - end) * (1 + cos(pi * share)) / 2       share: how much of a phase is done
        lr = start + (end - start) * share                          with anneal_strategy "linear"

    max_lr            the peak: a number, or one per group; the optimizer's own lr is not used
    total_steps       how many updates; or epochs and steps_per_epoch
    pct_start         the share of the steps that rise
    div_factor        max_lr over the first lr
    final_div_factor  the first lr over the last
    three_phase       fall back to the first lr as fast as it rose, and then to the last
    cycle_momentum    whether momentum, or beta1, goes from max_momentum down to base_momentum while lr rises, and back

    Raises OptionError for arguments out of range, and for a step beyond the last. Source: Smith and Topin 2018.
    """

    @declared
    def __init__(self, optimizer: Optimizer, max_lr: Any, total_steps: Size | None = None, epochs: Size | None = None,
                 steps_per_epoch: Size | None = None, pct_start: Share = 0.3,
                 anneal_strategy: Literal["cos", "linear"] = "cos", cycle_momentum: bool = True, base_momentum: Any = 0.85,
                 max_momentum: Any = 0.95, div_factor: Real = 25.0, final_div_factor: Real = 1e4, three_phase: bool = False,
                 last_epoch: int = -1) -> None:
        self._attach_momentum(optimizer, cycle_momentum, base_momentum, max_momentum)
        total = total_steps or (epochs or 0) * (steps_per_epoch or 0)
        check("OneCycleLR", total > 0, "no number of steps", "pass total_steps=, or epochs= and steps_per_epoch=")
        check("OneCycleLR", div_factor > 0 < final_div_factor, "div_factor and final_div_factor must be above 0", "25 and 1e4")
        self.total_steps, self.anneal_strategy, self.div_factor = total, anneal_strategy, div_factor
        self.max_lrs = per_group("OneCycleLR", "max_lr", max_lr, optimizer)
        low, least = 1 / div_factor, 1 / div_factor / final_div_factor
        rise = pct_start * total - 1
        # Each phase: its last step, and at both ends lr as a share of max_lr, and the momentum's place from base (0) to max (1).
        self.phases = [(rise, low, 1.0, 1.0, 0.0), (total - 1, 1.0, least, 0.0, 1.0)]
        if three_phase:
            self.phases[1:] = [(2 * rise, 1.0, low, 0.0, 1.0), (total - 1, low, least, 1.0, 1.0)]
        if last_epoch == -1:
            for group, peak in zip(optimizer.param_groups, self.max_lrs, strict=True):
                group["initial_lr"] = peak / div_factor
        super().__init__(optimizer, last_epoch)

    def _between(self, t: float, first: int) -> float:
        """Where at time t what goes from entry `first` of its phase to the next is."""
        begin = 0.0
        for i, phase in enumerate(self.phases):
            if t <= phase[0] or i == len(self.phases) - 1:
                break
            begin = phase[0]
        share = (t - begin) / (phase[0] - begin) if phase[0] != begin else 1.0
        start, end = phase[first], phase[first + 1]
        if self.anneal_strategy == "linear":
            return start + (end - start) * share
        return end + (start - end) / 2 * (1 + math.cos(math.pi * share))

    def lrs(self, t: float) -> list[float]:
        check("OneCycleLR", t <= self.total_steps, f"step {t} of {self.total_steps}", "give the number of all updates")
        return [peak * self._between(t, 1) for peak in self.max_lrs]

    def momentums(self, t: float) -> list[float]:
        place = self._between(t, 3)
        return [base + (top - base) * place for base, top in zip(self.base_momentums, self.max_momentums, strict=True)]


class CyclicLR(Cycle):
    """Straight up from base_lr to max_lr and down again, over and over; momentum the other way.

        lr = base_lr + (max_lr - base_lr) * height * scale       height: 0 to 1 in step_size_up steps, back in step_size_down

    base_lr, max_lr  numbers, or one per group; the optimizer's own lr is not used
    mode             scale is 1 ("triangular"), 1 / 2^(cycle - 1) ("triangular2") or gamma^t ("exp_range")
    scale_fn         in place of mode: of the number of the cycle, from 1, or with scale_mode "iterations" of t
    cycle_momentum   whether momentum, or beta1, goes from max_momentum down to base_momentum while lr rises, and back

    Raises OptionError for arguments out of range. Source: Smith 2017.
    """

    @declared
    def __init__(self, optimizer: Optimizer, base_lr: Any, max_lr: Any, step_size_up: Real = 2000,
                 step_size_down: Real | None = None, mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
                 gamma: Real = 1.0, scale_fn: Callable[[float], float] | None = None,
                 scale_mode: Literal["cycle", "iterations"] = "cycle", cycle_momentum: bool = True, base_momentum: Any = 0.8,
                 max_momentum: Any = 0.9, last_epoch: int = -1) -> None:
        self._attach_momentum(optimizer, cycle_momentum, base_momentum, max_momentum)
        down = step_size_up if step_size_down is None else step_size_down
        check("CyclicLR", step_size_up > 0 < down, "step_size_up and step_size_down must be above 0", "choose 2000, say")
        self.up, self.length, self.mode, self.gamma = step_size_up, step_size_up + down, mode, gamma
        self.scale_fn, self.scale_mode = scale_fn, scale_mode
        self.low = per_group("CyclicLR", "base_lr", base_lr, optimizer)
        self.max_lrs = per_group("CyclicLR", "max_lr", max_lr, optimizer)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, self.low, strict=True):
                group["initial_lr"] = lr
        super().__init__(optimizer, last_epoch)

    def _height(self, t: float) -> float:
        cycle = math.floor(1 + t / self.length)
        done, rising = 1 + t / self.length - cycle, self.up / self.length
        height = done / rising if done <= rising else (done - 1) / (rising - 1)
        if self.scale_fn is not None:
            return height * self.scale_fn(cycle if self.scale_mode == "cycle" else t)
        return height * {"triangular": 1.0, "triangular2": 0.5 ** (cycle - 1), "exp_range": self.gamma**t}[self.mode]

    def lrs(self, t: float) -> list[float]:
        height = self._height(t)
        return [low + (high - low) * height for low, high in zip(self.low, self.max_lrs, strict=True)]

    def momentums(self, t: float) -> list[float]:
        height = self._height(t)
        return [top - (top - base) * height for base, top in zip(self.base_momentums, self.max_momentums, strict=True)]


class CosineAnnealingWarmRestarts(LRScheduler):
    """lr = eta_min + (base_lr - eta_min) * (1 + cos(pi * s / T)) / 2, s counted from the last restart

    The first cosine is T = T_0 long, each T_mult times as long as the one before. Source: Loshchilov and Hutter 2017.
    """

    @declared
    def __init__(self, optimizer: Optimizer, T_0: Size, T_mult: Size = 1, eta_min: Real = 0.0, last_epoch: int = -1) -> None:
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        super().__init__(optimizer, last_epoch)

    def lr(self, base_lr: float, t: float) -> float:
        length = self.T_0
        if self.T_mult == 1:
            t %= length
        while t >= length:
            t, length = t - length, length * self.T_mult
        return self.eta_min + (base_lr - self.eta_min) * (1 + math.cos(math.pi * t / length)) / 2
