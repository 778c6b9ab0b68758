"""What a picture says is true: cases in which an attentive newcomer found that it was not."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn import nn, optim
from tinydawn.errors import GraphError
from tinydawn.nn import functional as F
from tinydawn.viz import find_renderer

needs_renderer = pytest.mark.skipif(find_renderer() is None, reason="neither dot nor graphviz-pure is installed")


def lines(diagram: td.viz.Diagram) -> list[list[str]]:
    assert diagram.picture is not None
    return [[text for text, _ in box.lines] for box in diagram.picture.boxes]


def sums(diagram: td.viz.Diagram) -> dict[str, str]:
    """What the step page writes: rule -> the same with numbers."""
    found = re.search(r"^const steps = (.*);$", diagram.html(), re.M)
    assert found
    return {step["rule"]: step["sum"] for step in json.loads(found[1])}


def test_a_trace_shows_the_weights_that_were_used_not_those_after_the_update() -> None:
    model, x = nn.Linear(2, 1), td.tensor([[1.0, 2.0]])
    before = model.weight.numpy().copy()
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    with td.viz.trace() as trace:
        for _ in range(2):
            optimizer.zero_grad()
            (model(x) ** 2).sum().backward()
            optimizer.step()
    assert not np.array_equal(before, model.weight.numpy())
    shot = td.viz.snapshot(trace, model)
    weights = [v.value for v in shot.vertices if v.label == "weight"]
    products = [v for v in shot.vertices if v.label == "linear"]
    biases = [v.value for v in shot.vertices if v.label == "bias"]
    np.testing.assert_array_equal(weights[0], before)
    for w, b, v in zip(weights, biases, products, strict=True):
        np.testing.assert_allclose(x.numpy() @ w.T + b, v.value, rtol=1e-6)


def test_an_old_gradient_is_not_taken_for_this_ones() -> None:
    model = nn.Linear(2, 1)
    model(td.tensor([[100.0, 100.0]])).sum().backward()
    shown = lines(td.draw(model, td.tensor([[1.0, 1.0]]), depth="ops"))
    assert [box[-1] for box in shown if box[0].startswith(("W = weight", "b = bias"))] == ["gradient: not computed"] * 2


@needs_renderer
def test_the_equations_of_a_batch_are_right() -> None:
    layer, x = nn.Linear(2, 2), td.tensor([[1.0, 2.0], [3.0, 4.0]], name="X")
    written = sums(td.draw(lambda: F.cross_entropy(layer(x), np.array([0, 1])), backward=True, depth="ops"))
    assert "v1 = X Wᵀ + b" in written
    assert any(rule.startswith("v2 = 1/2 · Σ −log softmax(v1)[target]") for rule in written)
    assert "dL/dv1 = dL/dv2 · 1/2 · (softmax(v1) − onehot(target))" in written
    assert "dL/dW = dL/dv1ᵀ X" in written
    assert "dL/db = Σ over what was repeated of dL/dv1" in written


@needs_renderer
def test_two_weights_have_two_symbols() -> None:
    first, second, x = nn.Linear(2, 2), nn.Linear(2, 1), td.tensor([[1.0, 2.0]], name="x")
    written = sums(td.draw(lambda: second(td.tanh(first(x))).sum(), backward=True, depth="ops"))
    assert {"dL/dW = dL/dv1ᵀ x", "dL/dW₂ = dL/dv3ᵀ v2"} <= set(written)


def test_primitives_still_show_the_ids_and_the_target() -> None:
    table, ids, target = nn.Embedding(10, 4), np.array([1, 5]), np.array([2, 3])
    diagram = td.draw(lambda: F.cross_entropy(table(ids) @ table.weight.T, target), unfused=True, depth="ops")
    assert [box[1] for box in lines(diagram) if box[0] in ("index₁  (2)", "index₂  (2)")] == ["1, 5", "2, 3"]


def test_red_is_the_line_that_is_wrong() -> None:
    v = td.tensor([0.0, 1.0, float("nan"), float("inf")], requires_grad=True, name="v")
    with np.errstate(all="ignore"):
        diagram = td.draw(lambda: (v * 2.0).sum(), backward=True)
    assert diagram.picture is not None
    assert [(box.lines[0][0], sorted(box.wrong)) for box in diagram.picture.boxes if box.bad] == [
        ("v  (4)", ["value"]), ("mul  (4)", ["value"]), ("sum", ["value"])]


def shared() -> nn.Module:
    model = nn.Sequential(*[nn.Linear(3, 3) for _ in range(3)])
    model[1].weight = model[0].weight
    return model


def test_tied_parameters_count_once_and_do_not_fold() -> None:
    model, x = shared(), td.randn(2, 3)
    count = sum(p.numel() for p in model.parameters())
    assert f"{count} parameters" in lines(td.draw(model, x, depth=0))[1]
    assert len(lines(td.draw(model, x, depth=1))) == 4


class Named(nn.Module):
    def __init__(self) -> None:
        self.fc1, self.fc2, self.out = (nn.Linear(2, 2) for _ in range(3))

    def forward(self, x: Any) -> Any:
        return self.out(self.fc2(self.fc1(x)))


def test_layers_with_names_of_their_own_stay_apart() -> None:
    assert [box[0] for box in lines(td.draw(Named(), td.ones(1, 2)))][1:] == ["fc1: Linear", "fc2: Linear", "out: Linear"]


def test_what_stands_for_several_layers_shows_no_numbers_and_opens_when_asked() -> None:
    model, x = nn.Sequential(*[nn.Linear(2, 2) for _ in range(4)]), td.tensor([[1.0, 2.0]])
    folded = td.draw(model, x, depth="ops")
    assert folded.picture is not None
    assert [frame.title for frame in folded.picture.frames] == ["Sequential", "0: Linear × 4"]
    assert next(box for box in lines(folded) if box[0].startswith("linear")) == ["linear  (1 × 2)"]
    opened = td.draw(model, x, depth=1, expand="2")
    assert sum(box[0].endswith(": Linear") for box in lines(opened)) == 3, "and the ops of the one that is open"


def test_a_loop_that_says_nothing_of_steps_cannot_be_rolled() -> None:
    cell = nn.RNNCell(2, 2)

    def loop() -> Any:
        h = td.zeros(1, 2)
        for _ in range(3):
            h = cell(td.ones(1, 2), h)
        return h

    with pytest.raises(GraphError, match=r"(?s)there are no steps.*td\.steps"):
        td.draw(loop, rolled=True)


def test_many_slices_are_one_arrow() -> None:
    rnn, x = nn.RNN(3, 3), td.randn(60, 1, 3)
    diagram = td.draw(lambda: rnn(x)[1].sum(), depth=2, unfused=True, rolled=True)
    assert diagram.picture is not None
    assert len(diagram.picture.arrows) < 30


def test_a_drawn_tensor_shows_its_own_value() -> None:
    a = td.tensor(3.0, requires_grad=True, name="a")
    assert lines(td.draw((a * 2.0).sum() + 1.0))[-1] == ["add", "7"]


def test_no_gradient_is_shown_where_none_can_go() -> None:
    y, w = td.tensor([0.0, 1.0]), td.tensor([0.3, 0.4], requires_grad=True, name="w")
    diagram = td.draw(lambda: ((1.0 - y) * w).sum(), depth="scalar", backward=True)
    assert diagram.picture is not None
    names = [box.lines[0][0] for box in diagram.picture.boxes]
    assert [a.strength for a in diagram.picture.arrows if names[a.source] == "−"] == [None, None]
    z = td.tensor([1.0, 2.0], requires_grad=True, name="z")
    marked = td.draw(lambda: (z - z.amax().detach()).exp().sum(), backward=True, highlight=z)
    assert marked.picture is not None
    names = [box.lines[0][0] for box in marked.picture.boxes]
    assert not any(a.marked for a in marked.picture.arrows if names[a.target].startswith("amax") or names[a.source] == "amax")


def test_numbers_do_not_lie() -> None:
    a = td.tensor([1.0, -0.0], requires_grad=True, name="a")
    shown = lines(td.draw(lambda: a * 1.00001))
    assert ["1.00001"] in shown
    assert "1, 0" in shown[0]
