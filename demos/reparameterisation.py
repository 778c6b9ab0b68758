# %% [markdown]
# # Gradients through a draw, and the gap under a bound
#
# The encoder of a VAE chooses a distribution q, and the loss is an average over draws from it.
# How does it learn, when a draw stands between it and the loss? Two answers, where the true
# gradient is known. Then the bound: Jensen's step in numbers, how far below log p(x) the bound is,
# what makes it tighter, and which way q errs. demos/vae_lm.py uses all of it.
#
#     python demos/reparameterisation.py

# %%
import math

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.reparameterisation_report import (
    bounds_figure,
    jensen_figure,
    variance_figure,
    variance_table,
)
from support.run import Results, arguments, parse
from tinydawn import optim
from tinydawn.errors import GraphError
from tinydawn.models.vae_lm import log_normal, reparameterise
from tinydawn.nn import functional as F
from tinydawn.nn.divergence import kl_divergence

parser = arguments(
    "Two gradients through a draw, the gap of the ELBO, and the importance-weighted bound, "
    "where all is known.", data=False, epochs=False)
options = parse(parser)
results = Results("reparameterisation", options, "none")
rng = np.random.default_rng(options.seed)

# %% [markdown]
# ## "Sampling is discrete"
#
# The notes write that sampling is "a discrete, irreversible random operation", which means: as
# written, z ~ N(mu, sigma^2), it has no derivative. Discrete it is not: z is continuous. What
# breaks the chain is only that a random generator returns a number that has forgotten mu and
# sigma. Written as z = mu + sigma eps, the same z remembers them, and dz/dsigma = eps
# [abs(dz_dsigma - eps) < 1e-9].

# %%
def number(value: float, name: str, learned: bool = True) -> td.Tensor:
    return td.tensor(value, dtype=td.float64, requires_grad=learned, name=name)

mu = number(0.5, "mu")
logvar = number(-0.6, "logvar")
sigma = number(math.exp(logvar.item() / 2), "sigma")
target = number(1.5, "x", learned=False)
eps = float(rng.standard_normal())

def loss_of(z: td.Tensor) -> td.Tensor:
    return (z - target) ** 2  # -log p(x | z), but for a factor and a constant

forgotten = number(mu.item() + sigma.item() * eps, "z", learned=False)
try:
    loss_of(forgotten).backward()
except GraphError as error:
    print("z from a random generator:", str(error).splitlines()[0])

z = mu + sigma * eps
(slope,) = td.grad(z, sigma, retain_graph=True)
different = len(set(rng.standard_normal(100_000)))
print(f"z = mu + sigma eps: dz/dsigma = {slope.item():.6f}, eps = {eps:.6f}; "
      f"of 100,000 draws of eps {different:,} differ")

# %% [markdown]
# A difference of two losses has to use one eps on both sides: then it agrees with the engine
# [abs(slope_engine - slope_same_eps) < 1e-6]. With a new one it is noise.

# %%
def difference(first: float, second: float, h: float = 1e-5) -> float:
    """dLoss/dsigma by a central difference, from one eps above and one below."""
    above = loss_of(mu + (sigma.item() + h) * first).item()
    below = loss_of(mu + (sigma.item() - h) * second).item()
    return (above - below) / (2 * h)

(engine,) = td.grad(loss_of(z), sigma)
same = difference(eps, eps)
fresh = difference(eps, float(rng.standard_normal()))
print(f"dLoss/dsigma: engine {engine.item():.6f}; "
      f"by differences, with one eps {same:.6f}, with a new one {fresh:,.0f}")
results.metric(dz_dsigma=slope.item(), eps=eps, slope_engine=engine.item(), slope_same_eps=same)

# %%
noise = number(eps, "eps", learned=False)
w = number(1.2, "w")  # the decoder

def drawn() -> td.Tensor:
    return decoded(reparameterise(mu, logvar, noise).detach())

