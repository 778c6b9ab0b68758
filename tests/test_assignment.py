"""x[i] = v where x or v is recorded: what is put in gets the gradient of its place, and what was there before none."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn import autograd
from tinydawn.errors import DTypeError, GraphError, IdError, ShapeError

i = np.array


def leaf(shape: tuple[int, ...], seed: int = 0) -> td.Tensor:
    return td.tensor(np.random.default_rng(seed).normal(size=shape), requires_grad=True)


WAYS: dict[str, tuple[tuple[int, ...], Any, tuple[int, ...]]] = {  # the shape of x, an index, the shape of v
    "row": ((4, 3), 1, (3,)), "last row": ((4, 3), -1, (3,)), "entry": ((4, 3), (2, 1), ()),
    "rows": ((4, 3), slice(1, 3), (2, 3)), "two of three": ((2, 3, 2), (1, slice(0, 3, 2)), (2, 2)),
    "steps back": ((5,), slice(None, None, -2), (3,)), "column": ((4, 3), (slice(None), 1), (4,)), "all": ((4, 3), ..., (4, 3)),
    "new axis": ((4, 3), (None, 1), (1, 3)), "mask": ((2, 3), i([[True, False, True], [False, True, True]]), (4,)),
    "rows by mask": ((3, 2), i([True, False, True]), (2, 2)), "nothing": ((4,), i([], int), (0,)),
    "integers": ((5,), i([4, 0, 2]), (3,)), "repeats": ((5,), i([1, 3, 1, 1]), (4,)),
    "rows repeat": ((4, 3), i([0, 2, 0]), (3, 3)),
    "pairs repeat": ((3, 4), (i([0, 0, 2]), i([1, 1, 3])), (3,)), "grid": ((3, 4), (i([[0], [2]]), i([1, 3])), (2, 2)),
    "axis repeats": ((3, 4), (slice(None), i([1, 3, 1])), (3, 3)),
    "number, slice, array": ((2, 3, 4), (0, slice(None), i([1, 3])), (3, 2)),
    "number, slice, repeats": ((2, 3, 4), (1, slice(1, None), i([3, 3])), (2, 2)),
    "number, slice, mask": ((2, 3, 4), (0, slice(None), i([True, False, True, True])), (3, 3)),
    "broadcast row": ((4, 3), slice(0, 2), (3,)), "broadcast column": ((4, 3), slice(1, 3), (2, 1)),
    "one for all": ((4, 3), 2, ()),
    "leading ones": ((4, 3), 1, (1, 1, 3)), "broadcast to repeats": ((5,), i([1, 3, 1]), ()), "0-d": ((), ..., ()),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("x_recorded", [True, False], ids=["x recorded", "x not"])
def test_gradients_of_every_kind_of_index(way: str, x_recorded: bool) -> None:
    """Against central differences, first and second; and forward as NumPy's."""
    shape, index, given = WAYS[way]
    start, v = leaf(shape), leaf(given, seed=1)

    def f(*inputs: td.Tensor) -> td.Tensor:
        x = inputs[-1] * 2.0 if x_recorded else td.zeros(*shape, dtype=td.float64)
        x[index] = inputs[0]
        return x * x * x

    if not way.startswith("number"):  # there PyTorch's order of axes counts: see functional.index_steps
        expected = np.asarray(2.0 * start.array if x_recorded else np.zeros(shape))
        expected[index] = v.array
        np.testing.assert_allclose(f(v, start).array, expected**3)
    inputs = [v, start] if x_recorded else [v]
    assert td.gradcheck(f, inputs)
    assert td.gradgradcheck(f, inputs)


@pytest.mark.torch
@pytest.mark.parametrize("way", [way for way in WAYS if "repeat" not in way and "back" not in way and way != "0-d"])
def test_values_and_gradients_are_pytorchs(way: str, torch: Any) -> None:
    shape, index, given = WAYS[way]
    start, v = leaf(shape), leaf(given, seed=1)
    x = start * 2.0
    x[index] = v
    (x * x).sum().backward()
    a, b = (torch.tensor(t.numpy(), requires_grad=True) for t in (start, v))
    y = a * 2.0
    y[index if not isinstance(index, np.ndarray) else torch.tensor(index)] = b
    (y * y).sum().backward()
    np.testing.assert_allclose(x.numpy(), y.detach())
    for mine, theirs in ((start, a), (v, b)):
        np.testing.assert_allclose(mine.grad.numpy(), theirs.grad)


def test_of_several_for_one_place_the_last_stays_whatever_the_order_in_memory() -> None:
    """NumPy goes through an index in the order of its memory; the value that stays has to be the one with the gradient."""
    for turn in (False, True):
        index, v = i([[0, 1, 0], [0, 0, 1]]), leaf((2, 3))
        index, v = (np.asfortranarray(index), td.Tensor(np.asfortranarray(v.array), requires_grad=True)) if turn else (index, v)
        x = td.zeros(2, dtype=td.float64)
        x[index] = v
        assert x.tolist() == [v.array[1, 1], v.array[1, 2]]
        x.sum().backward()
        assert v.grad.tolist() == [[0.0, 0.0, 0.0], [0.0, 1.0, 1.0]]


