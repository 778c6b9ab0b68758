"""demos/elmo.py: the language models learn in both directions, the vectors help, and Chinese and one's own text work."""

from __future__ import annotations

import json

import pytest
from quick import write_labelled
from quick_run import assert_bad_data_is_refused, assert_well_formed, quick_run
from test_demos import assert_refused, run


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("elmo", tmp_path_factory.mktemp("elmo"))


def test_record(quick):
    assert_well_formed(quick, "elmo", ["perplexity.svg", "gain.svg", "shares.svg", "senses.svg"])
    shares = [quick.metrics[f"share_layer_{k}"] for k in range(3)]
    assert sum(shares) == pytest.approx(1, abs=1e-4)
    assert max(abs(share - 1 / 3) for share in shares) > 0.005, "the mix was trained"


def test_both_directions_learn(quick):
    for direction in ("forward", "backward"):
        assert 2.5 < quick.metrics[f"perplexity_{direction}"] < 0.3 * quick.baselines["perplexity_unigram"]


def test_the_classifier_learns(quick):
    for name in ("without", "embedding", "elmo"):
        assert quick.metrics[f"test_accuracy_{name}"] > quick.baselines["majority_accuracy"] + 0.1
    assert quick.metrics["test_accuracy_without"] < quick.baselines["best_bag_of_words_accuracy"] + 0.03, "it is a bag of words"


def test_one_word_has_other_neighbours_in_the_other_sense(quick):
    assert quick.metrics["shared_neighbours"] < 5, "a quick run; after a whole one none is shared, which test_facts.py checks"
    assert "bank, by the embedding" in quick.out


def test_the_future_does_not_reach_the_forward_states(quick):
    assert "word 9 of 0 .. 17 is another one: the forward states 9 to 17 change" in quick.out
    assert "the backward states 0 to 9 change" in quick.out


def test_chinese_of_ones_own(tmp_path):
    write_labelled(tmp_path / "own.tsv", chinese=True)
    done = run("--quick", "--data", "own.tsv", "--labels", "40", "--word", "好", "--epochs", "3", folder=tmp_path, demo="elmo")
    assert done.returncode == 0, done.stderr
    assert "[好]" in done.stdout
    record = json.loads((tmp_path / "out" / "elmo" / "metrics.json").read_text(encoding="utf-8"))
    assert "best_bag_of_words_accuracy" not in record["baselines"]
    done = run("--quick", "--data", "own.tsv", "--labels", "40", "--word", "熊", "--epochs", "1", folder=tmp_path, demo="elmo")
    assert_refused(done, "--word 熊: not in the text", "fix: ")


def test_bad_data(tmp_path):
    assert_bad_data_is_refused("elmo", tmp_path)
