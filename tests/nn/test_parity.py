"""Every layer and function against PyTorch, in float64 to 1e-10: outputs, and gradients of inputs, states, weights."""

import numpy as np
import pytest
from nn_tools import Const, close, compare, flatten, grid, matched, twins

import tinydawn as td
from tinydawn.nn import functional as F

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore::UserWarning:torch"),
    pytest.mark.filterwarnings("ignore:reduction. .mean. divides:UserWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning:torch"),
]

IDS = np.array([[1, 0, 3], [3, 0, 4]])

# --- layers that take one tensor ----------------------------------------------------------------------------------

LAYERS = [  # name, arguments, options, shape of the input
    ("Linear", (3, 4), {}, (5, 3)),
    ("Linear", (3, 4), {"bias": False}, (2, 5, 3)),
    ("Linear", (3, 4), {}, (3,)),
    ("Linear", (3, 1), {}, (0, 3)),
    ("Linear", (1, 1), {}, (1, 1)),
    ("LayerNorm", (4,), {}, (2, 3, 4)),
    ("LayerNorm", ([3, 4],), {}, (2, 3, 4)),
    ("LayerNorm", (4,), {"bias": False}, (5, 4)),
    ("LayerNorm", (4,), {"elementwise_affine": False}, (5, 4)),
    ("LayerNorm", (4,), {"eps": 0.1}, (4,)),
    ("LayerNorm", (4,), {}, (0, 4)),
    ("LayerNorm", (1,), {}, (3, 1)),
    ("RMSNorm", (4,), {}, (2, 3, 4)),
    ("RMSNorm", ([3, 4],), {}, (2, 3, 4)),
    ("RMSNorm", (4,), {"eps": 0.1}, (5, 4)),
    ("RMSNorm", (4,), {"elementwise_affine": False}, (5, 4)),
    ("BatchNorm1d", (4,), {}, (5, 4)),
    ("BatchNorm1d", (4,), {}, (2, 4, 3)),
    ("BatchNorm1d", (4,), {}, (1, 4, 3)),
    ("BatchNorm1d", (4,), {"eps": 0.1, "momentum": None}, (5, 4)),
    ("BatchNorm1d", (4,), {"affine": False, "track_running_stats": False}, (5, 4)),
    ("BatchNorm1d", (4,), {}, (0, 4)),
    ("Conv1d", (4, 6, 3), {}, (2, 4, 7)),
    ("Conv1d", (4, 6, 3), {}, (4, 7)),
    ("Conv1d", (4, 6, 1), {}, (2, 4, 1)),
    ("Conv1d", (4, 6, 3), {"stride": 2}, (2, 4, 8)),
    ("Conv1d", (4, 6, 3), {"padding": 2}, (2, 4, 7)),
    ("Conv1d", (4, 6, 3), {"dilation": 2}, (2, 4, 7)),
    ("Conv1d", (4, 6, 3), {"groups": 2}, (2, 4, 7)),
    ("Conv1d", (4, 4, 3), {"groups": 4}, (2, 4, 7)),
    ("Conv1d", (4, 6, 3), {"bias": False}, (2, 4, 7)),
    ("Conv1d", (4, 6, 3), {"padding": "same"}, (2, 4, 7)),
    ("Conv1d", (4, 6, 4), {"padding": "same"}, (2, 4, 7)),
    ("Conv1d", (4, 6, 4), {"padding": "same", "dilation": 3}, (2, 4, 7)),
    ("Conv1d", (4, 6, 3), {"padding": "valid"}, (2, 4, 7)),
    ("Conv1d", (4, 6, 2), {"stride": 3, "padding": 1, "dilation": 2, "groups": 2}, (3, 4, 9)),
    ("Conv1d", (4, 6, 3), {"stride": 5}, (2, 4, 4)),
    ("Conv1d", (4, 6, 3), {}, (0, 4, 7)),
    ("Flatten", (), {}, (2, 3, 4)),
    ("Identity", (), {}, (2, 3)),
    *[(name, (), {}, (3, 4)) for name in ("ReLU", "Tanh", "Sigmoid", "SiLU", "GELU")],
    ("GELU", (), {"approximate": "tanh"}, (3, 4)),
    ("Tanh", (), {}, ()),
    ("GELU", (), {}, (0, 3)),
]


@pytest.mark.parametrize(("name", "args", "options", "shape"), LAYERS, ids=str)
def test_layer(torch, name, args, options, shape):
    ours, theirs = twins(torch, name, *args, **options)
    compare(torch, ours, theirs, [grid(*shape, scale=1.3)], modules=(ours, theirs))


def test_softplus_module(torch):  # PyTorch's takes softplus(x) = x above its threshold of 20; ours is exact
    compare(torch, td.nn.Softplus(), torch.nn.Softplus(threshold=1e9), [grid(3, 4, scale=30)])


@pytest.mark.parametrize(("beta", "threshold"), [(2.0, 1e9), (0.3, 5.0), (2, -100), (1, 0)])
def test_softplus_options(torch, beta, threshold):
    compare(torch, td.nn.Softplus(beta, threshold), torch.nn.Softplus(beta, threshold), [grid(3, 4, scale=30)])
    compare(torch, F.softplus, torch.nn.functional.softplus, [grid(3, 4, scale=3), beta, threshold])


