"""Writing in place as PyTorch does: into the memory, seen by every view, and recorded.

A Tensor that shows the memory of another, as `x[0]` and `x.view(-1)` do, is a view, and knows its base and how it is made of it.
What is written into a view is an assignment to the base; what is written into the base changes the past of its views. So after
each recorded write the base gets a new node, and each view that is alive another past: it is made of the base anew.

PyTorch keeps the same book (base, view function, version), and looks it up when a view's history is asked for.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import autograd, functional, graph, ops
from ..errors import DTypeError, GraphError, ShapeError, message
from ..graph import Traced
from ..guards import writes
from ..tensor import Tensor

View = Callable[[Any], Any]  # makes the view of the base, be that a Tensor or an array


_KINDS = {"b": 0, "u": 1, "i": 1, "f": 2}  # a Tensor holds what is of its own kind or of one before


class NotWatched(Tensor):
    """What x.data is: a write through it is PyTorch's loophole, which no backward pass notices."""

    __slots__ = ()


def viewed(x: Any, view: View) -> Any:
    """`view(x)`, which remembers that it is a view of x if it shows x's memory."""
    out = view(x)
    if isinstance(x, Traced) and out is not x and writes.share_memory(out.array, x.array):
        link(out, x, view)
    return out


def link(out: Any, x: Any, view: View) -> None:
    """Note that `out` is `view(x)`; of a view of a view, of what base."""
    if type(x) is NotWatched:
        out.__class__ = NotWatched
    above = x.alias
    if x._node is not None and x._node.op is None and type(above) is tuple:
        above = x.alias = None  # a leaf is a base of its own: what it may show of others is past
    if type(above) is tuple:
        base, outer = above
        out.alias = (base, lambda a: view(outer(a)))
    else:
        base = x
        out.alias = (base, view)
    views = base.alias
    if views is None:
        views = base.alias = []
    elif len(views) >= 32 and len(views) & (len(views) - 1) == 0:
        views[:] = [r for r in views if r() is not None]
    views.append(weakref.ref(out))


def recording(*tensors: Any) -> bool:
    return graph.is_grad_enabled() and any(getattr(t, "_node", None) is not None for t in tensors)


def change(x: Any, name: str, function: Callable[[Any], Any], *others: Any) -> Any:
    """x becomes function(x), in its memory. `others` are what else the function computes with."""
    live = recording(x, *others)
    base, view = x.alias if type(x.alias) is tuple else (x, None)
    if live:
        check_recorded(x, name)
    before = graph.before_write(base.array, live)  # where somebody keeps it, a copy
    if live:
        held = before if view is None else view(before)
        old = autograd.wrap(x.array.copy() if before is base.array else held, x._node)  # the formulas may need what x was
        old.name = x.name
        out = function(old)
    else:
        out = function(x)
    out = out if isinstance(out, Tensor) else Tensor(np.asarray(out))
    if out.shape != x.shape:
        raise ShapeError(message(f"{name}: the result would have shape {out.shape}, not {x.shape}",
                                 fix="an operand that broadcasts to the shape of what is written"))
    if _KINDS[out.dtype.kind] > _KINDS[x.dtype.kind]:
        raise DTypeError(message(f"{name}: the result would be {out.dtype}, which a {x.dtype} Tensor cannot hold",
                                 fix="convert it first: x = x.float()"))
    writes.check_writeable(name, x.array)
    x.array[...] = out.array
    note(x)
    if live and out.dtype != x.dtype:
        out = ops.astype(out, dtype=x.dtype)
    if view is not None:
        graph.written(base.array, None)
    graph.written(x.array, out.array)
    if live:
        node = out._node
        if node is None:  # zero_ and its like: x stays recorded, and nothing of its gradient goes on
            node = graph.table["index_put"].node((x._node, None), {"index": (...,)}, x.array)
        renew(x, node)
        spread(x, before)
    return x


def note(x: Any) -> None:
    """Tell backward passes that the memory of x was written."""
    if type(x) is not NotWatched:
        graph.wrote(x.array)


def check_recorded(x: Any, name: str) -> None:
    """An error where a write that is recorded cannot be: into a leaf, or a view of one."""
    base = x.alias[0] if type(x.alias) is tuple else x
    for t, what in ((x, "a leaf"), (base, "a view of a leaf")):
        if t._node is not None and t._node.op is None:
            raise GraphError(message(f"{name}: {what} that requires a gradient cannot be changed while recording",
                                     fix="update parameters inside `with torch.no_grad():`, or through x.data"))
    if base.array.dtype.kind != "f":
        raise DTypeError(message(f"{name}: what is written is recorded, and a {base.dtype} Tensor passes no gradient on",
                                 fix="make it floating"))


def renew(x: Any, node: Any) -> None:
    """x has another past from here on; if its gradient is to be retained, that of the new x."""
    before, x._node = x._node, node
    if before is not None and before.hooks:
        retained = [hook for hook in before.hooks if getattr(hook, "retains", False)]
        if retained:
            before.hooks[:] = [hook for hook in before.hooks if hook not in retained]
            node.hooks = [*(node.hooks or ()), *retained]


def spread(x: Any, before: Any = None) -> None:
    """x, whose memory was written, has a new past: give its base, which held `before`, and all views of that, theirs."""
    base, views = x, x.alias
    if type(views) is tuple:
        base, view = views
        places = view(np.arange(base.array.size).reshape(base.array.shape))
        index = np.unravel_index(places, base.array.shape) if base.array.ndim else (...,)
        past = base._node
        renew(base, graph.table["index_put"].node((past, x._node), {"index": index}, base.array))
        graph.show("index_put", base._node, base.array, (autograd.wrap(base.array if before is None else before, past), x))
        views = base.alias
    for reference in views or ():
        t = reference()
        if t is not None:
            renew(t, t.alias[1](autograd.wrap(base.array, base._node))._node)


def assign(x: Any, index: Any, value: Any) -> None:
    """x[index] = value."""
    steps = functional.index_steps(index, "x[i] = v")
    if isinstance(value, Traced) and _is_there(x, steps, value):
        return  # the second half of x[i] += v: it has been written
    live = recording(x, value)
    base, view = x.alias if type(x.alias) is tuple else (x, None)
    if live:
        check_recorded(x, "x[i] = v")
    before = graph.before_write(base.array, live)  # where somebody keeps it, a copy
    held = x.array if before is base.array else before if view is None else view(before)
    if live:
        if isinstance(value, Traced) and writes.share_memory(value.array, x.array):
            value = autograd.wrap(value.array.copy(), value._node)
        steps = x._as_one(steps)
    x._write(steps, value)
    note(x)
    if view is not None:
        graph.written(base.array, None)
    if live:
        former = x._node
        x._record_assignment(steps[0], value, held)
        node, x._node = x._node, former
        renew(x, node)
        spread(x, before)
    elif held is not x.array:
        x._show_assignment(value, held, None)


def _is_there(x: Any, steps: list[Any], value: Any) -> bool:
    """Whether `value` is the very view x[index]."""
    if type(value.alias) is not tuple or len(steps) > 1 or not writes.share_memory(x.array, value.array):
        return False
    try:
        room = x.array[steps[0]]
    except (IndexError, ValueError, TypeError):
        return False
    return hasattr(room, "strides") and writes.place(room) == writes.place(value.array)
