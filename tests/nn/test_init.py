"""Initial values: means, spreads, bounds, reproducible draws, errors."""

import math

import numpy as np
import pytest

import tinydawn as td
from tinydawn.nn import init

SHAPE = (400, 300)


def drawn(name, *args, shape=SHAPE, **kwargs):
    t = td.zeros(shape)
    assert getattr(init, name)(t, *args, **kwargs) is t
    assert t.dtype == np.float32
    return t.numpy().astype(np.float64)


def test_uniform():
    x = drawn("uniform_", -2.0, 4.0)
    assert x.min() >= -2
    assert x.max() < 4
    assert abs(x.mean() - 1) < 0.03
    assert abs(x.var() - 36 / 12) < 0.05
    assert 0 <= drawn("uniform_").min() < drawn("uniform_").max() < 1


def test_normal():
    x = drawn("normal_", 3.0, 2.0)
    assert abs(x.mean() - 3) < 0.03
    assert abs(x.std() - 2) < 0.02
    assert abs(((x - 3) / 2 > 1).mean() - 0.1587) < 0.005


def test_trunc_normal():
    x = drawn("trunc_normal_", 1.0, 2.0, -1.0, 2.0)
    assert x.min() >= -1
    assert x.max() <= 2
    low, high = math.erf(-1 / math.sqrt(2)), math.erf(0.5 / math.sqrt(2))
    assert abs((x < 1).mean() - low / (low - high)) < 0.01
    far = drawn("trunc_normal_", 0.0, 1.0, 2.0, 3.0, shape=(1000,))
    assert far.min() >= 2


def test_constants():
    assert (drawn("constant_", 2.5) == 2.5).all()
    assert (drawn("zeros_") == 0).all()
    assert (drawn("ones_") == 1).all()


@pytest.mark.parametrize("gain", [1.0, 5 / 3])
def test_xavier(gain):
    bound = gain * math.sqrt(6 / 700)
    x = drawn("xavier_uniform_", gain)
    assert 0.99 * bound < np.abs(x).max() <= bound * (1 + 1e-6)
    assert abs(x.var() / (bound**2 / 3) - 1) < 0.02
    assert abs(drawn("xavier_normal_", gain).std() / (gain * math.sqrt(2 / 700)) - 1) < 0.01


@pytest.mark.parametrize(("mode", "fan"), [("fan_in", 300), ("fan_out", 400)])
@pytest.mark.parametrize(
    ("nonlinearity", "a", "gain"),
    [
        ("relu", 0.0, math.sqrt(2)),
        ("leaky_relu", 0.0, math.sqrt(2)),
        ("leaky_relu", 2.0, math.sqrt(0.4)),
        ("tanh", 0.0, 5 / 3),
        ("linear", 0.0, 1.0),
    ],
)
def test_kaiming(mode, fan, nonlinearity, a, gain):
    std = gain / math.sqrt(fan)
    assert abs(drawn("kaiming_normal_", a, mode, nonlinearity).std() / std - 1) < 0.01
    x = drawn("kaiming_uniform_", a, mode, nonlinearity)
    assert 0.99 * std * math.sqrt(3) < np.abs(x).max() <= std * math.sqrt(3) * (1 + 1e-6)


def test_fans_count_the_kernel():
    x = drawn("xavier_uniform_", shape=(60, 40, 5))
    bound = math.sqrt(6 / (40 * 5 + 60 * 5))
    assert 0.99 * bound < np.abs(x).max() <= bound * (1 + 1e-6)


@pytest.mark.parametrize("shape", [(20, 30), (30, 20), (25, 25), (8, 3, 5)])
def test_orthogonal(shape):
    x = drawn("orthogonal_", 3.0, shape=shape).reshape(shape[0], -1)
    product = x @ x.T if x.shape[0] <= x.shape[1] else x.T @ x
    np.testing.assert_allclose(product, 9 * np.eye(min(x.shape)), atol=1e-5)


