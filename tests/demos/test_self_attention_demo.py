"""demos/self_attention.py: known numbers, and that each part does what is said of it."""

from __future__ import annotations

import pytest
from quick_run import assert_well_formed, quick_run
from test_demos import assert_refused, run


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("self_attention", tmp_path_factory.mktemp("self_attention"))


def test_record(quick):
    assert_well_formed(quick, "self_attention", ["scale.svg", "positions.svg", "cost.svg"])


def test_why_the_root_of_d(quick):
    for d in (4, 16, 64, 256, 1024):
        assert quick.metrics[f"variance_{d}"] == pytest.approx(d, rel=0.25)
        assert quick.metrics[f"entropy_{d}_scaled"] == pytest.approx(3.69, abs=0.1)
    assert quick.baselines["entropy_1024_raw"] < 0.3 < 2.5 < quick.baselines["entropy_4_raw"]
    assert quick.baselines["slope_1024_raw"] < quick.metrics["slope_1024_scaled"] / 5


def test_heads(quick):
    assert quick.metrics["heads_against_loop"] < 1e-12
    assert quick.metrics["wrong_reshape"] > 0.1
    assert quick.metrics["score_variance_by_head_width"] == pytest.approx(1, abs=0.2)
    assert quick.metrics["score_variance_by_model_width"] == pytest.approx(1 / 16, abs=0.02)


def test_the_exercise(quick):
    for name in ("blocks", "least_squares", "between_matrices"):
        assert quick.metrics[f"position_error_{name}"] < 1e-12
    assert quick.metrics["position_error_sines_alone"] > 0.5


def test_order(quick):
    assert quick.metrics["shuffled_no_positions"] < 1e-12 < 1e-3 < quick.metrics["shuffled_positions"]
    assert quick.metrics["shuffled_no_positions_causal_1_layer"] < 1e-12
    assert quick.metrics["shuffled_no_positions_causal_2_layers"] > 1e-3


def test_chinese_and_wrong_calls(tmp_path):
    done = run("--quick", "--sentence", "早 发 白 帝 城", "--width", "32", "--out", "out", folder=tmp_path, demo="self_attention")
    assert done.returncode == 0, done.stderr
    assert "帝 早 发 白 城" in done.stdout
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="self_attention"), "nowhere", "fix: ")
    assert_refused(run("--sentence", "one one two", folder=tmp_path, demo="self_attention"), "nothing to shuffle")
    done = run("--width", "40", folder=tmp_path, demo="self_attention")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
