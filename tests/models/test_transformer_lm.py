"""The Transformer language model: it cannot see ahead, padding changes nothing, and kept keys say what reading anew says."""

import numpy as np
import pytest
from padding import assert_padding_changes_nothing

import tinydawn as td
from tinydawn import decode, nn
from tinydawn.errors import OptionError, ShapeError
from tinydawn.models.transformer import CausalLayer, TransformerLM
from tinydawn.nn import functional as F

V, D, T, B = 11, 16, 9, 3
KINDS = [{}, {"norm_first": False}, {"positions": "learned"}, {"positions": None}, {"tied": True}]


def build(**options):
    td.manual_seed(0)
    return TransformerLM(V, D, 4, 2, max_length=T, **options).double().eval()


@pytest.fixture
def tokens():
    return np.random.default_rng(0).integers(0, V, (T + 1, B))


def nats(model, tokens):
    return model(tokens[:-1], tokens[1:], "none").reshape(len(tokens) - 1, -1)  # (T, B)


# --- causality ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_a_later_token_changes_nothing_before_it(options, tokens):
    model = build(**options)
    before = model.features(tokens[:T]).numpy()  # (B, T, D)
    for t in range(T):
        changed = tokens[:T].copy()
        changed[t] = (changed[t] + 1) % V
        after = model.features(changed).numpy()
        assert (before[:, :t] == after[:, :t]).all()
        assert (np.abs(before[:, t:] - after[:, t:]).max(axis=2) > 1e-6).all(), "and everything from there on"


@pytest.mark.parametrize("options", KINDS[:3], ids=str)
def test_no_gradient_comes_from_a_later_token(options, tokens):
    model = build(**options)
    x = td.tensor(model.embed(tokens[:T].T).numpy(), requires_grad=True)  # (B, T, D)
    for t in (0, 4, T - 1):
        h = x
        for layer in model.layers:
            h = layer(h)
        (slope,) = td.grad((model.norm(h)[:, t] * td.tensor(np.linspace(-1, 1, D) ** 3)).sum(), [x])
        reach = np.abs(slope.numpy()).max(axis=(0, 2))  # (T,)
        assert (reach[t + 1:] == 0).all()
        assert (reach[:t + 1] > 1e-8).all()


def test_parameters_of_later_positions_get_no_gradient(tokens):
    model = build(positions="learned")
    nats(model, tokens)[:4].sum().backward()
    slope = np.abs(model.position.grad.numpy()).max(axis=1)
    assert (slope[4:] == 0).all()
    assert (slope[:4] > 0).all()


# --- padding ------------------------------------------------------------------------------------------------------


def test_padding_changes_nothing():
    sentences = [[5, 3, 9, 4, 4, 2, 7], [1, 2]]
    for options in KINDS:
        td.manual_seed(0)
        model = TransformerLM(V, D, 4, 2, max_length=30, **options).eval()

        def real_nats(length, model=model):
            ids = np.array([s + [0] * (length - len(s)) for s in sentences]).T  # (T, B)
            loss = nats(model, ids)
            return td.cat([loss[:len(s) - 1, b] for b, s in enumerate(sentences)])

        assert_padding_changes_nothing(model, real_nats, (8, 25))


# --- decoding with kept keys and values ----------------------------------------------------------------------------


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_kept_keys_say_the_same_as_reading_anew(options, tokens):
    model = build(**options)
    whole, state = nats(model, tokens).numpy(), model.start(B)
    for t in range(T):
        log_p, state = model.step(tokens[t], state)
        np.testing.assert_allclose(np.exp(log_p.numpy()).sum(axis=1), 1, atol=1e-12)
        np.testing.assert_allclose(-log_p.numpy()[np.arange(B), tokens[t + 1]], whole[t], rtol=1e-10)
        assert state[1].shape == (B, 2, 4, t + 1, 4)


