"""demos/seq2seq.py: both models learn, teacher forcing flatters, and the data may be one's own, or Chinese."""

from __future__ import annotations

import json

import pytest
from quick_run import assert_well_formed, quick_run
from test_demos import DEMOS, assert_refused, run

from tinydawn import text

FIGURES = ["length.svg", "curves.svg", "alignment_1.svg", "alignment_2.svg", "attention_steps.svg", "padding.svg",
           "teacher_forcing.svg", "network_attention.svg", "network_no_attention.svg"]


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("seq2seq", tmp_path_factory.mktemp("seq2seq"))


def test_record(quick):
    assert_well_formed(quick, "seq2seq", FIGURES)
    assert {"bleu_attention", "bleu_no_attention", "cpu_seconds_attention", "cpu_seconds_no_attention"} <= set(quick.metrics)


def test_both_learn(quick):
    for name in ("attention", "no_attention"):
        assert quick.baselines["perplexity_true"] < quick.metrics[f"validation_perplexity_{name}"] < 15, "untrained: about 250"


def test_they_had_about_the_same_time(quick):
    ratio = quick.metrics["cpu_seconds_no_attention"] / quick.metrics["cpu_seconds_attention"]
    assert 0.5 < ratio < 2, ratio


def test_teacher_forcing_flatters(quick):
    """Left on at test it gives a number that no translation has."""
    assert quick.metrics["accuracy_teacher_forced"] > quick.metrics["accuracy_free_running"] + 0.05
    assert "running free" in quick.out


def test_one_wrong_word_makes_the_next_harder(quick):
    assert quick.metrics["nats_after_mistake"] > quick.metrics["nats_after_truth"] + 0.5


def test_padding_changes_nothing_but_without_its_mask(quick):
    assert quick.metrics["padding_changes"] < 1e-4
    assert quick.metrics["percent_on_padding"] > 1
    assert quick.metrics["padding_percent_sorted"] < quick.metrics["padding_percent_shuffled"]


def test_what_is_right_after_true_words(monkeypatch: pytest.MonkeyPatch):
    """Of the made-up language all translations are known: a mistake is what begins none of them."""
    monkeypatch.syspath_prepend(str(DEMOS))
    from support.seq2seq_report import right_ids

    pair = ["der", "hund", "weint", "."], ["the", "dog", "weeps", "."]
    vocab = text.Vocab.build([["the", "dog", "cries", "weeps", ".", "cat"]])
    specials = {"<pad>", "<s>", "<unk>"}
    assert {vocab.tokens[i] for i in right_ids(pair, 3, vocab, toy=True)} == {"weeps", "cries"} | specials
    assert {vocab.tokens[i] for i in right_ids(pair, 3, vocab, toy=False)} == {"weeps"} | specials
    assert {vocab.tokens[i] for i in right_ids(pair, 5, vocab, toy=True)} == {"</s>"} | specials


def test_chinese_of_ones_own(tmp_path):
    pairs = [(f"i see {n} {a} dogs", f"我看见{m}只{b}狗") for n, m in (("two", "两"), ("three", "三"), ("ten", "十"))
             for a, b in (("big", "大"), ("small", "小"), ("black", "黑"), ("white", "白"))] * 12
    (tmp_path / "own.tsv").write_text("".join(f"{s}\t{t}\n" for s, t in pairs), encoding="utf-8")
    flags = ["--quick", "--data", "own.tsv", "--source", "en", "--target", "zh", "--epochs", "2"]
    done = run(*flags, folder=tmp_path, demo="seq2seq")
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "out" / "seq2seq" / "metrics.json").read_text(encoding="utf-8"))
    assert "alignment_1.svg" in record["figures"]
    assert "bleu_true_best" not in record["baselines"]


def test_wrong_calls(tmp_path):
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="seq2seq"), "nowhere", "fix: ")
    done = run("--source", "fr", folder=tmp_path, demo="seq2seq")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    (tmp_path / "few.tsv").write_text("a\tb\n" * 5, encoding="utf-8")
    assert_refused(run("--data", "few.tsv", folder=tmp_path, demo="seq2seq"), "5 sentence pairs", "at least 100")


def test_tatoeba_is_english_to_chinese_unless_asked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(DEMOS))
    from support import parallel

    asked = []
    monkeypatch.setattr(text, "load_parallel", lambda data, name, source, target: asked.append((name, source, target)) or [])
    parallel.splits("tatoeba", "de", "en", seed=0, quick=False)
    assert asked == [("train", "en", "zh"), ("val", "en", "zh"), ("test", "en", "zh")]
    parallel.splits("tatoeba", "zh", "en", seed=0, quick=False)
    assert asked[-1] == ("test", "zh", "en")
