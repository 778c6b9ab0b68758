# %% [markdown]
# # LayerNorm, where it stands, and why the learning rate has to warm up
#
# A Transformer is a stack of residual layers: h becomes h + F(h). Where the norm stands in it decides how large the gradients
# of the lowest and the highest layer are, and whether training survives its first hundred updates.
#
#     python demos/layer_norm.py
#     python demos/layer_norm.py --data tinyshakespeare --rate 0.01 --layers 8

# %%
import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.panels import COLOURS, STROKES, panels, tidy
from support.run import Results, arguments, parse
from tinydawn import nn, optim, text, viz
from tinydawn.errors import DataError, message
from tinydawn.models.transformer import TransformerLM
from tinydawn.nn import functional as F

parser = arguments("Measure LayerNorm in both forms, before and after the layers, and training with and without a warm-up.",
                   epochs=False)
parser.add_argument("--rate", type=float, default=1.5e-2, help="the highest learning rate; default 0.015")
parser.add_argument("--layers", type=int, default=6, help="of the Transformer; default 6")
options = parse(parser)
if not 0 < options.rate < np.inf or options.layers < 1:
    parser.error("--rate: a number above 0; --layers: at least 1")
results = Results("layer_norm", options, options.data or "pydoc_data.topics")
rng, T, B = np.random.default_rng(options.seed), 32, 8

def slug(name: str) -> str:
    return name.replace(", ", "_").replace("-", "_").replace(" ", "_")

# %% [markdown]
# ## LayerNorm, in two forms
#
# The notes' code divides by std + eps, with n - 1 under the root of std: torch.std's default. nn.LayerNorm divides by
# sqrt(variance + eps), with n. [1, 0, 0, 0] tells them apart. Both forget shift and scale of x, so no gradient can point
# there: it is orthogonal to (1, 1, ...) and to x. On a constant row both give 0, but their gradients are g / eps and
# g / sqrt(eps): a million against a thousand, at eps = 1e-6.

# %%
row, constant, g = np.eye(4)[:1], np.full((1, 4), 3.0), np.array([[1.0, -2.0, 0.5, 0.7]])
print("        LayerNorm of [1, 0, 0, 0]       gradient along 1, along x     and its size on a constant row, eps = 1e-6")
for name in ("notes", "pytorch"):
    a, c, b = (td.tensor(m, requires_grad=True) for m in (row, constant, rng.standard_normal((1, 4))))
    y = F.layer_norm(a, 4, eps=1e-6, convention=name)
    (slope,) = td.grad((F.layer_norm(b, 4, eps=0.0, convention=name) * g).sum(), [b])
    (steep,) = td.grad((F.layer_norm(c, 4, eps=1e-6, convention=name) * g).sum(), [c])
    along = abs(slope.numpy().sum()), abs((slope.numpy() * b.numpy()).sum())
    print(f"{name:8}{y.numpy()[0].round(3)!s:28}{along[0]:14.0e}, {along[1]:.0e}  {np.abs(steep.numpy()).max():24,.0f}")
    results.metric(**{f"layer_norm_{name}": y.numpy()[0, 0], f"along_ones_{name}": along[0], f"along_x_{name}": along[1],
                      f"constant_row_{name}": np.abs(steep.numpy()).max()})

# %% [markdown]
# ## Before the layer or after it
#
# The notes write h_out = F(layernorm(h)) + h. This is pre-norm: the skip from h to h_out is left alone, all the way up. So the
# sum grows with every layer, and **one more norm after the last layer** is needed before the softmax, which the notes do not
# say. The first Transformer was post-norm, layernorm(h + F(h)): every norm stands on the skip, and rescales all that comes from
# above. Norming the skip of pre-norm too, layernorm(h) + F(layernorm(h)), is a mistake: it is post-norm again.
#
# Below: the gradient of the last layer's last matrix, before any training, in ever deeper models with Xavier's initial values.
# In pre-norm it falls with depth, in post-norm it does not (Xiong et al. 2020), which is why post-norm has to start with small
# steps. And without the final norm untrained guesses are the worse, the deeper the model.

# %%
characters = list(text.load_characters(options.data, "train"))
if len(characters) < 50 * T:
    raise DataError(message(f"--data {options.data}: {len(characters)} characters", fix=f"a text of at least {50 * T:,}"))
vocab = text.Vocab.build([characters])
ids = np.array(vocab.encode(characters))

