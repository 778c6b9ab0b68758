"""What tinydawn's layers are taught while tinydawn.torch is in use: PyTorch's arguments, and its repr.

The arguments are device=, dtype=, inplace=, and dim= for axis=. `teach(False)` takes all of it back.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ... import backend, ops, random
from ... import nn as _nn
from ...backend import to_host
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
    ReLU,
    ReLU6,
    SiLU,
    Softshrink,
    Threshold,
    TransformerEncoder,
    Unflatten,
)
from ..dtypes import host
from ..inplace import change
from ..methods.common import one_dtype
from ..spelling import NAMES

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
