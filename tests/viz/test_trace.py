"""Watching a computation: what a trace keeps, what a crash leaves, what a drawing refuses, and that nobody watches afterwards."""

from __future__ import annotations

import gc
import warnings
from typing import Any

import numpy as np
import pytest
from draw_tools import Block, arrows, labels, leaf, mlp, needs_renderer, rows, texts, titles

import tinydawn as td
from tinydawn import autograd, graph, nn
from tinydawn.errors import GraphError, ShapeError, TinydawnError
from tinydawn.nn import functional as F
from tinydawn.viz import Diagram, RenderError, Trace, snapshot
from tinydawn.viz.trace import watched


def nobody_watches() -> bool:
    return graph.observers == [] and autograd.observers == [] and td.scope.here.path == [] and gc.isenabled()


def failing(draw: Any) -> Diagram:
    """A drawing that must warn, once, that the computation failed."""
    with pytest.warns(UserWarning, match=r"(?s)draw: the computation failed, and is drawn up to there: .*fix: ") as said:
        diagram = draw()
    assert len(said) == 1
    assert said[0].filename == __file__, "the warning points at the call of draw"
    return diagram


# --- a trace ---


def test_a_trace_knows_every_op_in_order() -> None:
    a = leaf(3.0, "a")
    with td.viz.trace() as trace:
        y = td.tanh(a * a) + 1.0
    assert [r.op for r in trace.records] == ["mul", "tanh", "add"]
    assert [float(r.out) for r in trace.records] == pytest.approx([9.0, np.tanh(9.0), np.tanh(9.0) + 1.0])
    assert all(r.gradient is None and not r.flows for r in trace.records)
    assert trace.made(y) is trace.records[-1]
    assert trace.made(a) is None
    assert trace.order == []
    assert nobody_watches()


def test_a_trace_keeps_what_backward_freed() -> None:
    w, x = nn.Parameter(td.tensor([[0.5], [-1.0]]), name="w"), td.tensor([[2.0, 3.0]], name="x")
    with td.viz.trace() as trace:
        loss = td.tanh(x @ w).sum()
        loss.backward()
    with pytest.raises(GraphError, match=r"(?s)was freed by backward.*td.viz.trace\(\)"):
        td.draw(loss)
    shot = snapshot(trace)
    assert [(v.label, v.value is None, v.gradient is None) for v in shot.vertices] == [
        ("x", False, True), ("w", False, False), ("matmul", False, False), ("tanh", False, False), ("sum", False, False)]
    found = {v.label: v.gradient for v in shot.vertices}
    assert w.grad is not None
    np.testing.assert_allclose(found["w"], w.grad.numpy(), rtol=1e-6)
    slope = 1 - np.tanh(-2.0) ** 2
    assert found["matmul"].item() == pytest.approx(slope)
    assert found["tanh"].item() == 1.0
    assert found["sum"].item() == 1.0
    assert [(shot.vertices[at].label, i) for at, i in shot.backward] == [
        ("sum", -1), ("sum", 0), ("tanh", -1), ("tanh", 0), ("matmul", -1), ("matmul", 1)]
    assert titles(td.draw(trace)) == ["x  (1 × 2)", "w  (2 × 1)", "matmul  (1 × 1)", "tanh  (1 × 1)", "sum"]
    w.grad = None
    np.testing.assert_allclose(next(v.gradient for v in snapshot(trace).vertices if v.label == "w"), slope * x.numpy().T,
                               rtol=1e-6, err_msg="what it has seen stays, although .grad is gone")


def test_a_trace_of_several_results_or_of_some_of_them() -> None:
    a = leaf(2.0, "a")
    with td.viz.trace() as trace:
        b, c = td.tanh(a), a * 3.0
    shot = snapshot(trace)
    assert [shot.vertices[i].label for i in shot.outputs] == ["tanh", "mul"]
    shot = snapshot(trace, outputs=[c])
    assert labels(shot, "op") == ["mul"], "with what it depends on, and nothing else"
    assert labels(snapshot(trace, outputs=[c, b]), "op") == ["tanh", "mul"]