def window(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets (T, B), from random places."""
    cut = ids[rng.integers(0, len(ids) - T, B) + np.arange(T + 1)[:, None]]
    return cut[:-1], cut[1:]

def build(layers: int, d_model: int = 32, **kind) -> TransformerLM:
    td.manual_seed(options.seed)
    return TransformerLM(len(vocab), d_model, 4, layers, max_length=T, **kind)

def norm_the_skip(model: TransformerLM) -> None:
    """The mistake: what the skip carries is normed, too."""
    for layer in model.layers:
        layer._residual = lambda x, i, f, layer=layer: (y := getattr(layer, f"norm{i}")(x)) + f(y)

kinds = {"pre-norm": {}, "post-norm": {"norm_first": False}, "pre-norm, no final norm": {"final_norm": False},
         "pre-norm, skip normed": {}}
depths, gradients, losses = (2, 6, 12) if options.quick else (2, 6, 12, 24), {}, {}  # of each kind and depth: of every layer
x, y = window(np.random.default_rng(0))
for name, kind in kinds.items():
    for depth in depths:
        model = build(depth, 64, **kind)
        if name.endswith("skip normed"):
            norm_the_skip(model)
        for layer in model.layers:
            for linear in (layer.self_attn.out_proj, layer.linear1, layer.linear2):
                nn.init.xavier_uniform_(linear.weight)
        loss = model(x, y)
        loss.backward()
        gradients[name, depth] = [float(np.linalg.norm(layer.linear2.weight.grad.numpy())) for layer in model.layers]
        losses[name, depth] = loss.item()
print(f"\n{'layers':24}" + "".join(f"{depth:7}" for depth in depths) + "    loss, untrained" + "".join(f"{d:7}" for d in depths))
for name in kinds:
    print(f"{name:24}" + "".join(f"{gradients[name, depth][-1]:7.3f}" for depth in depths) + " " * 19
          + "".join(f"{losses[name, depth]:7.2f}" for depth in depths))
    results.metric(**{f"last_gradient_{slug(name)}_{depth}": gradients[name, depth][-1] for depth in depths},
                   **{f"untrained_loss_{slug(name)}_{depth}": losses[name, depth] for depth in depths})

def draw_depth(axes: list) -> None:
    for i, name in enumerate(kinds):
        style = {"linestyle": STROKES[i], "color": COLOURS[i], "label": name}
        axes[0].plot(range(1, 13), gradients[name, 12], **style)
        axes[1].plot(depths, [gradients[name, depth][-1] for depth in depths], **style)
    tidy(axes[0], "Gradient of each of 12 layers", "layer", legend=True)
    tidy(axes[1], "Gradient of the last layer", "layers", legend=False)
    for axis in axes:
        axis.set_ylim(bottom=0)

results.figure("depth.svg", panels(1, 2, draw_depth, width=4.4))

# %% [markdown]
# ## Warm-up
#
# "Without this trick, training is likely to get stuck." With post-norm it does: the same model, the same data, the same highest
# rate, and the first row of the table stays near what counting single letters gives. Adam's first steps are as long as any,
# while its averages know only a few batches. A pre-norm model bears it.

# %%
updates, curves = 60 if options.quick else 500, {}
warm_ups = {("post", 0): False, ("post", 100): False, ("post", 400): False, ("pre", 0): True, ("pre", 100): True}
if options.quick:
    warm_ups = {("post", 0): False, ("post", 20): False, ("pre", 0): True}
with tqdm(total=updates * len(warm_ups), desc="training", unit="update", mininterval=0.5) as progress:
    for (place, warm_up), norm_first in warm_ups.items():
        model, batches, history = build(options.layers, norm_first=norm_first), np.random.default_rng(options.seed), []
        optimizer = optim.Adam(model.parameters(), lr=options.rate, betas=(0.9, 0.98))
        schedule = optim.get_linear_schedule_with_warmup(optimizer, warm_up, 2 * updates)
        for _ in range(updates):
            loss = model(*window(batches))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            history.append(loss.item())
            progress.update()
        curves[f"{place}-norm, warm-up {warm_up}"] = history
counts = np.bincount(ids)
share = counts[counts > 0] / len(ids)
letters = -(share * np.log(share)).sum()
results.baseline(nats_single_letters=letters)
print(f"\n{options.layers} layers, highest rate {options.rate:g}: mean loss of the last 50 of {updates} updates (single letters: "
      f"{letters:.3f})")
for name, history in curves.items():
    print(f"{name:26}{np.mean(history[-50:]):.3f}")
    results.metric(**{f"nats_{slug(name)}": np.mean(history[-50:])})

results.figure("warm_up.svg", lambda path: viz.training_curves(
    {name: [(k + 10, np.mean(history[k:k + 20])) for k in range(0, len(history) - 19, 10)] for name, history in curves.items()},
    path, {"single letters": letters}))

# %% [markdown]
# ## Three curves of a learning rate
#
# Ours counts updates from t = 0, so the first has rate 0: it changes nothing, and is the price of a straight line from 0. After
# the warm-up it falls from the peak. BERT's own code lets the decay run from t = 0 and only then puts the warm-up over it: where
# the warm-up ends its rate falls from 0.99 to 0.90 of the peak at once. Vaswani et al. fall with the root of t.

# %%
def rates(make, base: float = 1.0) -> np.ndarray:
    optimizer = optim.SGD([nn.Parameter(np.zeros(1))], lr=base)
    schedule = make(optimizer)
    return np.array([schedule.lrs(t)[0] for t in range(1000)])

t = np.arange(1000)
shapes = {"linear": rates(lambda o: optim.get_linear_schedule_with_warmup(o, 100, 1000)),
          "BERT's own code": np.where(t < 100, t / 100, 1 - t / 1000),
          "Vaswani et al.": rates(lambda o: optim.lr_scheduler.NoamLR(o, 1, 100), 10.0)}
print("\nshare of the highest rate at update" + "".join(f"{k:8}" for k in (0, 1, 99, 100, 101, 550, 999)))
for name, values in shapes.items():
    print(f"{name:35}" + "".join(f"{values[k]:8.3f}" for k in (0, 1, 99, 100, 101, 550, 999)))
jump = shapes["BERT's own code"][99:101]
results.metric(bert_rate_before_joint=jump[0], bert_rate_after_joint=jump[1], rate_of_first_update=shapes["linear"][0])
results.figure("rates.svg", lambda path: viz.training_curves(
    {name: [*zip(t, values, strict=True)] for name, values in shapes.items()}, path, y_label="share of the highest rate"))
results.write()
