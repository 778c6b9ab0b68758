"""`python -m tests.bench --device cuda`, rehearsed on the double of CuPy, and never called a GPU's figure."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import cupy_double
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench import __main__ as bench
from tests.bench import decoding, impl_tinydawn, launches

ROOT = Path(__file__).parents[2]


def test_a_rehearsal(cupy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = [str(Path(__file__).with_name("fake")), str(ROOT), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(found))
    monkeypatch.setattr(decoding, "BATCH", 4)
    monkeypatch.setattr(decoding, "VOCABULARY", 60)
    monkeypatch.setattr(bench, "translating", lambda sentences, device: decoding.seconds(4, device=device))
    monkeypatch.setattr(bench, "torch_has_cuda", lambda: False)
    bench.on_a_gpu(["mlp"], 1, tmp_path)
    said = capsys.readouterr().out
    assert "device: no GPU: the double of CuPy" in said
    assert "no figures of a GPU" in said
    assert "wall time of a step" in said
    assert "CPU" not in said
    figures = json.loads((tmp_path / "cuda.json").read_text())
    assert set(figures["workloads"]["mlp"]) == {"tinydawn"}, "the limit computes on the CPU: it is compared with, not timed"
    row = figures["workloads"]["mlp"]["tinydawn"]
    assert row["device"] == figures["device"] == "no GPU: the double of CuPy, on the host"
    assert row["loss_error"] < 1e-5
    assert row["milliseconds"] > 0
    assert set(figures["decoding"]) == {"sentences", "greedy", "beam 5"}


def test_batches_and_decoding_are_on_the_device_and_the_clock_waits(cupy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = impl_tinydawn.placed({"x": np.ones((2, 3), np.float32), "y": np.array([0, 1])})
    assert isinstance(batch["x"], cupy_double.ndarray)
    assert batch["x"].dtype == np.float32
    assert isinstance(batch["y"], np.ndarray), "ids are checked on the host"
    monkeypatch.setattr(decoding, "BATCH", 4)
    before = cupy_double.waits()
    found = decoding.seconds(4, device="cuda")
    assert cupy_double.waits() - before >= 4 * 12, "each step of a search on the device waits for it"
    assert all(seconds > 0 for seconds in found.values())


def test_the_table_of_launches(capsys: pytest.CaptureFixture[str]) -> None:
    launches.table(["mlp"])
    said = capsys.readouterr().out
    assert "no times, and no GPU" in said
    assert "mlp  " in said
    assert "optim/sgd.py" in said
