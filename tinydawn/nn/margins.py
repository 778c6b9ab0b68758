"""Lengths, angles and distances of vectors, and the losses that compare them; offered as part of nn.functional."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import functional as T
from .. import ops
from ..checks import name_arguments, number
from ..errors import OptionError, ShapeError, message
from .losses import _like, _reduce


def normalize(x: Any, p: float = 2.0, axis: int = 1, eps: float = 1e-12) -> Any:
    """x / |x| along `axis`: vectors of length 1; one shorter than `eps` is divided by eps, so zeros stay, and have a gradient.

    p  which length: 2 Euclid's, 1 the sum of absolute values, inf the largest of them; any other from 1 is (sum |x|^p)^(1/p)

    Raises OptionError for a p below 1: in F.normalize(x, -1) it is the axis that was meant, which is the third argument here, as
    in PyTorch.
    """
    if not number("normalize", "p", p) >= 1:
        raise OptionError(message(f"normalize: p is {p}", fix=f"1 or more; the axis is called axis={p}, and stands third"))
    size = ops.abs(x)
    largest = T.amax(size, axis, keepdims=True)
    if p == math.inf:
        return x / ops.maximum(largest, eps)
    unit = ops.detach(ops.maximum(largest, eps))  # in this unit no power overflows, nor vanishes in all entries
    total = ops.maximum(T.sum((x / unit) ** 2 if p == 2 else (size / unit) ** p, axis, keepdims=True), 1e-30)
    return x / ops.maximum(unit * (ops.sqrt(total) if p == 2 else total ** (1 / p)), eps)


def cosine_similarity(x1: Any, x2: Any, axis: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between x1 and x2 along `axis`, from -1 to 1; 0 for a vector of zeros: (B, D), (B, D) -> (B,).

    eps  what a length is taken for at least"""
    if x1.shape != x2.shape:  # before the axis is summed: it may be 1 long in one of them
        shape = _joint_shape("cosine_similarity", x1.shape, x2.shape)
        x1, x2 = T.broadcast_to(x1, shape), T.broadcast_to(x2, shape)
    return T.sum(normalize(x1, axis=axis, eps=eps) * normalize(x2, axis=axis, eps=eps), axis)


def _joint_shape(name: str, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(message(f"{name}: shapes {' and '.join(map(str, shapes))} do not broadcast",
                                 fix="equal lengths, or 1, on every axis")) from None


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdims: bool = False) -> Any:
    """|x1 - x2 + eps| along the last axis, the sum of |.|^p to the 1/p: (..., D), (..., D) -> (...)."""
    _joint_shape("pairwise_distance", x1.shape, x2.shape)
    return T.norm(x1 - x2 + eps, p, -1, keepdims)


def cosine_embedding_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean") -> Any:
    """1 - cos(x1, x2) where target is 1; how much cos(x1, x2) is above margin where it is -1: (B, D), (B, D), (B,)."""
    x1, x2 = (x if x.ndim > 1 else T.unsqueeze(x, 0) for x in (input1, input2))
    target = _like(target, input1, "cosine_embedding_loss")
    if x1.shape != x2.shape or target.shape != input1.shape[:-1]:
        raise ShapeError(message(f"cosine_embedding_loss: inputs of shape {input1.shape} and {input2.shape}, target of shape "
                                 f"{target.shape}", fix="(B, D), (B, D) and (B,)"))
    cosine = T.sum(x1 * x2, 1) / ops.sqrt((T.sum(x1 * x1, 1) + 1e-12) * (T.sum(x2 * x2, 1) + 1e-12))
    cosine = T.reshape(cosine, target.shape)
    losses = _by_sign(target, 1 - cosine, T.clamp(cosine - margin, min=0))
    return _reduce("cosine_embedding_loss", losses, reduction)


def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean") -> Any:
    """max(0, -target (x1 - x2) + margin), with x1 and x2 = input1 and input2 of one shape: target is 1 where the first should be
    the larger, -1 where the second should."""
    target = _like(target, input1, "margin_ranking_loss")
    _joint_shape("margin_ranking_loss", input1.shape, input2.shape, target.shape)
    return _reduce("margin_ranking_loss", T.clamp((input2 - input1) * target + margin, min=0), reduction)


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, reduction: str = "mean") -> Any:
    """x = input where target is 1; max(0, margin - x) where it is -1: of distances, of pairs alike or not, all of one shape."""
    target = _like(target, input, "hinge_embedding_loss")
    _joint_shape("hinge_embedding_loss", input.shape, target.shape)
    return _reduce("hinge_embedding_loss", _by_sign(target, input, T.clamp(margin - input, min=0)), reduction)


def _by_sign(target: Any, alike: Any, apart: Any) -> Any:
    """The one where target is 1, the other where it is -1."""
    return ops.where(ops.eq(target, 1), alike, 0.0) + ops.where(ops.eq(target, -1), apart, 0.0)


def triplet_margin_loss(anchor: Any, positive: Any, negative: Any, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6,
                        swap: bool = False, reduction: str = "mean") -> Any:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin): (B, D) three times -> (B,).

    d is pairwise_distance, with its p and eps.

    swap  take the distance of positive and negative where it is less than that of anchor and negative

    Source: Balntas et al. 2016.
    """
    near, far = pairwise_distance(anchor, positive, p, eps), pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = ops.minimum(far, pairwise_distance(positive, negative, p, eps))
    return _reduce("triplet_margin_loss", T.clamp(near - far + margin, min=0), reduction)


name_arguments(globals())
