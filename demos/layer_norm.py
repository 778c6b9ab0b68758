# %% [markdown]
# # LayerNorm, where it stands, and why the learning rate has to warm up
#
# A Transformer is a stack of residual layers: h becomes h + F(h). You see the norm of the notes and
# that of PyTorch on one row; why it is taken over the features of one position, and not over the
# batch; how large the gradients of a deep stack are, with the norm before a layer or after it; and
# whether training survives its first hundred updates without a warm-up.
#
#     python demos/layer_norm.py
#     python demos/layer_norm.py --data tinyshakespeare --rate 0.01 --layers 8

# %%
from functools import partial

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support import layer_norm_run as report
from support.run import Results, arguments
from tinydawn import nn, optim
from tinydawn.models.transformer import TransformerLM
from tinydawn.nn import functional as F

parser = arguments(
    "Measure LayerNorm in both forms and beside BatchNorm, before and after the layers, "
    "and training with and without a warm-up.", epochs=False)
options = report.read_flags(parser)
results = Results("layer_norm", options, options.data or "pydoc_data.topics")
rng = np.random.default_rng(options.seed)
T, B = 32, 8
ids, V = report.character_ids(options.data, least=50 * T)  # (N,)

# %% [markdown]
# ## LayerNorm, in two forms
#
# The notes' code divides by std + eps, with n - 1 under the root of std: torch.std's default.
# nn.LayerNorm divides by sqrt(variance + eps), with n. [1, 0, 0, 0] tells them apart. With eps = 0
# both forget shift and scale of x, so no gradient can point there: it is orthogonal to (1, 1, ...)
# and to x [max(along_ones_notes, along_x_notes, along_ones_pytorch, along_x_pytorch) < 0.000001].
# On a constant row both give 0, but their gradients are (g - its mean) / eps and (g - its mean) /
# sqrt(eps): two million against two thousand, at eps = 1e-6 and the g below
# [constant_row_notes > 900 * constant_row_pytorch].

# %%
def notes(x: np.ndarray, eps: float) -> np.ndarray:
    centred = x - x.mean(axis=-1, keepdims=True)  # (B, D)
    return centred / (x.std(axis=-1, ddof=1, keepdims=True) + eps)  # (B, D) / (B, 1)

def pytorch(x: np.ndarray, eps: float) -> np.ndarray:
    centred = x - x.mean(axis=-1, keepdims=True)  # (B, D)
    return centred / np.sqrt(x.var(axis=-1, keepdims=True) + eps)  # (B, D) / (B, 1)

def gradient(x: np.ndarray, form: str, eps: float) -> np.ndarray:
    """d sum(g * LayerNorm(x)) / dx, for a fixed g."""
    g = np.array([[1.0, -2.0, 0.5, 0.7]])  # (1, 4)
    x = td.tensor(x, requires_grad=True)
    (found,) = td.grad((F.layer_norm(x, 4, eps=eps, convention=form) * g).sum(), [x])
    return found.numpy()  # (1, 4)

# %%
row = np.array([[1.0, 0.0, 0.0, 0.0]])
constant = np.array([[3.0, 3.0, 3.0, 3.0]])
forms = {}
for form, formula in (("notes", notes), ("pytorch", pytorch)):
    y = F.layer_norm(td.tensor(row), 4, eps=1e-6, convention=form).numpy()  # (1, 4)
    assert np.allclose(y, formula(row, 1e-6))

    x = rng.standard_normal((1, 4))
    slope = gradient(x, form, eps=0.0)  # (1, 4)
    along_ones = abs(slope.sum())
    along_x = abs((slope * x).sum())
    steepest = np.abs(gradient(constant, form, eps=1e-6)).max()
    forms[form] = (y[0], along_ones, along_x, steepest)

report.forms_table(results, forms)

# %% [markdown]
# ## Why not over the batch?
#
# BatchNorm takes each feature by itself: its mean and variance over all examples of the batch, and
# over all their positions. So what comes out of one example depends on the others. With two
# examples in the batch nothing else is left: each feature is +1 for one and -1 for the other,
# whatever it was [batch_norm_of_two > 0.99]. Evaluation takes a mean and a variance that training
# has kept (running_mean and running_var in the state), since one example alone has none.

