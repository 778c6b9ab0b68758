# %% [markdown]
# # BERT: guess the hidden words
#
# A Transformer reads a whole sentence at once, left and right, so it cannot be asked for the next word: it has seen it. BERT
# hides some words behind [MASK] and asks for those. There are no labels; any text will do.
#
#     python demos/bert.py                                      a small language, whose best possible guess is known
#     python demos/bert.py --data ptb --save bert.safetensors   newspaper text; about six minutes on one core
#     python demos/bert.py --data ptb --load bert.safetensors --fill "the bank said it will [MASK] its loans"
#     python demos/bert.py --data my.txt --level pieces --whole-words

# %%
import time
from collections import Counter

import numpy as np

import tinydawn as td
from support import masked
from support.run import Results, arguments, parse
from support.small_language import best_accuracy
from support.training import load_model, save_model, saving, training
from tinydawn import nn, optim, text, viz
from tinydawn.models.bert import BertForPreTraining
from tinydawn.nn import functional as F

parser = arguments("Pretrain a small BERT on hidden words, beside the mean of a window (CBOW) on the same hidden words.")
parser.add_argument("--level", choices=("words", "pieces"), default="words", help="the 4,000 most frequent words, or as many "
                    "pieces of words (WordPiece)")
parser.add_argument("--whole-words", action="store_true", help="hide all pieces of a word together")
parser.add_argument("--fill", metavar="TEXT", action="append", help="a sentence with [MASK] in it, to be filled in")
saving(parser)
parser.add_argument("--load", metavar="FILE", help="do not train: use a model that was kept, on the same --data")
options = parse(parser)
toy = options.data is None
results = Results("bert", options, options.data or "a small language")

# %% [markdown]
# ## The text: [CLS] words [SEP]

# %%
words = {split: masked.sentences(options.data, split) for split in ("train", "validation")}
if options.quick:
    words = {split: part[:3000] for split, part in words.items()}
weights, about = load_model(options.load, BertForPreTraining) if options.load else (None, {})
if not about:
    pieces = masked.vocabulary(words["train"], 4000, options.level)
    about = {"tokens": pieces.tokens, "lowercase": pieces.lowercase, "level": options.level, "sizes": {
        "hidden_size": 64 if toy else 96, "hidden_dropout_prob": 0.0, "initializer_range": 0.1}}
pieces, level = text.WordPiece(about["tokens"], about["lowercase"]), about["level"]
if weights:
    masked.known_enough(words["train"], pieces, level, options.load)
train, dev = (masked.encode(words[split], pieces, level) for split in ("train", "validation"))
never = masked.never_masked(pieces, train)  # [PAD] [CLS] [SEP] [MASK] are no words; of PTB, [UNK] is one
V, batch_size, lengths = len(pieces), 32, [len(ids) for ids, _ in train]
print(f"{len(train):,} sentences of {np.mean(lengths):.1f} tokens; V = {V:,} {level}")

# %% [markdown]
# ## What is hidden
#
# 15 % of the words of a sentence are chosen, in whole numbers: of the toy language's seven or nine words one, which is 13.7 %.
# Of these 80 % become [MASK], 10 % a random word, 10 % stay. One draw decides between the three; a second draw for what the
# first one left would make it 80, 2, 18. The masks are drawn anew in each epoch (dynamic masking); the first BERT kept ten.
#
# The notes write: "if we only add loss for masked tokens, then the transformer would not build good representations for
# nonmasked tokens", and then the 10 % and 10 %. Which does not mean a loss on all tokens: it stays on the 15 %. But some of
# those look like any other word, true or false, so that each word that is read must be doubted, and looked at.

# %%
rng = np.random.default_rng(options.seed)
shown = masked.masked_batch(train, np.arange(min(400 if options.quick else 8000, len(train))), pieces, never, rng,
                            options.whole_words)
