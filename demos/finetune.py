# %% [markdown]
# # Fine-tuning: pretrain without labels, then learn from a few
#
# A BERT first guesses hidden words (see bert.py) in text that nobody labelled. Then its top layer,
# which names words, is taken off, a new one that names classes is put on, and all of it is trained
# on the labelled sentences that there are. The same network without pretraining, and naive Bayes,
# get the same labels. One draw of labels can favour either: so three.
#
# The text is the small language of bert.py, and the labels say whether a sentence belongs to it, or
# one of its words is wrong: "the keys near the lamp is old". Who knows the language is always
# right.
#
#     python demos/finetune.py                             right, or is one word wrong?
#     python demos/finetune.py --data mr --save film.safetensors    film reviews; pretrained on
#                                                          other film reviews; five minutes
#     python demos/finetune.py --data mr --load film.safetensors --labels 50,500 --frozen
#     python demos/finetune.py --data waimai               Chinese, by character
#     python demos/finetune.py --data my.tsv --unlabelled my.txt

# %%
import time
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support import bert_input, bert_texts, few_labels, finetune_texts, labelled, masked
from support.run import Results, arguments, parse
from support.training import save_model, training
from tinydawn import nn, optim, text
from tinydawn.metrics import accuracy, majority_baseline
from tinydawn.models.bert import Bert, BertForPreTraining, BertForSequenceClassification
from tinydawn.nn import functional as F

parser = arguments("Fine-tune a pretrained BERT on few labels, beside the same network from "
                   "scratch and naive Bayes.")
finetune_texts.finetune_flags(parser)
options = parse(parser)
toy = options.data is None
default = "50,100" if options.quick else "50,200,800" if toy else "50,200,500,2000"
counts = few_labels.counts(parser, options.labels or default, "50,200,500")
results = Results("finetune", options, options.data or "a small language")

# %% [markdown]
# ## The text
#
# Pretraining reads 8,000 sentences of the language, all of them right; of other data the training
# part, without its labels, and more text, but nothing that is to be tested on.

# %%
data = finetune_texts.labelled_sentences(options.data, options.seed, options.quick)
counts = few_labels.no_more_than(counts, len(data.train))
corpus, extra = finetune_texts.to_pretrain_on(data, options.data, options.unlabelled,
                                              bool(options.load), options.quick)
start = bert_texts.start(corpus, 8000, "words", 48 if toy else 64, options.load)
pieces = start.pieces
examples = masked.encode(corpus, pieces, start.level)
never = masked.never_masked(pieces, examples)
train, train_labels = finetune_texts.ids_and_labels(data.train, start)
test, test_labels = finetune_texts.ids_and_labels(data.test, start)
print(f"{len(train):,} labelled sentences to learn from, {len(test):,} to be tested on; "
      f"{len(corpus):,} without labels{f', most of them of {extra}' if extra else ''}; "
      f"V = {len(pieces):,}")

# %% [markdown]
# ## Pretraining: hidden words

# %%
def batches(lengths: list[int], size: int, steps: int, seed: int) -> Iterator[np.ndarray]:
    """Indices for so many steps, epoch after epoch."""
    rng, queue = np.random.default_rng(seed), []
    for _ in range(steps):
        queue = queue or text.bucket_batches(lengths, size, seed=rng)
        yield queue.pop()

