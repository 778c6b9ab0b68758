"""Which array module computes: the only file that knows there are two, NumPy and CuPy.

Ops ask `xp_of(x)` for the module of an array and never name NumPy themselves. What stays on the host, whatever the
backend: ids, targets and masks, so that they can be checked without waiting for the device; `like` puts them where they
are needed. Random numbers are drawn on the host as well, so that a seed means the same everywhere.
"""

from __future__ import annotations

import ctypes
import importlib
import math
import os
import sys
from typing import Any

import numpy as np

from .errors import DeviceError, ShapeError, TinydawnError, message

default_dtype = np.dtype(np.float32)  # of floating-point tensors that are made: see creation.set_default_dtype
BLOCK = 65536  # entries that are worked on at once, where it pays: 256 kB of float32, which stay in the cache
Array = Any  # a NumPy array (or, where a formula is being differentiated again, a Tensor)
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")  # how many BLAS takes, read when NumPy starts
BACKENDS = {"numpy": "cpu", "cupy": "cuda"}  # and the device on which each computes
_used: Any = np  # the module that new tensors are made with
draws = "host"  # where dropout's masks are drawn: see use_backend
_library = "cupy"  # the package whose arrays are those of a device


def use_backend(name: str, dropout: str = "host") -> None:
    """From here on make new tensors, parameters and random numbers with this library.

    name     "numpy" (the CPU) or "cupy" (an NVIDIA GPU)
    dropout  where its masks are drawn. "host": by the generator of td.manual_seed, so that a seed means the same on both, and
             copied to the device, which takes longer than a step of a large model. "device": there, from one number of that
             generator each: a run can be repeated, but not on the CPU

    Raises DeviceError for another name, or if CuPy or a device is missing. What was made before stays where it is: see
    Tensor.to and Module.to.
    """
    global _used, draws
    if dropout not in ("host", "device"):
        raise DeviceError(message(f"use_backend: dropout={dropout!r}", fix="'host' or 'device'"))
    if name not in BACKENDS:
        raise DeviceError(message(f"use_backend: {name!r}", fix="one of " + ", ".join(map(repr, BACKENDS))))
    _used, draws = module_of(BACKENDS[name]), dropout


def backend_name() -> str:
    """The library that makes new tensors: "numpy" or "cupy"."""
    return "numpy" if _used is np else "cupy"


def module_of(device: Any) -> Any:
    """The array module of a device, "cpu" or "cuda"; DeviceError if there is none."""
    if device == "cpu":
        return np
    if device not in ("cuda", "cuda:0"):
        raise DeviceError(message(f"there is no device {device!r}",
                                  fix='"cpu" or "cuda"; which GPU that is says CUDA_VISIBLE_DEVICES'))
    try:
        cupy = importlib.import_module("cupy")
    except ImportError as error:
        raise DeviceError(message(f"the device 'cuda' needs CuPy, which cannot be imported ({error})",
                                  fix="pip install cupy-cuda12x, or cupy-cuda13x, as your driver is")) from None
    if not cupy.cuda.is_available():  # importing CuPy works without a driver: only this tells
        raise DeviceError(message("CuPy is installed, but it finds no CUDA device",
                                  fix="check nvidia-smi and the driver; without a GPU use the device 'cpu'"))
    return cupy


def set_num_threads(threads: int) -> None:
    """Let products of matrices in this process use so many threads; needs threadpoolctl (`pip install threadpoolctl`).

    BLAS takes all cores by default. For matrices of a lesson's size one thread is as quick, and where other programs keep
    the cores busy it is many times quicker: threads wait for each other. OPENBLAS_NUM_THREADS=1, set before NumPy is
    imported, does the same.

    Raises TinydawnError without threadpoolctl, ShapeError unless threads is a whole number from 1.
    """
    if not isinstance(threads, int) or isinstance(threads, bool) or threads < 1:
        raise ShapeError(message(f"set_num_threads: {threads!r} threads", fix="a whole number from 1"))
    _threadpoolctl("set_num_threads").threadpool_limits(threads, user_api="blas")


