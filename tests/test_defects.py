"""Defects found by running other engines (DESIGN.md, section 7), each a regression test of this one.

The rest of that list: sharing one gradient array, the 2^n diamond, the RecursionError and the reflected operators are
in test_engine.py; float32 * 2.0 in test_ops.py; those of modules, layers and drawings beside nn and viz.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

import tinydawn as td
from tinydawn import graph
from tinydawn.errors import GraphError, ShapeError
from tinydawn.nn import functional as F


def test_weight_decay_in_place_is_applied_once() -> None:
    """DeZero: w1 + w2 shared one gradient, and `grad += decay * w` for each changed both."""
    w1, w2 = td.ones(3, requires_grad=True), td.ones(3, requires_grad=True)
    (w1 + w2).sum().backward()
    for w in (w1, w2):
        w.grad.array += 0.1 * w.array
    np.testing.assert_allclose(w1.grad.array, 1.1, rtol=1e-6)
    np.testing.assert_allclose(w2.grad.array, 1.1, rtol=1e-6)


def test_sum_over_an_axis_of_a_square() -> None:
    """TinyTorch: the axis was ignored, and on a square input the gradient came back transposed, silently."""
    x = td.ones(3, 3, requires_grad=True)
    (x.sum(axis=1) * td.tensor([1.0, 2.0, 3.0])).sum().backward()
    np.testing.assert_array_equal(x.grad.array, [[1, 1, 1], [2, 2, 2], [3, 3, 3]])
    x.grad = None
    (x.sum(axis=0) * td.tensor([1.0, 2.0, 3.0])).sum().backward()
    np.testing.assert_array_equal(x.grad.array, [[1, 2, 3]] * 3)


def test_indexing_trains_the_table() -> None:
    """smolgrad: an embedding's gradient was always zero; others count a repeated id once."""
    table = td.zeros(4, 2, requires_grad=True)
    for index in (np.array([0, 2, 2]), td.tensor([0, 2, 2]), [0, 2, 2], ([0, 2, 2],), ((0, 2, 2),),
                  ((0, 2, -2), slice(None))):
        table.grad = None
        table[index].sum().backward()
        np.testing.assert_array_equal(table.grad.array, [[1, 1], [0, 0], [2, 2], [0, 0]], err_msg=repr(index))


def test_cross_entropy_of_a_large_vocabulary_makes_no_identity() -> None:
    """DeZero: one-hot targets by eye(V): 50,000 classes took 10 GB."""
    logits = td.zeros(4, 50_000, requires_grad=True)
    tracemalloc.start()
    try:
        loss = -td.log_softmax(logits, axis=1).gather(1, td.tensor([[0], [1], [49_999], [3]])).mean()
        loss.backward()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert loss.item() == pytest.approx(np.log(50_000), rel=1e-5)
    assert peak < 12 * logits.array.nbytes


def test_second_backward_is_never_silent() -> None:
    """MyGrad did nothing, micrograd counted twice."""
    x = td.tensor(3.0, requires_grad=True)
    y = x * x
    y.backward()
    with pytest.raises(GraphError, match="retain_graph=True"):
        y.backward()
    assert x.grad.item() == 6.0


def test_recording_is_restored_after_an_exception() -> None:
    """HIPS autograd: an exception while tracing left its trace stack off by one, and later gradients wrong."""
    x = td.tensor([1.0, 2.0], requires_grad=True)
    for context in (td.no_grad, td.enable_grad, td.detect_anomaly):
        with pytest.raises(ShapeError), context():
            x + td.ones(3)
        assert graph.is_grad_enabled()
        assert not graph.observers
    with pytest.raises(ShapeError):
        td.func.jacobian(lambda v: v + td.ones(5), np.ones(2))
    (x * x).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_one_minus_x() -> None:
    x = td.tensor(3.0, requires_grad=True)
    y = 1 - x
    assert y.item() == -2.0
    y.backward()
    assert x.grad.item() == -1.0


