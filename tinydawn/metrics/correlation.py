"""Do two lists of numbers rise and fall together: Pearson by value, Spearman by rank."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinydawn.checks import array
from tinydawn.errors import DataError, ShapeError, message


def pearson(x: Any, y: Any) -> float:
    """Pearson's correlation: 1 if y = a x + b with a > 0, -1 with a < 0, about 0 if unrelated.

    sum (x - mean x)(y - mean y) / sqrt(sum (x - mean x)^2 sum (y - mean y)^2)

    Args:
        x, y: (N,) numbers.

    Raises:
        DataError: fewer than 2 pairs, a number that is not finite, or a list that is constant, for which
            no correlation is defined.
        ShapeError: lists of different lengths, or not one-dimensional.

    >>> round(pearson([1, 2, 3, 4], [1, 3, 2, 4]), 6)
    0.8
    """
    return _correlation(*_pair("pearson", x, y))


def spearman(x: Any, y: Any) -> float:
    """Spearman's rank correlation: Pearson's of the ranks, equal values sharing the mean of their ranks.

    1 if one list always rises when the other does, however fast.

    Args:
        x, y: (N,) numbers.

    Raises: as `pearson`.

    Source: Spearman, The American Journal of Psychology, 1904.

    >>> spearman([1, 2, 3], [1, 10, 1000])
    1.0
    """
    first, second = _pair("spearman", x, y)
    return _correlation(_ranks(first), _ranks(second))


def _ranks(values: np.ndarray) -> np.ndarray:
    """(N,) ranks from 1; of a tie, everyone gets the mean of the ranks it takes up."""
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)  # the rank of the last of each group of equals
    return (last - (counts - 1) / 2)[where]


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    x, y = x - x.mean(), y - y.mean()
    x, y = x / np.abs(x).max(), y / np.abs(y).max()  # huge or tiny numbers must not overflow when squared
    r = (x @ y) / np.sqrt((x @ x) * (y @ y))
    return float(np.clip(r, -1.0, 1.0))


def _pair(name: str, x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    first, second = (array(name, what, values, "fiub").astype(np.float64) for what, values in (("x", x), ("y", y)))
    if first.ndim != 1 or first.shape != second.shape:
        what = f"{name}: x has shape {first.shape}, y {second.shape}"
        raise ShapeError(message(what, fix="pass two lists of the same length"))
    if len(first) < 2:
        raise DataError(message(f"{name}: {len(first)} pair(s)", fix="a correlation needs at least 2"))
    for label, values in (("x", first), ("y", second)):
        if not np.isfinite(values).all():
            where = int(np.flatnonzero(~np.isfinite(values))[0])
            raise DataError(message(f"{name}: {label}[{where}] is {values[where]}", fix="leave such pairs out"))
        if values.min() == values.max():
            what = f"{name}: {label} is {values[0]:g} everywhere, so no correlation is defined"
            raise DataError(message(what, fix="check what produced it: a model that always says the same?"))
    return first, second
