"""Module: what it finds, what it saves, and what it says when something is wrong."""

import copy
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

import tinydawn as td
from tinydawn import nn
from tinydawn.nn import functional as F


class Block(nn.Module):
    def __init__(self):
        self.linear = nn.Linear(2, 2)
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(self.linear(x))


class Model(nn.Module):
    """One of each way to hold a module."""

    def __init__(self):
        self.embedding = nn.Embedding(5, 2)
        self.blocks = [Block(), Block()]
        self.heads = {"left": nn.Linear(2, 1), "right": (nn.Linear(2, 1, bias=False), nn.LayerNorm(2))}
        self.scale = nn.Parameter(np.ones(3, np.float32))
        self.weights = [nn.Parameter(np.zeros(1, np.float32)), nn.Parameter(np.zeros(2, np.float32))]
        self.register_buffer("positions", np.arange(4.0))
        self.steps = 0
        self.note = "text"
        self.nothing = None

    def forward(self, ids):
        x = self.embedding(ids)
        for block in self.blocks:
            x = block(x)
        return self.heads["left"](x)


NAMES = [
    "scale",
    "embedding.weight",
    "blocks.0.linear.weight",
    "blocks.0.linear.bias",
    "blocks.1.linear.weight",
    "blocks.1.linear.bias",
    "heads.left.weight",
    "heads.left.bias",
    "heads.right.0.weight",
    "heads.right.1.weight",
    "heads.right.1.bias",
    "weights.0",
    "weights.1",
]


def names(module):
    return [name for name, _ in module.named_parameters()]


# --- finding ------------------------------------------------------------------------------------------------------


def test_names_and_order():
    model = Model()
    assert names(model) == NAMES
    assert len(list(model.parameters())) == len(NAMES)
    assert all(isinstance(p, nn.Parameter) and p.requires_grad for p in model.parameters())


def test_order_is_the_same_in_every_process():
    code = (
        "import tinydawn as td\nm = td.nn.TransformerEncoder(td.nn.TransformerEncoderLayer(4, 2, 8), 2)\n"
        "m.extra = {'b': td.nn.Linear(1, 1), 'a': td.nn.GRU(1, 1)}\nprint([n for n, _ in m.named_parameters()])"
    )
    root = os.path.dirname(os.path.dirname(td.__file__))
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": root},
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(found) == 1
    assert "extra.b.weight" in found.pop()


def test_a_shared_parameter_is_listed_once_under_its_first_name():
    class Tied(nn.Module):
        def __init__(self):
            self.embedding = nn.Embedding(5, 3)
            self.out = nn.Linear(3, 5, bias=False)
            self.out.weight = self.embedding.weight

    model = Tied()
    assert names(model) == ["embedding.weight"]
    assert list(model.state_dict()) == ["embedding.weight", "out.weight"]
    other = Tied()
    other.load_state_dict(model.state_dict())
    assert (other.out.weight.numpy() == model.embedding.weight.numpy()).all()
    assert copy.deepcopy(model).out.weight is not model.out.weight
    twin = copy.deepcopy(model)
    assert twin.out.weight is twin.embedding.weight


def test_a_shared_module_is_walked_once():
    block = Block()
    model = nn.Sequential(block, nn.ReLU(), block)
    assert names(model) == ["0.linear.weight", "0.linear.bias"]
    assert len(list(model.modules())) == 5
    assert list(model.state_dict()) == ["0.linear.weight", "0.linear.bias", "2.linear.weight", "2.linear.bias"]


def test_a_module_that_knows_its_parent():
    parent, child = nn.Module(), nn.Linear(1, 1)
    parent.child = child
    child.parent = parent
    assert names(parent) == ["child.weight", "child.bias"]
    assert list(parent.state_dict()) == ["child.weight", "child.bias"]


def test_lists_may_grow_after_the_assignment():
    model = nn.Module()
    model.layers = []
    model.layers.append(nn.Linear(1, 1))
    assert names(model) == ["layers.0.weight", "layers.0.bias"]


def test_an_attribute_replaced_or_deleted_is_no_longer_found():
    model = Block()
    model.linear = nn.Linear(2, 2, bias=False)
    assert names(model) == ["linear.weight"]
    model.linear = nn.LayerNorm(2)
    assert [name for name, _ in model.named_children()] == ["linear", "drop"]  # in its place
    model.drop = None
    model.last = nn.ReLU()
    model.drop = nn.Parameter([1.0])
    assert names(model) == ["drop", "linear.weight", "linear.bias"]
    model.drop = None
    model.drop = nn.Tanh()
    assert [name for name, _ in model.named_children()] == ["linear", "last", "drop"]  # PyTorch's order
    del model.linear
    assert names(model) == []


