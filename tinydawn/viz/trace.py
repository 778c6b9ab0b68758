"""Watching a computation: every op as it happens, where it happens, and what flows back through it."""

from __future__ import annotations

import sys
import warnings
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from .. import autograd, graph, scope
from ..autograd import collect
from ..errors import _PACKAGE, GraphError, message, user_line
from ..gradients import Lazy
from ..graph import Node
from ..guards.writes import owner
from ..ops import sum_to
from ..tensor import Tensor

Path = tuple[tuple[Any, int | None], ...]  # as scope.here.path was


@dataclass(eq=False, slots=True, weakref_slot=True)
class Record:
    """One call of an op, or with `failed` the one that raised.

    args      its arrays and numbers, as far as they are known; None where not
    tensors   what it was called with, Tensors and others; () where nobody watched
    parents   per argument the node that made it, a leaf or None
    origins   per argument the record of the op that made it, also where that was not recorded in the graph; else None
    out       the array it gave, if known
    name      what the user called its output, Tensor.name, before it was used
    gradient  that of `out`, and of each argument in `flows`, as a backward pass found them; None before
    number    how many came before it
    """

    op: str
    node: Node | None
    args: tuple[Any, ...]
    parents: tuple[Node | None, ...]
    out: Any
    settings: dict[str, Any]
    tensors: tuple[Any, ...] = ()
    origins: tuple[Record | None, ...] = ()
    path: Path = ()
    line: str = ""
    gradient: Any = None
    flows: dict[int, Any] = field(default_factory=dict)
    failed: str = ""
    name: str = ""
    number: int = 0


