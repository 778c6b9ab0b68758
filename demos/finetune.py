# %% [markdown]
# # Fine-tuning: pretrain without labels, then learn from a few
#
# A BERT first guesses hidden words (see bert.py) in text that nobody labelled. Then its top layer, which names words, is taken
# off, a new one that names classes is put on, and all of it is trained on the labelled sentences that there are. The same
# network without pretraining, and naive Bayes, get the same labels. One draw of labels can favour either: so three.
#
#     python demos/finetune.py                                     made-up opinions, where "not" decides
#     python demos/finetune.py --data mr --save film.safetensors   film reviews; pretrained on other film reviews; five minutes
#     python demos/finetune.py --data mr --load film.safetensors --labels 50,500 --frozen
#     python demos/finetune.py --data waimai                       Chinese, by character
#     python demos/finetune.py --data my.tsv --unlabelled my.txt

# %%
import time
from collections.abc import Iterator

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support import labelled, masked
from support.run import Results, arguments, parse
from support.training import load_model, save_model, saving, training
from tinydawn import optim, text
from tinydawn.errors import DataError, message
from tinydawn.metrics import accuracy, majority_baseline
from tinydawn.models.bert import Bert, BertForPreTraining, BertForSequenceClassification
from tinydawn.nn import functional as F

parser = arguments("Fine-tune a pretrained BERT on few labels, beside the same network from scratch and naive Bayes.")
parser.add_argument("--labels", help="how many, such as 50,200,500")
parser.add_argument("--unlabelled", metavar="NAME|PATH", help="more text to pretrain on: movie_reviews, ptb, brown, a file")
parser.add_argument("--frozen", action="store_true", help="also: train the new top alone, and leave the BERT as it is")
saving(parser, "the pretrained model")
parser.add_argument("--load", metavar="FILE", help="a pretrained model, of this demo, of bert.py or of next_sentence.py")
options = parse(parser)
try:
    default = "50,100" if options.quick else "100,300" if options.data is None else "50,200,500,2000"
    counts = [int(count) for count in (options.labels or default).split(",")]
except ValueError:
    parser.error(f"--labels {options.labels}: numbers, such as 50,200,500")
if min(counts) < 2:
    parser.error("--labels: at least 2")
toy, results = options.data is None, Results("finetune", options, options.data or "generated opinions")

# %% [markdown]
# ## The text
#
# Pretraining reads the sentences of the training part, without their labels, and more text; but none that is to be tested on.

# %%
data = labelled.load(options.data, options.seed, options.quick)
counts = sorted({min(count, len(data.train)) for count in counts})
extra = options.unlabelled or ("movie_reviews" if options.data == "mr" else None)
corpus = [tokens for tokens, _ in data.train]
if extra and not options.load:
    more = [s for d in text.load_documents(extra) for s in d] if extra == "movie_reviews" else masked.sentences(extra, "train")
    corpus = corpus + (more[:1000] if options.quick else more)
unseen = {tuple(tokens) for part in (data.dev, data.test) for tokens, _ in part}
if not toy:  # the made-up opinions are so few different ones that most occur in every part
    corpus = [tokens for tokens in corpus if tuple(tokens) not in unseen]
if not corpus and not options.load:
    raise DataError(message(f"--data {options.data}: all text is for testing, none left to pretrain on", fix="add --unlabelled"))
state, about = load_model(options.load, BertForPreTraining) if options.load else (None, {})
if not about:
    about = {"tokens": masked.vocabulary(corpus, 8000, "words").tokens, "lowercase": False, "level": "words", "sizes": {
        "hidden_size": 48 if toy else 64, "hidden_dropout_prob": 0.0, "initializer_range": 0.1}}
pieces, level = text.WordPiece(about["tokens"], about["lowercase"]), about["level"]
if state:  # the ids must be those that the model was pretrained on: its vocabulary comes with it
    masked.known_enough(corpus, pieces, level, options.load)
examples = masked.encode(corpus, pieces, level)
never = masked.never_masked(pieces, examples)
train, test = ([(ids, label) for (ids, _), (_, label) in zip(masked.encode([tokens for tokens, _ in part], pieces, level), part,
                                                             strict=True)] for part in (data.train, data.test))
print(f"{len(data.train):,} labelled sentences to learn from, {len(test):,} to be tested on; {len(corpus):,} without labels"
      f"{f', most of them of {extra}' if extra and not options.load else ''}; V = {len(pieces):,}")

# %% [markdown]
# ## Pretraining: hidden words

# %%
def batches(lengths: list[int], size: int, steps: int, seed: int) -> Iterator[np.ndarray]:
    """Indices for so many steps, epoch after epoch."""
    rng, queue = np.random.default_rng(seed), []
    for _ in range(steps):
        queue = queue or text.bucket_batches(lengths, size, seed=rng)
        yield queue.pop()

pretrained = BertForPreTraining(len(pieces), **about["sizes"])
if state:
    pretrained.load_state_dict(state)
