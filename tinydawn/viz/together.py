"""Formulas written together, as a lecture has them: what leads to r = σ(W_ir x + W_hr h) is a part of it, and no box."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from .formulas import CANDIDATE, STRUCTURAL
from .merge import _without
from .snapshot import Edge, Snapshot, Vertex, arguments_of, formula_of, is_transpose, subscripted

LONGEST = 66  # letters of a formula
GATES = ("r", "z", "n", CANDIDATE, "i", "f", "g", "o")
# How each op is written, and how strongly that holds together: a sum, a product, a function of something, one symbol.
SUM, MATRICES, PRODUCT, FUNCTION, SYMBOL = range(5)
WRITTEN = {"add": ("{} + {}", SUM), "sub": ("{} − {}", SUM), "mul": ("{} · {}", PRODUCT), "div": ("{} / {}", PRODUCT),
           "neg": ("−{}", PRODUCT), "tanh": ("tanh {}", FUNCTION), "sigmoid": ("σ {}", FUNCTION), "exp": ("exp {}", FUNCTION),
           "log": ("log {}", FUNCTION), "sqrt": ("√{}", FUNCTION), "relu": ("relu {}", FUNCTION), "sum": ("Σ {}", FUNCTION),
           "matmul": ("{} {}", MATRICES), "linear": ("{1} {0} + {2}", SUM)}
LINEAR = ("linear", "matmul", "add")


@dataclass
class _Term:
    """A piece of a formula, and the edges that bring in what it names."""

    text: str
    holds: int = SYMBOL
    edges: list[Edge] = field(default_factory=list)
    shared: bool = False  # others have it too: which part of a gradient goes through this one is not known

    def within(self, holds: int) -> str:
        return self.text if self.holds > holds else f"({self.text})"


def together(shot: Snapshot) -> Snapshot:
    """`shot` in which what leads to an op that has a name is written into its formula, where nothing else uses it and it is
    part of the same call. Of a recurrent cell the gates remain, and the new state, h' or h₃ or h_t."""
    named = {i for i, v in enumerate(shot.vertices) if v.kind == "op" and _has_name(v) and v.label in WRITTEN}
    writer = _Writer(shot)
    while named:
        inside = writer.inside(named)
        terms = {i: writer.whole(i, inside) for i in named}
        long = {i for i in named if len(terms[i].text) > LONGEST}
        if not long:
            return _rewritten(shot, writer, terms, inside)
        named -= long
    return shot


def without_ones(shot: Snapshot) -> Snapshot:
    """`shot` without products by the number 1 and sums of one number, which code has where others are, and without another shape
    of what nothing else uses: what goes in stands for what comes out, has its name, and the shape of a reshape."""
    into: dict[int, list[Edge]] = {}
    for e in shot.edges:
        into.setdefault(e.target, []).append(e)
    alias: dict[int, int] = {}
    for i, v in enumerate(shot.vertices):
        others = [e for e in into.get(i, ()) if not _is_one(shot.vertices[e.source])]
        alone = v.label == "sum" and v.value is not None and v.value.size == 1
        idle = alone or (v.label == "mul" and len(into.get(i, ())) == 2)
        if v.kind != "op" or not idle or _has_name(v) or len(others) != 1 or others[0].delayed or v.marked:
            continue
        before = shot.vertices[others[0].source]
        if before.kind == "op" and before.value is not None and v.value is not None and before.value.size == v.value.size:
            alias[i] = alias.get(others[0].source, others[0].source)
    alias |= _reshaped(shot, into, alias)
    if not alias:
        return shot
    gone = set(alias) | {e.source for i in alias for e in into[i] if _is_one(shot.vertices[e.source])}
    edges = [replace(e, source=alias.get(e.source, e.source)) for e in shot.edges if e.target not in alias]
    vertices = list(shot.vertices)
    for i, k in alias.items():
        symbol, also = vertices[i].symbol, (*vertices[k].also, vertices[i].symbol, *vertices[i].also)
        old, new = (vertices[k].symbol, symbol) if _has_name(vertices[i]) else (symbol, vertices[k].symbol)
        vertices[k] = replace(vertices[k], also=also, symbol=new)
        if vertices[i].label == "reshape":  # nothing else uses what went in, so all of its gradient came through here
            vertices[k] = replace(vertices[k], shape=vertices[i].shape, value=vertices[i].value, gradient=vertices[i].gradient)
        vertices = [replace(v, formula=re.sub(rf"\b{old}\b", new, v.formula)) for v in vertices]
    return _without(replace(shot, vertices=vertices), gone, set(), edges, alias, {})


