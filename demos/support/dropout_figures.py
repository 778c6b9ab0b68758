"""The figures of dropout.py: what the next layer gets, and what is learned by heart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn.viz.figure import INK

from .panels import COLOURS, STROKES, panels, tidy


def expectation_figure(
    sums: dict[tuple[str, float], tuple[np.ndarray, float]]
) -> Callable[[Path], Path]:
    """For each reading, a fifth and half dropped: w h of many masks (M,), and at test."""
    shown = [(key, *sums[key]) for drop in (0.2, 0.5) for key in sums if key[1] == drop]
    readings = {"inverted": "inverted", "paper": "the paper", "notes": "the notes, literally"}

    def draw(axes: list[Any]) -> None:
        for panel, ((name, drop), trained, tested) in zip(axes, shown, strict=True):
            mean = trained.mean()
            panel.hist(trained, bins=40, color="#BBBBBB", density=True)
            panel.axvline(mean, ymax=0.67, color=COLOURS[0], label=f"mean in training {mean:.1f}")
            panel.axvline(tested, ymax=0.67, color=COLOURS[1], linestyle=STROKES[1], linewidth=2.5,
                          label=f"at test {tested:.1f}")
            panel.set_ylim(top=1.5 * panel.get_ylim()[1])
            panel.set_yticks([])
            share = "a fifth" if drop == 0.2 else "half"
            tidy(panel, f"{readings[name]}: {share} dropped", legend=True)
        for panel in axes[3:]:
            panel.set_xlabel("what the next layer gets", color=INK)

    return panels(2, 3, draw, width=2.8, height=2.1)


def overfitting_figure(curves: dict[str, list[list[dict[str, float]]]],
                       known: dict[str, float]) -> Callable[[Path], Path]:
    """By what is dropped, for each seed, epoch by epoch: "epoch", "train", "test", "test_loss".

    known  the accuracy of who knows the language; may be empty
    """

    def draw(axes: list[Any]) -> None:
        for row, runs in enumerate(reversed(curves.values())):
            train, test = ([run[-1][part] for run in runs] for part in ("train", "test"))
            axes[0].plot([np.mean(train), np.mean(test)], [row, row], color="#BBBBBB", zorder=1)
            axes[0].plot(train, [row] * len(train), "o", color="white", markeredgecolor=COLOURS[1],
                         label="training texts" if row == 0 else None)
            axes[0].plot(test, [row] * len(test), "s", color=COLOURS[0],
                         label="unseen texts" if row == 0 else None)
        for accuracy in known.values():
            axes[0].axvline(accuracy, color="#777777", linestyle=":", linewidth=1.2,
                            label="who knows the language")
        axes[0].set_yticks(range(len(curves)), list(curves)[::-1])
        low = axes[0].get_xlim()[0]
        axes[0].set(xlim=(low - 0.6 * (1 - low), 1.02), ylim=(-0.5, len(curves) + 0.7))
        tidy(axes[0], "After training: three seeds each", "accuracy")
        axes[0].legend(frameon=False, fontsize=9, loc="upper left")

        for k, name in enumerate(list(curves)[i] for i in (0, 2)):
            epochs = [point["epoch"] for point in curves[name][0]]
            accuracies = np.array([[point["test"] for point in run] for run in curves[name]])
            axes[1].plot(epochs, accuracies.T, color=COLOURS[k], linewidth=0.7, alpha=0.6)
            axes[1].plot(epochs, accuracies.mean(axis=0), color=COLOURS[k], linestyle=STROKES[k],
                         linewidth=2.5, label=name)
        low, high = axes[1].get_ylim()
        axes[1].set_ylim(low, high + 0.25 * (high - low))
        axes[1].xaxis.get_major_locator().set_params(integer=True)
        tidy(axes[1], "Unseen texts, mean and three seeds", "epoch", "accuracy", legend=True)

    return panels(1, 2, draw, width=3.6, height=3.9)
