"""The k best of many, with ties decided: the part of a search that is worth making fast."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .interface import CheckedStep, FloatArray, IntArray

BLOCK = 128


def top_k(scores: FloatArray, k: int) -> tuple[FloatArray, IntArray]:
    """The k largest of each row, best first; of equal ones the lower index first.

    scores (N, W), k <= W. Returns values (N, k) and indices (N, k), all different within a row.

    k times argmax: argmax takes the first of equals, which is our rule for ties (argpartition has
    none), and for k much smaller than W it is faster than sorting.

    >>> top_k(np.array([[1.0, 3.0, 3.0, 2.0]]), 3)
    (array([[3., 3., 2.]]), array([[1, 2, 3]]))
    """
    # What was taken becomes -inf, so what is -inf must be a little more to be taken only once.
    remaining = np.maximum(scores, np.finfo(scores.dtype).min)
    indices = np.empty((len(scores), k), dtype=np.int64)
    rows = np.arange(len(scores))
    for i in range(k):
        indices[:, i] = best = remaining.argmax(axis=1)
        remaining[rows, best] = -np.inf
    return np.take_along_axis(scores, indices, axis=1), indices


def best_continuations(
    log_probs: FloatArray, totals: NDArray[np.float64], count: int, model: CheckedStep, sentences: IntArray
) -> tuple[NDArray[np.float64], IntArray, IntArray]:
    """The `count` best (beam, token) pairs of each sentence by totals + log_probs, best first.

    log_probs (A * K, V), totals (A, K): A sentences of K beams each. Returns the summed values, the
    beams and the tokens (columns of log_probs, where only some were fetched), each (A, count); where
    there are fewer pairs the value is -inf. Ties go to the lower beam, then the lower token. Raises
    on NaN or positive log-probs, through `model`.

    Rather than partition K * V numbers we read them once, for the maximum of each block of 128
    tokens, and then look only into the `count` blocks with the best maxima. That is enough: if a
    block was not chosen, each of the chosen ones holds a number ahead of all of its own.
    """
    batch, width = totals.shape
    vocab_size = log_probs.shape[1]
    starts = np.arange(0, vocab_size, BLOCK)
    maxima = np.maximum.reduceat(log_probs, starts, axis=1)  # (A * K, blocks)
    model.check_values(maxima.max(axis=1), sentences)

    allowed = model.allowed if model.allowed is not None and model.ids_of is None else np.ones(vocab_size, dtype=bool)
    for i in np.flatnonzero(~np.logical_and.reduceat(allowed, starts)).tolist():  # the few with forbidden ids
        others = i * BLOCK + np.flatnonzero(allowed[i * BLOCK : (i + 1) * BLOCK])
        maxima[:, i] = log_probs[:, others].max(axis=1, initial=-np.inf)

    block_totals = (totals.reshape(-1, 1) + maxima).reshape(batch, -1)  # (A, K * blocks)
    _, chosen = top_k(block_totals, min(count, block_totals.shape[1]))
    chosen.sort(axis=1)  # back in the order of (beam, token), on which ties are decided

    beam, block = np.divmod(chosen, len(starts))  # (A, blocks chosen)
    token = block[:, :, None] * BLOCK + np.arange(BLOCK)  # (A, blocks chosen, BLOCK)
    inside = token < vocab_size  # the last block may be shorter
    token = np.minimum(token, vocab_size - 1)
    row = np.arange(batch)[:, None] * width + beam
    value = log_probs[row[:, :, None], token] + totals.reshape(-1)[row][:, :, None]
    value = np.where(inside & allowed[token], value, -np.inf).reshape(batch, -1)

    best, position = top_k(value, min(count, value.shape[1]))  # (A, count)
    token = np.take_along_axis(token.reshape(batch, -1), position, axis=1)
    beam = np.take_along_axis(beam, position // BLOCK, axis=1)
    missing = ((0, 0), (0, count - best.shape[1]))
    return np.pad(best, missing, constant_values=-np.inf), np.pad(beam, missing), np.pad(token, missing)
