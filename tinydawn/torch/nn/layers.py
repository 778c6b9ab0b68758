"""The layers of torch.nn. Most are tinydawn's own, taught here to take PyTorch's arguments too: device=, dtype=, dim= for axis=,
inplace=. Those that behave otherwise in PyTorch, losses above all, are here.

`isinstance(layer, nn.Module)` is True for all of tinydawn's layers, and so for those that stand within others.
"""

from __future__ import annotations

import functools
import inspect
import sys
from abc import ABCMeta
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ... import backend, ops, random
from ... import nn as _nn
from ...backend import to_host
from ...errors import StateError, message
from ...functional import _raw
from ...nn import (
    CELU,
    ELU,
    GELU,
    GLU,
    GRU,
    LSTM,
    RNN,
    SELU,
    AvgPool1d,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Bilinear,
    Conv1d,
    Conv2d,
    Dropout,
    Dropout1d,
    Dropout2d,
    EmbeddingBag,
    Flatten,
    GroupNorm,
    Hardshrink,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LayerNorm,
    LazyLinear,
    LeakyReLU,
    Linear,
    MaxPool1d,
    MaxPool2d,
    Mish,
    ModuleList,
    MultiheadAttention,
    Parameter,
    ReLU,
    ReLU6,
    SiLU,
    Softshrink,
    Threshold,
    TransformerEncoder,
    Unflatten,
)
from ...nn.held import put
from ...tensor import Tensor
from ..dtypes import host
from ..inplace import change
from ..methods.common import one_dtype
from ..spelling import NAMES
from . import functional as F

# --- what tinydawn's layers are taught ----------------------------------------------------------------------------

# Layers with inplace=, and after how many other arguments it stands in PyTorch.
_IN_PLACE: dict[type, int] = {
    ReLU: 0, ReLU6: 0, SELU: 0, SiLU: 0, Mish: 0, Hardswish: 0, Hardsigmoid: 0, LeakyReLU: 1, ELU: 1, CELU: 1, Hardtanh: 2,
    Threshold: 2, Dropout: 1, Dropout1d: 1, Dropout2d: 1,
}
_OTHERWISE = {**NAMES, "unflattened_size": "shape", "min_value": "min_val", "max_value": "max_val"}


def _taught(kind: type, begin: Callable[..., None]) -> Callable[..., None]:
    """The constructor `begin`, which also takes PyTorch's names, inplace=, device= and dtype=, and what is of no use here."""
    place = _IN_PLACE.get(kind, -1)
    forgotten = ("enable_nested_tensor", "mask_check") if kind is TransformerEncoder else ()
    taken = inspect.signature(begin).parameters.values()
    renamed = {theirs: ours for theirs, ours in _OTHERWISE.items() if ours in inspect.signature(begin).parameters}
    any_number = any(p.kind is p.VAR_POSITIONAL for p in taken)
    most = sys.maxsize if any_number else sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in taken) - 1  # but for self

    @functools.wraps(begin)
    def start(self: Any, *args: Any, device: Any = None, dtype: Any = None, **kwargs: Any) -> None:
        if place >= 0:
            given = len(args) > place and isinstance(args[place], bool)
            self.inplace = bool(kwargs.pop("inplace", given and args[place]))
            args = args[:place] if given else args
        elif len(args) > most and not forgotten:  # device and dtype stand last
            device, dtype = (*args[most:], None)[:2]
            args = args[:most]
        if kwargs:
            kwargs = {renamed.get(name, name): x for name, x in kwargs.items() if name not in forgotten}
        if dtype is None:
            begin(self, *args, **kwargs)
        else:
            before, backend.default_dtype = backend.default_dtype, np.dtype(dtype)
            try:
                begin(self, *args, **kwargs)
            finally:
                backend.default_dtype = before
        if device is not None and (where := host(kind.__name__, device)) != "cpu":
            self.to(where)

    return start


def _kinds(kind: type) -> Iterator[type]:
    """All of tinydawn's layers below a class."""
    below: type
    for below in kind.__subclasses__():
        if below.__module__.startswith("tinydawn.nn."):
            yield below
            yield from _kinds(below)


