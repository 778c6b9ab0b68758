"""demos/bptt.py and demos/memory.py: gradients vanish and explode, clipping helps, open gates remember."""

from __future__ import annotations

import pytest
from quick_run import assert_well_formed, quick_run
from test_demos import assert_refused, run


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("bptt", tmp_path_factory.mktemp("bptt"))


@pytest.fixture(scope="module")
def memory(tmp_path_factory):
    return quick_run("memory", tmp_path_factory.mktemp("memory"))


def test_record(quick):
    assert_well_formed(quick, "bptt", ["linear.svg", "trained.svg", "clipping.svg", "cliff.svg", "unrolled.svg"])


def test_gradients_vanish_and_explode(quick):
    m = quick.metrics
    assert m["linear_ratio_0.9"] < 0.001 < 0.05 < m["linear_ratio_1.0"] < 1 < 1000 < m["linear_ratio_1.1"]
    assert 0.1 < m["linear_ratio_1.1"] / quick.baselines["rho_1.1_to_the_99"] < 10
    assert m["linear_ratio_feeding"] < 1 < m["linear_most_feeding"]
    assert m["reach_ratio_rnn"] < 1e-4


def test_less_truncated_is_closer(quick):
    cosines = [quick.metrics[f"truncated_cosine_{k}"] for k in (1, 5, 10, 20, 30)]
    assert cosines[0] < cosines[-1] <= 1 + 1e-6


def test_without_clipping_it_does_not_train(quick):
    m = quick.metrics
    assert m["nan_from_step_relu_free"] < 40
    assert m["last_loss_relu_clipped"] < 0.85 * quick.baselines["even_guess_nats"], "the same run, clipped"
    assert m["largest_norm_relu_clipped"] > 100, "it met the wall as well"
    assert m["last_loss_tanh_free"] > 1.2 * quick.baselines["even_guess_nats"]
    assert m["last_loss_tanh_clipped"] < 0.8 * quick.baselines["even_guess_nats"]
    assert m["cliff_largest_norm"] > 1000 * m["cliff_median_norm"]
    assert m["cliff_clipped_loss"] < 0.001 < 1 < m["cliff_free_loss"]


def test_open_gates_remember(memory):
    assert_well_formed(memory, "memory", ["memory.svg"])
    for name in ("rnn", "gru", "lstm"):
        assert memory.metrics[f"right_{name}_16"] > 0.9, "started so that it keeps"
    assert memory.metrics["right_usual_lstm_16"] < 0.7
    assert memory.metrics["right_usual_rnn_3"] > 0.8
    assert memory.baselines["right_ngram_3"] > 0.9
    assert memory.baselines["right_ngram_16"] == memory.baselines["guess"]


def test_wrong_calls(tmp_path):
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="bptt"), "nowhere", "fix: ")
    assert_refused(run("--data", "ptb", folder=tmp_path, demo="memory"), "this task is generated")
