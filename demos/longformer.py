# %% [markdown]
# # Longformer: attention through a sliding window
#
# In full attention every word looks at every word, and a text of twice the length costs four times
# as much. Here a word looks at the w / 2 words on each side, so n words cost O(n w). (w is the
# *total* width, as in the paper; the paper's code gives the name `attention_window` to one side.)
# What is far comes through several layers, through gaps in the window (dilation), or through a few
# global positions that see all.
#
#     python demos/longformer.py                          documents made on the spot, whose point
#                                                         comes late
#     python demos/longformer.py --data movie_reviews     whole film reviews, about four minutes; or
#                                                         a file of your own

# %%
import numpy as np

import tinydawn as td
from support import long_documents
from support.run import Results, arguments, parse
from support.training import load_model, save_model, saving, training
from tinydawn import nn, optim, text
from tinydawn.models.longformer import Longformer, LongformerClassifier
from tinydawn.nn import functional as F
from tinydawn.nn.sliding import sliding_window_attention, sliding_window_mask

parser = arguments("Attention through a window: what it sees, what it costs, and long documents "
                   "classified with it.")
parser.add_argument("--cut", type=int, help="compare with documents cut to so many words; "
                    "default 256 (generated ones: 64)")
saving(parser, "the trained classifier")
parser.add_argument("--load", metavar="FILE", help="use a classifier that was kept, on the same "
                    "--data")
options = parse(parser)
if options.cut is not None and options.cut < 1:
    parser.error("--cut: at least 1")

# %%
# (words, label) each
train, tested = long_documents.documents(options.data, options.seed, options.quick)
results = Results("longformer", options, options.data or "generated documents")
rng = np.random.default_rng(options.seed)
weights, about = load_model(options.load, LongformerClassifier) if options.load else (None, {})
classes = 1 + max(label for _, label in [*train, *tested])
if weights:  # whether the classifier fits these classes shows now, not after all that is below
    kept = LongformerClassifier(len(about["tokens"]), classes, **about["settings"])
    kept.load_state_dict(weights)

# %% [markdown]
# ## Who looks at whom, and the same numbers without the n x n
#
# A row is a word that looks, blue is what it looks at (light blue: with half of the heads). Full
# attention with this mask is the definition. The code never makes the mask: it cuts the text into
# chunks, and each looks at itself and its neighbours. Both give the same values and gradients
# [dense_gap < 0.00001 and dense_gradient_gap < 0.00001].

# %%
masks = {
    "local, w = 6": sliding_window_mask(24, 6),
    "dilated by 3": sliding_window_mask(24, 6, 3),
    "mixed (light: 2 of 4 heads)": sliding_window_mask(24, 6, (1, 1, 3, 3)).mean(axis=0),
    "local, position 0 global": sliding_window_mask(24, 6, 1, (0,)),
}
results.figure("bands.svg", long_documents.band_figure(masks))

# %%
n, w = 1000, 64
dilations = (1, 1, 2, 3)  # one per head
places = (0, 500)  # the global positions
qkv = [
    td.tensor(rng.normal(size=(2, 4, n, 16)).astype(np.float32), requires_grad=True)
    for _ in range(3)
]  # query, key and value, (B, H, T, d) each
padding = np.arange(n) >= np.array([n, 700])[:, None]  # (B, T)
seen = sliding_window_mask(n, w, dilations, places) & ~padding[:, None, None]  # (B, H, T, T)
mask = seen | np.eye(n, dtype=bool)  # (B, H, T, T): no row is empty

window = sliding_window_attention(*qkv, w, dilations, places, padding)  # (B, H, T, d)
dense = F.scaled_dot_product_attention(*qkv, mask)  # (B, H, T, d)
direction = td.tensor(rng.normal(size=dense.shape).astype(np.float32))  # (B, H, T, d)
window_gradients = td.grad((window * direction).sum(), qkv)
dense_gradients = td.grad((dense * direction).sum(), qkv)

gap = np.abs(window.numpy() - dense.numpy()).max()
slope_gap = max(
    np.abs(a.numpy() - b.numpy()).max() / np.abs(b.numpy()).max()
    for a, b in zip(window_gradients, dense_gradients, strict=True)
)
results.metric(dense_gap=gap, dense_gradient_gap=slope_gap)
print(f"window against dense attention under the same mask, float32: values differ by {gap:.0e}, "
      f"gradients by {slope_gap:.0e} of the largest")

