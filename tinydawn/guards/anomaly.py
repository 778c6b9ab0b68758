"""detect_anomaly: the op that first made a NaN, and arrays changed between forward and backward."""

from __future__ import annotations

import contextlib
import weakref
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import autograd, graph
from ..backend import xp_of
from ..errors import AnomalyError, message, user_line
from ..gradients import Lazy
from ..graph import Node, Traced
from .explain import describe


@contextlib.contextmanager
def detect_anomaly(forward: bool = True) -> Iterator[None]:
    """Inside, find the op that first makes a NaN, forward or backward, and any array changed in between.

    forward  whether a NaN in the forward pass is an error, too

    Raises AnomalyError naming the op, the shapes, and the line of the forward call. Several times slower: for debugging.
    """
    lines: weakref.WeakKeyDictionary[Node, str] = weakref.WeakKeyDictionary()
    prints: weakref.WeakKeyDictionary[Node, list[tuple[Any, int]]] = weakref.WeakKeyDictionary()

    def fingerprint(a: Any) -> int:
        return zlib.crc32(np.ascontiguousarray(a).view(np.uint8).data) if a.size else 0

    def values(g: Any) -> Any:
        """The array of a gradient: of a Tensor, of one that is no array yet, or itself."""
        return g.array if isinstance(g, Traced) else g.g if isinstance(g, Lazy) else g

    def has_nan(a: Any) -> bool:
        if isinstance(a, float):
            return a != a
        return getattr(a, "dtype", None) is not None and a.dtype.kind == "f" and bool(xp_of(a).isnan(a).any())

    def forward_seen(name: str, node: Node | None, out: Any, arrays: Sequence[Any]) -> None:
        if forward and has_nan(out) and not any(has_nan(a) for a in arrays):
            shapes = " and ".join(describe(a) for a in arrays)
            raise AnomalyError(message(f"detect_anomaly: {name} made a NaN from {shapes}, which hold none",
                                       fix="look for log or sqrt of what is not positive, 0/0, or inf - inf"))
        if node is not None:
            lines[node] = user_line()
            settings = [a for s in node.settings.values() for a in (s if isinstance(s, tuple) else (s,))]  # such as an index
            kept = [a for a in (*node.saved, node.out, *settings) if isinstance(a, np.ndarray)]
            prints[node] = [(a, fingerprint(a)) for a in kept]

    def backward_seen(node: Node, g: Any, given: Any, i: int) -> None:
        name, line = node.op.name if node.op else "leaf", lines.get(node, "")
        if given is None:
            for a, before in prints.get(node, []):
                if fingerprint(a) != before:
                    raise AnomalyError(message(
                        f"detect_anomaly: an array of shape {a.shape} that {name} saved was changed between forward and backward",
                        fix="before backward(), no optimizer.step(), and nothing written into .array or by x[i] = v",
                        at=line or None))
        elif has_nan(values(given)) and not has_nan(values(g)):
            raise AnomalyError(message(f"detect_anomaly: the gradient of {name} is NaN where its output's is not",
                                       fix="look for a root or log at 0, or a division by 0", at=line or None))

    with np.errstate(invalid="ignore"), graph.observe(forward_seen):  # the NaN is reported here, with more to go on
        autograd.observers.append(backward_seen)
        try:
            yield
        finally:
            autograd.observers.remove(backward_seen)
