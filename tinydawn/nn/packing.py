"""Batches of sequences of different lengths: padded to one length, or packed without what is padding.

Packed, a batch is one array of all real steps, in the order of time: first those of step 0, the longest sequence first, then
those of step 1, of the sequences that have one, and so on; batch_sizes says how many there are of each. So what is computed
step by step takes a slice at each, and computes nothing that is padding. The layers of nn.rnn take such a batch; without it they
take `lengths`, which comes to the same.

Shapes: T time, B batch, N all real steps, * the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from .. import creation, ops, shaping
from ..backend import to_host
from ..checks import declared
from ..errors import DTypeError, ShapeError, message
from ..tensor import Tensor


class _Packed(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None = None
    unsorted_indices: Tensor | None = None


class PackedSequence(_Packed):
    """A packed batch, as pack_padded_sequence makes it.

    data              (N, *) all real steps
    batch_sizes       (T,) how many sequences have a step t; it never grows
    sorted_indices    (B,) which sequence stands where, the longest first; None if they came in this order
    unsorted_indices  (B,) where in this order each sequence stands; None likewise
    """

    __slots__ = ()

    def __new__(cls, data: Any, batch_sizes: Any = None, sorted_indices: Any = None,
                unsorted_indices: Any = None) -> PackedSequence:
        if unsorted_indices is None and sorted_indices is not None:
            unsorted_indices = Tensor(np.argsort(to_host(sorted_indices.array)))
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """With its data on another device, or of another dtype."""
        return self._replace(data=self.data.to(*args, **kwargs))

    def cpu(self) -> PackedSequence:
        return self.to("cpu")

    def cuda(self) -> PackedSequence:
        return self.to("cuda")

    def float(self) -> PackedSequence:
        return self._replace(data=self.data.float())

    def double(self) -> PackedSequence:
        return self._replace(data=self.data.double())

    def long(self) -> PackedSequence:
        return self._replace(data=self.data.long())


@declared
def pad_sequence(sequences: Any, batch_first: bool = False, padding_value: float = 0.0,
                 padding_side: Literal["right", "left"] = "right") -> Tensor:
    """Sequences (length, *) as one Tensor (T, B, *), or (B, T, *) with batch_first, filled up to the longest with padding_value.

    >>> from tinydawn import tensor
    >>> pad_sequence([tensor([1, 2, 3]), tensor([4])], batch_first=True)
    tensor([[1, 2, 3],
            [4, 0, 0]])
    """
    parts = list(sequences)
    if not parts or not all(isinstance(x, Tensor) and x.ndim for x in parts):
        raise DTypeError(message("pad_sequence: no sequences, or one that is no Tensor with an axis of time",
                                 fix="a list of Tensors, at least one"))
    rest, longest = parts[0].shape[1:], max(len(x) for x in parts)
    if wrong := [x.shape for x in parts if x.shape[1:] != rest]:
        raise ShapeError(message(f"pad_sequence: shapes {parts[0].shape} and {wrong[0]}", fix="they may differ in length alone"))
    padded = []
    for x in parts:
        if len(x) < longest:
            fill = creation.full((longest - len(x), *rest), padding_value, dtype=x.dtype)
            x = shaping.cat([x, fill] if padding_side == "right" else [fill, x])
        padded.append(x)
    return shaping.stack(padded, 0 if batch_first else 1)


@declared
def pack_padded_sequence(input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True) -> PackedSequence:
    """A padded batch (T, B, *), or (B, T, *) with batch_first, without its padding.

    lengths         (B,) whole numbers, 1 or more
    enforce_sorted  the longest sequence must come first, and so on; False: in any order, and they are sorted here

    Raises ShapeError for lengths that are not of this batch, or not in this order.
    """
    ends = _lengths("pack_padded_sequence", lengths)
    steps, batch = (input.shape[1], input.shape[0]) if batch_first else input.shape[:2]
    if ends.shape != (batch,) or (ends < 1).any() or (ends > steps).any():
        raise ShapeError(message(f"pack_padded_sequence: lengths {ends.tolist()} of a batch of {batch} sequences, {steps} steps",
                                 fix="one for each sequence, from 1 up to the steps; batch_first says which axis is which"))
    if not enforce_sorted:
        return pack_in_order(input, ends, np.argsort(-ends, kind="stable"), batch_first)
    if (np.diff(ends) > 0).any():
        raise ShapeError(message(f"pack_padded_sequence: lengths {ends.tolist()} grow", fix="enforce_sorted=False"))
    sizes = _sizes(ends)
    return PackedSequence(_pack(input, sizes, None, batch_first), Tensor(sizes))


def pack_in_order(input: Tensor, lengths: np.ndarray, order: np.ndarray, batch_first: bool) -> PackedSequence:
    """A padded batch, packed in this order of its sequences, the longest first."""
    sizes = _sizes(lengths[order])
    return PackedSequence(_pack(input, sizes, order, batch_first), Tensor(sizes), Tensor(order))


def _sizes(ends: np.ndarray) -> np.ndarray:
    """(T,) how many sequences have a step t, of lengths that do not grow."""
    return (np.arange(ends[0])[:, None] < ends).sum(1)


def pack_like(input: Tensor, packed: PackedSequence, batch_first: bool) -> PackedSequence:
    """A padded batch, packed as another one is: what a layer made of that one."""
    order = packed.sorted_indices
    data = _pack(input, to_host(packed.batch_sizes.array), None if order is None else to_host(order.array), batch_first)
    return packed._replace(data=data)


def _pack(input: Tensor, sizes: np.ndarray, order: np.ndarray | None, batch_first: bool) -> Tensor:
    """The real steps of a padded batch, of whose sequences, in this order, the first sizes[t] have a step t."""
    time, row = (np.arange(sizes[0]) < sizes[:, None]).nonzero()  # in the order of time, and at each step in that of the batch
    row = row if order is None else order[row]
    return input[(row, time) if batch_first else (time, row)]


@declared
def pad_packed_sequence(sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0,
                        total_length: int | None = None) -> tuple[Tensor, Tensor]:
    """What pack_padded_sequence took: the padded batch (T, B, *) in its order, and the lengths (B,).

    total_length  the T to pad to, by default that of the longest. Raises ShapeError if that is longer.
    """
    sizes, order = to_host(sequence.batch_sizes.array), sequence.unsorted_indices
    longest = len(sizes)
    steps = longest if total_length is None else total_length
    if steps < longest:
        raise ShapeError(message(f"pad_packed_sequence: total_length {steps}, and a sequence of {longest} steps",
                                 fix=f"{longest} or more"))
    real = np.zeros((steps, sizes[0]), bool)
    real[:longest] = np.arange(sizes[0]) < sizes[:, None]  # (T, B)
    place = np.zeros(real.shape, np.int64)  # in data; 0 where there is padding, which is replaced below
    place[real] = np.arange(len(sequence.data))
    if order is not None:
        columns = to_host(order.array)
        real, place = real[:, columns], place[:, columns]
    lengths = real.sum(0)
    if batch_first:
        real, place = real.T, place.T
    padded = sequence.data[place]
    if not real.all():
        fill = np.asarray(padding_value, padded.dtype)
        padded = ops.where(real.reshape(*real.shape, *[1] * (padded.ndim - 2)), padded, fill)
    return padded, Tensor(lengths)


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences (length, *) as a packed batch."""
    return pack_padded_sequence(pad_sequence(sequences), [len(x) for x in sequences], enforce_sorted=enforce_sorted)


def unpad_sequence(padded_sequences: Tensor, lengths: Any, batch_first: bool = False) -> list[Tensor]:
    """The sequences of a padded batch, each with its own length."""
    ends = _lengths("unpad_sequence", lengths)
    return [padded_sequences[(i, slice(int(n))) if batch_first else (slice(int(n)), i)] for i, n in enumerate(ends)]


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences of a packed batch, each with its own length."""
    return unpad_sequence(*pad_packed_sequence(packed_sequences))


def _lengths(name: str, lengths: Any) -> np.ndarray:
    ends = to_host(lengths.array) if isinstance(lengths, Tensor) else np.asarray([int(n) for n in lengths], np.int64)
    if ends.dtype.kind not in "iu" or ends.ndim != 1:
        raise DTypeError(message(f"{name}: lengths of dtype {ends.dtype} and shape {ends.shape}", fix="whole numbers in a list"))
    return ends.astype(np.int64)
