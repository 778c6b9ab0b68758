"""Running text for a recurrent language model: contiguous batches, read in windows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from tinydawn.checks import array, declared, limited, whole
from tinydawn.errors import DataError, message

Ints = npt.NDArray[np.int64]


def contiguous(ids: Any, batch_size: int, first: int, pad: int | None = None) -> tuple[Ints, Ints]:
    """A long text side by side in `batch_size` pieces: inputs (T, B) and targets (T, B), each token after the one before it.

    Column b holds piece b, from top to bottom. A network that reads the rows in turn and keeps its state reads each piece as
    it was written; rows in another order, or a state that is not its own, would make the state useless.

    Args:
        ids: (N,) the ids of the text.
        batch_size: B.
        first: the id read before the first one, such as `</s>`: so every token of the text is predicted once.
        pad: None leaves out the N mod B last tokens, which suits training. An id fills the last piece up with it, so that no
            token is lost: a perplexity must leave these targets out of its sum and count all others.

    Raises:
        DataError: a text shorter than B tokens, or B below 1.

    >>> inputs, targets = contiguous([5, 6, 7, 8], 2, first=3)
    >>> inputs.tolist(), targets.tolist()
    ([[3, 6], [5, 7]], [[5, 7], [6, 8]])
    """
    made = array("contiguous", "ids", ids)
    targets = array("contiguous", "ids", made, "iu" if made.size else "fiu").reshape(-1).astype(np.int64)
    if whole("contiguous", "batch_size", batch_size) < 1 or len(targets) < batch_size:
        raise DataError(message(f"contiguous: {len(targets)} tokens in {batch_size} pieces",
                                fix="a longer text, or a batch_size of at least 1 and at most that"))
    inputs = np.concatenate([[first], targets[:-1]])
    steps = len(targets) // batch_size if pad is None else -(-len(targets) // batch_size)
    columns = []
    for row in (inputs, targets):
        row = row[:steps * batch_size]
        filled = np.concatenate([row, np.full(steps * batch_size - len(row), pad or 0)])
        columns.append(np.ascontiguousarray(filled.reshape(batch_size, steps).T))  # (T, B)
    return columns[0], columns[1]


@declared
def windows(inputs: Ints, targets: Ints, length: Annotated[int, partial(limited, least=1, fix="at least 1 step")],
            ) -> Iterator[tuple[Ints, Ints]]:
    """Cut what `contiguous` returns into pieces of `length` steps, in order: (length, B) each, the last one perhaps shorter.

    Raises DataError for a length below 1.
    """
    for start in range(0, len(inputs), length):
        yield inputs[start:start + length], targets[start:start + length]
