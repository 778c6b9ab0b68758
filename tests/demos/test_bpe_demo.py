"""demos/bpe.py as a program: pieces get fewer, nothing is unknown, and text of one's own works, Chinese too."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree

import pytest
from test_demos import DEMOS, assert_refused, run

pytest.importorskip("matplotlib", reason="matplotlib is not installed: demos draw their figures with it")
FIGURES = ["merges.svg", "vocabulary.svg"]


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bpe")
    done = run("--quick", "--out", "out", folder=folder, demo="bpe")
    assert done.returncode == 0, done.stderr
    return folder, done, json.loads((folder / "out" / "metrics.json").read_text(encoding="utf-8"))


def test_metrics_and_figures(quick):
    folder, done, record = quick
    assert (record["demo"], record["seed"], record["quick"], record["figures"]) == ("bpe", 0, True, FIGURES)
    assert all(isinstance(x, float) for part in ("metrics", "baselines") for x in record[part].values())
    for name in FIGURES:
        assert len(list(ElementTree.parse(folder / "out" / name).getroot().iter())) > 50
    assert sorted(path.name for path in folder.iterdir()) == ["out"], "nothing is written elsewhere"
    assert "merging" in done.stderr, "a progress bar"
    assert "Warning" not in done.stderr


def test_something_was_learned(quick):
    _, _, record = quick
    metrics, baselines = record["metrics"], record["baselines"]
    assert metrics["merges"] == 300
    assert 1 <= metrics["pieces_per_word_held_out"] < 0.5 * baselines["pieces_per_word_characters"]
    assert metrics["unknown_percent"] == 0
    assert baselines["unknown_percent_words_same_size"] > baselines["unknown_percent_all_words"] > 0
    assert metrics["longest_first_differs_percent"] > 0
    assert metrics["bytes_decoded_equal"] == 1


def test_the_four_words_of_the_paper(quick):
    _, done, _ = quick
    lines = done.stdout.splitlines()
    assert lines[1].split()[:4] == ["e", "+", "s", "9"]
    assert lines[10].split()[-4:] == ["low_", "lo|w|e|r_", "newest_", "widest_"]
    assert "decoded again equal: True" in done.stdout


def test_chinese_text_of_ones_own(tmp_path):
    poem = ["床前明月光", "疑是地上霜", "举头望明月", "低头思故乡"]
    (tmp_path / "poem.txt").write_text("\n".join(poem * 10), encoding="utf-8")
    done = run("--quick", "--data", "poem.txt", "--out", "out", folder=tmp_path, demo="bpe")
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert record["data"] == "poem.txt"
    assert record["metrics"]["pieces_per_word"] == 1
    assert record["metrics"]["unknown_percent"] == 0
    assert record["metrics"]["merges"] == 16, "four for each line; and 月 at the end of a line is another symbol than within"


def test_chinese_words_are_what_is_between_marks(tmp_path, monkeypatch):
    """A whole line had been a word, of which every one is different, and 2.9 MB of them had taken 15 minutes."""
    monkeypatch.syspath_prepend(str(DEMOS))
    from support.bpe_text import pretokenized

    assert pretokenized("床前明月光，疑是地上霜。") == ["床前明月光", "，", "疑是地上霜", "。"]
    assert pretokenized("it's 我爱NLP,真的!! コーヒー") == ["it's", "我爱", "NLP", ",", "真的", "!!", "コーヒー"]
    assert pretokenized("don't, x-y_z 3.5 यह हिन्दी है।") == ["don't,", "x-y_z", "3.5", "यह", "हिन्दी", "है।"], "as it was"
    (tmp_path / "poem.txt").write_text("床前明月光，疑是地上霜。\n举头望明月，低头思故乡。\n" * 10, encoding="utf-8")
    done = run("--quick", "--data", "poem.txt", "--out", "out", folder=tmp_path, demo="bpe")
    assert done.returncode == 0, done.stderr
    assert "6 different" in done.stdout, "four clauses, a comma and a full stop"


def test_wrong_calls(tmp_path):
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="bpe"), "nowhere", "fix: ")
    (tmp_path / "short.txt").write_text("one line\n", encoding="utf-8")
    assert_refused(run("--data", "short.txt", folder=tmp_path, demo="bpe"), "too few", "fix: ")
    for flags, said in ((["--merges", "3"], "--merges 3: at least 10"), (["--epochs", "2"], "--epochs")):
        done = run(*flags, folder=tmp_path, demo="bpe")
        assert done.returncode == 2
        assert said in done.stderr.splitlines()[-1]