class Trace:
    """Remembers every op inside `with td.viz.trace() as trace:`, and a backward pass too; then `td.draw(trace)`.

    What it has seen stays, although backward() frees the graph. Costs a few microseconds an op, only inside.

    >>> import tinydawn as td
    >>> a = td.tensor(3.0, requires_grad=True, name="a")
    >>> with td.viz.trace() as trace:
    ...     (a * a).backward()
    >>> [(record.op, float(record.out)) for record in trace.records]
    [('mul', 9.0)]
    """

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.by_node: dict[Node, Record] = {}
        self.by_array: dict[int, Record] = {}  # by the identity of the output, which the record keeps alive
        self.kept: dict[int, Any] = {}  # copies of leaves as they were used: an optimizer writes into them later
        self.order: list[tuple[Record, int]] = []  # of the backward pass: (record, -1) when a node is reached, (record, i)
        self.seeds: dict[Node, Any] = {}
        self.count = 0
        self.names: dict[int, tuple[str, Any]] = {}  # of arrays and numbers: by their identity, which the entry keeps
        self.holders: dict[int, weakref.WeakSet[Record]] = {}  # by the identity of a piece of memory: whose arrays look into it

    def __enter__(self) -> Trace:
        graph.keepers.append(self)
        graph.observers.append(self._forward)
        autograd.observers.append(self._backward)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        graph.keepers.remove(self)
        graph.observers.remove(self._forward)
        autograd.observers.remove(self._backward)
        if error is not None:
            self._failed(error)

    def name(self, x: Any, name: str) -> None:
        """Call an array, or a number that is this very object, by `name` in the drawing. A Tensor has its own .name."""
        self.names[id(x)] = (name, x)

    def _forward(self, name: str, node: Node | None, out: Any, args: tuple[Any, ...]) -> None:
        given = _given(sys._getframe(2).f_locals)  # of the op's function, which called the one that called this
        args = tuple(self._kept(x, a) for x, a in zip(given, args, strict=True)) if len(given) == len(args) else args
        record = Record(name, node, args, node.parents if node is not None else (None,) * len(args), out,
                        node.settings if node is not None else {}, given, self._origins(given, args), tuple(scope.here.path),
                        user_line(), number=self.count)
        self.count += 1
        for x in given:  # a name that was given to what an op made
            maker = self.made(x) if isinstance(x, Tensor) and x.name else None
            if maker is not None and (x._node is not None or not maker.name):
                maker.name = x.name
        self._remember(record)

    def _remember(self, record: Record) -> None:
        self.records.append(record)
        self._hold(record, (record.out, *record.args))
        self._bind(record.out, record)
        if record.node is not None:
            self.by_node[record.node] = record

    # --- writes in place: what is drawn is what was there before ---

    def _hold(self, record: Record, arrays: tuple[Any, ...]) -> None:
        for array in arrays:
            if hasattr(array, "shape"):
                self.holders.setdefault(id(owner(array)), weakref.WeakSet()).add(record)

    def _bind(self, array: Any, record: Record) -> None:
        """Note that the op of `record` made `array`."""
        self.by_array[id(array)] = record

    def keeps(self, array: Any) -> bool:
        return bool(self.holders.get(id(owner(array)))) or id(array) in self.by_array

    def about_to_be_written(self, array: Any, before: Any) -> None:
        """Put copies in the place of all that looks into the memory of `array`; of that itself `before`."""
        memory = owner(array)
        copies = {id(array): before}

        def copied(a: Any) -> Any:
            if not hasattr(a, "shape") or owner(a) is not memory:
                return a
            if id(a) not in copies:
                copies[id(a)] = a.copy()
            return copies[id(a)]

        for record in list(self.holders.pop(id(memory), ())):
            record.args, record.out = tuple(copied(a) for a in record.args), copied(record.out)
        maker = self.by_array.get(id(array))
        if maker is not None:
            self._bind(before, maker)

    def now_holds(self, array: Any, result: Any) -> None:
        maker = self.by_array.get(id(result))
        if maker is not None:
            self._bind(array, maker)
        else:
            self.by_array.pop(id(array), None)

    def _kept(self, x: Any, array: Any) -> Any:
        """The array of an argument; of a leaf that gradients go to, a copy."""
        if not (isinstance(x, Tensor) and x._node is not None and x._node.op is None):
            return array
        before = self.kept.get(id(x))
        if before is None or before.shape != array.shape or not (before == array).all():
            before = self.kept[id(x)] = array.copy()
        return before

    def made(self, x: Any) -> Record | None:
        """The record of the op that made a Tensor (detached or not), or an array; None for what no op made in here."""
        node = x._node if isinstance(x, Tensor) else None
        return self.by_node.get(node) if node is not None else self.by_array.get(id(x.array if isinstance(x, Tensor) else x))

    def _origins(self, given: tuple[Any, ...], args: tuple[Any, ...]) -> tuple[Record | None, ...]:
        return tuple(self.made(x) for x in (given if len(given) == len(args) else args))

    def _backward(self, node: Node, g: Any, gx: Any, i: int) -> None:
        record = self.by_node.get(node)
        if record is None:
            return
        if gx is None:
            record.gradient = dense(g, node.shape)
        else:
            parent = record.parents[i]
            record.flows[i] = dense(gx, parent.shape if parent is not None else None)
        self.order.append((record, i))

    def _failed(self, error: BaseException) -> None:
        """A last record for the op, or the function of this package, that raised `error`: what it was given stands in its
        frame."""
        name: str = type(error).__name__
        tensors: tuple[Any, ...] = ()
        traceback = error.__traceback__
        while traceback is not None:
            local, code = traceback.tb_frame.f_locals, traceback.tb_frame.f_code
            if code.co_filename == graph.__file__ and "name" in local and ("args" in local or "x" in local):
                name, tensors = local["name"], _given(local)
            elif code.co_filename == graph.__file__ and isinstance(local.get("self"), graph.Op):
                name = local["self"].name  # what it was given stood in the frame before
            elif code.co_filename.startswith(_PACKAGE) and any(isinstance(v, Tensor) for v in local.values()):
                name, tensors = code.co_name, tuple(v for k, v in local.items() if isinstance(v, Tensor) and k != "self")
            traceback = traceback.tb_next
        said = str(error).splitlines()
        inside = next((line.split(":", 1)[1].strip() for line in said if line.strip().startswith("in:")), "")
        failed = ": ".join([type(error).__name__, *said[:1]])
        self.records.append(Record(
            name, None,
            tuple(t.array if isinstance(t, Tensor) else t for t in tensors),
            tuple(t._node if isinstance(t, Tensor) else None for t in tensors) if tensors else (None,) * len(self.records[-1:]),
            None, {}, tensors,
            self._origins(tensors, tensors) if tensors else tuple(self.records[-1:]), self._path_named(inside), user_line(),
            failed=failed))

    def _path_named(self, text: str) -> Path:
        """The newest path that a record has of this name, or of its beginning; the last one's where there is none."""
        while text:
            for record in reversed(self.records):
                for k in range(len(record.path), 0, -1):
                    if ".".join(scope.name_of(entry) for entry in record.path[:k]) == text:
                        return record.path[:k]
            text = text.rpartition(".")[0]
        return self.records[-1].path[:1] if self.records else ()


