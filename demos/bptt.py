# %% [markdown]
# # Back-propagation through time: gradients that vanish, gradients that explode
#
# A recurrent network uses one matrix at every step, so the gradient that comes back through T steps
# has been multiplied T times: it fades or it grows, like a power. Here this is measured on a linear
# network and on trained ones; then come the remedy for growing, clipping, and the cliff that it is
# for. What gates do against fading, `memory.py` shows.
#
#     python demos/bptt.py                            the English that Python carries
#     python demos/bptt.py --data tinyshakespeare     the trained networks read Shakespeare
#     python demos/bptt.py --data ptb                 or another corpus, or a file

# %%
import warnings
from collections.abc import Callable

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.bptt_figures import back_figure, cliff_figure, clipping_figure
from support.bptt_run import start_run
from tinydawn import nn, optim, text
from tinydawn.models.nnlm import frequency_classes
from tinydawn.models.rnn_lm import RNNLM, detach
from tinydawn.nn import functional as F

options, results, ids, vocab = start_run()
V = len(vocab)
rng = np.random.default_rng(options.seed)
even_guess = np.log(V - 2)  # nats: <pad> and <s> are never predicted

# %% [markdown]
# ## A linear network: powers of a matrix
#
# The notes write dL/dh_1 = W^T^(t-1) dL/dh_t, which means: W transposed, to the power t - 1. Here h
# has 64 units, W is random, its largest eigenvalue scaled to rho, and the loss looks at the last
# state. In the long run rho decides: below 1 the gradient vanishes [linear_ratio_0.9 < 0.05], above
# 1 it explodes [linear_ratio_1.1 > 5]. But rho is not the norm: a W that is not normal lets a
# gradient grow for a while before it fades
# [linear_most_not_normal > 3 and linear_ratio_not_normal < 0.6 * linear_most_not_normal].


# %%
def gradient_norms(W: np.ndarray, steps: int = 50) -> np.ndarray:
    """The norm of dL/dh_t for t = 1 .. steps: h_t = W h_(t-1) + x_t, L = v h_steps."""
    h = td.tensor(rng.normal(size=64), requires_grad=True)  # (H,)
    states = [h]
    for _ in td.steps(steps - 1):
        h = td.tensor(W) @ h + rng.normal(size=64)  # (H, H) @ (H,) + (H,) -> (H,)
        states.append(h)
    loss = (h * rng.normal(size=64)).sum()
    return np.array([np.linalg.norm(g.numpy()) for g in td.grad(loss, states)])


# %%
W = rng.normal(size=(64, 64))
radius = np.abs(np.linalg.eigvals(W)).max()  # of its largest eigenvalue
chain = np.diag(0.6 * (np.arange(63) % 3 != 2), 1)  # not normal: each unit feeds the next
results.baseline(even_guess_nats=even_guess)

matrices = {f"rho = {rho}": W * (rho / radius) for rho in (0.9, 1.0, 1.1)}
matrices["rho = 0.9, not normal"] = 0.9 * np.eye(64) + chain
print(f"{'linear network':24}{'|dL/dh_1| / |dL/dh_50|':>24}{'rho^49':>10}")
linear = {}
for name, matrix in matrices.items():
    norms = gradient_norms(matrix)
    back = norms[::-1] / norms[-1]  # from the last state to the first
    linear[name] = list(enumerate(back))
    rho = float(name.split()[2].strip(","))
    print(f"{name:24}{back[-1]:24.2g}{rho**49:10.2g}")
    if "not" in name:
        results.metric(linear_most_not_normal=back.max(), linear_ratio_not_normal=back[-1])
    else:
        results.metric(**{f"linear_ratio_{rho}": back[-1]})
        results.baseline(**{f"rho_{rho}_to_the_49": rho**49})
results.figure("linear.svg", back_figure(linear, "A linear network: rho decides in the long run"))

# %% [markdown]
# ## Trained networks: how far back does the loss of one prediction reach?
#
# A tanh RNN, a GRU and an LSTM learn to predict the text. Then the loss of one prediction is taken
# back through 60 states. Without gates next to nothing of it arrives at the first state, with gates
# little [reach_ratio_rnn < 1e-4 * min(reach_ratio_gru, reach_ratio_lstm)]. Look at the state's
# gradient: the weight's is the sum over all t, and hides that the early ones bring nothing.

# %%
T, E, H = 60, 128, 128
steps = 40 if options.quick else 400 * (options.epochs or 1)
counts = np.bincount(ids, minlength=V)
classes = frequency_classes(counts) if V > 5000 else None  # see nnlm.py


