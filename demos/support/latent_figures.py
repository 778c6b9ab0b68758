"""For vae_lm.py: its figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn.viz.figure import INK, inches

from .latent_space import tricks
from .panels import COLOURS, STROKES, cut, panels, tidy


def training_figure(curves: Mapping[str, np.ndarray]) -> Callable[[Path], Path]:
    """For Results.figure: per rung (steps, 3): reconstruction and KL, beta beside them."""

    def draw(axes: list[Any]) -> None:
        for panel, (name, rows) in zip(axes, curves.items(), strict=False):
            width = max(1, len(rows) // 80)
            rows = rows[:len(rows) // width * width].reshape(-1, width, 3).mean(axis=1)
            x = width * (np.arange(len(rows)) + 0.5)
            side = panel.twinx()
            side.plot(x, rows[:, 2], color="#777777", linestyle=STROKES[3], linewidth=1.2)
            side.set(ylim=(0, 1.05), yticks=[0, 0.5, 1])
            side.set_ylabel("beta (dashed)", color=INK)
            side.spines["top"].set_visible(False)
            # A batch holds short sentences or long ones: the mean of five is smoother.
            smooth = np.convolve(np.pad(rows[:, 0], 2, mode="edge"), np.ones(5) / 5, "valid")
            panel.plot(x, smooth, color=COLOURS[0], label="reconstruction, smoothed")
            panel.plot(x, rows[:, 1], color=COLOURS[1], linestyle=STROKES[2], label="KL")
            top = 1.15 * np.quantile(rows[:, 0], 0.97)
            bump = 1.1 * rows[:, 1].max()  # of the KL: it may be higher
            panel.set_ylim(0, min(2 * top, max(top, bump)))
            end = rows[-5:, 1].mean()
            tidy(panel, f"{name}: KL ends at {end:.2f}", "step", "nats per sentence")
            panel.set_zorder(side.get_zorder() + 1)  # the legend hides beta, not beta the legend
            panel.patch.set_visible(False)
            panel.legend(fontsize=8, loc="upper right", bbox_to_anchor=(1, 0.9), facecolor="w",
                         edgecolor="none", framealpha=1)
        for panel in axes[len(curves):]:
            panel.axis("off")

    columns = min(2, len(curves))
    return panels(-(-len(curves) // columns), columns, draw, width=4.8, height=2.9)


def ladder_figure(rows: Mapping[str, Mapping[str, float]], baseline: float,
                  name: str) -> Callable[[Path], Path]:
    """For Results.figure: the KL of every rung against what a sentence costs it."""

    def draw(axes: list[Any]) -> None:
        (panel,) = axes
        kl, cost = (np.array([row[key] for row in rows.values()]) for key in ("kl", "elbo"))
        panel.axhline(baseline, color=INK, linestyle=STROKES[3], linewidth=1)
        panel.annotate(name, (1, baseline), xycoords=("axes fraction", "data"), ha="right",
                       va="bottom", fontsize=8)
        panel.plot(kl, cost, "o", color=COLOURS[0], markersize=5)
        low, high = min(cost.min(), baseline), max(cost.max(), baseline)
        gap, taken = (high - low) / 16, -math.inf
        for k in np.argsort(cost):  # names in a column at the right, so that none lies on another
            taken = max(float(cost[k]), taken + gap)
            line = {"arrowstyle": "-", "color": "#BBBBBB", "linewidth": 0.7, "relpos": (0, 0.5)}
            panel.annotate(list(rows)[k], (kl[k], cost[k]), (1.04, taken), fontsize=8, va="center",
                           textcoords=("axes fraction", "data"), arrowprops=line)
        panel.set_ylim(low - gap, max(high, taken) + 2 * gap)
        tidy(panel, "What z knows, and what a sentence costs", "KL, nats",
             "-ELBO at beta = 1, nats per sentence")

    return panels(1, 1, draw, width=7.0, height=4.2)


def by_rate(rows: Mapping[str, Mapping[str, float]]) -> dict[str, dict[float, Mapping[str, float]]]:
    """By variant -> of three or more that differ in the rate of word dropout alone, by rate."""
    found: dict[str, dict[float, Mapping[str, float]]] = {}
    for name, row in rows.items():
        used = tricks(name)
        rest = "+".join(sorted(used.keys() - {"none", "dropout"})) or "no other trick"
        found.setdefault(rest, {})[used.get("dropout") or 0.0] = row
    return {rest: rates for rest, rates in found.items() if len(rates) > 2}


def rate_figure(lines: Mapping[str, Mapping[float, Mapping[str, float]]]) -> Callable[[Path], Path]:
    """For Results.figure: KL, and the bound, against the rate of word dropout: a line per name."""

    def draw(axes: list[Any]) -> None:
        titles = ("KL, nats", "-ELBO, nats per sentence")
        for panel, key, title in zip(axes, ("kl", "elbo"), titles, strict=True):
            for k, (name, rates) in enumerate(lines.items()):
                x = sorted(rates)
                panel.plot(x, [rates[r][key] for r in x], color=COLOURS[k], linestyle=STROKES[k],
                           marker="os"[k % 2], label=name)
            tidy(panel, title, "share of decoder inputs that are <unk>", legend=True)

    return panels(1, 2, draw, width=3.8, height=2.8)


def map_figure(z: np.ndarray, chosen: np.ndarray,
               names: Mapping[str, Sequence[str]]) -> Callable[[Path], Path]:
    """For Results.figure: per attribute the two directions that tell its values best apart.

    A dot for each sentence.

    z       (N, Z), a draw from each q(z | x)
    chosen  (N, A), the value of each attribute
    """

    def draw(axes: list[Any]) -> None:
        for panel, column, (attribute, values) in zip(axes, chosen.T, names.items(), strict=True):
            centres = np.stack([z[column == k].mean(axis=0) for k in range(len(values))])
            _, _, directions = np.linalg.svd(centres - centres.mean(axis=0), full_matrices=False)
            x, y = (z @ directions[:2].T).T
            for k, value in enumerate(values):
                here = column == k
                panel.scatter(x[here], y[here], s=9, color=COLOURS[k], marker="osD^vP"[k],
                              linewidths=0, alpha=0.7, label=value)
            panel.set(xticks=[], yticks=[])
            panel.legend(fontsize=8, frameon=False, loc="upper center", bbox_to_anchor=(0.5, 0),
                         ncols=3, handletextpad=0.1)
            tidy(panel, attribute)

    return panels(1, chosen.shape[1], draw, width=3.2, height=3.6)


def strip_figure(lines: Sequence[tuple[float, str, str]]) -> Callable[[Path], Path]:
    """For Results.figure: from one sentence to another: (share, sentence, words of the bag)."""
    lines = [(share, cut(sentence, 9, 7), cut(bag, 9, 3.5)) for share, sentence, bag in lines]
    middle = max(inches(sentence, 9) for _, sentence, _ in lines) + 0.7
    width = middle + max(inches(bag, 9) for _, _, bag in lines) + 0.4

    def draw(axes: list[Any]) -> None:
        (paper,) = axes
        paper.set(xlim=(0, width), ylim=(len(lines) - 0.4, -0.6))
        paper.axis("off")
        for i, (share, sentence, bag) in enumerate(lines):
            paper.axhspan(i - 0.45, i + 0.45, xmax=middle / width - 0.01, color=COLOURS[0],
                          alpha=0.05 + 0.3 * share, linewidth=0)
            paper.text(0.05, i, f"{share:.2f}", va="center", fontsize=8, color="#555555")
            paper.text(0.45, i, sentence, va="center", color=INK)
            paper.text(middle + 0.1, i, bag, va="center", color="#555555")

    return panels(1, 1, draw, width=width, height=0.3 * len(lines) + 0.2,
                  words="".join(a + b for _, a, b in lines))
