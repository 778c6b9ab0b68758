# %% [markdown]
# # Words as vectors
#
# Words that stand among the same words mean alike. Three ways to make vectors of that: count and
# factorise (PPMI and a truncated SVD, the heir of LSA), guess the word from its neighbours (CBOW),
# guess the neighbours from the word (skip-gram), the last two by telling true pairs from random
# ones (negative sampling). None of them has seen a label; one sees the neighbours of words, and how
# often the nearest word means the like.
#
#     python demos/word_vectors.py                   the English that Python carries, a minute
#     python demos/word_vectors.py --data brown      a million words; word similarity and analogies
#                                                    by people
#     python demos/word_vectors.py --data brown --method svd     counting only: a few seconds

# %%
import time
from itertools import chain

import numpy as np
from tqdm import tqdm

from support.run import Results, parse
from support.word_vectors_run import (
    check,
    flags,
    groups_on_the_map,
    groups_to_draw,
    judge,
    key,
    load_text,
    map_figure,
    nearest_is_alike,
    settings_of,
    words_to_show,
)
from tinydawn import optim, text
from tinydawn.models import CBOW, SkipGram
from tinydawn.models.word2vec import Noise, batches, cbow_windows, skip_gram_pairs, subsample
from tinydawn.text.vectors import WordVectors, cooccurrence, ppmi, truncated_svd

# %%
parser = flags()
options = parse(parser)
check(parser, options)
results = Results("word_vectors", options, options.data or "pydoc_data.topics")

# %% [markdown]
# ## The words

# %%
sentences = load_text(options)
rare = 1 if len(sentences) < 200 else 3
vocab = text.Vocab.build(sentences, min_freq=rare, max_size=options.size + 4)
tokens = vocab.tokens[4:]  # without <unk> and the other special tokens
ids = [vocab.encode(sentence) for sentence in sentences]
counts = np.bincount(list(chain.from_iterable(ids)), minlength=len(vocab))  # (V + 4,)
counts[:4] = 0
total = sum(map(len, sentences))
print(f"{total:,} words, of which the {len(tokens):,} that get a vector "
      f"make {counts.sum() / total:.1%}")
width = min(options.width, len(tokens) - 1)  # D
people = ("ws353", "men", "simlex") if options.data == "brown" else ()
pairs = {name: text.load_similarity(name) for name in people}  # how alike people find two words
questions = text.load_analogies() if options.data == "brown" else {}
asked_for = words_to_show(options.words, tokens)  # whose neighbours are printed at the end

# %% [markdown]
# ## Counting: PPMI and SVD
#
# n(w, c) counts how often c stands at most five words from w, a distance of d as 1/d. PPMI keeps
# what is more frequent than chance, max(0, log p(w, c) / (p(w) p(c))); the SVD, U s V^T, keeps the
# hundred directions that matter most. A word's vector is its row of U sqrt(s).

# %%
trained: dict[str, WordVectors] = {}
if options.method in ("all", "svd"):
    started = time.process_time()
    near = cooccurrence([np.subtract(row, 4) for row in ids], len(tokens))  # (V, V)
    matrix = ppmi(near, smoothing=0.75)  # (V, V)
    counted = time.process_time() - started
    u, s, _ = truncated_svd(matrix, width, seed=options.seed)  # (V, D), (D,)
    trained["PPMI + SVD"] = WordVectors(tokens, u * np.sqrt(s))  # (V, D)
    seconds = time.process_time() - started
    judge(results, pairs, "PPMI + SVD", trained["PPMI + SVD"], seconds)

# %%
if options.method in ("all", "svd"):
    if pairs and not options.quick:  # which of the parts does it need?
        judge(results, pairs, "PPMI, no SVD", WordVectors(tokens, matrix), counted)
        judge(results, pairs, "SVD of PPMI without s", WordVectors(tokens, u), seconds)
        others = {
            "SVD of raw counts": near,
            "SVD of log counts": np.log1p(near),
            "SVD of PPMI unsmoothed": ppmi(near, smoothing=1.0),
            "SVD of PPMI shift 5": ppmi(near, shift=5),
        }
        for name, table in others.items():
            started = time.process_time()
            u, s, _ = truncated_svd(table, width, seed=options.seed)
            vectors = WordVectors(tokens, u * np.sqrt(s))
            judge(results, pairs, name, vectors, time.process_time() - started)
        del others, table
    del near, matrix

# %% [markdown]
# ## Guessing: word2vec
#
# Six questions with yes or no: a true pair and five random ones; is this one true? A pair scores
# u_c . v_w, or with the mean of v over the words around: the loss is -log sigmoid(score) of the
# true one, and -log sigmoid(-score) of each random one. Random words are drawn by their count to
# the power .75; of frequent words many occurrences are left out. The loss starts at 6 log 2 = 4.16
# nats: each question a coin. Who knows that one pair in six is true, and nothing else, always says
# 1/6 and pays 2.70. Both end below this [loss_cbow < loss_one_in_six - 0.2 and loss_skipgram <
# loss_one_in_six - 0.4]. It is no large gain, as many a random word could well stand there.


