"""The normal distribution."""

from __future__ import annotations

import math
from typing import Any

from ... import ops
from ...tensor import Tensor
from .distribution import LocationScale, Shape, host, source


class Normal(LocationScale):
    """Normal with mean loc and standard deviation scale.

        density(x) = exp(-(x - loc)^2 / (2 scale^2)) / (scale sqrt(2 pi))
    """

    @property
    def stddev(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        return self.scale * self.scale

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        shape = self._shape(sample_shape)
        return Tensor(source().normal(host(self.loc, shape), host(self.scale, shape)))

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        return self.loc + Tensor(source().normal(0.0, 1.0, self._shape(sample_shape), self.loc.dtype)) * self.scale

    def log_prob(self, value: Any) -> Tensor:
        distance = self._outcome(value) - self.loc
        return -(distance * distance) / (2 * self.variance) - ops.log(self.scale) - math.log(math.sqrt(2 * math.pi))

    def cdf(self, value: Any) -> Tensor:
        return 0.5 * (1 + ops.erf((self._outcome(value) - self.loc) / self.scale / math.sqrt(2)))

    def entropy(self) -> Tensor:
        return 0.5 + 0.5 * math.log(2 * math.pi) + ops.log(self.scale)
