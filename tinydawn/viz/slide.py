"""A drawing that fills a slide: long rows and columns folded, what does not fit left out and counted."""

from __future__ import annotations

from .grid import grid
from .layout import Place, place
from .picture import Picture
from .themes import Theme


def laid_out(picture: Picture, direction: str, theme: Theme, timeout: float) -> Place:
    """Where everything stands: steps from left to right in columns of their own, all else as Graphviz has it."""
    if picture.columns and direction in ("LR", "RL"):
        found = grid(picture, theme, timeout, mirrored=direction == "RL")
        if found is not None:
            return found
    return place(picture, direction, theme, timeout)