def test_modules_and_children():
    model = Model()
    found = dict(model.named_modules())
    assert list(found)[:4] == ["", "embedding", "blocks.0", "blocks.0.linear"]
    assert found[""] is model
    assert found["heads.right.1"] is model.heads["right"][1]
    assert [n for n, _ in model.named_children()] == [
        "embedding",
        "blocks.0",
        "blocks.1",
        "heads.left",
        "heads.right.0",
        "heads.right.1",
    ]
    assert len(list(model.children())) == 6
    assert next(iter(model.modules())) is model


def test_buffers():
    model = Model()
    assert [n for n, _ in model.named_buffers()] == ["positions"]
    assert not next(model.buffers()).requires_grad
    assert "positions" in model.state_dict()
    assert "positions" not in names(model)
    model.positions = nn.Buffer(np.zeros(4))
    assert isinstance(model.positions, nn.Buffer)
    assert (next(model.buffers()).numpy() == 0).all()
    model.also = model.positions
    assert len(list(model.buffers())) == 1  # under its first name, as PyTorch does
    assert "also" in model.state_dict()


class Running(nn.Module):
    """A mean that is kept over the batches, as BatchNorm's."""

    def __init__(self):
        self.register_buffer("mean", np.zeros(2, np.float32))
        self.register_buffer("count", np.zeros((), np.int64))
        self.register_buffer("later", None)

    def forward(self, x):
        self.mean = 0.5 * self.mean + 0.5 * x.mean(axis=0)
        self.count = self.count + 1
        return x - self.mean


def test_a_buffer_that_is_assigned_stays_a_buffer():
    """As in PyTorch: of what forward assigns, the state has the new values."""
    model = Running()
    model(td.tensor([[2.0, 4.0], [4.0, 8.0]]))
    model(td.tensor([[1.0, 2.0], [1.0, 2.0]]))
    assert [name for name, _ in model.named_buffers()] == ["mean", "count"]
    assert {name: x.tolist() for name, x in model.state_dict().items()} == {"mean": [1.25, 2.5], "count": 2}
    other = Running()
    other.load_state_dict(model.state_dict())
    other(td.zeros(1, 2))
    assert other.state_dict()["mean"].tolist() == [0.625, 1.25]
    assert model.mean.tolist() == [1.25, 2.5]  # the state was copied
    assert isinstance(copy.deepcopy(model).mean, nn.Buffer)
    model.mean = np.array([7.0, 8.0])
    model.double()
    assert model.state_dict()["mean"].tolist() == [7.0, 8.0]
    model.mean *= 2
    assert model.state_dict()["mean"].tolist() == [14.0, 16.0]
    assert not list(model.parameters())


def test_a_buffer_that_was_broadcast_can_be_loaded():
    model = Running()
    model.mean = td.ones(1).broadcast_to(2)
    model.register_buffer("table", np.broadcast_to(np.float32(1), (2,)))
    model.load_state_dict({"mean": [3.0, 4.0], "table": [5.0, 6.0], "count": 7})
    assert {name: x.tolist() for name, x in model.named_buffers()} == {"mean": [3.0, 4.0], "table": [5.0, 6.0], "count": 7}


def test_a_buffer_that_is_none_comes_back():
    model = Running()
    assert model.later is None
    model.later = td.ones(1)
    model.mean = None
    assert list(model.state_dict()) == ["count", "later"]
    assert model.load_state_dict({"count": 3, "later": [4.0]}) == ([], [])
    assert model.later.tolist() == [4.0]
    model.mean = td.zeros(2)
    assert list(model.state_dict()) == ["mean", "count", "later"]
    del model.mean
    model.mean = td.zeros(2)  # an attribute as any other
    assert list(model.state_dict()) == ["count", "later"]
    assert not hasattr(nn.Module(), "mean")


def test_a_gradient_flows_through_a_buffer_that_was_computed():
    """As in PyTorch, where the buffer is the Tensor that was assigned: d/dx of sum(x - x / 2) is 1 / 2."""
    model, x = Running(), td.tensor([[1.0, 2.0]], requires_grad=True)
    model(x).sum().backward()
    assert x.grad.tolist() == [[0.5, 0.5]]
    assert not any(x.requires_grad for x in model.state_dict().values())
    model.double()  # it loses its past
    assert not model.mean.requires_grad
    model(td.tensor([[1.0, 2.0]])).sum()


