"""The fast kernels of the logarithm of a softmax, and of cross-entropy.

In both the largest entry stands apart: log(sum(exp)) is log(1 + the others), which would be lost in the sum where they are tiny.
See ops.largest_apart. The twins are the formulas as a lecture writes them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import functional as T
from .. import gpu, graph, ops
from ..backend import BLOCK, Array, as_array, as_index, like, xp_of
from .fuse import fuse

# --- log_softmax --------------------------------------------------------------------------------------------------


def _log_softmax_twin(x: Any, *, axis: int) -> Any:
    """log(softmax(x)) as it is written, after the largest entry is subtracted: what is drawn, and differentiated twice."""
    shifted = x - ops.detach(T.amax(x, axis, keepdims=True))
    return shifted - ops.log(T.sum(ops.exp(shifted), axis, keepdims=True))


def _log_softmax(x: Array, *, axis: int, cache: dict[str, Any]) -> Array:
    if type(x) is not np.ndarray and gpu.runs_on(x):
        cache["top"] = gpu.reduction("largest", x, True, axis=axis, keepdims=True)
        return gpu.elementwise("log_softmax", x, *cache["top"])
    xp = xp_of(x)
    z = x.swapaxes(axis, -1)
    y = xp.empty(z.shape, dtype=x.dtype)
    z, rows = z.reshape(-1, z.shape[-1]), y.reshape(-1, z.shape[-1])
    n, k = xp.arange(len(z)), z.argmax(axis=1)
    xp.subtract(z, z[n, k][:, None], out=rows)
    e = xp.exp(rows)
    e[n, k] = 0
    others = e @ xp.ones(e.shape[1], dtype=e.dtype)
    rows -= xp.log1p(others)[:, None]
    cache["rows"], cache["n"], cache["k"], cache["rest"] = rows, n, k, others / (1 + others)
    return y.swapaxes(axis, -1)


def _log_softmax_backward(g: Array, y: Array, x: Array, *, axis: int, cache: dict[str, Any], needs: Any) -> Any:
    """g - p sum(g), where the largest p is 1 - rest."""
    if "top" in cache:
        return (gpu.elementwise("log_softmax_gradient", g, x, *cache["top"], g.sum(axis=axis, keepdims=True)),)
    xp, n, k, rest = xp_of(g), cache["n"], cache["k"], cache["rest"]
    g = g.swapaxes(axis, -1)
    gx = xp.exp(cache["rows"])
    rows = g.reshape(gx.shape)
    total = rows @ xp.ones(gx.shape[1], dtype=gx.dtype)
    gx *= -total[:, None]
    gx += rows
    gx[n, k] = (rows[n, k] - total) + rest * total
    return (gx.reshape(g.shape).swapaxes(axis, -1),)


log_softmax = fuse("log_softmax", _log_softmax, _log_softmax_backward, _log_softmax_twin)

# --- cross_entropy ------------------------------------------------------------------------------------------------


def _cross_entropy_twin(logits: Any, *, target: Array, weight: Any, smoothing: float, total: bool) -> Any:
    """Per row of logits (N, C): -log softmax(logits)[target] times weight; the sum over rows, if `total`.

    weight     (N,): where it is 0 the loss is 0 and so is the gradient, whatever logits and target; or one number for all rows
    smoothing  e: the target is 1 - e + e/C at the class and e/C elsewhere
    """
    weight = like(weight, logits)
    counted = None if isinstance(weight, float) else weight != 0
    if counted is not None:  # of the logits, and of the losses below: 0 times what is not finite would be a NaN
        logits = ops.where(counted[:, None], logits, 0.0)
        target = ops.where(counted, like(target, logits), 0)
    log_p = _log_softmax_twin(logits, axis=1)  # (N, C)
    losses = -T.getitem(log_p, (np.arange(len(target)), target))  # (N,)
    if smoothing:
        losses = losses * (1 - smoothing) - T.mean(log_p, axis=1) * smoothing
    losses = losses * weight
    losses = losses if counted is None else ops.where(counted, losses, 0.0)
    return T.sum(losses) if total else losses


def _cross_entropy(logits: Array, *, target: Array, weight: Any, smoothing: float, total: bool, cache: dict[str, Any]) -> Array:
    """The gradient of the sum is made on the way, while the probabilities are in the cache: backward finds it finished."""
    xp = xp_of(logits)
    gradient = xp.empty(logits.shape, dtype=logits.dtype) if total and graph.is_grad_enabled() else None
    cache["gradient"] = gradient
    weight = like(weight, logits)
    if gpu.runs_on(logits):
        losses = _cross_entropy_on_device(logits, target, weight, smoothing, gradient)
        return losses.sum() if total else losses
    losses = _cross_entropy_rows(logits, target, weight, smoothing, gradient)
    if isinstance(weight, float):
        return as_array(losses.sum() * weight) if total else losses * weight
    losses = xp.where(weight != 0, losses, 0)
    losses *= weight
    return as_array(losses.sum()) if total else losses


def _cross_entropy_on_device(logits: Array, target: Array, weight: Any, smoothing: float, gradient: Array | None) -> Array:
    """The weighted loss of each row, and the gradient, as _cross_entropy_rows makes it."""
    xp, (rows, classes) = xp_of(logits), logits.shape
    if not isinstance(weight, float):
        weight = weight.astype(logits.dtype, copy=False)
    losses = xp.empty(rows, dtype=logits.dtype)
    if not logits.size:
        return losses
    top, others = gpu.reduction("largest", logits, True, axis=1)
    mean = logits.mean(axis=1) if smoothing else top
    given = [top, others, mean, like(target.astype("int64", copy=False), logits), weight]
    if gradient is None:
        return gpu.elementwise("cross_entropy_value", logits, *given, smoothing, classes, losses)
    columns = [v if isinstance(v, float) else v[:, None] for v in given]
    gpu.elementwise("cross_entropy", logits, *columns, smoothing, classes, gradient, losses)
    return losses


def _cross_entropy_rows(logits: Array, target: Array, weight: Any, smoothing: float, gradient: Array | None) -> Array:
    """The loss of each row before it is weighted; d sum(weight * loss) / d logits is written into `gradient`, if given.

    Worked in blocks of rows that fit the cache: the logits are often the largest array of a step.
    """
    xp = xp_of(logits)
    rows, classes = logits.shape
    target = as_index(like(target, logits))
    one = isinstance(weight, float)  # weight for all rows
    if not one:
        target = xp.where(weight != 0, target, 0)
    size = max(1, BLOCK // max(1, classes)) if xp is np else rows
    if rows <= size:
        return _cross_entropy_block(logits, target, weight, smoothing, gradient)
    losses = xp.empty(rows, dtype=logits.dtype)
    for start in range(0, rows, size):
        here = slice(start, start + size)
        losses[here] = _cross_entropy_block(logits[here], target[here], weight if one else weight[here], smoothing,
                                            None if gradient is None else gradient[here])
    return losses


def _cross_entropy_block(logits: Array, target: Array, weight: Any, smoothing: float, gradient: Array | None) -> Array:
    xp, n, classes = xp_of(logits), xp_of(logits).arange(len(logits)), logits.shape[1]
    p = xp.empty(logits.shape, dtype=logits.dtype) if gradient is None else gradient
    flat, k = p.reshape(-1), logits.argmax(axis=1)
    xp.subtract(logits, logits[n, k][:, None], out=p)
    n *= classes
    at_largest, at_target = n + k, n + target  # places in `flat`
    picked = flat.take(at_target)
    score = (1 - smoothing) * picked + smoothing * p.mean(axis=1) if smoothing else picked
    xp.exp(p, out=p)
    flat[at_largest] = 0
    others = p @ xp.ones(classes, dtype=p.dtype)
    losses = xp.log1p(others)
    losses -= score
    if gradient is None:
        return losses
    share = weight / (1 + others)
    flat[at_largest] = 1
    p *= share[:, None]  # softmax(logits) times the weight; from here on less the target distribution
    of_target = xp.expm1(picked)  # there p - 1 would lose what it is where p is nearly 1: it is minus the p of all others
    of_target -= others
    of_target *= share
    if smoothing:
        spread = weight * (smoothing / classes)
        p -= spread if isinstance(weight, float) else spread[:, None]
        of_target += weight * smoothing - spread
    flat[at_target] = of_target
    if not isinstance(weight, float) and (xp is not np or math.isnan(np.maximum.reduce(losses, initial=0))):
        gradient[xp.isnan(losses) & (weight == 0)] = 0  # 0 times the NaN of logits that do not count
    return losses


def _cross_entropy_backward(g: Array, y: Array, logits: Array, *, target: Array, weight: Any, smoothing: float, total: bool,
                            cache: dict[str, Any], needs: Any) -> Any:
    gradient = cache.pop("gradient", None)  # given away; a second pass over a retained graph makes it again
    if gradient is None:
        xp = xp_of(logits)
        gradient, weight = xp.empty(logits.shape, dtype=logits.dtype), like(weight, logits)
        if not total:
            weight = weight * (g if isinstance(weight, float) else xp.where(weight != 0, g, 0))
        on_device = gpu.runs_on(logits)
        (_cross_entropy_on_device if on_device else _cross_entropy_rows)(logits, target, weight, smoothing, gradient)
    if total and (xp_of(g) is not xp_of() or g != 1):  # on a device the question would cost more than the answer saves
        gradient *= g
    return (gradient,)


cross_entropy = fuse("cross_entropy", _cross_entropy, _cross_entropy_backward, _cross_entropy_twin)
