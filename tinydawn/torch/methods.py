"""PyTorch's methods of a Tensor: `install` gives them to tinydawn's Tensor, `uninstall` takes them away again.

Each is tinydawn's function of that meaning under PyTorch's name and arguments; what Tensor has under the same name and the same
arguments already, is not here. Beside dim= and keepdim= the names axis= and keepdims= stay right, so all of tinydawn goes on.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import autograd, functional, graph, ops
from ..errors import DTypeError, GraphError, OptionError, ShapeError, message
from ..graph import Traced
from ..tensor import Tensor
from . import dtypes, inplace
from .inplace import change, viewed
from .spelling import NAMES, spelled


class Pair(NamedTuple):
    """What max, min, sort, topk and median along a dimension return."""

    values: Any
    indices: Any


def tensor_of(x: Any, beside: Any = None) -> Any:
    """x as a Tensor; a number in the dtype that PyTorch computes with beside the Tensor `beside`."""
    if isinstance(x, Traced):
        return x
    if beside is not None and isinstance(x, float) and beside.dtype.kind == "f":
        return Tensor(np.asarray(x, beside.dtype))
    from .making import tensor

    return tensor(x)


def _flat(args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(args[0]) if len(args) == 1 and isinstance(args[0], (tuple, list)) else args


def _reduction(function: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction with dim=, keepdim=, and dtype=, in which it is then computed."""

    def method(self: Any, *args: Any, dtype: Any = None, **kwargs: Any) -> Any:
        x = self if dtype is None else self.astype(dtype)
        return function(x, *args, **{NAMES.get(k, k): v for k, v in kwargs.items()}) if kwargs else function(x, *args)

    method.__name__, method.__doc__ = function.__name__, function.__doc__
    return method


def _along(pick: Callable[..., Any], whole: Callable[..., Any], pairwise: Callable[..., Any]) -> Callable[..., Any]:
    """max and min: of all entries; along one dimension as a pair; or of two Tensors, entry by entry."""

    def method(self: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None, axis: Any = None,
               keepdims: bool = False) -> Any:
        dim, keepdim = axis if dim is None else dim, keepdim or keepdims
        if other is not None or isinstance(dim, Traced):
            return pairwise(self, dim if other is None else other)
        if dim is None:
            return whole(self)
        indices = pick(self, axis=dim, keepdims=True) if self.ndim else ops.reshape(pick(self), shape=())
        values = functional.gather(self, dim, indices)
        return Pair(values, indices) if keepdim or not self.ndim else Pair(functional.squeeze(values, dim),
                                                                          functional.squeeze(indices, dim))

    return method


def _variance(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: Any = None,
               axis: Any = None, keepdims: bool = False) -> Any:
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        if correction is None:
            correction = 0 if unbiased is False else 1
        dim = axis if dim is None else dim
        return function(self, None if isinstance(dim, (tuple, list)) and not len(dim) else dim, correction, keepdim or keepdims)

    return method


def _as(dtype: Any) -> Callable[..., Any]:
    return lambda self, memory_format=None: self.astype(dtype)


def _view(function: Callable[..., Any]) -> Callable[..., Any]:
    """A method whose result shows the same memory where it can."""
    function = spelled(function)
    return lambda self, *args, **kwargs: viewed(self, lambda x: function(x, *args, **kwargs))


def _pieces(function: Callable[..., Any]) -> Callable[..., Any]:
    """split and chunk: each piece is a view."""

    def method(self: Any, *args: Any, dim: int = 0, axis: int | None = None, **kwargs: Any) -> tuple[Any, ...]:
        if len(args) > 1:
            *args, dim = args  # type: ignore[assignment]
        dim = dim if axis is None else axis
        size = args[0] if args else next(iter(kwargs.values()))
        size = [int(n) for n in size] if isinstance(size, (list, tuple)) else int(size)
        found = function(self, size, dim)
        for i, piece in enumerate(found):
            inplace.link(piece, self, lambda x, i=i: function(x, size, dim)[i])
        return found

    return method