def test_traces_nest_and_end_with_an_exception() -> None:
    a = leaf(2.0)
    with td.viz.trace() as outer:
        a * 1.0
        with pytest.raises(ZeroDivisionError), td.viz.trace() as inner:  # noqa: PT012
            (a * 2.0).backward()
            1 / 0  # noqa: B018
        a * 3.0
    assert nobody_watches()
    assert [r.op for r in outer.records] == ["mul"] * 3
    assert [(r.op, bool(r.failed)) for r in inner.records] == [("mul", False), ("ZeroDivisionError", True)]
    a * 4.0
    assert len(outer.records) == 3, "after its end a trace sees nothing"


def test_an_empty_trace_is_nothing_to_draw() -> None:
    with td.viz.trace() as trace:
        pass
    assert isinstance(trace, Trace)
    with pytest.raises(GraphError, match=r"(?s)draw: nothing to draw.*inside `with td.viz.trace"):
        td.draw(trace)


def test_a_function_that_runs_backward_itself_shows_its_gradients() -> None:
    a = leaf(3.0, "a")

    def step() -> td.Tensor:
        loss = a * a
        loss.backward()
        return loss

    diagram = td.draw(step)
    assert texts(diagram) == [["a", "3", "gradient: 6"], ["mul", "9", "gradient: 1"]]
    assert a.grad is not None
    assert float(a.grad.array) == 6.0


def test_backward_for_the_drawing_touches_no_grad() -> None:
    model, x = mlp(), rows(2, 3)
    x.requires_grad = True
    shown = texts(td.draw(lambda: F.cross_entropy(model(x), np.array([0, 1])), backward=True, depth="ops"))
    assert all(p.grad is None for p in model.parameters())
    assert x.grad is None
    assert sum(line.startswith("gradient: ") for lines in shown for line in lines) == 4 + 1 + 4
    assert not any("not computed" in line for lines in shown for line in lines)
    again = texts(td.draw(lambda: F.cross_entropy(model(x), np.array([0, 1])), backward=True, depth="ops"))
    assert shown == again, "nothing was left behind"
    shown = texts(td.draw(lambda: F.cross_entropy(model(x), np.array([0, 1])), depth="ops"))
    assert sum("gradient: not computed" in line for lines in shown for line in lines) == 5
    assert not any("gradient: 0" in line for lines in shown for line in lines)


def test_the_model_is_drawn_with_its_outputs_and_its_losses() -> None:
    model = mlp()
    assert titles(td.draw(model, rows(2, 3))) == ["input  (2 × 3)", "0: Linear", "1: Tanh", "2: Linear"]
    names = titles(td.draw(lambda: F.cross_entropy(model(rows(2, 3)), np.array([0, 1]))))
    assert names[-2:] == ["target  (2)", "cross-entropy"], "what is outside the model is drawn as ops"
    assert titles(td.draw(lambda: {"loss": [model(rows(2, 3)), (None, 3)]}))[1:] == ["0: Linear", "1: Tanh", "2: Linear"]


# --- a crash ---


def test_a_forward_that_fails_is_drawn_up_to_the_op() -> None:
    diagram = failing(lambda: td.draw(Block(wrong=1), rows(2, 3), depth="ops"))
    assert diagram.picture is not None
    assert titles(diagram) == ["x  (2 × 3)", "W = weight  (4 × 3)", "b = bias  (4)", "linear  (2 × 4)", "tanh  (2 × 4)",
                               "W₂ = fall.weight  (3 × 5)", "b₂ = fall.bias  (3)", "failed: linear"]
    last = diagram.picture.boxes[-1]
    assert (last.kind, last.bad, last.strong) == ("failed", True, True)
    assert " ".join(text for text, role in last.lines if role == "detail") == (
        "ShapeError: linear: input of shape (2, 4) and weight of shape (3, 5) do not fit")
    assert arrows(diagram)[-3:] == [
        ("tanh  (2 × 4)", "failed: linear"), ("W₂ = fall.weight  (3 × 5)", "failed: linear"),
        ("b₂ = fall.bias  (3)", "failed: linear")]
    assert [box.bad for box in diagram.picture.boxes[:-1]] == [False] * 7
    assert f'fillcolor="{"#FBE3E1"}"' in diagram.dot()
    assert nobody_watches()


@pytest.mark.parametrize("depth", [0, 1])
def test_a_crash_inside_a_closed_box_marks_the_box(depth: int) -> None:
    diagram = failing(lambda: td.draw(nn.Sequential(Block(), Block(wrong=1)), rows(2, 3), depth=depth))
    assert diagram.picture is not None
    bad = [" ".join(text for text, _ in box.lines) for box in diagram.picture.boxes if box.bad]
    assert len(bad) == 1
    assert bad[0].startswith(["Sequential", "1: Block"][depth])
    assert bad[0].endswith("ShapeError: linear: input of shape (2, 4) and weight of shape (3, 5) do not fit")


