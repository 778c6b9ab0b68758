"""A classifier of one sentence or of two, over any encoder of sentences: the
form of the tasks in GLUE.

Sources: Conneau et al. 2017 (the features of two sentences), Wang et al. 2019 (GLUE). B batch,
T time, D width, H hidden size, C classes.
"""

from __future__ import annotations

from typing import Any

import tinydawn as td
from tinydawn import nn
from tinydawn.checks import Instance, Share, Size
from tinydawn.errors import ShapeError, message
from tinydawn.nn import functional as F


class PairClassifier(nn.Module):
    """Each sentence becomes a vector, by one and the same encoder; what is classified is
    [u; v; |u - v|; u * v].

    The difference and the product say where the two agree; of the vectors side by side a small
    network would have to find that out, dimension by dimension.

    encoder      a module: ids (B, T) -> (B, D), such as a DeepAveragingNetwork or
                 BiRNNClassifier of D classes
    width        D
    classes      C
    pair         False for tasks of one sentence
    hidden_size  H (default 100)
    dropout      share of the features dropped while training
    """

    def __init__(
        self,
        encoder: Instance[nn.Module],
        width: Size,
        classes: Size,
        pair: bool = True,
        hidden_size: Size = 100,
        dropout: Share = 0.2,
    ) -> None:
        self.pair = pair
        self.width = width
        self.encoder = encoder
        self.hidden = nn.Linear(4 * width if pair else width, hidden_size)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden_size, classes)

    def features(self, a: Any, b: Any = None) -> td.Tensor:
        """What is compared: ids a (B, T) and, for a pair, b (B, S) -> (B, 4 D), or
        (B, D) for one sentence."""
        if self.pair != (b is not None):
            given = "one sentence" if b is None else "two sentences"
            raise ShapeError(message(
                f"PairClassifier: {given} for pair={self.pair}",
                fix="pass ids of both sentences of a pair, and of one sentence otherwise"))
        u = self.encoder(a)  # (B, D)
        if u.shape[-1] != self.width:
            raise ShapeError(message(
                f"PairClassifier: the encoder gives {u.shape[-1]} numbers, not width={self.width}",
                fix="width is what the encoder gives per sentence"))
        if b is None:
            return u
        v = self.encoder(b)  # (B, D)
        return td.cat([u, v, td.abs(u - v), u * v], axis=1)  # (B, 4 D)

    def forward(self, a: Any, b: Any = None) -> td.Tensor:
        """Logits (B, C) of ids a (B, T), and b (B, S) of a pair."""
        h = F.relu(self.hidden(self.dropout(self.features(a, b))))  # (B, H)
        return self.output(self.dropout(h))  # (B, C)
