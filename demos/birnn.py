# %% [markdown]
# # Reading in both directions
#
# A recurrent network reads a sentence from left to right, a second one from right to left, and a classifier sees what both
# remember. That is good for a sentence that is there as a whole, and wrong for a language model, which is to guess what comes
# next: the backward reader has seen it.
#
#     python demos/birnn.py                          generated opinions, in which "not" matters
#     python demos/birnn.py --data sst2              real film reviews; also mr, subj, waimai (Chinese)
#     python demos/birnn.py --cell rnn --pooling max
#     python demos/birnn.py --text ptb               the language models on real text, or on a file of sentences

# %%
import time

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.labelled import PAD, baselines, batches, load, test_accuracy
from support.panels import panels
from support.run import Results, arguments, parse
from tinydawn import optim, text
from tinydawn.metrics import perplexity
from tinydawn.models import BiRNNClassifier, LeakyLanguageModel
from tinydawn.models.birnn import CELLS, POOLINGS, influence
from tinydawn.nn import functional as F

parser = arguments("Recurrent networks in both directions: they classify well, and cheat as language models.")
parser.add_argument("--cell", choices=list(CELLS), default="gru", help="default: gru")
parser.add_argument("--pooling", choices=POOLINGS, default="last", help="what of the states is looked at; default: the last")
parser.add_argument("--text", metavar="NAME|PATH", help="what the language models read; default: a made-up language")
options = parse(parser)
data = load(options.data, options.seed, options.quick)
results = Results("birnn", options, options.data or "generated opinions with negation")
toy = options.data is None
vocab = text.Vocab.build([tokens for tokens, _ in data.train], min_freq=1 if toy else 2)
E, H = (24, 24) if toy or options.quick else (100, 64)
epochs = options.epochs or (2 if options.quick else 4)

# %% [markdown]
# ## Where the backward reader begins, and where it ends
#
# Sentences of a batch are filled up at the end. The backward direction must start at the true end of its sentence, not at
# the end of the padding: each row is reversed by its own length. And it has read everything at the *first* word: its state
# there goes into the sentence vector (the notes: "这个主要利用的是反向的h0"), beside the forward state at the *last* word.
# The backward state at the last word has read that word alone.

# %%
td.manual_seed(options.seed)
model = BiRNNClassifier(len(vocab), len(data.classes), E, H, options.cell, pooling=options.pooling).eval()
tokens = max((tokens for tokens, _ in data.test if len(tokens) <= 10), key=len, default=data.test[0][0][:10])
ids = np.array([vocab.encode(tokens)])
T = ids.shape[1]

def read(more: int, lengths: list | None) -> np.ndarray:
    """The sentence vector with `more` places of padding; without lengths the padding is read as if it were words."""
    with td.no_grad():
        padded = np.pad(ids, ((0, 0), (0, more)))  # (1, T + more)
        last = model.recurrent(model.embedding(padded), lengths=lengths)[1]
        return (last[0] if isinstance(last, tuple) else last).numpy()[:, 0]  # (2, H)

for name, lengths in (("with lengths", [T]), ("without", None)):
    forward, backward = (float(np.abs(read(40, lengths) - read(0, None))[k].max()) for k in (0, 1))
    print(f"40 places of padding, {name:12} the forward state changes by {forward:.1e}, the backward state by {backward:.1e}")
    (results.metric if lengths else results.baseline)(**{f"padding_changes_forward_{name.replace(' ', '_')}": forward,
                                                          f"padding_changes_backward_{name.replace(' ', '_')}": backward})

# %% [markdown]
# ## Classification, with one direction and with both

# %%
def fit(bidirectional: bool) -> tuple[float, float]:
    """Train; the test accuracy at the epoch that is best on the dev sentences, and the seconds of the processor."""
    td.manual_seed(options.seed)
    model = BiRNNClassifier(len(vocab), len(data.classes), E, H, options.cell, bidirectional, options.pooling,
                            dropout=0.0 if toy else 0.3)
    optimizer = optim.Adam(model.parameters(), lr=5e-3 if toy or options.quick else 2e-3)
    best, kept, started = -1.0, {}, time.process_time()
    for epoch in tqdm(range(epochs), desc="both directions" if bidirectional else "one direction", unit="epoch", mininterval=0.5):
        for ids, labels in batches(data.train, vocab, 50, seed=100 * options.seed + epoch):
            loss = F.cross_entropy(model(ids), labels)
            optimizer.zero_grad()
            loss.backward()
            optim.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        score = test_accuracy(model, data.dev, vocab)
        if score > best:
            best, kept = score, {name: x.numpy().copy() for name, x in model.state_dict().items()}
    model.load_state_dict(kept)
    return test_accuracy(model, data.test, vocab), time.process_time() - started

