# %% [markdown]
# # A convolutional network that looks for n-grams
#
# Each filter is a pattern of three, four or five words, slid along the sentence; of all places the one that fits best counts
# (Kim 2014). So "not very good" is seen as one thing, wherever it stands.
#
#     python demos/cnn_classifier.py                          generated opinions, in which "not" matters
#     python demos/cnn_classifier.py --data sst2              real film reviews; also mr, subj, waimai (Chinese)
#     python demos/cnn_classifier.py --optimizer adadelta     as in the paper, with the output weights kept to length 3

# %%
import time

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.labelled import PAD, baselines, batches, highlighted, load, predict, test_accuracy
from support.panels import COLOURS, panels, tidy
from support.run import Results, arguments, parse
from tinydawn import optim, text
from tinydawn.models import TextCNN
from tinydawn.nn import functional as F

parser = arguments("Classify sentences by the n-grams in them, with filters that find them.")
parser.add_argument("--optimizer", choices=["adam", "adadelta"], default="adam", help="default: adam")
parser.add_argument("--max-norm", type=float, help="length that the output weights of a class are kept to; Kim's is 3")
parser.add_argument("--maps", type=int, help="filters of each of the three widths; default 100, for generated data 20")
options = parse(parser)
if (options.max_norm is not None and options.max_norm <= 0) or (options.maps is not None and options.maps < 1):
    parser.error("--max-norm above 0, --maps 1 or more")
if options.optimizer == "adadelta":
    options.max_norm = options.max_norm or 3.0
data = load(options.data, options.seed, options.quick)
results = Results("cnn_classifier", options, options.data or "generated opinions with negation")
toy = options.data is None
sizes = {"embedding_size": 20 if toy or options.quick else 100, "maps": options.maps or (20 if toy or options.quick else 100)}
epochs = options.epochs or (3 if options.quick else 5)
vocab = text.Vocab.build([tokens for tokens, _ in data.train])
lengths = [len(tokens) for tokens, _ in data.train]
waste = {pool: text.padding_waste(lengths, text.bucket_batches(lengths, 50, pool=pool)) for pool in (1, 50)}
print(f"{len(data.train):,} sentences to train on, {len(vocab):,} words; of a batch {waste[1]:.0%} would be padding, and is "
      f"{waste[50]:.0%}, since sentences of like length go together")
results.metric(padding_waste=waste[50])
results.baseline(padding_waste_without_buckets=waste[1])

# %% [markdown]
# ## Training
#
# The embeddings start at random and are trained with the rest (Kim's "CNN-rand"). The epoch that is best on the dev sentences
# is kept; the test sentences are asked once.

# %%
model = TextCNN(len(vocab), len(data.classes), **sizes)
model.embedding.weight.data[vocab.unk_id] = 0  # never trained, so it would stay random: unknown words are to say nothing
optimizer = (optim.Adam(model.parameters(), lr=3e-3 if toy or options.quick else 1e-3) if options.optimizer == "adam" else
             optim.Adadelta(model.parameters(), rho=0.95))
