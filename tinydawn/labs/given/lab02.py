"""Lab 2, tensors: functions to differentiate, formulas of which some are wrong, and what is looked at of a failing input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def number_of(kind: str) -> Callable[[np.ndarray], float]:
    """A function from an array to one number: "cubes", "products" of neighbours, or "waves"."""
    match kind:
        case "cubes":
            return lambda x: float((np.asarray(x, float) ** 3).sum())
        case "products":
            return lambda x: float((np.ravel(x)[:-1] * np.ravel(x)[1:]).sum())
    return lambda x: float((np.sin(x) * np.arange(1, np.size(x) + 1).reshape(np.shape(x))).sum())


class Formula:
    """A function of the notes, and a formula for its gradient, which may be wrong.

    name      such as "tanh"
    x         an array, where it is tried
    f         from an array to one number
    gradient  from an array to what is said to be the gradient of f there
    """

    def __init__(self, name: str, x: Any, f: Callable[[np.ndarray], float], gradient: Callable[[np.ndarray], np.ndarray]) -> None:
        self.name, self.x, self.f, self.gradient = name, np.array(x, float), f, gradient

    def __repr__(self) -> str:
        return f"Formula({self.name})"


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max())
    return e / e.sum()


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


WEIGHTS = np.array([1.0, -2.0, 0.5])


def formula(kind: str) -> Formula:
    """A formula by its name; what is planted is not said here."""
    match kind:
        case "tanh":
            return Formula(kind, [0.5, -1.0, 2.0], lambda x: float(np.tanh(x).sum()), lambda x: 1 - np.tanh(x) ** 2)
        case "sigmoid":
            return Formula(kind, [0.5, -1.0, 2.0], lambda x: float(_sigmoid(x).sum()), lambda x: _sigmoid(x) * (1 - x))
        case "sigmoid of the notes":
            return Formula(kind, [0.5, -1.0, 2.0], lambda x: float(_sigmoid(x).sum()), lambda x: _sigmoid(x) * (1 - _sigmoid(x)))
        case "cross-entropy":
            return Formula(kind, [1.0, 0.2, -0.7], lambda x: float(-np.log(_softmax(x)[0])), lambda x: _softmax(x) - np.eye(3)[0])
        case "softmax":
            return Formula(kind, [1.0, 0.2, -0.7], lambda x: float(WEIGHTS @ _softmax(x)),
                           lambda x: WEIGHTS * _softmax(x) * (1 - _softmax(x)))
        case "relu":
            return Formula(kind, [0.5, -1.0, 2.0], lambda x: float(np.maximum(x, 0).sum()), lambda x: np.ones(3))
        case "energy":
            return Formula(kind, [0.4, 0.9, 1.2], lambda x: float(x @ x), lambda x: x)
        case "scores":
            return Formula(kind, [0.4, -0.9, 1.2], lambda x: float(WEIGHTS @ x), lambda x: WEIGHTS[::-1])
        case "mean":
            return Formula(kind, [4.0, 1.0, 2.5], lambda x: float(x.mean()), lambda x: np.ones(3))
        case "length":
            return Formula(kind, [3.0, 4.0, 1.0], lambda x: float(np.sqrt(x @ x)), lambda x: x / np.sqrt(x @ x))
        case "nearly":
            return Formula(kind, [0.3, 0.8, -0.4], lambda x: float(np.exp(x).sum()), lambda x: 1.004 * np.exp(x))
    return Formula(kind, [0.4, -0.9, 1.2], lambda x: float((x ** 2).sum()), lambda x: 2 * x)


def shorthand_failure(returned: Any, h: np.ndarray) -> dict[str, Any]:
    """Of (g, dL/dW): is h in every row wrong for this g, and is the gradient the right one?"""
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        return {"two arrays": False}
    try:
        g, found = (np.asarray(x, float) for x in returned)
    except (TypeError, ValueError):
        return {"two arrays": False}
    if g.ndim != 1 or len(g) < 2:
        return {"two arrays": True, "g": "is no vector of two or more numbers"}
    h = np.asarray(h, float)
    formulas = {"(dL/dz) h^T": np.outer(g, h), "h in every row": np.tile(h, (len(g), 1)), "h (dL/dz)^T": np.outer(h, g), "h": h,
                "one number": np.array(g.sum() * h.sum()), "dL/dz": g, "rows of dL/dz": np.tile(g, (len(h), 1)),
                "sums": g[:, None] + h}
    which = next((name for name, x in formulas.items() if x.shape == found.shape and np.allclose(x, found)), "something else")
    return {"two arrays": True, "g": "all ones: the shorthand is right" if np.allclose(g, 1) else "the shorthand fails",
            "dL/dW": which}
