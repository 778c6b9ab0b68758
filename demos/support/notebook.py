"""A lesson in a notebook: its flags, figures where they are made, a progress bar as one output."""

from __future__ import annotations

import functools
import io
import shlex
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm


def running() -> bool:
    """Is this a notebook?"""
    return "ipykernel" in sys.modules or "pyodide_kernel" in sys.modules  # the second in a browser


def flags() -> list[str]:
    """What the notebook's first cell sets as FLAGS; a notebook has no command line."""
    given = shlex.split(getattr(sys.modules["__main__"], "FLAGS", ""))
    if sys.platform == "emscripten" and not given:
        print('In the browser this is a short run, as by FLAGS = "--quick". '
              'FLAGS = "--seed 0" makes it a whole one, which may take many minutes here.')
        return ["--quick"]
    return given


def show(path: Path) -> None:
    """Show a figure under the cell that made it."""
    from IPython.display import SVG, Image, display

    if path.suffix == ".svg":
        display(SVG(filename=str(path)))
    elif path.suffix == ".html":
        page = path.read_text("utf-8").replace("&", "&amp;").replace('"', "&quot;")
        frame = f'<iframe srcdoc="{page}" width="100%" height="600" style="border:0"></iframe>'
        display({"text/html": frame}, raw=True)
    elif path.suffix == ".png":
        display(Image(filename=str(path)))


def bars_as_one_output() -> None:
    """From here on each progress bar is one output that changes; as text it would be hundreds."""
    from IPython.display import display

    def show_bar(bar: Any, msg: str | None = None, pos: int | None = None) -> bool:
        text = {"text/plain": bar.__str__() if msg is None else msg}
        if not text["text/plain"]:  # tqdm wipes a bar that is not to stay
            text = {"text/plain": " "}
        if hasattr(bar, "shown_at"):
            bar.shown_at.update(text, raw=True)
        else:
            bar.shown_at = display(text, raw=True, display_id=True)
        return True

    tqdm.__init__ = functools.partialmethod(tqdm.__init__, file=io.StringIO())  # for line ends
    tqdm.display = show_bar
    tqdm.write = classmethod(lambda cls, s, file=None, end="\n", nolock=False: print(s, end=end))
