"""What is computed in another way than it is written, for speed: equal to the plain form, over every range and in every block."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn import backend, gradients, nn, ops
from tinydawn.kernels import attention, pointwise
from tinydawn.nn import functional as F

rng = np.random.default_rng(0)
LARGE = 2 * backend.BLOCK + 7  # more than one block, of either dtype, and a part of one
SPREAD = np.concatenate([np.linspace(-30, 30, 12001), 10.0 ** np.linspace(-20, 0, 500), -(10.0 ** np.linspace(-20, 0, 500)),
                         [0.0, -0.0, 1e-300, -1e-20, 1e20, -1e200, math.inf, -math.inf]])


def spread(dtype: Any) -> np.ndarray:
    return np.clip(SPREAD, -1e38, 1e38).astype(dtype) if dtype == np.float32 else SPREAD


def error(found: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """The largest difference, and the largest in units of the last place of what is right."""
    off = np.abs(found.astype(float) - right)
    least = np.finfo(found.dtype).tiny
    return off.max(), (off / np.spacing(np.maximum(np.abs(right), least).astype(found.dtype))).max()


# --- powers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [-4, -3, -2, -1, -0.5, 0, 0.5, 1, 2, 3, 4, 5, 6, 7, 8, 3.0, -2.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_powers(n: float, dtype: Any) -> None:
    x = rng.uniform(0.3, 3.0, LARGE).astype(dtype)
    if n == int(n):
        x *= rng.choice([-1, 1], LARGE).astype(dtype)
    found = ops.pow(x, n)
    assert found.dtype == dtype
    right = x.astype(float) ** n
    assert error(found, right)[1] < 2 + abs(n)
    for view in (x[::3], x[:6].reshape(2, 3).T, x[:0], x[:1].reshape(()), np.broadcast_to(x[:3], (2, 3))):
        np.testing.assert_allclose(ops.pow(view, n), view.astype(float) ** n, rtol=2e-6 if dtype == np.float32 else 1e-14)


@pytest.mark.parametrize("n", [-3, -2, 3, 4, 6])
def test_powers_at_the_ends_of_the_numbers(n: int) -> None:
    x = np.array([0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, -1.0, 1e-30, 1e30, -1e30], np.float32)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(ops.pow(x, n), np.power(x, n), rtol=1e-6, atol=1e-44)
    if n < 0:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert ops.pow(np.array([1e30], np.float32), n)[0] == 0.0, "too small, and no warning that it is too large"


def test_powers_of_other_kinds_stay_numpys() -> None:
    assert ops.pow(np.arange(4), 3).tolist() == [0, 1, 8, 27]
    assert ops.pow(np.arange(4), 3).dtype.kind == "i"
    assert ops.pow(td.tensor([1.0, 2.0]), td.tensor([3.0, 3.0])).tolist() == [1.0, 8.0]
    half = np.array([1.1, 2.3], np.float16)
    assert ops.pow(half, 3).tolist() == np.power(half, 3).tolist()
    assert ops.pow(3.0, 4) == 81.0


# --- erf, erfc, gelu, sigmoid -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "absolute", "places"), [(np.float64, 5e-16, 6), (np.float32, 1.3e-7, 4)])
def test_erf(dtype: Any, absolute: float, places: float) -> None:
    """To the last places, also where x is tiny and where erf is nearly 1."""
    x = spread(dtype)
    found = ops.erf(x)
    off, last = error(found, np.array([math.erf(v) for v in x.astype(float)]))
    assert found.dtype == dtype
    assert off < absolute
    assert last < places
    np.testing.assert_array_equal(ops.erf(-x), -found)
    assert np.isnan(ops.erf(np.array([math.nan], dtype))).all()


@pytest.mark.parametrize(("dtype", "relative"), [(np.float64, 1e-13), (np.float32, 6e-6)])
def test_erfc_is_right_where_it_is_tiny(dtype: Any, relative: float) -> None:
    """To 13 digits at 1e-200: exp(-z^2) gives back what the rounding of z^2 took."""
    x = spread(dtype)
    right = np.array([math.erfc(v) for v in x.astype(float)])
    np.testing.assert_allclose(ops.erfc(x), right, rtol=relative, atol=2 * np.finfo(dtype).tiny)
    assert (ops.erfc(np.array([28.0, 1e30, math.inf], dtype)) == 0).all()
    assert (ops.erfc(np.array([-7.0, -1e30, -math.inf], dtype)) == 2).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gelu_is_right_where_it_is_tiny(dtype: Any) -> None:
    x = np.linspace(-12, 12, 4001).astype(dtype)
    right = np.array([v * 0.5 * math.erfc(-v * math.sqrt(0.5)) for v in x.astype(float)])
    np.testing.assert_allclose(F.gelu(td.Tensor(x)).array, right, rtol=2e-5 if dtype == np.float32 else 1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_is_right_on_both_sides(dtype: Any) -> None:
    x = spread(dtype)
    right = np.where(x < 0, np.exp(np.minimum(x, 0).astype(float)), 1) / (1 + np.exp(-np.abs(x).astype(float)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ops.sigmoid(x)
    np.testing.assert_allclose(found, right, rtol=3e-7 if dtype == np.float32 else 1e-15, atol=2 * np.finfo(dtype).tiny)
    assert ops.sigmoid(np.array([-math.inf, math.inf], dtype)).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("name", ["erf", "erfc", "sigmoid"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_blocks_are_seamless(name: str, dtype: Any) -> None:
    """A large array gives what its parts give; views, 0-d and empty arrays too."""
    function = getattr(ops, name)
    x = rng.normal(size=LARGE).astype(dtype)
    whole = function(x)
    assert whole.dtype == dtype
    np.testing.assert_allclose(whole, np.concatenate([function(part) for part in np.array_split(x, 50)]), rtol=1e-6)
    square = x[:10000].reshape(100, 100)
    np.testing.assert_array_equal(function(square.T), function(square).T)
    np.testing.assert_array_equal(function(x[::-1]), whole[::-1])
    assert function(x[:0]).shape == (0,)
    assert function(x[0:1].reshape(())).shape == ()
    assert function(x[0:1].reshape(())) == whole[0]
    assert abs(function(0.5) - float(function(np.array([0.5]))[0])) < 1e-15


# --- softmax ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(backend.BLOCK + 1,), (3, backend.BLOCK), (700, 101), (70, 10, 101)])
def test_softmax_in_blocks(shape: tuple[int, ...]) -> None:
    x = td.Tensor(rng.normal(size=shape).astype(np.float32), requires_grad=True)
    g = rng.normal(size=shape).astype(np.float32)
    found = []
    for plain in (False, True):
        x.grad = None
        with td.unfused() if plain else td.enable_grad():
            y = F.softmax(x, -1)
        y.backward(g)
        found.append((y.array, x.grad.array))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-8)


# --- topk -----------------------------------------------------------------------------------------------------------


def by_sorting(x: np.ndarray, k: int) -> np.ndarray:
    """What is defined: the largest first, of equal ones the first, NaN above all."""
    return x.shape[-1] - 1 - x[..., ::-1].argsort(axis=-1, kind="stable")[..., ::-1][..., :k]


@pytest.mark.parametrize("kind", ["distinct", "ties", "all equal", "NaN", "infinite", "integers", "booleans"])
def test_topk_is_what_sorting_gives(kind: str) -> None:
    for many in (1, 400) * 15:  # few are sorted
        n = int(rng.integers(4, 60))
        k = int(rng.integers(0, n + 1)) if many == 1 else n // 4
        x = rng.normal(size=(many, 3, n)).astype(np.float32)
        if kind in ("ties", "NaN", "integers"):
            x = rng.integers(-3, 4, x.shape).astype(np.float32)
        if kind == "all equal":
            x[...] = 1.0
        if kind in ("NaN", "infinite"):
            x[rng.random(x.shape) < 0.1] = math.nan if kind == "NaN" else -math.inf
            x[rng.random(x.shape) < 0.1] = math.inf
        x = x.astype(np.int64) if kind == "integers" else x > 0 if kind == "booleans" else x
        values, places = td.topk(x, k)
        np.testing.assert_array_equal(places, by_sorting(x, k))
        np.testing.assert_array_equal(values, np.take_along_axis(x, places, axis=-1))
        turned, places = td.topk(td.Tensor(np.moveaxis(x, -1, 0)), k, axis=0)
        np.testing.assert_array_equal(np.moveaxis(places.numpy(), 0, -1), by_sorting(x, k))
        np.testing.assert_array_equal(np.moveaxis(turned.numpy(), 0, -1), values)


def test_gradient_of_topk() -> None:
    x = td.tensor(rng.normal(size=(3, 2000)), requires_grad=True)
    values, places = td.topk(x, 5)
    (values * values).sum().backward()
    expected = np.zeros((3, 2000))
    np.put_along_axis(expected, places.numpy(), 2 * values.numpy(), axis=1)
    np.testing.assert_array_equal(x.grad.array, expected)
    x = td.tensor(rng.normal(size=(3, 40)), requires_grad=True)
    assert td.gradcheck(lambda x: td.topk(x, 5)[0], [x])
    places = td.topk(x, 5)[1]
    assert not places.requires_grad
    assert places.dtype == np.int64


# --- choices, rows, softmax, tables, updates ------------------------------------------------------------------------

SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, 3e38]
FLOATS = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def numbers(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    """Random numbers, and among them each that is special, many times."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape).astype(dtype)
    places = rng.random(shape) < 0.3
    x[places] = rng.choice(np.array(SPECIAL, dtype), places.sum())
    return x


