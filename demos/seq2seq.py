# %% [markdown]
# # Translation with and without attention
#
# An encoder reads the sentence, a decoder writes its translation word by word. Without attention all that the decoder
# gets is the encoder's last states: one vector, however long the sentence. With attention it looks at all states again
# before each word, and learns where to look. Both are trained here for the same time.
#
#     python demos/seq2seq.py                     a small language made on the spot
#     python demos/seq2seq.py --data multi30k     German to English
#     python demos/seq2seq.py --data tatoeba      English to Chinese, by character

# %%
import time

import numpy as np

import tinydawn as td
from support import parallel
from support.parallel import (
    baselines,
    batch,
    pairs_perplexity,
    parse_languages,
    shown,
    splits,
    translate_greedily,
    translation_loss,
)
from support.run import Results, arguments
from support.training import saving, training
from tinydawn import optim, text, viz
from tinydawn.metrics import bleu
from tinydawn.models import EncoderDecoder, Seq2Seq

parser = arguments("Train translation with and without attention for the same time; look at the alignments.")
saving(parser, "the model with attention, for beam_search.py")
options = parse_languages(parser)
results = Results("seq2seq", options, options.data or "toy grammar")

# %% [markdown]
# ## The data, and the sizes that suit it
#
# Every target sentence ends in `</s>`, which is predicted like any word. Leave it out, and the decoder never learns to
# stop.

# %%
train, validation, test = splits(options.data, options.source, options.target, options.seed, options.quick)
if options.data is None:
    sizes = {"embedding_size": 64, "hidden_size": 96, "dropout": 0.0}
    learning_rate, batch_size, epochs, min_freq = 8e-3, 64, 4, 1
else:
    sizes = {"embedding_size": 128, "hidden_size": 256, "dropout": 0.2}
    learning_rate, batch_size, epochs, min_freq = 2e-3, 32, 4, 2
epochs = options.epochs or (5 if options.quick else epochs)
vocabs = tuple(text.Vocab.build([pair[side] for pair in train], min_freq=min_freq) for side in (0, 1))
sources, references = [source for source, _ in test], [target for _, target in test]

# %% [markdown]
# ## Training: the loop is the same for both
#
# Time is what both get alike. An update without attention is cheaper, so that model gets more of them. The number is
# fixed, not read off a clock, so that the same seed gives the same model; the seconds that each took are printed.

# %%
CHEAPER = 1.3  # updates without attention that take the time of one with it

