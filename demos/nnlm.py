# %% [markdown]
# # The feed-forward language model, and what a large vocabulary costs
#
# Bengio's model looks at the last four words, each as a vector that it learns, and gives a probability to every word that
# may come next. Unlike an n-gram model, which counts, it knows that "cat" and "dog" are alike. Its last layer has an output
# per word. "Note a big difference with the sentiment classifier", write the notes, "the output class number is now |V|,
# making the model slow": here this is measured, and mended with classes of words.
#
#     python demos/nnlm.py                    the English that Python carries
#     python demos/nnlm.py --data ptb         a million words of newspaper, about two minutes
#     python demos/nnlm.py --data tang        Chinese quatrains, by character; or a file, one sentence a line

# %%
import math
import time

import numpy as np

import tinydawn as td
from support.panels import COLOURS, STROKES, panels, tidy
from support.run import Results, arguments, parse
from support.training import save_model, saving, training
from tinydawn import optim, text, viz
from tinydawn.metrics import perplexity
from tinydawn.models.nnlm import NNLM, contexts, frequency_classes
from tinydawn.text import KneserNey, load_sentences

parser = arguments("Train a feed-forward language model with a softmax over classes of words, beside n-gram models.")
parser.add_argument("--softmax", choices=("class", "full"), default="class", help="the output layer; default: classes of words")
parser.add_argument("--context", type=int, default=4, help="how many words before are looked at; default 4")
saving(parser)
options = parse(parser)
if options.context < 1:
    parser.error(f"--context {options.context}: at least 1")
large = options.data in ("ptb", "brown")
sizes = {"embedding_size": 60, "hidden_size": 100} if large else {"embedding_size": 50, "hidden_size": 80, "dropout": 0.3}
learning_rate, batch_size, epochs = (0.1, 256, 3) if large else (0.1, 64, 5)
epochs = 1 if options.quick else options.epochs or epochs

# %% [markdown]
# ## The text, as numbers
#
# Words that training has only once become `<unk>`; the Penn Treebank comes with its 10,000 words. Each sentence ends in
# `</s>`, which is predicted too: all perplexities below count it.

# %%
sentences = {split: load_sentences(options.data, split) for split in ("train", "validation", "test")}
results = Results("nnlm", options, options.data or "pydoc_data.topics")
sentences = {split: part[:1500 if options.quick else None] for split, part in sentences.items()}
vocab = text.Vocab.build(sentences["train"], min_freq={"ptb": 1, "brown": 3}.get(options.data, 2))
encoded = {split: [vocab.encode(s, eos=True) for s in part] for split, part in sentences.items()}
V, outcomes = len(vocab), len(vocab) - 2  # <pad> and <s> are never predicted
counts = np.bincount(np.concatenate(encoded["train"]), minlength=V)  # (V,)
words = {split: contexts(part, options.context, vocab.bos_id) for split, part in encoded.items()}  # (M, N), (M,)
print(", ".join(f"{len(target):,} {split}" for split, (_, target) in words.items()) + f" words, V = {V:,}")

# %% [markdown]
# ## The baseline: Kneser-Ney n-grams

# %%
print(f"\n{'perplexity':24}{'validation':>11}{'test':>9}{'seconds':>9}")
ngrams = {}
for n in (1, 2, 3, 5):
    started = time.process_time()
    ngrams[n] = KneserNey(encoded["train"], n, vocab.bos_id, outcomes)
    shown = [ngrams[n].perplexity(encoded[split]) for split in ("validation", "test")]
    results.baseline(**{f"validation_perplexity_{n}gram": shown[0], f"test_perplexity_{n}gram": shown[1]})
    print(f"{f'{n}-gram, Kneser-Ney':24}{shown[0]:11.1f}{shown[1]:9.1f}{time.process_time() - started:9.1f}")

# %% [markdown]
# ## Classes of words
#
# p(word | h) = p(class | h) p(word | class, h). Words are put into about sqrt(V) bins of equal mass of the square root of
# their frequency: the few frequent words stand in small classes, which are computed often, the rare ones in large classes.

