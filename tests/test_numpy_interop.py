"""NumPy meets a Tensor: a function reaches the op of that name, or raises and names the method to call."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn.errors import DTypeError


def leaf() -> td.Tensor:
    return td.tensor([1.0, 4.0, 9.0], requires_grad=True)


@pytest.mark.parametrize("scalar", [np.float32(2), np.float64(2), np.int64(2), np.array(2.0, np.float32)],
                         ids=lambda s: f"{type(s).__name__}-{s.dtype}")
@pytest.mark.parametrize("function", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow],
                         ids=lambda f: f.__name__)
def test_numpy_scalar_on_the_left(scalar: Any, function: Any) -> None:
    t = leaf()
    out = function(scalar, t)
    assert isinstance(out, td.Tensor)
    assert out.requires_grad
    assert out.dtype == np.float32
    np.testing.assert_allclose(out.array, function(2.0, t.array), rtol=1e-6)
    out.sum().backward()
    assert t.grad.dtype == np.float32


@pytest.mark.parametrize("function", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow,
                                      operator.gt, operator.eq], ids=lambda f: f.__name__)
def test_array_on_either_side(function: Any) -> None:
    t, a = leaf(), np.array([2.0, 4.0, 1.0], np.float32)
    for out, expected in ((function(a, t), function(a, t.array)), (function(t, a), function(t.array, a))):
        assert isinstance(out, td.Tensor)
        np.testing.assert_allclose(out.array, expected, rtol=1e-6)


def test_array_matmul_tensor() -> None:
    t, a = td.tensor([[1.0], [2.0]], requires_grad=True), np.array([[1.0, 2.0]], np.float32)
    out = a @ t
    assert isinstance(out, td.Tensor)
    out.sum().backward()
    assert t.grad.tolist() == [[1.0], [2.0]]
    assert isinstance(t @ a, td.Tensor)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "tanh", "sin", "cos", "absolute", "sign", "negative"])
def test_ufunc_of_one(name: str) -> None:
    t = leaf()
    out = getattr(np, name)(t)
    assert isinstance(out, td.Tensor)
    assert out.requires_grad
    np.testing.assert_allclose(out.array, getattr(np, name)(t.array), rtol=1e-6)


@pytest.mark.parametrize(("call", "expected"), [
    (lambda t: np.sum(t), 14.0), (lambda t: np.sum(t, axis=0), 14.0), (lambda t: np.mean(t), 14.0 / 3),
    (lambda t: np.max(t), 9.0), (lambda t: np.min(t), 1.0),
    (lambda t: np.maximum(t, 2.0), [2.0, 4.0, 9.0]), (lambda t: np.where(t > 2, t, 0.0), [0.0, 4.0, 9.0]),
    (lambda t: np.clip(t, 2.0, 5.0), [2.0, 4.0, 5.0]),
    (lambda t: np.concatenate([t, t])[:4], [1.0, 4.0, 9.0, 1.0]), (lambda t: np.stack([t, t])[1], [1.0, 4.0, 9.0]),
    (lambda t: np.cumsum(t, axis=0), [1.0, 5.0, 14.0]),
    (lambda t: np.einsum("i,i->", t, t), 98.0), (lambda t: np.dot(t, t), 98.0),
    (lambda t: np.flip(t, 0), [9.0, 4.0, 1.0]), (lambda t: np.outer(t, t)[0], [1.0, 4.0, 9.0]),
    (lambda t: np.squeeze(t.unsqueeze(0)), [1.0, 4.0, 9.0])])
def test_functions_that_have_an_op_are_recorded(call: Any, expected: Any) -> None:
    out = call(leaf())
    assert isinstance(out, td.Tensor)
    assert out.requires_grad
    np.testing.assert_allclose(out.array, expected, rtol=1e-6)


@pytest.mark.parametrize(("call", "name"), [
    (lambda t: np.linalg.norm(t), "np.linalg.norm"), (lambda t: np.sort(t), "np.sort"),
    (lambda t: np.allclose(t, t), "np.allclose"), (lambda t: np.square(t), "np.square"),
    (lambda t: np.add.reduce(t), "np.add"), (lambda t: np.exp(t, out=np.zeros(3)), "np.exp"),
    (lambda t: np.fft.fft(t), "np.fft.fft"), (lambda t: np.random.default_rng(0).choice(t), "array")])
def test_functions_that_have_none_name_the_method(call: Any, name: str) -> None:
    with pytest.raises(DTypeError) as caught:
        call(leaf())
    assert name in str(caught.value)
    assert "x.numpy()" in str(caught.value)
    assert "test_numpy_interop.py:" in str(caught.value)


def test_arguments_that_the_op_has_not() -> None:
    with pytest.raises(DTypeError, match=r"np.sum of a Tensor: .*'dtype'"):
        np.sum(leaf(), dtype=np.float64)
    with pytest.raises(DTypeError, match=r"np.cumsum of a Tensor: .*'axis'"):
        np.cumsum(leaf())
    with pytest.raises(DTypeError, match="axis must be an int"):
        np.sum(leaf(), axis="rows")


def test_in_place_into_an_array_is_refused() -> None:
    a = np.zeros(3)
    with pytest.raises(DTypeError, match="would not be recorded"):
        a += leaf()


def test_asarray() -> None:
    t = td.tensor([1.0, 2.0])
    assert np.asarray(t).tolist() == [1.0, 2.0]
    assert np.asarray(t).dtype == np.float32
    assert np.asarray(t, dtype=np.float64).dtype == np.float64
    assert np.array(t) is not t.array
    assert not np.shares_memory(np.array(t, copy=True), t.array)
    assert np.shares_memory(np.asarray(t), t.array)
    with pytest.raises(DTypeError, match=r"say so with x.numpy\(\)"):
        np.asarray(leaf())
    with pytest.raises(DTypeError, match=r"say so with x.numpy\(\)"):
        np.array(leaf())
    assert leaf().numpy().tolist() == [1.0, 4.0, 9.0]


def test_indexing_an_array_with_a_tensor() -> None:
    assert np.arange(10)[np.asarray(td.tensor([1, 3]))].tolist() == [1, 3]
    assert np.arange(10)[td.tensor(4)] == 4
    assert td.arange(10)[td.tensor([1, 3])].tolist() == [1, 3]
