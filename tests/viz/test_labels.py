"""What a class reads in a drawing: the lecture's symbols, each defined, no name of ours; and what is not finite is red."""

from __future__ import annotations

import json
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from draw_tools import Tagger, leaf, lines_shown, needs_renderer, picture, rows, stack, texts, titles

import tinydawn as td
from tinydawn import nn
from tinydawn.nn import functional as F
from tinydawn.viz import Diagram, snapshot
from tinydawn.viz.figure import Saved
from tinydawn.viz.formulas import CHINESE, FORMULAS, INTERNAL, TITLES, in_words
from tinydawn.viz.numbers import constant_text, heat, numbers
from tinydawn.viz.themes import THEMES


def data(diagram: Diagram) -> list[str]:
    return [box.lines[0][0].partition("  (")[0] for box in picture(diagram).boxes if box.kind == "input"]


def lines(diagram: Diagram) -> list[str]:
    return [line for box in texts(diagram) for line in box]


def said(diagram: Diagram) -> str:
    return " ".join(lines(diagram))


def called(name: str, x: td.Tensor) -> td.Tensor:
    x.name = name
    return x


# --- data ---


class Reader(nn.Module):
    def __init__(self) -> None:
        self.cell = nn.RNNCell(2, 3)

    def forward(self, *x: td.Tensor) -> td.Tensor:
        h = td.zeros(1, 3)
        for t in td.steps(len(x)):
            h = self.cell(x[t], h)
        return h


def test_what_a_loop_reads_is_called_by_its_step() -> None:
    words = [rows(1, 2) * (k + 1.0) for k in range(3)]
    assert data(td.draw(Reader(), *words)) == ["x₀", "x₁", "x₂"], "*x"
    assert data(td.draw(lambda: Reader()(*words))) == ["x₀", "x₁", "x₂"], "nobody named them"
    assert data(td.draw(lambda many: Reader()(*many), words)) == ["x₀", "x₁", "x₂"], "a list"
    named = [called(word, x) for word, x in zip(("we", "saw", "it"), words, strict=True)]
    assert data(td.draw(Reader(), *named)) == ["we", "saw", "it"]
    many = [rows(1, 2) * (k + 1.0) for k in range(9)]
    assert data(td.draw(Reader(), *many, max_steps=4)) == ["x₀", "x₁ … x₆", "x₇", "x₈"], "of the left-out steps too"


def test_no_two_boxes_of_data_have_one_name() -> None:
    table, ids = nn.Embedding(9, 2), np.array([[1], [2]])
    shown = data(td.draw(lambda: table(ids[0]) + table(ids[1])))
    assert shown == ["ids₁", "ids₂"]
    assert data(td.draw(Tagger(), np.array([1, 0, 2]))) == ["ids₀", "ids₁", "ids₂"]
    assert data(td.draw(lambda: rows(2, 2) @ rows(2, 2).T)) == ["x₁", "x₂"]
    assert data(td.draw(lambda: rows(2, 2) * 2.0)) == ["input"]
    assert data(td.draw(lambda x, y: x @ y, rows(2, 2), rows(2, 3))) == ["x", "y"]
    target = np.array([1, 0])
    z = leaf(np.ones((2, 3)), "z")
    loss = td.draw(lambda z, target: F.cross_entropy(z, target), z, target, unfused=True, depth="formula")
    assert "target" in data(loss), "its own copy of what was given has the name of that"


def test_weights_that_belong_to_no_module_are_parameters() -> None:
    w, b, x = leaf([[1.0, 2.0]], "W"), leaf([0.5], "b"), leaf([[3.0, 4.0]], "x")
    kinds = {v.label: v.kind for v in snapshot(x @ w.T + b).vertices if v.kind != "op"}
    assert kinds == {"W": "parameter", "b": "parameter", "x": "input"}
    a, b = leaf(2.0, "a"), leaf(3.0, "b")
    assert [v.kind for v in snapshot(a * b).vertices] == ["input", "input", "op"], "beside no weight b is any number"
    for name, kind in (("w₁", "parameter"), ("W_hh", "parameter"), ("theta", "parameter"), ("word", "input"), ("x", "input")):
        one = leaf(1.0, name)
        assert snapshot(one * 2.0).vertices[0].kind == kind, name


