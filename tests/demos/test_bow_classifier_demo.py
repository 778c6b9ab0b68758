"""demos/bow_classifier.py: W x is a sum, a bag cannot see what a "not" belongs to, and files of one's own work."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from quick import Quick, write_labelled
from test_demos import DEMOS, assert_refused, run

pytest.importorskip("matplotlib", reason="matplotlib is not installed: demos draw their figures with it")
FIGURES = ["top_words.svg", "contributions.svg", "labels.svg"]


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return Quick("bow_classifier", tmp_path_factory.mktemp("bow"))


def test_record(quick):
    quick.assert_record("bow_classifier", FIGURES)


def test_the_sum_of_embeddings_is_the_product(quick):
    assert quick.metrics["sum_minus_product_count"] < 1e-6
    assert quick.metrics["sum_minus_product_binary"] < 1e-6


def test_it_learned_and_stays_below_what_a_bag_can_do(quick):
    """300 test sentences: two standard deviations are five points. The bound of any bag is exact."""
    m, b = quick.metrics, quick.baselines
    assert m["test_accuracy_bag_of_words"] > b["majority_accuracy"] + 0.05
    assert m["test_accuracy_bag_of_words"] < b["best_of_a_linear_bag"] + 0.06
    assert m["test_accuracy_dan"] <= b["best_of_any_bag"] < 0.9
    assert m["twins_right_bag_of_words"] == m["twins_right_dan"] == 0.5
    assert b["naive_bayes_bigrams_accuracy"] > b["naive_bayes_accuracy"]
    assert "exactly half right" in quick.done.stdout
    negative = quick.done.stdout.split("negative: ")[1].splitlines()[0].split()
    assert {"bad", "dull", "silly"} & set(negative)


def test_tables_from_text_without_labels_make_up_for_labels(quick):
    m = quick.metrics
    for name in ("lsa", "word2vec"):
        assert m[f"accuracy_{name}_10"] > m["accuracy_random_10"] + 0.1
        assert m[f"accuracy_{name}_100"] <= quick.baselines["knowing_every_word"] + 0.01


def test_init_of_ones_own_text(tmp_path):
    path = write_labelled(tmp_path / "own.tsv")
    found = Quick("bow_classifier", tmp_path, "--data", path, "--init", "lsa", "--labels", "30")
    assert {"accuracy_random_30", "accuracy_lsa_30"} <= set(found.metrics)
    assert {"accuracy_word2vec_30", "twins_right_dan"}.isdisjoint(found.metrics)


def test_twins_have_the_same_words_and_other_classes(monkeypatch):
    monkeypatch.syspath_prepend(str(DEMOS))
    from support.labelled import best_of_any_bag, in_pairs
    from tinydawn import text

    opinions = text.toy_sentiment(400, seed=3)
    paired = in_pairs(opinions)
    assert len(paired) == len(opinions)
    denied = [example for example in paired if {"not", "and"} <= set(example[0])]
    for (words, label), (other, opposite) in zip(denied[::2], denied[1::2], strict=False):
        assert sorted(words) == sorted(other)
        assert (words, label) != (other, opposite)
        assert label + opposite == 1
    assert best_of_any_bag(paired) == 1 - len(denied) // 2 / len(paired)
    assert best_of_any_bag([(["a", "b"], 0), (["b", "a"], 1), (["a"], 1), (["a"], 1)]) == 0.75


def test_text_of_ones_own_and_chinese(tmp_path):
    path = write_labelled(tmp_path / "own.tsv", chinese=True)
    found = Quick("bow_classifier", tmp_path, "--data", path, figures_in_chinese=True)
    assert found.record["data"] == str(path)
    assert "best_of_any_bag" not in found.baselines
    assert found.metrics["test_accuracy"] > 0.6


def test_a_split_of_ones_own_in_csv(tmp_path):
    """Quotation marks, names of columns, three files: what --quick tests on is the third."""
    lines = write_labelled(tmp_path / "own.tsv").read_text(encoding="utf-8").splitlines()
    rows = [f'"{sentence}, ""indeed""",{label}' for label, sentence in (line.split("\t") for line in lines)]
    for name, part in (("train", rows[:60]), ("dev", rows[60:70]), ("test", rows[70:])):
        (tmp_path / f"{name}.csv").write_text("\n".join(["text,label", *part]), encoding="utf-8")
    found = Quick("bow_classifier", tmp_path, "--data", "train.csv,dev.csv,test.csv")
    assert found.done.stderr.count("line 1 names the columns and is no example: the label is 'label', the text 'text'") == 3
    assert found.record["data"] == "train.csv,dev.csv,test.csv"
    assert found.metrics["test_accuracy"] > 0.6


def test_wrong_calls(tmp_path):
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="bow_classifier"), "nowhere", "fix: ")
    (tmp_path / "plain.txt").write_text("no label here\n" * 20, encoding="utf-8")
    assert_refused(run("--data", "plain.txt", folder=tmp_path, demo="bow_classifier"), "plain.txt", "fix: ")
    done = run("--labels", "1", folder=tmp_path, demo="bow_classifier")
    assert done.returncode == 2
    assert "at least 2" in done.stderr.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.skipif("TINYDAWN_DATA" not in os.environ, reason="TINYDAWN_DATA is not set: sst2 is needed")
def test_sst2(tmp_path):
    command = [sys.executable, str(DEMOS / "bow_classifier.py"), "--data", "sst2", "--out", "out"]
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    accuracy = float(done.stdout.split("bag of words")[1].split("%")[0])
    assert accuracy >= 79.5
