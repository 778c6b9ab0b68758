# %% [markdown]
# # BERT and CBOW, measured: word order, and a word with two meanings
#
# The notes compare the two in a table. CBOW predicts a word from the mean of the vectors around it:
# a bag, in which order is lost, and a word has one vector for all it can mean. BERT predicts from
# the whole sentence, and a word's vector is made for the sentence it stands in. Here both are asked
# the same questions, and the table is filled in with numbers.
#
#     python demos/mlm_vs_cbow.py        a small language, in which a bank is by money or water
#
# Of the newspaper: the first trains the BERT in six minutes.
#
#     python demos/bert.py --data ptb --save bert.safetensors
#     python demos/mlm_vs_cbow.py --data ptb --load bert.safetensors --word share

# %%
import numpy as np
from tqdm import tqdm

import tinydawn as td
from support import masked
from support.run import Results, arguments, parse
from support.two_meanings import (
    add_flags,
    load_texts,
    places_figure,
    print_table,
    sentences_with,
    shuffled_questions,
)
from tinydawn import nn, optim, text
from tinydawn.models.bert import BertForPreTraining
from tinydawn.nn import functional as F

parser = arguments("Measure what tells a masked language model from CBOW: word order, and one word "
                   "in two contexts.")
add_flags(parser)
options = parse(parser)
toy = options.data is None
results = Results("mlm_vs_cbow", options, options.data or "a small language")

texts = load_texts(options)  # sentences as ids, the vocabulary, and the BERT that was kept, if any
train, dev, pieces, never = texts.train, texts.dev, texts.pieces, texts.never
V, index = len(pieces), pieces[texts.word]  # index: the id of the word with two meanings
looked_at = sentences_with(texts, options.data)  # those where it stands first, then others
WINDOW = 5  # words on each side that CBOW sees, and that are shuffled below
questions = shuffled_questions(dev[:1500], never, pieces.mask_id, WINDOW)

# %% [markdown]
# ## Two models, one loop
#
# CBOW has two tables, one of the words around and one of the word in the middle. With one table for
# both (tied) it would score best what is like its neighbours, and no word stands beside itself
# often. BERT's output table is its input table: between the two there are layers.

