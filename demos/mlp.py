# %% [markdown]
# # The multi-layer perceptron: why it bends, how it starts, how deep it may be
#
# Linear maps on top of each other are one linear map, so a network needs a bend between them. The bend has a price: its
# derivative multiplies the gradient at every layer. Initial values and residual layers are the two ways to afford it.
#
#     python demos/mlp.py                     two half moons, and deep networks on generated opinions
#     python demos/mlp.py --data mr           the deep networks on film reviews

# %%
import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.labelled import baselines, load
from support.panels import COLOURS, STROKES, panels, tidy
from support.run import Results, arguments, parse
from tinydawn import optim, text
from tinydawn.models import MLP
from tinydawn.nn import functional as F

parser = arguments("Activations, initial values and depth of a multi-layer perceptron.")
options = parse(parser)
results = Results("mlp", options, options.data or "two moons, generated opinions")
data = load(options.data, options.seed, options.quick)
rng = np.random.default_rng(options.seed)

def gradient_norm(loss: td.Tensor, parameter: td.Tensor) -> float:
    return float(np.linalg.norm(td.grad(loss, parameter)[0].data.astype(float)))  # squares of 1e-23 vanish in float32

# %% [markdown]
# ## Stacked linear maps are one linear map
#
# W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2). The rank of the product is at most the narrowest width, here the 2 inputs.
# With a bend between the layers, the 32 outputs span as many directions as units take part.

# %%
x = td.tensor(rng.normal(size=(500, 2)))  # (N, 2), float64
outputs = {name: MLP([2, 32, 32, 32], name).double() for name in ("linear", "tanh", "relu")}
W, b = np.eye(2), np.zeros(2)  # of all layers together
for layer in outputs["linear"].layers:
    W, b = layer.weight.data @ W, layer.weight.data @ b + layer.bias.data
difference = np.abs(outputs["linear"](x).data - (x.data @ W.T + b)).max()
print(f"three linear layers against one with the product of their weights: largest difference {difference:.1e}")
spectra = {}
for name, model in outputs.items():
    y = model(x).data  # (N, 32)
    spectra[name] = np.linalg.svd(y - y.mean(axis=0), compute_uv=False)  # (32,)
    rank = int((spectra[name] > 1e-10 * spectra[name][0]).sum())
    print(f"{name:8} the outputs of 500 inputs have rank {rank}")
    results.metric(**{f"rank_{name}": rank})
results.metric(stacked_linear_difference=difference)

# %% [markdown]
# ## The derivative of sigmoid, from its output
#
# The notes' sigma'(z) = sigma(z) (1 - sigma(z)) takes z. From the output s of the layer it is s (1 - s), and neither
# sigma(s) (1 - sigma(s)) nor z (1 - z). It is at most 1/4: of a gradient, (1/4)^depth arrives.

# %%
z = td.tensor([-4.0, -1.0, 0.0, 2.0], dtype=td.float64, requires_grad=True)
s = td.sigmoid(z)
(engine,), again = td.grad(s.sum(), z), 1 / (1 + np.exp(-s.data))
print(f"\n{'z':>6}{'s':>8}{'engine':>9}{'s(1-s)':>9}{'sigma(s)(1-sigma(s))':>22}{'z(1-z)':>9}")
for row in np.stack([z.data, s.data, engine.data, s.data * (1 - s.data), again * (1 - again), z.data * (1 - z.data)], axis=1):
    print("{:6.1f}{:8.4f}{:9.4f}{:9.4f}{:22.4f}{:9.2f}".format(*row))
results.metric(sigmoid_error=np.abs(engine.data - s.data * (1 - s.data)).max())

# %% [markdown]
# ## Where to start: the size of the weights
#
# 20 layers of 256. Weights of standard deviation g / sqrt(256) multiply the size of the signal by about g at each layer: for
# tanh g = 1 just holds, for ReLU sqrt(2), and sigmoid forgets its input whatever g is.

