"""The figures of transformer.py: what every head looks at, and what it learned, where and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .lm_figures import curves
from .panels import panels
from .run import Results


def head_gallery(weights: Sequence[np.ndarray], tokens: Sequence[str],
                 titles: Sequence[Sequence[str]], size: float = 2.9) -> Callable[[Path], Path]:
    """For Results.figure: a row of panels per layer, one panel per head.

    In row t of a panel stands what position t looks at, the darker the more.

    weights  of each layer (H, T, T)
    tokens   T of them; a space is shown as _, an end of line as ¶
    titles   of each layer H texts, written behind "layer 1, head 1"
    size     of a panel, in inches
    """
    names = [token.replace(" ", "_").replace("\n", "¶") for token in tokens]
    layers, heads = len(weights), len(weights[0])

    def draw(axes: list[Any]) -> None:
        for axis, (layer, head) in zip(axes, np.ndindex(layers, heads), strict=True):
            axis.imshow(weights[layer][head], cmap="Blues", vmin=0, vmax=1)
            for set_ticks in (axis.set_xticks, axis.set_yticks):
                set_ticks(range(len(names)), names, fontsize=5.5, parse_math=False)
            axis.tick_params(length=0, pad=1)
            title = f"layer {layer + 1}, head {head + 1}: {titles[layer][head]}"
            axis.set_title(title, loc="left", fontsize=8)

    return panels(layers, heads, draw, width=size, height=size + 0.1, words="".join(names))


def draw_learning(results: Results, by_position: np.ndarray,
                  by_time: Sequence[tuple[float, float]]) -> None:
    """Nats per character by position (T,) and, if it was trained here, by CPU seconds.

    Beside them stand the n-grams and the LSTM of the record.
    """
    baselines = results.record["baselines"]
    levels = {name: baselines[f"validation_nats_{name}"] for name in ("3gram", "5gram", "lstm")
              if f"validation_nats_{name}" in baselines}
    y = "nats per character"
    picture = curves({"Transformer": by_position}, "position in the window", y, levels)
    results.figure("positions.svg", picture)
    if len(by_time):
        picture = curves({"Transformer": by_time}, "CPU seconds", y, levels)
        results.figure("nats.svg", picture)