found = baselines(results, data)
for name, bidirectional in (("one_direction", False), ("both_directions", True)):
    found[name], seconds = fit(bidirectional)
    results.metric(**{f"test_accuracy_{name}": found[name], f"cpu_seconds_{name}": seconds})
results.metric(test_accuracy=found["both_directions"])
for name, value in found.items():
    print(f"{name.replace('_', ' '):22}{value:8.1%}")

# %% [markdown]
# ## Why it is no language model
#
# The notes say that a bidirectional RNN cannot be used for an autoregressive language model. It can be *trained* as one, and
# looks wonderful: the backward state at word t has read word t + 1, which is to be predicted. Its perplexity falls towards 1,
# below what the true distribution of the language allows. The language here is a made-up one, whose entropy is known; with
# --text it is real, and its best perplexity is not known, but is not 1.

# %%
if options.text:
    train, test = text.load_sentences(options.text)[:4000], text.load_sentences(options.text, "validation")[:300]
else:
    language = text.markov_language(options.seed, words=30, successors=4)
    train, test = language.sample(600 if options.quick else 2000, seed=1), language.sample(300, seed=2)
words = text.Vocab.build(train, max_size=2000)
sizes = (100, 128) if options.text and not options.quick else (32, 48)

def sentences(items: list, seed: int | None = None) -> list[np.ndarray]:
    """Batches of ids (B, T + 1), with <s> in front and </s> behind."""
    groups = text.bucket_batches([len(s) for s in items], 32, seed=seed or 0, shuffle=seed is not None)
    return [text.pad([words.encode(items[i], bos=True, eos=True) for i in group], PAD)[0] for group in groups]

def nats(model: LeakyLanguageModel, ids: np.ndarray) -> td.Tensor:
    """The sum of -log p over the words and </s> of ids (B, T + 1). All of the text is read, also what is to be predicted."""
    logits = model(ids)[:, :-1]  # (B, T, V): after each word but the last
    return F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].reshape(-1), ignore_index=PAD, reduction="sum")

models = {}
for name, bidirectional in (("one_direction", False), ("both_directions", True)):
    td.manual_seed(options.seed)
    models[name] = model = LeakyLanguageModel(len(words), *sizes, options.cell, bidirectional)
    optimizer = optim.Adam(model.parameters(), lr=5e-3)
    for epoch in tqdm(range(8 if options.quick else 6), desc=f"language model, {name.replace('_', ' ')}", mininterval=0.5):
        for ids in sentences(train, seed=epoch):
            loss = nats(model, ids) / (ids[:, 1:] != PAD).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with td.no_grad():
        value = perplexity(sum(nats(model, ids).item() for ids in sentences(test)), sum(len(s) + 1 for s in test))
    results.metric(**{f"perplexity_{name}": value})
    print(f"test perplexity, {name.replace('_', ' '):16} {value:6.2f}")
if not options.text:
    true = perplexity(sum(-language.log_probability(s) for s in test), sum(len(s) + 1 for s in test))
    results.baseline(perplexity_true=true)
    print(f"test perplexity, the true language {true:.2f}: nothing honest gets below it")
print("To use both directions honestly, train two language models, one for each, and let neither see the other's states: elmo.py")

# %% [markdown]
# ## The proof: who sees whom
#
# How much the state that predicts the word after t changes with word s. Right of the diagonal is the future.

# %%
ids = np.array(words.encode(max(test[:50], key=len)[:9], bos=True, eos=True))
matrices = [influence(model, ids) for model in models.values()]
future = [float(np.triu(m, 1).sum() / m.sum()) for m in matrices]
results.metric(share_of_the_future_one_direction=future[0], share_of_the_future_both_directions=future[1])
labels = [words.tokens[i] for i in ids]
print(f"of all influence, the future has {future[0]:.0%} with one direction and {future[1]:.0%} with both")

def draw(axes: list) -> None:
    for panel, name, matrix in zip(axes, models, matrices, strict=True):
        panel.imshow(matrix / matrix.max(), cmap="Blues", vmin=0, vmax=1)
        panel.plot(np.arange(len(ids) - 1) + 1, np.arange(len(ids) - 1), "x", color="#D55E00", markersize=8, markeredgewidth=2)
        panel.set_xticks(range(len(ids)), labels, rotation=45, ha="right", rotation_mode="anchor")
        panel.set_yticks(range(len(ids)), labels)
        panel.tick_params(length=0)
        panel.set_title(name.replace("_", " "), loc="left")
        panel.set_xlabel("read word s; the cross is the word to be predicted")
        panel.set_ylabel("state after word t")

results.figure("information_flow.svg", panels(1, 2, draw, width=4.6, height=4.4,
                                              title="d state / d word: what a prediction can see"))
results.write()
