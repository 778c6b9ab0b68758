"""The snapshot of a graph: its vertices and edges, names, settings, values and gradients; and that looking changes nothing."""

from __future__ import annotations

import contextlib
import inspect
from typing import Any

import numpy as np
import pytest
from clock import cpu_seconds
from draw_tools import Block, Tagger, edges, labels, leaf, mlp, rows, texts

import tinydawn as td
from tinydawn import autograd, graph, nn
from tinydawn.nn import functional as F
from tinydawn.viz import Snapshot, snapshot
from tinydawn.viz.draw import _seen


def of_a_run(function: Any, backward: bool = False, unfused: bool = False) -> Snapshot:
    """The snapshot that draw takes of a function."""
    return _seen(function, (), unfused, backward, None)[1]


# --- vertices and edges ---


def test_a_known_graph_is_told_vertex_by_vertex() -> None:
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
    assert shot.groups == []
    assert [v.symbol for v in shot.vertices] == ["x", "w", "v1", "b", "v2", "v3", "v4"]
    assert [v.formula for v in shot.vertices if v.kind == "op"] == ["x w", "v1 + b", "tanh v2", "Σ v3"]
    assert {v.dtype for v in shot.vertices} == {"float32"}
    assert np.array_equal(shot.vertices[0].value, [[1.0, 2.0]])
    assert np.array_equal(shot.vertices[1].value, np.ones((2, 3)))
    assert shot.vertices[6].settings == "axis=0"


@pytest.mark.parametrize(("build", "vertices", "arrows"), [
    (lambda a: a * a, 2, 2), (lambda a: td.tanh(a), 2, 1), (lambda a: a * 2.0 + 1.0, 5, 4), (lambda a: (a + a) * (a + a), 4, 6),
    (lambda a: td.where(np.array(True), a, 0.0), 4, 3), (lambda a: td.cat([a.reshape(1)] * 3), 3, 4)])
def test_counts_of_known_graphs(build: Any, vertices: int, arrows: int) -> None:
    a = leaf(3.0, "a")
    shot = snapshot(build(a))
    assert (len(shot.vertices), len(shot.edges)) == (vertices, arrows)
    watched = of_a_run(lambda: build(a))
    assert (len(watched.vertices), len(watched.edges)) == (vertices, arrows), "watched or not, it is the same graph"
    assert [e[1:] for e in edges(watched)] == [e[1:] for e in edges(shot)]


def test_counts_of_layers() -> None:
    shot = of_a_run(lambda: mlp()(rows(2, 3)))
    assert (labels(shot, "op"), len(labels(shot, "parameter")), len(shot.edges)) == (["linear", "tanh", "linear"], 4, 7)
    shot = of_a_run(lambda: nn.GRU(2, 3)(rows(4, 1, 2))[0])
    assert labels(shot, "op") == ["gru", "getitem"], "what the output does not depend on is not in it"
    assert len(labels(shot, "parameter")) == 4


def test_the_same_tensor_twice_is_two_edges_in_order() -> None:
    a = leaf(3.0, "a")
    shot = snapshot(a * a)
    assert edges(shot) == [("a", "mul", 0), ("a", "mul", 1)]
    assert shot.edges[0].source == shot.edges[1].source, "data is drawn once, however often it is used"
    w = nn.Parameter(td.ones(2), name="w")
    assert len({e.source for e in snapshot(w * w).edges}) == 2, "a parameter once per use"
    b = a + 0.0
    shot = snapshot(b * b)
    assert edges(shot)[-2:] == [("add", "mul", 0), ("add", "mul", 1)]
    assert shot.edges[-1].source == shot.edges[-2].source, "an op is drawn once, however often it is used"
    assert td.draw(b * b).dot().count("n2 -> n3 [") == 2


def test_arguments_keep_their_order() -> None:
    a, b = leaf(3.0, "a"), leaf(4.0, "b")
    assert edges(snapshot(a - b)) == [("a", "sub", 0), ("b", "sub", 1)]
    assert edges(snapshot(b - a)) == [("b", "sub", 0), ("a", "sub", 1)]
    assert snapshot(b - a).vertices[-1].formula == "b − a"


def test_several_outputs_share_what_they_share() -> None:
    a = leaf(3.0, "a")
    h = td.tanh(a)
    shot = snapshot([h * 2.0, h, a])
    assert labels(shot, "op").count("tanh") == 1
    assert [shot.vertices[i].label for i in shot.outputs] == ["mul", "tanh", "a"]
    diagram = td.draw([h * 2.0, h, a])
    assert diagram.picture is not None
    assert [box.lines[0][0] for box in diagram.picture.boxes if box.strong] == ["a", "tanh", "mul"]
    assert diagram.dot().count("penwidth=2.5") == 3


