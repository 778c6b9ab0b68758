"""For back_translation.py: the table it prints, the verdict, what it records, its figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import viz

from .monolingual import targets_in
from .panels import COLOURS, STROKES, panels, tidy
from .parallel import Pairs, shown
from .run import Results


def print_heading(pairs: int, monolingual: int, test: int, updates: int, synthetic: Pairs) -> None:
    """How much data there is, three synthetic pairs, and the columns of the table."""
    print(f"\n{pairs} pairs, {monolingual} target sentences alone, {test} test sentences; "
          f"{updates} updates each")
    for source, target in synthetic[:3]:
        print(f"  people wrote  {shown(target)}")
        print(f"  backwards     {shown(source)}")
    print(f"\n{'seed':>6}{'without':>10}{'with':>8}{'change':>9}{'backward model':>17}{'CPU s':>8}"
          "   (BLEU, greedy)")


def print_row(seed: int, without: float, with_synthetic: float, backward: float,
              seconds: float) -> None:
    """BLEU of one seed without and with synthetic pairs, and of the backward model."""
    change = with_synthetic - without
    print(f"{seed:6}{without:10.2f}{with_synthetic:8.2f}{change:+9.2f}{backward:17.2f}"
          f"{seconds:8.1f}")


def print_verdict(changes: np.ndarray, by_amount: Sequence[tuple[int, float]]) -> None:
    """Whether synthetic pairs helped at every seed, and BLEU by their number."""
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
    amounts = ", ".join(f"{count}: {score:.1f}" for count, score in by_amount)
    print(f"by the amount of synthetic pairs: {amounts}")


def record_data(results: Results, pairs: Pairs, monolingual: list[list[str]], test: Pairs,
                updates: int, synthetic: Pairs) -> None:
    """How much data there is, and whether any synthetic target is the test's, or a machine's."""
    answers = [target for _, target in test]
    results.metric(pairs=len(pairs), monolingual=len(monolingual), updates=updates,
                   test_sentences=len(test), targets_from_the_test=targets_in(synthetic, answers),
                   targets_not_by_people=len(synthetic) - targets_in(synthetic, monolingual))


def record_scores(results: Results, without: Sequence[float], with_synthetic: Sequence[float],
                  backward: Sequence[float]) -> None:
    """BLEU of each seed, and the means."""
    results.baseline(bleu_without=np.mean(without),
                     **{f"bleu_without_seed{i}": score for i, score in enumerate(without)})
    results.metric(bleu_with=np.mean(with_synthetic),
                   bleu_change=np.mean(np.subtract(with_synthetic, without)),
                   bleu_backward=np.mean(backward),
                   **{f"bleu_with_seed{i}": score for i, score in enumerate(with_synthetic)})


def change_figure(without: Sequence[float], with_synthetic: Sequence[float], first_seed: int,
                  pairs: int) -> Callable[[Path], Path]:
    """For Results.figure: BLEU before and after, a line for each seed."""

    def draw(axes: list[Any]) -> None:
        for i, (before, after) in enumerate(zip(without, with_synthetic, strict=True)):
            axes[0].plot([0, 1], [before, after], marker="o", color=COLOURS[i % 7],
                         linestyle=STROKES[i % 5],
                         label=f"seed {first_seed + i}: {after - before:+.1f}")
        axes[0].set_xticks([0, 1], [f"{pairs} pairs", "and synthetic ones"])
        axes[0].set_xlim(-0.3, 1.3)
        tidy(axes[0], "The same test, before and after", y="BLEU", legend=True)

    return panels(1, 1, draw)


def amount_figure(by_amount: Sequence[tuple[int, float]], seed: int) -> Callable[[Path], Any]:
    """For Results.figure: BLEU over the number of synthetic pairs."""
    return lambda path: viz.training_curves(
        {f"seed {seed}": by_amount}, path, y_label="BLEU", x_label="synthetic pairs",
        title="BLEU by the amount of text")
