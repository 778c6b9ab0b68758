"""Every op and kernel of the table on the double of CuPy: the same bits as NumPy's, and nobody waits for the device."""

from __future__ import annotations

from typing import Any

import cupy_double
import numpy as np
import pytest
from op_db import ROWS, Row, Sample, differentiable, leaves, outputs, rebuild
from rounding import assert_same_but_for_rounding

import tinydawn as td

CASES = [pytest.param(row, sample, id=f"{row.name}-{sample!r}") for row in ROWS.values() for sample in row.samples]


def values_and_gradients(row: Row, sample: Sample, dtype: Any) -> list[Any]:
    inputs = [td.tensor(a, dtype=dtype, requires_grad=True) for a in leaves(sample)]
    args, kwargs = rebuild(sample, inputs, td.tensor)
    found = outputs(row.function(*args, **kwargs))
    gradients: tuple[Any, ...] = ()
    if differentiable(row):
        starts = [td.tensor(np.linspace(0.5, 1.5, o.numel()).reshape(o.shape).astype(o.dtype)) for o in found]
        gradients = td.grad(found, inputs, starts, allow_unused=True)
    return [*found, *gradients]


@pytest.mark.parametrize(("row", "sample"), CASES)
def test_every_op_gives_numpys_values(row: Row, sample: Sample, cupy: Any) -> None:
    for dtype in (np.float64, np.float32):
        td.use_backend("numpy")
        expected = values_and_gradients(row, sample, dtype)
        td.use_backend("cupy")
        found = values_and_gradients(row, sample, dtype)
        assert len(found) == len(expected)
        for mine, theirs in zip(found, expected, strict=True):
            if theirs is None:
                assert mine is None
                continue
            assert isinstance(mine.array, cupy_double.ndarray), "it left the device"
            assert (mine.dtype, mine.shape) == (theirs.dtype, theirs.shape)
            assert_same_but_for_rounding(mine.numpy(), theirs.numpy())


@pytest.mark.parametrize(("row", "sample"), [case for case in CASES if differentiable(case.values[0]) and case.values[1].smooth])
def test_second_derivatives_give_numpys_values(row: Row, sample: Sample, cupy: Any) -> None:
    results = []
    for backend in ("numpy", "cupy"):
        td.use_backend(backend)
        inputs = [td.tensor(a, requires_grad=True) for a in leaves(sample)]
        args, kwargs = rebuild(sample, inputs, td.tensor)
        total = sum(((o * o).sum() for o in outputs(row.function(*args, **kwargs))), start=td.tensor(0.0, dtype=np.float64))
        if not total.requires_grad:
            return
        first = td.grad(total, inputs, create_graph=True, allow_unused=True)
        slope = sum(((g * g).sum() for g in first if g is not None and g.requires_grad), start=td.tensor(0.0, dtype=np.float64))
        second = td.grad(slope, inputs, allow_unused=True) if slope.requires_grad else ()
        results.append([None if g is None else g.numpy() for g in (*first, *second)])
    for theirs, mine in zip(*results, strict=True):
        if theirs is None:
            assert mine is None
        else:
            assert_same_but_for_rounding(mine, theirs)
