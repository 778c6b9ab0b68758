"""Making tensors: of values, of zeros and ones, of ranges."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np

from . import backend
from .backend import is_array, xp_of
from .checks import is_whole, number_dtype, scalar
from .errors import DTypeError, GraphError, OptionError, ShapeError, message
from .graph import Traced, is_grad_enabled
from .tensor import Tensor, to_array


def tensor(data: Any, dtype: Any = None, requires_grad: bool = False, name: str | None = None) -> Tensor:
    """A new Tensor with a copy of `data`: numbers, nested lists, an array or a Tensor.

    Python floats become float32, ints int64; an array keeps its dtype unless `dtype` says otherwise.

    >>> import tinydawn as td
    >>> td.tensor([[1, 2], [3, 4]]) @ td.tensor([1, 1])
    tensor([3, 7])
    """
    dtype = None if dtype is None else number_dtype("tensor", dtype)
    if isinstance(data, Traced):
        if data._node is not None and data._node.op is not None and is_grad_enabled():
            raise GraphError(message("tensor: a copy of a recorded Tensor would cut its graph: no gradient would pass",
                                     fix="use it as it is; or say so with x.detach()"))
        data = data.array
    if is_array(data) and data.dtype.kind in "fiub":
        array = data.astype(dtype) if dtype is not None else data.copy()  # Tensor() then puts a host array on the device in use
    else:
        array = to_array(data, dtype)
    return Tensor(array, requires_grad, name)


def set_default_dtype(dtype: Any) -> None:
    """Set what Python floats become, and zeros, random numbers and the weights of layers are: `dtype` is "float32", as at first,
    or "float64"."""
    wanted = number_dtype("set_default_dtype", dtype)
    if wanted.kind != "f":
        raise DTypeError(message(f"set_default_dtype: {wanted}", fix="a floating one: td.float32 or td.float64"))
    backend.default_dtype = wanted


def get_default_dtype() -> np.dtype[Any]:
    """The dtype of floating-point tensors that are made: float32, or what set_default_dtype said."""
    return backend.default_dtype


def _wanted(name: str, dtype: Any) -> np.dtype[Any]:
    return backend.default_dtype if dtype is None else number_dtype(name, dtype)


def _shape(name: str, shape: Any) -> tuple[int, ...]:
    """zeros(2, 3), zeros((2, 3)) and full(4, ...) as a tuple of lengths, checked."""
    given = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
    lengths = tuple([scalar(n) for n in given])
    if not all(is_whole(n) and n >= 0 for n in lengths):
        raise ShapeError(message(f"{name}: a tensor of shape {lengths} cannot be made",
                                 fix="lengths that are integers, 0 or more"))
    if math.prod(max(1, int(n)) for n in lengths) >= 2**60 or len(lengths) > 64:
        raise ShapeError(message(f"{name}: a tensor of shape {lengths} fits into no memory", fix="fewer and smaller axes"))
    return lengths


def zeros(*shape: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of zeros: zeros(2, 3) or zeros((2, 3))."""
    return Tensor(np.zeros(_shape("zeros", shape), _wanted("zeros", dtype)), requires_grad)


def ones(*shape: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of ones: ones(2, 3) or ones((2, 3))."""
    return Tensor(np.ones(_shape("ones", shape), _wanted("ones", dtype)), requires_grad)


def full(shape: Any, value: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of this `shape` with `value` everywhere: of booleans, int64 or float32, as value is, if no `dtype` is given."""
    lengths = _shape("full", shape if isinstance(shape, (tuple, list)) else (shape,))
    value = scalar(value)
    inferred: Any = np.int64 if isinstance(value, numbers.Integral) else backend.default_dtype
    if isinstance(value, (bool, np.bool_)):
        inferred = np.bool_
    wanted = number_dtype("full", inferred if dtype is None else dtype)
    try:
        return Tensor(np.full(lengths, value, wanted), requires_grad)
    except (TypeError, ValueError, OverflowError) as error:
        raise DTypeError(message(f"full: a {type(value).__name__} does not fill a {wanted} tensor ({error})",
                                 fix="a number")) from None


def zeros_like(x: Any) -> Tensor:
    """Zeros of the shape and dtype of x."""
    return Tensor(xp_of(x.array if isinstance(x, Traced) else x).zeros_like(x.array if isinstance(x, Traced) else x))


def ones_like(x: Any) -> Tensor:
    """Ones of the shape and dtype of x."""
    return Tensor(xp_of(x.array if isinstance(x, Traced) else x).ones_like(x.array if isinstance(x, Traced) else x))


def arange(*bounds: Any, dtype: Any = None) -> Tensor:
    """The vector start, start + step, ... below stop, as np.arange; `bounds` are (stop), (start, stop) or (start, stop, step).

    Whole numbers give int64, others the default dtype; `dtype` says otherwise."""
    bounds = tuple([scalar(b) for b in bounds])
    if not 1 <= len(bounds) <= 3 or any(isinstance(b, bool) or not isinstance(b, numbers.Real) for b in bounds):
        raise DTypeError(message("arange: takes a stop, or start, stop and step, which are numbers", fix="td.arange(0, 10, 2)"))
    try:
        array = np.arange(*bounds)  # and no dtype, by which NumPy would step: 0.5, 2, 3.5 as 0, 2, 4
        array = array if dtype is None else array.astype(number_dtype("arange", dtype))
    except (ValueError, OverflowError, ZeroDivisionError, MemoryError) as error:
        raise OptionError(message(f"arange: {error}",
                                  fix="finite bounds, a step that is not 0, and not too many numbers")) from None
    if dtype is None:
        array = array.astype(backend.default_dtype) if array.dtype == np.float64 else backend.wide(array)
    return Tensor(array)


def eye(n: int, m: int | None = None, dtype: Any = None) -> Tensor:
    """The identity matrix, (n, n) or (n, m)."""
    return Tensor(np.eye(*_shape("eye", (n, n if m is None else m)), dtype=_wanted("eye", dtype)))
