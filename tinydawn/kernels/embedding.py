"""Rows of a table by id. The gradient of the table is only the rows that were used: see Rows in gradients.py."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..backend import Array, as_index, like, xp_of
from ..gradients import Picked
from .fuse import fuse
from .linear import as_rows


def _embedding_twin(weight: Any, *, ids: Array, padding: int | None = None) -> Any:
    """Rows of `weight` (V, E) by id: ids (...) -> (..., E). The same as one-hot vectors times the weight.

    padding  the id whose row gets no gradient, or None
    """
    y = ops.getitem(weight, index=ids)
    return y if padding is None else ops.where(like((ids == padding)[..., None], y), ops.detach(y), y)


def _embedding_backward(g: Array, y: Array, weight: Array, *, ids: Array, padding: int | None = None, cache: Any,
                        needs: Any) -> Any:
    ids = ids.reshape(-1)
    real = None if padding is None else xp_of(ids).flatnonzero(ids != padding)
    return (Picked(ids, as_rows(g), weight.shape, real),)


embedding = fuse("embedding", lambda weight, *, ids, padding=None, cache: weight.take(as_index(like(ids, weight)), axis=0),
                 _embedding_backward, _embedding_twin)
