"""What lessons that classify sentences share: batches, predictions, baselines, figures of words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import nn, text
from tinydawn.metrics import accuracy, majority_baseline
from tinydawn.text.batching import MAX_TOKENS
from tinydawn.text.naive_bayes import NaiveBayes
from tinydawn.viz.figure import INK

from .panels import COLOURS, STROKES, check_letters, cut, panels, tidy
from .run import Results

Examples = list[tuple[list[str], int]]
PAD = 0  # the id of padding, in every vocabulary
LONGEST = 4000  # words that are read of a text of one's own: a long film review has 3,000


def load(data: str | None, seed: int, quick: bool) -> text.Labelled:
    """The examples of `data`, of which a quick run takes a small part; none is without words."""
    found = text.load_labelled(data, seed, longest=LONGEST)
    check_letters(tokens for tokens, _ in found.train)
    train, dev, test = ([example for example in part if example[0]] for part in found[:3])
    if quick:
        train, dev, test = train[:2000], dev[:300], test[:300]
    return text.Labelled(train, dev, test, found.classes)


def batches(
    examples: Examples, vocab: text.Vocab, size: int, seed: int | None = None,
    max_tokens: int = MAX_TOKENS,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Ids (B, T), filled up at the end, and labels (B,).

    With a seed one shuffled epoch, without one in order of length. Of long texts fewer are in a
    batch, as `bucket_batches` says.
    """
    lengths = [len(tokens) for tokens, _ in examples]
    shuffle = seed is not None
    for indices in text.bucket_batches(lengths, size, seed=seed or 0, shuffle=shuffle,
                                       max_tokens=max_tokens):
        ids, _ = text.pad([vocab.encode(examples[i][0]) for i in indices], PAD)
        yield ids, np.array([examples[i][1] for i in indices])


def predict(model: nn.Module, examples: Examples, vocab: text.Vocab) -> np.ndarray:
    """Logits (N, C), in the order of the examples, with nothing dropped and nothing recorded."""
    training = model.training
    model.eval()
    with td.no_grad():
        logits = np.concatenate([model(ids).numpy() for ids, _ in batches(examples, vocab, 200)])
    model.train(training)
    order = np.argsort([len(tokens) for tokens, _ in examples], kind="stable")
    return logits[np.argsort(order)]  # back from the order of the batches


def test_accuracy(model: nn.Module, examples: Examples, vocab: text.Vocab) -> float:
    answers = predict(model, examples, vocab).argmax(axis=1)  # (N,)
    return accuracy(answers, [label for _, label in examples])


def baselines(results: Results, data: text.Labelled) -> dict[str, float]:
    """Always the most frequent class; naive Bayes on tokens, and with pairs of neighbours."""
    sentences = [tokens for tokens, _ in data.train]
    labels = [label for _, label in data.train]
    tested = [tokens for tokens, _ in data.test]
    truth = [label for _, label in data.test]
    found = {"majority": majority_baseline(labels, truth)}
    for order, name in ((1, "naive_bayes"), (2, "naive_bayes_bigrams")):
        model = NaiveBayes(order).fit(sentences, labels, len(data.classes))
        found[name] = accuracy(model.predict(tested), truth)
    results.baseline(**{f"{name}_accuracy": value for name, value in found.items()})
    return found


def in_pairs(opinions: Examples) -> Examples:
    """The generated opinions, those with two clauses and one "not" in pairs of the same words.

    Every second one becomes the twin of the one before: its "not" stands in the other clause, so
    that what was good is bad. The others stay. So what a bag of words can do at best is no
    expectation but a bound: see best_of_any_bag.
    """
    found, before = [], None
    for words, label in opinions:
        if not {"not", "and"} <= set(words):
            found.append((words, label))
        elif before is None:
            before = words, label
            found.append(before)
        else:
            found.append((_other_clause(before[0]), 1 - before[1]))
            before = None
    return found


def _other_clause(words: list[str]) -> list[str]:
    """The "not" behind the other of two verbs: which of the clauses is denied turns round."""
    place, middle = words.index("not"), words.index("and")
    rest = words[:place] + words[place + 1:]
    first, second = [t for t, word in enumerate(rest) if word in ("is", "was")]
    verb = second if place < middle else first
    return [*rest[:verb + 1], "not", *rest[verb + 1:]]


