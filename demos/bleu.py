# %% [markdown]
# # BLEU, every step of it, and how it is fooled
#
# BLEU asks how much of a translation also stands in a reference: it counts n-grams, words in a row, of lengths 1 to 4.
# Here every step is done by hand beside the library's score, and beside sacrebleu's where that is installed.
#
#     python demos/bleu.py                             a made-up language, translated word by word
#     python demos/bleu.py --data multi30k             the same on real German and English; tatoeba: English to Chinese
#     python demos/bleu.py --data out.txt,ref.txt      score your own: one output and one reference a line

# %%
import math
from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np

from support.panels import COLOURS, STROKES, panels, tidy
from support.run import Results, arguments, parse
from support.scored_texts import beside, differences, scored_texts
from tinydawn import text
from tinydawn.metrics import bleu, bleu_tokens, sentence_bleu

parser = arguments("How BLEU is computed, step by step, and what it does not see.", epochs=False)
options = parse(parser)
results = Results("bleu", options, options.data or "toy grammar")

# %% [markdown]
# ## N-grams, and why counts are clipped
#
# The notes write: precision_n = number of n-gram matches in the reference / number of n-grams in the predicted. Taken at its
# word, "the the the the" matches four times over. What is meant: an n-gram of the output counts at most as often as it
# occurs in the reference. That is called clipping.

