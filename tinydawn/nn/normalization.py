"""LayerNorm and RMSNorm."""

from __future__ import annotations

import functools
from typing import Annotated, Any

import numpy as np

from ..checks import Amount, size_list, word
from ..tensor import Tensor
from . import functional as F
from . import init
from .linear import _empty
from .module import Module, Parameter


def _lengths(name: str, what: str, given: Any) -> tuple[int, ...]:
    """The lengths of the last axes, of which there may be one, given as a number."""
    return tuple(size_list(name, what, [given] if isinstance(given, (int, np.integer)) else given))


Lengths = Annotated[Any, _lengths]
Convention = Annotated[str, functools.partial(word, known=("pytorch", "notes"))]


class LayerNorm(Module):
    """(x - mean) / sqrt(variance + eps) * weight + bias, over the last axes, which have `normalized_shape`.

    The variance is divided by n and eps stands under the root. convention="notes" is the lecture's form,
    (x - mean) / (std + eps), with std^2 divided by n - 1: see F.layer_norm. Source: Ba, Kiros and Hinton 2016.
    """

    def __init__(self, normalized_shape: Lengths, eps: Amount = 1e-5, elementwise_affine: bool = True, bias: bool = True,
                 convention: Convention = "pytorch") -> None:
        self.normalized_shape, self.eps, self.convention = normalized_shape, eps, convention
        self.weight = Parameter(init.ones_(_empty(*normalized_shape))) if elementwise_affine else None
        self.bias = Parameter(init.zeros_(_empty(*normalized_shape))) if elementwise_affine and bias else None

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps, self.convention)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}"


class RMSNorm(Module):
    """x / sqrt(mean(x^2) + eps) * weight over the last axes; eps defaults to the dtype's. Source: Zhang, Sennrich 2019."""

    def __init__(self, normalized_shape: Lengths, eps: Amount | None = None, elementwise_affine: bool = True) -> None:
        self.normalized_shape, self.eps = normalized_shape, eps
        self.weight = Parameter(init.ones_(_empty(*normalized_shape))) if elementwise_affine else None

    def forward(self, input: Tensor) -> Tensor:
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}"
