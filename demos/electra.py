# %% [markdown]
# # ELECTRA: every token is a lesson
#
# A masked language model hides 15 % of the tokens and learns from those alone. Here a small one, the generator, fills the
# hidden places with words that might well stand there, and a second network, the discriminator, reads the result and says of
# *every* token whether it was replaced. Then the generator is thrown away, and the discriminator is fine-tuned. Does it know
# more than a masked language model of its size that was trained for as many seconds?
#
#     python demos/electra.py                             made-up opinions, where "not" decides
#     python demos/electra.py --data ptb                  newspaper text: what was replaced?
#     python demos/electra.py --data mr --seconds 150     film reviews: fine-tuned with 500 labels
#     python demos/electra.py --data my.txt --task my_labels.tsv --save model

# %%
import time
from collections import Counter
from collections.abc import Callable

import numpy as np

import tinydawn as td
from support import labelled
from support.replaced_words import auc, begin_from_counts, classify, judge, masked_accuracy, numbers, replaced_figure, texts
from support.run import Results, arguments, parse
from support.training import load_model, save_model, saving, training
from tinydawn import optim, text, viz
from tinydawn.metrics import accuracy
from tinydawn.models.bert import Bert, BertForPreTraining, BertForSequenceClassification
from tinydawn.models.electra import Electra
from tinydawn.nn import functional as F
from tinydawn.text.wordpiece import SPECIALS

parser = arguments("Pretrain ELECTRA and a masked language model for the same time, then fine-tune both with few labels.")
parser.add_argument("--task", metavar="NAME|PATH", help="labelled texts to fine-tune on, whose training part is pretrained on as "
                    "well; default: --data, where that is mr, sst2, subj or waimai")
parser.add_argument("--seconds", type=float, help="CPU seconds of each pretraining, so numbers differ a little; default 240 or 8")
parser.add_argument("--labels", type=int, help="labelled texts to fine-tune on; default 500, of the made-up opinions 200")
saving(parser, "the pretrained ELECTRA")
parser.add_argument("--load", metavar="FILE", help="do not pretrain: use an ELECTRA that was kept, on the same data")
options = parse(parser)
if not all(x is None or 0 < x < np.inf for x in (options.labels, options.seconds)):
    parser.error("--labels and --seconds: numbers above 0")

# %% [markdown]
# ## The text: words as ids, [CLS] before and [SEP] after
#
# A word outside of the vocabulary is [UNK]. It is never masked, and not judged: nobody can tell one [UNK] from another.

# %%
toy = options.data is None and options.task is None
task = options.task or (options.data if options.data in (None, "mr", "sst2", "subj", "waimai") else None)
data, train, test = texts(options, task)  # labelled (or None); what to learn from without labels; what to be judged on
results = Results("electra", options, "+".join(dict.fromkeys(filter(None, (options.data, task)))) or "generated opinions")
labels = min(options.labels or (60 if options.quick else 200 if toy else 500), len(data.train)) if data else 0
seconds = 1.7 if options.quick else options.seconds or (8 if toy else 240)
weights, about = load_model(options.load, Electra) if options.load else (None, {})
counts = Counter(token for tokens in train for token in tokens if token not in ("<unk>", *SPECIALS))
frequent = [token for token, n in counts.most_common(6000) if n > 1 or toy]
vocab = text.WordPiece(about["tokens"] if about else [*SPECIALS, *frequent])
V, PAD, SPECIAL, LONGEST = len(vocab), vocab.pad_id, vocab.special_ids, 64  # the longest text, in tokens

def encode(tokens: list[str]) -> list[int]:
    return text.pack([vocab[token] for token in tokens], None, vocab.cls_id, vocab.sep_id, LONGEST)[0]

encoded, held_out = ([encode(tokens) for tokens in part] for part in (train, test))
print(f"{sum(map(len, train)):,} training tokens, {np.mean(np.concatenate(encoded) == vocab.unk_id):.1%} [UNK]; V = {V:,}")

