"""What the layer refuses, as PyTorch does, and says so in words of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import tinydawn.torch as torch
from tinydawn import nn as own
from tinydawn.errors import DTypeError, IdError, OptionError, ShapeError, TinydawnError
from tinydawn.torch import nn
from tinydawn.torch.nn import functional as F


def x(*shape: int) -> Any:
    return torch.zeros(*shape)


@pytest.mark.parametrize(("action", "kind", "text"), [
    (lambda: setattr(x(2), "grad", 3.0), DTypeError, "grad: a float is no gradient"),
    (lambda: setattr(x(2), "grad", x(3)), ShapeError, "grad: a gradient of shape"),
    (lambda: x(2).long().masked_fill(x(2) == 0, float("inf")), DTypeError, "masked_fill: inf in a int64 Tensor"),
    (lambda: torch.arange(5, 0), OptionError, "arange: no step of 1 leads from 5 to 0"),
    (lambda: x(4).narrow(0, 2, 3), IdError, "narrow: 3 from 2 on, in a dimension of 4"),
    (lambda: x(4).narrow(0, -5, 1), IdError, "narrow: 1 from -1 on"),
    (lambda: x(4).unfold(0, 5, 1), ShapeError, "unfold: windows of 5 in a dimension of 4"),
    (lambda: F.mse_loss(x(2, 3), x(4, 3)), ShapeError, r"mse_loss: input of shape \(2, 3\), target of shape \(4, 3\)"),
    (lambda: nn.Linear(2, 1)(x(2).double()), DTypeError, "Linear: float64 and float32"),
    (lambda: nn.Conv1d(1, 1, 1)(x(1, 1, 2).double()), DTypeError, "Conv1d: float64 and float32"),
    (lambda: x(2).long().add_(x(2)), DTypeError, "add_: the result would be float32"),
])
def test_refused(action: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        action()


def test_every_error_is_a_runtime_error() -> None:
    """As PyTorch's are, so that `except RuntimeError` of a program goes on."""
    assert issubclass(TinydawnError, RuntimeError)


def test_the_class_of_all_tensors_equals_that_of_one() -> None:
    one = torch.ones(1)
    assert type(one) == torch.Tensor  # noqa: E721
    assert type(one.data) == torch.Tensor  # noqa: E721
    assert type(one) != torch.FloatTensor  # noqa: E721
    assert {torch.Tensor: 1}[torch.Tensor] == 1


def test_texts_are_tinydawns_own_again_without_the_layer() -> None:
    layers = [own.Linear(2, 1), own.ModuleList([own.ReLU(), own.ReLU()]), own.Flatten()]
    spelled = [repr(layer) for layer in layers]
    torch.use(False)
    assert "in_features=2" in spelled[0]
    assert [repr(layer) == text for layer, text in zip(layers, spelled, strict=True)] == [False, False, False]
    assert repr(own.Linear(2, 1)) == "Linear(2, 1)"


def test_a_block_of_its_own_numbers() -> None:
    torch.manual_seed(1)
    with torch.random.fork_rng():
        torch.rand(3)
    with torch.random.fork_rng(enabled=False):
        first = torch.rand(1)
    torch.manual_seed(1)
    assert first.item() == torch.rand(1).item()
