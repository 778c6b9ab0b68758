"""Recurrent layers over a whole sequence as one node each. See fuse.py for what a kernel and its twin are.

What a kernel gains over a loop of steps: one product for the projections of all inputs, one for the gradient of the
recurrent weights, and gate arithmetic in place, in memory that stays in the cache.

Shapes: T time, B batch, I input size, H hidden size, G gates (RNN 1, GRU 3, LSTM 4). Every kernel and twin takes
x (T, B, I), the initial state (B, H), for an LSTM two of them, w_ih (G H, I), w_hh (G H, H) and perhaps two biases
(G H,), and returns all states as one array (T + 1, B, H) in the order of time: the initial one stands first, or last
when the sequence is read in `reverse`. An LSTM's has one row more, (T + 2, B, H): the last cell.

mask (T, B, 1) is True while a sequence goes on; after that its state stands still. None: all go on to the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import functional as T
from .. import ops, scope
from ..backend import Array, like, xp_of
from ..gpu import runs_on
from ..gradients import sum_outer
from ..graph import named
from . import rnn_on_device
from .fuse import fuse, kernels
from .recurrence import needs_of, order, recurrent, start, weights_of

# --- one step, and a loop of steps: the twins ---------------------------------------------------------------------


def rnn_step(gx: Any, gh: Any, h: Any, nonlinearity: str = "tanh") -> Any:
    """h' = tanh(W x + b + U h + c), from gx = W x + b and gh = U h + c, all (B, H)."""
    return ops.tanh(gx + gh) if nonlinearity == "tanh" else ops.relu(gx + gh)


def gru_step(gx: Any, gh: Any, h: Any) -> Any:
    """One step of a GRU from its three input and three hidden projections, gx and gh (B, 3H), and the state h (B, H):

    r = sigmoid(gx_r + gh_r), z = sigmoid(gx_z + gh_z), n = tanh(gx_n + r * gh_n), h' = (1 - z) * n + z * h
    """
    xr, xz, xn = T.chunk(gx, 3, axis=-1)
    hr, hz, hn = T.chunk(gh, 3, axis=-1)
    r = named(ops.sigmoid(xr + hr), "r")
    z = named(ops.sigmoid(xz + hz), "z")
    n = named(ops.tanh(xn + r * hn), "n")
    return named((1 - z) * n + z * h, "h")


def lstm_step(gx: Any, gh: Any, h: tuple[Any, Any]) -> tuple[Any, Any]:
    """One step of an LSTM from gx = W x + b and gh = U h + c (B, 4H), in the order i, f, g, o:

    c' = sigmoid(f) * c + sigmoid(i) * tanh(g),  h' = sigmoid(o) * tanh(c'). Source: Hochreiter and Schmidhuber 1997.
    """
    i, f, g, o = T.chunk(gx + gh, 4, axis=-1)  # (B, H) each
    i, f, o = named(ops.sigmoid(i), "i"), named(ops.sigmoid(f), "f"), named(ops.sigmoid(o), "o")
    c = named(f * h[1] + i * named(ops.tanh(g), "g"), "c")
    return named(o * ops.tanh(c), "h"), c


def unroll(step: Callable[[Any, Any], Any], gx: Any, state: Any, mask: Any, reverse: bool) -> Any:
    """All states of step(gx[t], state) -> state over gx (T, B, G H), packed as the kernels return them."""
    states, last = loop(step, gx, state, mask, reverse)
    return T.stack([*states, last[1]] if isinstance(last, tuple) else states)


def loop(step: Callable[[Any, Any], Any], gx: Any, state: Any, mask: Any, reverse: bool) -> tuple[list[Any], Any]:
    """All T + 1 hidden states in the order of time, (B, H) each, and the last state: of an LSTM with its cell."""
    states: list[Any] = [None] * (gx.shape[0] + 1)
    for t in scope.steps(gx.shape[0], reverse=reverse):
        before, after = (t + 1, t) if reverse else (t, t + 1)
        states[before] = _hidden(state)
        new = step(gx[t], state)
        state = new if mask is None or mask[t].all() else _blend(mask[t], new, state)
        states[after] = _hidden(state)
    return states, state


def _hidden(state: Any) -> Any:
    return state[0] if isinstance(state, tuple) else state


def _blend(mask: Any, new: Any, old: Any) -> Any:
    """The new state where the sequence goes on, else the old."""
    if isinstance(new, tuple):
        return tuple(ops.where(like(mask, n), n, o) for n, o in zip(new, old, strict=True))
    return ops.where(like(mask, new), new, old)


