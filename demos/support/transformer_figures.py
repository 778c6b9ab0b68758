"""The figures of transformer.py: what each head looks at, what was learned when, and who wins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn.viz.figure import INK

from .lm_figures import coloured_text, curves
from .panels import COLOURS, STROKES, panels, tidy
from .run import Results

__all__ = ["coloured_text", "draw_english", "head_gallery", "places_figure", "winners_figure"]
MODELS = ("Transformer", "LSTM")  # in the order of their colours
GREY = {"color": "#6E6E6E", "linewidth": 1.1, "linestyle": (0, (1.5, 3))}


def head_gallery(weights: Sequence[np.ndarray], tokens: Sequence[str],
                 titles: Sequence[Sequence[str]]) -> Callable[[Path], Path]:
    """For Results.figure: a row of panels per layer, one panel per head.

    In row t of a panel stands what position t looks at, the darker the more.

    weights  of each layer (H, T, T)
    tokens   T of them; a space is shown as _, an end of line as ¶
    titles   of each layer H texts, written behind "head 1"
    """
    names = [token.replace(" ", "_").replace("\n", "¶") for token in tokens]
    layers, heads = len(weights), len(weights[0])

    def draw(axes: list[Any]) -> None:
        for axis, (layer, head) in zip(axes, np.ndindex(layers, heads), strict=True):
            axis.imshow(weights[layer][head], cmap="Blues", vmin=0, vmax=1)
            axis.tick_params(length=0, pad=2)
            title = f"layer {layer + 1}, head {head + 1}: {titles[layer][head]}"
            axis.set_title(title, loc="left", fontsize=11)
            if head == 0:
                axis.set_yticks(range(len(names)), names, fontsize=11, parse_math=False)
                axis.set_ylabel("this one looks", fontsize=11, color=INK)
            if layer == layers - 1:
                axis.set_xticks(range(len(names)), names, fontsize=11, parse_math=False)
                axis.set_xlabel("at these", fontsize=11, color=INK)

    return panels(layers, heads, draw, width=3.3, height=3.6, words="".join(names),
                  sharex=True, sharey=True)


def draw_english(results: Results, transformer: Sequence[tuple[float, float]],
                 lstm: Sequence[tuple[float, float]]) -> None:
    """nats.svg: nats per character by CPU seconds, where a model was trained here."""
    baselines = results.record["baselines"]
    levels = {f"{n} letters counted": baselines[f"validation_nats_{n}gram"] for n in (3, 5)}
    trained = zip(MODELS, (transformer, lstm), strict=True)
    lines = {name: curve for name, curve in trained if len(curve)}
    if lines:
        picture = curves(lines, "CPU seconds", "nats per character", levels)
        results.figure("nats.svg", picture)


def places_figure(places: Mapping[str, np.ndarray], truth: np.ndarray) -> Callable[[Path], Path]:
    """For Results.figure: of each model nats at each place of the text, (T,), and of the truth."""

    def draw(axes: list[Any]) -> None:
        axis, t = axes[0], np.arange(2, len(truth) + 2)
        axis.axvspan(len(truth) / 2 + 1.5, len(truth) + 1.5, color="#F0F0F0", linewidth=0)
        axis.text(0.75 * len(truth) + 1.5, 0.55 * truth[0], "the same letters\nonce more",
                  ha="center", va="center", fontsize=12, color=INK)
        axis.text(0.25 * len(truth) + 1.5, 0.55 * truth[0], "letters drawn\nby chance",
                  ha="center", va="center", fontsize=12, color=INK)
        axis.step(t, truth, where="mid", label="truth", **GREY)
        for k, (name, nats) in enumerate(places.items()):
            axis.plot(t, nats, color=COLOURS[k], linestyle=STROKES[k], linewidth=2.2, label=name)
        axis.set_ylim(-0.1, 1.25 * truth[0])
        axis.set_xlim(1.5, len(truth) + 1.5)
        axis.legend(frameon=False, fontsize=11, loc="upper center", ncols=3)
        tidy(axis, "Letters that come again: looked up, or lost",
             "place in the text", "nats per letter")

    return panels(1, 1, draw, width=8, height=4.5)


def winners_figure(copied: Mapping[str, Mapping[int, float]],
                   told: Mapping[str, Mapping[int, float]]) -> Callable[[Path], Path]:
    """For Results.figure: nats of what is known, by how much there is to be kept in mind.

    copied  of each model, by how many letters are copied, nats per copied letter
    told    of each model, by how often the switch was pressed, nats per answer
    """

    def draw(axes: list[Any]) -> None:
        parts = ((copied, 8, "Copying: the Transformer looks it up", "letters to copy"),
                 (told, 2, "A switch: the LSTM keeps its state",
                  "presses before the question"))
        for axis, (found, kinds, title, x) in zip(axes, parts, strict=True):
            axis.axhline(np.log(kinds), **GREY)
            axis.annotate("a guess", (0, np.log(kinds)), (4, 5), fontsize=10, color=INK,
                          xycoords=axis.get_yaxis_transform(), textcoords="offset points")
            for k, (name, nats) in enumerate(found.items()):
                axis.plot(list(nats), list(nats.values()), color=COLOURS[k], linestyle=STROKES[k],
                          linewidth=2.2, marker="os"[k], label=name)
            axis.set_ylim(-0.04 * np.log(kinds), 1.3 * np.log(kinds))
            axis.set_xticks(list(next(iter(found.values()))))
            tidy(axis, title, x, "nats; 0 is perfect")
        axes[1].legend(frameon=False, fontsize=10, loc="center right")

    return panels(1, 2, draw, width=4.2, height=4.2)
