"""For beam_search.py: a model that is loaded or trained, many searches at once, and its figures."""

from __future__ import annotations

import argparse
import html
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import decode, nn, text
from tinydawn.metrics import bleu
from tinydawn.models import Seq2Seq
from tinydawn.nn import functional as F

from . import parallel
from .alignment import alignment_figure
from .panels import COLOURS, STROKES, panels, tidy
from .parallel import PAD, Pairs, batch, load_splits, shortest, shown
from .run import Results, arguments
from .seq2seq_report import easy_to_show, that_jump
from .translator import (
    attention_entropy,
    build_vocabs,
    check_translate,
    load_translator,
    pairs_perplexity,
    parse_translator,
    save_translator,
    settings_for,
    source_batches,
    train_translator,
    translate_and_stop,
    updates_for,
)

Sentences = Sequence[list[str]]
Vocabs = tuple[text.Vocab, text.Vocab]


def begin() -> tuple[argparse.Namespace, Results, dict[str, Seq2Seq], Vocabs, list[Pairs]]:
    """The flags; the folder of results; models with attention; vocabularies; training, validation
    and test pairs. --translate ends the program.

    The models are "trained", or what --load names; and on the made-up language "hasty", trained a
    third as long.
    """
    parser = arguments("Train a translation model, and compare greedy with beam search.")
    options = parse_translator(parser)
    if options.load:
        model, vocabs = load_translator(options)
    parts: list[Pairs] = []
    if not (options.load and options.translate):
        parts = list(load_splits(options))
        results = Results("beam_search", options, options.data or "toy grammar", graphs=True)
    settings = settings_for(options.data)
    if not options.load:
        vocabs = build_vocabs(parts[0], settings.min_freq)
    check_translate(options, vocabs[0])
    if not options.load:
        model = Seq2Seq(len(vocabs[0]), len(vocabs[1]), **settings.sizes)
        updates = updates_for(options, parts[0], epochs=options.epochs or 5, quick=1)
        train_translator(options, model, parts[0], vocabs, updates)
        save_translator(options, model, *vocabs, settings.sizes)
    models = {"trained": model.eval()}
    if options.translate is not None:
        translate_and_stop(options, lambda *a, **more: search(model, vocabs, *a, **more), vocabs[1])
    if options.data is None:
        td.manual_seed(options.seed)
        hasty = models["hasty"] = Seq2Seq(len(vocabs[0]), len(vocabs[1]), **settings.sizes)
        steps = round(0.3 * updates_for(options, parts[0], epochs=5, quick=1))
        unsaved = argparse.Namespace(**vars(options) | {"save": None})
        train_translator(unsaved, hasty, parts[0], vocabs, steps, "hasty")
    return options, results, models, vocabs, parts


@td.no_grad()
def search(model: Seq2Seq, vocabs: Vocabs, sentences: Sentences, beam_size: int,
           **more: Any) -> list[Any]:
    """The library's search, many sentences at once: greedy with beam_size 0, else beam search.

    Returns one Hypothesis per sentence, or one BeamResult.
    """
    source_vocab, target_vocab = vocabs
    ids = target_vocab.bos_id, target_vocab.eos_id
    forbid = (target_vocab.pad_id, target_vocab.bos_id, target_vocab.unk_id)
    found: dict[int, Any] = {}
    for places, source, lengths in source_batches(sentences, source_vocab):  # (B,), (B, S), (B,)
        start = (model.step, model.encode(source, lengths), len(places), *ids, 2 * lengths + 10)
        if beam_size == 0:
            hypotheses: list[Any] = decode.greedy(*start, forbid=forbid)
        else:
            hypotheses = decode.beam_search(*start, forbid=forbid, beam_size=beam_size, **more)
        found.update(zip(places, hypotheses, strict=True))
    return [found[i] for i in range(len(sentences))]


