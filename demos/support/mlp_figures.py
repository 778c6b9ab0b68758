"""The figures of mlp.py: what depth does to gradients, and what networks make of moons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import nn
from tinydawn.nn import functional as F

from .panels import COLOURS, STROKES, panels, tidy


def depth_figure(
    spectra: dict[str, np.ndarray],
    stds: dict[str, list[float]],
    norms: dict[str, list[float]],
    depths: Sequence[int],
) -> Callable[[Path], Path]:
    """Three panels, with a curve for each kind of network.

    spectra  the singular values of its outputs
    stds     the standard deviation of the activations of each layer
    norms    the gradient at the first layer of networks of these `depths`
    """

    def curves(panel: Any, at: Iterable[int], by_name: dict[str, Any], title: str) -> None:
        for k, (name, values) in enumerate(by_name.items()):
            drawn = np.where(np.array(values) > 0, values, np.nan)  # a 0 has no logarithm
            stroke = STROKES[k % len(STROKES)]
            panel.semilogy(at, drawn, color=COLOURS[k], linestyle=stroke, label=name)
        tidy(panel, title)
        panel.legend(frameon=False, fontsize=8, loc="lower left")

    def draw(axes: list[Any]) -> None:
        curves(axes[0], range(1, 33), spectra, "singular values of 32 outputs")
        curves(axes[1], range(1, 21), stds, "std of the activations, layer 1 to 20")
        curves(axes[2], depths, norms, "gradient at the first layer, by depth")

    return panels(1, 3, draw)


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
            panel.contour(across, up, p, levels=[0.5], colors="black", linewidths=1.5)
            for k, mark in enumerate("o^"):
                panel.plot(*x[y == k].T, mark, color=COLOURS[1 - k], markersize=3,
                           markeredgecolor="white")
            tidy(panel, f"{name}: {accuracies[name]:.3f}")

    return panels(1, 4, draw, width=3.3, height=2.8)
