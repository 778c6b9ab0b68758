"""Indexing, gathering and scattering, counting, drawing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import functional, ops, random
from ...backend import as_index, wide
from ...errors import DTypeError, OptionError, message
from ...graph import Traced
from ...tensor import Tensor
from .. import inplace
from ..inplace import viewed
from ..spelling import spelled
from .common import raw, tensor_of


def _masks(index: Any) -> Any:
    """An index in which Tensors of uint8, the masks of old programs, are booleans; an error for a slice that runs backwards."""
    if isinstance(index, tuple):
        return tuple([_masks(i) for i in index]) if any(isinstance(i, (Traced, slice)) for i in index) else index
    if isinstance(index, slice):
        if isinstance(index.step, int) and index.step < 0:
            raise OptionError(message("x[::-1]: PyTorch has no slices that run backwards", fix="x.flip(0)"))
        return index
    return index != 0 if isinstance(index, Tensor) and index.dtype == np.uint8 else index


class Picking:
    """Methods of Tensor."""

    def __getitem__(self: Any, index: Any) -> Any:
        index = _masks(index)
        return viewed(self, lambda x: functional.getitem(x, index))

    def __setitem__(self: Any, index: Any, value: Any) -> None:
        inplace.assign(self, _masks(index), value)

    gather, index_select = spelled(functional.gather), spelled(functional.index_select)

    def scatter(self: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None) -> Any:
        """Entries of src, or one value, put where gather would pick."""
        given = value if src is None else src
        if reduce not in (None, "add", "multiply"):
            raise OptionError(message(f"scatter: reduce={reduce!r}", fix='"add" or "multiply"'))
        if reduce == "add":
            return self.scatter_add(dim, index, given)
        if reduce == "multiply":
            return functional.scatter(self, dim, index, functional.gather(self, dim, index) * given)
        return functional.scatter(self, dim, index, given)

    def scatter_add(self: Any, dim: int, index: Any, src: Any) -> Any:
        return functional.scatter_add(self, dim, index, src)

    def _over(self: Any, dim: int, index: Any) -> tuple[Any, ...]:
        return (*(slice(None),) * (dim % self.ndim), np.asarray(raw(index)))

    def index_add(self: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
        source = source if alpha == 1 else source * alpha
        return self + ops.scatter(source, index=self._over(dim, index), shape=self.shape)

    def index_fill(self: Any, dim: int, index: Any, value: Any) -> Any:
        return ops.index_put(self, value, index=self._over(dim, index))

    def index_copy(self: Any, dim: int, index: Any, tensor: Any) -> Any:
        return ops.index_put(self, tensor, index=self._over(dim, index))

    def index_put(self: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
        places = tuple(raw(i) for i in indices)
        if not accumulate:
            return ops.index_put(self, values, index=places)
        shape = np.empty(self.shape, bool)[places].shape
        return self + ops.scatter(functional.expand(values, *shape), index=places, shape=self.shape)

    def masked_fill(self: Any, mask: Any, value: Any) -> Any:
        if isinstance(value, float) and self.dtype.kind != "f" and not math.isfinite(value):
            raise DTypeError(message(f"masked_fill: {value} in a {self.dtype} Tensor", fix="x.float(), which can hold it"))
        return functional.masked_fill(self, mask, value).astype(self.dtype)

    def masked_select(self: Any, mask: Any) -> Any:
        both = self.broadcast_tensors(mask)
        return both[0][both[1]]

    def masked_scatter(self: Any, mask: Any, source: Any) -> Any:
        mask = np.broadcast_to(raw(mask), self.shape)
        return ops.index_put(self, functional.flatten(source)[: int(mask.sum())], index=mask)

    def take(self: Any, index: Any) -> Any:
        return functional.flatten(self)[index]

    def take_along_dim(self: Any, indices: Any, dim: int | None = None) -> Any:
        return self.take(indices) if dim is None else functional.gather(self, dim, indices)

    def nonzero(self: Any, *, as_tuple: bool = False) -> Any:
        """Where the entries are not 0: a row of indices each, or a vector of indices per dimension."""
        found = np.nonzero(raw(self))
        if as_tuple:
            return tuple(Tensor(wide(i)) for i in found)
        return Tensor(wide(np.stack(found, 1)) if found else np.zeros((1, 0), np.int64))

    def argwhere(self: Any) -> Any:
        return self.nonzero()

    def broadcast_tensors(self: Any, *others: Any) -> list[Any]:
        given = [tensor_of(x) for x in (self, *others)]
        shape = np.broadcast_shapes(*[x.shape for x in given])
        return [functional.expand(x, *shape) for x in given]

    def unique(self: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
               dim: int | None = None) -> Any:
        """The different entries in order; with where each of self is among them, and how often."""
        found = np.unique(raw(self), return_inverse=True, return_counts=True, axis=dim)
        inverse, counts = wide(found[1].reshape(self.shape if dim is None else (-1,))), wide(found[2])
        out = (Tensor(found[0]), *((Tensor(inverse),) if return_inverse else ()), *((Tensor(counts),) if return_counts else ()))
        return out if len(out) > 1 else out[0]

    def unique_consecutive(self: Any, return_inverse: bool = False, return_counts: bool = False) -> Any:
        x = raw(self).reshape(-1)
        begins = np.flatnonzero(np.concatenate([np.ones(min(len(x), 1), bool), x[1:] != x[:-1]]))
        counts = np.diff(np.append(begins, len(x)))
        inverse, counts = wide(np.repeat(np.arange(len(begins)), counts).reshape(self.shape)), wide(counts)
        out = (Tensor(x[begins]), *((Tensor(inverse),) if return_inverse else ()), *((Tensor(counts),) if return_counts else ()))
        return out if len(out) > 1 else out[0]

    def bincount(self: Any, weights: Any = None, minlength: int = 0) -> Any:
        """How often each number of 0 .. max comes, or the sum of its weights."""
        counts = np.bincount(as_index(raw(self)), None if weights is None else raw(weights), minlength)
        return Tensor(wide(counts) if weights is None else counts.astype(raw(weights).dtype))

    def histc(self: Any, bins: int = 100, min: float = 0, max: float = 0) -> Any:
        x = raw(self)
        low, high = (min, max) if min != max else (x.min(), x.max())
        return Tensor(np.histogram(x, bins, (low, high))[0].astype(x.dtype))

    def quantile(self: Any, q: Any, dim: int | None = None, keepdim: bool = False) -> Any:
        return Tensor(np.asarray(np.quantile(raw(self), raw(q), axis=dim, keepdims=keepdim)).astype(self.dtype))

    def nanmean(self: Any, dim: Any = None, keepdim: bool = False) -> Any:
        kept = ops.logical_not(ops.isnan(self))
        return functional.sum(ops.where(kept, self, 0.0), dim, keepdim) / functional.sum(kept, dim, keepdim)

    def multinomial(self: Any, num_samples: int, replacement: bool = False, *, generator: Any = None) -> Any:
        """Categories drawn with probabilities in proportion to the entries of each row."""
        source = generator if generator is not None else random.source
        return Tensor(source.multinomial(raw(self), num_samples, replacement))

    def bernoulli(self: Any, p: Any = None, *, generator: Any = None) -> Any:
        """0 or 1, each entry with itself as the probability of 1."""
        source = generator if generator is not None else random.source
        drawn = source.bernoulli(raw(self)) if p is None else source.bernoulli(p, self.shape)
        return Tensor(drawn.astype(self.dtype))