def test_a_leaf_alone_can_be_drawn() -> None:
    a = leaf(3.0, "a")
    shot = snapshot(a)
    assert (labels(shot, "input"), shot.edges, shot.outputs) == (["a"], [], [0])


def test_a_leaf_that_is_gone_is_still_a_vertex() -> None:
    y = td.tanh(leaf([1.0, 2.0], "gone"))
    v = snapshot(y).vertices[0]
    assert (v.kind, v.label, v.shape, v.value, v.gradient) == ("input", "input", (2,), None, None)


# --- names and settings ---


def test_names_come_from_the_model_or_say_what_it_is() -> None:
    model, x = nn.Linear(2, 3), leaf([[1.0, 2.0]])
    shot = snapshot(model(x))
    assert labels(shot, "parameter") == ["weight", "bias"]
    assert labels(shot, "input") == ["input"]
    assert [v.symbol for v in shot.vertices] == ["x", "W", "b", "v1"]


def test_parameters_are_named_by_their_path_in_the_model() -> None:
    model, x = nn.Sequential(nn.Linear(2, 3), nn.GRU(3, 2)), leaf([[1.0, 2.0]])
    y = model[1](model[0](x))[0].sum()
    shot = snapshot(y, model)
    assert set(labels(shot, "parameter")) == {name for name, _ in model.named_parameters()}
    assert "1.weight_hh_l0" in td.draw(y, model=model).dot()
    assert "1.weight_hh_l0" not in td.draw(y).dot()
    other = nn.Linear(2, 2)
    assert td.draw(y, model=other).dot() == td.draw(y).dot(), "a model that has no part in it names nothing"


def test_inputs_are_named_by_the_forward_and_are_one_vertex() -> None:
    x = rows(2, 3)
    names = [v.label for v in _seen(Block(), (x,), False, False, None)[1].vertices if v.kind == "input"]
    assert names == ["x"]
    shot = _seen(lambda x: x @ x.T @ x, (x,), False, False, None)[1]
    assert labels(shot, "input") == ["x"], "one vertex for all three uses"
    ids = np.array([1, 0])
    shot = _seen(Tagger(), (ids,), False, False, None)[1]
    assert labels(shot, "input") == ["ids₀", "ids₁"], "each step's own word"


def test_what_no_gradient_goes_through_is_cut() -> None:
    a, mask = leaf([1.0, 2.0], "a"), td.tensor([3.0, 4.0])

    def stopped() -> td.Tensor:
        h = td.tanh(a)
        return h * h.detach() + mask * 2.0

    shot = of_a_run(stopped, backward=False)
    assert [(v.label, v.cut) for v in shot.vertices if v.kind == "op"] == [
        ("tanh", False), ("mul", False), ("mul", True), ("add", False)]
    assert [(s, t, i) for (s, t, i), e in zip(edges(shot), shot.edges, strict=True) if e.cut] == [
        ("tanh", "mul", 1)], "what no gradient could come from is not cut off"
    with td.no_grad():
        shot = of_a_run(lambda: td.tanh(a))
    assert [(v.label, v.cut) for v in shot.vertices if v.kind == "op"] == [("tanh", True)]


def test_noise_is_a_vertex_of_chance() -> None:
    mean, eps = leaf([1.0, 2.0], "mean"), td.tensor([0.5, -0.5])
    eps.name = "eps"
    assert [(v.kind, v.label) for v in of_a_run(lambda: mean + eps).vertices] == [("input", "mean"), ("chance", "eps"),
                                                                                 ("op", "add")]


def test_constants_show_their_number() -> None:
    shot = snapshot(leaf([1.0, 2.0]) * 3.0)
    assert labels(shot, "constant") == ["3"]
    shot = snapshot(leaf([1.0, 2.0]) * np.ones(2, np.float32))
    assert [(v.label, v.shape) for v in shot.vertices if v.kind == "constant"] == [("constant", (2,))]


