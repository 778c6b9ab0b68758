"""demos/transformer.py: attention by hand, a model that learns, two languages, writing from kept keys, a kept model."""

from __future__ import annotations

import json

import pytest
from quick_run import assert_well_formed, quick_run
from test_demos import assert_refused, run

FIGURES = ["nats.svg", "positions.svg", "winners.svg", "heads.svg", "probabilities.svg"]


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("transformer", tmp_path_factory.mktemp("transformer"))


def test_record(quick):
    assert_well_formed(quick, "transformer", FIGURES)


def test_it_learns_more_than_which_letters_are_frequent(quick):
    assert quick.metrics["validation_nats"] < quick.baselines["validation_nats_1gram"] - 0.4
    assert quick.baselines["cpu_seconds_lstm"] == pytest.approx(quick.metrics["cpu_seconds_transformer"], rel=0.2)
    assert quick.baselines["validation_nats_lstm"] < quick.baselines["validation_nats_1gram"]


def test_attention_in_four_lines_is_the_library_s(quick):
    assert quick.metrics["layer_gap"] < 1e-5


def test_letters_are_copied(quick):
    assert quick.metrics["copy_nats_transformer_4"] < 0.5 * quick.baselines["copy_nats_guessed"]
    assert quick.metrics["light_nats_lstm"] < 1.1 * quick.baselines["light_nats_guessed"]


def test_kept_keys_and_values(quick):
    assert quick.metrics["cached_gap"] < 1e-4


def test_own_text_kept_and_loaded(tmp_path):
    (tmp_path / "own.txt").write_text("早发白帝城。\n千里江陵一日还。\nthe cat sat.\n" * 60, encoding="utf-8")
    shared = ["--quick", "--data", "own.txt", "--no-lstm", "--positions", "learned", "--post-norm"]
    done = run(*shared, "--save", "m", "--out", "a", folder=tmp_path, demo="transformer")
    assert done.returncode == 0, done.stderr
    done = run(*shared, "--load", "m", "--out", "b", folder=tmp_path, demo="transformer")
    assert done.returncode == 0, done.stderr
    assert "update/s" not in done.stderr, "it does not train"
    first, second = (json.loads((tmp_path / out / "metrics.json").read_text(encoding="utf-8")) for out in "ab")
    assert second["metrics"]["validation_nats"] == pytest.approx(first["metrics"]["validation_nats"], abs=1e-5)
    assert (first["figures"], second["figures"]) == (FIGURES, FIGURES[1:])
    assert "validation_nats_lstm" not in first["baselines"]


def test_wrong_calls(tmp_path):
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="transformer"), "nowhere", "fix: ")
    assert_refused(run("--load", "nowhere", folder=tmp_path, demo="transformer"), "nowhere")
    (tmp_path / "short.txt").write_text("too short\n" * 5, encoding="utf-8")
    assert_refused(run("--data", "short.txt", folder=tmp_path, demo="transformer"), "short.txt", "fix: ")
    done = run("--temperature", "0", folder=tmp_path, demo="transformer")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
