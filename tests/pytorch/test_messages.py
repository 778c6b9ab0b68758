"""What the layer says: of names that are not there, of wrong arguments, in PyTorch's words."""

from __future__ import annotations

import importlib
import math
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinydawn as td
import tinydawn.torch as torch
import tinydawn.torch.nn.functional as F
from tinydawn.torch import absent, instead, nn, optim
from tinydawn.torch import distributions as D
from tinydawn.torch.wording import reworded

# --- names that are not there -------------------------------------------------------------------------------------


def hint(owner: Any, name: str) -> str:
    with pytest.raises(AttributeError) as caught:
        getattr(owner, name)
    return str(caught.value).partition("fix: ")[2]


@pytest.mark.parametrize(("owner", "names"), [
    (nn, "Conv3d CTCLoss InstanceNorm1d InstanceNorm2d ConvTranspose2d AdaptiveLogSoftmaxWithLoss"),
    (nn.utils, "weight_norm spectral_norm parametrizations"), (torch, "scatter_reduce isin diff lgamma digamma logcumsumexp"),
    (torch, "dist result_type det inverse svd vmap"), (torch.utils, "tensorboard checkpoint"), (torch.linalg, "eig lstsq"),
    (D, "Dirichlet Beta Gamma Poisson MultivariateNormal OneHotCategorical"), (torch.func, "vmap"), (F, "interpolate ctc_loss"),
    (torch.cuda, "Stream"), (torch.autograd, "profiler"), (nn.init, "dirac_"), (nn.utils.rnn, "invert_permutation"),
    (torch.utils.data, "IterDataPipe"), (optim, "Muon")])
def test_names_that_are_not_there_have_an_answer(owner: Any, names: str) -> None:
    for name in names.split():
        fix = hint(owner, name)
        assert len(fix) > 4, name
        assert "\n" not in fix
        assert "did you mean" not in fix
        assert fix != absent.NOTHING


@pytest.mark.parametrize(("owner", "name", "fix"), [
    (optim, "Adm", "did you mean torch.optim.Adam?"), (nn, "Linaer", "did you mean torch.nn.Linear?"),
    (nn.utils, "clip_grad_norm", "torch.nn.utils.clip_grad_norm_: it writes in place"), (torch, "Linear", "torch.nn.Linear"),
    (torch, "zeroes", "did you mean torch.zeros?"), (torch, "bmmm", "did you mean torch.bmm?"), (F, "exp", "torch.exp"),
    (torch, "inverse", "torch.linalg.inv(x)"), (torch, "cosh_", "torch.cosh"), (torch, "foobar", absent.NOTHING),
    (torch, "isin", "(x.unsqueeze(-1) == values).any(-1)"), (optim.lr_scheduler, "SteqLR",
                                                            "did you mean torch.optim.lr_scheduler.StepLR?")])
def test_what_to_write_instead(owner: Any, name: str, fix: str) -> None:
    assert hint(owner, name) == fix


@pytest.mark.parametrize(("name", "fix"), [
    ("scatter_reduce", "x.scatter_add(dim, index, src), for sums; torch.bincount, to count"), ("foo", absent.NOTHING),
    ("isin", "(x.unsqueeze(-1) == values).any(-1)"), ("cosh_", "x.copy_(x.cosh(...))"), ("gelu", "torch.nn.functional.gelu"),
    ("reshpe", "did you mean x.reshape?"), ("sinc_", "x.copy_(y), where y is torch.sin(math.pi * x) / (math.pi * x)"),
    ("__array_interface__", "")])
def test_of_tensors(name: str, fix: str) -> None:
    assert hint(torch.zeros(2), name) == fix


def test_what_torch_and_functional_share() -> None:
    for name in ("cosine_similarity", "conv1d", "layer_norm", "kl_div"):
        assert getattr(torch, name) is getattr(F, name)


def test_some_answers_are_right() -> None:
    x, values = torch.tensor([1.0, 2.0, 5.0]), torch.tensor([2.0, 5.0])
    assert eval(hint(torch, "isin")).tolist() == [False, True, True], (x, values)
    assert eval(hint(torch, "diff")).tolist() == [1.0, 3.0]
    assert eval(hint(torch, "inverse"), {"torch": torch, "x": torch.eye(2) * 2}).tolist() == [[0.5, 0.0], [0.0, 0.5]]
    m = x.amax(0, keepdim=True)
    assert (m + (x - m).exp().cumsum(0).log()).tolist() == pytest.approx([1.0, 2.3132617, 5.0658843])
    images = torch.randn(2, 3, 4, 5)
    normed = nn.GroupNorm(3, 3, affine=False)(images)
    assert normed.mean((2, 3)).abs().max() < 1e-5, "InstanceNorm2d"


