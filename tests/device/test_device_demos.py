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


def test_pytorchs_spelling_on_a_device(tmp_path: Path) -> None:
    """In a process of its own: importing it teaches Tensors PyTorch's ways of writing."""
    code = ("import numpy as np, tinydawn as td, tinydawn.torch as torch\n"
            "td.use_backend('cupy')\n"
            "x = td.ones(3, 4)\n"
            "x[1] += 2\n"
            "x[:, 0].mul_(5)\n"
            "y = x[np.array([0, 2])]\n"
            "y[0] = 7\n"
            "print(x.device, x.numpy().tolist())\n")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(FAKE), str(Path(__file__).parents[2])])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=tmp_path,
                          timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "cuda [[5.0, 1.0, 1.0, 1.0], [15.0, 3.0, 3.0, 3.0], [5.0, 1.0, 1.0, 1.0]]\n"
