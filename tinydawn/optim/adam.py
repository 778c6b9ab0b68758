"""Adam and AdamW: one formula, which differ in where weight decay goes."""

from __future__ import annotations

import math
from typing import Any

from .. import gpu
from ..backend import as_index, like, xp_of
from .blocks import blocks, buffer
from .optimizer import Optimizer


class Adam(Optimizer):
    """Adam: steps of about lr in every coordinate, whatever the size of its gradient.

        g = g + weight_decay * p                     or, decoupled,  p = p - lr * weight_decay * p
        m = beta1 * m + (1 - beta1) * g              mean of the gradient
        v = beta2 * v + (1 - beta2) * g^2            mean of its square
        p = p - lr * m' / (sqrt(v') + eps)           with m' = m / (1 - beta1^t), v' = v / (1 - beta2^t)

    t counts the updates of that parameter: m and v start at 0 and are too small by the factors that m' and v'
    divide by. A parameter with no gradient in some step skips it, t included.

    lr            learning rate
    betas         (beta1, beta2): how slowly the two means forget
    eps           added to the root, after the bias correction: bounds the step where v is 0
    weight_decay  L2 penalty (Adam), or the share of lr by which parameters shrink (AdamW)
    amsgrad       divide by the largest v so far in place of v
    maximize      climb instead of descend
    decoupled_weight_decay  AdamW's decay; use AdamW

    Raises as Optimizer does. Source: Kingma and Ba 2015, algorithm 1; amsgrad: Reddi et al. 2018, in PyTorch's form.
    """

    buffers = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")

    def __init__(self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0, amsgrad: bool = False, *, maximize: bool = False,
                 decoupled_weight_decay: bool = False) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
                                  "amsgrad": amsgrad, "maximize": maximize,
                                  "decoupled_weight_decay": decoupled_weight_decay})

    def update(self, param: Any, grad: Any, state: dict[str, Any], *, lr: float, betas: tuple[float, float], eps: float,
               weight_decay: float, amsgrad: bool, decoupled_weight_decay: bool) -> None:
        beta1, beta2 = betas
        self.settle(state)
        mean, square = buffer(state, "exp_avg", param), buffer(state, "exp_avg_sq", param)
        largest = buffer(state, "max_exp_avg_sq", param) if amsgrad else None
        scale, e = self._denominator(state, lr, betas, eps)
        if gpu.runs_on(param, grad):
            extra, moves = [] if largest is None else [largest], scale != math.inf
            decay, shrink = (0.0, 1 - lr * weight_decay) if decoupled_weight_decay else (weight_decay, 1.0)
            gpu.elementwise("adam_amsgrad" if extra else "adam", grad, beta2, 1 - beta1, 1 - beta2, decay, shrink,
                            scale if moves else 0.0, e if moves else 1.0, moves, param, mean, square, *extra)
            return
        xp = xp_of(param)
        for p, g, m, v, top in blocks(param, grad, mean, square, largest):
            if weight_decay and decoupled_weight_decay:
                p *= 1 - lr * weight_decay
            elif weight_decay:
                g = g + weight_decay * p
            t = xp.subtract(g, m, out=xp.empty_like(m))
            t *= 1 - beta1
            m += t
            v *= beta2
            xp.multiply(g, g, out=t)
            t *= 1 - beta2
            v += t
            self._move(p, m, xp.maximum(top, v, out=top) if amsgrad else v, scale, e, t)

    def update_rows(self, param: Any, rows: Any, state: dict[str, Any], *, lr: float, betas: tuple[float, float], eps: float,
                    weight_decay: float, amsgrad: bool, decoupled_weight_decay: bool) -> bool:
        """Exactly the same update. Both means of every row fade, used or not: that is kept as one number for all rows,
        "faded", until it grows small, which saves most passes over the table."""
        if amsgrad or (weight_decay and not decoupled_weight_decay) or min(betas) < 0.5 or gpu.runs_on(param):
            return False  # on a device one kernel for the whole table is quicker
        mean, square = buffer(state, "exp_avg", param), buffer(state, "exp_avg_sq", param)
        if min(state.get("faded", (1.0, 1.0))) < 1e-6:
            self.settle(state)
        faded1, faded2 = state.get("faded", (1.0, 1.0))
        state["faded"] = faded1, faded2 = faded1 * betas[0], faded2 * betas[1]
        ids = as_index(like(rows.ids, param))
        m, v = mean.take(ids, axis=0), square.take(ids, axis=0)
        mean[ids] = m + rows.g * ((1 - betas[0]) / faded1)
        square[ids] = v + rows.g * rows.g * ((1 - betas[1]) / faded2)
        scale, e = self._denominator(state, lr, betas, eps)
        for p, m, v in blocks(param, mean, square):
            if weight_decay:
                p *= 1 - lr * weight_decay
            self._move(p, m, v, scale * math.sqrt(faded2) / faded1, e / faded1, xp_of(v).empty_like(v))
        return True

    @staticmethod
    def _denominator(state: dict[str, Any], lr: float, betas: tuple[float, float], eps: float) -> tuple[float, float]:
        """Count the step, and find scale and e for which m / (sqrt(v) scale + e) is lr m' / (sqrt(v') + eps)."""
        state["step"] = t = state.get("step", 0) + 1
        factor = (1 - betas[0]**t) / lr if lr else math.inf
        return factor / math.sqrt(1 - betas[1]**t), eps * factor if eps else 0.0

    @staticmethod
    def _move(p: Any, m: Any, v: Any, scale: float, e: float, t: Any) -> None:
        """p = p - m / (sqrt(v) scale + e), in the memory of t."""
        if scale == math.inf:  # a learning rate of 0
            return
        xp = xp_of(v)
        xp.sqrt(v, out=t)
        t *= scale
        t += e
        xp.divide(m, t, out=t)
        p -= t

    def settle(self, state: dict[str, Any]) -> None:
        faded1, faded2 = state.pop("faded", (1.0, 1.0))
        if (faded1, faded2) != (1.0, 1.0):
            state["exp_avg"] *= faded1
            state["exp_avg_sq"] *= faded2


class AdamW(Adam):
    """Adam with decoupled weight decay: p shrinks by lr * weight_decay * p at every step, whatever its gradient.

    Adam's own decay goes through m and v, where parameters with large gradients decay less. Biases and LayerNorm
    weights are customarily not decayed: give them a group with weight_decay 0.

    lr, betas, eps, amsgrad and maximize are Adam's; weight_decay is the share of lr by which parameters shrink, here 0.01.
    Source: Loshchilov and Hutter 2019, algorithm 2.
    """

    def __init__(self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True)