def test_a_graph_that_nobody_watched_shows_its_numbers_and_its_data() -> None:
    x, hidden = leaf([1.0, 2.0, 3.0], "x"), np.array([True, False, False])
    shot = snapshot((1 + x - 1e-5 + (2 - x) + td.tensor(0.25)).sum())
    assert labels(shot, "constant") == ["1", "1e−05", "2", "constant"], "of an array that no formula needs nothing is there"
    shot = snapshot((F.softmax(x.masked_fill(hidden, -np.inf), axis=0) * td.tensor([1.0, 2.0, 4.0])).sum())
    assert labels(shot, "constant") == ["mask", "−∞"]
    assert labels(shot, "input") == ["input"]
    assert not any(v.wrong for v in shot.vertices), "the -inf of a mask is meant"
    layer, data = nn.Linear(3, 2), td.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    shot = snapshot(F.cross_entropy(layer(data), td.tensor([0, 1])), layer)
    assert [(v.label, v.kind) for v in shot.vertices if v.kind != "op"] == [
        ("input", "input"), ("weight", "parameter"), ("bias", "parameter"), ("target", "input")]


def test_settings_are_readable_and_hold_no_arrays() -> None:
    x = leaf(np.ones((4, 3), np.float32))
    assert snapshot(x.sum(axis=1, keepdims=True)).vertices[-1].settings == "axis=1, keepdims=True"
    assert snapshot(x.sum(axis=0)).vertices[-1].settings == "axis=0", "0 is a setting too"
    assert snapshot(x[1:3, 0]).vertices[-1].settings == "index=1:3, 0"
    assert snapshot(x[::2, None]).vertices[-1].settings == "index=::2, None"
    assert snapshot(x[None]).vertices[-1].settings == "index=None"
    assert snapshot(x[..., -1]).vertices[-1].settings == "index=..., -1"
    assert snapshot(x[np.array([1, 2])]).vertices[-1].settings == ""
    loss = F.cross_entropy(x, np.array([0, 1, 2, 0]))
    assert "array" not in td.draw(loss).dot()
    assert labels(snapshot(loss), "input") == ["input", "target"], "targets are drawn as data"


def test_modules_calls_and_steps_are_groups() -> None:
    shot = _seen(Tagger(), (np.array([1, 0]),), False, False, None)[1]
    found = [(g.kind, g.full_name, g.title, g.time) for g in shot.groups]
    assert found == [
        ("module", "Tagger", "Tagger", None), ("step", "Tagger.t=0", "t=0", 0),
        ("module", "Tagger.t=0.embedding", "Embedding", None), ("module", "Tagger.t=0.cell", "GRUCell", None),
        ("module", "Tagger.t=0.output", "Linear", None), ("step", "Tagger.t=1", "t=1", 1),
        ("module", "Tagger.t=1.embedding", "Embedding", None), ("module", "Tagger.t=1.cell", "GRUCell", None),
        ("module", "Tagger.t=1.output", "Linear", None),
    ]  # fmt: skip
    assert all(g.parent < i for i, g in enumerate(shot.groups)), "parents first"
    assert shot.vertices[-1].group == 0, "what is outside the steps is in the model alone"


def test_a_cell_in_a_plain_loop_is_a_step_each_time() -> None:
    cell, x = nn.RNNCell(2, 3), rows(3, 1, 2)

    def loop() -> td.Tensor:
        hidden = td.zeros(1, 3)
        for t in range(3):
            hidden = cell(x[t], hidden)
        return hidden

    assert [(g.title, g.call, g.time) for g in of_a_run(loop).groups] == [("RNNCell", 1, 0), ("RNNCell", 2, 1), ("RNNCell", 3, 2)]


def test_every_op_knows_the_users_line() -> None:
    a = leaf(3.0, "a")
    here = inspect.currentframe()
    assert here is not None
    shot = of_a_run(lambda: td.tanh(a))
    assert shot.vertices[-1].line.startswith(f"{__file__}:{here.f_lineno - 1} in ")


# --- values and gradients ---


def test_gradients_are_absent_before_backward_and_numbers_after() -> None:
    a, w = leaf(3.0, "a"), leaf(np.ones((2, 4), np.float32), "w")
    loss = (w * a).sum()
    assert all(v.gradient is None for v in snapshot(loss).vertices)
    before = td.draw(loss).dot()
    assert before.count("gradient: not computed") == 2
    assert "gradient: 0" not in before
    loss.backward(retain_graph=True)
    shot = snapshot(loss)
    assert float(shot.vertices[1].gradient) == 8.0
    assert np.array_equal(shot.vertices[0].gradient, np.full((2, 4), 3.0))
    after = td.draw(loss).dot()
    assert "not computed" not in after
    assert "gradient: 8" in after
    assert "gradient: norm 8.49" in after