# %% [markdown]
# ## How far does layer L see?
#
# The notes write "L x w", which means: each layer adds w. But the word itself is there before the
# first layer, so it is 1 + L w: count the inputs that an embedding on layer L has a gradient to
# [seen_local == 13]. If *all* heads are dilated, the span is wide and full of holes: three steps of
# 0, 3 or 6 only ever reach multiples of 3 [seen_dilated_by_3 == 13 and span_dilated_by_3 == 37].
# Local heads beside them fill the holes; only near the rim a few are left [seen_mixed > 30]. A
# dilation that grows from layer to layer, 1, 5, 25, reaches every place, and each on one way only
# [seen_dilated_by_1_5_25 == span_dilated_by_1_5_25].

# %%
stacks = {
    "local": (1, 1, 1),
    "dilated by 3": (3, 3, 3),
    "mixed: two heads local, two dilated by 3": ((1, 1, 3, 3),) * 3,
    "dilated by 1, 5, 25": (1, 5, 25),
}
cones = {}
print(f"\n{'three layers, w = 4':44}{'inputs seen':>12}{'span':>6}   (the notes: 3 x 4 = 12)")
for name, layers in stacks.items():
    model = Longformer(10, 16, 4, window=4, dilations=layers).eval()
    states = model.states(td.randn(1, 161, 16, requires_grad=True))  # L + 1 of (1, T, D)
    top = (states[-1][0, 80] * td.randn(16)).sum()  # the middle one, on the last layer
    gradients = td.grad(top, states)  # L + 1 of (1, T, D)
    cones[name] = np.stack([np.abs(g.numpy()[0]).sum(axis=1) > 0 for g in gradients])  # (L + 1, T)
    inputs = np.flatnonzero(cones[name][0])
    span = inputs[-1] - inputs[0] + 1
    key = name.split(":")[0].replace(",", "").replace(" ", "_")
    results.metric(**{f"seen_{key}": len(inputs), f"span_{key}": span})
    print(f"{name:44}{len(inputs):12}{span:6}")
results.figure("cones.svg", long_documents.cone_figure(cones))

# %% [markdown]
# ## What does it cost?
#
# Forward and backward, CPU time per token and memory at the peak. The window's time per token is
# level [window_us_per_token_8192 < 2 * window_us_per_token_512], full attention's grows with n
# [full_us_per_token_8192 > 8 * full_us_per_token_512]. Where n is not much more than w, full
# attention is cheaper [full_us_per_token_256 < window_us_per_token_256].

# %%
def attend_in_window(query: td.Tensor, key: td.Tensor, value: td.Tensor) -> td.Tensor:
    return sliding_window_attention(query, key, value, 256)

lengths = [256 * 2**i for i in range(4 if options.quick else 6)]
attentions = {"window": attend_in_window, "full": F.scaled_dot_product_attention}
# name -> (N, 2): seconds, MB
costs = long_documents.measure_costs(results, attentions, lengths, rng)
results.figure("cost.svg", long_documents.cost_figure(lengths, costs))

# %% [markdown]
# ## What does depth buy, and what dilation?
#
# At every position: which letter stood 3, 4, 8, 16 places before? Guessing gives .125. With w = 8
# one layer reaches 4 places back [back_4_local > 0.9 and back_8_local < 0.2]. A second layer
# reaches 8, by handing on [back_8_local_two_layers > 0.9]. Heads dilated by 4 reach 16 at once, but
# the place 3 back falls into a hole [back_16_dilated_by_4 > 0.9 and back_3_dilated_by_4 < 0.2].
# The notes' proposal, two heads local and two dilated by 4 in one layer ("mixed"), reaches all four
# [min(back_3_mixed, back_4_mixed, back_8_mixed, back_16_mixed) > 0.85]. One seed; the differences
# are between guessing and knowing.

# %%
back, letters = (3, 4, 8, 16), 8
updates = 60 if options.quick else 220
networks = {
    "local": (1,),
    "local, two layers": (1, 1),
    "dilated by 4": (4,),
    "mixed": ((1, 1, 4, 4),),
}

