# %% [markdown]
# # Back-propagation through time: gradients that vanish, gradients that explode
#
# A recurrent network uses one matrix at every step, so the gradient that comes back through T steps has been multiplied T
# times: it fades or it grows, like a power. Here this is measured on a linear network and on trained ones; then come the
# remedy for growing, clipping, and the cliff that it is for. What gates do against fading, `memory.py` shows.
#
#     python demos/bptt.py                            about half a minute
#     python demos/bptt.py --data tinyshakespeare     the trained networks read Shakespeare; or --data ptb, or a file

# %%
import warnings

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.lm_figures import cliff, cliff_figure
from support.run import Results, arguments, parse
from tinydawn import nn, optim, text, viz
from tinydawn.models.nnlm import frequency_classes
from tinydawn.models.rnn_lm import RNNLM, detach
from tinydawn.nn import functional as F

options = parse(arguments("Measure how gradients vanish and explode through time, and what gates and clipping do about it."))
words = options.data in ("ptb", "brown", "names", "tang")
sentences = text.load_sentences(options.data) if words else [list(text.load_characters(options.data))]
results = Results("bptt", options, options.data or "pydoc_data.topics")
rng = np.random.default_rng(options.seed)
vocab = text.Vocab.build(sentences)
ids = np.concatenate([vocab.encode(s, eos=words) for s in sentences])[:2_000_000]

# %% [markdown]
# ## A linear network: powers of a matrix
#
# The notes write dL/dh_1 = W^T^(t-1) dL/dh_t, which means: W transposed, to the power t - 1. Here h has 64 units, W is random,
# its largest eigenvalue scaled to rho, and the loss looks at the last state. In the long run rho decides. But it is not the
# norm: a W that is not normal lets a gradient grow for a while before it fades.

# %%
def gradient_norms(W: np.ndarray, steps: int = 50) -> np.ndarray:
    """The norm of dL/dh_t for t = 1 .. steps: h_t = W h_(t-1) + x_t, L = v h_steps."""
    states = [td.tensor(rng.normal(size=64), requires_grad=True)]  # (H,)
    for _ in td.steps(steps - 1):
        states.append(td.tensor(W) @ states[-1] + rng.normal(size=64))
    loss = (states[-1] * rng.normal(size=64)).sum()
    return np.array([np.linalg.norm(g.numpy()) for g in td.grad(loss, states)])

W = rng.normal(size=(64, 64))
radius = np.abs(np.linalg.eigvals(W)).max()
linear = {f"rho = {rho}": gradient_norms(W * (rho / radius)) for rho in (0.9, 1.0, 1.1)}
linear["rho = 0.9, not normal"] = gradient_norms(0.9 * np.eye(64) + np.diag(0.3 * (np.arange(63) % 8 != 7), 1))
print(f"{'linear network':24}{'|dL/dh_1| / |dL/dh_50|':>24}{'rho^49':>10}")
for name, norms in linear.items():
    print(f"{name:24}{norms[0] / norms[-1]:24.2g}{float(name[6:9])**49:10.2g}")
results.metric(**{f"linear_ratio_{rho}": linear[f"rho = {rho}"][0] / linear[f"rho = {rho}"][-1] for rho in (0.9, 1.0, 1.1)})
results.baseline(even_guess_nats=np.log(len(vocab) - 2), **{f"rho_{rho}_to_the_49": rho**49 for rho in (0.9, 1.0, 1.1)})
results.figure("linear.svg", lambda path: viz.training_curves(linear, path, x_label="t", y_label="norm of dL/dh_t", log=True))

# %% [markdown]
# ## Trained networks: how far back does the loss of one prediction reach?
#
# A tanh RNN, a GRU and an LSTM learn to predict the text. Then the loss of one prediction is taken back through 60 states.
# Look at the state's gradient: the weight's is the sum over all t, and hides that the early ones bring nothing.

