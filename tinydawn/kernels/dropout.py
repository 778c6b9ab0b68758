"""Dropout, of which what is to be kept was drawn before."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..backend import Array, kept, like, xp_of
from . import device
from .fuse import fuse


def _dropout_twin(x: Any, *, keep: np.ndarray, scale: float) -> Any:
    """x * scale where `keep` (of the shape of x) is True, else 0, whatever x holds there, and whatever gradient comes back."""
    return ops.where(keep, x * scale, 0.0)


def _dropout(x: Array, *, keep: np.ndarray, scale: float, cache: dict[str, Any]) -> Array:
    if type(x) is not np.ndarray and device.runs_on(x):
        cache["keep"] = like(keep, x)
        return device.elementwise("scaled_where", x, cache["keep"], scale)
    y = kept(x, keep, out=xp_of(x).empty_like(x))
    y *= scale
    return y


def _dropout_backward(g: Array, y: Array, x: Array, *, keep: np.ndarray, scale: float, cache: Any, needs: Any) -> Any:
    if "keep" in cache:
        return (device.elementwise("scaled_where", g, cache["keep"], scale),)
    gx = kept(g, keep, out=xp_of(g).empty_like(g))
    gx *= scale
    return (gx,)


dropout = fuse("dropout", _dropout, _dropout_backward, _dropout_twin)
