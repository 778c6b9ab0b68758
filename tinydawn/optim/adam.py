"""Adam and AdamW: one formula, which differ in where weight decay goes."""

from __future__ import annotations

from typing import Any

import numpy as np

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
        state["step"] = t = state.get("step", 0) + 1
        mean, square = buffer(state, "exp_avg", param), buffer(state, "exp_avg_sq", param)
        largest = buffer(state, "max_exp_avg_sq", param) if amsgrad else None
        step_size = lr / (1 - beta1**t)
        root_correction = (1 - beta2**t) ** 0.5
        for p, g, m, v, top in blocks(param, grad, mean, square, largest):
            if weight_decay and decoupled_weight_decay:
                p *= 1 - lr * weight_decay
            elif weight_decay:
                g = g + weight_decay * p
            m += (1 - beta1) * (g - m)
            v *= beta2
            v += (1 - beta2) * (g * g)
            if amsgrad:
                v = np.maximum(top, v, out=top)
            p -= step_size * m / (np.sqrt(v) / root_correction + eps)


class AdamW(Adam):
    """Adam with decoupled weight decay: p shrinks by lr * weight_decay * p at every step, whatever its gradient.

    Adam's own decay goes through m and v, where parameters with large gradients decay less. Biases and LayerNorm
    weights are customarily not decayed: give them a group with weight_decay 0.

    Arguments are Adam's, with weight_decay 0.01. Source: Loshchilov and Hutter 2019, algorithm 2.
    """

    def __init__(self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True)
