"""Dtypes, devices, NumPy, and what of the graph a Tensor shows."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import autograd, graph, ops
from ...backend import device_of
from ...errors import DTypeError, GraphError, ShapeError, message
from ...graph import Traced
from ...tensor import Tensor
from .. import absent, dtypes, inplace
from ..autograd.graph import GradFn
from ..printing import text_of
from .common import flat, original, tensor_of

LEGACY = {"float32": "Float", "float64": "Double", "float16": "Half", "int64": "Long", "int32": "Int", "int16": "Short",
          "int8": "Char", "uint8": "Byte", "bool": "Bool"}  # in the names of the old types


def _as(dtype: Any) -> Callable[..., Any]:
    return lambda self, memory_format=None: self.astype(dtype)


class Conversions:
    """Methods of Tensor."""

    float, double, half = _as(dtypes.float32), _as(dtypes.float64), _as(dtypes.float16)
    long, int, short, char = _as(dtypes.int64), _as(dtypes.int32), _as(dtypes.int16), _as(dtypes.int8)
    byte, bool = _as(dtypes.uint8), _as(dtypes.bool_)

    def to(self: Any, *args: Any, device: Any = None, dtype: Any = None, non_blocking: builtins.bool = False,
           copy: builtins.bool = False) -> Any:
        """This Tensor with another dtype, or on another device: to(dtype), to(device), to(device, dtype), to(other)."""
        for arg in args:
            if isinstance(arg, Tensor):
                device, dtype = arg.device, arg.dtype
            elif isinstance(arg, (str, builtins.int)) and not isinstance(arg, builtins.bool) and arg != "bfloat16":
                device = arg
            elif arg is not None and not isinstance(arg, builtins.bool):
                dtype = arg
        x: Any = self if dtype is None else self.astype(dtype)
        if device is not None and dtypes.host("to", device) != x.device:
            x = original["to"](x, dtypes.host("to", device))
        return x.clone() if copy and x is self else x

    def cpu(self: Any) -> Any:
        return self.to("cpu")

    def cuda(self: Any, device: Any = None, non_blocking: builtins.bool = False) -> Any:
        return self.to("cuda")

    def type(self: Any, dtype: Any = None, non_blocking: builtins.bool = False) -> Any:
        """The name of the type, "torch.FloatTensor"; or with a dtype the Tensor converted."""
        if dtype is None:
            return f"torch.{LEGACY.get(self.dtype.name, self.dtype.name.title())}Tensor"
        if isinstance(dtype, str):
            names = {f"torch.{v}Tensor": k for k, v in LEGACY.items()}
            dtype = names.get(dtype, dtype.removeprefix("torch."))
        return self.astype(getattr(dtype, "dtype", dtype))

    def type_as(self: Any, other: Any) -> Any:
        return self.to(other)

    def is_floating_point(self: Any) -> builtins.bool:
        return self.dtype.kind == "f"

    def __getattr__(self: Any, name: str) -> Any:
        if name in ("_grad", "name", "alias"):  # the result of an op, which sets neither: see graph.Traced
            return None
        if name.startswith("__"):  # NumPy and others ask for these, and expect a quick answer
            raise AttributeError(f"a Tensor has no attribute {name!r}", name=name)
        raise AttributeError(message(f"a Tensor has no attribute {name!r} here",
                                     fix=absent.instead_of("x", name, {k: getattr(Tensor, k) for k in dir(Tensor)})), name=name)

    def __format__(self: Any, spec: str) -> str:
        """Of one number its own."""
        return format(self.array.item(), spec) if not self.ndim else original["__format__"](self, spec)

    def __repr__(self: Any) -> str:
        return text_of(self)

    def is_complex(self: Any) -> builtins.bool:
        return False

    @property
    def is_cuda(self: Any) -> builtins.bool:
        return self.device == "cuda"

    is_mps = is_sparse = is_quantized = False

    @property
    def device(self: Any) -> dtypes.device:
        return dtypes.device(device_of(self.array))

    @property
    def itemsize(self: Any) -> builtins.int:
        return self.array.itemsize

    def numpy(self: Any, *, force: builtins.bool = False) -> np.ndarray:
        """The values as a NumPy array that shares the memory; of what requires a gradient only with detach() before."""
        if self.requires_grad and not force:
            raise GraphError(message("numpy: this Tensor requires a gradient, which would end here",
                                     fix="x.detach().numpy() says so"))
        return original["numpy"](self)

    def clone(self: Any, *, memory_format: Any = None) -> Any:
        return ops.clone(self)

    def detach_(self: Any) -> Any:
        """Cut off from what it was computed from."""
        self._node = None
        return self

    def new_tensor(self: Any, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: builtins.bool = False) -> Any:
        return tensor_of(data).detach().to(self.dtype if dtype is None else dtype).requires_grad_(requires_grad)

    def new_zeros(self: Any, *size: Any, dtype: Any = None, device: Any = None, requires_grad: builtins.bool = False) -> Any:
        return self.new_full(flat(size), 0, dtype=dtype, requires_grad=requires_grad)

    def new_ones(self: Any, *size: Any, dtype: Any = None, device: Any = None, requires_grad: builtins.bool = False) -> Any:
        return self.new_full(flat(size), 1, dtype=dtype, requires_grad=requires_grad)

    new_empty = new = new_zeros

    def new_full(self: Any, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None,
                 requires_grad: builtins.bool = False) -> Any:
        return Tensor(np.full(size, fill_value, self.dtype if dtype is None else dtype), requires_grad)

    # --- the graph ---
    @property
    def data(self: Any) -> Any:
        """The same memory without a past. Writes through it are not noticed by a backward pass."""
        out = graph.new_tensor(inplace.NotWatched)
        out.array, out._node = self.array, None
        return out

    @data.setter
    def data(self: Any, values: Any) -> None:
        if type(values) is inplace.NotWatched:
            values = autograd.wrap(values.array, None)
        original["data"].fset(self, values)

    @property
    def grad(self: Any) -> Any:
        """What backward passes have added up, or None."""
        return original["grad"].fget(self)

    @grad.setter
    def grad(self: Any, gradient: Any) -> None:
        if gradient is not None and not isinstance(gradient, Traced):
            raise DTypeError(message(f"grad: a {type(gradient).__name__} is no gradient",
                                     fix="a Tensor of the same shape, or None"))
        if isinstance(gradient, Traced) and gradient.array.shape != self.array.shape:
            raise ShapeError(message(f"grad: a gradient of shape {gradient.array.shape} for a Tensor of shape {self.array.shape}",
                                     fix="one of the same shape, or None"))
        self._grad = gradient

    @property
    def grad_fn(self: Any) -> Any:
        """The node of the graph that made this Tensor, or None for one that was made."""
        return None if self.is_leaf else GradFn(self._node)

    @property
    def names(self: Any) -> tuple[None, ...]:
        return (None,) * self.ndim
