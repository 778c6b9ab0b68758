"""For vae_lm.py: sentences that a few hidden choices decide, what is measured of a model with a latent variable, and figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from panels import COLOURS, STROKES, panels, tidy

import tinydawn as td
from tinydawn import decode, text
from tinydawn.errors import DataError, message
from tinydawn.metrics import perplexity
from tinydawn.models.vae_lm import SPECIALS, VAELM, active_units, mutual_information
from tinydawn.nn import functional as F
from tinydawn.viz.figure import INK, inches

# --- sentences ----------------------------------------------------------------------------------------------------

# topic -> verbs, nouns, places
TOPICS = {
    "kitchen": ("cook taste burn serve", "soup bread rice stew", "kitchen pantry"),
    "garden": ("plant water cut paint", "rose hedge tree fence", "garden park"),
    "music": ("play hum practise record", "song waltz drum flute", "hall studio"),
    "sea": ("row sail repair anchor", "boat raft ship net", "harbour bay"),
    "school": ("read copy learn explain", "poem rule map lesson", "classroom library"),
    "market": ("buy sell weigh carry", "coat lamp carpet basket", "market shop"),
}
PEOPLE = {"i": "my", "she": "her", "you": "your", "they": "their"}
TIMES = {"yesterday": "did", "tomorrow": "will"}
ATTRIBUTES = {"topic": list(TOPICS), "person": list(PEOPLE), "time": list(TIMES)}


def scenes(size: int, seed: int) -> tuple[list[list[str]], np.ndarray]:
    """`size` sentences such as "yesterday she did row her boat and repair her net in the harbour", and what was chosen once
    for each: topic, person, time, (size, 3). Everything is equally likely."""
    rng = np.random.default_rng(seed)
    chosen = np.stack([rng.integers(len(values), size=size) for values in ATTRIBUTES.values()], axis=1)
    sentences = []
    for topic, person, time in chosen:
        verbs, nouns, places = (words.split() for words in list(TOPICS.values())[topic])
        (who, whose), (when, auxiliary) = list(PEOPLE.items())[person], list(TIMES.items())[time]
        sentences.append([when, who, auxiliary, rng.choice(verbs), whose, rng.choice(nouns), "and", rng.choice(verbs), whose,
                          rng.choice(nouns), "in", "the", rng.choice(places)])
    return [[str(word) for word in sentence] for sentence in sentences], chosen


SCENE_ATTRIBUTES = math.log(6 * 4 * 2)  # nats in what is chosen once for a sentence
SCENE_ENTROPY = SCENE_ATTRIBUTES + 4 * math.log(4) + math.log(2)  # and with the words: no model can need fewer


def nearest_mean(train: np.ndarray, labels: np.ndarray, test: np.ndarray) -> np.ndarray:
    """The class (M,) whose mean vector over train (N, Z) is nearest to each of test (M, Z)."""
    means = np.stack([train[labels == k].mean(axis=0) for k in range(labels.max() + 1)])  # (C, Z)
    return ((test[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)


def batches(part: Sequence[list[int]], size: int, seed: int | None = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Ids (B, T), padded behind, and lengths (B,). With a seed one shuffled epoch, without one in order of length."""
    for indices in text.bucket_batches([len(ids) for ids in part], size, seed=seed or 0, shuffle=seed is not None):
        yield text.pad([part[i] for i in indices])


def tricks(variant: str) -> dict[str, float | None]:
    """What a variant is made of: "linear+dropout=0.5" -> {"linear": None, "dropout": 0.5}. Raises DataError."""
    found: dict[str, float | None] = {}
    for part in variant.split("+"):
        name, _, value = part.partition("=")
        number = {"dropout": 0.5, "freebits": 0.1}.get(name)
        try:
            found[name] = float(value) if value and number is not None else number
            right = not value if number is None else 0 <= found[name] <= 1
        except ValueError:
            right = False
        if not right or name not in ("none", "linear", "sigmoid", "cyclic", "dropout", "freebits", "bow"):
            raise DataError(message(f"--variants: {variant!r}", fix="none, or some of linear, sigmoid, cyclic, dropout=0.5, "
                                    "freebits=0.1, bow with + between"))
    return found


# --- measures -----------------------------------------------------------------------------------------------------