@FLOATS
@pytest.mark.parametrize("shapes", [((50, 40), (50, 40), (50, 40)), ((40,), (50, 40), (50, 1)), ((50, 40), (40,), ()),
                                    ((3, 50, 1), (40,), (50, 40))])
def test_a_choice_by_bits_is_where(dtype: Any, shapes: Any) -> None:
    a, b = (numbers(*s, dtype=dtype) for s in shapes[1:])
    mask = np.random.default_rng(1).random(shapes[0]) < 0.5
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(backend.chosen(mask, a, b), np.where(mask, a, b))
        out = backend.chosen(mask, a, b)
    assert (np.signbit(out) == np.signbit(np.where(mask, a, b))).all()
    assert out.dtype == dtype
    for number in (0.0, -np.inf, 2, np.nan):
        np.testing.assert_array_equal(backend.chosen(mask, number, b), np.where(mask, number, b).astype(dtype))
        np.testing.assert_array_equal(backend.chosen(mask, a, number), np.where(mask, a, number).astype(dtype))


def test_a_choice_of_two_dtypes_is_numpys() -> None:
    mask = np.arange(2000) % 2 == 0
    out = backend.chosen(mask, np.ones(2000, np.float32), np.zeros(2000))
    assert out.dtype == np.float64
    assert backend.chosen(mask, np.ones(2000, int), 5).dtype == np.int64


