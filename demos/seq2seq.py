# %% [markdown]
# # Translation with and without attention
#
# An encoder reads the sentence, a decoder writes its translation word by word. Without attention
# all that the decoder gets is the encoder's last states: one vector, however long the sentence.
# With attention it looks at all states again before each word, and learns where to look. Both are
# trained here for the same time.
#
#     python demos/seq2seq.py                     a small language made on the spot
#     python demos/seq2seq.py --data multi30k     German to English
#     python demos/seq2seq.py --data tatoeba      English to Chinese, by character

# %%
import math
import time

import numpy as np

import tinydawn as td
from support.own_text import epochs_for
from support.parallel import (
    TOKENS,
    baselines,
    batch,
    load_splits,
    parse_languages,
    print_baselines,
    shortest,
)
from support.run import Results, arguments
from support.seq2seq_report import (
    alignment_figure,
    bleu_of_groups,
    by_length,
    curves_figure,
    length_figure,
    print_heading,
    print_row,
    print_teacher_forcing,
    teacher_forcing_figure,
)
from support.training import saving, training
from support.translator import (
    build_vocabs,
    pairs_perplexity,
    save_translator,
    settings_for,
    translate_greedily,
    translation_loss,
)
from tinydawn import nn, optim, text
from tinydawn.metrics import bleu
from tinydawn.models import EncoderDecoder, Seq2Seq
from tinydawn.nn import functional as F

parser = arguments("Train translation with and without attention for the same time; "
                   "look at the alignments.")
saving(parser, "the model with attention, for beam_search.py")
options = parse_languages(parser)
results = Results("seq2seq", options, options.data or "toy grammar", graphs=True)

# %% [markdown]
# ## What attention is
#
# Before each word the decoder's state s asks the encoder's states h_1 .. h_S. Each gets a score,
# h_iᵀ W s; a softmax makes weights of the scores, and the decoder gets the mean of the states with
# these weights. Without attention it gets the same vector before each word.
#
# S words of the source, T of the target, B sentences a batch, V words in all; D and H are the
# widths of h and s.

# %%
def attend(h: td.Tensor, W: td.Tensor, s: td.Tensor) -> tuple[td.Tensor, td.Tensor]:
    """For encoder states h (S, D) and a decoder state s (H,): context (D,), weights (S,)."""
    scores = h @ W @ s / math.sqrt(len(s))  # (S, D) @ (D, H) @ (H,) -> (S,)
    weights = F.softmax(scores, axis=0)  # (S,)
    return weights @ h, weights  # (S,) @ (S, D) -> (D,)

# %% [markdown]
# ## The data, and the sizes that suit it
#
# Every target sentence ends in `</s>`, which is predicted like any word. Leave it out, and the
# decoder never learns to stop.

# %%
train, validation, test = load_splits(options)
sources = [source for source, _ in test]
references = [target for _, target in test]
settings = settings_for(options.data)
usual = epochs_for(options.data, 4, 29_000, len(train))  # 4 on multi30k
epochs = options.epochs or (5 if options.quick else usual)
vocabs = build_vocabs(train, settings.min_freq)

# %% [markdown]
# ## Training: the loop is the same for both
#
# Time is what both get alike. An update without attention is cheaper, so that model gets more of
# them. The number is fixed, not read off a clock, so that the same seed gives the same model; the
# seconds that each took are printed.

# %%
CHEAPER = 1.3  # updates without attention that take the time of one with it

