"""The layers of torch.nn that behave otherwise in PyTorch. All others are tinydawn's own, taught in teaching.py.

`isinstance(layer, nn.Module)` is True for all of tinydawn's layers, and so for those that stand within others.
"""

from __future__ import annotations

from abc import ABCMeta
from typing import Any

import numpy as np

from ... import backend
from ... import nn as _nn
from ...errors import StateError, message
from ...nn import (
    BatchNorm1d,
    Parameter,
)
from ...nn.held import put
from ...tensor import Tensor
from . import functional as F

# --- modules ------------------------------------------------------------------------------------------------------


class Module(_nn.Module, metaclass=ABCMeta):
    """tinydawn's Module, but what stands in a plain list, tuple or dict is not found, as in PyTorch: nn.ModuleList is."""

    _looks_into_lists = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.__dict__["_begun"] = True

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, (_nn.Module, Parameter)) and "_begun" not in self.__dict__:
            raise StateError(message(f"{type(self).__name__}.{name}: a layer or a Parameter before Module's own __init__",
                                     fix="super().__init__() first"))
        super().__setattr__(name, value)

    @classmethod
    def __subclasshook__(cls, other: type) -> Any:
        return True if cls is Module and issubclass(other, _nn.Module) else NotImplemented


class LazyBatchNorm1d(BatchNorm1d):
    """A BatchNorm1d that takes its num_features from the first input; until then it has one."""

    def __init__(self, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
                 track_running_stats: bool = True) -> None:
        super().__init__(1, eps, momentum, affine, track_running_stats)

    def forward(self, input: Tensor) -> Tensor:
        self.num_features = input.shape[1]
        for x in (self.weight, self.bias, self.running_mean, self.running_var):
            if x is not None:  # the same objects: an optimizer that has them keeps them
                put(x, x.array.repeat(self.num_features), None)
        self.__class__ = BatchNorm1d  # type: ignore[assignment]
        return BatchNorm1d.forward(self, input)


class DataParallel(Module):
    """The module itself: there is one device."""

    def __init__(self, module: Any, device_ids: Any = None, output_device: Any = None, dim: int = 0) -> None:
        super().__init__()
        self.module = module

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)


# --- activations whose defaults differ ----------------------------------------------------------------------------


class Softplus(_nn.Softplus):
    """log(1 + exp(beta x)) / beta, and x itself where beta x is above 20."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__(beta, threshold)


class _OverDim(Module):
    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_OverDim):
    """softmax along `dim`; by default that of vectors and of three dimensions is 0, else 1."""

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, self.dim)


class LogSoftmax(_OverDim):
    """log(softmax) along `dim`, by default as in Softmax."""

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self.dim)


class Softmin(_OverDim):
    """softmax(-x) along `dim`, by default as in Softmax."""

    def forward(self, input: Tensor) -> Tensor:
        return F.softmin(input, self.dim)


# --- attention ----------------------------------------------------------------------------------------------------


class Transformer(_nn.Transformer):
    """tinydawn's, whose causal mask is PyTorch's: numbers, of which -inf forbids."""

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Any:
        """(sz, sz): -inf above the diagonal, else 0."""
        mask = np.triu(np.full((sz, sz), -np.inf), 1)
        return Tensor(mask.astype(backend.default_dtype if dtype is None else dtype))
