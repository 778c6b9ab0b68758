"""The figure of cnn_classifier.py that is its own: the n-grams that filters look for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from .panels import COLOURS, panels, tidy


class Filter(NamedTuple):
    """A filter, the class that it speaks for, and what it looks for."""

    name: str  # of the class
    width: int  # the n of its n-grams
    push: float  # what it adds to the class where it answers most
    grams: list[str]  # the n-grams to which it answers most


def filters_figure(filters: list[Filter]) -> Callable[[Path], Path]:
    """A bar for each filter, in the colour of its class, with its n-grams beside it."""
    names = list(dict.fromkeys(f.name for f in filters))
    colours = {name: COLOURS[k % len(COLOURS)] for k, name in enumerate(names)}

    def draw(axes: list[Any]) -> None:
        rows = filters[::-1]
        panel = axes[0]
        panel.barh(range(len(rows)), [f.push for f in rows], color=[colours[f.name] for f in rows])
        panel.set_yticks(range(len(rows)), [f"{f.width} words: {'; '.join(f.grams)}" for f in rows])
        for name, colour in colours.items():
            panel.barh([0], [0], color=colour, label=name)
        tidy(panel, x="what the filter adds to the class where it answers most")
        panel.legend(frameon=False, fontsize=8, ncols=6, loc="lower left", bbox_to_anchor=(0, 1))

    words = "".join(gram for f in filters for gram in f.grams)
    return panels(1, 1, draw, width=9.5, height=0.32 * len(filters) + 0.9, words=words)
