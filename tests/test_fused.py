"""Every fused kernel against its plain twin. Derived from `fuse.kernels`: a kernel with no row here fails."""

import numpy as np
import pytest

import tinydawn as td
from tinydawn import autograd, graph
from tinydawn.gradcheck import gradgradcheck
from tinydawn.kernels import attention as attention_kernels
from tinydawn.kernels import (  # noqa: F401
    cells,
    class_softmax,
    dropout,
    embedding,
    fuse,
    gelu,
    linear,
    losses,
    normalization,
    rnn,
)
from tinydawn.nn import functional as F


def grid(*shape, phase=0.0, scale=1.0):
    k = np.arange(int(np.prod(shape)), dtype=np.float64)
    return np.asarray(scale * np.sin(1.7 * k + 0.3 + phase)).reshape(shape)


def ce(target, weight=None, smoothing=0.0, total=True):
    weight = np.ones(len(target)) / 3 if weight is None else weight if isinstance(weight, float) else np.asarray(weight, float)
    return {"target": np.asarray(target, dtype=int), "weight": weight, "smoothing": smoothing, "total": total}


def gru(*shape):
    """gx and gh (..., 3H), h (..., H)."""
    wide = (*shape[:-1], 3 * shape[-1])
    return [grid(*wide), grid(*wide, phase=1), grid(*shape, phase=2)]


def sequence(gates, T, B, size, H, bias=True, scale=0.7):
    """x (T, B, size), the initial state (B, H), for an LSTM two, both weights, and two biases."""
    shapes = [(T, B, size), (B, H), *([(B, H)] if gates == 4 else []), (gates * H, size), (gates * H, H)]
    shapes += [(gates * H,)] * 2 if bias else []
    return [grid(*shape, phase=i, scale=scale) for i, shape in enumerate(shapes)]


def attention(B, T, S, D):
    return [grid(B, T, D), grid(B, S, D, phase=1), grid(B, S, D, phase=2)]


def lengths(*n, T):
    return (np.arange(T)[:, None] < np.array(n))[:, :, None]


def recurrent(gates, **more):
    plain = {"mask": None, "reverse": False, **more}
    backwards = {**plain, "reverse": True}
    uneven = lengths(4, 1, 3, T=4)
    return [
        ("plain", sequence(gates, 4, 3, 2, 5), plain),
        ("reversed", sequence(gates, 4, 3, 2, 5), backwards),
        ("no bias", sequence(gates, 4, 3, 2, 5, bias=False), plain),
        ("no bias, reversed", sequence(gates, 3, 1, 2, 2, bias=False), backwards),
        ("lengths", sequence(gates, 4, 3, 2, 5), {**plain, "mask": uneven}),
        ("lengths, reversed", sequence(gates, 4, 3, 2, 5), {**backwards, "mask": uneven}),
        ("lengths, no bias", sequence(gates, 4, 3, 2, 3, bias=False), {**plain, "mask": uneven}),
        ("none goes to the end", sequence(gates, 4, 2, 2, 3), {**plain, "mask": lengths(2, 1, T=4)}),
        ("one step", sequence(gates, 1, 3, 2, 4), plain),
        ("one step, reversed", sequence(gates, 1, 3, 2, 4), backwards),
        ("one of all", sequence(gates, 1, 1, 1, 1), plain),
        ("empty batch", sequence(gates, 2, 0, 2, 3), plain),
        ("saturated", sequence(gates, 3, 2, 2, 3, scale=900), plain),
        ("longer", sequence(gates, 9, 2, 2, 3), plain),
        ("few rows", sequence(gates, 3, 2, 2, 8), plain),  # computed the other way round: backend.few_rows
        ("few rows, lengths", sequence(gates, 4, 3, 2, 12), {**plain, "mask": uneven}),
    ]


