"""A double of CuPy that computes with NumPy on the host and is stricter than CuPy, so that CI needs no GPU.

What it has, and with which parameters, is what the real wheel has (cupy.json, see snapshot.py); any other name or keyword
is an error. Its arrays are not NumPy's: they refuse to be converted in silence, to be mixed with NumPy arrays, and to be
given to a NumPy function. It refuses what CuPy refuses (`maximum.reduce`, `.at` of most ufuncs, `initial=`), and some of what
CuPy does without a word: an assignment that names one entry twice (CuPy: undefined), indexing with a host array. Places out of
range it takes as CuPy takes them, from the front again: what tinydawn does not check is a wrong number here too. `waits()` counts
how often the program would have waited for the device, and counting.py what else it asks of it.
"""

from __future__ import annotations

import functools
import json
import sys
import types
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # its own helpers, also where it is loaded by its path
import counting
import numpy as np

SNAPSHOT = json.loads(Path(__file__).with_name("cupy.json").read_text(encoding="utf-8"))
REDUCES, REDUCES_AT, ADDS_AT = {"add", "multiply"}, {"add"}, {"add", "maximum", "minimum"}
PRODUCTS = {"matmul", "dot"}
WAIT = {"nonzero", "flatnonzero", "argwhere", "unique", "unique_all", "unique_counts", "unique_inverse", "unique_values",
        "bincount", "extract", "compress"}  # how many there are has to be counted
_waits = 0


def waits() -> int:
    """How often a value was read on the host so far: float(), bool(), item(), get(), tolist()."""
    return _waits


class ndarray:
    """An array on the device. `_host` holds its values; nothing outside this file may look there."""

    __module__ = "cupy"
    __array_priority__ = 100
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, host: np.ndarray, base: ndarray | None = None) -> None:
        self._host, self.base = host, base

    # --- what may be asked without waiting ---

    shape = property(lambda self: self._host.shape)
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    dtype = property(lambda self: self._host.dtype)
    itemsize = property(lambda self: self._host.itemsize)
    nbytes = property(lambda self: self._host.nbytes)
    strides = property(lambda self: self._host.strides)
    data = property(lambda self: types.SimpleNamespace(ptr=self._host.__array_interface__["data"][0]))
    T = property(lambda self: wrap(self._host.T, self))
    mT = property(lambda self: wrap(self._host.mT, self))

    @property
    def flags(self) -> Any:
        own = self._host.flags
        return types.SimpleNamespace(c_contiguous=own.c_contiguous, f_contiguous=own.f_contiguous, owndata=own.owndata)

    def __len__(self) -> int:
        return len(self._host)

    # --- what waits ---

    def get(self, stream: Any = None, order: str = "C", out: Any = None, blocking: bool = True) -> np.ndarray:
        _read("get")
        return self._host.copy()

    def item(self) -> Any:
        _read("item")
        return self._host.item()

    def tolist(self) -> Any:
        _read("tolist")
        return self._host.tolist()

    def __float__(self) -> float:
        _read("float()")
        return float(self._host)

    def __int__(self) -> int:
        _read("int()")
        return int(self._host)

    def __bool__(self) -> bool:
        _read("bool()")
        return bool(self._host)

    def __index__(self) -> int:
        _read("index()")
        return self._host.__index__()

    # --- what is refused ---

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        # CuPy would compute this on the device; but then NumPy was named where the backend's module should be.
        raise TypeError(f"Unsupported type <class 'numpy.ndarray'>: np.{ufunc.__name__} was given an array of the device")

    def __array_function__(self, function: Any, *args: Any) -> Any:
        raise TypeError(f"np.{function.__name__} was given an array of the device")

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    # --- indexing ---

    def __getitem__(self, index: Any) -> ndarray:
        if any(isinstance(i, ndarray) and i.dtype.kind == "b" for i in (index if isinstance(index, tuple) else (index,))):
            _wait("x[mask]")  # how many entries a mask chooses is known only when it has been counted
        host = _index(index, self)
        found = self._host[host]
        if isinstance(found, np.generic) and not counting.launches_of_an_index(host):  # one entry: with CuPy a view, as any
            found = self._host[(*host, ...) if isinstance(host, tuple) else (host, ...)]
        result = wrap(found, self)
        counting.launched("x[index]", result, counting.launches_of_an_index(host))
        return result

    def __setitem__(self, index: Any, value: Any) -> None:
        host = _index(index, self)
        if any(isinstance(i, np.ndarray) and i.dtype.kind in "iu" for i in (host if isinstance(host, tuple) else (host,))):
            where = np.arange(self.size).reshape(self.shape)[host]
            if np.unique(where).size != where.size:
                raise AssertionError("an assignment names one entry twice: what CuPy then stores is undefined")
        self._host[host] = _unwrap(value, "setitem")
        by_arrays = counting.launches_of_an_index(host)
        if by_arrays and not isinstance(value, ndarray):
            counting.copied_in("x[index] = number")
        counting.launched("x[index] =", self, by_arrays or 1)

    def __getattr__(self, name: str) -> Any:
        if name not in SNAPSHOT["methods"]:
            raise AttributeError(f"'cupy.ndarray' object has no attribute {name!r}")

        def call(*args: Any, **kwargs: Any) -> Any:
            check(f"ndarray.{name}", SNAPSHOT["methods"][name], args, kwargs)
            given = [self._host, *_unwrap_all(args, name)]
            given, options = _wrapped(name, given, {k: _unwrap(v, name) for k, v in kwargs.items()})
            result = wrap(getattr(self._host, name)(*given[1:], **options), self)
            _count(name, result, (self, *args), kwargs, given)
            return result

        return call


