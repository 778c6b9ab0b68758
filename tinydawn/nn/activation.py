"""Activations and losses as modules, for use in Sequential: each calls the function of its name."""

from __future__ import annotations

from typing import Any

from ..checks import array, between, choice, flags, whole
from ..tensor import Tensor
from . import functional as F
from .module import Module


class ReLU(Module):
    """max(x, 0)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input)


class Tanh(Module):
    """tanh(x)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.tanh(input)


class Sigmoid(Module):
    """1 / (1 + exp(-x))."""

    def forward(self, input: Tensor) -> Tensor:
        return F.sigmoid(input)


class SiLU(Module):
    """x * sigmoid(x)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.silu(input)


class Softplus(Module):
    """log(1 + exp(x))."""

    def forward(self, input: Tensor) -> Tensor:
        return F.softplus(input)


class GELU(Module):
    """x * Phi(x). See F.gelu."""

    def __init__(self, approximate: str = "none") -> None:
        choice("GELU", "approximate", approximate, "none", "tanh")
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        return F.gelu(input, self.approximate)


class Softmax(Module):
    """softmax along `axis`."""

    def __init__(self, axis: int = -1) -> None:
        self.axis = whole("Softmax", "axis", axis)

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, self.axis)


class LogSoftmax(Module):
    """log(softmax) along `axis`."""

    def __init__(self, axis: int = -1) -> None:
        self.axis = whole("LogSoftmax", "axis", axis)

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self.axis)


class CrossEntropyLoss(Module):
    """-log softmax(input)[target]. See F.cross_entropy."""

    def __init__(self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean",
                 label_smoothing: float = 0.0) -> None:
        _check("CrossEntropyLoss", reduction, weight=weight)
        between("CrossEntropyLoss", "label_smoothing", label_smoothing, 0, 1)
        self.weight, self.ignore_index = weight, whole("CrossEntropyLoss", "ignore_index", ignore_index)
        self.reduction, self.label_smoothing = reduction, label_smoothing

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.cross_entropy(input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing)


class NLLLoss(Module):
    """-input[target] for log-probabilities. See F.nll_loss."""

    def __init__(self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> None:
        _check("NLLLoss", reduction, weight=weight)
        self.weight, self.ignore_index, self.reduction = weight, whole("NLLLoss", "ignore_index", ignore_index), reduction

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.nll_loss(input, target, self.weight, self.ignore_index, self.reduction)


class MSELoss(Module):
    """(input - target)^2. See F.mse_loss."""

    def __init__(self, reduction: str = "mean") -> None:
        _check("MSELoss", reduction)
        self.reduction = reduction

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.mse_loss(input, target, self.reduction)


class BCEWithLogitsLoss(Module):
    """Binary cross-entropy of logits. See F.binary_cross_entropy_with_logits."""

    def __init__(self, weight: Any = None, reduction: str = "mean", pos_weight: Any = None) -> None:
        _check("BCEWithLogitsLoss", reduction, weight=weight, pos_weight=pos_weight)
        self.weight, self.reduction, self.pos_weight = weight, reduction, pos_weight

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.binary_cross_entropy_with_logits(input, target, self.weight, self.reduction, self.pos_weight)


class KLDivLoss(Module):
    """D(target || q), given log q. See F.kl_div."""

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        choice("KLDivLoss", "reduction", reduction, "mean", "sum", "none", "batchmean")
        flags("KLDivLoss", log_target=log_target)
        self.reduction, self.log_target = reduction, log_target

    def forward(self, input: Tensor, target: Any) -> Tensor:
        return F.kl_div(input, target, self.reduction, self.log_target)


def _check(name: str, reduction: Any, **weights: Any) -> None:
    """What losses ask of their options."""
    choice(name, "reduction", reduction, "mean", "sum", "none")
    for what, weight in weights.items():
        if weight is not None and not hasattr(weight, "dtype"):  # of Tensors and arrays forward looks at it
            array(name, what, weight, kinds="fiub")
