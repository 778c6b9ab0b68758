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

BLOCK = 65536  # entries that are worked on at once, where it pays: 256 kB of float32, which stay in the cache
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


def broadcast_view(x: Any, shape: tuple[int, ...]) -> Any:
    """broadcast_to(x, shape), read-only. NumPy's own goes a long way about it: four times as slow for a small array."""
    if type(x) is np.ndarray and x.size == 1 and len(shape) >= x.ndim and x.flags.c_contiguous:  # a reduction's gradient
        view = np.ndarray(shape, x.dtype, x, 0, (0,) * len(shape))
        view.flags.writeable = False
        return view
    return xp_of(x).broadcast_to(x, shape)


def few_rows(x: Any, weight: Any) -> bool:
    """Whether the product x Wᵀ, of x (N, in) and W (out, in), is better computed as (W xᵀ)ᵀ.

    For a small batch OpenBLAS's AVX-512 kernels then take about half the time (32 rows, 256 to 1024: 104 us against 170),
    and its AVX2 kernels the same.
    """
    return type(x) is np.ndarray and 1 < len(x) <= 64 and 4 * len(x) <= weight.shape[1]


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