def test_a_gradient_of_zero_is_not_an_absent_one() -> None:
    a = leaf(-3.0, "a")
    loss = td.relu(a)
    loss.backward(retain_graph=True)
    gradient = snapshot(loss).vertices[0].gradient
    assert gradient is not None
    assert float(gradient) == 0.0
    assert "gradient: 0" in [line.replace("−", "") for line in texts(td.draw(loss))[0]]


def test_every_use_of_a_leaf_shows_the_gradient_of_all_uses() -> None:
    a, b = leaf(3.0, "a"), leaf(4.0, "b")
    y = (a * b + a) * a
    y.backward(retain_graph=True)
    shown = [(v.label, float(v.value), float(v.gradient)) for v in snapshot(y).vertices if v.kind == "input"]
    assert shown == [("a", 3.0, 30.0), ("b", 4.0, 9.0)]
    watched = of_a_run(lambda: (a * b + a) * a, backward=True)
    flows = [float(e.flow) for e in watched.edges if watched.vertices[e.source].label == "a"]
    assert sorted(flows) == [3.0, 12.0, 15.0], "what each use gives"


def losses() -> dict[str, tuple[Any, bool]]:
    """Functions whose gradients take every lazy form that the engine has: rows, parts, products not yet summed."""
    ids, targets = np.array([1, 2, 1, 0]), np.array([0, 3, 2, 2])
    tagger, layers, gru, lstm = Tagger(), mlp(), nn.GRU(2, 3, 2), nn.LSTM(2, 3, bidirectional=True)
    attention, norm, embedding = nn.MultiheadAttention(4, 2), nn.LayerNorm(4), nn.Embedding(5, 4)
    x = leaf(np.cos(np.arange(12.0)).reshape(3, 4).astype(np.float32), "x")
    square = lambda y: (y * y).sum()
    return {
        "tagger": (lambda: F.cross_entropy(tagger(ids), targets), False),
        "mlp": (lambda: square(layers(rows(5, 3))), False),
        "mlp in primitives": (lambda: square(layers(rows(5, 3))), True),
        "gru of two layers": (lambda: square(gru(rows(4, 2, 2))[0]), False),
        "gru in steps": (lambda: square(gru(rows(4, 2, 2))[0]), True),
        "lstm both ways": (lambda: square(lstm(rows(4, 1, 2))[0]), True),
        "attention": (lambda: square(norm(attention(x, x, x)[0])), False),
        "attention in primitives": (lambda: square(norm(attention(x, x, x)[0])), True),
        "embedding used twice": (lambda: square(embedding(ids)) + embedding.weight[1].sum() + square(embedding(ids[:2])), False),
        "slices": (lambda: square(x[1:]) + x[0].sum() + td.cat([x, x], axis=1)[:, 2:6].sum() + (x * x[:, :1]).mean(), False),
    }


@pytest.mark.parametrize("name", list(losses()))
def test_gradients_in_the_picture_are_those_of_a_real_backward(name: str) -> None:
    loss, unfused = losses()[name]
    shot = of_a_run(loss, backward=True, unfused=unfused)
    leaves: dict[int, td.Tensor] = {}
    with td.viz.trace() as trace, td.unfused() if unfused else contextlib.nullcontext():
        real = loss()
    for record in trace.records:
        leaves |= {id(t): t for t in record.tensors if isinstance(t, td.Tensor) and t._node is not None and t._node.op is None}
    assert leaves
    assert all(t.grad is None for t in leaves.values()), "a drawing's own backward touches no .grad"
    real.backward()
    found: dict[int, Any] = {}
    for v in shot.vertices:
        if v.owner >= 0:
            assert v.gradient is not None
            assert np.array_equal(found.setdefault(v.owner, v.gradient), v.gradient)
            match = [t for t in leaves.values() if np.array_equal(t.array, v.value)]
            assert match, "what is drawn is what it held"
            assert not any(np.shares_memory(t.array, v.value) for t in match), "in memory of the drawing's own"
            assert any(np.allclose(v.gradient, t.grad.numpy(), rtol=1e-6, atol=1e-6) for t in match)
    assert len(found) == len(leaves), "every leaf is in the picture"


def test_a_backward_pass_for_the_drawing_ignores_what_grad_holds() -> None:
    """After a training step .grad is that step's: the picture shows the gradient of what it draws."""
    a = leaf(3.0, "a")
    (a * 100.0).backward()
    shot = of_a_run(lambda: a * a, backward=True)
    assert [float(v.gradient) for v in shot.vertices if v.label == "a"] == [6.0]
    assert a.grad is not None
    assert float(a.grad.array) == 100.0


