"""What serves a run of word_vectors.py: its flags, its text, its tables, and the map of words."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import text
from tinydawn.errors import DataError, message
from tinydawn.text.vectors import WordVectors

from .own_text import is_own, passes, suited
from .panels import COLOURS, check_letters, cut, panels, tidy
from .run import Results, arguments

Pairs = Mapping[str, Sequence[tuple[str, str, float]]]  # data set -> two words and a number

ENGLISH = [["money", "cost", "price", "pay", "tax", "business", "market"],
           ["he", "she", "him", "her", "they", "i", "you"],
           ["father", "mother", "son", "wife", "children", "family"],
           ["good", "bad", "great", "nice", "poor"],
           ["monday", "week", "year", "month", "night", "morning"],
           ["france", "england", "russia", "american", "germany"],
           ["church", "god", "christian", "faith", "religious"]]
PYTHON = [["integer", "integers", "float", "number", "numbers", "complex"],
          ["list", "tuple", "dictionary", "set", "sequence"],
          ["class", "method", "methods", "instance", "attribute"],
          ["string", "strings", "bytes", "characters", "unicode"],
          ["raise", "raised", "exception", "error", "except"],
          ["import", "module", "package", "imported"]]


def flags() -> argparse.ArgumentParser:
    """The flags of the lesson."""
    parser = arguments("Word vectors by counting and by guessing: "
                       "neighbours, similarity, analogies.")
    parser.add_argument("--method", choices=["all", "svd", "cbow", "skipgram"], default="all",
                        help="default: all three")
    parser.add_argument("--size", type=int, default=8000,
                        help="how many words get a vector, the most frequent; default 8000")
    parser.add_argument("--width", type=int, default=100,
                        help="numbers in a vector; default 100")
    parser.add_argument("--words",
                        help="print the neighbours of these words, separated by commas")
    return parser


def check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse sizes for which there are no vectors, or too many."""
    if min(options.size, options.width) < 2 or options.size > 20_000:
        parser.error("--size from 2 to 20,000 and --width of 2 or more")


def load_text(options: argparse.Namespace) -> list[list[str]]:
    """Sentences of two words or more. Nothing is held out: what is tested is not the text.

    Punctuation is left out: it stands among everything, and without it windows reach further.
    """
    if options.data == "brown":
        sentences = [[word.lower() for word in sentence]
                     for document in text.load_documents("brown") for sentence in document]
    else:
        sentences = text.load_sentences(options.data)
        check_letters(sentences)
    sentences = [[word for word in sentence if any(c.isalnum() for c in word)]
                 for sentence in sentences]
    sentences = [sentence for sentence in sentences if len(sentence) > 1]
    if options.quick:
        sentences = sentences[:1500]
    if not sentences:
        raise DataError(message(f"--data {options.data}: no sentence of two words or more",
                                fix="one sentence per line"))
    return sentences


SHORT, LONG = (15, 1e-3), (3, 1e-4)  # passes; the share above which words are left out
OWN = {27_600: SHORT, 1_000_000: LONG}  # words -> what suits as many; see own_text.py


def settings_of(options: argparse.Namespace, words: int) -> tuple[int, float]:
    """How often a text of so many words is read, and the share above which words are left out."""
    epochs, threshold = LONG if options.data == "brown" else SHORT
    if is_own(options.data):
        (epochs, threshold), longer = suited(OWN, words)
        epochs = passes(epochs, longer)
    return options.epochs or (4 if options.quick else epochs), threshold


def key(name: str) -> str:
    """The name of a method, as names in metrics.json have it."""
    letters = name.split(",")[0].replace("+", "").replace("-", "").lower()
    return "_".join(letters.split())


def judge(results: Results, pairs: Pairs, name: str, vectors: WordVectors, seconds: float) -> None:
    """Print and record Spearman's correlation with people, and how many pairs it is of."""
    line = f"{name:34}{seconds:7.1f} s"
    for data, wanted in pairs.items():
        rho, known, total = vectors.word_similarity(wanted)
        line += f"   {data} {rho:.3f} ({known}/{total})"
        results.metric(**{f"{data}_spearman_{key(name)}": rho,
                          f"{data}_coverage_{key(name)}": known / total})
    print(line)


def words_to_show(asked: str | None, tokens: Sequence[str]) -> list[str]:
    """Whose neighbours are printed: the words that were asked for, else six that are known.

    tokens  those that get a vector; of another word there is none, however long the training
    """
    known = set(tokens)
    if asked:
        wanted = [word.strip() for word in asked.split(",") if word.strip()]
        missing = [word for word in wanted if word not in known]
        if missing or not wanted:
            close = get_close_matches(missing[0], known, n=1) if missing else []
            what = f"--words: {', '.join(map(repr, missing)) or 'nothing'} is none of the"
            fix = f"did you mean {close[0]!r}?" if close else "words that are often in the text"
            raise DataError(message(f"{what} {len(known):,} words that get a vector", fix=fix))
        return wanted
    usual = ["money", "good", "water", "king", "thought", "she", "function", "object", "string",
             "integer"]
    return [word for word in usual if word in known][:6] or list(tokens[:6])


def groups_to_draw(data: str | None, vectors: WordVectors) -> list[list[str]]:
    """Words in groups of like meaning, as far as there are vectors; else the most frequent 40."""
    wanted = PYTHON if data is None else ENGLISH
    groups = [[word for word in group if word in vectors] for group in wanted]
    return groups if sum(map(len, groups)) >= 10 else [vectors.tokens[:40]]


def map_figure(points: np.ndarray, groups: Sequence[Sequence[str]],
               title: str) -> Callable[[Path], Path]:
    """For Results.figure: words as points (n, 2), in a colour for each group."""

    def draw(axes: list[Any]) -> None:
        (axis,) = axes
        start = 0
        for k, group in enumerate(groups):
            colour = COLOURS[k % len(COLOURS)]
            at = points[start:start + len(group)]
            start += len(group)
            axis.plot(*at.T, "os^DvPX"[k % 7], color=colour, markersize=5)
            for (x, y), word in zip(at, group, strict=True):
                axis.annotate(cut(word, 9, 1.6), (x, y), xytext=(4, 3), textcoords="offset points",
                              color=colour)
        tidy(axis, title)
        axis.set_xticks([])
        axis.set_yticks([])

    words = "".join(word for group in groups for word in group)
    return panels(1, 1, draw, width=7.5, height=5.5, words=words)