@pytest.mark.parametrize("name", ["Softmax", "LogSoftmax"])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax_modules(torch, name, axis):
    compare(torch, getattr(td.nn, name)(axis), getattr(torch.nn, name)(axis), [grid(3, 4, 2)])


@pytest.mark.parametrize("padding_idx", [None, 0, 3, -1])
@pytest.mark.parametrize(
    "ids", [IDS, np.array(3), np.zeros((0,), int), np.array([0, 0, 0])], ids=["2-d", "0-d", "none", "one"]
)
def test_embedding(torch, padding_idx, ids):
    ours, theirs = twins(torch, "Embedding", 5, 3, padding_idx=padding_idx)
    assert ours.padding_idx == theirs.padding_idx
    compare(torch, ours, theirs, [ids], modules=(ours, theirs))


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_dropout_eval(torch, p):
    compare(torch, td.nn.Dropout(p).eval(), torch.nn.Dropout(p).eval(), [grid(3, 4)])


# --- recurrent layers ---------------------------------------------------------------------------------------------

KINDS = ["RNN", "GRU", "LSTM"]
RECURRENT = [
    {},
    {"num_layers": 3},
    {"bidirectional": True},
    {"num_layers": 2, "bidirectional": True},
    {"bias": False},
    {"batch_first": True},
    {"num_layers": 2, "bidirectional": True, "batch_first": True, "bias": False},
]


def states(name, shape):
    """A state to start from: for an LSTM a pair."""
    return (grid(*shape, phase=5.0), grid(*shape, phase=6.0)) if name.startswith("LSTM") else grid(*shape, phase=5.0)


def sizes(options):
    return options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)


@pytest.mark.parametrize("given", [False, True], ids=["zero", "given"])
@pytest.mark.parametrize("options", RECURRENT, ids=str)
@pytest.mark.parametrize("name", KINDS)
def test_recurrent(torch, name, options, given):
    ours, theirs = twins(torch, name, 3, 4, **options)
    args = [grid(2, 5, 3) if options.get("batch_first") else grid(5, 2, 3)]
    compare(
        torch, ours, theirs, [*args, states(name, (sizes(options), 2, 4))] if given else args, modules=(ours, theirs)
    )


@pytest.mark.parametrize("options", RECURRENT, ids=str)
@pytest.mark.parametrize("name", KINDS)
def test_recurrent_unbatched(torch, name, options):
    ours, theirs = twins(torch, name, 3, 4, **options)
    compare(torch, ours, theirs, [grid(5, 3), states(name, (sizes(options), 4))], modules=(ours, theirs))
    ours.zero_grad()
    theirs.zero_grad()
    compare(torch, ours, theirs, [grid(5, 3)], modules=(ours, theirs))


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 4, 3), (6, 1, 3)])
def test_recurrent_edges(torch, name, shape):
    ours, theirs = twins(torch, name, 3, 2, bidirectional=True)
    compare(torch, ours, theirs, [grid(*shape)], modules=(ours, theirs))


@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}], ids=str)
def test_recurrent_relu(torch, options):
    ours, theirs = twins(torch, "RNN", 3, 4, nonlinearity="relu", **options)
    compare(torch, ours, theirs, [grid(5, 2, 3)], modules=(ours, theirs))
    assert td.nn.RNN(3, 4, 2, "relu").nonlinearity == "relu"  # in PyTorch's position


@pytest.mark.parametrize("lengths", [[5, 3, 1], [1, 5, 2], [2, 2, 2], [5, 5, 5]], ids=str)
@pytest.mark.parametrize("options", RECURRENT, ids=str)
@pytest.mark.parametrize("name", KINDS)
def test_lengths_as_packed(torch, name, options, lengths):
    ours, theirs = twins(torch, name, 3, 4, **options)
    first = options.get("batch_first", False)
    rnn = torch.nn.utils.rnn

    def packed(x, h):
        out, last = theirs(
            rnn.pack_padded_sequence(x, torch.tensor(lengths), batch_first=first, enforce_sorted=False), h
        )
        return rnn.pad_packed_sequence(out, batch_first=first, total_length=5)[0], last

    x = grid(3, 5, 3) if first else grid(5, 3, 3)
    compare(
        torch,
        lambda x, h: ours(x, h, lengths=lengths),
        packed,
        [x, states(name, (sizes(options), 3, 4))],
        modules=(ours, theirs),
    )


@pytest.mark.parametrize("name", ["RNNCell", "GRUCell", "LSTMCell"])
@pytest.mark.parametrize("options", [{}, {"bias": False}], ids=str)
@pytest.mark.parametrize("batch", [(), (1,), (4,)])
@pytest.mark.parametrize("given", [False, True], ids=["zero", "given"])
def test_cell(torch, name, options, batch, given):
    ours, theirs = twins(torch, name, 3, 2, **options)
    args = [grid(*batch, 3)]
    compare(torch, ours, theirs, [*args, states(name, (*batch, 2))] if given else args, modules=(ours, theirs))