def test_several_assignments_to_one_place() -> None:
    a, b, c = leaf((3,)), leaf((3,), 1), leaf((3,), 2)
    x = a * 1.0
    x[0:2] = b[0:2]
    x[1:3] = c[1:3]
    x[0] = x[0] + a[2]
    (x * td.tensor([1.0, 10.0, 100.0], dtype=td.float64)).sum().backward()
    assert a.grad.tolist() == [0.0, 0.0, 1.0]
    assert b.grad.tolist() == [1.0, 0.0, 0.0]
    assert c.grad.tolist() == [0.0, 10.0, 100.0]


def test_a_number_stops_the_gradient() -> None:
    a = leaf((3,))
    x = a * 2.0
    x[1] = 5
    assert x.requires_grad
    x.sum().backward()
    assert a.grad.tolist() == [2.0, 0.0, 2.0]


def test_dtypes() -> None:
    v = td.tensor([1.5, 2.5], dtype=td.float64, requires_grad=True)
    x = td.zeros(3)
    x[:2] = v
    assert x.dtype == np.float32
    (x * 2.0).sum().backward()
    assert v.grad.dtype == np.float64
    assert v.grad.tolist() == [2.0, 2.0]
    n = td.tensor([1, 2, 3])
    with pytest.raises(DTypeError, match=r"v is recorded, and x, int64"):
        n[0] = v[0]
    n[0] = 7
    n[1] = v.detach()[1]
    assert n.tolist() == [7, 2, 3]


def test_what_is_read_before_keeps_its_value() -> None:
    """y was computed of the x before: its formula saved that array, so the assignment is refused, and nothing is written."""
    a = leaf((3,))
    x = a * 2.0
    y = x * x
    with pytest.raises(GraphError, match=r"or a backward pass has saved it(.|\n)*x\.clone\(\)"):
        x[0] = a[1]
    assert x.tolist() == (2.0 * a.array).tolist()
    y.sum().backward()
    np.testing.assert_allclose(a.grad.array, 8.0 * a.array)


@pytest.mark.parametrize("hold", [lambda x: x[1:], lambda x: x.detach(), lambda x: x.reshape(3, 1), lambda x: x.numpy(),
                                  lambda x: x.data], ids=["view", "detached", "reshaped", "NumPy", "data"])
def test_refused_where_others_share_the_memory(hold: Any) -> None:
    a = leaf((3,))
    x = a * 2.0
    other = hold(x)
    with pytest.raises(GraphError, match="shares the memory"):
        x[0] = a[1]
    del other
    x[0] = a[1]
    x.sum().backward()
    assert a.grad.tolist() == [0.0, 3.0, 2.0]


def test_refused_for_a_leaf_unless_nothing_is_recorded() -> None:
    w = leaf((2,))
    with pytest.raises(GraphError, match="a leaf that requires a gradient"):
        w[0] = 1.0
    with td.no_grad():
        w[0] = 1.0
    assert w.tolist()[0] == 1.0
    assert w.is_leaf


@pytest.mark.parametrize(("index", "value", "error"), [
    (3, 1.0, IdError), ((0, 0), 1.0, IdError), (slice(None), [1.0, 2.0], ShapeError), (0, "one", DTypeError),
    (0, [1.0, 2.0], ShapeError), (i([0, 5]), 1.0, IdError), (1.5, 1.0, DTypeError)])
def test_a_wrong_assignment_leaves_the_past_as_it_was(index: Any, value: Any, error: type[Exception]) -> None:
    a = leaf((3,))
    x = a * 2.0
    node, before = x._node, x.tolist()
    with pytest.raises(error, match="x\\[i\\] = v"):
        x[index] = value
    assert x._node is node
    assert x.tolist() == before


def test_an_output_that_was_saved_and_is_overwritten_is_found_by_backward() -> None:
    a = leaf((3,))
    x = td.zeros(3, dtype=td.float64)
    y = td.exp(a)
    z = y + 1.0
    with td.no_grad():
        y[0] = 1.0
    x[0] = z[0]
    with pytest.raises(GraphError, match="that exp saved was changed"):
        x.sum().backward()
    assert a.grad is None


def test_a_later_assignment_is_found_by_what_was_computed_before() -> None:
    a = leaf((3,))
    x = a * 1.0
    x[0] = a[1]
    y = x * x
    with td.no_grad():
        x[2] = 0.0
    with pytest.raises(GraphError, match="that mul saved was changed"):
        y.sum().backward()


