"""The layers of a BERT, with Hugging Face's names. The models made of them are in bert.py.

Source: Devlin et al. 2019. B batch, T time, D width, H heads, V vocabulary.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import nn
from tinydawn.errors import ShapeError, message
from tinydawn.nn import functional as F

from .inputs import batch_of_texts


class Embeddings(nn.Module):
    """What a token is, plus where it stands, plus which of two texts it is in; then LayerNorm."""

    def __init__(
        self,
        V: int,
        D: int,
        positions: int,
        segments: int,
        dropout: float,
        eps: float,
        pad_id: int | None,
    ) -> None:
        self.word_embeddings = nn.Embedding(V, D, padding_idx=pad_id)
        self.position_embeddings = nn.Embedding(positions, D)
        self.token_type_embeddings = nn.Embedding(segments, D)
        self.LayerNorm = nn.LayerNorm(D, eps)
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids: Any, segments: Any) -> td.Tensor:
        ids = batch_of_texts("Bert", ids)  # (B, T)
        T, positions = ids.shape[1], self.position_embeddings.num_embeddings
        if positions < T:
            raise ShapeError(message(
                f"Bert: {T} tokens, but only {positions} positions",
                fix="cut the text (max_length=), or build the model with more "
                    "max_position_embeddings"))
        x = self.word_embeddings(ids) + self.position_embeddings(np.arange(T))  # (B, T, D) + (T, D)
        return self.dropout(self.LayerNorm(x + self.token_type_embeddings(segments)))  # (B, T, D)


class SelfAttention(nn.Module):
    """Three projections, and softmax(Q Kᵀ / sqrt(D / H)) V in each head."""

    def __init__(self, D: int, heads: int, dropout: float) -> None:
        self.query = nn.Linear(D, D)
        self.key = nn.Linear(D, D)
        self.value = nn.Linear(D, D)
        self.heads = heads
        self.dropout = dropout

    def split(self, x: td.Tensor) -> td.Tensor:
        B, T, D = x.shape
        return x.reshape(B, T, self.heads, D // self.heads).transpose(1, 2)  # (B, H, T, D/H)

    def forward(self, x: td.Tensor, mask: Any) -> td.Tensor:
        q = self.split(self.query(x))  # (B, H, T, D/H)
        k = self.split(self.key(x))  # (B, H, T, D/H)
        v = self.split(self.value(x))  # (B, H, T, D/H)
        dropout = self.dropout if self.training else 0.0
        heads = F.scaled_dot_product_attention(q, k, v, mask, dropout)  # (B, H, T, D/H)
        return heads.transpose(1, 2).flatten(2)  # (B, T, D)

    def weights(self, x: td.Tensor, mask: Any) -> td.Tensor:
        """Where each token looks: (B, H, T, T), rows that sum to 1."""
        q = self.split(self.query(x))  # (B, H, T, D/H)
        k = self.split(self.key(x))  # (B, H, T, D/H)
        return F.attention_weights(q, k, mask)  # (B, H, T, T)


class Output(nn.Module):
    """The end of each half of a layer: back to width D, added to what came in, then
    LayerNorm (post-norm)."""

    def __init__(self, inner: int, D: int, dropout: float, eps: float) -> None:
        self.dense = nn.Linear(inner, D)
        self.LayerNorm = nn.LayerNorm(D, eps)
        self.dropout = nn.Dropout(dropout)

    def forward(self, inner: td.Tensor, x: td.Tensor) -> td.Tensor:
        return self.LayerNorm(x + self.dropout(self.dense(inner)))  # (B, T, D)


class Layer(nn.Module):
    """Self-attention, then a network at each position."""

    def __init__(
        self,
        D: int,
        heads: int,
        inner: int,
        dropout: float,
        attention_dropout: float,
        eps: float,
    ) -> None:
        self.attention = nn.ModuleDict({
            "self": SelfAttention(D, heads, attention_dropout),
            "output": Output(D, D, dropout, eps),
        })
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(D, inner)})
        self.output = Output(inner, D, dropout, eps)

    def forward(self, x: td.Tensor, mask: Any) -> td.Tensor:
        x = self.attention.output(self.attention.self(x, mask), x)  # (B, T, D)
        return self.output(F.gelu(self.intermediate.dense(x)), x)  # (B, T, D)


def key_mask(attention_mask: Any) -> Any:
    """(B, T) of what is real -> (B, 1, 1, T) of what may be looked at, for
    all heads and queries."""
    return None if attention_mask is None else np.asarray(attention_mask, bool)[:, None, None, :]


def start(module: nn.Module, std: float) -> None:
    """BERT's start: small normal weights, no bias. LayerNorm starts as it does anyway."""
    if isinstance(module, (nn.Linear, nn.Embedding)):
        nn.init.trunc_normal_(module.weight, std=std, a=-2 * std, b=2 * std)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
