"""Gradients in a picture: the paths of one parameter and the share of each use, vanishing, and what is NaN."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from draw_tools import Tagger, leaf, percents, picture, rows, stack, titles

import tinydawn as td
from tinydawn import nn
from tinydawn.nn import functional as F
from tinydawn.viz import snapshot


def rnn_loss(steps: int) -> tuple[nn.RNN, Any]:
    rnn, x = nn.RNN(1, 2), rows(steps, 1, 1)
    return rnn, lambda: (rnn(x)[0] ** 2).sum()



def test_highlight_marks_every_path_and_its_share() -> None:
    x, w = leaf([1.0, 2.0], "x"), leaf([3.0, 4.0], "w")
    diagram = td.draw(lambda: ((x * w) + (w * w)).sum(), backward=True, highlight=w)
    gradient = np.array([7.0, 10.0])
    expected = [100 * float(np.dot(use, gradient)) / float(np.dot(gradient, gradient)) for use in ([1, 2], [3, 4], [3, 4])]
    assert percents(diagram) == [round(share) for share in expected]
    assert sum(expected) == pytest.approx(100.0)
    unmarked = [(titles(diagram)[a.source], titles(diagram)[a.target]) for a in picture(diagram).arrows if not a.marked]
    assert unmarked == [("x  (2)", "mul  (2)")]
    by_name = td.draw(lambda: ((x * w) + (w * w)).sum(), backward=True, highlight="w")
    assert percents(by_name) == percents(diagram)
    assert by_name.dot().count('color="#D55E00"') == 6
    before = td.draw(lambda: ((x * w) + (w * w)).sum(), highlight=w)
    assert percents(before) == [], "before a backward pass there are paths, but no shares"
    assert [a.marked for a in picture(before).arrows] == [a.marked for a in picture(diagram).arrows]


@pytest.mark.parametrize("depth", [1, 2, "ops", "formula"])
@pytest.mark.parametrize("parameters", ["drawn", "inside", "hidden"])
@pytest.mark.parametrize("name", ["cell.weight_hh", "embedding.weight", "output.bias"])
def test_shares_add_up_to_a_hundred(depth: Any, parameters: str, name: str) -> None:
    model, ids = Tagger(), np.array([1, 0, 2, 1])
    found = percents(td.draw(lambda: F.cross_entropy(model(ids), ids), backward=True, highlight=name, depth=depth,
                             parameters=parameters))
    assert len(found) == 4
    assert sum(found) == pytest.approx(100, abs=2), "each is rounded"


@pytest.mark.parametrize("depth", [1, 2, "ops", "formula"])
def test_shares_are_those_of_a_sum_over_time(depth: Any) -> None:
    """dL/dU is a sum over the steps of an unrolled RNN, whose weights go through a transpose first."""
    rnn, loss = rnn_loss(4)
    found = percents(td.draw(loss, unfused=True, backward=True, highlight="weight_hh_l0", depth=depth))
    with td.viz.trace() as trace, td.unfused():
        loss().backward()
    shot = snapshot(trace, rnn)
    flows = [e.flow for e in shot.edges if shot.vertices[e.source].label == "weight_hh_l0"]
    total = sum(flows)
    expected = [100 * float((flow * total).sum() / (total * total).sum()) for flow in flows]
    assert sum(expected) == pytest.approx(100.0)
    assert found == pytest.approx(expected, abs=0.51)


@pytest.mark.parametrize("options", [{"max_steps": 4}, {"rolled": True}])
def test_shares_count_the_steps_that_are_not_drawn(options: dict[str, Any]) -> None:
    """Uses in elided steps are part of the gradient: what is drawn for them says how much they give together."""
    w, h = leaf(0.9, "w"), leaf(1.0, "h")

    def loop() -> td.Tensor:
        state = h
        for _ in td.steps(12):
            state = td.tanh(w * state)
        return state

    every = percents(td.draw(loop, backward=True, highlight="w", max_steps=12))
    assert len(every) == 12
    found = percents(td.draw(loop, backward=True, highlight="w", **options))
    expected = [sum(every)] if "rolled" in options else [every[0], sum(every[1:10]), *every[10:]]
    assert found == pytest.approx(expected, abs=6), "each of twelve was rounded"


def test_highlight_of_an_output_in_the_middle() -> None:
    """(output, parameter): only the paths to that output, also where its step is drawn for others."""
    w, h, states = leaf(0.9, "w"), leaf(1.0, "h"), []
    with td.viz.trace() as trace:
        state = h
        for _ in td.steps(12):
            state = td.tanh(w * state)
            states.append(state)
        state.backward()
    diagram = td.draw(trace, highlight=(states[2], w), max_steps=12)
    names = titles(diagram)
    assert sum(a.marked and names[a.source] == "w" for a in picture(diagram).arrows) == 3
    diagram = td.draw(trace, highlight=(states[-1], w))
    assert sum(a.marked and titles(diagram)[a.source] == "w" for a in picture(diagram).arrows) == 8
    diagram = td.draw(trace, highlight=(states[6], w))
    marked = sum(a.marked and titles(diagram)[a.source] == "w" for a in picture(diagram).arrows)
    assert marked == 6, "steps 0 to 4, and the one that stands for 5 to 9"


def test_highlight_of_a_layer_that_is_folded() -> None:
    model, x = stack(5), rows(2, 4)
    diagram = td.draw(lambda: (model(x) ** 2).sum(), backward=True, highlight="3.weight")
    assert sum(percents(diagram)) == 100
    assert any(a.marked for a in picture(diagram).arrows)


def test_a_gradient_is_as_wide_as_its_norm() -> None:
    a = leaf(1.0, "a")
    diagram = td.draw(lambda: ((a * 0.2) * 0.2) * 0.2, backward=True)
    strengths = [s.strength for s in picture(diagram).arrows if s.strength is not None]
    assert len(strengths) == 3
    assert 0 < strengths[0] < strengths[1] < strengths[2] == 1.0, "it fades on its way back"
    assert strengths[2] - strengths[1] == pytest.approx(strengths[1] - strengths[0], abs=1e-6), "by its logarithm"
    widths = [float(w) for w in re.findall(r"penwidth=([\d.]+)\]", diagram.dot()) if float(w) not in (1.2, 2.5)]
    assert widths == sorted(widths)
    gone = td.draw(lambda: (a * 1e-30) * 1.0, backward=True)
    assert [s.strength for s in picture(gone).arrows if s.strength is not None] == [0.0, 1.0]
    assert all(s.strength is None for s in picture(td.draw(lambda: a * 2.0)).arrows), "not computed is not 0"
    zero = td.draw(lambda: td.relu(a * -1.0) + a, backward=True)
    assert [s.strength for s in picture(zero).arrows if titles(zero)[s.target] == "relu"] == [0.0]


def test_nan_and_infinity_are_red() -> None:
    a = leaf([1.0, -1.0], "a")
    with np.errstate(all="ignore"):
        diagram = td.draw(lambda: (a.log() * 2.0).sum(), backward=True)
        dot = diagram.dot()
    assert [box.lines[0][0] for box in picture(diagram).boxes if box.bad] == ["log  (2)", "mul  (2)", "sum"]
    assert dot.count('color="#C0170C"') == 3
    b = leaf([0.0, 1.0], "b")
    for sign in (1.0, -1.0):
        with np.errstate(all="ignore"):
            diagram = td.draw(lambda sign=sign: b.sqrt().sum() * sign, backward=True)
        assert [box.lines[0][0] for box in picture(diagram).boxes if box.bad] == ["b  (2)"], "its gradient is infinite"
        assert [a.bad for a in picture(diagram).arrows] == [True, False, False, False]
    masked = td.draw(lambda: td.softmax(td.where(np.array([True, False]), a, -np.inf), axis=0), depth="ops")
    assert not any(box.bad for box in picture(masked).boxes), "the -inf of a mask is meant"


def test_the_share_of_a_gradient_that_is_not_finite() -> None:
    """Infinite, it was Python's "cannot convert float NaN to integer"; NaN, there were no shares at all."""
    w = leaf([0.0, 1.0], "w")
    with np.errstate(all="ignore"):
        for infinite in (lambda: w.sqrt().sum() + (w * w).sum(), lambda: (w - 1.0).log().sum() + (w.sqrt() * 0.0).sum()):
            found = percents(td.draw(infinite, backward=True, highlight=w))
            assert found
            assert all(math.isnan(share) for share in found)


def test_a_gradient_whose_square_overflows_is_not_infinite() -> None:
    a = td.tensor([1.0, 1.0], dtype=np.float64, requires_grad=True, name="a")
    for factor in (1e200, 1e-200):
        diagram = td.draw(lambda factor=factor: (a * factor * 2.0).sum(), backward=True)
        assert not any(arrow.bad for arrow in picture(diagram).arrows)
        strengths = [arrow.strength for arrow in picture(diagram).arrows if arrow.strength is not None]
        assert (strengths[0] == 1.0) == (factor > 1)


def test_nan_inside_a_closed_box_marks_the_box() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    model[0].weight.array[0, 0] = np.nan
    diagram = td.draw(model, rows(1, 2))
    assert [box.lines[0][0] for box in picture(diagram).boxes if box.bad] == ["0: Linear", "1: Tanh"]