def test_a_product_with_a_constant_needs_not_what_it_multiplied() -> None:
    """Its formula reads the constant alone: what was multiplied may be written over, as in PyTorch."""
    a, m = leaf((3, 3)), leaf((3, 3), 1).detach()
    x = a * 1.0
    y, z = x * 2.0, x @ m
    with td.no_grad():
        x[0, 0] = 9.0
    (y.sum() + z.sum()).backward()
    np.testing.assert_allclose(a.grad.array, 2.0 + np.ones((3, 3)) @ m.array.T)
    x = a * 1.0
    z = x * m
    with td.no_grad():
        m[0, 0] = 9.0
    with pytest.raises(GraphError, match="that mul saved was changed"):
        z.sum().backward()


def test_an_own_gradient_of_what_was_assigned() -> None:
    """td.grad of x in the middle of a chain, with hooks, and with the gradient kept: none of these arrays is written later."""
    a, b = leaf((3,)), leaf((3,), 1)
    x = td.zeros(3, dtype=td.float64)
    kept = []
    for t in range(3):
        x[t] = a[t] * b[t]
        x.register_hook(kept.append)
    (g,) = td.grad((x * x).sum(), x, retain_graph=True)
    (x * x).sum().backward()
    np.testing.assert_allclose(g.array, 2 * x.array)
    for t, gradient in enumerate(kept[1:][::-1]):  # that of td.grad came first
        np.testing.assert_allclose(gradient.array, np.where(np.arange(3) <= t, 2 * x.array, 0.0))
    np.testing.assert_allclose(a.grad.array, 2 * x.array * b.array)


def test_two_users_of_what_was_assigned() -> None:
    """The gradient of the chain comes from both, and neither's array is written into by the walk."""
    a = leaf((2, 3))
    x = td.zeros(2, 3, dtype=td.float64)
    x[0] = a[0]
    x[1] = a[1] * 2.0
    start = td.ones(2, 3, dtype=td.float64)
    x.backward(start, retain_graph=True)
    assert start.tolist() == [[1.0] * 3] * 2
    assert a.grad.tolist() == [[1.0] * 3, [2.0] * 3]
    a.grad = None
    (x.sum() + (x * 3.0).sum()).backward()
    assert a.grad.tolist() == [[4.0] * 3, [8.0] * 3]


def test_a_loop_over_time_equals_stack() -> None:
    """outputs[t] = h, the way of many courses, beside td.stack."""
    w, x = leaf((4, 4)), leaf((5, 2, 4), 1)

    def run(assign: bool) -> list[np.ndarray]:
        w.grad = None
        h, outputs, found = td.zeros(2, 4, dtype=td.float64), td.zeros(5, 2, 4, dtype=td.float64), []
        for t in range(5):
            h = td.tanh(x[t] + h @ w)
            if assign:
                outputs[t] = h
            found.append(h)
        out = outputs if assign else td.stack(found)
        (out * out).sum().backward()
        return [out.numpy(), w.grad.numpy().copy()]

    for a, b in zip(run(True), run(False), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_cost_is_linear_in_the_number_of_assignments() -> None:
    """Each costs its part, forward and backward, not the whole of what is assigned to: 16 times as many, 16 times the time."""
    def step(steps: int) -> float:
        best = math.inf
        for _ in range(5):
            h = td.ones(64, 64, requires_grad=True)
            began = time.thread_time()
            outputs = td.zeros(steps, 64, 64)
            for t in range(steps):
                outputs[t] = h
            outputs.sum().backward()
            best = min(best, time.thread_time() - began)
        return best

    few, many = step(25), step(400)
    assert many < 64 * few, f"25 assignments take {few * 1e3:.2f} ms, 400 take {many * 1e3:.2f} ms"


def test_the_gradient_is_copied_once_in_a_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    copies, own = [], autograd._of_this_node_alone

    def counted(g: Any, *rest: Any) -> Any:
        out = own(g, *rest)
        copies.append(out is not g)
        return out

    monkeypatch.setattr(autograd, "_of_this_node_alone", counted)
    h = leaf((3,))
    x = h * 1.0
    for t in range(3):
        x[t] = h[t]
    x.sum().backward()
    assert copies == [True, False, False]


def test_it_can_be_drawn() -> None:
    v = td.tensor([1.0, 2.0, 3.0], requires_grad=True, name="v")

    def f() -> td.Tensor:
        x = td.zeros(3)
        for t in range(3):
            x[t] = v[t] * 2.0
        return (x * x).sum()

    for settings in ({"depth": "ops"}, {"depth": "formula"}, {"depth": "ops", "backward": True}):
        text = td.draw(f, **settings).dot()
        assert text.count("index_put" if settings["depth"] == "ops" else ", with ") == 3
    assert f().item() == 56.0




def test_what_was_joined_may_be_written_afterwards() -> None:
    x = td.tensor([1.0, 2.0], requires_grad=True)
    part = x.detach().clone()
    joined = td.cat([part, x])
    part += 1.0
    (joined * joined).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
