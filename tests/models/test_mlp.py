"""The multi-layer perceptron: stacked linear layers are one, and a residual layer passes the gradient on whole."""

from __future__ import annotations

import numpy as np
import pytest

import tinydawn as td
from tinydawn.errors import DTypeError, ShapeError
from tinydawn.models import MLP
from tinydawn.nn import functional as F

X = np.random.default_rng(0).normal(size=(5, 3))


def test_stacked_linear_layers_are_one_linear_map():
    model = MLP([3, 8, 2, 8, 6], "linear").double()
    W, b = np.eye(3), np.zeros(3)
    for layer in model.layers:
        W, b = layer.weight.array @ W, layer.weight.array @ b + layer.bias.array
    np.testing.assert_allclose(model(td.tensor(X)).array, X @ W.T + b, atol=1e-12)
    assert np.linalg.matrix_rank(W) == 2, "no wider than its narrowest layer"
    bent = MLP([3, 8, 2, 8, 6], "tanh").double()(td.tensor(np.random.default_rng(1).normal(size=(50, 3)))).array
    assert np.linalg.matrix_rank(bent - bent.mean(axis=0)) > 2


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "linear"])
@pytest.mark.parametrize("residual", [False, True])
def test_gradients(activation, residual):
    model = MLP([3, 4, 4, 4, 2], activation, residual).double()
    x = td.tensor(X, requires_grad=True)
    assert td.gradcheck(lambda *_: F.cross_entropy(model(x), np.array([0, 1, 1, 0, 1])), [x, *model.parameters()])


def test_a_residual_layer_that_does_nothing_passes_everything_on():
    model = MLP([3, 4, 4, 4, 2], residual=True).double()
    for layer in list(model.layers)[1:-1]:
        layer.weight.array[...] = 0
        layer.bias.array[...] = 0
    first, second, third = model.hidden(td.tensor(X, requires_grad=True))
    np.testing.assert_array_equal(third.array, first.array)
    np.testing.assert_array_equal(td.grad(third.sum(), first)[0].array, 1.0)
    assert second is not first, "not added in place"


def test_depth_swallows_the_gradient_only_without_a_way_around():
    def norm(residual):
        td.manual_seed(0)
        model = MLP([3, *[32] * 32, 2], "tanh", residual).double()
        return np.linalg.norm(td.grad(F.cross_entropy(model(td.tensor(X)), np.zeros(5, int)), model.layers[0].weight)[0].array)

    assert norm(True) > 1e6 * norm(False)


def test_dropout_and_its_switch():
    model = MLP([3, 64, 2], dropout=0.5)
    x = td.tensor(X.astype(np.float32))
    assert not np.array_equal(model(x).array, model(x).array)
    model.eval()
    np.testing.assert_array_equal(model(x).array, model(x).array)


def test_errors():
    with pytest.raises(ShapeError, match=r"sizes \[3\]"):
        MLP([3])
    with pytest.raises(ShapeError, match=r"widths \[4, 5\]"):
        MLP([3, 4, 5, 2], residual=True)
    with pytest.raises(DTypeError, match="activation='swish'"):
        MLP([3, 2], "swish")
    assert MLP([3, 2])(td.tensor(X.astype(np.float32))).shape == (5, 2)
