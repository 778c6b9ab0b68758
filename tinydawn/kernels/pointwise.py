"""Functions of single entries as one node, whose derivative is made on the way: silu, softplus, elu, leaky_relu; gelu.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import gpu, graph, ops
from ..backend import BLOCK, Array, kept, xp_of
from .fuse import fuse

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def pointwise(name: str, formula: Callable[..., None], twin: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel. formula(x, y, slope, **settings) writes the values into `y`, and the derivative into `slope`, unless None.

    It is given parts that fit the cache, one after the other: so all that it makes on the way stays there, and backward is one
    product. Of integers and float16 the twin runs. On a GPU it is the kernel of this name in gpu/bodies.py.
    """

    def forward(x: Array, *, cache: dict[str, Any], **settings: Any) -> Array:
        if type(x) is not np.ndarray and gpu.runs_on(x):
            words = [name, *[v for v in settings.values() if isinstance(v, str)]]  # gelu_tanh
            y, cache["slope"] = gpu.elementwise("_".join(words), x, *[v for v in settings.values() if not isinstance(v, str)])
            return y
        xp, flat = xp_of(x), x.reshape(-1)
        y, slope = xp.empty_like(flat), xp.empty_like(flat) if graph.is_grad_enabled() else None
        step = 2 * BLOCK // x.dtype.itemsize if xp is np else max(1, flat.size)
        for start in range(0, flat.size, step):
            here = slice(start, start + step)
            formula(flat[here], y[here], None if slope is None else slope[here], **settings)
        cache["slope"] = slope
        return y.reshape(x.shape)

    def backward(g: Array, y: Array, x: Array, *, cache: dict[str, Any], needs: Any, **settings: Any) -> Any:
        return (g * cache["slope"].reshape(x.shape),)

    kernel = fuse(name, forward, backward, twin)

    def function(x: Any, **settings: Any) -> Any:
        return (kernel if getattr(x, "dtype", None) in _FLOATS else twin)(x, **settings)

    function.__doc__ = twin.__doc__
    return function


# --- silu ---------------------------------------------------------------------------------------------------------


def _silu(z: Array, y: Array, slope: Array | None) -> None:
    """s = sigmoid(z): the value is z s, its derivative s (1 + z (1 - s)) = s + y - y s."""
    xp = xp_of(z)
    s = ops.sigmoid(z)
    xp.multiply(z, s, out=y)
    if slope is not None:
        xp.multiply(y, s, out=slope)
        xp.subtract(y, slope, out=slope)
        slope += s


silu = pointwise("silu", _silu, lambda x: x * ops.sigmoid(x))

# --- softplus -----------------------------------------------------------------------------------------------------


def minus_abs(x: Any, above: Any) -> Any:
    """-|x|, `above` where x >= 0. Not by the op abs, whose derivatives at 0 are taken as 0: here a sum is to be smooth there."""
    return x * (1 - 2 * ops.astype(above, dtype=x.dtype))


def _softplus_twin(x: Any) -> Any:
    """log(1 + exp(x)), as max(x, 0) + log(1 + exp(-|x|)), where exp never overflows."""
    above = ops.ge(x, 0)
    return ops.where(above, x, 0.0) + ops.log1p(ops.exp(minus_abs(x, above)))


def _softplus(z: Array, y: Array, slope: Array | None) -> None:
    xp = xp_of(z)
    e = xp.abs(z)
    xp.negative(e, out=e)
    xp.exp(e, out=e)
    if slope is not None:
        slope[...] = ops.sigmoid(z)
    xp.log1p(e, out=e)
    xp.maximum(z, 0, out=y)
    y += e


softplus = pointwise("softplus", _softplus, _softplus_twin)

# --- elu and leaky_relu -------------------------------------------------------------------------------------------


def _elu_twin(x: Any, *, alpha: float) -> Any:
    """x where it is above 0, else alpha (exp(x) - 1)."""
    above = ops.gt(x, 0)
    return ops.where(above, x, ops.expm1(ops.where(above, 0.0, x)) * alpha)


def _elu(z: Array, y: Array, slope: Array | None, *, alpha: float) -> None:
    """With m = alpha expm1(min(z, 0)) and the larger of z and 0: their sum. The derivative is m + alpha below 0, above it 1."""
    xp = xp_of(z)
    m = xp.minimum(z, 0)
    xp.expm1(m, out=m)
    m *= alpha
    xp.maximum(z, 0, out=y)
    y += m
    if slope is not None:
        xp.add(m, alpha, out=slope)
        if alpha != 1:
            above = z > 0
            kept(slope, ~above, out=slope)
            slope += above


elu = pointwise("elu", _elu, _elu_twin)


def _leaky_relu_twin(x: Any, *, negative_slope: float) -> Any:
    """x where it is above 0, else negative_slope x."""
    return ops.where(ops.gt(x, 0), x, x * negative_slope)


def _leaky_relu(z: Array, y: Array, slope: Array | None, *, negative_slope: float) -> None:
    """For a slope from 0 to 1: the larger of z and negative_slope z."""
    xp = xp_of(z)
    xp.multiply(z, negative_slope, out=y)
    xp.maximum(z, y, out=y)
    if slope is not None:
        xp.copyto(slope, z > 0)
        xp.maximum(slope, negative_slope, out=slope)


leaky_relu = pointwise("leaky_relu", _leaky_relu, _leaky_relu_twin)
