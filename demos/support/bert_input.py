"""Drawings of BERT: what it reads, [CLS] A [SEP] B [SEP], and the top that fine-tuning replaces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tinydawn.viz.figure import INK

from .panels import COLOURS, panels

A, B = ["the", "key", "[MASK]", "lost"], ["she", "looks", "for", "it"]
GREY = "#777777"


def box(axes: Any, x: float, y: float, label: str, colour: str = "#FFFFFF", width: float = 0.84,
        height: float = 0.62, size: float = 11, alpha: float = 0.35) -> None:
    """A box with a label, x and y in its middle."""
    from matplotlib.patches import FancyBboxPatch

    axes.add_patch(FancyBboxPatch(
        (x - width / 2, y - height / 2), width, height, boxstyle="round,pad=0,rounding_size=0.08",
        facecolor=(colour, alpha), edgecolor=INK, linewidth=0.8))
    axes.text(x, y, label, ha="center", va="center", fontsize=size, color=INK)


def arrow(axes: Any, x: float, low: float, high: float, colour: str = INK) -> None:
    axes.annotate("", (x, high), (x, low), arrowprops={"arrowstyle": "->", "color": colour,
                                                       "shrinkA": 0, "shrinkB": 0})


def embeddings_figure(a: Sequence[str] = A, b: Sequence[str] = B) -> Callable[[Path], Any]:
    """For Results.figure: three vectors for each token of [CLS] a [SEP] b [SEP], and their sum."""
    tokens = ["[CLS]", *a, "[SEP]", *b, "[SEP]"]
    first = len(a) + 2  # tokens of segment A
    rows = [("word", COLOURS[6], tokens),
            ("segment", COLOURS[5], ["A"] * first + ["B"] * (len(tokens) - first)),
            ("position", COLOURS[2], [str(t) for t in range(len(tokens))])]

    def draw(axes: list[Any]) -> None:
        panel, last = axes[0], len(tokens) - 1
        for k, (name, colour, labels) in enumerate(rows):
            panel.text(-0.7, -k, name, ha="right", va="center", fontsize=12, color=INK)
            for t, label in enumerate(labels):
                box(panel, t, -k, label, colour, size=11 if len(label) < 6 else 9.5)
                if k:
                    panel.text(t, 0.5 - k, "+", ha="center", va="center", fontsize=12, color=INK)
        for t in range(len(tokens)):
            arrow(panel, t, 0.34, 0.82)
        box(panel, last / 2, 1.25, "BERT: every token looks at all others", COLOURS[0],
            len(tokens) - 0.16, 0.8, 12, 0.15)
        asked = {0: "does B\nfollow A?", 3: "a hidden\nword?"}
        for t, question in asked.items():
            arrow(panel, t, 1.68, 2.1)
            panel.text(t, 2.15, question, ha="center", va="bottom", fontsize=11, color=INK)
        panel.text(first / 2 - 0.5, -2.75, "sentence A", ha="center", fontsize=12, color=GREY)
        panel.text((first + last) / 2, -2.75, "sentence B", ha="center", fontsize=12, color=GREY)
        panel.set(xlim=(-2.1, last + 0.5), ylim=(-2.9, 3.1))
        panel.set_title("Three vectors for each token, added", loc="left", fontsize=14, color=INK)
        panel.axis("off")

    return panels(1, 1, draw, 8.5, 4.6)


def new_top_figure(classes: Sequence[str]) -> Callable[[Path], Any]:
    """For Results.figure: the network as it was pretrained, and with its top layer replaced."""
    named = " or ".join(classes)
    if len(named) > 26:
        named = f"one of {len(classes)}"
    sides = (("pretrained on text without labels",
              ["[CLS]", "the", "key", "[MASK]", "lost", "[SEP]"],
              "guess the hidden word:\none of V words", 3, COLOURS[6]),
             ("fine-tuned with a few labels", ["[CLS]", "the", "key", "is", "lost", "[SEP]"],
              "name the class:\n" + named, 0, COLOURS[1]))
    right, wide = 9.2, 5.7  # where the second network begins; how wide a layer is

    def draw(axes: list[Any]) -> None:
        (panel,) = axes
        for x, (title, tokens, top, place, colour) in zip((0, right), sides, strict=True):
            for t, token in enumerate(tokens):
                panel.text(x + t, -0.1, token, ha="center", va="center", fontsize=12, color=INK)
                arrow(panel, x + t, 0.12, 0.55)
            for k, name in enumerate(("embeddings", "layer 1", "layer 2")):
                box(panel, x + 2.5, 0.9 + 0.75 * k, name, COLOURS[0], wide, 0.6, 12, 0.15)
            arrow(panel, x + place, 2.75, 3.2)
            middle = x + max(place, 1.4)  # it stands over the layers, at their left end or inside
            box(panel, middle, 3.65, top, colour, 3.5, 0.85, 12, 0.5)
            panel.text(x + 2.5, 4.55, title, ha="center", fontsize=13, color=INK)
        low, high = 0.6, 2.7  # of the three layers, which go over together
        for x, to in ((5.5, 1), (right - 0.5, -1)):
            panel.plot([x, x + 0.2 * to, x + 0.2 * to, x], [low, low, high, high], color=INK,
                       linewidth=1.4)
        panel.annotate("", (right - 0.75, 1.65), (5.75, 1.65), arrowprops={
            "arrowstyle": "-|>", "color": INK, "linewidth": 1.8, "shrinkA": 0, "shrinkB": 0})
        panel.text((5 + right) / 2, 1.8, "the same weights,\nto begin with", ha="center",
                   va="bottom", fontsize=12, color=INK)
        panel.text(right + 3.3, 3.65, "new,\ndrawn at random", ha="left", va="center", fontsize=12,
                   color=INK)
        panel.set(xlim=(-0.5, right + 5.7), ylim=(-0.4, 5.2))
        panel.set_title("Fine-tuning: a new top, and all weights go on learning", loc="left",
                        fontsize=15, color=INK)
        panel.axis("off")

    return panels(1, 1, draw, 9.6, 5.4, words=named)
