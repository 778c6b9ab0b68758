"""Activation functions beyond those that are ops, with PyTorch's names and defaults; offered as part of nn.functional."""

from __future__ import annotations

from typing import Any

from .. import functional as T
from .. import ops
from ..checks import name_arguments
from ..errors import ShapeError, message
from ..kernels.pointwise import elu as elu_kernel
from ..kernels.pointwise import leaky_relu as leaky_relu_kernel
from .losses import softplus


def leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    """x where it is above 0, else negative_slope x. Source: Maas, Hannun and Ng 2013."""
    if type(negative_slope) is float and 0 <= negative_slope <= 1:
        return leaky_relu_kernel(x, negative_slope=negative_slope)
    return ops.where(ops.gt(x, 0), x, x * negative_slope)


def prelu(x: Any, weight: Any) -> Any:
    """x where it is above 0, else weight x, with one weight, (1,), or one per channel of axis 1. Source: He et al. 2015."""
    if weight.ndim != 1 or weight.shape[0] not in (1, x.shape[1] if x.ndim > 1 else 1):
        raise ShapeError(message(f"prelu: weight of shape {weight.shape} for an input of shape {x.shape}",
                                 fix="one number, or one for each channel of axis 1"))
    weight = T.reshape(weight, weight.shape[0], *(1,) * (x.ndim - 2)) if x.ndim > 1 else T.reshape(weight, (1,) * x.ndim)
    return ops.where(ops.gt(x, 0), x, x * weight)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """x where it is above 0, else alpha (exp(x) - 1). Source: Clevert, Unterthiner and Hochreiter 2016."""
    if type(alpha) in (int, float):
        return elu_kernel(x, alpha=alpha)
    above = ops.gt(x, 0)
    return ops.where(above, x, ops.expm1(ops.where(above, 0.0, x)) * alpha)


def celu(x: Any, alpha: float = 1.0) -> Any:
    """x where it is above 0, else alpha (exp(x / alpha) - 1), which is smooth for any alpha. Source: Barron 2017."""
    above = ops.gt(x, 0)
    return ops.where(above, x, ops.expm1(ops.where(above, 0.0, x / alpha)) * alpha)


# Those with which a layer of outputs of mean 0 and variance 1 gives such outputs: Klambauer et al. 2017.
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def selu(x: Any) -> Any:
    """1.0507 elu(x, 1.6733). Source: Klambauer et al. 2017."""
    return elu(x, _SELU_ALPHA) * _SELU_SCALE


def hardtanh(x: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """x, but no less than min_val and no more than max_val, where it has no slope."""
    return ops.where(ops.ge(x, max_val), max_val, ops.where(ops.le(x, min_val), min_val, x))


def relu6(x: Any) -> Any:
    """x, but no less than 0 and no more than 6."""
    return hardtanh(x, 0.0, 6.0)


def hardsigmoid(x: Any) -> Any:
    """x / 6 + 1 / 2, but no less than 0 and no more than 1."""
    return hardtanh(x, -3.0, 3.0) / 6 + 0.5


def hardswish(x: Any) -> Any:
    """x hardsigmoid(x). Source: Howard et al. 2019."""
    return ops.where(ops.ge(x, 3), x, ops.where(ops.le(x, -3), 0.0, x * (x + 3) / 6))


def glu(x: Any, axis: int = -1) -> Any:
    """a sigmoid(b), a and b the halves of x along `axis`. Source: Dauphin et al. 2017."""
    if x.shape[T._axis("glu", axis, x.ndim)] % 2:
        raise ShapeError(message(f"glu: an input of shape {x.shape} has no halves along axis {axis}", fix="an even length"))
    a, b = T.chunk(x, 2, axis)
    return a * ops.sigmoid(b)


def mish(x: Any) -> Any:
    """x tanh(log(1 + exp(x))). Source: Misra 2019."""
    return x * ops.tanh(softplus(x))


def softsign(x: Any) -> Any:
    """x / (1 + |x|)."""
    return x / (1 + ops.abs(x))


def tanhshrink(x: Any) -> Any:
    """x - tanh(x)."""
    return x - ops.tanh(x)


def softshrink(x: Any, lambd: float = 0.5) -> Any:
    """x nearer to 0 by lambd, and 0 where it is that near."""
    return ops.where(ops.gt(x, lambd), x - lambd, ops.where(ops.lt(x, -lambd), x + lambd, 0.0 * x))


def hardshrink(x: Any, lambd: float = 0.5) -> Any:
    """x, but 0 where it is between -lambd and lambd."""
    return ops.where(ops.bitwise_and(ops.ge(x, -lambd), ops.le(x, lambd)), 0.0, x)


def threshold(x: Any, threshold: float, value: float) -> Any:
    """x where it is above `threshold`, else `value`."""
    return ops.where(ops.gt(x, threshold), x, value)


def softmin(x: Any, axis: int = -1) -> Any:
    """softmax(-x) along `axis`."""
    from .functional import softmax

    return softmax(-x, axis)


def logsigmoid(x: Any) -> Any:
    """log(sigmoid(x)), which log alone would make -inf of where sigmoid(x) is 0."""
    return -softplus(-x)


name_arguments(globals())
