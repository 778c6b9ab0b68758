"""Lab 12, the VAE language model: what is compared where many answers are right."""

from __future__ import annotations

from typing import Any

import numpy as np


def two_directions(returned: Any, posterior: Any, *_: Any) -> dict[str, str]:
    """Of two distributions over the points of a posterior p: which is nearer by KL(p || q), and which has the higher ELBO.

    returned   (first, second), arrays (K,); a 0 is allowed
    posterior  array (K,), p(z | x). The ELBO is log p(x) - KL(q || p), so it is higher where KL(q || p) is smaller
    """
    p = np.asarray(posterior, float)
    try:
        first, second = (np.asarray(q, float) for q in returned)
    except (TypeError, ValueError):
        return {"returned": "not two distributions"}
    if first.shape != p.shape or second.shape != p.shape:
        return {"returned": "another number of points"}
    if (first < 0).any() or (second < 0).any():
        return {"returned": "negative entries"}
    if max(abs(first.sum() - 1), abs(second.sum() - 1)) > 1e-6:
        return {"returned": "the sum is not 1"}
    forward, backward = (_kl(p, first), _kl(p, second)), (_kl(first, p), _kl(second, p))
    return {"KL(p || q) is smaller for": _smaller(*forward), "the ELBO is higher for": _smaller(*backward)}


def _kl(p: np.ndarray, q: np.ndarray) -> float:
    """KL(p || q): 0 log 0 is 0, and where q is 0 and p is not it is infinite."""
    there = p > 0
    with np.errstate(divide="ignore"):
        return float((p[there] * (np.log(p[there]) - np.log(q[there]))).sum())


def _smaller(a: float, b: float) -> str:
    if a == b or abs(a - b) < 1e-9:
        return "neither"
    return "the first" if a < b else "the second"
