"""What a BERT reads, and what it is built from: a vocabulary, and weights if they were kept."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NamedTuple

from tinydawn import text
from tinydawn.models.bert import BertForPreTraining

from . import masked
from .training import load_model, saving


def bert_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of bert.py beside those of every demo."""
    parser.add_argument("--level", choices=("words", "pieces"), default="words",
                        help="the 4,000 most frequent words, or as many pieces of words "
                             "(WordPiece)")
    parser.add_argument("--whole-words", action="store_true",
                        help="hide all pieces of a word together")
    parser.add_argument("--fill", metavar="TEXT", action="append",
                        help="a sentence with [MASK] in it, to be filled in")
    saving(parser)
    parser.add_argument("--load", metavar="FILE",
                        help="do not train: use a model that was kept, on the same --data")


class Start(NamedTuple):
    """What a BERT is built from: new, or as it was kept in a file."""

    pieces: text.WordPiece  # its vocabulary
    level: str  # whether that is of "words" or of "pieces" of words
    about: dict[str, Any]  # what is kept beside the weights, to build the model again
    weights: Any  # those of the file; None: it is to be trained

    @property
    def sizes(self) -> dict[str, Any]:
        """The settings of the model, beside the size of the vocabulary."""
        return self.about["sizes"]


def start(words: Sequence[Sequence[str]], size: int, level: str, hidden_size: int,
          file: str | None = None) -> Start:
    """A BERT with the `size` most frequent words (or pieces) of the text; or the one of the file.

    A file brings its own vocabulary, as the ids must be those that the model was pretrained on.
    """
    weights, about = load_model(file, BertForPreTraining) if file else (None, {})
    if not about:
        pieces = masked.vocabulary(words, size, level)
        sizes = {"hidden_size": hidden_size, "hidden_dropout_prob": 0.0, "initializer_range": 0.1}
        about = {"tokens": pieces.tokens, "lowercase": pieces.lowercase, "level": level,
                 "sizes": sizes}
    pieces, level = text.WordPiece(about["tokens"], about["lowercase"]), about["level"]
    if weights:
        masked.known_enough(words, pieces, level, str(file))
    return Start(pieces, level, about, weights)


class Texts(NamedTuple):
    """Sentences to train on and held-out ones, as words and as ids, and the BERT to read them."""

    words: dict[str, list[list[str]]]  # split -> sentences
    train: masked.Examples
    dev: masked.Examples
    never: list[int]  # ids that are no words
    start: Start


def read(data: str | None, quick: tuple[int, int] | None, level: str, hidden_size: int,
         file: str | None) -> Texts:
    """The sentences of a corpus, and a BERT of its 4,000 most frequent words or of a file.

    quick  of a quick run, how many sentences to train on and how many held-out ones
    """
    words = {split: masked.sentences(data, split) for split in ("train", "validation")}
    if quick:
        words["train"] = words["train"][:quick[0]]
        words["validation"] = words["validation"][:quick[1]]
    begin = start(words["train"], 4000, level, hidden_size, file)
    train = masked.encode(words["train"], begin.pieces, begin.level)
    dev = masked.encode(words["validation"], begin.pieces, begin.level)
    # [PAD] [CLS] [SEP] [MASK] are no words; of PTB, [UNK] is one
    return Texts(words, train, dev, masked.never_masked(begin.pieces, train), begin)
