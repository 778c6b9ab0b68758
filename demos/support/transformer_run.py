"""What serves a run of transformer.py: flags, sizes for each corpus, the text, what is kept."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tinydawn import text
from tinydawn.errors import DataError, message
from tinydawn.models.transformer import TransformerLM

from .own_text import suited
from .panels import check_letters
from .run import Results, arguments, parse
from .training import load_model, save_model, saving
from .transformer_lstm import train


class Settings(NamedTuple):
    """What is trained on a corpus, and how long."""

    sizes: dict[str, Any]  # what TransformerLM is built with; max_length is the window, T
    updates: int  # of 16 windows each
    learning_rate: float


class Corpus(NamedTuple):
    """A text by character, and what is trained on it."""

    ids: np.ndarray  # (N,) to train on
    held_out: np.ndarray  # (M,) to validate
    vocab: text.Vocab
    sizes: dict[str, Any]  # of the model
    updates: int  # 0 of a model that was kept, which is not trained
    learning_rate: float
    state: dict[str, Any] | None  # the weights of a model that was kept

    @property
    def never(self) -> list[int]:
        """The ids that stand for no character."""
        vocab = self.vocab
        return [vocab.pad_id, vocab.unk_id, vocab.bos_id, vocab.eos_id]


DRAWN = 20_000  # characters of the text to validate that the curves of nats.svg are measured on
SMALL = {"d_model": 96, "nhead": 4, "num_layers": 1, "max_length": 48}
LARGE = {"d_model": 128, "nhead": 4, "num_layers": 3, "max_length": 64}
EMBEDDED = Settings(SMALL, updates=450, learning_rate=8e-3)  # a quarter of a minute
TINYSHAKESPEARE = Settings(LARGE, updates=3600, learning_rate=3e-3)
OWN = {1_004_000: TINYSHAKESPEARE}  # characters to train on -> what suits as many; own_text.py


def read_flags() -> argparse.Namespace:
    """The flags of the run; a temperature at which nothing could be written is refused."""
    parser = arguments("Train a Transformer as a language model by character, "
                       "look into its heads, and let it write.")
    parser.add_argument("--positions", choices=("sinusoidal", "learned", "none"),
                        default="sinusoidal")
    parser.add_argument("--post-norm", action="store_true",
                        help="norm(x + f(x)) in place of x + f(norm(x))")
    parser.add_argument("--no-lstm", action="store_true",
                        help="do not train an LSTM for the same CPU seconds beside it")
    parser.add_argument("--temperature", type=float, default=0.8,
                        help="of what is written: below 1 more careful; default 0.8")
    saving(parser)
    parser.add_argument("--load", metavar="FILE",
                        help="do not train: use a model that was kept, on the same --data")
    options = parse(parser)
    if not 0 < options.temperature < np.inf:
        parser.error("--temperature: a number above 0")
    return options


def prepare(options: argparse.Namespace, batch_size: int) -> Corpus:
    """The text that the flags name, as ids, and the sizes that suit it."""
    train = list(text.load_characters(options.data, "train"))
    validation = list(text.load_characters(options.data, "validation"))
    check_letters([validation[:1000]])
    if options.quick:
        validation = validation[:3000]
    sizes, updates, learning_rate = settings_of(options, len(train))
    state, about = load_model(options.load, TransformerLM) if options.load else (None, {})
    if state:
        sizes = about["sizes"]
    T = sizes["max_length"]
    _check_length(options, train, validation, T)
    vocab = text.Vocab.from_list(about["tokens"]) if state else text.Vocab.build([train])
    ids, held_out = np.array(vocab.encode(train)), np.array(vocab.encode(validation))
    if options.epochs:
        updates = options.epochs * len(ids) // (batch_size * T) + 1
    print(f"{len(ids):,} characters, {len(held_out):,} to validate, V = {len(vocab)}")
    return Corpus(ids, held_out, vocab, sizes, 0 if state else updates, learning_rate, state)


def keep(options: argparse.Namespace, model: TransformerLM, corpus: Corpus) -> None:
    """Write the model, if --save asks for it."""
    if options.save:
        save_model(options.save, model, tokens=corpus.vocab.to_list(), sizes=corpus.sizes)


def first_line(corpus: Corpus) -> slice:
    """From where a line of the text to validate begins, with room for 16 characters after it."""
    ends = np.flatnonzero(corpus.held_out[:-17] == corpus.vocab["\n"])
    return slice(int(ends[0]) + 1 if len(ends) else 0, None)


def word_starts(texts: np.ndarray, vocab: text.Vocab) -> np.ndarray:
    """Of each place of texts (N, T) the last one up to it with a space or an end of line; or 0."""
    gap = np.isin(texts, [vocab[" "], vocab["\n"]])
    return np.maximum.accumulate(np.where(gap, np.arange(texts.shape[1]), 0), axis=1)


def count_ngrams(results: Results, corpus: Corpus) -> None:
    """Print and record what counting gives: nats per character of the text to validate."""
    letters = len(corpus.vocab) - len(corpus.never)
    for n in (1, 3, 5):
        ngram = text.KneserNey([corpus.ids.tolist()], n, corpus.vocab.bos_id, letters)
        nats = -ngram.log_probs([corpus.held_out.tolist()]).mean()
        results.baseline(**{f"validation_nats_{n}gram": nats})
        print(f"{n}-gram {nats:.4f} nats per character")


def train_lstm(results: Results, options: argparse.Namespace, corpus: Corpus,
               seconds: float) -> list[tuple[float, float]]:
    """Train an LSTM on the same text for so many CPU seconds; its curve."""
    vocab = corpus.vocab
    lstm = train(options, corpus.ids, corpus.held_out, len(vocab), vocab["\n"], seconds,
                 corpus.sizes["max_length"], DRAWN)
    results.baseline(validation_nats_lstm=lstm.nats, cpu_seconds_lstm=lstm.seconds)
    print(f"LSTM {lstm.nats:.4f} after {lstm.seconds:.0f} CPU s, "
          f"{lstm.updates:,} updates of {lstm.parameters:,} parameters")
    return lstm.curve


def report_english(results: Results, model: TransformerLM, places: np.ndarray, mixed: float,
                   seconds: float) -> None:
    """Print and record the nats of the text to validate, at each place (T,), and mixed."""
    own = places[len(places) // 2:].mean()
    results.metric(validation_nats=own, validation_nats_all_positions=places.mean(),
                   validation_nats_first_position=places[0], validation_nats_mixed=mixed,
                   cpu_seconds_transformer=seconds)
    count = sum(p.numel() for p in model.parameters())
    print(f"\nTransformer {own:.4f} after {seconds:.0f} CPU s, {count:,} parameters")
    print(f"  the mean over all places {places.mean():.4f}; "
          f"with the characters before the last mixed {mixed:.2f}")


def report_made_up(results: Results, what: str, key: str, transformer: float, lstm: float,
                   seconds: float) -> None:
    """Print and record what each model pays for what could be known, in nats."""
    guess = np.log(8 if key.startswith("copy") else 2)
    results.metric(**{key.format("transformer"): transformer, key.format("lstm"): lstm})
    results.baseline(**{f"{key.split('_')[0]}_nats_guessed": guess})
    print(f"{what:18} {seconds:.1f} CPU s each, nats for what could be known: Transformer "
          f"{transformer:.3f}, LSTM {lstm:.3f}, a guess {guess:.3f}")


def report_heads(results: Results, shares: dict[str, np.ndarray], evenly: float) -> None:
    """Print and record the head that gives most of its attention to each place, of (L, H)."""
    results.baseline(previous_character_evenly=evenly)
    print(f"\nevenly spread, one character would have {evenly:.2f} of the attention")
    for name, share in shares.items():
        layer, head = np.unravel_index(share.argmax(), share.shape)
        results.metric(**{f"{name}_head": share.max()})
        print(f"{name.replace('_', ' ')}: head {head + 1} of layer {layer + 1}, {share.max():.2f}")


def report_cached(results: Results, line: np.ndarray, kept: Callable[[np.ndarray], np.ndarray],
                  anew: Callable[[np.ndarray], np.ndarray]) -> None:
    """Time both ways to read a line, and compare what they give."""
    answers, seconds = [], []
    for function in (kept, anew):
        begun = time.process_time()
        answers.append(function(line))
        seconds.append(time.process_time() - begun)
    gap = np.abs(answers[0] - answers[1]).max()
    results.metric(cached_gap=gap, cached_times_faster=seconds[1] / max(seconds[0], 1e-9))
    print(f"\n{len(line)} characters: {1e3 * seconds[0]:.0f} ms with keys and values kept, "
          f"{1e3 * seconds[1]:.0f} ms reading anew; log p differs by at most {gap:.0e}")


def settings_of(options: argparse.Namespace, characters: int) -> Settings:
    """What is trained on so many characters, and how, as far as flags do not say otherwise."""
    if options.data is None:
        found = EMBEDDED
    elif options.data == "tinyshakespeare":
        found = TINYSHAKESPEARE
    else:
        found, longer = suited(OWN, characters)
        found = found._replace(updates=round(found.updates * longer))
    if options.quick:
        small = {**SMALL, "d_model": 32, "max_length": 32}
        found = found._replace(sizes=small, updates=200)
    positions = None if options.positions == "none" else options.positions
    sizes = {**found.sizes, "norm_first": not options.post_norm, "positions": positions}
    return found._replace(sizes=sizes)


def _check_length(options: argparse.Namespace, train: list[str], validation: list[str],
                  T: int) -> None:
    """Refuse a text that has not two windows of T characters in each part."""
    if min(len(train), len(validation)) <= 2 * T:
        what = (f"--data {options.data}: {len(train)} characters to train on, "
                f"{len(validation)} to validate")
        raise DataError(message(what, fix=f"a text of at least {20 * T + 20:,} characters"))
