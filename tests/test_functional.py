"""Properties of functional.py over shapes, indices and subscripts that Hypothesis finds, and what op_db cannot say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinydawn as td
from tinydawn import functional, ops
from tinydawn.errors import ShapeError
from tinydawn.nn import functional as F

shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)


def numbers(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.asarray(np.random.default_rng(seed).uniform(0.5, 2.0, shape))


def leaf(shape: tuple[int, ...], seed: int = 0) -> td.Tensor:
    return td.tensor(numbers(shape, seed), requires_grad=True)


# --- broadcasting -------------------------------------------------------------------------------------------------


@given(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=4, min_side=0, max_side=3))
def test_broadcasting(found: hnp.BroadcastableShapes) -> None:
    """Whatever NumPy broadcasts, we do, and each gradient is of its own argument's shape, summed over the copies."""
    a, b, c = (leaf(s, k) for k, s in enumerate(found.input_shapes))
    y = a * b + c / a
    assert y.shape == found.result_shape
    np.testing.assert_allclose(y.array, a.array * b.array + c.array / a.array, rtol=1e-14)
    g = numbers(y.shape, 9)
    y.backward(g)

    def back(full: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        full = np.broadcast_to(full, found.result_shape)
        lead = full.ndim - len(shape)
        return full.sum(axis=tuple(range(lead)) + tuple(lead + k for k, n in enumerate(shape) if n == 1),
                        keepdims=True).reshape(shape)

    np.testing.assert_allclose(a.grad.array, back(g * (b.array - c.array / a.array**2), a.shape), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(b.grad.array, back(g * a.array, b.shape), rtol=1e-12)
    np.testing.assert_allclose(c.grad.array, back(g / a.array, c.shape), rtol=1e-12)


@given(shapes, shapes)
def test_shapes_that_numpy_refuses_we_refuse(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(ShapeError, match="do not broadcast together"):
            leaf(a) + leaf(b)
    else:
        assert (leaf(a) + leaf(b)).shape == expected


@given(shapes, st.data())
def test_sum_to_undoes_broadcast_to(shape: tuple[int, ...], data: st.DataObject) -> None:
    lead = tuple(data.draw(st.lists(st.integers(0, 3), max_size=2)))
    wide = (*lead, *(data.draw(st.integers(0, 3)) if n == 1 else n for n in shape))
    g = numbers(wide)
    out = ops.sum_to(g, shape)
    assert out.shape == shape
    np.testing.assert_allclose(out.sum(), g.sum(), rtol=1e-12)


# --- indexing -----------------------------------------------------------------------------------------------------


@st.composite
def indexed(draw: Any) -> tuple[tuple[int, ...], Any]:
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4))
    kind = draw(st.sampled_from(["basic", "integers", "mask", "mixed"]))
    if kind == "basic":
        return shape, draw(hnp.basic_indices(shape, allow_newaxis=True))
    if kind == "integers":
        return shape, draw(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2, max_side=4)))
    if kind == "mask":
        return shape, draw(hnp.arrays(bool, shape))
    rows = draw(hnp.arrays(np.int64, draw(st.integers(0, 4)), elements=st.integers(-shape[0], shape[0] - 1)))
    return shape, (rows, *(draw(st.sampled_from([slice(None), slice(None, None, -1), slice(0, 1)])) for _ in shape[1:]))


@given(indexed())
def test_indexing(case: tuple[tuple[int, ...], Any]) -> None:
    """Value as NumPy's; each entry's gradient is the sum of those of its copies in the result."""
    shape, index = case
    x = leaf(shape)
    y = x[index]
    np.testing.assert_array_equal(y.array, x.array[index])
    g = numbers(y.shape, 1)
    if y.requires_grad:
        y.backward(g)
    expected = np.zeros(shape)
    np.add.at(expected, index, g)
    np.testing.assert_allclose(x.grad.array, expected, rtol=1e-14)


@given(indexed())
def test_scatter_and_getitem_are_adjoint(case: tuple[tuple[int, ...], Any]) -> None:
    """<x[i], v> = <x, scatter(v)>: what makes each the other's derivative."""
    shape, index = case
    x = numbers(shape)
    v = numbers(x[index].shape, 1)
    np.testing.assert_allclose((x[index] * v).sum(), (x * ops.scatter(v, index=index, shape=shape)).sum(), rtol=1e-12)


