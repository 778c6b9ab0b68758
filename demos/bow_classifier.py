# %% [markdown]
# # A sentence as a bag of words
#
# The lecture's first model: x counts the words of the vocabulary in a sentence, and h = W x.
# Nothing of the order is left. Trained here: a linear bag of words and a deep averaging network,
# beside naive Bayes, which only counts.
#
#     python demos/bow_classifier.py                      generated opinions, in which "not" matters
#     python demos/bow_classifier.py --data sst2          film reviews; also mr, subj, waimai
#     python demos/bow_classifier.py --data mr --init lsa W from LSA or word2vec: for 500 labels

# %%
import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.best_epoch import BestEpoch
from support.bow_figures import contributions_figure, top_words_figure
from support.classifier_settings import bow_flags, bow_settings
from support.labelled import baselines, batches, load, predict, show, test_accuracy
from support.run import Results, arguments, parse
from support.same import assert_same
from tinydawn import models, nn, optim, text
from tinydawn.models import CBOW, DeepAveragingNetwork
from tinydawn.models.word2vec import Noise, cbow_windows
from tinydawn.nn import functional as F
from tinydawn.text.generated import SENTIMENT_CEILING, SENTIMENT_LINEAR_CEILING
from tinydawn.text.vectors import cooccurrence, ppmi, truncated_svd

# %% [markdown]
# ## W x is a sum
#
# The notes write h = W x. x has thousands of entries, nearly all 0, so W x is computed as the sum
# of the columns of W whose words are there. A column of W is the *embedding* of a word. Both ways
# give the same numbers, also when words are counted once only (the notes' x, which says whether a
# word is there).

# %%
class BagOfWords(nn.Module):
    """Logits W x + b. B batch, T time, V vocabulary, C classes. Id 0 is padding.

    The columns of W are the rows of `embedding.weight`, (V, C).
    """

    def __init__(self, V: int, C: int) -> None:
        self.embedding = nn.Embedding(V, C, padding_idx=0)
        self.embedding.weight.data *= 0.1  # as it adds up many words, it starts small
        self.bias = nn.Parameter(td.zeros(C))

    def forward(self, ids: np.ndarray) -> td.Tensor:
        vectors = self.embedding(ids)  # (B, T) -> (B, T, C), 0 at padding
        return vectors.sum(axis=1) + self.bias  # (B, C)

parser = arguments("Classify sentences by their words, whatever the order.")
bow_flags(parser)
options = parse(parser)
if options.labels < 2:
    parser.error(f"--labels {options.labels}: at least 2")
settings = bow_settings(options.data, options.quick, options.epochs)
data = load(options.data, options.seed, options.quick)
results = Results("bow_classifier", options, options.data or "generated opinions with negation")
# The words of the training sentences alone: with those of the test sentences one would know what
# will be asked.
vocab = text.Vocab.build([tokens for tokens, _ in data.train])
V, C = len(vocab), len(data.classes)
if options.init == "lsa" and V > 30_000:
    parser.error(f"--init lsa: {V:,} words make a matrix too large for the memory; "
                 "use word2vec")
print(f"{len(data.train):,} sentences to train on, {len(data.dev):,} to choose with, "
      f"{len(data.test):,} to test; {V:,} words")

ids, _ = next(batches(data.test, vocab, 8))  # (B, T)
for count in ("count", "binary"):
    model = models.BagOfWords(V, C, embedding_size=50, count=count)
    x = model.vector(ids)  # (B, V)
    product = x @ model.embedding.weight.numpy()  # (B, V) @ (V, E) -> (B, E)
    h = model.embed(ids)  # (B, E): the sum of embeddings
    gap = float(np.abs(h.numpy() - product).max())
    print(f"{count:7} x: the sum of embeddings differs from W x by at most {gap:.1e}")
    results.metric(**{f"sum_minus_product_{count}": gap})

# %% [markdown]
# ## Training
#
# The epoch that is best on the dev sentences is kept; the test sentences are asked once.

# %%
def fit(model: nn.Module, train: list, lr: float, seed: int, epochs: int, note: str) -> nn.Module:
    """Train, and go back to the best epoch."""
    model.embedding.weight.data[vocab.unk_id] = 0  # never trained: unknown words are to add nothing
    optimizer = optim.Adam(model.parameters(), lr=lr)
    best = BestEpoch(model)
    for epoch in tqdm(range(epochs), desc=note, unit="epoch", mininterval=0.5):
        for ids, labels in batches(train, vocab, 50, seed=100 * seed + epoch):
            loss = F.cross_entropy(model(ids), labels)  # (B, T) -> (B, C) -> ()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        best.consider(test_accuracy(model, data.dev, vocab))
    best.restore()
    return model.eval()