# --- numbers and formulas ---


@pytest.mark.parametrize(("x", "text"), [
    (96 ** -0.5, "1/√96"), (np.float32(24 ** 0.5), "√24"), (1 / 3, "1/3"), (-1 / 7, "−1/7"), (0.5, "0.5"), (0.1, "0.1"), (3, "3"),
    (0.123456789, "0.1235"), (1.00001, "1.00001"), (0.044715, "0.044715"), (1234.567, "1234.567"), (-np.inf, "−∞"), (0.0, "0"),
    (1e-5, "1e−05")])
def test_constants(x: float, text: str) -> None:
    assert constant_text(float(x) if isinstance(x, np.floating) else x) == text


def test_letters_are_those_of_the_notes_and_defined() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2), nn.LayerNorm(2))
    shown = said(td.draw(model, rows(2, 3), depth="formula", parameters="inside"))
    for definition in ("W = weight  (4 × 3)", "W₂ = weight  (2 × 4)", "α = weight  (2)", "β = bias  (2)"):
        assert definition in shown
    assert "v4 = α · (v3 − mean) / std + β" in shown.replace("  ", " ")
    shown = said(td.draw(nn.RNNCell(2, 3), rows(1, 2), depth="formula"))
    assert "W_ih = weight_ih  (3 × 2)" in shown
    assert "W_hh = weight_hh  (3 × 3)" in shown


def test_queries_keys_and_values_are_named() -> None:
    x = rows(4, 1, 6)
    packed = titles(td.draw(nn.MultiheadAttention(6, 2), x, x, x, depth="formula"))
    assert "Q, K, V = W_qkv x + b_qkv" in packed
    assert {"v1 = Q · 1/√3", "v2 = v1 Kᵀ", "v3 = softmax v2", "v4 = v3 V"} <= set(packed)
    layer = nn.TransformerEncoderLayer(6, 2, 8).eval()
    assert "v1 = softmax(Q Kᵀ / √d) V" in titles(td.draw(layer, x, depth="formula"))
    other = rows(3, 1, 6)
    crossed = titles(td.draw(nn.MultiheadAttention(6, 2), x, other, other, depth="formula"))
    assert [t.partition(" = ")[0] for t in crossed if t[:4] in ("Q = ", "K = ", "V = ")] == ["Q", "K", "V"]
    three = [nn.Linear(6, 6) for _ in range(3)]
    apart = titles(td.draw(lambda x: F.scaled_dot_product_attention(*(f(x) for f in three)), x, depth="formula"))
    assert [t.partition(" = ")[0] for t in apart if t[:4] in ("Q = ", "K = ", "V = ")] == ["Q", "K", "V"]


@pytest.mark.parametrize("depth", [1, 2, "formula", "scalar"])
def test_no_name_of_ours_is_shown_to_a_class(depth: Any) -> None:
    x = leaf([[0.5, 1.0], [2.0, 3.0]], "x")

    def f() -> td.Tensor:
        y = (x.T @ x).amax(axis=0, keepdims=True) - x.amin()
        return (td.cat([y, y * y, -y])[1:] / 2.0).sum()

    shown = re.findall(r"\w+", said(td.draw(f, depth=depth)))
    ours = {op for op in (*TITLES, *INTERNAL) if not TITLES.get(op, "").lower().startswith(op)} | {"getitem", "permute"}
    assert not ours & set(shown)


def test_kernels_of_a_step_tell_their_formulas() -> None:
    x, h, c = (called(name, rows(1, n)) for name, n in (("x", 2), ("h", 3), ("c", 3)))
    for depth in ("ops", "formula"):
        assert {"r, z = σ(W_ih x + W_hh h + b)", "h' = (1 − z) · n + z · h"} <= {
            line for lines in texts(td.draw(nn.GRUCell(2, 3), x, h, depth=depth)) for line in lines}
        assert {"c' = f · c + i · g", "h' = o · tanh c'"} <= {
            line for lines in texts(td.draw(nn.LSTMCell(2, 3), x, (h, c), depth=depth)) for line in lines}


