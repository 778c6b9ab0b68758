"""draw(expected=...): what a computation should have come by is ticked, and what is missing is red."""

from __future__ import annotations

import numpy as np
import pytest
from draw_tools import titles

import tinydawn as td

Z = np.array([[1.0, 2.0, 3.0, 0.5], [-1.0, 0.0, 0.3, 2.0]])
SHIFTED = Z - Z.max(axis=1, keepdims=True)
STEPS = [("z - max", SHIFTED), ("exp", np.exp(SHIFTED)), ("sum", np.exp(SHIFTED).sum(axis=1, keepdims=True))]


def softmax(axis):
    z = td.tensor(Z, requires_grad=True, name="z")
    e = td.exp(z - z.amax(axis=1, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def boxes(axis, **options):
    return td.draw(lambda: softmax(axis), depth="ops", expected=STEPS, **options).picture.boxes


def test_what_is_there_is_ticked():
    seen = boxes(1)
    assert [t for t in titles(td.draw(lambda: softmax(1), depth="ops", expected=STEPS)) if t.startswith("✓")] == [
        "✓ z - max  (2 × 4)", "✓ exp  (2 × 4)", "✓ sum  (2 × 1)"]
    assert not any(box.bad for box in seen)


def test_the_first_that_is_missing_is_red_with_what_was_expected():
    red = [box for box in boxes(0) if box.bad]
    assert len(red) == 1
    text = [line for line, _ in red[0].lines]
    assert text[0].startswith("sum") or text[0].startswith("div")
    assert "expected sum: 1.585, 1.368" in text
    assert any("应为 sum" in line for box in boxes(0, lang="zh") for line, _ in box.lines)
    assert "not as expected" in td.draw(lambda: softmax(0), depth="ops", expected=STEPS, legend=True).svg()


@pytest.mark.parametrize("expected", [[], [("a", np.ones(3))]])
def test_a_leaf_alone_has_nothing_to_tick(expected):
    x = td.ones(3, requires_grad=True)
    td.draw(lambda: x * 1.0, expected=expected).dot()


@pytest.mark.parametrize(("hide", "found"), [(-np.inf, True), (-1e9, True), (-1.0, False)])
def test_any_very_negative_number_will_do_where_minus_infinity_is_asked_for(hide, found):
    mask, scores = np.array([[True, False, True]]), td.tensor([[1.0, 2.0, 3.0]], requires_grad=True)
    seen = td.draw(lambda: td.softmax(td.where(mask, scores, hide), axis=-1), depth="ops",
                   expected=[("masked", np.array([[1.0, -np.inf, 3.0]]))])
    assert any(title.startswith("✓ masked") for title in titles(seen)) == found
