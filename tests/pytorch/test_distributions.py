"""Distributions: PyTorch's draws, densities, gradients and divergences."""

import math

import numpy as np
import pytest

import tinydawn as td
import tinydawn.torch.distributions as dist
from tinydawn.errors import OptionError, ShapeError

rng = np.random.default_rng(1)


def normals(*shape):
    return rng.normal(size=shape)


def positive(*shape):
    return np.exp(rng.normal(size=shape))


def coins(*shape):
    return (rng.random(shape) > 0.5).astype(np.float64)


# Name, parameters (arrays are Tensors in the test), and values to ask about.
CASES = [
    ("Normal", {"loc": normals(2, 3), "scale": positive(3)}, normals(2, 3)),
    ("Normal", {"loc": 0.5, "scale": positive(2, 3)}, normals(2, 3)),
    ("Normal", {"loc": 0.5, "scale": 2.0}, normals(4)),
    ("Normal", {"loc": normals(5, 4), "scale": positive(5, 4)}, normals(5, 4)),
    ("Laplace", {"loc": normals(2, 3), "scale": positive(3)}, normals(2, 3)),
    ("Uniform", {"low": -positive(2, 3), "high": positive(3)}, normals(2, 3) * 0.01),
    ("Uniform", {"low": -1.0, "high": 3.0}, normals(2, 3) * 0.1),
    ("Exponential", {"rate": positive(2, 3)}, positive(2, 3)),
    ("Bernoulli", {"probs": rng.random((2, 3))}, coins(2, 3)),
    ("Bernoulli", {"logits": normals(2, 3)}, coins(2, 3)),
    ("Bernoulli", {"logits": np.zeros(3)}, coins(2, 3)),
    ("Bernoulli", {"probs": 0.3}, coins(2, 3)),
    ("Categorical", {"probs": rng.random((2, 3))}, rng.integers(0, 3, (4, 2))),
    ("Categorical", {"logits": normals(2, 3)}, rng.integers(0, 3, 2)),
    ("Categorical", {"logits": normals(3)}, rng.integers(0, 3, 2)),
    ("Categorical", {"probs": np.array([0.0, 1.0, 0.0])}, rng.integers(0, 3, 2)),
]
each = pytest.mark.parametrize(("name", "parameters", "values"), CASES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CASES)])


def agree(ours, theirs, what, exactly=False):
    """The same dtype, shape and numbers, and recorded if PyTorch's is."""
    assert (tuple(ours.shape), str(ours.dtype)) == (tuple(theirs.shape), str(theirs.dtype).removeprefix("torch.")), what
    assert ours.requires_grad == theirs.requires_grad, what
    x, y = ours.detach().numpy(), theirs.detach().numpy()
    if exactly:
        np.testing.assert_array_equal(x, y, err_msg=what)
    else:
        np.testing.assert_allclose(x, y, rtol=1e-7 if x.dtype == np.float64 else 3e-5, atol=1e-6, err_msg=what)


