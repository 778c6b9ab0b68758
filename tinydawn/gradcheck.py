"""Numerical checking: the gradient a formula gives against (f(x + eps) - f(x - eps)) / 2 eps, entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .autograd import grad
from .backend import like, to_host
from .errors import DTypeError, GraphError, message
from .tensor import Tensor


class GradcheckError(GraphError, AssertionError):
    """A gradient that differs from its numerical estimate."""


def gradcheck(f: Callable[..., Any], inputs: Any, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3,
              raise_exception: bool = True) -> bool:
    """Check the gradient of f, a Tensor or tuple of Tensors, at `inputs`: a Tensor, or a list of arguments of f.

    Inputs that require a gradient must be float64: at eps = 1e-6 float32 has no digits left. The output is reduced to
    one number by fixed random weights, so that every entry counts. Returns True, or raises GradcheckError naming the
    input, the entry and both values (False with raise_exception=False). Kinks (relu at 0, ties in a maximum) have no
    derivative to agree on: keep inputs away from them.
    """
    args = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    checked = _to_check(args)
    weights: list[np.ndarray] = []

    def outputs() -> list[Tensor]:
        out = f(*args)
        found = list(out) if isinstance(out, (tuple, list)) else [out]
        if not weights:
            rng = np.random.default_rng(0)
            weights.extend(rng.uniform(0.5, 1.5, o.shape) * rng.choice([-1.0, 1.0], o.shape) for o in found)
        return found

    def number() -> float:
        return sum(float((o.array * like(w, o)).sum()) for o, w in zip(outputs(), weights, strict=True))

    found = [(o, w) for o, w in zip(outputs(), weights or [], strict=True) if o.requires_grad]
    if not found:
        raise GraphError(message("gradcheck: the output depends on no input that requires a gradient",
                                 fix="compute it from the Tensors passed in, outside no_grad"))
    starts = [Tensor(like(np.asarray(w), o)) for o, w in found]
    gradients = grad([o for o, _ in found], [x for _, x in checked], starts, allow_unused=True)
    for (i, x), g in zip(checked, gradients, strict=True):
        analytic = np.zeros(x.shape) if g is None else to_host(g.array)
        if analytic.dtype != np.float64 or analytic.shape != x.shape:
            raise GradcheckError(message(f"gradcheck: the gradient of input {i} is {analytic.shape} {analytic.dtype}, "
                                         f"the input {x.shape}"))
        for entry in np.ndindex(x.shape):
            kept = float(x.array[entry])  # a number: of a device's array this is a view
            x.array[entry] = kept + eps
            above = number()
            x.array[entry] = kept - eps
            below = number()
            x.array[entry] = kept
            numeric = (above - below) / (2 * eps)
            if not abs(analytic[entry] - numeric) <= atol + rtol * abs(numeric):
                if not raise_exception:
                    return False
                where = f"input {i}" + (f", entry {entry}" if entry else "")
                raise GradcheckError(message(
                    f"gradcheck: {where}: the gradient is {analytic[entry]:.8g}, by central difference {numeric:.8g}",
                    fix="check that argument's formula, and that no kink lies within eps of the input"))
    return True


def _to_check(args: list[Any]) -> list[tuple[int, Tensor]]:
    """The place and the Tensor of each argument that requires a gradient; errors for those that cannot be checked."""
    checked = [(i, x) for i, x in enumerate(args) if isinstance(x, Tensor) and x.requires_grad]
    if not checked:
        raise GraphError(message("gradcheck: no input requires a gradient", fix="make one with requires_grad=True"))
    for i, x in checked:
        if x.dtype != np.float64:
            raise DTypeError(message(f"gradcheck: input {i} is {x.dtype}",
                                     fix="check in float64: td.tensor(..., dtype=td.float64)"))
        if not x.is_leaf:
            raise GraphError(message(f"gradcheck: input {i} was computed, not made", fix="pass x.detach().requires_grad_()"))
    return checked


def gradgradcheck(f: Callable[..., Any], inputs: Any, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3,
                  raise_exception: bool = True) -> bool:
    """Check the second derivatives of f: gradcheck of its gradient, as a function of the inputs and of what it starts from.

    Arguments are those of gradcheck, and so is what it returns and raises."""
    args = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    sources: Sequence[int] = [i for i, x in enumerate(args) if isinstance(x, Tensor) and x.requires_grad]
    out = f(*args)
    outs = list(out) if isinstance(out, (tuple, list)) else [out]
    rng = np.random.default_rng(1)
    weights = [rng.uniform(0.5, 1.5, o.shape) * rng.choice([-1.0, 1.0], o.shape) for o in outs]
    starts = [Tensor(like(np.asarray(w), o), requires_grad=True) for o, w in zip(outs, weights, strict=True)]

    def gradient(*both: Any) -> tuple[Tensor, ...]:
        given, start = both[:len(args)], both[len(args):]
        out = f(*given)
        outs = list(out) if isinstance(out, (tuple, list)) else [out]
        found = grad(outs, [given[i] for i in sources], list(start), create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(gradient, [*args, *starts], eps, atol, rtol, raise_exception)