@FLOATS
@pytest.mark.parametrize("width", [1, 2, 16, 48, 49, 200])
def test_the_largest_of_each_row(dtype: Any, width: int) -> None:
    x = numbers(300, width, dtype=dtype)
    np.testing.assert_array_equal(backend.row_maxima(x), x.max(axis=1))
    np.testing.assert_array_equal(backend.row_maxima(x[:, ::-1]), x.max(axis=1))


@FLOATS
@pytest.mark.parametrize("width", [1, 3, 512, 1024, 1025, 3000])
def test_the_sum_of_each_row(dtype: Any, width: int) -> None:
    x = np.random.default_rng(0).random((40, width)).astype(dtype)
    np.testing.assert_allclose(backend.row_sums(x), x.astype(float).sum(axis=1), rtol=8 * np.finfo(dtype).eps)
    y = x.reshape(4, 10, width)
    np.testing.assert_allclose(backend.accurate_sum(y, axis=-1, keepdims=True), y.astype(float).sum(axis=-1, keepdims=True),
                               rtol=8 * np.finfo(dtype).eps)


@FLOATS
@pytest.mark.parametrize(("low", "high"), [(-5, 5), (-90, -80), (50, 70), (-300, 300), (700, 800)])
def test_softmax_without_a_pass_for_the_largest(dtype: Any, low: float, high: float) -> None:
    """Above 60 and below -7 exp alone would lose something: there the largest is subtracted after all."""
    x = np.random.default_rng(0).uniform(low, high, (50, 64)).astype(dtype)
    x[3, 10:] = -np.inf
    x[4] = low  # one row far below the others
    x[5, 2:] = -1e30
    e = np.exp(x.astype(np.longdouble) - x.max(axis=1, keepdims=True))
    right = (e / e.sum(axis=1, keepdims=True)).astype(dtype)
    tolerance = {"rtol": 8 * np.finfo(dtype).eps * max(1.0, 1e-1 * (high - low)), "atol": np.finfo(dtype).tiny * 1e3}
    np.testing.assert_allclose(F.softmax(td.tensor(x), axis=1).numpy(), right, **tolerance)
    attention.softmax_rows(x, x)  # in place
    np.testing.assert_allclose(x, right, **tolerance)