@pytest.mark.parametrize("given", [False, True], ids=["zero", "given"])
@pytest.mark.parametrize("options", RECURRENT, ids=str)
def test_a_projected_lstm(torch, options, given):
    ours, theirs = twins(torch, "LSTM", 3, 4, proj_size=2, **options)
    first = options.get("batch_first", False)
    args = [grid(2, 5, 3) if first else grid(5, 2, 3)]
    h = (grid(sizes(options), 2, 2, phase=5.0), grid(sizes(options), 2, 4, phase=6.0))
    compare(torch, ours, theirs, [*args, h] if given else args, modules=(ours, theirs))
    rnn, lengths = torch.nn.utils.rnn, [3, 5]
    ours.zero_grad()
    theirs.zero_grad()

    def packed(x, h=None):
        x = rnn.pack_padded_sequence(x, torch.tensor(lengths), batch_first=first, enforce_sorted=False)
        out, last = theirs(x, h)
        return rnn.pad_packed_sequence(out, batch_first=first, total_length=5)[0], last

    compare(
        torch,
        lambda x, h=None: ours(x, h, lengths=lengths),
        packed,
        [*args, h] if given else args,
        modules=(ours, theirs),
    )


def test_relu_cell(torch):
    ours, theirs = twins(torch, "RNNCell", 3, 2, True, "relu")
    compare(torch, ours, theirs, [grid(4, 3), grid(4, 2)], modules=(ours, theirs))


def test_cells_carry_the_weights_of_layers(torch):
    _, theirs = twins(torch, "GRU", 3, 2)
    cell = td.nn.GRUCell(3, 2).double()
    cell.load_state_dict({name.removesuffix("_l0"): x for name, x in theirs.state_dict().items()})
    x, h = grid(4, 1, 3), td.tensor(np.zeros((1, 2)))
    for t in range(4):
        h = cell(td.tensor(x[t]), h)
    close(h.numpy(), theirs(torch.tensor(x))[1][0].detach().numpy(), "last state")


# --- attention ----------------------------------------------------------------------------------------------------

N, T, S, D, H = 2, 4, 5, 6, 3
PAD = np.array([[False, False, False, False, True], [False, False, True, True, True]])
BLOCK = np.array(
    [
        [False, True, False, False, False],
        [False, False, True, False, True],
        [False, True, True, False, False],
        [False, False, False, False, False],
    ]
)
BLOCK_HEADS = np.stack([np.roll(BLOCK, i, axis=0) for i in range(N * H)])
MASKS = {
    "none": {},
    "padding": {"key_padding_mask": PAD},
    "block": {"attn_mask": BLOCK},
    "heads": {"attn_mask": BLOCK_HEADS},
    "both": {"key_padding_mask": PAD, "attn_mask": BLOCK},
    "both heads": {"key_padding_mask": PAD, "attn_mask": BLOCK_HEADS},
    "float": {"attn_mask": grid(T, S)},
    "float heads": {"attn_mask": grid(N * H, T, S)},
    "float padding": {"key_padding_mask": Const(grid(N, S))},
    "float both": {"key_padding_mask": Const(np.where(PAD, -np.inf, 0.0)), "attn_mask": grid(T, S)},
    "-inf": {"attn_mask": Const(np.where(BLOCK, -np.inf, 0.0))},
    "bool and float": {"key_padding_mask": PAD, "attn_mask": grid(T, S)},
    "float and bool": {"key_padding_mask": Const(grid(N, S)), "attn_mask": BLOCK},
}


def cross():
    return [grid(T, N, D), grid(S, N, D, phase=1), grid(S, N, D, phase=2)]


@pytest.mark.parametrize("weights", [{}, {"need_weights": False}, {"average_attn_weights": False}], ids=str)
@pytest.mark.parametrize("mask", MASKS)
def test_attention_masks(torch, mask, weights):
    ours, theirs = twins(torch, "MultiheadAttention", D, H)
    compare(torch, ours, theirs, cross(), MASKS[mask] | weights, modules=(ours, theirs))


@pytest.mark.parametrize("mask", ["none", "padding", "heads", "float"])
@pytest.mark.parametrize(
    "options", [{"bias": False}, {"batch_first": True}, {"bias": False, "batch_first": True}], ids=str
)
def test_attention_options(torch, options, mask):
    ours, theirs = twins(torch, "MultiheadAttention", D, H, **options)
    args = [x.swapaxes(0, 1).copy() for x in cross()] if options.get("batch_first") else cross()
    compare(torch, ours, theirs, args, MASKS[mask], modules=(ours, theirs))


@pytest.mark.parametrize("weights", [{}, {"need_weights": False}, {"average_attn_weights": False}], ids=str)
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("more", [(True, True), (True, False), (False, True)], ids=str)
def test_attention_with_keys_of_its_own(torch, mask, more, weights):
    ours, theirs = twins(torch, "MultiheadAttention", D, H, 0.0, True, *more)
    compare(torch, ours, theirs, cross(), MASKS[mask] | weights, modules=(ours, theirs))


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("causal", [False, True])
def test_self_attention(torch, batch_first, causal):
    ours, theirs = twins(torch, "MultiheadAttention", D, H, batch_first=batch_first)
    block = torch.ones(T, T, dtype=torch.bool).triu(1) if causal else None
    compare(
        torch,
        lambda x: ours(x, x, x, is_causal=causal),
        lambda x: theirs(x, x, x, attn_mask=block, is_causal=causal),
        [grid(N, T, D)] if batch_first else [grid(T, N, D)],
        modules=(ours, theirs),
    )


