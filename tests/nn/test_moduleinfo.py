"""PyTorch's own samples of its layers (torch.testing's ModuleInfo) on every layer of that name here.

In float64, with the weights of PyTorch's layer: outputs, and the gradients of all inputs and parameters. EXCLUDED says which
samples are left out, and why. Without PyTorch, or without expecttest, which its test tools import, all is skipped by name.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from nn_tools import flatten, same_gradient, total

import tinydawn as td
from tinydawn import nn
from tinydawn.nn import functional as F

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore::UserWarning:torch"),
    pytest.mark.filterwarnings("ignore:reduction. .mean. divides:UserWarning"),
    pytest.mark.filterwarnings("ignore:enable_nested_tensor is True:UserWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning:torch"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:invalid value encountered in log:RuntimeWarning"),  # KLDivLoss of targets below 0: NaN
]

LAYERS = sorted(name for name, x in vars(nn).items() if inspect.isclass(x) and issubclass(x, nn.Module))
# Layers that PyTorch has no samples of: test_parity.py has.
NO_SAMPLES = {"Module", "Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict", "Identity", "Flatten",
              "Unflatten", "Dropout", "Dropout1d", "Dropout2d", "TransformerDecoder", "EmbeddingBag", "LazyLinear",
              "Hardsigmoid", "CosineSimilarity", "PairwiseDistance", "TripletMarginLoss"}

# What is left out, by layer and by a part of the sample's description, and why. It has to fail, with this error.
EXCLUDED = [
    ("CrossEntropyLoss", "2d_ignore_index_mean", "all 2 targets are ignore_index", "a mean of nothing is an error, not a NaN"),
]
OURS = {"dim": "axis"}  # what is called otherwise here


@pytest.fixture(scope="module")
def samples(torch: Any) -> Any:
    pytest.importorskip("expecttest", reason="expecttest is not installed: PyTorch's test tools need it")
    from torch.testing._internal.common_modules import module_db

    found = {info.name.removeprefix("nn."): info for info in module_db}

    def of(name: str) -> list[tuple[bool, Any]]:
        """Its samples, each with the mode, training or not, that it is for."""
        torch.manual_seed(0)
        info = found[name]
        return [(training, sample) for training in ((True, False) if info.train_and_eval_differ else (True,))
                for sample in info.module_inputs_func(info, "cpu", torch.float64, True, training)]

    return of


def ours_of(torch: Any, x: Any, made: dict[int, Any]) -> Any:
    """An argument of PyTorch's as ours; a tensor that is given twice stays one tensor."""
    if isinstance(x, torch.Tensor):
        if id(x) not in made:
            made[id(x)] = td.tensor(x.detach().numpy().copy(), requires_grad=x.requires_grad)
        return made[id(x)]
    if isinstance(x, (tuple, list)):
        return type(x)(ours_of(torch, part, made) for part in x)
    if x is torch.nn.functional.gelu:
        return F.gelu
    if isinstance(x, torch.nn.TransformerEncoderLayer):
        return nn.TransformerEncoderLayer(
            x.linear1.in_features, x.self_attn.num_heads, x.linear1.out_features, x.dropout.p,
            F.gelu if x.activation is torch.nn.functional.gelu else "relu", x.norm1.eps, x.self_attn.batch_first,
            x.norm_first, x.linear1.bias is not None)
    return x


def named(torch: Any, kwargs: dict[str, Any], made: dict[int, Any]) -> dict[str, Any]:
    return {OURS.get(k, k): ours_of(torch, x, made) for k, x in kwargs.items() if k not in ("device", "dtype")}


def compare(torch: Any, name: str, sample: Any, training: bool) -> None:
    """Build both from one sample, carry the weights over, call both, go back from the same weighted sum."""
    built, called = sample.constructor_input, sample.forward_input
    cls = getattr(torch.nn, name)
    dtype = {"dtype": torch.float64} if "dtype" in inspect.signature(cls).parameters else {}
    theirs = cls(*built.args, **{**built.kwargs, **dtype}).double().train(training)
    made: dict[int, Any] = {}
    ours = getattr(nn, name)(*ours_of(torch, built.args, {}), **named(torch, built.kwargs, {})).double().train(training)
    state = theirs.state_dict()
    ours.load_state_dict(state)
    assert list(ours.state_dict()) == list(state)
    leaves = [x for x in flatten([called.args, tuple(called.kwargs.values())])
              if isinstance(x, torch.Tensor) and x.requires_grad]
    for leaf in leaves:
        leaf.retain_grad()  # some were made by an op
    out = flatten(ours(*ours_of(torch, called.args, made), **named(torch, called.kwargs, made)))
    expected = flatten(theirs(*called.args, **called.kwargs))
    assert [tuple(x.shape) for x in out] == [tuple(x.shape) for x in expected]
    for a, b in zip(out, expected, strict=True):
        np.testing.assert_allclose(a.numpy(), b.detach().numpy(), rtol=1e-9, atol=1e-10)
    total(out, td.tensor).backward()
    total(expected, torch.tensor).backward()
    for leaf in leaves:
        same_gradient(made[id(leaf)], leaf, "gradient of an input")
    parameters = dict(theirs.named_parameters())
    assert [key for key, _ in ours.named_parameters()] == list(parameters)
    for key, p in ours.named_parameters():
        same_gradient(p, parameters[key], f"gradient of {key}")


@pytest.mark.parametrize("name", [name for name in LAYERS if name not in NO_SAMPLES])
def test_samples(torch: Any, samples: Any, name: str) -> None:
    rows = [row for row in EXCLUDED if row[0] == name]
    faults, left_out = [], set()
    given = samples(name)
    for number, (training, sample) in enumerate(given):
        row = next((row for row in rows if sample.desc.startswith(row[1])), None)
        try:
            compare(torch, name, sample, training)
        except Exception as error:
            if row is not None and row[2] in str(error):
                left_out.add(row)
            else:
                faults.append(f"{number} {sample.desc} {sample.constructor_input.kwargs}: {type(error).__name__} {error}"[:700])
    assert not faults, f"{len(faults)} of {len(given)}:\n" + "\n".join(faults)
    assert set(rows) == left_out, "these pass: out of EXCLUDED with them"
    assert given
