"""The programs of test_device_programs.py on CuPy proper, with their times: `python -m pytest -m gpu -s`.

They have run on the double only until somebody with an NVIDIA device runs them; the README says what has run where.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from test_device_programs import MODELS, OPTIMIZERS, arrays

import tinydawn as td
from tinydawn import optim


def has_device() -> bool:
    if importlib.util.find_spec("cupy") is None:
        return False
    import cupy

    return bool(cupy.cuda.is_available())


pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not has_device(), reason="no CuPy with an NVIDIA device")]


@pytest.fixture(autouse=True)
def back_to_numpy() -> Iterator[None]:
    yield
    td.use_backend("numpy")


def train(name: str, kind: str, steps: int = 3) -> tuple[list[np.ndarray], float]:
    td.manual_seed(0)
    model, loss_of = MODELS[name]()
    optimizer, losses = OPTIMIZERS[kind](model.parameters()), []
    started = time.perf_counter()
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_of(model)
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 100.0)
        optimizer.step()
        losses.append(loss.detach())
    found: list[Any] = [losses, list(model.parameters())]
    return arrays(found), time.perf_counter() - started  # reading the arrays has waited for the device


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_optimizers(kind: str) -> None:
    compare("bow", kind)


@pytest.mark.parametrize("name", MODELS)
def test_models(name: str) -> None:
    compare(name, "sgd")  # Adam would turn the rounding of a gradient that is 0, as a key bias has it, into full steps


def compare(name: str, kind: str) -> None:
    td.use_backend("numpy")
    expected, on_cpu = train(name, kind)
    td.use_backend("cupy")
    train(name, kind)  # compiles
    found, on_gpu = train(name, kind)
    print(f"{name:16} {kind:10} three steps: cpu {on_cpu * 1e3:8.1f} ms, cuda {on_gpu * 1e3:8.1f} ms")
    for x, y in zip(expected, found, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-3, atol=1e-4)
