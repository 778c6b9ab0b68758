"""plain.py is the true account of the fast engine: the same values and gradients, op by op and on random graphs."""

from __future__ import annotations

import ast
import doctest
import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from op_db import ROWS

import tinydawn as td
from tinydawn import graph, ops, plain

OPS = [name for name in graph.table if callable(getattr(plain, name, None))]


def test_it_imports_nothing_of_the_fast_engine() -> None:
    source = Path(inspect.getfile(plain)).read_text(encoding="utf-8")
    imported = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "nothing of this package"
            imported.add(str(node.module))
        elif isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
    assert imported == {"__future__", "itertools", "collections.abc", "typing", "numpy"}


def test_its_example_is_true() -> None:
    assert doctest.testmod(plain).attempted >= 4
    assert doctest.testmod(plain).failed == 0


def test_it_has_twenty_ops() -> None:
    assert len(OPS) >= 20
    assert {"add", "mul", "matmul", "sum", "tanh", "getitem", "reshape", "broadcast_to"} <= set(OPS)


def both(function: Any, arrays: list[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Value and gradients of sum(function * weights), by the plain engine and by the fast one."""
    found = []
    for module, tensor in ((plain, plain.Tensor), (ops, lambda a: td.tensor(a, requires_grad=True))):
        leaves = [tensor(a.copy()) for a in arrays]
        out = function(module, *leaves)
        weights = np.cos(np.arange(out.array.size)).reshape(out.array.shape)  # unlike for every entry
        module.sum(out * weights).backward()
        gradients = [np.zeros_like(a) if x.grad is None else np.asarray(getattr(x.grad, "data", x.grad))
                     for a, x in zip(arrays, leaves, strict=True)]
        found.append([np.asarray(out.array), *gradients])
    return found[0], found[1]


def samples(name: str) -> list[Any]:
    """Those of the op table that hold float64 arrays of some size and nothing else: what the plain engine computes with."""
    return [s for s in ROWS[name].samples if all(isinstance(a, np.ndarray) and a.dtype == np.float64 for a in s.args)
            and not s.constant and all(a.size for a in s.args)
            and (name != "pow" or (s.args[0] > 0).all())]  # at 0 and below the fast engine knows cases that have no room here


@pytest.mark.parametrize("name", OPS)
def test_every_op_on_the_samples_of_the_table(name: str) -> None:
    tried = samples(name)
    assert tried, f"no sample of {name} in tests/op_db.py fits"
    for sample in tried:
        settings = sample.kwargs
        with np.errstate(all="ignore"):
            left, right = both(lambda module, *x, s=settings: getattr(module, name)(*x, **s), list(sample.args))
        for a, b in zip(left, right, strict=True):
            assert a.shape == b.shape, (name, sample)
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12, err_msg=f"{name} {sample}")


# --- random graphs ------------------------------------------------------------------------------------------------

UNARY = ("abs", "cos", "exp", "neg", "relu", "sigmoid", "sin", "tanh")
BINARY = ("add", "sub", "mul", "matmul")
SHAPES = [(2, 2), (1, 2), (2, 1), (1, 1), (3, 2, 2)]


@st.composite
def programs(draw: Any) -> tuple[list[np.ndarray], list[tuple[Any, ...]]]:
    """Some leaves, and a list of steps; each step names an op and which of all values so far it takes."""
    count = draw(st.integers(1, 3))
    numbers = st.integers(-8, 8).map(lambda n: n / 4 + 0.03125)  # off the kinks of relu and abs
    arrays = []
    for _ in range(count):
        shape = draw(st.sampled_from(SHAPES))
        size = int(np.prod(shape))
        arrays.append(np.array(draw(st.lists(numbers, min_size=size, max_size=size))).reshape(shape))
    steps: list[tuple[Any, ...]] = []
    for i in range(draw(st.integers(1, 12))):
        place = st.integers(0, count + i - 1)
        kind = draw(st.sampled_from(["unary", "binary", "binary", "sum", "permute", "getitem", "reshape"]))
        if kind == "unary":
            steps.append((draw(st.sampled_from(UNARY)), draw(place)))
        elif kind == "binary":
            steps.append((draw(st.sampled_from(BINARY)), draw(place), draw(place)))
        else:
            steps.append((kind, draw(place)))
    return arrays, steps


def run(module: Any, leaves: tuple[Any, ...], steps: list[tuple[Any, ...]]) -> Any:
    """The last value of a program. A step that does not fit the shapes is left out, in both engines alike."""
    values = list(leaves)
    for name, *places in steps:
        x = [values[p] for p in places]
        shapes = [np.shape(v.array) for v in x]
        if name == "matmul" and not multiply(*shapes):
            name = "add"
        settings: dict[str, Any] = {}
        if name == "sum":
            settings = {"axis": -1, "keepdims": True}
        elif name == "permute":
            settings = {"axes": tuple(range(len(shapes[0])))[::-1]}
        elif name == "reshape":
            settings = {"shape": (-1, 1)}
        elif name == "getitem":
            settings = {"index": np.zeros(2, int)}  # the first row twice
        fits = name not in ("add", "sub", "mul") or broadcast(*shapes)
        values.append(getattr(module, name)(*x, **settings) if fits else x[0])
    return values[-1]


def broadcast(*shapes: tuple[int, ...]) -> bool:
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True


def multiply(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return min(len(a), len(b)) > 1 and a[-1] == b[-2] and broadcast(a[:-2], b[:-2])


@given(programs())
def test_random_graphs(program: tuple[list[np.ndarray], list[tuple[Any, ...]]]) -> None:
    arrays, steps = program
    with np.errstate(all="ignore"):
        size = run(plain, tuple(plain.Tensor(a) for a in arrays), steps).array
        assume(size.size < 5000)
        assume(np.isfinite(size).all() and np.abs(size).max() < 1e6)
        left, right = both(lambda module, *leaves: run(module, leaves, steps), arrays)
    for a, b in zip(left, right, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-8 * max(1.0, float(np.abs(b).max(initial=0))))


def test_a_diamond_and_a_long_chain() -> None:
    """Two ways that a walk goes wrong: visiting a node once per path, and recursion."""
    x = plain.Tensor(1.0)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert float(x.grad) == 2.0**60
    x = plain.Tensor(1.0)
    y = x
    for _ in range(20_000):
        y = y + 1.0
    y.backward()
    assert float(x.grad) == 1.0


def test_gradients_add_up_over_backward_passes_and_uses() -> None:
    x = plain.Tensor([3.0])
    (x * x).backward()
    assert x.grad.tolist() == [6.0]
    (x * x).backward()
    assert x.grad.tolist() == [12.0]
