"""The feed-forward neural language model, and a softmax over classes of words
for large vocabularies.

Sources: Bengio, Ducharme, Vincent and Jauvin 2003 (the model), Goodman 2001 (classes for speed),
Mikolov et al. 2011 (classes by frequency). B batch, N context words, E embedding, H hidden,
V vocabulary, C classes.
"""

from __future__ import annotations

import itertools
from typing import Annotated, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

import tinydawn as td
from tinydawn import nn
from tinydawn.backend import as_index
from tinydawn.checks import Share, Size, array
from tinydawn.errors import DataError, IdError, message
from tinydawn.kernels.class_softmax import class_cross_entropy
from tinydawn.nn import functional as F


class NNLM(nn.Module):
    """p(word | the N words before it).

        x = [e(w_1); ...; e(w_N)],  h = tanh(W x + b),  p = softmax(U h + d)

    vocabulary_size  V
    context          N, how many words are looked at (default 4)
    embedding_size   E (default 60)
    hidden_size      H (default 100)
    classes          (V,) the class of each word: the softmax is then a ClassSoftmax;
                     None: one softmax over all V
    dropout          share of h dropped while training (default 0)
    """

    def __init__(
        self,
        vocabulary_size: Size,
        context: Size = 4,
        embedding_size: Size = 60,
        hidden_size: Size = 100,
        classes: Any = None,
        dropout: Share = 0.0,
    ) -> None:
        self.embedding = nn.Embedding(vocabulary_size, embedding_size)
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        self.hidden = nn.Linear(context * embedding_size, hidden_size)
        self.dropout = nn.Dropout(dropout)
        self.output = output_layer(hidden_size, vocabulary_size, classes)

    def features(self, context: Any) -> td.Tensor:
        """Contexts (B, N) of ids -> what the softmax sees, (B, H)."""
        x = self.embedding(context).flatten(1)  # (B, N E)
        return self.dropout(td.tanh(self.hidden(x)))  # (B, H)

    def forward(self, context: Any, target: Any, reduction: str = "mean") -> td.Tensor:
        """Contexts (B, N) and the words after them (B,) -> -log p of the words in nats: mean,
        "sum", or (B,) with "none"."""
        return self.output(self.features(context), target, reduction)

    def log_probs(self, context: Any) -> td.Tensor:
        """Contexts (B, N) -> log p of every word, (B, V)."""
        return self.output.log_probs(self.features(context))  # (B, V)


def contexts(sentences: list[list[int]], length: int, bos: int) -> tuple[np.ndarray, np.ndarray]:
    """Every word of every sentence, (M,), and the `length` words before it, (M, length).

    Before the first word stand marks of the beginning: a context never reaches
    into the sentence before.
    """
    rows = [np.array([*[bos] * length, *sentence]) for sentence in sentences]  # (T + N,) each
    before = np.concatenate([sliding_window_view(row[:-1], length) for row in rows])  # (M, length)
    return before, np.concatenate([row[length:] for row in rows])  # (M, N), (M,)


# --- the output layer ---------------------------------------------------------------------------


def output_layer(
    hidden_size: int,
    vocabulary_size: int,
    classes: Any = None,
) -> Softmax | ClassSoftmax:
    """A ClassSoftmax if `classes` are given, else a Softmax."""
    if classes is None:
        return Softmax(hidden_size, vocabulary_size)
    classes = array("ClassSoftmax", "classes", classes)
    if classes.shape != (vocabulary_size,):
        raise DataError(message(
            f"ClassSoftmax: {classes.size} words have a class, "
            f"the vocabulary has {vocabulary_size}",
            fix="one class per word: frequency_classes(counts), of counts (V,)"))
    return ClassSoftmax(hidden_size, classes)


class Softmax(nn.Linear):
    """p = softmax(U h + d): weight (V, H), bias (V,). Every word is computed, however rare."""

    def forward(  # type: ignore[override]
        self,
        h: td.Tensor,
        target: Any,
        reduction: str = "mean",
    ) -> td.Tensor:
        """h (B, H) and words (B,) -> -log p of the words in nats."""
        return F.cross_entropy(super().forward(h), target, reduction=reduction)

    def log_probs(self, h: td.Tensor) -> td.Tensor:
        """h (B, H) -> log p of every word, (B, V)."""
        return F.log_softmax(super().forward(h), axis=-1)  # (B, V)