# What repr shows of them, in PyTorch's words.
_TEXTS: dict[type, str] = {
    Linear: "in_features={0.in_features}, out_features={0.out_features}, bias={1}",
    LazyLinear: "in_features={0.in_features}, out_features={0.out_features}, bias={1}",
    Bilinear: "in1_features={0.in1_features}, in2_features={0.in2_features}, out_features={0.out_features}, bias={1}",
    LayerNorm: "{0.normalized_shape}, eps={0.eps}, elementwise_affine={2}, bias={1}",
    **dict.fromkeys((Dropout, Dropout1d, Dropout2d), "p={0.p}, inplace={0.inplace}"),
    **dict.fromkeys((BatchNorm1d, BatchNorm2d), "{0.num_features}, eps={0.eps}, momentum={0.momentum}, affine={0.affine}, "
                                                "bias={1}, track_running_stats={0.track_running_stats}"),
    GroupNorm: "{0.num_groups}, {0.num_channels}, eps={0.eps}, affine={2}, bias={1}",
    MaxPool1d: "kernel_size={0.kernel_size}, stride={0.stride}, padding={0.padding}, dilation={0.dilation}, "
               "ceil_mode={0.ceil_mode}",
    AvgPool1d: "kernel_size=({0.kernel_size},), stride=({0.stride},), padding=({0.padding},)",
    Flatten: "start_dim={0.start_axis}, end_dim={0.end_axis}",
    Unflatten: "dim={0.axis}, unflattened_size={0.shape}",
    GLU: "dim={0.axis}",
    _nn.Softplus: "beta={0.beta}, threshold={0.threshold}",
    GELU: "approximate={0.approximate!r}",
    Hardshrink: "{0.lambd}",
    Softshrink: "{0.lambd}",
    EmbeddingBag: "{0.num_embeddings}, {0.embedding_dim}, mode={0.mode!r}",
    MultiheadAttention: "",
}


def _convolution(self: Any) -> str:
    """What repr shows of a convolution: what is not the default."""
    axes, usual = self.weight.ndim - 2, {"padding": 0, "dilation": 1}
    sizes = [(name, getattr(self, name)) for name in ("kernel_size", "stride", "padding", "dilation")]
    told = [(name, (n,) * axes if isinstance(n, int) else n) for name, n in sizes]
    parts = [f"{name}={value}" for name, value in told if name not in usual or value != (usual[name],) * axes]
    parts += [f"groups={self.groups}"] * (self.groups > 1) + ["bias=False"] * (self.bias is None)
    return ", ".join([str(self.in_channels), str(self.out_channels), *parts])


def _pool(self: Any) -> str:
    """What repr shows of a pool over two axes: one number where both have it."""
    names = ["kernel_size", "stride", "padding", *(["dilation", "ceil_mode"] if isinstance(self, MaxPool2d) else [])]
    values = [getattr(self, name) for name in names]
    short = [v[0] if isinstance(v, tuple) and v[0] == v[1] else v for v in values]
    return ", ".join(f"{name}={v}" for name, v in zip(names, short, strict=True))


def _list(self: Any) -> str:
    """The text of a ModuleList: modules that say the same of themselves, in a row, are counted."""
    lines: list[list[Any]] = []
    for i, module in enumerate(self):
        text = repr(module)
        if lines and lines[-1][2] == text:
            lines[-1][1] = i
        else:
            lines.append([i, i, text])
    said = [f"({i}): {text}" if i == j else f"({i}-{j}): {j - i + 1} x {text}" for i, j, text in lines]
    body = "".join("\n  " + line.replace("\n", "\n  ") for line in said)
    return f"{type(self).__name__}({body}{chr(10) if body else ''})"


def _said(text: str) -> Callable[[Any], str]:
    """What repr shows between the brackets, by a template."""
    return lambda self: text.format(self, getattr(self, "bias", None) is not None, getattr(self, "weight", None) is not None)


_before: list[tuple[type, str, Any]] = []  # what was taught: whose, under which name, and what stood there; None for nothing


def teach(on: bool = True) -> None:
    """Let tinydawn's layers take PyTorch's arguments, and say in repr what PyTorch's say; or take that back."""
    if not on:
        while _before:
            kind, name, held = _before.pop()
            delattr(kind, name) if held is None else setattr(kind, name, held)
    elif not _before:
        for kind in dict.fromkeys(_kinds(_nn.Module)):  # bases first
            if "__init__" in vars(kind) or kind in _IN_PLACE:
                _set(kind, "__init__", _taught(kind, kind.__init__))  # type: ignore[misc]
        for kind, text in _TEXTS.items():
            _set(kind, "_settings", _said(text))
        for kind in (Conv1d, Conv2d):
            _set(kind, "_settings", _convolution)
        for kind in (Linear, Conv1d, Conv2d):
            _set(kind, "forward", _of_one_dtype(kind.forward))
        for kind in (MaxPool2d, AvgPool2d):
            _set(kind, "_settings", _pool)
        _set(ModuleList, "__repr__", _list)
        for kind in _IN_PLACE:
            _set(kind, "inplace", False)
            _set(kind, "forward", _over(kind.forward))  # type: ignore[attr-defined]
            if kind not in _TEXTS:
                _set(kind, "_settings", _with_inplace)
        _set(MultiheadAttention, "_attend", _leniently(MultiheadAttention._attend))
        _set(_nn.Module, "register_backward_hook", _nn.Module.register_full_backward_hook)  # its name of old
        for kind in (RNN, LSTM, GRU):  # its weights lie in a row on PyTorch's GPU
            _set(kind, "flatten_parameters", lambda self: None)
            _set(kind, "_flat_weights_names", property(lambda self: [name for name, _ in self.named_parameters()]))


