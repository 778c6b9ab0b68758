"""The figures of softmax_classifier.py: p - y as colours, and what batches of three sizes reach."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .panels import COLOURS, STROKES, heat, panels, tidy


def gradient_figure(p: np.ndarray, y: np.ndarray, targets: np.ndarray) -> Callable[[Path], Path]:
    """Probabilities p (N, C), one-hot targets y (N, C), and their difference."""

    def draw(axes: list[Any]) -> None:
        rows = [f"class {c}" for c in targets]
        columns = [str(c) for c in range(p.shape[1])]
        heat(axes[0], p, rows, columns, "p = softmax(z)")
        heat(axes[1], y, rows, columns, "y, one-hot")
        heat(axes[2], p - y, rows, columns, "p - y")

    return panels(1, 3, draw, width=3.0, height=2.4)


def batches_figure(
    paths: dict[str, list[Any]],
    loss_of: Callable[[np.ndarray], np.ndarray],
    walks: dict[int, np.ndarray],
    throughput: Sequence[tuple[int, float]],
) -> Callable[[Path], Path]:
    """What batches of each size reach, how they walk, and what an example costs in them.

    paths       by size: rows of (CPU seconds, epochs, loss, test accuracy)
    loss_of     the loss (M,) of pairs of weights (M, 2), for the contours behind the walks
    walks       by size: the weights (steps, 2) on the way
    throughput  (size, microseconds per example)
    """

    def draw(axes: list[Any]) -> None:
        for k, (name, path) in enumerate(paths.items()):
            seconds, epochs, losses, accuracies = np.array(path).T
            style = {"color": COLOURS[k], "linestyle": STROKES[k], "label": f"batch of {name}"}
            axes[0].plot(seconds, accuracies, **style)
            axes[1].plot(seconds, losses, **style)
            axes[2].plot(epochs, losses, **style)
        axes[2].set_xscale("log")
        tidy(axes[0], "test accuracy", "CPU seconds", legend=True)
        tidy(axes[1], "training loss", "CPU seconds", legend=True)
        tidy(axes[2], "training loss", "epochs", legend=True)

        a, b = np.meshgrid(np.linspace(-2, 2.2, 60), np.linspace(-2, 2.5, 60))
        surface = loss_of(np.stack([a.ravel(), b.ravel()], axis=1)).reshape(60, 60)
        axes[3].contour(a, b, surface, levels=12, colors="#CCCCCC", linewidths=0.8)
        for k, (size, walk) in enumerate(walks.items()):
            axes[3].plot(*walk.T, color=COLOURS[k], linestyle=STROKES[k], linewidth=1,
                         label=f"batch of {size}")
        tidy(axes[3], "60 steps on a loss of two weights", legend=True)

        axes[4].loglog(*np.array(throughput).T, color=COLOURS[0], marker="o", markersize=3)
        tidy(axes[4], "microseconds per example", "batch")
        axes[5].axis("off")

    return panels(2, 3, draw, width=3.4, height=2.8)
