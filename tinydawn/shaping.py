"""The shape of tensors: reshaping, joining and cutting, indexing, masks. See functional.py, of which this is a part."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import graph, ops
from .backend import is_array, like, to_host, xp_of
from .checks import array, is_whole, name_arguments, numbers_of, whole
from .errors import DTypeError, IdError, ShapeError, message
from .graph import Traced

Tensor = Any  # a Tensor or an array: whichever came in, goes out
Axis = int | tuple[int, ...] | None


def _raw(x: Any) -> Any:
    """The array of a Tensor; anything else as it is."""
    return x.array if isinstance(x, Traced) else x


def _array(x: Any, name: str) -> Any:
    """A Tensor or an array as it is; lists, numbers and PyTorch's tensors as an array."""
    if isinstance(x, (np.ndarray, Traced)):
        return x
    if hasattr(x, "resolve_neg"):  # PyTorch's
        return numbers_of(name, "an argument", x)
    return x if hasattr(x, "shape") else array(name, "an argument", x)


def _axis(name: str, axis: int, ndim: int) -> int:
    """`axis` counted from 0, or an error that says which axes there are. Of a 0-d tensor it is 0: one entry, as in PyTorch."""
    if isinstance(axis, bool) or not isinstance(axis, (int, np.integer)):
        raise DTypeError(message(f"{name}: axis must be an int, not {axis!r}", fix="pass one axis, such as axis=-1"))
    n = ndim or 1
    if not -n <= axis < n:
        raise ShapeError(message(f"{name}: axis {axis} is out of range for a tensor with {ndim} axes",
                                 fix=f"use -{n} to {n - 1}"))
    return int(axis) % n


def _axes(name: str, axis: Any, ndim: int) -> list[int]:
    """One axis, or several in a tuple or list, counted from 0, each once; or an error."""
    axes = [_axis(name, a, ndim) for a in (axis if isinstance(axis, (tuple, list)) else (axis,))]
    if len(set(axes)) < len(axes):
        raise ShapeError(message(f"{name}: axis={axis} names an axis twice", fix="name each axis once"))
    return axes


# --- shape --------------------------------------------------------------------------------------------------------


def _flat(args: tuple[Any, ...]) -> tuple[int, ...]:
    """f(x, 2, 3), f(x, (2, 3)) and f(x, [2, 3]) mean the same."""
    return tuple(args[0]) if len(args) == 1 and isinstance(args[0], (tuple, list)) else args


def reshape(x: Tensor, *shape: Any) -> Tensor:
    """The same entries in another shape; one length may be -1, and is inferred."""
    return ops.reshape(x, shape=_flat(shape))


def flatten(x: Tensor, start_axis: int = 0, end_axis: int = -1) -> Tensor:
    """Merge the axes from `start_axis` to `end_axis` (inclusive) into one."""
    i, j = _axis("flatten", start_axis, x.ndim), _axis("flatten", end_axis, x.ndim)
    if x.ndim == 0:
        return reshape(x, 1)
    if i > j:
        raise ShapeError(message(f"flatten: start_axis {start_axis} comes after end_axis {end_axis}", fix="swap them"))
    return reshape(x, *x.shape[:i], math.prod(x.shape[i:j + 1]), *x.shape[j + 1:])


def permute(x: Tensor, *axes: Any) -> Tensor:
    """Reorder the axes: axis i of the result is axis axes[i] of x."""
    order = _flat(axes)
    if any(type(a) is not int for a in order):
        order = tuple(_axis("permute", a, x.ndim) for a in order)
    if sorted(a % x.ndim if x.ndim else a for a in order) != list(range(x.ndim)):
        raise ShapeError(message(f"permute: axes {order} do not name each of the {x.ndim} axes once",
                                 fix=f"a reordering of {tuple(range(x.ndim))}"))
    return ops.permute(x, axes=tuple(int(a) for a in order))