def train_model(name: str, model: nn.Module, updates: int) -> list[tuple[float, float]]:
    """Train, and return (CPU seconds so far, perplexity of validation sentences) of some steps."""
    optimizer = optim.Adam(model.parameters(), lr=settings.learning_rate)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, updates // 20, updates)
    lengths = [len(target) for _, target in train]
    kept: dict = {"curve": [], "seconds": 0.0, "queue": []}  # what --resume has to put back
    for step, bar in training(options, updates, model, optimizer, schedule, kept, name):
        started = time.process_time()
        if not kept["queue"]:
            kept["queue"] = text.bucket_batches(lengths, settings.batch_size,
                                                seed=options.seed + step + 1, max_tokens=TOKENS)
        pairs = [train[i] for i in kept["queue"].pop()]
        loss = translation_loss(model, *batch(pairs, *vocabs))  # (B, S), (B,), (B, T) -> ()
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        kept["seconds"] += time.process_time() - started

        if (step + 1) % max(1, updates // 8) == 0 or step + 1 == updates:
            model.eval()
            value = pairs_perplexity(model, validation[:300], *vocabs)
            model.train()
            kept["curve"].append((kept["seconds"], value))
            bar.set_postfix(perplexity=f"{value:.2f}")
    model.eval()  # from here on nothing is dropped
    return kept["curve"]

steps_per_epoch = len(text.bucket_batches([len(target) for _, target in train],
                                          settings.batch_size, max_tokens=TOKENS))
updates = {"attention": epochs * steps_per_epoch,
           "no_attention": round(CHEAPER * epochs * steps_per_epoch)}
models, curves, found = {}, {}, {}
for name, build in (("attention", Seq2Seq), ("no_attention", EncoderDecoder)):
    td.manual_seed(options.seed)
    models[name] = build(len(vocabs[0]), len(vocabs[1]), **settings.sizes)
    curves[name] = train_model(name, models[name], updates[name])
    found[name] = translate_greedily(models[name], sources, *vocabs)
save_translator(options, models["attention"], *vocabs, settings.sizes)

# %% [markdown]
# ## What attention is worth
#
# BLEU over all test sentences, and by the length of the source: one vector holds a short sentence
# well enough.

# %%
baselines(results, train, validation, test, toy=options.data is None)
groups = by_length(sources)
scores = {name: bleu_of_groups(found[name], references, groups) for name in models}
print_heading(len(train), sources, groups)
for name, model in models.items():
    score = bleu(found[name], references).score
    perplexity = pairs_perplexity(model, validation, *vocabs)
    seconds, _ = curves[name][-1]
    print_row(name, seconds, updates[name], perplexity, score, scores[name])
    results.metric(**{f"bleu_{name}": score, f"validation_perplexity_{name}": perplexity,
                      f"cpu_seconds_{name}": seconds, f"bleu_short_{name}": scores[name][0],
                      f"bleu_long_{name}": scores[name][-1]})
print_baselines(results)
results.figure("length.svg", length_figure(scores, sources, groups))
results.figure("curves.svg", curves_figure(curves))

# %% [markdown]
# ## Teacher forcing and running free
#
# In training every word is predicted from the *true* words before it. A translation has only its
# own, and one wrong word leads to others. So the share of words guessed right with teacher forcing
# left on at test flatters the model; and the BLEU of those guesses is no system's, as they were
# never one sentence: on the made-up language it is too high, on Multi30k too low.

# %%
@td.no_grad()
def teacher_forced(pairs: list) -> list[list[str]]:
    """The likeliest word at each place, each after the true words, up to the first </s>."""
    guesses = []
    for part in text.cut_batches([len(target) for _, target in pairs], 100, TOKENS):
        source, lengths, target = batch([pairs[i] for i in part], *vocabs)
        logits, _ = models["attention"](source, lengths, target[:, :-1])  # (B, T-1, V)
        likeliest = logits.argmax(axis=-1).numpy()  # (B, T-1)
        guesses += [vocabs[1].decode(row) for row in likeliest]
    return guesses

def right_by_place(outputs: list[list[str]]) -> dict[int, list[bool]]:
    """For each place t = 1, 2, ...: whether word t is the reference's, of each sentence so long."""
    right: dict[int, list[bool]] = {}
    for output, reference in zip(outputs, references, strict=True):
        for t, word in enumerate(reference):
            right.setdefault(t + 1, []).append(output[t:t + 1] == [word])
    return right

forced, free = teacher_forced(test), found["attention"]
right_forced, right_free = right_by_place(forced), right_by_place(free)
accuracy_forced = np.mean([hit for hits in right_forced.values() for hit in hits])
accuracy_free = np.mean([hit for hits in right_free.values() for hit in hits])
bleu_forced, bleu_free = bleu(forced, references).score, bleu(free, references).score
print_teacher_forcing(accuracy_forced, accuracy_free, bleu_forced, bleu_free,
                      results.record["baselines"].get("bleu_true_best"))
results.metric(accuracy_teacher_forced=accuracy_forced, accuracy_free_running=accuracy_free,
               bleu_teacher_forced=bleu_forced)
results.figure("teacher_forcing.svg", teacher_forcing_figure(right_forced, right_free))

# %% [markdown]
# ## Alignments: where each word looks
#
# The weights of row t are those with which word t was chosen: they come from the decoder's state
# *before* it, the h_(t-1) of the notes. A row that jumps back to the left is word order that German
# and English do not share.

# %%
@td.no_grad()
def alignment(i: int) -> np.ndarray:
    """Attention (T, S) of the translation of test sentence i, a row per word and one for </s>."""
    source, lengths, target = batch([(sources[i], found["attention"][i])], *vocabs)
    _, attention = models["attention"](source, lengths, target[:, :-1])  # (1, T, S)
    return attention.numpy()[0]

def jump(i: int) -> int:
    """The longest way back to the left, in words, that the attention goes in test sentence i."""
    looks = alignment(i)[:-1].argmax(axis=1)  # (T-1,)
    return int((np.maximum.accumulate(looks) - looks).max(initial=0))

# The first row once more, by `attend`, from the states before the first word.
with td.no_grad():
    source, lengths, _ = batch(test[:1], *vocabs)
    state = models["attention"].encode(source, lengths)
    h, s = state["memory"].value[0], state["s"][0]  # (S, D), (H,)
    _, weights = attend(h, models["attention"].bilinear, s)  # (S,)
assert np.allclose(weights.numpy(), alignment(0)[0], atol=1e-4)

in_order = [i for group in groups for i in group]
fitting = [i for i in in_order if 4 <= len(sources[i]) <= 12 and found["attention"][i]][:300]
right = [i for i in fitting if found["attention"][i] == references[i]]
candidates = right or fitting or [in_order[0]]
for number, i in enumerate(sorted(candidates, key=lambda i: (-jump(i), i))[:2], start=1):
    figure = alignment_figure(alignment(i), sources[i], found["attention"][i])
    results.figure(f"alignment_{number}.svg", figure)

# %% [markdown]
# ## The two networks
#
# Without attention every arrow from the source goes through one vector. With it each step of the
# decoder has arrows of its own.

# %%
source, lengths, target = batch([shortest(train)], *vocabs)
for name, model in models.items():
    drawing = td.draw(model, source, lengths, target[:, :-1], depth=1, values=False,
                      parameters="hidden", max_steps=5)
    results.figure(f"network_{name}.svg", drawing.save)
results.write()
