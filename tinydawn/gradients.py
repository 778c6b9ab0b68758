"""Gradients that are not arrays yet.

A formula may return, in place of an array, a gradient that is cheaper to keep or to add up than to write out. There are
five kinds, Rows, Picked, Part, Outer and Summed, and each says the same two things of itself:

    dense(shape)              this gradient as an array, for an argument of that shape
    join(total, node, owned)  what the gradient of `node` is once this one is added to `total` (None: nothing has come yet),
                              or None if this kind knows no cheaper way than as an array

`owned` holds the nodes whose gradient is an array that the pass has made itself, and may add to in place.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import gpu
from .backend import Array, as_index, column_sums, index_like, like, product, to_host, xp_of

SMALL_TABLE = 16384  # entries of such a product's first factor


class Lazy:
    """A gradient that is not an array yet: see the head of this file."""

    __slots__ = ("dtype", "g")
    shape = None  # unlike that of any argument, so the backward pass looks closer

    dtype: Any
    g: Array

    def dense(self, shape: Any = None) -> Array:
        raise NotImplementedError

    def join(self, total: Any, node: Any, owned: set[Any]) -> Any:
        return None


class Rows(Lazy):
    """The gradient (V, ...) of a table of which only some rows were used: row ids[i] is g[i], all others are 0.

    Each id is named once, in no order; ids stay on the host. This is where the gradient of an embedding is kept: a leaf
    holds it so until somebody reads its `.grad`, and the optimizers that can, update from the rows alone.
    """

    __slots__ = ("ids", "of", "there")

    def __init__(self, ids: Array, g: Array, of: tuple[int, ...], there: Array | None = None) -> None:
        self.ids, self.g, self.of, self.dtype = ids, g, of, g.dtype
        self.there = there  # the ids on the device where g is, if they were needed there

    def dense(self, shape: Any = None) -> Array:
        total = xp_of(self.g).zeros(self.of, dtype=self.dtype)
        total[like(self.ids, total) if self.there is None else self.there] = self.g
        return total

    def join(self, total: Any, node: Any, owned: set[Any]) -> Any:
        """Rows stay rows at a leaf, among themselves."""
        if node.op is not None or not (total is None or isinstance(total, Rows)):
            return None
        return self if total is None else total + self

    def __add__(self, other: Any) -> Any:
        """With other rows: rows. With an array: an array."""
        if isinstance(other, Rows):
            ids = xp_of().concatenate([to_host(self.ids), to_host(other.ids)])
            return sum_rows(ids, xp_of(self.g).concatenate([self.g, other.g]), self.of)
        total = other.copy()
        total[like(self.ids, total)] += self.g
        return total

    __radd__ = __add__
    __array_ufunc__ = None  # array + rows comes here


class Picked(Lazy):
    """The gradient of a table of shape `of` whose rows were picked by ids, before it is added up by id: parts (ids, g, chosen).

    At the end of a pass it becomes Rows: a table that was used at T steps is sorted and summed once, not T times.
    """

    __slots__ = ("of", "parts")

    def __init__(self, ids: Array, g: Array, of: tuple[int, ...], chosen: Array | None = None) -> None:
        self.parts, self.of, self.g, self.dtype = [(ids, g, chosen)], of, g, g.dtype

    def rows(self) -> Rows:
        """What it comes to, as Rows: each id once."""
        if len(self.parts) == 1:
            return sum_rows(*self.parts[0][:2], self.of, self.parts[0][2])
        host, xp = xp_of(), xp_of(self.parts[0][1])
        parts = [(to_host(ids), g) if chosen is None else (to_host(ids).take(chosen), g.take(like(chosen, g), axis=0))
                 for ids, g, chosen in self.parts]
        all_ids = host.concatenate([ids for ids, _ in parts])
        sums = [s for ids, g in parts if (s := sum_small(ids, g, self.of)) is not None]
        if len(sums) < len(parts):
            return sum_rows(all_ids, xp.concatenate([g for _, g in parts]), self.of)
        used, total = host.flatnonzero(host.bincount(as_index(all_ids))), sums[0]
        for s in sums[1:]:
            total += s
        return Rows(used, total[used], self.of)

    def dense(self, shape: Any = None) -> Array:
        return self.rows().dense()

    def join(self, total: Any, node: Any, owned: set[Any]) -> Any:
        """Put together at a leaf, among themselves."""
        if node.op is not None or not (total is None or isinstance(total, Picked)):
            return None
        if total is None:
            return self
        total.parts += self.parts
        return total

    def __add__(self, other: Any) -> Any:
        return self.rows() + other

    __radd__ = __add__
    __array_ufunc__ = None  # array + this comes here


class Part(Lazy):
    """The gradient g of x[index]: it is added into the gradient of x in place.

    So T slices of a sequence cost T slices, not T times the sequence.
    """

    __slots__ = ("index",)

    def __init__(self, g: Array, index: Any) -> None:
        self.g, self.index, self.dtype = g, index, g.dtype

    def dense(self, shape: Any = None) -> Array:
        total = xp_of(self.g).zeros(shape or (), dtype=self.dtype)
        self.add_to(total)
        return total

    def join(self, total: Any, node: Any, owned: set[Any]) -> Any:
        if node not in owned:
            owned.add(node)
            room = xp_of(self.g).zeros(node.shape, dtype=node.dtype)
            before = total.base if isinstance(total, Outers) else total
            if before is not None:
                room += before.dense() if isinstance(before, Lazy) else before
            if isinstance(total, Outers):
                total.base = room
            else:
                total = room
        self.add_to(total.base if isinstance(total, Outers) else total)
        return total

    def add_to(self, total: Array) -> None:
        """total[index] += g; entries that the index names twice are added up."""
        index = self.index[0] if isinstance(self.index, tuple) and len(self.index) == 1 else self.index
        if not may_repeat(index):
            place = index_like(index, total)
            if type(total) is np.ndarray or not gpu.runs_on(total) or _chooses(place):
                total[place] += self.g
            else:  # `+=` of a part writes it once more into the whole; and of one entry only `...` gives a view
                place = place if isinstance(place, tuple) else (place,)
                part = total[place if Ellipsis in place else (*place, ...)]
                part += self.g
        elif not isinstance(index, tuple) and index.size and self.g.size:  # rows of a table: as an embedding's
            ids = to_host(index).reshape(-1).astype("intp") % len(total)  # counted from the front
            g = self.g.reshape(index.size, *total.shape[1:])
            sums = sum_small(ids, g, total.shape)
            if sums is not None:
                total += sums
                return
            rows = sum_rows(ids, g, total.shape)
            total[like(rows.ids, total)] += rows.g
        else:
            # Many are added up in float64: one after the other, a million float32 numbers lose their third digit.
            many = 4 * self.g.size > total.size and total.dtype.itemsize < 8
            room = xp_of(total).zeros(total.shape, dtype="float64") if many else total
            xp_of(total).add.at(room, index_like(index, total), self.g)
            if many:
                total += room.astype(total.dtype)


class Outer(Lazy):
    """A gradient xᵀ g still in its factors, x (..., N, I) and g (..., N, J): a sum of outer products.

    A weight that is used at T steps gets T of them. The first is computed at once, the others together in one product,
    which saves T - 2 arrays of the weight's size, and the adding up.
    """

    __slots__ = ("x",)

    def __init__(self, x: Array, g: Array) -> None:
        self.x, self.g, self.dtype = x, g, g.dtype

    def dense(self, shape: Any = None) -> Array:
        """Of the argument's shape, or where that was broadcast, of the shape that it was broadcast to."""
        return sum_outer([self])

    def join(self, total: Any, node: Any, owned: set[Any]) -> Any:
        if total is None or self.x.shape[:-2] != node.shape[:-2]:  # the second: its axes were broadcast, and are to be summed
            return None
        if not isinstance(total, Outers):
            return Outers(total, [self])
        total.terms.append(self)
        return total


