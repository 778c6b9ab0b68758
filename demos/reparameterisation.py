# %% [markdown]
# # Gradients through a draw, and the gap under a bound
#
# The encoder of a VAE chooses a distribution q, and the loss is an average over draws from it. How does it learn, when a draw
# stands between it and the loss? Two answers, where the true gradient is known. Then the bound: how far below log p(x) it is,
# what makes it tighter, and which way q errs. demos/vae_lm.py uses all of it.
#
#     python demos/reparameterisation.py

# %%
import math

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.panels import COLOURS, STROKES, panels, tidy
from support.run import Results, arguments, parse
from tinydawn import optim
from tinydawn.errors import GraphError
from tinydawn.models.vae_lm import log_normal, reparameterise
from tinydawn.nn import functional as F
from tinydawn.nn.divergence import kl_divergence

parser = arguments("Two gradients through a draw, the gap of the ELBO, and the importance-weighted bound, where all is known.",
                   data=False, epochs=False)
options = parse(parser)
results, rng = Results("reparameterisation", options, "none"), np.random.default_rng(options.seed)

def number(value: float, name: str, learned: bool = True) -> td.Tensor:
    return td.tensor(value, dtype=td.float64, requires_grad=learned, name=name)

# %% [markdown]
# ## "Sampling is discrete"
#
# The notes write that sampling is "a discrete, irreversible random operation", which means: as written, z ~ N(mu, sigma^2), it
# has no derivative. Discrete it is not: z is continuous. What breaks the chain is only that a random generator returns a
# number that has forgotten mu and sigma. Written as z = mu + sigma eps, the same z remembers them, and dz/dsigma = eps.

# %%
mu, logvar, target = number(0.5, "mu"), number(-0.6, "logvar"), number(1.5, "x", learned=False)
eps = float(rng.standard_normal())

def loss_of(z: td.Tensor) -> td.Tensor:
    return (z - target) ** 2  # -log p(x | z), but for a factor and a constant

forgotten = number(mu.item() + math.exp(logvar.item() / 2) * eps, "z", learned=False)
try:
    loss_of(forgotten).backward()
except GraphError as error:
    print("z from a random generator:", str(error).splitlines()[0])
z = mu + (sigma := number(math.exp(logvar.item() / 2), "sigma")) * eps
(slope,) = td.grad(z, sigma, retain_graph=True)
print(f"z = mu + sigma eps: dz/dsigma = {slope.item():.6f}, eps = {eps:.6f}; of 100,000 draws of eps "
      f"{len(set(rng.standard_normal(100_000))):,} differ")

def difference(first: float, second: float, h: float = 1e-5) -> float:
    """dLoss/dsigma by a central difference, with one eps on each side."""
    up, down = (loss_of(mu + (sigma.item() + side * h) * e).item() for side, e in ((1, first), (-1, second)))
    return (up - down) / (2 * h)

(engine,), same, fresh = td.grad(loss_of(z), sigma), difference(eps, eps), difference(eps, float(rng.standard_normal()))
print(f"dLoss/dsigma: engine {engine.item():.6f}; by differences, with one eps {same:.6f}, with a new one {fresh:,.0f}")
results.metric(dz_dsigma=slope.item(), eps=eps, slope_engine=engine.item(), slope_same_eps=same)

noise, w = number(eps, "eps", learned=False), number(1.2, "w")  # w: the decoder
for name, title, draw in (("graph_drawn.svg", "z as drawn: the decoder's w learns, mu and logvar do not",
                           lambda: loss_of(w * reparameterise(mu, logvar, noise).detach())),
                          ("graph_reparameterised.svg", "z = mu + exp(logvar / 2) eps: the gradient reaches mu and logvar",
                           lambda: loss_of(w * reparameterise(mu, logvar, noise)))):
    results.figure(name, td.draw(draw, backward=True, depth="ops", title=title).save)

# %% [markdown]
# ## Two estimators of one gradient
#
# We want d/dmu E_q[f(z)]. Pathwise (reparameterised): f'(z) dz/dmu, for a z that remembers. Score function (REINFORCE):
# f(z) d log q(z)/dmu, which needs no f' and works for words too, where there is no path. Both are right on average. But the
# score function learns from f's size alone: all D numbers of z share one f, so its noise grows with D, and with the mean of f
# subtracted (a baseline) too, only less. Here f = -|z - 1|^2 / 2, so the true gradient is 1 - mu for each number.

