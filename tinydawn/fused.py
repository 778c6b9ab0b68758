"""Fast kernels for what ops.py can already say. Each stands beside its plain twin.

The twin is the definition: the function composed of primitives, as the lecture writes it. The kernel is how it runs:
one node, with array code written by hand forward and backward. `with td.unfused():` runs the twins; `create_graph=True`
differentiates them. A test derived from `kernels` holds every kernel to its twin, in value and every gradient.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from . import autograd, graph, ops
from . import functional as T
from .backend import BLOCK, Array, few_rows, like, xp_of
from .graph import Traced

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

    kernel = graph.op(name, forward, joint=joint, saves="*")

    def function(*args: Any, **settings: Any) -> Any:
        return twin(*args, **settings) if _switches.plain else kernel(*args, cache={}, **settings)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = twin.__doc__
    kernels[name] = (function, twin)
    return function


def rows(x: Array) -> Array:
    """x as a matrix: all axes but the last made one."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def times(x: Array, weight: Array, out: Array | None = None) -> Array:
    """x Wᵀ: (N, in), (out, in) -> (N, out), into `out` where it is given. A small batch as (W xᵀ)ᵀ: see backend.few_rows."""
    if out is None:
        return (weight @ x.T).T if few_rows(x, weight) else x @ weight.T
    if out.flags.c_contiguous:
        return xp_of(x).matmul(x, weight.T, out=out)
    return xp_of(x).matmul(weight, x.T, out=out.T).T


def room_for(x: Array, weight: Array) -> Array:
    """An empty array for x Wᵀ, laid out in memory as `times` computes it best."""
    shape, dtype = (len(x), len(weight)), xp_of(x).result_type(x, weight)
    return xp_of(x).empty(shape, dtype=dtype, order="F" if few_rows(x, weight) else "C")


# --- linear -------------------------------------------------------------------------------------------------------


def _linear_twin(x: Any, weight: Any, *bias: Any) -> Any:
    """x Wᵀ + b: (..., in) -> (..., out), with weight (out, in) and bias (out,)."""
    y = T.matmul(x, T.transpose(weight, 0, 1))
    return y + bias[0] if bias else y


def _linear(x: Array, weight: Array, *bias: Array, cache: dict[str, Any]) -> Array:
    xp, y = xp_of(x), times(rows(x), weight)
    if not y.flags.c_contiguous:  # here too the bias costs one pass
        product, y = y, xp.empty(y.shape, dtype=y.dtype)
        xp.add(product, bias[0] if bias else 0, out=y)
    elif bias:
        y += bias[0]
    return y.reshape(*x.shape[:-1], weight.shape[0])


def _linear_backward(g: Array, y: Array, x: Array, weight: Array, *bias: Array, cache: Any, needs: Sequence[bool]) -> Any:
    g2 = rows(g)
    return ((g2 @ weight).reshape(x.shape) if needs[0] else None,
            ops.Outer(g2, rows(x)) if needs[1] else None,
            *((xp_of(g).ones(len(g2), dtype=g.dtype) @ g2,) if bias else ()))


linear = fuse("linear", _linear, _linear_backward, _linear_twin)

# --- embedding ----------------------------------------------------------------------------------------------------


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
    return (ops.sum_rows(ids, rows(g), weight.shape, real),)


embedding = fuse("embedding", lambda weight, *, ids, padding=None, cache: weight.take(like(ids, weight), axis=0),
                 _embedding_backward, _embedding_twin)

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

# --- attention ----------------------------------------------------------------------------------------------------


