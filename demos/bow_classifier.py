# %% [markdown]
# # A sentence as a bag of words
#
# The lecture's first model: x counts the words of the vocabulary in a sentence, and h = W x. Nothing of the order is left.
# Trained here: a linear bag of words and a deep averaging network, beside naive Bayes, which only counts.
#
#     python demos/bow_classifier.py                          generated opinions, in which "not" matters
#     python demos/bow_classifier.py --data sst2              real film reviews; also mr, subj, waimai (Chinese)
#     python demos/bow_classifier.py --data mr --init lsa     W from LSA or word2vec: does it help with 500 labels?

# %%
import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.labelled import baselines, batches, load, predict, test_accuracy, word_bars
from support.panels import COLOURS, panels, tidy
from support.run import Results, arguments, parse
from tinydawn import optim, text
from tinydawn.models import CBOW, BagOfWords, DeepAveragingNetwork
from tinydawn.models.word2vec import Noise, cbow_windows
from tinydawn.nn import functional as F
from tinydawn.text.generated import SENTIMENT_CEILING, SENTIMENT_LINEAR_CEILING
from tinydawn.text.vectors import cooccurrence, ppmi, truncated_svd

parser = arguments("Classify sentences by their words, whatever the order.")
parser.add_argument("--init", choices=["lsa", "word2vec"], help="compare random embeddings with these, over three seeds")
parser.add_argument("--labels", type=int, default=500, help="with --init: how many labelled sentences there are; default 500")
options = parse(parser)
if options.labels < 2:
    parser.error(f"--labels {options.labels}: at least 2")
data = load(options.data, options.seed, options.quick)
results = Results("bow_classifier", options, options.data or "generated opinions with negation")
epochs = options.epochs or (4 if options.quick else 8 if options.data else 30)
# The words of the training sentences alone: with those of the test sentences one would know what will be asked.
vocab = text.Vocab.build([tokens for tokens, _ in data.train])
V, C = len(vocab), len(data.classes)
print(f"{len(data.train):,} sentences to train on, {len(data.dev):,} to choose with, {len(data.test):,} to test; {V:,} words")

# %% [markdown]
# ## W x is a sum
#
# The notes write h = W x. x has thousands of entries, nearly all 0, so W x is computed as the sum of the columns of W whose
# words are there. A column of W is the *embedding* of a word. Both ways give the same numbers, also when words are counted
# once only (the notes' x, which says whether a word is there).

# %%
ids, _ = next(batches(data.test, vocab, 8))
for count in ("count", "binary"):
    model = BagOfWords(V, C, embedding_size=50, count=count)
    h, product = model.embed(ids), model.linear(model.vector(ids))  # (B, E), (B, E)
    gap = float(np.abs(h.numpy() - product.numpy()).max())
    print(f"{count:7} x: the sum of embeddings differs from W x by at most {gap:.1e}")
    results.metric(**{f"sum_minus_product_{count}": gap})

# %% [markdown]
# ## Training
#
# The epoch that is best on the dev sentences is kept; the test sentences are asked once.

