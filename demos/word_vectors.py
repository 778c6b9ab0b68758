# %% [markdown]
# # Words as vectors
#
# Words that stand among the same words mean alike. Three ways to make vectors of that: count and factorise (PPMI and a
# truncated SVD, the heir of LSA), guess the word from its neighbours (CBOW), guess the neighbours from the word (skip-gram),
# the last two by telling true pairs from random ones (negative sampling).
#
#     python demos/word_vectors.py                            the English that Python carries, a minute
#     python demos/word_vectors.py --data brown               a million words; word similarity and analogies by people
#     python demos/word_vectors.py --data brown --method svd  counting only: a few seconds

# %%
import time
from itertools import chain

import numpy as np
from tqdm import tqdm

from support.panels import COLOURS, panels, tidy
from support.run import Results, arguments, parse
from tinydawn import optim, text
from tinydawn.errors import DataError, message
from tinydawn.models import CBOW, SkipGram
from tinydawn.models.word2vec import Noise, batches, cbow_windows, skip_gram_pairs, subsample
from tinydawn.text.vectors import WordVectors, cooccurrence, ppmi, truncated_svd

parser = arguments("Word vectors by counting and by guessing: neighbours, similarity, analogies.")
parser.add_argument("--method", choices=["all", "svd", "cbow", "skipgram"], default="all", help="default: all three")
parser.add_argument("--size", type=int, default=8000, help="how many words get a vector, the most frequent; default 8000")
parser.add_argument("--width", type=int, default=100, help="numbers in a vector; default 100")
parser.add_argument("--words", help="print the neighbours of these words, separated by commas")
options = parse(parser)
if min(options.size, options.width) < 2 or options.size > 20_000:
    parser.error("--size from 2 to 20,000 and --width of 2 or more")
results = Results("word_vectors", options, options.data or "pydoc_data.topics")

# %% [markdown]
# ## The words

# %%
if options.data == "brown":  # the documents whole: nothing is held out, since what is tested is not the text
    sentences = [[word.lower() for word in sentence] for document in text.load_documents("brown") for sentence in document]
else:
    sentences = text.load_sentences(options.data)
# Punctuation stands among everything; without it windows reach further.
sentences = [[word for word in sentence if any(c.isalnum() for c in word)] for sentence in sentences]
sentences = [sentence for sentence in sentences if len(sentence) > 1][:1500 if options.quick else None]
if not sentences:
    raise DataError(message(f"--data {options.data}: no sentence of two words or more", fix="one sentence per line"))
vocab = text.Vocab.build(sentences, min_freq=1 if len(sentences) < 200 else 3, max_size=options.size + 4)
tokens = vocab.tokens[4:]
ids = [vocab.encode(sentence) for sentence in sentences]
counts = np.bincount(list(chain.from_iterable(ids)), minlength=len(vocab))
counts[:4] = 0  # <unk> and the other special tokens are no words
covered = counts.sum() / sum(map(len, sentences))
print(f"{sum(map(len, sentences)):,} words, of which the {len(tokens):,} that get a vector make {covered:.1%}")
width = min(options.width, len(tokens) - 1)
pairs = {name: text.load_similarity(name) for name in (("ws353", "men", "simlex") if options.data == "brown" else ())}

def key(name: str) -> str:
    return "_".join(name.split(",")[0].replace("+", "").replace("-", "").lower().split())

def judge(name: str, vectors: WordVectors, seconds: float) -> None:
    """Print and record Spearman's correlation with people, always with how many pairs it could be asked about."""
    line = f"{name:34}{seconds:7.1f} s"
    for data, wanted in pairs.items():
        rho, known, total = vectors.word_similarity(wanted)
        line += f"   {data} {rho:.3f} ({known}/{total})"
        results.metric(**{f"{data}_spearman_{key(name)}": rho, f"{data}_coverage_{key(name)}": known / total})
    print(line)

# %% [markdown]
# ## Counting: PPMI and SVD
#
# n(w, c) counts how often c stands at most five words from w, a distance of d as 1/d. PPMI keeps what is more frequent than
# chance; the SVD keeps the hundred directions that matter most.

# %%
trained: dict[str, WordVectors] = {}
if options.method in ("all", "svd"):
    started = time.process_time()
    near = cooccurrence([np.subtract(row, 4) for row in ids], len(tokens))  # (V, V); <unk> is -3: not counted
    matrix = ppmi(near, smoothing=0.75)  # (V, V)
    counted = time.process_time() - started
    u, s, _ = truncated_svd(matrix, width, seed=options.seed)
    trained["PPMI + SVD"] = WordVectors(tokens, u * np.sqrt(s))  # (V, D)
    judge("PPMI + SVD", trained["PPMI + SVD"], time.process_time() - started)
    if pairs and not options.quick:  # which of the parts does it need?
        judge("PPMI, no SVD", WordVectors(tokens, matrix), counted)
        judge("SVD of PPMI without s", WordVectors(tokens, u), time.process_time() - started)
        for name, table in (("SVD of raw counts", near), ("SVD of log counts", np.log1p(near)),
                            ("SVD of PPMI unsmoothed", ppmi(near, smoothing=1.0)), ("SVD of PPMI shift 5", ppmi(near, shift=5))):
            started = time.process_time()
            u, s, _ = truncated_svd(table, width, seed=options.seed)
            judge(name, WordVectors(tokens, u * np.sqrt(s)), time.process_time() - started)
    del near, matrix

# %% [markdown]
# ## Guessing: word2vec
#
# Of a true pair and five random ones, which is true? Random words are drawn by their count to the power .75; of frequent
# words many occurrences are left out. The loss starts at 6 log 2 = 4.16 nats, which is what guessing costs.