@pytest.mark.parametrize(("options", "candidate", "state"), [
    ({}, "n = tanh(W_in x + b_in + r · (W_hn h + b_hn))", "h' = (1 − z) · n + z · h"),
    ({"z_convention": "notes"}, "ĥ = tanh(W_in x + b_in + r · (W_hn h + b_hn))", "h' = z · ĥ + (1 − z) · h"),
    ({"reset_after": False}, "n = tanh(W_in x + b_in + W_hn (r · h) + b_hn)", "h' = (1 − z) · n + z · h"),
    ({"bias": False}, "n = tanh(W_in x + r · (W_hn h))", "h' = (1 − z) · n + z · h")])
def test_a_gru_opened_has_its_own_convention(options: dict[str, Any], candidate: str, state: str) -> None:
    cell = nn.GRUCell(2, 3, **options)
    x, h = called("x", rows(1, 2)), called("h", rows(1, 3))
    diagram = td.draw(cell, x, h, unfused=True, depth="formula", values=False)
    shown = [" ".join(text for text, role in box.lines if role == "title") for box in picture(diagram).boxes]
    b = " + b_ir" if cell.bias else ""
    assert shown[2] == f"r = σ(W_ir x{b} + W_hr h{b.replace('i', 'h')})"
    assert shown[4:] == [candidate, state]
    assert "W_ih (9 × 2) = [W_ir; W_iz; W_in]" in picture(diagram).note
    closed = picture(td.draw(cell, x, h, depth=0)).boxes
    assert state in [text for box in closed for text, role in box.lines if role == "formula"], "closed too"


def test_what_a_gate_computes_is_what_its_box_shows() -> None:
    """The letters stand for rows of the weights: r from W_ir x + b_ir + W_hr h + b_hr."""
    cell, x, h = nn.GRUCell(2, 3), rows(1, 2), rows(1, 3)
    with td.viz.trace() as trace, td.unfused():
        cell(x, h)
    r = next(v for v in snapshot(trace).vertices if v.symbol == "r")
    w_ih, w_hh, b = cell.weight_ih.numpy()[:3], cell.weight_hh.numpy()[:3], (cell.bias_ih + cell.bias_hh).numpy()[:3]
    np.testing.assert_allclose(r.value, 1 / (1 + np.exp(-(x.numpy() @ w_ih.T + h.numpy() @ w_hh.T + b))), rtol=1e-5)


def test_an_lstm_opened_and_a_loop_rolled_up() -> None:
    x, h, c = (called(name, rows(1, n)) for name, n in (("x", 2), ("h", 3), ("c", 3)))
    shown = titles(td.draw(nn.LSTMCell(2, 3), x, (h, c), unfused=True, depth="formula", values=False))
    assert [t[:4] for t in shown if " = " in t] == ["i = ", "f = ", "o = ", "g = ", "c' =", "h' ="]
    rolled = td.draw(nn.GRU(2, 3), rows(4, 1, 2), unfused=True, rolled=True, depth="formula", values=False)
    assert "h_t = (1 − z) · n + z · h_t−1" in titles(rolled)
    assert sum(a.delayed for a in picture(rolled).arrows) == 4, "to r, z, n and the state itself"
    unrolled = titles(td.draw(nn.GRU(2, 3), rows(2, 1, 2), unfused=True, depth="formula", values=False))
    assert "h₁ = (1 − z) · n + z · h₀" in unrolled


def test_formulas_that_lead_to_a_name_are_written_together() -> None:
    x, noise = called("x", rows(2)), called("ε", rows(1))
    inner, mean, std = nn.Linear(2, 3), nn.Linear(3, 1), nn.Linear(3, 1)

    def f() -> td.Tensor:
        h = called("h", td.tanh(inner(x)))
        z = called("z", mean(h) + td.exp(std(h)) * noise)
        away = z - x
        return called("L", (away * away).sum() / 2)

    assert [t for t in titles(td.draw(f, depth="formula", values=False)) if " = " in t] == [
        "h = tanh(W x + b)", "z = W₂ h + b₂", "L = Σ (z − x)² / 2"]
    assert "+ exp(W₃ h + b₃) · ε" in said(td.draw(f, depth="formula", values=False))
    y = leaf(0.5, "x")
    assert titles(td.draw(lambda: td.grad(td.tanh(y), y, create_graph=True)[0], depth="formula")) == [
        "x", "v1 = tanh x", "v2 = v1 · v1", "v3 = 1 − v2"], "no product by 1, and the 1 stands in the formula"