# name -> rows of (what it shows, arrays that get a gradient, settings)
SAMPLES = {
    "linear": [
        ("matrix", [grid(5, 3), grid(4, 3, phase=1)], {}),
        ("bias", [grid(5, 3), grid(4, 3, phase=1), grid(4, phase=2)], {}),
        ("three axes", [grid(2, 5, 3), grid(4, 3, phase=1), grid(4, phase=2)], {}),
        ("vector", [grid(3), grid(4, 3, phase=1), grid(4, phase=2)], {}),
        ("one row", [grid(1, 3), grid(4, 3, phase=1), grid(4, phase=2)], {}),
        ("no rows", [grid(0, 3), grid(4, 3), grid(4)], {}),
        ("no rows, three axes", [grid(2, 0, 3), grid(4, 3), grid(4)], {}),
        ("no inputs", [grid(5, 0), grid(4, 0), grid(4)], {}),
        ("no outputs", [grid(5, 3), grid(0, 3), grid(0)], {}),
        ("one by one", [grid(1, 1), grid(1, 1, phase=1), grid(1, phase=2)], {}),
        ("few rows", [grid(3, 12), grid(4, 12, phase=1)], {}),  # computed the other way round: backend.few_rows
        ("few rows, bias", [grid(3, 12), grid(4, 12, phase=1), grid(4, phase=2)], {}),
    ],
    "embedding": [
        ("vector of ids", [grid(5, 3)], {"ids": np.array([4, 0, 2])}),
        ("repeated", [grid(5, 3)], {"ids": np.array([[1, 1, 3], [3, 1, 0]])}),
        ("all one id", [grid(5, 3)], {"ids": np.full((4, 2), 3)}),
        ("one id", [grid(5, 3)], {"ids": np.array(2)}),
        ("no ids", [grid(5, 3)], {"ids": np.zeros((0, 2), int)}),
        ("one row", [grid(1, 3)], {"ids": np.array([0, 0])}),
        ("int32", [grid(5, 3)], {"ids": np.array([4, 4, 1], np.int32)}),
        ("uint8", [grid(5, 3)], {"ids": np.array([4, 4, 1], np.uint8)}),
        ("padded", [grid(5, 3)], {"ids": np.array([[4, 0, 0], [1, 4, 0]]), "padding": 0}),
        ("padding that does not occur", [grid(5, 3)], {"ids": np.array([4, 1]), "padding": 2}),
        ("nothing but padding", [grid(5, 3)], {"ids": np.array([2, 2]), "padding": 2}),
        ("runs of all lengths", [grid(9, 3)], {"ids": np.repeat(np.arange(9), np.arange(9))}),
        ("many runs", [grid(50, 2)], {"ids": np.arange(400) ** 2 % 50}),
    ],
    "softmax": [
        ("last axis", [grid(3, 4)], {"axis": 1}),
        ("first axis", [grid(3, 4)], {"axis": 0}),
        ("middle axis", [grid(2, 3, 4)], {"axis": 1}),
        ("vector", [grid(5)], {"axis": 0}),
        ("one entry", [grid(3, 1)], {"axis": 1}),
        ("ties", [np.ones((2, 4))], {"axis": 1}),
        ("huge", [np.array([[1000.0, 1001.0, -1000.0]])], {"axis": 1}),
        ("masked", [np.array([[0.3, -np.inf, 0.1], [-np.inf, -np.inf, 2.0]])], {"axis": 1}),
        ("no rows", [grid(0, 4)], {"axis": 1}),
    ],
    "silu": [("plain", [grid(3, 4, scale=5)], {}), ("far out", [np.array([-800.0, 0.0, 800.0])], {}), ("none", [grid(0, 2)], {})],
    "softplus": [("plain", [grid(3, 4, scale=5)], {}), ("far out", [np.array([-800.0, 0.0, 800.0])], {}),
                 ("none", [grid(0, 2)], {})],
    "elu": [("plain", [grid(3, 4, scale=5)], {"alpha": 1.0}), ("steep", [grid(3, 4)], {"alpha": 1.7}),
            ("far out", [np.array([-800.0, 800.0])], {"alpha": 0.5}), ("none", [grid(0, 2)], {"alpha": 1.0})],
    "leaky_relu": [("plain", [grid(3, 4, scale=5)], {"negative_slope": 0.01}), ("flat", [grid(3, 4)], {"negative_slope": 0.0}),
                   ("straight", [grid(3, 4)], {"negative_slope": 1.0}), ("none", [grid(0, 2)], {"negative_slope": 0.3})],
    "cross_entropy": [
        ("plain", [grid(4, 5, scale=3)], ce([0, 4, 2, 2])),
        ("row by row", [grid(4, 5, scale=3)], ce([0, 4, 2, 2], total=False)),
        ("weighted", [grid(4, 5)], ce([0, 4, 2, 2], [0.1, 2, 0, -1])),
        ("weighted, row by row", [grid(4, 5)], ce([0, 4, 2, 2], [0.1, 2, 0, -1], total=False)),
        ("ignored", [grid(4, 5)], ce([0, 4, 2, 2], [1, 0, 1, 0])),
        ("smoothed", [grid(4, 5)], ce([0, 4, 2, 2], smoothing=0.1)),
        ("all smoothed", [grid(4, 5)], ce([0, 4, 2, 2], smoothing=1.0)),
        ("smoothed, ignored", [grid(4, 5)], ce([0, 4, 2, 2], [0, 1, 1, 0], 0.3)),
        ("smoothed, row by row", [grid(4, 5)], ce([0, 4, 2, 2], [0, 1, 1, 0], 0.3, total=False)),
        ("all ignored", [grid(2, 5)], ce([0, 4], [0, 0])),
        ("one row", [grid(1, 5)], ce([3])),
        ("one class", [grid(3, 1)], ce([0, 0, 0])),
        ("ties", [np.zeros((2, 4))], ce([1, 3])),
        ("huge", [np.array([[1000.0, -1000.0, 999.0]])], ce([2])),
        ("one weight for all", [grid(4, 5, scale=3)], ce([0, 4, 2, 2], 0.25)),
        ("one weight, row by row", [grid(4, 5)], ce([0, 4, 2, 2], 1.0, total=False)),
        ("one weight, smoothed", [grid(4, 5)], ce([0, 4, 2, 2], 0.25, 0.1)),
        ("no rows", [grid(0, 5)], ce([])),
        ("-inf", [np.array([[-np.inf, 0.5, 0.1]])], ce([1])),
        ("-inf ignored", [np.array([[-np.inf, 0.5, 0.1], [0.1, 0.2, 0.3]])], ce([0, 1], [0, 1])),
    ],
    "log_softmax": [
        (f"{what}, axis {axis}", [x], {"axis": axis})
        for what, x, axes in (("matrix", grid(4, 5, scale=3), (0, 1, -1)), ("three axes", grid(2, 3, 4), (0, 1, 2)),
                              ("vector", grid(5), (0,)), ("one class", grid(3, 1), (1,)), ("ties", np.zeros((2, 3)), (1,)),
                              ("huge", np.array([[1000.0, -1000.0, 999.0]]), (1,)), ("no rows", grid(0, 5), (1,)))
        for axis in axes
    ],
    "rnn": [*recurrent(1, nonlinearity="tanh"), *recurrent(1, nonlinearity="relu")[:6]],
    "gru": recurrent(3),
    "lstm": recurrent(4),
    "layer_norm": [
        ("plain", [grid(4, 5)], {"axes": 1, "eps": 1e-5}),
        ("affine", [grid(4, 5), grid(5, phase=1), grid(5, phase=2)], {"axes": 1, "eps": 1e-5}),
        ("no bias", [grid(4, 5), grid(5, phase=1)], {"axes": 1, "eps": 1e-5}),
        ("three axes", [grid(2, 3, 5), grid(5, phase=1), grid(5, phase=2)], {"axes": 1, "eps": 1e-5}),
        ("over two axes", [grid(4, 3, 2), grid(3, 2, phase=1), grid(3, 2, phase=2)], {"axes": 2, "eps": 1e-3}),
        ("vector", [grid(5), grid(5, phase=1), grid(5, phase=2)], {"axes": 1, "eps": 1e-5}),
        ("one feature", [grid(4, 1), grid(1, phase=1), grid(1, phase=2)], {"axes": 1, "eps": 0.1}),
        ("no rows", [grid(0, 5), grid(5), grid(5)], {"axes": 1, "eps": 1e-5}),
        ("far from 0", [1e6 + grid(3, 5), grid(5), grid(5)], {"axes": 1, "eps": 1e-5}),
    ],
    "dropout": [
        ("matrix", [grid(4, 5)], {"keep": grid(4, 5, phase=1) > -0.3, "scale": 1.5}),
        ("scale 1", [grid(4, 5)], {"keep": grid(4, 5, phase=1) > 0.3, "scale": 1.0}),
        ("all dropped", [grid(4, 5)], {"keep": np.zeros((4, 5), bool), "scale": 1.0}),
        ("one number", [grid()], {"keep": np.array(True), "scale": 2.0}),
        ("none", [grid(0, 3)], {"keep": np.zeros((0, 3), bool), "scale": 2.0}),
        ("dropped inf and NaN", [np.array([1.0, np.inf, np.nan])], {"keep": np.array([True, False, False]), "scale": 2.0}),
    ],
    "gelu": [
        (f"{approximate}, {what}", [x], {"approximate": approximate})
        for approximate in ("none", "tanh")
        for what, x in (("matrix", grid(4, 5, scale=3)), ("one", grid()), ("none", grid(0, 3)), ("large", grid(2, 3, scale=500)))
    ],
    "attention": [
        ("plain", attention(2, 3, 4, 5), {"mask": None, "scale": 0.5}),
        ("causal", attention(2, 4, 4, 3), {"mask": np.tri(4, dtype=bool), "scale": 0.5}),
        ("padding", attention(2, 3, 4, 3), {"mask": (np.arange(4) < np.array([[[2]], [[4]]])), "scale": 1.0}),
        ("added", attention(2, 3, 4, 3), {"mask": grid(3, 4), "scale": 0.5}),
        ("added, with -inf", attention(2, 3, 4, 3), {"mask": np.where(np.arange(4) < 3, 0.3, -np.inf), "scale": 0.5}),
        ("heads", [np.stack([x] * 2, axis=1) for x in attention(2, 3, 4, 5)], {"mask": None, "scale": 0.5}),
        ("one matrix", [x[0] for x in attention(1, 3, 4, 5)], {"mask": None, "scale": 0.5}),
        ("one key", attention(2, 3, 1, 5), {"mask": None, "scale": 0.5}),
        ("wider values", [*attention(2, 3, 4, 5)[:2], grid(2, 4, 7)], {"mask": None, "scale": 0.5}),
        ("packed", [grid(3, 2, 2, 4, 5)], {"mask": None, "scale": 0.4}),
        ("packed, causal", [grid(3, 2, 2, 4, 5)], {"mask": np.tri(4, dtype=bool), "scale": 0.4}),
        ("no batch", attention(0, 3, 4, 5), {"mask": None, "scale": 0.5}),
    ],
    "gru_gates": [
        ("batch", gru(3, 4), {}),
        ("one row", gru(1, 4), {}),
        ("one unit", gru(3, 1), {}),
        ("no batch", gru(4), {}),
        ("empty batch", gru(0, 4), {}),
        ("saturated", [300 * x for x in gru(2, 3)], {}),
        ("three axes", gru(2, 3, 2), {}),
    ],
    "lstm_gates": [
        (what, [scale * grid(*shape, 4 * size), scale * grid(*shape, 4 * size, phase=1), grid(*shape, size, phase=2)], {})
        for what, shape, size, scale in (("batch", (3,), 4, 1), ("one row", (1,), 4, 1), ("one unit", (3,), 1, 1),
                                         ("no batch", (), 4, 1), ("empty batch", (0,), 4, 1), ("saturated", (2,), 3, 300),
                                         ("three axes", (2, 3), 2, 1))
    ],
    "class_cross_entropy": [
        (what, [grid(len(target), 3, scale=scale), grid(first[-1], 3, phase=1), grid(first[-1], phase=2)],
         {"target": np.array(target, int), "first": np.array(first)})
        for what, target, first, scale in (
            ("classes of several sizes", [0, 5, 2, 5, 1, 6], [0, 2, 5, 6, 7], 1), ("one class", [0, 2, 1, 2], [0, 3], 1),
            ("a class that is not needed", [3, 4, 3], [0, 2, 3, 5], 1), ("one word each", [2, 0, 1, 1], [0, 1, 2, 3], 1),
            ("one row", [1], [0, 2, 4], 1), ("no rows", [], [0, 2, 4], 1), ("saturated", [0, 3, 1], [0, 2, 4], 300))
    ],
}
ROWS = [
    pytest.param(name, arrays, settings, id=f"{name}-{what}")
    for name, rows in SAMPLES.items()
    for what, arrays, settings in rows
]
all_rows = pytest.mark.parametrize(("name", "arrays", "settings"), ROWS)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy_in_blocks_of_rows(monkeypatch, smoothing):
    logits, settings = [grid(7, 5, scale=3)], ce([0, 4, 2, 2, 1, 3, 0], np.arange(7.0), smoothing)
    expected, (gradient,) = gradients(losses.cross_entropy, logits, settings)
    monkeypatch.setattr(losses, "BLOCK", 12)  # two rows
    out, (found,) = gradients(losses.cross_entropy, logits, settings)
    np.testing.assert_allclose(out.numpy(), expected.numpy(), rtol=1e-12)
    np.testing.assert_allclose(found.numpy(), gradient.numpy(), rtol=1e-12)


