"""What suits data of one's own: it follows from how much there is.

The settings are those of the data nearest in amount among those that were measured. Data four times
as large are read half as often, and so trained on for twice as long.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeVar

from tinydawn import text

S = TypeVar("S")


def is_own(data: str | None) -> bool:
    """Whether --data names files of one's own: neither a corpus by name, nor nothing."""
    return data is not None and data not in text.CORPORA


def suited(measured: Mapping[int, S], amount: int) -> tuple[S, float]:
    """Settings for an amount N of data, and how much longer to train than they say: sqrt(N / M).

    measured  settings that were found to suit an amount M, by M. The nearest M counts, by ratio:
              300 lies in the middle between 100 and 900
    amount    N: tokens, sentences or pairs to train on, as M counts them

    >>> suited({100: "small", 900: "large"}, 225)
    ('small', 1.5)
    """
    amount = max(1, amount)
    nearest = min(measured, key=lambda known: abs(math.log(known / amount)))
    return measured[nearest], math.sqrt(amount / nearest)


def passes(epochs: float, longer: float) -> int:
    """How often to read N tokens, where `epochs` suit M and `longer` is sqrt(N / M); at least once.

    A pass over N tokens is N / M times as long, so `longer` times as many tokens in all are
    `longer` / (N / M) = 1 / `longer` times as many passes.
    """
    return max(1, round(epochs / longer))


def epochs_for(data: str | None, epochs: int, measured: int, amount: int) -> int:
    """The `epochs` that were found to suit an amount `measured`; by the rule for one's own data."""
    if not is_own(data):
        return epochs
    found, longer = suited({measured: epochs}, amount)
    return passes(found, longer)
