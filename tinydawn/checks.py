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
from typing import Annotated, Any, Literal, TypeVar, cast

import numpy as np

from .errors import DataError, DTypeError, OptionError, ShapeError, message

LARGEST = 2**31 - 1  # of sizes: more is a slip, and would take all the memory


def is_whole(n: Any) -> bool:
    """Is it a number of things? Booleans, fractions and text are none."""
    return isinstance(n, (int, np.integer)) and not isinstance(n, bool)


def scalar(x: Any) -> Any:
    """The Python number in an array or Tensor of no axes, which stands wherever a number may; all else as it is."""
    return x.item() if getattr(x, "ndim", None) == 0 and hasattr(x, "item") else x


def whole(name: str, what: str, n: Any, least: int | None = None) -> int:
    """`n` as an int, or DTypeError; OptionError below `least`."""
    if not is_whole(n) and not is_whole(scalar(n)):
        raise DTypeError(message(f"{name}: {what} must be an int, not a {type(n).__name__}", fix="a whole number"))
    if least is not None and n < least:
        raise OptionError(message(f"{name}: {what} is {n}", fix=f"{least} or more"))
    return int(n)


def number(name: str, what: str, x: Any) -> float:
    """`x` as a float, or DTypeError: text, booleans, complex numbers, lists, arrays and Tensors with axes are none."""
    value = scalar(x)
    if isinstance(value, (bool, str, bytes)) or not hasattr(type(value), "__float__") or getattr(value, "ndim", 0) != 0:
        shape = f" of shape {x.shape}" if getattr(x, "ndim", 0) else ""
        raise DTypeError(message(f"{name}: {what} must be a number, not a {type(x).__name__}{shape}", fix="a number such as 1.0"))
    try:
        return float(value)
    except OverflowError:  # an int beyond the floats
        return math.inf if value > 0 else -math.inf


def real(name: str, what: str, x: Any) -> Any:
    """`x`, which is a number, as Python's own, so that an int stays one; else DTypeError."""
    number(name, what, x)
    return scalar(x)


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


def finite(name: str, what: str, x: Any) -> float:
    """`x` as a float, or DTypeError; OptionError for NaN and infinity."""
    value = number(name, what, x)
    if not math.isfinite(value):
        raise OptionError(message(f"{name}: {what} is {value}", fix="a finite number"))
    return value


def choice(name: str, what: str, x: Any, *known: str) -> str:
    """`x`, which is one of the words `known`: else OptionError, or DTypeError for what is no text."""
    if not isinstance(x, str) or x not in known:
        kind = OptionError if isinstance(x, str) else DTypeError
        raise kind(message(f"{name}: {what}={x!r}", fix=f"one of {', '.join(map(repr, known))}"))
    return x


def word(name: str, what: str, x: Any, known: Sequence[str]) -> str:
    """`x`, which is one of the words `known`, or DTypeError: quick enough for what is called at every step."""
    if not isinstance(x, str) or x not in known:
        fix = f'use "{known[0]}" or "{known[1]}"' if len(known) == 2 else f"one of {', '.join(known)}"
        raise DTypeError(message(f"{name}: {what}={x!r}", fix=fix))
    return x


def instance(name: str, what: str, x: Any, kind: type) -> Any:
    """`x`, which is of this kind, or DTypeError."""
    if not isinstance(x, kind):
        given = f"the class {x.__name__}" if isinstance(x, type) else f"a {type(x).__name__}"
        raise DTypeError(message(f"{name}: {what} must be a {kind.__name__}, not {given}", fix=f"a {kind.__name__}"))
    return x


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


def floating(name: str, x: Any, what: str = "the input", fix: str = "convert it with .float()") -> None:
    """`x`, a Tensor, is one of floating-point numbers, or DTypeError."""
    if getattr(x.dtype, "kind", "") != "f":
        raise DTypeError(message(f"{name}: {what} is {x.dtype}", fix=fix if hasattr(x.dtype, "kind") else "td.tensor(x)"))