def test_a_drawing_of_formulas_keeps_what_flows() -> None:
    """What is written together has the gradients that the engine finds, and the page shows every one of them."""
    w, x = leaf([[0.5, -1.0]], "W"), called("x", td.tensor([[1.0], [2.0]]))
    diagram = td.draw(lambda: called("y", td.tanh(w @ x + 1.0)).sum(), depth="formula", backward=True, parameters="drawn")
    assert titles(diagram)[-1] == "y = tanh(W x + 1)"
    (w_box,) = [box for box in picture(diagram).boxes if box.kind == "parameter"]
    assert w_box.lines[-1][0] == "gradient: " + numbers((1 - np.tanh(-0.5) ** 2) * np.array([[1.0, 2.0]], np.float32))
    if td.viz.find_renderer() is not None:
        steps = steps_on_page(diagram)
        assert steps[-1]["gradients"].keys() | {k for s in steps for k in s["gradients"]} >= {"0", "2"}
        assert "y = tanh(W x + 1)" in [s["rule"] for s in steps]


def test_names_outlive_what_only_moves_entries() -> None:
    a = leaf([[1.0, 2.0]], "a")
    assert titles(td.draw(lambda: called("b", (a * 2.0).reshape(2)) + 1.0, depth="formula")) == [
        "a  (1 × 2)", "b = a · 2", "v1 = b + 1"]
    assert "b = aᵀ" in titles(td.draw(lambda: called("b", a.T) * 3.0, depth="formula")), "what has a name is seen"


def test_shares_say_what_they_are_of() -> None:
    w = leaf([1.0, -1.0], "w")
    below = td.draw(lambda: ((w * 5.0) - (w * w * w)).sum(), backward=True, highlight="w")
    assert picture(below).note.splitlines() == ["w (2): each use gives a share of dL/dw, the sum over its uses",
                                                "A share below 0 % points against that sum: the other uses outweigh it"]
    above = td.draw(lambda: (w * w).sum(), backward=True, highlight="w", lang="zh")
    assert picture(above).note == "w (2)：每次使用都给出 dL/dw 的一份，dL/dw 是各份之和"
    assert picture(td.draw(lambda: (w * w).sum(), highlight="w")).note == "", "no backward pass, no shares"


# --- masks ---


def test_a_mask_is_drawn_as_a_mask() -> None:
    hidden = np.triu(np.ones((4, 4), bool), 1)
    x = leaf(np.ones((4, 4), np.float32), "x")
    for diagram in (td.draw(lambda: x.masked_fill(hidden, -np.inf)), td.draw(lambda mask: x.masked_fill(mask, -np.inf), hidden)):
        (box,) = [box for box in picture(diagram).boxes if box.lines[0][0].startswith("mask")]
        assert [text for text, _ in box.lines] == ["mask  (4 × 4)", "True: 6 / 16"]
        assert np.array_equal(box.heat, hidden)
    assert heat(np.ones((40, 3), bool)) is None, "too large to be drawn entry by entry"
    assert numbers(np.array([True, False]), "zh") == "真, 假"
    if td.viz.find_renderer() is not None:
        for name in THEMES:
            assert f'fill="{THEMES[name].dim}"' in td.draw(lambda: x.masked_fill(hidden, -np.inf), theme=name).svg()


# --- what is not finite ---


def bad(diagram: Diagram) -> list[str]:
    return [box.lines[0][0].partition("  (")[0] for box in picture(diagram).boxes if box.bad]


@pytest.fixture
def silent() -> Any:
    with np.errstate(all="ignore"):
        yield


