"""ASGD, which averages where it has been, and Rprop, which looks at the signs of gradients alone."""

from __future__ import annotations

from typing import Any

from ..backend import xp_of
from .blocks import blocks, buffer
from .optimizer import Optimizer


class ASGD(Optimizer):
    """Averaged SGD: SGD whose steps shrink, and beside it the mean of the parameters, `state[p]["ax"]`, to be used in the end.

        g = g + weight_decay * p
        p = p - eta * (lambd * p + g)                with eta = lr / (1 + lambd * lr * t)^alpha, t counted from 0
        a = a + (p - a) / max(1, t - t0)

    lr, weight_decay, maximize  as SGD's
    lambd, alpha                how fast the steps shrink
    t0                          when to begin with the mean

    Source: Polyak and Juditsky 1992.
    """

    buffers = ("ax",)
    numbers = ("eta", "mu")

    def __init__(self, params: Any, lr: float = 1e-2, lambd: float = 1e-4, alpha: float = 0.75, t0: float = 1e6,
                 weight_decay: float = 0, *, maximize: bool = False) -> None:
        super().__init__(params, {"lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay,
                                  "maximize": maximize})

    def update(self, param: Any, grad: Any, state: dict[str, Any], *, lr: float, lambd: float, alpha: float, t0: float,
               weight_decay: float) -> None:
        eta, mu = state.get("eta", lr), state.get("mu", 1.0)
        for p, g, a in blocks(param, grad, buffer(state, "ax", param)):
            if weight_decay:
                g = g + weight_decay * p
            p *= 1 - lambd * eta
            p -= eta * g
            a += (p - a) * mu if mu != 1 else p - a
        state["step"] = t = state.get("step", 0) + 1
        state["eta"], state["mu"] = lr / (1 + lambd * lr * t) ** alpha, 1 / max(1.0, t - t0)


class Rprop(Optimizer):
    """Rprop: every coordinate has a step of its own, which grows while its gradient keeps its sign. For full batches.

        s = s * etas[1] where g has the sign of the step before, * etas[0] where the other, within step_sizes
        g = 0 where the sign turned
        p = p - s * sign(g)

    lr          the first s
    etas        (below 1, above 1)
    step_sizes  (smallest, largest) s
    maximize    climb instead of descend

    Source: Riedmiller and Braun 1993.
    """

    buffers = ("prev", "step_size")

    def __init__(self, params: Any, lr: float = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
                 step_sizes: tuple[float, float] = (1e-6, 50), *, maximize: bool = False) -> None:
        super().__init__(params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize})

    def update(self, param: Any, grad: Any, state: dict[str, Any], *, lr: float, etas: tuple[float, float],
               step_sizes: tuple[float, float]) -> None:
        xp = xp_of(param)
        state["step"] = state.get("step", 0) + 1
        if "step_size" not in state:
            state["step_size"] = xp.full_like(param, lr)
        for p, g, before, s in blocks(param, grad, buffer(state, "prev", param), state["step_size"]):
            agreed = g * before
            s *= xp.where(agreed > 0, etas[1], xp.where(agreed < 0, etas[0], 1.0)).astype(s.dtype)
            xp.clip(s, *step_sizes, out=s)
            before[...] = xp.where(agreed < 0, 0.0, g)
            p -= s * xp.sign(before)
