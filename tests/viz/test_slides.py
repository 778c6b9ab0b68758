"""aspect="slide": 16 by 9, text that can be read at the back of a hall, folded rows, legends, and a transparent ground."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from draw_tools import (
    Tagger,
    drawn,
    leaf,
    lines_shown,
    meet,
    mlp,
    needs_renderer,
    overlapping,
    picture,
    rows,
    stack,
    titles,
    within,
)
from slides import LEAST, smallest
from test_beam_tree import WORDS, searched

import tinydawn as td
from tinydawn import nn
from tinydawn.errors import GraphError
from tinydawn.models import Seq2Seq
from tinydawn.nn import functional as F
from tinydawn.viz import Diagram
from tinydawn.viz.legend import WORDS as EXPLAINED
from tinydawn.viz.legend import entries
from tinydawn.viz.slide import fold, leaner
from tinydawn.viz.themes import THEMES

pytestmark = needs_renderer


def translation(**options: Any) -> Diagram:
    model = Seq2Seq(9, 9, embedding_size=4, hidden_size=6, dropout=0.0)
    return td.draw(model, np.array([[5, 6, 7, 8]]), np.array([4]), np.array([[2, 4, 5, 6]]), values=False, parameters="hidden",
                   **options)


def variational(**options: Any) -> Diagram:
    encoder, mean, spread, decoder = nn.Linear(4, 8), nn.Linear(8, 2), nn.Linear(8, 2), nn.Linear(2, 4)
    x, eps = rows(1, 4), rows(1, 2)
    eps.name = "eps"

    def loss() -> td.Tensor:
        h = td.tanh(encoder(x))
        return ((decoder(mean(h) + td.exp(spread(h)) * eps) - x) ** 2).sum()

    return td.draw(loss, depth=1, backward=True, **options)


# Drawings that are too long or too high to be read, or to be seen at all, on a slide.
CASES: dict[str, Any] = {
    "a column": lambda **o: td.draw(lambda: F.cross_entropy(leaf([[2.0, 1.0, 0.1]]), np.array([0])), unfused=True,
                                    backward=True, **o),
    "a row": lambda **o: td.draw(stack(7), rows(2, 4), fold=False, **o),
    "a row of steps": lambda **o: td.draw(Tagger(), np.arange(20) % 5, max_steps=20, **o),
    "formulas": lambda **o: td.draw(nn.TransformerEncoderLayer(4, 2, 8), rows(3, 1, 4), depth="formula", parameters="inside",
                                    **o),
    "modules": lambda **o: td.draw(nn.TransformerEncoderLayer(4, 2, 8), rows(3, 1, 4), depth=2, parameters="inside", **o),
    "noise": variational,
    "translation": lambda **o: translation(depth=1, **o),
    "translation, unrolled": lambda **o: translation(depth=1, unfused=True, expand=["encoder", "layer 0", "layer 0, backward"],
                                                     **o),
    "two directions, two layers": lambda **o: td.draw(nn.LSTM(2, 3, 2, bidirectional=True), rows(4, 1, 2), unfused=True,
                                                      depth=2, **o),
    "every op": lambda **o: td.draw(nn.LSTMCell(2, 3), rows(1, 2), (rows(1, 3), rows(1, 3)), unfused=True, depth="ops", **o),
    "a small one": lambda **o: td.draw(leaf(2.0, "a") * 3.0, **o),
    "far too many": lambda **o: td.draw(lambda: sum((leaf([float(k)] * 9, f"w{k}") for k in range(150)), leaf(0.0)).sum(), **o),
    "a search": lambda **o: td.draw(searched(max_length=12, eos_bonus=-3.0).tree, WORDS, **o),
    "from top to bottom": lambda **o: td.draw(Tagger(), np.arange(4), depth=3, direction="TB", **o),
    "from right to left": lambda **o: td.draw(stack(7), rows(2, 4), fold=False, direction="RL", **o),
    "from the bottom up": lambda **o: td.draw(stack(9), rows(2, 4), fold=False, direction="BT", **o),
}


@pytest.fixture(scope="module")
def slides(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Diagram, Path]]:
    folder = tmp_path_factory.mktemp("slides")
    found = {}
    for k, (name, draw) in enumerate(CASES.items()):
        td.manual_seed(1)
        diagram = draw(aspect="slide")
        found[name] = diagram, diagram.save(folder / f"{k}.svg")
    return found


@pytest.fixture(params=list(CASES))
def slide(request: pytest.FixtureRequest, slides: dict[str, tuple[Diagram, Path]]) -> tuple[Diagram, Path]:
    return slides[request.param]


def test_it_is_16_by_9_and_its_smallest_text_can_be_read(slide: tuple[Diagram, Path]) -> None:
    root = ElementTree.parse(slide[1]).getroot()
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    assert width / height == pytest.approx(16 / 9, rel=1e-3)
    assert smallest(slide[1]) >= LEAST - 0.05


def test_nothing_is_lost_and_nothing_overlaps(slide: tuple[Diagram, Path]) -> None:
    diagram, path = slide
    svg = path.read_text(encoding="utf-8")
    found = drawn(svg)
    boxes, frames = picture(diagram).boxes, picture(diagram).frames
    assert sorted(found.boxes) == list(range(len(boxes)))
    assert sorted(found.frames) == list(range(len(frames)))
    assert found.arrows == [(a.source, a.target) for a in picture(diagram).arrows]
    assert overlapping(found.boxes) == []
    for i, box in enumerate(boxes):
        around, f = set(), box.frame
        while f >= 0:
            around.add(f)
            f = frames[f].parent
        assert all(within(found.boxes[i], found.frames[f]) for f in around)
        assert not any(meet(found.boxes[i], rect) for f, rect in found.frames.items() if f not in around)
    for k, arrow in enumerate(picture(diagram).arrows):
        points, tip = diagram.place().curves[k]
        assert len(points) % 3 == 1
        for (x, y), end in ((points[0], arrow.source), (tip, arrow.target)):
            left, top, width, height = found.boxes[end]
            assert left - 9 <= x <= left + width + 9
            assert top - 9 <= y <= top + height + 9


def test_no_line_runs_through_a_box(slide: tuple[Diagram, Path]) -> None:
    place = slide[0].place()
    for k, arrow in enumerate(picture(slide[0]).arrows):
        points, _ = place.curves[k]
        for n in range(0, len(points) - 1, 3):
            p = np.array(points[n:n + 4])
            t = np.linspace(0, 1, 20)[:, None]
            on = (1 - t) ** 3 * p[0] + 3 * (1 - t) ** 2 * t * p[1] + 3 * (1 - t) * t ** 2 * p[2] + t ** 3 * p[3]
            for i, (x, y, w, h) in place.boxes.items():
                inside = (np.abs(on[:, 0] - x) < w / 2 - 1) & (np.abs(on[:, 1] - y) < h / 2 - 1)
                assert i in (arrow.source, arrow.target) or not inside.any()


def test_all_of_it_is_on_the_slide(slide: tuple[Diagram, Path]) -> None:
    diagram, path = slide
    place = diagram.place()
    for points, _ in place.curves.values():
        assert all(-1 <= x <= place.width + 1 and -1 <= y <= place.height + 1 for x, y in points)
    _, _, width, height = map(float, ElementTree.parse(path).getroot().attrib["viewBox"].split())
    assert place.width <= width
    assert place.height <= height


def test_the_same_bytes_again(slides: dict[str, tuple[Diagram, Path]]) -> None:
    for name in ("a row", "translation", "a search"):
        td.manual_seed(1)
        assert CASES[name](aspect="slide").svg() == slides[name][1].read_text(encoding="utf-8")


def test_a_long_row_is_folded_in_its_order(slides: dict[str, tuple[Diagram, Path]]) -> None:
    diagram, path = slides["a row"]
    found, names = drawn(path.read_text(encoding="utf-8")), titles(diagram)
    layers = [found.boxes[names.index(f"{k}: Linear")] for k in range(7)]
    lines = sorted({round(y) for _, y, _, _ in layers})
    assert len(lines) > 1
    assert [round(y) for _, y, _, _ in layers] == sorted(round(y) for _, y, _, _ in layers), "rows from the top down"
    for a, b in itertools.pairwise(layers):
        assert b[0] > a[0] if round(a[1]) == round(b[1]) else b[0] < a[0]
    assert [f.title for f in picture(diagram).frames] == ["Sequential", *["Sequential …"] * (len(lines) - 1)]
    assert len(found.boxes) == 8, "nothing is left out"


def test_what_does_not_fit_is_counted(slides: dict[str, tuple[Diagram, Path]]) -> None:
    diagram = slides["far too many"][0]
    whole = len(picture(CASES["far too many"]()).boxes)
    left = next(name for name in titles(diagram) if name.startswith("… "))
    count = int(left.split()[1])
    assert len(picture(diagram).boxes) - 1 + count == whole
    assert f"{count} of {whole} boxes are left out" in lines_shown(diagram.svg())
    steps = [name for name in titles(slides["a row of steps"][0]) if name.startswith("t")]
    assert steps == [f"t={t}" for t in range(20)] or any("…" in name for name in steps)


def test_less_in_the_boxes_before_anything_is_left_out() -> None:
    whole = picture(td.draw(mlp(), rows(9, 3), title="t"))
    assert any(box.heat is not None for box in whole.boxes)
    assert all(box.heat is None for box in leaner(whole, 1).boxes)
    assert max(sum(role == "detail" for _, role in box.lines) for box in leaner(whole, 2).boxes) == 1
    four = picture(td.draw(lambda: rows(1, 4) * leaf(1.0)))
    assert sum(role == "value" for box in four.boxes for _, role in box.lines) == 1 + sum(
        role == "value" for box in leaner(four, 3).boxes for _, role in box.lines)
    assert [box.lines[0][0] for box in leaner(whole, 4).boxes if box.kind == "module"] == ["0", "1", "2"]


def test_a_drawing_is_cut_between_boxes_or_not_at_all() -> None:
    diagram = td.draw(leaf(2.0, "a") * 3.0)
    assert len(fold(picture(diagram), diagram.place(), "TB", 1)[1].boxes) == 3  # type: ignore[index]
    assert fold(picture(diagram), diagram.place(), "TB", 3) is None


def test_a_page_and_frames_of_a_slide(tmp_path: Path) -> None:
    diagram = td.draw(lambda: td.tanh(leaf([1.0] * 8, "a") * leaf([2.0] * 8, "b")).sum(), backward=True, aspect="slide")
    assert "const steps = " in diagram.html()
    paths = diagram.frames(tmp_path)
    assert len({ElementTree.parse(p).getroot().get("viewBox") for p in paths}) == 1


def test_any_other_aspect_is_an_error() -> None:
    with pytest.raises(GraphError, match=r"(?s)draw: aspect='poster'.*fix: one of 'slide'"):
        td.draw(leaf(1.0) * 2.0, aspect="poster")
    with pytest.raises(GraphError, match=r"(?s)aspect='4:3'.*'slide'"):
        td.draw(searched().tree, WORDS, aspect="4:3")


# --- unrolled networks ---


def centre(rect: tuple[float, float, float, float]) -> tuple[float, float]:
    return rect[0] + rect[2] / 2, rect[1] + rect[3] / 2


def test_words_stand_under_their_own_step() -> None:
    cell = nn.RNNCell(2, 3)
    words = [td.tensor([[float(k), 1.0]], name=name) for k, name in enumerate(["we", "saw", "the", "film"])]

    def read() -> td.Tensor:
        h = td.zeros(1, 3)
        for t in td.steps(len(words)):
            h = cell(words[t], h)
        return h

    diagram = td.draw(read, depth=0)
    found = drawn(diagram.svg())
    boxes = picture(diagram).boxes
    steps = {box.time: centre(found.boxes[i]) for i, box in enumerate(boxes) if box.kind in ("module", "step")}
    assert len(steps) == 4
    for t, word in enumerate(words):
        i = next(i for i, box in enumerate(boxes) if box.lines[0][0].startswith(str(word.name)))
        x, y = centre(found.boxes[i])
        assert x == pytest.approx(steps[t][0], abs=1.0)
        assert y > steps[t][1]


def test_layers_go_up_and_each_step_feeds_its_own(slides: dict[str, tuple[Diagram, Path]]) -> None:
    diagram = slides["two directions, two layers"][0]
    found, frames = drawn(diagram.svg()), picture(diagram).frames
    tops = {frame.title: found.frames[k][1] for k, frame in enumerate(frames)}
    order = ["layer 0", "layer 0, backward", "layer 1", "layer 1, backward"]
    assert sorted(order, key=lambda name: -tops[name]) == order, "from the bottom up"
    boxes = picture(diagram).boxes
    where = {(frames[box.frame].title, box.time): i for i, box in enumerate(boxes) if box.kind == "step"}
    pairs = {(a.source, a.target) for a in picture(diagram).arrows}
    for below, above in itertools.product(order[:2], order[2:]):
        assert {(t, u) for t in range(4) for u in range(4) if (where[below, t], where[above, u]) in pairs} == {
            (t, t) for t in range(4)}, "state t goes to step t of the next layer, and nowhere else"
    for t in range(4):
        xs = [centre(found.boxes[where[name, t]])[0] for name in order]
        assert max(xs) - min(xs) <= 1.0


def test_one_sees_attention(slides: dict[str, tuple[Diagram, Path]]) -> None:
    """Every state of the encoder leads to one wide box, and from there to each step of the decoder, which stands above."""
    diagram = slides["translation, unrolled"][0]
    found, boxes, frames = drawn(diagram.svg()), picture(diagram).boxes, picture(diagram).frames
    read = [i for i, box in enumerate(boxes) if box.kind == "step" and frames[box.frame].title.startswith("layer 0")]
    write = [i for i, box in enumerate(boxes) if box.kind == "step" and i not in read]
    assert (len(read), len(write)) == (8, 4)
    pairs = {(a.source, a.target) for a in picture(diagram).arrows}
    memory = [i for i in range(len(boxes)) if all((s, i) in pairs for s in read) and all((i, t) in pairs for t in write)]
    assert len(memory) == 1
    assert max(found.boxes[i][1] for i in write) < found.boxes[memory[0]][1] < min(found.boxes[i][1] for i in read)
    steps = [found.boxes[i] for i in read]
    assert found.boxes[memory[0]][0] <= min(x for x, _, _, _ in steps)
    assert found.boxes[memory[0]][0] + found.boxes[memory[0]][2] >= max(x + w for x, _, w, _ in steps)


def test_gradients_stay_where_states_go_straight() -> None:
    """What came back to a state from the next layer is its arrow's width, also where the join between them is not drawn."""
    model = nn.RNN(2, 3, 2)
    diagram = td.draw(lambda: model(rows(3, 1, 2))[0].sum(), unfused=True, backward=True, depth=2, values=False)
    between = [a for a in picture(diagram).arrows if picture(diagram).boxes[a.source].kind == "step"
               and picture(diagram).boxes[a.target].kind == "step" and not a.onward]
    assert len(between) == 3
    assert all(a.strength is not None for a in between[:2])