# %%
epochs = options.epochs or (4 if options.quick else 3 if options.data == "brown" else 15)
for name, kind, learning_rate in (("CBOW", CBOW, 5e-3), ("skip-gram", SkipGram, 2e-3)):
    if options.method not in ("all", name.replace("-", "").lower()):
        continue
    started, rng, noise, curve = time.process_time(), np.random.default_rng(options.seed), Noise(counts), []
    model = kind(len(vocab), width)
    optimizer = optim.Adam(model.parameters(), lr=learning_rate)
    with tqdm(total=epochs, desc=name, unit="epoch", mininterval=0.5) as progress:
        for _ in range(epochs):
            kept = [row[row > 3] for row in subsample(ids, counts, 1e-4 if options.data == "brown" else 1e-3, rng)]
            kept = [row for row in kept if len(row) > 1]
            asked, true = cbow_windows(kept, 5, rng) if kind is CBOW else skip_gram_pairs(kept, 5, rng)
            for given, word in batches(asked, true, 1024):
                candidates = np.concatenate([word[:, None], noise.draw((len(word), 5), rng)], axis=1)  # (B, 6)
                loss = model.loss(given, candidates)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                curve.append(loss.item())
            progress.update()
            progress.set_postfix(loss=f"{np.mean(curve[-100:]):.2f}")
    trained[name] = WordVectors(tokens, model.embedding.weight.numpy()[4:])
    results.metric(**{f"loss_{key(name)}": np.mean(curve[-100:])})
    judge(f"{name}, loss {np.mean(curve[-100:]):.2f}", trained[name], time.process_time() - started)
results.baseline(loss_guessing=6 * np.log(2))
if pairs:
    chance = WordVectors(tokens, np.random.default_rng(options.seed).standard_normal((len(tokens), width)))
    rho, *_ = chance.word_similarity(pairs["ws353"])
    results.baseline(ws353_spearman_random_vectors=rho)
    print(f"random vectors: ws353 {rho:.3f}. Correlations compare only at like coverage.")

# %% [markdown]
# ## Neighbours
#
# "good" is near "bad": who stands among the same words may well mean the opposite.

# %%
wanted = [w for w in (options.words or "money,good,water,king,thought,she,function,object,string,integer").split(",")]
for word in wanted if options.words else [w for w in wanted if w in vocab][:6] or tokens[:6]:
    for name, vectors in trained.items():
        print(f"{word:10} {name:12} {' '.join(near for near, _ in vectors.neighbours(word, 8))}")

# %% [markdown]
# ## Analogies: a is to b as c is to ...
#
# The answer is the word nearest to b - a + c, without the three words of the question: one of them is nearly always the
# nearest. On a million words few of the questions are covered at all; where few are, the share of right ones says little.

# %%
if options.data == "brown":
    questions = text.load_analogies()
    for name, vectors in trained.items():
        found = [(sum(r.right for r in part.values()), sum(r.covered for r in part.values()), sum(r.total for r in part.values()))
                 for part in (vectors.analogies(questions, exclude) for exclude in (True, False))]
        (right, known, total), (with_question, *_) = found
        print(f"{name:12} {right:,} of {known:,} right ({right / max(known, 1):.1%}); {known / total:.0%} of all questions are "
              f"covered; {with_question} right if the words of the question may answer")
        results.metric(**{f"analogies_{key(name)}": right / max(known, 1)}, analogies_coverage=known / total)

# %% [markdown]
# ## A map: the two directions in which frequent words differ most

# %%
name, vectors = next(iter(trained.items()))
groups = [["money", "cost", "price", "pay", "tax", "business", "market"], ["he", "she", "him", "her", "they", "i", "you"],
          ["father", "mother", "son", "wife", "children", "family"], ["good", "bad", "great", "nice", "poor"],
          ["monday", "week", "year", "month", "night", "morning"], ["france", "england", "russia", "american", "germany"],
          ["church", "god", "christian", "faith", "religious"]]
if options.data is None:
    groups = [["integer", "integers", "float", "number", "numbers", "complex"],
              ["list", "tuple", "dictionary", "set", "sequence"],
              ["class", "method", "methods", "instance", "attribute"], ["string", "strings", "bytes", "characters", "unicode"],
              ["raise", "raised", "exception", "error", "except"], ["import", "module", "package", "imported"]]
groups = [[word for word in group if word in vectors] for group in groups]
groups = groups if sum(map(len, groups)) >= 10 else [tokens[:40]]
words = [word for group in groups for word in group]
points = np.stack([vectors.unit[vectors.tokens.index(word)] for word in words])  # (n, D)
u, s, _ = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
flat = u[:, :2] * s[:2]  # (n, 2)
share = (s[:2] ** 2).sum() / (s**2).sum()

def draw(axes: list) -> None:
    start = 0
    for k, group in enumerate(groups):
        at = flat[start:start + len(group)]
        start += len(group)
        axes[0].plot(*at.T, "os^DvPX"[k % 7], color=COLOURS[k % len(COLOURS)], markersize=5)
        for (x, y), word in zip(at, group, strict=True):
            axes[0].annotate(word, (x, y), xytext=(4, 3), textcoords="offset points", color=COLOURS[k % len(COLOURS)])
    tidy(axes[0], f"{name}: two of {width} directions, {share:.0%} of what differs")
    axes[0].set_xticks([])
    axes[0].set_yticks([])

results.figure("map.svg", panels(1, 1, draw, width=7.5, height=5.5, words="".join(words)))
results.write()
