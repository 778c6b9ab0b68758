# %% [markdown]
# # The multi-layer perceptron: why it bends, how it starts, how deep it may be
#
# Linear maps on top of each other are one linear map, so a network needs a bend between them. The
# bend has a price: its derivative multiplies the gradient at every layer. Initial values and
# residual layers are the two ways to afford it. One sees sigmoid with its derivative, the boundary
# of a network with a bend and of one without, and what reaches the first of 32 layers.
#
#     python demos/mlp.py              two half moons, and deep networks on generated opinions
#     python demos/mlp.py --data mr    the deep networks on film reviews

# %%
import itertools

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.classifier_settings import by_amount, mlp_settings
from support.labelled import baselines, best_of_any_bag, in_pairs, load
from support.mlp_data import counts, moons
from support.mlp_figures import depth_figure, moons_figure, sigmoid_figure, start_figure
from support.run import Results, arguments, parse
from support.same import assert_same
from tinydawn import models, nn, optim, text
from tinydawn.nn import functional as F

# %%
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

# %%
parser = arguments("Activations, initial values and depth of a multi-layer perceptron.")
options = parse(parser)
settings = mlp_settings(options.data, options.quick, options.epochs)
results = Results("mlp", options, options.data or "two moons, generated opinions")
data = load(options.data, options.seed, options.quick)
if options.data is None:  # now it is known what a function of the counts can do at best
    data = data._replace(test=in_pairs(data.test))
settings = by_amount(settings, options, len(data.train))
rng = np.random.default_rng(options.seed)

# %% [markdown]
# ## Stacked linear maps are one linear map
#
# W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2), to the last digits
# [stacked_linear_difference < 1e-12]. The rank of the product is at most the narrowest width, here
# the 2 inputs [rank_linear == 2]. With a bend between the layers, the 32 outputs span as many
# directions as units take part [rank_tanh == 32 and rank_relu > 20].

# %%
x = td.tensor(rng.normal(size=(500, 2)))  # (N, 2), float64
outputs = {name: MLP([2, 32, 32, 32], name).double() for name in ("linear", "tanh", "relu")}
W, b = np.eye(2), np.zeros(2)  # of all layers together
for layer in outputs["linear"].layers:
    W = layer.weight.numpy() @ W  # (32, 2)
    b = layer.weight.numpy() @ b + layer.bias.numpy()  # (32,)
difference = np.abs(outputs["linear"](x).numpy() - (x.numpy() @ W.T + b)).max()
results.metric(stacked_linear_difference=difference)
print(f"three linear layers against one with the product of their weights: "
      f"largest difference {difference:.1e}")

for name, model in outputs.items():
    y = model(x).numpy()  # (N, 32)
    sizes = np.linalg.svd(y - y.mean(axis=0), compute_uv=False)  # (32,)
    rank = int((sizes > 1e-10 * sizes[0]).sum())
    print(f"{name:8} the outputs of 500 inputs have rank {rank}")
    results.metric(**{f"rank_{name}": rank})

# %% [markdown]
# ## The derivative of sigmoid, from its output
#
# The notes' sigma'(z) = sigma(z) (1 - sigma(z)) takes z; the engine finds the same
# [sigmoid_error < 1e-12]. From the output s of the layer it is s (1 - s), and neither
# sigma(s) (1 - sigma(s)) nor z (1 - z).

# %%
def sigma(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))

def sigma_prime(z: np.ndarray) -> np.ndarray:
    return sigma(z) * (1 - sigma(z))

z = td.tensor(np.linspace(-8, 8, 161), requires_grad=True)  # (N,), float64
s = td.sigmoid(z)  # (N,)
slope = td.grad(s.sum(), z)[0].numpy()  # (N,), the engine's
z_, s_ = z.numpy(), s.numpy()
results.metric(sigmoid_error=np.abs(slope - sigma_prime(z_)).max())
print(f"\n{'z':>6}{'s':>8}{'engine':>9}{'s(1-s)':>9}{'sigma(s)(1-sigma(s))':>22}{'z(1-z)':>9}")
for i in (40, 70, 80, 100):  # z = -4, -1, 0, 2
    from_output = s_[i] * (1 - s_[i])
    again = sigma_prime(s_[i])
    from_input = z_[i] * (1 - z_[i])
    print(f"{z_[i]:6.1f}{s_[i]:8.4f}{slope[i]:9.4f}{from_output:9.4f}"
          f"{again:22.4f}{from_input:9.2f}")

# %% [markdown]
# It is at most 1/4, at z = 0 [sigmoid_slope_0 == 0.25]: of a gradient at most (1/4)^depth passes
# through so many sigmoids, not counting the weights. Where |z| is large, sigmoid is *saturated*: it
# hardly moves, at 8 not even a five-hundredth as much [sigmoid_slope_8 < sigmoid_slope_0 / 500].
# tanh has a slope of up to 1, ReLU of 1 wherever it is not 0: that is why deep networks use them.

