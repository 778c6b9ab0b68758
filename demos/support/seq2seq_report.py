"""For seq2seq.py: a run, its table by length of the source, and what is worth showing."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import nn, text
from tinydawn.metrics import bleu
from tinydawn.nn import functional as F

from . import parallel, translator
from .parallel import PAD, TOKENS, Pairs, batch
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