# %%
depth, width, sizes_by_depth = 20, 256, {}
signal = td.tensor(rng.normal(size=(100, width)).astype(np.float32))  # (N, H)
print(f"\n{'activation':12}{'g':>6}{'std at layer 1':>16}{'10':>11}{'20':>11}{'differs by input':>18}{'gradient at W1':>16}")
for name, gain in (("tanh", 0.5), ("tanh", 1.0), ("tanh", 3.0), ("relu", 1.0), ("relu", 2**0.5), ("relu", 2.0), ("sigmoid", 1.0)):
    model = MLP([width] * (depth + 1) + [1], name)
    for layer in model.layers:
        layer.weight.data[...] = rng.normal(scale=gain / width**0.5, size=layer.weight.shape)
        layer.bias.data[...] = 0
    states = model.hidden(signal)
    stds = [float(h.data.std()) for h in states]
    varies = float(states[-1].data.std(axis=0).mean())  # of one unit, from input to input
    norm = gradient_norm(states[-1].sum(), model.layers[0].weight)
    sizes_by_depth[f"{name}, g = {gain:.3g}"] = stds
    print(f"{name:12}{gain:6.2f}{stds[0]:16.3g}{stds[9]:11.3g}{stds[-1]:11.3g}{varies:18.3g}{norm:16.3g}")
    results.metric(**{f"std20_{name}_{gain:.2g}": stds[-1], f"varies20_{name}_{gain:.2g}": varies})

# %% [markdown]
# ## Plain and residual: what arrives at the first layer
#
# h + F(h) has the derivative 1 + F'(h): one way back multiplies nothing.

# %%
depths, norms = [2, 4, 8, 16, 32], {}
print(f"\ngradient norm at the first layer{'':4}" + "".join(f"{depth:>4} layers" for depth in depths))
for name in ("sigmoid plain", "relu plain", "tanh plain", "relu residual", "tanh residual"):
    activation, kind = name.split()
    norms[name] = []
    for depth in depths:
        td.manual_seed(options.seed)
        model = MLP([width, *[64] * depth, 2], activation, residual=kind == "residual")
        norms[name].append(gradient_norm(F.cross_entropy(model(signal), np.arange(100) % 2), model.layers[0].weight))
        results.metric(**{f"gradient_{activation}_{kind}_{depth}": norms[name][-1]})
    print(f"{name:36}" + "".join(f"{value:11.2g}" for value in norms[name]))

# %% [markdown]
# ## Two moons: what a bend is good for

# %%
def fit(model: td.nn.Module, x: np.ndarray, y: np.ndarray, epochs: int, lr: float, what: str, batch: int = 50) -> None:
    optimizer, shuffle = optim.Adam(model.parameters(), lr=lr), np.random.default_rng(options.seed)
    for _ in tqdm(range(epochs), desc=what, leave=False):
        order = shuffle.permutation(len(y))
        for i in range(0, len(y), batch):
            rows = order[i:i + batch]
            optimizer.zero_grad()
            F.cross_entropy(model(td.tensor(x[rows])), y[rows]).backward()
            optimizer.step()

def accuracy(model: td.nn.Module, x: np.ndarray, y: np.ndarray) -> float:
    return float((model(td.tensor(x)).data.argmax(axis=1) == y).mean())

def moons(count: int) -> tuple[np.ndarray, np.ndarray]:
    angle, y = rng.uniform(0, np.pi, count), rng.integers(0, 2, count)
    x = np.stack([np.cos(angle) + y - 0.5, (1 - 2 * y) * (np.sin(angle) - 0.25)], axis=1)  # (N, 2)
    return (x + rng.normal(scale=0.12, size=x.shape)).astype(np.float32), y

(train_x, train_y), (test_x, test_y) = moons(400), moons(2000)
models = {"no hidden layer": MLP([2, 2])}
models |= {f"two layers, {name}": MLP([2, 16, 16, 2], name) for name in ("linear", "tanh", "relu")}
print(f"\ntwo moons: accuracy on 2,000 new points; always one class: {np.bincount(test_y).max() / len(test_y):.3f}")
for name, model in models.items():
    fit(model, train_x, train_y, 40 if options.quick else 60, 0.01, name)
    value = accuracy(model, test_x, test_y)
    record = results.baseline if name == "no hidden layer" else results.metric
    record(**{"moons_" + name.replace(", ", "_").replace(" ", "_"): value})
    print(f"{name:28}{value:.3f}")