def get_num_threads() -> int:
    """How many threads products of matrices may use in this process. Raises TinydawnError without threadpoolctl."""
    pools = _threadpoolctl("get_num_threads").threadpool_info()
    return max((pool["num_threads"] for pool in pools if pool["user_api"] == "blas"), default=1)


def threads_are_chosen() -> bool:
    """Has the user said how many threads BLAS takes, by a variable of the environment?"""
    return any(name in os.environ for name in THREADS)


def _threadpoolctl(caller: str) -> Any:
    try:
        return importlib.import_module("threadpoolctl")
    except ImportError:
        raise TinydawnError(message(f"{caller} needs threadpoolctl, which is not installed", fix="pip install threadpoolctl; or "
                                    "set OPENBLAS_NUM_THREADS before NumPy is imported")) from None


def xp_of(*arrays: Any) -> Any:
    """The array module of the first operand that is not NumPy's, else NumPy."""
    for x in arrays:
        if type(x) is not np.ndarray and type(x).__module__.partition(".")[0] == _library:
            return sys.modules[_library]
    return np


def device_of(x: Any) -> str:
    """"cpu" or "cuda"."""
    return "cpu" if xp_of(x) is np else "cuda"


def mixed(arrays: Any) -> bool:
    """Whether these operands lie on two devices. Numbers are everywhere."""
    devices = {device_of(x) for x in arrays if is_array(x)}
    return len(devices) > 1


def as_array(x: Any) -> Any:
    """`x` as an array on the device where it is: NumPy's reductions return scalars, which become 0-d arrays."""
    return x if xp_of(x) is not np else np.asarray(x)


def is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray) or xp_of(x) is not np


def to_host(x: Any) -> np.ndarray:
    """`x` as a NumPy array, copied from the device if it lies on one."""
    xp = xp_of(x)
    return np.asarray(x) if xp is np else xp.asnumpy(x)


def to_device(x: Any, device: str) -> Any:
    """`x` on "cpu" or "cuda": itself, if it is there."""
    if device_of(x) == device:
        return x
    xp = module_of(device)
    return to_host(x) if xp is np else xp.asarray(x)


def new(x: Any) -> Any:
    """A NumPy array that was just made, on the device that use_backend chose."""
    return x if _used is np or type(x) is not np.ndarray else _used.asarray(x)


def like(a: Any, x: Any) -> Any:
    """`a`, a host array or a number, where the array or Tensor `x` is: for ids, masks and what was drawn on the host."""
    if type(x) is np.ndarray or type(a) is not np.ndarray:
        return a
    xp = xp_of(getattr(x, "array", x))
    return a if xp is np else _placed(a, xp) if a.dtype.kind == "b" and a.size <= 1 << 20 else xp.asarray(a)


def _placed(mask: np.ndarray, xp: Any) -> Any:
    """A mask of the host on the device: an equal one that was copied there not long ago is not copied again. The steps of a loop,
    and the pass back through them, ask for the same ones. Nobody writes into a mask that is on a device."""
    key = (mask.shape, mask.tobytes(), id(xp))
    found = _masks.get(key)
    if found is None:
        while len(_masks) >= 8:
            _masks.pop(next(iter(_masks)), None)
        found = _masks[key] = xp.asarray(mask)
    return found


_masks: dict[tuple[Any, ...], Any] = {}  # what `_placed` has copied last


def product(a: Any, b: Any) -> Any:
    """a @ b. CuPy's product of stacks copies an operand that is not contiguous: where bᵀ and aᵀ are, it is (bᵀ aᵀ)ᵀ."""
    if type(a) is not np.ndarray and a.ndim > 2 and b.ndim > 2 and not (a.flags.c_contiguous and b.flags.c_contiguous):
        left, right = b.swapaxes(-1, -2), a.swapaxes(-1, -2)
        if left.flags.c_contiguous and right.flags.c_contiguous:
            return (left @ right).swapaxes(-1, -2)
    return a @ b