class ClassSoftmax(nn.Module):
    """p(word | h) = p(class | h) p(word | class, h): two small softmaxes in place of a large one.

        p(class | h) = softmax(U h + d)
        p(word | class, h) = softmax of (W h + b) over the words of that class

    With about sqrt(V) classes a word costs about 2 sqrt(V) products of h with a row, and not V. The
    words of a batch that have one class share one matrix product. The two probabilities multiply to
    ones that sum to 1 over all words.

    hidden_size  H
    classes      (V,) the class of each word, 0 .. C-1, none of them empty

    Raises IdError for classes that are not such numbers. Source: Goodman 2001, Classes for fast
    maximum entropy training.
    """

    def __init__(self, hidden_size: Size, classes: Annotated[Any, array]) -> None:
        numbers = classes.ndim == 1 and classes.size and classes.dtype.kind in "iu"
        if not numbers or classes.min() < 0 or not np.bincount(as_index(classes)).all():
            raise IdError(message(
                "ClassSoftmax: classes are not the numbers 0 .. C-1, each of them used",
                fix="frequency_classes(counts), or np.unique(classes, return_inverse=True)[1]"))
        sizes = np.bincount(as_index(classes))  # (C,)
        self.classes = classes  # (V,)
        self.first = np.concatenate([[0], np.cumsum(sizes)])  # (C + 1,) the first row of each class
        # The word of each row: a class has its rows side by side.
        self.words = np.argsort(classes, kind="stable")  # (V,)
        self.row = np.argsort(self.words)  # (V,) the row of each word
        self.class_logits = nn.Linear(hidden_size, len(sizes))
        self.word_logits = nn.Linear(hidden_size, len(classes))

    def forward(self, h: td.Tensor, target: Any, reduction: str = "mean") -> td.Tensor:
        """h (B, H) and words (B,) -> -log p of the words in nats."""
        target = np.asarray(target)  # (B,)
        if target.size and not 0 <= target.min() <= target.max() < len(self.row):
            raise IdError(message(
                f"ClassSoftmax: a target outside 0 .. {len(self.row) - 1}",
                fix="check what makes the ids"))
        weight = self.word_logits.weight  # (V, H)
        bias = self.word_logits.bias  # (V,)
        rows = self.row[target]  # (B,)
        classes = F.cross_entropy(self.class_logits(h), self.classes[target], reduction=reduction)
        words = class_cross_entropy(h, weight, bias, target=rows, first=self.first)  # (B,)
        if reduction == "none":
            return classes + words  # (B,)
        return classes + (words.sum() if reduction == "sum" else words.mean())  # ()

    def log_probs(self, h: td.Tensor) -> td.Tensor:
        """h (B, H) -> log p of every word, (B, V). This does compute every word."""
        logits = self.word_logits(h)  # (B, V), in the order of rows
        bounds = itertools.pairwise(self.first.tolist())  # the first row of each class and the next
        within = [F.log_softmax(logits[:, a:b], axis=-1) for a, b in bounds]  # V in all
        log_class = F.log_softmax(self.class_logits(h), axis=-1)  # (B, C)
        return td.cat(within, axis=1)[:, self.row] + log_class[:, self.classes]  # (B, V)


def frequency_classes(counts: Any, count: int | None = None) -> np.ndarray:
    """Words in bins of about equal mass of the *square root* of their frequency: the
    class of each word, (V,).

    Of frequency itself the most frequent words would fill most bins and all rare ones share the
    last, which would then cost nearly as much as all V. The root evens this out.

    counts  (V,) how often each word occurs
    count   how many bins; default sqrt(V). A very frequent word may fill several: then
            there are fewer classes

    Raises DataError for counts that are negative or all 0. Source: Mikolov et al. 2011; the
    root: the rnnlm toolkit.
    """
    counts = np.asarray(counts, np.float64)  # (V,)
    if counts.ndim != 1 or not counts.size or counts.min() < 0 or not counts.sum():
        raise DataError(message(
            "frequency_classes: counts must be (V,), none negative, not all 0",
            fix="np.bincount(ids)"))
    bins = count or max(1, round(len(counts) ** 0.5))
    order = np.argsort(-counts, kind="stable")  # (V,)
    root = np.sqrt(counts[order])  # (V,)
    before = np.cumsum(root) - root  # the mass of the more frequent words
    classes = np.empty(len(counts), np.int64)  # (V,)
    classes[order] = np.minimum(before / root.sum() * bins, bins - 1)
    return np.unique(classes, return_inverse=True)[1].reshape(-1)  # (V,)
