"""demos/rnn_lm.py: it learns, it writes, what is kept is the same model, and the GRU of the notes is PyTorch's."""

from __future__ import annotations

import json

import pytest
from quick_run import assert_well_formed, quick_run
from test_demos import assert_refused, run

FIGURES = ["probabilities.svg", "distance.svg", "gates.svg", "nats.svg"]


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("rnn_lm", tmp_path_factory.mktemp("rnn_lm"))


def test_record(quick):
    assert_well_formed(quick, "rnn_lm", FIGURES)


def test_it_learns_more_than_which_letters_are_frequent(quick):
    assert quick.metrics["validation_nats"] < quick.baselines["validation_nats_1gram"] - 0.2
    assert quick.baselines["validation_nats_5gram"] < quick.baselines["validation_nats_bigram"]


def test_the_steps_of_the_lesson_are_the_layers(quick):
    assert quick.metrics["rnn_step_gap"] < 1e-5
    assert quick.metrics["gru_step_gap"] < 1e-5


def test_the_notes_gru(quick):
    assert quick.metrics["gru_gap_notes"] > 0.1
    assert quick.metrics["gru_gap_mapped"] < 1e-6
    assert quick.metrics["gru_gap_cho"] > 0.01


def test_words_kept_and_loaded(tmp_path):
    lines = ["the cat sat on the mat", "the dog sat on the cat", "a dog saw the mat", "猫 坐 在 垫子 上"] * 40
    (tmp_path / "own.txt").write_text("\n".join(lines), encoding="utf-8")
    shared = ["--quick", "--data", "own.txt", "--level", "words", "--kind", "lstm"]
    done = run(*shared, "--save", "m", "--out", "a", folder=tmp_path, demo="rnn_lm")
    assert done.returncode == 0, done.stderr
    done = run(*shared, "--load", "m", "--out", "b", "--top-k", "2", folder=tmp_path, demo="rnn_lm")
    assert done.returncode == 0, done.stderr
    assert "training" not in done.stderr
    first, second = (json.loads((tmp_path / out / "metrics.json").read_text(encoding="utf-8")) for out in "ab")
    assert second["metrics"]["test_nats"] == pytest.approx(first["metrics"]["test_nats"], abs=1e-5)
    assert first["figures"] == FIGURES
    assert second["figures"] == FIGURES[:3], "there is no training to draw"


def test_lines_of_their_own(tmp_path):
    (tmp_path / "names.txt").write_text("\n".join(["anna", "hanna", "johanna", "nina", "李白", "杜甫"] * 30), encoding="utf-8")
    done = run("--quick", "--data", "names.txt", "--level", "lines", "--kind", "rnn", "--out", "out", folder=tmp_path,
               demo="rnn_lm")
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert record["figures"] == FIGURES


def test_wrong_calls(tmp_path):
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="rnn_lm"), "nowhere", "fix: ")
    assert_refused(run("--load", "nowhere", folder=tmp_path, demo="rnn_lm"), "nowhere")
    for wrong in (["--clip", "0"], ["--temperature", "-1"], ["--kind", "qrnn"]):
        done = run(*wrong, folder=tmp_path, demo="rnn_lm")
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