# %%
draws = 2000 if options.quick else 50_000
gradients, variances = {}, {"pathwise": [], "score function": [], "with a baseline": []}
sizes = (1, 2, 4, 8, 16, 32, 64)
for D in sizes:
    mean = td.zeros(draws, D, dtype=td.float64, requires_grad=True)  # one row for each draw: its gradient is that draw's
    log_variance, e = np.zeros((draws, D)), rng.standard_normal((draws, D))
    z = reparameterise(mean, log_variance, e)  # (N, D)
    f = -0.5 * ((z - 1) ** 2).sum(axis=1)  # (N,)
    log_q, size = log_normal(z.detach(), mean, log_variance), f.detach()
    for name, estimated in (("pathwise", f.sum()), ("score function", (size * log_q).sum()),
                            ("with a baseline", ((size - size.mean()) * log_q).sum())):
        (found,) = td.grad(estimated, mean, retain_graph=True)  # (N, D)
        gradients[name, D] = found.numpy()[:, 0]
        variances[name].append(found.numpy().var(axis=0, ddof=1).mean())
print(f"\nvariance of one draw's gradient\n{'numbers in z':20}" + "".join(f"{D:>10}" for D in sizes) + "   true gradient: 1")
for name, values in variances.items():
    print(f"{name:20}" + "".join(f"{v:10.2f}" for v in values) + f"   mean at 16: {gradients[name, 16].mean():.3f}")
    results.metric(**{f"variance_{name.replace(' ', '_')}_{D}": v for D, v in zip(sizes, values, strict=True)},
                   **{f"gradient_{name.replace(' ', '_')}": gradients[name, 16].mean()})
print(f"16 numbers: one pathwise draw is as good as {variances['score function'][4] / variances['pathwise'][4]:,.0f} others")

def draw_variances(axes: list) -> None:
    bins = np.linspace(-60, 60, 121)
    for k, name in enumerate(variances):
        axes[0].hist(gradients[name, 16], bins, density=True, histtype="step", log=True, color=COLOURS[k], linestyle=STROKES[k])
        axes[1].loglog(sizes, variances[name], color=COLOURS[k], linestyle=STROKES[k], marker="o", markersize=4, label=name)
    axes[0].axvline(1, color="#555555", linewidth=0.8)
    tidy(axes[0], "One draw's gradient, 16 numbers in z; true: 1", "gradient", "density")
    tidy(axes[1], "Variance", "numbers in z", "variance", legend=True)

results.figure("estimators.svg", panels(1, 2, draw_variances, width=4.4, height=3.2))

# %% [markdown]
# ## log p(x) = ELBO + D(q(z | x) || p(z | x)), to the last digit
#
# Ten values of z, a table for p(x | z): log p(x) is a sum. Whatever q is, ELBO and gap add up to it. D >= 0 since
# ln t <= t - 1 (see kl_divergence.py), so the ELBO is a lower bound; raising it over q closes the gap.

# %%
prior, likelihood = rng.dirichlet(np.ones(10)), rng.uniform(0.001, 1, 10)  # p(z), p(x | z) of the one x that was seen
log_p, log_joint = math.log((prior * likelihood).sum()), np.log(prior * likelihood)
logits = td.tensor(rng.normal(size=10), dtype=td.float64, requires_grad=True)
optimizer, rows = optim.Adam([logits], lr=0.1), []
for _ in tqdm(range(200), desc="q", leave=False):
    q = F.softmax(logits, axis=0)  # (10,)
    elbo = (q * (log_joint - td.log(q))).sum()
    rows.append((elbo.item(), kl_divergence(q.detach(), np.exp(log_joint - log_p)).item()))
    optimizer.zero_grad()
    (-elbo).backward()
    optimizer.step()
elbos, gaps = np.array(rows).T
print(f"\nlog p(x) = {log_p:.12f}")
for k in (0, 20, 199):
    print(f"step {k:3}: ELBO {elbos[k]:.12f} + gap {gaps[k]:.12f} = {elbos[k] + gaps[k]:.12f}")
results.metric(elbo_error=np.abs(elbos + gaps - log_p).max(), gap_first=gaps[0], gap_last=gaps[-1], smallest_gap=gaps.min())

