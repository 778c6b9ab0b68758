"""vjp, jvp, hvp, jacobian, hessian: against each other, by hand, and against torch.func."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn.errors import ShapeError

A = np.array([[1.0, 2.0, -1.0], [0.5, -3.0, 2.0]])
X = np.array([0.3, -0.7, 1.1])
V = np.array([1.0, -2.0, 0.5])
U = np.array([2.0, -1.0])


def f(x: Any) -> Any:
    """R^3 -> R^2, with a Jacobian that depends on x."""
    return td.tanh(A @ (x * x)) + x.sum()


def scalar(x: Any) -> Any:
    return (x ** 3).sum() + (x[0] * x[1]) * td.exp(x[2])


def jacobian_by_hand() -> np.ndarray:
    inner = 1 - np.tanh(A @ X**2) ** 2
    return inner[:, None] * A * 2 * X + 1.0


def hessian_by_hand() -> np.ndarray:
    x, y, z = X
    e = np.exp(z)
    return np.array([[6 * x, e, y * e], [e, 6 * y, x * e], [y * e, x * e, 6 * z + x * y * e]])


def test_jacobian() -> None:
    j = td.func.jacobian(f, X)
    assert j.shape == (2, 3)
    np.testing.assert_allclose(j.array, jacobian_by_hand(), rtol=1e-12)


def test_vjp_is_v_times_the_jacobian() -> None:
    out, pull = td.func.vjp(f, X)
    np.testing.assert_allclose(out.array, f(X), rtol=1e-14)
    assert not out.requires_grad
    np.testing.assert_allclose(pull(U).array, U @ jacobian_by_hand(), rtol=1e-12)
    np.testing.assert_allclose(pull(-U).array, -U @ jacobian_by_hand(), rtol=1e-12, err_msg="it can be called again")


def test_jvp_is_the_jacobian_times_v() -> None:
    out, tangent = td.func.jvp(f, [X], [V])
    np.testing.assert_allclose(out.array, f(X), rtol=1e-14)
    np.testing.assert_allclose(tangent.array, jacobian_by_hand() @ V, rtol=1e-12)


def test_hessian_and_hvp() -> None:
    h = td.func.hessian(scalar, X)
    np.testing.assert_allclose(h.array, hessian_by_hand(), rtol=1e-12, atol=1e-14)
    value, product = td.func.hvp(scalar, [X], [V])
    assert value.item() == pytest.approx(float(scalar(X)))
    np.testing.assert_allclose(product.array, hessian_by_hand() @ V, rtol=1e-12)


def test_several_primals() -> None:
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    out, pull = td.func.vjp(lambda a, b: a * b * b, a, b)
    ga, gb = pull(np.ones(2))
    np.testing.assert_allclose(ga.array, b * b)
    np.testing.assert_allclose(gb.array, 2 * a * b)
    _, tangent = td.func.jvp(lambda a, b: a * b * b, [a, b], [np.ones(2), np.zeros(2)])
    np.testing.assert_allclose(tangent.array, b * b)
    _, (ha, hb) = td.func.hvp(lambda a, b: (a * b * b).sum(), [a, b], [np.ones(2), np.zeros(2)])
    np.testing.assert_allclose(ha.array, [0.0, 0.0])
    np.testing.assert_allclose(hb.array, 2 * b)
    np.testing.assert_allclose(out.array, a * b * b)


def test_what_does_not_depend_is_zero() -> None:
    constant = lambda x: td.ones(2, dtype=np.float64)
    assert td.func.jacobian(constant, X).tolist() == np.zeros((2, 3)).tolist()
    assert td.func.jvp(constant, [X], [V])[1].tolist() == [0.0, 0.0]
    assert td.func.hessian(lambda x: x.sum(), X).tolist() == np.zeros((3, 3)).tolist()
    assert td.func.hvp(lambda x: x.sum(), [X], [V])[1].tolist() == [0.0] * 3


def test_inputs_are_left_alone() -> None:
    x = td.tensor(X, requires_grad=True)
    y = x * 2.0
    td.func.jacobian(f, y)
    td.func.hessian(scalar, x)
    assert x.grad is None
    with td.no_grad():
        assert td.func.jacobian(f, X).shape == (2, 3)
    y.sum().backward()
    assert x.grad.tolist() == [2.0] * 3


def test_shapes() -> None:
    assert td.func.jacobian(lambda x: x.unsqueeze(1) * x, X).shape == (3, 3, 3)
    assert td.func.jacobian(lambda x: (x * x).sum(), np.ones((2, 3))).shape == (2, 3)
    assert td.func.jacobian(lambda x: x[:0], X).shape == (0, 3)
    assert td.func.hessian(lambda x: (x ** 3).sum(), np.ones((2, 2))).shape == (2, 2, 2, 2)
    with pytest.raises(ShapeError, match=r"jvp: tangents of shapes \[\(2,\)\] for primals of shapes \[\(3,\)\]"):
        td.func.jvp(f, [X], [U])
    with pytest.raises(ShapeError, match="hvp: tangents"):
        td.func.hvp(scalar, [X], [])


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # inside torch.func itself
def test_against_torch_func(torch: Any) -> None:
    def g(x: Any, xp: Any, a: Any) -> Any:
        return xp.tanh(a @ (x * x)) + xp.sin(x).sum()

    mine, theirs = (lambda x: g(x, td, A)), (lambda x: g(x, torch, torch.tensor(A)))
    t, v = torch.tensor(X), torch.tensor(V)
    np.testing.assert_allclose(td.func.jacobian(mine, X).array, torch.func.jacrev(theirs)(t), rtol=1e-10)
    np.testing.assert_allclose(td.func.jvp(mine, [X], [V])[1].array, torch.func.jvp(theirs, (t,), (v,))[1], rtol=1e-10)
    np.testing.assert_allclose(td.func.hessian(lambda x: mine(x).sum(), X).array,
                               torch.func.hessian(lambda x: theirs(x).sum())(t), rtol=1e-9, atol=1e-12)
