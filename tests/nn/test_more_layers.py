"""Layers beyond those of the lecture: what is special about them, and their errors. Their values: see test_goldens."""

from __future__ import annotations

import numpy as np
import pytest

import tinydawn as td
from tinydawn import nn, optim
from tinydawn.errors import OptionError, ShapeError
from tinydawn.nn import functional as F


def test_a_lazy_layer_keeps_its_parameters() -> None:
    """An optimizer that was given them before the first input trains them."""
    layer = nn.LazyLinear(2)
    weight = layer.weight
    optimizer = optim.SGD(layer.parameters(), lr=0.1)
    layer(td.ones(4, 3)).sum().backward()
    assert layer.weight is weight
    assert type(layer) is nn.Linear
    assert layer.in_features == 3
    before = weight.detach().numpy().copy()
    optimizer.step()
    np.testing.assert_allclose(weight.detach().numpy(), before - 0.4, rtol=1e-5)


def test_vectors_that_were_trained_before() -> None:
    table = np.arange(6.0, dtype=np.float32).reshape(3, 2)
    frozen = nn.Embedding.from_pretrained(table)
    free = nn.Embedding.from_pretrained(td.tensor(table), freeze=False, padding_idx=0)
    assert not frozen.weight.requires_grad
    assert frozen.weight.array is table
    free(np.array([0, 1, 1])).sum().backward()
    assert free.weight.grad.tolist() == [[0, 0], [2, 2], [0, 0]]
    assert (free.num_embeddings, free.embedding_dim, free.padding_idx) == (3, 2, 0)
    with pytest.raises(ShapeError, match=r"from_pretrained: embeddings of shape \(3,\)"):
        nn.Embedding.from_pretrained(td.ones(3))


def test_vectors_that_are_too_long_are_shortened_in_the_table() -> None:
    layer = nn.Embedding.from_pretrained(td.tensor([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]]), max_norm=1.0)
    layer(np.array([0, 1]))
    np.testing.assert_allclose(layer.weight.numpy(), [[0.6, 0.8], [0.3, 0.4], [6.0, 8.0]], rtol=1e-5)


def test_the_first_of_equal_entries_gets_the_gradient_of_a_pool() -> None:
    x = td.tensor([[[2.0, 2.0, 1.0, 5.0]]], requires_grad=True)
    y, places = F.max_pool1d(x, 2, return_indices=True)
    y.sum().backward()
    assert x.grad.tolist() == [[[1.0, 0.0, 0.0, 1.0]]]
    assert places.tolist() == [[[0, 3]]]
    x.grad = None
    F.adaptive_max_pool1d(x, 1).sum().backward()
    assert x.grad.tolist() == [[[0.0, 0.0, 0.0, 1.0]]]


def test_pools_of_several_parts_at_once() -> None:
    x = td.tensor(np.arange(24.0).reshape(1, 1, 4, 6))
    assert F.adaptive_avg_pool2d(x, 1).item() == 11.5
    assert F.adaptive_max_pool2d(x, (2, None)).shape == (1, 1, 2, 6)
    assert F.max_pool2d(x, (4, 6)).item() == 23.0
    assert F.avg_pool2d(x, 2).tolist() == [[[[3.5, 5.5, 7.5], [15.5, 17.5, 19.5]]]]


