"""The figures of bptt.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import viz

from .panels import COLOURS, STROKES, panels, tidy


def back_figure(lines: Mapping[str, Any], title: str) -> Callable[[Path], Path]:
    """For Results.figure: what is left of a gradient k steps back, (k, share) of each network."""

    def save(path: Path) -> Path:
        return viz.training_curves(lines, path, x_label="steps back in time",
                                   y_label="norm of dL/dh, as a share of the last one",
                                   title=title, log=True)

    return save


def clipping_figure(losses: Mapping[str, Any], norms: Mapping[str, Any], gamma: float,
                    even_guess: float) -> Callable[[Path], Path]:
    """For Results.figure: the loss and the gradient's norm of every update, by name of the run."""

    def draw(axes: list[Any]) -> None:
        shown = ((axes[0], losses, "Loss, nats", even_guess, "even guess"),
                 (axes[1], norms, "Norm of the gradient, before clipping", gamma, "gamma"))
        for panel, curves, title, level, word in shown:
            panel.set_yscale("log")
            updates = max(map(len, curves.values()))
            panel.axhline(level, color="#888888", linewidth=0.9, linestyle=":")
            panel.text(updates, level, word, ha="right", va="bottom", color="#666666")
            looks = ((1, 0, 1.2), (0, 0, 2.8), (6, 3, 2.2))  # colour, stroke, width
            for (colour, stroke, width), (name, values) in zip(looks, curves.items(), strict=True):
                good = np.isfinite(values)
                x = np.arange(1, len(good) + 1)[good]
                y = np.asarray(values)[good]
                panel.plot(x, y, color=COLOURS[colour], linestyle=STROKES[stroke], linewidth=width,
                           label=name)
                if not good.all():
                    panel.plot(x[-1], y[-1], "X", color="#CC0000", markersize=10)
                    panel.annotate("NaN", (x[-1], y[-1]), (9, 0), color="#CC0000", va="center",
                                   textcoords="offset points", fontsize=12)
            tidy(panel, title, "update")
        figure = axes[0].figure
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3,
                      frameon=False, fontsize=11)

    return panels(1, 2, draw, width=4.4, height=4.7)


def cliff_figure(w: np.ndarray, b: np.ndarray, loss: np.ndarray, slope: np.ndarray,
                 lr: float) -> Callable[[Path], Path]:
    """For Results.figure: the loss over (w, b), how steep it is, and a step from its top.

    w, b, loss  (N, N)
    slope       (2, N, N), the derivatives by w and by b
    lr          the step's learning rate; it is drawn as it is, and clipped to norm 1
    """
    steep = np.hypot(*slope)
    log_steep = np.log10(steep + 1e-12)
    at = np.unravel_index(np.argmax(steep), steep.shape)
    start, down = np.array([w[at], b[at]]), -slope[:, at[0], at[1]]

    def draw(axes: list[Any]) -> None:
        left, right = axes
        shown = ((left, loss, "Loss: the darker the higher"),
                 (right, log_steep, "Log10 of the gradient's norm: the wall"))
        for axis, values, name in shown:
            image = axis.pcolormesh(w, b, values, cmap="Blues", vmin=np.quantile(values, 0.02),
                                    shading="auto", rasterized=True)
            axis.figure.colorbar(image, ax=axis)
            tidy(axis, name, "w", "b")

        steps = ((lr * steep[at], "without clipping", COLOURS[1], 3, 11),
                 (lr, "clipped to norm 1", COLOURS[5], 3, 12))
        for length, name, colour, width, order in steps:
            end = start + down / steep[at] * min(length, 1.6)  # as far as the picture goes
            left.annotate("", end, start, zorder=order, arrowprops={
                "arrowstyle": "-|>", "color": colour, "lw": width, "mutation_scale": 22,
                "shrinkA": 0, "shrinkB": 0})
            left.plot([], [], color=colour, linewidth=3, label=f"{name}: {length:,.1f} far")
        left.plot(*start, "o", color="white", markeredgecolor="black", markersize=7, zorder=13)
        left.set_xlim(w.min(), w.max())
        left.set_ylim(b.min(), b.max())
        left.legend(fontsize=10, loc="upper right")

    return panels(1, 2, draw, width=4.6, height=4.6)
