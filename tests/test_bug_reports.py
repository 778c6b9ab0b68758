"""What bug reports of other libraries found in the engine: sums, masks, indices, writing in place. Each value has its source.

Of layers, losses, attention, text and drawings the same is tested beside them.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import warnings
from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn import ops
from tinydawn.backend import accurate_sum, column_sums
from tinydawn.errors import DTypeError, GraphError
from tinydawn.nn import functional as F

# --- sums ---------------------------------------------------------------------------------------------------------

ROWS = 300_000
TENTH = float(np.float32(0.1))


@pytest.mark.parametrize("summed", [
    lambda x: x.mean(axis=0),
    lambda x: x.sum(axis=0) / ROWS,
    lambda x: x.T.sum(axis=1) / ROWS,
    lambda x: td.einsum("ij->j", x) / ROWS,
    lambda x: x.reshape(300, 1000, 2).sum(axis=(0, 1)) / ROWS,
    lambda x: x.reshape(300, 2, 1000).sum(axis=(0, 2)) / ROWS,
    lambda x: td.cat([x, x], axis=1)[:, :2].sum() / (2 * ROWS),
    lambda x: td.tensor(0.1).expand(ROWS, 2).sum(axis=0) / ROWS,
    lambda x: x.cumsum(axis=0)[-1] / ROWS,
    lambda x: x[:, 0].cumsum(axis=0)[-1] / ROWS,
])
def test_very_many_tenths(summed: Any) -> None:
    """NumPy adds pairwise along the last axis only, and gives .1009 for a million; the mean of equal numbers is that number."""
    x = td.full((ROWS, 2), 0.1)
    np.testing.assert_allclose(summed(x).array, TENTH, rtol=1e-6)


def test_four_million_rows() -> None:
    assert accurate_sum(np.full((4_000_000, 2), 0.1, np.float32), axis=0) == pytest.approx(4_000_000 * TENTH, rel=1e-6)


def test_every_gradient_that_is_a_sum() -> None:
    """Of what was broadcast, of a bias, of LayerNorm's weights, of an embedding and of entries that an index names twice."""
    x, n = np.full((ROWS, 2), 0.1, np.float32), ROWS // 4
    b = td.zeros(2, requires_grad=True)
    ((td.tensor(x) + b) * td.tensor(x)).sum().backward()
    np.testing.assert_allclose(b.grad.array, ROWS * TENTH, rtol=1e-6)
    small = td.tensor(x[:n])
    for of in (lambda p: F.linear(td.zeros(n, 1), td.zeros(2, 1), p),
               lambda p: F.embedding(np.zeros(n, int), p.reshape(1, 2)),
               lambda p: p.reshape(1, 2)[np.zeros(n, int)],
               lambda p: p.reshape(2, 1)[:, np.zeros(n, int)].T,
               lambda p: F.layer_norm(td.zeros(n, 2), (2,), None, p)):
        p = td.zeros(2, requires_grad=True)
        (of(p) * small).sum().backward()
        np.testing.assert_allclose(p.grad.array, n * TENTH, rtol=1e-6)


def test_float16_is_added_up_in_float32() -> None:
    """As PyTorch does: 70,000 ones are more than float16 can hold, and 2048 + 1 is 2048 in it."""
    ones = td.tensor(np.ones((70_000, 2), np.float16))
    np.testing.assert_array_equal(ones.mean(axis=0).array, np.ones(2, np.float16))
    assert ones.mean().dtype == np.float16
    np.testing.assert_array_equal(ones[:5000].sum(axis=0).array, [5000, 5000])
    np.testing.assert_array_equal(ones[:5000, 0].cumsum(axis=0).array[-1], 5000)
    assert float(ones.var(axis=0).sum()) == 0
    assert np.isinf(ones.sum().array)


@pytest.mark.parametrize("shape", [(200, 3), (5, 70, 4), (2, 70, 1, 3), (1, 300, 1), (0, 5), (70, 0)])
def test_any_axes_of_any_layout_are_added_up(shape: tuple[int, ...]) -> None:
    base = np.random.default_rng(0).random(shape).astype(np.float32) + 1
    for order in itertools.permutations(range(len(shape))):
        x = base.transpose(order)
        for layout in (x, np.repeat(x, 2, axis=-1)[..., ::2], x[::-1], np.broadcast_to(x, (3, *x.shape))):
            for k in range(layout.ndim + 1):
                for axes in itertools.combinations(range(layout.ndim), k):
                    for keepdims in (False, True):
                        got = accurate_sum(layout, axis=axes, keepdims=keepdims)
                        wanted = layout.sum(axis=axes, keepdims=keepdims, dtype=np.float64)
                        assert (got.shape, got.dtype) == (wanted.shape, np.float32)
                        np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_column_sums() -> None:
    for n in (0, 1, 63, 64, 65, 4095, 4097, 10_000):
        x = np.random.default_rng(n).random((n, 3))
        np.testing.assert_allclose(column_sums(x), x.sum(axis=0), rtol=1e-13)


