"""What users really pass: float32, raw arrays, integers, empty batches, one step, huge and infinite numbers."""

import numpy as np
import pytest
from nn_tools import flatten, grid

import tinydawn as td
from tinydawn import nn
from tinydawn.nn import functional as F

x32 = lambda *shape: grid(*shape).astype(np.float32)
IDS = np.array([[1, 0], [2, 2], [0, 4]])
PAD = np.array([[False, False, True], [False, True, True]])

# name -> (layer, the arrays it is called with)
LAYERS = {
    "Linear": (lambda: nn.Linear(4, 3), [x32(2, 4)]),
    "Conv1d": (lambda: nn.Conv1d(4, 6, 3, padding=1, groups=2), [x32(2, 4, 5)]),
    "LayerNorm": (lambda: nn.LayerNorm(4), [x32(2, 4)]),
    "RMSNorm": (lambda: nn.RMSNorm(4), [x32(2, 4)]),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(4, track_running_stats=False), [x32(2, 4)]),  # training writes what it keeps
    "BatchNorm1d, evaluation": (lambda: nn.BatchNorm1d(4).eval(), [x32(2, 4, 3)]),
    "Dropout": (lambda: nn.Dropout(0.3), [x32(2, 4)]),
    "paper Dropout": (lambda: nn.Dropout(0.3, "paper").eval(), [x32(2, 4)]),
    "Embedding": (lambda: nn.Embedding(5, 3, padding_idx=0), [IDS]),
    **{
        name: (lambda name=name: getattr(nn, name)(), [x32(2, 4)])
        for name in (
            "ReLU",
            "Tanh",
            "Sigmoid",
            "SiLU",
            "Softplus",
            "GELU",
            "Softmax",
            "LogSoftmax",
            "Identity",
            "Flatten",
        )
    },
    "tanh GELU": (lambda: nn.GELU("tanh"), [x32(2, 4)]),
    **{
        f"{name}": (lambda name=name: getattr(nn, name)(4, 3, 2, bidirectional=True, dropout=0.2), [x32(3, 2, 4)])
        for name in ("RNN", "GRU", "LSTM")
    },
    "relu RNN": (lambda: nn.RNN(4, 3, nonlinearity="relu"), [x32(3, 2, 4)]),
    "GRU notes": (lambda: nn.GRU(4, 3, reset_after=False, z_convention="notes"), [x32(3, 2, 4)]),
    "batch_first": (lambda: nn.GRU(4, 3, batch_first=True), [x32(2, 3, 4)]),
    "unbatched": (lambda: nn.LSTM(4, 3), [x32(3, 4)]),
    **{name: (lambda name=name: getattr(nn, name)(4, 3), [x32(2, 4)]) for name in ("RNNCell", "GRUCell", "LSTMCell")},
    "MultiheadAttention": (lambda: nn.MultiheadAttention(4, 2, 0.1), [x32(3, 2, 4)] * 3),
    "attention, batch_first": (lambda: nn.MultiheadAttention(4, 2, batch_first=True), [x32(2, 3, 4)] * 3),
    "attention, padding": (lambda: nn.MultiheadAttention(4, 2), [*[x32(3, 2, 4)] * 3, PAD]),
    "attention, unbatched": (lambda: nn.MultiheadAttention(4, 2), [x32(3, 4)] * 3),
    "encoder layer": (lambda: nn.TransformerEncoderLayer(4, 2, 8), [x32(3, 2, 4)]),
    "gelu encoder layer": (
        lambda: nn.TransformerEncoderLayer(4, 2, 8, activation="gelu", norm_first=True),
        [x32(3, 2, 4)],
    ),
    "decoder layer": (lambda: nn.TransformerDecoderLayer(4, 2, 8), [x32(3, 2, 4), x32(5, 2, 4)]),
}
all_layers = pytest.mark.parametrize("name", list(LAYERS))


def inputs(arrays):
    return [td.tensor(a, requires_grad=True) if a.dtype.kind == "f" else a for a in arrays]


@all_layers
def test_float32_stays_float32_in_layers(name):
    make, arrays = LAYERS[name]
    layer, args = make(), inputs(arrays)
    seen = []
    with td.graph.observe(lambda op, node, out, _: seen.append((op, out.dtype))):
        out = flatten(layer(*args))
    assert all(o.dtype == np.float32 for o in out)
    assert not [op for op, dtype in seen if dtype == np.float64], "an op inside computed in float64"
    sum(o.sum() for o in out).backward()
    for x in [*layer.parameters(), *(a for a in args if isinstance(a, td.Tensor))]:
        assert x.grad is None or x.grad.dtype == np.float32


