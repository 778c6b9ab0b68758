"""A computation number by number, as micrograd draws it: for tiny examples."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import GraphError, message
from ..graph import table
from .formulas import FORMULAS, filled
from .snapshot import Edge, Snapshot, Vertex
from .wrong import mark_wrong

MOST = 2000  # numbers
_ENTRYWISE = frozenset({
    "add", "sub", "mul", "div", "maximum", "minimum", "pow", "where", "neg", "exp", "log", "log1p", "expm1", "sqrt", "tanh",
    "relu", "abs", "sin", "cos", "sigmoid", "erf", "erfc", "sign", "eq", "ne", "gt", "ge", "lt", "le"})


def scalars(shot: Snapshot) -> Snapshot:
    """`shot` with a vertex for every number. Raises GraphError for ops that are not sums and products of numbers, and for
    more than 2,000 numbers."""
    return _Splitter(shot).split()


class _Splitter:
    def __init__(self, shot: Snapshot) -> None:
        self.shot = shot
        self.new = Snapshot(groups=shot.groups)
        self.places: list[np.ndarray] = []  # per old vertex: the new vertices of its entries, in its shape

    def split(self) -> Snapshot:
        arguments: list[list[int]] = [[] for _ in self.shot.vertices]
        for e in sorted(self.shot.edges, key=lambda e: e.position):
            arguments[e.target].append(e.source)
        for i, v in enumerate(self.shot.vertices):
            if v.kind in ("op", "failed"):
                self.places.append(self.op(v, [self.places[j] for j in arguments[i]]))
            else:
                self.places.append(self.leaf(v))
            if len(self.new.vertices) > MOST:
                raise GraphError(message(f"draw: depth='scalar' would draw more than {MOST:,} numbers",
                                         fix="a smaller example, or depth='ops'"))
        self.new.outputs = [int(k) for i in self.shot.outputs for k in self.places[i].reshape(-1)]
        if self.shot.backward:
            self.backward()
        mark_wrong(self.new)
        return self.new

    def backward(self) -> None:
        """Every rule once more, for numbers: newest first, each after all that uses it."""
        arguments: list[list[Edge]] = [[] for _ in self.new.vertices]
        for e in self.new.edges:
            arguments[e.target].append(e)
        for k in range(len(self.new.vertices) - 1, -1, -1):
            v, edges = self.new.vertices[k], arguments[k]
            values = [self.new.vertices[e.source].value for e in edges]
            if v.kind != "op" or v.gradient is None or v.value is None or any(x is None for x in values):
                continue
            self.new.backward.append((k, -1))
            for i, e in enumerate(edges):
                source = self.new.vertices[e.source]
                if (source.kind == "op" and source.live) or source.owner >= 0:
                    e.flow = _rule(v, i, values)
                    self.new.backward.append((k, i))

    def leaf(self, v: Vertex) -> np.ndarray:
        if not v.shape:
            return np.array(self.add(v))

        def entry(at: tuple[int, ...]) -> int:
            owner = v.owner if v.owner < 0 else MOST * v.owner + int(np.ravel_multi_index(at, v.shape))
            return self.add(replace(v, label=f"{v.label}{list(at)}", symbol=f"{v.symbol}{list(at)}", shape=(),
                                    value=_entry(v.value, at), gradient=_entry(v.gradient, at), owner=owner))

        return self.filled(v.shape, entry)

    def op(self, v: Vertex, args: list[np.ndarray]) -> np.ndarray:
        name, options = v.label, v.options
        if name in _ENTRYWISE:
            spread = [np.broadcast_to(a, v.shape) for a in args]
            return self.filled(v.shape, lambda at: self.made(name, [int(a[at]) for a in spread], v, at))
        if name == "reshape":
            return args[0].reshape(v.shape)
        if name == "permute":
            return args[0].transpose(options["axes"])
        if name == "broadcast_to":
            return np.broadcast_to(args[0], v.shape)
        if name == "flip":
            return np.flip(args[0], options["axis"])
        if name in ("clone", "detach", "astype"):
            return args[0]
        if name == "getitem":
            return np.asarray(args[0][options["index"]])
        if name == "cat":
            return np.concatenate(args, axis=options["axis"])
        if name in ("sum", "amax", "amin"):
            axis = options.get("axis")
            axes = tuple(range(args[0].ndim)) if axis is None else tuple(
                a % args[0].ndim for a in (axis if isinstance(axis, tuple) else (axis,)))
            rows = np.moveaxis(args[0], axes, range(-len(axes), 0)).reshape(*v.shape, -1)
            sign = {"sum": "Σ", "amax": "max", "amin": "min"}[name]
            return self.filled(v.shape, lambda at: self.made(sign, [int(k) for k in rows[at]], v, at))
        if name in ("matmul", "linear") and args[0].ndim == args[1].ndim == 2:
            right = args[1].T if name == "linear" else args[1]
            bias = args[2:] if name == "linear" else []
            return self.filled(v.shape, lambda at: self.product(
                args[0][at[0]], right[:, at[1]], [int(b[at[1]]) for b in bias], v, at))
        raise GraphError(message(f"draw: depth='scalar' cannot take {name} apart",
                                 fix="use unfused=True, so that it is made of sums and products, or depth='ops'"))

    def product(self, row: np.ndarray, column: np.ndarray, more: list[int], v: Vertex, at: tuple[int, ...]) -> int:
        """One entry of a matrix product: its products, and their sum."""
        terms = []
        for a, b in zip(row.tolist(), column.tolist(), strict=True):
            x, y = (self.new.vertices[k].value for k in (a, b))
            value = None if x is None or y is None else np.asarray(x * y)
            part = replace(v, label="mul", value=value, gradient=_entry(v.gradient, at), shape=(), settings="")
            terms.append(self.connected(part, [a, b]))
        if len(terms) == 1 and not more:
            return terms[0]
        return self.made("Σ", [*terms, *more], v, at)

    def made(self, name: str, args: list[int], v: Vertex, at: tuple[int, ...]) -> int:
        return self.connected(replace(v, label=name, value=_entry(v.value, at), gradient=_entry(v.gradient, at), shape=(),
                                      settings=""), args)

    def connected(self, vertex: Vertex, args: list[int]) -> int:
        vertex.symbol = f"v{sum(1 for u in self.new.vertices if u.kind == 'op') + 1}"
        symbols = [self.new.vertices[a].symbol for a in args]
        formula = FORMULAS.get(vertex.label)
        vertex.formula = filled(formula.text, symbols, vertex.symbol, "", {}) if formula else " + ".join(symbols)
        k = self.add(vertex)
        self.new.edges += [Edge(a, k, i) for i, a in enumerate(args)]
        return k

    def add(self, vertex: Vertex) -> int:
        self.new.vertices.append(vertex)
        return len(self.new.vertices) - 1

    @staticmethod
    def filled(shape: tuple[int, ...], make: Any) -> np.ndarray:
        out = np.empty(shape, int)
        for at in np.ndindex(*shape):
            out[at] = make(at)
        return out


def _rule(v: Vertex, i: int, values: list[Any]) -> Any:
    """The gradient of argument i of one op on numbers, by the rule of the table."""
    if v.label == "Σ":
        return v.gradient
    if v.label in ("max", "min"):
        return v.gradient * (values[i] == v.value) / sum(x == v.value for x in values)
    rule = table[v.label].vjp[i]
    return None if rule is None else np.asarray(rule(v.gradient, v.value, *values))


def _entry(a: Any, at: tuple[int, ...]) -> Any:
    return None if a is None else np.asarray(np.asarray(a)[at])
