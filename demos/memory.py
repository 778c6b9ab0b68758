# %% [markdown]
# # How far can a recurrent network remember?
#
# One of four symbols is shown, then noise, and after T steps the network must say which symbol it
# was. Guessing gives .25. What the gradient cannot reach is not learned. The surprise: gates alone
# do not help. A gate that starts half open halves the state, and the gradient, at every step, so a
# plain RNN reaches further! Gates help once they *start open*, by a bias of 4 on the one that
# keeps: z of a GRU (in PyTorch's convention), f of an LSTM.
#
#     python demos/memory.py
#
# Sources: Hochreiter and Schmidhuber 1997 (tasks of this kind), Jozefowicz, Zaremba and Sutskever
# 2015 (the bias).

# %%
import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.lm_figures import curves
from support.run import Results, arguments, parse
from tinydawn import nn, optim
from tinydawn.errors import DataError, message
from tinydawn.nn import functional as F

options = parse(arguments("Train recurrent networks on a task of memory, "
                          "and see over how many steps they learn it."))
if options.data is not None:
    what = f"--data {options.data}: this task is generated"
    raise DataError(message(what, fix="leave --data out"))
results = Results("memory", options, "generated")
B, H = 64, 32
symbols, width = 4, 8

# %% [markdown]
# ## The task, and the training


# %%
def batch(length: int, rng: np.random.Generator) -> tuple[td.Tensor, np.ndarray]:
    """Inputs (T, B, 8): the symbol as a one in the first step, noise in all; the symbols (B,)."""
    symbol = rng.integers(0, symbols, B)
    x = 0.1 * rng.normal(size=(length, B, width)).astype(np.float32)
    x[0, np.arange(B), symbol] += 1
    return td.tensor(x), symbol


def learn(kind: type[nn.Module], length: int, keep: float, updates: int) -> np.ndarray:
    """The share of right answers at every update; `keep` is the bias of the gate that keeps."""
    td.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed + 1)
    layer, head = kind(width, H), nn.Linear(H, symbols)
    layer.bias_ih_l0.data[H:2 * H] += keep  # the second block of rows: z of a GRU, f of an LSTM
    parameters = [*layer.parameters(), *head.parameters()]
    optimizer = optim.Adam(parameters, lr=1e-2)
    right = []
    for _ in range(updates):
        x, symbol = batch(length, rng)  # (T, B, 8), (B,)
        states, _ = layer(x)  # (T, B, H)
        logits = head(states[-1])  # (B, H) -> (B, 4)
        loss = F.cross_entropy(logits, symbol)
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        right.append((logits.argmax(axis=1).numpy() == symbol).mean())
    return np.array(right)


# %% [markdown]
# ## Over how many steps is it learned?

# %%
networks = {
    "RNN": (nn.RNN, 0.0),
    "GRU": (nn.GRU, 0.0),
    "GRU, open": (nn.GRU, 4.0),
    "LSTM": (nn.LSTM, 0.0),
    "LSTM, open": (nn.LSTM, 4.0),
}
lengths, updates = (10, 20, 40, 80), 250 * (options.epochs or 1)
if options.quick:
    lengths, updates = (5, 20), 80
results.baseline(guess=1 / symbols)

print(f"{'symbol to question':20}" + "".join(f"{n:>7}" for n in lengths)
      + f"  steps   (right after {updates} updates)")
shares = {}
with tqdm(total=len(networks) * len(lengths), desc="training", leave=False) as progress:
    for name, (kind, keep) in networks.items():
        shares[name], line = [], f"{name:20}"
        for length in lengths:
            right = learn(kind, length, keep, updates)
            share = right[-20:].mean()
            shares[name].append((length, share))
            line += f"{share:7.2f}"
            key = name.lower().replace(", ", "_")
            results.metric(**{f"right_{key}_{length}": share})
            progress.update()
        progress.write(line)

# %%
picture = curves(shares, "steps to remember", "share of right answers", {"guess": 1 / symbols})
results.figure("memory.svg", picture)
results.write()
