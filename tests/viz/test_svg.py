"""The rendered SVG: well-formed, labels literal, themes that differ, and the same bytes for the same computation."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from clock import PATIENCE
from draw_tools import drawn, leaf, lines_shown, mlp, needs_renderer, rows

import tinydawn as td
from tinydawn import nn
from tinydawn.viz import Diagram, RenderError
from tinydawn.viz.themes import THEMES

NAMES = [
    "<eos>", '"quoted"', "it's", "{|}", "a:b", "C:\\new\\table", "\U0001f600", "\U0001f469\u200d\U0001f52c", "שלום عربي",
    "隐藏层", "<b>bold</b>", "&amp;", "&#65;", "100%", "\\N", "\\l", "]]>", "<![CDATA[", "-->", "%s {0}", "tab\there",
    "\u202eright to left",
]  # fmt: skip
CONTROL = ["nul \x00", "bell \x07", "\x1b[31mred", "feed \x0b\x0c", "half \ud800 a pair", "\ufffe"]


# --- labels ---


@needs_renderer
def test_labels_are_literal_when_rendered() -> None:
    leaves = [leaf(float(i), name) for i, name in enumerate(NAMES)]
    y = sum(leaves[1:], start=leaves[0])
    title = '<i>"{t}"</i> \\n 标题'
    shown = lines_shown(td.draw(y, title=title).svg())
    assert [name for name in NAMES if name not in shown] == []
    assert title in shown


@needs_renderer
@pytest.mark.parametrize("name", CONTROL, ids=ascii)
def test_what_no_xml_can_hold_becomes_a_mark(name: str) -> None:
    x = leaf(1.0, name)
    svg = td.draw(x * 2.0, title=name).svg()
    ElementTree.fromstring(svg.encode("utf-8"))
    expected = "".join("\ufffd" if c < " " or "\ud800" <= c <= "\udfff" or c == "\ufffe" else c for c in name)
    assert lines_shown(svg)[:2] == [expected, expected]


@needs_renderer
def test_a_name_of_two_lines_and_an_empty_one() -> None:
    a, b = leaf(1.0, "two\nlines"), leaf(1.0, "")
    shown = lines_shown(td.draw(a + b).svg())
    assert "two\nlines" in shown or {"two", "lines"} <= set(shown)
    assert "input" in shown


@pytest.mark.parametrize("name", [*NAMES, *CONTROL], ids=ascii)
def test_labels_never_become_html_or_ports_or_commands(name: str) -> None:
    x = leaf(1.0, name)
    dot = td.draw(x * x, title=name).dot()
    assert "label=<" not in dot
    assert re.findall(r"^\t(\w+) \[", dot, re.M) == ["graph", "node", "edge", "n0", "n1"]
    assert re.findall(r"^\t(n\d -> n\d) \[", dot, re.M) == ["n0 -> n1"] * 2
    assert dot.count("\n") == 10, "one line each"
    assert not any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in dot)


@needs_renderer
def test_hostile_names_of_modules_and_inputs() -> None:
    class Evil(nn.Module):
        def __init__(self) -> None:
            self.parts = nn.ModuleDict({"<&\">": nn.Linear(2, 2), "a|b": nn.Linear(2, 2)})

        def forward(self, x: td.Tensor) -> td.Tensor:
            return self.parts["a|b"](td.tanh(self.parts["<&\">"](x)))

    shown = lines_shown(td.draw(Evil(), rows(1, 2)).svg())
    assert 'parts.<&">: Linear' in shown
    assert "parts.a|b: Linear" in shown
    opened = lines_shown(td.draw(Evil(), rows(1, 2), depth="ops").svg())
    assert {"parts.a|b: Linear", "W₂ = weight  (2 × 2)"} <= set(opened)


@needs_renderer
def test_right_to_left_text_is_not_stretched() -> None:
    a, b = leaf(1.0, "שלום"), leaf(1.0, "hidden")
    lines = drawn(td.draw(a * b).svg()).lines
    assert lines[0][0].room is None
    assert lines[1][0].room is not None
    assert lines[1][0].room > 0


@needs_renderer
def test_chinese_is_measured_by_its_width_and_has_a_font() -> None:
    a, b = leaf(1.0, "隐藏层状态"), leaf(1.0, "abcde")
    svg = td.draw(a * b, values=False).svg()
    assert "Noto Sans CJK SC" in svg
    assert "Microsoft YaHei" in svg
    boxes = drawn(svg).boxes
    assert boxes[0][2] >= 5 * 13.0 + 10, "five squares of the title's size"
    assert boxes[0][2] > boxes[1][2] + 20


# --- themes, and the same bytes ---


@needs_renderer
def test_themes_differ_and_only_in_their_looks() -> None:
    td.manual_seed(1)
    model, x = mlp(), rows(2, 3)
    found = {theme: td.draw(model, x, depth=2, theme=theme).svg() for theme in THEMES}
    assert len(set(found.values())) == 3
    assert all(f'class="tinydawn {theme}"' in svg for theme, svg in found.items())
    assert len({str(drawn(svg).boxes) for svg in found.values()}) == 1, "the layout is the same"
    colours = {theme: set(re.findall(r'(?:fill|stroke)="(#\w+)"', svg)) for theme, svg in found.items()}
    assert all(len(c) == 7 for used in colours.values() for c in used), "three-digit colours come out black in Debian's dot"
    assert all(c[1:3] == c[3:5] == c[5:7] for c in colours["print"]), "print needs no colour"
    assert '<rect width="100%" height="100%" fill="#14171A"/>' in found["dark"]
    assert '<rect width="100%" height="100%" fill="#FFFFFF"/>' in found["light"]


@needs_renderer
@pytest.mark.parametrize("theme", list(THEMES))
def test_nan_is_drawn_in_the_colour_of_what_is_wrong(theme: str) -> None:
    a = leaf([1.0, -1.0], "a")
    with np.errstate(invalid="ignore"):
        svg = td.draw(lambda: a.log() * 2.0, theme=theme).svg()
    outline = r'<g class="box (\w+)"[^>]*>(?:<title>[^<]*</title>)?<rect [^>]*stroke="(#\w+)" stroke-width="([\d.]+)"'
    strokes = re.findall(outline, svg)
    wrong = THEMES[theme].wrong
    assert [(kind, stroke == wrong, width) for kind, stroke, width in strokes if kind in ("input", "op")] == [
        ("input", THEMES[theme].boxes["input"][1] == wrong, "1.2"), ("op", True, "2.5"), ("op", True, "2.5")]


@needs_renderer
@pytest.mark.parametrize("theme", list(THEMES))
def test_a_cell_that_is_not_finite_has_a_cross(theme: str) -> None:
    """Not the colour of 0, and not a heat map that is left out; in the page and the frames too. A mask's -inf is pale."""
    a = td.tensor([[1.0, 2.0, 3.0, np.nan], [np.inf, 1.0, 1.0, 1.0]], requires_grad=True, name="a")
    hidden = np.arange(8).reshape(2, 4) == 1
    diagram = td.draw(lambda: td.where(hidden, -np.inf, a) * 2.0, theme=theme)
    look = THEMES[theme]
    cell = r'<rect [^>]*fill="(#\w+)"/><path d="M[^"]*" stroke="(#\w+)" stroke-width="1.2"/>'
    wrong, masked = (look.wrong, look.paper), (look.zero, look.dim)
    for drawing in (diagram.svg(), diagram.html()):
        assert re.findall(cell, drawing) == [wrong, wrong, *[masked, wrong, wrong] * 2]
    with np.errstate(divide="ignore"):
        log = td.draw(lambda: td.log(td.tensor(np.arange(8.0))), theme=theme)
    assert re.findall(cell, log.svg()) == [wrong], "that of a log is as wrong as any"