def train(kind: str, optimizer_of: Callable, clip: float, steps: int,
          **more) -> tuple[RNNLM, list, list]:
    """A language model, the losses of its training, and the gradients' norms before clipping."""
    td.manual_seed(options.seed)
    model = RNNLM(V, E, H, kind=kind, classes=classes, **more)
    optimizer = optimizer_of(model.parameters())
    windows = list(text.windows(*text.contiguous(ids, 16, vocab.eos_id), 35))
    losses, norms, state = [], [], None
    for step in tqdm(range(steps), desc=kind, leave=False):
        i = step % len(windows)
        if i == 0:
            state = None  # the text begins anew
        x, y = windows[i]  # (T, B)
        loss, state = model(x, y, detach(state))
        optimizer.zero_grad()
        loss.backward()
        norms.append(optim.clip_grad_norm_(model.parameters(), clip))
        losses.append(loss.item())
        optimizer.step()
    return model, losses, norms


# %%
def state_gradients(model: RNNLM, kind: str) -> np.ndarray:
    """The norm of dL/dh_t for t = 1 .. T - 1, L that of the T-th prediction: mean of 32 places."""
    cell = {"rnn": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}[kind](E, H)
    weights = model.recurrent.state_dict()
    cell.load_state_dict({name.replace("_l0", ""): w for name, w in weights.items()})
    starts = rng.integers(0, len(ids) - T - 1, 32)
    tokens = ids[starts[:, None] + np.arange(T + 1)]  # (B, T + 1)
    state, states = None, []
    for t in td.steps(T):
        state = cell(model.embedding(tokens[:, t]), state)  # (B, H); of an LSTM two
        h, memory = state if kind == "lstm" else (state, state)  # an LSTM remembers in its cell
        states.append(memory)
    loss = model.output(h, tokens[:, T], reduction="sum")
    gradients = [g.numpy().astype(float) for g in td.grad(loss, states[:-1])]  # (B, H) each
    return np.array([np.linalg.norm(g, axis=1).mean() for g in gradients])


# %%
print(f"\n{'trained':10}{'nats':>7}{'|dL/dh_1| / |dL/dh_59|':>25}{'less than 1 % of it after':>28}")
reach = {}
for kind in ("rnn", "gru", "lstm"):
    model, losses, _ = train(kind, lambda p: optim.Adam(p, lr=3e-3), 1.0, steps)
    norms = state_gradients(model, kind)
    back = norms[::-1] / norms[-1]  # from the youngest state to the oldest
    reach[kind.upper()] = list(enumerate(back))
    faded = int(np.argmax(np.append(back, 0) < 0.01))
    nats = np.mean(losses[-20:])
    results.metric(**{f"reach_ratio_{kind}": back[-1], f"reach_steps_{kind}": faded,
                      f"nats_{kind}": nats})
    print(f"{kind.upper():10}{nats:7.3f}{back[-1]:25.1e}{faded:22} steps")
title = "Trained networks: what arrives of one prediction's gradient"
results.figure("trained.svg", back_figure(reach, title))

# %% [markdown]
# ## Truncated: what is lost when the past is cut off every k steps
#
# The gradient of the recurrent weight over one window of 60 steps, beside the one with the state
# detached every k steps: cut at each step it points elsewhere [truncated_cosine_1 < 0.9], cut every
# 20 it is nearly the whole [truncated_cosine_20 > 0.95].


# %%
def weight_gradient(k: int) -> np.ndarray:
    """dL/dW of the LSTM's recurrent weight, flat, of the first 60 steps in pieces of k."""
    inputs, targets = next(text.windows(*text.contiguous(ids, 16, vocab.eos_id), T))  # (T, B)
    total, state = 0.0, None
    for x, y in text.windows(inputs, targets, k):
        loss, state = model(x, y, detach(state), reduction="sum")
        total = total + loss
    (gradient,) = td.grad(total, [model.recurrent.weight_hh_l0])
    return gradient.numpy().ravel()


# %%
whole = weight_gradient(T)
print("\nLSTM, truncated to k steps: "
      "the cosine with the whole gradient, and its length as a share")
for k in (1, 5, 10, 20, 30):
    cut = weight_gradient(k)
    cosine = cut @ whole / np.linalg.norm(cut) / np.linalg.norm(whole)
    share = np.linalg.norm(cut) / np.linalg.norm(whole)
    results.metric(**{f"truncated_cosine_{k}": cosine})
    print(f"  k = {k:2}: {cosine:.3f}, {share:.2f}")