def train_model(name: str, model: td.nn.Module, updates: int) -> list[tuple[float, float]]:
    """Train, and return (CPU seconds so far, perplexity of validation sentences), the last of them at the end."""
    optimizer = optim.Adam(model.parameters(), lr=learning_rate)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, updates // 20, updates)
    kept: dict = {"curve": [], "seconds": 0.0, "queue": []}
    for step, bar in training(options, updates, model, optimizer, schedule, kept, name):
        started = time.process_time()
        kept["queue"] = kept["queue"] or text.bucket_batches([len(target) for _, target in train], batch_size,
                                                             seed=options.seed + step + 1)
        loss = translation_loss(model, *batch([train[i] for i in kept["queue"].pop()], *vocabs))
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        kept["seconds"] += time.process_time() - started
        if (step + 1) % max(1, updates // 8) == 0 or step + 1 == updates:
            model.eval()
            kept["curve"].append((kept["seconds"], pairs_perplexity(model, validation[:300], *vocabs)))
            model.train()
            bar.set_postfix(perplexity=f"{kept['curve'][-1][1]:.2f}")
    model.eval()  # from here on nothing is dropped
    return kept["curve"]

updates = epochs * len(text.bucket_batches([len(target) for _, target in train], batch_size))
models, curves, found = {}, {}, {}
for name, build, count in (("attention", Seq2Seq, updates), ("no_attention", EncoderDecoder, round(CHEAPER * updates))):
    td.manual_seed(options.seed)
    models[name] = build(len(vocabs[0]), len(vocabs[1]), **sizes)
    curves[name] = train_model(name, models[name], count)
    found[name] = translate_greedily(models[name], sources, *vocabs)
if options.save:
    parallel.save_translator(options, models["attention"], *vocabs, sizes)

# %% [markdown]
# ## What attention is worth
#
# BLEU over all test sentences, and by the length of the source: one vector holds a short sentence well enough.

# %%
baselines(results, train, validation, test, toy=options.data is None)
order = sorted(range(len(test)), key=lambda i: (len(sources[i]), i))
groups = [group for group in np.array_split(order, 4) if len(group)]
lengths = [f"{len(sources[group[0]])}-{len(sources[group[-1]])}" for group in groups]
by_length = {name: [bleu([found[name][i] for i in group], [references[i] for i in group]).score for group in groups]
             for name in models}
print(f"\n{len(train)} training pairs, {len(test)} test sentences, greedy search")
print(f"{'':16}{'CPU s':>8}{'updates':>9}{'perplexity':>12}{'BLEU':>8}   BLEU by words of the source: {', '.join(lengths)}")
for name, count in (("attention", updates), ("no_attention", round(CHEAPER * updates))):
    score, (seconds, value) = bleu(found[name], references).score, curves[name][-1]
    value = pairs_perplexity(models[name], validation, *vocabs)
    results.metric(**{f"bleu_{name}": score, f"validation_perplexity_{name}": value, f"cpu_seconds_{name}": seconds,
                      f"bleu_short_{name}": by_length[name][0], f"bleu_long_{name}": by_length[name][-1]})
    print(f"{name:16}{seconds:8.1f}{count:9}{value:12.2f}{score:8.2f}   {'  '.join(f'{x:.1f}' for x in by_length[name])}")
print(*(f"baseline {name} {value:.2f}" for name, value in results.record["baselines"].items()), sep="\n")
middles = [np.mean([len(sources[i]) for i in group]) for group in groups]
results.figure("length.svg", lambda path: viz.training_curves(
    {name.replace("_", " "): list(zip(middles, scores, strict=True)) for name, scores in by_length.items()}, path,
    x_label="words of the source sentence", y_label="BLEU", title="BLEU by the length of the source"))
results.figure("curves.svg", lambda path: viz.training_curves(
    {name.replace("_", " "): curve for name, curve in curves.items()}, path,
    x_label="CPU seconds of training", y_label="validation perplexity", log=True))

# %% [markdown]
# ## Teacher forcing and running free
#
# In training every word is predicted from the *true* words before it. A translation has only its own, and one wrong word
# leads to others. So the share of words guessed right with teacher forcing left on at test flatters the model; and the BLEU
# of those guesses is no system's, as they were never one sentence: on the made-up language it is too high, on Multi30k
# too low.

# %%
@td.no_grad()
def teacher_forced(pairs: list) -> list[list[str]]:
    """The likeliest word at each place of the reference, each after the true words, up to the first </s>."""
    guesses = []
    for start in range(0, len(pairs), 100):
        source, lengths, target = batch(pairs[start:start + 100], *vocabs)
        logits, _ = models["attention"](source, lengths, target[:, :-1])  # (B, T-1, V)
        guesses += [vocabs[1].decode(row) for row in logits.argmax(axis=-1).numpy()]
    return guesses

forced = teacher_forced(test)
correct = {}
for name, outputs in (("true words before it", forced), ("its own words before it", found["attention"])):
    right: dict[int, list[bool]] = {}
    for output, reference in zip(outputs, references, strict=True):
        for t, word in enumerate(reference):
            right.setdefault(t + 1, []).append(output[t:t + 1] == [word])
    correct[name] = [(t, np.mean(hits)) for t, hits in right.items() if len(hits) >= min(30, len(test))]
    results.metric(**{"accuracy_teacher_forced" if outputs is forced else "accuracy_free_running":
                      np.mean([hit for hits in right.values() for hit in hits])})
results.metric(bleu_teacher_forced=bleu(forced, references).score)
m = results.record["metrics"]
print(f"\nword t is the reference's word t: {m['accuracy_teacher_forced']:.3f} after the true words, "
      f"{m['accuracy_free_running']:.3f} running free")
best = results.record["baselines"].get("bleu_true_best")
print(f"BLEU with teacher forcing left on: {m['bleu_teacher_forced']:.2f}, running free {m['bleu_attention']:.2f}"
      + (f"; knowing the true probabilities, and searching exhaustively, gives {best:.2f}" if best else ""))
results.figure("teacher_forcing.svg", lambda path: viz.training_curves(
    correct, path, x_label="word of the target sentence", y_label="share correct", title="Predicting a word after ..."))

# %% [markdown]
# ## Alignments: where each word looks
#
# The weights of row t are those with which word t was chosen: they come from the decoder's state *before* it, the
# h_(t-1) of the notes. A row that jumps back to the left is word order that German and English do not share.

# %%
@td.no_grad()
def alignment(i: int) -> np.ndarray:
    """Attention (T, S) of the translation of test sentence i, a row per word and one for </s>."""
    source, lengths, target = batch([(sources[i], found["attention"][i])], *vocabs)
    return models["attention"](source, lengths, target[:, :-1])[1].numpy()[0]

def jump(i: int) -> int:
    """The longest way back to the left, in words, that the attention goes in test sentence i."""
    looks = alignment(i)[:-1].argmax(axis=1)
    return int((np.maximum.accumulate(looks) - looks).max(initial=0))

fitting = [i for i in order if 4 <= len(sources[i]) <= 12 and found["attention"][i]][:300]
right = [i for i in fitting if found["attention"][i] == references[i]] or fitting or [order[0]]
for number, i in enumerate(sorted(right, key=lambda i: (-jump(i), i))[:2], start=1):
    words = [*shown(sources[i]).split(), "</s>"], [*shown(found["attention"][i]).split(), "</s>"]
    results.figure(f"alignment_{number}.svg", lambda path, i=i, words=words: viz.attention_heatmap(alignment(i), *words, path))

# %% [markdown]
# ## The two networks
#
# In the first every arrow from the source goes through one vector. In the second each step of the decoder has arrows of
# its own.

# %%
source, lengths, target = batch([min(train, key=lambda pair: len(pair[0]) + len(pair[1]))], *vocabs)
for name, model in models.items():
    drawing = td.draw(model, source, lengths, target[:, :-1], depth=1, values=False, parameters="hidden", max_steps=5)
    results.figure(f"network_{name}.svg", drawing.save)
results.write()