# %%
T, hidden = 60, 128
steps = 40 if options.quick else 400 * (options.epochs or 1)
classes = frequency_classes(np.bincount(ids, minlength=len(vocab))) if len(vocab) > 5000 else None

def train(kind: str, optimizer, clip: float, steps: int, **more) -> tuple[RNNLM, list, list]:
    """A language model, the losses of its training, and the norms of its gradients before clipping."""
    td.manual_seed(options.seed)
    model, losses, norms, state = RNNLM(len(vocab), 128, hidden, kind=kind, classes=classes, **more), [], [], None
    optimizer, windows = optimizer(model.parameters()), list(text.windows(*text.contiguous(ids, 16, vocab.eos_id), 35))
    for step in tqdm(range(steps), desc=kind, leave=False):
        x, y = windows[step % len(windows)]  # (T, B)
        loss, state = model(x, y, detach(state if step % len(windows) else None))
        optimizer.zero_grad()
        loss.backward()
        norms.append(optim.clip_grad_norm_(model.parameters(), clip))
        losses.append(loss.item())
        optimizer.step()
    return model, losses, norms

def state_gradients(model: RNNLM, kind: str) -> np.ndarray:
    """The norm of dL/dh_t, t = 1 .. T - 1, of the loss of the T-th prediction, averaged over 32 places of the text."""
    cell = {"rnn": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}[kind](128, hidden)
    cell.load_state_dict({name.replace("_l0", ""): w for name, w in model.recurrent.state_dict().items()})
    chosen = ids[rng.integers(0, len(ids) - T - 1, 32)[:, None] + np.arange(T + 1)]  # (B, T + 1)
    state, states = None, []
    for t in td.steps(T):
        state = cell(model.embedding(chosen[:, t]), state)  # (B, H)
        states.append(state[1] if kind == "lstm" else state)  # an LSTM remembers in its cell
    loss = model.output(state[0] if kind == "lstm" else state, chosen[:, T], reduction="sum")
    return np.array([np.linalg.norm(g.numpy().astype(float), axis=1).mean() for g in td.grad(loss, states[:-1])])

reach = {}
print(f"\n{'trained':10}{'nats':>7}{'|dL/dh_1| / |dL/dh_59|':>25}{'less than 1 % of it after':>28}")
for kind in ("rnn", "gru", "lstm"):
    model, losses, _ = train(kind, lambda p: optim.Adam(p, lr=3e-3), 1.0, steps)
    reach[kind.upper()] = state_gradients(model, kind)
    back, nats = reach[kind.upper()][::-1] / reach[kind.upper()][-1], np.mean(losses[-20:])
    far = int(np.argmax(np.append(back, 0) < 0.01))
    results.metric(**{f"reach_ratio_{kind}": back[-1], f"reach_steps_{kind}": far, f"nats_{kind}": nats})
    print(f"{kind.upper():10}{nats:7.3f}{back[-1]:25.1e}{far:22} steps")
results.figure("trained.svg", lambda path: viz.training_curves(reach, path, x_label="t (the loss stands at 60)",
                                                               y_label="norm of dL/dh_t", log=True))

# %% [markdown]
# ## Truncated: what is lost when the past is cut off every k steps
#
# The gradient of the recurrent weight over one window of 60 steps, beside the one with the state detached every k steps.

# %%
def weight_gradient(k: int) -> np.ndarray:
    total, state = 0.0, None
    for x, y in text.windows(*next(text.windows(*text.contiguous(ids, 16, vocab.eos_id), T)), k):
        loss, state = model(x, y, detach(state), reduction="sum")
        total = total + loss
    return td.grad(total, [model.recurrent.weight_hh_l0])[0].numpy().ravel()

whole = weight_gradient(T)
print("\nLSTM, truncated to k steps: the cosine with the whole gradient, and its length as a share")
for k in (1, 5, 10, 20, 30):
    cut = weight_gradient(k)
    cosine, share = cut @ whole / np.linalg.norm(cut) / np.linalg.norm(whole), np.linalg.norm(cut) / np.linalg.norm(whole)
    results.metric(**{f"truncated_cosine_{k}": cosine})
    print(f"  k = {k:2}: {cosine:.3f}, {share:.2f}")

