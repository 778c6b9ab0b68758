"""What serves memory.py: its flags, its table and its figure."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn.errors import DataError, message

from .panels import COLOURS, STROKES, panels, tidy
from .run import Results, arguments, parse

Shares = Mapping[int, Sequence[float]]  # steps -> the share of right answers of each seed


def start_run() -> tuple[argparse.Namespace, Results]:
    """The flags, and the folder of results."""
    options = parse(arguments("Train recurrent networks on a task of memory, "
                              "and see over how many steps they learn it."))
    if options.data is not None:
        what = f"--data {options.data}: this task is generated"
        raise DataError(message(what, fix="leave --data out"))
    return options, Results("memory", options, "generated")


def header(lengths: Sequence[int]) -> None:
    print(f"{'steps from letter to question':30}" + "".join(f"{n:>6}" for n in lengths)
          + "   reaches")


def reach_of(found: Shares) -> int:
    """Up to how many steps the mean of the seeds is right nine times in ten; 0 if never."""
    reached = 0
    for steps, shares in found.items():
        if np.mean(shares) < 0.9:
            break
        reached = steps
    return reached


def report(results: Results, name: str, key: str, found: Shares, lengths: Sequence[int]) -> None:
    """A line of the table; kept as right_<key>_<steps> and reach_<key>, those of counting apart."""
    keep = results.baseline if key == "ngram" else results.metric
    means = {steps: float(np.mean(shares)) for steps, shares in found.items()}
    reached = reach_of(found)
    keep(**{f"right_{key}_{steps}": mean for steps, mean in means.items()},
         **{f"reach_{key}": reached})
    line = f"{name:30}" + "".join(f"{mean:6.2f}" for mean in means.values())
    shown = f">= {reached}" if reached == lengths[-1] else reached
    print(f"{line:{30 + 6 * len(lengths)}}{shown:>10}")


def memory_figure(curves: Mapping[str, Mapping[str, Shares]], lengths: Sequence[int],
                  guess: float, best_guess: float) -> Callable[[Path], Path]:
    """For Results.figure: right answers by steps, for both ways to start, and how far each reaches.

    guess, best_guess  of a guesser, and of one who is counted as the networks are
    """

    def draw(axes: list[Any]) -> None:
        titles = {"usual": "Usual start", "keeping": "Started so that the state is kept"}
        for panel, (way, models) in zip(axes, curves.items(), strict=True):
            panel.axhspan(guess, best_guess, color="#E4E4E4", linewidth=0)
            panel.text(1.4 * lengths[-1], guess - 0.015, f"a guess: {guess:.0%} to "
                       f"{best_guess:.0%}", va="top", ha="right", color="#666666", fontsize=11)
            panel.axhline(0.9, color="#AAAAAA", linewidth=0.9)
            for k, (name, found) in enumerate(models.items()):
                steps, means = list(found), [np.mean(shares) for shares in found.values()]
                look = {"color": "#666666", "linestyle": ":", "linewidth": 1.8} if k == 0 else {
                    "color": COLOURS[k - 1], "linestyle": STROKES[k - 1], "linewidth": 2.5}
                reached = reach_of(found)
                said = f"{name}: {reached}"
                if reached == lengths[-1]:
                    said = f"{name}: {reached} or more"
                panel.plot(steps, means, **look, marker="o^sD"[k], markersize=5, label=said)
                points = [(n, share) for n, shares in found.items() for share in shares]
                panel.plot(*zip(*points, strict=True), "o^sD"[k], color=look["color"],
                           markersize=4, alpha=0.5)
            panel.set_xscale("log", base=2)
            panel.set_xticks(lengths, [str(n) for n in lengths])
            panel.set_xlim(0.62 * lengths[0], 1.5 * lengths[-1])
            panel.set_ylim(0.15, 1.05)
            panel.set_yticks([0.25, 0.5, 0.75, 0.9, 1], ["25 %", "50 %", "75 %", "90 %", "100 %"])
            panel.legend(title="reaches 90 % up to", frameon=False, fontsize=10, title_fontsize=10,
                         handlelength=3.2, ncols=2, columnspacing=1, loc="upper center",
                         bbox_to_anchor=(0.5, -0.12))
            tidy(panel, titles[way], "steps from the letter to the question",
                 "right answers" if panel is axes[0] else "")

    title = "Right answers; a curve ends once all its seeds are below one half"
    return panels(1, 2, draw, width=4.7, height=5.3, title=title)
