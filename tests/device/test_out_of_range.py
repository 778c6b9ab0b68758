"""Places out of range are an error on a device as on the host: CuPy, and its double, take them from the front again, in silence.

Each case computes with indices of the host, and with indices that are Tensors of the device. The latter cannot be
looked at without waiting: so the device is waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cupy_double
import numpy as np
import pytest

import tinydawn as td
from tinydawn import models, nn, ops
from tinydawn.nn import functional as F

CLASSES = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])


def matrix() -> td.Tensor:
    return td.tensor(np.arange(15.0).reshape(5, 3), dtype=td.float32, requires_grad=True)


def assigned(index: Any) -> td.Tensor:
    x = matrix().detach()
    x[index] = 1.0
    return x


# what is done with indices, which are made by `a` of lists
READ: dict[str, Callable[[Any], Any]] = {
    "rows": lambda a: matrix()[a([0, 5])],
    "rows counted from the end": lambda a: matrix()[a([0, -6])],
    "rows in two axes": lambda a: matrix()[a([[0, 5], [1, 1]])],
    "columns": lambda a: matrix()[:, a([0, 3])],
    "columns after an ellipsis": lambda a: matrix()[..., a([0, 3])],
    "columns after a new axis": lambda a: matrix()[:, None, a([0, 3])],
    "a number and columns": lambda a: matrix()[1, a([0, 3])],
    "pairs": lambda a: matrix()[a([0, 4]), a([0, 3])],
    "a mask and columns": lambda a: matrix()[a([True] * 5), a([3] * 5)],
    "of whole numbers": lambda a: td.arange(5)[a([0, 5])],
    "a 0-d index": lambda a: matrix()[a(5)],
    "the op": lambda a: ops.getitem(matrix(), index=getattr(a([0, 5]), "array", a([0, 5]))),
}
CHECKED: dict[str, Callable[[Any], Any]] = {
    "a mask that is too long": lambda a: matrix()[a([True] * 6)],
    "a mask that is too short": lambda a: matrix()[a([True] * 4)],
    "a mask of columns": lambda a: matrix()[:, a([True] * 2)],
    "an assignment to rows": lambda a: assigned(a([0, 5])),
    "an assignment to columns": lambda a: assigned((slice(None), a([0, 3]))),
    "an assignment to pairs": lambda a: assigned((a([0, 4]), a([0, 3]))),
    "an assignment by a mask": lambda a: assigned(a([True] * 6)),
    "index_put": lambda a: ops.index_put(matrix(), 1.0, index=getattr(a([0, 5]), "array", a([0, 5]))),
    "gather": lambda a: td.gather(matrix(), 1, a([[0, 3]] * 5)),
    "gather, below 0": lambda a: td.gather(matrix(), 1, a([[0, -1]] * 5)),
    "scatter": lambda a: td.scatter(matrix(), 1, a([[0, 3]] * 5), td.ones(5, 2)),
    "scatter_add": lambda a: td.scatter_add(matrix(), 1, a([[0, 3]] * 5), td.ones(5, 2)),
    "index_select": lambda a: td.index_select(matrix(), 0, a([0, 5])),
    "embedding": lambda a: F.embedding(a([0, 5]), matrix()),
    "embedding, below 0": lambda a: F.embedding(a([0, -1]), matrix()),
    "embedding_bag": lambda a: F.embedding_bag(a([[0, 5]]), matrix()),
    "embedding_bag, where bags begin": lambda a: F.embedding_bag(a([0, 1, 2]), matrix(), a([0, 4])),
    "one_hot": lambda a: F.one_hot(a([0, 5]), 5),
    "cross_entropy": lambda a: F.cross_entropy(matrix(), a([0, 1, 2, 0, 3])),
    "cross_entropy, below 0": lambda a: F.cross_entropy(matrix(), a([0, 1, 2, 0, -1])),
    "cross_entropy with another ignore_index": lambda a: F.cross_entropy(matrix(), a([0, 1, 2, 0, 254]), ignore_index=255),
    "nll_loss": lambda a: F.nll_loss(matrix(), a([0, 1, 2, 0, 3])),
    "lengths": lambda a: nn.LSTM(3, 4)(td.ones(5, 2, 3), lengths=a([6, 2])),
    "words of NNLM": lambda a: models.NNLM(12, 3, 6, 5)(a([[1, 2, 12]]), a([1])),
    "a target of NNLM with classes": lambda a: models.NNLM(12, 3, 6, 5, CLASSES)(a([[1, 2, 3]]), a([12])),
    "a context of SkipGram": lambda a: models.SkipGram(12, 6).loss(a([0, 1]), a([[1, 2], [3, 12]])),
}


def outcome(call: Callable[[Any], Any], of: Callable[[Any], Any]) -> str:
    """The name of the error, or what was computed."""
    try:
        found = call(of)
        if getattr(found, "requires_grad", False):
            found.sum().backward()
    except Exception as error:
        return type(error).__name__
    return f"computed in silence: {found[0] if isinstance(found, tuple) else found}"


def check(call: Callable[[Any], Any], on_device: bool) -> None:
    def of(places: Any) -> Any:
        return td.tensor(np.array(places)) if on_device else np.array(places)

    td.use_backend("numpy")
    expected = outcome(call, of)
    td.use_backend("cupy")
    assert "silence" not in expected, "the case is none: NumPy finds nothing wrong"
    assert outcome(call, of) == expected


@pytest.mark.parametrize("what", [*READ, *CHECKED])
def test_indices_of_the_host(what: str, cupy: Any) -> None:
    check((READ | CHECKED)[what], on_device=False)


@pytest.mark.parametrize("what", CHECKED)
def test_indices_that_are_tensors_of_the_device(what: str, cupy: Any) -> None:
    check(CHECKED[what], on_device=True)


@pytest.mark.parametrize("what", [what for what in READ if what != "the op"])  # an op takes arrays of a device as they are
def test_reading_by_tensors_of_the_device(what: str, cupy: Any) -> None:
    check(READ[what], on_device=True)


def test_what_is_found_on_the_device_is_not_asked_for(cupy: Any) -> None:
    x = td.tensor(np.random.default_rng(0).normal(size=(6, 40)), requires_grad=True)
    before = cupy_double.waits()
    for values, places in (x.topk(3), x.sort(descending=True), x.topk(2, axis=0)):
        (values * values).sum().backward()
        assert places.device == "cuda"
    td.logsumexp(x, 1).sum().backward()
    assert cupy_double.waits() == before
