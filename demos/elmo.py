# %% [markdown]
# # ELMo: word vectors that know their sentence
#
# A word vector of word2vec is the same wherever the word stands. Here a language model reads the
# sentence from the left, another from the right, and what they think at a word, layer by layer, is
# its vector. They are trained on text without labels, then frozen. A sandy "bank" that crumbles
# then has other neighbours than a rich "bank" that saves cash; and a small classifier with few
# labels, which learns how to mix the layers, knows what no bag of words can know
# [test_accuracy_elmo > best_bag_of_words_accuracy + 0.1].
#
#     python demos/elmo.py               made-up opinions, where "not" decides; 300 labels
#     python demos/elmo.py --data mr     film reviews, 500 labels (or waimai: Chinese, by character)

# %%
import time

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.elmo_run import (
    gain_figure,
    in_context,
    perplexity_figure,
    print_scores,
    senses_figure,
    shares_figure,
    start_run,
    two_places,
    unigram_perplexity,
)
from tinydawn import optim, text
from tinydawn.metrics import accuracy
from tinydawn.models.elmo import BiLM, ElmoClassifier, ScalarMix, pad_layers
from tinydawn.models.nnlm import frequency_classes
from tinydawn.nn import functional as F

options, data, more, looked_at, labels, run, results = start_run()
toy = options.data is None

# %% [markdown]
# ## The text, without its labels
#
# The language models read the training sentences alone. To the made-up opinions are added
# sentences in which "bank" has two meanings.

# %%
everything = [tokens for tokens, _ in data.train] + more
vocab = text.Vocab.build(everything, min_freq=run.min_freq)


def encode(sentences: list[list[str]]) -> list[list[int]]:
    """<s> w_1 .. w_n </s>: forward, </s> is predicted as a word is; backward, <s>."""
    return [vocab.encode(tokens, bos=True, eos=True) for tokens in sentences]


train, dev, test = (encode([tokens for tokens, _ in part]) for part in data[:3])
unlabelled = train + encode(more)
counts = np.bincount(np.concatenate(train), minlength=len(vocab))  # (V,)
classes = None
if len(vocab) > 1000:  # where V is large, a softmax over classes of words
    classes = frequency_classes(np.maximum(counts, 1))

# %% [markdown]
# ## Two language models
#
# The notes write that a bidirectional RNN "cannot be applied to AR-LM, because we cannot utilize
# the information from the future". Which means: one network may not read both ways and then predict
# a word that it has read. Two models may, each predicting what it has not read. They share the
# embedding and the softmax, and no state; each guesses unseen sentences far better than the
# frequencies of words do [max(perplexity_forward, perplexity_backward) < 0.2 * perplexity_unigram].

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


