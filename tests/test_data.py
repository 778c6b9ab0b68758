"""x.data: the values as a Tensor without a past, which shares the memory; and the default dtype."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn import nn
from tinydawn.errors import DTypeError, GraphError, ShapeError


def leaf(values: Any) -> td.Tensor:
    return td.tensor(values, requires_grad=True)


def test_it_shares_the_memory_and_has_no_past() -> None:
    p = leaf([1.0, 2.0])
    d = p.data
    assert type(d) is td.Tensor
    assert not d.requires_grad
    assert d.array is p.array
    d[0] = 5.0
    assert p.tolist() == [5.0, 2.0]
    assert p.is_leaf
    assert p.requires_grad


def test_the_central_line_of_many_lectures() -> None:
    p = leaf([1.0, 2.0])
    (p * p).sum().backward()
    array = p.array
    p.data += -0.5 * p.grad
    assert p.tolist() == [0.0, 0.0]
    assert p.array is array
    assert p.grad.tolist() == [2.0, 4.0]
    (p * 3.0).sum().backward()
    assert p.grad.tolist() == [5.0, 7.0]


@pytest.mark.parametrize("update", ["p.data -= p.grad", "p.data *= 0.5", "p.data[...] = 0.0", "p.data = p.data - p.grad",
                                    "p.data = np.zeros(2, np.float32)"])
def test_ways_to_update(update: str) -> None:
    p = leaf([2.0, 4.0])
    (p * p).sum().backward()
    with td.enable_grad():
        exec(update, {"p": p, "np": np})
    assert p.requires_grad
    assert p.is_leaf
    p.grad = None
    (p * p).sum().backward()
    np.testing.assert_array_equal(p.grad.array, 2 * p.array)


def test_statistics_of_it_are_pytorchs() -> None:
    """p.data.std() was NumPy's, which divides by N, when .data was an array."""
    p = leaf([1.0, 2.0, 4.0])
    assert p.data.std().item() == pytest.approx(np.std([1.0, 2.0, 4.0], ddof=1))


def test_set_to_another_shape_or_dtype() -> None:
    p = leaf([1.0, 2.0])
    old = (p * 2.0).sum()
    p.data = td.ones(2, 3, dtype=td.float64)
    assert (p.shape, p.dtype, p.requires_grad, p.is_leaf) == ((2, 3), np.float64, True, True)
    (p * p).sum().backward()
    assert p.grad.tolist() == [[2.0] * 3] * 2
    for before in (p.grad, None):
        p.grad = before
        with pytest.raises(ShapeError, match=r"a leaf of shape \(2,\) got another shape, \(2, 3\)"):
            old.backward(retain_graph=True)
        assert p.grad is before


def test_set_to_integers_is_refused_where_a_gradient_is_wanted() -> None:
    p = leaf([1.0, 2.0])
    with pytest.raises(DTypeError, match="int64"):
        p.data = td.tensor([1, 2])
    x = td.tensor([1.0, 2.0])
    x.data = td.tensor([1, 2])
    assert x.dtype == np.int64


@pytest.mark.parametrize("values", [[1.0, 2.0], 1.0, None, "text", np.array(["a", "b"])])
def test_set_to_what_holds_no_numbers(values: Any) -> None:
    with pytest.raises(DTypeError, match=r"\.data: "):
        leaf([1.0, 2.0]).data = values


def test_of_what_was_computed_it_cannot_be_set() -> None:
    y = leaf([1.0, 2.0]) * 2.0
    with pytest.raises(GraphError, match=r"\.data: this Tensor was computed"):
        y.data = td.zeros(2)
    y.data += 1.0  # in its memory
    assert y.tolist() == [3.0, 5.0]


def test_a_write_through_it_before_backward_is_found() -> None:
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    x.data += 1.0
    with pytest.raises(GraphError, match="that mul saved was changed"):
        y.backward()
    assert x.grad is None


# --- the default dtype ----------------------------------------------------------------------------------------------


@pytest.fixture
def double() -> Iterator[None]:
    td.set_default_dtype(td.float64)
    yield
    td.set_default_dtype(td.float32)


