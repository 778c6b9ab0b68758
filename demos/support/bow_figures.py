"""The figures of bow_classifier.py: words that weigh most, and what words add in sentences."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import text

from .labelled import Examples, word_bars
from .panels import COLOURS, panels, tidy
from .run import Results


def top_words_figure(
    top: dict[int, np.ndarray], weights: np.ndarray, vocab: text.Vocab, classes: list[str]
) -> Callable[[Path], Path]:
    """A panel for each class: the ids `top` of its words, and their weights (V, C)."""

    def draw(axes: list[Any]) -> None:
        for panel in axes[len(top):]:
            panel.axis("off")
        for panel, (c, ids) in zip(axes, top.items(), strict=False):
            words = [vocab.tokens[i] for i in ids]
            panel.barh(words[::-1], weights[ids, c][::-1], color=COLOURS[0])
            tidy(panel, str(classes[c]), "weight")

    words = "".join(vocab.tokens[i] for ids in top.values() for i in ids)
    columns = min(len(top), 5)
    return panels(-(-len(top) // columns), columns, draw, width=2.8, height=3.2, words=words)


def contributions_figure(
    results: Results,
    logits: np.ndarray,
    weights: np.ndarray,
    examples: Examples,
    vocab: text.Vocab,
    classes: list[str],
) -> None:
    """Draw the sentence that is surest and right, and the two that are surest and wrong.

    Of those that fit into a line. The bar of a word is what it adds to the answer, by the weights
    (V, C); logits are (N, C).
    """
    answers = logits.argmax(axis=1)  # (N,)
    truth = np.array([label for _, label in examples])  # (N,)
    sure = logits.max(axis=1) - np.sort(logits, axis=1)[:, -2]  # (N,)
    readable = np.array([4 <= len(tokens) <= 24 for tokens, _ in examples])  # (N,)
    order = [i for i in np.argsort(-sure * readable) if readable[i]]
    right = [i for i in order if answers[i] == truth[i]]
    wrong = [i for i in order if answers[i] != truth[i]]
    picked = (right + wrong)[:1] + wrong[:2]
    rows = []
    for i in picked:
        tokens = examples[i][0]
        judged = f"says {classes[answers[i]]}"
        if answers[i] != truth[i]:
            judged += f", but it is {classes[truth[i]]}"
        rows.append((tokens, weights[vocab.encode(tokens), answers[i]], judged))
    if rows:
        title = "What each word adds to the answer"
        results.figure("contributions.svg", word_bars(rows, "weight", title))
