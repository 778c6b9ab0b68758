"""The Kullback-Leibler divergence: exactly for probabilities and for normal distributions, and by drawing samples.

    D(p || q) = E_p[log p(x) - log q(x)],  in nats

It is never negative, and 0 only where p = q; but D(p || q) is not D(q || p), so it is no distance. Arguments are Tensors,
arrays or numbers; where one is a Tensor, so is the result, and gradients flow.
Source: Kullback and Leibler 1951.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import functional as T
from .. import ops
from ..checks import name_arguments
from ..errors import DataError, ShapeError, message
from ..functional import _raw
from ..tensor import Tensor


def kl_divergence(p: Any, q: Any, axis: int = -1, normalized: bool = True) -> Any:
    """sum p log(p / q) along `axis`: what it costs, in nats, to take q for the truth where p is.

    p, q        probabilities of one shape (..., N)
    normalized  False for weights that need not sum to 1: the sum is then of p log(p / q) - p + q, which is the same where
                both sum to 1, and else the form that is still never negative

    An entry with p = 0 adds nothing (0 log 0 = 0), one with q = 0 < p makes the divergence infinite; neither passes a gradient.

    Raises ShapeError if the shapes differ, DataError for an entry below 0 or NaN, or a sum that is not 1.

    >>> round(float(kl_divergence(np.array([0.5, 0.5]), np.array([0.9, 0.1]))), 4)
    0.5108
    """
    p, q = _array(p), _array(q)
    if tuple(p.shape) != tuple(q.shape) or not p.ndim:
        raise ShapeError(message(f"kl_divergence: p of shape {tuple(p.shape)}, q of shape {tuple(q.shape)}",
                                 fix="one shape (..., N), with the outcomes in one order"))
    for name, x in (("p", _raw(p)), ("q", _raw(q))):
        if not (x >= 0).all():
            raise DataError(message(f"kl_divergence: {name} has an entry below 0, or NaN", fix="pass probabilities, not logits"))
        if normalized and (abs(x.sum(axis=axis) - 1) > 1e-4).any():
            raise DataError(message(f"kl_divergence: {name} sums to {x.sum(axis=axis).ravel()[0]:.4g}, not to 1",
                                    fix="divide by the sum, or pass normalized=False"))
    there = _raw(p) > 0
    both = there & (_raw(q) > 0)
    terms = ops.where(both, p * _log_ratio(ops.where(both, p, 1.0), ops.where(both, q, 1.0)), 0.0)
    if not normalized:
        terms = terms - p + q
    return T.sum(ops.where(there & ~both, math.inf, terms), axis=axis)


def kl_normal(mean_p: Any, std_p: Any, mean_q: Any, std_q: Any) -> Any:
    """D(N(mean_p, std_p^2) || N(mean_q, std_q^2)) per entry, broadcast:

        log(std_q / std_p) + (std_p^2 + (mean_p - mean_q)^2) / (2 std_q^2) - 1/2

    Independent entries add up: sum over them for a vector. Raises DataError for a standard deviation that is not above 0.
    """
    for name, std in (("std_p", std_p), ("std_q", std_q)):
        if not (np.asarray(_raw(std)) > 0).all():
            raise DataError(message(f"kl_normal: {name} is not above 0", fix="pass exp(log_std), and no variance"))
    mean_p, std_p, mean_q, std_q = (_array(x) for x in (mean_p, std_p, mean_q, std_q))
    difference = (mean_p - mean_q) / std_q
    excess = (std_p - std_q) / std_q  # e, where std_p = (1 + e) std_q: ((1 + e)^2 - 1) / 2 = e + e^2 / 2
    return 0.5 * (difference * difference + excess * excess) + (excess - _log_ratio(std_p, std_q))


def kl_monte_carlo(log_p: Callable[[Any], Any], log_q: Callable[[Any], Any], samples: Any) -> tuple[Any, float]:
    """An estimate of D(p || q) from samples (N, ...) drawn from p: the mean of log p(x) - log q(x), and its standard error.

    log_p, log_q  functions of all the samples -> log-densities (N,)

    A single estimate can be below 0, though the divergence cannot. Raises ShapeError for fewer than 2 samples, or
    log-densities that are not one per sample.
    """
    ratio = log_p(samples) - log_q(samples)  # (N,)
    if len(samples) < 2 or tuple(ratio.shape) != (len(samples),):
        raise ShapeError(message(f"kl_monte_carlo: {len(samples)} samples gave log-densities of shape {tuple(ratio.shape)}",
                                 fix="at least 2 samples, and one number for each"))
    return T.mean(ratio), float(np.std(_raw(ratio), ddof=1) / math.sqrt(len(samples)))


def _log_ratio(p: Any, q: Any) -> Any:
    """log(p / q) of numbers above 0, exact also where they are nearly equal, as log p - log q is not."""
    near = 2 * abs(_raw(p) - _raw(q)) < _raw(q)
    return ops.where(near, ops.log1p(ops.where(near, (p - q) / q, 0.0)), ops.log(p) - ops.log(q))


def _array(x: Any) -> Any:
    """A Tensor as it is, all else as an array of floats."""
    if isinstance(x, Tensor):
        return x
    x = np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(float)


name_arguments(globals())
