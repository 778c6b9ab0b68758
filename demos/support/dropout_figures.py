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
            panel.margins(x=0.08)
            share = "a fifth" if drop == 0.2 else "half"
            tidy(panel, f"{readings[name]}: {share} dropped", legend=True)
        for panel in axes[3:]:
            panel.set_xlabel("what the next layer gets", color=INK)

    return panels(2, 3, draw, width=2.8, height=2.1, sharex=True)


def overfitting_figure(curves: dict[str, list[list[dict[str, float]]]], naive_bayes: float,
                       known: dict[str, float]) -> Callable[[Path], Path]:
    """By what is dropped, for each seed, epoch by epoch: "epoch", "train", "test", "test_loss".

    naive_bayes  its accuracy
    known        the accuracy of who knows the language; may be empty
    """

    def draw(axes: list[Any]) -> None:
        left, right = axes
        for row, runs in enumerate(reversed(curves.values())):
            train, test = ([run[-1][part] for run in runs] for part in ("train", "test"))
            left.plot([np.mean(train), np.mean(test)], [row, row], color="#BBBBBB", zorder=1)
            left.plot(train, [row] * len(train), "o", color="white", markeredgecolor=COLOURS[1],
                      label="training texts" if row == 0 else None)
            left.plot(test, [row] * len(test), "s", color=COLOURS[0], markersize=5,
                      label="unseen texts" if row == 0 else None)
        levels = {"naive Bayes, unseen": naive_bayes}
        for accuracy in known.values():
            levels["who knows the language"] = accuracy
        below_names = 0.62  # of the height
        for (name, accuracy), stroke in zip(levels.items(), ("--", ":"), strict=False):
            left.axvline(accuracy, ymax=below_names, color="#777777", linestyle=stroke,
                         linewidth=1.2, label=name)
        left.set_yticks(range(len(curves)), list(curves)[::-1])
        left.set_xlim(right=1.02)
        left.set_ylim(-0.5, (len(curves) - 0.3) / below_names)
        tidy(left, "After training: three seeds each", "accuracy")
        left.legend(frameon=False, fontsize=9, loc="upper left")

        for k, name in enumerate(list(curves)[i] for i in (0, 2, 3)):
            epochs = [point["epoch"] for point in curves[name][0]]
            losses = np.array([[point["test_loss"] for point in run] for run in curves[name]])
            right.plot(epochs, losses.T, color=COLOURS[k], linewidth=0.7, alpha=0.6)
            right.plot(epochs, losses.mean(axis=0), color=COLOURS[k], linestyle=STROKES[k],
                       linewidth=2.5, label=name)
        right.set_ylim(0, 1.35 * right.get_ylim()[1])
        right.xaxis.get_major_locator().set_params(integer=True)
        tidy(right, "Unseen texts, mean and three seeds", "epoch", "loss, nats", legend=True)
        right.legend(frameon=False, fontsize=9, loc="upper left")

    return panels(1, 2, draw, width=3.9, height=4.2)
