"""What the methods share."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...backend import to_host
from ...errors import DTypeError, message
from ...graph import Traced
from ...tensor import Tensor

original: dict[str, Any] = {}  # what Tensor had under a name before `install`; empty while it is not installed


class Pair(NamedTuple):
    """What max, min, sort, topk and median along a dimension return."""

    values: Any
    indices: Any

    def __repr__(self) -> str:
        return f"torch.return_types.{type(self).__name__}(\nvalues={self.values!r},\nindices={self.indices!r})"


def pair(name: str) -> type[Pair]:
    """The Pairs that the function of this name returns, which say so in their text."""
    return type(name, (Pair,), {"__slots__": ()})


def tensor_of(x: Any, beside: Any = None) -> Any:
    """x as a Tensor; a number in the dtype that PyTorch computes with beside the Tensor `beside`."""
    if isinstance(x, Traced):
        return x
    if beside is not None and isinstance(x, float) and beside.dtype.kind == "f":
        return Tensor(np.asarray(x, beside.dtype))
    from ..making import tensor

    return tensor(x)


def flat(args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(args[0]) if len(args) == 1 and isinstance(args[0], (tuple, list)) else args


def raw(x: Any) -> Any:
    """The values of a Tensor as NumPy's array; anything else as it is."""
    return to_host(x.array) if isinstance(x, Traced) else x


def one_dtype(name: str, a: Any, b: Any) -> None:
    if getattr(b, "dtype", a.dtype) != a.dtype:
        raise DTypeError(message(f"{name}: {a.dtype} and {b.dtype}", fix="convert one of them: x.float(), x.to(y.dtype)"))
