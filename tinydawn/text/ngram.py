"""N-gram language models: Kneser-Ney smoothing, the baseline of every neural model, and add-k smoothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tinydawn.backend import as_index, wide
from tinydawn.checks import array, listed, some, whole
from tinydawn.errors import DataError, IdError, message
from tinydawn.metrics import perplexity

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class _NGram:
    """What both smoothings share: sentences as one row of ids, each after its `order - 1` marks of the beginning."""

    def __init__(self, sentences: Sequence[Sequence[int]], order: int, bos: int, outcomes: int) -> None:
        name = type(self).__name__
        if whole(name, "order", order) < 1 or whole(name, "outcomes", outcomes) < 1:
            what = f"{name}: order={order}, outcomes={outcomes}"
            raise DataError(message(what, fix="an order of 1 or more, and how many different tokens can be predicted"))
        self.order, self.bos, self.outcomes, self.size = order, bos, outcomes, 0
        ids, predicted = self._flat(sentences)
        self.size = int(ids.max()) + 1
        self._count(ids, predicted)

    def _flat(self, sentences: Sequence[Sequence[int]]) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """All ids in one row, and which of them are predicted: all but the marks in front of each sentence."""
        name = type(self).__name__
        sentences = [listed(name, "a sentence", s) for s in listed(name, "sentences", sentences)]
        lengths = np.array([len(s) for s in sentences], np.int64)
        some(name, "tokens", lengths.sum(), "pass sentences as lists of ids, each with </s> at its end")
        words = array(name, "the sentences", [word for s in sentences for word in s])
        if words.ndim != 1 or words.dtype.kind not in "iu" or words.min() < 0:
            raise IdError(message(f"{name}: an id is negative, or no integer", fix="encode the tokens with a Vocab first"))
        before = self.order - 1
        predicted = np.ones(len(words) + before * len(lengths), bool)
        starts = np.concatenate([[0], np.cumsum(lengths + before)[:-1]])
        for offset in range(before):
            predicted[starts + offset] = False
        ids = np.full(len(predicted), self.bos, np.int64)
        ids[predicted] = words
        return ids, predicted

    def _count(self, ids: Ints, predicted: npt.NDArray[np.bool_]) -> None:
        raise NotImplementedError

    def _probabilities(self, ids: Ints, predicted: npt.NDArray[np.bool_]) -> Floats:
        raise NotImplementedError

    def log_probs(self, sentences: Sequence[Sequence[int]]) -> Floats:
        """log p(w | the words before it in its sentence) of every token in turn, in nats: one row for all sentences."""
        return np.log(self._probabilities(*self._flat(sentences)))

    def perplexity(self, sentences: Sequence[Sequence[int]]) -> float:
        """exp of the mean of -log p over all tokens, `</s>` included where the sentences have it."""
        log_probs = self.log_probs(sentences)
        return perplexity(-float(log_probs.sum()), len(log_probs))

    def next_probs(self, context: Sequence[int], words: Sequence[int]) -> Floats:
        """p(w | a sentence that began with `context`) for each w of `words`: (len(words),)."""
        before = self.order - 1
        row = [*[self.bos] * before, *context][len(context):] if before else []
        ids = np.array([[*row, w] for w in words], np.int64)  # (W, order)
        predicted = np.zeros(ids.shape, bool)
        predicted[:, -1] = True
        return self._probabilities(ids.reshape(-1), predicted.reshape(-1))


class KneserNey(_NGram):
    """Interpolated modified Kneser-Ney smoothing.

        p(w | h) = max(c(h w) - D, 0) / c(h) + g(h) p(w | h without its first word)

    c is how often the n-gram occurs; for the shorter ones that are only fallen back to, in how many different words it is
    continued to the left: "Francisco" is frequent, but only after "San". D is one of three discounts, for n-grams seen
    once, twice, and more often, estimated from how many there are of each; g(h) is the mass that was discounted. Under the
    single words lies the even distribution.

    Args:
        sentences: lists of ids, each ending in `</s>`, none beginning with `<s>`.
        order: n, how long an n-gram is; 1 looks at no context.
        bos: the id that stands before a sentence. It is never predicted.
        outcomes: how many different tokens can be predicted: the vocabulary without `<pad>` and `<s>`.
        min_discount: no discount is smaller; with little text an estimate can be 0 or below, and then nothing is left for
            words that were not seen.

    Raises:
        DataError: no tokens, or an order or outcomes below 1. IdError: ids that are negative or no integers.

    Source: Chen and Goodman 1999, An empirical study of smoothing techniques for language modeling, section 4.

    >>> model = KneserNey([[4, 5, 3], [4, 6, 3], [4, 5, 3]], order=2, bos=2, outcomes=4)
    >>> model.next_probs([4], [3, 4, 5, 6]).sum().round(9).item()
    1.0
    """

    def __init__(self, sentences: Sequence[Sequence[int]], order: int, bos: int, outcomes: int,
                 min_discount: float = 0.1) -> None:
        self.min_discount = min_discount
        super().__init__(sentences, order, bos, outcomes)

    def _count(self, ids: Ints, predicted: npt.NDArray[np.bool_]) -> None:
        """Tables for each order k. A k-gram is known by its place in a sorted list of (place of its first k - 1, last word)."""
        self._keys: list[Ints] = []
        codes = self._codes(ids, grow=True)  # of the k-gram that ends at each position, for every k
        real = np.flatnonzero(predicted)
        self._tables: list[tuple[Floats, Floats, Any]] = []
        for k in range(self.order, 0, -1):
            size, code = len(self._keys[k - 1]), codes[k - 1][real]
            if k == self.order:
                count = np.bincount(code, minlength=size)
            else:  # each (k + 1)-gram counts once, for the k-gram that it ends in
                _, first = np.unique(codes[k][real], return_index=True)
                count = np.bincount(code[first], minlength=size)
            discount = self._discounts(count)[np.minimum(count, 3)]
            context = as_index(self._keys[k - 1] // self.size)  # of each k-gram, the place of its first k - 1
            contexts = len(self._keys[k - 2]) if k > 1 else 1
            total = np.bincount(context, count, contexts)
            left = np.bincount(context, discount, contexts)
            share = 1 / np.maximum(total, 1)
            self._tables.insert(0, ((count - discount) * share[context], left * share, total))

    def _discounts(self, count: Any) -> Floats:
        """What is taken from n-grams by count: (0, D1, D2, D3+); of too little text for three, Kneser and Ney's one."""
        n = [int((count == i).sum()) for i in range(5)]
        y = n[1] / max(1, n[1] + 2 * n[2])
        estimates = [i - (i + 1) * y * n[i + 1] / n[i] if n[i] and n[i + 1] else y for i in (1, 2, 3)]
        return np.array([0.0, *(min(max(d, self.min_discount), i) for i, d in enumerate(estimates, start=1))])

    def _codes(self, ids: Ints, grow: bool = False) -> list[Ints]:
        """For k = 1 .. order, the place of the k-gram that ends at each position, -1 where it was never seen."""
        codes: list[Ints] = []
        before = np.zeros(len(ids), np.int64)  # the place of the (k - 1)-gram that ends one position earlier
        for k in range(self.order):
            key = before * self.size + ids
            key[(before < 0) | (ids >= self.size)] = -1  # after what was never seen, or a word that training had not
            if grow:
                keys, code = np.unique(key, return_inverse=True)
                self._keys.append(keys)
            else:
                code = np.searchsorted(self._keys[k], key).clip(max=len(self._keys[k]) - 1)
                code[self._keys[k][code] != key] = -1
            codes.append(code)
            before = wide(np.concatenate([[-1], code[:-1]]))
            if grow:
                before[0] = 0
        return codes

    def _probabilities(self, ids: Ints, predicted: npt.NDArray[np.bool_]) -> Floats:
        codes = self._codes(ids)
        real = np.flatnonzero(predicted)
        p = np.full(len(real), 1 / self.outcomes)
        for k, (own, left, total) in enumerate(self._tables):
            context = codes[k - 1][real - 1] if k else np.zeros(len(real), np.int64)
            code = codes[k][real]
            seen = (context >= 0) & (total[context] > 0)  # else p(w | h) is that of the shorter context
            p = np.where(seen, np.where(code >= 0, own[code], 0.0) + left[context] * p, p)
        return p