def test_what_replaces_a_buffer_and_what_does_not():
    model = Running()
    for bad in (3.0, [1.0], "x"):
        with pytest.raises(td.errors.DTypeError, match=r"Running.mean is a buffer, and a \w+ would not be saved(.|\n)*a Tensor"):
            model.mean = bad
    model.mean = nn.Parameter(np.zeros(2, np.float32))
    assert names(model) == ["mean"]
    with pytest.raises(td.errors.StateError, match="register_buffer: Running has a Parameter of the name 'mean'"):
        model.register_buffer("mean", np.zeros(2))
    with pytest.raises(td.errors.DTypeError, match="mean is a Parameter, and a Buffer in its place would not be trained"):
        model.mean = nn.Buffer(np.zeros(2))
    model.count = nn.Linear(1, 1)
    assert names(model) == ["mean", "count.weight", "count.bias"]
    assert list(model.named_buffers()) == []
    with pytest.raises(td.errors.StateError, match="register_buffer: Running has a Linear of the name 'count'"):
        model.register_buffer("count", np.zeros(2))
    for bad in (td.ones(2), np.ones(2)):
        with pytest.raises(td.errors.DTypeError, match=r"Running.count is a Linear, and would be lost for a \w+(.|\n)*None"):
            model.count = bad
    model.count = None
    model.count = td.ones(2)
    assert "count" not in model.state_dict()


@pytest.mark.torch
@pytest.mark.parametrize("step", ["assign", "None", "delete", "Parameter", "Module", "register"])
def test_buffers_as_in_pytorch(torch, step):
    def run(lib, tensor):
        model = lib.nn.Module()
        model.register_buffer("a", tensor([1.0]))
        model.register_buffer("b", tensor([2.0]))
        model.c = lib.nn.Parameter(tensor([3.0]))
        if step == "assign":
            model.a = model.a + model.b
        elif step == "None":
            model.a = None
        elif step == "delete":
            del model.a
        elif step == "Parameter":
            model.a = lib.nn.Parameter(tensor([4.0]))
        elif step == "Module":
            model.a = lib.nn.Linear(1, 1)
        else:
            model.register_buffer("a", tensor([5.0]))
        before = list(model.state_dict())
        if step in ("assign", "None", "delete", "register"):
            model.a = tensor([6.0])
        return before, list(model.state_dict()), [n for n, _ in model.named_parameters()], [n for n, _ in model.named_buffers()]

    class Theirs:
        nn = torch.nn

    assert run(td, td.tensor) == run(Theirs, torch.tensor)


def test_a_plain_tensor_is_no_parameter():
    model = nn.Module()
    model.x = td.ones(2, requires_grad=True)
    assert names(model) == []
    assert model.x.name == "x"


# --- state --------------------------------------------------------------------------------------------------------


def test_state_round_trip():
    a, b = Model(), Model()
    assert list(a.state_dict()) == [NAMES[0], "positions", *NAMES[1:]]
    assert b.load_state_dict(a.state_dict()) == ([], [])
    for x, y in zip(a.parameters(), b.parameters(), strict=True):
        assert (x.numpy() == y.numpy()).all()
        assert not np.shares_memory(x.numpy(), y.numpy())
    state = a.state_dict()
    assert not any(x.requires_grad for x in state.values())
    assert np.shares_memory(state["scale"].numpy(), a.scale.numpy())


def test_state_of_arrays_and_other_dtypes():
    model = nn.Linear(2, 1)
    model.load_state_dict({"weight": np.array([[1.0, 2.0]]), "bias": [3]})
    assert model.weight.tolist() == [[1.0, 2.0]]
    assert model.bias.tolist() == [3.0]
    assert model.weight.dtype == np.float32


