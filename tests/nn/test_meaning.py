"""What the layers must mean, whatever their numbers: padding, causality, directions, conventions, dropout."""

import contextlib
import copy
import math

import numpy as np
import pytest
from nn_tools import grid

import tinydawn as td
from tinydawn import nn
from tinydawn.nn import functional as F

KINDS = ["RNN", "GRU", "LSTM"]
LENGTH = 6


def parts(h):
    return list(h) if isinstance(h, tuple) else [h]


# --- padding changes nothing --------------------------------------------------------------------------------------


def padded(sentences, steps, filler):
    """Sentences (T_i, D) as one batch (steps, B, D), with what must not matter behind their ends."""
    out = filler * grid(steps, len(sentences), sentences[0].shape[1], phase=9)
    for b, s in enumerate(sentences):
        out[: len(s), b] = s
    return td.tensor(out, requires_grad=True)


SENTENCES = [grid(LENGTH, 3), grid(3, 3, phase=1), grid(1, 3, phase=2)]
LENGTHS = [LENGTH, 3, 1]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("options", [{}, {"bidirectional": True}, {"num_layers": 2, "bidirectional": True}], ids=str)
def test_padding_changes_nothing_in_recurrent_layers(name, options):
    layer = getattr(nn, name)(3, 4, **options).double()
    found = []
    for steps, filler in ((LENGTH, 0.0), (10, 0.0), (50, 100.0)):
        layer.zero_grad()
        x = padded(SENTENCES, steps, filler)
        out, last = layer(x, lengths=LENGTHS)
        assert (out.numpy()[LENGTH:] == 0).all()
        assert (out.numpy()[3:, 1] == 0).all()
        (out[:LENGTH].sum() + sum((h * h).sum() for h in parts(last))).backward()
        assert (x.grad.numpy()[LENGTH:] == 0).all()
        assert (x.grad.numpy()[1:, 2] == 0).all()
        found.append(
            [
                out.numpy()[:LENGTH],
                *(h.numpy() for h in parts(last)),
                x.grad.numpy()[:LENGTH],
                *(p.grad.numpy() for p in layer.parameters()),
            ]
        )
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_allclose(b, a, rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", KINDS)
def test_a_sentence_alone_is_the_sentence_in_a_batch(name):
    layer = getattr(nn, name)(3, 4, 2, bidirectional=True).double()
    out, last = layer(padded(SENTENCES, 10, 1.0), lengths=np.array(LENGTHS))
    for b, s in enumerate(SENTENCES):
        alone, alone_last = layer(td.tensor(s))
        np.testing.assert_allclose(out.numpy()[: len(s), b], alone.numpy(), atol=1e-14)
        for h, h_alone in zip(parts(last), parts(alone_last), strict=True):
            np.testing.assert_allclose(h.numpy()[:, b], h_alone.numpy(), atol=1e-14)


@pytest.mark.parametrize("kind", ["attention", "encoder layer", "pre-norm encoder"])
def test_padding_changes_nothing_in_attention(kind):
    layer = {
        "attention": lambda: nn.MultiheadAttention(4, 2),
        "encoder layer": lambda: nn.TransformerEncoderLayer(4, 2, 8, 0.0),
        "pre-norm encoder": lambda: nn.TransformerEncoder(
            nn.TransformerEncoderLayer(4, 2, 8, 0.0, norm_first=True), 2, nn.LayerNorm(4)
        ),
    }[kind]().double()
    sentences, found = [grid(LENGTH, 4), grid(2, 4, phase=1)], []
    for steps, filler in ((LENGTH, 0.0), (10, 1.0), (50, 100.0)):
        layer.zero_grad()
        x = padded(sentences, steps, filler)
        mask = np.arange(steps)[None, :] >= np.array([[LENGTH], [2]])  # (B, T), True where padding
        out = layer(x, x, x, mask)[0] if kind == "attention" else layer(x, src_key_padding_mask=mask)
        real = [out[:LENGTH, 0], out[:2, 1]]
        sum((r * grid(*r.shape)).sum() for r in real).backward()
        assert (x.grad.numpy()[LENGTH:] == 0).all()
        assert (x.grad.numpy()[2:, 1] == 0).all()
        found.append(
            [*(r.numpy() for r in real), x.grad.numpy()[:LENGTH], *(p.grad.numpy() for p in layer.parameters())]
        )
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_allclose(b, a, rtol=0, atol=1e-12)


def test_padding_changes_nothing_in_the_loss():
    logits, target = grid(6, 5), np.array([1, 2, 0, 4, 0, 0])
    short = F.cross_entropy(td.tensor(logits[:4]), np.array([1, 2, 3, 4])).item()
    target[2] = 3
    assert F.cross_entropy(td.tensor(logits), target, ignore_index=0).item() == pytest.approx(short, abs=1e-14)


def test_padding_embeddings_stay_zero():
    layer = nn.Embedding(5, 3, padding_idx=0)
    layer(np.array([[1, 0, 0], [0, 4, 0]])).sum().backward()
    assert (layer.weight.grad.numpy()[0] == 0).all()
    assert (layer.weight.grad.numpy()[[1, 4]] == 1).all()


FILLERS = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf, "huge": 1e30}


@pytest.mark.parametrize("filler", list(FILLERS))
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        *[(name, options) for name in KINDS for options in ({}, {"num_layers": 2, "bidirectional": True}, {"bias": False})],
        ("RNN", {"nonlinearity": "relu", "bidirectional": True}),
        ("GRU", {"reset_after": False}),
        ("GRU", {"z_convention": "notes", "bidirectional": True}),
        ("LSTM", {"batch_first": True, "num_layers": 2}),
    ],
    ids=str,
)
def test_what_is_behind_the_end_takes_part_in_nothing(name, options, plain, filler):
    """Every number and gradient is that of zeros behind the ends; a packed sequence of PyTorch's has nothing there at all."""
    layer = getattr(nn, name)(3, 4, **options).double()
    count = layer.num_layers * layer.directions
    first = [grid(count, 3, 4, phase=4 + i) for i in range(2 if name == "LSTM" else 1)]
    found = []
    for value in (0.0, FILLERS[filler]):
        data = np.full((8, 3, 3), value)
        for b, s in enumerate(SENTENCES):
            data[: len(s), b] = s
        x = td.tensor(data.swapaxes(0, 1).copy() if layer.batch_first else data, requires_grad=True)
        states = [td.tensor(h, requires_grad=True) for h in first]
        layer.zero_grad()
        with td.unfused() if plain else contextlib.nullcontext():
            out, last = layer(x, tuple(states) if name == "LSTM" else states[0], lengths=LENGTHS)
            ((out * out).sum() + sum((h * h).sum() for h in parts(last))).backward()
        found.append([out, *parts(last), x.grad, *(h.grad for h in states), *(p.grad for p in layer.parameters())])
    for zeros, other in zip(*found, strict=True):
        np.testing.assert_array_equal(other.numpy(), zeros.numpy())


@pytest.mark.parametrize("name", KINDS)
def test_a_gradient_with_nan_behind_the_end_goes_nowhere(name):
    """The output there is 0 and depends on nothing: log of it has an infinite slope, and 0 times that is a NaN."""
    layer, x = getattr(nn, name)(3, 4).double(), padded(SENTENCES, 8, 1.0)
    out, _ = layer(x, lengths=LENGTHS)
    weights = grid(8, 3, 4)
    for b, n in enumerate(LENGTHS):
        weights[n:, b] = np.nan
    (out * weights).sum().backward()
    assert all(np.isfinite(p.grad.numpy()).all() for p in layer.parameters())
    assert np.isfinite(x.grad.numpy()).all()


