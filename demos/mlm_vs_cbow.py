# %% [markdown]
# # BERT and CBOW, measured: word order, and a word with two meanings
#
# The notes compare the two in a table. CBOW predicts a word from the mean of the vectors around it: a bag, in which order is
# lost, and a word has one vector for all it can mean. BERT predicts from the whole sentence, and a word's vector is made for
# the sentence it stands in. Here both are asked the same questions, and the table is filled in with numbers.
#
#     python demos/mlm_vs_cbow.py                                        a small language, in which a bank is by money or water
#     python demos/bert.py --data ptb --save bert.safetensors            trains the BERT (six minutes), and then
#     python demos/mlm_vs_cbow.py --data ptb --load bert.safetensors --word share

# %%
import numpy as np
from tqdm import tqdm

import tinydawn as td
from support import masked
from support.panels import COLOURS, panels, tidy
from support.run import Results, arguments, parse
from support.training import load_model
from tinydawn import nn, optim, text
from tinydawn.errors import DataError, message
from tinydawn.models.bert import BertForPreTraining
from tinydawn.nn import functional as F

parser = arguments("Measure what tells a masked language model from CBOW: word order, and one word in two contexts.")
parser.add_argument("--load", metavar="FILE", help="a BERT that bert.py kept, on the same --data; else a small one is trained")
parser.add_argument("--word", help="the word with two meanings; default: bank, of ptb share")
options = parse(parser)
toy = options.data is None
results = Results("mlm_vs_cbow", options, options.data or "a small language")

train_words, dev_words = (masked.sentences(options.data, split) for split in ("train", "validation"))
if options.quick:
    train_words, dev_words = train_words[:4000], dev_words[:300]
state, about = load_model(options.load, BertForPreTraining) if options.load else (None, {})
if not about:
    about = {"tokens": masked.vocabulary(train_words, 4000, "words").tokens, "lowercase": False, "level": "words", "sizes": {
        "hidden_size": 64, "hidden_dropout_prob": 0.0, "initializer_range": 0.1}}
pieces, level = text.WordPiece(about["tokens"], about["lowercase"]), about["level"]
if state:
    masked.known_enough(train_words, pieces, level, options.load)
train, dev = masked.encode(train_words, pieces, level), masked.encode(dev_words, pieces, level)
never, V = masked.never_masked(pieces, train), len(pieces)
word = options.word or {None: "bank", "ptb": "share"}.get(options.data) or pieces.tokens[min(30, V - 1)]
index = pieces[word]
here = [i for i, (ids, _) in enumerate(train) if index in ids and index not in pieces.special_ids][:200]
if len(here) < 2:
    raise DataError(message(f"--word {word}: stands in {len(here)} sentences", fix="name a frequent word of the text"))
looked_at = here + [i for i in range(len(train)) if i not in set(here)][:600]
if all(k in (index, *pieces.special_ids) for i in looked_at for k in train[i][0]):
    raise DataError(message(f"--data {options.data}: no other word stands near {word!r}", fix="more text"))

# %% [markdown]
# ## Two models, one loop
#
# CBOW has two tables, one of the words around and one of the word in the middle. With one table for both (tied) it would
# score best what is like its neighbours, and no word stands beside itself often. BERT's output table is its input table:
# between the two there are layers.

