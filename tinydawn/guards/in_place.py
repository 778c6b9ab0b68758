"""Writing into a Tensor: `x += y` and `x[i] = v`, also where they are recorded.

What is written is seen by all who share the memory: views, detached Tensors, NumPy arrays. Whether a backward pass still needs
what stood there, writes.py finds. tinydawn.torch goes further, and records writes through views: see torch/inplace.py.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .. import autograd, functional, graph, ops
from ..backend import like, shape_of
from ..errors import DTypeError, GraphError, IdError, ShapeError, message
from ..graph import Traced
from . import writes

_WRITING = {ops.add: operator.iadd, ops.sub: operator.isub, ops.mul: operator.imul, ops.div: operator.itruediv}


def _in_place_operator(name: str, function: Any) -> Any:
    """The method behind `x += y`, for one operator: see Writable._in_place."""
    return lambda self, other: self._in_place(name, function, other)


class Writable(Traced):
    """What of a Tensor writes into its memory."""

    __slots__ = ()

    def _in_place(self: Any, name: str, function: Any, other: Any) -> Any:
        """`x += y`: x gets another value, and so does whatever shares its memory: views, detached Tensors, NumPy arrays.

        Where it is recorded, x has from here on another past than they. So it is refused if there are any, and x gets another
        array, which is the same to everybody.
        """
        recording = graph.is_grad_enabled()
        if recording and self._node is not None and self._node.op is None:
            raise GraphError(message(f"{name}: a leaf that requires a gradient cannot be changed while recording",
                                     fix="update parameters inside `with td.no_grad():`"))
        recording = recording and (self._node is not None or getattr(other, "_node", None) is not None)
        if recording and not graph.observers and writes.held_elsewhere(self):  # drawings hold every array
            raise GraphError(message(
                f"{name}: the result is recorded, and what this Tensor of shape {self.shape} holds is needed elsewhere: a "
                "backward pass has saved it, or a view, a detached Tensor or a NumPy array shares it", fix="write x = x + y"))
        if not recording and not graph.observers and not graph.keepers and isinstance(other, Traced) and self._alike(other) \
                and function in _WRITING:  # p.data += -lr * p.grad, in a loop of one's own: by far the most frequent
            writes.check_writeable(name, self.array)
            _WRITING[function](self.array, other.array)
            graph.wrote(self.array)
            return self
        out = function(self, other if isinstance(other, Traced) else like(other, self.array))
        if out.shape != self.shape:
            raise ShapeError(message(f"{name}: the result would have shape {out.shape}, not {self.shape}",
                                     fix="write x = x + y instead of x += y"))
        if not np.can_cast(out.dtype, self.dtype, "same_kind"):
            raise DTypeError(message(f"{name}: the result would be {out.dtype}, which a {self.dtype} Tensor cannot hold",
                                     fix="convert it first: x = x.float()"))
        if recording:
            out = out if out.dtype == self.dtype else ops.astype(out, dtype=self.dtype)
            self.array, self._node = out.array, out._node
        else:
            writes.check_writeable(name, self.array)
            graph.before_write(self.array)
            self.array[...] = out.array
            graph.wrote(self.array)
            graph.written(self.array, out.array)
        return self

    def _alike(self: Any, other: Any) -> bool:
        """Whether both are arrays of NumPy of one shape and one floating dtype."""
        x, y = self.array, other.array
        return type(x) is type(y) is np.ndarray and x.shape == y.shape and x.dtype is y.dtype and x.dtype.kind == "f"

    __iadd__, __isub__ = _in_place_operator("+=", ops.add), _in_place_operator("-=", ops.sub)
    __imul__, __itruediv__ = _in_place_operator("*=", ops.mul), _in_place_operator("/=", ops.div)
    __iand__, __ior__ = _in_place_operator("&=", ops.bitwise_and), _in_place_operator("|=", ops.bitwise_or)
    __ixor__, __ipow__ = _in_place_operator("^=", ops.bitwise_xor), _in_place_operator("**=", ops.pow)

    def __setitem__(self: Any, index: Any, value: Any) -> None:
        """x[i] = v, also where x or v is recorded: then gradients flow to v, and to what of x was not overwritten."""
        steps = functional.index_steps(index, "x[i] = v")
        recording = graph.is_grad_enabled() and (self._node is not None or getattr(value, "_node", None) is not None)
        if recording:
            self._check_assignable()
            steps = self._as_one(steps)
        before = graph.before_write(self.array, recording)
        self._write(steps, value)
        graph.wrote(self.array)
        if recording:
            self._record_assignment(steps[0], value, before)
        elif before is not self.array:
            self._show_assignment(value, before, None)

    def _check_assignable(self: Any) -> None:
        """An error if a recorded assignment to entries would be lost on a leaf, or on others that share the memory."""
        if self._node is not None and self._node.op is None:
            raise GraphError(message("x[i] = v: x is a leaf that requires a gradient, and cannot be changed while recording",
                                     fix="update parameters inside `with td.no_grad():`"))
        if self.array.dtype.kind != "f":
            raise DTypeError(message(f"x[i] = v: v is recorded, and x, {self.array.dtype}, can pass no gradient on",
                                     fix="make x floating: td.zeros(...)"))
        if not graph.observers and writes.held_elsewhere(self):  # drawings hold every array
            raise GraphError(message(
                f"x[i] = v: v or x is recorded, and a view, a detached Tensor or a NumPy array shares the memory of this Tensor "
                f"of shape {self.shape}, or a backward pass has saved it", fix="assign to x.clone(); x[i, j] = v in place of "
                                                                             "x[i][j] = v, x[i] = x[i] + v for x[i] += v"))

    def _write(self: Any, steps: list[Any], value: Any) -> None:
        """Write into the memory what an index, as index_steps gives it, selects."""
        *basic, last = steps
        try:
            room = self.array[basic[0]] if basic else self.array  # a view
            writes.check_writeable("x[i] = v", self.array)
            ops.assign(room, last, value.array if isinstance(value, Traced) else like(value, self.array))
        except (ValueError, TypeError, OverflowError) as error:
            if isinstance(error, OverflowError) or any(word in str(error) for word in ("convert", "argument must be")):
                raise DTypeError(message(f"x[i] = v: {error} (Tensor of dtype {self.dtype})",
                                         fix="a number that this dtype can hold")) from error
            if isinstance(error, TypeError):
                raise IdError(message(f"x[i] = v: {error} (Tensor of shape {self.shape})",
                                      fix="index within the axes")) from error
            raise ShapeError(message(f"x[i] = v: a value of shape {shape_of(getattr(value, 'array', value))} does not fit "
                                     f"what the index selects of a Tensor of shape {self.shape}",
                                     fix="a number, or a value of the shape of x[i]")) from error
        except IndexError as error:
            raise IdError(message(f"x[i] = v: {error} (Tensor of shape {self.shape})", fix="index within the axes")) from error

    def _as_one(self: Any, steps: list[Any]) -> list[Any]:
        """The steps of an index, if they are two, as one: the places of all entries that they select."""
        if len(steps) == 1:
            return steps
        return [np.unravel_index(np.arange(self.array.size).reshape(self.shape)[steps[0]][steps[1]], self.shape)]

    def _record_assignment(self: Any, index: Any, value: Any, before: Any) -> None:
        """Give x the past that an assignment, already in its memory, has: what x held before, and `value`."""
        put, past = graph.table["index_put"], self._node
        self._node = put.node((past, getattr(value, "_node", None)), {"index": index}, self.array)
        self._show_assignment(value, before, past)

    def _show_assignment(self: Any, value: Any, before: Any, past: Any) -> None:
        """Let those who observe see an assignment that is already in the memory."""
        if graph.observers:
            old = autograd.wrap(before, past)
            old.name = self.name
            graph.show("index_put", self._node, self.array, (old, value))