def _wait(name: str) -> None:
    global _waits
    _waits += 1
    counting.waited(name)


def _read(name: str) -> None:
    global _waits
    _waits += 1
    counting.copied_out(name)


def _count(name: str, result: Any, args: Any, kwargs: Any, host: Any) -> None:
    """Count what cupy.<name> launches, whose `args` are `host` on the host: nothing, if it returns views only, or no arrays."""
    if name in WAIT:
        _wait(name)
    results = result if isinstance(result, (tuple, list)) else (result,)
    new = [r for r in results if isinstance(r, ndarray) and r.size and r.base is None and not any(r is a for a in args)]
    if name in ("empty", "empty_like"):
        counting.made(name, result)
    elif new or result is None or kwargs.get("out") is not None:
        counting.launched(name, result if not new else new[0], counting.launches_of(name, host, kwargs))
        if name in PRODUCTS:
            copies = counting.copies_of_a_product(*host[:2], _unwrap(kwargs.get("out"), name))
            counting.launched(f"copy for {name}", result, copies)


def wrap(host: Any, *sources: Any) -> Any:
    """A result of NumPy's as one of the device: scalars become 0-d arrays, and a view knows whose memory it looks into."""
    if isinstance(host, (tuple, list)):
        return type(host)(wrap(x, *sources) for x in host)
    if isinstance(host, np.generic):
        return ndarray(np.asarray(host))
    if not isinstance(host, np.ndarray):
        return host
    for source in sources:
        if isinstance(source, ndarray):
            if host is source._host:
                return source
            if host.base is not None and np.may_share_memory(host, source._host) and host.size and source.size:
                return ndarray(host, source if source.base is None else source.base)
    return ndarray(host)


def _unwrap(x: Any, name: str) -> Any:
    if isinstance(x, ndarray):
        return x._host
    if isinstance(x, np.ndarray):
        raise TypeError(f"Unsupported type <class 'numpy.ndarray'> ({name})")
    if isinstance(x, (tuple, list)):
        return type(x)(_unwrap(part, name) for part in x)
    return x


def _unwrap_all(args: Any, name: str) -> list[Any]:
    return [_unwrap(a, name) for a in args]


