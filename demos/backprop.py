# %% [markdown]
# # Back-propagation: the chain rule by hand, beside the engine
#
# A gradient is computed here twice: by hand, one line per rule, and by tinydawn. Then: the notes'
# dz/dh = W, dz/db = I and dz/dW = hᵀ in numbers, of which the last is a shorthand; three ways to
# get the order or the sum wrong; and a chain so long that a recursive pass does not survive it.
#
#     python demos/backprop.py                network.html and diamond.html go through both passes
#     python demos/backprop.py --lang zh      the pages in Chinese

# %%
import sys

import numpy as np

import tinydawn as td
from support.backprop_report import differences_figure, print_heading, print_rule, timed
from support.run import Results, arguments, parse
from tinydawn import autograd, nn
from tinydawn.func import jacobian
from tinydawn.nn import functional as F

parser = arguments("The chain rule by hand beside the engine, step by step.",
                   data=False, epochs=False)
parser.add_argument("--lang", choices=("en", "zh", "both"), default="en",
                    help="language of the pages; default en")
options = parse(parser)
results = Results("backprop", options, "none")
rng = np.random.default_rng(options.seed)

# %% [markdown]
# ## One network, by hand
#
# The notes write column vectors, z = W h + b. Here a batch has one example per row, (N, d), and a
# weight has PyTorch's layout (out, in): Z = H Wᵀ + b. What was a matrix times a vector is then one
# product of two matrices for the whole batch. N = 2 examples, D = 3 inputs, H = 4 hidden units,
# K = 3 classes. By hand and by the engine the gradients are the same to the last digits [max(
# error_dW1, error_db1, error_dW2, error_db2) < 1e-12].

# %%
def numbers(*shape: int) -> np.ndarray:
    return rng.normal(size=shape).round(1)

def leaf(name: str, *shape: int) -> td.Tensor:
    return td.tensor(numbers(*shape), dtype=td.float64, requires_grad=True, name=name)

x = td.tensor(numbers(2, 3), dtype=td.float64, name="x")  # (N, D)
labels = np.array([0, 2])  # (N,)
W1, b1 = leaf("W1", 4, 3), leaf("b1", 4)  # (H, D), (H,)
W2, b2 = leaf("W2", 3, 4), leaf("b2", 3)  # (K, H), (K,)

def named(name: str, tensor: td.Tensor) -> td.Tensor:
    tensor.name = name  # what the pages below call it
    return tensor

def network() -> td.Tensor:
    z1 = named("Z1", F.linear(x, W1, b1))  # (N, D) -> (N, H)
    h = named("H", td.tanh(z1))  # (N, H)
    z2 = named("Z2", F.linear(h, W2, b2))  # (N, H) -> (N, K)
    return named("L", F.cross_entropy(z2, labels))  # ()

loss = network()
loss.backward()

# %%
# Forward, by hand.
X, V1, V2 = x.numpy(), W1.numpy(), W2.numpy()
H = np.tanh(X @ V1.T + b1.numpy())  # (N, H)
Z2 = H @ V2.T + b2.numpy()  # (N, K)
P = np.exp(Z2) / np.exp(Z2).sum(axis=1, keepdims=True)  # (N, K)
L = -np.log(P[[0, 1], labels]).mean()  # ()

# Backward, by hand.
dZ2 = (P - np.eye(3)[labels]) / 2  # (N, K): softmax minus one-hot, over N for the mean
dW2 = dZ2.T @ H  # (K, N) @ (N, H) -> (K, H)
db2 = dZ2.sum(axis=0)  # (K,): b was broadcast over the rows, so its gradient is their sum
dH = dZ2 @ V2  # (N, K) @ (K, H) -> (N, H)
dZ1 = dH * (1 - H**2)  # (N, H): tanh' from its output
dW1 = dZ1.T @ X  # (H, N) @ (N, D) -> (H, D)
db1 = dZ1.sum(axis=0)  # (H,)

# %%
print_heading()
print_rule("L", "mean of -log p[label]", L, abs(L - loss.item()))
for name, rule, by_hand, tensor in (
    ("dW2", "dZ2ᵀ H", dW2, W2),
    ("db2", "sum of dZ2 over rows", db2, b2),
    ("dW1", "dZ1ᵀ X, dZ1 = dH (1 - H²)", dW1, W1),
    ("db1", "sum of dZ1 over rows", db1, b1),
):
    error = np.abs(by_hand - tensor.grad.numpy()).max()
    print_rule(name, rule, by_hand, error)
    results.metric(**{f"error_{name}": error})

# %% [markdown]
# ## The notes' three derivatives of z = W h + b
#
# For one example, as the notes have it, with column vectors: dz/dh = W [error_dz_dh < 1e-12] and
# dz/db = I [error_dz_db < 1e-12] are exactly so. dz/dW = hᵀ is a shorthand: z has K entries and W
# has K x H, so dz/dW has K x K x H, of which all but K x H are 0 [dz_dW_not_0 == 12 and
# dz_dW_entries == 36]: in slice k only row k is not, and it is hᵀ.

