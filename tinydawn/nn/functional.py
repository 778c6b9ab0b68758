"""Functions of layers: activations, losses, normalisation, attention. PyTorch's names, arguments and defaults.

Axes are `axis=`. Targets, ids and masks may be Tensors or NumPy arrays.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import functional as T
from .. import fused, ops, random
from ..errors import DTypeError, IdError, ShapeError, message
from ..functional import _axis, _check_ids, _raw
from ..ops import relu, sigmoid, tanh
from ..tensor import Tensor

__all__ = [
    "binary_cross_entropy_with_logits", "conv1d", "cross_entropy", "dropout", "embedding", "gelu", "kl_div", "layer_norm",
    "linear", "log_softmax", "mse_loss", "nll_loss", "one_hot", "relu", "rms_norm", "scaled_dot_product_attention",
    "sigmoid", "silu", "softmax", "softplus", "tanh",
]

# --- activations --------------------------------------------------------------------------------------------------


def gelu(x: Any, approximate: str = "none") -> Any:
    """x * Phi(x), with Phi the normal distribution function; approximate="tanh" for BERT's approximation.

    Source: Hendrycks and Gimpel 2016.
    """
    if approximate == "none":
        return x * (0.5 * (1 + ops.erf(x * math.sqrt(0.5))))
    if approximate == "tanh":
        return 0.5 * x * (1 + ops.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
    raise DTypeError(message(f"gelu: approximate={approximate!r}", fix='use "none" or "tanh"'))


def silu(x: Any) -> Any:
    """x * sigmoid(x), also called swish."""
    return x * ops.sigmoid(x)


def softplus(x: Any) -> Any:
    """log(1 + exp(x)), computed so that exp never overflows; its derivative is sigmoid(x), at 0 too."""
    m = ops.detach(ops.maximum(x, 0.0))
    return ops.log1p((ops.exp(-m) - 1) + ops.exp(x - m)) + m  # the inner sum is exp(-|x|)


def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x) / sum(exp(x)) along `axis`; the largest entry is subtracted first, so exp never overflows."""
    return fused.softmax(x, axis=_axis("softmax", axis, x.ndim)) if x.ndim else ops.exp(x - x)


def log_softmax(x: Any, axis: int = -1) -> Any:
    """log(softmax(x)) along `axis`, without ever taking the log of a rounded 0."""
    return T.log_softmax(x, axis)


# --- linear, embedding, normalisation -----------------------------------------------------------------------------


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """input Wᵀ + b: (..., in) -> (..., out), with weight (out, in), bias (out,) or None."""
    if weight.ndim != 2 or input.ndim < 1 or input.shape[-1] != weight.shape[1]:
        raise ShapeError(message(
            f"linear: input of shape {input.shape} and weight of shape {weight.shape} do not fit",
            fix=f"the last axis of the input must be {weight.shape[-1]}, the layer's in_features"))
    if input.dtype.kind != "f":
        raise DTypeError(message(f"linear: the input is {input.dtype}",
                                 fix="convert it with .float(); ids go through an Embedding"))
    return fused.linear(input, weight) if bias is None else fused.linear(input, weight, bias)