def timed_search(model: Seq2Seq, vocabs: Vocabs, sentences: Sentences,
                 beam_size: int) -> tuple[list[Any], float]:
    """The best hypothesis for each sentence, and how many seconds that took."""
    started = time.perf_counter()
    outputs = search(model, vocabs, sentences, beam_size)
    seconds = time.perf_counter() - started
    return (outputs if beam_size == 0 else [output.best for output in outputs]), seconds


@td.no_grad()
def search_without_end(model: Seq2Seq, vocabs: Vocabs, sentences: Sentences, beam_size: int,
                       length: int) -> list[list[str]]:
    """What the notes' search finds: exactly `length` tokens, </s> among them like any other."""
    source_vocab, target_vocab = vocabs
    found: dict[int, list[str]] = {}
    for places, source, lengths in source_batches(sentences, source_vocab):
        state = model.encode(source, lengths)
        hypotheses = decode.beam_search(model.step, state, len(places), target_vocab.bos_id, None,
                                        length, beam_size=beam_size, forbid=())
        found.update((i, spelled(target_vocab, result.best.tokens))
                     for i, result in zip(places, hypotheses, strict=True))
    return [found[i] for i in range(len(sentences))]


def spelled(vocab: text.Vocab, ids: Sequence[int]) -> list[str]:
    """The words of these ids, </s> among them."""
    return [vocab.tokens[i] for i in ids]


def readable(vocab: text.Vocab) -> list[str]:
    """All words of a vocabulary as a reader wants them: Multi30k writes an apostrophe &apos;."""
    return [html.unescape(token) for token in vocab.tokens]


# --- traps: where greedy and beam search part ---


def traps_of(greedy: Sequence[Any], beam: Sequence[Any], test: Pairs,
             vocab: text.Vocab) -> list[int]:
    """Test sentences of which the beam found a likelier translation, those first that are easy to
    see: one that is the reference, and short."""

    def how_plain(i: int) -> tuple[bool, int, int]:
        words = vocab.decode(beam[i].tokens)
        return words != test[i][1], len(words), fork(greedy[i], beam[i])

    worse = [i for i in range(len(test)) if greedy[i].tokens != beam[i].tokens
             and greedy[i].log_prob < beam[i].log_prob]  # not by rounding alone
    return sorted(worse, key=how_plain)


def fork(one: Any, other: Any) -> int:
    """The first place where two hypotheses have different words."""
    pairs = zip([*one.tokens, -1], [*other.tokens, -1], strict=False)
    return next((t for t, (a, b) in enumerate(pairs) if a != b), len(one.tokens))


# --- numbers ---


def keep(results: Results, name: str, log_prob: float, score: float, seconds: float) -> None:
    """The mean log p that a search found, its BLEU, and its seconds."""
    results.metric(**{f"log_prob_{name}": log_prob, f"bleu_{name}": score,
                      f"seconds_{name}": seconds})


def print_searches(results: Results, found: dict[str, list[Any]], vocabs: Vocabs,
                   references: Sentences) -> None:
    """A row for each search; and between which numbers the gain of the widest beam lies."""
    numbers = results.record["metrics"]
    print(f"\n{'search':20}{'log p':>8}{'BLEU':>8}{'seconds':>9}   "
          f"({len(references)} test sentences)")
    for name in found:
        print(f"{name:20}{numbers[f'log_prob_{name}']:8.2f}{numbers[f'bleu_{name}']:8.2f}"
              f"{numbers[f'seconds_{name}']:9.1f}")
    greedy, widest = ([vocabs[1].decode(best.tokens) for best in found[name]]
                      for name in ("greedy", "beam8"))
    gains = gains_of(greedy, widest, references)
    low, high = np.percentile(gains, [2.5, 97.5])
    print(f"beam8 over greedy: {numbers['bleu_beam8'] - numbers['bleu_greedy']:.1f} BLEU, 95% of "
          f"samples of the test sentences between {low:.1f} and {high:.1f}")
    results.metric(bleu_gain_low=low, bleu_gain_high=high, bleu_gain_share=np.mean(gains > 0))


