"""demos/bert.py: it learns what can be learnt, the loss is on chosen words alone, and what is kept is the same model."""

from __future__ import annotations

import json

import numpy as np
import pytest
from quick_run import assert_well_formed, quick_run
from test_demos import DEMOS, assert_refused, run

import tinydawn as td
from tinydawn.models.bert import BertForPreTraining
from tinydawn.nn import functional as F


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("bert", tmp_path_factory.mktemp("bert"))


@pytest.fixture
def masked(monkeypatch):
    monkeypatch.syspath_prepend(str(DEMOS))
    from support import masked

    return masked


def test_record(quick):
    assert_well_formed(quick, "bert", ["input.svg", "batch.svg", "accuracy.svg"])


def test_it_learns(quick):
    assert quick.metrics["masked_accuracy"] > quick.baselines["most_frequent_accuracy"] + 0.1
    assert quick.metrics["masked_accuracy_without_luck"] <= quick.baselines["best_possible_accuracy"], "a bound is a bound"


def test_shares_are_of_one_draw(quick):
    assert quick.metrics["share_masked"] == pytest.approx(0.8, abs=0.06)
    assert quick.metrics["share_replaced"] == pytest.approx(0.1, abs=0.05), "with a second draw .02"
    assert sum(quick.metrics[f"share_{name}"] for name in ("masked", "replaced", "kept")) == pytest.approx(1)


def test_words_that_stand_there_are_looked_at(quick):
    assert quick.metrics["visible_80_10_10"] > 0.2


def test_the_loss_is_on_chosen_words_alone(masked):
    """The logits are those of the chosen positions, and what is a target elsewhere changes neither loss nor gradient."""
    words = masked.sentences(None, "train")[:40]
    pieces = masked.vocabulary(words, 100, "words")
    examples = masked.encode(words, pieces, "words")
    batch = masked.masked_batch(examples, range(40), pieces, masked.never_masked(pieces, examples), np.random.default_rng(0))
    chosen = batch.targets >= 0
    assert 0.08 < chosen.sum() / batch.real.sum() < 0.2
    model = BertForPreTraining(len(pieces), hidden_size=16, hidden_dropout_prob=0.0)
    logits, _ = model(*batch[:3], chosen)
    assert logits.shape == (chosen.sum(), len(pieces))
    everywhere, _ = model(*batch[:3])
    over_chosen = F.cross_entropy(everywhere, batch.targets.reshape(-1)).item()
    assert F.cross_entropy(logits, batch.targets[chosen]).item() == pytest.approx(over_chosen, rel=1e-5)


def test_specials_are_never_asked_for(masked):
    words = [["[UNK]", "b", "c"]] * 50
    pieces = masked.vocabulary(words, 10, "words")
    examples = masked.encode(words, pieces, "words")
    never = masked.never_masked(pieces, examples)
    assert set(never) == {pieces.pad_id, pieces.cls_id, pieces.sep_id, pieces.mask_id}, "[UNK] is a word of this text"
    targets = np.concatenate([masked.masked_batch(examples, range(50), pieces, never, np.random.default_rng(seed)).targets.ravel()
                              for seed in range(20)])
    assert not set(never) & set(targets[targets >= 0])
    assert pieces.unk_id in targets
    plain = masked.encode([["b", "c"]], pieces, "words")
    assert pieces.unk_id in masked.never_masked(pieces, plain)


def test_masks_are_drawn_anew_and_held_out_ones_are_not(masked):
    words = masked.sentences(None, "validation")[:64]
    pieces = masked.vocabulary(words, 100, "words")
    examples = masked.encode(words, pieces, "words")
    never, rng = masked.never_masked(pieces, examples), np.random.default_rng(0)
    first, second = (masked.masked_batch(examples, range(64), pieces, never, rng).targets for _ in range(2))
    assert (first != second).any()
    for a, b in zip(masked.held_out(examples, pieces, never), masked.held_out(examples, pieces, never), strict=True):
        assert (a.targets == b.targets).all()
        assert (a.ids == b.ids).all()