# %%
def learn(name: str, kind: type[SkipGram], learning_rate: float) -> tuple[WordVectors, float]:
    """The vectors, and the loss of the last 100 batches."""
    rng, noise = np.random.default_rng(options.seed), Noise(counts)
    model = kind(len(vocab), width)
    optimizer = optim.Adam(model.parameters(), lr=learning_rate)
    losses: list[float] = []
    with tqdm(total=epochs, desc=name, unit="epoch", mininterval=0.5) as progress:
        for _ in range(epochs):
            kept = [row[row > 3] for row in subsample(ids, counts, threshold, rng)]
            kept = [row for row in kept if len(row) > 1]
            pairs_of = cbow_windows if kind is CBOW else skip_gram_pairs
            asked, true = pairs_of(kept, 5, rng)  # words within 5, or one of them; a word
            for given, word in batches(asked, true, 1024):  # (B, C) or (B,); (B,)
                random_words = noise.draw((len(word), 5), rng)  # (B, 5)
                candidates = np.concatenate([word[:, None], random_words], axis=1)  # (B, 6)
                loss = model.loss(given, candidates)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            progress.update()
            progress.set_postfix(loss=f"{np.mean(losses[-100:]):.2f}")
    return WordVectors(tokens, model.embedding.weight.numpy()[4:]), np.mean(losses[-100:])

# %%
# threshold: the share of the text above which occurrences of a word are left out
epochs, threshold = settings_of(options, total)
for name, kind, learning_rate in (("CBOW", CBOW, 5e-3), ("skip-gram", SkipGram, 2e-3)):
    if options.method in ("all", key(name)):
        started = time.process_time()
        trained[name], loss = learn(name, kind, learning_rate)
        results.metric(**{f"loss_{key(name)}": loss})
        seconds = time.process_time() - started
        judge(results, pairs, f"{name}, loss {loss:.2f}", trained[name], seconds)
coin, one_in_six = 6 * np.log(2), np.log(6) + 5 * np.log(6 / 5)
results.baseline(loss_guessing=coin, loss_one_in_six=one_in_six)
print(f"loss of who always says 1/2: {coin:.2f}, of who always says 1/6: {one_in_six:.2f}")
if pairs:
    drawn = np.random.default_rng(options.seed).standard_normal((len(tokens), width))
    rho, *_ = WordVectors(tokens, drawn).word_similarity(pairs["ws353"])
    results.baseline(ws353_spearman_random_vectors=rho)
    print(f"random vectors: ws353 {rho:.3f}. Correlations compare only at like coverage.")

# %% [markdown]
# ## Neighbours
#
# Who stands among the same words may well mean the opposite: by counting the nearest to "true" is
# "false", and to "left" it is "right" [nearest_to_true_is_false == 1 and nearest_to_left_is_right
# == 1].

# %%
first, vectors = next(iter(trained.items()))
for word in asked_for:
    for name, found in trained.items():
        nearest = [near for near, cosine in found.neighbours(word, 8)]
        print(f"{word:10} {name:12} {' '.join(nearest)}")

for word, opposite in (("true", "false"), ("left", "right")):
    if word in vectors:
        (nearest, _), = vectors.neighbours(word, 1)
        results.metric(**{f"nearest_to_{word}_is_{opposite}": nearest == opposite})

# %% [markdown]
# ## Analogies: a is to b as c is to ...
#
# With --data brown. The answer is the word nearest to b - a + c, without the three words of the
# question, one of which is often the nearest: what is right if they may answer is printed too. On a
# million words few of the questions are covered at all; where few are, the share of right ones
# says little.

# %%
if questions:
    for name, found in trained.items():
        parts = list(found.analogies(questions, exclude=True).values())
        right = sum(part.right for part in parts)
        known = sum(part.covered for part in parts)
        asked = sum(part.total for part in parts)
        with_question = sum(part.right for part in found.analogies(questions, False).values())
        share = right / max(known, 1)
        print(f"{name:12} {right:,} of {known:,} right ({share:.1%}); {known / asked:.0%} of all "
              f"questions are covered; {with_question} right if the words of the question "
              "may answer")
        results.metric(**{f"analogies_{key(name)}": share}, analogies_coverage=known / asked)

# %% [markdown]
# ## A map, and how often the nearest word means the like
#
# Six groups of six words that a reader would put together. Of each word the nearest of the other 35
# is mostly of its own group, by any of the three ways, where by chance it is one time in seven
# [min(nearest_alike_ppmi_svd, nearest_alike_cbow, nearest_alike_skipgram) > 3 *
# nearest_alike_by_chance]. Two directions cannot keep six groups apart. The map has four of them,
# and the two directions in which their words differ most; with so little kept the nearest word is
# still mostly of the same group [nearest_alike_on_the_map > 0.8].

# %%
groups = groups_to_draw(options.data, vectors)
words = [word for group in groups.values() for word in group]
own = sum(len(group) * (len(group) - 1) for group in groups.values())
chance = own / (len(words) * (len(words) - 1))
results.baseline(nearest_alike_by_chance=chance)
for name, found in trained.items():
    points = np.stack([found.unit[found.tokens.index(word)] for word in words])  # (n, D)
    share = nearest_is_alike(points, groups)
    results.metric(**{f"nearest_alike_{key(name)}": share})
    print(f"{name:12} of {len(words)} words in {len(groups)} groups {share:.0%} have a nearest "
          f"word of their own group; by chance {chance:.0%}")

# %%
shown = groups_on_the_map(groups)
words = [word for group in shown.values() for word in group]
points = np.stack([vectors.unit[vectors.tokens.index(word)] for word in words])  # (n, D)
u, s, _ = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
flat = u[:, :2] * s[:2]  # (n, 2)
in_all, on_the_map = nearest_is_alike(points, shown), nearest_is_alike(flat, shown)
results.metric(nearest_alike_on_the_map=on_the_map, nearest_alike_in_all_directions=in_all)
title = (f"The nearest word is of the same group: {in_all:.0%} in all {width} directions of "
         f"{first}, {on_the_map:.0%} on this map of two")
results.figure("map.svg", map_figure(flat, shown, title))
results.write()
