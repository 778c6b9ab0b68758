# %% [markdown]
# # The feed-forward language model, and what a large vocabulary costs
#
# Bengio's model looks at the last four words, each as a vector that it learns, and gives a
# probability to every word that may come next. Unlike an n-gram model, which counts, it learns
# which words are alike, and where that helps it is ahead [alike_perplexity < 0.9 *
# alike_perplexity_2gram]. Its last layer has an output per word. "Note a big difference with the
# sentiment classifier", write the notes, "the output class number is now |V|, making the model
# slow": here this is measured, and mended with classes of words.
#
#     python demos/nnlm.py                    the English that Python carries
#     python demos/nnlm.py --data ptb         a million words of newspaper, about two minutes
#     python demos/nnlm.py --data tang        Chinese quatrains, by character; or a file,
#                                             one sentence a line

# %%
import math
import time

import numpy as np

import tinydawn as td
from support.alike import kinds, sentences_of_worlds, true_perplexity
from support.nnlm_run import cost_figure, perplexity_figure, show_alike, start_run
from support.training import save_model, training
from tinydawn import nn, optim
from tinydawn.metrics import perplexity
from tinydawn.models.nnlm import NNLM, contexts, frequency_classes
from tinydawn.nn import functional as F
from tinydawn.text import KneserNey, Vocab

options, settings, encoded, vocab, results = start_run()

# %% [markdown]
# ## What counting cannot know: words that are alike
#
#     the old cow eats the dry hay
#     the new captain hoists the heavy sails
#     the good lawyer signs the long letters
#
# A made-up language of three worlds: any cow, goat or pig eats any hay or corn. An n-gram learns it
# pair by pair, and of many pairs it has seen none. Bengio's model has a vector for each word, x =
# [e(w_1); ...; e(w_N)], h = tanh(W x + b), p = softmax(U h + d), and what it learns of a cow goes
# for a goat whose vector is near. It comes close to the true perplexity [alike_perplexity < 1.15 *
# alike_perplexity_true], and no n-gram does [min(alike_perplexity_2gram, alike_perplexity_3gram,
# alike_perplexity_5gram) > 1.2 * alike_perplexity_true].

# %%
alike = {"train": sentences_of_worlds(600 if options.quick else 1000, seed=1),
         "test": sentences_of_worlds(400, seed=2)}
kind_of = kinds()
own = Vocab.build(alike["train"])
ids = {split: [own.encode(s, eos=True) for s in part] for split, part in alike.items()}
for n in (1, 2, 3, 5):
    ngram = KneserNey(ids["train"], n, own.bos_id, len(own) - 3)  # <pad>, <s>, <unk> never come
    results.baseline(**{f"alike_perplexity_{n}gram": ngram.perplexity(ids["test"])})
results.baseline(alike_perplexity_true=true_perplexity())


# %%
class SmallNNLM(nn.Module):
    def __init__(self, V: int, N: int, E: int, H: int) -> None:
        self.embedding = nn.Embedding(V, E)
        self.hidden = nn.Linear(N * E, H)
        self.output = nn.Linear(H, V)

    def forward(self, before: np.ndarray) -> td.Tensor:
        x = self.embedding(before).flatten(1)  # (B, N) -> (B, N, E) -> (B, N E)
        h = td.tanh(self.hidden(x))  # (B, H)
        return self.output(h)  # (B, V)