class Summed(Lazy):
    """The gradient of a bias, on a device: the sum over the rows of g (N, D). Those of several steps are added up at once."""

    __slots__ = ("parts",)

    def __init__(self, g: Array) -> None:
        self.g, self.parts, self.dtype = g, [g], g.dtype

    def dense(self, shape: Any = None) -> Array:
        return column_sums(self.g if len(self.parts) == 1 else xp_of(self.g).concatenate(self.parts))

    def join(self, total: Any, node: Any, owned: set[Any]) -> Any:
        """At a leaf, among themselves."""
        if node.op is not None or not (total is None or isinstance(total, Summed)):
            return None
        if total is None:
            return self
        total.parts += self.parts
        return total

    def __add__(self, other: Any) -> Any:
        return self.dense() + other

    __radd__ = __add__
    __array_ufunc__ = None  # array + this comes here


class Outers:
    """A gradient `base`, and to be added to it the products of `terms`."""

    __slots__ = ("base", "terms")

    def __init__(self, base: Any, terms: list[Outer]) -> None:
        self.base, self.terms = base, terms

    def __add__(self, g: Array) -> Outers:
        return Outers(self.base + g, self.terms)

    def __iadd__(self, g: Array) -> Outers:
        self.base += g
        return self

    def dense(self) -> Array:
        return self.base + sum_outer(self.terms).astype(self.base.dtype, copy=False)


def sum_outer(terms: list[Outer]) -> Array:
    """xᵀ g summed over the terms, as one product of their rows put together."""
    if len(terms) == 1:
        x, g = terms[0].x.swapaxes(-1, -2), terms[0].g
        return x * g if g.shape[-2] == 1 else product(x, g)  # one row each: no sum, and a product of many such is slow
    xp = xp_of(terms[0].g)
    return xp.concatenate([t.x for t in terms], axis=-2).swapaxes(-1, -2) @ xp.concatenate([t.g for t in terms], axis=-2)


def _chooses(index: Any) -> bool:
    """Whether arrays are in an index, so that what it names is a copy, not a view."""
    return any(hasattr(i, "dtype") for i in (index if isinstance(index, tuple) else (index,)))


