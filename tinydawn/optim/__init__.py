"""Optimizers, learning-rate schedules and gradient clipping, with PyTorch's names and arithmetic."""

from . import lr_scheduler
from .adam import Adam, AdamW
from .adaptive import Adadelta, Adagrad, RMSprop
from .clip import clip_grad_norm_, clip_grad_value_
from .lbfgs import LBFGS
from .lr_scheduler import get_linear_schedule_with_warmup
from .older import ASGD, Rprop
from .optimizer import Optimizer
from .relatives import Adamax, NAdam, RAdam
from .sgd import SGD

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "clip_grad_norm_",
    "clip_grad_value_",
    "get_linear_schedule_with_warmup",
    "lr_scheduler",
]


def __getattr__(name: str) -> object:
    from ..guards.elsewhere import elsewhere

    raise AttributeError(elsewhere("module 'tinydawn.optim'", name, globals(), {}), name=name)
