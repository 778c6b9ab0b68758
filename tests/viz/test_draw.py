"""td.draw: what is in the snapshot and the DOT text, what the renderers do, and that looking changes nothing."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import sysconfig
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn import autograd, graph, nn
from tinydawn.errors import GraphError
from tinydawn.viz import Diagram, RenderError, Snapshot, find_renderer, snapshot

NAMES = [
    "<eos>", '"quoted"', "{|}", "a:b", "C:\\new\\table", "two\nlines", "\U0001f600", "שלום عربي", "隐藏层", "<b>bold</b>",
    "&amp;", "100%", "\\N", "\\l", "",
]  # fmt: skip
needs_renderer = pytest.mark.skipif(find_renderer() is None, reason="neither dot nor graphviz-pure is installed")


def leaf(values: Any, name: str | None = None) -> td.Tensor:
    x = td.tensor(values, requires_grad=True)
    x.name = name
    return x


def labels(shot: Snapshot, kind: str) -> list[str]:
    return [v.label for v in shot.vertices if v.kind == kind]


def edges(shot: Snapshot) -> list[tuple[str, str, int]]:
    return [(shot.vertices[e.source].label, shot.vertices[e.target].label, e.position) for e in shot.edges]


def lines_shown(svg: str) -> list[str]:
    """The text of an SVG, one entry a line."""
    return ["".join(t.itertext()).replace("\xa0", " ") for t in ElementTree.fromstring(svg).iter() if t.tag.endswith("text")]


# --- the snapshot ---


def test_a_known_graph_is_told_vertex_by_vertex():
    x, w, b = leaf([[1.0, 2.0]], "x"), nn.Parameter(td.ones(2, 3), name="w"), nn.Parameter(td.ones(3), name="b")
    shot = snapshot(td.tanh(x @ w + b).sum(axis=0))
    assert [(v.kind, v.label, v.shape) for v in shot.vertices] == [
        ("input", "x", (1, 2)), ("parameter", "w", (2, 3)), ("op", "matmul", (1, 3)), ("parameter", "b", (3,)),
        ("op", "add", (1, 3)), ("op", "tanh", (1, 3)), ("op", "sum", (3,)),
    ]  # fmt: skip
    assert edges(shot) == [
        ("x", "matmul", 0), ("w", "matmul", 1), ("matmul", "add", 0), ("b", "add", 1), ("add", "tanh", 0), ("tanh", "sum", 0),
    ]  # fmt: skip
    assert shot.outputs == [6]
    assert shot.vertices[0].value == "1, 2"
    assert shot.vertices[1].value == "1, 1, 1, 1, 1, 1", "six numbers are shown, seven are summed up"
    v = leaf(np.ones(7), "v")
    assert snapshot(v * 1.0).vertices[0].value == "mean 1, norm 2.65"
    assert shot.vertices[6].settings == "axis=0"


def test_the_same_tensor_twice_is_two_edges_in_order():
    a = leaf(3.0, "a")
    shot = snapshot(a * a)
    assert edges(shot) == [("a", "mul", 0), ("a", "mul", 1)]
    assert len({e.source for e in shot.edges}) == 2, "a leaf is drawn once per use"
    b = a + 0.0
    shot = snapshot(b * b)
    assert edges(shot)[-2:] == [("add", "mul", 0), ("add", "mul", 1)]
    assert shot.edges[-1].source == shot.edges[-2].source, "an op is drawn once, however often it is used"
    assert td.draw(b * b).dot().count("n2 -> n3\n") == 2


def test_arguments_keep_their_order():
    a, b = leaf(3.0, "a"), leaf(4.0, "b")
    assert edges(snapshot(a - b)) == [("a", "sub", 0), ("b", "sub", 1)]
    assert edges(snapshot(b - a)) == [("b", "sub", 0), ("a", "sub", 1)]


def test_several_outputs_share_what_they_share():
    a = leaf(3.0, "a")
    h = td.tanh(a)
    shot = snapshot([h * 2.0, h, a])
    assert labels(shot, "op").count("tanh") == 1
    assert [shot.vertices[i].label for i in shot.outputs] == ["mul", "tanh", "a"]
    assert td.draw([h * 2.0, h, a]).dot().count("penwidth=2.5") == 3


def test_a_leaf_alone_can_be_drawn():
    shot = snapshot(leaf(3.0, "a"))
    assert (labels(shot, "input"), shot.edges, shot.outputs) == (["a"], [], [0])


def test_names_come_from_the_model_or_say_what_it_is():
    model = nn.Linear(2, 3)
    shot = snapshot(model(leaf([[1.0, 2.0]])))
    assert labels(shot, "parameter") == ["weight", "bias"]
    assert labels(shot, "input") == ["input"]


def test_parameters_are_named_by_their_path_in_the_model():
    model = nn.Sequential(nn.Linear(2, 3), nn.GRU(3, 2))
    y = model[1](model[0](leaf([[1.0, 2.0]])))[0].sum()
    shot = snapshot(y, model)
    assert set(labels(shot, "parameter")) == {name for name, _ in model.named_parameters()}
    assert "1.weight_hh_l0" in td.draw(y, model).dot()
    assert "1.weight_hh_l0" not in td.draw(y).dot()
    other = nn.Linear(2, 2)
    assert td.draw(y, other).dot() == td.draw(y).dot(), "a model that has no part in it names nothing"


def test_a_leaf_shows_its_numbers_at_its_first_use_only():
    a, b = leaf(3.0, "a"), leaf(4.0, "b")
    y = (a * b + a) * a
    y.backward(retain_graph=True)
    shown = [(v.label, v.value, v.gradient) for v in snapshot(y).vertices if v.kind == "input"]
    assert shown == [("a", "3", "30"), ("b", "4", "9"), ("a", "", ""), ("a", "", "")]
    assert next((v.value, v.gradient) for v in snapshot(y).vertices if v.label == "a") == ("3", "30"), "each drawing anew"


def test_constants_show_their_number():
    shot = snapshot(leaf([1.0, 2.0]) * 3.0)
    assert labels(shot, "constant") == ["3"]
    shot = snapshot(leaf([1.0, 2.0]) * np.ones(2, np.float32))
    assert [(v.label, v.shape) for v in shot.vertices if v.kind == "constant"] == [("constant", (2,))]


def test_settings_are_readable_and_hold_no_arrays():
    x = leaf(np.ones((4, 3), np.float32))
    assert snapshot(x.sum(axis=1, keepdims=True)).vertices[-1].settings == "axis=1, keepdims=True"
    assert snapshot(x[1:3, 0]).vertices[-1].settings == "index=1:3, 0"
    assert snapshot(x[::2, None]).vertices[-1].settings == "index=::2, None"
    assert snapshot(x[None]).vertices[-1].settings == "index=None"
    assert snapshot(x[..., -1]).vertices[-1].settings == "index=..., -1"
    assert snapshot(x[np.array([1, 2])]).vertices[-1].settings == ""
    logits = nn.functional.cross_entropy(x, np.array([0, 1, 2, 0]))
    assert "array" not in td.draw(logits).dot()


def test_gradients_are_absent_before_backward_and_numbers_after():
    a, w = leaf(3.0, "a"), leaf(np.ones((2, 4), np.float32), "w")
    loss = (w * a).sum()
    before = td.draw(loss).dot()
    assert before.count("gradient: not computed") == 2
    loss.backward(retain_graph=True)
    after = td.draw(loss).dot()
    assert "not computed" not in after
    assert "gradient: 8" in after
    assert "gradient: mean 3, norm 8.49" in after


def test_a_gradient_of_zero_is_not_an_absent_one():
    a = leaf(-3.0, "a")
    loss = td.relu(a)
    loss.backward(retain_graph=True)
    assert snapshot(loss).vertices[0].gradient in ("0", "-0")


def test_a_leaf_that_is_gone_is_still_a_vertex():
    y = td.tanh(leaf([1.0, 2.0], "gone"))
    assert next((v.kind, v.label, v.shape) for v in snapshot(y).vertices) == ("input", "input", (2,))


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1, 1)])
def test_odd_shapes_have_a_label(shape):
    x = leaf(np.zeros(shape, np.float32), "x")
    loss = (x * x).sum()
    loss.backward(retain_graph=True)
    assert "x" in td.draw(loss).dot()


def test_unfused_shows_the_primitives():
    x = leaf([[1.0, 2.0]])
    assert labels(snapshot(nn.functional.softmax(x)), "op") == ["softmax"]
    with td.unfused():
        plain = labels(snapshot(nn.functional.softmax(x)), "op")
    assert "softmax" not in plain
    assert "exp" in plain


def test_a_second_derivative_can_be_drawn():
    x = leaf(2.0, "x")
    (dy,) = td.grad(x * x * x, x, create_graph=True)
    assert len(labels(snapshot(dy), "op")) >= 3


def test_drawing_changes_nothing():
    gradients = []
    for drawn in (False, True):
        model = nn.GRU(3, 4)
        for i, p in enumerate(model.parameters()):
            p.data[...] = np.sin(np.arange(p.data.size).reshape(p.shape) + i)
        y = (model(td.tensor(np.cos(np.arange(15.0)).reshape(5, 1, 3).astype(np.float32)))[0] ** 2).sum()
        if drawn:
            for _ in range(2):
                td.draw(y).dot()
            assert all(p.grad is None for p in model.parameters())
        y.backward(retain_graph=True)
        if drawn:
            td.draw(y).dot()
        gradients.append([p.grad.numpy().copy() for p in model.parameters()])
    assert all(np.array_equal(a, b) for a, b in zip(*gradients, strict=True))
    assert graph.observers == []
    assert autograd.observers == []


# --- the DOT text ---


def parse(source: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    nodes = dict(re.findall(r"^\t(n\d+) \[(.*)\]$", source, re.MULTILINE))
    return nodes, re.findall(r"^\t(n\d+) -> (n\d+)$", source, re.MULTILINE)


def test_dot_has_every_vertex_and_edge_once():
    x = leaf(np.ones((2, 3), np.float32), "x")
    y = (x.T @ x).sum() + x.mean()
    shot, (nodes, arrows) = snapshot(y), parse(td.draw(y).dot())
    assert list(nodes) == [f"n{i}" for i in range(len(shot.vertices))]
    assert arrows == [(f"n{e.source}", f"n{e.target}") for e in shot.edges]


def test_kinds_differ_in_shape_too():
    y = nn.Parameter(td.ones(1)) * leaf([1.0]) * 2.0
    nodes, _ = parse(td.draw(y).dot())
    assert sorted({re.search(r"shape=(\w+)", text)[1] for text in nodes.values()}) == ["box", "ellipse", "plaintext"]
    assert not re.search(r'"#[0-9A-Fa-f]{3}"', td.draw(y).dot()), "three-digit colours come out black in Debian's dot"


@pytest.mark.parametrize("direction", ["TB", "LR", "BT", "RL"])
def test_direction(direction):
    assert f"rankdir={direction}" in td.draw(leaf(1.0) * 2.0, direction=direction).dot()


SCRIPT = """
import numpy as np, sys, hashlib
import tinydawn as td
from tinydawn import nn
td.manual_seed(1)
model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
x = td.tensor(np.ones((2, 3), np.float32), requires_grad=True)
loss = nn.functional.cross_entropy(model(x), np.array([0, 1]))
sys.stdout.write(hashlib.sha256(td.draw(loss, title="step").dot().encode()).hexdigest())
"""


def test_the_same_computation_gives_the_same_bytes_in_every_process():
    found = set()
    for seed in ("0", "1", "random"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, timeout=60, check=True)
        found.add(done.stdout)
    assert len(found) == 1
    space: dict[str, Any] = {}
    out = []
    stdout, sys.stdout = sys.stdout, type("Sink", (), {"write": lambda self, text: out.append(text)})()  # type: ignore[assignment]
    try:
        for _ in range(2):
            exec(SCRIPT, space)
    finally:
        sys.stdout = stdout
    assert set(out) == found


@needs_renderer
def test_labels_are_literal_when_rendered():
    leaves = [leaf(float(i), name) for i, name in enumerate(NAMES)]
    y = sum(leaves[1:], start=leaves[0])
    title = '<i>"{t}"</i> \\n 标题'
    svg = td.draw(y, title=title).svg()
    shown = lines_shown(svg)
    for name in NAMES:
        for line in name.split("\n") if name else ["input"]:
            assert line in shown, f"{line!r} of {name!r} is not in the picture"
    assert title in shown


@pytest.mark.parametrize("name", NAMES)
def test_labels_never_become_html_or_ports(name):
    dot = td.draw(leaf(np.zeros(0, np.float32), name), title=name).dot()
    assert "label=<" not in dot
    assert not re.search(r"^\t[^n\t]\w* (\[|->)", dot.replace("\tgraph [", "").replace("\tnode [", "").replace("\tedge [", ""))
    assert set(parse(dot)[0]) == {"n0"}
    x = leaf(1.0, name)
    dot = td.draw(x * x).dot()  # its second use shows the name alone
    assert "label=<" not in dot
    assert set(parse(dot)[0]) == {"n0", "n1", "n2"}


# --- sizes ---


def test_eighteen_doublings_draw_at_once():
    """A drawing with no visited set took 61 s here: 2^18 paths lead to the leaf."""
    y = leaf(1.0, "y")
    for _ in range(18):
        y = y + y
    start = time.process_time()
    shot = snapshot(y)
    dot = td.draw(y).dot()
    assert time.process_time() - start < 1.0
    assert len(labels(shot, "op")) == 18
    assert len(labels(shot, "input")) == 2, "the first addition uses the leaf twice"
    assert dot.count(" -> ") == 36


@needs_renderer
def test_an_lstm_of_twenty_steps_draws_within_seconds():
    with td.unfused():
        loss = nn.LSTM(4, 4)(td.ones(20, 1, 4))[0].sum()
    shot = snapshot(loss)
    assert 300 < len(shot.vertices) < 1000
    diagram = td.draw(loss)
    start = time.perf_counter()
    assert ElementTree.fromstring(diagram.svg()) is not None
    assert time.perf_counter() - start < 20, "2.4 s on an idle machine"


def test_a_deep_graph_is_refused_in_words_not_by_the_stack():
    y = leaf(1.0)
    for _ in range(5000):
        y = y * 1.0
    with pytest.raises(GraphError, match=r"(?s)draw: this graph has 10001 nodes, too many.*smaller case"):
        td.draw(y)
    assert len(snapshot(y).vertices) == 10_001


# --- errors ---


def test_nothing_to_draw():
    with pytest.raises(GraphError, match=r"(?s)draw: nothing to draw.*pass a Tensor"):
        td.draw([])
    with pytest.raises(GraphError, match=r"(?s)shape \(2, 3\) was not recorded.*requires_grad=True"):
        td.draw(td.ones(2, 3))
    with td.no_grad():
        y = leaf(1.0) * 2.0
    with pytest.raises(GraphError, match="was not recorded"):
        td.draw(y)
    with pytest.raises(GraphError, match="was not recorded"):
        td.draw([leaf(1.0), y])


@pytest.mark.parametrize("wrong", [None, 3, np.ones(2), [np.ones(2)], "x", [None]])
def test_what_is_no_tensor(wrong):
    with pytest.raises(GraphError, match=r"(?s)draw: a \w+ has no graph.*pass a Tensor"):
        td.draw(wrong)


def test_a_released_graph():
    a = leaf(2.0)
    y = a * a
    y.backward()
    with pytest.raises(GraphError, match=r"(?s)draw: the graph .* was freed by backward.*retain_graph=True"):
        td.draw(y)


def test_a_graph_that_is_released_further_down():
    a = leaf(2.0)
    h = a * a
    h.backward()
    with pytest.raises(GraphError, match="freed by an earlier backward pass"):
        td.draw(h * h)


def test_a_bad_direction():
    with pytest.raises(GraphError, match=r"""(?s)direction='down'.*use "TB" or "LR\""""):
        td.draw(leaf(1.0) * 2.0, direction="down")


