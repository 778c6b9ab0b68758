"""demos/softmax_classifier.py: the max trick, p - y, and batches that learn."""

from __future__ import annotations

import numpy as np
import pytest
from quick_run import assert_bad_data_is_refused, assert_well_formed, quick_run

import tinydawn as td
from tinydawn.nn import functional as F


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("softmax_classifier", tmp_path_factory.mktemp("softmax"))


def test_metrics_and_figures(quick):
    assert_well_formed(quick, "softmax_classifier", ["gradient.svg", "batches.svg"])


def test_numerics(quick):
    assert quick.metrics["softmax_1000"] == pytest.approx(1 / (1 + np.e), abs=1e-6)
    assert quick.out.count("nan nan") == 2, "the plain formula fails on large logits, the batch's max on small ones"
    assert quick.metrics["fused_error"] < 1e-12
    assert quick.metrics["unfused_error"] < 1e-12
    assert quick.metrics["fused_nodes"] == 2 < quick.metrics["unfused_nodes"]
    assert quick.metrics["padding_difference"] < 1e-6


def test_p_minus_y_by_its_two_cases(quick):
    m = quick.metrics
    assert m["cases_error"] < 1e-8
    assert m["slope_of_the_right_class"] < 0 < m["slope_of_another_class"]
    assert m["slopes_sum"] == pytest.approx(0, abs=1e-12)


def test_minibatches_learn_and_are_noisy(quick):
    m = quick.metrics
    assert m["accuracy_batch_50"] > quick.baselines["majority_accuracy"] + 0.1
    assert m["noise_batch_1"] / m["noise_batch_50"] == pytest.approx(50**0.5, rel=0.4)
    assert m["loss_batch_50"] > quick.baselines["loss_true"], "nobody is better than who knows the language"


def test_bad_data(tmp_path):
    assert_bad_data_is_refused("softmax_classifier", tmp_path)


def test_each_row_has_a_maximum_of_its_own():
    """With the largest logit of the batch subtracted everywhere, the second row would be 0 / 0."""
    z = np.array([[1000.0, 1001.0], [0.0, 1.0]], np.float32)
    np.testing.assert_allclose(F.softmax(td.tensor(z)).array, [[0.2689414, 0.7310586]] * 2, rtol=1e-5)
    np.testing.assert_allclose(F.log_softmax(td.tensor(z)).array, [[-1.3132616, -0.3132616]] * 2, rtol=1e-5)
    z = np.array([0.0, 1000.0])
    assert F.log_softmax(td.tensor(z)).tolist() == [-1000.0, 0.0]


def test_class_0_is_a_class_and_not_padding():
    """ignore_index=0 would leave out a true label: accuracy stuck while the loss falls."""
    z = td.tensor(np.zeros((2, 2)), requires_grad=True)
    F.cross_entropy(z, np.array([0, 0])).backward()
    assert (z.grad.array[:, 0] < 0).all()
