"""A picture of a computation at one moment, as plain data: what every renderer reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import scope
from ..backend import to_host
from ..graph import Node
from ..nn.module import Buffer, Module, Parameter
from ..nn.rnn import _Cell
from ..tensor import Tensor
from .formulas import FORMULAS, SYMBOLS, filled
from .settings import DATA, index_text, is_readable, mean_or_sum, picks, readable_settings
from .trace import Path, Record, Trace, dense, records_of, roots_of

CHANCE = ("eps", "epsilon", "ε", "noise")  # a constant of this name is drawn as a draw of chance


@dataclass(eq=False)
class Vertex:
    """One node: an op, or a leaf at one of its uses.

    kind      "op"; "parameter" (of a model), "input" (other data), "constant", "chance", or "failed": the op that raised
    label     the op's name, the leaf's name, or the number
    symbol    what formulas call it: v3, W
    formula   of an op, with the symbols of its arguments
    value     the array, where it is known
    gradient  the array, where a backward pass found it; None: not computed
    settings  such as axis=1
    group     the innermost Group it is in, or -1
    owner     of a parameter: the number that tells it from others, so that uses can be counted; else -1
    line      the user's file and line
    options   the settings themselves
    cut       of an op: it stands outside the graph of gradients, as what is detached or computed under no_grad
    also      of an op that stands for several: the symbols of the others
    live      whether it is, or depends on, something that a gradient could go to
    marked    the end of a path that is to be highlighted
    """

    kind: str
    label: str
    shape: tuple[int, ...] = ()
    dtype: str = ""
    symbol: str = ""
    formula: str = ""
    value: Any = None
    gradient: Any = None
    settings: str = ""
    group: int = -1
    owner: int = -1
    line: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    cut: bool = False
    also: tuple[str, ...] = ()
    live: bool = True
    marked: bool = False


@dataclass(eq=False)
class Edge:
    """From a vertex to the one that uses it as argument number `position`. Two edges for a * a.

    flow     the gradient that came back along it, or None
    delayed  it leads from one step to the next, where steps are drawn as one
    cut      no gradient comes back along it: what it hands on was detached, or computed outside the graph
    """

    source: int
    target: int
    position: int
    flow: Any = None
    delayed: bool = False
    cut: bool = False


@dataclass(eq=False)
class Group:
    """One call of a module, one step of a loop, or a named part of a forward.

    kind    "module", "step" or "part"
    name    the attribute that holds the module; of a step, t
    title   the module's class, or the name again
    detail  the module's settings
    parent  the group around it, or -1
    time    of a step, and of a cell that is called over and over: which one; else None
    repeat  how many equal modules it stands for
    call    of a module that is called several times: which call, from 1; 0 if there is one only
    label   what stands for several: "× 6", "t = 3 … 18"
    """

    kind: str
    name: str
    title: str
    detail: str
    parent: int
    time: int | None = None
    call: int = 0
    full_name: str = ""
    label: str = ""
    repeat: int = 1


@dataclass
class Snapshot:
    """Vertices in the order of their computation, edges in the order of their arguments, groups parents first.

    outputs   which vertices are what was drawn
    backward  the order of the backward pass, if there was one: (vertex, -1) as one is reached, (vertex, i) as its argument
              number i gets its share
    """

    vertices: list[Vertex] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    backward: list[tuple[int, int]] = field(default_factory=list)


def snapshot(x: Tensor | Sequence[Tensor] | Trace, model: Module | None = None, outputs: Sequence[Tensor] = (),
             inputs: Sequence[tuple[str, Any]] = ()) -> Snapshot:
    """What `x` is made of: a Tensor, several, or all that a Trace has seen.

    model    whose parameters are then named by their path
    outputs  of a Trace: the Tensors to draw, with what they depend on; by default everything it has seen
    inputs   names of arrays that are data

    A leaf is one vertex per use, and so is a constant: long arrows to one shared weight make a drawing unreadable, and
    its layout slow. Data is one vertex for all uses. Take it before backward, which frees the graph, or with
    retain_graph=True, or from a Trace.
    """
    return _Builder(model, inputs).build(x, outputs)


_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class _Builder:
    def __init__(self, model: Module | None, inputs: Sequence[tuple[str, Any]]) -> None:
        self.shot = Snapshot()
        self.names: dict[int, str] = {}
        if model is not None:
            self.names.update((id(p), name) for name, p in model.named_parameters())
            self.names.update((id(b), name) for name, b in model.named_buffers())
        self.inputs = {id(_array(value)): name for name, value in inputs}
        self.place: dict[Node, int] = {}  # vertices of recorded ops
        self.data: dict[int, int] = {}  # vertices of data, by the array's identity
        self.owners: dict[int, int] = {}  # numbers of parameters
        self.group_at: dict[tuple[Any, ...], int] = {}
        self.calls: dict[tuple[int, int], list[int]] = {}  # groups by (parent, module)
        self.made: dict[int, int] = {}  # vertices by the identity of their record
        self.letters: dict[str, list[int]] = {}  # owners of each symbol, in order
        self.unnamed = 0  # data without a name
        self.traced = False
        self.totals: dict[int, Any] = {}  # gradients of leaves, by owner
        self.symbols = 0
        self.keep: list[Any] = []  # so that identities stay those of living arrays

    def build(self, x: Any, outputs: Sequence[Tensor]) -> Snapshot:
        trace = x if isinstance(x, Trace) else None
        self.traced = trace is not None
        if trace is None:
            roots = roots_of(x)
            records = records_of(roots)
            known = {root: t.data for root, t in zip(roots, x if isinstance(x, (list, tuple)) else [x], strict=True)}
            for each in records:
                if each.node in known:
                    each.out = known[each.node]
        else:
            roots = [o._node for o in outputs if o._node is not None and o._node.op is None]
            for o in outputs:
                if o.name and (record := trace.made(o)) is not None:
                    record.name = o.name
            ends = [r for r in (trace.made(o) for o in outputs) if r is not None] if outputs else [
                r for r in trace.records if r.node is not None or r.failed]
            records = _below(trace, ends or trace.records)
        made = self.made
        for record in records:
            made[id(record)] = self.vertex(record)
        used = {e.source for e in self.shot.edges}
        for root in roots:
            if root not in self.place:  # a leaf by itself
                self.place[root] = self.leaf(root, None, -1)
        found = [made[id(r)] for r in ends if id(r) in made] if trace is not None and outputs else []
        self.shot.outputs = list(dict.fromkeys([*found, *(self.place[root] for root in roots)])) or [
            i for i, v in enumerate(self.shot.vertices) if v.kind in ("op", "failed") and i not in used]
        if trace is not None:
            self.shot.backward = [(made[id(r)], i) for r, i in trace.order if id(r) in made]
        for vertex in self.shot.vertices:
            if vertex.owner in self.totals:
                vertex.gradient = self.totals[vertex.owner]
        for groups in self.calls.values():
            if len(groups) > 1:
                for k, g in enumerate(groups):
                    self.shot.groups[g].call = k + 1
        self.cells_are_steps()
        return self.shot

    # --- ops ---

    def vertex(self, record: Record) -> int:
        group = self.group(record.path)
        sources = [self.argument(record, i, group) for i in range(len(record.parents))]
        given = [(k, record.settings[k]) for k in DATA if hasattr(record.settings.get(k), "shape")]
        if record.op == "getitem":
            given += [("index", i) for i in picks(record.settings.get("index"))]
        data = [self.datum(value, self.inputs.get(id(value), k)) for k, value in given]
        at = len(self.shot.vertices)
        self.symbols += 1
        out = record.out
        node = record.node
        symbol = record.name or f"v{self.symbols}"
        symbols = [self.shot.vertices[i].symbol for i in sources]
        live = node is not None or any(self.shot.vertices[i].live for i in sources)
        settings = record.settings
        formula = FORMULAS.get(record.op)
        own = mean_or_sum(settings) if record.op == "cross_entropy" else {}
        readable = own | {k: index_text(v) if k == "index" and is_readable(v) else v for k, v in settings.items()}
        self.shot.vertices.append(Vertex(
            "failed" if record.failed else "op", record.op, tuple(node.shape) if node is not None else _shape(out),
            str(node.dtype) if node is not None else "", symbol,
            filled(formula.text, symbols, symbol, "", readable) if formula else "",
            None if out is None else to_host(out), _host(record.gradient),
            record.failed or readable_settings(settings), group, -1, record.line, {**settings, **own},
            node is None and not record.failed, live=live))
        for i, source in enumerate(sources):
            before = self.shot.vertices[source]
            cut = before.kind == "op" and before.live and record.parents[i] is None and not record.failed
            self.shot.edges.append(Edge(source, at, i, _host(record.flows.get(i)), cut=cut))
        self.shot.edges += [Edge(source, at, len(sources) + k) for k, source in enumerate(data)]
        if node is not None:
            self.place[node] = at
        return at

    def argument(self, record: Record, i: int, group: int) -> int:
        """The vertex that argument i comes from; leaves and constants get a fresh one."""
        parent = record.parents[i]
        if parent is not None and parent.op is not None and parent in self.place:
            return self.place[parent]
        if parent is not None and parent.op is None:
            return self.leaf(parent, record.flows.get(i), group, record.args[i] if i < len(record.args) else None)
        origin = record.origins[i] if i < len(record.origins) else None
        if origin is not None and id(origin) in self.made:
            return self.made[id(origin)]
        given = record.tensors[i] if i < len(record.tensors) else None
        value: Any = record.args[i] if i < len(record.args) else None
        name = (self.names.get(id(given)) or given.name) if isinstance(given, Tensor) else None
        if isinstance(value, (bool, int, float)):
            return self.constant(f"{value:.7g}", np.asarray(value), group)
        if not hasattr(value, "shape"):
            return self.add(Vertex("constant", "constant", symbol="c", group=group, live=False))
        if not record.tensors:
            return self.constant("constant", value, group)
        if isinstance(given, (Buffer, Parameter)):
            return self.constant(name or "constant", value, group)
        if name in CHANCE:
            return self.constant(name or "", value, group, "chance")
        flat: Any = value.reshape(-1)
        if name is None and flat.size and id(value) not in self.inputs and (flat == flat[0]).all():
            return self.constant(f"{float(flat[0]):.4g}", value, group)
        if name is None and not isinstance(given, Tensor):  # an array made inside, such as dropout's mask
            return self.constant("mask" if self.inside(group, "Dropout") else "constant", value, group)
        return self.datum(value, name or self.inputs.get(id(value), "input"))

    def constant(self, label: str, value: Any, group: int, kind: str = "constant") -> int:
        return self.add(Vertex(kind, label, tuple(value.shape), str(value.dtype), symbol=label, value=to_host(value),
                               group=group, live=False))

    def datum(self, value: Any, label: str) -> int:
        """Data: one vertex for all its uses, outside every module."""
        at = self.data.get(id(value))
        if at is None:
            if label == "input":
                self.unnamed += 1
                label = "input" if self.unnamed == 1 else f"input {self.unnamed}"
            at = self.data[id(value)] = self.add(Vertex("input", label, tuple(value.shape), str(value.dtype), symbol=label,
                                                        value=to_host(value), live=False))
            self.keep.append(value)
        return at

    def leaf(self, node: Node, flow: Any, group: int, value: Any = None) -> int:
        """A vertex for one use of a tensor that gradients go to; `value` is what it held then."""
        tensor = node.tensor()
        if tensor is None:
            return self.add(Vertex("input", "input", tuple(node.shape), str(node.dtype), symbol="x", group=group))
        kind = "parameter" if isinstance(tensor, Parameter) else "input"
        label = self.names.get(id(tensor)) or tensor.name or kind
        gradient = None if self.traced or tensor._grad is None else tensor.grad.data  # .grad may be of another computation
        if id(tensor) not in self.owners:
            self.owners[id(tensor)] = len(self.owners)
            self.keep.append(tensor)
        if flow is not None:  # a backward pass was watched: what all uses give is added up, whatever .grad holds by now
            owner, share = self.owners[id(tensor)], _host(flow)
            self.totals[owner] = self.totals[owner] + share if owner in self.totals else share
        if kind == "input":  # one for all its uses, as data is
            if node in self.place:
                return self.place[node]
            group = -1
        at = self.add(Vertex(kind, label, tuple(node.shape), str(node.dtype), symbol=self.symbol(label, id(tensor)),
                             value=to_host(tensor.data if value is None else value), gradient=_host(gradient), group=group,
                             owner=self.owners[id(tensor)]))
        if kind == "input":
            self.place[node] = at
        return at

    def symbol(self, label: str, identity: int) -> str:
        """The lecture's letter; where several parameters would share one, W, W₂, W₃ by their first use."""
        symbol, owner = _symbol(label), self.owners[identity]
        with_it = self.letters.setdefault(symbol, [])
        if owner not in with_it:
            with_it.append(owner)
        number = with_it.index(owner) + 1
        return symbol if number == 1 else symbol + str(number).translate(_SUBSCRIPTS)

    def add(self, vertex: Vertex) -> int:
        self.shot.vertices.append(vertex)
        return len(self.shot.vertices) - 1

    # --- groups ---

    def group(self, path: Path) -> int:
        """The group of a path, made with those around it."""
        parent = -1
        key: tuple[Any, ...] = ()
        for what, number in path:
            key = (*key, (what if isinstance(what, str) else id(what), number))
            at = self.group_at.get(key)
            if at is None:
                at = self.group_at[key] = len(self.shot.groups)
                self.shot.groups.append(self.new_group(what, number, parent))
                if isinstance(what, Module):
                    self.calls.setdefault((parent, id(what)), []).append(at)
                    self.keep.append(what)
            parent = at
        return parent

    def new_group(self, what: Any, number: int | None, parent: int) -> Group:
        around = self.shot.groups[parent].full_name + "." if parent >= 0 else ""
        name = scope.name_of((what, number))
        if isinstance(what, str):
            return Group("part" if number is None else "step", name, name, "", parent, number, 0, around + name)
        kind = type(what).__name__
        cell = -1 if isinstance(what, _Cell) else None  # its calls may turn out to be steps
        return Group("module", name, kind, what.extra_repr(), parent, cell, 0, around + name)

    def cells_are_steps(self) -> None:
        """A recurrent cell that a plain loop calls over and over: each call is a step."""
        for g in self.shot.groups:
            if g.kind == "module" and g.time == -1:
                around = self.shot.groups[g.parent] if g.parent >= 0 else None
                g.time = g.call - 1 if g.call and (around is None or around.kind != "step") else None

    def inside(self, group: int, title: str) -> bool:
        return group >= 0 and self.shot.groups[group].title == title


def _below(trace: Trace, ends: list[Record]) -> list[Record]:
    """The records that `ends` depend on, in order; those too that no gradient goes through."""
    needed = {id(record) for record in ends}
    for record in reversed(trace.records):
        if id(record) in needed:
            needed.update(id(origin) for origin in record.origins if origin is not None)
    return [record for record in trace.records if id(record) in needed]


def _array(x: Any) -> Any:
    return x.data if isinstance(x, Tensor) else x


def _host(g: Any) -> Any:
    return None if g is None else to_host(g if isinstance(g, np.ndarray) else dense(g, None))


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(getattr(x, "shape", ()))


def _symbol(label: str) -> str:
    """The lecture's letter for a parameter: W for encoder.weight, U for weight_hh_l0."""
    last = label.rsplit(".", 1)[-1]
    return SYMBOLS.get(last) or next((s for name, s in SYMBOLS.items() if last.startswith(name + "_l")), last)
