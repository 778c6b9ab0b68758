"""From sentences of different lengths to rectangular arrays: padding, masks, buckets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from tinydawn.checks import array, listed, some, whole
from tinydawn.errors import DataError, DTypeError, ShapeError, message

Ints = npt.NDArray[np.int64]
MAX_TOKENS = 32_768  # of a batch, padding included: fifty texts of 655 words, or one of 20,000


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
    max_tokens: int = MAX_TOKENS,
) -> list[Ints]:
    """One epoch of batches whose sequences are of similar length, so that little is padding.

    Shuffle all examples, take them in pools of `pool` batches, sort each pool by length, cut it into
    batches, and shuffle the batches. Every example comes exactly once. A larger pool means less
    padding and less randomness.

    One example of 20,000 words would make 50 times 20,000 places of its batch. So examples longer than
    max_tokens / batch_size have batches of their own: half as many examples up to twice that length, a
    quarter up to four times, ... How many batches there are does not depend on the seed.

    Args:
        lengths: (N,) the length of each example.
        batch_size: examples a batch; the last one may be smaller, and so are those of long examples.
        seed: an int, or a Generator to draw from (pass one to get a new order every epoch).
        shuffle: False sorts all examples by length and keeps the batches in that order (for evaluation).
        pool: batches sorted together; default 50. 1 sorts nothing: plain random batches.
        drop_last: leave out the one batch that is not full, of long examples too.
        max_tokens: the most places in a batch, the longest example times the number of examples; one example
            alone may have more.

    Returns:
        index arrays into the examples, each (batch_size,) or, for one of them and for long examples, shorter.

    Raises:
        DataError: no examples, or batch_size, pool or max_tokens below 1.
        ShapeError: lengths that are not a flat list of numbers >= 0.
    """
    sizes = _lengths(lengths, "bucket_batches")
    given = {"batch_size": batch_size, "pool": pool, "max_tokens": max_tokens}
    if min(whole("bucket_batches", name, n) for name, n in given.items()) < 1:
        what = f"bucket_batches: {', '.join(f'{name} is {n}' for name, n in given.items())}"
        raise DataError(message(what, fix="all must be at least 1"))
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(sizes)) if shuffle else np.arange(len(sizes))
    batches: list[Ints] = []
    usual, longest = max(max_tokens // batch_size, 1), -1
    while longest < sizes.max():  # examples of up to the usual length, then those up to twice that, ...
        shortest, longest = longest, usual if longest < 0 else 2 * longest
        size = max(1, min(batch_size, max_tokens // longest))
        part = order[(sizes[order] > shortest) & (sizes[order] <= longest)]
        batches += _sorted_batches(part, sizes, size, pool if shuffle else len(sizes), drop_last)
    if shuffle:
        batches = [batches[i] for i in rng.permutation(len(batches))]
    return batches


def _sorted_batches(order: Ints, sizes: Ints, size: int, pool: int, drop_last: bool) -> list[Ints]:
    """Examples in this order, each `pool` batches of them sorted by length."""
    if pool > 1:  # a stable sort, so that equal lengths stay in their shuffled order
        parts = [order[i : i + size * pool] for i in range(0, len(order), size * pool)]
        order = np.concatenate([order[:0], *(part[np.argsort(sizes[part], kind="stable")] for part in parts)])
    batches = [order[i : i + size] for i in range(0, len(order), size)]
    return batches[:-1] if drop_last and batches and len(batches[-1]) < size else batches


def cut_batches(lengths: Iterable[int], batch_size: int, max_tokens: int = MAX_TOKENS) -> list[Ints]:
    """Batches of neighbours, for examples whose order is to stay: (0, 1, 2, ...), (..., N - 1).

    Args:
        lengths: (N,) the length of each example.
        batch_size: the most examples in a batch.
        max_tokens: the most places in a batch, as in `bucket_batches`.

    Raises:
        DataError: no examples, or batch_size or max_tokens below 1.

    >>> [batch.tolist() for batch in cut_batches([3, 3, 3, 90, 3], 2, max_tokens=100)]
    [[0, 1], [2], [3], [4]]
    """
    sizes = _lengths(lengths, "cut_batches")
    most = whole("cut_batches", "max_tokens", max_tokens)
    if whole("cut_batches", "batch_size", batch_size) < 1 or most < 1:
        what = f"cut_batches: batch_size is {batch_size}, max_tokens is {max_tokens}"
        raise DataError(message(what, fix="both must be at least 1"))
    starts, longest = [0], 0
    for i, length in enumerate(sizes.tolist()):
        longest, count = max(longest, length), i - starts[-1] + 1
        if count > batch_size or (count > 1 and longest * count > most):
            starts.append(i)
            longest = length
    return np.split(np.arange(len(sizes)), starts[1:])


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