def test_gains():
    assert init.calculate_gain("tanh") == 5 / 3
    assert init.calculate_gain("relu") == math.sqrt(2)
    assert init.calculate_gain("sigmoid") == init.calculate_gain("linear") == init.calculate_gain("conv1d") == 1
    assert init.calculate_gain("leaky_relu") == pytest.approx(math.sqrt(2 / 1.0001))
    assert init.calculate_gain("leaky_relu", 1.0) == 1


def test_relu_keeps_its_variance_under_kaiming():
    """What the initialiser is for: the scale of activations through twenty layers."""
    x = td.randn(64, 256)
    for _ in range(20):
        x = td.relu(td.nn.functional.linear(x, init.kaiming_normal_(td.zeros(256, 256), nonlinearity="relu")))
    assert 0.2 < (x.numpy() ** 2).mean() < 5


@pytest.mark.parametrize(
    "name",
    [
        "uniform_",
        "normal_",
        "trunc_normal_",
        "xavier_uniform_",
        "xavier_normal_",
        "kaiming_uniform_",
        "kaiming_normal_",
        "orthogonal_",
    ],
)
def test_a_seed_repeats_the_draw(name):
    td.manual_seed(3)
    first, second = drawn(name, shape=(4, 5)), drawn(name, shape=(4, 5))
    td.manual_seed(3)
    assert (drawn(name, shape=(4, 5)) == first).all()
    assert (first != second).any()


def test_values_are_written_in_place():
    t = td.nn.Parameter(np.zeros((3, 2)))
    data = t.array
    init.normal_(t)
    assert t.array is data
    assert t.dtype == np.float64
    assert t.requires_grad
    assert t.is_leaf


def test_layers_from_one_seed_are_equal():
    def made():
        td.manual_seed(11)
        return td.nn.TransformerEncoderLayer(4, 2, 8).state_dict()

    a, b = made(), made()
    assert all((a[k].numpy() == b[k].numpy()).all() for k in a)


@pytest.mark.parametrize(
    ("layer", "bound"),
    [
        (lambda: td.nn.Linear(64, 500), 1 / 8),
        (lambda: td.nn.LSTM(3, 64), 1 / 8),
        (lambda: td.nn.Conv1d(32, 100, 8, groups=4), 1 / 8),
    ],
)
def test_bounds_of_layers(layer, bound):
    for p in layer().parameters():
        assert 0.95 * bound < np.abs(p.numpy()).max() <= bound * (1 + 1e-6)


def test_embedding_is_standard_normal_with_zeros_for_padding():
    weight = td.nn.Embedding(500, 100, padding_idx=7).weight.numpy()
    assert (weight[7] == 0).all()
    assert abs(weight.std() - 1) < 0.02


@pytest.mark.parametrize("name", ["xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_"])
@pytest.mark.parametrize("shape", [(), (5,)])
def test_no_fan(name, shape):
    with pytest.raises(td.errors.ShapeError, match=f"{name}: a tensor of shape .* has no fan-in and fan-out"):
        getattr(init, name)(td.zeros(shape))


def test_errors():
    with pytest.raises(td.errors.ShapeError, match=r"orthogonal_: a tensor of shape \(3,\)"):
        init.orthogonal_(td.zeros(3))
    with pytest.raises(td.errors.DTypeError, match=r"unknown nonlinearity 'gelu'(.|\n)*one of linear, conv1d"):
        init.calculate_gain("gelu")
    with pytest.raises(td.errors.DTypeError, match="kaiming_normal_: mode='fan'"):
        init.kaiming_normal_(td.zeros(2, 2), mode="fan")
    with pytest.raises(td.errors.DTypeError, match="kaiming_uniform_: mode='in'"):
        init.kaiming_uniform_(td.zeros(2, 2), mode="in")
    for bounds in (
        {"a": 2.0, "b": 1.0},
        {"a": 7.5, "b": 9.0},
        {"a": 0.0, "b": 1e-9},
        {"std": 0.0},
        {"a": -50.0, "b": -40.0},
    ):
        with pytest.raises(td.errors.ShapeError, match="trunc_normal_: almost nothing lies between"):
            init.trunc_normal_(td.zeros(3), **bounds)
