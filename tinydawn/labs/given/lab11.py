"""Lab 11, self-attention: sentences of ids, dice, and what is compared where many answers are right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

UNSEEN = -100  # the target where there is no loss


def dice(seed: int) -> np.random.Generator:
    """A NumPy generator: .random(shape), .integers(low, high, size), .choice(values, size)."""
    return np.random.default_rng(seed)


def padded_ids(rows: int, length: int, words: int, special: Sequence[int]) -> np.ndarray:
    """Sentences of ordinary ids below `words`, (rows, length): special[1] at the front, special[0] after the end."""
    rng = np.random.default_rng(rows)
    ordinary = np.setdiff1d(np.arange(words), special)
    ids = ordinary[rng.integers(len(ordinary), size=(rows, length))]
    ids[:, 0] = special[1]
    ids[np.arange(length) >= rng.integers(length // 2, length + 1, size=rows)[:, None]] = special[0]
    return ids


def masking_counts(returned: Any, ids: np.ndarray, special: Sequence[int], mask_id: int, words: int, share: float,
                   *_: Any) -> dict[str, Any]:
    """Of (inputs, targets): what was chosen, what stands there, and where the loss is; shares to what chance allows."""
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        return {"a pair": type(returned).__name__}
    x, y = (np.asarray(part) for part in returned)
    if x.shape != ids.shape or y.shape != ids.shape:
        return {"shapes": [list(x.shape), list(y.shape)]}
    real, chosen = ~np.isin(ids, special), y != UNSEEN
    hidden, kept = chosen & (x == mask_id), chosen & (x == ids)
    other = chosen & ~hidden & ~kept
    count = max(1, int(chosen.sum()))
    return {
        "chosen": _share(int((chosen & real).sum()), int(real.sum()), share),
        "special tokens chosen": bool((chosen & ~real).any()),
        "targets are the true ids": bool((y == ids)[chosen].all()),
        "changed without a loss": bool((x != ids)[~chosen].any()),
        "masked, random, kept": [_share(int(part.sum()), count, p) for part, p in ((hidden, 0.8), (other, 0.1), (kept, 0.1))],
        "special tokens at random": bool(np.isin(x[other], special).any()),
        "many random tokens": len(np.unique(x[other])) > 5,
    }


def _share(found: int, of: int, expected: float) -> float:
    """The expected share, if chance may well have made the found one of it; else the found one, to a hundredth."""
    share = found / max(1, of)
    room = max(0.006, 5 * (expected * (1 - expected) / max(1, of)) ** 0.5) if of < 30_000 else 0.006
    return expected if abs(share - expected) < room else round(share, 2)


def steepness_of_norms(row: Any, n: int) -> dict[str, Any]:
    """Of a row of n numbers: is the notes' LayerNorm at least 100 times as steep there as PyTorch's? eps is 1e-6 in both."""
    try:
        x = np.asarray(row, float)
    except (TypeError, ValueError):
        return {"a row": type(row).__name__}
    if x.shape != (n,) or not np.isfinite(x).all():
        return {"a row": list(x.shape), "finite": bool(np.isfinite(x).all())}
    c, eye, eps = x - x.mean(), np.eye(n) - 1 / n, 1e-6
    square = float(c @ c)
    std, root = (square / (n - 1)) ** 0.5, (square / n + eps) ** 0.5
    bend = np.outer(c, c) / ((n - 1) * std * (std + eps) ** 2) if std else 0.0
    notes = np.abs(eye / (std + eps) - bend).max()
    pytorch = np.abs(eye / root - np.outer(c, c) / (n * root ** 3)).max()
    if notes >= 100 * pytorch:
        return {"a row": [n], "100 times as steep": True}
    size = "small" if std < 0.01 else "large" if std > 100 else "ordinary"
    return {"a row": [n], "100 times as steep": False, "its spread": size}


def sines_after_a_step(position: Any, k: int, omega: np.ndarray) -> dict[str, Any]:
    """Of a position: is there no matrix at all that takes its sines to those of the position k further on?"""
    if isinstance(position, bool | np.bool_) or not isinstance(position, int | float | np.integer | np.floating):
        return {"a position": type(position).__name__}
    before, after = (np.abs(np.sin(omega * p)) > 1e-9 for p in (float(position), float(position) + k))
    if not before.any() and after.any():
        return {"a position": "number", "a matrix": False}
    return {"a position": "number", "a matrix": True, "sines that are 0": [int((~before).sum()), int((~after).sum())]}


__all__ = ["UNSEEN", "dice", "masking_counts", "padded_ids", "sines_after_a_step", "steepness_of_norms"]
