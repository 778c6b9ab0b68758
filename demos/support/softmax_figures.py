"""The figures of softmax_classifier.py: p - y as colours, and what batches of three sizes reach."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn.viz.figure import INK

from .panels import COLOURS, STROKES, heat, panels, tidy


def gradient_figure(p: np.ndarray, y: np.ndarray, right: Sequence[str],
                    classes: Sequence[str]) -> Callable[[Path], Path]:
    """Probabilities p (N, C), one-hot targets y (N, C), and their difference, for N texts."""

    def draw(axes: list[Any]) -> None:
        rows = [f"text {i}:\n{name}" for i, name in enumerate(right, start=1)]
        titles = ("p = softmax(z)", "y: 1 for the right class", "p − y, the gradient")
        for panel, matrix, title in zip(axes, (p, y, p - y), titles, strict=True):
            names = rows if panel is axes[0] else [""] * len(rows)
            heat(panel, matrix, names, classes, title, reach=1.0)
            panel.set_xlabel("class", color=INK)
        axes[0].set_ylabel("text, and its right class", color=INK)

    return panels(1, 3, draw, width=2.5, height=4.0)


def batches_figure(
    paths: dict[str, list[Any]],
    goal: float,
    noise: dict[int, float],
    loss_of: Callable[[np.ndarray], np.ndarray],
    walks: dict[int, np.ndarray],
    throughput: Sequence[tuple[int, float]],
) -> Callable[[Path], Path]:
    """What batches of each size reach, how noisy their gradients are, how they walk, and what an
    example costs in them.

    paths       by size: rows of (CPU seconds, epochs, loss, test accuracy)
    noise       by size: of the gradient, beside its length
    loss_of     the loss (M,) of pairs of weights (M, 2), for the contours behind the walks
    walks       by size: the weights (steps, 2) on the way
    throughput  (size, microseconds per example)
    """

    def draw(axes: list[Any]) -> None:
        names = {"1": "one at a time", "all": "all at once"}
        for k, (name, path) in enumerate(paths.items()):
            seconds, _, losses, _ = np.array(path).T
            axes[0].plot(seconds, losses, color=COLOURS[k], linestyle=STROKES[k],
                         label=names.get(name, f"batches of {name}"))
        axes[0].axhline(goal, color="#777777", linewidth=1, label="the goal")
        tidy(axes[0], "Fifty at a time are soonest", "CPU seconds of training", "test loss, nats",
             legend=True)

        sizes = list(noise)
        axes[1].loglog(sizes, [noise[sizes[0]] * (sizes[0] / size) ** 0.5 for size in sizes],
                       color="#999999", linewidth=1, label="1 / sqrt(size)")
        axes[1].loglog(sizes, list(noise.values()), "o", color=COLOURS[0], label="measured")
        axes[1].set_xticks(sizes, [str(size) for size in sizes])
        axes[1].set_yticks([1, 3, 10, 30], ["1", "3", "10", "30"])
        axes[1].minorticks_off()
        tidy(axes[1], "The noise of the gradient", "texts in a batch", "noise / length of gradient",
             legend=True)

        low = np.minimum(np.min([walk.min(axis=0) for walk in walks.values()], axis=0), -2) - 0.2
        high = np.max([walk.max(axis=0) for walk in walks.values()], axis=0) + 0.2
        a, b = np.meshgrid(*(np.linspace(low[i], high[i], 80) for i in (0, 1)))
        surface = loss_of(np.stack([a.ravel(), b.ravel()], axis=1)).reshape(80, 80)
        axes[2].contour(a, b, surface, levels=12, colors="#CCCCCC", linewidths=0.8)
        largest = max(walks)
        for k, (size, walk) in enumerate(walks.items()):
            name = "one" if size == 1 else f"all {size}" if size == largest else str(size)
            axes[2].plot(*walk.T, color=COLOURS[k], linestyle=STROKES[k], linewidth=1.2, label=name)
        tidy(axes[2], "60 steps on a loss of two weights", "first weight", "second weight")
        axes[2].legend(frameon=False, fontsize=8, title="at a time", title_fontsize=8,
                       loc="center left", bbox_to_anchor=(1.0, 0.5))

        axes[3].loglog(*np.array(throughput).T, color=COLOURS[0], marker="o", markersize=4)
        sizes = [size for size, _ in throughput][::2]
        axes[3].set_xticks(sizes, [str(size) for size in sizes])
        axes[3].set_yticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"])
        axes[3].minorticks_off()
        tidy(axes[3], "One product of matrices for many", "examples in a batch",
             "microseconds per example")

    return panels(2, 2, draw, width=4.0, height=2.25)
