"""Functions of layers: activations, losses, normalisation, attention. PyTorch's names, arguments and defaults.

Axes are `axis=`. Targets, ids and masks may be Tensors or NumPy arrays.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import backend, gpu, ops, random
from .. import functional as T
from ..backend import like, to_host
from ..checks import floating, name_arguments, number, scalar, whole, word
from ..errors import DTypeError, ShapeError, message
from ..functional import _array, _axis, _raw
from ..kernels.attention import attention as attention_kernel
from ..kernels.attention import softmax as softmax_kernel
from ..kernels.dropout import Drawn
from ..kernels.dropout import dropout as dropout_kernel
from ..kernels.gelu import gelu as gelu_kernel
from ..kernels.linear import linear as linear_kernel
from ..kernels.masking import forbidden, is_finite_of_first, quiet_on_a_device, quiet_unseen
from ..kernels.normalization import layer_norm as layer_norm_kernel
from ..kernels.pointwise import silu as silu_kernel
from ..ops import relu, sigmoid, tanh
from .losses import (
    _like,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    kl_div,
    l1_loss,
    log_softmax,
    mse_loss,
    nll_loss,
    one_hot,
    smooth_l1_loss,
    softplus,
)
from .margins import (
    cosine_embedding_loss,
    cosine_similarity,
    hinge_embedding_loss,
    margin_ranking_loss,
    normalize,
    pairwise_distance,
    triplet_margin_loss,
)
from .nonlinear import (
    celu,
    elu,
    glu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    logsigmoid,
    mish,
    prelu,
    relu6,
    selu,
    softmin,
    softshrink,
    softsign,
    tanhshrink,
    threshold,
)
from .tables import embedding, embedding_bag
from .windows import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    avg_pool1d,
    avg_pool2d,
    conv1d,
    conv2d,
    max_pool1d,
    max_pool2d,
)

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool1d", "adaptive_max_pool2d", "avg_pool1d", "avg_pool2d",
    "bilinear", "binary_cross_entropy", "binary_cross_entropy_with_logits", "celu", "conv1d", "conv2d", "cosine_embedding_loss",
    "cosine_similarity", "cross_entropy", "dropout", "dropout1d", "dropout2d", "elu", "embedding", "embedding_bag", "gelu",
    "glu", "group_norm",
    "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hinge_embedding_loss", "huber_loss", "kl_div", "l1_loss",
    "layer_norm", "leaky_relu", "linear", "log_softmax", "logsigmoid", "margin_ranking_loss", "max_pool1d", "max_pool2d", "mish",
    "mse_loss", "nll_loss", "normalize", "one_hot", "pairwise_distance", "prelu", "relu", "relu6", "rms_norm",
    "scaled_dot_product_attention", "selu", "sigmoid", "silu", "smooth_l1_loss", "softmax", "softmin", "softplus", "softshrink",
    "softsign", "tanh", "tanhshrink", "threshold", "triplet_margin_loss",
]

# --- activations --------------------------------------------------------------------------------------------------


def gelu(x: Any, approximate: str = "none") -> Any:
    """x * Phi(x), with Phi the normal distribution function; approximate="tanh" for BERT's approximation.

    Source: Hendrycks and Gimpel 2016.
    """
    return gelu_kernel(x, approximate=word("gelu", "approximate", approximate, ("none", "tanh")))


def silu(x: Any) -> Any:
    """x * sigmoid(x), also called swish."""
    return silu_kernel(x)


def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x) / sum(exp(x)) along `axis`; the largest entry is subtracted first, so exp never overflows."""
    i, x = _axis("softmax", axis, x.ndim), T._real(x)
    if not (x.ndim and math.prod(x.shape)):
        return T.softmax(x, axis)
    if x.dtype.kind != "f":
        x = x - ops.detach(T.amax(x, i, keepdims=True))  # exact, before it is made floating
        x = ops.astype(x, dtype=np.dtype(np.float32))
    return softmax_kernel(x, axis=i)


