"""Attention of a translation as a picture: where each word of the target looks in the source."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .panels import panels

BLUES = ("#FFFFFF", "#C3D8EC", "#7BAFD9", "#2F79B5", "#08306B")  # darker is more, in grey print too


def alignment_figure(weights: np.ndarray, source: str, target: str) -> Callable[[Path], Path]:
    """For Results.figure: weights (T, S), a row for each word of the target and one for </s>.

    source, target  the words, with spaces between
    """
    columns, rows = [*source.split(), "</s>"], [*target.split(), "</s>"]

    def draw(axes: list[Any]) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        panel = axes[0]
        panel.imshow(weights, cmap=LinearSegmentedColormap.from_list("weights", BLUES), vmin=0,
                     vmax=1, aspect="auto")
        for (t, i), weight in np.ndenumerate(weights):
            if weight > 0.095:
                panel.text(i, t, f"{weight:.1f}".lstrip("0"), ha="center", va="center", fontsize=9,
                           color="white" if weight > 0.6 else "#222222")
        panel.set_xticks(range(len(columns)), columns, fontsize=10)
        panel.set_yticks(range(len(rows)), rows, fontsize=10)
        panel.set_xticks(np.arange(len(columns) + 1) - 0.5, minor=True)
        panel.set_yticks(np.arange(len(rows) + 1) - 0.5, minor=True)
        panel.grid(which="minor", color="#DDDDDD", linewidth=0.6)
        panel.tick_params(which="both", length=0)
        panel.xaxis.tick_top()
        panel.xaxis.set_label_position("top")
        panel.set_xlabel("the source: where it looks", fontsize=10)
        panel.set_ylabel("the translation,\nword by word", fontsize=10)

    return panels(1, 1, draw, width=7.6, height=max(4.2, 0.36 * len(rows)), words=source + target)
