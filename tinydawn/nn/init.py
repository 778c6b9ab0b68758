"""Initial values of weights, written into a Tensor in place. Names and formulas are PyTorch's.

`fan_in` is the number of inputs of a unit, `fan_out` of its outputs: for a weight (out, in, *kernel), in and out times
the kernel's size. Draws come from the generator that td.manual_seed sets.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import random
from ..backend import like
from ..checks import word
from ..errors import DTypeError, ShapeError, message
from ..graph import wrote
from ..tensor import Tensor


def _write(tensor: Tensor, values: Any) -> None:
    """Put `values`, drawn on the host, into the memory of `tensor`."""
    tensor.array[...] = like(values, tensor.array)
    wrote(tensor.array)


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """Fill `tensor` with draws that are uniform on [a, b); returns it."""
    _write(tensor, random.uniform(a, b, tensor.shape, tensor.dtype))
    return tensor


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """Fill `tensor` with normal draws of this mean and standard deviation `std`; returns it."""
    _write(tensor, random.normal(mean, std, tensor.shape, tensor.dtype))
    return tensor


def trunc_normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0) -> Tensor:
    """Fill `tensor` with normal draws of this `mean` and `std`, drawn again wherever they fall outside a .. b; returns it."""
    inside = 0.0 if std <= 0 else (math.erf((b - mean) / std / math.sqrt(2)) - math.erf((a - mean) / std / math.sqrt(2))) / 2
    if inside < 1e-3:  # drawing again would take for ever
        raise ShapeError(message(f"trunc_normal_: almost nothing lies between {a} and {b}", fix="bounds around the mean"))
    _write(tensor, random.truncated_normal(mean, std, a, b, tensor.shape, tensor.dtype))
    return tensor


def constant_(tensor: Tensor, value: float) -> Tensor:
    """Fill `tensor` with `value`; returns it."""
    _write(tensor, value)
    return tensor


def zeros_(tensor: Tensor) -> Tensor:
    """Fill `tensor` with 0; returns it."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill `tensor` with 1; returns it."""
    return constant_(tensor, 1.0)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor that keeps the variance through an activation: 5/3 for tanh, sqrt(2) for relu, 1 for linear and sigmoid.

    nonlinearity  the name of its function
    param         of leaky_relu: its slope below 0
    """
    gains = {"linear": 1.0, "conv1d": 1.0, "conv2d": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2),
             "leaky_relu": math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2)), "selu": 0.75}
    if nonlinearity not in gains:
        raise DTypeError(message(f"calculate_gain: unknown nonlinearity {nonlinearity!r}", fix=f"one of {', '.join(gains)}"))
    return gains[nonlinearity]


def _fans(name: str, tensor: Tensor) -> tuple[int, int]:
    if tensor.ndim < 2:
        raise ShapeError(message(f"{name}: a tensor of shape {tensor.shape} has no fan-in and fan-out",
                                 fix="use it for weights; biases are mostly zeros"))
    kernel = math.prod(tensor.shape[2:])
    return tensor.shape[1] * kernel, tensor.shape[0] * kernel


def xavier_uniform_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Fill `tensor`, (fan_out, fan_in), uniformly within gain * sqrt(6 / (fan_in + fan_out)); returns it. Source: Glorot and
    Bengio 2010."""
    bound = math.sqrt(3) * (gain * math.sqrt(2 / sum(_fans("xavier_uniform_", tensor))))  # rounded as PyTorch's is
    return uniform_(tensor, -bound, bound)


def xavier_normal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Fill `tensor`, (fan_out, fan_in), with normal draws of std gain * sqrt(2 / (fan_in + fan_out)); returns it. Source: Glorot
    and Bengio 2010."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(_fans("xavier_normal_", tensor))))


def _kaiming_std(name: str, tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    fan = _fans(name, tensor)[word(name, "mode", mode, ("fan_in", "fan_out")) == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(max(1, fan))


def kaiming_uniform_(tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Tensor:
    """Fill `tensor`, (fan_out, fan_in), uniformly within gain * sqrt(3 / fan); returns it. Source: He et al. 2015.

    a             the slope below 0 of the leaky_relu that follows; for other activations without meaning
    mode          "fan_in" keeps the variance forward, "fan_out" backward
    nonlinearity  what follows, of which calculate_gain knows the gain"""
    bound = math.sqrt(3) * _kaiming_std("kaiming_uniform_", tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound)


def kaiming_normal_(tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Tensor:
    """Fill `tensor`, (fan_out, fan_in), with normal draws of std gain / sqrt(fan); returns it. a, mode and nonlinearity as of
    kaiming_uniform_. Source: He et al. 2015."""
    return normal_(tensor, 0.0, _kaiming_std("kaiming_normal_", tensor, a, mode, nonlinearity))


def orthogonal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Rows (or columns, whichever are fewer) orthonormal, times gain. Source: Saxe et al. 2013."""
    if tensor.ndim < 2:
        raise ShapeError(message(f"orthogonal_: a tensor of shape {tensor.shape}", fix="a matrix at least"))
    n, m = tensor.shape[0], math.prod(tensor.shape[1:])
    drawn = random.normal(0.0, 1.0, (n, m), tensor.dtype)
    q, r = np.linalg.qr(drawn.T if n < m else drawn)
    q = q * np.sign(np.diag(r))
    _write(tensor, gain * (q.T if n < m else q).reshape(tensor.shape))
    return tensor


def eye_(tensor: Tensor) -> Tensor:
    """Fill `tensor`, a matrix, with 1 on the diagonal and 0 elsewhere; returns it."""
    if tensor.ndim != 2:
        raise ShapeError(message(f"eye_: a tensor of shape {tensor.shape}", fix="a matrix"))
    _write(tensor, np.eye(tensor.shape[0], tensor.shape[1]))
    return tensor


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01) -> Tensor:
    """Fill `tensor`, a matrix, with normal draws of standard deviation `std`, but of each column a share `sparsity` with 0;
    returns it. Source: Martens 2010."""
    if tensor.ndim != 2:
        raise ShapeError(message(f"sparse_: a tensor of shape {tensor.shape}", fix="a matrix"))
    rows, columns = tensor.shape
    values = random.normal(0.0, std, tensor.shape, tensor.dtype)
    for column in range(columns):
        values[random.permutation(rows)[:math.ceil(sparsity * rows)], column] = 0
    _write(tensor, values)
    return tensor


def __getattr__(name: str) -> object:
    from ..guards.elsewhere import elsewhere

    raise AttributeError(elsewhere("module 'tinydawn.nn.init'", name, globals(), {}), name=name)
