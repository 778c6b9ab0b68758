"""python -m tinydawn.torch: a program as it is, its graph, its losses beside PyTorch's; and that all of it can be taken back."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clock import PATIENCE

import tinydawn as td
import tinydawn.torch as layer
from tinydawn.torch import running
from tinydawn.viz import snapshot
from tinydawn.viz.trace import watched

PROGRAM = """
import torch
import torch.nn as nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(42)
x = torch.randn(64, 4)
y = (x.sum(dim=1) > 0).long()
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(3):
    for xb, yb in DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True):
        loss = F.cross_entropy(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"loss {loss.item():.6f}")
print("accuracy", (model(x).max(dim=1)[1] == y).float().mean().item())
"""


def call(folder: Path, *arguments: str, program: str = PROGRAM) -> subprocess.CompletedProcess[str]:
    (folder / "program.py").write_text(program, "utf-8")
    return subprocess.run([sys.executable, "-m", "tinydawn.torch", *arguments], cwd=folder, capture_output=True, encoding="utf-8",
                          timeout=PATIENCE, check=False)


def test_a_program_runs_as_it_is(tmp_path: Path) -> None:
    done = call(tmp_path, "program.py")
    assert done.returncode == 0, done.stderr
    losses = [float(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("loss")]
    assert len(losses) == 12
    assert losses[0] == pytest.approx(0.663535, abs=2e-6)  # PyTorch 2.13 prints this: the same weights, batch and mask
    assert losses[-1] < losses[0]


def test_its_arguments_are_its_own(tmp_path: Path) -> None:
    done = call(tmp_path, "program.py", "--draw", "x", program="import sys, torch\nprint(sys.argv, __name__, torch.__name__)\n")
    assert done.stdout == "['program.py', '--draw', 'x'] __main__ tinydawn.torch\n"
    assert "--draw stands behind the file" in done.stderr


@pytest.mark.parametrize("name", ["step.svg", "step.dot"])
def test_the_first_step_is_drawn(tmp_path: Path, name: str) -> None:
    done = call(tmp_path, "--draw", name, "program.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{name}: the graph of the first step\n"
    drawn = (tmp_path / name).read_text("utf-8")
    for label in ("W x + b", "0: Linear", "1: ReLU", "2: Dropout", "cross-entropy", "input", "target"):
        assert label in drawn
    assert "not computed" not in drawn
    assert "failed" not in drawn


def test_a_page_goes_through_the_first_step(tmp_path: Path) -> None:
    done = call(tmp_path, "--draw", "step.html", "program.py")
    assert done.returncode == 0, done.stderr
    drawn = (tmp_path / "step.html").read_text("utf-8")
    for label in ("linear", "relu", "dropout", "cross_entropy", "<script>", "W = weight", "input"):
        assert label in drawn
    assert drawn.count('"phase": "forward"') == 6  # what goes in, four ops of modules, the loss
    assert drawn.count('"phase": "backward"') == 10  # dL/dL = 1; of four ops seven arguments and one that is alone; the end


# What comes before the first step: preparation, an evaluation, a loss that is thrown away; and what is made of two models.
LATER = """
import torch
import torch.nn as nn

raw = torch.randn(20, 4)
data = (raw - raw.mean(0)) / raw.std(0)
for i in range(20):
    data[i] = data[i] * 2.0


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(4)])
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return torch.tanh(self.fc(x))


encoder, decoder, unused = Encoder(), nn.Linear(3, 4), nn.Bilinear(3, 4, 5)
with torch.no_grad():
    for _ in range(3):
        print(((decoder(encoder(data)) - data) ** 2).mean().item())