def test_a_float32_model_stays_float32() -> None:
    """DeZero, MyGrad: 2.0 became a 0-d float64 array, and after one step everything was float64."""
    w = td.randn(3, 3, requires_grad=True)
    for _ in range(2):
        h = td.tanh(w @ w * 0.5 + 1) / np.float64(3.0) - np.sqrt(2.0)
        loss = (h ** 2).mean() + 1e-4 * (w * w).sum()
        assert loss.dtype == np.float32
        loss.backward()
        assert w.grad.dtype == np.float32
        with td.no_grad():
            w -= np.float64(0.1) * w.grad
        assert w.dtype == np.float32


def test_an_attribute_that_is_not_there() -> None:
    """minitorch: a missing attribute was None, and a typo trained nothing."""
    x = td.tensor(1.0)
    with pytest.raises(AttributeError, match="requires_gard"):
        x.requires_gard = True
    with pytest.raises(AttributeError, match="gard"):
        x.gard  # noqa: B018
    assert not hasattr(x, "gard")


def test_results_do_not_vary_from_process_to_process() -> None:
    """Sets of objects are ordered by address: gradients must be summed in an order that the graph gives."""
    program = ("import numpy as np, tinydawn as td; td.manual_seed(1); x = td.randn(50, 50, requires_grad=True)\n"
               "ys = [td.tanh(x * (0.1 * k)) @ x for k in range(20)]\n"
               "td.stack(ys).sum().backward(); print(x.grad.array.tobytes().hex()[:4000])")
    outputs = {subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True,
                              env={"PYTHONHASHSEED": str(seed), "PATH": "",
                                   "PYTHONPATH": ":".join(p for p in sys.path if p)}).stdout for seed in (1, 2)}
    assert len(outputs) == 1
    assert len(outputs.pop()) > 3000


def test_importing_is_quiet_and_imports_nothing_optional() -> None:
    optional = ("torch", "matplotlib", "cupy", "mpi4py", "sacrebleu")
    program = f"import sys, tinydawn; print([m for m in {optional} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True,
                          env={"PATH": "", "PYTHONPATH": ":".join(p for p in sys.path if p)})
    assert done.stdout == "[]\n"
    assert done.stderr == ""


def test_a_broadcast_factor_used_twice() -> None:
    """The gradient of a (1, 3, 4) that met two stacks of five had the shape of the stacks: from the second product on."""
    rng = np.random.default_rng(0)
    a = td.tensor(rng.normal(size=(1, 3, 4)), requires_grad=True)
    stacks = [td.tensor(rng.normal(size=(n, 4, 6))) for n in (5, 5, 7, 1)]
    td.stack([(a @ b).sum() for b in stacks]).sum().backward()
    expected = np.add.reduce([b.array.sum(axis=(0, 2)) for b in stacks])  # (4,), the same for each row of a
    assert a.grad.shape == (1, 3, 4)
    np.testing.assert_allclose(a.grad.array, np.broadcast_to(expected, (1, 3, 4)), rtol=1e-12)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_a_table_used_in_four_ways(order: tuple[int, ...]) -> None:
    """Rows of an embedding, outer products, a slice and an array come together in one gradient, in whatever order."""
    W = td.tensor(np.random.default_rng(0).normal(size=(5, 3)), requires_grad=True)
    x = td.tensor(np.random.default_rng(1).normal(size=(4, 3)))
    ids = np.array([0, 2, 2])

    def uses() -> list[td.Tensor]:
        ways = [lambda: F.embedding(ids, W).sum(), lambda: F.linear(x, W).sum() + F.linear(x * x, W).sum(),
                lambda: (W[1:3] * 2).sum(), lambda: (W * 3).sum()]
        return [ways[i]() for i in order]

    td.stack(uses()).sum().backward()
    expected = np.broadcast_to((x.array + x.array**2).sum(axis=0) + 3, (5, 3)).copy()
    np.add.at(expected, ids, 1)
    expected[1:3] += 2
    np.testing.assert_allclose(W.grad.array, expected, rtol=1e-12)