def test_when_all_positions_are_taken_the_younger_half_is_read_again(tokens):
    model, state, long = build(), None, np.random.default_rng(1).integers(0, V, 2 * T)
    state = model.start(1)
    for t in range(T + 1):
        log_p, state = model.step(long[t:t + 1], state)
    again = long[T - T // 2:T + 1, None]  # (T // 2 + 1, 1)
    expected = -nats(model, np.concatenate([again, [[3]]])).numpy()[-1, 0]
    assert log_p.numpy()[0, 3] == pytest.approx(expected, rel=1e-10)
    assert state[0].shape == (1, T // 2 + 1)
    smallest = TransformerLM(V, D, 4, 1, max_length=1)
    state = smallest.start(2)
    for _ in range(3):
        log_p, state = smallest.step(np.array([1, 2]), state)
    assert state[0].shape == (2, 1)


def test_sampling_and_beam_search_use_the_state():
    model = build()
    with td.no_grad():
        found = decode.sample(model.step, model.start(4), 4, 0, None, 25, rng=0, temperature=0.7, top_k=3)
        again = decode.sample(model.step, model.start(4), 4, 0, None, 25, rng=0, temperature=0.7, top_k=3)
        (beams,) = decode.beam_search(model.step, model.start(1), 1, 0, 1, 4, beam_size=V)
    assert [f.tokens for f in found] == [f.tokens for f in again]
    assert all(len(f.tokens) == 25 for f in found)
    for best in beams.hypotheses[:3]:  # rows change places in beam search: the kept keys must go with them
        ids = np.array([0, *best.tokens, *[1] * best.finished])[:, None]
        assert best.log_prob == pytest.approx(-nats(model, ids).numpy().sum(), rel=1e-9)


def test_a_state_is_not_changed_by_a_step():
    model, first = build(), np.array([1, 2])
    _, state = model.step(first, model.start(2))
    kept = [np.array(s if isinstance(s, np.ndarray) else s.numpy()) for s in state]
    model.step(first, state)
    for a, b in zip(kept, state, strict=True):
        np.testing.assert_array_equal(a, b if isinstance(b, np.ndarray) else b.numpy())


# --- the parts ----------------------------------------------------------------------------------------------------


def test_a_pre_norm_model_has_a_final_norm_and_a_post_norm_model_has_none(tokens):
    h = build().features(tokens[:T]).numpy()
    np.testing.assert_allclose(h.std(axis=-1), 1, atol=1e-3)
    without = build(final_norm=False).features(tokens[:T]).numpy()
    assert without.std(axis=-1).mean() > 1.1, "the sum of all layers, whatever its size"
    post = build(norm_first=False)
    assert isinstance(post.norm, nn.Identity)
    np.testing.assert_allclose(post.features(tokens[:T]).numpy().std(axis=-1), 1, atol=1e-3)


@pytest.mark.parametrize("norm_first", [True, False])
def test_where_the_norm_stands(norm_first):
    """x + f(norm(x)), where the skip is left alone; or norm(x + f(x)). Norming the skip too is neither."""
    layer = CausalLayer(D, 4, 32, 0.0, norm_first).double()
    x = td.tensor(np.random.default_rng(0).standard_normal((1, 5, D)) * 3)

    def attend(x):
        return layer.self_attn(x, x, x, need_weights=False, is_causal=True)[0]

    def feed(x):
        return layer.linear2(F.gelu(layer.linear1(x)))

    if norm_first:
        h = x + attend(layer.norm1(x))
        expected = h + feed(layer.norm2(h))
    else:
        h = layer.norm1(x + attend(x))
        expected = layer.norm2(h + feed(h))
    np.testing.assert_allclose(layer(x).numpy(), expected.numpy(), atol=1e-12)


def test_positions_are_added_after_the_embedding_is_scaled(tokens):
    model = build()
    x = model.embed(tokens[:T].T).numpy()  # (B, T, D)
    expected = 4.0 * model.embedding.weight.numpy()[tokens[:T].T] + nn.sinusoidal_positions(T, D)
    np.testing.assert_allclose(x, expected, atol=1e-6)
    words, places = 4.0 * model.embedding.weight.numpy(), nn.sinusoidal_positions(T, D)
    assert 0.5 < np.sqrt((words**2).mean() / (places**2).mean()) < 2, "neither drowns the other"


def test_without_positions_one_layer_knows_no_order():
    td.manual_seed(0)
    for layers, positions, blind in ((1, None, True), (2, None, False), (1, "sinusoidal", False)):
        model = TransformerLM(V, D, 4, layers, max_length=T, positions=positions).double()
        one, two = (model.features(np.array(ids)[:, None]).numpy()[0, -1] for ids in ([1, 2, 3, 4, 5], [3, 1, 4, 2, 5]))
        assert (np.abs(one - two).max() < 1e-12) == blind, "through two layers the causal mask tells"


def test_attention_is_over_keys_and_up_to_oneself(tokens):
    for options in KINDS[:2]:
        weights = build(**options).attention(tokens[:T])
        assert len(weights) == 2
        for w in weights:
            assert w.shape == (B, 4, T, T)
            np.testing.assert_allclose(w.sum(axis=-1), 1, atol=1e-12)
            assert (np.triu(w, 1) == 0).all()
            assert w[0, 0, 0, 0] == 1


def test_heads_at_once_are_heads_one_after_another():
    """And a reshape without the transpose, which has the same shape, is something else."""
    attention, H, d = nn.MultiheadAttention(D, 4, batch_first=True).double(), 4, D // 4
    x = td.tensor(np.random.default_rng(0).standard_normal((B, T, D)))
    q, k, v = F.linear(x, attention.in_proj_weight, attention.in_proj_bias).chunk(3, axis=-1)  # (B, T, D)
    mask = np.tri(T, dtype=bool)
    heads = []
    for h in range(H):
        qh, kh, vh = (m[:, :, h * d:(h + 1) * d] for m in (q, k, v))  # (B, T, d)
        scores = (qh @ kh.transpose(1, 2) / np.sqrt(d)).masked_fill(~mask, -np.inf)  # by the width of a head, not of the model
        heads.append(F.softmax(scores, axis=-1) @ vh)
    loop = attention.out_proj(td.cat(heads, axis=-1)).numpy()
    found, _ = attention(x, x, x, need_weights=False, is_causal=True)
    np.testing.assert_allclose(found.numpy(), loop, atol=1e-12)
    mixed = F.scaled_dot_product_attention(*(m.reshape(B, H, T, d) for m in (q, k, v)), mask)
    assert np.abs(attention.out_proj(mixed.reshape(B, T, D)).numpy() - loop).max() > 0.01


def test_tied_is_one_matrix(tokens):
    model = build(tied=True)
    assert model.output.weight is model.embedding.weight
    assert sum(p.shape == (V, D) for p in model.parameters()) == 1


def test_layers_do_not_start_alike():
    model = build()
    assert not np.array_equal(model.layers[0].linear1.weight.numpy(), model.layers[1].linear1.weight.numpy())


def test_dropout_is_off_in_evaluation(tokens):
    model = build(dropout=0.5)
    assert (nats(model, tokens).numpy() == nats(model, tokens).numpy()).all()
    model.train()
    assert (nats(model, tokens).numpy() != nats(model, tokens).numpy()).any()


def test_state_dict(tokens):
    td.manual_seed(1)
    model, other = build(), TransformerLM(V, D, 4, 2, max_length=T).double().eval()
    other.load_state_dict(model.state_dict())
    np.testing.assert_array_equal(nats(model, tokens).numpy(), nats(other, tokens).numpy())


def test_it_learns():
    """The last token of each row is the first one again: only attention can know it."""
    td.manual_seed(0)
    rng, model = np.random.default_rng(0), TransformerLM(6, 32, 4, 2, max_length=4)
    optimizer = td.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(300):
        tokens = rng.integers(0, 6, (5, 32))
        tokens[4] = tokens[0]
        loss = model(tokens[:-1], tokens[1:], "none").reshape(4, 32)[3].mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.2


def test_wrong_calls(tokens):
    with pytest.raises(OptionError, match=r"TransformerLM: positions='rotary'(.|\n)*one of 'sinusoidal', 'learned', None"):
        TransformerLM(V, D, positions="rotary")
    with pytest.raises(OptionError, match="TransformerLM: max_length is 0"):
        TransformerLM(V, D, max_length=0)
    with pytest.raises(ShapeError, match=f"{T + 1} tokens, and positions for {T}"):
        build().features(tokens)
    with pytest.raises(ShapeError, match="do not divide"):
        TransformerLM(V, 18, 4)


def test_a_target_that_is_transposed_is_refused():
    model, ids = TransformerLM(12, 8, 2, max_length=8), np.array([[2, 5, 3], [4, 1, 7]])  # (T, B) = (2, 3)
    for target in (ids.T, ids.reshape(-1)):
        with pytest.raises(ShapeError, match="target of shape"):
            model(ids, target)
    with pytest.raises(ShapeError, match=r"\(T, B\)"):
        model(ids[0], ids[0])
