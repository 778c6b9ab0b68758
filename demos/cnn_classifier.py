# %% [markdown]
# # A convolutional network that looks for n-grams
#
# Each filter is a pattern of three, four or five words, slid along the sentence; of all places the
# one that fits best counts (Kim 2014). So "not very good" is seen as one thing, wherever it
# stands.
#
#     python demos/cnn_classifier.py                       generated opinions, where "not" matters
#     python demos/cnn_classifier.py --data sst2           film reviews; also mr, subj, waimai
#     python demos/cnn_classifier.py --optimizer adadelta  as in the paper, with the output weights
#                                                          kept to length 3

# %%
import time

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.best_epoch import BestEpoch
from support.classifier_settings import cnn_flags, cnn_settings
from support.cnn_figures import Filter, filters_figure
from support.labelled import (
    PAD,
    baselines,
    batches,
    highlighted,
    load,
    predict,
    show,
    test_accuracy,
)
from support.run import Results, arguments, parse
from support.same import assert_same
from tinydawn import models, nn, optim, text
from tinydawn.nn import functional as F

# %% [markdown]
# ## Filters, and the maximum over time
#
# Sentences of a batch are filled up to one length. A filter sees windows of nothing but padding
# there, to which it answers with its bias; where no n-gram does better, padding would be the
# maximum. So it is masked with -inf, and a sentence gets the same logits in any batch.

