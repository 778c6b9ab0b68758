"""What users call on tensors, composed of the op set: reductions, products, shapes, indexing.

Every function takes Tensors and returns Tensors, or takes arrays and returns arrays. Axes are `axis=` and
`keepdims=` as in NumPy; names are PyTorch's. Most are methods of Tensor too: `x.mean(axis=1)`.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import ops
from .errors import DTypeError, IdError, ShapeError, message
from .graph import Traced

Tensor = Any  # a Tensor or an array: whichever came in, goes out
Axis = int | tuple[int, ...] | None


def _raw(x: Any) -> Any:
    """The array of a Tensor; anything else as it is."""
    return x.data if isinstance(x, Traced) else x


def _array(x: Any) -> Any:
    """A Tensor or an array as it is; lists and numbers as an array."""
    return x if hasattr(x, "shape") else np.asarray(x)


def _axis(name: str, axis: int, ndim: int) -> int:
    """`axis` counted from 0, or an error that says which axes there are."""
    if isinstance(axis, bool) or not isinstance(axis, (int, np.integer)):
        raise DTypeError(message(f"{name}: axis must be an int, not {axis!r}", fix="pass one axis, such as axis=-1"))
    if not -ndim <= axis < ndim:
        raise ShapeError(message(f"{name}: axis {axis} is out of range for a tensor with {ndim} axes",
                                 fix=f"use -{ndim} to {ndim - 1}" if ndim else "a 0-d tensor has no axes"))
    return int(axis) % ndim


# --- reductions ---------------------------------------------------------------------------------------------------


def sum(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Sum over `axis` (default: over all)."""
    return ops.sum(x, axis=_reduced("sum", axis), keepdims=keepdims)


def _reduced(name: str, axis: Any) -> Axis:
    """The axis argument of a reduction: a list is taken as a tuple, anything but numbers is refused."""
    if isinstance(axis, list):
        axis = tuple(axis)
    if not (axis is None or isinstance(axis, (int, np.integer))
            or (isinstance(axis, tuple) and all(isinstance(a, (int, np.integer)) for a in axis))):
        raise DTypeError(message(f"{name}: axis must be an int, a tuple of ints or None, not {axis!r}",
                                 fix="pass axis=-1, axis=(0, 1) or nothing"))
    return axis  # type: ignore[return-value]


def _count(name: str, shape: tuple[int, ...], axis: Any) -> int:
    """How many entries a reduction over `axis` puts into one."""
    axis = _reduced(name, axis)
    if axis is None:
        return math.prod(shape)
    return math.prod(shape[_axis(name, a, len(shape))] for a in (axis if isinstance(axis, tuple) else (axis,)))


def _floating(name: str, x: Tensor) -> None:
    if x.dtype.kind != "f":
        raise DTypeError(message(f"{name}: the tensor is {x.dtype}, and a mean needs a floating dtype",
                                 fix=f"convert it first: x.float().{name}()"))