def test_unfused_shows_the_primitives() -> None:
    x = leaf([[1.0, 2.0]])
    assert labels(snapshot(F.softmax(x)), "op") == ["softmax"]
    with td.unfused():
        plain = labels(snapshot(F.softmax(x)), "op")
    assert "softmax" not in plain
    assert "exp" in plain
    watched = of_a_run(lambda: F.softmax(x), unfused=True)
    assert [v.label for v in watched.vertices if v.kind == "op"] == ["amax", "detach", *plain]
    assert [v.label for v in watched.vertices if v.cut] == ["detach"], "the largest entry is no part of the gradient"
    assert labels(of_a_run(lambda: F.softmax(x)), "op") == ["softmax"], "the switch is back"


def test_a_second_derivative_can_be_drawn() -> None:
    x = leaf(2.0, "x")
    (dy,) = td.grad(x * x * x, x, create_graph=True)
    shot = snapshot(dy)
    assert len(labels(shot, "op")) >= 3
    assert labels(shot, "input") == ["x"]
    assert sum(shot.vertices[e.source].label == "x" for e in shot.edges) >= 2
    shot = of_a_run(lambda: td.grad(x * x * x, x, create_graph=True)[0])
    assert [float(shot.vertices[i].value) for i in shot.outputs] == [12.0]
    assert labels(shot, "op")[:2] == ["mul", "mul"], "the forward pass, on which the derivative depends"


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1, 1)])
def test_odd_shapes_have_a_label(shape: tuple[int, ...]) -> None:
    x = leaf(np.zeros(shape, np.float32), "x")
    loss = (x * x).sum()
    loss.backward(retain_graph=True)
    lines = texts(td.draw(loss))[0]
    assert lines[0].split()[0] == "x"
    assert lines[1:] == (["—", "gradient: —"] if 0 in shape else ["0", "gradient: 0"])


def test_eighteen_doublings_are_eighteen_vertices() -> None:
    """A drawing with no visited set took 61 s here: 2^18 paths lead to the leaf."""

    def doubled(times: int) -> tuple[td.Tensor, td.Tensor]:
        start = y = leaf(1.0, "y")
        for _ in range(times):
            y = y + y
        return start, y

    start_leaf, y = doubled(18)
    _, few = doubled(6)
    shot, dot = snapshot(y), td.draw(y).dot()
    slow, quick = (cpu_seconds(lambda y=y: (snapshot(y), td.draw(y).dot())) for y in (y, few))
    assert slow < 24 * quick, "three times as many take up to three times as long, and not 2^12 times"
    assert len(labels(shot, "op")) == 18
    assert labels(shot, "input") == ["y"]
    assert dot.count(" -> ") == 36
    assert start_leaf.grad is None


# --- looking changes nothing ---


def test_drawing_changes_nothing() -> None:
    gradients = []
    for looked in (False, True):
        model = nn.GRU(3, 4)
        for i, p in enumerate(model.parameters()):
            p.array[...] = np.sin(np.arange(p.array.size).reshape(p.shape) + i)
        x = rows(5, 1, 3)
        y = (model(x)[0] ** 2).sum()
        if looked:
            for _ in range(2):
                td.draw(y).dot()
                td.draw(model, x, depth="ops", unfused=True).dot()
                td.draw(lambda model=model, x=x: (model(x)[0] ** 2).sum(), backward=True).dot()
            assert all(p.grad is None for p in model.parameters())
        y.backward(retain_graph=True)
        if looked:
            td.draw(y).dot()
        gradients.append([p.grad.numpy().copy() for p in model.parameters()])
    assert all(np.array_equal(a, b) for a, b in zip(*gradients, strict=True))
    assert graph.observers == []
    assert autograd.observers == []


def test_what_is_to_be_learned_is_told_by_the_data_beside_it() -> None:
    def learned(f: Any, *inputs: Any) -> list[str]:
        return labels(_seen(f, inputs, False, False, None)[1], "parameter")

    mu, y, z = leaf(0.5, "mu"), td.tensor(1.5, name="y"), leaf([0.1, 0.2], "z")
    assert learned(lambda: (mu - y) ** 2) == ["mu"], "y asks for no gradient"
    assert learned(lambda: mu * 2.0) == [], "alone it may be anything"
    assert learned(lambda: F.cross_entropy(z[None], np.array([1]))) == [], "a target can ask for none"
    model = nn.Linear(2, 1)
    assert "z" not in learned(lambda: model(z) - y), "a model has Parameters, so what goes in is data"