def test_a_crash_of_the_first_op_shows_what_it_was_given() -> None:
    layer = nn.Linear(3, 2)
    diagram = failing(lambda: td.draw(layer, td.ones(2, 4)))
    assert titles(diagram)[1:] == ["W = weight  (2 × 3)", "b = bias  (2)", "failed: linear"]
    assert nobody_watches()


def test_a_crash_in_the_users_own_lines_shows_what_came_before() -> None:
    a = leaf(3.0, "a")

    def broken() -> td.Tensor:
        h = a * 2.0
        return h / [][0]

    diagram = failing(lambda: td.draw(broken))
    assert texts(diagram)[-1] == ["failed: IndexError", "IndexError: list index out of range"]
    assert "mul" in titles(diagram)
    assert nobody_watches()


@pytest.mark.parametrize(("call", "error"), [
    (lambda: td.draw(lambda: 1 / 0), ZeroDivisionError), (lambda: td.draw(mlp()), TypeError),
    (lambda: td.draw(nn.Linear), GraphError), (lambda: td.draw(lambda: np.ones(2).nothing), AttributeError)])  # type: ignore[attr-defined]
def test_what_failed_before_any_op_is_raised(call: Any, error: type[Exception]) -> None:
    """There is nothing to draw: a picture of the error alone would hide it."""
    with pytest.raises(error):
        call()
    assert nobody_watches()


def test_an_interrupt_is_not_drawn() -> None:
    a = leaf(3.0)

    def interrupted() -> td.Tensor:
        a * 2.0
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        td.draw(interrupted)
    assert nobody_watches()


def test_backward_of_what_is_no_number_is_refused() -> None:
    """The forward is sound; it is the call of draw that asks for too much."""
    model = mlp()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(GraphError, match=r"draw: a gradient starts from one number, and this Tensor has shape \(2, 2\)"):
            td.draw(model, rows(2, 3), backward=True)
    assert nobody_watches()


def test_unfused_is_switched_back_after_a_crash() -> None:
    failing(lambda: td.draw(Block(wrong=1), rows(2, 3), unfused=True))
    assert not td.kernels.fuse.is_plain()


def test_a_collector_that_is_off_stays_off() -> None:
    a = leaf(3.0)
    gc.disable()
    try:
        td.draw(lambda: a * a)
        assert not gc.isenabled()
        with pytest.raises(ZeroDivisionError):
            td.draw(lambda: 1 / 0)
        assert not gc.isenabled()
    finally:
        gc.enable()


# --- errors ---


def test_nothing_to_draw() -> None:
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


@pytest.mark.parametrize("wrong", [None, 3, np.ones(2), [np.ones(2)], "x", [None], {"loss": 1}])
def test_what_is_no_tensor(wrong: Any) -> None:
    with pytest.raises(GraphError, match=r"(?s)draw: a \w+ has no graph.*pass a Tensor, a list of Tensors, a model and"):
        td.draw(wrong)


def test_a_released_graph() -> None:
    a = leaf(2.0)
    y = a * a
    y.backward()
    with pytest.raises(GraphError, match=r"(?s)draw: the graph .* was freed by backward.*retain_graph=True"):
        td.draw(y)


def test_a_graph_that_is_released_further_down() -> None:
    a = leaf(2.0)
    h = a * a
    h.backward()
    with pytest.raises(GraphError, match="freed by an earlier backward pass"):
        td.draw(h * h)


@pytest.mark.parametrize(("options", "said"), [
    ({"direction": "down"}, r"(?s)draw: direction='down'.*fix: one of 'TB', 'LR', 'BT', 'RL'"),
    ({"lang": "de"}, r"(?s)draw: lang='de'.*fix: one of 'en', 'zh', 'both'"),
    ({"parameters": "gone"}, r"(?s)draw: parameters='gone'.*fix: one of 'drawn', 'inside', 'hidden'"),
    ({"theme": "pink"}, r"(?s)draw: theme='pink'.*fix: one of light, dark, print"),
    ({"depth": "op"}, r"""(?s)draw: depth='op'.*fix: a number from 0, "ops", "formula" or "scalar\""""),
    ({"depth": -1}, r"(?s)draw: depth=-1.*fix: a number from 0"), ({"depth": True}, r"draw: depth=True"),
    ({"depth": 1.5}, r"draw: depth=1.5"), ({"colour": "red"}, r"(?s)draw: no option 'colour'.*fix: help\(td.draw\) lists them"),
    ({"unfused": True}, r"(?s)draw: a graph that is already there cannot be computed anew.*fix: pass a function"),
    ({"backward": True}, r"(?s)draw: a graph that is already there cannot be computed anew.*backward=True"),
    ({"highlight": "weight"}, r"(?s)draw: the parameter to highlight is not part of this computation.*fix: pass a parameter")])
