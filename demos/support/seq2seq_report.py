"""For seq2seq.py: its table of results, by length of the source, and its figures."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import nn, text, viz
from tinydawn.metrics import bleu
from tinydawn.nn import functional as F

from . import parallel, translator
from .panels import COLOURS, STROKES, panels, tidy
from .parallel import PAD, TOKENS, Pairs, batch, shown
from .run import Results, arguments
from .training import saving

Sentences = Sequence[list[str]]
Curve = Sequence[tuple[float, float]]
Vocabs = tuple[text.Vocab, text.Vocab]

CHEAPER = 1.3  # updates without attention that take the time of one with it


# --- a run ---


def begin() -> tuple[argparse.Namespace, Results, tuple[Pairs, Pairs, Pairs], Vocabs]:
    """The flags; the folder of results; training, validation and test pairs; the vocabularies."""
    parser = arguments("Train translation with and without attention for the same time; "
                       "look at the alignments.")
    saving(parser, "the model with attention, for beam_search.py")
    options = parallel.parse_languages(parser)
    results = Results("seq2seq", options, options.data or "toy grammar")
    parts = parallel.load_splits(options)
    vocabs = translator.build_vocabs(parts[0], translator.settings_for(options.data).min_freq)
    return options, results, parts, vocabs


def sized(build: type[nn.Module], vocabs: Vocabs, options: argparse.Namespace) -> nn.Module:
    """A model of a size that suits the data."""
    return build(len(vocabs[0]), len(vocabs[1]), **translator.settings_for(options.data).sizes)


def trained(model: nn.Module, name: str, train: Pairs, validation: Pairs, vocabs: Vocabs,
            options: argparse.Namespace) -> list[tuple[float, float]]:
    """Train it. Returns (CPU seconds so far, validation perplexity), eight times.

    --save keeps the model with attention.
    """
    updates = updates_of(name, train, options)
    curve = translator.train_translator(
        options, model, train, vocabs, updates, name,
        watch=lambda: translator.pairs_perplexity(model, validation[:300], *vocabs))
    if name == "attention":
        sizes = translator.settings_for(options.data).sizes
        translator.save_translator(options, model, *vocabs, sizes)
    return curve


def updates_of(name: str, train: Pairs, options: argparse.Namespace) -> int:
    """As many that both models train for about the same time."""
    updates = translator.updates_for(options, train, epochs=options.epochs or 4, quick=3)
    return updates if name == "attention" else round(CHEAPER * updates)


def translated(model: nn.Module, sources: Sentences, vocabs: Vocabs) -> list[list[str]]:
    """The likeliest next word at each step."""
    return translator.translate_greedily(model, sources, *vocabs)


# --- the table ---


def by_length(sentences: Sentences) -> list[Any]:
    """Four groups of places, from the shortest sentences to the longest; fewer if there are few."""
    order = sorted(range(len(sentences)), key=lambda i: (len(sentences[i]), i))
    return [group for group in np.array_split(order, 4) if len(group)]


def print_table(results: Results, models: dict[str, nn.Module], curves: dict[str, Curve],
                found: dict[str, Sentences], scores: dict[str, list[float]], groups: Sequence[Any],
                parts: tuple[Pairs, Pairs, Pairs], vocabs: Vocabs,
                options: argparse.Namespace) -> None:
    """A row for each model, what there is to beat below; kept in results.

    scores  by model, the BLEU of each group of test sentences
    """
    train, validation, test = parts
    sources, references = [source for source, _ in test], [target for _, target in test]
    lengths = [f"{len(sources[group[0]])}-{len(sources[group[-1]])}" for group in groups]
    print(f"\n{len(train)} training pairs, {len(test)} test sentences, greedy search")
    print(f"{'':16}{'CPU s':>8}{'updates':>9}{'perplexity':>12}{'BLEU':>8}   "
          f"BLEU of quarters by words of the source: {', '.join(lengths)}")
    for name, model in models.items():
        score = bleu(found[name], references).score
        perplexity = translator.pairs_perplexity(model, validation, *vocabs)
        seconds, _ = curves[name][-1]
        updates = updates_of(name, train, options)
        print(f"{name:16}{seconds:8.1f}{updates:9}{perplexity:12.2f}{score:8.2f}   "
              f"{'  '.join(f'{x:.1f}' for x in scores[name])}")
        results.metric(**{f"bleu_{name}": score, f"validation_perplexity_{name}": perplexity,
                          f"cpu_seconds_{name}": seconds, f"bleu_short_{name}": scores[name][0],
                          f"bleu_long_{name}": scores[name][-1]})
    print_baselines(results, *parts)


def print_baselines(results: Results, train: Pairs, validation: Pairs, test: Pairs) -> None:
    """What there is to beat; of the toy grammar, what nothing can beat, and how many words of its
    likeliest translations are in the references' places."""
    toy = results.record["data"] == "toy grammar"
    parallel.baselines(results, train, validation, test, toy)
    if toy:
        best = [list(text.translations(source)[0][0]) for source, _ in test]
        references = [target for _, target in test]
        results.baseline(accuracy_true_best=share_in_place(best, references))
    parallel.print_baselines(results)