def test_all_that_does_not_fit_is_listed_at_once_and_nothing_changes():
    model = Model()
    before = {k: v.numpy().copy() for k, v in model.state_dict().items()}
    state = {k: v.numpy() + 1 for k, v in before_state(model).items()}
    state["extra"] = np.zeros(1)
    state["another"] = np.zeros(1)
    del state["scale"], state["blocks.1.linear.bias"]
    state["heads.left.weight"] = np.zeros((3, 3))
    state["weights.1"] = np.zeros(())
    with pytest.raises(td.errors.StateError) as error:
        model.load_state_dict(state)
    text = str(error.value)
    assert "does not fit Model" in text
    assert "missing: scale, blocks.1.linear.bias" in text
    assert "unexpected: extra, another" in text
    assert "of another shape: heads.left.weight: (3, 3), not (1, 2), weights.1: (), not (2,)" in text
    assert "strict=False" in text
    for k, v in model.state_dict().items():
        assert (v.numpy() == before[k]).all()


def before_state(model):
    return {k: v.detach() for k, v in model.state_dict().items()}


@pytest.mark.parametrize(
    ("bias", "kind", "text"),
    [
        (np.array(["1.5"]), td.errors.DTypeError, "load_state_dict: bias is of dtype <U3\n.*\n  fix: real numbers"),
        (np.array([1j]), td.errors.DTypeError, "load_state_dict: bias is of dtype complex128\n.*\n  fix: real numbers"),
        (np.array(["2020"], "M8[Y]"), td.errors.DTypeError, "load_state_dict: bias is of dtype datetime64"),
        ({"a": 1}, td.errors.DTypeError, "load_state_dict: bias is of dtype object"),
        (None, td.errors.DTypeError, "load_state_dict: bias is of dtype object"),
        ([[1], [2, 3]], td.errors.ShapeError, "load_state_dict: bias makes no array"),
    ],
    ids=["text", "complex", "dates", "a dict", "None", "ragged"],
)
def test_values_that_are_no_numbers_change_nothing(bias, kind, text):
    model = nn.Linear(2, 1)
    before = model.weight.tolist()
    with pytest.raises(kind, match=text):
        model.load_state_dict({"weight": np.ones((1, 2)), "bias": bias})
    assert model.weight.tolist() == before


@pytest.mark.parametrize("dtype", ["f2", "f8", ">f4", "g", "i1", "u2", "i8", "?"])
def test_numbers_of_any_dtype_and_layout(dtype):
    model = nn.Linear(2, 3, bias=False)
    values = np.array([[1, 0, 1], [0, 1, 1]], dtype).T  # not contiguous
    model.load_state_dict({"weight": values})
    assert model.weight.dtype == np.dtype("=f4")
    assert model.weight.tolist() == [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]


def test_fractions_are_not_cut_for_a_buffer_of_integers():
    model = nn.Module()
    model.register_buffer("count", np.array([1, 2]))
    model.load_state_dict({"count": np.array([3.0, 4.0])})
    assert model.count.tolist() == [3, 4]
    with pytest.raises(td.errors.DTypeError, match=r"load_state_dict: count is int64 here, and the state has fractions"):
        model.load_state_dict({"count": np.array([3.5, 4.0])})
    assert model.count.tolist() == [3, 4]


@pytest.mark.torch
def test_tensors_of_pytorch_of_any_dtype_and_layout(torch):
    """bfloat16 and the floats of 8 bits, which NumPy has not, come as float32, with the same values."""
    model, values = nn.Linear(2, 3, bias=False), torch.tensor([[1.5, -2.0, 0.25], [0.0, 448.0, 1.0]])
    for dtype in (torch.bfloat16, torch.float16, torch.float32, torch.float64, torch.float8_e4m3fn, torch.float8_e5m2):
        given = values.to(dtype)
        model.load_state_dict({"weight": given.T})  # not contiguous
        assert model.weight.dtype == np.float32
        assert model.weight.tolist() == given.float().T.tolist()
    model.load_state_dict({"weight": torch.nn.Parameter(-values.T).bfloat16()})  # with a past, and a gradient
    assert model.weight.tolist() == (-values.T).tolist()
    model.load_state_dict({"weight": torch.view_as_complex(torch.ones(3, 2, 2)).conj().imag})  # its sign is a mere flag
    assert model.weight.tolist() == [[-1.0, -1.0]] * 3
    assert td.tensor(values.bfloat16()).tolist() == values.bfloat16().float().tolist()  # likewise where Tensors are made
    assert td.tensor(values.clone().requires_grad_()).tolist() == values.tolist()
    with pytest.raises(td.errors.DTypeError, match=r"tensor: the argument is a float32 tensor that makes no array"):
        td.tensor(values.to("meta"))
    for bad in (values.T.to_sparse(), values.T.to("meta")):
        with pytest.raises(td.errors.DTypeError, match=r"load_state_dict: weight is a float32 tensor that makes no array"):
            model.load_state_dict({"weight": bad})
    assert model.weight.tolist() == [[-1.0, -1.0]] * 3


