# %% [markdown]
# # Tasks in the form of GLUE
#
# GLUE is a set of tasks, one or two sentences and a label, each with the metric that suits it, and one number over all: the
# mean. Here two small models without pretraining are asked, a mean of embeddings and a bidirectional GRU, beside the answer
# that is always the same. For CoLA that answer is right 69 times in 100, and its Matthews correlation is 0; for MRPC its F1
# is .80. A score means nothing without that row.
#
#     python demos/glue.py                            three generated tasks in the same form
#     python demos/glue.py --data cola,rte,mrpc,sst2  real ones; also the path of a folder in GLUE's TSV format

# %%
import random

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.panels import COLOURS, panels, tidy
from support.run import Results, arguments, parse
from tinydawn import metrics, optim, text
from tinydawn.models import BiRNNClassifier, DeepAveragingNetwork, PairClassifier
from tinydawn.nn import functional as F
from tinydawn.text.vectors import WordVectors, cooccurrence, ppmi, truncated_svd

parser = arguments("Tasks of one or two sentences, each with its metric, and the mean over all.")
parser.add_argument("--similarity", action="store_true", help="a row for word similarity (WS-353), where GLUE has STS-B")
options = parse(parser)
results = Results("glue", options, options.data or "generated tasks")
PAD, D = 0, 32 if options.quick else 64  # the id of padding; the width of a sentence's vector

# %% [markdown]
# ## The tasks
#
# The generated ones: *acceptability* (a sentence of Python's manual, or its words shuffled; as CoLA, and nothing that a bag
# of words could see), *sentiment* (opinions with negation; as SST-2), *paraphrase* (do both say the same; as MRPC, with two
# thirds of the pairs positive).

