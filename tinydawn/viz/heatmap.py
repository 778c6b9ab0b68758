"""Heat maps of attention: one row per target word, one column per source word. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ShapeError, message
from .figure import as_numbers, cut, figure_class, inches, paper, save_figure, visible


def attention_heatmap(weights: Any, source: Sequence[str], target: Sequence[str], path: str | Path, title: str = "") -> Path:
    """Draw attention weights (T, S) with the target words at the rows and the source words at the columns; save to `path`.

    Beside the colours from white (0) to blue (1) stands the number of a weight of .1 or more, and of what is below 0, where no
    weight should be. A weight that is not finite is an orange cell with a cross. Words are cut where they would be longer than
    6 inches.

    Raises ShapeError if the words do not match the weights or there are none, TinydawnError if matplotlib is missing or
    `path` ends in none of .svg, .png, .pdf.
    """
    w = as_numbers("attention_heatmap", "weights", weights)
    if w.shape != (len(target), len(source)) or not w.size:
        raise ShapeError(message(f"attention_heatmap: weights of shape {w.shape} for {len(target)} target and {len(source)} "
                                 "source words", fix="one row per target word, one column per source word"))
    Figure = figure_class("attention_heatmap", path)
    with paper("".join([*source, *target, title])) as text:
        title = cut(title, 10, 12)
        columns, rows = ([cut(visible(str(word)), 10) for word in words] for words in (source, target))
        slanted = [0.71 * inches(word, 10) for word in columns]  # how far up, and to the right
        beyond = max(0.0, *(long - 0.5 * (len(slanted) - i) for i, long in enumerate(slanted)))
        across = 0.5 * len(source) + max(1.6, 0.9 + beyond + max(inches(word, 10) for word in rows))
        down = 0.36 * len(target) + max(1.4, 0.8 + max(slanted))
        figure = Figure(figsize=(max(across, inches(title, 10) + 0.2), down), layout="constrained")
        axes = figure.add_subplot()
        image = axes.imshow(w, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
        axes.set_xticks(range(len(source)), columns, rotation=45, ha="left", rotation_mode="anchor", **text)
        axes.set_yticks(range(len(target)), rows, **text)
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        for (i, j), value in np.ndenumerate(w):  # numbers, so that the figure can be read in grey too
            if np.isfinite(value) and (value > 0.0999 or value <= -0.05):
                axes.text(j, i, f"{value:.1f}".lstrip("0").replace("-", "−"), ha="center", va="center", fontsize=7,
                          color="white" if value > 0.6 else "#333333")
        if title:
            axes.set_title(title, fontsize=10, **text)
        figure.colorbar(image, ax=axes, shrink=0.8, label="attention")
        return save_figure(figure, path)
