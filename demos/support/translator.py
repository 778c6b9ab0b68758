"""What the translation lessons share of their models: sizes, loss, decoding, saving and loading."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tinydawn as td
from tinydawn import decode, nn, optim, text
from tinydawn.errors import DataError, message
from tinydawn.metrics import perplexity
from tinydawn.models import Seq2Seq
from tinydawn.nn import functional as F

from .own_text import epochs_for
from .parallel import PAD, TOKENS, Pairs, batch, check_languages, language_flags, shown, tokenizer
from .run import parse
from .training import load_model, remove_checkpoints, save_model, saving, training

# --- settings ---


class Settings(NamedTuple):
    """What suits some data.

    sizes     arguments of the model
    min_freq  how often a word of the training text must occur to be in the vocabulary
    """

    sizes: dict[str, Any]
    learning_rate: float
    batch_size: int
    min_freq: int


def settings_for(data: str | None) -> Settings:
    """A small model for the toy grammar, a larger one for real text."""
    if data is None:
        sizes = {"embedding_size": 64, "hidden_size": 96, "dropout": 0.0}
        return Settings(sizes, learning_rate=8e-3, batch_size=64, min_freq=1)
    sizes = {"embedding_size": 128, "hidden_size": 256, "dropout": 0.2}
    return Settings(sizes, learning_rate=2e-3, batch_size=32, min_freq=2)


def build_vocabs(pairs: Pairs, min_freq: int) -> tuple[text.Vocab, text.Vocab]:
    """The vocabularies of the source and of the target."""
    source_vocab = text.Vocab.build([source for source, _ in pairs], min_freq=min_freq)
    target_vocab = text.Vocab.build([target for _, target in pairs], min_freq=min_freq)
    return source_vocab, target_vocab


# --- training ---


def updates_for(options: argparse.Namespace, train: Pairs, epochs: int, quick: int) -> int:
    """How many updates `epochs` are, of text of one's own as many as suit its size."""
    lengths = [len(target) for _, target in train]
    batch_size = settings_for(options.data).batch_size
    batches = text.bucket_batches(lengths, batch_size, max_tokens=TOKENS)
    usual = epochs_for(options.data, epochs, 29_000, len(train))
    if options.quick:
        return len(batches) * quick
    return len(batches) * (options.epochs or usual)