def best_of_any_bag(examples: Examples) -> float:
    """The accuracy that no function of the words without their order exceeds on these examples.

    Where texts are of the same words it answers the same, at best what most of them are.
    """
    by_bag: dict[tuple[str, ...], list[int]] = {}
    for words, label in examples:
        by_bag.setdefault(tuple(sorted(words)), []).append(label)
    right = sum(np.bincount(labels).max() for labels in by_bag.values())
    return float(right / len(examples))


def show(scores: dict[str, float]) -> None:
    """A line for each model, or baseline, and its accuracy."""
    for name, value in scores.items():
        print(f"{name.replace('_', ' '):22}{value:8.1%}")


def apart(heights: Sequence[float], least: float) -> np.ndarray:
    """Where names stand beside lines that end at these heights: in their order, none on another."""
    order = np.argsort(heights)
    free = np.array(heights, float)[order]
    for k in range(1, len(free)):
        free[k] = max(free[k], free[k - 1] + least)
    return free[np.argsort(order)]


Row = tuple[Sequence[str], Sequence[float], str]  # words, a number for each, a title


def short(token: str) -> str:
    return token if len(token) <= 16 else token[:15] + "…"


def shortened(rows: Sequence[Row], length: int) -> list[tuple[list[str], np.ndarray, str]]:
    """Rows of at most `length` words, of which none is long."""
    return [([short(token) for token in tokens][:length], np.asarray(values)[:length], name)
            for tokens, values, name in rows]


def word_bars(rows: Sequence[Row], x: str, title: str = "") -> Callable[[Path], Any]:
    """For Results.figure: sentences side by side, each read downwards, with a bar for each word.

    Bars are blue above 0 and orange, hatched, below it; x says what they are.
    """
    drawn = shortened(rows, 30)
    ends = [end for _, values, _ in drawn for end in (np.min(values), np.max(values))]

    def draw(axes: list[Any]) -> None:
        for panel, (tokens, values, name) in zip(axes, drawn, strict=True):
            for t, value in enumerate(values):
                look = {"color": COLOURS[0]} if value >= 0 else {
                    "facecolor": COLOURS[1], "hatch": "////", "edgecolor": "white"}
                panel.barh(t, value, height=0.75, **look)
            panel.axvline(0, color=INK, linewidth=0.8)
            panel.set_yticks(range(len(tokens)), tokens)
            panel.tick_params(axis="y", length=0)
            panel.set_ylim(max(len(tokens), 8) - 0.4, -0.6)
            panel.set_xlim(1.1 * min(0.0, *ends), 1.1 * max(0.0, *ends))
            tidy(panel, name, x)

    words = "".join(token for tokens, *_ in drawn for token in tokens)
    words += "".join(name for *_, name in drawn)
    return panels(1, len(drawn), draw, width=2.7, height=4.1, title=title, words=words)


def surest(logits: np.ndarray, examples: Examples) -> list[int]:
    """Which sentences to show: of each of at most four classes the surest that are right, and two
    that are most surely wrong. Of 6 to 14 words, no two with the same words at the end.

    logits  (N, C)
    """
    answers = logits.argmax(axis=1)  # (N,)
    ranked = np.sort(logits, axis=1)  # (N, C)
    by_margin = np.argsort(ranked[:, -2] - ranked[:, -1])  # the surest first
    right: dict[int, list[int]] = {}
    wrong: list[int] = []
    ends: set[tuple[str, ...]] = set()
    for i in by_margin:
        words, label = examples[i]
        if not 6 <= len(words) <= 14 or tuple(words[-4:]) in ends:
            continue
        ends.add(tuple(words[-4:]))
        (right.setdefault(label, []) if answers[i] == label else wrong).append(int(i))
    most = 3 if logits.shape[1] <= 2 else 2
    return [i for label in sorted(right)[:4] for i in right[label][:most]] + wrong[:2]


