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

__all__ = ["coloured_text", "draw_english", "places_figure", "two_heads",
           "winners_figure"]
MODELS = ("Transformer", "LSTM")  # in the order of their colours
GREY = {"color": "#6E6E6E", "linewidth": 1.1, "linestyle": (0, (1.5, 3))}


def two_heads(weights: np.ndarray, tokens: Sequence[str], shares: Mapping[str, np.ndarray],
              marks: Mapping[str, Sequence[tuple[int, int]]]) -> Callable[[Path], Path]:
    """For Results.figure: which head looks most at the character before, and at the word's start.

    In row t of a panel stands what position t looks at, the darker the more.

    weights  (L, H, T, T)
    tokens   T of them; a space is shown as _, an end of line as ¶
    shares   of "previous_character" and "word_start" what each head gives to it, (L, H)
    marks    of both the cells (t, where it stands) that are outlined
    """
    names = [token.replace(" ", "_").replace("\n", "¶") for token in tokens]
    said = {"previous_character": "the character before", "word_start": "the space before the word"}

    def draw(axes: list[Any]) -> None:
        from matplotlib.patches import Rectangle

        for axis, (name, what) in zip(axes, said.items(), strict=True):
            layer, head = np.unravel_index(shares[name].argmax(), shares[name].shape)
            image = axis.imshow(weights[layer, head], cmap="Blues", vmin=0, vmax=1)
            for t, place in marks[name]:
                axis.add_patch(Rectangle((place - 0.5, t - 0.5), 1, 1, fill=False,
                                         edgecolor=COLOURS[1], linewidth=1.4))
            axis.set_title(f"layer {layer + 1}, head {head + 1}: {what}\n"
                           f"(outlined) gets {shares[name].max():.2f} of the attention",
                           loc="left", fontsize=11)
            axis.tick_params(length=0, pad=2)
            axis.set_xticks(range(len(names)), names, fontsize=10, parse_math=False)
            axis.set_yticks(range(len(names)), names, fontsize=10, parse_math=False)
            axis.set_xlabel("at these", fontsize=11, color=INK)
        axes[0].set_ylabel("this one looks", fontsize=11, color=INK)
        bar = axes[0].figure.colorbar(image, ax=axes, fraction=0.025, pad=0.01)
        bar.set_label("attention; a row sums to 1", fontsize=11, color=INK)

    return panels(1, 2, draw, width=4.7, height=5, words="".join(names))


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
        for k, (name, nats) in enumerate(places.items()):
            axis.plot(t, nats, color=COLOURS[k], linestyle=STROKES[k], linewidth=2.2, label=name)
        axis.step(t, truth, where="mid", label="truth", color=INK, linewidth=1.4,
                  linestyle=(0, (1, 2)), zorder=3)
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
