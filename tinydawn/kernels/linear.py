"""x Wᵀ + b, and the products of matrices that it shares with the recurrent kernels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .. import functional as T
from .. import gpu
from ..backend import Array, column_sums, few_rows, xp_of
from ..gradients import Outer, Summed
from .fuse import fuse


def as_rows(x: Array) -> Array:
    """x as a matrix: all axes but the last made one."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def times(x: Array, weight: Array, out: Array | None = None) -> Array:
    """x Wᵀ: (N, in), (out, in) -> (N, out), into `out` where it is given. A small batch as (W xᵀ)ᵀ: see backend.few_rows."""
    if out is None:
        return (weight @ x.T).T if few_rows(x, weight) else x @ weight.T
    if out.flags.c_contiguous:
        return xp_of(x).matmul(x, weight.T, out=out)
    return xp_of(x).matmul(weight, x.T, out=out.T).T


def room_for(x: Array, weight: Array) -> Array:
    """An empty array for x Wᵀ, laid out in memory as `times` computes it best."""
    shape, dtype = (len(x), len(weight)), xp_of(x).result_type(x, weight)
    return xp_of(x).empty(shape, dtype=dtype, order="F" if few_rows(x, weight) else "C")


def _linear_twin(x: Any, weight: Any, *bias: Any) -> Any:
    """x Wᵀ + b: (..., in) -> (..., out), with weight (out, in) and bias (out,)."""
    y = T.matmul(x, T.transpose(weight, 0, 1))
    return y + bias[0] if bias else y


def _linear(x: Array, weight: Array, *bias: Array, cache: dict[str, Any]) -> Array:
    xp, y = xp_of(x), times(as_rows(x), weight)
    if not y.flags.c_contiguous:  # here too the bias costs one pass
        product, y = y, xp.empty(y.shape, dtype=y.dtype)
        xp.add(product, bias[0] if bias else 0, out=y)
    elif bias:
        y += bias[0]
    return y.reshape(*x.shape[:-1], weight.shape[0])


def _linear_backward(g: Array, y: Array, x: Array, weight: Array, *bias: Array, cache: Any, needs: Sequence[bool]) -> Any:
    g2 = as_rows(g)
    return ((g2 @ weight).reshape(x.shape) if needs[0] else None,
            Outer(g2, as_rows(x)) if needs[1] else None,
            *((Summed(g2) if gpu.runs_on(g2) else column_sums(g2),) if bias else ()))


linear = fuse("linear", _linear, _linear_backward, _linear_twin)