# --- linear, embedding, normalisation -----------------------------------------------------------------------------


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """input Wᵀ + b: (..., in) -> (..., out), with weight (out, in), bias (out,) or None."""
    if weight.ndim != 2 or input.ndim < 1 or input.shape[-1] != weight.shape[1]:
        raise ShapeError(message(
            f"linear: input of shape {input.shape} and weight of shape {weight.shape} do not fit",
            fix=f"the last axis of the input must be {weight.shape[-1]}, the layer's in_features"))
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ShapeError(message(f"linear: bias of shape {bias.shape} and weight of shape {weight.shape} do not fit",
                                 fix="one number for each row of the weight"))
    floating("linear", input, fix="convert it with .float(); ids go through an Embedding")
    return linear_kernel(input, weight) if bias is None else linear_kernel(input, weight, bias)


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """x1ᵀ W_k x2 + b_k for every k: (..., in1), (..., in2) -> (..., out), with weight (out, in1, in2), bias (out,) or None."""
    if weight.ndim != 3 or input1.ndim < 1 or input1.shape[:-1] != input2.shape[:-1] \
            or (input1.shape[-1], input2.shape[-1]) != tuple(weight.shape[1:]):
        raise ShapeError(message(
            f"bilinear: inputs of shape {input1.shape} and {input2.shape} and weight of shape {weight.shape} do not fit",
            fix="(..., in1) and (..., in2), alike but for the last axis, and a weight (out, in1, in2)"))
    first = ops.matmul(T.reshape(input1, -1, weight.shape[1]), T.reshape(T.permute(weight, 1, 0, 2), weight.shape[1], -1))
    parts = T.reshape(first, *input1.shape[:-1], weight.shape[0], weight.shape[2])  # (..., out, in2)
    y = T.sum(parts * T.unsqueeze(input2, -2), -1)
    return y if bias is None else y + bias


def layer_norm(input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5,
               convention: str = "pytorch") -> Any:
    """(x - mean) / sqrt(variance + eps) * weight + bias, over the last axes, which have `normalized_shape`.

    convention="pytorch"  the variance is the biased one (divided by n), and eps stands under the root
    convention="notes"    the lecture's: (x - mean) / (std + eps), with std^2 divided by n - 1. The rows are smaller by
                          sqrt(1 - 1/n); on a constant row the gradient is g / eps, where it is g / sqrt(eps) above

    Raises ShapeError, in the notes' form also for rows of one number, which have no such std. Source: Ba, Kiros and Hinton 2016.
    """
    last = _last_axes("layer_norm", input, normalized_shape, weight, bias)
    word("layer_norm", "convention", convention, ("pytorch", "notes"))
    floating("layer_norm", input, "the tensor")
    if convention == "notes":
        y = _layer_norm_of_the_notes(input, last, eps)
        y = y if weight is None else y * weight
        return y if bias is None else y + bias
    if weight is None:
        y = layer_norm_kernel(input, axes=len(last), eps=scalar(eps))
        return y if bias is None else y + bias
    return layer_norm_kernel(input, weight, *(() if bias is None else (bias,)), axes=len(last), eps=scalar(eps))


def _layer_norm_of_the_notes(x: Any, last: tuple[int, ...], eps: float) -> Any:
    n = math.prod(x.shape[axis] for axis in last)
    if n < 2:
        raise ShapeError(message(f"layer_norm: rows of {n} numbers have no std with divisor n - 1",
                                 fix='at least 2 numbers, or convention="pytorch"'))
    centred = x - T.mean(x, last, keepdims=True)
    variance = T.sum(centred * centred, last, keepdims=True) / (n - 1)
    constant = _raw(variance) == 0  # there the root's slope is infinite, and infinite times 0 would be a NaN
    std = T.masked_fill(ops.sqrt(T.masked_fill(variance, constant, 1.0)), constant, 0.0)
    return centred / (std + eps)


