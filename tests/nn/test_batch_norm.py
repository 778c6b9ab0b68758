"""nn.BatchNorm1d: each feature over the whole batch, what training keeps for evaluation, and what that means for sequences."""

import copy

import numpy as np
import pytest
from nn_tools import close, grid, twins

import tinydawn as td
from tinydawn import nn
from tinydawn.errors import DTypeError, ShapeError

SHAPES = [(5, 3), (4, 3, 2), (1, 3, 6)]


def by_hand(x, eps=1e-5):
    """Each feature over the batch, and over the positions if there are any."""
    axes = (0,) if x.ndim == 2 else (0, 2)
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_formula(shape):
    layer, x = nn.BatchNorm1d(3).double(), grid(*shape)
    np.testing.assert_allclose(layer(td.tensor(x)).numpy(), by_hand(x), atol=1e-12)
    layer.weight.array[...], layer.bias.array[...] = [1, 2, 3], [0.5, 0, -1]
    ends = (3,) if len(shape) == 2 else (3, 1)
    expected = by_hand(x) * np.reshape([1, 2, 3], ends) + np.reshape([0.5, 0, -1], ends)
    np.testing.assert_allclose(layer(td.tensor(x)).numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_gradcheck(shape, training):
    layer = nn.BatchNorm1d(3, eps=1e-2).double()
    layer(td.tensor(grid(*shape, phase=2)))  # so that evaluation has something
    layer.train(training)
    x = td.tensor(grid(*shape), requires_grad=True)
    assert td.gradcheck(lambda x, weight, bias: layer(x), [x, layer.weight, layer.bias])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_gradient_is_orthogonal_to_ones_and_to_x(shape):
    x = td.tensor(grid(*shape), requires_grad=True)
    (nn.BatchNorm1d(3, eps=0.0).double()(x) * grid(*shape, phase=5)).sum().backward()
    axes, slope = (0,) if len(shape) == 2 else (0, 2), x.grad.numpy()
    assert np.abs(slope).max() > 0.1
    np.testing.assert_allclose(slope.sum(axes), 0, atol=1e-12)
    np.testing.assert_allclose((slope * x.numpy()).sum(axes), 0, atol=1e-12)


def test_what_training_keeps():
    """A tenth of the new mean and of the variance divided by n - 1; evaluation reads them, and keeps nothing."""
    layer, x = nn.BatchNorm1d(3).double(), grid(5, 3, scale=3) + 7
    layer(td.tensor(x))
    mean, variance = 0.1 * x.mean(0), 0.9 + 0.1 * x.var(0, ddof=1)
    np.testing.assert_allclose(layer.running_mean.numpy(), mean, atol=1e-12)
    np.testing.assert_allclose(layer.running_var.numpy(), variance, atol=1e-12)
    assert layer.num_batches_tracked.item() == 1
    other = grid(1, 3)  # one row: no variance of its own is needed
    np.testing.assert_allclose(layer.eval()(td.tensor(other)).numpy(), (other - mean) / np.sqrt(variance + 1e-5), atol=1e-12)
    assert layer.num_batches_tracked.item() == 1
    np.testing.assert_allclose(layer.running_mean.numpy(), mean, atol=1e-12)


def test_without_momentum_it_keeps_the_mean_over_all_batches():
    layer = nn.BatchNorm1d(3, momentum=None).double()
    batches = [grid(4, 3, phase=i, scale=1 + i) for i in range(3)]
    for x in batches:
        layer(td.tensor(x))
    np.testing.assert_allclose(layer.running_mean.numpy(), np.mean([x.mean(0) for x in batches], axis=0), atol=1e-12)
    np.testing.assert_allclose(layer.running_var.numpy(), np.mean([x.var(0, ddof=1) for x in batches], axis=0), atol=1e-12)


def test_the_state():
    names = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    layer = nn.BatchNorm1d(3)
    state = layer.state_dict()
    assert list(state) == names
    assert [state[name].dtype for name in names] == [np.float32] * 4 + [np.int64]
    layer(td.tensor(grid(4, 3).astype(np.float32)))
    assert state["num_batches_tracked"].item() == 1, "written in place: the state sees it"
    other = nn.BatchNorm1d(3)
    other.load_state_dict(state)
    x = td.randn(2, 3)
    assert (other.eval()(x).numpy() == copy.deepcopy(layer).eval()(x).numpy()).all()
    layer.reset_running_stats()
    assert [state[name].tolist() for name in names[2:]] == [[0, 0, 0], [1, 1, 1], 0]
    assert list(nn.BatchNorm1d(3, affine=False).state_dict()) == names[2:]
    assert list(nn.BatchNorm1d(3, bias=False).state_dict()) == ["weight", *names[2:]]
    assert list(nn.BatchNorm1d(3, track_running_stats=False).state_dict()) == names[:2]
    assert [name for name, _ in layer.named_parameters()] == names[:2]


def test_without_running_statistics_evaluation_takes_the_batch():
    layer, x = nn.BatchNorm1d(3, track_running_stats=False).double(), td.tensor(grid(5, 3))
    assert (layer(x).numpy() == layer.eval()(x).numpy()).all()
    layer.reset_running_stats()  # nothing to forget
    with pytest.raises(ShapeError, match="one value per feature"):
        layer(td.tensor(grid(1, 3)))


def test_an_empty_batch_changes_no_statistics():
    layer = nn.BatchNorm1d(3)
    assert layer(td.zeros(0, 3)).shape == (0, 3)
    assert (layer.running_mean.tolist(), layer.running_var.tolist()) == ([0, 0, 0], [1, 1, 1])


def test_rows_depend_on_each_other_and_on_padding():
    """Why it does not suit sequences: LayerNorm's rows do neither."""
    x = grid(4, 3, 5)  # (B, C, L)
    padded = np.concatenate([x, np.zeros((4, 3, 5))], axis=2)
    batch, layer = nn.BatchNorm1d(3).double(), nn.LayerNorm(3).double()
    alone, whole, beside_padding = (batch(td.tensor(part)).numpy()[:2, :, :5] for part in (x[:2], x, padded))
    assert np.abs(alone - whole).max() > 0.1
    assert np.abs(beside_padding - whole).max() > 0.1
    rows = [layer(td.tensor(part.swapaxes(1, 2))).numpy()[:2, :5] for part in (x[:2], x, padded)]
    assert (rows[0] == rows[1]).all()
    assert (rows[0] == rows[2]).all()


def test_a_later_batch_does_not_disturb_a_graph():
    layer, x = nn.BatchNorm1d(3), td.randn(4, 3, requires_grad=True)
    y = layer(x)
    layer(td.randn(4, 3))
    y.sum().backward()
    assert x.grad is not None


def test_wrong_calls():
    layer = nn.BatchNorm1d(3)
    for shape in ((3,), (2, 4), (2, 4, 3), (2, 3, 4, 5), ()):
        with pytest.raises(ShapeError, match=r"BatchNorm1d: input of shape .*\n(.*\n)*.*fix: \(B, 3\) or \(B, 3, L\)"):
            layer(td.zeros(shape))
    for shape in ((1, 3), (1, 3, 1)):
        with pytest.raises(ShapeError, match="one value per feature has no variance"):
            layer(td.zeros(shape))
    assert layer.num_batches_tracked.item() == 2  # PyTorch counts before it looks
    assert layer.running_mean.tolist() == [0.0] * 3
    with pytest.raises(DTypeError, match="BatchNorm1d: the input is int64"):
        layer(td.tensor([[1, 2, 3], [4, 5, 6]]))


@pytest.mark.torch
@pytest.mark.parametrize("options", [{}, {"momentum": None}, {"momentum": 0.3, "eps": 0.1}, {"affine": False},
                                     {"track_running_stats": False}], ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_several_batches_and_evaluation_as_in_pytorch(torch, shape, options):
    ours, theirs = twins(torch, "BatchNorm1d", 3, **options)
    for i in range(3):
        x = grid(*shape, phase=i, scale=2 + i) + i
        close(ours(td.tensor(x)).numpy(), theirs(torch.tensor(x)).detach().numpy(), f"batch {i}")
        for name, kept in theirs.state_dict().items():
            close(ours.state_dict()[name].numpy(), kept.numpy(), f"{name} after batch {i}")
    x = td.tensor(grid(*shape), requires_grad=True)
    their_x = torch.tensor(grid(*shape), requires_grad=True)
    y, their_y = ours.eval()(x), theirs.eval()(their_x)
    close(y.numpy(), their_y.detach().numpy(), "evaluation")
    (y * td.tensor(grid(*shape, phase=1))).sum().backward()
    (their_y * torch.tensor(grid(*shape, phase=1))).sum().backward()
    close(x.grad.numpy(), their_x.grad.numpy(), "gradient in evaluation")
