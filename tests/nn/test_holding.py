"""What a module holds, by PyTorch's names; the containers; hooks of the backward pass; conversions."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn import nn
from tinydawn.errors import DTypeError, StateError


class Block(nn.Module):
    def __init__(self) -> None:
        self.first = nn.Linear(2, 3)
        self.scale = nn.Parameter(td.ones(3))
        self.register_buffer("mean", td.zeros(3))
        self.register_buffer("passing", np.arange(3), persistent=False)
        self.register_buffer("later", None)
        self.parts = [nn.Linear(3, 1)]


def test_only_what_it_holds_itself() -> None:
    model = Block()
    assert [name for name, _ in model.named_parameters(recurse=False)] == ["scale"]
    assert list(model.parameters(recurse=False)) == [model.scale]
    assert [name for name, _ in model.named_buffers(recurse=False)] == ["mean", "passing"]
    assert len(list(model.buffers(recurse=False))) == 2
    assert [name for name, _ in model.named_parameters(prefix="m")][:2] == ["m.scale", "m.first.weight"]
    assert [name for name, _ in model.named_modules("m")] == ["m", "m.first", "m.parts.0"]
    assert list(model._parameters) == ["scale"]
    assert list(model._buffers) == ["mean", "passing", "later"]
    assert list(model._modules) == ["first", "parts.0"]


def test_shared_ones_under_all_their_names() -> None:
    model = nn.Module()
    model.a = nn.Linear(1, 1, bias=False)
    model.b = model.a
    assert [name for name, _ in model.named_parameters()] == ["a.weight"]
    assert [name for name, _ in model.named_parameters(remove_duplicate=False)] == ["a.weight", "b.weight"]
    assert [name for name, _ in model.named_children()] == ["a"]
    assert [name for name, _ in model.named_modules(remove_duplicate=False)] == ["", "a", "b"]


def test_what_a_path_leads_to() -> None:
    model = Block()
    assert model.get_submodule("") is model
    assert model.get_submodule("first") is model.first
    assert model.get_parameter("parts.0.weight") is model.parts[0].weight
    assert model.get_buffer("mean") is model.mean
    for find, path in ((model.get_submodule, "second"), (model.get_parameter, "first"), (model.get_buffer, "scale")):
        with pytest.raises(StateError, match=rf"Block has none of the path '{path}'(.|\n)*one of named_"):
            find(path)


def test_a_buffer_that_is_not_persistent_is_not_saved() -> None:
    model = Block()
    assert list(model.state_dict()) == ["scale", "mean", "first.weight", "first.bias", "parts.0.weight", "parts.0.bias"]
    assert next(iter(model.state_dict(prefix="x."))) == "x.scale"
    assert model.load_state_dict(model.state_dict()) == ([], [])
    model.passing = np.ones(3)
    assert "passing" not in model.state_dict()
    assert isinstance(model.passing, nn.Buffer)


def test_registering_by_name() -> None:
    model = nn.Module()
    model.register_module("layer", nn.Linear(1, 1))
    model.add_module("none", None)
    model.register_parameter("gain", nn.Parameter(td.ones(1)))
    model.register_parameter("bias", None)
    assert list(model.state_dict()) == ["gain", "layer.weight", "layer.bias"]
    assert model.bias is model.none is None
    with pytest.raises(DTypeError, match="register_parameter: 'gain' is a Tensor"):
        model.register_parameter("gain", td.ones(1))
    with pytest.raises(DTypeError, match="register_module: 'layer' is a Tensor"):
        model.register_module("layer", td.ones(1))


def test_conversions() -> None:
    model = Block()
    model.first.weight.grad = td.ones(3, 2)
    mean, weight = model.mean, model.first.weight
    model.to(td.float64)
    assert weight is model.first.weight
    assert weight.dtype == weight.grad.dtype == model.mean.dtype == np.float64
    assert mean.dtype == np.float32, "who holds a buffer keeps what it was"
    assert model.passing.dtype == np.int64
    assert model.half().scale.dtype == np.float16
    assert model.float().scale.dtype == np.float32
    assert model.to("cpu", np.float64).cpu().scale.dtype == np.float64
    assert model.to(dtype="float32").scale.dtype == np.float32
    with pytest.raises(DTypeError, match=r"Module.to: a model of int64"):
        model.to(np.int64)


def test_a_buffer_in_two_places_stays_one() -> None:
    table = nn.Buffer(td.ones(2))
    model = nn.Module()
    model.a, model.b = nn.Module(), nn.Module()
    model.a.table = model.b.table = table
    model.double()
    assert model.a.table is model.b.table
    assert model.a.table.dtype == np.float64


def test_gradients_of_zeros() -> None:
    model = nn.Linear(2, 1)
    model(td.ones(1, 2)).sum().backward()
    model.zero_grad(set_to_none=False)
    assert model.weight.grad.tolist() == [[0.0, 0.0]]
    model.zero_grad()
    assert model.weight.grad is None


def test_a_part_that_stays_in_evaluation() -> None:
    class Frozen(nn.Dropout):
        def train(self, mode: bool = True) -> Any:
            return super().train(False)

    model = nn.Sequential(Frozen(), nn.Dropout())
    assert [m.training for m in model.train()] == [False, True]


# --- containers ---------------------------------------------------------------------------------------------------


def test_sequential_grows_and_is_cut() -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    assert net.append(nn.Linear(3, 1)) is net
    net.insert(1, nn.ReLU())
    net.extend([nn.Sigmoid()])
    assert [type(m).__name__ for m in net] == ["Linear", "ReLU", "Tanh", "Linear", "Sigmoid"]
    assert list(net.state_dict()) == ["0.weight", "0.bias", "3.weight", "3.bias"]
    assert isinstance(net[:2], nn.Sequential)
    assert net[:2][0] is net[0]
    assert net[-1] is net[4]
    assert type(net.pop()).__name__ == "Sigmoid"
    del net[1]
    net[1] = nn.ReLU()
    assert [type(m).__name__ for m in net.__add__([nn.Tanh()])] == ["Linear", "ReLU", "Linear", "Tanh"]
    del net[1:]
    assert len(net) == 1
    assert net(td.ones(1, 2)).shape == (1, 3)
    with pytest.raises(IndexError, match="Sequential: index 3 of 1 entries"):
        net[3]


def test_sequential_of_names() -> None:
    net = nn.Sequential(OrderedDict([("hidden", nn.Linear(2, 2)), ("tanh", nn.Tanh()), ("out", nn.Linear(2, 1))]))
    assert next(iter(net.state_dict())) == "hidden.weight"
    assert net["out"] is net.out is net[-1]
    assert list(dict(net[1:].named_children())) == ["tanh", "out"]
    assert net(td.ones(1, 2)).shape == (1, 1)


def test_module_list() -> None:
    layers = nn.ModuleList(nn.Linear(1, i + 1) for i in range(3))
    layers += [nn.Tanh()]
    layers.insert(0, nn.ReLU())
    assert len(layers) == 5
    assert layers[-2].out_features == 3
    assert [m.out_features for m in layers[1:3]] == [1, 2]
    assert layers[1]._name == "1"
    layers[0] = nn.Tanh()
    assert type(layers[0]).__name__ == "Tanh"
    assert next(iter(layers.state_dict())) == "1.weight"


def test_module_dict() -> None:
    heads = nn.ModuleDict({"b": nn.Linear(1, 2), "a": nn.Linear(1, 3)})
    heads.update({"c": nn.Tanh()})
    heads.update([("d", nn.ReLU())])
    assert list(heads) == list(heads.keys()) == ["b", "a", "c", "d"]
    assert [type(m).__name__ for m in heads.values()] == ["Linear", "Linear", "Tanh", "ReLU"]
    assert dict(heads.items())["a"] is heads["a"]
    assert "c" in heads
    assert "x" not in heads
    assert type(heads.pop("c")).__name__ == "Tanh"
    del heads["d"]
    with pytest.raises(KeyError, match="ModuleDict holds nothing of the name 'd'"):
        del heads["d"]
    heads.clear()
    assert len(heads) == 0


def test_lists_and_dicts_of_parameters() -> None:
    model = nn.Module()
    model.rows = nn.ParameterList([nn.Parameter(td.ones(2)), td.zeros(3)])
    model.rows.append(nn.Parameter(td.ones(1)))
    model.named = nn.ParameterDict({"w": nn.Parameter(td.ones(2)), "b": td.zeros(1)})
    assert list(model.state_dict()) == ["rows.0", "rows.1", "rows.2", "named.w", "named.b"]
    assert [p.requires_grad for p in model.parameters()] == [True] * 5
    assert model.rows[-1].shape == (1,)
    assert [len(p) for p in model.rows] == [2, 3, 1]
    assert model.named["w"] is dict(model.named.items())["w"]
    assert len(model.rows[1:]) == 2
    with pytest.raises(DTypeError, match="ParameterList: an entry must be a Tensor"):
        model.rows.append(3)
    with pytest.raises(StateError, match=r"ParameterDict: the name 'a.b' is taken, or is a path"):
        model.named["a.b"] = td.ones(1)


# --- backward hooks -----------------------------------------------------------------------------------------------


def hooked(library: Any, place: Any, replace: bool) -> list[Any]:
    """What full backward hooks see and change, in either library."""
    class Pair(place.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()

        def forward(self, x: Any, y: Any, n: int) -> Any:
            return x * y + n, x - y

    first, second = Pair(), place.Tanh()
    seen: list[Any] = []

    def hook(module: Any, inputs: Any, outputs: Any) -> Any:
        seen.append([None if g is None else g.tolist() for g in (*inputs, *outputs)])
        return tuple(None if g is None else g * 2 for g in inputs) if replace else None

    handles = [m.register_full_backward_hook(hook) for m in (first, second)]
    x, y = (library.tensor(v, requires_grad=True) for v in ([0.5, 1.0], [2.0, 3.0]))
    for _ in range(2):
        a, b = first(x, y, 1)
        (second(a).sum() + (b * b).sum()).backward()
        handles.pop().remove()
    return [seen, x.grad.tolist(), y.grad.tolist()]


def flat(x: Any) -> list[Any]:
    return [part for y in x for part in flat(y)] if isinstance(x, list) else [x]


@pytest.mark.torch
@pytest.mark.parametrize("replace", [False, True])
def test_backward_hooks_as_in_pytorch(torch: Any, replace: bool) -> None:
    ours, theirs = hooked(td, nn, replace), hooked(torch, torch.nn, replace)
    assert [x is None for x in flat(ours)] == [x is None for x in flat(theirs)]
    assert [x for x in flat(ours) if x is not None] == pytest.approx([x for x in flat(theirs) if x is not None], rel=1e-4)


def test_a_backward_hook_of_a_layer_of_ids() -> None:
    table, seen = nn.Embedding(3, 2), []
    table.register_full_backward_hook(lambda module, inputs, outputs: seen.append((inputs, outputs[0].tolist())))
    table(np.array([0, 2])).sum().backward()
    assert seen == [((None,), [[1.0, 1.0], [1.0, 1.0]])]
