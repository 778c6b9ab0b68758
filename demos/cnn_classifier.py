# %% [markdown]
# # A convolutional network that looks for n-grams
#
# Each filter is a pattern of three, four or five words, slid along the sentence; of all places the
# one that fits best counts (Kim 2014). So "not very good" is seen as one thing, wherever it
# stands. One sees what no bag of words can do, which n-grams the filters look for, and why padding
# has to be kept out.
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
from support.classifier_settings import by_amount, cnn_flags, cnn_settings
from support.cnn_figures import Filter, filters_figure
from support.labelled import (
    PAD,
    baselines,
    batches,
    best_of_any_bag,
    highlighted,
    in_pairs,
    load,
    predict,
    show,
    surest,
)
from support.labelled import test_accuracy as accuracy_of
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
    """B batch, T time, V vocabulary, E embedding, K width of a filter, M filters of each width."""

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
        found = [F.relu(convolution(x)) for convolution in self.filters]  # each (B, M, W)
        if masked:
            return [scores.masked_fill(only_padding(ids, K)[:, None], -np.inf)
                    for K, scores in zip(self.widths, found, strict=True)]
        return found

    def forward(self, ids: np.ndarray, masked: bool = True) -> td.Tensor:
        strongest = [scores.amax(axis=2) for scores in self.answers(ids, masked)]  # 3 times (B, M)
        features = td.cat(strongest, axis=1)  # (B, 3M)
        return self.output(self.dropout(features))  # (B, C)

# %% [markdown]
# A window may begin K - 1 places before the sentence and end as far behind it, W = T + K - 1 of
# them: so each word is seen by each part of a filter, and a sentence of one word has windows too.

# %%
def only_padding(ids: np.ndarray, K: int) -> np.ndarray:
    """Which windows of ids (B, T) have no word in them: (B, W)."""
    words = np.pad(ids != PAD, ((0, 0), (K - 1, K - 1)))  # (B, W + K - 1)
    windows = np.lib.stride_tricks.sliding_window_view(words, K, axis=1)  # (B, W, K)
    return ~windows.any(axis=2)

