"""A picture of a computation at one moment, as plain data: what every renderer reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import scope
from ..backend import to_host
from ..graph import Node
from ..nn import Buffer, Module, Parameter
from ..nn.rnn import _Cell, _GRUStep
from ..tensor import Tensor
from .formulas import FORMULAS, MODULES, OF_LAYERS, STRUCTURAL, SYMBOLS, filled, of_gru
from .numbers import constant_text
from .settings import DATA, index_text, is_readable, mean_or_sum, picks, readable_settings
from .trace import Path, Record, Trace, backward_again, dense, records_of, roots_of
from .wrong import mark_wrong

CHANCE = ("eps", "epsilon", "ε", "noise")  # a constant of this name is drawn as a draw of chance
# What a leaf that gradients go to is called where it is a weight, though it belongs to no module: W, w₁, W_hh, U, V, θ; and
# what stands beside such a one, while alone it may be anything.
_WEIGHT = re.compile(r"([WwUVθφ]|theta|phi|weights?|bias(es)?)([_.]\w+|[\d₀-₉′']*)")
_BIAS = re.compile(r"[bc]([_.]\w+|[\d₀-₉′']*)")


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
    wrong     "value", "gradient": which of them is not finite, though nobody meant it; also where several are drawn as one.
              "below": there is a -inf among the values that nobody meant
    expected  what it should have been, by draw(expected=), where it is something else
    whole     of an op: its formula has those of others in it, and what flows through them is not told one by one
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
    wrong: frozenset[str] = frozenset()
    whole: bool = False
    expected: str = ""


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
    formula of a module that a lecture has a formula for, in its own options; lines
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
    formula: str = ""


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


def subscripted(name: str, number: int) -> str:
    """W₂ of W and 2."""
    return name + str(number).translate(_SUBSCRIPTS)


def is_transpose(v: Vertex) -> bool:
    """Whether a permute swaps the last two axes, and nothing else."""
    axes = list(v.options.get("axes", ()))
    n = len(axes)
    return n >= 2 and axes == [*range(n - 2), n - 1, n - 2]


class _Builder:
    def __init__(self, model: Module | Sequence[Module] | None, inputs: Sequence[tuple[str, Any]]) -> None:
        self.shot = Snapshot()
        self.names: dict[int, str] = {}  # of parameters and buffers: by the first module that has them
        models = [model] if isinstance(model, Module) else list({id(m): m for m in model or ()}.values())
        for each in reversed(models):
            self.names.update((id(p), name) for name, p in each.named_parameters())
            self.names.update((id(b), name) for name, b in each.named_buffers())
        self.inputs: dict[int, str] = {}
        for name, value in inputs:  # what is given as query, key and value at once is none of them alone
            self.inputs[id(_array(value))] = name if self.inputs.get(id(_array(value)), name) == name else "x"
        given = [(name, _array(value)) for name, value in inputs]
        self.ids = [(name, array) for name, array in given if hasattr(array, "dtype") and array.dtype.kind in "iub"]
        self.place: dict[Node, int] = {}  # vertices of recorded ops
        self.data: dict[int, int] = {}  # vertices of data, by the array's identity
        self.owners: dict[int, int] = {}  # numbers of parameters
        self.group_at: dict[tuple[Any, ...], int] = {}
        self.calls: dict[tuple[int, int], list[int]] = {}  # groups by (parent, module)
        self.made: dict[int, int] = {}  # vertices by the identity of their record
        self.letters: dict[str, list[int]] = {}  # owners of each symbol, in order
        self.unnamed: list[int] = []  # vertices of data without a name
        self.loose: list[int] = []  # vertices of leaves that belong to no module
        self.arguments: dict[int, list[int]] = {}  # of ops, in their order
        self.traced = False
        self.asked = False  # a gradient, of something that goes in
        self.totals: dict[int, Any] = {}  # gradients of leaves, by owner
        self.symbols = 0
        self.called: dict[int, tuple[str, Any]] = {}  # names of arrays and numbers, by identity
        self.keep: list[Any] = []  # so that identities stay those of living arrays

    def build(self, x: Any, outputs: Sequence[Tensor]) -> Snapshot:
        trace = x if isinstance(x, Trace) else None
        self.traced = trace is not None
        if trace is None:
            roots = roots_of(x)
            records = records_of(roots)
            known = {root: t.array for root, t in zip(roots, x if isinstance(x, (list, tuple)) else [x], strict=True)}
            for each in records:
                if each.node in known:
                    each.out = known[each.node]
            order = backward_again(records, list(x) if isinstance(x, (list, tuple)) else [x])
        else:
            order, self.called = trace.order, trace.names
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
        self.shot.backward = [(made[id(r)], i) for r, i in order if id(r) in made]
        for vertex in self.shot.vertices:
            if vertex.owner in self.totals:
                vertex.gradient = self.totals[vertex.owner]
        for groups in self.calls.values():
            if len(groups) > 1:
                for k, g in enumerate(groups):
                    self.shot.groups[g].call = k + 1
        self.cells_are_steps()
        if not self.asked and not any(v.live for v in self.shot.vertices):  # nothing asks for a gradient, or is kept from one
            for v in self.shot.vertices:
                v.cut = False
        self.find_weights()
        self.name_data()
        self.name_attention()
        self.write_formulas()
        mark_wrong(self.shot)
        return self.shot

    # --- ops ---

    def vertex(self, record: Record) -> int:
        group = self.group(record.path)
        sources = [self.argument(record, i, group) for i in range(len(record.parents))]
        given = [(k, record.settings[k]) for k in DATA if hasattr(record.settings.get(k), "shape")]
        if record.op == "getitem":
            given += [("index", i) for i in picks(record.settings.get("index"))]
        data = []
        for k, value in given:
            source = self.mask_source(value) if k == "mask" else None
            name = self.inputs.get(id(value)) or self.same(value) or k
            data.append(self.datum(value, name, shared=True) if source is None else source)
        at = len(self.shot.vertices)
        self.symbols += 1
        out = record.out
        node = record.node
        live = node is not None or any(self.shot.vertices[i].live for i in sources)
        settings = record.settings
        own = mean_or_sum(settings) if record.op == "cross_entropy" and not record.failed else {}
        self.arguments[at] = [*sources, *data] if record.op in ("getitem", "embedding") else sources
        self.shot.vertices.append(Vertex(
            "failed" if record.failed else "op", record.op, tuple(node.shape) if node is not None else _shape(out),
            str(node.dtype) if node is not None else "", record.name or f"v{self.symbols}", "",
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
        self.asked = self.asked or (isinstance(given, Tensor) and given.requires_grad)
        value: Any = record.args[i] if i < len(record.args) else None
        name = (self.names.get(id(given)) or given.name) if isinstance(given, Tensor) else None
        if name is None and id(given) in self.called:
            return self.datum(np.asarray(value), self.called[id(given)][0], of=given)
        if isinstance(value, (bool, int, float)):
            return self.constant(constant_text(value), np.asarray(value), group)
        if not hasattr(value, "shape"):
            return self.add(Vertex("constant", "constant", symbol="c", group=group, live=False))
        if value.dtype == bool and name is None and not isinstance(given, (Buffer, Parameter)):
            named = self.inputs.get(id(value)) or self.same(value)
            if named:
                return self.datum(value, named)
            if not record.tensors or isinstance(given, Tensor) or not self.in_attention(group):
                return self.constant("mask", value, group)
            source = self.mask_source(value)
            return self.datum(value, "mask", shared=True) if source is None else source
        if isinstance(given, (Buffer, Parameter)):
            return self.constant(name or "constant", value, group)
        if name in CHANCE:
            return self.constant(name or "", value, group, "chance")
        flat: Any = value.reshape(-1)
        if name is None and flat.size and id(value) not in self.inputs and (flat == flat[0]).all():
            seen = record.tensors or not value.ndim  # else the array may be data all the same, and nobody knows
            return self.constant(f"{float(flat[0]):.4g}" if seen else "constant", value, group)
        if name is None and record.tensors and not isinstance(given, Tensor):  # an array made inside, such as dropout's mask
            return self.constant("mask" if self.inside(group, "Dropout") else "constant", value, group)
        return self.datum(value, name or self.inputs.get(id(value), ""))

    def constant(self, label: str, value: Any, group: int, kind: str = "constant") -> int:
        return self.add(Vertex(kind, label, tuple(value.shape), str(value.dtype), symbol=label, value=to_host(value),
                               group=group, live=False))

    def mask_source(self, value: Any) -> int | None:
        """The vertex that a mask inside a layer was made of: what has its entries, or their opposites, in whatever shape."""
        mask = to_host(value)
        mask = np.squeeze(mask if mask.dtype == bool else np.isneginf(mask))
        for at in reversed(range(len(self.shot.vertices))):
            v = self.shot.vertices[at]
            if v.kind in ("op", "input") and v.value is not None and v.value.dtype == bool and v.value.size == mask.size > 1:
                other = np.squeeze(v.value)
                if np.array_equal(mask, other) or np.array_equal(mask, ~other):
                    return at
        return None

    def in_attention(self, group: int) -> bool:
        while group >= 0:
            if self.shot.groups[group].title == "MultiheadAttention":
                return True
            group = self.shot.groups[group].parent
        return False

    def same(self, value: Any) -> str:
        """The name of the ids that were given, of which these are a copy."""
        return next((name for name, array in self.ids if np.array_equal(to_host(array), to_host(value))), "")

    def datum(self, value: Any, label: str, shared: bool = False, of: Any = None) -> int:
        """Data: one vertex for all its uses, outside every module. Without a label it is named when all is known; a `shared`
        one, such as ids, is told from others of its name. `of`: what it was made of, anew at each use."""
        key = id(value if of is None else of)
        at = self.data.get(key)
        if at is None:
            at = self.data[key] = self.add(Vertex("input", label, tuple(value.shape), str(value.dtype), symbol=label,
                                                        value=to_host(value), live=False))
            if not label or (shared and id(value) not in self.inputs):
                self.unnamed.append(at)
            self.keep.append(value)
        return at

    def find_weights(self) -> None:
        """Leaves that are weights, although they are no Parameters: by what stands beside them, or by their name.

        Where numbers that ask for no gradient stand beside those that do, and no module has Parameters of its own, then whoever
        wrote it told the two apart, and what asks for one and has a name is to be learned. Ids and targets of classes can ask
        for none, so they tell nothing.
        """
        vertices = self.shot.vertices
        told = any(v.kind == "input" and not v.live and v.value.dtype.kind == "f" for v in vertices)
        if told and not any(v.kind == "parameter" for v in vertices):
            for i in self.loose:
                if i not in self.unnamed:
                    vertices[i].kind = "parameter"
            return
        for pattern in (_WEIGHT, _BIAS):
            for i in self.loose:
                if pattern.fullmatch(vertices[i].label):
                    vertices[i].kind = "parameter"
            if not any(v.kind == "parameter" for v in vertices):
                return

    def name_data(self) -> None:
        """Data that has no name of its own is called by the step that reads it first: x₃, ids₃; the rest is x, or x₁, x₂, ..."""
        shot = self.shot
        first: dict[int, int] = {}
        for e in shot.edges:
            first.setdefault(e.source, e.target)
        taken = {v.label for i, v in enumerate(shot.vertices) if v.kind == "input" and i not in self.unnamed}
        loose: dict[str, list[int]] = {}
        for i in self.unnamed:
            v = shot.vertices[i]
            t = self.time(shot.vertices[first[i]].group) if i in first else None
            name = subscripted(v.label or "x", t) if t is not None else ""
            if not name or name in taken:
                loose.setdefault(v.label, []).append(i)
            else:
                taken.add(name)
                v.label = v.symbol = name
        for label, alike in loose.items():
            many = len(alike) > 1 or (label or "input") in taken
            for k, i in enumerate(alike):
                name = subscripted(label or "x", k + 1) if many else label or "input"
                shot.vertices[i].label = shot.vertices[i].symbol = name
        for v in shot.vertices:
            if v.kind == "input" and v.label == "input":
                v.symbol = "x"

    def time(self, group: int) -> int | None:
        """The step that a group is in."""
        while group >= 0:
            g = self.shot.groups[group]
            if g.time is not None:
                return g.time
            group = g.parent
        return None

    def name_attention(self) -> None:
        """What attention is given is called Q, K and V, or all three where they are one array."""
        shot = self.shot
        projections: dict[int, list[int]] = {}
        for at, sources in self.arguments.items():
            v = shot.vertices[at]
            if not self.inside(v.group, "MultiheadAttention") or not re.fullmatch(r"v\d+", v.symbol):
                continue
            index = v.options.get("index") if v.label == "getitem" else None
            if isinstance(index, int) and not isinstance(index, bool) and index < 3:
                v.symbol = "QKV"[index]
                self.call(sources[0], "Q, K, V")
            elif v.label == "linear":
                projections.setdefault(v.group, []).append(at)
        for three in projections.values():
            if len(three) == 3:
                for at, letter in zip(three, "QKV", strict=True):
                    shot.vertices[at].symbol = letter
        for at, sources in self.arguments.items():
            if shot.vertices[at].label != "attention":
                continue
            for source, letter in zip(sources, ("Q", "K", "V") if len(sources) > 1 else ("Q, K, V",), strict=False):
                self.call(source, letter)

    def call(self, at: int, name: str) -> None:
        """Name an op, or what it has its entries from, unless it has a name."""
        while self.shot.vertices[at].label in STRUCTURAL and len(self.arguments.get(at, ())) == 1:
            at = self.arguments[at][0]
        if re.fullmatch(r"v\d+", self.shot.vertices[at].symbol):
            self.shot.vertices[at].symbol = name

    def write_formulas(self) -> None:
        """The formula of every op, once all that goes into it has its symbol."""
        for at, sources in self.arguments.items():
            self.shot.vertices[at].formula = formula_of(self.shot.vertices, at, sources)

    def leaf(self, node: Node, flow: Any, group: int, value: Any = None) -> int:
        """A vertex for one use of a tensor that gradients go to; `value` is what it held then."""
        tensor = node.tensor()
        if tensor is None:
            return self.add(Vertex("input", "input", tuple(node.shape), str(node.dtype), symbol="x", group=group))
        own = self.names.get(id(tensor)) or tensor.name or ""
        loose = not isinstance(tensor, Parameter)
        kind = "input" if loose else "parameter"
        label = own or kind
        gradient = None if self.traced or tensor._grad is None else tensor.grad.array  # .grad may be of another computation
        if id(tensor) not in self.owners:
            self.owners[id(tensor)] = len(self.owners)
            self.keep.append(tensor)
        if flow is not None:  # a backward pass was watched: what all uses give is added up, whatever .grad holds by now
            owner, share = self.owners[id(tensor)], _host(flow)
            self.totals[owner] = self.totals[owner] + share if owner in self.totals else share
        if loose:  # one for all its uses, as data is
            if node in self.place:
                return self.place[node]
            group = -1
        symbol = self.symbol(label, id(tensor), group) if kind == "parameter" else label
        at = self.add(Vertex(kind, label, tuple(node.shape), str(node.dtype), symbol=symbol,
                             value=to_host(tensor.array if value is None else value), gradient=_host(gradient), group=group,
                             owner=self.owners[id(tensor)]))
        if loose:
            self.place[node] = at
            self.loose.append(at)
            if label == "input":
                self.unnamed.append(at)
                self.shot.vertices[at].label = ""
        return at

    def symbol(self, label: str, identity: int, group: int) -> str:
        """The lecture's letter; where several parameters would share one, W, W₂, W₃ by their first use."""
        layer = self.shot.groups[group].title if group >= 0 else ""
        symbol, owner = OF_LAYERS.get(layer, {}).get(label.rsplit(".", 1)[-1]) or _symbol(label), self.owners[identity]
        with_it = self.letters.setdefault(symbol, [])
        if owner not in with_it:
            with_it.append(owner)
        number = with_it.index(owner) + 1
        return symbol if number == 1 else subscripted(symbol, number)

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
        formula = MODULES.get(kind, "")
        if isinstance(what, _GRUStep):
            formula = of_gru(what.z_convention == "notes", what.reset_after, not isinstance(what, _Cell))
        if getattr(what, "bias", True) is None or getattr(what, "bias", True) is False:
            formula = formula.replace(" + b", "").replace(" + β", "")
        return Group("module", name, kind, what.extra_repr(), parent, cell, 0, around + name, formula=formula)

    def cells_are_steps(self) -> None:
        """A recurrent cell that a plain loop calls over and over: each call is a step."""
        for g in self.shot.groups:
            if g.kind == "module" and g.time == -1:
                around = self.shot.groups[g.parent] if g.parent >= 0 else None
                g.time = g.call - 1 if g.call and (around is None or around.kind != "step") else None

    def inside(self, group: int, title: str) -> bool:
        return group >= 0 and self.shot.groups[group].title == title