@pytest.mark.parametrize("need_weights", [False, True])
@pytest.mark.parametrize("numbers", [False, True])
def test_self_attention_causal_beside_a_mask(torch, numbers, need_weights):
    """Ours joins is_causal with attn_mask. In PyTorch it is a remark on the mask, so there the joined mask is given."""
    ours, theirs = twins(torch, "MultiheadAttention", D, H)
    future = ~np.tri(T, dtype=bool)
    for other in (future, (grid(T, T) > 0.5) & ~np.eye(T, dtype=bool)):
        mask = np.where(other, -np.inf, grid(T, T)) if numbers else other
        joined = np.where(future, -np.inf, mask) if numbers else other | future
        compare(
            torch,
            lambda x, mask=mask: ours(x, x, x, attn_mask=mask, is_causal=True, need_weights=need_weights),
            lambda x, mask=joined: theirs(x, x, x, attn_mask=torch.tensor(mask), need_weights=need_weights),
            [grid(T, N, D)],
            modules=(ours, theirs),
        )


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"key_padding_mask": PAD[1]},
        {"attn_mask": BLOCK},
        {"attn_mask": BLOCK_HEADS[:H]},
        {"need_weights": False},
        {"average_attn_weights": False},
        {"key_padding_mask": PAD[1], "attn_mask": BLOCK},
    ],
    ids=lambda k: "-".join(k) or "none",
)
def test_attention_unbatched(torch, kwargs):
    ours, theirs = twins(torch, "MultiheadAttention", D, H)
    compare(torch, ours, theirs, [x[:, 0].copy() for x in cross()], kwargs, modules=(ours, theirs))


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (3, 1)])
def test_attention_edges(torch, shape):
    ours, theirs = twins(torch, "MultiheadAttention", 4, 1)
    compare(torch, lambda x: ours(x, x, x), lambda x: theirs(x, x, x), [grid(*shape, 4)], modules=(ours, theirs))


STACK = [
    {},
    {"norm_first": True},
    {"activation": "gelu"},
    {"batch_first": True},
    {"bias": False},
    {"layer_norm_eps": 0.1},
    {"norm_first": True, "activation": "gelu", "batch_first": True},
]
CAUSAL = ~np.tri(T, dtype=bool)
SELF_PAD = np.array([[False, False, False, True], [False, False, True, True]])


def sequences(options, *lengths):
    """(T, N, D) for each length, or batch first."""
    found = [grid(length, N, D, phase=i) for i, length in enumerate(lengths)]
    return [x.swapaxes(0, 1).copy() for x in found] if options.get("batch_first") else found


@pytest.mark.parametrize(
    "masks",
    [
        {},
        {"src_mask": CAUSAL},
        {"src_key_padding_mask": SELF_PAD},
        {"src_mask": CAUSAL, "src_key_padding_mask": SELF_PAD},
        {"src_mask": grid(T, T)},
    ],
    ids=lambda m: "-".join(m) or "none",
)
@pytest.mark.parametrize("options", STACK, ids=str)
def test_encoder_layer(torch, options, masks):
    ours, theirs = twins(torch, "TransformerEncoderLayer", D, H, 8, dropout=0.0, **options)
    compare(torch, ours, theirs, sequences(options, T), masks, modules=(ours, theirs))


@pytest.mark.parametrize(
    "masks",
    [
        {},
        {"tgt_mask": CAUSAL, "memory_mask": BLOCK},
        {"tgt_key_padding_mask": SELF_PAD, "memory_key_padding_mask": PAD},
        {"tgt_mask": CAUSAL, "tgt_key_padding_mask": SELF_PAD, "memory_key_padding_mask": PAD},
    ],
    ids=lambda m: "-".join(m) or "none",
)
@pytest.mark.parametrize("options", STACK, ids=str)
def test_decoder_layer(torch, options, masks):
    ours, theirs = twins(torch, "TransformerDecoderLayer", D, H, 8, dropout=0.0, **options)
    compare(torch, ours, theirs, sequences(options, T, S), masks, modules=(ours, theirs))


@pytest.mark.parametrize("norm", [False, True])
def test_encoder(torch, norm):
    kwargs = {"dropout": 0.0, "norm_first": norm}
    theirs = torch.nn.TransformerEncoder(
        torch.nn.TransformerEncoderLayer(D, H, 8, **kwargs),
        2,
        torch.nn.LayerNorm(D) if norm else None,
        enable_nested_tensor=False,
    )
    ours = td.nn.TransformerEncoder(
        td.nn.TransformerEncoderLayer(D, H, 8, **kwargs), 2, td.nn.LayerNorm(D) if norm else None
    )
    ours, theirs = matched(torch, ours, theirs)
    compare(
        torch, ours, theirs, [grid(T, N, D)], {"mask": CAUSAL, "src_key_padding_mask": SELF_PAD}, modules=(ours, theirs)
    )
    causal = td.nn.generate_square_subsequent_mask(T)
    assert (causal == CAUSAL).all()
    close(
        ours(td.tensor(grid(T, N, D)), is_causal=True).numpy(),
        ours(td.tensor(grid(T, N, D)), causal).numpy(),
        "is_causal",
    )


