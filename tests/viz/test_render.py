"""Programs and formats: which renderer is found, what becomes of one that hangs or fails, and that saving is all or nothing."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import sysconfig
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from clock import PATIENCE
from draw_tools import leaf, lines_shown, mlp, needs_renderer, picture, rows

import tinydawn as td
from tinydawn import nn
from tinydawn.nn import functional as F
from tinydawn.viz import Diagram, RenderError, find_renderer


@pytest.fixture
def diagram() -> Diagram:
    a = leaf(2.0, "a")
    return td.draw(a * 3.0)


def script(folder: Path, body: str, name: str = "renderer") -> str:
    """A program that does what `body` says, in the place of Graphviz."""
    if os.name == "nt":
        pytest.skip("a stand-in renderer is a shell script")
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def without_renderer(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.delenv("TINYDAWN_DOT", raising=False)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(folder))


def without_cairosvg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cairosvg", None)


# --- finding one ---


def test_no_renderer(diagram: Diagram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    without_renderer(monkeypatch, tmp_path / "empty")
    assert find_renderer() is None
    for call in (diagram.svg, diagram.place, lambda: diagram.save(tmp_path / "graph.png")):
        with pytest.raises(RenderError, match=r"(?s)no Graphviz was found.*pip install graphviz-pure.*\.dot"):
            call()
    assert not (tmp_path / "graph.png").exists()
    shown = diagram._repr_mimebundle_()
    assert list(shown) == ["text/plain"]
    assert "graphviz-pure" in shown["text/plain"]


def test_where_a_renderer_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, scripts = tmp_path / "path", tmp_path / "scripts"
    path.mkdir()
    scripts.mkdir()
    without_renderer(monkeypatch, path)
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(scripts))
    beside_python = script(scripts, "", "graphviz-pure")
    assert find_renderer() == beside_python
    pure = script(path, "", "graphviz-pure")
    assert find_renderer() == pure
    dot = script(path, "", "dot")
    assert find_renderer() == dot
    own = script(tmp_path, "", "own")
    monkeypatch.setenv("TINYDAWN_DOT", own)
    assert find_renderer() == own


def test_a_named_renderer_that_is_not_there(diagram: Diagram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYDAWN_DOT", "/nowhere/dot")
    with pytest.raises(RenderError, match="TINYDAWN_DOT='/nowhere/dot' is no program"):
        diagram.svg()


# --- one that hangs or fails ---


def test_a_renderer_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYDAWN_DOT", script(tmp_path, f"exec sleep {PATIENCE}"))
    a = leaf(2.0, "a")
    slow = td.draw(a * 3.0, timeout=0.3)
    start = time.perf_counter()
    with pytest.raises(RenderError, match=r"(?s)renderer did not finish within 0 s.*smaller computation"):
        slow.save(tmp_path / "graph.svg")
    assert time.perf_counter() - start < PATIENCE / 10
    assert not (tmp_path / "graph.svg").exists()
    assert "did not finish" in slow._repr_mimebundle_()["text/plain"]
    with pytest.raises(RenderError, match="did not finish"):
        Diagram(slow.dot(), timeout=0.3).svg()


@pytest.mark.parametrize(("body", "said"), [
    ("echo 'Error: syntax error in line 3' >&2; exit 1", "syntax error in line 3"), ("exit 7", "exit 7"),
    ("cat >/dev/null; exit 0", "could not make"), ("printf '\\377\\376' >&2; exit 1", "could not make"),
    ("cat >/dev/null; echo nonsense", "the renderer's layout could not be read")])
def test_a_renderer_that_fails(diagram: Diagram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, said: str) -> None:
    monkeypatch.setenv("TINYDAWN_DOT", script(tmp_path, body))
    (tmp_path / "graph.svg").write_text("old")
    for name in ("graph.svg", "graph.html"):
        with pytest.raises(RenderError, match=rf"(?s){said}.*fix: .*save it as .dot"):
            diagram.save(tmp_path / name)
    assert (tmp_path / "graph.svg").read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["graph.svg", "renderer"]
    assert list(diagram._repr_mimebundle_()) == ["text/plain"]


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_a_renderer_that_fails_at_a_picture_without_cairosvg(diagram: Diagram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                            kind: str) -> None:
    without_cairosvg(monkeypatch)
    monkeypatch.setenv("TINYDAWN_DOT", script(tmp_path, "echo 'Format: not known' >&2; exit 1"))
    said = {"png": r"(?s)renderer could not make png: Format: not known.*save it as .svg",
            "pdf": r"(?s)nothing that is installed makes PDF.*pip install cairosvg.*browser"}[kind]
    with pytest.raises(RenderError, match=said):
        diagram.save(tmp_path / f"graph.{kind}")
    assert [p.name for p in tmp_path.iterdir()] == ["renderer"]


def test_a_renderer_that_is_no_program(diagram: Diagram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "renderer"
    path.write_text("this is no program")
    path.chmod(0o755)
    monkeypatch.setenv("TINYDAWN_DOT", str(path))
    if find_renderer() is None:
        pytest.skip("this system asks for more than the right to execute")
    with pytest.raises(RenderError, match="renderer could not"):
        diagram.svg()
    assert list(diagram._repr_mimebundle_()) == ["text/plain"]


# --- formats ---


@pytest.mark.parametrize("name", ["graph.xyz", "graph", "graph.svg.bak", ".svg"])
def test_an_unknown_ending(diagram: Diagram, tmp_path: Path, name: str) -> None:
    with pytest.raises(RenderError, match=r"(?s)none of the endings .svg, .png, .pdf, .html, .dot, .gv.*graph.svg"):
        diagram.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_dot_needs_no_renderer(diagram: Diagram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    for name in ("a.dot", "b.gv", "new/folder/c.DOT"):
        path = diagram.save(tmp_path / name)
        assert path == tmp_path / name
        assert path.read_text(encoding="utf-8") == diagram.dot()


def test_saving_is_atomic(diagram: Diagram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "graph.dot"
    path.write_text("old")

    def crash(*args: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(OSError, match="the disk is full"):
        diagram.save(path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["graph.dot"]


@needs_renderer
def test_svg_is_saved_as_it_is_shown(diagram: Diagram, tmp_path: Path) -> None:
    svg = diagram.svg()
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert {"a", "2", "gradient: not computed", "mul", "3"} <= set(lines_shown(svg))
    assert svg == diagram.svg()
    path = diagram.save(tmp_path / "new" / "graph.svg")
    assert path.read_text(encoding="utf-8") == svg
    assert [p.name for p in path.parent.iterdir()] == ["graph.svg"]
    bundle = diagram._repr_mimebundle_()
    assert bundle["image/svg+xml"] == svg
    assert "Diagram" in bundle["text/plain"]


@needs_renderer
def test_png(diagram: Diagram, tmp_path: Path) -> None:
    data = diagram.save(tmp_path / "graph.PNG").read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = (int.from_bytes(data[k:k + 4], "big") for k in (16, 20))
    assert width > 50
    assert height > 50


@needs_renderer
def test_png_without_cairosvg(diagram: Diagram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_cairosvg(monkeypatch)
    assert diagram.save(tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


@needs_renderer
def test_cairosvg_is_given_our_own_svg(diagram: Diagram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    module: Any = ModuleType("cairosvg")
    module.svg2png = lambda **options: given.update(options) or b"png"
    module.svg2pdf = lambda **options: given.update(options) or b"pdf"
    monkeypatch.setitem(sys.modules, "cairosvg", module)
    assert diagram.save(tmp_path / "graph.png").read_bytes() == b"png"
    assert given == {"bytestring": diagram.svg().encode("utf-8"), "scale": 2.0}, "twice the size, for a slide"
    given.clear()
    assert diagram.save(tmp_path / "graph.pdf").read_bytes() == b"pdf"
    assert given == {"bytestring": diagram.svg().encode("utf-8")}


@needs_renderer
def test_pdf_or_a_word_about_it(diagram: Diagram, tmp_path: Path) -> None:
    with contextlib.suppress(RenderError):  # graphviz-pure alone has none
        assert diagram.save(tmp_path / "graph.pdf").read_bytes().startswith(b"%PDF")
        return
    with pytest.raises(RenderError, match=r"(?s)nothing that is installed makes PDF.*pip install cairosvg"):
        diagram.save(tmp_path / "graph.pdf")
    assert list(tmp_path.iterdir()) == []


@needs_renderer
def test_html_of_closed_boxes_is_the_svg_on_a_page(tmp_path: Path) -> None:
    diagram = td.draw(mlp(), rows(2, 3))
    page = diagram.save(tmp_path / "graph.html").read_text(encoding="utf-8")
    assert page == diagram.html()
    assert diagram.svg() in page
    assert page.startswith("<!DOCTYPE html>")
    assert "<script" not in page
    assert page.count("http") == page.count("http://www.w3.org/2000/svg"), "nothing is fetched"
    with pytest.raises(RenderError, match=r"(?s)frames: this drawing has no steps.*depth='ops'"):
        diagram.frames(tmp_path / "slides")
    assert not (tmp_path / "slides").exists()


@needs_renderer
def test_the_names_of_a_fused_model_and_its_loss() -> None:
    model = nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 5))
    diagram = td.draw(F.cross_entropy(model(np.array([1, 2])), np.array([2, 3])), direction="LR")
    shown = lines_shown(diagram.svg())
    assert "embedding  (2 × 3)" in shown
    assert "linear  (2 × 5)" in shown
    assert "W = weight  (5 × 3)" in shown
    assert len([line for line in shown if line.startswith("gradient: ")]) == 3


def test_names_that_no_file_can_hold_do_not_break_a_notebook(tmp_path: Path) -> None:
    a = leaf(1.0, "half \ud800 a pair")
    diagram = td.draw(a * 2.0)
    assert "text/plain" in diagram._repr_mimebundle_()
    assert "half ? a pair" in diagram.save(tmp_path / "graph.dot").read_text(encoding="utf-8")
    if find_renderer() is not None:
        assert "half \ufffd a pair" in diagram.save(tmp_path / "graph.svg").read_text(encoding="utf-8")
        assert "half \ufffd a pair" in diagram._repr_mimebundle_()["image/svg+xml"]


def test_repr_is_short(diagram: Diagram) -> None:
    assert repr(diagram) == "<Diagram of 3 boxes and 2 arrows; .save('graph.svg') draws it>"
    assert len(picture(diagram).boxes) == 3
    assert repr(Diagram("digraph {\n}\n")) == "<Diagram, 2 lines of DOT; .save('graph.svg') draws it>"


@needs_renderer
def test_dot_text_alone_is_drawn_by_graphviz(tmp_path: Path) -> None:
    diagram = Diagram('digraph { a -> "<b>" }')
    assert "&lt;b&gt;" in diagram.svg()
    assert diagram.save(tmp_path / "graph.svg").read_text(encoding="utf-8") == diagram.svg()
    assert diagram.svg() in diagram.html()