def test_a_models_own_state_under_other_names():
    model = nn.Module()
    model.a, model.b = nn.Parameter(np.zeros(2)), nn.Parameter(np.ones(2))
    state = model.state_dict()
    model.load_state_dict({"a": state["b"], "b": state["a"]})
    assert model.a.tolist() == [1.0, 1.0]
    assert model.b.tolist() == [0.0, 0.0]


def test_not_strict():
    model = nn.Linear(2, 1)
    result = model.load_state_dict({"weight": np.ones((1, 2)), "more": np.zeros(1)}, strict=False)
    assert result.missing_keys == ["bias"]
    assert result.unexpected_keys == ["more"]
    assert model.weight.tolist() == [[1.0, 1.0]]
    with pytest.raises(td.errors.StateError, match="of another shape"):
        model.load_state_dict({"weight": np.ones((2, 1))}, strict=False)


def test_deepcopy_is_independent():
    model = Model()
    twin = copy.deepcopy(model)
    assert names(twin) == NAMES
    assert not {id(p) for p in model.parameters()} & {id(p) for p in twin.parameters()}
    assert not {id(m) for m in model.modules()} & {id(m) for m in twin.modules()}
    twin.scale.array[...] = 7
    twin.blocks[0].drop.p = 0.1
    twin.eval()
    assert (model.scale.numpy() == 1).all()
    assert model.blocks[0].drop.p == 0.5
    assert model.training
    assert isinstance(twin.positions, nn.Buffer)
    F.mse_loss(twin.eval()(np.array([1])), np.zeros((1, 1))).backward()
    assert model.embedding.weight.grad is None
    assert twin.embedding.weight.grad is not None
    frozen = nn.Linear(1, 1).requires_grad_(False)
    assert not any(p.requires_grad for p in copy.deepcopy(frozen).parameters())


# --- modes --------------------------------------------------------------------------------------------------------


def test_train_and_eval_reach_every_module():
    model = Model()
    assert all(m.training for m in model.modules())
    assert model.eval() is model
    assert not any(m.training for m in model.modules())
    assert model.train() is model
    assert all(m.training for m in model.modules())
    model.blocks[0].eval()
    assert [m.training for m in model.blocks] == [True, False][::-1]
    assert nn.Module.training


def test_zero_grad_and_freezing():
    model = Model()
    model(np.array([1, 2])).sum().backward()
    assert model.embedding.weight.grad is not None
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())
    model.blocks[0].requires_grad_(False)
    model.eval()(np.array([1, 2])).sum().backward()
    assert model.blocks[0].linear.weight.grad is None
    assert model.blocks[1].linear.weight.grad is not None
    assert model.embedding.weight.grad is not None  # through the frozen layer
    model.requires_grad_(True)
    assert all(p.requires_grad for p in model.parameters())


def test_apply_children_first():
    model = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU()))
    seen = []
    assert model.apply(lambda m: seen.append(m)) is model
    assert len(seen) == 4
    assert seen[-1] is model
    assert seen.index(model[1][0]) < seen.index(model[1])
    model.apply(lambda m: nn.init.zeros_(m.weight) if isinstance(m, nn.Linear) else None)
    assert model[0].weight.tolist() == [[0.0]]


def test_double():
    model = Model().double()
    assert {x.dtype for x in (*model.parameters(), *model.buffers())} == {np.dtype(np.float64)}
    assert all(p.requires_grad for p in model.parameters())
    model.eval()(np.array([1])).sum().backward()
    assert model.embedding.weight.grad.dtype == np.float64


def test_own_parameters_come_first_then_own_buffers():
    """PyTorch's order, whatever was defined first: [name for name, _ in model.named_parameters()] with torch 2.13."""
    model = nn.Module()
    model.layer = nn.Linear(1, 1)
    model.register_buffer("table", np.zeros(1))
    model.scale = nn.Parameter(np.ones(1))
    model.inner = nn.Module()
    model.inner.layer = nn.Linear(1, 1, bias=False)
    model.inner.shift = nn.Parameter(np.zeros(1))
    assert names(model) == ["scale", "layer.weight", "layer.bias", "inner.shift", "inner.layer.weight"]
    assert list(model.state_dict()) == ["scale", "table", "layer.weight", "layer.bias", "inner.shift", "inner.layer.weight"]


