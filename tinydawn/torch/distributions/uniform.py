"""The uniform distribution."""

from __future__ import annotations

import math
from typing import Any

from ... import ops, shaping
from ...tensor import Tensor
from .distribution import Distribution, Shape, source, together


class Uniform(Distribution):
    """All numbers from low to high alike: density 1 / (high - low)."""

    has_rsample = True

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self.low, self.high = together(low, high)
        super().__init__(self.low.shape, (), validate_args)
        self._given = {"low": self.low, "high": self.high}
        self._check(self.low.array < self.high.array, "low is not below high", "the lower end first")

    @property
    def mean(self) -> Tensor:
        return (self.low + self.high) / 2

    @property
    def stddev(self) -> Tensor:
        return (self.high - self.low) / math.sqrt(12)

    @property
    def variance(self) -> Tensor:
        width = self.high - self.low
        return width * width / 12

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        drawn = Tensor(source().uniform(0.0, 1.0, self._shape(sample_shape), self.low.dtype))
        return self.low + drawn * (self.high - self.low)

    def log_prob(self, value: Any) -> Tensor:
        low, high = self.low.array, self.high.array
        x = self._outcome(value, lambda values: (low <= values) & (values <= high)).array
        inside = (low <= x) & (x < high)
        return ops.where(inside, -ops.log(self.high - self.low), -math.inf)

    def cdf(self, value: Any) -> Tensor:
        return shaping.clamp((self._outcome(value) - self.low) / (self.high - self.low), 0.0, 1.0)

    def entropy(self) -> Tensor:
        return ops.log(self.high - self.low)
