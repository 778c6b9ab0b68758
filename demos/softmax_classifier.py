# %% [markdown]
# # The softmax classifier, and how many examples to look at before each step
#
# The lecture's multi-class classifier: logits z = W h + b, probabilities softmax(z), loss -log
# p[true class]. Here: how softmax survives large logits, why its gradient is simply p - y, what
# fusing it with the logarithm saves, and what minibatches buy.
#
#     python demos/softmax_classifier.py            of which topic of Python's manual is a sentence?
#     python demos/softmax_classifier.py --data mr  film reviews; also sst2, subj, waimai (Chinese)

# %%
import contextlib
import time
from collections.abc import Callable

import numpy as np

import tinydawn as td
from support import labelled
from support.classifier_settings import softmax_settings
from support.cpu_budget import CpuBudget
from support.labelled import batches, test_accuracy
from support.run import Results, arguments, parse
from support.softmax_figures import batches_figure, gradient_figure
from support.topics import load
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
results = Results("softmax_classifier", options, options.data or "topics of Python's manual")
data = load(options.data, options.seed, options.quick)
rng = np.random.default_rng(options.seed)

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
# ## The gradient is p - y
#
# Probabilities minus one-hot: each row sums to 0, what the right class is pushed up the others are
# pushed down, and a class that is already sure is left alone. Unfused, the same comes out of six
# ops one after the other.

# %%
logits = td.tensor(rng.normal(size=(4, 3)), requires_grad=True)  # (N, C)
targets = np.array([0, 2, 1, 1])  # (N,)
p = softmax(logits.data)  # (N, C)
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

print(f"\n{'':10}{'nodes':>7}{'from p - y':>13}{'ms for 700 x 2,000 logits':>28}")
for name, mode in (("fused", contextlib.nullcontext()), ("unfused", td.unfused())):
    with mode:
        loss = F.cross_entropy(logits, targets, reduction="sum")
        nodes = len(autograd.collect([loss._node]))
        (gradient,) = td.grad(loss, logits)  # (N, C)
        error = np.abs(gradient.data - (p - y)).max()
        ms = milliseconds(lambda: td.grad(F.cross_entropy(large, large_targets), large))
    print(f"{name:10}{nodes:7}{error:13.1e}{ms:28.1f}")
    results.metric(**{f"{name}_nodes": nodes, f"{name}_error": error, f"{name}_ms": ms})

results.figure("gradient.svg", gradient_figure(p, y, targets))

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
# The classifier is a bag of words: z = W x + b, where x counts the words. Every batch size gets
# the same CPU time for its steps of plain SGD, and a learning rate that suits it. The data are
# shuffled before every epoch. Of 600 texts all at once are cheap; of 8,500 reviews they are not,
# and a step on all of them is no 170 times better than one on fifty.

# %%
settings = softmax_settings(options.data, options.quick, options.epochs)
vocab = text.Vocab.build([words for words, _ in data.train], min_freq=settings.min_freq)
V, C, N = len(vocab), len(data.classes), len(data.train)
most = max(20, 16_000_000 // N)  # words of a text: what is all at once has to fit into memory

examples = [(words[:most], label) for words, label in data.train]

def train(size: int, lr: float) -> list[tuple[float, float, float, float]]:
    """Points of (CPU seconds, epochs, mean loss of batches since the last point, test accuracy)."""
    td.manual_seed(options.seed)
    model = BagOfWords(V, C)
    optimizer = optim.SGD(model.parameters(), lr=lr)
    points, losses, seen, epoch = [], [], 0, 0
    with CpuBudget(settings.seconds, f"batch {size}") as budget:
        while budget.left():
            for ids, labels in batches(examples, vocab, size, seed=epoch, max_tokens=N * most):
                with budget.spend():
                    loss = F.cross_entropy(model(ids), labels)  # (B, T) -> (B, C) -> ()
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                seen += len(labels)
                losses.append(loss.item())
                if budget.due():
                    accuracy = test_accuracy(model, data.test, vocab)
                    points.append((budget.used, seen / N, float(np.mean(losses)), accuracy))
                    losses = []
                if not budget.left():
                    break
            epoch += 1
    return points

baselines = labelled.baselines(results, data)
print(f"\n{N:,} texts, {V:,} words, {C} classes; majority {baselines['majority']:.3f}, "
      f"naive Bayes {baselines['naive_bayes']:.3f}; {settings.seconds:.1f} CPU s each")
paths = {}
for name, size, lr in zip(("1", "50", "all"), (1, 50, N), settings.learning_rates, strict=True):
    paths[name] = train(size, lr)

goal = 0.97 * max(accuracy for path in paths.values() for *_, accuracy in path)
print(f"{'batch':>8}{'epochs':>9}{'loss':>9}{'best test':>11}{'s to 97 % of the best of all':>31}")
for name, path in paths.items():
    _, epochs, loss, _ = path[-1]
    best = max(accuracy for *_, accuracy in path)
    reached = [f"{seconds:.2f}" for seconds, _, _, accuracy in path if accuracy >= goal]
    print(f"{name:>8}{epochs:9.1f}{loss:9.3f}{best:11.3f}{[*reached, 'not reached'][0]:>31}")
    results.metric(**{f"accuracy_batch_{name}": best, f"epochs_batch_{name}": epochs})

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
# its own, and only that of all examples goes straight down.

# %%
points = rng.normal(size=(200, 2)) * [1.0, 0.6]  # (N, 2)
values = points @ [1.0, -0.5] + rng.normal(size=200)  # (N,)

def loss_of(weights: np.ndarray) -> np.ndarray:
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
results.figure("batches.svg", batches_figure(paths, loss_of, walks, throughput))
results.write()