@pytest.mark.parametrize("norm", [False, True])
def test_decoder(torch, norm):
    kwargs = {"dropout": 0.0, "norm_first": norm}
    theirs = torch.nn.TransformerDecoder(
        torch.nn.TransformerDecoderLayer(D, H, 8, **kwargs), 2, torch.nn.LayerNorm(D) if norm else None
    )
    ours = td.nn.TransformerDecoder(
        td.nn.TransformerDecoderLayer(D, H, 8, **kwargs), 2, td.nn.LayerNorm(D) if norm else None
    )
    ours, theirs = matched(torch, ours, theirs)
    compare(
        torch,
        ours,
        theirs,
        [grid(T, N, D), grid(S, N, D, phase=1)],
        {"tgt_mask": CAUSAL, "memory_mask": BLOCK, "tgt_key_padding_mask": SELF_PAD, "memory_key_padding_mask": PAD},
        modules=(ours, theirs),
    )


# --- losses as modules --------------------------------------------------------------------------------------------

CLASSES = np.array([2, 0, 4, 2])
SHARES = np.abs(grid(4, 5)) / np.abs(grid(4, 5)).sum(axis=1, keepdims=True)
LOG = np.log(np.abs(grid(4, 5, phase=2)) + 0.1)
CLASS_WEIGHT = Const([0.5, 1.0, 2.0, 0.0, 0.7])


@pytest.mark.parametrize(
    ("name", "options", "input", "target"),
    [
        ("CrossEntropyLoss", {}, grid(4, 5), CLASSES),
        ("CrossEntropyLoss", {"reduction": "sum"}, grid(4, 5), CLASSES),
        ("CrossEntropyLoss", {"ignore_index": 2, "label_smoothing": 0.1, "weight": CLASS_WEIGHT}, grid(4, 5), CLASSES),
        ("NLLLoss", {}, LOG, CLASSES),
        ("NLLLoss", {"ignore_index": 0, "reduction": "none", "weight": CLASS_WEIGHT}, LOG, CLASSES),
        ("MSELoss", {}, grid(4, 5), grid(4, 5, phase=1)),
        ("MSELoss", {"reduction": "none"}, grid(4, 5), grid(4, 5, phase=1)),
        ("BCEWithLogitsLoss", {}, grid(4, 5), Const(SHARES)),
        (
            "BCEWithLogitsLoss",
            {"pos_weight": CLASS_WEIGHT, "reduction": "sum", "weight": CLASS_WEIGHT},
            grid(4, 5),
            Const(SHARES),
        ),
        ("KLDivLoss", {"reduction": "batchmean"}, LOG, SHARES),
        ("KLDivLoss", {"log_target": True, "reduction": "sum"}, LOG, LOG + 0.1),
    ],
    ids=str,
)
def test_loss_modules(torch, name, options, input, target):
    ours = getattr(td.nn, name)(**{k: td.tensor(v.array) if isinstance(v, Const) else v for k, v in options.items()})
    theirs = getattr(torch.nn, name)(
        **{k: torch.tensor(v.array) if isinstance(v, Const) else v for k, v in options.items()}
    )
    compare(torch, ours, theirs, [input, target])


# --- functions ----------------------------------------------------------------------------------------------------


def check(torch, name, *args, **kwargs):
    theirs = {("dim" if k == "axis" else k): v for k, v in kwargs.items()}
    compare(torch, getattr(F, name), getattr(torch.nn.functional, name), args, kwargs, theirs)


@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid", "silu", "gelu", "softplus", "logsigmoid"])
@pytest.mark.parametrize(
    "x",
    [
        np.array([[0.0, -0.0, 1.0], [-1.0, 1e-8, -1e-8]]),
        np.array([1000.0, -1000.0, 50.0, -50.0, 7.5]),
        np.array(0.5),
        np.zeros((0, 3)),
        grid(2, 3, 4, scale=5),
    ],
    ids=["zero", "huge", "0-d", "empty", "grid"],
)
def test_activations(torch, name, x):
    check(torch, name, x)


@pytest.mark.parametrize("x", [np.linspace(-6, 6, 49), np.array([0.0, 1000.0, -1000.0])], ids=["grid", "huge"])
@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu(torch, x, approximate):
    check(torch, "gelu", x, approximate=approximate)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize(
    ("x", "axis"),
    [
        (grid(3, 4), 0),
        (grid(3, 4), 1),
        (grid(2, 3, 4), 1),
        (grid(2, 3, 4), -3),
        (grid(5), 0),
        (grid(4, 1), -1),
        (np.zeros((0, 3)), 1),
        (np.zeros((3, 0, 2)), 0),
        (np.array([[1000.0, 1001.0], [-1000.0, 1000.0]]), 1),
        (np.array([[0.0, -np.inf, 1.0]]), 1),
        (np.ones((2, 3)), 1),
    ],
    ids=lambda v: str(getattr(v, "shape", v)),
)
def test_softmax(torch, name, x, axis):
    if name == "log_softmax" and np.isinf(x).any():  # the sum over -inf * weight is no test of a gradient
        close(
            F.log_softmax(td.tensor(x), axis).numpy(), torch.log_softmax(torch.tensor(x), axis).numpy(), "log_softmax"
        )
    else:
        check(torch, name, x, axis=axis)


