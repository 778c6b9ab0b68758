"""In which order PyTorch's sort leaves equal entries.

PyTorch sorts by the C++ library's std::sort, which may leave equal entries in any order, but does so by a rule. A program that
orders its batch by length goes by it: which sequence stands where says which random numbers it gets. So equal entries are put
where that rule puts them; of different ones there is only one order, and NumPy finds it.

The rule is introsort [1], as the GNU C++ library has it. As long as a piece has more than 16 entries, the median of its second,
middle and last entry is swapped with the first, and the others are divided by it: from both ends, entries on the wrong side
change places. At last one pass of insertion sort goes over all. A piece that has been divided too often would be sorted by a
heap; that happens to hardly any but numbers made for it, and then equal entries stay in the order they had.

[1] Musser: Introspective sorting and selection algorithms (1997)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import functional
from ..tensor import Tensor

FEW = 16  # entries that insertion sort does alone, which keeps the order of equal ones
MANY = 2**14  # entries for which this would take too long: equal ones keep their order


def argsort(x: Tensor, axis: int = -1, descending: bool = False) -> Tensor:
    """The indices that sort x along an axis; equal entries as torch.sort leaves them. On a device they keep their order."""
    found = functional.argsort(x, axis, descending)
    if x.ndim == 0 or not FEW < x.shape[axis] <= MANY or not isinstance(x.array, np.ndarray):
        return found
    rows, order = np.moveaxis(x.array, axis, -1), np.moveaxis(found.array, axis, -1).copy()
    ordered = np.take_along_axis(rows, order, -1)
    for row in map(tuple, np.argwhere((ordered[..., 1:] == ordered[..., :-1]).any(-1))):
        keys = rows[row].tolist()
        if not np.isnan(rows[row]).any():
            order[row] = introsort([-key for key in keys] if descending else keys) or order[row]
    return Tensor(np.moveaxis(order, -1, axis))


def introsort(keys: list[Any]) -> list[int] | None:
    """The indices in the order in which std::sort puts more than 16 keys, or None if it would take a heap. Sorts `keys`."""
    places = list(range(len(keys)))

    def swap(i: int, j: int) -> None:
        keys[i], keys[j], places[i], places[j] = keys[j], keys[i], places[j], places[i]

    pieces = [(0, len(keys), 2 * (len(keys).bit_length() - 1))]
    while pieces:
        first, last, divisions = pieces.pop()
        while last - first > FEW:
            if divisions == 0:
                return None
            divisions -= 1
            swap(first, _median(keys, first + 1, (first + last) // 2, last - 1))
            pivot, i, j = keys[first], first + 1, last - 1
            while True:
                while keys[i] < pivot:
                    i += 1
                while pivot < keys[j]:
                    j -= 1
                if i >= j:
                    break
                swap(i, j)
                i, j = i + 1, j - 1
            pieces.append((i, last, divisions))
            last = i
    for i in range(1, len(keys)):
        key, place, j = keys[i], places[i], i
        while j and key < keys[j - 1]:
            keys[j], places[j] = keys[j - 1], places[j - 1]
            j -= 1
        keys[j], places[j] = key, place
    return places


def _median(keys: list[Any], a: int, b: int, c: int) -> int:
    """Which of the three places has the key in the middle."""
    if keys[a] < keys[b]:
        return b if keys[b] < keys[c] else c if keys[a] < keys[c] else a
    return a if keys[a] < keys[c] else c if keys[b] < keys[c] else b
