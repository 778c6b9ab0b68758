"""Hints for names that are not here: right, or absent. The right values are PyTorch's, in the test that has it, and by hand."""

from __future__ import annotations

import ast
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn import nn, optim
from tinydawn.guards import elsewhere
from tinydawn.nn import functional as F


def hint(owner: Any, name: str) -> str:
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'") as caught:
        getattr(owner, name)
    assert caught.value.name == name, "else Python adds its own guess"
    assert caught.value.obj is None
    return str(caught.value).partition("fix: ")[2]


X = td.tensor([[0.5, 1.5], [2.5, 3.5]])


@pytest.mark.parametrize(("owner", "name", "fix"), [
    (td, "utils", "td.text.bucket_batches makes batches, td.optim.clip_grad_norm_ clips"), (td, "inf", "math.inf"),
    (td, "float", "x.float(); as a dtype td.float32"), (td, "subtract", "x - y"), (td, "bool", "x != 0; as a dtype td.bool_"),
    (X, "int", "x.astype(np.int32); as a dtype np.int32"), (X, "clip", "x.clamp(min, max)"), (X, "sub", "x - y"),
    (td, "concatenate", "td.cat([...])"), (td, "Linear", "td.nn.Linear"), (td, "detach", "x.detach(...)"),
    (td, "gelu", "td.nn.functional.gelu"), (td, "Adam", "td.optim.Adam"), (X, "where", "td.where"),
    (nn, "sigmoid", "td.sigmoid"), (nn, "Adam", "td.optim.Adam"), (nn, "Linaer", "did you mean 'Linear'?"),
    (nn, "Conv3d", ""), (nn, "BatchNorm3d", ""), (nn, "modules", "td.nn itself"), (td, "elu", "td.nn.functional.elu"),
    (F, "exp", "td.exp"), (F, "sotfmax", "did you mean 'softmax'?"), (F, "conv3d", ""),
    (optim, "AdamV", "did you mean 'AdamW'?"), (optim, "SparseAdam", ""), (optim, "StepLR", "td.optim.lr_scheduler.StepLR"),
    (optim.lr_scheduler, "OneCycelLR", "did you mean 'OneCycleLR'?"),
    (nn.init, "normal", "did you mean 'normal_'?"), (td, "asin", ""), (td, "isnat", ""), (td, "_sin", ""), (X, "mode", ""),
    (X, "exp_", "x.exp(...) gives a new Tensor; x.data[...] = ... writes into x"), (X, "shpae", "did you mean 'shape'?"),
    (nn.Linear(2, 2), "type", "model.to(dtype)"), (nn.Linear(2, 2), "register_backward_hook", "register_full_backward_hook"),
    (nn.Linear(2, 2), "parameter", "did you mean 'parameters'?"), (nn.Linear(2, 2), "relu", "set it in __init__")])
def test_a_hint_is_right_or_absent(owner: Any, name: str, fix: str) -> None:
    assert hint(owner, name) == fix


def test_python_adds_no_guess_of_its_own() -> None:
    """CPython's "Did you mean: 'flip'?" stands below an error that nobody catches, if the error does not say its name."""
    for code, guess in (("td.tensor([1.0]).clip", "flip"), ("td.nn.Conv3d", "Conv2d"), ("td.nn.GRUCel", "GRUCell")):
        program = [sys.executable, "-c", f"import tinydawn as td\n{code}"]
        done = subprocess.run(program, capture_output=True, text=True, check=False)
        assert "AttributeError" in done.stderr
        assert "Did you mean" not in done.stderr
        assert guess not in done.stderr or "did you mean" in done.stderr


Y = td.tensor([[1.0, 1.5], [2.0, 4.0]])
A, B = td.tensor([1.0, 2.0]), td.tensor([3.0, 4.0])
VALUES = {  # by hand: the expression of the hint, with these x and y
    "subtract": -0.5, "multiply": 0.5, "div": 0.5, "power": 0.5, "negative": -0.5, "absolute": 0.5, "not_equal": True,
    "gt": False, "ge": False, "lt": True, "le": True, "square": 0.25, "reciprocal": 2.0, "rsqrt": 2**0.5, "rsub": 0.5, "sgn": 1.0,
    "log2": -1.0, "log10": math.log10(0.5), "exp2": 2**0.5, "tan": math.tan(0.5), "count_nonzero": 4,
    "mm": 0.5 + 3.0, "fliplr": 1.5, "flipud": 2.5, "expand_as": 0.5,
}


@pytest.mark.parametrize("name", VALUES)
def test_the_first_number_that_a_hint_gives(name: str) -> None:
    got = eval(elsewhere.TENSORS[name].partition(";")[0], {"td": td, "np": np, "math": math, "x": X, "y": Y})
    assert np.asarray(got).reshape(-1)[0] == pytest.approx(VALUES[name], rel=1e-6)


BINARY = """
    add subtract sub mul multiply div divide true_divide float_power eq ne not_equal gt greater ge greater_equal lt less
    le less_equal rsub isclose allclose mm type_as view_as reshape_as expand_as
"""
UNARY = """
    negative absolute square reciprocal rsqrt sgn log2 log10 exp2 tan trunc isinf isfinite
    count_nonzero std_mean var_mean dim ndimension t ravel unbind fliplr flipud nonzero argwhere half short int byte
    bool swapaxes swapdims masked_select
"""


