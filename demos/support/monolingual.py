"""For back_translation.py: target text without a source, and the pairs that a backward model makes of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .parallel import Pairs


def divide(train: Pairs, held_out: Pairs, share: float, seed: int) -> tuple[Pairs, list[list[str]]]:
    """A share of the training pairs that stay pairs, and of the others the target sentences alone.

    A target sentence that is also one of the held-out pairs' is left out: to read a test's answer is to know the test.
    """
    order = np.random.default_rng(seed).permutation(len(train))
    count = max(1, round(share * len(train)))
    answers = {tuple(target) for _, target in held_out}
    monolingual = [train[i][1] for i in order[count:] if tuple(train[i][1]) not in answers]
    return [train[i] for i in order[:count]], monolingual


def synthetic_pairs(monolingual: list[list[str]], translate: Callable[[list[list[str]]], list[list[str]]]) -> Pairs:
    """Pairs (what the backward model made of a sentence, the sentence itself): what a machine wrote is never a target.

    A sentence that it made nothing of is left out.
    """
    return [(source, target) for source, target in zip(translate(monolingual), monolingual, strict=True) if source]
