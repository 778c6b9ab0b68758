"""What can be known before a training is said before it (issue 15, item 29: a word that is not in the text, after 200 seconds).

The lessons run in full, not --quick: a test that had to wait for a training would be seen. No progress bar may have begun.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import fonts
import pytest
from clock import PATIENCE
from quick import write_labelled
from test_demos import DEMOS, assert_refused, run

import tinydawn as td

USAGE = 2  # the exit code of argparse


def refused_at_once(folder: Path, demo: str, *arguments: Any, said: str) -> None:
    done = run(*arguments, folder=folder, demo=demo)
    if done.returncode == USAGE:
        assert said in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr
    else:
        assert_refused(done, said, "fix: ")
    assert "%|" not in done.stderr, "a progress bar: something was trained"
    assert not list(folder.rglob("*.svg"))


@pytest.mark.parametrize(("demo", "arguments", "said"), [
    ("word_vectors", ["--words", "integer,integr"], "'integr' is none of the"),
    ("elmo", ["--word", "xyzzy"], "--word xyzzy: not in the text"),
    ("birnn", ["--text", "gone.txt"], "'gone.txt' is neither a file nor a corpus"),
    ("birnn", ["--text", "nine.txt"], "too few for training, validation and test"),
    ("bow_classifier", ["--data", "rich.tsv", "--init", "lsa"], "make a matrix too large for the memory"),
    ("glue", ["--data", "good,scores"], "--data scores: its labels are scores"),
    ("glue", ["--data", "good,few"], "--data few: 4 examples to train on, at least 10"),
    ("bert", ["--fill", "the cat sat on the mat"], "there is no [MASK] in it"),
    ("bert", ["--fill", "[MASK] " * 200], "--fill: a sentence of 200 tokens"),
    ("rnn_lm", ["--top-k", "0"], "--top-k 0: at least 1"),
    ("rnn_lm", ["--temperature", "nan"], "--clip and --temperature: above 0"),
    ("rnn_lm", ["--clip", "nan"], "--clip and --temperature: above 0"),
    ("rnn_lm", ["--data", "short.txt"], "tokens for validation"),
    ("cnn_classifier", ["--max-norm", "nan"], "--max-norm above 0"),
    ("nnlm", ["--context", "1000000"], "--context 1000000: at least 1, at most 100"),
    ("beam_search", ["--translate", "xyzzy plugh"], "--translate: no word of it is known (xyzzy plugh)"),
    ("nnlm", ["--data", "short.txt"], "--data short.txt: "),
    ("electra", ["--data", "short.txt"], "words of held-out text to judge"),
    ("mlm_vs_cbow", ["--data", "pairs.txt", "--word", "a"], "no held-out sentence has four words"),
    ("back_translation", ["--data", "long.tsv"], "0 pairs, 0 target sentences"),
    ("layer_norm", ["--data", "short.txt"], "--data short.txt: 49 characters"),
    ("bptt", ["--data", "short.txt"], "--data short.txt: 49 tokens"),
])
def test_what_can_be_known_before(tmp_path, demo, arguments, said):
    (tmp_path / "short.txt").write_text("a bc\n" * 11, encoding="utf-8")
    (tmp_path / "nine.txt").write_text("a bc\n" * 9, encoding="utf-8")
    (tmp_path / "pairs.txt").write_text("a few\n" * 40, encoding="utf-8")
    (tmp_path / "long.tsv").write_text(("word " * 11 + "\t" + "word " * 11 + "\n") * 120, encoding="utf-8")
    words = [f"w{i}" for i in range(32_000)]
    lines = [f"{'ab'[i % 2]}\t{' '.join(words[1000 * i:1000 * i + 1000])}" for i in range(32)]
    lines *= 2  # so that no word is only among the few that are held out
    (tmp_path / "rich.tsv").write_text("\n".join(lines * 2), encoding="utf-8")
    for name, label, count in (("good", str, 60), ("few", str, 4), ("scores", "{}.5".format, 60)):
        folder = tmp_path / name
        folder.mkdir()
        rows = "".join(f"words of number {i}\t{label(i % 2)}\n" for i in range(count))
        for part in ("train.tsv", "dev.tsv"):
            (folder / part).write_text("sentence\tlabel\n" + rows, encoding="utf-8")
    refused_at_once(tmp_path, demo, *arguments, said=said)


def test_a_classifier_that_was_kept_for_other_classes(tmp_path):
    """longformer.py --load: said before its experiments, of which none needs the file."""
    from tinydawn.models import LongformerClassifier

    about = {"settings": {"width": 8, "heads": 2, "window": 4, "dropout": 0.0}, "tokens": td.text.Vocab([]).to_list()}
    model = LongformerClassifier(len(about["tokens"]), 3, **about["settings"])
    td.save(model.state_dict(), tmp_path / "m", {"model": "LongformerClassifier", "about": json.dumps(about)})
    write_labelled(tmp_path / "own.tsv")
    done = run("--data", "own.tsv", "--load", "m", folder=tmp_path, demo="longformer")
    assert done.returncode == 1
    assert "error: " in done.stderr
    assert "(3, 8)" in done.stderr
    assert "inputs seen" not in done.stdout


def test_unknown_words_are_said_before_the_training(tmp_path):
    done = run("--quick", "--epochs", "1", "--translate", "der hund xyzzy", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("not in the vocabulary, read as <unk>: xyzzy")


# --- whatever the lesson ---


@pytest.fixture
def results(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.syspath_prepend(str(DEMOS))
    from support.run import Results

    return Results("demo", argparse.Namespace(out=tmp_path / "out", seed=0, quick=False), "toy")


def test_letters_that_no_font_has_are_said_once(monkeypatch, capsys):
    """Not with the figures, which are drawn when the training is over."""
    monkeypatch.syspath_prepend(str(DEMOS))
    from support import labelled, panels

    panels._say_that_letters_are_missing.cache_clear()
    monkeypatch.setattr(panels, "can_show", lambda letters: "好" not in letters)
    labelled.load(None, 0, quick=True)
    assert capsys.readouterr().err == ""
    for _ in range(2):
        panels.check_letters([["good"], ["好"]])
    assert capsys.readouterr().err.count("no installed font has Chinese letters") == 1


def test_whether_there_is_a_font(recwarn):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from tinydawn.viz.figure import can_show

    assert can_show("good")
    assert can_show("好") == fonts.CHINESE
    assert not recwarn.list


def test_a_figure_that_cannot_be_written_costs_no_number(results, tmp_path, capsys):
    """A folder under the name of the figure: the numbers of the training are kept all the same."""
    (tmp_path / "out" / "map.svg").mkdir()

    def draw(path: Path) -> None:
        path.write_text("x")

    results.metric(accuracy=1.0)
    results.figure("map.svg", draw)
    results.write()
    assert "map.svg was not drawn: " in capsys.readouterr().err
    assert json.loads((tmp_path / "out" / "metrics.json").read_text())["metrics"] == {"accuracy": 1.0}


@pytest.mark.parametrize("missing", [True, False])
@pytest.mark.parametrize("graphs", [True, False])
def test_what_figures_need_is_said_to_be_missing_at_the_beginning(monkeypatch, tmp_path, capsys, missing, graphs):
    monkeypatch.syspath_prepend(str(DEMOS))
    from support import run as module

    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None if missing else object())
    monkeypatch.setattr(module, "find_renderer", lambda: None if missing else "dot")
    module.Results("demo", argparse.Namespace(out=tmp_path, seed=0, quick=False), "toy", graphs)
    said = capsys.readouterr().err.splitlines()
    matplotlib = "matplotlib is not installed, so most figures will not be drawn: pip install matplotlib"
    graphviz = "there is no Graphviz, so networks will not be drawn: pip install graphviz-pure"
    assert said == [matplotlib, graphviz][:1 + graphs] * missing


def test_too_little_memory_is_one_line(tmp_path):
    """NumPy's own _ArrayMemoryError came with a traceback."""
    code = f"""
import sys; sys.path.insert(0, {str(DEMOS)!r})
import numpy as np
from support import run
run.parse(run.arguments("x"))
np.ones((2**46,))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, cwd=tmp_path,
                          env={**os.environ, "PYTHONPATH": str(Path(td.__file__).parent.parent)})
    assert done.returncode == 1
    assert done.stderr.startswith("error: not enough memory (Unable to allocate 512. TiB")
    assert done.stderr.endswith("fix: less text, shorter lines or smaller sizes\n")
    assert len(done.stderr.splitlines()) == 2
