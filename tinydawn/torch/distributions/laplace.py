"""The Laplace distribution."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import ops
from ...tensor import Tensor
from .distribution import LocationScale, Shape, source


class Laplace(LocationScale):
    """Exponential to both sides of loc.

        density(x) = exp(-|x - loc| / scale) / (2 scale)
    """

    @property
    def stddev(self) -> Tensor:
        return math.sqrt(2) * self.scale

    @property
    def variance(self) -> Tensor:
        return 2 * self.scale * self.scale

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        low = float(np.finfo(self.loc.dtype).eps) - 1  # -1 itself would be infinitely far
        u = source().uniform(low, 1.0, self._shape(sample_shape), self.loc.dtype)
        return self.loc - self.scale * Tensor(np.sign(u)) * Tensor(np.log1p(-np.abs(u)))

    def log_prob(self, value: Any) -> Tensor:
        return -ops.log(2 * self.scale) - ops.abs(self._outcome(value) - self.loc) / self.scale

    def cdf(self, value: Any) -> Tensor:
        distance = self._outcome(value) - self.loc
        return 0.5 - 0.5 * ops.sign(distance) * ops.expm1(-ops.abs(distance) / self.scale)

    def entropy(self) -> Tensor:
        return 1 + ops.log(2 * self.scale)