# --- derivatives that choose --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("chosen", "at", "wanted"), [
    (lambda x: td.relu(x).sqrt(), -1.0, 0.0),  # PyTorch 2.13; inf * 0 is NaN
    (lambda x: td.maximum(x, 0.0).sqrt(), -1.0, 0.0),
    (lambda x: (-td.minimum(x, 0.0)).sqrt(), 1.0, 0.0),
    (lambda x: x.clamp(min=0).sqrt(), -1.0, 0.0),
    (lambda x: td.where(x > 0, x, 0.0).sqrt(), -1.0, 0.0),
    (lambda x: (x ** 0 - 1).sqrt(), 3.0, 0.0),
    (lambda x: (x ** td.tensor(0.0) - 1).sqrt(), 3.0, 0.0),
    (lambda x: td.relu(x), math.nan, 1.0),  # a NaN stays visible: PyTorch's gradient is that of y, not 0
    (lambda x: td.maximum(x, 1.0), math.nan, 1.0),
    (lambda x: td.minimum(1.0, x), math.nan, 1.0),
])
def test_what_was_not_chosen_gets_no_gradient_and_a_nan_does(chosen: Any, at: float, wanted: float) -> None:
    x = td.tensor(at, requires_grad=True)
    with np.errstate(divide="ignore"):
        chosen(x).backward()
    assert x.grad.item() == wanted


def test_the_largest_of_several_is_a_choice_too() -> None:
    x = td.tensor([0.0, -1.0, 0.0], requires_grad=True)
    with np.errstate(divide="ignore"):
        x.amax().sqrt().backward()
    np.testing.assert_array_equal(x.grad.array, [math.inf, 0, math.inf])
    x = td.tensor([1.0, math.nan, 2.0], requires_grad=True)
    x.amax().backward()  # PyTorch 2.13: torch.max of all entries
    np.testing.assert_array_equal(x.grad.array, [0, 1, 0])


def test_mixed_derivatives_of_a_power_at_exponent_0() -> None:
    """d/da d/db and d/db d/da of a^b are a^(b-1) (1 + b log a): 1/a at b = 0."""
    for first, second in ((0, 1), (1, 0)):
        point = td.tensor(2.0, dtype=td.float64, requires_grad=True), td.tensor(0.0, dtype=td.float64, requires_grad=True)
        (once,) = td.grad(point[0] ** point[1], point[first], create_graph=True)
        (twice,) = td.grad(once, point[second])
        assert twice.item() == pytest.approx(0.5)
    zero = td.tensor(0.0, requires_grad=True)
    (zero ** td.tensor([0.0, 1.0, 2.0])).sum().backward()
    assert zero.grad.item() == 1
    b = td.tensor([0.0, 2.0, -1.0], requires_grad=True)
    with np.errstate(divide="ignore"):
        (td.tensor(0.0) ** b).sum().backward()
    np.testing.assert_array_equal(b.grad.array, [0, 0, -math.inf])  # PyTorch 2.13


def test_norm_at_zero() -> None:
    """|x| through sqrt(sum) has the gradient NaN at 0; torch.linalg.vector_norm has 0 there."""
    for p in (1, 1.5, 2, 3):
        x = td.zeros(3, requires_grad=True)
        td.norm(x, p).backward()
        np.testing.assert_array_equal(x.grad.array, [0, 0, 0])
    assert td.norm(td.tensor([[3.0, 4.0], [6.0, 8.0]]), axis=1).tolist() == [5, 10]
    assert td.tensor([3.0, -4.0]).norm(math.inf).item() == 4


