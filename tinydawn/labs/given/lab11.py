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
    """Sentences of ordinary ids below `words`, (rows, length): special[1] at the front, special[0] after the end.

    One in three of the ordinary ids is in no sentence.
    """
    rng = np.random.default_rng(rows)
    ordinary = np.setdiff1d(np.arange(words), special)
    ordinary = ordinary[np.arange(len(ordinary)) % 3 != 1]
    ids = ordinary[rng.integers(len(ordinary), size=(rows, length))]
    ids[:, 0] = special[1]
    ids[np.arange(length) >= rng.integers(length // 2, length + 1, size=rows)[:, None]] = special[0]
    return ids


def masking_counts(returned: Any, ids: np.ndarray, special: Sequence[int], mask_id: int, words: int, share: float,
                   *_: Any) -> dict[str, Any]:
    """Of (inputs, targets): the first thing that is not as it should be; of shares only what chance does not explain."""
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        return _found("not two things")
    if any(hasattr(part, "requires_grad") for part in returned):
        return _found("a Tensor, and no array")
    x, y = (np.asarray(part) for part in returned)
    if x.shape != ids.shape or y.shape != ids.shape:
        return _found(f"shapes {x.shape} and {y.shape}")
    floats = [name for name, part in (("inputs", x), ("targets", y)) if part.dtype.kind not in "iu"]
    if floats:
        return _found(f"no whole numbers in the {' and the '.join(floats)}")
    if np.shares_memory(x, ids) or (np.shares_memory(y, ids) and (y == UNSEEN).any()):
        return _found("ids are written into")
    real, chosen, changed = ~np.isin(ids, special), y != UNSEEN, x != ids
    hidden, kept = chosen & (x == mask_id), chosen & ~changed
    other, count = chosen & ~hidden & ~kept, max(1, int(chosen.sum()))
    if (y != ids)[chosen].any():
        among = "everywhere" if chosen.all() else "in places"
        return _found(f"targets that are not the true ids, {among}{', and -100 in the inputs' if (x == UNSEEN).any() else ''}")
    if changed.any() and not changed[chosen].any():
        return _found("no target where something changed" + (", and targets elsewhere" if chosen.any() else ""))
    if (chosen & ~real).any():
        if chosen.all():
            return _found("a target everywhere")
        first = "" if (ids[chosen] == special[0]).any() else f", though not {special[0]}"
        return _found(f"targets at special tokens{first}{'' if changed[~real].any() else ', which never change'}")
    if changed[~chosen].any():
        without = [name for name, part in (("unchanged", kept), ("random", other)) if not part.any()]
        return _found(f"changed without a target{'; no target at ' + ' and '.join(without) + ' ones' if without else ''}")
    some = chosen.any(axis=0)
    if (real.any(axis=0) & ~some).any() and (chosen == (real & some)).all():
        return _found("the same places in each row")
    found = _share(int(chosen.sum()), int(real.sum()), share)
    if found != share:
        much = "all" if chosen.sum() == real.sum() else "too many" if found > share else "too few"
        return _found("how many are chosen", much, [round(int(part.sum()) / count, 1) for part in (hidden, other, kept)])
    shares = [_share(int(part.sum()), count, p) for part, p in ((hidden, 0.8), (other, 0.1), (kept, 0.1))]
    if shares != [0.8, 0.1, 0.1]:
        return _found("what becomes of them", share, shares if count > 20_000 else "not .8, .1, .1")
    drawn = np.unique(x[other])
    if len(drawn) <= 5:
        return _found("few random tokens", share, shares)
    if np.isin(drawn, special).any():
        return _found("special tokens at random", share, shares)
    if np.isin(drawn, ids).all():
        return _found("random tokens of the text alone", share, shares)
    return _found("nothing", share, shares)


def _found(wrong: str, chosen: Any = None, shares: Any = None) -> dict[str, Any]:
    """What is said of a masking, always under the same names; None where nothing was counted, for want of something before it."""
    return {"wrong": wrong, "chosen": chosen, "[MASK], random, kept": shares}


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
        return {"a row": False}
    if x.shape != (n,):
        return {"a row of n": "a batch of one" if x.shape == (1, n) else False}
    if not np.isfinite(x).all():
        return {"finite": False}
    c, eye, eps = x - x.mean(), np.eye(n) - 1 / n, 1e-6
    square = float(c @ c)
    std, root = (square / (n - 1)) ** 0.5, (square / n + eps) ** 0.5
    bend = np.outer(c, c) / ((n - 1) * std * (std + eps) ** 2) if std else 0.0
    notes = np.abs(eye / (std + eps) - bend).max()
    pytorch = np.abs(eye / root - np.outer(c, c) / (n * root ** 3)).max()
    if notes >= 100 * pytorch:
        return {"100 times as steep": True}
    size = "small" if std < 0.01 else "large" if std > 100 else "ordinary"
    return {"100 times as steep": False, "its spread": size}


def sines_after_a_step(position: Any, k: int, omega: np.ndarray) -> dict[str, Any]:
    """Of a position: is there no matrix at all that takes its sines to those of the position k further on?"""
    if isinstance(position, bool | np.bool_) or not isinstance(position, int | float | np.integer | np.floating):
        many = isinstance(position, np.ndarray) or hasattr(position, "numpy")
        return {"a position": "an array" if many else "several" if isinstance(position, tuple | list) else False}
    if not np.isfinite(position):
        return {"a position": False}
    before, after = (np.abs(np.sin(omega * p)) > 1e-9 for p in (float(position), float(position) + k))
    if not before.any() and after.any():
        return {"a matrix": False}
    return {"a matrix": True, "leads to zeros": not after.any()}


__all__ = ["UNSEEN", "dice", "masking_counts", "padded_ids", "sines_after_a_step", "steepness_of_norms"]
