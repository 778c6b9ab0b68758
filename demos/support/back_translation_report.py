"""For back_translation.py: the table it prints, the verdict, what it records, its figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .monolingual import targets_in
from .panels import COLOURS, STROKES, panels, tidy
from .parallel import Pairs, shown
from .run import Results

Scores = dict[float, list[float]]  # share of the text that is translated back -> BLEU of each seed


def begin(results: Results, pairs: Pairs, monolingual: list[list[str]], test: Pairs, updates: int,
          synthetic: Pairs) -> None:
    """Record whether any synthetic target is the test's, or a machine's.

    With the first seed: how much data there is, three synthetic pairs, the columns of the table.
    """
    numbers = results.record["metrics"]
    first = "pairs" not in numbers
    from_the_test = targets_in(synthetic, [target for _, target in test])
    not_by_people = len(synthetic) - targets_in(synthetic, monolingual)
    results.metric(
        targets_from_the_test=numbers.get("targets_from_the_test", 0) + from_the_test,
        targets_not_by_people=numbers.get("targets_not_by_people", 0) + not_by_people)
    if not first:
        return

    results.metric(pairs=len(pairs), monolingual=len(monolingual), updates=updates,
                   test_sentences=len(test))
    print(f"\n{len(pairs)} pairs, {len(monolingual)} target sentences alone, {len(test)} test "
          f"sentences; {updates} updates each")
    for source, target in synthetic[:3]:
        print(f"  people wrote  {shown(target)}")
        print(f"  backwards     {shown(source)}")
    print(f"\n{'seed':>6}{'without':>10}{'a quarter':>11}{'with':>8}{'change':>9}"
          f"{'backward model':>17}{'CPU s':>8}   (BLEU, greedy)")


def print_row(seed: int, scores: Scores, backward: float, seconds: float) -> None:
    """BLEU of one seed by the share of the text, and of the backward model."""
    without, quarter, everything = (scores[share][-1] for share in (0, 0.25, 1))
    print(f"{seed:6}{without:10.2f}{quarter:11.2f}{everything:8.2f}{everything - without:+9.2f}"
          f"{backward:17.2f}{seconds:8.1f}")


def finish(results: Results, scores: Scores, backward: list[float], first_seed: int) -> None:
    """Print the verdict, record all scores, draw them."""
    changes = np.subtract(scores[1], scores[0])  # (seeds,)
    print_verdict(changes)
    for name, values, keep in (("without", scores[0], results.baseline),
                               ("with_a_quarter", scores[0.25], results.metric),
                               ("with", scores[1], results.metric)):
        keep(**{f"bleu_{name}": np.mean(values)})
        keep(**{f"bleu_{name}_seed{i}": score for i, score in enumerate(values)})
    results.metric(bleu_change=np.mean(changes), bleu_backward=np.mean(backward))
    pairs, monolingual = (int(results.record["metrics"][name]) for name in ("pairs", "monolingual"))
    results.figure("change.svg", change_figure(scores[0], scores[1], first_seed, pairs))
    results.figure("amount.svg", amount_figure(scores, pairs, monolingual))


def print_verdict(changes: np.ndarray) -> None:
    """Whether synthetic pairs helped at every seed."""
    if changes.min() > 0:
        verdict = "a gain"
    elif changes.max() < 0:
        verdict = "a loss"
    else:
        verdict = "neither a gain nor a loss"
    if len(changes) > 1 and not verdict.startswith("neither"):
        verdict += " at every seed"
    print(f"\nmean change {changes.mean():+.2f} BLEU over {len(changes)} seed(s), "
          f"from {changes.min():+.2f} to {changes.max():+.2f}: {verdict}")


def change_figure(without: list[float], with_synthetic: list[float], first_seed: int,
                  pairs: int) -> Callable[[Path], Path]:
    """For Results.figure: BLEU before and after, a line for each seed."""

    def draw(axes: list[Any]) -> None:
        for i, (before, after) in enumerate(zip(without, with_synthetic, strict=True)):
            axes[0].plot([0, 1], [before, after], marker="os^"[i % 3], color=COLOURS[i % 7],
                         linestyle=STROKES[i % 5], linewidth=2,
                         label=f"seed {first_seed + i}: {after - before:+.1f}")
        axes[0].set_xticks([0, 1], [f"{pairs} pairs", "and synthetic ones"], fontsize=11)
        axes[0].set_xlim(-0.3, 1.3)
        tidy(axes[0], "The same test, before and after", y="BLEU")
        axes[0].legend(frameon=False, fontsize=11, loc="upper left")

    return panels(1, 1, draw, width=8, height=4.5)


def amount_figure(scores: Scores, pairs: int, monolingual: int) -> Callable[[Path], Path]:
    """For Results.figure: BLEU over the number of synthetic pairs; the mean, and each seed."""

    def draw(axes: list[Any]) -> None:
        panel = axes[0]
        amounts = [round(share * monolingual) for share in scores]
        means = [np.mean(values) for values in scores.values()]
        for amount, values in zip(amounts, scores.values(), strict=True):
            for i, score in enumerate(values):
                panel.plot(amount, score, "os^"[i % 3], color=COLOURS[i % 7], markersize=7,
                           fillstyle="none", markeredgewidth=1.6,
                           label=f"seed {i}" if amount == 0 else None)
        panel.plot(amounts, means, color="#222222", linewidth=2, label="mean")
        panel.set_xticks(amounts)
        tidy(panel, f"{pairs} pairs of people throughout, and more and more of the machine's",
             x="synthetic pairs", y="BLEU")
        panel.legend(frameon=False, fontsize=10, loc="lower right")

    return panels(1, 1, draw, width=8, height=4.5)