def heads_divide(name: str, /, **given: int) -> None:
    """The number of heads, given first, divides the width, given second; each by the name of its argument. Or ShapeError."""
    (heads, count), (width, size) = given.items()
    if count < 1 or size % count:
        raise ShapeError(message(f"{name}: {count} heads do not divide {width} {size}",
                                 fix=f"{'an' if width[0] in 'aeiou' else 'a'} {width} that is a multiple of {heads}"))


def array(name: str, what: str, values: Any, kinds: str = "fiubOUSmMcV") -> np.ndarray:
    """`values` as an array, or ShapeError for rows of different lengths; DTypeError if its dtype is not of these kinds."""
    try:
        made = np.asarray(values)
    except ValueError as error:
        raise ShapeError(message(f"{name}: {what} makes no array ({error})", fix="rows of one length")) from None
    if made.dtype.kind not in kinds:
        raise DTypeError(message(f"{name}: {what} is of dtype {made.dtype}", fix="numbers; turn words into ids"))
    return made


def numbers_of(name: str, what: str, x: Any) -> np.ndarray:
    """The numbers of an array, a list or a PyTorch tensor; its floats that NumPy has not, as bfloat16, as float32.

    Or DTypeError for what are no real numbers, and ShapeError for rows of different lengths.
    """
    if hasattr(x, "resolve_neg"):  # PyTorch's; it is not imported here
        kind = str(x.dtype).removeprefix("torch.")
        try:
            x = (x.float() if kind.startswith(("bfloat", "float8")) else x).numpy(force=True)
        except (TypeError, ValueError, RuntimeError) as error:
            raise DTypeError(message(f"{name}: {what} is a {kind} tensor that makes no array ({error})",
                                     fix="a dense tensor of numbers: x.to_dense(), x.dequantize()")) from None
    made = array(name, what, x)
    if made.dtype.kind not in "fiub":
        raise DTypeError(message(f"{name}: {what} is of dtype {made.dtype}", fix="real numbers, as state_dict() gives them"))
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
T = TypeVar("T")
Declared = TypeVar("Declared", bound=Callable[..., Any])  # what `declared` is given, and returns

