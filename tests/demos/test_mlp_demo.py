"""demos/mlp.py: linear layers collapse, a bend separates the moons, and depth needs a way around."""

from __future__ import annotations

import pytest
from quick_run import assert_bad_data_is_refused, assert_well_formed, quick_run


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("mlp", tmp_path_factory.mktemp("mlp"))


def test_metrics_and_figures(quick):
    assert_well_formed(quick, "mlp", ["sigmoid.svg", "start.svg", "depth.svg", "moons.svg"])


def test_stacked_linear_layers_are_one(quick):
    assert quick.metrics["stacked_linear_difference"] < 1e-12
    assert quick.metrics["rank_linear"] == 2
    assert quick.metrics["rank_tanh"] > 20
    assert abs(quick.metrics["moons_two_layers_linear"] - quick.baselines["moons_no_hidden_layer"]) < 0.03
    assert quick.metrics["moons_two_layers_relu"] > quick.baselines["moons_no_hidden_layer"] + 0.03


def test_scales_and_depth(quick):
    m = quick.metrics
    assert m["sigmoid_error"] < 1e-12
    assert (m["sigmoid_slope_0"], m["sigmoid_slope_8"] < 4e-4) == (0.25, True)
    assert m["std20_tanh_0.5"] < 1e-5 < 0.1 < m["std20_tanh_1"]
    assert m["std20_relu_1"] < 0.01 < 0.3 < m["std20_relu_1.4"] < 3 < m["std20_relu_2"]
    assert m["varies20_sigmoid_1"] < 1e-5, "after 20 layers of sigmoid all inputs look alike"
    assert m["gradient_tanh_plain_32"] < 1e-5 * m["gradient_tanh_plain_2"]
    assert m["gradient_tanh_residual_32"] > 0.1 * m["gradient_tanh_residual_2"]


def test_counts_tell_no_more_than_they_can(quick):
    assert max(x for name, x in quick.metrics.items() if name.startswith("text_")) <= quick.baselines["best_of_any_bag"]
    assert quick.metrics["text_residual_2"] > quick.baselines["majority_accuracy"] + 0.05


def test_bad_data(tmp_path):
    assert_bad_data_is_refused("mlp", tmp_path)
