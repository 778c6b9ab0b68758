"""What all distributions share.

A distribution with parameters of shape `batch_shape` is as many independent ones; an outcome of each has the shape `event_shape`.
sample(sample_shape) has the shape sample_shape + batch_shape + event_shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import backend, ops, random, shaping
from ...errors import OptionError, message
from ...graph import no_grad
from ...tensor import Tensor
from ..dtypes import Size
from ..generator import Generator

Shape = Sequence[int]


class Distribution:
    """To be derived from. What a distribution has not raises NotImplementedError, as in PyTorch.

    Wrong parameters, and outcomes that cannot be, raise OptionError, unless validate_args is False.
    """

    has_rsample = False
    _validate_by_default = True

    def __init__(self, batch_shape: Shape = (), event_shape: Shape = (), validate_args: bool | None = None) -> None:
        self.batch_shape, self.event_shape = Size(batch_shape), Size(event_shape)
        self._validate = self._validate_by_default if validate_args is None else validate_args
        self._given: dict[str, Tensor] = {}  # the parameters, by the names they have in the constructor

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether distributions made from now on check what they are given."""
        Distribution._validate_by_default = bool(value)

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        """Outcomes, not recorded."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        """Outcomes as a function of the parameters and of random numbers that do not depend on them: a gradient flows."""
        raise self._lacks("rsample")

    def log_prob(self, value: Any) -> Tensor:
        """The logarithm of the probability of `value`, or of the density there."""
        raise self._lacks("log_prob")

    def entropy(self) -> Tensor:
        """The mean of -log_prob, in nats."""
        raise self._lacks("entropy")

    def cdf(self, value: Any) -> Tensor:
        """The probability of an outcome of `value` or less."""
        raise self._lacks("cdf")

    @property
    def mean(self) -> Tensor:
        raise self._lacks("mean")

    @property
    def variance(self) -> Tensor:
        raise self._lacks("variance")

    @property
    def stddev(self) -> Tensor:
        return ops.sqrt(self.variance)

    def perplexity(self) -> Tensor:
        """exp of the entropy: how many equally likely outcomes would be as uncertain."""
        return ops.exp(self.entropy())

    def expand(self, batch_shape: Shape) -> Any:
        """The same distribution, as often as in this shape."""
        n = len(self.batch_shape)
        given = {name: shaping.broadcast_to(p, (*batch_shape, *p.shape[n:])) for name, p in self._given.items()}
        return type(self)(**given, validate_args=False)

    def __repr__(self) -> str:
        parts = (f"{name}: {p.item() if p.array.size == 1 else Size(p.shape)}" for name, p in self._given.items())
        return f"{type(self).__name__}({', '.join(parts)})"

    # --- for those that are derived ---

    def _shape(self, sample_shape: Shape) -> tuple[int, ...]:
        return (*sample_shape, *self.batch_shape, *self.event_shape)

    def _outcome(self, value: Any, possible: Any = None) -> Tensor:
        """`value` as a Tensor, all of which is possible: by default, all that is a number."""
        x = value if isinstance(value, Tensor) else Tensor(np.asarray(value, backend.default_dtype))
        if self._validate and not bool((x.array == x.array if possible is None else possible(x.array)).all()):
            raise OptionError(message(f"{type(self).__name__}: a value that is no outcome of it",
                                      fix="values that it can have; or make it with validate_args=False"))
        return x

    def _check(self, allowed: Any, what: str, fix: str) -> None:
        """The parameters are as they have to be: all of `allowed` is True."""
        if self._validate and not bool(allowed.all()):
            raise OptionError(message(f"{type(self).__name__}: {what}", fix=fix))

    def _lacks(self, what: str) -> NotImplementedError:
        return NotImplementedError(message(f"{type(self).__name__}: it has no {what}", fix="another distribution, or by hand"))


class LocationScale(Distribution):
    """A shape of the curve that is shifted by loc and stretched by scale."""

    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = together(loc, scale)
        super().__init__(self.loc.shape, (), validate_args)
        self._given = {"loc": self.loc, "scale": self.scale}
        self._check(self.scale.array > 0, "scale is not above 0", "exp(log_scale), softplus(x), or scale.clamp(min=1e-6)")
        self._check(self.loc.array == self.loc.array, "loc is NaN", "find where it was made: td.detect_anomaly()")

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc


def source() -> Generator:
    """The random numbers of all, which torch.manual_seed starts."""
    return random.source


def together(*parameters: Any) -> list[Tensor]:
    """Parameters as Tensors of one shape; numbers get the dtype of the Tensors beside them, else the default one."""
    dtype = next((p.dtype for p in parameters if isinstance(p, Tensor)), backend.default_dtype)
    found = [p if isinstance(p, Tensor) else Tensor(np.asarray(p, dtype)) for p in parameters]
    shape = np.broadcast_shapes(*(p.shape for p in found))
    return [p if p.shape == shape else shaping.broadcast_to(p, shape) for p in found]


def host(x: Tensor, shape: Shape | None = None) -> np.ndarray:
    """The numbers of x on the host, where random numbers are drawn, broadcast to a shape."""
    numbers = backend.to_host(x.array)
    return numbers if shape is None else np.broadcast_to(numbers, tuple(shape))


def inside(p: Tensor) -> Tensor:
    """Probabilities, but none of 0 or 1, whose logarithm is not finite."""
    eps = float(np.finfo(p.dtype).eps)
    return shaping.clamp(p, eps, 1 - eps)


def one_of(name: str, probs: Any, logits: Any) -> None:
    """Exactly one of the two was given."""
    if (probs is None) == (logits is None):
        raise OptionError(message(f"{name}: probs and logits, both or none", fix="one of the two"))


def all_outcomes(distribution: Distribution, count: int, dtype: Any, expand: bool) -> Tensor:
    """0, 1, ... along a new first axis, for each of the batch, or as broadcast without `expand`."""
    ones = [1] * len(distribution.batch_shape)
    outcomes = np.arange(count).astype(dtype).reshape(count, *ones)
    return Tensor(np.broadcast_to(outcomes, (count, *distribution.batch_shape)).copy() if expand else outcomes)
