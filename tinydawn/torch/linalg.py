"""torch.linalg: norms, and what NumPy computes without gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import functional
from ..errors import GraphError, message
from ..tensor import Tensor
from .absent import answer


def norm(A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False) -> Any:
    """The norm of all entries, or along `dim`."""
    return A.norm(2 if ord in (None, "fro") else ord, dim, keepdim)


vector_norm = norm


def _without_gradient(name: str) -> Any:
    def function(A: Any, *args: Any, **kwargs: Any) -> Any:
        if A.requires_grad:
            raise GraphError(message(f"linalg.{name}: it passes no gradient on, and A requires one", fix="A.detach()"))
        others = [a.array if isinstance(a, Tensor) else a for a in args]
        found = getattr(np.linalg, name)(A.array, *others, **kwargs)
        return tuple(Tensor(np.asarray(part)) for part in found) if isinstance(found, tuple) else Tensor(np.asarray(found))

    function.__name__ = name
    function.__doc__ = f"NumPy's linalg.{name}, without a gradient."
    return function


inv, det, svd, eigh, qr, solve, pinv, matrix_rank, cholesky = map(_without_gradient, (
    "inv", "det", "svd", "eigh", "qr", "solve", "pinv", "matrix_rank", "cholesky"))


def matmul(a: Any, b: Any) -> Any:
    return functional.matmul(a, b)


__getattr__ = answer("torch.linalg", globals())