# %%
def fit(model: td.nn.Module, train: list, learning_rate: float, seed: int, epochs: int, note: str = "") -> td.nn.Module:
    """Train, and go back to the best epoch."""
    model.embedding.weight.data[vocab.unk_id] = 0  # never trained, so it would stay random: unknown words are to add nothing
    optimizer = optim.Adam(model.parameters(), lr=learning_rate)
    best, kept = -1.0, {}
    for epoch in tqdm(range(epochs), desc=note or type(model).__name__, unit="epoch", mininterval=0.5):
        for ids, labels in batches(train, vocab, 50, seed=100 * seed + epoch):
            loss = F.cross_entropy(model(ids), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        score = test_accuracy(model, data.dev, vocab)
        if score > best:
            best, kept = score, {name: x.numpy().copy() for name, x in model.state_dict().items()}
    model.load_state_dict(kept)
    return model.eval()

linear = fit(BagOfWords(V, C), data.train, 3e-3, options.seed, epochs)
averaging = (fit(DeepAveragingNetwork(V, C), data.train, 1e-3, options.seed, epochs) if options.data else
             fit(DeepAveragingNetwork(V, C, word_dropout=0.0), data.train, 5e-3, options.seed, epochs))
found = baselines(results, data)
scores = {"bag_of_words": test_accuracy(linear, data.test, vocab), "dan": test_accuracy(averaging, data.test, vocab)}
results.metric(**{f"test_accuracy_{name}": value for name, value in scores.items()}, test_accuracy=max(scores.values()))
for name, value in {**found, **scores}.items():
    print(f"{name.replace('_', ' '):22}{value:8.1%}")
if options.data is None:
    results.baseline(best_of_any_bag=SENTIMENT_CEILING, best_of_a_linear_bag=SENTIMENT_LINEAR_CEILING)
    print(f'In this data "not" decides, and a bag does not know what it belongs to. The best function of the bag can expect\n'
          f"{SENTIMENT_CEILING:.1%}, the best linear one {SENTIMENT_LINEAR_CEILING:.0%} (on average; on one set of "
          f"{len(data.test)} sentences it may be some points more or less). Who reads "
          "the order\ncan reach 100 %: see cnn_classifier.py and birnn.py.")

# %% [markdown]
# ## What it learned: the weight of each word
#
# In the linear model the logits are W x: each word adds its own numbers, so that a decision can be taken apart.

# %%
weights = linear.embedding.weight.numpy()  # (V, C)
weights = weights - weights.mean(axis=1, keepdims=True)  # what speaks for all classes alike speaks for none
counts = np.zeros(V, int)
np.add.at(counts, [i for tokens, _ in data.train for i in vocab.encode(tokens)], 1)
frequent = np.flatnonzero(counts >= min(5, counts.max()))
frequent = frequent[frequent >= len(vocab.specials)]
shown = range(min(C, 6))
top = {c: frequent[np.argsort(-weights[frequent, c], kind="stable")[:12]] for c in shown}
for c in shown:
    print(f"{data.classes[c]}: {' '.join(vocab.tokens[i] for i in top[c])}")

def draw_top(axes: list) -> None:
    for c, panel in zip(shown, axes, strict=True):
        panel.barh([vocab.tokens[i] for i in top[c]][::-1], weights[top[c], c][::-1], color=COLOURS[0])
        tidy(panel, str(data.classes[c]), "weight")

results.figure("top_words.svg", panels(1, len(shown), draw_top, width=2.8, height=3.2,
                                       words="".join(vocab.tokens[i] for c in shown for i in top[c])))

logits = predict(linear, data.test, vocab)  # (N, C)
answers, truth = logits.argmax(axis=1), np.array([label for _, label in data.test])
sure = logits.max(axis=1) - np.sort(logits, axis=1)[:, -2]
readable = np.array([4 <= len(tokens) <= 24 for tokens, _ in data.test])
choice = [i for right in (True, False) for i in np.argsort(-sure * readable) if (answers[i] == truth[i]) == right and readable[i]]
picked = choice[:1] + [i for i in choice if answers[i] != truth[i]][:2]
rows = []
for i in picked:
    tokens = data.test[i][0]
    judged = f"says {data.classes[answers[i]]}" + ("" if answers[i] == truth[i] else f", but it is {data.classes[truth[i]]}")
    rows.append((tokens, weights[vocab.encode(tokens), answers[i]], judged))
if rows:
    results.figure("contributions.svg", word_bars(rows, "weight", "What each word adds to the answer"))

# %% [markdown]
# ## W from elsewhere: LSA or word2vec
#
# The notes: the difference to LSA and word2vec is that here W is trained with the labels, but they can initialise it. Text
# without labels is cheap: all training sentences are read, and only some of their labels. LSA here is PPMI and a truncated
# SVD of which word stands near which.

# %%
def vectors(kind: str, width: int, seed: int) -> np.ndarray:
    """(V, width), from the training sentences without their labels, with the spread of random initial values."""
    sentences = [vocab.encode(tokens) for tokens, _ in data.train]
    if kind == "lsa":
        matrix = ppmi(cooccurrence(sentences, V)) if V <= 30_000 else None
        if matrix is None:
            parser.error(f"--init lsa: {V:,} words make a matrix too large for the memory; use word2vec")
        u, s, _ = truncated_svd(matrix, width, seed=seed)
        table = u * np.sqrt(s)
    else:
        rng, model = np.random.default_rng(seed), CBOW(V, width)
        noise, optimizer = Noise(counts), optim.Adam(model.parameters(), lr=5e-3)
        for _ in tqdm(range(1 if options.quick else 5), desc="word2vec", unit="epoch"):
            contexts, words = cbow_windows(sentences, 5, rng)
            for start in range(0, len(words), 512):
                true = words[start:start + 512]
                candidates = np.concatenate([true[:, None], noise.draw((len(true), 5), rng)], axis=1)  # (B, 6)
                loss = model.loss(contexts[start:start + 512], candidates)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        table = model.embedding.weight.numpy().copy()
    return 0.1 * table / table.std()

if options.init:
    width = min(100, V)
    runs: dict[str, list[float]] = {"random": [], options.init: []}
    few = data.train[:options.labels]
    for seed in range(options.seed, options.seed + 3):
        table = vectors(options.init, width, seed)
        for name in runs:
            td.manual_seed(seed)
            model = DeepAveragingNetwork(V, C, embedding_size=width)
            if name != "random":
                model.embedding.weight.data[1:] = table[1:]  # row 0, padding, stays 0
            fit(model, few, 1e-3, seed, 4 * epochs, note=f"{name}, seed {seed}")
            runs[name].append(test_accuracy(model, data.test, vocab))
    for name, values in runs.items():
        print(f"DAN, {len(few)} labels, {name:9} {np.mean(values):.1%} (three seeds: {', '.join(f'{x:.1%}' for x in values)})")
        results.metric(**{f"few_labels_accuracy_{name}": np.mean(values), f"few_labels_std_{name}": np.std(values)})
results.write()