# %%
model = BiLM(len(vocab), run.width, num_layers=2, dropout=0.1, classes=classes)
optimizer = optim.Adam(model.parameters(), lr=run.learning_rate)
lengths = [len(ids) for ids in unlabelled]
updates = run.epochs * len(text.bucket_batches(lengths, 32))
schedule = optim.get_linear_schedule_with_warmup(optimizer, updates // 20, updates)
batches, curve = [], [(0, *np.exp(nats(dev[:300])))]
started = time.process_time()
progress = tqdm(range(updates), desc="language models", unit="update", mininterval=0.5)
for update in progress:
    batches = batches or text.bucket_batches(lengths, 32, seed=options.seed + update)
    ids, _ = text.pad([unlabelled[i] for i in batches.pop()])  # (B, T)
    forward, backward = model(ids)  # the mean of -log p of each direction
    loss = (forward + backward) / 2
    optimizer.zero_grad()
    loss.backward()
    optim.clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()
    schedule.step()
    if update + 1 in (20, 50, 100, 200, 300, 400) or (update + 1) % max(1, updates // 8) == 0:
        curve.append((update + 1, *np.exp(nats(dev[:300]))))
        progress.set_postfix(forward=f"{curve[-1][1]:.1f}", backward=f"{curve[-1][2]:.1f}")
model.eval().requires_grad_(False)  # frozen from here on
seconds = time.process_time() - started

# %%
unigram = unigram_perplexity(counts, dev)
forward, backward = np.exp(nats(dev))
results.metric(perplexity_forward=forward, perplexity_backward=backward,
               cpu_seconds_language_models=seconds)
results.baseline(perplexity_unigram=unigram)
print(f"\n{len(unlabelled)} sentences, {len(vocab)} words, {seconds:.0f} CPU s. Perplexity of "
      f"unseen sentences: forward {forward:.1f}, backward {backward:.1f}, unigram {unigram:.1f}")
results.figure("perplexity.svg", perplexity_figure(curve, unigram, updates))

sentence = np.array([max(dev[:50], key=len)])  # (1, T)
middle, last = sentence.shape[1] // 2, sentence.shape[1] - 1
changed = sentence.copy()
changed[0, middle] = vocab.unk_id  # another word in the middle
with td.no_grad():
    before, after = model.directions(sentence), model.directions(changed)
for name, states, others in zip(("forward", "backward"), before, after, strict=True):
    differs = states[-1].numpy() != others[-1].numpy()  # (1, T, H), the last layer
    moved = np.flatnonzero(differs.any(axis=2))
    print(f"word {middle} of 0 .. {last} is another one: the {name} states {moved[0]} to "
          f"{moved[-1]} change")

# %% [markdown]
# ## A classifier with few labels: without, with the embedding alone, with all layers
#
# Of a word with h_0, h_1, h_2 in the three layers, ELMo's vector is
#
#     gamma (s_0 h_0 + s_1 h_1 + s_2 h_2),  s = softmax(w)
#
# w and gamma are trained with the classifier, the language models are not. At first w = 0: the mean
# of the layers. The classifier is a bag of words. On the made-up opinions no bag can
# expect more than the ceiling below, for it cannot know which word "not" belongs to: with vectors
# that do not know their sentence it stays there [test_accuracy_embedding <
# best_bag_of_words_accuracy + 0.03]. With those that do, it goes far beyond [test_accuracy_elmo >
# 0.95]. (On film reviews, `--data mr`, half a point is gained, less than the noise: 8,500 sentences
# teach a language model little; ELMo's read a billion words.)
#
# The shares of the layers hardly leave a third, and their order differs from seed to seed
# [abs(share_layer_0 - 1/3) < 0.06] [abs(share_layer_2 - 1/3) < 0.06]: three hundred labels do not
# tell which layer is best. What gains is that the layers above the embedding are there
# [test_accuracy_elmo > test_accuracy_embedding + 0.1].

# %%
train_states = model.embed(train)  # (L + 1, n, 2D) for each sentence
test_states = model.embed(test)


def mixed(layers: list[td.Tensor], w: td.Tensor, gamma: td.Tensor) -> td.Tensor:
    """One vector for each word, (B, T, 2D), of its L + 1 layers, (B, T, 2D) each."""
    s = F.softmax(w, axis=0)  # (L + 1,), the share of each layer
    return gamma * sum(s[k] * h for k, h in enumerate(layers))


two = [td.tensor(h) for h in pad_layers(test_states[:2], 3)]
mix = ScalarMix(3)
mix.w.data += np.array([0.5, -1, 0.2])
assert np.allclose(mix(two).numpy(), mixed(two, mix.w, mix.gamma).numpy(), atol=1e-5)


# %%
def predict(classifier: ElmoClassifier, sentences: list, states: list, indices: np.ndarray,
            count: int) -> td.Tensor:
    ids, _ = text.pad([sentences[i][1:-1] for i in indices])  # (B, T), words only
    return classifier(ids, pad_layers([states[i] for i in indices], count))  # (B, C)


# %%
def train_classifier(count: int, chosen: np.ndarray, seed: int) -> tuple[float, ElmoClassifier]:
    """Test accuracy of a classifier that mixes `count` layers, trained on the chosen sentences."""
    td.manual_seed(seed)
    mix = ScalarMix(count) if count else None
    classifier = ElmoClassifier(len(vocab), len(data.classes), 64, mix, 2 * run.width)
    optimizer = optim.Adam(classifier.parameters(), lr=5e-3 if toy else 2e-3)
    for epoch in range(run.passes):
        order = 100 * seed + epoch
        for picked in text.bucket_batches([lengths[i] for i in chosen], 25, seed=order):
            rows = chosen[picked]
            logits = predict(classifier, train, train_states, rows, count)  # (B, C)
            loss = F.cross_entropy(logits, np.array([data.train[i][1] for i in rows]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    classifier.eval()
    found = []
    with td.no_grad():
        for indices in text.cut_batches([len(ids) for ids in test], 100):
            logits = predict(classifier, test, test_states, indices, count)  # (B, C)
            found.append(logits.argmax(axis=1).numpy())
    return accuracy(np.concatenate(found), [label for _, label in data.test]), classifier


# %%
scores = {"without": [], "embedding": [], "elmo": []}
shares = []
for seed in range(options.seed, options.seed + run.seeds):
    chosen = np.random.default_rng(seed).permutation(len(data.train))[:labels]
    for count, name in ((0, "without"), (1, "embedding"), (3, "elmo")):
        score, classifier = train_classifier(count, chosen, seed)
        scores[name].append(score)
    shares.append(classifier.mix.shares().numpy())
    reached = ", ".join(f"{name} {values[-1]:.3f}" for name, values in scores.items())
    print(f"seed {seed}: {reached}   shares of the layers {shares[-1].round(2)}, "
          f"gamma {classifier.mix.gamma.item():.2f}")

few = data._replace(train=[data.train[i] for i in chosen])
print_scores(results, scores, shares, few, labels, toy)
results.figure("gain.svg", gain_figure(results.record, scores))
results.figure("shares.svg", shares_figure(shares, options.seed))

# %% [markdown]
# ## One word in two contexts
#
# The two places whose vectors differ most, and the other words nearest to each. First come the
# three other names of the same meaning, then what these are like or do; no word is among both
# [shared_neighbours == 0]. The embedding has one answer for both.

# %%
states = model.embed(encode(looked_at))  # (3, n, 2D) for each sentence
vectors = np.concatenate([layers[2] for layers in states])  # (M, 2D), layer 2
vectors -= vectors.mean(axis=0)
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
names = np.array([token for tokens in looked_at for token in tokens])  # (M,)
places = [(i, t) for i, tokens in enumerate(looked_at) for t in range(len(tokens))]
word, apart = two_places(options.word, names, vectors)


def nearest(vector: np.ndarray, words: np.ndarray, others: np.ndarray) -> dict[str, float]:
    """The five words with a place that is nearest, and the cosine; the word itself is left out."""
    cosines = others @ vector
    near: dict[str, float] = {}
    for n in np.argsort(-cosines):
        if words[n] != word and len(near) < 5:
            near.setdefault(str(words[n]), float(cosines[n]))
    return near


# %%
found = {in_context(looked_at[places[m][0]], places[m][1]): nearest(vectors[m], names, vectors)
         for m in apart}
table = model.embedding.weight.numpy()[4:]  # (V - 4, D), without <pad> and its like
table = table / np.linalg.norm(table, axis=1, keepdims=True)
tokens = np.array(vocab.tokens[4:])
found[f"{word}, by the embedding"] = nearest(table[tokens == word][0], tokens, table)
for name, near in found.items():
    print(f"\n{name}")
    for other, cosine in near.items():
        print(f"    {cosine:.2f}  {other}")
one, two, _ = found.values()
results.metric(shared_neighbours=len(one.keys() & two.keys()))
results.figure("senses.svg", senses_figure(found))
results.write()