@pytest.mark.torch
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@each
def test_as_in_pytorch(torch, name, parameters, values, dtype):
    arrays = {key: isinstance(p, np.ndarray) for key, p in parameters.items()}
    ours = {key: td.Tensor(p.astype(dtype), True) if arrays[key] else p for key, p in parameters.items()}
    theirs = {key: torch.tensor(p.astype(dtype), requires_grad=True) if arrays[key] else p for key, p in parameters.items()}
    a, b = getattr(dist, name)(**ours), getattr(torch.distributions, name)(**theirs)
    assert (tuple(a.batch_shape), tuple(a.event_shape)) == (tuple(b.batch_shape), tuple(b.event_shape))
    assert repr(a).split("(")[0] == repr(b).split("(")[0]
    asked = values.astype(dtype) if values.dtype.kind == "f" else values
    x, y = td.Tensor(asked), torch.tensor(asked)
    td.manual_seed(3)
    torch.manual_seed(3)
    exactly = name != "Laplace" and torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")
    pairs = []  # what is recorded, of both
    for shape in ((), (1,), (4,), (2, 3), (50,)):
        agree(a.sample(shape), b.sample(shape), f"sample{shape}", exactly)
        assert a.has_rsample == b.has_rsample
        if a.has_rsample:
            pairs.append((a.rsample(shape), b.rsample(shape)))
    for what in ("mean", "variance", "stddev", "mode"):
        if hasattr(a, what):
            agree(getattr(a, what), getattr(b, what), what)
    pairs += [(a.log_prob(x), b.log_prob(y)), (a.entropy(), b.entropy()), (a.perplexity(), b.perplexity())]
    if name not in ("Bernoulli", "Categorical"):
        pairs.append((a.cdf(x), b.cdf(y)))
    else:
        pairs += [(a.probs, b.probs), (a.logits, b.logits)]
        for expand in (True, False):
            agree(a.enumerate_support(expand), b.enumerate_support(expand), "enumerate_support")
    wider = {key: 1.5 if key == "low" else 0.9 for key in parameters}
    a2 = getattr(dist, name)(**{key: p * wider[key] for key, p in ours.items()})
    b2 = getattr(torch.distributions, name)(**{key: p * wider[key] for key, p in theirs.items()})
    agree(dist.kl_divergence(a, a2), torch.distributions.kl_divergence(b, b2), "kl")
    if name != "Uniform":
        pairs.append((dist.kl_divergence(a, a2), torch.distributions.kl_divergence(b, b2)))
    shape = (7, *a.batch_shape)
    agree(a.expand(shape).sample(), b.expand(shape).sample(), "expand", exactly)
    if a.batch_shape:
        c, d = dist.Independent(a, 1), torch.distributions.Independent(b, 1)
        assert (tuple(c.batch_shape), tuple(c.event_shape)) == (tuple(d.batch_shape), tuple(d.event_shape))
        pairs += [(c.log_prob(x), d.log_prob(y)), (c.entropy(), d.entropy())]
        agree(c.mean, d.mean, "mean")
        agree(c.variance, d.variance, "variance")
        agree(c.sample((2,)), d.sample((2,)), "Independent", exactly)
        agree(dist.kl_divergence(c, dist.Independent(a2, 1)),
              torch.distributions.kl_divergence(d, torch.distributions.Independent(b2, 1)), "kl of Independent")
        agree(c.expand((2, *c.batch_shape)).entropy(), d.expand((2, *d.batch_shape)).entropy(), "expand")
        if c.has_rsample:
            agree(c.rsample((2,)), d.rsample((2,)), "rsample")
    for this, that in pairs:
        agree(this, that, "recorded")
    if any(arrays.values()):
        sum(td.sum(this) for this, _ in pairs).backward()
        sum(that.sum() for _, that in pairs).backward()
        for key in parameters:
            if arrays[key]:
                np.testing.assert_allclose(ours[key].grad.numpy(), theirs[key].grad.numpy(), err_msg=key,
                                           rtol=1e-6 if dtype == "float64" else 1e-4, atol=1e-7 if dtype == "float64" else 1e-4)


# --- what PyTorch 2.13 gave for torch.manual_seed(0): two samples, log_prob and entropy, one after the other --------------

