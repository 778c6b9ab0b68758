"""For back_translation.py: its flags, text without a source, the pairs that a model makes of it."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

import numpy as np

from tinydawn import text
from tinydawn.errors import DataError, message

from .parallel import Pairs, parse_languages, splits
from .translator import Settings

LONGEST = 10  # words of real text, and
TOY_LONGEST = 9  # of the made-up language: short, as there are four trainings for each seed


def parse_back_translation(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Read the flags, among them --share and --seeds, and put in what they are by default."""
    parser.add_argument("--share", type=float,
                        help="of the training pairs stay pairs; default .11, of real text .15")
    parser.add_argument("--seeds", type=int, help="how many seeds, each with pairs of its own; "
                                                  "default 3, of real text 1")
    options = parse_languages(parser)
    toy = options.data is None
    if options.share is None:
        options.share = 0.11 if toy else 0.15
    if options.seeds is None:
        options.seeds = 3 if toy and not options.quick else 1
    if not 0 < options.share < 1 or options.seeds < 1:
        parser.error(f"--share {options.share} --seeds {options.seeds}: "
                     "a share between 0 and 1, and at least one seed")
    return options


def settings_for(data: str | None) -> Settings:
    """Smaller models than elsewhere: there are four of them for each seed."""
    if data is None:
        sizes = {"embedding_size": 48, "hidden_size": 64, "dropout": 0.0}
        return Settings(sizes, learning_rate=1e-2, batch_size=64, min_freq=1)
    sizes = {"embedding_size": 128, "hidden_size": 192, "dropout": 0.2}
    return Settings(sizes, learning_rate=3e-3, batch_size=32, min_freq=2)


def load_divided(options: argparse.Namespace, seed: int) -> tuple[Pairs, list[list[str]], Pairs]:
    """Pairs, target sentences without a source, and test pairs, all of this seed."""
    if options.data is None:
        sizes = (800, 50, 100) if options.quick else (3100, 100, 700)
        parts = text.toy_translation_splits(*sizes, seed=seed)
    else:
        parts = splits(options.data, options.source, options.target, seed, options.quick)
    train, validation, test = (short(part, options.data) for part in parts)
    pairs, monolingual = divide(train, validation + test, options.share, seed)
    if not (pairs and monolingual and test):
        what = (f"--data {options.data}: {len(pairs)} pairs, {len(monolingual)} target sentences "
                f"beside them, {len(test)} pairs to test")
        raise DataError(message(what, fix=f"more pairs of at most {LONGEST} words a sentence, or "
                                          "another --share"))
    return pairs, monolingual, test


def short(pairs: Pairs, data: str | None) -> Pairs:
    """The pairs with no more than so many words: of the made-up language in the source."""
    if data is None:
        return [pair for pair in pairs if len(pair[0]) <= TOY_LONGEST]
    return [pair for pair in pairs if max(map(len, pair)) <= LONGEST]


def updates_for(options: argparse.Namespace, sentences: int) -> int:
    """As many updates as so many sentences, paired or not, need; 12 passes over them."""
    settings = settings_for(options.data)
    epochs = options.epochs or 12
    if options.quick:
        epochs = options.epochs or 8
    return epochs * math.ceil(sentences / settings.batch_size)


def divide(train: Pairs, held_out: Pairs, share: float,
           seed: int) -> tuple[Pairs, list[list[str]]]:
    """A share of the training pairs that stay pairs, and of the others the target sentences alone.

    A target sentence that is also one of the held-out pairs' is left out: to read a test's answer
    is to know the test.
    """
    order = np.random.default_rng(seed).permutation(len(train))
    count = max(1, round(share * len(train)))
    answers = {tuple(target) for _, target in held_out}
    others = [train[i][1] for i in order[count:]]
    monolingual = [target for target in others if tuple(target) not in answers]
    return [train[i] for i in order[:count]], monolingual


def synthetic_pairs(monolingual: list[list[str]],
                    translate: Callable[[list[list[str]]], list[list[str]]]) -> Pairs:
    """Pairs (what the backward model made of a sentence, the sentence itself).

    What a machine wrote is never a target. A sentence that it made nothing of is left out.
    """
    written = translate(monolingual)
    return [(source, target) for source, target in zip(written, monolingual, strict=True) if source]


def targets_in(pairs: Pairs, sentences: list[list[str]]) -> int:
    """How many of the pairs have a target that is one of these sentences."""
    known = {tuple(sentence) for sentence in sentences}
    return sum(tuple(target) in known for _, target in pairs)
