"""What serves a run of birnn.py: its flags and its texts."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from tinydawn import text

from .classifier_settings import birnn_flags, birnn_settings, by_amount
from .labelled import load
from .run import Results, arguments, parse
from .senses import two_senses


def start_run() -> tuple[argparse.Namespace, Any, text.Labelled, Results]:
    """The flags, the settings of the classifiers, labelled sentences, and the folder of results."""
    parser = arguments("Recurrent networks in both directions: they classify well, and cheat as "
                       "language models.")
    birnn_flags(parser)
    options = parse(parser)
    settings = birnn_settings(options.data, options.quick, options.epochs)
    data = load(options.data, options.seed, options.quick)
    settings = by_amount(settings, options, len(data.train))
    results = Results("birnn", options, options.data or "generated opinions with negation")
    if options.text:
        read_texts(options.text)  # now, not after the classifiers: it may be missing, or too short
    return options, settings, data, results


def read_texts(name: str) -> list[list[list[str]]]:
    """Sentences to train a language model on, and others to test it."""
    return [[words[:200] for words in text.load_sentences(name, part)[:most]]
            for part, most in (("train", 4000), ("validation", 300))]


Part = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def sentences_of_senses(count: int) -> tuple[list[str], Part, Part]:
    """The vocabulary; `count` sentences to train on, and 400 others.

    Of each part: the ids (T, N), where the word of two senses stands, (N,), which sense it has,
    (N,), and whether what tells it comes behind it, (N,).
    """
    train, test = two_senses(count, seed=1), two_senses(400, seed=2)
    tokens = sorted({token for sentence in train + test for token in sentence.tokens})
    index = {token: i for i, token in enumerate(tokens)}
    parts = []
    for sentences in (train, test):
        ids = np.array([[index[token] for token in s.tokens] for s in sentences]).T
        parts.append((ids, np.array([s.place for s in sentences]),
                      np.array([s.sense for s in sentences]),
                      np.array([s.after for s in sentences])))
    return tokens, parts[0], parts[1]