# %% [markdown]
# ## Deep networks learn only if the gradient arrives
#
# A text is the counts of the 1,000 words most frequent in the training texts. Naive Bayes, which only counts, is the baseline. In
# the generated opinions it matters where "not" stands, so no function of the counts can expect more than 13/16.

# %%
epochs = 1 if options.quick else options.epochs or (3 if options.data else 16)
vocab = text.Vocab.build([words for words, _ in data.train], max_size=1000)

def features(examples: list) -> tuple[np.ndarray, np.ndarray]:
    x = np.zeros((len(examples), len(vocab)), np.float32)  # (N, V)
    for row, (words, _) in zip(x, examples, strict=True):
        np.add.at(row, vocab.encode(words), 1)
    return x, np.array([label for _, label in examples])

(train_f, train_l), (test_f, test_l), found = features(data.train), features(data.test), baselines(results, data)
print(f"\n{'hidden layers':16}{'plain':>9}{'residual':>9}   test accuracy; majority {found['majority']:.3f}, "
      f"naive Bayes {found['naive_bayes']:.3f}" + ("" if options.data else f", best on average {text.SENTIMENT_CEILING:.3f}"))
if options.data is None:
    results.baseline(best_of_any_bag=text.SENTIMENT_CEILING)
for depth in (2, 16) if options.quick else (2, 8, 32):
    line = f"{depth:<16}"
    for kind in ("plain", "residual"):
        td.manual_seed(options.seed)
        model = MLP([len(vocab), *[64] * depth, len(data.classes)], "tanh", residual=kind == "residual")
        fit(model, train_f, train_l, epochs, 1e-3 if options.data else 3e-3, f"{kind} {depth}")
        value = accuracy(model, test_f, test_l)
        results.metric(**{f"text_{kind}_{depth}": value})
        line += f"{value:9.3f}"
    print(line)

# %%
def draw_depth(axes: list) -> None:
    for panel, curves, at, title in ((axes[0], spectra, range(1, 33), "singular values of 32 outputs"),
                                     (axes[1], sizes_by_depth, range(1, 21), "std of the activations, layer 1 to 20"),
                                     (axes[2], norms, depths, "gradient at the first layer, by depth")):
        for k, (name, values) in enumerate(curves.items()):
            drawn = np.where(np.array(values) > 0, values, np.nan)  # a 0 has no logarithm
            panel.semilogy(at, drawn, color=COLOURS[k], linestyle=STROKES[k % len(STROKES)], label=name)
        tidy(panel, title)
        panel.legend(frameon=False, fontsize=8, loc="lower left")

def draw_moons(axes: list) -> None:
    grid = np.stack(np.meshgrid(np.linspace(-2.2, 2.2, 150), np.linspace(-1.6, 1.6, 110)), -1).astype(np.float32)  # (110, 150, 2)
    for panel, (name, model) in zip(axes, models.items(), strict=True):
        with td.no_grad():
            p = F.softmax(model(td.tensor(grid))).data[..., 1]  # (110, 150)
        panel.contourf(grid[..., 0], grid[..., 1], p, levels=np.linspace(0, 1, 11), cmap="RdBu", alpha=0.35)
        panel.contour(grid[..., 0], grid[..., 1], p, levels=[0.5], colors="black", linewidths=1.5)
        for k, mark in enumerate("o^"):
            panel.plot(*train_x[train_y == k].T, mark, color=COLOURS[1 - k], markersize=3, markeredgecolor="white")
        tidy(panel, f"{name}: {accuracy(model, test_x, test_y):.3f}")

results.figure("depth.svg", panels(1, 3, draw_depth))
results.figure("moons.svg", panels(1, 4, draw_moons, width=3.3, height=2.8))
results.write()
