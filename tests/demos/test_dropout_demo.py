"""demos/dropout.py: two readings of p keep the expectation; the notes' literal one does for p = .5 alone."""

from __future__ import annotations

import pytest
from quick_run import assert_bad_data_is_refused, assert_well_formed, quick_run


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("dropout", tmp_path_factory.mktemp("dropout"))


def test_metrics_and_figures(quick):
    assert_well_formed(quick, "dropout", ["expectation.svg", "overfitting.svg"])


@pytest.mark.parametrize("drop", [0.2, 0.5, 0.8])
def test_three_readings(quick, drop):
    for name in ("inverted", "paper"):
        assert quick.metrics[f"test_over_train_{name}_{drop}"] == pytest.approx(1, abs=0.06)
    assert quick.metrics[f"test_over_train_notes_{drop}"] == pytest.approx(drop / (1 - drop), rel=0.06)


def test_one_mask_for_a_sequence(quick):
    assert quick.metrics["state_alive_fresh"] < 0.02
    assert quick.metrics["state_alive_once"] == pytest.approx(0.7, abs=0.06)


def test_something_is_learned(quick):
    assert quick.metrics["nothing_train"] > quick.baselines["majority_accuracy"] + 0.05
    assert quick.baselines["accuracy_who_knows"] > quick.metrics["words_test"] > 0.6
    assert quick.metrics["at_test_right_loss"] < quick.metrics["at_test_left_on_loss"] + 0.1


def test_bad_data(tmp_path):
    assert_bad_data_is_refused("dropout", tmp_path)