def _of_one_dtype(forward: Callable[..., Any]) -> Callable[..., Any]:
    """`forward`, which refuses an input of another dtype than the weights: float64 from NumPy, as a rule."""

    @functools.wraps(forward)
    def called(self: Any, input: Any) -> Any:
        if input.dtype != self.weight.dtype:
            one_dtype(type(self).__name__, input, self.weight)
        return forward(self, input)

    return called


def _over(forward: Callable[..., Any]) -> Callable[..., Any]:
    """`forward`, which writes over its input if the layer was made with inplace=True."""

    @functools.wraps(forward)
    def called(self: Any, input: Any) -> Any:
        if not self.inplace:
            return forward(self, input)
        return change(input, type(self).__name__, lambda x: forward(self, x))

    return called


def _leniently(attend: Callable[..., Any]) -> Callable[..., Any]:
    """MultiheadAttention's, where a query that may look at nothing is no error: it sees a NaN, or zeros if no weights are asked
    for."""

    @functools.wraps(attend)
    def called(self: Any, projected: Any, mask: Any, shape: tuple[int, ...], need_weights: bool) -> Any:
        if mask is None:
            return attend(self, projected, mask, shape, need_weights)
        raw = to_host(_raw(mask))
        hidden = ~raw if raw.dtype.kind == "b" else np.isneginf(raw)
        blind = np.asarray(hidden.all(axis=-1, keepdims=True))  # (1 or N, 1 or H, T, 1)
        if not blind.any():
            return attend(self, projected, mask, shape, need_weights)
        opened = raw | blind if raw.dtype.kind == "b" else ops.where(blind, 0.0, mask)
        heads, weights = attend(self, projected, opened, shape, need_weights)
        heads = ops.where(blind, np.nan if need_weights else 0.0, heads)
        return heads, None if weights is None else ops.where(blind, np.nan, weights)

    return called


def _with_inplace(self: Any) -> str:
    return ", ".join(text for text in (self.extra_repr(), "inplace=True" if self.inplace else "") if text)


def _set(kind: type, name: str, value: Any) -> None:
    _before.append((kind, name, vars(kind).get(name)))
    setattr(kind, name, value)


teach(random.source is not None)  # which is set as long as tinydawn.torch is in use

# --- modules ------------------------------------------------------------------------------------------------------


class Module(_nn.Module, metaclass=ABCMeta):
    """tinydawn's Module, but what stands in a plain list, tuple or dict is not found, as in PyTorch: nn.ModuleList is."""

    _looks_into_lists = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.__dict__["_begun"] = True

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, (_nn.Module, Parameter)) and "_begun" not in self.__dict__:
            raise StateError(message(f"{type(self).__name__}.{name}: a layer or a Parameter before Module's own __init__",
                                     fix="super().__init__() first"))
        super().__setattr__(name, value)

    @classmethod
    def __subclasshook__(cls, other: type) -> Any:
        return True if cls is Module and issubclass(other, _nn.Module) else NotImplemented


class LazyBatchNorm1d(BatchNorm1d):
    """A BatchNorm1d that takes its num_features from the first input; until then it has one."""

    def __init__(self, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
                 track_running_stats: bool = True) -> None:
        super().__init__(1, eps, momentum, affine, track_running_stats)

    def forward(self, input: Tensor) -> Tensor:
        self.num_features = input.shape[1]
        for x in (self.weight, self.bias, self.running_mean, self.running_var):
            if x is not None:  # the same objects: an optimizer that has them keeps them
                put(x, x.array.repeat(self.num_features), None)
        self.__class__ = BatchNorm1d  # type: ignore[assignment]
        return BatchNorm1d.forward(self, input)


