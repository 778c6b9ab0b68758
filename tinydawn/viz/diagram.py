"""Diagram: a drawing as DOT text, rendered by whatever Graphviz is at hand, never without a time limit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import graphviz

from ..errors import TinydawnError, message
from ..files import write_atomic

FORMATS = ("svg", "png", "pdf", "dot", "gv")


class RenderError(TinydawnError, RuntimeError):
    """A drawing that could not be rendered: no renderer, too slow, or refused."""


def find_renderer() -> str | None:
    """The program that turns DOT into pictures: $TINYDAWN_DOT, else `dot`, else `graphviz-pure`; None if there is none.

    graphviz-pure, of the extra `demos`, is also looked for beside the running Python, whose environment may not be
    activated.
    """
    named = os.environ.get("TINYDAWN_DOT")
    if named:
        return shutil.which(named)
    scripts = sysconfig.get_path("scripts")
    return shutil.which("dot") or shutil.which("graphviz-pure") or shutil.which("graphviz-pure", path=scripts)


class Diagram:
    """A drawing. In a notebook it shows itself; else `.save("name.svg")`.

    .dot()      the DOT text: the same for the same computation, byte for byte
    .svg()      the picture as SVG text
    .save(path) by the ending of path: .svg, .png, .pdf (with a system Graphviz), .dot or .gv
    """

    def __init__(self, source: str, timeout: float = 60.0) -> None:
        self.source, self.timeout = source, timeout

    def dot(self) -> str:
        return self.source

    def svg(self) -> str:
        return self._render("svg").decode("utf-8")

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the drawing to `path`, by way of a temporary name, so that no half of it is ever there."""
        target = Path(path)
        kind = target.suffix.lower().lstrip(".")
        if kind not in FORMATS:
            raise RenderError(message(f"save: {target.name!r} has none of the endings {', '.join('.' + f for f in FORMATS)}",
                                      fix="name the file graph.svg, for instance"))
        data = self._bytes() if kind in ("dot", "gv") else self._render(kind)
        write_atomic(target, data)
        return target

    def _bytes(self) -> bytes:
        return self.source.encode("utf-8", "replace")  # half of a surrogate pair, which no file can hold, becomes "?"

    def _render(self, kind: str) -> bytes:
        program = find_renderer()
        if program is None:
            named = os.environ.get("TINYDAWN_DOT")
            what = f"TINYDAWN_DOT={named!r} is no program" if named else "no Graphviz was found to render the drawing"
            raise RenderError(message(what,
                                      fix="pip install graphviz-pure, or save it as .dot and render that elsewhere"))
        try:
            done = subprocess.run([program, f"-T{kind}"], input=self._bytes(), capture_output=True,
                                  timeout=self.timeout, check=False)
        except subprocess.TimeoutExpired:
            raise RenderError(message(f"{Path(program).name} did not finish within {self.timeout:.0f} s",
                                      fix="draw a smaller computation, or save it as .dot")) from None
        except OSError as error:
            raise RenderError(message(f"{Path(program).name} could not be started: {error.strerror}",
                                      fix="install Graphviz or graphviz-pure anew, or save it as .dot")) from None
        if done.returncode or not done.stdout:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()[:1] or [f"exit {done.returncode}"]
            raise RenderError(message(f"{Path(program).name} could not make {kind}: {said[0]}",
                                      fix="save it as .svg" if kind != "svg" else "save it as .dot and look at the line named"))
        return done.stdout

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        try:
            return {"image/svg+xml": self.svg(), "text/plain": repr(self)}
        except RenderError as error:
            return {"text/plain": f"{self!r}\n{error}"}

    def __repr__(self) -> str:
        return f"<Diagram, {self.source.count(chr(10))} lines of DOT; .save('graph.svg') draws it>"


def escaped(text: str) -> str:
    """`text` so that Graphviz shows it as it is: <eos> is no HTML, a backslash no command, &lt; no <. Line breaks stay."""
    return graphviz.nohtml(graphviz.escape(text.replace("&", "&amp;")).replace("\n", "\\n"))
