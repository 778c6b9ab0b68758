"""What a program asks of a device: launches, copies and waits, and by which line of tinydawn.

The double of CuPy reports here, and nothing is computed.

    with counting() as seen:
        step()
    seen.total("launches")                          # a number
    seen.places("launches").most_common(10)         # [(("kernels/rnn.py:88", "lstm"), 64), ...]

A call counts what CuPy 14 launches for it. Nothing: a view, a reshape that need not copy, `empty`,
`astype(copy=False)` of what has that dtype, a result of no entries. One: an array call, a call of a kernel
object, `zeros`, an assignment. More: a product also one for each operand that CuPy copies first (see
`copies_of_a_product`); an index of k arrays, of which k > 1, k + 2; `concatenate` and `stack` one per array, up
to 8; `repeat` along an axis one per entry of it. What CuPy does in several steps that depend on the size or on
the CUDA version counts one: `cumsum`, `sort` and their kind, `sum` over all of a large array, `var`, `pad`,
`einsum`, a mask.

A copy to the device is an array, number or list of the host that becomes an array there (also a number that is
assigned to places named by an array); a copy from it is whatever the host reads, and each of these is a wait,
as is asking how many entries a mask chooses. `float64` counts the arrays of that dtype that came into being or
were written to.
"""

from __future__ import annotations

import collections
import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

KINDS = ("launches", "copies_in", "copies_out", "waits", "float64")
Call = tuple[str, str, str]  # what was called, "file:line" of tinydawn, the function there
HELPERS = ("backend.py", "gpu/__init__.py")  # of what these call, it is their callers that matter
_open: list[Seen] = []


class Seen:
    """Per kind, how often each call was made from each place."""

    def __init__(self) -> None:
        self.calls: dict[str, collections.Counter[Call]] = {kind: collections.Counter() for kind in KINDS}

    def total(self, kind: str) -> int:
        return self.calls[kind].total()

    def totals(self) -> dict[str, int]:
        return {kind: self.total(kind) for kind in KINDS}

    def places(self, kind: str) -> collections.Counter[tuple[str, str]]:
        """By "file:line" of tinydawn and the function there."""
        found: collections.Counter[tuple[str, str]] = collections.Counter()
        for (_, place, function), n in self.calls[kind].items():
            found[place, function] += n
        return found

    def names(self, kind: str) -> collections.Counter[str]:
        """By what was called."""
        found: collections.Counter[str] = collections.Counter()
        for (name, _, _), n in self.calls[kind].items():
            found[name] += n
        return found


@contextlib.contextmanager
def counting() -> Iterator[Seen]:
    """Count what is asked of the device inside."""
    seen = Seen()
    _open.append(seen)
    try:
        yield seen
    finally:
        _open.remove(seen)


# --- what the double reports ------------------------------------------------------------------------------


def launched(name: str, result: Any = None, n: int = 1) -> None:
    """`n` kernels were launched for a call of `name`, which made, or wrote to, the array `result`."""
    if _open and n and getattr(result, "size", 1):
        _note("launches", name, n)
        made(name, result)


def made(name: str, result: Any) -> None:
    """An array was made: is it of float64?"""
    if _open and getattr(result, "dtype", None) == np.float64:
        _note("float64", name)


def copied_in(name: str, result: Any = None) -> None:
    """Something of the host was copied to the device, where it is `result`."""
    if _open:
        _note("copies_in", name)
        made(name, result)


def copied_out(name: str) -> None:
    """Something was copied from the device, for which the host waited."""
    if _open:
        _note("copies_out", name)
        _note("waits", name)


def waited(name: str) -> None:
    """The host waited for the device."""
    if _open:
        _note("waits", name)


def _note(kind: str, name: str, n: int = 1) -> None:
    call = (name, *_place())
    for seen in _open:
        seen.calls[kind][call] += n


def _place() -> tuple[str, str]:
    """The line of tinydawn that is running, and its function."""
    tinydawn = sys.modules.get("tinydawn")
    package = str(Path(getattr(tinydawn, "__file__", None) or "/tinydawn/__init__.py").parent) + os.sep
    frame, helper = sys._getframe(1), None
    while frame is not None:
        if frame.f_code.co_filename.startswith(package):
            file = frame.f_code.co_filename[len(package):].replace(os.sep, "/")
            found = f"{file}:{frame.f_lineno}", frame.f_code.co_name
            if file not in HELPERS:
                return found
            helper = helper or found
        frame = frame.f_back  # type: ignore[assignment]
    return helper or ("outside of tinydawn", "")


# --- how CuPy does it -------------------------------------------------------------------------------------


def copies_of_a_product(a: np.ndarray, b: np.ndarray, out: np.ndarray | None = None) -> int:
    """How many operands CuPy copies before a product, the result after it included.

    cuBLAS takes a matrix as it stands or turned over; a stack of them CuPy gives it only in C's order.
    """
    stacked = max(a.ndim, b.ndim) > 2
    copied = [not (x.flags.c_contiguous or (x.flags.f_contiguous and not stacked)) for x in (a, b)]
    return sum(copied) + (out is not None and not out.flags.c_contiguous)


def launches_of(name: str, args: Any, kwargs: Any) -> int:
    """How many kernels cupy.<name>(*args, **kwargs) launches, or a method, of whose args the array is the first.
    These are of the host."""
    if name in ("concatenate", "concat", "stack", "hstack", "vstack", "dstack", "column_stack"):
        return len(args[0]) if len(args[0]) <= 8 else 1
    if name == "append":
        return 2
    if name == "repeat":
        axis = args[2] if len(args) > 2 else kwargs.get("axis")
        return 1 if axis is None else args[0].shape[axis]
    return 1


def launches_of_an_index(index: Any) -> int:
    """How many kernels x[index] launches for the arrays in the index, which are of the host here."""
    arrays = [i for i in (index if isinstance(index, tuple) else (index,)) if isinstance(i, np.ndarray)]
    places = sum(i.ndim if i.dtype.kind == "b" else 1 for i in arrays)
    return 0 if not arrays else 1 if len(arrays) == 1 else 2 + places