# %% [markdown]
# ## Two ways to pretrain, one loop
#
# BERT hides 80 % of the chosen tokens, and puts a random word in place of 10 %. ELECTRA hides 85 % and leaves 15 % as they are.
#
# *Joint maximum likelihood:* both networks train at the same time, each on its own loss; the sum is generator + 50 *
# discriminator. It looks like a GAN and is none. The generator is not rewarded for deceiving: what it put in was *drawn* from
# its softmax, and through a drawn number there is no gradient. Token embeddings belong to both. Where the generator happens
# to draw the true word, nothing was replaced, and the label is "original".
#
# The generator is not trained first: where it is far ahead, the discriminator stays with "always original", as the paper saw.
# Here its own layers even learn at a tenth of the rate, since its task is the easier one.

# %%
D, RATE, TUNING_RATE = (64, 2e-3, 1e-3) if toy else (96, 1.5e-3, 5e-4)  # the width, and two learning rates
sizes = about["sizes"] if about else {"hidden_size": D, "num_hidden_layers": 2, "num_attention_heads": 4,
                                      "max_position_embeddings": LONGEST, "initializer_range": D**-0.5}

def electra_loss(model: Electra, ids: np.ndarray, judged: np.ndarray) -> tuple[td.Tensor, int]:
    inputs, targets = text.mask_tokens(ids, vocab.mask_id, V, SPECIAL, masked=0.85, replaced=0)  # (B, T)
    return model(inputs, targets, None, ids != PAD, judged).loss, int(judged.sum())

def mlm_loss(model: BertForPreTraining, ids: np.ndarray, judged: np.ndarray) -> tuple[td.Tensor, int]:
    inputs, targets = text.mask_tokens(ids, vocab.mask_id, V, SPECIAL)  # (B, T), 80 / 10 / 10
    logits, _ = model(inputs, None, ids != PAD, targets >= 0)  # (N, V)
    return F.cross_entropy(logits, targets[targets >= 0]), len(logits)

def pretrain(name: str, model: td.nn.Module, loss_of: Callable, measure: Callable) -> list[tuple[float, float]]:
    """Train for `seconds` CPU seconds. Returns what `measure` found eight times on the way."""
    kept: dict = {"seconds": 0.0, "updates": 0, "tokens": 0, "lessons": 0, "queue": [], "curve": []}
    slow, fast = ([p for own, p in model.named_parameters() if own.startswith("generator.") is yes] for yes in (True, False))
    optimizer = optim.AdamW([{"params": fast, "lr": RATE}, *([{"params": slow, "lr": RATE / 10}] if slow else [])])
    schedule = optim.lr_scheduler.LambdaLR(optimizer, lambda _: max(0.01, min(20 * kept["seconds"] / seconds,
                                                                              1 - kept["seconds"] / seconds)))
    for updates, bar in training(options, None, model, optimizer, schedule, kept, name, seconds=seconds):
        started = time.process_time()
        kept["queue"] = kept["queue"] or text.bucket_batches([len(ids) for ids in encoded], 32, seed=options.seed + updates)
        ids, _ = text.pad([encoded[i] for i in kept["queue"].pop()], PAD)  # (B, T)
        judged = ~np.isin(ids, SPECIAL)  # (B, T), the tokens that are asked about
        loss, counted = loss_of(model.train(), ids, judged)
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        for key, more in (("updates", 1), ("tokens", int(judged.sum())), ("lessons", counted),
                          ("seconds", time.process_time() - started)):
            kept[key] += more
        if kept["seconds"] >= seconds * (len(kept["curve"]) + 1) / 8:  # measured beside the clock
            kept["curve"].append((kept["seconds"], measure(model, held_out[:400], vocab)))
            bar.set_postfix(measured=f"{kept['curve'][-1][1]:.3f}")
    updates, share = kept["updates"], kept["lessons"] / kept["tokens"]
    print(f"{name}: {updates:,} updates, {kept['tokens']:,} tokens, a loss at {share:.0%} of them, {kept['seconds']:.0f} CPU s")
    results.metric(**{f"updates_{name}": updates, f"share_of_tokens_with_a_loss_{name}": share})
    return kept["curve"]

# %% [markdown]
# ## Held-out text: what was replaced?
#
# "Always original" is right for nearly nine tokens of ten, so accuracy says little. The AUC does: how often a replaced token gets
# a higher score than an original one. Beside it the surprise of a trigram model at a token and the next one, and the
# discriminator's AUC where the words put in are drawn by frequency, without a look at the sentence.
#
# Not all can be found: in "the acting is great", "pace" for "acting" is as good a sentence. A perfect generator would teach
# nothing. Words begin as vectors from counts, in both pretrainings: on ptb the AUC after half a minute was 0.64, without 0.57.

