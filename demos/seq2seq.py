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
import numpy as np

import tinydawn as td
from support import seq2seq_figures as figures
from support import seq2seq_report as report
from support.alignment import alignment_figure
from support.parallel import batch, shown
from tinydawn.metrics import bleu
from tinydawn.models import EncoderDecoder, Seq2Seq
from tinydawn.nn import functional as F

options, results, (train, validation, test), vocabs = report.begin()
sources = [source for source, _ in test]
references = [target for _, target in test]

# %% [markdown]
# ## What attention is: three steps
#
# Before each word the decoder asks all states of the encoder. S words of the source, D and H the
# widths of the two kinds of states. `h_dec` is the decoder's state *before* the word: the notes'
# h_(t-1), not h_t.

# %%
def attention(h_enc: td.Tensor, W_a: td.Tensor, h_dec: td.Tensor) -> tuple[td.Tensor, ...]:
    """For h_enc (S, D), W_a (D, H) and h_dec (H,): scores (S,), weights (S,), context (D,)."""
    scores = h_enc @ W_a @ h_dec  # 1. each state gets a score, ã_i = h_iᵀ W_a h_(t-1)   (S,)
    weights = F.softmax(scores, axis=0)  # 2. scores become shares, a = softmax(ã)   (S,)
    context = weights @ h_enc  # 3. the states' mean with these weights, c_t = Σ a_i h_i   (D,)
    return scores, weights, context

# %% [markdown]
# ## Training: the same for both
#
# Every word is predicted from the true words before it. Every target sentence ends in `</s>`, which
# is predicted like any word: leave it out, and the decoder never learns to stop.
#
# Time is what both get alike. An update without attention is cheaper, so that model gets more of
# them.

# %%
models, curves, found = {}, {}, {}
for name, build in (("attention", Seq2Seq), ("no_attention", EncoderDecoder)):
    td.manual_seed(options.seed)
    model = models[name] = report.sized(build, vocabs, options)
    curves[name] = report.trained(model, name, train, validation, vocabs, options)
    found[name] = report.translated(model, sources, vocabs)

# %% [markdown]
# ## What attention is worth
#
# BLEU over all test sentences, and by the length of the source. One vector holds a short sentence
# well enough; of a long one it loses the most [bleu_long_attention - bleu_long_no_attention > 5 +
# bleu_short_attention - bleu_short_no_attention]. Both are far above a translation word by word
# [bleu_no_attention > bleu_word_by_word + 10].
#
# Of the small language the true probabilities are known. Searched greedily they are no bound:
# greedy search falls into traps, and a model may by chance miss some of them [abs(bleu_attention -
# bleu_true_greedy) < 4]. Their likeliest sentences are better [bleu_true_best > bleu_attention +
# 2].

# %%
groups = report.by_length(sources)
scores = {name: [bleu([found[name][i] for i in group], [references[i] for i in group]).score
                 for group in groups] for name in models}  # a BLEU for each quarter
report.print_table(results, models, curves, found, scores, groups, (train, validation, test),
                   vocabs, options)
results.figure("length.svg", figures.length_figure(scores, sources, groups))
results.figure("curves.svg", figures.curves_figure(curves))

# %% [markdown]
# ## Alignments: where each word looks
#
# Row t has the weights with which word t was chosen. A row that jumps back to the left is word
# order that German and English do not share.

# %%
model = models["attention"]

@td.no_grad()
def alignment(i: int) -> np.ndarray:
    """Attention (T, S) of the translation of test sentence i, a row per word and one for </s>."""
    source, lengths, target = batch([(sources[i], found["attention"][i])], *vocabs)
    _, weights = model(source, lengths, target[:, :-1])  # (1, T, S)
    return weights.numpy()[0]

easy = report.easy_to_show(sources, found["attention"], references)
for number, i in enumerate(report.that_jump(alignment, easy), start=1):
    words = shown(sources[i]), shown(found["attention"][i])
    results.figure(f"alignment_{number}.svg", alignment_figure(alignment(i), *words))

# %% [markdown]
# ## The three steps, for one word of a sentence
#
# By `attention` above, for a word that looks at more than one place. The library has the same
# weights for it, and the same context. Its score is divided by √H, which is only another unit of
# W_a, and keeps the softmax from sticking.

# %%
i, t = report.of_two_minds(alignment, easy)
with td.no_grad():
    source, lengths, target = batch([(sources[i], found["attention"][i])], *vocabs)
    state = model.encode(source, lengths)
    for word in target[0, :t]:
        _, state = model.step(np.array([word]), state)  # it has read the words before word t + 1
    h_enc, h_dec = state["memory"].value[0], state["s"][0]  # (S, D), (H,)
    scores_, weights, context = attention(h_enc, model.bilinear * model.scale, h_dec)
    library_context, library_weights = model.attend(state["s"], state)  # (1, D), (1, S)
assert np.allclose(weights.numpy(), library_weights.numpy()[0], atol=1e-5)
assert np.allclose(context.numpy(), library_context.numpy()[0], atol=1e-5)
words = [*shown(sources[i]).split(), "</s>"], [*shown(found["attention"][i]).split(), "</s>"]
results.figure("attention_steps.svg", figures.steps_figure(
    scores_.numpy(), weights.numpy(), h_enc.numpy(), context.numpy(), *words, t))