def winners(model: TextCNN, ids: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each width the maxima (B, M), and the places (B, M) where their windows begin."""
    with td.no_grad():
        return [(scores.amax(axis=2).numpy(), scores.argmax(axis=2).numpy() - (K - 1))
                for K, scores in zip(model.widths, model.answers(ids), strict=True)]

def max_norm_(weight: td.Tensor, limit: float) -> None:
    """Shrink the output weights (C, 3M) of a class to the length `limit` where they are longer."""
    length = weight.norm(axis=1, keepdims=True)  # (C, 1)
    weight *= (limit / length.clamp(min=1e-12)).clamp(max=1)

# %%
parser = arguments("Classify sentences by the n-grams in them, with filters that find them.")
cnn_flags(parser)
options = parse(parser)
settings = cnn_settings(parser, options)  # with options.epochs, where it is given
data = load(options.data, options.seed, options.quick)
if options.data is None:  # now it is known what a bag of words can do at best
    data = data._replace(test=in_pairs(data.test))
settings = by_amount(settings, options, len(data.train))
results = Results("cnn_classifier", options, options.data or "generated opinions with negation")
vocab = text.Vocab.build([tokens for tokens, _ in data.train])
lengths = [len(tokens) for tokens, _ in data.train]
waste = text.padding_waste(lengths, text.bucket_batches(lengths, 50, pool=1))
bucketed = text.padding_waste(lengths, text.bucket_batches(lengths, 50, pool=50))
results.metric(padding_waste=bucketed)
results.baseline(padding_waste_without_buckets=waste)
print(f"{len(data.train):,} sentences to train on, {len(vocab):,} words")
results.shows(f"Of a batch {waste:.0%} would be padding, and is {bucketed:.0%}, since sentences of "
              "like length go together.", "padding_waste < padding_waste_without_buckets / 2")

# %% [markdown]
# ## Training
#
# The embeddings start at random and are trained with the rest (Kim's "CNN-rand"). The epoch that
# is best on the dev sentences is kept; the test sentences are asked once.

# %%
V, C, E, M = len(vocab), len(data.classes), settings.embedding_size, settings.maps
model = TextCNN(V, C, E, M)
model.embedding.weight.data[vocab.unk_id] = 0  # never trained: unknown words are to say nothing
optimizer = optim.Adam(model.parameters(), lr=settings.learning_rate)
if options.optimizer == "adadelta":
    optimizer = optim.Adadelta(model.parameters(), rho=0.95)

best = BestEpoch(model)
started = time.process_time()
for epoch in tqdm(range(settings.epochs), desc="training", unit="epoch", mininterval=0.5):
    for ids, labels in batches(data.train, vocab, 50, seed=100 * options.seed + epoch):
        loss = F.cross_entropy(model(ids), labels)  # (B, T) -> (B, C) -> ()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if settings.max_norm:
            max_norm_(model.output.weight.data, settings.max_norm)
    best.consider(accuracy_of(model, data.dev, vocab))
best.restore()
model.eval()
assert_same(model, lambda: models.TextCNN(V, C, E, M), ids)

# %% [markdown]
# In the generated opinions "not" decides, and half of the sentences that deny one of two clauses
# are twins of the other half: the same words, another class. No function of the words without
# their order can have more right than a bound that is known (see bow_classifier.py); the filters,
# which see words together, exceed it by far [test_accuracy > best_of_any_bag + 0.1], and pairs of
# words counted by naive Bayes as well [test_accuracy > naive_bayes_bigrams_accuracy + 0.1].

# %%
found = baselines(results, data)
score = accuracy_of(model, data.test, vocab)
seconds = time.process_time() - started
results.metric(test_accuracy=score, dev_accuracy=best.score, cpu_seconds_training=seconds)
if options.data is None:
    found["no bag can exceed"] = best_of_any_bag(data.test)
    results.baseline(best_of_any_bag=best_of_any_bag(data.test))
show(found | {"CNN": score})
results.shows("It exceeds what any bag of words can do.", "test_accuracy > best_of_any_bag")

# %% [markdown]
# ## Padding must not count
#
# The same texts alone and with 40 places of padding behind them. With the mask nothing changes
# [padding_changes_logits < 1e-5]. Without it padding is the maximum only where no n-gram is more.
# That is rare in whole sentences, whose logits change by less than .001
# [padding_changes_logits_unmasked < 0.001]; in texts of two words it is frequent
# [padding_changes_two_words_unmasked > 0.2], but it is the filters' biases that answer, and they
# are small: less than .1 of a logit [padding_changes_two_words_most < 0.1]. No answer becomes
# another here [padding_flips_unmasked == 0]. So this mask is for exactness: the same logits in any
# batch.
#
# A mean over time, in place of the maximum, would count padding always: it takes more than half of
# it [mean_left_by_padding < 0.5].

# %%
def with_and_without(tokens: list[str]) -> tuple[float, float, bool, float]:
    """By how much padding changes the logits with the mask and without, and whether without it the
    answer becomes another; what padding leaves of means."""
    short, _ = text.pad([vocab.encode(tokens)], PAD)  # (1, T)
    long, _ = text.pad([vocab.encode(tokens)], PAD, len(tokens) + 40)  # (1, T + 40)
    gaps = []
    for masked in (True, False):
        before, after = (model(ids, masked).numpy() for ids in (short, long))  # (1, C) each
        gaps.append(float(np.abs(before - after).max()))
    flips = bool(before.argmax() != after.argmax())  # of the last, without the mask
    means = [np.mean([scores.numpy().mean() for scores in model.answers(ids, masked=False)])
             for ids in (short, long)]
    return *gaps, flips, float(means[1] / max(means[0], 1e-9))

asked = [tokens for tokens, _ in data.test[:300]]
with td.no_grad():
    whole = np.array([with_and_without(tokens) for tokens in asked])  # (N, 4)
    two = np.array([with_and_without(tokens[-3:-1] or tokens) for tokens in asked])  # (N, 4)

# %%
for name, gaps in (("whole sentences", whole), ("two words of each", two)):
    changed = (gaps[:, :2] > 1e-4).mean(axis=0)  # (2,)
    print(f"{name:18} padding changes the logits of {changed[0]:.0%}; without the mask of "
          f"{changed[1]:.0%}, by up to {gaps[:, 1].max():.2g}, and {gaps[:, 2].mean():.0%} of the "
          f"answers; of a mean it leaves {gaps[:, 3].mean():.0%}")
results.metric(padding_changes_logits=max(whole[:, 0].max(), two[:, 0].max()))
results.baseline(padding_changes_logits_unmasked=whole[:, 1].max(),
                 padding_changes_two_words_most=two[:, 1].max(),
                 padding_changes_two_words_unmasked=(two[:, 1] > 1e-4).mean(),
                 padding_flips_unmasked=max(whole[:, 2].mean(), two[:, 2].mean()),
                 mean_left_by_padding=whole[:, 3].mean())

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
    for k, (values, places) in enumerate(winners(model, ids)):  # (B, M), (B, M)
        for m in range(M):
            for row in np.argsort(-values[:, m])[:6]:
                gram = n_gram(data.test[chunk[row]][0], int(places[row, m]), model.widths[k])
                strongest[k, m].append((float(values[row, m]), gram))

# %%
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
# Where the network looks in a sentence. Each filter that speaks for the answer adds, to every word
# of the window that won it, what it adds to the logit: its answer times its weight. Shown is the
# sum of each word as a share of the largest, for the surest sentences of each class, and for what
# it got most surely wrong, if there is any.

# %%
logits = predict(model, data.test, vocab)  # (N, C)
rows = []
for i in surest(logits, data.test):
    tokens, label = data.test[i]
    answer = logits[i].argmax()
    seen = np.zeros(len(tokens))  # (T,)
    for k, (values, places) in enumerate(winners(model, np.array([vocab.encode(tokens)]))):
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
