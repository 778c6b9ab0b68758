"""What the double counts: launches, copies and waits of single calls, as CuPy makes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import counting
import cupy_double
import numpy as np
import pytest

import tinydawn as td

Calls = dict[str, tuple[Callable[[Any, Any], Any], int]]


@pytest.fixture(scope="module")
def cp() -> Any:
    return cupy_double.make()


# of x (6, 4): what is called, and how many kernels CuPy launches for it
LAUNCHES: Calls = {
    "an operator": (lambda cp, x: x + 1.0, 1),
    "a comparison": (lambda cp, x: x > 1.0, 1),
    "an operator in place": (lambda cp, x: x.__iadd__(1.0), 1),
    "a ufunc": (lambda cp, x: cp.exp(x), 1),
    "a ufunc that writes": (lambda cp, x: cp.exp(x, out=x), 1),
    "a reduction": (lambda cp, x: x.sum(axis=0), 1),
    "a function": (lambda cp, x: cp.where(x > 0.0, x, 0.0), 2),
    "zeros": (lambda cp, x: cp.zeros(3), 1),
    "empty": (lambda cp, x: cp.empty((3, 4)), 0),
    "views": (lambda cp, x: x.T.reshape(2, 2, 6)[1:, 0].swapaxes(0, 1)[None], 0),
    "a reshape that need not copy": (lambda cp, x: x.reshape(-1), 0),
    "a reshape that copies": (lambda cp, x: x.T.reshape(-1), 1),
    "contiguous already": (lambda cp, x: cp.ascontiguousarray(x), 0),
    "made contiguous": (lambda cp, x: cp.ascontiguousarray(x.T), 1),
    "broadcast": (lambda cp, x: cp.broadcast_to(x, (3, 6, 4)), 0),
    "split": (lambda cp, x: cp.split(x, 2), 0),
    "astype without change": (lambda cp, x: x.astype("float32", copy=False), 0),
    "astype": (lambda cp, x: x.astype("float16"), 1),
    "nothing": (lambda cp, x: x[:0] + 1.0, 0),
    "asarray of what is there": (lambda cp, x: cp.asarray(x), 0),
    "a product": (lambda cp, x: x @ x.T, 1),
    "a product of a part of the columns": (lambda cp, x: x[:, ::2] @ x[:2], 2),
    "a stack of products": (lambda cp, x: x.reshape(2, 3, 4) @ x.reshape(2, 4, 3), 1),
    "a stack of products, one turned over": (lambda cp, x: cp.matmul(x.reshape(2, 3, 4), x.reshape(2, 3, 4).swapaxes(1, 2)), 2),
    "an assignment": (lambda cp, x: x.__setitem__(0, 1.0), 1),
    "places of one axis": (lambda cp, x: x[cp.zeros(3, dtype="int64")], 2),
    "places of two axes": (lambda cp, x: x[cp.zeros(3, dtype="int64"), cp.zeros(3, dtype="int64")], 6),
    "take": (lambda cp, x: x.take(cp.zeros(3, dtype="int64"), axis=0), 2),
    "concatenate": (lambda cp, x: cp.concatenate([x, x, x]), 3),
    "concatenate of many": (lambda cp, x: cp.concatenate([x] * 9), 1),
    "repeat along an axis": (lambda cp, x: cp.repeat(x, 2, axis=0), 6),
    "fill": (lambda cp, x: x.fill(1.0), 1),
}


@pytest.mark.parametrize("what", LAUNCHES)
def test_launches(cp: Any, what: str) -> None:
    call, expected = LAUNCHES[what]
    x = cp.asarray(np.arange(24, dtype=np.float32).reshape(6, 4))
    with counting.counting() as seen:
        call(cp, x)
    assert seen.total("launches") == expected, seen.calls["launches"]
    assert seen.total("waits") == seen.total("copies_in") == seen.total("copies_out") == 0


def test_a_kernel_counts_one(cp: Any) -> None:
    kernel = cp.ElementwiseKernel("T x", "T y", "y = x + T(1);", name="plus_one")
    x = cp.zeros(3, dtype="float32")
    with counting.counting() as seen:
        kernel(x)
        kernel(x[:0])
    assert seen.names("launches") == {"plus_one": 1}


def test_copies_waits_and_float64(cp: Any) -> None:
    x = cp.asarray(np.ones(3, np.float32))
    with counting.counting() as seen:
        cp.asarray(np.ones(3))  # in, float64
        cp.array([1, 2])  # in
        x[cp.zeros(1, dtype="int64")] = 2.0  # in: the number
        x.get()
        float(x[0])
        cp.asnumpy(x)  # out
        x[x > 0.5]  # waits
        cp.nonzero(x)
        x.astype("float64")
    assert seen.totals() == {"launches": 6, "copies_in": 3, "copies_out": 3, "waits": 5, "float64": 2}


def test_nothing_is_counted_outside(cp: Any) -> None:
    with counting.counting() as outer:
        cp.zeros(1)
        with counting.counting() as inner:
            cp.zeros(1)
    cp.zeros(1)
    assert (outer.total("launches"), inner.total("launches")) == (2, 1)


def test_the_line_of_tinydawn_is_named(cupy: Any) -> None:
    x = td.tensor(np.ones((2, 3)))
    with counting.counting() as seen:
        td.tanh(x)
        x.array + 1.0
    (place, function), (outside, _) = seen.places("launches")
    assert place.startswith("ops.py:")
    assert function
    assert outside == "outside of tinydawn"


def test_places_out_of_range_are_counted_from_the_front_again(cp: Any) -> None:
    host = np.arange(12.0).reshape(3, 4)
    x, far = cp.asarray(host), cp.asarray(np.array([3, -4, 7]))
    near = np.array([0, 2, 1])
    np.testing.assert_array_equal(x[far].get(), host[near])
    np.testing.assert_array_equal(x.take(far, axis=0).get(), host[near])
    np.testing.assert_array_equal(x[None, ..., far].get(), host[None, ..., far.get() % 4])
    np.testing.assert_array_equal(x[far, cp.asarray(np.array([4, 0, 0]))].get(), host[near, [0, 0, 0]])
    expected = np.take_along_axis(host, far.get()[:, None] % 4, 1)
    np.testing.assert_array_equal(cp.take_along_axis(x, far[:, None], axis=1).get(), expected)
    x[far[:1]] = -1.0
    cp.add.at(x, far[:1], 3.0)
    np.testing.assert_array_equal(x[0].get(), [2.0] * 4)
