"""What longformer.py draws, reads and measures: masks, cones, costs, and late opinions."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tinydawn as td
from tinydawn import text
from tinydawn.metrics import accuracy, majority_baseline
from tinydawn.text.generated import toy_sentiment

from .own_text import epochs_for
from .panels import COLOURS, STROKES, panels, tidy
from .run import Results

Example = tuple[list[str], int]


class Settings(NamedTuple):
    """How the classifiers are made and trained, and where documents are cut for comparison."""

    window: int
    dropout: float
    word_dropout: float
    epochs: int
    cut: int
    most_words: int | None  # the size of the vocabulary


GENERATED = Settings(4, 0.1, 0.0, 2, 64, 500)
REAL = Settings(32, 0.2, 0.2, 4, 256, None)
WORDS, OPINIONS = 256, 8  # of a generated document
LONGEST = 20_000  # words that are read of a document of one's own


def documents(data: str | None, seed: int, quick: bool) -> list[list[Example]]:
    """Documents to train on and to test with: those named `data`, or for None generated ones."""
    if data is None:
        return late_opinions((120, 60) if quick else (1200, 400), seed)
    found = text.load_labelled(data, seed, longest=LONGEST)
    most = 40 if quick else None
    return [[example for example in part if example[0]][:most]
            for part in (found.train, found.test)]


def settings_for(options: Any, train: Sequence[Example]) -> Settings:
    """Those for generated documents or for real ones, with what --quick, --epochs and --cut say.

    Of movie_reviews there are 1,600 documents to train on.
    """
    found = GENERATED if options.data is None else REAL
    usual = epochs_for(options.data, found.epochs, 1600, len(train))
    epochs = 1 if options.quick else options.epochs or usual
    return found._replace(epochs=epochs, cut=options.cut or found.cut)


def describe(train: Sequence[Example], run: Settings) -> dict[str, Any]:
    """What is kept with a classifier: the settings that it is made with, and its words."""
    words = [tokens for tokens, _ in train]
    vocab = text.Vocab.build(words, min_freq=3, max_size=run.most_words)
    settings = {"width": 32, "heads": 2, "window": run.window, "dropout": run.dropout}
    return {"settings": settings, "tokens": vocab.to_list()}


def counting_baselines(results: Results, train: Sequence[Example], tested: Sequence[Example],
                       classes: int) -> None:
    """The most frequent class, and naive Bayes over words and over pairs of words."""
    tokens, labels = [words for words, _ in tested], [label for _, label in tested]
    results.baseline(majority_accuracy=majority_baseline([label for _, label in train], labels))
    for order, name in ((1, "naive_bayes_accuracy"), (2, "naive_bayes_bigrams_accuracy")):
        model = text.NaiveBayes(order).fit(*zip(*train, strict=True), classes)
        results.baseline(**{name: accuracy(model.predict(tokens), labels)})


def print_scores(results: Results) -> None:
    """The accuracy of every baseline, and of the Longformer."""
    scores = [*results.record["baselines"].items(),
              ("longformer", results.record["metrics"]["test_accuracy"])]
    said = {"cut_accuracy": "the beginning only", "local_cls_accuracy": "[CLS] not global"}
    for key, value in scores:
        name = said.get(key, key.replace("_", " ").removesuffix(" accuracy"))
        print(f"{name:30}{value:7.3f}")


def late_opinions(sizes: Sequence[int], seed: int) -> list[list[Example]]:
    """Lists of so many documents: 256 words of Python's manual, 8 opinions after the first quarter.

    The opinions of a document are all positive (1) or all negative (0), as
    `text.load_labelled(None)` has them: "not" decides, so that counting words helps little. No
    opinion is in two of the lists.
    """
    rng = np.random.default_rng(seed)
    sentences = [sentence for document in text.load_documents(None) for sentence in document]
    manual = [word for sentence in sentences for word in [*sentence, "."]]
    pools = np.array_split(rng.permutation(4000), len(sizes))
    every, found = toy_sentiment(4000, seed), []
    for size, pool in zip(sizes, pools, strict=True):
        by_label = [[every[i][0] for i in pool if every[i][1] == label] for label in (0, 1)]
        found.append([])
        for label in rng.integers(0, 2, size):
            start = rng.integers(len(manual) - WORDS)
            words = manual[start:start + WORDS]
            for place in sorted(rng.integers(WORDS // 4, WORDS - 20, OPINIONS)):
                words[place:place] = by_label[label][rng.integers(len(by_label[label]))]
            found[-1].append((words[:WORDS], int(label)))
    return found


def batches(examples: Sequence[Example], vocab: text.Vocab, longest: int, size: int,
            seed: int | None = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Ids (B, T) of documents cut to their first words, and labels (B,); with a seed, shuffled."""
    lengths = [min(longest, len(tokens)) for tokens, _ in examples]
    shuffle = seed is not None
    for chosen in text.bucket_batches(lengths, size, seed or 0, shuffle=shuffle, pool=10):
        ids, _ = text.pad([vocab.encode(examples[i][0][:longest]) for i in chosen])
        yield ids, np.array([examples[i][1] for i in chosen])