# --- einsum -------------------------------------------------------------------------------------------------------


@st.composite
def subscripts(draw: Any) -> tuple[str, list[tuple[int, ...]]]:
    lengths = dict(zip("ijkl", draw(st.lists(st.integers(1, 3), min_size=4, max_size=4)), strict=True))
    terms = draw(st.lists(st.text("ijkl", max_size=3), min_size=1, max_size=3))
    letters = sorted(set("".join(terms)))
    out = "".join(draw(st.permutations(letters)))[:draw(st.integers(0, len(letters)))]
    dims = [tuple(lengths[c] if t.count(c) > 1 or draw(st.booleans()) else draw(st.sampled_from([1, lengths[c]]))
                  for c in t) for t in terms]
    return ",".join(terms) + "->" + out, dims


@given(subscripts())
def test_einsum(case: tuple[str, list[tuple[int, ...]]]) -> None:
    """As np.einsum, with repeated letters, letters summed away, and lengths of 1 that broadcast; and differentiable."""
    spec, dims = case
    operands = [leaf(s, k) for k, s in enumerate(dims)]
    try:
        expected = np.einsum(spec, *[o.array for o in operands])
    except ValueError:  # a letter twice in one term at length 1 against another
        return
    y = td.einsum(spec, *operands)
    np.testing.assert_allclose(y.array, expected, rtol=1e-12)
    assert td.gradcheck(lambda *o: td.einsum(spec, *o), operands, atol=1e-6, rtol=1e-5)


def test_einsum_says_what_the_others_compute() -> None:
    a, b, v = leaf((2, 3)), leaf((3, 4), 1), leaf((3,), 2)
    np.testing.assert_allclose(td.einsum("ij,jk", a, b).array, (a @ b).array)
    np.testing.assert_allclose(td.einsum("ij,j->i", a, v).array, (a @ v).array)
    np.testing.assert_allclose(td.einsum("ij->ji", a).array, a.T.array)
    np.testing.assert_allclose(td.einsum("i,j->ij", v, v).array, td.outer(v, v).array)
    np.testing.assert_allclose(td.einsum("i,i", v, v).array, td.dot(v, v).array)


# --- shapes and reductions ----------------------------------------------------------------------------------------


@given(shapes, st.data())
def test_reductions_over_any_axes(shape: tuple[int, ...], data: st.DataObject) -> None:
    axes = data.draw(st.none() | st.sets(st.integers(-len(shape), len(shape) - 1)).map(tuple)) if shape else None
    if axes is not None and len({a % len(shape) for a in axes}) != len(axes):
        return
    keep = data.draw(st.booleans())
    x = leaf(shape)
    y = x.sum(axis=axes, keepdims=keep)
    np.testing.assert_allclose(y.array, np.sum(x.array, axis=axes, keepdims=keep), rtol=1e-12)
    y.backward(np.ones(y.shape))
    np.testing.assert_array_equal(x.grad.array, np.ones(shape))
    if x.array.size:
        np.testing.assert_array_equal(x.amax(axis=axes, keepdims=keep).array, np.max(x.array, axis=axes, keepdims=keep))
        np.testing.assert_allclose(x.mean(axis=axes, keepdims=keep).array, np.mean(x.array, axis=axes, keepdims=keep),
                                   rtol=1e-12)


@given(shapes, st.randoms(use_true_random=False))
def test_permute_reshape_and_back(shape: tuple[int, ...], random: Any) -> None:
    order = list(range(len(shape)))
    random.shuffle(order)
    x = leaf(shape)
    y = x.permute(order).reshape(math.prod(shape)).reshape(*(shape[a]
                                                             for a in order)).permute(*np.argsort(order).tolist())
    np.testing.assert_array_equal(y.array, x.array)
    g = numbers(shape, 1)
    y.backward(g)
    np.testing.assert_array_equal(x.grad.array, g)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=4), st.integers(-2, 1))