linear = BagOfWords(V, C)
assert_same(linear, lambda: models.BagOfWords(V, C), ids)
fit(linear, data.train, 3e-3, options.seed, settings.epochs, "BagOfWords")
averaging = DeepAveragingNetwork(V, C, word_dropout=settings.word_dropout)  # see dropout.py
fit(averaging, data.train, settings.averaging_rate, options.seed, settings.epochs,
    "DeepAveragingNetwork")

found = baselines(results, data)
scores = {
    "bag_of_words": test_accuracy(linear, data.test, vocab),
    "dan": test_accuracy(averaging, data.test, vocab),
}
for name, score in scores.items():
    results.metric(**{f"test_accuracy_{name}": score})
results.metric(test_accuracy=max(scores.values()))
show(found | scores)
if options.data is None:
    results.baseline(best_of_any_bag=SENTIMENT_CEILING)
    results.baseline(best_of_a_linear_bag=SENTIMENT_LINEAR_CEILING)
    print('In this data "not" decides, and a bag does not know what it belongs to. '
          f"The best function of the bag can expect\n{SENTIMENT_CEILING:.1%}, "
          f"the best linear one {SENTIMENT_LINEAR_CEILING:.0%} (on average; on one set of "
          f"{len(data.test)} sentences it may be some points more or less). Who reads the order\n"
          "can reach 100 %: see cnn_classifier.py and birnn.py.")

# %% [markdown]
# ## What it learned: the weight of each word
#
# In the linear model the logits are W x: each word adds its own numbers, so that a decision can be
# taken apart.

# %%
weights = linear.embedding.weight.numpy()  # (V, C)
weights = weights - weights.mean(axis=1, keepdims=True)  # what speaks for all speaks for none
counts = np.zeros(V, int)
np.add.at(counts, [i for tokens, _ in data.train for i in vocab.encode(tokens)], 1)
frequent = np.flatnonzero(counts >= min(5, counts.max()))
frequent = frequent[frequent >= len(vocab.specials)]
top = {}
for c in range(min(C, 6)):
    top[c] = frequent[np.argsort(-weights[frequent, c], kind="stable")[:12]]
    print(f"{data.classes[c]}: {' '.join(vocab.tokens[i] for i in top[c])}")

results.figure("top_words.svg", top_words_figure(top, weights, vocab, data.classes))
logits = predict(linear, data.test, vocab)  # (N, C)
contributions_figure(results, logits, weights, data.test, vocab, data.classes)

# %% [markdown]
# ## W from elsewhere: LSA or word2vec
#
# The notes: the difference to LSA and word2vec is that here W is trained with the labels, but they
# can initialise it. Text without labels is cheap: all training sentences are read, and only some
# of their labels. LSA here is PPMI and a truncated SVD of which word stands near which.

# %%
sentences = [vocab.encode(tokens) for tokens, _ in data.train]  # without their labels
width = min(100, V)  # E

def lsa(seed: int) -> np.ndarray:
    near = ppmi(cooccurrence(sentences, V))  # (V, V)
    u, s, _ = truncated_svd(near, width, seed=seed)  # (V, E), (E,)
    return u * np.sqrt(s)  # (V, E)

def word2vec(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    model = CBOW(V, width)
    noise = Noise(counts)
    optimizer = optim.Adam(model.parameters(), lr=5e-3)
    for _ in tqdm(range(1 if options.quick else 5), desc="word2vec", unit="epoch"):
        contexts, words = cbow_windows(sentences, 5, rng)
        for start in range(0, len(words), 512):
            true = words[start:start + 512]  # (B,)
            others = noise.draw((len(true), 5), rng)  # (B, 5)
            candidates = np.concatenate([true[:, None], others], axis=1)  # (B, 6)
            loss = model.loss(contexts[start:start + 512], candidates)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model.embedding.weight.numpy().copy()  # (V, E)

if options.init:
    few = data.train[:options.labels]
    runs = {"random": [], options.init: []}
    for seed in range(options.seed, options.seed + 3):
        table = lsa(seed) if options.init == "lsa" else word2vec(seed)  # (V, E)
        table = 0.1 * table / table.std()  # the spread of random initial values
        for name in runs:
            td.manual_seed(seed)
            model = DeepAveragingNetwork(V, C, embedding_size=width)
            if name != "random":
                model.embedding.weight.data[1:] = table[1:]  # row 0, padding, stays 0
            fit(model, few, 1e-3, seed, 4 * settings.epochs, f"{name}, seed {seed}")
            runs[name].append(test_accuracy(model, data.test, vocab))
    for name, values in runs.items():
        mean = np.mean(values)
        each = ", ".join(f"{x:.1%}" for x in values)
        print(f"DAN, {len(few)} labels, {name:9} {mean:.1%} (three seeds: {each})")
        results.metric(**{f"few_labels_accuracy_{name}": mean})
        results.metric(**{f"few_labels_std_{name}": np.std(values)})
results.write()
