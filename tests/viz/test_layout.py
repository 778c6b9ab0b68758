"""Where things stand in the rendered SVG: text inside its box, steps in rows and columns, and nothing on top of anything else."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import numpy as np
import pytest
from draw_tools import Drawn, Tagger, drawn, leaf, meet, mlp, needs_renderer, overlapping, picture, rows, stack, titles, within

import tinydawn as td
from tinydawn import nn
from tinydawn.nn import functional as F
from tinydawn.viz import Diagram
from tinydawn.viz.measure import text_width


def sentence_loss() -> Diagram:
    """Every kind of box: a model with steps and its loss, noise, a number, what is cut off."""
    model, ids, eps = Tagger(), np.array([1, 0, 2]), td.tensor([0.1, -0.1, 0.2, 0.3])
    eps.name = "eps"

    def loss() -> td.Tensor:
        logits = model(ids) + eps
        return F.cross_entropy(logits - logits.detach().amax() * 0.5, ids)

    return td.draw(loss, backward=True, depth=2)


DRAWINGS: dict[str, Any] = {
    "an expression": lambda: td.draw(lambda: leaf(3.0, "a") * leaf(np.ones((2, 5), np.float32), "b")),
    "every kind of box": sentence_loss,
    "modules": lambda: td.draw(mlp(), rows(2, 3), title="three layers"),
    "modules opened": lambda: td.draw(mlp(), rows(2, 3), depth=2, title="three layers, opened"),
    "folded": lambda: td.draw(stack(5), rows(2, 4)),
    "steps": lambda: td.draw(Tagger(), np.arange(5)),
    "steps opened": lambda: td.draw(Tagger(), np.arange(4), depth=2, direction="TB"),
    "steps opened from left to right": lambda: td.draw(Tagger(), np.arange(4), depth=2, direction="LR"),
    "both ways": lambda: td.draw(nn.GRU(2, 3, bidirectional=True), rows(3, 1, 2), unfused=True, depth=2),
    "steps to the last op": lambda: td.draw(nn.LSTM(2, 3), rows(3, 1, 2), unfused=True, depth=3),
    "elided": lambda: td.draw(nn.RNN(2, 3, 2), rows(12, 1, 2), unfused=True, depth=2),
    "rolled": lambda: td.draw(nn.GRU(2, 3), rows(5, 1, 2), unfused=True, rolled=True, depth=2),
    "attention": lambda: td.draw(nn.TransformerEncoderLayer(4, 2, 8), rows(3, 1, 4), depth=2),
    "attention in formulas": lambda: td.draw(nn.MultiheadAttention(4, 2), *[rows(3, 1, 4)] * 3, depth="formula", unfused=True),
    "in Chinese": lambda: td.draw(mlp(), rows(2, 3), depth="ops", lang="both", title="三层网络"),
    "long names": lambda: td.draw(lambda: leaf(1.0, "x" * 200) * leaf(1.0, "隐" * 60)),
    "backwards": lambda: td.draw(mlp(), rows(2, 3), depth=2, direction="BT"),
    "from right to left": lambda: td.draw(Tagger(), np.arange(3), direction="RL"),
}


def test_every_kind_of_box_is_among_the_drawings() -> None:
    drawings = [DRAWINGS[name]() for name in ("every kind of box", "steps", "modules opened")]
    kinds = {box.kind for diagram in drawings for box in picture(diagram).boxes}
    assert kinds == {"op", "module", "step", "parameter", "input", "constant", "chance", "cut"}


@pytest.fixture(params=list(DRAWINGS))
def diagram(request: pytest.FixtureRequest) -> Diagram:
    td.manual_seed(1)
    return DRAWINGS[request.param]()


# --- where things stand ---


@needs_renderer
def test_every_box_and_arrow_is_there_and_nothing_overlaps(diagram: Diagram) -> None:
    found = drawn(diagram.svg())
    boxes, frames = picture(diagram).boxes, picture(diagram).frames
    assert sorted(found.boxes) == list(range(len(boxes)))
    assert sorted(found.frames) == list(range(len(frames)))
    assert found.arrows == [(a.source, a.target) for a in picture(diagram).arrows]
    assert overlapping(found.boxes) == []
    around = {f: ancestors(diagram, f) for f in found.frames}
    for i, box in enumerate(boxes):
        mine = {box.frame, *ancestors(diagram, box.frame)} - {-1}
        for f in mine:
            assert within(found.boxes[i], found.frames[f]), f"box {i} in frame {frames[f].title}"
            assert found.boxes[i][1] >= found.headings[f].baseline + 1, f"box {i} under the heading {frames[f].title}"
        assert not any(meet(found.boxes[i], rect) for f, rect in found.frames.items() if f not in mine), f"box {i} is astray"
    for f, g in overlapping(found.frames):
        assert f in around[g] or g in around[f], "frames meet only where one is in the other"
        inner, outer = (f, g) if g in around[f] else (g, f)
        assert within(found.frames[inner], found.frames[outer])


def ancestors(diagram: Diagram, frame: int) -> set[int]:
    found: set[int] = set()
    while frame >= 0:
        frame = picture(diagram).frames[frame].parent
        found |= {frame} - {-1}
    return found


@needs_renderer
def test_text_fits_its_box(diagram: Diagram) -> None:
    found = drawn(diagram.svg())
    checked = 0
    for i, lines in found.lines.items():
        left, top, width, height = found.boxes[i]
        for line in lines:
            wide = line.room if line.room is not None else text_width(line.text, line.size, line.bold)
            assert line.anchor == "middle"
            assert left <= line.x - wide / 2, f"{line.text!r} begins outside"
            assert line.x + wide / 2 <= left + width, f"{line.text!r} ends outside"
            assert top <= line.baseline - 0.75 * line.size, f"{line.text!r} stands out at the top"
            assert line.baseline + 0.15 * line.size <= top + height, f"{line.text!r} hangs out"
            if line.room is not None:  # nothing is squeezed: what a viewer is told is what the text needs
                assert line.room == pytest.approx(text_width(line.text, line.size, line.bold), rel=0.02, abs=0.1)
            checked += 1
        for a, b in itertools.pairwise(lines):
            assert b.baseline - a.baseline >= b.size, "lines do not run into each other"
    assert checked >= len(picture(diagram).boxes)
    for f, heading in found.headings.items():
        left, top, width, _ = found.frames[f]
        wide = heading.room if heading.room is not None else text_width(heading.text, heading.size, heading.bold)
        begins = heading.x - (wide if heading.anchor == "end" else 0)
        assert left < begins
        assert begins + wide <= left + width
        assert top + 0.7 * heading.size <= heading.baseline


@needs_renderer
def test_everything_is_on_the_paper(diagram: Diagram) -> None:
    svg = diagram.svg()
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    x, y, width, height = (float(v) for v in root.get("viewBox", "").split())
    assert (root.get("width"), root.get("height")) == tuple(root.get("viewBox", "").split()[2:])
    moved = re.search(r'<g transform="translate\(([\d.]+) ([\d.]+)\)">', svg)
    assert moved is not None
    dx, dy = float(moved[1]), float(moved[2])
    found = drawn(svg)
    for rect in [*found.boxes.values(), *found.frames.values()]:
        assert within((rect[0] + dx, rect[1] + dy, rect[2], rect[3]), (x, y, width, height))
    for text in root.findall("{http://www.w3.org/2000/svg}text"):
        wide = text_width("".join(text.itertext()), float(text.get("font-size", "")), text.get("font-weight") == "bold")
        assert wide <= width, "the title and the note too"


@needs_renderer
def test_arrows_touch_their_boxes(diagram: Diagram) -> None:
    found, place = drawn(diagram.svg()), diagram.place()
    for k, arrow in enumerate(picture(diagram).arrows):
        points, tip = place.curves[k]
        assert len(points) % 3 == 1, "a Bézier curve"
        for (x, y), end in ((points[0], arrow.source), (tip, arrow.target)):
            left, top, width, height = found.boxes[end]
            assert left - 8 <= x <= left + width + 8, f"arrow {k} at box {end}"
            assert top - 8 <= y <= top + height + 8, f"arrow {k} at box {end}"


# --- time ---


def of_time(diagram: Diagram, found: Drawn) -> dict[int, list[tuple[float, float, float, float]]]:
    """The rectangles of the boxes of each step."""
    times: dict[int, list[tuple[float, float, float, float]]] = {}
    for i, box in enumerate(picture(diagram).boxes):
        if box.time is not None and box.kind in ("op", "module", "step"):
            times.setdefault(box.time, []).append(found.boxes[i])
    return dict(sorted(times.items()))


@needs_renderer
@pytest.mark.parametrize(("call", "each"), [
    (lambda: td.draw(Tagger(), np.arange(6) % 5), 1), (lambda: td.draw(nn.GRU(2, 3, 2), rows(4, 1, 2), unfused=True, depth=2), 2),
    (lambda: td.draw(nn.GRU(2, 3, bidirectional=True), rows(4, 1, 2), unfused=True, depth=2), 2),
    (lambda: td.draw(nn.LSTM(2, 3, 3), rows(12, 1, 2), unfused=True, depth=2), 3),
    (lambda: td.draw(Tagger(), np.arange(3), depth=2, direction="LR"), 3)])
def test_left_to_right_the_boxes_of_one_step_stand_on_one_rank(call: Any, each: int) -> None:
    diagram = call()
    assert diagram.direction == "LR"
    assert picture(diagram).columns
    times = of_time(diagram, drawn(diagram.svg()))
    assert len(times) > 2
    middles = []
    for rects in times.values():
        assert len(rects) == each
        xs = [left + width / 2 for left, _, width, _ in rects]
        assert max(xs) - min(xs) <= 1.0
        middles.append(xs[0])
    assert middles == sorted(middles), "time goes to the right"
    assert min(b - a for a, b in itertools.pairwise(middles)) > 10


@needs_renderer
@pytest.mark.parametrize("call", [
    lambda: td.draw(Tagger(), np.arange(5), depth=2, direction="TB"), lambda: td.draw(Tagger(), np.arange(3), depth=3),
    lambda: td.draw(nn.GRU(2, 3), rows(3, 1, 2), unfused=True, depth=2),
    lambda: td.draw(nn.LSTM(2, 3), rows(4, 1, 2), unfused=True, depth="ops"),
    lambda: td.draw(nn.RNN(2, 3), rows(12, 1, 2), unfused=True, depth=3, direction="TB")])
def test_top_to_bottom_opened_steps_are_columns_side_by_side(call: Any) -> None:
    diagram = call()
    assert diagram.direction == "TB"
    found = drawn(diagram.svg())
    columns = {f.time: found.frames[k] for k, f in enumerate(picture(diagram).frames) if f.kind == "step"}
    assert len(columns) > 2
    ordered = [columns[t] for t in sorted(columns)]  # type: ignore[type-var]
    for a, b in itertools.pairwise(ordered):
        assert a[0] + a[2] <= b[0], "each column ends before the next begins"
    tops = [top for _, top, _, _ in ordered]
    assert max(tops) - min(tops) <= max(h for _, _, _, h in ordered), "side by side, not a staircase"


@needs_renderer
def test_a_network_that_reads_backwards_has_its_steps_in_the_same_order() -> None:
    diagram = td.draw(nn.GRU(2, 3, bidirectional=True), rows(4, 1, 2), unfused=True, depth=2)
    found, names = drawn(diagram.svg()), titles(diagram)
    back = [i for i, box in enumerate(picture(diagram).boxes) if box.kind == "step" and picture(diagram).frames[
        box.frame].title == "layer 0, backward"]
    assert [names[i] for i in back] == ["t=3", "t=2", "t=1", "t=0"], "the order in which they are computed"
    xs = [found.boxes[i][0] for i in back]
    assert xs == sorted(xs, reverse=True)
    assert [a.onward for a in picture(diagram).arrows if a.source in back and a.target in back] == [-1, -1, -1]
