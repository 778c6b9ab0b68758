"""Making tensors: of values, of zeros and ones, of ranges."""

from __future__ import annotations

from typing import Any

import numpy as np

from .backend import is_array, xp_of
from .errors import DTypeError, ShapeError, message
from .graph import Traced
from .tensor import Tensor, to_array


def tensor(data: Any, dtype: Any = None, requires_grad: bool = False, name: str | None = None) -> Tensor:
    """A new Tensor with a copy of `data`: numbers, nested lists, an array or a Tensor.

    Python floats become float32, ints int64; an array keeps its dtype unless `dtype` says otherwise.

    >>> import tinydawn as td
    >>> td.tensor([[1, 2], [3, 4]]) @ td.tensor([1, 1])
    tensor([3, 7])
    """
    if isinstance(data, Traced):
        data = data.data
    if is_array(data):
        array = data.astype(dtype) if dtype is not None else data.copy()  # Tensor() then puts a host array on the device in use
        if array.dtype.kind not in "fiub":
            raise DTypeError(message(f"tensor: values of dtype {array.dtype}", fix="numbers or booleans; turn words into ids"))
    else:
        array = to_array(data, dtype)
    return Tensor(array, requires_grad, name)


def _shape(shape: Any) -> tuple[int, ...]:
    """zeros(2, 3), zeros((2, 3)) and full(4, ...) as a tuple of lengths, checked."""
    lengths = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else tuple(shape)
    if any(isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 0 for n in lengths):
        raise ShapeError(message(f"a tensor of shape {lengths} cannot be made", fix="lengths that are integers, 0 or more"))
    return lengths


def zeros(*shape: Any, dtype: Any = np.float32, requires_grad: bool = False) -> Tensor:
    """A Tensor of zeros: zeros(2, 3) or zeros((2, 3))."""
    return Tensor(np.zeros(_shape(shape), dtype), requires_grad)


def ones(*shape: Any, dtype: Any = np.float32, requires_grad: bool = False) -> Tensor:
    """A Tensor of ones."""
    return Tensor(np.ones(_shape(shape), dtype), requires_grad)


def full(shape: Any, value: Any, dtype: Any = np.float32, requires_grad: bool = False) -> Tensor:
    """A Tensor with `value` everywhere."""
    return Tensor(np.full(_shape(shape if isinstance(shape, (tuple, list)) else (shape,)), value, dtype), requires_grad)


def zeros_like(x: Any) -> Tensor:
    """Zeros of the shape and dtype of x."""
    return Tensor(xp_of(x.data if isinstance(x, Traced) else x).zeros_like(x.data if isinstance(x, Traced) else x))


def ones_like(x: Any) -> Tensor:
    """Ones of the shape and dtype of x."""
    return Tensor(xp_of(x.data if isinstance(x, Traced) else x).ones_like(x.data if isinstance(x, Traced) else x))


def arange(*bounds: Any, dtype: Any = None) -> Tensor:
    """start, start + step, ... below stop, as np.arange; floats become float32."""
    array = np.arange(*bounds, dtype=dtype)
    return Tensor(array.astype(np.float32) if dtype is None and array.dtype == np.float64 else array)


def eye(n: int, m: int | None = None, dtype: Any = np.float32) -> Tensor:
    """The identity matrix, (n, n) or (n, m)."""
    return Tensor(np.eye(n, m, dtype=dtype))
