"""A figure of what every head of a Transformer looks at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .panels import panels


def head_gallery(weights: Sequence[np.ndarray], tokens: Sequence[str], titles: Sequence[Sequence[str]],
                 size: float = 2.9) -> Callable[[Path], Path]:
    """For Results.figure: a row of panels per layer, one panel per head: in row t what position t looks at, the darker the more.

    weights  of each layer (H, T, T)
    tokens   T of them; a space is shown as _, an end of line as ¶
    titles   of each layer H texts, written behind "layer 1, head 1"
    size     of a panel, in inches
    """
    names = [token.replace(" ", "_").replace("\n", "¶") for token in tokens]

    def draw(axes: list[Any]) -> None:
        for axis, (layer, head) in zip(axes, np.ndindex(len(weights), len(weights[0])), strict=True):
            axis.imshow(weights[layer][head], cmap="Blues", vmin=0, vmax=1)
            for set_ticks in (axis.set_xticks, axis.set_yticks):
                set_ticks(range(len(names)), names, fontsize=5.5, parse_math=False)
            axis.tick_params(length=0, pad=1)
            axis.set_title(f"layer {layer + 1}, head {head + 1}: {titles[layer][head]}", loc="left", fontsize=8)

    return panels(len(weights), len(weights[0]), draw, width=size, height=size + 0.1, words="".join(names))
