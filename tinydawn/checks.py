"""What many functions ask of their arguments: a whole number, a number, a list that is one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .errors import DTypeError, OptionError, ShapeError, message


def whole(name: str, what: str, n: Any, least: int | None = None) -> int:
    """`n` as an int. Booleans, fractions and text are no number of things: DTypeError. OptionError below `least`."""
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
        raise DTypeError(message(f"{name}: {what} must be an int, not a {type(n).__name__}", fix="a whole number"))
    if least is not None and n < least:
        raise OptionError(message(f"{name}: {what} is {n}", fix=f"{least} or more"))
    return int(n)


def number(name: str, what: str, x: Any) -> float:
    """`x` as a float, or DTypeError: text, booleans, complex numbers and lists are none."""
    if isinstance(x, (bool, str)) or not hasattr(type(x), "__float__") or np.ndim(x) or np.iscomplexobj(x):
        raise DTypeError(message(f"{name}: {what} must be a number, not a {type(x).__name__}", fix="a number such as 1.0"))
    try:
        return float(x)
    except OverflowError:  # an int beyond the floats
        return float("inf") if x > 0 else float("-inf")


def listed(name: str, what: str, values: Any) -> list[Any]:
    """`values` as a list, or DTypeError for what is one thing and no list: a number, text, bytes, None."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable) or getattr(values, "ndim", 1) == 0:
        raise DTypeError(message(f"{name}: {what} is a {type(values).__name__}, not a list", fix="a list, or an array"))
    return list(values)


def array(name: str, what: str, values: Any, kinds: str = "fiubOUSmMcV") -> np.ndarray:
    """`values` as an array, or ShapeError for rows of different lengths; DTypeError if its dtype is not of these kinds."""
    try:
        made = np.asarray(values)
    except ValueError as error:
        raise ShapeError(message(f"{name}: {what} makes no array ({error})", fix="rows of one length")) from None
    if made.dtype.kind not in kinds:
        raise DTypeError(message(f"{name}: {what} is of dtype {made.dtype}", fix="numbers; turn words into ids"))
    return made