print(unused(encoder(data), data).sum().item())
loss = ((decoder(encoder(data)) - data) ** 2).mean()
loss.backward()
print("not reached")
"""


@pytest.mark.parametrize(("depth", "there", "not_there"), [
    ("0", ["Encoder", "Linear"], ["fc: Linear"]), ("1", ["fc: Linear", "layers.0: Linear × 4", "Linear"], ["matmul"]),
    ("ops", ["label=\"fc: Linear\"", "W₅ = weight"], ["→ 20 × 3"]), ("formula", ["= tanh v"], ["→ 20 × 3"])])
def test_only_what_the_loss_depends_on_is_drawn(tmp_path: Path, depth: str, there: list[str], not_there: list[str]) -> None:
    done = call(tmp_path, "--draw", "step.dot", "--depth", depth, "program.py", program=LATER)
    assert done.returncode == 0, done.stderr
    assert "not reached" not in done.stdout
    drawn = (tmp_path / "step.dot").read_text("utf-8")
    for label in there:
        assert label in drawn
    for label in [*not_there, "index_put", "Bilinear", "call 2", "failed"]:
        assert label not in drawn


def test_a_depth_that_there_is_not(tmp_path: Path) -> None:
    done = call(tmp_path, "--draw", "step.dot", "--depth", "deep", "program.py")
    assert done.returncode == 2
    assert "'deep' is neither a number from 0 nor" in done.stderr


def test_what_was_let_go_before_the_first_step_is_not_held() -> None:
    from tinydawn.viz.trace import TraceOfTheEnd

    model, x = td.nn.Sequential(td.nn.Linear(4, 4), td.nn.ReLU(), td.nn.Linear(4, 1)), td.ones(8, 4)
    with TraceOfTheEnd() as trace:
        for _ in range(100):
            with td.no_grad():
                model(x)
            model(x)
        assert len(trace.by_array) == len(trace.by_node) == 0
        loss = model(x * 2.0).mean()
        trace.end_at(loss)
        loss.backward()
    assert [record.op for record in trace.records] == ["linear", "relu", "linear", "sum", "div"]  # and not x · 2, which is data
    assert all(record.out is not None and record.node is not None and record.gradient is not None for record in trace.records)


def test_nothing_to_draw_is_said(tmp_path: Path) -> None:
    done = call(tmp_path, "--draw", "step.svg", "program.py", program="import torch\nprint(torch.ones(2))\n")
    assert done.returncode == 1
    assert "called backward() nowhere" in done.stderr
    assert not (tmp_path / "step.svg").exists()


@pytest.mark.torch
def test_the_losses_are_pytorchs(torch: Any, tmp_path: Path) -> None:
    done = call(tmp_path, "--check", "--steps", "10", "program.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the losses agree" in done.stdout
    assert len([line for line in done.stdout.splitlines() if line.strip()[:1].isdigit()]) == 10


@pytest.mark.torch
def test_losses_that_differ_are_found(torch: Any, tmp_path: Path) -> None:
    program = PROGRAM.replace("lr=0.01", "lr=0.01 if 'tinydawn' in torch.__name__ else 0.02")
    done = call(tmp_path, "--check", "program.py", program=program)
    assert done.returncode == 1
    assert "THE LOSSES DIFFER" in done.stdout


@pytest.mark.torch
@pytest.mark.parametrize(("program", "said", "code"), [
    ("import torch\nprint(torch.ones(2))\n", "NOTHING WAS COMPARED: backward() was called nowhere", 1),
    ("import io, torch\nw = torch.ones(2, requires_grad=True)\nf = io.BytesIO()\ntorch.save({'w': w.detach()}, f)\nf.seek(0)\n"
     "(w * torch.load(f)['w']).sum().backward()\n", "the losses agree\n", 0),
    (PROGRAM + "if 'tinydawn' not in torch.__name__:\n    1 / 0\n", "the losses agree, as far as both ran", 0),
    (PROGRAM + "if 'tinydawn' in torch.__name__:\n    1 / 0\n", "tinydawn.torch stopped after 12 steps: ZeroDivisionError", 1),
])
def test_what_was_compared_is_said(torch: Any, tmp_path: Path, program: str, said: str, code: int) -> None:
    done = call(tmp_path, "--check", "program.py", program=program)
    assert said in done.stdout, done.stdout + done.stderr
    assert done.returncode == code


def test_an_option_behind_the_file_is_noticed(tmp_path: Path) -> None:
    done = call(tmp_path, "program.py", "--check", program="import torch\n")
    assert "--check stands behind the file" in done.stderr


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="PyTorch is installed")
def test_check_says_what_it_needs(tmp_path: Path) -> None:
    done = call(tmp_path, "--check", "program.py")
    assert done.returncode == 1
    assert "PyTorch is not installed" in done.stderr


@pytest.mark.parametrize(("program", "said"), [
    ("import torchtext", "made of PyTorch itself"), ("import torchvision.transforms", "read the pictures with NumPy"),
    ("import torch.fft", "tinydawn.torch has no such part"), ("import torch\ntorch.vmap", "one more dimension in front"),
    ("import torch\ntorch.softmaxx", "did you mean torch.softmax?"),
    ("import torch\ntorch.ones(2).fft", "has no attribute 'fft'"),
])
def test_what_is_not_there_says_what_to_do(tmp_path: Path, program: str, said: str) -> None:
    done = call(tmp_path, "program.py", program=program)
    assert done.returncode == 1
    assert said in done.stderr


def test_a_file_beside_the_program_goes_before_what_is_refused(tmp_path: Path) -> None:
    (tmp_path / "torchtext.py").write_text("words = ['a']\n", "utf-8")
    done = call(tmp_path, "program.py", program="import torchtext\nprint(torchtext.words)\n")
    assert done.stdout == "['a']\n"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = call(tmp_path, "nothing.py")
    assert done.returncode == 1
    assert done.stderr.startswith("error: run: there is no file nothing.py")


def test_the_error_of_a_program_is_its_own(tmp_path: Path) -> None:
    done = call(tmp_path, "program.py", program="import torch\ntorch.ones(2) @ torch.ones(3)\n")
    assert done.returncode == 1
    assert "program.py:2" in done.stderr


def test_what_is_taught_is_taken_back() -> None:
    layer.use(False)
    try:
        assert not hasattr(td.Tensor, "zero_")
        x = td.tensor([[1.0, 2.0]])
        assert type(x.shape) is tuple
        with pytest.raises(AttributeError, match=r"amax\(axis\)"):
            x.max()
        assert repr(td.nn.Linear(2, 3)) == "Linear(2, 3)"
    finally:
        layer.use()
    assert td.tensor([[1.0, 2.0]]).max(dim=1).indices.tolist() == [1]
    layer.use()  # twice does no harm


def test_importing_tinydawn_does_not_import_the_layer() -> None:
    said = subprocess.run([sys.executable, "-c", "import sys, tinydawn, tinydawn.nn, tinydawn.optim, tinydawn.viz\n"
                           "print([name for name in sys.modules if name.startswith('tinydawn.torch')])"],
                          capture_output=True, encoding="utf-8", timeout=PATIENCE, check=True)
    assert said.stdout == "[]\n"


def test_dropout_is_off_and_float64_on_for_a_comparison(tmp_path: Path) -> None:
    program = """
