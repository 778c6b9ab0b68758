# %% [markdown]
# # Dropout: three readings of p
#
# While training, each hidden unit is dropped at random; at test time none is, so the next layer would be given more than it is
# used to. Something must be scaled, and what by depends on what p is. The notes take p in both meanings at once.
#
#     python demos/dropout.py                 which topic of Python's manual is a sentence from?
#     python demos/dropout.py --data mr       film reviews

# %%
import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.labelled import baselines, batches, predict
from support.panels import COLOURS, STROKES, panels, tidy
from support.run import Results, arguments, parse
from support.topics import load
from tinydawn import optim, text
from tinydawn.models import DeepAveragingNetwork
from tinydawn.nn import functional as F

parser = arguments("What dropout does at training and at test time, in three readings of p.")
options = parse(parser)
results = Results("dropout", options, options.data or "topics of Python's manual")
data = load(options.data, options.seed, options.quick)
rng = np.random.default_rng(options.seed)

# %% [markdown]
# ## The notes drop with probability p and then scale by p, which works only for p = .5
#
# *Inverted* (PyTorch, here, and everywhere today): drop with probability p, divide what is left by 1 - p, do nothing at test.
# *The paper* (Srivastava et al. 2014): its p is the probability to KEEP a unit; keep with p, scale the weights by p at test.
# *The notes*: "dropped with a preset probability p", and "weights scaled by p" at test. Read as written, a unit has the mean
# (1 - p) h while training and p h at test.

# %%
def inverted(h: np.ndarray, p: float, training: bool) -> np.ndarray:
    return F.dropout(h, p, training)

def paper(h: np.ndarray, p: float, training: bool) -> np.ndarray:
    return F.dropout(h, 1 - p, training, mode="paper")  # its p keeps, and tinydawn's p always drops

def notes(h: np.ndarray, p: float, training: bool) -> np.ndarray:
    return F.dropout(h, p, True, mode="paper") if training else h * p

readings = {"inverted": inverted, "paper": paper, "notes": notes}
h, w = (rng.uniform(0.5, 1.5, 100).astype(np.float32), rng.normal(0.1, 0.3, 100).astype(np.float32))  # (H,), (H,)
print("what the next layer gets, w h: its mean over 5,000 masks, and what it gets at test\n"
      f"{'':10}" + "".join(f"{f'p = {p}':>24}" for p in (0.2, 0.5, 0.8)))
sums: dict[tuple[str, float], tuple[np.ndarray, float]] = {}
for name, reading in readings.items():
    line = f"{name:10}"
    for p in (0.2, 0.5, 0.8):
        trained = reading(np.tile(h, (5000, 1)), p, True) @ w  # (M, H) @ (H,) -> (M,)
        tested = float(reading(h, p, False) @ w)
        sums[name, p] = trained, tested
        ratio = tested / trained.mean()
        results.metric(**{f"test_over_train_{name}_{p}": ratio})
        line += f"{trained.mean():8.2f}{tested:7.2f} {'ok' if abs(ratio - 1) < 0.1 else f'x {ratio:.2f}':8}"
    print(line)

# %% [markdown]
# ## A mask for a whole sequence
#
# A recurrent state that is masked anew at every step survives T steps with probability (1 - p)^T. The variational mask (Gal
# and Ghahramani 2016) is drawn once per sequence and used at every step.

# %%
steps, p = 20, 0.3
fresh = once = td.ones(1000, 1)  # (B, 1): a state that should simply be remembered
mask = F.dropout(td.ones(1000, 1), p, mode="paper")
for _ in range(steps):
    fresh, once = F.dropout(fresh, p, mode="paper"), once * mask
print(f"\na state remembered over {steps} steps, p = {p}: alive in {fresh.mean().item():.1%} with a new mask at each step, "
      f"in {once.mean().item():.1%} with one mask")
results.metric(state_alive_fresh=fresh.mean().item(), state_alive_once=once.mean().item())

# %% [markdown]
# ## Overfitting: what is learned by heart, and what is understood
#
# A deep averaging network (mean of word vectors, one hidden layer), with nothing dropped, hidden units dropped, whole words
# dropped from the mean, and both. The gap is between the texts it was trained on and those it has never seen.

# %%
vocab = text.Vocab.build([words for words, _ in data.train], min_freq=2 if options.data else 1)
truth = {name: np.array([label for _, label in part]) for name, part in (("train", data.train), ("test", data.test))}
epochs = 2 if options.quick else options.epochs or (8 if options.data else 20)

def scores(model: td.nn.Module) -> dict[str, float]:
    """Accuracy and loss, nothing dropped, of the training and the test texts."""
    found = {}
    for name, part in (("train", data.train), ("test", data.test)):
        logits = predict(model, part, vocab)  # (N, C)
        found[name] = (logits.argmax(axis=1) == truth[name]).mean()
        found[f"{name}_loss"] = float(F.cross_entropy(logits, truth[name]))
    return found

