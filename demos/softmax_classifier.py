# %% [markdown]
# # The softmax classifier, and how many examples to look at before each step
#
# The lecture's multi-class classifier: logits z = W h + b, probabilities softmax(z), loss -log
# p[true class]. Here: how softmax survives large logits, why its gradient is simply p - y, what
# fusing it with the logarithm saves, and what minibatches buy.
#
#     python demos/softmax_classifier.py            made-up texts of words of Python's manual
#     python demos/softmax_classifier.py --data mr  film reviews; also sst2, subj, waimai (Chinese)

# %%
import itertools
import time
from collections.abc import Callable

import numpy as np

import tinydawn as td
from support import labelled
from support.classifier_settings import softmax_settings
from support.cpu_budget import CpuBudget
from support.labelled import batches, predict
from support.many_texts import load
from support.run import Results, arguments, parse
from support.softmax_figures import batches_figure, gradient_figure
from tinydawn import autograd, optim, text
from tinydawn.models import BagOfWords
from tinydawn.nn import functional as F

# %% [markdown]
# ## The max trick
#
# exp(1000) is infinite, and infinity over infinity is NaN. Dividing numerator and denominator by
# exp(max) changes nothing on paper. The max must be each row's own: with the largest of the whole
# batch, rows with small logits become 0 / 0. And where the logarithm is wanted, it is taken on
# paper too: log softmax = z - max - log sum exp(z - max); exp first and log then gives log 0.

# %%
def naive(z: np.ndarray) -> np.ndarray:
    e = np.exp(z)  # (N, C)
    return e / e.sum(axis=-1, keepdims=True)  # (N, C) / (N, 1) -> (N, C)

def softmax(z: np.ndarray) -> np.ndarray:
    return naive(z - z.max(axis=-1, keepdims=True))  # (N, C) - (N, 1) -> (N, C)

def log_softmax(z: np.ndarray) -> np.ndarray:
    shifted = z - z.max(axis=-1, keepdims=True)  # (N, C)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))  # (N, C)

parser = arguments("A linear softmax classifier: numerics, gradient, minibatches.")
options = parse(parser)
results = Results("softmax_classifier", options, options.data or "words of Python's manual")
data, best = load(options.data, options.seed, options.quick)
rng = np.random.default_rng(options.seed)

# %%
z = np.array([[1000.0, 1001.0], [0.0, 1.0]])  # (N, C)
np.testing.assert_allclose(softmax(z), F.softmax(z))  # the library has the same
with np.errstate(all="ignore"):
    rows = {
        "exp(z) / sum": naive(z),
        "minus the batch's max": naive(z - z.max()),
        "minus the row's max": softmax(z),
    }
    then_log = np.log(softmax(np.array([0.0, 1000.0])))
print(f"{'softmax of':24}{'[1000, 1001]':>20}{'[0, 1]':>20}")
for name, p in rows.items():
    print(f"{name:24}" + "".join(f"{np.array2string(row, precision=3):>20}" for row in p))
in_one = log_softmax(np.array([0.0, 1000.0]))
print(f"log softmax of [0, 1000]: exp then log {then_log}, in one {in_one}")
results.metric(softmax_1000=rows["minus the row's max"][0, 0])

# %% [markdown]
# ## The gradient is p - y, in the notes' two cases
#
# The right class is c. L = -log p_c = -z_c + log sum_k exp(z_k). The second part has the slope
# exp(z_i) / sum = p_i for every class. The first part holds z_c alone:
#
# * i = c: dL/dz_i = -1 + p_i, below 0: this logit is pushed up;
# * i != c: dL/dz_i = p_i, above 0: these are pushed down.
#
# With y = 1 for the right class and 0 for the others both are p_i - y_i.

# %%
CLASSES = ["sport", "music", "food"]
c = CLASSES.index("music")  # the right one
z = np.array([2.0, 1.0, -1.0])  # (C,), a model that thinks it is sport
p = softmax(z)  # (C,)

def loss_of(z: np.ndarray) -> float:
    return -z[c] + np.log(np.exp(z).sum())

print(f"\n{'class':8}{'z_i':>6}{'p_i':>8}   {'case':8}{'formula':>12}{'dL/dz_i':>10}"
      f"{'measured':>10}")
