"""Functions of layers: activations, losses, normalisation, attention. PyTorch's names, arguments and defaults.

Axes are `axis=`. Targets, ids and masks may be Tensors or NumPy arrays.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import functional as T
from .. import ops, random
from ..backend import to_host
from ..checks import floating, number, scalar, whole, word
from ..errors import DTypeError, IdError, OptionError, ShapeError, message
from ..functional import _array, _axis, _check_ids, _raw
from ..kernels.attention import attention as attention_kernel
from ..kernels.attention import softmax as softmax_kernel
from ..kernels.dropout import dropout as dropout_kernel
from ..kernels.embedding import embedding as embedding_kernel
from ..kernels.gelu import gelu as gelu_kernel
from ..kernels.linear import linear as linear_kernel
from ..kernels.masking import forbidden, is_finite_of_first, quiet_on_a_device, quiet_unseen
from ..kernels.normalization import layer_norm as layer_norm_kernel
from ..ops import relu, sigmoid, tanh
from .losses import (
    _like,
    binary_cross_entropy_with_logits,
    cross_entropy,
    kl_div,
    log_softmax,
    mse_loss,
    nll_loss,
    one_hot,
    softplus,
)

__all__ = [
    "binary_cross_entropy_with_logits", "conv1d", "cosine_similarity", "cross_entropy", "dropout", "embedding", "gelu", "kl_div",
    "layer_norm", "linear", "log_softmax", "logsigmoid", "mse_loss", "nll_loss", "normalize", "one_hot", "relu", "rms_norm",
    "scaled_dot_product_attention", "sigmoid", "silu", "softmax", "softplus", "tanh",
]

# --- activations --------------------------------------------------------------------------------------------------


def gelu(x: Any, approximate: str = "none") -> Any:
    """x * Phi(x), with Phi the normal distribution function; approximate="tanh" for BERT's approximation.

    Source: Hendrycks and Gimpel 2016.
    """
    return gelu_kernel(x, approximate=word("gelu", "approximate", approximate, ("none", "tanh")))


def logsigmoid(x: Any) -> Any:
    """log(sigmoid(x)), which log alone would make -inf of where sigmoid(x) is 0."""
    return -softplus(-x)


def normalize(x: Any, p: float = 2.0, axis: int = 1, eps: float = 1e-12) -> Any:
    """x / |x| along `axis`: vectors of length 1; one shorter than `eps` is divided by eps, so zeros stay, and have a gradient.

    p  which length: 2 Euclid's, 1 the sum of absolute values, inf the largest of them; any other from 1 is (sum |x|^p)^(1/p)

    Raises OptionError for a p below 1: in F.normalize(x, -1) it is the axis that was meant, which is the third argument here, as
    in PyTorch.
    """
    if not number("normalize", "p", p) >= 1:
        raise OptionError(message(f"normalize: p is {p}", fix=f"1 or more; the axis is called axis={p}, and stands third"))
    size = ops.abs(x)
    largest = T.amax(size, axis, keepdims=True)
    if p == math.inf:
        return x / ops.maximum(largest, eps)
    unit = ops.detach(ops.maximum(largest, eps))  # in this unit no power overflows, nor vanishes in all entries
    total = ops.maximum(T.sum((x / unit) ** 2 if p == 2 else (size / unit) ** p, axis, keepdims=True), 1e-30)
    return x / ops.maximum(unit * (ops.sqrt(total) if p == 2 else total ** (1 / p)), eps)


def cosine_similarity(x1: Any, x2: Any, axis: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between x1 and x2 along `axis`, from -1 to 1; 0 for a vector of zeros."""
    if x1.shape != x2.shape:  # before the axis is summed: it may be 1 long in one of them
        shape = _joint_shape("cosine_similarity", x1.shape, x2.shape)
        x1, x2 = T.broadcast_to(x1, shape), T.broadcast_to(x2, shape)
    return T.sum(normalize(x1, axis=axis, eps=eps) * normalize(x2, axis=axis, eps=eps), axis)