@pytest.mark.parametrize(("call", "text"), [
    (lambda: F.glu(td.ones(3)), r"glu: an input of shape \(3,\) has no halves along axis -1"),
    (lambda: F.prelu(td.ones(2, 3), td.ones(2)), r"prelu: weight of shape \(2,\) for an input of shape \(2, 3\)"),
    (lambda: F.bilinear(td.ones(2, 3), td.ones(3, 4), td.ones(1, 3, 4)), "bilinear: inputs of shape .* do not fit"),
    (lambda: F.embedding_bag(np.array([[0]]), td.ones(3)), r"embedding_bag: weight of shape \(3,\)"),
    (lambda: F.embedding_bag(np.array([0]), td.ones(3, 1)), r"embedding_bag: ids of shape \(1,\)"),
    (lambda: F.embedding_bag(np.array([0, 1]), td.ones(3, 1), np.array([1])), r"embedding_bag: offsets \[1\] for 2 ids"),
    (lambda: F.dropout1d(td.ones(2)), r"dropout1d: input of shape \(2,\)"),
    (lambda: F.dropout2d(td.ones(2, 2, 2, 2), p=2), "dropout2d: p=2"),
    (lambda: F.group_norm(td.ones(2, 3), 2), r"group_norm: 2 groups of an input of shape \(2, 3\)"),
    (lambda: nn.GroupNorm(2, 3), "GroupNorm: 2 groups of 3 channels"),
    (lambda: F.conv2d(td.ones(1, 2, 3, 3), td.ones(1, 1, 2, 2)), "conv2d: input of shape .*, weight of shape .* and groups=1"),
    (lambda: F.conv2d(td.ones(1, 1, 3, 3), td.ones(1, 1, 2, 4)), "conv2d: a kernel that reaches over 4 positions does not"),
    (lambda: F.conv2d(td.ones(1, 1, 3, 3), td.ones(1, 1, 2, 2), stride=(1, 2, 3)), r"conv2d: stride=\(1, 2, 3\) for 2 axes"),
    (lambda: F.max_pool1d(td.ones(3), 2), r"max_pool1d: input of shape \(3,\)"),
    (lambda: F.max_pool1d(td.ones(1, 3), 2, padding=2), "max_pool1d: kernel_size=.*(.|\n)*a padding of at most half"),
    (lambda: F.avg_pool1d(td.ones(1, 3), 4), "avg_pool1d: a window of 4 does not fit into 3"),
    (lambda: F.adaptive_avg_pool1d(td.ones(3), 2), r"adaptive_avg_pool1d: input of shape \(3,\)"),
    (lambda: F.adaptive_avg_pool2d(td.ones(1, 2, 2), (1, 2, 3)), r"adaptive_avg_pool2d: output_size=\(1, 2, 3\) for 2 axes"),
    (lambda: F.cosine_embedding_loss(td.ones(2, 3), td.ones(2, 3), td.ones(3)), "cosine_embedding_loss: inputs of shape"),
    (lambda: nn.init.eye_(td.ones(3)), r"eye_: a tensor of shape \(3,\)"),
    (lambda: nn.init.sparse_(td.ones(3), 0.5), r"sparse_: a tensor of shape \(3,\)"),
])
def test_shapes_that_do_not_fit(call, text) -> None:
    with pytest.raises(ShapeError, match=text):
        call()


@pytest.mark.parametrize(("call", "text"), [
    (lambda: F.smooth_l1_loss(td.ones(2), td.ones(2), beta=-1), "smooth_l1_loss: beta is -1"),
    (lambda: F.huber_loss(td.ones(2), td.ones(2), delta=0), "huber_loss: delta is 0"),
    (lambda: F.binary_cross_entropy(td.tensor([1.5]), td.ones(1)), r"binary_cross_entropy: a probability outside \[0, 1\]"),
    (lambda: F.embedding_bag(np.array([[0]]), td.ones(3, 1), per_sample_weights=td.ones(1, 1)), "per_sample_weights with mode"),
    (lambda: nn.Unflatten(1, (-1, -1)), r"Unflatten: shape is \(-1, -1\)(.|\n)*the lengths of the new axes"),
    (lambda: nn.CELU(0.0), "CELU: alpha is 0"),
    (lambda: nn.Conv2d(1, 1, (1, 2, 3)), "Conv2d: kernel_size of 3 numbers"),
    (lambda: nn.AdaptiveAvgPool2d((1, 2, 3)), r"AdaptiveAvgPool2d: output_size=\(1, 2, 3\) for 2 axes"),
    (lambda: nn.PairwiseDistance(p=0), "PairwiseDistance: p is 0"),
    (lambda: nn.ELU(float("inf")), "ELU: alpha is inf\n(.|\n)*a finite number"),
])
def test_options_that_are_none(call, text) -> None:
    with pytest.raises(OptionError, match=text):
        call()
