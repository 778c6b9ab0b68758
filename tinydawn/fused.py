"""Fast kernels for what ops.py can already say. Each stands beside its plain twin.

The twin is the definition: the function composed of primitives, as the lecture writes it. The kernel is how it runs:
one node, with array code written by hand forward and backward. `with td.unfused():` runs the twins; `create_graph=True`
differentiates them. A test derived from `kernels` holds every kernel to its twin, in value and every gradient.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from . import autograd, graph, ops
from . import functional as T
from .backend import Array, xp_of
from .graph import Traced

kernels: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {}  # name -> (kernel, twin)
_plain = False


@contextlib.contextmanager
def unfused() -> Iterator[None]:
    """Run the plain twins inside, so that a graph shows every primitive."""
    global _plain
    before, _plain = _plain, True
    try:
        yield
    finally:
        _plain = before


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

    kernel = graph.op(name, forward, joint=joint, saves="*")

    def function(*args: Any, **settings: Any) -> Any:
        return twin(*args, **settings) if _plain else kernel(*args, cache={}, **settings)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = twin.__doc__
    kernels[name] = (function, twin)
    return function


def rows(x: Array) -> Array:
    """x as a matrix: all axes but the last made one."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


# --- linear -------------------------------------------------------------------------------------------------------


def _linear_twin(x: Any, weight: Any, *bias: Any) -> Any:
    """x Wᵀ + b: (..., in) -> (..., out), with weight (out, in) and bias (out,)."""
    y = T.matmul(x, T.transpose(weight, 0, 1))
    return y + bias[0] if bias else y


def _linear(x: Array, weight: Array, *bias: Array, cache: dict[str, Any]) -> Array:
    y = rows(x) @ weight.T
    if bias:
        y += bias[0]
    return y.reshape(*x.shape[:-1], weight.shape[0])


def _linear_backward(g: Array, y: Array, x: Array, weight: Array, *bias: Array, cache: Any, needs: Sequence[bool]) -> Any:
    g2 = rows(g)
    return ((g2 @ weight).reshape(x.shape) if needs[0] else None,
            ops.Outer(g2, rows(x)) if needs[1] else None,
            *((g2.sum(axis=0),) if bias else ()))


linear = fuse("linear", _linear, _linear_backward, _linear_twin)

# --- embedding ----------------------------------------------------------------------------------------------------


def _embedding_twin(weight: Any, *, ids: np.ndarray) -> Any:
    """Rows of `weight` (V, E) by id: ids (...) -> (..., E). The same as one-hot vectors times the weight."""
    return ops.getitem(weight, index=ids)


def _embedding_backward(g: Array, y: Array, weight: Array, *, ids: np.ndarray, cache: Any, needs: Any) -> Any:
    return (ops.sum_rows(ids.reshape(-1), rows(g), weight.shape),)


embedding = fuse("embedding", lambda weight, *, ids, cache: weight[ids], _embedding_backward, _embedding_twin)

# --- softmax ------------------------------------------------------------------------------------------------------


def _softmax(x: Array, *, axis: int, cache: dict[str, Any]) -> Array:
    e = x - x.max(axis=axis, keepdims=True)
    xp_of(x).exp(e, out=e)
    e /= e.sum(axis=axis, keepdims=True)
    cache["y"] = e
    return e


def _softmax_backward(g: Array, y: Array, x: Array, *, axis: int, cache: Any, needs: Any) -> Any:
    p = cache["y"]
    gx = g * p
    gx -= p * gx.sum(axis=axis, keepdims=True)
    return (gx,)


softmax = fuse("softmax", _softmax, _softmax_backward, lambda x, *, axis: T.softmax(x, axis))

# --- cross-entropy ------------------------------------------------------------------------------------------------


def _cross_entropy_twin(logits: Any, *, target: np.ndarray, kept: np.ndarray, smoothing: float) -> Any:
    """Per row of logits (N, C): -log softmax(logits)[target], or 0 for a row that does not count: kept (N,) is 1 or 0.

    With label smoothing e the target is 1 - e + e/C at the class and e/C elsewhere.
    """
    log_p = T.log_softmax(logits, axis=1)  # (N, C)
    picked = T.getitem(log_p, (np.arange(len(target)), target))  # (N,)
    if smoothing:
        picked = picked * (1 - smoothing) + T.mean(log_p, axis=1) * smoothing
    return ops.where(kept != 0, -picked, 0.0)  # not a product: -log 0 = inf in a row that does not count is no NaN


def _cross_entropy(logits: Array, *, target: Array, kept: Array, smoothing: float, cache: dict[str, Any]) -> Array:
    xp = xp_of(logits)
    n = xp.arange(len(target))
    e = logits - logits.max(axis=1, keepdims=True)
    picked = e[n, target]
    mean = e.mean(axis=1) if smoothing else 0.0
    xp.exp(e, out=e)
    total = e.sum(axis=1)
    log_total = xp.log(total)
    cache["e"], cache["total"] = e, total
    loss = log_total - picked if not smoothing else log_total - (1 - smoothing) * picked - smoothing * mean
    return xp.where(kept != 0, loss, xp.zeros_like(loss))


def _cross_entropy_backward(g: Array, y: Array, logits: Array, *, target: Array, kept: Array, smoothing: float,
                            cache: dict[str, Any], needs: Any) -> Any:
    """softmax(logits) minus the target distribution, times g."""
    g = g * kept
    gx = cache["e"] * (g / cache["total"])[:, None]
    if smoothing:
        gx -= (g * (smoothing / logits.shape[1]))[:, None]
    gx[xp_of(gx).arange(len(target)), target] -= g * (1 - smoothing)
    return (gx,)


cross_entropy = fuse("cross_entropy", _cross_entropy, _cross_entropy_backward, _cross_entropy_twin)