@pytest.mark.usefixtures("double")
def test_what_is_made_has_the_default_dtype() -> None:
    assert td.get_default_dtype() == np.float64
    for made in (td.tensor(1.0), td.tensor([1.0, 2.0]), td.Tensor([1, 2]), td.zeros(2), td.ones(2), td.full((2,), 1.5), td.eye(2),
                 td.randn(2), td.rand(2), td.arange(0.0, 1.0, 0.5), td.tensor([1, 2]) / 2, td.tensor([1, 2]) / td.tensor([3, 4]),
                 td.tensor([1, 2]) * 0.5, td.exp(td.tensor([1, 2]))):
        assert made.dtype == np.float64
    assert td.tensor([1, 2]).dtype == td.full((2,), 1).dtype == np.int64
    assert td.zeros(2, dtype=td.float32).dtype == np.float32
    assert td.tensor(np.ones(2, np.float32)).dtype == np.float32
    assert (td.zeros(2, dtype=td.float32) * 2.0).dtype == np.float32, "a number takes the dtype of what it is multiplied with"


@pytest.mark.usefixtures("double")
def test_layers_have_the_default_dtype() -> None:
    layers = [nn.Linear(2, 3), nn.Embedding(4, 2), nn.LSTM(2, 3), nn.LayerNorm(2), nn.BatchNorm1d(2), nn.MultiheadAttention(4, 2),
              nn.Conv1d(2, 3, 1), nn.TransformerEncoderLayer(4, 2)]
    for layer in layers:
        for name, value in [*layer.named_parameters(), *layer.named_buffers()]:
            assert value.dtype == np.float64 or value.dtype.kind == "i", f"{type(layer).__name__}.{name}"
    y = layers[0](td.ones(1, 2))
    y.sum().backward()
    assert (y.dtype, layers[0].weight.grad.dtype) == (np.float64, np.float64)


def test_it_is_float32_at_first_and_again() -> None:
    assert td.get_default_dtype() == np.float32
    assert (td.tensor([1, 2]) / 2).dtype == np.float32


@pytest.mark.parametrize("dtype", [int, td.int64, td.bool_, "float", None, "words", complex])
def test_only_floating_ones(dtype: Any) -> None:
    if dtype == "float":
        td.set_default_dtype(dtype)  # NumPy's name of float64
        td.set_default_dtype("float32")
        return
    with pytest.raises(DTypeError):
        td.set_default_dtype(dtype)
    assert td.get_default_dtype() == np.float32


def test_randperm() -> None:
    td.manual_seed(3)
    order = td.randperm(10)
    assert order.dtype == np.int64
    assert sorted(order.tolist()) == list(range(10))
    td.manual_seed(3)
    assert td.randperm(10).tolist() == order.tolist()
    assert td.randperm(0).shape == (0,)
    assert td.randperm(td.tensor(3)).shape == (3,)
    for wrong in (-1, 1.5, "3", True):
        with pytest.raises((DTypeError, ValueError), match="randperm: n"):
            td.randperm(wrong)  # type: ignore[arg-type]


def test_steps_of_whole_numbers() -> None:
    a = td.tensor([-7, 7, 5])
    assert (a // 2).tolist() == [-4, 3, 2]
    assert (a % 3).tolist() == [2, 1, 2]
    assert (8 // td.tensor([3, -3])).tolist() == [2, -3]
    assert (8 % td.tensor([3, -3])).tolist() == [2, -1]
    for out in (a // 2, a % 2, td.floor(a), td.ceil(a), td.round(a)):
        assert out.dtype == np.int64
    assert (a // 2.0).dtype == (a % 2.0).dtype == np.float32
    assert (td.floor(2.5), td.ceil(2.5), td.round(2.5), td.round(3.5)) == (2.0, 3.0, 2.0, 4.0)
    assert td.floor(a).array is not a.array
    assert a.scatter(0, td.tensor([0, 2]), 1).tolist() == [1, 7, 1]
    assert a.scatter_add(0, td.tensor([0, 0]), td.tensor([1, 10])).tolist() == [4, 7, 5]
    assert a.prod().item() == -245
    assert td.tensor(3.0).scatter(0, td.tensor([0]), td.tensor([5.0])).item() == 5.0
