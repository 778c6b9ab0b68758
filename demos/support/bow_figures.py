"""The figures of bow_classifier.py: words that weigh most, what they add, what labels are worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import text

from .labelled import Examples, word_bars
from .panels import COLOURS, STROKES, panels, tidy
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
    return panels(-(-len(top) // columns), columns, draw, width=2.8, height=3.2, words=words,
                  title="Learned: the words that weigh most for each class")


def contributions_figure(
    results: Results,
    logits: np.ndarray,
    weights: np.ndarray,
    examples: Examples,
    vocab: text.Vocab,
    classes: list[str],
) -> None:
    """Draw a sentence that is right for each of two classes, and the one most surely wrong.

    Of those that fit into a line, the surest. The bar of a word is what it adds to the answer, by
    the weights (V, C); logits are (N, C).
    """
    answers = logits.argmax(axis=1)  # (N,)
    truth = np.array([label for _, label in examples])  # (N,)
    sure = logits.max(axis=1) - np.sort(logits, axis=1)[:, -2]  # (N,)
    readable = np.array([4 <= len(tokens) <= 24 for tokens, _ in examples])  # (N,)
    order = [i for i in np.argsort(-sure * readable) if readable[i]]
    right = [i for i in order if answers[i] == truth[i]]
    wrong = [i for i in order if answers[i] != truth[i]]
    other = [i for i in right if answers[i] != answers[right[0]]]
    rows = []
    for i in right[:1] + other[:1] + wrong[:1]:
        tokens = examples[i][0]
        judged = f"the model says {classes[answers[i]]}"
        if answers[i] != truth[i]:
            judged += f",\nbut it is {classes[truth[i]]}"
        rows.append((tokens, weights[vocab.encode(tokens), answers[i]], judged))
    if rows:
        title = ("What each word adds, for the answer (blue) or against it (orange, hatched): "
                 "the order plays no part")
        results.figure("contributions.svg", word_bars(rows, "weight for what it says", title))


def labels_figure(results: Results, amounts: Sequence[int],
                  accuracies: dict[str, list[list[float]]]) -> None:
    """Print, keep and draw test accuracies: how W starts -> for each number of labels the seeds'.

    Naive Bayes, and who knows every adjective, are what they are compared with.
    """
    names = {"random": "W at random", "lsa": "W from LSA", "word2vec": "W from word2vec",
             "naive_bayes": "naive Bayes"}
    seeds = len(accuracies["random"][0])
    print(f"\ntest accuracy, mean of {seeds} seeds (lowest to highest)\n{'labels':16}"
          + "".join(f"{amount:>20,}" for amount in amounts))
    for name, rows in accuracies.items():
        cells = (f"{np.mean(row):8.1%} ({min(row):.0%}-{max(row):.0%})" for row in rows)
        print(f"{names[name]:16}" + "".join(f"{cell:>20}" for cell in cells))
        keep = results.baseline if name == "naive_bayes" else results.metric
        for amount, row in zip(amounts, rows, strict=True):
            keep(**{f"accuracy_{name}_{amount}": np.mean(row),
                    f"standard_deviation_{name}_{amount}": np.std(row)})
    best = results.record["baselines"].get("knowing_every_word")
    if best:
        print(f"{'who knows every adjective':27}{best:6.1%}")

    def draw(axes: list[Any]) -> None:
        (axis,) = axes
        for k, (name, rows) in enumerate(accuracies.items()):
            plain = name == "naive_bayes"
            colour = "#777777" if plain else COLOURS[k]
            stroke = (0, (1, 2)) if plain else STROKES[(0, 3, 2)[k]]
            means = [float(np.mean(row)) for row in rows]
            axis.plot(amounts, means, color=colour, linestyle=stroke, linewidth=1.3 if plain else 2)
            if not plain:
                for row in np.transpose(rows):
                    axis.plot(amounts, row, "os^"[k], color=colour, markersize=4, alpha=0.5)
            axis.annotate(names[name], (amounts[0], means[0]), xytext=(-8, 0), ha="right",
                          va="center", textcoords="offset points", color=colour)
        if best:
            axis.axhline(best, color="#777777", linewidth=1)
            axis.annotate("who knows every adjective", (amounts[-1], best), ha="right",
                          xytext=(0, 4), textcoords="offset points", color="#555555")
        axis.set(xscale="log", xlim=(min(amounts) / 4, max(amounts) * 1.1))
        axis.set_xticks(amounts, [f"{amount:,}" for amount in amounts])
        axis.minorticks_off()
        tidy(axis, "W from text without labels makes up for labels that are few "
                   f"({seeds} seeds: points, and their mean)", "labelled texts", "test accuracy")

    results.figure("labels.svg", panels(1, 1, draw, width=8, height=4.4))