@pytest.mark.torch
def test_hints_of_one_expression_give_what_pytorch_gives() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    x, y = (torch.tensor(np.asarray(t)) for t in (X, Y))
    known = {"td": td, "np": np, "math": math, "x": X, "y": Y, "F": F, "mask": X > 1, "axis": 1, "axis0": 0, "axis1": 1}
    given = {"swapaxes": (0, 1), "swapdims": (0, 1), "softmin": (1,), "masked_select": (x > 1,)}
    places = (torch.Tensor, torch.nn.functional, torch)
    for name in (BINARY + UNARY).split():
        theirs = next(getattr(place, name) for place in places if hasattr(place, name))
        code = re.split(r";|, which|, of ", elsewhere.TENSORS[name])[0]
        ours = eval(code, dict(known))
        expected = theirs(x, *given.get(name, (y,) if name in BINARY.split() else ()))
        for got, right in zip(*[v if isinstance(v, tuple) else (v,) for v in (ours, expected)], strict=True):
            np.testing.assert_allclose(np.asarray(got), np.asarray(right), rtol=1e-5, err_msg=name)
            assert np.asarray(got).shape == tuple(np.asarray(right).shape), name


@pytest.mark.torch
def test_no_name_of_pytorch_is_taken_for_a_slip_of_the_pen() -> None:
    """Every name that is real over there and not here: "did you mean" would name another thing."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    both = ((td, (torch, np)), (X, (torch.Tensor, np.ndarray)), (nn, (torch.nn,)), (F, (torch.nn.functional,)),
            (optim, (torch.optim,)), (optim.lr_scheduler, (torch.optim.lr_scheduler,)), (nn.Linear(2, 2), (torch.nn.Module,)))
    for owner, others in both:
        for name in {name for other in others for name in dir(other) if not name.startswith("_")}:
            if not hasattr(owner, name):
                fix = hint(owner, name)
                assert "did you mean" not in fix, f"{owner}: {name} is no slip, {fix}"


def test_every_name_in_a_message_is_there() -> None:
    """td.this and td.that in hints, docstrings and errors: a name that is gone would send the reader on a search."""
    package = Path(td.__file__).parent
    for file in package.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for name in re.findall(r"\btd\.([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)", node.value):
                    if (file.name, name) in (("elsewhere.py", "Linear"), ("elsewhere.py", "detach")):
                        continue  # said to be elsewhere
                    thing: Any = td
                    for part in name.split("."):
                        assert hasattr(thing, part), f"{file.name}:{node.lineno} names td.{name}"
                        thing = getattr(thing, part)


def test_no_hint_is_for_what_is_there() -> None:
    """Of functions and methods one table serves both: a name may be there as one of the two."""
    for table, owners in ((elsewhere.TENSORS, (td, X)), (elsewhere.LAYERS, (nn,)), (elsewhere.FUNCTIONS, (F,)),
                          (elsewhere.MODULES, (nn.Linear(2, 2),))):
        there = [name for name in table if all(hasattr(owner, name) for owner in owners)]
        assert not there, f"nobody will ask for these: {there}"


def test_hints_for_methods_of_x_are_there() -> None:
    for table in (elsewhere.TENSORS, elsewhere.LAYERS, elsewhere.FUNCTIONS, elsewhere.NUMPY):
        for name, fix in table.items():
            for method in re.findall(r"\bx\.(\w+)", fix):
                assert hasattr(X, method), f"{name}: x.{method}"


@pytest.mark.parametrize(("call", "fix"), [
    (lambda t: np.subtract(t, t, out=np.zeros(3)), "x - y; or pass x.numpy()"), (lambda t: np.square(t), "x * x; or pass"),
    (lambda t: np.exp(t, out=np.zeros(3)), "td.exp; or pass x.numpy()"), (lambda t: np.var(t), "td.var(x, correction=0); or"),
    (lambda t: np.sort(t), "td.sort(x)[0]; or pass x.numpy()"), (lambda t: np.fft.fft(t), "fix: pass x.numpy()"),
    (lambda t: np.split(t, 3), "td.chunk(x, parts, axis); or"), (lambda t: np.log2(t), "td.log(x) / math.log(2); or")])
def test_numpy_names_what_is_there(call: Any, fix: str) -> None:
    """"use td.subtract if there is one" there was none; and td.var is PyTorch's, which divides by N - 1."""
    with pytest.raises(td.errors.DTypeError, match=re.escape(fix)):
        call(td.tensor([1.0, 4.0, 9.0]))


def test_what_numpy_has_under_the_same_name() -> None:
    x = np.array([1.0, 4.0, 11.0])
    t = td.tensor(x)
    assert td.var(t, correction=0).item() == pytest.approx(np.var(x))
    assert td.std(t, correction=0).item() == pytest.approx(np.std(x))
    assert td.sort(t)[0].tolist() == np.sort(x).tolist()
    assert [c.tolist() for c in td.chunk(t, 3, 0)] == [c.tolist() for c in np.split(x, 3)]
    a = np.zeros(2, np.float32)
    td.Tensor(a).array[...] = 1.0
    assert a.tolist() == [1.0, 1.0], "from_numpy shares"
