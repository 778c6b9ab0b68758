"""What the updates are written with: the arrays of a parameter's state, its gradient, and working in blocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..backend import BLOCK, xp_of
from ..gradients import Rows
from ..tensor import Tensor


def buffer(state: dict[str, Any], name: str, param: Any) -> Any:
    """The array `name` of a parameter's state, of the parameter's shape and dtype; zeros where it is new."""
    if name not in state:
        state[name] = xp_of(param).zeros_like(param)
    return state[name]


def values(p: Tensor) -> Any:
    """The array that holds every entry of p's gradient that is not 0: of an embedding only the rows that were used."""
    return p._grad.g if type(p._grad) is Rows else p.grad.array


def blocks(*arrays: Any) -> Iterable[tuple[Any, ...]]:
    """Views of the same rows of all arrays (or None for None), some BLOCK entries at a time.

    The updates treat every entry alone, so they may be done in pieces that fit the cache: the temporaries of a
    formula never leave it.
    """
    size, shape = arrays[0].size, arrays[0].shape
    if size <= BLOCK or type(arrays[0]) is not np.ndarray:  # a device has no such cache, and every call costs it the same
        return (arrays,)
    rows = max(1, BLOCK * shape[0] // size)
    return (tuple([None if a is None else a[i:i + rows] for a in arrays]) for i in range(0, shape[0], rows))