@pytest.mark.parametrize("name", KINDS)
def test_a_nan_inside_a_sequence_stays_visible(name):
    layer, x = getattr(nn, name)(3, 4).double(), padded(SENTENCES, 8, np.nan)
    x.array[1, 1] = np.nan
    out, last = layer(x, lengths=LENGTHS)
    assert np.isnan(out.numpy()[1:3, 1]).all()
    assert all(np.isnan(h.numpy()[0, 1]).all() for h in parts(last))
    assert np.isfinite(out.numpy()[:, [0, 2]]).all()


ENDS = np.array([[False] * 5, [False, False, True, True, True]])  # (N, S): True is padding
ENCODER = nn.TransformerEncoderLayer(4, 2, 8, 0.0, batch_first=True).double()
DECODER = nn.TransformerDecoderLayer(4, 2, 8, 0.0, batch_first=True).double()
ATTENTION = nn.MultiheadAttention(4, 2, batch_first=True).double()
SEQUENCE_FIRST = nn.MultiheadAttention(4, 2).double()
QUERY = td.tensor(grid(2, 3, 4, phase=3))
NUMBERS = np.where(ENDS, -np.inf, 0.0)


def heads(x):
    return x.unsqueeze(1)  # (N, 1, T, D)


MASKED = {  # a layer with a mask, as a function of x (N, T, D) in which padding stands
    "function": (None, lambda x: F.scaled_dot_product_attention(QUERY, x, x, ~ENDS[:, None])),
    "function, numbers": (None, lambda x: F.scaled_dot_product_attention(QUERY, x, x, NUMBERS[:, None])),
    "function, heads": (None, lambda x: F.scaled_dot_product_attention(heads(QUERY), heads(x), heads(x), ~ENDS[:, None, None])),
    "function, dropout": (None, lambda x: F.scaled_dot_product_attention(QUERY, x, x, ~ENDS[:, None], dropout_p=0.5)),
    "function, more keys than queries": (
        None,
        lambda x: F.scaled_dot_product_attention(QUERY[1:, :2], x[1:], x[1:], is_causal=True),
    ),
    "function, keys that queries share": (
        None,
        lambda x: F.scaled_dot_product_attention(heads(QUERY), x[1:], x[1:], ~ENDS[None, 1:, None])[:, 0],
    ),
    "weights": (None, lambda x: F.attention_weights(QUERY, x, ~ENDS[:, None])),
    "sliding window": (None, lambda x: nn.sliding_window_attention(heads(x), heads(x), heads(x), 2, 1, (), ENDS)[:, 0]),
    "sliding window, global": (None, lambda x: nn.sliding_window_attention(heads(x), heads(x), heads(x), 2, 1, (0,), ENDS)[:, 0]),
    "self": (ATTENTION, lambda x: ATTENTION(x, x, x, ENDS)[0]),
    "self, kernel": (ATTENTION, lambda x: ATTENTION(x, x, x, ENDS, need_weights=False)[0]),
    "self, numbers": (ATTENTION, lambda x: ATTENTION(x, x, x, NUMBERS)[0]),
    "other": (ATTENTION, lambda x: ATTENTION(QUERY, x, x, ENDS, need_weights=False)[0]),
    "other, weights": (ATTENTION, lambda x: ATTENTION(QUERY, x, x, ENDS)[1]),
    "three": (ATTENTION, lambda x: ATTENTION(QUERY, x, x * 2.0, ENDS)[0]),
    "sequence first": (
        SEQUENCE_FIRST,
        lambda x: SEQUENCE_FIRST(*[x.transpose(0, 1)] * 3, ENDS, need_weights=False)[0].transpose(0, 1),
    ),
    "one sequence": (ATTENTION, lambda x: ATTENTION(*[x[1]] * 3, ENDS[1])[0][None]),
    "encoder": (ENCODER, lambda x: ENCODER(x, None, ENDS)),
    "decoder": (DECODER, lambda x: DECODER(x, QUERY, tgt_key_padding_mask=ENDS)),
    "decoder's memory": (DECODER, lambda x: DECODER(QUERY, x, memory_key_padding_mask=ENDS)),
}


@pytest.mark.parametrize("filler", list(FILLERS))
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("name", list(MASKED))
def test_what_a_mask_hides_takes_part_in_nothing(name, plain, filler):
    """Where real queries look, every number and gradient is that of zeros at the padding. PyTorch 2.13 makes all of it NaN."""
    layer, call = MASKED[name]
    found = []
    for value in (0.0, FILLERS[filler]):
        data = grid(2, 5, 4)
        data[ENDS] = value
        x = td.tensor(data, requires_grad=True)
        if layer is not None:
            layer.zero_grad()
        td.manual_seed(0)
        with td.unfused() if plain else contextlib.nullcontext():
            out = call(x)
            real = ~ENDS[-len(out):] if out.shape[1] == 5 else np.ones(out.shape[:2], bool)
            kept = out[real]
            (kept * kept).sum().backward()
        grads = [] if layer is None else [p.grad for p in layer.parameters() if p.grad is not None]
        found.append([kept, x.grad[~ENDS], *grads])
    for zeros, other in zip(*found, strict=True):
        np.testing.assert_allclose(other.numpy(), zeros.numpy(), rtol=1e-12, atol=1e-14)


def test_a_nan_that_a_query_may_look_at_stays_visible():
    x = grid(2, 5, 4)
    x[1, 1] = np.nan
    for name in ("function", "self", "self, kernel", "encoder", "decoder's memory"):
        out = MASKED[name][1](td.tensor(x)).numpy()
        assert np.isnan(out[1, :2]).all(), name
        assert np.isfinite(out[0]).all(), name


# --- the bend of relu ---------------------------------------------------------------------------------------------


def relu_rnn():
    """Two units that read one number each, and nothing of each other: h_t = relu(x_t + h_(t-1))."""
    layer = nn.RNN(2, 2, nonlinearity="relu").double()
    for p, value in zip(layer.parameters(), (np.eye(2), np.eye(2), 0.0, 0.0), strict=True):
        p.array[...] = value
    return layer


@pytest.mark.filterwarnings("ignore:divide")  # the slope of sqrt at 0
@pytest.mark.parametrize("plain", [False, True])
def test_an_infinite_slope_behind_the_flat_part_of_a_relu_layer(plain):
    """sqrt(relu(x)) at x < 0: the gradient is 0, as in PyTorch 2.13, not inf * 0. By hand: 1 / (2 sqrt(h)) at the others."""
    x = td.tensor([[[4.0, -1.0]], [[-9.0, -2.0]], [[1.0, -3.0]]], requires_grad=True)
    with td.unfused() if plain else contextlib.nullcontext():
        out, _ = relu_rnn()(x)
        out.sqrt().sum().backward()
    np.testing.assert_array_equal(out.numpy()[:, 0], [[4, 0], [0, 0], [1, 0]])
    np.testing.assert_array_equal(x.grad.numpy()[:, 0], [[0.25, 0], [0, 0], [0.5, 0]])


