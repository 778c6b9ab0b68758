"""demos/next_sentence.py: half of the pairs are false, both labels are learnt, and the topic is what it goes by."""

from __future__ import annotations

import numpy as np
import pytest
from quick_run import assert_well_formed, quick_run
from test_demos import DEMOS, assert_refused, run

from tinydawn import text
from tinydawn.nn import functional as F


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("next_sentence", tmp_path_factory.mktemp("next_sentence"))


def test_record(quick):
    assert_well_formed(quick, "next_sentence", ["accuracy.svg"])


def test_it_learns(quick):
    assert quick.metrics["accuracy"] > 0.75
    assert quick.metrics["accuracy"] < quick.baselines["best_possible_accuracy"] + 0.06
    assert quick.metrics["accuracy"] > quick.baselines["overlap_accuracy"]


def test_half_of_the_pairs_are_false(quick):
    assert quick.baselines["follows_share"] == pytest.approx(0.5, abs=0.1)


def test_in_the_same_document_the_topic_says_nothing(quick):
    assert quick.metrics["accuracy_turned_round"] == pytest.approx(0.5, abs=0.12)
    assert quick.baselines["follows_share_turned_round"] == quick.baselines["place_accuracy_turned_round"] == 0.5
    assert quick.baselines["turns_accuracy_turned_round"] == 1, "the stories have an order, and it can be known"


def test_ignoring_label_0_looks_like_learning(quick):
    """The trap of several BERTs: the loss goes to 0, and the accuracy stays at one half."""
    assert quick.metrics["loss_label_0_ignored"] < 0.05
    assert quick.metrics["accuracy_label_0_ignored"] == pytest.approx(0.5, abs=0.1)
    logits, labels = np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([0, 1])
    both = [F.cross_entropy(logits[i:i + 1], labels[i:i + 1]).item() for i in (0, 1)]
    assert F.cross_entropy(logits, labels).item() == pytest.approx(np.mean(both)), "by default no class is ignored"


def test_stories(monkeypatch):
    """False pairs come from another document, and no two sentences of a story share a word that tells of its place."""
    monkeypatch.syspath_prepend(str(DEMOS))
    from support.small_language import PLACES, stories

    documents = stories(200, 0)
    assert documents == stories(200, 0)
    common = {"the", "today", "again", "now", *(word for _, does, _ in PLACES for word in does)}
    for document in documents[:50]:
        words = [set(sentence) - common for sentence in document]
        assert len(set().union(*words)) == sum(map(len, words))
        (people,) = [people for people, *_ in PLACES if document[0][1] in people]
        turns = [people.index(sentence[1]) for sentence in document]
        assert turns == [(turns[0] + k) % 4 for k in range(4)], "people take turns; anyone may begin"
    tagged = [[[f"{d}", *sentence] for sentence in document] for d, document in enumerate(documents)]
    pairs = text.next_sentence_pairs(tagged, rng=np.random.default_rng(0))
    assert all((a[0] == b[0]) == is_next for a, b, is_next in pairs)
    assert np.mean([is_next for *_, is_next in pairs]) == pytest.approx(0.5, abs=0.06)


def test_wrong_calls(tmp_path):
    assert_refused(run("--data", "ptb", folder=tmp_path, demo="next_sentence"), "ptb", "fix: ", "brown")
