"""The figure of birnn.py: how much each prediction depends on each word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .panels import panels


def influence_figure(
    matrices: dict[str, np.ndarray], words: Sequence[str]
) -> Callable[[Path], Path]:
    """For each model (T, T): row t, how much the state after word t changes with each word."""
    T = len(words)

    def draw(axes: list[Any]) -> None:
        for panel, (name, matrix) in zip(axes, matrices.items(), strict=True):
            panel.imshow(matrix / matrix.max(), cmap="Blues", vmin=0, vmax=1)
            panel.plot(np.arange(T - 1) + 1, np.arange(T - 1), "x", color="#D55E00", markersize=8,
                       markeredgewidth=2)
            panel.set_xticks(range(T), words, rotation=45, ha="right", rotation_mode="anchor")
            panel.set_yticks(range(T), words)
            panel.tick_params(length=0)
            panel.set_title(name.replace("_", " "), loc="left")
            panel.set_xlabel("read word s; the cross is the word to be predicted")
            panel.set_ylabel("state after word t")

    title = "d state / d word: what a prediction can see"
    return panels(1, 2, draw, width=4.6, height=4.4, title=title)
