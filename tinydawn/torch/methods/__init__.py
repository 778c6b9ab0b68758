"""PyTorch's methods of a Tensor: `install` gives them to tinydawn's Tensor, `uninstall` takes them away again.

Each is tinydawn's function of that meaning under PyTorch's name and arguments; what Tensor has under the same name and the same
arguments already, is not here. Beside dim= and keepdim= the names axis= and keepdims= stay right, so all of tinydawn goes on.
"""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from .arithmetic import Arithmetic
from .common import Pair, original, tensor_of
from .conversions import Conversions
from .picking import Picking
from .reductions import Reductions
from .shapes import Shapes
from .writing import WRITTEN, Writing, written

_FAMILIES = (Reductions, Arithmetic, Shapes, Picking, Conversions, Writing)
_OPERATORS = ("__format__", "__getattr__", "__getitem__", "__lshift__", "__matmul__", "__repr__", "__rshift__", "__setitem__")
_ABSENT: Any = object()


def install() -> None:
    """Give tinydawn's Tensor the methods of all families. Twice does no harm."""
    if original:
        return
    found = {name: value for family in _FAMILIES for name, value in vars(family).items()
             if name in _OPERATORS or not name.startswith("__")}
    found |= {f"{name}_": written(name) for name in WRITTEN}
    for name, value in found.items():
        original[name] = vars(Tensor).get(name, _ABSENT)
        setattr(Tensor, name, value)


def uninstall() -> None:
    """Make Tensor what it was before `install`."""
    for name, value in original.items():
        if value is _ABSENT:
            delattr(Tensor, name)
        else:
            setattr(Tensor, name, value)
    original.clear()


__all__ = ["Pair", "install", "tensor_of", "uninstall"]