def test_cat_and_split_are_inverse(lengths: list[int], axis: int) -> None:
    parts = [leaf((n, 2) if axis in (0, -2) else (2, n), k) for k, n in enumerate(lengths)]
    back = td.cat(parts, axis=axis).split(lengths, axis=axis)
    for p, b in zip(parts, back, strict=True):
        np.testing.assert_array_equal(p.array, b.array)
    td.stack([(b * (k + 1.0)).sum() for k, b in enumerate(back)]).sum().backward()
    for k, p in enumerate(parts):
        np.testing.assert_array_equal(p.grad.array, np.full(p.shape, k + 1.0))


# --- well-behaved at the edges, and silent where PyTorch is -------------------------------------------------------


def test_softmax_with_masked_entries_is_exact_and_silent() -> None:
    x = td.tensor([[1.0, 2.0, -math.inf], [-math.inf, -math.inf, 5.0]], requires_grad=True)
    p = td.softmax(x, axis=1)
    assert p.array[0, 2] == 0.0
    assert p.tolist()[1] == [0.0, 0.0, 1.0]
    (p * td.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert np.isfinite(x.grad.array).all()
    assert td.log_softmax(x, axis=1).array[1, 2] == 0.0


def test_logsumexp_of_nothing_left_is_minus_infinity() -> None:
    """log(0) without a warning: a row that is masked whole is a value, not an accident."""
    out = td.logsumexp(td.tensor([[-math.inf, -math.inf], [0.0, -math.inf]]), axis=1)
    assert out.tolist() == [-math.inf, 0.0]
    assert td.logsumexp(np.full((2, 3), -math.inf), axis=1).tolist() == [-math.inf] * 2
    x = td.tensor([[-math.inf, -math.inf], [0.0, -math.inf]], requires_grad=True)
    td.logsumexp(x, axis=1).sum().backward()
    assert x.grad.tolist() == [[0.0, 0.0], [1.0, 0.0]], "PyTorch gives NaN in the first row; nothing moves -inf"


def test_no_overflow_in_float32() -> None:
    x = td.tensor([-200.0, 0.0, 200.0], requires_grad=True)
    for f in (td.sigmoid, td.tanh, lambda v: td.softmax(v, 0), lambda v: td.logsumexp(v, 0), td.erf):
        y = f(x)
        assert np.isfinite(y.array).all()
        y.sum().backward()
        assert np.isfinite(x.grad.array).all()


def test_power_at_zero_is_silent_where_it_is_finite() -> None:
    for n in (0, 1, 2, 3, 1.0, 2.0, 0.0):
        x = td.tensor([0.0, -1.0], requires_grad=True)
        (x ** n).sum().backward()
        assert x.grad.tolist() == [{0: 0.0, 1: 1.0}.get(n, 0.0), n * (-1.0) ** (n - 1)]


def test_clamp_ties_and_the_relu_at_zero() -> None:
    x = td.tensor([-1.0, 0.0, 1.0, 2.0], requires_grad=True)
    x.clamp(0.0, 1.0).sum().backward()
    assert x.grad.tolist() == [0.0, 1.0, 1.0, 0.0]
    x.grad = None
    td.relu(x).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 1.0, 1.0]


def test_std_of_equal_numbers_has_gradient_zero() -> None:
    x = td.ones(3, requires_grad=True)
    x.std().backward()
    assert x.grad.tolist() == [0.0, 0.0, 0.0]


def test_nan_goes_through() -> None:
    x = td.tensor([1.0, math.nan])
    for f in (td.exp, td.tanh, td.sigmoid, td.relu, td.erf, td.abs, lambda v: v.amax(), lambda v: v.sum(),
              lambda v: v.clamp(0.0, 2.0)):
        assert np.isnan(f(x).array).any(), "a NaN must not be hidden"


def test_views_are_views_and_copies_are_copies() -> None:
    x = td.zeros(4, 3)
    for view in (x.reshape(12), x.T, x.transpose(0, 1), x[1:], x.unsqueeze(0), x.flatten(), x.permute(1, 0)):
        assert np.shares_memory(view.array, x.array)
    for copied in (x.clone(), x[np.array([0, 1])], x + 0.0, td.cat([x])):
        assert not np.shares_memory(copied.array, x.array)


