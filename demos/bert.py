# %% [markdown]
# # BERT: guess the hidden words
#
# A Transformer reads a whole sentence at once, left and right, so it cannot be asked for the next
# word: it has seen it. BERT hides some words behind [MASK] and asks for those. There are no labels;
# any text will do.
#
#     python demos/bert.py                     a small language, whose best possible guess is known
#     python demos/bert.py --data ptb --save bert.safetensors    news; about six minutes on one core
#     python demos/bert.py --data ptb --load bert.safetensors --fill "the bank will [MASK] it"
#     python demos/bert.py --data my.txt --level pieces --whole-words

# %%
from collections import Counter

import numpy as np

import tinydawn as td
from support import bert_input, bert_report, bert_texts, masked
from support.bert_report import half_width, show_accuracy
from support.own_text import epochs_for
from support.run import Results, arguments, parse
from support.small_language import posteriors
from support.training import save_model, training
from tinydawn import nn, optim, text
from tinydawn.models.bert import BertForPreTraining
from tinydawn.nn import functional as F

parser = arguments("Pretrain a small BERT on hidden words, beside the mean of a window (CBOW) on "
                   "the same hidden words.")
bert_texts.bert_flags(parser)
options = parse(parser)
toy = options.data is None
results = Results("bert", options, options.data or "a small language")

# %% [markdown]
# ## The text: [CLS] words [SEP]
#
# Of pairs of sentences, [CLS] A [SEP] B [SEP], each token has three vectors, which are added: of
# the word, of the segment (A or B), of the position. The picture input.svg shows them. Here
# sentences come alone; pairs are in next_sentence.py.

# %%
texts = bert_texts.read(options.data, (3000, 300) if options.quick else None, options.level,
                        64 if toy else 96, options.load)
train, dev, never, start = texts.train, texts.dev, texts.never, texts.start
pieces, V = start.pieces, len(start.pieces)
filled = bert_report.sentences_to_fill(options.fill, options.data, texts.words["validation"], start)
lengths = [len(ids) for ids, _ in train]
print(f"{len(train):,} sentences of {np.mean(lengths):.1f} tokens; V = {V:,} {start.level}")
results.figure("input.svg", bert_input.embeddings_figure())

# %% [markdown]
# ## What is hidden
#
# 15 % of the words of a sentence are chosen, in whole numbers: of the small language's seven or
# nine words one, so some 13.7 % [0.13 < share_chosen < 0.145]. Of these 80 % become [MASK]
# [abs(share_masked - 0.8) < 0.02], 10 % a random word [abs(share_replaced - 0.1) < 0.02], 10 %
# stay [abs(share_kept - 0.1) < 0.02]. One draw decides between the three; a second draw for what
# the first one left would make it 80, 2, 18. The masks are drawn anew in each epoch (dynamic
# masking); the first BERT kept ten.
#
# The notes write: "if we only add loss for masked tokens, then the transformer would not build good
# representations for nonmasked tokens", and then the 10 % and 10 %. Which does not mean a loss on
# all tokens: it stays on the 15 %. But some of those look like any other word, true or false, so
# that each word that is read must be doubted, and looked at. The last part measures what that does.

