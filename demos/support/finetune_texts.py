"""What finetune.py reads: text to pretrain on, and labelled sentences as ids."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from tinydawn import text
from tinydawn.errors import DataError, message

from . import labelled, masked
from .bert_texts import Start
from .own_text import epochs_for, is_own
from .small_language import one_word_wrong
from .training import saving

Sentences = list[list[str]]


def finetune_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of finetune.py beside those of every demo."""
    parser.add_argument("--labels", help="how many, such as 50,200,500")
    parser.add_argument("--unlabelled", metavar="NAME|PATH",
                        help="more text to pretrain on: movie_reviews, ptb, brown, a file")
    parser.add_argument("--frozen", action="store_true",
                        help="also: train the new top alone, and leave the BERT as it is")
    saving(parser, "the pretrained model")
    parser.add_argument("--load", metavar="FILE",
                        help="a pretrained model, of this demo, of bert.py or of next_sentence.py")


def labelled_sentences(data: str | None, seed: int, quick: bool) -> text.Labelled:
    """The labelled sentences named `data`; for None those of the small language, right or wrong."""
    if data is not None:
        return labelled.load(data, seed, quick)
    return text.Labelled(one_word_wrong(2000, 2), [], one_word_wrong(200 if quick else 500, 3),
                         ["a word is wrong", "right"])


def to_pretrain_on(found: text.Labelled, data: str | None, unlabelled: str | None,
                   loaded: bool, quick: bool) -> tuple[Sentences, str | None]:
    """The sentences of the training part and of more text; and the name of that, if it was read.

    data, unlabelled  as the flags name them. Of mr, film reviews without labels are read as well
    loaded            whether the model is pretrained already: then there is no need of more text
    """
    if data is None:  # right ones; of a small language many are in every part
        corpus = masked.sentences(None, "train")[:4000 if quick else None]
    else:
        corpus = [tokens for tokens, _ in found.train]
    extra = unlabelled or ("movie_reviews" if data == "mr" else None)
    if loaded:
        extra = None
    if extra == "movie_reviews":
        more = [sentence for document in text.load_documents(extra) for sentence in document]
    elif extra:
        more = masked.sentences(extra, "train")
    else:
        more = []
    corpus = corpus + (more[:1000] if quick else more)
    if data is not None:
        unseen = {tuple(tokens) for tokens, _ in [*found.dev, *found.test]}
        corpus = [tokens for tokens in corpus if tuple(tokens) not in unseen]
    if not corpus and not loaded:
        raise DataError(message(
            f"--data {data}: all text is for testing, none left to pretrain on",
            fix="add --unlabelled"))
    return corpus, extra


def pretraining_epochs(options: argparse.Namespace, corpus: Sentences) -> int:
    """How often the text is read; three times was found to suit mr with movie_reviews."""
    if options.quick:
        return 1
    if options.data is None:
        return 3
    own = options.data if is_own(options.data) else options.unlabelled
    return epochs_for(own, 3, 1_660_000, sum(map(len, corpus)))


def ids_and_labels(part: Sequence[tuple[list[str], int]],
                   start: Start) -> tuple[list[list[int]], np.ndarray]:
    """Labelled sentences as [CLS] sentence [SEP], and their labels (N,)."""
    encoded = masked.encode([tokens for tokens, _ in part], start.pieces, start.level)
    return [ids for ids, _ in encoded], np.array([label for _, label in part])
