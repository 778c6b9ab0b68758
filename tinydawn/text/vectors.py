"""Word vectors by counting: co-occurrence, PPMI, truncated SVD; and what vectors are asked: neighbours, analogies, similarity.

Sources: Levy, Goldberg and Dagan 2015 (PPMI with context smoothing and shift, then SVD), Halko, Martinsson and Tropp 2011
(the randomised SVD). V vocabulary, D width, N sentences.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tinydawn.backend import wide
from tinydawn.checks import array, some, whole
from tinydawn.errors import DataError, DTypeError, IdError, ShapeError, message
from tinydawn.text.vocab import check_different

Floats = npt.NDArray[np.floating]


def cooccurrence(sentences: Sequence[Sequence[int]], size: int, window: int = 5, weighting: str = "harmonic") -> Floats:
    """How often each word stands near each other word: (V, V) float32, symmetric.

    Args:
        sentences: N lists of ids below `size`. An id below 0 is a word that is not counted but keeps its place.
            No window reaches over the end of a sentence.
        size: V.
        window: words up to this far on either side are near; default 5.
        weighting: "harmonic" counts a word at distance d as 1/d (as GloVe does), "flat" as 1.

    Raises:
        DataError: no sentences, a window below 1, another weighting. IdError: an id of `size` or more. DTypeError: ids that
            are not integers.
    """
    if window < 1 or weighting not in ("harmonic", "flat"):
        raise DataError(message(f"cooccurrence: window={window}, weighting={weighting!r}",
                                fix='a window of at least 1, and "harmonic" or "flat"'))
    ids, of = _joined(sentences, size)
    flat = np.zeros(size * size, np.float32)
    for d in range(1, window + 1):
        near = (of[d:] == of[:-d]) & (ids[d:] >= 0) & (ids[:-d] >= 0)
        # Counted as integers first: ones added up in float32 stop at 2^24 = 16,777,216.
        keys, times = np.unique(ids[:-d][near] * size + ids[d:][near], return_counts=True)
        flat[keys] += times / d if weighting == "harmonic" else times
    counts = flat.reshape(size, size)
    return counts + counts.T  # what is to the right of one is to the left of the other


def _joined(sentences: Sequence[Sequence[int]], size: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """All ids in a row, and beside each the number of its sentence."""
    some("cooccurrence", "sentences", len(sentences), "pass lists of ids")
    lengths = [len(sentence) for sentence in sentences]
    rows = [array("cooccurrence", "a sentence", sentence) for sentence in sentences if len(sentence)]
    for row in rows:
        if row.ndim != 1 or row.dtype.kind not in "iu":
            raise DTypeError(message(f"cooccurrence: a sentence is of shape {row.shape} and {row.dtype}",
                                     fix="flat lists of integer ids"))
    ids = np.concatenate([np.zeros(0, np.int64), *rows], dtype=np.int64, casting="unsafe")  # uint64 too
    if ids.size and ids.max() >= size:
        raise IdError(message(f"cooccurrence: id {int(ids.max())} is outside 0 .. {size - 1}",
                              fix="pass the size of the vocabulary the ids were made with"))
    return ids, wide(np.repeat(np.arange(len(lengths)), lengths))


def ppmi(counts: Floats, smoothing: float = 0.75, shift: float = 1.0) -> Floats:
    """Positive pointwise mutual information of (V, C) counts of words and contexts: (V, C) float32.

        max(0, log p(w, c) / (p(w) p_s(c)) - log shift),    p_s(c) = n(c)^s / sum of n^s

    PMI rewards rare contexts for being rare; the power s makes them count as more frequent than they are. The shift is the
    number k of negative samples of the word2vec that this matrix belongs to: its best score of w and c is PMI - log k.

    Args:
        counts: not below 0. Rows and columns of zeros stay zero.
        smoothing: s; 1 is plain PPMI, default .75.
        shift: k of at least 1; default 1 shifts nothing.

    Raises:
        DataError: counts that are below 0, all 0 or not finite, smoothing or shift out of range. ShapeError: not a matrix.
    """
    counts = array("ppmi", "counts", counts, "fiub")
    if counts.ndim != 2:
        raise ShapeError(message(f"ppmi: counts of shape {counts.shape}", fix="a matrix: words by contexts"))
    if not (0 < smoothing <= 1 and shift >= 1):
        raise DataError(message(f"ppmi: smoothing={smoothing}, shift={shift}", fix="smoothing in (0, 1], shift of at least 1"))
    if not counts.size or not (counts.min() >= 0 and 0 < counts.max() < math.inf):  # a NaN is the minimum of what it is among
        raise DataError(message("ppmi: counts that are all 0, below 0 or not finite", fix="pass what cooccurrence returns"))
    words, contexts = counts.sum(axis=1, dtype=np.float64), counts.sum(axis=0, dtype=np.float64) ** smoothing
    with np.errstate(divide="ignore", invalid="ignore"):  # log 0 is -inf, and the maximum makes it 0
        scores = np.log(counts.astype(np.float32))
        scores -= np.log(words / contexts.sum()).astype(np.float32)[:, None]
        scores -= (np.log(contexts) + math.log(shift)).astype(np.float32)
    return np.where(counts > 0, np.maximum(scores, 0, out=scores), np.float32(0))


def truncated_svd(matrix: Floats, rank: int, iterations: int = 6, seed: int = 0) -> tuple[Floats, Floats, Floats]:
    """The `rank` greatest singular values of an (m, n) matrix with their vectors: U (m, r), s (r,), Vt (r, n).

    Random directions, pushed through the matrix, mostly lie where it is large; `iterations` more passes sharpen that.
    What is left is the SVD of a matrix with few rows. Each vector of U is turned so that its largest entry is above 0.

    Args:
        matrix: (m, n); the results are of its dtype, at least float32.
        rank: r, from 1 to the smaller of m and n.
        iterations: more of them bring singular values that lie close together nearer to exact; default 6.
        seed: of the random directions.

    Raises:
        ShapeError: not a matrix, or a rank it does not have. DataError: a number that is not finite.

    Source: Halko et al. 2011, algorithms 4.4 and 5.1.
    """
    matrix = _floats("truncated_svd", "the matrix", matrix)
    if matrix.ndim != 2 or not 1 <= rank <= min(matrix.shape):
        raise ShapeError(message(f"truncated_svd: rank {rank} of a matrix of shape {matrix.shape}",
                                 fix="a matrix, and a rank from 1 to its smaller side"))
    if not np.isfinite(matrix).all():
        raise DataError(message("truncated_svd: NaN or infinity in the matrix", fix="find where it comes from"))
    width = min(rank + 20, *matrix.shape)
    directions = np.random.default_rng(seed).standard_normal((matrix.shape[1], width)).astype(matrix.dtype)
    basis = np.linalg.qr(matrix @ directions)[0]  # (m, w)
    for _ in range(iterations):
        basis = np.linalg.qr(matrix @ np.linalg.qr(matrix.T @ basis)[0])[0]
    u, s, vt = np.linalg.svd(basis.T @ matrix, full_matrices=False)  # (w, w), (w,), (w, n)
    u = (basis @ u)[:, :rank]
    sign = np.where(u[np.abs(u).argmax(axis=0), np.arange(rank)] < 0, -1, 1).astype(u.dtype)
    return u * sign, s[:rank], vt[:rank] * sign[:, None]


def _floats(name: str, what: str, values: Floats) -> Floats:
    """As an array of float32 or float64: in float16 sums and squares overflow, and whole numbers have no directions."""
    made = array(name, what, values, "fiub")
    return made.astype(np.result_type(made, np.float32), copy=False)


class SimilarityResult(NamedTuple):
    """Spearman's correlation with what people said, and how many of the pairs it could be computed on."""

    spearman: float
    covered: int
    total: int