def test_options_that_there_are_not(options: dict[str, Any], said: str) -> None:
    a = leaf(1.0, "a")
    y = a * 2.0
    with pytest.raises(TinydawnError, match=said) as caught:
        td.draw(y, **options)
    assert f"{__file__}:" in str(caught.value), "the user's line"
    assert nobody_watches()


def test_a_highlight_that_was_not_used() -> None:
    a, other = leaf(1.0, "a"), leaf(1.0, "other")
    for end in (other, (a * 2.0, other), "other"):
        with pytest.raises(GraphError, match="the parameter to highlight is not part of this computation"):
            td.draw(lambda: a * 2.0, highlight=end)


def test_inputs_without_a_model() -> None:
    with pytest.raises(GraphError, match=r"(?s)draw: inputs were given, but no model.*draw\(model, \*inputs\)"):
        td.draw(leaf(1.0) * 2.0, td.ones(2))


def test_a_function_without_a_graph() -> None:
    with pytest.raises(GraphError, match=r"(?s)draw: the function returned no Tensor.*return the loss"):
        td.draw(lambda: [leaf(1.0) * 2.0, None][1])
    with pytest.raises(GraphError, match=r"(?s)draw: no op took part in what the function returned.*compute something"):
        td.draw(lambda: td.ones(2))
    assert nobody_watches()


def test_errors_inside_a_model_name_where() -> None:
    """The message of the drawn error is the engine's own; nothing is lost by drawing it."""
    with pytest.raises(ShapeError, match=r"(?s)linear: .*in: Sequential.1.fall"):
        nn.Sequential(Block(), Block(wrong=1))(rows(2, 3))
    diagram = failing(lambda: td.draw(nn.Sequential(Block(), Block(wrong=1)), rows(2, 3), depth="ops"))
    assert diagram.picture is not None
    frame = diagram.picture.frames[diagram.picture.boxes[-1].frame]
    assert frame.title == "1: Block"


# --- writes in place: what is drawn is what was there at the time ---


def values_of(function: Any) -> list[tuple[str, list[float]]]:
    """What each op gave, in order."""
    seen, outputs, error = watched(function, True)
    assert error is None
    ops = [v for v in snapshot(seen, outputs=outputs).vertices if v.kind == "op"]
    return [(v.label, np.asarray(v.value).reshape(-1).tolist()) for v in ops]


def test_rows_that_are_assigned_one_by_one_are_drawn_as_they_were() -> None:
    w = leaf([1.0, 2.0], "w")

    def rows() -> td.Tensor:
        out = td.zeros(3, 2)
        for t in range(1, 3):
            out[t] = w * t
        return out.sum()

    assert values_of(rows) == [("mul", [1, 2]), ("index_put", [0, 0, 1, 2, 0, 0]), ("mul", [2, 4]),
                               ("index_put", [0, 0, 1, 2, 2, 4]), ("sum", [9])]
    seen, outputs, _ = watched(rows, True)
    first = next(v for v in snapshot(seen, outputs=outputs).vertices if v.shape == (3, 2))
    assert first.value.tolist() == [[0, 0]] * 3


def test_what_is_written_without_a_gradient_is_drawn_as_it_was() -> None:
    w, data = leaf([1.0, 2.0], "w"), td.tensor([1.0, 2.0])

    def written() -> td.Tensor:
        h = data * 2.0
        h += 10
        view = h.reshape(1, 2)
        k = view + w
        h *= 2
        h[0] = 0.0
        return (h + k).sum()

    assert values_of(written) == [("mul", [2, 4]), ("add", [12, 14]), ("reshape", [12, 14]), ("add", [13, 16]),
                                  ("mul", [24, 28]), ("index_put", [0, 28]), ("add", [13, 44]), ("sum", [57])]


