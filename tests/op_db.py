"""The table all op tests are derived from: one row per op of `graph.table` and per public function of functional.py.

A row names the function, a reference in NumPy, the same in PyTorch, sample inputs and inputs that must be refused.
test_ops.py derives from it: value, gradients, second derivatives, dtypes, views, zero sizes, aliasing, what is saved.

To add an op, add a row: `row("name", function, reference, torch expression, [S(...), ...], [Bad(...), ...])`.

* `S(*args, **kwargs)` is one call. Every float64 array among the args (also inside lists) is differentiated, unless
  its position is in `constant=`. `smooth=False`: at a kink, so not compared with central differences.
* A reference takes the same arguments as the function. The PyTorch expression takes the module `torch` first: it is
  imported by the tests that need it, and only there.
* `Bad(error, fragment, *args, **kwargs)` is a call that must raise `error` with `fragment` in its message.
"""

from __future__ import annotations

import builtins
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinydawn import functional, graph, ops
from tinydawn.errors import DTypeError, IdError, OptionError, ShapeError

rng = np.random.default_rng(20)


@dataclass
class Sample:
    """One call: arguments, settings, and what is special about it."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    smooth: bool = True
    constant: tuple[int, ...] = ()

    def __repr__(self) -> str:
        parts = [_short(a) for a in self.args] + [f"{k}={_short(v)}" for k, v in self.kwargs.items()]
        return ",".join(parts).replace(" ", "")


def _short(a: Any) -> str:
    if isinstance(a, np.ndarray):
        return "x".join(map(str, a.shape)) + ("" if a.dtype == np.float64 else a.dtype.kind) if a.ndim else "0-d"
    return "[" + ",".join(map(_short, a)) + "]" if isinstance(a, (list, tuple)) else str(a)


def S(*args: Any, smooth: bool = True, constant: tuple[int, ...] = (), **kwargs: Any) -> Sample:
    return Sample(args, kwargs, smooth, constant)


@dataclass
class Bad:
    """A call that must be refused: `error` with `fragment` in its message."""

    error: type[Exception]
    fragment: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __init__(self, error: type[Exception], fragment: str, *args: Any, **kwargs: Any) -> None:
        self.error, self.fragment, self.args, self.kwargs = error, fragment, args, kwargs


@dataclass
class Row:
    name: str
    function: Callable[..., Any]
    reference: Callable[..., Any]
    torch: Callable[..., Any] | None
    samples: list[Sample]
    errors: list[Bad] = field(default_factory=list)
    tolerance: float = 1e-12  # of the value, against the reference
    float32_tolerance: float = 1e-5

    @property
    def entry(self) -> graph.Op | None:
        """The op's entry in the table; None for a function composed of several."""
        return graph.table.get(self.name)


ROWS: dict[str, Row] = {}


def row(name: str, function: Callable[..., Any], reference: Callable[..., Any], torch: Callable[..., Any] | None,
        samples: list[Sample], errors: list[Bad] | None = None, **rest: Any) -> None:
    assert name not in ROWS, f"two rows named {name}"
    ROWS[name] = Row(name, function, reference, torch, samples, errors or [], **rest)


# --- inputs -------------------------------------------------------------------------------------------------------


i = np.array  # of 64 bits on every platform: see the end of this file


def x(*shape: int) -> np.ndarray:
    """Distinct values between -2 and 2, none within 0.02 of 0 or of each other: no kinks, no ties."""
    n = math.prod(shape)
    values = (np.arange(n) + 0.5) / max(n, 1) * 3.8 - 1.9
    values += np.where(np.abs(values) < 0.05, 0.1, 0.0) + rng.uniform(-0.004, 0.004, n) / max(n, 1)
    return rng.permutation(values).reshape(shape)


def pos(*shape: int) -> np.ndarray:
    """Values between 0.3 and 2.3."""
    return np.asarray(np.abs(x(*shape)) + 0.3)


def away(*shape: int) -> np.ndarray:
    """Values of both signs, 0.3 to 2.3 from 0: safe to divide by."""
    v = x(*shape)
    return np.asarray(np.where(v < 0, v - 0.3, v + 0.3))


def ties(*shape: int) -> np.ndarray:
    """Small whole numbers as floats: many ties, many zeros."""
    return np.asarray(rng.integers(-1, 2, shape).astype(float))


def mask(*shape: int) -> np.ndarray:
    return np.asarray(rng.random(shape) < 0.5)


def turned(*shape: int) -> np.ndarray:
    """A non-contiguous view of this shape: every other column of a transposed array."""
    wide = x(2 * shape[-1], *shape[:-1])
    return np.moveaxis(wide, 0, -1)[..., ::2]


def each(make: Callable[..., Any] = x, **settings: Any) -> list[Sample]:
    """A function of one array at the shapes that go wrong: 0-d, one, many, zero-size."""
    return [S(make(*shape), **settings) for shape in [(), (3,), (1,), (2, 3), (2, 1, 3), (0,), (2, 0, 3)]]


def pairs(first: Callable[..., Any] = x, second: Callable[..., Any] = x) -> list[Sample]:
    """A function of two arrays: equal shapes, every kind of broadcasting, zero sizes, numbers on either side."""
    shapes = [((), ()), ((3,), (3,)), ((2, 3), (2, 3)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 3), ()), ((), (2, 3)),
              ((2, 1), (1, 3)), ((2, 1, 3), (4, 1)), ((1,), (1, 1)), ((0, 3), (3,)), ((0, 3), (1, 1)), ((2, 0), (2, 1))]
    return [*(S(first(*a), second(*b)) for a, b in shapes), S(first(2, 3), 1.5), S(2.5, second(2, 3)), S(first(3), 2)]


def reductions(make: Callable[..., Any] = x, empty: bool = True) -> list[Sample]:
    axes: list[Any] = [None, 0, 1, -1, -3, (0, 2), (-1, 0), (0, 1, 2)]
    samples = [S(make(2, 3, 2), axis=a, keepdims=k) for a, k in itertools.product(axes, (False, True))]
    samples += [S(make()), S(make(), keepdims=True), S(make(4)), S(make(1, 1), axis=0), S(make(3, 3), axis=1),
                S(make(0, 3), axis=1)]
    return samples + ([S(make(0, 3)), S(make(0, 3), axis=0), S(make(2, 0), axis=-1, keepdims=True)] if empty else [])


