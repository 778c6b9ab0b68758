"""demos/electra.py: what was replaced is found, every token is a lesson, and one's own text and labels work."""

from __future__ import annotations

import json

import pytest
from quick import write_labelled
from quick_run import assert_well_formed, quick_run
from test_demos import assert_refused, run


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("electra", tmp_path_factory.mktemp("electra"))


def test_record(quick):
    assert_well_formed(quick, "electra", ["replaced.svg", "curves.svg", "accuracy.svg"])


def test_it_finds_what_was_replaced(quick):
    assert quick.metrics["auc"] > 0.55, "0.5 is guessing; there are 50 updates"
    assert 0.05 < quick.metrics["share_replaced"] < 0.15, "fewer than were chosen: some samples are the true word"
    assert quick.baselines["accuracy_always_original"] == pytest.approx(1 - quick.metrics["share_replaced"])
    assert quick.baselines["auc_trigram"] > 0.8, "the sentences are short"
    assert quick.metrics["generator_masked_accuracy"] > quick.baselines["masked_accuracy_most_frequent_word"]


def test_every_token_is_a_lesson(quick):
    assert quick.metrics["share_of_tokens_with_a_loss_electra"] == 1
    for name in ("electra_15", "masked_lm"):
        assert 0.1 < quick.metrics[f"share_of_tokens_with_a_loss_{name}"] < 0.2
    assert quick.metrics["auc_electra"] > quick.metrics["auc_electra_15"]
    assert quick.metrics["updates_masked_lm"] == 1.5 * quick.metrics["updates_electra"], "one network in place of two"


def test_all_are_compared_on_the_same_task(quick):
    for name in ("electra", "masked_lm", "scratch"):
        assert 0.3 < quick.metrics[f"test_accuracy_{name}"] <= 1
        assert quick.metrics[f"standard_deviation_{name}"] >= 0
    assert quick.baselines["majority_accuracy"] == 0.5, "half of the sentences are right"
    assert quick.baselines["trigram_surprise_accuracy"] > 0.85, "swapped words can be counted"


def test_ones_own_text_and_labels_kept_and_loaded(tmp_path):
    lines = ["猫 坐 在 垫子 上", "狗 坐 在 椅子 上", "鸟 看 着 那 只 猫", "the cat sat on the mat"] * 30
    (tmp_path / "own.txt").write_text("\n".join(lines), encoding="utf-8")
    write_labelled(tmp_path / "labels.tsv", chinese=True)
    shared = ["--quick", "--data", "own.txt"]
    done = run(*shared, "--seconds", "1", "--save", "m", "--out", "a", folder=tmp_path, demo="electra")
    assert done.returncode == 0, done.stderr
    assert "seed 0" not in done.stdout, "no labels, nothing to fine-tune on"
    done = run(*shared, "--load", "m", "--out", "b", folder=tmp_path, demo="electra")
    assert done.returncode == 0, done.stderr
    first, second = (json.loads((tmp_path / out / "metrics.json").read_text(encoding="utf-8")) for out in "ab")
    assert second["metrics"]["auc"] == pytest.approx(first["metrics"]["auc"], abs=1e-6)
    assert second["figures"] == ["replaced.svg"], "there is no training to draw"
    done = run(*shared, "--task", "labels.tsv", "--labels", "30", "--out", "c", folder=tmp_path, demo="electra")
    assert done.returncode == 0, done.stderr
    third = json.loads((tmp_path / "c" / "metrics.json").read_text(encoding="utf-8"))
    assert third["data"] == "own.txt+labels.tsv"
    assert third["metrics"]["test_accuracy_electra"] > 0


def test_wrong_calls(tmp_path):
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="electra"), "nowhere", "fix: ")
    (tmp_path / "plain.txt").write_text("no label here\n" * 20, encoding="utf-8")
    assert_refused(run("--quick", "--task", "plain.txt", folder=tmp_path, demo="electra"), "plain.txt")
    assert_refused(run("--load", "nowhere", folder=tmp_path, demo="electra"), "nowhere")
    for wrong in (["--labels", "0"], ["--seconds", "-1"]):
        done = run(*wrong, folder=tmp_path, demo="electra")
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
