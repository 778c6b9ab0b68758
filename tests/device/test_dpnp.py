"""The op table and the models on dpnp, a real library of device arrays, which runs on a plain CPU. Opt-in:

    pip install dpnp
    OCL_ICD_FILENAMES=<environment>/lib/libintelocl.so python -m pytest -m dpnp

dpnp has CuPy's semantics (no implicit conversion, 0-d results on the device) and fewer functions: what it lacks is listed
here, and is skipped by name. What has run, with versions and date, is written down in README.md. dpnp 0.20 now and then hangs
in its own queue: a test that does not end is to be started again, alone.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from op_db import Row, Sample
from test_device_ops import CASES, values_and_gradients
from test_device_programs import MODELS

import tinydawn as td
from tinydawn import backend, optim

pytestmark = [pytest.mark.dpnp, pytest.mark.skipif(importlib.util.find_spec("dpnp") is None, reason="dpnp is not installed")]


@pytest.fixture(autouse=True)
def dpnp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """dpnp in CuPy's place."""
    import dpnp

    monkeypatch.setattr(backend, "_library", "dpnp")
    yield dpnp
    backend._used = np


@contextlib.contextmanager
def what_dpnp_has() -> Iterator[None]:
    """Skip, by name, what dpnp 0.20 lacks."""
    try:
        yield
    except (AttributeError, IndexError) as error:
        for lack in ("has no attribute 'at'", "may not be separated by basic slicing"):
            if lack in str(error):
                pytest.skip(f"dpnp: {lack}")
        raise


@pytest.mark.parametrize(("row", "sample"), CASES)
def test_ops(row: Row, sample: Sample, dpnp: Any) -> None:
    for dtype in (np.float64, np.float32):
        backend._used = np
        expected = values_and_gradients(row, sample, dtype)
        backend._used = dpnp
        with what_dpnp_has():
            found = values_and_gradients(row, sample, dtype)
        tolerance = 1e-10 if dtype is np.float64 else 1e-4
        for mine, theirs in zip(found, expected, strict=True):
            if theirs is not None:
                assert isinstance(mine.array, dpnp.ndarray)
                assert mine.dtype == theirs.dtype
                np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", MODELS)
def test_models(name: str, dpnp: Any) -> None:
    results = []
    for library in (np, dpnp):
        backend._used = library
        td.manual_seed(0)
        model, loss_of = MODELS[name]()
        # Not Adam: the gradient of a key's bias is 0 but for rounding, and Adam would take a full step along the rounding.
        optimizer, losses = optim.SGD(model.parameters(), lr=0.1), []
        for _ in range(3):
            optimizer.zero_grad()
            with what_dpnp_has():
                loss = loss_of(model)
                loss.backward()
            optim.clip_grad_norm_(model.parameters(), 100.0)
            optimizer.step()
            losses.append(loss.detach())
        found: list[Any] = [losses, list(model.parameters())]
        results.append([x.numpy() for part in found for x in part])
    for x, y in zip(*results, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-5)
