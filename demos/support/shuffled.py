"""What word_order.py measures: sentences with their words shuffled, and the table and figure of what that does to classifiers."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .labelled import Examples
from .panels import COLOURS, panels, tidy
from .run import Results

Asked = dict[str, tuple[np.ndarray, np.ndarray]]  # by reader: p of the classes, (seeds, N, C) and (seeds, shuffles, N, C)
LABELS = ("accuracy", "accuracy_shuffled", "lost")


class Row(NamedTuple):
    scores: np.ndarray  # accuracy as it is, shuffled, and the difference, of each seed: (3, seeds)
    error: float  # of the difference, over the sentences: its standard deviation, were others drawn
    changed: float  # share of predictions that are another class after shuffling
    by_seed: float  # the same between two trainings; nan if there is one
    moves: float  # the largest change of a probability by shuffling


def shuffled(examples: Examples, seed: int) -> Examples:
    """The same words and labels, the words of each sentence in a random order."""
    rng = np.random.default_rng([seed, 33])
    return [([tokens[i] for i in rng.permutation(len(tokens))], label) for tokens, label in examples]


def measure(p: np.ndarray, q: np.ndarray, truth: np.ndarray) -> Row:
    """A reader's answers p (seeds, N, C) to sentences, q (seeds, shuffles, N, C) to their shuffles, and the labels (N,)."""
    guess, guesses = p.argmax(axis=2), q.argmax(axis=3)  # (seeds, N), (seeds, shuffles, N)
    right, right_shuffled = guess == truth, (guesses == truth).mean(axis=1)  # (seeds, N) each
    lost = right - right_shuffled  # (seeds, N)
    pairs = [(a != b).mean() for i, a in enumerate(guess) for b in guess[:i]]
    return Row(np.array([right.mean(axis=1), right_shuffled.mean(axis=1), lost.mean(axis=1)]),
               float(lost.mean(axis=0).std(ddof=1) / math.sqrt(len(truth))), float((guess[:, None] != guesses).mean()),
               float(np.mean(pairs)) if pairs else math.nan, float(np.abs(p[:, None] - q).max()))


def report(results: Results, asked: Asked, truth: np.ndarray, levels: dict[str, float]) -> None:
    """Print, keep and draw what shuffling does to each reader. Naive Bayes and the `levels` are baselines."""
    table = {name: measure(p, q, truth) for name, (p, q) in asked.items()}
    print(f"\n{'':31}{'as it is':>8}{'shuffled':>16}{'lost':>16}{'changed':>16}{'by seed':>9}{'p moves':>9}")
    for name, row in table.items():
        key, keep = name.replace(", ", "_").replace(" ", "_").lower(), results.baseline if "Bayes" in name else results.metric
        line = f"{name:31}"
        for label, values in zip(LABELS, row.scores, strict=True):
            keep(**{f"{label}_{key}": values.mean()})
            line += f"{values.mean():8.1%}" + (f" +-{100 * values.std(ddof=1):4.1f} " if len(values) > 1 else " " * 8)
            if len(values) > 1:
                keep(**{f"deviation_{label}_{key}": values.std(ddof=1)})
        keep(**{f"error_lost_{key}": row.error, f"changed_{key}": row.changed, f"p_moves_{key}": row.moves})
        by_seed = ""
        if not math.isnan(row.by_seed):
            keep(**{f"changed_by_seed_{key}": row.by_seed})
            by_seed = f"{row.by_seed:.1%}"
        print(line + f"{row.changed:8.1%}{by_seed:>9}{row.moves:9.0e}")
    results.baseline(**{name.replace(" ", "_"): value for name, value in levels.items()})
    print("; ".join(f"{name} {value:.1%}" for name, value in levels.items()))
    print(f"lost, +- its standard error over {len(truth):,} sentences: " + ", ".join(
        f"{name} {table[name].scores[2].mean():.1%} +- {100 * table[name].error:.1f}" for name in ("positions", "BiRNN")))
    results.figure("accuracy.svg", _figure(table, levels))


def _figure(table: dict[str, Row], levels: dict[str, float]) -> Any:
    def draw(axes: list[Any]) -> None:
        for y, row in enumerate(table.values()):
            mean = row.scores.mean(axis=1)
            deviation = row.scores.std(axis=1, ddof=1) if row.scores.shape[1] > 1 else np.zeros(3)
            axes[0].plot(mean[:2], [y, y], color="#AAAAAA", linewidth=2, zorder=1)
            for i, (marker, label) in enumerate((("o", "as it is"), ("D", "shuffled"))):
                axes[0].errorbar(mean[i], y, xerr=deviation[i] or None, marker=marker, color=COLOURS[i], capsize=3, linestyle="",
                                 markersize=(8, 5)[i], label=None if y else label)
            axes[1].barh(y, row.changed, color=COLOURS[1], height=0.5, label=None if y else "by shuffling")
            axes[1].plot(row.by_seed, y, "|", color="black", markersize=16, markeredgewidth=2,
                         label=None if y else "by training from another seed")
        marks = []
        for (name, value), stroke, word in zip(levels.items(), ((0, (5, 3)), (0, (1, 1.5))), ("dashed", "dotted"), strict=False):
            axes[0].axvline(value, color="#555555", linestyle=stroke, linewidth=1, zorder=0)
            marks.append(f"{word}: {name}")
        axes[0].set_yticks(range(len(table)), list(table))
        axes[0].invert_yaxis()  # of both panels, as they share it
        tidy(axes[0], "Mean and standard deviation of the seeds", "test accuracy\n" + "; ".join(marks))
        tidy(axes[1], "Predictions that change", "share of the test sentences\n")
        for axis in axes:
            axis.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=2)

    return panels(1, 2, draw, 4.8, 3.6, "Sentences as they are, and with their words shuffled", sharey=True)
