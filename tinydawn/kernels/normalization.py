"""Layer normalisation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import functional as T
from .. import gpu, ops
from ..backend import Array, column_sums, device_of, xp_of
from ..graph import Traced
from .fuse import fuse


def _layer_norm_twin(x: Any, *affine: Any, axes: int, eps: float) -> Any:
    """(x - mean) / sqrt(variance + eps) over the last `axes` axes, times a weight and plus a bias, where given."""
    last = tuple(range(-axes, 0))
    centred = x - T.mean(x, last, keepdims=True)
    unit = _unit(centred.array if isinstance(centred, Traced) else centred, last)
    if unit is not None:
        centred, eps = centred / unit, eps / unit / unit
    y = centred / ops.sqrt(T.mean(centred * centred, last, keepdims=True) + eps)
    y = y * affine[0] if affine else y
    return y + affine[1] if len(affine) == 2 else y


def _unit(centred: Array, last: tuple[int, ...]) -> Array | None:
    """What to measure each vector in, so that its squares do not overflow; None if none does, as almost always."""
    if not centred.size:
        return None
    xp, largest = xp_of(centred), abs(centred).max(axis=last, keepdims=True)
    large = (largest > math.sqrt(np.finfo(centred.dtype).max) / 1e4) & xp.isfinite(largest)
    return xp.where(large, largest, largest.dtype.type(1)) if large.any() else None


def _layer_norm(x: Array, *affine: Array, axes: int, eps: float, cache: dict[str, Any]) -> Array:
    xp, n = xp_of(x), math.prod(x.shape[-axes:])
    flat = x.reshape(x.size // n if n else 0, n)
    if type(x) is not np.ndarray and x.size and gpu.runs_on(x, *affine):
        cache["flat"], cache["moments"] = flat, gpu.reduction("moments", flat, n, eps, axis=1, keepdims=True)
        return gpu.elementwise("layer_norm", flat, *cache["moments"], *_weights(affine)).reshape(x.shape)
    normal = flat - (flat.sum(axis=1) / max(1, n))[:, None]
    scale = xp.einsum("ij,ij->i", normal, normal)[:, None]
    unit = None
    if device_of(x) == "cpu" and not xp.isfinite(scale).all():  # another device would have to be waited for
        unit = _unit(normal, (1,))
    if unit is not None:
        normal /= unit
        scale = xp.einsum("ij,ij->i", normal, normal)[:, None]
    scale /= n
    scale += eps if unit is None else eps / unit / unit
    xp.sqrt(scale, out=scale)
    xp.reciprocal(scale, out=scale)
    normal *= scale
    if unit is not None:
        scale /= unit
    cache["normal"], cache["scale"] = normal, scale
    y = normal * affine[0].reshape(-1) if affine else normal
    if len(affine) == 2:
        y += affine[1].reshape(-1)
    return y.reshape(x.shape)


def _weights(affine: Any) -> list[Any]:
    """Weight and bias, each (N,) or a number where there is none."""
    return [w.reshape(-1) for w in affine] + [1.0, 0.0][len(affine):]


def _layer_norm_backward(g: Array, y: Array, x: Array, *affine: Array, axes: int, eps: float, cache: dict[str, Any],
                         needs: Any) -> Any:
    if "moments" in cache:
        flat = cache["flat"]
        g, weight = g.reshape(flat.shape), _weights(affine)[0]
        given = (g, flat, *cache["moments"])
        sums = gpu.reduction("layer_norm_affine", *given, axis=0) if affine else ()
        rows = gpu.reduction("layer_norm_rows", *given, weight, flat.shape[1], axis=1, keepdims=True)
        gx = gpu.elementwise("layer_norm_gradient", *given, weight, *rows)
        return gx.reshape(x.shape), *[s.reshape(w.shape) for s, w in zip(sums, affine, strict=False)]
    xp, normal = xp_of(g), cache["normal"]
    g = g.reshape(normal.shape)
    t = g * normal
    d_affine = [column_sums(d).reshape(w.shape) for d, w in zip((t, g), affine, strict=False)]
    shares = xp.full(g.shape[1], 1 / max(1, g.shape[1]), dtype=g.dtype)  # of each entry in its row's mean
    if affine:
        weight = affine[0].reshape(-1)
        shares *= weight
    along, mean = (t @ shares)[:, None], (g @ shares)[:, None]
    gx = xp.multiply(normal, along, out=t)
    gx += mean
    xp.subtract(g * weight if affine else g, gx, out=gx)
    gx *= cache["scale"]
    return gx.reshape(x.shape), *d_affine


layer_norm = fuse("layer_norm", _layer_norm, _layer_norm_backward, _layer_norm_twin)