def test_softmax_of_float16_subtracts_the_largest() -> None:
    """exp(20) is more than float16 can hold."""
    x = np.array([[20.0, 19.0, 0.0], [-30.0, -30.0, -30.0]], np.float16)
    y = F.softmax(td.Tensor(x), axis=1)
    assert y.dtype == np.float16
    np.testing.assert_allclose(y.numpy(), [[0.731, 0.269, 0.0], [0.3333, 0.3333, 0.3333]], atol=1e-3)


def test_softmax_of_a_row_with_nothing_left_is_nan_and_of_others_not() -> None:
    x = np.zeros((3, 4), np.float32)
    x[1] = -np.inf
    with np.errstate(invalid="ignore"):
        y = F.softmax(td.tensor(x), axis=1).numpy()
    assert np.isnan(y[1]).all()
    assert (y[[0, 2]] == 0.25).all()


@pytest.mark.parametrize("name", ["silu", "softplus", "elu", "leaky_relu", "gelu"])
def test_pointwise_kernels_in_blocks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x, function = np.linspace(-9, 9, 1001).reshape(7, 143), getattr(F, name)
    whole = td.tensor(x, requires_grad=True)
    function(whole).sum().backward()
    monkeypatch.setattr(pointwise, "BLOCK", 64)
    parts = td.tensor(x, requires_grad=True)
    y = function(parts)
    y.sum().backward()
    np.testing.assert_array_equal(parts.grad.numpy(), whole.grad.numpy())
    with td.no_grad():
        np.testing.assert_array_equal(function(parts).numpy(), y.detach().numpy())


@pytest.mark.parametrize("slope", [-0.5, 0.0, 0.2, 1.0, 1.5, 2])
def test_leaky_relu_of_any_slope(slope: float) -> None:
    x = td.tensor([-2.0, -0.5, 0.0, 3.0, float("nan")], requires_grad=True)
    y = F.leaky_relu(x, slope)
    np.testing.assert_allclose(y.detach().numpy(), [-2 * slope, -0.5 * slope, 0, 3, np.nan])
    y[:4].sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [slope, slope, slope, 1, 0])


def test_elu_with_a_rate_that_is_learned() -> None:
    rate = td.tensor(0.5, requires_grad=True)
    y = F.elu(td.tensor([-1.0, 2.0]), rate)
    y.sum().backward()
    np.testing.assert_allclose(y.detach().numpy(), [0.5 * np.expm1(-1), 2], rtol=1e-6)
    np.testing.assert_allclose(rate.grad.numpy(), np.expm1(-1), rtol=1e-6)


def test_activations_of_integers_and_of_float16() -> None:
    for function in (F.silu, F.softplus, F.elu, F.leaky_relu, F.gelu):
        assert function(td.tensor([-1, 0, 2])).dtype == np.float32
        half = function(td.tensor([-1.0, 0.0, 2.0]).astype(np.float16))
        assert half.dtype == np.float16
        np.testing.assert_allclose(half.numpy(), function(td.tensor([-1.0, 0.0, 2.0])).numpy(), rtol=2e-3)


def test_a_small_table_by_one_hot_rows_and_what_is_not_finite() -> None:
    ids, g = np.array([2, 0, 2, 1]), np.arange(8.0).reshape(4, 2)
    np.testing.assert_array_equal(gradients.sum_small(ids, g, (4, 2)), [[2, 3], [6, 7], [4, 6], [0, 0]])
    g[1, 0] = np.inf
    assert gradients.sum_small(ids, g, (4, 2)) is None  # 0 times inf would be a NaN in the other rows
    table = td.tensor(np.zeros((4, 2)), requires_grad=True)
    table[ids].backward(td.tensor(g))
    np.testing.assert_array_equal(table.grad.numpy(), [[np.inf, 3], [6, 7], [4, 6], [0, 0]])


@pytest.mark.parametrize("padding", [None, 0])
@pytest.mark.parametrize("tied", [False, True])
def test_a_table_used_at_several_steps(padding: int | None, tied: bool) -> None:
    """Its gradient is added up once, at the end; with another use of the table as a matrix too."""
    rng = np.random.default_rng(0)
    weight = rng.standard_normal((7, 3))
    ids = [rng.integers(0, 7, (4, 2)) for _ in range(3)]
    found = []
    for plain in (False, True):
        table = td.tensor(weight, requires_grad=True)
        total: Any = 0.0
        for k, i in enumerate(ids):
            rows = table[i] if plain else F.embedding(i, table, padding_idx=padding)
            if plain and padding is not None:
                rows = td.where(td.tensor(i == padding).unsqueeze(-1), rows.detach(), rows)
            total = total + (rows * (k + 1.0)).sum()
            if tied:
                total = total + (rows @ table.T).tanh().sum()
        total.backward()
        found.append(table.grad.numpy())
    np.testing.assert_allclose(*found, rtol=1e-12)


