"""What lessons state follows from what they measure: sentences name their metrics, and are held against them."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import symbols
from clock import PATIENCE
from test_demos import DEMOS

import figures

sys.path.insert(0, str(DEMOS))
from support.facts import holds, stated

LESSONS = sorted(path.stem for path in DEMOS.glob("*.py"))
# With default flags these take a few CPU seconds; the others take up to a minute, and these two need weights that are not here.
QUICK = ("backprop", "bpe", "kl_divergence", "self_attention")
PRETRAINED = ("finetune_pretrained", "pretrained_bert")
NUMBERS = {"bleu_greedy": 20.0, "bleu_beam8": 21.5, "kl_linear+bow": 3.0, "kl_linear": 0.5, "kl_dropout=0.3": 1.0}


@pytest.mark.parametrize(("condition", "true"), [
    ("bleu_beam8 > bleu_greedy", True),
    ("bleu_beam8 > bleu_greedy + 2", False),
    ("kl_linear+bow > 2 * kl_linear", True),
    ("kl_linear < kl_dropout=0.3 <= 1", True),
    ("abs(bleu_beam8 - bleu_greedy) / 3 == 0.5 and min(bleu_greedy, 1) == 1", True),
    ("-kl_linear > 0", False),
])
def test_conditions(condition, true):
    assert holds(condition, NUMBERS) is true


def test_what_is_no_condition():
    with pytest.raises(KeyError, match="bleu_beam9"):
        holds("bleu_beam9 > 1", NUMBERS)
    with pytest.raises(KeyError, match=r"kl_dropout=0\.5"):
        holds("kl_dropout=0.5 > kl_linear", NUMBERS)
    with pytest.raises(ValueError, match="compares nothing"):
        holds("bleu_beam8", NUMBERS)
    with pytest.raises(ValueError, match="is no condition"):
        holds("bleu_beam8 > ", NUMBERS)
    with pytest.raises(ValueError, match="may not stand"):
        holds("open('x') > 1", NUMBERS)


def test_conditions_are_found_in_markdown_alone(tmp_path):
    markdown = "# %% [markdown]\n# More is better [a >\n# b]. [CLS] stays.\n\n"
    (tmp_path / "lesson.py").write_text(markdown + "# %%\nx = [a > c]  # [d > e]\n")
    assert stated(tmp_path / "lesson.py") == ["a > b"]


@pytest.mark.parametrize("lesson", [
    *(pytest.param(name, marks=[] if name in QUICK else pytest.mark.nightly) for name in LESSONS if name not in PRETRAINED)])
def test_what_a_lesson_states_is_what_it_measures(lesson, tmp_path):
    """Run as the lecturer runs it, without flags. TINYDAWN_RUNS names a folder where such runs are already."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: demos draw their figures with it")
    folder = tmp_path if "TINYDAWN_RUNS" not in os.environ else type(tmp_path)(os.environ["TINYDAWN_RUNS"]) / lesson
    if not (folder / "metrics.json").is_file():
        env = {name: x for name, x in os.environ.items() if name != "TINYDAWN_DATA"}
        done = subprocess.run([sys.executable, DEMOS / f"{lesson}.py", "--out", folder], env=env | {"PYTHONIOENCODING": "utf-8"},
                              capture_output=True, encoding="utf-8", timeout=20 * PATIENCE, check=False)
        assert done.returncode == 0, done.stderr
    if lesson == "beam_search":
        drawn, committed = (figures.words_of(path / "beam_tree.svg") for path in (folder, figures.FIGURES))
        assert drawn == committed, "run python -m tests.figures"
    record = json.loads((folder / "metrics.json").read_text("utf-8"))
    numbers = record["metrics"] | record["baselines"]
    false = [condition for condition in stated(DEMOS / f"{lesson}.py") if not holds(condition, numbers)]
    assert not false, f"the lesson's markdown says what its run does not show: {false}"
    false = [condition for condition, true in symbols.slips_of(lesson, numbers).items() if not true]
    assert not false, f"SYMBOLS.md says what its run does not show: {false}"
    assert all(record["facts"].values()), f"it printed what its run does not show: {record['facts']}"
