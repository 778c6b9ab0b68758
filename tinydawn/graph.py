"""The graph, and `op`, which turns a formula into a function that records itself.

A computation is a graph of nodes. Each recorded call of an op adds one node with one edge per argument,
in order, to the node that made that argument; `a * a` has two edges to the same node. Nodes know nothing of
the Tensors that users hold, so a graph lives exactly as long as something still needs it, and is freed by
reference counting: there are no cycles.

The same formula serves twice. `backward()` calls it with raw arrays, at NumPy's speed. With
`create_graph=True` it is called with Tensors, and so records itself, and can be differentiated again. What
makes this work is one rule: an op called with no Tensor among its arguments computes on the raw arrays and
returns a raw array.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import backend, errors
from .backend import as_array, is_array
from .guards import writes
from .guards.explain import explain


class _Switches(threading.local):
    recording = True  # off under no_grad
    off = False  # whether torch.set_grad_enabled(False) has switched it off for good: see tinydawn.torch


_switches = _Switches()
_paused = 0  # how many blocks of no_grad and enable_grad are open, in all threads: while it is 0, no thread need be asked
_pausing = threading.Lock()
# Of the whole process: what one thread observes, it observes of all.
observers: list[Callable[..., None]] = []  # called with (op name, node or None, output, arguments) after each op
# Those of them that keep arrays, and so have to know of writes in place. See viz.trace.Trace, which has what is called here.
keepers: list[Any] = []
tensor_type: Any = object  # class Tensor, which tensor.py puts here

_NUMBERS = (float, int)
next_order = itertools.count().__next__
_ndarray, _FLOAT64, _FLOAT32 = np.ndarray, np.dtype(np.float64), np.dtype(np.float32)
_INT8, _INT32, _INT64 = np.dtype("int8"), np.dtype("int32"), np.dtype("int64")
_GENERATOR = 0x20  # the flag of a function that yields
_VARARGS = 0x04  # the flag of a function that takes *args
new_tensor: Any = object.__new__


def wrote(*arrays: Any) -> None:
    """Say that `arrays` were written in place: a backward pass that needs what they held before then says so, too."""
    writes.note(arrays, next_order())


def before_write(array: Any, recorded: bool = False) -> Any:
    """What `array` holds, which is about to be written in place: a copy where somebody keeps it, else `array` itself."""
    if not keepers or not (recorded or any(keeper.keeps(array) for keeper in keepers)):
        return array
    before = array.copy()
    for keeper in keepers:
        keeper.about_to_be_written(array, before)
    return before


def written(array: Any, result: Any) -> None:
    """Say that `array` now holds `result`, which an op gave; None: what no op gave."""
    for keeper in keepers:
        keeper.now_holds(array, result)


def show(name: str, node: Any, out: Any, args: tuple[Any, ...]) -> None:
    """Let those who observe see an op that was carried out elsewhere, and with what as arguments."""
    _tell(name, node, out, tuple([a.array if isinstance(a, tensor_type) else a for a in args]))


def _tell(name: str, node: Any, out: Any, arrays: tuple[Any, ...]) -> None:
    for observe in observers:
        observe(name, node, out, arrays)


class Traced:
    """What an op needs to know of a Tensor: its array, and the node that made it (None: no gradient wanted).

    An op leaves _grad, name and alias unset, which reads as None: stores that most results never need. `alias` is for
    tinydawn.torch, where it tells of views: see torch/inplace.py.
    """

    __slots__ = ("__weakref__", "_grad", "_node", "alias", "array", "name")

    array: Any
    _node: Node | None
    _grad: Any
    grad: Any  # a property of Tensor, over _grad
    name: str | None
    alias: Any


def named(x: Any, name: str) -> Any:
    """`x`, which drawings then call `name`, if it is a Tensor."""
    if isinstance(x, Traced):
        x.name = name
    return x


class Node:
    """One recorded call of an op, or a leaf (`op` is None): a tensor whose gradient was asked for.

    parents   per argument, the node that made it; None for an argument that needs no gradient
    saved     per argument, the array if the formula needs it, else the parent node, which still knows the shape; a number
              in any case
    out       the output array, if the formula needs it
    settings  the keyword arguments of the call, such as axis
    order     counts calls: every node is older than the nodes that use it
    tensor    of a leaf: a weak reference to the Tensor that receives the gradient
    hooks     what is called with the gradient when a backward pass has all of it, before it is passed on, or None: see
              Tensor.register_hook
    """

    __slots__ = ("__weakref__", "dtype", "hooks", "op", "order", "out", "parents", "saved", "settings", "shape", "tensor")

    op: Op | None
    parents: tuple[Node | None, ...]
    saved: Any
    out: Any
    settings: dict[str, Any]
    shape: tuple[int, ...]
    dtype: Any
    order: int
    tensor: weakref.ref[Traced]
    hooks: list[Callable[[Any], Any]] | None

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def released(self) -> bool:
        """True once a backward pass has freed what this node saved."""
        return self.saved is None

    def __repr__(self) -> str:
        return f"<{self.op.name if self.op else 'leaf'} {self.shape}>"

    def _not_saved(self, *others: Any) -> Any:
        """A formula computes with an argument, and is given the node in its place."""
        raise errors.GraphError(errors.message("a formula of an op uses the value of an argument that the op does not save",
                                               fix='name it: op(..., saves="x"); "y" is the output'))

    __array_ufunc__ = None  # NumPy leaves it to the following
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = __rpow__ = _not_saved
    __neg__ = __matmul__ = __rmatmul__ = __gt__ = __lt__ = __ge__ = __le__ = _not_saved


def leaf(tensor: Traced) -> Node:
    """A node with no parents, through which `tensor` will receive its gradient."""
    node = Node()
    node.op, node.parents, node.saved, node.out, node.settings, node.hooks = None, (), (), None, {}, None
    node.shape, node.dtype, node.order = tensor.array.shape, tensor.array.dtype, next_order()
    node.tensor = weakref.ref(tensor)
    return node


class Handle:
    """What register_hook returns: `handle.remove()` takes the hook out again."""

    def __init__(self, hooks: list[Callable[[Any], Any]], hook: Callable[[Any], Any]) -> None:
        self._hooks, self._hook = hooks, hook
        hooks.append(hook)

    def remove(self) -> None:
        if self._hook in self._hooks:
            self._hooks.remove(self._hook)


class Op:
    """An entry of the table: a name, a forward on raw arrays, and a formula per argument.

    name        what users and error messages call it
    forward     forward(*arrays, **settings) -> array
    vjp         per argument, vjp(g, y, *arguments, **settings) -> gradient of that argument, or None where there
                is none; y is the output, g its gradient. A vector-Jacobian product: g times the op's derivative.
    joint       instead of vjp, for ops whose gradients are best computed together:
                joint(g, y, *arguments, needs=..., **settings) -> one gradient (or None) per argument
    saves       names of the arguments ("y": the output) whose values the formulas use. All else is freed: the
                formula is given the argument's node in its place, which has shape and dtype but no values.
    broadcasts  whether arguments broadcast, so that the engine sums their gradients back to shape
    only_shapes whether the formulas ask of the arguments, of which there is any number, nothing but shape and dtype
    overwrites  whether `joint` writes into g, and gives it on as the gradient of its first argument: the engine sees to it that
                nobody else holds g. So T assignments to parts of one array cost T parts, not T arrays
    hint        how to mend a call with shapes that do not fit
    """

    __slots__ = ("arity", "broadcasts", "casts", "differentiable", "forward", "hint", "joint", "keep", "keeps_out", "name",
                 "only_shapes", "overwrites", "pair", "settings", "vjp")

    def __init__(self, name: str, forward: Callable[..., Any], vjp: Any = None, joint: Any = None,
                 saves: str = "", only_shapes: bool = False, broadcasts: bool = False, overwrites: bool = False,
                 hint: str = "") -> None:
        self.name, self.forward, self.joint = name, forward, joint
        vjp = tuple(vjp) if isinstance(vjp, list) else vjp
        self.vjp: tuple[Callable[..., Any] | None, ...] = vjp if isinstance(vjp, tuple) else (vjp,)
        self.differentiable = vjp is not None or joint is not None
        code = getattr(forward, "__code__", None)  # operator.add and its like have none: they take a and b
        arguments = code.co_varnames[:code.co_argcount] if code else ("a", "b")
        self.arity = 0 if code and code.co_flags & _VARARGS else len(arguments)  # 0: any number
        self.settings = bool(code and code.co_kwonlyargcount)
        self.pair = self.arity == 2 and not self.settings and isinstance(vjp, tuple)
        saved_names = saves.split()
        if wrong := set(saved_names) - {"y", "*", *arguments}:
            raise errors.OptionError(errors.message(f"op {name}: saves {wrong.pop()!r}", fix=f"of {', '.join(arguments)}, y"))
        # True: keep every argument; False: keep none; else one flag per argument.
        flags = tuple(a in saved_names for a in arguments)
        self.keep: bool | tuple[bool, ...] = flags if any(flags) and not all(flags) else any(flags) or saves == "*"
        self.keeps_out = "y" in saved_names
        self.only_shapes, self.broadcasts, self.overwrites = only_shapes, broadcasts, overwrites
        self.casts, self.hint = name == "astype", hint

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def record(self, arrays: tuple[Any, ...], parents: tuple[Node | None, ...], settings: dict[str, Any], live: bool) -> Any:
        """The Tensor that the op makes of `arrays`; and if `live`, since one of them needs a gradient, its node."""
        try:
            out = self.forward(*arrays, **settings)
        except (ValueError, IndexError, TypeError, OverflowError) as error:
            raise explain(self, arrays, settings, error) from error
        if type(out) is not _ndarray:
            out = as_array(out)
        if out.dtype is not _FLOAT32 and not self.casts:
            out = narrowed(out, arrays)
        result = new_tensor(tensor_type)
        result.array = out
        if live and self.differentiable and (not _paused or _switches.recording):
            keep = self.keep
            result._node = node = Node()
            node.op = self
            node.parents = parents
            node.saved = arrays if keep is True else parents if keep is False else tuple(
                [a if k or type(a) in _NUMBERS else p for a, p, k in zip(arrays, parents, keep, strict=True)])
            node.out = out if self.keeps_out else None
            node.settings = settings
            node.shape = out.shape
            node.dtype = out.dtype
            node.order = next_order()
            node.hooks = None
        else:
            result._node = None
        if observers:
            for observe in observers:
                observe(self.name, result._node, out, arrays)
        return result

    def node(self, parents: tuple[Node | None, ...], settings: dict[str, Any], out: Any) -> Node:
        """The node of a call that was carried out elsewhere, into `out`; of an op that saves no values."""
        node = Node()
        node.op, node.parents, node.saved, node.out, node.settings, node.hooks = self, parents, parents, None, settings, None
        node.shape, node.dtype, node.order = out.shape, out.dtype, next_order()
        return node

    def compute(self, *args: Any, **settings: Any) -> Any:
        """The op on arguments without a Tensor among them: raw arrays in, a raw array out."""
        try:
            return self.forward(*args, **settings)
        except (AttributeError, TypeError) as error:
            for a in args:
                operand(self.name, a)
            raise error


table: dict[str, Op] = {}  # every op by name, in order of definition: tests and drawings read it


def op(name: str, forward: Callable[..., Any], **entry: Any) -> Callable[..., Any]:
    """Make the function `name` from its table entry (see Op), and list it in `table`.

    The function takes the op's arguments by position, each a Tensor, an array or a number, and its settings by
    keyword. With a Tensor among the arguments it returns a Tensor, recorded if any of them needs a gradient and
    recording is on; with none it returns the raw result of `forward`.
    """
    this = table[name] = Op(name, forward, **entry)
    record, compute, keep, keeps_out = this.record, this.compute, this.keep, this.keeps_out
    simple = this.differentiable and isinstance(keep, bool)

    def apply(*args: Any, **settings: Any) -> Any:
        if not any([isinstance(a, tensor_type) for a in args]):
            return compute(*args, **settings)
        arrays = tuple([a.array if isinstance(a, tensor_type) else a if type(a) is _ndarray else operand(name, a) for a in args])
        parents = tuple([a._node if isinstance(a, tensor_type) else None for a in args])
        return record(arrays, parents, settings, any([p is not None for p in parents]))

    def apply_one(x: Any, **settings: Any) -> Any:
        if not isinstance(x, tensor_type):
            return compute(x, **settings)
        return record((x.array,), (x._node,), settings or _NONE, x._node is not None)

    def apply_two(x: Any, y: Any) -> Any:
        if isinstance(x, tensor_type):
            a, p = x.array, x._node
            if isinstance(y, tensor_type):
                b, q = y.array, y._node
            else:
                b, q = y if type(y) is float else operand(name, y), None
        elif isinstance(y, tensor_type):
            a, p = x if type(x) is float else operand(name, x), None
            b, q = y.array, y._node
        else:
            return compute(x, y)
        live = p is not None or q is not None
        if not (live and simple) or _paused or observers:
            return record((a, b), (p, q), _NONE, live)
        # Op.record once more, without what cannot happen here. The engine's hottest lines: a call would cost a tenth.
        try:
            out = forward(a, b)
        except (ValueError, TypeError, OverflowError) as error:
            raise explain(this, (a, b), _NONE, error) from error
        if type(out) is not _ndarray:
            out = as_array(out)
        if out.dtype is not _FLOAT32:
            out = narrowed(out, (a, b))
        result = new_tensor(tensor_type)
        result.array = out
        result._node = node = Node()
        node.op = this
        node.parents = parents = (p, q)
        if keep:
            node.saved = (a, b)
        elif q is None and type(b) in _NUMBERS:  # drawings show it
            node.saved = (p, b)
        elif p is None and type(a) in _NUMBERS:
            node.saved = (a, q)
        else:
            node.saved = parents
        node.out = out if keeps_out else None
        node.settings = _NONE
        node.shape = out.shape
        node.dtype = out.dtype
        node.order = next_order()
        node.hooks = None
        return result

    function: Callable[..., Any] = apply
    if this.arity == 1:
        function = apply_one
    elif this.arity == 2 and not this.settings:
        function = apply_two
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{name}: an op of the table in ops.py, whose entry is its definition."  # those that users call say more
    function.__dict__["__wrapped__"] = forward  # whose arguments help() shows
    return function


_NONE: dict[str, Any] = {}  # the settings of ops that have none


def narrowed(out: Any, arrays: tuple[Any, ...]) -> Any:
    """`out` as float32 where NumPy made float64 of float32 and integers, or of integers alone, as PyTorch does not.

    A 0-d float64 array does not promote a float32 array either, nor a 0-d int64 array one of int32.
    """
    if out.dtype is not _FLOAT64:
        if (out.dtype is _INT8 or out.dtype is _INT32) and len(arrays) > 1 and not any([
                hasattr(a, "dtype") and a.dtype.kind in "iu" for a in arrays]):
            return out.astype(_INT64)  # of truth values and numbers NumPy makes the smallest integers, or the platform's
        return _of_the_wider(out, arrays) if out.dtype.kind in "iu" and len(arrays) == 2 else out
    floats = [a for a in arrays if hasattr(a, "dtype") and a.dtype.kind == "f"]
    kinds = [a.dtype for a in ([a for a in floats if a.ndim] or floats)]  # a 0-d array counts as a number, if it can
    return out if _FLOAT64 in kinds else out.astype(kinds[0] if kinds else backend.default_dtype)


def _of_the_wider(out: Any, arrays: tuple[Any, ...]) -> Any:
    """`out`, of whole numbers, in the dtype of the one operand that has axes, if the other is a 0-d array."""
    with_axes = [a for a in arrays if getattr(a, "ndim", 0)]
    if len(with_axes) == 1 and out.dtype != with_axes[0].dtype and with_axes[0].dtype.kind in "iu" \
            and getattr(arrays[0], "dtype", None) is not None and getattr(arrays[1], "dtype", None) is not None:
        return out.astype(with_axes[0].dtype)
    return out


def operand(name: str, a: Any) -> Any:
    """An argument that is no Tensor as what NumPy should compute with, or an error for what it should not."""
    if isinstance(a, (bool, int, float)):  # np.float64 is a float: taken as a plain number, so float32 stays float32
        return a.item() if isinstance(a, np.generic) else a
    array = is_array(a) or isinstance(a, np.generic)
    if array and a.dtype.kind in "fiub":
        return a.item() if isinstance(a, np.generic) else a
    what = f"of dtype {a.dtype}" if array else f"a {type(a).__name__}"
    raise errors.DTypeError(errors.message(
        f"{name}: an argument is {what}, which is neither a Tensor, an array nor a number",
        fix="make a Tensor of it with td.tensor(...)" if isinstance(a, (list, tuple)) else "pass a Tensor or a number"))


class no_grad(contextlib.ContextDecorator):
    """Record nothing inside: for evaluation, decoding and updates. Works as `with td.no_grad():` and as a decorator.

    It is a switch of the thread that uses it: others go on recording.
    """

    _inside = False  # what recording is set to

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __enter__(self) -> None:
        global _paused
        with _pausing:
            _paused += 1
        self._before.append(_switches.recording)
        _switches.recording = self._inside

    def __exit__(self, *error: object) -> None:
        global _paused
        _switches.recording = self._before.pop()
        with _pausing:
            _paused -= 1

    def __call__(self, function: Any) -> Any:
        name = type(self).__name__
        if not callable(function):
            raise errors.DTypeError(errors.message(f"{name}: a {type(function).__name__} is no function", fix=f"@td.{name}()"))
        if getattr(getattr(function, "__code__", None), "co_flags", 0) & _GENERATOR:
            raise errors.DTypeError(errors.message(
                f"{name}: {function.__name__} is a generator, whose body runs only after the decorator is done",
                fix=f"write `with td.{name}():` inside it"))
        return super().__call__(function)


class enable_grad(no_grad):
    """Record again inside a no_grad block."""

    _inside = True


def is_grad_enabled() -> bool:
    """Whether ops are being recorded, in this thread."""
    return not _paused or _switches.recording


@contextlib.contextmanager
def observe(callback: Callable[..., None]) -> Iterator[None]:
    """Call `callback(op name, node, output array, arguments)` after every op inside; node is None if unrecorded."""
    observers.append(callback)
    try:
        yield
    finally:
        observers.remove(callback)
