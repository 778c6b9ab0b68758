"""Reductions and orders: along dim=, with keepdim=, and as named pairs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import functional, ops
from ...errors import DTypeError, message
from ...graph import Traced
from .. import dtypes, sorting
from ..spelling import NAMES, spelled
from .common import Pair, pair


def _reduction(function: Callable[..., Any], widens: bool = False) -> Callable[..., Any]:
    """A reduction with dim=, keepdim=, and dtype=, in which it is then computed; `widens`: of whole numbers in int64."""

    def method(self: Any, *args: Any, dtype: Any = None, **kwargs: Any) -> Any:
        if dtype is None and widens and self.dtype.kind in "bui":
            dtype = dtypes.int64
        x = self if dtype is None else self.astype(dtype)
        args = tuple([None if a == () else a for a in args])  # of no dimension means of all
        named = {NAMES.get(k, k): None if v == () else v for k, v in kwargs.items()}
        found = function(x, *args, **named)
        return found if dtype is None or found.dtype == dtype else found.astype(dtype)

    method.__name__, method.__doc__ = function.__name__, function.__doc__
    return method


Max, Min, Sort, Topk, Median = (pair(name) for name in ("max", "min", "sort", "topk", "median"))


def _along(made: type[Pair], pick: Callable[..., Any], whole: Callable[..., Any],
           pairwise: Callable[..., Any]) -> Callable[..., Any]:
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
        return made(values, indices) if keepdim or not self.ndim else made(functional.squeeze(values, dim),
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


def _dim(name: str, dim: int | None, axis: int | None) -> int:
    """The one that was given; torch.nn.functional chooses one where none is, methods do not."""
    given = axis if dim is None else dim
    if given is None:
        raise DTypeError(message(f"{name}: along which dim?", fix=f"x.{name}(dim=-1), along the last"))
    return given


class Reductions:
    """Methods of Tensor."""

    mean, prod = _reduction(functional.mean), _reduction(functional.prod, widens=True)
    amax, amin, logsumexp = _reduction(functional.amax), _reduction(functional.amin), _reduction(functional.logsumexp)
    any, all = spelled(functional.any), spelled(functional.all)
    argmax, argmin = spelled(functional.argmax), spelled(functional.argmin)
    cumsum = _reduction(functional.cumsum, widens=True)
    max = _along(Max, functional.argmax, functional.amax, ops.maximum)
    min = _along(Min, functional.argmin, functional.amin, ops.minimum)
    var, std = _variance(functional.var), _variance(functional.std)

    def sum(self: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, axis: Any = None,
            keepdims: bool = False) -> Any:
        """Sum over `dim` (default: over all)."""
        x: Any = self
        if dtype is not None or x.dtype.kind in "bu":
            x = x.astype(dtypes.int64 if dtype is None else dtype)
        found = functional.sum(x, axis if dim is None or dim == () else dim, keepdim or keepdims)
        return found if dtype is None else found.astype(dtype)

    def norm(self: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, *, dtype: Any = None, axis: Any = None,
             keepdims: bool = False) -> Any:
        """The p-norm along `dim` (default: of all entries)."""
        dim = None if dim == () else dim
        x = self if dtype is None else self.astype(dtype)
        return functional.norm(x, 2 if p in ("fro", None) else p, axis if dim is None else dim, keepdim or keepdims)

    def sort(self: Any, dim: int = -1, descending: bool = False, *, stable: bool = False, axis: int | None = None) -> Pair:
        """The entries in order along `dim`, and the indices they had; equal ones as in PyTorch, or `stable`, as they were."""
        dim = dim if axis is None else axis
        order = (functional if stable else sorting).argsort(self, dim, descending)
        return Sort(functional.gather(self, dim, order), order)

    def argsort(self: Any, dim: int = -1, descending: bool = False, *, stable: bool = False, axis: int | None = None) -> Any:
        """The indices that sort along `dim`; see sort."""
        return (functional if stable else sorting).argsort(self, dim if axis is None else axis, descending)

    def topk(self: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True, *, axis: int | None = None) -> Pair:
        """The k largest entries along `dim`, or the smallest, in order, and their indices."""
        dim = dim if axis is None else axis
        if largest:
            return Topk(*functional.topk(self, k, dim))
        order = functional.argsort(self, dim)
        order = order[(slice(None),) * (dim % max(self.ndim, 1)) + (slice(k),)]
        return Topk(functional.gather(self, dim, order), order)

    def median(self: Any, dim: int | None = None, keepdim: bool = False) -> Any:
        """The lower of the two in the middle; along `dim` as a pair with its index."""
        x = functional.flatten(self) if dim is None else self
        axis = -1 if dim is None else dim
        n = x.shape[axis] if x.ndim else 1
        order = functional.index_select(functional.argsort(x, axis), axis, np.array([(n - 1) // 2]))
        values = functional.gather(x, axis, order)
        if dim is None:
            return ops.reshape(values, shape=())
        return Median(values, order) if keepdim else Median(functional.squeeze(values, axis), functional.squeeze(order, axis))

    def cumprod(self: Any, dim: int, *, dtype: Any = None) -> Any:
        """Running product along `dim`."""
        if dtype is None and self.dtype.kind in "bui":
            dtype = dtypes.int64
        x = self if dtype is None else self.astype(dtype)
        parts = [functional.index_select(x, dim, np.array([i])) for i in range(x.shape[dim])]
        for i in range(1, len(parts)):
            parts[i] = parts[i - 1] * parts[i]
        return functional.cat(parts, dim) if parts else x

    def softmax(self: Any, dim: int | None = None, dtype: Any = None, *, axis: int | None = None) -> Any:
        """exp(x) / sum(exp(x)) along `dim`."""
        from ..nn.functional import softmax

        return softmax(self, _dim("softmax", dim, axis), dtype=dtype)

    def log_softmax(self: Any, dim: int | None = None, dtype: Any = None, *, axis: int | None = None) -> Any:
        """log(softmax(x)) along `dim`."""
        from ..nn.functional import log_softmax

        return log_softmax(self, _dim("log_softmax", dim, axis), dtype=dtype)
