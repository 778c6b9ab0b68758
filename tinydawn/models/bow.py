"""Bags of words: a sentence as the sum, or the mean, of its words' vectors, whatever their order.

Sources: the lecture (h = W x), Iyyer et al. 2015 (deep averaging network). B batch, T time,
V vocabulary, E embedding, H hidden size, C classes. Id 0 is padding.
"""

from __future__ import annotations

import functools
import itertools
from typing import Annotated, Any

import numpy as np

import tinydawn as td
from tinydawn import nn, random
from tinydawn.checks import Count, Share, Size, word
from tinydawn.nn import functional as F

Counting = Annotated[str, functools.partial(word, known=("count", "binary"))]


def first_places(ids: np.ndarray) -> np.ndarray:
    """True where a row of ids (B, T) has an id for the first time."""
    same = ids[:, :, None] == ids[:, None, :]  # (B, T, T): position t has the id of position s
    first = same.argmax(axis=2)  # (B, T): the first s with the id of t
    return first == np.arange(ids.shape[1])  # (B, T): that is t itself


class BagOfWords(nn.Module):
    """h = W x: x counts the words of the vocabulary in the sentence, W
    (E, V) has a column per word.

    vocab_size      V
    classes         C
    embedding_size  E; with None there is no h between: the logits are W x + b, one
                    weight per word and class
    count           "count" counts a word as often as it comes, "binary" once

    x is nearly all zeros, so W x is computed as what it is: the sum of the columns of the words
    that are there. The columns are the rows of `embedding.weight`. `linear(x)` does the same by the
    matrix product, for comparison.
    """

    def __init__(
        self,
        vocab_size: Size,
        classes: Size,
        embedding_size: Size | None = None,
        count: Counting = "count",
    ) -> None:
        self.count = count
        width = classes if embedding_size is None else embedding_size
        self.embedding = nn.Embedding(vocab_size, width, padding_idx=0)
        self.embedding.weight.data *= 0.1  # as it adds up many words, it starts small
        self.output = None if embedding_size is None else nn.Linear(embedding_size, classes)
        self.bias = nn.Parameter(td.zeros(classes)) if embedding_size is None else None

    def embed(self, ids: Any) -> td.Tensor:
        """h of ids (B, T): the sum of their vectors (B, E)."""
        ids = np.asarray(ids)  # (B, T)
        vectors = self.embedding(ids)  # (B, T, E), 0 at padding
        if self.count == "binary":
            first = first_places(ids)[:, :, None].astype(vectors.dtype)  # (B, T, 1)
            vectors = vectors * td.Tensor(first)  # (B, T, E)
        return vectors.sum(axis=1)  # (B, E)

    def linear(self, x: Any) -> td.Tensor:
        """h of count vectors x (B, V): x Wᵀ (B, E), in the row convention. The same as embed."""
        weight = self.embedding.weight  # (V, E)
        return td.Tensor(np.asarray(x, weight.dtype)) @ weight  # (B, V) @ (V, E) -> (B, E)

    def vector(self, ids: Any) -> np.ndarray:
        """x of ids (B, T): how often each word comes, or whether it comes
        (B, V). Padding is no word."""
        ids = np.asarray(ids)  # (B, T)
        weight = self.embedding.weight  # (V, E)
        x = np.zeros((len(ids), len(weight)), weight.dtype)  # (B, V)
        np.add.at(x, (np.arange(len(ids))[:, None], ids), 1)
        x[:, 0] = 0
        return np.minimum(x, 1) if self.count == "binary" else x  # (B, V)

    def forward(self, ids: Any) -> td.Tensor:
        """Logits (B, C) of ids (B, T)."""
        h = self.embed(ids)  # (B, E)
        return self.output(h) if self.output is not None else h + self.bias  # (B, C)


class DeepAveragingNetwork(nn.Module):
    """The mean of the words' vectors, then layers of tanh, then a softmax.

    vocab_size      V
    classes         C
    embedding_size  E (default 100)
    hidden_size     H (default 100)
    layers          hidden layers; 0 gives a linear model of the mean
    word_dropout    share of words left out of the mean while training (default .3),
                    never all of a sentence
    dropout         share of the hidden features dropped
    """

    def __init__(
        self,
        vocab_size: Size,
        classes: Size,
        embedding_size: Size = 100,
        hidden_size: Size = 100,
        layers: Count = 1,
        word_dropout: Share = 0.3,
        dropout: Share = 0.0,
    ) -> None:
        self.embedding = nn.Embedding(vocab_size, embedding_size, padding_idx=0)
        self.embedding.weight.data *= 0.1
        widths = [embedding_size, *[hidden_size] * layers]
        self.hidden = nn.ModuleList(nn.Linear(i, o) for i, o in itertools.pairwise(widths))
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(widths[-1], classes)
        self.word_dropout = word_dropout

    def kept(self, ids: np.ndarray) -> np.ndarray:
        """Which places (B, T) go into the mean: the words, while training without
        those that are dropped."""
        real = ids != 0  # (B, T)
        if not (self.training and self.word_dropout):
            return real
        keep = real & (random.generator.random(ids.shape) >= self.word_dropout)  # (B, T)
        return np.where(keep.any(axis=1, keepdims=True), keep, real)  # (B, T)

    def mean(self, ids: Any) -> td.Tensor:
        """The mean vector (B, E) of the words of ids (B, T); 0 of a sentence of none."""
        keep = self.kept(np.asarray(ids)).astype(self.embedding.weight.dtype)  # (B, T)
        words = np.maximum(keep.sum(axis=1, keepdims=True), 1)  # (B, 1)
        weights = td.Tensor((keep / words)[:, None])  # (B, 1, T): over the words, not over T
        return (weights @ self.embedding(ids)).squeeze(1)  # (B, 1, T) @ (B, T, E) -> (B, E)

    def forward(self, ids: Any) -> td.Tensor:
        """Logits (B, C) of ids (B, T)."""
        h = self.mean(ids)  # (B, E)
        for layer in self.hidden:
            h = self.dropout(F.tanh(layer(h)))  # (B, H)
        return self.output(h)  # (B, C)
