"""float32 values right to a few units in the last place, where a formula that adds to 1 what is tiny would lose it.

The right values are the same mathematical function in a form that does not cancel, in float64. Found from outside: a binary
cross-entropy of 5.722e-6 at x = 12, where log(1 + exp(-12)) is 6.144e-6, and 0 at 16.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn.kernels.class_softmax import class_cross_entropy
from tinydawn.models.vae_lm import kl_per_unit
from tinydawn.nn import functional as F
from tinydawn.nn.divergence import kl_divergence, kl_normal

DISTANCES = [0.0, 0.5, 3.0, 8.0, 12.0, 16.0, 20.0, 30.0, 80.0]


def f32(values: Any) -> td.Tensor:
    return td.tensor(np.asarray(values, np.float32), requires_grad=True)


def close(ours: Any, right: Any, rtol: float = 1e-6) -> None:
    np.testing.assert_allclose(np.asarray(ours.numpy() if isinstance(ours, td.Tensor) else ours), right, rtol=rtol)
    assert ours.dtype == np.float32


@pytest.mark.parametrize("x", DISTANCES)
def test_binary_cross_entropy_of_a_sure_logit(x: float) -> None:
    """t = 1: log(1 + exp(-x)), whose derivative is -1 / (1 + exp(x)); t = 0 is the mirror image."""
    for logit, target, sign in ((x, 1.0, -1), (-x, 0.0, 1)):
        logits = f32([logit])
        for weight, factor in ((None, 1), (np.array([4.0], np.float32), 4 if target else 1)):
            loss = F.binary_cross_entropy_with_logits(logits, np.array([target]), pos_weight=weight)
            close(loss, factor * np.log1p(np.exp(-x)))
            logits.grad = None
            loss.backward()
            close(logits.grad, [sign * factor / (1 + math.exp(x))])
        close(F.binary_cross_entropy_with_logits(f32([-logit]), np.array([target])), x + np.log1p(np.exp(-x)))


def test_binary_cross_entropy_of_a_soft_target() -> None:
    x, t = np.linspace(-20, 20, 41, dtype=np.float32), np.full(41, 0.25, np.float32)
    wide = x.astype(float)
    close(F.binary_cross_entropy_with_logits(f32(x), t, reduction="none"),
          0.25 * np.logaddexp(0, -wide) + 0.75 * np.logaddexp(0, wide))


def test_binary_cross_entropy_at_infinity() -> None:
    """0 where infinity is right, else inf: limits, with 0 log 0 = 0. The gradients are sigmoid(x) - t, finite."""
    x = f32([math.inf, math.inf, -math.inf, -math.inf, math.inf])
    loss = F.binary_cross_entropy_with_logits(x, np.array([1.0, 0.0, 0.0, 1.0, 0.5]), reduction="none")
    assert loss.tolist() == [0.0, math.inf, 0.0, math.inf, math.inf]
    loss.sum().backward()
    assert x.grad.tolist() == [0.0, 1.0, 0.0, -1.0, 0.5]
    both = F.binary_cross_entropy_with_logits(x, np.array([1.0, 0.0, 0.0, 1.0, 0.5]), reduction="none", pos_weight=[2.0])
    assert both.tolist() == [0.0, math.inf, 0.0, math.inf, math.inf]


def test_binary_cross_entropy_passes_a_gradient_to_the_target_at_0_and_1() -> None:
    """d/dt = -x, also where the loss itself has a factor 0."""
    t = td.tensor([1.0, 0.0, 0.5], requires_grad=True)
    F.binary_cross_entropy_with_logits(td.tensor([2.0, -3.0, 4.0]), t, reduction="sum").backward()
    close(t.grad, [-2.0, 3.0, -4.0])


def test_softplus_and_logsigmoid() -> None:
    x = np.array([*DISTANCES, *(-d for d in DISTANCES)], np.float32)
    wide = x.astype(float)
    close(F.softplus(f32(x)), np.logaddexp(0, wide))
    close(F.logsigmoid(f32(x)), -np.logaddexp(0, -wide))
    assert F.softplus(td.tensor([math.inf, -math.inf])).tolist() == [math.inf, 0.0]
    assert F.logsigmoid(td.tensor([math.inf, -math.inf])).tolist() == [0.0, -math.inf]
    assert np.isnan(F.softplus(td.tensor([math.nan])).numpy()).all()
    ends = f32([math.inf, -math.inf, 0.0])
    F.softplus(ends).sum().backward()
    assert ends.grad.tolist() == [1.0, 0.0, 0.5]


@pytest.mark.parametrize("x", DISTANCES)
def test_cross_entropy_of_a_sure_prediction(x: float) -> None:
    """Two classes x apart are the binary case; the gradients are -q and q, with q = 1 / (1 + exp(x))."""
    logits = f32([[x, 0.0], [0.0, x]])
    for run in (lambda: F.cross_entropy(logits, np.array([0, 1])),  # the kernel
                lambda: F.cross_entropy(logits, np.array([0, 1]), weight=np.ones(2, np.float32)),
                lambda: F.nll_loss(F.log_softmax(logits), np.array([0, 1])),
                lambda: F.cross_entropy(logits, np.eye(2, dtype=np.float32))):
        loss = run()
        close(loss, np.log1p(np.exp(-x)))
        logits.grad = None
        loss.backward()
        q = 0.5 / (1 + math.exp(x))
        close(logits.grad, [[-q, q], [q, -q]])
    with td.unfused():  # as a lecture writes it, and as PyTorch computes it: to one rounding of 1
        np.testing.assert_allclose(F.cross_entropy(logits, np.array([0, 1])).numpy(), np.log1p(np.exp(-x)), atol=1.2e-7)
    close(td.logsumexp(td.tensor([0.0, -x]), axis=0), np.log1p(np.exp(-x)))
    close(td.logsumexp(td.tensor([[0.0, -x]]), axis=None), np.log1p(np.exp(-x)))


@pytest.mark.parametrize("x", DISTANCES)
def test_class_cross_entropy_of_a_sure_prediction(x: float) -> None:
    """Words 0 and 1 are one class, 2 and 3 the other: within it, again the binary case."""
    bias = f32([x, 0.0, 0.0, x])
    loss = class_cross_entropy(td.zeros(4, 2), td.zeros(4, 2), bias, target=np.array([0, 3, 1, 0]), first=np.array([0, 2, 4]))
    p = np.log1p(np.exp(-x))
    close(loss, [p, p, x + p, p])
    loss[:2].sum().backward()
    q = 1 / (1 + math.exp(x))
    close(bias.grad, [-q, q, q, -q])


def test_ties_for_the_largest_logit() -> None:
    """One of equals stands apart from the others; derivatives of every order are those of logsumexp nevertheless."""
    x = td.tensor([[1.0, 1.0, 1.0]], dtype=np.float64, requires_grad=True)
    for f in (lambda v: td.logsumexp(v, axis=1), lambda v: td.log_softmax(v, axis=1), lambda v: td.logsumexp(v, axis=None)):
        assert td.gradgradcheck(f, (x,))
    g, = td.grad(td.logsumexp(x, axis=1).sum(), [x], create_graph=True)
    h, = td.grad(g[0, 0], [x])
    np.testing.assert_allclose(h.numpy(), [[2 / 9, -1 / 9, -1 / 9]], rtol=1e-14)  # p (delta - p), p = 1/3


@pytest.mark.parametrize(("approximate", "phi"), [
    ("none", lambda x: 0.5 * math.erfc(-x / math.sqrt(2))),
    ("tanh", lambda x: 1 / (1 + math.exp(-math.sqrt(8 / math.pi) * (x + 0.044715 * x**3))))])
def test_gelu_of_negative_numbers(approximate: str, phi: Any) -> None:
    """x Phi(x), where 1 + erf would have nothing left below -5.5."""
    x = np.array([-9.0, -7.0, -6.0, -5.0, -3.0, -1.0, -1e-3, 0.0, 2.0, 7.0], np.float32)
    right = [v * phi(v) for v in x.astype(float)]
    close(F.gelu(f32(x), approximate), right, rtol=2e-5)  # what exp(-40) makes of the rounding of 40
    with td.unfused():
        close(F.gelu(f32(x), approximate), right, rtol=2e-5)


def test_divergence_of_normal_distributions_that_are_nearly_one() -> None:
    """(e^v - 1 - v + m^2) / 2, of which float32 had kept nothing at a mean of 1e-4: what a collapsed VAE is made of."""
    for mean, logvar in ((1e-4, 0.0), (1e-3, 1e-4), (-0.01, 0.01), (0.5, -2.0), (0.0, 0.0)):
        m, v = np.float32(mean).astype(float), np.float32(logvar).astype(float)
        small = v * v / 2 + v**3 / 6 + v**4 / 24 + v**5 / 120
        right = 0.5 * (m * m + (small if abs(v) < 0.1 else math.expm1(v) - v))
        assert abs(kl_per_unit(f32(mean), f32(logvar)).item() - right) <= 1e-7 * (m * m + abs(v))
        p = np.float32(math.exp(v / 2))
        log_ratio = math.log(p)
        right = 0.5 * (m * m + math.expm1(2 * log_ratio)) - log_ratio
        ours = kl_normal(f32(mean), td.tensor(p), td.tensor(0.0), td.tensor(1.0)).item()
        assert abs(ours - right) <= 2e-7 * (m * m + abs(log_ratio)) + 1e-16
    assert kl_normal(td.tensor(0.0), td.tensor(1e-6), td.tensor(0.0), td.tensor(1.0)).item() == pytest.approx(
        math.log(1e6) - 0.5, rel=1e-6)


def test_divergence_of_probabilities_that_are_nearly_equal() -> None:
    """sum p log(p / q): log p - log q has lost what log1p((p - q) / q) keeps. In float32 it had been 5.96e-8."""
    p, q = np.array([0.3, 0.7], np.float32), np.array([0.3001, 0.6999], np.float32)
    wide = [v.astype(float) for v in (p, q)]
    right = (wide[0] * np.log(wide[0] / wide[1])).sum()
    assert kl_divergence(p, q) == pytest.approx(right, rel=1e-3)
    assert kl_divergence(np.array([1e-30, 1 - 1e-30]), np.array([0.5, 0.5])) == pytest.approx(math.log(2))


def test_zero_times_the_logarithm_of_zero_is_zero() -> None:
    """A class that is masked by -inf and that the target does not have costs nothing; PyTorch's losses are NaN here."""
    logits = f32([[1.0, 2.0, -math.inf]])
    loss = F.cross_entropy(logits, np.array([[0.25, 0.75, 0.0]], np.float32))
    close(loss, 0.25 * (1 + np.log1p(np.exp(-1))) + 0.75 * np.log1p(np.exp(-1)))
    loss.backward()
    assert np.isfinite(logits.grad.numpy()).all()
    log_q = f32([[-math.log(2), -math.log(2)]])
    loss = F.kl_div(log_q, td.tensor([[0.0, -math.inf]]), "sum", log_target=True)
    close(loss, math.log(2))
    loss.backward()
    assert log_q.grad.tolist() == [[-1.0, 0.0]]
