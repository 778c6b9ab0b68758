"""What the demos that classify sentences share: batches, predictions, baselines, and sentences drawn with a bar per word."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import nn, text
from tinydawn.metrics import accuracy, majority_baseline
from tinydawn.text.naive_bayes import NaiveBayes
from tinydawn.viz.figure import INK

from .panels import COLOURS, panels, tidy
from .run import Results

Examples = list[tuple[list[str], int]]
PAD = 0  # the id of padding, in every vocabulary


def load(data: str | None, seed: int, quick: bool) -> text.Labelled:
    """The examples of `data`, of which a quick run takes a small part; none is without words."""
    found = text.load_labelled(data, seed)
    parts = ([example for example in part if example[0]] for part in found[:3])
    sizes = (2000, 300, 300) if quick else (None, None, None)
    return text.Labelled(*(part[:size] for part, size in zip(parts, sizes, strict=True)), found.classes)


def batches(examples: Examples, vocab: text.Vocab, size: int, seed: int | None = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Ids (B, T), filled up at the end, and labels (B,). With a seed one shuffled epoch, without one in order of length."""
    lengths = [len(tokens) for tokens, _ in examples]
    for indices in text.bucket_batches(lengths, size, seed=seed or 0, shuffle=seed is not None):
        ids, _ = text.pad([vocab.encode(examples[i][0]) for i in indices], PAD)
        yield ids, np.array([examples[i][1] for i in indices])


def predict(model: nn.Module, examples: Examples, vocab: text.Vocab) -> np.ndarray:
    """Logits (N, C), in the order of the examples, with nothing dropped and nothing recorded."""
    training, order = model.training, np.argsort([len(tokens) for tokens, _ in examples], kind="stable")
    with td.no_grad():
        logits = np.concatenate([model.eval()(ids).numpy() for ids, _ in batches(examples, vocab, 200)])
    model.train(training)
    return logits[np.argsort(order)]


def test_accuracy(model: nn.Module, examples: Examples, vocab: text.Vocab) -> float:
    return accuracy(predict(model, examples, vocab).argmax(axis=1), [label for _, label in examples])


def baselines(results: Results, data: text.Labelled) -> dict[str, float]:
    """Always the most frequent class; naive Bayes on tokens, and with pairs of neighbours."""
    sentences, labels = ([example[k] for example in data.train] for k in (0, 1))
    tested, truth = ([example[k] for example in data.test] for k in (0, 1))
    found = {"majority": majority_baseline(labels, truth)}
    for order, name in ((1, "naive_bayes"), (2, "naive_bayes_bigrams")):
        model = NaiveBayes(order).fit(sentences, labels, len(data.classes))
        found[name] = accuracy(model.predict(tested), truth)
    results.baseline(**{f"{name}_accuracy": value for name, value in found.items()})
    return found


def show(scores: dict[str, float]) -> None:
    """A line for each model, or baseline, and its accuracy."""
    for name, value in scores.items():
        print(f"{name.replace('_', ' '):22}{value:8.1%}")


def short(token: str) -> str:
    return token if len(token) <= 16 else token[:15] + "…"


def word_bars(rows: Sequence[tuple[Sequence[str], Sequence[float], str]], y: str, title: str = "") -> Callable[[Path], Any]:
    """For Results.figure: for each (tokens, numbers, title) a row of bars with the words below, blue above 0, orange below."""
    rows = [([short(token) for token in tokens][:30], np.asarray(values)[:30], name) for tokens, values, name in rows]

    def draw(axes: list[Any]) -> None:
        for panel, (tokens, values, name) in zip(axes, rows, strict=True):
            panel.bar(range(len(tokens)), values, color=[COLOURS[0] if v >= 0 else COLOURS[1] for v in values], width=0.75)
            panel.axhline(0, color=INK, linewidth=0.8)
            slanted = max(len(token) for token in tokens) > 2
            panel.set_xticks(range(len(tokens)), tokens, rotation=45 if slanted else 0, ha="right" if slanted else "center",
                             rotation_mode="anchor" if slanted else "default")
            panel.tick_params(length=0)
            panel.set_xlim(-0.7, max(len(tokens), 8) - 0.3)
            tidy(panel, name, y=y)

    width = max(6.0, 0.36 * max(len(tokens) for tokens, *_ in rows) + 1.2)
    words = "".join(token for tokens, *_ in rows for token in tokens) + "".join(name for *_, name in rows)
    return panels(len(rows), 1, draw, width=width, height=2.3, title=title, words=words)


