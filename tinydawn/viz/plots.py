"""Plots: the gates of a recurrent layer over a sentence, and training curves. Needs matplotlib, but not to read gates.

Every picture can be read in grey print: in a heat map darker is greater, and curves differ in their strokes too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import nn, ops
from ..backend import to_host
from ..errors import DTypeError, ShapeError, message
from ..tensor import Tensor
from .figure import INK, as_numbers, cut, figure_class, gaps, inches, paper, save_figure, visible
from .line_names import End, name_lines

# The palette of Okabe and Ito, which every eye can tell apart, without its yellow, which white paper swallows.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#000000", "#CC79A7", "#E69F00", "#56B4E9")
STROKES: tuple[Any, ...] = ("-", (0, (1, 1.2)), (0, (7, 1.5, 1.2, 1.5)), (0, (3.5, 1.5)), (0, (7, 1.5, 1.2, 1.5, 1.2, 1.5)))
BASELINE = "#6E6E6E"
# Of heat maps; each darkens evenly, so that grey print shows the same. Grey is 0 between yellow below and blue above.
UNSIGNED = ("#FFFFFF", "#C3D8EC", "#7BAFD9", "#2F79B5", "#08306B")
SIGNED = ("#FFDF9E", "#C3B491", "#868686", "#45638F", "#08306B")

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
        raise ShapeError(message(f"{name}: input of shape {x.shape} for {kind}",
                                 fix=f"the vectors of one sequence: (T, {layer.input_size})"))
    pair = isinstance(layer, nn.LSTM | nn.LSTMCell)
    start = [np.zeros(size, x.dtype)] * (1 + pair) if hx is None else [_array(h).reshape(-1) for h in (hx if pair else [hx])]
    if any(h.shape != (size,) for h in start) or len(start) != 1 + pair:
        raise ShapeError(message(f"{name}: a state of {', '.join(str(h.size) for h in start)} numbers for {kind}",
                                 fix=f"{size} numbers" + (" in each of (hidden, cell)" if pair else "")))

    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")[:4 if layer.bias else 2]
    w_ih, w_hh, *bias = (to_host(getattr(layer, n + ("_l0" if whole else "")).array) for n in names)
    b_ih, b_hh = bias or (0, 0)
    steps = (_lstm_gates if pair else _gru_gates)(layer, x @ w_ih.T + b_ih, w_hh, b_hh, *start)  # T times G arrays (H,)
    labels = ("forget f", "input i", "output o", "candidate g", "cell c") if pair else ("update z", "reset r", "candidate n")
    return {label: np.stack(values) for label, values in zip(labels, zip(*steps, strict=True), strict=True)}


def _gru_gates(layer: Any, gx: Any, w: Any, b: Any, h: Any) -> list[tuple[Any, ...]]:
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
    blue, in a range about 0 of at least -1 to 1. A value that is not finite is an orange cell with a cross. Words of more
    than 24 letters are cut, and names of gates beyond 6 inches; of more than a hundred words not all are named.

    Raises ShapeError if gates and words do not fit or there are none, TinydawnError as attention_heatmap does.
    """
    if not isinstance(gates, Mapping) or not gates:
        raise ShapeError(message("gate_heatmap: no gates", fix="a dict of name -> (T, H), as gate_activations gives"))
    title = cut(title, 11, 12)
    arrays = {visible(str(name)): as_numbers("gate_heatmap", name, values) for name, values in gates.items()}
    shape = next(iter(arrays.values())).shape
    for name, a in arrays.items():
        if a.ndim != 2 or not a.size or len(a) != len(tokens) or a.shape != shape:
            raise ShapeError(message(f"gate_heatmap: {name!r} of shape {a.shape} for {len(tokens)} words",
                                     fix="every gate (T, H) of one shape, one row per word"))
    Figure = figure_class("gate_heatmap", path)
    words = [word if len(word) <= 24 else word[:23] + "…" for word in (visible(str(token)) for token in tokens)]
    first = next(iter(arrays.values()))
    means = np.where(np.isfinite(first), first, 0).mean(axis=0)
    order = np.argsort(-means, kind="stable")

    steps, units = shape
    # Inches: of all columns, of one, of all rows; then of the words below.
    across = max(1.8, *(inches(cut(name, 10), 10) for name in arrays), min(0.5 * steps, max(11.0, 0.2 * steps), 24.0))
    column, height = across / steps, min(2.4, max(0.9, 7 / len(arrays)), max(0.6, 0.17 * units))
    longest = max(inches(word, 9) for word in words)
    angle = 0 if longest < 0.9 * column else 45 if column > 0.22 else 90
    below = 0.2 + max(0.2, longest * math.sin(math.radians(angle)))
    aside = max(0.7 * inches(word, 9) - column * i for i, word in enumerate(words)) if angle == 45 else 0  # left of all
    size = min(7.0, 0.85 * 72 * height / units)  # points of a unit's number
    numbered = size >= 5.5
    every = math.ceil(0.15 / column)
    with paper("".join([*words, *arrays, title])) as text:
        figure = Figure(figsize=(max(across + max(0.5, aside) + 0.8, inches(title, 11) + 0.2),
                                 len(arrays) * (height + 0.3) + below + (0.3 if title else 0.1)), layout="constrained")
        panels = figure.subplots(len(arrays), sharex=True, squeeze=False)[:, 0]
        for axes, (name, a) in zip(panels, arrays.items(), strict=True):
            _panel(figure, axes, a[:, order].T)
            axes.set_title(cut(name, 10), fontsize=10, loc="left", color=INK, **text)
            axes.set_ylabel("unit" if numbered else f"{units} units", fontsize=8, color=INK)
            axes.set_yticks(range(units) if numbered else [], [str(k) for k in order] if numbered else [], fontsize=size)
        turn = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if angle == 45 else {"rotation": angle}
        panels[-1].set_xticks(range(0, steps, every), words[::every], fontsize=9, **turn, **text)
        if title:
            figure.suptitle(title, fontsize=11, color=INK, **text)
        return save_figure(figure, path)