def test_names_that_join_to_one_path_are_an_error():
    """Of two weights under one name a state would keep one; every way to come to it."""

    def held(**attributes):
        model = nn.Module()
        for name, x in attributes.items():
            setattr(model, name.replace("__", "."), x)
        return model

    p, q, layer = nn.Parameter([1.0]), nn.Parameter([2.0]), nn.Linear(1, 1)
    for model, name in [
        (held(a={"b.c": p, "b": {"c": q}}), "a.b.c"),
        (held(a={1: p, "1": q}), "a.1"),
        (held(a=[p], a__0=q), "a.0"),
        (held(a=held(b=p), a__b=q), "a.b"),
        (held(a=held(weight=p), a__weight=q), "a.weight"),
        (held(a={"b": nn.Linear(1, 1)}, a__b=layer), "a.b"),
    ]:
        for call in (model.state_dict, lambda m=model: m.load_state_dict({}), lambda m=model: dict(m.named_parameters()),
                     lambda m=model: td.optim.SGD(m.parameters(), 0.1)):
            with pytest.raises(td.errors.StateError, match=rf"Module: the name '{name}[.\w]*' leads to two(.|\n)*no dots"):
                call()
    assert list(held(a=p, b=p).state_dict()) == ["a", "b"]  # one parameter under two names is no fault


METHODS = sorted(name for name in dir(nn.Module) if not name.startswith("_") and name not in
                 ("forward", "training", "half", "float", "cpu", "cuda"))


@pytest.mark.parametrize("name", METHODS)
def test_the_name_of_a_method_is_no_name_for_an_attribute(name):
    assert len(METHODS) > 20
    for value in (nn.Linear(1, 1), [nn.Linear(1, 1)], td.ones(1), 3, None, F.relu):
        model = nn.Module()
        with pytest.raises(td.errors.StateError, match=rf"Module.{name}: the name is taken, every Module needs it(.|\n)*{name}_"):
            setattr(model, name, value)
    with pytest.raises(td.errors.StateError, match=rf"Odd.{name}: the name is taken"):
        type("Odd", (nn.Module,), {name: [nn.Linear(1, 1)]})
    with pytest.raises(td.errors.StateError, match=rf"Odd.{name}: the name is taken"):
        type("Odd", (nn.Module,), {name: property(lambda self: 3)})
    type("Fine", (nn.Module,), {name: lambda self: 3})  # a method may be written anew


def test_the_name_of_a_method_of_ones_own():
    class Encoder(nn.Module):
        def __init__(self):
            self.encode = nn.Linear(1, 1)

        def encode(self, x):
            return self.encode(x) * 2

    with pytest.raises(td.errors.StateError, match=r"Encoder.encode: the name is taken, it is a method of Encoder"):
        Encoder()
    with pytest.raises(td.errors.StateError, match=r"register_buffer: the name is taken"):
        nn.Module().register_buffer("register_buffer", np.ones(1))
    with pytest.raises(td.errors.DTypeError, match=r"Module.training is the mode, and would be lost as a Linear"):
        nn.Module().training = nn.Linear(1, 1)
    model = nn.Module()
    model.forward = lambda x: x + 1  # this alone may be an attribute too
    assert model(1) == 2


def test_what_a_hook_returns_is_the_output():
    """As in PyTorch: None leaves it as it is, and the next hook is given what the last returned."""
    model = nn.Sequential(nn.Identity(), nn.Identity())
    first = model[0].register_forward_hook(lambda module, args, out: out * 2)
    model[0].register_forward_hook(lambda module, args, out: (out + 1, "more"))
    model[0].register_forward_hook(lambda module, args, out: None)
    model[1].register_forward_hook(lambda module, args, out: out[0])
    assert model(td.ones(1)).tolist() == [3.0]
    first.remove()
    first.remove()
    assert model(td.ones(1)).tolist() == [2.0]
    assert model.eval().zero_grad() is None