# %%
def batch_norm(x: np.ndarray, eps: float) -> np.ndarray:
    centred = x - x.mean(axis=0)  # (B, D) - (D,): each feature by itself
    return centred / np.sqrt(x.var(axis=0) + eps)  # (B, D) / (D,)

pair = rng.standard_normal((2, 4))  # (B, D)
y = nn.BatchNorm1d(4, eps=1e-9).double()(td.tensor(pair)).numpy()
assert np.allclose(y, batch_norm(pair, 1e-9))
results.metric(batch_norm_of_two=np.abs(y).min())
print(f"\nBatchNorm of two rows:\n{pair.round(2)} gives\n{y.round(2)}")

# %% [markdown]
# Sentences are padded to the longest of their batch, and padding counts: if 3 of 4 positions are
# zeros, the variance is a fourth of the words' own (words of mean zero), and the same words come
# out twice as long [abs(stretch_batch_norm_75 - 2) < 0.1]. To LayerNorm a position is all there is
# [abs(stretch_layer_norm_75 - 1) < 0.01].

# %%
words = rng.standard_normal((16, 10, 64))  # (B, T, D): 10 words each
stretch = {"BatchNorm": {}, "LayerNorm": {}}  # of each norm by the share of padding
for share in (0, 0.25, 0.5, 0.75, 0.9):
    zeros = np.zeros((16, round(10 / (1 - share)) - 10, 64))
    x = td.tensor(np.concatenate([words, zeros], axis=1))  # (B, T, D)
    by_batch = nn.BatchNorm1d(64).double()(x.transpose(1, 2)).transpose(1, 2)  # it wants (B, D, T)
    by_row = nn.LayerNorm(64).double()(x)  # (B, T, D)
    for name, y in (("BatchNorm", by_batch), ("LayerNorm", by_row)):
        stretch[name][share] = np.sqrt((y.numpy()[:, :10] ** 2).mean())  # 1 is as it should be
report.padding_table(results, stretch)

# %% [markdown]
# What training keeps for evaluation depends on it, too: after batches of which nine tenths were
# padding, one sentence by itself comes out three times as long [stretch_of_kept_statistics > 3].

# %%
kept = nn.BatchNorm1d(64).double()
for _ in range(100):
    kept(x.transpose(1, 2))  # the last x of above, with 90 % padding
alone = kept.eval()(td.tensor(words[:1]).transpose(1, 2)).numpy()  # (1, D, 10)
results.metric(stretch_of_kept_statistics=np.sqrt((alone**2).mean()))
print(f"running_var after 100 batches with 90 % padding: {kept.running_var.numpy().mean():.2f}; "
      f"a sentence alone is then {np.sqrt((alone**2).mean()):.2f} long")

# %% [markdown]
# And the small batches that large models have to be trained with: the same classifier, with one
# norm or the other, reads 1,200 sentences once, in batches of 2 to 32; the learning rate grows with
# the root of the batch size. With BatchNorm and batches of 2 it learns little
# [accuracy_batch_norm_2 < accuracy_layer_norm_2 - 0.2]; with batches of 32 they are equally good
# [abs(accuracy_batch_norm_32 - accuracy_layer_norm_32) < 0.05].

# %%
topics, kinds_of_words = 4, 200

