"""Arithmetic and comparisons."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import functional, ops
from ...errors import ShapeError, message
from ...tensor import Tensor
from .. import dtypes
from .common import one_dtype, raw


def _product(name: str, a: Any, b: Any, *ndims: int) -> Any:
    if (a.ndim, b.ndim) != ndims:
        raise ShapeError(message(f"{name}: operands of {a.ndim} and {b.ndim} dimensions, not {ndims[0]} and {ndims[1]}",
                                 fix="a @ b takes all of them"))
    return a.matmul(b)


def _floats(a: Any, b: Any) -> bool:
    """Whether one of the two is floating."""
    return a.dtype.kind == "f" or isinstance(b, float) or getattr(b, "dtype", a.dtype).kind == "f"


class Arithmetic:
    """Methods of Tensor."""

    def add(self: Any, other: Any, *, alpha: Any = 1) -> Any:
        return ops.add(self, other if alpha == 1 else other * alpha)

    def sub(self: Any, other: Any, *, alpha: Any = 1) -> Any:
        return ops.sub(self, other if alpha == 1 else other * alpha)

    subtract = sub

    def mul(self: Any, other: Any) -> Any:
        return ops.mul(self, other)

    multiply = mul

    def div(self: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
        if rounding_mode == "floor":
            return ops.floor_divide(self, other)
        quotient = ops.div(self, other)
        if rounding_mode != "trunc":
            return quotient
        cut = quotient.trunc()
        return cut if _floats(self, other) else cut.astype(ops.mul(self, other).dtype)

    divide = true_divide = div

    def floor_divide(self: Any, other: Any) -> Any:
        return ops.floor_divide(self, other)

    def remainder(self: Any, other: Any) -> Any:
        return ops.remainder(self, other)

    def fmod(self: Any, other: Any) -> Any:
        """The remainder with the sign of self."""
        return self - self.div(other, rounding_mode="trunc") * other

    def trunc(self: Any) -> Any:
        """Towards zero."""
        return ops.where(ops.lt(self, 0), ops.ceil(self), ops.floor(self))

    def frac(self: Any) -> Any:
        return self - self.trunc()

    def round(self: Any, *, decimals: int = 0) -> Any:
        return ops.round(self) if not decimals else ops.round(self * 10.0 ** decimals) / 10.0 ** decimals

    def square(self: Any) -> Any:
        return self * self

    def reciprocal(self: Any) -> Any:
        return ops.div(1.0, self)

    def rsqrt(self: Any) -> Any:
        return ops.div(1.0, ops.sqrt(self))

    def log2(self: Any) -> Any:
        return ops.log(self) * (1 / math.log(2))

    def log10(self: Any) -> Any:
        return ops.log(self) * (1 / math.log(10))

    def exp2(self: Any) -> Any:
        return ops.exp(self * math.log(2))

    def log1p(self: Any) -> Any:
        return ops.log1p(self)

    def expm1(self: Any) -> Any:
        return ops.expm1(self)

    def tan(self: Any) -> Any:
        return ops.sin(self) / ops.cos(self)

    def sinh(self: Any) -> Any:
        return (ops.exp(self) - ops.exp(-self)) / 2

    def cosh(self: Any) -> Any:
        return (ops.exp(self) + ops.exp(-self)) / 2

    def erfc(self: Any) -> Any:
        return ops.erfc(self)

    absolute, negative = ops.abs, ops.neg

    def logaddexp(self: Any, other: Any) -> Any:
        """log(exp(x) + exp(y))."""
        return functional.logsumexp(functional.stack(self.broadcast_tensors(other)), 0)

    def lerp(self: Any, end: Any, weight: Any) -> Any:
        return self + weight * (end - self)

    def addmm(self: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
        product = functional.matmul(mat1, mat2)
        return (self if beta == 1 else self * beta) + (product if alpha == 1 else product * alpha)

    addmv = addbmm_ = baddbmm = addmm

    def addcmul(self: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
        return self + tensor1 * tensor2 * value

    def addcdiv(self: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
        return self + tensor1 / tensor2 * value

    def matmul(self: Any, other: Any) -> Any:
        """Matrix product, of two of one dtype."""
        one_dtype("matmul", self, other)
        return functional.matmul(self, other)

    __matmul__ = inner = matmul

    def bmm(self: Any, mat2: Any) -> Any:
        """Products of two stacks of matrices."""
        one_dtype("bmm", self, mat2)
        return functional.bmm(self, mat2)

    def fliplr(self: Any) -> Any:
        return functional.flip(self, 1)

    def flipud(self: Any) -> Any:
        return functional.flip(self, 0)

    def mm(self: Any, mat2: Any) -> Any:
        """Product of two matrices, and of nothing else."""
        return _product("mm", self, mat2, 2, 2)

    def mv(self: Any, vec: Any) -> Any:
        """Product of a matrix and a vector."""
        return _product("mv", self, vec, 2, 1)

    ger = functional.outer

    def dot(self: Any, tensor: Any) -> Any:
        """Product of two vectors."""
        one_dtype("dot", self, tensor)
        return functional.dot(self, tensor).astype(self.dtype)

    def __lshift__(self: Any, other: Any) -> Any:
        return Tensor(np.left_shift(raw(self), raw(other)))

    def __rshift__(self: Any, other: Any) -> Any:
        return Tensor(np.right_shift(raw(self), raw(other)))

    # --- comparisons ---
    eq, ne, gt, ge, lt, le = ops.eq, ops.ne, ops.gt, ops.ge, ops.lt, ops.le
    not_equal, greater, less, greater_equal, less_equal = ops.ne, ops.gt, ops.lt, ops.ge, ops.le

    def logical_and(self: Any, other: Any) -> Any:
        return ops.bitwise_and(self != 0, other != 0)

    def logical_or(self: Any, other: Any) -> Any:
        return ops.bitwise_or(self != 0, other != 0)

    def logical_xor(self: Any, other: Any) -> Any:
        return ops.bitwise_xor(self != 0, other != 0)

    logical_not = ops.logical_not
    bitwise_and, bitwise_or, bitwise_xor, bitwise_not = ops.bitwise_and, ops.bitwise_or, ops.bitwise_xor, ops.bitwise_not

    def isinf(self: Any) -> Any:
        return ops.abs(self) == math.inf

    def isfinite(self: Any) -> Any:
        return (ops.abs(self) < math.inf) if self.dtype.kind == "f" else self == self

    def isclose(self: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
        return Tensor(np.isclose(raw(self), raw(other), rtol, atol, equal_nan))

    def allclose(self: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
        """Whether all entries are equal up to atol + rtol * |other|."""
        return bool(np.allclose(raw(self), raw(other), rtol, atol, equal_nan))

    def equal(self: Any, other: Any) -> bool:
        """Whether shape and all entries are equal."""
        return bool(np.array_equal(raw(self), raw(other)))

    def count_nonzero(self: Any, dim: Any = None) -> Any:
        return functional.sum(self != 0, dim)

    def where(self: Any, condition: Any, other: Any) -> Any:
        return ops.where(condition, self, other)

    def clamp(self: Any, min: Any = None, max: Any = None) -> Any:
        """Limit every entry to min .. max, numbers or Tensors."""
        return functional.clamp(self, min, max)

    clip = clamp

    def clamp_min(self: Any, min: Any) -> Any:
        return functional.clamp(self, min=min)

    def clamp_max(self: Any, max: Any) -> Any:
        return functional.clamp(self, max=max)

    def nan_to_num(self: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
        """NaN and infinities replaced by numbers; without others by the largest there are."""
        most = dtypes.finfo(self.dtype).max
        x = ops.where(ops.isnan(self), nan, self)
        x = ops.where(ops.eq(x, math.inf), most if posinf is None else posinf, x)
        return ops.where(ops.eq(x, -math.inf), -most if neginf is None else neginf, x)
