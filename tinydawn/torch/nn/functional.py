"""torch.nn.functional: PyTorch's arguments for tinydawn's functions, and its leniency.

Where tinydawn raises, because the shapes of a loss differ, or nothing is left of what a mean is of, PyTorch warns, or computes a
NaN; so do these.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import functional as T
from ... import ops
from ...backend import to_host
from ...errors import DTypeError, OptionError, ShapeError, message
from ...functional import _raw
from ...nn import functional as F
from ...tensor import Tensor
from ..absent import answer
from ..inplace import change
from ..making import default_generator
from ..spelling import NAMES

# --- functions whose arguments are only called otherwise ----------------------------------------------------------


def _spelled(function: Callable[..., Any], **more: str) -> Callable[..., Any]:
    """`function` with dim= for axis=, input= for x=, and inplace=, which may also stand last, to write over its input."""
    names = {**NAMES, "input": "x", **more}
    function = getattr(function, "plain", function)  # without the one around it that explains these names
    places = function.__code__.co_argcount if hasattr(function, "__code__") else 1

    @functools.wraps(function)
    def called(*args: Any, inplace: bool = False, **kwargs: Any) -> Any:
        inplace = inplace or (len(args) > places and args[places])
        options = {names.get(k, k): x for k, x in kwargs.items()}
        if not inplace:
            return function(*args[:places], **options)
        x = args[0] if args else options.pop("x")
        return change(x, f"{function.__name__}_", lambda x: function(x, *args[1:places], **options))

    return called


celu, elu, selu, leaky_relu = _spelled(F.celu), _spelled(F.elu), _spelled(F.selu), _spelled(F.leaky_relu)
hardshrink, hardsigmoid, hardswish = _spelled(F.hardshrink), _spelled(F.hardsigmoid), _spelled(F.hardswish)
hardtanh, relu6, threshold, prelu = _spelled(F.hardtanh), _spelled(F.relu6), _spelled(F.threshold), _spelled(F.prelu)
logsigmoid, mish, silu, gelu = _spelled(F.logsigmoid), _spelled(F.mish), _spelled(F.silu), _spelled(F.gelu)
softshrink, softsign, tanhshrink = _spelled(F.softshrink), _spelled(F.softsign), _spelled(F.tanhshrink)
glu, normalize = _spelled(F.glu), _spelled(F.normalize)
cosine_similarity, pairwise_distance = _spelled(F.cosine_similarity), _spelled(F.pairwise_distance)
conv1d, conv2d, avg_pool1d, avg_pool2d, max_pool1d, max_pool2d = (
    F.conv1d, F.conv2d, F.avg_pool1d, F.avg_pool2d, F.max_pool1d, F.max_pool2d)
adaptive_avg_pool1d, adaptive_avg_pool2d = F.adaptive_avg_pool1d, F.adaptive_avg_pool2d
adaptive_max_pool1d, adaptive_max_pool2d = F.adaptive_max_pool1d, F.adaptive_max_pool2d
rms_norm, group_norm, linear, bilinear = F.rms_norm, F.group_norm, F.linear, F.bilinear
sigmoid, tanh = ops.sigmoid, ops.tanh


def relu(input: Any, inplace: bool = False) -> Any:
    """max(x, 0)."""
    return change(input, "relu_", ops.relu) if inplace else ops.relu(input)


relu_, elu_, selu_, celu_, leaky_relu_, hardtanh_, threshold_ = (
    functools.partial(f, inplace=True) for f in (relu, elu, selu, celu, leaky_relu, hardtanh, threshold))


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + exp(beta x)) / beta; x itself where beta x is above `threshold`."""
    return F.softplus(input, beta, threshold)


def _implicit(dim: int | None, ndim: int) -> int:
    """Where the dim of a softmax was not given: 0 of vectors and of three dimensions, else 1."""
    return (0 if ndim in (0, 1, 3) else 1) if dim is None else dim


def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None, axis: int | None = None) -> Any:
    """exp(x) / sum(exp(x)) along `dim`."""
    x = input if dtype is None else input.astype(dtype)
    return F.softmax(x, _implicit(dim if axis is None else axis, x.ndim))


def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None, axis: int | None = None) -> Any:
    """log(softmax(x)) along `dim`."""
    x = input if dtype is None else input.astype(dtype)
    return F.log_softmax(x, _implicit(dim if axis is None else axis, x.ndim))


