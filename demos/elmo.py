# %% [markdown]
# # ELMo: word vectors that know their sentence
#
# A word vector of word2vec is the same wherever the word stands. Here a language model reads the sentence from the left,
# another from the right, and what they think at a word, layer by layer, is its vector. They are trained on text without
# labels, then frozen; a small classifier with few labels learns how to mix their layers.
#
#     python demos/elmo.py               made-up opinions, where "not" decides; 300 labels
#     python demos/elmo.py --data mr     film reviews, 500 labels (or waimai: Chinese, by character)

# %%
import time

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.labelled import baselines, load
from support.panels import COLOURS, panels, tidy
from support.run import Results, arguments, parse
from tinydawn import optim, text, viz
from tinydawn.errors import DataError, message
from tinydawn.metrics import accuracy
from tinydawn.models.elmo import BiLM, ElmoClassifier, ScalarMix, pad_layers
from tinydawn.models.nnlm import frequency_classes
from tinydawn.nn import functional as F

parser = arguments("Train two language models, freeze them, mix their layers into a small classifier.")
parser.add_argument("--labels", type=int, help="labelled sentences for the classifier; default 300, of real text 500")
parser.add_argument("--word", help="look at this word in two contexts")
options = parse(parser)
toy = options.data is None
labels = (300 if toy else 500) if options.labels is None else max(10, options.labels)
results = Results("elmo", options, options.data or "generated opinions")

# %% [markdown]
# ## The text, without its labels: the language models read the training sentences alone

# %%
data = load(options.data, options.seed, options.quick)
width, epochs, learning_rate, min_freq = (64, 10, 8e-3, 1) if toy else (128, 5, 4e-3, 2)
epochs = options.epochs or (4 if options.quick else epochs)
vocab = text.Vocab.build([tokens for tokens, _ in data.train], min_freq=min_freq)
# <s> w_1 .. w_n </s>: forward, </s> is predicted as a word is; backward, <s>.
train, dev, test = ([vocab.encode(tokens, bos=True, eos=True) for tokens, _ in part] for part in data[:3])
counts = np.bincount(np.concatenate(train), minlength=len(vocab))
classes = frequency_classes(np.maximum(counts, 1)) if len(vocab) > 1000 else None  # a softmax over classes, where V is large

# %% [markdown]
# ## Two language models
#
# The notes write that a bidirectional RNN "cannot be applied to AR-LM, because we cannot utilize the information from the
# future". Which means: one network may not read both ways and then predict a word that it has read. Two models may, each
# predicting what it has not read. They share the embedding and the softmax, and no state.

# %%
@td.no_grad()
def nats(sentences: list[list[int]]) -> np.ndarray:
    """Mean -log p per token, forward and backward."""
    training, total, tokens = model.training, np.zeros(2), 0
    model.eval()
    for indices in text.bucket_batches([len(ids) for ids in sentences], 64, shuffle=False):
        ids, _ = text.pad([sentences[i] for i in indices])
        total += [loss.item() for loss in model(ids, reduction="sum")]
        tokens += int((ids[:, 1:] != 0).sum())
    model.train(training)
    return total / tokens

