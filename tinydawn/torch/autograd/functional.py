"""torch.autograd.functional: Jacobians, Hessians and their products with vectors, of functions of one or of several Tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import func as ours
from ...creation import ones_like
from ...errors import ShapeError, message
from ...functional import stack
from ...graph import Traced, enable_grad

Several = tuple[Any, ...]


def _listed(x: Any) -> Several:
    return (x,) if isinstance(x, Traced) else tuple(x)


def _like(given: Any, found: Any) -> Any:
    """A Tensor where one was given, a tuple where several were."""
    return found[0] if isinstance(given, Traced) else tuple(found)


def _leaves(inputs: Several, create_graph: bool) -> list[Any]:
    """The inputs anew; with create_graph such that gradients flow on to them."""
    fresh = ours._fresh(inputs)
    return [x.reshape(x.shape) if create_graph and x._node is not None else t for x, t in zip(inputs, fresh, strict=True)]


def _rows(out: Any, xs: list[Any], create_graph: bool) -> list[Any]:
    """The Jacobian of one output: a Tensor per input, of shape (*output, *input)."""
    rows = [ours._grads(out, xs, one, create_graph) for one in ours._one_hots(out)]
    return [stack([row[i] for row in rows]).reshape(*out.shape, *x.shape) for i, x in enumerate(xs)]


def jacobian(func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
             strategy: str = "reverse-mode") -> Any:
    """The Jacobian of func at the inputs, (*output, *input): a tuple per output and per input where there are several."""
    with enable_grad():
        xs = _leaves(_listed(inputs), create_graph)
        outputs = func(*xs)
        found = [_like(inputs, _rows(out, xs, create_graph)) for out in _listed(outputs)]
    return _like(outputs, found)


def hessian(func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
            outer_jacobian_strategy: str = "reverse-mode") -> Any:
    """The Hessian of func, which returns one number: (*input, *input), a tuple of tuples where there are several inputs."""
    with enable_grad():
        xs = _leaves(_listed(inputs), create_graph)
        out = func(*xs)
        if out.numel() != 1:
            raise ShapeError(message(f"hessian: the function returned a Tensor of shape {tuple(out.shape)}",
                                     fix="one number, such as a sum"))
        first = ours._grads(out.reshape(()), xs, None, create_graph=True)
        return _like(inputs, [_like(inputs, _rows(g, xs, create_graph)) for g in first])


def vjp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple[Any, Any]:
    """func(*inputs), and v times its Jacobian; v may be left out for an output of one number."""
    with enable_grad():
        xs = _leaves(_listed(inputs), create_graph)
        outputs = func(*xs)
        outs = _listed(outputs)
        vs = [ones_like(o) for o in outs] if v is None else _listed(v)
        total = sum((o * w).sum() for o, w in zip(outs, vs, strict=True))
        found = ours._grads(total, xs, None, create_graph)
    return (outputs if create_graph else _like(outputs, [o.detach() for o in outs])), _like(inputs, found)


def jvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple[Any, Any]:
    """func(*inputs), and its Jacobian times v; v may be left out for an input of one number."""
    given = _listed(inputs)
    return ours.jvp(func, given, [ones_like(x) for x in given] if v is None else _listed(v))


def hvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple[Any, Any]:
    """func(*inputs), one number, and its Hessian times v."""
    given = _listed(inputs)
    out, found = ours.hvp(func, given, [ones_like(x) for x in given] if v is None else _listed(v))
    return out, found if isinstance(inputs, Traced) else _listed(found)


vhp = hvp  # a Hessian is symmetric
