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
    "scale",
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


def test_a_plain_tensor_is_no_parameter():
    model = nn.Module()
    model.x = td.ones(2, requires_grad=True)
    assert names(model) == []
    assert model.x.name == "x"


# --- state --------------------------------------------------------------------------------------------------------


def test_state_round_trip():
    a, b = Model(), Model()
    assert list(a.state_dict()) == [*NAMES[:11], *NAMES[11:], "positions"]
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
    assert "missing: blocks.1.linear.bias, scale" in text
    assert "unexpected: extra, another" in text
    assert "of another shape: heads.left.weight: (3, 3), not (1, 2), weights.1: (), not (2,)" in text
    assert "strict=False" in text
    for k, v in model.state_dict().items():
        assert (v.numpy() == before[k]).all()


def before_state(model):
    return {k: v.detach() for k, v in model.state_dict().items()}


def test_values_that_are_no_numbers_change_nothing():
    model = nn.Linear(2, 1)
    before = model.weight.tolist()
    with pytest.raises(ValueError, match="could not convert"):
        model.load_state_dict({"weight": np.ones((1, 2)), "bias": np.array(["x"])})
    assert model.weight.tolist() == before


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
    twin.scale.data[...] = 7
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