# %%
def generated(seed: int, size: int) -> list[text.Task]:
    rng = random.Random(seed)
    english = [words for words in text.load_sentences(None) if 5 <= len(words) <= 25]
    rng.shuffle(english)
    judged = []
    for words in english:
        other = rng.sample(words, len(words)) if len(judged) % 2 else words
        judged.append((" ".join(other), None, int(other == words)))
    opinions = [(" ".join(tokens), None, label) for tokens, label in text.toy_sentiment(size, seed)]
    pairs = []
    for i, words in enumerate(english):
        same = rng.random() < 2 / 3
        other = words if same else english[(i + 1) % len(english)]
        kept = [word for word in other if rng.random() < 0.7] or other[:1]
        pairs.append((" ".join(words), " ".join(kept), int(same)))
    rows = [("acceptability", False, "matthews_corrcoef", judged[:size], ["no", "yes"]),
            ("sentiment", False, "accuracy", opinions, ["negative", "positive"]),
            ("paraphrase", True, "f1_score", pairs[:size], ["no", "yes"])]
    return [text.Task(name, pair, metric, items[:-len(items) // 5], items[-len(items) // 5:], classes)
            for name, pair, metric, items, classes in rows]

if options.data is None:
    tasks = generated(options.seed, 600 if options.quick else 3000)
else:
    tasks = [text.load_task(name) for name in options.data.split(",") if name.strip()]

def tokens(sentence: str) -> list[str]:
    """Words; where there is Chinese, characters."""
    chinese = any("\u3400" <= c <= "\u9fff" for c in sentence)
    return (text.char_tokenize(sentence) if chinese else text.word_tokenize(sentence)) or [text.UNK]

# %% [markdown]
# ## Training: the same loop for every task
#
# The dev examples are what is reported, so they may choose nothing. A tenth of the training examples is held out to choose
# the epoch.

# %%
def batch(items: list, vocab: text.Vocab) -> tuple[list[np.ndarray], np.ndarray]:
    """The ids (B, T) of the first sentences, and of the second where there is one; and the labels (B,)."""
    sides = [side for side in (0, 1) if items[0][side] is not None]
    ids = [text.pad([vocab.encode(item[side][:60]) for item in items], PAD)[0] for side in sides]
    return ids, np.array([item[2] for item in items])

def predict(model: td.nn.Module, items: list, vocab: text.Vocab) -> list[int]:
    with td.no_grad():
        model.eval()
        answers = [model(*batch(items[i:i + 100], vocab)[0]).argmax(axis=1).tolist() for i in range(0, len(items), 100)]
    model.train()
    return [answer for part in answers for answer in part]

def fit(task: text.Task, kind: str, train: list, held: list, vocab: text.Vocab, metric) -> td.nn.Module:
    td.manual_seed(options.seed)
    encoder = (DeepAveragingNetwork(len(vocab), D, D, D, layers=0) if kind == "mean of embeddings" else
               BiRNNClassifier(len(vocab), D, D, D // 2, pooling="max"))
    model = PairClassifier(encoder, D, len(task.classes), task.pair)
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    best, kept = -2.0, {}
    epochs = options.epochs or 6
    for epoch in tqdm(range(epochs), desc=f"{task.name}, {kind}", unit="epoch", mininterval=0.5):
        for indices in text.bucket_batches([len(item[0]) for item in train], 32, seed=100 * options.seed + epoch):
            ids, labels = batch([train[i] for i in indices], vocab)
            loss = F.cross_entropy(model(*ids), labels)
            optimizer.zero_grad()
            loss.backward()
            optim.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        score = metric(predict(model, held, vocab), [item[2] for item in held])
        if score > best:
            best, kept = score, {name: x.numpy().copy() for name, x in model.state_dict().items()}
    model.load_state_dict(kept)
    return model

kinds = ["mean of embeddings", "bidirectional GRU"]
scores: dict[str, dict[str, float]] = {name: {} for name in ("majority", *kinds)}
for task in tasks:
    if not task.classes:
        parser.error(f"--data {task.name}: its labels are scores, and these models classify")
    train, dev = ([(tokens(a), None if b is None else tokens(b), label) for a, b, label in part]
                  for part in (task.train, task.dev))
    train, dev = (train[:500], dev[:200]) if options.quick else (train, dev)
    random.Random(options.seed).shuffle(train)
    held, train = train[:len(train) // 10], train[len(train) // 10:]
    vocab = text.Vocab.build([side for item in train for side in item[:2] if side is not None], min_freq=2)
    metric, truth = getattr(metrics, task.metric), [item[2] for item in dev]
    most = max(range(len(task.classes)), key=[item[2] for item in train].count)
    scores["majority"][task.name] = metric([most] * len(dev), truth)
    print(f"{task.name}: {len(train):,} to train on, {len(dev):,} to report; {task.metric}")
    for kind in kinds:
        answers = predict(fit(task, kind, train, held, vocab, metric), dev, vocab)
        scores[kind][task.name] = metric(answers, truth)
        results.metric(**{f"{task.name}_accuracy_{kind.replace(' ', '_')}": metrics.accuracy(answers, truth)})

# %% [markdown]
# ## Word similarity, a task of numbers
#
# GLUE's STS-B asks for a number and is scored by the mean of Pearson's and Spearman's correlation. Here words are asked about
# in place of sentences: the cosine of PPMI + SVD vectors made from the sentences of the tasks.

# %%
if options.similarity:
    sentences = [tokens(side) for task in tasks for item in task.train for side in item[:2] if side is not None]
    vocab = text.Vocab.build(sentences, min_freq=3, max_size=8004)
    near = cooccurrence([np.subtract(vocab.encode(s), 4) for s in sentences], len(vocab) - 4)  # (V, V)
    u, s, _ = truncated_svd(ppmi(near), min(100, len(vocab) - 4), seed=options.seed)
    vectors = WordVectors(vocab.tokens[4:], u * np.sqrt(s))
    pairs = text.load_similarity("ws353")
    known = [(a.lower(), b.lower(), score) for a, b, score in pairs if a.lower() in vectors and b.lower() in vectors]
    if len(known) < 3:
        parser.error(f"--similarity: only {len(known)} of its {len(pairs)} pairs are words of these tasks")
    cosines, people = [vectors.similarity(a, b) for a, b, _ in known], [score for *_, score in known]
    pearson, spearman = metrics.pearson(cosines, people), metrics.spearman(cosines, people)
    print(f"word similarity: Pearson {pearson:.3f}, Spearman {spearman:.3f}; {len(known)} of {len(pairs)} pairs covered")
    results.metric(wordsim_pearson=pearson, wordsim_spearman=spearman, wordsim_coverage=len(known) / len(pairs))
    for name in scores:  # vectors are no matter of these models: one number for both
        scores[name]["word similarity"] = 0.0 if name == "majority" else (pearson + spearman) / 2

# %% [markdown]
# ## The table

# %%
names = list(scores["majority"])
print(f"\n{'':20}" + "".join(f"{name[-15:]:>16}" for name in [*names, "mean"]))
for row, values in scores.items():
    line = [100 * values[name] for name in names]
    print(f"{row:20}" + "".join(f"{x:16.1f}" for x in [*line, np.mean(line)]))
    record = results.baseline if row == "majority" else results.metric
    record(**{f"{name.replace(' ', '_')}_{row.replace(' ', '_')}": values[name] for name in names},
           **{f"macro_{row.replace(' ', '_')}": np.mean(list(values.values()))})

def draw(axes: list) -> None:
    groups = [*names, "mean"]
    for k, (row, values) in enumerate(scores.items()):
        heights = [100 * v for v in [*(values[name] for name in names), np.mean(list(values.values()))]]
        bars = axes[0].bar(np.arange(len(groups)) + 0.27 * (k - 1), heights, 0.25, label=row, color=("#999999", *COLOURS)[k],
                           hatch=("", "", "//")[k], edgecolor="white")
        axes[0].bar_label(bars, [f"{h:.0f}" for h in heights], fontsize=8)
    units = {task.name: task.metric.replace("_", " ").replace("corrcoef", "") for task in tasks}
    axes[0].set_xticks(range(len(groups)), [f"{name}\n{units.get(name, '')}" for name in groups])
    axes[0].axhline(0, color="#222222", linewidth=0.8)
    axes[0].set_ylim(top=112)
    tidy(axes[0], y="score, per cent")
    axes[0].legend(frameon=False, ncols=3, loc="upper left", bbox_to_anchor=(0, 1.12))

results.figure("scores.svg", panels(1, 1, draw, width=1.5 * (len(names) + 1) + 1, height=3.8, words="".join(names)))
results.write()
