"""The program that lays out and renders: found, run with a time limit, its complaints made readable."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import graphviz

from ..errors import RenderError, message
from . import browser


def find_renderer() -> str | None:
    """The program that turns DOT into pictures: $TINYDAWN_DOT, else `dot`, else `graphviz-pure`; None if there is none.

    graphviz-pure, of the extra `draw`, is also looked for beside the running Python, whose environment may not be
    activated. In a browser it is viz-js, once `await tinydawn.viz.browser.start()` has loaded it.
    """
    if browser.here():
        return "viz-js" if browser.ready() else None
    named = os.environ.get("TINYDAWN_DOT")
    if named:
        return shutil.which(named)
    scripts = sysconfig.get_path("scripts")
    return shutil.which("dot") or shutil.which("graphviz-pure") or shutil.which("graphviz-pure", path=scripts)


def run(source: str, kind: str, timeout: float) -> bytes:
    """What the renderer makes of DOT text, as `kind`. Raises RenderError."""
    if browser.here():
        return browser.run(source, kind)
    program = find_renderer()
    if program is None:
        named = os.environ.get("TINYDAWN_DOT")
        what = f"TINYDAWN_DOT={named!r} is no program" if named else "no Graphviz was found to render the drawing"
        raise RenderError(message(what, fix="pip install graphviz-pure, which the extra tinydawn[draw] brings; or save it as "
                                  ".dot and render that elsewhere"))
    name = Path(program).name
    try:
        done = subprocess.run([program, f"-T{kind}"], input=as_bytes(source), capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise RenderError(message(f"{name} did not finish within {timeout:.0f} s",
                                  fix="draw a smaller computation, a smaller depth, or save it as .dot")) from None
    except OSError as error:
        raise RenderError(message(f"{name} could not be started: {error.strerror}",
                                  fix="install Graphviz or graphviz-pure anew, or save it as .dot")) from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()[:1] or [f"exit {done.returncode}"]
        fix = "save it as .svg" if kind in ("png", "pdf") else "save it as .dot and look at the line named"
        raise RenderError(message(f"{name} could not make {kind}: {said[0]}", fix=fix))
    return done.stdout


def as_bytes(source: str) -> bytes:
    return source.encode("utf-8", "replace")  # half of a surrogate pair, which no file can hold, becomes "?"


def escaped(text: str) -> str:
    """`text` so that Graphviz shows it as it is: <eos> is no HTML, a backslash no command, &lt; no <. Line breaks stay."""
    text = "".join(c if c >= " " or c in "\t\n\r" else "\ufffd" for c in text)  # no renderer takes other control characters
    return graphviz.nohtml(graphviz.escape(text.replace("&", "&amp;")).replace("\n", "\\n"))
