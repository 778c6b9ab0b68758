# %% [markdown]
# # The Kullback-Leibler divergence, in both directions
#
# D(p || q) = E_p[log p(x) - log q(x)] says how much worse q predicts what p produces than p itself
# would. It has a direction. Fitting q by D(p || q) is maximum likelihood: q must be everywhere
# where p is. Fitting it by D(q || p) is what variational inference does: q must be nowhere where p
# is not. On a target with two modes the two give two answers: one covers, one seeks. A GAN is often
# named beside the second; what of that is true is computed below, with its own loss.
#
#     python demos/kl_divergence.py              two normal distributions; Python's manual
#     python demos/kl_divergence.py --data mr    the words of good and of bad film reviews

# %%
import math
from collections import Counter
from collections.abc import Callable

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.kl_figures import (
    fits_figure,
    frames_figure,
    largest_terms,
    no_minus_zero,
    two_kinds_of_text,
)
from support.run import Results, arguments, parse
from tinydawn import optim
from tinydawn.nn.divergence import kl_divergence, kl_monte_carlo, kl_normal

parser = arguments("Both directions of the Kullback-Leibler divergence, "
                   "exact, sampled, and minimised.")
options = parse(parser)
results = Results("kl_divergence", options, options.data or "two normals, pydoc_data.topics")
kinds, everything = two_kinds_of_text(options.data, options.seed)
rng = np.random.default_rng(options.seed)

# %% [markdown]
# ## A coin, and what zero does
#
# 0 log 0 counts as 0: what never happens costs nothing. But what p does and q holds impossible
# costs infinity.

# %%
fair = np.array([0.5, 0.5])
bent = np.array([0.9, 0.1])
heads = np.array([1.0, 0.0])
print(f"D(fair || bent ) = {kl_divergence(fair, bent):6.4f} nats")
print(f"D(bent || fair ) = {kl_divergence(bent, fair):6.4f} nats")
print(f"D(heads || fair) = {kl_divergence(heads, fair):6.4f} nats")
print(f"D(fair || heads) = {kl_divergence(fair, heads):6.4f} nats")
results.metric(fair_bent=kl_divergence(fair, bent), bent_fair=kl_divergence(bent, fair))

# %% [markdown]
# ## Never negative, and why
#
# ln t <= t - 1, so -D(p || q) = sum p ln(q / p) <= sum p (q / p - 1) = sum q - sum p = 0. Single
# terms may be negative. The last step needs the two sums to be equal: for weights whose sums
# differ, the terms - p + q belong to the definition.

# %%
p, q = rng.dirichlet(np.ones(6), size=(2, 10_000))  # (10000, 6)
terms = p * np.log(p / q)  # (10000, 6)
smallest = kl_divergence(p, q).min()  # (10000,) -> ()
print(f"\n10,000 random pairs: smallest divergence {smallest:.5f}, "
      f"smallest single term {terms.min():.3f}")

w = np.array([1.0, 1.0])
print(f"weights w = (1, 1): sum w log(w / 2w) = {np.sum(w * np.log(0.5)):.3f}, "
      "which is no divergence; "
      f"with - w + 2w it is {kl_divergence(w, 2 * w, normalized=False):.3f}")
results.metric(smallest_divergence=smallest, smallest_term=terms.min())

# %% [markdown]
# ## The gap of the ELBO is a divergence
#
# The notes say that the ELBO is a lower bound. How much lower? For any q: log p(x) = ELBO + D(q ||
# p(z | x)). On a z of four values everything can be added up.

# %%
prior = rng.dirichlet(np.ones(4))  # p(z)
likelihood = rng.uniform(0.05, 1, 4)  # p(x | z)
q_z = rng.dirichlet(np.ones(4))  # q(z)
joint = prior * likelihood  # p(x, z)
evidence = joint.sum()  # p(x)
elbo = (q_z * np.log(joint / q_z)).sum()
gap = kl_divergence(q_z, joint / evidence)  # D(q || p(z | x))
print(f"\nlog p(x) {math.log(evidence):.6f} = ELBO {elbo:.6f} + D(q || p(z|x)) {gap:.6f}")
results.metric(elbo_error=abs(math.log(evidence) - elbo - gap))

