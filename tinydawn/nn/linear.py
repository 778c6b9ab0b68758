"""Linear, Embedding, Conv1d, and the layers without weights."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from .. import functional as T
from ..checks import Count, Share, Size, Whole
from ..errors import OptionError, ShapeError, message
from ..tensor import Tensor
from . import functional as F
from . import init
from .module import Module, Parameter


class Linear(Module):
    """x Wᵀ + b: (..., in_features) -> (..., out_features).

    weight (out_features, in_features) and bias (out_features,) start uniform within 1 / sqrt(in_features).
    """

    def __init__(self, in_features: Size, out_features: Size, bias: bool = True) -> None:
        self.in_features, self.out_features = in_features, out_features
        weight = _empty(out_features, in_features)
        bound = 1 / math.sqrt(in_features)
        self.weight = Parameter(init.uniform_(weight, -bound, bound))
        self.bias = Parameter(init.uniform_(_empty(out_features), -bound, bound)) if bias else None

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}{'' if self.bias is not None else ', bias=False'}"


class Embedding(Module):
    """A vector per id: ids (...) -> (..., embedding_dim). The same as a one-hot vector times the weight.

    weight (num_embeddings, embedding_dim) starts standard normal. Row `padding_idx` starts at 0 and gets no gradient.
    """

    def __init__(self, num_embeddings: Size, embedding_dim: Size, padding_idx: Whole | None = None) -> None:
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = None if padding_idx is None else F.padding_row("Embedding", padding_idx, num_embeddings)
        self.weight = Parameter(init.normal_(_empty(num_embeddings, embedding_dim)))
        if self.padding_idx is not None:
            self.weight.array[self.padding_idx] = 0

    def forward(self, input: Any) -> Tensor:
        return F.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


class Conv1d(Module):
    """Convolution along a sequence: (B, in_channels, L) -> (B, out_channels, L'). See F.conv1d.

    weight (out_channels, in_channels / groups, kernel_size) and bias (out_channels,) start uniform within
    1 / sqrt(in_channels / groups * kernel_size).
    """

    def __init__(self, in_channels: Size, out_channels: Size, kernel_size: Size, stride: Size = 1,
                 padding: Literal["same", "valid"] | Count = 0, dilation: Size = 1, groups: Size = 1, bias: bool = True) -> None:
        if in_channels % groups or out_channels % groups:
            raise ShapeError(message(f"Conv1d: groups={groups} divides not both {in_channels} and {out_channels}",
                                     fix="channels that are multiples of groups"))
        self.in_channels, self.out_channels, self.kernel_size = in_channels, out_channels, kernel_size
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups
        bound = 1 / math.sqrt(in_channels // groups * kernel_size)
        self.weight = Parameter(init.uniform_(_empty(out_channels, in_channels // groups, kernel_size), -bound, bound))
        self.bias = Parameter(init.uniform_(_empty(out_channels), -bound, bound)) if bias else None

    def forward(self, input: Tensor) -> Tensor:
        return F.conv1d(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        return f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"


class Dropout(Module):
    """While training, drop each entry with probability p; in evaluation do nothing. See F.dropout for `mode`."""

    def __init__(self, p: Share = 0.5, mode: Literal["inverted", "paper"] = "inverted") -> None:
        self.p, self.mode = p, mode

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.p, self.training, self.mode)

    def extra_repr(self) -> str:
        return f"p={self.p}"


class Identity(Module):
    """Gives back what it is given."""

    def forward(self, input: Any) -> Any:
        return input


class Flatten(Module):
    """Merge the axes from start_axis to end_axis into one."""

    def __init__(self, start_axis: Whole = 1, end_axis: Whole = -1) -> None:
        self.start_axis, self.end_axis = start_axis, end_axis

    def forward(self, input: Tensor) -> Tensor:
        return T.flatten(input, self.start_axis, self.end_axis)


def _empty(*shape: int) -> Tensor:
    """Room for a weight of this shape, if there is so much."""
    try:
        return Tensor(np.empty(shape, np.float32))
    except (MemoryError, ValueError):  # more than there is, or than NumPy can count
        raise OptionError(message(f"a layer's weight of shape {shape} fits into no memory", fix="smaller sizes")) from None