# %%
def train_model(model: nn.Module, lr: float, label: str, epochs: int) -> nn.Module:
    lengths = [len(ids) for ids, _ in train]
    rng = np.random.default_rng(options.seed)
    steps = epochs * -(-len(train) // 32)
    queue = []
    optimizer = masked.adamw(model, lr)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, min(300, steps // 5), steps)
    for _ in tqdm(range(steps), desc=label, unit="step", mininterval=0.5):
        queue = queue or text.bucket_batches(lengths, 32, seed=rng)
        batch = masked.masked_batch(train, queue.pop(), pieces, never, rng)
        ids, segments, real, targets = batch  # (B, T) each
        logits, *_ = model(ids, segments, real, targets >= 0)  # (N, V), of the N hidden places
        loss = F.cross_entropy(logits, targets[targets >= 0])
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return model.eval()

epochs = options.epochs or (2 if options.quick else 4)
bert = BertForPreTraining(V, **texts.sizes)
if texts.state:
    bert.load_state_dict(texts.state)
    bert.eval()
else:
    train_model(bert, 3e-3 if toy else 2e-3, "BERT", epochs)
cbow = train_model(masked.WindowMean(V, 96, pieces.special_ids, WINDOW), 5e-3, "CBOW", epochs)
models = {"CBOW": cbow, "BERT": bert}

# %% [markdown]
# ## Word order: one word is hidden, and the words around it are shuffled
#
# The words of CBOW's window change places among themselves. For CBOW nothing has happened: the same
# p, to the last digits.

# %%
@td.no_grad()
def ask(model: nn.Module, ids: np.ndarray, t: int) -> np.ndarray:
    """p of each word at place t of the sentence ids (T,): (V,)."""
    segments = np.zeros((1, len(ids)), int)
    real = np.ones((1, len(ids)), bool)
    here = np.arange(len(ids))[None] == t  # (1, T)
    logits, *_ = model(ids[None], segments, real, here)  # (1, V)
    return F.softmax(logits).numpy()[0]

print(f"\n{len(questions)} held-out sentences with one hidden word{'':8}"
      + "".join(f"{name:>9}" for name in models))
true = np.array([question.true for question in questions])  # (N,)
table: dict[str, list[float]] = {}
for name, model in models.items():
    p = np.array([ask(model, question.ids, question.place) for question in questions])  # (N, V)
    q = np.array([ask(model, question.shuffled, question.place) for question in questions])
    guess, guess_shuffled = p.argmax(axis=1), q.argmax(axis=1)  # (N,)
    found = {
        "accuracy": (guess == true).mean(),
        "accuracy_shuffled": (guess_shuffled == true).mean(),
        "guesses_that_change": (guess != guess_shuffled).mean(),
        "largest_change_of_p": np.abs(p - q).max(),
    }
    record = results.baseline if name == "CBOW" else results.metric
    for key, value in found.items():
        table.setdefault(key, []).append(float(value))
        record(**{f"{name.lower()}_{key}": value})
print_table(table)

# %% [markdown]
# ## One word, two meanings
#
# BERT's vectors of the word at all places where it stands; below, the two places whose vectors
# differ most, and the nearest places of other words. CBOW has one vector for both, and one list of
# neighbours.

# %%
vectors, names, origin = [], [], []
with td.no_grad():
    for i in looked_at:
        ids = np.array([train[i][0]])  # (1, T)
        hidden, *_ = bert.bert(ids)  # (1, T, D)
        vectors.append(hidden.numpy()[0, 1:-1])  # (T - 2, D), without [CLS] and [SEP]
        names += ids[0, 1:-1].tolist()
        origin += [(i, t) for t in range(1, ids.shape[1] - 1)]
names = np.array(names)  # (N,), the word at each place
x = np.concatenate(vectors)  # (N, D)
x = x - x.mean(axis=0)
x /= np.linalg.norm(x, axis=1, keepdims=True)

def context(m: int) -> str:
    i, t = origin[m]
    tokens = [pieces.tokens[k] for k in train[i][0]]
    before = tokens[max(1, t - 6):t]
    after = tokens[t + 1:min(t + 5, len(tokens) - 1)]
    return " ".join([*before, f"[{tokens[t]}]", *after])

own = np.flatnonzero(names == index)
alike = x[own] @ x[own].T  # cosines
pair = own[list(np.unravel_index(alike.argmin(), alike.shape))]
mean = alike[np.triu_indices(len(own), 1)].mean()
results.metric(bert_cosine_of_the_two=alike.min(), bert_cosine_mean=mean)
results.baseline(cbow_cosine_of_the_two=1.0)
print(f"\n{texts.word!r} at {len(own)} places: cosine of its two least alike vectors "
      f"{alike.min():.2f}; in CBOW 1, it has one vector")
nearest: list[int] = []
for m in pair:
    near: dict[int, int] = {}
    for n in np.argsort(-x @ x[m]):
        near.setdefault(int(names[n]), int(n))
    others = [(k, n) for k, n in near.items() if k not in (index, *pieces.special_ids)][:4]
    nearest.append(others[0][0])
    print(context(m))
    print("    near it: " + ", ".join(f"{pieces.tokens[k]} {x[n] @ x[m]:.2f}" for k, n in others))
    i, t = origin[m]
    ids = np.array(train[i][0])  # (T,)
    ids[t] = pieces.mask_id
    p = ask(bert, ids, t)  # (V,)
    likely = np.argsort(-p)[:4]
    print("    in its place: " + ", ".join(f"{pieces.tokens[k]} {p[k]:.2f}" for k in likely))
e = cbow.output.weight.numpy()  # (V, E)
e = e - e.mean(axis=0)
near_cbow = np.argsort(-e @ e[index] / np.linalg.norm(e, axis=1))  # (V,)
others = [pieces.tokens[k] for k in near_cbow if k not in (index, *pieces.special_ids)]
print("CBOW, for both: " + ", ".join(others[:8]))

# %%
shown = {k: pieces.tokens[k] for k in dict.fromkeys([index, *nearest])}
results.figure("word.svg", places_figure(x, names, shown, texts.word))
results.write()
