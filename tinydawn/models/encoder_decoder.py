"""Translation without attention: one vector has to hold the whole sentence.

Sources: Cho et al. 2014 (GRUs, the sentence's vector at every step of the decoder), Sutskever,
Vinyals and Le 2014. With attention it becomes seq2seq.py. B batch, S source length, T target
length, E embedding, H hidden size of the decoder, D = 2 H, V target vocabulary.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import nn
from tinydawn.checks import Share, Size
from tinydawn.decode import Constant
from tinydawn.nn import functional as F


class EncoderDecoder(nn.Module):
    """p(target | source), one target word at a time, from the encoder's last states alone.

    source_size, target_size  vocabulary sizes; id 0 is padding in both
    embedding_size            E (default 256)
    hidden_size               H (default 256); the encoder has H in each direction
    dropout                   share of embeddings and output features dropped
                              while training (default 0.3)

    With h_1 .. h_S the encoder's states, of which the forward half has read everything at S,
    the backward half at 1:

        context = [forward half of h_S; backward half of h_1],  s_0 = tanh(W context)
        s_t = GRU([embedding of word t-1; context], s_(t-1))
        p(word t) = softmax(W_o tanh(W_c [s_t; context; embedding of word t-1]))

    That is Seq2Seq with the context fixed. As no step has to look back at the source, all target
    steps of a training sentence are one call of a GRU.
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
        self.decoder = nn.GRU(E + D, H, batch_first=True)
        self.combine = nn.Linear(H + D + E, E)
        self.output = nn.Linear(E, target_size)
        self.dropout = nn.Dropout(dropout)

    def encode(self, source: Any, lengths: Any) -> dict[str, Any]:
        """Read source ids (B, S), of which `lengths` (B,) are real: what the
        decoder starts from."""
        embedded = self.dropout(self.source_embedding(source))  # (B, S, E)
        # The forward direction has read everything at the last word, the backward one at the first.
        _, last = self.encoder(embedded, lengths=lengths)  # (2, B, H)
        context = td.cat([last[0], last[1]], axis=-1)  # (B, D)
        return {"s": td.tanh(self.bridge(context)), "context": Constant(context)}  # (B, H), (B, D)

    def decode(self, embedded: td.Tensor, state: dict[str, Any]) -> tuple[td.Tensor, td.Tensor]:
        """Embedded words (B, T, E) -> logits of the words after them (B, T, V), and the
        decoder's last state (B, H)."""
        B, T, _ = embedded.shape
        context = state["context"].value.unsqueeze(1)  # (B, 1, D)
        context = td.broadcast_to(context, (B, T, context.shape[2]))  # (B, T, D)
        inputs = td.cat([embedded, context], axis=2)  # (B, T, E + D)
        states, last = self.decoder(inputs, state["s"].unsqueeze(0))  # (B, T, H), (1, B, H)
        combined = td.tanh(self.combine(td.cat([states, context, embedded], axis=2)))  # (B, T, E)
        return self.output(self.dropout(combined)), last[0]  # (B, T, V), (B, H)

    def forward(self, source: Any, lengths: Any, target: Any) -> tuple[td.Tensor, None]:
        """Logits (B, T, V) of the word after each of target (B, T), which starts with
        <s>; and no attention."""
        embedded = self.dropout(self.target_embedding(target))  # (B, T, E)
        return self.decode(embedded, self.encode(source, lengths))[0], None  # (B, T, V)

    def step(self, tokens: np.ndarray, state: dict[str, Any]) -> tuple[td.Tensor, dict[str, Any]]:
        """One step of decoding: the last words (B,) and a state -> log p(next word)
        (B, V), and the next state."""
        word = self.target_embedding(tokens).unsqueeze(1)  # (B, 1, E)
        logits, s = self.decode(word, state)  # (B, 1, V), (B, H)
        return F.log_softmax(logits[:, 0], axis=-1), {**state, "s": s}  # (B, V)