import sys
sys.path.insert(0, {root!r})
from tinydawn.torch import running
from tinydawn.viz import snapshot
from tinydawn.viz.trace import watched
torch = running.answer_imports()
running.make_comparable(torch, True)
x = torch.ones(3)
print(x.dtype, x.float().dtype, torch.FloatTensor([1]).dtype, torch.tensor([1.0], dtype=torch.float32).dtype)
print(torch.nn.Dropout(0.9)(x).tolist(), torch.nn.functional.dropout(x, 0.9).tolist())
print(torch.nn.LSTM(2, 3, 2, dropout=0.5).dropout)
"""
    (tmp_path / "p.py").write_text(program.format(root=str(Path(running.__file__).parents[2])), "utf-8")
    done = subprocess.run([sys.executable, "p.py"], cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=PATIENCE,
                          check=False)
    assert done.stdout == "float64 float64 float64 float64\n[1.0, 1.0, 1.0] [1.0, 1.0, 1.0]\n0.0\n", done.stderr


@pytest.mark.parametrize(("body", "values"), [
    ("h = w * 2\nh.mul_(2)\nh.add_(w)", [[2, 4], [4, 8], [5, 10]]),
    ("h = torch.nn.ReLU(inplace=True)(w - 1.5)", [[-0.5, 0.5], [0, 0.5]]),
    ("h = w * torch.ones(2, 2)\nh[0].mul_(3)\nh[1] += 5",
     [[[1, 2], [1, 2]], [1, 2], [3, 6], [[3, 6], [1, 2]], [1, 2], [6, 7], [[3, 6], [6, 7]]]),
    ("h = torch.zeros(2)\nh[0] = 7\nk = h + w\nh[1] = 9\nh = h * k", [[8, 2], [7, 9], [56, 18]]),
    ("h = torch.zeros(2)\nh.fill_(3)\nk = h + w\nh.normal_()\nh = k", [3, [3, 3], [4, 5]]),
])
def test_what_is_written_in_place_is_drawn_as_it_was(body: str, values: list[Any]) -> None:
    w = td.tensor([1.0, 2.0], requires_grad=True)

    def run() -> td.Tensor:
        names = {"torch": layer, "w": w}
        exec(body, names)
        return names["h"]

    seen, outputs, error = watched(run)
    assert error is None
    assert [np.asarray(v.value).tolist() for v in snapshot(seen, outputs=outputs).vertices if v.kind == "op"] == values
