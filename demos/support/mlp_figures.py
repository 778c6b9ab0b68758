"""The figures of mlp.py: sigmoid and its slope, what depth does, what networks make of moons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import nn
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
        left.annotate("slope 1/4\nat 0", (0.9, 0.56), va="center", color=COLOURS[1])
        tidy(left, "σ(z) = 1 / (1 + exp(−z))", "z", "σ(z)")

        drawn = (("relu", "ReLU′", COLOURS[2], (0, (1, 1.2)), (1.5, 1.0), (0, 5)),
                 ("tanh", "tanh′", "#777777", (0, (7, 1.5, 1.2, 1.5)), (0.85, 0.52), (6, 0)),
                 ("sigmoid", "σ′ =\nσ (1 − σ)", COLOURS[1], "-", (1.8, 0.15), (0, 0)))
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


BEND_COLOURS = {"sigmoid": COLOURS[1], "relu": COLOURS[2], "tanh": COLOURS[0]}
MARKS = {"sigmoid": "s", "relu": "^", "tanh": "o"}
NAMES = {"sigmoid": "sigmoid", "relu": "ReLU", "tanh": "tanh"}


def start_figure(varies: dict[tuple[str, float], list[float]]) -> Callable[[Path], Path]:
    """How much the units of each layer differ from input to input, a line for each bend and g."""

    def draw(axes: list[Any]) -> None:
        (panel,) = axes
        low = 1e-8  # of the paper; what is below has no name on the right but where it leaves
        shown = {key: [value for value in values if value > low] for key, values in varies.items()}
        whole = {key: values for key, values in shown.items() if values == varies[key]}
        heights = apart([values[-1] for values in whole.values()], 3.6)
        ends = dict(zip(whole, heights, strict=True))
        gains: dict[str, list[float]] = {}
        for (bend, gain), values in varies.items():
            gains.setdefault(bend, []).append(gain)
            layers = range(1, len(values) + 1)
            panel.semilogy(layers, values, color=BEND_COLOURS[bend], marker=MARKS[bend],
                           linestyle=((0, (1, 1.2)), (0, (4, 1.5)), "-")[len(gains[bend]) - 1],
                           markersize=4, markevery=(len(values) - 1, 1))
            seen = shown[bend, gain]
            end = ends.get((bend, gain), seen[-1])
            panel.annotate(f"{NAMES[bend]}, g = {gain:.3g}", (len(seen), seen[-1]),
                           xytext=(len(seen) + 0.6, end), va="center", color=BEND_COLOURS[bend])
        panel.set_xticks([1, 5, 10, 15, 20])
        panel.set_xlim(1, len(values) + 5)
        panel.set_ylim(0.3 * low, 1e3)
        panel.grid(axis="y", color="#E6E6E6")
        tidy(panel, "The size of the initial weights, g / √width, decides what layer 20 still "
             "knows", "layer", "how far a unit differs by input (std)")

    return panels(1, 1, draw, width=8, height=4.4)


def apart(values: Sequence[float], factor: float) -> list[float]:
    """Heights for names beside these values on a logarithmic axis, a factor apart at least."""
    order = np.argsort(values, kind="stable")
    heights = np.log(np.array(values)[order])
    for _ in range(200):
        for i in range(1, len(heights)):
            short = np.log(factor) - (heights[i] - heights[i - 1])
            if short > 0:
                heights[i - 1:i + 1] += (-short / 2, short / 2)
    found = np.empty(len(values))
    found[order] = np.exp(heights)
    return found.tolist()


def depth_figure(norms: dict[str, list[float]], depths: Sequence[int]) -> Callable[[Path], Path]:
    """The gradient at the first layer of networks of these depths, a line for each kind."""
    strokes = {"plain": (0, (3.5, 1.5)), "residual": "-", "suited": (0, (1, 1.2))}
    kinds = {"plain": "{}, plain", "residual": "{}, residual", "suited": "{}, plain, g = {}"}
    suited = {"tanh": "1", "relu": "1.41"}

    def draw(axes: list[Any]) -> None:
        (panel,) = axes
        ends = apart([values[-1] for values in norms.values()], 40.0)
        for (name, values), end in zip(norms.items(), ends, strict=True):
            bend, kind = name.split()
            panel.semilogy(depths, values, color=BEND_COLOURS[bend], linestyle=strokes[kind],
                           marker=MARKS[bend], markersize=5)
            panel.annotate(kinds[kind].format(NAMES[bend], suited.get(bend)),
                           (depths[-1], values[-1]), xytext=(depths[-1] + 0.8, end), va="center",
                           color=BEND_COLOURS[bend])
        panel.set_xticks(depths, [str(depth) for depth in depths])
        panel.set_xlim(0, depths[-1] + 11)
        panel.set_ylim(top=1e6)
        panel.grid(axis="y", color="#E6E6E6")
        tidy(panel, "From PyTorch's start, g = 0.58, plain layers lose the gradient; "
             "h + F(h) or a larger g passes it on",
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
                p = F.softmax(model(td.tensor(grid))).numpy()[..., 1]  # (110, 150)
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
