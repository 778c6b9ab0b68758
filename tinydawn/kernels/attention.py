"""Softmax, and attention over all heads at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import functional as T
from .. import gpu, ops
from ..backend import Array, accurate_sum, in_rows, like, row_maxima, row_sums, xp_of
from .fuse import fuse
from .masking import is_finite_of_first, quiet_on_a_device, quiet_unseen


def _softmax(x: Array, *, axis: int, cache: dict[str, Any]) -> Array:
    if type(x) is not np.ndarray and gpu.runs_on(x):
        cache["y"] = gpu.elementwise("softmax", x, True, *gpu.reduction("largest", x, True, axis=axis, keepdims=True))
        return cache["y"]
    xp, e = xp_of(x), xp_of(x).empty_like(x)
    if x.flags.c_contiguous and axis == x.ndim - 1:
        softmax_rows(x.reshape(-1, x.shape[-1]), e.reshape(-1, x.shape[-1]))
    else:
        xp.subtract(x, x.max(axis=axis, keepdims=True), out=e)
        xp.exp(e, out=e)
        e /= accurate_sum(e, axis=axis, keepdims=True)
    cache["y"] = e
    return e


def softmax_rows(x: Array, out: Array) -> None:
    """The softmax of each row of x (N, W) into `out`, which may be x."""
    parts = in_rows(x, -1) or [slice(len(x))]
    room = xp_of(x).empty((parts[0].stop, x.shape[1]), dtype=x.dtype)
    for part in parts:
        _softmax_of(x[part], out[part], room[:len(out[part])])


def _softmax_of(x: Array, out: Array, e: Array) -> None:
    """Without subtracting the largest entry of each row, where no exp can overflow and no row's sum is small: that takes a third
    of the time, and nothing is rounded on the way."""
    xp = xp_of(x)
    if xp is not np or not x.size or x.dtype.char not in "fd" or not x.max() < 60:
        xp.subtract(x, row_maxima(x)[:, None], out=out)
        xp.exp(out, out=out)
        out /= row_sums(out)[:, None]
        return
    xp.exp(x, out=e)  # not into `out`, which may be x
    total = row_sums(e)
    if total.min() < 1e-3:
        xp.subtract(x, row_maxima(x)[:, None], out=e)
        xp.exp(e, out=e)
        total = row_sums(e)
    xp.divide(e, total[:, None], out=out)


def _softmax_backward(g: Array, y: Array, x: Array, *, axis: int, cache: Any, needs: Any) -> Any:
    p = cache["y"]
    if type(p) is not np.ndarray and gpu.runs_on(p):
        return (gpu.elementwise("softmax_gradient", g, p, gpu.reduction("dot", g, p, axis=axis, keepdims=True)),)
    gx = xp_of(p).empty_like(p)
    parts = in_rows(p, axis, g)
    for part in parts:
        of_g, of_p, out = (a.reshape(-1, p.shape[-1])[part] for a in (g, p, gx))
        _softmax_gradient(of_g, of_p, -1, out)
    if not parts:
        _softmax_gradient(g, p, axis, gx)
    return (gx,)


def _softmax_gradient(g: Array, p: Array, axis: int, out: Array) -> None:
    xp_of(p).multiply(g, p, out=out)
    out -= p * (row_sums(out)[:, None] if axis == -1 and p.ndim == 2 else accurate_sum(out, axis=axis, keepdims=True))


softmax = fuse("softmax", _softmax, _softmax_backward, lambda x, *, axis: T.softmax(x, axis))


def _attention_twin(*qkv: Any, mask: Any, scale: float) -> Any:
    """softmax(Q Kᵀ * scale) V: (..., T, D), (..., S, D), (..., S, E) -> (..., T, E), or the three in one Tensor (3, ...).

    mask  booleans that broadcast to (..., T, S), True where a query may look; or numbers to add to the scores; or None. A
          key that no query may look at, and its value, take part in nothing
    """
    q, k, v = qkv if len(qkv) == 3 else (qkv[0][0], qkv[0][1], qkv[0][2])
    k, v = quiet_unseen(mask, k, v)
    scores = ops.matmul(q * scale, ops.swap_last(k))  # (..., T, S)
    if mask is not None:
        mask = like(mask, scores)
        scores = T.masked_fill(scores, ~mask, -math.inf) if mask.dtype.kind == "b" else scores + mask.astype(scores.dtype)
    return ops.matmul(T.softmax(scores, -1), v)


def _attention(*qkv: Array, mask: Any, scale: float, cache: dict[str, Any]) -> Array:
    q, k, v = qkv if len(qkv) == 3 else qkv[0]
    if type(q) is not np.ndarray and gpu.runs_on(q, k, v):
        return _attention_on_device(q, k, v, mask, scale, cache)
    xp = xp_of(q)
    k, v = quiet_on_a_device(mask, k, v)
    scaled = q * scale
    weights = scaled @ k.swapaxes(-1, -2)  # (..., T, S)
    if mask is not None and not is_finite_of_first(weights):
        (k,) = quiet_unseen(mask, k)
        xp.matmul(scaled, k.swapaxes(-1, -2), out=weights)
    given, mask = mask, like(mask, q)
    if mask is not None and mask.dtype.kind == "b":
        xp.copyto(weights, -math.inf, where=~mask)
    elif mask is not None:
        weights += mask.astype(weights.dtype, copy=False)
    weights = xp.ascontiguousarray(weights)
    rows = weights.reshape(-1, weights.shape[-1])
    softmax_rows(rows, rows)
    out = _heads_inside(xp, (*weights.shape[:-1], v.shape[-1]), weights.dtype)
    xp.matmul(weights, v, out=out)
    if mask is not None and not is_finite_of_first(out):
        (v,) = quiet_unseen(given, v)
        xp.matmul(weights, v, out=out)
    cache["weights"], cache["query"], cache["key"], cache["value"] = weights, scaled, k, v
    return out


def _attention_on_device(q: Array, k: Array, v: Array, mask: Any, scale: float, cache: dict[str, Any]) -> Array:
    """CuPy's product of stacks copies an operand that is not contiguous. So each is laid out once as the product wants it, and a
    transposed product is taken where that spares the copy of a (T, S) array: (a b)ᵀ is bᵀ aᵀ."""
    xp = xp_of(q)
    k, v = quiet_unseen(mask, k, v)
    scaled = xp.multiply(q, scale, out=xp.empty(q.shape, dtype=q.dtype))
    turned, v = xp.ascontiguousarray(k.swapaxes(-1, -2)), xp.ascontiguousarray(v)
    scores, seen = xp.matmul(scaled, turned), True
    if mask is not None and mask.dtype.kind == "b":
        seen = like(mask, q)
    elif mask is not None:
        scores += like(mask, q).astype(scores.dtype, copy=False)
    gpu.elementwise("softmax", scores, seen, *gpu.reduction("largest", scores, seen, axis=-1, keepdims=True), scores)
    cache["weights"], cache["query"], cache["turned"], cache["value"] = scores, scaled, turned, v
    return xp.matmul(scores, v, out=_heads_inside(xp, (*scores.shape[:-1], v.shape[-1]), scores.dtype))


def _attention_gradients_on_device(g: Array, cache: dict[str, Any], scale: float, dq: Array, dk: Array, dv: Array) -> None:
    """Into dq, dk and dv."""
    xp, weights = xp_of(g), cache["weights"]
    query, turned, value = cache["query"], cache["turned"], cache["value"]
    dv.swapaxes(-1, -2)[...] = xp.matmul(_turned(g), weights)
    d = xp.matmul(xp.ascontiguousarray(g), _turned(value))  # (..., T, S)
    gpu.elementwise("softmax_gradient", d, weights, gpu.reduction("dot", d, weights, axis=-1, keepdims=True), d)
    xp.multiply(xp.matmul(d, _turned(turned)), scale, out=dq)
    dk.swapaxes(-1, -2)[...] = xp.matmul(_turned(query), d)


def _turned(x: Array) -> Array:
    return xp_of(x).ascontiguousarray(x.swapaxes(-1, -2))


def _heads_inside(xp: Any, shape: tuple[int, ...], dtype: Any) -> Array:
    """Room for (..., H, T, D) that lies in memory as (..., T, H, D): joining the heads is then no copy."""
    if len(shape) < 3:
        return xp.empty(shape, dtype=dtype)
    *batch, heads, steps, width = shape
    return xp.empty((*batch, steps, heads, width), dtype=dtype).swapaxes(-2, -3)


def _attention_backward(g: Array, y: Array, *qkv: Array, mask: Any, scale: float, cache: dict[str, Any], needs: Any) -> Any:
    q, k, v = qkv if len(qkv) == 3 else qkv[0]
    xp, weights = xp_of(g), cache["weights"]
    if len(qkv) == 1:  # (3, ..., H, T, D), in memory as (..., T, 3, H, D): as the projection that made it
        *batch, heads, steps, width = q.shape
        whole = xp.empty((*batch, steps, 3, heads, width), dtype=g.dtype)
        packed = xp.moveaxis(whole, -3, 0).swapaxes(-2, -3)
        dq, dk, dv = packed
    else:
        dq, dk, dv = (_heads_inside(xp, x.shape, g.dtype) for x in (q, k, v))
    if "turned" in cache:
        _attention_gradients_on_device(g, cache, scale, dq, dk, dv)
        return (packed,) if len(qkv) == 1 else (dq, dk, dv)
    k, v = cache["key"], cache["value"]
    xp.matmul(weights.swapaxes(-1, -2), g, out=dv)
    d = g @ v.swapaxes(-1, -2)  # (..., T, S)
    rows, of_weights = (a.reshape(-1, d.shape[-1]) for a in (xp.ascontiguousarray(d), weights))
    for part in in_rows(rows, -1) or [slice(None)]:
        _softmax_gradient(rows[part], of_weights[part], -1, rows[part])
    d = rows.reshape(d.shape)
    xp.matmul(d, k, out=dq)
    dq *= scale
    xp.matmul(d.swapaxes(-1, -2), cache["query"], out=dk)
    return (packed,) if len(qkv) == 1 else (dq, dk, dv)


# Batch axes must be equal: F.scaled_dot_product_attention sees to it.
attention = fuse("attention", _attention, _attention_backward, _attention_twin)
