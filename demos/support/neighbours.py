"""What next_sentence.py reads: documents, and pairs of their sentences as ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import text
from tinydawn.errors import DataError, message

from . import masked
from .panels import COLOURS, STROKES, panels, tidy
from .small_language import stories

Documents = list[list[list[str]]]
FOLLOWS, DOES_NOT = 0, 1  # the labels, as in BERT; 0 is a class like any other


def check_named(data: str | None) -> None:
    """DataError for a corpus whose lines come without a mark where a text ends."""
    if data not in (None, "brown", "movie_reviews"):
        raise DataError(message(f"--data {data}: no documents of this name",
                                fix="brown, movie_reviews, or leave it out"))


def documents(data: str | None, seed: int, quick: bool) -> tuple[Documents, Documents]:
    """Documents to train on, and every tenth, which is held out; made-up stories for None."""
    if data is None:
        found = stories(2000, seed)
        if quick:
            found = found[:1000]
    else:
        found = [[[word.lower() for word in sentence] for sentence in document]
                 for document in text.load_documents(data)]
        if quick:
            found = [document[:20] for document in found[::8]]
    return [document for i, document in enumerate(found) if i % 10 != 9], found[9::10]


def encode(pairs: Sequence[text.SentencePair], pieces: text.WordPiece,
           longest: int) -> tuple[masked.Examples, np.ndarray]:
    """[CLS] a [SEP] b [SEP] of each, and the labels (N,)."""
    examples = []
    for a, b, _ in pairs:
        ids_a = masked.numbers(a, pieces, "words")
        ids_b = masked.numbers(b, pieces, "words")
        examples.append(text.pack(ids_a, ids_b, pieces.cls_id, pieces.sep_id, longest))
    labels = [FOLLOWS if is_next else DOES_NOT for _, _, is_next in pairs]
    return examples, np.array(labels)


class Drawn:
    """Pairs that are drawn anew in each epoch; a run can go on in the middle of one."""

    def __init__(self, draw: Callable[[int], tuple[masked.Examples, np.ndarray]]) -> None:
        """draw  epoch -> examples, and labels (N,)"""
        self.draw = draw
        self.epoch = -1

    def next_batch(self, kept: dict[str, Any], rng: np.random.Generator) -> tuple[
            masked.Examples, np.ndarray, Any]:
        """All examples of the epoch, their labels, and the indices of a batch."""
        if not kept["queue"]:
            kept["epoch"] += 1
        if self.epoch != kept["epoch"]:
            self.epoch = kept["epoch"]
            self.examples, self.labels = self.draw(self.epoch)
        if not kept["queue"]:
            lengths = [len(ids) for ids, _ in self.examples]
            kept["queue"] = text.bucket_batches(lengths, 32, seed=rng)
        return self.examples, self.labels, kept["queue"].pop()


def accuracy_figure(curve: Sequence[tuple[float, float, float]],
                    counted: Mapping[str, float]) -> Callable[[Path], Any]:
    """For Results.figure: by epoch, accuracy where B is of another document, and turned round.

    counted  the baselines of the run; of real text those of a story's turns are not among them
    """
    titles = ("False B: of another document", "False pair: a true one turned round")
    lines = ({"best_possible_accuracy": "the best possible", "place_accuracy": "the place alone",
              "overlap_accuracy": "shared rare words"},
             {"turns_accuracy_turned_round": "counting who comes after whom"})
    x, *accuracies = map(np.array, zip(*curve, strict=True))

    def draw(axes: list[Any]) -> None:
        for k, (axis, y) in enumerate(zip(axes, accuracies, strict=True)):
            levels = {name: counted[key] for key, name in lines[k].items() if key in counted}
            levels["a guess"] = 0.5
            for name, level in levels.items():
                axis.axhline(level, color="#777777", linestyle="--", linewidth=1)
                below = name in ("the place alone", "a guess")  # no line is so near below them
                place = 0.55 if name == "a guess" else 0.02, level + (-0.008 if below else 0.006)
                axis.text(*place, name, fontsize=10, color="#555555",
                          va="top" if below else "bottom", transform=axis.get_yaxis_transform())
            axis.plot(x, y, color=COLOURS[k], linestyle=STROKES[k], marker="os"[k], linewidth=2.2)
            axis.annotate("BERT", (x[-1], y[-1]), (0, -10), ha="right", va="top", fontsize=12,
                          textcoords="offset points", color=COLOURS[k])
            axis.set(ylim=(0.4, 1.06), xlim=(0, None))
            axis.xaxis.get_major_locator().set_params(integer=True)
            tidy(axis, titles[k], "epoch", "" if k else "accuracy on held-out documents")

    return panels(1, 2, draw, 4.4, 4.6, "Does B follow A? BERT goes by the topic", sharey=True)