# %%
def shares_right(layers: tuple) -> np.ndarray:
    """Of the last 20 updates, how often it knew each of the letters back, (4,)."""
    td.manual_seed(options.seed)
    model = Longformer(letters + 1, 64, 4, 8, layers, dropout=0.0)
    head = nn.Linear(64, len(back) * letters)
    optimizer = optim.AdamW([*model.parameters(), *head.parameters()], lr=5e-3)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, 20, updates)
    right = []
    for _ in range(updates):
        x = rng.integers(1, letters + 1, (8, 64))  # (B, T)
        target = np.stack([np.roll(x, d, axis=1)[:, 16:] - 1 for d in back], axis=2)  # (B, T-16, 4)
        hidden = model(x)[:, 16:]  # (B, T - 16, D): from here on all of the places back are there
        logits = head(hidden).reshape(*target.shape, letters)  # (B, T - 16, 4, letters)
        optimizer.zero_grad()
        F.cross_entropy(logits.flatten(0, 2), target.reshape(-1)).backward()
        optimizer.step()
        schedule.step()
        right.append((logits.numpy().argmax(axis=3) == target).mean(axis=(0, 1)))  # (4,)
    return np.mean(right[-20:], axis=0)

# %%
print(f"\n{'right, places back:':22}" + "".join(f"{d:>7}" for d in back))
for name, layers in networks.items():
    shares = shares_right(layers)  # (4,)
    key = name.replace(", ", "_").replace(" ", "_")
    results.metric(**{f"back_{d}_{key}": share for d, share in zip(back, shares, strict=True)})
    print(f"{name:22}" + "".join(f"{share:7.2f}" for share in shares))

# %% [markdown]
# ## Long documents
#
# [CLS] is global: it looks at the whole document in every layer, and its state is classified
# [test_accuracy > 0.9].
# Beside it: naive Bayes, which reads everything but knows no order; the same model given the
# beginning only, as BERT's 512 positions would have it; and the same model whose [CLS] has a window
# like any word, and learns of 1 + L w / 2 words [local_cls_accuracy < 0.6]. In the generated
# documents no opinion stands in the first 64 words: cut there, the model can only learn chance,
# which may end below the majority [cut_accuracy < 0.6].

# %%
run = long_documents.settings_for(options, train)  # window, dropout, epochs, where to cut
about = about or long_documents.describe(train, run)
vocab = text.Vocab.from_list(about["tokens"])
words = [len(tokens) for tokens, _ in train]
print(f"\n{len(train):,} documents of {np.mean(words):.0f} words (the longest {max(words):,}), "
      f"{len(tested)} to test, V = {len(vocab):,}; accuracy:")

# %%
def test_accuracy(model: LongformerClassifier, longest: int) -> float:
    model.eval()
    right = []
    with td.no_grad():
        for ids, label in long_documents.batches(tested, vocab, longest, 8):
            right.append(model(ids).numpy().argmax(axis=1) == label)  # (B,)
    return np.concatenate(right).mean()

# %%
def learn(name: str, longest: int, global_cls: bool = True) -> LongformerClassifier:
    td.manual_seed(options.seed)
    model = LongformerClassifier(len(vocab), classes, global_cls, **about["settings"])
    optimizer = optim.AdamW(model.parameters(), lr=3e-3)
    per_epoch = sum(1 for _ in long_documents.batches(train, vocab, longest, 8))
    steps = run.epochs * per_epoch
    schedule = optim.get_linear_schedule_with_warmup(optimizer, steps // 12, steps)
    queue = None
    for step, _ in training(options, steps, model, optimizer, schedule, name=name,
                            generators={"words": rng}):
        epoch, i = divmod(step, per_epoch)
        if i == 0 or queue is None:  # the order follows from the epoch: a run can go on within one
            order = options.seed * run.epochs + epoch + 1
            queue = list(long_documents.batches(train, vocab, longest, 8, order))
        ids, label = queue[i]
        dropped = (rng.random(ids.shape) < run.word_dropout) & (ids != 0)  # (B, T)
        ids = np.where(dropped, vocab.unk_id, ids)  # (B, T)
        loss = F.cross_entropy(model.train()(ids), label)
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return model

# %%
long_documents.counting_baselines(results, train, tested, classes)
if weights:
    model = kept
else:
    model = learn("whole documents", max(words))
    beginning = test_accuracy(learn(f"cut to {run.cut}", run.cut), run.cut)
    local = learn("[CLS] not global", max(words), global_cls=False)
    results.baseline(cut_accuracy=beginning, local_cls_accuracy=test_accuracy(local, max(words)))
results.metric(test_accuracy=test_accuracy(model, 1_000_000))
long_documents.print_scores(results)
if options.save:
    save_model(options.save, model, **about)
results.write()