def _projections(x: Any, w_ih: Any, w_hh: Any, bias: tuple[Any, ...]) -> tuple[Any, Callable[[Any], Any]]:
    """W x + b for all steps, and U h + c as a function of h."""
    linear = kernels["linear"][1]
    return linear(x, w_ih, *bias[:1]), lambda h: linear(h, w_hh, *bias[1:])


def _rnn_twin(x: Any, h: Any, w_ih: Any, w_hh: Any, *bias: Any, mask: Any, reverse: bool, nonlinearity: str) -> Any:
    gx, recur = _projections(x, w_ih, w_hh, bias)
    return unroll(lambda gx, h: rnn_step(gx, recur(h), h, nonlinearity), gx, h, mask, reverse)


def _gru_twin(x: Any, h: Any, w_ih: Any, w_hh: Any, *bias: Any, mask: Any, reverse: bool) -> Any:
    gx, recur = _projections(x, w_ih, w_hh, bias)
    return unroll(lambda gx, h: gru_step(gx, recur(h), h), gx, h, mask, reverse)


def _lstm_twin(x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, *bias: Any, mask: Any, reverse: bool) -> Any:
    gx, recur = _projections(x, w_ih, w_hh, bias)
    return unroll(lambda gx, h: lstm_step(gx, recur(h[0]), h), gx, (h, c), mask, reverse)


# --- what the kernels share ---------------------------------------------------------------------------------------


def sigmoid_(z: Array, xp: Any) -> Array:
    """1 / (1 + exp(-z)), written over z. Where exp overflows, 1 / inf is the right answer: callers hush the warning."""
    if z.shape[-1] > 1:
        xp.negative(z, out=z)
    else:  # NumPy 2.4's negative is wrong when it writes one column of a matrix of four (float64: of eight)
        xp.multiply(z, -1, out=z)
    xp.exp(z, out=z)
    z += 1
    return xp.reciprocal(z, out=z)


# --- RNN ----------------------------------------------------------------------------------------------------------


def _rnn(x: Array, h: Array, w_ih: Array, w_hh: Array, *bias: Array, mask: Any, reverse: bool, nonlinearity: str,
         cache: dict[str, Any]) -> Array:
    if type(x) is not np.ndarray and runs_on(x, h, w_ih, w_hh, *bias):
        return rnn_on_device.rnn(x, h, w_ih, w_hh, *bias, mask=mask, reverse=reverse, nonlinearity=nonlinearity, cache=cache)
    xp = xp_of(x)
    gates, states, resting = start(x, h, w_ih, mask, reverse, 1)
    if bias:
        gates += bias[0] + bias[1]
    recur = recurrent(h, w_hh, len(x))
    for t, before, after in order(len(gates), reverse):
        new = xp.add(recur(states[before]), gates[t], out=states[after])
        new = xp.tanh(new, out=new) if nonlinearity == "tanh" else xp.maximum(new, 0, out=new)
        if resting[t] is not None:
            new[resting[t]] = states[before][resting[t]]
    cache["states"], cache["resting"] = states, resting
    return states


def _rnn_backward(g: Array, y: Array, x: Array, h: Array, w_ih: Array, w_hh: Array, *bias: Array, mask: Any, reverse: bool,
                  nonlinearity: str, cache: dict[str, Any], needs: Sequence[bool]) -> Any:
    if "rests" in cache:
        return rnn_on_device.rnn_backward(g, y, x, h, w_ih, w_hh, *bias, mask=mask, reverse=reverse, nonlinearity=nonlinearity,
                                          cache=cache, needs=needs)
    xp = xp_of(g)
    states, resting = cache["states"], cache["resting"]
    d = xp.empty((len(x), *h.shape), dtype=g.dtype)
    dh = xp.zeros(h.shape, dtype=g.dtype)
    first = len(x) - 1 if reverse else 0
    if nonlinearity == "relu":  # h is never below 0; of a NaN the slope is 1, so that it stays to be seen
        bent, bits = states != 0, f"i{g.dtype.itemsize}"
        d_bits, dh_bits = d.view(bits), dh.view(bits)  # a product of bits, of which 0 times any is 0: see backend.kept
    for t, _, after in reversed(list(order(len(x), reverse))):
        dh += g[after]
        s, dt, rest = states[after], d[t], resting[t]
        if nonlinearity == "tanh":
            xp.multiply(s, s, out=dt)
            xp.subtract(1, dt, out=dt)
            dt *= dh
        else:
            xp.multiply(dh_bits, bent[after], out=d_bits[t])
        if rest is not None:
            dt[rest] = 0
            still = dh[rest]
        if needs[1] or t != first:  # else nobody asks for the gradient of the initial state
            xp.matmul(dt, w_hh, out=dh)
        if rest is not None:
            dh[rest] = still
    dh += g[-1 if reverse else 0]
    dx, *others = weights_of(needs_of(needs, 1), x, d, d, states, w_ih, reverse)
    return dx, dh, *others