def _written(name: str) -> Callable[..., Any]:
    """The method `name_`: writes what the method `name` gives."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        others = [a for a in (*args, *kwargs.values()) if isinstance(a, Traced)]
        return change(self, f"{name}_", lambda x: getattr(x, name)(*args, **kwargs), *others)

    return method


def _drawn(name: str, draw: Callable[..., Any]) -> Callable[..., Any]:
    """The method `name`, which fills with random numbers: draw(generator, shape, dtype, *args)."""

    def method(self: Any, *args: Any, generator: Any = None, **kwargs: Any) -> Any:
        if inplace.recording(self):
            inplace.check_recorded(self, name)
        source = generator if generator is not None else _random().source
        self.array[...] = _like(draw(source, self, *args, **kwargs), self)
        inplace.note(self)
        return self

    return method


def _like(values: Any, x: Any) -> Any:
    from ..backend import like

    return like(values, x.array)


def _random() -> Any:
    from .. import random

    return random


class Methods:
    """Everything that `install` binds to Tensor, under the name it has here."""

    # --- reductions ---
    sum, mean, prod = _reduction(functional.sum), _reduction(functional.mean), _reduction(functional.prod)
    amax, amin = spelled(functional.amax), spelled(functional.amin)
    logsumexp, any, all = spelled(functional.logsumexp), spelled(functional.any), spelled(functional.all)
    argmax, argmin = spelled(functional.argmax), spelled(functional.argmin)
    cumsum = _reduction(functional.cumsum)
    max = _along(functional.argmax, functional.amax, ops.maximum)
    min = _along(functional.argmin, functional.amin, ops.minimum)
    var, std = _variance(functional.var), _variance(functional.std)

    def sum(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
        """Sum over `dim` (default: over all)."""
        x: Any = self
        if dtype is not None or x.dtype.kind in "bu":
            x = x.astype(dtypes.int64 if dtype is None else dtype)
        return functional.sum(x, axis if dim is None else dim, keepdim or keepdims)

    def norm(self, p: Any = "fro", dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: bool = False) -> Any:
        """The p-norm along `dim` (default: of all entries)."""
        return functional.norm(self, 2 if p in ("fro", None) else p, axis if dim is None else dim, keepdim or keepdims)

    def sort(self, dim: int = -1, descending: bool = False, *, stable: bool = True, axis: int | None = None) -> Pair:
        """The entries in order along `dim`, and the indices they had."""
        return Pair(*functional.sort(self, dim if axis is None else axis, descending))

    def argsort(self, dim: int = -1, descending: bool = False, *, stable: bool = True, axis: int | None = None) -> Any:
        """The indices that sort along `dim`."""
        return functional.argsort(self, dim if axis is None else axis, descending)

    def topk(self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True, *, axis: int | None = None) -> Pair:
        """The k largest entries along `dim`, or the smallest, in order, and their indices."""
        dim = dim if axis is None else axis
        if largest:
            return Pair(*functional.topk(self, k, dim))
        order = functional.argsort(self, dim)
        order = order[(slice(None),) * (dim % builtins.max(self.ndim, 1)) + (slice(k),)]  # type: ignore[attr-defined]
        return Pair(functional.gather(self, dim, order), order)

    def median(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """The lower of the two in the middle; along `dim` as a pair with its index."""
        x = functional.flatten(self) if dim is None else self
        axis = -1 if dim is None else dim
        n = x.shape[axis] if x.ndim else 1
        order = functional.index_select(functional.argsort(x, axis), axis, np.array([(n - 1) // 2]))
        values = functional.gather(x, axis, order)
        if dim is None:
            return ops.reshape(values, shape=())
        return Pair(values, order) if keepdim else Pair(functional.squeeze(values, axis), functional.squeeze(order, axis))

    def cumprod(self, dim: int, *, dtype: Any = None) -> Any:
        """Running product along `dim`."""
        x = self if dtype is None else self.astype(dtype)  # type: ignore[attr-defined]
        parts = [functional.index_select(x, dim, np.array([i])) for i in range(x.shape[dim])]
        for i in range(1, len(parts)):
            parts[i] = parts[i - 1] * parts[i]
        return functional.cat(parts, dim) if parts else x

    def softmax(self, dim: int | None = None, dtype: Any = None, *, axis: int | None = None) -> Any:
        """exp(x) / sum(exp(x)) along `dim`."""
        from .nn.functional import softmax

        return softmax(self, axis if dim is None else dim, dtype=dtype)

    def log_softmax(self, dim: int | None = None, dtype: Any = None, *, axis: int | None = None) -> Any:
        """log(softmax(x)) along `dim`."""
        from .nn.functional import log_softmax

        return log_softmax(self, axis if dim is None else dim, dtype=dtype)

    # --- arithmetic ---
    def add(self, other: Any, *, alpha: Any = 1) -> Any:
        return ops.add(self, other if alpha == 1 else other * alpha)

    def sub(self, other: Any, *, alpha: Any = 1) -> Any:
        return ops.sub(self, other if alpha == 1 else other * alpha)

    subtract = sub

    def mul(self, other: Any) -> Any:
        return ops.mul(self, other)

    multiply = mul

    def div(self, other: Any, *, rounding_mode: str | None = None) -> Any:
        if rounding_mode == "floor":
            return ops.floor_divide(self, other)
        quotient = ops.div(self, other)
        if rounding_mode != "trunc":
            return quotient
        cut = Methods.trunc(quotient)
        return cut if "f" in (self.dtype.kind, getattr(other, "dtype", self.dtype).kind) else cut.astype(self.dtype)  # type: ignore[attr-defined]

    divide = true_divide = div

    def floor_divide(self, other: Any) -> Any:
        return ops.floor_divide(self, other)

    def remainder(self, other: Any) -> Any:
        return ops.remainder(self, other)

    def fmod(self, other: Any) -> Any:
        """The remainder with the sign of self."""
        return self - Methods.trunc(ops.div(self, other)).astype(self.dtype) * other  # type: ignore[attr-defined,operator]

    def trunc(self) -> Any:
        """Towards zero."""
        return ops.where(ops.lt(self, 0), ops.ceil(self), ops.floor(self))

    def frac(self) -> Any:
        return self - Methods.trunc(self)  # type: ignore[operator]

    def round(self, *, decimals: int = 0) -> Any:
        return ops.round(self) if not decimals else ops.round(self * 10.0 ** decimals) / 10.0 ** decimals  # type: ignore[operator]

    def square(self) -> Any:
        return self * self  # type: ignore[operator]

    def reciprocal(self) -> Any:
        return ops.div(1.0, self)

    def rsqrt(self) -> Any:
        return ops.div(1.0, ops.sqrt(self))

    def log2(self) -> Any:
        return ops.log(self) * (1 / math.log(2))

    def log10(self) -> Any:
        return ops.log(self) * (1 / math.log(10))

    def exp2(self) -> Any:
        return ops.exp(self * math.log(2))  # type: ignore[operator]

    def log1p(self) -> Any:
        return ops.log1p(self)

    def expm1(self) -> Any:
        return ops.expm1(self)

    def tan(self) -> Any:
        return ops.sin(self) / ops.cos(self)

    def sinh(self) -> Any:
        return (ops.exp(self) - ops.exp(-self)) / 2  # type: ignore[operator]

    def cosh(self) -> Any:
        return (ops.exp(self) + ops.exp(-self)) / 2  # type: ignore[operator]

    def erfc(self) -> Any:
        return ops.erfc(self)

    absolute, negative = ops.abs, ops.neg

    def logaddexp(self, other: Any) -> Any:
        """log(exp(x) + exp(y))."""
        return functional.logsumexp(functional.stack(Methods.broadcast_tensors(self, other)), 0)

    def lerp(self, end: Any, weight: Any) -> Any:
        return self + weight * (end - self)

    def addmm(self, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
        product = functional.matmul(mat1, mat2)
        return (self if beta == 1 else self * beta) + (product if alpha == 1 else product * alpha)  # type: ignore[operator]

    addmv = addbmm_ = baddbmm = addmm

    def addcmul(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
        return self + tensor1 * tensor2 * value

    def addcdiv(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
        return self + tensor1 / tensor2 * value

    def matmul(self, other: Any) -> Any:
        """Matrix product, of two of one dtype."""
        _one_dtype("matmul", self, other)
        return functional.matmul(self, other)

    __matmul__ = inner = matmul

    def bmm(self, mat2: Any) -> Any:
        """Products of two stacks of matrices."""
        _one_dtype("bmm", self, mat2)
        return functional.bmm(self, mat2)

    def fliplr(self) -> Any:
        return functional.flip(self, 1)

    def flipud(self) -> Any:
        return functional.flip(self, 0)

    def mm(self, mat2: Any) -> Any:
        """Product of two matrices, and of nothing else."""
        return _product("mm", self, mat2, 2, 2)

    def mv(self, vec: Any) -> Any:
        """Product of a matrix and a vector."""
        return _product("mv", self, vec, 2, 1)

    ger = functional.outer

    # --- comparisons ---
    eq, ne, gt, ge, lt, le = ops.eq, ops.ne, ops.gt, ops.ge, ops.lt, ops.le
    not_equal, greater, less, greater_equal, less_equal = ops.ne, ops.gt, ops.lt, ops.ge, ops.le

    def logical_and(self, other: Any) -> Any:
        return ops.bitwise_and(self != 0, other != 0)

    def logical_or(self, other: Any) -> Any:
        return ops.bitwise_or(self != 0, other != 0)

    def logical_xor(self, other: Any) -> Any:
        return ops.bitwise_xor(self != 0, other != 0)

    logical_not = ops.logical_not
    bitwise_and, bitwise_or, bitwise_xor, bitwise_not = ops.bitwise_and, ops.bitwise_or, ops.bitwise_xor, ops.bitwise_not

    def isinf(self) -> Any:
        return ops.abs(self) == math.inf

    def isfinite(self) -> Any:
        return (ops.abs(self) < math.inf) if self.dtype.kind == "f" else self == self  # type: ignore[attr-defined]  # noqa: PLR0124

    def isclose(self, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
        return Tensor(np.isclose(_raw(self), _raw(other), rtol, atol, equal_nan))

    def allclose(self, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
        """Whether all entries are equal up to atol + rtol * |other|."""
        return bool(np.allclose(_raw(self), _raw(other), rtol, atol, equal_nan))

    def equal(self, other: Any) -> bool:
        """Whether shape and all entries are equal."""
        return bool(np.array_equal(_raw(self), _raw(other)))

    def count_nonzero(self, dim: Any = None) -> Any:
        return functional.sum(self != 0, dim)

    def where(self, condition: Any, other: Any) -> Any:
        return ops.where(condition, self, other)

    def clamp(self, min: Any = None, max: Any = None) -> Any:
        """Limit every entry to min .. max, numbers or Tensors."""
        return functional.clamp(self, min, max)

    clip = clamp

    def clamp_min(self, min: Any) -> Any:
        return functional.clamp(self, min=min)

    def clamp_max(self, max: Any) -> Any:
        return functional.clamp(self, max=max)

    def nan_to_num(self, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
        """NaN and infinities replaced by numbers; without others by the largest there are."""
        most = dtypes.finfo(self.dtype).max  # type: ignore[attr-defined]
        x = ops.where(ops.isnan(self), nan, self)
        x = ops.where(ops.eq(x, math.inf), most if posinf is None else posinf, x)
        return ops.where(ops.eq(x, -math.inf), -most if neginf is None else neginf, x)

    # --- shapes ---
    def dim(self) -> int:
        return self.ndim  # type: ignore[attr-defined]

    ndimension = dim

    def nelement(self) -> int:
        return self.array.size  # type: ignore[attr-defined]

    numel = nelement

    @property
    def shape(self) -> dtypes.Size:
        return dtypes.Size(self.array.shape)  # type: ignore[attr-defined]

    def size(self, dim: int | None = None) -> Any:
        shape = self.array.shape  # type: ignore[attr-defined]
        return dtypes.Size(shape) if dim is None else shape[dim]

    def stride(self, dim: int | None = None) -> Any:
        """Steps between neighbours along each dimension, in entries."""
        array = self.array  # type: ignore[attr-defined]
        steps = tuple(s // array.itemsize for s in array.strides)
        return steps if dim is None else steps[dim]

    def is_contiguous(self, memory_format: Any = None) -> bool:
        return bool(self.array.flags.c_contiguous)  # type: ignore[attr-defined]

    def contiguous(self, memory_format: Any = None) -> Any:
        """The same entries in the order of memory: itself if they are, else a copy."""
        return self if self.array.flags.c_contiguous else ops.clone(self)  # type: ignore[attr-defined]

    def data_ptr(self) -> int:
        return self.array.__array_interface__["data"][0]  # type: ignore[attr-defined]

    def element_size(self) -> int:
        return self.array.itemsize  # type: ignore[attr-defined]

    def view(self, *shape: Any) -> Any:
        """The same memory in another shape; an error where the entries do not lie in that order."""
        if len(shape) == 1 and isinstance(shape[0], np.dtype):
            return Tensor(self.array.view(shape[0]))  # type: ignore[attr-defined]
        wanted = _flat(shape)
        out = viewed(self, lambda x: functional.reshape(x, *wanted))
        if out.array.size and not np.may_share_memory(out.array, self.array):  # type: ignore[attr-defined]
            raise ShapeError(message(f"view: the entries of this Tensor of shape {self.shape} do not lie in order, "  # type: ignore[attr-defined]
                                     "as after a transpose", fix="x.reshape(...), which copies, or x.contiguous().view(...)"))
        return out

    def reshape(self, *shape: Any) -> Any:
        wanted = _flat(shape)
        return viewed(self, lambda x: functional.reshape(x, *wanted))

    def view_as(self, other: Any) -> Any:
        return Methods.view(self, *other.shape)

    def reshape_as(self, other: Any) -> Any:
        return Methods.reshape(self, *other.shape)

    def unflatten(self, dim: int, sizes: Any) -> Any:
        shape = self.shape  # type: ignore[attr-defined]
        dim %= len(shape)
        return Methods.reshape(self, *shape[:dim], *sizes, *shape[dim + 1:])

    permute, transpose, squeeze = _view(functional.permute), _view(functional.transpose), _view(functional.squeeze)
    unsqueeze, flatten, expand = _view(functional.unsqueeze), _view(functional.flatten), _view(functional.expand)
    swapaxes = swapdims = transpose
    broadcast_to = expand
    split, chunk = _pieces(functional.split), _pieces(functional.chunk)

    def expand_as(self, other: Any) -> Any:
        return self.expand(*other.shape)  # type: ignore[attr-defined]

    def t(self) -> Any:
        """The transpose of a matrix; of a vector itself."""
        if self.ndim > 2:  # type: ignore[attr-defined]
            raise ShapeError(message(f"t: a Tensor of {self.ndim} dimensions", fix="x.transpose(0, 1), or x.mT"))  # type: ignore[attr-defined]
        return self.transpose(0, 1) if self.ndim == 2 else self  # type: ignore[attr-defined]

    @property
    def T(self) -> Any:
        """All dimensions reversed."""
        order = tuple(range(self.ndim))[::-1]  # type: ignore[attr-defined]
        return viewed(self, lambda x: functional.permute(x, *order))

    @property
    def mT(self) -> Any:
        return self.transpose(-1, -2)  # type: ignore[attr-defined]

    def movedim(self, source: Any, destination: Any) -> Any:
        order = np.moveaxis(np.empty((1,) * self.ndim), source, destination)  # type: ignore[attr-defined]
        places = list(range(self.ndim))  # type: ignore[attr-defined]
        moved = [source] if isinstance(source, int) else list(source)
        goals = [destination] if isinstance(destination, int) else list(destination)
        rest = iter([i for i in places if i not in [s % order.ndim for s in moved]])
        at = {g % order.ndim: s % order.ndim for s, g in zip(moved, goals, strict=True)}
        return self.permute(*[at[i] if i in at else next(rest) for i in places])  # type: ignore[attr-defined]

    moveaxis = movedim

    def repeat(self, *sizes: Any) -> Any:
        """The whole, so many times along each dimension; new ones in front."""
        times = [int(n) for n in _flat(sizes)]
        x = functional.reshape(self, *(1,) * (len(times) - self.ndim), *self.shape)  # type: ignore[attr-defined]
        wide = functional.reshape(x, *[n for m in x.shape for n in (1, m)])
        wide = functional.expand(wide, *[n for t, m in zip(times, x.shape, strict=True) for n in (t, m)])
        out = functional.reshape(wide, *[t * m for t, m in zip(times, x.shape, strict=True)])
        return ops.clone(out) if np.may_share_memory(out.array, self.array) else out  # type: ignore[attr-defined]

    def tile(self, *sizes: Any) -> Any:
        times = _flat(sizes)
        return Methods.repeat(self, *(1,) * (self.ndim - len(times)), *times)  # type: ignore[attr-defined]

    def repeat_interleave(self, repeats: Any, dim: int | None = None, *, output_size: Any = None) -> Any:
        """Each entry so many times in a row, along `dim` or of all."""
        x = functional.flatten(self) if dim is None else self
        axis = 0 if dim is None else dim
        ids = np.repeat(np.arange(x.shape[axis]), _raw(repeats))
        return functional.index_select(x, axis, ids)

    def narrow(self, dim: int, start: Any, length: int) -> Any:
        index = (slice(None),) * (dim % self.ndim) + (slice(int(start), int(start) + length),)  # type: ignore[attr-defined]
        return self[index]  # type: ignore[index]

    def select(self, dim: int, index: int) -> Any:
        return self[(slice(None),) * (dim % self.ndim) + (int(index),)]  # type: ignore[attr-defined,index]

    def unbind(self, dim: int = 0) -> tuple[Any, ...]:
        return tuple(Methods.select(self, dim, i) for i in range(self.shape[dim]))  # type: ignore[attr-defined]

    def unfold(self, dimension: int, size: int, step: int) -> Any:
        """Windows of `size` along a dimension, in a new one at the end."""
        n = self.shape[dimension]  # type: ignore[attr-defined]
        starts = np.arange(0, n - size + 1, step)[:, None] + np.arange(size)
        axis = dimension % self.ndim  # type: ignore[attr-defined]
        out = self[(slice(None),) * axis + (starts,)]  # type: ignore[index]
        return Methods.movedim(out, axis + 1, -1)

    def flip(self, *args: Any, dims: Any = None) -> Any:
        return functional.flip(self, tuple(_flat(args)) if dims is None else dims)

    def roll(self, shifts: Any, dims: Any = None) -> Any:
        """Entries moved along dimensions; what falls off comes in at the other end."""
        if dims is None:
            return functional.reshape(Methods.roll(functional.flatten(self), shifts, 0), *self.shape)  # type: ignore[attr-defined]
        x: Any = self
        pairs = zip(shifts, dims, strict=True) if isinstance(dims, (tuple, list)) else [(shifts, dims)]
        for shift, dim in pairs:
            n = x.shape[dim]
            x = functional.index_select(x, dim, (np.arange(n) - shift) % builtins.max(n, 1))
        return x

    def diagonal(self, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
        i, j = np.diagonal(np.indices((self.shape[dim1], self.shape[dim2])), offset, 1, 2)  # type: ignore[attr-defined]
        x = Methods.movedim(self, (dim1, dim2), (-2, -1))
        return x[..., i, j]

    def diag(self, diagonal: int = 0) -> Any:
        """The diagonal of a matrix; of a vector the matrix with it."""
        if self.ndim == 2:  # type: ignore[attr-defined]
            return Methods.diagonal(self, diagonal)
        n = self.shape[0] + builtins.abs(diagonal)  # type: ignore[attr-defined]
        i = np.arange(self.shape[0])  # type: ignore[attr-defined]
        places = (i + builtins.max(-diagonal, 0), i + builtins.max(diagonal, 0))
        return ops.scatter(self, index=places, shape=(n, n))

    def trace(self) -> Any:
        return functional.sum(Methods.diagonal(self))

    # --- picking and putting ---
    def __getitem__(self, index: Any) -> Any:
        index = _masks(index)
        return viewed(self, lambda x: functional.getitem(x, index))

    def __setitem__(self, index: Any, value: Any) -> None:
        inplace.assign(self, _masks(index), value)

    gather, index_select = spelled(functional.gather), spelled(functional.index_select)

    def scatter(self, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None) -> Any:
        """Entries of src, or one value, put where gather would pick."""
        given = value if src is None else src
        if reduce not in (None, "add", "multiply"):
            raise OptionError(message(f"scatter: reduce={reduce!r}", fix='"add" or "multiply"'))
        if reduce == "add":
            return Methods.scatter_add(self, dim, index, given)
        if reduce == "multiply":
            return functional.scatter(self, dim, index, functional.gather(self, dim, index) * given)
        return functional.scatter(self, dim, index, given)

    def scatter_add(self, dim: int, index: Any, src: Any) -> Any:
        return functional.scatter_add(self, dim, index, src)

    def _over(self, dim: int, index: Any) -> tuple[Any, ...]:
        return (*(slice(None),) * (dim % self.ndim), np.asarray(_raw(index)))  # type: ignore[attr-defined]

    def index_add(self, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
        source = source if alpha == 1 else source * alpha
        return self + ops.scatter(source, index=Methods._over(self, dim, index), shape=self.shape)  # type: ignore[attr-defined,operator]

    def index_fill(self, dim: int, index: Any, value: Any) -> Any:
        return ops.index_put(self, value, index=Methods._over(self, dim, index))

    def index_copy(self, dim: int, index: Any, tensor: Any) -> Any:
        return ops.index_put(self, tensor, index=Methods._over(self, dim, index))

    def index_put(self, indices: Any, values: Any, accumulate: bool = False) -> Any:
        places = tuple(_raw(i) for i in indices)
        if not accumulate:
            return ops.index_put(self, values, index=places)
        shape = np.empty(self.shape, bool)[places].shape  # type: ignore[attr-defined]
        return self + ops.scatter(functional.expand(values, *shape), index=places, shape=self.shape)  # type: ignore[attr-defined,operator]

    def masked_fill(self, mask: Any, value: Any) -> Any:
        return functional.masked_fill(self, mask, value)

    def masked_select(self, mask: Any) -> Any:
        both = Methods.broadcast_tensors(self, mask)
        return both[0][both[1]]

    def masked_scatter(self, mask: Any, source: Any) -> Any:
        mask = np.broadcast_to(_raw(mask), self.shape)  # type: ignore[attr-defined]
        return ops.index_put(self, functional.flatten(source)[: int(mask.sum())], index=mask)

    def take(self, index: Any) -> Any:
        return functional.flatten(self)[index]

    def take_along_dim(self, indices: Any, dim: int | None = None) -> Any:
        return Methods.take(self, indices) if dim is None else functional.gather(self, dim, indices)

    def nonzero(self, *, as_tuple: bool = False) -> Any:
        """Where the entries are not 0: a row of indices each, or a vector of indices per dimension."""
        found = np.nonzero(_raw(self))
        return tuple(Tensor(i) for i in found) if as_tuple else Tensor(np.stack(found, 1) if found else np.zeros((1, 0), np.int64))

    def argwhere(self) -> Any:
        return Methods.nonzero(self)

    def broadcast_tensors(self, *others: Any) -> list[Any]:
        given = [tensor_of(x) for x in (self, *others)]
        shape = np.broadcast_shapes(*[x.shape for x in given])
        return [functional.expand(x, *shape) for x in given]

    def unique(self, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
               dim: int | None = None) -> Any:
        """The different entries in order; with where each of self is among them, and how often."""
        found = np.unique(_raw(self), return_inverse=True, return_counts=True, axis=dim)
        inverse = found[1].reshape(self.shape if dim is None else (-1,))  # type: ignore[attr-defined]
        out = (Tensor(found[0]), *((Tensor(inverse),) if return_inverse else ()), *((Tensor(found[2]),) if return_counts else ()))
        return out if len(out) > 1 else out[0]

    def unique_consecutive(self, return_inverse: bool = False, return_counts: bool = False) -> Any:
        x = _raw(self).reshape(-1)
        begins = np.flatnonzero(np.concatenate([np.ones(builtins.min(len(x), 1), bool), x[1:] != x[:-1]]))
        counts = np.diff(np.append(begins, len(x)))
        inverse = np.repeat(np.arange(len(begins)), counts).reshape(self.shape)  # type: ignore[attr-defined]
        out = (Tensor(x[begins]), *((Tensor(inverse),) if return_inverse else ()), *((Tensor(counts),) if return_counts else ()))
        return out if len(out) > 1 else out[0]

    def bincount(self, weights: Any = None, minlength: int = 0) -> Any:
        """How often each number of 0 .. max comes, or the sum of its weights."""
        counts = np.bincount(_raw(self), None if weights is None else _raw(weights), minlength)
        return Tensor(counts if weights is None else counts.astype(_raw(weights).dtype))

    def histc(self, bins: int = 100, min: float = 0, max: float = 0) -> Any:
        x = _raw(self)
        low, high = (min, max) if min != max else (x.min(), x.max())
        return Tensor(np.histogram(x, bins, (low, high))[0].astype(x.dtype))

    def quantile(self, q: Any, dim: int | None = None, keepdim: bool = False) -> Any:
        return Tensor(np.asarray(np.quantile(_raw(self), _raw(q), axis=dim, keepdims=keepdim)).astype(self.dtype))  # type: ignore[attr-defined]

    def nanmean(self, dim: Any = None, keepdim: bool = False) -> Any:
        kept = ops.logical_not(ops.isnan(self))
        return functional.sum(ops.where(kept, self, 0.0), dim, keepdim) / functional.sum(kept, dim, keepdim)

    def multinomial(self, num_samples: int, replacement: bool = False, *, generator: Any = None) -> Any:
        """Categories drawn with probabilities in proportion to the entries of each row."""
        source = generator if generator is not None else _random().source
        return Tensor(source.multinomial(_raw(self), num_samples, replacement))

    def bernoulli(self, p: Any = None, *, generator: Any = None) -> Any:
        """0 or 1, each entry with itself as the probability of 1."""
        source = generator if generator is not None else _random().source
        drawn = source.bernoulli(_raw(self)) if p is None else source.bernoulli(p, self.shape)  # type: ignore[attr-defined]
        return Tensor(drawn.astype(self.dtype))  # type: ignore[attr-defined]

    # --- conversions ---
    float, double, half = _as(dtypes.float32), _as(dtypes.float64), _as(dtypes.float16)
    long, int, short, char = _as(dtypes.int64), _as(dtypes.int32), _as(dtypes.int16), _as(dtypes.int8)
    byte, bool = _as(dtypes.uint8), _as(dtypes.bool_)

    def to(self, *args: Any, device: Any = None, dtype: Any = None, non_blocking: builtins.bool = False,
           copy: builtins.bool = False) -> Any:
        """This Tensor with another dtype, or on another device: to(dtype), to(device), to(device, dtype), to(other)."""
        for arg in args:
            if isinstance(arg, Traced):
                device, dtype = arg.device, arg.dtype  # type: ignore[attr-defined]
            elif isinstance(arg, (str, builtins.int)) and not isinstance(arg, builtins.bool):
                device = arg
            elif arg is not None and not isinstance(arg, builtins.bool):
                dtype = arg
        x: Any = self if dtype is None else self.astype(dtype)  # type: ignore[attr-defined]
        if device is not None and dtypes.host("to", device) != x.device:
            x = _ORIGINAL["to"](x, dtypes.host("to", device))
        return x.clone() if copy and x is self else x

    def cpu(self) -> Any:
        return Methods.to(self, "cpu")

    def cuda(self, device: Any = None, non_blocking: builtins.bool = False) -> Any:
        return Methods.to(self, "cuda")

    def type(self, dtype: Any = None, non_blocking: builtins.bool = False) -> Any:
        """The name of the type, "torch.FloatTensor"; or with a dtype the Tensor converted."""
        if dtype is None:
            return f"torch.{_LEGACY.get(self.dtype.name, self.dtype.name.title())}Tensor"  # type: ignore[attr-defined]
        if isinstance(dtype, str):
            names = {f"torch.{v}Tensor": k for k, v in _LEGACY.items()}
            dtype = names.get(dtype, dtype.removeprefix("torch."))
        return self.astype(getattr(dtype, "dtype", dtype))  # type: ignore[attr-defined]

    def type_as(self, other: Any) -> Any:
        return Methods.to(self, other)

    def is_floating_point(self) -> builtins.bool:
        return self.dtype.kind == "f"  # type: ignore[attr-defined]

    def __format__(self, spec: str) -> str:
        """Of one number its own."""
        return format(self.array.item(), spec) if not self.ndim else _ORIGINAL["__format__"](self, spec)  # type: ignore[attr-defined]

    def is_complex(self) -> builtins.bool:
        return False

    @property
    def is_cuda(self) -> builtins.bool:
        return self.device == "cuda"  # type: ignore[attr-defined]

    is_mps = is_sparse = is_quantized = False

    @property
    def device(self) -> dtypes.device:
        return dtypes.device(autograd_device(self))

    @property
    def itemsize(self) -> builtins.int:
        return self.array.itemsize  # type: ignore[attr-defined]

    def numpy(self, *, force: builtins.bool = False) -> np.ndarray:
        """The values as a NumPy array that shares the memory; of what requires a gradient only with detach() before."""
        if self.requires_grad and not force:  # type: ignore[attr-defined]
            raise GraphError(message("numpy: this Tensor requires a gradient, which would end here",
                                     fix="x.detach().numpy() says so"))
        return _ORIGINAL["numpy"](self)

    def clone(self, *, memory_format: Any = None) -> Any:
        return ops.clone(self)

    def detach_(self) -> Any:
        """Cut off from what it was computed from."""
        self._node = None
        return self

    def new_tensor(self, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: builtins.bool = False) -> Any:
        return tensor_of(data).detach().to(self.dtype if dtype is None else dtype).requires_grad_(requires_grad)  # type: ignore[attr-defined]

    def new_zeros(self, *size: Any, dtype: Any = None, device: Any = None, requires_grad: builtins.bool = False) -> Any:
        return Methods.new_full(self, _flat(size), 0, dtype=dtype, requires_grad=requires_grad)

    def new_ones(self, *size: Any, dtype: Any = None, device: Any = None, requires_grad: builtins.bool = False) -> Any:
        return Methods.new_full(self, _flat(size), 1, dtype=dtype, requires_grad=requires_grad)

    new_empty = new_zeros

    def new_full(self, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None,
                 requires_grad: builtins.bool = False) -> Any:
        return Tensor(np.full(size, fill_value, self.dtype if dtype is None else dtype), requires_grad)  # type: ignore[attr-defined]

    # --- the graph ---
    @property
    def data(self) -> Any:
        """The same memory without a past. Writes through it are not noticed by a backward pass."""
        out = graph.new_tensor(inplace.NotWatched)
        out.array, out._node = self.array, None  # type: ignore[attr-defined]
        return out

    @data.setter
    def data(self, values: Any) -> None:
        if type(values) is inplace.NotWatched:
            values = autograd.wrap(values.array, None)
        _ORIGINAL["data"].fset(self, values)

    @property
    def grad(self) -> Any:
        """What backward passes have added up, or None."""
        return _ORIGINAL["grad"].fget(self)

    @grad.setter
    def grad(self, gradient: Any) -> None:
        if isinstance(gradient, Traced) and gradient.array.shape != self.array.shape:  # type: ignore[attr-defined]
            raise ShapeError(message(f"grad: a gradient of shape {gradient.array.shape} for a Tensor of shape {self.array.shape}",  # type: ignore[attr-defined]
                                     fix="one of the same shape, or None"))
        self._grad = gradient

    @property
    def grad_fn(self) -> Any:
        """The node of the graph that made this Tensor, or None for one that was made."""
        return None if self.is_leaf else self._node  # type: ignore[attr-defined]

    @property
    def retains_grad(self) -> builtins.bool:
        return self._retains  # type: ignore[attr-defined]

    @property
    def names(self) -> tuple[None, ...]:
        return (None,) * self.ndim  # type: ignore[attr-defined]

    # --- in place ---
    def _in_place(self, name: str, function: Any, other: Any) -> Any:
        return change(self, name, lambda x: function(x, other), other)

    def fill_(self, value: Any) -> Any:
        return change(self, "fill_", lambda x: functional.expand(tensor_of(value).astype(x.dtype), *x.shape), value)

    def zero_(self) -> Any:
        return Methods.fill_(self, 0)

    def copy_(self, src: Any, non_blocking: builtins.bool = False) -> Any:
        src = tensor_of(src)
        return change(self, "copy_", lambda x: functional.expand(ops.astype(src, dtype=x.dtype), *x.shape), src)

    def requires_grad_(self, requires_grad: builtins.bool = True) -> Any:
        self.requires_grad = requires_grad
        return self

    def squeeze_(self, dim: Any = None) -> Any:
        return _reshaped(self, functional.squeeze(self, dim))

    def unsqueeze_(self, dim: builtins.int) -> Any:
        return _reshaped(self, functional.unsqueeze(self, dim))

    def t_(self) -> Any:
        return _reshaped(self, functional.transpose(self, 0, 1))

    normal_ = _drawn("normal_", lambda g, x, mean=0.0, std=1.0: g.normal(
        mean, std, x.shape, x.dtype, contiguous=bool(x.array.flags.c_contiguous)))
    uniform_ = _drawn("uniform_", lambda g, x, a=0.0, b=1.0, **kw: g.uniform(kw.get("from", a), kw.get("to", b), x.shape, x.dtype))
    exponential_ = _drawn("exponential_", lambda g, x, lambd=1.0: g.exponential(lambd, x.shape, x.dtype))
    bernoulli_ = _drawn("bernoulli_", lambda g, x, p=0.5: g.bernoulli_like(p, x.array) if not isinstance(p, Traced)
                        else g.bernoulli(np.broadcast_to(p.array, x.shape)))
    random_ = _drawn("random_", lambda g, x, low=None, high=None: g.random(x.shape, x.dtype) if low is None
                     else g.integers(0 if high is None else low, low if high is None else high, x.shape))


def _reshaped(x: Any, out: Any) -> Any:
    x.array, x._node = out.array, out._node
    return x


def _one_dtype(name: str, a: Any, b: Any) -> None:
    if getattr(b, "dtype", a.dtype) != a.dtype:
        raise DTypeError(message(f"{name}: {a.dtype} and {b.dtype}", fix="convert one of them: x.float(), x.to(y.dtype)"))


def _product(name: str, a: Any, b: Any, *ndims: int) -> Any:
    if (a.ndim, b.ndim) != ndims:
        raise ShapeError(message(f"{name}: operands of {a.ndim} and {b.ndim} dimensions, not {ndims[0]} and {ndims[1]}",
                                 fix="a @ b takes all of them"))
    return Methods.matmul(a, b)


def _masks(index: Any) -> Any:
    """An index in which Tensors of uint8, the masks of old programs, are booleans; an error for a slice that runs backwards."""
    if isinstance(index, tuple):
        return tuple([_masks(i) for i in index]) if any(isinstance(i, (Traced, slice)) for i in index) else index
    if isinstance(index, slice):
        if isinstance(index.step, int) and index.step < 0:
            raise OptionError(message("x[::-1]: PyTorch has no slices that run backwards", fix="x.flip(0)"))
        return index
    return index != 0 if isinstance(index, Traced) and index.dtype == np.uint8 else index  # type: ignore[attr-defined]


def _raw(x: Any) -> Any:
    from ..backend import to_host

    return to_host(x.array) if isinstance(x, Traced) else x


def autograd_device(x: Any) -> str:
    from ..backend import device_of

    return device_of(x.array)


_LEGACY = {"float32": "Float", "float64": "Double", "float16": "Half", "int64": "Long", "int32": "Int", "int16": "Short",
           "int8": "Char", "uint8": "Byte", "bool": "Bool"}
# Methods that write what the method without the underscore gives.
WRITTEN = ("abs", "add", "addcdiv", "addcmul", "addmm", "baddbmm", "ceil", "clamp", "clamp_max", "clamp_min", "clip", "cos", "cumsum",
           "div", "divide", "eq", "erf", "exp", "floor", "floor_divide", "fmod", "frac", "ge", "gt", "index_add", "index_copy",
           "index_fill", "index_put", "le", "lerp", "log", "log2", "log10", "log1p", "logical_not", "lt", "masked_fill",
           "masked_scatter", "mul", "multiply", "nan_to_num", "ne", "neg", "pow", "reciprocal", "relu", "remainder", "round",
           "rsqrt", "scatter", "scatter_add", "sigmoid", "sign", "sin", "sqrt", "square", "sub", "subtract", "tanh", "tril",
           "triu", "true_divide", "trunc")
_ORIGINAL: dict[str, Any] = {}
_ABSENT: Any = object()


def install() -> None:
    """Give tinydawn's Tensor the methods above. Twice does no harm."""
    if _ORIGINAL:
        return
    found = {name: value for name, value in vars(Methods).items() if not (name.startswith("__") and name not in _DUNDERS)}
    found |= {f"{name}_": _written(name) for name in WRITTEN}
    for name in found:
        _ORIGINAL[name] = vars(Tensor).get(name, _ABSENT)
    for name, value in found.items():
        setattr(Tensor, name, value)


_DUNDERS = ("__format__", "__getitem__", "__matmul__", "__rmatmul__", "__setitem__")


def uninstall() -> None:
    """Make Tensor what it was before `install`."""
    for name, value in _ORIGINAL.items():
        delattr(Tensor, name) if value is _ABSENT else setattr(Tensor, name, value)
    _ORIGINAL.clear()
