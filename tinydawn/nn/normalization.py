"""LayerNorm, RMSNorm, GroupNorm, BatchNorm1d and BatchNorm2d."""

from __future__ import annotations

import functools
import math
from typing import Annotated, Any, ClassVar

import numpy as np

from .. import backend, ops
from .. import functional as T
from ..backend import to_host
from ..checks import Amount, Share, Size, floating, size_list, word
from ..errors import ShapeError, message
from ..functional import _raw
from ..graph import wrote
from ..tensor import Tensor
from . import functional as F
from . import init
from .linear import _empty
from .module import Buffer, Module, Parameter


def _lengths(name: str, what: str, given: Any) -> tuple[int, ...]:
    """The lengths of the last axes, of which there may be one, given as a number."""
    return tuple(size_list(name, what, [given] if isinstance(given, (int, np.integer)) else given))


Lengths = Annotated[Any, _lengths]
Convention = Annotated[str, functools.partial(word, known=("pytorch", "notes"))]


class LayerNorm(Module):
    """(x - mean) / sqrt(variance + eps) * weight + bias, over the last axes, which have `normalized_shape`.

    The variance is divided by n and eps stands under the root. convention="notes" is the lecture's form,
    (x - mean) / (std + eps), with std^2 divided by n - 1: see F.layer_norm. Source: Ba, Kiros and Hinton 2016.
    """

    def __init__(self, normalized_shape: Lengths, eps: Amount = 1e-5, elementwise_affine: bool = True, bias: bool = True,
                 convention: Convention = "pytorch") -> None:
        self.normalized_shape, self.eps, self.convention = normalized_shape, eps, convention
        self.weight = Parameter(init.ones_(_empty(*normalized_shape))) if elementwise_affine else None
        self.bias = Parameter(init.zeros_(_empty(*normalized_shape))) if elementwise_affine and bias else None

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps, self.convention)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}"


class RMSNorm(Module):
    """x / sqrt(mean(x^2) + eps) * weight over the last axes, which have `normalized_shape`; the shape stays. eps defaults to the
    dtype's. elementwise_affine=False leaves the weight out. Source: Zhang, Sennrich 2019."""

    def __init__(self, normalized_shape: Lengths, eps: Amount | None = None, elementwise_affine: bool = True) -> None:
        self.normalized_shape, self.eps = normalized_shape, eps
        self.weight = Parameter(init.ones_(_empty(*normalized_shape))) if elementwise_affine else None

    def forward(self, input: Tensor) -> Tensor:
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}"


class GroupNorm(Module):
    """LayerNorm over each of `num_groups` groups of channels, axis 1, of one example: (B, num_channels, ...), whose shape stays.

    affine, bias  whether a weight and a bias of each channel are learned

    See F.group_norm."""

    def __init__(self, num_groups: Size, num_channels: Size, eps: Amount = 1e-5, affine: bool = True, *,
                 bias: bool = True) -> None:
        if num_channels % num_groups:
            raise ShapeError(message(f"GroupNorm: {num_groups} groups of {num_channels} channels", fix="groups of one size"))
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self.weight = Parameter(init.ones_(_empty(num_channels))) if affine else None
        self.bias = Parameter(init.zeros_(_empty(num_channels))) if affine and bias else None

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"