def test_methods_are_the_functions() -> None:
    for name in ("sum", "mean", "var", "std", "softmax", "log_softmax", "matmul", "reshape", "permute", "gather",
                 "clamp", "masked_fill", "split", "tril"):
        assert getattr(td.Tensor, name) is getattr(functional, name)


# --- order --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("descending", [False, True])
def test_sort(axis: int, descending: bool) -> None:
    values = np.random.default_rng(0).integers(0, 4, (5, 6)).astype(float)  # with ties, whose order is kept
    x = td.tensor(values, requires_grad=True)
    found, order = td.sort(x, axis, descending)
    expected = np.argsort(-values if descending else values, axis=axis, kind="stable")
    np.testing.assert_array_equal(order.array, expected)
    np.testing.assert_array_equal(td.argsort(values, axis, descending), expected)
    np.testing.assert_array_equal(found.array, np.take_along_axis(values, expected, axis))
    weights = np.arange(30.0).reshape(5, 6)
    (found * td.tensor(weights)).sum().backward()
    back = np.zeros_like(values)
    np.put_along_axis(back, expected, weights, axis)
    np.testing.assert_array_equal(x.grad.array, back)


def test_topk() -> None:
    x = td.tensor([[3.0, 1.0, 2.0], [1.0, 5.0, 4.0]], requires_grad=True)
    values, where = x.topk(2)
    assert (values.tolist(), where.tolist()) == ([[3, 2], [5, 4]], [[0, 2], [1, 2]])
    values.sum().backward()
    assert x.grad.tolist() == [[1, 0, 1], [0, 1, 1]]
    assert td.topk(x, 1, axis=0)[1].tolist() == [[0, 1, 1]]
    assert td.topk(x, 0)[0].shape == (2, 0)
    assert td.topk(np.array([2, 9, 4]), 2)[0].tolist() == [9, 4], "arrays in, arrays out"


def test_triangles_of_booleans_are_booleans() -> None:
    """td.ones(T, T, dtype=bool).triu(1) is how a causal mask is written."""
    mask = td.ones(3, 3, dtype=bool).triu(1)
    assert mask.dtype == bool
    assert mask.tolist() == [[False, True, True], [False, False, True], [False, False, False]]
    assert td.ones(2, 2, dtype=np.float32).tril().dtype == np.float32


# --- what PyTorch's own samples asked for (tests/test_opinfo.py compares them with it; here are the values) ----------


@pytest.mark.parametrize("axis", [0, -1])
def test_one_number_has_an_axis_0(axis: int) -> None:
    """Along axis 0 or -1 a 0-d tensor is one entry, as in PyTorch; the result is 0-d, and has a gradient."""
    x = td.tensor(3.0, requires_grad=True)
    found = [x.sum(axis), x.sum((axis,)), x.mean(axis), x.mean((axis,), keepdims=True), x.amax(axis), x.amin((axis,)),
             x.logsumexp(axis), x.logsumexp((axis,), keepdims=True), x.cumsum(axis), x.transpose(axis, axis), x.squeeze(axis),
             x.squeeze((axis,)), x.flip(axis), x.gather(axis, td.tensor(0)), x.index_select(axis, td.tensor([0])),
             x.sort(axis)[0], x.topk(1, axis)[0]]
    for i, y in enumerate(found):
        assert (y.shape, y.item(), y.dtype) == ((), 3.0, np.float32), i
        x.grad = None
        y.backward()
        assert x.grad.item() == 1.0, i
    assert x.gather(axis, td.tensor([0, 0])).tolist() == [3.0, 3.0]
    assert [x.softmax(axis).item(), x.log_softmax(axis).item(), x.var(axis, correction=0).item()] == [1.0, 0.0, 0.0]
    assert [y.item() for y in (x.argmax(axis), x.argsort(axis), x.sort(axis)[1], x.topk(1, axis)[1])] == [0, 0, 0, 0]
    assert td.tensor(3).logsumexp(axis).dtype == td.tensor(3).softmax(axis).dtype == np.float32
    assert td.sum(np.float64(3.0).reshape(()), (axis,)) == 3.0
    for bad in (lambda: x.sum((0, -1)), lambda: x.mean((0, 0)), lambda: x.flip((0, 0)), lambda: td.ones(2, 3).flip((1, -1))):
        with pytest.raises(td.errors.ShapeError, match=r"names an axis twice"):
            bad()
    for name, bad in (("mean", lambda: x.mean(1)), ("softmax", lambda: x.softmax(1)), ("squeeze", lambda: x.squeeze(-2))):
        with pytest.raises(td.errors.ShapeError, match=f"{name}: axis -?[12] is out of range for a tensor with 0 axes"):
            bad()
    for name, bad in (("split", lambda: x.split(1)), ("chunk", lambda: x.chunk(1))):
        with pytest.raises(td.errors.ShapeError, match=f"{name}: a 0-d tensor cannot be cut"):
            bad()
    with pytest.raises(td.errors.ShapeError, match="index_select: index has shape"):
        x.index_select(0, td.tensor([0, 0]))


