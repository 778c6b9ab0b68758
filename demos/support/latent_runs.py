"""For vae_lm.py: its flags and settings, its sentences, and its printed table."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tinydawn import text
from tinydawn.errors import DataError, message
from tinydawn.metrics import perplexity

from . import latent_figures as figures
from . import latent_space as latent
from .own_text import epochs_for
from .panels import check_letters
from .run import Results, arguments, parse
from .training import saving

COLUMNS = {"rec": "rec", "rec_at_mean": "at mean", "kl": "KL", "elbo": "-ELBO", "ppl": "ppl <=",
           "iw": "-IW bound", "active": "active", "mi": "MI", "distinct": "different"}


class Setting(NamedTuple):
    """What suits a corpus."""

    shortest: int  # sentences of fewer words are left out, as are longer ones than:
    longest: int
    most_words: int  # size of the vocabulary
    width: int  # of the networks
    Z: int  # numbers in z
    learning_rate: float
    epochs: int


SETTINGS = {
    None: Setting(1, 20, 200, 48, 8, 6e-3, 7),
    "ptb": Setting(4, 12, 2003, 96, 16, 3e-3, 8),
    "tang": Setting(1, 20, 2500, 96, 16, 3e-3, 12),
    "names": Setting(1, 20, 100, 96, 16, 3e-3, 4),
}


def flags() -> argparse.Namespace:
    """Read the flags; `variants` is the list of what to train."""
    parser = arguments("Train a VAE language model, show that it ignores z, and what helps.")
    parser.add_argument(
        "--variants",
        help="what to train, with commas between: none, or some of linear, sigmoid, cyclic, "
        "dropout=RATE, freebits=NATS, bow with + between. The last is looked into. "
        "Default: all of the lecture")
    saving(parser, "the model of the last variant")
    parser.add_argument("--load", metavar="FILE",
                        help="do not train: look into a model that was kept, on the same --data")
    return parse(parser)


def variants(options: argparse.Namespace) -> dict[str, dict[str, float | None]]:
    """Of each variant that is to be trained, its tricks."""
    chosen = options.variants
    if not chosen and options.quick:
        chosen = "none,dropout=1,linear+bow"
    elif not chosen:
        more = "" if options.data is None else "freebits,dropout=0.25,dropout=0.75,"
        chosen = (f"none,linear,sigmoid,cyclic,{more}dropout=0.5,dropout=1,linear+dropout=0.5,"
                  "linear+dropout=1,bow,linear+dropout=0.5+bow,linear+bow")
    return {name: latent.tricks(name) for name in chosen.replace(" ", "").split(",")}


Sentences = list[list[str]]


def setting(options: argparse.Namespace) -> Setting:
    """What suits --data."""
    return SETTINGS.get(options.data, SETTINGS["ptb"])


def with_epochs(found: Setting, options: argparse.Namespace, sentences: Sentences) -> Setting:
    """With the epochs of this run; on ptb there are 8,063 sentences to train on."""
    usual = epochs_for(options.data, found.epochs, 8063, len(sentences))
    return found._replace(epochs=4 if options.quick else options.epochs or usual)


def load(options: argparse.Namespace, chosen: Setting,
         ) -> tuple[Sentences, Sentences, np.ndarray | None, np.ndarray | None]:
    """Sentences to train on and to test with; of made-up scenes also what was chosen for each."""
    if options.data is None:
        train = latent.scenes(1500 if options.quick else 3000, 2 * options.seed)
        test = latent.scenes(200 if options.quick else 500, 2 * options.seed + 1)
        return train[0], test[0], train[1], test[1]
    parts = []
    for split, most in (("train", 1500), ("test", 200)):
        fitting = [sentence for sentence in text.load_sentences(options.data, split)
                   if chosen.shortest <= len(sentence) <= chosen.longest]
        parts.append(fitting[:most if options.quick else None])
    check_letters(parts[1])
    if min(map(len, parts)) < 2:
        what = f"too few sentences of {chosen.shortest} to {chosen.longest} words"
        raise DataError(message(f"--data {options.data}: {what}", fix="other text"))
    return parts[0], parts[1], None, None


def separator(vocab: text.Vocab) -> str:
    """What stands between two tokens: a space between words, nothing between letters."""
    words = any(len(token) > 1 and token.isascii() for token in vocab.tokens[4:])
    return " " if words else ""


def print_header() -> None:
    names = "".join(f"{name:>10}" for name in COLUMNS.values())
    print(f"\nnats per sentence{'':9}{names}{'CPU s':>8}")


def print_language_model(nats: float, sentences: int, tokens: int, seconds: float) -> None:
    ppl = perplexity(nats * sentences, tokens)
    print(f"{'LSTM LM without z':26}{nats:10.2f}{'':20}{nats:10.2f}{ppl:10.2f}{'':40}"
          f"{seconds:8.1f}")


def print_entropy(nats: float, sentences: int, tokens: int) -> None:
    ppl = perplexity(nats * sentences, tokens)
    print(f"{'no model needs less than':26}{'':30}{nats:10.2f}{ppl:10.2f}")


def print_row(name: str, row: Mapping[str, float], seconds: float) -> None:
    cells = "".join(f"{row[key]:10.{0 if key in ('active', 'distinct') else 2}f}"
                    for key in COLUMNS)
    print(f"{name:26}{cells}{seconds:8.1f}")


def report_curves(results: Results, curves: Mapping[str, np.ndarray], epochs: int) -> None:
    """Of each way of annealing, and of none, what became of the KL during training (steps, 3)."""
    if "none" in curves:
        first = curves["none"][:len(curves["none"]) // epochs, 1]
        end = first[-10:].mean()
        results.metric(kl_none_first_step=first[0], kl_none_after_epoch_1=end)
        print(f"\nnone: the KL of epoch 1 is {first.max():.3f} at step {first.argmax()}, "
              f"{end:.4f} at the end")
    for name, rows in curves.items():
        if name in ("linear", "sigmoid", "cyclic"):
            _, kl, beta = rows.T
            top = int(kl.argmax())
            print(f"{name}: the KL is {kl[top]:.1f} at step {top}, where beta is {beta[top]:.3f}, "
                  f"and {kl[-20:].mean():.4f} at the end")


def draw_ladder(results: Results, curves: Mapping[str, np.ndarray],
                rows: Mapping[str, Mapping[str, float]], nats: float, last: str) -> None:
    """The figures of the table. nats: of the model without z; empty curves: no training."""
    if curves:
        shown = dict.fromkeys(key for key in ("none", "sigmoid", "cyclic", last) if key in curves)
        results.figure("training.svg", figures.training_figure({key: curves[key] for key in shown}))
        results.figure("ladder.svg", figures.ladder_figure(rows, nats, "LSTM LM without z"))
    if families := figures.by_rate(rows):
        results.figure("word_dropout.svg", figures.rate_figure(families))


def print_written(originals: Sequence[str], pairs: Sequence[tuple[str, str]]) -> None:
    print("\nan unseen sentence, what is written from the mean of its z, and the words of its bag")
    for original, (sentence, bag) in zip(originals, pairs, strict=True):
        print(f"  {original}\n    {sentence}")
        if bag:
            print(f"    [{bag}]")