def test_what_a_hook_before_returns_is_the_input():
    class Sum(nn.Module):
        def forward(self, a, b=10.0):
            return a + b

    model, seen = Sum(), []
    hooks = [model.register_forward_pre_hook(lambda module, args: seen.append(args))]
    assert model(td.ones(1), td.ones(1)).tolist() == [2.0]
    assert [a.tolist() for a in seen[0]] == [[1.0], [1.0]]
    hooks.append(model.register_forward_pre_hook(lambda module, args: args[0] * 5))  # no tuple: the only argument
    assert model(td.ones(1)).tolist() == [15.0]
    assert model(td.ones(1), b=1.0).tolist() == [6.0]
    hooks.append(model.register_forward_pre_hook(lambda module, args: (args[0], 0.5)))
    hooks.append(model.register_forward_hook(lambda module, args, out: out + args[1]))  # it is given what forward was given
    assert model(td.ones(1)).tolist() == [6.0]
    for hook in hooks:
        hook.remove()
    assert model(td.ones(1), 2.0).tolist() == [3.0]


def test_a_hook_may_remove_itself():
    model, seen = nn.Identity(), []

    def once(module, args, out):
        hook.remove()
        seen.append(1)

    hook = model.register_forward_hook(once)
    model.register_forward_hook(lambda module, args, out: seen.append(2))
    model(1)
    model(1)
    assert seen == [1, 2, 2]


@pytest.mark.torch
def test_hooks_as_in_pytorch(torch):
    def run(lib, tensor):
        model = lib.nn.Sequential(lib.nn.Identity(), lib.nn.Tanh())
        model[0].register_forward_hook(lambda module, args, out: out * 2)
        model[1].register_forward_pre_hook(lambda module, args: args[0] - 0.5)
        handle = model.register_forward_hook(lambda module, args, out: out + args[0])
        a = model(tensor([1.0, 2.0])).tolist()
        handle.remove()
        return a, model(tensor([1.0, 2.0])).tolist()

    np.testing.assert_allclose(run(td, td.tensor), run(torch, torch.tensor), rtol=1e-6)


def test_hooks_look_and_can_be_removed():
    model, seen = nn.Sequential(nn.Linear(2, 3), nn.Tanh()), []
    remove = model[0].register_forward_hook(lambda module, args, out: seen.append((module, args[0].shape, out.shape)))
    model(td.ones(4, 2))
    assert seen == [(model[0], (4, 2), (4, 3))]
    remove()
    model(td.ones(4, 2))
    assert len(seen) == 1
    assert names(model) == ["0.weight", "0.bias"]


# --- errors and warnings ------------------------------------------------------------------------------------------


class Outer(nn.Module):
    def __init__(self):
        self.encoder = nn.Module()
        self.encoder.forward = lambda x: self.encoder.rnn(x)
        self.encoder.rnn = nn.LSTM(3, 4)

    def forward(self, x):
        return self.encoder(x)


def test_errors_name_the_module_path():
    with pytest.raises(td.errors.ShapeError, match=r"in: Outer\.encoder\.rnn\n"):
        Outer()(td.ones(5, 2, 7))
    model = Model()
    model.heads["left"] = nn.Linear(9, 1)
    model.heads = model.heads
    with pytest.raises(td.errors.ShapeError, match=r"in: Model\.heads\.left\n"):
        model(np.array([1]))
    with pytest.raises(td.errors.ShapeError, match=r"in: Sequential\.1\n"):
        nn.Sequential(nn.ReLU(), nn.Linear(3, 3))(td.ones(2, 2))
    assert td.scope.here.path == []


def test_errors_name_the_users_line():
    with pytest.raises(td.errors.ShapeError, match=r"at: .*test_module\.py:\d+ in test_errors_name_the_users_line"):
        nn.Linear(3, 3)(td.ones(2, 2))


def test_a_typo_is_an_error_with_a_suggestion():
    model = Model()
    with pytest.raises(AttributeError, match=r"Model has no attribute 'embeding'(.|\n)*did you mean 'embedding'\?"):
        _ = model.embeding
    with pytest.raises(AttributeError, match="did you mean 'parameters'"):
        model.paramters()
    with pytest.raises(AttributeError, match="set it in __init__"):
        _ = model.xyzzy
    assert not hasattr(model, "xyzzy")
    assert getattr(model, "xyzzy", 3) == 3


def test_a_property_that_fails_inside_shows_its_own_error():
    class Wrong(nn.Module):
        def __init__(self):
            self.hidden = 3

        @property
        def width(self):
            return self.hiden

        @property
        def other(self):
            return [].nothing

    with pytest.raises(AttributeError, match=r"'hiden'(.|\n)*did you mean 'hidden'"):
        _ = Wrong().width
    with pytest.raises(AttributeError, match="'list' object has no attribute 'nothing'"):
        _ = Wrong().other