def _attention_twin(*qkv: Any, mask: Any, scale: float) -> Any:
    """softmax(Q Kᵀ * scale) V: (..., T, D), (..., S, D), (..., S, E) -> (..., T, E), or the three in one Tensor (3, ...).

    mask  booleans that broadcast to (..., T, S), True where a query may look; or numbers to add to the scores; or None
    """
    q, k, v = qkv if len(qkv) == 3 else (qkv[0][0], qkv[0][1], qkv[0][2])
    scores = ops.matmul(q * scale, ops.swap_last(k))  # (..., T, S)
    if mask is not None:
        mask = like(mask, scores)
        scores = T.masked_fill(scores, ~mask, -math.inf) if mask.dtype.kind == "b" else scores + mask.astype(scores.dtype)
    return ops.matmul(T.softmax(scores, -1), v)


def _attention(*qkv: Array, mask: Any, scale: float, cache: dict[str, Any]) -> Array:
    q, k, v = qkv if len(qkv) == 3 else qkv[0]
    xp = xp_of(q)
    weights, mask = (q * scale) @ k.swapaxes(-1, -2), like(mask, q)  # (..., T, S)
    if mask is not None and mask.dtype.kind == "b":
        xp.copyto(weights, -math.inf, where=~mask)
    elif mask is not None:
        weights += mask.astype(weights.dtype, copy=False)
    weights -= weights.max(axis=-1, keepdims=True)
    xp.exp(weights, out=weights)
    weights /= weights.sum(axis=-1, keepdims=True)
    out = _heads_inside(xp, (*weights.shape[:-1], v.shape[-1]), weights.dtype)
    xp.matmul(weights, v, out=out)
    cache["weights"], cache["out"] = weights, out
    return out


def _heads_inside(xp: Any, shape: tuple[int, ...], dtype: Any) -> Array:
    """Room for (..., H, T, D) that lies in memory as (..., T, H, D): joining the heads is then no copy."""
    if len(shape) < 3:
        return xp.empty(shape, dtype=dtype)
    *batch, heads, steps, width = shape
    return xp.empty((*batch, steps, heads, width), dtype=dtype).swapaxes(-2, -3)


def _attention_backward(g: Array, y: Array, *qkv: Array, mask: Any, scale: float, cache: dict[str, Any], needs: Any) -> Any:
    q, k, v = qkv if len(qkv) == 3 else qkv[0]
    xp, weights = xp_of(g), cache["weights"]
    if len(qkv) == 1:  # (3, ..., H, T, D), in memory as (..., T, 3, H, D): as the projection that made it
        *batch, heads, steps, width = q.shape
        whole = xp.empty((*batch, steps, 3, heads, width), dtype=g.dtype)
        packed = xp.moveaxis(whole, -3, 0).swapaxes(-2, -3)
        dq, dk, dv = packed
    else:
        dq, dk, dv = (_heads_inside(xp, x.shape, g.dtype) for x in (q, k, v))
    xp.matmul(weights.swapaxes(-1, -2), g, out=dv)
    d = g @ v.swapaxes(-1, -2)  # (..., T, S)
    d -= (g * cache["out"]).sum(axis=-1, keepdims=True)  # sum over keys of d * weights
    d *= weights
    d *= scale
    xp.matmul(d, k, out=dq)
    xp.matmul(d.swapaxes(-1, -2), q, out=dk)
    return (packed,) if len(qkv) == 1 else (dq, dk, dv)


# Batch axes must be equal: F.scaled_dot_product_attention sees to it.
attention = fuse("attention", _attention, _attention_backward, _attention_twin)

# --- normalisation ------------------------------------------------------------------------------------------------


def _layer_norm_twin(x: Any, *affine: Any, axes: int, eps: float) -> Any:
    """(x - mean) / sqrt(variance + eps) over the last `axes` axes, times a weight and plus a bias, where given."""
    last = tuple(range(-axes, 0))
    centred = x - T.mean(x, last, keepdims=True)
    y = centred / ops.sqrt(T.mean(centred * centred, last, keepdims=True) + eps)
    y = y * affine[0] if affine else y
    return y + affine[1] if len(affine) == 2 else y