@pytest.mark.parametrize("plain", [False, True])
def test_a_nan_in_a_relu_layer_stays_visible(plain):
    """Of a NaN the slope of relu is 1, as in PyTorch 2.13: here x[1] is a NaN, and so are the states after it."""
    layer = relu_rnn()
    x = td.tensor([[[4.0, -1.0]], [[np.nan, 2.0]], [[1.0, -1.0]]], requires_grad=True)
    with td.unfused() if plain else contextlib.nullcontext():
        out, _ = layer(x)
        out.sum().backward()
    np.testing.assert_array_equal(np.isnan(out.numpy()[:, 0, 0]), [False, True, True])
    np.testing.assert_array_equal(x.grad.numpy()[:, 0], [[3, 0], [2, 2], [1, 1]])
    assert np.isnan(layer.weight_ih_l0.grad.numpy()).any()


# --- no look ahead ------------------------------------------------------------------------------------------------


def reach(function, x):
    """Which inputs each output depends on: (T, T), from the gradients of one output at a time."""
    steps = x.shape[0]
    out = np.zeros((steps, steps), bool)
    for t in range(steps):
        leaf = td.tensor(x, requires_grad=True)
        (g,) = td.grad((function(leaf)[t] * grid(x.shape[1])).sum(), [leaf])
        out[t] = (g.numpy() != 0).any(axis=tuple(range(1, x.ndim)))
    return out


CAUSAL = np.tri(5, dtype=bool)


@pytest.mark.parametrize("name", KINDS)
def test_a_recurrent_layer_cannot_see_ahead(name):
    layer = getattr(nn, name)(4, 4, 2).double()
    assert (reach(lambda x: layer(x)[0], grid(5, 4)) == CAUSAL).all()


@pytest.mark.parametrize("name", KINDS)
def test_a_bidirectional_layer_sees_everything(name):
    """Which is why it makes no language model: the answer leaks."""
    layer = getattr(nn, name)(4, 2, bidirectional=True).double()
    assert reach(lambda x: layer(x)[0], grid(5, 4)).all()


@pytest.mark.parametrize("how", ["is_causal", "bool mask", "float mask", "function"])
def test_causal_attention_cannot_see_ahead(how):
    layer = nn.MultiheadAttention(4, 2).double()
    blocked = nn.transformer.generate_square_subsequent_mask(5)
    call = {
        "is_causal": lambda x: layer(x, x, x, is_causal=True)[0],
        "bool mask": lambda x: layer(x, x, x, attn_mask=blocked)[0],
        "float mask": lambda x: layer(x, x, x, attn_mask=np.where(blocked, -np.inf, 0.0))[0],
        "function": lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True),
    }[how]
    assert (reach(call, grid(5, 4)) == CAUSAL).all()
    assert reach(lambda x: layer(x, x, x)[0], grid(5, 4)).all()


@pytest.mark.parametrize("norm_first", [False, True])
def test_a_causal_transformer_cannot_see_ahead(norm_first):
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, 0.0, norm_first=norm_first), 2).double()
    assert (reach(lambda x: encoder(x, is_causal=True), grid(5, 4)) == CAUSAL).all()
    decoder, memory = (
        nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8, 0.0, norm_first=norm_first), 2).double(),
        grid(3, 4),
    )
    assert (reach(lambda x: decoder(x, td.tensor(memory), tgt_is_causal=True), grid(5, 4)) == CAUSAL).all()


NOTHING_FORBIDDEN = {
    "no mask": None,
    "booleans": np.zeros((5, 5), bool),
    "booleans per head": np.zeros((2, 5, 5), bool),
    "numbers": 0.1 * grid(5, 5),
    "numbers per head": 0.1 * grid(2, 5, 5),
    "+inf": np.where(np.tri(5, dtype=bool), 0.0, np.inf),  # what is forbidden is not read: inf - inf is a NaN
    "learned": td.tensor(0.1 * grid(5, 5), requires_grad=True),
}
PADDINGS = {"": None, "padding": np.arange(5)[None] == 4, "padding as numbers": np.where(np.arange(5)[None] == 4, -9.0, 0.0)}


def causal_calls(layer):
    """Every layer that is told to be causal, as function(x, attn_mask, key_padding_mask), of x (T, 1, D)."""
    memory = td.tensor(grid(5, 1, 4, phase=2))
    encoder, decoder = nn.TransformerEncoderLayer(4, 2, 8, 0.0).double(), nn.TransformerDecoderLayer(4, 2, 8, 0.0).double()
    encoders, decoders = nn.TransformerEncoder(encoder, 2), nn.TransformerDecoder(decoder, 2)
    both = {"tgt_is_causal": True, "memory_is_causal": True}
    return {
        "attention": lambda x, mask, pad: layer(x, x, x, pad, attn_mask=mask, is_causal=True)[0],
        "attention without weights": lambda x, mask, pad: layer(x, x, x, pad, False, mask, is_causal=True)[0],
        "encoder layer": lambda x, mask, pad: encoder(x, mask, pad, is_causal=True),
        "encoder": lambda x, mask, pad: encoders(x, mask, pad, is_causal=True),
        "decoder layer": lambda x, mask, pad: decoder(x, memory, mask, None, pad, tgt_is_causal=True),
        "decoder": lambda x, mask, pad: decoders(x, memory, mask, None, pad, tgt_is_causal=True),
        "memory of a decoder layer": lambda x, mask, pad: decoder(x, x, mask, mask, pad, pad, **both),
        "memory of a decoder": lambda x, mask, pad: decoders(x, x, mask, mask, pad, pad, **both),
    }


@pytest.mark.parametrize("padding", list(PADDINGS))
@pytest.mark.parametrize("mask", list(NOTHING_FORBIDDEN))
def test_is_causal_holds_beside_any_other_mask(mask, padding):
    """Position 0 must not change when position 3 does: pytorch #99282. is_causal adds to attn_mask, as a mask, not as a hint."""
    x, other = grid(5, 1, 4), grid(5, 1, 4)
    other[3] += 1
    layer = nn.MultiheadAttention(4, 2).double()
    for name, call in causal_calls(layer).items():
        with td.no_grad():
            a, b = (call(td.tensor(v), NOTHING_FORBIDDEN[mask], PADDINGS[padding]).numpy() for v in (x, other))
        np.testing.assert_array_equal(a[:3], b[:3], err_msg=name)
        assert (np.abs(a[3:] - b[3:]) > 1e-6).any(axis=(1, 2)).all(), name
        assert not np.isnan(a).any(), name


@pytest.mark.parametrize("need_weights", [True, False])
def test_is_causal_beside_a_mask_is_the_two_masks_in_one(need_weights):
    """A query looks at what both allow. -inf in both places is -inf, not a NaN."""
    layer = nn.MultiheadAttention(4, 2).double()
    x, future = td.tensor(grid(5, 1, 4)), ~np.tri(5, dtype=bool)
    blocked = (grid(5, 5) > 0.5) & ~np.eye(5, dtype=bool)
    for mask in (grid(5, 5), np.where(blocked, -np.inf, grid(5, 5))):
        one = layer(x, x, x, need_weights=need_weights, attn_mask=np.where(future, -np.inf, mask))
        two = layer(x, x, x, need_weights=need_weights, attn_mask=mask, is_causal=True)
        np.testing.assert_array_equal(two[0].numpy(), one[0].numpy())
        if need_weights:
            assert (two[1].numpy()[0][future] == 0).all()
    one = layer(x, x, x, need_weights=need_weights, attn_mask=blocked | future)[0]
    two = layer(x, x, x, need_weights=need_weights, attn_mask=blocked, is_causal=True)[0]
    np.testing.assert_array_equal(two.numpy(), one.numpy())


