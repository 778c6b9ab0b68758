"""Dropout: what is to be kept was drawn before, or on a device is drawn by the kernel itself, from a seed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import gpu, ops
from ..backend import Array, kept, like, xp_of
from ..gpu.bodies import FACTORS
from ..graph import Traced
from .fuse import fuse


class Drawn(NamedTuple):
    """A mask by what it is drawn from, which is the same each time: so it need not be kept, nor copied to the device.

    seed   any integer of 64 bits
    share  the probability that an entry is kept
    """

    seed: int
    share: float

    def numbers(self) -> tuple[Any, ...]:
        return np.uint64(self.seed), np.uint64(round(self.share * 2**24)), *FACTORS

    def mask(self, x: Any) -> Array:
        """As an array of booleans in the shape of x, where x is."""
        raw = x.array if isinstance(x, Traced) else x
        keep = xp_of(raw).empty(raw.shape, dtype=bool)
        gpu.elementwise("drawn", *self.numbers(), keep)
        return keep


def _dropout_twin(x: Any, *, keep: np.ndarray | Drawn, scale: float) -> Any:
    """x * scale where `keep` (of the shape of x) is True, else 0, whatever x holds there, and whatever gradient comes back."""
    return ops.where(keep.mask(x) if isinstance(keep, Drawn) else keep, x * scale, 0.0)


def _dropout(x: Array, *, keep: np.ndarray | Drawn, scale: float, cache: dict[str, Any]) -> Array:
    if type(x) is not np.ndarray and gpu.runs_on(x):
        cache["keep"] = keep if isinstance(keep, Drawn) else like(keep, x)
        return _on_device(x, cache["keep"], scale)
    y = kept(x, keep, out=xp_of(x).empty_like(x))
    y *= scale
    return y


def _on_device(x: Array, keep: Any, scale: float) -> Array:
    if isinstance(keep, Drawn):
        return gpu.elementwise("drawn_where", x, *keep.numbers(), scale)
    return gpu.elementwise("scaled_where", x, keep, scale)


def _dropout_backward(g: Array, y: Array, x: Array, *, keep: np.ndarray | Drawn, scale: float, cache: Any, needs: Any) -> Any:
    if "keep" in cache:
        return (_on_device(g, cache["keep"], scale),)
    gx = kept(g, keep, out=xp_of(g).empty_like(g))
    gx *= scale
    return (gx,)


dropout = fuse("dropout", _dropout, _dropout_backward, _dropout_twin)
