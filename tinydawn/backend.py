"""Which array module computes: the only file that may know there is more than one.

Today that is NumPy. Ops ask `xp_of(x)` for the module of an array and never name NumPy themselves,
so an array library with NumPy's interface can take its place.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

Array = Any  # a NumPy array (or, where a formula is being differentiated again, a Tensor)


def xp_of(*arrays: Any) -> Any:
    """The array module of the first operand that is not NumPy's, else NumPy."""
    for x in arrays:
        if type(x) is not np.ndarray and type(x).__module__.partition(".")[0] == "cupy":
            return sys.modules["cupy"]
    return np


def as_array(x: Any) -> Any:
    """`x` as an array on the device where it is: NumPy's reductions return scalars, which become 0-d arrays."""
    return x if xp_of(x) is not np else np.asarray(x)


def is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray) or xp_of(x) is not np


def to_host(x: Any) -> np.ndarray:
    """`x` as a NumPy array, copied from the device if it lies on one."""
    return x.get() if xp_of(x) is not np else np.asarray(x)
