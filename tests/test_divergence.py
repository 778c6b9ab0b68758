"""The Kullback-Leibler divergence: known values, zeros, both directions, gradients; and what a wrong formula would give."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinydawn as td
from tinydawn.errors import DataError, ShapeError
from tinydawn.nn import functional as F
from tinydawn.nn.divergence import kl_divergence, kl_monte_carlo, kl_normal

P, Q = np.array([0.5, 0.5]), np.array([0.9, 0.1])


def leaf(values):
    return td.tensor(values, dtype=td.float64, requires_grad=True)


def test_known_values_and_no_symmetry():
    forward, backward = float(kl_divergence(P, Q)), float(kl_divergence(Q, P))
    assert forward == pytest.approx(0.5 * math.log(5 / 9) + 0.5 * math.log(5), abs=1e-12)
    assert backward == pytest.approx(0.9 * math.log(1.8) + 0.1 * math.log(0.2), abs=1e-12)
    assert forward != pytest.approx(backward, abs=0.1)
    assert float(kl_divergence(P, P)) == 0


def test_zero_log_zero_is_zero_and_a_missing_outcome_is_infinite():
    half = np.array([0.0, 1.0])
    assert float(kl_divergence(half, P)) == pytest.approx(math.log(2))
    assert float(kl_divergence(P, half)) == math.inf
    assert float(kl_divergence(half, half)) == 0
    x = leaf([0.0, 1.0])
    kl_divergence(x, P).backward()
    assert np.isfinite(x.grad.array).all()


def test_never_negative_though_single_terms_are():
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(5), size=(2, 1000))
    assert (p * np.log(p / q)).min() < 0
    assert kl_divergence(p, q).shape == (1000,)
    assert kl_divergence(p, q).min() >= 0
    assert kl_divergence(p.T, q.T, axis=0) == pytest.approx(kl_divergence(p, q))


def test_weights_that_do_not_sum_to_one_need_two_more_terms():
    """Without - p + q, D(p || 2p) would be -log 2."""
    assert float(kl_divergence(P, 2 * P, normalized=False)) == pytest.approx(1 - math.log(2))
    assert float(kl_divergence(P, Q, normalized=False)) == pytest.approx(float(kl_divergence(P, Q)))


def test_equals_the_loss_of_the_same_name():
    """F.kl_div takes log q first, as PyTorch does."""
    assert F.kl_div(td.tensor(np.log(Q)), td.tensor(P), reduction="sum").item() == pytest.approx(float(kl_divergence(P, Q)))


def test_normal_is_the_integral():
    x = np.linspace(-30, 30, 60001)
    log_p, log_q = (-0.5 * ((x - m) / s) ** 2 - math.log(s) - 0.5 * math.log(2 * math.pi) for m, s in ((1, 0.5), (-1, 2)))
    integral = np.sum(np.exp(log_p) * (log_p - log_q)) * (x[1] - x[0])
    assert float(kl_normal(1, 0.5, -1, 2)) == pytest.approx(integral, abs=1e-9)
    assert float(kl_normal(1.0, 2.0, 1.0, 2.0)) == 0
    assert kl_normal(np.zeros((2, 1)), np.ones(3), 0.0, 1.0).shape == (2, 3)


def test_normal_against_pytorch(torch):
    from torch.distributions import Normal
    from torch.distributions import kl_divergence as reference

    rng = np.random.default_rng(0)
    args = rng.normal(size=(4, 5)) ** 2 + 0.1
    p, q = (Normal(*(torch.tensor(a) for a in pair)) for pair in (args[:2], args[2:]))
    assert kl_normal(*args) == pytest.approx(reference(p, q).numpy())


def test_gradients():
    def softmaxed(a, b):
        return kl_divergence(F.softmax(a), F.softmax(b))

    assert td.gradcheck(softmaxed, [leaf([[0.3, -1.0, 0.2]]), leaf([[1.0, 0.5, -0.4]])])
    assert td.gradcheck(lambda p, q: kl_divergence(p, q, normalized=False), [leaf([0.3, 2.0]), leaf([1.0, 0.5])])
    assert td.gradcheck(kl_normal, [leaf([0.3, 1.0]), leaf([0.5, 2.0]), leaf([-1.0, 0.2]), leaf([1.5, 0.7])])


def test_monte_carlo():
    x = np.random.default_rng(0).normal(1, 0.5, 20000)
    log_p = lambda x: -0.5 * ((x - 1) / 0.5) ** 2 - math.log(0.5)
    log_q = lambda x: -0.5 * x**2
    estimate, error = kl_monte_carlo(log_p, log_q, x)
    assert abs(estimate - kl_normal(1, 0.5, 0, 1)) < 4 * error
    assert 0 < error < 0.02
    assert kl_monte_carlo(log_p, log_q, td.tensor(x[:100]))[0].shape == ()


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [
        (lambda: kl_divergence([0.5, 0.5], [1.0]), ShapeError, "p of shape \\(2,\\), q of shape \\(1,\\)"),
        (lambda: kl_divergence(1.0, 1.0), ShapeError, "one shape"),
        (lambda: kl_divergence([-0.5, 1.5], [0.5, 0.5]), DataError, "p has an entry below 0"),
        (lambda: kl_divergence([0.5, 0.5], [math.nan, 1]), DataError, "q has an entry below 0, or NaN"),
        (lambda: kl_divergence([1, 1], [0.5, 0.5]), DataError, "p sums to 2"),
        (lambda: kl_normal(0, 0, 0, 1), DataError, "std_p is not above 0"),
        (lambda: kl_normal(0, 1, 0, -1), DataError, "std_q is not above 0"),
        (lambda: kl_monte_carlo(lambda x: x, lambda x: x, np.ones(1)), ShapeError, "1 samples"),
        (lambda: kl_monte_carlo(np.sum, np.sum, np.ones(3)), ShapeError, "shape \\(\\)"),
    ],
)
def test_errors(call, kind, said):
    with pytest.raises(kind, match=said):
        call()