def _given(local: dict[str, Any]) -> tuple[Any, ...]:
    """What an op was called with, from the local names of its function in graph.py."""
    return tuple(local["args"]) if "args" in local else tuple(local[k] for k in ("x", "y") if k in local)


class TraceOfTheEnd(Trace):
    """A trace of a long computation, of which only what one Tensor at its end depends on will be wanted.

    It holds nothing that the computation itself has let go: a record is kept by the output of its op, and by the records of
    those that used it. What no module and nothing that asks for a gradient had part in is data, however it was made.
    """

    def __init__(self) -> None:
        super().__init__()
        self.by_node = weakref.WeakKeyDictionary()  # type: ignore[assignment]
        self.outputs: dict[int, weakref.ref[Any]] = {}  # by their identity, as by_array

    def _remember(self, record: Record) -> None:
        in_module = any(not isinstance(what, str) for what, _ in record.path)
        if record.node is None and not in_module and not any(origin is not None for origin in record.origins):
            self.by_array.pop(id(record.out), None)
            return
        self._hold(record, record.args)
        self._bind(record.out, record)
        if record.node is not None:
            self.by_node[record.node] = record
        record.out = record.node = None  # until it is known what is wanted: see end_at

    def _bind(self, array: Any, record: Record) -> None:
        key = id(array)

        def gone(_: Any) -> None:
            self.outputs.pop(key, None)
            self.by_array.pop(key, None)

        self.by_array[key], self.outputs[key] = record, weakref.ref(array, gone)

    def end_at(self, x: Tensor) -> None:
        """Keep the records that `x` depends on, and no others."""
        outs = {id(record): self.outputs[key]() for key, record in self.by_array.items()}
        nodes = {id(record): node for node, record in self.by_node.items()}
        found: dict[int, Record] = {}
        last = self.made(x)
        todo = [last] if last is not None else []
        while todo:
            record = todo.pop()
            if id(record) in found:
                continue
            found[id(record)] = record
            record.out, record.node = outs.get(id(record)), nodes.get(id(record))
            todo += [origin for origin in record.origins if origin is not None]
        self.records = sorted(found.values(), key=lambda record: record.number)
        for record in self.records:
            for origin, array in zip(record.origins, record.args, strict=False):
                if origin is not None and origin.out is None:
                    origin.out = array
        self.by_node = {record.node: record for record in self.records if record.node is not None}
        self.by_array = {id(record.out): record for record in self.records if record.out is not None}
        self.outputs = {}

    def _failed(self, error: BaseException) -> None:
        """Nothing: what stopped the program is its own."""


def trace() -> Trace:
    """See Trace."""
    return Trace()


def records_of(roots: list[Node]) -> list[Record]:
    """The records of a graph that nobody watched: what its nodes still know, and nothing of modules or time."""
    nodes = [node for node in collect(roots) if node.op is not None]
    made: dict[Node, Any] = {}
    for node in nodes:  # an op keeps what its formula needs: its own output, or its arguments, which others made
        if node.out is not None:
            made[node] = node.out
        for parent, kept in zip(node.parents, node.saved, strict=True):
            if parent is not None and kept is not parent:
                made[parent] = kept
    return [Record(node.op.name, node, tuple(None if kept is parent else kept for parent, kept in
                                             zip(node.parents, node.saved, strict=True)),
                   node.parents, made.get(node), node.settings) for node in nodes if node.op is not None]