def softmin(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """softmax(-x) along `dim`."""
    return softmax(-input, dim, dtype=dtype)


def gumbel_softmax(logits: Any, tau: float = 1.0, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Any:
    """A sample of the categories, softened: softmax((logits + Gumbel noise) / tau).

    hard  the nearest one-hot vector, with the gradient of the soft one. Source: Jang, Gu and Poole 2017.
    """
    drawn = default_generator.exponential(1.0, logits.shape, logits.dtype)
    soft = F.softmax((logits - np.log(drawn)) / tau, dim)
    if not hard:
        return soft
    best = ops.argmax(soft, axis=dim, keepdims=True)
    places = np.arange(soft.shape[dim]).reshape(tuple(-1 if i == dim % soft.ndim else 1 for i in range(soft.ndim)))
    chosen = Tensor((to_host(_raw(best)) == places).astype(soft.dtype))
    return chosen - ops.detach(soft) + soft


# --- layers -------------------------------------------------------------------------------------------------------


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """While training, 0 with probability p, else x / (1 - p)."""
    return _over(input, lambda x: F.dropout(x, p, training), inplace)


def _over(input: Any, function: Callable[[Any], Any], inplace: bool) -> Any:
    """What the function gives, in place of its input where that is wanted."""
    return change(input, "dropout_", function) if inplace else function(input)


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Dropout of whole channels of (B, C, L)."""
    return _over(input, lambda x: F.dropout1d(x, p, training), inplace)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Dropout of whole channels of (B, C, H, W)."""
    return _over(input, lambda x: F.dropout2d(x, p, training), inplace)


def layer_norm(input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """(x - mean) / sqrt(variance + eps) * weight + bias over the last axes."""
    return F.layer_norm(input, normalized_shape, weight, bias, eps)


def batch_norm(input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None, training: bool = False,
               momentum: float = 0.1, eps: float = 1e-5) -> Any:
    """(x - mean) / sqrt(variance + eps) * weight + bias of each feature, axis 1.

    In training mean and variance are the batch's, and are mixed into those that run, in place.
    """
    axes, shape = (0, *range(2, input.ndim)), (-1, *(1,) * (input.ndim - 2))
    mean, variance = running_mean, running_var
    if training or mean is None:
        mean = T.mean(input, axes)
        centred = input - T.reshape(mean, *shape)
        variance = T.mean(centred * centred, axes)
        n = int(np.prod([input.shape[axis] for axis in axes]))
        for running, now, share in ((running_mean, mean, 1.0), (running_var, variance, n / max(n - 1, 1))):
            if running is not None:
                running.data[...] = running.detach() * (1 - momentum) + ops.detach(now) * (share * momentum)
    y = (input - T.reshape(mean, *shape)) / ops.sqrt(T.reshape(variance, *shape) + eps)
    y = y if weight is None else y * T.reshape(weight, *shape)
    return y if bias is None else y + T.reshape(bias, *shape)


def embedding(input: Any, weight: Any, padding_idx: int | None = None, max_norm: float | None = None, norm_type: float = 2.0,
              scale_grad_by_freq: bool = False, sparse: bool = False) -> Any:
    """The rows of weight (V, E) that the ids name."""
    return F.embedding(input, weight, padding_idx, max_norm, norm_type, scale_grad_by_freq)


def embedding_bag(input: Any, weight: Any, offsets: Any = None, max_norm: float | None = None, norm_type: float = 2.0,
                  scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, per_sample_weights: Any = None,
                  include_last_offset: bool = False, padding_idx: int | None = None) -> Any:
    """The mean, sum or largest entries of the vectors of each bag of ids."""
    if max_norm is not None or scale_grad_by_freq:
        raise OptionError(message("embedding_bag: max_norm and scale_grad_by_freq are not there", fix="F.embedding has them"))
    return F.embedding_bag(input, weight, offsets, mode, per_sample_weights, include_last_offset, padding_idx)


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """Ids (...) as vectors (..., num_classes) of integers with a single 1."""
    return F.one_hot(tensor, num_classes).astype(np.int64)


def pad(input: Any, pad: Any, mode: str = "constant", value: float | None = None) -> Any:
    """More entries on both sides: pad = (before, after) of the last axis, then of the one before it, and so on.

    Negative numbers take entries away. mode: "constant", "reflect", "replicate" or "circular".
    """
    pairs = list(zip(pad[::2], pad[1::2], strict=False))[::-1]
    if len(pad) % 2 or len(pairs) > input.ndim:
        raise ShapeError(message(f"pad: {tuple(pad)} for a Tensor of {input.ndim} dimensions", fix="two numbers for each of the "
                                                                                                "last dimensions"))
    widths = [(0, 0)] * (input.ndim - len(pairs)) + [(int(before), int(after)) for before, after in pairs]
    if mode == "constant":
        index = tuple(slice(max(0, -before), n - max(0, -after)) for (before, after), n in zip(widths, input.shape, strict=True))
        more = tuple((max(0, before), max(0, after)) for before, after in widths)
        return ops.pad(input[index], widths=more, value=0.0 if value is None else value)
    kinds = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    if mode not in kinds:
        raise OptionError(message(f"pad: mode={mode!r}", fix=f"one of constant, {', '.join(kinds)}"))
    places: Any = [np.pad(np.arange(n), w, mode=kinds[mode]) for n, w in zip(input.shape, widths, strict=True)]  # type: ignore[call-overload]
    return ops.getitem(input, index=np.ix_(*places))


def scaled_dot_product_attention(query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0,
                                 is_causal: bool = False, scale: float | None = None, enable_gqa: bool = False) -> Any:
    """softmax(Q Kᵀ / sqrt(d)) V; True in a mask is what may be seen. A query that may see nothing gets zeros.

    enable_gqa  key and value have fewer heads, each for several of the query's
    """
    if enable_gqa and query.shape[-3] != key.shape[-3]:
        heads = np.arange(query.shape[-3]) // (query.shape[-3] // key.shape[-3])
        key, value = key[..., heads, :, :], value[..., heads, :, :]
    nothing: Any = None
    if attn_mask is not None:
        raw = to_host(_raw(attn_mask))
        seen = raw if raw.dtype.kind == "b" else raw != -np.inf
        nothing = ~seen.any(axis=-1, keepdims=True)
        if nothing.any():
            attn_mask = Tensor(np.where(nothing, True if raw.dtype.kind == "b" else raw.dtype.type(0), raw))
    out = F.scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal, scale)
    return ops.where(np.broadcast_to(nothing, out.shape), 0.0, out) if nothing is not None and nothing.any() else out


# --- losses -------------------------------------------------------------------------------------------------------


def reduction_of(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """What size_average= and reduce=, PyTorch's arguments of before 2018, say, else `reduction`."""
    if size_average is None and reduce is None:
        return reduction
    return "none" if reduce is False else "sum" if size_average is False else "mean"


def _all_ignored(input: Any, target: Any, ignore_index: int) -> bool:
    raw = _raw(target)
    return getattr(raw, "dtype", np.dtype(float)).kind in "iu" and raw.size > 0 and bool((raw == ignore_index).all())


def _of_nothing(input: Any, target: Any, reduction: str) -> Any:
    """The loss of targets of which none counts: 0, of which the mean is NaN, with a gradient of zeros."""
    if reduction == "none":
        return Tensor(np.zeros(target.shape, input.dtype)) + T.sum(input * 0.0)
    return T.sum(input * 0.0) + (float("nan") if reduction == "mean" else 0.0)


def cross_entropy(input: Any, target: Any, weight: Any = None, size_average: bool | None = None, ignore_index: int = -100,
                  reduce: bool | None = None, reduction: str = "mean", label_smoothing: float = 0.0) -> Any:
    """-log softmax(input)[target]; classes on axis 1."""
    reduction = reduction_of(size_average, reduce, reduction)
    if _all_ignored(input, target, ignore_index):
        return _of_nothing(input, target, reduction)
    return F.cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)


def nll_loss(input: Any, target: Any, weight: Any = None, size_average: bool | None = None, ignore_index: int = -100,
             reduce: bool | None = None, reduction: str = "mean") -> Any:
    """-input[target] of log-probabilities; classes on axis 1."""
    reduction = reduction_of(size_average, reduce, reduction)
    if _all_ignored(input, target, ignore_index):
        return _of_nothing(input, target, reduction)
    return F.nll_loss(input, target, weight, ignore_index, reduction)


def _alike(name: str, input: Any, target: Any, warn: bool = True) -> tuple[Any, Any]:
    """Both of one shape, with PyTorch's warning where they are not, and of the wider dtype."""
    if input.shape != target.shape:
        try:
            shape = np.broadcast_shapes(input.shape, target.shape)
        except ValueError:
            raise ShapeError(message(f"{name}: input of shape {tuple(input.shape)}, target of shape {tuple(target.shape)}",
                                     fix="a target of the input's shape")) from None
        if warn:
            warnings.warn(f"{name}: a target of shape {tuple(target.shape)} and an input of shape {tuple(input.shape)} are "
                          f"broadcast, which is mostly a mistake", stacklevel=3)
        input, target = T.broadcast_to(input, shape), T.broadcast_to(target, shape)
    wide = np.result_type(input.dtype, target.dtype) if target.dtype.kind == input.dtype.kind == "f" else input.dtype
    return (input if input.dtype == wide else input.astype(wide)), target


def mse_loss(input: Any, target: Any, size_average: bool | None = None, reduce: bool | None = None,
             reduction: str = "mean") -> Any:
    """(input - target)^2."""
    return F.mse_loss(*_alike("mse_loss", input, target), reduction_of(size_average, reduce, reduction))


def l1_loss(input: Any, target: Any, size_average: bool | None = None, reduce: bool | None = None,
            reduction: str = "mean") -> Any:
    """|input - target|."""
    return F.l1_loss(*_alike("l1_loss", input, target), reduction_of(size_average, reduce, reduction))


def smooth_l1_loss(input: Any, target: Any, size_average: bool | None = None, reduce: bool | None = None,
                   reduction: str = "mean", beta: float = 1.0) -> Any:
    """Squares of what is below beta, sizes of what is above."""
    return F.smooth_l1_loss(*_alike("smooth_l1_loss", input, target), reduction_of(size_average, reduce, reduction), beta)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """Squares of what is up to delta, sizes of what is above."""
    return F.huber_loss(*_alike("huber_loss", input, target), reduction, delta)


def kl_div(input: Any, target: Any, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
           log_target: bool = False) -> Any:
    """D(target || q), given log q."""
    return F.kl_div(*_alike("kl_div", input, target, warn=False), reduction_of(size_average, reduce, reduction), log_target)


def _floating_target(name: str, target: Any) -> None:
    """An error for targets of whole numbers, of which PyTorch makes no loss either."""
    if _raw(target).dtype.kind != "f":
        raise DTypeError(message(f"{name}: targets of dtype {target.dtype}", fix="target.float()"))


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, size_average: bool | None = None,
                         reduce: bool | None = None, reduction: str = "mean") -> Any:
    """Of probabilities; a logarithm counts no less than -100."""
    _floating_target("binary_cross_entropy", target)
    return F.binary_cross_entropy(input, target, weight, reduction_of(size_average, reduce, reduction))


def binary_cross_entropy_with_logits(input: Any, target: Any, weight: Any = None, size_average: bool | None = None,
                                     reduce: bool | None = None, reduction: str = "mean", pos_weight: Any = None) -> Any:
    """Of logits."""
    _floating_target("binary_cross_entropy_with_logits", target)
    return F.binary_cross_entropy_with_logits(input, target, weight, reduction_of(size_average, reduce, reduction), pos_weight)


def cosine_embedding_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, size_average: bool | None = None,
                          reduce: bool | None = None, reduction: str = "mean") -> Any:
    """Of pairs that are alike (target 1) or not (-1), by their angle."""
    return F.cosine_embedding_loss(input1, input2, target, margin, reduction_of(size_average, reduce, reduction))


def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, size_average: bool | None = None,
                        reduce: bool | None = None, reduction: str = "mean") -> Any:
    """max(0, -target (x1 - x2) + margin)."""
    return F.margin_ranking_loss(input1, input2, target, margin, reduction_of(size_average, reduce, reduction))


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, size_average: bool | None = None,
                         reduce: bool | None = None, reduction: str = "mean") -> Any:
    """Of distances of pairs that are alike (target 1) or not (-1)."""
    return F.hinge_embedding_loss(input, target, margin, reduction_of(size_average, reduce, reduction))


def triplet_margin_loss(anchor: Any, positive: Any, negative: Any, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6,
                        swap: bool = False, size_average: bool | None = None, reduce: bool | None = None,
                        reduction: str = "mean") -> Any:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin)."""
    return F.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction_of(size_average, reduce, reduction))


__getattr__ = answer("torch.nn.functional", globals())
