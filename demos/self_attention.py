# %% [markdown]
# # Self-attention: what each part is for
#
# Every position makes a query, a key and a value, q = W_q x, k = W_k x, v = W_v x. Position i
# looks at all positions, at each as much as its key fits the query:
# a_i = softmax(q_i k_j / sqrt(d) over j), z_i = sum_j a_ij v_j. Nothing here is trained:
# each part is measured with and without, on random vectors. `demos/transformer.py` trains one.
#
#     python demos/self_attention.py
#     python demos/self_attention.py --sentence "早 发 白 帝 城" --width 128

# %%
import time

import numpy as np

import tinydawn as td
from support import self_attention_run as report
from support.run import Results, arguments, parse
from tinydawn import nn
from tinydawn.nn import functional as F

parser = arguments(
    "Measure what the parts of self-attention are for: the root of d, heads, positions; "
    "and the cost.", epochs=False)
report.add_flags(parser)
options = parse(parser)
report.check_flags(parser, options.data, options.sentence, options.width)
results = Results("self_attention", options, "random vectors")
rng = np.random.default_rng(options.seed)
D = options.width
trials = 20 if options.quick else 200

# %% [markdown]
# ## Why the root of d?
#
# q k is a sum of d products. If all entries have variance 1, the sum has variance d: with d = 256,
# scores of 64 keys differ by tens, and the softmax picks one key and ignores the others
# [variance_256 > 200 and entropy_256_raw < 0.5]. It is then nearly flat for the gradient too: a
# small change of a score changes a probability by a seventh of what it would after the division,
# .0022 against .0150 [slope_256_raw < 0.2 * slope_256_scaled]. Divided by sqrt(d) the variance is
# 1, whatever d is, and the entropy (at most ln 64 = 4.16) stays
# [abs(entropy_1024_scaled - entropy_4_scaled) < 0.1].

# %%
def softmax(scores: np.ndarray) -> np.ndarray:
    return F.softmax(td.tensor(scores)).numpy()  # over the last axis

def entropy(p: np.ndarray) -> float:
    return -(p * np.log(np.maximum(p, 1e-300))).sum(axis=-1).mean()

def slope(p: np.ndarray) -> float:
    return (p * (1 - p)).mean()  # how much p changes with its own score

widths = [4, 16, 64, 256, 1024]
variances, entropies, slopes = [], [], []
for d in widths:
    q = rng.standard_normal((trials, 1, d))
    k = rng.standard_normal((trials, 64, d))
    scores = q @ k.swapaxes(1, 2)  # (N, 1, d) @ (N, d, 64) -> (N, 1, 64)
    raw = softmax(scores)  # (N, 1, 64)
    scaled = softmax(scores / np.sqrt(d))  # (N, 1, 64)

    variances.append(scores.var())
    entropies.append((entropy(raw), entropy(scaled)))
    slopes.append((slope(raw), slope(scaled)))

report.scale_table(results, widths, variances, entropies, slopes)
results.figure("scale.svg", report.scale_figure(widths, variances, entropies))

# %% [markdown]
# ## Heads
#
# Each head has its own W_q, W_k, W_v to D / H numbers. All are computed in one product, and cut
# apart: (N, T, D) becomes (N, T, H, D / H), **then** (N, H, T, D / H) by a transpose. A reshape
# straight to (N, H, T, D / H) has the right shape, raises nothing and is wrong: it cuts time, not
# features [heads_against_loop < 0.000001 and wrong_reshape > 0.1].

# %%
def gap(a: td.Tensor, b: td.Tensor) -> float:
    return abs(a - b).amax().item()  # the largest difference

N, T, H = 2, 12, 4
attention = nn.MultiheadAttention(D, H, batch_first=True).double()
x = td.tensor(rng.standard_normal((N, T, D)))  # (N, T, D)
out, weights = attention(x, x, x, average_attn_weights=False)  # (N, T, D), (N, H, T, T)

