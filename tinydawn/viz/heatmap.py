"""Heat maps of attention: one row per target word, one column per source word. Needs matplotlib."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ShapeError, TinydawnError, message
from ..files import write_atomic

# Fonts with Chinese, Japanese and Korean letters, by the names they have on Linux, macOS and Windows.
CJK_FONTS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "WenQuanYi Zen Hei", "PingFang SC", "Microsoft YaHei",
             "SimHei", "Droid Sans Fallback")
FORMATS = ("svg", "png", "pdf")


def attention_heatmap(weights: Any, source: Sequence[str], target: Sequence[str], path: str | Path, title: str = "") -> Path:
    """Draw attention weights (T, S) with the target words at the rows and the source words at the columns; save to `path`.

    Raises ShapeError if the words do not match the weights or there are none, TinydawnError if matplotlib is missing or
    `path` ends in none of .svg, .png, .pdf.
    """
    w = np.asarray(getattr(weights, "data", weights))
    if w.shape != (len(target), len(source)) or not w.size:
        raise ShapeError(message(f"attention_heatmap: weights of shape {w.shape} for {len(target)} target and {len(source)} "
                                 "source words", fix="one row per target word, one column per source word"))
    Figure, font_manager = _matplotlib()
    if Path(path).suffix.lower().lstrip(".") not in FORMATS:
        raise TinydawnError(message(f"attention_heatmap: {Path(path).name!r} has none of the endings "
                                    f"{', '.join('.' + f for f in FORMATS)}", fix="name the file attention.svg, for instance"))
    fonts, complete = _fonts("".join([*source, *target, title]), font_manager)
    figure = Figure(figsize=(1.6 + 0.5 * len(source), 1.4 + 0.36 * len(target)), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(w, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
    text = {"fontfamily": fonts, "parse_math": False}
    axes.set_xticks(range(len(source)), list(source), rotation=45, ha="left", rotation_mode="anchor", **text)
    axes.set_yticks(range(len(target)), list(target), **text)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for (i, j), value in np.ndenumerate(w):  # numbers, so that the figure can be read in grey too
        if value >= 0.1:
            axes.text(j, i, f"{value:.1f}".lstrip("0"), ha="center", va="center", fontsize=7,
                      color="white" if value > 0.6 else "#333333")
    if title:
        axes.set_title(title, fontsize=10, **text)
    figure.colorbar(image, ax=axes, shrink=0.8, label="attention")
    with warnings.catch_warnings():
        if not complete:  # said once already, for all of them; matplotlib would say it for every letter
            warnings.filterwarnings("ignore", "Glyph .* missing")
        return save_figure(figure, path)


def save_figure(figure: Any, path: str | Path) -> Path:
    """Write a matplotlib figure by way of a temporary name; the same figure gives the same bytes."""
    import matplotlib

    target = Path(path)
    kind = target.suffix.lower().lstrip(".") or "svg"
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "tinydawn"}):
        figure.savefig(buffer, format=kind, dpi=160, metadata={"Date": None} if kind == "svg" else None)
    write_atomic(target, buffer.getvalue())
    return target


def _matplotlib() -> tuple[Any, Any]:
    try:
        from matplotlib import font_manager
        from matplotlib.figure import Figure
    except ImportError as error:
        raise TinydawnError(message("heat maps need matplotlib, which is not installed",
                                    fix="pip install 'tinydawn[demos]', or pip install matplotlib")) from error
    return Figure, font_manager


def _fonts(text: str, font_manager: Any) -> tuple[list[str], bool]:
    """The fonts to set `text` in, and whether they have its Chinese letters; a warning where no installed one has."""
    if not any("\u2e80" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7af" or "\u3040" <= c <= "\u30ff" for c in text):
        return ["DejaVu Sans"], True
    installed = {font.name for font in font_manager.fontManager.ttflist}
    found = [name for name in CJK_FONTS if name in installed]
    if not found:
        warnings.warn(message("no installed font has Chinese letters: the figure shows boxes in their place",
                              fix="install one, such as Noto Sans CJK"), stacklevel=3)
    return [*found, "DejaVu Sans"], bool(found)