# %%
results.metric(sigmoid_slope_0=slope[80], sigmoid_slope_8=slope[-1])
slopes = {"sigmoid": slope}  # name -> derivative at each z (N,)
for name in ("tanh", "relu"):
    slopes[name] = td.grad(BENDS[name](z).sum(), z)[0].numpy()
results.shows(f"sigma' is {slope[80]:.2f} at 0, {slope[120]:.3f} at 4 and "
              f"{slope[-1]:.5f} at 8: saturated", "sigmoid_slope_8 < sigmoid_slope_0 / 500")
results.figure("sigmoid.svg", sigmoid_figure(z_, s_, slopes))

# %% [markdown]
# ## Where to start: the size of the weights
#
# 20 layers of 256, with initial weights of standard deviation g / sqrt(256). A linear layer
# multiplies the size of the signal by g; tanh shrinks it, ReLU takes half of its square away. So
# with g = 1/2 the outputs of tanh are gone [std20_tanh_0.5 < 1e-5], with 1 they fade slowly [0.1 <
# std20_tanh_1 and std20_tanh_1 < 0.3], and ReLU needs sqrt(2): with 1 they are gone, with 2 they
# explode [std20_relu_1 < 0.01 and 0.3 < std20_relu_1.4 and std20_relu_1.4 < 3 and std20_relu_2 >
# 100]. The picture shows how much of the size differs from input to input, which is all that the
# next layer can use: of ReLU it falls even at sqrt(2). Sigmoid with g = 1 has outputs of some size,
# but they are the same for every input [varies20_sigmoid_1 < 1e-5]. 4, one over its slope at 0, is
# not enough, as elsewhere its slope is less: with 5 the inputs still become alike
# [varies20_sigmoid_5 < 0.01], with 12 they stay apart [varies20_sigmoid_12 > 0.05].

# %%
def gradient_norm(loss: td.Tensor, parameter: td.Tensor) -> float:
    (gradient,) = td.grad(loss, parameter)
    return gradient.double().norm().item()  # squares of 1e-23 vanish in float32

def start_with(model: MLP, gain: float) -> None:
    """Weights of standard deviation gain / sqrt(inputs of the layer), no biases."""
    for layer in model.layers:
        spread = gain / layer.weight.shape[1]**0.5
        layer.weight.data[...] = rng.normal(scale=spread, size=layer.weight.shape)
        layer.bias.data[...] = 0

# %%
depth, width = 20, 256
gains = (("tanh", 0.5), ("tanh", 1.0), ("tanh", 3.0),
         ("relu", 1.0), ("relu", 2**0.5), ("relu", 2.0),
         ("sigmoid", 1.0), ("sigmoid", 5.0), ("sigmoid", 12.0))
signal = td.tensor(rng.normal(size=(100, width)))  # (N, H), float64
varies_by_layer = {}
print(f"\n{'activation':12}{'g':>6}{'std at layer 1':>16}{'10':>11}{'20':>11}"
      f"{'differs by input':>18}{'gradient at W1':>16}")
for name, gain in gains:
    model = MLP([width] * (depth + 1) + [1], name).double()
    start_with(model, gain)
    states = model.hidden(signal)  # 20 times (N, H)
    stds = [float(h.numpy().std()) for h in states]
    varies = [float(h.numpy().std(axis=0).mean()) for h in states]  # of a unit, from input to input
    norm = gradient_norm(states[-1].sum(), model.layers[0].weight)
    varies_by_layer[name, gain] = varies
    print(f"{name:12}{gain:6.2f}{stds[0]:16.3g}{stds[9]:11.3g}{stds[-1]:11.3g}"
          f"{varies[-1]:18.3g}{norm:16.3g}")
    results.metric(**{f"std20_{name}_{gain:.2g}": stds[-1],
                      f"varies20_{name}_{gain:.2g}": varies[-1]})
results.figure("start.svg", start_figure(varies_by_layer))

# %% [markdown]
# ## Plain and residual: what arrives at the first layer
#
# h + F(h) has the derivative 1 + F'(h): one way back multiplies nothing. From PyTorch's start,
# which is g = 1 / sqrt(3) = .58, less than a millionth of the gradient that reaches the first of 2
# layers reaches the first of 32 plain ones [gradient_tanh_plain_32 < 1e-6 * gradient_tanh_plain_2
# and gradient_relu_plain_32 < 1e-6 * gradient_relu_plain_2]; with residual layers all of it does,
# and more [gradient_tanh_residual_32 > gradient_tanh_residual_2 and gradient_relu_residual_32 >
# gradient_relu_residual_2], for ReLU so much that deep residual networks are normalised as well
# (see layer_norm.py). The start of the table above is the other way: with g = 1 for tanh and
# sqrt(2) for ReLU plain layers pass it on too [gradient_tanh_suited_32 > 0.2 *
# gradient_tanh_suited_2 and gradient_relu_suited_32 > 0.2 * gradient_relu_suited_2].

