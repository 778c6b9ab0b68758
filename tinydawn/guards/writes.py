"""Writes into memory: what `x += y`, `x[i] = v` and an optimizer's step have changed since the graph was made.

A node remembers the arrays that its formulas need, not copies of them. So a write takes the next number of the same count that
numbers the nodes, and what lies behind views and detached Tensors is one piece of memory, its owner. A backward pass that comes
to a node older than the newest write looks whether one of its arrays was written; in a training step no node is, and one
comparison per node is all that it costs.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import GraphError, message

newest = -1  # the number of the newest write
_numbers: dict[int, int] = {}  # per owner of memory, by id: when it was last written
_alive: dict[int, Any] = {}  # and a weak reference to it, which clears both when it dies


def owner(array: Any) -> Any:
    """The array whose memory `array` looks into: itself, if its own."""
    while (base := getattr(array, "base", None)) is not None and hasattr(base, "base"):  # arrays, and what stands for one
        array = base
    return array


def share_memory(a: Any, b: Any) -> bool:
    """Whether two arrays may look into the same memory; of a device, whether they are views of one array."""
    return np.may_share_memory(a, b) if type(a) is np.ndarray else owner(a) is owner(b)


def place(array: Any) -> tuple[Any, ...]:
    """Where an array lies, and how."""
    address = array.__array_interface__["data"][0] if isinstance(array, (np.ndarray, np.generic)) else array.data.ptr
    return address, array.shape, array.strides, array.dtype


def note(arrays: Iterable[Any], number: int) -> None:
    """Note that the memory of `arrays` was written, as event `number`."""
    global newest
    newest = number
    for array in arrays:
        memory = array if array.base is None else owner(array)
        key = id(memory)
        if key not in _numbers:
            _alive[key] = weakref.ref(memory, lambda _, key=key: (_numbers.pop(key, None), _alive.pop(key, None)))  # type: ignore[misc]
        _numbers[key] = number


def check_writeable(name: str, array: Any) -> None:
    """An error if `array` cannot be written."""
    if not getattr(array.flags, "writeable", True):
        raise GraphError(message(f"{name}: the memory of this Tensor of shape {array.shape} cannot be written: it is a view that "
                                 "shows one number in many places, or was read-only before",
                                 fix="write x = x + y, or take x.clone() first"))


def held_elsewhere(x: Any) -> bool:
    """Whether anybody but the Tensor `x`, and the op that made it, holds its array or the memory behind it."""
    by_data = sys.getrefcount(x.array) - 2  # less x, and the call itself
    by_base = 0 if x.array.base is None else sys.getrefcount(x.array.base) - 2  # less the view that x.array is
    if x._node is not None and (by_data or by_base):
        for a in (x._node.out, *x._node.settings.get("cache", {}).values()):
            if a is x.array:
                by_data -= 1
            elif a is not None and x.array.base is not None and (a is x.array.base or getattr(a, "base", None) is x.array.base):
                by_base -= 1
    return by_data > 0 or by_base > 0


def written_since(number: int, values: Iterable[Any]) -> Any:
    """The first array among `values`, and the tuples, lists and dicts of them, that was written after event `number`."""
    for value in values:
        if isinstance(value, (tuple, list, dict)):
            found = written_since(number, value.values() if isinstance(value, dict) else value)
            if found is not None:
                return found
        elif hasattr(value, "dtype") and hasattr(value, "base") and _numbers.get(id(owner(value)), -1) > number:
            return value
    return None
