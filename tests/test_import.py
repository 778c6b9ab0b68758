"""`import tinydawn`: quick, silent, and without anything optional."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest
from clock import PATIENCE

import tinydawn as td

OPTIONAL = ("matplotlib", "graphviz", "tqdm", "safetensors", "torch", "cupy", "mpi4py", "sacrebleu", "hypothesis", "pytest")


def python(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_it_imports_nothing_optional_and_prints_nothing():
    done = python(f"""
import sys
import tinydawn
loaded = [name for name in {OPTIONAL!r} if name in sys.modules]
lazy = [name for name in sys.modules if name.startswith('tinydawn.') and name.count('.') == 1]
assert not loaded, loaded
assert not [name for name in lazy if name.split('.')[1] in ('decode', 'metrics', 'models', 'text', 'torch', 'viz')], lazy
""")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_package_imports_nothing_heavy():
    """matplotlib and safetensors are imported by the functions that need them, graphviz with viz."""
    done = python("""
import sys
import tinydawn as td
td.nn, td.optim, td.text, td.decode, td.metrics, td.models
loaded = [name for name in ('matplotlib', 'graphviz', 'safetensors', 'torch', 'cupy', 'sacrebleu') if name in sys.modules]
td.viz
loaded += [name for name in sys.modules if name.startswith('tinydawn.torch')]  # PyTorch's spelling is for who asks for it
loaded += [name for name in ('matplotlib', 'safetensors', 'torch') if name in sys.modules]
assert not loaded, loaded
""")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_it_costs_little_over_numpy():
    """CPU time, the smallest of five runs each, interleaved, so that a busy machine does not matter much."""
    code = ("import json, time; a = time.thread_time(); import numpy; b = time.thread_time(); import tinydawn; "
            "print(json.dumps([b - a, time.thread_time() - b]))")
    of_numpy, ours = map(min, zip(*(json.loads(python(code).stdout) for _ in range(5)), strict=True))
    assert ours < 1.75 * of_numpy, f"import tinydawn takes {ours:.3f} s of CPU, after numpy, which takes {of_numpy:.3f}"


def lazy_names() -> list[str]:
    """What the TYPE_CHECKING block of __init__ promises."""
    tree = ast.parse(Path(inspect.getfile(td)).read_text(encoding="utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"]
    return [alias.asname or alias.name for block in blocks for node in block.body for alias in node.names]  # type: ignore[attr-defined]


def test_the_block_is_found():
    assert {"nn", "optim", "draw", "viz"} <= set(lazy_names())


@pytest.mark.parametrize("name", lazy_names())
def test_every_lazy_name_is_there(name):
    done = python(f"import tinydawn as td; x = td.{name}; assert x is td.{name}; from tinydawn import {name}; assert x is {name}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_public_name_of_the_design():
    names = (
        "tensor zeros no_grad grad gradcheck unfused detect_anomaly manual_seed save load draw "
        "nn optim text decode metrics models"
    )
    missing = [name for name in names.split() if not hasattr(td, name)]
    assert not missing


@pytest.mark.parametrize("name", ["nope", "tensors", "_private", "ndarray"])
def test_a_name_that_is_not_there(name):
    with pytest.raises(AttributeError, match=rf"module 'tinydawn' has no attribute '{name}'"):
        getattr(td, name)
    with pytest.raises(ImportError, match=name):
        exec(f"from tinydawn import {name}")
    assert getattr(td, name, "default") == "default"


def test_what_a_broken_package_says_is_its_own_error():
    """An ImportError inside a lazy package must not come out as a missing attribute."""
    done = python("""
import sys
sys.modules['graphviz'] = None
import tinydawn as td
try:
    td.draw
except ImportError as error:
    assert 'graphviz' in str(error), error
else:
    raise AssertionError('no error')
""")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_version_is_that_of_the_project():
    pyproject = Path(__file__).parent.parent / "pyproject.toml"
    if not pyproject.is_file():
        pytest.skip("the tests are not beside their pyproject.toml")
    import tomllib

    assert tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["version"] == td.__version__
