"""The figure of birnn.py: how much each prediction depends on each word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .panels import COLOURS, panels, tidy


def influence_figure(
    matrices: dict[str, np.ndarray], words: Sequence[str]
) -> Callable[[Path], Path]:
    """For each model (T, T): row t, how much the state after word t changes with each word."""
    T = len(words)

    def draw(axes: list[Any]) -> None:
        for panel, (name, matrix) in zip(axes, matrices.items(), strict=True):
            panel.imshow(matrix / matrix.max(), cmap="Blues", vmin=0, vmax=1)
            panel.plot(np.arange(T - 1) + 1, np.arange(T - 1), "x", color="#D55E00", markersize=8,
                       markeredgewidth=2)
            panel.set_xticks(range(T), words, rotation=45, ha="right", rotation_mode="anchor")
            panel.set_yticks(range(T), words)
            panel.tick_params(length=0)
            panel.set_title(name.replace("_", " "), loc="left")
            panel.set_xlabel("read word s; the cross is the word to be predicted")
            panel.set_ylabel("state after word t")

    title = "d state / d word: what a prediction can see"
    return panels(1, 2, draw, width=4.6, height=4.4, title=title)


def tagging_figure(tagged: dict[str, list[tuple[float, float]]]) -> Callable[[Path], Path]:
    """Of each reader the share of right answers, where the clue stands before and behind the word.

    tagged  reader -> (before, behind) of each seed
    """
    names = ("clue before the word:\nthe clerk counts cash at the bank",
             "clue behind the word:\nat the bank the duck swims")

    def draw(axes: list[Any]) -> None:
        (panel,) = axes
        for k, (reader, runs) in enumerate(tagged.items()):
            at = np.arange(2) + 0.27 * (k - 1)
            means = np.mean(runs, axis=0)
            panel.bar(at, means, width=0.25, color=COLOURS[k], hatch=("", "//", "")[k],
                      edgecolor="white")
            for x, mean in zip(at, means, strict=True):
                panel.text(x, mean + 0.02, f"{reader}\n{mean:.0%}", ha="center", fontsize=11)
            for run in runs:
                panel.plot(at, run, "o", color="black", markersize=3)
        panel.axhline(0.5, color="#666666", linestyle=":", linewidth=1.2)
        panel.text(1.58, 0.51, "guess", ha="right", color="#666666", fontsize=11)
        panel.set_xticks(range(2), names, fontsize=11)
        panel.set_xlim(-0.45, 1.6)
        panel.set_ylim(0, 1.2)
        panel.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
        tidy(panel, "Which bank? One reader guesses where the clue is still to come",
             y="right answers")

    return panels(1, 1, draw, width=8, height=4.5)
