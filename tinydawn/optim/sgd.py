"""Stochastic gradient descent, plain and with momentum."""

from __future__ import annotations

import math
from typing import Any

from .. import gpu
from ..backend import BLOCK, like, xp_of
from ..errors import OptionError, message
from .blocks import blocks, buffer
from .optimizer import Optimizer


class SGD(Optimizer):
    """Stochastic gradient descent.

        g = g + weight_decay * p
        b = momentum * b + (1 - dampening) * g      (b = g at a parameter's first step)
        g = b, or with nesterov  g + momentum * b
        p = p - lr * g

    lr            learning rate
    momentum      share of the past direction that is kept; 0 switches momentum off, and no b is stored
    dampening     share of the gradient that is left out of b
    weight_decay  L2 penalty: added to the gradient
    nesterov      look ahead along b; needs momentum and no dampening
    maximize      climb instead of descend

    Raises as Optimizer does. Source: Robbins and Monro 1951; Polyak 1964; Nesterov's form as in Sutskever et al. 2013,
    section 2, with PyTorch's convention that lr multiplies the whole of b.
    """

    buffers = ("momentum_buffer",)

    def __init__(self, params: Any, lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
                 weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
                                  "nesterov": nesterov, "maximize": maximize})

    def check(self, options: dict[str, Any]) -> None:
        if options["nesterov"] and (options["momentum"] <= 0 or options["dampening"] != 0):
            raise OptionError(message("SGD: nesterov needs momentum above 0 and dampening 0",
                                     fix="pass momentum=0.9 with nesterov=True"))

    def update(self, param: Any, grad: Any, state: dict[str, Any], *, lr: float, momentum: float, dampening: float,
               weight_decay: float, nesterov: bool) -> None:
        first = "momentum_buffer" not in state
        if gpu.runs_on(param, grad):
            if not momentum:
                gpu.elementwise("sgd", grad, lr, weight_decay, param)
                return
            mean = buffer(state, "momentum_buffer", param)
            gpu.elementwise("sgd_momentum", grad, lr, weight_decay, momentum, 1 - dampening, first, nesterov, param, mean)
            return
        if not momentum and not weight_decay and param.size <= BLOCK:
            param -= lr * grad
            return
        if momentum and first:
            state["momentum_buffer"] = xp_of(param).empty_like(param)
        for p, g, b in blocks(param, grad, state["momentum_buffer"] if momentum else None):
            if weight_decay:
                g = g + weight_decay * p
            if momentum:
                if first:
                    b[...] = g
                else:
                    b *= momentum
                    b += (1 - dampening) * g
                g = g + momentum * b if nesterov else b
            p -= lr * g

    def update_rows(self, param: Any, rows: Any, state: dict[str, Any], *, lr: float, momentum: float, weight_decay: float,
                    **options: Any) -> bool:
        if momentum or weight_decay:  # these move the other rows too
            return False
        if gpu.runs_on(param, rows.g):
            ids = like(rows.ids.astype("int64", copy=False), param)
            gpu.elementwise("add_rows", ids, rows.g.reshape(-1), -lr, math.prod(param.shape[1:]), param)
            return True
        param[like(rows.ids, param)] -= lr * rows.g
        return True
