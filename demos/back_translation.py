# %% [markdown]
# # Back-translation: paired data from text in one language
#
# There are few sentence pairs, and much text in the target language alone. So a model is trained the wrong way round,
# from target to source, and translates that text. Each sentence then has a source, written by a machine, with mistakes.
# The target is real, and that is the point: the forward model learns to *write* from what people wrote, and only *reads*
# what a machine wrote. The other way round it would learn to write the machine's mistakes.
#
#     people's pairs            source  ->  target
#     people's text                         target
#     backward model            source  <-  target          trained on the pairs, turned round
#     synthetic pairs           machine's source  ->  people's target
#
#     python demos/back_translation.py                     500 pairs of a small language, three seeds
#     python demos/back_translation.py --data multi30k     real pairs of at most ten words, one seed

# %%
import time

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.monolingual import divide, synthetic_pairs
from support.panels import COLOURS, STROKES, panels, tidy
from support.parallel import batch, parse_languages, shown, splits, translate_greedily, translation_loss
from support.run import Results, arguments
from tinydawn import optim, text, viz
from tinydawn.metrics import bleu
from tinydawn.models import Seq2Seq

parser = arguments("Translate monolingual text backwards, train on the pairs, and see whether it helped.")
parser.add_argument("--share", type=float, help="of the training pairs stay pairs; default .05, of real text .15")
parser.add_argument("--seeds", type=int, help="how many seeds, each with pairs of its own; default 3, of real text 1")
options = parse_languages(parser)
toy = options.data is None
share = (0.05 if toy else 0.15) if options.share is None else options.share
seeds = (3 if toy and not options.quick else 1) if options.seeds is None else options.seeds
if not 0 < share < 1 or seeds < 1:
    parser.error(f"--share {share} --seeds {seeds}: a share between 0 and 1, and at least one seed")
results = Results("back_translation", options, options.data or "toy grammar")

# %% [markdown]
# ## The data
#
# Of the training pairs a small share stays as it is. Of the rest only the target side is kept: it stands for text from
# anywhere. A target sentence that is also an answer of the test is thrown out, or the model would have read the test.

# %%
LONGEST = 1000 if toy else 10  # words; real text is kept short, so that a training takes minutes
def short(pairs: list) -> list:
    return [pair for pair in pairs if max(map(len, pair)) <= LONGEST]

def load(seed: int) -> tuple[list, list, list]:
    """Pairs, target sentences without a source, and test pairs."""
    train, validation, test = (short(part) for part in splits(options.data, options.source, options.target, seed, options.quick))
    return *divide(train, validation + test, share, seed), test

if toy:
    sizes, learning_rate, batch_size, min_freq = {"embedding_size": 48, "hidden_size": 64, "dropout": 0.0}, 1e-2, 40, 1
else:
    sizes, learning_rate, batch_size, min_freq = {"embedding_size": 128, "hidden_size": 192, "dropout": 0.2}, 3e-3, 32, 2
epochs = options.epochs or (2 if toy else 12)  # passes over all sentences, with a source or without

# %% [markdown]
# ## Training
#
# Every model gets the same number of updates, however many pairs it has.

# %%
def train_model(name: str, pairs: list, vocabs: tuple, updates: int, seed: int) -> Seq2Seq:
    td.manual_seed(seed)
    model = Seq2Seq(len(vocabs[0]), len(vocabs[1]), **sizes)
    optimizer = optim.Adam(model.parameters(), lr=learning_rate)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, updates // 20, updates)
    batches = []
    for update in tqdm(range(updates), desc=f"seed {seed}, {name}", unit="update", mininterval=0.5):
        batches = batches or text.bucket_batches([len(target) for _, target in pairs], batch_size, seed=1000 * seed + update)
        loss = translation_loss(model, *batch([pairs[i] for i in batches.pop()], *vocabs))
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return model.eval()

def mixed(pairs: list, synthetic: list) -> list:
    """Pairs of people and of the machine, about as many of each: the few real ones are repeated."""
    return pairs * max(1, round(len(synthetic) / len(pairs))) + synthetic

# %% [markdown]
# ## With and without, for each seed
#
# The parallel data differ from seed to seed, and so does the test, if it is generated: three pairs of numbers, not one.