def test_a_padded_convolution_sees_its_window():
    layer = nn.Conv1d(2, 2, 3, padding="same").double()
    found = reach(lambda x: layer(x.transpose(0, 1)).transpose(0, 1), grid(6, 2))
    assert (found == (np.abs(np.subtract.outer(np.arange(6), np.arange(6))) <= 1)).all()


# --- heads --------------------------------------------------------------------------------------------------------


def test_many_heads_are_a_loop_over_heads():
    layer = nn.MultiheadAttention(6, 3, batch_first=True).double()
    x, memory = td.tensor(grid(2, 4, 6)), td.tensor(grid(2, 5, 6, phase=1))
    out, weights = layer(x, memory, memory, average_attn_weights=False)
    wq, wk, wv = layer.in_proj_weight.numpy().reshape(3, 3, 2, 6)
    bq, bk, bv = layer.in_proj_bias.numpy().reshape(3, 3, 2)
    heads = []
    for h in range(3):
        q, k, v = x.numpy() @ wq[h].T + bq[h], memory.numpy() @ wk[h].T + bk[h], memory.numpy() @ wv[h].T + bv[h]
        scores = np.exp(q @ k.swapaxes(1, 2) / np.sqrt(2))
        p = scores / scores.sum(axis=-1, keepdims=True)
        np.testing.assert_allclose(weights.numpy()[:, h], p, atol=1e-13)
        heads.append(p @ v)
    expected = np.concatenate(heads, axis=-1) @ layer.out_proj.weight.numpy().T + layer.out_proj.bias.numpy()
    np.testing.assert_allclose(out.numpy(), expected, atol=1e-13)


def test_attention_weights_are_shares():
    layer = nn.MultiheadAttention(4, 2)
    pad = np.array([[False, False, True]])
    _, weights = layer(td.randn(2, 1, 4), td.randn(3, 1, 4), td.randn(3, 1, 4), pad)
    assert weights.shape == (1, 2, 3)
    np.testing.assert_allclose(weights.numpy().sum(axis=-1), 1, rtol=1e-6)
    assert (weights.numpy()[..., 2] == 0).all()


def test_attention_does_not_depend_on_the_order_of_keys():
    q, k, v, order = td.tensor(grid(2, 4)), grid(5, 4, phase=1), grid(5, 3, phase=2), [3, 1, 4, 0, 2]
    a = F.scaled_dot_product_attention(q, td.tensor(k), td.tensor(v))
    b = F.scaled_dot_product_attention(q, td.tensor(k[order]), td.tensor(v[order]))
    np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-14)


@pytest.mark.parametrize("mask", [np.array([[True, True], [False, False]]), np.array([[0.0, 0.0], [-np.inf, -np.inf]])])
def test_a_query_with_nothing_to_look_at_is_an_error(mask):
    x = td.ones(2, 4)
    with pytest.raises(td.errors.ShapeError, match="attention: the mask leaves some query nothing to look at"):
        F.scaled_dot_product_attention(x, x, x, mask)


@pytest.mark.parametrize(
    "masks",
    [
        {"key_padding_mask": np.array([[True, True]])},
        {"attn_mask": np.ones((2, 2), bool)},
        {"key_padding_mask": np.array([[True, False]]), "attn_mask": np.array([[False, True], [False, False]])},
        {"key_padding_mask": np.array([[True, True]]), "attn_mask": np.zeros((2, 2))},
        {"key_padding_mask": np.array([[True, False]]), "is_causal": True},
    ],
)
def test_a_sequence_of_only_padding_is_an_error(masks):
    layer, x = nn.MultiheadAttention(4, 2), td.ones(2, 1, 4)
    with pytest.raises(td.errors.ShapeError, match=r"nothing to look at(.|\n)*in: MultiheadAttention"):
        layer(x, x, x, **masks)


# --- directions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_the_reverse_direction_starts_at_the_true_end(name):
    """Its last state is its state at step 0; at step len - 1 it has read one word; it is a forward layer, flipped."""
    layer = getattr(nn, name)(3, 4, bidirectional=True).double()
    out, last = layer(padded(SENTENCES, 10, 1.0), lengths=LENGTHS)
    h = parts(last)[0].numpy()
    np.testing.assert_array_equal(h[1], out.numpy()[0, :, 4:])
    for b, n in enumerate(LENGTHS):
        np.testing.assert_array_equal(h[0, b], out.numpy()[n - 1, b, :4])
    forward = getattr(nn, name)(3, 4).double()
    forward.load_state_dict(
        {k.removesuffix("_reverse"): v for k, v in layer.state_dict().items() if k.endswith("_reverse")}
    )
    for b, s in enumerate(SENTENCES):
        flipped = forward(td.tensor(s[::-1].copy()))[0].numpy()[::-1]
        np.testing.assert_allclose(out.numpy()[: len(s), b, 4:], flipped, atol=1e-14)


@pytest.mark.parametrize("name", KINDS)
def test_a_layer_is_a_loop_over_its_cell(name):
    layer, cell = getattr(nn, name)(3, 4).double(), getattr(nn, name + "Cell")(3, 4).double()
    cell.load_state_dict({k.removesuffix("_l0"): v for k, v in layer.state_dict().items()})
    x, h, outputs = td.tensor(grid(5, 2, 3)), None, []
    for t in range(5):
        h = cell(x[t], h)
        outputs.append(parts(h)[0].numpy())
    out, last = layer(x)
    np.testing.assert_allclose(out.numpy(), np.stack(outputs), atol=1e-14)
    for a, b in zip(parts(last), parts(h), strict=True):
        np.testing.assert_allclose(a.numpy()[0], b.numpy(), atol=1e-14)


@pytest.mark.parametrize("name", KINDS)
def test_a_sequence_in_two_pieces(name):
    layer, x = getattr(nn, name)(3, 4, 2).double(), td.tensor(grid(6, 2, 3))
    whole, last = layer(x)
    first, h = layer(x[:2])
    second, again = layer(x[2:], h)
    np.testing.assert_allclose(np.concatenate([first.numpy(), second.numpy()]), whole.numpy(), atol=1e-14)
    for a, b in zip(parts(last), parts(again), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-14)


# --- conventions of the GRU ---------------------------------------------------------------------------------------


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("reset_after", [True, False])
@pytest.mark.parametrize(
    "make",
    [
        lambda **o: nn.GRU(3, 4, **o),
        lambda **o: nn.GRU(3, 4, 2, bidirectional=True, **o),
        lambda **o: nn.GRUCell(3, 4, **o),
        lambda **o: nn.GRU(3, 4, bias=False, **o),
    ],
)
def test_z_of_the_notes_is_z_of_pytorch_with_its_rows_negated(make, reset_after):
    """sigmoid(-x) = 1 - sigmoid(x): the lecture's z says how much is new, PyTorch's how much is kept."""
    theirs, notes = make(reset_after=reset_after).double(), make(reset_after=reset_after, z_convention="notes").double()
    state = {}
    for name, x in theirs.state_dict().items():
        state[name] = x.numpy().copy()
        state[name][4:8] *= -1
    notes.load_state_dict(state)
    x = grid(2, 3) if isinstance(theirs, nn.GRUCell) else grid(5, 2, 3)
    a, b = td.tensor(x, requires_grad=True), td.tensor(x, requires_grad=True)
    out_a, out_b = theirs(a), notes(b)
    out_a, out_b = (o[0] if isinstance(o, tuple) else o for o in (out_a, out_b))
    np.testing.assert_allclose(out_b.numpy(), out_a.numpy(), atol=1e-14)
    (out_a * out_a).sum().backward()
    (out_b * out_b).sum().backward()
    np.testing.assert_allclose(b.grad.numpy(), a.grad.numpy(), atol=1e-13)
    for (name, p), q in zip(theirs.named_parameters(), notes.parameters(), strict=True):
        sign = np.ones(len(p.numpy()))
        sign[4:8] = -1
        np.testing.assert_allclose((q.grad.numpy().T * sign).T, p.grad.numpy(), atol=1e-13, err_msg=name)


