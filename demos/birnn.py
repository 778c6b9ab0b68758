# %% [markdown]
# # Reading in both directions
#
# A recurrent network reads a sentence from left to right, a second one from right to left, and each
# word gets what both have read. Where the meaning of a word comes out only later, one reader can do
# no more than guess [tagging_forward_clue_after < 0.6], and two know
# [tagging_both_clue_after > 0.95]. That is good for a sentence that is there as a whole, and wrong
# for a language model, which is to guess what comes next: the backward reader has seen it.
#
#     python demos/birnn.py                          generated sentences
#     python demos/birnn.py --data sst2              film reviews; also mr, subj, waimai (Chinese)
#     python demos/birnn.py --cell rnn --pooling max
#     python demos/birnn.py --text ptb               the language models on real text, or on a file

# %%
import time

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.best_epoch import BestEpoch
from support.birnn_figures import influence_figure, tagging_figure
from support.birnn_run import read_texts, sentences_of_senses, start_run
from support.labelled import PAD, baselines, batches, show, test_accuracy
from support.same import assert_same
from tinydawn import models, nn, optim, text
from tinydawn.metrics import perplexity
from tinydawn.models.birnn import CELLS, LeakyLanguageModel, influence
from tinydawn.nn import functional as F

options, settings, data, results = start_run()

# %% [markdown]
# ## Two readers
#
# The second one is given the words from the last to the first, and its states are turned round
# again, so that each word has one from either side.


# %%
def read_both_ways(rightwards: nn.GRU, leftwards: nn.GRU, x: td.Tensor) -> td.Tensor:
    forward, _ = rightwards(x)  # (T, B, E) -> (T, B, H)
    backward, _ = leftwards(td.flip(x, 0))  # the last word first
    return td.cat([forward, td.flip(backward, 0)], axis=2)  # (T, B, 2H)


rightwards, leftwards, library = nn.GRU(4, 6), nn.GRU(4, 6), nn.GRU(4, 6, bidirectional=True)
weights = rightwards.state_dict()
for name, weight in leftwards.state_dict().items():
    weights[f"{name}_reverse"] = weight
library.load_state_dict(weights)
x = td.randn(5, 3, 4)  # (T, B, E)
apart = abs(read_both_ways(rightwards, leftwards, x) - library(x)[0]).amax().item()
results.metric(readers_gap=apart)
print(f"two readers and nn.GRU(bidirectional=True): their states differ by at most {apart:.0e}")

# %% [markdown]
# ## A word whose meaning comes later
#
#     the clerk counts cash today at the bank .       a bank of money: the clue stands before it
#     at the bank today the duck swims alone .        a bank of a river: the clue stands behind it
#
# Which bank is it? The state at that word is to say. A forward reader that has read "at the bank"
# has not read more: in that half of the sentences *no* training helps it.

# %%
BOTH = slice(0, 48)  # columns of the states: 24 of the forward reader, 24 of the backward one
tokens, train_part, test_part = sentences_of_senses(800 if options.quick else 1600)
train_ids, train_place, train_senses, _ = train_part  # (T, N), (N,), (N,), (N,)
test_ids, test_place, test_senses, behind = test_part


def tag(columns: slice, seed: int) -> np.ndarray:
    """Train on those columns of the states, and say of each test sentence whether it is right."""
    td.manual_seed(seed)
    embedding, output = nn.Embedding(len(tokens), 16), nn.Linear(columns.stop - columns.start, 2)
    readers = nn.GRU(16, 24), nn.GRU(16, 24)
    layers = nn.ModuleList([embedding, output, *readers])
    optimizer = optim.Adam(layers.parameters(), lr=1e-2)

    def logits(ids: np.ndarray, place: np.ndarray) -> td.Tensor:
        states = read_both_ways(*readers, embedding(ids))[:, :, columns]  # (T, B) -> (T, B, D)
        return output(states[place, np.arange(len(place))])  # at the word: (B, D) -> (B, 2)

    for start in range(0, len(train_senses), 32):
        part = slice(start, start + 32)
        answers = logits(train_ids[:, part], train_place[part])
        loss = F.cross_entropy(answers, train_senses[part])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with td.no_grad():
        return logits(test_ids, test_place).argmax(axis=1).numpy() == test_senses  # (N,)


# %%
results.baseline(tagging_guess=0.5)
print(f"\n{'right, of the word bank':26}{'clue before':>12}{'clue behind':>12}")
tagged = {}
for name, columns in (("forward", slice(0, 24)), ("backward", slice(24, 48)), ("both", BOTH)):
    runs = [tag(columns, options.seed + k) for k in range(1 if options.quick else 3)]
    tagged[name] = [(right[~behind].mean(), right[behind].mean()) for right in runs]
    before, after = np.mean(tagged[name], axis=0)
    results.metric(**{f"tagging_{name}_clue_before": before, f"tagging_{name}_clue_after": after})
    print(f"{name:26}{before:12.1%}{after:12.1%}")
results.figure("tagging.svg", tagging_figure(tagged))

