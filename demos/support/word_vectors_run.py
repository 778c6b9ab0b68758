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
from tinydawn.viz.figure import inches

from .own_text import is_own, passes, suited
from .panels import COLOURS, check_letters, cut, panels, tidy
from .run import Results, arguments

Pairs = Mapping[str, Sequence[tuple[str, str, float]]]  # data set -> two words and a number

Groups = Mapping[str, list[str]]  # what words have in common -> they

ENGLISH = {
    "business": ["money", "cost", "price", "pay", "tax", "business", "market"],
    "pronouns": ["he", "she", "him", "her", "they", "i", "you"],
    "family": ["father", "mother", "son", "wife", "children", "family"],
    "praise and blame": ["good", "bad", "great", "nice", "poor"],
    "times": ["monday", "week", "year", "month", "night", "morning"],
    "countries": ["france", "england", "russia", "american", "germany"],
    "religion": ["church", "god", "christian", "faith", "religious"],
}
PYTHON = {
    "numbers": ["integer", "integers", "float", "floating", "complex", "decimal"],
    "containers": ["list", "tuple", "dictionary", "set", "sequence", "mapping"],
    "classes": ["class", "classes", "metaclass", "instance", "attribute", "base"],
    "text": ["string", "strings", "bytes", "characters", "unicode", "literals"],
    "exceptions": ["raise", "raised", "exception", "exceptions", "finally", "traceback"],
    "imports": ["import", "module", "modules", "package", "imported", "spec"],
}


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
             "integer", "true", "left"]
    return [word for word in usual if word in known][:6] or list(tokens[:6])


def groups_to_draw(data: str | None, vectors: WordVectors) -> Groups:
    """Words in groups of like meaning, as far as there are vectors; else the most frequent 30."""
    wanted = PYTHON if data is None else ENGLISH
    groups = {name: [word for word in group if word in vectors] for name, group in wanted.items()}
    if sum(map(len, groups.values())) < 10:
        return {"the most frequent words": vectors.tokens[:30]}
    return groups


def groups_on_the_map(groups: Groups) -> Groups:
    """Of the groups of the default text four, which two directions can keep apart; else all."""
    four = ("numbers", "containers", "exceptions", "imports")
    return {name: groups[name] for name in four} if groups.keys() >= set(four) else groups


def map_figure(points: np.ndarray, groups: Groups, title: str) -> Callable[[Path], Path]:
    """For Results.figure: words as points (n, 2), in a colour and with a mark for each group."""
    words = [cut(word, 9, 1.6) for group in groups.values() for word in group]
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.maximum(high - low, 1e-9) * (0.1, 0.06)
    low, high = low - room, high + room
    size = np.array([6.2, 3.9])  # inches of the map, without the legend
    at = (points - low) / (high - low) * size  # (n, 2), in inches from the lower left corner
    moves = beside(at, [inches(word, 9) for word in words], size)  # (n, 2)

    def draw(axes: list[Any]) -> None:
        (axis,) = axes
        start = 0
        for k, (name, group) in enumerate(groups.items()):
            colour = COLOURS[k % len(COLOURS)]
            rows = slice(start, start + len(group))
            axis.plot(*points[rows].T, "os^DvPX"[k % 7], color=colour, markersize=6, label=name)
            for point, move, word in zip(points[rows], moves[rows], words[rows], strict=True):
                line = {"arrowstyle": "-", "color": colour, "linewidth": 0.6}
                drawn = axis.annotate(word, point, xytext=72 * move, textcoords="offset points",
                                      ha="center", va="center", color=colour, fontsize=9,
                                      arrowprops=line)
                drawn.verbatim = True  # "classes" is a word, and a group of words
            start += len(group)
        axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
        tidy(axis, title, "first direction", "second direction")
        axis.set_xticks([])
        axis.set_yticks([])
        axis.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1.0, 1.0))

    return panels(1, 1, draw, width=8.0, height=4.4, words="".join([*words, *groups]))


def beside(points: np.ndarray, widths: Sequence[float], size: np.ndarray) -> np.ndarray:
    """Where each point's label goes so that labels cover neither each other nor points.

    points  (n, 2), in inches; widths  of the labels; size  of the paper
    Returns the way (n, 2) from each point to the middle of its label. One after the other they take
    the nearest of some places where they cover least.
    """
    height = 0.15
    sides = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
    taken = [(x - 0.06, y - 0.06, x + 0.06, y + 0.06) for x, y in points]
    moves = []
    for (x, y), width in zip(points, widths, strict=True):
        best = None
        for far in (0.0, 0.12, 0.24, 0.36):
            for across, up in sides:
                move = (across * (width / 2 + 0.1) + 0.7 * far * across, up * (0.14 + far))
                box = (x + move[0] - width / 2, y + move[1] - height / 2,
                       x + move[0] + width / 2, y + move[1] + height / 2)
                covered = sum(_common(box, other) for other in taken)
                outside = width * height - _common(box, (0, 0, *size))
                cost = covered + outside + 0.02 * far
                if best is None or cost < best[0]:
                    best = cost, move, box
        moves.append(best[1])
        taken.append(best[2])
    return np.array(moves)


def _common(a: Sequence[float], b: Sequence[float]) -> float:
    """The area that two boxes (left, bottom, right, top) have in common."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, wide) * max(0.0, high)


def nearest_is_alike(vectors: np.ndarray, groups: Groups) -> float:
    """Of the words in groups: how often the nearest word, of vectors (n, D), is of the same group.

    Groups of one word are left out.
    """
    of = np.repeat(np.arange(len(groups)), [len(group) for group in groups.values()])  # (n,)
    gaps = ((vectors[:, None] - vectors[None]) ** 2).sum(axis=2)  # (n, n)
    np.fill_diagonal(gaps, np.inf)
    alone = np.bincount(of, minlength=len(groups))[of] < 2  # (n,)
    return float((of[gaps.argmin(axis=1)] == of)[~alone].mean()) if not alone.all() else 0.0
