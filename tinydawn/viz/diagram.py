"""Diagram: a finished drawing, which shows itself in a notebook and saves itself in any format."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..errors import RenderError, message
from ..storage.files import write_atomic
from .figure import Saved
from .layout import Place, dot_of
from .picture import Picture
from .render import as_bytes, run
from .slide import laid_out, on_slide
from .steps import Parts, page_of
from .svg import canvas_of, svg_of
from .themes import Theme

FORMATS = ("svg", "png", "pdf", "html", "dot", "gv")


class Diagram:
    """A drawing. In a notebook it shows itself; else `.save("name.svg")`.

    .svg()         the picture as SVG text, the same for the same computation, byte for byte
    .dot()         as DOT text
    .html()        as a page by itself: of a computation, one that goes through forward and backward step by step; of a search,
                   one that goes through the search
    .parts()       what that page is made of
    .frames(path)  the steps of that page as numbered SVG files
    .save(path)    by the ending of path: .svg, .png, .pdf, .html, .dot or .gv
    """

    def __init__(self, source: str = "", timeout: float = 60.0, picture: Picture | None = None, theme: Theme | None = None,
                 direction: str = "TB", parts: Callable[[Diagram], Parts] | None = None,
                 frames: Callable[[Diagram], list[str]] | None = None,
                 slides: tuple[tuple[str, ...], Callable[[], Iterable[Picture]]] | None = None) -> None:
        """slides: directions, and pictures from the fullest to the barest, of which the first that fits a slide is drawn."""
        self.timeout, self.picture, self.theme, self.direction = timeout, picture, theme, direction
        self.source = source if picture is None or theme is None else dot_of(picture, direction, theme)
        self._parts, self._frames, self._slides = parts, frames, slides
        self._place: Place | None = None

    def dot(self) -> str:
        return self.source

    def place(self) -> Place:
        """Where everything stands. Laid out once."""
        if self.picture is None or self.theme is None:
            raise RenderError(message("place: this drawing is DOT text alone", fix="look at .svg()"))
        if self._place is None:
            if self._slides is None:
                self._place = laid_out(self.picture, self.direction, self.theme, self.timeout)
            else:
                directions, pictures = self._slides
                self.picture, self._place, self.direction = on_slide(pictures(), directions, self.theme, self.timeout)
        return self._place

    def stand_as(self, other: Diagram) -> bool:
        """Let everything stand where it does in another drawing, if that has the same boxes and arrows, so that nothing moves
        while numbers change, and nothing is laid out again. Returns whether it has."""
        if self.picture is None or other.picture is None or self._slides is not None:
            return False
        alike = _build_of(self.picture) == _build_of(other.picture) and self.direction == other.direction
        if alike:
            self._place = other.place()
        return alike

    def svg(self) -> str:
        if self.picture is None or self.theme is None:
            return run(self.source, "svg", self.timeout).decode("utf-8")
        place = self.place()  # which chooses the picture for a slide
        return svg_of(self.picture, place, self.theme)

    def html(self) -> str:
        if self._parts is not None:
            return page_of(self, self._parts(self))
        head = '<!DOCTYPE html>\n<html lang="en"><meta charset="utf-8"><title>tinydawn</title>'
        return f"{head}\n<body>{self.svg()}</body></html>\n"

    def parts(self) -> Parts:
        """What the page that goes through it step by step is made of, for a page of one's own."""
        if self._parts is None:
            raise RenderError(message("parts: this drawing has no steps",
                                      fix="draw(..., depth='ops', backward=True) of a computation has, and a beam search's tree"))
        return self._parts(self)

    def frames(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write one SVG per step, 001.svg, 002.svg, ..., for slides; returns their paths."""
        if self._frames is None:
            raise RenderError(message("frames: this drawing has no steps",
                                      fix="draw(..., depth='ops', backward=True) of a computation has, and a beam search's tree"))
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        paths = []
        for k, svg in enumerate(self._frames(self)):
            write_atomic(target / f"{k + 1:03d}.svg", as_bytes(svg))
            paths.append(target / f"{k + 1:03d}.svg")
        return paths

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the drawing to `path`, by way of a temporary name, so that no half of it is ever there."""
        target = Saved(path)
        kind = target.suffix.lower().lstrip(".")
        if kind not in FORMATS:
            raise RenderError(message(f"save: {target.name!r} has none of the endings {', '.join('.' + f for f in FORMATS)}",
                                      fix="name the file graph.svg, for instance"))
        if kind in ("dot", "gv"):
            data = as_bytes(self.source)
        elif kind in ("svg", "html"):
            data = as_bytes(self.svg() if kind == "svg" else self.html())
        else:
            data = self._converted(kind)
        write_atomic(target, data)
        return target

    def _converted(self, kind: str) -> bytes:
        """PNG at twice the size, or PDF: by cairosvg, if it is there, else by Graphviz, which draws no heat maps."""
        try:
            import cairosvg
        except (ImportError, OSError):  # not installed, or without its library
            try:
                return run(self.source, kind, self.timeout)
            except RenderError as error:
                if kind == "pdf" and "could not make" in str(error):
                    raise RenderError(message("save: nothing that is installed makes PDF",
                                              fix="pip install cairosvg (it needs the library cairo), or install Graphviz, or "
                                                  "print the .svg to PDF in a browser")) from None
                raise
        convert = cairosvg.svg2png if kind == "png" else cairosvg.svg2pdf
        return convert(bytestring=as_bytes(self.svg()), **({"scale": self._scale()} if kind == "png" else {}))

    def _scale(self) -> float:
        """Pixels per point in a PNG: two, and of a slide so many that it is 1920 wide."""
        if self.picture is None or not self.picture.slide:
            return 2.0
        return 1920 / canvas_of(self.picture, self.place())[0]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        try:
            return {"image/svg+xml": self.svg(), "text/plain": repr(self)}
        except RenderError as error:
            return {"text/plain": f"{self!r}\n{error}"}

    def __repr__(self) -> str:
        if self.picture is not None:
            boxes, arrows = len(self.picture.boxes), len(self.picture.arrows)
            return f"<Diagram of {boxes} boxes and {arrows} arrows; .save('graph.svg') draws it>"
        return f"<Diagram, {self.source.count(chr(10))} lines of DOT; .save('graph.svg') draws it>"


def _build_of(picture: Picture) -> Any:
    """What a layout depends on, but for the width of the text."""
    boxes = [(box.kind, box.frame, box.time, [role for _, role in box.lines], box.heat is None or box.heat.shape)
             for box in picture.boxes]
    return (boxes, [(a.source, a.target, a.label) for a in picture.arrows], [(f.title, f.parent) for f in picture.frames])
