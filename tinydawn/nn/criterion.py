"""Losses as modules: each calls the function of its name; and the distances that some of them are of."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ..checks import Amount, Finite, Share, Whole, array
from ..tensor import Tensor
from . import functional as F
from .embedding import Length
from .module import Module, Parameter


def _weights(name: str, what: str, x: Any) -> Any:
    """`x`, where it is no Tensor or array, at which forward looks, makes an array of numbers."""
    if x is not None and not hasattr(x, "dtype"):
        array(name, what, x, kinds="fiub")
    return x


def _hold(loss: Module, name: str, weight: Any) -> None:
    """Weights belong to the state, as in PyTorch: they are saved, and move with the model. Those to be trained stay so."""
    if isinstance(weight, Parameter):
        setattr(loss, name, weight)
    else:
        loss.register_buffer(name, weight)


Weights = Annotated[Any, _weights]
Reduction = Literal["mean", "sum", "none"]


class CrossEntropyLoss(Module):
    """-log softmax(input)[target]. See F.cross_entropy."""

    def __init__(self, weight: Weights = None, ignore_index: Whole = -100, reduction: Reduction = "mean",
                 label_smoothing: Share = 0.0) -> None:
        _hold(self, "weight", weight)
        self.ignore_index, self.reduction, self.label_smoothing = ignore_index, reduction, label_smoothing

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.cross_entropy(input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing)


class NLLLoss(Module):
    """-input[target] for log-probabilities. See F.nll_loss."""

    def __init__(self, weight: Weights = None, ignore_index: Whole = -100, reduction: Reduction = "mean") -> None:
        _hold(self, "weight", weight)
        self.ignore_index, self.reduction = ignore_index, reduction

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.nll_loss(input, target, self.weight, self.ignore_index, self.reduction)


class MSELoss(Module):
    """(input - target)^2. See F.mse_loss."""

    def __init__(self, reduction: Reduction = "mean") -> None:
        self.reduction = reduction

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.mse_loss(input, target, self.reduction)


class BCEWithLogitsLoss(Module):
    """Binary cross-entropy of logits. See F.binary_cross_entropy_with_logits."""

    def __init__(self, weight: Weights = None, reduction: Reduction = "mean", pos_weight: Weights = None) -> None:
        _hold(self, "weight", weight)
        _hold(self, "pos_weight", pos_weight)
        self.reduction = reduction

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.binary_cross_entropy_with_logits(input, target, self.weight, self.reduction, self.pos_weight)


class KLDivLoss(Module):
    """D(target || q), given log q. See F.kl_div."""

    def __init__(self, reduction: Literal["mean", "sum", "none", "batchmean"] = "mean", log_target: bool = False) -> None:
        self.reduction, self.log_target = reduction, log_target

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.kl_div(input, target, self.reduction, self.log_target)


class L1Loss(Module):
    """|input - target|."""

    def __init__(self, reduction: Reduction = "mean") -> None:
        self.reduction = reduction

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.l1_loss(input, target, self.reduction)


class SmoothL1Loss(Module):
    """Squares of what is below beta, sizes of what is above. See F.smooth_l1_loss."""

    def __init__(self, reduction: Reduction = "mean", beta: Amount = 1.0) -> None:
        self.reduction, self.beta = reduction, beta

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.smooth_l1_loss(input, target, self.reduction, self.beta)


class HuberLoss(Module):
    """Squares of what is below delta, sizes of what is above. See F.huber_loss."""

    def __init__(self, reduction: Reduction = "mean", delta: Length = 1.0) -> None:
        self.reduction, self.delta = reduction, delta

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.huber_loss(input, target, self.reduction, self.delta)


class BCELoss(Module):
    """Binary cross-entropy of probabilities. See F.binary_cross_entropy; of logits, BCEWithLogitsLoss is better."""

    def __init__(self, weight: Weights = None, reduction: Reduction = "mean") -> None:
        _hold(self, "weight", weight)
        self.reduction = reduction

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.binary_cross_entropy(input, target, self.weight, self.reduction)


class CosineEmbeddingLoss(Module):
    """Pairs that are alike (target 1) or not (-1), by their angle. See F.cosine_embedding_loss."""

    def __init__(self, margin: Finite = 0.0, reduction: Reduction = "mean") -> None:
        self.margin, self.reduction = margin, reduction

    def forward(self, input1: Tensor, input2: Tensor, target: Any) -> Tensor:
        return F.cosine_embedding_loss(input1, input2, target, self.margin, self.reduction)


class MarginRankingLoss(Module):
    """max(0, -target (x1 - x2) + margin). See F.margin_ranking_loss."""

    def __init__(self, margin: Finite = 0.0, reduction: Reduction = "mean") -> None:
        self.margin, self.reduction = margin, reduction

    def forward(self, input1: Tensor, input2: Tensor, target: Any) -> Tensor:
        return F.margin_ranking_loss(input1, input2, target, self.margin, self.reduction)


class HingeEmbeddingLoss(Module):
    """Distances of pairs that are alike (target 1) or not (-1). See F.hinge_embedding_loss."""

    def __init__(self, margin: Finite = 1.0, reduction: Reduction = "mean") -> None:
        self.margin, self.reduction = margin, reduction

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.hinge_embedding_loss(input, target, self.margin, self.reduction)


class TripletMarginLoss(Module):
    """max(0, d(anchor, positive) - d(anchor, negative) + margin). See F.triplet_margin_loss."""

    def __init__(self, margin: Length = 1.0, p: Length = 2.0, eps: Amount = 1e-6, swap: bool = False,
                 reduction: Reduction = "mean") -> None:
        self.margin, self.p, self.eps, self.swap, self.reduction = margin, p, eps, swap, reduction

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return F.triplet_margin_loss(anchor, positive, negative, self.margin, self.p, self.eps, self.swap, self.reduction)


class CosineSimilarity(Module):
    """The cosine of the angle between x1 and x2 along `axis`. See F.cosine_similarity."""

    def __init__(self, axis: Whole = 1, eps: Amount = 1e-8) -> None:
        self.axis, self.eps = axis, eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.cosine_similarity(x1, x2, self.axis, self.eps)


class PairwiseDistance(Module):
    """|x1 - x2 + eps| along the last axis. See F.pairwise_distance."""

    def __init__(self, p: Length = 2.0, eps: Amount = 1e-6, keepdims: bool = False) -> None:
        self.p, self.eps, self.keepdims = p, eps, keepdims

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.pairwise_distance(x1, x2, self.p, self.eps, self.keepdims)