def transpose(x: Tensor, axis0: int, axis1: int) -> Tensor:
    """Swap two axes: the shape of x with its lengths at `axis0` and `axis1` swapped."""
    axes = list(range(x.ndim))
    i, j = _axis("transpose", axis0, x.ndim), _axis("transpose", axis1, x.ndim)
    if axes:
        axes[i], axes[j] = j, i
    return ops.permute(x, axes=tuple(axes))


def broadcast_to(x: Tensor, *shape: Any) -> Tensor:
    """Repeat x along axes of length 1, and along new axes in front, to `shape`; -1 keeps a length."""
    new = _flat(shape)
    lead = len(new) - x.ndim
    if lead < 0 or any(n == -1 for n in new[:lead]):
        raise ShapeError(message(f"broadcast_to: {x.shape} cannot become {new}", fix="name every new axis in front"))
    return ops.broadcast_to(x, shape=tuple(x.shape[i - lead] if n == -1 else n for i, n in enumerate(new)))


expand = broadcast_to


def squeeze(x: Tensor, axis: Axis = None) -> Tensor:
    """Drop axes of length 1: all of them, or `axis` where it has length 1. (B, 1, D) -> (B, D)."""
    given = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = range(x.ndim) if axis is None else [_axis("squeeze", a, x.ndim) for a in given]  # type: ignore[arg-type]
    return ops.reshape(x, shape=tuple(n for i, n in enumerate(x.shape) if n != 1 or i not in axes))


def unsqueeze(x: Tensor, axis: int) -> Tensor:
    """Insert an axis of length 1 before `axis`: with axis=1, (B, D) -> (B, 1, D)."""
    i = _axis("unsqueeze", axis, x.ndim + 1)
    return ops.reshape(x, shape=(*x.shape[:i], 1, *x.shape[i:]))


def _parts(name: str, tensors: Any) -> list[Tensor]:
    if isinstance(tensors, Traced) or not isinstance(tensors, (list, tuple)):
        raise DTypeError(message(f"{name}: takes a list of tensors, not a {type(tensors).__name__}",
                                 fix=f"{name}([a, b], axis=0)"))
    if not tensors:
        raise ShapeError(message(f"{name}: the list of tensors is empty", fix="pass at least one"))
    for i, part in enumerate(tensors):
        if not hasattr(part, "ndim") or part.dtype.kind not in "fiub":
            what = f"of dtype {part.dtype}" if hasattr(part, "ndim") else f"a {type(part).__name__}"
            raise DTypeError(message(f"{name}: part {i} is {what}, not a tensor",
                                     fix="make a Tensor of it with td.tensor(...)"))
    return list(tensors)