def train_translator(options: argparse.Namespace, model: nn.Module, train: Pairs,
                     vocabs: tuple[text.Vocab, text.Vocab], updates: int, name: str = "",
                     settings: Settings | None = None,
                     watch: Callable[[], float] | None = None) -> list[tuple[float, float]]:
    """Teacher forcing with Adam, in batches of sentences of about one length.

    watch  what to measure eight times on the way, such as a perplexity

    Returns (CPU seconds so far, what was measured), eight times. The model ends in eval mode:
    from there on nothing is dropped.
    """
    settings = settings or settings_for(options.data)
    optimizer = optim.Adam(model.parameters(), lr=settings.learning_rate)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, updates // 20, updates)
    lengths = [len(target) for _, target in train]
    kept: dict[str, Any] = {"curve": [], "seconds": 0.0, "queue": []}  # what --resume puts back
    for step, bar in training(options, updates, model, optimizer, schedule, kept, name):
        started = time.process_time()
        if not kept["queue"]:
            kept["queue"] = text.bucket_batches(lengths, settings.batch_size,
                                                seed=options.seed + step + 1, max_tokens=TOKENS)
        pairs = [train[i] for i in kept["queue"].pop()]
        loss = translation_loss(model, *batch(pairs, *vocabs))  # (B, S), (B,), (B, T) -> ()
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        kept["seconds"] += time.process_time() - started
        if step % 10 == 0:
            bar.set_postfix(loss=f"{loss.item():.2f}")

        if watch and ((step + 1) % max(1, updates // 8) == 0 or step + 1 == updates):
            model.eval()
            kept["curve"].append((kept["seconds"], watch()))
            model.train()
    model.eval()
    return kept["curve"]


# --- measuring and decoding ---


def translation_loss(model: nn.Module, source: np.ndarray, lengths: np.ndarray,
                     target: np.ndarray) -> td.Tensor:
    """Nats per target word, </s> included: each from the true words before it (teacher forcing)."""
    logits, _ = model(source, lengths, target[:, :-1])  # (B, T-1, V)
    return F.cross_entropy(logits.flatten(0, 1), target[:, 1:].reshape(-1), ignore_index=PAD)


@td.no_grad()
def pairs_perplexity(model: nn.Module, pairs: Pairs, source_vocab: text.Vocab,
                     target_vocab: text.Vocab) -> float:
    """exp of the mean nats per target word of these pairs, </s> included, teacher forced."""
    total, words = 0.0, 0
    lengths_of_targets = [len(target) for _, target in pairs]
    for indices in text.bucket_batches(lengths_of_targets, 64, shuffle=False,
                                       max_tokens=TOKENS):
        source, lengths, target = batch([pairs[i] for i in indices], source_vocab, target_vocab)
        count = int((target[:, 1:] != PAD).sum())
        total += translation_loss(model, source, lengths, target).item() * count
        words += count
    return perplexity(total, words)


def attention_entropy(model: nn.Module, source: np.ndarray, lengths: np.ndarray,
                      target: np.ndarray) -> float:
    """Mean entropy, in nats, of where each target word looks.

    log(S) if it looks everywhere alike, 0 if all weight is on one word. Near 0 on long training it
    has stuck: a softmax that is all 0 and 1 passes no gradient on.
    """
    B, T = target.shape
    entropies = []
    for rows in text.cut_batches([T] * B, B, TOKENS):
        with td.no_grad():
            _, attention = model(source[rows], lengths[rows], target[rows, :-1])  # (B, T-1, S)
        weights = attention.numpy()[target[rows, 1:] != PAD].astype(np.float64)  # (words, S)
        entropies.append(-(weights * np.log(np.maximum(weights, 1e-300))).sum(axis=1))
    return float(np.concatenate(entropies).mean())


def source_batches(sentences: Sequence[list[str]], source_vocab: text.Vocab,
                   size: int = 100) -> Iterator[tuple[list[int], np.ndarray, np.ndarray]]:
    """Sentences to translate, longest first: their places, ids (B, S), lengths (B,)."""
    order = sorted(range(len(sentences)), key=lambda i: -len(sentences[i]))
    lengths_in_order = [len(sentences[i]) for i in order]
    for part in text.cut_batches(lengths_in_order, size, 4 * TOKENS) if order else []:
        places = [order[k] for k in part]
        encoded = [source_vocab.encode(sentences[i], eos=True) for i in places]
        source, lengths = text.pad(encoded, PAD)
        yield places, source, lengths


@td.no_grad()
def translate_greedily(model: Any, sentences: Sequence[list[str]], source_vocab: text.Vocab,
                       target_vocab: text.Vocab) -> list[list[str]]:
    """One translation of each sentence, the likeliest next word taken at each step."""
    forbid = (target_vocab.pad_id, target_vocab.bos_id, target_vocab.unk_id)
    found: list[list[str]] = [[] for _ in sentences]
    for places, source, lengths in source_batches(sentences, source_vocab):
        state = model.encode(source, lengths)
        hypotheses = decode.greedy(model.step, state, len(places), target_vocab.bos_id,
                                   target_vocab.eos_id, 2 * lengths + 10, forbid=forbid)
        for i, hypothesis in zip(places, hypotheses, strict=True):
            found[i] = target_vocab.decode(hypothesis.tokens)
    return found


# --- a model that is kept: --save, --load, --translate ---


def parse_translator(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Read the flags, among them --save, --resume, --load, --translate, --source and --target.

    Refuses what would be ignored, or would fail only after the training.
    """
    saving(parser)
    parser.add_argument("--load", metavar="FILE", help="use a saved model instead of training")
    parser.add_argument("--translate", metavar="SENTENCE",
                        help="translate this one sentence, and stop")
    language_flags(parser)
    options = parse(parser)
    if not options.load:
        check_languages(parser, options)
    if options.load and (options.save or options.epochs):
        parser.error("--load uses a model as it is: --save and --epochs belong to training")
    if options.translate is not None and not options.translate.strip():
        raise DataError(message("--translate: the sentence is empty",
                                fix='--translate "der hund schläft ."'))
    return options


def save_translator(options: argparse.Namespace, model: nn.Module, source_vocab: text.Vocab,
                    target_vocab: text.Vocab, sizes: dict[str, Any]) -> None:
    """Keep a model for `beam_search.py --load`, if --save is given: with vocabularies and data.

    Files of one's own are noted by their full path.
    """
    if not options.save:
        return
    data = options.data
    if data is not None and data not in text.CORPORA:
        parts = [data] if Path(data).exists() else data.split(",")
        data = ",".join(str(Path(part).resolve()) for part in parts)
    save_model(options.save, model, source=source_vocab.to_list(), target=target_vocab.to_list(),
               sizes=sizes, data=data)


def load_translator(options: argparse.Namespace) -> tuple[Seq2Seq, tuple[text.Vocab, text.Vocab]]:
    """The model that --load names and its vocabularies. Without --data, its data is what it was."""
    state, about = load_model(options.load, Seq2Seq)
    options.data = options.data or about.get("data")
    source_vocab = text.Vocab.from_list(about["source"])
    target_vocab = text.Vocab.from_list(about["target"])
    model = Seq2Seq(len(source_vocab), len(target_vocab), **about["sizes"])
    model.load_state_dict(state)
    return model, (source_vocab, target_vocab)


def check_translate(options: argparse.Namespace, source_vocab: text.Vocab) -> None:
    """Say which words of --translate are unknown; refuse a sentence that has no other.

    Known as soon as there is a vocabulary: before the training.
    """
    if options.translate is None:
        return
    tokens = tokenizer(options.source)(options.translate)
    unknown = source_vocab.unknown(tokens)
    if set(tokens) <= set(unknown):
        raise DataError(message(f"--translate: no word of it is known ({shown(unknown)})",
                                fix=f"a sentence in the language that the text has as its source, "
                                    f"{options.source!r}"))
    if unknown:
        print(f"not in the vocabulary, read as <unk>: {shown(unknown)}")


def translate_and_stop(options: argparse.Namespace, search: Any, target_vocab: text.Vocab) -> None:
    """Print what --translate asks for, and end the program.

    search  (sentences, beam_size, **options of decode.beam_search) -> one result per sentence
    """
    tokens = tokenizer(options.source)(options.translate)
    greedy = search([tokens], 0)[0]
    print("   score   log p")
    print(f"{'':8}{greedy.log_prob:8.2f}  greedy: {shown(target_vocab.decode(greedy.tokens))}")
    found = search([tokens], 5, length_normalization="length", n_best=5)[0]
    for hypothesis in found.hypotheses:
        words = shown(target_vocab.decode(hypothesis.tokens))
        print(f"{hypothesis.score:8.2f}{hypothesis.log_prob:8.2f}  {words}")

    remove_checkpoints()
    raise SystemExit(0)
