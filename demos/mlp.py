# %% [markdown]
# # The multi-layer perceptron: why it bends, how it starts, how deep it may be
#
# Linear maps on top of each other are one linear map, so a network needs a bend between them. The
# bend has a price: its derivative multiplies the gradient at every layer. Initial values and
# residual layers are the two ways to afford it.
#
#     python demos/mlp.py              two half moons, and deep networks on generated opinions
#     python demos/mlp.py --data mr    the deep networks on film reviews

# %%
import itertools

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.classifier_settings import by_amount, mlp_settings
from support.labelled import baselines, load
from support.mlp_data import counts, moons
from support.mlp_figures import depth_figure, moons_figure
from support.run import Results, arguments, parse
from support.same import assert_same
from tinydawn import models, nn, optim, text
from tinydawn.nn import functional as F

BENDS = {"linear": lambda z: z, "tanh": td.tanh, "sigmoid": td.sigmoid, "relu": td.relu}

class MLP(nn.Module):
    """Hidden layers h = f(W h + b), with residual h = h + f(W h + b); the last layer has no bend.

    B batch, D inputs, H hidden units, C outputs.
    """

    def __init__(self, sizes: list[int], activation: str = "tanh", residual: bool = False) -> None:
        self.activation = activation
        self.residual = residual
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in itertools.pairwise(sizes)])

    def hidden(self, x: td.Tensor) -> list[td.Tensor]:
        """What comes out of each hidden layer."""
        f = BENDS[self.activation]
        states = []
        for layer in list(self.layers)[:-1]:
            new = f(layer(x))  # (B, D) -> (B, H), then (B, H) -> (B, H)
            if self.residual and states:  # the first layer changes the width: nothing to add
                new = x + new  # (B, H)
            states.append(new)
            x = new
        return states

    def forward(self, x: td.Tensor) -> td.Tensor:
        h = [x, *self.hidden(x)][-1]  # (B, D) -> (B, H)
        return self.layers[-1](h)  # (B, C)

def gradient_norm(loss: td.Tensor, parameter: td.Tensor) -> float:
    (gradient,) = td.grad(loss, parameter)
    return float(np.linalg.norm(gradient.data.astype(float)))  # squares of 1e-23 vanish in float32

# %%
parser = arguments("Activations, initial values and depth of a multi-layer perceptron.")
options = parse(parser)
settings = mlp_settings(options.data, options.quick, options.epochs)
results = Results("mlp", options, options.data or "two moons, generated opinions")
data = load(options.data, options.seed, options.quick)
settings = by_amount(settings, options, len(data.train))
rng = np.random.default_rng(options.seed)

# %% [markdown]
# ## Stacked linear maps are one linear map
#
# W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2). The rank of the product is at most the narrowest
# width, here the 2 inputs. With a bend between the layers, the 32 outputs span as many directions
# as units take part.

# %%
x = td.tensor(rng.normal(size=(500, 2)))  # (N, 2), float64
outputs = {name: MLP([2, 32, 32, 32], name).double() for name in ("linear", "tanh", "relu")}
W, b = np.eye(2), np.zeros(2)  # of all layers together
for layer in outputs["linear"].layers:
    W = layer.weight.data @ W  # (32, 2)
    b = layer.weight.data @ b + layer.bias.data  # (32,)
difference = np.abs(outputs["linear"](x).data - (x.data @ W.T + b)).max()
print(f"three linear layers against one with the product of their weights: "
      f"largest difference {difference:.1e}")

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
# The notes' sigma'(z) = sigma(z) (1 - sigma(z)) takes z. From the output s of the layer it is s (1
# - s), and neither sigma(s) (1 - sigma(s)) nor z (1 - z). It is at most 1/4: of a gradient,
# (1/4)^depth arrives.

# %%
z = td.tensor([-4.0, -1.0, 0.0, 2.0], dtype=td.float64, requires_grad=True)  # (N,)
s = td.sigmoid(z)  # (N,)
(engine,) = td.grad(s.sum(), z)  # (N,)
from_output = s.data * (1 - s.data)  # (N,)
again = 1 / (1 + np.exp(-s.data))  # (N,), sigma(s)
from_again = again * (1 - again)  # (N,)
from_input = z.data * (1 - z.data)  # (N,)
table = np.stack([z.data, s.data, engine.data, from_output, from_again, from_input], axis=1)
print(f"\n{'z':>6}{'s':>8}{'engine':>9}{'s(1-s)':>9}{'sigma(s)(1-sigma(s))':>22}{'z(1-z)':>9}")
for row in table:
    print("{:6.1f}{:8.4f}{:9.4f}{:9.4f}{:22.4f}{:9.2f}".format(*row))
results.metric(sigmoid_error=np.abs(engine.data - from_output).max())

# %% [markdown]
# ## Where to start: the size of the weights
#
# 20 layers of 256. Weights of standard deviation g / sqrt(256) multiply the size of the signal by
# about g at each layer: for tanh g = 1 just holds, for ReLU sqrt(2), and sigmoid forgets its input
# whatever g is.

# %%
depth, width = 20, 256
gains = (("tanh", 0.5), ("tanh", 1.0), ("tanh", 3.0),
         ("relu", 1.0), ("relu", 2**0.5), ("relu", 2.0), ("sigmoid", 1.0))
signal = td.tensor(rng.normal(size=(100, width)).astype(np.float32))  # (N, H)
stds_by_layer = {}
print(f"\n{'activation':12}{'g':>6}{'std at layer 1':>16}{'10':>11}{'20':>11}"
      f"{'differs by input':>18}{'gradient at W1':>16}")
