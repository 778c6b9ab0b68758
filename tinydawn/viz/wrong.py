"""What is not finite, and was not meant: a NaN, an overflow, the log of 0. The -inf of a mask is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .numbers import is_bad

if TYPE_CHECKING:
    from .snapshot import Snapshot


def mark_wrong(shot: Snapshot) -> None:
    """Set Vertex.wrong everywhere; "below" is that of a -inf.

    A -inf is meant where it comes from a constant, or from a mask of 0 and -inf: what is made of it has its own from there.
    That of an op whose arguments have none is the op's own."""
    arguments: dict[int, list[int]] = {}
    for e in shot.edges:
        arguments.setdefault(e.target, []).append(e.source)
    meant: set[int] = set()  # of those with a -inf
    arisen: set[int] = set()
    for i, v in enumerate(shot.vertices):
        roles = set()
        if has_negative_infinity(v.value):
            sources = arguments.get(i, [])
            given = v.kind not in ("op", "failed")
            mask = v.kind == "constant" or _is_mask(v.value) if given else bool(meant.intersection(sources))
            (meant if mask and not arisen.intersection(sources) else arisen).add(i)
        if i in arisen:
            roles |= {"value", "below"}
        if is_bad(v.value):
            roles.add("value")
        if is_bad(v.gradient, negative=True):
            roles.add("gradient")
        v.wrong = frozenset(roles)


def has_negative_infinity(a: Any) -> bool:
    return a is not None and np.asarray(a).dtype.kind == "f" and bool(np.isneginf(a).any())


def _is_mask(a: Any) -> bool:
    a = np.asarray(a)
    return bool(((a == 0) | np.isneginf(a)).all())
