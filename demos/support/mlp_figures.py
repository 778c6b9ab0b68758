"""The figures of mlp.py: sigmoid and its slope, what depth does, what networks make of moons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import nn, viz
from tinydawn.nn import functional as F

from .panels import COLOURS, panels, tidy

SATURATED = 4  # from here on sigmoid' is below .02


def sigmoid_figure(z: np.ndarray, s: np.ndarray,
                   slopes: dict[str, np.ndarray]) -> Callable[[Path], Path]:
    """Sigmoid at each z (N,), and beside it the derivatives of bends: name -> (N,)."""

    def draw(axes: list[Any]) -> None:
        left, right = axes
        left.plot(z, s, color=COLOURS[0], linewidth=2)
        tangent = np.array([-1.6, 1.6])
        left.plot(tangent, 0.5 + 0.25 * tangent, color=COLOURS[1], linestyle=(0, (3.5, 1.5)))
        left.annotate("slope 1/4 at 0", (1.5, 0.8), xytext=(8, -8), textcoords="offset points",
                      color=COLOURS[1])
        tidy(left, "σ(z) = 1 / (1 + exp(−z))", "z", "σ(z)")

        drawn = (("relu", "ReLU′", COLOURS[2], (0, (1, 1.2)), (4.2, 1.0), (0, 5)),
                 ("tanh", "tanh′", "#777777", (0, (7, 1.5, 1.2, 1.5)), (0.85, 0.52), (6, 0)),
                 ("sigmoid", "σ′ = σ (1 − σ)", COLOURS[1], "-", (2.2, 0.09), (4, 4)))
        for name, label, colour, stroke, at, beside in drawn:
            jumps = np.flatnonzero(np.abs(np.diff(slopes[name])) > 0.5) + 1  # of ReLU, at 0
            for part in np.split(np.arange(len(z)), jumps):
                right.plot(z[part], slopes[name][part], color=colour, linestyle=stroke,
                           linewidth=2.2 if name == "sigmoid" else 1.5)
            right.annotate(label, at, xytext=beside, textcoords="offset points", color=colour)
        right.text(0, 0.28, "1/4", ha="center", color=COLOURS[1])
        right.set_ylim(-0.02, 1.12)
        tidy(right, "The slope by which a gradient is multiplied", "z", "derivative")
        for panel in axes:
            for sign in (-1, 1):
                panel.axvspan(*sorted((sign * SATURATED, sign * 8)), color="#E8E8E8", zorder=0)
                panel.text(sign * 6, 0.4, "saturated:\nσ′ < 0.02", ha="center", color="#555555")
            panel.set_xlim(-8, 8)

    return panels(1, 2, draw, width=4.6, height=4.4)


def start_figure(varies: dict[str, list[float]]) -> Callable[[Path], Any]:
    """How much the units of each layer differ from input to input, a line for each start."""
    lines = {name.replace("relu", "ReLU"): values for name, values in varies.items()}
    return lambda path: viz.training_curves(
        lines, path, log=True, x_label="layer", y_label="how far a unit differs by input (std)",
        title="The size of the first weights, g / √width, decides what layer 20 still knows")


def depth_figure(norms: dict[str, list[float]], depths: Sequence[int]) -> Callable[[Path], Path]:
    """The gradient at the first layer of networks of these depths, a line for each kind."""
    strokes = {"plain": (0, (3.5, 1.5)), "residual": "-"}
    colours = {"sigmoid": COLOURS[1], "relu": COLOURS[2], "tanh": COLOURS[0]}
    marks = {"sigmoid": "s", "relu": "^", "tanh": "o"}
    names = {"sigmoid": "sigmoid", "relu": "ReLU", "tanh": "tanh"}

    def draw(axes: list[Any]) -> None:
        (panel,) = axes
        for name, values in norms.items():
            bend, kind = name.split()
            panel.semilogy(depths, values, color=colours[bend], linestyle=strokes[kind],
                           marker=marks[bend], markersize=5)
            panel.annotate(f"{names[bend]}, {kind}", (depths[-1], values[-1]), xytext=(8, 0),
                           textcoords="offset points", va="center", color=colours[bend])
        panel.set_xticks(depths, [str(depth) for depth in depths])
        panel.set_xlim(0, depths[-1] + 9)
        panel.grid(axis="y", color="#E6E6E6")
        tidy(panel, "With h + F(h) the gradient reaches the first layer; without, it is lost",
             "hidden layers", "gradient at the first layer (norm)")

    return panels(1, 1, draw, width=8, height=4.4)


def moons_figure(
    models: dict[str, nn.Module], accuracies: dict[str, float], x: np.ndarray, y: np.ndarray
) -> Callable[[Path], Path]:
    """For each model p(class 1) and the line where it is 1/2; points x (N, 2) of classes y (N,)."""

    def draw(axes: list[Any]) -> None:
        corners = np.meshgrid(np.linspace(-2.2, 2.2, 150), np.linspace(-1.6, 1.6, 110))
        grid = np.stack(corners, -1).astype(np.float32)  # (110, 150, 2)
        across, up = grid[..., 0], grid[..., 1]
        for panel, (name, model) in zip(axes, models.items(), strict=True):
            with td.no_grad():
                p = F.softmax(model(td.tensor(grid))).data[..., 1]  # (110, 150)
            levels = np.linspace(0, 1, 11)
            panel.contourf(across, up, p, levels=levels, cmap="RdBu", alpha=0.35)
            panel.contour(across, up, p, levels=[0.5], colors="black", linewidths=2.5)
            for k, mark in enumerate("o^"):
                panel.plot(*x[y == k].T, mark, color=COLOURS[1 - k], markersize=4.5,
                           markeredgecolor="white")
            tidy(panel, f"{name}: {accuracies[name]:.1%} right")
            panel.set_xticks([])
            panel.set_yticks([])

    title = "Two moons: without a bend the boundary (black) is a straight line"
    return panels(2, 2, draw, width=4.2, height=2.2, title=title)