# %% [markdown]
# ## The importance-weighted bound
#
# log of the mean of K weights p(x, z) / q(z), instead of the mean of the log of one: between the ELBO (K = 1) and log p(x),
# and the nearer the more draws; for large K the noise of the draws can put it above. Here q is the prior, as after a collapse.

# %%
counts, bounds = (1, 2, 5, 10, 50, 200, 1000), []
for K in counts:
    weights = likelihood[rng.choice(10, size=((100_000 if options.quick else 1_000_000) // K, K), p=prior)]  # (R, K)
    bounds.append(np.log(weights.mean(axis=1)).mean())
print(f"\nlog p(x) {log_p:.4f}; with q = p(z), " + ", ".join(f"K = {K}: {b:.4f}" for K, b in zip(counts, bounds, strict=True)))
results.metric(**{f"bound_{K}": b for K, b in zip(counts, bounds, strict=True)})
results.baseline(gradient_exact=1.0, log_p=log_p)

# %% [markdown]
# ## Which way does a VAE err?
#
# The notes say that a VAE "mainly optimises mode covering", D(data || model). That is its likelihood: a decoder that cannot
# have two modes lies over both. But the posterior's part is D(q || p(z | x)), the seeking direction: where x = z^2 + noise, the
# posterior has two modes, and a normal q takes one of them. Both by gradient, on a grid.

# %%
grid, cell = np.linspace(-6, 6, 1201), 0.01
log_posterior = log_normal(grid[:, None]) + log_normal(4.0, grid[:, None] ** 2, np.array([math.log(0.25)]))  # + log p(x)
log_posterior = log_posterior - math.log(np.exp(log_posterior).sum() * cell)  # p(z | x = 4), (G,)
data = sum(0.5 * np.exp(log_normal(grid[:, None], centre, np.array([-1.5]))) for centre in (-2.0, 2.0))  # (G,)
fits = {}
for name in ("likelihood", "posterior"):
    at, log_variance = td.tensor([0.5], dtype=td.float64, requires_grad=True), td.zeros(1, dtype=td.float64, requires_grad=True)
    optimizer = optim.Adam([at, log_variance], lr=0.05)
    for _ in tqdm(range(400), desc=name, leave=False):
        log_q = log_normal(grid[:, None], at, log_variance)  # (G,)
        loss = -(data * log_q).sum() * cell if name == "likelihood" else (td.exp(log_q) * (log_q - log_posterior)).sum() * cell
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    fits[name] = np.exp(log_q.numpy())
    left, std = fits[name][grid < 0].sum() * cell, math.exp(log_variance.item() / 2)
    results.metric(**{f"{name}_mean": at.item(), f"{name}_std": std, f"{name}_left_of_0": left})
    print(f"{name:10}: N({at.item():.2f}, {std:.2f}^2), of which {left:.2f} is left of 0; of its target 0.50 is")

def draw_bounds(axes: list) -> None:
    axes[0].plot(elbos, color=COLOURS[0])
    axes[0].fill_between(np.arange(200), elbos, log_p, color=COLOURS[0], alpha=0.2, linewidth=0)
    axes[0].annotate("shaded: D(q || p(z | x))", (3, 0.4 * elbos[3] + 0.6 * log_p), (45, (elbos[0] + log_p) / 2), fontsize=8,
                     arrowprops={"arrowstyle": "-", "linewidth": 0.7})
    tidy(axes[0], "The ELBO rises to log p(x) (dashed)", "step", "nats")
    axes[1].semilogx(counts, bounds, color=COLOURS[0], marker="o", markersize=4)
    tidy(axes[1], "So does the bound, q = p(z), with more draws", "K")
    for panel in axes[:2]:
        panel.axhline(log_p, color="#555555", linestyle=STROKES[3], linewidth=1)
    for panel, target, name, title in ((axes[2], data, "likelihood", "The likelihood covers"),
                                       (axes[3], np.exp(log_posterior), "posterior", "The posterior's q seeks")):
        panel.fill_between(grid, target, color="#CCCCCC", label="target")
        panel.plot(grid, fits[name], color=COLOURS[1], label="fitted normal")
        panel.set(xlim=(-5, 5), yticks=[], ylim=(0, 1.35 * max(target.max(), fits[name].max())))
        tidy(panel, title, "x" if name == "likelihood" else "z", legend=True)

results.figure("bounds.svg", panels(2, 2, draw_bounds, width=4.2, height=2.8))
results.write()