@pytest.mark.parametrize("notes", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_reset_before_is_the_formula_of_the_paper(notes, bias):
    cell = nn.GRUCell(3, 2, bias=bias, reset_after=False, z_convention="notes" if notes else "pytorch").double()
    x, h = grid(4, 3), grid(4, 2, phase=1)
    (wr, wz, wn), (ur, uz, un) = cell.weight_ih.numpy().reshape(3, 2, 3), cell.weight_hh.numpy().reshape(3, 2, 2)
    zero = np.zeros((3, 2))
    (br, bz, bn), (cr, cz, cn) = (
        (b.numpy().reshape(3, 2) for b in (cell.bias_ih, cell.bias_hh)) if bias else (zero, zero)
    )
    r, z = sigmoid(x @ wr.T + br + h @ ur.T + cr), sigmoid(x @ wz.T + bz + h @ uz.T + cz)
    n = np.tanh(x @ wn.T + bn + (r * h) @ un.T + cn)
    expected = z * n + (1 - z) * h if notes else (1 - z) * n + z * h
    np.testing.assert_allclose(cell(td.tensor(x), td.tensor(h)).numpy(), expected, atol=1e-14)


def test_reset_before_and_after_differ():
    after, before = nn.GRUCell(3, 2).double(), nn.GRUCell(3, 2, reset_after=False).double()
    before.load_state_dict(after.state_dict())
    x, h = td.tensor(grid(4, 3)), td.tensor(grid(4, 2, phase=1))
    assert np.abs(after(x, h).numpy() - before(x, h).numpy()).max() > 1e-3
    assert (after(x).numpy() - before(x).numpy()).any()  # c_n alone is gated
    assert td.gradcheck(
        lambda x, h: before(x, h),
        [td.tensor(grid(2, 3), requires_grad=True), td.tensor(grid(2, 2), requires_grad=True)],
    )


# --- dropout ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["inverted", "paper"])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_dropout_keeps_the_expectation(mode, p):
    """What is seen in training is, on average, what is computed at test time."""
    x = td.ones(200_000) * 3.0
    train, test = F.dropout(x, p, True, mode).numpy(), F.dropout(x, p, False, mode).numpy()
    assert abs(train.mean() - test.mean()) < 0.05
    assert set(np.unique(train).round(4)) == {0.0, np.float32(round(3 / (1 - p), 4)) if mode == "inverted" else 3.0}
    assert test[0] == pytest.approx(3.0 if mode == "inverted" else 3 * (1 - p))
    kept, n = (train != 0).sum(), train.size
    assert abs(kept - n * (1 - p)) < 5 * np.sqrt(n * p * (1 - p))  # five standard deviations of a binomial


@pytest.mark.parametrize("mode", ["inverted", "paper"])
def test_dropout_of_nothing_and_of_all(mode):
    x = td.tensor(grid(5, 4), requires_grad=True)
    assert F.dropout(x, 0.0, True, mode) is x
    assert F.dropout(x, 0.0, False, mode) is x
    assert (F.dropout(x, 1.0, True, mode).numpy() == 0).all()
    F.dropout(x, 1.0, True, mode).sum().backward()
    assert (x.grad.numpy() == 0).all()
    assert F.dropout(td.zeros(0, 3), 0.5).shape == (0, 3)
    assert F.dropout(td.ones(()), 0.5).shape == ()


def test_dropout_does_nothing_in_evaluation():
    x, layer = td.randn(5, 4), nn.Dropout(0.7)
    assert layer.eval()(x) is x
    assert (layer.train()(x).numpy() == 0).any()
    assert nn.Dropout(0.7, mode="paper").eval()(x).numpy() == pytest.approx(0.3 * x.numpy())


@pytest.mark.parametrize("mode", ["inverted", "paper"])
def test_the_gradient_is_dropped_where_the_value_was(mode):
    x = td.ones(50, 40, requires_grad=True)
    out = F.dropout(x, 0.4, True, mode)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), out.numpy())


def test_dropout_draws_anew_each_time_and_repeats_with_its_seed():
    x = td.ones(100)
    a, b = F.dropout(x, 0.5), F.dropout(x, 0.5)
    assert (a.numpy() != b.numpy()).any()
    td.manual_seed(0)
    assert (F.dropout(x, 0.5).numpy() == a.numpy()).all()


def test_dropout_between_layers_of_a_recurrent_layer():
    layer, x = nn.LSTM(3, 4, 2, dropout=0.5), td.randn(5, 2, 3)
    assert (layer(x)[0].numpy() != layer(x)[0].numpy()).any()
    layer.eval()
    assert (layer(x)[0].numpy() == layer(x)[0].numpy()).all()
    single = nn.LSTM(3, 4, 1, dropout=0.5)  # none after the last layer
    assert (single(x)[0].numpy() == single(x)[0].numpy()).all()


def test_dropout_in_attention_and_transformer_layers():
    x = td.randn(5, 2, 4)
    for layer in (nn.TransformerEncoderLayer(4, 2, 8, 0.5), nn.TransformerEncoderLayer(4, 2, 8, 0.5, norm_first=True)):
        assert (layer(x).numpy() != layer(x).numpy()).any()
        layer.eval()
        assert (layer(x).numpy() == layer(x).numpy()).all()


# --- embeddings ---------------------------------------------------------------------------------------------------


def test_an_embedding_is_a_one_hot_vector_times_the_weight():
    weight, ids = td.tensor(grid(6, 4), requires_grad=True), np.array([[1, 5, 1], [0, 1, 2]])
    looked_up, multiplied = F.embedding(ids, weight), F.one_hot(ids, 6).double() @ weight
    np.testing.assert_allclose(looked_up.numpy(), multiplied.numpy(), atol=1e-15)
    start = td.tensor(grid(2, 3, 4, phase=1))
    for a, b in zip(td.grad(looked_up, [weight], start), td.grad(multiplied, [weight], start), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-14)


def test_counts_times_the_weight_are_a_sum_of_embeddings():
    """A bag of words is a sum of word vectors: order is lost, multiplicity is not."""
    weight, ids = td.tensor(grid(6, 4)), np.array([3, 1, 3, 3, 0])
    counts = td.tensor(np.bincount(ids, minlength=6).astype(float))
    np.testing.assert_allclose((counts @ weight).numpy(), F.embedding(ids, weight).sum(axis=0).numpy(), atol=1e-14)


def test_one_hot_of_many_classes_builds_no_square():
    assert F.one_hot(np.array([1_000_000]), 2_000_000).numpy().sum() == 1


# --- normalisation and loss ---------------------------------------------------------------------------------------


def test_layer_norm_forgets_shift_and_scale():
    layer, x = nn.LayerNorm(16, eps=1e-12).double(), grid(3, 16)
    a, b = layer(td.tensor(x)).numpy(), layer(td.tensor(5 * x + 3)).numpy()
    np.testing.assert_allclose(a, b, atol=1e-9)
    np.testing.assert_allclose(a.mean(axis=-1), 0, atol=1e-12)
    np.testing.assert_allclose((a**2).mean(axis=-1), 1, atol=1e-9)