h, errors = 1e-6, []
for i in range(3):
    if i == c:
        case, formula, slope = "i = c", "p_i - 1", p[i] - 1
    else:
        case, formula, slope = "i != c", "p_i", p[i]
    step = h * np.eye(3)[i]  # (C,)
    measured = (loss_of(z + step) - loss_of(z - step)) / (2 * h)
    errors.append(abs(slope - measured))
    print(f"{CLASSES[i]:8}{z[i]:6.1f}{p[i]:8.3f}   {case:8}{formula:>12}{slope:10.3f}"
          f"{measured:10.3f}")
results.metric(slope_of_the_right_class=p[c] - 1, slope_of_another_class=p[0],
               cases_error=max(errors), slopes_sum=(p - np.eye(3)[c]).sum())

# %% [markdown]
# What is pushed up and what is pushed down sum to 0 [abs(slopes_sum) < 1e-9]. Where the right class
# is sure already, its p near 1, hardly anything is pushed. Fused, one op computes p - y at once
# [fused_nodes == 2]; unfused, the same comes out of nine ops one after the other
# [unfused_nodes == 10]: a node more each time, of the logits. Both are p - y to the last digits
# [fused_error < 1e-12 and unfused_error < 1e-12], and fused is quicker [fused_ms < unfused_ms].

# %%
logits = td.tensor(rng.normal(size=(4, 3)), requires_grad=True)  # (N, C)
targets = np.array([0, 2, 1, 1])  # (N,)
p = softmax(logits.numpy())  # (N, C)
y = np.eye(3)[targets]  # (N, C), one-hot
large = td.randn(700, 2000, requires_grad=True)  # (N, C)
large_targets = rng.integers(0, 2000, 700)  # (N,)

def milliseconds(compute: Callable[[], object]) -> float:
    """Of CPU, the least of ten times."""
    times = []
    for _ in range(10):
        started = time.process_time()
        compute()
        times.append(1000 * (time.process_time() - started))
    return min(times)

def compare(name: str) -> None:
    loss = F.cross_entropy(logits, targets, reduction="sum")
    nodes = len(autograd.collect([loss._node]))
    (gradient,) = td.grad(loss, logits)  # (N, C)
    error = np.abs(gradient.numpy() - (p - y)).max()
    ms = milliseconds(lambda: td.grad(F.cross_entropy(large, large_targets), large))
    print(f"{name:10}{nodes:7}{error:13.1e}{ms:28.1f}")
    results.metric(**{f"{name}_nodes": nodes, f"{name}_error": error, f"{name}_ms": ms})

# %%
print(f"\n{'':10}{'nodes':>7}{'from p - y':>13}{'ms for 700 x 2,000 logits':>28}")
compare("fused")
with td.unfused():
    compare("unfused")

results.figure("gradient.svg", gradient_figure(p, y, [CLASSES[k] for k in targets], CLASSES))

# %% [markdown]
# Padding has no class: its target is -100, and the loss is the mean over the targets that count.

# %%
alone = F.cross_entropy(logits, targets).item()
with_padding = np.concatenate([targets, [-100] * 4])  # (2N,)
padded = F.cross_entropy(td.cat([logits, logits]), with_padding, ignore_index=-100).item()
print(f"four targets and four of padding: mean over those that count {padded:.4f}, without padding "
      f"{alone:.4f}; over all eight it would be {padded / 2:.4f}")
results.metric(padding_difference=abs(padded - alone))

# %% [markdown]
# ## One example, fifty, or all, before each step
#
# The classifier is a bag of words: z = W x + b, where x counts the words. Of 16,000 texts each
# word is drawn from how often words come in one of ten topics, so the least loss that anybody can
# have is known. First the gradient itself: how far is that of a few texts from that of all? In an
# average of B texts the noise falls as 1 / sqrt(B) [abs(noise_batch_1 / noise_batch_50 - 50**0.5)
# < 1.5]: fifty times the texts for a seventh of the noise.