def _index(index: Any, x: ndarray) -> Any:
    """An index as NumPy's. Of the host only numbers, slices, None and Ellipsis, and a number has to be in range; what arrays name
    beyond the end of an axis is counted from its front again, as CuPy does."""
    parts = index if isinstance(index, tuple) else (index,)
    for part in parts:
        if isinstance(part, (np.ndarray, list)):
            raise TypeError(f"Unsupported type {type(part)} (an index on the host into an array of the device)")
        if not (part is None or part is Ellipsis or isinstance(part, (int, slice, np.integer, ndarray))):
            raise IndexError(f"an index of type {type(part).__name__}")
    axes = [0 if part is None or part is Ellipsis else part.ndim if isinstance(part, ndarray) and part.dtype.kind == "b" else 1
            for part in parts]  # of how many axes each part speaks
    host, axis = [], 0
    for part, used in zip(parts, axes, strict=True):
        if isinstance(part, ndarray):
            host.append(_around(part._host, x.shape[axis] if axis < x.ndim else 0) if part.dtype.kind in "iu" else part._host)
        else:
            host.append(part)
        axis += x.ndim - sum(axes) if part is Ellipsis else used
    return tuple(host) if isinstance(index, tuple) else host[0]


def _around(places: Any, length: int) -> Any:
    """Places along an axis of this length, those out of range taken from the front again."""
    return np.asarray(np.mod(places, length, dtype=np.int64)) if length and np.asarray(places).dtype.kind in "iu" else places


