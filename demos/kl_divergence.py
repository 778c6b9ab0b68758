# %% [markdown]
# # The Kullback-Leibler divergence, in both directions
#
# D(p || q) = E_p[log p(x) - log q(x)] says how much worse q predicts what p produces than p itself would. It has a
# direction. Fitting q by D(p || q) is maximum likelihood: q must be everywhere where p is. Fitting it by D(q || p) is what
# variational inference does: q must be nowhere where p is not. On a target with two modes the two give two answers.
#
#     python demos/kl_divergence.py                      a target of two normal distributions; made-up reviews
#     python demos/kl_divergence.py --data mr            the words of good and of bad film reviews

# %%
import math
from collections import Counter

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.panels import COLOURS, STROKES, panels, tidy
from support.run import Results, arguments, parse
from tinydawn import optim, text
from tinydawn.nn.divergence import kl_divergence, kl_monte_carlo, kl_normal

parser = arguments("Both directions of the Kullback-Leibler divergence, exact, sampled, and minimised.")
options = parse(parser)
results = Results("kl_divergence", options, options.data or "two normals, generated reviews")
labelled = text.load_labelled(options.data, options.seed)
rng = np.random.default_rng(options.seed)

# %% [markdown]
# ## A coin, and what zero does
#
# 0 log 0 counts as 0: what never happens costs nothing. But what p does and q holds impossible costs infinity.

# %%
fair, bent, heads = np.array([0.5, 0.5]), np.array([0.9, 0.1]), np.array([1.0, 0.0])
for name, p, q in (("fair || bent", fair, bent), ("bent || fair", bent, fair), ("heads || fair", heads, fair),
                   ("fair || heads", fair, heads)):
    print(f"D({name:13}) = {float(kl_divergence(p, q)):6.4f} nats")
results.metric(fair_bent=kl_divergence(fair, bent), bent_fair=kl_divergence(bent, fair))

# %% [markdown]
# ## Never negative, and why
#
# ln t <= t - 1, so -D(p || q) = sum p ln(q / p) <= sum p (q / p - 1) = sum q - sum p = 0. Single terms may be negative. The
# last step needs both sums to be 1: for weights that do not sum to 1, the terms - p + q belong to the definition.

# %%
p, q = rng.dirichlet(np.ones(6), size=(2, 10_000))  # (10000, 6)
smallest, terms = kl_divergence(p, q).min(), p * np.log(p / q)
weights = np.array([1.0, 1.0])
print(f"\n10,000 random pairs: smallest divergence {smallest:.5f}, smallest single term {terms.min():.3f}")
print(f"weights w = (1, 1): sum w log(w / 2w) = {np.sum(weights * np.log(0.5)):.3f}, which is no divergence; "
      f"with - w + 2w it is {kl_divergence(weights, 2 * weights, normalized=False):.3f}")
results.metric(smallest_divergence=smallest, smallest_term=terms.min())

# %% [markdown]
# ## The gap of the ELBO is a divergence
#
# The notes say that the ELBO is a lower bound. How much lower? For any q: log p(x) = ELBO + D(q || p(z | x)). On a z of four
# values everything can be added up.

# %%
prior, likelihood, q_z = (rng.dirichlet(np.ones(4)), rng.uniform(0.05, 1, 4), rng.dirichlet(np.ones(4)))  # p(z), p(x | z), q(z)
evidence = (prior * likelihood).sum()
elbo = (q_z * np.log(prior * likelihood / q_z)).sum()
gap = kl_divergence(q_z, prior * likelihood / evidence)
print(f"\nlog p(x) {math.log(evidence):.6f} = ELBO {elbo:.6f} + D(q || p(z|x)) {gap:.6f}")
results.metric(elbo_error=abs(math.log(evidence) - elbo - gap))

# %% [markdown]
# ## Two normal distributions: the formula, and drawing samples
#
# The error of an average of N draws falls as 1 / sqrt(N), and with few draws the estimate may well be negative.

