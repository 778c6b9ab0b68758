"""demos/bleu.py as a program: by hand equals the library and sacrebleu, and each way to fool it is shown in numbers."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree

import pytest
from test_demos import assert_refused, run

pytest.importorskip("matplotlib", reason="matplotlib is not installed: demos draw their figures with it")
FIGURES = ["matches.svg", "scores.svg"]


def record_of(folder):
    return json.loads((folder / "out" / "metrics.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bleu")
    done = run("--quick", "--out", "out", folder=folder, demo="bleu")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return folder, done, record_of(folder)


def test_metrics_and_figures(quick):
    folder, _, record = quick
    assert (record["demo"], record["seed"], record["quick"], record["figures"]) == ("bleu", 0, True, FIGURES)
    assert all(isinstance(x, float) for part in ("metrics", "baselines") for x in record[part].values())
    for name in FIGURES:
        assert len(list(ElementTree.parse(folder / "out" / name).getroot().iter())) > 50
    assert sorted(path.name for path in folder.iterdir()) == ["out"], "nothing is written elsewhere"


def test_every_step_by_hand(quick):
    _, done, record = quick
    metrics = record["metrics"]
    assert metrics["example"] == pytest.approx(100 * (6 / 8 * 5 / 7 * 4 / 6 * 3 / 5) ** 0.25, abs=1e-6)
    assert metrics["bleu_by_hand"] == metrics["bleu"]
    assert "2 match, 7 as the notes write it, of 7" in done.stdout
    assert metrics["bleu"] > record["baselines"]["bleu_source_copied"]


def test_equal_to_sacrebleu(quick):
    pytest.importorskip("sacrebleu", reason="sacrebleu is not installed")
    _, done, record = quick
    assert record["metrics"]["largest_difference_to_sacrebleu"] < 1e-9
    assert done.stdout.count("(sacrebleu ") == 13


def test_what_goes_wrong_is_shown(quick):
    _, _, record = quick
    metrics = record["metrics"]
    assert metrics["bleu_unclipped"] > metrics["bleu"], "without clipping"
    assert metrics["bleu_no_penalty"] > metrics["bleu"], "without brevity penalty"
    assert metrics["bleu_swapped"] != metrics["bleu"]
    assert metrics["mean_of_sentences_none"] < metrics["bleu"], "sentences without a match of four words count 0"
    assert metrics["zero_sentences_percent"] > 50
    assert metrics["bleu_shuffled"] >= metrics["bleu"], "in whatever order"
    scores = [metrics[f"tokeniser_{name}"] for name in ("none", "13a", "char", "moses", "bpe")]
    assert len(set(scores)) == 5
    assert max(scores) > 3 * min(scores)


@pytest.mark.parametrize(("language", "lines", "tokenizer"), [
    ("en", [("The dog's asleep, isn't it?", "The dog is asleep, isn't it?"), ("A cat", "A cat sat.")], "13a"),
    ("zh", [("我昨天在北京。", "昨天我在北京。"), ("他有2.5元", "他有2.5元。")], "zh")])
def test_outputs_of_ones_own(tmp_path, language, lines, tokenizer):
    for side, name in enumerate(("out.txt", "ref.txt")):
        (tmp_path / name).write_text("".join(pair[side] + "\n" for pair in lines), encoding="utf-8")
    done = run("--data", "out.txt,ref.txt", "--out", "out", folder=tmp_path, demo="bleu")
    assert done.returncode == 0, done.stderr
    assert f"tok:{tokenizer}|" in done.stdout
    record = record_of(tmp_path)
    assert record["baselines"] == {}
    assert 0 < record["metrics"]["bleu"] < 100


def test_nothing_in_common(tmp_path):
    (tmp_path / "pair.tsv").write_text("a b c\tx y z\n", encoding="utf-8")
    done = run("--data", "pair.tsv", "--out", "out", folder=tmp_path, demo="bleu")
    assert done.returncode == 0, done.stderr
    assert record_of(tmp_path)["metrics"]["bleu"] == 0


def test_wrong_calls(tmp_path):
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="bleu"), "nowhere", "fix: ")
    (tmp_path / "a").write_text("one\ntwo\n", encoding="utf-8")
    (tmp_path / "b").write_text("one\n", encoding="utf-8")
    assert_refused(run("--data", "a,b", folder=tmp_path, demo="bleu"), "2 lines", "fix: ")
    done = run("--epochs", "2", folder=tmp_path, demo="bleu")
    assert done.returncode == 2
    assert "--epochs" in done.stderr.splitlines()[-1]
