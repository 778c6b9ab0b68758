"""Activations and losses as modules, for use in Sequential: each calls the function of its name."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from ..checks import Share, Whole, array, number
from ..errors import OptionError, message
from ..tensor import Tensor
from . import functional as F
from .module import Module, Parameter


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


def _slope(name: str, what: str, x: Any) -> float:
    if not 0 < number(name, what, x) < math.inf:
        raise OptionError(message(f"{name}: {what} is {x}", fix="a number above 0"))
    return number(name, what, x)


def _threshold(name: str, what: str, x: Any) -> float:
    if math.isnan(number(name, what, x)):
        raise OptionError(message(f"{name}: {what} is no number", fix="a number, of which PyTorch's is 20; inf for none"))
    return number(name, what, x)


class Softplus(Module):
    """log(1 + exp(beta x)) / beta; x itself where beta x is above `threshold`, which by default is nowhere. See F.softplus."""

    def __init__(self, beta: Annotated[float, _slope] = 1.0, threshold: Annotated[float, _threshold] = math.inf) -> None:
        self.beta, self.threshold = beta, threshold

    def forward(self, input: Tensor) -> Tensor:
        return F.softplus(input, self.beta, self.threshold)


class GELU(Module):
    """x * Phi(x). See F.gelu."""

    def __init__(self, approximate: Literal["none", "tanh"] = "none") -> None:
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        return F.gelu(input, self.approximate)


class Softmax(Module):
    """softmax along `axis`."""

    def __init__(self, axis: Whole = -1) -> None:
        self.axis = axis

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, self.axis)


class LogSoftmax(Module):
    """log(softmax) along `axis`."""

    def __init__(self, axis: Whole = -1) -> None:
        self.axis = axis

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self.axis)


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