truth = text.pad_segments(train[:len(shown.ids)], pieces.pad_id)[0]  # (B, T)
chosen, real = shown.targets >= 0, ~np.isin(truth, never)
kinds = np.where(~chosen, 0, np.where(shown.ids == pieces.mask_id, 1, np.where(shown.ids != truth, 2, 3)))  # (B, T)
print(f"\nchosen: {chosen.sum():,} of {real.sum():,} tokens, {chosen.sum() / real.sum():.1%}; of these")
for kind, name in enumerate(("masked", "replaced", "kept"), start=1):
    share, n = float((kinds[chosen] == kind).mean()), int(chosen.sum())
    results.metric(**{f"share_{name}": share})
    print(f"  {name:9}{share:7.2%} +- {1.96 * np.sqrt(share * (1 - share) / n):.2%} (95 % interval)")

rows = [*range(4), *(i for kind in (2, 3) for i in np.flatnonzero((kinds[4:] == kind).any(axis=1))[:2] + 4)]  # some of each
results.figure("batch.svg", masked.batch_figure(shown.ids[rows], truth[rows], kinds[rows], real[rows], pieces))

# %% [markdown]
# ## Training: the loss is taken where a target is, and nowhere else
#
# The same loop trains BERT and, for comparison, the mean of the vectors of five words on each side (CBOW of word2vec, asked
# for the same words). The held-out questions are the same for all, with every chosen word hidden. The curve is measured on every
# third batch of them, so it may lie a little above "best possible", luck aside, which is of them all.

# %%
questions = masked.held_out(dev, pieces, never, masked=1.0, replaced=0.0)
epochs = options.epochs or (1 if options.quick else 4 if toy else 8)

