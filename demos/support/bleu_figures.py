"""For bleu.py: its figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .panels import COLOURS, STROKES, cut, panels, tidy

FILL = {"counts": "#DCEAF6", "clipped": "#F2B27A", "no match": "white"}


def matches_figure(output: Sequence[str], reference: Sequence[str], kinds: dict[int, list[str]],
                   labels: dict[int, str]) -> Callable[[Path], Path]:
    """For Results.figure: the n-grams of an output, a row for each n.

    kinds   for each n, of each n-gram from left to right, what it is: a key of FILL
    labels  for each n, what stands at the left of the row
    """

    def draw(axes: list[Any]) -> None:
        for n, row in kinds.items():
            for i, kind in enumerate(row):
                axes[0].barh(-n, 0.94, left=i, height=0.8, edgecolor="#555555", linewidth=0.8,
                             color=FILL[kind])
                lines = [" ".join(output[i:i + min(n, 2)]), " ".join(output[i + 2:i + n])]
                words = [cut(line, 11, 9.0 / len(output)) for line in lines]
                axes[0].text(i + 0.47, -n, "\n".join(words).strip(), ha="center", va="center",
                             fontsize=11)
            axes[0].text(-0.1, -n, labels[n], ha="right", va="center", fontsize=11)
        tidy(axes[0], "reference: " + " ".join(reference)
             + "      blue counts; orange is clipped; white has no match")
        axes[0].set_ylabel("matches of 1, 2, 3 and 4 words", labelpad=14)
        axes[0].set(xlim=(-0.6, len(output)), xticks=[], yticks=[])
        axes[0].spines[:].set_visible(False)

    return panels(1, 1, draw, 9.6, 3.8)


def scores_figure(shares: np.ndarray, right: Sequence[float], penalised: Sequence[float],
                  sentence_scores: Sequence[float],
                  corpus_score: float) -> Callable[[Path], Path]:
    """For Results.figure: the brevity penalty; outputs of fewer words; scores of single sentences.

    shares     of the words of each output that are left
    right      for each share, how many of the words left are in the reference
    penalised  the same times the penalty
    """

    def draw(axes: list[Any]) -> None:
        ratio = np.linspace(0.05, 1.5, 200)
        axes[0].plot(ratio, np.minimum(1, np.exp(1 - 1 / ratio)), color=COLOURS[0])
        tidy(axes[0], "The brevity penalty", "length of the output / of the reference",
             "the score is multiplied by")

        lines = (("share that is right", right, 84), ("times the penalty", penalised, 20))
        for k, (name, values, at) in enumerate(lines):
            axes[1].plot(100 * shares, 100 * np.array(values), color=COLOURS[1 - k],
                         linestyle=STROKES[1 - k], marker="so"[k], markersize=4, linewidth=2)
            axes[1].text(101, at, name, color=COLOURS[1 - k], ha="right", fontsize=9.5)
        tidy(axes[1], "Only the most frequent words left", "per cent of its words that are left",
             "precision of words, per cent")
        axes[1].set_xticks([10, 40, 70, 100])
        axes[1].set_ylim(0, 105)

        axes[2].hist(sentence_scores, bins=20, range=(0, 100), color="#BBD7EE",
                     edgecolor="#555555")
        lines = {"their mean": np.mean(sentence_scores), "of the corpus": corpus_score}
        for k, (name, score) in enumerate(lines.items()):
            axes[2].axvline(score, color=COLOURS[k], linestyle=STROKES[k],
                            linewidth=2, label=f"{name} {score:.1f}")
        tidy(axes[2], "Scores of single sentences", "BLEU, smoothed", "sentences", legend=True)

    return panels(1, 3, draw, 3.2, 4.4)
