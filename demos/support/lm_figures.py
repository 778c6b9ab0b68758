"""Figures of the language model demos: coloured text, gates, training, and the cliff of a recurrent network."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import viz
from tinydawn.viz.figure import INK

from .panels import COLOURS, STROKES, panels, tidy
from .run import Results


def coloured_text(tokens: Sequence[str], probabilities: np.ndarray, spaces: bool = False, columns: int = 90,
                  ) -> Callable[[Path], Path]:
    """For Results.figure: the tokens as running text, the darker blue the likelier the model held each of them.

    tokens         T of them; "\\n" is an end of line or of sentence
    probabilities  (T,) what the model gave to each, before it saw it
    spaces         whether tokens are words, with a space between two
    columns        how many letters a line has
    """
    places, x, y = [], 0, 0
    for token in tokens:
        cells = max(1, sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in token))
        if x + cells > columns:
            x, y = 0, y + 1
        places.append((x, y, cells))
        x += cells + spaces
        if token == "\n":
            x, y = 0, y + 1
    lines = y + 1

    def draw(axes: list[Any]) -> None:
        from matplotlib import colormaps
        from matplotlib.patches import Rectangle

        paper, colours = axes[0], colormaps["Blues"]
        for token, p, (x, y, cells) in zip(tokens, np.asarray(probabilities, float), places, strict=True):
            paper.add_patch(Rectangle((x, -y), cells, 0.92, color=colours(0.85 * p), linewidth=0))
            if token.strip() or token == "\n":
                wide = cells > len(token)
                family = {} if wide else {"fontfamily": "DejaVu Sans Mono"}
                paper.text(x + cells / 2, -y + 0.45, "¶" if token == "\n" else token, ha="center", va="center", fontsize=8,
                           color="white" if p > 0.6 else INK, parse_math=False, **family)
        paper.set_xlim(0, columns)
        paper.set_ylim(-lines, 1)
        paper.axis("off")
        for k in range(11):  # the scale
            paper.add_patch(Rectangle((2 * k, -lines), 2, 0.4, color=colours(0.085 * k), linewidth=0))
        paper.text(23, -lines + 0.2, "probability 0 to 1", va="center", fontsize=8, color=INK)

    return panels(1, 1, draw, width=0.072 * columns + 0.3, height=0.19 * (lines + 1.5), words="".join(tokens))


def cliff(size: int = 160, steps: int = 50) -> tuple[np.ndarray, ...]:
    """The loss (h_steps - .2)^2 of h_t = tanh(w h_(t-1) + b), h_0 = .5, over a grid: w, b, loss (N, N) and slope (2, N, N)."""
    grid = np.meshgrid(np.linspace(0.5, 4, size), np.linspace(-2, 0.6, size))
    w, b = (td.tensor(x, requires_grad=True) for x in grid)
    h: Any = 0.5
    for _ in td.steps(steps):
        h = td.tanh(w * h + b)  # (N, N)
    loss = (h - 0.2) ** 2
    return *grid, loss.numpy(), np.stack([g.numpy() for g in td.grad(loss.sum(), [w, b])])


def cliff_figure(w: np.ndarray, b: np.ndarray, loss: np.ndarray, slope: np.ndarray, lr: float) -> Callable[[Path], Path]:
    """For Results.figure: the loss over (w, b), how steep it is, and a step from its steepest point, free and clipped to norm 1.

    w, b, loss, slope  of `cliff`
    """
    steep = np.hypot(*slope)
    at = np.unravel_index(np.argmax(steep), steep.shape)
    start, down = np.array([w[at], b[at]]), -slope[:, at[0], at[1]]

    def draw(axes: list[Any]) -> None:
        for axis, values, name in ((axes[0], loss, "loss"), (axes[1], np.log10(steep + 1e-12), "log10 of the gradient's norm")):
            image = axis.pcolormesh(w, b, values, cmap="Blues", vmin=np.quantile(values, 0.02), shading="auto", rasterized=True)
            axis.figure.colorbar(image, ax=axis)
            tidy(axis, name, "w", "b")
        for k, (length, name) in enumerate(((lr * steep[at], "without clipping"), (lr, "clipped to norm 1"))):
            end = start + down / steep[at] * min(length, 1.6)  # as far as the picture goes
            axes[0].annotate("", end, start, arrowprops={"arrowstyle": "->", "color": COLOURS[1 + 5 * k], "lw": 3 - k})
            axes[0].plot([], [], color=COLOURS[1 + 5 * k], linestyle=STROKES[0], label=f"{name}: {length:,.1f} far")
        axes[0].plot(*start, "o", color="white", markeredgecolor="black", markersize=5)
        axes[0].set_xlim(w.min(), w.max())
        axes[0].set_ylim(b.min(), b.max())
        axes[0].legend(fontsize=8, loc="upper right")

    return panels(1, 2, draw, width=4.6, height=3.4)


def network_figures(results: Results, kind: str, model: Any, ids: np.ndarray, tokens: Sequence[str],
                    curve: list[tuple[int, float]], norms: list[float], clip: float) -> None:
    """The gates of a GRU or an LSTM; and, if it was trained here, its learning curve and the norms of its gradient.

    ids, tokens  (T,) what the gates are drawn for
    curve        (epoch, nats per token of validation); the n-grams' of the record are drawn beside it
    norms        of each step's gradient, before it was clipped to `clip`
    """
    name = kind.upper()
    if kind != "rnn":
        gates = viz.gate_activations(model.recurrent, model.embedding(ids))  # name -> (T, H)
        results.figure("gates.svg", lambda path: viz.gate_heatmap(gates, tokens, path, f"the gates of the {name}"))
    if curve:
        levels = {f"{n}-gram": results.record["baselines"][f"validation_nats_{n}gram"] for n in (3, 5)}
        results.figure("nats.svg", lambda path: viz.training_curves({name: curve}, path, levels, "epoch", "nats per token"))
        results.figure("norms.svg", lambda path: viz.training_curves({"before clipping": norms}, path, {"clip": clip},
                                                                     y_label="norm of the gradient", log=True))
