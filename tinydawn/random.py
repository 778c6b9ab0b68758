"""The random generator, on the host: initial weights, dropout masks, shuffling, sampling.

Every thread has its own, so that what one draws does not depend on what another does meanwhile.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from .checks import is_whole, number_dtype, scalar
from .creation import _shape
from .errors import DTypeError, OptionError, message
from .tensor import Tensor

_generators = threading.local()
generator: np.random.Generator  # of this thread


def __getattr__(name: str) -> Any:
    if name == "generator":
        return _own()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _own() -> np.random.Generator:
    """This thread's generator, made on first use: NumPy's random numbers take a fifth of the time of `import tinydawn`."""
    if not hasattr(_generators, "own"):
        _generators.own = np.random.default_rng()
    return _generators.own


def manual_seed(seed: int) -> np.random.Generator:
    """Restart this thread's generator from `seed`, so that a run can be repeated exactly. Returns it."""
    seed = scalar(seed)
    if not is_whole(seed) or seed < 0:
        raise DTypeError(message(f"manual_seed: {seed!r} is no seed", fix="an integer, 0 or more"))
    _own().bit_generator.state = np.random.default_rng(seed).bit_generator.state
    return _own()


def randn(*shape: Any, dtype: Any = np.float32, requires_grad: bool = False) -> Tensor:
    """Independent draws from the standard normal distribution."""
    return Tensor(np.asarray(_own().standard_normal(_shape("randn", shape))).astype(number_dtype("randn", dtype)), requires_grad)


def rand(*shape: Any, dtype: Any = np.float32, requires_grad: bool = False) -> Tensor:
    """Independent draws from the uniform distribution on [0, 1)."""
    return Tensor(np.asarray(_own().random(_shape("rand", shape))).astype(number_dtype("rand", dtype)), requires_grad)


def randint(low: int, high: int, shape: Any) -> Tensor:
    """Integers from low to high - 1."""
    low, high = scalar(low), scalar(high)
    if not (is_whole(low) and is_whole(high) and -2**63 <= low < high <= 2**63):
        raise OptionError(message(f"randint: low={low!r}, high={high!r}", fix="integers of 64 bits, low below high"))
    lengths = _shape("randint", shape if isinstance(shape, (tuple, list)) else (shape,))
    return Tensor(np.asarray(_own().integers(low, high, lengths)))