def test_rows_of_a_table_do_not_share_memory_with_another_gradient() -> None:
    """The sum x + p gives both the same gradient: what is done to p.grad must not reach the table's."""
    table = nn.Embedding(5, 3)
    p = td.zeros(2, 3, requires_grad=True)
    ((table(np.array([1, 2])) + p) * 2.0).sum().backward()
    p.grad.array[...] = 100.0
    assert table.weight.grad.numpy().max() == 2.0


def test_updates_in_place_are_those_of_the_recorded_form() -> None:
    x = td.tensor([1.0, 2.0, 3.0], requires_grad=True)
    memory, view = x.array, x.array[:2]
    x.data += td.tensor([1.0, 1.0, 1.0])
    x.data -= td.tensor([0.5, 0.5, 0.5])
    x.data *= td.tensor([2.0, 2.0, 2.0])
    x.data /= td.tensor([4.0, 4.0, 4.0])
    assert x.array is memory
    np.testing.assert_allclose(view, [0.75, 1.25])
    y = td.tensor([[1.0, 2.0], [3.0, 4.0]])
    y += y.T  # NumPy reads before it writes, also where the two overlap
    assert y.tolist() == [[2.0, 5.0], [5.0, 8.0]]
    z = td.zeros(2, dtype=td.int64)
    z += td.tensor([1, 2])
    assert z.tolist() == [1, 2]


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "uint32", "int64", "uint64"])
def test_targets_of_any_integers(dtype: str) -> None:
    logits, target = td.tensor(np.arange(12.0).reshape(4, 3) % 5, requires_grad=True), np.array([2, 0, 1, 1])
    right = F.cross_entropy(logits, target)
    found = F.cross_entropy(logits, target.astype(dtype))
    assert found.item() == right.item()
    assert F.cross_entropy(logits, target.astype(dtype), reduction="none").shape == (4,)


@FLOATS
def test_the_gradient_of_a_maximum_with_ties_and_nans(dtype: Any) -> None:
    x = np.array([[1.0, 1.0, 0.0], [np.nan, 2.0, np.nan], [3.0, 2.0, 1.0]], dtype)
    a = td.tensor(x, requires_grad=True)
    with np.errstate(invalid="ignore"):
        a.amax(1).backward(td.tensor(np.array([2.0, 4.0, 1.0], dtype)))
    np.testing.assert_array_equal(a.grad.numpy(), [[1, 1, 0], [2, 0, 2], [1, 0, 0]])
    assert a.grad.dtype == dtype


@pytest.mark.parametrize("steps", [1, 3, 4, 9])
@pytest.mark.parametrize("layer", [nn.RNN, nn.GRU, nn.LSTM])
def test_recurrent_layers_of_few_and_of_many_steps(layer: Any, steps: int) -> None:
    """From four steps on the recurrent weight is laid out anew; the numbers are the same."""
    td.manual_seed(0)
    net = layer(3, 5).double()
    x = td.tensor(np.random.default_rng(0).standard_normal((steps, 2, 3)), requires_grad=True)
    found = []
    for plain in (False, True):
        x.grad = None
        net.zero_grad()
        if plain:
            with td.unfused():
                net(x)[0].tanh().sum().backward()
        else:
            net(x)[0].tanh().sum().backward()
        found.append([x.grad.numpy(), *[p.grad.numpy() for p in net.parameters()]])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_parameters_are_those_of_named_parameters() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            self.first = nn.Linear(2, 2)
            self.layers = [nn.Linear(2, 3), {"a": nn.Parameter(td.zeros(1)), "b": [nn.Linear(1, 1)]}]
            self.own = nn.Parameter(td.zeros(4))
            self.shared = self.layers[0]
            self.tied = self.first.weight
            self.inner = nn.Sequential(nn.LSTM(2, 2), nn.LayerNorm(2), self.first)

    for model in (Model(), nn.Transformer(8, 2, 2, 2, 16), td.models.Seq2Seq(9, 9, 4, 4)):
        assert [id(p) for p in model.parameters()] == [id(p) for _, p in model.named_parameters()]
