"""What is not finite, and was not meant: a NaN, an overflow, the log of 0. The -inf of a mask is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .numbers import is_bad

if TYPE_CHECKING:
    from .snapshot import Snapshot


def mark_wrong(shot: Snapshot) -> None:
    """Set Vertex.wrong everywhere. A -inf is meant where it comes from a constant, or from a mask of 0 and -inf: what is made of
    it by sums, choices and the like has its -inf from there. That of an op whose arguments have none is the op's own."""
    arguments: dict[int, list[int]] = {}
    for e in shot.edges:
        arguments.setdefault(e.target, []).append(e.source)
    meant: set[int] = set()
    wrong: set[int] = set()
    for i, v in enumerate(shot.vertices):
        below = has_negative_infinity(v.value)
        if is_bad(v.value):
            wrong.add(i)
        elif below and v.kind not in ("op", "failed"):
            (meant if v.kind == "constant" or _is_mask(v.value) else wrong).add(i)
        elif below:
            sources = arguments.get(i, [])
            (wrong if any(k in wrong for k in sources) or not any(k in meant for k in sources) else meant).add(i)
        gradient = {"gradient"} if is_bad(v.gradient, negative=True) else set()
        v.wrong = frozenset(gradient | ({"value"} if i in wrong else set()))


def has_negative_infinity(a: Any) -> bool:
    return a is not None and np.asarray(a).dtype.kind == "f" and bool(np.isneginf(a).any())


def _is_mask(a: Any) -> bool:
    a = np.asarray(a)
    return bool(((a == 0) | np.isneginf(a)).all())