# --- legend and ground ---


def test_a_legend_is_of_what_is_in_the_picture_and_of_nothing_else() -> None:
    plain = td.draw(leaf(2.0, "a") * 3.0, legend=True)
    assert {e.kind for e in entries(picture(plain))} == {"op", "input", "constant", "strong"}
    shown = lines_shown(plain.svg())
    assert {"operation", "data", "constant", "output"} <= set(shown)
    assert "parameter, learned" not in shown
    assert "operation" not in lines_shown(td.draw(leaf(2.0, "a") * 3.0).svg())
    assert "operation" in lines_shown(td.draw(leaf(2.0, "a") * 3.0, aspect="slide").svg())
    assert "operation" not in lines_shown(td.draw(leaf(2.0, "a") * 3.0, aspect="slide", legend=False).svg())
    flow = picture(td.draw(lambda: td.tanh(leaf([1.0, 2.0]) * leaf(0.1)).sum(), backward=True))
    assert "flow" in {e.kind for e in entries(flow)}
    with np.errstate(divide="ignore", invalid="ignore"):
        wrong = td.draw(lambda: leaf([0.0, -1.0]).log() * 2.0)
    assert "bad" in {e.kind for e in entries(picture(wrong))}
    rolled = picture(td.draw(nn.GRU(2, 3), rows(4, 1, 2), unfused=True, rolled=True, depth=2))
    assert "delayed" in {e.kind for e in entries(rolled)}


