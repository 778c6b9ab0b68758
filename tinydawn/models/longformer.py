"""Longformer: a Transformer whose layers look through a window, so that a document of 8,192 words
costs 16 times one of 512.

Source: Beltagy, Peters and Cohan 2020. One projection serves local and global attention
(the paper has one for each), and the layers are pre-norm. B batch, T time, D width, H heads,
V vocabulary, C classes, L layers. Id 0 is padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np

import tinydawn as td
from tinydawn import nn
from tinydawn.checks import Count, Share, Size, Whole, heads_divide, listed, whole
from tinydawn.nn import functional as F
from tinydawn.nn.positional import sinusoidal_positions
from tinydawn.nn.sliding import Window, _dilations, sliding_window_attention

from .inputs import batch_of_texts


class SlidingWindowLayer(nn.Module):
    """x + attention(norm(x)), then x + feed-forward(norm(x)), where the attention
    looks through a window.

    width             D, a multiple of heads
    heads             H
    window            w, the total width of the window, w / 2 on each side
    dilation          one for all heads, or one per head
    dropout           share of what is added to x that is dropped while training
    global_positions  positions that see all, and are seen by all
    """

    def __init__(
        self,
        width: Size,
        heads: Whole,
        window: Window,
        dilation: int | Sequence[int] = 1,
        dropout: Share = 0.1,
        global_positions: Sequence[Count] = (),
    ) -> None:
        heads_divide("Longformer", heads=heads, width=width)
        self.heads = heads
        self.window = window
        self.dilation = _dilations(dilation, heads)
        self.global_positions = tuple(global_positions)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.linear1 = nn.Linear(width, 4 * width)
        self.linear2 = nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def attend(self, x: td.Tensor, padding: Any = None) -> td.Tensor:
        """(B, T, D), and where there is padding (B, T) -> (B, T, D)."""
        B, T, D = x.shape
        projected = self.qkv(x).reshape(B, T, 3, self.heads, D // self.heads)  # (B, T, 3, H, D/H)
        q, k, v = projected.permute(2, 0, 3, 1, 4)  # (B, H, T, D/H) each
        heads = sliding_window_attention(
            q, k, v, self.window, self.dilation, self.global_positions, padding)  # (B, H, T, D/H)
        return self.output(heads.transpose(1, 2).reshape(B, T, D))  # (B, T, D)

    def forward(self, x: td.Tensor, padding: Any = None) -> td.Tensor:
        """(B, T, D), and where there is padding (B, T) -> (B, T, D)."""
        x = x + self.dropout(self.attend(self.norm1(x), padding))  # (B, T, D)
        inner = F.gelu(self.linear1(self.norm2(x)))  # (B, T, 4D)
        return x + self.dropout(self.linear2(inner))  # (B, T, D)


def _dilations_of_layers(name: str, what: str, values: Any) -> list[Any]:
    """`values` as a list, of one layer at least."""
    found = listed(name, what, values)
    whole(name, "the number of dilations", len(found), least=1)
    return found


Dilations = Annotated[Sequence[int | Sequence[int]], _dilations_of_layers]


class Longformer(nn.Module):
    """Words and their positions, then L layers: an embedding on layer L has seen 1 + L w
    positions, if nothing is dilated.

    vocabulary_size   V
    width             D (default 64), even
    heads             H (default 4)
    window            w (default 64)
    dilations         one for each of the L layers (default two layers, (1, 1)): a number, or one
                      for each head. The paper dilates two heads of the upper layers, so that the
                      lower ones learn what stands side by side
    dropout           default 0.1
    global_positions  see SlidingWindowLayer
    """

    def __init__(
        self,
        vocabulary_size: Size,
        width: Size = 64,
        heads: Whole = 4,
        window: Window = 64,
        dilations: Dilations = (1, 1),
        dropout: Share = 0.1,
        global_positions: Sequence[Count] = (),
    ) -> None:
        self.width = width
        self.embedding = nn.Embedding(vocabulary_size, width, padding_idx=0)
        # Small, so that what a word learns is not lost in what it began with:
        self.embedding.weight.data *= 0.1
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(
            SlidingWindowLayer(width, heads, window, dilation, dropout, global_positions)
            for dilation in dilations)
        self.norm = nn.LayerNorm(width)  # pre-norm layers end without one

    def embed(self, ids: np.ndarray) -> td.Tensor:
        """Ids (B, T) -> words plus positions, (B, T, D)."""
        positions = 0.1 * sinusoidal_positions(ids.shape[1], self.width)  # (T, D), small as words
        positions = positions.astype(self.embedding.weight.dtype)  # (T, D)
        return self.dropout(self.embedding(ids) + td.Tensor(positions))  # (B, T, D)

    def states(self, x: td.Tensor, padding: Any = None) -> list[td.Tensor]:
        """(B, T, D), and where there is padding (B, T) -> it and what each layer makes of
        it, L + 1 of (B, T, D)."""
        outputs = [x]
        for layer in self.layers:
            outputs.append(layer(outputs[-1], padding))
        return outputs

    def forward(self, ids: Any) -> td.Tensor:
        """Ids (B, T) -> (B, T, D)."""
        ids = batch_of_texts("Longformer", ids)  # (B, T)
        return self.norm(self.states(self.embed(ids), ids == 0)[-1])  # (B, T, D)


class LongformerClassifier(nn.Module):
    """The class of a document, read off a [CLS] that is put before it and looks at
    all of it, in every layer.

    vocabulary_size  V
    classes          C
    global_cls       without it [CLS] has a window as any word, and knows the 1 + L w / 2
                     positions at the beginning
    options          width, heads, window, dilations and dropout of the Longformer
    """

    def __init__(
        self,
        vocabulary_size: Size,
        classes: Size,
        global_cls: bool = True,
        **options: Any,
    ) -> None:
        self.cls = vocabulary_size  # its id
        seen_by_all = (0,) if global_cls else ()
        self.encoder = Longformer(vocabulary_size + 1, global_positions=seen_by_all, **options)
        self.output = nn.Linear(self.encoder.width, classes)

    def forward(self, ids: Any) -> td.Tensor:
        """Ids (B, T) -> logits (B, C)."""
        ids = batch_of_texts("LongformerClassifier", ids)  # (B, T)
        ids = np.pad(ids, ((0, 0), (1, 0)), constant_values=self.cls)  # (B, 1 + T)
        return self.output(self.encoder(ids)[:, 0])  # (B, D) -> (B, C)