def sentences(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Ids (count, 20) and topics (count,): 4 words in 10 are of the topic, the others any."""
    topic = rng.integers(0, topics, count)  # (N,)
    own = topic[:, None] + topics * rng.integers(0, kinds_of_words // topics, (count, 20))
    anything = rng.integers(0, kinds_of_words, (count, 20))
    return np.where(rng.random((count, 20)) < 0.4, own, anything), topic

def classifier(norm: type[nn.Module], D: int = 32) -> tuple[nn.Embedding, nn.Module]:
    hidden = [nn.Linear(D, D), norm(D), nn.ReLU(), nn.Linear(D, D), norm(D), nn.ReLU()]
    return nn.Embedding(kinds_of_words, D), nn.Sequential(*hidden, nn.Linear(D, topics))

def accuracy(norm: type[nn.Module], batch_size: int, seed: int) -> float:
    td.manual_seed(seed)
    embedding, network = classifier(norm)
    parameters = [*embedding.parameters(), *network.parameters()]
    optimizer = optim.Adam(parameters, lr=5e-3 * (batch_size / 8) ** 0.5)
    x, topic = sentences(np.random.default_rng(seed), 200 if options.quick else 1200)
    for i in range(0, len(x), batch_size):
        mean = embedding(x[i:i + batch_size]).mean(axis=1)  # (B, 20, D) -> (B, D)
        loss = F.cross_entropy(network(mean), topic[i:i + batch_size])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    x, topic = sentences(np.random.default_rng(1000), 1000)
    logits = network.eval()(embedding(x).mean(axis=1))  # (N, topics), by running statistics
    return float((logits.numpy().argmax(axis=1) == topic).mean())

# %%
seeds = range(options.seed, options.seed + (1 if options.quick else 3))
accuracies = {
    name: {size: [accuracy(norm, size, seed) for seed in seeds] for size in (2, 4, 8, 16, 32)}
    for name, norm in (("BatchNorm", nn.BatchNorm1d), ("LayerNorm", nn.LayerNorm))
}
report.batch_size_table(results, accuracies, guess=1 / topics)
results.figure("batch_norm.svg", report.batch_norm_figure(accuracies, stretch, 1 / topics))

# %% [markdown]
# ## Before the layer or after it
#
# The notes write h_out = F(layernorm(h)) + h. This is pre-norm: the skip from h to h_out is left
# alone, all the way up. So the sum grows with every layer, and **one more norm after the last
# layer** is wanted before the softmax, which the notes do not say. The first Transformer was
# post-norm, layernorm(h + F(h)): every norm stands on the skip, and rescales all that comes from
# above. Norming the skip of pre-norm too, layernorm(h) + F(layernorm(h)), is a mistake: it is
# post-norm again.
#
# Below: the gradient of the last layer's last matrix, before any training, in ever deeper models
# with Xavier's initial values; one draw of them, so the lines wiggle. In pre-norm it falls with
# depth [last_gradient_pre_norm_12 < 0.7 * last_gradient_pre_norm_2], in post-norm it does not
# [last_gradient_post_norm_12 > 0.9 * last_gradient_post_norm_2]. It is the final norm that does it:
# it divides by the length of the sum, which grows with depth. Without it the gradient of pre-norm
# does not fall either
# [last_gradient_pre_norm_no_final_norm_12 > 0.9 * last_gradient_pre_norm_no_final_norm_2], and
# untrained guesses are the worse, the deeper the model
# [untrained_loss_pre_norm_no_final_norm_12 > untrained_loss_pre_norm_no_final_norm_2 + 0.4]. Xiong
# et al. (2020) explain by these large gradients at the top why post-norm has to start with small
# steps; that this is the cause is not measured here.

# %%
def window(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets (T, B), from random places."""
    starts = rng.integers(0, len(ids) - T, B)  # (B,)
    cut = ids[starts + np.arange(T + 1)[:, None]]  # (T + 1, B)
    return cut[:-1], cut[1:]

def build(layers: int, d_model: int, **kind: bool) -> TransformerLM:
    td.manual_seed(options.seed)  # the same initial values for all
    return TransformerLM(V, d_model, 4, layers, max_length=T, **kind)

def skip_normed(layer: nn.Module, h: td.Tensor, i: int, f) -> td.Tensor:
    """The mistake, in place of h + f(norm(h)): what the skip carries is normed, too."""
    norm = getattr(layer, f"norm{i}")
    h = norm(h)  # (B, T, D)
    return h + f(h)

# %%
def untrained(depth: int, mistake: bool = False, **kind: bool) -> tuple[list[float], float]:
    """The norm of the gradient of each layer's last matrix, and the loss."""
    model = build(depth, 64, **kind)
    for layer in model.layers:
        if mistake:
            layer._residual = partial(skip_normed, layer)
        for linear in (layer.self_attn.out_proj, layer.linear1, layer.linear2):
            nn.init.xavier_uniform_(linear.weight)
    x, y = window(np.random.default_rng(0))  # (T, B) each
    loss = model(x, y)
    loss.backward()
    slopes = [layer.linear2.weight.grad.numpy() for layer in model.layers]  # (D, 4 D) each
    return [float(np.linalg.norm(slope)) for slope in slopes], loss.item()

# %%
kinds = {
    "pre-norm": {},
    "post-norm": {"norm_first": False},
    "pre-norm, no final norm": {"final_norm": False},
    "pre-norm, skip normed": {"mistake": True},
}
depths = [2, 6, 12] if options.quick else [2, 6, 12, 24]
gradients = {name: {} for name in kinds}
losses = {name: {} for name in kinds}
for name, kind in kinds.items():
    for depth in depths:
        gradients[name][depth], losses[name][depth] = untrained(depth, **kind)

report.depth_table(results, gradients, losses)
results.figure("depth.svg", report.depth_figure(gradients))

# %% [markdown]
# ## Warm-up
#
# "Without this trick, training is likely to get stuck." With post-norm it does: the same model, the
# same data, the same highest rate, and the first row of the table stays near what counting single
# letters gives [nats_post_norm_warm_up_0 > nats_single_letters - 0.1], where with warm-up it learns
# [nats_post_norm_warm_up_100 < nats_single_letters - 0.4]. Adam's first steps are as long as any,
# while its averages know only a few batches. A pre-norm model bears it
# [nats_pre_norm_warm_up_0 < nats_single_letters - 0.4]. This is one seed at one highest rate,
# 0.015, and a high one: with --rate one can look for others.

# %%
updates = 60 if options.quick else 360

def train(norm_first: bool, warm_up: int, progress: tqdm) -> list[float]:
    """The loss of every update. The rate rises for `warm_up` updates, then falls."""
    model = build(options.layers, 32, norm_first=norm_first)
    batches = np.random.default_rng(options.seed)
    optimizer = optim.Adam(model.parameters(), lr=options.rate, betas=(0.9, 0.98))
    schedule = optim.get_linear_schedule_with_warmup(optimizer, warm_up, 2 * updates)
    history = []
    for _ in range(updates):
        x, y = window(batches)  # (T, B) each
        loss = model(x, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        history.append(loss.item())
        progress.update()
    return history

# %%
runs = [("post", 0), ("post", 100), ("pre", 0), ("pre", 100)]
if options.quick:
    runs = [("post", 0), ("post", 20), ("pre", 0)]
curves = {}
with tqdm(total=updates * len(runs), desc="training", unit="update", mininterval=0.5) as progress:
    for place, warm_up in runs:
        history = train(place == "pre", warm_up, progress)
        curves[f"{place}-norm, warm-up {warm_up}"] = history

counts = np.bincount(ids)  # (V,)
share = counts[counts > 0] / len(ids)
letters = -(share * np.log(share)).sum()
results.baseline(nats_single_letters=letters)
print(f"\n{options.layers} layers, highest rate {options.rate:g}: "
      f"mean loss of the last 50 of {updates} updates (single letters: {letters:.3f})")
report.warm_up_table(results, curves)
results.figure("warm_up.svg", report.warm_up_figure(curves, letters))

# %% [markdown]
# ## Three curves of a learning rate
#
# The linear one counts updates from t = 0, so the first has rate 0: it changes nothing, and is the
# price of a straight line from 0. After the warm-up it falls from the peak. BERT's own code lets
# the decay run from t = 0 and only then puts the warm-up over it: where the warm-up ends its rate
# falls from 0.99 to 0.90 of the peak at once
# [bert_rate_after_joint < bert_rate_before_joint - 0.08]. That of Vaswani et al. falls as 1 /
# sqrt(t).

# %%
def sgd(rate: float) -> optim.Optimizer:
    return optim.SGD([nn.Parameter(np.zeros(1))], lr=rate)

t = np.arange(1000)  # updates, the first 100 of them warm up
linear = optim.get_linear_schedule_with_warmup(sgd(1.0), 100, 1000)
vaswani = optim.lr_scheduler.NoamLR(sgd(10.0), 1, 100)  # at 100 it reaches 10 / sqrt(100) = 1
shapes = {
    "linear": np.array([linear.lrs(step)[0] for step in range(1000)]),
    "BERT's own code": np.where(t < 100, t / 100, 1 - t / 1000),
    "Vaswani et al.": np.array([vaswani.lrs(step)[0] for step in range(1000)]),
}
before, after = shapes["BERT's own code"][99:101]

report.rates_table(shapes, updates=(0, 1, 99, 100, 101, 550, 999))
results.metric(bert_rate_before_joint=before, bert_rate_after_joint=after,
               rate_of_first_update=shapes["linear"][0])
results.figure("rates.svg", report.rates_figure(shapes))
results.write()