def _layer_norm(x: Array, *affine: Array, axes: int, eps: float, cache: dict[str, Any]) -> Array:
    xp, n = xp_of(x), math.prod(x.shape[-axes:])
    flat = x.reshape(x.size // n if n else 0, n)
    normal = flat - flat.mean(axis=1, keepdims=True)
    scale = xp.einsum("ij,ij->i", normal, normal)[:, None]
    scale /= n
    scale += eps
    xp.sqrt(scale, out=scale)
    xp.reciprocal(scale, out=scale)
    normal *= scale
    cache["normal"], cache["scale"] = normal, scale
    y = normal * affine[0].reshape(-1) if affine else normal
    if len(affine) == 2:
        y += affine[1].reshape(-1)
    return y.reshape(x.shape)


def _layer_norm_backward(g: Array, y: Array, x: Array, *affine: Array, axes: int, eps: float, cache: dict[str, Any],
                         needs: Any) -> Any:
    xp, normal = xp_of(g), cache["normal"]
    g = g.reshape(normal.shape)
    ones, average = xp.ones(len(g), dtype=g.dtype), xp.full(g.shape[1], 1 / max(1, g.shape[1]), dtype=g.dtype)
    t = g * normal
    d_affine = [(ones @ d).reshape(w.shape) for d, w in zip((t, g), affine, strict=False)]
    if affine:
        weight = affine[0].reshape(-1)
        t *= weight
        g = g * weight
    gx = xp.multiply(normal, (t @ average)[:, None], out=t)
    xp.subtract(g, gx, out=gx)
    gx -= (g @ average)[:, None]
    gx *= cache["scale"]
    return gx.reshape(x.shape), *d_affine


layer_norm = fuse("layer_norm", _layer_norm, _layer_norm_backward, _layer_norm_twin)

# --- GELU ---------------------------------------------------------------------------------------------------------


def _gelu_twin(x: Any, *, approximate: str) -> Any:
    """x * Phi(x), Phi the normal distribution function; approximate="tanh": 0.5 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))."""
    if approximate == "none":
        return x * (0.5 * (1 + ops.erf(x * math.sqrt(0.5))))
    return 0.5 * x * (1 + ops.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


def _gelu(x: Array, *, approximate: str, cache: dict[str, Any]) -> Array:
    """In blocks, and with the derivative on the way, while everything is in the cache: backward is one product."""
    xp = xp_of(x)
    flat = x.reshape(-1)
    y, slope = xp.empty_like(flat), xp.empty_like(flat) if graph.is_grad_enabled() else None
    k, a = math.sqrt(8 / math.pi), 0.044715
    for start in range(0, flat.size, BLOCK // 4):
        z, phi = flat[start:start + BLOCK // 4], y[start:start + BLOCK // 4]
        if approximate == "tanh":  # (1 + tanh(u)) / 2 = sigmoid(2 u), where 2 u = k (z + a z^3)
            square = z * z
            xp.multiply(square, -k * a, out=phi)
            phi -= k
            phi *= z
            with np.errstate(over="ignore"):  # 1 / inf is right
                xp.exp(phi, out=phi)
            phi += 1
            xp.reciprocal(phi, out=phi)
            density = 1 - phi if slope is not None else None
            if density is not None:
                density *= phi
                square *= 3 * k * a
                square += k
                density *= square
        else:
            phi[...] = 0.5 + 0.5 * ops.erf(z * math.sqrt(0.5))
            density = xp.exp(-0.5 * z * z) / math.sqrt(2 * math.pi) if slope is not None else None
        if slope is not None:  # (z Phi)' = Phi + z Phi'
            density *= z
            xp.add(density, phi, out=slope[start:start + BLOCK // 4])
        phi *= z
    cache["slope"] = slope
    return y.reshape(x.shape)


def _gelu_backward(g: Array, y: Array, x: Array, *, approximate: str, cache: dict[str, Any], needs: Any) -> Any:
    return (g * cache["slope"].reshape(x.shape),)


gelu = fuse("gelu", _gelu, _gelu_backward, _gelu_twin)
