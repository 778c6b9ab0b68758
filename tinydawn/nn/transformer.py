"""Multi-head attention and the Transformer's layers. PyTorch's names, layouts and defaults.

Shapes: N batch, T queries, S keys, D model width, H heads. Layers take (T, N, D), or (N, T, D) with batch_first.
In their masks True means "may not be looked at", as in PyTorch; F.scaled_dot_product_attention has it the other way.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np

from .. import functional as T
from .. import ops, random
from ..autograd import wrap
from ..backend import like, to_host
from ..checks import Amount, Instance, Share, Size, Whole, heads_divide, instance
from ..errors import DTypeError, ShapeError, message
from ..functional import _raw
from ..kernels.attention import attention
from ..kernels.masking import quiet
from ..tensor import Tensor
from . import functional as F
from . import init
from .container import ModuleList
from .dropout import Dropout
from .linear import Linear, _empty
from .module import Module, Parameter
from .normalization import LayerNorm


class MultiheadAttention(Module):
    """Attention in `num_heads` subspaces of width D / H at once: softmax(Q Kᵀ / sqrt(D / H)) V, joined and projected.

    in_proj_weight (3 D, D) holds the projections of query, key and value; out_proj maps the joined heads back.
    Source: Vaswani et al. 2017.

    add_bias_kv    one key and value more, bias_k and bias_v (1, 1, D), which are learned
    add_zero_attn  one more of zeros, behind it: what a head looks at that finds nothing

    No mask hides these two; the weights have a column more for each.

    kdim, vdim     the widths of key and value, where one is not D: then q_proj_weight, k_proj_weight and v_proj_weight stand
                   in the place of in_proj_weight
    """

    def __init__(self, embed_dim: Size, num_heads: Whole, dropout: Share = 0.0, bias: bool = True, add_bias_kv: bool = False,
                 add_zero_attn: bool = False, kdim: Size | None = None, vdim: Size | None = None,
                 batch_first: bool = False) -> None:
        heads_divide("MultiheadAttention", num_heads=num_heads, embed_dim=embed_dim)
        self.embed_dim, self.num_heads, self.dropout, self.batch_first = embed_dim, num_heads, dropout, batch_first
        self.kdim, self.vdim = kdim or embed_dim, vdim or embed_dim
        if random.source is not None:  # PyTorch draws the output's weights first, tinydawn last
            self.out_proj = Linear(embed_dim, embed_dim, bias)
        if self.kdim == self.vdim == embed_dim:
            self.in_proj_weight = Parameter(init.xavier_uniform_(_empty(3 * embed_dim, embed_dim)))
        else:
            self.q_proj_weight = Parameter(init.xavier_uniform_(_empty(embed_dim, embed_dim)))
            self.k_proj_weight = Parameter(init.xavier_uniform_(_empty(embed_dim, self.kdim)))
            self.v_proj_weight = Parameter(init.xavier_uniform_(_empty(embed_dim, self.vdim)))
        self.in_proj_bias = Parameter(init.zeros_(_empty(3 * embed_dim))) if bias else None
        self.bias_k = Parameter(init.xavier_normal_(_empty(1, 1, embed_dim))) if add_bias_kv else None
        self.bias_v = Parameter(init.xavier_normal_(_empty(1, 1, embed_dim))) if add_bias_kv else None
        self.add_zero_attn = add_zero_attn
        if random.source is None:
            self.out_proj = Linear(embed_dim, embed_dim, bias)
        if self.out_proj.bias is not None:
            init.zeros_(self.out_proj.bias)

    def forward(self, query: Tensor, key: Tensor, value: Tensor, key_padding_mask: Any = None, need_weights: bool = True,
                attn_mask: Any = None, average_attn_weights: bool = True,
                is_causal: bool = False) -> tuple[Tensor, Tensor | None]:
        """Returns the output, of the shape of query, and the weights (N, T, S), or per head (N, H, T, S), as dropout left them.

        query, key, value  (T, N, D), (S, N, D), (S, N, D), or batch first, or without N
        key_padding_mask   (N, S) booleans, True where a key is padding: it takes part in nothing, be it a NaN
        attn_mask          (T, S) or (N * H, T, S): booleans, True where a query may not look; or numbers, added to scores
        is_causal          query t looks at keys 0 .. t only, whatever else attn_mask forbids
        """
        unbatched = query.ndim == 2
        widths = (self.embed_dim, self.kdim, self.vdim)
        if any(x.ndim != query.ndim or x.shape[-1] != width for x, width in zip((query, key, value), widths, strict=True)) \
                or query.ndim not in (2, 3):
            alike = "for all three" if len({*widths}) == 1 else f"of widths {self.embed_dim}, {self.kdim} and {self.vdim}"
            raise ShapeError(message(
                f"MultiheadAttention: query {query.shape}, key {key.shape} and value {value.shape} do not fit",
                fix=f"(T, N, {self.embed_dim}), or (N, T, {self.embed_dim}) with batch_first=True, {alike}"))
        batch_axis = 0 if self.batch_first else 1
        if key.shape[:-1] != value.shape[:-1] or not (unbatched or query.shape[batch_axis] == key.shape[batch_axis]):
            raise ShapeError(message(
                f"MultiheadAttention: query {query.shape}, key {key.shape} and value {value.shape} do not fit",
                fix="key and value of one shape, and the same number of sequences N in all three"))
        clean = _quiet_padding(key, key_padding_mask, self.batch_first)
        value = clean if value is key else _quiet_padding(value, key_padding_mask, self.batch_first)
        query, key = clean if query is key else query, clean
        together = query is key and key is value and self.kdim == self.vdim == self.embed_dim
        if unbatched:
            query, key, value = (T.unsqueeze(x, 0) for x in (query, key, value))
            key_padding_mask = None if key_padding_mask is None else T._array(key_padding_mask, "MultiheadAttention")[None]
        elif not self.batch_first:
            query, key, value = (T.transpose(x, 0, 1) for x in (query, key, value))  # (N, T, D)
        N, T_, S = query.shape[0], query.shape[1], key.shape[1]
        mask = self._mask(key_padding_mask, attn_mask, is_causal, N, T_, S, query)
        projected = self._project(query, key, value, together)  # (3, N, H, T, D/H), or (N, H, T, D/H), (N, H, S, D/H) twice
        if self.bias_k is not None or self.add_zero_attn:
            projected, mask = self._more_keys(projected, mask)
            S = projected[1].shape[2]
        heads, weights = self._attend(projected, mask, (N, self.num_heads, T_, S), need_weights)  # (N, H, T, D/H)
        # Batch or time first in memory too, and in PyTorch always time: what it drops of the output depends on that.
        batch_first = unbatched or (self.batch_first and random.source is None)
        order, lengths = ((0, 2, 1, 3), (N, T_)) if batch_first else ((2, 0, 1, 3), (T_, N))
        out = self.out_proj(heads.permute(*order).reshape(*lengths, self.embed_dim))  # (N, T, D), or (T, N, D)
        if not need_weights:
            shown = None
        else:
            shown = weights.mean(axis=1) if average_attn_weights else weights
            shown = shown.squeeze(0) if unbatched else shown
        if unbatched:
            return out.squeeze(0), shown
        return out if batch_first == self.batch_first else out.transpose(0, 1), shown

    def _attend(self, projected: Any, mask: Any, shape: tuple[int, ...], need_weights: bool) -> tuple[Any, Any]:
        """What each head sees (N, H, T, D/H), and the weights (N, H, T, S) if they are needed, under one mask for this shape."""
        scale = 1 / math.sqrt(self.embed_dim // self.num_heads)
        seen = None if mask is None else F.check_mask(_raw(mask), shape)
        if need_weights or (self.dropout and self.training) or getattr(mask, "requires_grad", False):
            weights = F.masked_weights(projected[0], projected[1], mask, scale)
            weights = F.dropout(weights, self.dropout, self.training)
            return F.weighted_values(weights, projected[2], mask), weights
        return attention(*(projected if isinstance(projected, list) else [projected]), mask=seen, scale=scale), None

    def _more_keys(self, projected: Any, mask: Any) -> tuple[list[Any], Any]:
        """The keys and values that are no input's behind those that are, and the mask with a column for each."""
        query, *pairs = (projected[i] for i in range(3))  # (N, H, T, D/H), (N, H, S, D/H) twice
        shape = (pairs[0].shape[0], self.num_heads, 1, self.embed_dim // self.num_heads)
        for i, bias in enumerate((self.bias_k, self.bias_v)):
            more = [] if bias is None else [T.broadcast_to(bias.reshape(1, *shape[1:]), *shape)]
            more += [wrap(like(np.zeros(shape, query.dtype), query), None)] if self.add_zero_attn else []
            pairs[i] = T.cat([pairs[i], *more], axis=2)
        if mask is not None:
            widths = ((0, 0),) * (mask.ndim - 1) + ((0, len(more)),)
            mask = np.pad(mask, widths, constant_values=True) if mask.dtype.kind == "b" else ops.pad(mask, widths=widths)
        return [query, *pairs], mask

    def _project(self, query: Tensor, key: Tensor, value: Tensor, together: bool) -> Any:
        """Project and cut into heads: three (N, H, T, D/H), or if all are one Tensor, in one product, (3, N, H, T, D/H)."""
        heads, width = self.num_heads, self.embed_dim // self.num_heads
        if together:
            projected = F.linear(query, self.in_proj_weight, self.in_proj_bias)  # (N, T, 3 D)
            return projected.reshape(*query.shape[:2], 3, heads, width).permute(2, 0, 3, 1, 4)
        if self.kdim == self.vdim == self.embed_dim:
            weights = self.in_proj_weight.chunk(3)
        else:
            weights = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        biases = (None,) * 3 if self.in_proj_bias is None else self.in_proj_bias.chunk(3)
        return [F.linear(x, w, b).reshape(*x.shape[:2], heads, width).transpose(1, 2)
                for x, w, b in zip((query, key, value), weights, biases, strict=True)]

    def _mask(self, padding: Any, attn: Any, is_causal: bool, N: int, T_: int, S: int, query: Any) -> Any:
        """All masks as one that fits (N, H, T, S): booleans (on the host) with True = may look, or numbers to add.

        What any of them forbids is forbidden: is_causal is no remark on attn_mask, as it is in PyTorch, but one mask more.
        """
        blocked: Any = ~np.tri(T_, S, dtype=bool) if is_causal else np.zeros((1, 1), bool)
        added: Any = None
        for name, given in (("key_padding_mask", padding), ("attn_mask", attn)):
            if given is None:
                continue
            mask = T._array(given, "MultiheadAttention")
            shapes = {(N, S): (N, 1, 1, S)} if name == "key_padding_mask" else {
                (T_, S): (1, 1, T_, S), (N * self.num_heads, T_, S): (N, self.num_heads, T_, S)}
            if mask.shape not in shapes:
                raise ShapeError(message(f"MultiheadAttention: {name} of shape {mask.shape}", fix=" or ".join(map(str, shapes))))
            mask = mask.reshape(*shapes[mask.shape])
            if mask.dtype.kind == "b":
                blocked = blocked | to_host(_raw(mask))
            elif mask.dtype.kind == "f":
                added = like(mask, query) if added is None else like(mask, query) + added
            else:  # 0 and 1 would be added to the scores: a mask that hardly masks
                raise DTypeError(message(f"MultiheadAttention: {name} of dtype {mask.dtype}",
                                         fix="booleans, True where a query may not look, or floats, which are added to scores"))
        if added is None:
            return None if padding is attn is None and not is_causal else ~blocked
        return ops.where(blocked, -math.inf, added) if blocked.any() else added

    def extra_repr(self) -> str:
        return f"{self.embed_dim}, {self.num_heads}"


def _quiet_padding(x: Any, padding: Any, batch_first: bool) -> Any:
    """x (N, S, D), (S, N, D) or (S, D) with quiet padding: see kernels/masking.py. _mask says what does not fit."""
    if padding is None:
        return x
    hidden = to_host(_raw(T._array(padding, "MultiheadAttention")))
    hidden = np.isneginf(hidden) if hidden.dtype.kind == "f" else hidden
    hidden = hidden if batch_first or x.ndim == 2 else hidden.T  # (N, S), (S, N) or (S,)
    return quiet(x, hidden) if hidden.shape == x.shape[:-1] and hidden.dtype.kind == "b" else x


def _activation(activation: str | Callable[[Any], Any]) -> Callable[[Any], Any]:
    if callable(activation):
        return activation
    if activation not in ("relu", "gelu"):
        raise DTypeError(message(f"Transformer: activation={activation!r}", fix='use "relu", "gelu" or a function'))
    return F.relu if activation == "relu" else F.gelu


class _Block(Module):
    """What encoder and decoder layers share: self-attention, and a feed-forward network at each position."""

    def __init__(self, d_model: int, nhead: int, dim_feedforward: int, dropout: float, activation: Any,
                 layer_norm_eps: float, batch_first: bool, norm_first: bool, bias: bool, norms: int) -> None:
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first)
        if norms == 3:
            self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first)
        self.linear1 = Linear(d_model, dim_feedforward, bias)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias)
        for i in range(1, norms + 1):
            setattr(self, f"norm{i}", LayerNorm(d_model, layer_norm_eps, bias=bias))
        for i in range(1, norms + 1):
            setattr(self, f"dropout{i}", Dropout(dropout))
        self.norm_first, self.activation = norm_first, _activation(activation)

    def _feed_forward(self, x: Tensor) -> Tensor:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))

    def _residual(self, x: Tensor, i: int, f: Callable[[Tensor], Tensor]) -> Tensor:
        """x + f(norm(x)) with norm_first, which leaves the path of x free; else norm(x + f(x))."""
        norm, dropout = getattr(self, f"norm{i}"), getattr(self, f"dropout{i}")
        return x + dropout(f(norm(x))) if self.norm_first else norm(x + dropout(f(x)))


