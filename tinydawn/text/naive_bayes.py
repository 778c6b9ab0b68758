"""Naive Bayes: the classifier that counts, and the baseline that every model of sentences has to beat."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tinydawn.backend import wide
from tinydawn.checks import array
from tinydawn.errors import DataError, DTypeError, IdError, StateError, message
from tinydawn.text.vocab import check_tokens


class NaiveBayes:
    """Multinomial naive Bayes: p(class | sentence) from how often each of its words occurs in the class.

        log p(c) + sum over tokens of log p(token | c),    p(token | c) = (n(token, c) + alpha) / (n(c) + alpha V)

    Args:
        order: 1 counts tokens, 2 also pairs of neighbours (n-grams up to `order`). With pairs "not good" is one feature.
        alpha: what is added to every count; default 1, without which one unseen word would forbid a class.

    Tokens that the training data do not have say nothing and are passed over.

    Raises:
        DataError: order below 1, or alpha not above 0.

    >>> model = NaiveBayes().fit([["good"], ["very", "bad"]], [1, 0])
    >>> model.predict([["good", "good"], ["bad"]]).tolist()
    [1, 0]
    """

    def __init__(self, order: int = 1, alpha: float = 1.0) -> None:
        if order < 1 or not alpha > 0:
            raise DataError(message(f"NaiveBayes: order={order}, alpha={alpha}", fix="order 1 or more, alpha above 0"))
        self.order, self.alpha = order, alpha
        self.features: dict[tuple[str, ...], int] = {}

    def _ngrams(self, sentence: Sequence[str]) -> list[tuple[str, ...]]:
        tokens = check_tokens(sentence, "NaiveBayes")
        return [tuple(tokens[i:i + n]) for n in range(1, self.order + 1) for i in range(len(tokens) - n + 1)]

    def fit(self, sentences: Sequence[Sequence[str]], labels: Sequence[int], classes: int | None = None) -> NaiveBayes:
        """Count. Only what is given here is ever a feature: the vocabulary of test sentences is not looked at.

        Args:
            sentences: N token lists.
            labels: N classes, from 0.
            classes: how many there are; by default the largest label + 1.

        Raises:
            DataError: no sentences, or not one label each. IdError: a label out of range. DTypeError: labels that are
                not whole numbers.
        """
        ids = array("NaiveBayes.fit", "labels", labels)
        if ids.ndim != 1 or len(sentences) != len(ids) or not len(ids):
            raise DataError(message(f"NaiveBayes.fit: {len(sentences)} sentences and labels of shape {ids.shape}",
                                    fix="one label per sentence, and at least one"))
        if ids.dtype.kind not in "fiub" or not np.array_equal(ids, np.rint(ids)):
            raise DTypeError(message(f"NaiveBayes.fit: labels are {ids.dtype}, not all whole", fix="classes as integers, from 0"))
        ids = ids.astype(np.intp)
        classes = int(ids.max()) + 1 if classes is None else classes
        if ids.min() < 0 or ids.max() >= classes:
            raise IdError(message(f"NaiveBayes.fit: labels from {ids.min()} to {ids.max()} for {classes} classes",
                                  fix="labels are 0 .. classes - 1"))
        counts: list[Counter[tuple[str, ...]]] = [Counter() for _ in range(classes)]
        for sentence, label in zip(sentences, ids, strict=True):
            counts[label].update(self._ngrams(sentence))
        names = sorted(set(itertools.chain(*counts)))
        self.features = {name: i for i, name in enumerate(names)}
        table = np.array([[count[name] for name in names] for count in counts], np.float64).reshape(classes, -1)  # (C, V)
        total = table.sum(axis=1, keepdims=True) + self.alpha * len(names)
        self.log_likelihood = np.log((table + self.alpha) / np.maximum(total, self.alpha))  # (C, V): log p(token | class)
        with np.errstate(divide="ignore"):  # a class that never occurs is never predicted
            self.log_prior = np.log(np.bincount(ids, minlength=classes) / len(ids))  # (C,)
        return self

    def log_joint(self, sentences: Sequence[Sequence[str]]) -> npt.NDArray[np.float64]:
        """log p(class, sentence) up to the unknown tokens: (N, C). Raises StateError before fit."""
        if not hasattr(self, "log_prior"):
            raise StateError(message("NaiveBayes: nothing has been counted yet", fix="call fit(sentences, labels) first"))
        rows = []
        for sentence in sentences:
            known = [self.features[name] for name in self._ngrams(sentence) if name in self.features]
            rows.append(self.log_prior + self.log_likelihood[:, known].sum(axis=1))
        return np.array(rows).reshape(-1, len(self.log_prior))

    def predict(self, sentences: Sequence[Sequence[str]]) -> npt.NDArray[np.int64]:
        """The likeliest class of each sentence: (N,)."""
        return wide(self.log_joint(sentences).argmax(axis=1))

    def weights(self, sentence: Sequence[str], cls: int = 1, other: int = 0) -> list[tuple[tuple[str, ...], float]]:
        """What each feature of a sentence adds to log p(cls) - log p(other), in nats; an unknown one adds 0."""
        return [(name, float(self.log_likelihood[cls, self.features[name]] - self.log_likelihood[other, self.features[name]])
                 if name in self.features else 0.0) for name in self._ngrams(sentence)]
