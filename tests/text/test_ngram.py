"""N-gram models: they sum to 1, match formulas worked out by hand and published numbers, and cross no sentence end."""

import math
import os

import numpy as np
import pytest

from tinydawn import text
from tinydawn.errors import DataError, IdError
from tinydawn.text import AddK, KneserNey

EOS, BOS, WORDS = 3, 2, [3, 4, 5, 6, 7, 8]


@pytest.fixture(scope="module")
def sentences():
    rng = np.random.default_rng(0)
    return [[*rng.integers(4, 9, rng.integers(1, 7)).tolist(), EOS] for _ in range(60)]


@pytest.mark.parametrize("model", [KneserNey, AddK])
@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_probabilities_sum_to_1_after_any_context(sentences, model, order):
    found = model(sentences, order, BOS, outcomes=len(WORDS))
    for context in ([], [4], [5, 6], [8, 8, 8, 8, 8, 8], [20, 4], [4, 20]):
        p = found.next_probs(context, WORDS)
        assert p.sum() == pytest.approx(1, abs=1e-12), context
        assert p.min() > 0


def test_bigram_by_hand():
    """Interpolated Kneser-Ney of "a b </s>", twice, and "c b </s>", with the discounts set to their smallest, .1."""
    a, b, c = 4, 5, 6
    model = KneserNey([[a, b, EOS], [a, b, EOS], [c, b, EOS]], 2, BOS, outcomes=4, min_discount=0.1)
    # Bigram counts: (<s>, a) 2, (<s>, c) 1, (a, b) 2, (c, b) 1, (b, </s>) 3: n1 = 2, n2 = 2, n3 = 1, n4 = 0
    y = 2 / (2 + 2 * 2)
    d1, d2 = 1 - 2 * y * 2 / 2, 2 - 3 * y * 1 / 2
    # Continuation counts: a 1, c 1, b 2 (after a and after c), </s> 1: n1 = 3, n2 = 1, n3 = n4 = 0
    z = 3 / (3 + 2 * 1)
    e1, e2 = 1 - 2 * z * 1 / 3, z  # nothing was seen three times, so D2 cannot be estimated
    unigram_b = (2 - e2) / 5 + (3 * e1 + e2) / 5 / 4
    expected = (2 - d2) / 2 + d2 / 2 * unigram_b
    assert model.next_probs([a], [b])[0] == pytest.approx(expected, rel=1e-12)
    assert model.next_probs([c], [b])[0] == pytest.approx((1 - d1) / 1 + d1 / 1 * unigram_b, rel=1e-12)


def test_a_lower_order_counts_contexts_and_not_occurrences():
    """ "Francisco" is as frequent as "the" here, but only after "San"; after a new word "the" is likelier."""
    san, francisco, the = 4, 5, 6
    sentences = [[san, francisco, EOS]] * 6 + [[word, the, EOS] for word in (7, 8, 9, 10, 11, 12)]
    model = KneserNey(sentences, 2, BOS, outcomes=10)
    assert model.next_probs([20], [the])[0] > 2 * model.next_probs([20], [francisco])[0]
    assert model.next_probs([san], [francisco])[0] > 0.7


def test_a_context_ends_at_the_beginning_of_its_sentence():
    first, second = [4, 5, EOS], [6, 7, EOS]
    model = KneserNey([first, second] * 3, 3, BOS, outcomes=5)
    together = model.log_probs([first, second])
    np.testing.assert_allclose(together, np.concatenate([model.log_probs([first]), model.log_probs([second])]))
    np.testing.assert_allclose(together, model.log_probs([second, first])[[3, 4, 5, 0, 1, 2]])


def test_perplexity_counts_every_token_once(sentences):
    model = KneserNey(sentences, 3, BOS, outcomes=6)
    log_probs = model.log_probs(sentences[:9])
    assert len(log_probs) == sum(map(len, sentences[:9]))
    assert model.perplexity(sentences[:9]) == pytest.approx(math.exp(-log_probs.mean()))
    by_sentence = np.mean([model.perplexity([s]) for s in sentences[:9]])
    assert model.perplexity(sentences[:9]) != pytest.approx(by_sentence, rel=1e-3), "not the mean of perplexities"


def test_discounts_are_clamped():
    """With no n-gram seen once the estimate is 0: then nothing would be left for other words."""
    model = KneserNey([[4, 5, EOS]] * 5, 2, BOS, outcomes=4)
    assert model.next_probs([4], [6])[0] > 0
    assert (model._discounts(np.array([5, 5]))[1:] >= 0.1).all()


def test_add_one_by_hand():
    model = AddK([[4, 5, EOS], [4, 4, EOS]], 2, BOS, outcomes=3)
    np.testing.assert_allclose(model.next_probs([4], [4, 5, EOS]), [2 / 6, 2 / 6, 2 / 6])
    np.testing.assert_allclose(model.next_probs([], [4, 5, EOS]), [3 / 5, 1 / 5, 1 / 5])


@pytest.mark.parametrize("model", [KneserNey, AddK])
def test_wrong_calls(model):
    with pytest.raises(DataError, match="no tokens"):
        model([], 2, BOS, 4)
    with pytest.raises(DataError, match="order=0"):
        model([[4, EOS]], 0, BOS, 4)
    with pytest.raises(IdError, match="negative"):
        model([[-1, EOS]], 2, BOS, 4)
    with pytest.raises(IdError, match="no integer"):
        model([[0.5, 3.0]], 2, BOS, 4)
    with pytest.raises(DataError, match="k=0"):
        AddK([[4, EOS]], 2, BOS, 4, k=0)


needs_data = pytest.mark.skipif("TINYDAWN_DATA" not in os.environ, reason="TINYDAWN_DATA is not set: real text is skipped")


@needs_data
def test_penn_treebank():
    """Published: KN5 141.2 (Mikolov 2011). The others as measured here."""
    parts = {split: text.load_sentences("ptb", split) for split in ("train", "test")}
    vocab = text.Vocab.build(parts["train"])
    ids = {split: [vocab.encode(s, eos=True) for s in part] for split, part in parts.items()}
    for order, expected in ((1, 639.4), (2, 185.7), (3, 148.3), (5, 141.2)):
        model = KneserNey(ids["train"], order, vocab.bos_id, outcomes=len(vocab) - 2)
        assert model.perplexity(ids["test"]) == pytest.approx(expected, abs=0.1)


@needs_data
def test_names_bigram():
    parts = {split: text.load_sentences("names", split) for split in ("train", "validation")}
    vocab = text.Vocab.build(parts["train"])
    ids = {split: [vocab.encode(s, eos=True) for s in part] for split, part in parts.items()}
    nats = -AddK(ids["train"], 2, vocab.bos_id, 27).log_probs(ids["validation"]).mean()
    assert nats == pytest.approx(2.453, abs=0.001)