IGNORE = np.array([2, -100, 4, -100])
DEEP = np.array([[[0, 3], [4, 1]], [[2, 2], [0, -100]]])


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weight", [None, CLASS_WEIGHT], ids=["", "weight"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize(
    ("shape", "target", "ignored"),
    [
        ((4, 5), CLASSES, -100),
        ((4, 5), IGNORE, -100),
        ((4, 5), CLASSES, 2),
        ((1, 5), CLASSES[:1], -100),
        ((5,), np.array(4), -100),
        ((2, 5, 2, 2), DEEP, -100),
        ((2, 5, 2, 2), np.where(DEEP < 0, 1, DEEP), 0),
        ((4, 5), CLASSES.astype(np.uint8), -100),
    ],
    ids=["plain", "ignored", "class ignored", "one row", "1-d", "4-d", "4-d ignored", "uint8"],
)
def test_cross_entropy(torch, reduction, weight, smoothing, shape, target, ignored):
    kwargs = {"weight": weight, "reduction": reduction, "label_smoothing": smoothing, "ignore_index": ignored}
    if target.dtype == np.uint8:  # PyTorch takes these, but not beside weights
        kwargs["weight"] = None
    check(torch, "cross_entropy", grid(*shape, scale=3), target, **kwargs)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weight", [None, CLASS_WEIGHT], ids=["", "weight"])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("shape", [(4, 5), (5,), (2, 5, 3)])
def test_soft_cross_entropy(torch, reduction, weight, smoothing, shape):
    target = np.abs(grid(*shape, phase=1))
    check(torch, "cross_entropy", grid(*shape), target, weight=weight, reduction=reduction, label_smoothing=smoothing)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_cross_entropy_of_nothing(torch, reduction):
    close(
        F.cross_entropy(td.tensor(np.zeros((0, 5))), np.zeros(0, int), reduction=reduction).numpy(),
        torch.nn.functional.cross_entropy(
            torch.zeros(0, 5).double(), torch.zeros(0).long(), reduction=reduction
        ).numpy(),
        "",
    )


@pytest.mark.parametrize(
    "x",
    [np.array([[1000.0, -1000.0, 0.0]]), np.array([[1e300, 0.0, -1e300]]), np.array([[-np.inf, 0.0, 1.0]])],
    ids=["huge", "giant", "-inf"],
)
def test_cross_entropy_of_huge_logits(torch, x):
    check(torch, "cross_entropy", x, np.array([1]))


@pytest.mark.parametrize("weighted", [False, True])
def test_an_ignored_row_counts_nothing_even_where_it_is_infinite(torch, weighted):
    x = np.array([[-np.inf, 0.0, 1.0], [0.0, 1.0, 2.0]])
    weight = Const([1.0, 2.0, 3.0]) if weighted else None
    check(torch, "cross_entropy", x, np.array([-100, 1]), weight=weight)
    check(torch, "nll_loss", x, np.array([-100, 1]), weight=weight)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weight", [None, CLASS_WEIGHT], ids=["", "weight"])
@pytest.mark.parametrize(
    ("target", "ignored"), [(CLASSES, -100), (IGNORE, -100), (CLASSES, 2)], ids=["", "ignored", "class"]
)
def test_nll_loss(torch, reduction, weight, target, ignored):
    check(torch, "nll_loss", LOG, target, weight=weight, reduction=reduction, ignore_index=ignored)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 3)])
def test_mse_loss(torch, reduction, shape):
    if reduction == "mean" and 0 in shape:
        assert np.isnan(F.mse_loss(td.zeros(shape), td.zeros(shape)).item())
    else:
        check(torch, "mse_loss", grid(*shape), grid(*shape, phase=1), reduction=reduction)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weight", [None, Const([0.5, 2.0, 1.0, 0.0])], ids=["", "weight"])
@pytest.mark.parametrize("pos_weight", [None, Const([3.0, 1.0, 0.5, 2.0])], ids=["", "pos_weight"])
@pytest.mark.parametrize("x", [np.array([0.0, -0.0, 1000.0, -1000.0]), grid(4, scale=4)], ids=["edges", "grid"])
@pytest.mark.parametrize(
    "target",
    [np.array([0.0, 1.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0, 1.0]), np.array([0.2, 0.5, 0.9, 0.0])],
    ids=["right", "wrong", "soft"],
)
def test_bce_with_logits(torch, reduction, weight, pos_weight, x, target):
    check(
        torch,
        "binary_cross_entropy_with_logits",
        x,
        Const(target),
        weight=weight,
        reduction=reduction,
        pos_weight=pos_weight,
    )


@pytest.mark.parametrize("reduction", ["mean", "sum", "none", "batchmean"])
@pytest.mark.parametrize("log_target", [False, True])
def test_kl_div(torch, reduction, log_target):
    check(torch, "kl_div", LOG, LOG + 0.1 if log_target else SHARES, reduction=reduction, log_target=log_target)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none", "batchmean"])
