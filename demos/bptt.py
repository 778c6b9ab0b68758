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
from support.bptt_figures import back_figure, cliff_figure, clipping_figure, unrolled_figure
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
# state. In the long run rho decides: below 1 the gradient vanishes [linear_ratio_0.9 < 0.001],
# above 1 it explodes [linear_ratio_1.1 > 1000]. With rho = 1 what lies along the eigenvectors of
# length 1 stays, and the rest fades: less than the whole is left [0.05 < linear_ratio_1.0 < 1]. But
# rho is not the norm: a W that feeds forward, from unit to unit, lets a gradient grow for a while
# before it fades [linear_most_feeding > 3 and linear_ratio_feeding < 0.5].


# %%
def gradient_norms(W: np.ndarray, steps: int = 100) -> np.ndarray:
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
chain = np.diag(0.6 * (np.arange(63) % 3 != 2), 1)  # a unit feeds the next, and that one the next
results.baseline(even_guess_nats=even_guess)

matrices = {f"rho = {rho}": W * (rho / radius) for rho in (0.9, 1.0, 1.1)}
matrices["rho = 0.9, feeds forward"] = 0.9 * np.eye(64) + chain
print(f"{'linear network':26}{'|dL/dh_1| / |dL/dh_100|':>24}{'rho^99':>10}")
linear = {}
for name, matrix in matrices.items():
    norms = gradient_norms(matrix)
    back = norms[::-1] / norms[-1]  # from the last state to the first
    linear[name] = list(enumerate(back))
    rho = float(name.split()[2].strip(","))
    print(f"{name:26}{back[-1]:24.2g}{rho**99:10.2g}")
    if "feeds" in name:
        results.metric(linear_most_feeding=back.max(), linear_ratio_feeding=back[-1])
    else:
        results.metric(**{f"linear_ratio_{rho}": back[-1]})
        results.baseline(**{f"rho_{rho}_to_the_99": rho**99})
results.figure("linear.svg", back_figure(linear, "A linear network: rho decides in the long run"))

# %% [markdown]
# ## Trained networks: how far back does the loss of one prediction reach?
#
# A tanh RNN, a GRU and an LSTM learn to predict the text. Then the loss of one prediction is taken
# back from state 59 to state 1; an LSTM's is its cell c. Without gates next to nothing of it
# arrives there, with gates little [reach_ratio_rnn < 1e-4 * min(reach_ratio_gru,
# reach_ratio_lstm)]. But after twenty steps less than 1 % is left with gates too
# [max(reach_steps_gru, reach_steps_lstm) < 20]. And in so short a training the loss does not follow
# the reach: that of the GRU is below the RNN's, that of the LSTM above [nats_gru < nats_rnn and
# nats_rnn < nats_lstm].
#
# Look at the state's gradient: the weight's is the sum over all t, and hides that the early ones
# bring nothing.

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
print(f"\n{'trained':10}{'training loss':>15}{'|dL/dh_1| / |dL/dh_59|':>25}"
      f"{'less than 1 % of it after':>28}")
reach = {}
for kind in ("rnn", "gru", "lstm"):
    model, losses, _ = train(kind, lambda p: optim.Adam(p, lr=3e-3), 1.0, steps)
    norms = state_gradients(model, kind)
    back = norms[::-1] / norms[-1]  # from the youngest state to the oldest
    reach[kind.upper() + ", its c" * (kind == "lstm")] = list(enumerate(back))
    faded = int(np.argmax(np.append(back, 0) < 0.01))
    nats = np.mean(losses[-20:])
    results.metric(**{f"reach_ratio_{kind}": back[-1], f"reach_steps_{kind}": faded,
                      f"nats_{kind}": nats})
    print(f"{kind.upper():10}{nats:15.3f}{back[-1]:25.1e}{faded:22} steps")
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
# training impossible", write the notes. A relu holds a state within no bound. By SGD with a
# learning rate of .5 the gradient's norm leaps above 1000 [largest_norm_relu_free > 1000], and
# after a few updates all is NaN [nan_from_step_relu_free < 20]. Clipped, everything else being
# equal, the run meets norms above 100 as well [largest_norm_relu_clipped > 100], but its steps stay
# short: it comes back, and learns [last_loss_relu_clipped < 0.65 * even_guess_nats].
#
# Impossible it is at this rate. With .2 the network trains without clipping, only slower
# [last_loss_relu_clipped + 0.2 < last_loss_relu_slow < 0.75 * even_guess_nats]. And of a tanh,
# which keeps the state within 1, no gradient explodes here [largest_norm_tanh_free < 20]; yet at a
# rate of 1 its steps are too long, the run without clipping is lost [last_loss_tanh_free > 1.5 *
# even_guess_nats], and the clipped one learns [last_loss_tanh_clipped < 0.6 * even_guess_nats].

# %%
runs = {
    "relu_free": ("relu, no clipping", "relu", 0.5, np.inf),
    "relu_clipped": ("relu, clipped to 1", "relu", 0.5, 1.0),
    "relu_slow": ("relu, no clipping", "relu", 0.2, np.inf),
    "tanh_free": ("tanh, no clipping", "tanh", 1.0, np.inf),
    "tanh_clipped": ("tanh, clipped to 1", "tanh", 1.0, 1.0),
}
curves = {}
print(f"\n{'SGD':20}{'learning rate':>15}{'first loss':>12}{'last':>8}{'largest norm':>14}"
      f"   (even guess {even_guess:.2f})")
