"""What goes into a hole and comes out of it, as JSON: numbers, text, arrays, Tensors, and objects that a lab gives."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import tensor as as_tensor
from ..backend import as_index, to_host
from ..tensor import Tensor
from . import given

LARGEST = 100_000  # numbers of an output that are looked at: more is no answer to any question of a lab


class Given:
    """An argument that a lab gives: an object of tinydawn.labs.given, made anew for each call."""

    def __init__(self, name: str, *args: Any) -> None:
        self.name, self.args = name, args


class TooLarge(Exception):
    """An output with more numbers than any answer has."""


def encode(value: Any) -> Any:
    """As JSON can hold it; what is none of these kinds is {"other": its type}. Raises TooLarge."""
    match value:
        case None | bool():
            return value
        case str():
            return str(value)  # NumPy's own kind of text too
        case int() | float():
            return _number(value)
        case np.generic():
            return _number(value.item())
        case Tensor():
            entries = _entries(to_host(value.detach().numpy()))
            return {"tensor": entries, "dtype": str(value.dtype), "grad": bool(value.requires_grad)}
        case np.ndarray():
            return {"array": _entries(value), "dtype": str(value.dtype)}
        case list():
            return [encode(x) for x in value]
        case tuple():
            return {"tuple": [encode(x) for x in value]}
        case set() | frozenset():
            return {"set": sorted((encode(x) for x in value), key=repr)}
        case Mapping():
            return {"dict": [[encode(k), encode(x)] for k, x in value.items()]}
        case Given():
            return {"given": value.name, "args": [encode(x) for x in value.args]}
    if hasattr(value, "plain"):  # of a lab's own objects: what is looked at
        return encode(value.plain())
    return {"other": type(value).__name__}


def decode(value: Any) -> Any:
    """What was encoded; Tensors and given objects are made anew."""
    match value:
        case list():
            return [decode(x) for x in value]
        case {"tensor": entries, "dtype": dtype, "grad": grad}:
            return as_tensor(_array(entries, dtype), requires_grad=grad)
        case {"array": entries, "dtype": dtype}:
            return as_index(_array(entries, dtype))  # whole numbers as NumPy has them here: np.bincount takes no others
        case {"tuple": parts}:
            return tuple(decode(x) for x in parts)
        case {"set": parts}:
            return {decode(x) for x in parts}
        case {"dict": pairs}:
            return {decode(k): decode(x) for k, x in pairs}
        case {"given": name, "args": args}:
            return getattr(given, name)(*[decode(x) for x in args])
        case {"number": text}:
            return float(text)
    return value


def shape_of(value: Any) -> tuple[int, ...] | None:
    """The shape of an encoded array, Tensor or number."""
    match value:
        case {"tensor": entries} | {"array": entries}:
            return tuple(entries["shape"])
        case bool():
            return None
        case int() | float() | {"number": _}:
            return ()
    return None


def numbers_of(value: Any) -> np.ndarray | None:
    """The numbers of an encoded array, Tensor or number, in float64; None for anything else."""
    match value:
        case {"tensor": entries} | {"array": entries}:
            array = _array(entries, "float64") if entries["numeric"] else None
            return array
        case bool():
            return None
        case int() | float() | {"number": _}:
            return np.array(decode(value), float)
    return None


def _number(x: Any) -> Any:
    if isinstance(x, bool | int):
        return x
    if isinstance(x, float):
        return x if math.isfinite(x) else {"number": repr(float(x))}
    return {"other": type(x).__name__}


def _entries(array: np.ndarray) -> dict[str, Any]:
    if array.size > LARGEST:
        raise TooLarge(f"{array.size:,} numbers")
    numeric = array.dtype.kind in "biuf"
    flat = array.ravel().tolist()
    if array.dtype.kind == "f" or not numeric:  # whole numbers are as JSON has them
        flat = [_number(x) if numeric else str(x) for x in flat]
    return {"shape": list(array.shape), "numeric": numeric, "flat": flat}


def _array(entries: Mapping[str, Any], dtype: str) -> np.ndarray:
    if dtype == "int64":
        dtype = "intp"  # ids and places: on 32-bit platforms NumPy's own functions refuse longer ones (np.bincount)
    return np.array([decode(x) for x in entries["flat"]], dtype=dtype).reshape(entries["shape"])