def dims(ndim: int, axis: Any) -> tuple[int, ...]:
    """A NumPy axis argument as PyTorch's dim."""
    return tuple(range(ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)


def reduced_by(name: str) -> Callable[..., Any]:
    """torch.<name>(x, dim, keepdim), where a 0-d tensor has nothing to reduce."""
    def call(t: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return getattr(t, name)(x, dim=dims(x.ndim, axis), keepdim=keepdims) if x.ndim or name != "sum" else x.sum()
    return call


no_broadcast = [Bad(ShapeError, "do not broadcast", np.ones((2, 3)), np.ones(4)),
                Bad(DTypeError, "is a str", np.ones(3), "one"),
                Bad(DTypeError, "is a list", np.ones(3), [1.0, 2.0, 3.0])]
no_number = [Bad(DTypeError, "is a str", "one"), Bad(DTypeError, "is a NoneType", None)]
bad_axis = [Bad(ShapeError, "axis 3 is out of", np.ones((2, 3)), axis=3),
            Bad(ShapeError, "axis -3 is out of", np.ones((2, 3)), axis=-3)]

# --- elementwise --------------------------------------------------------------------------------------------------

row("add", ops.add, np.add, lambda t, a, b: a + b, pairs(), no_broadcast)
row("sub", ops.sub, np.subtract, lambda t, a, b: a - b, pairs(), no_broadcast)
row("mul", ops.mul, np.multiply, lambda t, a, b: a * b, pairs(), no_broadcast)
row("div", ops.div, np.divide, lambda t, a, b: a / b, pairs(second=away), no_broadcast)
row("maximum", ops.maximum, np.maximum, lambda t, a, b: t.maximum(*both(t, a, b)),
    [*pairs(), *(S(ties(4, 5), ties(4, 5), smooth=False) for _ in range(2)),
     S(ties(6), 0.0, smooth=False), S(0.0, ties(6), smooth=False), S(ties(4, 5), ties(5), smooth=False)], no_broadcast)
row("minimum", ops.minimum, np.minimum, lambda t, a, b: t.minimum(*both(t, a, b)),
    [*pairs(), *(S(ties(4, 5), ties(4, 5), smooth=False) for _ in range(2)),
     S(ties(6), 0.0, smooth=False), S(0.0, ties(6), smooth=False), S(ties(4, 5), ties(5), smooth=False)], no_broadcast)


def both(t: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """PyTorch's maximum takes tensors only."""
    return tuple(v if isinstance(v, t.Tensor) else t.tensor(float(v), dtype=t.float64)
                 for v in (a, b))  # type: ignore[return-value]


row("pow", ops.pow, np.power, lambda t, a, b: a ** b,
    [*pairs(first=pos), *(S(x(2, 3), n) for n in (0, 1, 2, 3, -1, -2, 2.0, 0.0, 1.0)), S(pos(4), 0.5), S(pos(3), -1.5),
     S(2, x(2, 3)), S(0.5, x(3)), S(1, x(3)),
     # At a base of 0, and exponents of 0 and 1, where 0 * inf and log(0) lurk.
     *(S(np.array([0.0, 1.0, -1.0, 2.0]), n, smooth=False) for n in (0, 1, 2, 3, 0.0, 2.0, 4)),
     S(np.array([0.0, 0.0, 0.0, 2.0]), np.array([0.0, 1.0, 2.0, 0.0]), smooth=False),
     S(0.0, np.array([1.0, 2.0, 0.5]), smooth=False),
     S(x(4), np.array([2.0, 0.0, 3.0, 1.0]), constant=(1,)), S(x(4), np.array([2, 0, 3, 1]))], no_broadcast)
# A quotient at which the step is, as 2.0 // 0.5, has no slope: none of the samples is one.
_no_zero = [*no_broadcast, Bad(OptionError, "an integer is divided by 0", np.array([1, 2]), np.array([1, 0])),
            Bad(OptionError, "an integer is divided by 0", np.array([1, 2]), 0)]
row("floor_divide", ops.floor_divide, np.floor_divide, lambda t, a, b: t.floor(a / b), pairs(second=away), _no_zero)
row("remainder", ops.remainder, np.remainder, lambda t, a, b: t.remainder(*both(t, a, b)), pairs(second=away), _no_zero)
row("where", ops.where, np.where, lambda t, c, a, b: t.where(c, a, b),
    [S(mask(2, 3), x(2, 3), x(2, 3)), S(mask(3), x(2, 3), x(1, 3)), S(mask(2, 1), x(), x(3)), S(mask(), x(3), x(3)),
     S(mask(2, 3), x(2, 3), 0.0), S(mask(2, 3), 1.5, x(3)), S(mask(0, 3), x(0, 3), x(3)),
     S(mask(4, 2, 3), x(3), x(2, 1))],
    [Bad(ShapeError, "do not broadcast", np.ones(4, bool), np.ones((2, 3)), 0.0),
     Bad(DTypeError, "where: the condition is float64, not boolean", np.ones(3), np.ones(3), 0.0),
     Bad(DTypeError, "where: the condition is int64, not boolean", np.array([0, 1, 2]), np.ones(3), 0.0)])

row("neg", ops.neg, np.negative, lambda t, x: -x, each(), no_number)
row("exp", ops.exp, np.exp, lambda t, x: t.exp(x), each(), no_number)
row("log", ops.log, np.log, lambda t, x: t.log(x), each(pos), no_number)
row("log1p", ops.log1p, np.log1p, lambda t, x: t.log1p(x), [*each(pos), S(np.array([-0.5, 0.0, 1e-12, 1e-300]))], no_number)
row("expm1", ops.expm1, np.expm1, lambda t, x: t.expm1(x), [*each(), S(np.array([-0.5, 0.0, 1e-12, 1e-300]))], no_number)
row("sqrt", ops.sqrt, np.sqrt, lambda t, x: t.sqrt(x), each(pos), no_number)
row("tanh", ops.tanh, np.tanh, lambda t, x: t.tanh(x), [*each(), S(np.array([-800.0, -20.0, 0.0, 20.0, 800.0]))],
    no_number)
row("sigmoid", ops.sigmoid, lambda x: 1 / (1 + np.exp(-x)), lambda t, x: t.sigmoid(x),
    [*each(), S(np.array([-700.0, -30.0, 0.0, 30.0, 800.0]))], no_number)
row("relu", ops.relu, lambda x: np.maximum(x, 0), lambda t, x: t.relu(x), [*each(), S(ties(9), smooth=False)],
    no_number)
_limits = [S(x(2, 3), min=-0.5, max=0.6), S(x(4), min=0.0, max=None), S(x(4), min=None, max=0.1), S(x(0, 2), min=0.0, max=1.0),
           S(np.array([-1.0, 0.0, 0.5, 1.0, 2.0]), min=0.0, max=1.0, smooth=False)]
row("clamp", ops.clamp, lambda x, min, max: np.clip(x, min, max), lambda t, x, min, max: t.clamp(x, min, max), _limits)
row("abs", ops.abs, np.abs, lambda t, x: t.abs(x), [*each(), S(ties(9), smooth=False)], no_number)
row("sin", ops.sin, np.sin, lambda t, x: t.sin(x), each(), no_number)
row("cos", ops.cos, np.cos, lambda t, x: t.cos(x), each(), no_number)
_whole = [*each(), S(i([-2.5, -0.5, 0.5, 1.5, -3.0, 2.0]), smooth=False)]
row("floor", ops.floor, np.floor, lambda t, x: t.floor(x), _whole, no_number)
row("ceil", ops.ceil, np.ceil, lambda t, x: t.ceil(x), _whole, no_number)
row("round", ops.round, np.round, lambda t, x: t.round(x), _whole, no_number)
row("erf", ops.erf, np.vectorize(math.erf, otypes=[float]), lambda t, x: t.erf(x),
    [*each(), S(np.array([-20.0, -6.0, -3.0, -1.0, -1e-9, 0.0, 1e-9, 0.999, 1.0, 1.001, 3.0, 6.0, 20.0]))], no_number)
row("erfc", ops.erfc, np.vectorize(math.erfc, otypes=[float]), lambda t, x: t.erfc(x),
    [*each(), S(np.array([-40.0, -6.0, -1.0, -1e-9, 0.0, 1e-9, 0.999, 1.0, 1.001, 3.0, 6.0, 20.0, 40.0]))], no_number)

# --- without derivative -------------------------------------------------------------------------------------------

row("sign", ops.sign, np.sign, lambda t, x: t.sign(x), [*each(), S(ties(9), smooth=False)], no_number)
for _name in ("eq", "ne", "gt", "ge", "lt", "le"):
    _reference = {"eq": np.equal, "ne": np.not_equal, "gt": np.greater, "ge": np.greater_equal, "lt": np.less,
                  "le": np.less_equal}
    row(_name, getattr(ops, _name), _reference[_name], lambda t, a, b, n=_name: getattr(t, n)(*both(t, a, b)),
        [*pairs(), S(ties(4, 5), ties(4, 5)), S(ties(6), 0.0)], no_broadcast[:1])
row("logical_not", ops.logical_not, np.logical_not, lambda t, x: t.logical_not(x), each(mask))
_bits = [*pairs(mask, mask)[:13], S(np.array([6, 5, -1]), np.array([3, 2, 7])), S(np.array([6, 5]), 3)]
_no_bits = [Bad(DTypeError, "booleans or integers", np.ones(2), np.ones(2)),
            Bad(ShapeError, "do not broadcast together", np.ones((2, 3), bool), np.ones(4, bool))]
row("bitwise_and", ops.bitwise_and, np.bitwise_and, lambda t, a, b: t.bitwise_and(a, b), _bits, _no_bits)
row("bitwise_or", ops.bitwise_or, np.bitwise_or, lambda t, a, b: t.bitwise_or(a, b), _bits, _no_bits)
row("bitwise_xor", ops.bitwise_xor, np.bitwise_xor, lambda t, a, b: t.bitwise_xor(a, b), _bits, _no_bits)
row("bitwise_not", ops.bitwise_not, np.bitwise_not, lambda t, x: t.bitwise_not(x),
    [*each(mask), S(np.array([0, 5, -3]))], [Bad(DTypeError, "booleans or integers", np.ones(2))])
row("isnan", ops.isnan, np.isnan, lambda t, x: t.isnan(x), [*each(), S(np.array([1.0, math.nan, math.inf]))])

_truth = [S(mask(2, 3)), S(mask(2, 3), axis=0), S(mask(2, 3), axis=-1, keepdims=True), S(mask(2, 3, 2), axis=(0, 2)), S(mask()),
          S(mask(0, 3), axis=0), S(np.array([0.0, math.nan])), S(np.array([[0, 2], [1, 3]]), axis=1)]


def _torch_truth(name: str) -> Callable[..., Any]:
    def call(t: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return getattr(t, name)(x, *(() if axis is None else (axis, keepdims)))
    return call


for _name, _reference in (("any", np.any), ("all", np.all)):
    row(_name, getattr(ops, _name), _reference, _torch_truth(_name), _truth, bad_axis)

_arg = [S(x(2, 3, 2)), S(x(2, 3, 2), axis=0), S(x(2, 3, 2), axis=-1, keepdims=True), S(x(5), axis=0),
        S(x(0, 3), axis=1), S(x())]
_arg_bad = [*bad_axis, Bad(ShapeError, "empty sequence", np.ones((2, 0)), axis=1)]
row("argmax", ops.argmax, np.argmax, lambda t, x, axis=None, keepdims=False: t.argmax(x, dim=axis, keepdim=keepdims),
    _arg, _arg_bad)
row("argmin", ops.argmin, np.argmin, lambda t, x, axis=None, keepdims=False: t.argmin(x, dim=axis, keepdim=keepdims),
    _arg, _arg_bad)
row("argsort", ops.argsort, lambda x, axis=-1: np.argsort(x, axis=axis, kind="stable"),
    lambda t, x, axis=-1: t.argsort(x, dim=axis, stable=True),
    [S(x(4, 3)), S(x(4, 3), axis=0), S(ties(9)), S(x(0, 3), axis=0)], bad_axis)
row("detach", ops.detach, lambda x: x, lambda t, x: x.detach(), each())

# --- reductions ---------------------------------------------------------------------------------------------------

_tied = [S(ties(3, 4, 2), axis=a, keepdims=k, smooth=False)
         for a, k in itertools.product([None, 0, -1, (0, 2)], (False, True))]
row("sum", ops.sum, np.sum, reduced_by("sum"), reductions(), bad_axis)
row("amax", ops.amax, np.amax, reduced_by("amax"), [*reductions(empty=False), *_tied],
    [*bad_axis, Bad(ShapeError, "a maximum needs at least one entry", np.ones((2, 0)), axis=1)])
row("amin", ops.amin, np.amin, reduced_by("amin"), [*reductions(empty=False), *_tied],
    [*bad_axis, Bad(ShapeError, "a minimum needs at least one entry", np.ones((2, 0)), axis=1)])
# Products of nothing and of one; with one 0 and with two, where y / x is no help, nor in the second derivative.
_zeros = [S(i([0.5, 0.0, -2.0, 3.0])), S(i([[0.5, 0.0], [0.0, 3.0], [0.0, 2.0]]), axis=0),
          S(i([[0.0, 2.0, 0.0, 1.5], [0.0, 0.0, 0.0, 1.0]]), axis=1, keepdims=True), S(x(7)), S(x(5, 3), axis=0)]


def _torch_prod(t: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """PyTorch's takes one axis at a time."""
    for a in sorted({a % x.ndim for a in dims(x.ndim, axis)} if x.ndim else (), reverse=True):
        x = t.prod(x, dim=a, keepdim=keepdims)
    return x * 1


row("prod", ops.prod, np.prod, _torch_prod, [*reductions(), *_zeros], bad_axis)
row("cumsum", ops.cumsum, np.cumsum, lambda t, x, axis: t.cumsum(x, dim=axis),
    [S(x(4), axis=0), S(x(2, 3, 2), axis=1), S(x(2, 3, 2), axis=-1), S(x(0, 3), axis=0), S(x(2, 0), axis=0)], bad_axis)

# --- products -----------------------------------------------------------------------------------------------------

_matrices = [((2, 3), (3, 4)), ((1, 1), (1, 1)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)),
             ((5, 2, 3), (1, 3, 4)), ((2, 1, 2, 3), (5, 3, 2)), ((2, 4, 2, 3), (3, 2)), ((0, 3), (3, 4)),
             ((2, 0), (0, 4)),
             ((2, 3), (3, 0)), ((0, 2, 3), (3, 4)), ((5, 2, 0), (0, 4)), ((5, 2, 3), (3, 0)), ((0, 2, 3), (0, 3, 1))]
_mismatch = [Bad(ShapeError, "matmul: shapes (2, 3) float64 and (4, 5) float64 do not fit", np.ones((2, 3)),
                 np.ones((4, 5))),
             Bad(ShapeError, "3 and 4 differ", np.ones((2, 3)), np.ones((4, 5))),
             Bad(ShapeError, "batch axes", np.ones((2, 3, 3)), np.ones((4, 3, 5)))]
row("matmul", ops.matmul, np.matmul, lambda t, a, b: t.matmul(a, b), [S(x(*a), x(*b)) for a, b in _matrices], _mismatch)
row("einsum", lambda spec, *operands: ops.einsum(*operands, spec=spec), np.einsum,
    lambda t, spec, *o: t.einsum(spec, *o), [
    S("ij,jk->ik", x(2, 3), x(3, 4)), S("bij,bjk->bik", x(2, 3, 2), x(2, 2, 4)), S("ij->ji", x(2, 3)),
    S("ij->", x(2, 3)),
    S("ij->i", x(2, 3)), S("ijk->ki", x(2, 3, 2)), S("i,j->ij", x(2), x(3)), S("i,i->", x(3), x(3)),
    S("ij,ij->ij", x(2, 3), x(2, 3)),
    S("i,jk,k->ij", x(2), x(3, 4), x(4)), S("ij,k->i", x(2, 3), x(4)), S(",i->i", x(), x(3)),
    S("ij,jk->ik", x(0, 3), x(3, 2)),
    S("ij,jk->ik", x(2, 0), x(0, 2)), S("i->i", x(3))])

# --- shape --------------------------------------------------------------------------------------------------------

row("reshape", ops.reshape, lambda x, shape: x.reshape(shape), lambda t, x, shape: x.reshape(shape),
    [S(x(2, 3), shape=(6,)), S(x(2, 3), shape=(3, 2)), S(x(6), shape=(-1, 2)), S(x(1), shape=()), S(x(), shape=(1, 1)),
     S(x(0, 3), shape=(3, 0)), S(turned(2, 3), shape=(3, 2)), S(x(3), shape=(3,))],
    [Bad(ShapeError, "reshape: shapes (6,) float64, shape=(4,) do not fit", np.ones(6), shape=(4,)),
     Bad(ShapeError, "reshape", np.ones(6), shape=(-1, -1))])
row("permute", ops.permute, lambda x, axes: x.transpose(axes), lambda t, x, axes: x.permute(axes),
    [S(x(2, 3, 4), axes=a) for a in [(0, 1, 2), (2, 0, 1), (1, 2, 0), (-1, 0, -2), (0, -1, 1)]]
    + [S(x(3), axes=(0,)), S(x(), axes=()), S(x(0, 2), axes=(1, 0))],
    [Bad(ShapeError, "permute", np.ones((2, 3)), axes=(0,)), Bad(ShapeError, "permute", np.ones((2, 3)), axes=(0, 2))])
row("broadcast_to", ops.broadcast_to, lambda x, shape: np.broadcast_to(x, shape),
    lambda t, x, shape: t.broadcast_to(x, shape),
    [S(x(3), shape=(2, 3)), S(x(2, 1), shape=(2, 3)), S(x(), shape=(2, 3)), S(x(1), shape=(0,)),
     S(x(2, 3), shape=(2, 3)),
     S(x(2, 1, 3), shape=(4, 2, 5, 3)), S(x(1, 1), shape=(1, 1, 1)), S(x(0, 1), shape=(0, 3))],
    [Bad(ShapeError, "broadcast_to: shape (2, 3) float64 does not broadcast to (2, 4)", np.ones((2, 3)), shape=(2, 4))])
row("flip", ops.flip, lambda x, axis: np.flip(x, axis), lambda t, x, axis: t.flip(x, dims(x.ndim, axis)),
    [S(x(2, 3), axis=0), S(x(2, 3), axis=-1), S(x(2, 3), axis=(0, 1)), S(x(4), axis=0), S(x(0, 3), axis=1)], bad_axis)
row("clone", ops.clone, np.copy, lambda t, x: t.clone(x), each())
row("astype", ops.astype, lambda x, dtype: x.astype(dtype), lambda t, x, dtype: x.to(getattr(t, np.dtype(dtype).name)),
    [S(x(2, 3), dtype=np.float64), S(x(), dtype=np.float64), S(x(0, 2), dtype=np.float64)])

_joins = [[(2, 3), (1, 3)], [(2, 3)], [(2, 3), (0, 3), (4, 3)], [(0, 3), (0, 3)]]


def _cat_errors(call: Callable[..., tuple[Any, ...]]) -> list[Bad]:
    return [Bad(ShapeError, "cat: shapes (2, 3) float64 and (2, 4) float64", *call(np.ones((2, 3)), np.ones((2, 4))),
                axis=0),
            Bad(ShapeError, "cat", *call(np.ones((2, 3)), np.ones(3)), axis=0),
            Bad(ShapeError, "cat: axis 2 is out of", *call(np.ones((2, 3)), np.ones((2, 3))), axis=2)]


row("cat", ops.cat, lambda *parts, axis: np.concatenate(parts, axis), lambda t, *parts, axis: t.cat(parts, axis),
    [S(*(x(*s) for s in shapes), axis=a) for shapes in _joins for a in (0, -2)]
    + [S(x(2, 1), x(2, 3), axis=1), S(x(2, 1, 2), x(2, 2, 2), axis=-2), S(x(3), x(2), x(1), axis=0),
       S(x(2), x(2), axis=0, constant=(1,))],
    _cat_errors(lambda *a: a))
row("pad", ops.pad, lambda x, widths, value=0.0: np.pad(x, widths, constant_values=value),
    lambda t, x, widths, value=0.0: t.nn.functional.pad(x, [n for w in reversed(widths) for n in w], value=value),
    [S(x(2, 3), widths=((1, 2), (0, 1))), S(x(3), widths=((0, 0),)), S(x(3), widths=((2, 0),), value=-1.5),
     S(x(0, 2), widths=((1, 0), (0, 2))),
     S(x(2, 3, 2), widths=((0, 0), (1, 1), (0, 0)), value=2.0)],
    [Bad(ShapeError, "pad", np.ones((2, 3)), widths=((1, 2, 3), (0, 1))),
     Bad(ShapeError, "pad", np.ones(3), widths=((-1, 0),))])

# --- indexing -----------------------------------------------------------------------------------------------------

INDICES: list[tuple[tuple[int, ...], Any]] = [  # (shape, index)
    ((4,), 0), ((4,), -1), ((4,), i(2)), ((4,), np.int64(3)), ((3, 4), 1), ((3, 4), (1, 2)), ((3, 4), (-1, -2)),
    ((5,), slice(1, 3)), ((5,), slice(None)), ((5,), slice(None, None, 2)), ((5,), slice(None, None, -1)),
    ((7,), slice(5, 0, -2)),
    ((5,), slice(3, 3)), ((3, 4), (slice(1, None), slice(None, None, -2))), ((3, 4), (slice(None), 1)),
    ((3, 4), (0, slice(1, 3))),
    ((2, 3, 4), ...), ((2, 3, 4), (..., 0)), ((2, 3, 4), (0, ..., slice(1, 3))), ((3,), None),
    ((3, 4), (None, 0, None, slice(None))),
    ((5,), i([0, 2, 2, 0, -1])), ((5,), i([], int)), ((3, 4), i([1, 1])), ((3, 4), i([[0, 1], [1, 1]])),
    ((3, 4), (i([0, 0, 2]), i([1, 1, 3]))),
    ((3, 4), (i([[0], [2]]), i([1, 3]))), ((3, 4), (slice(None), i([3, 3, 0]))), ((3, 4), (i([0, 0]), slice(1, 3))),
    ((3, 4, 2), (0, i([1, 1]))),
    ((3, 4, 2), (i([0, 1]), slice(None), i([1, 1]))), ((3, 4), (i([2, 2]), None)),
    ((3, 4), (i([1, -2]),)),  # 1 and -2 name one row
    ((4,), i([True, False, True, True])), ((3, 4), i([True, False, True])),
    ((2, 3), i([[True, False, True], [False, True, True]])),
    ((3, 4), (slice(None), i([True, False, False, True]))), ((2, 3), np.zeros((2, 3), bool)),
    ((3, 4), (i([True, False, True]), i([1, 1]))),
    ((3, 4), (i([False, False, True]), 2)), ((0, 3), slice(None)), ((0, 3), (slice(None), 1)), ((), ()), ((), ...),
    ((), None), ((2, 2), ())]


def picked(t: Any, x: Any, index: Any) -> Any:
    """x[index] in PyTorch, for every NumPy index: of the flat tensor, at the flat positions that NumPy names."""
    return x.reshape(-1)[t.as_tensor(np.asarray(np.arange(x.numel()).reshape(x.shape)[index]).copy(), dtype=t.int64)]


_index_errors = [Bad(IdError, "index 5 is out of bounds", np.ones((3, 4)), index=5),
                 Bad(IdError, "getitem", np.ones((3, 4)), index=(0, 4)),
                 Bad(IdError, "too many indices", np.ones(3), index=(0, 0)),
                 Bad(IdError, "getitem", np.ones(3), index=i([0, 3])),
                 Bad(IdError, "getitem", np.ones(3), index=i([True, False]))]
row("getitem", ops.getitem, lambda x, index: x[index], picked, [S(x(*shape), index=index) for shape, index in INDICES],
    _index_errors)


def _scattered(x: np.ndarray, index: Any, shape: tuple[int, ...]) -> np.ndarray:
    out = np.zeros(shape)
    np.add.at(out, index, x)
    return out


row("scatter", ops.scatter, _scattered,
    lambda t, x, index, shape: t.zeros(math.prod(shape), dtype=x.dtype).index_add(
        0, t.as_tensor(np.asarray(np.arange(math.prod(shape)).reshape(shape)[index]).reshape(-1).copy()),
        x.reshape(-1)).reshape(shape),
    [S(x(*np.shape(np.empty(shape)[index])), index=index, shape=shape) for shape, index in INDICES if shape != (0, 3)])

# An assignment: of the values for one place the last stays, and gets the gradient.
def _put(x: np.ndarray, v: Any, index: Any) -> np.ndarray:
    flat, places = x.copy().reshape(-1), np.asarray(np.arange(x.size).reshape(x.shape)[index])
    v = np.reshape(v, np.shape(v)[max(0, np.ndim(v) - places.ndim):])
    for place, value in zip(places.reshape(-1), np.broadcast_to(v, places.shape).reshape(-1), strict=True):
        flat[place] = value
    return flat.reshape(x.shape)


def _torch_put(t: Any, x: Any, v: Any, index: Any) -> Any:
    """One by one, since PyTorch promises no order, nor the right gradient, where an index names an entry twice."""
    places = np.asarray(np.arange(x.numel()).reshape(tuple(x.shape))[index])
    flat, v = x.reshape(-1), t.as_tensor(v, dtype=x.dtype)
    v = v.reshape(v.shape[max(0, v.ndim - places.ndim):]).expand(places.shape)
    for place, value in zip(places.reshape(-1), v.reshape(-1), strict=True):
        flat = flat.index_fill(0, t.tensor([int(place)]), 0.0).index_add(0, t.tensor([int(place)]), value.reshape(1))
    return flat.reshape(x.shape) * 1


_puts = [S(x(*shape), x(*np.shape(np.empty(shape)[index])), index=index) for shape, index in INDICES]
row("index_put", ops.index_put, _put, _torch_put,
    [*_puts, S(x(3, 4), x(4), index=slice(1, None)), S(x(3, 4), x(1, 1, 4), index=1), S(x(3, 4), x(1), index=(slice(None), 2)),
     S(x(3, 4), x(), index=i([[0, 1], [2, 1]])), S(x(3, 4), 2.5, index=1), S(x(4), 7, index=i([1, 1])),
     S(x(3, 4), turned(3, 4)[:, :3], index=(slice(None), i([1, 3, 1]))), S(x(4), x(4), index=i([3, 3, 3, 0]), constant=(1,)),
     S(x(4), x(4), index=i([3, 3, 3, 0]), constant=(0,)), S(x(3, 4), x(1, 2, 1), index=(i([[1, 1], [1, 0]]), i([2, 2])))],
    [Bad(IdError, "index 5 is out of bounds", np.ones((3, 4)), np.ones(4), index=5),
     Bad(IdError, "index_put", np.ones(3), np.ones(2), index=i([0, 3])),
     Bad(ShapeError, "index_put", np.ones((3, 4)), np.ones(3), index=0),
     Bad(ShapeError, "index_put", np.ones((3, 4)), np.ones((2, 4)), index=0),
     Bad(DTypeError, "is a list", np.ones(3), [1.0, 2.0], index=slice(2))])

# --- functional.py: reductions ------------------------------------------------------------------------------------


def _positional(samples: list[Sample], *names: str) -> list[Sample]:
    """The same samples, with these settings given by position where they are there."""
    return [Sample((*s.args, *(s.kwargs[n] for n in names if n in s.kwargs)),
                   {k: v for k, v in s.kwargs.items() if k not in names},
                   s.smooth, s.constant) for s in samples]


bad_axis_type = [Bad(DTypeError, "axis must be an int", np.ones((2, 3)), axis="rows"),
                 Bad(DTypeError, "axis must be an int", np.ones((2, 3)), axis=1.0)]
_reduced_errors = [*bad_axis, *bad_axis_type]
row("functional.sum", functional.sum, np.sum, reduced_by("sum"), _positional(reductions(), "axis"), _reduced_errors)
row("functional.amax", functional.amax, np.amax, reduced_by("amax"), [*reductions(empty=False), *_tied],
    _reduced_errors)
row("functional.amin", functional.amin, np.amin, reduced_by("amin"), [*reductions(empty=False), *_tied],
    _reduced_errors)
for _name, _reference in (("any", np.any), ("all", np.all)):
    row(f"functional.{_name}", getattr(functional, _name), _reference, _torch_truth(_name), _truth, _reduced_errors)


def _norm(x: np.ndarray, p: float = 2, axis: Any = None, keepdims: bool = False) -> Any:
    if p == math.inf:
        return np.abs(x).max(axis=axis, keepdims=keepdims)
    return (np.abs(x) ** p).sum(axis=axis, keepdims=keepdims) ** (1 / p)


row("functional.norm", functional.norm, _norm,
    lambda t, x, p=2, axis=None, keepdims=False: t.linalg.vector_norm(x, p, dim=axis, keepdim=keepdims),
    [S(x(5)), S(x(2, 3), axis=1), S(x(2, 3, 2), 1, axis=(0, 2), keepdims=True), S(x(4), 3), S(x(4), 1.5), S(x()),
     S(x(2, 3), math.inf, axis=0), S(x(0, 2), axis=0), S(np.zeros(3), smooth=False),
     S(np.zeros((2, 2)), 1, axis=1, smooth=False)],
    [*_reduced_errors, Bad(DTypeError, "a number above 0", np.ones(2), -1),
     Bad(DTypeError, "a number above 0", np.ones(2), "fro"),
     Bad(DTypeError, "floating", np.ones(2, int))])
row("functional.prod", functional.prod, np.prod, _torch_prod, [*_positional(reductions(), "axis"), *_zeros], _reduced_errors)
row("functional.argmax", functional.argmax, np.argmax, ROWS["argmax"].torch, _arg, _arg_bad)
row("functional.argmin", functional.argmin, np.argmin, ROWS["argmin"].torch, _arg, _arg_bad)
row("functional.cumsum", functional.cumsum, lambda x, axis: np.cumsum(x, axis) if x.ndim else x, ROWS["cumsum"].torch,
    [*ROWS["cumsum"].samples, S(x(), axis=0)], [*bad_axis, bad_axis_type[0]])


def _quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy warns of the mean of nothing; the result, NaN, is what is meant."""
    def call(*args: Any, **kwargs: Any) -> Any:
        import warnings
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*args, **kwargs)
    return call


row("functional.mean", functional.mean, _quiet(np.mean), reduced_by("mean"),
    [*reductions(empty=False), S(x(0, 3), smooth=False), S(x(0, 3), axis=0, smooth=False),
     S(x(2, 0), axis=-1, keepdims=True, smooth=False)],
    [*_reduced_errors, Bad(DTypeError, "mean: the tensor is int64", np.arange(3))])
_spread_samples = [s for s in reductions(empty=False) if s.args[0].size > 1
                   and not (s.kwargs.get("axis") in (0,) and s.args[0].shape[0] == 1)]
row("functional.var", functional.var, lambda x, axis=None, correction=1,
    keepdims=False: _quiet(np.var)(x, axis=axis, ddof=correction, keepdims=keepdims),
    lambda t, x, axis=None, correction=1, keepdims=False: t.var(x, dim=dims(x.ndim, axis), correction=correction,
                                                                keepdim=keepdims),
    [*_spread_samples, S(x(3, 2), axis=0, correction=0), S(x(4), correction=2), S(x(3, 3), 1, 0)],
    [Bad(ShapeError, "var: axis 3 is out of", np.ones((2, 3)), axis=3), bad_axis_type[0],
     Bad(DTypeError, "var: the tensor is int64", np.arange(3))])
row("var", ops.var, lambda x, axis, divisor, keepdims: ((x - x.mean(axis=axis, keepdims=True))**2).sum(
    axis=axis, keepdims=keepdims) / divisor,
    lambda t, x, axis, divisor, keepdims: t.var(x, dim=dims(x.ndim, axis), correction=0, keepdim=keepdims) * (
        np.prod([x.shape[a] for a in dims(x.ndim, axis)]) / divisor),
    [S(x(2, 3), axis=0, divisor=2, keepdims=False), S(x(2, 3, 2), axis=(0, 2), divisor=3, keepdims=True),
     S(x(4), axis=None, divisor=2.5, keepdims=False), S(x(3, 1), axis=-1, divisor=1, keepdims=True)])
row("functional.std", functional.std, lambda x, axis=None, correction=1,
    keepdims=False: _quiet(np.std)(x, axis=axis, ddof=correction, keepdims=keepdims),
    lambda t, x, axis=None, correction=1, keepdims=False: t.std(x, dim=dims(x.ndim, axis), correction=correction,
                                                                keepdim=keepdims),
    [*_spread_samples, S(x(3, 2), axis=0, correction=0), S(x(4), correction=2),
     S(np.ones((2, 3)), axis=1, smooth=False)],
    [Bad(ShapeError, "std: axis 3 is out of", np.ones((2, 3)), axis=3), bad_axis_type[0],
     Bad(DTypeError, "std: the tensor is int64", np.arange(3))])


def _logsumexp(x: np.ndarray, axis: Any, keepdims: bool = False) -> np.ndarray:
    with np.errstate(divide="ignore"):
        top = np.max(x, axis=axis, keepdims=True)
        top = np.where(np.isinf(top), 0.0, top)
        return np.log(np.exp(x - top).sum(axis=axis, keepdims=keepdims)) + (top if keepdims
                                                                            else top.reshape(np.sum(x,
                                                                                                    axis=axis).shape))


row("logsumexp", ops.logsumexp, lambda x, axis: _logsumexp(x, axis, True), lambda t, x, axis: t.logsumexp(x, axis, keepdim=True),
    [S(x(2, 3, 2), axis=a) for a in (0, 1, -1)] + [S(x(0, 3), axis=1), S(x(5), axis=0), S(np.ones((2, 3)), axis=1), S(
        np.array([[1.0, -np.inf, 2.0], [-np.inf, 0.5, -np.inf]]), axis=1, smooth=False)])
row("functional.logsumexp", functional.logsumexp, _logsumexp,
    lambda t, x, axis, keepdims=False: t.logsumexp(x, dim=axis if axis is not None else dims(x.ndim, None),
                                                   keepdim=keepdims),
    [S(x(2, 3, 2), axis=a, keepdims=k) for a, k in itertools.product([0, -1, (0, 2), None], (False, True))]
    + [S(x(0, 3), axis=1), S(x(5), 0), S(np.array([1000.0, 1001.0, -1000.0]), axis=0),
       S(np.array([0.0, 0.0, 0.0]), axis=0), S(np.array([[1.0, 1.0], [1.0, 0.5]]), axis=None), S(x(), 0), S(x(), -1, True),
       S(np.array([[1.0, -np.inf, 2.0], [-np.inf, 0.5, -np.inf]]), axis=1, smooth=False)],
    [Bad(ShapeError, "logsumexp: axis 3 is out of", np.ones((2, 3)), axis=3), bad_axis_type[0]])


def _softmax(x: np.ndarray, axis: int) -> np.ndarray:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


_softmax_samples = [S(x(2, 3, 2), axis=0), S(x(2, 3), -1), S(x(4), axis=0), S(x(1, 1), axis=1), S(x(0, 3), axis=1),
                    S(np.array([1000.0, 1001.0, 999.0]), axis=0), S(np.array([[0.5, 0.5, 0.5]]), axis=1)]
_softmax_errors = [Bad(ShapeError, "softmax: axis 3 is out of", np.ones((2, 3)), axis=3), bad_axis_type[0]]
row("functional.softmax", functional.softmax, _softmax, lambda t, x, axis: t.softmax(x, dim=axis),
    [*_softmax_samples, S(np.array([[1.0, -np.inf, 2.0]]), axis=1, smooth=False)], _softmax_errors)
row("functional.log_softmax", functional.log_softmax, lambda x, axis: x - _logsumexp(x, axis, True),
    lambda t, x, axis: t.log_softmax(x, dim=axis),
    [*_softmax_samples, S(np.array([[1.0, -np.inf, 2.0]]), axis=1, smooth=False)], _softmax_errors)

# --- functional.py: products --------------------------------------------------------------------------------------

row("functional.matmul", functional.matmul, np.matmul, lambda t, a, b: t.matmul(a, b),
    [S(x(*a), x(*b)) for a, b in [*_matrices, ((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((5, 2, 3), (3,)),
                                  ((3,), (5, 3, 2)), ((0,), (0,)),
                                  ((2, 0), (0,)), ((2, 4, 2, 3), (3,))]],
    [*_mismatch, Bad(ShapeError, "a number has no matrix product", np.ones(3), 2.0),
     Bad(ShapeError, "matmul: shapes (3,) and (4,) do not fit", np.ones(3), np.ones(4)),
     Bad(ShapeError, "matmul: shapes (2, 3) and (2,) do not fit", np.ones((2, 3)), np.ones(2))])
row("functional.bmm", functional.bmm, np.matmul, lambda t, a, b: t.bmm(a, b),
    [S(x(5, 2, 3), x(5, 3, 4)), S(x(1, 1, 3), x(1, 3, 1)), S(x(0, 2, 3), x(0, 3, 2))],
    [Bad(ShapeError, "bmm: shapes (2, 3) and (3, 4) are not", np.ones((2, 3)), np.ones((3, 4))),
     Bad(ShapeError, "bmm", np.ones((1, 2, 3)), np.ones((5, 3, 4)))])
row("functional.dot", functional.dot, np.dot, lambda t, a, b: t.dot(a, b),
    [S(x(3), x(3)), S(x(1), x(1)), S(x(0), x(0))],
    [Bad(ShapeError, "dot: shapes (3,) and (4,)", np.ones(3), np.ones(4)),
     Bad(ShapeError, "use matmul", np.ones((2, 3)), np.ones((2, 3)))])
row("functional.outer", functional.outer, np.outer, lambda t, a, b: t.outer(a, b),
    [S(x(3), x(2)), S(x(1), x(1)), S(x(0), x(2))],
    [Bad(ShapeError, "outer: shapes (2, 2) and (2,)", np.ones((2, 2)), np.ones(2))])
row("functional.einsum", functional.einsum, np.einsum, lambda t, spec, *o: t.einsum(spec, *o), [
    *ROWS["einsum"].samples, S("ij,jk", x(2, 3), x(3, 4)), S("ba", x(2, 3)), S("ii", x(3, 3)), S("ii->i", x(3, 3)),
    S("iij->j", x(2, 2, 3)),
    S("ijij->ij", x(2, 3, 2, 3)), S("iii->i", x(2, 2, 2)), S("...ij,...jk->...ik", x(2, 1, 2, 3), x(4, 3, 2)),
    S("...i,i", x(2, 3), x(3)),
    S("i...->...", x(2, 3, 2)), S("...,...->...", x(2, 3), x(3)), S("b t d , d e -> b t e", x(2, 3, 2), x(2, 2)),
    S("ij,ij->i", x(2, 3), x(1, 3)),
    S("...i,...i->...", x(1, 3), x(2, 3)), S("ij,jk->k", x(2, 1), x(3, 2)), S("ii,i->i", x(2, 2), x(2))],
    [Bad(ShapeError, "names 2 operands and 1 were given", "ij,jk", np.ones((2, 3))),
     Bad(ShapeError, "gives 2 letters to an operand of shape (3,)", "ij->i", np.ones(3)),
     Bad(ShapeError, "letter 'j' stands for lengths 3 and 4", "ij,jk->ik", np.ones((2, 3)), np.ones((4, 5))),
     Bad(ShapeError, "letter 'i' stands for lengths 2 and 3", "ii->i", np.ones((2, 3))),
     Bad(ShapeError, "repeats a letter", "ij->ii", np.ones((2, 2))),
     Bad(ShapeError, "names one that no operand has", "ij->k", np.ones((2, 2))),
     Bad(DTypeError, "subscripts, a string", np.ones(3), "i->i"),
     Bad(DTypeError, "einsum: an argument is a float", "i,->i", np.ones(3), 2.0)])

# --- functional.py: shape -----------------------------------------------------------------------------------------

row("functional.reshape", functional.reshape, lambda x, *s: x.reshape(*s), lambda t, x, *s: x.reshape(*s),
    [S(x(2, 3), 3, 2), S(x(2, 3), (6,)), S(x(2, 3), [3, -1]), S(x(1), ()), S(x(), 1, 1), S(x(0, 2), 2, 0),
     S(turned(2, 3), -1)],
    [Bad(ShapeError, "reshape", np.ones(6), 4), Bad(DTypeError, "reshape", np.ones(6), 2, 3.0)])
row("functional.flatten", functional.flatten,
    lambda x, i=0, j=-1: x.reshape(*x.shape[:i % max(x.ndim, 1)],
                                   -1 if x.size else math.prod(x.shape[i:j % x.ndim + 1]),
                    *x.shape[j % max(x.ndim, 1) + 1:]),
    lambda t, x, i=0, j=-1: t.flatten(x, i, j),
    [S(x(2, 3, 2)), S(x(2, 3, 2), 1), S(x(2, 3, 2), 0, 1), S(x()), S(x(3)), S(x(2, 0, 3), 1), S(x(2, 3, 2), -2, -1)],
    [Bad(ShapeError, "start_axis 2 comes after end_axis 0", np.ones((2, 3, 4)), 2, 0),
     Bad(ShapeError, "flatten: axis 5 is out of", np.ones((2, 3)), 5)])
row("functional.permute", functional.permute, lambda x, *a: x.transpose(*a), lambda t, x, *a: x.permute(*a),
    [S(x(2, 3, 4), 2, 0, 1), S(x(2, 3, 4), (-1, 0, 1)), S(x(2, 3), [1, 0]), S(x(), ()), S(x(0, 2), 1, 0)],
    [Bad(ShapeError, "permute: axes (0,) do not name each of the 2 axes once", np.ones((2, 3)), 0),
     Bad(ShapeError, "permute", np.ones((2, 3)), 0, 0)])
row("functional.transpose", functional.transpose, np.swapaxes, lambda t, x, i, j: t.transpose(x, i, j),
    [S(x(2, 3), 0, 1), S(x(2, 3, 4), 0, -1), S(x(2, 3), 1, 1), S(x(0, 2), 0, 1)],
    [Bad(ShapeError, "transpose: axis 2 is out of", np.ones((2, 3)), 0, 2)])


def _broadcast_to(x: np.ndarray, *shape: Any) -> np.ndarray:
    new = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
    lead = len(new) - x.ndim
    return np.broadcast_to(x, tuple(x.shape[k - lead] if n == -1 else n for k, n in enumerate(new)))


row("functional.broadcast_to", functional.broadcast_to, _broadcast_to, lambda t, x, *s: x.expand(*s),
    [S(x(3), 2, 3), S(x(2, 1), (2, 3)), S(x(2, 1), -1, 4), S(x(2, 1), 3, -1, 4), S(x(), 2), S(x(3), 0, 3)],
    [Bad(ShapeError, "broadcast_to: (2, 3) cannot become (3,)", np.ones((2, 3)), 3),
     Bad(ShapeError, "broadcast_to", np.ones(3), -1, 3),
     Bad(ShapeError, "broadcast_to: shape (3,) float64 does not broadcast to (2, 4)", np.ones(3), 2, 4)])
row("functional.squeeze", functional.squeeze,
    lambda x, axis=None: np.squeeze(x) if axis is None
    else np.squeeze(x, tuple(a for a in dims(x.ndim, axis) if x.shape[a] == 1)),
    lambda t, x, axis=None: t.squeeze(x) if axis is None else t.squeeze(x, axis),
    [S(x(1, 3, 1)), S(x(1, 3, 1), 0), S(x(1, 3, 1), axis=-1), S(x(1, 3, 1), axis=(0, 2)), S(x(2, 3), 1), S(x(1)),
     S(x()), S(x(1, 0))],
    [Bad(ShapeError, "squeeze: axis 2 is out of", np.ones((1, 3)), 2)])
row("functional.unsqueeze", functional.unsqueeze, np.expand_dims, lambda t, x, axis: t.unsqueeze(x, axis),
    [S(x(2, 3), 0), S(x(2, 3), 1), S(x(2, 3), -1), S(x(2, 3), axis=-3), S(x(), 0), S(x(0), 1)],
    [Bad(ShapeError, "unsqueeze: axis 4 is out of", np.ones((2, 3)), 4),
     Bad(DTypeError, "unsqueeze: axis must be an int", np.ones(3), 1.0)])
row("functional.cat", functional.cat, np.concatenate, lambda t, parts, axis=0: t.cat(parts, axis),
    [*(S([x(*s) for s in shapes], axis=a) for shapes in _joins for a in (0, -2)), S([x(2, 1), x(2, 3)], 1), S([x(3)]),
     S((x(3), x(2)))],
    [*_cat_errors(lambda *a: ([*a],)), Bad(DTypeError, "takes a list of tensors", np.ones((2, 3))),
     Bad(ShapeError, "list of tensors is empty", []),
     Bad(ShapeError, "use stack", [np.ones(()), np.ones(())]),
     Bad(DTypeError, "cat: part 1 is a float", [np.ones(2), 1.0])])
row("functional.stack", functional.stack, np.stack, lambda t, parts, axis=0: t.stack(tuple(parts), axis),
    [S([x(2, 3), x(2, 3)], a) for a in (0, 1, 2, -1, -3)] + [S([x(), x(), x()]), S([x(0), x(0)]), S([x(3)], axis=1)],
    [Bad(ShapeError, "stack: shapes (2,), (3,) are not all equal", [np.ones(2), np.ones(3)]),
     Bad(ShapeError, "is empty", []),
     Bad(ShapeError, "stack: axis 3 is out of", [np.ones(2), np.ones(2)], 3),
     Bad(DTypeError, "stack: part 0 is a float", [1.0, np.ones(2)])])


def _split(x: np.ndarray, size: Any, axis: int = 0) -> list[np.ndarray]:
    at = range(size, x.shape[axis], size) if isinstance(size, int) else np.cumsum(size)[:-1]
    return np.split(x, list(at), axis)


row("functional.split", functional.split, _split, lambda t, x, size, axis=0: t.split(x, size, axis),
    [S(x(5), 2), S(x(4, 3), 2), S(x(2, 5), [1, 4], 1), S(x(2, 5), 3, axis=-1), S(x(3), [0, 3]), S(x(3), 7),
     S(x(0, 2), 2)],
    [Bad(ShapeError, "split: lengths [1, 1] add up to 2, and axis 0 has 3", np.ones(3), [1, 1]),
     Bad(ShapeError, "pieces of length 0", np.ones(3), 0),
     Bad(ShapeError, "split: axis 1 is out of", np.ones(3), 1, 1),
     Bad(ShapeError, "split: lengths [4, -1] hold a negative", np.ones(3), [4, -1])])
row("functional.chunk", functional.chunk, lambda x, n, axis=0: _split(x, max(1, -(-x.shape[axis] // n)), axis),
    lambda t, x, n, axis=0: t.chunk(x, n, axis),
    [S(x(6), 3), S(x(5), 2), S(x(2, 4), 2, axis=-1), S(x(2), 5)], [Bad(ShapeError, "chunk: 0 pieces", np.ones(3), 0)])
row("functional.flip", functional.flip, np.flip, lambda t, x, axis: t.flip(x, dims(x.ndim, axis)),
    [S(x(2, 3), axis=0), S(x(2, 3), -1), S(x(2, 3), axis=(0, 1)), S(x(0, 3), axis=1)], [*bad_axis, bad_axis_type[0]])
for _name in ("tril", "triu"):
    row(f"functional.{_name}", getattr(functional, _name), getattr(np, _name),
        lambda t, x, diagonal=0, n=_name: getattr(t, n)(x, diagonal),
        [S(x(3, 3)), S(x(2, 4), 1), S(x(4, 2), -1), S(x(2, 3, 3)), S(x(0, 3)), S(x(3, 3), -9), S(x(3, 3), 9)],
        [Bad(ShapeError, "has no matrices", np.ones(3))])

# --- functional.py: indexing and masks ----------------------------------------------------------------------------

row("functional.getitem", functional.getitem, lambda x, index: x[index], picked,
    [*(S(x(*shape), index=index) for shape, index in INDICES), S(x(3, 4), index=[0, 0, 2]),
     S(x(3, 4), index=((0, 0), [1, 1])),
     S(x(3, 4), index=(slice(None), (1, 1, 2))), S(x(3), index=[True, False, True])],
    [*_index_errors, Bad(DTypeError, "an index of dtype float64", np.ones(3), index=np.ones(3)),
     Bad(DTypeError, "getitem: an index is a str", np.ones(3), index="a"),
     Bad(DTypeError, "getitem: an index is a float", np.ones(3), index=1.0)])
row("functional.gather", functional.gather, np.take_along_axis,
    lambda t, x, axis, index: t.gather(x, axis, t.as_tensor(index)),
    [S(x(3, 4), axis=1, index=i([[0], [3], [3]])), S(x(3, 4), axis=0, index=i([[0, 0, 2, 1], [2, 0, 2, 1]])),
     S(x(5), axis=-1, index=i([4, 4, 0])),
     S(x(2, 3, 2), axis=1, index=i([[[0, 1]], [[2, 2]]])), S(x(0, 3), axis=1, index=np.zeros((0, 1), int))],
    [Bad(IdError, "gather: id 4 is outside 0 .. 3", np.ones((3, 4)), 1, i([[4], [0], [0]])),
     Bad(IdError, "gather: id -1", np.ones((3, 4)), 1, i([[-1], [0], [0]])),
     Bad(DTypeError, "ids must be integers, not float64", np.ones((3, 4)), 1, np.ones((3, 1))),
     Bad(ShapeError, "does not fit a tensor of shape", np.ones((3, 4)), 1, i([0, 0])),
     Bad(ShapeError, "gather: index of shape (4, 1) does not fit", np.ones((3, 4)), 1, np.zeros((4, 1), int))])
_torch_gather_rows = ROWS["functional.gather"]
_torch_gather_rows.reference = lambda x, axis, index: np.take_along_axis(
    x[tuple(slice(None) if k == axis % x.ndim else slice(n) for k, n in enumerate(index.shape))], index, axis)


def _scatter(x: np.ndarray, axis: int, index: np.ndarray, src: Any, add: bool = False) -> np.ndarray:
    out = x.copy()
    for at in np.ndindex(index.shape):
        place = tuple(index[at] if k == axis % x.ndim else n for k, n in enumerate(at))
        value = src[at] if np.ndim(src) else src
        out[place] = out[place] + value if add else value
    return out


_scattered_samples = [
    (x(3, 4), 1, i([[0], [3], [3]]), x(3, 1)), (x(3, 4), 0, i([[0, 0, 2, 1], [2, 1, 1, 0]]), x(2, 4)),
    (x(5), -1, i([4, 2, 0]), x(3)),
    (x(2, 3, 2), 1, i([[[0, 1]], [[2, 2]]]), x(2, 3, 2)), (x(0, 3), 1, np.zeros((0, 1), int), x(0, 2)),
    (x(2, 4), 1, np.zeros((2, 0), int), x(2, 0)), (x(3, 4), 1, np.arange(12).reshape(3, 4) % 4, turned(3, 4))]
_scatter_errors = [
    Bad(IdError, "id 4 is outside 0 .. 3", np.ones((3, 4)), 1, i([[4], [0], [0]]), np.ones((3, 1))),
    Bad(DTypeError, "ids must be integers", np.ones((3, 4)), 1, np.ones((3, 1)), np.ones((3, 1))),
    Bad(ShapeError, "src of shape (1, 1) does not fill an index of shape (3, 1)", np.ones((3, 4)), 1, i([[1], [0], [0]]),
        np.ones((1, 1))),
    Bad(ShapeError, "src of shape (3,) does not fill", np.ones((3, 4)), 1, i([[1], [0], [0]]), np.ones(3)),
    Bad(ShapeError, "axis 2 is out of", np.ones((3, 4)), 2, i([[1], [0], [0]]), np.ones((3, 1))),
    Bad(DTypeError, "src is float64, and x, int64, cannot hold it", np.ones(3, int), 0, i([0]), np.ones(1))]
row("functional.scatter", functional.scatter, _scatter, lambda t, x, axis, index, src: t.scatter(
    x, axis, t.as_tensor(index), src[tuple(slice(n) for n in index.shape)] if t.is_tensor(src) else src),
    [*(S(*sample) for sample in _scattered_samples), S(x(3, 4), 1, i([[0, 0], [3, 1], [3, 3]]), 2.0),
     S(x(3), 0, i([1, 1]), 7)], _scatter_errors)
row("functional.scatter_add", functional.scatter_add, lambda *a: _scatter(*a, add=True),
    lambda t, x, axis, index, src: t.scatter_add(x, axis, t.as_tensor(index), src[tuple(slice(n) for n in index.shape)]),
    [*(S(*sample) for sample in _scattered_samples), S(x(3, 4), 1, i([[0, 0], [3, 1], [3, 3]]), x(3, 2))], _scatter_errors)
row("functional.index_select", functional.index_select, lambda x, axis, index: np.take(x, np.asarray(index, np.intp), axis),
    lambda t, x, axis, index: t.index_select(x, axis, t.as_tensor(index)),
    [S(x(3, 4), 0, i([2, 0, 2])), S(x(3, 4), -1, i([1, 1, 1, 1, 1])), S(x(3), 0, i([], int)), S(x(0, 3), 1, i([1]))],
    [Bad(IdError, "index_select: id 3 is outside 0 .. 2", np.ones((3, 4)), 0, i([3])),
     Bad(ShapeError, "index has shape (1, 1)", np.ones(3), 0, i([[0]]))])
row("functional.clamp", functional.clamp, lambda x, min=None, max=None: np.clip(x, min, max), lambda t, x, min=None,
    max=None: t.clamp(x, min, max),
    [S(x(2, 3), -0.5, 0.5), S(x(2, 3), min=0.0), S(x(2, 3), max=1), S(x(), 0.0, 1.0), S(x(0, 2), 0.0, 1.0),
     S(ties(9), -1.0, 0.0, smooth=False), S(ties(9), min=0, smooth=False)],
    [Bad(ShapeError, "neither min nor max", np.ones(3))])


def _masked_fill(x: np.ndarray, mask: np.ndarray, value: float) -> np.ndarray:
    return np.where(mask, value, x)


row("functional.masked_fill", functional.masked_fill, _masked_fill,
    lambda t, x, mask, value: t.masked_fill(x, mask, value),
    [S(x(2, 3), mask(2, 3), 0.0), S(x(2, 3), mask(3), -np.inf, smooth=False), S(x(2, 3), mask(2, 1), 7),
     S(x(), mask(), 1.0), S(x(0, 3), mask(3), 1.0), S(x(3), mask(2, 3), 1.0), S(x(2, 1), mask(3), 1.0)],
    [Bad(DTypeError, "the mask is int64, not boolean", np.ones(3), i([1, 0, 1]), 0.0),
     Bad(ShapeError, "mask of shape (2, 4) does not broadcast to (3,)", np.ones(3), np.ones((2, 4), bool), 0.0),
     Bad(ShapeError, "masked_fill", np.ones(3), np.ones(4, bool), 0.0)])

# --- walking over the arguments of a call -------------------------------------------------------------------------


def leaves(sample: Sample) -> list[np.ndarray]:
    """The arrays of a sample that are differentiated."""
    return [a for k, arg in enumerate(sample.args) if k not in sample.constant for a in _arrays(arg)]


def _arrays(arg: Any) -> Iterator[np.ndarray]:
    if isinstance(arg, np.ndarray) and arg.dtype.kind == "f":
        yield arg
    elif isinstance(arg, list) or (isinstance(arg, tuple) and arg and all(isinstance(a, np.ndarray) for a in arg)):
        for a in arg:
            yield from _arrays(a)


def rebuild(sample: Sample, new: list[Any],
            other: Callable[[np.ndarray], Any] = lambda a: a) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The call with its differentiated arrays replaced by `new`, in order, and every other array by `other` of it."""
    rest = iter(new)

    def replace(arg: Any, constant: bool) -> Any:
        if isinstance(arg, np.ndarray):
            return next(rest) if arg.dtype.kind == "f" and not constant else other(arg)
        if isinstance(arg, (list, tuple)) and any(isinstance(a, np.ndarray) for a in arg):
            return type(arg)(replace(a, constant) for a in arg)
        return arg

    return tuple(replace(a, k in sample.constant) for k, a in enumerate(sample.args)), sample.kwargs


def differentiable(r: Row) -> bool:
    entry = r.entry
    composed = r.name not in {f"functional.{name}" for name in ("argmax", "argmin", "any", "all")}
    return entry.differentiable if entry is not None else composed


def outputs(result: Any) -> list[Any]:
    return list(result) if isinstance(result, (tuple, list)) else [result]


def public_functions() -> list[str]:
    """Names of functional.py's own public functions."""
    return [n for n, f in vars(functional).items() if callable(f) and not n.startswith("_")
            and getattr(f, "__module__", "") == functional.__name__
            and not isinstance(f, type) and f.__name__ == n]


assert builtins.all(isinstance(r.samples, list) and r.samples for r in ROWS.values())


# --- where addresses have 32 bits, NumPy's integers have them too, and ours 64 all the same ------------------------------


def wide(thing: Any) -> Any:
    """Arrays of the platform's integers as int64, in whatever they stand."""
    if isinstance(thing, (list, tuple)):
        return type(thing)(map(wide, thing))
    if isinstance(thing, dict):
        return {key: wide(value) for key, value in thing.items()}
    return thing.astype(np.int64) if isinstance(thing, np.ndarray) and thing.dtype == np.intp else thing


for _row in ROWS.values():
    for _call in (*_row.samples, *_row.errors):
        _call.args, _call.kwargs = wide(_call.args), wide(_call.kwargs)
