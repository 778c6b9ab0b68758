"""What serves a run of nnlm.py: its flags, sizes for each corpus, the text, the figure of costs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tinydawn import text
from tinydawn.errors import DataError, message

from .own_text import is_own, passes, suited
from .panels import COLOURS, STROKES, panels, tidy
from .run import Results, arguments, parse
from .training import saving


def flags() -> argparse.ArgumentParser:
    """The flags of the lesson."""
    parser = arguments("Train a feed-forward language model with a softmax over classes of words, "
                       "beside n-gram models.")
    parser.add_argument("--softmax", choices=("class", "full"), default="class",
                        help="the output layer; default: classes of words")
    parser.add_argument("--context", type=int, default=4,
                        help="how many words before are looked at; default 4")
    saving(parser)
    return parser


def check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse a model that looks at nothing, and one for which there is no memory."""
    if not 1 <= options.context <= 100:
        parser.error(f"--context {options.context}: at least 1, at most 100")


class Settings(NamedTuple):
    sizes: dict[str, Any]  # embedding_size, hidden_size, dropout
    learning_rate: float
    batch_size: int
    epochs: int


SHORT = Settings({"embedding_size": 50, "hidden_size": 80, "dropout": 0.3}, 0.1, 64, 5)
LONG = Settings({"embedding_size": 60, "hidden_size": 100}, 0.1, 256, 3)
OWN = {27_600: SHORT, 887_500: LONG}  # words to train on -> what suits as many; own_text.py


def settings_of(options: argparse.Namespace, sentences: Sequence[Sequence[str]]) -> Settings:
    """What is trained on these sentences, and how, as far as flags do not say otherwise."""
    if is_own(options.data):
        found, longer = suited(OWN, sum(map(len, sentences)))
        found = found._replace(epochs=passes(found.epochs, longer))
    else:
        found = LONG if options.data in ("ptb", "brown") else SHORT
    epochs = 1 if options.quick else options.epochs or found.epochs
    return found._replace(epochs=epochs)


def load_text(options: argparse.Namespace) -> dict[str, list[list[str]]]:
    """Split -> sentences of words."""
    longest = 1500 if options.quick else None
    return {split: text.load_sentences(options.data, split)[:longest]
            for split in ("train", "validation", "test")}


def vocabulary(sentences: list[list[str]], data: str | None) -> text.Vocab:
    """Words that come often enough; the Penn Treebank has no others than its 10,000."""
    least = {"ptb": 1, "brown": 3}.get(data or "", 2)
    return text.Vocab.build(sentences, min_freq=least)


Encoded = dict[str, list[list[int]]]


def start_run() -> tuple[argparse.Namespace, Settings, Encoded, text.Vocab, Results]:
    """The flags, how to train, the text as ids (split -> sentences), and the folder of results."""
    parser = flags()
    options = parse(parser)
    check(parser, options)
    sentences = load_text(options)
    settings = settings_of(options, sentences["train"])  # by the amount of text, if it is your own
    results = Results("nnlm", options, options.data or "pydoc_data.topics")
    vocab = vocabulary(sentences["train"], options.data)
    encoded = {split: [vocab.encode(sentence, eos=True) for sentence in part]
               for split, part in sentences.items()}
    count = {split: sum(map(len, part)) for split, part in encoded.items()}
    if count["train"] < settings.batch_size:
        raise DataError(message(f"--data {options.data}: {count['train']} words to train on",
                                fix=f"a text of more than {settings.batch_size}, one batch"))
    shown = ", ".join(f"{n:,} {split}" for split, n in count.items())
    print(f"{shown} words, V = {len(vocab):,}")
    return options, settings, encoded, vocab, results


def show_alike(results: Results) -> None:
    """The perplexities of the made-up language."""
    print("\nperplexity of the made-up language")
    for name, value in (results.record["baselines"] | results.record["metrics"]).items():
        if name.startswith("alike_perplexity"):
            rest = name.removeprefix("alike_perplexity").strip("_")
            print(f"  {rest.replace('gram', '-gram') or 'network':10}{value:8.2f}")


def perplexity_figure(record: dict[str, Any]) -> Callable[[Path], Path]:
    """For Results.figure: bars of all models, of the made-up language and of the real text."""
    numbers = record["baselines"] | record["metrics"]
    parts = {"Made-up language: it learns which words are alike": "alike_perplexity",
             "Real text, few words, test part: it helps when mixed": "test_perplexity"}
    ends = {"2gram": "bigram", "3gram": "trigram", "5gram": "5-gram", "": "network",
            "mixed": "network +\ntrigram", "true": "nobody is\nbetter"}

    bound = ends["true"]

    def draw(axes: list[Any]) -> None:
        for panel, (title, start) in zip(axes, parts.items(), strict=True):
            found = {name: numbers[f"{start}_{end}".strip("_")] for end, name in ends.items()
                     if f"{start}_{end}".strip("_") in numbers}
            ours = {"network": COLOURS[0], "network +\ntrigram": COLOURS[2]}
            colours = [ours.get(name, "white" if name == bound else "#BBBBBB") for name in found]
            edges = ["black" if name == bound else "none" for name in found]
            panel.bar(range(len(found)), found.values(), width=0.7, color=colours, edgecolor=edges,
                      linestyle=(0, (3, 2)))
            for x, value in enumerate(found.values()):
                panel.text(x, value, f"{value:.1f}" if value < 20 else f"{value:.0f}", ha="center",
                           va="bottom", fontsize=11)
            panel.set_xticks(range(len(found)), found, fontsize=10)
            panel.tick_params(axis="x", length=0)
            tidy(panel, title, y="perplexity: lower is better" if panel is axes[0] else "")

    return panels(1, 2, draw, width=4.6, height=4.5)


def cost_figure(cost: Sequence[tuple[int, float, float]]) -> Callable[[Path], Path]:
    """For Results.figure: ms per step, by the size of the vocabulary: (V, full, by class) each."""

    def draw(axes: list[Any]) -> None:
        (axis,) = axes
        sizes = [row[0] for row in cost]
        for k, name in enumerate(("full softmax", "softmax over classes")):
            times = [row[k + 1] for row in cost]
            axis.plot(sizes, times, color=COLOURS[k], linestyle=STROKES[k], marker="os"[k])
            axis.annotate(name, (sizes[-1], times[-1]), xytext=(8, 0), textcoords="offset points",
                          va="center", color=COLOURS[k])
        axis.loglog()
        axis.set_xlim(right=5.5 * sizes[-1])
        axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
        marks = [mark for mark in (1, 2, 5, 10, 20, 50, 100)
                 if 0.7 * min(cost[0][1:]) < mark < 1.4 * max(cost[-1][1:])]
        axis.set_yticks(marks, [str(mark) for mark in marks])
        axis.minorticks_off()
        axis.grid(axis="y", color="#E6E6E6")
        V, full, by_class = cost[-1]
        tidy(axis, f"At V = {V:,} a step over classes is {full / by_class:.1f} times quicker",
             "vocabulary V", "ms of CPU per step of 256 words")

    return panels(1, 1, draw, width=7.0, height=4.0)