# %%
def log_normal(x: td.Tensor | np.ndarray, mean: float | td.Tensor, std: float | td.Tensor) -> td.Tensor:
    return -0.5 * ((x - mean) / std) ** 2 - td.log(std * math.sqrt(2 * math.pi))  # of x's shape

exact = float(kl_normal(0.0, 1.0, 0.5, 1.5))
other = float(kl_normal(0.5, 1.5, 0.0, 1.0))
print(f"\nD(N(0, 1) || N(.5, 1.5)) = {exact:.4f}; the other way {other:.4f}\n{'draws':>9}{'estimate':>10}{'+-':>8}")
results.baseline(kl_normal_exact=exact)
for n in (10, 100, 10_000, 1_000_000):
    estimate, error = kl_monte_carlo(lambda x: log_normal(x, 0.0, np.float64(1)), lambda x: log_normal(x, 0.5, np.float64(1.5)),
                                     rng.normal(size=n))
    results.metric(**{f"kl_normal_{n}_draws": estimate})
    print(f"{n:9,}{estimate:10.4f}{error:8.4f}")

# %% [markdown]
# ## One normal distribution for two modes, by gradient descent
#
# The integral is a sum over a fine grid, so the loss has no noise. q has two parameters: its mean and the log of its
# standard deviation. The fisherman, D(p || q), throws a wide net: he fears to miss a mode. The sniper, D(q || p), takes one
# mode and hits it: he fears to be where p is not. Where q starts decides which. Started wide and near the middle, his q
# ends in a third valley, where it lies over both modes and the gap between them, at three times the price.

# %%
x = np.linspace(-15, 15, 3001)  # (X,)
cell = x[1] - x[0]
log_p = np.logaddexp(log_normal(x, -3, np.float64(0.7)), log_normal(x, 3, np.float64(0.7))) + math.log(0.5)
p = np.exp(log_p)

