"""Drawing in a browser, where no program can be started: Graphviz is one file of JavaScript, of the package @viz-js/viz.

    await tinydawn.viz.browser.start("https://our.site/_static/viz-global.js")     # once, before the first drawing

Whoever makes the page says where the file is; without an address it is taken from a public server.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from ..errors import RenderError, message

ADDRESS = "https://cdn.jsdelivr.net/npm/@viz-js/viz@3.31.0/dist/viz-global.js"

_loading: asyncio.Future[Any] | None = None  # what ends in the JavaScript object that renders


def here() -> bool:
    """Whether this Python runs in a browser, or under node."""
    return sys.platform == "emscripten"


async def start(address: str = ADDRESS) -> None:
    """Load Graphviz, once: a second call waits for what the first has begun. Raises RenderError."""
    global _loading
    if not here():
        raise RenderError(message("browser.start: this Python runs in no browser",
                                  fix="leave it out: elsewhere Graphviz is a program"))
    from pyodide.ffi import JsException

    if _loading is None:
        _loading = asyncio.ensure_future(_load(address))
    try:
        await _loading
    except (JsException, OSError) as error:
        _loading = None  # so that it can be tried again
        raise RenderError(message(f"browser.start: Graphviz could not be loaded from {address[:200]}: {error}",
                                  fix="the address of viz-global.js, which this page may read")) from None


async def _load(address: str) -> Any:
    import js

    answer = await js.fetch(address)
    if not answer.ok:
        raise OSError(f"status {answer.status}")
    exports = js.Object.new()
    js.Function.new("exports", "module", await answer.text())(exports, exports)  # as a module, which makes no global names
    return await exports.instance()


def ready() -> bool:
    """Whether a drawing can be laid out now: Graphviz is loaded, or is on its way and can be waited for."""
    return _loading is not None and (_loading.done() or _can_wait())


def _can_wait() -> bool:
    try:
        from pyodide.ffi import can_run_sync
    except ImportError:  # an older Pyodide
        return False
    return bool(can_run_sync())


def run(source: str, kind: str) -> bytes:
    """What Graphviz makes of DOT text, as `kind`. Raises RenderError."""
    if not ready():
        raise RenderError(message("no Graphviz is loaded to render the drawing",
                                  fix="await tinydawn.viz.browser.start() before it; or save it as .dot"))
    assert _loading is not None
    if not _loading.done():
        from pyodide.ffi import run_sync

        run_sync(start())
    from pyodide.ffi import to_js

    made = _loading.result().render(source.encode("utf-8", "replace").decode("utf-8"), to_js({"format": kind, "engine": "dot"}))
    if made.status != "success":
        said = [error.message for error in made.errors] or ["it does not say why"]
        fix = "save it as .svg" if kind in ("png", "pdf") else "save it as .dot and look at the line named"
        raise RenderError(message(f"viz-js could not make {kind}: {said[0]}", fix=fix))
    return str(made.output).encode("utf-8")