# %% [markdown]
# ## Clipping: the norm of all gradients together is held to gamma
#
# g <- g gamma / |g| where |g| > gamma. "Gradient exploding is more serious because it makes
# training impossible", write the notes. Without clipping SGD with a learning rate of 1 ends far
# above an even guess [last_loss_tanh_free > 1.5 * even_guess_nats]: a tanh keeps the state within
# 1, so the loss stays a number, but the run is lost. With it, everything else being equal, the
# loss falls [last_loss_tanh_clipped < 0.6 * even_guess_nats]. A relu keeps nothing: with half the
# learning rate it ends in NaN after a few updates [nan_from_step_relu_free < 20].

# %%
runs = {
    "tanh, no clipping": ("tanh", 1.0, np.inf),
    "tanh, clipped to 1": ("tanh", 1.0, 1.0),
    "relu, no clipping": ("relu", 0.5, np.inf),
}
loss_curves, norm_curves = {}, {}
print(f"\n{'SGD':20}{'first loss':>11}{'last':>8}{'largest norm':>14}"
      f"   (even guess {even_guess:.2f})")
for name, (nonlinearity, lr, gamma) in runs.items():
    with np.errstate(all="ignore"), warnings.catch_warnings():
        # That the norm is not finite is what is shown here.
        warnings.simplefilter("ignore", RuntimeWarning)
        _, losses, norms = train("rnn", lambda p, lr=lr: optim.SGD(p, lr=lr), gamma,
                                 min(steps, 200), nonlinearity=nonlinearity)
    loss_curves[name], norm_curves[name] = losses, norms
    print(f"{name:20}{losses[0]:11.2f}{losses[-1]:8.2f}{np.nanmax(norms):14.3g}")
free, clipped, relu = loss_curves.values()
results.metric(last_loss_tanh_free=np.mean(free[-10:]),
               last_loss_tanh_clipped=np.mean(clipped[-10:]),
               nan_from_step_relu_free=1 + int(np.argmin(np.isfinite(relu))))
results.figure("clipping.svg", clipping_figure(loss_curves, norm_curves, 1.0, even_guess))

# %% [markdown]
# ## The cliff
#
# The smallest recurrent network, h_t = tanh(w h_(t-1) + b) from h_0 = .5, and the loss
# (h_50 - .2)^2 over all w and b. Where h falls into one basin or another there is a wall
# [cliff_largest_norm > 1000 * cliff_median_norm]. A step of descent that starts on it is thrown far
# away; a clipped one goes the same way, but not further than its learning rate. Source: Pascanu,
# Mikolov and Bengio 2013, figure 6.

# %%
w_grid, b_grid = np.meshgrid(np.linspace(0.5, 4, 160), np.linspace(-2, 0.6, 160))  # (N, N)
w, b = td.tensor(w_grid, requires_grad=True), td.tensor(b_grid, requires_grad=True)
h = 0.5
for _ in td.steps(50):
    h = td.tanh(w * h + b)  # (N, N): one network for each w and b
loss = (h - 0.2) ** 2
slope = np.stack([g.numpy() for g in td.grad(loss.sum(), [w, b])])  # (2, N, N)

steep, lr = np.hypot(*slope), 0.5
print(f"\nthe cliff: the gradient's norm is {np.median(steep):.2g} in the middle, "
      f"{steep.max():.2g} on the wall; a step with learning rate {lr} goes "
      f"{lr * steep.max():.0f} far, clipped to norm 1 it goes {lr}")
results.metric(cliff_median_norm=np.median(steep), cliff_largest_norm=steep.max())
results.figure("cliff.svg", cliff_figure(w_grid, b_grid, loss.numpy(), slope, lr))

# %% [markdown]
# ## A GRU, unrolled: arrows that fade
#
# Every step uses the same cell. An arrow is as wide as the logarithm of the gradient along it: from
# right to left it fades.


# %%
class Unrolled(nn.Module):
    def __init__(self) -> None:
        self.cell = nn.GRUCell(4, 6)
        self.output = nn.Linear(6, 3)

    def forward(self, *x: td.Tensor) -> td.Tensor:
        h = td.zeros(1, 6)
        for t in td.steps(len(x)):
            h = self.cell(x[t], h)  # (B, H)
        return F.cross_entropy(self.output(h), np.array([1]))


inputs = [td.randn(1, 4) for _ in range(4)]
drawing = td.draw(Unrolled(), *inputs, backward=True, depth=1, parameters="hidden", aspect="slide")
results.figure("unrolled.svg", drawing.save)
results.write()
