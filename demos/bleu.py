# %% [markdown]
# # BLEU, every step of it, and how it is fooled
#
# BLEU asks how much of a translation also stands in a reference: it counts n-grams, words in a row,
# of lengths 1 to 4. Here every step is done by hand, and gives the library's score
# [abs(bleu_by_hand - bleu) < 0.000001], beside sacrebleu's where that is installed.
#
#     python demos/bleu.py                           a made-up language, translated word by word
#     python demos/bleu.py --data multi30k           real German and English
#     python demos/bleu.py --data tatoeba            English and Chinese
#     python demos/bleu.py --data out.txt,ref.txt    your own: an output and a reference a line

# %%
import math
from collections import Counter
from itertools import pairwise

import numpy as np

from support.bleu_figures import matches_figure, scores_figure
from support.run import Results, arguments, parse
from support.scored_texts import ENGLISH, beside, beside_split, differences, scored_texts
from tinydawn import text
from tinydawn.metrics import bleu, bleu_tokens, sentence_bleu

parser = arguments("How BLEU is computed, step by step, and what it does not see.", epochs=False)
options = parse(parser)
results = Results("bleu", options, options.data or "toy grammar")

# %% [markdown]
# ## N-grams, and why counts are clipped
#
# The notes write: precision_n = number of n-gram matches in the reference / number of n-grams in
# the predicted. Taken at its word, an output of seven times "the" has seven matches. What is meant:
# an n-gram of the output counts at most as often as it occurs in the reference. That is called
# clipping; without it no score is lower, and that of the corpus below is higher [bleu_unclipped >
# bleu].

