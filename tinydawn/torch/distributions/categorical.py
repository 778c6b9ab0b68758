"""The categorical distribution."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np

from ... import creation, ops, shaping
from ... import functional as T
from ...errors import ShapeError, message
from ...graph import enable_grad
from ...tensor import Tensor
from .distribution import Distribution, Shape, all_outcomes, host, inside, one_of, source


class Categorical(Distribution):
    """One of the classes 0 to K - 1, along the last axis of probs, or of logits: log-probabilities up to a constant.

    Both are normalized: `probs` sums to 1, and so does exp(logits).
    """

    def __init__(self, probs: Tensor | None = None, logits: Tensor | None = None, validate_args: bool | None = None) -> None:
        one_of("Categorical", probs, logits)
        given: Any = logits if probs is None else probs
        if not isinstance(given, Tensor) or given.ndim < 1:
            raise ShapeError(message("Categorical: probs or logits are one number, or no Tensor", fix="a Tensor (*, K)"))
        super().__init__(given.shape[:-1], (), validate_args)
        self._num_events = given.shape[-1]
        if probs is None:
            self._check(given.array == given.array, "a NaN among logits", "find where it was made: td.detect_anomaly()")
            given = given - T.logsumexp(given, -1, keepdims=True)
        else:
            self._check((given.array >= 0).all(-1) & (given.array.sum(-1) > 0), "probs below 0, or all 0 or NaN",
                        "softmax(x), or logits=x")
            given = given / T.sum(given, -1, keepdims=True)
        self._given = {"logits" if probs is None else "probs": given}
        self.__dict__.update(self._given)

    @cached_property
    def probs(self) -> Tensor:
        with enable_grad():
            return T.softmax(self.logits, -1)

    @cached_property
    def logits(self) -> Tensor:
        with enable_grad():
            return ops.log(inside(self.probs))

    @property
    def mean(self) -> Tensor:  # classes are no quantities
        return creation.full(self.batch_shape, math.nan, dtype=self.probs.dtype)

    @property
    def mode(self) -> Tensor:
        return T.argmax(self.probs, -1)

    @property
    def variance(self) -> Tensor:
        return creation.full(self.batch_shape, math.nan, dtype=self.probs.dtype)

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        rows = host(self.probs).reshape(-1, self._num_events)
        drawn = source().multinomial(rows, math.prod(sample_shape), replacement=True)  # (B, N)
        return Tensor(np.ascontiguousarray(drawn.T).reshape(self._shape(sample_shape)))

    def log_prob(self, value: Any) -> Tensor:
        possible = self._outcome(value, lambda x: (x >= 0) & (x < self._num_events) & (x == x // 1))
        ids = possible.astype(np.int64)
        shape = np.broadcast_shapes(ids.shape, self.batch_shape)
        log = shaping.broadcast_to(self.logits, (*shape, self._num_events))
        return shaping.squeeze(shaping.gather(log, -1, shaping.unsqueeze(shaping.broadcast_to(ids, shape), -1)), -1)

    def entropy(self) -> Tensor:
        finite = shaping.clamp(self.logits, min=float(np.finfo(self.logits.dtype).min))  # 0 log 0 is 0
        return -T.sum(finite * self.probs, -1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All classes, along a new first axis."""
        return all_outcomes(self, self._num_events, np.int64, expand)