def gains_of(one: Sentences, other: Sentences, references: Sentences,
             samples: int = 300) -> np.ndarray:
    """How much more BLEU `other` has on samples of the sentences, with replacement: (samples,)."""
    counted = [np.array([_counts(o, r) for o, r in zip(outputs, references, strict=True)])
               for outputs in (one, other)]  # (sentences, 10)
    rng = np.random.default_rng(0)
    gains = []
    for _ in range(samples):
        rows = rng.integers(len(references), size=len(references))
        scores = [_bleu_of(counts[rows].sum(axis=0)) for counts in counted]
        gains.append(scores[1] - scores[0])
    return np.array(gains)


def _counts(output: Sequence[str], reference: Sequence[str]) -> list[int]:
    """Matches and n-grams for n = 1 to 4, and both lengths: what BLEU is made of."""
    score = bleu([list(output)], [list(reference)])
    return [*score.counts, *score.totals, score.hypothesis_length, score.reference_length]


def _bleu_of(sums: np.ndarray) -> float:
    """BLEU of counts (10,) summed over sentences: counting 300 samples anew would take seconds."""
    matches, totals, (length, wanted) = sums[:4], sums[4:8], sums[8:]
    if not matches.all():
        return 0.0
    penalty = min(0.0, 1 - wanted / length)
    return float(100 * np.exp(np.log(matches / totals).mean() + penalty))


def print_length(L: int, outputs: Sentences, literal: float, cut: float) -> None:
    """The notes' search with this L: its BLEU, and how many outputs lack an end, or go on."""
    print(f"L = {L:2}: BLEU {literal:5.1f}, cut at the first </s> {cut:5.1f}; "
          f"{np.mean(['</s>' not in output for output in outputs]):4.0%} without an end, "
          f"{np.mean(['</s>' in output[:-1] for output in outputs]):4.0%} go on after it")


def keep_rule(results: Results, kind: str, rule: str, length: float, log_prob: float,
              score: float) -> None:
    """What a model's beam finds if hypotheses are ranked by this rule."""
    print(f"{kind:12}{rule + ' of log p':>16}{length:8.2f}{log_prob:8.2f}{score:8.2f}")
    results.metric(**{f"words_{kind}_by_{rule}": length, f"bleu_{kind}_by_{rule}": score})


def keep_references(results: Results, references: Sentences) -> None:
    """How long a translation should be."""
    words = float(np.mean([len(words) for words in references]))
    print(f"{'references':28}{words:8.2f}")
    results.baseline(words_of_references=words)


def print_traps(results: Results, traps: Sequence[int], test: Pairs) -> None:
    """How many there are."""
    percent = 100 * len(traps) / len(test)
    print(f"\n{len(traps)} of {len(test)} test sentences are traps, {percent:.1f}%")
    results.metric(trapped_percent=percent)


def print_baselines(results: Results, model: Seq2Seq, vocabs: Vocabs, train: Pairs,
                    validation: Pairs, test: Pairs) -> None:
    """Measure the model, print what it has to beat, and what nothing can beat."""
    perplexity = pairs_perplexity(model, validation, *vocabs)
    entropy = attention_entropy(model, *batch(validation[:100], *vocabs))
    results.metric(validation_perplexity=perplexity, attention_entropy=entropy)
    parallel.baselines(results, train, validation, test,
                       toy=results.record["data"] == "toy grammar")
    print(f"validation perplexity {perplexity:.2f}, entropy of the attention {entropy:.2f} nats")
    parallel.print_baselines(results)


# --- figures ---


