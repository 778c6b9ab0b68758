"""The random generator, on the host: initial weights, dropout masks, shuffling, sampling.

Every thread has its own, so that what one draws does not depend on what another does meanwhile.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from .backend import wide
from .checks import is_whole, scalar, whole
from .creation import _shape, _wanted
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
    if source is not None:
        source.manual_seed(seed)
    return _own()


# --- numbers, as arrays: what layers start from, and dropout drops by ------------------------------------------------

source: Any = None  # draws these instead, if set: a Generator of tinydawn.torch, whose numbers are PyTorch's


def uniform(low: float, high: float, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """An array of `shape` and `dtype`: uniform in [low, high)."""
    if source is not None:
        return source.uniform(low, high, shape, dtype)
    return np.asarray(_own().uniform(low, high, shape)).astype(dtype)


def normal(mean: float, std: float, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """An array of `shape` and `dtype`: normal with this mean and standard deviation `std`."""
    if source is not None:
        return source.normal(mean, std, shape, dtype)
    return np.asarray(_own().normal(mean, std, shape)).astype(dtype)


def truncated_normal(mean: float, std: float, a: float, b: float, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """An array of `shape` and `dtype`: normal with this `mean` and `std`, drawn again wherever it falls outside a .. b."""
    if source is not None:
        return source.truncated_normal(mean, std, a, b, shape, dtype)
    values = normal(mean, std, shape, dtype)
    while (outside := (values < a) | (values > b)).any():
        values[outside] = normal(mean, std, (int(outside.sum()),), dtype)
    return values


def bernoulli(p: float, like: Any) -> np.ndarray:
    """Booleans in the shape of the array `like`, each True with probability p."""
    if source is not None:
        return source.bernoulli_like(p, like)
    return _own().random(like.shape, dtype=np.float32) >= 1 - p


def integers(low: int, high: int, shape: tuple[int, ...]) -> np.ndarray:
    """An array of `shape`: integers from low to high - 1."""
    return source.integers(low, high, shape) if source is not None else np.asarray(_own().integers(low, high, shape))


def permutation(n: int) -> np.ndarray:
    """The numbers below n in random order, as an array (n,)."""
    return source.permutation(n) if source is not None else wide(_own().permutation(n))


# --- and as Tensors ---------------------------------------------------------------------------------------------------


def randn(*shape: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Independent draws from the standard normal distribution: randn(2, 3) or randn((2, 3))."""
    return Tensor(normal(0.0, 1.0, _shape("randn", shape), _wanted("randn", dtype)), requires_grad)


def rand(*shape: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Independent draws from the uniform distribution on [0, 1): rand(2, 3) or rand((2, 3))."""
    return Tensor(uniform(0.0, 1.0, _shape("rand", shape), _wanted("rand", dtype)), requires_grad)


def randint(low: int, high: int, shape: Any) -> Tensor:
    """A Tensor of this `shape`, of integers from low to high - 1."""
    low, high = scalar(low), scalar(high)
    if not (is_whole(low) and is_whole(high) and -2**63 <= low < high <= 2**63):
        raise OptionError(message(f"randint: low={low!r}, high={high!r}", fix="integers of 64 bits, low below high"))
    lengths = _shape("randint", shape if isinstance(shape, (tuple, list)) else (shape,))
    return Tensor(integers(low, high, lengths))


def randperm(n: int) -> Tensor:
    """The numbers below n in random order, as a Tensor (n,)."""
    return Tensor(permutation(whole("randperm", "n", n, least=0)))
