"""demos/vae_lm.py: the KL falls to 0 without tricks and does not with the bag; what is kept is the same model; odd data."""

from __future__ import annotations

import json
import math

import pytest
from quick import Quick
from test_demos import assert_refused, run

FIGURES = ["training.svg", "ladder.svg", "map.svg", "interpolation.svg"]


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: demos draw their figures with it")
    return Quick("vae_lm", tmp_path_factory.mktemp("vae_lm"))


def test_record(quick):
    quick.assert_record("vae_lm", FIGURES)
    assert "Traceback" not in quick.done.stderr


def test_collapse_and_remedy(quick):
    m = quick.metrics
    assert m["kl_none"] < 0.05
    assert m["kl_none_after_epoch_1"] < 0.1
    assert m["active_none"] == 0 < m["active_linear+bow"]
    assert m["kl_linear"] > 0.5
    assert m["kl_linear+bow"] > 2
    assert m["read_from_z_linear+bow"] > 0.6
    assert m["read_from_z_none"] < 0.35
    assert m["distinct_linear+bow"] > m["distinct_none"]


def test_what_is_reported_is_the_bound(quick):
    m, b = quick.metrics, quick.baselines
    for name in ("none", "linear", "linear+bow"):
        assert m[f"elbo_{name}"] == pytest.approx(m[f"rec_{name}"] + m[f"kl_{name}"])
        least = b["nats_entropy"] - 3 * m[f"iw_error_{name}"]
        most = m[f"elbo_{name}"] + 3 * m[f"elbo_error_{name}"]  # each bound has its own draws
        assert least < m[f"iw_{name}"] < most, "nearer to log p, and no model beats the language"
        assert m[f"rec_at_mean_{name}"] < m[f"rec_{name}"] + 0.05
        assert m[f"ppl_{name}"] == pytest.approx(math.exp(m[f"elbo_{name}"] / 13)), "12 words and </s>; not from rec alone"
        assert m[f"mi_{name}"] < m[f"kl_{name}"] + 0.1


def test_the_lessons_own_bound_is_the_librarys(quick):
    assert quick.metrics["difference_from_library"] < 1e-3


def test_own_text_kept_and_loaded(tmp_path):
    lines = ["我 爱 北京", "他 爱 上海", "the cat sat on the mat", "a dog saw the old mat", "we like the small cat"] * 30
    (tmp_path / "own.txt").write_text("\n".join(lines), encoding="utf-8")
    shared = ["--quick", "--data", "own.txt", "--variants", "none, sigmoid+freebits=0.2+bow"]
    done = run(*shared, "--save", "m", "--out", "a", folder=tmp_path, demo="vae_lm")
    assert done.returncode == 0, done.stderr
    done = run(*shared, "--load", "m", "--out", "b", folder=tmp_path, demo="vae_lm")
    assert done.returncode == 0, done.stderr
    first, second = (json.loads((tmp_path / out / "metrics.json").read_text(encoding="utf-8")) for out in "ab")
    for key in ("elbo", "kl", "iw"):
        name = f"{key}_sigmoid+freebits=0.2+bow"
        assert second["metrics"][name] == pytest.approx(first["metrics"][name], abs=1e-4)
    assert "kl_none" not in second["metrics"]
    assert (first["figures"], second["figures"]) == (["training.svg", "ladder.svg", "interpolation.svg"], ["interpolation.svg"])


def test_wrong_calls(tmp_path):
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="vae_lm"), "nowhere", "fix: ")
    assert_refused(run("--load", "nowhere", folder=tmp_path, demo="vae_lm"), "nowhere")
    for wrong in ("magic", "dropout=2", "dropout=much", "linear=3", "none,", "linear+"):
        assert_refused(run("--variants", wrong, folder=tmp_path, demo="vae_lm"), "--variants", "fix: ")
    (tmp_path / "short.txt").write_text("one\n" * 30, encoding="utf-8")
    assert_refused(run("--data", "short.txt", folder=tmp_path, demo="vae_lm"), "short.txt", "fix: ")
