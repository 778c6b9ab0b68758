"""torch.autograd: gradients on request, functions of one's own, switches, and the names of old, such as Variable."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from ... import autograd as ours
from ...creation import zeros_like
from ...errors import OptionError, ShapeError, message
from ...gradcheck import gradcheck as _gradcheck
from ...gradcheck import gradgradcheck as _gradgradcheck
from ...graph import Traced
from ...graph import enable_grad as _recording
from ...guards import anomaly
from ...tensor import Tensor
from ..absent import answer
from . import function, functional, graph
from .function import Function
from .grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)


def grad(outputs: Any, inputs: Any, grad_outputs: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
         only_inputs: bool = True, allow_unused: bool | None = None, is_grads_batched: bool = False,
         materialize_grads: bool = False) -> tuple[Any, ...]:
    """The gradients of the outputs at the inputs, as a tuple; `.grad` is left alone. See td.grad."""
    if is_grads_batched:
        raise OptionError(message("autograd.grad: is_grads_batched=True", fix="call it once per row"))
    sources = [inputs] if isinstance(inputs, Traced) else list(inputs)
    found = ours.grad(outputs, sources, grad_outputs, retain_graph, create_graph, bool(allow_unused) or materialize_grads)
    return tuple(zeros_like(x) if g is None and materialize_grads else g for g, x in zip(found, sources, strict=True))


def backward(tensors: Any, grad_tensors: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
             grad_variables: Any = None, inputs: Any = None) -> None:
    """Add to `.grad` of the leaves (or of `inputs` alone) the gradients of all the tensors together."""
    outputs = [tensors] if isinstance(tensors, Traced) else list(tensors)
    starts = [grad_tensors] * len(outputs) if grad_tensors is None or isinstance(grad_tensors, Traced) else list(grad_tensors)
    if len(starts) != len(outputs):
        raise ShapeError(message(f"autograd.backward: {len(starts)} grad_tensors for {len(outputs)} tensors", fix="one for each"))
    seeds = [ours.seed_of(o, s, "backward", create_graph) for o, s in zip(outputs, starts, strict=True)]
    keep = create_graph if retain_graph is None else retain_graph
    targets: Any = None if inputs is None else {x._node for x in ([inputs] if isinstance(inputs, Traced) else inputs)}
    with _recording() if create_graph else contextlib.nullcontext():
        roots: list[Any] = [o._node for o in outputs]
        found = ours.walk(roots, seeds, targets, create_graph, keep)
        ours.store(found, seeds, create_graph)


def gradcheck(func: Any, inputs: Any, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True,
              **how: Any) -> bool:
    """Whether the gradients of func agree with differences of its values, in float64. See td.gradcheck."""
    return _gradcheck(func, _made(inputs), eps, atol, rtol, raise_exception)


def gradgradcheck(func: Any, inputs: Any, grad_outputs: Any = None, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3,
                  gen_non_contig_grad_outputs: bool = False, raise_exception: bool = True, **how: Any) -> bool:
    """The same of second derivatives. See td.gradgradcheck."""
    return _gradgradcheck(func, _made(inputs), eps, atol, rtol, raise_exception)


def _made(inputs: Any) -> list[Any]:
    """The inputs, each a leaf."""
    given: Sequence[Any] = [inputs] if isinstance(inputs, Traced) else list(inputs)
    return [x.detach().requires_grad_() if isinstance(x, Tensor) and not x.is_leaf else x for x in given]


class detect_anomaly(contextlib.ContextDecorator):
    """Inside, a backward pass that makes a NaN says in which op. td.detect_anomaly looks at the forward pass as well."""

    def __init__(self, check_nan: bool = True) -> None:
        self._on = True
        self._blocks: list[Any] = []

    def __enter__(self) -> None:
        block = anomaly.detect_anomaly(forward=False) if self._on else contextlib.nullcontext()
        block.__enter__()
        self._blocks.append(block)

    def __exit__(self, *error: Any) -> None:
        self._blocks.pop().__exit__(*error)


_detecting: list[Any] = []  # the block that set_detect_anomaly(True) has opened


class set_detect_anomaly:
    """detect_anomaly from now on, or no longer; as a block until its end."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = bool(_detecting)
        _detect(mode)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        _detect(self._before)


def _detect(on: bool) -> None:
    if on and not _detecting:
        _detecting.append(detect_anomaly())
        _detecting[0].__enter__()
    elif _detecting and not on:
        _detecting.pop().__exit__(None, None, None)


def is_anomaly_enabled() -> bool:
    """Whether set_detect_anomaly(True) was called."""
    return bool(_detecting)


class _AnyTensor(type):
    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, Tensor)


class Variable(metaclass=_AnyTensor):
    """Of old: Variable(x, requires_grad=True) is a Tensor with the values of x, in the same memory."""

    def __new__(cls, data: Any, requires_grad: bool = False, volatile: bool = False) -> Any:
        x = Tensor(data).detach() if not isinstance(data, Tensor) else data.detach()
        return x.requires_grad_(requires_grad)


__getattr__ = answer("torch.autograd", globals())
