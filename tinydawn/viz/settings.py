"""The settings of a call, as a reader sees them."""

from __future__ import annotations

from typing import Any

import numpy as np

# Settings that hold data rather than options: drawn as what goes into the op.
DATA = ("ids", "target", "mask")
_OWN = ("shape", "cache", "weight", "total", *DATA)  # settings that say nothing, or are drawn


def mean_or_sum(settings: dict[str, Any]) -> dict[str, str]:
    """What stands before cross_entropy's formula: a mean is a sum in which each of N rows counts 1/N."""
    weight = settings["weight"]
    rows = round(1 / weight) if isinstance(weight, float) and 0 < weight < 1 else 1
    share = f"1/{rows} · " if rows > 1 else ""
    return {"share": share, "of": share + ("Σ " if len(settings["target"]) > 1 and settings["total"] else "")}


def picks(index: Any) -> list[Any]:
    """The integer arrays in an index that choose entries; 0, 1, 2, ..., which goes along an axis, chooses none."""
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [p for p in parts if getattr(p, "ndim", 0) and p.dtype.kind in "iu"]
    return [p for p in arrays if not np.array_equal(p, np.arange(len(p)))] or arrays[1:][-1:]


def readable_settings(settings: dict[str, Any]) -> str:
    """The settings of a call that a reader can read: axes and indices, not arrays."""
    shown = {k: index_text(v) if k == "index" else v for k, v in settings.items() if k not in _OWN and is_readable(v)}
    shown = {k: f"{v:.4g}" if isinstance(v, float) else v for k, v in shown.items() if v != 0.0 or k in ("axis", "index")}
    return ", ".join(f"{k}={v}" for k, v in shown.items() if v is not None and v is not False)


def is_readable(x: Any) -> bool:
    parts = x if isinstance(x, tuple) else (x,)
    return all(isinstance(part, (int, float, str, slice, type(None), type(...))) for part in parts)


def index_text(index: Any) -> str:
    """As it was written between the brackets: 1:3, 0."""
    return ", ".join(slice_text(x) if isinstance(x, slice) else "..." if x is ... else str(x)
                     for x in (index if isinstance(index, tuple) else (index,)))


def slice_text(x: slice) -> str:
    ends = ":".join("" if end is None else str(end) for end in (x.start, x.stop))
    return ends if x.step is None else f"{ends}:{x.step}"