model = BiLM(len(vocab), width, num_layers=2, dropout=0.1, classes=classes)
optimizer = optim.Adam(model.parameters(), lr=learning_rate)
lengths = [len(ids) for ids in train]
updates = epochs * len(text.bucket_batches(lengths, 32))
schedule = optim.get_linear_schedule_with_warmup(optimizer, updates // 20, updates)
batches, curve, started = [], [], time.process_time()
for update in (progress := tqdm(range(updates), desc="language models", unit="update", mininterval=0.5)):
    batches = batches or text.bucket_batches(lengths, 32, seed=options.seed + update)
    forward, backward = model(text.pad([train[i] for i in batches.pop()])[0])
    loss = (forward + backward) / 2
    optimizer.zero_grad()
    loss.backward()
    optim.clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()
    schedule.step()
    if (update + 1) % max(1, updates // 8) == 0:
        curve.append((update + 1, *np.exp(nats(dev[:300]))))
        progress.set_postfix(forward=f"{curve[-1][1]:.1f}", backward=f"{curve[-1][2]:.1f}")
model.eval().requires_grad_(False)  # frozen from here on
seconds = time.process_time() - started

share = np.maximum(counts, 0.5) / np.maximum(counts, 0.5).sum()
unigram = np.exp(-np.log(share[np.concatenate([ids[1:] for ids in dev])]).mean())
ppl = np.exp(nats(dev))
results.metric(perplexity_forward=ppl[0], perplexity_backward=ppl[1], cpu_seconds_language_models=seconds)
results.baseline(perplexity_unigram=unigram)
print(f"\n{len(train)} sentences, {len(vocab)} words, {seconds:.0f} CPU s. Perplexity of unseen sentences: "
      f"forward {ppl[0]:.1f}, backward {ppl[1]:.1f}, unigram {unigram:.1f}")
results.figure("perplexity.svg", lambda path: viz.training_curves(
    {name: [(row[0], row[k]) for row in curve] for k, name in ((1, "forward"), (2, "backward"))}, path,
    y_label="perplexity of unseen sentences", log=True))

sentence = np.array([max(dev[:50], key=len)])  # (1, T)
middle = sentence.shape[1] // 2
changed = np.where(np.arange(sentence.shape[1]) == middle, vocab.unk_id, sentence)  # (1, T), another word in the middle
with td.no_grad():
    for name, before, after in zip(("forward", "backward"), model.directions(sentence), model.directions(changed), strict=True):
        moved = np.flatnonzero((before[-1].numpy() != after[-1].numpy()).any(axis=2))
        print(f"word {middle} of 0 .. {sentence.shape[1] - 1} is another one: the {name} states {moved[0]} to {moved[-1]} change")

# %% [markdown]
# ## A classifier with few labels: without, with the embedding alone, with all layers
#
# s = softmax(w) and gamma are trained with the classifier, the language models are not. At first w = 0: the mean of the
# layers. The classifier is a bag of words. On the made-up opinions no bag does better than the ceiling below, for it
# cannot know which word "not" belongs to. The vectors know. On film reviews we saw half a point, less than the noise:
# 8,500 sentences teach a language model little; ELMo's read a billion words.

# %%
train_states, test_states = model.embed(train), model.embed(test)  # (L + 1, n, 2D) for each sentence

def predict(classifier: ElmoClassifier, sentences: list, states: list, indices: np.ndarray, count: int) -> td.Tensor:
    ids, _ = text.pad([sentences[i][1:-1] for i in indices])  # (B, T), words only
    return classifier(ids, pad_layers([states[i] for i in indices], count))  # (B, C)

def train_classifier(count: int, chosen: np.ndarray, seed: int) -> tuple[float, ElmoClassifier]:
    """Test accuracy of a classifier that mixes `count` layers, trained on the chosen sentences."""
    td.manual_seed(seed)
    classifier = ElmoClassifier(len(vocab), len(data.classes), 64, ScalarMix(count) if count else None, 2 * width)
    optimizer = optim.Adam(classifier.parameters(), lr=5e-3 if toy else 2e-3)
    for epoch in range(20):
        for picked in text.bucket_batches([lengths[i] for i in chosen], 25, seed=100 * seed + epoch):
            logits = predict(classifier, train, train_states, chosen[picked], count)  # (B, C)
            loss = F.cross_entropy(logits, np.array([data.train[i][1] for i in chosen[picked]]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with td.no_grad():
        found = [predict(classifier.eval(), test, test_states, indices, count).argmax(axis=1).numpy()
                 for indices in np.array_split(np.arange(len(test)), -(-len(test) // 100))]
    return accuracy(np.concatenate(found), [label for _, label in data.test]), classifier

scores, shares = {"without": [], "embedding": [], "elmo": []}, []
for seed in range(options.seed, options.seed + 3):
    chosen = np.random.default_rng(seed).permutation(len(data.train))[:labels]
    for count, name in ((0, "without"), (1, "embedding"), (3, "elmo")):
        score, classifier = train_classifier(count, chosen, seed)
        scores[name].append(score)
    shares.append(classifier.mix.shares().numpy())
    print(f"seed {seed}: " + ", ".join(f"{name} {values[-1]:.3f}" for name, values in scores.items())
          + f"   shares of the layers {shares[-1].round(2)}, gamma {classifier.mix.gamma.item():.2f}")

print(f"\n{labels} labels, {len(test)} test sentences, mean of three seeds")
for name, values in scores.items():
    results.metric(**{f"test_accuracy_{name}": np.mean(values), f"standard_deviation_{name}": np.std(values, ddof=1)})
    print(f"{name:12}{np.mean(values):.4f} +- {np.std(values, ddof=1):.4f}")
results.metric(**{f"share_layer_{k}": share for k, share in enumerate(np.mean(shares, axis=0))})
baselines(results, data._replace(train=[data.train[i] for i in chosen]))
if toy:  # of two clauses any bag is right half the time
    results.baseline(best_bag_of_words_accuracy=1 - np.mean(["and" in tokens for tokens, _ in data.test]) / 2)
print(*(f"baseline {name} {value:.3f}" for name, value in results.record["baselines"].items()), sep="\n")

def draw_shares(axes: list) -> None:
    for k, share in enumerate(shares):
        axes[0].bar(np.arange(3) + 0.27 * (k - 1), share, width=0.25, color=COLOURS[k], label=f"seed {options.seed + k}")
    axes[0].axhline(1 / 3, color="#555555", linestyle=(0, (5, 3)), linewidth=1)
    axes[0].set(xticks=range(3), xticklabels=["embedding", "layer 1", "layer 2"], ylim=(0, 1.4 * np.max(shares)))
    tidy(axes[0], "Share of each layer after training; dashed: before", y="softmax(w)", legend=True)

results.figure("shares.svg", panels(1, 1, draw_shares, width=5.0))

# %% [markdown]
# ## One word in two contexts
#
# The two places whose vectors differ most, and the other words nearest to each; the embedding has one answer for both.

# %%
places = [(i, t) for i, (tokens, _) in enumerate(data.train[:2000]) for t in range(len(tokens))]
names = np.array([data.train[i][0][t] for i, t in places])
vectors = np.concatenate([states[2] for states in train_states[:2000]])  # (M, 2D), layer 2
vectors -= vectors.mean(axis=0)
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
word = options.word or next((w for w in ("like", "good", "好") if (names == w).sum() > 20), names[0])
if not len(here := np.flatnonzero(names == word)[:300]):
    raise DataError(message(f"--word {word}: not in the text", fix="name a word of the training sentences"))

def context(m: int) -> str:
    words, t = data.train[places[m][0]][0], places[m][1]
    return " ".join([*words[max(0, t - 3):t], f"[{words[t]}]", *words[t + 1:t + 3]])

apart = here[list(np.unravel_index((vectors[here] @ vectors[here].T).argmin(), (len(here), len(here))))]
for m in apart:
    print(f"\n{context(m)}")
    near: dict[str, int] = {}
    for n in np.argsort(-vectors @ vectors[m]):
        near.setdefault(names[n], n)
    print(*(f"    {vectors[n] @ vectors[m]:.2f}  {context(n)}" for name, n in [*near.items()][:5] if name != word), sep="\n")
table = model.embedding.weight.numpy()
near_both = 4 + np.argsort(-table[4:] @ table[vocab[word]] / np.linalg.norm(table[4:], axis=1))[1:6]  # without <pad> and its like
print("\nthe embedding, for both:", *(vocab.tokens[k] for k in near_both))
results.write()