def luminance(colour: str) -> float:
    channels = [int(colour[k:k + 2], 16) / 255 for k in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("name", list(THEMES))
def test_text_stands_out_from_its_ground(name: str) -> None:
    """A contrast of at least 4.5, as the accessibility guidelines of the W3C ask."""
    theme = THEMES[name]
    pairs = [(ink, fill) for fill, _, ink in theme.boxes.values()] + [(theme.ink, theme.paper), (theme.dim, theme.paper),
                                                                    (theme.dim, theme.frame), (theme.wrong, theme.paper)]
    for ink, ground in pairs:
        light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, f"{ink} on {ground}"


SCRIPT = """
import hashlib, sys
import numpy as np
import tinydawn as td
from tinydawn import nn
from tinydawn.viz import find_renderer
td.manual_seed(1)
model = nn.Sequential(nn.Embedding(5, 3), nn.GRU(3, 4))
ids = np.array([[0], [1], [2]])
loss = lambda: nn.functional.cross_entropy(model(ids)[0][:, 0], ids[:, 0])
options = {"unfused": True, "backward": True, "highlight": "1.weight_hh_l0", "title": "a step"}
drawings = [td.draw(loss, depth=d, **options) for d in (1, 2, "ops")]
said = [d.dot() for d in drawings] + ([d.svg() for d in drawings] if find_renderer() else [])
sys.stdout.write(hashlib.sha256("".join(said).encode()).hexdigest())
"""


def test_the_same_computation_gives_the_same_bytes_in_every_process() -> None:
    found = set()
    for seed in ("0", "1"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, timeout=PATIENCE,
                              check=True)
        found.add(done.stdout)
    assert len(found) == 1
    out: list[str] = []
    stdout, sys.stdout = sys.stdout, type("Sink", (), {"write": lambda self, text: out.append(text)})()
    try:
        for _ in range(2):
            exec(SCRIPT, {})
    finally:
        sys.stdout = stdout
    assert set(out) == found


@needs_renderer
def test_svg_is_laid_out_once_and_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    diagram = td.draw(leaf(2.0, "a") * 3.0)
    svg = diagram.svg()
    monkeypatch.setattr(subprocess, "run", None)
    assert diagram.svg() == svg
    assert diagram.place() is diagram.place()
    with pytest.raises(RenderError, match="this drawing is DOT text alone"):
        Diagram(diagram.dot()).place()
