"""Figures that the language model demos share: curves, and text coloured by how likely it was."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import viz
from tinydawn.viz.figure import INK

from .panels import panels


def curves(lines: Mapping[str, Any], x: str, y: str, levels: Mapping[str, float] | None = None,
           log: bool = False) -> Callable[[Path], Path]:
    """For Results.figure: named curves over the axes x and y, with thin lines across.

    lines   name -> numbers, the first at x = 1, or pairs (x, y)
    levels  name -> height of a thin grey line
    log     a logarithmic y axis
    """

    def save(path: Path) -> Path:
        return viz.training_curves(lines, path, levels, x, y, log=log)

    return save


def coloured_text(tokens: Sequence[str], probabilities: np.ndarray, spaces: bool = False,
                  columns: int = 90) -> Callable[[Path], Path]:
    """For Results.figure: running text, each token the darker blue the likelier the model held it.

    tokens         T of them; "\\n" is an end of line or of sentence
    probabilities  (T,) what the model gave to each, before it saw it
    spaces         whether tokens are words, with a space between two
    columns        how many letters a line has
    """
    places, x, y = [], 0, 0
    for token in tokens:
        cells = max(1, sum(2 if is_wide(character) else 1 for character in token))
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
        values = np.asarray(probabilities, float)
        for token, p, (x, y, cells) in zip(tokens, values, places, strict=True):
            ground = Rectangle((x, -y), cells, 0.92, color=colours(0.85 * p), linewidth=0)
            paper.add_patch(ground)
            if token.strip() or token == "\n":
                latin = cells == len(token)
                paper.text(x + cells / 2, -y + 0.45, "¶" if token == "\n" else token,
                           ha="center", va="center", fontsize=8, color="white" if p > 0.6 else INK,
                           parse_math=False,
                           **({"fontfamily": "DejaVu Sans Mono"} if latin else {}))
        paper.set_xlim(0, columns)
        paper.set_ylim(-lines, 1)
        paper.axis("off")
        for k in range(11):  # the scale
            step = Rectangle((2 * k, -lines), 2, 0.4, color=colours(0.085 * k), linewidth=0)
            paper.add_patch(step)
        paper.text(23, -lines + 0.2, "probability 0 to 1", va="center", fontsize=8, color=INK)

    return panels(1, 1, draw, width=0.072 * columns + 0.3, height=0.19 * (lines + 1.5),
                  words="".join(tokens))


def is_wide(character: str) -> bool:
    """Whether it takes two places of a line, as Chinese characters do."""
    return unicodedata.east_asian_width(character) in "WF"