def test_every_kernel_has_its_rows():
    assert set(SAMPLES) == set(fuse.kernels), "a fused kernel needs sample inputs here"


def leaves(arrays, dtype=np.float64):
    return [td.tensor(a.astype(dtype), requires_grad=True) for a in arrays]


def gradients(function, arrays, settings, wanted=None, dtype=np.float64):
    inputs = leaves(arrays, dtype)
    if wanted is not None:
        for i, x in enumerate(inputs):
            x.requires_grad = i in wanted
    out = function(*inputs, **settings)
    out.backward(grid(*out.shape, phase=4) + 1.2)
    return out, [x.grad for x in inputs]


@all_rows
def test_kernel_equals_twin(name, arrays, settings):
    kernel, twin = fuse.kernels[name]
    with np.errstate(invalid="ignore"):
        (y, found), (y_twin, expected) = gradients(kernel, arrays, settings), gradients(twin, arrays, settings)
    np.testing.assert_allclose(y.numpy(), y_twin.numpy(), rtol=1e-10, atol=1e-10)
    for g, e in zip(found, expected, strict=True):
        np.testing.assert_allclose(g.numpy(), e.numpy(), rtol=1e-10, atol=1e-10)


@all_rows
def test_each_gradient_alone(name, arrays, settings):
    kernel, _ = fuse.kernels[name]
    _, expected = gradients(kernel, arrays, settings)
    for i in range(len(arrays)):
        _, found = gradients(kernel, arrays, settings, wanted={i})
        assert [g is not None for g in found] == [j == i for j in range(len(arrays))]
        assert (found[i].numpy() == expected[i].numpy()).all()


