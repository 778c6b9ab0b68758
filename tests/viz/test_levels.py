"""What is seen at each level: depth, expand, formulas; layers and steps drawn as one; and the limit of 400 boxes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from clock import cpu_seconds, million_steps
from draw_tools import Block, Tagger, arrows, edges, labels, leaf, mlp, needs_renderer, picture, rows, stack, texts, titles

import tinydawn as td
from tinydawn import nn
from tinydawn.nn import functional as F
from tinydawn.viz import Diagram, snapshot


def frames(diagram: Diagram) -> list[tuple[str, int]]:
    return [(f.title, f.parent) for f in picture(diagram).frames]


class Nested(nn.Module):
    """x -> Block -> Linear, with the first in a list: names of three parts."""

    def __init__(self) -> None:
        self.blocks = nn.ModuleList([Block()])
        self.head = nn.Linear(3, 2)

    def forward(self, x: td.Tensor) -> td.Tensor:
        return self.head(self.blocks[0](x))


def chain(x: td.Tensor, count: int) -> td.Tensor:
    for _ in range(count):
        x = x * 1.0
    return x


# --- depth ---


def test_each_depth_opens_one_more_level() -> None:
    model, x = Nested(), rows(2, 3)
    assert titles(td.draw(model, x, depth=0)) == ["x  (2 × 3)", "Nested"]
    assert titles(td.draw(model, x, depth=1)) == ["x  (2 × 3)", "blocks.0: Block", "head: Linear"]
    assert titles(td.draw(model, x)) == titles(td.draw(model, x, depth=1)), "where there are modules 1 is the default"
    assert titles(td.draw(model, x, depth=2)) == [
        "x  (2 × 3)", "rise: Linear", "tanh  (2 × 4)", "fall: Linear", "W₃ = weight  (2 × 3)", "b₃ = bias  (2)",
        "W x + b  (2 × 2)"]
    assert frames(td.draw(model, x, depth=2)) == [("Nested", -1), ("blocks.0: Block", 0), ("head: Linear", 0)]
    deepest = titles(td.draw(model, x, depth="ops"))
    opened = titles(td.draw(model, x, depth=3))
    assert opened == [t.replace("linear", "W x + b") for t in deepest], "the same boxes, in a lecture's words"
    assert [t.split("  ")[0] for t in deepest] == [
        "x", "W = weight", "b = bias", "linear", "tanh", "W₂ = weight", "b₂ = bias", "linear", "W₃ = weight", "b₃ = bias",
        "linear"]


def test_arrows_between_closed_boxes_are_drawn_once() -> None:
    assert arrows(td.draw(mlp(), rows(2, 3))) == [("input  (2 × 3)", "0: Linear"), ("0: Linear", "1: Tanh"),
                                                 ("1: Tanh", "2: Linear")]

    class Twice(nn.Module):
        def __init__(self) -> None:
            self.pair, self.sum = Pair(), Add()

        def forward(self, x: td.Tensor) -> td.Tensor:
            return self.sum(*self.pair(x))

    class Pair(nn.Module):
        def forward(self, x: td.Tensor) -> tuple[td.Tensor, td.Tensor]:
            return td.tanh(x), td.sigmoid(x)

    class Add(nn.Module):
        def forward(self, a: td.Tensor, b: td.Tensor) -> td.Tensor:
            return td.tanh(a * b) + a

    x = leaf([1.0, 2.0], "x")
    diagram = td.draw(Twice(), x)
    assert [a.label for a in picture(diagram).arrows] == ["", "×3"], "two Tensors come out, one of them used twice"
    assert arrows(diagram) == [("x  (2)", "pair: Pair"), ("pair: Pair", "sum: Add")]


def test_a_closed_box_says_what_it_is() -> None:
    model = nn.Sequential(nn.Embedding(7, 3), nn.GRU(3, 4))
    shown = texts(td.draw(model, np.array([[1], [2]])))
    assert ["0: Embedding", "E[id]", "7 → 3", "→ 2 × 1 × 3", "21 parameters"] in shown
    shown = texts(td.draw(model, np.array([[1], [2]]), depth=0))
    assert ["Sequential", "→ 2 × 1 × 4, 1 × 1 × 4", "129 parameters"] in shown
    loss = lambda: (model(np.array([[1], [2]]))[0] ** 2).sum()
    for backward in (True, False):  # before a backward pass a closed box says nothing of it
        box = next(lines for lines in texts(td.draw(loss, depth=0, backward=backward)) if lines[0] == "Sequential")
        assert any(line.startswith("gradient: norm ") for line in box) == backward


@pytest.mark.parametrize("unfused", [False, True])
def test_a_closed_box_names_only_what_leaves_it(unfused: bool) -> None:
    """Not what goes through a slice inside it: five states are computed, four are the output."""
    shown = texts(td.draw(nn.GRU(2, 3), rows(4, 1, 2), depth=0, unfused=unfused))
    box = next(lines for lines in shown if lines[0] == "GRU")
    assert box[5] == "→ 4 × 1 × 3, 1 × 1 × 3"


def test_a_module_called_twice_is_two_boxes() -> None:
    layer = nn.Linear(2, 2)

    class Shared(nn.Module):
        def __init__(self) -> None:
            self.layer = layer

        def forward(self, x: td.Tensor) -> td.Tensor:
            return self.layer(td.tanh(self.layer(x)))

    assert titles(td.draw(Shared(), rows(1, 2)))[1:] == ["layer: Linear (call 1)", "tanh  (1 × 2)", "layer: Linear (call 2)"]


def test_values_false_shows_shapes_alone() -> None:
    a = leaf(np.ones((3, 3), np.float32), "a")
    diagram = td.draw(lambda: td.tanh(a * 2.0).sum(), backward=True, values=False)
    assert texts(diagram) == [["a  (3 × 3)"], ["2"], ["mul  (3 × 3)"], ["tanh  (3 × 3)"], ["sum"]]
    assert all(box.heat is None for box in picture(diagram).boxes)


def test_large_arrays_have_a_heat_map_small_ones_their_numbers() -> None:
    a, b = leaf(np.ones((2, 4), np.float32), "a"), leaf([1.0, 2.0, 3.0, 4.0], "b")
    diagram = td.draw(lambda: a * b)
    assert texts(diagram)[1][1] == "1, 2, 3, 4"
    assert texts(diagram)[0][1] == "mean 1, std 0"
    assert [None if box.heat is None else box.heat.shape for box in picture(diagram).boxes] == [(2, 4), None, (2, 4)]


def test_parameters_drawn_inside_or_hidden() -> None:
    model, x = mlp(), rows(2, 3)
    drawn, inside, hidden = (td.draw(model, x, depth="ops", parameters=p) for p in ("drawn", "inside", "hidden"))
    assert [len(titles(d)) for d in (drawn, inside, hidden)] == [8, 4, 4]
    assert [text for lines in texts(inside) for text in lines if "weight" in text or "bias" in text] == [
        "W = weight  (4 × 3)", "b = bias  (4)", "W₂ = weight  (2 × 4)", "b₂ = bias  (2)"]
    assert not any("weight" in text for lines in texts(hidden) for text in lines)
    assert len(titles(td.draw(stack(5), rows(1, 4), depth="ops", fold=False))) == 6, "more than 8 go inside by themselves"
    assert len(titles(td.draw(stack(4), rows(1, 4), depth="ops", fold=False))) == 13


# --- expand ---


@pytest.mark.parametrize("name", ["blocks.0", "Nested.blocks.0", "Block"])
def test_expand_opens_one_more_by_name_path_or_class(name: str) -> None:
    diagram = td.draw(Nested(), rows(2, 3), expand=name)
    assert titles(diagram) == ["x  (2 × 3)", "rise: Linear", "tanh  (2 × 4)", "fall: Linear", "head: Linear"]
    assert frames(diagram) == [("Nested", -1), ("blocks.0: Block", 0)]
    assert titles(td.draw(Nested(), rows(2, 3), expand=[name])) == titles(diagram)


@pytest.mark.parametrize("name", ["blocks.0.rise", "Nested.blocks.0.rise"])
def test_expand_opens_what_is_around_too(name: str) -> None:
    diagram = td.draw(Nested(), rows(2, 3), expand=[name])
    assert [t.split("  ")[0] for t in titles(diagram)] == [
        "x", "W = weight", "b = bias", "W x + b", "tanh", "fall: Linear", "head: Linear"]


def test_expand_opens_a_step() -> None:
    shown = titles(td.draw(Tagger(), np.array([1, 0, 2]), expand="t=1"))
    assert shown == ["t=0", "ids₀  (1)", "embedding: Embedding", "ids₁  (1)", "cell: GRUCell", "output: Linear", "t=2",
                     "ids₂  (1)", "join  (3 × 4)"]


# --- formulas ---


def test_formulas_name_what_they_use() -> None:
    w, x, b = nn.Parameter(td.ones(2, 2), name="w"), leaf([[1.0, 2.0]], "x"), leaf([0.5, 0.5], "b")
    diagram = td.draw(lambda: td.tanh(F.linear(x, w, b)).reshape(2)[0] * 3.0, depth="formula")
    assert [t for t in titles(diagram) if "=" in t] == ["v1 = w x + b", "v2 = tanh v1", "v3 = v2[0] · 3"]
    assert arrows(diagram) == [("x  (1 × 2)", "v1 = w x + b"), ("w  (2 × 2)", "v1 = w x + b"), ("b  (2)", "v1 = w x + b"),
                               ("v1 = w x + b", "v2 = tanh v1"), ("v2 = tanh v1", "v3 = v2[0] · 3")]
    assert len(titles(td.draw(lambda: td.tanh(F.linear(x, w, b)).reshape(2)[0] * 3.0, depth="ops"))) == 9
    assert "v1 = W x + b" in titles(td.draw(nn.Linear(2, 2), x, depth="formula"))


def test_what_only_moves_entries_stays_where_it_is_the_output() -> None:
    a = leaf([[1.0, 2.0]], "a")
    assert titles(td.draw(lambda: a.T, depth="formula")) == ["a  (1 × 2)", "v1 = aᵀ"]
    assert titles(td.draw(lambda: td.cat([a, a]) * 2.0, depth="formula")) == [
        "a  (1 × 2)", "v1 = [a; a]", "v2 = v1 · 2"], "what joins two stays too"


# --- folding ---


def test_equal_layers_in_a_row_are_drawn_once() -> None:
    x = rows(2, 4)
    assert titles(td.draw(stack(5), x)) == ["input  (2 × 4)", "0: Linear × 5"]
    assert titles(td.draw(stack(5), x, fold=False))[1:] == [f"{i}: Linear" for i in range(5)]
    assert titles(td.draw(stack(2), x))[1:] == ["0: Linear", "1: Linear"], "two are not many"
    mixed = nn.Sequential(*stack(3), nn.Linear(4, 3), nn.Linear(3, 4), *stack(3))
    assert titles(td.draw(mixed, x))[1:] == ["0: Linear × 3", "3: Linear", "4: Linear", "5: Linear × 3"]
    assert arrows(td.draw(mixed, x)) == [("input  (2 × 4)", "0: Linear × 3"), ("0: Linear × 3", "3: Linear"),
                                         ("3: Linear", "4: Linear"), ("4: Linear", "5: Linear × 3")]


def test_equal_layers_side_by_side_are_not_folded() -> None:
    class Fan(nn.Module):
        def __init__(self) -> None:
            self.heads = nn.ModuleList([nn.Linear(2, 2) for _ in range(4)])

        def forward(self, x: td.Tensor) -> td.Tensor:
            return td.cat([head(x) for head in self.heads])

    assert len(titles(td.draw(Fan(), rows(1, 2)))) == 6


# --- steps ---


def test_a_long_loop_is_drawn_with_its_middle_as_one() -> None:
    shown = titles(td.draw(Tagger(), np.arange(12) % 5))
    assert [t for t in shown if t.startswith("t")] == ["t=0", "t=1", "t=2", "t=3", "t=4", "t = 5 … 9", "t=10", "t=11"]
    assert [t for t in titles(td.draw(Tagger(), np.arange(12) % 5, max_steps=4)) if t.startswith("t")] == [
        "t=0", "t = 1 … 9", "t=10", "t=11"]
    assert [t for t in titles(td.draw(Tagger(), np.arange(12) % 5, max_steps=12)) if t.startswith("t")] == [
        f"t={t}" for t in range(12)]
    assert [t for t in titles(td.draw(Tagger(), np.arange(8) % 5)) if t.startswith("t")] == [f"t={t}" for t in range(8)]


def test_steps_hand_on_from_one_to_the_next_and_over_the_gap() -> None:
    diagram = td.draw(Tagger(), np.arange(12) % 5, max_steps=4)
    names = titles(diagram)
    onward = [(names[a.source], names[a.target]) for a in picture(diagram).arrows if a.onward]
    assert onward == [("t=0", "t = 1 … 9"), ("t = 1 … 9", "t=10"), ("t=10", "t=11")]
    assert [box.time for box in picture(diagram).boxes if box.kind == "step"] == [0, 1, 10, 11]
    assert diagram.direction == "LR"


def test_what_is_left_out_leaves_nothing_behind() -> None:
    """No leaf or word of an elided step hangs on the one that stands for it."""
    w, h = leaf(0.5, "w"), leaf(1.0, "h")

    def loop() -> td.Tensor:
        state = h
        for _ in td.steps(12):
            state = td.tanh(w * state)
        return state

    diagram = td.draw(loop, max_steps=4)
    names = titles(diagram)
    assert (names.count("w"), names.count("mul")) == (1, 4)
    counts = [sum(a.target == i for a in picture(diagram).arrows) for i, name in enumerate(names) if name == "mul"]
    assert counts == [2, 2, 2, 2]


@pytest.mark.parametrize("depth", [1, 2, "ops", "formula"])
def test_rolled_draws_one_step_with_an_arrow_back(depth: Any) -> None:
    gru = nn.GRU(2, 3)
    diagram = td.draw(gru, rows(6, 1, 2), unfused=True, rolled=True, depth=depth)
    late = [a for a in picture(diagram).arrows if a.delayed]
    assert late
    assert all(a.delayed == (a.source >= a.target) for a in picture(diagram).arrows if a.source >= a.target or a.delayed)
    steps = [f.title for f in picture(diagram).frames if f.kind == "step"] + [
        box.lines[0][0] for box in picture(diagram).boxes if box.kind == "step"]
    assert steps == ["each t"]
    assert diagram.dot().count("style=dashed") >= len(late)
    if depth != "ops":  # there every step has its own reshape, outside the loop
        short = td.draw(gru, rows(2, 1, 2), unfused=True, rolled=True, depth=depth)
        assert len(titles(short)) == len(titles(diagram)), "as many boxes for two steps as for six"


# --- the limit ---


def test_above_the_limit_it_collapses_and_says_so() -> None:
    class Long(nn.Module):
        def __init__(self) -> None:
            self.parts = nn.ModuleList([Chain() for _ in range(3)])

        def forward(self, x: td.Tensor) -> td.Tensor:
            for part in self.parts:
                x = part(x)
            return x

    class Chain(nn.Module):
        def forward(self, x: td.Tensor) -> td.Tensor:
            return chain(x, 70)

    x = leaf(1.0, "x")
    diagram = td.draw(Long(), x, depth="ops", fold=False)
    assert titles(diagram) == ["x", "parts.0: Chain", "parts.1: Chain", "parts.2: Chain"]
    assert picture(diagram).note == "collapsed to depth 1: 210 ops would make 421 boxes"
    assert picture(diagram).note in diagram.dot()
    assert titles(td.draw(Long(), x, depth=2, fold=False)) == titles(diagram)
    assert picture(td.draw(Long(), x, fold=False)).note == "", "depth 1 is what was asked for"
    assert picture(td.draw(Long(), x, depth="ops")).note == "", "folded there are few enough"


def test_without_modules_the_ends_are_drawn() -> None:
    x = leaf(1.0, "x")
    diagram = td.draw(chain(x, 300))
    boxes = picture(diagram).boxes
    assert len(boxes) == 61
    assert picture(diagram).note == "300 ops would make 601 boxes: the first and the last 30 are drawn"
    assert [t for t, _ in boxes[-1].lines] == ["… 541 more …", "mul × 271, 1 × 270"]
    assert titles(diagram)[:3] == ["x", "1", "mul"]
    assert boxes[59].strong
    into = [a for a in picture(diagram).arrows if a.target == 60]
    out = [a for a in picture(diagram).arrows if a.source == 60]
    assert [titles(diagram)[a.source] for a in into] == ["mul", "1"]
    assert [titles(diagram)[a.target] for a in out] == ["mul"]


def test_the_limit_is_400() -> None:
    x = leaf(1.0, "x")
    assert picture(td.draw(chain(x, 199))).note == ""
    assert len(titles(td.draw(chain(x, 199)))) == 399
    assert picture(td.draw(chain(x, 200))).note == "200 ops would make 401 boxes: the first and the last 30 are drawn"


def test_a_deep_graph_is_drawn_iteratively() -> None:
    y = chain(leaf(1.0, "x"), 5000)
    assert len(titles(td.draw(y))) == 61
    assert len(snapshot(y).vertices) == 10_001
    short = chain(leaf(1.0, "x"), 625)
    assert cpu_seconds(lambda: td.draw(y)) < 24 * cpu_seconds(lambda: td.draw(short)), "eight times as long, and not 64 times"


@needs_renderer
@pytest.mark.parametrize(("depth", "limit"), [(1, 30), ("ops", 80)])
def test_an_lstm_of_twenty_steps_draws_within_seconds(depth: Any, limit: int) -> None:
    """A language model with its loss, in primitives."""
    embedding, lstm, output = nn.Embedding(9, 4), nn.LSTM(4, 4), nn.Linear(4, 9)
    ids = (np.arange(20) * 7 % 9)[:, None]
    loss = lambda: F.cross_entropy(output(lstm(embedding(ids))[0]).reshape(20, 9), ids[:, 0])
    draw = lambda: td.draw(loss, unfused=True, backward=True, depth=depth)
    assert cpu_seconds(lambda: draw().svg(), runs=1) < limit * million_steps(), "1 to 3 s; the layout, a program, adds 0.1 s"
    diagram = draw()
    svg = diagram.svg()
    assert svg.count('class="box') == len(titles(diagram)) > 10
    assert {"t=0", "t=19"} <= set(t for t, _ in frames(diagram)) | set(titles(diagram))


# --- the edges of what is drawn keep their order ---


def test_dot_has_every_box_and_arrow_once() -> None:
    x = leaf(np.ones((2, 3), np.float32), "x")
    y = (x.T @ x).sum() + x.mean()
    shot, dot = snapshot(y), td.draw(y).dot()
    found = [line.split()[0] for line in dot.splitlines() if line.startswith("\tn") and "->" not in line and "[" in line]
    assert [name for name in found if name[1:].isdigit()] == [f"n{i}" for i in range(len(shot.vertices))]
    assert [tuple(line.split()[:3:2]) for line in dot.splitlines() if " -> " in line] == [
        (f"n{e.source}", f"n{e.target}") for e in shot.edges]
    assert len(edges(shot)) == len(arrows(td.draw(y)))
    assert labels(shot, "op")[-1] == "add"


@pytest.mark.parametrize("direction", ["TB", "LR", "BT", "RL"])
def test_direction(direction: str) -> None:
    assert f"rankdir={direction}" in td.draw(leaf(1.0) * 2.0, direction=direction).dot()


def test_kinds_differ_in_shape_too() -> None:
    p = nn.Parameter(td.ones(1))
    dot = td.draw(p * leaf([1.0]) * 2.0).dot()
    assert {"shape=box", "shape=ellipse"} <= set(dot.replace("]", " ").split())
    assert 'style="rounded,filled"' in dot
    assert 'style="filled,dashed"' in dot


@pytest.mark.parametrize("training", [False, True])
def test_a_mask_inside_attention_leads_to_where_it_comes_from(training: bool) -> None:
    layer, x = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), td.randn(2, 3, 8)
    layer.train(training)
    ids = td.tensor([[1, 2, 0], [1, 0, 0]])
    pad = td.tensor([[False, False, True], [False, True, True]])
    for diagram in (td.draw(lambda: layer(x, src_key_padding_mask=pad)), td.draw(layer, x, None, pad)):
        found = [a for a in arrows(diagram) if "MultiheadAttention" in a[1]]
        assert len(found) == 2, "x and the mask"
        assert any("mask" in source for source, _ in found)

    def masked() -> td.Tensor:
        hidden = ids == 0
        out = layer(x, src_key_padding_mask=hidden)
        return (out * (~hidden).reshape(2, 3, 1)).sum()

    diagram = td.draw(masked)
    into = [source for source, target in arrows(diagram) if "MultiheadAttention" in target]
    assert any(source.startswith("=") for source in into), "it has the entries of what is drawn"
