"""The Transformer as a language model: every position looks at itself and at the ones before
it, all at the same time.

Sources: Vaswani et al. 2017 (attention, positions, post-norm), Radford et al. 2018 (decoder only),
Xiong et al. 2020 (pre-norm and its final norm), Press and Wolf 2017
(one matrix for reading and for writing). B batch, T time, t what was read before, D model width,
H heads, V vocabulary, L layers.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

import tinydawn as td
from tinydawn import nn
from tinydawn.checks import Share, Size, Whole
from tinydawn.errors import ShapeError, message
from tinydawn.nn import functional as F

from .inputs import check_next_tokens
from .nnlm import Softmax


class TransformerLM(nn.Module):
    """p(token | the tokens before it, at most max_length - 1 of them).

        x = sqrt(D) e(w_t) + PE[t]
        L layers of causal self-attention and feed-forward
        p(w_(t+1)) = softmax(U norm(x) + d)

    vocabulary_size  V
    d_model          D (default 128)
    nhead            H (default 4); each head has width D / H
    num_layers       L (default 2)
    dim_feedforward  of the hidden layer at each position (default 4 D)
    max_length       T at most: how far it can look (default 64)
    dropout          share of embeddings and features dropped while training (default 0); attention
                     weights are not dropped
    norm_first       pre-norm, x + f(norm(x)), with one more norm after the last layer (default);
                     else post-norm, norm(x + f(x))
    positions        "sinusoidal" (default), "learned", or None: then only the
                     causal mask tells order
    tied             U is the embedding
    final_norm       False leaves out the norm after the last pre-norm layer: to see what it is for
    """

    def __init__(
        self,
        vocabulary_size: Size,
        d_model: Size = 128,
        nhead: Whole = 4,
        num_layers: Size = 2,
        dim_feedforward: Size | None = None,
        max_length: Size = 64,
        dropout: Share = 0.0,
        norm_first: bool = True,
        positions: Literal["sinusoidal", "learned", None] = "sinusoidal",
        tied: bool = False,
        final_norm: bool = True,
    ) -> None:
        inner = 4 * d_model if dim_feedforward is None else dim_feedforward
        self.max_length = max_length
        self.positions = positions
        self.embedding = nn.Embedding(vocabulary_size, d_model)
        # Times sqrt(D) these are as large as the positions.
        nn.init.normal_(self.embedding.weight, 0.0, d_model**-0.5)
        if positions == "learned":
            self.position = nn.Parameter(0.1 * td.randn(max_length, d_model).numpy())  # (T, D)
        elif positions == "sinusoidal":
            self.register_buffer("position", nn.sinusoidal_positions(max_length, d_model))  # (T, D)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(
            CausalLayer(d_model, nhead, inner, dropout, norm_first) for _ in range(num_layers))
        self.norm = nn.LayerNorm(d_model) if norm_first and final_norm else nn.Identity()
        self.output = Softmax(d_model, vocabulary_size)
        if tied:
            self.output.weight = self.embedding.weight

    def embed(self, tokens: Any, start: int = 0) -> td.Tensor:
        """Tokens (B, T) at positions start .. start + T - 1 -> (B, T, D). Scaled first: positions
        are not to be scaled."""
        if tokens.ndim != 2:
            raise ShapeError(message(
                f"TransformerLM: tokens of shape {tokens.shape[::-1]}",
                fix="(T, B): of one text ids[:, None]"))
        end = start + tokens.shape[1]
        if end > self.max_length:
            raise ShapeError(message(
                f"TransformerLM: {end} tokens, and positions for {self.max_length}",
                fix="a shorter text, or a larger max_length when the model is made"))
        x = self.embedding(tokens) * math.sqrt(self.embedding.weight.shape[1])  # (B, T, D)
        if self.positions is not None:
            x = x + self.position[start:end]  # (B, T, D) + (T, D)
        return self.dropout(x)  # (B, T, D)

    def features(self, tokens: Any) -> td.Tensor:
        """Tokens (T, B) -> what the softmax sees, (B, T, D)."""
        x = self.embed(np.asarray(tokens).T)  # (B, T, D)
        for layer in self.layers:
            x = layer(x)  # (B, T, D)
        return self.norm(x)  # (B, T, D)

    def forward(self, tokens: Any, target: Any, reduction: str = "mean") -> td.Tensor:
        """Tokens (T, B) and the ones after them (T, B) -> -log p of the latter in nats.

        The loss is the mean over all T B tokens, their "sum", or with "none" (T B,), in the
        order of target.reshape(-1).
        """
        target = np.asarray(target)  # (T, B)
        check_next_tokens("TransformerLM", tokens, target)
        h = self.features(tokens).transpose(0, 1)  # (T, B, D)
        return self.output(h.flatten(0, 1), target.reshape(-1), reduction)

    def attention(self, tokens: Any) -> list[np.ndarray]:
        """Tokens (T, B) -> the weights of every layer, each (B, H, T, T): row t is what
        position t looks at."""
        with td.no_grad():
            x = self.embed(np.asarray(tokens).T)  # (B, T, D)
            found = []
            for layer in self.layers:
                found.append(layer.weights(x).numpy())  # (B, H, T, T)
                x = layer(x)  # (B, T, D)
        return found

    # --- decoding -------------------------------------------------------------------------------
    # A position's keys and values depend on nothing after it, so they are computed once and kept.
    # A step then costs one position's products, and a look at the kept ones, where reading the
    # text again would cost all t positions.

    def start(self, batch_size: int) -> tuple[Any, ...]:
        """The state before the first token: the tokens read, (B, t), and of each layer keys and
        values, (B, 2, H, t, D / H)."""
        read = np.zeros((batch_size, 0), np.int64)  # (B, 0)
        return (read, *(layer.nothing(batch_size) for layer in self.layers))

    def step(self, tokens: Any, state: tuple[Any, ...]) -> tuple[td.Tensor, tuple[Any, ...]]:
        """One step of decoding: the last tokens (B,) -> log p of the next, (B, V). A state has
        its batch axis in front.

        When all max_length positions are taken, the younger half of the tokens is read once more,
        from position 0 on: kept keys know their old positions, and so cannot move.
        """
        tokens = np.asarray(tokens)[:, None]  # (B, 1)
        read, *kept = state
        if read.shape[1] == self.max_length:
            younger = read[:, self.max_length - self.max_length // 2:]  # (B, T / 2)
            tokens = np.concatenate([younger, tokens], axis=1)  # (B, T / 2 + 1)
            read, *kept = self.start(len(tokens))
        x = self.embed(tokens, start=read.shape[1])  # (B, 1, D)
        after = []
        for layer, past in zip(self.layers, kept, strict=True):
            x, past = layer.go_on(x, past)  # (B, 1, D), (B, 2, H, t + 1, D / H)
            after.append(past)
        read = np.concatenate([read, tokens], axis=1)  # (B, t + 1)
        return self.output.log_probs(self.norm(x[:, -1])), (read, *after)


class CausalLayer(nn.TransformerEncoderLayer):
    """An encoder layer in which position t looks at 0 .. t only, and which can go on from the
    keys and values it kept."""

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int,
        dropout: float,
        norm_first: bool,
    ) -> None:
        super().__init__(
            d_model, nhead, dim_feedforward, dropout, "gelu",
            batch_first=True, norm_first=norm_first)
        self.self_attn.dropout = 0.0  # so that the fused kernel runs, which keeps no weights

    def forward(self, x: td.Tensor) -> td.Tensor:  # type: ignore[override]
        """(B, T, D) -> (B, T, D), all positions at once."""
        return super().forward(x, is_causal=True)  # (B, T, D)

    def go_on(self, x: td.Tensor, past: td.Tensor) -> tuple[td.Tensor, td.Tensor]:
        """Positions x (B, T, D) that follow those in `past` (B, 2, H, t, D / H) -> their features
        (B, T, D), and all in one."""
        kept = past

        def attend(x: td.Tensor) -> td.Tensor:
            nonlocal kept
            query, key, value = self.self_attn._project(x, x, x, True)  # three (B, H, T, D / H)
            kept = td.cat([past, td.stack([key, value], axis=1)], axis=3)  # (B, 2, H, t + T, D / H)
            T, S = query.shape[2], kept.shape[3]
            mask = np.tri(T, S, S - T, dtype=bool)  # (T, S)
            key, value = kept[:, 0], kept[:, 1]  # (B, H, t + T, D / H) each
            heads = F.scaled_dot_product_attention(query, key, value, mask)  # (B, H, T, D / H)
            joined = heads.transpose(1, 2).flatten(2)  # (B, H, T, D / H) -> (B, T, D)
            return self.self_attn.out_proj(joined)  # (B, T, D)

        x = self._residual(x, 1, attend)  # (B, T, D)
        return self._residual(x, 2, self._feed_forward), kept  # (B, T, D), (B, 2, H, t + T, D / H)

    def weights(self, x: td.Tensor) -> td.Tensor:
        """(B, T, D) -> what each position looks at, (B, H, T, T)."""
        x = self.norm1(x) if self.norm_first else x  # (B, T, D)
        _, weights = self.self_attn(x, x, x, average_attn_weights=False, is_causal=True)
        assert weights is not None
        return weights

    def nothing(self, batch_size: int) -> td.Tensor:
        """Keys and values of no position, (B, 2, H, 0, D / H)."""
        heads, width = self.self_attn.num_heads, self.self_attn.embed_dim
        dtype = self.linear1.weight.dtype
        return td.zeros(batch_size, 2, heads, 0, width // heads, dtype=dtype)
