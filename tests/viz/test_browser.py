"""Drawing in a browser, with stand-ins for what Pyodide gives: tests/online draws with the real thing, under node."""

from __future__ import annotations

import asyncio
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from draw_tools import leaf

import tinydawn as td
from tinydawn.viz import RenderError, browser, find_renderer


class JsException(Exception):
    pass


class Page:
    """What stands in for the page: a file that can be had or not, and a Graphviz that answers what it is told to."""

    def __init__(self) -> None:
        self.status, self.waits, self.asked = 200, False, []
        self.answer: Any = SimpleNamespace(status="success", output="<svg/>", errors=[])
        made = SimpleNamespace(instance=self.instance)
        self.js = ModuleType("js")
        self.js.__dict__.update(fetch=self.fetch, Object=SimpleNamespace(new=lambda: made),
                                Function=SimpleNamespace(new=lambda *_: lambda exports, module: None))
        self.ffi = ModuleType("pyodide.ffi")
        self.ffi.__dict__.update(JsException=JsException, can_run_sync=lambda: self.waits, to_js=lambda x: x,
                                 run_sync=lambda x: asyncio.get_event_loop().run_until_complete(x))

    async def fetch(self, address: str) -> Any:
        self.asked.append(address)
        await asyncio.sleep(0)
        if self.status == 0:
            raise JsException("TypeError: fetch failed")

        async def text() -> str:
            return "..."

        return SimpleNamespace(ok=self.status == 200, status=self.status, text=text)

    async def instance(self) -> Any:
        return SimpleNamespace(render=lambda source, options: (self.asked.append((source, options)), self.answer)[1])


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    page = Page()
    monkeypatch.setattr(sys, "platform", "emscripten")
    monkeypatch.setattr(browser, "_loading", None)
    monkeypatch.setitem(sys.modules, "js", page.js)
    monkeypatch.setitem(sys.modules, "pyodide", ModuleType("pyodide"))
    monkeypatch.setitem(sys.modules, "pyodide.ffi", page.ffi)
    return page


def test_a_drawing_is_laid_out_by_what_the_page_has_loaded(page: Page) -> None:
    drawing = td.viz.Diagram("digraph { a -> \ud83d }")
    assert find_renderer() is None
    with pytest.raises(RenderError, match=r"(?s)no Graphviz is loaded.*fix: await tinydawn.viz.browser.start\(\)"):
        drawing.svg()
    assert "browser.start" in drawing._repr_mimebundle_()["text/plain"]

    async def twice() -> None:
        await asyncio.gather(browser.start("a.js"), browser.start("b.js"))

    asyncio.run(twice())
    assert page.asked == ["a.js"], "the second waits for the first"
    assert find_renderer() == "viz-js"
    assert drawing.svg() == "<svg/>"
    assert page.asked[1:] == [("digraph { a -> ? }", {"format": "svg", "engine": "dot"})]


def test_a_file_that_cannot_be_had_is_said_and_can_be_tried_again(page: Page) -> None:
    page.status = 404
    with pytest.raises(RenderError, match=r"(?s)could not be loaded from a.js: status 404.*viz-global.js"):
        asyncio.run(browser.start("a.js"))
    page.status = 0
    with pytest.raises(RenderError, match="TypeError: fetch failed"):
        asyncio.run(browser.start("a.js"))
    page.status = 200
    asyncio.run(browser.start())
    assert page.asked == ["a.js", "a.js", browser.ADDRESS]


def test_what_graphviz_refuses_is_said(page: Page) -> None:
    asyncio.run(browser.start("a.js"))
    page.answer = SimpleNamespace(status="failure", output=None, errors=[SimpleNamespace(message="syntax error in line 1")])
    with pytest.raises(RenderError, match=r"(?s)viz-js could not make svg: syntax error in line 1.*save it as .dot"):
        td.viz.Diagram("digraph {").svg()
    page.answer.errors = []
    with pytest.raises(RenderError, match=r"(?s)could not make json: it does not say why"):
        td.draw(leaf(1.0, "a") * 2.0).svg()


def test_it_is_waited_for_where_python_can_wait(page: Page) -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        browser._loading = loop.create_task(browser._load("a.js"))  # begun, and not yet there
        assert find_renderer() is None
        page.waits = True
        assert find_renderer() == "viz-js"
        assert td.viz.Diagram("digraph {}").svg() == "<svg/>"
        assert page.asked[0] == "a.js"
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def test_a_pyodide_that_cannot_wait(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    del page.ffi.can_run_sync
    monkeypatch.setattr(browser, "_loading", SimpleNamespace(done=lambda: False))
    assert find_renderer() is None


def test_elsewhere_there_is_nothing_to_start() -> None:
    with pytest.raises(RenderError, match=r"(?s)runs in no browser.*leave it out"):
        asyncio.run(browser.start())