def test_every_name_in_an_answer_is_there() -> None:
    homes = {"torch": torch, "nn": nn, "F": F, "optim": optim, "x": torch.zeros(2, 2)}
    for owner, table in instead.TABLES.items():
        for name, fix in table.items():
            for path in re.findall(r"(?<![\w.])(?:torch|nn|F|optim|x)\.[a-zA-Z_][\w.]*", fix):
                first, *parts = path.rstrip(".").split(".")
                thing = homes[first]
                for part in parts:
                    thing = getattr(thing, part)
            shared = owner in ("x", "torch")  # one table for both
            assert shared or name not in vars(importlib.import_module(f"tinydawn.{owner}")), f"{owner}.{name} is there"


@pytest.mark.torch
def test_no_name_of_pytorch_is_taken_for_a_slip_of_the_pen() -> None:
    real = pytest.importorskip("torch", reason="PyTorch is not installed")
    for owner in instead.TABLES:
        theirs = real.Tensor if owner == "x" else importlib.import_module(owner)
        ours = torch.zeros(2, 2) if owner == "x" else importlib.import_module(f"tinydawn.{owner}")
        for name in dir(theirs):
            if not name.startswith("_") and not hasattr(ours, name):
                assert "did you mean" not in hint(ours, name), f"{owner}.{name}"


