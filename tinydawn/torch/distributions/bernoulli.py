"""The Bernoulli distribution."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from ... import ops
from ...graph import enable_grad
from ...nn.functional import logsigmoid
from ...tensor import Tensor
from .distribution import Distribution, Shape, all_outcomes, host, inside, one_of, source, together


class Bernoulli(Distribution):
    """1 with probability probs, else 0; given by probs, or by logits = log(probs / (1 - probs))."""

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        one_of("Bernoulli", probs, logits)
        (given,) = together(logits if probs is None else probs)
        super().__init__(given.shape, (), validate_args)
        self._given = {"logits" if probs is None else "probs": given}
        self.__dict__.update(self._given)
        if probs is None:
            self._check(given.array == given.array, "a NaN among logits", "find where it was made: td.detect_anomaly()")
        else:
            self._check((given.array >= 0) & (given.array <= 1), "probs outside 0 to 1", "sigmoid(x), or logits=x")

    @cached_property
    def probs(self) -> Tensor:
        with enable_grad():
            return ops.sigmoid(self.logits)

    @cached_property
    def logits(self) -> Tensor:
        with enable_grad():
            p = inside(self.probs)
            return ops.log(p) - ops.log1p(-p)

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        return ops.where(self.probs.array == 0.5, float("nan"), (self.probs >= 0.5).astype(self.probs.dtype))

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        probs = host(self.probs, self._shape(sample_shape))
        return Tensor(source().bernoulli(probs).astype(probs.dtype))

    def log_prob(self, value: Any) -> Tensor:
        x = self._outcome(value, lambda values: (values == 0) | (values == 1))
        return self._mean_log(x)

    def entropy(self) -> Tensor:
        return -self._mean_log(self.probs)

    def _mean_log(self, share: Tensor) -> Tensor:
        """The mean of the log-probability where a share of the outcomes is 1."""
        return logsigmoid(self.logits) - (1 - share) * self.logits

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All outcomes, 0 and 1, along a new first axis."""
        return all_outcomes(self, 2, self.probs.dtype, expand)
