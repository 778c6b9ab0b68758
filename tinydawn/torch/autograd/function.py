"""torch.autograd.Function: an operation of one's own, with a forward and a backward that a user writes.

    class Cube(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x ** 3

        @staticmethod
        def backward(ctx, grad_output):
            x, = ctx.saved_tensors
            return grad_output * 3 * x ** 2

    y = Cube.apply(x)

`apply` records one node under the name of the class, whatever forward computes. What backward computes is itself recorded where
create_graph=True asks for it. Several outputs hang on that node by a node each; their gradients wait there until all have come.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import graph, ops
from ...autograd import wrap
from ...errors import DTypeError, GraphError, ShapeError, message
from ...gradients import Lazy
from ...graph import Node, Op, Traced, is_grad_enabled, no_grad


class Context:
    """What forward tells backward: attributes of any name, and the Tensors given to save_for_backward."""

    needs_input_grad: tuple[bool, ...] = ()

    def __init__(self) -> None:
        self._to_save: tuple[Any, ...] = ()
        self._saved: list[tuple[Any, Any, bool]] = []
        self._no_gradient: tuple[Any, ...] = ()
        self._written: tuple[Any, ...] = ()
        self._materialize = True

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep these inputs and outputs (or None) for backward, which finds them in `saved_tensors`."""
        for t in tensors:
            if t is not None and not isinstance(t, Traced):
                raise DTypeError(message(f"save_for_backward: a {type(t).__name__} is no Tensor", fix="ctx.name = value"))
        self._to_save = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The Tensors that save_for_backward was given."""
        return tuple(None if array is None else wrap(array, node() if own else node) for array, node, own in self._saved)

    def mark_non_differentiable(self, *outputs: Any) -> None:
        """No gradient comes through these outputs. Those that are no floating-point numbers need not be named."""
        self._no_gradient = outputs

    def mark_dirty(self, *inputs: Any) -> None:
        """These inputs were written in place, and are among the outputs."""
        self._written = inputs

    def set_materialize_grads(self, value: bool) -> None:
        """Whether backward gets zeros (the default) or None for an output that no gradient came to."""
        self._materialize = bool(value)


FunctionCtx = Context


class Function:
    """Base of operations of one's own: static methods forward(ctx, ...) and backward(ctx, *gradients), called by apply(...).

    Or forward(...) without ctx, and setup_context(ctx, inputs, output). backward returns one gradient, or None, per input.

    Raises GraphError for a wrong number of gradients, ShapeError for one of a wrong shape, DTypeError for what is no Tensor.
    """

    _entry: Op  # of the table, made at the first call

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """What the operation computes; nothing in it is recorded."""
        raise NotImplementedError("a Function has a static method forward(ctx, ...)")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """The gradients of the inputs, from those of the outputs."""
        raise NotImplementedError("a Function has a static method backward(ctx, *grad_outputs)")

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> Any:
        """Instead of a ctx in forward: keep here what backward needs."""
        raise NotImplementedError

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Compute the outputs, and record the call."""
        ctx = Context()
        ctx.needs_input_grad = tuple(isinstance(a, Traced) and a._node is not None for a in args)
        parents = tuple(a._node if isinstance(a, Traced) else None for a in args)
        with no_grad():
            if cls.setup_context is Function.setup_context:
                out = cls.forward(ctx, *args)
            else:
                out = cls.forward(*args)
                cls.setup_context(ctx, args, out)
        outputs = list(out) if isinstance(out, (tuple, list)) else [out]
        made = _recorded(cls, ctx, args, parents, outputs)
        return tuple(made) if isinstance(out, (tuple, list)) else made[0]


def _recorded(cls: type[Function], ctx: Context, args: tuple[Any, ...], parents: tuple[Any, ...],
              outputs: list[Any]) -> list[Any]:
    """The outputs as Tensors that stand in the graph."""
    live = is_grad_enabled() and any(ctx.needs_input_grad)
    no_gradient = {id(t) for t in ctx._no_gradient}
    fresh: list[Any] = []
    through = []  # the outputs that a gradient comes through
    for i, t in enumerate(outputs):
        written = any(t is w for w in ctx._written)
        fresh.append(t if written or not isinstance(t, Traced) else wrap(t.array, None))
        if written:
            graph.wrote(t.array)
        if live and isinstance(t, Traced) and t.array.dtype.kind == "f" and id(t) not in no_gradient:
            through.append(i)
    kept = [a for t in ctx._to_save if t is not None for a in [t.array]]
    settings: dict[str, Any] = {"ctx": ctx, "cache": {"saved": kept}, "shapes": tuple(
        (t.array.shape, t.array.dtype) if isinstance(t, Traced) else None for t in outputs)}
    if live and through:
        single = len(outputs) == 1
        core = _op(cls).node(parents, settings, outputs[0].array if single else np.zeros((), np.float32))
        for i in through:
            t = fresh[i]
            t._node = core if single else _part(cls, i).node((core,), {"number": i}, t.array)
    for t, given in zip(ctx._to_save, _nodes_of(ctx, args, outputs, fresh), strict=True):
        ctx._saved.append((None, None, False) if t is None else (t.array, *given))
    ctx._to_save = ctx._no_gradient = ctx._written = ()
    arrays = tuple(a.array for a in args if isinstance(a, Traced))
    for observe in tuple(graph.observers):
        for t in fresh:
            if isinstance(t, Traced):
                observe(cls.__name__, t._node, t.array, arrays)
    return fresh


