"""Arithmetic with the rounding of PyTorch's program on x86 processors, so that normal numbers agree to the last bit.

A float32 logarithm, sine and cosine are polynomials: the coefficients are of Cephes (Moshier, 1989), the order of operations is
that of the vector instructions in aten/src/ATen/native/cpu/avx_mathfun.h, where a product and the sum after it are one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def c_library(function: Callable[[float], float], x: Array) -> Array:
    """A function of Python's math, as the C library rounds it, which PyTorch calls too; NumPy's may be one place off."""
    return np.fromiter(map(function, x.ravel().tolist()), np.float64, x.size).reshape(x.shape)


def fma(a: Array, b: Any, c: Any) -> Array:
    """a b + c with a single rounding, as the processor's instruction for it has."""
    if a.dtype == np.float32:  # in float64 the product of two float32 numbers is exact
        return (a.astype(np.float64) * b + c).astype(np.float32)
    # Both the product and the sum with the part that their rounding loses: Dekker (1971), Knuth (1969).
    product, (a1, a0), (b1, b0) = a * b, _halves(a), _halves(b)
    lost = ((a1 * b1 - product) + a1 * b0 + a0 * b1) + a0 * b0
    total = product + c
    part = total - product
    return total + (((product - (total - part)) + (c - part)) + lost)


def _halves(x: Any) -> tuple[Any, Any]:
    """A float64 as the sum of two of half the digits, whose products are exact."""
    upper = 134217729.0 * x
    upper = upper - (upper - x)
    return upper, x - upper


def _float32(*values: float) -> list[float]:
    """The float32 nearest to each, as Python floats."""
    return [float(np.float32(x)) for x in values]


_LOG = _float32(7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
                2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1)
_SIN = _float32(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_COS = _float32(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
_LOG2_LOW, _LOG2_HIGH = _float32(-2.12194440e-4, 0.693359375)  # log 2 in two parts, the second of few digits
_QUARTER_PI = _float32(0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8)  # pi / 4 in three


def _polynomial(x: Array, coefficients: list[float]) -> Array:
    """By Horner's rule, each step rounded once to float32; x in float64."""
    y = x * coefficients[0] + coefficients[1]
    for c in coefficients[2:]:
        y = y.astype(np.float32).astype(np.float64) * x + c
    return y.astype(np.float32)


def _log32(x: Array) -> Array:
    """log x = log m + e log 2, with sqrt(1/2) <= m < sqrt(2), by a polynomial in m - 1."""
    m, exponent = np.frexp(x)
    low = (m < np.float32(math.sqrt(0.5))).astype(np.float32)
    m, e = (m + m * low) - np.float32(1), exponent.astype(np.float32) - low
    square = m * m
    y = fma(_polynomial(m.astype(np.float64), _LOG) * m, square, e * np.float32(_LOG2_LOW))
    return fma(e, _LOG2_HIGH, m + (y - square * np.float32(0.5)))


def _sin_cos32(x: Array) -> tuple[Array, Array]:
    """sin x and cos x for x >= 0: x less the nearest multiple of pi / 2, and a polynomial each, which change places."""
    octant = ((x * np.float32(4 / math.pi)).astype(np.int32) + 1) & ~1
    for part in _QUARTER_PI:
        x = fma(octant.astype(np.float32), -part, x)
    square = x * x
    wide = square.astype(np.float64)
    cosine = fma(_polynomial(wide, _COS) * square, square, -(square * np.float32(0.5))) + np.float32(1)
    sine = fma(_polynomial(wide, _SIN) * square, x, x)
    swapped = (octant & 2) != 0
    sine, cosine = np.where(swapped, cosine, sine), np.where(swapped, sine, cosine)
    return sine * (1 - ((octant & 4) >> 1)).astype(np.float32), cosine * (1 - ((octant + 2 & 4) >> 1)).astype(np.float32)


def box_muller(uniform: Array, mean: float, std: float) -> Array:
    """Normal numbers from as many uniform ones: of each 16, the first 8 give distances and the last 8 directions."""
    u, v = 1 - uniform.reshape(-1, 16)[:, :8], uniform.reshape(-1, 16)[:, 8:]
    if uniform.dtype == np.float32:
        radius = np.sqrt(np.float32(-2) * _log32(u))
        sine, cosine = _sin_cos32(np.float32(2 * math.pi) * v)
    else:
        radius, angle = np.sqrt(-2 * c_library(math.log, u)), 2 * math.pi * v
        sine, cosine = c_library(math.sin, angle), c_library(math.cos, angle)
    number = uniform.dtype.type
    return fma(np.concatenate((radius * cosine, radius * sine), 1), number(std), number(mean)).ravel()