def test_no_forward():
    class Nothing(nn.Module):
        pass

    with pytest.raises(AttributeError, match="Nothing defines no forward"):
        Nothing()(1)
    with pytest.raises(AttributeError, match="ModuleList defines no forward"):
        nn.ModuleList([nn.ReLU()])(1)


def test_a_layer_made_in_forward_warns():
    class Forgetful(nn.Module):
        def forward(self, x):
            return nn.Linear(2, 2)(x)

    with pytest.warns(
        UserWarning,
        match=r"made anew every time, and never trained(.|\n)*in: Forgetful\n(.|\n)*create layers in __init__",
    ):
        Forgetful()(td.ones(1, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nn.Linear(2, 2)


def test_a_failing_forward_leaves_no_path_behind():
    class Fails(nn.Module):
        def forward(self):
            raise KeyError("x")

    with pytest.raises(KeyError):
        nn.ModuleList([Fails()])[0]()
    assert td.scope.here.path == []


def test_parameters_are_floating():
    with pytest.raises(td.errors.DTypeError, match="has no gradient"):
        nn.Parameter(np.array([1, 2]))
    assert nn.Parameter([1.0, 2.0]).dtype == np.float32
    assert not nn.Parameter([1.0], requires_grad=False).requires_grad


# --- repr ---------------------------------------------------------------------------------------------------------

REPR = """Sequential(
  (0): Embedding(9, 4, padding_idx=0)
  (1): ModuleDict(
    (a): LSTM(4, 5, num_layers=2, bidirectional=True)
    (b): Conv1d(4, 6, kernel_size=3, stride=1)
  )
  (2): ModuleList(
    (0): Linear(4, 2, bias=False)
    (1): LayerNorm((4,), eps=1e-05)
  )
  (3): Dropout(p=0.5)
  (4): MultiheadAttention(
    4, 2
    (out_proj): Linear(4, 4)
  )
  (5): GRUCell(2, 3)
  (6): RMSNorm((4,), eps=None)
  (7): ReLU()
)"""


def test_repr():
    model = nn.Sequential(
        nn.Embedding(9, 4, padding_idx=0),
        nn.ModuleDict({"a": nn.LSTM(4, 5, 2, bidirectional=True), "b": nn.Conv1d(4, 6, 3)}),
        nn.ModuleList([nn.Linear(4, 2, bias=False), nn.LayerNorm(4)]),
        nn.Dropout(),
        nn.MultiheadAttention(4, 2),
        nn.GRUCell(2, 3),
        nn.RMSNorm(4),
        nn.ReLU(),
    )
    assert repr(model) == REPR


# --- containers ---------------------------------------------------------------------------------------------------


def test_sequential():
    a, b = nn.Linear(2, 3), nn.Linear(3, 1)
    model = nn.Sequential(a, nn.Tanh(), b)
    x = td.ones(4, 2)
    assert (model(x).numpy() == b(td.tanh(a(x))).numpy()).all()
    assert len(model) == 3
    assert model[0] is a
    assert model[-1] is b
    assert list(model)[2] is b
    assert names(model) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert nn.Sequential()(x) is x
    with pytest.raises(IndexError):
        model[3]


def test_module_list():
    layers = nn.ModuleList(nn.Linear(i + 1, 1) for i in range(2))
    assert layers.append(nn.ReLU()) is layers
    assert len(layers) == 3
    assert [type(m).__name__ for m in layers] == ["Linear", "Linear", "ReLU"]
    assert isinstance(layers[-1], nn.ReLU)
    assert names(layers) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    assert len(nn.ModuleList()) == 0


def test_module_dict():
    layers = nn.ModuleDict({"b": nn.Linear(1, 1), "a": nn.ReLU()})
    layers["c"] = nn.Tanh()
    assert list(layers.keys()) == list(layers) == ["b", "a", "c"]
    assert "a" in layers
    assert "z" not in layers
    assert len(layers) == 3
    assert isinstance(layers["c"], nn.Tanh)
    assert names(layers) == ["b.weight", "b.bias"]
    with pytest.raises(KeyError):
        layers["z"]


def test_identity_and_flatten():
    x = td.ones(2, 3, 4)
    assert nn.Identity()(x) is x
    assert nn.Flatten()(x).shape == (2, 12)
    assert nn.Flatten(0, 1)(x).shape == (6, 4)
    assert nn.Flatten()(np.ones((2, 3, 4))).shape == (2, 12)
