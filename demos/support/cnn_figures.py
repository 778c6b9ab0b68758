"""The figure of cnn_classifier.py that is its own: the n-grams that filters look for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tinydawn.viz.figure import INK

from .panels import COLOURS, cut, panels, tidy


class Filter(NamedTuple):
    """A filter, the class that it speaks for, and what it looks for."""

    name: str  # of the class
    width: int  # the n of its n-grams
    push: float  # what it adds to the class where it answers most
    grams: list[str]  # the n-grams to which it answers most


def filters_figure(filters: list[Filter]) -> Callable[[Path], Path]:
    """A bar for each filter, in the colour of its class, with its n-grams above it."""
    names = list(dict.fromkeys(f.name for f in filters))
    columns = min(2, len(names))
    longest = max(f.push for f in filters)

    def draw(axes: list[Any]) -> None:
        for panel in axes[len(names):]:
            panel.axis("off")
        for k, (panel, name) in enumerate(zip(axes, names, strict=False)):
            rows = [f for f in filters if f.name == name]
            colour = COLOURS[k % len(COLOURS)]
            panel.barh(range(len(rows)), [f.push for f in rows], height=0.22, color=colour)
            for i, f in enumerate(rows):
                grams = [cut(gram, 9, 3.6) for gram in f.grams]
                panel.text(0, i - 0.17, "\n".join(grams), fontsize=9,
                           va="bottom", color=INK, linespacing=1.1)
            panel.set(xlim=(0, 1.05 * longest), ylim=(len(rows) - 0.8, -0.95))
            panel.set_yticks([])
            panel.spines["left"].set_visible(False)
            tidy(panel, f"speaks for: {name}", "what the filter adds to the class")

    words = "".join(gram for f in filters for gram in f.grams) + "".join(names)
    down = -(-len(names) // columns)
    return panels(down, columns, draw, width=8.0 / columns, height=4.1 / min(down, 2),
                  title="The n-grams that three filters of each class answer to most", words=words)
