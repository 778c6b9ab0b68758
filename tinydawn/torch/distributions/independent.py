"""Several outcomes taken as one."""

from __future__ import annotations

from typing import Any

from ... import functional as T
from ...errors import OptionError, message
from ...tensor import Tensor
from .distribution import Distribution, Shape


class Independent(Distribution):
    """A distribution whose last `reinterpreted_batch_ndims` axes of the batch are entries of one outcome: a vector of them."""

    def __init__(self, base_distribution: Distribution, reinterpreted_batch_ndims: int,
                 validate_args: bool | None = None) -> None:
        batch, n = base_distribution.batch_shape, reinterpreted_batch_ndims
        if not 0 <= n <= len(batch):
            raise OptionError(message(f"Independent: {n} axes of a batch of shape {batch}", fix="no more than it has"))
        split = len(batch) - n
        super().__init__(batch[:split], (*batch[split:], *base_distribution.event_shape), validate_args)
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, n

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        return self.base_dist.has_rsample

    @property
    def mean(self) -> Tensor:
        return self.base_dist.mean

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Any) -> Tensor:
        return self.total(self.base_dist.log_prob(value))

    def entropy(self) -> Tensor:
        return self.total(self.base_dist.entropy())

    def total(self, x: Tensor) -> Tensor:
        """The sum over the entries of one outcome."""
        n = self.reinterpreted_batch_ndims
        return T.sum(x, tuple(range(x.ndim - n, x.ndim))) if n else x

    def expand(self, batch_shape: Shape) -> Independent:
        n = self.reinterpreted_batch_ndims
        return Independent(self.base_dist.expand((*batch_shape, *self.event_shape[:n])), n)

    def __repr__(self) -> str:
        return f"Independent({self.base_dist}, {self.reinterpreted_batch_ndims})"
