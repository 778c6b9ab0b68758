"""Generated languages: their entropy is what they say, and negation is what a bag of words cannot see."""

import math
from collections import Counter, defaultdict
from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import pytest

from tinydawn.errors import DataError, DTypeError
from tinydawn.text import (
    SENTIMENT_CEILING,
    SENTIMENT_LINEAR_CEILING,
    MarkovLanguage,
    generated,
    load_labelled,
    markov_language,
    toy_sentiment,
)


def test_entropy_by_hand():
    # "a" then again and again "a" with 3/4, or the end: 4 words on average, 5 tokens, of which 4 are a draw
    language = MarkovLanguage(["a"], 1, {(): {"a": 1.0}, ("a",): {"a": 0.75, "": 0.25}})
    draw = -0.75 * math.log(0.75) - 0.25 * math.log(0.25)
    assert language.mean_length == pytest.approx(4)
    assert language.entropy == pytest.approx(4 * draw / 5)
    assert language.perplexity == pytest.approx(math.exp(4 * draw / 5))
    assert language.log_probability(["a", "a"]) == pytest.approx(math.log(0.75 * 0.25))


@pytest.mark.parametrize("order", [1, 2])
def test_the_true_model_s_cross_entropy_on_a_long_sample_approaches_the_entropy(order):
    language = markov_language(seed=3, order=order)
    sentences = language.sample(20_000, seed=1)
    surprise = np.array([-language.log_probability(sentence) for sentence in sentences])
    tokens = np.array([len(sentence) + 1 for sentence in sentences])
    error = np.std(surprise - language.entropy * tokens) / math.sqrt(len(tokens)) / tokens.mean()  # of the ratio
    assert error < 0.003
    assert abs(surprise.sum() / tokens.sum() - language.entropy) < 4 * error
    assert abs(tokens.mean() - 1 - language.mean_length) < 0.2


def test_a_bigram_model_is_perfect_for_order_1_and_not_for_order_2():
    """The cross-entropy of a bigram model counted on half a large sample, measured on the other half."""
    gaps = []
    for order in (1, 2):
        language = markov_language(seed=0, words=15, order=order)
        sentences = [["", *sentence, ""] for sentence in language.sample(20_000)]
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for sentence in sentences[:10_000]:
            for before, word in pairwise(sentence):
                counts[before][word] += 1
        losses = [
            -math.log((counts[before][word] + 0.01) / (counts[before].total() + 0.16))
            for sentence in sentences[10_000:]
            for before, word in pairwise(sentence)
        ]
        gaps.append(sum(losses) / len(losses) - language.entropy)
    assert abs(gaps[0]) < 0.02
    assert gaps[1] > 0.5


def test_every_context_is_a_distribution_and_every_sample_is_possible():
    language = markov_language(seed=5, order=2, words=12, successors=3, mean_length=5)
    for sentence in language.sample(200):
        assert sentence
        assert set(sentence) <= set(language.words)
        for i in range(len(sentence) + 1):
            assert sum(language.probabilities(sentence[:i]).values()) == pytest.approx(1)
    assert language.probabilities([]).get("") is None  # no sentence is empty
    assert language.log_probability([]) == -math.inf
    assert language.log_probability(["nonsense"]) == -math.inf


def test_the_seed_decides():
    assert markov_language(seed=1).sample(3, seed=2) == markov_language(seed=1).sample(3, seed=2)
    assert markov_language(seed=1).words != markov_language(seed=2).words
    assert markov_language(seed=1).sample(3, seed=2) != markov_language(seed=1).sample(3, seed=3)
    assert markov_language(seed=0).sample(1) == [["vi", "vi", "fo", "di", "tuvi", "dinoru", "laviga", "laviga", "no", "pipa"]]


def test_markov_errors():
    for arguments in (
        dict(words=1),
        dict(successors=1),
        dict(words=3, successors=4),
        dict(order=3),
        dict(order=2, words=100),
        dict(mean_length=1),
    ):
        with pytest.raises(DataError, match=r"markov_language: (?s:.*)fix: 2 <= successors <= words"):
            markov_language(**arguments)
    language = markov_language()
    with pytest.raises(DataError, match="size is 0"):
        language.sample(0)
    with pytest.raises(DataError, match=r"'nonsense' never occurs(?s:.*)same seed"):
        language.probabilities(["nonsense"])
    with pytest.raises(DTypeError, match=r"MarkovLanguage\.log_probability"):
        language.log_probability("vi fo")


