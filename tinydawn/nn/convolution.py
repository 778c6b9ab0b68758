"""Layers that slide over an axis or two: convolutions and pools. Their functions stand in windows.py."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ..checks import Size, listed, sizes
from ..errors import OptionError, ShapeError, message
from ..tensor import Tensor
from . import functional as F
from .linear import _empty, _start
from .module import Module


def _pair(least: int) -> Any:
    """The rule of a number, or of one for each of two axes: a pair of whole numbers, each at least `least`."""

    def rule(name: str, what: str, x: Any) -> tuple[int, int]:
        given = listed(name, what, x) if isinstance(x, (tuple, list)) else [x, x]
        if len(given) != 2:
            raise OptionError(message(f"{name}: {what} of {len(given)} numbers", fix="one, or one for each of the two axes"))
        for n in given:
            sizes(name, least, **{what: n})
        return int(given[0]), int(given[1])

    return rule


def _alone(least: int) -> Any:
    """The rule of a number, which may stand in a tuple of its own, as PyTorch has it."""

    def rule(name: str, what: str, x: Any) -> int:
        x = x[0] if isinstance(x, (tuple, list)) and len(x) == 1 else x
        sizes(name, least, **{what: x})
        return int(x)

    return rule


def _lengths(n: int) -> Any:
    """The rule of the lengths that n axes are to have: a number, or one for each, None for one that stays as it is."""

    def rule(name: str, what: str, x: Any) -> Any:
        given = x if n > 1 and isinstance(x, (tuple, list)) else [x]
        for length in given:
            if length is not None or n == 1:
                sizes(name, 1, **{what: length})
        if len(given) not in (1, n):
            raise OptionError(message(f"{name}: {what}={x} for {n} axes", fix="one number, or one for each axis"))
        return x

    return rule


Pair = Annotated[Any, _pair(1)]
PairOr0 = Annotated[Any, _pair(0)]
One = Annotated[int, _alone(1)]
OneOr0 = Annotated[int, _alone(0)]


class _Conv(Module):
    """What convolutions share: their sizes, their weights and how they start."""

    def _make(self, in_channels: int, out_channels: int, kernel: tuple[int, ...], groups: int, bias: bool) -> None:
        if in_channels % groups or out_channels % groups:
            raise ShapeError(message(f"{type(self).__name__}: groups={groups} divides not both {in_channels} and {out_channels}",
                                     fix="channels that are multiples of groups"))
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        weight = _empty(out_channels, in_channels // groups, *kernel)
        self.weight, self.bias = _start(weight, _empty(out_channels) if bias else None)

    def extra_repr(self) -> str:
        return f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"


class Conv1d(_Conv):
    """Slide a kernel along the last axis: (B, in_channels, L) -> (B, out_channels, L'). See F.conv1d.

    weight (out_channels, in_channels / groups, kernel_size) and bias (out_channels,) start uniform within
    1 / sqrt(in_channels / groups * kernel_size).
    """

    def __init__(self, in_channels: Size, out_channels: Size, kernel_size: One, stride: One = 1,
                 padding: Literal["same", "valid"] | OneOr0 = 0, dilation: One = 1, groups: Size = 1, bias: bool = True) -> None:
        self.kernel_size, self.stride, self.padding, self.dilation = kernel_size, stride, padding, dilation
        self._make(in_channels, out_channels, (kernel_size,), groups, bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.conv1d(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class Conv2d(_Conv):
    """Slide a kernel over the last two axes: (B, in_channels, H, W) -> (B, out_channels, H', W'). See F.conv2d.

    kernel_size, stride, padding and dilation are a number, or one for each axis. weight (out_channels, in_channels / groups,
    kernel height, kernel width) and bias (out_channels,) start uniform within 1 / sqrt(how many inputs an output has).
    """

    def __init__(self, in_channels: Size, out_channels: Size, kernel_size: Pair, stride: Pair = 1,
                 padding: Literal["same", "valid"] | PairOr0 = 0, dilation: Pair = 1, groups: Size = 1,
                 bias: bool = True) -> None:
        self.kernel_size, self.stride, self.padding, self.dilation = kernel_size, stride, padding, dilation
        self._make(in_channels, out_channels, kernel_size, groups, bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.conv2d(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


# --- pools --------------------------------------------------------------------------------------------------------


class MaxPool1d(Module):
    """The largest entry of each window of kernel_size: (B, C, L) -> (B, C, L'). See F.max_pool1d."""

    def __init__(self, kernel_size: One, stride: One | None = None, padding: OneOr0 = 0, dilation: One = 1,
                 return_indices: bool = False, ceil_mode: bool = False) -> None:
        self.kernel_size, self.stride, self.padding, self.dilation = kernel_size, stride or kernel_size, padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor) -> Any:
        return F.max_pool1d(input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode,
                            self.return_indices)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxPool2d(Module):
    """The largest entry of each window: (B, C, H, W) -> (B, C, H', W'). See F.max_pool2d."""

    def __init__(self, kernel_size: Pair, stride: Pair | None = None, padding: PairOr0 = 0, dilation: Pair = 1,
                 return_indices: bool = False, ceil_mode: bool = False) -> None:
        self.kernel_size, self.stride, self.padding, self.dilation = kernel_size, stride or kernel_size, padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor) -> Any:
        return F.max_pool2d(input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode,
                            self.return_indices)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(Module):
    """The mean of each window of kernel_size: (B, C, L) -> (B, C, L'). See F.avg_pool1d."""

    def __init__(self, kernel_size: One, stride: One | None = None, padding: OneOr0 = 0, ceil_mode: bool = False,
                 count_include_pad: bool = True) -> None:
        self.kernel_size, self.stride, self.padding = kernel_size, stride or kernel_size, padding
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(Module):
    """The mean of each window: (B, C, H, W) -> (B, C, H', W'). See F.avg_pool2d."""

    def __init__(self, kernel_size: Pair, stride: Pair | None = None, padding: PairOr0 = 0, ceil_mode: bool = False,
                 count_include_pad: bool = True, divisor_override: Size | None = None) -> None:
        self.kernel_size, self.stride, self.padding = kernel_size, stride or kernel_size, padding
        self.ceil_mode, self.count_include_pad, self.divisor_override = ceil_mode, count_include_pad, divisor_override

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool2d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad,
                            self.divisor_override)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _Adaptive1d(Module):
    def __init__(self, output_size: Annotated[Any, _lengths(1)]) -> None:
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class _Adaptive2d(Module):
    def __init__(self, output_size: Annotated[Any, _lengths(2)]) -> None:
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_Adaptive1d):
    """The means of `output_size` parts, as equal as can be: (B, C, L) -> (B, C, output_size)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_Adaptive2d):
    """The means of parts, as equal as can be: (B, C, H, W) -> (B, C, *output_size); None keeps the length of an axis."""

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveMaxPool1d(_Adaptive1d):
    """The largest entries of `output_size` parts, as equal as can be: (B, C, L) -> (B, C, output_size)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_max_pool1d(input, self.output_size)


class AdaptiveMaxPool2d(_Adaptive2d):
    """The largest entries of parts, as equal as can be: (B, C, H, W) -> (B, C, *output_size); None keeps an axis's length."""

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_max_pool2d(input, self.output_size)
