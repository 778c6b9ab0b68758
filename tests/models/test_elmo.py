"""ELMo: what each state has seen, what each direction predicts, what is shared, and what learns while the rest is frozen."""

from __future__ import annotations

import numpy as np
import pytest
from padding import assert_padding_changes_nothing

import tinydawn as td
from tinydawn import optim, text
from tinydawn.errors import ShapeError
from tinydawn.models.elmo import BiLM, ElmoClassifier, ScalarMix, pad_layers, reversal
from tinydawn.nn import functional as F

V, D, BOS, EOS = 12, 6, 2, 3
LONG, SHORT = [BOS, 5, 9, 4, 4, 7, 11, EOS], [BOS, 8, 6, EOS]
IDS = np.array([LONG, SHORT + [0] * 4])  # (2, 8)


@pytest.fixture
def model():
    """Small, in float64, with weights large enough that nothing is nearly linear."""
    found = BiLM(V, D, num_layers=2, dropout=0.0).double()
    rng = np.random.default_rng(3)
    for p in found.parameters():
        p.array[...] = rng.normal(scale=0.7, size=p.shape)
    found.embedding.weight.array[0] = 0
    return found


# --- which token a state belongs to, and what it has seen ---


def test_a_state_has_seen_its_token_and_what_comes_before_it_in_its_direction(model):
    """At token t the forward state has not seen t + 1, the backward one not t - 1; in every layer both have seen t."""
    forward, backward = model.directions(IDS[:1])
    for t in range(IDS.shape[1]):
        other = IDS[:1].copy()
        other[0, t] = 10
        for states, changed, seen in zip((forward, backward), model.directions(other), (slice(t, None), slice(0, t + 1)),
                                         strict=True):
            for layer, (a, b) in enumerate(zip(states, changed, strict=True)):
                moved = (np.abs(a.numpy() - b.numpy()) > 1e-9).any(axis=2)[0]  # (T,)
                expected = np.zeros(IDS.shape[1], bool)
                expected[t if layer == 0 else seen] = True
                np.testing.assert_array_equal(moved, expected)


def test_no_token_is_predicted_from_itself(model):
    """Another token at t changes how likely t is only by being another target: before the softmax nothing moves."""
    for t in range(1, IDS.shape[1] - 1):
        other = IDS[:1].copy()
        other[0, t] = 10
        before, after = ([states[-1].numpy()[0] for states in model.directions(ids)] for ids in (IDS[:1], other))
        np.testing.assert_array_equal(before[0][t - 1], after[0][t - 1])
        np.testing.assert_array_equal(before[1][t + 1], after[1][t + 1])


def test_what_each_direction_predicts(model):
    """Forward w_1 .. w_n </s> from the states before them, backward <s> w_1 .. w_n from those behind; nothing else."""
    forward, backward = model(IDS, reduction="none")
    states_f, states_b = (states[-1].numpy() for states in model.directions(IDS))
    weight, bias = model.output.weight.numpy(), model.output.bias.numpy()

    def nats(h, token):
        logits = weight @ h + bias
        return np.log(np.exp(logits).sum()) - logits[token]

    expected = [[], []]
    for row, ids in enumerate((LONG, SHORT)):
        for t in range(len(ids) - 1):
            expected[0].append(nats(states_f[row, t], ids[t + 1]))
            expected[1].append(nats(states_b[row, t + 1], ids[t]))
    np.testing.assert_allclose(forward.numpy(), expected[0], rtol=1e-10)
    np.testing.assert_allclose(backward.numpy(), expected[1], rtol=1e-10)


def test_the_end_is_predicted(model):
    """Without </s> in the target no sentence would be a distribution: its probability must count."""
    model.output.bias.array[EOS] = -30.0
    assert model(IDS, reduction="none")[0].numpy().reshape(-1)[len(LONG) - 2] > 10
    assert model(IDS, reduction="none")[1].numpy().max() < 25, "backward, nothing predicts </s>"


def test_the_backward_model_is_a_forward_one_of_the_reversed_text(model):
    turned = np.array([LONG[::-1]])
    for a, b in zip(model.run(turned, model.backward_layers), model.directions(IDS[:1])[1], strict=True):
        np.testing.assert_allclose(a.numpy()[0, ::-1], b.numpy()[0], rtol=1e-12)


# --- padding ---


def test_padding_changes_no_state_no_loss_and_no_gradient(model):
    def loss(length):
        ids = np.zeros((2, length), np.int64)
        ids[:, :8] = IDS
        return td.cat([part.reshape(-1) for part in model(ids, reduction="none")])

    assert_padding_changes_nothing(model, loss, (8, 30))
    alone, together = model.layers(np.array([SHORT])), model.layers(IDS)
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_allclose(b.numpy()[1, :4], a.numpy()[0], rtol=1e-12)


def test_padding_is_neither_read_nor_predicted(model):
    """The backward state on the padding beside </s> must not count as predicting </s>: ignoring pad targets is not enough."""
    alone = [part.numpy() for part in model(np.array([SHORT]), reduction="none")]
    both = [part.numpy() for part in model(IDS, reduction="none")]
    assert [len(part) for part in alone] == [3, 3]
    assert [len(part) for part in both] == [10, 10]
    for a, b in zip(alone, both, strict=True):
        np.testing.assert_allclose(b[7:], a, rtol=1e-12)


def test_reversal():
    places = reversal(IDS)
    turned = np.take_along_axis(IDS, places, 1)
    assert turned.tolist() == [LONG[::-1], SHORT[::-1] + [0] * 4]
    np.testing.assert_array_equal(np.take_along_axis(turned, places, 1), IDS)
    with pytest.raises(ShapeError, match="in front of a token"):
        reversal(np.array([[0, 2, 3]]))