# %% [markdown]
# ## A batch: padding, and its mask
#
# Sentences of different lengths stand in one array, filled up with `<pad>`. The mask says what is a
# word. A score of -∞ where it is not gives a weight of exactly 0, and so a sentence is translated
# in a batch as it is alone [padding_changes < 0.0001].
#
# Without the mask attention falls on padding too: its states are 0, and so are its scores, which is
# not little. How much depends on how much padding there is. In the batch below, one long sentence
# beside short ones, it is more than a third before the first word [percent_on_padding > 33]; over
# all test sentences, in batches as they come, a few per cent [1 < percent_on_padding_all < 6].
#
# Batches of sentences of one length have little padding [padding_percent_sorted <
# padding_percent_shuffled / 2].

# %%
pairs = report.one_long_among_short(test)
source, lengths, target = batch(pairs, *vocabs)  # (B, S), (B,), (B, T)
mask = np.arange(source.shape[1]) < lengths[:, None]  # (B, S)
with td.no_grad():
    state = model.encode(source, lengths)
    scores_ = (state["keys"].value @ state["s"].unsqueeze(2)).squeeze(2)  # (B, S)
    unmasked = F.softmax(scores_, axis=1).numpy()
    masked = F.softmax(scores_.masked_fill(~mask, -np.inf), axis=1).numpy()
    together, _ = model(source, lengths, target[:, :-1])  # (B, T-1, V)
    first = batch(pairs[:1], *vocabs)
    alone, _ = model(*first[:2], first[2][:, :-1])  # (1, T'-1, V), fewer steps
changes = np.abs(together.numpy()[0, :alone.shape[1]] - alone.numpy()[0]).max()
results.metric(padding_changes=changes, percent_on_padding=100 * unmasked[~mask].sum() / len(mask))
report.print_padding(results, model, train, test, vocabs, options)
results.figure("padding.svg", figures.padding_figure(pairs, mask, unmasked, masked))

# %% [markdown]
# ## Teacher forcing, and one wrong word
#
# In training every word is predicted from the *true* words before it. A translation has only its
# own, and the model has never seen what comes after a mistake. That is called exposure bias. Here
# one word of each test sentence is replaced by a mistake of the model's own, the likeliest word
# that is wrong there. The true word after it then costs far more nats than after the true history,
# at the same places of the same sentences [nats_after_mistake > 3 * nats_after_truth].
#
# Not all of that is exposure bias: after a wrong word the reference's next word need not be right
# any more. And the harm does not spread without end: by the fourth word it is gone, or nearly
# [nats_4_after_mistake < 2 * nats_4_after_truth].
#
# To compare word t of a translation with word t of the reference shows something else. There are
# many right translations, and most of the fall from teacher forcing to running free a perfect
# translator has as well [accuracy_teacher_forced - accuracy_true_best > 3 * (accuracy_true_best -
# accuracy_free_running)].

# %%
@td.no_grad()
def log_p(source: np.ndarray, lengths: np.ndarray, history: np.ndarray) -> np.ndarray:
    """log p of every word after each of history (B, T): (B, T, V)."""
    logits, _ = model(source, lengths, history)
    return F.log_softmax(logits, axis=-1).numpy()

rng = np.random.default_rng(options.seed)
forced = []  # the likeliest words, each after the true words, up to the first </s>
nats = report.Nats()
for part in report.batches_of(test):
    source, lengths, target = batch(part, *vocabs)
    after_truth = log_p(source, lengths, target[:, :-1])  # [b, t] is of word t + 1
    forced += [vocabs[1].decode(row) for row in after_truth.argmax(axis=-1)]

    wrong, places = target.copy(), [int(rng.integers(1, len(words))) for _, words in part]
    for b, k in enumerate(places):
        p = after_truth[b, k - 1].copy()
        p[report.right_ids(part[b], k, vocabs[1], toy=options.data is None)] = -np.inf
        wrong[b, k] = p.argmax()  # a mistake of its own
    nats.add(after_truth, log_p(source, lengths, wrong[:, :-1]), target, places)

# %%
free = found["attention"]
results.metric(**nats.means(), accuracy_teacher_forced=report.share_in_place(forced, references),
               accuracy_free_running=report.share_in_place(free, references),
               bleu_teacher_forced=bleu(forced, references).score)
report.print_teacher_forcing(results)
results.figure("teacher_forcing.svg", figures.mistake_figure(nats))

# %% [markdown]
# ## The two networks
#
# Unrolled over the same sentence. Without attention every arrow from the source goes through one
# vector. With it each step of the decoder has arrows of its own, as wide as its weights. Boxes
# stand under the words that they give; s_t reads the word before, the context, and s_(t-1). The
# first, s_0, comes from the encoder's last state of each direction.

# %%
results.figure("network_attention.svg", figures.network_figure(*words, alignment(i)))
results.figure("network_no_attention.svg", figures.network_figure(*words, None))
results.write()
