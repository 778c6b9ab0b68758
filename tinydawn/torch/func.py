"""torch.func: derivatives of functions as functions, over td.func; and functional_call, a module with other parameters."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .. import func as ours
from ..errors import OptionError, ShapeError, StateError, message
from ..func import jvp, vjp
from ..graph import Traced, enable_grad
from .absent import answer
from .autograd.functional import _rows

__all__ = ["functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "vjp"]


def _at(args: tuple[Any, ...], argnums: Any) -> tuple[list[Any], list[Any]]:
    """The arguments, those numbered `argnums` anew; and these alone. Through them gradients of gradients flow on."""
    chosen = argnums if isinstance(argnums, tuple) else (argnums,)
    fresh = {i: args[i].reshape(args[i].shape) if args[i]._node is not None else ours._fresh([args[i]])[0] for i in chosen}
    return [fresh.get(i, a) for i, a in enumerate(args)], [fresh[i] for i in chosen]


def grad_and_value(func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that returns the gradient of func, which returns one number, and that number."""

    def called(*args: Any, **kwargs: Any) -> Any:
        outer = any(isinstance(a, Traced) and a._node is not None for a in args)
        with enable_grad():
            given, xs = _at(args, argnums)
            out, *aux = func(*given, **kwargs) if has_aux else (func(*given, **kwargs),)
            if out.numel() != 1:
                raise ShapeError(message(f"func.grad: the function returned a Tensor of shape {tuple(out.shape)}",
                                         fix="one number, such as a sum"))
            gradients = ours._grads(out, xs, None, create_graph=outer)
        value = out if outer else out.detach()
        return (gradients if isinstance(argnums, tuple) else gradients[0]), ((value, *aux) if has_aux else value)

    return called


def grad(func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that returns the gradient of func at argument `argnums`, or at several; with has_aux also what func adds."""
    both = grad_and_value(func, argnums, has_aux)

    def called(*args: Any, **kwargs: Any) -> Any:
        gradients, value = both(*args, **kwargs)
        return (gradients, value[1]) if has_aux else gradients

    return called


def jacrev(func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that returns the Jacobian of func at argument `argnums`, or at several: (*output, *input)."""
    if has_aux:
        raise OptionError(message("func.jacrev: has_aux=True", fix="let the function return its output alone"))

    def called(*args: Any, **kwargs: Any) -> Any:
        outer = any(isinstance(a, Traced) and a._node is not None for a in args)
        with enable_grad():
            given, xs = _at(args, argnums)
            found = _rows(func(*given, **kwargs), xs, create_graph=outer)
        return tuple(found) if isinstance(argnums, tuple) else found[0]

    return called


jacfwd = jacrev  # the same numbers; which way they are computed differs


def hessian(func: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """The function that returns the Hessian of func, which returns one number: (*input, *input)."""

    def called(*args: Any, **kwargs: Any) -> Any:
        outer = args[argnums]._node is not None
        with enable_grad():
            given, (x,) = _at(args, argnums)
            first = ours._grads(func(*given, **kwargs), [x], None, create_graph=True)[0]
            return _rows(first, [x], create_graph=outer)[0]

    return called


@contextlib.contextmanager
def _replaced(module: Any, values: Mapping[str, Any]) -> Iterator[None]:
    """Inside, these Tensors stand in the place of the module's parameters and buffers of those names."""
    modules: dict[str, Any] = dict(module.named_modules())
    before: list[tuple[dict[str, Any], str, Any]] = []
    try:
        for name, value in values.items():
            path, _, last = name.rpartition(".")
            if path not in modules or last not in vars(modules[path]):
                raise StateError(message(f"functional_call: {type(module).__name__} has no {name!r}",
                                         fix="names as in named_parameters()"))
            attributes = modules[path].__dict__
            before.append((attributes, last, attributes[last]))
            attributes[last] = value
        yield
    finally:
        for holder, last, kept in reversed(before):
            holder[last] = kept


def functional_call(module: Any, parameter_and_buffer_dicts: Any, args: Any = None, kwargs: Mapping[str, Any] | None = None, *,
                    tie_weights: bool = True, strict: bool = False) -> Any:
    """module(*args, **kwargs), computed with these Tensors, by name, in the place of its parameters and buffers."""
    dicts = parameter_and_buffer_dicts if isinstance(parameter_and_buffer_dicts, (tuple, list)) else [parameter_and_buffer_dicts]
    given = args if isinstance(args, tuple) else () if args is None else (args,)
    with _replaced(module, {name: value for one in dicts for name, value in one.items()}):
        return module(*given, **(kwargs or {}))


__getattr__ = answer("torch.func", globals())