def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    """x / sqrt(mean(x^2) + eps) * weight over the last axes, which have `normalized_shape`; the shape of `input` stays. eps
    defaults to the dtype's. Source: Zhang and Sennrich 2019."""
    axes = _last_axes("rms_norm", input, normalized_shape, weight)
    floating("rms_norm", input, "the tensor")
    eps = float(np.finfo(input.dtype).eps) if eps is None else eps
    y = input / ops.sqrt(T.mean(input * input, axes, keepdims=True) + eps)
    return y if weight is None else y * weight


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """(x - mean) / sqrt(variance + eps) * weight + bias, over each group of channels of each example: (B, C, ...).

    weight, bias  (C,), one for each channel. Source: Wu and He 2018.
    """
    if input.ndim < 2 or input.shape[1] % whole("group_norm", "num_groups", num_groups, 1):
        raise ShapeError(message(f"group_norm: {num_groups} groups of an input of shape {input.shape}", fix="(B, C, ...), with a "
                                                                                                    "C that they divide"))
    grouped = T.reshape(input, input.shape[0], num_groups, math.prod(input.shape[1:]) // num_groups)
    y = T.reshape(layer_norm(grouped, grouped.shape[2:], eps=eps), *input.shape)
    of_channel = (-1, *(1,) * (input.ndim - 2))
    y = y if weight is None else y * T.reshape(weight, *of_channel)
    return y if bias is None else y + T.reshape(bias, *of_channel)


def _last_axes(name: str, x: Any, shape: Any, *parameters: Any) -> tuple[int, ...]:
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (whole(name, "normalized_shape", shape),)
    if not shape or tuple(x.shape[-len(shape):]) != shape:
        raise ShapeError(message(f"{name}: input of shape {x.shape} does not end in normalized_shape {shape}",
                                 fix="give the lengths of the last axes"))
    for p in parameters:
        if p is not None and p.shape != shape:
            raise ShapeError(message(f"{name}: a weight or bias of shape {p.shape}", fix=f"of normalized_shape {shape}"))
    return tuple(range(-len(shape), 0))


# --- dropout ------------------------------------------------------------------------------------------------------


def dropout(input: Any, p: float = 0.5, training: bool = True, mode: str = "inverted") -> Any:
    """Set each entry of `input` to 0 with probability p (the share that is dropped), while training; its gradient is 0 too.

    mode="inverted"  PyTorch's: what is kept is divided by 1 - p, so that nothing is to be done at test time
    mode="paper"     what is kept stays as it is, and at test time everything is multiplied by 1 - p

    Both have the same expectation. Source: Srivastava et al. 2014.
    """
    p = number("dropout", "p", p)
    if not 0 <= p <= 1:
        raise ShapeError(message(f"dropout: p={p}", fix="a probability from 0 to 1: the share that is dropped"))
    word("dropout", "mode", mode, ("inverted", "paper"))
    floating("dropout", input, fix="drop entries of embeddings, not of ids")
    if p == 0 or not training:
        return input * (1 - p) if mode == "paper" and p else input
    if p == 1:  # nothing is left to chance, and no number drawn
        return input * 0.0
    scale = 1 / (1 - p) if mode == "inverted" else 1.0
    raw = _raw(input)
    if backend.draws == "device" and gpu.runs_on(raw):
        return dropout_kernel(input, keep=Drawn(int(random.integers(0, 2**63, ())), 1 - p), scale=scale)
    return dropout_kernel(input, keep=random.bernoulli(1 - p, raw), scale=scale)


def dropout1d(input: Any, p: float = 0.5, training: bool = True) -> Any:
    """Drop each channel of (B, C, L), or of (C, L), as a whole, with probability p. Source: Tompson et al. 2015."""
    return _channel_dropout("dropout1d", input, p, training, (2, 3))


def dropout2d(input: Any, p: float = 0.5, training: bool = True) -> Any:
    """Drop each channel of (B, C, H, W) as a whole, with probability p. Source: Tompson et al. 2015.

    Of (B, C, L) each channel too: PyTorch, which for once takes the first axis of three for channels, does that as well.
    """
    return _channel_dropout("dropout2d", input, p, training, (3, 4))


def _channel_dropout(name: str, x: Any, p: float, training: bool, ndims: tuple[int, ...]) -> Any:
    if x.ndim not in ndims:
        raise ShapeError(message(f"{name}: input of shape {x.shape}", fix=f"{' or '.join(map(str, ndims))} axes"))
    if not 0 <= number(name, "p", p) <= 1:
        raise ShapeError(message(f"{name}: p={p}", fix="a probability from 0 to 1: the share that is dropped"))
    floating(name, x)
    if p == 0 or not training:
        return x
    if p == 1:
        return x * 0.0
    lead = 1 if name == "dropout1d" and x.ndim == 2 else 2
    keep = random.bernoulli(1 - p, np.empty((*x.shape[:lead], *(1,) * (x.ndim - lead)), np.float32))
    return x * like(keep.astype(x.dtype) * (1 / (1 - p)), x)


# --- attention ----------------------------------------------------------------------------------------------------


def scaled_dot_product_attention(query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0,
                                 is_causal: bool = False, scale: float | None = None) -> Any:
    """softmax(Q Kᵀ / sqrt(d)) V: (..., T, d), (..., S, d), (..., S, v) -> (..., T, v).

    attn_mask  boolean (..., T, S), True where a query may look; or numbers, added to the scores
    is_causal  query t looks at keys 0 .. t only
    scale      instead of 1 / sqrt(d)

    Errors: a mask under which some query may look at nothing; a mask and is_causal together, as in PyTorch. Layers join the
    two. Source: Vaswani et al. 2017.
    """
    mask, scale = _attention_mask(query, key, attn_mask, is_causal, scale)
    if value.ndim < 2 or value.shape[-2] != key.shape[-2]:
        raise ShapeError(message(f"attention: key of shape {key.shape} and value of shape {value.shape} do not fit",
                                 fix="one value per key"))
    if dropout_p or getattr(mask, "requires_grad", False) or not query.shape[:-2] == key.shape[:-2] == value.shape[:-2]:
        weights = masked_weights(query, key, mask, scale)
        return weighted_values(dropout(weights, dropout_p) if dropout_p else weights, value, mask)
    return attention_kernel(query, key, value, mask=_raw(mask), scale=scale)


def attention_weights(query: Any, key: Any, attn_mask: Any = None, is_causal: bool = False, scale: float | None = None) -> Any:
    """softmax(Q Kᵀ / sqrt(d)), masked: (..., T, S). See scaled_dot_product_attention."""
    mask, scale = _attention_mask(query, key, attn_mask, is_causal, scale)
    return masked_weights(query, key, mask, scale)


def masked_weights(query: Any, key: Any, mask: Any, scale: float) -> Any:
    """The weights (..., T, S) under a mask that was checked."""
    (key,) = quiet_on_a_device(mask, key)
    scores = ops.matmul(query * scale, ops.swap_last(key))  # (..., T, S)
    if mask is None:
        return softmax(scores, axis=-1)
    if not is_finite_of_first(_raw(scores)):
        (key,) = quiet_unseen(mask, key)
        scores = ops.matmul(query * scale, ops.swap_last(key))
    mask = ~_raw(mask) if mask.dtype.kind == "b" else _like(mask, scores, "attention")
    return softmax(T.masked_fill(scores, mask, -math.inf) if mask.dtype.kind == "b" else scores + mask, axis=-1)


def weighted_values(weights: Any, value: Any, mask: Any) -> Any:
    """The values' sums (..., T, E) by weights that were made under `mask`."""
    (value,) = quiet_on_a_device(mask, value)
    out = ops.matmul(weights, value)
    if mask is None or is_finite_of_first(_raw(out)):
        return out
    return ops.matmul(weights, *quiet_unseen(mask, value))


def _attention_mask(query: Any, key: Any, attn_mask: Any, is_causal: bool, scale: float | None) -> tuple[Any, float]:
    """The one mask, booleans or numbers or None, and the factor on the scores; or an error for what does not go together."""
    if query.ndim < 2 or key.ndim < 2 or query.shape[-1] != key.shape[-1] or not query.shape[-1] or not key.shape[-2]:
        raise ShapeError(message(f"attention: query of shape {query.shape} and key of shape {key.shape} do not fit",
                                 fix="query (..., T, d) and key (..., S, d) with one d, and at least one key"))
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scalar(scale)
    if is_causal:
        if attn_mask is not None:
            raise ShapeError(message("attention: both attn_mask and is_causal were given", fix="join them into one mask"))
        return np.tri(query.shape[-2], key.shape[-2], dtype=bool), scale
    if attn_mask is None:
        return None, scale
    attn_mask = _array(attn_mask, "attention")
    check_mask(_raw(attn_mask), (*query.shape[:-1], key.shape[-2]))
    return attn_mask, scale


def check_mask(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """`mask`, if it fits scores of `shape` (..., T, S) and leaves every query something to look at; else an error.

    True is where a query may look. Layers take the opposite (see nn.MultiheadAttention), so a message tells both.
    """
    mask = to_host(mask)
    if mask.dtype.kind not in "bf":
        raise DTypeError(message(f"attention: a mask of dtype {mask.dtype}",
                                 fix="booleans or floats, which are added to the scores. True is what may be seen in "
                                     "F.scaled_dot_product_attention, and what may not in layers: key_padding_mask=ids == 0"))
    if mask.ndim > len(shape) or any(m not in (1, n) for m, n in zip(mask.shape[::-1], shape[::-1], strict=False)):
        raise ShapeError(message(f"attention: a mask of shape {mask.shape} does not broadcast to the scores {shape}",
                                 fix="(T, S), or with axes of length 1 where all share it"))
    if forbidden(mask).all(axis=-1).any():
        raise ShapeError(message("attention: the mask leaves some query nothing to look at",
                                 fix="drop empty sequences. True is what may be seen in F.scaled_dot_product_attention, and what "
                                     "may not in layers (attn_mask, key_padding_mask)" if mask.dtype.kind == "b" else
                                     "a row of -inf blocks every key; drop empty sequences"))
    return mask


name_arguments(globals())


def __getattr__(name: str) -> object:
    from ..guards.elsewhere import FUNCTIONS, elsewhere

    raise AttributeError(elsewhere("module 'tinydawn.nn.functional'", name, globals(), FUNCTIONS), name=name)
