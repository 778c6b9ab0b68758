"""Recurrent networks that read in both directions: good for classification, and no language model.

Source: Schuster and Paliwal 1997. B batch, T time, V vocabulary, E embedding, H hidden size of each
direction, C classes. Id 0 is padding.
"""

from __future__ import annotations

import functools
from typing import Annotated, Any

import numpy as np

import tinydawn as td
from tinydawn import nn
from tinydawn.checks import Share, Size, word
from tinydawn.errors import ShapeError, message

CELLS: dict[str, Any] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
POOLINGS = ("last", "max", "mean")
Cell = Annotated[str, functools.partial(word, known=tuple(CELLS))]
Pooling = Annotated[str, functools.partial(word, known=POOLINGS)]


class BiRNNClassifier(nn.Module):
    """Read a sentence from both ends, and classify by what either reader remembers.

    vocab_size      V
    classes         C
    embedding_size  E (default 100)
    hidden_size     H of each direction (default 64)
    cell            "gru", "lstm" or "rnn"
    bidirectional   False leaves the backward reader out
    pooling         "last": each reader's state when it has read everything, which the forward one
                    has at the last word and the backward one at the first; "max" or "mean": of all
                    states, over the real words
    dropout         share of embeddings and of the pooled features dropped while training
    """

    def __init__(
        self,
        vocab_size: Size,
        classes: Size,
        embedding_size: Size = 100,
        hidden_size: Size = 64,
        cell: Cell = "gru",
        bidirectional: bool = True,
        pooling: Pooling = "last",
        dropout: Share = 0.3,
    ) -> None:
        self.pooling = pooling
        self.bidirectional = bidirectional
        self.embedding = nn.Embedding(vocab_size, embedding_size, padding_idx=0)
        self.embedding.weight.data *= 0.25
        self.recurrent = CELLS[cell](
            embedding_size, hidden_size, batch_first=True, bidirectional=bidirectional)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden_size * (1 + bidirectional), classes)

    def encode(self, ids: Any) -> td.Tensor:
        """The sentence as one vector: ids (B, T) -> (B, D), D = 2 H with
        both directions, else H."""
        ids = np.asarray(ids)  # (B, T)
        real = ids != 0  # (B, T)
        lengths = real.sum(axis=1)  # (B,)
        if not (real == (np.arange(ids.shape[1]) < lengths[:, None])).all() or not lengths.all():
            raise ShapeError(message(
                "BiRNNClassifier: padding before or inside a sentence, or a sentence without words",
                fix="fill up at the end with id 0, as text.pad does"))
        # With the lengths each direction stops, or starts, at the true end of its sentence: the
        # padding is never read.
        words = self.dropout(self.embedding(ids))  # (B, T, E)
        states, last = self.recurrent(words, lengths=lengths)  # (B, T, D), (1 or 2, B, H)
        last = last[0] if isinstance(last, tuple) else last  # (1 or 2, B, H)
        if self.pooling == "last":
            return td.cat([last[k] for k in range(last.shape[0])], axis=1)  # (B, D)
        if self.pooling == "max":
            return states.masked_fill(~real[:, :, None], -np.inf).amax(axis=1)  # (B, D)
        weights = real.astype(states.dtype) / lengths[:, None].astype(states.dtype)  # (B, T)
        return (td.Tensor(weights[:, None]) @ states).squeeze(1)  # (B, 1, T) @ (B, T, D) -> (B, D)

    def forward(self, ids: Any) -> td.Tensor:
        """Logits (B, C) of ids (B, T)."""
        return self.output(self.dropout(self.encode(ids)))  # (B, C)


class LeakyLanguageModel(nn.Module):
    """p(next word | words so far) from the state after them; with
    bidirectional=True, a model that cheats.

    A state of the backward direction has read the next word, which it is to predict, and all that
    follow. Its loss falls towards 0, its perplexity towards 1, and it can write no text, since at
    writing there is nothing to the right.

    vocab_size      V
    embedding_size  E (default 64)
    hidden_size     H of each direction (default 64)
    cell            "gru", "lstm" or "rnn"
    bidirectional   True to see it cheat
    """

    def __init__(
        self,
        vocab_size: Size,
        embedding_size: Size = 64,
        hidden_size: Size = 64,
        cell: Cell = "gru",
        bidirectional: bool = False,
    ) -> None:
        self.embedding = nn.Embedding(vocab_size, embedding_size, padding_idx=0)
        self.embedding.weight.data *= 0.25
        self.recurrent = CELLS[cell](
            embedding_size, hidden_size, batch_first=True, bidirectional=bidirectional)
        self.output = nn.Linear(hidden_size * (1 + bidirectional), vocab_size)

    def states(self, embedded: td.Tensor, lengths: Any) -> td.Tensor:
        """The states (B, T, D) of embedded words (B, T, E), of which `lengths` (B,) are real."""
        return self.recurrent(embedded, lengths=lengths)[0]  # (B, T, D)

    def forward(self, ids: Any) -> td.Tensor:
        """Logits (B, T, V) of the word after each of ids (B, T), which start with <s>."""
        lengths = (np.asarray(ids) != 0).sum(axis=1)  # (B,)
        return self.output(self.states(self.embedding(ids), lengths))  # (B, T, V)


def influence(model: LeakyLanguageModel, ids: Any) -> np.ndarray:
    """Which words the prediction at each place depends on: (T, T), row t the size of d
    state_t / d word_s, for all s.

    The gradient of each state's sum with respect to each embedded word of ids (T,), as its length.
    Zeros right of the diagonal mean that nothing of the future is used.
    """
    ids = np.asarray(ids)[None]  # (1, T)
    rows = []
    for t in range(ids.shape[1]):
        embedded = td.Tensor(model.embedding(ids).detach().numpy(), requires_grad=True)  # (1, T, E)
        state = model.states(embedded, [ids.shape[1]])[0, t]  # (D,)
        (gradient,) = td.grad(state.sum(), embedded)  # (1, T, E)
        rows.append(np.linalg.norm(gradient.numpy()[0], axis=1))
    return np.stack(rows)  # (T, T)
