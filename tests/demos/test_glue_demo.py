"""demos/glue.py: the metric of each task, the majority row, the mean; and folders in GLUE's format."""

from __future__ import annotations

import numpy as np
import pytest
from quick import Quick
from test_demos import assert_refused, run

pytest.importorskip("matplotlib", reason="matplotlib is not installed: demos draw their figures with it")
TASKS = ("acceptability", "sentiment", "paraphrase")


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return Quick("glue", tmp_path_factory.mktemp("glue"))


def test_record(quick):
    quick.assert_record("glue", ["scores.svg", "published.svg"])


def test_the_majority_row(quick):
    assert quick.baselines["acceptability_majority"] == 0, "Matthews' correlation of always the same answer"
    assert quick.baselines["paraphrase_majority"] > 0.7, "F1 of always yes, where two thirds are"
    assert 0.4 < quick.baselines["sentiment_majority"] < 0.6


def test_macro(quick):
    for row in ("mean_of_embeddings", "bidirectional_GRU"):
        scores = [quick.metrics[f"{task}_{row}"] for task in TASKS]
        assert quick.metrics[f"macro_{row}"] == pytest.approx(np.mean(scores), abs=1e-5)
    majority = np.mean([quick.baselines[f"{task}_majority"] for task in TASKS])
    assert quick.baselines["macro_majority"] == pytest.approx(majority, abs=1e-5)


def test_it_learned_and_a_bag_cannot_see_an_order(quick):
    assert quick.metrics["sentiment_mean_of_embeddings"] > quick.baselines["sentiment_majority"] + 0.05
    assert abs(quick.metrics["acceptability_mean_of_embeddings"]) < 0.2


def test_a_folder_in_the_format_of_glue(tmp_path):
    (tmp_path / "mine").mkdir()
    rows = [f"{i}\t{a}\t{b}\t{label}" for i in range(20) for a, b, label in
            (("A cat sat.", "A cat sat down.", 1), ("A dog ran.", "The sun is hot.", 0))]
    for name in ("train.tsv", "dev.tsv"):
        (tmp_path / "mine" / name).write_text("index\tsentence1\tsentence2\tlabel\n" + "\n".join(rows) + "\n", encoding="utf-8")
    found = Quick("glue", tmp_path, "--data", "mine")
    assert found.metrics["mine_mean_of_embeddings"] == 1.0


def test_wrong_calls(tmp_path):
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="glue"), "nowhere", "fix: ")
    assert_refused(run("--data", "colla", folder=tmp_path, demo="glue"), "did you mean 'cola'?")
