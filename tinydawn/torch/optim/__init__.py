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


def _ours(cls: type[ours.Optimizer], *how: str, base: Any = Optimizer) -> Any:
    """tinydawn's optimizer as a class of PyTorch's kind; `how`: those of HOW that PyTorch's groups hold."""
    return type(cls.__name__, (base, cls), {"__doc__": cls.__doc__, "__module__": __name__, "__init__": _made(cls), "_how": how})


SGD = _ours(ours.SGD, "foreach", "differentiable", "fused")
Adam = _ours(ours.Adam, *HOW)
AdamW = _ours(ours.AdamW, *HOW, base=Adam)
NAdam = _ours(ours.NAdam, "foreach", "capturable", "differentiable")
RAdam = _ours(ours.RAdam, "foreach", "capturable", "differentiable")
Adamax = _ours(ours.Adamax, "foreach", "capturable", "differentiable")
Adagrad = _ours(ours.Adagrad, "foreach", "differentiable", "fused")
Adadelta = _ours(ours.Adadelta, "foreach", "capturable", "differentiable")
RMSprop = _ours(ours.RMSprop, "foreach", "capturable", "differentiable")
ASGD = _ours(ours.ASGD, "foreach", "capturable", "differentiable")
Rprop = _ours(ours.Rprop, "foreach", "capturable", "differentiable")
LBFGS = _ours(ours.LBFGS)
LBFGS.step = ours.LBFGS.step


__getattr__ = answer("torch.optim", globals())