# %% [markdown]
# ## Two normal distributions: the formula, and drawing samples
#
# The error of an average of N draws falls as 1 / sqrt(N). The divergence is never negative, but an
# estimate of it may be: of 10 draws each about one time in ten, of 100 hardly ever
# [0.09 < negative_of_10_draws < 0.12 and negative_of_100_draws < 0.002].

# %%
def log_normal(x: td.Tensor | np.ndarray, mean: float | td.Tensor,
               std: float | td.Tensor) -> td.Tensor:
    return -0.5 * ((x - mean) / std) ** 2 - td.log(std * math.sqrt(2 * math.pi))  # of x's shape

def log_p_normal(x: np.ndarray) -> np.ndarray:
    return log_normal(x, 0.0, np.float64(1))

def log_q_normal(x: np.ndarray) -> np.ndarray:
    return log_normal(x, 0.5, np.float64(1.5))

exact = float(kl_normal(0.0, 1.0, 0.5, 1.5))
other = float(kl_normal(0.5, 1.5, 0.0, 1.0))
print(f"\nD(N(0, 1) || N(.5, 1.5)) = {exact:.4f}; the other way {other:.4f}")
print(f"{'draws':>9}{'estimate':>10}{'+-':>8}")
results.baseline(kl_normal_exact=exact)
for n in (10, 100, 10_000, 1_000_000):
    draws = rng.normal(size=n)  # from p
    estimate, error = kl_monte_carlo(log_p_normal, log_q_normal, draws)
    print(f"{n:9,}{estimate:10.4f}{error:8.4f}")
    results.metric(**{f"kl_normal_{n}_draws": estimate})

for n in (10, 100):
    draws = rng.normal(size=(10_000, n))  # 10,000 estimates of n draws each
    estimates = (log_p_normal(draws) - log_q_normal(draws)).mean(axis=1)  # (10000,)
    negative = (estimates < 0).mean()
    print(f"of 10,000 estimates of {n} draws each {negative:.2%} are negative")
    results.metric(**{f"negative_of_{n}_draws": negative})

# %% [markdown]
# ## One normal distribution for two modes, by gradient descent
#
# The integral is a sum over a fine grid, so the loss has no noise. q has two parameters: its mean
# and the log of its standard deviation. The fisherman, D(p || q), throws a wide net over both
# modes: he fears to miss one [abs(forward_m) < 0.01 and forward_s > 4 * 0.7]. The sniper, D(q ||
# p), takes one mode and hits it: he fears to be where p is not [abs(reverse_right_s - 0.7) < 0.01].
# Where q starts decides which mode [reverse_right_m > 2.9 and reverse_left_m < -2.9]. Started wide
# and near the middle, his q ends in a third valley, over both modes and the gap between them, at
# three times the price [reverse_wide_kl > 3 * reverse_right_kl].

# %%
x = np.linspace(-15, 15, 3001)  # (X,)
width = x[1] - x[0]
left, right = log_normal(x, -3, np.float64(0.7)), log_normal(x, 3, np.float64(0.7))  # (X,)
log_p = np.logaddexp(left, right) + math.log(0.5)  # (X,)
p = np.exp(log_p)  # (X,)

def forward_divergence(log_q: td.Tensor) -> td.Tensor:
    return (p * (log_p - log_q)).sum() * width  # D(p || q): (X,) -> ()

def reverse_divergence(log_q: td.Tensor) -> td.Tensor:
    return (td.exp(log_q) * (log_q - log_p)).sum() * width  # D(q || p): (X,) -> ()

# %% [markdown]
# ## And a GAN?
#
# The notes name it beside the sniper. Its discriminator tells true x from made ones; the best one
# there is says "true" with D(x) = p(x) / (p(x) + q(x)). Two losses are in use for what makes x:
#
# * the original, E_q[log(1 - D)]. With the best D its game is worth 2 JS(p, q) - 2 ln 2, where JS,
#   Jensen and Shannon's divergence, is neither direction of KL. Here JS finds both modes or one
#   nearly as good [abs(js_one_mode - js_both_modes) < 0.01], and from m = -1, s = 1 it covers
#   both [js_s > 4 * 0.7];
# * the usual one, -E_q[log D]. With D held still its gradient is that of D(q || p) - 2 JS(p, q)
#   (Arjovsky and Bottou 2017) [gan_gradient_error < 1e-9]: the reverse KL is in it, and from the
#   same start it seeks [abs(gan_s - 0.7) < 0.01 and abs(gan_m) > 2.9].
#
# So, from this one start, "a GAN seeks" is true of the loss in use and not of the original one: it
# is no law of the game. Two trained networks, with a discriminator that is never the best, also
# lose modes for reasons of their own.

