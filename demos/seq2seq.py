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
from support import seq2seq_report as report
from support import translator
from support.alignment import alignment_figure
from support.parallel import batch, load_splits, parse_languages, shown
from support.run import Results, arguments
from support.training import saving
from tinydawn.metrics import bleu
from tinydawn.models import EncoderDecoder, Seq2Seq
from tinydawn.nn import functional as F

parser = arguments("Train translation with and without attention for the same time; "
                   "look at the alignments.")
saving(parser, "the model with attention, for beam_search.py")
options = parse_languages(parser)
results = Results("seq2seq", options, options.data or "toy grammar")

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
    weights = td.exp(scores) / td.exp(scores).sum()  # 2. scores become shares, a = softmax(ã)
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
train, validation, test = load_splits(options)
sources = [source for source, _ in test]
references = [target for _, target in test]
vocabs = translator.build_vocabs(train, translator.settings_for(options.data).min_freq)
sizes = translator.settings_for(options.data).sizes

CHEAPER = 1.3  # updates without attention that take the time of one with it
updates = {"attention": translator.updates_for(options, train, epochs=options.epochs or 4, quick=3)}
updates["no_attention"] = round(CHEAPER * updates["attention"])

models, curves, found = {}, {}, {}
for name, build in (("attention", Seq2Seq), ("no_attention", EncoderDecoder)):
    td.manual_seed(options.seed)
    model = models[name] = build(len(vocabs[0]), len(vocabs[1]), **sizes)
    curves[name] = translator.train_translator(
        options, model, train, vocabs, updates[name], name,
        watch=lambda model=model: translator.pairs_perplexity(model, validation[:300], *vocabs))
    found[name] = translator.translate_greedily(model, sources, *vocabs)
translator.save_translator(options, models["attention"], *vocabs, sizes)

# %% [markdown]
# ## What attention is worth
#
# BLEU over all test sentences, and by the length of the source. One vector holds a short sentence
# well enough; of a long one it loses the most [bleu_long_attention - bleu_long_no_attention > 5 +
# bleu_short_attention - bleu_short_no_attention]. Both are far above a translation word by word
# [bleu_no_attention > bleu_word_by_word + 10].

# %%
groups = report.by_length(sources)
scores = {name: report.bleu_of_groups(found[name], references, groups) for name in models}
report.print_heading(len(train), sources, groups)
for name, model in models.items():
    score = bleu(found[name], references).score
    perplexity = translator.pairs_perplexity(model, validation, *vocabs)
    seconds, _ = curves[name][-1]
    report.print_row(name, seconds, updates[name], perplexity, score, scores[name])
    results.metric(**{f"bleu_{name}": score, f"validation_perplexity_{name}": perplexity,
                      f"cpu_seconds_{name}": seconds, f"bleu_short_{name}": scores[name][0],
                      f"bleu_long_{name}": scores[name][-1]})
report.print_baselines(results, train, validation, test)
results.figure("length.svg", report.length_figure(scores, sources, groups))
results.figure("curves.svg", report.curves_figure(curves))

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
# By `attention` above, for a word that looks at two places. The library has the same weights for
# it, and the same context. Its score is divided by √H, which is only another unit of W_a, and keeps
# the softmax from sticking.

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
results.figure("attention_steps.svg", report.steps_figure(
    scores_.numpy(), weights.numpy(), h_enc.numpy(), context.numpy(), *words, t))

# %% [markdown]
# ## A batch: padding, and its mask
#
# Sentences of different lengths stand in one array, filled up with `<pad>`. The mask says what is a
# word. A score of -∞ where it is not gives a weight of exactly 0, and so a sentence is translated
# in a batch as it is alone [padding_changes < 0.0001]. Without the mask much of the attention falls
# on padding [percent_on_padding > 5]. Batches of sentences of one length have little of it
# [padding_percent_sorted < padding_percent_shuffled / 2].

# %%
pairs = report.of_different_lengths(test)
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
results.metric(padding_changes=changes, percent_on_padding=100 * unmasked[~mask].sum() / len(mask),
               **report.padding_percent(train, translator.settings_for(options.data).batch_size))
results.figure("padding.svg", report.padding_figure(pairs, mask, unmasked, masked))

# %% [markdown]
# ## Teacher forcing, and one wrong word
#
# In training every word is predicted from the *true* words before it. A translation has only its
# own, and one wrong word leads to others: the model has never seen what comes after a mistake. That
# is called exposure bias. Here it is measured: of each test sentence one word is replaced by a
# mistake of the model's own, the likeliest word that is wrong there. For the true words after it
# the model then asks for far more nats than after the true history, at the same places of the same
# sentences [nats_after_mistake > 3 * nats_after_truth].
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
results.figure("teacher_forcing.svg", report.mistake_figure(nats))

# %% [markdown]
# ## The two networks
#
# Unrolled over the same sentence. Without attention every arrow from the source goes through one
# vector. With it each step of the decoder has arrows of its own, as wide as its weights. (Boxes
# stand under the words that they give; s_t has read the words before, and the context.)

# %%
results.figure("network_attention.svg", report.network_figure(*words, alignment(i)))
results.figure("network_no_attention.svg", report.network_figure(*words, None))
results.write()
