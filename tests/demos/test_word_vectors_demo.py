"""demos/word_vectors.py: three kinds of vectors learn from the embedded English; wrong calls get one line."""

from __future__ import annotations

import numpy as np
import pytest
from quick import Quick
from test_demos import DEMOS, assert_refused, run

pytest.importorskip("matplotlib", reason="matplotlib is not installed: demos draw their figures with it")


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return Quick("word_vectors", tmp_path_factory.mktemp("vectors"), "--words", "integer,string")


def test_record(quick):
    quick.assert_record("word_vectors", ["map.svg"])


def test_it_learned(quick):
    for name in ("cbow", "skipgram"):
        assert quick.metrics[f"loss_{name}"] < quick.baselines["loss_guessing"] - 0.2
    shown = quick.done.stdout.split("integer    PPMI + SVD")[1].splitlines()[0].split()
    assert len(shown) == 8
    assert "integer" not in shown
    assert {"float", "floating", "point", "integers", "number", "precision", "presentation", "decimal"} & set(shown)


def test_the_nearest_word_means_the_like(quick):
    chance = quick.baselines["nearest_alike_by_chance"]
    for name in ("ppmi_svd", "cbow", "skipgram"):
        assert quick.metrics[f"nearest_alike_{name}"] > 2 * chance


def test_labels_cover_neither_each_other_nor_points(monkeypatch):
    monkeypatch.syspath_prepend(str(DEMOS))
    from support.word_vectors_run import _common, beside, nearest_is_alike

    points = np.array([[1.0, 1.0], [1.05, 1.0], [1.0, 1.05], [3.0, 2.0]])
    moves = beside(points, [0.6] * 4, np.array([6.0, 4.0]))
    boxes = [(*(p + m - (0.3, 0.07)), *(p + m + (0.3, 0.07))) for p, m in zip(points, moves, strict=True)]
    assert not any(_common(a, b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert not any(_common(box, (*p, *p + 0.01)) for box in boxes for p in points)
    alike = np.array([[1, 0], [0.8, 0.6], [0, 1], [-1, 0]])
    assert nearest_is_alike(alike, {"a": ["x", "y"], "b": ["z"], "c": ["w"]}) == 1
    assert nearest_is_alike(alike[[0, 2, 1, 3]], {"a": ["x", "z"], "b": ["y", "w"]}) == 0


def test_one_method_and_text_of_ones_own(tmp_path):
    lines = ["床 前 明 月 光", "疑 是 地 上 霜", "举 头 望 明 月", "低 头 思 故 乡"] * 10
    (tmp_path / "poem.txt").write_text("\n".join(lines), encoding="utf-8")
    found = Quick("word_vectors", tmp_path, "--data", "poem.txt", "--method", "svd", "--words", "月",
                  figures_in_chinese=True)
    assert "光" in found.done.stdout.split("月 ")[1].splitlines()[0]
    assert "loss_cbow" not in found.metrics


def test_wrong_calls(tmp_path):
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="word_vectors"), "nowhere", "fix: ")
    assert_refused(run("--quick", "--method", "svd", "--words", "integr", folder=tmp_path, demo="word_vectors"), "did you mean")
    done = run("--size", "1", folder=tmp_path, demo="word_vectors")
    assert done.returncode == 2
    assert "--size" in done.stderr.splitlines()[-1]