best, kept, started = -1.0, {}, time.process_time()
steps = epochs * -(-len(data.train) // 50)
model.train()
with tqdm(total=steps, desc="training", unit="step", mininterval=0.5) as progress:
    for epoch in range(epochs):
        for ids, labels in batches(data.train, vocab, 50, seed=100 * options.seed + epoch):
            loss = F.cross_entropy(model(ids), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if options.max_norm:
                model.max_norm_(options.max_norm)
            progress.update()
        score = test_accuracy(model, data.dev, vocab)
        progress.set_postfix(loss=f"{loss.item():.2f}", dev=f"{score:.1%}")
        if score > best:
            best, kept = score, {name: x.numpy().copy() for name, x in model.state_dict().items()}
model.load_state_dict(kept)
model.eval()
found = baselines(results, data)
score = test_accuracy(model, data.test, vocab)
results.metric(test_accuracy=score, dev_accuracy=best, cpu_seconds_training=time.process_time() - started)
if toy:
    results.baseline(best_of_any_bag=float(text.SENTIMENT_CEILING))
    found["best of any bag"] = float(text.SENTIMENT_CEILING)
for name, value in {**found, "CNN": score}.items():
    print(f"{name.replace('_', ' '):22}{value:8.1%}")

# %% [markdown]
# ## Padding must not win
#
# Sentences of a batch are filled up to one length. A filter sees windows of nothing but padding there, to which it answers
# with its bias; where no n-gram does better, padding would be the maximum. So it is masked with -inf, and a sentence gets the
# same logits in any batch. Here are the same sentences alone and with 40 places of padding behind them.

# %%
def unmasked(ids: np.ndarray) -> np.ndarray:
    x = model.embedding(ids).transpose(1, 2)  # (B, E, T)
    return model.output(td.cat([F.relu(c(x)).amax(axis=2) for c in model.filters], axis=1)).numpy()

gaps = []
with td.no_grad():
    for tokens, _ in data.test[:300]:
        short, long = (text.pad([vocab.encode(tokens)], PAD, len(tokens) + more)[0] for more in (0, 40))
        gaps.append([np.abs(f(short) - f(long)).max() for f in (lambda ids: model(ids).numpy(), unmasked)])
gaps = np.array(gaps)  # (N, 2)
print(f"\npadding changes the logits of {(gaps > 1e-4).mean(axis=0)[0]:.0%} of the sentences; without the mask of "
      f"{(gaps > 1e-4).mean(axis=0)[1]:.0%}, by up to {gaps[:, 1].max():.2f}")
results.metric(padding_changes_logits=gaps[:, 0].max())
results.baseline(padding_changes_logits_unmasked=gaps[:, 1].max())

# %% [markdown]
# ## Which n-gram wins each filter
#
# Over all test sentences, the n-grams to which a filter answers most, for the filters whose answer moves the decision most.

# %%
order = sorted(range(len(data.test)), key=lambda i: len(data.test[i][0]))[:2000]
longest = len(data.test[order[-1]][0])
strongest: dict[tuple[int, int], list] = {}  # (width, filter): [(answer, n-gram), ...]
for chunk in np.array_split(order, max(1, len(order) // 200)):
    ids, _ = text.pad([vocab.encode(data.test[i][0]) for i in chunk], PAD)
    for k, (values, places) in enumerate(model.winners(ids)):
        for m in range(values.shape[1]):
            entry = strongest.setdefault((k, m), [])
            for row in np.argsort(-values[:, m])[:6]:
                tokens, at = data.test[chunk[row]][0], int(places[row, m])
                gram = ["·"] * max(0, -at) + tokens[max(0, at):at + model.widths[k]]
                gram += ["·"] * (model.widths[k] - len(gram))  # a point is padding before or behind the sentence
                entry.append((float(values[row, m]), " ".join(gram)))
weight = model.output.weight.numpy().reshape(len(data.classes), len(model.widths), -1)  # (C, K, M)
weight = weight - weight.mean(axis=0)
shown = []
for c, name in enumerate(data.classes[:6]):
    push = {key: weight[c, key[0], key[1]] * np.mean([value for value, _ in sorted(entry)[-6:]])
            for key, entry in strongest.items()}
    for key in sorted(push, key=lambda key: -push[key])[:3]:
        grams = list(dict.fromkeys(gram for _, gram in sorted(strongest[key], reverse=True)))[:3]
        shown.append((name, key, push[key], grams))
        print(f"{name}: filter {key[1]} of width {model.widths[key[0]]} says +{push[key]:.2f} to: {'; '.join(grams)}")

def draw_filters(axes: list) -> None:
    rows = shown[::-1]
    labels = [f"{model.widths[key[0]]} words: {'; '.join(grams)}" for _, key, _, grams in rows]
    classes = {name: COLOURS[k] for k, name in enumerate(dict.fromkeys(name for name, *_ in shown))}
    axes[0].barh(range(len(rows)), [value for *_, value, _ in rows], color=[classes[name] for name, *_ in rows])
    axes[0].set_yticks(range(len(rows)), labels)
    for name, colour in classes.items():
        axes[0].barh([0], [0], color=colour, label=name)
    tidy(axes[0], x="what the filter adds to the class where it answers most")
    axes[0].legend(frameon=False, fontsize=8, ncols=6, loc="lower left", bbox_to_anchor=(0, 1))

words = "".join(gram for *_, grams in shown for gram in grams)
results.figure("filters.svg", panels(1, 1, draw_filters, width=9.5, height=0.32 * len(shown) + 0.9, words=words))

# %% [markdown]
# In a sentence, the share of the winning windows that each word is in: where the network looks.

# %%
logits = predict(model, data.test, vocab)  # (N, C)
margin = np.sort(logits, axis=1)[:, -1] - np.sort(logits, axis=1)[:, -2]
picked = [i for i in np.argsort(-margin) if 6 <= len(data.test[i][0]) <= 14]
picked = picked[:6] + [i for i in picked if logits[i].argmax() != data.test[i][1]][:2]
rows = []
for i in picked:
    tokens, label = data.test[i]
    answer, seen = int(logits[i].argmax()), np.zeros(len(tokens))
    for k, (values, places) in enumerate(model.winners(np.array([vocab.encode(tokens)]))):
        for m in np.flatnonzero(weight[answer, k] > 0):  # of the filters that speak for the answer
            at = int(places[0, m])
            seen[max(0, at):at + model.widths[k]] += values[0, m] * weight[answer, k, m]
    note = f"{data.classes[answer]}{'' if answer == label else f' (it is {data.classes[label]})'}"
    rows.append((tokens, seen / max(seen.max(), 1e-9), note))
if rows:
    results.figure("highlighted.svg", highlighted(rows, "Where the filters that decide find their n-grams"))
results.write()
