"""Fast kernels for what ops.py can already say. Each stands beside its plain twin.

The twin is the definition: the function composed of primitives, as the lecture writes it. The kernel is how it runs:
one node, with array code written by hand forward and backward. `with td.unfused():` runs the twins; `create_graph=True`
differentiates them. A test derived from `kernels` holds every kernel to its twin, in value and every gradient.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .. import autograd, graph
from ..graph import Traced

_ndarray = np.ndarray
kernels: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {}  # name -> (kernel, twin)


class _Switches(threading.local):
    plain = False  # on under unfused


_switches = _Switches()


@contextlib.contextmanager
def unfused() -> Iterator[None]:
    """Run the plain twins inside, in this thread, so that a graph shows every primitive."""
    before, _switches.plain = _switches.plain, True
    try:
        yield
    finally:
        _switches.plain = before


def is_plain() -> bool:
    """Whether twins run: inside `unfused`."""
    return _switches.plain


def fuse(name: str, forward: Callable[..., Any], backward: Callable[..., Any], twin: Callable[..., Any]) -> Callable[..., Any]:
    """The function `name`: a node that runs `forward` and `backward`, or under `unfused` the twin.

    forward(*arrays, cache, **settings) -> output; it may leave in the dict `cache` what backward needs
    backward(g, y, *arrays, cache, needs, **settings) -> one gradient, or None, per argument
    """

    def joint(g: Any, y: Any, *args: Any, needs: Sequence[bool], cache: dict[str, Any], **settings: Any) -> Any:
        if not isinstance(g, Traced):
            return backward(g, y, *args, cache=cache, needs=needs, **settings)
        out = twin(*args, **settings)  # create_graph: the twin is recorded, and its gradient too
        targets = [a for a, need in zip(args, needs, strict=True) if need]
        found = autograd.walk([out._node], [g], {a._node for a in targets}, create_graph=True, retain_graph=True, stop=True)
        # pop: a tensor given for two arguments has one gradient, the sum of both, and it must count once.
        return [found.pop(a._node, None) if need else None for a, need in zip(args, needs, strict=True)]

    graph.op(name, forward, joint=joint, saves="*")
    record, tensor = graph.table[name].record, graph.tensor_type

    def function(*args: Any, **settings: Any) -> Any:
        if _switches.plain:
            return twin(*args, **settings)
        settings["cache"] = {}
        if not any([isinstance(a, tensor) for a in args]):
            return graph.table[name].compute(*args, **settings)
        arrays = tuple([a.array if isinstance(a, tensor) else a if type(a) is _ndarray else graph.operand(name, a) for a in args])
        parents = tuple([a._node if isinstance(a, tensor) else None for a in args])
        return record(arrays, parents, settings, any([p is not None for p in parents]))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = twin.__doc__
    kernels[name] = (function, twin)
    return function
