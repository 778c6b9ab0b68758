"""demos/cnn_classifier.py: it reads what no bag of words can, and padding changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from quick import Quick, write_labelled
from test_demos import DEMOS, assert_refused, run

pytest.importorskip("matplotlib", reason="matplotlib is not installed: demos draw their figures with it")


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return Quick("cnn_classifier", tmp_path_factory.mktemp("cnn"))


def test_record(quick):
    quick.assert_record("cnn_classifier", ["filters.svg", "highlighted.svg"])


def test_it_learned_what_a_bag_of_words_cannot(quick):
    assert quick.metrics["test_accuracy"] > quick.baselines["best_of_any_bag"] + 0.08
    assert quick.metrics["test_accuracy"] > quick.baselines["naive_bayes_bigrams_accuracy"]
    filters = [line for line in quick.done.stdout.splitlines() if ": filter " in line]
    assert any(" not " in line for line in filters), "they found the negation"


def test_sentences_of_both_classes_are_shown(monkeypatch):
    monkeypatch.syspath_prepend(str(DEMOS))
    from support.labelled import surest

    words = ["in", "the", "end", "it", "was"]
    examples = [([*words, f"w{i}"], i % 2) for i in range(20)] + [(["short"], 0)]
    logits = np.array([[1 + i, 0] if i % 2 == 0 else [0, 1 + i] for i in range(20)] + [[99.0, 0]])
    assert surest(logits, examples) == [18, 16, 14, 19, 17, 15]
    logits[18] = [0, 50]
    assert surest(logits, examples) == [16, 14, 12, 19, 17, 15, 18]


def test_padding(quick):
    assert quick.metrics["padding_changes_logits"] < 1e-5
    assert quick.baselines["mean_left_by_padding"] < 0.6
    assert quick.metrics["padding_waste"] < quick.baselines["padding_waste_without_buckets"]


def test_chinese_and_adadelta(tmp_path):
    path = write_labelled(tmp_path / "own.tsv", chinese=True)
    found = Quick("cnn_classifier", tmp_path, "--data", path, "--optimizer", "adadelta", "--maps", "5", figures_in_chinese=True)
    assert found.record["data"] == str(path)
    assert "padding_changes_logits" in found.metrics


def test_wrong_calls(tmp_path):
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="cnn_classifier"), "nowhere", "fix: ")
    done = run("--max-norm", "0", folder=tmp_path, demo="cnn_classifier")
    assert done.returncode == 2
    assert "--max-norm" in done.stderr.splitlines()[-1]