class AnalogyResult(NamedTuple):
    """Right answers among the questions all of whose words are known, and the number of all questions."""

    right: int
    covered: int
    total: int


class WordVectors:
    """Vectors by word, compared by the cosine of their angle.

    Args:
        tokens: V different words.
        vectors: (V, D). A word whose vector is all 0 has no direction: it is nobody's neighbour and no answer, has none
            itself, and pairs and questions with it are not covered.

    Attributes: `tokens`, `vectors` (V, D) as given, `unit` (V, D) of length 1, or 0.

    Raises:
        ShapeError: not one vector per word. DataError: a word twice, a vector that is not finite.
    """

    def __init__(self, tokens: Sequence[str], vectors: Floats) -> None:
        numbers = _floats("WordVectors", "vectors", vectors)
        if numbers.ndim != 2 or len(numbers) != len(tokens):
            raise ShapeError(message(f"WordVectors: vectors of shape {numbers.shape} for {len(tokens)} words",
                                     fix="a matrix with one row per word"))
        self.tokens, self.vectors = list(tokens), np.asarray(vectors)
        self._ids = {token: i for i, token in enumerate(self.tokens)}
        check_different(self.tokens, "WordVectors: a word occurs twice", "list each word once")
        largest = np.abs(numbers).max(axis=1, keepdims=True, initial=0)  # (V, 1)
        if not np.isfinite(largest).all():
            what = f"WordVectors: the vector of {self.tokens[int(np.argmin(np.isfinite(largest)))]!r} is not finite"
            raise DataError(message(what, fix="leave the word out, or find where it comes from: has training diverged?"))
        self._has_vector = largest[:, 0] > 0  # (V,)
        scaled = numbers / np.where(largest > 0, largest, 1)  # (V, D): so that no square overflows, or vanishes
        self.unit = scaled / np.maximum(np.linalg.norm(scaled, axis=1, keepdims=True), 1)  # (V, D)

    def __contains__(self, token: object) -> bool:
        return token in self._ids

    def __getitem__(self, token: str) -> Floats:
        """The vector (D,) of a word. Raises DataError for an unknown one."""
        return self.vectors[self._id(token)]

    def _id(self, token: str) -> int:
        if token not in self._ids:
            from difflib import get_close_matches

            close = get_close_matches(token, self.tokens, 1)
            raise DataError(message(f"WordVectors: no vector for {token!r}",
                                    fix=f"did you mean {close[0]!r}?" if close else "words are as in the vocabulary"))
        return self._ids[token]

    def similarity(self, a: str, b: str) -> float:
        """The cosine of two words, -1 to 1; 0 if the vector of one is all 0."""
        return float(np.clip(self.unit[self._id(a)] @ self.unit[self._id(b)], -1, 1))

    def neighbours(self, word: str, n: int = 10) -> list[tuple[str, float]]:
        """The n words of the greatest cosine with `word`, without itself; fewer if there are not so many."""
        i = self._id(word)
        return self._best("neighbours", self.unit[i], [i], n)

    def analogy(self, a: str, b: str, c: str, n: int = 1, exclude: bool = True) -> list[tuple[str, float]]:
        """The n best answers d to "a is to b as c is to d": of the greatest cosine with b - a + c.

        exclude=False lets the words of the question answer it; mostly the answer is then b or c itself. There is none if the
        vector of a, b or c is all 0.
        Source: Mikolov, Yih and Zweig 2013.
        """
        ids = [self._id(word) for word in (a, b, c)]
        wanted = self.unit[ids[1]] - self.unit[ids[0]] + self.unit[ids[2]]  # (D,)
        wanted = wanted * self._has_vector[ids].all()
        return self._best("analogy", wanted / (np.linalg.norm(wanted) or 1), ids if exclude else [], n)

    def _best(self, name: str, wanted: Floats, without: list[int], n: int) -> list[tuple[str, float]]:
        """The n words of the greatest cosine with `wanted` (D,), which is of length 1, or 0: then there is none."""
        n = whole(f"WordVectors.{name}", "n", n, 1)
        if not wanted.any():
            return []
        allowed = self._has_vector.copy()  # (V,)
        allowed[without] = False
        scores = np.where(allowed, np.clip(self.unit @ wanted, -1, 1), -np.inf)  # (V,)
        order = np.argsort(-scores, kind="stable")[:min(n, int(allowed.sum()))]
        return [(self.tokens[i], float(scores[i])) for i in order]

    def word_similarity(self, pairs: Iterable[tuple[str, str, float]]) -> SimilarityResult:
        """Spearman's rank correlation of cosines with human scores, over the pairs both words of which have a vector.

        Words are looked up as they are, then in lower case. Correlations are comparable only at like coverage: it is part
        of the result, and NaN where fewer than two pairs are covered.
        """
        from tinydawn.metrics import spearman

        pairs = list(pairs)
        known = [(self._known(a), self._known(b), score) for a, b, score in pairs]
        found = [(a, b, score) for a, b, score in known if a is not None and b is not None]
        if len(found) < 2:
            return SimilarityResult(math.nan, len(found), len(pairs))
        cosines = [self.similarity(a, b) for a, b, _ in found]
        return SimilarityResult(float(spearman(cosines, [score for *_, score in found])), len(found), len(pairs))

    def _known(self, word: str) -> str | None:
        """The word as it is or in lower case, whichever has a vector."""
        return next((w for w in (word, word.lower()) if w in self._ids and self._has_vector[self._ids[w]]), None)

    def analogies(self, questions: Mapping[str, Sequence[tuple[str, str, str, str]]],
                  exclude: bool = True) -> dict[str, AnalogyResult]:
        """Right, covered and all questions of every section. An answer must be the one word that was asked for."""
        results = {}
        for section, rows in questions.items():
            known = [[self._known(word) for word in row] for row in rows]
            ids = np.array([[self._ids[w] for w in row if w is not None] for row in known if None not in row],
                           np.int64).reshape(-1, 4)
            right = 0
            for start in range(0, len(ids), 500):  # 500 questions at a time: (500, V) scores
                a, b, c, d = ids[start:start + 500].T
                scores = (self.unit[b] - self.unit[a] + self.unit[c]) @ self.unit.T  # (Q, V)
                scores[:, ~self._has_vector] = -np.inf
                if exclude:
                    scores[np.arange(len(a))[:, None], np.stack([a, b, c], axis=1)] = -np.inf
                best = scores.argmax(axis=1)  # (Q,)
                answered = scores[np.arange(len(a)), best] > -np.inf  # else no word is left, and the first is none
                right += int((answered & (best == d)).sum())
            results[section] = AnalogyResult(right, len(ids), len(rows))
        return results
