"""Activations as modules, for use in Sequential: each calls the function of its name."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import numpy as np

from .. import backend
from ..checks import Amount, Finite, Size, Whole, finite, number
from ..errors import OptionError, message
from ..tensor import Tensor
from . import functional as F
from .module import Module, Parameter


class ReLU(Module):
    """max(x, 0)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input)


class Tanh(Module):
    """tanh(x), entry by entry."""

    def forward(self, input: Tensor) -> Tensor:
        return F.tanh(input)


class Sigmoid(Module):
    """1 / (1 + exp(-x))."""

    def forward(self, input: Tensor) -> Tensor:
        return F.sigmoid(input)


class SiLU(Module):
    """x * sigmoid(x)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.silu(input)


def _slope(name: str, what: str, x: Any) -> float:
    if not 0 < number(name, what, x) < math.inf:
        raise OptionError(message(f"{name}: {what} is {x}", fix="a number above 0"))
    return number(name, what, x)


def _threshold(name: str, what: str, x: Any) -> float:
    if math.isnan(number(name, what, x)):
        raise OptionError(message(f"{name}: {what} is no number", fix="a number, of which PyTorch's is 20; inf for none"))
    return number(name, what, x)


def _not_0(name: str, what: str, x: Any) -> float:
    if finite(name, what, x) == 0:
        raise OptionError(message(f"{name}: {what} is 0", fix="any other number"))
    return finite(name, what, x)


class Softplus(Module):
    """log(1 + exp(beta x)) / beta; x itself where beta x is above `threshold`, which by default is nowhere. See F.softplus."""

    def __init__(self, beta: Annotated[float, _slope] = 1.0, threshold: Annotated[float, _threshold] = math.inf) -> None:
        self.beta, self.threshold = beta, threshold

    def forward(self, input: Tensor) -> Tensor:
        return F.softplus(input, self.beta, self.threshold)


class GELU(Module):
    """x * Phi(x). See F.gelu."""

    def __init__(self, approximate: Literal["none", "tanh"] = "none") -> None:
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        return F.gelu(input, self.approximate)


class Softmax(Module):
    """softmax along `axis`."""

    def __init__(self, axis: Whole = -1) -> None:
        self.axis = axis

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, self.axis)


class LogSoftmax(Module):
    """log(softmax) along `axis`."""

    def __init__(self, axis: Whole = -1) -> None:
        self.axis = axis

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self.axis)

class LeakyReLU(Module):
    """x where it is above 0, else negative_slope x."""

    def __init__(self, negative_slope: Finite = 0.01) -> None:
        self.negative_slope = negative_slope

    def forward(self, input: Tensor) -> Tensor:
        return F.leaky_relu(input, self.negative_slope)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}"


class ELU(Module):
    """x where it is above 0, else alpha (exp(x) - 1)."""

    def __init__(self, alpha: Finite = 1.0) -> None:
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        return F.elu(input, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}"


class CELU(Module):
    """x where it is above 0, else alpha (exp(x / alpha) - 1)."""

    def __init__(self, alpha: Annotated[float, _not_0] = 1.0) -> None:
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        return F.celu(input, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}"


class SELU(Module):
    """1.0507 elu(x, 1.6733). See F.selu."""

    def forward(self, input: Tensor) -> Tensor:
        return F.selu(input)


class PReLU(Module):
    """x where it is above 0, else weight x; the weight is learned, from `init` on: of one number, or with num_parameters=C one
    per channel of axis 1, (B, C, ...)."""

    def __init__(self, num_parameters: Size = 1, init: Finite = 0.25) -> None:
        self.num_parameters = num_parameters
        self.weight = Parameter(Tensor(np.full(num_parameters, init, backend.default_dtype)))

    def forward(self, input: Tensor) -> Tensor:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class Hardtanh(Module):
    """x, but no less than min_val and no more than max_val."""

    def __init__(self, min_val: Finite = -1.0, max_val: Finite = 1.0) -> None:
        self.min_val, self.max_val = min_val, max_val

    def forward(self, input: Tensor) -> Tensor:
        return F.hardtanh(input, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}"


class ReLU6(Module):
    """x, but no less than 0 and no more than 6."""

    def forward(self, input: Tensor) -> Tensor:
        return F.relu6(input)


class Hardsigmoid(Module):
    """x / 6 + 1 / 2, but no less than 0 and no more than 1."""

    def forward(self, input: Tensor) -> Tensor:
        return F.hardsigmoid(input)


class Hardswish(Module):
    """x hardsigmoid(x)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.hardswish(input)


class Mish(Module):
    """x tanh(log(1 + exp(x)))."""

    def forward(self, input: Tensor) -> Tensor:
        return F.mish(input)


class Softsign(Module):
    """x / (1 + |x|)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.softsign(input)


class Tanhshrink(Module):
    """x - tanh(x)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.tanhshrink(input)


class Softshrink(Module):
    """x nearer to 0 by lambd, and 0 where it is that near."""

    def __init__(self, lambd: Amount = 0.5) -> None:
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"lambd={self.lambd}"


class Hardshrink(Module):
    """x, but 0 where it is between -lambd and lambd."""

    def __init__(self, lambd: Finite = 0.5) -> None:
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"lambd={self.lambd}"


class LogSigmoid(Module):
    """log(sigmoid(x)), without overflow."""

    def forward(self, input: Tensor) -> Tensor:
        return F.logsigmoid(input)


class Threshold(Module):
    """x where it is above `threshold`, else `value`."""

    def __init__(self, threshold: Finite, value: Finite) -> None:
        self.threshold, self.value = threshold, value

    def forward(self, input: Tensor) -> Tensor:
        return F.threshold(input, self.threshold, self.value)

    def extra_repr(self) -> str:
        return f"threshold={self.threshold}, value={self.value}"


class GLU(Module):
    """a sigmoid(b), a and b the halves of x along `axis`."""

    def __init__(self, axis: Whole = -1) -> None:
        self.axis = axis

    def forward(self, input: Tensor) -> Tensor:
        return F.glu(input, self.axis)

    def extra_repr(self) -> str:
        return f"axis={self.axis}"


class Softmin(Module):
    """softmax(-x) along `axis`."""

    def __init__(self, axis: Whole = -1) -> None:
        self.axis = axis

    def forward(self, input: Tensor) -> Tensor:
        return F.softmin(input, self.axis)

    def extra_repr(self) -> str:
        return f"axis={self.axis}"
