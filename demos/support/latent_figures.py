"""For vae_lm.py: its figures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn.viz.figure import INK, inches

from .latent_space import tricks
from .panels import COLOURS, STROKES, cut, panels, tidy


def in_words(variant: str) -> str:
    """"linear+dropout=0.5" -> "linear annealing", and in a second line "+ word dropout 0.5"."""
    words = {"none": "plain VAE", "linear": "linear annealing", "sigmoid": "sigmoid annealing",
             "cyclic": "cyclic annealing", "bow": "bag of words", "freebits": "free bits",
             "dropout": "word dropout"}
    parts = []
    for name, number in tricks(variant).items():
        parts.append(words[name] if number is None else f"{words[name]} {number:g}")
    return "\n+ ".join(parts)


def training_figure(curves: Mapping[str, np.ndarray]) -> Callable[[Path], Path]:
    """For Results.figure: of each variant (steps, 3) the KL, with beta as a shade behind it."""

    def draw(axes: list[Any]) -> None:
        highest = max(rows[:, 1].max() for rows in curves.values())
        for panel, (name, rows) in zip(axes, curves.items(), strict=False):
            steps = np.arange(len(rows))
            side = panel.twinx()
            side.fill_between(steps, rows[:, 2], color="#DDDDDD", linewidth=0)
            side.set(ylim=(0, 1.6), yticks=[0, 1])
            side.set_ylabel("beta (grey)", color="#555555", loc="bottom")
            side.spines["top"].set_visible(False)
            # Each point is the mean of the ten steps around it.
            smooth = np.convolve(np.pad(rows[:, 1], 5, mode="edge"), np.ones(10) / 10, "valid")
            panel.plot(steps, smooth[:len(steps)], color=COLOURS[0])
            panel.set_yscale("symlog", linthresh=1)
            panel.set_ylim(0, 2 * highest)
            panel.set_yticks([0, 1, 10], ["0", "1", "10"])
            panel.minorticks_off()
            title = " ".join(in_words(name).split())
            last = rows[-20:, 1].mean()
            tidy(panel, f"{title}: in the last steps {last:.2f}", "step", "KL, nats")
            panel.set_zorder(side.get_zorder() + 1)  # the curve is before beta
            panel.patch.set_visible(False)
        for panel in axes[len(curves):]:
            panel.axis("off")

    columns = min(2, len(curves))
    return panels(-(-len(curves) // columns), columns, draw, width=3.9, height=2.2)


def ladder_figure(rows: Mapping[str, Sequence[Mapping[str, float]]], nats: float,
                  entropy: float) -> Callable[[Path], Path]:
    """For Results.figure: of each variant its KL, and what a sentence costs it.

    rows           by variant what was measured with each of its seeds
    nats, entropy  a sentence costs a language model without z, and any model at least, or nan
    """

    def draw(axes: list[Any]) -> None:
        names = [in_words(name) for name in rows]
        place = np.arange(len(rows))
        kl, cost = (np.array([np.mean([row[key] for row in found]) for found in rows.values()])
                    for key in ("kl", "elbo"))
        most = max(row["kl"] for found in rows.values() for row in found)
        axes[0].barh(place, kl, color=COLOURS[0], height=0.65)
        axes[1].axvline(nats, color="#777777", linestyle=":", linewidth=1.5,
                        label="model without z")
        axes[1].axvline(entropy, color="#777777", linewidth=1, label="least possible")
        axes[1].plot(cost, place, "o", color=COLOURS[1], label="-ELBO")
        end = 1.5 * np.median(cost)  # what costs far more is named at the edge: the others show
        for y in np.flatnonzero(cost > end):
            axes[1].annotate(f"{cost[y]:.1f}", (end, y), (-40, 0), textcoords="offset points",
                             va="center", arrowprops={"arrowstyle": "->", "color": COLOURS[1]})
        axes[1].set_xlim(min(*cost, np.nanmin([nats, entropy])) - 0.5, min(end, max(cost) + 0.5))
        for y, found in zip(place, rows.values(), strict=True):
            each = [row["kl"] for row in found]
            axes[0].text(max(each) + 0.03 * most, y, f"{kl[y]:.2f}", va="center", fontsize=9)
            if len(found) > 1:
                for panel, key in zip(axes, ("kl", "elbo"), strict=True):
                    panel.plot([row[key] for row in found], [y] * len(found), "|", color=INK,
                               markersize=8, label="each seed" if y == 0 else None)
        axes[0].set_yticks(place, names)
        axes[0].set_xlim(0, 1.2 * max(most, 0.1))
        tidy(axes[0], "How much z is used", "KL, nats")
        axes[1].set_yticks(place, [""] * len(rows))
        tidy(axes[1], "What a sentence costs", "nats per sentence")
        for panel in axes:
            panel.set_ylim(len(rows) - 0.4, -0.6)
            panel.tick_params(axis="y", length=0)
        axes[1].legend(fontsize=9, loc="best", edgecolor="none", framealpha=1)

    return panels(1, 2, draw, width=3.6, height=4.2)


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
        titles = {"kl": ("The decoder sees less, z tells more", "KL, nats"),
                  "elbo": ("and a sentence costs more", "-ELBO, nats per sentence")}
        for panel, (key, (title, y)) in zip(axes, titles.items(), strict=True):
            for k, (name, rates) in enumerate(lines.items()):
                x = sorted(rates)
                panel.plot(x, [rates[r][key] for r in x], color=COLOURS[k], linestyle=STROKES[k],
                           marker="os"[k % 2], clip_on=False, label=name)
            panel.set_ylim(0)
            panel.set_xticks(x, [f"{rate:g}" for rate in x])
            tidy(panel, title, "share of the decoder's input words dropped", y,
                 legend=len(lines) > 1)

    return panels(1, 2, draw, width=3.9, height=3.9)


def map_figure(z: np.ndarray, chosen: np.ndarray,
               names: Mapping[str, Collection[str]]) -> Callable[[Path], Path]:
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
                panel.scatter(x[here], y[here], s=9, color=COLOURS[k % len(COLOURS)],
                              marker="osD^vPX*"[k],
                              linewidths=0, alpha=0.7, label=value)
            panel.set(xticks=[], yticks=[])
            panel.legend(fontsize=8, frameon=False, loc="upper center", bbox_to_anchor=(0.5, 0),
                         ncols=3, handletextpad=0.1)
            tidy(panel, attribute)

    return panels(1, chosen.shape[1], draw, width=3.0, height=4.0)


def strip_figure(shares: Sequence[float],
                 pairs: Sequence[tuple[str, str]]) -> Callable[[Path], Path]:
    """For Results.figure: from one sentence to another, (sentence, words of the bag) each."""
    lines = [(share, cut(sentence, 9, 7), cut(bag, 9, 3.5))
             for share, (sentence, bag) in zip(shares, pairs, strict=True)]
    middle = max(inches(sentence, 9) for _, sentence, _ in lines) + 0.7
    width = middle + max(2.1, *(inches(bag, 9) for _, _, bag in lines)) + 0.4

    def draw(axes: list[Any]) -> None:
        (paper,) = axes
        paper.set(xlim=(0, width), ylim=(len(lines) - 0.4, -1.6))
        paper.text(0.45, -1, "what greedy search writes, on the way from one z to another",
                   va="center", weight="bold", color=INK)
        paper.text(middle + 0.1, -1, "words that z makes likely", va="center", weight="bold",
                   color=INK)
        paper.axis("off")
        for i, (share, sentence, bag) in enumerate(lines):
            paper.axhspan(i - 0.45, i + 0.45, xmax=middle / width - 0.01, color=COLOURS[0],
                          alpha=0.05 + 0.3 * share, linewidth=0)
            paper.text(0.05, i, f"{share:.2f}", va="center", fontsize=8, color="#555555")
            paper.text(0.45, i, sentence, va="center", color=INK)
            paper.text(middle + 0.1, i, bag, va="center", color="#555555")

    return panels(1, 1, draw, width=width, height=0.3 * len(lines) + 0.5,
                  words="".join(a + b for _, a, b in lines))