@all_layers
def test_raw_arrays_are_taken(name):
    make, arrays = LAYERS[name]
    layer = make().eval()
    raw, given = flatten(layer(*arrays)), flatten(layer(*inputs(arrays)))
    for a, b in zip(raw, given, strict=True):
        np.testing.assert_allclose(
            np.asarray(a if isinstance(a, np.ndarray) else a.numpy()), b.numpy(), rtol=1e-6, atol=1e-7
        )


@all_layers
def test_arguments_are_not_written_to(name):
    make, arrays = LAYERS[name]
    copies = [a.copy() for a in arrays]
    layer, args = make(), inputs(arrays)
    before = {k: v.numpy().copy() for k, v in layer.state_dict().items()}
    sum(o.sum() for o in flatten(layer(*args)) if o.requires_grad).backward()
    for a, c in zip(args, copies, strict=True):
        np.testing.assert_array_equal(a.numpy() if isinstance(a, td.Tensor) else a, c)
    for k, v in layer.state_dict().items():
        np.testing.assert_array_equal(v.numpy(), before[k])


TARGETS = np.array([1, 0, 3])
POSITIVE = np.abs(grid(3, 4)) / np.abs(grid(3, 4)).sum(axis=1, keepdims=True)
WEIGHT = np.array([1.0, 2.0, 0.5, 1.0])  # float64, as NumPy makes it
LOSSES = {
    "cross_entropy": lambda x: F.cross_entropy(x, TARGETS),
    "smoothed": lambda x: F.cross_entropy(x, TARGETS, label_smoothing=0.1),
    "weighted": lambda x: F.cross_entropy(x, TARGETS, weight=WEIGHT, label_smoothing=0.1),
    "soft": lambda x: F.cross_entropy(x, POSITIVE),
    "soft weighted": lambda x: F.cross_entropy(x, POSITIVE, WEIGHT, label_smoothing=0.1),
    "nll_loss": lambda x: F.nll_loss(F.log_softmax(x), TARGETS, WEIGHT),
    "mse_loss": lambda x: F.mse_loss(x, POSITIVE),
    "mse of ints": lambda x: F.mse_loss(x, np.ones((3, 4), int)),
    "bce": lambda x: F.binary_cross_entropy_with_logits(x, POSITIVE, WEIGHT, "mean", WEIGHT),
    "bce of ints": lambda x: F.binary_cross_entropy_with_logits(x, np.ones((3, 4), int)),
    "bce of bools": lambda x: F.binary_cross_entropy_with_logits(x, np.ones((3, 4), bool)),
    "bce of a list": lambda x: F.binary_cross_entropy_with_logits(x, [[0, 1, 1, 0]] * 3, pos_weight=3.0),
    "kl_div": lambda x: F.kl_div(F.log_softmax(x), POSITIVE),
    "kl_div of logs": lambda x: F.kl_div(x, np.log(POSITIVE), log_target=True),
    "attention": lambda x: F.scaled_dot_product_attention(x, x, x, grid(3, 3)).sum(),
    "attention, causal": lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True, dropout_p=0.1).sum(),
    "layer_norm": lambda x: F.layer_norm(x, 4).sum(),
    "float64 mask": lambda x: nn.MultiheadAttention(4, 2)(x, x, x, PAD[1], attn_mask=grid(3, 3))[0].sum(),
}


@pytest.mark.parametrize("name", list(LOSSES))
def test_float32_stays_float32_in_losses(name):
    x = td.tensor(x32(3, 4), requires_grad=True)
    loss = LOSSES[name](x)
    assert loss.dtype == np.float32
    loss.backward()
    assert x.grad.dtype == np.float32
    assert np.isfinite(x.grad.numpy()).all()