def index_like(index: Any, x: Any) -> Any:
    """An index whose arrays are where `x` is. A mask of the host becomes the places where it is True: a device would have
    to be waited for, to know how many they are."""
    if type(x) is np.ndarray:
        return index
    given = index if isinstance(index, tuple) else (index,)
    _check_index(given, x.shape)
    parts: list[Any] = []
    for i in given:
        parts += np.nonzero(i) if isinstance(i, np.ndarray) and i.dtype.kind == "b" else [i]
    return tuple([like(i, x) for i in parts])


def _check_index(given: tuple[Any, ...], shape: tuple[int, ...]) -> None:
    """Raise IndexError where NumPy does, for arrays of the host: a device takes places from the front again, without a word."""
    axes = [i.ndim if isinstance(i, np.ndarray) and i.dtype.kind == "b" else 0 if i is None else 1 for i in given]
    axis = 0
    for i, used in zip(given, axes, strict=True):
        if i is Ellipsis:
            axis += len(shape) - sum(axes) + 1
            continue
        lengths = shape[axis:axis + used]
        kind = i.dtype.kind if isinstance(i, np.ndarray) and i.size else ""
        if kind == "b" and i.shape != lengths:
            raise IndexError(f"a mask of shape {i.shape} does not fit the axes {axis} to {axis + used - 1} of {shape}")
        if kind in ("i", "u") and lengths and not -lengths[0] <= i.min() <= i.max() < lengths[0]:
            wrong = i.min() if i.min() < -lengths[0] else i.max()
            raise IndexError(f"index {wrong} is out of bounds for axis {axis} with size {lengths[0]}")
        axis += used


def shape_of(x: Any) -> tuple[int, ...]:
    """np.shape(x), of an array of a device too."""
    return x.shape if hasattr(x, "shape") else np.shape(x)


def broadcast_view(x: Any, shape: tuple[int, ...]) -> Any:
    """broadcast_to(x, shape), read-only. NumPy's own goes a long way about it: four times as slow for a small array."""
    if isinstance(x, np.generic):
        x = np.asarray(x)
    if type(x) is np.ndarray and x.size == 1 and len(shape) >= x.ndim and x.flags.c_contiguous:  # a reduction's gradient
        view = np.ndarray(shape, x.dtype, x, 0, (0,) * len(shape))
        view.flags.writeable = False
        return view
    return xp_of(x).broadcast_to(x, shape)


def column_sums(x: Any) -> Any:
    """The sum over rows: (N, D) -> (D,), if they are many in blocks of 64, then of 64 such sums, and so on.

    One after the other, as x.sum(axis=0) adds them, a million numbers .1 in float32 are 100,958. A block's sum is a product
    with ones: two to twenty times as fast as NumPy's sum.
    """
    if type(x) is not np.ndarray:
        return x.sum(axis=0)
    many = len(x) > 256
    while many and len(x) > 64:
        blocks, rest = divmod(len(x), 64)
        sums = np.ones(64, x.dtype) @ x[:len(x) - rest].reshape(blocks, 64, x.shape[1])
        x = np.concatenate([sums, x[len(x) - rest:]]) if rest else sums
    return np.ones(len(x), x.dtype) @ x


def row_sums(x: Any) -> Any:
    """The sum of each row of (N, W), by a product with ones: of short rows NumPy's sum takes five times as long."""
    if type(x) is not np.ndarray or x.shape[1] > 1024 or x.dtype.char not in "fd":
        return accurate_sum(x, axis=1)
    return x @ np.ones(x.shape[1], x.dtype)


def row_maxima(x: Any) -> Any:
    """The largest entry of each row of (N, W). A row costs NumPy's max 110 ns, be it ever so short: so short ones are turned over
    and compared column by column, and of long ones argmax, which is quicker, says where it is."""
    if type(x) is not np.ndarray or not x.size:
        return x.max(axis=1)
    if x.shape[1] <= 48:
        return np.maximum.reduce(np.ascontiguousarray(x.T), axis=0)
    return x[np.arange(len(x)), x.argmax(axis=1)]


