"""What serves a run of bptt.py: its flags, and its text as one row of ids."""

from __future__ import annotations

import argparse

import numpy as np

from tinydawn import text
from tinydawn.errors import DataError, message

from .run import Results, arguments, parse


def start_run() -> tuple[argparse.Namespace, Results, np.ndarray, text.Vocab]:
    """The flags, the folder of results, the ids of a text (N,), and its vocabulary."""
    options = parse(arguments("Measure how gradients vanish and explode through time, "
                              "and what gates and clipping do about it."))
    by_words = options.data in ("ptb", "brown", "names", "tang")
    if by_words:
        sentences = text.load_sentences(options.data)
    else:
        sentences = [list(text.load_characters(options.data))]
    results = Results("bptt", options, options.data or "pydoc_data.topics")
    vocab = text.Vocab.build(sentences)
    encoded = [vocab.encode(sentence, eos=by_words) for sentence in sentences]
    ids = np.concatenate(encoded)[:2_000_000]
    if len(ids) < 1000:
        raise DataError(message(f"--data {options.data}: {len(ids)} tokens",
                                fix="a text of at least 1,000"))
    return options, results, ids, vocab