# %%
def ngrams(tokens: list[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(tokens[i:i + n]) for i in range(len(tokens) - n + 1)]

def kinds(output: list[str], reference: list[str], n: int) -> list[str]:
    """Of each n-gram of the output, from left to right, whether it counts."""
    left = Counter(ngrams(reference, n))
    found = []
    for gram in ngrams(output, n):
        if gram not in left:
            found.append("no match")
        elif left[gram] == 0:
            found.append("clipped")
        else:
            found.append("counts")
            left[gram] -= 1
    return found

def matches(output: list[str], reference: list[str], n: int) -> tuple[int, int, int]:
    """(clipped matches, matches as the notes write it, all n-grams of the output)."""
    found = Counter(kinds(output, reference, n))
    return found["counts"], found["counts"] + found["clipped"], found.total()

# %%
def brevity_penalty(outputs: list[list[str]], references: list[list[str]]) -> float:
    """exp(1 - r / c) for outputs of c words in all where r were wanted, and 1 if c is more."""
    c = sum(len(output) for output in outputs)
    r = sum(len(reference) for reference in references)
    return min(1.0, math.exp(1 - r / c)) if c else 1.0

def by_hand(outputs: list[list[str]], references: list[list[str]], clip: bool = True,
            penalty: bool = True) -> float:
    """BLEU of a corpus: sums over all sentences, four quotients, their geometric mean, penalty."""
    log_precisions = []
    for n in (1, 2, 3, 4):
        counts = [matches(output, reference, n)
                  for output, reference in zip(outputs, references, strict=True)]
        clipped, unclipped, total = (sum(column) for column in zip(*counts, strict=True))
        matched = clipped if clip else unclipped
        log_precisions.append(math.log(matched / total) if matched else -math.inf)
    score = 100 * math.exp(sum(log_precisions) / 4)
    if penalty:
        score *= brevity_penalty(outputs, references)
    return score

# %%
output = ["the", "cat", "the", "cat", "is", "on", "the", "mat"]
reference = ["the", "cat", "is", "on", "the", "mat", "today"]
the = ["the"] * 7
print("output    ", *output)
print("reference ", *reference)
for n in (1, 2, 3, 4):
    clipped, unclipped, total = matches(output, reference, n)
    print(f"    {n}-grams: {clipped} match, {unclipped} as the notes write it, of {total}")
score = bleu([output], [reference])
print(f"BLEU by hand {by_hand([output], [reference]):.4f}, of the library {score}")
clipped, unclipped, total = matches(the, reference, 1)
print(f"'{' '.join(the)}': {clipped} match, {unclipped} as the notes write it, of {total}")
results.metric(example=score.score)

# %% [markdown]
# ## A corpus: sums first, then quotients
#
# The notes do not say over what to count. Over the whole corpus: a single sentence often has no
# match of four words [zero_sentences_percent > 50], its score is 0 (the logarithm of 0), and an
# average of sentence scores depends on how those zeros are smoothed
# [mean_of_sentences_add_k > 3 * mean_of_sentences_none].
#
# Output and reference do not play the same part. "swapped", where the references are scored against
# the outputs, asks how much of a reference is in the output: another number, though not by much
# here [0.1 < abs(bleu_swapped - bleu) < 1].

# %%
outputs, references, tokenize = scored_texts(options, results)
ours = [bleu_tokens(line, tokenize) for line in outputs]
theirs = [bleu_tokens(line, tokenize) for line in references]
corpus = bleu(outputs, references, tokenize=tokenize)
print(f"\n{len(outputs)} sentences, the first")
print(f"    output     {outputs[0]}")
print(f"    reference  {references[0]}")
print(corpus)
print(f"of the library   {beside(corpus.score, outputs, references, tokenize)}")

variants = {
    "by_hand": by_hand(ours, theirs),
    "unclipped": by_hand(ours, theirs, clip=False),
    "no_penalty": by_hand(ours, theirs, penalty=False),
    "swapped": bleu(theirs, ours).score,
}
for name, score in variants.items():
    print(f"{name:17}{score:8.3f}")
results.metric(bleu=corpus.score, **{f"bleu_{name}": score for name, score in variants.items()})

# %%
print(f"\n{'smoothing':12}{'corpus':>8}{'mean of the sentences':>38}")
sentence_scores = {}
for smoothing in ("none", "floor", "add-k", "exp"):
    whole = bleu(outputs, references, tokenize=tokenize, smoothing=smoothing).score
    scores = [sentence_bleu(o, r, smoothing=smoothing, effective_order=False).score
              for o, r in zip(ours, theirs, strict=True)]
    sentence_scores[smoothing] = scores
    both = beside(whole, outputs, references, tokenize, smoothing)
    print(f"{smoothing:9}{both}{np.mean(scores):10.3f}")
    results.metric(**{f"mean_of_sentences_{smoothing.replace('-', '_')}": np.mean(scores)})
zeros = 100 * np.mean([score == 0 for score in sentence_scores["none"]])
print(f"{zeros:.1f}% of the sentences score 0 without smoothing")
results.metric(zero_sentences_percent=zeros)

# %% [markdown]
# ## How it is fooled
#
# BLEU does not know which words matter: a lost "not" costs what another weekday costs
# [abs(bleu_lost_not - bleu_other_day) < 2]. The opposite, "little" for "much", costs less, only
# because it stands near the end, in fewer n-grams [bleu_opposite > bleu_lost_not]. A good
# paraphrase has few n-grams in common [bleu_paraphrase < 10]. And it does not know how the matches
# hang together: cut an output wherever two neighbours are no neighbours in the reference, put the
# parts in any order, and no match is lost [bleu_shuffled >= bleu] (Callison-Burch, Osborne and
# Koehn, EACL 2006).

# %%
said = "the minister did not approve the plan on monday because it costs too much ."
print(f"\n{'BLEU':>6}   reference: {said}")
ways = {
    "same": said,
    "lost_not": said.replace("not ", ""),
    "other_day": said.replace("monday", "tuesday"),
    "opposite": said.replace("much", "little"),
    "turned_round": "on monday because it costs too much . the minister did not approve the plan",
    "paraphrase": "the minister refused on monday , since it would be too expensive .",
    "free": "monday saw the proposal turned down by the minister for its high price .",
}
for name, output_said in ways.items():
    score = sentence_bleu(output_said, said).score
    print(f"{score:6.1f}   {output_said}")
    results.metric(**{f"bleu_{name}": score})

# %%
def parts(output: list[str], reference: list[str]) -> list[list[str]]:
    """The output, cut where two neighbours are no neighbours in the reference."""
    neighbours = set(pairwise(reference))
    found = [output[:1]]
    for previous, word in pairwise(output):
        if (previous, word) in neighbours:
            found[-1].append(word)
        else:
            found.append([word])
    return found

# %%
rng = np.random.default_rng(options.seed)
cut = [parts(o, r) for o, r in zip(ours, theirs, strict=True)]
shuffled = []
for pieces in cut:
    order = rng.permutation(len(pieces))
    shuffled.append([word for i in order for word in pieces[i]])
shuffled_score = bleu(shuffled, theirs).score
log10_orders = [math.lgamma(len(pieces) + 1) / math.log(10) for pieces in cut]  # of n!
most = int(np.argmax(log10_orders))
print(f"\nall {len(ours)} as they were  {corpus.score:6.2f}")
print(f"all {len(ours)} shuffled      {shuffled_score:6.2f}")
print(f"one of them, cut    {' | '.join(' '.join(p) for p in cut[most])}")
print(f"shuffled            {' '.join(shuffled[most])}")
print(f"This sentence alone has 10^{log10_orders[most]:.1f} such orders, "
      "and none of them scores less.")
results.metric(bleu_shuffled=shuffled_score, mean_log10_orders=np.mean(log10_orders))

# %% [markdown]
# ## One output, five tokenisations
#
# Five other translations, with quotes, figures and prices in them, score what the tokeniser makes
# of them [tokeniser_char > 3 * tokeniser_none]. So a BLEU without the name of its tokeniser cannot
# be compared (Post, WMT 2018): the library gives it in a signature. Chinese has no spaces: split
# there, a sentence is one word.

# %%
pairs = list(zip(outputs, references, strict=True)) if tokenize == "13a" else ENGLISH
raw = list(zip(*pairs, strict=True))  # outputs, references
subwords = text.BPE.train([*raw[1], *references], 200)
tokenisers = {
    "none": bleu_tokens,
    "13a": lambda line: bleu_tokens(line, "13a"),
    "char": lambda line: bleu_tokens(line, "char"),
    "Moses, lower": text.word_tokenize,
    "BPE pieces": subwords.tokenize,
}
print(f"\n{'tokeniser':12}{'tokens':>8}{'BLEU':>9}")
for name, split in tokenisers.items():
    tokens = [[split(line) for line in lines] for lines in raw]
    score = bleu(*tokens, smoothing="exp").score
    count = sum(len(line) for line in tokens[0])
    print(f"{name:12}{count:8} {beside_split(score, raw, tokens, name)}")
    results.metric(**{f"tokeniser_{name.split()[0].strip(',').lower()}": score})

chinese = ["我昨天在北京买了一本书。"], ["昨天我在北京买了一本书。"]
for name in (None, "char", "zh"):
    score = bleu(*chinese, tokenize=name).score
    print(f"{chinese[0][0]} {name or 'none':5} {beside(score, *chinese, name)}")
if differences:
    results.metric(largest_difference_to_sacrebleu=max(differences))

# %% [markdown]
# ## Pictures: what matched; why there is a penalty; one corpus score, many sentence scores
#
# Precision alone rewards saying little: who says only what is sure is always right. In the middle
# picture only some words are left of each output, the most frequent first. One word, mostly the
# full stop, is right every time or nearly so, all of them less often [precision_one_word > 0.98 and
# precision_one_word > precision_all + 0.2]. The penalty exp(1 - r/c) of an output of c words, where
# r were wanted, stands in for recall: with it the one word is worth nothing, and the more is said,
# the better [penalised_one_word < 0.01] [penalised_all > 0.6].

# %%
rows, labels = {}, {}
for n in (1, 2, 3, 4):
    clipped, _, total = matches(output, reference, n)
    rows[n], labels[n] = kinds(output, reference, n), f"{clipped} of {total}"
results.figure("matches.svg", matches_figure(output, reference, rows, labels))

# %%
frequent = Counter(word for output in ours for word in output)

def most_frequent(output: list[str], share: float) -> list[str]:
    """A share of an output's words, at least one: the most frequent ones, in their order."""
    count = max(1, round(share * len(output)))
    places = sorted(range(len(output)), key=lambda i: (-frequent[output[i]], i))[:count]
    return [output[i] for i in sorted(places)]

shares = np.linspace(0.1, 1.0, 10)
right, penalised = [], []  # by share: of the words that are left, those in the reference
for share in shares:
    left = [most_frequent(output, share) for output in ours]
    counts = [matches(o, r, 1) for o, r in zip(left, theirs, strict=True)]
    right.append(sum(c for c, _, _ in counts) / sum(total for _, _, total in counts))
    penalised.append(right[-1] * brevity_penalty(left, theirs))
results.metric(precision_one_word=right[0], precision_all=right[-1],
               penalised_one_word=penalised[0], penalised_all=penalised[-1])
results.figure("scores.svg", scores_figure(shares, right, penalised, sentence_scores["exp"],
                                           corpus.score))
results.write()
