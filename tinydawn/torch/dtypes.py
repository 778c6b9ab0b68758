"""PyTorch's names of dtypes and devices. The dtypes are NumPy's own objects: `torch.float32 == x.dtype`."""

from __future__ import annotations

import builtins
import math
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..checks import number_dtype
from ..errors import DeviceError, message

float16 = half = np.dtype(np.float16)
float32 = np.dtype(np.float32)
float64 = double = np.dtype(np.float64)
uint8 = np.dtype(np.uint8)
int8 = np.dtype(np.int8)
int16 = short = np.dtype(np.int16)
int32 = np.dtype(np.int32)
int64 = long = np.dtype(np.int64)
bool_ = np.dtype(np.bool_)
dtype = np.dtype  # what isinstance(x, torch.dtype) asks for


class device(str):
    """Where a Tensor is: "cpu" or "cuda". Equal to the text of its name; `type` and `index` are PyTorch's."""

    type: str
    index: int | None  # type: ignore[assignment]

    def __new__(cls, type: Any = "cpu", index: int | None = None) -> device:
        kind, _, number = ("cuda", "", str(type)) if isinstance(type, int) else str(type).partition(":")
        if kind not in ("cpu", "cuda"):
            raise DeviceError(message(f"device: {kind!r} is none that tinydawn knows", fix='"cpu", or "cuda" with CuPy'))
        made = super().__new__(cls, kind)
        made.type, made.index = kind, int(number) if number else index
        return made

    def __repr__(self) -> str:
        return f"device(type={self.type!r}{'' if self.index is None else f', index={self.index}'})"


class Size(tuple[int, ...]):
    """The shape of a Tensor: a tuple, whose numel() is how many entries there are."""

    __slots__ = ()

    def numel(self) -> int:
        return math.prod(self)

    def __getitem__(self, index: Any) -> Any:
        found = tuple.__getitem__(self, index)
        return Size(found) if isinstance(index, slice) else found

    def __add__(self, other: Any) -> Size:
        return Size(tuple.__add__(self, other))

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    __str__ = __repr__


def host(name: str, place: Any) -> str:
    """A device= argument as tinydawn has it: "cpu" or "cuda"."""
    return str.__str__(place if isinstance(place, device) else device(place))


def finfo(type: Any = None) -> SimpleNamespace:
    """The limits of a floating dtype, as Python's floats: eps, max, min, tiny (the smallest normal number)."""
    found = np.finfo(float32 if type is None else number_dtype("finfo", type))
    tiny = float(found.tiny)
    return SimpleNamespace(bits=found.bits, eps=float(found.eps), max=float(found.max), min=float(found.min), tiny=tiny,
                           smallest_normal=tiny, resolution=float(found.resolution), dtype=str(found.dtype))


def iinfo(type: Any) -> SimpleNamespace:
    """The limits of an integer dtype."""
    found = np.iinfo(number_dtype("iinfo", type))
    return SimpleNamespace(bits=found.bits, max=builtins.int(found.max), min=builtins.int(found.min), dtype=str(found.dtype))
