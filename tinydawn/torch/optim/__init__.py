"""torch.optim: tinydawn's optimizers with PyTorch's leniency, and its Optimizer to derive one's own from.

Each class here is tinydawn's of the same name. Of what tinydawn refuses, these take what PyTorch takes: a step without any
gradient, which does nothing; frozen parameters; groups with entries of one's own; a rate that is a Tensor, read at every step;
and arguments that say how an update is run (foreach, fused, capturable, differentiable), not what it computes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ... import optim as ours
from ...errors import OptionError, message
from ..absent import answer
from . import lr_scheduler
from .optimizer import HOW, Optimizer, required


def _made(cls: type[ours.Optimizer]) -> Callable[..., None]:
    """The constructor of tinydawn's class, which also takes PyTorch's arguments that change no number."""

    @functools.wraps(cls.__init__)
    def __init__(self: Any, params: Any, *args: Any, foreach: Any = None, fused: Any = None, capturable: bool = False,
                 differentiable: bool = False, **options: Any) -> None:
        if differentiable:
            raise OptionError(message(f"{self.name}: differentiable=True", fix="write the update as p = p - lr * g"))
        cls.__init__(self, params, *args, **options)
        self.steps = 0
        self._settle()

    return __init__


class SGD(Optimizer, ours.SGD):
    __doc__ = ours.SGD.__doc__
    __init__ = _made(ours.SGD)
    _how = ("foreach", "differentiable", "fused")


class Adam(Optimizer, ours.Adam):
    __doc__ = ours.Adam.__doc__
    __init__ = _made(ours.Adam)
    _how = tuple(HOW)


class AdamW(Adam, ours.AdamW):
    __doc__ = ours.AdamW.__doc__
    __init__ = _made(ours.AdamW)


class NAdam(Optimizer, ours.NAdam):
    __doc__ = ours.NAdam.__doc__
    __init__ = _made(ours.NAdam)
    _how = ("foreach", "capturable", "differentiable")


class RAdam(Optimizer, ours.RAdam):
    __doc__ = ours.RAdam.__doc__
    __init__ = _made(ours.RAdam)
    _how = ("foreach", "capturable", "differentiable")


class Adamax(Optimizer, ours.Adamax):
    __doc__ = ours.Adamax.__doc__
    __init__ = _made(ours.Adamax)
    _how = ("foreach", "capturable", "differentiable")


class Adagrad(Optimizer, ours.Adagrad):
    __doc__ = ours.Adagrad.__doc__
    __init__ = _made(ours.Adagrad)
    _how = ("foreach", "differentiable", "fused")


class Adadelta(Optimizer, ours.Adadelta):
    __doc__ = ours.Adadelta.__doc__
    __init__ = _made(ours.Adadelta)
    _how = ("foreach", "capturable", "differentiable")


class RMSprop(Optimizer, ours.RMSprop):
    __doc__ = ours.RMSprop.__doc__
    __init__ = _made(ours.RMSprop)
    _how = ("foreach", "capturable", "differentiable")


class ASGD(Optimizer, ours.ASGD):
    __doc__ = ours.ASGD.__doc__
    __init__ = _made(ours.ASGD)
    _how = ("foreach", "capturable", "differentiable")


class Rprop(Optimizer, ours.Rprop):
    __doc__ = ours.Rprop.__doc__
    __init__ = _made(ours.Rprop)
    _how = ("foreach", "capturable", "differentiable")


class LBFGS(Optimizer, ours.LBFGS):
    __doc__ = ours.LBFGS.__doc__
    __init__ = _made(ours.LBFGS)
    step = ours.LBFGS.step


__getattr__ = answer("torch.optim", globals())