# --- rendering ---


@pytest.fixture
def diagram() -> Diagram:
    a = leaf(2.0, "a")
    return td.draw(a * 3.0)


def script(folder: Path, body: str, name: str = "renderer") -> str:
    if os.name == "nt":
        pytest.skip("a stand-in renderer is a shell script")
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("name", ["graph.xyz", "graph", "graph.svg.bak", ".svg"])
def test_an_unknown_ending(diagram, tmp_path, name):
    with pytest.raises(RenderError, match=r"(?s)none of the endings .svg, .png, .pdf, .dot, .gv.*graph.svg"):
        diagram.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_dot_needs_no_renderer(diagram, tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, "run", None)
    for name in ("a.dot", "b.gv", "new/folder/c.DOT"):
        path = diagram.save(tmp_path / name)
        assert path == tmp_path / name
        assert path.read_text(encoding="utf-8") == diagram.dot()


def without_renderer(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.delenv("TINYDAWN_DOT", raising=False)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(folder))


def test_no_renderer(diagram, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    without_renderer(monkeypatch, tmp_path / "empty")
    assert find_renderer() is None
    for call in (diagram.svg, lambda: diagram.save(tmp_path / "graph.png")):
        with pytest.raises(RenderError, match=r"(?s)no Graphviz was found.*pip install graphviz-pure.*\.dot"):
            call()
    assert not (tmp_path / "graph.png").exists()
    shown = diagram._repr_mimebundle_()
    assert list(shown) == ["text/plain"]
    assert "graphviz-pure" in shown["text/plain"]


def test_where_a_renderer_is_looked_for(tmp_path, monkeypatch):
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


def test_a_named_renderer_that_is_not_there(diagram, monkeypatch):
    monkeypatch.setenv("TINYDAWN_DOT", "/nowhere/dot")
    with pytest.raises(RenderError, match="TINYDAWN_DOT='/nowhere/dot' is no program"):
        diagram.svg()


def test_a_renderer_that_hangs_is_stopped(diagram, tmp_path, monkeypatch):
    monkeypatch.setenv("TINYDAWN_DOT", script(tmp_path, "exec sleep 30"))
    slow = Diagram(diagram.dot(), timeout=0.3)
    start = time.perf_counter()
    with pytest.raises(RenderError, match=r"(?s)renderer did not finish within 0 s.*smaller computation"):
        slow.save(tmp_path / "graph.svg")
    assert time.perf_counter() - start < 10
    assert not (tmp_path / "graph.svg").exists()
    assert "did not finish" in slow._repr_mimebundle_()["text/plain"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("echo 'Error: syntax error in line 3' >&2; exit 1", "syntax error in line 3"),
        ("exit 7", "exit 7"),
        ("cat >/dev/null; exit 0", "could not make"),
        ("printf '\\377\\376' >&2; exit 1", "could not make"),
    ],
)
def test_a_renderer_that_fails(diagram, tmp_path, monkeypatch, body, said):
    monkeypatch.setenv("TINYDAWN_DOT", script(tmp_path, body))
    (tmp_path / "graph.svg").write_text("old")
    with pytest.raises(RenderError, match=rf"(?s)renderer could not make svg: .*{said}|{said}"):
        diagram.save(tmp_path / "graph.svg")
    with pytest.raises(RenderError, match=r"(?s)could not make png.*save it as .svg"):
        diagram.save(tmp_path / "graph.png")
    assert (tmp_path / "graph.svg").read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["graph.svg", "renderer"]
    assert list(diagram._repr_mimebundle_()) == ["text/plain"]