def test_an_axis_is_no_truth() -> None:
    """x.var(True) is PyTorch's unbiased=True, and x.sum(True) a slip: True is no axis 1."""
    for f in (td.sum, td.mean, td.var, td.std, td.amax, td.amin):
        with pytest.raises(td.errors.DTypeError, match="axis must be an int"):
            f(td.ones(2, 3), True)


def test_reductions_and_softmax_over_nothing() -> None:
    """The sum of nothing is 0, so its logarithm is -inf; a softmax of nothing is nothing. PyTorch says the same."""
    assert td.logsumexp(td.zeros(2, 0), axis=1).tolist() == [-math.inf, -math.inf]
    for f in (td.softmax, td.log_softmax, F.softmax, F.log_softmax):
        x = td.zeros(5, 0, 2, requires_grad=True)
        for axis in (0, 1, 2):
            y = f(x, axis)
            assert (y.shape, y.dtype) == ((5, 0, 2), np.float32)
            y.sum().backward()
        assert x.grad.shape == (5, 0, 2)


def test_correction_none_is_the_default() -> None:
    x = td.tensor([1.0, 2.0, 4.0])
    assert td.var(x, correction=None).item() == td.var(x).item() == pytest.approx(7 / 3)
    assert td.std(x, correction=0.5).item() == pytest.approx(math.sqrt(14 / 3 / 2.5))


def test_axes_may_be_a_list() -> None:
    x = td.arange(6.0).reshape(1, 2, 3)
    assert x.flip([1, 2]).tolist() == [[[5.0, 4.0, 3.0], [2.0, 1.0, 0.0]]]
    assert x.squeeze([0, 1]).shape == (2, 3)


def test_masked_fill_with_a_mask_of_more_axes() -> None:
    """Both are broadcast, as in PyTorch; the gradient is summed back."""
    x = td.tensor([1.0, 2.0], requires_grad=True)
    y = x.masked_fill(td.tensor([[True, False], [False, False]]), 9.0)
    assert y.tolist() == [[9.0, 2.0], [1.0, 2.0]]
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 2.0]
    assert td.ones(2, 1).masked_fill(np.array([True, False]), 0.0).tolist() == [[0.0, 1.0], [0.0, 1.0]]


def test_cat_with_an_empty_vector() -> None:
    """A list of results that begins with nothing: an empty vector fits in everywhere, as in PyTorch."""
    nothing, x = td.tensor([]), td.ones(2, 3)
    for parts in ([nothing, x], [x, nothing], [nothing, x, nothing]):
        for axis in (0, 1, -1):
            assert td.cat(parts, axis).tolist() == x.tolist()
    assert td.cat([nothing, nothing]).shape == (0,)
    with pytest.raises(td.errors.ShapeError, match="cat"):
        td.cat([td.zeros(0, 4), x], axis=0)


def test_arange_of_integers_cuts_each_number() -> None:
    """0.5, 2, 3.5 cut to integers; NumPy's, given the dtype, steps by the difference of the first two cut ones: 0, 2, 4."""
    assert td.arange(0.5, 5, 1.5, dtype=int).tolist() == [0, 2, 3]
