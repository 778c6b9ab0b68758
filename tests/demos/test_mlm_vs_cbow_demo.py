"""demos/mlm_vs_cbow.py: the notes' table as numbers. To CBOW order is nothing, and a word has one vector."""

from __future__ import annotations

import pytest
from quick_run import assert_well_formed, quick_run
from test_demos import assert_refused, run


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("mlm_vs_cbow", tmp_path_factory.mktemp("mlm_vs_cbow"))


def test_record(quick):
    assert_well_formed(quick, "mlm_vs_cbow", ["order.svg", "word.svg"])


def test_order(quick):
    assert quick.baselines["cbow_guesses_that_change"] == 0
    assert quick.baselines["cbow_largest_change_of_p"] < 1e-5
    assert quick.metrics["bert_guesses_that_change"] > 0.1
    assert quick.metrics["bert_accuracy_shuffled"] < quick.metrics["bert_accuracy"]


def test_one_word_two_vectors(quick):
    assert quick.metrics["bert_cosine_of_the_two"] < 0.95 * quick.baselines["cbow_cosine_of_the_two"]


def test_one_vector_is_one_answer(quick):
    """Which bank is meant: CBOW says the same everywhere, and is right as often as that is meant."""
    assert 0.3 < quick.baselines["cbow_meaning_found"] < 0.7
    assert quick.metrics["bert_meaning_found"] > 0.8


def test_wrong_calls(tmp_path):
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="mlm_vs_cbow"), "nowhere", "fix: ")
    done = run("--quick", "--epochs", "1", "--word", "zebra", folder=tmp_path, demo="mlm_vs_cbow")
    assert_refused(done, "--word zebra", "fix: ")
