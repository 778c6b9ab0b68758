# %% [markdown]
# # Self-attention: what each part is for
#
# Every position makes a query, a key and a value, q = W_q x, k = W_k x, v = W_v x. Position i looks at all positions, at each
# as much as its key fits the query: a_i = softmax(q_i k_j / sqrt(d) over j), z_i = sum_j a_ij v_j. Nothing here is trained:
# each part is measured with and without, on random vectors. `demos/transformer.py` trains one.
#
#     python demos/self_attention.py
#     python demos/self_attention.py --sentence "早 发 白 帝 城" --width 128

# %%
import time

import numpy as np

import tinydawn as td
from support.panels import COLOURS, heat, panels, tidy
from support.run import Results, arguments, parse
from tinydawn import nn, viz
from tinydawn.errors import DataError, message
from tinydawn.models.transformer import CausalLayer
from tinydawn.nn import functional as F

parser = arguments("Measure what the parts of self-attention are for: the root of d, heads, positions; and the cost.",
                   epochs=False)
parser.add_argument("--sentence", default="the dog bit the man today", help="words that will be shuffled")
parser.add_argument("--width", type=int, default=64, help="of the model: a multiple of 16; default 64")
options = parse(parser)
words = options.sentence.split()
if options.data is not None:
    raise DataError(message(f"--data {options.data}: this demo reads no data", fix="--sentence, for words of your own"))
if len(set(words[:-1])) < 2:
    raise DataError(message(f"--sentence {options.sentence!r}: nothing to shuffle", fix="two different words, and a last one"))
if options.width < 16 or options.width % 16:
    parser.error("--width: a multiple of 16, above 0")
results = Results("self_attention", options, "random vectors")
rng, D, trials = np.random.default_rng(options.seed), options.width, 200 if options.quick else 2000

def gap(a, b) -> float:  # the largest difference of two tensors or arrays
    return float(abs(a - b).reshape(-1).max()) if isinstance(a, np.ndarray) else abs(a - b).amax().item()

# %% [markdown]
# ## Why the root of d?
#
# q k is a sum of d products. If all entries have variance 1, the sum has variance d: with d = 256, scores of 64 keys differ by
# tens, and the softmax picks one key and ignores the others. It is then flat for the gradient too: a small change of a score
# changes nothing. Divided by sqrt(d) the variance is 1, whatever d is, and the entropy (at most ln 64 = 4.16) stays.

# %%
def entropy(p: np.ndarray) -> np.ndarray:
    return -(p * np.log(np.maximum(p, 1e-300))).sum(axis=-1)

