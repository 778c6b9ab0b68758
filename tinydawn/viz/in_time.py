"""Steps that hand on their own states: what only puts them together for the next layer, and takes them apart there, is left out.

A recurrent layer joins the states of all steps into one array; the next one multiplies that with a matrix, and takes row t
of it at step t. Drawn as it is computed that is a knot. Here it is followed which step each row comes from, and the arrow is
from there. What a loop uses as a whole, as attention uses the encoder's states, stays one box that all of them lead to.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from .snapshot import Edge, Snapshot, Vertex

MOVES = frozenset({"cat", "getitem", "reshape", "permute", "flip", "broadcast_to", "clone"})
BY_ROW = frozenset({"matmul", "linear", "add", "mul", "sub"})


@dataclass(frozen=True)
class _Rows:
    """What each row along one axis is made of; axis -1: all of it of the same."""

    axis: int
    rows: tuple[frozenset[int], ...]

    def all(self) -> frozenset[int]:
        return frozenset().union(*self.rows)


def in_time(shot: Snapshot) -> Snapshot:
    """`shot` in which states go from step to step straight."""
    if not any(g.kind == "step" for g in shot.groups):
        return shot
    return _Followed(shot).straight()


class _Followed:
    def __init__(self, shot: Snapshot) -> None:
        self.shot = shot
        self.into: dict[int, list[Edge]] = defaultdict(list)
        self.uses: dict[int, list[int]] = defaultdict(list)
        for e in sorted(shot.edges, key=lambda e: e.position):
            self.into[e.target].append(e)
            self.uses[e.source].append(e.target)
        self.step = [self.step_of(v.group) for v in shot.vertices]
        self.loops = {g.parent for g in shot.groups if g.kind == "step"}
        self.of: dict[int, _Rows] = {}
        self.gone: set[int] = set()

    def step_of(self, group: int) -> int:
        """The step a group is in, or -1."""
        while group >= 0 and self.shot.groups[group].kind != "step":
            group = self.shot.groups[group].parent
        return group

    def straight(self) -> Snapshot:
        shot = self.shot
        outputs = set(shot.outputs)
        products = {i for i, v in enumerate(shot.vertices) if self.is_product(i, v) and i not in outputs}
        self.follow(products, outputs)
        memories = self.memories()
        if memories:
            self.follow(products, outputs | memories)
        return self.rewritten()

    def follow(self, products: set[int], seen: set[int]) -> None:
        """Find what is not to be seen, and of what its rows are made. Those of `seen` are to be, in any case."""
        self.gone, self.of = set(products), {}
        for i, v in enumerate(self.shot.vertices):
            if v.kind != "op":
                continue
            rows = self.followed(i, v)
            if rows is None:
                self.gone.discard(i)
                continue
            self.of[i] = rows
            made_of = rows.all()
            if i not in seen and self.step[i] < 0 and v.label in MOVES and any(self.step[j] >= 0 or j in seen for j in made_of):
                self.gone.add(i)

    def is_product(self, i: int, v: Vertex) -> bool:
        """Whether it is computed for all steps of a loop at once, and for these alone: W x + b of every x."""
        if v.kind != "op" or v.label not in BY_ROW or self.step[i] >= 0 or v.group not in self.loops or not self.uses[i]:
            return False
        waiting, seen = [i], set()
        while waiting:
            for j in self.uses[waiting.pop()]:
                inside = self.step[j] >= 0 and self.shot.groups[self.step[j]].parent == v.group
                if not inside and not (self.shot.vertices[j].label in BY_ROW | MOVES and self.step[j] < 0 and self.uses[j]):
                    return False
                if not inside and j not in seen:
                    seen.add(j)
                    waiting.append(j)
        return True

    def given(self, j: int) -> _Rows:
        """What vertex j hands on: of what is not seen its rows, else itself."""
        if j in self.gone and j in self.of:
            return self.of[j]
        return _Rows(-1, (frozenset({j}),))

    def followed(self, i: int, v: Vertex) -> _Rows | None:
        """Of which vertices the rows of an op are made; None where that cannot be said, or where it is more than that."""
        sources = [e.source for e in self.into[i]]
        if v.label not in MOVES and i not in self.gone:
            return None
        if v.label == "cat":
            return self.joined(v, sources)
        if not sources:
            return None
        source, rows = sources[0], self.given(sources[0])
        before = self.shot.vertices[source]
        if i in self.gone:  # a product: its weights are the step's
            data = [j for j in sources if not self.only_weights(j)]
            if len(data) != 1:
                return None
            rows = self.given(data[0])
            if rows.axis >= 0 and (len(v.shape) != len(self.shot.vertices[data[0]].shape) or rows.axis == len(v.shape) - 1):
                return _Rows(-1, (rows.all(),))
            return rows
        if rows.axis < 0:
            return rows
        axis, n = rows.axis, len(rows.rows)
        if v.label == "clone":
            return rows
        if v.label == "flip":
            axes = v.options.get("axis")
            flipped = axis in {a % len(before.shape) for a in (axes if isinstance(axes, tuple) else (axes,)) if a is not None}
            return _Rows(axis, rows.rows[::-1]) if flipped else rows
        if v.label == "permute":
            return _Rows(list(v.options["axes"]).index(axis), rows.rows)
        if v.label == "reshape":
            ahead = prod(before.shape[:axis])
            for a, size in enumerate(v.shape):
                if size == n and prod(v.shape[:a]) == ahead:
                    return _Rows(a, rows.rows)
        if v.label == "getitem":
            return _picked(rows, v.options.get("index"))
        return _Rows(-1, (rows.all(),))

    def only_weights(self, j: int) -> bool:
        v = self.shot.vertices[j]
        return v.kind in ("parameter", "constant") or (v.kind == "op" and self.step[j] < 0 and bool(self.into[j]) and all(
            self.only_weights(e.source) for e in self.into[j]))

    def joined(self, v: Vertex, sources: list[int]) -> _Rows | None:
        axis = v.options.get("axis", 0) % max(1, len(v.shape))
        parts = [self.given(j) for j in sources]
        if any(p.axis not in (-1, axis) for p in parts):  # side by side, as the two directions of a layer
            along = {(p.axis, len(p.rows)) for p in parts if p.axis >= 0}
            if len(along) != 1:
                return None
            other, n = along.pop()
            return _Rows(other, tuple(frozenset().union(*(p.rows[k] if p.axis >= 0 else p.all() for p in parts))
                                      for k in range(n)))
        rows: list[frozenset[int]] = []
        for j, p in zip(sources, parts, strict=True):
            n = self.shot.vertices[j].shape[axis]
            rows += p.rows if p.axis == axis and len(p.rows) == n else [p.all()] * n
        return _Rows(axis, tuple(rows))

    def memories(self) -> set[int]:
        """What several steps of a loop use whole, and is made of several steps of another: where it was joined."""
        found = set()
        for i in self.gone:
            whole = {self.step[j] for j in self.uses[i] if self.step[j] >= 0 and not self.picks(j)}
            if len(whole) > 1 and len({self.step[j] for j in self.of[i].all() if self.step[j] >= 0}) > 1:
                while self.shot.vertices[i].label != "cat" and self.into[i] and self.into[i][0].source in self.gone:
                    i = self.into[i][0].source
                found.add(i)
        return found

    def picks(self, j: int) -> bool:
        return self.shot.vertices[j].label == "getitem"

    def rewritten(self) -> Snapshot:
        shot, edges = self.shot, []
        finals: dict[int, set[int]] = defaultdict(set)  # where what a step hands on arrives
        first: dict[int, list[Edge]] = defaultdict(list)
        fresh: list[tuple[int, Edge]] = []
        for e in shot.edges:
            if e.target in self.gone:
                if e.source not in self.gone:
                    first[e.source].append(e)
                continue
            if e.source not in self.gone:
                edges.append(e)
                continue
            own = self.of.get(e.target) if shot.vertices[e.target].label in MOVES else None
            rows = own if own is not None and len(self.into[e.target]) == 1 else self.of[e.source]
            for j in sorted(rows.all()):
                if shot.vertices[j].kind != "constant":
                    finals[j].add(e.target)
                    fresh.append((len(edges), Edge(j, e.target, e.position, None, e.delayed, e.cut)))
                    edges.append(fresh[-1][1])
        for place, e in fresh:  # the whole of a gradient that came back one way only
            if len(finals[e.source]) == 1 and len(first[e.source]) == 1:
                edges[place] = replace(e, flow=first[e.source][0].flow)
        gone = set(self.gone)
        while True:  # and what led to nothing else, such as the weights of a product
            used = {e.source for e in edges if e.target not in gone}
            more = {i for i, v in enumerate(shot.vertices) if i not in gone and i not in used and i not in shot.outputs
                    and self.uses[i] and all(j in gone for j in self.uses[i]) and v.kind != "failed"}
            if not more:
                break
            gone |= more
        if not gone:
            return shot
        edges = [e for e in edges if e.source not in gone and e.target not in gone]
        kept = [i for i in range(len(shot.vertices)) if i not in gone]
        at = {i: k for k, i in enumerate(kept)}
        return replace(shot, vertices=[shot.vertices[i] for i in kept],
                       edges=[replace(e, source=at[e.source], target=at[e.target]) for e in edges],
                       outputs=[at[i] for i in shot.outputs], backward=[(at[i], k) for i, k in shot.backward if i in at])


def _picked(rows: _Rows, index: Any) -> _Rows:
    """The rows that an index takes."""
    axis, parts = rows.axis, list(index) if isinstance(index, tuple) else [index]
    if any(p is None or p is Ellipsis or not isinstance(p, (int, slice)) for p in parts):
        return _Rows(-1, (rows.all(),))
    before = sum(isinstance(p, int) for p in parts[:axis])
    if axis >= len(parts):
        return _Rows(axis - before, rows.rows)
    part = parts[axis]
    if isinstance(part, int):
        return _Rows(-1, (rows.rows[part],))
    return _Rows(axis - before, rows.rows[part])