INDEX = np.dtype(np.intp)  # what NumPy counts and indexes with: int64, but where addresses have 32 bits, as in a browser, int32
_NARROW = INDEX if INDEX.itemsize < 8 else None


def wide(x: Any) -> Any:
    """`x`, of integers whose dtype NumPy chose, as int64 on every platform."""
    return x.astype(np.int64) if x.dtype is _NARROW else x


def as_index(ids: Any) -> Any:
    """`ids` as what `take`, `repeat` and `bincount` ask for, which refuse int64 where addresses have 32 bits."""
    return ids if ids.dtype is INDEX or ids.dtype.kind not in "iu" else ids.astype(np.intp)


_add_reduce: Any = np.add.reduce


def summed_in(x: Any) -> Any:
    """The dtype that entries are added up and multiplied in: of whole numbers and booleans 64 bits, None for that of `x`."""
    return {"b": np.int64, "i": np.int64, "u": np.uint64}.get(x.dtype.kind)


def accurate_sum(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """x.sum(axis), with an error that does not grow with the number of terms, whichever axis they lie on.

    NumPy adds pairwise along the axis that is the last in memory, and one by one along any other; and float16 in float16,
    where 2048 + 1 is 2048.
    """
    if type(x) is not np.ndarray:
        return x.sum(axis=axis, keepdims=keepdims)
    kind = x.dtype.char
    if type(axis) is int and -x.ndim <= axis < x.ndim and x.shape[axis] <= 128 and x.size <= 4096 and kind in "fd":
        return _add_reduce(x, axis, None, None, keepdims)  # few terms
    if kind not in "fd":
        if kind != "e":
            return _add_reduce(x, axis, summed_in(x), None, keepdims)
        with np.errstate(over="ignore"):  # a sum above 65504 is inf
            return accurate_sum(x.astype(np.float32), axis=axis, keepdims=keepdims).astype(np.float16)
    contiguous = x.flags.c_contiguous
    if contiguous and x.size > 1024 and x.ndim and axis in (-1, x.ndim - 1) and x.shape[-1] <= 512:
        sums = row_sums(x.reshape(-1, x.shape[-1]))
        return sums.reshape(*x.shape[:-1], 1) if keepdims else sums.reshape(x.shape[:-1])
    if x.size <= 128 or (contiguous and (axis is None or axis == -1)):
        return _add_reduce(x, axis, None, None, keepdims)  # what x.sum calls
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    summed = {a % x.ndim for a in axes if -x.ndim <= a < x.ndim}
    terms = math.prod([x.shape[a] for a in summed])
    if terms <= 128 or len(summed) < len(axes) or (contiguous and min(summed) == x.ndim - len(axes)):
        return _add_reduce(x, axis, None, None, keepdims)  # few; or an error, which is NumPy's to raise; or the last in memory
    if contiguous and max(summed) == len(axes) - 1:  # the first axes
        sums = column_sums(x.reshape(terms, -1))
        return sums.reshape((1,) * len(axes) * keepdims + x.shape[len(axes):])
    for a in summed:
        if x.strides[a] == 0 and x.shape[a] > 1:  # one number over and over, as of a broadcast
            x = x[(slice(None),) * a + (slice(1),)] * x.dtype.type(x.shape[a])
    order = sorted(range(x.ndim), key=lambda a: -abs(x.strides[a]))  # as the axes lie in memory, slowest first
    last = max([i for i, a in enumerate(order) if a not in summed and x.shape[a] > 1], default=-1)  # of those that stay
    slow = [a for a in order[:last + 1] if a in summed]
    fast = [a for a in order[last + 1:] if a in summed]
    kept = [a for a in order if a not in summed]
    rows, run = math.prod([x.shape[a] for a in slow]), math.prod([x.shape[a] for a in fast])
    sums = x.transpose(slow + kept + fast).reshape(rows, -1, run)  # a copy, unless it is contiguous in this order
    sums = column_sums(sums[:, :, 0] if run == 1 else sums.sum(axis=2))
    sums = sums.reshape([x.shape[a] for a in kept]).transpose(np.argsort(kept))
    return sums.reshape([1 if a in summed else n for a, n in enumerate(x.shape)]) if keepdims else sums


def kept(g: Any, mask: Any, out: Any = None) -> Any:
    """`g` where the boolean `mask` is True, else 0, whatever g holds there: a product with the mask would make inf a NaN.

    A product of the bits, as integers, is one: as fast as that of the numbers, and up to eight times as fast as where. `out`
    is of the dtype of g.
    """
    bits = _BITS.get(g.dtype.char) if type(g) is np.ndarray else None
    if bits is not None:
        if out is None:
            return (g.view(bits) * mask).view(g.dtype)
        np.multiply(g.view(bits), mask, out=out.view(bits))
        return out
    chosen = xp_of(g).where(like(mask, g), g, 0)
    if out is None:
        return chosen
    out[...] = chosen
    return out


def chosen(mask: Any, a: Any, b: Any) -> Any:
    """where(mask, a, b), broadcast. NumPy's own takes a branch for each entry, and guesses wrong on half of a random mask: of
    their bits b ^ (a ^ b) m is the same, in a fifth of the time."""
    kinds = {x.dtype for x in (a, b) if type(x) is np.ndarray}
    dtype = kinds.pop() if kinds else None
    if kinds or dtype is None or dtype.char not in _BITS or type(mask) is not np.ndarray or not all(
            type(x) in (np.ndarray, float, int) for x in (a, b)):
        return np.where(mask, a, b)
    shape = np.broadcast_shapes(mask.shape, np.shape(a), np.shape(b))
    if math.prod(shape) < 1024:
        return np.where(mask, a, b)
    x, y = (np.asarray(v, dtype).view(_BITS[dtype.char]) for v in (a, b))
    out = np.bitwise_xor(x, y, out=np.empty(shape, x.dtype))
    out *= mask
    out ^= y
    return out.view(dtype)


_BITS = {"f": np.dtype(np.int32), "d": np.dtype(np.int64)}


def blockwise(function: Any, x: Any) -> Any:
    """function(part, out=...) for parts of `x` one after the other: all that it makes on the way then stays in the cache."""
    if type(x) is not np.ndarray:
        x = xp_of(x).asarray(x)
    if x.dtype.itemsize == 2:
        return blockwise(function, x.astype(np.float32)).astype(x.dtype)
    if not x.ndim:  # of what is computed with 0-d arrays NumPy makes numbers, which cannot be written into
        return blockwise(function, x.reshape(1)).reshape(())
    step = 2 * BLOCK // x.dtype.itemsize
    if x.size <= step or type(x) is not np.ndarray:
        out = xp_of(x).empty(x.shape, dtype=x.dtype)
        function(x, out=out)
        return out
    flat = x.reshape(-1)
    out = np.empty(flat.shape, x.dtype)
    for start in range(0, flat.size, step):
        function(flat[start:start + step], out=out[start:start + step])
    return out.reshape(x.shape)


def in_rows(x: Any, axis: int, *others: Any) -> list[slice]:
    """How to cut (N, W) into parts that stay in the cache: of what a reduction over the last axis goes through several times."""
    n = x.shape[-1] if x.ndim else 0
    if type(x) is not np.ndarray or x.size <= BLOCK or axis not in (-1, x.ndim - 1) or not all(
            a.flags.c_contiguous for a in (x, *others)):
        return []
    step = max(1, BLOCK // 2 // n)
    return [slice(i, i + step) for i in range(0, x.size // n, step)]


def ratio(x: Any, top: tuple[float, ...], bottom: tuple[float, ...], out: Any) -> None:
    """A ratio of two polynomials of `x` into `out`, their coefficients from the least power on."""
    below = x * bottom[-1]
    xp_of(x).multiply(x, top[-1], out=out)
    for value, coefficients in ((out, top), (below, bottom)):
        for c in coefficients[-2:0:-1]:
            value += c
            value *= x
        value += coefficients[0]
    out /= below


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
