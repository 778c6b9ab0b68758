"""Tables and figures of reparameterisation.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn.viz.figure import INK

from .panels import COLOURS, STROKES, panels, tidy
from .run import Results


def variance_table(results: Results, sizes: Sequence[int], variances: dict[str, list[float]],
                   gradients: dict[tuple[str, int], np.ndarray]) -> None:
    """Print and record each estimator: its variance for every size of z, its mean at 16.

    gradients  of an estimator and a size: the first number's gradient of each draw (N,)
    """
    header = "".join(f"{size:>10}" for size in sizes)
    print(f"\nvariance of one draw's gradient\n{'numbers in z':20}{header}   true gradient: 1")
    for name, values in variances.items():
        shown = "".join(f"{value:10.2f}" for value in values)
        mean = gradients[name, 16].mean()
        print(f"{name:20}{shown}   mean at 16: {mean:.3f}")

        key = name.replace(" ", "_")
        for size, value in zip(sizes, values, strict=True):
            results.metric(**{f"variance_{key}_{size}": value})
        results.metric(**{f"gradient_{key}": mean})


def variance_figure(sizes: Sequence[int], variances: dict[str, list[float]],
                    gradients: dict[tuple[str, int], np.ndarray]) -> Callable[[Path], Path]:
    """For Results.figure: the gradients of 300 single draws at 16 numbers, and variance over size.

    Every one of the 300 is shown, so the axis reaches as far as they do.
    """
    short = {"with a baseline": "score function,\nwith a baseline"}

    def draw(axes: list[Any]) -> None:
        aside = np.random.default_rng(0).uniform(-0.28, 0.28, 300)
        for k, name in enumerate(variances):
            drawn = gradients[name, 16][:300]
            axes[0].plot(drawn, -k + aside, ".", color=COLOURS[k], markersize=4, alpha=0.6)
            axes[1].loglog(sizes, variances[name], marker="osD"[k], markersize=5,
                           color=COLOURS[k], linestyle=STROKES[k], label=name)
        axes[0].axvline(1, color="#555555", linewidth=1)
        axes[0].annotate("true: 1", (1, 0.42), (6, 0), textcoords="offset points", va="center")
        axes[0].set_yticks([0, -1, -2], [short.get(name, name) for name in variances])
        axes[0].set_ylim(-2.5, 0.6)
        tidy(axes[0], "300 draws each, 16 numbers in z", "gradient of one draw")
        axes[1].set_xticks(sizes, [str(size) for size in sizes])
        axes[1].set_yticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
        axes[1].minorticks_off()
        tidy(axes[1], "The variance of one draw's gradient", "numbers in z", "variance",
             legend=True)

    return panels(1, 2, draw, width=3.7, height=3.9)


def jensen_figure(joint: np.ndarray, qs: dict[str, np.ndarray]) -> Callable[[Path], Path]:
    """For Results.figure: ln, the two points Y = p(x, z) / q(z), and how far chord and curve are.

    joint  p(x, z) for the two values of z (2,)
    qs     q(z) by name (2,)
    """
    titles = {"far": "q far from p(z | x)", "near": "nearer", "posterior": "q = p(z | x)"}
    ends = (-2.1, 0.75)  # of ln Y

    def draw(axes: list[Any]) -> None:
        t = np.linspace(0.1, 1.75, 200)
        for panel, (name, q) in zip(axes, qs.items(), strict=True):
            y = joint / q  # (2,)
            mean, elbo = q @ y, q @ np.log(y)
            panel.plot(t, np.log(t), color="#555555", linewidth=1.5, label="ln Y")
            panel.plot(y, np.log(y), marker="o", markersize=6, color=COLOURS[1],
                       linestyle=STROKES[1], label="Y of both z, chord")
            gap = np.log(mean) - elbo
            if gap > 0.01:  # a strip beside the two points, which do not cover it
                panel.fill_between([mean, 1.12], elbo, np.log(mean), color="#CCCCCC", linewidth=0,
                                   zorder=0)
                panel.text(1.15, (elbo + np.log(mean)) / 2, f"gap {gap:.2f}", va="center")
            panel.plot(mean, np.log(mean), "s", color=COLOURS[0], markersize=4,
                       label="ln E[Y] = ln p(x)")
            panel.plot(mean, elbo, "D", color=COLOURS[2], markersize=4, label="E[ln Y], ELBO")
            panel.set(xlim=(0, 1.75), ylim=ends)
            shown = ", ".join(f"{p:.1f}" for p in q)
            shown = f"q(z) = {shown}; ELBO {elbo:.2f}".replace("-", "−")
            tidy(panel, f"{titles[name]}\n{shown}", "Y")
        axes[0].set_ylabel("ln Y", color=INK)
        axes[2].legend(frameon=False, fontsize=9, loc="lower right", borderaxespad=0)

    return panels(1, 3, draw, width=2.75, height=3.9)


def bounds_figure(log_p: float, elbos: np.ndarray, counts: Sequence[int], bounds: Sequence[float],
                  errors: Sequence[float], grid: np.ndarray, targets: dict[str, np.ndarray],
                  fits: dict[str, np.ndarray]) -> Callable[[Path], Path]:
    """For Results.figure: both bounds on their way to log p(x), and what two losses fit.

    elbos           of each step (200,)
    counts, bounds  K, and the importance-weighted bound of K draws; errors: of its mean
    targets, fits   densities (G,) on the grid (G,), under "likelihood" and under "posterior"
    """

    def draw(axes: list[Any]) -> None:
        axes[0].plot(elbos, color=COLOURS[0])
        axes[0].fill_between(np.arange(200), elbos, log_p, color=COLOURS[0], alpha=0.2, linewidth=0)
        axes[0].annotate("shaded: D(q || p(z | x))", (3, 0.4 * elbos[3] + 0.6 * log_p),
                         (18, (elbos[0] + log_p) / 2), fontsize=8,
                         arrowprops={"arrowstyle": "-", "linewidth": 0.7})
        axes[0].set_xlim(0, 60)  # what comes after is flat
        tidy(axes[0], "The ELBO rises to log p(x) (dashed)", "step", "nats")
        axes[1].errorbar(counts, bounds, 2 * np.array(errors), color=COLOURS[0], marker="o",
                         markersize=4, capsize=3)
        axes[1].set_xscale("log")
        axes[1].set(xlim=(0.8, 1.3 * counts[-1]))
        axes[1].set_xticks(counts, [str(count) for count in counts])
        axes[1].minorticks_off()
        tidy(axes[1], "Importance-weighted bound, q = p(z)", "draws K")
        for panel in axes[:2]:
            panel.axhline(log_p, color="#555555", linestyle=STROKES[3], linewidth=1)

        for panel, name, title, variable in (
                (axes[2], "likelihood", "The likelihood covers", "x"),
                (axes[3], "posterior", "The posterior's q seeks", "z")):
            highest = max(targets[name].max(), fits[name].max())
            panel.fill_between(grid, targets[name], color="#CCCCCC", label="target")
            panel.plot(grid, fits[name], color=COLOURS[1], label="fitted normal")
            panel.set(xlim=(-5, 5), yticks=[], ylim=(0, 1.35 * highest))
            tidy(panel, title, variable, legend=True)

    return panels(2, 2, draw, width=4.2, height=2.4)