def _panel(figure: Any, axes: Any, rows: np.ndarray) -> None:
    """One gate (H, T) as a heat map, with its scale of colours beside it."""
    from matplotlib.colors import LinearSegmentedColormap as Colours

    good = np.isfinite(rows)
    low, high = (float(f(rows, where=good, initial=0.0)) for f in (np.min, np.max))
    reach = max(1.0, -low, high)
    signed = low < -1e-6 or high > 1 + 1e-6
    image = axes.imshow(rows, cmap=Colours.from_list("gates", SIGNED if signed else UNSIGNED), aspect="auto",
                        vmin=-reach if signed else 0.0, vmax=reach)
    axes.tick_params(length=0)
    ticks = [-reach, 0, reach] if signed else [0, 0.5, 1]
    figure.colorbar(image, ax=axes, aspect=12, pad=0.01, ticks=ticks, format="{x:.3g}").ax.tick_params(labelsize=8)


# --- curves -------------------------------------------------------------------------------------------------------


def training_curves(curves: Mapping[str, Any], path: str | Path, baselines: Mapping[str, float] | None = None,
                    x_label: str = "update", y_label: str = "loss", title: str = "", log: bool = False) -> Path:
    """Draw curves, such as losses or gradient norms by update, and save to `path`.

    curves     name -> numbers, the first at x = 1, or pairs (x, y); also an array or Tensor (N,) or (N, 2)
    baselines  name -> number: thin grey lines across, in a stroke that no curve has
    log        a logarithmic y axis

    Each line has its name at its end; a legend has them all where one would cover a line or there are too many. What
    cannot be drawn (NaN, infinity, with `log` what is not above 0) is a gap: a cross stands where it begins, and the
    name says what and where. A value alone between gaps is a dot. Names are cut where they would be longer than 6 inches.

    Raises ShapeError if there are no curves, or one has no values or neither of the two forms, or an x or a baseline
    cannot be drawn; TinydawnError as attention_heatmap does.
    """
    if not isinstance(curves, Mapping) or not curves:
        raise ShapeError(message("training_curves: no curves", fix="a dict of name -> numbers or pairs (x, y)"))
    points = [_points(name, values) for name, values in curves.items()]
    x_label, y_label, title = cut(x_label, 10), cut(y_label, 10, 4), cut(title, 11, 12)
    levels = [(cut(visible(str(name)), 9), float(_points(name, [value])[1][0])) for name, value in (baselines or {}).items()]
    for name, value in levels:
        if not math.isfinite(value) or (log and value <= 0):
            raise ShapeError(message(f"training_curves: the baseline {name!r} is {value:g}",
                                     fix="a number above 0, or log=False" if log else "a finite number"))
    Figure = figure_class("training_curves", path)
    drawn = [np.isfinite(y) & ((y > 0) | (not log)) for _, y in points]
    labels = [cut(visible(str(name)), 9) + _missing(x, y, good) for name, (x, y), good in zip(curves, points, drawn, strict=True)]
    names = [*labels, *(name for name, _ in levels)]
    with paper("".join([*names, x_label, y_label, title])) as text:
        aside = max(inches(name, 9) for name in names)
        figure = Figure(figsize=(max(6.4 + aside, inches(title, 11) + 1.0), 4.2), layout="constrained")
        axes = figure.add_subplot(yscale="log" if log else "linear")
        ends: list[End] = []
        for k, ((x, y), good, label) in enumerate(zip(points, drawn, labels, strict=True)):
            line = _curve(axes, k, x, y, good)
            last = np.flatnonzero(good)[-1:]
            ends.append((line, label, *((x[last[0]], y[last[0]]) if len(last) else (math.inf, math.nan))))
        for name, value in levels:
            line = axes.axhline(value, color=BASELINE, linewidth=1.1, linestyle=(0, (1.5, 3)), zorder=1.5)
            ends.append((line, name, math.inf, value))

        _scales(axes, np.concatenate([x for x, _ in points]), log)
        axes.set_xlabel(x_label, color=INK, **text)
        axes.set_ylabel(y_label, color=INK, **text)
        if title:
            axes.set_title(title, fontsize=11, loc="left", color=INK, **text)
        if not name_lines(figure, axes, ends, text):
            names = [*labels, *(f"{name}: {value:.3g}" for name, value in levels)]  # baselines look alike in a legend
            aside, columns = max(inches(name, 9) for name in names), math.ceil(len(ends) / 16)
            figure.set_figwidth(max(6.4, inches(title, 11) + 1.0) + columns * (aside + 0.8))
            legend = figure.legend([line for line, *_ in ends], ["."] * len(ends), loc="outside right upper", frameon=False,
                                   handlelength=4, ncols=columns)
            for line, name in zip(legend.get_texts(), names, strict=True):  # matplotlib leaves out a label that begins with _
                line.set(text=name, fontsize=9, color=INK, **text)
        return save_figure(figure, path)