def reparameterised() -> td.Tensor:
    return decoded(reparameterise(mu, logvar, noise))

def decoded(z: td.Tensor) -> td.Tensor:
    z.name = "z"  # names, for the drawing
    loss = loss_of(w * z)
    loss.name = "L"
    return loss

look = {"depth": "formula", "parameters": "drawn", "direction": "LR", "aspect": "slide"}
results.figure("graph_drawn.svg", td.draw(
    drawn, backward=True, **look,
    title="z as drawn: the decoder's w gets a gradient, mu and logvar get none").save)
results.figure("graph_reparameterised.svg", td.draw(
    reparameterised, backward=True, **look,
    title="z = mu + exp(logvar / 2) eps: the gradient reaches mu and logvar").save)

# %% [markdown]
# ## Two estimators of one gradient
#
# We want d/dmu E_q[f(z)]. Pathwise (reparameterised): f'(z) dz/dmu, for a z that remembers. Score
# function (REINFORCE): f(z) d log q(z)/dmu, which needs no f' and works for words too, where
# there is no path. Both are right on average [abs(gradient_pathwise - 1) < 0.05 and
# abs(gradient_score_function - 1) < 0.3]. But the score function learns from f's size alone: all D
# numbers of z share one f, so its noise grows with D [variance_score_function_64 > 50 *
# variance_score_function_4], and with the mean of f subtracted (a baseline) too, only less
# [variance_with_a_baseline_64 > 5 * variance_with_a_baseline_4 and variance_with_a_baseline_64 <
# variance_score_function_64]. The pathwise one stays as it is [abs(variance_pathwise_64 -
# variance_pathwise_1) < 0.1]. Here f = -|z - 1|^2 / 2, so the true gradient is 1 - mu for each
# number.

# %%
N = 2000 if options.quick else 50_000  # draws
sizes = [1, 2, 4, 8, 16, 32, 64]
gradients = {}
variances = {"pathwise": [], "score function": [], "with a baseline": []}
for D in sizes:
    # one row for each draw: its gradient is that draw's
    mean = td.zeros(N, D, dtype=td.float64, requires_grad=True)  # (N, D)
    log_variance = np.zeros((N, D))
    z = reparameterise(mean, log_variance, rng.standard_normal((N, D)))  # (N, D)
    f = -0.5 * ((z - 1) ** 2).sum(axis=1)  # (N, D) -> (N,)
    log_q = log_normal(z.detach(), mean, log_variance)  # (N, D) -> (N,)
    size = f.detach()  # (N,)

    estimators = {
        "pathwise": f.sum(),
        "score function": (size * log_q).sum(),
        "with a baseline": ((size - size.mean()) * log_q).sum(),
    }
    for name, estimated in estimators.items():
        (found,) = td.grad(estimated, mean, retain_graph=True)  # (N, D)
        gradients[name, D] = found.numpy()[:, 0]  # (N,)
        variances[name].append(found.numpy().var(axis=0, ddof=1).mean())

# %%
variance_table(results, sizes, variances, gradients)
others = variances["score function"][4] / variances["pathwise"][4]
print(f"16 numbers: {variances['score function'][4]:.2f} / {variances['pathwise'][4]:.3f} = "
      f"{others:,.0f}: one pathwise draw is as good as {others:,.0f} score-function draws")
results.figure("estimators.svg", variance_figure(sizes, variances, gradients))

# %% [markdown]
# ## Jensen's step
#
# The derivation of the ELBO has one step that is no equality: ln E[Y] >= E[ln Y], for Y = p(x, z)
# / q(z), since ln is concave: the chord between two points of its curve lies below the curve. With
# a z of two values everything is there to be seen. E_q[Y] is p(x) whatever q is [evidence_error <
# 1e-12]. The point of the chord at Y = E_q[Y] is E_q[ln Y], the ELBO; the curve above it is
# ln E_q[Y] = ln p(x). Nearer to p(z | x) the two points come nearer to each other, and so do chord
# and curve [jensen_gap_near < 0.25 * jensen_gap_far]. With q = p(z | x) Y does not vary any more,
# both points are one, and the step is an equality [abs(jensen_gap_posterior) < 1e-12].