@td.no_grad()
def posterior(model: VAELM, part: Sequence[list[int]], seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of q(z | x) of each sentence the mean, the logvar and one draw, (N, Z) each, in the order of the sentences."""
    pairs = [model.eval().encode(*text.pad(part[i:i + 100])) for i in range(0, len(part), 100)]
    mean, logvar = (np.concatenate([pair[k].numpy() for pair in pairs]) for k in (0, 1))
    return mean, logvar, mean + np.exp(logvar / 2) * np.random.default_rng(seed).standard_normal(mean.shape, np.float32)


def prior(model: VAELM, size: int, seed: int) -> np.ndarray:
    """`size` draws of z from N(0, I)."""
    return np.random.default_rng(seed).standard_normal((size, model.initial.in_features), np.float32)


@td.no_grad()
def greedy(model: VAELM, z: np.ndarray, vocab: text.Vocab, most: int) -> list[list[str]]:
    """What greedy search writes from each z (M, Z), <unk> left out: it is the likeliest word nearly everywhere."""
    found = decode.greedy(model.eval().step, model.start(td.tensor(z)), len(z), vocab.bos_id, vocab.eos_id, most,
                          forbid=[vocab.pad_id, vocab.bos_id, vocab.unk_id])
    return [[vocab.tokens[i] for i in hypothesis.tokens] for hypothesis in found]


@td.no_grad()
def top_words(model: VAELM, z: np.ndarray, vocab: text.Vocab, count: int = 6) -> list[list[str]]:
    """For each z (M, Z) the words that its bag holds more often than the bag of z = 0 does, by p log(p / p_0)."""
    if model.bag is None:
        return [[] for _ in z]
    log_p, (log_p0,) = (F.log_softmax(model.bag(td.tensor(x)), axis=1).numpy() for x in (z, 0 * z[:1]))  # (M, V), (V,)
    score = np.exp(log_p) * (log_p - log_p0)
    return [[vocab.tokens[i] for i in SPECIALS + np.argsort(-row[SPECIALS:])[:count]] for row in score]


@td.no_grad()
def measure(model: VAELM, part: Sequence[list[int]], vocab: text.Vocab, most: int, seed: int) -> dict[str, float]:
    """All that is said about a model, on unseen sentences: nats per sentence where nothing else is said.

    rec, rec_at_mean  reconstruction with z drawn from q(z | x), and with z at its mean
    kl, elbo          KL; rec + kl, which is -ELBO: beta = 1, no bag-of-words loss, no word dropped
    ppl               exp of the latter per token: at least the perplexity
    iw                minus the importance-weighted bound, 20 draws
    active, mi        active units; mutual information of z and the sentence
    distinct          how many different sentences greedy search writes from 50 draws of z
    """
    td.manual_seed(seed)  # the same draws for every model
    model.eval()
    sums = np.zeros(4)
    for ids, lengths in batches(part, 50):
        terms = model(ids, lengths)
        values = (terms.rec, terms.kl, model(ids, lengths, eps=0.0).rec, -model.importance_bound(ids, lengths, 20))
        sums += [x.numpy().sum(dtype=float) for x in values]
    rec, kl, rec_at_mean, iw = sums / len(part)
    mean, logvar, z = posterior(model, part, seed)
    written = greedy(model, prior(model, 50, seed), vocab, most)
    return {"rec": rec, "rec_at_mean": rec_at_mean, "kl": kl, "elbo": rec + kl, "iw": iw,
            "ppl": perplexity(sums[:2].sum(), sum(len(ids) - 1 for ids in part)),  # </s> is predicted, <s> is not
            "active": active_units(mean), "mi": mutual_information(mean, logvar, z), "distinct": len(set(map(tuple, written)))}


# --- figures ------------------------------------------------------------------------------------------------------


def training_figure(curves: Mapping[str, np.ndarray]) -> Callable[[Path], Path]:
    """For Results.figure: for each rung (steps, 3): reconstruction and KL, which share an axis, and beta beside it."""

    def draw(axes: list[Any]) -> None:
        for panel, (name, rows) in zip(axes, curves.items(), strict=False):
            width = max(1, len(rows) // 80)
            rows = rows[:len(rows) // width * width].reshape(-1, width, 3).mean(axis=1)
            x = width * (np.arange(len(rows)) + 0.5)
            side = panel.twinx()
            side.plot(x, rows[:, 2], color="#777777", linestyle=STROKES[3], linewidth=1.2)
            side.set(ylim=(0, 1.05), yticks=[0, 0.5, 1])
            side.set_ylabel("beta (dashed)", color=INK)
            side.spines["top"].set_visible(False)
            smooth = np.convolve(np.pad(rows[:, 0], 2, mode="edge"), np.ones(5) / 5, "valid")  # batches are of short or long ones
            panel.plot(x, smooth, color=COLOURS[0], label="reconstruction, smoothed")
            panel.plot(x, rows[:, 1], color=COLOURS[1], linestyle=STROKES[2], label="KL")
            top = 1.15 * np.quantile(rows[:, 0], 0.97)
            panel.set_ylim(0, min(2 * top, max(top, 1.1 * rows[:, 1].max())))  # the bump of the KL may be higher
            end = rows[-5:, 1].mean()
            tidy(panel, f"{name}: KL ends at {end:.2f}", "step", "nats per sentence")
            panel.set_zorder(side.get_zorder() + 1)  # so that the legend's ground hides beta, and not beta the legend
            panel.patch.set_visible(False)
            panel.legend(fontsize=8, loc="upper right", bbox_to_anchor=(1, 0.9), facecolor="w", edgecolor="none", framealpha=1)
        for panel in axes[len(curves):]:
            panel.axis("off")

    columns = min(2, len(curves))
    return panels(-(-len(curves) // columns), columns, draw, width=4.8, height=2.9)


def ladder_figure(rows: Mapping[str, Mapping[str, float]], baseline: float, name: str) -> Callable[[Path], Path]:
    """For Results.figure: the KL of every rung against what a sentence costs it."""

    def draw(axes: list[Any]) -> None:
        (panel,) = axes
        kl, cost = (np.array([row[key] for row in rows.values()]) for key in ("kl", "elbo"))
        panel.axhline(baseline, color=INK, linestyle=STROKES[3], linewidth=1)
        panel.annotate(name, (1, baseline), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=8)
        panel.plot(kl, cost, "o", color=COLOURS[0], markersize=5)
        low, high = min(cost.min(), baseline), max(cost.max(), baseline)
        gap, taken = (high - low) / 16, -math.inf
        for k in np.argsort(cost):  # names in a column at the right, so that none lies on another
            taken = max(float(cost[k]), taken + gap)
            panel.annotate(list(rows)[k], (kl[k], cost[k]), (1.04, taken), textcoords=("axes fraction", "data"), fontsize=8,
                           va="center", arrowprops={"arrowstyle": "-", "color": "#BBBBBB", "linewidth": 0.7, "relpos": (0, 0.5)})
        panel.set_ylim(low - gap, max(high, taken) + 2 * gap)
        tidy(panel, "What z knows, and what a sentence costs", "KL, nats", "-ELBO at beta = 1, nats per sentence")

    return panels(1, 1, draw, width=7.0, height=4.2)


def by_rate(rows: Mapping[str, Mapping[str, float]]) -> dict[str, dict[float, Mapping[str, float]]]:
    """Measures by variant -> of variants that differ in the rate of word dropout alone, by rate; at least three of them."""
    found: dict[str, dict[float, Mapping[str, float]]] = {}
    for name, row in rows.items():
        used = tricks(name)
        rest = "+".join(sorted(used.keys() - {"none", "dropout"})) or "no other trick"
        found.setdefault(rest, {})[used.get("dropout") or 0.0] = row
    return {rest: rates for rest, rates in found.items() if len(rates) > 2}


def rate_figure(lines: Mapping[str, Mapping[float, Mapping[str, float]]]) -> Callable[[Path], Path]:
    """For Results.figure: KL, and what the bound costs, against the rate of word dropout: a line for each name."""

    def draw(axes: list[Any]) -> None:
        for panel, key, title in zip(axes, ("kl", "elbo"), ("KL, nats", "-ELBO, nats per sentence"), strict=True):
            for k, (name, rates) in enumerate(lines.items()):
                x = sorted(rates)
                panel.plot(x, [rates[r][key] for r in x], color=COLOURS[k], linestyle=STROKES[k], marker="os"[k % 2], label=name)
            tidy(panel, title, "share of decoder inputs that are <unk>", legend=True)

    return panels(1, 2, draw, width=3.8, height=2.8)


def map_figure(z: np.ndarray, chosen: np.ndarray, names: Mapping[str, Sequence[str]]) -> Callable[[Path], Path]:
    """For Results.figure: for each attribute the two directions that tell its values best apart, a dot for each sentence.

    z       (N, Z), a draw from each q(z | x)
    chosen  (N, A), the value of each attribute
    """

    def draw(axes: list[Any]) -> None:
        for panel, column, (attribute, values) in zip(axes, chosen.T, names.items(), strict=True):
            centres = np.stack([z[column == k].mean(axis=0) for k in range(len(values))])
            _, _, directions = np.linalg.svd(centres - centres.mean(axis=0), full_matrices=False)
            x, y = (z @ directions[:2].T).T
            for k, value in enumerate(values):
                here = column == k
                panel.scatter(x[here], y[here], s=9, color=COLOURS[k], marker="osD^vP"[k], linewidths=0, alpha=0.7, label=value)
            panel.set(xticks=[], yticks=[])
            panel.legend(fontsize=8, frameon=False, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=3, handletextpad=0.1)
            tidy(panel, attribute)

    return panels(1, chosen.shape[1], draw, width=3.2, height=3.6)


def strip_figure(lines: Sequence[tuple[float, str, str]]) -> Callable[[Path], Path]:
    """For Results.figure: the way from one sentence to another, a line for each (share, sentence, words of the bag)."""
    middle = max(inches(sentence, 9) for _, sentence, _ in lines) + 0.7
    width = middle + max(inches(bag, 9) for _, _, bag in lines) + 0.4

    def draw(axes: list[Any]) -> None:
        (paper,) = axes
        paper.set(xlim=(0, width), ylim=(len(lines) - 0.4, -0.6))
        paper.axis("off")
        for i, (share, sentence, bag) in enumerate(lines):
            paper.axhspan(i - 0.45, i + 0.45, xmax=middle / width - 0.01, color=COLOURS[0], alpha=0.05 + 0.3 * share, linewidth=0)
            paper.text(0.05, i, f"{share:.2f}", va="center", fontsize=8, color="#555555")
            paper.text(0.45, i, sentence, va="center", color=INK)
            paper.text(middle + 0.1, i, bag, va="center", color="#555555")

    return panels(1, 1, draw, width=width, height=0.3 * len(lines) + 0.2, words="".join(a + b for _, a, b in lines))