# %%
def train_model(model: nn.Module, lr: float, label: str, epochs: int) -> nn.Module:
    lengths, rng, queue = [len(ids) for ids, _ in train], np.random.default_rng(options.seed), []
    steps = epochs * -(-len(train) // 32)
    optimizer = masked.adamw(model, lr)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, min(300, steps // 5), steps)
    for _ in tqdm(range(steps), desc=label, unit="step", mininterval=0.5):
        queue = queue or text.bucket_batches(lengths, 32, seed=rng)
        ids, segments, real, targets = masked.masked_batch(train, queue.pop(), pieces, never, rng)
        loss = F.cross_entropy(model(ids, segments, real, targets >= 0)[0], targets[targets >= 0])
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return model.eval()

bert = BertForPreTraining(V, **about["sizes"])
if state:
    bert.load_state_dict(state)
    bert.eval()
else:
    train_model(bert, 3e-3 if toy else 2e-3, "BERT", options.epochs or (2 if options.quick else 4))
cbow = train_model(masked.WindowMean(V, 96, pieces.special_ids), 5e-3, "CBOW", options.epochs or (2 if options.quick else 4))
models = {"CBOW": cbow, "BERT": bert}

# %% [markdown]
# ## Word order: one word is hidden, and the words around it are shuffled
#
# The words of CBOW's window change places among themselves. For CBOW nothing has happened: the same p, to the last digits.

# %%
rng = np.random.default_rng(7)
questions = []  # (ids, shuffled ids, place, true id)
for ids, _ in dev[:1500]:
    row = np.array(ids)
    places = np.flatnonzero(~np.isin(row, never))
    if len(places) < 4:
        continue
    t = int(rng.choice(places))
    near = places[(np.abs(places - t) <= cbow.window) & (places != t)]
    other = row.copy()
    other[near] = row[rng.permutation(near)]
    questions.append((*(np.where(np.arange(len(row)) == t, pieces.mask_id, x) for x in (row, other)), t, int(row[t])))

if not questions:
    raise DataError(message("no held-out sentence has four words", fix="--data with longer sentences"))

@td.no_grad()
def ask(model: nn.Module, ids: np.ndarray, t: int) -> np.ndarray:
    """p of each word at place t: (V,)."""
    here = np.arange(len(ids))[None] == t
    return F.softmax(model(ids[None], np.zeros((1, len(ids)), int), np.ones((1, len(ids)), bool), here)[0]).numpy()[0]

print(f"\n{len(questions)} held-out sentences with one hidden word{'':8}" + "".join(f"{name:>9}" for name in models))
table: dict[str, list[float]] = {}
for name, model in models.items():
    p, q = (np.array([ask(model, question[k], question[2]) for question in questions]) for k in (0, 1))
    true = np.array([question[3] for question in questions])
    found = {"accuracy": (p.argmax(axis=1) == true).mean(), "accuracy_shuffled": (q.argmax(axis=1) == true).mean(),
             "guesses_that_change": (p.argmax(axis=1) != q.argmax(axis=1)).mean(), "largest_change_of_p": np.abs(p - q).max()}
    for key, value in found.items():
        table.setdefault(key, []).append(float(value))
        (results.baseline if name == "CBOW" else results.metric)(**{f"{name.lower()}_{key}": value})
for key, values in table.items():
    print(f"  {key.replace('_', ' '):50}" + "".join(f"{value:9.3f}" if value > 1e-3 or value == 0 else f"{value:9.0e}"
                                                    for value in values))

# %% [markdown]
# ## One word, two meanings
#
# BERT's vectors of the word at all places where it stands; below, the two places whose vectors differ most, and the nearest
# places of other words. CBOW has one vector for both, and one list of neighbours.

# %%
vectors, names, origin = [], [], []
with td.no_grad():
    for i in looked_at:
        ids = np.array([train[i][0]])
        vectors.append(bert.bert(ids)[0].numpy()[0, 1:-1])  # (T - 2, D)
        names += ids[0, 1:-1].tolist()
        origin += [(i, t) for t in range(1, ids.shape[1] - 1)]
x, names = np.concatenate(vectors), np.array(names)
x = x - x.mean(axis=0)
x /= np.linalg.norm(x, axis=1, keepdims=True)

def context(m: int) -> str:
    i, t = origin[m]
    tokens = [pieces.tokens[k] for k in train[i][0]]
    return " ".join([*tokens[max(1, t - 6):t], f"[{tokens[t]}]", *tokens[t + 1:min(t + 5, len(tokens) - 1)]])

own = np.flatnonzero(names == index)
alike = x[own] @ x[own].T
pair = own[list(np.unravel_index(alike.argmin(), alike.shape))]
results.metric(bert_cosine_of_the_two=alike.min(), bert_cosine_mean=alike[np.triu_indices(len(own), 1)].mean())
results.baseline(cbow_cosine_of_the_two=1.0)
print(f"\n{word!r} at {len(own)} places: cosine of its two least alike vectors {alike.min():.2f}; in CBOW 1, it has one vector")
nearest: list[int] = []
for m in pair:
    near: dict[int, int] = {}
    for n in np.argsort(-x @ x[m]):
        near.setdefault(int(names[n]), int(n))
    others = [(k, n) for k, n in near.items() if k not in (index, *pieces.special_ids)][:4]
    nearest.append(others[0][0])
    print(f"{context(m)}\n    near it: " + ", ".join(f"{pieces.tokens[k]} {x[n] @ x[m]:.2f}" for k, n in others))
    ids, t = np.array(train[origin[m][0]][0]), origin[m][1]
    p = ask(bert, np.where(np.arange(len(ids)) == t, pieces.mask_id, ids), t)
    print("    in its place: " + ", ".join(f"{pieces.tokens[k]} {p[k]:.2f}" for k in np.argsort(-p)[:4]))
e = cbow.output.weight.numpy() - cbow.output.weight.numpy().mean(axis=0)
near_cbow = np.argsort(-e @ e[index] / np.linalg.norm(e, axis=1))
print("CBOW, for both: " + ", ".join([pieces.tokens[k] for k in near_cbow if k not in (index, *pieces.special_ids)][:8]))

# %%
def draw(axes: list) -> None:
    """The places of the word, and of the words that stand nearest to the two, in the plane in which they differ most."""
    shown = list(dict.fromkeys([index, *nearest]))
    rows = np.concatenate([np.flatnonzero(names == k)[:150] for k in shown])
    plane = np.linalg.svd(x[own] - x[own].mean(axis=0), full_matrices=False)[2][:2]  # (2, D)
    flat = (x[rows] - x[own].mean(axis=0)) @ plane.T
    for colour, k in enumerate(shown):
        part = flat[names[rows] == k]
        axes[0].scatter(*part.T, s=18, color=COLOURS[colour], marker="o^s"[colour], alpha=0.6, label=pieces.tokens[k])
    tidy(axes[0], f"BERT's vectors of {word!r} and of the nearest to each, by place", "first direction", "second", True)

results.figure("word.svg", panels(1, 1, draw, 6, 4, words=word))
results.write()