# %%
class TextCNN(nn.Module):
    """B batch, T time, V vocabulary, E embedding, K width of a filter, M filters of each width.

    A window may begin K - 1 places before the sentence and end as far behind it: W = T + K - 1.
    """

    def __init__(self, V: int, C: int, E: int, M: int) -> None:
        self.widths = (3, 4, 5)
        self.embedding = nn.Embedding(V, E, padding_idx=PAD)
        self.embedding.weight.data *= 0.1
        self.filters = nn.ModuleList([nn.Conv1d(E, M, K, padding=K - 1) for K in self.widths])
        self.dropout = nn.Dropout(0.5)
        self.output = nn.Linear(M * len(self.widths), C)

    def answers(self, ids: np.ndarray, masked: bool = True) -> list[td.Tensor]:
        """What each filter says to each window: for each width (B, M, W)."""
        x = self.embedding(ids).transpose(1, 2)  # (B, T) -> (B, T, E) -> (B, E, T)
        found = []
        for K, convolution in zip(self.widths, self.filters, strict=True):
            scores = F.relu(convolution(x))  # (B, M, W)
            if masked:
                wide = np.pad(ids != PAD, ((0, 0), (K - 1, K - 1)))  # (B, W + K - 1): real words
                windows = np.lib.stride_tricks.sliding_window_view(wide, K, axis=1)  # (B, W, K)
                padding = ~windows.any(axis=2)  # (B, W): windows without a word
                scores = scores.masked_fill(padding[:, None], -np.inf)  # (B, M, W)
            found.append(scores)
        return found

    def forward(self, ids: np.ndarray, masked: bool = True) -> td.Tensor:
        strongest = [scores.amax(axis=2) for scores in self.answers(ids, masked)]  # 3 times (B, M)
        features = td.cat(strongest, axis=1)  # (B, 3M)
        return self.output(self.dropout(features))  # (B, C)

    def winners(self, ids: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each width the maxima (B, M), and the places (B, M) where their windows begin."""
        with td.no_grad():
            return [(scores.amax(axis=2).numpy(), scores.argmax(axis=2).numpy() - (K - 1))
                    for K, scores in zip(self.widths, self.answers(ids), strict=True)]

    def max_norm_(self, limit: float) -> None:
        """Shrink the output weights of a class to the length `limit` where they are longer."""
        weight = self.output.weight.data  # (C, 3M)
        length = np.linalg.norm(weight, axis=1, keepdims=True)  # (C, 1)
        weight *= np.minimum(1, limit / np.maximum(length, 1e-12))

# %%
parser = arguments("Classify sentences by the n-grams in them, with filters that find them.")
cnn_flags(parser)
options = parse(parser)
settings = cnn_settings(parser, options)  # with options.epochs, where it is given
data = load(options.data, options.seed, options.quick)
results = Results("cnn_classifier", options, options.data or "generated opinions with negation")
vocab = text.Vocab.build([tokens for tokens, _ in data.train])
lengths = [len(tokens) for tokens, _ in data.train]
waste = text.padding_waste(lengths, text.bucket_batches(lengths, 50, pool=1))
bucketed = text.padding_waste(lengths, text.bucket_batches(lengths, 50, pool=50))
print(f"{len(data.train):,} sentences to train on, {len(vocab):,} words; of a batch {waste:.0%} "
      f"would be padding, and is {bucketed:.0%}, since sentences of like length go together")
results.metric(padding_waste=bucketed)
results.baseline(padding_waste_without_buckets=waste)

# %% [markdown]
# ## Training
#
# The embeddings start at random and are trained with the rest (Kim's "CNN-rand"). The epoch that
# is best on the dev sentences is kept; the test sentences are asked once.

# %%
V, C, E, M = len(vocab), len(data.classes), settings.embedding_size, settings.maps
model = TextCNN(V, C, E, M)
model.embedding.weight.data[vocab.unk_id] = 0  # never trained: unknown words are to say nothing
if options.optimizer == "adam":
    optimizer = optim.Adam(model.parameters(), lr=settings.learning_rate)
else:
    optimizer = optim.Adadelta(model.parameters(), rho=0.95)

best = BestEpoch(model)
started = time.process_time()
steps = settings.epochs * -(-len(data.train) // 50)
with tqdm(total=steps, desc="training", unit="step", mininterval=0.5) as progress:
    for epoch in range(settings.epochs):
        for ids, labels in batches(data.train, vocab, 50, seed=100 * options.seed + epoch):
            loss = F.cross_entropy(model(ids), labels)  # (B, T) -> (B, C) -> ()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if settings.max_norm:
                model.max_norm_(settings.max_norm)
            progress.update()
        score = test_accuracy(model, data.dev, vocab)
        progress.set_postfix(loss=f"{loss.item():.2f}", dev=f"{score:.1%}")
        best.consider(score)
best.restore()
model.eval()
assert_same(model, lambda: models.TextCNN(V, C, E, M), ids)

found = baselines(results, data)
score = test_accuracy(model, data.test, vocab)
seconds = time.process_time() - started
results.metric(test_accuracy=score, dev_accuracy=best.score, cpu_seconds_training=seconds)
if options.data is None:
    results.baseline(best_of_any_bag=text.SENTIMENT_CEILING)
    found["best of any bag"] = text.SENTIMENT_CEILING
show(found | {"CNN": score})

# %% [markdown]
# ## Padding must not win
#
# Here are the same sentences alone and with 40 places of padding behind them, with the mask and
# without.

# %%
gaps = []
with td.no_grad():
    for tokens, _ in data.test[:300]:
        short, _ = text.pad([vocab.encode(tokens)], PAD)  # (1, T)
        long, _ = text.pad([vocab.encode(tokens)], PAD, len(tokens) + 40)  # (1, T + 40)
        gaps.append([float(np.abs(model(short, masked).numpy() - model(long, masked).numpy()).max())
                     for masked in (True, False)])
gaps = np.array(gaps)  # (N, 2)
changed = (gaps > 1e-4).mean(axis=0)  # (2,)
print(f"\npadding changes the logits of {changed[0]:.0%} of the sentences; without the mask of "
      f"{changed[1]:.0%}, by up to {gaps[:, 1].max():.2f}")
results.metric(padding_changes_logits=gaps[:, 0].max())
results.baseline(padding_changes_logits_unmasked=gaps[:, 1].max())

# %% [markdown]
# ## Which n-gram wins each filter
#
# Over all test sentences, the n-grams to which a filter answers most, for the filters whose answer
# moves the decision most.

# %%
def n_gram(tokens: list[str], begin: int, width: int) -> str:
    """The words of a window; a point is padding before or behind the sentence."""
    gram = ["·"] * max(0, -begin) + tokens[max(0, begin):begin + width]
    return " ".join(gram + ["·"] * (width - len(gram)))

order = sorted(range(len(data.test)), key=lambda i: len(data.test[i][0]))[:2000]
strongest = {(k, m): [] for k in range(3) for m in range(M)}  # lists of (answer, n-gram)
for part in text.cut_batches([len(data.test[i][0]) for i in order], 200):
    chunk = [order[k] for k in part]
    ids, _ = text.pad([vocab.encode(data.test[i][0]) for i in chunk], PAD)  # (B, T)
    for k, (values, places) in enumerate(model.winners(ids)):  # (B, M), (B, M)
        for m in range(M):
            for row in np.argsort(-values[:, m])[:6]:
                gram = n_gram(data.test[chunk[row]][0], int(places[row, m]), model.widths[k])
                strongest[k, m].append((float(values[row, m]), gram))

weight = model.output.weight.numpy().reshape(C, len(model.widths), M)  # (C, K, M)
weight = weight - weight.mean(axis=0)  # what speaks for all classes speaks for none
filters = []
for c, name in enumerate(data.classes[:6]):
    push = {}  # what a filter adds to the class, where it answers most
    for (k, m), entries in strongest.items():
        push[k, m] = weight[c, k, m] * np.mean([value for value, _ in sorted(entries)[-6:]])
    for k, m in sorted(push, key=lambda key: -push[key])[:3]:
        ranked = [gram for _, gram in sorted(strongest[k, m], reverse=True)]
        grams = list(dict.fromkeys(ranked))[:3]
        filters.append(Filter(name, model.widths[k], push[k, m], grams))
        print(f"{name}: filter {m} of width {model.widths[k]} says +{push[k, m]:.2f} to: "
              f"{'; '.join(grams)}")
results.figure("filters.svg", filters_figure(filters))

# %% [markdown]
# In a sentence, the share of the winning windows that each word is in: where the network looks.

# %%
logits = predict(model, data.test, vocab)  # (N, C)
answers = logits.argmax(axis=1)  # (N,)
ranked = np.sort(logits, axis=1)  # (N, C)
by_margin = np.argsort(ranked[:, -2] - ranked[:, -1])  # the surest first
fitting = [i for i in by_margin if 6 <= len(data.test[i][0]) <= 14]
mistaken = [i for i in fitting if answers[i] != data.test[i][1]]
rows = []
for i in fitting[:6] + mistaken[:2]:
    tokens, label = data.test[i]
    answer = answers[i]
    seen = np.zeros(len(tokens))  # (T,)
    for k, (values, places) in enumerate(model.winners(np.array([vocab.encode(tokens)]))):
        for m in np.flatnonzero(weight[answer, k] > 0):  # of the filters that speak for the answer
            begin = int(places[0, m])
            seen[max(0, begin):begin + model.widths[k]] += values[0, m] * weight[answer, k, m]
    note = data.classes[answer]
    if answer != label:
        note += f" (it is {data.classes[label]})"
    rows.append((tokens, seen / max(seen.max(), 1e-9), note))
if rows:
    title = "Where the filters that decide find their n-grams"
    results.figure("highlighted.svg", highlighted(rows, title))
results.write()