class _BatchNorm(Module):
    """(x - mean) / sqrt(variance + eps) * weight + bias, each feature, axis 1, over the whole batch, as they came.

    Training takes mean and variance (divided by n) of the batch and, with `track_running_stats`, keeps
    running = (1 - momentum) running + momentum now, whose variance is divided by n - 1. Evaluation takes what was kept, or,
    where nothing was, the batch's own. momentum=None keeps the mean over all batches.

    All positions of a batch count alike: padding takes part, and one example's output depends on the others. Raises ShapeError
    for other shapes, and in training for a single value per feature, which has no variance. Source: Ioffe and Szegedy 2015.
    """

    shapes: ClassVar[dict[int, str]]  # by the number of axes that an input may have, what they are
    running_mean: Buffer | None
    running_var: Buffer | None
    num_batches_tracked: Buffer | None

    def __init__(self, num_features: Size, eps: Amount = 1e-5, momentum: Share | None = 0.1, affine: bool = True,
                 track_running_stats: bool = True, *, bias: bool = True) -> None:
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.weight = Parameter(init.ones_(_empty(num_features))) if affine else None
        self.bias = Parameter(init.zeros_(_empty(num_features))) if affine and bias else None
        kept = track_running_stats
        self.register_buffer("running_mean", np.zeros(num_features, backend.default_dtype) if kept else None)
        self.register_buffer("running_var", np.ones(num_features, backend.default_dtype) if kept else None)
        self.register_buffer("num_batches_tracked", np.zeros((), np.int64) if kept else None)

    def reset_running_stats(self) -> None:
        """Forget what was kept: mean 0, variance 1, no batches."""
        for kept, start in ((self.running_mean, 0), (self.running_var, 1), (self.num_batches_tracked, 0)):
            if kept is not None:
                _write(kept, start)

    def forward(self, input: Tensor) -> Tensor:
        name = type(self).__name__
        if input.ndim not in self.shapes or input.shape[1] != self.num_features:
            wanted = " or ".join(self.shapes.values()).replace("C", str(self.num_features))
            raise ShapeError(message(f"{name}: input of shape {tuple(input.shape)}", fix=wanted))
        floating(name, input)
        axes, shape = (0, *range(2, input.ndim)), (-1, *(1,) * (input.ndim - 2))  # a feature's axis is the second of all
        mean, variance = self.running_mean, self.running_var
        if self.training and self.num_batches_tracked is not None:  # also one that is refused, as in PyTorch
            _write(self.num_batches_tracked, self.num_batches_tracked.array + 1)
        if self.training or mean is None or variance is None:
            mean, variance = self._of_batch(input, axes)
        y = (input - mean.reshape(shape)) / ops.sqrt(variance.reshape(shape) + self.eps)
        y = y if self.weight is None else y * self.weight.reshape(shape)
        return y if self.bias is None else y + self.bias.reshape(shape)

    def _of_batch(self, x: Any, axes: tuple[int, ...]) -> tuple[Any, Any]:
        """Mean and biased variance of each feature, (C,) both; training also keeps them."""
        n = math.prod(x.shape[axis] for axis in axes)
        if n == 1:
            name = type(self).__name__
            raise ShapeError(message(f"{name}: input of shape {tuple(x.shape)}: one value per feature has no variance",
                                     fix="a batch of 2 or more, or eval() once it is trained"))
        mean = T.mean(x, axes, keepdims=True)
        centred = x - mean
        variance = T.mean(centred * centred, axes)
        mean = mean.reshape(-1)
        if self.training:
            self._keep(_raw(mean), _raw(variance), n)
        return mean, variance

    def _keep(self, mean: Any, variance: Any, n: int) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        share = 1 / int(to_host(self.num_batches_tracked.array)) if self.momentum is None else self.momentum
        for kept, now in ((self.running_mean, mean), (self.running_var, variance * (n / (n - 1)))):
            if n:  # an empty batch has nothing to say
                _write(kept, (1 - share) * kept.array + share * now)

    def extra_repr(self) -> str:
        return f"{self.num_features}, eps={self.eps}, momentum={self.momentum}"


class BatchNorm1d(_BatchNorm):
    """Batch normalisation of (B, C) or (B, C, L). The formula and the arguments stand at _BatchNorm."""

    shapes: ClassVar = {2: "(B, C)", 3: "(B, C, L)"}


class BatchNorm2d(_BatchNorm):
    """Batch normalisation of (B, C, H, W). The formula and the arguments stand at _BatchNorm."""

    shapes: ClassVar = {4: "(B, C, H, W)"}


def _write(kept: Buffer, values: Any) -> None:
    """New values into the same memory: who holds the state dict sees them."""
    kept.array[...] = values
    wrote(kept.array)
