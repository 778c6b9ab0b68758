"""What is masked takes part in nothing, be it a NaN.

A share of 0, and a gradient of 0, keep a number out of a sum. A NaN or an infinite number they do not: 0 times it is a NaN.
So where such a number stands in what is masked, a 0 is put in its place. Mostly there is none, and nothing is done.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import ops
from ..backend import Array, like, to_host, xp_of
from ..graph import Traced


def quiet(x: Any, hidden: np.ndarray) -> Any:
    """x (..., D), with 0 in the rows that `hidden` (...), of the host, names, if anything in them is not finite."""
    raw = x.array if isinstance(x, Traced) else x
    if hidden.shape != raw.shape[:-1]:
        hidden = np.broadcast_to(hidden, raw.shape[:-1])
    if xp_of(raw) is np and np.isfinite(raw[hidden]).all():  # to ask a device would cost more than the answer saves
        return x
    return ops.where(like(hidden[..., None], x), 0.0, x)


def quiet_unseen(mask: Any, *keyed: Any) -> tuple[Any, ...]:
    """Keys and values (..., S, D), with those quiet that no query may look at under `mask`, which fits (..., T, S)."""
    if mask is None:
        return keyed
    unseen: Any = forbidden(mask)
    unseen = unseen.all(axis=-2) if unseen.ndim > 1 else unseen  # (..., S)
    return tuple(quiet(x, _for_all(unseen, x.shape[:-1])) for x in keyed) if unseen.any() else keyed


def _for_all(hidden: Any, shape: tuple[int, ...]) -> Any:
    """What is hidden in all of the batch, where keys of `shape` (..., S) are fewer than the batch and shared."""
    hidden = hidden.all(axis=tuple(range(hidden.ndim - len(shape))))
    lead = len(shape) - hidden.ndim
    shared = tuple(i for i, n in enumerate(hidden.shape) if n > shape[lead + i] == 1)
    return hidden.all(axis=shared, keepdims=True) if shared else hidden


def forbidden(mask: Any) -> np.ndarray:
    """Where a mask of booleans, True where a query may look, or of numbers, added to the scores, lets nobody look."""
    mask = to_host(mask.array if isinstance(mask, Traced) else mask)
    return ~mask if mask.dtype.kind == "b" else np.isneginf(mask)


def quiet_on_a_device(mask: Any, *keyed: Any) -> tuple[Any, ...]:
    """quiet_unseen of what is on a device, which is not asked; on the host `is_finite_of_first` says whether there is need."""
    raw = keyed[0].array if isinstance(keyed[0], Traced) else keyed[0]
    return keyed if xp_of(raw) is np else quiet_unseen(mask, *keyed)


def is_finite_of_first(x: Array) -> bool:
    """Whether the first query's row of x is finite, of scores (..., T, S) or of what comes out (..., T, E). No device is asked.

    A key or a value that is not finite shows in every row, the masked ones too: one row answers for all, at little cost.
    """
    return xp_of(x) is not np or math.isfinite(np.add.reduce(x[..., :1, :], axis=None))
