"""Layer normalisation."""

from __future__ import annotations

import math
from typing import Any

from .. import functional as T
from .. import ops
from ..backend import Array, column_sums, xp_of
from .fuse import fuse


def _layer_norm_twin(x: Any, *affine: Any, axes: int, eps: float) -> Any:
    """(x - mean) / sqrt(variance + eps) over the last `axes` axes, times a weight and plus a bias, where given."""
    last = tuple(range(-axes, 0))
    centred = x - T.mean(x, last, keepdims=True)
    y = centred / ops.sqrt(T.mean(centred * centred, last, keepdims=True) + eps)
    y = y * affine[0] if affine else y
    return y + affine[1] if len(affine) == 2 else y


def _layer_norm(x: Array, *affine: Array, axes: int, eps: float, cache: dict[str, Any]) -> Array:
    xp, n = xp_of(x), math.prod(x.shape[-axes:])
    flat = x.reshape(x.size // n if n else 0, n)
    normal = flat - flat.mean(axis=1, keepdims=True)
    scale = xp.einsum("ij,ij->i", normal, normal)[:, None]
    scale /= n
    scale += eps
    xp.sqrt(scale, out=scale)
    xp.reciprocal(scale, out=scale)
    normal *= scale
    cache["normal"], cache["scale"] = normal, scale
    y = normal * affine[0].reshape(-1) if affine else normal
    if len(affine) == 2:
        y += affine[1].reshape(-1)
    return y.reshape(x.shape)


def _layer_norm_backward(g: Array, y: Array, x: Array, *affine: Array, axes: int, eps: float, cache: dict[str, Any],
                         needs: Any) -> Any:
    xp, normal = xp_of(g), cache["normal"]
    g = g.reshape(normal.shape)
    average = xp.full(g.shape[1], 1 / max(1, g.shape[1]), dtype=g.dtype)
    t = g * normal
    d_affine = [column_sums(d).reshape(w.shape) for d, w in zip((t, g), affine, strict=False)]
    if affine:
        weight = affine[0].reshape(-1)
        t *= weight
        g = g * weight
    gx = xp.multiply(normal, (t @ average)[:, None], out=t)
    xp.subtract(g, gx, out=gx)
    gx -= (g @ average)[:, None]
    gx *= cache["scale"]
    return gx.reshape(x.shape), *d_affine


layer_norm = fuse("layer_norm", _layer_norm, _layer_norm_backward, _layer_norm_twin)