class DataParallel(Module):
    """The module itself: there is one device."""

    def __init__(self, module: Any, device_ids: Any = None, output_device: Any = None, dim: int = 0) -> None:
        super().__init__()
        self.module = module

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)


# --- activations whose defaults differ ----------------------------------------------------------------------------


class Softplus(_nn.Softplus):
    """log(1 + exp(beta x)) / beta, and x itself where beta x is above 20."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__(beta, threshold)


class _OverDim(Module):
    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_OverDim):
    """softmax along `dim`; by default that of vectors and of three dimensions is 0, else 1."""

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, self.dim)


class LogSoftmax(_OverDim):
    """log(softmax) along `dim`, by default as in Softmax."""

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self.dim)


class Softmin(_OverDim):
    """softmax(-x) along `dim`, by default as in Softmax."""

    def forward(self, input: Tensor) -> Tensor:
        return F.softmin(input, self.dim)


# --- losses, which are lenient: see functional.py -----------------------------------------------------------------


class _Loss(Module):
    """A loss of `input` and `target`: `function` of torch.nn.functional, with the options that the constructor was given."""

    function: Callable[..., Any]

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = F.reduction_of(size_average, reduce, reduction)

    def _weights(self, **weights: Any) -> None:
        """Hold weights, which are saved and move with the model."""
        for name, weight in weights.items():
            self.register_buffer(name, weight)


class MSELoss(_Loss):
    """(input - target)^2."""

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """|input - target|."""

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """Squares of what is below beta, sizes of what is above."""

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
                 beta: float = 1.0) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """Squares of what is up to delta, sizes of what is above."""

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.huber_loss(input, target, self.reduction, self.delta)


class CrossEntropyLoss(_Loss):
    """-log softmax(input)[target]."""

    def __init__(self, weight: Any = None, size_average: bool | None = None, ignore_index: int = -100,
                 reduce: bool | None = None, reduction: str = "mean", label_smoothing: float = 0.0) -> None:
        super().__init__(size_average, reduce, reduction)
        self._weights(weight=weight)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.cross_entropy(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction,
                               label_smoothing=self.label_smoothing)


class NLLLoss(_Loss):
    """-input[target] of log-probabilities."""

    def __init__(self, weight: Any = None, size_average: bool | None = None, ignore_index: int = -100,
                 reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self._weights(weight=weight)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class BCELoss(_Loss):
    """Binary cross-entropy of probabilities."""

    def __init__(self, weight: Any = None, size_average: bool | None = None, reduce: bool | None = None,
                 reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self._weights(weight=weight)

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """Binary cross-entropy of logits."""

    def __init__(self, weight: Any = None, size_average: bool | None = None, reduce: bool | None = None,
                 reduction: str = "mean", pos_weight: Any = None) -> None:
        super().__init__(size_average, reduce, reduction)
        self._weights(weight=weight, pos_weight=pos_weight)

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.binary_cross_entropy_with_logits(input, target, self.weight, reduction=self.reduction,
                                                  pos_weight=self.pos_weight)


class KLDivLoss(_Loss):
    """D(target || q), given log q."""

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
                 log_target: bool = False) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class CosineEmbeddingLoss(_Loss):
    """Of pairs that are alike (target 1) or not (-1), by their angle."""

    def __init__(self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None,
                 reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Any) -> Tensor:
        return F.cosine_embedding_loss(input1, input2, target, self.margin, reduction=self.reduction)


class MarginRankingLoss(CosineEmbeddingLoss):
    """max(0, -target (x1 - x2) + margin)."""

    def forward(self, input1: Tensor, input2: Tensor, target: Any) -> Tensor:
        return F.margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)


class HingeEmbeddingLoss(_Loss):
    """Of distances of pairs that are alike (target 1) or not (-1)."""

    def __init__(self, margin: float = 1.0, size_average: bool | None = None, reduce: bool | None = None,
                 reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)


class TripletMarginLoss(_Loss):
    """max(0, d(anchor, positive) - d(anchor, negative) + margin)."""

    def __init__(self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False,
                 size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return F.triplet_margin_loss(anchor, positive, negative, self.margin, self.p, self.eps, self.swap,
                                     reduction=self.reduction)


# --- attention ----------------------------------------------------------------------------------------------------


class Transformer(_nn.Transformer):
    """tinydawn's, whose causal mask is PyTorch's: numbers, of which -inf forbids."""

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Any:
        """(sz, sz): -inf above the diagonal, else 0."""
        mask = np.triu(np.full((sz, sz), -np.inf), 1)
        return Tensor(mask.astype(backend.default_dtype if dtype is None else dtype))
