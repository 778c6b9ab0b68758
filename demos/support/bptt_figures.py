"""The figure of the cliff in bptt.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .panels import COLOURS, STROKES, panels, tidy


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
        shown = ((left, loss, "loss"), (right, log_steep, "log10 of the gradient's norm"))
        for axis, values, name in shown:
            image = axis.pcolormesh(w, b, values, cmap="Blues", vmin=np.quantile(values, 0.02),
                                    shading="auto", rasterized=True)
            axis.figure.colorbar(image, ax=axis)
            tidy(axis, name, "w", "b")

        steps = ((lr * steep[at], "without clipping", COLOURS[1], 3),
                 (lr, "clipped to norm 1", COLOURS[6], 2))
        for length, name, colour, width in steps:
            end = start + down / steep[at] * min(length, 1.6)  # as far as the picture goes
            arrow = {"arrowstyle": "->", "color": colour, "lw": width}
            left.annotate("", end, start, arrowprops=arrow)
            left.plot([], [], color=colour, linestyle=STROKES[0],
                      label=f"{name}: {length:,.1f} far")
        left.plot(*start, "o", color="white", markeredgecolor="black", markersize=5)
        left.set_xlim(w.min(), w.max())
        left.set_ylim(b.min(), b.max())
        left.legend(fontsize=8, loc="upper right")

    return panels(1, 2, draw, width=4.6, height=3.4)
