"""What all plots share: matplotlib once it is asked for, white paper, fonts for Chinese, files written whole."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import TinydawnError, message
from ..storage.files import write_atomic
from .measure import text_width

# Fonts with Chinese, Japanese and Korean letters, by the names they have on Linux, macOS and Windows.
CJK_FONTS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "WenQuanYi Zen Hei", "PingFang SC", "Microsoft YaHei",
             "SimHei", "Droid Sans Fallback")
FORMATS = ("svg", "png", "pdf")
INK = "#222222"


def figure_class(caller: str, path: str | Path) -> Any:
    """matplotlib's Figure, which needs no display and no pyplot, for a picture that can be saved as `path`.

    Raises TinydawnError if matplotlib is missing, or if `path` ends in none of .svg, .png, .pdf.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise TinydawnError(message(f"{caller} needs matplotlib, which is not installed",
                                    fix="pip install 'tinydawn[demos]', or pip install matplotlib")) from error
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


def save_figure(figure: Any, path: str | Path) -> Path:
    """Write a matplotlib figure by way of a temporary name; the same figure gives the same bytes."""
    import matplotlib

    target = Path(path)
    kind = target.suffix.lower().lstrip(".") or "svg"
    dates: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "tinydawn"}):
        figure.savefig(buffer, format=kind, dpi=160, metadata=dates.get(kind))
    write_atomic(target, buffer.getvalue())
    return target


def visible(word: str) -> str:
    """`word` so that it can be seen and stays on its line: spaces alone as boxes, a line break as \\n."""
    if word and not word.strip(" "):
        return "\u2423" * len(word)
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in word)


def inches(text: str, points: float) -> float:
    """How wide `text` is at that font size, generously: DejaVu Sans is a sixth wider than Helvetica."""
    return text_width(text, 1.18 * points) / 72


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