# Opinions with negation ------------------------------------------------------------------------------


def every_opinion():
    """(sentence, label, probability) of the whole language, but for the nouns and the opener, which change nothing."""
    clauses = {
        (label, negated): [
            tuple(f"it is {'not ' * negated}{degree} {adjective}".split())
            for degree, adjective in product(generated._DEGREES, generated._ADJECTIVES[label ^ negated])
        ]
        for label, negated in product((0, 1), (False, True))
    }
    for label, negated in clauses:
        ones, others = clauses[label, negated], clauses[label, not negated]
        share = Fraction(1 if negated else 4, 16)  # of one clause: 8 plain and 2 negated ones among 16, in two labels
        for clause in ones:
            yield clause, label, share / len(ones)
        for first, second in product(ones, others):  # of two: 6 among 16, in two labels and two orders
            yield (*first, "and", *second), label, Fraction(6, 64) / (len(ones) * len(others))


def test_the_best_function_of_a_bag_of_words_by_counting():
    by_bag: dict[tuple[str, ...], Counter[int]] = defaultdict(Counter)
    by_order: dict[tuple[str, ...], Counter[int]] = defaultdict(Counter)
    for sentence, label, p in every_opinion():
        by_bag[tuple(sorted(sentence))][label] += p
        by_order[sentence][label] += p
    assert sum(counts.total() for counts in by_bag.values()) == 1
    assert sum(max(counts.values()) for counts in by_bag.values()) == SENTIMENT_CEILING == Fraction(13, 16)
    assert sum(max(counts.values()) for counts in by_order.values()) == 1


def signs(tokens):
    """(clauses, how often "not", how many good adjectives): what a bag shows of the meaning."""
    good = sum(token in generated._ADJECTIVES[1] for token in tokens)
    return tokens.count("and") + 1, tokens.count("not"), good


def test_the_generated_data_are_of_that_language():
    examples = toy_sentiment(4000, seed=7)
    assert len({tuple(tokens) for tokens, _ in examples}) == 4000  # none in training and test
    by_sign: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for tokens, label in examples:
        by_sign[signs(tokens)][label] += 1
        meant = []
        for clause in " ".join(tokens).split(" and "):
            good = any(word in generated._ADJECTIVES[1] for word in clause.split())
            meant.append(good ^ ("not" in clause.split()))
        assert {int(m) for m in meant} == {label}  # who reads the order can get everything right
    assert by_sign[2, 1, 1] == {0: 750, 1: 750}
    assert sum(max(c.values()) for c in by_sign.values()) == 3250 == SENTIMENT_CEILING * 4000


def test_the_best_linear_classifier_of_the_four_one_clause_cases():
    """Good, bad, not good, not bad: whatever the weights, one of them is wrong, and at best one of the rare ones."""
    cases = [(1, 0, 1, 4), (-1, 0, 0, 4), (1, 1, 0, 1), (-1, 1, 1, 1)]  # adjective, not, label, share in 16ths
    best = 0
    for weight, no, bias in product(np.linspace(-2, 2, 17), repeat=3):
        best = max(best, sum(n for a, has_not, label, n in cases if (weight * a + no * has_not + bias > 0) == label))
    assert best == 9
    assert (best + 3) / 16 == SENTIMENT_LINEAR_CEILING  # and half of the 6/16 with two clauses


def test_load_labelled_without_data():
    data = load_labelled()
    assert [len(part) for part in data[:3]] == [4000, 500, 500]
    assert data.classes == ["negative", "positive"]
    assert load_labelled(seed=1).train != data.train
    assert load_labelled(None, 0).train == data.train
    assert not {tuple(tokens) for tokens, _ in data.train} & {tuple(tokens) for tokens, _ in data.test}
    labels = [label for _, label in data.test]
    assert 0.4 < sum(labels) / len(labels) < 0.6


def test_toy_sentiment_errors():
    for size in (0, 10_001):
        with pytest.raises(DataError, match=f"toy_sentiment: size is {size}"):
            toy_sentiment(size)
    assert len(toy_sentiment(10_000)) == 10_000
