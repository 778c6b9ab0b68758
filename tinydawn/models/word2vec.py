"""word2vec: vectors that tell which words stand near each other from words drawn at random.

Source: Mikolov et al. 2013 (both papers). B batch, C context words, K negative samples,
V vocabulary, E embedding. Id 0 is padding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

import tinydawn as td
from tinydawn import nn
from tinydawn.checks import Size
from tinydawn.errors import DataError, message
from tinydawn.nn import functional as F

Ints = npt.NDArray[np.int64]


class SkipGram(nn.Module):
    """From a word, tell its neighbours from random words: score(c | w) = u_c . v_w.

    vocab_size      V
    embedding_size  E (default 100)

    There are two tables. `embedding` (v) has the vectors that are kept. `output` (u) has the
    vectors of the same words as neighbours; a word is seldom its own neighbour, so that with one
    table v_w . v_w, which is large, would have to be small.
    """

    def __init__(self, vocab_size: Size, embedding_size: Size = 100) -> None:
        self.embedding = nn.Embedding(vocab_size, embedding_size, padding_idx=0)
        drawn = td.rand(vocab_size, embedding_size).array - 0.5  # (V, E)
        self.embedding.weight.data[...] = drawn / embedding_size
        self.embedding.weight.data[0] = 0
        self.output = nn.Embedding(vocab_size, embedding_size)
        self.output.weight.data[...] = 0  # each pair starts at a probability of 1/2

    def hidden(self, words: Any) -> td.Tensor:
        """What the candidates are compared with: words (B,) -> (B, E)."""
        return self.embedding(words)  # (B, E)

    def forward(self, words: Any, candidates: Any) -> td.Tensor:
        """Scores (B, 1 + K): `words` as `hidden` takes them, candidates (B, 1 + K)
        with the true one first."""
        u = self.output(candidates)  # (B, 1 + K, E)
        v = self.hidden(words).unsqueeze(2)  # (B, E, 1)
        return (u @ v).squeeze(2)  # (B, 1 + K, E) @ (B, E, 1) -> (B, 1 + K)

    def loss(self, words: Any, candidates: Any) -> td.Tensor:
        """The mean over B of: -log sigmoid(score of the true one)
        - sum of log sigmoid(-score of a random one).

        A random word that happens to be the true one is left out of the sum.
        """
        candidates = np.asarray(candidates)  # (B, 1 + K)
        truth = np.zeros(candidates.shape, np.float32)  # (B, 1 + K)
        truth[:, 0] = 1
        counted = (candidates != candidates[:, :1]) | (truth == 1)  # (B, 1 + K)
        scores = self(words, candidates)  # (B, 1 + K)
        total = F.binary_cross_entropy_with_logits(scores, truth, weight=counted, reduction="sum")
        return total / len(candidates)  # ()


class CBOW(SkipGram):
    """From the words around, tell the word between them from random ones:
    score(w | context) = u_w . mean of v_c."""

    def hidden(self, words: Any) -> td.Tensor:
        """The mean vector (B, E) of context words (B, C), of which those with id 0 are padding."""
        real = (np.asarray(words) != 0).astype(self.embedding.weight.dtype)  # (B, C)
        weights = real / np.maximum(real.sum(axis=1, keepdims=True), 1)  # (B, C)
        vectors = self.embedding(words)  # (B, C, E)
        return (td.Tensor(weights[:, None]) @ vectors).squeeze(1)  # (B, 1, C) @ (B, C, E) -> (B, E)


def subsample(sentences: Sequence[Sequence[int]], counts: npt.ArrayLike, threshold: float = 1e-3,
              rng: np.random.Generator | None = None) -> list[Ints]:
    """Leave out frequent words at random: one of frequency f is kept with probability
    min(1, sqrt(t / f) + t / f).

    This is the formula of the word2vec program; the paper writes sqrt(t / f). With about a
    million words t is 1e-3 to 1e-4. What is left closes up, so that windows reach further.
    Id 0 is always left out.
    """
    rng = np.random.default_rng() if rng is None else rng
    n = np.asarray(counts, np.float64)  # (V,)
    if not (threshold > 0 and 0 < n.sum() < np.inf):  # a NaN would leave out every word
        raise DataError(message(
            f"subsample: threshold={threshold}, {n.sum():g} words",
            fix="a threshold above 0, and counts that are finite and not all 0"))
    ratio = threshold / np.maximum(n / n.sum(), 1e-300)  # (V,)
    keep = np.minimum(1, np.sqrt(ratio) + ratio)  # (V,)
    keep[0] = 0
    rows = (np.asarray(sentence, np.int64) for sentence in sentences)
    return [row[rng.random(len(row)) < keep[row]] for row in rows]


class Noise:
    """Random words, each drawn as often as its count to the power .75 says: between
    evenly and by frequency."""

    def __init__(self, counts: npt.ArrayLike, power: float = 0.75) -> None:
        with np.errstate(invalid="ignore"):  # of counts below 0, which are an error
            weights = np.asarray(counts, np.float64) ** power
        weights[0] = 0  # padding is never drawn
        if not 0 < weights.sum() < np.inf:
            raise DataError(message(
                "Noise: no word has a count, or one is below 0 or not finite",
                fix="pass the counts of the words by id"))
        self.p = weights / weights.sum()  # (V,)
        self.steps = np.cumsum(self.p)

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Ints:
        places = np.searchsorted(self.steps, rng.random(shape), side="right")
        return np.minimum(places, len(self.p) - 1)


def skip_gram_pairs(
    sentences: Sequence[npt.ArrayLike],
    window: int,
    rng: np.random.Generator,
) -> tuple[Ints, Ints]:
    """All (word, neighbour) pairs (N,), (N,), in random order. The window of each word is drawn
    from 1 .. `window`, so that near neighbours come more often."""
    words, places = _windows(sentences, window, rng)  # (n,), (n, 2 window)
    first, column = np.nonzero(places)  # (N,) each
    order = rng.permutation(len(first))  # (N,)
    return words[first][order], places[first, column][order]  # (N,) each


def cbow_windows(
    sentences: Sequence[npt.ArrayLike],
    window: int,
    rng: np.random.Generator,
) -> tuple[Ints, Ints]:
    """All words with what is around them, in random order: contexts (N, 2 window), filled up
    with 0, and words (N,)."""
    words, contexts = _windows(sentences, window, rng)  # (n,), (n, 2 window)
    order = rng.permutation(np.flatnonzero(contexts.any(axis=1)))  # (N,)
    return contexts[order], words[order]  # (N, 2 window), (N,)


def _windows(
    sentences: Sequence[npt.ArrayLike],
    window: int,
    rng: np.random.Generator,
) -> tuple[Ints, Ints]:
    """Every word (n,) and the words around it (n, 2 window), with 0 beyond its own window and
    beyond its sentence."""
    rows = [np.asarray(sentence, np.int64) for sentence in sentences]
    rows = [row for row in rows if len(row) > 1]
    if window < 1 or not rows:
        raise DataError(message(
            f"word windows: window={window}, {len(rows)} sentences of two words or more",
            fix="a window of at least 1, and sentences with neighbours in them"))
    gap = np.zeros(window, np.int64)  # between sentences, so that no window reaches into the next
    flat = np.concatenate([part for row in rows for part in (gap, row)] + [gap])
    offsets = np.array([d for d in range(-window, window + 1) if d])
    at = np.flatnonzero(flat)  # (n,)
    around = flat[at[:, None] + offsets]  # (n, 2 window)
    reach = rng.integers(1, window + 1, (len(at), 1))  # (n, 1)
    return flat[at], np.where(np.abs(offsets) <= reach, around, 0)  # (n,), (n, 2 window)


def batches(first: Ints, second: Ints, size: int) -> Iterator[tuple[Ints, Ints]]:
    """Both arrays in pieces of `size`, the last one shorter."""
    for start in range(0, len(first), size):
        yield first[start:start + size], second[start:start + size]