def fit(direction: str, mean: float, std: float, steps: int) -> list[tuple[float, float, float]]:
    """Mean, standard deviation and divergence after every step, from this mean and standard deviation."""
    mean, log_std = (td.tensor(v, dtype=td.float64, requires_grad=True) for v in (mean, math.log(std)))
    optimizer = optim.Adam([mean, log_std], lr=0.05)
    path = []
    for _ in tqdm(range(steps), desc=direction, leave=False):
        log_q = log_normal(x, mean, td.exp(log_std))  # (X,)
        loss = (p * (log_p - log_q)).sum() * cell if direction == "forward" else (td.exp(log_q) * (log_q - log_p)).sum() * cell
        path.append((mean.item(), math.exp(log_std.item()), loss.item()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return path

steps = 200 if options.quick else 400 * (options.epochs or 1)
starts = {"forward": ("forward", 1.0, 1.0), "reverse_right": ("reverse", 1.0, 1.0), "reverse_left": ("reverse", -1.0, 1.0),
          "reverse_wide": ("reverse", 1.0, 2.0)}
runs = {name: fit(*start, steps) for name, start in starts.items()}
print(f"\ntarget 0.5 N(-3, .7) + 0.5 N(3, .7): its mean is 0, its standard deviation {math.sqrt(9 + 0.49):.3f}")
print(f"{'fit by':23}{'from m':>8}{'s':>5}{'to m':>9}{'s':>7}{'KL':>8}")
for name, (direction, mean, std) in starts.items():
    m, s, kl = runs[name][-1]
    says = {"forward": "D(p || q), fisherman", "reverse": "D(q || p), sniper"}[direction]
    print(f"{says:23}{mean:8.1f}{std:5.1f}{round(m, 3) + 0:9.3f}{s:7.3f}{kl:8.4f}")
    results.metric(**{f"{name}_m": m, f"{name}_s": s, f"{name}_kl": kl})
results.baseline(forward_s=math.sqrt(9.49), reverse_kl_ln2=math.log(2))

# %%
def density(mean: float, std: float) -> np.ndarray:
    return np.exp(log_normal(x, mean, np.float64(std)))  # (X,)

def draw_fits(axes: list) -> None:
    frames = [0, *(round(steps * share) for share in (0.025, 0.05, 0.1))]
    for row, (name, key) in enumerate((("fisherman: D(p || q)", "forward"), ("sniper: D(q || p)", "reverse_right"))):
        for column, k in enumerate([*frames, -1]):
            m, s, kl = runs[key][k]
            panel = axes[row * 5 + column]
            panel.fill_between(x, p, color="#CCCCCC")
            panel.plot(x, density(m, s), color=COLOURS[row])
            panel.set_xlim(-9, 9)
            panel.set_ylim(0, 0.66)
            panel.set_yticks([])
            when = f"after {steps} steps" if k == -1 else f"step {k}"
            tidy(panel, f"{name}\n{when}" if column == 0 else f"\n{when}", f"m {round(m, 2) + 0:.2f}, s {s:.2f}, KL {kl:.3f}")

def draw_both(axes: list) -> None:
    axes[0].fill_between(x, p, color="#CCCCCC", label="target p")
    for k, (key, name) in enumerate((("forward", "D(p || q): covers both modes"), ("reverse_right", "D(q || p): seeks one mode"),
                                     ("reverse_left", "the same, from the left"))):
        axes[0].plot(x, density(*runs[key][-1][:2]), color=COLOURS[k], linestyle=STROKES[k], label=name)
    axes[0].set_xlim(-9, 9)
    axes[0].set_ylim(0, 0.95)
    tidy(axes[0], x="x", y="density", legend=True)

results.figure("fits.svg", panels(1, 1, draw_both, width=6.4, height=3.6))
results.figure("frames.svg", panels(2, 5, draw_fits, width=2.3, height=2.2))

# %% [markdown]
# ## Words: which of them tell two kinds of text apart
#
# p and q are the frequencies of words in texts of two classes. A word in one class alone makes the divergence infinite, so
# one is added to every count. The terms of the sum say which words pay.

# %%
first, second = len(labelled.classes) - 1, 0
counts = [Counter(word for words, label in labelled.train if label == k for word in words) for k in (first, second)]
vocabulary = sorted(set().union(*counts))
raw = np.array([[c[word] for word in vocabulary] for c in counts], float)  # (2, V)
raw_p, raw_q = raw / raw.sum(axis=1, keepdims=True)
word_p, word_q = (raw + 1) / (raw + 1).sum(axis=1, keepdims=True)  # (V,), (V,)
a, b = (str(labelled.classes[k]) for k in (first, second))
print(f"\n{len(vocabulary):,} words; {int((raw_p * (raw_q == 0) > 0).sum()):,} of {a!r} never occur in {b!r}: "
      f"without smoothing D = {kl_divergence(raw_p, raw_q):.3f}")
for one, two, u, v, name in ((a, b, word_p, word_q, "words_forward"), (b, a, word_q, word_p, "words_backward")):
    terms = u * np.log(u / v)
    paying = ", ".join(f"{vocabulary[i]} {terms[i]:.4f}" for i in np.argsort(-terms)[:8] if terms[i] > 0)
    print(f"D({one} || {two}) = {kl_divergence(u, v):.4f}; these words pay most: {paying}")
    results.metric(**{name: kl_divergence(u, v)})
order = rng.permutation(len(labelled.train))
halves = [Counter(word for i in order[k::2] for word in labelled.train[i][0]) for k in (0, 1)]
halves = np.array([[c[word] for word in vocabulary] for c in halves], float) + 1  # (2, V)
chance = kl_divergence(*(halves / halves.sum(axis=1, keepdims=True)))
print(f"between two random halves of the texts it is {chance:.4f}")
results.baseline(words_random_halves=chance)
results.write()
