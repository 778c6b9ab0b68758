"""What next_sentence.py reads: documents, and pairs of their sentences as ids."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinydawn import text
from tinydawn.errors import DataError, message

from . import masked
from .small_language import stories

Documents = list[list[list[str]]]
FOLLOWS, DOES_NOT = 0, 1  # the labels, as in BERT; 0 is a class like any other


def check_named(data: str | None) -> None:
    """DataError for a corpus whose lines come without a mark where a text ends."""
    if data not in (None, "brown", "movie_reviews"):
        raise DataError(message(f"--data {data}: no documents of this name",
                                fix="brown, movie_reviews, or leave it out"))


def documents(data: str | None, seed: int, quick: bool) -> tuple[Documents, Documents]:
    """Documents to train on, and every tenth, which is held out; made-up stories for None."""
    if data is None:
        found = stories(2000, seed)
        if quick:
            found = found[:1000]
    else:
        found = [[[word.lower() for word in sentence] for sentence in document]
                 for document in text.load_documents(data)]
        if quick:
            found = [document[:20] for document in found[::8]]
    return [document for i, document in enumerate(found) if i % 10 != 9], found[9::10]


def encode(pairs: Sequence[text.SentencePair], pieces: text.WordPiece,
           longest: int) -> tuple[masked.Examples, np.ndarray]:
    """[CLS] a [SEP] b [SEP] of each, and the labels (N,)."""
    examples = []
    for a, b, _ in pairs:
        ids_a = masked.numbers(a, pieces, "words")
        ids_b = masked.numbers(b, pieces, "words")
        examples.append(text.pack(ids_a, ids_b, pieces.cls_id, pieces.sep_id, longest))
    labels = [FOLLOWS if is_next else DOES_NOT for _, _, is_next in pairs]
    return examples, np.array(labels)
