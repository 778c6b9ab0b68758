"""Naive Bayes: the numbers by hand, what it makes of unknown words, and that only pairs see a negation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tinydawn.errors import DataError, DTypeError, IdError, StateError
from tinydawn.text.naive_bayes import NaiveBayes

SENTENCES = [["good", "film"], ["good", "good"], ["bad", "film"]]


def test_by_hand():
    model = NaiveBayes().fit(SENTENCES, [1, 1, 0])  # V = 3: bad, film, good
    assert sorted(model.features) == [("bad",), ("film",), ("good",)]
    joint = model.log_joint([["good", "film"]])[0]
    assert joint[1] == pytest.approx(math.log(2 / 3) + math.log(4 / 7) + math.log(2 / 7))
    assert joint[0] == pytest.approx(math.log(1 / 3) + math.log(1 / 5) + math.log(2 / 5))
    np.testing.assert_allclose(np.exp(model.log_likelihood).sum(axis=1), 1), "each class is a distribution"


def test_unknown_words_say_nothing():
    """The trap: a vocabulary that is fitted on test sentences too, or a log of 0."""
    model = NaiveBayes().fit(SENTENCES, [1, 1, 0])
    np.testing.assert_allclose(model.log_joint([["good", "unheard"], ["good"]])[0], model.log_joint([["good"]])[0])
    np.testing.assert_allclose(model.log_joint([[]])[0], model.log_prior)
    assert np.isfinite(model.log_joint([["bad"] * 50])).all()
    assert ("unheard",) not in model.features


def test_pairs_see_the_negation():
    sentences = [["not", "good"], ["good"], ["not", "bad"], ["bad"]] * 3
    labels = [0, 1, 1, 0] * 3
    tokens, pairs = NaiveBayes(1).fit(sentences, labels), NaiveBayes(2).fit(sentences, labels)
    both = tokens.log_joint([["not", "good"], ["not", "bad"]])
    np.testing.assert_allclose(both[:, 0], both[:, 1], err_msg="each token is as often in one class as in the other")
    assert pairs.predict([["not", "good"], ["not", "bad"]]).tolist() == [0, 1]
    assert ("not", "good") in pairs.features


def test_weights_add_up():
    model = NaiveBayes(2).fit(SENTENCES, [1, 1, 0])
    weights = model.weights(["good", "film", "unheard"])
    joint, prior = model.log_joint([["good", "film", "unheard"]])[0], model.log_prior
    assert sum(w for _, w in weights) == pytest.approx(joint[1] - joint[0] - (prior[1] - prior[0]))
    assert dict(weights)[("unheard",)] == 0


def test_a_class_without_examples():
    model = NaiveBayes().fit(SENTENCES, [1, 1, 0], classes=3)
    assert model.predict([["unheard"], ["film"]]).max() < 2


def test_chinese_by_character():
    model = NaiveBayes(2).fit([list("很好吃"), list("不好吃")], [1, 0])
    assert model.predict([list("不好"), list("很好")]).tolist() == [0, 1]


def test_refused():
    with pytest.raises(StateError, match="call fit"):
        NaiveBayes().predict([["a"]])
    with pytest.raises(DataError, match="one label per sentence"):
        NaiveBayes().fit([["a"]], [0, 1])
    with pytest.raises(IdError, match="labels from 0 to 2 for 2 classes"):
        NaiveBayes().fit([["a"], ["b"], ["c"]], [0, 1, 2], classes=2)
    with pytest.raises(DTypeError, match="a list of tokens"):
        NaiveBayes().fit(["a b"], [0])
    for labels in ([0, 0.5], [0, np.nan], ["a", "b"]):  # 0.5 had been class 0
        with pytest.raises(DTypeError, match="not all whole"):
            NaiveBayes().fit([["a"], ["b"]], labels)
    for wrong in ({"order": 0}, {"alpha": 0}):
        with pytest.raises(DataError, match="order 1 or more, alpha above 0"):
            NaiveBayes(**wrong)
