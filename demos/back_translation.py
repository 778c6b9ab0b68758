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
#     python demos/back_translation.py                   250 pairs of a small language, three seeds
#     python demos/back_translation.py --data multi30k   real pairs of at most ten words, one seed

# %%
import time
from collections.abc import Callable

import tinydawn as td
from support import back_translation_report as report
from support.monolingual import (
    load_divided,
    parse_back_translation,
    settings_for,
    synthetic_pairs,
    updates_for,
)
from support.run import Results, arguments
from support.translator import train_translator, translate_greedily
from tinydawn import text
from tinydawn.metrics import bleu
from tinydawn.models import Seq2Seq

parser = arguments("Translate monolingual text backwards, train on the pairs, "
                   "and see whether it helped.")
options = parse_back_translation(parser)
results = Results("back_translation", options, options.data or "toy grammar")
settings = settings_for(options.data)

# %% [markdown]
# ## Turned round, translated, mixed
#
# Every model gets the same number of updates, however many pairs it has.

# %%
def turned(pairs: list) -> list:
    """The same pairs, from target to source."""
    return [(target, source) for source, target in pairs]

def mixed(pairs: list, synthetic: list) -> list:
    """Pairs of people and of the machine, about as many of each: the few real ones are repeated."""
    return pairs * max(1, round(len(synthetic) / len(pairs))) + synthetic

def trained(name: str, pairs: list, vocabs: tuple, updates: int, seed: int) -> Seq2Seq:
    td.manual_seed(seed)
    model = Seq2Seq(len(vocabs[0]), len(vocabs[1]), **settings.sizes)
    train_translator(options, model, pairs, vocabs, updates, f"seed {seed}, {name}", settings)
    return model

def translate_with(model: Seq2Seq, vocabs: tuple) -> Callable[[list], list]:
    return lambda sentences: translate_greedily(model, sentences, *vocabs)

def bleu_of(model: Seq2Seq, vocabs: tuple, pairs: list) -> float:
    translate = translate_with(model, vocabs)
    return bleu(translate([source for source, _ in pairs]), [target for _, target in pairs]).score

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
scores: dict[float, list[float]] = {0: [], 0.25: [], 1: []}  # share of the text -> BLEU by seed
backward: list[float] = []  # BLEU of each seed, of the model from target to source

def one_seed(seed: int) -> None:
    started = time.process_time()
    pairs, monolingual, test = load_divided(options, seed)
    source_vocab = text.Vocab.build([source for source, _ in pairs], min_freq=settings.min_freq)
    known_targets = [target for _, target in pairs] + monolingual
    target_vocab = text.Vocab.build(known_targets, min_freq=settings.min_freq)
    there, back = (source_vocab, target_vocab), (target_vocab, source_vocab)
    updates = updates_for(options, len(pairs) + len(monolingual))

    model = trained("backward", turned(pairs), back, updates, seed)
    backward.append(bleu_of(model, back, turned(test)))
    synthetic = synthetic_pairs(monolingual, translate_with(model, back))

    report.begin(results, pairs, monolingual, test, updates, synthetic)
    for share in scores:
        part = synthetic[:round(share * len(synthetic))]
        model = trained(f"with {len(part)}", mixed(pairs, part), there, updates, seed)
        scores[share].append(bleu_of(model, there, test))
    report.print_row(seed, scores, backward[-1], time.process_time() - started)

# %% [markdown]
# ## Did it help?
#
# A change counts if it has one sign at all seeds. Here it is a gain [bleu_change > 4]
# [bleu_with_seed0 > bleu_without_seed0 + 1] [bleu_with_seed1 > bleu_without_seed1 + 1]
# [bleu_with_seed2 > bleu_without_seed2 + 1], and the whole text is better than a quarter of it
# [bleu_with > bleu_with_a_quarter + 2], although the machine's German is far from good
# [bleu_backward < 40]: the English is.

# %%
for seed in range(options.seed, options.seed + options.seeds):
    one_seed(seed)
report.finish(results, scores, backward, options.seed)
results.write()
