"""Gradient clipping, between loss.backward() and optimizer.step()."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from .. import gpu
from ..backend import mixed, xp_of
from ..checks import number
from ..errors import AnomalyError, OptionError, message
from ..tensor import Tensor
from .blocks import values
from .options import check_listed, label, named


def clip_grad_norm_(parameters: Any, max_norm: float, norm_type: float = 2.0,
                    error_if_nonfinite: bool = False) -> Any:
    """Scale all gradients by one factor, in place, so that together they have at most `max_norm`.

        norm = (sum over every entry g of every gradient of |g|^norm_type) ^ (1 / norm_type)
        g = g * min(1, max_norm / (norm + 1e-6))

    The norm is that of all gradients put end to end, so the direction of the step is kept. Lecture values: 5 and 10
    for language models, 1 for BERT.

    parameters          Tensors, or (name, Tensor) pairs, or one Tensor; those without a gradient are skipped
    max_norm            the largest norm let through
    norm_type           2, any other positive number, or math.inf for the largest entry
    error_if_nonfinite  if an entry is NaN or infinite, raise AnomalyError, naming the parameter; by default only warn,
                        and scale by the norm nevertheless: as in PyTorch, every gradient becomes NaN or 0

    Returns the norm before clipping: a number, or for gradients all on a device a Tensor of one number, which is not waited
    for; and there a NaN is passed on without a warning, unless error_if_nonfinite asks.

    Source: Pascanu, Mikolov and Bengio 2013, algorithm 1.
    """
    max_norm, norm_type = _at_least_0("max_norm", max_norm), _at_least_0("norm_type", norm_type)
    if norm_type == 0:
        raise OptionError(message("clip_grad_norm_: norm_type must be above 0", fix="use 2.0, or math.inf"))
    listed = _with_gradient("clip_grad_norm_", parameters)
    arrays = [values(p) for _, p in listed]
    if xp_of(*arrays) is not np and norm_type == 2.0 and not error_if_nonfinite and not mixed(arrays):
        return _clip_without_waiting(arrays, max_norm)
    norm = _norm([_norm_of_array(values(p), norm_type) for _, p in listed], norm_type)
    if not math.isfinite(norm):
        where = next((name for name, p in listed if not xp_of(values(p)).isfinite(values(p)).all()), "all parameters together")
        text = message(f"clip_grad_norm_: the gradient of {where} is not finite",
                       fix="find the op that made it under td.detect_anomaly(); a smaller learning rate may do")
        if error_if_nonfinite:
            raise AnomalyError(text)
        warnings.warn(text, RuntimeWarning, stacklevel=2)
    factor = max_norm / (norm + 1e-6)
    if not factor >= 1:  # written so that a NaN is passed on, and seen
        with np.errstate(invalid="ignore"):
            for _, p in listed:
                array = values(p)
                array *= factor
    return norm


def _clip_without_waiting(arrays: list[Any], max_norm: float) -> Tensor:
    """clip_grad_norm_ by the 2-norm, all of it on the device."""
    xp = xp_of(*arrays)
    if gpu.runs_on(*arrays):
        norms = xp.empty(len(arrays), dtype=arrays[0].dtype)
        for i, array in enumerate(arrays):
            gpu.length(array, norms[i:i + 1])
        norm = gpu.reduction("norm", norms)
        for array in arrays:
            gpu.elementwise("clip", norm, max_norm, array)
        return Tensor(norm)
    squares = [(flat @ flat).reshape(1) for flat in (array.ravel().astype("float64") for array in arrays)]
    norm = xp.sqrt(xp.concatenate(squares).sum())
    factor = xp.minimum(max_norm / (norm + 1e-6), 1.0)
    for array in arrays:
        array *= factor.astype(array.dtype)
    return Tensor(norm)


def clip_grad_value_(parameters: Any, clip_value: float) -> None:
    """Limit every entry of every gradient of `parameters` to [-clip_value, clip_value], in place. This turns the direction."""
    limit = _at_least_0("clip_value", clip_value, "clip_grad_value_")
    for _, p in _with_gradient("clip_grad_value_", parameters):
        array = values(p)
        xp_of(array).clip(array, -limit, limit, out=array)


def _norm_of_array(array: Any, norm_type: float) -> float:
    """The norm of one array, in float64: the square of a float32 above 1e19 is infinite in float32.

    The plain sum of squares is tried first, because it takes one pass and no memory.
    """
    if array.size == 0:
        return 0.0
    if norm_type == 2.0:
        flat = array.ravel(order="K")
        with np.errstate(over="ignore", invalid="ignore"):
            squares = float(flat @ flat)
        if 1e-20 < squares < math.inf:
            return math.sqrt(squares)
    largest = float(abs(array).max())
    if norm_type == math.inf or largest == 0 or not math.isfinite(largest):
        return largest
    return largest * float(((abs(array).astype("float64") / largest) ** norm_type).sum()) ** (1 / norm_type)


def _norm(norms: list[float], norm_type: float) -> float:
    """The norm of a list of norms, which is the norm of everything."""
    return _norm_of_array(np.array(norms, np.float64), norm_type)


def _at_least_0(name: str, value: Any, owner: str = "clip_grad_norm_") -> float:
    checked = number(owner, name, value)
    if not checked >= 0:
        raise OptionError(message(f"{owner}: {name} must not be negative or NaN, got {checked}",
                                 fix=f"choose a {name} such as 1.0"))
    return checked


def _with_gradient(owner: str, parameters: Any) -> list[tuple[str, Tensor]]:
    """The parameters that have a gradient, each with what a message calls it."""
    check_listed(owner, "parameters", parameters, fix="pass model.parameters()")
    listed = []
    for i, entry in enumerate([parameters] if isinstance(parameters, Tensor) else parameters):
        name, p = named(owner, f"parameters[{i}]", entry, fix="pass model.parameters()")
        if p._grad is not None:
            listed.append((label(p, name, i), p))
    return listed