def cat(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Join tensors along an axis that they have: (m, D), (n, D) -> (m + n, D). All other lengths must be equal; an empty vector
    fits everywhere."""
    parts = _parts("cat", tensors)
    if any(p.ndim == 0 for p in parts):
        raise ShapeError(message("cat: a 0-d tensor has no axis to be joined on", fix="use stack"))
    ndim = max(p.ndim for p in parts)
    if ndim > 1:  # a list of results often begins with an empty one
        parts = [ops.reshape(p, shape=_nothing(parts, ndim, axis)) if p.shape == (0,) else p for p in parts]
    return ops.cat(*parts, axis=_axis("cat", axis, ndim))


def stack(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Join tensors of one shape along a new axis: n of (B, D), with axis=1 -> (B, n, D)."""
    parts = _parts("stack", tensors)
    if any(p.shape != parts[0].shape for p in parts):
        raise ShapeError(message(f"stack: shapes {', '.join(str(p.shape) for p in parts[:8])} are not all equal",
                                 fix="pad them to one shape, or use cat"))
    i = _axis("stack", axis, parts[0].ndim + 1)
    return cat([unsqueeze(p, i) for p in parts], i)


def _nothing(parts: list[Tensor], ndim: int, axis: int) -> tuple[int, ...]:
    """The shape of the others, but of length 0 on the axis that they are joined on."""
    i, other = _axis("cat", axis, ndim), next(p for p in parts if p.ndim == ndim)
    return (*other.shape[:i], 0, *other.shape[i + 1:])


def split(x: Tensor, size: int | Sequence[int], axis: int = 0) -> tuple[Tensor, ...]:
    """Cut x into pieces of length `size` along `axis` (the last may be shorter), or of the lengths in a list. Returns a tuple."""
    i = _axis("split", axis, x.ndim)
    if not x.ndim:
        raise ShapeError(message("split: a 0-d tensor cannot be cut", fix="a tensor of one axis or more"))
    n = x.shape[i]
    if not isinstance(size, (list, tuple)):
        size = whole("split", "size", size)
        if size < 1:
            raise ShapeError(message(f"split: pieces of length {size}", fix="a length of at least 1"))
        size = [min(size, n - k) for k in range(0, n, size)] or [0]
    if any(whole("split", "a length", k) < 0 for k in size):
        raise ShapeError(message(f"split: lengths {list(size)} hold a negative one", fix="lengths of 0 or more"))
    if builtins.sum(size) != n:
        raise ShapeError(message(f"split: lengths {list(size)} add up to {builtins.sum(size)}, and axis {axis} has {n}",
                                 fix="lengths that add up to the axis"))
    pieces, start = [], 0
    for length in size:
        pieces.append(ops.getitem(x, index=(*(slice(None),) * i, slice(start, start + length))))
        start += length
    return tuple(pieces)


def chunk(x: Tensor, chunks: int, axis: int = 0) -> tuple[Tensor, ...]:
    """Cut x into `chunks` pieces of equal length along `axis`; the last may be shorter. Returns a tuple."""
    if whole("chunk", "chunks", chunks) < 1:
        raise ShapeError(message(f"chunk: {chunks} pieces", fix="at least 1"))
    i = _axis("chunk", axis, x.ndim)
    if not x.ndim:
        raise ShapeError(message("chunk: a 0-d tensor cannot be cut", fix="a tensor of one axis or more"))
    return split(x, max(1, -(-x.shape[i] // chunks)), axis)


def flip(x: Tensor, axis: Axis) -> Tensor:
    """Reverse the order along `axis`, or along several; the shape stays."""
    axes = tuple(_axes("flip", axis, x.ndim))
    return ops.flip(x, axis=axes) if x.ndim else ops.clone(x)


def tril(x: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle of each matrix, the rest 0; `diagonal` moves its edge up (positive) or down."""
    return ops.where(like(_triangle("tril", x, diagonal), x), x, x.dtype.type(0))


def triu(x: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangle of each matrix, the rest 0; `diagonal` moves its edge up (positive) or down."""
    return ops.where(like(_triangle("triu", x, diagonal, -1), x), x.dtype.type(0), x)


def _triangle(name: str, x: Tensor, diagonal: int, moved: int = 0) -> np.ndarray:
    if x.ndim < 2:
        raise ShapeError(message(f"{name}: shape {x.shape} has no matrices", fix="a tensor of two axes or more"))
    edge = max(-x.shape[-2], min(whole(name, "diagonal", diagonal) + moved, x.shape[-1]))
    return np.arange(x.shape[-1]) <= np.arange(x.shape[-2])[:, None] + edge


# --- indexing and masks -------------------------------------------------------------------------------------------


def getitem(x: Tensor, index: Any) -> Tensor:
    """x[index]: by numbers, slices, None, ..., integer arrays and boolean masks, as in NumPy and PyTorch.

    Where they differ, in x[0, :, [1, 0]], PyTorch's rule counts: first the numbers, then the arrays.
    """
    for step in index_steps(index):
        x = ops.getitem(x, index=step)
    return x


def index_steps(index: Any, name: str = "getitem") -> list[Any]:
    """`index`, checked, with Tensors as arrays: as it is, or as two, to be applied one after the other.

    For NumPy a number beside an array is an array too: where a slice stands between them, their axis comes to the front.
    """
    if type(index) in _BASIC or (type(index) is tuple and _BASIC.issuperset(map(type, index))):
        return [index]
    if isinstance(index, list) and any(hasattr(i, "__len__") or i is None or isinstance(i, slice) for i in index):
        raise DTypeError(message(f"{name}: a list of lists as an index is one array for NumPy, one index per axis for PyTorch",
                                 fix="x[[0, 1], [1, 0]] for the entries (0, 1) and (1, 0), or "
                                     "x[td.tensor([[0, 1], [1, 0]])] for an array of rows"))
    if not isinstance(index, tuple):
        return [_index_part(index, name)]
    parts = tuple([_index_part(p, name) for p in index])
    advanced = [i for i, p in enumerate(parts) if hasattr(p, "ndim") or is_whole(p)]
    numbers = [i for i in advanced if is_whole(parts[i])]
    if not numbers or len(numbers) == len(advanced) or advanced == list(range(advanced[0], advanced[-1] + 1)):
        return [parts]
    first: list[Any] = []
    for part in parts:
        if is_whole(part) or part is Ellipsis:
            first.append(part)
        elif part is not None:
            first += [slice(None)] * (part.ndim if getattr(part, "dtype", None) == np.bool_ else 1)
    return [tuple(first), tuple([p for p in parts if not is_whole(p)])]


_BASIC = frozenset((int, slice, type(None), type(Ellipsis)))


def _index_part(part: Any, name: str) -> Any:
    part = _raw(part)
    if is_array(part) and type(part) is not np.ndarray and part.dtype.kind in "iu":
        part = to_host(part)  # a device, which takes places from the front again, is waited for: keep indices on the host
    if isinstance(part, (list, tuple, range)):
        part = array(name, "an index", part) if len(part) else np.asarray([], np.int64)
    elif isinstance(part, (str, float)):
        raise DTypeError(message(f"{name}: an index is a {type(part).__name__}",
                                 fix="index with integers, slices or a boolean mask"))
    if getattr(part, "dtype", None) is not None and getattr(part.dtype, "kind", "no") not in "iub":
        raise DTypeError(message(f"{name}: an index of dtype {part.dtype}", fix="index with integers or a boolean mask"))
    if type(part) is np.ndarray and part.ndim == 0 and part.dtype.kind in "iu":
        return int(part)
    return part


def _check_ids(name: str, ids: Any, n: int) -> Any:
    """Integer ids as an array on the host, all in 0 .. n-1. Ids on a device have to be waited for: keep them on the host."""
    ids = _raw(ids)
    ids = ids if type(ids) is np.ndarray else to_host(_array(ids, name))
    if ids.dtype.kind not in "iu":
        raise DTypeError(message(f"{name}: ids must be integers, not {ids.dtype}", fix="convert them with .astype(int)"))
    if ids.size and not _all_below(ids, n):
        raise IdError(message(f"{name}: id {int(ids.min() if ids.min() < 0 else ids.max())} is outside 0 .. {n - 1}",
                              fix=f"check what makes the ids: there are {n} entries"))
    return ids


def _all_below(ids: Any, n: int) -> bool:
    """Whether integer ids, at least one, are all in 0 .. n-1. In one pass: read as unsigned, a negative number is huge."""
    return int(ids.view(_UNSIGNED[ids.dtype.itemsize]).max()) < n


_UNSIGNED = {size: np.dtype(f"u{size}") for size in (1, 2, 4, 8)}


def gather(x: Tensor, axis: int, index: Tensor) -> Tensor:
    """Pick along one axis: out[i][j] = x[i][index[i][j]] for axis=1. `index` has as many axes as x."""
    shape = _array(_raw(index), "gather").shape
    out = ops.getitem(_vector(x), index=_along("gather", x, axis, index))
    return out if shape else ops.reshape(out, shape=())


def _in_order(x: Tensor, i: int, order: Any) -> Tensor:
    """gather of places that were found in x itself, along axis i: a device need not be asked whether they are there."""
    raw = _raw(order)
    if not x.ndim or type(raw) is np.ndarray:
        return gather(x, i, order)
    grid = [xp_of(raw).arange(n).reshape([-1 if k == axis else 1 for k in range(x.ndim)]) for axis, n in enumerate(raw.shape)]
    grid[i] = raw
    return ops.getitem(x, index=tuple(grid))


def _along(name: str, x: Tensor, axis: int, index: Tensor) -> tuple[Any, ...]:
    """The index of NumPy for an index along one axis, which has as many axes as x."""
    i = _axis(name, axis, x.ndim)
    x, ids = _vector(x), _array(_raw(index), name)
    ids = _check_ids(name, _vector(ids), x.shape[i])
    if ids.ndim != x.ndim or any(m > n for k, (m, n) in enumerate(zip(ids.shape, x.shape, strict=True)) if k != i):
        raise ShapeError(message(f"{name}: index of shape {ids.shape} does not fit a tensor of shape {x.shape}",
                                 fix="as many axes as the tensor, and no longer than it on every other axis"))
    grid = list(np.ogrid[tuple(slice(n) for n in ids.shape)])
    grid[i] = ids
    return tuple(grid)


def scatter(x: Tensor, axis: int, index: Tensor, src: Any) -> Tensor:
    """x, but with the entries of `src`, or one number, put where gather would pick: out[i][index[i][j]] = src[i][j] for axis=1.

    `index` has as many axes as x, and src is at least as long on each. Of several for one place the last stays.
    """
    places = _along("scatter", x, axis, index)
    src = _source("scatter", x, src, np.broadcast_shapes(*[p.shape for p in places])) if hasattr(src, "ndim") else src
    out = ops.index_put(_vector(x), src, index=places)
    return out if x.ndim else ops.reshape(out, shape=())


def scatter_add(x: Tensor, axis: int, index: Tensor, src: Tensor) -> Tensor:
    """x, with the entries of `src` added where gather would pick: out[i][index[i][j]] += src[i][j] for axis=1."""
    places = _along("scatter_add", x, axis, index)
    src = _source("scatter_add", x, _array(src, "scatter_add"), np.broadcast_shapes(*[p.shape for p in places]))
    out = _vector(x) + ops.scatter(src, index=places, shape=_vector(x).shape)
    return out if x.ndim else ops.reshape(out, shape=())


def _source(name: str, x: Tensor, src: Tensor, shape: tuple[int, ...]) -> Tensor:
    """As much of `src` as an index of this shape is long."""
    if src.dtype.kind == "f" and x.dtype.kind != "f":
        raise DTypeError(message(f"{name}: src is {src.dtype}, and x, {x.dtype}, cannot hold it", fix="x.float()"))
    src = _vector(src)
    if src.ndim != len(shape) or any(n < m for n, m in zip(src.shape, shape, strict=True)):
        raise ShapeError(message(f"{name}: src of shape {src.shape} does not fill an index of shape {shape}",
                                 fix="a src of the shape of the index"))
    return src if src.shape == shape else ops.getitem(src, index=tuple(slice(n) for n in shape))


def _vector(x: Tensor) -> Tensor:
    """One number as a vector of one: functions along an axis take it so, as PyTorch's do."""
    return x if x.ndim else ops.reshape(x, shape=(1,))


def index_select(x: Tensor, axis: int, index: Tensor) -> Tensor:
    """The slices of x that `index` (a vector of ints) names along `axis`."""
    i = _axis("index_select", axis, x.ndim)
    number, x = not x.ndim, _vector(x)
    ids = _check_ids("index_select", index, x.shape[i])
    if ids.ndim != 1 or (number and ids.size != 1):
        raise ShapeError(message(f"index_select: index has shape {ids.shape}", fix="a vector of ints, of one for a 0-d tensor"))
    out = ops.getitem(x, index=(*(slice(None),) * i, ids))
    return ops.reshape(out, shape=()) if number else out


def clamp(x: Tensor, min: float | None = None, max: float | None = None) -> Tensor:
    """Limit every entry to min .. max; the shape stays. The gradient passes where the entry was within, its limits included."""
    if min is None and max is None:
        raise ShapeError(message("clamp: neither min nor max was given", fix="x.clamp(min=0)"))
    if all([limit is None or type(limit) in (int, float) for limit in (min, max)]) and x.dtype.kind == "f":
        return ops.clamp(x, min=min, max=max)
    if min is not None:
        x = ops.where(ops.lt(x, min), min, x)
    if max is not None:
        x = ops.where(ops.gt(x, max), max, x)
    return x


def masked_fill(x: Tensor, mask: Tensor, value: float) -> Tensor:
    """x, with `value` wherever the boolean `mask` is True. Both are broadcast to one shape."""
    mask = _array(mask, "masked_fill")
    if mask.dtype.kind != "b":
        raise DTypeError(message(f"masked_fill: the mask is {mask.dtype}, not boolean", fix="compare first: ids == pad"))
    if any(m != n and 1 not in (m, n) for m, n in zip(mask.shape[::-1], x.shape[::-1], strict=False)):
        raise ShapeError(message(f"masked_fill: a mask of shape {mask.shape} does not broadcast to {x.shape}",
                                 fix="give it axes of length 1 where the tensor is longer"))
    return ops.where(mask, value, x)


# --- order --------------------------------------------------------------------------------------------------------


def argsort(x: Tensor, axis: int = -1, descending: bool = False) -> Tensor:
    """Indices, in the shape of x, that sort along `axis`, smallest first or with `descending` largest first; equal entries keep
    their order."""
    axis = _axis("argsort", axis, x.ndim)
    if not x.ndim:
        return ops.reshape(argsort(_vector(x)), shape=())
    if not descending:
        return ops.argsort(x, axis=axis)
    return x.shape[axis] - 1 - flip(ops.argsort(flip(x, axis), axis=axis), axis)


def sort(x: Tensor, axis: int = -1, descending: bool = False) -> tuple[Tensor, Tensor]:
    """The entries in order along `axis`, largest first if `descending`, and the indices they had: two of the shape of x. The
    gradient goes back to where they stood."""
    order = argsort(x, axis, descending)
    return _in_order(x, _axis("sort", axis, x.ndim), order), order


def topk(x: Tensor, k: int, axis: int = -1) -> tuple[Tensor, Tensor]:
    """The k largest entries along `axis`, largest first, and their indices: two of the shape of x, but k long there."""
    i = _axis("topk", axis, x.ndim)
    n = x.shape[i] if x.ndim else 1
    if not 0 <= whole("topk", "k", k) <= n:
        raise ShapeError(message(f"topk: k is {k}, and axis {axis} of shape {x.shape} has {n} entries",
                                 fix="a number of entries that are there"))
    if not x.ndim:
        return sort(x)
    raw = _raw(x)
    if type(raw) is np.ndarray and raw.size > 4096 and 0 < k <= n // 4:  # else sorting is as quick
        places = _largest(np.moveaxis(raw, i, -1).reshape(-1, n), k)
        order = np.moveaxis(places.reshape(*x.shape[:i], *x.shape[i + 1:], k), -1, i)
        order = graph.tensor_type(order) if isinstance(x, Traced) else order
    else:
        order = getitem(argsort(x, i, True), (slice(None),) * i + (slice(k),))
    return _in_order(x, i, order), order


def _largest(x: np.ndarray, k: int) -> np.ndarray:
    """Of each row of x (N, W) where its k largest entries are, the largest first, of equal ones the first; NaN is above all."""
    width = x.shape[1]
    upper = np.partition(x, width - k, axis=1)[:, width - k:]  # its first column is the least of the k
    taken = x >= upper[:, :1]
    clear = (taken.sum(axis=1) == k) & (upper == upper).all(axis=1)  # not if of equals some are in and some out, or of NaN
    places = np.empty((len(x), k), np.int64)
    if clear.any():
        chosen, rows = (taken, x) if clear.all() else (taken[clear], x[clear])
        found = chosen.nonzero()[1].reshape(-1, k)
        values = np.take_along_axis(rows, found, axis=1)
        places[clear] = np.take_along_axis(found, _falling(values), axis=1)
    if not clear.all():
        places[~clear] = _falling(x[~clear])[:, :k]
    return places


def _falling(x: np.ndarray) -> np.ndarray:
    """The order of each row, the largest first and of equal ones the first."""
    return x.shape[1] - 1 - x[:, ::-1].argsort(axis=1, kind="stable")[:, ::-1]


name_arguments(globals())
