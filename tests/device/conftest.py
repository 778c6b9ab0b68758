"""The double of CuPy, in place of CuPy, for as long as a test runs; on_a_gpu.sh runs the same tests on CuPy proper."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import cupy_double
import pytest

import tinydawn as td

sys.path.insert(0, str(Path(__file__).parents[1] / "nn"))  # test_parity.py's list of layers


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """sys.modules["cupy"] is the double, and new tensors are made with it; or CuPy proper, if TINYDAWN_TEST_CUPY is "real"."""
    if os.environ.get("TINYDAWN_TEST_CUPY") == "real":
        module = importlib.import_module("cupy")
    else:
        module = cupy_double.make()
    monkeypatch.setitem(sys.modules, "cupy", module)
    td.use_backend("cupy")
    yield module
    td.use_backend("numpy")
