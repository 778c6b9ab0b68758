# %% [markdown]
# # Back-translation: paired data from text in one language
#
# There are few sentence pairs, and much text in the target language alone. So a model is trained
# the wrong way round, from target to source, and translates that text. Each sentence then has a
# source, written by a machine, with mistakes. The target is real, and that is the point: the
# forward model learns to *write* from what people wrote, and only *reads* what a machine wrote. The
# other way round it would learn to write the machine's mistakes.
#
#     people's pairs            source  ->  target
#     people's text                         target
#     backward model            source  <-  target          trained on the pairs, turned round
#     synthetic pairs           machine's source  ->  people's target
#
#     python demos/back_translation.py                   500 pairs of a small language, three seeds
#     python demos/back_translation.py --data multi30k   real pairs of at most ten words, one seed

# %%
import math
import time
from collections.abc import Callable

import numpy as np
from tqdm import tqdm

import tinydawn as td
from support.back_translation_report import (
    amount_figure,
    change_figure,
    print_heading,
    print_row,
    print_verdict,
    record_data,
    record_scores,
)
from support.monolingual import (
    load_divided,
    parse_back_translation,
    settings_for,
    synthetic_pairs,
)
from support.parallel import TOKENS, batch
from support.run import Results, arguments
from support.translator import translate_greedily, translation_loss
from tinydawn import optim, text
from tinydawn.metrics import bleu
from tinydawn.models import Seq2Seq

parser = arguments("Translate monolingual text backwards, train on the pairs, "
                   "and see whether it helped.")
options = parse_back_translation(parser)
results = Results("back_translation", options, options.data or "toy grammar")
settings = settings_for(options.data)
epochs = options.epochs or (2 if options.data is None else 12)  # over all sentences, paired or not

# %% [markdown]
# ## Training
#
# Every model gets the same number of updates, however many pairs it has.

# %%
def train_model(name: str, pairs: list, vocabs: tuple, updates: int, seed: int) -> Seq2Seq:
    td.manual_seed(seed)
    model = Seq2Seq(len(vocabs[0]), len(vocabs[1]), **settings.sizes)
    optimizer = optim.Adam(model.parameters(), lr=settings.learning_rate)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, updates // 20, updates)
    lengths = [len(target) for _, target in pairs]
    batches: list = []
    for update in tqdm(range(updates), desc=f"seed {seed}, {name}", unit="update", mininterval=0.5):
        if not batches:
            batches = text.bucket_batches(lengths, settings.batch_size, seed=1000 * seed + update,
                                          max_tokens=TOKENS)
        chosen = [pairs[i] for i in batches.pop()]
        loss = translation_loss(model, *batch(chosen, *vocabs))  # (B, S), (B,), (B, T) -> ()
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return model.eval()

# %% [markdown]
# ## Turned round, translated, mixed

# %%
def turned(pairs: list) -> list:
    """The same pairs, from target to source."""
    return [(target, source) for source, target in pairs]

def translate_with(model: Seq2Seq, vocabs: tuple) -> Callable[[list], list]:
    return lambda sentences: translate_greedily(model, sentences, *vocabs)

def bleu_of(model: Seq2Seq, vocabs: tuple, pairs: list) -> float:
    translate = translate_with(model, vocabs)
    return bleu(translate([source for source, _ in pairs]), [target for _, target in pairs]).score

def mixed(pairs: list, synthetic: list) -> list:
    """Pairs of people and of the machine, about as many of each: the few real ones are repeated."""
    return pairs * max(1, round(len(synthetic) / len(pairs))) + synthetic

# %% [markdown]
# ## With and without, for each seed
#
# Of the training pairs a small share stays as it is. Of the rest only the target side is kept: it
# stands for text from anywhere. A target sentence that is also an answer of the test is thrown out,
# or the model would have read the test.
#
# The parallel data differ from seed to seed, and so does the test, if it is generated: three pairs
# of numbers, not one.

# %%
without, with_synthetic, backward = [], [], []  # BLEU of each seed
by_amount = []  # (synthetic pairs, BLEU) of the first seed
for seed in range(options.seed, options.seed + options.seeds):
    started = time.process_time()
    pairs, monolingual, test = load_divided(options, seed)
    updates = epochs * math.ceil((len(pairs) + len(monolingual)) / settings.batch_size)
    known_sources = [source for source, _ in pairs]
    known_targets = [target for _, target in pairs] + monolingual
    source_vocab = text.Vocab.build(known_sources, min_freq=settings.min_freq)
    target_vocab = text.Vocab.build(known_targets, min_freq=settings.min_freq)
    there, back = (source_vocab, target_vocab), (target_vocab, source_vocab)

    model = train_model("without", pairs, there, updates, seed)
    without.append(bleu_of(model, there, test))

    model = train_model("backward", turned(pairs), back, updates, seed)
    backward.append(bleu_of(model, back, turned(test)))
    synthetic = synthetic_pairs(monolingual, translate_with(model, back))

    model = train_model("with", mixed(pairs, synthetic), there, updates, seed)
    with_synthetic.append(bleu_of(model, there, test))

    if seed == options.seed:
        first_pairs = len(pairs)
        quarter = synthetic[:len(synthetic) // 4]
        model = train_model("with a quarter", mixed(pairs, quarter), there, updates, seed)
        by_amount = [(0, without[0]), (len(quarter), bleu_of(model, there, test)),
                     (len(synthetic), with_synthetic[0])]
        record_data(results, pairs, monolingual, test, updates, synthetic)
        print_heading(len(pairs), len(monolingual), len(test), updates, synthetic)
    print_row(seed, without[-1], with_synthetic[-1], backward[-1], time.process_time() - started)

# %% [markdown]
# ## Did it help?
#
# A change counts if it has one sign at all seeds. It depends on the time: with `--epochs 1`, half
# the updates, the same data lose 10 BLEU at every seed. To read the machine's German, twenty times
# as much of it, takes longer to learn.

# %%
changes = np.subtract(with_synthetic, without)  # (seeds,)
print_verdict(changes, by_amount)
record_scores(results, without, with_synthetic, backward)
results.figure("change.svg", change_figure(without, with_synthetic, options.seed, first_pairs))
results.figure("amount.svg", amount_figure(by_amount, options.seed))
results.write()
