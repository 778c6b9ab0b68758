"""demos/layer_norm.py: both forms, what the final norm is for, the stall without a warm-up, and BERT's joint."""

from __future__ import annotations

import pytest
from quick_run import assert_well_formed, quick_run
from test_demos import assert_refused, run


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("layer_norm", tmp_path_factory.mktemp("layer_norm"))


def test_record(quick):
    assert_well_formed(quick, "layer_norm", ["batch_norm.svg", "depth.svg", "warm_up.svg", "rates.svg"])


def test_two_forms(quick):
    assert quick.metrics["layer_norm_notes"] == pytest.approx(1.5, abs=1e-4)
    assert quick.metrics["layer_norm_pytorch"] == pytest.approx(3**0.5, abs=1e-4)
    for form, steep in (("notes", 2.05e6), ("pytorch", 2.05e3)):
        assert max(quick.metrics[f"along_ones_{form}"], quick.metrics[f"along_x_{form}"]) < 1e-12
        assert quick.metrics[f"constant_row_{form}"] == pytest.approx(steep, rel=1e-4)


def test_over_the_batch(quick):
    m = quick.metrics
    assert m["batch_norm_of_two"] == pytest.approx(1, abs=1e-3)
    for share in (0, 25, 50, 75, 90):
        assert m[f"stretch_batch_norm_{share}"] == pytest.approx((1 - share / 100) ** -0.5, rel=0.03)
        assert m[f"stretch_layer_norm_{share}"] == pytest.approx(1, abs=1e-3)
    assert m["stretch_of_kept_statistics"] == pytest.approx(10**0.5, rel=0.05)
    assert m["accuracy_layer_norm_2"] > m["accuracy_batch_norm_2"] + 0.1
    assert m["accuracy_layer_norm_2"] > quick.baselines["accuracy_guess"] + 0.1


def test_the_last_gradient_falls_with_depth_only_where_the_skip_is_free(quick):
    m = quick.metrics
    assert m["last_gradient_pre_norm_12"] < 0.7 * m["last_gradient_pre_norm_2"]
    for kind in ("post_norm", "pre_norm_skip_normed"):
        assert m[f"last_gradient_{kind}_12"] > 0.85 * m[f"last_gradient_{kind}_2"]
    assert m["untrained_loss_pre_norm_no_final_norm_12"] > m["untrained_loss_pre_norm_12"] + 0.4


def test_without_a_warm_up_post_norm_is_stuck(quick):
    m, letters = quick.metrics, quick.baselines["nats_single_letters"]
    assert m["nats_post_norm_warm_up_0"] > letters - 0.1
    assert m["nats_pre_norm_warm_up_0"] < letters - 0.2


def test_rates(quick):
    assert quick.metrics["rate_of_first_update"] == 0
    assert quick.metrics["bert_rate_before_joint"] == pytest.approx(0.99)
    assert quick.metrics["bert_rate_after_joint"] == pytest.approx(0.90)


def test_wrong_calls(tmp_path):
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="layer_norm"), "nowhere", "fix: ")
    (tmp_path / "short.txt").write_text("too short\n" * 5, encoding="utf-8")
    assert_refused(run("--data", "short.txt", folder=tmp_path, demo="layer_norm"), "short.txt", "fix: ")
    for wrong in (["--rate", "0"], ["--layers", "0"]):
        done = run(*wrong, folder=tmp_path, demo="layer_norm")
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
