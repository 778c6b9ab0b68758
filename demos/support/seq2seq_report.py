"""For seq2seq.py: its table of results, by length of the source, and its figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import viz
from tinydawn.metrics import bleu

from .parallel import shown

Sentences = Sequence[list[str]]
Curve = Sequence[tuple[float, float]]


def by_length(sentences: Sentences) -> list[Any]:
    """Four groups of places, from the shortest sentences to the longest; fewer if there are few."""
    order = sorted(range(len(sentences)), key=lambda i: (len(sentences[i]), i))
    return [group for group in np.array_split(order, 4) if len(group)]


def bleu_of_groups(outputs: Sentences, references: Sentences, groups: Sequence[Any]) -> list[float]:
    """BLEU of each group of places."""
    return [bleu([outputs[i] for i in group], [references[i] for i in group]).score
            for group in groups]


def print_heading(pairs: int, sources: Sentences, groups: Sequence[Any]) -> None:
    """What stands above the table: how much data, and the columns."""
    lengths = [f"{len(sources[group[0]])}-{len(sources[group[-1]])}" for group in groups]
    print(f"\n{pairs} training pairs, {len(sources)} test sentences, greedy search")
    print(f"{'':16}{'CPU s':>8}{'updates':>9}{'perplexity':>12}{'BLEU':>8}   "
          f"BLEU by words of the source: {', '.join(lengths)}")


def print_row(name: str, seconds: float, updates: int, perplexity: float, score: float,
              scores: Sequence[float]) -> None:
    """One model: seconds of training, updates, validation perplexity, BLEU, and BLEU by length."""
    print(f"{name:16}{seconds:8.1f}{updates:9}{perplexity:12.2f}{score:8.2f}   "
          f"{'  '.join(f'{x:.1f}' for x in scores)}")


def print_teacher_forcing(forced: float, free: float, bleu_forced: float, bleu_free: float,
                          best: float | None) -> None:
    """Shares of right words and BLEU, after the true words and running free.

    best  BLEU of an exhaustive search with the true probabilities, where these are known
    """
    print(f"\nword t is the reference's word t: {forced:.3f} after the true words, "
          f"{free:.3f} running free")
    line = f"BLEU with teacher forcing left on: {bleu_forced:.2f}, running free {bleu_free:.2f}"
    if best:
        line += ("; knowing the true probabilities, and searching exhaustively, "
                 f"gives {best:.2f}")
    print(line)


# --- figures, for Results.figure ---


def length_figure(scores: dict[str, list[float]], sources: Sentences,
                  groups: Sequence[Any]) -> Callable[[Path], Any]:
    """BLEU of each model over the mean length of each group."""
    middles = [np.mean([len(sources[i]) for i in group]) for group in groups]
    lines = {name.replace("_", " "): list(zip(middles, values, strict=True))
             for name, values in scores.items()}
    return lambda path: viz.training_curves(
        lines, path, x_label="words of the source sentence", y_label="BLEU",
        title="BLEU by the length of the source")


def curves_figure(curves: dict[str, Curve]) -> Callable[[Path], Any]:
    """Perplexity of validation sentences over the seconds of training."""
    lines = {name.replace("_", " "): curve for name, curve in curves.items()}
    return lambda path: viz.training_curves(
        lines, path, x_label="CPU seconds of training", y_label="validation perplexity", log=True)


def teacher_forcing_figure(forced: dict[int, list[bool]],
                           free: dict[int, list[bool]]) -> Callable[[Path], Any]:
    """Share of right words at each place of the target, where there are enough sentences so long.

    forced, free  for each place, of each sentence, whether the word was right
    """
    correct = {}
    for name, right in (("true words before it", forced), ("its own words before it", free)):
        enough = min(30, len(right[1]))
        correct[name] = [(t, np.mean(hits)) for t, hits in right.items() if len(hits) >= enough]
    return lambda path: viz.training_curves(
        correct, path, x_label="word of the target sentence", y_label="share correct",
        title="Predicting a word after ...")


def alignment_figure(weights: np.ndarray, source: Sequence[str],
                     target: Sequence[str]) -> Callable[[Path], Any]:
    """Attention (T, S) of a translation: a row for each word of the target, and one for </s>."""
    words = [*shown(source).split(), "</s>"], [*shown(target).split(), "</s>"]
    return lambda path: viz.attention_heatmap(weights, *words, path)
