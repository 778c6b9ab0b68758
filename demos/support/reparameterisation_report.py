"""Tables and figures of reparameterisation.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

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
    """For Results.figure: the gradients of single draws at 16 numbers, and variance over size."""

    def draw(axes: list[Any]) -> None:
        bins = np.linspace(-60, 60, 121)
        for k, name in enumerate(variances):
            style = {"color": COLOURS[k], "linestyle": STROKES[k]}
            axes[0].hist(gradients[name, 16], bins, density=True, histtype="step", log=True,
                         **style)
            axes[1].loglog(sizes, variances[name], marker="o", markersize=4, label=name, **style)
        axes[0].axvline(1, color="#555555", linewidth=0.8)
        tidy(axes[0], "One draw's gradient, 16 numbers in z; true: 1", "gradient", "density")
        tidy(axes[1], "Variance", "numbers in z", "variance", legend=True)

    return panels(1, 2, draw, width=4.4, height=3.2)


def bounds_figure(log_p: float, elbos: np.ndarray, counts: Sequence[int], bounds: Sequence[float],
                  grid: np.ndarray, targets: dict[str, np.ndarray],
                  fits: dict[str, np.ndarray]) -> Callable[[Path], Path]:
    """For Results.figure: both bounds on their way to log p(x), and what two losses fit.

    elbos           of each step (200,)
    counts, bounds  K, and the importance-weighted bound of K draws
    targets, fits   densities (G,) on the grid (G,), under "likelihood" and under "posterior"
    """

    def draw(axes: list[Any]) -> None:
        axes[0].plot(elbos, color=COLOURS[0])
        axes[0].fill_between(np.arange(200), elbos, log_p, color=COLOURS[0], alpha=0.2, linewidth=0)
        axes[0].annotate("shaded: D(q || p(z | x))", (3, 0.4 * elbos[3] + 0.6 * log_p),
                         (45, (elbos[0] + log_p) / 2), fontsize=8,
                         arrowprops={"arrowstyle": "-", "linewidth": 0.7})
        tidy(axes[0], "The ELBO rises to log p(x) (dashed)", "step", "nats")
        axes[1].semilogx(counts, bounds, color=COLOURS[0], marker="o", markersize=4)
        tidy(axes[1], "So does the bound, q = p(z), with more draws", "K")
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

    return panels(2, 2, draw, width=4.2, height=2.8)
