"""An embedding's gradient is kept as the rows that were used. Nobody should be able to tell, but by the time it takes."""

import copy
import math

import numpy as np
import pytest

import tinydawn as td
from tinydawn import gradients, nn, optim
from tinydawn.nn import functional as F

V, E = 12, 3
OPTIMIZERS = {
    "sgd": lambda p: optim.SGD(p, lr=0.1),
    "sgd_momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "sgd_decay": lambda p: optim.SGD(p, lr=0.1, weight_decay=0.1),
    "sgd_maximize": lambda p: optim.SGD(p, lr=0.1, maximize=True),
    "adam": lambda p: optim.Adam(p, lr=0.01),
    "adam_decay": lambda p: optim.Adam(p, lr=0.01, weight_decay=0.1),
    "adam_amsgrad": lambda p: optim.Adam(p, lr=0.01, amsgrad=True),
    "adam_no_memory": lambda p: optim.Adam(p, lr=0.01, betas=(0.0, 0.9)),
    "adam_maximize": lambda p: optim.Adam(p, lr=0.01, maximize=True),
    "adamw": lambda p: optim.AdamW(p, lr=0.01, weight_decay=0.1),
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.01),
    "adagrad": lambda p: optim.Adagrad(p, lr=0.01),
}
ROWS_ALONE = {"sgd", "adam", "adam_no_memory", "adamw"}


def table():
    rng = np.random.default_rng(0)
    return nn.Parameter(rng.normal(size=(V, E)))


def backward(weight, k, dense=False):
    """A loss on some rows; other ids in every step."""
    ids = np.random.default_rng(k).integers(0, V, size=(2, 3))
    (F.embedding(ids, weight) ** 2).sum().backward()
    if dense:
        assert weight.grad is not None  # reading it makes it dense


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_same_update_as_from_the_dense_gradient(name):
    """200 steps: Adam's rows that are not used fade by a factor that is folded in after about 130."""
    a, b = table(), table()
    optimizers = OPTIMIZERS[name]([a]), OPTIMIZERS[name]([b])
    for k in range(200):
        for weight, optimizer in zip((a, b), optimizers, strict=True):
            optimizer.zero_grad()
            backward(weight, k, dense=weight is b)
            optimizer.step()
        assert (type(a._grad) is gradients.Rows) or name not in ROWS_ALONE - {"adam_no_memory"}
    np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-9, atol=1e-12)
    saved, expected = (o.state_dict()["state"].get(0, {}) for o in optimizers)
    assert set(saved) == set(expected)
    for key, value in expected.items():
        np.testing.assert_allclose(saved[key], value, rtol=1e-8, atol=1e-14)


def test_a_dense_gradient_may_come_between():
    a, b = table(), table()
    first, second = optim.Adam([a], lr=0.01), optim.Adam([b], lr=0.01)
    for k in range(20):
        for weight, optimizer in ((a, first), (b, second)):
            optimizer.zero_grad()
            backward(weight, k, dense=weight is b or k % 3 == 0)
            optimizer.step()
    np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-10)


def test_a_resumed_run_goes_on_to_the_last_bit():
    weight = table()
    optimizer = optim.Adam([weight], lr=0.01)
    for k in range(30):
        optimizer.zero_grad()
        backward(weight, k)
        optimizer.step()
    saved, other = copy.deepcopy(optimizer.state_dict()), nn.Parameter(weight.numpy().copy())
    resumed = optim.Adam([other], lr=0.01)
    resumed.load_state_dict(saved)
    for k in range(30, 60):
        for w, o in ((weight, optimizer), (other, resumed)):
            o.zero_grad()
            backward(w, k)
            o.step()
    np.testing.assert_array_equal(weight.numpy(), other.numpy())


def test_passes_add_up_as_rows():
    a, b = table(), table()
    for k in range(3):
        backward(a, k)
        backward(b, k, dense=True)
    assert type(a._grad) is gradients.Rows
    assert len(a._grad.ids) == len(set(a._grad.ids.tolist()))
    np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-12)
    assert type(a._grad) is td.Tensor, "reading it made it dense"


@pytest.mark.parametrize("order", [0, 1])
def test_a_tied_table_used_by_a_product_too(order):
    """The output layer shares the embedding: one part of its gradient is rows, the other is dense."""
    weight, ids = table(), np.array([1, 1, 4])
    parts = [F.embedding(ids, weight).sum() * 2, (weight * weight).sum()]
    (parts[order] + parts[1 - order]).backward()
    expected = 2 * weight.numpy()
    np.add.at(expected, ids, 2.0)
    np.testing.assert_allclose(weight.grad.numpy(), expected, rtol=1e-12)


def test_a_slice_and_a_lookup_of_one_table():
    weight = table()
    (F.embedding(np.array([0, 2]), weight).sum() + weight[1:3].sum() + (td.tensor(np.ones((2, V))) @ weight).sum()).backward()
    expected = np.full((V, E), 2.0)
    expected[[0, 2]] += 1
    expected[1:3] += 1
    np.testing.assert_allclose(weight.grad.numpy(), expected)


def test_a_computed_table():
    weight = table()
    F.embedding(np.array([3, 3]), weight * 2).sum().backward()
    assert weight.grad.numpy()[3].tolist() == [4.0] * E
    assert weight.grad.numpy().sum() == 12


def test_clipping_sees_the_rows():
    a, b = table(), table()
    backward(a, 1)
    backward(b, 1, dense=True)
    for norm_type in (2.0, 3.0, math.inf):
        assert optim.clip_grad_norm_([a], 1e9, norm_type) == pytest.approx(optim.clip_grad_norm_([b], 1e9, norm_type))
    optim.clip_grad_norm_([a], 0.5)
    optim.clip_grad_norm_([b], 0.5)
    assert type(a._grad) is gradients.Rows
    np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-12)


def test_grad_gives_a_dense_tensor_and_writes_nothing():
    weight = table()
    (g,) = td.grad(F.embedding(np.array([2, 2, 5]), weight).sum(), weight)
    assert g.shape == (V, E)
    assert g.numpy()[:, 0].tolist() == [0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert weight.grad is None


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, 1000])
def test_sum_rows(size):
    rng = np.random.default_rng(size)
    for vocabulary in (1, 3, 50, 40_000):  # 40,000 ids do not fit 16 bits
        ids, g = rng.integers(0, vocabulary, size), rng.normal(size=(size, 2))
        before = g.copy()
        rows = gradients.sum_rows(ids, g, (vocabulary, 2))
        expected = np.zeros((vocabulary, 2))
        np.add.at(expected, ids, g)
        np.testing.assert_allclose(rows.dense(), expected, atol=1e-12)
        np.testing.assert_array_equal(g, before)
        assert sorted(rows.ids.tolist()) == sorted(set(ids.tolist()))  # each once


def test_no_rows():
    weight = table()
    F.embedding(np.zeros((0, 2), int), weight).sum().backward()
    assert (weight.grad.numpy() == 0).all()


@pytest.mark.parametrize("kind", ["uint8", "int32", "int64"])
def test_indexing_rows_that_repeat(kind):
    """More rows than a uint8 can count, some named twice, some from the end."""
    x = td.Tensor(np.ones((300, 2)), requires_grad=True)
    ids = np.array([[7, 7, 0], [250, 7, 0]], kind) if kind == "uint8" else np.array([[7, -293, 0], [-50, 7, -300]], kind)
    x[ids].sum().backward()
    assert {int(i): float(x.grad.numpy()[i, 0]) for i in np.flatnonzero(x.grad.numpy()[:, 0])} == {0: 2.0, 7: 3.0, 250: 1.0}
