"""What serves a run of transformer.py: its flags, sizes for each corpus, and the text."""

from __future__ import annotations

import argparse
from typing import Any, NamedTuple

import numpy as np

from tinydawn import text
from tinydawn.errors import DataError, message

from .own_text import suited
from .panels import check_letters
from .run import arguments
from .training import saving


class Settings(NamedTuple):
    """What is trained on a corpus, and how long."""

    sizes: dict[str, Any]  # what TransformerLM is built with; max_length is the window, T
    updates: int  # of 16 windows each
    learning_rate: float


SMALL = {"d_model": 64, "nhead": 4, "num_layers": 2, "max_length": 48}
LARGE = {"d_model": 128, "nhead": 4, "num_layers": 3, "max_length": 64}
EMBEDDED = Settings(SMALL, updates=900, learning_rate=8e-3)  # to be done within a minute
TINYSHAKESPEARE = Settings(LARGE, updates=3600, learning_rate=3e-3)
OWN = {1_004_000: TINYSHAKESPEARE}  # characters to train on -> what suits as many; own_text.py


def flags() -> argparse.ArgumentParser:
    """The flags of the lesson."""
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
    return parser


def check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse a temperature at which nothing could be written."""
    if not 0 < options.temperature < np.inf:
        parser.error("--temperature: a number above 0")


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


def load_text(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """The characters to train on, and those to validate with."""
    train = list(text.load_characters(options.data, "train"))
    validation = list(text.load_characters(options.data, "validation"))
    check_letters([validation[:1000]])
    return train, validation[:3000] if options.quick else validation


def check_length(options: argparse.Namespace, train: list[str], validation: list[str],
                 T: int) -> None:
    """Refuse a text that has not two windows of T characters in each part."""
    if min(len(train), len(validation)) <= 2 * T:
        what = (f"--data {options.data}: {len(train)} characters to train on, "
                f"{len(validation)} to validate")
        raise DataError(message(what, fix=f"a text of at least {20 * T + 20:,} characters"))