# %%
depths = [2, 4, 8, 16, 32]
labels = np.arange(100) % 2  # (N,)
norms = {}
print("\ngradient norm at the first layer    " + "".join(f"{depth:>4} layers" for depth in depths))
suited = {"tanh": 1.0, "relu": 2**0.5}  # g
for name in ("sigmoid plain", "relu plain", "tanh plain", "relu suited", "tanh suited",
             "relu residual", "tanh residual"):
    activation, kind = name.split()
    norms[name] = []
    for depth in depths:
        td.manual_seed(options.seed)
        sizes = [width, *[64] * depth, 2]
        model = MLP(sizes, activation, residual=kind == "residual").double()
        if kind == "suited":
            start_with(model, suited[activation])
        loss = F.cross_entropy(model(signal), labels)  # (N, H) -> (N, 2) -> ()
        norm = gradient_norm(loss, model.layers[0].weight)
        norms[name].append(norm)
        results.metric(**{f"gradient_{activation}_{kind}_{depth}": norm})
    print(f"{name:36}" + "".join(f"{norm:11.2g}" for norm in norms[name]))

assert_same(model, lambda: models.MLP(sizes, "tanh", residual=True).double(), signal)
results.figure("depth.svg", depth_figure(norms, depths))

# %% [markdown]
# ## Two moons: what a bend is good for
#
# Two hidden layers without a bend do no better than none [abs(moons_two_layers_linear -
# moons_no_hidden_layer) < 0.02]: the boundary is a straight line. With a bend it follows the moons
# [min(moons_two_layers_tanh, moons_two_layers_relu) > 0.98].

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
    return float((model(td.tensor(x)).numpy().argmax(axis=1) == y).mean())

# %%
train_x, train_y = moons(400, rng)  # (N, 2), (N,)
test_x, test_y = moons(2000, rng)
networks = {
    "no hidden layer": MLP([2, 2]),
    "two hidden layers, linear": MLP([2, 16, 16, 2], "linear"),
    "two hidden layers, tanh": MLP([2, 16, 16, 2], "tanh"),
    "two hidden layers, relu": MLP([2, 16, 16, 2], "relu"),
}
one_class = np.bincount(test_y).max() / len(test_y)
print(f"\ntwo moons: accuracy on 2,000 new points; always one class: {one_class:.3f}")
accuracies = {}
for name, model in networks.items():
    fit(model, train_x, train_y, settings.moons_epochs, 0.01, name)
    accuracies[name] = accuracy(model, test_x, test_y)
    print(f"{name:28}{accuracies[name]:.3f}")
    if name == "no hidden layer":
        results.baseline(moons_no_hidden_layer=accuracies[name])
    else:
        results.metric(**{f"moons_two_layers_{model.activation}": accuracies[name]})
results.figure("moons.svg", moons_figure(networks, accuracies, train_x, train_y))

# %% [markdown]
# ## Deep networks learn only if the gradient arrives
#
# A text is the counts of the 1,000 words most frequent in the training texts. Naive Bayes, which
# only counts, is the baseline; in the generated opinions it matters where "not" stands, so that no
# function of the counts can exceed a bound that is known (see bow_classifier.py). From PyTorch's
# start and at this rate 32 plain layers learn nothing [text_plain_32 < majority_accuracy + 0.1], 32
# residual ones what 2 layers do [text_residual_32 > text_plain_2 - 0.05 and text_residual_32 >
# naive_bayes_accuracy + 0.05], and neither more than the counts can tell [max(text_plain_2,
# text_residual_2, text_residual_32) <= best_of_any_bag]. Here too the start is the other way, if
# not so good a one: from g = 1, at a tenth of the rate, 32 plain layers learn [text_suited_32 >
# text_plain_32 + 0.15], and stay behind [text_suited_32 < text_residual_32 - 0.02].

# %%
vocab = text.Vocab.build([words for words, _ in data.train], max_size=1000)
train_f, train_l = counts(data.train, vocab)  # (N, V), (N,)
test_f, test_l = counts(data.test, vocab)
found = baselines(results, data)
print(f"\ntest accuracy; majority {found['majority']:.3f}, naive Bayes {found['naive_bayes']:.3f}")
if options.data is None:
    results.baseline(best_of_any_bag=best_of_any_bag(data.test))
    print(f"no function of the counts can exceed {best_of_any_bag(data.test):.3f}")
print(f"{'hidden layers':16}{'plain':>9}{'residual':>9}")

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

# %%
depth = settings.depths[-1]
model = MLP([len(vocab), *[64] * depth, len(data.classes)], "tanh")
start_with(model, suited["tanh"])
rate = settings.learning_rate / 10
fit(model, train_f, train_l, settings.epochs, rate, f"plain {depth}, g = 1")
score = accuracy(model, test_f, test_l)
results.metric(**{f"text_suited_{depth}": score})
print(f"{depth} plain ones from g = 1, at a tenth of the rate: {score:.3f}")

results.shows("From PyTorch's start 32 plain layers learn nothing, 32 residual ones what 2 layers "
              "do.",
              "text_plain_32 < majority_accuracy + 0.1 and text_residual_32 > text_plain_2 - 0.05")
results.write()
