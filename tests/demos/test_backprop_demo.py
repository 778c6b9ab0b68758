"""demos/backprop.py: by hand equals the engine, and each wrong order gives the wrong number it should."""

from __future__ import annotations

import pytest
from quick_run import assert_well_formed, quick_run
from test_demos import run


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("backprop", tmp_path_factory.mktemp("backprop"), draws_graphs=True)


def test_metrics_and_figures(quick):
    assert_well_formed(quick, "backprop", ["differences.svg", "network.svg", "network.html", "diamond.svg", "diamond.html"])
    page = (quick.folder / "diamond.html").read_text(encoding="utf-8")
    assert "+=" in page, "the page shows where gradients add"
    assert "http" not in page.replace("http://www.w3.org", ""), "the page needs no network"


def test_by_hand_is_the_engine(quick):
    for name in ("dW1", "db1", "dW2", "db2"):
        assert quick.metrics[f"error_{name}"] < 1e-12
    for name in ("error_outer", "error_dz_dh", "error_dz_db"):
        assert quick.metrics[name] < 1e-12
    assert (quick.metrics["dz_dW_not_0"], quick.metrics["dz_dW_entries"]) == (12, 36)
    assert quick.metrics["error_rnn"] < 1e-4
    assert "parameter by parameter: True" in quick.out
    assert quick.metrics["difference_error_float64"] < 1e-9 < quick.metrics["difference_error_float32"]


def test_the_diamond(quick):
    m = quick.metrics
    assert m["diamond_right"] == quick.baselines["diamond_engine"] == 44
    assert (m["diamond_overwritten"], m["diamond_set"], m["diamond_no_wait"]) == (6, 14, 32)
    assert m["slope_60"] == 1
    assert m["path_visits"] == 2**15 - 1


def test_long_chains(quick):
    assert quick.metrics["rnn_nodes"] > 1000
    assert quick.metrics["slope_50000"] == pytest.approx(quick.baselines["slope_50000_exact"])
    assert "RecursionError" in quick.out


def test_there_is_nothing_to_train(tmp_path):
    for flags in (["--data", "mr"], ["--epochs", "3"]):
        done = run(*flags, folder=tmp_path, demo="backprop")
        assert done.returncode == 2
        assert f"unrecognized arguments: {flags[0]}" in done.stderr
        assert "Traceback" not in done.stderr