# %%
h = td.tensor(H[0], requires_grad=True, name="h")  # (H,) of the first example
dz_dh = jacobian(lambda h: W2 @ h + b2, h).numpy()  # (K, H)
dz_db = jacobian(lambda b: W2 @ h + b, b2).numpy()  # (K, K)
dz_dW = jacobian(lambda W: W @ h + b2, W2).numpy()  # (K, K, H)

def show(name: str, matrix: np.ndarray) -> None:
    print(f"{name}{np.array2string(matrix, precision=2, suppress_small=True, prefix=name)}")

show("\nW       = ", V2)
show("dz/dh   = ", dz_dh)
show("dz/db   = ", dz_db)
show("h^T     = ", h.numpy())
show("dz_1/dW = ", dz_dW[0])
show("dz_2/dW = ", dz_dW[1])
results.metric(
    error_dz_dh=np.abs(dz_dh - V2).max(),
    error_dz_db=np.abs(dz_db - np.eye(3)).max(),
    dz_dW_entries=dz_dW.size,
    dz_dW_not_0=np.count_nonzero(dz_dW),
)

# %% [markdown]
# What the shorthand means is the chain rule after it: dL/dW = (dL/dz) hᵀ, an outer product
# [error_outer < 1e-12]; for a batch dZᵀ H. No backward pass ever builds dz/dW: of a layer of 1,000
# x 1,000 it would be a thousand times as large as the gradient.

# %%
dz = dZ2[0]  # (K,): dL/dz of the first example
chain_rule = np.einsum("k,kij->ij", dz, dz_dW)  # (K,), (K, K, H) -> (K, H)
error = np.abs(chain_rule - np.outer(dz, h.numpy())).max()
print(f"(dL/dz) times dz/dW is the outer product (dL/dz) hᵀ: largest difference {error:.1e}")
print(f"of a layer of 1,000 x 1,000 dz/dW would take {1000**3 * 4 / 1e9:.0f} GB, "
      f"and the gradient takes {1000**2 * 4 / 1e6:.0f} MB")
results.metric(error_outer=error)

# %% [markdown]
# ## Is it right? Central differences
#
# (f(x + e) - f(x - e)) / 2e is wrong by about e² from the curve and by rounding / e: the best e
# lies between. float32 leaves too little [difference_error_float32 > 1000 *
# difference_error_float64], so gradients are checked in float64.

# %%
checked = td.gradcheck(lambda *_: network(), [W1, b1, W2, b2])
print(f"\ngradcheck of the network, parameter by parameter: {checked}")

sizes = 10.0 ** np.arange(-12, 0.01, 0.5)  # of e
true_slope = 1 - np.tanh(0.7) ** 2
errors = {}
for dtype in (np.float64, np.float32):
    name, x0, e = dtype.__name__, dtype(0.7), sizes.astype(dtype)
    slopes = (np.tanh(x0 + e) - np.tanh(x0 - e)) / (2 * e)
    errors[name] = abs(slopes - true_slope)
    best = errors[name].argmin()
    print(f"tanh' at 0.7 in {name}: best error {errors[name][best]:.0e}, at e = {sizes[best]:.0e}")
    results.metric(**{f"difference_error_{name}": errors[name][best]})
results.figure("differences.svg", differences_figure(sizes, errors))

# %% [markdown]
# ## The diamond: why gradients add, and why a node must wait
#
# b is used three times. Its gradient is the sum over its uses, and may be passed on only when all
# have arrived: in a topological order, backwards [diamond_right == diamond_engine]. A tape of local
# derivatives shows three ways to fail: to overwrite where one has to add, to keep parents in a set,
# and not to wait [max(diamond_overwritten, diamond_set, diamond_no_wait) < diamond_right].

# %%
a = td.tensor(2.0, dtype=td.float64, requires_grad=True, name="a")

def diamond() -> td.Tensor:
    b = named("b", a * a)
    c, d = named("c", b * 3), named("d", b * b)
    return named("L", c + d)

(engine,) = td.grad(diamond(), a)

# At a = 2: b = a a = 4, c = 3 b, d = b b, L = c + d. Of each node, for every use of another in it,
# (that other one, local derivative).
tape = {
    "L": [("c", 1.0), ("d", 1.0)],
    "d": [("b", 4.0), ("b", 4.0)],
    "c": [("b", 3.0)],
    "b": [("a", 2.0), ("a", 2.0)],
    "a": [],
}

# %%
def backward(order: str, overwrite: bool = False, once: bool = False) -> float:
    """dL/da on the tape.

    overwrite  = instead of +=
    once       parents kept as a set, so that a * a has one edge
    """
    gradient = {"L": 1.0, "d": 0.0, "c": 0.0, "b": 0.0, "a": 0.0}
    for node in order:
        uses = set(tape[node]) if once else tape[node]
        for parent, local in uses:
            if overwrite:
                gradient[parent] = local * gradient[node]
            else:
                gradient[parent] += local * gradient[node]
    return gradient["a"]

# %%
print("\nL = 3 b + b b with b = a a, at a = 2: dL/da = (3 + 2 b) 2 a = 44; "
      f"the engine says {engine.item():g}")
