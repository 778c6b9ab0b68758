"""Adagrad, RMSprop and Adadelta: each coordinate's step divided by the size of its past gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backend import xp_of
from .blocks import blocks, buffer
from .optimizer import Optimizer


class Adagrad(Optimizer):
    """Adagrad: rare features take large steps, frequent ones ever smaller steps.

        g = g + weight_decay * p
        s = s + g^2                                  s starts at initial_accumulator_value
        p = p - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)

    lr                         learning rate
    lr_decay                   how fast lr falls besides, with t, the number of updates of the parameter
    weight_decay               L2 penalty: added to the gradient
    initial_accumulator_value  where s starts: above 0, the first steps are smaller
    eps                        bounds the step where s is 0
    maximize                   climb instead of descend

    Raises as Optimizer does. Source: Duchi, Hazan and Singer 2011.
    """

    buffers = ("sum",)

    def __init__(self, params: Any, lr: float = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
                 initial_accumulator_value: float = 0, eps: float = 1e-10, *, maximize: bool = False) -> None:
        super().__init__(params, {"lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
                                  "initial_accumulator_value": initial_accumulator_value, "maximize": maximize})

    def update(self, param: Any, grad: Any, state: dict[str, Any], *, lr: float, lr_decay: float, weight_decay: float,
               initial_accumulator_value: float, eps: float) -> None:
        state["step"] = t = state.get("step", 0) + 1
        if "sum" not in state:
            state["sum"] = xp_of(param).full_like(param, initial_accumulator_value)
        rate = lr / (1 + (t - 1) * lr_decay)
        for p, g, s in blocks(param, grad, state["sum"]):
            if weight_decay:
                g = g + weight_decay * p
            s += g * g
            p -= rate * g / (xp_of(p).sqrt(s) + eps)


class RMSprop(Optimizer):
    """RMSprop: Adagrad with a memory that fades, so that steps do not die out.

        g = g + weight_decay * p
        v = alpha * v + (1 - alpha) * g^2            mean square of the gradient
        a = alpha * a + (1 - alpha) * g              if centered: its mean
        d = g / (sqrt(v) + eps)                      if centered: v - a^2, the variance, in place of v
        b = momentum * b + d                         if momentum: b in place of d below
        p = p - lr * d

    lr            learning rate
    alpha         how slowly the means forget
    eps           bounds the step where v is 0
    weight_decay  L2 penalty: added to the gradient
    momentum      share of the past direction that is kept
    centered      divide by the standard deviation
    maximize      climb instead of descend

    Raises as Optimizer does. Source: Tieleman and Hinton 2012, lecture 6.5; centered: Graves 2013, with eps outside
    the root as in PyTorch.
    """

    buffers = ("square_avg", "grad_avg", "momentum_buffer")

    def __init__(self, params: Any, lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0,
                 momentum: float = 0, centered: bool = False, *, maximize: bool = False) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered,
                                  "weight_decay": weight_decay, "maximize": maximize})

    def update(self, param: Any, grad: Any, state: dict[str, Any], *, lr: float, alpha: float, eps: float,
               weight_decay: float, momentum: float, centered: bool) -> None:
        state["step"] = state.get("step", 0) + 1
        square = buffer(state, "square_avg", param)
        mean = buffer(state, "grad_avg", param) if centered else None
        direction = buffer(state, "momentum_buffer", param) if momentum else None
        for p, g, v, a, b in blocks(param, grad, square, mean, direction):
            if weight_decay:
                g = g + weight_decay * p
            v *= alpha
            v += (1 - alpha) * (g * g)
            if centered:
                a += (1 - alpha) * (g - a)
            if centered:  # what is left of v below its rounding is no number, and may be below 0: a NaN in the parameter
                v = xp_of(p).maximum(v - a * a, float(np.finfo(v.dtype).eps) * v)
            d = g / (xp_of(p).sqrt(v) + eps)
            if momentum:
                b *= momentum
                b += d
            p -= lr * (b if momentum else d)


class Adadelta(Optimizer):
    """Adadelta: steps in the units of the parameter, from the ratio of past steps to past gradients.

        g = g + weight_decay * p
        v = rho * v + (1 - rho) * g^2                mean square of the gradient
        d = sqrt(u + eps) / sqrt(v + eps) * g
        u = rho * u + (1 - rho) * d^2                mean square of the step
        p = p - lr * d

    lr            factor on the step; 1 in the paper
    rho           how slowly the means forget
    eps           starts the first steps, when u is 0
    weight_decay  L2 penalty: added to the gradient
    maximize      climb instead of descend

    Raises as Optimizer does. Source: Zeiler 2012, algorithm 1.
    """

    buffers = ("square_avg", "acc_delta")

    def __init__(self, params: Any, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0, *,
                 maximize: bool = False) -> None:
        super().__init__(params, {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize})

    def update(self, param: Any, grad: Any, state: dict[str, Any], *, lr: float, rho: float, eps: float,
               weight_decay: float) -> None:
        state["step"] = state.get("step", 0) + 1
        for p, g, v, u in blocks(param, grad, buffer(state, "square_avg", param), buffer(state, "acc_delta", param)):
            if weight_decay:
                g = g + weight_decay * p
            v *= rho
            v += (1 - rho) * (g * g)
            d = xp_of(p).sqrt(u + eps) / xp_of(p).sqrt(v + eps) * g
            u *= rho
            u += (1 - rho) * (d * d)
            p -= lr * d