Size = Annotated[int, functools.partial(_size, least=1)]  # how many of something: 1 or more
Count = Annotated[int, functools.partial(_size, least=0)]  # 0 or more
Whole = Annotated[int, whole]  # any whole number, such as an axis
Sizes = Annotated[Sequence[int], size_list]  # a list of sizes, at least one
Number = Annotated[float, number]
Real = Annotated[float, real]  # a number, of which an int stays one
Share = Annotated[float, functools.partial(between, least=0, most=1)]  # a probability, or a part of the whole
Finite = Annotated[float, finite]  # any number, but for NaN and infinity
Amount = Annotated[float, functools.partial(between, least=0)]  # a number of 0 or more
Instance = Annotated[T, instance]  # Instance[Bert]: a Bert


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
    """`function`, whose arguments are first checked as their annotations say.

    Annotations that ask something are the names above, bool, Literal["a", "b"], and what is made of these:
    X | None also lets None pass, Literal["a", "b"] | X a word or X, and Sequence[X] is a list of X. A rule for one place is
    Annotated[type, rule]. All others ask nothing, *args and **kwargs neither. A default is not checked.

    Errors name the function, or for __init__ the class, and the argument.
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
        try:
            return function(*given, **kwargs)
        except TypeError as error:
            check_names(name, function, kwargs, error)
            raise

    return cast(Declared, checked)


def _rules(function: Any) -> list[tuple[int, str, Rule]]:
    """What the annotations of `function` ask: the place and the name of an argument, and its rule."""
    hints = typing.get_type_hints(function, include_extras=True)
    found = []
    for place, p in enumerate(inspect.signature(function).parameters.values()):
        rule = None if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) else _rule(hints.get(p.name))
        if rule is not None:
            found.append((sys.maxsize if p.kind is p.KEYWORD_ONLY else place, p.name, rule))
    return found


def _rule(hint: Any) -> Rule | None:
    """What one annotation asks, or None."""
    kind, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint is bool:
        return flag
    if kind is Literal:
        return _or_none(lambda name, what, x: choice(name, what, x, *parts), parts)
    if kind is Annotated:
        rule = hint.__metadata__[0]
        if rule is instance:
            return functools.partial(instance, kind=typing.get_origin(parts[0]) or parts[0])
        return rule if callable(rule) else None
    if kind is Sequence:
        of_each = _rule(parts[0])
        return None if of_each is None else functools.partial(_each, of_each)
    if kind in (typing.Union, types.UnionType):
        return _or_none(_either([part for part in parts if part is not types.NoneType]), parts)
    return None


def _or_none(rule: Rule | None, parts: tuple[Any, ...]) -> Rule | None:
    """`rule`, and where None is among the parts of the annotation, None passes too."""
    if rule is None or not (None in parts or types.NoneType in parts):
        return rule
    return lambda name, what, x: None if x is None else rule(name, what, x)


def _either(parts: list[Any]) -> Rule | None:
    """The rule of one annotation. Or of two: a text has to be a word of the Literal, all else is for the other."""
    if len(parts) == 1:
        return _rule(parts[0])
    words_first = sorted(parts, key=lambda part: typing.get_origin(part) is not Literal)
    rules = [rule for part in words_first if (rule := _rule(part)) is not None]
    if len(rules) != 2 or typing.get_origin(words_first[0]) is not Literal:
        return None
    of_text, of_others = rules
    return lambda name, what, x: of_text(name, what, x) if isinstance(x, str) else of_others(name, what, x)


def _each(rule: Rule, name: str, what: str, values: Any) -> list[Any]:
    """`values` as a list, of which each is as the rule says."""
    return [rule(name, f"one of {what}", x) for x in listed(name, what, values)]


# --- PyTorch's names for arguments ----------------------------------------------------------------------------------

PYTORCHS = {"dim": "axis", "dims": "axis", "keepdim": "keepdims", "dim0": "axis0", "dim1": "axis1", "start_dim": "start_axis",
            "end_dim": "end_axis"}


def name_arguments(module: dict[str, Any]) -> None:
    """Let each function of a module that has one of these arguments say so, where it is called by PyTorch's name for it.

    `module` is its globals(). Python refuses such a call before the function's first line, so it is noticed around the function.
    """
    for name, function in tuple(module.items()):
        if isinstance(function, types.FunctionType) and function.__module__ == module["__name__"] and name[0] != "_" \
                and not set(PYTORCHS.values()).isdisjoint(function.__code__.co_varnames[:function.__code__.co_argcount]):
            module[name] = _naming(function)


def _naming(function: Any) -> Any:
    @functools.wraps(function)
    def named(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            check_names(function.__name__, function, kwargs, error)
            raise

    named.plain = function  # type: ignore[attr-defined]
    return named


def check_names(name: str, function: Any, given: Iterable[str], error: TypeError) -> None:
    """DTypeError, if Python refused the call of `function`, with `error`, for the name of an argument: PyTorch's, or none."""
    if error.__traceback__ is None or error.__traceback__.tb_next is not None:
        return  # it came from inside the function
    code = function.__code__
    known = code.co_varnames[:code.co_argcount + code.co_kwonlyargcount]
    if code.co_flags & inspect.CO_VARKEYWORDS:
        return
    for what in given:
        if what in known:
            continue
        if PYTORCHS.get(what) in known:
            raise DTypeError(message(f"{name}: {what}= is called {PYTORCHS[what]}= here, as in NumPy",
                                     fix=f"{PYTORCHS[what]}=...; or import tinydawn.torch, which takes both")) from None
        taken = [argument for argument in known if argument != "self"]
        import difflib  # here, so that `import tinydawn` is quick

        for near in difflib.get_close_matches(what, taken, 1, 0.8):
            raise DTypeError(message(f"{name}: there is no argument {what}=", fix=f"did you mean {near}=?")) from None