# as the notes say it: one attention after another, then side by side
qkv = F.linear(x, attention.in_proj_weight, attention.in_proj_bias)  # (N, T, 3 D)
q, k, v = qkv.chunk(3, axis=-1)  # (N, T, D) each
heads = []
for h in range(H):
    features = slice(h * D // H, (h + 1) * D // H)
    qh, kh, vh = q[:, :, features], k[:, :, features], v[:, :, features]  # (N, T, D / H)
    scores = qh @ kh.transpose(1, 2) / (D // H) ** 0.5  # (N, T, T)
    heads.append(F.softmax(scores, axis=-1) @ vh)  # (N, T, T) @ (N, T, D / H) -> (N, T, D / H)
loop = attention.out_proj(td.cat(heads, axis=-1))  # (N, T, D)

# the mistake: cut without the transpose
shape = (N, H, T, D // H)
mixed = F.scaled_dot_product_attention(q.reshape(shape), k.reshape(shape), v.reshape(shape))
wrong = attention.out_proj(mixed.reshape(N, T, D))  # (N, H, T, D / H) -> (N, T, D)

results.metric(heads_against_loop=gap(out, loop), wrong_reshape=gap(out, wrong))
print(f"\n{H} heads at once and one after another differ by {gap(out, loop):.0e}, "
      f"cut without the transpose by {gap(out, wrong):.2f}: "
      f"its first 'head' is positions 0 to {T // H - 1} of 0 .. {T - 1}")

# %% [markdown]
# The softmax goes over keys: the weights of one query sum to 1. Over queries, the wrong axis, they
# do not.

# %%
over_queries = F.softmax(q @ k.transpose(1, 2) / D**0.5, axis=1)  # (N, T, T)
sums = weights.numpy().sum(axis=-1)  # (N, H, T, T) -> (N, H, T)
wrong_sums = over_queries.numpy().sum(axis=-1)  # (N, T, T) -> (N, T)
print(f"softmax over keys: the weights of one query sum to {sums.mean():.2f}; "
      f"over queries, the wrong axis, to {wrong_sums.min():.2f} .. {wrong_sums.max():.2f}")

# %% [markdown]
# And d is the width of a head: divided by the root of D instead, scores of 16 heads have a variance
# of only 1/16, and attention is nearly flat [abs(score_variance_by_model_width - 1 / 16) < 0.01].

# %%
per_head = rng.standard_normal((trials, 2, 64, 16))  # q and k of 16 numbers; 16 heads: D = 256
scores = np.einsum("nid,nid->ni", per_head[:, 0], per_head[:, 1])  # (N, 64)
by_head_width = (scores / np.sqrt(16)).var()
by_model_width = (scores / np.sqrt(256)).var()
results.metric(score_variance_by_head_width=by_head_width,
               score_variance_by_model_width=by_model_width)
print(f"16 heads of width 16: the variance of scores is {by_head_width:.2f} "
      f"if divided by sqrt(16), {by_model_width:.3f} by sqrt(D) = sqrt(256)")

# %% [markdown]
# ## Positions, and the exercise: PE(pos + k) = A_k PE(pos)
#
# The notes write PE_i = sin(w_i pos), and find a matrix A_k by
# sin(A + B) = sin A cos B + cos A sin B. But cos A is not in their vector! At pos = 0 theirs is
# all zeros, and no matrix turns zeros into sin(w_i k) [position_error_sines_alone > 0.5]. Which
# means: each frequency takes a sine *and* a cosine. Then A_k turns each pair by the angle w_i k:
# blocks [[cos, sin], [-sin, cos]] [position_error_blocks < 0.000001]. Least squares finds them
# [position_error_between_matrices < 0.000001].

# %%
def least_squares(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return np.linalg.lstsq(before, after, rcond=None)[0].T  # A, with after = A before

def error(A: np.ndarray, before: np.ndarray, after: np.ndarray) -> float:
    return np.abs(before @ A.T - after).max()  # the largest

k = 5
positions = nn.sinusoidal_positions(500, 8, dtype=np.float64)  # (T, 8)
before, after = positions[:-k], positions[k:]  # PE(pos), PE(pos + k)
frequencies = 10000.0 ** (-np.arange(0, 8, 2) / 8)  # (4,)

blocks = np.zeros((8, 8))
for i, w in enumerate(frequencies):
    pair = slice(2 * i, 2 * i + 2)
    blocks[pair, pair] = [[np.cos(w * k), np.sin(w * k)], [-np.sin(w * k), np.cos(w * k)]]
found = least_squares(before, after)  # (8, 8)
sine_before, sine_after = before[:, ::2], after[:, ::2]  # (T, 4)
found_by_sines = least_squares(sine_before, sine_after)  # (4, 4)

# %%
errors = {
    "blocks": error(blocks, before, after),
    "least_squares": error(found, before, after),
    "sines_alone": error(found_by_sines, sine_before, sine_after),
    "between_matrices": np.abs(found - blocks).max(),
}
print("\nlargest error of A_5 PE(pos): blocks {blocks:.0e}; least squares {least_squares:.0e}, "
      "whose matrix is the blocks up to {between_matrices:.0e}; sines alone {sines_alone:.2f}"
      .format(**errors))
results.metric(**{f"position_error_{name}": value for name, value in errors.items()})
results.figure("positions.svg", report.positions_figure(D, found))

# %% [markdown]
# ## "Without RNN, attention alone does not have order information!"
#
# Two layers read a sentence, and its words in another order, the last one in its place. Without
# positions each word gets the same vector in both, so their mean is the same
# [shuffled_no_positions < 0.000001], with positions it is not [shuffled_positions > 0.01]. Under a
# causal mask it is not quite so: what the *second* layer sees of a word says what stood before it
# [shuffled_no_positions_causal_1_layer < 0.000001 and shuffled_no_positions_causal_2_layers >
# 0.01]. A position is added to sqrt(D) e(w), whose entries have variance 1; were it added before
# the scaling, it would be sqrt(D) times as large (word_order.py measures what that does).

# %%
words = options.sentence.split()
ids = np.unique(words, return_inverse=True)[1]  # (T,)
order = report.another_order(options.sentence)  # (T,), which word stands where after the shuffle

table = td.tensor(rng.standard_normal((ids.max() + 1, D)))  # (V, D), sqrt(D) e(w) of each word
sentence = table[ids][None]  # (1, T, D)
shuffled = sentence[:, order]  # (1, T, D)
place = nn.sinusoidal_positions(len(ids), D, np.float64)  # (T, D)
layers = [
    nn.TransformerEncoderLayer(D, 4, 4 * D, dropout=0.0, activation="gelu", batch_first=True,
                               norm_first=True).double()
    for _ in range(2)
]

def moved(positions: bool, depth: int, causal: bool) -> float:
    """How far the vector of the sentence moves when its words change places."""
    ends = []
    for x in (sentence, shuffled):
        if positions:
            x = x + place  # (1, T, D)
        for layer in layers[:depth]:
            x = layer(x, is_causal=causal)  # (1, T, D)
        ends.append(x[:, -1] if causal else x.mean(axis=1))  # (1, D), the last word or the mean
    return gap(*ends)

# %%
moves = {
    "no positions": moved(positions=False, depth=2, causal=False),
    "positions": moved(positions=True, depth=2, causal=False),
    "no positions, causal, 1 layer": moved(positions=False, depth=1, causal=True),
    "no positions, causal, 2 layers": moved(positions=False, depth=2, causal=True),
}
report.order_table(results, options.sentence, order, moves)

# %% [markdown]
# ## What it costs
#
# Every position looks at every other: n^2 scores. The products with weight matrices grow with n
# only: from 1024 to 2048 positions attention takes more than three times as long
# [attention_growth > 3], the feed-forward network about twice as long [feed_forward_growth < 3]. At
# 128 positions that network takes longer [feed_forward_ms_first > attention_ms_first], at the end
# attention does [attention_ms_last > 2 * feed_forward_ms_last]. "Attention" is softmax(q k /
# sqrt(d)) v of one head; the products that make q, k and v of x are left out, they grow as the
# network does.

# %%
def milliseconds(compute, *inputs) -> float:
    """CPU time, the least of five."""
    times = []
    for _ in range(5):
        before = time.process_time()
        compute(*inputs)
        times.append(time.process_time() - before)
    return 1e3 * min(times)

# %%
lengths = [128, 256, 512] if options.quick else [128, 256, 512, 1024, 2048]
layer = nn.TransformerEncoderLayer(D, 4, 4 * D)
cost = []
with td.no_grad():
    for n in lengths:
        x = td.randn(1, n, D)
        attend = milliseconds(F.scaled_dot_product_attention, x, x, x)
        feed = milliseconds(layer._feed_forward, x)
        cost.append((attend, feed))

cost = np.array(cost)  # (lengths, 2)
growth = cost[-1] / cost[-2]
report.cost_table(lengths, cost)
print(f"twice the length: attention takes {growth[0]:.1f} times as long, "
      f"the feed-forward network {growth[1]:.1f}")
results.metric(attention_growth=growth[0], feed_forward_growth=growth[1],
               attention_ms_first=cost[0, 0], feed_forward_ms_first=cost[0, 1],
               attention_ms_last=cost[-1, 0], feed_forward_ms_last=cost[-1, 1])
results.figure("cost.svg", report.cost_figure(lengths, cost))
results.write()
