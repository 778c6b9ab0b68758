"""Whole demos with --device cuda, on the double of CuPy: the same metrics as on the CPU."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from clock import PATIENCE

DEMOS, FAKE = Path(__file__).parents[2] / "demos", Path(__file__).with_name("fake")


def run(demo: str, folder: Path, device: str, path: Path | None = FAKE) -> subprocess.CompletedProcess[str]:
    before = os.environ.get("PYTHONPATH", "")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(path), before] if path else [before])}
    command = [sys.executable, str(DEMOS / f"{demo}.py"), "--quick", "--device", device, "--out", str(folder / device)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, timeout=PATIENCE)


@pytest.mark.parametrize("demo", ["bow_classifier", "rnn_lm", "seq2seq"])
def test_the_same_metrics(demo: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: demos draw their figures with it")
    records: list[dict[str, Any]] = []
    for device in ("cpu", "cuda"):
        done = run(demo, tmp_path, device)
        assert done.returncode == 0, done.stderr
        records.append(json.loads((tmp_path / device / "metrics.json").read_text(encoding="utf-8")))
    cpu, cuda = records
    assert cpu["figures"] == cuda["figures"]
    for name, value in cpu["metrics"].items():
        if "second" not in name and "time" not in name:
            assert cuda["metrics"][name] == pytest.approx(value, rel=1e-4, abs=1e-6), name


def test_without_cupy_the_flag_says_what_is_missing(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    missing.mkdir()
    (missing / "cupy.py").write_text("raise ImportError('not here')")
    done = run("bow_classifier", tmp_path, "cuda", missing)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "pip install cupy-cuda12x" in done.stderr