def train(dropout: float, word_dropout: float, layers: int = 1) -> tuple[DeepAveragingNetwork, list[dict[str, float]]]:
    td.manual_seed(options.seed)
    model = DeepAveragingNetwork(len(vocab), len(data.classes), layers=layers, word_dropout=word_dropout, dropout=dropout)
    optimizer, curve = optim.Adam(model.parameters(), lr=2e-3 if options.data else 5e-3), []
    for epoch in tqdm(range(epochs), desc=f"dropout {dropout}, words {word_dropout}", leave=False):
        for ids, labels in batches(data.train, vocab, 50 if options.data else 32, seed=epoch):
            optimizer.zero_grad()
            F.cross_entropy(model.train()(ids), labels).backward()
            optimizer.step()
        curve.append(scores(model))
    return model, curve

found = baselines(results, data)
print(f"\n{len(data.train):,} texts to train on, {len(data.test):,} to test; majority {found['majority']:.3f}, "
      f"naive Bayes {found['naive_bayes']:.3f}\n{'dropped':18}{'training':>9}{'test':>9}{'gap':>9}{'test loss':>11}")
curves = {}
for name, key, dropout, word_dropout in (("nothing", "nothing", 0.0, 0.0), ("half the units", "units", 0.5, 0.0),
                                         ("0.3 of the words", "words", 0.0, 0.3), ("both", "both", 0.5, 0.3)):
    model, curves[name] = train(dropout, word_dropout)
    last = curves[name][-1]
    print(f"{name:18}{last['train']:9.3f}{last['test']:9.3f}{last['train'] - last['test']:9.3f}{last['test_loss']:11.3f}")
    results.metric(**{f"{key}_train": last["train"], f"{key}_test": last["test"], f"{key}_test_loss": last["test_loss"]})

# %% [markdown]
# ## What each mistake at test time costs
#
# With p = .5 the notes' p happens to be right. A network of three hidden layers that drops a fifth of each shows the
# difference. It was trained with inverted dropout, which needs no factor at test; the same network trained the paper's way
# needs .8, so forgetting it is a factor 1 / .8 here, and taking the notes' .2 in its place a factor .2 / .8, at each layer.
# Watch the accuracy: smaller logits are also less sure of themselves, which lowers the loss of a network that was too sure.

# %%
class AtTest(td.nn.Module):
    """What stands in dropout's place at test time: a factor; or with None dropout itself, left on by mistake."""

    def __init__(self, factor: float | None) -> None:
        self.factor = factor

    def forward(self, h: td.Tensor) -> td.Tensor:
        return F.dropout(h, 0.2, training=True) if self.factor is None else h * self.factor

model, _ = train(0.2, 0.0, layers=3)
print(f"\n{'trained with p = .2, at test':30}{'accuracy':>10}{'loss':>8}")
for name, key, factor in (("right", "right", 1.0), ("the paper's factor forgotten", "forgotten", 1 / 0.8),
                          ("the notes' factor", "notes", 0.2 / 0.8), ("dropout left on", "left_on", None)):
    model.dropout = AtTest(factor)
    point = scores(model)
    print(f"{name:30}{point['test']:10.3f}{point['test_loss']:8.3f}")
    results.metric(**{f"at_test_{key}_accuracy": point["test"], f"at_test_{key}_loss": point["test_loss"]})

# %%
def draw_sums(axes: list) -> None:
    shown = [(key, *sums[key]) for p in (0.2, 0.5) for key in sums if key[1] == p]
    for panel, ((name, p), trained, tested) in zip(axes, shown, strict=True):
        panel.hist(trained, bins=40, color="#BBBBBB", density=True)
        panel.axvline(trained.mean(), color=COLOURS[0], label=f"mean in training {trained.mean():.1f}")
        panel.axvline(tested, color=COLOURS[1], linestyle=STROKES[1], linewidth=2.5, label=f"at test {tested:.1f}")
        panel.set_ylim(top=1.4 * panel.get_ylim()[1])
        panel.set_yticks([])
        tidy(panel, f"{name}, p = {p}", legend=True)

def draw_gap(axes: list) -> None:
    for panel, what, title in ((axes[0], "", "accuracy"), (axes[1], "_loss", "loss, nats")):
        for k, (name, curve) in enumerate(curves.items()):
            for part, stroke in (("test", "-"), ("train", STROKES[1])):
                panel.plot(range(1, epochs + 1), [point[part + what] for point in curve], color=COLOURS[k], linestyle=stroke,
                           label=name if part == "test" else None)
        tidy(panel, f"{title}: test solid, training dotted", "epoch", legend=True)

results.figure("expectation.svg", panels(2, 3, draw_sums, height=2.4))
results.figure("overfitting.svg", panels(1, 2, draw_gap, width=4.6))
results.write()
