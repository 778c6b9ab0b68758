"""demos/birnn.py: it classifies, and the bidirectional language model is below what is possible, so it cheats."""

from __future__ import annotations

import pytest
from quick import Quick, write_labelled
from test_demos import assert_refused, run

pytest.importorskip("matplotlib", reason="matplotlib is not installed: demos draw their figures with it")


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return Quick("birnn", tmp_path_factory.mktemp("birnn"))


def test_record(quick):
    quick.assert_record("birnn", ["tagging.svg", "information_flow.svg"])


def test_it_classifies(quick):
    assert quick.metrics["test_accuracy"] > quick.baselines["majority_accuracy"] + 0.1


def test_two_readers(quick):
    assert quick.metrics["readers_gap"] < 1e-5, "the lesson's own are nn.GRU(bidirectional=True)"
    for reader, side in (("forward", "before"), ("backward", "after"), ("both", "before"), ("both", "after")):
        assert quick.metrics[f"tagging_{reader}_clue_{side}"] > 0.9
    for reader, side in (("forward", "after"), ("backward", "before")):
        assert quick.metrics[f"tagging_{reader}_clue_{side}"] == 0.5, "it has not read what tells the meaning"


def test_it_cheats(quick):
    true = quick.baselines["perplexity_true"]
    assert quick.metrics["perplexity_both_directions"] < 0.7 * true, "better than the best possible"
    assert quick.metrics["perplexity_one_direction"] > true
    assert quick.metrics["share_of_the_future_one_direction"] == 0
    assert quick.metrics["share_of_the_future_both_directions"] > 0.1


def test_padding(quick):
    assert quick.metrics["padding_changes_forward_with_lengths"] < 1e-6
    assert quick.metrics["padding_changes_backward_with_lengths"] < 1e-6
    assert quick.baselines["padding_changes_forward_without"] > 1e-3


def test_chinese(tmp_path):
    found = Quick("birnn", tmp_path, "--data", write_labelled(tmp_path / "own.tsv", chinese=True), "--cell", "lstm")
    assert found.metrics["perplexity_both_directions"] > 1


def test_wrong_calls(tmp_path):
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="birnn"), "nowhere", "fix: ")
    done = run("--cell", "qrnn", folder=tmp_path, demo="birnn")
    assert done.returncode == 2
    assert "--cell" in done.stderr.splitlines()[-1]
