"""Plots: the gates of a recurrent layer over a sentence, and training curves. Needs matplotlib, but not to read gates.

Every picture can be read in grey print: in a heat map darker is greater, and curves differ in their strokes too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from .. import nn, ops
from ..backend import to_host
from ..errors import DTypeError, ShapeError, message
from ..tensor import Tensor
from .figure import figure_class, paper, save_figure, visible
from .measure import text_width

# The palette of Okabe and Ito, which every eye can tell apart, without its yellow, which white paper swallows.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#000000", "#CC79A7", "#E69F00", "#56B4E9")
STROKES: tuple[Any, ...] = ("-", (0, (1, 1.2)), (0, (7, 1.5, 1.2, 1.5)), (0, (3.5, 1.5)), (0, (7, 1.5, 1.2, 1.5, 1.2, 1.5)))
INK, DIM = "#222222", "#555555"

# --- gates --------------------------------------------------------------------------------------------------------


def gate_activations(layer: nn.Module, input: Any, hx: Any = None) -> dict[str, np.ndarray]:
    """What the gates of a GRU or an LSTM do at every step, computed from its weights with its own formula.

    layer  nn.GRU or nn.LSTM of one layer and one direction, nn.GRUCell, nn.LSTMCell. T time, I input size, H hidden size
    input  (T, I), (T, 1, I), or (1, T, I) for a layer with batch_first: one sequence
    hx     the state to start from, H numbers, for an LSTM a pair of such; 0 by default

    Returns name -> (T, H). Of a GRU "update z", "reset r", "candidate n", in the layer's own z_convention: with PyTorch's,
    h' = (1 - z) n + z h. Of an LSTM "forget f", "input i", "output o", "candidate g", "cell c": c' = f c + i g,
    h' = o tanh(c'). Records no graph. Raises DTypeError for a module without gates, ShapeError for several layers or
    directions, or an input or a state that does not fit.
    """
    kind, name = type(layer).__name__, "gate_activations"
    if not isinstance(layer, nn.GRU | nn.LSTM | nn.GRUCell | nn.LSTMCell):
        raise DTypeError(message(f"{name}: {kind} has no gates", fix="nn.GRU, nn.LSTM, nn.GRUCell or nn.LSTMCell"))
    whole = isinstance(layer, nn.GRU | nn.LSTM)
    if whole and (layer.num_layers, layer.directions) != (1, 1):
        raise ShapeError(message(f"{name}: {kind} of {layer.num_layers} layers and {layer.directions} directions",
                                 fix="num_layers=1 and bidirectional=False, or load one layer's weights into such a layer"))
    x, size = _array(input), layer.hidden_size
    axis = 0 if whole and layer.batch_first else 1
    if x.ndim == 3 and x.shape[axis] == 1:
        x = x.squeeze(axis)
    if x.ndim != 2 or x.shape[1] != layer.input_size or not len(x):
        raise ShapeError(message(f"{name}: input of shape {x.shape} for {kind}", fix=f"one sequence: (T, {layer.input_size})"))
    pair = isinstance(layer, nn.LSTM | nn.LSTMCell)
    start = [np.zeros(size, x.dtype)] * 2 if hx is None else [_array(h).reshape(-1) for h in (hx if pair else [hx])]
    if any(h.shape != (size,) for h in start) or len(start) < 1 + pair:
        raise ShapeError(message(f"{name}: a state of {', '.join(str(h.size) for h in start)} numbers for {kind}",
                                 fix=f"{size} numbers" + (" in each of (hidden, cell)" if pair else "")))

    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")[:4 if layer.bias else 2]
    w_ih, w_hh, *bias = (to_host(getattr(layer, n + ("_l0" if whole else "")).data) for n in names)
    b_ih, b_hh = bias or (0, 0)
    steps = (_lstm_gates if pair else _gru_gates)(layer, x @ w_ih.T + b_ih, w_hh, b_hh, *start)  # T times G arrays (H,)
    labels = ("forget f", "input i", "output o", "candidate g", "cell c") if pair else ("update z", "reset r", "candidate n")
    return {label: np.stack(values) for label, values in zip(labels, zip(*steps, strict=True), strict=True)}


def _gru_gates(layer: Any, gx: Any, w: Any, b: Any, h: Any, *_: Any) -> list[tuple[Any, ...]]:
    """z, r, n of every step from gx = W x + b (T, 3H), by the formulas of nn.GRUCell; w and b are the recurrent ones."""
    steps, size = [], len(h)
    for xr, xz, xn in (np.split(row, 3) for row in gx):
        hr, hz, hn = np.split(w @ h + b, 3)
        r, z = ops.sigmoid(xr + hr), ops.sigmoid(xz + hz)
        if not layer.reset_after:
            hn = w[2 * size:] @ (r * h) + (b[2 * size:] if layer.bias else 0)
        n = np.tanh(xn + (r * hn if layer.reset_after else hn))
        steps.append((z, r, n))
        h = z * n + (1 - z) * h if layer.z_convention == "notes" else (1 - z) * n + z * h
    return steps


def _lstm_gates(layer: Any, gx: Any, w: Any, b: Any, h: Any, c: Any) -> list[tuple[Any, ...]]:
    """f, i, o, g, c of every step from gx = W x + b (T, 4H), by the formula of nn.LSTMCell."""
    steps = []
    for row in gx:
        i, f, g, o = np.split(row + w @ h + b, 4)
        i, f, g, o = ops.sigmoid(i), ops.sigmoid(f), np.tanh(g), ops.sigmoid(o)
        c = f * c + i * g
        h = o * np.tanh(c)
        steps.append((f, i, o, g, c))
    return steps


def gate_heatmap(gates: Mapping[str, Any], tokens: Sequence[str], path: str | Path, title: str = "") -> Path:
    """Draw gates over a sentence and save to `path`: one panel per gate, the words along x, the units along y.

    gates   name -> array or Tensor (T, H), all of one shape, as gate_activations gives them
    tokens  the T words

    The units stand in one order in all panels, so that a row is the same unit in each, and that order is by the mean of
    the first gate, the greatest on top: unsorted rows are noise to the eye, and what share of the units is open is what
    one looks for. Their numbers stand beside them where there is room. Darker is greater everywhere: from white (0) to
    blue (1) for a gate; where values are below 0 or above 1, as of candidates and cells, from yellow over grey (0) to
    blue, in a range about 0 of at least -1 to 1. A value that is not finite is an orange cell with a cross.

    Raises ShapeError if gates and words do not fit or there are none, TinydawnError as attention_heatmap does.
    """
    if not isinstance(gates, Mapping) or not gates:
        raise ShapeError(message("gate_heatmap: no gates", fix="a dict of name -> (T, H), as gate_activations gives"))
    arrays = {str(name): _array(values).astype(float) for name, values in gates.items()}
    shape = next(iter(arrays.values())).shape
    for name, a in arrays.items():
        if a.ndim != 2 or not a.size or len(a) != len(tokens) or a.shape != shape:
            raise ShapeError(message(f"gate_heatmap: {name!r} of shape {a.shape} for {len(tokens)} words",
                                     fix="every gate (T, H) of one shape, one row per word"))
    Figure = figure_class("gate_heatmap", path)
    from matplotlib import colormaps

    words = [visible(word) for word in tokens]
    first = next(iter(arrays.values()))
    means = np.where(np.isfinite(first), first, 0).mean(axis=0)
    order = np.argsort(-means, kind="stable")

    steps, units = shape
    across = max(1.8, min(0.5 * steps, max(11.0, 0.2 * steps), 24.0))  # inches of all columns, of one and of one row
    column, height = across / steps, min(2.4, max(0.9, 7 / len(arrays)), max(0.6, 0.17 * units))
    longest = max(text_width(word, 9) for word in words) / 72
    angle = 0 if longest < 0.9 * column else 45 if column > 0.22 else 90
    below = 0.3 + longest * math.sin(math.radians(angle))
    every = math.ceil(0.15 / column)  # beyond a hundred words, not all are named
    with paper("".join([*words, *arrays, title])) as text:
        figure = Figure(figsize=(max(across + 1.3, text_width(title, 11) / 72 + 0.3),
                                 len(arrays) * (height + 0.3) + below + (0.3 if title else 0.1)), layout="constrained")
        panels = figure.subplots(len(arrays), sharex=True, squeeze=False)[:, 0]
        for axes, (name, a) in zip(panels, arrays.items(), strict=True):
            rows = a[:, order].T  # (H, T)
            good = np.isfinite(rows)
            low, high = (float(f(rows, where=good, initial=0.0)) for f in (np.min, np.max))
            reach = max(1.0, -low, high)
            signed = low < 0 or high > 1
            colours = colormaps["cividis_r" if signed else "Blues"].with_extremes(bad="#D55E00")
            image = axes.imshow(np.ma.masked_array(rows, ~good), cmap=colours, aspect="auto",
                                vmin=-reach if signed else 0.0, vmax=reach)
            if not good.all():
                axes.plot(*np.argwhere(~good).T[::-1], "x", color="black", markersize=5)
            axes.set_title(name, fontsize=10, loc="left", color=INK, **text)
            axes.set_ylabel("unit", fontsize=8, color=INK)
            size = min(7.0, 0.85 * 72 * height / units)
            axes.set_yticks(range(units) if size >= 4 else [], [str(k) for k in order] if size >= 4 else [], fontsize=size)
            axes.tick_params(length=0)
            figure.colorbar(image, ax=axes, aspect=12, pad=0.01).ax.tick_params(labelsize=8)
        panels[-1].set_xticks(range(0, steps, every), words[::every], fontsize=9, rotation=angle,
                              ha="right" if angle == 45 else "center", rotation_mode="anchor" if angle == 45 else "default", **text)
        if title:
            figure.suptitle(title, fontsize=11, color=INK, **text)
        return save_figure(figure, path)


def _array(values: Any) -> np.ndarray:
    return to_host(values.data if isinstance(values, Tensor) else values)