# %%
settings = softmax_settings(options.data, options.quick, options.epochs)
vocab = text.Vocab.build([words for words, _ in data.train], min_freq=settings.min_freq)
V, C, N = len(vocab), len(data.classes), len(data.train)
most = max(20, 16_000_000 // N)  # words of a text: what is all at once has to fit into memory
examples = [(words[:most], label) for words, label in data.train]

def gradient_of(model: BagOfWords, chosen: list[tuple[list[str], int]]) -> np.ndarray:
    """dL/dW (V, C) of the mean loss of some texts."""
    ids, labels = next(batches(chosen, vocab, len(chosen), max_tokens=N * most))
    loss = F.cross_entropy(model(ids), labels)  # (B, T) -> (B, C) -> ()
    (gradient,) = td.grad(loss, model.embedding.weight)
    return gradient.numpy()

td.manual_seed(options.seed)
start = BagOfWords(V, C)
of_all = gradient_of(start, examples)  # (V, C)
noise = {}
for size in (1, 5, 50, 500):
    picks = [rng.choice(N, size, replace=False) for _ in range(20 if options.quick else 100)]
    errors = [gradient_of(start, [examples[i] for i in pick]) - of_all for pick in picks]
    noise[size] = np.sqrt(np.mean([(e**2).sum() for e in errors]) / (of_all**2).sum())
    results.metric(**{f"noise_batch_{size}": noise[size]})
print("\nthe noise of a gradient, beside its length: "
      + ", ".join(f"{noise[size]:.2f} of {size}" for size in noise))

# %% [markdown]
# Now the training. Every batch size gets the same CPU time for its steps of plain SGD, and a
# learning rate that suits it; the texts are shuffled before every epoch. The goal is the loss half
# way from the random start to the least there can be. In this run, of one seed, fifty at a time
# are there several times sooner than all [5 * seconds_to_goal_batch_50 <
# seconds_to_goal_batch_all], in a small share of the passes over the data [20 *
# epochs_to_goal_batch_50 < epochs_to_goal_batch_all]. A step on fifty texts takes less than three
# times as long as a step on one [ms_step_batch_50 < 3 * ms_step_batch_1]: that is the bargain. A
# step on all of them takes more than ten times as long as one on fifty [ms_step_batch_all > 10 *
# ms_step_batch_50], and goes not so much further.
#
# Naive Bayes, which only counts, is not beaten [accuracy_batch_50 < naive_bayes_accuracy + 0.02]:
# here each word is drawn by itself, as it assumes. The point of this lesson is the time.

# %%
truth = np.array([label for _, label in data.test])  # (N,)

def tested(model: BagOfWords) -> tuple[float, float]:
    """Loss and accuracy on the test texts."""
    logits = predict(model, data.test, vocab)  # (N, C)
    return float(F.cross_entropy(logits, truth)), float((logits.argmax(axis=1) == truth).mean())

# %%
def train(size: int, lr: float) -> tuple[list[tuple[float, float, float, float]], float]:
    """Points of (CPU seconds, epochs, test loss, test accuracy), and ms of CPU for a step."""
    td.manual_seed(options.seed)
    model = BagOfWords(V, C)
    optimizer = optim.SGD(model.parameters(), lr=lr)
    points, steps, seen, epoch = [(0.0, 0.0, *tested(model))], 0, 0, 0
    with CpuBudget(settings.seconds, f"batch {size}", measurements=50) as budget:
        while budget.left():
            for ids, labels in batches(examples, vocab, size, seed=epoch, max_tokens=N * most):
                with budget.spend():
                    loss = F.cross_entropy(model(ids), labels)  # (B, T) -> (B, C) -> ()
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                steps, seen = steps + 1, seen + len(labels)
                if budget.due():
                    points.append((budget.used, seen / N, *tested(model)))
                if not budget.left():
                    break
            epoch += 1
    return points, 1000 * budget.used / steps

# %%
baselines = labelled.baselines(results, data)
results.baseline(**best)
print(f"\n{N:,} texts, {V:,} words, {C} classes; majority {baselines['majority']:.3f}, "
      f"naive Bayes {baselines['naive_bayes']:.3f}; {settings.seconds:.1f} CPU s each")
paths = {}
for name, size, lr in zip(("1", "50", "all"), (1, 50, N), settings.learning_rates, strict=True):
    paths[name], ms = train(size, lr)
    results.metric(**{f"ms_step_batch_{name}": ms})

# %%
least = best.get("loss_true", min(loss for path in paths.values() for *_, loss, _ in path))
goal = (paths["50"][0][2] + least) / 2  # half way from the start
results.baseline(loss_goal=goal)

def crossing(path: list[tuple[float, float, float, float]]) -> tuple[float, float] | None:
    """CPU seconds and epochs to the goal, on the straight line between two measurements."""
    for before, after in itertools.pairwise(path):
        if after[2] <= goal:
            share = (before[2] - goal) / (before[2] - after[2])
            return tuple(before[i] + share * (after[i] - before[i]) for i in (0, 1))
    return None

# %%
print(f"goal: a test loss of {goal:.3f}; nobody can be below {least:.3f}" if best else
      f"goal: a test loss of {goal:.3f}, half way to the least that is reached here")
print(f"{'batch':>8}{'s to the goal':>15}{'epochs to it':>14}{'loss at the end':>17}"
      f"{'accuracy':>10}")
for name, path in paths.items():
    *_, loss, accuracy = path[-1]
    there = crossing(path)
    seconds, epochs = there or (settings.seconds, path[-1][1])
    shown = f"{seconds:15.2f}{epochs:14.1f}" if there else f"{'not reached':>15}{'':14}"
    print(f"{name:>8}{shown}{loss:17.3f}{accuracy:10.3f}")
    results.metric(**{f"accuracy_batch_{name}": accuracy, f"loss_batch_{name}": loss,
                      f"epochs_batch_{name}": path[-1][1], f"epochs_to_goal_batch_{name}": epochs,
                      f"seconds_to_goal_batch_{name}": seconds})
results.shows("fifty at a time reach the goal several times sooner than all at once",
              "5 * seconds_to_goal_batch_50 < seconds_to_goal_batch_all")

# %% [markdown]
# ## Why a batch is cheap: one product of matrices for many examples
#
# The notes put the columns x side by side into a matrix; here the examples are rows, (N, d), so H
# = X Wᵀ.

# %%
W, X = td.randn(256, 256), td.randn(256, 256)
throughput = []
for size in (1, 2, 4, 8, 16, 32, 64, 128, 256):
    repeats = max(4, 2048 // size)
    started = time.process_time()
    for _ in range(repeats):
        td.tanh(F.linear(X[:size], W))  # (N, d) -> (N, d)
    seconds = time.process_time() - started
    throughput.append((size, 1e6 * seconds / repeats / size))
print("\nmicroseconds per example of tanh(X Wᵀ), 256 -> 256: "
      + ", ".join(f"{us:.1f} at N = {size}" for size, us in throughput[::4]))
results.metric(us_per_example_1=throughput[0][1], us_per_example_256=throughput[-1][1])

# %% [markdown]
# ## The smaller the batch, the less straight the way
#
# 60 steps of SGD on a linear fit of 200 examples in two dimensions: each batch has a gradient of
# its own, and only that of all examples always stands square on the contours of the loss.

# %%
points = rng.normal(size=(200, 2)) * [1.0, 0.6]  # (N, 2)
values = points @ [1.0, -0.5] + rng.normal(size=200)  # (N,)

def surface(weights: np.ndarray) -> np.ndarray:
    return ((points @ weights.T - values[:, None]) ** 2).mean(axis=0)  # (M, 2) -> (N, M) -> (M,)

def walk(size: int) -> np.ndarray:
    path, w = [], np.array([-1.5, 2.0])  # (2,)
    for _ in range(60):
        rows = rng.choice(200, size, replace=False)  # (B,)
        error = points[rows] @ w - values[rows]  # (B, 2) @ (2,) -> (B,)
        gradient = 2 * points.T[:, rows] @ error / size  # (2, B) @ (B,) -> (2,)
        path.append(w)
        w = w - 0.12 * gradient
    return np.array(path)  # (60, 2)

walks = {size: walk(size) for size in (1, 32, 200)}
results.figure("batches.svg", batches_figure(paths, goal, noise, surface, walks, throughput))
results.write()