def test_the_window_mean_is_a_bag_and_does_not_see_the_word_itself(masked):
    td.manual_seed(0)
    model = masked.WindowMean(20, 8, [0, 1, 2, 3, 4], window=2)
    assert model.embedding.weight is not model.output.weight, "tied, a word would have to predict itself"
    ids, place = np.array([[2, 7, 8, 9, 10, 11, 3]]), np.arange(7)[None] == 3

    def ask(row):
        return model(np.array([row]), None, None, place)[0].numpy()

    reference = ask(ids[0])
    np.testing.assert_allclose(ask([2, 7, 11, 9, 8, 10, 3]), reference, atol=1e-6, err_msg="order")
    np.testing.assert_array_equal(ask([2, 7, 8, 15, 10, 11, 3]), reference, "the word itself")
    assert (ask([2, 7, 15, 9, 10, 11, 3]) != reference).any()


def test_the_truth_about_a_hidden_word(masked):
    from support.small_language import posteriors, small_language

    everything, weights = small_language()
    assert weights.sum() == pytest.approx(1)
    pieces = masked.vocabulary(everything, 1000, "words")
    ids = np.array([masked.encode([f"{time} the [MASK] eats the fly".split()], pieces, "words")[0][0]
                    for time in ("by day", "by [MASK]")])
    targets = np.full(ids.shape, -100)
    targets[:, 4] = pieces["spider"]
    targets[1, 2] = pieces["day"]
    p = posteriors([(ids, None, None, targets)], pieces)
    assert p.shape == (3, len(pieces))
    np.testing.assert_allclose(p.sum(axis=1), 1)
    answers = [pieces["spider"], pieces["day"], pieces["spider"]]
    np.testing.assert_allclose(p[range(3), answers], 1, err_msg="only the spider eats flies")


def test_one_word_is_wrong_in_half_of_the_sentences(masked):
    from support.small_language import one_word_wrong, small_language

    everything, _ = small_language()
    right = {tuple(sentence) for sentence in everything}
    examples = one_word_wrong(200, 0)
    assert examples == one_word_wrong(200, 0)
    assert [label for _, label in examples] == [0, 1] * 100
    assert all((tuple(sentence) in right) == label for sentence, label in examples)
    for sentence, label in examples[:30]:
        if not label:
            differences = min(sum(a != b for a, b in zip(sentence, other, strict=True))
                              for other in right if len(other) == len(sentence))
            assert differences == 1


def test_the_batch_that_is_drawn_is_a_usual_one(masked):
    from support.bert_report import ten_rows

    kinds = np.zeros((30, 5), int)
    kinds[:, 2] = 1
    kinds[[0, 1, 11], 2] = 2
    kinds[[2, 12], 2] = 3
    rows = ten_rows(kinds)
    assert rows.tolist() == list(range(1, 11))
    assert ten_rows(kinds[:4]).tolist() == [0, 1, 2, 3]


def test_kept_and_loaded_with_pieces_of_words(tmp_path):
    lines = ["the cat sat on the mat", "the dogs sat near the cat", "a dog saw the mats", "猫 坐 在 垫子 上"] * 40
    (tmp_path / "own.txt").write_text("\n".join(lines), encoding="utf-8")
    shared = ["--quick", "--data", "own.txt", "--level", "pieces", "--whole-words", "--fill", "the [MASK] sat on the mat"]
    done = run(*shared, "--save", "m", "--out", "a", folder=tmp_path, demo="bert")
    assert done.returncode == 0, done.stderr
    done = run(*shared, "--load", "m", "--out", "b", folder=tmp_path, demo="bert")
    assert done.returncode == 0, done.stderr
    assert "unit" not in done.stderr
    first, second = (json.loads((tmp_path / out / "metrics.json").read_text(encoding="utf-8")) for out in "ab")
    assert second["metrics"]["masked_accuracy"] == first["metrics"]["masked_accuracy"]
    (tmp_path / "other.txt").write_text("\n".join(["один два три четыре", "пять шесть семь"] * 40), encoding="utf-8")
    assert_refused(run("--quick", "--data", "other.txt", "--load", "m", folder=tmp_path, demo="bert"), "vocabulary", "fix: ")


def test_wrong_calls(tmp_path):
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="bert"), "nowhere", "fix: ")
    assert_refused(run("--load", "nowhere", folder=tmp_path, demo="bert"), "nowhere")