# %%
classes = frequency_classes(counts)  # (V,)
size = np.bincount(classes)  # (C,)
usual = (counts * size[classes]).sum() / counts.sum()  # the size of the class that a word of the text stands in, on average
print(f"\n{len(size)} classes; a prediction needs about {len(size)} + {usual:.0f} rows of the output layer, not {V:,}")
for c in (0, 1, 2, len(size) // 2, len(size) - 1):
    print(f"class {c:3}, {size[c]:3} words: {' '.join(vocab.tokens[i] for i in np.flatnonzero(classes == c))[:90]}")

# %% [markdown]
# ## Training

# %%
def total_nll(split: str) -> np.ndarray:
    """-log p of every word of a split, (M,)."""
    before, target = words[split]
    model.eval()
    with td.no_grad():
        parts = [model(before[i:i + 1000], target[i:i + 1000], "none").numpy() for i in range(0, len(target), 1000)]
    model.train()
    return np.concatenate(parts).astype(np.float64)

def perplexity_of(nll: np.ndarray) -> float:
    return perplexity(nll.sum(), len(nll))  # never the mean of the perplexities of batches

model = NNLM(V, options.context, classes=classes if options.softmax == "class" else None, **sizes)
optimizer = optim.Adagrad(model.parameters(), lr=learning_rate)
before, target = words["train"]
per_epoch = len(target) // batch_size
schedule = optim.get_linear_schedule_with_warmup(optimizer, per_epoch // 20, epochs * per_epoch)
kept, order = {"curve": [], "seconds": 0.0}, None
for step, bar in training(options, epochs * per_epoch, model, optimizer, schedule, kept):
    begun, (epoch, i) = time.process_time(), divmod(step, per_epoch)
    if i == 0 or order is None:  # the order follows from the epoch: a run can go on in the middle of one
        order = np.random.default_rng((options.seed, epoch)).permutation(len(target))
    chosen = order[i * batch_size:(i + 1) * batch_size]
    loss = model(before[chosen], target[chosen])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    if i == per_epoch - 1:
        kept["curve"].append((epoch + 1, perplexity_of(total_nll("validation"))))
        bar.set_postfix(validation=f"{kept['curve'][-1][1]:.1f}")
    kept["seconds"] += time.process_time() - begun
if options.save:
    save_model(options.save, model, vocab=vocab.tokens, context=options.context, **sizes)

# %% [markdown]
# ## How good is it, and what do both know together?
#
# Mixed with the trigram, p = a p_network + (1 - a) p_trigram with a chosen on the validation text, it is better than either:
# they are wrong in different places.

# %%
def mixed(a: float, split: str) -> float:
    network, trigram = -nll[split], ngrams[3].log_probs(encoded[split])  # (M,), (M,)
    return perplexity_of(-np.logaddexp(math.log(a) + network, math.log(1 - a) + trigram))

nll = {split: total_nll(split) for split in ("validation", "test")}
a = min(np.linspace(0.05, 0.95, 19), key=lambda a: mixed(a, "validation"))
print(f"\n{'perplexity':24}{'validation':>11}{'test':>9}")
for name, score in (("network", lambda split: perplexity_of(nll[split])), ("mixed", lambda split: mixed(a, split))):
    values = {f"{split}_perplexity{'' if name == 'network' else '_mixed'}": score(split) for split in ("validation", "test")}
    results.metric(**values)
    print(f"{name:24}" + "{:11.1f}{:9.1f}".format(*values.values()) + (f"   a = {a:.2f}" if name == "mixed" else ""))
wrong = np.abs(td.exp(model.eval().log_probs(words["test"][0][:50])).sum(axis=1).numpy() - 1).max()
results.metric(mixture_weight=a, largest_error_of_sum=wrong, seconds_training_cpu=kept["seconds"])
print(f"trained for {kept['seconds']:.0f} CPU seconds; the {V:,} probabilities of a word sum to 1 within {wrong:.1e}")

# %% [markdown]
# ## Which words have become alike

# %%
vectors = model.embedding.weight.numpy()
vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)  # (V, E)
print("\nnearest by cosine")
for i in [i for i in np.argsort(-counts) if i > 3][30:400:46]:
    near = [j for j in np.argsort(-vectors @ vectors[i]) if j > 3 and j != i and counts[j] >= 5][:6]
    print(f"  {vocab.tokens[i]:14} {' '.join(vocab.tokens[j] for j in near)}")

# %% [markdown]
# ## What a step costs, by the size of the vocabulary
#
# The same network on random words, with the frequencies of Zipf's law. The full softmax grows with V, the other with sqrt(V).

# %%
rng = np.random.default_rng(options.seed)

def step_ms(size: int, with_classes: bool, frequency: np.ndarray, batch: int = 256) -> float:
    """Milliseconds of CPU of one training step: forward, backward, and an update by SGD. The fastest of several."""
    net = NNLM(size, 4, 60, 100, frequency_classes(frequency) if with_classes else None)
    update, times = optim.SGD(net.parameters(), lr=0.1), []
    for _ in range(6 if options.quick else 15):
        ids = rng.choice(size, (batch, 5), p=frequency / frequency.sum())  # (B, N + 1)
        begun = time.process_time()
        update.zero_grad()
        net(ids[:, :4], ids[:, 4]).backward()
        update.step()
        times.append(time.process_time() - begun)
    return 1000 * min(times)

print(f"\nms per step of 256 words\n{'V':>8}{'full':>8}{'class':>8}{'ratio':>8}")
cost = []
for size in (300, 1000, 3000) if options.quick else (1000, 2000, 5000, 10_000, 20_000, 40_000):
    zipf = 1 / np.arange(1, size + 1)
    cost.append((size, step_ms(size, False, zipf), step_ms(size, True, zipf)))
    print("{:8,}{:8.1f}{:8.1f}{:8.1f}".format(*cost[-1], cost[-1][1] / cost[-1][2]))
here = [step_ms(V, with_classes, counts + 1e-9) for with_classes in (False, True)]
results.metric(ms_step_full=here[0], ms_step_class=here[1], step_speedup=here[0] / here[1])
print(f"the words of this text, V = {V:,}: {here[0]:.1f} ms full, {here[1]:.1f} by class, {here[0] / here[1]:.1f} times less")

# %%
def draw_cost(axes: list) -> None:
    for k, name in enumerate(("full softmax", "softmax over classes")):
        axes[0].plot([c[0] for c in cost], [c[k + 1] for c in cost], color=COLOURS[k], linestyle=STROKES[k],
                     marker="o", label=name)
    axes[0].loglog()
    tidy(axes[0], x="vocabulary V", y="ms of CPU per step of 256 words", legend=True)

results.figure("cost.svg", panels(1, 1, draw_cost, width=5.2, height=3.6))
levels = {f"{n}-gram": results.record["baselines"][f"validation_perplexity_{n}gram"] for n in (2, 3, 5)}
results.figure("perplexity.svg", lambda path: viz.training_curves(
    {"network": kept["curve"]}, path, baselines={**levels, "mixed": results.record["metrics"]["validation_perplexity_mixed"]},
    x_label="epoch", y_label="validation perplexity"))
results.write()
