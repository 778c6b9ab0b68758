"""Tensors are printed as PyTorch prints them: some by hand, and, where PyTorch is installed, very many compared with it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tinydawn as td
import tinydawn.torch as torch


@pytest.fixture(autouse=True)
def default() -> Iterator[None]:
    yield
    torch.set_printoptions(profile="default")


def test_by_hand() -> None:
    assert repr(torch.tensor([0.1, 0.25])) == "tensor([0.1000, 0.2500])"
    assert repr(torch.tensor(2.5)) == "tensor(2.5000)"
    assert repr(torch.tensor([True, True])) == "tensor([True, True])"
    assert repr(torch.tensor([True, False])) == "tensor([ True, False])"
    assert str(torch.tensor([[1.0, 2.0], [3.0, -4.0]])) == "tensor([[ 1.,  2.],\n        [ 3., -4.]])"
    assert repr(torch.tensor([1e-5, 1.0])) == "tensor([1.0000e-05, 1.0000e+00])"
    assert repr(torch.arange(1001)) == "tensor([   0,    1,    2,  ...,  998,  999, 1000])"
    assert repr(torch.zeros(2, 0)) == "tensor([], size=(2, 0))"
    x = torch.tensor([1.5], dtype=torch.float64, requires_grad=True)
    assert repr(x) == "tensor([1.5000], dtype=torch.float64, requires_grad=True)"
    assert repr(x * 2) == "tensor([3.], dtype=torch.float64, grad_fn=<MulBackward0>)"
    parameter = torch.nn.Parameter(torch.ones(2))
    assert repr(parameter) == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    assert f"{torch.tensor(2.5)} {torch.ones(1)} {torch.tensor(2.5):.2f}" == "2.5 tensor([1.]) 2.50"


@pytest.mark.parametrize(("name", "call"), [
    ("max", lambda x: x.max(1)), ("min", lambda x: x.min(dim=0)), ("sort", lambda x: x.sort()), ("topk", lambda x: x.topk(1)),
    ("topk", lambda x: x.topk(1, largest=False)), ("median", lambda x: x.median(1))])
def test_named_results(name: str, call: Any) -> None:
    found = call(torch.tensor([[1.0, 2.0]]))
    assert repr(found) == f"torch.return_types.{name}(\nvalues={found.values},\nindices={found.indices})"
    assert isinstance(found, torch.Pair)


def test_options() -> None:
    x = torch.tensor([0.5, 1000.25])
    assert repr(x) == "tensor([5.0000e-01, 1.0002e+03])"
    torch.set_printoptions(sci_mode=False)
    assert repr(x) == "tensor([   0.5000, 1000.2500])"
    with torch.printoptions(precision=1, sci_mode=True):
        assert repr(x) == "tensor([5.0e-01, 1.0e+03])"
        assert torch.get_printoptions()["precision"] == 1
    torch.set_printoptions(threshold=2, edgeitems=1)
    assert repr(torch.arange(5)) == "tensor([0,  ..., 4])"


def test_without_the_layer_as_before() -> None:
    torch.use(False)
    assert repr(td.tensor([0.25, 0.5])) == "tensor([0.25, 0.5 ])"


def tensors() -> Iterator[tuple[np.ndarray, bool]]:
    """Arrays, and whether a gradient is required."""
    rng = np.random.default_rng(0)
    shapes = ((), (1,), (3,), (17,), (4, 5), (2, 3, 4), (2, 1, 3, 2), (30, 40), (1500,), (7, 8, 20), (3, 2, 500), (0,), (2, 0))
    for shape, scale in itertools.product(shapes, (1e-6, 0.01, 1.0, 30.0, 1e5, 1e9)):
        values = rng.standard_normal(shape) * scale
        yield values.astype(np.float32), False
        yield np.round(values).astype(np.float32), True
        yield values, True
    for shape in shapes:
        yield rng.integers(-5, 900, shape), False
        yield rng.integers(0, 255, shape).astype(np.uint8), False
        yield np.asarray(rng.random(shape) > 0.4), False
        yield rng.standard_normal(shape).astype(np.float16), False
    for special in (np.nan, np.inf, -np.inf, 0.0, -0.0):
        for others in ([], [1.0], [0.25, 3.0], [1e-7, 1.0], [-123456.0]):
            yield np.array([special, *others], np.float32), False
    yield np.array(["-inf", "inf", "nan"], np.float32), True


@pytest.mark.torch
@pytest.mark.parametrize("changed", [{}, {"precision": 2}, {"sci_mode": True}, {"sci_mode": False}, {"profile": "short"},
                                     {"linewidth": 40, "threshold": 50, "edgeitems": 2}], ids=str)
def test_as_pytorch_character_by_character(changed: dict[str, Any]) -> None:
    real = pytest.importorskip("torch", reason="PyTorch is not installed")
    count = 0
    for library in (real, torch):
        library.set_printoptions(**changed)
    try:
        for array, gradient in tensors():
            array = np.asarray(array)
            ours, theirs = torch.from_numpy(array), real.from_numpy(array)
            if gradient:
                ours.requires_grad_()
                theirs.requires_grad_()
            assert repr(ours) == repr(theirs)
            assert f"{ours}" == f"{theirs}" or array.ndim == 0
            if gradient:
                assert repr(ours * 2) == repr(theirs * 2)
                assert repr(torch.nn.Parameter(ours.detach())) == repr(real.nn.Parameter(theirs.detach()))
            count += 1
    finally:
        real.set_printoptions(profile="default")
    assert count > 300


# Not here: what is one function in PyTorch and composed of others here, such as var, clamp, stack, mse_loss, masked_fill.
FUNCTIONS = {
    "add": lambda t, x: x + 1, "sub": lambda t, x: x - 1, "mul": lambda t, x: x * x, "div": lambda t, x: x / 2,
    "neg": lambda t, x: -x, "pow": lambda t, x: x ** 2, "exp": lambda t, x: x.exp(), "log": lambda t, x: x.log(),
    "tanh": lambda t, x: x.tanh(), "sigmoid": lambda t, x: x.sigmoid(), "relu": lambda t, x: x.relu(),
    "sqrt": lambda t, x: x.sqrt(), "abs": lambda t, x: x.abs(), "sin": lambda t, x: x.sin(), "cos": lambda t, x: x.cos(),
    "matmul": lambda t, x: x @ x, "sum": lambda t, x: x.sum(), "sum of rows": lambda t, x: x.sum(1),
    "view": lambda t, x: x.view(4), "softmax": lambda t, x: x.softmax(1), "log_softmax": lambda t, x: x.log_softmax(1),
    "cat": lambda t, x: t.cat([x, x]), "clone": lambda t, x: x.clone(), "cumsum": lambda t, x: x.cumsum(0),
    "expand": lambda t, x: x.expand(3, 2, 2), "where": lambda t, x: t.where(x > 1, x, 2 * x), "erf": lambda t, x: x.erf(),
    "mean": lambda t, x: x.mean(), "mean of rows": lambda t, x: x.mean(0),
    "cross_entropy": lambda t, x: t.nn.functional.cross_entropy(x, t.tensor([0, 1])),
    "linear": lambda t, x: t.nn.functional.linear(x, x, x[0]), "bmm": lambda t, x: t.bmm(x[None], x[None]),
    "transpose": lambda t, x: x.transpose(0, 1), "row": lambda t, x: x[0],
    "column": lambda t, x: x[:, 1], "ids": lambda t, x: x[t.tensor([0, 0])], "gelu": lambda t, x: t.nn.functional.gelu(x),
    "max": lambda t, x: x.max(), "embedding": lambda t, x: t.nn.functional.embedding(t.tensor([0]), x),
    "layer_norm": lambda t, x: t.nn.functional.layer_norm(x, (2,)), "double": lambda t, x: x.double(),
    "flip": lambda t, x: x.flip(0), "reshape": lambda t, x: x.reshape(4), "amax": lambda t, x: x.amax(1),
}


@pytest.mark.torch
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_function_that_made_it(name: str) -> None:
    real = pytest.importorskip("torch", reason="PyTorch is not installed")
    ours, theirs = (repr(FUNCTIONS[name](t, t.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True))) for t in (torch, real))
    assert ours.partition("grad_fn")[2] == theirs.partition("grad_fn")[2]
