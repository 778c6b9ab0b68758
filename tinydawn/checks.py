"""What functions ask of their arguments: declared by annotations, and checked in one place.

    class Block(nn.Module):
        def __init__(self, d_model: Size, dropout: Share = 0.1, norm_first: bool = True,
                     positions: Literal["sinusoidal", "learned", None] = None) -> None:

Module applies `declared` to the constructor of every layer and model, so that none begins with checks; other functions take it
as a decorator. It costs some microseconds a call: never on a hot path. What two arguments ask of each other, or what depends on
the shape of data, stays a line in the function.
"""

from __future__ import annotations

import functools
import inspect
import math
import sys
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Literal

import numpy as np

from .errors import DataError, DTypeError, OptionError, ShapeError, message

LARGEST = 2**31 - 1  # of sizes: more is a slip, and would take all the memory


def is_whole(n: Any) -> bool:
    """Is it a number of things? Booleans, fractions and text are none."""
    return isinstance(n, (int, np.integer)) and not isinstance(n, bool)


def whole(name: str, what: str, n: Any, least: int | None = None) -> int:
    """`n` as an int, or DTypeError; OptionError below `least`."""
    if not is_whole(n):
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


def sizes(name: str, /, least: int | None = 1, **given: Any) -> None:
    """Each of the sizes, given by the name of its argument, is a whole number, neither below `least` nor beyond all memory."""
    for what, n in given.items():
        _size(name, what, n, least)


def size_list(name: str, what: str, values: Any) -> list[int]:
    """`values` as a list of sizes, at least one, each at least 1."""
    found = [_size(name, f"one of {what}", n, 1) for n in listed(name, what, values)]
    if not found:
        raise OptionError(message(f"{name}: {what} is an empty list", fix="at least one size"))
    return found


def _size(name: str, what: str, n: Any, least: int | None) -> int:
    if whole(name, what, n, least) > LARGEST:
        raise OptionError(message(f"{name}: {what} is {n}", fix=f"{LARGEST} or less"))
    return int(n)


def between(name: str, what: str, x: Any, least: float, most: float = math.inf) -> float:
    """`x` as a float, or DTypeError; OptionError for one outside least .. most, and for NaN and infinity."""
    value = number(name, what, x)
    if not (least <= value <= most and math.isfinite(value)):
        raise OptionError(message(f"{name}: {what} is {value}",
                                  fix=f"a number from {least} to {most}" if most < math.inf else f"a number of {least} or more"))
    return value


def choice(name: str, what: str, x: Any, *known: str) -> str:
    """`x`, which is one of the words `known`: else OptionError, or DTypeError for what is no text."""
    if not isinstance(x, str) or x not in known:
        kind = OptionError if isinstance(x, str) else DTypeError
        raise kind(message(f"{name}: {what}={x!r}", fix=f"one of {', '.join(map(repr, known))}"))
    return x


def instance(name: str, what: str, x: Any, kind: type) -> None:
    """`x` is of this kind, or DTypeError."""
    if not isinstance(x, kind):
        given = f"the class {x.__name__}" if isinstance(x, type) else f"a {type(x).__name__}"
        raise DTypeError(message(f"{name}: {what} must be a {kind.__name__}, not {given}", fix=f"a {kind.__name__}"))


def flag(name: str, what: str, x: Any) -> bool:
    """`x`, which is True or False: a number there is mostly another argument's."""
    if not isinstance(x, (bool, np.bool_)):
        raise DTypeError(message(f"{name}: {what} must be True or False, not a {type(x).__name__}",
                                 fix="True or False; name the arguments after the sizes, as dropout=0.1"))
    return bool(x)


def flags(name: str, /, **given: Any) -> None:
    """Each of the flags, given by the name of its argument, is True or False."""
    for what, x in given.items():
        flag(name, what, x)


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


def number_dtype(name: str, dtype: Any) -> np.dtype[Any]:
    """`dtype` as NumPy's, or an error if it is none, or none of real numbers or booleans."""
    try:
        wanted = np.dtype(dtype)
    except TypeError:
        wanted = None
    if dtype is None or wanted is None or wanted.kind not in "fiub":
        raise DTypeError(message(f"{name}: dtype {dtype!r}", fix='one of real numbers or booleans, as td.float32 or "int64"'))
    return wanted


