# %% [markdown]
# # The feed-forward language model, and what a large vocabulary costs
#
# Bengio's model looks at the last four words, each as a vector that it learns, and gives a
# probability to every word that may come next. Unlike an n-gram model, which counts, it knows that
# "cat" and "dog" are alike. Its last layer has an output per word. "Note a big difference with the
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
from support.lm_figures import curves
from support.nnlm_run import check, cost_figure, flags, load_text, settings_of, vocabulary
from support.run import Results, parse
from support.training import save_model, training
from tinydawn import optim
from tinydawn.errors import DataError, message
from tinydawn.metrics import perplexity
from tinydawn.models.nnlm import NNLM, contexts, frequency_classes
from tinydawn.text import KneserNey

parser = flags()
options = parse(parser)
check(parser, options)

# %% [markdown]
# ## The text, as numbers
#
# Words that training has only once become `<unk>`; the Penn Treebank comes with its 10,000 words.
# Each sentence ends in `</s>`, which is predicted too: all perplexities below count it.

# %%
settings = settings_of(options)
sentences = load_text(options)
results = Results("nnlm", options, options.data or "pydoc_data.topics")
vocab = vocabulary(sentences["train"], options.data)
V = len(vocab)
encoded = {split: [vocab.encode(s, eos=True) for s in part] for split, part in sentences.items()}
counts = np.bincount(np.concatenate(encoded["train"]), minlength=V)  # (V,)
words = {split: contexts(part, options.context, vocab.bos_id) for split, part in encoded.items()}
if len(words["train"][1]) < settings.batch_size:
    raise DataError(message(f"--data {options.data}: {len(words['train'][1])} words to train on",
                            fix=f"a text of more than {settings.batch_size}, one batch"))
lengths = [f"{len(target):,} {split}" for split, (_, target) in words.items()]  # (M, N), (M,)
print(f"{', '.join(lengths)} words, V = {V:,}")

# %% [markdown]
# ## The baseline: Kneser-Ney n-grams

# %%
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
# ## The model and its training
#
# x = [e(w_1); ...; e(w_N)], h = tanh(W x + b). The output layer is U h + d and a softmax over all
# words, or one over classes and one over the words of the class.

# %%
model = NNLM(V, options.context, classes=classes if options.softmax == "class" else None,
             **settings.sizes)


def nll_of(before: np.ndarray, word: np.ndarray, reduction: str = "mean") -> td.Tensor:
    """-log p of each word (B,) after the N words before it (B, N)."""
    x = model.embedding(before).flatten(1)  # (B, N) -> (B, N, E) -> (B, N E)
    h = td.tanh(model.hidden(x))  # (B, H)
    return model.output(model.dropout(h), word, reduction)


def total_nll(split: str) -> np.ndarray:
    """-log p of every word of a split, (M,)."""
    before, word = words[split]  # (M, N), (M,)
    model.eval()
    with td.no_grad():
        parts = [nll_of(before[i:i + 1000], word[i:i + 1000], "none").numpy()
                 for i in range(0, len(word), 1000)]
    model.train()
    return np.concatenate(parts).astype(np.float64)


def perplexity_of(nll: np.ndarray) -> float:
    return perplexity(nll.sum(), len(nll))  # never the mean of the perplexities of batches


before, word = words["train"]  # (M, N), (M,)
B = settings.batch_size
per_epoch = len(word) // B
updates = settings.epochs * per_epoch
optimizer = optim.Adagrad(model.parameters(), lr=settings.learning_rate)
schedule = optim.get_linear_schedule_with_warmup(optimizer, per_epoch // 20, updates)
kept, order = {"curve": [], "seconds": 0.0}, None
for step, bar in training(options, updates, model, optimizer, schedule, kept):
    begun = time.process_time()
    epoch, i = divmod(step, per_epoch)
    if i == 0 or order is None:  # it follows from the epoch: a run can go on in the middle of one
        order = np.random.default_rng((options.seed, epoch)).permutation(len(word))
    chosen = order[i * B:(i + 1) * B]
    loss = nll_of(before[chosen], word[chosen])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    if i == per_epoch - 1:
        reached = perplexity_of(total_nll("validation"))
        kept["curve"].append((epoch + 1, reached))
        bar.set_postfix(validation=f"{reached:.1f}")
    kept["seconds"] += time.process_time() - begun
if options.save:
    save_model(options.save, model, vocab=vocab.tokens, context=options.context, **settings.sizes)

# %% [markdown]
# ## How good is it, and what do both know together?
#
# Mixed with the trigram, p = a p_network + (1 - a) p_trigram with a chosen on the validation text,
# it is better than either: they are wrong in different places.

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
# ## Which words have become alike

# %%
vectors = model.embedding.weight.numpy()
vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)  # (V, E)
by_frequency = [i for i in np.argsort(-counts) if i > 3]  # no special tokens
print("\nnearest by cosine")
for i in by_frequency[30:400:46]:
    nearest = np.argsort(-vectors @ vectors[i])  # (V,)
    near = [vocab.tokens[j] for j in nearest if j > 3 and j != i and counts[j] >= 5]
    print(f"  {vocab.tokens[i]:14} {' '.join(near[:6])}")

# %% [markdown]
# ## What a step costs, by the size of the vocabulary
#
# The same network on random words, with the frequencies of Zipf's law. The full softmax grows with
# V, the other with sqrt(V).

# %%
rng = np.random.default_rng(options.seed)


def step_ms(with_classes: bool, frequency: np.ndarray, batch: int = 256) -> float:
    """Milliseconds of CPU of a step: forward, backward, an update by SGD. The fastest of several.

    frequency  (V,) of each word
    """
    V = len(frequency)
    net = NNLM(V, 4, 60, 100, frequency_classes(frequency) if with_classes else None)
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    times = []
    for _ in range(6 if options.quick else 15):
        ids = rng.choice(V, (batch, 5), p=frequency / frequency.sum())  # (B, N + 1)
        begun = time.process_time()
        optimizer.zero_grad()
        net(ids[:, :4], ids[:, 4]).backward()
        optimizer.step()
        times.append(time.process_time() - begun)
    return 1000 * min(times)


print(f"\nms per step of 256 words\n{'V':>8}{'full':>8}{'class':>8}{'ratio':>8}")
quick_sizes, all_sizes = (300, 1000, 3000), (1000, 2000, 5000, 10_000, 20_000, 40_000)
cost = []
for size in quick_sizes if options.quick else all_sizes:
    zipf = 1 / np.arange(1, size + 1)
    full, by_class = step_ms(False, zipf), step_ms(True, zipf)
    cost.append((size, full, by_class))
    print(f"{size:8,}{full:8.1f}{by_class:8.1f}{full / by_class:8.1f}")
full, by_class = step_ms(False, counts + 1e-9), step_ms(True, counts + 1e-9)
results.metric(ms_step_full=full, ms_step_class=by_class, step_speedup=full / by_class)
print(f"the words of this text, V = {V:,}: {full:.1f} ms full, {by_class:.1f} by class, "
      f"{full / by_class:.1f} times less")

# %%
results.figure("cost.svg", cost_figure(cost))
levels = {f"{n}-gram": results.record["baselines"][f"validation_perplexity_{n}gram"]
          for n in (2, 3, 5)}
levels["mixed"] = results.record["metrics"]["validation_perplexity_mixed"]
picture = curves({"network": kept["curve"]}, "epoch", "validation perplexity", levels)
results.figure("perplexity.svg", picture)
results.write()
