"""What all plots share: matplotlib once it is asked for, white paper, fonts for Chinese, files written whole."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..backend import to_host
from ..errors import ShapeError, TinydawnError, message
from ..storage.files import write_atomic
from ..tensor import Tensor
from .measure import text_width

# Fonts with Chinese, Japanese and Korean letters, by the names they have on Linux, macOS and Windows.
CJK_FONTS = ("Noto Sans CJK SC", "Noto Sans SC", "Noto Sans CJK JP", "Noto Sans CJK TC", "Source Han Sans SC", "PingFang SC",
             "WenQuanYi Zen Hei", "Microsoft YaHei", "SimHei", "Droid Sans Fallback")
FORMATS = ("svg", "png", "pdf")
SHOWN = {"svg": "image/svg+xml", "png": "image/png"}  # by a notebook
INK = "#222222"
WRONG = "#D55E00"  # of what is not finite
relabel: Callable[[str], str] | None = None  # what makes of every text of a figure the one that is shown, where somebody set it


def figure_class(caller: str, path: str | Path) -> Any:
    """matplotlib's Figure, which needs no display and no pyplot, for a picture that can be saved as `path`.

    Raises TinydawnError if matplotlib is missing, or if `path` ends in none of .svg, .png, .pdf.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise TinydawnError(message(f"{caller} needs matplotlib, which is not installed",
                                    fix="pip install 'tinydawn[draw]', or pip install matplotlib")) from error
    if Path(path).suffix.lower().lstrip(".") not in FORMATS:
        raise TinydawnError(message(f"{caller}: {Path(path).name!r} has none of the endings "
                                    f"{', '.join('.' + f for f in FORMATS)}", fix="name the file figure.svg, for instance"))
    return Figure


@contextmanager
def paper(text: str) -> Iterator[dict[str, Any]]:
    """Matplotlib's own look, whatever style is set outside; gives the options that set `text` literally, Chinese too.

    Warns once where no installed font has Chinese letters; matplotlib would say it for every letter.
    """
    import matplotlib.style

    fonts, complete = _fonts(text)
    with matplotlib.style.context("default"), warnings.catch_warnings():
        if not complete:
            warnings.filterwarnings("ignore", "Glyph .* missing")
        yield {"fontfamily": fonts, "parse_math": False}