class TransformerEncoderLayer(_Block):
    """Self-attention, then a feed-forward network, each with a residual path and a LayerNorm."""

    def __init__(self, d_model: Size, nhead: Whole, dim_feedforward: Size = 2048, dropout: Share = 0.1, activation: Any = "relu",
                 layer_norm_eps: Amount = 1e-5, batch_first: bool = False, norm_first: bool = False, bias: bool = True) -> None:
        super().__init__(d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, 2)

    def forward(self, src: Tensor, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Tensor:
        """(S, N, D) -> (S, N, D). Masks as in MultiheadAttention."""
        src = _quiet_padding(src, src_key_padding_mask, self.self_attn.batch_first)
        x = self._residual(src, 1, lambda x: self.self_attn(
            x, x, x, src_key_padding_mask, need_weights=False, attn_mask=src_mask, is_causal=is_causal)[0])
        return self._residual(x, 2, self._feed_forward)


class TransformerDecoderLayer(_Block):
    """Self-attention, attention to the encoder's output, then a feed-forward network."""

    def __init__(self, d_model: Size, nhead: Whole, dim_feedforward: Size = 2048, dropout: Share = 0.1, activation: Any = "relu",
                 layer_norm_eps: Amount = 1e-5, batch_first: bool = False, norm_first: bool = False, bias: bool = True) -> None:
        super().__init__(d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, 3)

    def forward(self, tgt: Tensor, memory: Tensor, tgt_mask: Any = None, memory_mask: Any = None,
                tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None, tgt_is_causal: bool = False,
                memory_is_causal: bool = False) -> Tensor:
        """(T, N, D) and the encoder's output (S, N, D) -> (T, N, D). Masks as in MultiheadAttention."""
        tgt = _quiet_padding(tgt, tgt_key_padding_mask, self.self_attn.batch_first)
        x = self._residual(tgt, 1, lambda x: self.self_attn(
            x, x, x, tgt_key_padding_mask, need_weights=False, attn_mask=tgt_mask, is_causal=tgt_is_causal)[0])
        x = self._residual(x, 2, lambda x: self.multihead_attn(
            x, memory, memory, memory_key_padding_mask, need_weights=False, attn_mask=memory_mask, is_causal=memory_is_causal)[0])
        return self._residual(x, 3, self._feed_forward)


Layer = Annotated[Module, lambda name, what, x: instance(name, "the layer", x, Module)]


class TransformerEncoder(Module):
    """`num_layers` copies of a layer, one on the other, and a final norm if given (pre-norm layers need one)."""

    def __init__(self, encoder_layer: Layer, num_layers: Size, norm: Instance[Module] | None = None) -> None:
        self.layers = ModuleList(copy.deepcopy(encoder_layer) for _ in range(num_layers))
        self.norm = norm

    def forward(self, src: Tensor, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Tensor:
        """(S, N, D) -> (S, N, D). Masks as in MultiheadAttention."""
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, is_causal)
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(Module):
    """`num_layers` copies of a decoder layer, one on the other, and a final norm if given."""

    def __init__(self, decoder_layer: Layer, num_layers: Size, norm: Instance[Module] | None = None) -> None:
        self.layers = ModuleList(copy.deepcopy(decoder_layer) for _ in range(num_layers))
        self.norm = norm

    def forward(self, tgt: Tensor, memory: Tensor, tgt_mask: Any = None, memory_mask: Any = None,
                tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None, tgt_is_causal: bool = False,
                memory_is_causal: bool = False) -> Tensor:
        """(T, N, D) and the encoder's output (S, N, D) -> (T, N, D). Masks as in MultiheadAttention."""
        for layer in self.layers:
            tgt = layer(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask,
                        tgt_is_causal, memory_is_causal)
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(Module):
    """An encoder, and a decoder that looks at what the encoder gives: stacks of the layers above, each with a norm at its end.

    All matrices start by Xavier's rule, copy by copy. No embeddings, positions or output layer: they are the model's.
    custom_encoder and custom_decoder, modules of your own, stand in the place of the two. Source: Vaswani et al. 2017.
    """

    def __init__(self, d_model: Size = 512, nhead: Whole = 8, num_encoder_layers: Size = 6, num_decoder_layers: Size = 6,
                 dim_feedforward: Size = 2048, dropout: Share = 0.1, activation: Any = "relu",
                 custom_encoder: Instance[Module] | None = None, custom_decoder: Instance[Module] | None = None,
                 layer_norm_eps: Amount = 1e-5, batch_first: bool = False, norm_first: bool = False, bias: bool = True) -> None:
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first
        sizes = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)
        self.encoder = custom_encoder or TransformerEncoder(
            TransformerEncoderLayer(*sizes), num_encoder_layers, LayerNorm(d_model, layer_norm_eps, bias=bias))
        self.decoder = custom_decoder or TransformerDecoder(
            TransformerDecoderLayer(*sizes), num_decoder_layers, LayerNorm(d_model, layer_norm_eps, bias=bias))
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    def forward(self, src: Tensor, tgt: Tensor, src_mask: Any = None, tgt_mask: Any = None, memory_mask: Any = None,
                src_key_padding_mask: Any = None, tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None,
                src_is_causal: bool = False, tgt_is_causal: bool = False, memory_is_causal: bool = False) -> Tensor:
        """Source (S, N, D) and target (T, N, D) -> (T, N, D); batch first where it is so. Masks as in MultiheadAttention."""
        memory = self.encoder(src, src_mask, src_key_padding_mask, src_is_causal)
        return self.decoder(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask,
                            tgt_is_causal, memory_is_causal)

    @staticmethod
    def generate_square_subsequent_mask(size: int) -> np.ndarray:
        """The causal mask: see the function of this name."""
        return generate_square_subsequent_mask(size)


def generate_square_subsequent_mask(size: int) -> np.ndarray:
    """The causal mask for these layers: (size, size), True above the diagonal, where a position may not look."""
    return ~np.tri(size, dtype=bool)


__all__ = ["MultiheadAttention", "Transformer", "TransformerDecoder", "TransformerDecoderLayer", "TransformerEncoder",
           "TransformerEncoderLayer", "generate_square_subsequent_mask"]
