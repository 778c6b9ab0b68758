"""How good is a classifier: accuracy, F1, Matthews' coefficient, and what always guessing one class would reach.

Predictions and targets are lists, arrays or tensors of one class per example: ids or names, not scores.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from tinydawn import checks
from tinydawn.errors import DataError, DTypeError, ShapeError, message


def accuracy(predictions: Any, targets: Any) -> float:
    """The share of examples whose predicted class is the target, between 0 and 1.

    Args:
        predictions, targets: (N,) classes.

    Raises:
        DataError: no examples.
        ShapeError: lists of different lengths, or not one-dimensional.
        DTypeError: numbers that are no classes, as probabilities or logits.

    >>> accuracy([1, 0, 1, 1], [1, 0, 0, 1])
    0.75
    """
    predicted, true = _pairs("accuracy", predictions, targets)
    return sum(p == t for p, t in zip(predicted, true, strict=True)) / len(true)


def confusion_matrix(predictions: Any, targets: Any, classes: Sequence[Hashable] | None = None) -> np.ndarray:
    """How often which class was taken for which: row i, column j counts targets i that were predicted as j.

    Args:
        predictions, targets: (N,) classes.
        classes: in the order of rows and columns, each once; None for all that occur, sorted.

    Returns:
        (C, C) int64; the diagonal is what was right.

    Raises: as `accuracy`, and DataError for a class that is not among `classes`, or twice.

    >>> confusion_matrix([1, 0, 1, 1], [1, 0, 0, 1])
    array([[1, 1],
           [0, 2]])
    """
    predicted, true = _pairs("confusion_matrix", predictions, targets)
    order = sorted(set(predicted) | set(true)) if classes is None else _classes("confusion_matrix", "classes", classes)
    index = {name: i for i, name in enumerate(order)}
    if len(index) < len(order):
        twice = next(name for name, n in Counter(order).items() if n > 1)
        raise DataError(message(f"confusion_matrix: class {twice!r} is twice among the classes", fix="name each once"))
    counts = np.zeros((len(order), len(order)), dtype=np.int64)
    for (p, t), n in Counter(zip(predicted, true, strict=True)).items():
        for name in (p, t):
            if name not in index:
                what = f"confusion_matrix: class {name!r} is not among the {len(order)} classes"
                raise DataError(message(what, fix="pass every class in classes=, or leave it out"))
        counts[index[t], index[p]] = n
    return counts


def f1_score(predictions: Any, targets: Any, positive: Hashable = 1) -> float:
    """F1 of one class: the harmonic mean of its precision and its recall, 2 TP / (2 TP + FP + FN).

    Precision is the share of the examples called positive that are, recall the share of the positive ones
    that are found. Where all predictions and targets are one other class, F1 is 0, with a warning, as in scikit-learn.

    Args:
        predictions, targets: (N,) classes.
        positive: the class that counts; 1 as in GLUE's MRPC and QQP.

    Raises: as `accuracy`, and DataError if `positive` is none of several classes that occur, DTypeError if it is an id
        where the classes are names, or a name where they are ids.

    >>> f1_score([1, 1, 0, 0], [1, 0, 1, 0])
    0.5
    """
    predicted, true = _pairs("f1_score", predictions, targets)
    (counted,) = _classes("f1_score", "positive", checks.array("f1_score", "positive", positive)[None])
    _same_kind("f1_score", "a positive class", [counted], "targets", true)
    present = sorted(set(predicted) | set(true))
    if counted not in present:
        what = f"f1_score: the positive class {counted!r} is neither predicted nor a target; there is {present[0]!r}"
        what, fix = what + " and others" * (len(present) > 1), f"name the class that counts, as positive={present[-1]!r}"
        if len(present) > 1:
            raise DataError(message(what, fix=fix))
        warnings.warn(message(what + " only: F1 is 0", fix=fix), RuntimeWarning, stacklevel=2)
        return 0.0
    hits = sum(p == counted == t for p, t in zip(predicted, true, strict=True))
    return 2 * hits / (predicted.count(counted) + true.count(counted))  # TP + FP, and TP + FN


def matthews_corrcoef(predictions: Any, targets: Any) -> float:
    """Matthews' correlation coefficient: 1 is perfect, 0 no better than guessing, -1 always the other way round.

    For two classes (TP TN - FP FN) / sqrt((TP + FP)(TP + FN)(TN + FP)(TN + FN)); for more, Gorodkin's
    generalisation. A classifier that always says the same gets 0, however high its accuracy is: that is
    why CoLA is scored with it.

    Args:
        predictions, targets: (N,) classes.

    Raises: as `accuracy`.

    Source: Matthews, Biochimica et Biophysica Acta, 1975; Gorodkin, Computational Biology and Chemistry, 2004.

    >>> matthews_corrcoef([1, 1, 1, 1], [1, 1, 1, 0])
    0.0
    """
    counts = confusion_matrix(*_pairs("matthews_corrcoef", predictions, targets))
    total, right = int(counts.sum()), int(np.trace(counts))
    true, predicted = counts.sum(axis=1).tolist(), counts.sum(axis=0).tolist()
    covariance = right * total - sum(t * p for t, p in zip(true, predicted, strict=True))
    spread = (total**2 - sum(p * p for p in predicted)) * (total**2 - sum(t * t for t in true))
    return float(covariance / spread**0.5) if spread else 0.0


def roc_auc(scores: Any, targets: Any) -> float:
    """The area under the ROC curve: how often a positive example has a higher score than a negative one, ties counting half.

    0.5 is guessing, 1 a perfect order. No threshold is needed, and it does not matter how rare the positive ones are: always
    saying "no" is right for 87 % of ELECTRA's tokens, but has an AUC of 0.5. Exact, in O(N log N): (the sum of the ranks of the
    positive ones - P (P + 1) / 2) / (P M) for P positive and M others, where tied scores share the mean of their ranks.

    Args:
        scores: (N,) numbers, higher for what is more likely positive: probabilities or logits.
        targets: (N,) 1 or True for positive, else 0 or False.

    Raises:
        DataError: no positive or no negative example, NaN among the scores, targets that are neither 0 nor 1.
        ShapeError: arrays of different lengths, or not one-dimensional.
        DTypeError: scores that are no numbers.

    Source: Mann and Whitney, Annals of Mathematical Statistics, 1947; Fawcett, Pattern Recognition Letters, 2006.

    >>> roc_auc([0.9, 0.4, 0.4, 0.1], [1, 1, 0, 0])
    0.875
    """
    s, t = np.asarray(scores), np.asarray(targets)
    if s.ndim != 1 or s.shape != t.shape:
        raise ShapeError(message(f"roc_auc: scores of shape {s.shape}, targets of shape {t.shape}",
                                 fix="(N,), both: one score for each target"))
    if s.dtype.kind not in "fiub":
        raise DTypeError(message(f"roc_auc: scores are {s.dtype}", fix="numbers, such as probabilities or logits"))
    if np.isnan(s).any():
        raise DataError(message("roc_auc: NaN among the scores, which has no place in an order", fix="find where it comes from"))
    if not np.isin(t, (0, 1)).all():
        raise DataError(message("roc_auc: targets other than 0 and 1", fix="targets == c for one class c against all others"))
    positive = t.astype(bool)
    P = int(positive.sum())
    M = len(t) - P
    if not P or not M:
        raise DataError(message(f"roc_auc: {P} positive and {M} negative examples", fix="at least one of each"))
    _, place, count = np.unique(s, return_inverse=True, return_counts=True)
    rank = count.cumsum() - (count - 1) / 2  # of the first, 1; of tied ones the mean
    return float((rank[place][positive].sum() - P * (P + 1) / 2) / (P * M))


def majority_baseline(train: Any, test: Any = None) -> float:
    """The accuracy of always answering the most frequent class of `train`: what a model has to beat.

    Args:
        train: (N,) classes of the training examples; of equally frequent ones the first seen counts.
        test: (M,) classes to be guessed; None for those of `train` itself.

    Raises:
        DataError: no examples.
        ShapeError, DTypeError: as `accuracy`.

    >>> majority_baseline([0, 0, 1], [0, 1, 1, 1])
    0.25
    """
    seen = _classes("majority_baseline", "train", train)
    guessed = seen if test is None else _classes("majority_baseline", "test", test)
    checks.some("majority_baseline", "examples", min(len(seen), len(guessed)), "pass at least one class")
    _same_kind("majority_baseline", "train", seen, "test", guessed)
    return guessed.count(Counter(seen).most_common(1)[0][0]) / len(guessed)


def _pairs(name: str, predictions: Any, targets: Any) -> tuple[list[Any], list[Any]]:
    predicted, true = _classes(name, "predictions", predictions), _classes(name, "targets", targets)
    if len(predicted) != len(true):
        what = f"{name}: {len(predicted)} predictions, but {len(true)} targets"
        raise ShapeError(message(what, fix="pass one prediction for each target"))
    checks.some(name, "examples", len(true), "pass at least one prediction and target")
    _same_kind(name, "predictions", predicted, "targets", true)
    return predicted, true


def _same_kind(name: str, what: str, first: list[Any], other: str, second: list[Any]) -> None:
    """Both are ids, or both names: an id is equal to no name, and every score would be 0. Or DTypeError."""
    if isinstance(first[0], str) != isinstance(second[0], str):
        raise DTypeError(message(f"{name}: {what} such as {first[0]!r}, but {other} such as {second[0]!r}",
                                 fix="ids for both, or names for both"))


def _classes(name: str, argument: str, values: Any) -> list[Any]:
    """A list of Python values; whole floats count as ids, so that an array of 0. and 1. will do."""
    array = checks.array(name, argument, values, "fiubU")
    if array.ndim != 1:
        what = f"{name}: {argument} has shape {array.shape}, not (N,)"
        raise ShapeError(message(what, fix="pass one class per example; of logits, logits.argmax(axis=-1)"))
    if array.dtype.kind == "f" and not np.array_equal(array, np.rint(array)):
        what = f"{name}: {argument} holds fractions, which are no classes"
        raise DTypeError(message(what, fix="of probabilities or logits, take argmax(axis=-1) first"))
    return array.tolist()
