"""For kl_divergence.py: its figures, and the line of a table about words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import text

from .panels import COLOURS, STROKES, panels, tidy

# In Python's manual the chapter about the methods of strings has all of these.
STRING_METHODS = {"lowercase", "uppercase", "separator"}

Texts = list[list[str]]


def two_kinds_of_text(data: str | None, seed: int) -> tuple[list[tuple[str, Texts]], Texts]:
    """Two kinds of text, (name, sentences) each, and all sentences: those of the last class of
    `data` and of the first; for None of a chapter of Python's manual, and of the whole manual.
    """
    if data is None:
        documents = text.load_documents(None)
        chapter = next(d for d in documents if STRING_METHODS.issubset(w for s in d for w in s))
        manual = [sentence for document in documents for sentence in document]
        return [("strings", chapter), ("manual", manual)], manual
    labelled = text.load_labelled(data, seed)
    last = len(labelled.classes) - 1
    kinds = [(str(labelled.classes[k]), [words for words, label in labelled.train if label == k])
             for k in (last, 0)]
    return kinds, [words for words, _ in labelled.train]


Fit = tuple[float, float, float]  # mean, standard deviation, divergence


def fits_figure(x: np.ndarray, target: np.ndarray,
                fitted: dict[str, np.ndarray]) -> Callable[[Path], Path]:
    """For Results.figure: the density of the target, and of what was fitted to it, over x (X,)."""

    def draw(axes: list[Any]) -> None:
        axes[0].fill_between(x, target, color="#CCCCCC", label="target p")
        for k, (name, density) in enumerate(fitted.items()):
            axes[0].plot(x, density, color=COLOURS[k], linestyle=STROKES[k], label=name)
        axes[0].set_xlim(-9, 9)
        axes[0].set_ylim(0, 0.95)
        tidy(axes[0], x="x", y="density", legend=True)

    return panels(1, 1, draw, width=6.4, height=3.6)


def frames_figure(x: np.ndarray, target: np.ndarray, runs: dict[str, Sequence[Fit]],
                  density: Callable[[float, float], np.ndarray]) -> Callable[[Path], Path]:
    """For Results.figure: a row for each of two runs, which shows where q is at five of its steps.

    runs     by what is to be said of them
    density  of q over x, from its mean and standard deviation
    """

    def draw(axes: list[Any]) -> None:
        for row, (name, path) in enumerate(runs.items()):
            steps = len(path)
            frames = [0, *(round(steps * share) for share in (0.025, 0.05, 0.1)), steps - 1]
            for column, k in enumerate(frames):
                mean, std, divergence = path[k]
                panel = axes[row * len(frames) + column]
                panel.fill_between(x, target, color="#CCCCCC")
                panel.plot(x, density(mean, std), color=COLOURS[row])
                panel.set_xlim(-9, 9)
                panel.set_ylim(0, 0.66)
                panel.set_yticks([])
                when = f"after {steps} steps" if k == steps - 1 else f"step {k}"
                tidy(panel, f"{name}\n{when}" if column == 0 else f"\n{when}",
                     f"m {no_minus_zero(mean, 2):.2f}, s {std:.2f}, KL {divergence:.3f}",
                     "density" if column == 0 else "")

    return panels(2, 5, draw, width=2.3, height=2.2,
                  title="Grey: the target p. In colour: q, one normal distribution")


def no_minus_zero(x: float, digits: int) -> float:
    """Rounded, and 0 where that gives -0."""
    return round(x, digits) + 0


def largest_terms(terms: np.ndarray, vocabulary: Sequence[str], count: int = 8) -> str:
    """The words with the largest positive terms (V,) of a divergence, to be printed."""
    order = np.argsort(-terms)[:count]
    return ", ".join(f"{vocabulary[i]} {terms[i]:.4f}" for i in order if terms[i] > 0)
