"""GELU, exact and by tanh."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import graph, ops
from ..backend import BLOCK, Array, xp_of
from .fuse import fuse


def _gelu_twin(x: Any, *, approximate: str) -> Any:
    """x * Phi(x), Phi the normal distribution function: (1 + erf(x / sqrt(2))) / 2.

    approximate="tanh": Phi is (1 + tanh(u)) / 2 with u = sqrt(2/pi) (x + 0.044715 x^3)

    Below 0 both sums would cancel, to 0 at -6. They are erfc(-x / sqrt(2)) / 2 and sigmoid(2 u), which do not.
    """
    if approximate == "none":
        return x * (0.5 * ops.erfc(x * -math.sqrt(0.5)))
    return x * ops.sigmoid(math.sqrt(8 / math.pi) * (x + 0.044715 * x * x * x))


def _gelu(x: Array, *, approximate: str, cache: dict[str, Any]) -> Array:
    """In blocks, and with the derivative on the way, while everything is in the cache: backward is one product."""
    xp = xp_of(x)
    flat = x.reshape(-1)
    y, slope = xp.empty_like(flat), xp.empty_like(flat) if graph.is_grad_enabled() else None
    k, a = math.sqrt(8 / math.pi), 0.044715
    step = 2 * BLOCK // x.dtype.itemsize
    for start in range(0, flat.size, step):
        z, phi = flat[start:start + step], y[start:start + step]
        if approximate == "tanh":  # (1 + tanh(u)) / 2 = sigmoid(2 u), where 2 u = k (z + a z^3)
            square = z * z
            xp.multiply(square, -k * a, out=phi)
            phi -= k
            phi *= z
            with np.errstate(over="ignore"):  # 1 / inf is right
                xp.exp(phi, out=phi)
            phi += 1
            xp.reciprocal(phi, out=phi)
            density = 1 - phi if slope is not None else None
            if density is not None:
                density *= phi
                square *= 3 * k * a
                square += k
                density *= square
        else:  # below 0 half of erfc(|z| / sqrt(2)), above it 1 less that
            side = xp.copysign(0.5, z)
            density = xp.abs(z)
            density *= math.sqrt(0.5)
            xp.minimum(density, 28.0, out=density)
            ops.erfcx(density, out=phi)
            density *= -density
            xp.exp(density, out=density)
            phi *= density
            phi *= side
            side += 0.5
            xp.subtract(side, phi, out=phi)
            density *= 1 / math.sqrt(2 * math.pi)
        if slope is not None:  # (z Phi)' = Phi + z Phi'
            density *= z
            xp.add(density, phi, out=slope[start:start + step])
        phi *= z
    cache["slope"] = slope
    return y.reshape(x.shape)


def _gelu_backward(g: Array, y: Array, x: Array, *, approximate: str, cache: dict[str, Any], needs: Any) -> Any:
    return (g * cache["slope"].reshape(x.shape),)


gelu = fuse("gelu", _gelu, _gelu_backward, _gelu_twin)
