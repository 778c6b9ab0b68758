"""How Tensors are printed while the layer is in use: character for character as PyTorch prints them.

    tensor([0.1000, 0.2500])                  four decimals, and one width for all entries
    tensor([1., 2.])                          whole floats have none
    tensor([1.0000e-05, 1.0000e+00])          powers of ten, where the entries are far apart, very large or very small
    tensor([ True, False])
    tensor([0, 1, 2,  ..., 997, 998, 999])    of many entries, those at the ends of each dimension
    tensor([2.], dtype=torch.float64, grad_fn=<MulBackward0>)
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from .. import backend
from ..backend import device_of, to_host
from ..nn import Parameter
from .autograd.graph import GradFn


@dataclass
class Options:
    """precision: decimals; threshold: from how many entries on only the ends are shown; edgeitems: how many at each end;
    linewidth: characters; sci_mode: with powers of ten, always (True), never (False), or where it is better (None)."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


PROFILES = {"default": Options(), "short": Options(precision=2, edgeitems=2), "full": Options(threshold=math.inf)}
options = Options()


def set_printoptions(precision: int | None = None, threshold: float | None = None, edgeitems: int | None = None,
                     linewidth: int | None = None, profile: str | None = None, sci_mode: bool | None = None) -> None:
    """Change how Tensors are printed from now on; see Options. A profile is one of default, short, full."""
    global options
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    changed = {name: value for name, value in given.items() if value is not None}
    options = replace(PROFILES[profile] if profile else options, **changed, sci_mode=sci_mode)  # type: ignore[arg-type]


def get_printoptions() -> dict[str, Any]:
    """How Tensors are printed, by the names of set_printoptions."""
    return asdict(options)


@contextlib.contextmanager
def printoptions(**changed: Any) -> Iterator[None]:
    """set_printoptions, as a block until its end."""
    global options
    before = options
    set_printoptions(**changed)
    try:
        yield
    finally:
        options = before


# --- numbers ------------------------------------------------------------------------------------------------------


def _style(shown: np.ndarray) -> tuple[Callable[[Any], str], int]:
    """How each of these entries is written, all in one way, and how wide: as the longest, but for 0, inf and nan."""
    write: Callable[[Any], str] = str
    counted = shown
    if shown.dtype.kind == "f":
        counted = shown[np.isfinite(shown) & (shown != 0)].astype(np.float64)
        if not counted.size:
            return _whole, 1
        sizes = np.abs(counted)
        far = bool(sizes.max() / sizes.min() > 1000 or sizes.max() > 1e8 or sizes.min() < 1e-4)
        if far if options.sci_mode is None else options.sci_mode:
            write = _with_power
        else:
            write = _whole if bool((counted == np.ceil(counted)).all()) else _with_decimals
    width = max(len(write(x)) for x in counted.ravel().tolist())
    return lambda x: write(x).rjust(width), width


def _whole(x: float) -> str:
    return f"{x:.0f}." if math.isfinite(x) else f"{x}"


def _with_decimals(x: float) -> str:
    return f"{x:.{options.precision}f}"


def _with_power(x: float) -> str:
    return f"{x:.{options.precision}e}"


# --- brackets -----------------------------------------------------------------------------------------------------


def _ends(array: np.ndarray) -> np.ndarray:
    """What of an array is shown if it is too long: the entries at the ends of each dimension."""
    for axis, n in enumerate(array.shape):
        if n > 2 * options.edgeitems:
            array = np.take(array, [*range(options.edgeitems), *range(n - options.edgeitems, n)], axis)
    return array


def _brackets(array: np.ndarray, write: Callable[[Any], str], width: int, indent: int, shorten: bool) -> str:
    """The entries in brackets, rows below each other, `indent` characters from the left."""
    if not array.ndim:
        return write(array.item())
    edge = options.edgeitems
    skip = shorten and len(array) > 2 * edge
    parts = [*array[:edge], *array[len(array) - edge:]] if skip else list(array)
    if array.ndim > 1:
        texts = [_brackets(part, write, width, indent + 1, shorten) for part in parts]
        if skip:
            texts.insert(edge, "...")
        return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(texts) + "]"
    texts = [write(x.item()) for x in parts]
    if skip:
        texts.insert(edge, " ...")
    fit = max(1, (options.linewidth - indent) // (width + 2))
    lines = [", ".join(texts[i:i + fit]) for i in range(0, len(texts), fit)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def text(x: Any) -> str:
    """A Tensor as PyTorch prints it."""
    array = to_host(x.array)
    start = "tensor("
    whole = start + "[]"
    if array.size:
        shorten = array.size > options.threshold
        whole = start + _brackets(array, *_style(_ends(array) if shorten else array), len(start), shorten)
    whole = _with_notes(whole, _notes(x, array), len(start))
    return f"Parameter containing:\n{whole}" if isinstance(x, Parameter) else whole


def _notes(x: Any, array: np.ndarray) -> list[str]:
    """What stands behind the numbers: device, size, dtype, and where the Tensor comes from."""
    notes = []
    if device_of(x.array) != "cpu":
        notes.append("device='cuda:0'")
    if not array.size and array.ndim != 1:
        notes.append(f"size={array.shape}")
    usual = (backend.default_dtype,) if not array.size else (backend.default_dtype, np.int64, np.bool_)
    if array.dtype not in usual:
        notes.append(f"dtype=torch.{array.dtype.name}")
    if not x.is_leaf:
        notes.append(f"grad_fn=<{GradFn(x._node).name()}>")
    elif x.requires_grad:
        notes.append("requires_grad=True")
    return notes


def _with_notes(whole: str, notes: list[str], indent: int) -> str:
    """The notes behind the text, each on a new line if it would pass the width."""
    used = len(whole) - whole.rfind("\n") + 1
    for note in notes:
        if used + len(note) + 2 > options.linewidth:
            whole += ",\n" + " " * indent + note
            used = indent + len(note)
        else:
            whole += ", " + note
            used += len(note) + 2
    return whole + ")"