widths, table = np.array([4, 16, 64, 256, 1024]), []  # of each: variance; entropy and mean slope p (1 - p), raw and scaled
for d in widths:
    q, k = rng.standard_normal((trials // 10, 1, d)), rng.standard_normal((trials // 10, 64, d))
    scores = q @ k.swapaxes(1, 2)  # (n, 1, 64)
    raw, scaled = (F.softmax(td.tensor(s)).numpy() for s in (scores, scores / np.sqrt(d)))
    table.append((scores.var(), *(f(p).mean() for p in (raw, scaled) for f in (entropy, lambda p: p * (1 - p)))))
print("   d   var(q k)   entropy: raw  scaled     slope of the softmax: raw  scaled")
for d, (variance, h_raw, slope_raw, h_scaled, slope_scaled) in zip(widths, table, strict=True):
    print(f"{d:4}{variance:11.1f}{h_raw:15.2f}{h_scaled:8.2f}{slope_raw:27.5f}{slope_scaled:8.5f}")
    results.metric(**{f"variance_{d}": variance, f"entropy_{d}_scaled": h_scaled, f"slope_{d}_scaled": slope_scaled})
    results.baseline(**{f"entropy_{d}_raw": h_raw, f"slope_{d}_raw": slope_raw})

def draw_scale(axes: list) -> None:
    columns = np.array(table).T
    for axis, title, lines in ((axes[0], "Variance of a score", {"q k": columns[0], "q k / sqrt(d)": columns[0] / widths}),
                               (axes[1], "Entropy of attention; above: ln 64", {"q k": columns[1], "q k / sqrt(d)": columns[3]})):
        for i, (name, values) in enumerate(lines.items()):
            axis.plot(widths, values, "o-", color=COLOURS[i], markersize=4 + 2 * i, fillstyle=("full", "none")[i], label=name)
        axis.set_xscale("log", base=2)
        axis.set_xticks(widths, widths)
        tidy(axis, title, "d", legend=True)
    axes[0].set_yscale("log")
    axes[1].axhline(np.log(64), color="#888888", linewidth=1)
    axes[1].set_ylim(0, 4.6)

results.figure("scale.svg", panels(1, 2, draw_scale))

# %% [markdown]
# ## Heads
#
# Each head has its own W_q, W_k, W_v to D / H numbers. All are computed in one product, and cut apart: (N, T, D) becomes
# (N, T, H, D / H), **then** (N, H, T, D / H) by a transpose. A reshape straight to (N, H, T, D / H) has the right shape, raises
# nothing and is wrong: it cuts time, not features. And d is the width of a head: divided by the root of D instead, scores of
# 16 heads have a variance of only 1/16, and attention is nearly flat.

# %%
N, T, H = 2, 12, 4
attention, x = nn.MultiheadAttention(D, H, batch_first=True).double(), td.tensor(rng.standard_normal((N, T, D)))
out, weights = attention(x, x, x, average_attn_weights=False)  # (N, T, D), (N, H, T, T)
q, k, v = F.linear(x, attention.in_proj_weight, attention.in_proj_bias).chunk(3, axis=-1)  # (N, T, D) each
heads = []
for h in range(H):  # as the notes say it: one attention after another, then side by side
    qh, kh, vh = (m[:, :, h * D // H:(h + 1) * D // H] for m in (q, k, v))  # (N, T, D / H)
    heads.append(F.softmax(qh @ kh.transpose(1, 2) / (D // H) ** 0.5, axis=-1) @ vh)
loop = attention.out_proj(td.cat(heads, axis=-1))
wrong = F.scaled_dot_product_attention(*(m.reshape(N, H, T, D // H) for m in (q, k, v)))  # no transpose
results.metric(heads_against_loop=gap(out, loop), wrong_reshape=gap(out, attention.out_proj(wrong.reshape(N, T, D))))
print(f"\n{H} heads at once and one after another differ by {gap(out, loop):.0e}, cut without the transpose by "
      f"{results.record['metrics']['wrong_reshape']:.2f}: its first 'head' is positions 0 to {T // H - 1} of 0 .. {T - 1}")
over_queries = F.softmax(q @ k.transpose(1, 2) / D**0.5, axis=1)  # the wrong axis
print(f"softmax over keys: what a position gives away sums to {weights.numpy().sum(axis=-1).mean():.2f}; over queries, the wrong "
      f"axis, to {over_queries.numpy().sum(axis=-1).min():.2f} .. {over_queries.numpy().sum(axis=-1).max():.2f}")
per_head = rng.standard_normal((trials // 10, 2, 64, 16))  # 16 heads of 16: D = 256
scores = np.einsum("nid,nid->ni", per_head[:, 0], per_head[:, 1])
results.metric(score_variance_by_head_width=(scores / 4).var(), score_variance_by_model_width=(scores / 16).var())
print(f"16 heads of width 16: the variance of scores is {(scores / 4).var():.2f} if divided by sqrt(16), "
      f"{(scores / 16).var():.3f} by sqrt(D) = sqrt(256)")

# %% [markdown]
# ## Positions, and the exercise: PE(pos + k) = A_k PE(pos)
#
# The notes write PE_i = sin(w_i pos), and find a matrix A_k by sin(A + B) = sin A cos B + cos A sin B. But cos A is not in their
# vector! At pos = 0 theirs is all zeros, and no matrix turns zeros into sin(w_i k). Which means: each frequency takes a sine
# *and* a cosine. Then A_k turns each pair by the angle w_i k: blocks [[cos, sin], [-sin, cos]]. Least squares finds them.

# %%
k, positions = 5, nn.sinusoidal_positions(500, 8, dtype=np.float64)  # (T, 8)
rotation = np.zeros((8, 8))
for i, w in enumerate(10000.0 ** (-np.arange(0, 8, 2) / 8)):
    rotation[2 * i:2 * i + 2, 2 * i:2 * i + 2] = [[np.cos(w * k), np.sin(w * k)], [-np.sin(w * k), np.cos(w * k)]]
found = np.linalg.lstsq(positions[:-k], positions[k:], rcond=None)[0].T  # (8, 8), A_k
sines = positions[:, ::2]  # (T, 4)
sine_only = np.linalg.lstsq(sines[:-k], sines[k:], rcond=None)[0].T
errors = {name: gap(before[:-k] @ A.T, before[k:]) for name, before, A in (
    ("blocks", positions, rotation), ("least_squares", positions, found), ("sines_alone", sines, sine_only))}
errors["between_matrices"] = gap(found, rotation)
results.metric(**{f"position_error_{name}": value for name, value in errors.items()})
print("\nlargest error of A_5 PE(pos): blocks {blocks:.0e}; least squares {least_squares:.0e}, whose matrix is the blocks up to "
      "{between_matrices:.0e}; sines alone {sines_alone:.2f}".format(**errors))

def draw_positions(axes: list) -> None:
    axes[0].imshow(nn.sinusoidal_positions(100, D).T, cmap="RdBu", aspect="auto", interpolation="nearest")
    tidy(axes[0], "PE: sine and cosine in turn, red -1 to blue 1", "position", "dimension")
    heat(axes[1], found.round(6) + 0, range(8), range(8), "A_5 of 8 dimensions, by least squares")

results.figure("positions.svg", panels(1, 2, draw_positions, width=4.8, height=3.8))

# %% [markdown]
# ## "Without RNN, attention alone does not have order information!"
#
# Two layers read a sentence, and its words in another order, the last one in its place. Without positions each word gets the same
# vector in both, so their mean is the same. Under a causal mask it is not quite so: what the *second* layer sees of a word
# says what stood before it. A position is added to sqrt(D) e(w), whose entries have variance 1; were it added before the
# scaling, it would be sqrt(D) times as large and drown the word.

# %%
ids = np.unique(words, return_inverse=True)[1]  # (T,)
order = np.append(np.roll(np.arange(len(ids) - 1), 1), len(ids) - 1)  # all but the last word move on by one;
if options.sentence == parser.get_default("sentence"):  # here "dog" and "man" change places
    order = np.array([0, 4, 2, 3, 1, 5])
embedded = td.tensor(rng.standard_normal((ids.max() + 1, D)))[ids][None]  # (1, T, D)
place = nn.sinusoidal_positions(len(ids), D, np.float64)
layers = [CausalLayer(D, 4, 4 * D, 0.0, norm_first=True).double() for _ in range(2)]

def read(x: td.Tensor, depth: int, causal: bool) -> td.Tensor:
    for layer in layers[:depth]:
        x = layer(x) if causal else nn.TransformerEncoderLayer.forward(layer, x)
    return x  # (1, T, D)

print(f"\n{' '.join(words)}  |  {' '.join(words[i] for i in order)}")
for name, add, depth, causal in (("no positions", 0, 2, False), ("positions", 1, 2, False),
                                 ("no positions, causal, 1 layer", 0, 1, True), ("no positions, causal, 2 layers", 0, 2, True)):
    one, two = (read(m + add * place, depth, causal) for m in (embedded, embedded[:, order]))
    moved = gap(one[:, -1], two[:, -1]) if causal else gap(one.mean(axis=1), two.mean(axis=1))
    print(f"{name:32}{'last word' if causal else 'mean':10} moves by {moved:.1e}")
    results.metric(**{"shuffled_" + name.replace(", ", "_").replace(" ", "_"): moved})

# %% [markdown]
# ## What it costs
#
# Every position looks at every other: n^2 scores. The products with weight matrices grow with n only. At first they are the
# larger part; from n = 6 D on, the scores are.

# %%
def seconds(compute) -> float:
    """CPU time, the least of five."""
    times = []
    for _ in range(5):
        before = time.process_time()
        compute()
        times.append(time.process_time() - before)
    return min(times)

lengths, layer, cost = [2**i for i in range(7, 10 if options.quick else 12)], nn.TransformerEncoderLayer(D, 4, 4 * D), []
with td.no_grad():
    for n in lengths:
        x = td.randn(1, n, D)
        cost.append((seconds(lambda x=x: F.scaled_dot_product_attention(x, x, x)), seconds(lambda x=x: layer._feed_forward(x))))
growth = (cost := 1e3 * np.array(cost))[-1] / cost[-2]  # (lengths, 2), milliseconds
print("\n   n   weights, MB   attention, ms   feed-forward, ms")
for n, (attend, feed) in zip(lengths, cost, strict=True):
    print(f"{n:4}{4e-6 * n * n:14.2f}{attend:16.2f}{feed:19.2f}")
print(f"twice the length: attention takes {growth[0]:.1f} times as long, the feed-forward network {growth[1]:.1f}")
results.metric(attention_growth=growth[0], feed_forward_growth=growth[1])
results.figure("cost.svg", lambda path: viz.training_curves(
    {name: [*zip(lengths, cost[:, i], strict=True)] for i, name in enumerate(("attention", "feed-forward"))}, path,
    x_label="positions", y_label="milliseconds"))
results.write()
