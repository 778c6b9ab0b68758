"""From sentences of different lengths to rectangular arrays: padding, masks, buckets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from tinydawn.checks import array, listed, some, whole
from tinydawn.errors import DataError, DTypeError, ShapeError, message

Ints = npt.NDArray[np.int64]


def pad(sequences: Sequence[Sequence[int]], value: int = 0, length: int | None = None) -> tuple[Ints, Ints]:
    """Sequences side by side in one array, filled up at the end with `value`.

    Args:
        sequences: B sequences of ids; some, not all of them, may be empty.
        value: the id to fill up with (`vocab.pad_id`); default 0.
        length: the T to pad to; None for the longest sequence. Nothing is ever cut off.

    Returns:
        ids (B, T) int64 and lengths (B,) int64. For time-major data use `ids.T`  # (T, B)

    Raises:
        DataError: no sequences, or only empty ones.
        DTypeError: ids that are not integers.
        ShapeError: a sequence that is not flat, or is longer than `length`.

    >>> pad([[5, 6, 7], [8]])[0].tolist()
    [[5, 6, 7], [8, 0, 0]]
    """
    sequences = listed("pad", "sequences", sequences)
    value, length = whole("pad", "value", value), None if length is None else whole("pad", "length", length, least=0)
    some("pad", "sequences", len(sequences), "pass at least one")
    rows = []
    for i, sequence in enumerate(sequences):
        row = array("pad", f"sequence {i}", sequence)
        row = row if row.size or row.ndim != 1 else np.zeros(0, np.int64)
        if row.ndim != 1:
            raise ShapeError(message(f"pad: sequence {i} has shape {row.shape}", fix="each must be a flat list of ids"))
        if not np.issubdtype(row.dtype, np.integer):
            what = f"pad: sequence {i} holds {row.dtype}, not integer ids"
            raise DTypeError(message(what, fix="encode tokens first: vocab.encode(tokens)"))
        rows.append(row)
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    longest = int(lengths.max())
    if length is None and longest == 0:
        raise DataError(message("pad: every sequence is empty", fix="drop empty sentences, or pass length="))
    if length is not None and longest > length:
        what = f"pad: sequence {int(lengths.argmax())} has {longest} ids, more than length={length}"
        raise ShapeError(message(what, fix="cut it first, or pass a larger length"))
    ids = np.full((len(rows), longest if length is None else length), value, dtype=np.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
    return ids, lengths


def padding_mask(lengths: Iterable[int], T: int | None = None) -> npt.NDArray[np.bool_]:
    """Which positions hold a real token.

    Args:
        lengths: (B,) the number of real tokens of each sequence.
        T: the padded length; None for the largest of `lengths`.

    Returns:
        (B, T) bool, True where a real token is, False on padding.

    Raises:
        ShapeError: lengths that are not a flat list, are negative, or exceed T.
    """
    sizes = _lengths(lengths, "padding_mask")
    T = int(sizes.max()) if T is None else whole("padding_mask", "T", T)
    if sizes.max() > T:
        what = f"padding_mask: a length of {int(sizes.max())} does not fit into T={T}"
        raise ShapeError(message(what, fix="pass the T of the padded array"))
    return np.arange(T) < sizes[:, None]  # (B, T)


def bucket_batches(
    lengths: Iterable[int],
    batch_size: int,
    seed: int | np.random.Generator = 0,
    shuffle: bool = True,
    pool: int = 50,
    drop_last: bool = False,
) -> list[Ints]:
    """One epoch of batches whose sequences are of similar length, so that little is padding.

    Shuffle all examples, take them in pools of `pool` batches, sort each pool by length, cut it into
    batches, and shuffle the batches. Every example comes exactly once. A larger pool means less
    padding and less randomness.

    Args:
        lengths: (N,) the length of each example.
        batch_size: examples a batch; the last one may be smaller.
        seed: an int, or a Generator to draw from (pass one to get a new order every epoch).
        shuffle: False sorts all examples by length and keeps the batches in that order (for evaluation).
        pool: batches sorted together; default 50. 1 sorts nothing: plain random batches.
        drop_last: leave out the one batch that is not full.

    Returns:
        index arrays into the examples, each (batch_size,) or, for one of them, shorter.

    Raises:
        DataError: no examples, or batch_size or pool below 1.
        ShapeError: lengths that are not a flat list of numbers >= 0.
    """
    sizes = _lengths(lengths, "bucket_batches")
    if whole("bucket_batches", "batch_size", batch_size) < 1 or whole("bucket_batches", "pool", pool) < 1:
        what = f"bucket_batches: batch_size is {batch_size}, pool is {pool}"
        raise DataError(message(what, fix="both must be at least 1"))
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(sizes)) if shuffle else np.arange(len(sizes))
    step = batch_size * pool if shuffle else len(sizes)
    if not shuffle or pool > 1:  # a stable sort, so that equal lengths stay in their shuffled order
        parts = [order[i : i + step] for i in range(0, len(order), step)]
        order = np.concatenate([part[np.argsort(sizes[part], kind="stable")] for part in parts])
    batches = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
    if drop_last and len(batches[-1]) < batch_size:
        batches.pop()
    if shuffle:
        batches = [batches[i] for i in rng.permutation(len(batches))]
    return batches


def padding_waste(lengths: Iterable[int], batches: Sequence[npt.ArrayLike]) -> float:
    """The share of padding among all positions when each batch is padded to its own longest: 0 to 1.

    Args:
        lengths: (N,) the length of each example.
        batches: index arrays, as `bucket_batches` returns.

    Raises:
        DataError: no batches.
    """
    sizes = _lengths(lengths, "padding_waste")
    chosen = [sizes[np.asarray(batch)] for batch in batches]
    positions = sum(len(part) * int(part.max()) for part in chosen)
    some("padding_waste", "tokens in any batch", positions, "pass at least one batch with tokens")
    return 1 - sum(int(part.sum()) for part in chosen) / positions


def _lengths(lengths: Iterable[int], name: str) -> Ints:
    sizes = array(name, "lengths", lengths if isinstance(lengths, np.ndarray) else listed(name, "lengths", lengths))
    some(name, "lengths", sizes.size, "pass at least one")
    if sizes.ndim != 1 or not np.issubdtype(sizes.dtype, np.integer) or sizes.min() < 0:
        what = f"{name}: lengths must be a flat list of integers >= 0, got shape {sizes.shape}, dtype {sizes.dtype}"
        raise ShapeError(message(what, fix="pass [len(s) for s in sequences]"))
    return sizes.astype(np.int64)
