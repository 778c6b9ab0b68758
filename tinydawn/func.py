"""Derivatives of functions: each a few lines over `grad`. All take and return Tensors; inputs are not changed.

For f from Tensors to one Tensor, with Jacobian J: vjp is vᵀJ (one backward pass), jvp is Jv (two, the second through
the first), hvp is Hv for a scalar f with Hessian H. Names and argument order follow torch.func.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .autograd import grad
from .backend import as_array, like, shape_of
from .creation import zeros_like
from .errors import ShapeError, message
from .functional import stack
from .graph import enable_grad
from .tensor import Tensor


def _fresh(primals: Sequence[Any]) -> list[Tensor]:
    """Leaves with the values of `primals`, which keep their own past out of it."""
    return [Tensor(p.array if isinstance(p, Tensor) else as_array(p), requires_grad=True) for p in primals]


def vjp(f: Callable[..., Tensor], *primals: Any) -> tuple[Tensor, Callable[[Any], Any]]:
    """f(*primals), and the function v -> vᵀJ: one Tensor, or a tuple where there are several primals."""
    xs = _fresh(primals)
    with enable_grad():
        out = f(*xs)

    def pull(v: Any) -> Any:
        found = _grads(out, xs, v)
        return found[0] if len(xs) == 1 else found

    return out.detach(), pull


def _grads(out: Tensor, xs: Sequence[Tensor], v: Any, create_graph: bool = False) -> tuple[Tensor, ...]:
    """Gradients of out * v at xs; zero where out does not depend on x."""
    if not out.requires_grad:
        return tuple(zeros_like(x) for x in xs)
    found = grad(out, list(xs), v, retain_graph=True, create_graph=create_graph, allow_unused=True)
    return tuple(zeros_like(x) if g is None else g for g, x in zip(found, xs, strict=True))


def jvp(f: Callable[..., Tensor], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Tensor, Tensor]:
    """f(*primals), and Jv for the tangents v: the gradient of u -> uᵀJ, which is linear in u, applied to v."""
    xs = _fresh(primals)
    _same_shapes("jvp", xs, tangents)
    with enable_grad():
        out = f(*xs)
        u = Tensor(zeros_like(out).array, requires_grad=True)
        pulled = _grads(out, xs, u, create_graph=True)
        total = sum(((p * t).sum() for p, t in zip(pulled, tangents, strict=True)), start=_nothing((), out))
    return out.detach(), _grads(total, [u], None)[0]


def hvp(f: Callable[..., Tensor], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Tensor, Any]:
    """f(*primals), a scalar, and Hv for the tangents v: the gradient of (gradient . v)."""
    xs = _fresh(primals)
    _same_shapes("hvp", xs, tangents)
    with enable_grad():
        out = f(*xs)
        first = _grads(out, xs, None, create_graph=True)
        total = sum(((g * t).sum() for g, t in zip(first, tangents, strict=True)), start=_nothing((), out))
    found = _grads(total, xs, None)
    return out.detach(), found[0] if len(xs) == 1 else found


def jacobian(f: Callable[[Tensor], Tensor], x: Any) -> Tensor:
    """The Jacobian of f at x: shape (*output, *input). One backward pass per entry of the output."""
    (leaf,) = _fresh([x])
    with enable_grad():
        out = f(leaf)
    rows = [_grads(out, [leaf], one)[0] for one in _one_hots(out)]
    return stack(rows).reshape(*out.shape, *leaf.shape) if rows else _nothing((*out.shape, *leaf.shape), out)


def hessian(f: Callable[[Tensor], Tensor], x: Any) -> Tensor:
    """The Hessian of a scalar f at x: shape (*input, *input)."""
    (leaf,) = _fresh([x])
    with enable_grad():
        first = _grads(f(leaf), [leaf], None, create_graph=True)[0]
    rows = [_grads(first, [leaf], one)[0] for one in _one_hots(first)]
    return stack(rows).reshape(*leaf.shape, *leaf.shape)


def _one_hots(out: Tensor) -> list[Tensor]:
    eye = like(np.eye(out.numel(), dtype=out.dtype), out.array)
    return [Tensor(row.reshape(out.shape)) for row in eye]


def _nothing(shape: tuple[int, ...], out: Tensor) -> Tensor:
    """Zeros of this shape, of the dtype and on the device of `out`."""
    return Tensor(like(np.zeros(shape, out.dtype), out.array))


def _same_shapes(name: str, xs: Sequence[Tensor], tangents: Sequence[Any]) -> None:
    given, wanted = [shape_of(getattr(t, "array", t)) for t in tangents], [x.shape for x in xs]
    if given != wanted:
        raise ShapeError(message(f"{name}: tangents of shapes {given} for primals of shapes {wanted}",
                                 fix="one tangent per primal, of its shape: f, [x], [v]"))
