"""demos/reparameterisation.py: two right gradients of which one is noisy, a gap that is exact, a bound that tightens."""

from __future__ import annotations

import pytest
from quick_run import assert_well_formed, quick_run
from test_demos import run

FIGURES = ["graph_drawn.svg", "graph_reparameterised.svg", "estimators.svg", "jensen.svg", "bounds.svg"]


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("reparameterisation", tmp_path_factory.mktemp("reparameterisation"), draws_graphs=True)


def test_record(quick):
    assert_well_formed(quick, "reparameterisation", FIGURES)


def test_a_draw_that_remembers_where_it_is_from(quick):
    m = quick.metrics
    assert "depends on nothing that requires a gradient" in quick.out
    assert m["dz_dsigma"] == pytest.approx(m["eps"], abs=1e-12)
    assert m["slope_engine"] == pytest.approx(m["slope_same_eps"], abs=1e-6)
    stopped, flows = ((quick.folder / name).read_text(encoding="utf-8") for name in FIGURES[:2])
    assert "detach" in stopped
    assert "not computed" in stopped
    assert "not computed" not in flows


def test_variances(quick):
    m = quick.metrics
    assert m["variance_pathwise_16"] == pytest.approx(1, abs=0.1)
    assert m["variance_score_function_16"] > 100 * m["variance_pathwise_16"]
    assert m["variance_score_function_64"] > 50 * m["variance_score_function_4"]
    assert m["variance_score_function_16"] > m["variance_with_a_baseline_16"] > 10 * m["variance_pathwise_16"]
    assert m["gradient_pathwise"] == pytest.approx(quick.baselines["gradient_exact"], abs=0.1)
    assert m["gradient_with_a_baseline"] == pytest.approx(1, abs=0.5)


def test_jensens_step_is_an_equality_where_y_does_not_vary(quick):
    m = quick.metrics
    assert m["jensen_gap_far"] > 4 * m["jensen_gap_near"] > 0
    assert m["jensen_gap_posterior"] == pytest.approx(0, abs=1e-12)
    assert m["evidence_error"] < 1e-12


def test_bounds(quick):
    m, log_p = quick.metrics, quick.baselines["log_p"]
    assert m["elbo_error"] < 1e-12
    assert m["gap_first"] > 0.5 > 0.01 > m["gap_last"] >= m["smallest_gap"] >= 0
    bounds = [m[f"bound_{K}"] for K in (1, 2, 5, 10, 50)]
    assert bounds == sorted(bounds)
    assert bounds[0] < log_p - 0.1
    assert m["bound_1000"] == pytest.approx(log_p, abs=0.02)


def test_the_likelihood_covers_and_the_posterior_seeks(quick):
    m = quick.metrics
    assert m["likelihood_left_of_0"] == pytest.approx(0.5, abs=0.05)
    assert m["likelihood_std"] == pytest.approx((4 + 2.718281828**-1.5) ** 0.5, abs=0.05)
    assert m["posterior_left_of_0"] < 0.01
    assert m["posterior_std"] < 0.3


def test_wrong_calls(tmp_path):
    for wrong in (["--data", "ptb"], ["--epochs", "3"]):
        done = run(*wrong, folder=tmp_path, demo="reparameterisation")
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