def test_kl_div_with_zeros_in_the_target(torch, reduction):
    target = np.array([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]])
    check(torch, "kl_div", LOG[:2, :3], Const(target), reduction=reduction)


def test_kl_div_of_zero_against_zero_is_zero():
    q = td.tensor(np.array([[-np.inf, 0.0]]), requires_grad=True)
    loss = F.kl_div(q, np.array([[0.0, 1.0]]), reduction="sum")
    loss.backward()
    assert loss.item() == 0
    assert q.grad.tolist() == [[0.0, -1.0]]


@pytest.mark.parametrize(
    ("shape", "normalized"), [((2, 3, 4), (4,)), ((2, 3, 4), (3, 4)), ((4,), (4,)), ((2, 1), (1,)), ((0, 4), (4,))]
)
@pytest.mark.parametrize("affine", [0, 1, 2])
def test_norms(torch, shape, normalized, affine):
    weights = [grid(*normalized, phase=i) for i in range(affine)]
    check(torch, "layer_norm", grid(*shape), normalized, *weights, eps=1e-3)
    check(torch, "rms_norm", grid(*shape), normalized, *weights[:1], eps=1e-3)
    check(torch, "rms_norm", grid(*shape), normalized, *weights[:1])


def test_norms_of_a_constant_row(torch):
    check(torch, "layer_norm", np.full((2, 4), 3.0), (4,))
    check(torch, "rms_norm", np.zeros((2, 4)), (4,), eps=1e-5)


@pytest.mark.parametrize(
    "options", [{}, {"stride": 2, "padding": 1}, {"padding": "same", "dilation": 2}, {"padding": "valid"}], ids=str
)
def test_conv1d(torch, options):
    check(torch, "conv1d", grid(2, 4, 6), grid(6, 4, 3, phase=1), grid(6), **options)
    check(torch, "conv1d", grid(4, 6), grid(6, 2, 2, phase=1), None, groups=2, **options)


MAY_LOOK = ~BLOCK


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"attn_mask": MAY_LOOK},
        {"attn_mask": grid(T, S)},
        {"scale": 0.3},
        {"is_causal": True},
        {"attn_mask": MAY_LOOK, "scale": 2.0},
        {"is_causal": True, "scale": 0.1},
        {"attn_mask": np.stack([MAY_LOOK, MAY_LOOK[::-1]])[:, None]},
    ],
    ids=lambda k: "-".join(k) or "none",
)
@pytest.mark.parametrize("shape", [(2, 3), (2, 1)])
def test_scaled_dot_product_attention(torch, kwargs, shape):
    check(
        torch,
        "scaled_dot_product_attention",
        grid(*shape, T, 6),
        grid(*shape, S, 6, phase=1),
        grid(*shape, S, 7, phase=2),
        **kwargs,
    )


def test_scaled_dot_product_attention_without_a_batch(torch):
    check(torch, "scaled_dot_product_attention", grid(T, 6), grid(S, 6, phase=1), grid(S, 2, phase=2), is_causal=True)


@pytest.mark.parametrize("padding_idx", [None, 0, -2])
def test_embedding_function(torch, padding_idx):
    check(torch, "embedding", IDS, grid(5, 3), padding_idx=padding_idx)


def test_linear_function(torch):
    check(torch, "linear", grid(2, 4, 3), grid(5, 3, phase=1), grid(5, phase=2))
    check(torch, "linear", grid(3), grid(5, 3, phase=1))


@pytest.mark.parametrize("ids", [IDS, np.array(2), np.zeros((0, 2), int)], ids=["2-d", "0-d", "none"])
def test_one_hot(torch, ids):
    close(F.one_hot(ids, 6).numpy(), torch.nn.functional.one_hot(torch.tensor(ids), 6).numpy(), "one_hot")


@pytest.mark.parametrize(
    "name", ["xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "orthogonal_"]
)
def test_initial_values_have_pytorchs_spread(torch, name):
    torch.manual_seed(0)
    ours, theirs = td.zeros(300, 200), torch.zeros(300, 200)
    getattr(td.nn.init, name)(ours)
    getattr(torch.nn.init, name)(theirs)
    assert abs(ours.numpy().std() / theirs.numpy().std() - 1) < 0.02
    assert abs(np.abs(ours.numpy()).max() / np.abs(theirs.numpy()).max() - 1) < 0.25


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("Linear", (50, 90)),
        ("Conv1d", (20, 30, 3)),
        ("LSTM", (20, 30)),
        ("Embedding", (90, 20)),
        ("GRUCell", (20, 30)),
        ("MultiheadAttention", (24, 4)),
    ],
)
def test_layers_start_as_pytorchs_do(torch, name, args):
    torch.manual_seed(0)
    ours, theirs = getattr(td.nn, name)(*args), getattr(torch.nn, name)(*args)
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    for (n, a), b in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert a.shape == tuple(b.shape)
        assert a.dtype == np.float32
        assert abs(a.numpy().std() - b.detach().numpy().std()) < 0.25 * b.detach().numpy().std() + 1e-9, n


