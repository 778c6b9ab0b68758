"""The recurrent layers on a GPU: per step one product and one kernel, which is in gpu/bodies.py. See rnn.py for the shapes.

`rests` is True where a sequence is over: its state stands still, and so does its gradient, which `still` carries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..backend import Array, like, xp_of
from ..gpu import elementwise
from .recurrence import needs_of, order, recurrent, start, weights_of

# --- forward ------------------------------------------------------------------------------------------------------


def rnn(x: Array, h: Array, w_ih: Array, w_hh: Array, *bias: Array, mask: Any, reverse: bool, nonlinearity: str,
        cache: dict[str, Any]) -> Array:
    gates, states, _ = start(x, h, w_ih, None, reverse, 1)
    recur, rests = recurrent(h, w_hh, len(x)), _resting(mask, x)
    both = bias or (0.0, 0.0)
    for t, before, after in order(len(x), reverse):
        elementwise(f"rnn_{nonlinearity}", gates[t], recur(states[before]), *both, states[before], rests(t), states[after])
    cache["states"], cache["rests"] = states, rests
    return states


def gru(x: Array, h: Array, w_ih: Array, w_hh: Array, *bias: Array, mask: Any, reverse: bool, cache: dict[str, Any]) -> Array:
    xp, H = xp_of(x), h.shape[-1]
    gates, states, _ = start(x, h, w_ih, None, reverse, 1)
    candidates = xp.empty((len(x), *h.shape), dtype=gates.dtype)
    recur, rests, both = recurrent(h, w_hh, len(x)), _resting(mask, x), _biases(bias, w_hh)
    for t, before, after in order(len(x), reverse):
        elementwise("gru", recur(states[before]), *both, states[before], rests(t), H, gates[t], candidates[t], states[after])
    cache["gates"], cache["candidates"], cache["states"], cache["rests"] = gates, candidates, states, rests
    return states


def lstm(x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, *bias: Array, mask: Any, reverse: bool,
         cache: dict[str, Any]) -> Array:
    xp, H = xp_of(x), h.shape[-1]
    gates, states, _ = start(x, h, w_ih, None, reverse, 2)
    cells, tanh_c = xp.empty_like(states[:-1]), xp.empty((len(x), *h.shape), dtype=gates.dtype)
    last = cells[-1 if reverse else 0]
    last[...] = c
    recur, rests, both = recurrent(h, w_hh, len(x)), _resting(mask, x), _biases(bias, w_hh)
    for t, before, after in order(len(x), reverse):
        last = cells[after]
        elementwise("lstm", recur(states[before]), *both, states[before], cells[before], rests(t), H,
                    gates[t], states[after], last, tanh_c[t])
    states[-1] = last
    cache["gates"], cache["cells"], cache["tanh_c"], cache["states"], cache["rests"] = gates, cells, tanh_c, states, rests
    return states


def _resting(mask: Any, x: Array) -> Callable[[int], Any]:
    """Of each step t which rows rest, (B, 1), or False for none. One copy for all steps."""
    if mask is None or mask.all():
        return lambda t: False
    rests = like(~mask, x)
    return lambda t: rests[t]


def _biases(bias: tuple[Array, ...], w_hh: Array) -> tuple[Array, ...]:
    return bias or (xp_of(w_hh).zeros(len(w_hh), dtype=w_hh.dtype),) * 2


# --- backward -----------------------------------------------------------------------------------------------------


def rnn_backward(g: Array, y: Array, x: Array, h: Array, w_ih: Array, w_hh: Array, *bias: Array, mask: Any, reverse: bool,
                 nonlinearity: str, cache: dict[str, Any], needs: Sequence[bool]) -> Any:
    xp, states, rests = xp_of(g), cache["states"], cache["rests"]
    d, dh, still = xp.empty((len(x), *h.shape), dtype=g.dtype), xp.zeros_like(h), xp.zeros_like(h)
    first = len(x) - 1 if reverse else 0
    for t, _, after in reversed(list(order(len(x), reverse))):
        elementwise(f"rnn_{nonlinearity}_gradient", g[after], dh, states[after], rests(t), still, d[t])
        if needs[1] or t != first:  # else nobody asks for the gradient of the initial state
            xp.matmul(d[t], w_hh, out=dh)
    dx, *others = weights_of(needs_of(needs, 1), x, d, d, states, w_ih, reverse)
    return dx, dh + still + g[-1 if reverse else 0] if needs[1] else None, *others


def gru_backward(g: Array, y: Array, x: Array, h: Array, w_ih: Array, w_hh: Array, *bias: Array, mask: Any, reverse: bool,
                 cache: dict[str, Any], needs: Sequence[bool]) -> Any:
    xp, H = xp_of(g), h.shape[-1]
    gates, candidates, states, rests = cache["gates"], cache["candidates"], cache["states"], cache["rests"]
    d, d_h, dh, still = xp.empty_like(gates), xp.empty_like(gates), xp.zeros_like(h), xp.zeros_like(h)
    first = len(x) - 1 if reverse else 0
    for t, before, after in reversed(list(order(len(x), reverse))):
        elementwise("gru_gradient", gates[t], candidates[t], states[before], g[after], dh, rests(t), H, d[t], d_h[t], still)
        if needs[1] or t != first:
            xp.matmul(d_h[t], w_hh, out=dh)
    dx, *others = weights_of(needs_of(needs, 1), x, d, d_h, states, w_ih, reverse)
    return dx, dh + still + g[-1 if reverse else 0] if needs[1] else None, *others


def lstm_backward(g: Array, y: Array, x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, *bias: Array, mask: Any,
                  reverse: bool, cache: dict[str, Any], needs: Sequence[bool]) -> Any:
    xp, H = xp_of(g), h.shape[-1]
    gates, cells, tanh_c, states, rests = (cache[k] for k in ("gates", "cells", "tanh_c", "states", "rests"))
    d, dh, still, dc = xp.empty_like(gates), xp.zeros_like(h), xp.zeros_like(h), g[-1].copy()
    first = len(x) - 1 if reverse else 0
    for t, before, after in reversed(list(order(len(x), reverse))):
        elementwise("lstm_gradient", gates[t], tanh_c[t], cells[before], g[after], dh, rests(t), H, d[t], dc, still)
        if needs[1] or t != first:
            xp.matmul(d[t], w_hh, out=dh)
    dx, *others = weights_of(needs_of(needs, 2), x, d, d, states, w_ih, reverse)
    return dx, dh + still + g[-2 if reverse else 0] if needs[1] else None, dc, *others