def mean(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Mean over `axis` (default: over all); NaN where there is nothing to average, as in PyTorch."""
    _floating("mean", x)
    n = _count("mean", x.shape, axis)
    total = sum(x, axis, keepdims)
    return total / n if n else total * math.nan


def var(x: Tensor, axis: Axis = None, correction: int = 1, keepdims: bool = False) -> Tensor:
    """Variance over `axis`: sum((x - mean)^2) / (n - correction). correction=1 is PyTorch's default, 0 LayerNorm's."""
    return _variance("var", x, axis, correction, keepdims)


def _variance(name: str, x: Tensor, axis: Axis, correction: int, keepdims: bool) -> Tensor:
    _floating(name, x)
    n = _count(name, x.shape, axis) - correction
    centred = x - mean(x, axis, keepdims=True)
    total = sum(centred * centred, axis, keepdims)
    return total / n if n > 0 else total * math.nan


def std(x: Tensor, axis: Axis = None, correction: int = 1, keepdims: bool = False) -> Tensor:
    """Standard deviation: the root of `var`. Where it is 0 its gradient is taken as 0, as in PyTorch."""
    v = _variance("std", x, axis, correction, keepdims)
    zero = ops.eq(v, 0)
    return ops.where(zero, 0.0, ops.sqrt(ops.where(zero, 1.0, v)))


def amax(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Largest entry over `axis` (default: over all). Ties share the gradient equally."""
    return ops.amax(x, axis=_reduced("amax", axis), keepdims=keepdims)


def amin(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Smallest entry over `axis` (default: over all). Ties share the gradient equally."""
    return ops.amin(x, axis=_reduced("amin", axis), keepdims=keepdims)


def argmax(x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Index of the largest entry along `axis` (default: in the flattened tensor); the first one at ties."""
    return ops.argmax(x, axis=axis, keepdims=keepdims)


def argmin(x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Index of the smallest entry along `axis` (default: in the flattened tensor); the first one at ties."""
    return ops.argmin(x, axis=axis, keepdims=keepdims)


def cumsum(x: Tensor, axis: int) -> Tensor:
    """Running sum along `axis`."""
    return ops.cumsum(x, axis=_axis("cumsum", axis, x.ndim)) if x.ndim else ops.clone(x)


def logsumexp(x: Tensor, axis: Axis, keepdims: bool = False) -> Tensor:
    """log(sum(exp(x))) over `axis`, by subtracting the largest entry first: exp never overflows."""
    _count("logsumexp", x.shape, axis)
    largest = ops.detach(amax(x, axis, keepdims=True))
    largest = ops.where(ops.eq(ops.abs(largest), math.inf), 0.0, largest)
    total = sum(ops.exp(x - largest), axis, keepdims=True)
    nothing = _raw(total) == 0  # a slice of -inf alone: its logarithm is -inf, said here so that log need not warn
    out = ops.log(total) + largest if not nothing.any() else (
        ops.where(nothing, -math.inf, ops.log(ops.where(nothing, 1.0, total)) + largest))
    return out if keepdims else sum(out, axis)


# --- products -----------------------------------------------------------------------------------------------------


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """Matrix product of the last two axes, the others broadcast; a vector counts as a row on the left, a column on
    the right, and its axis is dropped from the result: (..., n, k) @ (..., k, m) -> (..., n, m)."""
    a, b = _array(a), _array(b)
    if a.ndim >= 2 and b.ndim >= 2:
        return ops.matmul(a, b)
    if a.ndim == 0 or b.ndim == 0:
        raise ShapeError(message(f"matmul: shapes {a.shape} and {b.shape}: a number has no matrix product",
                                 fix="use * for a product by a number"))
    if a.shape[-1] != b.shape[0 if b.ndim == 1 else -2]:
        raise ShapeError(message(f"matmul: shapes {a.shape} and {b.shape} do not fit",
                                 fix="the last axis of the first must equal the second-to-last of the second"))
    left = unsqueeze(a, 0) if a.ndim == 1 else a
    right = unsqueeze(b, 1) if b.ndim == 1 else b
    out = ops.matmul(left, right)
    if b.ndim == 1:
        out = squeeze(out, -1)
    return squeeze(out, -1 if b.ndim == 1 else -2) if a.ndim == 1 else out


def bmm(a: Tensor, b: Tensor) -> Tensor:
    """Batched matrix product: (B, n, k) @ (B, k, m) -> (B, n, m), with no broadcasting."""
    if a.ndim != 3 or b.ndim != 3 or a.shape[0] != b.shape[0]:
        raise ShapeError(message(f"bmm: shapes {a.shape} and {b.shape} are not (B, n, k) and (B, k, m)",
                                 fix="use matmul, which broadcasts, or add the batch axis"))
    return ops.matmul(a, b)


def dot(a: Tensor, b: Tensor) -> Tensor:
    """Inner product of two vectors of equal length."""
    if a.ndim != 1 or a.shape != b.shape:
        raise ShapeError(message(f"dot: shapes {a.shape} and {b.shape} are not two vectors of one length",
                                 fix="use matmul for matrices"))
    return sum(a * b)


def outer(a: Tensor, b: Tensor) -> Tensor:
    """Every product of an entry of `a` and one of `b`: (n,), (m,) -> (n, m)."""
    if a.ndim != 1 or b.ndim != 1:
        raise ShapeError(message(f"outer: shapes {a.shape} and {b.shape} are not two vectors", fix="flatten them first"))
    return unsqueeze(a, 1) * unsqueeze(b, 0)


def einsum(spec: str, *operands: Tensor) -> Tensor:
    """Einstein summation, as np.einsum: `einsum("btd,de->bte", x, w)`. Ellipsis and repeated letters are understood."""
    if not isinstance(spec, str):
        raise DTypeError(message("einsum: the first argument must be the subscripts, a string",
                                 fix='einsum("ij,jk->ik", a, b)'))
    inputs, arrow, out = spec.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(operands):
        raise ShapeError(message(f"einsum: {spec!r} names {len(terms)} operands and {len(operands)} were given",
                                 fix="separate one term per operand by commas"))
    for x in operands:
        if not hasattr(x, "ndim"):
            raise DTypeError(message(f"einsum: an argument is a {type(x).__name__}, which is neither a Tensor nor an array",
                                     fix="make a Tensor of it with td.tensor(...)"))
    free = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in spec]
    wide = max([x.ndim - len(t.replace("...", "")) for t, x in zip(terms, operands, strict=True) if "..." in t], default=0)
    ellipsis = "".join(free[:wide])
    terms = [t.replace("...", ellipsis[wide - (x.ndim - len(t) + 3):]) if "..." in t else t
             for t, x in zip(terms, operands, strict=True)]
    if not arrow:
        letters = "".join(terms)
        out = ellipsis + "".join(sorted(c for c in set(letters) if letters.count(c) == 1 and c not in ellipsis))
    out = out.replace("...", ellipsis)
    for t, x in zip(terms, operands, strict=True):
        if len(t) != x.ndim:
            raise ShapeError(message(f"einsum: {spec!r} gives {len(t)} letters to an operand of shape {x.shape}",
                                     fix="one letter per axis, or ... for the rest"))
    if any(c not in "".join(terms) for c in out) or len(set(out)) != len(out):
        raise ShapeError(message(f"einsum: the output {out!r} of {spec!r} repeats a letter or names one that no operand has",
                                 fix="each output letter once, from the inputs"))
    operands, terms = tuple(operands), list(terms)
    clean = []
    for i, x in enumerate(operands):
        for c in dict.fromkeys(terms[i]):
            while terms[i].count(c) > 1:
                x, terms[i] = _diagonal(x, terms[i], c)
        clean.append(x)
    lengths = _letter_lengths(terms, clean)
    for i, x in enumerate(clean):  # an axis of length 1 where its letter is longer broadcasts: it can be left out
        if any(n != lengths[c] for c, n in zip(terms[i], x.shape, strict=True)):
            kept = [(c, n) for c, n in zip(terms[i], x.shape, strict=True) if n == lengths[c]]
            clean[i], terms[i] = ops.reshape(x, shape=tuple(n for _, n in kept)), "".join(c for c, _ in kept)
    return ops.einsum(*clean, spec=",".join(terms) + "->" + out)


def _letter_lengths(terms: list[str], operands: list[Tensor]) -> dict[str, int]:
    """How long each letter is; 1 gives way to any other length."""
    lengths: dict[str, int] = {}
    for c, n in [pair for t, x in zip(terms, operands, strict=True) for pair in zip(t, x.shape, strict=True)]:
        if n != 1 and lengths.get(c, 1) not in (1, n):
            raise ShapeError(message(f"einsum: letter {c!r} stands for lengths {lengths[c]} and {n}",
                                     fix="each letter stands for one length, in every operand"))
        lengths[c] = n if n != 1 else lengths.get(c, 1)
    return lengths


def _diagonal(x: Tensor, term: str, letter: str) -> tuple[Tensor, str]:
    """Merge the first two axes that `term` gives one letter into one, placed last."""
    i = term.index(letter)
    j = term.index(letter, i + 1)
    if x.shape[i] != x.shape[j]:
        raise ShapeError(message(f"einsum: letter {letter!r} stands for lengths {x.shape[i]} and {x.shape[j]}",
                                 fix="a repeated letter takes the diagonal: both axes need one length"))
    rest = [k for k in range(x.ndim) if k not in (i, j)]
    n = np.arange(x.shape[i])
    x = ops.permute(x, axes=(i, j, *rest))
    x = ops.permute(getitem(x, (n, n)), axes=(*range(1, len(rest) + 1), 0))
    return x, "".join(term[k] for k in rest) + letter


# --- shape --------------------------------------------------------------------------------------------------------


def _flat(args: tuple[Any, ...]) -> tuple[int, ...]:
    """f(x, 2, 3), f(x, (2, 3)) and f(x, [2, 3]) mean the same."""
    return tuple(args[0]) if len(args) == 1 and isinstance(args[0], (tuple, list)) else args


def reshape(x: Tensor, *shape: Any) -> Tensor:
    """The same entries in another shape; one length may be -1, and is inferred."""
    return ops.reshape(x, shape=_flat(shape))


def flatten(x: Tensor, start_axis: int = 0, end_axis: int = -1) -> Tensor:
    """Merge the axes from `start_axis` to `end_axis` (inclusive) into one."""
    if x.ndim == 0:
        return reshape(x, 1)
    i, j = _axis("flatten", start_axis, x.ndim), _axis("flatten", end_axis, x.ndim)
    if i > j:
        raise ShapeError(message(f"flatten: start_axis {start_axis} comes after end_axis {end_axis}", fix="swap them"))
    return reshape(x, *x.shape[:i], math.prod(x.shape[i:j + 1]), *x.shape[j + 1:])


def permute(x: Tensor, *axes: Any) -> Tensor:
    """Reorder the axes: axis i of the result is axis axes[i] of x."""
    order = _flat(axes)
    if sorted(a % x.ndim if x.ndim else a for a in order) != list(range(x.ndim)):
        raise ShapeError(message(f"permute: axes {order} do not name each of the {x.ndim} axes once",
                                 fix=f"a reordering of {tuple(range(x.ndim))}"))
    return ops.permute(x, axes=tuple(int(a) for a in order))


def transpose(x: Tensor, axis0: int, axis1: int) -> Tensor:
    """Swap two axes."""
    axes = list(range(x.ndim))
    i, j = _axis("transpose", axis0, x.ndim), _axis("transpose", axis1, x.ndim)
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
    """Drop axes of length 1: all of them, or `axis` where it has length 1."""
    given = axis if isinstance(axis, tuple) else (axis,)
    axes = range(x.ndim) if axis is None else [_axis("squeeze", a, x.ndim) for a in given]  # type: ignore[arg-type]
    return ops.reshape(x, shape=tuple(n for i, n in enumerate(x.shape) if n != 1 or i not in axes))


def unsqueeze(x: Tensor, axis: int) -> Tensor:
    """Insert an axis of length 1 before `axis`."""
    i = _axis("unsqueeze", axis, x.ndim + 1)
    return ops.reshape(x, shape=(*x.shape[:i], 1, *x.shape[i:]))


def _parts(name: str, tensors: Any) -> list[Tensor]:
    if isinstance(tensors, Traced) or not isinstance(tensors, (list, tuple)):
        raise DTypeError(message(f"{name}: takes a list of tensors, not a {type(tensors).__name__}",
                                 fix=f"{name}([a, b], axis=0)"))
    if not tensors:
        raise ShapeError(message(f"{name}: the list of tensors is empty", fix="pass at least one"))
    for i, part in enumerate(tensors):
        if not hasattr(part, "ndim"):
            raise DTypeError(message(f"{name}: part {i} is a {type(part).__name__}, not a tensor",
                                     fix="make a Tensor of it with td.tensor(...)"))
    return list(tensors)


def cat(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Join tensors along an axis that they have; all other lengths must be equal."""
    parts = _parts("cat", tensors)
    if parts[0].ndim == 0:
        raise ShapeError(message("cat: a 0-d tensor has no axis to be joined on", fix="use stack"))
    return ops.cat(*parts, axis=_axis("cat", axis, parts[0].ndim))


def stack(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Join tensors of one shape along a new axis."""
    parts = _parts("stack", tensors)
    if any(p.shape != parts[0].shape for p in parts):
        raise ShapeError(message(f"stack: shapes {', '.join(str(p.shape) for p in parts[:8])} are not all equal",
                                 fix="pad them to one shape, or use cat"))
    i = _axis("stack", axis, parts[0].ndim + 1)
    return cat([unsqueeze(p, i) for p in parts], i)


def split(x: Tensor, size: int | Sequence[int], axis: int = 0) -> tuple[Tensor, ...]:
    """Cut into pieces of length `size` along `axis` (the last may be shorter), or of the lengths in a list."""
    i = _axis("split", axis, x.ndim)
    n = x.shape[i]
    if isinstance(size, int):
        if size < 1:
            raise ShapeError(message(f"split: pieces of length {size}", fix="a length of at least 1"))
        size = [min(size, n - k) for k in range(0, n, size)] or [0]
    if any(k < 0 for k in size):
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
    """Cut into `chunks` pieces of equal length along `axis`; the last may be shorter."""
    if chunks < 1:
        raise ShapeError(message(f"chunk: {chunks} pieces", fix="at least 1"))
    return split(x, max(1, -(-x.shape[_axis("chunk", axis, x.ndim)] // chunks)), axis)


def flip(x: Tensor, axis: Axis) -> Tensor:
    """Reverse the order along `axis`, or along several."""
    axes = axis if isinstance(axis, tuple) else (axis,)
    return ops.flip(x, axis=tuple(_axis("flip", a, x.ndim) for a in axes))  # type: ignore[arg-type]


def tril(x: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle of each matrix, the rest 0; `diagonal` moves its edge up (positive) or down."""
    return ops.where(_triangle("tril", x, diagonal), x, 0.0 if x.dtype.kind == "f" else 0)


def triu(x: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangle of each matrix, the rest 0; `diagonal` moves its edge up (positive) or down."""
    return ops.where(_triangle("triu", x, diagonal - 1), 0.0 if x.dtype.kind == "f" else 0, x)


def _triangle(name: str, x: Tensor, diagonal: int) -> np.ndarray:
    if x.ndim < 2:
        raise ShapeError(message(f"{name}: shape {x.shape} has no matrices", fix="a tensor of two axes or more"))
    return np.arange(x.shape[-1]) <= np.arange(x.shape[-2])[:, None] + diagonal


# --- indexing and masks -------------------------------------------------------------------------------------------


def getitem(x: Tensor, index: Any) -> Tensor:
    """x[index]: NumPy's indexing by numbers, slices, None, ..., integer arrays and boolean masks."""
    parts = index if isinstance(index, tuple) else (index,)
    clean = tuple(_index_part(p) for p in parts)
    return ops.getitem(x, index=clean if isinstance(index, tuple) else clean[0])


def _index_part(part: Any) -> Any:
    part = _raw(part)
    if isinstance(part, (list, tuple, range)):
        part = np.asarray(part, dtype=np.int64 if not len(part) else None)
    elif isinstance(part, (str, float)):
        raise DTypeError(message(f"getitem: an index is a {type(part).__name__}",
                                 fix="index with integers, slices or a boolean mask"))
    if getattr(part, "dtype", None) is not None and part.dtype.kind not in "iub":
        raise DTypeError(message(f"getitem: an index of dtype {part.dtype}", fix="index with integers or a boolean mask"))
    return part


def _check_ids(name: str, ids: Any, n: int) -> Any:
    """Integer ids as an array, all in 0 .. n-1."""
    ids = _raw(ids)
    ids = ids if hasattr(ids, "dtype") else np.asarray(ids)
    if ids.dtype.kind not in "iu":
        raise DTypeError(message(f"{name}: ids must be integers, not {ids.dtype}", fix="convert them with .astype(int)"))
    if ids.size and (ids.min() < 0 or ids.max() >= n):
        raise IdError(message(f"{name}: id {int(ids.min() if ids.min() < 0 else ids.max())} is outside 0 .. {n - 1}",
                              fix=f"check what makes the ids: there are {n} entries"))
    return ids


def gather(x: Tensor, axis: int, index: Tensor) -> Tensor:
    """Pick along one axis: out[i][j] = x[i][index[i][j]] for axis=1. `index` has as many axes as x."""
    i = _axis("gather", axis, x.ndim)
    ids = _check_ids("gather", index, x.shape[i])
    if ids.ndim != x.ndim or any(m > n for k, (m, n) in enumerate(zip(ids.shape, x.shape, strict=True)) if k != i):
        raise ShapeError(message(f"gather: index of shape {ids.shape} does not fit a tensor of shape {x.shape}",
                                 fix="as many axes as the tensor, and no longer than it on every other axis"))
    grid = list(np.ogrid[tuple(slice(n) for n in ids.shape)])
    grid[i] = ids
    return ops.getitem(x, index=tuple(grid))


def index_select(x: Tensor, axis: int, index: Tensor) -> Tensor:
    """The slices of x that `index` (a vector of ints) names along `axis`."""
    i = _axis("index_select", axis, x.ndim)
    ids = _check_ids("index_select", index, x.shape[i])
    if ids.ndim != 1:
        raise ShapeError(message(f"index_select: index has shape {ids.shape}", fix="a vector of ints"))
    return ops.getitem(x, index=(*(slice(None),) * i, ids))


def clamp(x: Tensor, min: float | None = None, max: float | None = None) -> Tensor:
    """Limit every entry to min .. max. The gradient passes where the entry was within, its limits included."""
    if min is None and max is None:
        raise ShapeError(message("clamp: neither min nor max was given", fix="x.clamp(min=0)"))
    if min is not None:
        x = ops.where(ops.lt(x, min), min, x)
    if max is not None:
        x = ops.where(ops.gt(x, max), max, x)
    return x


def masked_fill(x: Tensor, mask: Tensor, value: float) -> Tensor:
    """x, with `value` wherever the boolean `mask` (broadcast to x) is True."""
    if _raw(mask).dtype.kind != "b":
        raise DTypeError(message(f"masked_fill: the mask is {mask.dtype}, not boolean", fix="compare first: ids == pad"))
    lead = x.ndim - mask.ndim
    if lead < 0 or any(m not in (1, n) for m, n in zip(mask.shape, x.shape[lead:], strict=True)):
        raise ShapeError(message(f"masked_fill: a mask of shape {mask.shape} does not broadcast to {x.shape}",
                                 fix="give it axes of length 1 where the tensor is longer"))
    return ops.where(mask, value, x)


def softmax(x: Tensor, axis: int) -> Tensor:
    """exp(x) / sum(exp(x)) along `axis`, after subtracting the largest entry of each slice: exp never overflows."""
    shifted = x - ops.detach(amax(x, _axis("softmax", axis, x.ndim), keepdims=True))
    e = ops.exp(shifted)
    return e / sum(e, axis, keepdims=True)


def log_softmax(x: Tensor, axis: int) -> Tensor:
    """log(softmax(x)) = x - logsumexp(x) along `axis`."""
    shifted = x - ops.detach(amax(x, _axis("log_softmax", axis, x.ndim), keepdims=True))
    return shifted - ops.log(sum(ops.exp(shifted), axis, keepdims=True))
