"""LayerNorm and RMSNorm."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..checks import between, flags, size_list
from ..errors import DTypeError, message
from ..tensor import Tensor
from . import functional as F
from . import init
from .linear import _empty
from .module import Module, Parameter


class LayerNorm(Module):
    """(x - mean) / sqrt(variance + eps) * weight + bias, over the last axes, which have `normalized_shape`.

    The variance is divided by n and eps stands under the root. convention="notes" is the lecture's form,
    (x - mean) / (std + eps), with std^2 divided by n - 1: see F.layer_norm. Source: Ba, Kiros and Hinton 2016.
    """

    def __init__(self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True, bias: bool = True,
                 convention: str = "pytorch") -> None:
        if convention not in ("pytorch", "notes"):
            raise DTypeError(message(f"LayerNorm: convention={convention!r}", fix='use "pytorch" or "notes"'))
        between("LayerNorm", "eps", eps, 0)
        flags("LayerNorm", elementwise_affine=elementwise_affine, bias=bias)
        self.normalized_shape = _lengths("LayerNorm", normalized_shape)
        self.eps, self.convention = eps, convention
        self.weight = Parameter(init.ones_(_empty(*self.normalized_shape))) if elementwise_affine else None
        self.bias = Parameter(init.zeros_(_empty(*self.normalized_shape))) if elementwise_affine and bias else None

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps, self.convention)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}"


class RMSNorm(Module):
    """x / sqrt(mean(x^2) + eps) * weight over the last axes; eps defaults to the dtype's. Source: Zhang, Sennrich 2019."""

    def __init__(self, normalized_shape: Any, eps: float | None = None, elementwise_affine: bool = True) -> None:
        if eps is not None:
            between("RMSNorm", "eps", eps, 0)
        flags("RMSNorm", elementwise_affine=elementwise_affine)
        self.normalized_shape = _lengths("RMSNorm", normalized_shape)
        self.eps = eps
        self.weight = Parameter(init.ones_(_empty(*self.normalized_shape))) if elementwise_affine else None

    def forward(self, input: Tensor) -> Tensor:
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}"


def _lengths(name: str, normalized_shape: Any) -> tuple[int, ...]:
    """The lengths of the last axes, of which there may be one, given as a number."""
    one = isinstance(normalized_shape, (int, np.integer))
    return tuple(size_list(name, "normalized_shape", [normalized_shape] if one else normalized_shape))
