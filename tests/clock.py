"""Time, so that no test fails on a slow or a busy machine: limits in units of what the machine takes for something known.

Only CPU time of the calling thread is looked at: neither other programs nor threads of BLAS that wait for work count.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 900  # seconds after which a program that a test has started is taken to hang; none needs a tenth of it


clock = getattr(time, "thread_time", time.process_time)  # where there are no threads, both are one


def cpu_seconds(work: Callable[[], Any], runs: int = 3) -> float:
    """The least of a few runs."""
    taken = []
    for _ in range(runs):
        began = clock()
        work()
        taken.append(clock() - began)
    return min(taken)


def million_steps() -> float:
    """CPU seconds for a million steps of a loop in Python, on this machine, now: 0.05 or so on one of 2026."""
    def count() -> None:
        n = 0
        while n < 1_000_000:
            n += 1

    return cpu_seconds(count)
