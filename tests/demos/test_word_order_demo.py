"""demos/word_order.py: without positions a shuffled sentence is the same sentence, with them it is not; and what that costs."""

from __future__ import annotations

import pytest
from quick import Quick, write_labelled
from test_demos import assert_refused, run

pytest.importorskip("matplotlib", reason="matplotlib is not installed: demos draw their figures with it")


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return Quick("word_order", tmp_path_factory.mktemp("word_order"))


def test_record(quick):
    quick.assert_record("word_order", ["accuracy.svg"])


def test_who_reads_no_order_gives_the_same_answers(quick):
    for numbers, name in ((quick.metrics, "no_positions"), (quick.baselines, "naive_bayes")):
        assert numbers[f"changed_{name}"] == 0
        assert numbers[f"lost_{name}"] == 0
        assert numbers[f"accuracy_{name}"] == numbers[f"accuracy_shuffled_{name}"]
        assert numbers[f"p_moves_{name}"] < 1e-5
    assert quick.metrics["accuracy_no_positions"] < quick.baselines["best_that_reads_no_order"] + 0.05


def test_who_reads_it_does_not(quick):
    for numbers, name in ((quick.metrics, "positions"), (quick.metrics, "birnn"), (quick.baselines, "naive_bayes_pairs")):
        assert numbers[f"changed_{name}"] > 0.05
        assert numbers[f"lost_{name}"] > 3 * numbers[f"error_lost_{name}"]
    assert quick.metrics["accuracy_positions"] > quick.baselines["best_that_reads_no_order"] + 0.08
    assert quick.metrics["sentences_that_turn"] > 0.1


def test_trained_on_shuffled_sentences_it_cannot_learn_what_order_says(quick):
    assert quick.metrics["accuracy_positions_trained_on_shuffled"] < quick.baselines["best_that_reads_no_order"] + 0.05
    assert abs(quick.metrics["lost_positions_trained_on_shuffled"]) < 0.05


def test_words_are_scaled_and_positions_are_not(quick):
    """D = 32: words of length sqrt(32) on average, positions of sqrt(16); added before the scaling they would have 22.6."""
    assert quick.metrics["length_of_positions"] == pytest.approx(4, rel=1e-4)
    assert quick.metrics["length_of_words"] == pytest.approx(32**0.5, rel=0.2)


def test_three_seeds_and_chinese(tmp_path):
    own = write_labelled(tmp_path / "own.tsv", chinese=True)
    done = run("--data", own, "--epochs", "1", "--out", "out", folder=tmp_path, demo="word_order")
    assert done.returncode == 0, done.stderr
    assert "3 seeds" in done.stdout
    assert "+-" in done.stdout.split("no positions")[1].splitlines()[0]
    assert "best that reads no order" not in done.stdout, "that is known of the generated opinions only"


def test_bad_data(tmp_path):
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="word_order"), "nowhere", "fix: ")
    (tmp_path / "plain.txt").write_text("no label here\n" * 20, encoding="utf-8")
    assert_refused(run("--data", "plain.txt", folder=tmp_path, demo="word_order"), "plain.txt")
    (tmp_path / "ten.tsv").write_text("".join(f"{'ab'[i % 2]}\tword {i}\n" for i in range(10)), encoding="utf-8")
    assert_refused(run("--data", "ten.tsv", folder=tmp_path, demo="word_order"), "one sentence to test", "fix: ")
