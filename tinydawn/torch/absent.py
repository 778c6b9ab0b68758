"""Names of PyTorch that are not here, and what to write instead. Every module of the layer asks `answer` in its __getattr__.

What to write is found in this order: in the table of the module; under the very name elsewhere in the layer, as torch.Linear is
torch.nn.Linear; as a slip of the pen, as optim.Adm is optim.Adam. Else the error says plainly that the name is not there.
"""

from __future__ import annotations

import difflib
import dis
import importlib
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import message
from ..tensor import Tensor
from .instead import TABLES

NOTHING = "there is none here, and nothing in its place: the page demos/public_programs.md says what there is"
CLOSE = 0.8  # of difflib's ratio: at least so much alike is a slip of the pen

# Where a name may be that was looked for elsewhere, in this order. "" is torch itself, "x" a Tensor.
_PLACES = ("", "x", "nn.functional", "nn", "linalg", "nn.utils", "nn.utils.rnn", "nn.init", "optim", "optim.lr_scheduler",
           "utils.data", "distributions", "autograd", "func")


def answer(owner: str, known: dict[str, Any]) -> Callable[[str], Any]:
    """The __getattr__ of a module of the layer: `owner` is its name in PyTorch, `known` its globals()."""

    def __getattr__(name: str) -> Any:
        text = message(f"{owner} has no attribute {name!r} here", fix=instead_of(owner, name, known))
        if _imported():  # `from torch.nn import Conv3d` would hide what an AttributeError says
            raise ImportError(text, name=name)
        raise AttributeError(text, name=name)

    return __getattr__


def instead_of(owner: str, name: str, known: dict[str, Any]) -> str:
    """What to write in place of a name that `owner`, a module or the Tensor x, does not have; `known` is what it has."""
    if name.startswith("_"):
        return ""
    instead = TABLES.get(owner, {})
    if name in instead:
        return instead[name]
    if name.endswith("_") and name[:-1] in instead:
        return f"x.copy_(y), where y is {instead[name[:-1]]}"
    return _elsewhere(owner, name) or _slip(owner, name, known) or NOTHING


def _imported() -> bool:
    """Whether who asked a module for a name is at `from module import name`."""
    frame: Any = sys._getframe(2)
    while frame.f_code.co_name == "__getattr__":
        frame = frame.f_back
    return frame.f_lasti >= 0 and dis.opname[frame.f_code.co_code[frame.f_lasti]] == "IMPORT_FROM"


def _elsewhere(owner: str, name: str) -> str:
    """Where in the layer the very name is, or ""."""
    for place in _PLACES:
        path = "x" if place == "x" else f"torch.{place}".rstrip(".")
        held = vars(Tensor) if place == "x" else vars(_layer(place))
        thing = held.get(name)
        home = str(getattr(thing, "__module__", ""))
        if path != owner and callable(thing) and home.startswith("tinydawn.") and "errors" not in home and "checks" not in home:
            return f"{path}.{name}" + ("(...)" if place == "x" else "")
    return ""


def _layer(place: str) -> Any:
    return importlib.import_module(f"tinydawn.torch.{place}".rstrip("."))


def _slip(owner: str, name: str, known: dict[str, Any]) -> str:
    """The name that was meant, or "": never that of another thing, as `asin` is none of `sin`, nor conv3d of conv2d."""
    names = [k for k, value in known.items() if not k.startswith("_") and callable(value)]
    if f"{name}_" in names:
        return f"{owner}.{name}_: it writes in place"
    if name.endswith("_") and name[:-1] in names:
        return f"x.copy_(x.{name[:-1]}(...))" if owner == "x" else f"{owner}.{name[:-1]}"
    if len(name) < 3 or name in dir(np):
        return ""
    for other in difflib.get_close_matches(name, names, 3, CLOSE):
        digits = [c for c in name if c.isdigit()] == [c for c in other if c.isdigit()]
        within = len(name) > 3 and (name in other or other in name) and abs(len(name) - len(other)) > 1  # as bmm than mm
        if digits and not within:
            return f"did you mean {owner}.{other}?"
    return ""
