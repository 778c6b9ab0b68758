"""What users call on tensors, composed of the op set: reductions and products here, shapes and indexing in shaping.py.

Every function takes Tensors and returns Tensors, or takes arrays and returns arrays. Axes are `axis=` and
`keepdims=` as in NumPy; names are PyTorch's. Most are methods of Tensor too: `x.mean(axis=1)`.
"""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from . import ops
from .backend import xp_of
from .checks import is_whole, name_arguments
from .errors import DTypeError, ShapeError, message
from .shaping import (
    _all_below,
    _array,
    _axes,
    _axis,
    _check_ids,
    _raw,
    argsort,
    broadcast_to,
    cat,
    chunk,
    clamp,
    expand,
    flatten,
    flip,
    gather,
    getitem,
    index_select,
    index_steps,
    masked_fill,
    permute,
    reshape,
    scatter,
    scatter_add,
    sort,
    split,
    squeeze,
    stack,
    topk,
    transpose,
    tril,
    triu,
    unsqueeze,
)

Tensor = Any  # a Tensor or an array: whichever came in, goes out
Axis = int | tuple[int, ...] | None


# --- reductions ---------------------------------------------------------------------------------------------------


def sum(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Sum over `axis`, an int or several (default: over all): x without these axes, or with length 1 there if `keepdims`."""
    return ops.sum(x, axis=_reduced("sum", axis, x), keepdims=keepdims)


def _reduced(name: str, axis: Any, x: Tensor) -> Axis:
    """The axis argument of a reduction: a list is taken as a tuple, anything but numbers is refused."""
    if axis is None or type(axis) is int:
        return axis
    if isinstance(axis, list):
        axis = tuple(axis)
    if not (is_whole(axis) or (isinstance(axis, tuple) and builtins.all(is_whole(a) for a in axis))):
        raise DTypeError(message(f"{name}: axis must be an int, a tuple of ints or None, not {axis!r}",
                                 fix="pass axis=-1, axis=(0, 1) or nothing"))
    if isinstance(axis, tuple) and not getattr(x, "ndim", 1):  # NumPy takes axis 0 of a 0-d array, but not (0,)
        _axes(name, axis, 0)
        return None
    return axis


def _count(name: str, x: Tensor, axis: Any) -> int:
    """How many entries a reduction over `axis` puts into one."""
    axis = _reduced(name, axis, x)
    if axis is None:
        return math.prod(x.shape)
    axes = _axes(name, axis, x.ndim)
    return math.prod([x.shape[i] for i in axes]) if x.ndim else 1


def _floating(name: str, x: Tensor) -> None:
    if x.dtype.kind != "f":
        raise DTypeError(message(f"{name}: the tensor is {x.dtype}, and a mean needs a floating dtype",
                                 fix=f"convert it first: x.float().{name}()"))


def _real(x: Tensor) -> Tensor:
    """Integers as what they can be subtracted in without a wrong sign: unsigned and small ones cannot, nor booleans."""
    if x.dtype.kind == "f":
        return x
    return ops.astype(x, dtype=np.dtype("int64" if x.dtype in ("int32", "uint32", "int64") else "float32"))


def mean(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Mean over `axis` (default: over all): a shape as of `sum`. NaN where there is nothing to average, as in PyTorch."""
    _floating("mean", x)
    if x.dtype.itemsize == 2:  # the sum of 70,000 ones is more than float16 can hold, their mean is not
        return ops.astype(mean(ops.astype(x, dtype="float32"), axis, keepdims), dtype=x.dtype)
    n = _count("mean", x, axis)
    total = sum(x, axis, keepdims)
    return total / n if n else total * math.nan


def var(x: Tensor, axis: Axis = None, correction: float | None = 1, keepdims: bool = False) -> Tensor:
    """Variance over `axis`: sum((x - mean)^2) / (n - correction). correction=1 (or None) is PyTorch's default, 0 LayerNorm's."""
    return _variance("var", x, axis, correction, keepdims)


def _variance(name: str, x: Tensor, axis: Axis, correction: float | None, keepdims: bool) -> Tensor:
    _floating(name, x)
    if x.dtype.itemsize == 2:
        return ops.astype(_variance(name, ops.astype(x, dtype="float32"), axis, correction, keepdims), dtype=x.dtype)
    n = _count(name, x, axis) - (1 if correction is None else correction)
    if n > 0:
        return ops.var(x, axis=_reduced(name, axis, x), divisor=n, keepdims=keepdims)
    return sum(x, axis, keepdims) * math.nan


def std(x: Tensor, axis: Axis = None, correction: float | None = 1, keepdims: bool = False) -> Tensor:
    """Standard deviation: the root of `var`, with its arguments and shape. Where it is 0 its gradient is taken as 0, as in
    PyTorch."""
    v = _variance("std", x, axis, correction, keepdims)
    if type(_raw(v)) is np.ndarray and _raw(v).all():
        return ops.sqrt(v)
    zero = ops.eq(v, 0)
    return ops.where(zero, 0.0, ops.sqrt(ops.where(zero, 1.0, v)))


def amax(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Largest entry over `axis` (default: over all): a shape as of `sum`. Ties share the gradient equally."""
    return ops.amax(x, axis=_reduced("amax", axis, x), keepdims=keepdims)


def amin(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Smallest entry over `axis` (default: over all): a shape as of `sum`. Ties share the gradient equally."""
    return ops.amin(x, axis=_reduced("amin", axis, x), keepdims=keepdims)


def any(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether any entry over `axis` (default: over all) is True, or not 0: booleans."""
    return ops.any(x, axis=_reduced("any", axis, x), keepdims=keepdims)


def all(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether every entry over `axis` (default: over all) is True, or not 0: booleans."""
    return ops.all(x, axis=_reduced("all", axis, x), keepdims=keepdims)


def norm(x: Tensor, p: float = 2, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The p-norm of the vectors along `axis` (default: of all entries): sum(|x|^p)^(1/p).

    p  a number above 0; math.inf gives the largest |x|. Where the norm is 0 its gradient is taken as 0, as in PyTorch; the
       root of a sum of squares, written out, has none there, and gives NaN
    """
    _floating("norm", x)
    _count("norm", x, axis)
    if isinstance(p, bool) or not isinstance(p, (int, float)) or not p > 0:
        raise DTypeError(message(f"norm: p is {p!r}", fix="a number above 0, such as 1, 2 or math.inf"))
    if p == math.inf:
        return amax(ops.abs(x), axis, keepdims)
    if p == 1:
        return sum(ops.abs(x), axis, keepdims)
    total = sum(x * x if p == 2 else ops.pow(ops.abs(x), p), axis, keepdims)
    zero = ops.eq(total, 0)
    total = ops.where(zero, 1.0, total)
    return ops.where(zero, 0.0, ops.sqrt(total) if p == 2 else ops.pow(total, 1 / p))


def prod(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Product over `axis` (default: over all): a shape as of `sum`."""
    return ops.prod(x, axis=_reduced("prod", axis, x), keepdims=keepdims)


def argmax(x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Index of the largest entry along `axis` (default: in the flattened tensor); the first one at ties."""
    return ops.argmax(x, axis=axis, keepdims=keepdims)


def argmin(x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Index of the smallest entry along `axis` (default: in the flattened tensor); the first one at ties."""
    return ops.argmin(x, axis=axis, keepdims=keepdims)


def cumsum(x: Tensor, axis: int) -> Tensor:
    """Running sum along `axis`, in the shape of x: entry i is x_0 + ... + x_i."""
    i = _axis("cumsum", axis, x.ndim)
    return ops.cumsum(x, axis=i) if x.ndim else ops.clone(x)


def logsumexp(x: Tensor, axis: Axis, keepdims: bool = False) -> Tensor:
    """log(sum(exp(x))) over `axis`, by subtracting the largest entry first: exp never overflows."""
    n = _count("logsumexp", x, axis)
    x = _real(x)
    if not n:
        return sum(x, axis, keepdims) - math.inf  # log 0
    if not x.ndim:
        return x + 0.0
    axes = tuple(range(x.ndim)) if axis is None else tuple(_axes("logsumexp", axis, x.ndim))
    if x.dtype.kind != "f":
        x = ops.astype(x, dtype=np.dtype(np.float32))
    for i in axes:
        x = ops.logsumexp(x, axis=i)
    return x if keepdims else squeeze(x, axes)


# --- products -----------------------------------------------------------------------------------------------------


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """Matrix product of the last two axes, the others broadcast; a vector counts as a row on the left, a column on
    the right, and its axis is dropped from the result: (..., n, k) @ (..., k, m) -> (..., n, m)."""
    a, b = _array(a, "matmul"), _array(b, "matmul")
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
    """Inner product of two vectors of equal length: (n,), (n,) -> ()."""
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
        if not hasattr(x, "ndim") or x.dtype.kind not in "fiub":
            what = f"of dtype {x.dtype}" if hasattr(x, "ndim") else f"a {type(x).__name__}"
            raise DTypeError(message(f"einsum: an argument is {what}, which is neither a Tensor nor an array of numbers",
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
    if builtins.any(c not in "".join(terms) for c in out) or len(set(out)) != len(out):
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
        if builtins.any(n != lengths[c] for c, n in zip(terms[i], x.shape, strict=True)):
            kept = [(c, n) for c, n in zip(terms[i], x.shape, strict=True) if n == lengths[c]]
            clean[i], terms[i] = ops.reshape(x, shape=tuple(n for _, n in kept)), "".join(c for c, _ in kept)
    for i, term in enumerate(terms):  # letters that nobody else has are summed first, pairwise: np.einsum adds one by one
        others = out + "".join(terms[:i] + terms[i + 1:])
        alone = tuple(k for k, c in enumerate(term) if c not in others)
        if alone:
            clean[i], terms[i] = ops.sum(clean[i], axis=alone), "".join(c for c in term if c in others)
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


def softmax(x: Tensor, axis: int) -> Tensor:
    """exp(x) / sum(exp(x)) along `axis`, after subtracting the largest entry of each slice: exp never overflows."""
    i, x = _axis("softmax", axis, x.ndim), _real(x)
    if not math.prod(x.shape):
        return ops.exp(x)
    e = ops.exp(x - ops.detach(amax(x, i, keepdims=True)))
    return e / sum(e, i, keepdims=True)


def log_softmax(x: Tensor, axis: int) -> Tensor:
    """log(softmax(x)) = x - logsumexp(x) along `axis`."""
    i, x = _axis("log_softmax", axis, x.ndim), _real(x)
    if not (x.ndim and math.prod(x.shape)):
        return ops.log(ops.exp(x - x))  # nothing, or one number, whose softmax is 1
    _, first, shifted = ops.largest_apart(x, i)
    return shifted - ops.log1p(sum(ops.where(first, 0.0, ops.exp(shifted)), i, keepdims=True))


name_arguments(globals())