class Saved(type(Path())):  # type: ignore[misc]
    """The path of a picture that was saved. In a notebook it shows the picture; everywhere else it is a Path."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = {"text/plain": str(self)}
        kind = self.suffix.lower().lstrip(".")
        if kind in SHOWN and self.is_file():
            found[SHOWN[kind]] = self.read_text(encoding="utf-8") if kind == "svg" else self.read_bytes()
        return found


def save_figure(figure: Any, path: str | Path) -> Path:
    """Write a matplotlib figure by way of a temporary name; the same figure gives the same bytes. What matplotlib leaves out
    of it, since it is not finite, is marked. The path comes back, which shows the figure in a notebook."""
    import matplotlib

    translate(figure)
    mark_missing(figure)
    target = Saved(path)
    kind = target.suffix.lower().lstrip(".") or "svg"
    dates: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "tinydawn"}):
        figure.savefig(buffer, format=kind, dpi=160, metadata=dates.get(kind))
    write_atomic(target, buffer.getvalue())
    return target


def translate(figure: Any) -> None:
    """Set all text of a figure to what `relabel` makes of it, in a font that has its letters.

    A text that has `verbatim` set stays: a word of the data, which may also be a word of the figure.
    """
    if relabel is None:
        return
    from matplotlib.text import Text

    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            ticks = axis.get_ticklabels()
            new = [relabel(label.get_text()) for label in ticks]
            if new != [label.get_text() for label in ticks]:
                axis.set_ticks(axis.get_majorticklocs(), new, fontfamily=_fonts("".join(new))[0])
    for text in figure.findobj(Text):
        if getattr(text, "verbatim", False):
            continue
        shown = relabel(text.get_text()) if text.get_text() else ""
        if shown != text.get_text():
            text.set_text(shown)
            text.set_fontfamily(_fonts(shown)[0])


def mark_missing(figure: Any) -> None:
    """Mark NaN and infinity, which matplotlib leaves out as if nothing had been there.

    A cell of a heat map is orange with a cross. A line has a cross, in its own colour, where a gap begins; a bar, where it would
    stand. What has no place, a line that is missing throughout or points of a cloud, is named in the corner of its panel; not a
    line whose label is empty, which is named otherwise.
    """
    for axes in figure.axes:
        gone: list[str] = []
        for image in list(axes.images):
            _mark_cells(axes, image)
        for line in list(axes.lines):
            points: np.ndarray = np.ma.filled(np.ma.asarray(line.get_xydata(), float), np.nan)
            good = np.isfinite(points).all(axis=1)
            edges = [first - 1 if first else stop for first, stop in gaps(good) if first or stop < len(good)]
            if edges:
                axes.plot(*points[edges].T, "x", color=line.get_color(), markersize=8, markeredgewidth=2, clip_on=False,
                          scalex=False, scaley=False, transform=line.get_transform())
            elif not good.all() and line.get_label():
                gone.append(_name(line, "a line"))
        for bars in axes.containers:
            upright = getattr(bars, "orientation", None) == "vertical"
            for bar in bars.patches if hasattr(bars, "orientation") else ():
                if not np.isfinite(bar.get_height() if upright else bar.get_width()):
                    at = (bar.get_x() + bar.get_width() / 2, 0) if upright else (0, bar.get_y() + bar.get_height() / 2)
                    axes.plot(*at, "x", color=WRONG, markersize=8, markeredgewidth=2, clip_on=False, scalex=False, scaley=False,
                              transform=axes.get_xaxis_transform() if upright else axes.get_yaxis_transform())
        for cloud in axes.collections:
            points = np.ma.filled(np.ma.asarray(cloud.get_offsets(), float), np.nan)
            missing = int((~np.isfinite(points).all(axis=1)).sum())
            if missing:
                gone.append(f"{missing} of {len(points)}: {_name(cloud, 'points')}")
        if gone:
            axes.text(0.02, 0.98, "\n".join(f"NaN: {name}" for name in gone), color=WRONG, fontsize=8, va="top",
                      transform=axes.transAxes, parse_math=False)


def _mark_cells(axes: Any, image: Any) -> None:
    bad = np.ma.getmaskarray(image.get_array())
    if bad.ndim != 2 or not bad.any():
        return
    image.set_cmap(image.get_cmap().with_extremes(bad=WRONG))
    left, right, bottom, top = image.get_extent()
    first, last = (top, bottom) if image.origin == "upper" else (bottom, top)
    rows, columns = np.nonzero(bad)
    axes.plot(left + (columns + 0.5) * (right - left) / bad.shape[1], first + (rows + 0.5) * (last - first) / bad.shape[0], "x",
              color="black", markersize=5, scalex=False, scaley=False)


def _name(artist: Any, otherwise: str) -> str:
    label = str(artist.get_label())
    return otherwise if label.startswith("_") else label  # as matplotlib names what has no label


def gaps(good: np.ndarray) -> list[tuple[int, int]]:
    """Where `good` is False: the first of each run, and the one after its last."""
    turns = np.flatnonzero(np.diff(np.concatenate([[False], ~good, [False]]).astype(int)))
    return [(int(a), int(b)) for a, b in zip(turns[::2], turns[1::2], strict=True)]


def as_numbers(caller: str, name: Any, values: Any) -> np.ndarray:
    """One float array of an array, a Tensor, or a sequence of such and of numbers; ShapeError for what makes none."""
    try:
        if isinstance(values, list | tuple) and any(isinstance(v, Tensor | list | tuple) for v in values):
            return np.array([as_numbers(caller, name, v) for v in values], float)
        return np.asarray(to_host(values.array if isinstance(values, Tensor) else values), float)
    except (TypeError, ValueError) as error:
        if isinstance(error, ShapeError):
            raise
        raise ShapeError(message(f"{caller}: {name!r} is not made of numbers ({error})", fix="an array, a Tensor or a list of "
                                 "numbers, rows of equal length")) from error


def visible(word: str) -> str:
    """`word` so that it can be seen and stays on its line: spaces alone as boxes, a line break as \\n."""
    if word and not word.strip(" "):
        return "\u2423" * len(word)
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in word)


def inches(text: str, points: float) -> float:
    """How wide `text` is at that font size, generously: DejaVu Sans is a sixth wider than Helvetica."""
    return text_width(text, 1.18 * points) / 72


def cut(label: str, points: float, room: float = 6.0) -> str:
    """`label` at that font size, of which no line is wider than `room` inches: what is beyond is an ellipsis."""
    return "\n".join(_cut(line, points, room) for line in label.split("\n"))


def _cut(line: str, points: float, room: float) -> str:
    if inches(line, points) <= room:
        return line
    while len(line) > 1 and inches(line + "…", points) > room:
        line = line[:min(len(line) - 1, max(1, int(1.2 * len(line) * room / inches(line, points))))]
    return line + "…"


def can_show(text: str) -> bool:
    """Is there a font for the Chinese letters of `text`, if it has any? Yes too without matplotlib, which is another matter."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _fonts(text)[1]
    except ImportError:
        return True


def _fonts(text: str) -> tuple[list[str], bool]:
    """The fonts to set `text` in, and whether they have its Chinese letters; a warning where no installed one has."""
    if not any("\u2e80" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7af" or "\uff00" <= c <= "\uffef" for c in text):
        return ["DejaVu Sans"], True
    from matplotlib import font_manager

    manager = font_manager.fontManager
    found = _installed(manager)
    if not found:  # matplotlib keeps a list of fonts for good: one that was installed later is not in it
        for name in sorted({*font_manager.findSystemFonts()} - {font.fname for font in manager.ttflist}):
            try:
                manager.addfont(name)
            except Exception:  # a file that is no font it can read; matplotlib passes over it too
                continue
        found = _installed(manager)
    if not found:
        warnings.warn(message("no installed font has Chinese letters: the figure shows boxes in their place",
                              fix="install one, such as Noto Sans CJK"), stacklevel=5)
    return [*found, "DejaVu Sans"], bool(found)


def _installed(manager: Any) -> list[str]:
    names = {font.name for font in manager.ttflist}
    return [name for name in CJK_FONTS if name in names]
