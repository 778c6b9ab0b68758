"""What BERT is pretrained on: masked tokens, and pairs of sentences that follow each other or do not.

Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding", NAACL 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tinydawn import random
from tinydawn.checks import array, listed, number, whole
from tinydawn.errors import DataError, DTypeError, IdError, ShapeError, message
from tinydawn.text.batching import pad

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
IGNORED = -100  # the target of a position that has no loss: the default ignore_index of F.cross_entropy


def mask_tokens(ids: npt.ArrayLike, mask_id: int, vocabulary_size: int, special_ids: Sequence[int], probability: float = 0.15,
                masked: float = 0.8, replaced: float = 0.1, starts: npt.ArrayLike | None = None,
                rng: np.random.Generator | None = None, max_predictions: int | None = None) -> tuple[Ints, Ints]:
    """Choose some tokens to be predicted, and hide most of them.

    In each row `probability` of the tokens that are not special are chosen, at least one if there is any. One draw for each
    then decides what the model sees there: with probability `masked` mask_id, with `replaced` a random token that is not
    special, else the token itself. So the model cannot know whether a token that it sees is the true one, and has to form
    an opinion on every one, although the loss is only on those that were chosen.

    ids              (B, T), padded with an id that is among special_ids
    vocabulary_size  V
    special_ids      are neither chosen nor put in at random: [PAD], [CLS], [SEP], [MASK], and [UNK] unless the text has it
    masked, replaced default 0.8 and 0.1, so that 0.1 are left as they are; ELECTRA has 0.85 and 0
    starts           (B, T) booleans, True where a word begins: then words are chosen with all their pieces, in random order,
                     as long as they fit into the share
    rng              draws; None for tinydawn's generator
    max_predictions  at most so many in a row: BERT has 20 of 128. None: as many as the share is

    Returns the inputs (B, T) and the targets (B, T): the true id where it was chosen, else -100.
    Raises ShapeError, DTypeError or DataError for arguments that are none of the above.
    """
    rng, ids = random.generator if rng is None else rng, array("mask_tokens", "ids", ids)
    special = array("mask_tokens", "special_ids", listed("mask_tokens", "special_ids", special_ids), "iuf")
    probability, masked, replaced = (number("mask_tokens", "a share", share) for share in (probability, masked, replaced))
    _check_masking(ids, mask_id, vocabulary_size, probability, masked, replaced, starts)
    ids = ids.astype(np.int64)  # -100 is no unsigned number
    ordinary = np.setdiff1d(np.arange(vocabulary_size), special)
    if not len(ordinary):
        raise DataError(message("mask_tokens: every id is special", fix="a vocabulary with ordinary tokens"))
    real = ~np.isin(ids, special)  # (B, T)
    most = ids.shape[1] if max_predictions is None else whole("mask_tokens", "max_predictions", max_predictions, 1)
    wanted = np.clip(np.rint(probability * real.sum(axis=1)).astype(int), real.any(axis=1), most)  # (B,)
    if starts is None:
        order = np.where(real, rng.random(ids.shape), 2).argsort(axis=1).argsort(axis=1)  # (B, T): the rank of a random number
        chosen = real & (order < wanted[:, None])
    else:
        chosen = np.stack([_whole_words(r, np.asarray(s), n, rng)
                           for r, s, n in zip(real, np.asarray(starts), wanted, strict=True)])
    draw = rng.random(ids.shape)  # one draw: a second one for "random" would make it .8 / .02 / .18
    inputs = np.where(chosen & (draw < masked), mask_id, ids)
    change = chosen & (draw >= masked) & (draw < masked + replaced)
    inputs[change] = ordinary[rng.integers(len(ordinary), size=int(change.sum()))]
    return inputs.astype(np.int64), np.where(chosen, ids, IGNORED).astype(np.int64)


def _check_masking(ids: npt.NDArray[Any], mask_id: int, vocabulary_size: int, probability: float, masked: float,
                   replaced: float, starts: npt.ArrayLike | None) -> None:
    """The errors of `mask_tokens` for arguments that do not go together."""
    whole("mask_tokens", "vocabulary_size", vocabulary_size)
    if not 0 <= whole("mask_tokens", "mask_id", mask_id) < vocabulary_size:
        raise IdError(message(f"mask_tokens: mask_id {mask_id} is outside 0 .. {vocabulary_size - 1}", fix="the id of [MASK]"))
    if ids.ndim != 2 or (starts is not None and np.shape(starts) != ids.shape):
        raise ShapeError(message(f"mask_tokens: ids of shape {ids.shape}, starts {None if starts is None else np.shape(starts)}",
                                 fix="(B, T), both"))
    if ids.dtype.kind not in "iu":
        raise DTypeError(message(f"mask_tokens: ids are {ids.dtype}", fix="integer ids, from a tokenizer's encode"))
    if not 0 < probability <= 1 or masked < 0 or replaced < 0 or masked + replaced > 1:
        raise DataError(message(f"mask_tokens: probability={probability}, masked={masked}, replaced={replaced}",
                                fix="a probability above 0, and shares whose sum is at most 1"))


def _whole_words(real: Bools, starts: Bools, wanted: int,
                 rng: np.random.Generator) -> Bools:
    """(T,): whole words in random order, each that fits into what is left of the share; at least one."""
    word = np.cumsum(starts | ~real)  # (T,): the number of the word that a position belongs to
    chosen = np.zeros(len(real), bool)
    for n in rng.permutation(np.unique(word[real])):
        pieces = real & (word == n)
        if not chosen.any() or chosen.sum() + pieces.sum() <= wanted:
            chosen |= pieces
    return chosen


def pack(a: Sequence[int], b: Sequence[int] | None, cls_id: int, sep_id: int,
         max_length: int | None = None) -> tuple[list[int], list[int]]:
    """[CLS] a [SEP], or [CLS] a [SEP] b [SEP]: the ids, and segment 0 up to the first [SEP], 1 after it.

    a, b            the ids of one text, or of two; b is None for one
    cls_id, sep_id  the ids of [CLS] and [SEP]
    max_length      ids in all; the longer of a and b, or b if they are equally long, loses its last token until they fit

    Raises DataError if not even the special tokens fit.
    """
    a, b = list(a), None if b is None else list(b)
    if max_length is not None:
        room = whole("pack", "max_length", max_length) - (2 if b is None else 3)
        if room < 0:
            raise DataError(message(f"pack: max_length={max_length} has no room for [CLS] and [SEP]", fix="a larger one"))
        while len(a) + len(b or ()) > room:
            (a if b is None or len(a) > len(b) else b).pop()  # of two that are equally long the second, as in BERT
    first = [cls_id, *a, sep_id]
    second = [] if b is None else [*b, sep_id]
    return first + second, [0] * len(first) + [1] * len(second)


def pad_segments(examples: Sequence[tuple[Sequence[int], Sequence[int]]],
                 pad_id: int = 0) -> tuple[Ints, Ints, Bools]:
    """What `encode` or `pack` gave for B texts, as arrays for a BERT: ids (B, T), segments (B, T), and True for real tokens."""
    ids, lengths = pad([ids for ids, _ in examples], pad_id)
    segments, _ = pad([segments for _, segments in examples], 0)
    return ids, segments, np.arange(ids.shape[1]) < lengths[:, None]


class SentencePair(NamedTuple):
    """Two pieces of running text, a and b, each a list of tokens; and is_next, whether the second follows the first."""

    a: list[Any]
    b: list[Any]
    is_next: bool


def next_sentence_pairs(documents: Sequence[Sequence[Sequence[Any]]], max_tokens: int | None = None, negatives: float = 0.5,
                        rng: np.random.Generator | None = None, short: float = 0.0) -> list[SentencePair]:
    """For every two neighbouring sentences of a document a pair: the two, or the first and a sentence of *another* document.

    documents   each a list of sentences, each a list of tokens or ids
    max_tokens  a takes more of the sentences before it, and b more of those after it, as long as each has at most half of
                these; None for one sentence each
    negatives   the share that does not follow; which pairs these are is drawn with `rng` (None: tinydawn's generator)
    short       the share of pairs that get fewer tokens, drawn from 2 .. max_tokens: BERT has 0.1, so that it knows short texts
                too. No sentence is cut, so a pair has at least one on each side

    Raises DataError for fewer than two documents with sentences: then there is no other document.
    """
    rng = random.generator if rng is None else rng
    kept = [[list(s) for s in document if len(s)] for document in documents]
    kept = [document for document in kept if document]
    if len(kept) < 2:
        raise DataError(message(f"next_sentence_pairs: {len(kept)} documents with sentences",
                                fix="at least two: what does not follow comes from another document"))
    if not 0 <= number("next_sentence_pairs", "short", short) <= 1 or (short and max_tokens is None):
        raise DataError(message(f"next_sentence_pairs: short={short}, max_tokens={max_tokens}",
                                fix="a share from 0 to 1, of pairs that have a max_tokens"))

    def forward(document: list[list[Any]], i: int, half: int) -> list[Any]:
        """Sentence i, and those after it as long as all have at most `half` tokens."""
        tokens = list(document[i])
        for sentence in document[i + 1:]:
            if len(tokens) + len(sentence) > half:
                break
            tokens += sentence
        return tokens

    pairs: list[SentencePair] = []
    for d, document in enumerate(kept):
        for i in range(len(document) - 1):
            most = max_tokens or 0
            if short and rng.random() < short:
                most = int(rng.integers(2, max(most, 2) + 1))
            a, half = list(document[i]), most // 2
            for sentence in reversed(document[:i]):
                if len(a) + len(sentence) > half:
                    break
                a = sentence + a
            follows = bool(rng.random() >= negatives)
            if follows:
                b = forward(document, i + 1, half)
            else:
                other = (d + int(rng.integers(1, len(kept)))) % len(kept)  # never d itself
                b = forward(kept[other], int(rng.integers(len(kept[other]))), half)
            pairs.append(SentencePair(a, b, follows))
    return pairs