for name, gain in gains:
    model = MLP([width] * (depth + 1) + [1], name)
    for layer in model.layers:
        layer.weight.data[...] = rng.normal(scale=gain / width**0.5, size=layer.weight.shape)
        layer.bias.data[...] = 0
    states = model.hidden(signal)  # 20 times (N, H)
    stds = [float(h.data.std()) for h in states]
    varies = float(states[-1].data.std(axis=0).mean())  # of one unit, from input to input
    norm = gradient_norm(states[-1].sum(), model.layers[0].weight)
    stds_by_layer[f"{name}, g = {gain:.3g}"] = stds
    print(f"{name:12}{gain:6.2f}{stds[0]:16.3g}{stds[9]:11.3g}{stds[-1]:11.3g}"
          f"{varies:18.3g}{norm:16.3g}")
    results.metric(**{f"std20_{name}_{gain:.2g}": stds[-1], f"varies20_{name}_{gain:.2g}": varies})

# %% [markdown]
# ## Plain and residual: what arrives at the first layer
#
# h + F(h) has the derivative 1 + F'(h): one way back multiplies nothing.

# %%
depths = [2, 4, 8, 16, 32]
labels = np.arange(100) % 2  # (N,)
norms = {}
print("\ngradient norm at the first layer    " + "".join(f"{depth:>4} layers" for depth in depths))
for name in ("sigmoid plain", "relu plain", "tanh plain", "relu residual", "tanh residual"):
    activation, kind = name.split()
    norms[name] = []
    for depth in depths:
        td.manual_seed(options.seed)
        model = MLP([width, *[64] * depth, 2], activation, residual=kind == "residual")
        loss = F.cross_entropy(model(signal), labels)  # (N, H) -> (N, 2) -> ()
        norm = gradient_norm(loss, model.layers[0].weight)
        norms[name].append(norm)
        results.metric(**{f"gradient_{activation}_{kind}_{depth}": norm})
    print(f"{name:36}" + "".join(f"{norm:11.2g}" for norm in norms[name]))

assert_same(model, lambda: models.MLP([width, *[64] * 32, 2], "tanh", residual=True), signal)
results.figure("depth.svg", depth_figure(spectra, stds_by_layer, norms, depths))

# %% [markdown]
# ## Two moons: what a bend is good for

# %%
def fit(model: MLP, x: np.ndarray, y: np.ndarray, epochs: int, lr: float, what: str) -> None:
    optimizer = optim.Adam(model.parameters(), lr=lr)
    shuffle = np.random.default_rng(options.seed)
    for _ in tqdm(range(epochs), desc=what, leave=False):
        order = shuffle.permutation(len(y))
        for i in range(0, len(y), 50):
            rows = order[i:i + 50]  # (B,)
            logits = model(td.tensor(x[rows]))  # (B, D) -> (B, C)
            loss = F.cross_entropy(logits, y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

def accuracy(model: MLP, x: np.ndarray, y: np.ndarray) -> float:
    return float((model(td.tensor(x)).data.argmax(axis=1) == y).mean())

train_x, train_y = moons(400, rng)  # (N, 2), (N,)
test_x, test_y = moons(2000, rng)
networks = {
    "no hidden layer": MLP([2, 2]),
    "two layers, linear": MLP([2, 16, 16, 2], "linear"),
    "two layers, tanh": MLP([2, 16, 16, 2], "tanh"),
    "two layers, relu": MLP([2, 16, 16, 2], "relu"),
}
one_class = np.bincount(test_y).max() / len(test_y)
print(f"\ntwo moons: accuracy on 2,000 new points; always one class: {one_class:.3f}")
accuracies = {}
for name, model in networks.items():
    fit(model, train_x, train_y, settings.moons_epochs, 0.01, name)
    accuracies[name] = accuracy(model, test_x, test_y)
    print(f"{name:28}{accuracies[name]:.3f}")
    keep = results.baseline if name == "no hidden layer" else results.metric
    keep(**{"moons_" + name.replace(", ", "_").replace(" ", "_"): accuracies[name]})
results.figure("moons.svg", moons_figure(networks, accuracies, train_x, train_y))

# %% [markdown]
# ## Deep networks learn only if the gradient arrives
#
# A text is the counts of the 1,000 words most frequent in the training texts. Naive Bayes, which
# only counts, is the baseline. In the generated opinions it matters where "not" stands, so no
# function of the counts can expect more than 13/16.

# %%
vocab = text.Vocab.build([words for words, _ in data.train], max_size=1000)
train_f, train_l = counts(data.train, vocab)  # (N, V), (N,)
test_f, test_l = counts(data.test, vocab)
found = baselines(results, data)
best = ""
if options.data is None:
    results.baseline(best_of_any_bag=text.SENTIMENT_CEILING)
    best = f", best on average {text.SENTIMENT_CEILING:.3f}"
print(f"\n{'hidden layers':16}{'plain':>9}{'residual':>9}   test accuracy; "
      f"majority {found['majority']:.3f}, naive Bayes {found['naive_bayes']:.3f}{best}")

for depth in settings.depths:
    scores = {}
    for kind in ("plain", "residual"):
        td.manual_seed(options.seed)
        sizes = [len(vocab), *[64] * depth, len(data.classes)]
        model = MLP(sizes, "tanh", residual=kind == "residual")
        fit(model, train_f, train_l, settings.epochs, settings.learning_rate, f"{kind} {depth}")
        scores[kind] = accuracy(model, test_f, test_l)
        results.metric(**{f"text_{kind}_{depth}": scores[kind]})
    print(f"{depth:<16}{scores['plain']:9.3f}{scores['residual']:9.3f}")

results.write()