def arguments_of(shot: Snapshot) -> dict[int, list[int]]:
    """Of every op what goes into it, in order; of what comes a step late, and what came before the first, the first."""
    found: dict[int, dict[int, int]] = {}
    for e in shot.edges:
        if shot.vertices[e.target].kind == "op":
            found.setdefault(e.target, {}).setdefault(e.position, e.source)
    return {at: [places[k] for k in sorted(places)] for at, places in found.items()}


def formula_of(vertices: list[Vertex], at: int, sources: Sequence[int]) -> str:
    """What an op computes, with the symbols of what goes into it."""
    v, symbols = vertices[at], [vertices[i].symbol for i in sources]
    formula = FORMULAS.get(v.label)
    if formula is None:
        return ""
    text = formula.text
    if v.label == "cat":
        return f"[{'; '.join(symbols if len(symbols) <= 4 else [*symbols[:2], '…', symbols[-1]])}]"
    if v.label == "permute" and is_transpose(v):
        text = "{0}ᵀ"
    if v.label == "getitem" and len(symbols) > 1:
        text = "{0}[{1}]"
    readable = v.options | {k: index_text(x) for k, x in v.options.items() if k == "index" and is_readable(x)}
    return filled(text, symbols, v.symbol, "", readable)


def _below(trace: Trace, ends: list[Record]) -> list[Record]:
    """The records that `ends` depend on, in order; those too that no gradient goes through."""
    needed = {id(record) for record in ends}
    for record in reversed(trace.records):
        if id(record) in needed:
            needed.update(id(origin) for origin in record.origins if origin is not None)
    return [record for record in trace.records if id(record) in needed]


def _array(x: Any) -> Any:
    return x.array if isinstance(x, Tensor) else x


def _host(g: Any) -> Any:
    return None if g is None else to_host(g if isinstance(g, np.ndarray) else dense(g, None))


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(getattr(x, "shape", ()))


def _symbol(label: str) -> str:
    """The lecture's letter for a parameter: W for encoder.weight, U for weight_hh_l0."""
    last = label.rsplit(".", 1)[-1]
    return SYMBOLS.get(last) or next((s for name, s in SYMBOLS.items() if last.startswith(name + "_l")), last)
