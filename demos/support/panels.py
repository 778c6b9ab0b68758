"""Figures of several panels, for lessons: matplotlib on white paper, saved whole, clear in grey."""

from __future__ import annotations

import functools
import itertools
import math
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn.viz.figure import (
    INK,
    can_show,
    cut,
    figure_class,
    inches,
    paper,
    save_figure,
    translate,
)
from tinydawn.viz.plots import COLOURS, STROKES

__all__ = ["COLOURS", "STROKES", "check_letters", "cut", "heat", "panels", "tidy"]


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

    Where labels need more room, it grows: names of classes and words may be of any length.

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
                figure.suptitle(cut(title, 11, width * columns), fontsize=11, color=INK)
            translate(figure)  # before labels are fitted into their room
            fit(figure, width, height)
            return save_figure(figure, path)

    return save


def fit(figure: Any, width: float, height: float) -> None:
    """Make room for labels of any length: cut and turn those that would cover others, and let the
    figure grow until each panel keeps half of its `width` x `height` inches beside them."""
    panels = [axes for axes in figure.axes if axes.get_subplotspec() is not None]
    grid = panels[0].get_gridspec()
    across, down = np.full(grid.ncols, width), np.full(grid.nrows, height)  # inches
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "constrained_layout not applied")  # as yet
        figure.draw_without_rendering()
        for axes in panels:
            _fit_ticks(axes, width, height)
            _fit_texts(axes, width, height)
        for axes in panels:
            place = axes.get_subplotspec()
            need = _needed(axes, 0.5 * width, 0.5 * height)
            across[place.colspan.start] = max(across[place.colspan.start], need[0])
            down[place.rowspan.start] = max(down[place.rowspan.start], need[1])
        figure.set_size_inches(across.sum(), down.sum())
        titled = [axes for axes in panels
                  if _wide(axes._left_title.get_text(), 10) > 0.5 * width]
        if titled:
            figure.draw_without_rendering()
    for axes in titled:
        _fit_title(axes)


def _fit_ticks(axes: Any, width: float, height: float) -> None:
    """Cut the names at the axes; turn those below where they would cover each other."""
    below = [label for label in axes.get_xticklabels() if label.get_text().strip()]
    at = axes.transData.transform([(label.get_position()[0], 0) for label in below] or [(0, 0)])
    space = min(np.diff(np.sort(at[:, 0])), default=math.inf) / axes.figure.dpi
    widest = max((_wide(label.get_text(), label.get_fontsize()) for label in below), default=0)
    turned = any(label.get_rotation() for label in below)
    turn = widest / 1.18 > space and not turned  # their width is a generous one
    rooms = ((axes.xaxis, max(1.5, 0.55 * height) if turned or turn else 0.9 * width, turn),
             (axes.yaxis, 0.55 * width, False))
    for axis, room, turn in rooms:
        labels = axis.get_ticklabels()
        short = [cut(label.get_text(), label.get_fontsize(), room) for label in labels]
        if turn or short != [label.get_text() for label in labels]:
            slant = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if turn else {}
            axis.set_ticks(axis.get_majorticklocs(), short, **slant)


def _fit_texts(axes: Any, width: float, height: float) -> None:
    """Cut the names of the axes, the title to two lines, names in the legend to its columns."""
    room = {axes.xaxis.label: width, axes.yaxis.label: height, axes._left_title: 2 * width}
    legend = axes.get_legend()
    if legend is not None:
        texts = legend.get_texts()
        columns = max(1, min(len(texts), legend._ncols))
        room |= dict.fromkeys(texts, max(0.7, 0.95 * width / columns - 0.5))  # beside its signs
    for text, inches_there in room.items():
        text.set_text(cut(text.get_text(), text.get_fontsize(), inches_there))


def _needed(axes: Any, width: float, height: float) -> tuple[float, float]:
    """Inches of a panel of `width` x `height`, or as wide as its legend, and of its labels."""
    legend, own, dpi = axes.get_legend(), axes.get_window_extent(), axes.figure.dpi
    high = axes.get_tightbbox(for_layout_only=True).height - own.height
    if legend is not None:
        width = max(width, legend.get_window_extent().width / dpi)
        legend.set_in_layout(False)
    wide = axes.get_tightbbox(for_layout_only=True).width - own.width
    if legend is not None:
        legend.set_in_layout(True)
    return wide / dpi + width + 0.1, high / dpi + height + 0.1


def _fit_title(axes: Any) -> None:
    """A title in two lines, where it would stand out beyond its panel's right end."""
    place, title, box = axes.get_subplotspec(), axes._left_title, axes.get_window_extent()
    last = place.colspan.stop == place.get_gridspec().ncols
    room = ((axes.figure.bbox.x1 if last else box.x1) - box.x0) / axes.figure.dpi
    if _wide(title.get_text(), title.get_fontsize()) / 1.18 > room:
        a_line = 0.9 * len(title.get_text()) * room / inches(title.get_text(), title.get_fontsize())
        lines = textwrap.wrap(title.get_text(), max(8, int(a_line)), max_lines=2,
                              placeholder=" …")
        title.set_text("\n".join(cut(line, title.get_fontsize(), room) for line in lines))


def _wide(label: str, size: float) -> float:
    """Inches of the longest line of a label."""
    return max(inches(line, size) for line in label.split("\n"))


def tidy(axes: Any, title: str = "", x: str = "", y: str = "", legend: bool = False) -> None:
    """A panel's title and labels, without the frame's upper and right line."""
    axes.set_title(title, loc="left", color=INK)
    axes.set_xlabel(x, color=INK)
    axes.set_ylabel(y, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    if legend:
        axes.legend(frameon=False, fontsize=8)


def heat(
    axes: Any, matrix: np.ndarray, rows: Sequence[str], columns: Sequence[str], title: str = "",
    reach: float | None = None,
) -> None:
    """A matrix as colours, orange below 0 and blue above, with its numbers.

    reach  which number is darkest; None: the largest in it
    """
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("signed", ["#D55E00", "#FFFFFF", "#0072B2"])
    largest = float(np.abs(matrix[np.isfinite(matrix)]).max(initial=0))
    reach = reach or largest or 1.0  # zeros are white
    axes.imshow(matrix, cmap=colours, vmin=-reach, vmax=reach, aspect="auto")
    for (i, j), value in np.ndenumerate(matrix):
        dark = abs(value) > 0.6 * reach
        axes.text(j, i, f"{value:.2f}".replace("-", "−"), ha="center", va="center", fontsize=8,
                  color="white" if dark else INK)
    axes.set_xticks(range(len(columns)), columns, fontsize=8)
    axes.set_yticks(range(len(rows)), rows, fontsize=8)
    axes.tick_params(length=0)
    axes.set_title(title, loc="left", color=INK)