def test_a_renderer_that_is_no_program(diagram, tmp_path, monkeypatch):
    path = tmp_path / "renderer"
    path.write_text("this is no program")
    path.chmod(0o755)
    monkeypatch.setenv("TINYDAWN_DOT", str(path))
    if find_renderer() is None:
        pytest.skip("this system asks for more than the right to execute")
    with pytest.raises(RenderError, match="renderer could not"):
        diagram.svg()
    assert list(diagram._repr_mimebundle_()) == ["text/plain"]


def test_saving_is_atomic(diagram, tmp_path, monkeypatch):
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
def test_svg_is_well_formed_and_deterministic(diagram, tmp_path):
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
def test_png(diagram, tmp_path):
    assert diagram.save(tmp_path / "graph.PNG").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


@needs_renderer
def test_pdf_or_a_word_about_it(diagram, tmp_path):
    with contextlib.suppress(RenderError):  # graphviz-pure has none
        assert diagram.save(tmp_path / "graph.pdf").read_bytes().startswith(b"%PDF")
        return
    with pytest.raises(RenderError, match=r"(?s)could not make pdf.*save it as .svg"):
        diagram.save(tmp_path / "graph.pdf")
    assert list(tmp_path.iterdir()) == []


@needs_renderer
def test_every_name_of_the_ops_fits_its_picture():
    """The kinds of vertex together: a fused model and its loss."""
    model = nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 5))
    loss = nn.functional.cross_entropy(model(np.array([1, 2])), np.array([2, 3]))
    shown = lines_shown(td.draw(loss, direction="LR").svg())
    assert "embedding  (2 x 3)" in shown
    assert "linear  (2 x 5)" in shown
    assert any(line.startswith("weight") for line in shown)


def test_names_that_no_file_can_hold_do_not_break_a_notebook(tmp_path):
    a = leaf(1.0, "half \ud800 a pair")
    diagram = td.draw(a * 2.0)
    assert "text/plain" in diagram._repr_mimebundle_()
    assert "half ? a pair" in diagram.save(tmp_path / "graph.dot").read_text(encoding="utf-8")


def test_repr_is_short(diagram):
    assert len(repr(diagram)) < 100
    assert "save" in repr(diagram)
