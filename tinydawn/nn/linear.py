"""Linear, Bilinear, LazyLinear, and what only reshapes."""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np

from .. import backend
from .. import functional as T
from ..checks import Size, Whole, listed, whole
from ..errors import OptionError, message
from ..tensor import Tensor
from . import functional as F
from . import init
from .held import put
from .module import Module, Parameter


class Linear(Module):
    """x Wᵀ + b: (..., in_features) -> (..., out_features).

    weight (out_features, in_features) and bias (out_features,) start uniform within 1 / sqrt(in_features).
    """

    def __init__(self, in_features: Size, out_features: Size, bias: bool = True) -> None:
        self.in_features, self.out_features = in_features, out_features
        self.weight, self.bias = _start(_empty(out_features, in_features), _empty(out_features) if bias else None)

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}{'' if self.bias is not None else ', bias=False'}"


class LazyLinear(Linear):
    """A Linear, (..., in_features) -> (..., out_features), that takes its in_features from the first input; until then its weight
    and bias are empty."""

    def __init__(self, out_features: Size, bias: bool = True) -> None:
        self.in_features, self.out_features = 0, out_features
        self.weight = Parameter(Tensor(np.empty(0, backend.default_dtype)))
        self.bias = Parameter(Tensor(np.empty(0, backend.default_dtype))) if bias else None

    def forward(self, input: Tensor) -> Tensor:
        self.in_features = input.shape[-1]
        weight, bias = _empty(self.out_features, self.in_features), _empty(self.out_features)
        _draw(weight, None if self.bias is None else bias)
        put(self.weight, weight.array.astype(self.weight.dtype), None)  # the same Parameter: an optimizer that has it keeps it
        if self.bias is not None:
            put(self.bias, bias.array.astype(self.bias.dtype), None)
        self.__class__ = Linear  # type: ignore[assignment]
        return F.linear(input, self.weight, self.bias)


class Bilinear(Module):
    """x1ᵀ W_k x2 + b_k for every k: (..., in1_features), (..., in2_features) -> (..., out_features).

    weight (out_features, in1_features, in2_features) and bias (out_features,) start uniform within 1 / sqrt(in1_features).
    """

    def __init__(self, in1_features: Size, in2_features: Size, out_features: Size, bias: bool = True) -> None:
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        bound = 1 / math.sqrt(in1_features)
        self.weight = Parameter(init.uniform_(_empty(out_features, in1_features, in2_features), -bound, bound))
        self.bias = Parameter(init.uniform_(_empty(out_features), -bound, bound)) if bias else None

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"{self.in1_features}, {self.in2_features}, {self.out_features}{'' if self.bias is not None else ', bias=False'}"


class Identity(Module):
    """Gives back what it is given. It takes the arguments of any layer, in whose place it may stand, and forgets them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def forward(self, input: Any) -> Any:
        return input


class Flatten(Module):
    """Merge the axes from start_axis to end_axis into one."""

    def __init__(self, start_axis: Whole = 1, end_axis: Whole = -1) -> None:
        self.start_axis, self.end_axis = start_axis, end_axis

    def forward(self, input: Tensor) -> Tensor:
        return T.flatten(input, self.start_axis, self.end_axis)


def _shape(name: str, what: str, x: Any) -> tuple[int, ...]:
    """Lengths, of which one may be -1."""
    lengths = tuple(whole(name, f"one of {what}", n, -1) for n in listed(name, what, x))
    if not lengths or lengths.count(-1) > 1:
        raise OptionError(message(f"{name}: {what} is {lengths}", fix="the lengths of the new axes, of which one may be -1"))
    return lengths


class Unflatten(Module):
    """Cut one axis into several, of the lengths `shape`, of which one may be -1: what is left."""

    def __init__(self, axis: Whole, shape: Annotated[tuple[int, ...], _shape]) -> None:
        self.axis, self.shape = axis, shape

    def forward(self, input: Tensor) -> Tensor:
        axis = T._axis("Unflatten", self.axis, input.ndim)
        return T.reshape(input, *input.shape[:axis], *self.shape, *input.shape[axis + 1:])

    def extra_repr(self) -> str:
        return f"{self.axis}, {self.shape}"


def _empty(*shape: int) -> Tensor:
    """Room for a weight of this shape, if there is so much."""
    try:
        return Tensor(np.empty(shape, backend.default_dtype))
    except (MemoryError, ValueError):  # more than there is, or than NumPy can count
        raise OptionError(message(f"a layer's weight of shape {shape} fits into no memory", fix="smaller sizes")) from None


def _start(weight: Tensor, bias: Tensor | None) -> tuple[Parameter, Parameter | None]:
    """A weight and a bias as they start, as parameters."""
    _draw(weight, bias)
    return Parameter(weight), None if bias is None else Parameter(bias)


def _draw(weight: Tensor, bias: Tensor | None) -> None:
    """A weight (out, in, ...), then a bias, both uniform within 1 / sqrt(fan_in); the weight's is rounded as PyTorch's is."""
    init.kaiming_uniform_(weight, a=math.sqrt(5))
    if bias is not None:
        bound = 1 / math.sqrt(math.prod(weight.shape[1:]))
        init.uniform_(bias, -bound, bound)