# %%
joint = np.array([0.12, 0.48])  # (2,), p(x, z) of the one x that was seen
evidence = joint.sum()  # p(x)
qs = {"far": np.array([0.7, 0.3]), "near": np.array([0.4, 0.6]), "posterior": joint / evidence}
print(f"\nln p(x) = {math.log(evidence):.4f}\n{'q(z)':22}{'Y = p(x, z) / q(z)':>20}"
      f"{'E[Y]':>8}{'ln E[Y]':>10}{'E[ln Y]':>10}{'gap':>8}{'D(q || p(z | x))':>19}")
means = []
for name, q in qs.items():
    Y = joint / q  # (2,)
    mean, elbo = q @ Y, q @ np.log(Y)  # E_q[Y], E_q[ln Y]
    gap = math.log(mean) - elbo
    print(f"{name:10}{np.array2string(q, precision=2):12}{np.array2string(Y, precision=3):>20}"
          f"{mean:8.4f}{math.log(mean):10.4f}{elbo:10.4f}{gap:8.4f}"
          f"{kl_divergence(q, joint / evidence):19.4f}")
    means.append(mean)
    results.metric(**{f"jensen_gap_{name}": gap})
results.metric(evidence_error=np.abs(np.array(means) - evidence).max())
results.figure("jensen.svg", jensen_figure(joint, qs))

# %% [markdown]
# ## log p(x) = ELBO + D(q(z | x) || p(z | x)), to the last digit
#
# What Jensen's step leaves out has a name. Ten values of z, a table for p(x | z): log p(x) is a
# sum. Whatever q is, ELBO and gap add up to it [elbo_error < 1e-9]. D >= 0 since ln t <= t - 1
# (see kl_divergence.py), so the ELBO is a lower bound; raising it over q closes the gap
# [gap_last < 0.001 and gap_first > 0.5].

# %%
prior = rng.dirichlet(np.ones(10))  # (10,), p(z)
likelihood = rng.uniform(0.001, 1, 10)  # (10,), p(x | z) of the one x that was seen
log_joint = np.log(prior * likelihood)  # (10,), log p(x, z)
log_p = math.log((prior * likelihood).sum())
posterior = np.exp(log_joint - log_p)  # (10,), p(z | x)

logits = td.tensor(rng.normal(size=10), dtype=td.float64, requires_grad=True)
optimizer = optim.Adam([logits], lr=0.1)
elbos, gaps = [], []
for _ in tqdm(range(200), desc="q", leave=False):
    q = F.softmax(logits, axis=0)  # (10,)
    elbo = (q * (log_joint - td.log(q))).sum()
    elbos.append(elbo.item())
    gaps.append(kl_divergence(q.detach(), posterior).item())
    optimizer.zero_grad()
    (-elbo).backward()
    optimizer.step()

elbos, gaps = np.array(elbos), np.array(gaps)  # (200,) each
print(f"\nlog p(x) = {log_p:.12f}")
for k in (0, 20, 199):
    print(f"step {k:3}: ELBO {elbos[k]:.12f} + gap {gaps[k]:.12f} = {elbos[k] + gaps[k]:.12f}")
results.metric(elbo_error=np.abs(elbos + gaps - log_p).max(), gap_first=gaps[0],
               gap_last=gaps[-1], smallest_gap=gaps.min())

