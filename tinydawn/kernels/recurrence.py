"""What the recurrent kernels share, on the CPU and on a device: see rnn.py for the shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..backend import Array, column_sums, like, xp_of
from ..gradients import Outer
from .linear import as_rows, room_for, times


def order(steps: int, reverse: bool) -> Iterator[tuple[int, int, int]]:
    """The steps in the order they are taken: t, and where the states before and after it stand."""
    return ((t, t + 1, t) for t in range(steps - 1, -1, -1)) if reverse else ((t, t, t + 1) for t in range(steps))


def start(x: Array, h: Array, w_ih: Array, mask: Any, reverse: bool, rows: int) -> tuple[Array, Array, list[Any]]:
    """The inputs' products (T, B, G H), room for all states with the initial one in place, and per step which rows rest."""
    steps, batch = x.shape[:2]
    gates = (as_rows(x) @ w_ih.T).reshape(steps, batch, w_ih.shape[0])
    states = xp_of(x).empty((steps + rows, batch, h.shape[-1]), dtype=gates.dtype)
    states[steps if reverse else 0] = h
    resting = [None] * steps if mask is None else [None if m.all() else like(np.flatnonzero(~m), x) for m in mask[:, :, 0]]
    return gates, states, resting


def recurrent(h: Array, w_hh: Array, steps: int) -> Callable[[Array], Array]:
    """U h as a function of h (B, H), always into the same array. For several steps Uᵀ is laid out once in the order in which the
    product goes through it: of few rows that is up to twice as fast, and what it is added to has the same order."""
    xp = xp_of(h)
    if steps < 4 or xp is not np:
        room = room_for(h, w_hh)
        return lambda state: times(state, w_hh, room)
    turned, product = xp.ascontiguousarray(w_hh.T), xp.empty((len(h), len(w_hh)), dtype=xp.result_type(h, w_hh))
    return lambda state: xp.matmul(state, turned, out=product)


def weights_of(needs: Sequence[bool], x: Array, d: Array, d_h: Array, states: Array, w_ih: Array, reverse: bool) -> list[Any]:
    """The gradients of x, w_ih, w_hh and the biases, each where needed, from those of all projections.

    d and d_h (T, B, G H) are those of W x + b and U h + c; one array, where the two are merely added.
    """
    steps = len(d)
    before = as_rows(states[1:steps + 1] if reverse else states[:steps])
    rows, rows_h = as_rows(d), as_rows(d_h)
    sums: list[Any] = [None, None]
    if any(needs[3:]):
        sums[0] = column_sums(rows)
        sums[1] = sums[0] if d is d_h else column_sums(rows_h)
    return [(rows @ w_ih).reshape(x.shape) if needs[0] else None,
            Outer(rows, as_rows(x)) if needs[1] else None,
            Outer(rows_h, before) if needs[2] else None,
            *[total if need else None for total, need in zip(sums, needs[3:], strict=False)]]


def needs_of(needs: Sequence[bool], states: int) -> tuple[bool, ...]:
    """`needs` without those of the initial states: x, w_ih, w_hh, biases."""
    return (needs[0], *needs[1 + states:])
