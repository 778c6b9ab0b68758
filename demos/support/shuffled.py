"""What word_order.py measures: shuffled sentences, and what shuffling does to classifiers."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .labelled import Examples
from .panels import COLOURS, panels, tidy
from .run import Results

# By reader: p of the classes, (seeds, N, C) as it is and (seeds, shuffles, N, C).
Asked = dict[str, tuple[np.ndarray, np.ndarray]]
NO_ORDER = "best that reads no order"  # what the best such reader can expect
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
    return [([tokens[i] for i in rng.permutation(len(tokens))], label)
            for tokens, label in examples]


def measure(p: np.ndarray, q: np.ndarray, truth: np.ndarray) -> Row:
    """What shuffling does to a reader.

    p      its answers to the sentences (seeds, N, C)
    q      and to their shuffles (seeds, shuffles, N, C)
    truth  the labels (N,)
    """
    guess = p.argmax(axis=2)  # (seeds, N)
    guesses = q.argmax(axis=3)  # (seeds, shuffles, N)
    right = guess == truth  # (seeds, N)
    right_shuffled = (guesses == truth).mean(axis=1)  # (seeds, N)
    lost = right - right_shuffled  # (seeds, N)
    pairs = [(a != b).mean() for i, a in enumerate(guess) for b in guess[:i]]
    return Row(
        scores=np.array([right.mean(axis=1), right_shuffled.mean(axis=1), lost.mean(axis=1)]),
        error=float(lost.mean(axis=0).std(ddof=1) / math.sqrt(len(truth))),
        changed=float((guess[:, None] != guesses).mean()),
        by_seed=float(np.mean(pairs)) if pairs else math.nan,
        moves=float(np.abs(p[:, None] - q).max()),
    )


def report(
    results: Results, asked: Asked, truth: np.ndarray, levels: dict[str, float]
) -> None:
    """Print, keep and draw what shuffling does to each reader; naive Bayes is a baseline."""
    table = {name: measure(p, q, truth) for name, (p, q) in asked.items()}
    print(f"\n{'':31}{'as it is':>8}{'shuffled':>16}{'lost':>16}{'changed':>16}"
          f"{'by seed':>9}{'p moves':>9}")
    for name, row in table.items():
        _keep(results, name, row)
        print(_line(name, row))

    results.baseline(**{name.replace(" ", "_"): value for name, value in levels.items()})
    errors = {name: math.sqrt(value * (1 - value) / len(truth)) for name, value in levels.items()}
    if NO_ORDER in errors:
        results.baseline(error_best_that_reads_no_order=errors[NO_ORDER])
    print("; ".join(f"{name} {value:.1%}, +- {100 * errors[name]:.1f} by the draw of the sentences"
                    if name == NO_ORDER else f"{name} {value:.1%}"
                    for name, value in levels.items()))
    lost = [f"{name} {table[name].scores[2].mean():.1%} +- {100 * table[name].error:.1f}"
            for name in ("positions", "BiRNN")]
    print(f"lost, +- its standard error over {len(truth):,} sentences: " + ", ".join(lost))
    results.figure("accuracy.svg", _figure(table, levels, errors))


def _keep(results: Results, name: str, row: Row) -> None:
    """The numbers of a reader, of naive Bayes as baselines."""
    key = name.replace(", ", "_").replace(" ", "_").lower()
    keep = results.baseline if "Bayes" in name else results.metric
    for label, values in zip(LABELS, row.scores, strict=True):
        keep(**{f"{label}_{key}": values.mean()})
        if len(values) > 1:
            keep(**{f"deviation_{label}_{key}": values.std(ddof=1)})
    keep(**{f"error_lost_{key}": row.error})
    keep(**{f"changed_{key}": row.changed})
    keep(**{f"p_moves_{key}": row.moves})
    if not math.isnan(row.by_seed):
        keep(**{f"changed_by_seed_{key}": row.by_seed})


def _line(name: str, row: Row) -> str:
    """A line of the table."""
    line = f"{name:31}"
    for values in row.scores:
        line += f"{values.mean():8.1%}"
        if len(values) > 1:
            line += f" +-{100 * values.std(ddof=1):4.1f} "
        else:
            line += " " * 8
    by_seed = "" if math.isnan(row.by_seed) else f"{row.by_seed:.1%}"
    return line + f"{row.changed:8.1%}{by_seed:>9}{row.moves:9.0e}"


def _figure(table: dict[str, Row], levels: dict[str, float], errors: dict[str, float]) -> Any:
    def draw(axes: list[Any]) -> None:
        scores, changes = axes
        for y, row in enumerate(table.values()):
            first = y == 0  # which names the curves
            mean = row.scores.mean(axis=1)
            deviation = np.zeros(3)
            if row.scores.shape[1] > 1:
                deviation = row.scores.std(axis=1, ddof=1)
            scores.plot(mean[:2], [y, y], color="#AAAAAA", linewidth=2, zorder=1)
            for i, (marker, label) in enumerate((("o", "as it is"), ("D", "shuffled"))):
                scores.errorbar(mean[i], y, xerr=deviation[i] or None, marker=marker,
                                color=COLOURS[i], capsize=3, linestyle="", markersize=(9, 5)[i],
                                label=label if first else None)
            changes.barh(y, row.changed, color=COLOURS[1], height=0.5,
                         label="by shuffling" if first else None)
            if not math.isnan(row.by_seed):
                changes.plot(row.by_seed, y, "|", color="black", markersize=18, markeredgewidth=2)
        if not all(math.isnan(row.by_seed) for row in table.values()):
            changes.plot([], [], "|", color="black", markersize=12, markeredgewidth=2,
                         label="by another seed")
        for name, value in levels.items():
            if name == NO_ORDER:
                scores.axvspan(value - 2 * errors[name], value + 2 * errors[name], zorder=0,
                               color="#E2E2E2", linewidth=0, label="expected without order")
            else:
                scores.axvline(value, color="#6E6E6E", linewidth=1.1, linestyle=(0, (1.5, 3)),
                               zorder=0, label="most frequent class")
        scores.set_yticks(range(len(table)), list(table))
        scores.invert_yaxis()  # of both panels, as they share it
        tidy(scores, "Accuracy, as it is and shuffled", "test accuracy")
        tidy(changes, "Predictions that change", "share of the test sentences")
        for panel in axes:
            panel.legend(frameon=False, fontsize=9, loc="upper center",
                         bbox_to_anchor=(0.5, -0.14), ncols=2 if panel is scores else 1)

    return panels(1, 2, draw, 4.4, 4.8, sharey=True)
