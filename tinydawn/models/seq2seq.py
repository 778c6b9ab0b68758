"""Translation before the Transformer: a bidirectional GRU reads, a GRU writes, and bilinear
attention connects them.

Sources: Cho et al. 2014 (encoder and decoder), Bahdanau, Cho and Bengio 2015
(attention inside the recurrence), Luong, Pham and Manning 2015 (the bilinear score). B batch,
S source length, T target length, E embedding, H hidden size of the decoder, D = 2 H width of the
encoder's states, V target vocabulary.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import nn
from tinydawn.checks import Share, Size
from tinydawn.decode import Constant
from tinydawn.nn import functional as F


class Seq2Seq(nn.Module):
    """p(target | source), one target word at a time.

    source_size, target_size  vocabulary sizes; id 0 is padding in both
    embedding_size            E (default 256)
    hidden_size               H (default 256); the encoder has H in each direction
    dropout                   share of embeddings and output features dropped
                              while training (default 0.3)

    For each target word, with s the decoder's state before it and h_1 .. h_S the encoder's states:

        a_i = h_iᵀ W_a s / sqrt(H),  weights = softmax(a),  context = sum_i weights_i h_i
        s' = GRU([embedding; context], s)
        p(word) = softmax(W_o tanh(W_c [s'; context; embedding]))

    Luong's score has no root. Adam moves every entry of W_a by about the learning rate at once, and
    a sum of D H products then grows so fast that within a hundred steps each softmax has all its
    weight on one word, which stops its gradient.
    """

    def __init__(
        self,
        source_size: Size,
        target_size: Size,
        embedding_size: Size = 256,
        hidden_size: Size = 256,
        dropout: Share = 0.3,
    ) -> None:
        E, H, D = embedding_size, hidden_size, 2 * hidden_size
        self.source_embedding = nn.Embedding(source_size, E, padding_idx=0)
        self.target_embedding = nn.Embedding(target_size, E, padding_idx=0)
        self.encoder = nn.GRU(E, H, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(D, H)
        self.scale = H**-0.5
        self.bilinear = nn.Parameter(nn.init.xavier_uniform_(td.zeros(D, H)))
        self.decoder = nn.GRUCell(E + D, H)
        self.combine = nn.Linear(H + D + E, E)
        self.output = nn.Linear(E, target_size)
        self.dropout = nn.Dropout(dropout)

    def encode(self, source: Any, lengths: Any) -> dict[str, Any]:
        """Read source ids (B, S), of which `lengths` (B,) are real: what the
        decoder starts from."""
        embedded = self.dropout(self.source_embedding(source))  # (B, S, E)
        memory, last = self.encoder(embedded, lengths=lengths)  # (B, S, D), (2, B, H)
        # The forward direction has read everything at the last word, the backward one at the first.
        s = td.tanh(self.bridge(td.cat([last[0], last[1]], axis=-1)))  # (B, D) -> (B, H)
        keys = memory @ (self.bilinear * self.scale)  # (B, S, D) @ (D, H) -> (B, S, H)
        padding = np.arange(memory.shape[1]) >= np.asarray(lengths)[:, None]  # (B, S)
        return {
            "s": s,
            "memory": Constant(memory),
            "keys": Constant(keys),  # half of the score: the other half is s
            "padding": Constant(padding),
        }

    def attend(self, s: td.Tensor, state: dict[str, Any]) -> tuple[td.Tensor, td.Tensor]:
        """The source as seen from decoder state s (B, H): context (B, D),
        and the weights (B, S)."""
        keys = state["keys"].value  # (B, S, H)
        memory = state["memory"].value  # (B, S, D)
        scores = (keys @ s.unsqueeze(2)).squeeze(2)  # (B, S, H) @ (B, H, 1) -> (B, S)
        scores = scores.masked_fill(state["padding"].value, -np.inf)  # (B, S)
        weights = F.softmax(scores, axis=1)  # (B, S)
        context = (weights.unsqueeze(1) @ memory).squeeze(1)  # (B, 1, S) @ (B, S, D) -> (B, D)
        return context, weights

    def forward(self, source: Any, lengths: Any, target: Any) -> tuple[td.Tensor, td.Tensor]:
        """Logits (B, T, V) of the word after each of target (B, T), which starts with <s>; and the
        attention (B, T, S)."""
        state = self.encode(source, lengths)
        embedded = self.dropout(self.target_embedding(target))  # (B, T, E)
        s = state["s"]  # (B, H)
        features = []
        alignment = []
        for t in td.steps(embedded.shape[1]):
            word = embedded[:, t]  # (B, E)
            context, weights = self.attend(s, state)  # (B, D), (B, S)
            s = self.decoder(td.cat([word, context], axis=1), s)  # (B, H)
            features.append(td.cat([s, context, word], axis=1))  # (B, H + D + E)
            alignment.append(weights)
        combined = td.tanh(self.combine(td.stack(features, axis=1)))  # (B, T, E)
        logits = self.output(self.dropout(combined))  # (B, T, V)
        return logits, td.stack(alignment, axis=1)  # (B, T, S)

    def step(self, tokens: np.ndarray, state: dict[str, Any]) -> tuple[td.Tensor, dict[str, Any]]:
        """One step of decoding: the last words (B,) and a state -> log p(next word)
        (B, V), and the next state."""
        word = self.target_embedding(tokens)  # (B, E)
        context, _ = self.attend(state["s"], state)  # (B, D)
        s = self.decoder(td.cat([word, context], axis=1), state["s"])  # (B, H)
        combined = td.tanh(self.combine(td.cat([s, context, word], axis=1)))  # (B, E)
        return F.log_softmax(self.output(combined), axis=-1), {**state, "s": s}  # (B, V)
