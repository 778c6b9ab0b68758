"""What serves a run of transformer.py: its flags, sizes for each corpus, and the text."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from tinydawn import text
from tinydawn.errors import DataError, message

from .panels import check_letters
from .run import arguments
from .training import saving

SMALL = {"d_model": 64, "nhead": 4, "num_layers": 2, "max_length": 48}
LARGE = {"d_model": 128, "nhead": 4, "num_layers": 3, "max_length": 64}


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


def settings_of(options: argparse.Namespace) -> tuple[dict[str, Any], int, float]:
    """What TransformerLM is built with, the number of updates, and the learning rate."""
    sizes: dict[str, Any] = dict(SMALL)
    updates, learning_rate = 900, 8e-3
    if options.data == "tinyshakespeare":
        sizes, updates, learning_rate = dict(LARGE), 3600, 3e-3
    if options.quick:
        sizes, updates = {**SMALL, "d_model": 32, "max_length": 32}, 200
    sizes["norm_first"] = not options.post_norm
    sizes["positions"] = None if options.positions == "none" else options.positions
    return sizes, updates, learning_rate


def load_text(options: argparse.Namespace, T: int) -> tuple[list[str], list[str]]:
    """The characters to train on, and those to validate with. T: how many a window has."""
    train = list(text.load_characters(options.data, "train"))
    validation = list(text.load_characters(options.data, "validation"))
    check_letters([validation[:1000]])
    if options.quick:
        validation = validation[:3000]
    if min(len(train), len(validation)) <= 2 * T:
        what = (f"--data {options.data}: {len(train)} characters to train on, "
                f"{len(validation)} to validate")
        raise DataError(message(what, fix=f"a text of at least {20 * T + 20:,} characters"))
    return train, validation
