"""Where a computation is: in which call of which module, at which time step. Errors name it, drawings are built on it."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Iterator
from typing import Any


class _Here(threading.local):
    """Where this thread is, outermost first: (module, number of its call) inside a module's forward, (name, t) inside a
    step, (name, None) in a part."""

    def __init__(self) -> None:
        self.path: list[tuple[Any, int | None]] = []


here = _Here()
next_call = itertools.count().__next__


def name_of(entry: tuple[Any, int | None]) -> str:
    """What an entry of `here.path` is called: a module by its attribute or class, a step as t=3, a part by its name."""
    what, number = entry
    if isinstance(what, str):
        return what if number is None else f"{what}={number}"
    return what._name or type(what).__name__


def where() -> str:
    """The path as text, such as `Seq2Seq.decoder.t=3`, or an empty string."""
    return ".".join(name_of(entry) for entry in here.path)


@contextlib.contextmanager
def part(name: str) -> Iterator[None]:
    """Give what is computed inside a name of its own: for a piece of a forward that is no module."""
    path = here.path
    depth = len(path)
    path.append((name, None))
    try:
        yield
    finally:
        del path[depth:]


def steps(count: int, name: str = "t", reverse: bool = False) -> Iterator[int]:
    """range(count), or backwards, that lets drawings and error messages tell one pass of a loop from the next.

    count    how many
    name     what a step is called
    reverse  count - 1 down to 0, as the backward direction of a recurrent network reads

    >>> import tinydawn as td
    >>> for t in td.steps(2):
    ...     print(t, td.scope.where())
    0 t=0
    1 t=1
    """
    path = here.path
    depth = len(path)
    for t in range(count - 1, -1, -1) if reverse else range(count):
        entry = (name, t)
        path.append(entry)
        try:
            yield t
        finally:  # a loop left by an exception ends here whenever it is collected: what others put there stays
            if len(path) > depth and path[depth] is entry:
                del path[depth:]
