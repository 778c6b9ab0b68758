"""Functions of several Tensors: joining, combining, choosing."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import functional, ops
from ..graph import Traced
from ..tensor import Tensor
from .methods import tensor_of


def _joined(tensors: Any) -> list[Any]:
    """Of several dtypes the widest, as PyTorch joins them."""
    parts = [tensor_of(t) for t in tensors]
    wanted = np.result_type(*[p.dtype for p in parts]) if parts else None
    if wanted is not None and wanted.kind == "f" and any(p.dtype.kind == "f" for p in parts):
        wanted = np.result_type(*[p.dtype for p in parts if p.dtype.kind == "f"])
    return [p if p.dtype == wanted else p.astype(wanted) for p in parts]


def cat(tensors: Any, dim: int = 0, *, axis: int | None = None, out: Any = None) -> Any:
    """Join along a dimension that all have."""
    found = functional.cat(_joined(tensors), dim if axis is None else axis)
    return found if out is None else out.copy_(found)


concat = concatenate = cat


def stack(tensors: Any, dim: int = 0, *, axis: int | None = None, out: Any = None) -> Any:
    """Join along a new dimension."""
    found = functional.stack(_joined(tensors), dim if axis is None else axis)
    return found if out is None else out.copy_(found)


def hstack(tensors: Any) -> Any:
    """Side by side: along dimension 1, vectors along 0."""
    parts = [functional.reshape(t, 1) if not t.ndim else t for t in tensors]
    return cat(parts, 0 if parts[0].ndim == 1 else 1)


def vstack(tensors: Any) -> Any:
    """One above the other; vectors as rows."""
    return cat([functional.reshape(t, 1, -1) if t.ndim < 2 else t for t in tensors], 0)


def einsum(equation: str, *operands: Any) -> Any:
    """Einstein summation."""
    given = operands[0] if len(operands) == 1 and isinstance(operands[0], (list, tuple)) else operands
    return functional.einsum(equation, *given)


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """`input` where the condition is True, else `other`; alone, where the condition is, as a tuple of indices."""
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    return ops.where(condition, input, other)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Any, ...]:
    """A grid of all combinations: of each vector its values at every point."""
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    grids = []
    for i, x in enumerate(given):
        shape = [1] * len(given)
        shape[i] = -1
        grids.append(functional.reshape(x, *shape))
    full = [functional.expand(g, *np.broadcast_shapes(*[g.shape for g in grids])) for g in grids]
    return tuple(functional.transpose(g, 0, 1) for g in full) if indexing == "xy" and len(full) > 1 else tuple(full)


def cartesian_prod(*tensors: Any) -> Any:
    """All combinations, a row each."""
    return functional.stack([functional.flatten(g) for g in meshgrid(*tensors)], 1)


def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """All in the one shape to which they broadcast."""
    return tuple(tensor_of(tensors[0]).broadcast_tensors(*tensors[1:]))


def block_diag(*tensors: Any) -> Any:
    """Matrices along the diagonal of a larger one."""
    wide = sum(t.shape[1] for t in tensors)
    rows, at = [], 0
    for t in tensors:
        rows.append(ops.pad(t, widths=((0, 0), (at, wide - at - t.shape[1]))))
        at += t.shape[1]
    return functional.cat(rows, 0)


def is_tensor(x: Any) -> bool:
    """Whether x is a Tensor."""
    return isinstance(x, Traced) and isinstance(x, Tensor)