def _reshaped(shot: Snapshot, into: dict[int, list[Edge]], others: dict[int, int]) -> dict[int, int]:
    """Ops that give what they are made of another shape, where that has a name or is drawn: by what they are made of."""
    users: dict[int, set[int]] = {}
    for e in shot.edges:
        users.setdefault(e.source, set()).add(e.target)
    found: dict[int, int] = {}
    for i, v in enumerate(shot.vertices):
        if v.kind != "op" or v.label != "reshape" or len(into.get(i, ())) != 1 or not (_has_name(v) or i in shot.outputs):
            continue
        k = found.get(into[i][0].source, into[i][0].source)
        before = shot.vertices[k]
        if before.kind == "op" and not _has_name(before) and users[into[i][0].source] == {i} and k not in others and not v.marked:
            found[i] = k
    return found


def _is_one(v: Vertex) -> bool:
    return v.kind == "constant" and not v.shape and v.value is not None and float(v.value) == 1.0


def _has_name(v: Vertex) -> bool:
    return not re.fullmatch(r"v\d+", v.symbol)


class _Writer:
    def __init__(self, shot: Snapshot) -> None:
        self.shot = shot
        self.into: dict[int, list[Edge]] = {}
        self.out: dict[int, list[Edge]] = {}
        for e in shot.edges:
            self.into.setdefault(e.target, []).append(e)
            self.out.setdefault(e.source, []).append(e)
        self.symbols = {i: self.symbol(i) for i, v in enumerate(shot.vertices) if v.kind == "op" and _has_name(v)}

    def symbol(self, i: int) -> str:
        """The state after a step is another one than that before it."""
        v = self.shot.vertices[i]
        if v.symbol not in ("h", "c") or v.group < 0 or (not self.shot.groups[v.group].title.endswith(("Cell", "GRU", "LSTM")) \
                and self.step(v.group) is None):
            return v.symbol
        step = self.step(v.group)
        return f"{v.symbol}'" if step is None else f"{v.symbol}{step}"

    def step(self, group: int) -> str | None:
        """What the step around a group adds to a letter: ₃, or _t where all steps are drawn as one."""
        while group >= 0:
            g = self.shot.groups[group]
            if g.time is not None:
                return subscripted("", g.time) if not g.label else "_t"
            group = g.parent
        return None

    def inside(self, named: set[int]) -> set[int]:
        """The ops that are written into those of a name."""
        vertices = self.shot.vertices
        found = {i for i, v in enumerate(vertices) if v.kind == "op" and i not in self.shot.outputs and not _has_name(v)
                 and not v.marked and (v.label in WRITTEN or (v.label in STRUCTURAL and len(self.into.get(i, ())) == 1))}
        while True:
            gone = {i for i in found if not self.fits(i, found, named)}
            if not gone:
                return found
            found -= gone

    def fits(self, i: int, found: set[int], named: set[int]) -> bool:
        v, users = self.shot.vertices[i], list({e.target: None for e in self.out.get(i, ())})
        if not users or not all(u in found or u in named for u in users):
            return False
        parts = all(self.shot.vertices[u].label in STRUCTURAL for u in users)
        if len(users) > 1 and not (parts and v.label in (*LINEAR, *STRUCTURAL)):
            return False
        return parts or all(self.shot.vertices[u].group in (v.group, self.call_of(i)) for u in users)

    def call_of(self, i: int) -> int:
        """Of an op that is all a layer does, where that layer is called; else the op's own group."""
        group = self.shot.vertices[i].group
        g = self.shot.groups[group] if group >= 0 else None
        alone = g is not None and g.kind == "module" and g.time is None and not g.label and sum(
            v.kind == "op" and v.group == group for v in self.shot.vertices) == 1
        return g.parent if g is not None and alone else group

    def whole(self, i: int, inside: set[int]) -> _Term:
        v = self.shot.vertices[i]
        return self.op(i, inside, v.symbol if v.symbol in GATES else "", "")

    def op(self, i: int, inside: set[int], gate: str, at: str) -> _Term:
        """What an op computes; `gate` is whose part of the weights is meant, `at` which step of a sequence: ₃, or _t."""
        v = self.shot.vertices[i]
        places: dict[int, list[Edge]] = {}
        for e in self.into.get(i, ()):
            places.setdefault(e.position, []).append(e)
        if v.label in STRUCTURAL:
            return self.part(v, places[0], inside, gate, at)
        terms = [self.term(places[k], inside, gate, at) for k in sorted(places)]
        edges = [e for term in terms for e in term.edges]
        shared = any(t.shared for t in terms) or len({e.target for e in self.out.get(i, ())}) > 1
        form, holds = WRITTEN[v.label]
        if v.label == "linear":
            product = f"{terms[1].text} {terms[0].within(PRODUCT)}"
            if len(terms) == 3:
                return _Term(f"{product} + {terms[2].text}", SUM, edges, shared)
            return _Term(product, MATRICES, edges, shared)
        if v.label == "matmul":
            a, b = terms
            weight = bool(b.edges) and self.shot.vertices[b.edges[0].source].kind == "parameter"
            if weight and b.text.endswith("ᵀ") and b.holds == SYMBOL:  # rows times Wᵀ: what a lecture writes as W times a column
                a, b = replace(b, text=b.text[:-1]), a
            factors = [factor.text if factor.holds == MATRICES else factor.within(PRODUCT) for factor in (a, b)]
            return _Term(" ".join(factors), MATRICES, edges, shared)
        if v.label == "mul" and len({e.source for k in places for e in places[k]}) == 1:
            return _Term(f"{terms[0].within(FUNCTION)}²", FUNCTION, terms[0].edges, terms[0].shared)
        if holds == FUNCTION:
            brackets = v.label == "sigmoid" or terms[0].holds < FUNCTION
            text = form.format(f"({terms[0].text})").replace(" (", "(", 1) if brackets else form.format(terms[0].text)
            return _Term(text, holds, edges, shared)
        right = holds if v.label in ("sub", "div") else holds - 1
        return _Term(form.format(*(t.within(right if k else holds - 1) for k, t in enumerate(terms))), holds, edges, shared)

    def part(self, v: Vertex, edges: list[Edge], inside: set[int], gate: str, at: str) -> _Term:
        """What only moves entries: a transpose, one step of a sequence, a gate's rows of the weights."""
        if v.label == "permute":
            term = self.term(edges, inside, gate, at)
            return replace(term, text=f"{term.text}ᵀ") if term.holds == SYMBOL and is_transpose(v) else term
        index = v.options.get("index") if v.label == "getitem" else None
        first = index[0] if isinstance(index, tuple) and index else index
        if isinstance(first, int) and not isinstance(first, bool):
            step = self.step(v.group)
            return self.term(edges, inside, gate, step if step == "_t" else subscripted("", first))
        term = self.term(edges, inside, gate, at)
        if gate and isinstance(index, (tuple, slice)):
            letter = "n" if gate == CANDIDATE else gate
            return replace(term, text=re.sub(r"\b([Wb])_([ih])h", rf"\1_\2{letter}", term.text))
        return term

    def term(self, edges: list[Edge], inside: set[int], gate: str, at: str) -> _Term:
        """What one argument is called, or what it is made of."""
        late = [e for e in edges if e.delayed]
        e = late[0] if late else edges[0]
        v = self.shot.vertices[e.source]
        if late:
            return _Term(f"{v.symbol}_t−1", edges=late)
        if e.source in inside:
            return self.op(e.source, inside, gate, at)
        if v.kind == "constant" and not v.shape and v.value is not None:
            return _Term(v.label)
        symbol = self.symbols.get(e.source, v.symbol)
        if v.kind == "input" and " … " in symbol:
            symbol = "x_t"
        if v.kind in ("input", "op"):
            symbol += at
        return _Term(symbol, edges=[e])