def test_softmax_forgets_a_shift():
    x = grid(3, 5)
    np.testing.assert_allclose(F.softmax(td.tensor(x + 1000)).numpy(), F.softmax(td.tensor(x)).numpy(), atol=1e-12)
    np.testing.assert_allclose(F.softmax(td.tensor([[1000.0, 1001.0]])).numpy(), [[0.26894142, 0.7310586]], rtol=1e-6)


def test_cross_entropy_of_a_uniform_guess_is_log_of_the_classes():
    assert F.cross_entropy(td.zeros(3, 7), np.array([0, 3, 6])).item() == pytest.approx(np.log(7), rel=1e-6)
    assert F.nll_loss(F.log_softmax(td.zeros(3, 7)), np.array([0, 3, 6])).item() == pytest.approx(np.log(7), rel=1e-6)


def test_hard_soft_and_one_hot_targets_agree():
    logits, ids = td.tensor(grid(4, 5)), np.array([0, 3, 1, 1])
    soft = F.cross_entropy(logits, F.one_hot(ids, 5))
    assert F.cross_entropy(logits, ids).item() == pytest.approx(soft.item(), abs=1e-14)
    assert F.nll_loss(F.log_softmax(logits), ids).item() == pytest.approx(soft.item(), abs=1e-14)


def test_kl_is_zero_for_equal_distributions_and_cross_entropy_minus_entropy_else():
    p, q = np.array([[0.2, 0.5, 0.3]]), np.array([[0.1, 0.6, 0.3]])
    assert F.kl_div(td.tensor(np.log(p)), p, "batchmean").item() == pytest.approx(0, abs=1e-15)
    expected = -(p * np.log(q)).sum() + (p * np.log(p)).sum()
    assert F.kl_div(td.tensor(np.log(q)), p, "batchmean").item() == pytest.approx(expected, abs=1e-14)
    assert F.kl_div(td.tensor(np.log(q)), np.log(p), "batchmean", log_target=True).item() == pytest.approx(
        expected, abs=1e-14
    )


def test_softplus_is_smooth_at_zero():
    x = td.tensor(0.0, dtype=np.float64, requires_grad=True)
    y = F.softplus(x)
    assert y.item() == pytest.approx(np.log(2), abs=1e-15)
    (first,) = td.grad(y, [x], create_graph=True)
    assert first.item() == pytest.approx(0.5, abs=1e-15)
    assert td.grad(first, x)[0].item() == pytest.approx(0.25, abs=1e-15)


@pytest.mark.parametrize("name", ["gelu", "silu", "softplus", "softmax", "log_softmax"])
def test_second_derivatives(name):
    from tinydawn.gradcheck import gradgradcheck

    assert gradgradcheck(getattr(F, name), [td.tensor(grid(2, 3), requires_grad=True)])


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.GRU(2, 2),
        lambda: nn.LSTM(2, 2, bidirectional=True),
        lambda: nn.RNN(2, 2),
        lambda: nn.LayerNorm(2),
        lambda: nn.RMSNorm(2, eps=1e-3),
        lambda: nn.BatchNorm1d(1, eps=1e-3),
        lambda: nn.TransformerEncoderLayer(2, 1, 3, 0.0),
    ],
)
def test_layers_can_be_differentiated_twice(make):
    from tinydawn.gradcheck import gradgradcheck

    layer = make().double()
    x = td.tensor(grid(2, 1, 2), requires_grad=True)
    assert gradgradcheck(lambda x: layer(x)[0] if isinstance(layer(x), tuple) else layer(x), [x])


def test_a_copied_layer_computes_the_same():
    layer = nn.TransformerEncoderLayer(4, 2, 8, 0.0)
    x = td.randn(3, 2, 4)
    assert (copy.deepcopy(layer)(x).numpy() == layer(x).numpy()).all()


@pytest.mark.filterwarnings("ignore:divide")  # the slope of sqrt at 0
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("mode", ["inverted", "paper"])
def test_what_is_dropped_takes_part_in_nothing(mode, plain):
    """0 is put in its place, as in TensorFlow and Flax, and its gradient is 0; PyTorch's product makes 0 * inf a NaN in both."""
    for x in (np.full(200, np.inf), np.full(200, np.nan), np.ones(200)):
        td.manual_seed(0)
        leaf = td.tensor(x, requires_grad=True)
        with td.unfused() if plain else contextlib.nullcontext():
            y = F.dropout(leaf, 0.5, mode=mode)
        dropped = y.numpy() == 0
        assert 50 < dropped.sum() < 150
        np.testing.assert_array_equal(y.numpy()[~dropped], x[~dropped] * (2 if mode == "inverted" else 1))
        y.sqrt().sum().backward()
        assert (leaf.grad.numpy()[dropped] == 0).all()


# --- what is ignored ----------------------------------------------------------------------------------------------

IGNORING = {
    "cross_entropy": (F.cross_entropy, {}),
    "cross_entropy, smoothed": (F.cross_entropy, {"label_smoothing": 0.1}),
    "cross_entropy, class weights": (F.cross_entropy, {"weight": np.array([1.0, 2.0, 0.5])}),
    "cross_entropy, both": (F.cross_entropy, {"weight": np.array([1.0, 2.0, 0.5]), "label_smoothing": 0.1}),
    "nll_loss": (F.nll_loss, {}),
    "nll_loss, class weights": (F.nll_loss, {"weight": np.array([1.0, 2.0, 0.5])}),
}


@pytest.mark.filterwarnings("ignore:invalid")  # inf - inf, which is thrown away
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("filler", list(FILLERS))
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("name", list(IGNORING))
def test_what_a_loss_ignores_takes_part_in_nothing(name, plain, filler, reduction):
    """The others' loss and gradient are those without it, its own gradient is 0. PyTorch 2.13: the loss too, the gradient NaN
    (cross_entropy) or 0 (nll_loss)."""
    loss, options = IGNORING[name]
    logits, target = grid(5, 3), np.array([0, -100, 2, 1, -100])
    kept = target >= 0
    logits[~kept] = FILLERS[filler]
    found = []
    with td.unfused() if plain else contextlib.nullcontext():
        for rows in (kept, np.ones(5, bool)):
            x = td.tensor(logits[rows], requires_grad=True)
            out = loss(x, target[rows], reduction=reduction, **options)
            (out * (grid(5, phase=1)[rows] if reduction == "none" else 1.5)).sum().backward()
            found.append((out.numpy(), x.grad.numpy()))
    (expected, gradient), (out, whole) = found
    np.testing.assert_allclose(out[kept] if reduction == "none" else out, expected, rtol=1e-12)
    np.testing.assert_allclose(whole[kept], gradient, rtol=1e-12, atol=1e-14)
    assert (whole[~kept] == 0).all()
    assert reduction != "none" or (out[~kept] == 0).all()


@pytest.mark.filterwarnings("ignore:divide")  # 1 / (2 sqrt(0))
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("name", list(IGNORING))
def test_an_infinite_slope_behind_a_loss_that_is_ignored(name, plain):
    """sqrt at the loss 0 has one, and the loss is 0 because it is ignored: its gradient stays 0, as in PyTorch 2.13."""
    loss, options = IGNORING[name]
    x = td.tensor(-np.abs(grid(3, 3)) - 0.1, requires_grad=True)
    with td.unfused() if plain else contextlib.nullcontext():
        loss(x, np.array([0, -100, 2]), reduction="none", **options).sqrt().sum().backward()
    assert (x.grad.numpy()[1] == 0).all()
    assert np.isfinite(x.grad.numpy()).all()


