"""demos/nnlm.py: the network learns, the mixture is better than either part, and the probabilities sum to 1."""

from __future__ import annotations

import pytest
from quick_run import assert_well_formed, quick_run
from test_demos import assert_refused, run


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("nnlm", tmp_path_factory.mktemp("nnlm"))


def test_record(quick):
    assert_well_formed(quick, "nnlm", ["cost.svg", "perplexity.svg"])
    assert {f"{split}_perplexity_{n}gram" for split in ("validation", "test") for n in (1, 2, 3, 5)} <= set(quick.baselines)


def test_it_learns_more_than_which_words_are_frequent(quick):
    for split in ("validation", "test"):
        assert quick.metrics[f"{split}_perplexity"] < 0.7 * quick.baselines[f"{split}_perplexity_1gram"]


def test_it_knows_which_words_are_alike(quick):
    assert quick.metrics["nnlm_gap"] < 1e-5, "the lesson's own is the library's"
    assert quick.metrics["alike_perplexity"] < 0.8 * quick.baselines["alike_perplexity_2gram"]
    assert quick.metrics["alike_perplexity"] > quick.baselines["alike_perplexity_true"]
    assert quick.metrics["alike_neighbours"] > 0.6 > 5 * quick.baselines["alike_neighbours_by_chance"]


def test_both_together_are_better_than_either(quick):
    mixed = quick.metrics["validation_perplexity_mixed"]
    assert mixed < quick.metrics["validation_perplexity"]
    assert mixed < quick.baselines["validation_perplexity_3gram"]


def test_probabilities_sum_to_1(quick):
    assert quick.metrics["largest_error_of_sum"] < 1e-4


def test_classes_are_cheaper(quick):
    assert quick.metrics["step_speedup"] > 1.1, "with 1,500 words; with the 10,000 of the Penn Treebank more than 4"


def test_chinese_and_the_full_softmax(tmp_path):
    lines = ["我 爱 北京 天安门", "天安门 上 太阳 升", "床前明月光，疑是地上霜。", "举头望明月，低头思故乡。"]
    (tmp_path / "own.txt").write_text("\n".join(lines * 30), encoding="utf-8")
    done = run("--quick", "--data", "own.txt", "--softmax", "full", "--context", "2", folder=tmp_path, demo="nnlm")
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    assert "明" in done.stdout, "by character"


def test_wrong_calls(tmp_path):
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="nnlm"), "nowhere", "fix: ")
    (tmp_path / "short.txt").write_text("one line\n", encoding="utf-8")
    assert_refused(run("--data", "short.txt", folder=tmp_path, demo="nnlm"), "at least 10")
    done = run("--context", "0", folder=tmp_path, demo="nnlm")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