def highlighted(rows: Sequence[tuple[Sequence[str], Sequence[float], str]], title: str = "") -> Callable[[Path], Any]:
    """For Results.figure: sentences, each word on a ground that is the bluer the greater its number (0 to 1), and what
    there is to say about each of them behind it."""
    rows = [([short(token) for token in tokens][:28], np.asarray(values)[:28], name) for tokens, values, name in rows]
    from tinydawn.viz.figure import inches

    def place(tokens: list[str]) -> list[float]:
        return np.cumsum([0.0, *(inches(token, 9) + 0.12 for token in tokens)]).tolist()

    longest = max(place(tokens)[-1] for tokens, *_ in rows)
    width = longest + max(inches(name, 9) for *_, name in rows) + 0.8

    def draw(axes: list[Any]) -> None:
        (panel,) = axes
        panel.set_xlim(0, width)
        panel.set_ylim(len(rows) - 0.5, -0.5)
        panel.axis("off")
        for i, (tokens, values, name) in enumerate(rows):
            for x, end, token, value in zip(place(tokens), place(tokens)[1:], tokens, values, strict=False):
                panel.axvspan(x, end - 0.03, 1 - (i + 0.9) / len(rows), 1 - (i + 0.1) / len(rows), color=COLOURS[0],
                              alpha=0.85 * float(value), linewidth=0)
                panel.text((x + end - 0.03) / 2, i, token, ha="center", va="center", fontsize=9,
                           color="white" if value > 0.6 else INK)
            panel.text(longest + 0.2, i, name, va="center", fontsize=9, color="#555555")

    words = "".join(token for tokens, *_ in rows for token in tokens)
    return panels(1, 1, draw, width=width, height=0.3 * len(rows) + 0.3, title=title, words=words)


def report_by_labels(results: Results, counts: Sequence[int], scores: dict[str, list[list[float]]], majority: float) -> None:
    """Print, keep and draw test accuracies: method -> for each count of labels one for each seed. Naive Bayes is a baseline."""
    results.baseline(majority_accuracy=majority)
    print(f"\ntest accuracy, mean of three seeds +- standard deviation; always the most frequent class: {majority:.3f}")
    print(f"{'labels':>14}" + "".join(f"{count:>16,}" for count in counts))
    for method, rows in scores.items():
        print(f"{method:>14}" + "".join(f"{np.mean(row):>9.3f} +-{np.std(row, ddof=1):.3f}" for row in rows))
        keep = results.baseline if method == "naive Bayes" else results.metric
        for count, row in zip(counts, rows, strict=True):
            name = f"{method.lower().replace(' ', '_').replace('-', '_')}_{count}"
            keep(**{f"accuracy_{name}": np.mean(row), f"standard_deviation_{name}": np.std(row, ddof=1)})

    def draw(axes: list[Any]) -> None:
        for k, (method, rows) in enumerate(scores.items()):
            means, spread = [np.mean(row) for row in rows], [np.std(row, ddof=1) for row in rows]
            axes[0].errorbar(np.array(counts) * 1.04 ** (k - 1), means, spread, label=method, color=COLOURS[k], capsize=3,
                             marker="osD^"[k])
        axes[0].set(xscale="log")
        axes[0].set_xticks(counts, [f"{count:,}" for count in counts])
        axes[0].minorticks_off()
        axes[0].axhline(majority, color="#555555", linestyle=(0, (5, 3)), linewidth=1)
        tidy(axes[0], "Mean and standard deviation of three seeds; dashed: majority", "labelled sentences", "test accuracy", True)

    results.figure("labels.svg", panels(1, 1, draw, 5.6, 3.6))