# %%
def ngrams(tokens: list[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(tokens[i:i + n]) for i in range(len(tokens) - n + 1))

def matches(output: list[str], reference: list[str], n: int) -> tuple[int, int, int]:
    """(clipped matches, matches as the notes write it, all n-grams of the output)."""
    own, other = ngrams(output, n), ngrams(reference, n)
    return sum(min(count, other[g]) for g, count in own.items()), sum(own[g] for g in own if g in other), own.total()

def by_hand(outputs: list[list[str]], references: list[list[str]], clip: bool = True, penalty: bool = True) -> float:
    """BLEU of a corpus: first the sums over all sentences, then four quotients, their geometric mean, the penalty."""
    log_precisions = []
    for n in (1, 2, 3, 4):
        counts = [matches(output, reference, n) for output, reference in zip(outputs, references, strict=True)]
        matched, total = sum(c[0 if clip else 1] for c in counts), sum(c[2] for c in counts)
        log_precisions.append(math.log(matched / total) if matched else -math.inf)
    c, r = sum(map(len, outputs)), sum(map(len, references))
    return 100 * math.exp(sum(log_precisions) / 4) * (min(1.0, math.exp(1 - r / c)) if penalty and c else 1.0)

example, wanted, the = (words.split() for words in ("the cat the cat is on the mat", "the cat is on the mat today", "the " * 7))
print(f"output     {' '.join(example)}\nreference  {' '.join(wanted)}")
for n in (1, 2, 3, 4):
    print("    {}-grams: {} match, {} as the notes write it, of {}".format(n, *matches(example, wanted, n)))
print(f"BLEU by hand {by_hand([example], [wanted]):.4f}, of the library {bleu([example], [wanted])}")
print("'{}': {} match, {} as the notes write it, of {}".format(" ".join(the), *matches(the, wanted, 1)))
results.metric(example=bleu([example], [wanted]).score)

# %% [markdown]
# ## A corpus: sums first, then quotients
#
# The notes do not say over what to count. Over the whole corpus: a single sentence often has no match of four words, its
# score is 0 (the logarithm of 0), and an average of sentence scores depends on how those zeros are smoothed.

# %%
outputs, references, tokenize = scored_texts(options, results)
ours, theirs = ([bleu_tokens(line, tokenize) for line in lines] for lines in (outputs, references))
corpus = bleu(outputs, references, tokenize=tokenize)
print(f"\n{len(outputs)} sentences, the first\n    output     {outputs[0]}\n    reference  {references[0]}\n{corpus}\n"
      f"of the library   {beside(corpus.score, outputs, references, tokenize)}")
variants = {"by_hand": by_hand(ours, theirs), "unclipped": by_hand(ours, theirs, clip=False),
            "no_penalty": by_hand(ours, theirs, penalty=False), "swapped": bleu(theirs, ours).score}
print(*(f"{name:17}{score:8.3f}" for name, score in variants.items()), sep="\n")
results.metric(bleu=corpus.score, **{f"bleu_{name}": score for name, score in variants.items()})
print(f"\n{'smoothing':12}{'corpus':>8}{'mean of the sentences':>38}")
sentences = {}
for smoothing in ("none", "floor", "add-k", "exp"):
    whole = bleu(outputs, references, tokenize=tokenize, smoothing=smoothing).score
    sentences[smoothing] = [sentence_bleu(o, r, smoothing=smoothing, effective_order=False).score
                            for o, r in zip(ours, theirs, strict=True)]
    print(f"{smoothing:9}{beside(whole, outputs, references, tokenize, smoothing)}{np.mean(sentences[smoothing]):10.3f}")
    results.metric(**{f"mean_of_sentences_{smoothing.replace('-', '_')}": np.mean(sentences[smoothing])})
results.metric(zero_sentences_percent=100 * np.mean([score == 0 for score in sentences["none"]]))
print(f"{results.record['metrics']['zero_sentences_percent']:.1f}% of the sentences score 0 without smoothing")

# %% [markdown]
# ## How it is fooled
#
# BLEU does not know which words matter: a lost "not" costs what any word costs, and a good paraphrase has few n-grams in
# common. And it does not know how the matches hang together: cut an output wherever two neighbours are no neighbours in the
# reference, put the parts in any order, and no match is lost (Callison-Burch, Osborne and Koehn, EACL 2006).

# %%
said = "the minister did not approve the plan on monday because it costs too much ."
print(f"\n{'BLEU':>6}   reference: {said}")
for output in (said, said.replace("not ", ""), said.replace("monday", "tuesday"), said.replace("much", "little"),
               "on monday because it costs too much . the minister did not approve the plan",
               "the minister refused on monday , since it would be too expensive .",
               "monday saw the proposal turned down by the minister for its high price ."):
    print(f"{sentence_bleu(output, said).score:6.1f}   {output}")

def parts(output: list[str], reference: list[str]) -> list[list[str]]:
    """The output, cut where two neighbours are no neighbours in the reference."""
    pairs, out = ngrams(reference, 2), [output[:1]]
    for previous, word in pairwise(output):
        out[-1:] = [[*out[-1], word]] if (previous, word) in pairs else [out[-1], [word]]
    return out

rng = np.random.default_rng(options.seed)
cut = [parts(o, r) for o, r in zip(ours, theirs, strict=True)]
shuffled = [[word for i in rng.permutation(len(pieces)) for word in pieces[i]] for pieces in cut]
orders = [math.lgamma(len(pieces) + 1) / math.log(10) for pieces in cut]
most = int(np.argmax(orders))
print(f"\nall as they were  {corpus.score:6.2f}   {' | '.join(' '.join(piece) for piece in cut[most])}\n"
      f"all shuffled      {bleu(shuffled, theirs).score:6.2f}   {' '.join(shuffled[most])}\n"
      f"This sentence alone has 10^{orders[most]:.1f} such orders, and none of them scores less.")
results.metric(bleu_shuffled=bleu(shuffled, theirs).score, mean_log10_orders=np.mean(orders))

# %% [markdown]
# ## One output, five tokenisations
#
# The same translations score what the tokeniser makes of them, so a BLEU without the name of its tokeniser says nothing
# (Post, WMT 2018): the library gives it in a signature. Chinese has no spaces: split there, a sentence is one word.

# %%
english = [('"Where are you going?" asked the old man.', '"Where are you going to?", the old man asked.'),
           ("It's 5 o'clock, and nobody has come back.", "It is 5 o'clock and nobody came back."),
           ("The state-of-the-art system costs 20% less.", "The State-of-the-Art system costs 20 % less."),
           ("He didn't pay the $1,000.50, (he said).", "He said he did not pay the $1,000.50."),
           ("The children's toys lay in the garden.", "The children's toys were lying in the garden.")]
raw = list(zip(outputs, references, strict=True)) if tokenize == "13a" else english
pieces = text.BPE.train([reference for _, reference in raw] + references, 200)
print(f"\n{'tokeniser':12}{'tokens':>8}{'BLEU':>9}")
for name, split in (("none", bleu_tokens), ("13a", lambda s: bleu_tokens(s, "13a")), ("char", lambda s: bleu_tokens(s, "char")),
                    ("Moses, lower", text.word_tokenize), ("BPE pieces", pieces.tokenize)):
    tokens = [[split(line) for line in lines] for lines in zip(*raw, strict=True)]
    score = bleu(*tokens, smoothing="exp").score
    same = name if name in ("13a", "char") else None  # what sacrebleu can do itself; the others it gets split already
    lines = zip(*raw, strict=True) if same else ([" ".join(t) for t in side] for side in tokens)
    print(f"{name:12}{sum(map(len, tokens[0])):8} {beside(score, *map(list, lines), same, 'exp')}")
    results.metric(**{f"tokeniser_{name.split()[0].strip(',').lower()}": score})
chinese = ["我昨天在北京买了一本书。"], ["昨天我在北京买了一本书。"]
for tokens in (None, "char", "zh"):
    print(f"{chinese[0][0]} {tokens or 'none':5} {beside(bleu(*chinese, tokenize=tokens).score, *chinese, tokens)}")
results.metric(**({"largest_difference_to_sacrebleu": max(differences)} if differences else {}))

# %% [markdown]
# ## Pictures: what matched; why there is a penalty; one corpus score, many sentence scores
#
# Precision alone rewards saying little. The penalty exp(1 - r/c) of an output of c words, where r were wanted, stands in for
# recall. In the middle picture the ends of all outputs are cut off.

# %%
def matched(axes: list[Any]) -> None:
    for n in (1, 2, 3, 4):
        left = dict(ngrams(wanted, n))
        for i in range(len(example) - n + 1):
            gram = tuple(example[i:i + n])
            kind = "none" if gram not in left else "clipped" if left[gram] == 0 else "counts"
            left[gram] = left.get(gram, 0) - (kind == "counts")
            colour = {"none": "white", "clipped": "#F2B27A", "counts": "#DCEAF6"}[kind]
            axes[0].barh(-n, 0.94, left=i, height=0.8, edgecolor="#555555", linewidth=0.8, color=colour)
            axes[0].text(i + 0.47, -n, "\n".join([" ".join(gram[:2]), " ".join(gram[2:])]).strip(), ha="center", va="center")
        axes[0].text(-0.1, -n, "{} of {}".format(*matches(example, wanted, n)[::2]), ha="right", va="center")
    tidy(axes[0], "reference: " + " ".join(wanted) + "      blue counts; orange is clipped; white has no match")
    axes[0].set(xlim=(-0.6, len(example)), xticks=[], yticks=[])
    axes[0].spines[:].set_visible(False)

def curves(axes: list[Any]) -> None:
    ratio, shares = np.linspace(0.05, 1.5, 200), np.linspace(0.2, 1.0, 9)
    axes[0].plot(ratio, np.minimum(1, np.exp(1 - 1 / ratio)), color=COLOURS[0])
    cuts = [[words[:max(1, round(share * len(words)))] for words in ours] for share in shares]
    for k, name in enumerate(("no penalty", "BLEU")):
        axes[1].plot(shares, [by_hand(c, theirs, penalty=k == 1) for c in cuts], COLOURS[k], linestyle=STROKES[k], label=name)
    axes[2].hist(sentences["exp"], bins=20, range=(0, 100), color="#BBD7EE", edgecolor="#555555")
    for k, (name, score) in enumerate((("mean", np.mean(sentences["exp"])), ("corpus", corpus.score))):
        axes[2].axvline(score, color=COLOURS[k], linestyle=STROKES[k], label=f"{name} {score:.1f}")
    tidy(axes[0], "the brevity penalty", "length of the output / of the reference")
    tidy(axes[1], "outputs cut short", "share of each output that is kept", legend=True)
    tidy(axes[2], "sentence scores, smoothing exp", "BLEU", "sentences", legend=True)
    axes[1].set_ylim(bottom=0)

results.figure("matches.svg", panels(1, 1, matched, 9.6, 2.6))
results.figure("scores.svg", panels(1, 3, curves, 3.4, 3.0))
results.write()
