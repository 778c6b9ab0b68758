"""Tests derived from op_db.py: the same questions asked of every op and every function composed of them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import op_db
import pytest
from op_db import ROWS, Row, Sample, differentiable, leaves, outputs, rebuild

import tinydawn as td
from tinydawn import functional, graph, ops
from tinydawn.kernels import fuse

each_row = pytest.mark.parametrize("row", ROWS.values(), ids=lambda r: r.name)
differentiable_rows = [r for r in ROWS.values() if differentiable(r)]
each_differentiable = pytest.mark.parametrize("row", differentiable_rows, ids=lambda r: r.name)


def cases(rows: list[Row], only: Callable[[Sample], bool] = lambda s: True) -> Any:
    return pytest.mark.parametrize(("row", "sample"), [
        pytest.param(r, s, id=f"{r.name}-{s!r}") for r in rows for s in r.samples if only(s)])


def tensors(sample: Sample, dtype: Any = None) -> list[td.Tensor]:
    return [td.tensor(a, dtype=dtype, requires_grad=True) for a in leaves(sample)]


def call(row: Row, sample: Sample, new: list[Any], other: Callable[[Any], Any] = lambda a: a) -> list[Any]:
    args, kwargs = rebuild(sample, new, other)
    return outputs(row.function(*args, **kwargs))


def weights(outs: list[Any]) -> list[np.ndarray]:
    """A fixed gradient to start from, of both signs and no two entries alike."""
    rng = np.random.default_rng(3)
    return [np.asarray(rng.uniform(0.5, 1.5, tuple(o.shape)) * rng.choice([-1.0, 1.0], tuple(o.shape))) for o in outs]


def gradients(row: Row, sample: Sample, new: list[Any], other: Callable[[Any], Any] = lambda a: a) -> list[np.ndarray]:
    outs = call(row, sample, new, other)
    found = td.grad(outs, new, [w.astype(o.dtype) for w, o in zip(weights(outs), outs, strict=True)], allow_unused=True)
    return [np.zeros(x.shape) if g is None else g.array for g, x in zip(found, new, strict=True)]


def close(actual: Any, expected: Any, tolerance: float, what: str) -> None:
    np.testing.assert_allclose(np.asarray(actual), np.asarray(expected), rtol=tolerance, atol=tolerance, err_msg=what)


# --- the table is complete ----------------------------------------------------------------------------------------


def test_every_op_has_a_row() -> None:
    missing = [name for name in graph.table if name not in ROWS and name not in fuse.kernels]  # those: test_fused.py
    assert not missing, (f"no row in tests/op_db.py for the op(s) {missing}: add row({missing[0]!r}, ...) there, "
                         "or nothing tests them")


def test_every_public_function_has_a_row() -> None:
    missing = [name for name in op_db.public_functions() if f"functional.{name}" not in ROWS]
    assert not missing, (f"no row in tests/op_db.py for functional.py's {missing}: "
                         f"add row('functional.{missing[0]}', ...) there")


def test_every_row_has_an_op_or_function() -> None:
    stale = [name for name in ROWS if name not in graph.table
             and not hasattr(functional, name.removeprefix("functional."))]
    assert not stale, f"rows of tests/op_db.py for what no longer exists: {stale}"


def test_public_names_are_the_ops() -> None:
    for name in ("exp", "add", "where", "erf", "tanh"):
        assert getattr(td, name) is getattr(ops, name)
    for name in op_db.public_functions():
        if hasattr(td, name):
            assert getattr(td, name) is getattr(functional, name), name


# --- value --------------------------------------------------------------------------------------------------------


@cases(list(ROWS.values()))
def test_value_is_numpys(row: Row, sample: Sample) -> None:
    outs = call(row, sample, tensors(sample), other=td.tensor)
    expected = outputs(row.reference(*sample.args, **sample.kwargs))
    assert len(outs) == len(expected)
    for o, e in zip(outs, expected, strict=True):
        assert isinstance(o, td.Tensor)
        assert type(o.array) is np.ndarray, f"data is a {type(o.array).__name__}"
        assert o.shape == np.shape(e)
        assert o.dtype == op_db.wide(np.asarray(e)).dtype
        close(o.array, e, row.tolerance, "value")


@each_row
def test_raw_in_gives_raw_out(row: Row) -> None:
    """With no Tensor among the arguments, the plain array comes back, with the same values."""
    for sample in row.samples:
        raw = outputs(row.function(*sample.args, **sample.kwargs))
        wrapped = call(row, sample, tensors(sample), other=td.tensor)
        for r, w in zip(raw, wrapped, strict=True):
            assert isinstance(r, (np.ndarray, np.generic)), f"{sample}: a {type(r).__name__}"
            np.testing.assert_array_equal(r, w.array, err_msg=repr(sample))


@pytest.mark.torch
@cases(list(ROWS.values()))
def test_value_and_every_gradient_are_pytorchs(row: Row, sample: Sample, torch: Any) -> None:
    mine = tensors(sample)
    outs = call(row, sample, mine, other=td.tensor)
    theirs = [torch.tensor(a, requires_grad=differentiable(row)) for a in leaves(sample)]
    args, kwargs = rebuild(sample, theirs, torch.as_tensor)
    expected = outputs(row.torch(torch, *args, **kwargs))
    assert len(outs) == len(expected)
    for o, e in zip(outs, expected, strict=True):
        assert o.shape == tuple(e.shape)
        close(o.array, e.detach(), 1e-8, "value")
    if not differentiable(row):
        assert not any(o.requires_grad
                       for o in outs), f"{row.name} has no derivative, and its output asks for a gradient"
        return
    start = weights(outs)
    found = td.grad(outs, mine, start, allow_unused=True)
    wanted = torch.autograd.grad(expected, theirs, [torch.as_tensor(w) for w in start], allow_unused=True)
    for k, (g, w, x) in enumerate(zip(found, wanted, mine, strict=True)):
        close(np.zeros(x.shape) if g is None else g.array, np.zeros(x.shape) if w is None else w, 1e-8,
              f"gradient of array {k}")


# --- derivatives against central differences ----------------------------------------------------------------------


@cases(differentiable_rows, only=lambda s: s.smooth)
def test_gradcheck(row: Row, sample: Sample) -> None:
    inputs = tensors(sample)
    assert td.gradcheck(lambda *new: tuple(call(row, sample, list(new))), inputs, atol=1e-6, rtol=1e-5)


@cases(differentiable_rows, only=lambda s: s.smooth)
def test_gradgradcheck(row: Row, sample: Sample) -> None:
    inputs = tensors(sample)
    assert td.gradgradcheck(lambda *new: tuple(call(row, sample, list(new))), inputs, atol=1e-5, rtol=1e-4)


@each_differentiable
def test_create_graph_gives_the_same_gradient(row: Row) -> None:
    """One formula, two modes: recorded or not, the gradient is the same to the last bit."""
    for sample in row.samples:
        plain, recorded = tensors(sample), tensors(sample)
        outs = call(row, sample, recorded)
        found = td.grad(outs, recorded, weights(outs), create_graph=True, allow_unused=True)
        for p, r, x in zip(gradients(row, sample, plain), found, plain, strict=True):
            np.testing.assert_array_equal(p, np.zeros(x.shape) if r is None else r.array, err_msg=repr(sample))
            assert r is None or type(r.array) is np.ndarray, f"{sample}: data is a {type(r.array).__name__}"


# --- dtype --------------------------------------------------------------------------------------------------------


@each_row
def test_float32_in_gives_float32_out(row: Row) -> None:
    for sample in row.samples:
        if "dtype" in sample.kwargs or (row.name == "pow" and any(isinstance(a, np.ndarray) and a.dtype.kind == "i"
                                                                  for a in sample.args)):
            continue  # whole numbers are test_whole_numbers_do_not_promote_float32's
        inputs = tensors(sample, np.float32)
        outs = call(row, sample, inputs, other=narrow)
        exact = call(row, sample, tensors(sample))
        for o, e in zip(outs, exact, strict=True):
            assert o.dtype == (np.float32 if e.dtype == np.float64 else e.dtype), repr(sample)
            if e.dtype == np.float64:
                close(o.array, e.array, row.float32_tolerance * 10, repr(sample))
        if differentiable(row):
            for g, x in zip(td.grad(outs, inputs, weights(outs), allow_unused=True), inputs, strict=True):
                assert g is None or g.dtype == np.float32, f"{sample}: a gradient of {g.dtype}"
                assert g is None or g.shape == x.shape, repr(sample)
            found = td.grad(call(row, sample, inputs, other=narrow), inputs, weights(outs), create_graph=True,
                            allow_unused=True)
            assert all(g is None or g.dtype == np.float32 for g in found), f"{sample}: create_graph"


def narrow(a: np.ndarray) -> np.ndarray:
    return a.astype(np.float32) if a.dtype == np.float64 else a


ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]


@pytest.mark.parametrize("function", ARITHMETIC, ids=lambda f: f.__name__)
@pytest.mark.parametrize("number", [2, 2.0, True, np.float64(2), np.float32(2), np.int64(2), np.bool_(True)],
                         ids=lambda n: type(n).__name__)
def test_numbers_do_not_promote_float32(function: Any, number: Any) -> None:
    """DeZero and MyGrad wrapped 2.0 as a 0-d float64 array, and float32 models became float64 under NumPy 2."""
    t = td.tensor([1.0, 2.0, 3.0], requires_grad=True)
    for out in (function(t, number), function(number, t)):
        assert out.dtype == np.float32
        out.sum().backward()
        assert t.grad.dtype == np.float32
    for ufunc in (td.maximum, td.minimum):
        assert ufunc(t, number).dtype == ufunc(number, t).dtype == np.float32


@pytest.mark.parametrize("function", [operator.add, operator.mul, operator.truediv, operator.pow, td.maximum],
                         ids=lambda f: f.__name__)
@pytest.mark.parametrize("kind", ["array", "tensor", "0-d array", "0-d tensor", "int32"])
def test_whole_numbers_do_not_promote_float32(function: Any, kind: str) -> None:
    """NumPy makes float64 of float32 and int64; a loss divided by a count of tokens must stay float32."""
    t = td.tensor([1.0, 2.0, 3.0], requires_grad=True)
    other = {"array": np.arange(1, 4), "tensor": td.tensor([1, 2, 3]), "0-d array": np.array(2),
             "0-d tensor": td.tensor(2),
             "int32": np.arange(1, 4, dtype=np.int32)}[kind]
    for out in (function(t, other), function(other, t)):
        assert out.dtype == np.float32
        out.sum().backward()
        assert t.grad.dtype == np.float32


# --- memory -------------------------------------------------------------------------------------------------------


def strided(a: np.ndarray) -> np.ndarray:
    """The same values in a view with gaps, last axis first in memory."""
    if a.ndim == 0:
        return np.stack([a, a])[1:].reshape(())
    wide = np.full((*a.shape[::-1], 2), np.nan)
    view = wide[..., 0].transpose()
    view[...] = a
    return view


@each_row
def test_non_contiguous_equals_contiguous(row: Row) -> None:
    for sample in row.samples:
        views = [td.Tensor(strided(a), requires_grad=True) for a in leaves(sample)]
        for o, e in zip(call(row, sample, views), call(row, sample, tensors(sample)), strict=True):
            close(getattr(o, 'array', o), getattr(e, 'array', e), 1e-14, repr(sample))
        if differentiable(row):
            for g, w in zip(gradients(row, sample, views), gradients(row, sample, tensors(sample)), strict=True):
                close(g, w, 1e-13, repr(sample))


@each_differentiable
def test_nothing_given_is_written_into(row: Row) -> None:
    """Law (b) of a formula: forward and backward leave the arguments, the output and the gradient as they were."""
    for sample in row.samples:
        inputs = tensors(sample)
        before = [t.array.copy() for t in inputs]
        outs = call(row, sample, inputs)
        after = [o.array.copy() for o in outs]
        start = weights(outs)
        copies = [w.copy() for w in start]
        td.grad(outs, inputs, start, allow_unused=True)
        for array, copy in zip([t.array for t in inputs] + [o.array for o in outs] + start, before + after + copies,
                               strict=True):
            np.testing.assert_array_equal(array, copy, err_msg=repr(sample))


@each_differentiable
def test_gradients_share_no_memory(row: Row) -> None:
    """Weight decay applied in place to one .grad must not reach another, nor what the user passed in."""
    for sample in row.samples:
        for create_graph in (False, True):
            inputs = tensors(sample)
            outs = call(row, sample, inputs)
            start = [td.Tensor(w) for w in weights(outs)]
            for o, s in zip(outs, start, strict=True):
                o.backward(s, retain_graph=True, create_graph=create_graph)
            arrays = [t.grad.array for t in inputs if t.grad is not None]
            others = arrays + [t.array for t in inputs] + [o.array for o in outs] + [s.array for s in start]
            for k, a in enumerate(arrays):
                assert a.flags.writeable, f"{sample}: gradient {k} is read-only"
                shared = any(np.shares_memory(a, b) for b in others[k + 1:])
                assert not shared, f"{sample}: gradient {k} shares memory (create_graph={create_graph})"
            found = td.grad(call(row, sample, inputs), inputs, start, create_graph=create_graph, allow_unused=True)
            for k, g in enumerate(found):
                rest = [t.array for t in (*found[k + 1:], *start, *inputs) if t is not None]
                shared = g is not None and any(np.shares_memory(g.array, b) for b in rest)
                assert not shared, f"{sample}: gradient {k} of grad() shares memory (create_graph={create_graph})"


def unsaved(node: graph.Node, args: list[Any], out: Any) -> list[np.ndarray]:
    """The arrays of a call that its node did not keep: arguments, and the output."""
    kept = [a for a in (*node.saved, node.out) if isinstance(a, np.ndarray)]
    return [a for a in [*args, out] if isinstance(a, np.ndarray) and not any(np.shares_memory(a, k) for k in kept)]


@pytest.mark.parametrize("row", [r for r in differentiable_rows if r.entry], ids=lambda r: r.name)
def test_poisoned_unsaved_arguments(row: Row) -> None:
    """Law (d): what an op does not declare in `saves`, its formula does not read: overwriting it changes nothing."""
    for sample in row.samples:
        expected = gradients(row, sample, tensors(sample))
        inputs = tensors(sample)
        (out,) = call(row, sample, inputs)
        start = weights([out])
        assert out._node is not None
        for array in unsaved(out._node, [t.array for t in inputs], out.array):
            if array.flags.writeable:
                array[...] = np.nan
        for g, e in zip(td.grad([out], inputs, start, allow_unused=True), expected, strict=True):
            np.testing.assert_array_equal(np.zeros(e.shape) if g is None else g.array, e, err_msg=repr(sample))


def spoilt(a: Any) -> np.ndarray:
    """Another value everywhere."""
    a = np.asarray(a)
    return ~a if a.dtype == bool else np.full(a.shape, np.nan)


@pytest.mark.parametrize("row", [r for r in differentiable_rows if r.entry and r.entry.joint is None],
                         ids=lambda r: r.name)
def test_saves_no_more_than_it_needs(row: Row) -> None:
    """Each value named in `saves` is read by some formula on some sample; what is not needed should be freed early."""
    entry = row.entry
    assert entry is not None
    flags = entry.keep if isinstance(entry.keep, tuple) else (entry.keep,) * entry.arity
    saved = {k for k, keep in enumerate(flags) if keep} | ({"y"} if entry.keeps_out else set())
    needed: set[Any] = set()
    for sample in row.samples:
        if sample.constant or not all(isinstance(a, np.ndarray) and a.size for a in sample.args):
            continue
        for name in saved - needed:
            expected = gradients(row, sample, tensors(sample))
            args, kwargs = rebuild(sample, inputs := tensors(sample))
            out = row.function(*args, **kwargs)
            node = out._node
            if name == "y":
                node.out = spoilt(node.out)
            else:
                node.saved = tuple(spoilt(a) if k == name else a for k, a in enumerate(node.saved))
            with np.errstate(all="ignore"):
                found = td.grad([out], inputs, weights([out]), allow_unused=True)
            if any(g is not None and not np.array_equal(g.array, e) for g, e in zip(found, expected, strict=True)):
                needed.add(name)
    assert needed == saved, f"{row.name} saves {saved - needed} (argument numbers, or y), and no formula reads it"


# --- errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("row", "bad"), [
    pytest.param(r, b, id=f"{r.name}-{k}") for r in ROWS.values() for k, b in enumerate(r.errors)])
def test_wrong_input_is_refused(row: Row, bad: op_db.Bad) -> None:
    """The error, what it says, where it happened, and a fix; and never the values."""
    sample = Sample(bad.args, bad.kwargs)
    args, kwargs = rebuild(sample, [td.tensor(a) for a in leaves(sample)], td.tensor)
    with pytest.raises(bad.error) as caught:
        row.function(*args, **kwargs)
    text = str(caught.value)
    assert bad.fragment in text
    assert "test_ops.py:" in text, "the user's own line"
    assert "  fix: " in text
    assert "1., 1." not in text
    assert "array(" not in text