def _curve(axes: Any, k: int, x: np.ndarray, y: np.ndarray, good: np.ndarray) -> Any:
    """Curve number k where its values are good: a line, and a dot for a value alone. Returns the line."""
    colour = COLOURS[k % len(COLOURS)]
    (line,) = axes.plot(x, np.where(good, y, np.nan), color=colour, linestyle=STROKES[k % len(STROKES)],
                        label="")  # its name, which says what it lacks, stands beside it
    alone = np.flatnonzero(good & ~np.append(False, good[:-1]) & ~np.append(good[1:], False))
    if len(alone):
        axes.plot(x[alone], y[alone], "o", color=colour, markersize=4, markeredgewidth=2, clip_on=False)
    return line


def _scales(axes: Any, x: np.ndarray, log: bool) -> None:
    """The axes of curves at these x: no room beside the curves, whole numbers where x are, a grid to read values from."""
    from matplotlib.ticker import AutoLocator, NullLocator, ScalarFormatter

    if x.min() < x.max():
        axes.set_xlim(x.min(), x.max())
    if (x == np.round(x)).all():
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    low, high = axes.get_ylim()
    if log and high < 30 * low:  # powers of ten would be too few
        axes.yaxis.set(major_locator=AutoLocator(), minor_locator=NullLocator(), major_formatter=ScalarFormatter())
    axes.grid(axis="y", color="#E6E6E6", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _points(name: Any, values: Any) -> tuple[np.ndarray, np.ndarray]:
    """x and y of a curve, (N,) each."""
    data = as_numbers("training_curves", name, values)
    if not data.size or data.ndim not in (1, 2) or data.shape[1:] not in ((), (2,)):
        raise ShapeError(message(f"training_curves: {name!r} of shape {data.shape}", fix="(N,), or (N, 2) for pairs of x and y"))
    x, y = (np.arange(1.0, len(data) + 1), data) if data.ndim == 1 else data.T
    if not np.isfinite(x).all():
        raise ShapeError(message(f"training_curves: {name!r} has an x that is not finite", fix="pairs (x, y), in this order"))
    return x, y


def _missing(x: np.ndarray, y: np.ndarray, good: np.ndarray) -> str:
    """What a curve lacks, in words: " (NaN from 130)"."""
    if good.all():
        return ""
    bad = y[~good]
    kinds = {"NaN": np.isnan(bad), "infinite": np.isinf(bad), "≤ 0": np.isfinite(bad)}
    what, runs = ", ".join(kind for kind, found in kinds.items() if found.any()), gaps(good)
    first, last = (f"{x[i]:.10g}" for i in (runs[0][0], runs[0][1] - 1))
    if not good.any():
        where = "throughout"
    elif len(runs) > 1:
        where = f"at {len(bad)} of {len(y)}"
    elif good[-1]:
        where = f"at {first}" if first == last else f"from {first} to {last}"
    else:
        where = f"from {first}"
    return f" ({what} {where})"


def _array(values: Any) -> np.ndarray:
    return to_host(values.array if isinstance(values, Tensor) else values)
