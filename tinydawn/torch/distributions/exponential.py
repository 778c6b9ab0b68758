"""The exponential distribution."""

from __future__ import annotations

from typing import Any

from ... import creation, ops
from ...tensor import Tensor
from .distribution import Distribution, Shape, source, together


class Exponential(Distribution):
    """The waiting time for what happens `rate` times in a unit of time: density rate exp(-rate x), for x of 0 or more."""

    has_rsample = True

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = together(rate)
        super().__init__(self.rate.shape, (), validate_args)
        self._given = {"rate": self.rate}
        self._check(self.rate.array > 0, "rate is not above 0", "exp(x) or softplus(x)")

    @property
    def mean(self) -> Tensor:
        return 1 / self.rate

    @property
    def mode(self) -> Tensor:
        return creation.zeros_like(self.rate)

    @property
    def stddev(self) -> Tensor:
        return 1 / self.rate

    @property
    def variance(self) -> Tensor:
        return 1 / (self.rate * self.rate)

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        return Tensor(source().exponential(1.0, self._shape(sample_shape), self.rate.dtype)) / self.rate

    def log_prob(self, value: Any) -> Tensor:
        return ops.log(self.rate) - self.rate * self._outcome(value, lambda x: x >= 0)

    def cdf(self, value: Any) -> Tensor:
        return 1 - ops.exp(-self.rate * self._outcome(value, lambda x: x >= 0))

    def entropy(self) -> Tensor:
        return 1 - ops.log(self.rate)