# %%
begun = begin_from_counts(Bert(V, **sizes), encoded).state_dict()
model, curves = Electra(V, **sizes, hidden_dropout_prob=0.0), {}
model.discriminator.load_state_dict(begun)
if weights:
    model.load_state_dict(weights)
else:
    curves["AUC, ELECTRA"] = pretrain("electra", model, electra_loss, auc)
if options.save:
    save_model(options.save, model, sizes=sizes, tokens=vocab.tokens)
found, beside = numbers(model, judged := judge(model, held_out, vocab), encoded, held_out, vocab, counts)
results.metric(**found)
results.baseline(**beside)
print("\nheld-out text", *(f"  {name:36}{value:.3f}" for name, value in (found | beside).items()), sep="\n")
results.figure("replaced.svg", replaced_figure(judged, vocab))

# %% [markdown]
# ## The same seconds for a masked language model, then both fine-tuned
#
# The generator is thrown away; a new layer on [CLS], all weights trained, three seeds. Beside them the same network from scratch,
# and with only the vectors from counts that both began with. On mr, 70 CPU s each, we saw ELECTRA .586, masked LM .597, counts
# alone .613, scratch .574 (+- .01), naive Bayes .621: 8,500 sentences teach no more than counting, the paper read 3.3 billion
# words. Among the made-up opinions no order holds: three seeds differ by more (+- .1) than the ways to begin.

# %%
def finetune(start: dict, seed: int, chosen: np.ndarray) -> float:
    """Test accuracy of the network, pretrained or new, after training on the chosen examples."""
    td.manual_seed(seed)
    classifier = BertForSequenceClassification(Bert(V, **sizes), len(data.classes))
    if start:
        classifier.bert.load_state_dict(start)
    rounds, few = 2 if options.quick else options.epochs or (20 if toy else 8), [encode(data.train[i][0]) for i in chosen]
    optimizer, updates = optim.AdamW(classifier.parameters(), lr=TUNING_RATE), rounds * -(-labels // 16)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, updates // 10, updates)
    for epoch in range(rounds):
        for picked in text.bucket_batches([len(ids) for ids in few], 16, seed=100 * seed + epoch):
            ids, _ = text.pad([few[i] for i in picked], PAD)  # (B, T)
            loss = F.cross_entropy(classifier(ids, None, ids != PAD), np.array([data.train[i][1] for i in chosen[picked]]))
            optimizer.zero_grad()
            loss.backward()
            optim.clip_grad_norm_(classifier.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return accuracy(classify(classifier, [encode(tokens) for tokens, _ in data.test], PAD), [label for _, label in data.test])

if data:
    (mlm := BertForPreTraining(V, **sizes, hidden_dropout_prob=0.0)).bert.load_state_dict(begun)
    curves["masked accuracy, masked LM"] = pretrain("masked_lm", mlm, mlm_loss, masked_accuracy)
    starts = {"electra": model.discriminator.state_dict(), "masked_lm": mlm.bert.state_dict(), "counts": begun, "scratch": {}}
    reached, counted = {name: [] for name in starts}, []  # accuracy by seed; of each seed the baselines
    for seed in range(options.seed, options.seed + 3):
        chosen = np.random.default_rng(seed).permutation(len(data.train))[:labels]
        counted.append(labelled.baselines(results, data._replace(train=[data.train[i] for i in chosen])))
        for name, start in starts.items():
            reached[name].append(finetune(start, seed, chosen))
        print(f"seed {seed}:", *(f"{name} {values[-1]:.3f}" for name, values in reached.items()))
    print(f"\n{labels} labels, {len(data.test)} test texts, mean of three seeds")
    for name, values in reached.items():
        results.metric(**{f"test_accuracy_{name}": np.mean(values), f"standard_deviation_{name}": np.std(values, ddof=1)})
        print(f"{name:20}{np.mean(values):.4f} +- {np.std(values, ddof=1):.4f}")
    for name in counted[0]:
        results.baseline(**{f"{name}_accuracy": (value := np.mean([found[name] for found in counted]))})
        print(f"{name:20}{value:.4f}")
if curves:
    results.figure("curves.svg", lambda path: viz.training_curves(
        curves, path, {"AUC, trigram": beside["auc_trigram"]}, "CPU seconds", "on held-out text"))
results.write()
