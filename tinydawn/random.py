"""The one random generator, on the host: initial weights, dropout masks, shuffling, sampling."""

from __future__ import annotations

from typing import Any

import numpy as np

from .creation import _shape
from .errors import DTypeError, message
from .tensor import Tensor

generator = np.random.default_rng()


def manual_seed(seed: int) -> np.random.Generator:
    """Restart the generator from `seed`, so that a run can be repeated exactly. Returns it."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise DTypeError(message(f"manual_seed: {seed!r} is no seed", fix="an integer, 0 or more"))
    generator.bit_generator.state = np.random.default_rng(seed).bit_generator.state
    return generator


def randn(*shape: Any, dtype: Any = np.float32, requires_grad: bool = False) -> Tensor:
    """Independent draws from the standard normal distribution."""
    return Tensor(np.asarray(generator.standard_normal(_shape(shape))).astype(dtype), requires_grad)


def rand(*shape: Any, dtype: Any = np.float32, requires_grad: bool = False) -> Tensor:
    """Independent draws from the uniform distribution on [0, 1)."""
    return Tensor(np.asarray(generator.random(_shape(shape))).astype(dtype), requires_grad)


def randint(low: int, high: int, shape: Any) -> Tensor:
    """Integers from low to high - 1."""
    return Tensor(np.asarray(generator.integers(low, high, shape)))