# %%
def js_divergence(log_q: td.Tensor) -> td.Tensor:
    q = td.exp(log_q)  # (X,)
    log_middle = td.log((p + q) / 2)  # (X,)
    return 0.5 * ((p * (log_p - log_middle)).sum() + (q * (log_q - log_middle)).sum()) * width

def generator_loss(log_q: td.Tensor) -> td.Tensor:
    log_d = log_p - np.logaddexp(log_p, log_q.numpy())  # (X,): the best D, held still
    return -(td.exp(log_q) * log_d).sum() * width  # -E_q[log D]

# %%
LOSSES = {"forward": forward_divergence, "reverse": reverse_divergence, "js": js_divergence,
          "gan": generator_loss}

def fit(direction: str, mean: float, std: float, steps: int) -> list[tuple[float, float, float]]:
    """Mean, standard deviation and loss at every step, from this start."""
    m = td.tensor(mean, dtype=td.float64, requires_grad=True)
    log_s = td.tensor(math.log(std), dtype=td.float64, requires_grad=True)
    optimizer = optim.Adam([m, log_s], lr=0.05)
    path = []
    for _ in tqdm(range(steps), desc=direction, leave=False):
        log_q = log_normal(x, m, td.exp(log_s))  # (X,)
        loss = LOSSES[direction](log_q)  # ()
        path.append((m.item(), math.exp(log_s.item()), loss.item()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return path

# %%
steps = 200 if options.quick else 400 * (options.epochs or 1)
starts = {
    "forward": ("forward", 1.0, 1.0),
    "reverse_right": ("reverse", 1.0, 1.0),
    "reverse_left": ("reverse", -1.0, 1.0),
    "reverse_wide": ("reverse", 1.0, 2.0),
    "js": ("js", -1.0, 1.0),
    "gan": ("gan", -1.0, 1.0),
}
runs = {name: fit(*start, steps) for name, start in starts.items()}

print("\ntarget 0.5 N(-3, .7) + 0.5 N(3, .7): its mean is 0, its standard deviation "
      f"{math.sqrt(9 + 0.49):.3f}")
print(f"{'fit by':27}{'from m':>8}{'s':>5}{'to m':>9}{'s':>7}{'loss':>8}")
titles = {"forward": "D(p || q), fisherman", "reverse": "D(q || p), sniper",
          "js": "JS(p, q)", "gan": "-E_q[log D], a GAN's"}
for name, (direction, from_m, from_s) in starts.items():
    m, s, loss = runs[name][-1]
    print(f"{titles[direction]:27}{from_m:8.1f}{from_s:5.1f}{no_minus_zero(m, 3):9.3f}{s:7.3f}"
          f"{loss:8.4f}")
    is_kl = direction in ("forward", "reverse")
    results.metric(**{f"{name}_m": m, f"{name}_s": s, f"{name}_{'kl' if is_kl else 'loss'}": loss})
results.baseline(forward_s=math.sqrt(9.49), reverse_kl_ln2=math.log(2))


# %% [markdown]
# What the GAN's two losses are, checked: JS of both answers, and the identity of the gradients at
# a q of no importance.

# %%
def slopes(loss_of: Callable[[td.Tensor], td.Tensor]) -> np.ndarray:
    """dLoss/dm and dLoss/ds at N(1, 1.5)."""
    m, s = (td.tensor(value, dtype=td.float64, requires_grad=True) for value in (1.0, 1.5))
    return np.array([slope.item() for slope in td.grad(loss_of(log_normal(x, m, s)), [m, s])])

generator = slopes(generator_loss)
difference = slopes(reverse_divergence) - 2 * slopes(js_divergence)
print(f"\ngradient at N(1, 1.5): of -E_q[log D] {generator}, of D(q || p) - 2 JS {difference}")
js = {"one_mode": js_divergence(log_normal(x, 3.0, td.tensor(0.7, dtype=td.float64))).item(),
      "both_modes": js_divergence(log_normal(x, 0.0, td.tensor(math.sqrt(9.49)))).item()}
results.metric(gan_gradient_error=np.abs(generator - difference).max(),
               js_one_mode=js["one_mode"], js_both_modes=js["both_modes"])
print(f"JS of one mode {js['one_mode']:.4f}, of both {js['both_modes']:.4f}")
results.shows("From this start -E_q[log D] seeks: with the best discriminator it takes one mode",
              "abs(gan_m) > 2.9 and abs(gan_s - 0.7) < 0.01")

# %%
def density(mean: float, std: float) -> np.ndarray:
    return np.exp(log_normal(x, mean, np.float64(std)))  # (X,)

fitted = {
    "D(p || q): covers both modes": density(*runs["forward"][-1][:2]),
    "D(q || p): seeks one mode": density(*runs["reverse_right"][-1][:2]),
    "a GAN's -E_q[log D]: seeks too (started at the left)": density(*runs["gan"][-1][:2]),
}
results.figure("fits.svg", fits_figure(x, p, fitted))
shown = {"fisherman: D(p || q)": runs["forward"], "sniper: D(q || p)": runs["reverse_right"]}
results.figure("frames.svg", frames_figure(x, p, shown, density))

# %% [markdown]
# ## Words: one chapter beside the whole manual
#
# p and q are the frequencies of words. By default p is of the chapter of Python's manual about the
# methods of strings, and q of the whole manual, this chapter too. So what p does, q does: D(p || q)
# is finite [words_forward_unsmoothed < 1]. Most words of the manual never come in the chapter, so
# D(q || p) is infinite: a model of the chapter holds them impossible [unseen_words > 1000]. With a
# hundredth added to every count both are finite, and still differ [words_backward > 1.3 *
# words_forward]; both are more than what two random halves of the manual differ by [words_forward >
# 2 * words_random_halves]. The terms of the sum say which words pay: one way the words of strings,
# the other way those that the chapter lacks.

# %%
ADDED = 0.01  # to every count

def count_words(texts: list[list[str]]) -> Counter[str]:
    return Counter(word for words in texts for word in words)

def frequencies(counts: np.ndarray) -> np.ndarray:
    return counts / counts.sum()  # (V,)

(first, of_first), (second, of_second) = ((name, count_words(texts)) for name, texts in kinds)
vocabulary = sorted(of_first.keys() | of_second.keys())
print()
raw_p = np.array([of_first[word] for word in vocabulary], float)  # (V,)
raw_q = np.array([of_second[word] for word in vocabulary], float)  # (V,)
for name, a, other, b in ((first, raw_p, second, raw_q), (second, raw_q, first, raw_p)):
    unseen = int(((a > 0) & (b == 0)).sum())
    print(f"{len(vocabulary):,} words; {unseen:,} of {str(name)!r} never occur in {str(other)!r}: "
          f"without smoothing D = {kl_divergence(frequencies(a), frequencies(b)):.3f}")
if np.isfinite(raw := kl_divergence(frequencies(raw_p), frequencies(raw_q))):
    results.metric(words_forward_unsmoothed=raw)

p, q = frequencies(raw_p + ADDED), frequencies(raw_q + ADDED)  # (V,), (V,)
there, back = kl_divergence(p, q), kl_divergence(q, p)
print(f"D({first} || {second}) = {there:.4f}; these words pay most: "
      f"{largest_terms(p * np.log(p / q), vocabulary)}")
print(f"D({second} || {first}) = {back:.4f}; these words pay most: "
      f"{largest_terms(q * np.log(q / p), vocabulary)}")
results.metric(words_forward=there, words_backward=back, unseen_words=unseen)

# %%
order = rng.permutation(len(everything))
halves = []
for part in (order[0::2], order[1::2]):
    counts = count_words([everything[i] for i in part])
    halves.append(frequencies(np.array([counts[word] + ADDED for word in vocabulary])))  # (V,)
chance = kl_divergence(*halves)
print(f"between two random halves of the texts it is {chance:.4f}")
results.baseline(words_random_halves=chance)
results.write()