def highlighted(rows: Sequence[Row], title: str = "") -> Callable[[Path], Any]:
    """For Results.figure: sentences, each word on a ground that is bluer for a greater number.

    The numbers are from 0 to 1, as a scale below says; the title of each row stands behind it.
    """
    from tinydawn.viz.figure import inches

    drawn = [(tokens, values, cut(name, 9, 3.5)) for tokens, values, name in shortened(rows, 28)]

    def place(tokens: list[str]) -> list[float]:
        """Where each word begins, in inches, and where the last one ends."""
        return np.cumsum([0.0, *(inches(token, 9) + 0.12 for token in tokens)]).tolist()

    scale = (["0%", "25%", "50%", "75%", "100%"], np.linspace(0, 1, 5), "of the bluest word")
    longest = max(place(tokens)[-1] for tokens, *_ in [*drawn, scale])
    width = longest + max(inches(name, 9) for *_, name in drawn) + 0.4

    def draw(axes: list[Any]) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        blues = LinearSegmentedColormap.from_list("seen", ["#FFFFFF", "#2A7CB8"])
        (panel,) = axes
        panel.set_xlim(0, width)
        panel.set_ylim(len(drawn) + 1, -0.5)
        panel.axis("off")
        for y, (tokens, values, name) in [*enumerate(drawn), (len(drawn) + 0.5, scale)]:
            places = place(tokens)
            for x, end, token, value in zip(places, places[1:], tokens, values, strict=False):
                panel.barh(y, end - 0.03 - x, height=0.7, left=x, color=blues(float(value)))
                panel.text((x + end - 0.03) / 2, y, token, ha="center", va="center", fontsize=9,
                           color="white" if value > 0.6 else INK)
            aside = longest if name != scale[2] else places[-1]
            panel.text(aside + 0.2, y, name, va="center", fontsize=9, color=INK)

    words = "".join(token for tokens, *_ in drawn for token in tokens)
    height = max(0.42 * len(drawn) + 0.9, min(0.5 * width, 5.0))
    return panels(1, 1, draw, width=width, height=height, title=title, words=words)


def report_by_labels(
    results: Results, counts: Sequence[int], scores: dict[str, list[list[float]]], majority: float,
    title: str = "", perfect: str = "", longer: Mapping[int, float] | None = None
) -> None:
    """Print, keep and draw test accuracies: method -> for each count of labels one for each seed.

    Naive Bayes is a baseline. The title is the first sentence above the figure; `perfect` names a
    line at 1; `longer` is what training from scratch reaches in the seconds of pretraining as well.
    """
    results.baseline(majority_accuracy=majority)
    print("\ntest accuracy, mean of three seeds +- standard deviation; "
          f"always the most frequent class: {majority:.3f}")
    print(f"{'labels':>14}" + "".join(f"{count:>16,}" for count in counts))
    for method, rows in scores.items():
        cells = [f"{np.mean(row):>9.3f} +-{np.std(row, ddof=1):.3f}" for row in rows]
        print(f"{method:>14}" + "".join(cells))
        keep = results.baseline if method == "naive Bayes" else results.metric
        for count, row in zip(counts, rows, strict=True):
            name = f"{method.lower().replace(' ', '_').replace('-', '_')}_{count}"
            keep(**{f"accuracy_{name}": np.mean(row)})
            keep(**{f"standard_deviation_{name}": np.std(row, ddof=1)})

    def draw(axes: list[Any]) -> None:
        for k, rows in enumerate(scores.values()):
            means = [np.mean(row) for row in rows]
            beside = np.array(counts) * 1.03 ** (k - 1)  # so that dots do not hide each other
            axes[0].plot(beside, means, color=COLOURS[k], linestyle=STROKES[k], linewidth=2)
            for x, row in zip(beside, rows, strict=True):
                axes[0].plot([x] * len(row), row, "osD^"[k], color=COLOURS[k], markersize=7,
                             alpha=0.75)
        axes[0].axhline(majority, color="#777777", linestyle="--", linewidth=1)
        ends = {method: np.mean(rows[-1]) for method, rows in scores.items()}
        ends["most frequent class"] = majority
        if perfect:
            axes[0].axhline(1, color="#777777", linestyle=(0, (1.5, 3)), linewidth=1.2)
            axes[0].set_ylim(top=1.02)
            ends[perfect] = 1.0
        colours = [*COLOURS[:len(scores)], "#555555", "#555555"][:len(ends)]
        if longer:
            axes[0].plot(list(longer), list(longer.values()), "s", color=COLOURS[1], markersize=9,
                         markerfacecolor="none", markeredgewidth=1.8)
            ends["from scratch, as many seconds"] = list(longer.values())[-1]
            colours.append(COLOURS[1])
        low, high = axes[0].get_ylim()
        places = apart(list(ends.values()), 0.06 * (high - low))
        for name, y, colour in zip(ends, places, colours, strict=True):
            axes[0].text(1.02, y, name, va="center", fontsize=11, color=colour,
                         transform=axes[0].get_yaxis_transform())
        axes[0].set(xscale="log")
        axes[0].set_xticks(counts, [f"{count:,}" for count in counts])
        axes[0].minorticks_off()
        tidy(axes[0], f"{title} Three draws of labels, and their mean".strip(),
             "labelled sentences", "test accuracy")

    results.figure("labels.svg", panels(1, 1, draw, 8, 4.5))
