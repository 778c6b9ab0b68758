"""Vectors by id, out of a table, and those of bags of ids; offered as part of nn.functional."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import functional as T
from .. import ops
from ..backend import as_index, like, to_host
from ..checks import whole, word
from ..errors import IdError, OptionError, ShapeError, message
from ..functional import _check_ids, _raw
from ..graph import wrote
from ..kernels.embedding import embedding as embedding_kernel
from .losses import _like


def embedding(input: Any, weight: Any, padding_idx: int | None = None, max_norm: float | None = None, norm_type: float = 2.0,
              scale_grad_by_freq: bool = False) -> Any:
    """The rows of weight (V, E) that the ids `input` (...) name -> (..., E). Row `padding_idx` gets no gradient.

    max_norm            rows that are looked up and are longer are shortened to this length first, in the table itself
    norm_type           which length: 2 is Euclid's
    scale_grad_by_freq  the gradient of a row is divided by how often `input` names it
    """
    if weight.ndim != 2:
        raise ShapeError(message(f"embedding: weight of shape {weight.shape}", fix="(V, E), one row for each id"))
    ids = _check_ids("embedding", input, weight.shape[0])
    if max_norm is not None:
        _shorten(weight, ids, max_norm, norm_type)
    if padding_idx is None:
        y = embedding_kernel(weight, ids=ids)
    else:
        y = embedding_kernel(weight, ids=ids, padding=padding_row("embedding", padding_idx, weight.shape[0]))
    if not scale_grad_by_freq:
        return y
    _, place, count = np.unique(to_host(ids), return_inverse=True, return_counts=True)
    share = like((1 / count)[place].reshape(*ids.shape, 1).astype(y.dtype), y)
    return y * share + ops.detach(y) * (1 - share)  # the same values, and a share of the gradient


def _shorten(weight: Any, ids: Any, max_norm: float, p: float) -> None:
    """Rows of the table that are longer than max_norm become that long, in place."""
    rows = np.unique(to_host(ids))
    values = to_host(_raw(weight))[rows]
    size = np.linalg.norm(values, p, axis=1, keepdims=True)
    long = size > max_norm
    _raw(weight)[rows] = like(np.where(long, values * (max_norm / (size + 1e-7)), values).astype(values.dtype), _raw(weight))
    wrote(_raw(weight))


def embedding_bag(input: Any, weight: Any, offsets: Any = None, mode: str = "mean", per_sample_weights: Any = None,
                  include_last_offset: bool = False, padding_idx: int | None = None) -> Any:
    """The mean, sum or largest entries (mode "max") of the vectors of each bag of ids -> (B, E).

    input               ids (B, N): bags of N each; or (M,), all bags in a row, with `offsets` (B,): where each begins
    per_sample_weights  of the shape of input: what each vector is multiplied by, in mode "sum"
    padding_idx         the id that counts nothing
    include_last_offset the last of `offsets` is where the last bag ends

    An empty bag gives zeros.
    """
    word("embedding_bag", "mode", mode, ("mean", "sum", "max"))
    if weight.ndim != 2:
        raise ShapeError(message(f"embedding_bag: weight of shape {weight.shape}", fix="(V, E), one row for each id"))
    ids = to_host(_check_ids("embedding_bag", input, weight.shape[0]))
    if ids.ndim == 2:
        starts, bags = np.arange(len(ids)) * ids.shape[1], len(ids)
    elif ids.ndim == 1 and offsets is not None:
        starts = np.asarray(to_host(_raw(offsets)))
        starts = starts[:-1] if include_last_offset else starts
        bags = len(starts)
    else:
        raise ShapeError(message(f"embedding_bag: ids of shape {ids.shape}", fix="(B, N), or (M,) with offsets"))
    ids = ids.reshape(-1)
    lengths = as_index(np.diff(np.append(starts, ids.size)))
    if len(starts) and (starts[0] != 0 or (lengths < 0).any()):
        raise ShapeError(message(f"embedding_bag: offsets {starts.tolist()} for {ids.size} ids", fix="from 0, never falling"))
    bag = np.repeat(np.arange(bags), lengths)
    if per_sample_weights is not None:
        if mode != "sum":
            raise OptionError(message(f"embedding_bag: per_sample_weights with mode={mode!r}", fix='mode="sum"'))
        per_sample_weights = T.reshape(_like(per_sample_weights, weight, "embedding_bag"), -1)
    if padding_idx is not None:
        real = ids != padding_row("embedding_bag", padding_idx, weight.shape[0])
        ids, bag = ids[real], bag[real]
        per_sample_weights = None if per_sample_weights is None else per_sample_weights[real]
    vectors = embedding_kernel(weight, ids=ids)  # (M, E)
    count = np.bincount(bag, minlength=bags)
    if mode == "max":
        zero = T.reshape(T.sum(vectors[:0], 0), 1, -1)
        return T.cat([T.amax(vectors[bag == i], 0, keepdims=True) if n else zero for i, n in enumerate(count)])
    if per_sample_weights is not None:
        vectors = vectors * T.unsqueeze(per_sample_weights, 1)
    total = ops.scatter(vectors, index=(bag,), shape=(bags, weight.shape[1]))
    return total if mode == "sum" else total / like(np.maximum(count, 1)[:, None].astype(total.dtype), total)


def padding_row(name: str, padding_idx: int, entries: int) -> int:
    """Which of the rows of a table of `entries` is that of `padding_idx`, which counts from the end where it is negative."""
    if not -entries <= whole(name, "padding_idx", padding_idx) < entries:
        raise IdError(message(f"{name}: padding_idx {padding_idx} is outside 0 .. {entries - 1}",
                              fix="the id that pads, often 0"))
    return padding_idx % entries
