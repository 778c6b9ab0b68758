"""Sequences of different lengths in one batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ....backend import to_host
from ....nn import packing
from ....nn.packing import PackedSequence, pad_packed_sequence, pad_sequence, unpack_sequence, unpad_sequence
from ....tensor import Tensor
from ... import sorting
from ...absent import answer

__all__ = [
    "PackedSequence", "pack_padded_sequence", "pack_sequence", "pad_packed_sequence", "pad_sequence", "unpack_sequence",
    "unpad_sequence",
]


def pack_padded_sequence(input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True) -> PackedSequence:
    """nn.packing.pack_padded_sequence, with sequences of one length in the order in which PyTorch sorts them."""
    packed = packing.pack_padded_sequence(input, lengths, batch_first, enforce_sorted)
    if packed.sorted_indices is None or len(packed.sorted_indices) <= sorting.FEW:
        return packed
    ends = np.array([int(n) for n in lengths])
    return packing.pack_in_order(input, ends, to_host(sorting.argsort(Tensor(ends), descending=True).array), batch_first)


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences (length, *) as a packed batch."""
    return pack_padded_sequence(pad_sequence(sequences), [len(x) for x in sequences], enforce_sorted=enforce_sorted)


__getattr__ = answer("torch.nn.utils.rnn", globals())