def test_layer_norm_of_numbers_whose_squares_overflow() -> None:
    """(x - mean) / std does not depend on the unit: of 1, 2, 3 it is -1.2247, 0, 1.2247."""
    for size, dtype in ((1e20, td.float32), (1e200, td.float64)):
        for fused in (True, False):
            x = td.tensor(np.array([[1, 2, 3], [0, 0, 0]]) * size, dtype=dtype, requires_grad=True)
            small = td.tensor([[1.0, 2, 3], [0, 0, 0]], dtype=dtype, requires_grad=True)
            with contextlib.nullcontext() if fused else td.unfused():
                y, wanted = F.layer_norm(x, (3,)), F.layer_norm(small, (3,))
                np.testing.assert_allclose(y.array[0], [-1.2247449, 0, 1.2247449], rtol=1e-6)
                np.testing.assert_allclose(y.array, wanted.array, atol=1e-5)
                factors = td.tensor([[1.0, 5, 2], [0, 0, 0]], dtype=dtype)
                (y * factors).sum().backward()
                (wanted * factors).sum().backward()
            np.testing.assert_allclose(x.grad.array[0] * size, small.grad.array[0], rtol=1e-3)


# --- booleans and bits --------------------------------------------------------------------------------------------


def test_bits() -> None:
    """PyTorch: & of integers is bit by bit; of booleans it is and; of floats an error."""
    a, b = td.tensor([6, 5]), td.tensor([3, 2])
    assert ((a & b).tolist(), (a | b).tolist(), (a ^ b).tolist(), (~a).tolist()) == ([2, 0], [7, 7], [5, 7], [-7, -6])
    assert ((a & 3).tolist(), (3 & a).tolist(), (a & np.array([3, 2])).tolist()) == ([2, 1], [2, 1], [2, 0])
    m, n = td.tensor([True, True, False]), td.tensor([True, False, False])
    assert ((m & n).tolist(), (m | n).tolist(), (m ^ n).tolist(), (~m).tolist()) == (
        [True, False, False], [True, True, False], [False, True, False], [False, False, True])
    assert np.bitwise_and(a, b).tolist() == [2, 0]
    for wrong in (lambda x: x & x, lambda x: x | 1, lambda x: ~x, lambda x: x ^ x):
        with pytest.raises(DTypeError, match="compare first"):
            wrong(td.tensor([1.0]))


def test_any_and_all_are_tensors() -> None:
    """`assert ~td.isnan(x).any()` never stopped: ~True of Python is -2, which is true."""
    x = td.tensor([[1.0, math.nan], [2.0, 3.0]])
    found = td.isnan(x).any()
    assert isinstance(found, td.Tensor)
    assert (found.item(), (~found).item(), bool(~found)) == (True, False, False)
    assert td.isnan(x).any(axis=1).tolist() == [True, False]
    assert td.all(x > 1, axis=0, keepdims=True).tolist() == [[False, False]]
    assert (x > 0).all().item() is False
    assert np.any(td.isnan(x)).item() is True


# --- indices ------------------------------------------------------------------------------------------------------


