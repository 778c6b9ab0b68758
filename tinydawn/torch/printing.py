"""How a Tensor prints: as in PyTorch, so that what a lecture shows on its screen stands on ours."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import backend
from ..backend import device_of, to_host
from ..nn.held import Parameter
from .autograd.graph import GradFn

_START = len("tensor(")  # where the lines of a Tensor begin
_PROFILES = {"default": (4, 1000, 3, 80), "short": (2, 1000, 2, 80), "full": (4, math.inf, 3, 80)}
_NAMES = ("precision", "threshold", "edgeitems", "linewidth")
options: dict[str, Any] = dict(zip(_NAMES, _PROFILES["default"], strict=True), sci_mode=None)


def set_printoptions(precision: int | None = None, threshold: float | None = None, edgeitems: int | None = None,
                     linewidth: int | None = None, profile: str | None = None, sci_mode: bool | None = None) -> None:
    """How Tensors print: digits, from how many entries on only the edges are shown, and of how many, how long a line is."""
    if profile is not None:
        options.update(zip(_NAMES, _PROFILES[profile], strict=True))
    given = zip(_NAMES, (precision, threshold, edgeitems, linewidth), strict=True)
    options.update({name: value for name, value in given if value is not None})
    options["sci_mode"] = sci_mode


def get_printoptions() -> dict[str, Any]:
    """How Tensors print, by the names of set_printoptions."""
    return dict(options)


@contextlib.contextmanager
def printoptions(**changed: Any) -> Iterator[None]:
    """set_printoptions, as a block until its end."""
    before = get_printoptions()
    set_printoptions(**changed)
    try:
        yield
    finally:
        options.update(before)


def text_of(x: Any) -> str:
    """The text of a Tensor: its entries, and what of size, dtype and past goes without saying in none."""
    array, edge = to_host(x.array), options["edgeitems"]
    few = array.size > options["threshold"]
    shown = array
    for axis, n in enumerate(array.shape if few else ()):
        if n > 2 * edge:
            shown = np.take(shown, [*range(edge), *range(n - edge, n)], axis)
    text = "tensor(" + (_lines(array, *_format(shown), few, _START) if array.size else "[]")
    notes = [] if device_of(x.array) == "cpu" else ["device='cuda:0'"]
    notes += [] if array.size or array.ndim == 1 else [f"size={tuple(array.shape)}"]
    usual = (backend.default_dtype, np.int64, np.bool_) if array.size else (backend.default_dtype,)
    if array.dtype not in usual:
        notes.append(f"dtype=torch.{array.dtype.name}")
    if x._node is not None:
        notes.append("requires_grad=True" if x.is_leaf else f"grad_fn=<{GradFn(x._node).name()}>")
    used = len(text) - text.rfind("\n") + 1
    for note in notes:
        if used + len(note) + 2 > options["linewidth"]:
            text, used = f"{text},\n{' ' * _START}{note}", _START + len(note)
        else:
            text, used = f"{text}, {note}", used + len(note) + 2
    return ("Parameter containing:\n" if isinstance(x, Parameter) else "") + text + ")"


def _format(array: Any) -> tuple[Callable[[Any], str], int]:
    """How one entry is written beside the others: all whole, all with digits, or all with an exponent; and the width."""
    if array.dtype.kind != "f":
        width = max(len(str(v)) for v in array.ravel().tolist())
        return lambda v: str(v).rjust(width), width
    sizes = np.abs(array[np.isfinite(array) & (array != 0)].astype(np.float64))
    digits = options["precision"]
    whole, exponent, least, most = bool((sizes == np.ceil(sizes)).all()), False, 1.0, 1.0
    if sizes.size:
        least, most = float(sizes.min()), float(sizes.max())
        exponent = most / least > 1000 or most > 1e8 or (not whole and least < 1e-4)
    if options["sci_mode"] is not None and sizes.size:
        exponent = bool(options["sci_mode"])

    def write(v: float) -> str:
        if exponent:
            return f"{v:.{digits}e}"
        return (f"{v:.0f}." if math.isfinite(v) else f"{v:.0f}") if whole else f"{v:.{digits}f}"

    counted = array[np.isfinite(array) & (array != 0)].ravel().tolist()  # only these give the width
    width = max((len(write(v)) for v in counted), default=1)
    return lambda v: write(v).rjust(width), width


def _lines(array: Any, write: Callable[[Any], str], width: int, few: bool, indent: int) -> str:
    """Entries in brackets, a vector perhaps over several lines; a blank line between matrices."""
    edge = options["edgeitems"]
    if not array.ndim:
        return write(array.item())
    n = len(array)
    cut = few and n > 2 * edge
    indices = [*range(edge), *range(n - edge, n)] if cut else range(n)
    if array.ndim > 1:
        parts = [_lines(array[i], write, width, few, indent + 1) for i in indices]
        parts[edge:edge] = ["..."] if cut else []
        return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(parts) + "]"
    parts = [write(array[i].item()) for i in indices]
    parts[edge:edge] = [" ..."] if cut else []
    row = max(1, (options["linewidth"] - indent) // (width + 2))
    rows = [", ".join(parts[i:i + row]) for i in range(0, len(parts), row)]
    return "[" + (",\n" + " " * (indent + 1)).join(rows) + "]"