def _rewritten(shot: Snapshot, writer: _Writer, terms: dict[int, _Term], inside: set[int]) -> Snapshot:
    vertices = list(shot.vertices)
    edges = [e for e in shot.edges if e.target not in terms and e.target not in inside]
    for i, symbol in writer.symbols.items():
        vertices[i] = replace(vertices[i], symbol=symbol)
    for i, sources in arguments_of(shot).items():
        vertices[i] = replace(vertices[i], formula=formula_of(vertices, i, sources))
    for i, term in terms.items():
        own: dict[tuple[int, bool], Edge] = {}
        for e in term.edges:
            flow = None if term.shared and e.target in inside else e.flow
            before = own.get((e.source, e.delayed))
            if before is None:
                own[e.source, e.delayed] = replace(e, target=i, position=len(own), flow=flow)
            elif flow is not None and before.flow is not None:
                own[e.source, e.delayed] = replace(before, flow=before.flow + flow)
        edges += own.values()
        vertices[i] = replace(vertices[i], formula=term.text, whole=len(term.edges) > 0 and _swallows(writer, i, inside))
    still: set[int] = {e.source for e in edges}
    used = {e.source for e in shot.edges}
    gone = inside | {i for i, v in enumerate(vertices) if v.kind not in ("op", "failed") and i in used and i not in still}
    backward = [(i, k) for i, k in shot.backward if i not in terms or k < 0 or not vertices[i].whole]
    edges.sort(key=lambda e: (e.target, e.position))
    return _without(replace(shot, vertices=vertices, backward=backward), gone, set(), edges, {}, {})


def _swallows(writer: _Writer, i: int, inside: Iterable[int]) -> bool:
    return any(e.source in inside for e in writer.into.get(i, ()))

