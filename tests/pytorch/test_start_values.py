"""Every layer starts as PyTorch's does for the same seed, bit for bit, in float32 and float64; and so do nn.init's functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinydawn.torch as layer
from tinydawn.torch import nn

LAYERS = """
    Linear(7, 5)  Linear(300, 40, bias=False)  Linear(1, 1)  Bilinear(3, 4, 5)  Bilinear(3, 4, 5, bias=False)
    Embedding(27, 10)  Embedding(5, 4, padding_idx=2)  EmbeddingBag(6, 4)
    Conv1d(4, 6, 3)  Conv1d(4, 6, 3, groups=2, bias=False)  Conv2d(4, 6, (3, 2), groups=2)  Conv2d(1, 8, 5)
    RNN(5, 6, num_layers=2)  RNN(5, 6, nonlinearity="relu", bias=False)  GRU(5, 6, 2, bidirectional=True)
    LSTM(5, 6, num_layers=2, bidirectional=True)  LSTM(5, 6, 2, bias=False)  LSTM(5, 6, proj_size=3)
    LSTM(5, 6, 2, bidirectional=True, proj_size=3)  RNNCell(5, 6)  LSTMCell(5, 6)  GRUCell(5, 6, bias=False)
    MultiheadAttention(8, 2)  MultiheadAttention(8, 2, bias=False)  MultiheadAttention(8, 2, add_bias_kv=True)
    MultiheadAttention(8, 2, kdim=3, vdim=5)  MultiheadAttention(8, 2, kdim=3, add_bias_kv=True, batch_first=True)
    TransformerEncoderLayer(8, 2, 16)  TransformerEncoderLayer(8, 2, 16, bias=False)  TransformerDecoderLayer(8, 2, 16)
    TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 3)
    TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16), 2, nn.LayerNorm(8))
    Transformer(8, 2, 2, 2, 16)  Transformer(8, 2, 1, 2, 16, norm_first=True, bias=False)
    LayerNorm(8)  BatchNorm1d(8)  BatchNorm2d(8)  GroupNorm(2, 8)  RMSNorm(8)  PReLU()  PReLU(3)
    Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Embedding(4, 3), nn.Linear(4, 2))
"""
LAYERS = [text.strip() for text in LAYERS.replace("\n", "  ").split("  ") if text.strip()]


def same(ours: Any, theirs: Any, what: str) -> None:
    found, expected = ours.numpy(), theirs.detach().numpy()
    assert found.dtype == expected.dtype, what
    np.testing.assert_array_equal(found, expected, what)


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("text", LAYERS)
def test_a_layer_starts_alike(torch: Any, text: str, dtype: str) -> None:
    torch.manual_seed(9)
    layer.manual_seed(9)
    torch.set_default_dtype(getattr(torch, dtype))
    layer.set_default_dtype(dtype)
    try:
        theirs, ours = eval(f"nn.{text}", {"nn": torch.nn}), eval(f"nn.{text}", {"nn": nn})
    finally:
        torch.set_default_dtype(torch.float32)
        layer.set_default_dtype("float32")
    expected, found = theirs.state_dict(), ours.state_dict()
    assert list(found) == list(expected)
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in theirs.named_parameters()]
    for name, value in expected.items():
        same(found[name], value, name)
    same(layer.rand(5), torch.rand(5), "what is drawn afterwards")


@pytest.mark.torch
@pytest.mark.parametrize("shape", [(7, 5), (5, 7), (20, 30), (4, 3, 2), (6, 2, 3, 3)])
def test_functions_of_init(torch: Any, shape: tuple[int, ...]) -> None:
    calls: list[Any] = [
        lambda init, x: init.uniform_(x, -0.1, 0.1), lambda init, x: init.normal_(x, 0.5, 0.02),
        lambda init, x: init.xavier_uniform_(x), lambda init, x: init.xavier_uniform_(x, gain=init.calculate_gain("relu")),
        lambda init, x: init.xavier_normal_(x, 2.0), lambda init, x: init.kaiming_uniform_(x, nonlinearity="relu"),
        lambda init, x: init.kaiming_uniform_(x, a=5**0.5), lambda init, x: init.kaiming_normal_(x, mode="fan_out"),
        lambda init, x: init.kaiming_normal_(x, a=0.2, nonlinearity="leaky_relu"),
        lambda init, x: init.trunc_normal_(x, std=0.02),
        lambda init, x: init.constant_(x, 3.0), lambda init, x: init.ones_(x), lambda init, x: init.zeros_(x)]
    if len(shape) == 2:
        calls += [lambda init, x: init.eye_(x), lambda init, x: init.sparse_(x, 0.3)]
    for i, call in enumerate(calls):
        torch.manual_seed(3)
        layer.manual_seed(3)
        theirs, ours = torch.empty(shape), layer.empty(shape)
        assert call(nn.init, ours) is ours
        call(torch.nn.init, theirs)
        same(ours, theirs, f"call {i}")


@pytest.mark.torch
@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 2, 3)])
def test_orthogonal(torch: Any, shape: tuple[int, ...]) -> None:
    """Its numbers are of a library for linear algebra, which may round otherwise."""
    torch.manual_seed(3)
    layer.manual_seed(3)
    theirs, ours = torch.nn.init.orthogonal_(torch.empty(shape)), nn.init.orthogonal_(layer.empty(shape))
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), atol=1e-6)


@pytest.mark.torch
def test_apply_goes_in_the_order_of_the_layers(torch: Any) -> None:
    found = []
    for library, place in ((torch, torch.nn), (layer, nn)):
        library.manual_seed(1)
        net = place.Sequential(place.Linear(2, 3), place.Sequential(place.Linear(3, 2), place.Linear(2, 2)))
        order: list[str] = []

        def start(module: Any, place: Any = place, order: list[str] = order) -> None:
            order.append(type(module).__name__)
            if isinstance(module, place.Linear):
                place.init.normal_(module.weight)

        net.apply(start)
        found.append((order, {name: p.detach().numpy() for name, p in net.named_parameters()}))
    (order, weights), (ours, our_weights) = found
    assert order == ours
    for name, weight in weights.items():
        np.testing.assert_array_equal(our_weights[name], weight, name)
