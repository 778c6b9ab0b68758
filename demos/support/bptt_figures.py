"""The figures of bptt.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import viz

from .panels import COLOURS, panels, tidy


def back_figure(lines: Mapping[str, Any], title: str) -> Callable[[Path], Path]:
    """For Results.figure: what is left of a gradient k steps back, (k, share) of each network."""

    def save(path: Path) -> Path:
        return viz.training_curves(lines, path, x_label="steps back in time",
                                   y_label="norm of dL/dh, as a share of the last one",
                                   title=title, log=True)

    return save


Run = tuple[str, Sequence[float], Sequence[float]]  # name, loss and gradient's norm by update
Way = tuple[np.ndarray, np.ndarray]  # places (K, 2), and the losses there (K,)


def clipping_figure(runs: Sequence[Run], gamma: float, even_guess: float) -> Callable[[Path], Path]:
    """For Results.figure: two runs, without clipping and clipped, update by update."""
    looks = ((COLOURS[1], "-", "o"), (COLOURS[0], "--", ""))

    def draw(axes: list[Any]) -> None:
        shown = ((axes[0], 1, "Loss, nats", even_guess, "even guess", "right"),
                 (axes[1], 2, "Norm of the gradient, before clipping", gamma, "gamma", "left"))
        updates = max(len(losses) for _, losses, _ in runs)
        for panel, which, title, level, word, side in shown:
            panel.set_xscale("log")  # what happens, happens early
            panel.set_yscale("log")
            panel.axhline(level, color="#888888", linewidth=0.9, linestyle=":")
            panel.text(updates if side == "right" else 1, level, word, ha=side, va="bottom",
                       color="#666666")
            for (colour, stroke, marker), run in zip(looks, runs, strict=True):
                values = np.asarray(run[which])
                good = np.isfinite(values)
                x, y = np.arange(1, len(good) + 1)[good], values[good]
                panel.plot(x, y, color=colour, linestyle=stroke, marker=marker, markersize=5,
                           linewidth=2.4, label=run[0])
                if not good.all():
                    panel.plot(x[-1], y[-1], "X", color="#CC0000", markersize=12, zorder=5)
                    panel.annotate("then NaN", (x[-1], y[-1]), (11, 0), color="#CC0000",
                                   va="center", textcoords="offset points", fontsize=12)
            ticks = [n for n in (1, 2, 5, 10, 20, 50, 100, 200) if n <= updates]
            panel.set_xticks(ticks, [str(n) for n in ticks])
            panel.minorticks_off()
            tidy(panel, title, "update")
        axes[0].set_yticks([2, 5, 10, 20, 50, 100], ["2", "5", "10", "20", "50", "100"])
        figure = axes[0].figure
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2,
                      frameon=False, fontsize=12, handlelength=3.5)

    return panels(1, 2, draw, width=4.4, height=4.7)


def cliff_figure(w: np.ndarray, b: np.ndarray, loss: np.ndarray, free: Way,
                 clipped: Way) -> Callable[[Path], Path]:
    """For Results.figure: the loss over (w, b), all (M, N), and two descents from the wall."""
    (far, free_losses), (near, clipped_losses) = free, clipped
    without, with_it = "#D55E00", "#F0B400"

    def draw(axes: list[Any]) -> None:
        left, right = axes
        image = left.pcolormesh(w, b, loss, cmap="Blues", vmin=0, shading="auto", rasterized=True)
        left.figure.colorbar(image, ax=left)
        left.set_xlim(w.min(), w.max())
        left.set_ylim(b.min(), b.max())
        tidy(left, "The loss over w and b: a wall", "w", "b")
        left.plot(*far[:2].T, color=without, linewidth=3.5, zorder=4)  # it leaves the picture
        way = far[1] - far[0]
        edge = far[0] + way * (b.min() - far[0][1]) / way[1]
        goal = ", ".join(f"{value:.0f}" for value in far[1]).replace("-", "−")
        left.text(edge[0] + 0.3, b.min() + 0.06,
                  f"{np.hypot(*way):.0f} far,\nto ({goal})", color="white", fontsize=12, zorder=6)
        left.plot(*near.T, "o-", color=with_it, linewidth=2.2, markersize=6, zorder=5,
                  markeredgecolor="black", markeredgewidth=0.6)
        left.plot(*near[0], "o", color="white", markeredgecolor="black", markersize=9, zorder=7)

        steps = np.arange(len(near))
        for values, colour, marker, name in (
                (free_losses, without, "s", "without clipping"),
                (clipped_losses, with_it, "o", "clipped to norm 1")):
            right.plot(steps, values, color=colour, linewidth=2.4, marker=marker, markersize=6,
                       markeredgecolor="black", markeredgewidth=0.6)
            right.text(steps[-1], values[-1] + 0.06, name, ha="right", fontsize=12,
                       color="#A84300" if colour == without else "#8A6500")
        right.set_xticks(steps[::2])
        right.set_ylim(-0.05, 1.2 * max(free_losses))
        tidy(right, "The loss after each step from the wall", "step", "")

    return panels(1, 2, draw, width=4.6, height=4.6)


def unrolled_figure(norms: Sequence[float]) -> Callable[[Path], Path]:
    """For Results.figure: one cell at each step in a row, and the gradient's norm at each state."""

    def draw(axes: list[Any]) -> None:
        (panel,) = axes
        count = len(norms)
        box = {"boxstyle": "round,pad=0.45", "edgecolor": COLOURS[0], "linewidth": 1.6}
        for t, norm in enumerate(norms, 1):
            panel.text(t, 0, f"GRU\nt = {t}", ha="center", va="center", fontsize=13, zorder=3,
                       bbox=box | {"facecolor": "#DCEBF7"})
            panel.annotate("", (t, -0.13), (t, -0.72), arrowprops={"arrowstyle": "->", "lw": 1.2})
            panel.text(t, -0.8, f"$x_{t}$", ha="center", va="top", fontsize=14)
            panel.annotate("", (t + 0.74, 0.12), (t + 0.24, 0.12), zorder=2,
                           arrowprops={"arrowstyle": "->", "lw": 1.2, "color": "#555555"})
            panel.text(t + 0.5, 0.2, f"$h_{t}$", ha="center", va="bottom", fontsize=13)
            share = norm / norms[-1]
            half, head = 0.16 * share, 0.16 * share + 0.035  # of a wide arrow to the left
            panel.fill([t + 0.68, t + 0.42, t + 0.42, t + 0.32, t + 0.42, t + 0.42, t + 0.68],
                       np.array([half, half, head, 0, -head, -half, -half]) - 0.2,
                       color=COLOURS[1], linewidth=0)
            panel.text(t + 0.5, -0.44, f"{share:.0%}", ha="center", va="top", fontsize=13,
                       color="#A84300")
        panel.text(count + 1, 0, "loss", ha="center", va="center", fontsize=13, zorder=3,
                   bbox=box | {"facecolor": "white"})
        panel.text(0.5 * count + 1, 0.48, "orange: the norm of dL/dh, as a share of the last one",
                   ha="center", va="bottom", fontsize=13, color="#A84300")
        panel.set_xlim(0.5, count + 1.5)
        panel.set_ylim(-1.0, 0.65)
        panel.set_axis_off()

    title = "The same cell at every step: from right to left the gradient fades"
    return panels(1, 1, draw, width=9.2, height=4.4, title=title)