def test_a_nan_among_logits_that_count_stays_visible():
    x = grid(3, 3)
    x[0, 1] = np.nan
    for loss, options in IGNORING.values():
        leaf = td.tensor(x, requires_grad=True)
        out = loss(leaf, np.array([1, -100, 2]), **options)
        out.backward()
        assert np.isnan(out.item())
    assert np.isnan(F.cross_entropy(td.tensor(x), np.array([0, -100, 2])).item())


@pytest.mark.parametrize("plain", [False, True])
def test_a_padding_row_gets_no_gradient_be_it_a_nan(plain):
    weight = td.tensor(grid(4, 2), requires_grad=True)
    with td.unfused() if plain else contextlib.nullcontext():
        out = F.embedding(np.array([0, 1, 3, 0]), weight, padding_idx=0)
        (out * np.array([[np.nan] * 2, [1.0, 2.0], [3.0, 4.0], [np.inf] * 2])).sum().backward()
    np.testing.assert_array_equal(weight.grad.numpy(), [[0, 0], [1, 2], [0, 0], [3, 4]])


# --- normalize ----------------------------------------------------------------------------------------------------


def test_normalize_takes_the_arguments_in_pytorchs_order():
    """F.normalize(x, 2, 1) is Euclid's length along axis 1: (3, 4) / 5; F.normalize(x, 1) the sum of sizes: (3, 4) / 7."""
    x = td.tensor([[3.0, 4.0], [0.0, -2.0]])
    np.testing.assert_allclose(F.normalize(x, 2, 1).numpy(), [[0.6, 0.8], [0.0, -1.0]], rtol=1e-6)
    np.testing.assert_allclose(F.normalize(x).numpy(), [[0.6, 0.8], [0.0, -1.0]], rtol=1e-6)
    np.testing.assert_allclose(F.normalize(x, 2, 0).numpy(), [[1.0, 4 / 20**0.5], [0.0, -2 / 20**0.5]], rtol=1e-6)
    np.testing.assert_allclose(F.normalize(x, 1).numpy(), [[3 / 7, 4 / 7], [0.0, -1.0]], rtol=1e-6)
    np.testing.assert_allclose(F.normalize(x, float("inf")).numpy(), [[0.75, 1.0], [0.0, -1.0]], rtol=1e-6)
    np.testing.assert_allclose(F.normalize(x, 3).numpy()[0], np.array([3, 4]) / 91 ** (1 / 3), rtol=1e-6)
    np.testing.assert_allclose(F.normalize(x, 2, 1, 10.0).numpy(), x.numpy() / 10, rtol=1e-6)


@pytest.mark.parametrize("p", [1, 2, 3, float("inf")])
def test_normalize_of_what_is_very_large_very_small_and_nothing(p):
    """No power overflows: (1, 2) / |(1, 2)| whatever the size; zeros stay zeros, with a gradient of 1 / eps."""
    x = td.tensor([[1e30, 2e30], [1e-30, 2e-30], [0.0, 0.0]], requires_grad=True)
    length = (1 + 2**p) ** (1 / p) if p < 10 else 2
    y = F.normalize(x, p, 1, eps=1e-35)
    np.testing.assert_allclose(y.numpy(), [[1 / length, 2 / length]] * 2 + [[0, 0]], rtol=1e-5)
    y[2].sum().backward()
    np.testing.assert_allclose(x.grad.numpy()[2], [1e35, 1e35], rtol=1e-5)
    x = td.tensor(grid(3, 4, scale=2), requires_grad=True)
    assert td.gradcheck(lambda x: F.normalize(x, p, 0), [x])


# --- losses that hold weights -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["CrossEntropyLoss", "NLLLoss", "BCEWithLogitsLoss"])
def test_weights_of_a_loss_are_in_its_state(name):
    """As in PyTorch: weight and pos_weight are buffers, saved with the model, and loaded into it."""
    names = ["weight", "pos_weight"] if name.startswith("BCE") else ["weight"]
    make = getattr(nn, name)
    assert make().state_dict() == {}
    assert make().weight is None
    for given in ([1.0, 2.0, 3.0], np.array([1.0, 2.0, 3.0]), td.tensor([1.0, 2.0, 3.0])):
        model = nn.Module()
        model.loss = make(**dict.fromkeys(names, given))
        assert list(model.state_dict()) == [f"loss.{name}" for name in names]
        assert list(model.parameters()) == []
        x, t = td.tensor(grid(2, 3)), grid(2, 3) > 0 if name.startswith("BCE") else np.array([0, 2])
        other = make(**{key: [9.0, 9.0, 9.0] for key in names})
        other.load_state_dict(model.loss.state_dict())
        np.testing.assert_allclose(other(x, t).numpy(), model.loss(x, t).numpy(), rtol=1e-6)
        assert model.double().loss.weight.dtype == np.float64


def test_weights_of_a_loss_that_have_a_gradient_keep_it():
    """mean -w[t] log p: with weights (w, 1) and both classes, p = 1/2 each, d/dw of log 2 (w + 1) / (w + 1) is 0; sum: log 2."""
    for given in (nn.Parameter([3.0, 1.0]), td.tensor([3.0, 1.0], requires_grad=True)):
        loss = nn.CrossEntropyLoss(given, reduction="sum")
        loss(td.zeros(2, 2), np.array([0, 1])).backward()
        np.testing.assert_allclose(given.grad.numpy(), np.log([2, 2]), rtol=1e-6)
        assert len(list(loss.parameters())) == isinstance(given, nn.Parameter)


def test_softplus_with_a_slope():
    """log(1 + exp(2 x)) / 2 at 0 is log(2) / 2; x itself where 2 x is above the threshold."""
    np.testing.assert_allclose(nn.Softplus(2)(td.tensor([0.0, 1.0])).numpy(), [np.log(2) / 2, np.log1p(np.exp(2)) / 2], rtol=1e-6)
    assert nn.Softplus(2, 1.0)(td.tensor([0.75, -500.0])).tolist() == [0.75, 0.0]
    assert nn.Softplus(2, -100)(td.tensor([-3.0])).tolist() == [-3.0]


def test_kl_div_of_what_is_no_probability():
    """0 log 0 is 0, also where q is 0; the logarithm of a number below 0, and of a NaN, is a NaN, not 0."""
    log_q = td.tensor([np.log(0.5), -np.inf])
    np.testing.assert_allclose(F.kl_div(log_q, td.tensor([1.0, 0.0]), "none").numpy(), [np.log(2), 0.0], rtol=1e-6)
    with np.errstate(invalid="ignore"):
        for bad in (-0.5, np.nan):
            assert np.isnan(F.kl_div(log_q, td.tensor([bad, 0.0]), "none").numpy()).tolist() == [True, False]
    assert nn.KLDivLoss("batchmean")(td.tensor(0.0), td.tensor(1.0)).item() == 0.0


# --- keys of a layer's own, projected states, copies of a layer ---------------------------------------------------


