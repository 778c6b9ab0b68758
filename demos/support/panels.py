"""Figures of several panels, for lessons: matplotlib on white paper, saved whole, clear in grey."""

from __future__ import annotations

import functools
import itertools
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn.viz.figure import INK, can_show, figure_class, paper, save_figure
from tinydawn.viz.plots import COLOURS, STROKES

__all__ = ["COLOURS", "STROKES", "check_letters", "heat", "panels", "tidy"]


def check_letters(sentences: Iterable[Sequence[str]]) -> None:
    """Say once, before a training and not with its figures, that no font has letters of a text."""
    sample = "".join("".join(words) for words in itertools.islice(sentences, 500))
    if not can_show(sample):
        _say_that_letters_are_missing()


@functools.cache
def _say_that_letters_are_missing() -> None:
    print("no installed font has Chinese letters, so figures with words of this text will show "
          "boxes: install one, such as Noto Sans CJK", file=sys.stderr)


def panels(
    rows: int,
    columns: int,
    draw: Callable[[list[Any]], None],
    width: float = 4.0,
    height: float = 3.2,
    title: str = "",
    words: str = "",
    **more: Any,
) -> Callable[[Path], Path]:
    """For Results.figure: rows x columns panels of `width` x `height` inches, which `draw` fills.

    words  all text in it that may be Chinese, so that a font for it is found
    more   for matplotlib's Figure.subplots, such as sharex=True
    """

    def save(path: Path) -> Path:
        Figure = figure_class("demo", path)
        with paper(words + title) as text:
            import matplotlib

            matplotlib.rcParams.update({
                "font.family": text["fontfamily"],
                "font.size": 9,
                "axes.titlesize": 10,
            })
            figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
            axes = figure.subplots(rows, columns, squeeze=False, **more)
            draw(list(axes.flat))
            if title:
                figure.suptitle(title, fontsize=11, color=INK)
            return save_figure(figure, path)

    return save


def tidy(axes: Any, title: str = "", x: str = "", y: str = "", legend: bool = False) -> None:
    """A panel's title and labels, without the frame's upper and right line."""
    axes.set_title(title, loc="left", color=INK)
    axes.set_xlabel(x, color=INK)
    axes.set_ylabel(y, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    if legend:
        axes.legend(frameon=False, fontsize=8)


def heat(
    axes: Any, matrix: np.ndarray, rows: Sequence[str], columns: Sequence[str], title: str = ""
) -> None:
    """A matrix as colours, orange below 0 and blue above, with its numbers."""
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("signed", ["#D55E00", "#FFFFFF", "#0072B2"])
    reach = float(np.abs(matrix).max()) or 1.0  # of the colours; a matrix of zeros is white
    axes.imshow(matrix, cmap=colours, vmin=-reach, vmax=reach, aspect="auto")
    for (i, j), value in np.ndenumerate(matrix):
        dark = abs(value) > 0.6 * reach
        axes.text(j, i, f"{value:.2f}".replace("-", "−"), ha="center", va="center", fontsize=8,
                  color="white" if dark else INK)
    axes.set_xticks(range(len(columns)), columns, fontsize=8)
    axes.set_yticks(range(len(rows)), rows, fontsize=8)
    axes.tick_params(length=0)
    axes.set_title(title, loc="left", color=INK)
