"""What serves elmo.py: its flags, settings, scores, figures, and words shown in their context."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinydawn import text, viz
from tinydawn.errors import DataError, message

from .labelled import baselines, load
from .own_text import epochs_for
from .panels import COLOURS, panels, tidy
from .run import Results, arguments, parse
from .senses import banks

Sentences = list[list[str]]


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--labels", type=int, help="labelled sentences for the classifier; "
                        "default 300, of real text 500")
    parser.add_argument("--word", help="look at this word in two contexts")


def labels_of(options: argparse.Namespace) -> int:
    """How many labelled sentences the classifier learns from."""
    if options.labels is None:
        return 300 if options.data is None else 500
    return max(10, options.labels)


class Settings(NamedTuple):
    width: int
    epochs: int
    learning_rate: float
    min_freq: int  # a rarer word is <unk>
    seeds: int = 3  # of the classifiers
    passes: int = 20  # of a classifier over its labelled sentences


def settings_for(options: argparse.Namespace, train: Sequence[tuple[list[str], int]]) -> Settings:
    """Of made-up opinions, or of real text; mr has 179,000 words to train on."""
    found = Settings(64, 10, 8e-3, 1) if options.data is None else Settings(128, 5, 4e-3, 2)
    words = sum(len(tokens) for tokens, _ in train)
    usual = epochs_for(options.data, found.epochs, 179_000, words)
    if options.quick:
        found = found._replace(seeds=2, passes=12)
    return found._replace(epochs=options.epochs or (3 if options.quick else usual))


def start_run() -> tuple[argparse.Namespace, text.Labelled, Sentences, Sentences, int, Settings,
                         Results]:
    """The flags; the labelled sentences; more without labels; those in which one word is looked at
    in two contexts; how many labels there are; how to train; the folder of results.
    """
    parser = arguments("Train two language models, freeze them, mix their layers into a small "
                       "classifier.")
    add_flags(parser)
    options = parse(parser)
    results = Results("elmo", options, options.data or "generated opinions")
    data = load(options.data, options.seed, options.quick)
    more, looked_at = [], [tokens for tokens, _ in data.train[:2000]]
    if options.data is None:
        more = banks(400 if options.quick else 1000, seed=1)
        looked_at = more[:600] if options.word in (None, "bank") else looked_at
    if options.word and not any(options.word in tokens for tokens in looked_at):
        raise DataError(message(f"--word {options.word}: not in the text",
                                fix="name a word of the training sentences"))
    labels = min(labels_of(options), len(data.train))
    return options, data, more, looked_at, labels, settings_for(options, data.train), results


def unigram_perplexity(counts: np.ndarray, sentences: Sequence[Sequence[int]]) -> float:
    """Of the words of the sentences but their first, by how often each was seen: at least half."""
    share = np.maximum(counts, 0.5) / np.maximum(counts, 0.5).sum()  # (V,)
    ids = np.concatenate([sentence[1:] for sentence in sentences])
    return np.exp(-np.log(share[ids]).mean())


def print_scores(results: Results, scores: Mapping[str, Sequence[float]],
                 shares: Sequence[np.ndarray], data: text.Labelled, labels: int,
                 toy: bool) -> None:
    """Mean and standard deviation over the seeds, and what counting reaches with these labels."""
    print(f"\n{labels} labels, {len(data.test)} test sentences, "
          f"mean of {len(shares)} seeds")
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


def perplexity_figure(curve: Sequence[tuple[float, ...]], unigram: float,
                      updates: int) -> Callable[[Path], Any]:
    """For Results.figure: rows of (update, forward, backward) as two curves, of the first updates:
    later ones change little."""
    curves = {name: [(row[0], row[k]) for row in curve if row[0] <= 400]
              for k, name in ((1, "forward"), (2, "backward"))}
    return lambda path: viz.training_curves(
        curves, path, {"unigram": unigram}, y_label="perplexity of unseen sentences",
        title=f"The first {curves['forward'][-1][0]} of {updates} updates")


def gain_figure(record: dict[str, Any], scores: Mapping[str, Sequence[float]],
                ) -> Callable[[Path], Any]:
    """For Results.figure: the accuracy of each classifier, a point for each seed."""
    names = {"without": "no vectors\nof the models", "embedding": "their embedding\nalone",
             "elmo": "ELMo:\nall layers mixed"}
    ceiling = record["baselines"].get("best_bag_of_words_accuracy")

    def draw(axes: list[Any]) -> None:
        (panel,) = axes
        for k, values in enumerate(scores.values()):
            panel.bar(k, np.mean(values), width=0.55, color=("#BBBBBB", "#888888", COLOURS[0])[k])
            panel.plot(k + np.linspace(-0.12, 0.12, len(values)), values, "o", color="black",
                       markersize=5)
            panel.text(k, 0.4, f"{np.mean(values):.1%}", ha="center", fontsize=12,
                       color=("black", "white", "white")[k])
        if ceiling:
            panel.axhline(ceiling, color="#555555", linestyle=":", linewidth=1.5)
            panel.text(3.65, ceiling + 0.02, "the most that a bag of words\ncan expect over many "
                       "test sets", ha="right", va="bottom", fontsize=10)
        panel.set_xticks(range(3), [names[name] for name in scores], fontsize=11)
        panel.tick_params(axis="x", length=0)
        panel.set_xlim(-0.5, 3.7)
        panel.set_ylim(0, 1.12)
        panel.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
        tidy(panel, "Vectors that know their sentence: accuracy with few labels, three seeds",
             y="test accuracy")

    return panels(1, 1, draw, width=8, height=4.5)


def senses_figure(found: Mapping[str, Mapping[str, float]]) -> Callable[[Path], Any]:
    """For Results.figure: of each place the nearest other words, and their cosines."""

    def draw(axes: list[Any]) -> None:
        for k, (panel, (name, near)) in enumerate(zip(axes, found.items(), strict=True)):
            at = np.arange(len(near))[::-1]
            panel.barh(at, near.values(), color=(COLOURS[0], COLOURS[1], "#AAAAAA")[k], height=0.7)
            for y, (word, cosine) in zip(at, near.items(), strict=True):
                panel.text(0.02, y, word, va="center", fontsize=12,
                           color="white" if cosine > 0.35 and k < 2 else "black")
            panel.set_yticks([])
            panel.set_xlim(0, 1)
            tidy(panel, name, "cosine")

    words = "".join(name + "".join(near) for name, near in found.items())
    title = "The words nearest to one word in two sentences, and to its embedding"
    return panels(1, 3, draw, width=3.2, height=4.6, title=title, words=words)


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

    asked    the word that --word names; None: "bank", "like" or "good", if it is frequent
    names    (M,), the word at each place
    vectors  (M, D), of length 1
    """
    frequent = (w for w in ("bank", "like", "good", "好") if (names == w).sum() > 20)
    word = asked or next(frequent, names[0])
    here = np.flatnonzero(names == word)[:300]
    alike = vectors[here] @ vectors[here].T
    return word, here[list(np.unravel_index(alike.argmin(), alike.shape))]


def in_context(words: Sequence[str], t: int) -> str:
    """The word in brackets, three before and three after it, in two lines."""
    before, after = " ".join(words[max(0, t - 3):t]), " ".join(words[t + 1:t + 4])
    return f"{before} [{words[t]}]\n{after}" if before else f"[{words[t]}] {after}"