@pytest.mark.parametrize("nonlinearity", ["linear", "conv1d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"])
def test_gains(torch, nonlinearity):
    assert td.nn.init.calculate_gain(nonlinearity) == pytest.approx(torch.nn.init.calculate_gain(nonlinearity))
    if nonlinearity == "leaky_relu":
        assert td.nn.init.calculate_gain("leaky_relu", 0.3) == pytest.approx(
            torch.nn.init.calculate_gain("leaky_relu", 0.3)
        )


def test_a_shared_module_has_both_its_names_in_the_state(torch):
    linear, their_linear = td.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    ours, theirs = (
        td.nn.Sequential(linear, td.nn.ReLU(), linear),
        torch.nn.Sequential(their_linear, torch.nn.ReLU(), their_linear),
    )
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    ours.load_state_dict(theirs.state_dict())
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()})
    x = grid(3, 2).astype(np.float32)
    np.testing.assert_allclose(ours(td.tensor(x)).numpy(), theirs(torch.tensor(x)).detach().numpy(), atol=1e-6)


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, 7, float("inf")])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_normalize_by_position(torch, p, axis):
    """normalize(input, p, dim, eps): the same call in both."""
    x = grid(2, 3, 4, scale=2)
    x[1, 2] = 0
    compare(torch, F.normalize, torch.nn.functional.normalize, [x, p, axis])
    compare(torch, F.normalize, torch.nn.functional.normalize, [x, p, axis, 1.0])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_lengths_and_angles(torch, axis):
    """PyTorch calls the axis dim; a vector of zeros has a gradient in both."""
    a, b = grid(3, 4, scale=2), grid(3, 4)[::-1].copy()
    a[1] = 0
    for name, arrays in (("normalize", [a]), ("cosine_similarity", [a, b])):
        ours = [td.tensor(x, requires_grad=True) for x in arrays]
        theirs = [torch.tensor(x, requires_grad=True) for x in arrays]
        out, expected = getattr(F, name)(*ours, axis=axis), getattr(torch.nn.functional, name)(*theirs, dim=axis)
        np.testing.assert_allclose(out.detach().numpy(), expected.detach().numpy(), atol=1e-12)
        weights = np.linspace(-1, 1, expected.numel()).reshape(expected.shape)
        (out * td.tensor(weights)).sum().backward()
        (expected * torch.tensor(weights)).sum().backward()
        nonzero = np.abs(a).sum(axis=1) > 0  # the size of the gradient at zero is a convention
        np.testing.assert_allclose(ours[0].grad.numpy()[nonzero], theirs[0].grad.numpy()[nonzero], atol=1e-10)
        for x, y in zip(ours[1:], theirs[1:], strict=True):
            np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), atol=1e-10)
        assert all(np.isfinite(x.grad.numpy()).all() for x in ours)


# --- a NaN --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", [False, True])
@pytest.mark.parametrize(
    ("name", "options"), [("RNN", {}), ("RNN", {"nonlinearity": "relu"}), ("GRU", {}), ("LSTM", {})], ids=str
)
def test_a_nan_in_a_recurrent_layer_goes_where_it_goes_in_pytorch(torch, name, options, cell):
    """Into the states after it, into weights' gradients, and into those of its own sequence where the slope depends on it."""
    ours, theirs = twins(torch, name + "Cell" * cell, 2, 3, **options)
    x = grid(4, 2) if cell else grid(5, 4, 2)
    x[1 if cell else (2, 1)] = np.nan
    a, b = td.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    out, expected = (flatten(m(v))[0] for m, v in ((ours, a), (theirs, b)))
    out.sum().backward()
    expected.sum().backward()
    assert np.isnan(out.numpy()).any()
    assert np.isfinite(out.numpy()).any()
    np.testing.assert_allclose(out.numpy(), expected.detach().numpy(), rtol=1e-12, equal_nan=True)
    np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-10, atol=1e-12, equal_nan=True)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-10, atol=1e-12, equal_nan=True)


def test_tensors_of_pytorch_are_taken_or_refused(torch):
    """As targets, weights and masks they are arrays, of any dtype; as inputs they are refused, with what to write."""
    logits, ids = td.tensor([[1.0, 2.0], [3.0, 5.0]]), torch.tensor([0, 1])
    for weight in (None, torch.tensor([1.0, 3.0], dtype=torch.bfloat16, requires_grad=True)):
        expected = F.cross_entropy(logits, np.array([0, 1]), None if weight is None else np.array([1.0, 3.0])).item()
        assert F.cross_entropy(logits, ids, weight).item() == pytest.approx(expected)
        assert td.nn.CrossEntropyLoss(weight)(logits, ids).item() == pytest.approx(expected)
    assert F.mse_loss(logits, torch.zeros(2, 2, dtype=torch.bfloat16)).item() == pytest.approx(39 / 4)
    assert logits.masked_fill(torch.tensor([[True, False]] * 2), 0.0).tolist() == [[0.0, 2.0], [0.0, 5.0]]
    with pytest.raises(td.errors.DTypeError, match=r"linear: the input is torch.float32(.|\n)*fix: td.tensor\(x\)"):
        td.nn.Linear(2, 2)(torch.ones(1, 2))
    with pytest.raises(td.errors.DTypeError, match=r"getitem: an index of dtype torch.int64"):
        logits[ids]
