"""For backprop.py: the table of rules, a clock, and the figure of central differences."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import viz


def print_heading() -> None:
    """The columns of the table."""
    print(f"{'':5}{'rule':27}{'shape':9}{'by hand, first entries':32}"
          "largest difference from the engine")


def print_rule(name: str, rule: str, by_hand: np.ndarray, error: float) -> None:
    """One gradient, or the loss itself: its rule, its shape, its first entries, how far off."""
    entries = np.array2string(by_hand.ravel()[:4], precision=3)
    if by_hand.ndim == 0:
        entries = f"{by_hand:.4f}"
    print(f"{name:5}{rule:27}{by_hand.shape!s:9}{entries:32}{error:.1e}")


def timed(function: Callable[[], Any]) -> tuple[Any, float]:
    """What the function returns, and the seconds that it takes."""
    started = time.perf_counter()
    result = function()
    return result, time.perf_counter() - started


def differences_figure(sizes: np.ndarray,
                       errors: dict[str, np.ndarray]) -> Callable[[Path], Any]:
    """For Results.figure: the error of a central difference over its step, by dtype."""
    lines = {name: np.stack([np.log10(sizes), found], axis=1) for name, found in errors.items()}
    return lambda path: viz.training_curves(lines, path, log=True, x_label="log10 e",
                                            y_label="error of a central difference",
                                            title="The best step e lies between")