# --- what is shared ---


def test_the_two_share_embedding_and_softmax_and_nothing_else(model):
    for direction, other in ((0, "backward_layers"), (1, "forward_layers")):
        model.zero_grad()
        model(IDS)[direction].backward()
        reached = {name.split(".")[0] for name, p in model.named_parameters() if p.grad is not None and p.grad.numpy().any()}
        assert reached == {"embedding", "output", "forward_layers", "backward_layers"} - {other}


# --- the mix ---


def test_layers_differ_and_the_mix_begins_as_their_mean(model):
    """AllenNLP's issues 1516, 2566, 3310: two mixes are the same before they are trained; the layers never are."""
    layers = model.layers(IDS)
    assert [h.shape for h in layers] == [(2, 8, 2 * D)] * 3
    np.testing.assert_array_equal(layers[0].numpy()[..., :D], layers[0].numpy()[..., D:])
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(layers[i].numpy()[0] - layers[j].numpy()[0]).max() > 0.1
    mean = np.mean([h.numpy() for h in layers], axis=0)
    first, second = ScalarMix(3).double(), ScalarMix(3).double()
    np.testing.assert_allclose(first(layers).numpy(), mean, rtol=1e-12)
    np.testing.assert_array_equal(first(layers).numpy(), second(layers).numpy())
    second.w.array[...] = [0, 0, 50]
    second.gamma.array[...] = 2
    np.testing.assert_allclose(second(layers).numpy(), 2 * layers[2].numpy(), rtol=1e-10)
    np.testing.assert_allclose(first.shares().numpy().sum(), 1)


def test_the_mix_learns_while_the_language_models_are_frozen(model):
    model.eval().requires_grad_(False)
    before = {name: p.numpy().copy() for name, p in model.named_parameters()}
    classifier = ElmoClassifier(V, 2, 4, ScalarMix(3), 2 * D).double()
    optimizer = optim.SGD(classifier.parameters(), lr=0.5)
    ids = np.array([LONG[1:-1], [*SHORT[1:-1], 0, 0, 0, 0]])
    loss = F.cross_entropy(classifier(ids, pad_layers(model.embed([LONG, SHORT]), 3)), np.array([0, 1]))
    loss.backward()
    assert np.abs(classifier.mix.w.grad.numpy()).min() > 0
    assert np.abs(classifier.mix.gamma.grad.numpy()).min() > 0
    optimizer.step()
    assert (classifier.mix.w.numpy() != 0).all()
    for name, p in model.named_parameters():
        assert p.grad is None, name
        np.testing.assert_array_equal(p.numpy(), before[name])


def test_the_states_of_the_words_alone(model):
    """Those of <s> and </s> are left out, and dropout and the mode of the model with them."""
    model.dropout.p = 0.5
    model.train()
    found = model.embed([LONG, SHORT])
    assert model.training
    model.eval()
    layers = np.stack([h.numpy() for h in model.layers(IDS)])  # (3, 2, 8, 2D)
    np.testing.assert_array_equal(found[0], layers[:, 0, 1:7])
    np.testing.assert_array_equal(found[1], layers[:, 1, 1:3])
    padded = pad_layers(found, 2)
    assert [h.shape for h in padded] == [(2, 6, 2 * D)] * 2
    np.testing.assert_array_equal(padded[1][1, :2], found[1][1])
    assert not padded[1][1, 2:].any()


def test_layer_norm_and_wrong_counts(model):
    layers = model.layers(IDS)
    mixed = ScalarMix(3, layer_norm=True).double()(layers).numpy()
    expected = np.mean([(h.numpy() - h.numpy().mean(-1, keepdims=True)) / np.sqrt(h.numpy().var(-1, keepdims=True) + 1e-5)
                        for h in layers], axis=0)
    np.testing.assert_allclose(mixed, expected, rtol=1e-8, atol=1e-10)
    with pytest.raises(ShapeError, match="3 layers for a mix of 2"):
        ScalarMix(2)(layers)


def test_the_classifier_is_a_bag_and_its_padding_says_nothing(model):
    classifier = ElmoClassifier(V, 3, 4).eval()
    np.testing.assert_allclose(classifier(np.array([[5, 6, 7]])).numpy(), classifier(np.array([[7, 5, 6]])).numpy(), rtol=1e-6)
    assert_padding_changes_nothing(classifier, lambda n: classifier(np.array([[5, 6, 7] + [0] * (n - 3)])), (3, 20))


def test_it_learns_a_language_in_both_directions():
    language = text.markov_language(seed=1, words=12, successors=3)
    vocab = text.Vocab(language.words)
    sentences = [vocab.encode(s, bos=True, eos=True) for s in language.sample(300, seed=0)]
    model = BiLM(len(vocab), 24, dropout=0.0)
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    for epoch in range(6):
        for indices in text.bucket_batches([len(s) for s in sentences], 30, seed=epoch):
            forward, backward = model(text.pad([sentences[i] for i in indices])[0])
            optimizer.zero_grad()
            (forward + backward).backward()
            optim.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
    model.eval()
    with td.no_grad():
        test = [vocab.encode(s, bos=True, eos=True) for s in language.sample(200, seed=9)]
        forward, backward = (part.item() for part in model(text.pad(test)[0]))
    assert language.entropy - 0.1 < forward < language.entropy + 0.25, "near the entropy, and not below it: no token is seen"
    assert language.entropy - 0.1 < backward < language.entropy + 0.4, "backward it is as hard in sum"