def batches_of(pairs: Pairs) -> list[Pairs]:
    """At most a hundred pairs together."""
    lengths = [len(target) for _, target in pairs]
    return [[pairs[i] for i in part] for part in text.cut_batches(lengths, 100, TOKENS)]


def print_teacher_forcing(results: Results) -> None:
    """What one wrong word costs, and what teacher forcing left on at test would seem to reach."""
    numbers = results.record["metrics"]
    print(f"\nnats for the next true word: {numbers['nats_after_truth']:.2f} after the true words, "
          f"{numbers['nats_after_mistake']:.2f} after one wrong word")
    print(f"word t is the reference's word t: {numbers['accuracy_teacher_forced']:.3f} after the "
          f"true words, {numbers['accuracy_free_running']:.3f} running free")
    print(f"BLEU with teacher forcing left on: {numbers['bleu_teacher_forced']:.2f}, "
          f"running free {numbers['bleu_attention']:.2f}")
    results.shows("Most of that fall is the language's, not the model's: a perfect translator that "
                  "runs free has not many more of its words in the reference's places.",
                  "accuracy_teacher_forced - accuracy_true_best "
                  "> 3 * (accuracy_true_best - accuracy_free_running)")
    results.shows("Teacher forcing left on has more BLEU than the likeliest translations by the "
                  "true probabilities: it reads the reference as it goes.",
                  "bleu_teacher_forced > bleu_true_best")


# --- alignments ---


def that_jump(alignment: Callable[[int], np.ndarray], candidates: list[int]) -> list[int]:
    """Two of these sentences, of which the attention goes furthest back to the left."""

    def jump(i: int) -> int:
        looks = alignment(i)[:-1].argmax(axis=1)
        return int((np.maximum.accumulate(looks) - looks).max(initial=0))

    return sorted(candidates, key=lambda i: (-jump(i), i))[:2]


def easy_to_show(sources: Sentences, outputs: Sentences, references: Sentences) -> list[int]:
    """Sentences of 4 to 12 words that are translated right, shortest first, where there are such.
    """
    in_order = sorted(range(len(sources)), key=lambda i: (len(sources[i]), i))
    fitting = [i for i in in_order if 4 <= len(sources[i]) <= 12 and outputs[i]][:300]
    right = [i for i in fitting if outputs[i] == references[i]]
    return right or fitting or in_order[:1]


