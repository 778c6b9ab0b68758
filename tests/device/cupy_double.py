"""A double of CuPy that computes with NumPy on the host and is stricter than CuPy, so that CI needs no GPU.

What it has, and with which parameters, is what the real wheel has (cupy.json, see snapshot.py); any other name or keyword
is an error. Its arrays are not NumPy's: they refuse to be converted in silence, to be mixed with NumPy arrays, and to be
given to a NumPy function. It refuses what CuPy refuses (`maximum.reduce`, `.at` of most ufuncs, `initial=`), and what CuPy
does without a word: an index out of range (CuPy wraps it), an assignment that names one entry twice (CuPy: undefined),
indexing with a host array. `waits()` counts how often the program would have waited for the device.
"""

from __future__ import annotations

import functools
import json
import types
from pathlib import Path
from typing import Any

import numpy as np

SNAPSHOT = json.loads(Path(__file__).with_name("cupy.json").read_text(encoding="utf-8"))
REDUCES, REDUCES_AT, ADDS_AT = {"add", "multiply"}, {"add"}, {"add", "maximum", "minimum"}
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
        _wait()
        return self._host.copy()

    def item(self) -> Any:
        _wait()
        return self._host.item()

    def tolist(self) -> Any:
        _wait()
        return self._host.tolist()

    def __float__(self) -> float:
        _wait()
        return float(self._host)

    def __int__(self) -> int:
        _wait()
        return int(self._host)

    def __bool__(self) -> bool:
        _wait()
        return bool(self._host)

    def __index__(self) -> int:
        _wait()
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
            _wait()  # how many entries a mask chooses is known only when it has been counted
        return wrap(self._host[_index(index, self)], self)

    def __setitem__(self, index: Any, value: Any) -> None:
        host = _index(index, self)
        if any(isinstance(i, np.ndarray) and i.dtype.kind in "iu" for i in (host if isinstance(host, tuple) else (host,))):
            where = np.arange(self.size).reshape(self.shape)[host]
            if np.unique(where).size != where.size:
                raise AssertionError("an assignment names one entry twice: what CuPy then stores is undefined")
        self._host[host] = _unwrap(value, "setitem")

    def __getattr__(self, name: str) -> Any:
        if name not in SNAPSHOT["methods"] or name.startswith("_"):
            raise AttributeError(f"'cupy.ndarray' object has no attribute {name!r}")

        def call(*args: Any, **kwargs: Any) -> Any:
            check(f"ndarray.{name}", SNAPSHOT["methods"][name], args, kwargs)
            host = getattr(self._host, name)(*_unwrap_all(args, name), **{k: _unwrap(v, name) for k, v in kwargs.items()})
            return wrap(host, self)

        return call


def _launched(name: str, result: Any) -> None:
    """A kernel of this name has been launched."""


def _wait() -> None:
    global _waits
    _waits += 1


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
    """An index as NumPy's. Of the host only numbers, slices, None and Ellipsis; NumPy raises for what is out of range."""
    parts = index if isinstance(index, tuple) else (index,)
    for part in parts:
        if isinstance(part, (np.ndarray, list)):
            raise TypeError(f"Unsupported type {type(part)} (an index on the host into an array of the device)")
        if not (part is None or part is Ellipsis or isinstance(part, (int, slice, np.integer, ndarray))):
            raise IndexError(f"an index of type {type(part).__name__}")
    host = tuple(part._host if isinstance(part, ndarray) else part for part in parts)
    return host if isinstance(index, tuple) else host[0]


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
        result = host(*_unwrap_all(args, name), **{k: _unwrap(v, name) for k, v in kwargs.items()})
        return wrap(result, *args, *(args[0] if args and isinstance(args[0], (list, tuple)) else ()))

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
        result = self.host(*_unwrap_all(args, self.name), **{k: _unwrap(v, self.name) for k, v in kwargs.items()})
        return kwargs["out"] if kwargs.get("out") is not None else wrap(result)

    def _limited(self, method: str, allowed: set[str], args: Any, kwargs: Any) -> Any:
        if self.name not in allowed:
            raise NotImplementedError(f"`cupy.{self.name}.{method}` is not supported yet")
        if {"initial", "where"} & set(kwargs):
            raise TypeError(f"cupy.{self.name}.{method}() got an unexpected keyword argument")
        return wrap(getattr(self.host, method)(*_unwrap_all(args, self.name), **kwargs))

    def reduce(self, *args: Any, **kwargs: Any) -> Any:
        return self._limited("reduce", REDUCES, args, kwargs)

    def reduceat(self, *args: Any, **kwargs: Any) -> Any:
        return self._limited("reduceat", REDUCES_AT, args, kwargs)

    def at(self, x: ndarray, index: Any, *values: Any) -> None:
        if self.name not in ADDS_AT:
            raise NotImplementedError(f"`cupy.{self.name}.at` is not supported yet")
        self.host.at(x._host, _index(index, x), *_unwrap_all(values, self.name))


def _operator(name: str) -> Any:
    host = getattr(np.ndarray, name)

    def call(self: ndarray, *others: Any) -> Any:
        if any(not isinstance(o, (ndarray, np.ndarray, np.generic, int, float)) for o in others):
            raise TypeError(f"Unsupported type {type(others[0])}")
        result = host(self._host, *_unwrap_all(others, name))
        return result if result is NotImplemented else self if name.startswith("__i") and name != "__invert__" else wrap(result)

    return call


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor"):
    for _form in ("__{}__", "__r{}__", "__i{}__"):
        setattr(ndarray, _form.format(_name), _operator(_form.format(_name)))
for _name in ("neg", "abs", "invert", "lt", "le", "gt", "ge", "eq", "ne", "divmod"):
    setattr(ndarray, f"__{_name}__", _operator(f"__{_name}__"))


def _asarray(a: Any, dtype: Any = None, order: Any = None, *, blocking: bool = False) -> ndarray:
    if isinstance(a, ndarray):
        return a if dtype is None or a.dtype == dtype else ndarray(a._host.astype(dtype))
    return ndarray(np.array(a, dtype=dtype))


def _array(obj: Any, dtype: Any = None, copy: bool = True, order: str = "K", subok: bool = False, ndmin: int = 0, *,
           blocking: bool = False) -> ndarray:
    return ndarray(np.array(obj._host if isinstance(obj, ndarray) else obj, dtype=dtype, ndmin=ndmin))


def make() -> types.ModuleType:
    """The module, to be put into sys.modules as "cupy"."""
    module = types.ModuleType("cupy")
    module.__dict__.update(__version__=SNAPSHOT["version"] + "+double", ndarray=ndarray,
                           cuda=types.SimpleNamespace(is_available=lambda: True))
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
        setattr(module, kind, functools.partial(getattr(kernels_double, kind), module, _launched))
    module.asarray, module.array = _asarray, _array  # type: ignore[attr-defined]
    module.asnumpy = lambda a: a.get() if isinstance(a, ndarray) else np.asarray(a)  # type: ignore[attr-defined]
    return module
