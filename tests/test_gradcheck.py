"""gradcheck finds what is wrong, and only that."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn import graph
from tinydawn.errors import DTypeError, GraphError
from tinydawn.gradcheck import GradcheckError


def leaf(*shape: int) -> td.Tensor:
    return td.randn(*shape, dtype=np.float64, requires_grad=True)


def wrong(formula: Any) -> Any:
    """exp with another derivative."""
    function = graph.op("wrong_exp", lambda x: np.exp(x), vjp=formula, saves="x y")
    del graph.table["wrong_exp"]
    return function


@pytest.mark.parametrize("formula", [lambda g, y, x: g * y * 1.01, lambda g, y, x: -(g * y), lambda g, y, x: g,
                                     lambda g, y, x: None], ids=["1% off", "sign", "missing", "none"])
def test_finds_a_wrong_formula(formula: Any) -> None:
    with pytest.raises(GradcheckError,
                       match=r"input 0, entry \(0, 0\): the gradient is .* by central difference") as caught:
        td.gradcheck(wrong(formula), [leaf(2, 3)])
    assert isinstance(caught.value, AssertionError)
    assert not td.gradcheck(wrong(formula), [leaf(2, 3)], raise_exception=False)


def test_finds_one_wrong_entry() -> None:
    mask = np.ones((2, 3))
    mask[1, 2] = 1.001
    x = leaf(2, 3)
    x.array[...] = 1.0
    with pytest.raises(GradcheckError, match=r"entry \(1, 2\)"):
        td.gradcheck(wrong(lambda g, y, x: g * y * mask), [x], rtol=1e-4)


def test_finds_a_transposed_gradient() -> None:
    """TinyTorch's sum(axis=1): on a square input the shapes agree and the values are transposed."""
    bad = graph.op("bad_sum", lambda x: x.sum(axis=1), vjp=lambda g, y, x: td.broadcast_to(g, 3, 3))
    del graph.table["bad_sum"]
    with pytest.raises(GradcheckError):
        td.gradcheck(bad, [leaf(3, 3)])
    assert td.gradcheck(lambda x: x.sum(axis=1), [leaf(3, 3)])


def test_finds_a_wrong_second_derivative() -> None:
    """A first derivative that is right but hides its dependence on x: y taken as a constant."""
    hides = wrong(lambda g, y, x: g * (y.detach() if isinstance(y, td.Tensor) else y))
    assert td.gradcheck(hides, [leaf(3)])
    with pytest.raises(GradcheckError):
        td.gradgradcheck(hides, [leaf(3)])
    assert td.gradgradcheck(td.exp, [leaf(3)])


def test_names_the_input_and_leaves_it_as_it_was() -> None:
    a, b = leaf(2), leaf(2)
    kept = a.array.copy(), b.array.copy()
    bad = wrong(lambda g, y, x: g)
    with pytest.raises(GradcheckError, match="gradcheck: input 1, entry"):
        td.gradcheck(lambda a, b: a * bad(b), [a, b])
    np.testing.assert_array_equal(a.array, kept[0])
    np.testing.assert_array_equal(b.array, kept[1])
    assert a.grad is None


def test_several_outputs_0d_and_constants() -> None:
    x, c = td.tensor(0.3, dtype=np.float64, requires_grad=True), td.tensor([1.0, 2.0], dtype=np.float64)
    assert td.gradcheck(lambda x, c, n: (x * c, x.exp() * n, c), [x, c, 3])
    assert td.gradcheck(td.tanh, x)
    assert td.gradgradcheck(lambda a, b: a @ b, [leaf(2, 3), leaf(3, 2)])
    assert td.gradcheck(lambda a, unused: a * 2.0, [leaf(2), leaf(2)])


def test_refuses_what_it_cannot_check() -> None:
    with pytest.raises(DTypeError, match=r"input 0 is float32.*\n.*\n.*float64"):
        td.gradcheck(td.exp, [td.randn(2, requires_grad=True)])
    with pytest.raises(GraphError, match="no input requires a gradient"):
        td.gradcheck(td.exp, [td.randn(2, dtype=np.float64)])
    with pytest.raises(GraphError, match="input 0 was computed, not made"):
        td.gradcheck(td.exp, [leaf(2) * 2.0])
    with pytest.raises(GraphError, match="the output depends on no input"):
        td.gradcheck(lambda x: x.detach() * 2.0, [leaf(2)])
