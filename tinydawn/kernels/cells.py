"""One step of a GRU or an LSTM as one node, for cells: their gates, from the two projections. See fuse.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import functional as T
from ..backend import Array, xp_of
from ..gpu import elementwise, runs_on
from .fuse import fuse
from .rnn import gru_step, lstm_step, sigmoid_


def _gru_gates(gx: Array, gh: Array, h: Array, *, cache: dict[str, Any]) -> Array:
    xp = xp_of(gx)
    size = h.shape[-1]
    if type(h) is not np.ndarray and runs_on(gx, gh, h):
        gx, gh = xp.ascontiguousarray(gx), xp.ascontiguousarray(gh)
        cache["gh"], cache["all"], out = gh, xp.empty(gx.shape, dtype=gx.dtype), xp.empty(h.shape, dtype=h.dtype)
        elementwise("gru_cell", gx, gh, h, size, cache["all"], out)
        return out
    gates = gx[..., :2 * size] + gh[..., :2 * size]
    gates *= 0.5  # sigmoid(x) = (1 + tanh(x / 2)) / 2: one pass, no overflow
    xp.tanh(gates, out=gates)
    gates += 1
    gates *= 0.5
    r, z = gates[..., :size], gates[..., size:]
    n = gh[..., 2 * size:] * r
    n += gx[..., 2 * size:]
    xp.tanh(n, out=n)
    cache["gates"], cache["n"] = gates, n
    out = h - n
    out *= z
    out += n
    return out


def _gru_gates_backward(g: Array, y: Array, gx: Array, gh: Array, h: Array, *, cache: dict[str, Any], needs: Any) -> Any:
    size = h.shape[-1]
    if "all" in cache:
        xp = xp_of(g)
        d_gx, d_gh, d_h = (xp.empty(x.shape, dtype=x.dtype) for x in (gx, gh, h))
        elementwise("gru_cell_gradient", g, cache["all"], cache["gh"], h, size, d_gx, d_gh, d_h)
        return d_gx, d_gh, d_h
    gates, n = cache["gates"], cache["n"]
    r, z = gates[..., :size], gates[..., size:]
    d_gh = xp_of(g).empty_like(gh)
    d_gx = xp_of(g).empty_like(gx)
    d_n = g * (1 - z)
    d_n *= 1 - n * n
    d_gx[..., 2 * size:] = d_n
    d_gh[..., 2 * size:] = d_n * r
    d_r = d_n * gh[..., 2 * size:]
    d_gx[..., :size] = d_r * (r * (1 - r))
    d_gx[..., size:2 * size] = g * (h - n) * (z * (1 - z))
    d_gh[..., :2 * size] = d_gx[..., :2 * size]
    return d_gx, d_gh, g * z


gru_gates = fuse("gru_gates", _gru_gates, _gru_gates_backward, gru_step)


def _lstm_gates_twin(gx: Any, gh: Any, c: Any) -> Any:
    """lstm_step from gx, gh (B, 4H) and the cell c (B, H); the new state and cell as one array (2, B, H)."""
    return T.stack(list(lstm_step(gx, gh, (None, c))))


def _lstm_gates(gx: Array, gh: Array, c: Array, *, cache: dict[str, Any]) -> Array:
    xp, size = xp_of(gx), c.shape[-1]
    if type(c) is not np.ndarray and runs_on(gx, gh, c):
        gx, gh = xp.ascontiguousarray(gx), xp.ascontiguousarray(gh)
        out, gates = xp.empty((2, *c.shape), dtype=c.dtype), xp.empty(gx.shape, dtype=gx.dtype)
        tanh_c = xp.empty(c.shape, dtype=c.dtype)
        elementwise("lstm_cell", gx, gh, c, size, gates, tanh_c, out[0], out[1])
        cache["all"], cache["tanh_c"] = gates, tanh_c
        return out
    gates, out = gx + gh, xp.empty((2, *c.shape), dtype=gx.dtype)
    with np.errstate(over="ignore"):
        sigmoid_(gates[..., :2 * size], xp)
        sigmoid_(gates[..., 3 * size:], xp)
    g, new = gates[..., 2 * size:3 * size], out[1]
    xp.tanh(g, out=g)
    xp.multiply(gates[..., size:2 * size], c, out=new)
    new += gates[..., :size] * g
    tanh_c = xp.tanh(new)
    xp.multiply(gates[..., 3 * size:], tanh_c, out=out[0])
    cache["gates"], cache["tanh_c"] = gates, tanh_c
    return out


def _lstm_gates_backward(g: Array, y: Array, gx: Array, gh: Array, c: Array, *, cache: dict[str, Any], needs: Any) -> Any:
    xp, size = xp_of(g), c.shape[-1]
    if "all" in cache:
        d, d_old = xp.empty(gx.shape, dtype=gx.dtype), xp.empty(c.shape, dtype=c.dtype)
        elementwise("lstm_cell_gradient", g[0], g[1], cache["all"], cache["tanh_c"], c, size, d, d_old)
        return d, d, d_old
    gates, tanh_c = cache["gates"], cache["tanh_c"]
    i, f, n, o = (gates[..., k * size:(k + 1) * size] for k in range(4))
    dh = g[0]
    dc = 1 - tanh_c * tanh_c
    dc *= o
    dc *= dh
    dc += g[1]
    slope = 1 - gates
    slope *= gates
    slope[..., 2 * size:3 * size] = 1 - n * n
    d = xp.empty_like(gates)
    for k, (a, b) in enumerate(((dc, n), (dc, c), (dc, i), (dh, tanh_c))):
        xp.multiply(a, b, out=d[..., k * size:(k + 1) * size])
    d *= slope
    return d, d, dc * f


lstm_gates = fuse("lstm_gates", _lstm_gates, _lstm_gates_backward, _lstm_gates_twin)