# %%
def hide(ids: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Ids (B, T) -> what BERT is shown (B, T), and which words it is asked for (B, T)."""
    is_word = ~np.isin(ids, never)  # (B, T)
    wanted = np.rint(0.15 * is_word.sum(axis=1))  # (B,)
    wanted = np.maximum(wanted, is_word.any(axis=1))  # at least one
    lots = np.where(is_word, rng.random(ids.shape), 2)  # (B, T): others than words are last
    # argsort says which place is k-th; of that, argsort says the k of each place: its rank
    rank = lots.argsort(axis=1).argsort(axis=1)  # (B, T)
    chosen = is_word & (rank < wanted[:, None])  # (B, T)

    draw = rng.random(ids.shape)  # (B, T): one draw decides
    shown = np.where(chosen & (draw < 0.8), pieces.mask_id, ids)  # (B, T)
    to_replace = chosen & (draw >= 0.8) & (draw < 0.9)  # (B, T)
    ordinary = np.setdiff1d(np.arange(V), never)
    shown[to_replace] = ordinary[rng.integers(len(ordinary), size=to_replace.sum())]
    return shown, chosen

# %%
shown = masked.masked_batch(train, range(min(400 if options.quick else 8000, len(train))), pieces,
                            never, np.random.default_rng(options.seed), options.whole_words)
truth, _, _ = text.pad_segments(train[:len(shown.ids)], pieces.pad_id)  # (B, T)
if not options.whole_words:  # the library's masks are these
    by_hand, by_hand_chosen = hide(truth, np.random.default_rng(options.seed))
    assert (by_hand == shown.ids).all()
    assert (by_hand_chosen == (shown.targets >= 0)).all()

is_word = ~np.isin(truth, never)  # (B, T)
chosen = shown.targets >= 0  # (B, T)
is_masked = chosen & (shown.ids == pieces.mask_id)
kept = chosen & (shown.ids == truth)
kinds = np.select([is_masked, kept, chosen], [1, 3, 2], 0)  # (B, T): chosen and neither is replaced
results.metric(share_chosen=chosen.sum() / is_word.sum())
print(f"\nchosen: {chosen.sum():,} of {is_word.sum():,} tokens, "
      f"{chosen.sum() / is_word.sum():.1%}; of these")
for kind, name in ((1, "masked"), (2, "replaced"), (3, "kept")):
    share = float((kinds[chosen] == kind).mean())
    results.metric(**{f"share_{name}": share})
    print(f"  {name:9}{share:7.2%} +- {half_width(share, chosen.sum()):.2%} (95 % interval)")
results.figure("batch.svg", bert_report.batch_figure(shown.ids, truth, kinds, shown.real, pieces))

# %% [markdown]
# ## The model: every word looks at all others
#
# Nothing hides what comes later, as it would in a language model. The output matrix is the table of
# the word vectors (tied). The product with its V rows is done for the N chosen words only.

# %%
def guess_words(model: BertForPreTraining, ids: np.ndarray, segments: np.ndarray, real: np.ndarray,
                chosen: np.ndarray) -> td.Tensor:
    """What BertForPreTraining computes, without dropout: logits (N, V) of the chosen words."""
    word = model.bert.embeddings.word_embeddings  # (V, D)
    place = model.bert.embeddings.position_embeddings  # (longest, D)
    segment = model.bert.embeddings.token_type_embeddings  # (2, D): which of two sentences
    x = word(ids) + place(np.arange(ids.shape[1])) + segment(segments)  # (B, T) -> (B, T, D)
    x = model.bert.embeddings.LayerNorm(x)
    for layer in model.bert.encoder.layer:  # attention, then a small network at each place
        x = layer(x, real[:, None, None, :])  # (B, T, D); the mask (B, 1, 1, T) hides padding alone
    x = x.flatten(0, 1)[np.flatnonzero(chosen)]  # (B, T, D) -> (N, D)
    head = model.cls.predictions
    x = head.transform.LayerNorm(F.gelu(head.transform.dense(x)))  # (N, D)
    return x @ word.weight.T + head.bias  # (N, D) @ (D, V) -> (N, V)

# %%
def new_bert() -> BertForPreTraining:
    td.manual_seed(options.seed)
    return BertForPreTraining(V, **start.sizes)

model = new_bert()
window = masked.WindowMean(V, 96, pieces.special_ids)
with td.no_grad():
    few = [part[:8] for part in shown[:3]] + [chosen[:8]]  # ids, segments, what is real; chosen
    np.testing.assert_allclose(guess_words(model, *few).numpy(), model(*few)[0].numpy(), atol=1e-4)

# %% [markdown]
# ## How many of the hidden words does it find?
#
# The held-out questions are the same for all, with every chosen word hidden. Of the small language
# we know p of each word, given all that is seen, so luck can be left out: a guess is not right or
# wrong, it is right with this probability. The best possible guess is the word with the greatest p,
# and nothing can be above it.

# %%
questions = masked.held_out(dev, pieces, never, masked=1.0, replaced=0.0)
known = posteriors(questions, pieces) if toy else None  # (N, V)

def share_right(guess: np.ndarray, true: np.ndarray) -> float:
    """How often guesses (N,) are right: of the small language in the long run, else in this one."""
    if known is None:
        return float((guess == true).mean())
    return float(known[np.arange(len(guess)), guess].mean())

usual = 3 if toy else epochs_for(options.data, 8, 972_000, sum(lengths))  # 8 on ptb
epochs = options.epochs or (1 if options.quick else usual)

# %% [markdown]
# ## Training: the loss is taken where a target is, and nowhere else
#
# The same loop trains BERT and, for comparison, the mean of the vectors of five words on each side
# (CBOW of word2vec, asked for the same words). The rate warms up: LayerNorm after each addition, as
# in the first Transformer, needs that.

# %%
def train_model(model: nn.Module, lr: float, label: str,
                **shares: float) -> list[tuple[float, float]]:
    """Train, and return by epoch how many hidden words of held-out sentences it finds."""
    steps = epochs * len(text.bucket_batches(lengths, 32))
    optimizer = masked.adamw(model, lr)
    schedule = optim.get_linear_schedule_with_warmup(optimizer, min(300, steps // 5), steps)
    rng = np.random.default_rng(options.seed)
    kept = {"curve": [], "queue": []}
    for step, bar in training(options, steps, model, optimizer, schedule, kept, label,
                              {"masks": rng}):
        kept["queue"] = kept["queue"] or text.bucket_batches(lengths, 32, seed=rng)
        ids, segments, real, targets = masked.masked_batch(
            train, kept["queue"].pop(), pieces, never, rng, options.whole_words, **shares)
        logits, _ = model(ids, segments, real, targets >= 0)  # (N, V)
        loss = F.cross_entropy(logits, targets[targets >= 0])
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if (step + 1) % max(1, steps // 8) == 0:
            guess, true, _ = masked.log_probs(model, questions)
            kept["curve"].append((epochs * (step + 1) / steps, share_right(guess, true)))
            bar.set_postfix(loss=f"{loss.item():.2f}", held_out=f"{kept['curve'][-1][1]:.3f}")
    return kept["curve"]

# %%
curves = {}
if start.weights:
    model.load_state_dict(start.weights)
else:
    curves["mean of a window (CBOW)"] = train_model(window, 5e-3, "window mean")
    curves["BERT"] = train_model(model, 3e-3 if toy else 2e-3, "BERT")
if options.save:
    save_model(options.save, model, **start.about)

# %% [markdown]
# ## The numbers
#
# BERT, which sees the whole sentence in its order, finds more than the mean of a window
# [masked_accuracy > window_mean_accuracy + 0.05], and that more than "always the most frequent
# word" [window_mean_accuracy > most_frequent_accuracy + 0.1]. With luck left out it comes up to
# the best possible, and not above [best_possible_accuracy - 0.03 < masked_accuracy_without_luck
# <= best_possible_accuracy]. Few words were replaced or kept: see how wide their intervals are.

# %%
guess, true, log_p = masked.log_probs(model, questions)  # (N,) each
counts = Counter(i for ids, _ in train for i in ids if i not in never)
frequent = counts.most_common(1)[0][0]
always = np.full_like(true, frequent)  # (N,)
always_right = share_right(always, true)
print(f"\n{len(true):,} hidden words of held-out sentences, with 95 % intervals")
show_accuracy(results.baseline, "most_frequent_accuracy", f"always {pieces.tokens[frequent]!r}",
              always, true)
if not start.weights:
    window_guess, _, _ = masked.log_probs(window, questions)
    show_accuracy(results.baseline, "window_mean_accuracy", "mean of a window", window_guess, true)
show_accuracy(results.metric, "masked_accuracy", "BERT", guess, true)
results.metric(pseudo_perplexity=np.exp(-log_p.mean()))
if toy:
    best = known.max(axis=1).mean()
    results.metric(masked_accuracy_without_luck=share_right(guess, true))
    results.baseline(best_possible_accuracy=best)
    print(f"{'BERT, luck left out':42}{share_right(guess, true):7.3f}\n"
          f"{'the best possible, luck left out':42}{best:7.3f}")
elif pieces.unk_id not in never and frequent == pieces.unk_id:
    words = true != pieces.unk_id
    show_accuracy(results.metric, "masked_accuracy_known", "BERT, where the answer is not [UNK]",
                  guess[words], true[words])

# %%
mixed = masked.held_out(dev, pieces, never)  # now as in training: 80, 10, 10
guess, true, _ = masked.log_probs(model, mixed)
seen = np.concatenate([batch.ids[batch.targets >= 0] for batch in mixed])  # (N,)
for name, which in (("masked", seen == pieces.mask_id),
                    ("replaced", (seen != true) & (seen != pieces.mask_id)),
                    ("kept", seen == true)):
    show_accuracy(results.metric, f"accuracy_{name}", f"  of 80/10/10, what was {name}",
                  guess[which], true[which])

# %% [markdown]
# ## What do 10 % and 10 % change?
#
# A BERT that knows [MASK] alone has never been asked at a word that it sees. There it names the
# word less often than where it is hidden [visible_mask_alone < masked_accuracy - 0.05]; one that
# was trained with 80/10/10 names it far more often [visible_80_10_10 > visible_mask_alone + 0.15],
# not always, as what it sees may be false. That is what the notes mean by good representations of
# tokens that are not masked.

# %%
if toy:
    only = new_bert()
    train_model(only, 3e-3, "[MASK] alone", masked=1.0, replaced=0.0)
    visible = masked.held_out(dev, pieces, never, masked=0.0, replaced=0.0)  # all as they are
    for name, trained in (("80 10 10", model), ("mask alone", only)):
        guess, true, _ = masked.log_probs(trained, visible)
        show_accuracy(results.metric, f"visible_{name.replace(' ', '_')}",
                      f"a word that stands there, {name}", guess, true)

# %% [markdown]
# ## Fill-ins

# %%
model.eval()
for sentence in filled:
    ids = masked.numbers(sentence.split(), pieces, start.level)
    ids, segments = text.pack(ids, None, pieces.cls_id, pieces.sep_id)
    with td.no_grad():
        logits, _ = model(np.array([ids]), np.array([segments]))  # (1, T) -> (T, V)
    p = F.softmax(logits).numpy()  # (T, V)
    for t in np.flatnonzero(np.array(ids) == pieces.mask_id):
        best = [i for i in np.argsort(-p[t]) if i not in pieces.special_ids][:5]
        print(f"{sentence}\n    " + ", ".join(f"{pieces.tokens[i]} {p[t, i]:.2f}" for i in best))

# %%
if curves:
    bert_report.accuracy_figure(results, curves, always_right)
results.write()
