# %% [markdown]
# # The softmax classifier, and how many examples to look at before each step
#
# The lecture's multi-class classifier: logits z = W h + b, probabilities softmax(z), loss -log p[true class]. Here: how softmax
# survives large logits, why its gradient is simply p - y, what fusing it with the logarithm saves, and what minibatches buy.
#
#     python demos/softmax_classifier.py                 which topic of Python's manual is a sentence from?
#     python demos/softmax_classifier.py --data mr       film reviews; also sst2, subj, waimai (Chinese, by character)

# %%
import contextlib
import time

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.labelled import baselines as counting_baselines
from support.labelled import batches, predict
from support.panels import COLOURS, STROKES, heat, panels, tidy
from support.run import Results, arguments, parse
from support.topics import load
from tinydawn import autograd, optim, text
from tinydawn.models import BagOfWords
from tinydawn.nn import functional as F

parser = arguments("A linear softmax classifier: numerics, gradient, minibatches.")
options = parse(parser)
results = Results("softmax_classifier", options, options.data or "topics of Python's manual")
data = load(options.data, options.seed, options.quick)
rng = np.random.default_rng(options.seed)

# %% [markdown]
# ## The max trick
#
# exp(1000) is infinite, and infinity over infinity is NaN. Dividing numerator and denominator by exp(max) changes nothing on
# paper. The max must be each row's own: with the largest of the whole batch, rows with small logits become 0 / 0. And where
# the logarithm is wanted, it is taken on paper too: log softmax = z - max - log sum exp(z - max); exp first and log then
# gives log 0.

# %%
def naive(z: np.ndarray) -> np.ndarray:
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)

z = np.array([[1000.0, 1001.0], [0.0, 1.0]])  # (N, C)
with np.errstate(all="ignore"):
    rows = {"exp(z) / sum": naive(z), "minus the batch's max": naive(z - z.max()), "minus the row's max": F.softmax(z)}
    then_log = np.log(F.softmax(np.array([0.0, 1000.0])))
print(f"{'softmax of':24}{'[1000, 1001]':>20}{'[0, 1]':>20}")
for name, p in rows.items():
    print(f"{name:24}" + "".join(f"{np.array2string(row, precision=3):>20}" for row in p))
print(f"log softmax of [0, 1000]: exp then log {then_log}, in one {F.log_softmax(np.array([0.0, 1000.0]))}")
results.metric(softmax_1000=rows["minus the row's max"][0, 0])

# %% [markdown]
# ## The gradient is p - y
#
# Probabilities minus one-hot: each row sums to 0, what the right class is pushed up the others are pushed down, and a class
# that is already sure is left alone. Unfused, the same comes out of six ops one after the other.

# %%
logits, targets = td.tensor(rng.normal(size=(4, 3)), requires_grad=True), np.array([0, 2, 1, 1])
p, y = F.softmax(logits).data, np.eye(3)[targets]  # (N, C), (N, C)
big, wanted = td.randn(700, 2000, requires_grad=True), rng.integers(0, 2000, 700)
print(f"\n{'':10}{'nodes':>7}{'from p - y':>13}{'ms for 700 x 2,000 logits':>28}")
for name, mode in (("fused", contextlib.nullcontext()), ("unfused", td.unfused())):
    with mode:
        loss, times = F.cross_entropy(logits, targets, reduction="sum"), []
        nodes = len(autograd.collect([loss._node]))
        error = np.abs(td.grad(loss, logits)[0].data - (p - y)).max()
        for _ in range(10):
            started = time.process_time()
            td.grad(F.cross_entropy(big, wanted), big)
            times.append(1000 * (time.process_time() - started))
    print(f"{name:10}{nodes:7}{error:13.1e}{min(times):28.1f}")
    results.metric(**{f"{name}_nodes": nodes, f"{name}_error": error, f"{name}_ms": min(times)})
padded = F.cross_entropy(td.cat([logits, logits]), np.array([0, 2, 1, 1, *[-100] * 4]), ignore_index=-100).item()
print(f"four targets and four of padding: mean over those that count {padded:.4f}, without padding "
      f"{F.cross_entropy(logits, targets).item():.4f}; over all eight it would be {padded / 2:.4f}")
results.metric(padding_difference=abs(padded - F.cross_entropy(logits, targets).item()))

# %% [markdown]
# ## One example, fifty, or all, before each step
#
# The classifier is a bag of words: z = W x, where x counts the words. Every batch size gets the same CPU time for its steps of
# plain SGD, and a learning rate that suits it. The data are shuffled before every epoch. Of 600 texts all at once are cheap; of
# 8,500 reviews they are not, and a step on all of them is no 170 times better than one on fifty.

# %%
vocab = text.Vocab.build([words for words, _ in data.train], min_freq=2 if options.data else 1)
test_labels = np.array([label for _, label in data.test])
V, C, N = len(vocab), len(data.classes), len(data.train)
found = counting_baselines(results, data)
limit = 0.3 if options.quick else options.epochs or (4.0 if options.data else 1.5)  # CPU seconds for each size
paths: dict[str, list[tuple[float, float, float, float]]] = {}