def of_two_minds(alignment: Callable[[int], np.ndarray], candidates: list[int]) -> tuple[int, int]:
    """Of the shorter half a sentence, and a word of it that looks at places far apart."""
    best = (0.0, candidates[0], 0)
    for i in candidates[:(len(candidates) + 1) // 2]:
        for t, row in enumerate(alignment(i)[:-2]):  # without the full stop and </s>
            first, second = np.argsort(-row)[:2]
            if abs(first - second) > 1:
                best = max(best, (float(row[second]), i, t))
    return best[1:]


# --- padding ---


def one_long_among_short(pairs: Pairs, count: int = 4) -> Pairs:
    """The pairs with the shortest sources, and one of eight words, of which none is long."""
    fits = sorted((pair for pair in pairs if len(pair[0]) <= 8 and max(map(len, pair[0])) <= 7),
                  key=lambda pair: len(pair[0]))
    fits = fits or sorted(pairs, key=lambda pair: len(pair[0]))[:count]
    return [*fits[:count - 1], *fits[count - 1:][-1:]]


def print_padding(results: Results, model: Any, train: Pairs, test: Pairs, vocabs: Vocabs,
                  options: argparse.Namespace) -> None:
    """How much of a batch is padding, sorted by length and not; how much attention it draws."""
    batch_size = translator.settings_for(options.data).batch_size
    lengths = [len(target) for _, target in train]
    order = np.random.default_rng(0).permutation(len(train))
    shuffled = [order[k:k + batch_size] for k in range(0, len(order), batch_size)]
    batches = text.bucket_batches(lengths, batch_size, seed=0)
    in_order = 100 * text.padding_waste(lengths, batches)
    by_chance = 100 * text.padding_waste(lengths, shuffled)
    drawn = percent_on_padding(model, test, vocabs, batch_size)
    results.metric(padding_percent_sorted=in_order, padding_percent_shuffled=by_chance,
                   percent_on_padding_all=drawn)
    here = results.record["metrics"]["percent_on_padding"]
    print(f"\npadding in batches of {batch_size}: {by_chance:.1f}% as they come, "
          f"{in_order:.1f}% if of one length")
    print(f"attention on it without the mask, before the first word: {here:.1f}% in the batch of "
          f"the figure, {drawn:.1f}% over all test sentences")


@td.no_grad()
def percent_on_padding(model: Any, pairs: Pairs, vocabs: Vocabs, batch_size: int) -> float:
    """Of the attention before the first word, without a mask, in batches as they come."""
    total = 0.0
    for k in range(0, len(pairs), batch_size):
        source, lengths, _ = batch(pairs[k:k + batch_size], *vocabs)  # (B, S), (B,)
        state = model.encode(source, lengths)
        scores = (state["keys"].value @ state["s"].unsqueeze(2)).squeeze(2)  # (B, S)
        padding = np.arange(source.shape[1]) >= lengths[:, None]
        total += F.softmax(scores, axis=1).numpy()[padding].sum()
    return float(100 * total / len(pairs))


# --- one wrong word ---


def right_ids(pair: tuple[list[str], list[str]], k: int, vocab: text.Vocab, toy: bool) -> list[int]:
    """The ids that may stand at place k of the target (1 is the first) after its true words, and
    those that no sentence has.

    Of the toy grammar all right words are known; of other text the reference's.
    """
    source, target = pair
    right = {[*target, text.EOS][k - 1]}
    if toy:
        right |= {words[k - 1] if len(words) >= k else text.EOS
                  for words, _ in text.translations(source)
                  if list(words[:k - 1]) == target[:k - 1]}
    return [vocab[word] for word in right] + [vocab.pad_id, vocab.bos_id, vocab.unk_id]


class Nats:
    """Nats of the true words after a mistake, and of the same words after the true history.

    By the distance from the mistake: 1 is the word after it.
    """

    farthest = 6

    def __init__(self) -> None:
        self.truth: dict[int, list[float]] = {d: [] for d in range(1, self.farthest + 1)}
        self.mistake: dict[int, list[float]] = {d: [] for d in range(1, self.farthest + 1)}

    def add(self, after_truth: np.ndarray, after_mistake: np.ndarray, target: np.ndarray,
            places: Sequence[int]) -> None:
        """log p (B, T-1, V) of words after both histories, targets (B, T), where the mistake is."""
        for b, k in enumerate(places):
            for d in range(1, self.farthest + 1):
                if k + d < target.shape[1] and target[b, k + d] != PAD:
                    word = target[b, k + d]
                    self.truth[d].append(-float(after_truth[b, k + d - 1, word]))
                    self.mistake[d].append(-float(after_mistake[b, k + d - 1, word]))

    def means(self) -> dict[str, float]:
        """Of the next word, and of the fourth after the mistake."""
        return {"nats_after_truth": float(np.mean(self.truth[1])),
                "nats_after_mistake": float(np.mean(self.mistake[1])),
                "nats_4_after_truth": float(np.mean(self.truth[4])),
                "nats_4_after_mistake": float(np.mean(self.mistake[4]))}


    def harmed(self) -> int:
        """How many words after a mistake cost more than by chance, by two standard errors."""
        for d in range(1, self.farthest + 1):
            more = np.subtract(self.mistake[d], self.truth[d])  # in the same places
            if len(more) < 2 or more.mean() < 2 * more.std() / np.sqrt(len(more)):
                return d - 1
        return self.farthest


def share_in_place(outputs: Sentences, references: Sentences) -> float:
    """How often word t of an output is the reference's word t."""
    return float(np.mean([output[t:t + 1] == [word]
                          for output, reference in zip(outputs, references, strict=True)
                          for t, word in enumerate(reference)]))


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

    def draw(axes: list[Any]) -> None:
        from matplotlib.ticker import NullFormatter, NullLocator

        panel = axes[0]
        panel.set_yscale("log")
        ends = [curve[-1] for curve in curves.values()]
        for k, (name, curve) in enumerate(curves.items()):
            panel.plot(*zip(*curve, strict=True), color=COLOURS[k], linestyle=STROKES[k],
                       marker="os"[k], linewidth=2)
            over = ends[k][1] >= max(y for _, y in ends)
            panel.annotate(name.replace("_", " "), ends[k], (0, 12 if over else -12),
                           textcoords="offset points", color=COLOURS[k], fontsize=11, ha="center",
                           va="bottom" if over else "top")
        low, high = panel.get_ylim()
        panel.set_ylim(low / 1.08, high)
        ticks = [y for y in (1.1, 1.2, 1.3, 1.4, 1.6, 2, 3, 5, 10, 20, 50, 100) if y < high]
        panel.set_yticks(ticks, [f"{y:g}" for y in ticks])
        panel.yaxis.set_minor_locator(NullLocator())
        panel.yaxis.set_minor_formatter(NullFormatter())
        panel.grid(axis="y", color="#E5E5E5")
        panel.set_xlim(left=0, right=1.08 * max(x for x, _ in ends))
        tidy(panel, "The same time for both: perplexity of sentences not trained on",
             x="CPU seconds of training", y="validation perplexity, log scale")

    return panels(1, 1, draw, width=8, height=4.5)


def steps_figure(scores: np.ndarray, weights: np.ndarray, states: np.ndarray, context: np.ndarray,
                 source: Sequence[str], target: Sequence[str], t: int) -> Callable[[Path], Path]:
    """The three steps of attention for word t of the target, with their numbers.

    scores, weights (S,), states (S, D) and context (D,), of which the first entries are shown
    """
    entries = 4
    source = source[:14]
    scores, weights, states = scores[:14], weights[:14], states[:14]

    def bars(panel: Any, values: np.ndarray, title: str, colour: str) -> None:
        places = range(len(values))
        panel.bar(places, values, 0.6, color=colour)
        low, high = min(0.0, values.min()), max(0.0, values.max())
        room = 0.3 * (high - low)
        panel.set_ylim(low - (room if low < 0 else 0), high + room)
        for i, value in zip(places, values, strict=True):
            panel.text(i, value + (0.04 if value >= 0 else -0.04) * (high - low),
                       f"{value:.2f}".replace("-", "−"), ha="center", fontsize=9,
                       va="bottom" if value >= 0 else "top")
        panel.axhline(0, color="#222222", linewidth=0.8)
        panel.set_yticks([])
        panel.set_xlim(-0.6, len(values) + 0.6)
        panel.set_xticks(places, source, fontsize=10)
        panel.tick_params(length=0)
        panel.set_title(title, loc="left", fontsize=10)
        panel.spines[["top", "right", "left", "bottom"]].set_visible(False)

    def draw(axes: list[Any]) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        bars(axes[0], scores, f"1. scores  ã = hᵀ W s, before “{target[t]}”", COLOURS[6])
        bars(axes[1], weights, "2. weights  a = softmax(ã): they sum to 1", COLOURS[0])
        shown_ = np.column_stack([states[:, :entries].T, context[:entries]])  # (entries, S + 1)
        colours = LinearSegmentedColormap.from_list("signed", ["#D55E00", "#FFFFFF", "#0072B2"])
        reach = np.abs(shown_).max()
        panel = axes[2]
        panel.imshow(shown_, cmap=colours, vmin=-1.4 * reach, vmax=1.4 * reach, aspect="auto")
        for (row, column), value in np.ndenumerate(shown_):
            panel.text(column, row, f"{value:.2f}".replace("-", "−"), ha="center", va="center",
                       fontsize=9)
        panel.axvline(len(source) - 0.5, color="white", linewidth=8)
        panel.set_xlim(-0.6, len(source) + 0.6)
        names = [f"{weight:.2f} h" for weight in weights]
        panel.set_xticks(range(len(source) + 1), [*names, "= context"], fontsize=10)
        panel.set_yticks([])
        panel.tick_params(length=0)
        panel.spines[["top", "right", "left", "bottom"]].set_visible(False)
        panel.set_title(f"3. context  c = Σ a h: the first {entries} of {len(context)} numbers of "
                        "each state", loc="left", fontsize=10)

    return panels(3, 1, draw, width=8, height=1.55, words="".join([*source, *target]))


def padding_figure(pairs: Pairs, mask: np.ndarray, unmasked: np.ndarray,
                   masked: np.ndarray) -> Callable[[Path], Path]:
    """A batch of sentences with its padding, its mask, and where attention looks without it."""
    B, S = len(mask), min(mask.shape[1], 14)
    words = [[*shown(source).split(), "</s>"] for source, _ in pairs]
    words = [(row + ["<pad>"] * S)[:S] for row in words]

    def table(panel: Any, title: str, cells: Sequence[Sequence[str]], grounds: Any,
              inks: Any, size: float) -> None:
        from matplotlib.patches import Rectangle

        for b in range(B):
            for i in range(S):
                panel.add_patch(Rectangle((i + 0.02, b + 0.03), 0.96, 0.94,
                                          facecolor=grounds(b, i), edgecolor="#AAAAAA",
                                          linewidth=0.6))
                panel.text(i + 0.5, b + 0.5, cells[b][i], ha="center", va="center", fontsize=size,
                           color=inks(b, i))
        panel.set_xlim(0, S)
        panel.set_ylim(B, 0)
        panel.set_axis_off()
        panel.set_title(title, loc="left", fontsize=10)

    def draw(axes: list[Any]) -> None:
        longest = max(len(word) for row in words for word in row)
        size = min(9.0, 72 * 4.6 / S / (0.62 * longest))  # a cell is 4.6 / S inches wide
        table(axes[0], "A batch: sentences side by side, filled up with padding", words,
              lambda b, i: "#DCE9F5" if mask[b, i] else "#BBBBBB",
              lambda b, i: "#222222" if mask[b, i] else "#666666", max(7.5, size))
        table(axes[1], "Its mask: 1 is a word, 0 is padding",
              [[str(int(value)) for value in row[:S]] for row in mask],
              lambda b, i: "#FFFFFF" if mask[b, i] else "#222222",
              lambda b, i: "#222222" if mask[b, i] else "#FFFFFF", 9)
        for panel, title, weights in (
                (axes[2], "Attention before the first word, without the mask", unmasked),
                (axes[3], "The same with the mask: exactly 0 on padding", masked)):
            table(panel, title, [[f"{w:.2f}".lstrip("0") if w else "0" for w in row[:S]]
                                 for row in weights],
                  lambda b, i, w=weights: shade(w[b, i], mask[b, i]),
                  lambda b, i, w=weights: "white" if w[b, i] > 0.4 else "#222222", 9)

    def shade(weight: float, word: bool) -> tuple[float, ...]:
        """From nearly white to blue for a word, to orange for padding; small weights show too."""
        full = np.array([0, 114, 178] if word else [230, 110, 0]) / 255
        empty = np.array([240, 245, 250] if word else [225, 225, 225]) / 255
        return tuple(empty + (full - empty) * min(1.0, float(weight)) ** 0.5)

    letters = "".join(word for row in words for word in row)
    return panels(2, 2, draw, width=4.8, height=2.7, words=letters)


def mistake_figure(nats: Nats) -> Callable[[Path], Path]:
    """What the true words cost after one wrong word, and in the same places after the true ones."""

    def draw(axes: list[Any]) -> None:
        panel = axes[0]
        for k, (name, found) in enumerate((("after one wrong word of its own", nats.mistake),
                                          ("the same words after the true history", nats.truth))):
            distances = [d for d, values in found.items() if len(values) > 1]
            means = [np.mean(found[d]) for d in distances]
            errors = [np.std(found[d]) / np.sqrt(len(found[d])) for d in distances]
            panel.errorbar(distances, means, errors, color=COLOURS[1 - k], marker="os"[k],
                           linestyle=STROKES[k], linewidth=2, capsize=4, label=name)
        panel.set_xticks(range(1, nats.farthest + 1))
        panel.set_ylim(bottom=0)
        more = nats.harmed()
        tidy(panel, f"One wrong word costs the next {more}, then the model has recovered "
             "(bars: standard errors)" if more < nats.farthest else "What one wrong word costs",
             x="words after the mistake", y="nats for the true word (0: it is certain)")
        panel.legend(frameon=False, fontsize=10, loc="upper right")

    return panels(1, 1, draw, width=8, height=4.5)


def network_figure(source: Sequence[str], target: Sequence[str],
                   weights: np.ndarray | None) -> Callable[[Path], Path]:
    """Encoder and decoder, unrolled over one sentence: a box for each state, above its word.

    weights  attention (T, S), drawn as the width of its arrows; None: all goes through one vector
    """
    source, target = source[:14], target[:14]
    S, T = len(source), len(target)
    wide = max(S, T) + 2.0
    green, grey = "#00714F", "#777777"
    read, write, fed = 1.0, 3.3, (0, (2.5, 1.5))  # heights of the states; dashes of what is read

    def box(panel: Any, x: float, y: float, label: str, colour: str) -> None:
        from matplotlib.patches import FancyBboxPatch

        panel.add_patch(FancyBboxPatch((x - 0.36, y - 0.2), 0.72, 0.4, facecolor=colour,
                                       edgecolor="#333333", linewidth=1.2, zorder=3,
                                       boxstyle="round,pad=0,rounding_size=0.08"))
        panel.text(x, y, label, ha="center", va="center", fontsize=11, zorder=4)

    def arrow(panel: Any, start: tuple[float, float], end: tuple[float, float], width: float = 1.2,
              colour: str = "#333333", style: str = "-|>", alpha: float = 1.0,
              dashes: Any = "-") -> None:
        panel.annotate("", end, start, zorder=2, arrowprops={
            "arrowstyle": style, "linewidth": width, "color": colour, "shrinkA": 0, "shrinkB": 0,
            "mutation_scale": 11, "alpha": alpha, "linestyle": dashes})

    def draw(axes: list[Any]) -> None:
        panel = axes[0]
        xs, xt = np.arange(S) + (wide - S) / 2 + 0.6, np.arange(T) + (wide - T) / 2 + 0.6
        first = min(xs[0], xt[0] - 1) - 0.1  # where s_0 stands
        for i, word in enumerate(source):
            box(panel, xs[i], read, f"h$_{{{i + 1}}}$", "#DCE9F5")
            panel.text(xs[i], 0.3, word, ha="center", va="top", fontsize=11)
            arrow(panel, (xs[i], 0.42), (xs[i], 0.8))
            if i:
                arrow(panel, (xs[i - 1] + 0.36, read), (xs[i] - 0.36, read), style="<|-|>")
        box(panel, first, write, "s$_0$", "#FBE3D0")
        panel.text(first, 4.15, "<s>", ha="center", va="bottom", fontsize=11, color=green)
        for t, word in enumerate(target):
            box(panel, xt[t], write, f"s$_{{{t + 1}}}$", "#FBE3D0")
            panel.text(xt[t], 4.15, word, ha="center", va="bottom", fontsize=11)
            arrow(panel, (xt[t], write + 0.2), (xt[t], 4.1))
            before = xt[t - 1] if t else first
            arrow(panel, (before + 0.36, write), (xt[t] - 0.36, write))
            arrow(panel, (before + 0.14, 4.12), (xt[t] - 0.2, write + 0.21), 1.4, green, dashes=fed)
        if weights is None:
            middle = (xs[0] + xs[-1]) / 2
            box(panel, middle, 2.1, "context", "#E8E8E8")
            for x in (xs[0], xs[-1]):
                arrow(panel, (x, 1.2), (middle, 1.88), 2)
            for x in (first, *xt):
                arrow(panel, (middle, 2.32), (x, write - 0.22), 2)
            title = "Without attention: one vector, whatever the word"
        else:
            low = 1.45  # s_0 comes from the last state of each direction, h_S and h_1
            panel.plot([xs[-1] + 0.2, xs[-1] + 0.2, first], [1.2, low, low], color=grey, zorder=1)
            panel.plot([xs[0] - 0.2, xs[0] - 0.2], [1.2, low], color=grey, zorder=1)
            arrow(panel, (first, low), (first, write - 0.2), 1.4, grey)
            for t in range(T):
                for i in np.flatnonzero(weights[t, :S] > 0.03):
                    arrow(panel, (xs[i], 1.2), (xt[t], write - 0.22), 0.6 + 4.5 * weights[t, i],
                          COLOURS[0], alpha=0.35 + 0.65 * float(weights[t, i]))
            panel.text(xs[-1] + 0.4, 4.75, "grey: the last state of each direction gives s$_0$",
                       va="center", ha="right", fontsize=10, color="#555555")
            title = "With attention: before each word a look at all states (wider: more weight)"
        panel.text(first - 0.65, read, "encoder", rotation=90, ha="center", va="center",
                   fontsize=11)
        panel.text(first - 0.65, write, "decoder", rotation=90, ha="center", va="center",
                   fontsize=11)
        panel.text(first - 0.8, 4.75, "dashed: the word is read before the next one is written",
                   va="center", fontsize=10, color=green)
        panel.set_xlim(first - 0.85, xs[-1] + 0.5)
        panel.set_ylim(0, 4.9)
        panel.set_axis_off()
        panel.set_title(title, loc="left", fontsize=12)

    return panels(1, 1, draw, width=8.6, height=4.8, words="".join([*source, *target]))
