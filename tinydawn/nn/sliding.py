"""Attention through a sliding window, in time and memory O(n w): nowhere is there an array of n x n.

Shapes: B batch, H heads, T = n positions, d width of a head, G global positions. The window w is the *total* width, as in the
paper and in Hugging Face's `attention_window`: w / 2 positions on each side, and the position itself, so w + 1 keys. The
paper's own code calls the half `attention_window`, the reach to one side.
Source: Beltagy, Peters and Cohan 2020 (Longformer).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np

from .. import functional as T
from .. import ops
from ..checks import whole
from ..errors import DTypeError, IdError, ShapeError, message
from ..functional import _raw
from ..kernels.attention import attention
from ..kernels.masking import quiet

SCORES = 1 << 18  # how many are made at once: they stay in the cache, so that a token of a long sequence costs no more
BLOCK = 32  # queries in a chunk, if the window is not wider: smaller matrices would cost more to begin than to multiply


def sliding_window_attention(query: Any, key: Any, value: Any, window: int, dilation: int | Sequence[int] = 1,
                             global_positions: Sequence[int] = (), key_padding_mask: Any = None) -> Any:
    """softmax(Q Kᵀ / sqrt(d)) V over the keys in each query's window only: (B, H, T, d) three times -> (B, H, T, d).

    window            w, even: query t looks at keys t - w/2 .. t + w/2, as far as there are any
    dilation          looks at every d-th key only: t - d w/2, .., t - d, t, t + d, .., t + d w/2. One for all heads, or
                      one for each of the H heads
    global_positions  positions that look at everything, and that everything looks at, such as that of [CLS]
    key_padding_mask  (B, T) booleans, True where a key is padding and may not be looked at. A padding position itself sees
                      itself too, so that it is never left with nothing; what comes out there means nothing

    The same as F.scaled_dot_product_attention under `sliding_window_mask`, which makes T x T scores and then forgets most of
    them. Here the sequence is cut into chunks of max(w/2, 32) queries; a chunk looks at its own keys and at w/2 more on each
    side, so there are T x (chunk + w) scores. With dilation d the sequence is first dealt out to d sequences, like cards,
    in which the neighbours are side by side. Errors: shapes, an odd window, a position that there is not.
    """
    half, dilations = _check(query, key, value, window, dilation)
    batch, _, steps, _ = query.shape
    places = _places(global_positions, steps)  # (G,)
    real = ~_padding(key_padding_mask, batch, steps)  # (1 or B, T)
    if not real.all():
        query, key, value = (quiet(x, ~real[:, None]) for x in (query, key, value))
    parts, start = [], 0
    for d, run in itertools.groupby(dilations):  # neighbouring heads of one dilation go together
        chosen = slice(start, start + len(list(run)))
        q, k, v = (query, key, value) if len(set(dilations)) == 1 else (x[:, chosen] for x in (query, key, value))
        parts.append(_banded(q, k, v, half, d, places, real))
        start = chosen.stop
    out = parts[0] if len(parts) == 1 else T.cat(parts, axis=1)  # (B, H, T, d)
    if not len(places):
        return out
    at_places = (slice(None), slice(None), places)
    mask = (real[:, None] | (np.arange(steps) == places[:, None]))[:, None]  # (1 or B, 1, G, T)
    everything = attention(query[at_places], key, value, mask=None if real.all() else mask,
                                 scale=1 / math.sqrt(query.shape[-1]))  # (B, H, G, d)
    is_global = np.isin(np.arange(steps), places)[:, None]  # (T, 1)
    return ops.where(is_global, ops.scatter(everything, index=at_places, shape=out.shape), out)


def sliding_window_mask(n: int, window: int, dilation: int | Sequence[int] = 1,
                        global_positions: Sequence[int] = ()) -> np.ndarray:
    """Who may look at whom, as booleans (n, n), or with a dilation per head (H, n, n): what the window costs if it is a mask.

    The definition of `sliding_window_attention`, to compare with and to draw. Arguments as there.
    """
    half, places = _half(window), _places(global_positions, n)
    distance = np.abs(np.arange(n) - np.arange(n)[:, None])  # (n, n)
    dilations = _dilations(dilation, 1 if isinstance(dilation, int) else len(dilation))
    mask = np.stack([(distance % d == 0) & (distance <= half * d) for d in dilations])  # (H, n, n)
    mask[:, places, :] = True
    mask[:, :, places] = True
    return mask[0] if isinstance(dilation, int) else mask


def _banded(query: Any, key: Any, value: Any, half: int, dilation: int, places: np.ndarray, real: np.ndarray) -> Any:
    """The window, and the global keys, of heads (B, H, T, d) of one dilation. What it gives at `places` is to be replaced."""
    batch, heads, steps, _ = query.shape
    length = -(-steps // dilation)  # of each of the sequences that are dealt out
    half = min(half, length)  # farther away there is nothing
    chunk = max(half, min(BLOCK, length))
    chunks = -(-length // chunk)
    missing = chunks * chunk * dilation - steps
    around = (chunk * dilation, chunk * dilation + missing)  # a chunk of nothing on both sides
    q = _cut(query, (0, missing), chunk, dilation)  # (B, N, D, H, chunk, d): N chunks of D sequences
    k, v = (_cut(x, around, chunk, dilation) for x in (key, value))  # (B, 1 + N + 1, D, H, chunk, d)
    seen = real.copy()
    seen[:, places] = False  # a global key is given to all below, and must not count twice
    seen = _cut(seen[:, None, :, None], around, chunk, dilation)  # (1 or B, 1 + N + 1, D, 1, chunk, 1)
    distance = np.arange(-half, chunk + half) - np.arange(chunk)[:, None]  # (chunk, chunk + w): from query to key
    near = np.abs(distance) <= half
    everywhere = [x[:, None, None, :, places] for x in (key, value)] if len(places) else []  # (B, 1, 1, H, G, d)

    parts = []
    at_once = max(1, SCORES // (batch * dilation * heads * chunk * (chunk + 2 * half + len(places))))
    for i in range(0, chunks, at_once):
        few = q[:, i:i + at_once] if at_once < chunks else q  # (B, N', D, H, chunk, d)
        keys, values = (_neighbours(x, i, few.shape[1], half) for x in (k, v))  # (B, N', D, H, chunk + w, d)
        mask = near & _neighbours(seen, i, few.shape[1], half).swapaxes(-1, -2) | (distance == 0)
        if len(places):
            keys, values = (T.cat([x, T.broadcast_to(g, (*x.shape[:4], *g.shape[4:]))], axis=-2)
                            for x, g in zip((keys, values), everywhere, strict=True))  # (B, N', D, H, chunk + w + G, d)
            shown = np.broadcast_to(real[:, None, None, None, None, places], (*mask.shape[:-1], len(places)))
            mask = np.concatenate([mask, shown], axis=-1)  # (1 or B, N', D, 1, chunk, chunk + w + G)
        out = attention(few, keys, values, mask=mask, scale=1 / math.sqrt(query.shape[-1]))
        parts.append(ops.permute(out, axes=(0, 1, 4, 2, 3, 5)))  # (B, N', chunk, D, H, d)
    out = parts[0] if len(parts) == 1 else T.cat(parts, axis=1)
    out = out.reshape(batch, steps + missing, heads, value.shape[-1])
    return (out[:, :steps] if missing else out).transpose(1, 2)  # (B, H, T, d)


def _cut(x: Any, around: tuple[int, int], chunk: int, dilation: int) -> Any:
    """(B, H, T, d), with `around` zeros before and after -> (B, N, D, H, chunk, d): place i of chunk n in sequence r of D
    is position (n chunk + i) D + r."""
    batch, heads, _, width = x.shape
    x = ops.permute(x, axes=(0, 2, 1, 3))  # (B, T, H, d), which is how a projection leaves it in memory
    if any(around):
        x = ops.pad(x, widths=((0, 0), around, (0, 0), (0, 0)))
    return ops.permute(ops.reshape(x, shape=(batch, -1, chunk, dilation, heads, width)), axes=(0, 1, 3, 4, 2, 5))


def _neighbours(x: Any, first: int, count: int, half: int) -> Any:
    """Of (B, 1 + N + 1, .., chunk, d) some chunks, each with `half` of what stands on both sides of it:
    (B, count, .., half + chunk + half, d)."""
    ends = (slice(x.shape[-2] - half, None), slice(None), slice(None, half))  # of the chunk before, here, after
    return T.cat([x[:, first + i:first + i + count, ..., end, :] for i, end in enumerate(ends)], axis=-2)


def _check(query: Any, key: Any, value: Any, window: int, dilation: Any) -> tuple[int, list[int]]:
    if not all(hasattr(x, "permute") for x in (query, key, value)):
        raise DTypeError(message("sliding_window_attention: query, key and value are Tensors", fix="td.tensor(array)"))
    if query.ndim != 4 or query.shape != key.shape or key.shape[:-1] != value.shape[:-1] or 0 in query.shape:
        raise ShapeError(message(
            f"sliding_window_attention: query {query.shape}, key {key.shape} and value {value.shape} do not fit",
            fix="(B, H, T, d) for all three: one sequence looks at itself"))
    steps = query.shape[2]  # a dilation that leads out of the sequence is one of its length
    return _half(window), [min(d, steps) for d in _dilations(dilation, query.shape[1])]


def _half(window: int) -> int:
    if whole("sliding window", "window", window) < 0 or window % 2:
        raise ShapeError(message(f"sliding window: a window of {window}",
                                 fix="an even number: the total width, half of it on each side"))
    return window // 2


Window = Annotated[int, lambda name, what, x: 2 * _half(x)]  # an even total width


def _dilations(dilation: int | Sequence[int], heads: int) -> list[int]:
    given: Any = dilation if isinstance(dilation, (list, tuple, np.ndarray)) else [dilation] * heads
    found = [whole("sliding window", "a dilation", d) for d in given]
    if len(found) != heads or not found or min(found) < 1:
        raise ShapeError(message(f"sliding window: dilation {dilation} for {heads} heads",
                                 fix="a number of at least 1, or one for each head"))
    return found


def _places(global_positions: Sequence[int], steps: int) -> np.ndarray:
    places = np.asarray([whole("sliding window", "a global position", p) for p in global_positions], np.int64)
    if len(places) and not 0 <= places.min() <= places.max() < steps:
        raise IdError(message(f"sliding window: global positions {places.tolist()} of {steps}", fix=f"0 .. {steps - 1}"))
    return np.unique(places)


def _padding(mask: Any, batch: int, steps: int) -> np.ndarray:
    """(B, T) as it was given, or nothing padded, (1, T)."""
    if mask is None:
        return np.zeros((1, steps), bool)
    raw = np.asarray(_raw(mask))
    if raw.shape != (batch, steps) or raw.dtype.kind != "b":
        raise ShapeError(message(f"sliding_window_attention: key_padding_mask {raw.dtype} of shape {raw.shape}",
                                 fix=f"booleans of shape ({batch}, {steps}), True where a key is padding"))
    return raw