def test_data_that_is_written_between_two_uses_is_drawn_as_each_found_it() -> None:
    w, data = leaf([1.0, 2.0], "w"), td.tensor([3.0, 5.0])

    def twice() -> list[td.Tensor]:
        first = data * w
        data[0] = 4.0
        return [first, data + w]

    seen, outputs, _ = watched(twice)
    shot = snapshot(seen, outputs=outputs)
    assert [np.asarray(v.value).tolist() for v in shot.vertices if v.shape == (2,) and v.label != "w"] == [
        [3, 5], [3, 10], [4, 5], [5, 7]]


def test_a_trace_that_is_over_asks_for_no_copies() -> None:
    x = td.tensor([1.0, 2.0])
    with Trace() as trace:
        y = x * 2.0
        assert graph.before_write(y.array) is not y.array
        assert graph.before_write(td.ones(2).array).tolist() == [1, 1]
    assert graph.keepers == []
    assert graph.before_write(y.array) is y.array
    assert trace.records[0].out.tolist() == [2, 4]


# --- for a page of one's own: some outputs of a trace, names of arrays and numbers, the parts of a page ---


def test_a_trace_is_drawn_up_to_the_tensors_given() -> None:
    x = td.tensor([1.0, 2.0], requires_grad=True, name="x")
    with td.viz.trace() as trace:
        y = td.tanh(x)
        (y * 3).sum()
        loss = y.sum()
        loss.backward()
    assert titles(td.draw(trace, loss)) == ["x  (2)", "tanh  (2)", "sum"]
    with pytest.raises(GraphError, match=r"(?s)this Tensor was not computed inside the trace.*fix: "):
        td.draw(trace, x)


def test_arrays_and_numbers_can_be_called_by_a_name_in_a_trace() -> None:
    w, data, rate = td.tensor([1.0, 2.0], requires_grad=True, name="w"), np.array([0.5, 0.25]), float("1.5")
    with td.viz.trace() as trace:
        y = (w * data * rate + w * data) * 2.5
    trace.name(data, "data")
    trace.name(rate, "rate")
    assert titles(td.draw(trace, y)) == ["w  (2)", "data  (2)", "mul  (2)", "rate", "mul  (2)", "mul  (2)", "add  (2)", "2.5",
                                         "mul  (2)"]


@pytest.mark.parametrize(("op", "run"), [
    ("add", lambda a, b: a + b), ("maximum", td.maximum), ("sum", lambda a, b: td.exp(a).sum(axis=4)),
    ("cat", lambda a, b: td.cat([a, b.reshape(1, 3)])),
    ("cross_entropy", lambda a, b: td.nn.functional.cross_entropy(a.reshape(1, 2), td.tensor([5])))])
def test_the_op_that_failed_has_its_name(op: str, run: Any) -> None:
    a, b = td.tensor([1.0, 2.0], requires_grad=True), td.tensor([1.0, 2.0, 3.0])
    with pytest.warns(UserWarning, match="failed"):
        diagram = td.draw(lambda: run(a, b))
    assert titles(diagram)[-1] == f"failed: {op}"


@needs_renderer
def test_a_drawing_stands_as_another_of_the_same_graph() -> None:
    def of(w: float, more: bool = False) -> Diagram:
        x = td.tensor(w, requires_grad=True, name="x")
        return td.draw(lambda: x * x * x if more else x * x, backward=True)

    first, again = of(2.0), of(123.456)
    assert again.place().boxes != first.place().boxes
    again = of(123.456)
    assert again.stand_as(first)
    assert again.place() is first.place()
    assert "246.9" in again.svg()
    assert not of(2.0, more=True).stand_as(first)


@needs_renderer
def test_a_page_is_made_of_its_parts() -> None:
    x = td.tensor(2.0, requires_grad=True, name="x")
    diagram = td.draw(lambda: x * x, backward=True)
    parts = diagram.parts()
    assert [step["phase"] for step in parts.steps] == ["forward", "forward", "backward", "backward", "backward", "backward"]
    for part in (parts.svg, parts.show, parts.css):
        assert part in diagram.html()
    with pytest.raises(RenderError, match=r"parts: this drawing has no steps(?s:.*)fix: "):
        td.draw(td.nn.Linear(2, 1), td.tensor([[1.0, 2.0]]), depth=1).parts()