@pytest.mark.usefixtures("silent")
def test_the_log_of_zero_is_red_up_to_the_loss() -> None:
    p = leaf([0.5, 0.0], "p")
    assert bad(td.draw(lambda: td.log(p).sum() / -2.0)) == ["log", "sum", "div"]
    assert bad(td.draw(lambda: -td.log(p).sum(), depth="formula", backward=True)) == ["p", "v1 = log p", "v2 = Σ v1", "v3 = −v2"]
    assert bad(td.draw(lambda: td.log(p).sum(), depth="scalar")) == ["log", "Σ"]
    negative = td.tensor([1.0, -np.inf, 2.0], name="x")
    assert bad(td.draw(lambda: negative * 1.5)) == ["x", "mul"], "data that has it, and is no mask"


@pytest.mark.usefixtures("silent")
def test_the_minus_infinity_of_a_mask_is_meant() -> None:
    x, mask = leaf([1.0, 2.0, 3.0], "x"), td.tensor([0.0, -np.inf, 0.0], name="mask")
    for f in (lambda: F.softmax(x + mask, axis=0).sum(), lambda: x.masked_fill(np.array([True, False, False]), -np.inf).exp()):
        assert bad(td.draw(f)) == []
    broken = td.draw(lambda: td.log(x - 1.0) + mask)
    assert bad(broken) == ["log", "add"], "a mask does not excuse what was wrong before"


@pytest.mark.usefixtures("silent")
def test_what_stands_for_several_is_red_if_one_of_them_is_wrong() -> None:
    model = stack(5, 2)
    model[3].weight.array[0, 0] = np.nan
    assert bad(td.draw(model, rows(1, 2))) == ["0: Linear × 5"], "a layer that is not drawn by itself"
    assert bad(td.draw(model, rows(1, 2), depth="ops", parameters="inside")) == ["linear"]
    x = [rows(1, 2) * (1.0 if k != 4 else np.inf) for k in range(9)]
    assert bad(td.draw(Reader(), *x, max_steps=4))[:2] == ["x₁ … x₆", "t = 1 … 6"], "a word, and a step, that are not"


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize("parameters", ["drawn", "inside", "hidden"])
@pytest.mark.parametrize("depth", [0, "ops", "formula"])
def test_a_weight_that_is_not_finite_is_red_where_it_is(parameters: str, depth: Any) -> None:
    layer = nn.Linear(2, 2)
    layer.bias.array[0] = np.inf
    diagram = td.draw(layer, rows(1, 2), depth=depth, parameters=parameters)
    assert bad(diagram)
    if parameters == "inside" and depth != 0:
        assert "detail" in picture(diagram).boxes[-1].wrong, "and its line"


@needs_renderer
@pytest.mark.usefixtures("silent")
def test_in_print_it_is_light_on_dark() -> None:
    p = leaf([0.5, 0.0], "p")
    svg = td.draw(lambda: td.log(p).sum(), theme="print").svg()
    box = svg[svg.index('class="box op"'):]
    assert box[:box.index("</g>")].count('fill="#000000"') == 1
    assert '<text' in box
    assert 'fill="#FFFFFF"' in box[box.index("<text"):box.index("</text>")]


def steps_on_page(diagram: Diagram) -> list[dict[str, Any]]:
    found = re.search(r"^const steps = (.*);$", diagram.html(), re.M)
    assert found
    return json.loads(found[1])


@needs_renderer
@pytest.mark.usefixtures("silent")
def test_the_page_turns_red_when_it_happens(tmp_path: Path) -> None:
    p = leaf([0.5, 0.0], "p")
    diagram = td.draw(lambda: td.log(p).sum() * 2.0, backward=True)
    steps = steps_on_page(diagram)
    boxes = titles(diagram)
    first = {boxes[b]: k for k, step in reversed(list(enumerate(steps))) for b in step["red"]}
    assert list(sorted(first, key=lambda name: first[name])) == ["log  (2)", "sum", "mul", "p  (2)"]
    assert [s["wrong"] for s in steps[:2]] == [False, True]
    html = diagram.html()
    wrong = THEMES["light"].wrong
    assert f"#sum.wrong {{ color: {wrong}" in html
    assert f".box.wrong > rect:first-of-type, .box.wrong > polygon:first-of-type {{ stroke: {wrong}" in html
    frames = [path.read_text(encoding="utf-8") for path in diagram.frames(tmp_path)]
    reds = [frame.count(f'stroke="{wrong}"') for frame in frames]
    assert reds[0] == 0
    assert reds[-1] >= 4