def _wrapped(name: str, args: list[Any], kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Arguments of cupy.<name>, on the host, for NumPy to do with places out of range what CuPy does."""
    if name == "take" or (name == "put" and "mode" not in kwargs and len(args) < 4):
        return args, {**kwargs, "mode": "wrap"}
    if name in ("take_along_axis", "put_along_axis"):
        axis = kwargs.get("axis", args[-1] if len(args) == (3 if name[0] == "t" else 4) else -1)
        length = args[0].size if axis is None else args[0].shape[axis]
        return [args[0], _around(args[1], length), *args[2:]], kwargs
    return args, kwargs


def check(name: str, allowed: list[str] | None, args: Any, kwargs: dict[str, Any]) -> None:
    """Whether CuPy's function takes these arguments."""
    if allowed is None:
        return
    if unknown := [k for k in kwargs if k not in allowed and not any(a.startswith("**") for a in allowed)]:
        raise TypeError(f"cupy.{name}() got an unexpected keyword argument {unknown[0]!r}")
    if len(args) > len(allowed) and not any(a.startswith("*") and not a.startswith("**") for a in allowed):
        raise TypeError(f"cupy.{name}() takes {len(allowed)} positional arguments but {len(args)} were given")


def function(name: str) -> Any:
    """cupy.<name>: NumPy's function, on what is checked to be of the device."""
    host = getattr(np, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        check(name, SNAPSHOT["functions"][name], args, kwargs)
        given, options = _wrapped(name, _unwrap_all(args, name), {k: _unwrap(v, name) for k, v in kwargs.items()})
        result = wrap(host(*given, **options), *args, *(args[0] if args and isinstance(args[0], (list, tuple)) else ()))
        _count(name, result, args, kwargs, given)
        return result

    call.__name__ = name
    return call


class Ufunc:
    """cupy.<name> of one or two arguments, with the few methods that CuPy has."""

    def __init__(self, name: str) -> None:
        self.name, self.host = name, getattr(np, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        check(self.name, SNAPSHOT["ufuncs"][self.name], args, kwargs)
        if not any(isinstance(a, ndarray) for a in (*args, *kwargs.values())):
            raise TypeError(f"cupy.{self.name} was given no array of the device")
        given = _unwrap_all(args, self.name)
        result = wrap(self.host(*given, **{k: _unwrap(v, self.name) for k, v in kwargs.items()}))
        result = kwargs["out"] if kwargs.get("out") is not None else result
        counting.launched(self.name, result)
        if self.name in PRODUCTS:
            copies = counting.copies_of_a_product(*given[:2], _unwrap(kwargs.get("out"), self.name))
            counting.launched("copy for matmul", result, copies)
        return result

    def _limited(self, method: str, allowed: set[str], args: Any, kwargs: Any) -> Any:
        if self.name not in allowed:
            raise NotImplementedError(f"`cupy.{self.name}.{method}` is not supported yet")
        if {"initial", "where"} & set(kwargs):
            raise TypeError(f"cupy.{self.name}.{method}() got an unexpected keyword argument")
        result = wrap(getattr(self.host, method)(*_unwrap_all(args, self.name), **kwargs))
        counting.launched(f"{self.name}.{method}", result)
        return result

    def reduce(self, *args: Any, **kwargs: Any) -> Any:
        return self._limited("reduce", REDUCES, args, kwargs)

    def reduceat(self, *args: Any, **kwargs: Any) -> Any:
        return self._limited("reduceat", REDUCES_AT, args, kwargs)

    def at(self, x: ndarray, index: Any, *values: Any) -> None:
        if self.name not in ADDS_AT:
            raise NotImplementedError(f"`cupy.{self.name}.at` is not supported yet")
        host = _index(index, x)
        self.host.at(x._host, host, *_unwrap_all(values, self.name))
        counting.launched(f"{self.name}.at", x, counting.launches_of_an_index(host) or 1)


def _operator(name: str) -> Any:
    host, in_place = getattr(np.ndarray, name), name.startswith("__i") and name != "__invert__"

    def call(self: ndarray, *others: Any) -> Any:
        if any(getattr(o, "__array_ufunc__", "") is None for o in others) and not in_place:
            return NotImplemented  # as in CuPy: it is left to the other operand
        if any(not isinstance(o, (ndarray, np.ndarray, np.generic, int, float)) for o in others):
            raise TypeError(f"Unsupported type {type(others[0])}")
        given = (self._host, *_unwrap_all(others, name))
        result = host(*given)
        if result is NotImplemented:
            return result
        result = self if in_place else wrap(result)
        counting.launched(name.strip("_"), result)
        if name in ("__matmul__", "__rmatmul__"):
            counting.launched("copy for matmul", result, counting.copies_of_a_product(*given))
        return result

    return call


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor"):
    for _form in ("__{}__", "__r{}__", "__i{}__"):
        setattr(ndarray, _form.format(_name), _operator(_form.format(_name)))
for _name in ("neg", "abs", "invert", "lt", "le", "gt", "ge", "eq", "ne", "divmod"):
    setattr(ndarray, f"__{_name}__", _operator(f"__{_name}__"))


def _asarray(a: Any, dtype: Any = None, order: Any = None, *, blocking: bool = False) -> ndarray:
    if isinstance(a, ndarray):
        return a if dtype is None or a.dtype == dtype else a.astype(dtype)
    result = ndarray(np.array(a, dtype=dtype))
    counting.copied_in("asarray", result)
    return result


def _array(obj: Any, dtype: Any = None, copy: bool = True, order: str = "K", subok: bool = False, ndmin: int = 0, *,
           blocking: bool = False) -> ndarray:
    result = ndarray(np.array(obj._host if isinstance(obj, ndarray) else obj, dtype=dtype, ndmin=ndmin))
    (counting.launched if isinstance(obj, ndarray) else counting.copied_in)("array", result)
    return result


def _stream() -> Any:
    return types.SimpleNamespace(synchronize=lambda: _wait("synchronize"))


runtime = types.SimpleNamespace(getDeviceProperties=lambda device: {"name": b"no GPU: the double of CuPy, on the host"})


def make() -> types.ModuleType:
    """The module, to be put into sys.modules as "cupy"."""
    module = types.ModuleType("cupy")
    module.__dict__.update(__version__=SNAPSHOT["version"] + "+double", ndarray=ndarray,
                           cuda=types.SimpleNamespace(is_available=lambda: True, runtime=runtime, get_current_stream=_stream))
    for name in SNAPSHOT["functions"]:
        if hasattr(np, name):
            setattr(module, name, function(name))
    for name in SNAPSHOT["ufuncs"]:
        if hasattr(np, name):
            setattr(module, name, Ufunc(name))
    for name in SNAPSHOT["names"]:
        value = getattr(np, name, None)
        if name == "newaxis" or isinstance(value, float) or (isinstance(value, type) and issubclass(value, np.generic)):
            setattr(module, name, value)
    import kernels_double  # here: it knows of this module's arrays by what it is given

    for kind in ("ElementwiseKernel", "ReductionKernel"):
        setattr(module, kind, functools.partial(getattr(kernels_double, kind), module, counting.launched))
    module.asarray, module.array = _asarray, _array  # type: ignore[attr-defined]
    module.asnumpy = lambda a: a.get() if isinstance(a, ndarray) else np.asarray(a)  # type: ignore[attr-defined]
    return module