for key, (name, nonlinearity, lr, gamma) in runs.items():
    with np.errstate(all="ignore"), warnings.catch_warnings():
        # That the norm is not finite is what is shown here.
        warnings.simplefilter("ignore", RuntimeWarning)
        _, losses, norms = train("rnn", lambda p, lr=lr: optim.SGD(p, lr=lr), gamma,
                                 min(steps, 200), nonlinearity=nonlinearity)
    curves[key] = name, losses, norms
    results.metric(**{f"largest_norm_{key}": np.nanmax(norms)})
    if np.isfinite(losses).all():
        results.metric(**{f"last_loss_{key}": np.mean(losses[-10:])})
    else:
        results.metric(**{f"nan_from_step_{key}": 1 + int(np.argmin(np.isfinite(losses)))})
    print(f"{name:20}{lr:15}{losses[0]:12.2f}{losses[-1]:8.2f}{np.nanmax(norms):14.3g}")
shown = curves["relu_free"], curves["relu_clipped"]
results.figure("clipping.svg", clipping_figure(shown, 1.0, even_guess))

# %% [markdown]
# ## The cliff
#
# The smallest recurrent network, h_t = tanh(w h_(t-1) + b) from h_0 = .5, and the loss (h_50 -
# .2)^2 over all w and b. Where h falls into one basin or another there is a wall
# [cliff_largest_norm > 1000 * cliff_median_norm]. From the steepest point drawn a step of descent
# is thrown far away, to where the gradient is 0, and never comes back [cliff_free_norm == 0 and
# cliff_free_loss > 1]. A clipped one goes the same way, but not further than its learning rate. It
# ends higher as well [cliff_clipped_first > 1], but there is a gradient to go on with, and after
# twelve steps the loss is next to 0 [cliff_clipped_loss < 0.001]. Source: Pascanu, Mikolov and
# Bengio 2013, figure 6.


# %%
def loss_and_slope(w, b) -> tuple[np.ndarray, np.ndarray]:
    """The loss (...) of each network (w, b), and its derivatives by w and by b, (2, ...)."""
    w, b = td.tensor(w, requires_grad=True), td.tensor(b, requires_grad=True)
    h = 0.5
    for _ in td.steps(50):
        h = td.tanh(w * h + b)
    loss = (h - 0.2) ** 2
    return loss.numpy(), np.stack([g.numpy() for g in td.grad(loss.sum(), [w, b])])


def descend(start: np.ndarray, lr: float, gamma: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Twelve steps from (w, b), clipped to gamma: all places (13, 2), the losses, the last norm."""
    at, places, losses = start, [], []
    for _ in range(13):
        loss, slope = loss_and_slope(*at)
        places.append(at)
        losses.append(float(loss))
        norm = np.hypot(*slope)
        at = at - lr * slope * min(1.0, gamma / max(norm, 1e-9))
    return np.array(places), np.array(losses), float(norm)


# %%
w_grid, b_grid = np.meshgrid(np.linspace(0, 4, 200), np.linspace(-2, 0.6, 180))  # (M, N)
loss, slope = loss_and_slope(w_grid, b_grid)  # (M, N), (2, M, N)
steep, lr = np.hypot(*slope), 0.5
print(f"\nthe cliff: the gradient's norm is {np.median(steep):.2g} at the median point, "
      f"{steep.max():.2g} on the wall; a step with learning rate {lr} goes "
      f"{lr * steep.max():.0f} far, clipped to norm 1 it goes {lr}")

top = np.unravel_index(steep.argmax(), steep.shape)
start = np.array([w_grid[top], b_grid[top]])
free, free_losses, free_norm = descend(start, lr, np.inf)
clipped, clipped_losses, _ = descend(start, lr, 1.0)
results.metric(cliff_median_norm=np.median(steep), cliff_largest_norm=steep.max(),
               cliff_free_loss=free_losses[-1], cliff_free_norm=free_norm,
               cliff_clipped_first=clipped_losses[1], cliff_clipped_loss=clipped_losses[-1])
results.figure("cliff.svg", cliff_figure(w_grid, b_grid, loss, (free, free_losses),
                                         (clipped, clipped_losses)))

# %% [markdown]
# ## A GRU, unrolled: arrows that fade
#
# Every step uses the same cell, here an untrained one. Its gates stand half open, so of the
# gradient about half is left at each step back [0.3 < unrolled_share_of_a_step < 0.7]; `memory.py`
# shows what that means. An orange arrow is as wide as the norm of dL/dh_t.

# %%
cell, output = nn.GRUCell(4, 6), nn.Linear(6, 3)
h, states = td.zeros(100, 6), []  # (B, H)
for x in td.randn(6, 100, 4):  # (B, E), six times
    h = cell(x, h)
    states.append(h)
loss = F.cross_entropy(output(h), np.arange(100) % 3)
norms = [np.linalg.norm(g.numpy()) for g in td.grad(loss, states)]
results.metric(unrolled_share_of_a_step=(norms[0] / norms[-1]) ** (1 / 5))
results.figure("unrolled.svg", unrolled_figure(norms))
results.write()
