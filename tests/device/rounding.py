"""What a device computed, beside what NumPy did: the same, but for the order in which a few numbers were added up."""

from __future__ import annotations

from typing import Any

import numpy as np


def assert_same_but_for_rounding(found: Any, right: Any) -> None:
    """On the CPU short rows are summed by products, and softmax is taken without subtracting: see backend.row_sums."""
    if right.dtype.kind != "f":
        np.testing.assert_array_equal(found, right)
        return
    eps = np.finfo(right.dtype).eps
    size = float(np.abs(right[np.isfinite(right)]).max(initial=0))
    np.testing.assert_allclose(found, right, rtol=64 * eps, atol=64 * eps * max(size, 1e-3))
