"""torch.func: derivatives of functions, and a module computed with other parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn import nn
from tinydawn.errors import OptionError, ShapeError, StateError
from tinydawn.torch import func

X, Y = np.array([1.0, -2.0, 0.5]), np.array([0.3, 0.7, -1.0])


def f(x: Any, y: Any) -> Any:
    return (x**3 * y).sum()


def test_grad_by_its_closed_form() -> None:
    x, y = td.tensor(X), td.tensor(Y)
    np.testing.assert_allclose(func.grad(f)(x, y).array, 3 * X**2 * Y)
    both, value = func.grad_and_value(f, argnums=(0, 1))(x, y)
    np.testing.assert_allclose(both[1].array, X**3)
    assert value.item() == pytest.approx(float((X**3 * Y).sum()))
    gradient, aux = func.grad(lambda x: (f(x, y), "aux"), has_aux=True)(x)
    np.testing.assert_allclose(gradient.array, 3 * X**2 * Y)
    assert aux == "aux"
    second = func.grad(lambda x: func.grad(f)(x, y).sum())(x)
    np.testing.assert_allclose(second.array, 6 * X * Y)
    assert not x.requires_grad
    assert not func.grad(lambda a, b: (b * b).sum())(x, y).array.any()


def test_jacobians_and_hessians() -> None:
    x, y = td.tensor(X), td.tensor(Y)
    np.testing.assert_allclose(func.jacrev(lambda a: a**2)(x).array, np.diag(2 * X))
    np.testing.assert_allclose(func.jacfwd(lambda a, b: a * b, argnums=(0, 1))(x, y)[1].array, np.diag(X))
    np.testing.assert_allclose(func.hessian(f)(x, y).array, np.diag(6 * X * Y))
    np.testing.assert_allclose(func.jacrev(func.grad(f))(x, y).array, np.diag(6 * X * Y))
    np.testing.assert_allclose(func.jvp(lambda a: a**2, (x,), (y,))[1].array, 2 * X * Y)
    np.testing.assert_allclose(func.vjp(lambda a: a**2, x)[1](y).array, 2 * X * Y)


def test_what_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"func\.grad: the function returned"):
        func.grad(lambda a: a * 2)(td.tensor(X))
    with pytest.raises(OptionError, match="has_aux"):
        func.jacrev(f, has_aux=True)
    with pytest.raises(StateError, match=r"functional_call: Linear has no 'wieght'"):
        func.functional_call(nn.Linear(2, 1), {"wieght": td.ones(1, 2)}, td.ones(1, 2))


def test_a_module_with_other_parameters_and_itself_unchanged() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 1)).double()
    x = td.tensor(X[None])
    given = {name: p.detach() * 2 for name, p in model.named_parameters()}

    def loss(params: Any) -> Any:
        return func.functional_call(model, params, (x,)).sum()

    before = model(x).item()
    gradient = func.grad(lambda w: loss({**given, "0.weight": w}))(given["0.weight"])
    for name, p in model.named_parameters():
        p.data = given[name].array
    assert loss({}).item() == pytest.approx(loss(given).item())
    model(x).sum().backward()
    np.testing.assert_allclose(gradient.array, model[0].weight.grad.array)
    assert model(x).item() != before
