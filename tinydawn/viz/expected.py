"""What a computation should have come by: the named values of a formula, found among what it computed, or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..backend import to_host
from ..tensor import Tensor
from .numbers import numbers
from .snapshot import Snapshot

TICK = "✓"


def mark_expected(shot: Snapshot, expected: Sequence[tuple[str, Any]], lang: str) -> None:
    """Name every op whose value is an expected one, with a tick; the first that is found nowhere is expected of one op, in red.

    That is the first op after the last with a tick that has the shape asked for; else the first of any shape.
    """
    ops = [i for i, v in enumerate(shot.vertices) if v.kind == "op" and v.value is not None]
    last = -1
    for name, value in expected:
        asked = np.asarray(to_host(value.array if isinstance(value, Tensor) else value))
        found = [i for i in ops if shot.vertices[i].value.shape == asked.shape and i > last
                 and np.allclose(_hidden(shot.vertices[i].value, asked), asked, rtol=1e-5, atol=1e-6, equal_nan=True)]
        if found:
            last = found[0]
            shot.vertices[last].symbol = f"{TICK} {name}"
            continue
        after = [i for i in ops if i > last]
        alike = [i for i in after if shot.vertices[i].shape == asked.shape]
        if not ops:
            return
        wrong = shot.vertices[(alike or after or ops[-1:])[0]]
        wrong.expected = f"{name}: {numbers(asked, lang)}"
        return


def _hidden(value: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The value, with -inf for any very negative number where -inf is asked for: in a softmax both hide what stands there."""
    return np.where(np.isneginf(asked) & (value < -1e4), -np.inf, value) if np.isneginf(asked).any() else value