@pytest.mark.parametrize(
    "name", ["cross_entropy", "smoothed", "weighted", "soft", "nll_loss", "mse_loss", "bce", "kl_div"]
)
def test_losses_of_raw_arrays(name):
    expected = LOSSES[name](td.tensor(grid(3, 4))).item()
    found = LOSSES[name](grid(3, 4))
    assert float(found) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: nn.Linear(4, 3), (0, 4)),
        (lambda: nn.Conv1d(4, 6, 3), (0, 4, 5)),
        (lambda: nn.LayerNorm(4), (0, 4)),
        (lambda: nn.BatchNorm1d(4), (0, 4)),
        (lambda: nn.RNN(4, 3, bidirectional=True), (3, 0, 4)),
        (lambda: nn.GRU(4, 3, 2), (3, 0, 4)),
        (lambda: nn.LSTM(4, 3, batch_first=True), (0, 3, 4)),
        (lambda: nn.GRUCell(4, 3), (0, 4)),
        (lambda: nn.TransformerEncoderLayer(4, 2, 8), (3, 0, 4)),
        (lambda: nn.Softmax(), (0, 4)),
        (lambda: nn.GELU(), (0, 4)),
    ],
)
def test_an_empty_batch(make, shape):
    layer, x = make(), td.zeros(shape, requires_grad=True)
    out = flatten(layer(x))
    assert all(0 in o.shape for o in out)
    sum(o.sum() for o in out).backward()
    assert x.grad.shape == shape
    assert all(p.grad is None or not p.grad.numpy().any() for p in layer.parameters())


def test_empty_batch_with_lengths():
    assert nn.LSTM(4, 3)(td.zeros(3, 0, 4), lengths=np.zeros(0, int))[0].shape == (3, 0, 3)
    assert nn.Embedding(5, 3)(np.zeros((0, 2), int)).shape == (0, 2, 3)
    assert nn.Embedding(5, 3, padding_idx=0)(np.zeros((2, 0), int)).shape == (2, 0, 3)


@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
def test_recurrent_layers_saturate_without_overflow(name):
    layer = getattr(nn, name)(4, 3)
    x = td.tensor(1e30 * x32(3, 2, 4), requires_grad=True)
    out = layer(x)[0]
    assert np.isfinite(out.numpy()).all()
    out.sum().backward()
    assert np.isfinite(x.grad.numpy()).all()


def test_huge_logits():
    x = td.tensor(np.array([[3e38, -3e38, 0.0]], np.float32), requires_grad=True)
    loss = F.cross_entropy(x * 0.3, np.array([0]))
    assert loss.item() == 0
    loss.backward()
    assert np.isfinite(x.grad.numpy()).all()
    for name in ("sigmoid", "tanh", "softplus", "relu", "silu", "softmax"):
        y = getattr(F, name)(td.tensor([1e4, -1e4, 0.0]))
        assert np.isfinite(y.numpy()).all(), name


def test_masked_logits_get_no_probability_and_no_gradient():
    x = td.tensor([[0.0, -np.inf, 1.0]], requires_grad=True)
    for f in (lambda: F.softmax(x)[0, 0], lambda: F.cross_entropy(x, np.array([0])), lambda: -F.log_softmax(x)[0, 0]):
        (g,) = td.grad(f(), [x])
        assert g.numpy()[0, 1] == 0
        assert np.isfinite(g.numpy()).all()


def test_a_target_that_is_impossible_costs_infinity():
    assert F.cross_entropy(td.tensor([[0.0, -np.inf]]), np.array([1])).item() == np.inf


def test_means_over_nothing_are_nan_in_silence():
    assert np.isnan(F.cross_entropy(td.zeros(0, 4), np.zeros(0, int)).item())
    assert np.isnan(F.cross_entropy(td.zeros(0, 4), np.zeros(0, int), weight=WEIGHT).item())
    assert np.isnan(F.nll_loss(td.zeros(0, 4), np.zeros(0, int)).item())
    assert np.isnan(F.mse_loss(td.zeros(0), td.zeros(0)).item())


def test_ids_of_any_integer_kind():
    layer = nn.Embedding(5, 3)
    expected = layer(IDS).numpy()
    for ids in (IDS.astype(np.uint8), IDS.astype(np.int32), td.tensor(IDS), IDS.tolist()):
        assert (layer(ids).numpy() == expected).all()
    assert (F.cross_entropy(td.zeros(3, 4), [1, 0, 3]).item()) == F.cross_entropy(
        td.zeros(3, 4), td.tensor(TARGETS)
    ).item()


def test_one_row_one_step_one_unit():
    assert nn.LSTM(1, 1)(td.ones(1, 1, 1))[0].shape == (1, 1, 1)
    assert nn.MultiheadAttention(1, 1)(*[td.ones(1, 1, 1)] * 3)[1].tolist() == [[[1.0]]]
    assert F.cross_entropy(td.ones(1, 1), np.array([0])).item() == 0
    assert nn.LayerNorm(1)(td.ones(2, 1)).tolist() == [[0.0], [0.0]]
    assert nn.Conv1d(1, 1, 1)(td.ones(1, 1, 1)).shape == (1, 1, 1)
