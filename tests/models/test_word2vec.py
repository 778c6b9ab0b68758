"""word2vec: two tables, a loss by its formula, samples by theirs, and windows that end with the sentence."""

from __future__ import annotations

import numpy as np
import pytest
from padding import assert_padding_changes_nothing, padded

from tinydawn import optim
from tinydawn.errors import DataError
from tinydawn.models import CBOW, SkipGram
from tinydawn.models.word2vec import Noise, batches, cbow_windows, skip_gram_pairs, subsample


def trained(kind=SkipGram, size=12, width=5):
    model = kind(size, width)
    model.output.weight.array[...] = np.random.default_rng(1).standard_normal((size, width))
    return model


@pytest.mark.parametrize("kind", [SkipGram, CBOW])
def test_two_tables(kind):
    """The trap: one matrix for words and for contexts."""
    model = kind(12, 5)
    assert sorted(name for name, _ in model.named_parameters()) == ["embedding.weight", "output.weight"]
    assert not np.shares_memory(model.embedding.weight.array, model.output.weight.array)


def test_the_loss_of_skip_gram():
    model = trained()
    words, candidates = np.array([3, 5]), np.array([[4, 7, 8], [6, 2, 9]])
    v, u = model.embedding.weight.numpy()[words], model.output.weight.numpy()[candidates]  # (2, 5), (2, 3, 5)
    scores = np.einsum("be,bke->bk", v, u)
    log_sigmoid = lambda x: -np.log1p(np.exp(-x))
    expected = -(log_sigmoid(scores[:, 0]) + log_sigmoid(-scores[:, 1:]).sum(axis=1)).mean()
    assert model.loss(words, candidates).item() == pytest.approx(expected, rel=1e-5)


def test_a_noise_word_that_is_the_true_one_does_not_count():
    model = trained()
    with_collision = model.loss(np.array([3]), np.array([[4, 7, 4]])).item()
    assert with_collision == pytest.approx(model.loss(np.array([3]), np.array([[4, 7]])).item(), rel=1e-6)


def test_it_starts_at_guessing():
    assert CBOW(12, 5).loss(np.array([[3, 4]]), np.array([[5, 6, 7, 8, 9, 10]])).item() == pytest.approx(6 * np.log(2), rel=1e-6)


def test_cbow_is_the_mean_of_the_real_words_and_padding_changes_nothing():
    model = trained(CBOW)
    expected = model.embedding.weight.numpy()[[3, 5]].mean(axis=0)
    np.testing.assert_allclose(model.hidden(padded([3, 5], length=10)).numpy()[0], expected, rtol=1e-5)
    candidates = np.array([[4, 7], [2, 9]])
    assert_padding_changes_nothing(model, lambda length: model(padded([3, 5], [6], length=length), candidates))


def test_windows_end_with_the_sentence():
    rng = np.random.default_rng(0)
    sentences = [[4, 5, 6], [7, 8], [9]]
    pairs = set()
    for _ in range(30):
        words, neighbours = skip_gram_pairs(sentences, 2, rng)
        pairs |= set(zip(words.tolist(), neighbours.tolist(), strict=True))
    assert pairs == {(4, 5), (4, 6), (5, 4), (5, 6), (6, 4), (6, 5), (7, 8), (8, 7)}
    contexts, words = cbow_windows(sentences, 2, rng)
    assert sorted(words.tolist()) == [4, 5, 6, 7, 8]
    for context, word in zip(contexts, words, strict=True):
        own = next(s for s in sentences if word in s)
        assert set(context[context > 0].tolist()) <= set(own) - {word}


def test_near_neighbours_come_more_often():
    words, neighbours = skip_gram_pairs([list(range(1, 400))], 4, np.random.default_rng(0))
    distance = np.bincount(np.abs(words - neighbours))
    assert (np.diff(distance[1:]) < 0).all()
    assert distance[4] / distance[1] == pytest.approx(1 / 4, abs=0.05)


def test_subsampling():
    counts = np.array([0, 900, 90, 10])
    kept = subsample([[1] * 900, [2] * 90 + [3] * 10] * 30, counts, 0.01, np.random.default_rng(0))
    share = np.bincount(np.concatenate(kept), minlength=4)[1:] / (30 * counts[1:])
    ratio = 0.01 / (counts[1:] / 1000)
    np.testing.assert_allclose(share, np.minimum(1, np.sqrt(ratio) + ratio), atol=0.02)
    assert share[2] == 1, "a rare word is never left out"


def test_noise():
    counts = np.array([1000, 81, 16, 0])
    noise = Noise(counts)
    np.testing.assert_allclose(noise.p, [0, 27 / 35, 8 / 35, 0])
    drawn = noise.draw((200, 100), np.random.default_rng(0))
    assert drawn.shape == (200, 100)
    np.testing.assert_allclose(np.bincount(drawn.ravel(), minlength=4) / 20_000, noise.p, atol=0.015)


@pytest.mark.parametrize("kind", [SkipGram, CBOW])
def test_words_of_like_company_get_like_vectors(kind):
    """4 and 5 stand among 8 and 9, 6 and 7 among 10 and 11."""
    rng = np.random.default_rng(0)
    sentences = [[rng.choice([8, 9]), rng.choice([4, 5]), rng.choice([8, 9])] for _ in range(150)]
    sentences += [[rng.choice([10, 11]), rng.choice([6, 7]), rng.choice([10, 11])] for _ in range(150)]
    model, noise = kind(12, 8), Noise(np.bincount(np.ravel(sentences), minlength=12))
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    for _ in range(15):
        first, second = skip_gram_pairs(sentences, 2, rng) if kind is SkipGram else cbow_windows(sentences, 2, rng)
        for given, true in batches(first, second, 100):
            loss = model.loss(given, np.concatenate([true[:, None], noise.draw((len(true), 3), rng)], axis=1))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    v = model.embedding.weight.numpy()
    v = v / np.linalg.norm(v, axis=1, keepdims=True).clip(1e-9)
    assert v[4] @ v[5] > v[4] @ v[6] + 0.3
    assert v[6] @ v[7] > v[5] @ v[7] + 0.3


def test_wrong_input():
    with pytest.raises(DataError, match="sentences with neighbours"):
        skip_gram_pairs([[1], []], 2, np.random.default_rng(0))
    # A NaN is neither above nor below 0: subsample had left out every word; of infinity every share was NaN.
    for counts, threshold in (([0, 1], 0), ([0, 1], np.nan), ([0, np.nan], 1), ([0, np.inf], 1), ([0, 0], 1)):
        with pytest.raises(DataError, match="a threshold above 0"):
            subsample([[1]], counts, threshold)
    for counts in ([5, 0, 0], [0, 1, np.nan], [0, 1, np.inf], [0, 1, -1]):
        with pytest.raises(DataError, match="no word has a count, or one is below 0 or not finite"):
            Noise(counts)
