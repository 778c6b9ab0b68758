"""The figures of bpe.py: words as the merges come, and pieces by the size of the vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .bpe_text import END
from .panels import COLOURS, STROKES, panels, tidy

Spellings = Sequence[tuple[int, Sequence[str]]]  # after so many merges, these pieces


def merges_figure(spelled: Mapping[str, Spellings],
                  frequency: Mapping[str, int], merges: int) -> Callable[[Path], Path]:
    """For Results.figure: words side by side, a row for each of their spellings.

    spelled    word -> (number of merges, pieces) each time the spelling changes
    frequency  how often each word occurs
    merges     how many were learned; a word that is still in pieces stays so from its last row on
    """
    tallest = max(map(len, spelled.values())) + 1
    room = 3.2  # letters wide, for the number of merges
    across = sum(max(len(word) + 1, 8) + room for word in spelled)
    size = min(13.0, 0.9 * 72 * 8 / across)  # points of a letter

    def draw(axes: list[Any]) -> None:
        panel, left = axes[0], 0.0
        for word, spellings in spelled.items():
            panel.text(left + room, 0.9, f"{word}\n{frequency[word]} times in the text",
                       ha="left", va="bottom", fontsize=10, color="#222222")
            panel.text(left + room - 0.4, 0.9, "merges", ha="right", va="bottom", fontsize=8.5,
                       color="#666666")
            for row, (rank, pieces) in enumerate(spellings):
                draw_row(panel, left + room, -row, [piece.replace(END, "_") for piece in pieces],
                         size)
                panel.text(left + room - 0.4, -row, str(rank), ha="right", va="center", fontsize=10,
                           color="#666666")
            if len(spellings[-1][1]) > 1:
                panel.text(left + room, -len(spellings), f"the same up to merge {merges}",
                           ha="left", va="center", fontsize=10, color="#666666")
            left += max(len(word) + 1, 8) + room
        panel.set(xlim=(0, across), ylim=(0.4 - tallest, 2.3), xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
        panel.set_title("Merge by merge, letters become pieces; _ is the end of the word",
                        loc="left", fontsize=12)

    return panels(1, 1, draw, 8, 4.5, words="".join(spelled))


def draw_row(axis: Any, left: float, y: float, pieces: Sequence[str], size: float) -> None:
    """A box around each piece, a letter in each unit of width."""
    for piece in pieces:
        axis.barh(y, len(piece) - 0.12, left=left, height=0.76, color="#DCEAF6",
                  edgecolor=COLOURS[0], linewidth=1)
        for j, letter in enumerate(piece):
            axis.text(left + j + 0.44, y, letter, ha="center", va="center", fontsize=size)
        left += len(piece)


def vocabulary_figure(rows: Sequence[Any], all_words: int,
                      unknown_of_all: float) -> Callable[[Path], Path]:
    """For Results.figure: pieces per word, and unknown words, by the size of the vocabulary.

    rows            with size, train, held, unknown, if_words each
    all_words       how many different words training has
    unknown_of_all  the percentage that is unknown if all of them are known
    """
    sizes = [row.size for row in rows]
    no_more = [min(size, all_words) for size in sizes]  # a vocabulary of words has all by then

    def draw(axes: list[Any]) -> None:
        left, right = axes
        lines = ((left, 0, "training text", [row.train for row in rows]),
                 (left, 1, "held out", [row.held for row in rows]),
                 (right, 0, "words", [row.if_words for row in rows]),
                 (right, 1, "pieces", [row.unknown for row in rows]))
        for axis, i, name, values in lines:
            axis.plot(no_more if name == "words" else sizes, values, COLOURS[i],
                      linestyle=STROKES[i], marker="os"[i], markersize=5, label=name)
            axis.set(xscale="log", ylim=(-2 if axis is right else 0, None))
        right.axhline(unknown_of_all, color="#777777", linewidth=0.8,
                      label=f"all {all_words} words")
        tidy(left, "Fewer pieces per word", "size of the vocabulary", "pieces per word",
             legend=True)
        tidy(right, "With pieces nothing is unknown", "size of the vocabulary",
             "unknown words, % of the held-out text", legend=True)

    return panels(1, 2, draw, 4.4, 4.2)