rnn = fuse("rnn", _rnn, _rnn_backward, _rnn_twin)

# --- GRU ----------------------------------------------------------------------------------------------------------


def _gru(x: Array, h: Array, w_ih: Array, w_hh: Array, *bias: Array, mask: Any, reverse: bool, cache: dict[str, Any]) -> Array:
    if type(x) is not np.ndarray and runs_on(x, h, w_ih, w_hh, *bias):
        return rnn_on_device.gru(x, h, w_ih, w_hh, *bias, mask=mask, reverse=reverse, cache=cache)
    xp, H = xp_of(x), h.shape[-1]
    gates, states, resting = start(x, h, w_ih, mask, reverse, 1)
    candidates = xp.empty((len(x), *h.shape), dtype=gates.dtype)  # U h + c of the candidate, which the reset gate multiplies
    recur = recurrent(h, w_hh, len(x))
    if bias:
        b_ih, b_n = bias[0].copy(), bias[1][2 * H:]
        b_ih[:2 * H] += bias[1][:2 * H]
    with np.errstate(over="ignore"):
        for t, before, after in order(len(x), reverse):
            gate, old, new, gh_n = gates[t], states[before], states[after], candidates[t]
            product = recur(old)
            rz, n = gate[:, :2 * H], gate[:, 2 * H:]
            gh_n[...] = product[:, 2 * H:]
            if bias:
                gate += b_ih
                gh_n += b_n
            rz += product[:, :2 * H]
            sigmoid_(rz, xp)
            xp.multiply(rz[:, :H], gh_n, out=new)
            n += new
            xp.tanh(n, out=n)
            xp.subtract(old, n, out=new)  # h' = n + z * (h - n)
            new *= rz[:, H:]
            new += n
            if resting[t] is not None:
                new[resting[t]] = old[resting[t]]
    cache["gates"], cache["candidates"], cache["states"], cache["resting"] = gates, candidates, states, resting
    return states


def _gru_backward(g: Array, y: Array, x: Array, h: Array, w_ih: Array, w_hh: Array, *bias: Array, mask: Any, reverse: bool,
                  cache: dict[str, Any], needs: Sequence[bool]) -> Any:
    if "rests" in cache:
        return rnn_on_device.gru_backward(g, y, x, h, w_ih, w_hh, *bias, mask=mask, reverse=reverse, cache=cache, needs=needs)
    xp, H = xp_of(g), h.shape[-1]
    gates, candidates, states, resting = cache["gates"], cache["candidates"], cache["states"], cache["resting"]
    # In the order n of W x, r, z, n of U h: then the gradients of both projections are slices of one array.
    d = xp.empty((len(x), len(h), 4 * H), dtype=g.dtype)
    dh, following, t1 = (xp.zeros(h.shape, dtype=g.dtype) for _ in range(3))
    t2 = xp.empty((len(h), 2 * H), dtype=g.dtype)
    first = len(x) - 1 if reverse else 0
    for t, before, after in reversed(list(order(len(x), reverse))):
        rz, n, dt, rest = gates[t][:, :2 * H], gates[t][:, 2 * H:], d[t], resting[t]
        r, z = rz[:, :H], rz[:, H:]
        d_n, d_rz, d_gh_n = dt[:, :H], dt[:, H:3 * H], dt[:, 3 * H:]
        dh += g[after]
        xp.multiply(n, n, out=d_n)
        xp.subtract(1, d_n, out=d_n)
        xp.subtract(1, z, out=t1)
        d_n *= t1
        d_n *= dh  # dh (1 - z) (1 - n^2)
        xp.multiply(d_n, r, out=d_gh_n)
        xp.multiply(d_n, candidates[t], out=d_rz[:, :H])
        xp.subtract(states[before], n, out=t1)
        xp.multiply(t1, dh, out=d_rz[:, H:])
        xp.subtract(1, rz, out=t2)
        t2 *= rz
        d_rz *= t2
        if rest is not None:
            dt[rest] = 0
            still = dh[rest]
        if needs[1] or t != first:
            xp.matmul(dt[:, H:], w_hh, out=following)
        dh *= z
        dh += following
        if rest is not None:
            dh[rest] = still
    dh += g[-1 if reverse else 0]
    dx, dw, *others = weights_of(needs_of(needs, 1), x, d[:, :, :3 * H], d[:, :, H:], states, xp.roll(w_ih, H, axis=0), reverse)
    if dw is not None:
        dw = xp.roll(sum_outer([dw]), -H, axis=0)
    if bias and others[1] is not None:
        others[1] = xp.roll(others[1], -H)
    return dx, dh, dw, *others


