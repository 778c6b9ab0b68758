"""GELU, exact and by tanh."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import ops
from ..backend import Array, xp_of
from .pointwise import pointwise


def _gelu_twin(x: Any, *, approximate: str) -> Any:
    """x * Phi(x), Phi the normal distribution function: (1 + erf(x / sqrt(2))) / 2.

    approximate="tanh": Phi is (1 + tanh(u)) / 2 with u = sqrt(2/pi) (x + 0.044715 x^3)

    Below 0 both sums would cancel, to 0 at -6. They are erfc(-x / sqrt(2)) / 2 and sigmoid(2 u), which do not.
    """
    if approximate == "none":
        return x * (0.5 * ops.erfc(x * -math.sqrt(0.5)))
    return x * ops.sigmoid(math.sqrt(8 / math.pi) * (x + 0.044715 * x * x * x))


def _gelu(z: Array, y: Array, slope: Array | None, *, approximate: str) -> None:
    (_gelu_tanh if approximate == "tanh" else _gelu_exact)(z, y, slope)


def _gelu_tanh(z: Array, y: Array, slope: Array | None) -> None:
    """(1 + tanh(u)) / 2 = sigmoid(2 u), where 2 u = k (z + a z^3)."""
    xp, k, a = xp_of(z), math.sqrt(8 / math.pi), 0.044715
    square = z * z
    xp.multiply(square, -k * a, out=y)
    y -= k
    y *= z
    with np.errstate(over="ignore"):  # 1 / inf is right
        xp.exp(y, out=y)
    y += 1
    xp.reciprocal(y, out=y)
    if slope is not None:  # (z Phi)' = Phi + z Phi (1 - Phi) (2 u)'
        xp.subtract(1, y, out=slope)
        slope *= y
        square *= 3 * k * a
        square += k
        slope *= square
        slope *= z
        slope += y
    y *= z


def _gelu_exact(z: Array, y: Array, slope: Array | None) -> None:
    """With q = erfc(|z| / sqrt(2)) / 2, which is Phi(-|z|): the value is max(z, 0) - |z| q.

    The derivative, Phi + z phi, is -w below 0 and 1 + w above it, where w = |z| phi - q.
    """
    xp = xp_of(z)
    size = xp.abs(z)
    size *= math.sqrt(0.5)
    xp.minimum(size, 28.0, out=size)  # there erfc is 0
    density = size * size
    xp.negative(density, out=density)
    xp.exp(density, out=density)
    q = xp.empty_like(z)
    ops.erfcx(size, out=q)
    q *= density
    q *= 0.5
    size *= math.sqrt(2)
    xp.maximum(z, 0, out=y)
    if slope is not None:
        density *= 1 / math.sqrt(2 * math.pi)
        density *= size
        density -= q
    q *= size
    y -= q
    if slope is not None:  # with h = 1 above 0, else 0: h (1 + 2 w) - w
        xp.copyto(slope, z > 0)
        xp.multiply(density, 2, out=q)
        q += 1
        slope *= q
        slope -= density


gelu = pointwise("gelu", _gelu, _gelu_twin)