def _joint_shape(name: str, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(message(f"{name}: shapes {' and '.join(map(str, shapes))} do not broadcast",
                                 fix="equal lengths, or 1, on every axis")) from None


def silu(x: Any) -> Any:
    """x * sigmoid(x), also called swish."""
    return x * ops.sigmoid(x)


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


def embedding(input: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """The rows of weight (V, E) that the ids `input` (...) name -> (..., E). Row `padding_idx` gets no gradient."""
    if weight.ndim != 2:
        raise ShapeError(message(f"embedding: weight of shape {weight.shape}", fix="(V, E), one row for each id"))
    ids = _check_ids("embedding", input, weight.shape[0])
    if padding_idx is None:
        return embedding_kernel(weight, ids=ids)
    return embedding_kernel(weight, ids=ids, padding=padding_row("embedding", padding_idx, weight.shape[0]))


def padding_row(name: str, padding_idx: int, entries: int) -> int:
    """Which of the rows of a table of `entries` is that of `padding_idx`, which counts from the end where it is negative."""
    if not -entries <= whole(name, "padding_idx", padding_idx) < entries:
        raise IdError(message(f"{name}: padding_idx {padding_idx} is outside 0 .. {entries - 1}",
                              fix="the id that pads, often 0"))
    return padding_idx % entries


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
    """x / sqrt(mean(x^2) + eps) * weight over the last axes; eps defaults to the dtype's. Source: Zhang and Sennrich 2019."""
    axes = _last_axes("rms_norm", input, normalized_shape, weight)
    floating("rms_norm", input, "the tensor")
    eps = float(np.finfo(input.dtype).eps) if eps is None else eps
    y = input / ops.sqrt(T.mean(input * input, axes, keepdims=True) + eps)
    return y if weight is None else y * weight


def _last_axes(name: str, x: Any, shape: Any, *parameters: Any) -> tuple[int, ...]:
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (whole(name, "normalized_shape", shape),)
    if not shape or tuple(x.shape[-len(shape):]) != shape:
        raise ShapeError(message(f"{name}: input of shape {x.shape} does not end in normalized_shape {shape}",
                                 fix="give the lengths of the last axes"))
    for p in parameters:
        if p is not None and p.shape != shape:
            raise ShapeError(message(f"{name}: a weight or bias of shape {p.shape}", fix=f"of normalized_shape {shape}"))
    return tuple(range(-len(shape), 0))


# --- convolution --------------------------------------------------------------------------------------------------


def conv1d(input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
           groups: int = 1) -> Any:
    """Slide `weight` (out, in / groups, K) along input (B, in, L) -> (B, out, L'): a product per position of the kernel.

    padding  zeros added on both sides, or "same" (L' = L, stride 1) or "valid" (none)
    L' = (L + 2 padding - dilation (K - 1) - 1) // stride + 1
    """
    stride, padding, dilation = _alone(stride), _alone(padding), _alone(dilation)
    if not all(1 <= whole("conv1d", "an option", n) < 2**31 for n in (stride, dilation, groups)):
        raise ShapeError(message(f"conv1d: stride={stride}, dilation={dilation}, groups={groups}", fix="each at least 1"))
    unbatched = input.ndim == 2
    x = T.unsqueeze(input, 0) if unbatched else input
    if x.ndim != 3 or weight.ndim != 3 or x.shape[1] != weight.shape[1] * groups or weight.shape[0] % groups:
        raise ShapeError(message(
            f"conv1d: input of shape {input.shape}, weight of shape {weight.shape} and groups={groups} do not fit",
            fix="input (B, in, L), weight (out, in / groups, K), with groups dividing both in and out"))
    out_channels, per_group, kernel = weight.shape
    if not kernel:
        raise ShapeError(message(f"conv1d: weight of shape {weight.shape} has no kernel", fix="a width of at least 1"))
    reach = dilation * (kernel - 1)
    if padding == "same":
        if stride != 1:
            raise ShapeError(message("conv1d: padding='same' with a stride", fix="use stride=1, or a number"))
        left, right = reach // 2, reach - reach // 2
    elif isinstance(padding, str) and padding != "valid":
        raise ShapeError(message(f"conv1d: padding={padding!r}", fix='a number, "same" or "valid"'))
    else:
        left = right = 0 if isinstance(padding, str) else whole("conv1d", "padding", padding)
        if not 0 <= left < 2**31:
            raise ShapeError(message(f"conv1d: padding={padding}", fix="0 or more, and not too many"))
    length = (x.shape[2] + left + right - reach - 1) // stride + 1
    if length < 1:
        raise ShapeError(message(f"conv1d: a kernel that reaches over {reach + 1} positions does not fit into "
                                 f"{x.shape[2] + left + right}", fix="pad the input to at least the kernel's width"))
    if left or right:
        x = ops.pad(x, widths=((0, 0), (0, 0), (left, right)))
    batch = x.shape[0]
    x = T.reshape(x, batch, groups, per_group, x.shape[2])  # (B, G, in/G, L)
    w = T.reshape(weight, groups, out_channels // groups, per_group, kernel)  # (G, out/G, in/G, K)
    y: Any = None
    for k in range(kernel):
        start = k * dilation
        window = x[:, :, :, start:start + (length - 1) * stride + 1:stride]  # (B, G, in/G, L')
        part = ops.matmul(w[:, :, :, k], window)  # (G, out/G, in/G) @ (B, G, in/G, L') -> (B, G, out/G, L')
        y = part if y is None else y + part
    y = T.reshape(y, batch, out_channels, length)
    if bias is not None:
        y = y + T.reshape(bias, out_channels, 1)
    return T.squeeze(y, 0) if unbatched else y


def _alone(n: Any) -> Any:
    """PyTorch's (n,), a number for each axis that a kernel slides along, as n."""
    return n[0] if isinstance(n, (tuple, list)) and len(n) == 1 else n


# --- dropout ------------------------------------------------------------------------------------------------------


def dropout(input: Any, p: float = 0.5, training: bool = True, mode: str = "inverted") -> Any:
    """Set each entry to 0 with probability p (the share that is dropped), while training; its gradient is 0 too.

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
    scale = 1 / (1 - p) if mode == "inverted" and p < 1 else 1.0
    keep = random.bernoulli(1 - p, _raw(input))
    return dropout_kernel(input, keep=keep, scale=scale)


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


def __getattr__(name: str) -> object:
    from ..guards.elsewhere import FUNCTIONS, elsewhere

    raise AttributeError(elsewhere("module 'tinydawn.nn.functional'", name, globals(), FUNCTIONS), name=name)