def run(size: int, lr: float, name: str) -> list[tuple[float, float, float, float]]:
    """(CPU seconds, epochs, mean loss of the training batches since the last point, test accuracy)."""
    td.manual_seed(options.seed)
    model = BagOfWords(V, C)
    optimizer = optim.SGD(model.parameters(), lr=lr)
    points, used, epoch, seen, losses = [], 0.0, 0, 0, []
    with tqdm(total=limit, desc=name, leave=False, bar_format="{desc} {bar} {n:.1f} of {total:.1f} CPU s") as progress:
        while used < limit:
            for ids, labels in batches(data.train, vocab, size, seed=epoch):
                started = time.process_time()
                loss = F.cross_entropy(model(ids), labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                took = time.process_time() - started
                used, seen = used + took, seen + len(labels)
                losses.append(loss.item())
                progress.update(min(took, limit - progress.n))
                if used >= limit * (len(points) + 1) / 25:
                    right = predict(model, data.test, vocab).argmax(axis=1) == test_labels
                    points.append((used, seen / N, float(np.mean(losses)), float(right.mean())))
                    losses = []
                if used >= limit:
                    break
            epoch += 1
    return points

print(f"\n{N:,} texts, {V:,} words, {C} classes; majority {found['majority']:.3f}, naive Bayes {found['naive_bayes']:.3f}; "
      f"{limit:.1f} CPU s each\n{'batch':>8}{'epochs':>9}{'loss':>9}{'best test':>11}{'s to 97 % of the best of all':>31}")
for size, lr in ((1, 0.03), (50, 0.5), (N, 0.5 if options.data else 5.0)):
    paths["all" if size == N else str(size)] = run(size, lr, f"batch {size}")
goal = 0.97 * max(point[3] for path in paths.values() for point in path)
for name, path in paths.items():
    reached = next((point[0] for point in path if point[3] >= goal), None)
    best = max(point[3] for point in path)
    print(f"{name:>8}{path[-1][1]:9.1f}{path[-1][2]:9.3f}{best:11.3f}{f'{reached:.2f}' if reached else 'not reached':>31}")
    results.metric(**{f"accuracy_batch_{name}": best, f"epochs_batch_{name}": path[-1][1]})

# %% [markdown]
# ## Why a batch is cheap: one product of matrices for many examples
#
# The notes put the columns x side by side into a matrix; here the examples are rows, (N, d), so H = X Wᵀ.

# %%
W, X = td.randn(256, 256), td.randn(256, 256)
throughput = []
for size in (1, 2, 4, 8, 16, 32, 64, 128, 256):
    repeats, started = max(4, 2048 // size), time.process_time()
    for _ in range(repeats):
        td.tanh(F.linear(X[:size], W))
    throughput.append((size, 1e6 * (time.process_time() - started) / repeats / size))
print("\nmicroseconds per example of tanh(X Wᵀ), 256 -> 256: " + ", ".join(f"{us:.1f} at N = {n}" for n, us in throughput[::4]))
results.metric(us_per_example_1=throughput[0][1], us_per_example_256=throughput[-1][1])

# %%
def wander(size: int) -> np.ndarray:
    """The path of SGD on a linear fit in two dimensions, 200 examples, with batches of this size."""
    path, w = [], np.array([-1.5, 2.0])  # (2,)
    for _ in range(60):
        rows = rng.choice(200, size, replace=False)
        path.append(w)
        w = w - 0.12 * 2 * points.T[:, rows] @ (points[rows] @ w - wanted[rows]) / size
    return np.array(path)  # (60, 2)

points = rng.normal(size=(200, 2)) * [1.0, 0.6]
wanted = points @ [1.0, -0.5] + rng.normal(size=200)

def draw_gradient(axes: list) -> None:
    for panel, name, matrix in zip(axes, ("p = softmax(z)", "y, one-hot", "p - y"), (p, y, p - y), strict=True):
        heat(panel, matrix, [f"class {c}" for c in targets], ["0", "1", "2"], name)

def draw_batches(axes: list) -> None:
    for k, (name, path) in enumerate(paths.items()):
        seconds, epochs, losses, accuracies = np.array(path).T
        for panel, x, values in ((axes[0], seconds, accuracies), (axes[1], seconds, losses), (axes[2], epochs, losses)):
            panel.plot(x, values, color=COLOURS[k], linestyle=STROKES[k], label=f"batch of {name}")
    axes[2].set_xscale("log")
    for panel, title, x in zip(axes, ("test accuracy", *["training loss"] * 2), (*["CPU seconds"] * 2, "epochs"), strict=False):
        tidy(panel, title, x, legend=True)
    a, b = np.meshgrid(np.linspace(-2, 2.2, 60), np.linspace(-2, 2.5, 60))
    surface = ((points @ np.stack([a.ravel(), b.ravel()]) - wanted[:, None]) ** 2).mean(axis=0).reshape(60, 60)
    axes[3].contour(a, b, surface, levels=12, colors="#CCCCCC", linewidths=0.8)
    for k, size in enumerate((1, 32, 200)):
        axes[3].plot(*wander(size).T, color=COLOURS[k], linestyle=STROKES[k], linewidth=1, label=f"batch of {size}")
    tidy(axes[3], "60 steps on a loss of two weights", legend=True)
    axes[4].loglog(*np.array(throughput).T, color=COLOURS[0], marker="o", markersize=3)
    tidy(axes[4], "microseconds per example", "batch")
    axes[5].axis("off")

results.figure("gradient.svg", panels(1, 3, draw_gradient, width=3.0, height=2.4))
results.figure("batches.svg", panels(2, 3, draw_batches, width=3.4, height=2.8))
results.write()
