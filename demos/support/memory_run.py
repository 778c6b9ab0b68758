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


def report(results: Results, name: str, key: str, found: Shares, columns: int) -> None:
    """A line of the table; kept as right_<key>_<steps> and reach_<key>, of an n-gram as baselines.

    A model reaches a length if it is right nine times in ten there and at all shorter ones.
    """
    keep = results.baseline if key == "ngram" else results.metric
    means = {steps: float(np.mean(shares)) for steps, shares in found.items()}
    keep(**{f"right_{key}_{steps}": mean for steps, mean in means.items()})
    reached = 0
    for steps, mean in means.items():
        if mean < 0.9:
            break
        reached = steps
    keep(**{f"reach_{key}": reached})
    line = f"{name:30}" + "".join(f"{mean:6.2f}" for mean in means.values())
    print(f"{line:{30 + 6 * columns}}{reached:10}")


def memory_figure(curves: Mapping[str, Mapping[str, Shares]], lengths: Sequence[int],
                  guess: float) -> Callable[[Path], Path]:
    """For Results.figure: right answers by steps, for both ways to start; each name stands where
    its model falls."""

    def draw(axes: list[Any]) -> None:
        titles = {"usual": "Usual start: soon forgotten",
                  "keeping": "Started so that the state is kept"}
        for panel, (way, models) in zip(axes, curves.items(), strict=True):
            panel.axhline(guess, color="#888888", linewidth=0.8)
            panel.text(1.45 * lengths[-1], guess - 0.02, "guess", ha="right", va="top",
                       color="#666666")
            named: dict[int, int] = {}  # steps -> how many names stand there
            for k, (name, found) in enumerate(models.items()):
                steps, means = list(found), [np.mean(shares) for shares in found.values()]
                counted = name == "n-gram"
                look = {"color": "#888888", "linestyle": ":", "linewidth": 1.5} if counted else {
                    "color": COLOURS[k - 1], "linestyle": STROKES[k - 1], "linewidth": 2.5}
                panel.plot(steps, means, **look)
                points = [(n, share) for n, shares in found.items() for share in shares]
                panel.plot(*zip(*points, strict=True), "o^sD"[k], color=look["color"],
                           markersize=4, alpha=0.6)
                last = max([n for n, mean in zip(steps, means, strict=True) if mean >= 0.9],
                           default=steps[0])
                panel.text(last, 1.04 + 0.09 * named.get(last, 0), name, ha="center",
                           color="#666666" if counted else COLOURS[k - 1], fontsize=11)
                named[last] = named.get(last, 0) + 1
            panel.set_xscale("log", base=2)
            panel.set_xticks(lengths, [str(n) for n in lengths])
            panel.set_xlim(0.62 * lengths[0], 1.5 * lengths[-1])
            panel.set_ylim(0.1, 1.27)
            panel.set_yticks([0.25, 0.5, 0.75, 1], ["25 %", "50 %", "75 %", "100 %"])
            tidy(panel, titles[way], "steps from the letter to the question",
                 "right answers" if panel is axes[0] else "")

    return panels(1, 2, draw, width=4.4, height=4.6)
