"""Adam's relatives: with Nesterov's look ahead, with a rectified start, with the largest gradient in place of the mean square."""

from __future__ import annotations

import math
from typing import Any

from ..backend import xp_of
from .blocks import blocks, buffer
from .optimizer import Optimizer


class NAdam(Optimizer):
    """NAdam: Adam that looks ahead along the mean of the gradient, as Nesterov's momentum does.

        g = g + weight_decay * p                     or, decoupled,  p = p - lr * weight_decay * p
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g^2
        u(t) = beta1 * (1 - 0.96^(t * momentum_decay) / 2),   U = u(1) u(2) ... u(t)
        d = (1 - u(t)) / (1 - U) * g + u(t + 1) / (1 - U u(t + 1)) * m
        p = p - lr * d / (sqrt(v / (1 - beta2^t)) + eps)

    Arguments are Adam's; momentum_decay says how fast u rises from beta1 / 2 to beta1. Source: Dozat 2016.
    """

    buffers = ("exp_avg", "exp_avg_sq")
    numbers = ("mu_product",)

    def __init__(self, params: Any, lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0, momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False, *,
                 maximize: bool = False) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "momentum_decay":
                                  momentum_decay, "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize})

    def update(self, param: Any, grad: Any, state: dict[str, Any], *, lr: float, betas: tuple[float, float], eps: float,
               weight_decay: float, momentum_decay: float, decoupled_weight_decay: bool) -> None:
        state["step"] = t = state.get("step", 0) + 1
        now, following = (betas[0] * (1 - 0.5 * 0.96 ** (s * momentum_decay)) for s in (t, t + 1))
        state["mu_product"] = product = state.get("mu_product", 1.0) * now
        of_g, of_m = (1 - now) / (1 - product), following / (1 - product * following)
        for p, g, m, v in blocks(param, grad, buffer(state, "exp_avg", param), buffer(state, "exp_avg_sq", param)):
            g = _decayed(p, g, lr, weight_decay, decoupled_weight_decay)
            m += (1 - betas[0]) * (g - m)
            v *= betas[1]
            v += (1 - betas[1]) * (g * g)
            root = xp_of(p).sqrt(v / (1 - betas[1] ** t)) + eps
            p -= lr * (of_g * g + of_m * m) / root


class RAdam(Optimizer):
    """RAdam: Adam whose first steps, of which v knows too little, are those of plain momentum, and the next ones small.

        m, v as Adam's; n = 2 / (1 - beta2) - 1;  r(t) = n - 2 t beta2^t / (1 - beta2^t)      how many gradients v averages
        p = p - lr * m / (1 - beta1^t)                                                         while r(t) <= 5
        p = p - lr * c * m / (1 - beta1^t) * sqrt(1 - beta2^t) / (sqrt(v) + eps)               from then on
        c = sqrt((r(t) - 4) (r(t) - 2) n / ((n - 4) (n - 2) r(t)))

    Arguments are Adam's. Source: Liu et al. 2020, algorithm 2.
    """

    buffers = ("exp_avg", "exp_avg_sq")

    def __init__(self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0, decoupled_weight_decay: bool = False, *, maximize: bool = False) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
                                  "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize})

    def update(self, param: Any, grad: Any, state: dict[str, Any], *, lr: float, betas: tuple[float, float], eps: float,
               weight_decay: float, decoupled_weight_decay: bool) -> None:
        state["step"] = t = state.get("step", 0) + 1
        beta1, beta2 = betas
        most, left = 2 / (1 - beta2) - 1, 1 - beta2**t
        r = most - 2 * t * beta2**t / left
        rate = lr / (1 - beta1**t)
        if r > 5:
            rate *= math.sqrt(left * (r - 4) * (r - 2) * most / ((most - 4) * (most - 2) * r))
        for p, g, m, v in blocks(param, grad, buffer(state, "exp_avg", param), buffer(state, "exp_avg_sq", param)):
            g = _decayed(p, g, lr, weight_decay, decoupled_weight_decay)
            m += (1 - beta1) * (g - m)
            v *= beta2
            v += (1 - beta2) * (g * g)
            p -= rate * m / (xp_of(p).sqrt(v) + eps) if r > 5 else rate * m


class Adamax(Optimizer):
    """Adamax: Adam with the largest gradient so far, which fades, in place of the root mean square.

        g = g + weight_decay * p
        m = beta1 * m + (1 - beta1) * g
        u = max(beta2 * u, |g| + eps)
        p = p - lr / (1 - beta1^t) * m / u

    Arguments are Adam's. Source: Kingma and Ba 2015, algorithm 2.
    """

    buffers = ("exp_avg", "exp_inf")

    def __init__(self, params: Any, lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0, *, maximize: bool = False) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize})

    def update(self, param: Any, grad: Any, state: dict[str, Any], *, lr: float, betas: tuple[float, float], eps: float,
               weight_decay: float) -> None:
        state["step"] = t = state.get("step", 0) + 1
        for p, g, m, u in blocks(param, grad, buffer(state, "exp_avg", param), buffer(state, "exp_inf", param)):
            g = _decayed(p, g, lr, weight_decay, False)
            m += (1 - betas[0]) * (g - m)
            u *= betas[1]
            xp_of(p).maximum(u, abs(g) + eps, out=u)
            p -= lr / (1 - betas[0] ** t) * m / u


def _decayed(p: Any, g: Any, lr: float, weight_decay: float, decoupled: bool) -> Any:
    """The gradient with weight decay in it; decoupled, p itself shrinks instead."""
    if decoupled:
        p *= 1 - lr * weight_decay
    return g + weight_decay * p if weight_decay and not decoupled else g