GOLDEN = [
    (lambda: dist.Normal(td.tensor([0.5, -1.0]), td.tensor([1.0, 0.25])), [0.25, -1.5],
     [2.040996, -1.073357], [[-1.678789, -0.857892], [-0.584522, -1.349649]], [-0.950188, -1.532644], [1.418938, 0.032644]),
    (lambda: dist.Laplace(td.tensor([0.5, -1.0]), td.tensor([1.0, 0.25])), [0.25, -1.5],
     [-2.608864, -1.271386], [[-0.031408, -0.990563], [1.003081, -0.770913]], [-0.943147, -1.306853], [1.693147, 0.306853]),
    (lambda: dist.Uniform(td.tensor([0.0, -1.0]), td.tensor([1.0, 3.0])), [0.25, -0.5],
     [0.161029, 0.129074], [[0.681609, 2.660776], [0.3971, 2.496624]], [0.0, -1.386294], [0.0, 1.386294]),
    (lambda: dist.Exponential(td.tensor([0.5, 2.0])), [0.25, 1.5],
     [0.877837, 0.486305], [[1.314975, 0.290624], [1.046072, 0.114982]], [-0.818147, -2.306853], [1.693147, 0.306853]),
    (lambda: dist.Bernoulli(td.tensor([0.5, 0.125])), [0.0, 1.0],
     [1, 0], [[0, 0], [0, 0]], [-0.693147, -2.079442], [0.693147, 0.37677]),
    (lambda: dist.Bernoulli(logits=td.tensor([0.5, -2.0])), [0.0, 1.0],
     [1, 1], [[1, 0], [0, 0]], [-0.974077, -2.126928], [0.662847, 0.365334]),
    (lambda: dist.Categorical(td.tensor([[1.0, 2.0, 1.0], [0.0, 1.0, 3.0]])), [0, 1],
     [0, 2], [[2, 1], [1, 1]], [-1.386294, -1.386294], [1.039721, 0.562335]),
    (lambda: dist.Categorical(logits=td.tensor([[1.0, 2.0, 1.0], [0.0, 1.0, 3.0]])), [0, 1],
     [0, 2], [[1, 2], [0, 2]], [-1.551444, -2.169846], [0.975328, 0.524267]),
]


def test_what_pytorch_gave():
    td.manual_seed(0)
    for make, values, *expected in GOLDEN:
        d = make()
        for found, wanted in zip((d.sample(), d.sample((2,)), d.log_prob(td.tensor(values)), d.entropy()), expected, strict=True):
            np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-5, atol=1e-6, err_msg=str(d))


# --- meaning ---------------------------------------------------------------------------------------------------------


def test_a_sample_is_cut_off_and_an_rsample_is_not():
    mean = td.tensor([0.0], requires_grad=True)
    d = dist.Normal(mean, 1.0)
    assert not d.sample().requires_grad
    d.rsample((3,)).sum().backward()
    assert mean.grad.tolist() == [3.0]


def test_a_number_is_a_value_too():
    assert dist.Normal(0.0, 1.0).log_prob(0).item() == pytest.approx(-0.5 * math.log(2 * math.pi))
    assert dist.Normal(0.0, 1.0).sample().shape == ()
    assert repr(dist.Normal(0.0, 2.0)) == "Normal(loc: 0.0, scale: 2.0)"
    assert repr(dist.Independent(dist.Exponential(td.ones(2)), 1)) == "Independent(Exponential(rate: torch.Size([2])), 1)"


def test_the_end_of_an_interval_has_no_density():
    assert dist.Uniform(0.0, 1.0).log_prob(td.tensor([0.0, 1.0])).tolist() == [0.0, -math.inf]
    assert dist.Uniform(0.0, 1.0, validate_args=False).log_prob(td.tensor([2.0])).tolist() == [-math.inf]


def test_a_divergence_may_be_infinite():
    certain, fair = dist.Categorical(td.tensor([1.0, 0.0])), dist.Categorical(td.tensor([1.0, 1.0]))
    assert dist.kl_divergence(certain, fair).item() == pytest.approx(math.log(2))
    assert dist.kl_divergence(fair, certain).item() == math.inf
    one, half = dist.Bernoulli(td.tensor([1.0, 0.0])), dist.Bernoulli(td.tensor([0.5, 0.5]))
    np.testing.assert_allclose(dist.kl_divergence(one, half).numpy(), math.log(2), rtol=1e-6)
    assert dist.kl_divergence(half, one).tolist() == [math.inf, math.inf]
    assert dist.kl_divergence(dist.Uniform(0.0, 2.0), dist.Uniform(0.0, 1.0)).item() == math.inf


