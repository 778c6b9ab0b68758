"""What serves elmo.py: its flags, settings, scores, figures, and words shown in their context."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinydawn import text, viz
from tinydawn.errors import DataError, message

from .labelled import baselines
from .panels import COLOURS, panels, tidy
from .run import Results


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--labels", type=int, help="labelled sentences for the classifier; "
                        "default 300, of real text 500")
    parser.add_argument("--word", help="look at this word in two contexts")


def labels_of(options: argparse.Namespace) -> int:
    """How many labelled sentences the classifier learns from."""
    if options.labels is None:
        return 300 if options.data is None else 500
    return max(10, options.labels)


def check_word(asked: str | None, sentences: Sequence[Sequence[str]]) -> None:
    """Refuse a word that is in none of the sentences, before anything is trained."""
    if asked and not any(asked in tokens for tokens in sentences):
        raise DataError(message(f"--word {asked}: not in the text",
                                fix="name a word of the training sentences"))


class Settings(NamedTuple):
    width: int
    epochs: int
    learning_rate: float
    min_freq: int  # a rarer word is <unk>


def settings_for(options: argparse.Namespace) -> Settings:
    """Of made-up opinions, or of real text."""
    found = Settings(64, 10, 8e-3, 1) if options.data is None else Settings(128, 5, 4e-3, 2)
    return found._replace(epochs=options.epochs or (4 if options.quick else found.epochs))


def unigram_perplexity(counts: np.ndarray, sentences: Sequence[Sequence[int]]) -> float:
    """Of the words of the sentences but their first, by how often each was seen: at least half."""
    share = np.maximum(counts, 0.5) / np.maximum(counts, 0.5).sum()  # (V,)
    ids = np.concatenate([sentence[1:] for sentence in sentences])
    return np.exp(-np.log(share[ids]).mean())


def print_scores(results: Results, scores: Mapping[str, Sequence[float]],
                 shares: Sequence[np.ndarray], data: text.Labelled, labels: int,
                 toy: bool) -> None:
    """Mean and standard deviation over the seeds, and what counting reaches with these labels."""
    print(f"\n{labels} labels, {len(data.test)} test sentences, mean of three seeds")
    for name, values in scores.items():
        mean, deviation = np.mean(values), np.std(values, ddof=1)
        results.metric(**{f"test_accuracy_{name}": mean, f"standard_deviation_{name}": deviation})
        print(f"{name:12}{mean:.4f} +- {deviation:.4f}")
    mean_shares = np.mean(shares, axis=0)
    results.metric(**{f"share_layer_{k}": share for k, share in enumerate(mean_shares)})
    baselines(results, data)
    if toy:  # of two clauses any bag is right half the time
        two_clauses = np.mean(["and" in tokens for tokens, _ in data.test])
        results.baseline(best_bag_of_words_accuracy=1 - two_clauses / 2)
    for name, value in results.record["baselines"].items():
        print(f"baseline {name} {value:.3f}")


def perplexity_figure(curve: Sequence[tuple[float, ...]]) -> Callable[[Path], Any]:
    """For Results.figure: rows of (update, forward, backward) as two curves."""
    curves = {name: [(row[0], row[k]) for row in curve]
              for k, name in ((1, "forward"), (2, "backward"))}
    return lambda path: viz.training_curves(
        curves, path, y_label="perplexity of unseen sentences", log=True)


def shares_figure(shares: Sequence[np.ndarray], seed: int) -> Callable[[Path], Any]:
    """For Results.figure: softmax(w) of each seed, (3,), as bars by layer."""

    def draw(axes: list[Any]) -> None:
        for k, share in enumerate(shares):
            axes[0].bar(np.arange(3) + 0.27 * (k - 1), share, width=0.25, color=COLOURS[k],
                        label=f"seed {seed + k}")
        axes[0].axhline(1 / 3, color="#555555", linestyle=(0, (5, 3)), linewidth=1)
        axes[0].set(xticks=range(3), xticklabels=["embedding", "layer 1", "layer 2"],
                    ylim=(0, 1.4 * np.max(shares)))
        tidy(axes[0], "Share of each layer after training; dashed: before", y="softmax(w)",
             legend=True)

    return panels(1, 1, draw, width=5.0)


def two_places(asked: str | None, names: np.ndarray, vectors: np.ndarray) -> tuple[str, np.ndarray]:
    """A word, and the two places of it whose vectors differ most.

    asked    the word that --word names; None: "like" or "good", if it is frequent
    names    (M,), the word at each place
    vectors  (M, D), of length 1
    """
    frequent = (w for w in ("like", "good", "好") if (names == w).sum() > 20)
    word = asked or next(frequent, names[0])
    here = np.flatnonzero(names == word)[:300]
    alike = vectors[here] @ vectors[here].T
    return word, here[list(np.unravel_index(alike.argmin(), alike.shape))]


def in_context(sentences: Sequence[Sequence[str]], place: tuple[int, int]) -> str:
    """Three words before, the word in brackets, two words after."""
    i, t = place
    words = sentences[i]
    return " ".join([*words[max(0, t - 3):t], f"[{words[t]}]", *words[t + 1:t + 3]])
