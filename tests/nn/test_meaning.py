"""What the layers must mean, whatever their numbers: padding, causality, directions, conventions, dropout."""

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
    with pytest.raises(td.errors.DTypeError, match="conv1d: an option must be an int, not a tuple"):
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