def test_checks_can_be_switched_off():
    dist.Distribution.set_default_validate_args(False)
    try:
        assert dist.Categorical(td.tensor([1.0, 1.0])).log_prob(td.tensor(0.0)).item() == pytest.approx(-math.log(2))
        dist.Normal(0.0, -1.0)
    finally:
        dist.Distribution.set_default_validate_args(True)


nan = float("nan")


@pytest.mark.parametrize(("call", "error", "said"), [
    (lambda: dist.Normal(0.0, -1.0), OptionError, "Normal: scale is not above 0"),
    (lambda: dist.Normal(td.tensor([nan]), 1.0), OptionError, "loc is NaN"),
    (lambda: dist.Uniform(1.0, 1.0), OptionError, "low is not below high"),
    (lambda: dist.Exponential(0.0), OptionError, "rate is not above 0"),
    (lambda: dist.Bernoulli(td.tensor([1.5])), OptionError, "probs outside 0 to 1"),
    (lambda: dist.Bernoulli(logits=td.tensor([nan])), OptionError, "a NaN among logits"),
    (lambda: dist.Bernoulli(), OptionError, "both or none"),
    (lambda: dist.Categorical(td.ones(2), td.ones(2)), OptionError, "both or none"),
    (lambda: dist.Categorical(td.tensor(1.0)), ShapeError, "one number"),
    (lambda: dist.Categorical([0.5, 0.5]), ShapeError, "no Tensor"),
    (lambda: dist.Categorical(td.tensor([-1.0, 2.0])), OptionError, "probs below 0"),
    (lambda: dist.Categorical(logits=td.tensor([nan, 2.0])), OptionError, "a NaN among logits"),
    (lambda: dist.Categorical(td.ones(3)).log_prob(td.tensor(3)), OptionError, "no outcome"),
    (lambda: dist.Categorical(td.ones(3)).log_prob(td.tensor(0.5)), OptionError, "no outcome"),
    (lambda: dist.Bernoulli(td.tensor([0.5])).log_prob(td.tensor([0.5])), OptionError, "no outcome"),
    (lambda: dist.Exponential(1.0).log_prob(td.tensor(-1.0)), OptionError, "no outcome"),
    (lambda: dist.Uniform(0.0, 1.0).log_prob(td.tensor(2.0)), OptionError, "no outcome"),
    (lambda: dist.Normal(0.0, 1.0).log_prob(td.tensor(nan)), OptionError, "no outcome"),
    (lambda: dist.Independent(dist.Normal(0.0, 1.0), 1), OptionError, r"1 dims of a batch of shape torch.Size\(\[\]\)"),
    (lambda: dist.Categorical(td.ones(3)).rsample(), NotImplementedError, "Categorical: it has no rsample"),
    (lambda: dist.Categorical(td.ones(3)).cdf(1), NotImplementedError, "no cdf"),
    (lambda: dist.Distribution().sample(), NotImplementedError, "no rsample"),
    (lambda: dist.Distribution().log_prob(1), NotImplementedError, "no log_prob"),
    (lambda: dist.Distribution().entropy(), NotImplementedError, "no entropy"),
    (lambda: dist.Distribution().mean, NotImplementedError, "no mean"),
    (lambda: dist.Distribution().stddev, NotImplementedError, "no variance"),
    (lambda: dist.kl_divergence(dist.Normal(0.0, 1.0), dist.Laplace(0.0, 1.0)), NotImplementedError, "a Normal from a Laplace"),
    (lambda: dist.kl_divergence(dist.Independent(dist.Normal(td.ones(1), 1.0), 1),
                                dist.Independent(dist.Normal(td.ones(1), 1.0), 0)), ShapeError, "of different shapes"),
])
def test_errors(call, error, said):
    with pytest.raises(error, match=said):
        call()
