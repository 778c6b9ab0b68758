"""Which array module computes: the only file that may know there is more than one.

Today that is NumPy. Ops ask `xp_of(x)` for the module of an array and never name NumPy themselves,
so an array library with NumPy's interface can take its place.
"""

from __future__ import annotations

import ctypes
import os
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


def keep_freed_memory() -> None:
    """Have the C library keep what one training step frees for the next one, up to 1 GiB.

    A large array is otherwise given back to the system when it is freed, and every page of the next one is fetched anew,
    on first touch: measured for four additions of 1 MB arrays, 2.6 ms against 0.26, and every step makes the same arrays
    again. Only glibc has this switch; elsewhere, or where the user has set one of MALLOC_..., nothing is changed.
    """
    if any(name.startswith("MALLOC_") or name == "GLIBC_TUNABLES" for name in os.environ):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not glibc
        return
    mallopt(-3, 1 << 28)  # M_MMAP_THRESHOLD: arrays below 256 MiB come from what is kept
    mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD
