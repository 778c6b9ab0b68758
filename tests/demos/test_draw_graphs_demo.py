"""The gallery of the lecture, all of it: read at the back of a hall, and in Chinese without a word of English."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from slides import LEAST, aspect, smallest
from test_demos import run

from tinydawn.viz import find_renderer

# What both languages write alike: functions, letters of the notes with their subscripts, what is not a number, tokens in <>.
SYMBOL = re.compile(r"tanh|exp|log|softmax|max|NaN|Inf|dL/d|Transformer|</?s>|[Wb]_\w+|\b\w_[a-z]\b|\b[A-Za-z]\b")
ENGLISH = re.compile(r"[A-Za-z]{2,}")


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """All pictures in Chinese, in one theme: their folder and their names."""
    if find_renderer() is None:
        pytest.skip("neither dot nor graphviz-pure is installed: this demo does nothing but draw with it")
    folder = tmp_path_factory.mktemp("gallery")
    done = run("--lang", "zh", "--theme", "light", "--out", "out", folder=folder, demo="draw_graphs")
    assert (done.returncode, done.stderr) == (0, "")
    figures = json.loads((folder / "out" / "metrics.json").read_text("utf-8"))["figures"]
    return folder / "out", [name for name in figures if name.endswith(".svg")]


def words_in(path: Path) -> list[str]:
    return ["".join(t.itertext()) for t in ElementTree.parse(path).getroot().iter() if t.tag.endswith("}text")]


def test_no_english_is_left_in_a_drawing_in_chinese(gallery):
    folder, names = gallery
    assert len(names) > 25
    left = {name: [text for text in words_in(folder / name) if ENGLISH.search(SYMBOL.sub(" ", text))] for name in names}
    assert {name: texts for name, texts in left.items() if texts} == {}
    assert all(any("\u4e00" <= c <= "\u9fff" for text in words_in(folder / name) for c in text) for name in names)


def test_every_picture_fills_a_slide_and_can_be_read_at_the_back(gallery):
    folder, names = gallery
    assert {name: smallest(folder / name) for name in names if smallest(folder / name) < LEAST} == {}
    assert {name: aspect(folder / name) for name in names if abs(aspect(folder / name) - 16 / 9) > 0.02} == {}


def test_the_pictures_show_what_their_captions_say(gallery):
    folder, _ = gallery
    shown = {path.stem: words_in(path) for path in (folder / "light").iterdir()}
    assert "h' = z · ĥ + (1 − z) · h" in shown["gru_cell"], "the notes' z"
    assert {"c' = f · c + i · g", "h' = o · tanh c'"} <= set(shown["lstm_cell"])
    assert {"ã = h W_a s", "a = softmax ã", "c = a h"} <= set(shown["attention"]), "three steps"
    assert "z = μ + σ · ε" in shown["vae"]
    assert sum(text.startswith("加  (") for text in shown["deep_residual"]) == 6, "the additions"
    assert "掩码  (5 × 5)" in shown["mask"]
    assert sum("∞" in text for text in shown["log_of_zero"]) >= 4
    assert "h_t = z · ĥ + (1 − z) · h_t−1" in shown["gru_rolled"], "the notes' z in every picture"
    shares = [int(found[1]) for text in shown["rnn_highlight"] if (found := re.search(r"的 (\d+) %", text))]
    assert sum(shares[-2:]) > 90 > 0 <= min(shares), "the last two steps give nearly all"
    svg = (folder / "light" / "seq2seq.svg").read_text("utf-8")
    boxes = {found[1]: found[0] for found in re.findall(r'id="(b\d+)"(?:(?!</g>).)*?>([^<]+)</text>', svg, re.DOTALL)}
    states = next(b for text, b in boxes.items() if text.startswith("h = "))
    into = len(re.findall(rf'data-target="{states}"', svg))
    out = len(re.findall(rf'data-source="{states}"', svg))
    assert (into, out) == (3, 4), "all states become h, and every step of the decoder looks at it"
