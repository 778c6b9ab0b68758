"""demos/longformer.py: the numbers that are known, what the window costs, and a classifier that is kept and loaded."""

from __future__ import annotations

import json

import pytest
from quick_run import assert_bad_data_is_refused, assert_well_formed, quick_run
from test_demos import assert_refused, run

FIGURES = ["bands.svg", "cones.svg", "cost.svg"]


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("longformer", tmp_path_factory.mktemp("longformer"))


def test_record(quick):
    assert_well_formed(quick, "longformer", FIGURES)


def test_equal_to_dense(quick):
    assert quick.metrics["dense_gap"] < 1e-6
    assert quick.metrics["dense_gradient_gap"] < 2e-6


def test_receptive_fields(quick):
    """1 + L w, not L w; and the holes of dilation."""
    found = {name: (quick.metrics[f"seen_{name}"], quick.metrics[f"span_{name}"])
             for name in ("local", "dilated_by_3", "mixed", "dilated_by_1_5_25")}
    assert found == {"local": (13, 13), "dilated_by_3": (13, 37), "mixed": (33, 37), "dilated_by_1_5_25": (125, 125)}


def test_the_window_needs_less_memory_where_the_text_is_long(quick):
    assert quick.metrics["window_MB_2048"] < 5 * quick.metrics["window_MB_512"]
    assert quick.metrics["full_MB_2048"] > 12 * quick.metrics["full_MB_512"]
    assert quick.metrics["full_MB_2048"] > 3 * quick.metrics["window_MB_2048"]


def test_what_is_out_of_reach_is_not_learned(quick):
    """One layer of w = 8 reaches 4 places back; heads that are dilated by 4 reach 16, and not 3."""
    assert max(quick.metrics["back_8_local"], quick.metrics["back_16_local"], quick.metrics["back_3_dilated_by_4"]) < 0.2
    assert min(quick.metrics["back_4_local"], quick.metrics["back_16_dilated_by_4"], quick.metrics["back_16_mixed"]) > 0.3


def test_own_documents_in_chinese_kept_and_loaded(tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: demos draw their figures with it")
    opinions = ("坏\t" + "太慢了难吃得很", "好\t" + "菜不错味道很好")
    lines = [f"{opinions[i % 2]}第{i}次来" + "。真的" * (i % 5) for i in range(60)]
    (tmp_path / "own.txt").write_text("\n".join(lines), encoding="utf-8")
    records = []
    for out, flag in (("a", "--save"), ("b", "--load")):
        done = run("--quick", "--data", "own.txt", flag, "m", "--out", out, folder=tmp_path, demo="longformer")
        assert done.returncode == 0, done.stderr
        records.append(json.loads((tmp_path / out / "metrics.json").read_text(encoding="utf-8")))
    first, second = records
    assert second["metrics"]["test_accuracy"] == first["metrics"]["test_accuracy"]
    assert "cut_accuracy" in first["baselines"]
    assert "cut_accuracy" not in second["baselines"], "nothing is trained"


def test_wrong_calls(tmp_path):
    assert_bad_data_is_refused("longformer", tmp_path)
    assert_refused(run("--load", "nowhere", folder=tmp_path, demo="longformer"), "nowhere")
    done = run("--cut", "0", folder=tmp_path, demo="longformer")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
