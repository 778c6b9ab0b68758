"""Bags of words: the sum of embeddings is W x, order and padding change nothing, and unknown to all is negation."""

from __future__ import annotations

import numpy as np
import pytest
from padding import SENTENCE, assert_padding_changes_nothing, padded

import tinydawn as td
from tinydawn.errors import DTypeError
from tinydawn.models import BagOfWords, DeepAveragingNetwork
from tinydawn.models.bow import first_places


@pytest.mark.parametrize("count", ["count", "binary"])
@pytest.mark.parametrize("embedding_size", [None, 6])
def test_the_sum_of_embeddings_is_w_x(count, embedding_size):
    model = BagOfWords(12, 3, embedding_size, count).double()
    ids = padded(SENTENCE, [5, 5, 5], length=10)
    x = model.vector(ids)  # (2, 12)
    assert x[1].tolist() == [0, 0, 0, 0, 0, 3 if count == "count" else 1, 0, 0, 0, 0, 0, 0]
    h, product = model.embed(ids), model.linear(x)
    np.testing.assert_allclose(h.numpy(), product.numpy(), rtol=1e-12, atol=1e-15)
    (by_sum,) = td.grad((h * h).sum(), model.embedding.weight)
    (by_product,) = td.grad((product * product).sum(), model.embedding.weight)
    np.testing.assert_allclose(by_sum.numpy(), by_product.numpy(), rtol=1e-12, atol=1e-15)


def test_count_and_binary_differ_where_a_word_repeats():
    once, twice = np.array([[5, 3, 0]]), np.array([[5, 3, 5]])
    for count, same in (("count", False), ("binary", True)):
        model = BagOfWords(12, 2, count=count)
        assert np.allclose(model(once).numpy(), model(twice).numpy()) == same


def test_first_places():
    assert first_places(np.array([[4, 4, 2, 4, 2, 0]])).tolist() == [[True, False, True, False, False, True]]


@pytest.mark.parametrize("model", [BagOfWords(12, 2), BagOfWords(12, 3, 5, "binary"), DeepAveragingNetwork(12, 2, 6, 5, 2)])
def test_padding(model):
    assert_padding_changes_nothing(model.eval(), lambda length: model(padded(SENTENCE, [3], length=length)))


@pytest.mark.parametrize("model", [BagOfWords(12, 2), DeepAveragingNetwork(12, 2, 6).eval()])
def test_the_order_cannot_be_seen(model):
    """So "not good and bad" is "not bad and good"."""
    a, b = model(np.array([[2, 5, 3, 7]])), model(np.array([[7, 3, 5, 2]]))
    np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-6)


def test_the_mean_is_over_the_words_and_not_over_t():
    model = DeepAveragingNetwork(12, 2, 6).eval()
    expected = model.embedding.weight.numpy()[[5, 3]].mean(axis=0)
    np.testing.assert_allclose(model.mean(padded([5, 3], length=40)).numpy()[0], expected, rtol=1e-5)
    assert model.mean(np.zeros((1, 3), int)).numpy().tolist() == [[0.0] * 6], "a sentence of no words has a mean of 0, not NaN"


def test_word_dropout():
    model = DeepAveragingNetwork(12, 2, word_dropout=0.5)
    ids = padded(*[SENTENCE] * 400, [3], length=10)
    keep = model.kept(ids)
    assert not keep[ids == 0].any(), "padding is never kept"
    assert keep.any(axis=1).all(), "never all words of a sentence"
    assert keep[:400, :8].mean() == pytest.approx(0.5, abs=0.03)
    assert (model.eval().kept(ids) == (ids != 0)).all(), "nothing is dropped in evaluation"


def test_unknown_count():
    with pytest.raises(DTypeError, match="use \"count\" or \"binary\""):
        BagOfWords(12, 2, count="tfidf")
