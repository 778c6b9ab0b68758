"""The figures of bpe.py: words as the merges come, and pieces by the size of the vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .bpe_text import END
from .panels import COLOURS, STROKES, panels, tidy

Spellings = list[tuple[int, list[str]]]  # after so many merges, these pieces


def merges_figure(spelled: Mapping[str, Spellings],
                  frequency: Mapping[str, int]) -> Callable[[Path], Path]:
    """For Results.figure: a panel per word, a row for each of its spellings.

    spelled    word -> (number of merges, pieces) each time the spelling changes
    frequency  how often each word occurs
    """
    longest = max(map(len, spelled))
    tallest = max(map(len, spelled.values()))

    def draw(axes: list[Any]) -> None:
        for axis, (word, spellings) in zip(axes, spelled.items(), strict=True):
            for row, (rank, pieces) in enumerate(spellings):
                draw_row(axis, -row, [piece.replace(END, "") for piece in pieces])
                axis.text(-0.3, -row, str(rank), ha="right", va="center", fontsize=8)
            tidy(axis, f"{word}, count {frequency[word]}", y="after so many merges")
            axis.set(xlim=(-2.5, longest), ylim=(0.5 - tallest, 0.5), xticks=[], yticks=[])
            axis.spines[:].set_visible(False)

    return panels(1, len(spelled), draw, 3.6, 0.5 + 0.28 * tallest, words="".join(spelled))


def draw_row(axis: Any, y: float, pieces: Sequence[str]) -> None:
    """A box around each piece, a letter in each unit of width."""
    at = 0
    for piece in pieces:
        axis.barh(y, len(piece) - 0.1, left=at, height=0.74, color="#DCEAF6",
                  edgecolor=COLOURS[0], linewidth=0.8)
        for j, letter in enumerate(piece):
            axis.text(at + j + 0.45, y, letter, ha="center", va="center", fontsize=9)
        at += len(piece)


def vocabulary_figure(rows: Sequence[Any], all_words: int,
                      unknown_of_all: float) -> Callable[[Path], Path]:
    """For Results.figure: pieces per word, and unknown words, by the size of the vocabulary.

    rows            with size, train, held, unknown, if_words each
    all_words       how many different words training has
    unknown_of_all  the percentage that is unknown if all of them are known
    """
    sizes = [row.size for row in rows]

    def draw(axes: list[Any]) -> None:
        left, right = axes
        lines = ((left, 0, "training text", [row.train for row in rows]),
                 (left, 1, "held out", [row.held for row in rows]),
                 (right, 0, "words", [row.if_words for row in rows]),
                 (right, 1, "pieces", [row.unknown for row in rows]))
        for axis, i, name, values in lines:
            axis.plot(sizes, values, COLOURS[i], linestyle=STROKES[i], marker="o", markersize=3,
                      label=name)
            axis.set(xscale="log", ylim=(0, None))
        right.axhline(unknown_of_all, color="#777777", linewidth=0.8,
                      label=f"all {all_words} words")
        tidy(left, "pieces per word", "vocabulary", legend=True)
        tidy(right, "unknown words, % of the held-out text", "vocabulary", legend=True)

    return panels(1, 2, draw, 4.2, 3.2)