small = SmallNNLM(len(own), 4, 20, 60)
small.embedding.weight.data *= 0.1
before, word = contexts(ids["train"], 4, own.bos_id)  # (M, N), (M,)
batches = len(word) // 64
optimizer = optim.AdamW(small.parameters(), lr=1e-2, weight_decay=0.1)
schedule = optim.get_linear_schedule_with_warmup(optimizer, 20, 6 * batches)
for epoch in range(6):
    order = np.random.default_rng((options.seed, epoch)).permutation(len(word))
    for chosen in np.array_split(order, batches):
        loss = F.cross_entropy(small(before[chosen]), word[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()

# %%
library = NNLM(len(own), 4, 20, 60)
library.load_state_dict(small.state_dict())
before, word = contexts(ids["test"], 4, own.bos_id)
with td.no_grad():
    log_p = F.log_softmax(small(before), axis=1)  # (M, V)
    results.metric(nnlm_gap=abs(log_p - library.log_probs(before)).amax().item(),
                   alike_perplexity=td.exp(F.nll_loss(log_p, word)).item())
show_alike(results)

vectors = small.embedding.weight.numpy()
vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)  # (V, E)
same = {}
for w in [w for w in own.tokens if w in kind_of]:
    nearest = [own.tokens[i] for i in np.argsort(-vectors @ vectors[own[w]])]
    nearest = [other for other in nearest if other in kind_of and other != w][:5]
    same[w] = np.mean([kind_of[other] == kind_of[w] for other in nearest])
    if w in ("cow", "captain", "letters"):
        print(f"nearest to {w:8} {' '.join(nearest)}")
results.metric(alike_neighbours=np.mean(list(same.values())))
results.baseline(alike_neighbours_by_chance=19 / (len(same) - 1))
results.shows("Most of a word's five nearest vectors are of words of its kind.",
              "alike_neighbours > 0.6 and alike_neighbours_by_chance < 0.1")

# %% [markdown]
# ## Real text, and the baseline: Kneser-Ney n-grams
#
# Words that training has only once become `<unk>`; the Penn Treebank comes with its 10,000 words.
# Each sentence ends in `</s>`, which is predicted too: all perplexities below count it.

# %%
V = len(vocab)
counts = np.bincount(np.concatenate(encoded["train"]), minlength=V)  # (V,)
words = {split: contexts(part, options.context, vocab.bos_id)  # (M, N), (M,)
         for split, part in encoded.items()}
print(f"\n{'perplexity':24}{'validation':>11}{'test':>9}{'seconds':>9}")
outcomes = V - 2  # <pad> and <s> are never predicted
ngrams = {}
for n in (1, 2, 3, 5):
    begun = time.process_time()
    ngrams[n] = KneserNey(encoded["train"], n, vocab.bos_id, outcomes)
    validation = ngrams[n].perplexity(encoded["validation"])
    test = ngrams[n].perplexity(encoded["test"])
    seconds = time.process_time() - begun
    results.baseline(**{f"validation_perplexity_{n}gram": validation,
                        f"test_perplexity_{n}gram": test})
    print(f"{f'{n}-gram, Kneser-Ney':24}{validation:11.1f}{test:9.1f}{seconds:9.1f}")

# %% [markdown]
# ## Classes of words
#
# p(word | h) = p(class | h) p(word | class, h). Words are put into about sqrt(V) bins of equal mass
# of the square root of their frequency: the few frequent words stand in small classes, which are
# computed often, the rare ones in large classes.

# %%
classes = frequency_classes(counts)  # (V,)
size = np.bincount(classes)  # (C,)
# The size of the class that a word of the text stands in, on average:
usual = (counts * size[classes]).sum() / counts.sum()
print(f"\n{len(size)} classes; a prediction needs about {len(size)} + {usual:.0f} rows "
      f"of the output layer, not {V:,}")
for c in (0, 1, 2, len(size) // 2, len(size) - 1):
    members = " ".join(vocab.tokens[i] for i in np.flatnonzero(classes == c))
    print(f"class {c:3}, {size[c]:3} words: {members[:90]}")

# %% [markdown]
# ## Its training
#
# The library's NNLM is the model above; its output layer is a softmax over all words, or one over
# classes and one over the words of the class.

# %%
model = NNLM(V, options.context, classes=classes if options.softmax == "class" else None,
             **settings.sizes)


def total_nll(split: str) -> np.ndarray:
    """-log p of every word of a split, (M,)."""
    before, word = words[split]  # (M, N), (M,)
    model.eval()
    with td.no_grad():
        parts = [model(before[i:i + 1000], word[i:i + 1000], "none").numpy()
                 for i in range(0, len(word), 1000)]
    model.train()
    return np.concatenate(parts).astype(np.float64)


def perplexity_of(nll: np.ndarray) -> float:
    return perplexity(nll.sum(), len(nll))  # never the mean of the perplexities of batches


# %%
before, word = words["train"]  # (M, N), (M,)
B = settings.batch_size
per_epoch = len(word) // B
updates = settings.epochs * per_epoch
optimizer = optim.Adagrad(model.parameters(), lr=settings.learning_rate)
schedule = optim.get_linear_schedule_with_warmup(optimizer, per_epoch // 20, updates)
kept, order = {"seconds": 0.0}, None
for step, bar in training(options, updates, model, optimizer, schedule, kept):
    begun = time.process_time()
    epoch, i = divmod(step, per_epoch)
    if i == 0 or order is None:  # it follows from the epoch: a run can go on in the middle of one
        order = np.random.default_rng((options.seed, epoch)).permutation(len(word))
    chosen = order[i * B:(i + 1) * B]
    loss = model(before[chosen], word[chosen])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    if i == per_epoch - 1:
        reached = perplexity_of(total_nll("validation"))
        bar.set_postfix(validation=f"{reached:.1f}")
    kept["seconds"] += time.process_time() - begun
if options.save:
    save_model(options.save, model, vocab=vocab.tokens, context=options.context, **settings.sizes)

# %% [markdown]
# ## How good is it, and what do both know together?
#
# The text that Python carries has 29,000 words to train on, too few for vectors of 1,500: by itself
# the network stays behind counting, even behind the bigram, in this one training [test_perplexity >
# test_perplexity_2gram]. That it can be ahead is shown by the made-up language above, and with the
# million of `--data ptb`. But mixed with the trigram, p = a p_network + (1 - a) p_trigram with a
# chosen on the validation text, it is better on the test text than either [test_perplexity_mixed <
# 0.97 * min(test_perplexity, test_perplexity_3gram)]: they are wrong in different places. Than the
# 5-gram the mixture is hardly better [abs(test_perplexity_mixed / test_perplexity_5gram - 1) <
# 0.04].

# %%
nll = {split: total_nll(split) for split in ("validation", "test")}


def mixed(a: float, split: str) -> float:
    """The perplexity of a p_network + (1 - a) p_trigram."""
    network = -nll[split]  # (M,)
    trigram = ngrams[3].log_probs(encoded[split])  # (M,)
    return perplexity_of(-np.logaddexp(math.log(a) + network, math.log(1 - a) + trigram))


a = min(np.linspace(0.05, 0.95, 19), key=lambda share: mixed(share, "validation"))
validation, test = perplexity_of(nll["validation"]), perplexity_of(nll["test"])
results.metric(validation_perplexity=validation, test_perplexity=test)
print(f"\n{'perplexity':24}{'validation':>11}{'test':>9}")
print(f"{'network':24}{validation:11.1f}{test:9.1f}")

validation_mixed, test_mixed = mixed(a, "validation"), mixed(a, "test")
results.metric(validation_perplexity_mixed=validation_mixed, test_perplexity_mixed=test_mixed)
print(f"{'mixed':24}{validation_mixed:11.1f}{test_mixed:9.1f}   a = {a:.2f}")

model.eval()
p = td.exp(model.log_probs(words["test"][0][:50]))  # (50, V)
wrong = np.abs(p.sum(axis=1).numpy() - 1).max()
results.metric(mixture_weight=a, largest_error_of_sum=wrong, seconds_training_cpu=kept["seconds"])
print(f"trained for {kept['seconds']:.0f} CPU seconds; "
      f"the {V:,} probabilities of a word sum to 1 within {wrong:.1e}")

# %% [markdown]
# ## What a step costs, by the size of the vocabulary
#
# The same network on random words, with the frequencies of Zipf's law. The rows of the full softmax
# grow with V, those of the other about with sqrt(V), so the larger V, the more it saves
# [speedup_40000 > 2 * speedup_2000]. Time is not rows: of this text's 1,509 words a prediction
# needs 58 rows, and yet a step is not even three times quicker [1 < step_speedup < 3]. The other
# layers cost what they cost, and for classes each word of a batch has rows of its own fetched,
# while the full softmax is one product of matrices for all of them.

# %%
rng = np.random.default_rng(options.seed)


def step_ms(frequency: np.ndarray, batch: int = 256) -> tuple[float, float]:
    """Milliseconds of CPU of a step with a full softmax, and with one over classes.

    A step is forward, backward, an update by SGD; in turn, the fastest of several.

    frequency  (V,) of each word
    """
    V = len(frequency)
    nets = [NNLM(V, 4, 60, 100), NNLM(V, 4, 60, 100, frequency_classes(frequency))]
    optimizers = [optim.SGD(net.parameters(), lr=0.1) for net in nets]
    times: list[list[float]] = [[], []]
    for _ in range(6 if options.quick else 25):
        ids = rng.choice(V, (batch, 5), p=frequency / frequency.sum())  # (B, N + 1)
        for net, optimizer, of_net in zip(nets, optimizers, times, strict=True):
            begun = time.process_time()
            optimizer.zero_grad()
            net(ids[:, :4], ids[:, 4]).backward()
            optimizer.step()
            of_net.append(time.process_time() - begun)
    return 1000 * min(times[0]), 1000 * min(times[1])


# %%
print(f"\nms per step of 256 words\n{'V':>8}{'full':>8}{'class':>8}{'ratio':>8}")
quick_sizes, all_sizes = (300, 1000, 3000), (1000, 2000, 5000, 10_000, 20_000, 40_000)
cost = []
for size in quick_sizes if options.quick else all_sizes:
    zipf = 1 / np.arange(1, size + 1)
    full, by_class = step_ms(zipf)
    cost.append((size, full, by_class))
    results.metric(**{f"speedup_{size}": full / by_class})
    print(f"{size:8,}{full:8.1f}{by_class:8.1f}{full / by_class:8.1f}")
full, by_class = step_ms(counts + 1e-9)
results.metric(ms_step_full=full, ms_step_class=by_class, step_speedup=full / by_class)
print(f"the words of this text, V = {V:,}: {full:.1f} ms full, {by_class:.1f} by class, "
      f"{full / by_class:.1f} times less")

# %%
results.figure("cost.svg", cost_figure(cost))
results.figure("perplexity.svg", perplexity_figure(results.record))
results.write()