class AddK(_NGram):
    """p(w | h) = (c(h w) + k) / (c(h) + k outcomes): every n-gram is taken to have been seen k times more than it was.

    With k = 1 this is Laplace's rule. Good enough for letters, far too much for words, of which most pairs never occur. The
    arguments and errors are those of `KneserNey`; ids must be below `size`.
    """

    def __init__(self, sentences: Sequence[Sequence[int]], order: int, bos: int, outcomes: int, k: float = 1.0) -> None:
        if not k > 0:
            raise DataError(message(f"AddK: k={k}", fix="a number above 0, or KneserNey"))
        self.k = k
        super().__init__(sentences, order, bos, outcomes)

    def _count(self, ids: Ints, predicted: npt.NDArray[np.bool_]) -> None:
        rows = self._rows(ids, predicted)
        self._seen: dict[bytes, int] = {}
        for row in rows:
            for part in (row.tobytes(), row[:-1].tobytes()):
                self._seen[part] = self._seen.get(part, 0) + 1

    def _rows(self, ids: Ints, predicted: npt.NDArray[np.bool_]) -> Ints:
        """The n-gram that ends at each predicted position: (N, order)."""
        real = np.flatnonzero(predicted)
        return ids[real[:, None] + np.arange(1 - self.order, 1)]

    def _probabilities(self, ids: Ints, predicted: npt.NDArray[np.bool_]) -> Floats:
        counts = np.array([[self._seen.get(row.tobytes(), 0), self._seen.get(row[:-1].tobytes(), 0)]
                           for row in self._rows(ids, predicted)])  # (N, 2)
        return (counts[:, 0] + self.k) / (counts[:, 1] + self.k * self.outcomes)
