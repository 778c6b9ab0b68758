"""Pearson and Spearman, against values worked out by hand; ties share the mean of their ranks."""

import math

import numpy as np
import pytest

import tinydawn as td
from tinydawn.errors import DataError, ShapeError
from tinydawn.metrics import pearson, spearman


def test_pearson_by_hand():
    # deviations (-1, 0, 1) and (-2, 1, 1): 3 / sqrt(2 * 6)
    assert pearson([1, 2, 3], [1, 4, 4]) == pytest.approx(3 / math.sqrt(12))
    assert pearson([1, 2, 3], [10, 8, 6]) == -1
    assert pearson(np.array([1.0, 2, 3]), td.tensor([5.0, 6, 7])) == 1


def test_spearman_by_hand():
    # without ties 1 - 6 sum d^2 / (n (n^2 - 1)); here d = (0, 1, -1, 1, -1)
    assert spearman([10, 20, 30, 40, 50], [1, 3, 2, 5, 4]) == pytest.approx(1 - 6 * 4 / (5 * 24))
    assert spearman([1, 2, 3, 4], [1, 10, 100, 1e9]) == 1
    assert pearson([1, 2, 3, 4], [1, 10, 100, 1e9]) < 0.8


def test_equal_values_share_the_mean_of_their_ranks():
    # ranks (1, 2.5, 2.5, 4) and (1, 2, 3, 4): deviations (-1.5, 0, 0, 1.5) and (-1.5, -.5, .5, 1.5)
    assert spearman([1, 5, 5, 9], [1, 2, 3, 4]) == pytest.approx(4.5 / math.sqrt(4.5 * 5))
    # ranks in the order of appearance would give 1, and the other way round .8: the order must not matter
    assert spearman([1, 5, 5, 9], [1, 3, 2, 4]) == spearman([1, 5, 5, 9], [1, 2, 3, 4])


def test_scale_does_not_matter():
    x, y = [1.0, 2.0, 4.0], [1.0, 3.0, 2.0]
    for scale in (1e-200, 1e200):
        assert pearson([scale * v for v in x], y) == pytest.approx(pearson(x, y))


@pytest.mark.parametrize("metric", [pearson, spearman])
@pytest.mark.parametrize(
    ("x", "y", "kind", "text"),
    [
        ([1, 2], [1, 2, 3], ShapeError, r"x has shape \(2,\), y \(3,\)"),
        ([[1, 2]], [[1, 2]], ShapeError, r"x has shape \(1, 2\)"),
        ([1], [1], DataError, r"1 pair\(s\)"),
        ([1, 2, 3], [2, 2, 2], DataError, "y is 2 everywhere, so no correlation is defined"),
        ([1, math.nan], [1, 2], DataError, r"x\[1\] is nan"),
        ([1, 2], [math.inf, 2], DataError, r"y\[0\] is inf"),
    ],
)
def test_wrong_input(metric, x, y, kind, text):
    with pytest.raises(kind, match=text) as caught:
        metric(x, y)
    assert metric.__name__ in str(caught.value)
    assert "fix:" in str(caught.value)


def test_against_scipy():
    stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed")
    rng = np.random.default_rng(0)
    x = rng.integers(6, size=50)
    y = x + rng.normal(size=50)
    assert pearson(x, y) == pytest.approx(stats.pearsonr(x, y)[0])
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y)[0])
