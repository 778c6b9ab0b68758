"""What is computed in another way than it is written, for speed: equal to the plain form, over every range and in every block."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn import backend, ops
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
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-9)


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
