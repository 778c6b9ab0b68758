"""What serves a run of nnlm.py: its flags, sizes for each corpus, the text, the figure of costs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tinydawn import text

from .panels import COLOURS, STROKES, panels, tidy
from .run import arguments
from .training import saving


def flags() -> argparse.ArgumentParser:
    """The flags of the lesson."""
    parser = arguments("Train a feed-forward language model with a softmax over classes of words, "
                       "beside n-gram models.")
    parser.add_argument("--softmax", choices=("class", "full"), default="class",
                        help="the output layer; default: classes of words")
    parser.add_argument("--context", type=int, default=4,
                        help="how many words before are looked at; default 4")
    saving(parser)
    return parser


def check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse a model that looks at nothing, and one for which there is no memory."""
    if not 1 <= options.context <= 100:
        parser.error(f"--context {options.context}: at least 1, at most 100")


class Settings(NamedTuple):
    sizes: dict[str, Any]  # embedding_size, hidden_size, dropout
    learning_rate: float
    batch_size: int
    epochs: int


def settings_of(options: argparse.Namespace) -> Settings:
    """What is trained on this corpus, and how, as far as flags do not say otherwise."""
    if options.data in ("ptb", "brown"):
        found = Settings({"embedding_size": 60, "hidden_size": 100}, 0.1, 256, 3)
    else:
        found = Settings({"embedding_size": 50, "hidden_size": 80, "dropout": 0.3}, 0.1, 64, 5)
    epochs = 1 if options.quick else options.epochs or found.epochs
    return found._replace(epochs=epochs)


def load_text(options: argparse.Namespace) -> dict[str, list[list[str]]]:
    """Split -> sentences of words."""
    longest = 1500 if options.quick else None
    return {split: text.load_sentences(options.data, split)[:longest]
            for split in ("train", "validation", "test")}


def vocabulary(sentences: list[list[str]], data: str | None) -> text.Vocab:
    """Words that come often enough; the Penn Treebank has no others than its 10,000."""
    least = {"ptb": 1, "brown": 3}.get(data or "", 2)
    return text.Vocab.build(sentences, min_freq=least)


def cost_figure(cost: Sequence[tuple[int, float, float]]) -> Callable[[Path], Path]:
    """For Results.figure: ms per step, by the size of the vocabulary: (V, full, by class) each."""

    def draw(axes: list[Any]) -> None:
        (axis,) = axes
        sizes = [row[0] for row in cost]
        for k, name in enumerate(("full softmax", "softmax over classes")):
            times = [row[k + 1] for row in cost]
            axis.plot(sizes, times, color=COLOURS[k], linestyle=STROKES[k], marker="o", label=name)
        axis.loglog()
        tidy(axis, x="vocabulary V", y="ms of CPU per step of 256 words", legend=True)

    return panels(1, 1, draw, width=5.2, height=3.6)