# %% [markdown]
# ## A sentence as one vector
#
# The backward reader has read everything at the *first* word: its state there goes into the
# sentence vector (the notes: "这个主要利用的是反向的h0"), beside the forward state at the *last* word. The
# backward state at the last word has read that word alone.


# %%
class BiRNNClassifier(nn.Module):
    """B batch, T time, E embedding, H hidden size, R readers (1 or 2), D = R H, C classes."""

    def __init__(self, V: int, C: int, E: int, H: int, R: int, dropout: float) -> None:
        self.embedding = nn.Embedding(V, E, padding_idx=PAD)
        self.embedding.weight.data *= 0.25
        cell = CELLS[options.cell]  # nn.GRU, if no flag says nn.RNN or nn.LSTM
        self.recurrent = cell(E, H, batch_first=True, bidirectional=R == 2)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(R * H, C)

    def read(self, ids: np.ndarray, lengths: np.ndarray | None) -> tuple[td.Tensor, td.Tensor]:
        """All states, and that of each reader when it has read everything."""
        x = self.dropout(self.embedding(ids))  # (B, T) -> (B, T, E)
        states, last = self.recurrent(x, lengths=lengths)  # (B, T, D), (R, B, H)
        if isinstance(last, tuple):
            last = last[0]  # of an LSTM, h without c
        return states, last

    def forward(self, ids: np.ndarray) -> td.Tensor:
        real = ids != PAD  # (B, T)
        states, last = self.read(ids, lengths=real.sum(axis=1))  # (B, T, D), (R, B, H)
        return self.output(self.dropout(pooled(states, last, real)))  # (B, C)


# %%
def pooled(states: td.Tensor, last: td.Tensor, real: np.ndarray) -> td.Tensor:
    """A sentence as one vector (B, D): what has been read at the end, or of all words."""
    if options.pooling == "last":
        return td.cat(list(last), axis=1)  # (B, D)
    if options.pooling == "max":
        return states.masked_fill(~real[:, :, None], -np.inf).amax(axis=1)  # (B, D)
    weights = real / real.sum(axis=1, keepdims=True)  # (B, T)
    weights = td.Tensor(weights[:, None].astype(np.float32))  # (B, 1, T)
    return (weights @ states).squeeze(1)  # (B, 1, T) @ (B, T, D) -> (B, D)


# %% [markdown]
# ## Classification, with one direction and with both
#
# For a whole sentence the second reader is less needed: at the last word the forward one has read
# everything. Opinions in which "not" decides, which a bag of words cannot tell
# [naive_bayes_accuracy < 0.8], one direction gets right as well as both
# [min(test_accuracy_one_direction, test_accuracy_both_directions) > 0.97].


# %%
vocab = text.Vocab.build([tokens for tokens, _ in data.train], min_freq=settings.min_freq)
V, C, E, H = len(vocab), len(data.classes), settings.embedding_size, settings.hidden_size


def fit(R: int, name: str) -> tuple[BiRNNClassifier, float, float]:
    """The model of the epoch that is best on the dev sentences, its test accuracy, CPU seconds."""
    td.manual_seed(options.seed)
    model = BiRNNClassifier(V, C, E, H, R, settings.dropout)
    optimizer = optim.Adam(model.parameters(), lr=settings.learning_rate)
    best = BestEpoch(model)
    started = time.process_time()
    for epoch in tqdm(range(settings.epochs), desc=name, unit="epoch", mininterval=0.5):
        for ids, labels in batches(data.train, vocab, 50, seed=100 * options.seed + epoch):
            loss = F.cross_entropy(model(ids), labels)  # (B, T) -> (B, C) -> ()
            optimizer.zero_grad()
            loss.backward()
            optim.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        best.consider(test_accuracy(model, data.dev, vocab))
    best.restore()
    accuracy = test_accuracy(model, data.test, vocab)
    seconds = time.process_time() - started
    assert_same(model, lambda: models.BiRNNClassifier(
        V, C, E, H, options.cell, bidirectional=R == 2, pooling=options.pooling), ids)
    return model, accuracy, seconds


# %%
found = baselines(results, data)
for name, R in (("one_direction", 1), ("both_directions", 2)):
    model, found[name], seconds = fit(R, name.replace("_", " "))
    results.metric(**{f"test_accuracy_{name}": found[name], f"cpu_seconds_{name}": seconds})
results.metric(test_accuracy=found["both_directions"])
show(found)

# %% [markdown]
# ## Padding, for this network of both directions
#
# Sentences of a batch are filled up at the end. The backward reader must begin at the true end of
# its sentence, and the forward one stop there. With lengths each does, and padding changes nothing
# [padding_changes_forward_with_lengths < 1e-6 and padding_changes_backward_with_lengths < 1e-6].
# Without them the forward reader goes on into the padding, last, so its state changes most; the
# backward one reads it first, and has forgotten some of it at the first word
# [padding_changes_forward_without > 2 * padding_changes_backward_without > 0.02].