# %% [markdown]
# ## The importance-weighted bound
#
# log of the mean of K weights p(x, z) / q(z), instead of the mean of the log of one: between the
# ELBO (K = 1) and log p(x), and the nearer the more draws [bound_1 < bound_5 and bound_5 <
# bound_50]. That is true of its mean; what is printed is an average over a million draws in groups
# of K, with its error, and may by chance lie above log p(x), as for K = 1000: not by more than its
# noise [0 < bound_1000 - log_p < 3 * bound_error_1000]. Here q is the prior, as after a collapse,
# so that a weight is p(x | z).

# %%
draws = 100_000 if options.quick else 1_000_000
counts = [1, 2, 5, 10, 50, 200, 1000]
bounds, errors = [], []
for K in counts:
    z = rng.choice(10, size=(draws // K, K), p=prior)  # (R, K)
    weights = likelihood[z]  # (R, K)
    logs = np.log(weights.mean(axis=1))  # (R,)
    bounds.append(logs.mean())
    errors.append(logs.std(ddof=1) / math.sqrt(len(logs)))
    results.metric(**{f"bound_{K}": bounds[-1], f"bound_error_{K}": errors[-1]})

shown = ", ".join(f"K = {K}: {bound:.4f} +- {error:.4f}"
                  for K, bound, error in zip(counts, bounds, errors, strict=True))
print(f"\nlog p(x) {log_p:.4f}; with q = p(z), {shown}")
results.baseline(gradient_exact=1.0, log_p=log_p)

# %% [markdown]
# ## Which way does a VAE err?
#
# The notes say that a VAE "mainly optimises mode covering", D(data || model). That is its
# likelihood: a decoder that cannot have two modes lies over both [abs(likelihood_left_of_0 - 0.5)
# < 0.05 and likelihood_std > 1.9]. But the posterior's part is D(q || p(z | x)), the seeking
# direction: where x = z^2 + noise, the posterior has two modes, and a normal q takes one of them
# [posterior_left_of_0 < 0.01 and posterior_std < 0.3]. A VAE does both at once: it covers with
# p(x), and seeks with q. Both by gradient, on a grid.

# %%
cell = 0.01
grid = np.linspace(-6, 6, 1201)  # (G,)
points = grid[:, None]  # (G, 1)

data = sum(0.5 * np.exp(log_normal(points, centre, np.array([-1.5])))
           for centre in (-2.0, 2.0))  # (G,)
log_joint = log_normal(points) + log_normal(4.0, points**2, np.array([math.log(0.25)]))  # (G,)
log_posterior = log_joint - math.log(np.exp(log_joint).sum() * cell)  # (G,), log p(z | x = 4)

def covering(log_q: td.Tensor) -> td.Tensor:
    return -(data * log_q).sum() * cell  # D(data || q), but for a constant

def seeking(log_q: td.Tensor) -> td.Tensor:
    return (td.exp(log_q) * (log_q - log_posterior)).sum() * cell  # D(q || p(z | x))

# %%
fits = {}
for name, loss_on_grid in (("likelihood", covering), ("posterior", seeking)):
    mean = td.tensor([0.5], dtype=td.float64, requires_grad=True)
    log_variance = td.zeros(1, dtype=td.float64, requires_grad=True)
    optimizer = optim.Adam([mean, log_variance], lr=0.05)
    for _ in tqdm(range(400), desc=name, leave=False):
        log_q = log_normal(points, mean, log_variance)  # (G,)
        loss = loss_on_grid(log_q)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    fits[name] = np.exp(log_q.numpy())  # (G,)
    left = fits[name][grid < 0].sum() * cell
    std = math.exp(log_variance.item() / 2)
    print(f"{name:10}: N({mean.item():.2f}, {std:.2f}^2); left of 0: {left:.2f} of it, "
          "0.50 of its target")
    results.metric(**{f"{name}_mean": mean.item(), f"{name}_std": std, f"{name}_left_of_0": left})

targets = {"likelihood": data, "posterior": np.exp(log_posterior)}
results.figure("bounds.svg",
               bounds_figure(log_p, elbos, counts, bounds, errors, grid, targets, fits))
results.write()