def may_repeat(index: Any) -> bool:
    """Whether an index may name one entry twice: integer arrays may, slices, numbers and masks cannot."""
    return any(getattr(i, "dtype", None) is not None and i.dtype.kind in "iu" and i.ndim > 0
               for i in (index if isinstance(index, tuple) else (index,)))


def sum_small(ids: Array, g: Array, of: tuple[int, ...]) -> Array | None:
    """Rows g (N, D) added up by id into a small table (V, D), as a product with one-hot rows; None where that will not do."""
    if g.ndim != 2 or of[0] * len(ids) > SMALL_TABLE or xp_of(g) is not xp_of():
        return None
    host = xp_of()
    hits = host.arange(of[0], dtype="int16")[:, None] == ids.astype("int16")  # small integers compare faster
    sums = hits.astype(g.dtype) @ host.ascontiguousarray(g)
    return sums if host.isfinite(sums).all() else None  # 0 times inf or NaN, in a row of another id, is NaN


def _sum_runs(g: Array, order: Array, starts: Array, used: Array) -> tuple[Array, Array]:
    """Of g (N, ...), on a device, the sums of the rows order[starts[r]:starts[r + 1]], one per run r; and `used`, the ids of the
    runs, there. One copy, and one kernel.

    A long run is cut into pieces, which are added up in the same way: the sum of many numbers one after the other is not exact.
    """
    host, pieces = xp_of(), 64
    levels = []
    while True:
        ends = host.append(starts[1:], len(order))
        cuts = -(-(ends - starts) // pieces)  # into how many pieces each run is cut
        first = host.cumsum(cuts) - cuts  # of each run the number of its first piece
        within = host.arange(cuts.sum()) - host.repeat(first, cuts)
        levels.append((order, host.append(host.repeat(starts, cuts) + pieces * within, len(order))))
        if len(within) == len(starts):
            break
        order, starts = host.arange(len(within)), first
    numbers = like(host.concatenate([part.astype("int64") for level in (*levels, (used,)) for part in level]), g)
    total, at = xp_of(g).ascontiguousarray(g).reshape(len(g), g.size // len(g)), 0
    for order, starts in levels:
        begin, at = at + len(order), at + len(order) + len(starts)
        out = xp_of(g).empty((len(starts) - 1, total.shape[1]), dtype=g.dtype)
        total = gpu.elementwise("sum_runs", total, numbers[begin - len(order):begin], numbers[begin:at], total.shape[1], out)
    return total.reshape(len(total), *g.shape[1:]), numbers[at:]


def sum_rows(ids: Array, g: Array, of: tuple[int, ...], chosen: Array | None = None) -> Rows:
    """Rows g (N, ...) added up by id (N,); of the rows `chosen` (M,) only, if given.

    Sorted, equal ids are runs. The longest runs come first, so those that have a k-th row are a slice, and one pass adds
    the k-th rows of all of them; the few that are very long are summed one by one. NumPy's add.at and add.reduceat go row
    by row. Of a small table the sum is a product with one-hot rows, and takes a tenth to a half of that time.
    """
    host = xp_of()  # NumPy: ids are sorted and counted on the host, where they come from, and no device is waited for
    on_device = gpu.runs_on(g)
    if chosen is None and g.ndim == 2 and not on_device and of[0] * len(ids) <= SMALL_TABLE:
        hits = host.arange(of[0], dtype="int16")[:, None] == ids.astype("int16")
        used = host.flatnonzero(hits.any(axis=1))
        sums = like(hits.take(used, axis=0).astype(g.dtype), g) @ xp_of(g).ascontiguousarray(g)
        if xp_of(g) is not host or host.isfinite(sums).all():  # 0 times inf or NaN, in a row of another id, is NaN
            return Rows(used, sums, of)
    ids = ids if chosen is None else ids.take(chosen)
    order = host.argsort(ids.astype("int16") if of[0] <= 32768 else ids, kind="stable")  # 16-bit integers: a radix sort
    ids = ids.take(order)
    order = order if chosen is None else chosen.take(order)  # positions in g
    starts = host.flatnonzero(host.concatenate([host.ones(min(1, len(ids)), bool), ids[1:] != ids[:-1]]))
    if on_device and g.size:
        used = ids.take(starts)
        sums, there = _sum_runs(g, order, starts, used)
        return Rows(used, sums, of, there)
    counts = host.diff(starts, append=len(ids))
    longest = host.argsort(-counts, kind="stable")
    starts, counts = starts.take(longest), counts.take(longest)
    total = g.take(like(order.take(starts), g), axis=0)
    k, runs = 1, int((counts > 1).sum())
    while runs > 16 and k < 64:
        total[:runs] += g.take(like(order.take(starts[:runs] + k), g), axis=0)
        k += 1
        runs = int((counts > k).sum())
    for i in range(runs):
        start = int(starts[i])
        rest = g.take(like(order[start + k:start + int(counts[i])], g), axis=0)
        total[i] += column_sums(rest.reshape(len(rest), -1)).reshape(total.shape[1:])
    return Rows(ids.take(starts), total, of)
