"""The rules of the engine, each of which another engine got wrong: order, depth, memory, failure, accumulation."""

from __future__ import annotations

import copy
import gc
import math
import operator
import pickle
import tracemalloc
import weakref
from typing import Any

import numpy as np
import pytest
from clock import cpu_seconds

import tinydawn as td
from tinydawn import autograd, graph, ops
from tinydawn.errors import DTypeError, GraphError, ShapeError


def leaf(value: Any, dtype: Any = np.float64) -> td.Tensor:
    return td.tensor(value, dtype=dtype, requires_grad=True)


def live_nodes() -> int:
    return sum(type(o) is graph.Node for o in gc.get_objects())


@pytest.fixture
def no_collector() -> Any:
    """With the collector off, what is freed is freed by reference counting alone."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


# --- the walk -----------------------------------------------------------------------------------------------------


def test_same_tensor_twice_is_two_edges_in_order() -> None:
    a, b = leaf(3.0), leaf(5.0)
    y = a * a
    assert y._node.parents == (a._node, a._node)
    y.backward()
    assert a.grad.item() == 6.0
    z = a / a
    z.backward()
    assert a.grad.item() == 6.0, "d(a/a)/da is 0"
    assert (a - b)._node.parents == (a._node, b._node)
    assert (b - a)._node.parents == (b._node, a._node)


def test_three_uses_of_one_tensor() -> None:
    x = leaf([1.0, 2.0])
    td.cat([x, x, x * x]).sum().backward()
    np.testing.assert_array_equal(x.grad.array, [4.0, 6.0])


def test_diamond_of_depth_60_visits_each_node_once() -> None:
    """TinyTorch follows every path: 2^60 of them."""
    a = leaf(1.0)
    y = a
    for _ in range(60):
        y = y + y
    visits: list[graph.Node] = []

    def visit(node: graph.Node, g: Any, gx: Any, i: Any) -> None:
        if gx is None:
            visits.append(node)
            assert len(visits) <= 60, "a node is visited again: this would not end"

    autograd.observers.append(visit)
    try:
        y.backward()
    finally:
        autograd.observers.clear()
    assert a.grad.item() == 2.0 ** 60
    assert len(visits) == len(set(visits)) == 60


def test_unbalanced_diamonds() -> None:
    """A node waits for its farthest user, however far."""
    x = leaf(1.5)
    y = x
    for _ in range(5):
        long = y
        for _ in range(7):
            long = long * 1.0
        y = y * long + x
    y.backward()

    def f(v: float) -> float:
        w = v
        for _ in range(5):
            w = w * w + v
        return w

    assert x.grad.item() == pytest.approx((f(1.5 + 1e-7) - f(1.5 - 1e-7)) / 2e-7, rel=1e-5)


def chain(length: int) -> tuple[td.Tensor, td.Tensor]:
    x = leaf(1.0)
    y = x
    for _ in range(length):
        y = y * 1.0
    return x, y


@pytest.mark.parametrize("length", [1_200, 100_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_long_chain(length: int, no_collector: None) -> None:
    """No RecursionError, neither in backward nor when the graph is freed; and it is freed by counting alone."""
    before = live_nodes()
    x, y = chain(length)
    y.backward()
    assert x.grad.item() == 1.0
    del y
    assert live_nodes() == before + 1, "only the leaf is left"


def test_long_chain_dropped_without_backward(no_collector: None) -> None:
    before = live_nodes()
    x, y = chain(100_000)
    del y
    assert live_nodes() == before + 1
    del x
    assert live_nodes() == before


def test_long_chain_of_two_arguments_and_create_graph(no_collector: None) -> None:
    before = live_nodes()
    x = leaf(1.0)
    y = x
    for _ in range(5_000):
        y = y + x
    (g,) = td.grad(y, [x], create_graph=True)
    assert g.item() == 5001.0
    del g, y, x
    assert live_nodes() == before


def test_backward_takes_linear_time() -> None:
    def seconds(length: int) -> float:
        _, y = chain(length)
        return cpu_seconds(lambda: y.backward(retain_graph=True))

    assert seconds(80_000) < 24 * seconds(10_000), "eight times the length should take eight times as long, and not 64"


# --- memory -------------------------------------------------------------------------------------------------------


def test_graph_keeps_no_tensor_alive(no_collector: None) -> None:
    x = leaf([1.0, 2.0])
    middle = x * 3.0
    y = (middle * middle).sum()
    dies = weakref.ref(middle)
    del middle
    assert dies() is None, "the graph holds nodes and arrays, not Tensors"
    y.backward()
    np.testing.assert_array_equal(x.grad.array, [18.0, 36.0])


def test_a_leaf_that_died_gets_no_gradient(no_collector: None) -> None:
    x, w = leaf(2.0), leaf(3.0)
    y = x * w
    dies = weakref.ref(w)
    del w
    assert dies() is None
    y.backward()
    assert x.grad.item() == 3.0


def test_tensors_and_nodes_form_no_cycle(no_collector: None) -> None:
    x = leaf(np.ones(3))
    y = (x * 2.0).exp().sum()
    died = [weakref.ref(t) for t in (x, y)] + [weakref.ref(t._node) for t in (x, y)]
    y.backward(retain_graph=True)
    del x, y
    assert [r() for r in died] == [None] * 4


def test_backward_frees_saved_arrays_as_it_goes() -> None:
    """A chain that saves 100 arrays of 1 MB holds them until backward, and not after."""
    x = leaf(np.ones(131_072))
    tracemalloc.start()
    try:
        y = x
        for _ in range(100):
            y = y.tanh()
        total = y.sum()
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        total.backward()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    mb = 1 << 20
    assert held > 95 * mb
    assert peak < held + 8 * mb, "the gradients take the place of what was freed"
    assert after < 8 * mb


def test_a_loss_that_is_kept_keeps_no_graph(no_collector: None) -> None:
    """Losses are collected in lists; each may hold its own node, and not the thousand behind it."""
    before = live_nodes()
    x, loss = chain(1_000)
    loss.backward()
    assert live_nodes() == before + 2, "the leaf's and the loss's own"
    assert x.grad.item() == 1.0


def test_unsaved_values_are_freed_in_forward() -> None:
    x = leaf(np.ones(131_072))
    tracemalloc.start()
    try:
        y = x
        for _ in range(50):
            y = y + 1.0  # saves nothing
        assert tracemalloc.get_traced_memory()[0] < 4 << 20
        for _ in range(50):
            y = -y
        assert tracemalloc.get_traced_memory()[0] < 4 << 20
    finally:
        tracemalloc.stop()


def test_no_grad_records_nothing() -> None:
    x = leaf(1.0)
    before = live_nodes()
    with td.no_grad():
        y = x
        for _ in range(10):
            y = y * 2.0
        assert live_nodes() == before
    assert not y.requires_grad
    assert y.is_leaf


# --- a backward that fails changes nothing ------------------------------------------------------------------------


def broken(where: str) -> Any:
    """An op that is right forward and wrong backward."""
    def formula(g: Any, y: Any, x: Any) -> Any:
        if where == "raises":
            raise ZeroDivisionError("in the formula")
        return np.zeros((7,))

    name = f"broken_{where}"
    function = graph.op(name, lambda x: x * 2, vjp=formula)
    del graph.table[name]
    return function


@pytest.mark.parametrize(("where", "error"), [("raises", ZeroDivisionError), ("wrong shape", GraphError)])
@pytest.mark.parametrize("create_graph", [False, True])
def test_failed_backward_leaves_every_grad(where: str, error: type[Exception], create_graph: bool) -> None:
    a, b, c = leaf([1.0, 2.0]), leaf([3.0, 4.0]), leaf([5.0, 6.0])
    (a * b).sum().backward()
    kept = (a.grad, b.grad, a.grad.array.copy(), b.grad.array.copy())
    y = (a * b).sum() + (broken(where)(c) * a).sum()
    with pytest.raises(error):
        y.backward(create_graph=create_graph)
    assert a.grad is kept[0]
    assert b.grad is kept[1]
    np.testing.assert_array_equal(a.grad.array, kept[2])
    np.testing.assert_array_equal(b.grad.array, kept[3])
    assert c.grad is None
    assert graph.is_grad_enabled()


def test_wrong_shape_from_a_formula_names_the_op() -> None:
    with pytest.raises(GraphError,
                       match=r"the formula of broken_wrong shape returned shape \(7,\) for an argument of \(2,\)"):
        broken("wrong shape")(leaf([1.0, 2.0])).sum().backward()


def test_released_part_of_a_graph_changes_nothing() -> None:
    a, b = leaf(2.0), leaf(3.0)
    shared = a * a
    (shared * 1.0).backward()
    assert a.grad.item() == 4.0
    with pytest.raises(GraphError, match="retain_graph=True"):
        (b * 5.0 + shared).backward()
    assert b.grad is None, "checked before the first gradient is written"
    assert a.grad.item() == 4.0


def test_second_backward_raises_and_says_so() -> None:
    x = leaf(2.0)
    y = x * x
    y.backward()
    with pytest.raises(GraphError, match="freed by an earlier backward") as caught:
        y.backward()
    assert "retain_graph=True" in str(caught.value)
    assert "mul" in str(caught.value)
    assert x.grad.item() == 4.0


def test_retain_graph_accumulates() -> None:
    x = leaf(2.0)
    y = x * x * x
    for n in (1, 2, 3):
        y.backward(retain_graph=True)
        assert x.grad.item() == 12.0 * n
    y.backward()
    with pytest.raises(GraphError):
        y.backward()
    with pytest.raises(GraphError):
        td.grad(y, x)


# --- accumulation -------------------------------------------------------------------------------------------------


def test_grad_is_none_before_backward() -> None:
    x = leaf([1.0])
    assert x.grad is None
    y = x * 2.0
    y.sum().backward()
    assert isinstance(x.grad, td.Tensor)
    assert not x.grad.requires_grad
    with pytest.warns(UserWarning, match="of leaves"):
        assert y.grad is None


def test_two_backward_calls_add_up() -> None:
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    (x * 10.0).sum().backward()
    np.testing.assert_array_equal(x.grad.array, [12.0, 14.0])


def test_accumulation_makes_a_fresh_buffer() -> None:
    """A reference kept to an old gradient keeps its values."""
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    old, old_array = x.grad, x.grad.array
    (x * x).sum().backward()
    assert x.grad is not old
    np.testing.assert_array_equal(old_array, [2.0, 4.0])
    np.testing.assert_array_equal(x.grad.array, [4.0, 8.0])


def pairs_of_leaves() -> dict[str, Any]:
    return {
        "p + q": lambda p, q: p + q, "(p + q) * 2": lambda p, q: (p + q) * 2.0, "p - q": lambda p, q: p - q,
        "views": lambda p, q: p.reshape(4) + q.T.reshape(2, 2).T.reshape(4), "cat": lambda p, q: td.cat([p, q]),
        "stack": lambda p, q: td.stack([p, q]), "mean": lambda p, q: (p + q).mean() + p.mean(),
        "p + p + q": lambda p, q: p + p + q,
        "broadcast": lambda p, q: p.broadcast_to(3, 2, 2) + q, "getitem": lambda p, q: p[:] + q[...],
        "clone": lambda p, q: p.clone() + q.clone(),
        "double transpose": lambda p, q: (p.T + q.T).T, "sum of sums": lambda p, q: p.sum() + q.sum(),
        "leaf itself": lambda p, q: p + q * 0.0,
    }


@pytest.mark.parametrize("name", pairs_of_leaves())
@pytest.mark.parametrize("create_graph", [False, True])
def test_two_leaves_never_share_a_grad(name: str, create_graph: bool) -> None:
    """DeZero: p + q gave p and q one gradient array, and weight decay in place was applied twice."""
    p, q = leaf(np.ones((2, 2))), leaf(np.ones((2, 2)))
    y = pairs_of_leaves()[name](p, q)
    start = td.Tensor(np.ones(y.shape))
    y.backward(start, retain_graph=True, create_graph=create_graph)
    assert not np.shares_memory(p.grad.array, q.grad.array)
    for t in (p, q):
        assert not np.shares_memory(t.grad.array, start.array)
        assert not np.shares_memory(t.grad.array, t.array)
    kept = q.grad.array.copy()
    p.grad.array += 100.0
    np.testing.assert_array_equal(q.grad.array, kept)
    g, h = td.grad(y, [p, q], start, create_graph=create_graph)
    assert not np.shares_memory(g.array, h.array)


def test_backward_from_a_leaf() -> None:
    x, start = leaf([1.0, 2.0]), td.tensor([3.0, 4.0], dtype=np.float64)
    x.backward(start)
    np.testing.assert_array_equal(x.grad.array, [3.0, 4.0])
    assert not np.shares_memory(x.grad.array, start.array)
    assert not x.grad.requires_grad


# --- higher derivatives -------------------------------------------------------------------------------------------


def test_four_derivatives_of_tanh() -> None:
    x = leaf(0.7)
    t = math.tanh(0.7)
    expected = [t, 1 - t**2, -2 * t * (1 - t**2), -2 * (1 - t**2) * (1 - 3 * t**2), 8 * t * (1 - t**2) * (2 - 3 * t**2)]
    y = x.tanh()
    for e in expected:
        assert y.item() == pytest.approx(e, rel=1e-13)
        (y,) = td.grad(y, [x], create_graph=True)


def test_derivatives_of_a_cube_to_zero() -> None:
    for cube in (lambda v: v ** 3, lambda v: v * v * v, lambda v: v ** 3.0):
        x = leaf(2.0)
        y = cube(x)
        for e in (8.0, 12.0, 12.0, 6.0, 0.0):
            assert y.item() == pytest.approx(e, rel=1e-14)
            if not y.requires_grad:  # a constant, whose derivative is 0
                assert e == 6.0
                break
            (y,) = td.grad(y, x, create_graph=True)


def test_mixed_partials_commute() -> None:
    x, y = leaf(0.5), leaf(-1.2)
    f = td.sin(x * y) * td.exp(x) / (y * y + 1.0)
    fx, fy = td.grad(f, [x, y], create_graph=True)
    (fxy,) = td.grad(fx, y, retain_graph=True)
    (fyx,) = td.grad(fy, x, retain_graph=True)
    assert fxy.item() == pytest.approx(fyx.item(), rel=1e-13)

    def df(a: float, b: float) -> float:
        return (math.sin(a * b) + b * math.cos(a * b)) * math.exp(a) / (b * b + 1)

    assert fx.item() == pytest.approx(df(0.5, -1.2), rel=1e-13)
    assert fxy.item() == pytest.approx((df(0.5, -1.2 + 1e-6) - df(0.5, -1.2 - 1e-6)) / 2e-6, rel=1e-7)


def test_gradient_penalty_reaches_the_leaves() -> None:
    """backward() through a gradient: what create_graph is for."""
    w, x = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([0.5, -0.5])
    out = (w @ x).tanh().sum()
    (g,) = td.grad(out, [x], create_graph=True)
    (g * g).sum().backward()
    assert w.grad is not None
    assert td.gradcheck(lambda v: (td.grad((v @ x).tanh().sum(), x, create_graph=True)[0] ** 2).sum(), [w])


def test_create_graph_under_no_grad_is_recorded() -> None:
    x = leaf(3.0)
    y = x * x * x
    with td.no_grad():
        (g,) = td.grad(y, [x], create_graph=True)
        assert not td.is_grad_enabled()
    assert td.grad(g, x)[0].item() == 18.0


def test_backward_with_create_graph_gives_a_recorded_grad() -> None:
    x = leaf(3.0)
    (x ** 3).backward(create_graph=True)
    assert x.grad.requires_grad
    assert td.grad(x.grad, x)[0].item() == 18.0
    (x ** 3).backward()
    assert x.grad.item() == 54.0


# --- grad() -------------------------------------------------------------------------------------------------------


def test_grad_of_an_intermediate() -> None:
    x = leaf([1.0, 2.0])
    h = x * 3.0
    y = (h * h).sum()
    gh, gx = td.grad(y, [h, x])
    np.testing.assert_array_equal(gh.array, 2 * h.array)
    np.testing.assert_array_equal(gx.array, 6 * h.array)
    assert x.grad is None
    with pytest.warns(UserWarning, match="of leaves"):
        assert h.grad is None


def test_grad_of_an_output_with_respect_to_itself() -> None:
    x = leaf(2.0)
    y = x * x
    gy, gx = td.grad(y, [y, x])
    assert (gy.item(), gx.item()) == (1.0, 4.0)


def test_grad_returns_one_or_a_tuple() -> None:
    x = leaf(2.0)
    assert isinstance(td.grad(x * x, x), tuple), 'as PyTorch returns it: grad(y, x)[0] is the gradient, not its first entry'
    assert isinstance(td.grad(x * x, [x]), tuple)
    assert td.grad(x * x, (t for t in [x]))[0].item() == 4.0, "parameters() is a generator"


def test_grad_of_unused_input() -> None:
    x, unused = leaf(2.0), leaf([1.0, 2.0])
    with pytest.raises(GraphError, match=r"no output depends on input 1, of shape \(2,\)") as caught:
        td.grad(x * x, [x, unused])
    assert "allow_unused=True" in str(caught.value)
    gx, gu = td.grad(x * x, [x, unused], allow_unused=True)
    assert gx.item() == 4.0
    assert gu is None


def test_grad_of_several_outputs() -> None:
    x = leaf([1.0, 2.0])
    a, b = x * 2.0, (x * x).sum()
    (g,) = td.grad([a, b], x, [td.tensor([1.0, 10.0]), None])
    np.testing.assert_array_equal(g.array, [2 + 2, 20 + 4])
    y = x.sum()
    assert td.grad([y, y], x, retain_graph=True)[0].tolist() == [2.0, 2.0], "one output twice counts twice"


def test_grad_only_walks_what_leads_to_an_input() -> None:
    x, w = leaf(2.0), leaf(3.0)
    side = broken("raises")(w)
    assert td.grad(x * 5.0 + side, x)[0].item() == 5.0


def test_grad_outputs_of_other_dtypes_and_kinds() -> None:
    x = td.tensor([1.0, 2.0], requires_grad=True)
    for start in ([1, 2], np.array([1, 2]), td.tensor([1, 2]), np.array([1.0, 2.0])):
        (g,) = td.grad(x * 3.0, x, start)
        assert g.dtype == np.float32
        np.testing.assert_array_equal(g.array, [3.0, 6.0])


# --- requires_grad ------------------------------------------------------------------------------------------------


def test_requires_grad_spreads_forward() -> None:
    x, y = leaf(1.0), td.tensor(1.0)
    assert (x + y).requires_grad
    assert (y + x).requires_grad
    assert not (y + y).requires_grad
    assert not (x > 0.0).requires_grad
    assert not x.detach().requires_grad
    assert x.is_leaf
    assert y.is_leaf
    assert not (x + y).is_leaf


def test_requires_grad_can_be_switched_on_a_leaf() -> None:
    x = td.tensor([1.0])
    assert x.requires_grad_() is x
    y = x * 2.0
    x.requires_grad = False
    assert not (x * 2.0).requires_grad
    y.sum().backward()
    with pytest.raises(GraphError, match=r"use x.detach\(\)"):
        y.requires_grad = False
    y.requires_grad = True  # it already is: nothing happens
    assert not y.is_leaf
    with pytest.raises(DTypeError, match="int64 Tensor has no gradient"):
        td.tensor([1, 2]).requires_grad_()


def test_frozen_leaf_gets_no_grad() -> None:
    x, w = leaf(1.0), leaf(2.0)
    w.requires_grad = False
    (x * w).backward()
    assert x.grad.item() == 2.0
    assert w.grad is None


def test_detach_shares_the_array_and_cuts_the_graph() -> None:
    x = leaf([1.0, 2.0])
    y = x * 2.0
    d = y.detach()
    assert d.array is y.array
    (d * x).sum().backward()
    np.testing.assert_array_equal(x.grad.array, [2.0, 4.0])


# --- no_grad, enable_grad -----------------------------------------------------------------------------------------


def test_nesting_and_exceptions() -> None:
    x = leaf(1.0)
    assert td.is_grad_enabled()
    with td.no_grad():
        assert not (x * 2.0).requires_grad
        with td.enable_grad():
            assert (x * 2.0).requires_grad
            with td.no_grad():
                assert not td.is_grad_enabled()
            assert td.is_grad_enabled()
        assert not td.is_grad_enabled()
        with pytest.raises(ZeroDivisionError), td.enable_grad():
            raise ZeroDivisionError
        assert not td.is_grad_enabled()
    with pytest.raises(ShapeError), td.no_grad():
        td.tensor([1.0, 2.0]) + td.tensor([1.0, 2.0, 3.0])
    assert td.is_grad_enabled()


def test_as_decorator_every_call() -> None:
    x = leaf(1.0)

    @td.no_grad()
    def evaluate(times: int) -> td.Tensor:
        """Documented."""
        return evaluate(times - 1) if times else x * 2.0

    assert not evaluate(3).requires_grad
    assert not evaluate(0).requires_grad
    assert (x * 2.0).requires_grad
    assert evaluate.__doc__ == "Documented."


def test_backward_works_inside_no_grad() -> None:
    x = leaf(3.0)
    y = x * x
    with td.no_grad():
        y.backward()
    assert x.grad.item() == 6.0


# --- in place -----------------------------------------------------------------------------------------------------


IN_PLACE = [operator.iadd, operator.isub, operator.imul, operator.itruediv]


@pytest.mark.parametrize("function", IN_PLACE, ids=lambda f: f.__name__)
def test_in_place_on_a_recorded_leaf_is_refused(function: Any) -> None:
    x = leaf([1.0, 2.0])
    with pytest.raises(GraphError, match=r"with td.no_grad\(\):"):
        function(x, 2.0)
    np.testing.assert_array_equal(x.array, [1.0, 2.0])


@pytest.mark.parametrize("function", IN_PLACE, ids=lambda f: f.__name__)
def test_in_place_under_no_grad_writes(function: Any) -> None:
    x = leaf([1.0, 2.0])
    same, array, expected = x, x.array, function(np.array([1.0, 2.0]), 4.0)
    with td.no_grad():
        x = function(x, td.tensor(4.0))
    assert x is same
    assert x.array is array
    np.testing.assert_array_equal(x.array, expected)
    assert x.requires_grad
    assert x.dtype == np.float64


def test_in_place_is_seen_by_all_who_hold_the_tensor_recorded_or_not() -> None:
    """One forward pass must not give other numbers in training than under no_grad."""
    def block(w: td.Tensor) -> td.Tensor:
        h = w * 2.0
        kept = h
        h += td.tanh(h)
        return h + kept

    w = leaf([1.0, 2.0])
    out = block(w)
    with td.no_grad():
        np.testing.assert_array_equal(block(w).array, out.array)
    np.testing.assert_allclose(out.array, 2 * (2 * w.array + np.tanh(2 * w.array)))
    out.sum().backward()
    np.testing.assert_allclose(w.grad.array, 2 * (2 + 2 * (1 - np.tanh(2 * w.array) ** 2)))
    count = td.zeros(2)
    same = count
    count += leaf([1.0, 2.0])  # what is added requires a gradient: recorded
    assert same.requires_grad
    assert same.tolist() == [1.0, 2.0]


def test_in_place_on_what_was_saved_is_found() -> None:
    """The derivative of a product needs its factors as they were. More of this is in test_bug_reports.py."""
    x, w = td.tensor([1.0, 2.0]), leaf([3.0, 4.0])
    loss = (x * w).sum()
    array = x.array
    x += 10.0
    assert x.array is array
    with pytest.raises(GraphError, match=r"an array of shape \(2,\) that mul saved was changed"):
        loss.backward()
    assert w.grad is None
    y = w * w
    later = y * w
    with pytest.raises(GraphError, match="write x = x"):
        y *= 100.0
    later.sum().backward()
    np.testing.assert_array_equal(w.grad.array, 3 * w.array**2)


def test_in_place_under_no_grad_keeps_the_history() -> None:
    w = leaf([1.0, 2.0])
    h = w * 3.0
    with td.no_grad():
        h += 5.0
    (h * h).sum().backward()
    np.testing.assert_array_equal(w.grad.array, 2 * (3 * w.array + 5) * 3)


def test_in_place_never_changes_shape_or_kind() -> None:
    x = td.ones(3)
    with pytest.raises(ShapeError, match=r"\+=: the result would have shape \(2, 3\), not \(3,\)"):
        x += td.ones(2, 3)
    n = td.tensor([1, 2])
    with pytest.raises(DTypeError, match="int64"):
        n += 0.5
    with pytest.raises(DTypeError, match="int64"):
        n /= 2
    n += 1
    assert n.tolist() == [2, 3]
    half = td.ones(2)
    half += td.tensor([0.5, 0.5], dtype=np.float64)
    assert half.dtype == np.float32


def test_setitem() -> None:
    x = td.zeros(2, 3)
    x[0] = 1.0
    x[1, td.tensor([0, 2])] = td.tensor([5.0, 6.0])
    x[td.tensor([[False, True, False], [False, False, False]])] = 9.0
    assert x.tolist() == [[1.0, 9.0, 1.0], [5.0, 0.0, 6.0]]
    w = leaf([1.0, 2.0])
    with pytest.raises(GraphError, match=r"cannot be changed while recording(.|\n)*td.no_grad\(\)"):
        w[0] = 1.0
    with td.no_grad():
        w[0] = 7.0
    assert w.tolist() == [7.0, 2.0]


# --- looking at a Tensor ------------------------------------------------------------------------------------------


def test_bool_len_iter_item() -> None:
    assert bool(td.tensor(2.0))
    assert not td.tensor([[0.0]])
    assert len(td.zeros(3, 2)) == 3
    rows = list(leaf([[1.0, 2.0], [3.0, 4.0]]))
    assert [r.tolist() for r in rows] == [[1.0, 2.0], [3.0, 4.0]]
    assert all(r.requires_grad for r in rows)
    a, b = td.tensor([5.0, 6.0])
    assert (a.item(), float(b), int(b)) == (5.0, 6.0, 6)
    assert isinstance(td.tensor(3).item(), int)
    assert [10, 20, 30][td.tensor(1)] == 20
    assert list(range(5))[td.tensor(1):td.tensor(3)] == [1, 2]
    assert 5.0 in td.tensor([1.0, 5.0])
    assert 2.0 not in td.tensor([1.0, 5.0])
    assert math.sqrt(td.tensor(4.0)) == 2.0
    assert td.zeros(2, 3).size() == (2, 3)
    assert td.zeros(2, 3).size(1) == 3
    assert td.zeros(2, 3).numel() == 6
    assert td.tensor([False, True]).any()
    assert not td.tensor([False, True]).all()


def test_equality_is_by_entry_and_hash_by_identity() -> None:
    a, b = td.tensor([1.0, 2.0]), td.tensor([1.0, 3.0])
    assert (a == b).tolist() == [True, False]
    assert (a != b).tolist() == [False, True]
    assert len({a, b, a}) == 2
    assert {a: "weight"}[a] == "weight"


def test_logic() -> None:
    a, b = td.tensor([True, True, False]), td.tensor([True, False, False])
    assert (a & b).tolist() == [True, False, False]
    assert (a | b).tolist() == [True, True, False]
    assert (~b).tolist() == [False, True, True]


def test_reflected_operators() -> None:
    """needle computed x - 1 for 1 - x; TinyTorch had no reflected operators at all."""
    t = td.tensor([2.0, 4.0])
    assert (1 - t).tolist() == [-1.0, -3.0]
    assert (1 / t).tolist() == [0.5, 0.25]
    assert (2 ** t).tolist() == [4.0, 16.0]
    assert (1 + t).tolist() == (t + 1).tolist() == [3.0, 5.0]
    assert (2 * t).tolist() == [4.0, 8.0]
    assert (np.array([[1.0, 2.0]]) @ td.tensor([[1.0], [2.0]])).tolist() == [[5.0]]
    assert (np.array([5.0, 5.0]) - t).tolist() == [3.0, 1.0]
    assert (np.array([8.0, 8.0]) / t).tolist() == [4.0, 2.0]


def test_deepcopy() -> None:
    x = td.tensor([1.0, 2.0], requires_grad=True, name="w")
    y = copy.deepcopy({"a": x, "b": x})
    assert y["a"] is y["b"]
    twin = y["a"]
    assert (twin.name, twin.requires_grad, twin.tolist()) == ("w", True, [1.0, 2.0])
    assert not np.shares_memory(twin.array, x.array)
    (twin * 2.0).sum().backward()
    assert x.grad is None
    with pytest.raises(GraphError, match=r"deepcopy: .*graph cannot be copied"):
        copy.deepcopy(x * 2.0)


def test_pickle() -> None:
    x = td.tensor([[1.0, 2.0]], requires_grad=True, name="w")
    y = pickle.loads(pickle.dumps(x))
    assert (y.name, y.requires_grad, y.tolist(), y.dtype) == ("w", True, [[1.0, 2.0]], np.float32)
    assert pickle.loads(pickle.dumps(td.tensor([1, 2]))).dtype == np.int64
    with pytest.raises(GraphError, match=r"use x.detach\(\)"):
        pickle.dumps(x * 2.0)
    assert pickle.loads(pickle.dumps((x * 2.0).detach())).tolist() == [[2.0, 4.0]]


@pytest.mark.parametrize(("make", "text"), [
    (lambda: td.tensor(1.0), "tensor(1.)"),
    (lambda: td.tensor([1, 2]), "tensor([1, 2])"),
    (lambda: td.tensor([True, False]), "tensor([ True, False])"),
    (lambda: td.tensor([[1.0, 2.5], [3.0, 4.0]]), "tensor([[1. , 2.5],\n        [3. , 4. ]])"),
    (lambda: td.tensor([1.0], requires_grad=True), "tensor([1.], requires_grad=True)"),
    (lambda: td.tensor([1.0], dtype=np.float64), "tensor([1.], dtype=float64)"),
    (lambda: td.tensor([1.0 / 3.0]), "tensor([0.3333])"),
    (lambda: td.zeros(0, 3), "tensor([], shape=(0, 3))"),
    (lambda: td.tensor([1], dtype=np.int32), "tensor([1], dtype=int32)"),
], ids=lambda v: v if isinstance(v, str) else "")
def test_repr(make: Any, text: str) -> None:
    assert repr(make()) == text


def test_repr_of_a_large_tensor_is_short() -> None:
    assert len(repr(td.zeros(1000, 1000))) < 600


# --- making one ---------------------------------------------------------------------------------------------------


def test_dtype_defaults() -> None:
    assert td.tensor([1.0, 2.0]).dtype == np.float32
    assert td.tensor(1.0).dtype == np.float32
    assert td.tensor([1, 2]).dtype == np.int64
    assert td.tensor([True]).dtype == np.bool_
    assert td.tensor(np.array([1.0])).dtype == np.float64, "an array keeps its dtype"
    assert td.tensor(np.float64(1.0)).dtype == np.float64
    assert td.tensor([1.0], dtype=np.float64).dtype == np.float64
    assert td.tensor(td.tensor([1.0], dtype=np.float64)).dtype == np.float64
    assert td.Tensor([1.0]).dtype == np.float32
    for made in (td.zeros(2), td.ones(2), td.full((2,), 1.0), td.eye(2), td.randn(2), td.rand(2),
                 td.arange(0.0, 1.0, 0.5)):
        assert made.dtype == np.float32
    assert td.arange(3).dtype == np.int64
    assert td.zeros_like(np.zeros(2)).dtype == np.float64
    assert td.ones_like(td.zeros(2)).tolist() == [1.0, 1.0]
    assert td.tensor([1.0]).double().dtype == np.float64
    assert td.tensor([1.0], dtype=np.float64).float().dtype == np.float32
    assert td.tensor([1.7]).long().tolist() == [1]


def test_tensor_copies_and_Tensor_shares() -> None:
    array = np.zeros(2)
    assert not np.shares_memory(td.tensor(array).array, array)
    assert td.Tensor(array).array is array
    assert td.zeros(2, 3).shape == td.zeros((2, 3)).shape == td.zeros([2, 3]).shape == (2, 3)


def test_list_of_tensors() -> None:
    assert td.tensor([td.tensor(1.0), td.tensor(2.0)]).tolist() == [1.0, 2.0]
    with pytest.raises(GraphError, match=r"td\.stack"):
        td.tensor([leaf(1.0), leaf(2.0)])


def test_astype_is_differentiable() -> None:
    x = td.tensor([1.0, 2.0], requires_grad=True)
    (x.double() * td.tensor([3.0, 4.0], dtype=np.float64)).sum().backward()
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [3.0, 4.0]
    assert x.float() is x


def test_T_and_mT() -> None:
    x = leaf(np.arange(6.0).reshape(1, 2, 3))
    assert x.T.shape == (3, 2, 1)
    assert x.mT.shape == (1, 3, 2)
    assert td.gradcheck(lambda v: v.mT * 2.0 + v.T.reshape(1, 3, 2), [x])


def test_manual_seed_repeats() -> None:
    td.manual_seed(7)
    a = td.randn(3).tolist(), td.rand(2).tolist(), td.randint(0, 9, (4,)).tolist()
    td.manual_seed(7)
    assert a == (td.randn(3).tolist(), td.rand(2).tolist(), td.randint(0, 9, (4,)).tolist())


def test_ops_order_and_repr() -> None:
    x = leaf([1.0])
    y = x * 2.0
    assert repr(y._node) == "<mul (1,)>"
    assert repr(x._node) == "<leaf (1,)>"
    assert repr(graph.table["exp"]) == "<op exp>"
    assert x._node.order < y._node.order
    assert ops.exp.__name__ == "exp"
    assert not y._node.released
    y.sum().backward()
    assert y._node.released
