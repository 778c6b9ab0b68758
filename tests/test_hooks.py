"""Hooks on gradients, and gradients of what was computed: register_hook, retain_grad."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn import graph, nn
from tinydawn.errors import GraphError


def leaf(values: Any) -> td.Tensor:
    return td.tensor(values, dtype=td.float64, requires_grad=True)


def test_of_a_leaf() -> None:
    x, seen = leaf([1.0, 2.0]), []
    x.register_hook(seen.append)
    (x * x).sum().backward()
    assert seen[0].tolist() == x.grad.tolist() == [2.0, 4.0]
    assert type(seen[0]) is td.Tensor
    assert not seen[0].requires_grad


def test_of_what_was_computed_it_sees_the_whole_gradient_once() -> None:
    """h is used twice: the hook is called when both parts have come."""
    x, seen = leaf([1.0, 2.0]), []
    h = x * 3.0
    h.register_hook(seen.append)
    (h.sum() + (h * h).sum()).backward()
    assert [g.tolist() for g in seen] == [[7.0, 13.0]]
    assert x.grad.tolist() == [21.0, 39.0]


@pytest.mark.parametrize("of_leaf", [True, False], ids=["leaf", "computed"])
def test_what_it_returns_is_passed_on(of_leaf: bool) -> None:
    x = leaf([1.0, 2.0])
    h = x * 3.0
    (x if of_leaf else h).register_hook(lambda g: g * 10.0)
    h.sum().backward()
    assert x.grad.tolist() == [30.0, 30.0]


def test_several_in_the_order_they_came_each_given_what_the_one_before_made() -> None:
    x, seen = leaf(1.0), []
    for factor in (2.0, 5.0):
        x.register_hook(lambda g, factor=factor: seen.append(g.item()) or g * factor)
    x.register_hook(lambda g: seen.append(g.item()))
    (x * 1.0).backward()
    assert seen == [1.0, 2.0, 10.0]
    assert x.grad.item() == 10.0


def test_removed() -> None:
    x, seen = leaf(1.0), []
    first, second = x.register_hook(lambda g: seen.append("first")), x.register_hook(lambda g: seen.append("second"))
    first.remove()
    first.remove()
    (x * 1.0).backward()
    assert seen == ["second"]
    second.remove()
    (x * 1.0).backward()
    assert seen == ["second"]
    assert x.grad.item() == 2.0


def test_one_may_take_itself_out() -> None:
    x, seen = leaf(1.0), []
    handle = x.register_hook(lambda g: (seen.append(1), handle.remove())[0])
    x.register_hook(lambda g: seen.append(2))
    for _ in range(2):
        (x * 1.0).backward()
    assert seen == [1, 2, 2]


def test_with_grad() -> None:
    x = leaf([1.0, 2.0])
    h = x * 3.0
    h.register_hook(lambda g: g * 10.0)
    of_h, of_x = td.grad(h.sum(), [h, x])
    assert of_h.tolist() == [10.0, 10.0]
    assert of_x.tolist() == [30.0, 30.0]
    assert x.grad is None


def test_with_create_graph_it_is_part_of_the_derivative() -> None:
    x = leaf(2.0)
    h = x * x
    handle = h.register_hook(lambda g: g * x)
    (dx,) = td.grad(h * h, x, create_graph=True)  # 2 h, times x, times 2 x: 4 x^4
    assert dx.item() == 64.0
    handle.remove()  # else it takes part in the second pass too, which comes through h again
    assert td.grad(dx, x)[0].item() == 128.0


def test_what_a_hook_keeps_or_gives_is_never_written_by_a_later_pass() -> None:
    x, seen, buffer = leaf([1.0, 2.0]), [], td.ones(2, dtype=td.float64)
    x.register_hook(seen.append)
    x.register_hook(lambda g: buffer)
    for _ in range(2):
        (x * x).sum().backward()
    assert seen[0].tolist() == [2.0, 4.0]
    assert buffer.tolist() == [1.0, 1.0]
    assert x.grad.tolist() == [2.0, 2.0]


def test_of_an_embedding_it_sees_an_array() -> None:
    layer, seen = nn.Embedding(4, 2), []
    layer.weight.register_hook(seen.append)
    layer(np.array([1, 1, 3])).sum().backward()
    assert seen[0].tolist() == [[0.0, 0.0], [2.0, 2.0], [0.0, 0.0], [1.0, 1.0]]
    assert layer.weight.grad.tolist() == seen[0].tolist()


def test_of_a_weight_used_at_every_step() -> None:
    """Its gradient is kept as outer products until it is asked for."""
    w, x, seen = leaf(np.eye(2)), td.ones(3, 2, dtype=td.float64), []
    w.register_hook(seen.append)
    h = x
    for _ in range(4):
        h = h @ w
    h.sum().backward()
    assert seen[0].tolist() == w.grad.tolist() == [[12.0, 12.0], [12.0, 12.0]]


@pytest.mark.parametrize("wrong", [td.ones(3), 1.0, np.ones(2), "g"], ids=["shape", "number", "array", "text"])
def test_what_it_returns_has_to_fit_and_nothing_is_written(wrong: Any) -> None:
    x, y = leaf([1.0, 2.0]), leaf([1.0, 2.0])
    h = x * y
    h.register_hook(lambda g: wrong)
    with pytest.raises(GraphError, match=r"register_hook: a hook returned (.|\n)*a Tensor of this shape, or None"):
        (h + y).sum().backward()
    assert x.grad is None
    assert y.grad is None


def test_a_hook_that_fails_leaves_everything_as_it_was() -> None:
    x = leaf([1.0, 2.0])
    x.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        (x * x).sum().backward()
    assert x.grad is None


def test_another_dtype_is_made_the_gradients_own() -> None:
    x = td.tensor([1.0, 2.0], requires_grad=True)
    x.register_hook(lambda g: g.double() * 2.0)
    x.sum().backward()
    assert x.grad.dtype == np.float32


def test_hooks_go_with_their_tensor() -> None:
    x = leaf([1.0])
    h = x * 2.0
    hook = [].append  # which can be referred to weakly, unlike what only prints
    called = weakref.ref(keep := lambda g: hook(g))
    h.register_hook(keep)
    x.register_hook(keep)
    del keep
    gc.collect()
    assert called() is not None
    del x, h
    assert called() is None


@pytest.mark.torch
def test_as_pytorch(torch: Any) -> None:
    """Hooks that watch and hooks that replace, at a leaf, in the middle and at the output."""
    def run(t: Any, x: Any, log: list[Any]) -> Any:
        h = x * 2.0
        y = t.tanh(h)
        loss = (y * h).sum()
        x.register_hook(lambda g: log.append(g.tolist()))
        h.register_hook(lambda g: g * 3.0)
        h.register_hook(lambda g: log.append(g.tolist()))
        y.register_hook(lambda g: -g)
        loss.register_hook(lambda g: g * 2.0)
        loss.backward()
        return x.grad.tolist()

    mine, theirs = [], []
    values = [0.5, -1.0, 2.0]
    got = run(td, leaf(values), mine)
    expected = run(torch, torch.tensor(values, dtype=torch.float64, requires_grad=True), theirs)
    np.testing.assert_allclose(got, expected, rtol=1e-12)
    np.testing.assert_allclose(mine, theirs, rtol=1e-12)


# --- retain_grad --------------------------------------------------------------------------------------------------


def test_retain_grad() -> None:
    x = leaf([1.0, 2.0])
    h = x * 3.0
    assert not h.retains_grad
    h.retain_grad()
    h.retain_grad()  # once is enough
    assert h.retains_grad
    assert h.grad is None, "and no warning, since it will come"
    (h * h).sum().backward(retain_graph=True)
    assert h.grad.tolist() == [6.0, 12.0]
    (h * h).sum().backward()
    assert h.grad.tolist() == [12.0, 24.0], "it adds up"
    assert x.grad.tolist() == [36.0, 72.0]


@pytest.mark.parametrize("first", [True, False], ids=["before the hook", "after it"])
def test_retain_grad_sees_what_all_hooks_made_of_it(first: bool) -> None:
    x = leaf(3.0)
    h = x * 2.0
    if first:
        h.retain_grad()
    h.register_hook(lambda g: g * 10.0)
    if not first:
        h.retain_grad()
    h.register_hook(lambda g: g + 1.0)
    (h * 4.0).backward()
    assert h.grad.item() == 41.0
    assert x.grad.item() == 82.0


def test_retain_grad_of_a_leaf_changes_nothing() -> None:
    x = leaf([1.0, 2.0])
    x.retain_grad()
    assert not x.retains_grad
    (x * x).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
    assert not td.ones(2).retains_grad


def test_retain_grad_needs_a_gradient() -> None:
    with pytest.raises(GraphError, match="retain_grad: this Tensor requires no gradient"):
        td.ones(2).retain_grad()
    with pytest.raises(GraphError, match="register_hook: this Tensor requires no gradient"):
        td.ones(2).register_hook(print)


def test_what_is_retained_is_of_its_own_memory() -> None:
    """Scaling the .grad of one in place reaches no other."""
    x = leaf([1.0, 2.0])
    h = x + 0.0
    h.retain_grad()
    out = h + 0.0
    out.retain_grad()
    out.backward(td.ones(2, dtype=td.float64))
    h.grad *= 10.0
    assert out.grad.tolist() == x.grad.tolist() == [1.0, 1.0]
    assert h.grad.tolist() == [10.0, 10.0]


def test_retain_grad_keeps_no_graph() -> None:
    gc.collect()
    before = sum(type(o) is graph.Node for o in gc.get_objects())
    x = leaf([1.0, 2.0])
    h = x * 3.0
    h.retain_grad()
    del h, x
    gc.collect()
    assert sum(type(o) is graph.Node for o in gc.get_objects()) <= before


def test_retain_grad_with_create_graph() -> None:
    x = leaf(2.0)
    h = x * x
    h.retain_grad()
    (h * h).backward(create_graph=True)
    assert h.grad.item() == 8.0
    assert td.grad(h.grad, x)[0].item() == 8.0


def test_what_is_retained_comes_after_all_hooks() -> None:
    x = leaf([1.0, 2.0])
    h = x * 3.0
    h.retain_grad()
    h.register_hook(lambda g: g * 7)
    h.sum().backward()
    assert h.grad.tolist() == [7.0, 7.0]
    assert x.grad.tolist() == [21.0, 21.0]


def test_a_gradient_that_nobody_can_have_leaves_the_graph_as_it_was() -> None:
    x, stranger = leaf(2.0), leaf(1.0)
    y = x * x
    with pytest.raises(GraphError, match="no output depends on input 0"):
        td.grad(y, stranger)
    y.backward()
    assert x.grad.item() == 4.0


def test_a_backward_hook_sees_the_output_that_a_forward_hook_made() -> None:
    layer, seen = nn.Linear(2, 1), []
    layer.register_forward_hook(lambda module, args, out: out * 2)
    layer.register_full_backward_hook(lambda module, of_in, of_out: seen.append(of_out[0].tolist()))
    layer(td.ones(1, 2, requires_grad=True)).sum().backward()
    assert seen == [[[1.0]]]