@all_rows
def test_a_recorded_backward_gives_the_same_gradient(name, arrays, settings):
    kernel, _ = fuse.kernels[name]
    inputs = leaves(arrays)
    out = kernel(*inputs, **settings)
    start = td.tensor(grid(*out.shape, phase=4) + 1.2)
    plain = td.grad(out, inputs, start, retain_graph=True)
    recorded = td.grad(out, inputs, start, create_graph=True)
    for a, b in zip(plain, recorded, strict=True):
        assert not a.requires_grad
        np.testing.assert_allclose(b.numpy(), a.numpy(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("name", "arrays", "settings"),
    [r for r in ROWS if all(a.size and np.abs(a).max() < 100 for a in r.values[1]) and "all ignored" not in r.id],
)
def test_second_derivatives(name, arrays, settings):
    kernel, _ = fuse.kernels[name]
    assert gradgradcheck(lambda *x: kernel(*x, **settings), leaves(arrays))


@all_rows
def test_float32_stays_float32(name, arrays, settings):
    kernel, _ = fuse.kernels[name]
    settings = {k: v.astype(np.float32) if k == "weight" and not isinstance(v, float) else v for k, v in settings.items()}
    out, found = gradients(kernel, arrays, settings, dtype=np.float32)
    assert out.dtype == np.float32
    assert all(g.dtype == np.float32 for g in found)


@all_rows
def test_arguments_are_not_written_to(name, arrays, settings):
    kernel, _ = fuse.kernels[name]
    inputs = leaves(arrays)
    before = [x.numpy().copy() for x in inputs]
    kept = {k: np.copy(v) for k, v in settings.items()}
    out = kernel(*inputs, **settings)
    value = out.numpy().copy()
    start = grid(*out.shape)
    given = td.tensor(start)
    out.backward(given)
    np.testing.assert_array_equal(out.numpy(), value)
    np.testing.assert_array_equal(given.numpy(), start)
    for x, b in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(x.numpy(), b)
        assert not np.shares_memory(x.grad.numpy(), x.numpy())
        assert not np.shares_memory(x.grad.numpy(), given.numpy())
    for k, v in kept.items():
        np.testing.assert_array_equal(settings[k], v)


@all_rows
def test_a_second_backward_gives_the_same_gradient_again(name, arrays, settings):
    kernel, _ = fuse.kernels[name]
    inputs = leaves(arrays)
    out = kernel(*inputs, **settings)
    start = td.tensor(grid(*out.shape, phase=4) + 1.2)
    first = td.grad(out, inputs, start, retain_graph=True)
    first = [g.numpy().copy() for g in first]
    for a, b in zip(first, td.grad(out, inputs, start), strict=True):
        assert (a == b.numpy()).all()
    with pytest.raises(td.errors.GraphError, match="freed by an earlier backward"):
        td.grad(out, inputs, start)


@all_rows
def test_raw_arrays_give_raw_arrays(name, arrays, settings):
    kernel, _ = fuse.kernels[name]
    raw = kernel(*arrays, **settings)
    assert isinstance(raw, np.ndarray)
    np.testing.assert_array_equal(raw, kernel(*leaves(arrays), **settings).numpy())


@all_rows
def test_arrays_in_another_order_of_memory(name, arrays, settings):
    kernel, _ = fuse.kernels[name]
    y, found = gradients(kernel, arrays, settings)
    odd = [td.Tensor(np.asfortranarray(a), requires_grad=True) for a in arrays]
    out = kernel(*odd, **settings)
    start = np.asarray(grid(*out.shape, phase=4) + 1.2, order="F")
    out.backward(td.Tensor(start))
    np.testing.assert_allclose(out.numpy(), y.numpy(), rtol=1e-12, atol=1e-12)
    for x, g in zip(odd, found, strict=True):
        np.testing.assert_allclose(x.grad.numpy(), g.numpy(), rtol=1e-12, atol=1e-12)


def nodes(out):
    """How many ops were recorded to make `out`."""
    return sum(node.op is not None for node in autograd.collect([out._node]))


@pytest.mark.parametrize("name", list(SAMPLES))
def test_a_kernel_is_one_node(name):
    kernel, twin = fuse.kernels[name]
    _, arrays, settings = SAMPLES[name][0]
    assert nodes(kernel(*leaves(arrays), **settings)) == 1
    if name != "embedding":  # whose twin is one indexing; its kernel is there for the backward
        assert nodes(twin(*leaves(arrays), **settings)) > 1


# --- unfused ------------------------------------------------------------------------------------------------------


def ops_of(function):
    seen = []
    with graph.observe(lambda name, *_: seen.append(name)):
        function()
    return seen


@all_rows
def test_unfused_runs_the_twin(name, arrays, settings):
    kernel, twin = fuse.kernels[name]
    assert ops_of(lambda: kernel(*leaves(arrays), **settings)) == [name]
    with td.unfused(), np.errstate(invalid="ignore"):
        plain = ops_of(lambda: kernel(*leaves(arrays), **settings))
    with np.errstate(invalid="ignore"):
        assert plain == ops_of(lambda: twin(*leaves(arrays), **settings))
    assert name not in plain


def test_unfused_ends_with_its_block_and_nests():
    def used():
        return ops_of(lambda: attention_kernels.softmax(td.ones(2, 3), axis=1))

    with td.unfused():
        with td.unfused():
            assert "softmax" not in used()
        assert "softmax" not in used()
    assert used() == ["softmax"]
    with pytest.raises(KeyError), td.unfused():
        raise KeyError
    assert used() == ["softmax"]


def test_a_whole_step_is_the_same_unfused():
    model = td.nn.Sequential(td.nn.Embedding(7, 4), td.nn.GRU(4, 5, bidirectional=True)).double()
    head = td.nn.Linear(10, 7).double()
    ids, target = np.array([[1, 2], [3, 3], [0, 6]]), np.array([2, 5, 5, 1, 0, 6])

    def step():
        model.zero_grad()
        head.zero_grad()
        loss = F.cross_entropy(head(model(ids)[0]).reshape(6, 7), target, label_smoothing=0.1)
        loss.backward()
        return loss, [p.grad.numpy() for m in (model, head) for p in m.parameters()]

    (loss, fast), count = step(), None
    with td.unfused():
        plain_loss, plain = step()
        count = len(ops_of(step))
    assert count > 3 * len(ops_of(step)) / 2
    assert abs(loss.item() - plain_loss.item()) < 1e-12
    for a, b in zip(fast, plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


# --- the lesson of softmax and cross-entropy ----------------------------------------------------------------------


def test_gradient_of_cross_entropy_is_p_minus_y():
    logits, target = td.tensor(grid(6, 5, scale=4), requires_grad=True), np.array([0, 1, 2, 3, 4, 2])
    F.cross_entropy(logits, target).backward()
    p = np.exp(logits.numpy()) / np.exp(logits.numpy()).sum(axis=1, keepdims=True)
    y = np.eye(5)[target]
    assert np.abs(logits.grad.numpy() - (p - y) / 6).max() < 1e-12


def test_gradient_of_cross_entropy_counts_what_is_not_ignored():
    logits, target = td.tensor(grid(4, 5), requires_grad=True), np.array([0, 3, 2, 3])
    F.cross_entropy(logits, target, ignore_index=3).backward()
    p = np.exp(logits.numpy()) / np.exp(logits.numpy()).sum(axis=1, keepdims=True)
    kept = (target != 3)[:, None]
    assert np.abs(logits.grad.numpy() - kept * (p - np.eye(5)[target]) / 2).max() < 1e-12
    assert (logits.grad.numpy()[[1, 3]] == 0).all()


def test_gradient_of_smoothed_cross_entropy_is_p_minus_the_smoothed_target():
    logits = td.tensor(grid(2, 4), requires_grad=True)
    F.cross_entropy(logits, np.array([1, 3]), label_smoothing=0.2, reduction="sum").backward()
    p = np.exp(logits.numpy()) / np.exp(logits.numpy()).sum(axis=1, keepdims=True)
    assert np.abs(logits.grad.numpy() - (p - (0.8 * np.eye(4)[[1, 3]] + 0.2 / 4))).max() < 1e-12


def test_cross_entropy_has_fewer_nodes_than_its_twin():
    logits = td.tensor(grid(4, 5), requires_grad=True)
    loss = F.cross_entropy(logits, np.array([0, 1, 2, 3]))
    with td.unfused():
        plain = F.cross_entropy(logits, np.array([0, 1, 2, 3]))
    assert nodes(loss) < nodes(plain) - 4
    assert loss.item() == pytest.approx(plain.item(), abs=1e-12)


# --- regressions --------------------------------------------------------------------------------------------------


def test_cross_entropy_of_many_classes_builds_no_square():
    """A V by V identity, or one row of it per target, would take gigabytes here."""
    logits = td.tensor(np.zeros((2, 200_000), np.float32), requires_grad=True)
    F.cross_entropy(logits, np.array([5, 199_999])).backward()
    assert logits.grad.numpy()[1, 199_999] == pytest.approx((1 / 200_000 - 1) / 2)


def test_one_tensor_as_two_arguments():
    """x xᵀ: with create_graph its gradient was once counted twice."""
    x = td.tensor(grid(3, 3), requires_grad=True)
    start = td.tensor(grid(3, 3, phase=1))
    (plain,) = td.grad(linear.linear(x, x), x, start)
    (recorded,) = td.grad(linear.linear(x, x), x, start, create_graph=True)
    np.testing.assert_allclose(recorded.numpy(), plain.numpy(), rtol=1e-12)
    np.testing.assert_allclose(plain.numpy(), start.numpy() @ x.numpy() + start.numpy().T @ x.numpy(), rtol=1e-12)
    assert gradgradcheck(lambda x: linear.linear(x, x), [x])


def test_an_argument_computed_from_another():
    """gh comes from h, and both are arguments: with create_graph each gets its own share."""
    gx, h, w = (td.tensor(a, requires_grad=True) for a in (grid(2, 9), grid(2, 3, phase=1), grid(9, 3, phase=2)))

    def f(gx, h, w):
        return cells.gru_gates(gx, linear.linear(h, w), h)

    plain = td.grad(f(gx, h, w), [gx, h, w], td.ones(2, 3))
    for a, b in zip(plain, td.grad(f(gx, h, w), [gx, h, w], td.ones(2, 3), create_graph=True), strict=True):
        np.testing.assert_allclose(b.numpy(), a.numpy(), rtol=1e-10)
    assert gradgradcheck(f, [gx, h, w])


def test_no_grad_records_nothing():
    with td.no_grad():
        for name, rows in SAMPLES.items():
            _, arrays, settings = rows[0]
            assert not fuse.kernels[name][0](*leaves(arrays), **settings).requires_grad


def test_kernels_carry_the_twins_formula_as_docstring():
    for name, (kernel, twin) in fuse.kernels.items():
        assert kernel.__name__ == name
        assert kernel.__doc__ == twin.__doc__