def measure_costs(results: Results, attentions: Mapping[str, Callable[..., Any]],
                  lengths: Sequence[int], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """For "window" and "full" CPU seconds and MB at each length, (N, 2); and where they cross."""
    costs = {name: np.array([cost(attention, n, rng) for n in lengths])
             for name, attention in attentions.items()}
    print(f"\n{'w = 256, n':>22}" + "".join(f"{n:9,}" for n in lengths))
    for name, values in costs.items():
        columns = {"us_per_token": values[:, 0] / lengths * 1e6, "MB": values[:, 1]}
        for label, row in columns.items():
            print(f"{name:8}{label.replace('_', ' '):>14}" + "".join(f"{x:9.2f}" for x in row))
            results.metric(**{f"{name}_{label}_{n}": x for n, x in zip(lengths, row, strict=True)})
    window, full = costs["window"][:, 0], costs["full"][:, 0]
    ratio = window[-1] / window[1] * lengths[1] / lengths[-1]
    more = np.log(full / window)  # goes through 0 where both cost the same
    crossover = np.exp(np.interp(0, more, np.log(lengths)))
    results.metric(time_per_token_ratio=ratio, crossover=crossover)
    print(f"the window is faster from n = {crossover:.0f} on; its time per token "
          f"at n = {lengths[-1]:,} is {ratio:.2f} times that at n = {lengths[1]}")
    return costs


def cost(attention: Callable[..., Any], n: int, rng: np.random.Generator) -> tuple[float, float]:
    """CPU seconds, the least of a few, and MB at the peak, of one pass forward and backward.

    Over n positions, with 2 heads of 32.
    """
    q, k, v = (td.tensor(rng.normal(size=(1, 2, n, 32)).astype(np.float32), requires_grad=True)
               for _ in range(3))
    seconds, peak = [], 0
    for i in range(2 + min(8, 8192 // n)):
        if i == 0:
            tracemalloc.start()  # it slows down what it watches: this pass's time does not count
        started = time.process_time()
        attention(q, k, v).sum().backward()
        seconds.append(time.process_time() - started)
        if i == 0:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    return min(seconds[1:]), peak / 1e6


def band_figure(masks: Mapping[str, np.ndarray]) -> Callable[[Path], Any]:
    """For Results.figure: (n, n) matrices from 0 to 1; blue is what a row's position looks at."""

    def draw(axes: list[Any]) -> None:
        for panel, (name, mask) in zip(axes, masks.items(), strict=True):
            panel.imshow(mask, cmap="Blues", vmin=0, vmax=1.25)
            panel.set_xticks(np.arange(len(mask) + 1) - 0.5, [""] * (len(mask) + 1))
            panel.set_yticks(np.arange(len(mask) + 1) - 0.5, [""] * (len(mask) + 1))
            panel.grid(color="white", linewidth=0.6)
            panel.tick_params(length=0)
            panel.set_title(name, loc="left")
            panel.set_xlabel("looked at")
            panel.set_ylabel("looks")

    return panels(len(masks) // 2, 2, draw, width=3.6, height=2.5)


def cone_figure(cones: Mapping[str, np.ndarray]) -> Callable[[Path], Any]:
    """For Results.figure: per name (L + 1, T), what the middle position of the last layer sees."""

    def draw(axes: list[Any]) -> None:
        for panel, (name, cone) in zip(axes, cones.items(), strict=True):
            for layer, seen in enumerate(cone):
                places = np.flatnonzero(seen) - cone.shape[1] // 2
                panel.bar(places, 0.7, 0.8, bottom=layer - 0.35, color=COLOURS[0])
            places = np.flatnonzero(cone[0]) - cone.shape[1] // 2
            reach = places.max()
            layers = [f"layer {i}" for i in range(1, len(cone))]
            panel.set_yticks(range(len(cone)), ["input", *layers])
            panel.set_xlim(-max(20, reach + 2), max(20, reach + 2))
            title = f"{name}: {len(places)} of {2 * reach + 1}"
            tidy(panel, title, x="position, from the one that looks")

    return panels(len(cones) // 2, 2, draw, width=4.6, height=2.0)


def cost_figure(lengths: Sequence[int], costs: Mapping[str, np.ndarray]) -> Callable[[Path], Any]:
    """For Results.figure: per name (N, 2), seconds and MB at each of N lengths, on log axes."""

    def draw(axes: list[Any]) -> None:
        labels = ("CPU seconds, forward and backward; w = 256", "MB at the peak")
        for k, (panel, label) in enumerate(zip(axes, labels, strict=True)):
            for i, (name, values) in enumerate(costs.items()):
                panel.plot(lengths, values[:, k], color=COLOURS[i], linestyle=STROKES[i],
                           marker="o", markersize=4, label=name)
            panel.set(xscale="log", yscale="log")
            panel.set_xticks(list(lengths), [f"{n:,}" for n in lengths])
            panel.minorticks_off()
            panel.grid(color="#E6E6E6", linewidth=0.8)
            panel.set_axisbelow(True)
            tidy(panel, label, x="n, positions", legend=True)

    return panels(1, 2, draw, width=4.4, height=3.2)
