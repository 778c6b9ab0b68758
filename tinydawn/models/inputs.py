"""What several models ask of the ids that they are given. B batch, T time."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinydawn.errors import ShapeError, message


def batch_of_texts(name: str, ids: Any) -> np.ndarray:
    """`ids` as an array, or ShapeError if it is not (B, T)."""
    ids = np.asarray(ids)
    if ids.ndim != 2:
        raise ShapeError(message(
            f"{name}: ids of shape {ids.shape}",
            fix="(B, T): of one text ids[None]"))
    return ids


def check_next_tokens(name: str, tokens: Any, target: Any) -> None:
    """ShapeError if `target` is not of the shape of `tokens`: a transposed one
    has as many entries."""
    if np.shape(target) != np.shape(tokens):
        raise ShapeError(message(
            f"{name}: tokens of shape {np.shape(tokens)}, target of shape {np.shape(target)}",
            fix="(T, B), both: at each place the token that comes next"))