@pytest.mark.parametrize("theme", list(THEMES))
def test_every_kind_has_a_sample_in_every_theme(theme: str) -> None:
    from tinydawn.viz.svg import _sample

    for kind in EXPLAINED:
        ElementTree.fromstring(f"<g>{_sample(kind, 0.0, 0.0, THEMES[theme])}</g>")


def test_a_legend_in_chinese_has_no_english() -> None:
    shown = lines_shown(td.draw(leaf(2.0, "a") * 3.0, legend=True, lang="zh").svg())
    assert {"运算", "数据", "常数", "输出"} <= set(shown)
    assert not {"operation", "data", "constant", "output"} & set(shown)
    assert "运算 operation" in lines_shown(td.draw(leaf(2.0, "a") * 3.0, legend=True, lang="both").svg())


def test_a_transparent_ground(tmp_path: Path) -> None:
    def draw(**options: Any) -> Diagram:
        return td.draw(leaf(2.0, "a") * 3.0, **options)

    ground = '<rect width="100%" height="100%"'
    assert ground in draw().svg()
    assert ground not in draw(transparent=True).svg()
    assert ground not in draw(transparent=True).html()
    assert "background: transparent" in draw(transparent=True).html()
    assert "bgcolor=transparent" in draw(transparent=True).dot()
    assert ground not in td.draw(searched().tree, WORDS, transparent=True).svg()
    data = draw(transparent=True).save(tmp_path / "a.png").read_bytes()
    assert data[25] == 6, "PNG with an alpha channel"
