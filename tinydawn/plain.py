"""The whole engine in about a hundred lines: slow and bare, to be read first. It imports nothing of the fast one beside it.

What differs in the fast engine (graph.py, ops.py, autograd.py, tensor.py) is speed, memory, errors and devices, not the
account given here: tests/test_plain.py computes random graphs with both, and asks for the same values and gradients.

>>> W, x = Tensor([[0.5, -1.0], [2.0, 1.0]]), Tensor([[1.0], [2.0]])
>>> loss = sum(tanh(W @ x) ** 2)
>>> loss.backward()
>>> W.grad.round(4)
array([[-0.3271, -0.6543],
       [ 0.0027,  0.0054]])
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

clock = itertools.count()  # numbers Tensors as they are made


class Tensor:
    """An array that remembers how it was computed: from which arguments, with which settings, and how gradients go back."""

    __array_ufunc__ = None  # array * Tensor is left to Tensor.__rmul__

    def __init__(self, data: Any, formulas: Any = (), arguments: Any = (), settings: Any = None) -> None:
        self.array = np.asarray(data, dtype=float)
        self.formulas, self.arguments, self.settings = formulas, arguments, settings or {}
        self.order = next(clock)
        self.grad: Any = None

    def backward(self) -> None:
        """Add to the `.grad` of every Tensor that was made, not computed: d self / d Tensor, where self is one number."""
        gradients = {self: np.ones_like(self.array)}
        for node in history(self):  # newest first: all that was computed from a node has passed its gradient on before it
            g = gradients.pop(node)
            if not node.arguments:
                node.grad = g if node.grad is None else node.grad + g
            arrays = [argument.array for argument in node.arguments]
            for argument, formula in zip(node.arguments, node.formulas, strict=True):
                passed_on = sum_to(formula(g, node.array, *arrays, **node.settings), argument.array.shape)
                gradients[argument] = gradients.get(argument, 0.0) + passed_on  # over every edge that leads to it

    def __add__(self, other: Any) -> Tensor:
        return add(self, other)

    def __sub__(self, other: Any) -> Tensor:
        return sub(self, other)

    def __mul__(self, other: Any) -> Tensor:
        return mul(self, other)

    def __truediv__(self, other: Any) -> Tensor:
        return div(self, other)

    def __pow__(self, other: Any) -> Tensor:
        return pow(self, other)

    def __matmul__(self, other: Any) -> Tensor:
        return matmul(self, other)

    def __neg__(self) -> Tensor:
        return neg(self)

    def __getitem__(self, index: Any) -> Tensor:
        return getitem(self, index=index)

    def __rsub__(self, other: Any) -> Tensor:
        return sub(other, self)

    def __rtruediv__(self, other: Any) -> Tensor:
        return div(other, self)

    __radd__, __rmul__ = __add__, __mul__


def history(output: Tensor) -> list[Tensor]:
    """All that `output` was computed from, and itself, each once, newest first. A Tensor is older than what is made of it."""
    seen, stack = {output}, [output]
    while stack:
        for argument in stack.pop().arguments:
            if argument not in seen:
                seen.add(argument)
                stack.append(argument)
    return sorted(seen, key=lambda node: node.order, reverse=True)


def sum_to(g: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Undo broadcasting: whoever was used in many places gets the sum of what comes back from them."""
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))  # axes that were put in front
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] != 1)
    return g.sum(axis=stretched, keepdims=True)


def op(forward: Callable[..., Any], *formulas: Callable[..., Any]) -> Callable[..., Tensor]:
    """A function on Tensors from one on arrays, and per argument the formula of its gradient.

    A formula is given g, the gradient of the output; y, the output; and the arguments. It returns g times the derivative.
    """

    def function(*arguments: Any, **settings: Any) -> Tensor:
        arguments = tuple(a if isinstance(a, Tensor) else Tensor(a) for a in arguments)
        return Tensor(forward(*[a.array for a in arguments], **settings), formulas, arguments, settings)

    return function


def spread(g: np.ndarray, shape: tuple[int, ...], axis: Any, keepdims: bool) -> np.ndarray:
    """To every entry the gradient of the sum that it went into."""
    return np.broadcast_to(g if keepdims or axis is None else np.expand_dims(g, axis), shape)


def placed(g: np.ndarray, shape: tuple[int, ...], index: Any) -> np.ndarray:
    """Zeros of `shape`, and g at `index`; what is named twice gets both."""
    out = np.zeros(shape)
    np.add.at(out, index, g)
    return out


# The table: forward, then a formula per argument.
add = op(np.add, lambda g, y, a, b: g, lambda g, y, a, b: g)
sub = op(np.subtract, lambda g, y, a, b: g, lambda g, y, a, b: -g)
mul = op(np.multiply, lambda g, y, a, b: g * b, lambda g, y, a, b: g * a)
div = op(np.divide, lambda g, y, a, b: g / b, lambda g, y, a, b: -g * y / b)
pow = op(np.power, lambda g, y, a, b: g * b * a ** (b - 1), lambda g, y, a, b: g * y * np.log(np.where(a > 0, a, 1)))
neg = op(np.negative, lambda g, y, x: -g)
exp = op(np.exp, lambda g, y, x: g * y)
log = op(np.log, lambda g, y, x: g / x)
sqrt = op(np.sqrt, lambda g, y, x: g / (2 * y))
sin = op(np.sin, lambda g, y, x: g * np.cos(x))
cos = op(np.cos, lambda g, y, x: -g * np.sin(x))
abs = op(np.abs, lambda g, y, x: g * np.sign(x))
tanh = op(np.tanh, lambda g, y, x: g * (1 - y * y))
sigmoid = op(lambda x: 1 / (1 + np.exp(-x)), lambda g, y, x: g * y * (1 - y))
relu = op(lambda x: np.maximum(x, 0), lambda g, y, x: np.where(y <= 0, 0, g))
sum = op(lambda x, *, axis=None, keepdims=False: x.sum(axis=axis, keepdims=keepdims),
         lambda g, y, x, *, axis=None, keepdims=False: spread(g, x.shape, axis, keepdims))
matmul = op(np.matmul, lambda g, y, a, b: g @ b.swapaxes(-1, -2), lambda g, y, a, b: a.swapaxes(-1, -2) @ g)
reshape = op(lambda x, *, shape: x.reshape(shape), lambda g, y, x, *, shape: g.reshape(x.shape))
permute = op(lambda x, *, axes: x.transpose(axes), lambda g, y, x, *, axes: g.transpose(np.argsort(np.mod(axes, x.ndim))))
broadcast_to = op(lambda x, *, shape: np.broadcast_to(x, shape), lambda g, y, x, *, shape: g)
getitem = op(lambda x, *, index: x[index], lambda g, y, x, *, index: placed(g, x.shape, index))
