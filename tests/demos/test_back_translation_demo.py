"""demos/back_translation.py: what a machine wrote is never a target, what is tested is never read, both signs are reported."""

from __future__ import annotations

import pytest
from quick_run import assert_well_formed, quick_run
from test_demos import DEMOS, assert_refused, run


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("back_translation", tmp_path_factory.mktemp("back_translation"))


@pytest.fixture
def pairing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(DEMOS))
    from support import monolingual

    return monolingual


def test_record(quick):
    assert_well_formed(quick, "back_translation", ["change.svg", "amount.svg"])
    assert quick.metrics["bleu_change"] == pytest.approx(quick.metrics["bleu_with"] - quick.baselines["bleu_without"], abs=1e-4)
    assert quick.metrics["pairs"] < 0.2 * quick.metrics["monolingual"]
    assert {"bleu_with_a_quarter", "bleu_with_seed0"} <= set(quick.metrics)


def test_something_was_learned(quick):
    """Of the model from the pairs; the others have not begun to by 70 updates."""
    assert quick.baselines["bleu_without"] > 1


def test_a_gain_and_a_loss_have_their_names(quick):
    change = quick.metrics["bleu_change"]
    assert f"mean change {change:+.2f} BLEU" in quick.out
    assert ("a gain" if change > 0 else "a loss") in quick.out


def test_no_leak_and_no_machine_on_the_target_side(quick):
    assert quick.metrics["targets_from_the_test"] == 0
    assert quick.metrics["targets_not_by_people"] == 0


def test_synthetic_text_is_a_source_and_never_a_target(pairing):
    monolingual = [["the", "dog"], ["the", "cat"], ["a", "mouse"]]
    made = [["MACHINE", "1"], [], ["MACHINE", "3"]]
    asked = []
    pairs = pairing.synthetic_pairs(monolingual, lambda sentences: asked.extend(sentences) or made)
    assert asked == monolingual
    assert pairs == [(["MACHINE", "1"], ["the", "dog"]), (["MACHINE", "3"], ["a", "mouse"])], "each with its own sentence"
    assert not any("MACHINE" in target for _, target in pairs)


def test_no_answer_of_the_test_is_read(pairing):
    """Two sources may have one translation: a split by source alone lets it into both."""
    train = [([f"s{i}"], [f"t{i}"]) for i in range(100)] + [(["another", "source"], ["the", "answer"])] * 5
    held_out = [(["test", "source"], ["the", "answer"]), (["v"], ["t7"])]
    for seed in range(5):
        pairs, monolingual = pairing.divide(train, held_out, 0.1, seed)
        assert len(pairs) == 10
        assert ["the", "answer"] not in monolingual
        assert ["t7"] not in monolingual
        assert all(pair in train for pair in pairs)
    again = pairing.divide(train, held_out, 0.1, 4)
    assert again == (pairs, monolingual)
    assert pairing.divide(train, held_out, 0.1, 5)[0] != pairs


def test_pairs_are_not_in_the_monolingual_text_and_the_source_side_is_gone(pairing):
    train = [([f"s{i}"], [f"t{i}"]) for i in range(50)]
    pairs, monolingual = pairing.divide(train, [], 0.2, 0)
    assert len(pairs) + len(monolingual) == 50
    assert not {tuple(t) for _, t in pairs} & {tuple(t) for t in monolingual}
    assert all(sentence[0].startswith("t") for sentence in monolingual)


def test_wrong_calls(tmp_path):
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="back_translation"), "nowhere", "fix: ")
    for wrong in (["--share", "0"], ["--share", "1"], ["--seeds", "0"], ["--source", "fr"]):
        done = run(*wrong, folder=tmp_path, demo="back_translation")
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), wrong
