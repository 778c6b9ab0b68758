"""Gates over a sentence and training curves: the gates are the layer's own, the pictures say everything and cut nothing."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.sax.saxutils import unescape

import fonts
import numpy as np
import pytest
from clock import PATIENCE

import tinydawn as td
from tinydawn import nn
from tinydawn.errors import DTypeError, ShapeError, TinydawnError
from tinydawn.viz import attention_heatmap, figure, gate_activations, gate_heatmap, plots, training_curves

try:
    import matplotlib
except ImportError:
    matplotlib = None  # type: ignore[assignment]
needs_matplotlib = pytest.mark.skipif(matplotlib is None, reason="matplotlib is not installed")

WORDS = ["der", "hund", "schläft", "</s>"]
RANDOM = np.random.default_rng(0)
GATES = {"update z": RANDOM.random((4, 3)), "reset r": RANDOM.random((4, 3)), "candidate n": np.tanh(RANDOM.normal(size=(4, 3)))}
NAN = math.nan


def texts(path: Path) -> list[str]:
    """Every text of an SVG: matplotlib draws the letters and leaves the text in a comment beside them."""
    return [unescape(t) for t in re.findall(r"<!-- (.*?) -->", path.read_text(encoding="utf-8"), flags=re.DOTALL)]


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The figures that are saved; of each, `drawn` are the texts in it."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from matplotlib.text import Text

    found: list[Any] = []
    save, draw = plots.save_figure, Text.draw

    def watched(figure: Any, path: Any) -> Path:
        found.append(figure)
        saved = save(figure, path)
        figure.drawn = []
        with monkeypatch.context() as patch:
            patch.setattr(Text, "draw", lambda self, renderer: (figure.drawn.append(self), draw(self, renderer))[1])
            figure.draw_without_rendering()  # at its own resolution again, not the file's
        figure.drawn = [text for text in figure.drawn if text.get_text()]
        return saved

    monkeypatch.setattr(plots, "save_figure", watched)
    return found


def box_of(text: Any) -> Any:
    """Where a text stands, in pixels; of an annotation without its line."""
    from matplotlib.text import Text

    return Text.get_window_extent(text)


def assert_nothing_is_cut(figure: Any) -> None:
    for text in figure.drawn:
        box = box_of(text)
        inside = box.x0 >= -0.5 and box.y0 >= -0.5 and box.x1 <= figure.bbox.x1 + 0.5 and box.y1 <= figure.bbox.y1 + 0.5
        assert inside, f"{text.get_text()!r} at {box} in {figure.bbox}"


def assert_apart(labels: list[Any]) -> None:
    """No two of the texts cover each other by more than half a pixel."""
    boxes = [(t.get_text(), box_of(t)) for t in labels]
    for i, (name, a) in enumerate(boxes):
        for other, b in boxes[:i]:
            across = min(a.x1, b.x1) - max(a.x0, b.x0)
            down = min(a.y1, b.y1) - max(a.y0, b.y0)
            assert min(across, down) < 0.5, f"{name!r} covers {other!r}"


# --- the gates of a layer -----------------------------------------------------------------------------------------


def gru_states(gates: dict[str, np.ndarray], h: np.ndarray, convention: str) -> np.ndarray:
    z, _, n = gates.values()
    states = []
    for t in range(len(z)):
        h = z[t] * n[t] + (1 - z[t]) * h if convention == "notes" else (1 - z[t]) * n[t] + z[t] * h
        states.append(h)
    return np.stack(states)


def vectors(steps: int, size: int, dtype: type = np.float64) -> td.Tensor:
    return td.tensor(np.random.default_rng(steps).normal(size=(steps, size)).astype(dtype))


def as_double(layer: nn.Module) -> nn.Module:
    for parameter in layer.parameters():
        parameter.array = parameter.array.astype(np.float64) * 3  # larger than at the start: gates that open and close
    return layer


@pytest.mark.parametrize("convention", ["pytorch", "notes"])
@pytest.mark.parametrize("reset_after", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_the_gates_of_a_gru_give_its_states(bias, reset_after, convention):
    layer = as_double(nn.GRU(5, 7, bias=bias, reset_after=reset_after, z_convention=convention))
    x = vectors(9, 5)
    gates = gate_activations(layer, x)
    assert list(gates) == ["update z", "reset r", "candidate n"]
    assert {g.shape for g in gates.values()} == {(9, 7)}
    np.testing.assert_allclose(gru_states(gates, np.zeros(7), convention), layer(x)[0].numpy(), rtol=0, atol=1e-12)


def test_the_reset_gate_of_a_gru_is_the_formula():
    """The states do not say which of r and n is which: r has to be the gate that n is made with."""
    layer = as_double(nn.GRUCell(5, 7))
    x, h = vectors(1, 5), np.linspace(-1, 1, 7)
    gates = gate_activations(layer, x, hx=h)
    w, u, b, c = (p.array for p in (layer.weight_ih, layer.weight_hh, layer.bias_ih, layer.bias_hh))
    gx, gh = w @ x.array[0] + b, u @ h + c
    np.testing.assert_allclose(gates["reset r"][0], 1 / (1 + np.exp(-(gx + gh)[:7])), rtol=0, atol=1e-12)
    np.testing.assert_allclose(gates["update z"][0], 1 / (1 + np.exp(-(gx + gh)[7:14])), rtol=0, atol=1e-12)
    np.testing.assert_allclose(gates["candidate n"][0], np.tanh(gx[14:] + gates["reset r"][0] * gh[14:]), rtol=0, atol=1e-12)


@pytest.mark.parametrize("bias", [True, False])
def test_the_gates_of_an_lstm_give_its_states_and_cells(bias):
    layer = as_double(nn.LSTM(5, 7, bias=bias))
    x = vectors(9, 5)
    gates = gate_activations(layer, x)
    assert list(gates) == ["forget f", "input i", "output o", "candidate g", "cell c"]
    f, i, o, g, c = gates.values()
    output, (_, cell) = layer(x)
    np.testing.assert_allclose(o * np.tanh(c), output.numpy(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(c[-1], cell.numpy()[0], rtol=0, atol=1e-12)
    before = np.vstack([np.zeros(7), c[:-1]])
    np.testing.assert_allclose(f * before + i * g, c, rtol=0, atol=1e-12)
    assert all(values.min() > 0 and values.max() < 1 for values in (f, i, o))


@pytest.mark.parametrize("kind", [nn.GRUCell, nn.LSTMCell])
def test_a_cell_is_run_over_the_sentence(kind):
    cell = as_double(kind(5, 7))
    x, state, states = vectors(6, 5), None, []
    for t in range(6):
        state = cell(x[t], state)
        states.append((state[0] if kind is nn.LSTMCell else state).numpy())
    gates = gate_activations(cell, x)
    found = gates["output o"] * np.tanh(gates["cell c"]) if kind is nn.LSTMCell else gru_states(gates, np.zeros(7), "pytorch")
    np.testing.assert_allclose(found, states, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM])
def test_float32_agrees_to_a_millionth(kind):
    layer, x = kind(5, 7), vectors(12, 5, np.float32)
    gates = gate_activations(layer, x)
    assert {g.dtype for g in gates.values()} == {np.dtype(np.float32)}
    found = gates["output o"] * np.tanh(gates["cell c"]) if kind is nn.LSTM else gru_states(gates, np.zeros(7), "pytorch")
    np.testing.assert_allclose(found, layer(x)[0].numpy(), rtol=0, atol=1e-6)


def test_the_state_to_start_from():
    x, h, c = vectors(4, 5), np.linspace(-1, 1, 7), np.linspace(2, -2, 7)
    gru, lstm = as_double(nn.GRU(5, 7)), as_double(nn.LSTM(5, 7))
    found = gru_states(gate_activations(gru, x, hx=td.tensor(h)), h, "pytorch")
    np.testing.assert_allclose(found, gru(x, td.tensor(h[None]))[0].numpy(), rtol=0, atol=1e-12)
    gates = gate_activations(lstm, x, hx=(h[None, None], td.tensor(c)))
    expected = lstm(x, (td.tensor(h[None]), td.tensor(c[None])))[0].numpy()
    np.testing.assert_allclose(gates["output o"] * np.tanh(gates["cell c"]), expected, rtol=0, atol=1e-12)


def test_every_way_to_give_one_sentence():
    layer, first = nn.GRU(5, 7), nn.GRU(5, 7, batch_first=True)
    first.load_state_dict(layer.state_dict())
    x = vectors(4, 5, np.float32)
    expected = gate_activations(layer, x)
    for gates in (gate_activations(layer, x.array), gate_activations(layer, x.array.tolist()),
                  gate_activations(layer, x.unsqueeze(1)), gate_activations(first, x.unsqueeze(0))):
        for name, values in gates.items():
            np.testing.assert_allclose(values, expected[name], rtol=0, atol=1e-6)


def test_it_records_nothing_and_leaves_the_layer_alone():
    layer = nn.LSTM(5, 7)
    x = td.tensor(np.ones((3, 5), np.float32), requires_grad=True)
    before = {name: p.array.copy() for name, p in layer.named_parameters()}
    gates = gate_activations(layer, x * 2)
    assert all(type(values) is np.ndarray for values in gates.values())
    assert x.grad is None
    assert all(np.array_equal(p.array, before[name]) and p.grad is None for name, p in layer.named_parameters())


@pytest.mark.parametrize("layer", [nn.RNN(5, 7), nn.RNNCell(5, 7), nn.Linear(5, 7)])
def test_a_module_without_gates(layer):
    with pytest.raises(DTypeError, match=rf"(?s){type(layer).__name__} has no gates.*fix: nn.GRU, nn.LSTM"):
        gate_activations(layer, vectors(3, 5))


@pytest.mark.parametrize(("options", "said"), [({"num_layers": 2}, "2 layers and 1 directions"),
                                               ({"bidirectional": True}, "1 layers and 2 directions")])
def test_several_layers_or_directions(options, said):
    with pytest.raises(ShapeError, match=rf"(?s)GRU of {said}.*fix: num_layers=1 and bidirectional=False"):
        gate_activations(nn.GRU(5, 7, **options), vectors(3, 5))


@pytest.mark.parametrize("shape", [(3, 4), (5,), (3, 2, 5), (0, 5), (1, 3, 5), ()])
def test_an_input_that_does_not_fit(shape):
    with pytest.raises(ShapeError, match=r"(?s)gate_activations: input of shape .* for GRU.*vectors of one sequence: \(T, 5\)"):
        gate_activations(nn.GRU(5, 7), np.zeros(shape))


@pytest.mark.parametrize(("layer", "hx", "said"), [
    (nn.GRU(5, 7), np.zeros(6), "a state of 6 numbers for GRU"), (nn.GRU(5, 7), np.zeros((1, 2, 7)), "a state of 14 numbers"),
    (nn.LSTM(5, 7), [np.zeros(7)], "a state of 7 numbers for LSTM"),
    (nn.LSTMCell(5, 7), (np.zeros(7), np.zeros(6)), "a state of 7, 6 numbers for LSTMCell"),
    (nn.LSTM(5, 7), [np.zeros(7)] * 3, "a state of 7, 7, 7 numbers")])
def test_a_state_that_does_not_fit(layer, hx, said):
    with pytest.raises(ShapeError, match=rf"(?s){said}.*fix: 7 numbers"):
        gate_activations(layer, vectors(3, 5), hx=hx)


# --- their picture ------------------------------------------------------------------------------------------------


@needs_matplotlib
def test_one_panel_per_gate_with_every_word_and_unit(tmp_path, figures):
    path = gate_heatmap(GATES, WORDS, tmp_path / "g.svg", title="Tore")
    found = texts(path)
    assert {*WORDS, *GATES, "Tore", "unit", "0", "1", "2"} <= set(found)
    assert [found.count(word) for word in WORDS] == [1] * 4, "the words stand once, below all panels"
    panels = [axes for axes in figures[0].axes if axes.images]
    assert [axes.get_title("left") for axes in panels] == list(GATES)
    assert len(figures[0].axes) == 6, "a colour bar each"
    assert ElementTree.parse(path).getroot().tag.endswith("svg")
    assert list(tmp_path.iterdir()) == [path]


@needs_matplotlib
def test_a_row_is_the_same_unit_in_every_panel(tmp_path, figures):
    order = np.argsort(-GATES["update z"].mean(axis=0))
    gate_heatmap(GATES, WORDS, tmp_path / "g.svg")
    for axes, values in zip((a for a in figures[0].axes if a.images), GATES.values(), strict=True):
        assert np.array_equal(axes.images[0].get_array(), values[:, order].T)
        assert [t.get_text() for t in axes.get_yticklabels()] == [str(k) for k in order]
        assert axes.yaxis_inverted(), "the most open unit is at the top"


@needs_matplotlib
def test_the_range_of_the_colours(tmp_path, figures):
    gates = {"z": np.full((1, 2), 0.5), "n": np.array([[-0.2, 0.3]]), "c": np.array([[-0.5, 2.5]]), "big": np.array([[0.1, 3.0]])}
    gate_heatmap(gates, ["w"], tmp_path / "g.svg")
    ranges = [a.images[0].get_clim() for a in figures[0].axes if a.images]
    assert ranges == [(0, 1), (-1, 1), (-2.5, 2.5), (-3, 3)]
    assert {"0.5", "−1", "-1", "−2.5", "-2.5", "2.5"} & set(texts(tmp_path / "g.svg")) >= {"0.5", "2.5"}


@needs_matplotlib
@pytest.mark.parametrize("colours", [plots.UNSIGNED, plots.SIGNED])
def test_darker_is_greater_in_grey_print_too(colours):
    from matplotlib.colors import LinearSegmentedColormap, to_rgb

    linear = [[c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(rgba[:3])]
              for rgba in LinearSegmentedColormap.from_list("m", colours)(np.linspace(0, 1, 33))]
    lightness = 116 * np.cbrt(np.array(linear) @ [0.2126, 0.7152, 0.0722]) - 16
    assert (np.diff(lightness) < 0).all()
    assert np.diff(lightness).max() < 0.35 * np.diff(lightness).mean(), "evenly"


@needs_matplotlib
def test_a_value_that_is_not_finite_has_a_cross(tmp_path, figures):
    z = np.array([[0.1, 0.9], [NAN, 0.8], [0.3, math.inf]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gate_heatmap({"z": z, "nothing": np.full((3, 2), NAN)}, ["a", "b", "c"], tmp_path / "g.png")
    first, nothing = (a for a in figures[0].axes if a.images)
    assert first.images[0].get_clim() == (0, 1)
    crosses = {(float(x), float(y)) for x, y in first.lines[0].get_xydata()}
    assert [t.get_text() for t in first.get_yticklabels()] == ["1", "0"]
    assert crosses == {(1, 1), (2, 0)}, "column: word, row: unit"
    assert len(nothing.lines[0].get_xydata()) == 6


@needs_matplotlib
@pytest.mark.parametrize("title", ["", "a title that is a good deal longer than a picture of one word is wide"])
@pytest.mark.parametrize(("words", "units"), [
    (["w"], 1), (["w"], 300), (["中"], 6), (["quick", "fox", "jumps", "over", "a", "dog", ".", "nobody"] * 5, 32),
    (["自然", "语言", "处理", "注意力机制"] * 10, 100), (["Donaudampfschifffahrtskapitän", *"abc"], 5), (list("abcdef") * 50, 64),
    ([" ", "\n", "", "$x$", "$", "{a}_b^c", "<&>", "a\\b"], 2)])
def test_nothing_is_cut_and_no_words_cover_each_other(tmp_path, figures, words, units, title):
    values = np.random.default_rng(0).random((len(words), units))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if not fonts.CHINESE:
            warnings.filterwarnings("ignore", fonts.MISSING)
        gates = {"update z": values, "a gate with a rather long name": 2 * values - 1}
        gate_heatmap(gates, words, tmp_path / "g.png", title=title)
    assert_nothing_is_cut(figures[0])
    panels = [a for a in figures[0].axes if a.images]
    labels = panels[-1].get_xticklabels()
    if len({t.get_rotation() for t in labels}) == 1 and labels[0].get_rotation() != 45:  # the boxes of slanted words overlap
        assert_apart([t for t in labels if t.get_text()])
    for axes in panels:
        assert_apart(axes.get_yticklabels())
        assert axes.get_window_extent().width > 100
        assert axes.get_window_extent().height > 40


@needs_matplotlib
def test_words_are_literal_and_seen(tmp_path, figures):
    words = ["$x$", "_b^", "<unk>", "{a}", "%d", " ", "\n", "\u200d", "x" * 40]
    gate_heatmap({"$z_t$": np.zeros((9, 2))}, words, tmp_path / "g.svg", title="$5 < $6")
    expected = {"$x$", "_b^", "<unk>", "{a}", "%d", "␣", "\\n", "\\u200d", "x" * 23 + "…", "$z_t$", "$5 < $6"}
    assert expected <= {t.get_text() for t in figures[0].drawn}
    assert not any(t.get_parse_math() for t in figures[0].drawn if "$" in t.get_text())


@needs_matplotlib
def test_chinese_words_where_no_font_has_them(tmp_path, monkeypatch):
    from tinydawn.viz import figure

    monkeypatch.setattr(figure, "CJK_FONTS", ())
    for draw in (lambda: gate_heatmap({"更新门": np.zeros((2, 2))}, ["中", "国"], tmp_path / "g.png", title="门"),
                 lambda: training_curves({"训练": [2, 1], "验证": [3, 2]}, tmp_path / "c.png", x_label="轮次", title="损失")):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            draw()
        assert len(caught) == 1, "one warning for all letters"
        assert "no installed font has Chinese letters" in str(caught[0].message)
        assert caught[0].filename == __file__


@needs_matplotlib
def test_tensors_and_lists_of_tensors_will_do(tmp_path):
    z = td.tensor(GATES["update z"], requires_grad=True)
    names = {"a": z * 1, "b": [z[t] for t in range(4)], "c": z.array.tolist()}
    drawn = [gate_heatmap({"z": value}, WORDS, tmp_path / f"{name}.svg").read_bytes() for name, value in names.items()]
    assert drawn[0] == drawn[1] == drawn[2]
    assert z.grad is None


@pytest.mark.parametrize(("gates", "said"), [
    ({}, "no gates.*as gate_activations gives"), ([GATES["reset r"]], "no gates"),
    ({"z": np.zeros((3, 3))}, r"'z' of shape \(3, 3\) for 4 words.*one row per word"),
    ({"z": np.zeros((4, 3)), "r": np.zeros((4, 2))}, r"'r' of shape \(4, 2\) for 4 words"),
    ({"z": np.zeros((4, 1, 3))}, r"'z' of shape \(4, 1, 3\)"), ({"z": np.zeros((4, 0))}, r"'z' of shape \(4, 0\)"),
    ({"z": 1.0}, r"'z' of shape \(\)"), ({"z": [["a", "b"]] * 4}, "gate_heatmap: 'z' is not made of numbers"),
    ({"z": [[1, 2], [3]]}, "gate_heatmap: 'z' is not made of numbers.*rows of equal length")])
def test_gates_that_do_not_fit(tmp_path, gates, said):
    with pytest.raises(ShapeError, match=rf"(?s){said}"):
        gate_heatmap(gates, WORDS, tmp_path / "g.svg")
    assert list(tmp_path.iterdir()) == []


def test_no_words(tmp_path):
    with pytest.raises(ShapeError, match="for 0 words"):
        gate_heatmap({"z": np.zeros((0, 3))}, [], tmp_path / "g.svg")


# --- curves -------------------------------------------------------------------------------------------------------


@needs_matplotlib
def test_every_curve_and_baseline_is_named_at_its_end(tmp_path, figures):
    curves = {"train": [3.0, 2.0, 1.0], "validation": [(1, 3.5), (2, 2.5), (3, 1.5)]}
    path = training_curves(curves, tmp_path / "c.svg", baselines={"uniform": 3.2}, x_label="epoch", y_label="nats", title="t")
    assert {"train", "validation", "uniform", "epoch", "nats", "t"} <= set(texts(path))
    axes = figures[0].axes[0]
    assert [line.get_xydata().tolist() for line in axes.lines[:2]] == [[[1, 3], [2, 2], [3, 1]], [[1, 3.5], [2, 2.5], [3, 1.5]]]
    assert list(axes.lines[2].get_ydata()) == [3.2, 3.2]
    assert figures[0].legends == []
    heights = {t.get_text(): box_of(t) for t in axes.texts}
    for name, y in (("train", 1.0), ("validation", 1.5), ("uniform", 3.2)):
        pixel = axes.transData.transform((3, y))
        assert abs((heights[name].y0 + heights[name].y1) / 2 - pixel[1]) < 4, "at the height of its end"
        assert heights[name].x0 > pixel[0], "to the right of it"


@needs_matplotlib
def test_curves_differ_without_colour(tmp_path, figures):
    training_curves({str(k): [k, k + 1] for k in range(6)}, tmp_path / "c.svg", baselines={"b": 2})
    *curves, baseline = figures[0].axes[0].lines
    strokes = [str(line._unscaled_dash_pattern) for line in curves]
    assert len(set(strokes[:5])) == 5
    assert all(a != b for a, b in pairwise(strokes))
    assert str(baseline._unscaled_dash_pattern) not in strokes
    assert baseline.get_linestyle() == "--"
    looks = {(plots.COLOURS[k % 7], str(plots.STROKES[k % 5])) for k in range(35)}
    assert len(looks) == 35, "colour and stroke together repeat late"


@needs_matplotlib
def test_curves_that_end_close_together(tmp_path, figures):
    curves = {f"run {k}": [5.0, 1 + 0.001 * k] for k in range(8)}
    training_curves(curves, tmp_path / "c.svg", baselines={"best possible": 1.0, "a": 5})
    axes = figures[0].axes[0]
    assert figures[0].legends == []
    assert_apart(axes.texts)
    assert_nothing_is_cut(figures[0])
    low_to_high = [t.get_text() for t in sorted(axes.texts, key=lambda t: box_of(t).y0)]
    assert set(low_to_high[:2]) == {"run 0", "best possible"}
    assert low_to_high[2:] == [*[*curves][1:], "a"]


@needs_matplotlib
def test_too_many_curves_for_names_at_their_ends(tmp_path, figures):
    curves = {f"_run {k}": [k + 1, 1] for k in range(40)}
    path = training_curves(curves, tmp_path / "c.svg", baselines={"b": 3}, title="forty")
    assert {*curves, "b: 3"} <= set(texts(path)), "dashed lines look alike in a legend: their numbers tell them apart"
    assert not figures[0].axes[0].texts
    (legend,) = figures[0].legends
    assert [t.get_text() for t in legend.get_texts()] == [*curves, "b: 3"]
    assert_nothing_is_cut(figures[0])
    assert_apart(legend.get_texts())
    assert figures[0].axes[0].get_window_extent().width > 300


@needs_matplotlib
def test_a_curve_that_ends_early_is_named_inside(tmp_path, figures):
    training_curves({"whole": [1, 2, 3, 4, 5], "stopped": [1, 1.5]}, tmp_path / "c.svg")
    axes = figures[0].axes[0]
    (label,) = (t for t in axes.texts if t.get_text() == "stopped")
    x, y = axes.transData.transform((2, 1.5))
    box = box_of(label)
    assert 0 < box.x0 - x < 20
    assert box.y0 < y < box.y1


@needs_matplotlib
def test_a_legend_where_a_name_would_cover_a_line(tmp_path, figures):
    dense = [(x, x % 2) for x in range(400)]
    path = training_curves({"dense": dense, "stopped in the middle of it": dense[:200]}, tmp_path / "c.svg")
    assert not figures[0].axes[0].texts
    assert [t.get_text() for t in figures[0].legends[0].get_texts()] == ["dense", "stopped in the middle of it"]
    assert texts(path).count("dense") == 1


@needs_matplotlib
@pytest.mark.parametrize(("y", "said", "gap", "crosses", "dots"), [
    ([4, 3, NAN, NAN, NAN], "a (NaN from 3)", [2, 3, 4], [(2, 3)], []),
    ([4, 3, NAN, 1, 1], "a (NaN at 3)", [2], [(2, 3)], []),
    ([NAN, NAN, 3, 2, 1], "a (NaN from 1 to 2)", [0, 1], [(3, 3)], []),
    ([4, NAN, 2, math.inf, -math.inf], "a (NaN, infinite at 3 of 5)", [1, 3, 4], [(1, 4), (3, 2)], [(1, 4), (3, 2)]),
    ([3, 2, 1, 0, -math.inf], "a (infinite from 5)", [4], [(4, 0)], []),
    ([NAN] * 5, "a (NaN throughout)", [0, 1, 2, 3, 4], [], [])])
def test_nan_is_a_gap_with_a_cross_and_is_named(tmp_path, figures, y, said, gap, crosses, dots):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path = training_curves({"a": y, "b": [1, 1, 1, 1, 1.5]}, tmp_path / "c.svg")
    assert said in texts(path)
    line, *others = figures[0].axes[0].lines
    marks = [other for other in others if other.get_marker() in ("o", "x")]
    assert np.flatnonzero(np.isnan(line.get_ydata())).tolist() == gap
    found = {mark.get_marker(): [tuple(map(float, p)) for p in mark.get_xydata()] for mark in marks}
    assert found == {k: v for k, v in (("o", dots), ("x", crosses)) if v}
    assert_nothing_is_cut(figures[0])


@needs_matplotlib
@pytest.mark.parametrize("letters", [60, 1000])
def test_names_of_any_length(tmp_path, letters):
    """A word of a thousand letters made a picture eleven feet wide."""
    name, word = ("what the customer wrote " * 50)[:letters], ("unaufhaltsam" * 90)[:letters]
    one, two, three = tmp_path / "1.svg", tmp_path / "2.svg", tmp_path / "3.svg"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        training_curves({f"{name} {i}": [3, 2, i] for i in range(3)}, one, {name: 1.5}, x_label=name, y_label=name, title=name)
        attention_heatmap(np.eye(2), [word] * 2, [word] * 2, two, title=name)
        gate_heatmap({f"{name} {i}": np.zeros((2, 3)) for i in range(2)}, [word] * 2, three, title=name)
    for path in (one, two, three):
        width, height = (float(x) / 72 for x in re.findall(r'(?:width|height)="([\d.]+)pt"', path.read_text())[:2])
        assert width < 20
        assert height < 8
    assert [len(panel) for panel in (texts(one), texts(two), texts(three)) if not panel] == []
    cut = figure.cut("a" * 500 + "\nb", 10, 2.0)
    assert cut.endswith("a…\nb")
    assert 1.8 < figure.inches(cut.split("\n")[0], 10) <= 2.0
    assert figure.cut("abc", 10, 0.01) == "a…"


@needs_matplotlib
def test_every_picture_marks_what_matplotlib_leaves_out(tmp_path):
    """Those of the lessons too: whatever is saved by save_figure."""
    from matplotlib.figure import Figure

    drawing = Figure()
    left, right, third = drawing.subplots(1, 3)
    left.plot([1, 2, 3], [1.0, NAN, 2.0], color="blue", label="a")
    left.axhline(NAN, label="majority")
    left.plot([1.0, 2.0], [math.inf, NAN])
    limits = left.get_xlim()
    right.bar(["x", "y", "z"], [1.0, NAN, 2.0], width=0.5)
    right.scatter([1.0, NAN, 2.0], [1.0, 2.0, math.inf], label="points of A")
    third.barh(["x", "y"], [NAN, 1.0])
    image = third.imshow([[0.0, NAN], [1.0, 2.0]], origin="lower", extent=(0, 4, 0, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.save_figure(drawing, tmp_path / "a.png")
    marks = [[(line.get_color(), line.get_xydata().tolist()) for line in axes.lines if line.get_marker() == "x"]
             for axes in drawing.axes]
    assert marks == [[("blue", [[1.0, 1.0]])], [(figure.WRONG, [[1.0, 0.0]])],
                     [("black", [[3.0, 0.5]]), (figure.WRONG, [[0.0, 0.0]])]]
    assert [[text.get_text() for text in axes.texts] for axes in drawing.axes] == [
        ["NaN: majority\nNaN: a line"], ["NaN: 2 of 3: points of A"], []]
    assert image.get_clim() == (0, 2)
    assert left.get_xlim() == limits


@needs_matplotlib
def test_a_logarithmic_axis(tmp_path, figures):
    path = training_curves({"norm": [1, 1e-4, 0, 1e-8], "narrow": [1, 1, 1, 1]}, tmp_path / "c.svg", log=True)
    axes = figures[0].axes[0]
    assert axes.get_yscale() == "log"
    assert "norm (≤ 0 at 3)" in texts(path)
    assert len([t for t in axes.get_yticklabels() if "10^" in t.get_text()]) >= 3
    training_curves({"a": [2.6, 3.1]}, tmp_path / "d.svg", log=True)
    assert len({"2.6", "2.7", "2.8", "2.9", "3.0"} & set(texts(tmp_path / "d.svg"))) >= 4, "a narrow range has numbers too"


@needs_matplotlib
def test_one_point_is_a_dot(tmp_path, figures):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path = training_curves({"a": [2.0]}, tmp_path / "c.svg")
    assert "a" in texts(path)
    assert [line.get_marker() for line in figures[0].axes[0].lines] == ["None", "o"]
    ticks = [t.get_text() for t in figures[0].axes[0].get_xticklabels()]
    assert ticks == ["1"] or "1" in ticks


@needs_matplotlib
@pytest.mark.parametrize("y", [
    (3, 2, 1), np.array([3, 2, 1]), td.tensor([3.0, 2.0, 1.0], requires_grad=True),
    [td.tensor(3.0, requires_grad=True), 2, td.tensor(1.0)],
    [(1, 3), (2, td.tensor(2.0)), [3, 1]], np.array([[1, 3], [2, 2], [3, 1]], np.float32)])
def test_every_form_of_a_curve(tmp_path, figures, y):
    training_curves({"a": y}, tmp_path / "c.svg", baselines={"b": td.tensor(2.0)})
    assert figures[0].axes[0].lines[0].get_xydata().tolist() == [[1, 3], [2, 2], [3, 1]]


@pytest.mark.parametrize(("curves", "said"), [
    ({}, "no curves.*a dict of name"), ([1, 2], "no curves"), ({"a": []}, r"'a' of shape \(0,\)"),
    ({"a": [[1, 2, 3]]}, r"'a' of shape \(1, 3\).*\(N, 2\) for pairs"), ({"a": 3.0}, r"'a' of shape \(\)"),
    ({"a": ["x", "y"]}, "training_curves: 'a' is not made of numbers"), ({"a": [(1, 2), 3]}, "'a' is not made of numbers"),
    ({"a": [(NAN, 2)]}, "'a' has an x that is not finite.*in this order"), ({"a": None}, "'a'")])
def test_curves_that_are_none(tmp_path, curves, said):
    with pytest.raises(ShapeError, match=rf"(?s){said}"):
        training_curves(curves, tmp_path / "c.svg")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("value", "log", "said"), [
    (NAN, False, "is nan.*a finite number"), (math.inf, False, "is inf"), ("x", False, "is not made of numbers"),
    (0.0, True, "is 0.*a number above 0, or log=False")])
def test_a_baseline_that_cannot_be_drawn(tmp_path, value, log, said):
    with pytest.raises(ShapeError, match=rf"(?s)'uniform' {said}"):
        training_curves({"a": [1, 2]}, tmp_path / "c.svg", baselines={"uniform": value}, log=log)


@needs_matplotlib
def test_hostile_names(tmp_path, figures):
    curves = {"$x_1$": [1, 2], "_hidden": [2, 3], "a\nb\t<&>": [3, 4], "": [4, 5], "%s {}": [5, 6]}
    path = training_curves(curves, tmp_path / "c.svg", baselines={"_b$": 2.5}, x_label="$", y_label="_{", title="$5 < $6")
    ElementTree.parse(path)
    shown = {t.get_text() for t in figures[0].drawn}
    assert {"$x_1$", "_hidden", "a\\nb\\t<&>", "%s {}", "_b$", "$", "_{", "$5 < $6"} <= shown
    assert_nothing_is_cut(figures[0])


# --- what both promise --------------------------------------------------------------------------------------------

DRAWINGS = {
    "gate_heatmap": lambda path: gate_heatmap(GATES, WORDS, path, title="t"),
    "training_curves": lambda path: training_curves({"a": [3, 2, NAN], "b": [2, 1, 1]}, path, baselines={"c": 1.5}, title="t"),
}
both = pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS.keys())


@needs_matplotlib
@both
@pytest.mark.parametrize("ending", ["svg", "png", "pdf", "PNG"])
def test_the_same_bytes_each_time_and_nothing_else(tmp_path, draw, ending):
    first, again = (draw(str(tmp_path / f"{name}" / f"a.{ending}")) for name in "xy")
    assert first == tmp_path / "x" / f"a.{ending}"
    assert first.read_bytes() == again.read_bytes()
    assert first.read_bytes().startswith({"svg": b"<?xml", "pdf": b"%PDF"}.get(ending, b"\x89PNG"))
    assert list(first.parent.iterdir()) == [first]


@needs_matplotlib
def test_the_same_bytes_in_another_process(tmp_path):
    script = ("import sys; from tinydawn.viz import gate_heatmap as g, training_curves as c; "
              "g({'z': [[.1, .9], [.8, .2]]}, ['a', 'b'], sys.argv[1] + '/g.svg'); c({'a': [3, 2, 1]}, sys.argv[1] + '/c.svg'); "
              "assert 'matplotlib.pyplot' not in sys.modules")
    env = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    done = subprocess.run([sys.executable, "-W", "error", "-c", script, str(tmp_path)], env=env | {"PYTHONHASHSEED": "77"},
                          check=False, timeout=PATIENCE, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    gates = gate_heatmap({"z": [[0.1, 0.9], [0.8, 0.2]]}, ["a", "b"], tmp_path / "here.svg")
    assert gates.read_bytes() == (tmp_path / "g.svg").read_bytes()
    assert training_curves({"a": [3, 2, 1]}, tmp_path / "here.svg").read_bytes() == (tmp_path / "c.svg").read_bytes()


def test_matplotlib_is_imported_when_something_is_drawn():
    script = ("import sys; import numpy as np, tinydawn as td; from tinydawn.viz import gate_activations, gate_heatmap, "
              "training_curves; gate_activations(td.nn.GRU(2, 3), np.zeros((4, 2), np.float32)); "
              "assert not [m for m in sys.modules if m.startswith('matplotlib')]")
    done = subprocess.run([sys.executable, "-c", script], check=False, timeout=PATIENCE, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@both
def test_without_matplotlib(tmp_path, monkeypatch, draw):
    for name in ("matplotlib", "matplotlib.figure", "matplotlib.font_manager"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(TinydawnError, match=r"(?s)needs matplotlib, which is not installed.*pip install 'tinydawn\[draw\]'"):
        draw(tmp_path / "a.svg")
    assert list(tmp_path.iterdir()) == []


@needs_matplotlib
@both
@pytest.mark.parametrize("name", ["a.xyz", "a"])
def test_an_unknown_ending(tmp_path, draw, name):
    with pytest.raises(TinydawnError, match=r"(?s)none of the endings .svg, .png, .pdf.*figure.svg"):
        draw(tmp_path / name)


@needs_matplotlib
@both
def test_writing_is_atomic(tmp_path, monkeypatch, draw):
    path = tmp_path / "a.svg"
    path.write_text("old")

    def crash(*args: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(OSError, match="the disk is full"):
        draw(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@needs_matplotlib
@both
def test_no_global_state(tmp_path, draw):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    plain = draw(tmp_path / "a.svg")
    assert dict(mpl.rcParams) == before
    with mpl.rc_context({"figure.facecolor": "black", "axes.facecolor": "black", "font.size": 20, "lines.linewidth": 9}):
        styled = draw(tmp_path / "b.svg")
    assert plain.read_bytes() == styled.read_bytes(), "a style set outside changes nothing"