gru = fuse("gru", _gru, _gru_backward, _gru_twin)

# --- LSTM ---------------------------------------------------------------------------------------------------------


def _lstm(x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, *bias: Array, mask: Any, reverse: bool,
          cache: dict[str, Any]) -> Array:
    if type(x) is not np.ndarray and runs_on(x, h, c, w_ih, w_hh, *bias):
        return rnn_on_device.lstm(x, h, c, w_ih, w_hh, *bias, mask=mask, reverse=reverse, cache=cache)
    xp, H = xp_of(x), h.shape[-1]
    gates, states, resting = start(x, h, w_ih, mask, reverse, 2)
    cells, tanh_c = xp.empty_like(states[:-1]), xp.empty((len(x), *h.shape), dtype=gates.dtype)
    cells[-1 if reverse else 0] = c
    recur, t1 = recurrent(h, w_hh, len(x)), xp.empty(h.shape, dtype=gates.dtype)
    both = bias[0] + bias[1] if bias else None
    last = cells[-1 if reverse else 0]
    with np.errstate(over="ignore"):
        for t, before, after in order(len(x), reverse):
            gate, last = gates[t], cells[after]
            gate += recur(states[before])
            if bias:
                gate += both
            g = gate[:, 2 * H:3 * H]
            xp.tanh(g, out=t1)
            sigmoid_(gate, xp)  # of all four at once, which is quicker than of three, that do not lie side by side
            g[...] = t1
            xp.multiply(gate[:, H:2 * H], cells[before], out=last)
            xp.multiply(gate[:, :H], g, out=t1)
            last += t1
            xp.tanh(last, out=tanh_c[t])
            xp.multiply(gate[:, 3 * H:], tanh_c[t], out=states[after])
            if resting[t] is not None:
                last[resting[t]], states[after][resting[t]] = cells[before][resting[t]], states[before][resting[t]]
    states[-1] = last
    cache["gates"], cache["cells"], cache["tanh_c"], cache["states"], cache["resting"] = gates, cells, tanh_c, states, resting
    return states


def _lstm_backward(g: Array, y: Array, x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, *bias: Array, mask: Any,
                   reverse: bool, cache: dict[str, Any], needs: Sequence[bool]) -> Any:
    if "rests" in cache:
        return rnn_on_device.lstm_backward(g, y, x, h, c, w_ih, w_hh, *bias, mask=mask, reverse=reverse, cache=cache, needs=needs)
    xp, H = xp_of(g), h.shape[-1]
    gates, cells, tanh_c, states, resting = (cache[k] for k in ("gates", "cells", "tanh_c", "states", "resting"))
    d = xp.empty_like(gates)
    slope, t1 = xp.empty_like(gates[0]), xp.empty(h.shape, dtype=g.dtype)
    dh, dc = xp.zeros(h.shape, dtype=g.dtype), g[-1].copy()
    first = len(x) - 1 if reverse else 0
    for t, before, after in reversed(list(order(len(x), reverse))):
        gate, tc, dt, rest = gates[t], tanh_c[t], d[t], resting[t]
        i, f, n, o = gate[:, :H], gate[:, H:2 * H], gate[:, 2 * H:3 * H], gate[:, 3 * H:]
        dh += g[after]
        if rest is not None:
            still, still_c = dh[rest], dc[rest]
        xp.multiply(tc, tc, out=t1)
        xp.subtract(1, t1, out=t1)
        t1 *= o
        t1 *= dh
        dc += t1  # dh o (1 - tanh(c)^2)
        xp.subtract(1, gate, out=slope)
        slope *= gate
        xp.multiply(n, n, out=t1)
        xp.subtract(1, t1, out=slope[:, 2 * H:3 * H])
        xp.multiply(dc, n, out=dt[:, :H])
        xp.multiply(dc, cells[before], out=dt[:, H:2 * H])
        xp.multiply(dc, i, out=dt[:, 2 * H:3 * H])
        xp.multiply(dh, tc, out=dt[:, 3 * H:])
        dt *= slope
        dc *= f
        if rest is not None:
            dt[rest] = 0
        if needs[1] or t != first:  # else nobody asks for the gradient of the initial state
            xp.matmul(dt, w_hh, out=dh)
        if rest is not None:
            dh[rest], dc[rest] = still, still_c
    dh += g[-2 if reverse else 0]
    dx, *others = weights_of(needs_of(needs, 2), x, d, d, states, w_ih, reverse)
    return dx, dh, dc, *others


lstm = fuse("lstm", _lstm, _lstm_backward, _lstm_twin)
