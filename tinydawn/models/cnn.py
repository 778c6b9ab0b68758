"""A convolutional network for sentences: filters that look for n-grams, wherever they stand.

Source: Kim 2014. B batch, T time, E embedding, K the width of a filter, M maps (filters) of each
width, C classes. Id 0 is padding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

import tinydawn as td
from tinydawn import nn
from tinydawn.checks import Share, Size, Sizes
from tinydawn.errors import ShapeError, message
from tinydawn.nn import functional as F


class TextCNN(nn.Module):
    """Filters of several widths, ReLU, the maximum over time, dropout, softmax.

    vocab_size      V
    classes         C
    embedding_size  E (default 100; Kim's is 300)
    maps            M filters of each width (default 100)
    widths          the n of the n-grams (default 3, 4, 5)
    dropout         share of the maxima dropped while training (default .5)

    A window may begin K - 1 places before the sentence and end as far behind it, so that a sentence
    of n words has n + K - 1 windows: each word is seen by each part of the filter, and a sentence
    of one word has windows too. Windows that have nothing but padding take no part in the maximum:
    of those a batch with a longer sentence has more, and with a positive bias they would win.
    """

    def __init__(
        self,
        vocab_size: Size,
        classes: Size,
        embedding_size: Size = 100,
        maps: Size = 100,
        widths: Sizes = (3, 4, 5),
        dropout: Share = 0.5,
    ) -> None:
        self.widths = tuple(widths)
        self.embedding = nn.Embedding(vocab_size, embedding_size, padding_idx=0)
        self.embedding.weight.data *= 0.1
        self.filters = nn.ModuleList(
            nn.Conv1d(embedding_size, maps, width, padding=width - 1) for width in self.widths)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(maps * len(self.widths), classes)

    def feature_maps(self, ids: Any) -> list[td.Tensor]:
        """What each filter says to each window of ids (B, T), -inf to a window of padding: for each
        width (B, M, T + K - 1)."""
        ids = np.asarray(ids)  # (B, T)
        real = ids != 0  # (B, T)
        if not real.any(axis=1).all():
            raise ShapeError(message(
                "TextCNN: a sentence without words", fix="drop empty sentences; id 0 is padding"))
        x = self.embedding(ids).transpose(1, 2)  # (B, E, T)
        maps = []
        for width, convolution in zip(self.widths, self.filters, strict=True):
            wide = np.pad(real, ((0, 0), (width - 1, width - 1)))  # (B, T + 2K - 2)
            windows = sliding_window_view(wide, width, axis=1)  # (B, T + K - 1, K)
            seen = np.asarray(windows.any(axis=2))  # (B, T + K - 1)
            scores = F.relu(convolution(x))  # (B, M, T + K - 1)
            maps.append(scores.masked_fill(~seen[:, None], -np.inf))
        return maps

    def forward(self, ids: Any) -> td.Tensor:
        """Logits (B, C) of ids (B, T)."""
        maxima = [scores.amax(axis=2) for scores in self.feature_maps(ids)]  # (B, M) each
        strongest = td.cat(maxima, axis=1)  # (B, 3M)
        return self.output(self.dropout(strongest))  # (B, C)

    def winners(self, ids: Any) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each width, the maxima (B, M) and the places (B, M) where their windows
        begin: -(K - 1) .. T - 1."""
        with td.no_grad():
            return [(scores.amax(axis=2).numpy(), scores.argmax(axis=2).numpy() - (width - 1))
                    for width, scores in zip(self.widths, self.feature_maps(ids), strict=True)]

    def max_norm_(self, limit: float = 3.0) -> None:
        """Shrink the output weights of a class to the length `limit` where they are longer; call
        it after each update."""
        weight = self.output.weight.data  # (C, 3M)
        length = weight.norm(axis=1, keepdims=True)  # (C, 1)
        weight *= (limit / length.clamp(min=1e-12)).clamp(max=1)  # (C, 3M)