# %%
def pretrain(model: BertForPreTraining, epochs: int) -> tuple[list[float], float]:
    """The loss of each step, and CPU seconds."""
    steps = epochs * -(-len(examples) // 32)
    optimizer = masked.adamw(model, 3e-3 if toy else 2e-3)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, min(300, steps // 5), steps)
    plan = list(batches([len(ids) for ids, _ in examples], 32, steps, options.seed))
    rng = np.random.default_rng(options.seed)
    kept = {"losses": [], "seconds": 0.0}
    for step, bar in training(options, steps, model, optimizer, schedule, kept, "pretraining",
                              {"masks": rng}):
        begun = time.process_time()
        ids, segments, real, targets = masked.masked_batch(examples, plan[step], pieces, never, rng)
        logits, _ = model(ids, segments, real, targets >= 0)  # (N, V)
        loss = F.cross_entropy(logits, targets[targets >= 0])
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        kept["losses"].append(loss.item())
        kept["seconds"] += time.process_time() - begun
        bar.set_postfix(loss=f"{np.mean(kept['losses'][-100:]):.3f}", refresh=False)
    return kept["losses"], kept["seconds"]

# %%
pretrained = BertForPreTraining(len(pieces), **start.sizes)
if start.weights:
    pretrained.load_state_dict(start.weights)
else:
    epochs = options.epochs or finetune_texts.pretraining_epochs(options, corpus)
    losses, seconds = pretrain(pretrained, epochs)
    begin, end = np.mean(losses[:20]), np.mean(losses[-100:])
    results.metric(pretraining_loss_begin=begin, pretraining_loss_end=end,
                   cpu_seconds_pretraining=seconds)
    print(f"loss of hidden words {begin:.2f}, at the end {end:.2f}")
if options.save:
    save_model(options.save, pretrained, **start.about)

# %% [markdown]
# ## Fine-tuning: a new top, and every weight is trained
#
# The picture top.svg shows what changes. At the size of BERT the learning rate is 2e-5 to 5e-5 for
# three epochs. A small network needs a higher one, 1e-3. Each gets 150 steps of 16 sentences: of
# 800 labels that is three epochs, of 200 twelve, of 50 nearly forty.

# %%
class SentenceClassifier(nn.Module):
    """A BERT with a new top: one linear layer on what [CLS] has become."""

    def __init__(self, bert: Bert, classes: int) -> None:
        self.bert = bert
        self.dropout = nn.Dropout(0.1)
        self.classifier = nn.Linear(bert.hidden_size, classes)
        nn.init.trunc_normal_(self.classifier.weight, std=0.02, a=-0.04, b=0.04)
        nn.init.zeros_(self.classifier.bias)

    def forward(self, ids: np.ndarray, real: np.ndarray) -> td.Tensor:
        hidden, _ = self.bert(ids, None, real)  # (B, T) -> (B, T, D)
        first = td.tanh(self.bert.pooler.dense(hidden[:, 0]))  # (B, D), of [CLS]
        return self.classifier(self.dropout(first))  # (B, D) -> (B, C)

def padded(sentences: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    ids, lengths = text.pad(sentences, pieces.pad_id)  # (B, T), (B,)
    return ids, text.padding_mask(lengths)  # (B, T), (B, T)

# %%
with td.no_grad():  # the library has this classifier as well
    mine = SentenceClassifier(pretrained.bert, len(data.classes)).eval()
    library = BertForSequenceClassification(pretrained.bert, len(data.classes)).eval()
    library.load_state_dict(mine.state_dict())
    ids, real = padded(test[:3])
    same = library(ids, None, real).numpy()
    np.testing.assert_allclose(mine(ids, real).numpy(), same, atol=1e-5)
results.figure("top.svg", bert_input.new_top_figure(data.classes))

def new_classifier(kind: str) -> SentenceClassifier:
    bert = Bert(len(pieces), **start.sizes | {"hidden_dropout_prob": 0.0 if toy else 0.1})
    if kind != "from scratch":
        bert.load_state_dict(pretrained.bert.state_dict())
    if kind == "frozen":  # what is left: the top, and the pooler, which hidden words did not train
        bert.embeddings.requires_grad_(False)
        bert.encoder.requires_grad_(False)
    return SentenceClassifier(bert, len(data.classes))

# %%
def fine_tune(kind: str, chosen: np.ndarray, seed: int, longer: int = 1) -> float:
    """Test accuracy after training on the chosen sentences: the same for every kind."""
    td.manual_seed(seed)
    model = new_classifier(kind)
    steps = 20 if options.quick else 150 if toy else max(100, 8 * len(chosen) // 16)
    steps = longer * steps
    optimizer = masked.adamw(model, 2e-3 if kind == "frozen" else 1e-3)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, steps // 10, steps)
    lengths = [len(train[i]) for i in chosen]
    for part in batches(lengths, min(16, len(chosen)), steps, seed):
        ids, real = padded([train[i] for i in chosen[part]])  # (B, T)
        loss = F.cross_entropy(model(ids, real), train_labels[chosen[part]])  # (B, C), (B,)
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    model.eval()
    guesses = np.zeros(len(test), int)
    with td.no_grad():
        for part in text.bucket_batches([len(ids) for ids in test], 100, shuffle=False):
            guesses[part] = model(*padded([test[i] for i in part])).numpy().argmax(axis=1)
    return accuracy(guesses, test_labels)

# %% [markdown]
# ## Three draws of labels
#
# With 200 labels the pretrained network is far ahead of the same network from scratch
# [accuracy_pretrained_200 > accuracy_from_scratch_200 + 0.1], by more than the spread of three
# seeds [accuracy_pretrained_200 - accuracy_from_scratch_200 > standard_deviation_pretrained_200 +
# standard_deviation_from_scratch_200]. It was pretrained once: the spread is that of three draws of
# labels and three new tops. After as many steps, 150, four times the labels do not make up for it
# [accuracy_pretrained_200 > accuracy_from_scratch_800]. Naive Bayes weighs each word by itself, and
# is hardly better than a guess [accuracy_naive_bayes_800 < majority_accuracy + 0.1].
#
# But pretraining took time that the others did not get. So from scratch once more, one run each,
# with nine times the steps, which take about as long: with 200 labels it stays behind
# [accuracy_from_scratch_200_longer < accuracy_pretrained_200 - 0.05]. With 800 it comes
# near, or passes: they are nearly enough to learn the language from, given the time
# [accuracy_from_scratch_800_longer > accuracy_pretrained_800 - 0.1]. Pretraining saves labels.
#
# It could be better still: a word is wrong in most cases where two neighbours stand that never were
# neighbours in the 8,000 sentences, and who looks for that, without any label, is right in .91
# [accuracy_new_pairs > accuracy_pretrained_800 + 0.05].
#
# The text taught what the labels ask for. Where it does not, there is less to gain: on film reviews
# with 500 labels .59 with and without pretraining, naive Bayes .64 (three seeds). 1.7 million words
# teach which words stand where, and hardly that "dull" is bad. BERT read 3.3 billion, and then it
# pays: finetune_pretrained.py tunes MiniLM, a real one of six layers, with 500 labels of mr, to
# .747 +- .007 (frozen .649, naive Bayes .635) in 203 CPU s.

# %%
kinds = ["from scratch", "pretrained"]
if options.frozen:
    kinds.append("frozen")
seeds = range(options.seed, options.seed + 3)
scores: dict[str, list[list[float]]] = {kind: [] for kind in ["naive Bayes", *kinds]}
with tqdm(total=len(counts) * len(kinds) * len(seeds), desc="fine-tuning", unit="run") as bar:
    for count in counts:
        few = [[data.train[i] for i in few_labels.drawn(len(train), count, seed)] for seed in seeds]
        scores["naive Bayes"].append(
            [few_labels.naive_bayes(part, data.test, len(data.classes)) for part in few])
        for kind in kinds:
            scores[kind].append([])
            for seed in seeds:
                chosen = few_labels.drawn(len(train), count, seed)
                scores[kind][-1].append(fine_tune(kind, chosen, seed))
                bar.update()

# %%
def with_ends(words: list[str]) -> list[str]:
    return ["[CLS]", *words, "[SEP]"]

longer = {}  # from scratch, with the seconds of pretraining as well: by the number of labels
if toy:
    known = {pair for words in corpus for pair in pairwise(with_ends(words))}
    right = [known.issuperset(pairwise(with_ends(words))) for words, _ in data.test]
    results.baseline(accuracy_new_pairs=accuracy(right, test_labels))
    print(f"looking for a pair of neighbours that is new: {accuracy(right, test_labels):.3f}")
    for count in counts[1:]:
        chosen = few_labels.drawn(len(train), count, options.seed)
        begun = time.process_time()
        longer[count] = fine_tune("from scratch", chosen, options.seed,
                                  longer=2 if options.quick else 9)
        seconds = time.process_time() - begun
        results.metric(**{f"accuracy_from_scratch_{count}_longer": longer[count]})
        print(f"from scratch, {count} labels, for {seconds:.0f} CPU s: {longer[count]:.3f}")

# %%
majority = majority_baseline(train_labels.tolist(), test_labels.tolist())
labelled.report_by_labels(results, counts, scores, majority,
                          "Is a word wrong? 150 steps each." if toy else "",
                          "who knows the language" if toy else "", longer)
results.write()