else:
    rng, kept, lengths = np.random.default_rng(options.seed), {"losses": [], "seconds": 0.0}, [len(ids) for ids, _ in examples]
    epochs = options.epochs or ((4 if options.quick else 8) if toy else 1 if options.quick else 3)
    steps = epochs * -(-len(examples) // 32)
    optimizer = masked.adamw(pretrained, 3e-3 if toy else 2e-3)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, min(300, steps // 5), steps)
    plan, losses = list(batches(lengths, 32, steps, options.seed)), kept["losses"]
    for step, bar in training(options, steps, pretrained, optimizer, schedule, kept, "pretraining", {"masks": rng}):
        begun = time.process_time()
        ids, segments, real, targets = masked.masked_batch(examples, plan[step], pieces, never, rng)
        logits, _ = pretrained(ids, segments, real, targets >= 0)  # (N, V)
        loss = F.cross_entropy(logits, targets[targets >= 0])
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(pretrained.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        kept["seconds"] += time.process_time() - begun
        bar.set_postfix(loss=f"{np.mean(losses[-100:]):.3f}", refresh=False)
    results.metric(pretraining_loss_begin=np.mean(losses[:20]), pretraining_loss_end=np.mean(losses[-100:]),
                   cpu_seconds_pretraining=kept["seconds"])
    print(f"loss of hidden words {np.mean(losses[:20]):.2f}, at the end {np.mean(losses[-100:]):.2f}")
    if options.save:
        save_model(options.save, pretrained, **about)

# %% [markdown]
# ## Fine-tuning: a new top, and every weight is trained
#
# At the size of BERT the learning rate is 2e-5 to 5e-5 for three epochs. A small network needs more of both.
#
# On the made-up opinions, pretraining helps on average in some runs, but three seeds with and without it overlap. On film reviews
# with 500 labels: .59 with and without it, naive Bayes .64 (three seeds). 1.7 million words teach which words stand where, and
# hardly that "dull" is bad. BERT read 3.3 billion, and then it pays: finetune_pretrained.py tunes a real one, with 500 labels of
# mr, to .747 +- .007 (frozen .649, naive Bayes .635) in 203 CPU s.

# %%
def padded(chosen: list) -> tuple[np.ndarray, np.ndarray]:
    ids, lengths = text.pad([ids for ids, _ in chosen], pieces.pad_id)  # (B, T)
    return ids, text.padding_mask(lengths)

def fine_tune(kind: str, count: int, seed: int) -> float:
    """Test accuracy after training on `count` labelled sentences, which the seed chooses: the same for every kind."""
    td.manual_seed(seed)
    few = [train[i] for i in np.random.default_rng(seed).permutation(len(train))[:count]]
    bert = Bert(len(pieces), **about["sizes"] | {"hidden_dropout_prob": 0.1})
    if kind != "from scratch":
        bert.load_state_dict(pretrained.bert.state_dict())
    model = BertForSequenceClassification(bert, len(data.classes))
    if kind == "frozen":  # what is left: the pooler, which pretraining on hidden words does not reach, and the classifier
        bert.embeddings.requires_grad_(False)
        bert.encoder.requires_grad_(False)
    steps = 30 if options.quick else 300 if toy else max(100, 8 * count // 16)
    optimizer = masked.adamw(model, 2e-3 if toy or kind == "frozen" else 1e-3)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, steps // 10, steps)
    for indices in batches([len(ids) for ids, _ in few], min(16, count), steps, seed):
        ids, real = padded([few[i] for i in indices])
        loss = F.cross_entropy(model(ids, None, real), np.array([few[i][1] for i in indices]))  # (B, C)
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    model.eval()
    with td.no_grad():
        order = text.bucket_batches([len(ids) for ids, _ in test], 100, shuffle=False)
        guesses = [model(*(lambda ids, real: (ids, None, real))(*padded([test[i] for i in part]))).numpy() for part in order]
    return accuracy(np.concatenate(guesses).argmax(axis=1), [test[i][1] for i in np.concatenate(order)])

def naive_bayes(count: int, seed: int) -> float:
    few = [data.train[i] for i in np.random.default_rng(seed).permutation(len(train))[:count]]
    model = text.NaiveBayes().fit([tokens for tokens, _ in few], [label for _, label in few], len(data.classes))
    return accuracy(model.predict([tokens for tokens, _ in data.test]), [label for _, label in data.test])

kinds, seeds = ["from scratch", "pretrained", *(["frozen"] if options.frozen else [])], range(options.seed, options.seed + 3)
scores: dict[str, list[list[float]]] = {kind: [] for kind in ["naive Bayes", *kinds]}
with tqdm(total=len(counts) * len(kinds) * len(seeds), desc="fine-tuning", unit="run") as bar:
    for count in counts:
        scores["naive Bayes"].append([naive_bayes(count, seed) for seed in seeds])
        for kind in kinds:
            scores[kind].append([])
            for seed in seeds:
                scores[kind][-1].append(fine_tune(kind, count, seed))
                bar.update()

majority = majority_baseline([label for _, label in data.train], [label for _, label in data.test])
labelled.report_by_labels(results, counts, scores, majority)
results.write()
