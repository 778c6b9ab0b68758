"""Gradient clipping: one global norm, no overflow, and nothing that is not finite passes unseen."""

import math

import numpy as np
import pytest

import tinydawn as td
from tinydawn.errors import AnomalyError, DTypeError
from tinydawn.optim import clip_grad_norm_, clip_grad_value_


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def parameters(*gradients, dtype=np.float64, names=None):
    params = []
    for i, g in enumerate(gradients):
        g = None if g is None else np.array(g, dtype)
        p = td.Tensor(np.zeros(2 if g is None else g.shape, dtype), requires_grad=True, name=names and names[i])
        p.grad = None if g is None else td.Tensor(g)
        params.append(p)
    return params


def test_the_norm_is_global_and_returned_before_clipping():
    params = parameters([3.0], None, [[4.0]])
    held = params[0].grad.array
    assert clip_grad_norm_(params, 1.0) == 5.0
    np.testing.assert_allclose([params[0].grad.array[0], params[2].grad.array[0, 0]], [0.6, 0.8], rtol=1e-6)
    assert params[0].grad.array is held  # in place
    assert clip_grad_norm_(params, 1.0) == pytest.approx(1.0, rel=1e-6)


def test_small_gradients_are_left_alone():
    params = parameters([0.3], [0.4])
    assert clip_grad_norm_(iter(params), 5.0) == 0.5
    assert [p.grad.array[0] for p in params] == [0.3, 0.4]
    assert clip_grad_norm_(params, math.inf) == 0.5
    assert [p.grad.array[0] for p in params] == [0.3, 0.4]


def test_nothing_to_clip():
    assert clip_grad_norm_(parameters(None), 1.0) == 0.0
    assert clip_grad_norm_([], 1.0) == 0.0
    assert clip_grad_norm_(parameters([], [0.0]), 1.0) == 0.0


@pytest.mark.torch
@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.5, 0.5, math.inf, 2])
@pytest.mark.parametrize("max_norm", [0.0, 0.25, 5, 1e6])
def test_pytorchs_norms(torch, norm_type, max_norm):
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(s) for s in [(5, 3), (7,), ()]]
    params = parameters(*arrays)
    theirs = [torch.nn.Parameter(torch.zeros(a.shape, dtype=torch.float64)) for a in arrays]
    for p, a in zip(theirs, arrays, strict=True):
        p.grad = torch.tensor(a)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    assert clip_grad_norm_(params, max_norm, norm_type) == pytest.approx(float(expected), rel=1e-13)
    for p, q in zip(params, theirs, strict=True):
        np.testing.assert_allclose(p.grad.array, q.grad.numpy(), rtol=1e-12, atol=1e-300)


def test_stored_numbers():
    """PyTorch 2.13.0, norm_type 3, max_norm 2: the 1e-6 beside the norm is in the last digits."""
    params = parameters([1.0, -2.0, 3.0], [4.0])
    assert clip_grad_norm_(params, 2.0, 3.0) == pytest.approx(4.641588833612778, rel=1e-14)
    assert params[1].grad.array[0] == pytest.approx(1.7235473806984805, rel=1e-14)


@pytest.mark.parametrize("size", [1e19, 1e30, 3e38])
def test_float32_does_not_overflow(size):
    params = parameters([size, size], [size, size], dtype=np.float32)
    assert clip_grad_norm_(params, 1.0) == pytest.approx(2 * size, rel=1e-6)
    np.testing.assert_allclose(params[0].grad.array, 0.5, rtol=1e-5)
    assert params[0].grad.dtype == np.float32


@pytest.mark.parametrize("size", [1e-22, 1e-30, 1e-40])
def test_float32_does_not_underflow(size):
    assert clip_grad_norm_(parameters([size] * 4, dtype=np.float32), 1.0) == pytest.approx(2 * size, rel=1e-4, abs=0)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_named(bad):
    params = parameters([1.0], [2.0, bad], [bad], names=["embedding", "decoder.weight", "bias"])
    with pytest.raises(AnomalyError, match=r"(?s)gradient of parameter 'decoder.weight' is not finite.*detect_anomaly"):
        clip_grad_norm_(params, 1.0, error_if_nonfinite=True)
    assert params[0].grad.array[0] == 1.0  # not clipped
    with pytest.warns(RuntimeWarning, match="'decoder.weight' is not finite"):
        norm = clip_grad_norm_(params, 1.0)
    assert not math.isfinite(norm)
    assert np.isnan(params[1].grad.array[1])


def test_what_is_not_finite_is_counted_where_it_has_no_name():
    with pytest.raises(AnomalyError, match=r"parameter 2 of shape \(1,\)"):
        clip_grad_norm_(parameters(None, [1.0], [math.nan]), 1.0, error_if_nonfinite=True)
    named = [("head", parameters([math.nan])[0])]
    with pytest.raises(AnomalyError, match="parameter 'head'"):
        clip_grad_norm_(named, 1.0, error_if_nonfinite=True)


def test_clip_value():
    params = parameters([-3.0, 0.2, 5.0], None)
    held = params[0].grad.array
    clip_grad_value_(params, 1.0)
    np.testing.assert_array_equal(held, [-1.0, 0.2, 1.0])
    one = parameters([7.0])[0]
    clip_grad_value_(one, 0.5)
    assert one.grad.array[0] == 0.5
    assert clip_grad_norm_(one, 1.0) == 0.5


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: clip_grad_norm_([], -1.0), ValueError, "clip_grad_norm_: max_norm must not be negative"),
        (lambda: clip_grad_norm_([], math.nan), ValueError, "max_norm must not be negative or NaN"),
        (lambda: clip_grad_norm_([], 1.0, 0), ValueError, "norm_type must be above 0"),
        (lambda: clip_grad_norm_([], 1.0, -2), ValueError, "norm_type"),
        (lambda: clip_grad_norm_([1.0], 1.0), DTypeError, r"parameters\[0\] is a float.*model.parameters\(\)"),
        (lambda: clip_grad_norm_(1.0, 1.0), DTypeError, "parameters is a float, not a list"),
        (lambda: clip_grad_value_([], -1.0), ValueError, "clip_grad_value_: clip_value must not"),
        (lambda: clip_grad_value_("ab", 1.0), DTypeError, "is a str"),
    ],
)
def test_errors(call, error, words):
    with pytest.raises(error, match="(?s)" + words) as caught:
        call()
    assert "fix: " in str(caught.value)


def test_a_model_is_not_its_parameters():
    class Model:
        def parameters(self):
            return []

    with pytest.raises(DTypeError, match="parameters is a Model, not its parameters"):
        clip_grad_norm_(Model(), 1.0)
