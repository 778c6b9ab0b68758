"""What serves mlm_vs_cbow.py: its texts, the sentences it looks at, its table and its figure."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinydawn import text
from tinydawn.errors import DataError, message
from tinydawn.models.bert import BertForPreTraining

from . import masked
from .panels import COLOURS, panels, tidy
from .training import load_model

Encoded = list[Any]  # (ids, where each word begins), as masked.encode gives them


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--load", metavar="FILE", help="a BERT that bert.py kept, on the same "
                        "--data; else a small one is trained")
    parser.add_argument("--word", help="the word with two meanings; default: bank, of ptb share")


class Texts(NamedTuple):
    train: Encoded
    dev: Encoded
    pieces: text.WordPiece
    never: Any  # ids that are never masked
    word: str  # the one with two meanings
    sizes: dict[str, Any]  # of the BERT
    state: Any  # its weights, if it was kept; else None


def load_texts(options: argparse.Namespace) -> Texts:
    """Sentences as ids, by the vocabulary of the BERT that was kept, or by one of their own."""
    train_words = masked.sentences(options.data, "train")
    dev_words = masked.sentences(options.data, "validation")
    if options.quick:
        train_words, dev_words = train_words[:4000], dev_words[:300]
    state, about = load_model(options.load, BertForPreTraining) if options.load else (None, {})
    if not about:
        sizes = {"hidden_size": 64, "hidden_dropout_prob": 0.0, "initializer_range": 0.1}
        tokens = masked.vocabulary(train_words, 4000, "words").tokens
        about = {"tokens": tokens, "lowercase": False, "level": "words", "sizes": sizes}
    pieces, level = text.WordPiece(about["tokens"], about["lowercase"]), about["level"]
    if state:
        masked.known_enough(train_words, pieces, level, options.load)
    train = masked.encode(train_words, pieces, level)
    dev = masked.encode(dev_words, pieces, level)
    usual = {None: "bank", "ptb": "share"}.get(options.data)
    word = options.word or usual or pieces.tokens[min(30, len(pieces) - 1)]
    never = masked.never_masked(pieces, train)
    return Texts(train, dev, pieces, never, word, about["sizes"], state)


def sentences_with(texts: Texts, data: str | None) -> list[int]:
    """At most 200 sentences in which the word stands, then at most 600 others."""
    pieces, index = texts.pieces, texts.pieces[texts.word]
    here = [i for i, (ids, _) in enumerate(texts.train)
            if index in ids and index not in pieces.special_ids][:200]
    if len(here) < 2:
        raise DataError(message(f"--word {texts.word}: stands in {len(here)} sentences",
                                fix="name a frequent word of the text"))
    looked_at = here + [i for i in range(len(texts.train)) if i not in set(here)][:600]
    if all(k in (index, *pieces.special_ids) for i in looked_at for k in texts.train[i][0]):
        raise DataError(message(f"--data {data}: no other word stands near {texts.word!r}",
                                fix="more text"))
    return looked_at


class Question(NamedTuple):
    """A sentence with one hidden word, and the same with its neighbours shuffled: (T,) each."""

    ids: np.ndarray
    shuffled: np.ndarray
    place: int
    true: int


def shuffled_questions(sentences: Encoded, never: Any, mask_id: int, window: int) -> list[Question]:
    """One question for each sentence with at least four words; the words in the window move."""
    rng = np.random.default_rng(7)
    questions = []
    for ids, _ in sentences:
        row = np.array(ids)
        places = np.flatnonzero(~np.isin(row, never))
        if len(places) < 4:
            continue
        t = int(rng.choice(places))
        near = places[(np.abs(places - t) <= window) & (places != t)]
        other = row.copy()
        other[near] = row[rng.permutation(near)]
        true = int(row[t])
        row[t] = other[t] = mask_id
        questions.append(Question(row, other, t, true))
    if not questions:
        raise DataError(message("no held-out sentence has four words",
                                fix="--data with longer sentences"))
    return questions


def print_table(table: Mapping[str, Sequence[float]]) -> None:
    for key, values in table.items():
        shown = [f"{value:9.3f}" if value > 1e-3 or value == 0 else f"{value:9.0e}"
                 for value in values]
        print(f"  {key.replace('_', ' '):50}" + "".join(shown))


def places_figure(x: np.ndarray, names: np.ndarray, shown: Mapping[int, str],
                  word: str) -> Callable[[Path], Any]:
    """For Results.figure: places of the word and of those nearest to two of its places.

    In the plane in which the places of the word differ most. x (N, D) are the vectors, names (N,)
    the words' ids, shown the words to be drawn by id, the word itself first.
    """

    def draw(axes: list[Any]) -> None:
        own = names == next(iter(shown))
        rows = np.concatenate([np.flatnonzero(names == k)[:150] for k in shown])
        centre = x[own].mean(axis=0)  # (D,)
        plane = np.linalg.svd(x[own] - centre, full_matrices=False)[2][:2]  # (2, D)
        flat = (x[rows] - centre) @ plane.T  # (rows, 2)
        for colour, (k, name) in enumerate(shown.items()):
            part = flat[names[rows] == k]
            axes[0].scatter(*part.T, s=18, color=COLOURS[colour], marker="o^s"[colour], alpha=0.6,
                            label=name)
        tidy(axes[0], f"BERT's vectors of {word!r} and of the nearest to each, by place",
             "first direction", "second", True)

    return panels(1, 1, draw, 6, 4, words=word)