def backward_again(records: list[Record], roots: list[Tensor]) -> list[tuple[Record, int]]:
    """Of a graph that a backward pass was run on, and that is still there: the same pass for the drawing alone, which fills in
    the records' gradients. Returns its order, as Trace.order; nothing where there was none, or it cannot be had again.
    """
    nodes = {record.node: record for record in records if record.node is not None}
    leaves = [parent.tensor() for node in nodes for parent in node.parents if parent is not None and parent.op is None]
    ran = bool(leaves) and all(leaf is not None and leaf._grad is not None for leaf in leaves)
    if not ran or any(root.array.size != 1 for root in roots) or any(node.hooks for node in nodes):
        return []  # a hook is the user's, who would see it called
    seen = Trace()
    seen.by_node = nodes
    autograd.observers.append(seen._backward)
    try:
        seeds = [autograd.seed_of(root, None, "draw", False) for root in roots]
        autograd.walk([root._node for root in roots if root._node is not None], seeds, None, False, True)
    except GraphError:  # what it needs was written since
        for record in records:
            record.gradient, record.flows = None, {}
        return []
    finally:
        autograd.observers.remove(seen._backward)
    return seen.order


def watched(function: Callable[[], Any], backward: bool = False) -> tuple[Trace, list[Tensor], BaseException | None]:
    """Run `function` inside a trace, and a backward pass from what it returns, which touches no `.grad`.

    Returns the trace, the Tensors that came back, and the error that stopped it, which is drawn rather than raised.
    """
    seen = Trace()
    outputs: list[Tensor] = []
    try:
        with seen:
            outputs = tensors_in(function())
            if backward:
                seeds = [autograd.seed_of(o, None, "draw", False) for o in outputs if o.requires_grad]
                autograd.walk([o._node for o in outputs if o._node is not None], seeds, None, False, True)
    except Exception as error:
        if outputs or not any(r.tensors or not r.failed for r in seen.records):  # not the forward's fault, or nothing to draw
            raise
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        warnings.warn(message(f"draw: the computation failed, and is drawn up to there: {type(error).__name__}: {first}",
                              fix="mend it; the drawing shows the op in red"), stacklevel=6)
        return seen, [], error
    return seen, outputs, None


def tensors_in(x: Any) -> list[Tensor]:
    """The Tensors in what a forward returned: one, or a tuple, list or dict of them, nested."""
    if isinstance(x, Tensor):
        return [x]
    parts = x.values() if isinstance(x, dict) else x if isinstance(x, (list, tuple)) else ()
    return [t for part in parts for t in tensors_in(part)]


def dense(g: Any, shape: tuple[int, ...] | None) -> Any:
    """A gradient as an array of `shape`, also one that the engine keeps in another form."""
    if isinstance(g, Tensor):
        g = g.array
    if isinstance(g, Lazy):
        g = g.dense(shape)
    if shape is not None and getattr(g, "shape", shape) != shape:
        g = sum_to(g, shape)
    return g


def roots_of(x: Any) -> list[Node]:
    """The nodes of the Tensors to draw, or an error that says why there is no graph."""
    roots: list[Any] = list(x) if isinstance(x, (list, tuple)) else [x]
    if not roots:
        raise GraphError(message("draw: nothing to draw", fix="pass a Tensor, or a list of Tensors"))
    for root in roots:
        if not isinstance(root, Tensor):
            raise GraphError(message(f"draw: a {type(root).__name__} has no graph",
                                     fix="pass a Tensor, a list of Tensors, a model and its inputs, or a function"))
        if root._node is not None and root._node.released:
            raise GraphError(message(
                f"draw: the graph of this Tensor of shape {root.shape} was freed by backward()",
                fix="draw it before backward, call backward(retain_graph=True), or compute it inside td.viz.trace()"))
        if root._node is None:
            raise GraphError(message(f"draw: this Tensor of shape {root.shape} was not recorded, so it has no graph",
                                     fix="compute it from Tensors with requires_grad=True, outside no_grad"))
    return [root._node for root in roots]