def draw_tree(results: Results, tree: Any, vocab: text.Vocab, title: str) -> None:
    """The search tree of one sentence, as a picture, and as a page that goes through it by steps.
    """
    drawing = td.draw(tree, readable(vocab), max_steps=12, max_pruned=1, aspect="slide",
                      title=f"{title}   (arrow: log p of the word; box: the sum so far)")
    results.figure("beam_tree.svg", drawing.save)
    results.figure("tree.html", drawing.save)


def draw_attention(results: Results, model: Seq2Seq, vocabs: Vocabs, test: Pairs,
                   found: Sequence[Any]) -> None:
    """Where each word of a translation looks in the source: of one whose words change places."""
    sources, references = [source for source, _ in test], [target for _, target in test]
    outputs = [vocabs[1].decode(best.tokens) for best in found]

    @td.no_grad()
    def weights(i: int) -> np.ndarray:
        source, lengths, target = batch([(sources[i], outputs[i])], *vocabs)
        return model(source, lengths, target[:, :-1])[1].numpy()[0]  # (T, S)

    easy = easy_to_show(sources, outputs, references)
    plain = [i for i in easy if len(outputs[i]) <= len(sources[i])  # no idiom of several words
             and max(map(len, sources[i])) <= 8]  # words that fit their column
    i = that_jump(weights, plain or easy)[0]
    words = shown(sources[i]), shown(outputs[i])
    results.figure("attention.svg", alignment_figure(weights(i), *words))


class TrainingStep(nn.Module):
    """The loss of a batch, as Seq2Seq computes it, with all of a decoder's step in one place."""

    def __init__(self, model: Seq2Seq) -> None:
        self.model = model

    def forward(self, source: np.ndarray, target_read: np.ndarray, target: np.ndarray) -> td.Tensor:
        model = self.model
        state = model.encode(source, np.array([source.shape[1]] * len(source)))
        words = model.target_embedding(target_read)  # (B, T, E)
        s, logits = state["s"], []
        for t in td.steps(words.shape[1], name="step: attention, GRU"):
            context, _ = model.attend(s, state)
            s = model.decoder(td.cat([words[:, t], context], axis=1), s)
            seen = td.cat([s, context, words[:, t]], axis=1)
            logits.append(model.output(td.tanh(model.combine(seen))))
        return F.cross_entropy(td.stack(logits, axis=1).flatten(0, 1), target.reshape(-1),
                               ignore_index=PAD)


def draw_training_step(results: Results, model: Seq2Seq, vocabs: Vocabs, train: Pairs) -> None:
    """The graph of the loss of the shortest pair."""
    source, _, target = batch([shortest(train)], *vocabs)
    drawing = td.draw(TrainingStep(model), source, target[:, :-1], target[:, 1:], depth=1,
                      backward=True, values=False, rolled=True, aspect="slide")
    results.figure("graph.svg", drawing.save)


def lengths_figure(lengths: Sequence[int], literal: Sequence[float], cut: Sequence[float],
                   ends: float) -> Callable[[Path], Path]:
    """BLEU of the notes' search by its L, beside the search that knows </s>."""

    def draw(axes: list[Any]) -> None:
        panel = axes[0]
        panel.axhline(ends, color="#777777", linewidth=1.2, linestyle=(0, (2, 2)))
        panel.text(lengths[0], ends + 1, "beam search that ends at </s>", color="#555555",
                   fontsize=10)
        for k, (name, scores) in enumerate((("as the notes write it", literal),
                                            ("the same, cut at its first </s>", cut))):
            panel.plot(lengths, scores, color=COLOURS[k], linestyle=STROKES[0], linewidth=2,
                       marker="os"[k], label=name)
        panel.set_xticks(lengths)
        panel.set_ylim(0, max(1.0, 1.15 * max(ends, *cut)))
        tidy(panel, "Exactly L tokens: no L suits all sentences", x="L, the tokens of every output",
             y="BLEU")
        panel.legend(frameon=False, fontsize=10, loc="lower right")

    return panels(1, 1, draw, width=8, height=4.5)