def test_a_head_may_look_at_nothing():
    """With add_zero_attn a score of 0 goes to a value of 0: two keys whose scores are 0 get a third of the weight each."""
    layer = nn.MultiheadAttention(2, 1, add_zero_attn=True, batch_first=True)
    nn.init.zeros_(layer.in_proj_weight)
    _, weights = layer(*[td.ones(1, 2, 2)] * 3)
    np.testing.assert_allclose(weights.numpy(), np.full((1, 2, 3), 1 / 3), rtol=1e-6)
    _, weights = layer(*[td.ones(1, 2, 2)] * 3, key_padding_mask=np.array([[True, True]]))
    assert weights.tolist() == [[[0.0, 0.0, 1.0]] * 2]  # all keys are padding
    _, weights = layer(*[td.ones(1, 2, 2)] * 3, is_causal=True)
    np.testing.assert_allclose(weights.numpy()[0], [[1 / 2, 0, 1 / 2], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-6)
    layer = nn.MultiheadAttention(2, 1, 0.0, True, True)
    assert [name for name, _ in layer.named_parameters()] == [
        "in_proj_weight", "in_proj_bias", "bias_k", "bias_v", "out_proj.weight", "out_proj.bias"]
    assert layer.bias_k.shape == layer.bias_v.shape == (1, 1, 2)
    assert not layer.batch_first  # the fifth argument is add_bias_kv, as in PyTorch


def test_a_projected_lstm_says_what_does_not_fit():
    layer = nn.LSTM(3, 4, 2, proj_size=2)
    out, (h, c) = layer(td.ones(5, 1, 3))
    assert (out.shape, h.shape, c.shape) == ((5, 1, 2), (2, 1, 2), (2, 1, 4))
    assert layer.weight_hh_l0.shape == (16, 2)
    assert layer.weight_hr_l1.shape == (2, 4)
    padded, short = layer(td.ones(5, 1, 3), lengths=[2])[1], layer(td.ones(2, 1, 3))[1]
    np.testing.assert_allclose(padded[0].numpy(), short[0].numpy(), rtol=1e-6)
    with pytest.raises(td.errors.ShapeError, match=r"LSTM: state of shape \(2, 1, 4\)(.|\n)*a state of shape \(2, 1, 2\)"):
        layer(td.ones(5, 1, 3), (c, c))
    with pytest.raises(td.errors.ShapeError, match=r"LSTM: state of shape \(2, 1, 2\)(.|\n)*a state of shape \(2, 1, 4\)"):
        layer(td.ones(5, 1, 3), (h, h))
    with pytest.raises(td.errors.OptionError, match=r"LSTM: proj_size is 4\n.*\n  fix: less than the hidden_size, 4"):
        nn.LSTM(3, 4, proj_size=4)
    with td.unfused():
        np.testing.assert_allclose(layer(td.ones(5, 1, 3))[0].numpy(), out.numpy(), rtol=1e-5)


@pytest.mark.parametrize("kind", ["Encoder", "Decoder"])
def test_a_stack_is_of_copies(kind):
    """As in PyTorch: all begin with the weights of the layer that was given, and none is that layer, or another."""
    layer = getattr(nn, f"Transformer{kind}Layer")(4, 2, 8)
    stack = getattr(nn, f"Transformer{kind}")(layer, 3)
    weights = [m.linear1.weight for m in (layer, *stack.layers)]
    assert all((w.numpy() == weights[0].numpy()).all() for w in weights)
    weights[1].array[...] = 0
    assert all((w.numpy() != 0).all() for w in (weights[0], *weights[2:]))


# --- what PyTorch's own samples asked for (tests/test_opinfo.py) ----------------------------------------------------


def test_nll_loss_of_one_row_and_of_many_axes():
    """(C,) with one class id, and (N, C, d1, d2) with (N, d1, d2): each position is a row."""
    log_p = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]]))
    one = F.nll_loss(td.tensor(log_p[0], requires_grad=True), np.array(1))
    assert one.shape == ()
    assert one.item() == pytest.approx(math.log(4))
    x = td.tensor(np.moveaxis(np.stack([log_p, log_p[::-1]]), 2, 1)[..., None], requires_grad=True)  # (2, 3, 2, 1)
    target = np.array([[[0], [2]], [[1], [0]]])  # (2, 2, 1)
    losses = F.nll_loss(x, target, reduction="none")
    np.testing.assert_allclose(losses.numpy(), -np.log([[[0.5], [0.7]], [[0.2], [0.5]]]))
    weight = np.array([1.0, 2.0, 4.0])
    mean = F.nll_loss(x, target, weight)
    right = -(math.log(0.5) + 4 * math.log(0.7) + 2 * math.log(0.2) + math.log(0.5)) / 8
    assert mean.item() == pytest.approx(right)
    mean.backward()
    assert x.grad.numpy()[0, :, :, 0].T.tolist() == [[-1 / 8, 0, 0], [0, 0, -4 / 8]]
    assert F.nll_loss(x, target, weight, ignore_index=0).item() == pytest.approx(-(4 * math.log(0.7) + 2 * math.log(0.2)) / 6)
    with pytest.raises(td.errors.ShapeError, match=r"nll_loss: input of shape \(2, 3, 2, 1\), target of shape \(2, 2\)"):
        F.nll_loss(x, target[..., 0])


def test_a_mean_by_weights_that_sum_to_less_than_nothing():
    """sum(w loss) / sum(w), whatever the signs: it had been NaN. PyTorch's samples draw weights from -9 to 9."""
    log_p, weight = td.tensor([[-1.0, -2.0], [-3.0, -4.0]]), td.tensor([-2.0, 1.0])
    assert F.nll_loss(log_p, np.array([0, 1]), weight).item() == pytest.approx((-2 * 1 + 1 * 4) / -1)
    assert F.cross_entropy(td.zeros(2, 2), np.array([0, 1]), weight).item() == pytest.approx(math.log(2))


def test_cosine_similarity_is_broadcast_before_the_axis_is_summed():
    """The axis may be 1 long in one of them: (1, 2, 1) against (1, 1, 1) along axis 1. It had been above 1."""
    x, y = td.tensor([[[3.0], [4.0]]]), td.tensor([[[1.0]]])
    assert F.cosine_similarity(x, y, axis=1).item() == pytest.approx(7 / (5 * math.sqrt(2)))
    with pytest.raises(td.errors.ShapeError, match=r"cosine_similarity: shapes .* do not broadcast"):
        F.cosine_similarity(td.ones(2, 3), td.ones(2, 4))


def test_conv1d_takes_one_in_a_tuple():
    x, w = td.arange(5.0).reshape(1, 1, 5), td.ones(1, 1, 2)
    y = F.conv1d(x, w, stride=(2,), padding=(1,), dilation=(2,))
    assert y.tolist() == F.conv1d(x, w, None, 2, 1, 2).tolist() == [[[1.0, 4.0, 3.0]]]
    with pytest.raises(td.errors.ShapeError, match=r"conv1d: stride=\(1, 2\) for 1 axes"):
        F.conv1d(x, w, stride=(1, 2))


def test_softplus_with_beta_and_threshold():
    """log(1 + exp(3 x)) / 3, and x itself where 3 x is above 0.5."""
    x = td.tensor([-1.0, 0.1, 1.0], requires_grad=True, dtype=np.float64)
    y = F.softplus(x, beta=3, threshold=0.5)
    np.testing.assert_allclose(y.numpy(), [np.log1p(np.exp(-3)) / 3, np.log1p(np.exp(0.3)) / 3, 1.0], rtol=1e-14)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [1 / (1 + np.exp(3)), 1 / (1 + np.exp(-0.3)), 1.0], rtol=1e-14)


def test_one_hot_finds_how_many_classes_there_are():
    assert F.one_hot(np.array([1, 0, 2])).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
    assert F.one_hot(np.zeros((0, 2), int)).shape == (0, 2, 0)
