"""The figures of dropout.py: what the next layer gets, and what is learned by heart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .panels import COLOURS, STROKES, panels, tidy


def expectation_figure(
    sums: dict[tuple[str, float], tuple[np.ndarray, float]]
) -> Callable[[Path], Path]:
    """For p = .2 and .5 and each reading: w h of many masks (M,), and what it is at test."""
    shown = [(key, *sums[key]) for p in (0.2, 0.5) for key in sums if key[1] == p]

    def draw(axes: list[Any]) -> None:
        for panel, ((name, p), trained, tested) in zip(axes, shown, strict=True):
            mean = trained.mean()
            panel.hist(trained, bins=40, color="#BBBBBB", density=True)
            panel.axvline(mean, color=COLOURS[0], label=f"mean in training {mean:.1f}")
            panel.axvline(tested, color=COLOURS[1], linestyle=STROKES[1], linewidth=2.5,
                          label=f"at test {tested:.1f}")
            panel.set_ylim(top=1.4 * panel.get_ylim()[1])
            panel.set_yticks([])
            tidy(panel, f"{name}, p = {p}", legend=True)

    return panels(2, 3, draw, height=2.4)


def overfitting_figure(curves: dict[str, list[dict[str, float]]]) -> Callable[[Path], Path]:
    """By what is dropped, epoch by epoch: "train", "test", "train_loss", "test_loss"."""

    def draw(axes: list[Any]) -> None:
        for panel, what, title in ((axes[0], "", "accuracy"), (axes[1], "_loss", "loss, nats")):
            for k, (name, curve) in enumerate(curves.items()):
                epochs = range(1, len(curve) + 1)
                test = [point["test" + what] for point in curve]
                train = [point["train" + what] for point in curve]
                panel.plot(epochs, test, color=COLOURS[k], linestyle="-", label=name)
                panel.plot(epochs, train, color=COLOURS[k], linestyle=STROKES[1])
            tidy(panel, f"{title}: test solid, training dotted", "epoch", legend=True)

    return panels(1, 2, draw, width=4.6)