def test_numbers_are_applied_before_arrays() -> None:
    """PyTorch's rule. NumPy takes the number for an array too, whose axis comes to the front: [[1, 3], [0, 2]]."""
    x = td.tensor([[[0, 1], [2, 3]]])
    assert x[0, :, [1, 0]].tolist() == [[1, 0], [3, 2]]
    assert x[..., 0, :, td.tensor([True, False])].tolist() == [[0], [2]]
    assert x[0, None, [1, 0]].shape == (1, 2, 2)
    x[0, :, [1, 0]] = td.tensor([[10, 20], [30, 40]])
    assert x.tolist() == [[[20, 10], [40, 30]]]
    w = td.zeros(1, 2, 2, requires_grad=True)
    (w[0, :, [1, 1]] * td.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert w.grad.tolist() == [[[0, 3], [0, 7]]]


def test_a_list_of_lists_means_two_things() -> None:
    with pytest.raises(DTypeError, match="one index per axis"):
        td.zeros(2, 2)[[[0, 1], [1, 0]]]
    assert td.zeros(2, 2)[td.tensor([[0, 1], [1, 0]])].shape == (2, 2, 2)


@pytest.mark.torch
def test_all_kinds_of_indices_are_pytorchs(torch: Any) -> None:
    values = np.arange(48.0).reshape(2, 3, 4, 2)
    parts = [0, slice(None), slice(0, 2), [1, 0], None, Ellipsis, np.array([True, False, True]), np.array(1)]
    for r in (1, 2, 3):
        for index in itertools.product(parts, repeat=r):
            if sum(i is Ellipsis for i in index) > 1:
                continue
            theirs = tuple(torch.tensor(i) if isinstance(i, np.ndarray) else i for i in index)
            t, x = torch.tensor(values), td.tensor(values)
            try:
                wanted = t[theirs]
            except IndexError:
                with pytest.raises(td.errors.TinydawnError):
                    x[index]
                continue
            np.testing.assert_array_equal(x[index].array, wanted.numpy(), err_msg=repr(index), strict=True)
            t[theirs], x[index] = -1.0, -1.0
            np.testing.assert_array_equal(x.array, t.numpy(), err_msg=repr(index))


# --- writing in place ---------------------------------------------------------------------------------------------


def test_memory_that_is_shared_is_written() -> None:
    """PyTorch: rows, detached Tensors and the values of a state dict are views of the memory, and `*=` changes it."""
    table = td.tensor(np.ones((3, 2), np.float32))
    for row in table:
        row *= 0
    assert table.tolist() == [[0, 0]] * 3
    p = td.tensor([1.0, 2.0], requires_grad=True)
    w = p.detach()
    w -= 0.5
    assert p.tolist() == [0.5, 1.5]
    array = np.array([1.0, 2.0], np.float32)
    shared = td.Tensor(array)
    shared *= 2
    np.testing.assert_array_equal(array, [2, 4])
    layer = td.nn.Linear(2, 2)
    for t in layer.state_dict().values():
        t *= 0
    assert (float(abs(layer.weight).sum()), float(abs(layer.bias).sum())) == (0, 0)
    with td.no_grad():
        y = p * 2
        first = y[0]
        y += 1
    assert first.item() == 2
    x = td.tensor([1.0, 2.0])
    back = x.flip(0)  # a copy, as in PyTorch; NumPy's is a view
    back *= 0
    assert x.tolist() == [1, 2]


def saved_and_changed() -> dict[str, Any]:
    """Per name: a function that makes a loss, writes to what its gradient needs, and returns the loss."""
    def product() -> Any:
        p = td.tensor([1.0, 2.0], requires_grad=True)
        c = td.tensor([3.0, 4.0])
        loss = (p * c).sum()
        c += 1
        return loss

    def detached() -> Any:
        p = td.tensor([1.0, 2.0], requires_grad=True)
        loss = (p * p).sum()
        w = p.detach()
        w -= 1
        return loss

    def entry() -> Any:
        p = td.tensor([1.0, 2.0], requires_grad=True)
        loss = (p * p).sum()
        with td.no_grad():
            p[0] = 7.0
        return loss

    def row_of_it() -> Any:
        p = td.tensor([[1.0, 2.0]], requires_grad=True)
        loss = (p * p).sum()
        with td.no_grad():
            for row in p:
                row *= 2
        return loss

    def index() -> Any:
        table, place = td.tensor([1.0, 2.0], requires_grad=True), td.tensor([0])
        loss = table[place].sum()
        place += 1
        return loss

    def ids() -> Any:
        table, place = td.tensor([[1.0], [2.0]], requires_grad=True), td.tensor([0])
        loss = F.embedding(place, table).sum()
        place += 1
        return loss

    def mask() -> Any:
        p, seen = td.tensor([1.0, 2.0], requires_grad=True), td.tensor([True, False])
        loss = td.where(seen, p, 0.0).sum()
        seen ^= True
        return loss

    def step() -> Any:
        layer = td.nn.Sequential(td.nn.Linear(2, 2), td.nn.Tanh(), td.nn.Linear(2, 1))
        optimizer = td.optim.SGD(layer.parameters(), lr=0.1)
        layer(td.ones(1, 2)).sum().backward()
        loss = layer(td.ones(1, 2)).sum()
        optimizer.step()
        return loss

    def loaded() -> Any:
        layer = td.nn.Sequential(td.nn.Linear(2, 2), td.nn.Linear(2, 1))
        loss = layer(td.ones(1, 2)).sum()
        layer.load_state_dict({name: np.zeros(t.shape) for name, t in layer.state_dict().items()})
        return loss

    return {f.__name__: f for f in (product, detached, entry, row_of_it, index, ids, mask, step, loaded)}


@pytest.mark.parametrize("case", saved_and_changed())
def test_a_backward_pass_says_that_what_it_needs_was_changed(case: str) -> None:
    """PyTorch: "one of the variables needed for gradient computation has been modified by an inplace operation"."""
    loss = saved_and_changed()[case]()
    with pytest.raises(GraphError, match="changed between forward and backward"):
        loss.backward()


def test_what_was_changed_before_or_is_not_needed_is_no_error() -> None:
    p, c = td.tensor([1.0, 2.0], requires_grad=True), td.tensor([3.0, 4.0])
    c += 1
    loss = (p * c).sum() + (p + td.tensor([1.0, 1.0])).sum()
    other = td.tensor([1.0])
    other += 1
    loss.backward()
    assert p.grad.tolist() == [5, 6]
    total = td.zeros(2)
    for _ in range(3):
        total += p * 2  # a sum saves nothing
    total.sum().backward()
    assert p.grad.tolist() == [11, 12]
    h = td.tanh(p)
    h += 1  # only the op that made h holds it, and keeps what it held
    p.grad = None
    h.sum().backward()
    np.testing.assert_allclose(p.grad.array, 1 - np.tanh([1, 2]) ** 2, rtol=1e-6)


def test_memory_of_what_is_recorded_is_not_changed_under_others() -> None:
    """What shares the memory would show the new value with the old past: PyTorch gives it a new past, here it is an error."""
    p = td.tensor([1.0, 2.0], requires_grad=True)
    for other in (lambda h: h[0], lambda h: h.detach(), lambda h: h.numpy(), lambda h: h * h, lambda h: h.reshape(2, 1)):
        h = p * 2
        kept = other(h)
        with pytest.raises(GraphError, match="write x = x"):
            h += 1
        assert h.tolist() == [2, 4]
        del kept
        h += 1
        assert h.tolist() == [3, 5]
    shown = td.ones(1).expand(3)
    with pytest.raises(GraphError, match="cannot be written"):
        shown += 1
    with pytest.raises(GraphError, match="cannot be written"):
        shown[0] = 1.0


def test_in_place_under_a_drawing_or_detect_anomaly() -> None:
    """They hold every array, which is no reason to refuse."""
    p = td.tensor([1.0, 2.0], requires_grad=True)
    with td.detect_anomaly():
        h = p * 2
        h += 1
        h.sum().backward()
    assert p.grad.tolist() == [2, 2]


# --- PyTorch's spellings ------------------------------------------------------------------------------------------


def test_what_is_made_of_numbers() -> None:
    """torch.full infers the dtype, torch.Tensor of a list is float32, and torch.Tensor(3) three numbers: here an error."""
    assert [td.full((2,), v).dtype for v in (3, True, 0.5, td.tensor(2))] == [td.int64, td.bool_, td.float32, td.int64]
    assert td.full((2,), 3, dtype=td.float64).dtype == td.float64
    assert td.Tensor([0, 0]).dtype == td.float32
    for wrong in ([None], ["1"], [1.0, None], np.array(["1"])):  # NaN and 1, if NumPy is asked for floats
        for make in (td.Tensor, td.tensor, lambda v: td.tensor(v, dtype=td.float32)):
            with pytest.raises(DTypeError, match="values of dtype"):
                make(wrong)
    for value in (3, 3.0, True):
        with pytest.raises(DTypeError, match=r"td\.zeros"):
            td.Tensor(value)


def test_the_gradient_of_what_was_computed_is_not_none_in_silence() -> None:
    p = td.tensor([1.0], requires_grad=True)
    h = p * 2
    h.sum().backward()
    with pytest.warns(UserWarning, match=r"td\.grad\(loss, x\)"):
        assert h.grad is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (p.grad.item(), td.tensor(1.0).grad) == (2, None)


def test_ops_are_what_the_table_says() -> None:
    """The derivatives above by their formulas, on arrays: what a walk calls."""
    np.testing.assert_array_equal(ops.relu(np.array([math.nan, -1.0])), [math.nan, 0])
    assert ops.any(np.array([0, 2])) and not ops.all(np.array([0, 2]))  # noqa: PT018


def test_a_tensor_of_one_number_is_a_length_a_bound_and_a_seed() -> None:
    n = td.tensor([1, 2]).amax()
    assert (td.zeros(n, 3).shape, td.ones((n,)).shape) == ((2, 3), (2,))
    assert (td.full(n, n).tolist(), td.arange(n).tolist()) == ([2, 2], [0, 1])
    assert td.randint(0, n, n).shape == (2,)
    td.manual_seed(n)
    first = td.randn(n)
    td.manual_seed(2)
    assert first.tolist() == td.randn(2).tolist()
