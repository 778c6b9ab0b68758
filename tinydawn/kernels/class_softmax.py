"""The fast kernel of the class-based softmax: one product per class that a batch needs, in place of one over all words."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import functional as T
from ..backend import Array, as_index, column_sums, xp_of
from ..graph import Traced
from .fuse import fuse

# Words are numbered so that each class is a run: class k has the words first[k] .. first[k + 1] - 1.


def _class_cross_entropy_twin(h: Any, weight: Any, bias: Any, *, target: Array, first: Array) -> Any:
    """-log p(word | its class, h): the softmax of h Wᵀ + b, only over the words of the target's class.

    h (N, H), weight (V, H), bias (V,), target (N,) ids of words, first (C + 1,) where each class begins -> (N,)
    """
    logits = T.matmul(h, T.transpose(weight, 0, 1)) + bias  # (N, V)
    k: Any = np.searchsorted(first, target, side="right")  # of each target, one more than its class
    words = np.arange(first[-1])
    outside = (words < first[k - 1][:, None]) | (words >= first[k][:, None])  # (N, V)
    log_p = T.log_softmax(T.masked_fill(logits, outside, -np.inf), axis=1)
    return -T.getitem(log_p, (np.arange(len(target)), target))


def _class_cross_entropy(h: Array, weight: Array, bias: Array, *, target: Array, first: Array, cache: dict[str, Any]) -> Array:
    """The rows sorted by class; the logits of all groups lie in one row of numbers, so that what follows is done at once."""
    xp = xp_of(h)
    k: Any = np.searchsorted(first, target, side="right") - 1
    order = np.argsort(k, kind="stable")
    k, wide = k[order], as_index(np.diff(first))[k[order]]  # of each row its class, and how many words that has
    ends = np.cumsum(wide)
    begins = ends - wide  # of each row its place in z
    z = xp.empty(int(ends[-1]) if len(ends) else 0, dtype=xp.result_type(h, weight))
    cache["rows"], cache["z"], cache["order"], cache["begins"] = h[order], z, order, begins
    cache["groups"] = list(_groups(k, first, begins, ends))
    for rows, words, part in cache["groups"]:
        out = z[part].reshape(rows.stop - rows.start, -1)  # (n, words)
        xp.matmul(cache["rows"][rows], weight[words].T, out=out)
        out += bias[words]
    at = begins + target[order] - first[k]  # where each row's target is
    losses = xp.empty(len(target), dtype=z.dtype)
    if len(order):
        z -= xp.repeat(xp.maximum.reduceat(z, begins), wide)
        picked = z[at]
        zeros = np.flatnonzero(z == 0)
        top = zeros[np.searchsorted(zeros, begins).clip(max=len(zeros) - 1)] if len(zeros) else begins  # of each row the largest
        xp.exp(z, out=z)
        z[top] = 0
        others = xp.add.reduceat(z, begins)  # the largest apart: see kernels/losses.py
        losses[order] = xp.log1p(others) - picked
        share = 1 / (1 + others)
        z *= xp.repeat(share, wide)
        z[top] = share
        z[at] = xp.where(top == at, -others * share, z[at] - 1)
    cache["wide"] = wide
    return losses


def _groups(k: Array, first: Array, begins: Array, ends: Array) -> Iterator[tuple[slice, slice, slice]]:
    """Each class among the sorted `k`: its rows, its words, and where their logits lie."""
    edges = [*np.flatnonzero(np.diff(k, prepend=-1)).tolist(), len(k)]
    for start, stop in itertools.pairwise(edges):
        group = int(k[start])
        yield (slice(start, stop), slice(int(first[group]), int(first[group + 1])),
               slice(int(begins[start]), int(ends[stop - 1])))


def _class_cross_entropy_backward(g: Array, y: Array, h: Array, weight: Array, bias: Array, *, target: Array, first: Array,
                                  cache: dict[str, Any], needs: Sequence[bool]) -> Any:
    """Of each row's logits the gradient is p - 1 at the target and p elsewhere, times g."""
    xp, order = xp_of(g), cache["order"]
    dz = cache["z"] * xp.repeat(g[order], cache["wide"])
    dh, dw, db = xp.empty(h.shape, dtype=dz.dtype), xp.zeros_like(weight), xp.zeros_like(bias)
    for rows, words, part in cache["groups"]:
        d = dz[part].reshape(rows.stop - rows.start, -1)  # (n, words)
        xp.matmul(d, weight[words], out=dh[rows])
        xp.matmul(d.T, cache["rows"][rows], out=dw[words])
        db[words] = column_sums(d)
    back = xp.empty_like(dh)
    back[order] = dh
    return back, dw, db


_kernel = fuse("class_cross_entropy", _class_cross_entropy, _class_cross_entropy_backward, _class_cross_entropy_twin)


def class_cross_entropy(h: Any, weight: Any, bias: Any, *, target: Array, first: Array) -> Any:
    """The kernel on the host; on a device, which has no maximum.reduceat, its twin."""
    run = _kernel if xp_of(h if not isinstance(h, Traced) else h.array) is np else _class_cross_entropy_twin
    return run(h, weight, bias, target=target, first=first)