def _nodes_of(ctx: Context, args: tuple[Any, ...], outputs: list[Any], fresh: list[Any]) -> list[tuple[Any, bool]]:
    """For each saved Tensor where it stands in the graph. An output's node holds ctx, and so is held weakly in return."""
    found: list[tuple[Any, bool]] = []
    for t in ctx._to_save:
        place = next((i for i, o in enumerate(outputs) if o is t), None)
        node = fresh[place]._node if place is not None else None
        if node is not None and not any(t is a and a._node is not node for a in args):
            found.append((weakref.ref(node), True))
        else:
            found.append((t._node if t is not None else None, False))
    return found


def _op(cls: type[Function]) -> Op:
    """The entry of this class: its formula calls backward. Kept with the class, so that it lives as long."""
    if "_entry" in vars(cls):
        return vars(cls)["_entry"]

    def gradients(g: Any, y: Any, *args: Any, ctx: Context, cache: Any, shapes: Any, **more: Any) -> list[Any]:
        parts = g.parts if isinstance(g, Several) else {0: g}
        recorded = any(isinstance(part, Traced) for part in parts.values())
        given = [_gradient(parts.get(i), shape, ctx._materialize) for i, shape in enumerate(shapes)]
        if recorded:
            found = cls.backward(ctx, *given)
        else:
            with no_grad():
                found = cls.backward(ctx, *given)
        found = found if isinstance(found, (tuple, list)) else (found,)
        return _checked(cls.__name__, list(found), args, recorded)

    cls._entry = Op(cls.__name__, lambda *arrays: arrays[0], joint=gradients)
    return cls._entry


def _part(cls: type[Function], number: int) -> Op:
    """The entry of one of several outputs."""
    return Op(f"{cls.__name__}[{number}]", lambda x: x,
              joint=lambda g, y, x, needs, number: [Several({number: g.dense(y) if isinstance(g, Lazy) else g})])


def _gradient(g: Any, shape: Any, materialize: bool) -> Any:
    """The gradient of an output as backward gets it."""
    if g is None:
        return wrap(np.zeros(*shape), None) if materialize and shape is not None else None
    if isinstance(g, Lazy):
        g = g.dense(shape[0])
    return g if isinstance(g, Traced) else wrap(g, None)


def _checked(name: str, found: list[Any], args: tuple[Any, ...], recorded: bool) -> list[Any]:
    """The gradients that backward returned, one per input, in the form that the pass goes on with."""
    while len(found) > len(args) and found[-1] is None:
        found.pop()
    if len(found) != len(args):
        raise GraphError(message(f"{name}: backward returned {len(found)} gradients for {len(args)} inputs of forward",
                                 fix="one per input in their order, None for what has none"))
    out: list[Any] = []
    for i, (g, node) in enumerate(zip(found, args, strict=True)):
        node = node._node if isinstance(node, Traced) else node
        if g is None or not isinstance(node, Node):
            out.append(None)
            continue
        if not isinstance(g, Traced):
            raise DTypeError(message(f"{name}: backward returned a {type(g).__name__} for input {i}", fix="a Tensor, or None"))
        value: Any = g if recorded else g.array
        if value.shape != node.shape:
            if not _expands(node.shape, value.shape):
                raise ShapeError(message(f"{name}: backward returned a gradient of shape {tuple(value.shape)} for input {i} of "
                                         f"shape {node.shape}", fix="return one of the input's shape"))
            value = ops.sum_to(value, node.shape)
        out.append(value)
    return out


def _expands(shape: tuple[int, ...], wide: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, wide) == tuple(wide)
    except ValueError:
        return False


class Several(Lazy):
    """The gradients of several outputs, by number, on their way to the node that made them."""

    __slots__ = ("parts",)

    def __init__(self, parts: dict[int, Any]) -> None:
        self.parts = parts
        first = next(iter(parts.values()))
        self.g = first.array if isinstance(first, Traced) else first
        self.dtype = self.g.dtype

    def dense(self, shape: Any = None) -> Any:
        return np.zeros(shape or (), self.dtype)

    def join(self, total: Any, node: Any, owned: set[Any]) -> Any:
        return self if total is None else Several({**total.parts, **self.parts})


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """For a backward that is computed outside the graph: its gradients cannot be differentiated again, and say so."""

    @functools.wraps(backward)
    def called(ctx: Any, *grad_outputs: Any) -> Any:
        if any(isinstance(g, Traced) and g._node is not None for g in grad_outputs) or is_grad_enabled():
            raise GraphError(message("backward: marked once_differentiable, and called with create_graph=True",
                                     fix="write it with operations on Tensors, without the mark"))
        return backward(ctx, *grad_outputs)

    return called