def embedding(input: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """The rows of weight (V, E) that the ids `input` (...) name -> (..., E). Row `padding_idx` gets no gradient."""
    ids = _check_ids("embedding", input, weight.shape[0])
    out = fused.embedding(weight, ids=ids)
    if padding_idx is None:
        return out
    if not -weight.shape[0] <= padding_idx < weight.shape[0]:
        raise IdError(message(f"embedding: padding_idx {padding_idx} is outside 0 .. {weight.shape[0] - 1}",
                              fix="the id that pads, often 0"))
    padding_idx %= weight.shape[0]
    padding = (ids == padding_idx)[..., None]
    return ops.where(padding, ops.detach(out), out) if padding.any() else out


def layer_norm(input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """(x - mean) / sqrt(variance + eps) * weight + bias, over the last axes, which have `normalized_shape`.

    The variance is the biased one (divided by n). Source: Ba, Kiros and Hinton 2016.
    """
    axes = _last_axes("layer_norm", input, normalized_shape)
    centred = input - T.mean(input, axes, keepdims=True)
    variance = T.mean(centred * centred, axes, keepdims=True)
    y = centred / ops.sqrt(variance + eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    """x / sqrt(mean(x^2) + eps) * weight over the last axes; eps defaults to the dtype's. Source: Zhang and Sennrich 2019."""
    axes = _last_axes("rms_norm", input, normalized_shape)
    eps = float(np.finfo(input.dtype).eps) if eps is None else eps
    y = input / ops.sqrt(T.mean(input * input, axes, keepdims=True) + eps)
    return y if weight is None else y * weight


def _last_axes(name: str, x: Any, shape: Any) -> tuple[int, ...]:
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if not shape or tuple(x.shape[-len(shape):]) != shape:
        raise ShapeError(message(f"{name}: input of shape {x.shape} does not end in normalized_shape {shape}",
                                 fix="give the lengths of the last axes"))
    return tuple(range(-len(shape), 0))


# --- convolution --------------------------------------------------------------------------------------------------


def conv1d(input: Any, weight: Any, bias: Any = None, stride: int = 1, padding: int | str = 0, dilation: int = 1,
           groups: int = 1) -> Any:
    """Slide `weight` (out, in / groups, K) along input (B, in, L) -> (B, out, L'): a product per position of the kernel.

    padding  zeros added on both sides, or "same" (L' = L, stride 1) or "valid" (none)
    L' = (L + 2 padding - dilation (K - 1) - 1) // stride + 1
    """
    unbatched = input.ndim == 2
    x = T.unsqueeze(input, 0) if unbatched else input
    if x.ndim != 3 or weight.ndim != 3 or x.shape[1] != weight.shape[1] * groups or weight.shape[0] % groups:
        raise ShapeError(message(
            f"conv1d: input of shape {input.shape}, weight of shape {weight.shape} and groups={groups} do not fit",
            fix="input (B, in, L), weight (out, in / groups, K), with groups dividing both in and out"))
    if stride < 1 or dilation < 1:
        raise ShapeError(message(f"conv1d: stride={stride}, dilation={dilation}", fix="both at least 1"))
    out_channels, per_group, kernel = weight.shape
    reach = dilation * (kernel - 1)
    if padding == "same":
        if stride != 1:
            raise ShapeError(message("conv1d: padding='same' with a stride", fix="use stride=1, or a number"))
        left, right = reach // 2, reach - reach // 2
    elif isinstance(padding, str) and padding != "valid":
        raise ShapeError(message(f"conv1d: padding={padding!r}", fix='a number, "same" or "valid"'))
    else:
        left = right = 0 if isinstance(padding, str) else padding
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


# --- dropout ------------------------------------------------------------------------------------------------------


def dropout(input: Any, p: float = 0.5, training: bool = True, mode: str = "inverted") -> Any:
    """Set each entry to 0 with probability p (the share that is dropped), while training.

    mode="inverted"  PyTorch's: what is kept is divided by 1 - p, so that nothing is to be done at test time
    mode="paper"     what is kept stays as it is, and at test time everything is multiplied by 1 - p

    Both have the same expectation. Source: Srivastava et al. 2014.
    """
    if not 0 <= p <= 1:
        raise ShapeError(message(f"dropout: p={p}", fix="a probability from 0 to 1: the share that is dropped"))
    if mode not in ("inverted", "paper"):
        raise DTypeError(message(f"dropout: mode={mode!r}", fix='use "inverted" or "paper"'))
    if input.dtype.kind != "f":
        raise DTypeError(message(f"dropout: the input is {input.dtype}", fix="drop entries of embeddings, not of ids"))
    if p == 0 or not training:
        return input * (1 - p) if mode == "paper" and p else input
    scale = 1 / (1 - p) if mode == "inverted" and p < 1 else 1.0
    keep = random.generator.random(input.shape, dtype=np.float32) >= p
    return input * (keep * np.asarray(scale, input.dtype))


# --- losses -------------------------------------------------------------------------------------------------------


def _reduce(name: str, losses: Any, reduction: str, count: Any = None) -> Any:
    """mean, sum or none; the mean is over `count` where not every entry counts the same."""
    if reduction == "none":
        return losses
    if reduction == "sum":
        return T.sum(losses)
    if reduction == "mean":
        if count is None:
            return T.mean(losses)
        return T.sum(losses) / count if count > 0 else T.sum(losses) * math.nan  # no entry has no mean, as in PyTorch
    raise DTypeError(message(f"{name}: reduction={reduction!r}", fix='use "mean", "sum" or "none"'))


def _like(x: Any, input: Any) -> Any:
    """x, a Tensor, an array or a list, in the dtype of `input`: a float64 or int target keeps a float32 loss float32."""
    x = T._array(x)
    return x if x.dtype == input.dtype else ops.astype(x, dtype=input.dtype)


def _class_weight(name: str, weight: Any, input: Any, classes: int) -> Any:
    weight = _like(weight, input)
    if weight.shape != (classes,):
        raise ShapeError(message(f"{name}: weight of shape {weight.shape} for {classes} classes", fix="one number per class"))
    return weight


def _target_like(name: str, input: Any, target: Any) -> Any:
    target = _like(target, input)
    if tuple(input.shape) != tuple(target.shape):
        raise ShapeError(message(f"{name}: input of shape {input.shape}, target of shape {target.shape}",
                                 fix="give both one shape; nothing is broadcast here, since that is mostly a mistake"))
    return target


def cross_entropy(input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean",
                  label_smoothing: float = 0.0) -> Any:
    """-log softmax(input)[target]: the cost in nats of `target` under the logits `input`.

    input            (N, C), (C,) or (N, C, ...): logits, classes on axis 1
    target           class ids (N,), () or (N, ...); or probabilities, of the shape of `input`
    weight           (C,): how much each class counts; the mean is then the weighted mean
    ignore_index     targets with this id count nothing, in the mean neither
    label_smoothing  e: the target becomes 1 - e at the class, plus e / C everywhere

    Errors: an id outside 0 .. C-1, all targets ignored, shapes that do not fit.
    """
    if input.ndim == 0:
        raise ShapeError(message("cross_entropy: the logits are one number", fix="logits (N, C) or (C,), one per class"))
    logits = T.unsqueeze(input, 0) if input.ndim == 1 else input
    raw = _raw(target)
    raw = raw if hasattr(raw, "dtype") else np.asarray(raw)
    classes = logits.shape[1]
    if not 0 <= label_smoothing <= 1:
        raise ShapeError(message(f"cross_entropy: label_smoothing={label_smoothing}", fix="a share from 0 to 1"))
    if raw.dtype.kind == "f":
        return _soft_cross_entropy(input, target, weight, reduction, label_smoothing)
    expected = input.shape[:1] + input.shape[2:] if input.ndim > 1 else ()
    if raw.shape != expected:
        raise ShapeError(message(f"cross_entropy: logits of shape {input.shape} need targets of shape {expected}, "
                                 f"not {raw.shape}",
                                 fix="flatten both first: logits (N, C), targets (N,)"))
    if logits.ndim > 2:  # (N, C, ...) -> (M, C)
        logits = T.reshape(T.permute(logits, (0, *range(2, logits.ndim), 1)), -1, classes)
    flat = raw.reshape(-1)
    kept = flat != ignore_index
    ids = np.where(kept, flat, 0)
    _check_targets("cross_entropy", ids, classes)
    if reduction == "mean" and flat.size and not kept.any():
        raise ShapeError(message(f"cross_entropy: all {flat.size} targets are ignore_index ({ignore_index})",
                                 fix="a mean needs at least one target that counts"))
    if weight is None:
        losses = fused.cross_entropy(logits, target=ids, kept=kept.astype(logits.dtype), smoothing=label_smoothing)
        count = int(kept.sum())
    else:
        weight = _class_weight("cross_entropy", weight, logits, classes)
        w = weight[ids] * kept.astype(logits.dtype)
        log_p = T.log_softmax(logits, axis=1)
        losses = -log_p[np.arange(len(ids)), ids] * weight[ids] * (1 - label_smoothing)
        if label_smoothing:
            losses = losses - T.sum(log_p * weight, axis=1) * (label_smoothing / classes)
        losses = ops.where(kept, losses, 0.0)
        count = T.sum(w)
    return _reduce("cross_entropy", losses if reduction != "none" else T.reshape(losses, expected), reduction, count)


def _check_targets(name: str, ids: np.ndarray, classes: int) -> None:
    if ids.dtype.kind not in "iu":
        raise DTypeError(message(f"{name}: targets of dtype {ids.dtype}", fix="class ids must be integers"))
    if ids.size and (ids.min() < 0 or ids.max() >= classes):
        bad = int(ids.min() if ids.min() < 0 else ids.max())
        raise IdError(message(f"{name}: target {bad} is outside the classes 0 .. {classes - 1}",
                              fix="check the labels, or pass ignore_index= if it marks padding"))


def _soft_cross_entropy(input: Any, target: Any, weight: Any, reduction: str, smoothing: float) -> Any:
    target = _target_like("cross_entropy", input, target)
    axis = 0 if input.ndim == 1 else 1
    if smoothing:
        target = target * (1 - smoothing) + smoothing / input.shape[axis]
    log_p = T.log_softmax(input, axis=axis)
    if weight is not None:
        weight = _class_weight("cross_entropy", weight, input, input.shape[axis])
        log_p = log_p * T.reshape(weight, *(-1 if i == axis else 1 for i in range(input.ndim)))
    losses = -T.sum(log_p * target, axis=axis)
    return _reduce("cross_entropy", losses, reduction)


def nll_loss(input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Any:
    """-input[target] for log-probabilities `input` (N, C) and class ids (N,): cross_entropy after log_softmax."""
    ids = T._array(_raw(target))
    if input.ndim != 2 or ids.shape != input.shape[:1]:
        raise ShapeError(message(f"nll_loss: input of shape {input.shape}, target of shape {ids.shape}",
                                 fix="log-probabilities (N, C) and class ids (N,)"))
    kept = ids != ignore_index
    safe = np.where(kept, ids, 0)
    _check_targets("nll_loss", safe, input.shape[1])
    if reduction == "mean" and ids.size and not kept.any():
        raise ShapeError(message(f"nll_loss: all {ids.size} targets are ignore_index ({ignore_index})",
                                 fix="a mean needs at least one target that counts"))
    losses, count = -input[np.arange(len(safe)), safe], int(kept.sum())
    if weight is not None:
        weight = _class_weight("nll_loss", weight, input, input.shape[1])
        losses, count = losses * weight[safe], T.sum(weight[safe] * kept.astype(input.dtype))
    return _reduce("nll_loss", ops.where(kept, losses, 0.0), reduction, count)


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """(input - target)^2."""
    target = _target_like("mse_loss", input, target)
    difference = input - target
    return _reduce("mse_loss", difference * difference, reduction)


def binary_cross_entropy_with_logits(input: Any, target: Any, weight: Any = None, reduction: str = "mean",
                                     pos_weight: Any = None) -> Any:
    """-t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)) for logits x and targets t in [0, 1], without overflow.

    pos_weight  how much a positive target counts against a negative one
    """
    target = _target_like("binary_cross_entropy_with_logits", input, target)
    if pos_weight is None:
        losses = softplus(input) - input * target
    else:
        losses = (1 - target) * input + (1 + (_like(pos_weight, input) - 1) * target) * softplus(-input)
    losses = losses if weight is None else losses * _like(weight, input)
    return _reduce("binary_cross_entropy_with_logits", losses, reduction)


def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """D(target || q) = sum target * (log target - log q), with `input` = log q, as in PyTorch; 0 log 0 = 0.

    reduction="batchmean" divides the sum by the first length, which is the divergence per distribution; "mean" divides
    by every entry, which is not.
    """
    target = _target_like("kl_div", input, target)
    if log_target:
        losses = ops.exp(target) * (target - input)
    else:
        positive = _raw(target) > 0
        log_t = ops.log(ops.where(positive, target, 1.0))
        losses = ops.where(positive, target * (log_t - ops.where(positive, input, 0.0)), 0.0)
    if reduction == "batchmean":
        return T.sum(losses) / input.shape[0]
    return _reduce("kl_div", losses, reduction)


def one_hot(ids: Any, num_classes: int) -> Tensor:
    """Ids (...) as vectors (..., num_classes) with a single 1."""
    raw = _check_ids("one_hot", ids, num_classes)
    out = np.zeros((*raw.shape, num_classes), np.float32)
    np.put_along_axis(out, raw[..., None], 1.0, axis=-1)
    return Tensor(out)


# --- attention ----------------------------------------------------------------------------------------------------


def scaled_dot_product_attention(query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0,
                                 is_causal: bool = False, scale: float | None = None) -> Any:
    """softmax(Q Kᵀ / sqrt(d)) V: (..., T, d), (..., S, d), (..., S, v) -> (..., T, v).

    attn_mask  boolean (..., T, S), True where a query may look; or numbers, added to the scores
    is_causal  query t looks at keys 0 .. t only
    scale      instead of 1 / sqrt(d)

    Errors: a mask under which some query may look at nothing. Source: Vaswani et al. 2017.
    """
    weights = attention_weights(query, key, attn_mask, is_causal, scale)
    if dropout_p:
        weights = dropout(weights, dropout_p)
    return ops.matmul(weights, value)


def attention_weights(query: Any, key: Any, attn_mask: Any = None, is_causal: bool = False, scale: float | None = None) -> Any:
    """softmax(Q Kᵀ / sqrt(d)), masked: (..., T, S). See scaled_dot_product_attention."""
    if query.ndim < 2 or key.ndim < 2 or query.shape[-1] != key.shape[-1]:
        raise ShapeError(message(f"attention: query of shape {query.shape} and key of shape {key.shape} do not fit",
                                 fix="query (..., T, d) and key (..., S, d) with one d"))
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = ops.matmul(query * scale, ops.swap_last(key))  # (..., T, S)
    if is_causal:
        if attn_mask is not None:
            raise ShapeError(message("attention: both attn_mask and is_causal were given", fix="join them into one mask"))
        attn_mask = np.tri(scores.shape[-2], scores.shape[-1], dtype=bool)
    if attn_mask is not None:
        raw = _raw(attn_mask)
        if raw.dtype.kind == "b":
            if not raw.any(axis=-1).all():
                raise ShapeError(message("attention: the mask leaves some query nothing to look at",
                                         fix="True marks what may be seen; drop empty sequences"))
            scores = T.masked_fill(scores, ~raw, -math.inf)
        elif raw.dtype.kind == "f":
            if np.isneginf(raw).all(axis=-1).any():
                raise ShapeError(message("attention: the mask leaves some query nothing to look at",
                                         fix="a row of -inf blocks every key; drop empty sequences"))
            scores = scores + _like(attn_mask, scores)
        else:
            raise DTypeError(message(f"attention: a mask of dtype {raw.dtype}",
                                     fix="booleans, True where a query may look, or floats, added to the scores"))
    return softmax(scores, axis=-1)
