"""The double refuses what CuPy refuses, and what CuPy lets pass in silence; and its names are those of the real wheel."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import cupy_double
import numpy as np
import pytest
import snapshot

import tinydawn

PACKAGE = Path(tinydawn.__file__).parent


@pytest.fixture(scope="module")
def cp() -> Any:
    return cupy_double.make()


REFUSED = {
    "a conversion": (lambda cp, x: np.asarray(x), TypeError, "Implicit conversion"),
    "a NumPy function": (lambda cp, x: np.exp(x), TypeError, "np.exp"),
    "a NumPy function that is no ufunc": (lambda cp, x: np.concatenate([x, x]), TypeError, "np.concatenate"),
    "a NumPy array on the right": (lambda cp, x: x + np.ones(3), TypeError, "Unsupported type"),
    "a NumPy array on the left": (lambda cp, x: np.ones(3) + x, TypeError, "np.add"),
    "a NumPy array as an argument": (lambda cp, x: cp.where(np.ones(3, bool), x, 0.0), TypeError, "Unsupported type"),
    "a NumPy array to be written to": (lambda cp, x: cp.add(x, x, out=np.ones(3)), TypeError, "Unsupported type"),
    "a list": (lambda cp, x: x * [1.0, 2.0, 3.0], TypeError, "Unsupported type"),
    "an index on the host": (lambda cp, x: x[np.array([0, 1])], TypeError, "index on the host"),
    "a list as index": (lambda cp, x: x[[0, 1]], TypeError, "index on the host"),
    "an assignment from the host": (lambda cp, x: x.__setitem__(slice(None), np.ones(3)), TypeError, "Unsupported type"),
    "a number out of range": (lambda cp, x: x[3], IndexError, "out of bounds"),
    "an entry assigned twice": (lambda cp, x: x.__setitem__(cp.asarray([0, 0]), 1.0), AssertionError, "twice"),
    "maximum.reduce": (lambda cp, x: cp.maximum.reduce(x), NotImplementedError, "maximum.reduce"),
    "maximum.reduceat": (lambda cp, x: cp.maximum.reduceat(x, [0]), NotImplementedError, "reduceat"),
    "multiply.at": (lambda cp, x: cp.multiply.at(x, 0, 1), NotImplementedError, "multiply.at"),
    "initial=": (lambda cp, x: x.sum(initial=1.0), TypeError, "unexpected keyword"),
    "where= of a reduction": (lambda cp, x: cp.sum(x, where=True), TypeError, "unexpected keyword"),
    "stable=": (lambda cp, x: cp.argsort(x, stable=True), TypeError, "unexpected keyword"),
    "zeros(device=)": (lambda cp, x: cp.zeros(3, device="cpu"), TypeError, "unexpected keyword"),
    "errstate": (lambda cp, x: cp.errstate(), AttributeError, "errstate"),
    "a method that is none": (lambda cp, x: x.setflags(write=False), AttributeError, "setflags"),
    "a ufunc of the host alone": (lambda cp, x: cp.exp(1.0), TypeError, "no array of the device"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(cp: Any, what: str) -> None:
    call, error, said = REFUSED[what]
    with pytest.raises(error, match=said):
        call(cp, cp.asarray([1.0, 2.0, 3.0]))


def test_reductions_stay_on_the_device_and_reading_waits(cp: Any) -> None:
    x = cp.asarray([1.0, 2.0, 3.0])
    before = cupy_double.waits()
    total = x.sum() + x.max() * 2
    assert isinstance(total, cupy_double.ndarray)
    assert cupy_double.waits() == before
    assert float(total) == 12.0
    assert bool(total > 3)
    assert x[x > 1.5].shape == (2,), "how many a mask chooses has to be counted"
    assert x.get().tolist() == [1.0, 2.0, 3.0]
    assert cupy_double.waits() == before + 4


def test_views_know_their_base(cp: Any) -> None:
    x = cp.zeros((2, 3))
    assert x.reshape(6).base is x
    assert x[0].T.base is x
    assert (x + 1).base is None
    x[0] += 1.0
    assert x.get().tolist() == [[1.0] * 3, [0.0] * 3]


def test_names_are_those_of_the_snapshot(cp: Any) -> None:
    known = {name for kind in ("functions", "ufuncs", "names") for name in cupy_double.SNAPSHOT[kind]}
    assert {name for name in vars(cp) if not name.startswith("_")} <= known


def test_the_snapshot_is_that_of_the_installed_wheel() -> None:
    real = pytest.importorskip("cupy", reason="CuPy is not installed: its names are compared with the snapshot where it is")
    stored, found = json.loads(snapshot.FILE.read_text(encoding="utf-8")), snapshot.take(real)
    if stored["version"] != found["version"]:
        pytest.skip(f"the snapshot is of CuPy {stored['version']}, this is {found['version']}: run tests/device/snapshot.py")
    assert stored == found


# --- who may know of two libraries --------------------------------------------------------------------------------

# NumPy on the host: ids, masks and lengths, shapes and dtypes, and what is drawn at random before it is moved.
HOST_ONLY = {"broadcast_shapes", "ndarray", "dtype", "generic", "integer", "errstate", "exceptions", "finfo", "asarray", "random",
             "float32", "float64", "int64", "uint64", "bool_", "shape", "can_cast", "array2string", "number", "inf", "float16"}
ON_THE_HOST = {  # file -> names of NumPy's functions that it may call, and on what
    "autograd.py": {"ascontiguousarray", "uint8"},  # fingerprints of host arrays
    "kernels/linear.py": set(), "kernels/embedding.py": set(), "kernels/attention.py": set(), "kernels/normalization.py": set(),
    "kernels/dropout.py": set(), "kernels/gelu.py": set(),
    "kernels/losses.py": {"arange", "maximum"},  # the rows of ids; whether there is a NaN, asked on the host only
    "kernels/masking.py": {"broadcast_to", "isfinite", "isneginf", "add"},  # masks; what is asked on the host only
    "kernels/recurrence.py": {"flatnonzero"},  # of a mask
    "kernels/rnn.py": set(), "kernels/rnn_on_device.py": set(), "gpu/__init__.py": set(),
    "kernels/class_softmax.py": {"searchsorted", "argsort", "diff", "cumsum", "flatnonzero", "arange"},  # of ids
    "functional.py": {"arange"}, "shaping.py": {"arange", "ogrid", "moveaxis", "partition", "empty",
                                                        "take_along_axis"},  # indices; topk of host arrays
    "tensor.py": {"array"},  # to_array and __array__: host arrays
    "guards/in_place.py": {"arange", "unravel_index"},  # the places of an assignment
    "nn/functional.py": {"tri", "isneginf", "broadcast_shapes", "empty"},  # masks, a shape
    "nn/tables.py": {"unique", "linalg", "where", "arange", "diff", "append", "repeat", "bincount", "maximum"},  # ids; drawn back
    "nn/windows.py": {"arange", "take_along_axis", "where", "indices", "ndindex", "minimum", "maximum", "stack"},  # places
    "nn/transformer.py": {"tri", "zeros", "isneginf", "pad", "where"},  # masks
    "nn/losses.py": {"where", "arange", "zeros", "ones", "put_along_axis"},  # targets, weights
    # made here, and then moved
    "nn/rnn.py": {"zeros", "arange"}, "nn/linear.py": {"empty"}, "nn/normalization.py": {"ones", "zeros"},
    "nn/init.py": {"linalg", "sign", "diag", "eye"}, "nn/module.py": set(),
    "optim/optimizer.py": {"array"},  # what is saved
    "optim/clip.py": {"array", "isfinite"}, "optim/options.py": set(), "optim/adam.py": set(), "optim/sgd.py": set(),
    "optim/adaptive.py": set(), "optim/blocks.py": set(), "graph.py": set(), "ops.py": set(), "kernels/cells.py": set()}


@pytest.mark.parametrize("name", ON_THE_HOST)
def test_what_computes_on_a_device_names_no_numpy(name: str) -> None:
    tree = ast.parse((PACKAGE / name).read_text(encoding="utf-8"))
    used = {node.attr for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np"}
    assert used - HOST_ONLY <= ON_THE_HOST[name], "arrays of a device go through xp_of(x); see tinydawn/backend.py"


def test_only_the_backend_imports_cupy() -> None:
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        named = any(isinstance(node, ast.Constant) and node.value == "cupy" for node in ast.walk(tree))
        assert not any(m.split(".")[0] == "cupy" for m in imported), path
        assert not named or path.name == "backend.py", f"{path.name} names cupy"


def test_one_entry_is_a_view(cp: Any) -> None:
    """NumPy makes a number of it; with CuPy it changes when the array does."""
    x = cp.asarray(np.arange(6.0).reshape(2, 3))
    one, other, picked = x[1, 2], x[0][1], x[1, cp.asarray(np.array(0))]
    x[...] = 7.0
    assert (one.item(), other.item(), picked.item()) == (7, 7, 3)
