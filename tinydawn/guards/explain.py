"""What a user reads when NumPy refused the forward of an op: the op, the shapes, and how to mend them."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from ..backend import device_of, is_array, mixed, shape_of
from ..errors import DeviceError, DTypeError, IdError, ShapeError, TinydawnError, message


def describe(a: Any) -> str:
    """Shape and dtype of an operand, never its values: `(2, 3) float32`; a plain number is itself."""
    return f"{a.shape} {a.dtype}" if hasattr(a, "shape") else repr(a)


def explain(op: Any, arrays: tuple[Any, ...], settings: dict[str, Any], error: Exception) -> Exception:
    """The error a user sees when NumPy refused the forward of `op`."""
    shapes = " and ".join(describe(a) for a in arrays)
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    given = "".join(f", {k}={v!r}" for k, v in settings.items() if isinstance(v, (int, tuple, bool, str)))
    why = "" if said.startswith("ufunc") else f" ({said})"
    kind: type[Exception] = ShapeError
    if isinstance(error, TinydawnError):
        return error
    if mixed(arrays):
        where = " and ".join(f"{describe(a)} on {device_of(a)}" for a in arrays if is_array(a))
        return DeviceError(message(f"{op.name}: operands on two devices: {where}",
                                                 fix='move one of them: x.to("cuda"), model.to("cuda"), or x.to("cpu")'))
    if isinstance(error, np.exceptions.AxisError):
        ndim = arrays[0].ndim
        what = (f"{op.name}: axis {error.axis} is out of bounds for a tensor with {ndim} {'axis' if ndim == 1 else 'axes'} "
                f"(argument of shape {arrays[0].shape}{given})" if error.axis is not None else f"{op.name}: {said}")
        hint = "axes count from 0, or from -1 backwards"
    elif isinstance(error, (TypeError, OverflowError)):
        kind, what, hint = DTypeError, f"{op.name}: cannot compute with {shapes}{given}{why}", op.hint
    elif isinstance(error, IndexError):
        kind, what, hint = IdError, f"{op.name}: {said} (argument of shape {arrays[0].shape})", op.hint
    elif op.name == "matmul":
        (*batch, _, n), (*other, m, _) = arrays[0].shape, arrays[1].shape
        reason = f"{n} and {m} differ" if n != m else f"the batch axes {tuple(batch)} and {tuple(other)} do not broadcast"
        what, hint = f"matmul: shapes {shapes} do not fit: {reason}", op.hint
    elif op.name == "reshape" and settings["shape"].count(-1) < 2:
        count, wanted = arrays[0].size, settings["shape"]
        room = math.prod(n for n in wanted if n != -1)
        reason = f"{count} entries, not a multiple of {room}" if -1 in wanted else f"{count} entries, not {room}"
        what, hint = f"reshape: shapes {shapes}{given} do not fit: {reason}", op.hint
    elif op.name == "cat":
        what, hint = f"cat: shapes {shapes}{given} do not fit: {_unlike(arrays, settings['axis'])}", op.hint
    elif op.name == "broadcast_to":
        what, hint = f"broadcast_to: shape {shapes} does not broadcast to {settings['shape']}", op.hint
    elif op.broadcasts and _fit(arrays):
        kind, what, hint = DTypeError, f"{op.name}: cannot compute with {shapes} ({said})", op.hint
    elif op.broadcasts:
        what = f"{op.name}: shapes {shapes} do not broadcast together"
        hint = "compare the shapes from the right: each pair of axes must be equal, or one of them 1"
    else:
        what, hint = f"{op.name}: shapes {shapes}{given} do not fit ({said})", op.hint
    return kind(message(what, fix=hint))


def _unlike(arrays: tuple[Any, ...], axis: int) -> str:
    """In what arrays that are to be joined along an axis differ."""
    for a in arrays[1:]:
        if a.ndim != arrays[0].ndim:
            return f"{arrays[0].ndim} axes and {a.ndim}"
        for i, (n, m) in enumerate(zip(arrays[0].shape, a.shape, strict=True)):
            if n != m and i != axis % a.ndim:
                return f"{n} and {m} differ on axis {i}"
    return "their lengths differ"


def _fit(arrays: tuple[Any, ...]) -> bool:
    """Whether the shapes broadcast together, so that something else must be wrong."""
    lengths = itertools.zip_longest(*[shape_of(a)[::-1] for a in arrays], fillvalue=1)
    return all(len({n for n in column if n != 1}) <= 1 for column in lengths)