# %%
without, with_synthetic, backwards, by_amount = [], [], [], []
for seed in range(options.seed, options.seed + seeds):
    started = time.process_time()
    pairs, monolingual, test = load(seed)
    sources, references = [source for source, _ in test], [target for _, target in test]
    source_vocab = text.Vocab.build([source for source, _ in pairs], min_freq=min_freq)
    target_vocab = text.Vocab.build([target for _, target in pairs] + monolingual, min_freq=min_freq)
    forward, backward = (source_vocab, target_vocab), (target_vocab, source_vocab)
    updates = epochs * -(-(len(pairs) + len(monolingual)) // batch_size)

    def score(model: Seq2Seq, vocabs: tuple = forward, sources: list = sources, references: list = references) -> float:
        return bleu(translate_greedily(model, sources, *vocabs), references).score

    without.append(score(train_model("without", pairs, forward, updates, seed)))
    turned = train_model("backward", [(target, source) for source, target in pairs], backward, updates, seed)
    backwards.append(score(turned, backward, references, sources))
    synthetic = synthetic_pairs(monolingual, lambda sentences, turned=turned, vocabs=backward:
                                translate_greedily(turned, sentences, *vocabs))
    with_synthetic.append(score(train_model("with", mixed(pairs, synthetic), forward, updates, seed)))
    if seed == options.seed:
        quarter = len(synthetic) // 4
        part = score(train_model("with a quarter", mixed(pairs, synthetic[:quarter]), forward, updates, seed))
        by_amount = [(0, without[0]), (quarter, part), (len(synthetic), with_synthetic[0])]
        answers, real = {tuple(target) for target in references}, {tuple(target) for target in monolingual}
        results.metric(pairs=len(pairs), monolingual=len(monolingual), updates=updates, test_sentences=len(test),
                       targets_from_the_test=sum(tuple(target) in answers for _, target in synthetic),
                       targets_not_by_people=sum(tuple(target) not in real for _, target in synthetic))
        print(f"\n{len(pairs)} pairs, {len(monolingual)} target sentences alone, {len(test)} test sentences; "
              f"{updates} updates each")
        for source, target in synthetic[:3]:
            print(f"  people wrote  {shown(target)}\n  backwards     {shown(source)}")
        print(f"\n{'seed':>6}{'without':>10}{'with':>8}{'change':>9}{'backward model':>17}{'CPU s':>8}   (BLEU, greedy)")
    print(f"{seed:6}{without[-1]:10.2f}{with_synthetic[-1]:8.2f}{with_synthetic[-1] - without[-1]:+9.2f}{backwards[-1]:17.2f}"
          f"{time.process_time() - started:8.1f}")

# %% [markdown]
# ## Did it help?
#
# A change counts if it has one sign at all seeds. It depends on the time: with `--epochs 1`, half the updates, the same
# data lose 10 BLEU at every seed. To read the machine's German, twenty times as much of it, takes longer to learn.

# %%
changes = np.subtract(with_synthetic, without)
results.baseline(bleu_without=np.mean(without), **{f"bleu_without_seed{i}": x for i, x in enumerate(without)})
results.metric(bleu_with=np.mean(with_synthetic), bleu_change=changes.mean(), bleu_backward=np.mean(backwards),
               **{f"bleu_with_seed{i}": x for i, x in enumerate(with_synthetic)})
verdict = "a gain" if changes.min() > 0 else "a loss" if changes.max() < 0 else "neither a gain nor a loss"
print(f"\nmean change {changes.mean():+.2f} BLEU over {seeds} seed(s), from {changes.min():+.2f} to {changes.max():+.2f}: "
      + verdict + (" at every seed" if seeds > 1 and verdict[0] == "a" else ""))
print("by the amount of synthetic pairs: " + ", ".join(f"{count}: {score:.1f}" for count, score in by_amount))

def draw(axes: list) -> None:
    for i, (before, after) in enumerate(zip(without, with_synthetic, strict=True)):
        axes[0].plot([0, 1], [before, after], marker="o", color=COLOURS[i % 7], linestyle=STROKES[i % 5],
                     label=f"seed {options.seed + i}: {after - before:+.1f}")
    axes[0].set_xticks([0, 1], [f"{results.record['metrics']['pairs']:.0f} pairs", "and synthetic ones"])
    axes[0].set_xlim(-0.3, 1.3)
    tidy(axes[0], "The same test, before and after", y="BLEU", legend=True)

results.figure("change.svg", panels(1, 1, draw))
results.figure("amount.svg", lambda path: viz.training_curves({f"seed {options.seed}": by_amount}, path, y_label="BLEU",
                                                              x_label="synthetic pairs", title="BLEU by the amount of text"))
results.write()
