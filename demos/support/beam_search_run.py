"""For beam_search.py: a model that is loaded or trained, many searches at once, and its figures."""

from __future__ import annotations

import argparse
import html
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import decode, text
from tinydawn.models import Seq2Seq

from . import parallel
from .alignment import alignment_figure
from .panels import COLOURS, STROKES, panels, tidy
from .parallel import Pairs, batch, load_splits, shortest, shown
from .run import Results
from .translator import (
    attention_entropy,
    build_vocabs,
    check_translate,
    load_translator,
    pairs_perplexity,
    save_translator,
    settings_for,
    source_batches,
    train_translator,
    translate_and_stop,
    translation_loss,
    updates_for,
)

Sentences = Sequence[list[str]]
Vocabs = tuple[text.Vocab, text.Vocab]


def begin(options: argparse.Namespace
          ) -> tuple[Results, dict[str, Seq2Seq], Vocabs, list[Pairs]]:
    """Models with attention; training, validation and test pairs. --translate ends the program.

    The models are "trained", or what --load names; and on the made-up language "hasty", trained a
    tenth as long.
    """
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
        steps = updates_for(options, parts[0], epochs=5, quick=1) // 10
        unsaved = argparse.Namespace(**vars(options) | {"save": None})
        train_translator(unsaved, hasty, parts[0], vocabs, steps, "hasty")
    return results, models, vocabs, parts


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
    drawing = td.draw(tree, readable(vocab), max_steps=12, max_pruned=1, title=title,
                      aspect="slide")
    results.figure("beam_tree.svg", drawing.save)
    results.figure("tree.html", drawing.save)


def draw_attention(results: Results, model: Seq2Seq, vocabs: Vocabs, pair: Any, best: Any) -> None:
    """Where each word of the translation looks in the source."""
    with td.no_grad():
        source, lengths, _ = batch([pair], *vocabs)
        _, weights = model(source, lengths, np.array([[vocabs[1].bos_id, *best.tokens]]))
    words = shown(pair[0]), shown(vocabs[1].decode(best.tokens))
    results.figure("attention.svg", alignment_figure(weights.numpy()[0], *words))  # (T, S)


def draw_training_step(results: Results, model: Seq2Seq, vocabs: Vocabs, train: Pairs) -> None:
    """The graph of the loss of the shortest pair."""
    pair = batch([shortest(train)], *vocabs)
    model.train()
    drawing = td.draw(lambda: translation_loss(model, *pair), depth=1, backward=True, max_steps=4,
                      values=False, aspect="slide")
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