# --- what an annotation says --------------------------------------------------------------------------------------

# A rule takes the name of the function, that of the argument, and its value; it returns the value to go on with, or raises.
Rule = Callable[[str, str, Any], Any]
Declared = typing.TypeVar("Declared", bound=Callable[..., Any])  # what `declared` is given, and returns

Size = Annotated[int, functools.partial(_size, least=1)]  # how many of something: 1 or more
Count = Annotated[int, functools.partial(_size, least=0)]  # 0 or more
Whole = Annotated[int, whole]  # any whole number, such as an axis
Sizes = Annotated[Sequence[int], size_list]  # a list of sizes, at least one
Number = Annotated[float, number]
Share = Annotated[float, functools.partial(between, least=0, most=1)]  # a probability, or a part of the whole
Amount = Annotated[float, functools.partial(between, least=0)]  # a number of 0 or more


# Of text and metrics, whose errors are DataErrors and say what to do in words of their own, a rule is a partial of one of
# these two: size: Annotated[int, functools.partial(limited, least=1, fix="ask for at least 1 pair")]. A function may have
# rules of its own as well.

def limited(name: str, what: str, n: Any, fix: str, least: int, most: float = math.inf) -> int:
    """`n` as an int, or DTypeError; DataError with this `fix` outside least .. most."""
    if not least <= whole(name, what, n) <= most:
        raise DataError(message(f"{name}: {what} is {n}", fix=fix))
    return int(n)


def known(name: str, what: str, x: Any, words: Iterable[Any], fix: str = "") -> Any:
    """`x`, which is one of `words`, or DataError with this `fix`, else with the list of them."""
    if x not in words:
        raise DataError(message(f"{name}: unknown {what} {x!r}", fix=fix or f"use one of {', '.join(words)}"))
    return x


def some(name: str, what: str, count: int, fix: str) -> None:
    """There is at least one, or DataError: "no sentences"."""
    if not count:
        raise DataError(message(f"{name}: no {what}", fix=fix))


def declared(function: Declared) -> Declared:
    """`function`, whose arguments are first checked as their annotations say: a name above, bool, Literal[...], or
    Annotated[type, rule].

    `X | None` lets None pass. Other annotations ask nothing. Errors name the function, or for __init__ the class.
    """
    rules: list[tuple[int, str, Rule]] | None = None

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        nonlocal rules
        if rules is None:  # at the first call: an annotation may name what is defined further down
            rules = _rules(function)
        name = type(args[0]).__name__ if function.__name__ == "__init__" else function.__name__
        given = list(args)
        for place, what, rule in rules:
            if place < len(given):
                given[place] = rule(name, what, given[place])
            elif what in kwargs:
                kwargs[what] = rule(name, what, kwargs[what])
        return function(*given, **kwargs)

    return typing.cast(Declared, checked)


def _rules(function: Any) -> list[tuple[int, str, Rule]]:
    """What the annotations of `function` ask: the place and the name of an argument, and its rule."""
    hints = typing.get_type_hints(function, include_extras=True)
    found = []
    for place, parameter in enumerate(inspect.signature(function).parameters.values()):
        rule = _rule(hints.get(parameter.name))
        if rule is not None:
            by_name_only = parameter.kind is inspect.Parameter.KEYWORD_ONLY
            found.append((sys.maxsize if by_name_only else place, parameter.name, rule))
    return found


def _rule(hint: Any) -> Rule | None:
    """What one annotation asks, or None."""
    kind, parts = typing.get_origin(hint), typing.get_args(hint)
    if kind in (typing.Union, types.UnionType):
        rules = [_rule(part) for part in parts if part is not types.NoneType]
        if len(rules) == 1 and rules[0] is not None:
            return _optional(rules[0]) if types.NoneType in parts else rules[0]
        return None
    if kind is Annotated:
        return hint.__metadata__[0] if callable(hint.__metadata__[0]) else None
    if kind is Literal:
        words = [part for part in parts if part is not None]
        one_of = lambda name, what, x: choice(name, what, x, *words)
        return _optional(one_of) if None in parts else one_of
    return flag if hint is bool else None


def _optional(rule: Rule) -> Rule:
    return lambda name, what, x: None if x is None else rule(name, what, x)