for name, what, found in (
    ("right", "a topological order, +=", backward("Ldcba")),
    ("overwritten", "= instead of +=", backward("Ldcba", overwrite=True)),
    ("set", "parents in a set: a * a has one edge", backward("Ldcba", once=True)),
    ("no_wait", "b passed on before c's share had come", backward("Ldbca")),
):
    verdict = "" if found == engine.item() else "   wrong"
    print(f"{what:40}{found:6g}{verdict}")
    results.metric(**{f"diamond_{name}": found})
results.baseline(diamond_engine=engine.item())

# %% [markdown]
# A pass that follows every path on its own takes twice as long for each diamond more: 20 of them
# are two million visits [path_visits == 2 ** 21 - 1]. The engine visits each node of 60 diamonds
# once, and its slope is 2^60 [slope_60 == 1].

# %%
def along_paths(depth: int) -> int:
    """How often it visits nodes of `depth` diamonds in a row, each x = x + x."""
    if depth == 0:
        return 1
    return 1 + along_paths(depth - 1) + along_paths(depth - 1)

def by_the_engine() -> float:
    """The slope at the far end of 60 of them."""
    y = a
    for _ in range(60):
        y = y + y
    (slope,) = td.grad(y, a)
    return slope.item()

depth = 14 if options.quick else 20
visits, seconds = timed(lambda: along_paths(depth))
slope, engine_seconds = timed(by_the_engine)
print(f"{depth} diamonds in a row, path by path: {visits:,} visits, {seconds:.2f} s; "
      f"60 of them by the engine: {1000 * engine_seconds:.2f} ms, "
      f"slope 2^60: {slope == 2.0**60}")
results.metric(path_visits=visits, slope_60=slope / 2.0**60)

# %% [markdown]
# ## Long chains: no recursion
#
# A recurrent network of 200 steps and a chain of 50,000 ops: the engine keeps its own list of what
# is ready. By hand, dL/dW_hh = sum over t of dz_t h_{t-1}ᵀ with dz_t = dh_t (1 - h_t²) and
# dh_{t-1} = W_hhᵀ dz_t; it is what the engine finds, in float32 [error_rnn < 1e-5], and so is the
# slope of the chain [abs(slope_50000 / slope_50000_exact - 1) < 1e-9].

# %%
T = 200
cell, state, inputs = nn.RNNCell(8, 16), td.zeros(1, 16), td.randn(T, 1, 8)
with td.unfused():
    for t in td.steps(T):
        state = cell(inputs[t], state)  # (1, H)
nodes = len(autograd.collect([state._node]))
(by_engine,) = td.grad(state.sum(), cell.weight_hh)  # (H, H)

# %%
W_ih, W_hh = cell.weight_ih.numpy(), cell.weight_hh.numpy()  # (H, D), (H, H)
b_ih, b_hh = cell.bias_ih.numpy(), cell.bias_hh.numpy()  # (H,), (H,)
states = [np.zeros(16)]  # h_0 .. h_T, each (H,)
for row in inputs.numpy()[:, 0]:
    states.append(np.tanh(W_ih @ row + b_ih + W_hh @ states[-1] + b_hh))

dh = np.ones(16)  # (H,) of the sum of h_T
dW = np.zeros((16, 16))  # (H, H)
for t in range(T, 0, -1):
    dz = dh * (1 - states[t] ** 2)  # (H,)
    dW += np.outer(dz, states[t - 1])
    dh = W_hh.T @ dz  # (H,)
error = np.abs(dW - by_engine.numpy()).max() / np.abs(dW).max()
print(f"\na recurrent network of {T} steps: {nodes:,} nodes; "
      f"dL/dW_hh by hand and by the engine: {error:.1e} apart (float32)")

# %%
def recursive(node: object) -> int:
    """The depth of a graph, by a search that calls itself."""
    below = 0
    for parent in node.parents:
        if parent is not None:
            below = max(below, recursive(parent))
    return 1 + below

y = a
for _ in range(50_000):
    y = y * 1.0001
try:
    said = f"a search that calls itself reached depth {recursive(y._node)}"
except RecursionError:
    said = f"a search that calls itself: RecursionError at {sys.getrecursionlimit():,}"
print(f"a chain of 50,000 products: {said};")

(slope,), seconds = timed(lambda: td.grad(y, a))
print(f"the engine takes {seconds:.2f} s, "
      f"slope {slope.item():.4f}, which is 1.0001^50000 = {1.0001**50_000:.4f}")
results.metric(rnn_nodes=nodes, error_rnn=error, slope_50000=slope.item())
results.baseline(slope_50000_exact=1.0001**50_000)

# %% [markdown]
# ## The pages: forward and backward, one step per key press

# %%
for name, function, title in (
    ("network", network, "softmax cross-entropy of W2 tanh(W1 x + b1) + b2"),
    ("diamond", diamond, "b = a a,  c = 3 b,  d = b b,  L = c + d:   dL/db = 3 + 4 + 4"),
):
    diagram = td.draw(function, depth="ops", backward=True, lang=options.lang,
                      title=title, aspect="slide")
    results.figure(f"{name}.svg", diagram.save)
    results.figure(f"{name}.html", diagram.save)
results.write()