# %% [markdown]
# ## Clipping: the norm of all gradients together is held to gamma
#
# SGD with a learning rate of 2. "Gradient exploding is more serious because it makes training impossible", write the notes:
# with a relu it ends in NaN at once. A tanh keeps the state within 1, so the loss stays a number, but far above where it began.

# %%
runs = {}
print(f"\n{'SGD, lr 2':20}{'first loss':>11}{'last':>8}{'largest norm':>14}   (even guess {np.log(len(vocab) - 2):.2f})")
for kind, clip in (("tanh", np.inf), ("tanh", 1.0), ("relu", np.inf), ("relu", 1.0)):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # that the norm is not finite is what is shown here
        _, losses, norms = train("rnn", lambda p: optim.SGD(p, lr=2.0), clip, min(steps, 150), nonlinearity=kind)
    name, key = f"{kind}, {'gamma 1' if clip == 1 else 'no clipping'}", f"{kind}_{'clipped' if clip == 1 else 'free'}"
    runs[name] = losses, norms
    bad = int(np.argmin(np.isfinite(losses))) + 1 if not np.isfinite(losses[-1]) else 0
    results.metric(**({f"nan_from_step_{key}": bad} if bad else {f"last_loss_{key}": losses[-1]}))
    print(f"{name:20}{losses[0]:11.2f}{losses[-1]:8.2f}{np.nanmax(norms):14.3g}{f'   NaN from step {bad}' if bad else ''}")
curves = [{name: run[k] for name, run in runs.items()} for k in (0, 1)]
results.figure("clipping.svg", lambda path: viz.training_curves(curves[0], path, y_label="loss", log=True))
results.figure("norms.svg", lambda path: viz.training_curves(curves[1], path, {"gamma": 1}, y_label="norm before clipping",
                                                             log=True))

# %% [markdown]
# ## The cliff
#
# The smallest recurrent network, h_t = tanh(w h_(t-1) + b) from h_0 = .5, and the loss (h_50 - .2)^2 over all w and b. Where h
# falls into one basin or another there is a wall. A step of descent that starts on it is thrown far away; a clipped one goes
# the same way, but not further than its learning rate. Source: Pascanu, Mikolov and Bengio 2013, figure 6.

# %%
w, b, loss, slope = cliff()  # (N, N), (N, N), (N, N), (2, N, N)
steep, lr = np.hypot(*slope), 0.5
print(f"\nthe cliff: the gradient's norm is {np.median(steep):.2g} in the middle, {steep.max():.2g} on the wall; a step with "
      f"learning rate {lr} goes {lr * steep.max():.0f} far, clipped to norm 1 it goes {lr}")
results.metric(cliff_median_norm=np.median(steep), cliff_largest_norm=steep.max())
results.figure("cliff.svg", cliff_figure(w, b, loss, slope, lr))

# %% [markdown]
# ## A GRU, unrolled: arrows that fade
#
# Every step uses the same cell. An arrow is as wide as the logarithm of the gradient along it: from right to left it fades.

# %%
class Unrolled(nn.Module):
    def __init__(self) -> None:
        self.cell, self.output = nn.GRUCell(4, 6), nn.Linear(6, 3)

    def forward(self, *x: td.Tensor) -> td.Tensor:
        h = td.zeros(1, 6)
        for t in td.steps(len(x)):
            h = self.cell(x[t], h)  # (B, H)
        return F.cross_entropy(self.output(h), np.array([1]))

inputs = [td.randn(1, 4) for _ in range(8)]
results.figure("unrolled.svg", td.draw(Unrolled(), *inputs, backward=True, depth=1, direction="LR", parameters="hidden").save)
results.write()
