"""Formulas: one of every op, with a rule for each argument that has a gradient; words in two languages; numbers as text."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from draw_tools import leaf, rows, titles

import tinydawn as td
import tinydawn.models  # whose kernels are in the table too
from tinydawn import graph, nn
from tinydawn.viz import snapshot
from tinydawn.viz.formulas import CHINESE, FORMULAS, MODULES, STRUCTURAL, filled, words
from tinydawn.viz.measure import text_width
from tinydawn.viz.numbers import heat, norm, numbers, percent


def test_every_op_has_a_formula_with_a_rule_per_argument() -> None:
    assert FORMULAS
    assert set(FORMULAS) == set(graph.table)
    for name, op in graph.table.items():
        rules = FORMULAS[name].rules
        assert FORMULAS[name].text, name
        if not op.differentiable:
            assert rules == (), name
        elif op.joint is None:
            assert [bool(rule) for rule in rules] == [vjp is not None for vjp in op.vjp], name
        else:
            assert all(rules), name
            assert rules, name
            assert op.arity == 0 or len(rules) == op.arity, name


JOINT = {  # arguments of the kernels of variable arity; cat has one rule for all its parts
    "einsum": 3, "cat": 1, "linear": 3, "attention": 3, "layer_norm": 3, "rnn": 6, "gru": 6, "lstm": 7,
}


def test_kernels_have_a_rule_for_each_weight() -> None:
    variable = {name for name, op in graph.table.items() if op.arity == 0}
    assert variable == set(JOINT), "a new op of variable arity: say here how many arguments have a gradient"
    assert {name: len(FORMULAS[name].rules) for name in JOINT} == JOINT
    for name, layer in (("rnn", nn.RNN(2, 3)), ("gru", nn.GRU(2, 3)), ("lstm", nn.LSTM(2, 3))):
        shot = snapshot(layer(leaf(np.ones((2, 1, 2), np.float32)))[0])
        at = next(i for i, v in enumerate(shot.vertices) if v.label == name)
        assert len([e for e in shot.edges if e.target == at]) == JOINT[name], name


def test_formulas_leave_no_place_empty() -> None:
    for name, formula in FORMULAS.items():
        args = [f"x{i}" for i in range(graph.table[name].arity or JOINT[name])]
        for text in (formula.text, *formula.rules):
            said = filled(text, args, "y", "g", {"index": 0, "dtype": "float64", "spec": "ij->i"})
            assert "{" not in said, name
            assert "}" not in said, name
            assert said == said.strip(), name


def test_a_missing_bias_takes_its_sign_with_it() -> None:
    layer, x = nn.Linear(2, 3, bias=False), leaf([[1.0, 2.0]], "x")
    assert snapshot(layer(x)).vertices[-1].formula == "W x"
    layer = nn.Linear(2, 3)
    assert snapshot(layer(x)).vertices[-1].formula == "W x + b"
    assert filled("{1} {0} + {2}", ["x", "W", "b"], "y", "g", {}) == "W x + b"
    assert filled("({0} − μ) / σ · {1} + {2}", ["x"], "y", "g", {}) == "(x − μ) / σ"
    assert filled("{g} · {y} · (1 − {y})", ["x"], "v1", "dL/dv1", {}) == "dL/dv1 · v1 · (1 − v1)"


def test_every_module_that_has_a_formula_exists() -> None:
    assert MODULES
    assert all(issubclass(getattr(nn, name), nn.Module) for name in MODULES)
    assert all(MODULES.values())
    assert set(graph.table) >= STRUCTURAL


# --- words ---


def test_words_in_english_chinese_or_both() -> None:
    assert [words("tanh", lang) for lang in ("en", "zh", "both")] == ["tanh", "双曲正切", "双曲正切 tanh"]
    assert [words("thing.7", lang) for lang in ("en", "zh", "both")] == ["thing.7"] * 3, "what it does not know stays"
    assert [words(text, "zh") for text in ("encoder.7", "ids₁₂", "x₃")] == ["编码器.7", "词号₁₂", "x₃"]
    assert all(text and not text.isascii() for text in CHINESE.values())


@pytest.mark.parametrize(("lang", "shown"), [
    ("en", ["x  (2)", "tanh  (2)", "sum"]), ("zh", ["x  (2)", "双曲正切  (2)", "求和"]),
    ("both", ["x  (2)", "双曲正切 tanh  (2)", "求和 sum"])])
def test_a_drawing_in_a_language(lang: str, shown: list[str]) -> None:
    x = leaf([1.0, 2.0], "x")
    diagram = td.draw(td.tanh(x).sum(), lang=lang)
    assert titles(diagram) == shown, "a name of the user's own stays as it is"
    assert diagram.picture is not None
    said = diagram.picture.boxes[0].lines[-1][0]
    assert said == {"en": "gradient: not computed", "zh": "梯度: 尚未计算", "both": "梯度 gradient: 尚未计算 not computed"}[lang]


def test_modules_in_chinese() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    assert titles(td.draw(model, rows(1, 3), lang="zh"))[1:] == ["0: 线性层", "1: 线性整流"]


# --- numbers ---


@pytest.mark.parametrize(("array", "text"), [
    (np.float32(3.0), "3"), ([1.5, -2.0], "1.5, −2"), ([1e-9, 12345678.0], "1e−09, 1.235e+07"), ([True, False], "True, False"),
    ([3, -4], "3, −4"), ([], "—"), ([np.nan, np.inf, -np.inf], "NaN, ∞, −∞"),
    (np.ones(7), "mean 1, std 0"), (-np.ones(9), "mean −1, std 0"), (np.arange(9), "0 … 8"),
    (np.arange(9) > 3, "True: 5 / 9"), ([np.nan] + [1.0] * 8, "1 of 9 are NaN"),
    ([np.inf, -np.inf, np.nan, -np.inf] + [1.0] * 4, "4 of 8 are NaN or −∞ or ∞"), ([-np.inf] + [1.0] * 7, "1 of 8 are −∞"),
    (np.full(9, 1e200), "mean 1e+200, std 0"), (np.full(9, 1e-200), "mean 1e−200, std 0"),
    ([1e300, -1e300] * 4, "mean 0, std 1e+300"), (np.arange(9) - 4, "−4 … 4")])
def test_numbers_as_text(array: object, text: str) -> None:
    assert numbers(np.asarray(array)) == text


def test_numbers_in_chinese() -> None:
    assert numbers(np.ones(7), "zh") == "均值 1, 标准差 0"


@pytest.mark.parametrize(("shape", "cells"), [
    ((6,), None), ((7,), (1, 7)), ((2, 4), (2, 4)), ((2, 3, 4), (6, 4)), ((40, 30), (12, 12)), ((0, 3), None), ((), None)])
def test_heat_maps_are_of_at_most_twelve_by_twelve(shape: tuple[int, ...], cells: tuple[int, int] | None) -> None:
    found = heat(np.ones(shape, np.float32))
    assert (None if found is None else found.shape) == cells


def test_a_heat_map_of_a_large_array_holds_means() -> None:
    a = np.arange(24.0 * 30).reshape(24, 30)
    found = heat(a)
    assert found[0, 0] == pytest.approx(a[:2, :2].mean())
    assert found[-1, -1] == pytest.approx(a[-2:, -3:].mean())
    assert heat(None) is None
    assert heat(np.full((24, 30), 1e308))[0, 0] == pytest.approx(1e308), "a sum of six would overflow"


def test_a_heat_map_shows_what_is_not_finite_where_it_is() -> None:
    assert np.isnan(heat(np.full((3, 4), np.nan))).all()
    a = np.zeros((24, 24))
    a[0, 0], a[0, 2], a[1, 5], a[4, 6], a[5, 7] = np.nan, np.inf, -np.inf, np.inf, -np.inf
    found = heat(a)  # cells of 2 x 2
    assert np.isnan(found[0, 0])
    assert (found[0, 1], found[0, 2]) == (np.inf, -np.inf)
    assert np.isnan(found[2, 3]), "inf - inf"
    assert np.isfinite(found).sum() == 144 - 4


def test_norms_and_shares_of_what_is_not_finite() -> None:
    """A norm is infinite where an entry is, not where a square overflows; hypot's rule, as in C's."""
    assert norm([3e200, 4e200]) == pytest.approx(5e200)
    assert norm([3e-200, 4e-200]) == pytest.approx(5e-200)
    assert norm(np.array([3e30, 4e30], np.float32)) == pytest.approx(5e30)
    assert math.isnan(norm([math.nan, 1.0]))
    assert norm([math.inf, 1.0]) == math.inf
    assert norm([]) == norm([0.0]) == 0
    assert [percent(x) for x in (0.254, -0.25, -0.001, math.nan, math.inf)] == ["25 %", "−25 %", "0 %", "nan %", "inf %"]

# --- widths ---


def afm_widths(path: Path) -> dict[int, float]:
    """The widths of a font's characters, in thousandths, by their ASCII code, which differs from the font's own for two."""
    found = re.findall(r"^C (-?\d+) ; WX (\d+) ; N (\w+)", path.read_text("latin-1"), re.M)
    ascii_of = {"quotesingle": ord("'"), "grave": ord("`"), "quoteright": -1, "quoteleft": -1}
    return {ascii_of.get(name, int(code)): float(width) for code, width, name in found}


def test_widths_are_those_of_helvetica() -> None:
    matplotlib = pytest.importorskip("matplotlib", reason="the widths are compared with the font metrics that matplotlib brings")
    plain, bold = (afm_widths(Path(matplotlib.get_data_path()) / "fonts" / "pdfcorefonts" / f"{name}.afm")
                   for name in ("Helvetica", "Helvetica-Bold"))
    for code in range(32, 127):
        assert text_width(chr(code), 1000.0) == plain[code], chr(code)
    for text in ("weight_hh_l0  (9 × 3)", "cross_entropy", "MultiheadAttention", "v12 = tanh v11 + b", "t = 3 … 18"):
        ascii_text = "".join(c for c in text if c.isascii())
        assert text_width(ascii_text, 1000.0, bold=True) >= 0.95 * sum(bold[ord(c)] for c in ascii_text), text


@pytest.mark.parametrize(("text", "ems"), [("", 0.0), ("隐藏层", 3.0), ("é", 0.65), ("e\u0301", 0.556), ("\u202e", 0.0),
                                           ("\U0001f600", 1.0), ("ｗ", 1.0)])
def test_widths_of_what_helvetica_does_not_have(text: str, ems: float) -> None:
    assert text_width(text, 10.0) == pytest.approx(10.0 * ems)