def program(tmp_path: Path, text: str) -> str:
    """What a program that fails writes to stderr."""
    (tmp_path / "program.py").write_text(text, "utf-8")
    command = [sys.executable, "-m", "tinydawn.torch", "program.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    return done.stderr


@pytest.mark.parametrize(("line", "error", "fix"), [
    ("from torch.nn import LSTM, Conv3d", "ImportError: torch.nn has no attribute 'Conv3d' here", "nn.Conv2d"),
    ("from torch.utils.tensorboard import SummaryWriter", "ModuleNotFoundError: import torch.utils.tensorboard", "matplotlib"),
    ("from torch.nn.utils import weight_norm", "ImportError: torch.nn.utils has no attribute 'weight_norm' here", "v.norm")])
def test_imports_say_it_too(tmp_path: Path, line: str, error: str, fix: str) -> None:
    said = program(tmp_path, line)
    assert error in said
    assert fix in said.partition("fix: ")[2]


def test_a_programs_traceback_begins_at_its_own_line(tmp_path: Path) -> None:
    lines = program(tmp_path, "import torch\n\ndef step():\n    torch.zeros(3).view(2)\n\nstep()\n").splitlines()
    assert lines[:2] == ["Traceback (most recent call last):", '  File "program.py", line 6, in <module>']
    assert '  File "program.py", line 4, in step' in lines
    assert not any("runpy" in line or "running.py" in line for line in lines)


def test_of_text_that_is_no_program(tmp_path: Path) -> None:
    text = program(tmp_path, "def step(:\n")
    assert text.startswith('  File "program.py", line 1')
    assert "SyntaxError" in text


# --- wrong arguments ----------------------------------------------------------------------------------------------


def said(call: Any) -> str:
    """What an error says, without where."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 (any)
        call()
    return re.sub(r"\n  (at|in): .*", "", str(caught.value))


def test_a_mistyped_argument() -> None:
    text = said(lambda: nn.LSTM(3, 4, batchfirst=True))
    assert text == "LSTM: there is no argument batchfirst=\n  fix: did you mean batch_first=?"
    assert "'dim'" in said(lambda: nn.Linear(3, 4, dim=1)), "the name that was typed, not axis"
    with pytest.raises(td.errors.DTypeError, match="did you mean bias="):
        td.nn.Linear(2, 2, biass=False)


# --- in PyTorch's words -------------------------------------------------------------------------------------------

X = torch.zeros(3, 3)
MESSAGES = {
    "float targets": (lambda: F.cross_entropy(X, torch.tensor([0.0, 1.0, 2.0])), "target.long()"),
    "float targets of nll_loss": (lambda: F.nll_loss(X, torch.tensor([0.0, 1.0, 2.0])), "target.long()"),
    "float ids": (lambda: nn.Embedding(5, 3)(torch.tensor([1.0, 2.0])), "fix: convert them with .long()"),
    "ragged": (lambda: torch.tensor([[1, 2], [3]]), "torch.nn.utils.rnn.pad_sequence makes them so"),
    "bfloat16": (lambda: torch.zeros(3, dtype=torch.bfloat16), "as torch.float32"),
    "to bfloat16": (lambda: X.to(torch.bfloat16), "as torch.float32"),
    "dim": (lambda: X.sum(dim=2), "sum: dim 2 is out of bounds for a tensor with 2 dims (argument of shape (3, 3), dim=2, "
                                  "keepdim=False)\n  fix: dims count from 0, or from -1 backwards"),
    "view": (lambda: torch.arange(9).view(5, 2), "view: shapes (9,) int64, shape=(5, 2) do not fit: 9 entries, not 10\n"),
    "view with -1": (lambda: torch.arange(9).view(2, -1), "shape=(2, -1) do not fit: 9 entries, not a multiple of 2\n"),
    "cat": (lambda: torch.cat([torch.ones(2, 3), torch.ones(3, 4)]),
            "cat: shapes (2, 3) float32 and (3, 4) float32, dim=0 do not fit: 3 and 4 differ on dim 1\n"),
    "cat of matrix and vector": (lambda: torch.cat([torch.ones(2, 3), torch.ones(2)]), "dim=0 do not fit: 2 dims and 1\n"),
    "classes last": (lambda: F.cross_entropy(torch.zeros(2, 3, 5), torch.zeros(2, 3).long()),
                     "fix: classes are dim 1: logits.transpose(1, 2); or flatten both"),
    "expand": (lambda: X.expand(4, 5), "fix: a dim of length 1 can become longer, and new dims come in front"),
    "softmax": (lambda: X.softmax(), "softmax: along which dim?\n  fix: x.softmax(dim=-1), along the last"),
    "torch.log_softmax": (lambda: torch.log_softmax(X), "log_softmax: along which dim?"),
    "whole targets": (lambda: F.binary_cross_entropy_with_logits(X, torch.ones(3, 3).long()), "target.float()"),
    "whole targets of probabilities": (lambda: F.binary_cross_entropy(X, torch.ones(3, 3).long()), "target.float()"),
}


@pytest.mark.parametrize("what", MESSAGES)
def test_errors_are_in_pytorchs_words(what: str) -> None:
    call, text = MESSAGES[what]
    assert text in said(call)


def test_the_gradient_of_what_was_computed() -> None:
    with pytest.warns(UserWarning, match=r"torch\.autograd\.grad\(loss, x\)"):
        assert (torch.ones(2, requires_grad=True) * 2).grad is None


def test_without_the_layer_they_are_in_tinydawns() -> None:
    torch.use(False)
    assert "sum: axis 2 is out of bounds for a tensor with 2 axes" in said(lambda: td.zeros(2, 2).sum(axis=2))
    assert "fix: rows of equal length; td.text.pad makes them so" in said(lambda: td.tensor([[1, 2], [3]]))


def test_what_is_quoted_stays() -> None:
    assert reworded("load: no 'decoder.axis' for axis 0, \"axes\"") == "load: no 'decoder.axis' for dim 0, \"axes\""


def test_every_name_in_a_reworded_message_is_there() -> None:
    """What is td.this in a message: torch.this, if the layer has it, else tinydawn.this."""
    for file in Path(td.__file__).parent.rglob("*.py"):
        for path in re.findall(r"\btd(?:\.[A-Za-z_]\w*)+", file.read_text("utf-8")):
            first, *parts = reworded(path).split(".")
            thing: Any = {"torch": torch, "tinydawn": td}[first]
            for part in parts:
                if first == "torch":
                    assert hasattr(thing, part), f"{file.name}: {path} became {reworded(path)}"
                thing = getattr(thing, part, None)


def test_numpy_is_silent_while_the_layer_is_in_use() -> None:
    before = np.geterr()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        torch.log(torch.tensor([0.0]))
        torch.tensor([1.0]) / 0
        torch.tensor([-math.inf, -math.inf]).softmax(0)
    torch.use(True)  # twice does no harm
    torch.use(False)
    assert np.geterr()["divide"] == np.geterr()["invalid"] == "warn"
    assert before["divide"] == before["invalid"] == before["over"] == "ignore"
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        td.log(td.tensor([0.0]))
