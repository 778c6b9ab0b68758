"""LayerNorm in PyTorch's form and in the notes': the same up to sqrt(1 - 1/n), and different on a constant row."""

import numpy as np
import pytest
from nn_tools import grid

import tinydawn as td
from tinydawn import nn
from tinydawn.errors import DTypeError, ShapeError
from tinydawn.nn import functional as F

FORMS = ["pytorch", "notes"]


def notes(x, eps):
    return (x - x.mean(-1, keepdims=True)) / (x.std(-1, ddof=1, keepdims=True) + eps)


def test_a_row_of_four():
    row = td.tensor([[1.0, 0.0, 0.0, 0.0]]).double()
    np.testing.assert_allclose(F.layer_norm(row, 4, eps=1e-6, convention="notes").numpy()[0], [1.5, -0.5, -0.5, -0.5], atol=1e-5)
    np.testing.assert_allclose(F.layer_norm(row, 4, eps=1e-6).numpy()[0], [3**0.5, *[-(3**-0.5)] * 3], atol=1e-4)


@pytest.mark.parametrize("shape", [(5,), (2, 3, 5)])
def test_the_notes_form(shape):
    x, eps = grid(*shape), 1e-3
    found = F.layer_norm(td.tensor(x), shape[-1], td.tensor(grid(5, phase=1)), td.tensor(grid(5, phase=2)), eps, "notes")
    np.testing.assert_allclose(found.numpy(), notes(x, eps) * grid(5, phase=1) + grid(5, phase=2), atol=1e-12)
    forms = [F.layer_norm(td.tensor(x), shape[-1], eps=0.0, convention=form).numpy() for form in FORMS]
    np.testing.assert_allclose(forms[1], forms[0] * np.sqrt(1 - 1 / 5), atol=1e-12)


def test_over_several_axes():
    x = grid(2, 3, 4)
    found = F.layer_norm(td.tensor(x), (3, 4), eps=1e-3, convention="notes").numpy()
    np.testing.assert_allclose(found, notes(x.reshape(2, 12), 1e-3).reshape(2, 3, 4), atol=1e-12)


def test_gradcheck_of_the_notes_form():
    x, w, b = (td.tensor(grid(*shape, phase=i), requires_grad=True) for i, shape in enumerate([(3, 4), (4,), (4,)]))
    assert td.gradcheck(lambda x, w, b: F.layer_norm(x, 4, w, b, 1e-3, "notes"), [x, w, b])


@pytest.mark.parametrize("form", FORMS)
def test_the_gradient_is_orthogonal_to_ones_and_to_x(form):
    x = td.tensor(grid(3, 6), requires_grad=True)
    (F.layer_norm(x, 6, eps=0.0, convention=form) * grid(3, 6, phase=5)).sum().backward()
    slope = x.grad.numpy()
    assert np.abs(slope).max() > 0.1
    np.testing.assert_allclose(slope.sum(axis=1), 0, atol=1e-13)
    np.testing.assert_allclose((slope * x.numpy()).sum(axis=1), 0, atol=1e-13)


@pytest.mark.parametrize(("form", "steep"), [("pytorch", 1e3), ("notes", 1e6)])
def test_a_constant_row(form, steep):
    """0, not 0 / 0; and a gradient as steep as eps makes it, not the NaN of a root's slope at 0."""
    x = td.tensor(np.full((1, 4), 3.0), requires_grad=True)
    y = F.layer_norm(x, 4, eps=1e-6, convention=form)
    assert (y.numpy() == 0).all()
    g = np.array([[1.0, -2.0, 0.5, 0.7]])
    (y * g).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), steep * (g - g.mean()), rtol=1e-9)


def test_the_notes_code_in_pytorch():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    x = grid(4, 6)
    x[2] = 3.0
    ours, theirs = td.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    a = F.layer_norm(ours, 6, eps=1e-6, convention="notes")
    b = (theirs - theirs.mean(-1, keepdim=True)) / (theirs.std(-1, keepdim=True) + 1e-6)
    np.testing.assert_allclose(a.numpy(), b.detach().numpy(), atol=1e-12)
    (a * grid(4, 6, phase=1)).sum().backward()
    (b * torch.tensor(grid(4, 6, phase=1))).sum().backward()
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_the_module():
    layer = nn.LayerNorm(4, eps=1e-6, convention="notes").double()
    layer.weight.array[...], layer.bias.array[...] = 2.0, 1.0
    np.testing.assert_allclose(layer(td.tensor([[1.0, 0, 0, 0]]).double()).numpy(), [[4.0, 0.0, 0.0, 0.0]], atol=1e-5)
    assert set(layer.state_dict()) == {"weight", "bias"}, "the notes' a_2 and b_2"
    assert nn.LayerNorm(4).convention == "pytorch"


def test_wrong_calls():
    with pytest.raises(DTypeError, match="convention='unbiased'"):
        F.layer_norm(td.ones(2, 4), 4, convention="unbiased")
    with pytest.raises(DTypeError, match="convention='unbiased'"):
        nn.LayerNorm(4, convention="unbiased")
    with pytest.raises(ShapeError, match="no std with divisor n - 1"):
        F.layer_norm(td.ones(2, 1), 1, convention="notes")
