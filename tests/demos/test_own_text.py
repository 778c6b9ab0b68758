"""demos/support/own_text.py: what is trained on one's own data, and how long, follows from how much there is.

The rule is that of demos/README.md: the settings of the measured corpus nearest in size, and passes by the square root.
What runs without --data, or on a named corpus, is written down here as it was before there was a rule.
"""

from __future__ import annotations

import argparse

import pytest
from test_demos import DEMOS


@pytest.fixture(autouse=True)
def demo_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DEMOS))


def options(data: str | None, **flags) -> argparse.Namespace:
    usual = {"quick": False, "epochs": None, "level": None, "kind": None, "post_norm": False, "positions": "sinusoidal",
             "unlabelled": None, "task": None, "seconds": None, "labels": None, "cut": None}
    return argparse.Namespace(data=data, **{**usual, **flags})


def text_of(tokens: int) -> dict[str, list[list[str]]]:
    return {"train": [["a"] * tokens]}


def test_the_nearest_by_ratio_and_the_square_root():
    from support.own_text import suited

    measured = {100: "small", 900: "large"}
    assert suited(measured, 100) == ("small", 1.0)
    assert suited(measured, 299) == ("small", pytest.approx(2.99**0.5)), "299 is nearer to 100 than to 900: 2.99 < 3.01 times"
    assert suited(measured, 301) == ("large", pytest.approx((301 / 900)**0.5))
    assert suited(measured, 3600) == ("large", 2.0)
    assert suited(measured, 0)[0] == "small", "an empty text is refused elsewhere, with its own message"


def test_four_times_as_much_is_read_half_as_often():
    from support.own_text import epochs_for, passes

    assert [epochs_for("my.txt", 8, 1000, n) for n in (250, 1000, 4000, 16_000, 10**9)] == [16, 8, 4, 2, 1]
    assert passes(8, 0.5) == 16
    for named in (None, "ptb", "mr"):
        assert {epochs_for(named, 8, 1000, n) for n in (250, 1000, 4000)} == {8}, "what was measured stays"


def test_rnn_lm_without_data_and_on_named_corpora_is_what_it_was():
    from support.rnn_lm_run import settings_of

    for n in (10, 169_086, 1_000_000):
        assert settings_of(options(None), text_of(n)) == (
            "characters", "gru", {"embedding_size": 64, "hidden_size": 192, "dropout": 0.2}, 4e-3, 16, 48, 7)
        assert settings_of(options("tinyshakespeare"), text_of(n)) == (
            "characters", "lstm", {"embedding_size": 64, "hidden_size": 256, "dropout": 0.2}, 3e-3, 32, 64, 6)
        assert settings_of(options("ptb"), text_of(n)) == (
            "words", "lstm", {"embedding_size": 128, "hidden_size": 256, "dropout": 0.35}, 2e-3, 20, 35, 8)
        assert settings_of(options("tang"), text_of(n)) == (
            "lines", "gru", {"embedding_size": 96, "hidden_size": 192, "dropout": 0.4}, 3e-3, 16, 21, 8)


def test_the_gru_on_a_book():
    """On 3 MB (2.7 million characters to train on) a GRU with dropout .2, for ten passes, was worse than its 5-gram."""
    from support.rnn_lm_run import settings_of

    book = settings_of(options("book.txt"), text_of(2_700_000))
    assert book.sizes["dropout"] == 0
    updates = book.epochs * 2_700_000 // (book.batch_size * book.window)
    assert 8000 < updates < 20_000, "not the 35,000 that ten passes are"
    assert settings_of(options("book.txt", epochs=9), text_of(2_700_000)).epochs == 9, "flags win"
    assert settings_of(options("book.txt", kind="rnn"), text_of(2_700_000)).kind == "rnn"
    assert settings_of(options("book.txt", level="words"), text_of(500_000)).sizes["hidden_size"] == 256, "as ptb"
    assert settings_of(options("short.txt"), text_of(180_000)).sizes["dropout"] > 0


def test_more_text_is_read_less_often_and_trained_on_for_longer():
    from support.rnn_lm_run import settings_of

    for level in ("characters", "words", "lines"):
        amounts = [10_000, 40_000, 160_000, 640_000, 2_560_000, 10_240_000]
        made = [settings_of(options("my.txt", level=level), text_of(n)) for n in amounts]
        read = [found.epochs * n for found, n in zip(made, amounts, strict=True)]
        assert read == sorted(read), level
        assert made[0].epochs > 2 * made[-1].epochs, level


def test_the_transformer_is_given_time_by_the_amount_of_text():
    from support.transformer_run import settings_of

    for n in (10_000, 2_700_000):
        sizes, updates, rate = settings_of(options(None), n)
        assert (sizes["d_model"], sizes["num_layers"], sizes["max_length"], updates, rate) == (96, 1, 48, 450, 8e-3)
        sizes, updates, rate = settings_of(options("tinyshakespeare"), n)
        assert (sizes["d_model"], sizes["num_layers"], sizes["max_length"], updates, rate) == (128, 3, 64, 3600, 3e-3)
    book = settings_of(options("book.txt"), 2_700_000)
    assert book.sizes["d_model"] == 128
    assert book.updates == pytest.approx(3600 * (2_700_000 / 1_004_000)**0.5, abs=1), "not as few as on the embedded text"


def test_the_other_lessons_follow_the_rule_and_named_corpora_stay():
    from support import classifier_settings, electra_run, elmo_run, finetune_texts, latent_runs, long_documents, nnlm_run
    from support import word_vectors_run as word_vectors

    def epochs(data, amount):
        chosen = options(data)
        sentences = [["a"]] * amount
        examples = [(["a"], 0)] * amount
        return {
            "nnlm": nnlm_run.settings_of(chosen, sentences).epochs,
            "finetune": finetune_texts.pretraining_epochs(chosen, sentences),
            "elmo": elmo_run.settings_for(chosen, examples).epochs,
            "longformer": long_documents.settings_for(chosen, examples).epochs,
            "vae_lm": latent_runs.with_epochs(latent_runs.setting(chosen), chosen, sentences).epochs,
            "word_vectors": word_vectors.settings_of(chosen, amount)[0],
            "birnn": classifier_settings.by_amount(
                classifier_settings.birnn_settings(data, False, None), chosen, amount).epochs,
        }

    before = {"nnlm": 5, "finetune": 3, "elmo": 5, "longformer": 4, "vae_lm": 8, "word_vectors": 15, "birnn": 4}
    assert epochs("mr", 100) == epochs("mr", 100_000) == before
    few, many = epochs("my.txt", 100), epochs("my.txt", 100_000)
    for lesson in before:
        assert few[lesson] > many[lesson] >= 1, lesson

    seconds = [electra_run.settings_for(options("my.txt"), [["a"] * n]).seconds for n in (221_875, 887_500, 3_550_000)]
    assert seconds == pytest.approx([120, 240, 480])
    assert electra_run.settings_for(options("ptb"), [["a"]]).seconds == 240
    assert electra_run.settings_for(options("my.txt", seconds=9), [["a"]]).seconds == 9
    assert nnlm_run.settings_of(options("ptb"), [["a"]]).epochs == 3
    assert nnlm_run.settings_of(options("my.txt"), [["a"] * 887_500]) == nnlm_run.LONG
