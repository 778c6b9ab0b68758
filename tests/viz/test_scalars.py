"""depth="scalar": every number a box, with the value and the gradient that the engine has for it."""

from __future__ import annotations

import numpy as np
import pytest

import tinydawn as td
from tinydawn import nn
from tinydawn.errors import GraphError
from tinydawn.nn import functional as F
from tinydawn.viz.scalars import scalars
from tinydawn.viz.snapshot import Snapshot, snapshot


def split(function) -> Snapshot:
    with td.viz.trace() as trace:
        function().backward()
    return scalars(snapshot(trace))


def test_a_neuron_is_its_products_and_their_sum():
    w, b = nn.Parameter(td.tensor([[0.5, -1.0]]), name="w"), nn.Parameter(td.tensor([0.25]), name="b")
    x = td.tensor([[2.0, 3.0]], name="x")
    shot = split(lambda: td.tanh(F.linear(x, w, b)).sum())
    ops = [(v.label, round(float(v.value), 4)) for v in shot.vertices if v.kind == "op"]
    assert ops == [("mul", 1.0), ("mul", -3.0), ("Σ", -1.75), ("tanh", round(float(np.tanh(-1.75)), 4)),
                   ("Σ", round(float(np.tanh(-1.75)), 4))]
    named = {v.label: float(v.gradient) for v in shot.vertices if v.kind == "parameter"}
    for label, expected in zip(("w[0, 0]", "w[0, 1]", "b[0]"), [*w.grad.numpy()[0], *b.grad.numpy()], strict=True):
        assert named[label] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("name", "function"), [
    ("matmul", lambda a: (a @ a.T).sum()), ("broadcast", lambda a: (a * a[0]).sum()),
    ("mean", lambda a: (a / (1 + a * a)).mean()),
    ("reduce", lambda a: (a.sum(axis=0) ** 2).sum()), ("max", lambda a: (a.amax(axis=1) * 3).sum()),
    ("moves", lambda a: td.cat([a.T.reshape(-1), a.flip(0).reshape(-1)]).exp().sum()),
    ("softmax", lambda a: -td.softmax(a, axis=1).log()[:, 0].mean()),
    ("log softmax", lambda a: -td.log_softmax(a, axis=1)[np.array([0, 1]), np.array([2, 0])].mean()),
    ("pieces", lambda a: (td.sigmoid(a) - td.relu(a) * td.sqrt(a * a + 1.0) + td.where(a > 0, a, -a)).sum()),
])  # fmt: skip
def test_rules_on_numbers_give_what_the_engine_gives(name, function):
    a = td.tensor([[0.3, -1.2, 0.8], [1.5, 0.2, -0.4]], requires_grad=True, name="a")
    shot = split(lambda: function(a))
    found = np.zeros(a.shape)
    sources = {id(v): i for i, v in enumerate(shot.vertices)}
    for e in shot.edges:
        v = shot.vertices[e.source]
        if v.label.startswith("a[") and e.flow is not None:
            i, j = (int(k) for k in v.label[2:-1].split(","))
            found[i, j] += float(e.flow)
    assert sources
    np.testing.assert_allclose(found, a.grad.numpy(), rtol=2e-5, atol=1e-6)
    assert all(v.shape == () for v in shot.vertices), name


def test_what_cannot_be_taken_apart_says_so():
    x = td.randn(1, 4)
    with pytest.raises(GraphError, match="cannot take layer_norm apart"):
        td.draw(lambda: F.layer_norm(x, 4, nn.Parameter(td.ones(4)), None).sum(), depth="scalar")
    w = nn.Parameter(td.randn(60, 60))
    with pytest.raises(GraphError, match="more than 2,000 numbers"):
        td.draw(lambda: (w * 2.0).sum(), depth="scalar")
