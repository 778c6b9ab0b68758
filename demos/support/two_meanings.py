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


def print_table(table: Mapping[str, Mapping[str, float]], title: str) -> None:
    """A column for each model, a row for each number."""
    print(f"\n{title:52}" + "".join(f"{name:>9}" for name in table))
    for key in next(iter(table.values())):
        values = [float(column[key]) for column in table.values()]
        shown = [f"{value:9.3f}" if value > 1e-3 or value == 0 else f"{value:9.0e}"
                 for value in values]
        print(f"  {key.replace('_', ' '):50}" + "".join(shown))


def nearest_words(x: np.ndarray, names: np.ndarray, m: int) -> list[tuple[int, float]]:
    """Words by how near their nearest place is to place m, with its cosine.

    x (N, D) are the vectors of all places, of length 1, names (N,) the words there.
    """
    cosines = x @ x[m]  # (N,)
    near: dict[int, float] = {}
    for n in np.argsort(-cosines):
        near.setdefault(int(names[n]), float(cosines[n]))
    return list(near.items())


def context(ids: Sequence[int], t: int, pieces: text.WordPiece) -> str:
    """Some words on each side of place t, which stands in brackets."""
    tokens = [pieces.tokens[k] for k in ids]
    before, after = tokens[max(1, t - 6):t], tokens[t + 1:min(t + 5, len(tokens) - 1)]
    return " ".join([*before, f"[{tokens[t]}]", *after])


MEANINGS = ("money", "water")  # of the bank of the small language


def meanings(texts: Texts, sentences: Sequence[int]) -> np.ndarray:
    """Which meaning the word has in each sentence: 1 water, 0 money, or not known, as in any text
    but the small language."""
    water = [texts.pieces[word] for word in ("boat", "duck", "swan")]
    return np.array([int(bool(set(water) & set(texts.train[i][0]) - {texts.pieces.unk_id}))
                     for i in sentences])


def order_figure(table: Mapping[str, Mapping[str, float]],
                 count: int) -> Callable[[Path], Any]:
    """For Results.figure: the accuracy of each model, in order and shuffled, of `count` questions.

    With 95 % intervals.
    """

    def draw(axes: list[Any]) -> None:
        for k, (key, name) in enumerate((("accuracy", "the words in order"),
                                         ("accuracy_shuffled", "the words around it shuffled"))):
            x = np.arange(len(table)) + 0.36 * k
            heights = np.array([column[key] for column in table.values()])
            half = 1.96 * np.sqrt(heights * (1 - heights) / count)
            axes[0].bar(x, heights, 0.34, color=COLOURS[k], hatch=("", "//")[k], edgecolor="white",
                        label=name)
            axes[0].errorbar(x, heights, half, fmt="none", ecolor="#222222", capsize=5)
            for at, height, above in zip(x, heights, heights + half, strict=True):
                axes[0].text(at, above + 0.01, f"{height:.2f}", ha="center", fontsize=12)
        axes[0].set_xticks(np.arange(len(table)) + 0.18, list(table), fontsize=12)
        axes[0].tick_params(axis="x", length=0)
        top = max(column["accuracy"] for column in table.values())
        axes[0].set(ylim=(0, 1.25 * top), xlim=(-0.4, len(table) - 0.24))
        tidy(axes[0], "CBOW does not see the order of words; BERT needs it",
             "", "hidden words found, with 95 % intervals")
        axes[0].legend(frameon=False, fontsize=11, ncols=2, loc="upper center")

    return panels(1, 1, draw, 8, 4.5)


def places_figure(in_bert: np.ndarray, in_cbow: np.ndarray, meaning: np.ndarray, word: str,
                  nearest: Sequence[str]) -> Callable[[Path], Any]:
    """For Results.figure: how near the word is to two others, in BERT at each place, and in CBOW.

    in_bert (M, 2), in_cbow (2,): cosines with the two `nearest` words. Both axes have one scale.
    """

    def draw(axes: list[Any]) -> None:
        panel = axes[0]
        kinds = np.unique(meaning)
        for kind in kinds:
            x, y = in_bert[meaning == kind].T
            panel.scatter(x, y, s=70, color=COLOURS[kind], marker="o^"[kind], alpha=0.5)
            sense = f" ({MEANINGS[kind]})" if len(kinds) > 1 else ""
            panel.annotate(f"BERT: {word}{sense},\n{len(x)} places", (np.median(x), np.median(y)),
                           (0, -18), textcoords="offset points", ha="center", va="top",
                           fontsize=11.5, color=COLOURS[kind])
        panel.scatter(*in_cbow[:, None], s=170, color="black", marker="X", zorder=3)
        panel.annotate(f"CBOW: {word}, one vector", in_cbow, (12, 0), textcoords="offset points",
                       va="center", fontsize=11.5, annotation_clip=False)
        panel.axline((0, 0), slope=1, color="#999999", linestyle=":", linewidth=1.2)
        low = min(0.0, in_bert.min() - 0.2, in_cbow.min() - 0.1)
        panel.set(xlim=(low, 1.05), ylim=(low, 1.05), aspect="equal")
        tidy(panel, f"{word!r}: near one word or the other?", f"cosine with {nearest[0]!r}",
             f"cosine with {nearest[1]!r}")

    return panels(1, 1, draw, 8, 4.8, words=word + "".join(nearest))
