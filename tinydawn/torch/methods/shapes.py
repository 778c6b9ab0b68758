"""The shape of Tensors. What shows the same memory is a view, and knows of what: see inplace.py."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import functional, ops
from ...backend import as_index
from ...errors import IdError, ShapeError, message
from ...graph import Traced
from ...guards import writes
from ...tensor import Tensor
from .. import dtypes, inplace
from ..inplace import viewed
from ..spelling import spelled
from .common import flat, raw


def _view(function: Callable[..., Any]) -> Callable[..., Any]:
    """A method whose result shows the same memory where it can."""
    function = spelled(function)
    return lambda self, *args, **kwargs: viewed(self, lambda x: function(x, *args, **kwargs))


def _pieces(function: Callable[..., Any]) -> Callable[..., Any]:
    """split and chunk: each piece is a view."""

    def method(self: Any, *args: Any, dim: int = 0, axis: int | None = None, **kwargs: Any) -> tuple[Any, ...]:
        if len(args) > 1:
            dim = args[1]
        dim = dim if axis is None else axis
        size = args[0] if args else next(iter(kwargs.values()))
        size = [int(n) for n in size] if isinstance(size, (list, tuple)) else int(size)
        found = function(self, size, dim)
        for i, piece in enumerate(found):
            inplace.link(piece, self, functools.partial(_piece, function, size, dim, i))
        return found

    return method


def _piece(function: Callable[..., Any], size: Any, dim: int, i: int, x: Any) -> Any:
    return function(x, size, dim)[i]


class Shapes:
    """Methods of Tensor."""

    def dim(self: Any) -> int:
        return self.ndim

    ndimension = dim

    def nelement(self: Any) -> int:
        return self.array.size

    numel = nelement

    @property
    def shape(self: Any) -> dtypes.Size:
        return dtypes.Size(self.array.shape)

    def size(self: Any, dim: int | None = None) -> Any:
        shape = self.array.shape
        return dtypes.Size(shape) if dim is None else shape[dim]

    def stride(self: Any, dim: int | None = None) -> Any:
        """Steps between neighbours along each dimension, in entries."""
        array = self.array
        steps = tuple(s // array.itemsize for s in array.strides)
        return steps if dim is None else steps[dim]

    def is_contiguous(self: Any, memory_format: Any = None) -> bool:
        return bool(self.array.flags.c_contiguous)

    def contiguous(self: Any, memory_format: Any = None) -> Any:
        """The same entries in the order of memory: itself if they are, else a copy."""
        return self if self.array.flags.c_contiguous else ops.clone(self)

    def data_ptr(self: Any) -> int:
        return self.array.__array_interface__["data"][0]

    def element_size(self: Any) -> int:
        return self.array.itemsize

    def view(self: Any, *shape: Any) -> Any:
        """The same memory in another shape; an error where the entries do not lie in that order."""
        if len(shape) == 1 and isinstance(shape[0], np.dtype):
            return Tensor(self.array.view(shape[0]))
        wanted = flat(shape)
        try:
            out = viewed(self, lambda x: functional.reshape(x, *wanted))
        except ShapeError as error:
            raise ShapeError(str(error).replace("reshape:", "view:", 1)) from None
        if out.array.size and not writes.share_memory(out.array, self.array):
            raise ShapeError(message(f"view: the entries of this Tensor of shape {self.shape} do not lie in order, "
                                     "as after a transpose", fix="x.reshape(...), which copies, or x.contiguous().view(...)"))
        return out

    def reshape(self: Any, *shape: Any) -> Any:
        wanted = flat(shape)
        return viewed(self, lambda x: functional.reshape(x, *wanted))

    def view_as(self: Any, other: Any) -> Any:
        return self.view(*other.shape)

    def reshape_as(self: Any, other: Any) -> Any:
        return self.reshape(*other.shape)

    def unflatten(self: Any, dim: int, sizes: Any) -> Any:
        shape = self.shape
        dim %= len(shape)
        return self.reshape(*shape[:dim], *sizes, *shape[dim + 1:])

    permute, transpose, squeeze = _view(functional.permute), _view(functional.transpose), _view(functional.squeeze)
    unsqueeze, flatten, expand = _view(functional.unsqueeze), _view(functional.flatten), _view(functional.expand)
    swapaxes = swapdims = transpose
    broadcast_to = expand
    split, chunk = _pieces(functional.split), _pieces(functional.chunk)

    def expand_as(self: Any, other: Any) -> Any:
        return self.expand(*other.shape)

    def ravel(self: Any) -> Any:
        return self.flatten()

    def t(self: Any) -> Any:
        """The transpose of a matrix; of a vector itself."""
        if self.ndim > 2:
            raise ShapeError(message(f"t: a Tensor of {self.ndim} dimensions", fix="x.transpose(0, 1), or x.mT"))
        return self.transpose(0, 1) if self.ndim == 2 else self

    @property
    def T(self: Any) -> Any:
        """All dimensions reversed."""
        order = tuple(range(self.ndim))[::-1]
        return viewed(self, lambda x: functional.permute(x, *order))

    @property
    def mT(self: Any) -> Any:
        return self.transpose(-1, -2)

    def movedim(self: Any, source: Any, destination: Any) -> Any:
        order = np.moveaxis(np.empty((1,) * self.ndim), source, destination)
        places = list(range(self.ndim))
        moved = [source] if isinstance(source, int) else list(source)
        goals = [destination] if isinstance(destination, int) else list(destination)
        rest = iter([i for i in places if i not in [s % order.ndim for s in moved]])
        at = {g % order.ndim: s % order.ndim for s, g in zip(moved, goals, strict=True)}
        return self.permute(*[at[i] if i in at else next(rest) for i in places])

    moveaxis = movedim

    def repeat(self: Any, *sizes: Any) -> Any:
        """The whole, so many times along each dimension; new ones in front."""
        times = [int(n) for n in flat(sizes)]
        x = functional.reshape(self, *(1,) * (len(times) - self.ndim), *self.shape)
        wide = functional.reshape(x, *[n for m in x.shape for n in (1, m)])
        wide = functional.expand(wide, *[n for t, m in zip(times, x.shape, strict=True) for n in (t, m)])
        out = functional.reshape(wide, *[t * m for t, m in zip(times, x.shape, strict=True)])
        return ops.clone(out) if writes.share_memory(out.array, self.array) else out

    def tile(self: Any, *sizes: Any) -> Any:
        times = flat(sizes)
        return self.repeat(*(1,) * (self.ndim - len(times)), *times)

    def repeat_interleave(self: Any, repeats: Any, dim: int | None = None, *, output_size: Any = None) -> Any:
        """Each entry so many times in a row, along `dim` or of all."""
        x = functional.flatten(self) if dim is None else self
        axis = 0 if dim is None else dim
        ids = np.repeat(np.arange(x.shape[axis]), as_index(np.asarray(raw(repeats))))
        return functional.index_select(x, axis, ids)

    def narrow(self: Any, dim: int, start: Any, length: int) -> Any:
        n = self.shape[dim]
        start = int(start) + n if start < 0 else int(start)
        if not 0 <= start <= start + length <= n:
            raise IdError(message(f"narrow: {length} from {start} on, in a dimension of {n}", fix="a shorter piece"))
        return self[(slice(None),) * (dim % self.ndim) + (slice(start, start + length),)]

    def select(self: Any, dim: int, index: int) -> Any:
        return self[(slice(None),) * (dim % self.ndim) + (int(index),)]

    def unbind(self: Any, dim: int = 0) -> tuple[Any, ...]:
        return tuple(self.select(dim, i) for i in range(self.shape[dim]))

    def unfold(self: Any, dimension: int, size: int, step: int) -> Any:
        """Windows of `size` along a dimension, in a new one at the end."""
        n, axis = self.shape[dimension], dimension % self.ndim
        if size > n:
            raise ShapeError(message(f"unfold: windows of {size} in a dimension of {n}", fix="a smaller size"))
        starts = np.arange(0, n - size + 1, step)[:, None] + np.arange(size)
        order = [i for i in range(self.ndim + 1) if i != axis + 1] + [axis + 1]

        def view(x: Any) -> Any:
            index = (slice(None),) * axis + (starts,)
            if isinstance(x, Traced):
                return functional.permute(functional.getitem(x, index), *order)
            return x[index].transpose(order)

        out = view(self)
        windows = np.lib.stride_tricks.sliding_window_view(self.array, size, axis, writeable=True)
        out.array = windows[(slice(None),) * axis + (slice(None, None, step),)]  # the same entries, in the memory of self
        inplace.link(out, self, view)
        return out

    def flip(self: Any, *args: Any, dims: Any = None) -> Any:
        return functional.flip(self, tuple(flat(args)) if dims is None else dims)

    def roll(self: Any, shifts: Any, dims: Any = None) -> Any:
        """Entries moved along dimensions; what falls off comes in at the other end."""
        if dims is None:
            return functional.reshape(functional.flatten(self).roll(shifts, 0), *self.shape)
        x: Any = self
        pairs = zip(shifts, dims, strict=True) if isinstance(dims, (tuple, list)) else [(shifts, dims)]
        for shift, dim in pairs:
            n = x.shape[dim]
            x = functional.index_select(x, dim, (np.arange(n) - shift) % max(n, 1))
        return x

    def diagonal(self: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
        order = [k for k in range(self.ndim) if k not in (dim1 % self.ndim, dim2 % self.ndim)] + [dim1, dim2]
        rows, columns = self.shape[dim1], self.shape[dim2]
        i = np.arange(max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns)))
        index = (..., i + max(-offset, 0), i + max(offset, 0))

        def view(x: Any) -> Any:
            if isinstance(x, Traced):
                return functional.getitem(functional.permute(x, *order), index)
            return x.transpose(order)[index]

        out = view(self)
        shown = self.array.transpose(order)[..., max(-offset, 0):, max(offset, 0):][..., :len(i), :len(i)]
        out.array = np.einsum("...ii->...i", shown)  # the same entries, in the memory of self
        inplace.link(out, self, view)
        return out

    def diag(self: Any, diagonal: int = 0) -> Any:
        """The diagonal of a matrix; of a vector the matrix with it."""
        if self.ndim == 2:
            return self.diagonal(diagonal)
        n = self.shape[0] + abs(diagonal)
        i = np.arange(self.shape[0])
        places = (i + max(-diagonal, 0), i + max(diagonal, 0))
        return ops.scatter(self, index=places, shape=(n, n))

    def trace(self: Any) -> Any:
        return functional.sum(self.diagonal())