# --- in Chinese ---


def test_a_crash_in_chinese_says_what_and_which_shapes() -> None:
    with pytest.warns(UserWarning, match="failed"):
        diagram = td.draw(nn.Linear(3, 2), td.ones(2, 4), lang="zh")
    assert texts(diagram)[-1] == ["出错: 线性变换", "形状不符", "(2 × 4)，(2 × 3)，(2)"]


def test_every_formula_and_rule_has_its_chinese() -> None:
    alike = r"tanh|exp|log|softmax|max|min|sin|cos|erfc?|sign|argm\w+|argsort|\w_t|W_\w+|d[LSc]|\{\w+\}"
    for op, formula in FORMULAS.items():
        for text in (formula.text, *formula.rules):
            assert not re.findall(r"[A-Za-z]{2,}", re.sub(alike, " ", in_words(text, "zh"))), (op, text)


def test_every_title_has_its_chinese() -> None:
    missing = [op for op in (*TITLES, *INTERNAL) if op not in CHINESE]
    assert missing == []


# --- paths that show themselves ---


def test_what_is_saved_shows_itself(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    for kind, name in (("image/svg+xml", "a.svg"), ("image/png", "a.png")):
        path = td.viz.attention_heatmap([[0.5, 0.5]], ["a", "b"], ["c"], tmp_path / name)
        shown = path._repr_mimebundle_()  # type: ignore[attr-defined]
        assert shown["text/plain"] == str(tmp_path / name)
        assert shown[kind] == (path.read_text("utf-8") if kind.endswith("xml") else path.read_bytes())
        assert path == tmp_path / name
        assert isinstance(path, Path)
    assert list(td.viz.attention_heatmap([[1.0]], ["a"], ["b"], tmp_path / "a.pdf")._repr_mimebundle_()) == ["text/plain"]
    assert list(Saved(tmp_path / "gone.svg")._repr_mimebundle_()) == ["text/plain"]
    assert pickle.loads(pickle.dumps(path)) == path


@needs_renderer
def test_a_saved_drawing_shows_itself(tmp_path: Path) -> None:
    a = leaf(1.0, "a")
    path = td.draw(a * 2.0).save(tmp_path / "a.svg")
    assert "a" in lines_shown(path._repr_mimebundle_()["image/svg+xml"])  # type: ignore[attr-defined]


def test_a_target_that_is_ignored_is_drawn_as_it_is() -> None:
    w, target = leaf(np.ones((4, 3)).tolist(), "w"), td.tensor([0, -100, 2, -100])
    for drawn in (lambda: td.draw(lambda: F.cross_entropy(w, target)), lambda: td.draw(F.cross_entropy(w, target))):
        assert ["target  (4)", "0, −100, 2, −100"] in texts(drawn())
        with td.unfused():
            assert F.cross_entropy(w, target).item() == pytest.approx(np.log(3))


def test_a_layer_without_a_bias_adds_none() -> None:
    x = td.ones(2, 4)
    for layer, formula in ((nn.Linear(4, 3, bias=False), "W x"), (nn.LayerNorm(4, bias=False), "α · (x − mean) / std"),
                           (nn.Linear(4, 3), "W x + b"), (nn.RNNCell(4, 3, bias=False), "h' = tanh(W_ih x + W_hh h)")):
        assert formula in lines(td.draw(layer, x, depth=0))
    weight = leaf(np.ones((3, 4)).tolist(), "weight")
    assert "W x  (2 × 3)" in lines(td.draw(lambda: F.linear(x, weight), depth=0))
    assert "W x + b  (2 × 3)" in lines(td.draw(lambda: F.linear(x, weight, td.ones(3)), depth=0))