# %%
asked = [vocab.encode(tokens) for tokens, _ in data.test[:100]]
states = {True: [], False: []}  # with lengths or without
model.eval()
with td.no_grad():
    for ids in asked:
        alone = np.array([ids])  # (1, T)
        padded = np.pad(alone, ((0, 0), (0, 40)))  # (1, T + 40)
        _, true = model.read(alone, lengths=None)  # (2, 1, H)
        for with_lengths, found_there in states.items():
            _, last = model.read(padded, lengths=[len(ids)] if with_lengths else None)
            found_there.append(np.abs(last.numpy() - true.numpy()).max(axis=(1, 2)))  # (2,)

print()
for with_lengths, name in ((True, "with lengths"), (False, "without")):
    change = np.mean(states[with_lengths], axis=0)  # (2,): forward, backward
    print(f"40 places of padding, {name:12} the forward state changes by {change[0]:.1e}, "
          f"the backward state by {change[1]:.1e}")
    keep = results.metric if with_lengths else results.baseline
    keep(**{f"padding_changes_forward_{name.replace(' ', '_')}": change[0]})
    keep(**{f"padding_changes_backward_{name.replace(' ', '_')}": change[1]})

# %% [markdown]
# ## Why it is no language model
#
# The notes say that a bidirectional RNN cannot be used for an autoregressive language model. It
# can be *trained* as one, and looks wonderful: the backward state at word t has read word t + 1,
# which is to be predicted. Its perplexity falls towards 1, below what the true distribution of the
# language allows [perplexity_both_directions < 0.7 * perplexity_true], which no honest model does
# [perplexity_one_direction > perplexity_true]. The language here is a made-up one, whose entropy is
# known; with --text it is real, and its best perplexity is not known, but is not 1.

# %%
if options.text:
    train, test = read_texts(options.text)
else:
    language = text.markov_language(options.seed, words=30, successors=4)
    train = language.sample(600 if options.quick else 2000, seed=1)
    test = language.sample(300, seed=2)
words = text.Vocab.build(train, max_size=2000)
sizes = (100, 128) if options.text and not options.quick else (32, 48)  # E and H


# %%
def sentences(items: list, seed: int | None = None) -> list[np.ndarray]:
    """Batches of ids (B, T + 1), with <s> in front and </s> behind."""
    shuffle = seed is not None
    groups = text.bucket_batches([len(s) for s in items], 32, seed=seed or 0, shuffle=shuffle)
    return [text.pad([words.encode(items[i], bos=True, eos=True) for i in group], PAD)[0]
            for group in groups]


def nats(model: LeakyLanguageModel, ids: np.ndarray) -> td.Tensor:
    """The sum of -log p over the words and </s>. All is read, also what is to be predicted."""
    logits = model(ids)[:, :-1]  # (B, T + 1) -> (B, T, V): after each word but the last
    targets = ids[:, 1:].reshape(-1)  # (B T,)
    return F.cross_entropy(logits.flatten(0, 1), targets, ignore_index=PAD, reduction="sum")


# %%
readers = {}
count = sum(len(s) + 1 for s in test)
for name, bidirectional in (("one_direction", False), ("both_directions", True)):
    td.manual_seed(options.seed)
    model = LeakyLanguageModel(len(words), *sizes, options.cell, bidirectional)
    optimizer = optim.Adam(model.parameters(), lr=5e-3)
    epochs = range(8 if options.quick else 6)
    for epoch in tqdm(epochs, desc=f"language model, {name.replace('_', ' ')}", mininterval=0.5):
        for ids in sentences(train, seed=epoch):
            loss = nats(model, ids) / (ids[:, 1:] != PAD).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with td.no_grad():
        value = perplexity(sum(nats(model, ids).item() for ids in sentences(test)), count)
    readers[name] = model
    print(f"test perplexity, {name.replace('_', ' '):16} {value:6.2f}")
    results.metric(**{f"perplexity_{name}": value})
if not options.text:
    true = perplexity(sum(-language.log_probability(s) for s in test), count)
    results.baseline(perplexity_true=true)
    print(f"test perplexity, the true language {true:.2f}: nothing honest gets below it")
print("To use both directions honestly, train two language models, one for each, "
      "and let neither see the other's states: elmo.py")

# %% [markdown]
# ## The proof: who sees whom
#
# How much the state that predicts the word after t changes with word s. Right of the diagonal is
# the future, and an honest model has nothing there
# [share_of_the_future_one_direction == 0 and share_of_the_future_both_directions > 0.2].

# %%
sentence = max(test, key=lambda words: len(set(words[:9])))[:9]  # of different words
ids = np.array(words.encode(sentence, bos=True, eos=True))  # (T,)
matrices = {name: influence(model, ids) for name, model in readers.items()}  # (T, T) each
future = {name: float(np.triu(m, 1).sum() / m.sum()) for name, m in matrices.items()}
print(f"of all influence, the future has {future['one_direction']:.0%} with one direction "
      f"and {future['both_directions']:.0%} with both")
results.metric(**{f"share_of_the_future_{name}": share for name, share in future.items()})
labels = [words.tokens[i] for i in ids]
results.figure("information_flow.svg", influence_figure(matrices, labels))
results.write()