def train_model(model: nn.Module, lr: float, label: str, epochs: int, **shares: float) -> list[tuple[float, float]]:
    """Train, and return held-out accuracy by CPU second."""
    optimizer, rng = masked.adamw(model, lr), np.random.default_rng(options.seed)
    kept, steps = {"curve": [], "queue": [], "seconds": 0.0}, epochs * len(text.bucket_batches(lengths, batch_size))
    schedule = optim.get_linear_schedule_with_warmup(optimizer, min(300, steps // 5), steps)  # post-norm needs the warm-up
    for step, bar in training(options, steps, model, optimizer, schedule, kept, label, {"masks": rng}):
        begun = time.process_time()
        kept["queue"] = kept["queue"] or text.bucket_batches(lengths, batch_size, seed=rng)
        some = kept["queue"].pop()
        ids, segments, real, target = masked.masked_batch(train, some, pieces, never, rng, options.whole_words, **shares)
        logits, _ = model(ids, segments, real, target >= 0)  # (N, V): the product with V rows is done for these N only
        loss = F.cross_entropy(logits, target[target >= 0])
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        kept["seconds"] += time.process_time() - begun
        if (step + 1) % max(1, steps // 10) == 0:
            guess, true, _ = masked.log_probs(model, questions[::3])
            kept["curve"].append((kept["seconds"], float((guess == true).mean())))
            bar.set_postfix(loss=f"{loss.item():.2f}", held_out=f"{kept['curve'][-1][1]:.3f}")
    return kept["curve"]

def bert() -> BertForPreTraining:
    td.manual_seed(options.seed)
    return BertForPreTraining(V, **about["sizes"])

model, window, curves = bert(), masked.WindowMean(V, 96, pieces.special_ids), {}
if weights:
    model.load_state_dict(weights)
else:
    curves = {"window mean": train_model(window, 5e-3, "window mean", epochs),
              "BERT": train_model(model, 3e-3 if toy else 2e-3, "BERT", epochs)}
    if options.save:
        save_model(options.save, model, **about)

# %% [markdown]
# ## How many of the hidden words does it find? (Few words were replaced or kept: see how wide their intervals are.)

# %%
def accuracy(name: str, guess: np.ndarray, true: np.ndarray, keep=results.metric, key: str = "masked_accuracy") -> None:
    if not len(true):  # of a small text, perhaps no word was replaced
        return
    p = float((guess == true).mean())
    keep(**{key: p})
    print(f"{name:42}{p:7.3f} +- {1.96 * np.sqrt(p * (1 - p) / len(true)):.3f}")

guess, true, log_p = masked.log_probs(model, questions)
frequent = Counter(i for ids, _ in train for i in ids if i not in never).most_common(1)[0][0]
print(f"\n{len(true):,} hidden words of held-out sentences, with 95 % intervals")
accuracy(f"always {pieces.tokens[frequent]!r}", np.full_like(true, frequent), true, results.baseline, "most_frequent_accuracy")
if not weights:
    accuracy("mean of a window", masked.log_probs(window, questions)[0], true, results.baseline, "window_mean_accuracy")
accuracy("BERT", guess, true)
results.metric(pseudo_perplexity=np.exp(-log_p.mean()))
if toy:
    results.baseline(best_possible_accuracy=best_accuracy(questions, pieces))
    print(f"{'the best possible, luck aside':42}{results.record['baselines']['best_possible_accuracy']:7.3f}")
if pieces.unk_id not in never and frequent == pieces.unk_id:
    known = true != pieces.unk_id
    accuracy("BERT, where the answer is not [UNK]", guess[known], true[known], key="masked_accuracy_known")

mixed = masked.held_out(dev, pieces, never)  # now as in training: 80, 10, 10
guess, true, _ = masked.log_probs(model, mixed)
seen = np.concatenate([ids[targets >= 0] for ids, _, _, targets in mixed])
for name, which in (("masked", seen == pieces.mask_id), ("replaced", (seen != true) & (seen != pieces.mask_id)),
                    ("kept", seen == true)):
    accuracy(f"  of 80/10/10, what was {name}", guess[which], true[which], key=f"accuracy_{name}")

# %% [markdown]
# ## What do 10 % and 10 % change? A BERT that knows [MASK] alone, asked at words that it sees

# %%
if toy:
    only = bert()
    train_model(only, 3e-3, "[MASK] alone", epochs, masked=1.0, replaced=0.0)
    visible = masked.held_out(dev, pieces, never, masked=0.0, replaced=0.0)  # every chosen word is left as it is
    for name, m in (("80_10_10", model), ("mask_alone", only)):
        guess, true, _ = masked.log_probs(m, visible)
        accuracy(f"a word that stands there, {name.replace('_', ' ')}", guess, true, key=f"visible_{name}")

# %% [markdown]
# ## Fill-ins

# %%
FILL = {None: ["at night the [MASK] eats the frog", "at night the frog eats the [MASK]", "the keys near the lamp [MASK] old",
               "the clerk counts money at the [MASK]", "the duck rests low at the [MASK]"],
        "ptb": ["the company said it will [MASK] its shares", "the bank raised its [MASK] rate to N N",
                "in new [MASK] stock exchange composite trading yesterday",
                "he is a [MASK] of the board", "she has n't [MASK] it"]}
default = FILL.get(options.data) or [" ".join([*s[:5], "[MASK]", *s[6:]]) for s in words["validation"] if 8 < len(s) < 20][:3]
for sentence in options.fill or default:
    ids, segments = text.pack(masked.numbers(sentence.split(), pieces, level), None, pieces.cls_id, pieces.sep_id)
    with td.no_grad():
        p = F.softmax(model.eval()(np.array([ids]), np.array([segments]))[0]).numpy()  # (T, V)
    for t in np.flatnonzero(np.array(ids) == pieces.mask_id):
        best = [i for i in np.argsort(-p[t]) if i not in pieces.special_ids][:5]
        print(f"{sentence}\n    " + ", ".join(f"{pieces.tokens[i]} {p[t, i]:.2f}" for i in best))

if curves:
    levels = {key.removesuffix("_accuracy").replace("_", " "): value for key, value in results.record["baselines"].items()
              if "window" not in key}
    results.figure("accuracy.svg", lambda path: viz.training_curves(curves, path, levels, "CPU seconds", "held-out accuracy"))
results.write()
