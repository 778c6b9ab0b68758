"""Trainings that are compared by the CPU time of their steps: each may use so many seconds."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from types import TracebackType

from tqdm import tqdm


class CpuBudget:
    """So many CPU seconds for the steps of one training, with a bar that shows them.

    with CpuBudget(seconds, "batch of 50") as budget:
        while budget.left():
            with budget.spend():
                ...                                  # one step
            if budget.due():
                ...                                  # measure; that costs nothing

    seconds       how many there are
    name          what the bar is called
    measurements  how often a measurement is due, evenly over the seconds
    """

    def __init__(self, seconds: float, name: str, measurements: int = 25) -> None:
        self.seconds = seconds
        self.used = 0.0
        self.measurements = measurements
        self.measured = 0
        self.bar = tqdm(total=seconds, desc=name, leave=False,
                        bar_format="{desc} {bar} {n:.1f} of {total:.1f} CPU s")

    def __enter__(self) -> CpuBudget:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.bar.close()

    def left(self) -> bool:
        return self.used < self.seconds

    @contextlib.contextmanager
    def spend(self) -> Iterator[None]:
        """What is done inside is paid for."""
        started = time.process_time()
        yield
        took = time.process_time() - started
        self.used += took
        self.bar.update(min(took, self.seconds - self.bar.n))

    def due(self) -> bool:
        """Is it time for the next measurement?"""
        if self.used < self.seconds * (self.measured + 1) / self.measurements:
            return False
        self.measured += 1
        return True
