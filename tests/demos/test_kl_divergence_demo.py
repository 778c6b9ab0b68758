"""demos/kl_divergence.py: the two directions reach the two answers, and zeros and gaps are what they must be."""

from __future__ import annotations

import math

import pytest
from quick_run import assert_bad_data_is_refused, assert_well_formed, quick_run


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("kl_divergence", tmp_path_factory.mktemp("kl"))


def test_metrics_and_figures(quick):
    assert_well_formed(quick, "kl_divergence", ["fits.svg", "frames.svg"])
    assert "D(fair || heads) =    inf nats" in quick.out


def test_covering_and_seeking(quick):
    m = quick.metrics
    assert m["forward_m"] == pytest.approx(0, abs=0.05)
    assert m["forward_s"] == pytest.approx(math.sqrt(9.49), abs=0.05)
    assert m["forward_kl"] == pytest.approx(0.7887, abs=0.005)
    for side, sign in (("right", 1), ("left", -1)):
        assert m[f"reverse_{side}_m"] == pytest.approx(3 * sign, abs=0.1)
        assert m[f"reverse_{side}_s"] == pytest.approx(0.7, abs=0.1)
        assert m[f"reverse_{side}_kl"] == pytest.approx(math.log(2), abs=0.05)
    assert m["reverse_wide_kl"] > 2, "a third valley, over both modes"


def test_a_gan_with_the_loss_in_use_seeks_and_with_the_original_one_covers(quick):
    m = quick.metrics
    assert m["gan_gradient_error"] < 1e-9, "-E_q[log D] has the gradient of D(q || p) - 2 JS"
    assert (m["gan_m"], m["gan_s"]) == pytest.approx((-3, 0.7), abs=0.1)
    assert m["js_s"] > 2.8
    assert 0 < m["js_one_mode"] < math.log(2)


def test_what_is_exact(quick):
    m = quick.metrics
    assert m["fair_bent"] != pytest.approx(m["bent_fair"], abs=0.1)
    assert m["smallest_divergence"] >= 0 > m["smallest_term"]
    assert m["elbo_error"] < 1e-9
    assert m["kl_normal_1000000_draws"] == pytest.approx(quick.baselines["kl_normal_exact"], abs=0.003)
    assert m["negative_of_100_draws"] < m["negative_of_10_draws"] == pytest.approx(0.1, abs=0.02)
    assert "'manual' never occur in 'strings': without smoothing D = inf" in quick.out
    assert m["words_forward"] > 2 * quick.baselines["words_random_halves"]


def test_chinese_reviews_of_ones_own_and_bad_data(tmp_path):
    from test_demos import run

    lines = [f"好\t这 部 电影 很 好 看 {'啊' * (i % 3)}\n差\t难 看 死 了 不 好 {'吗' * (i % 4)}\n" for i in range(10)]
    (tmp_path / "own.tsv").write_text("".join(lines), encoding="utf-8")
    done = run("--quick", "--data", "own.tsv", folder=tmp_path, demo="kl_divergence")
    assert done.returncode == 0, done.stderr
    assert "without smoothing D = inf" in done.stdout
    assert_bad_data_is_refused("kl_divergence", tmp_path)
