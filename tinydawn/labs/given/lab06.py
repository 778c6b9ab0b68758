"""Lab 6, language models: a made-up language whose true entropy is known, and what is looked at of two models."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np


class WordLanguage:
    """Sentences of words that belong to kinds, as nouns and verbs are kinds; all about it is known.

    Which kind may come next depends on the kinds of the two words before. Of each kind there are ten words, which may stand
    in the same places: the first of them is the most frequent. No kind and no word follows from its number.

    words    list (V,): the words, of which number 0 is "</s>"; the number of a word is its id
    kinds    array (V,), the kind of each word; "</s>" is a kind of its own
    entropy  nats per token, each "</s>" counted as a token: no model can expect a lower mean of -log p
    """

    def __init__(self, seed: int = 6) -> None:
        from ...text import markov_language

        each = 10
        self._grammar = markov_language(seed, words=12, successors=3, order=2, mean_length=8.0)
        share = [1 / (i + 1) for i in range(each)]
        self._share = [x / sum(share) for x in share]
        names = [(kind, i) for kind in self._grammar.words for i in range(each)]
        random.Random(seed).shuffle(names)
        self.words = ["</s>", *(f"{kind}{i}" for kind, i in names)]
        self._ids = {name: i for i, name in enumerate(names, 1)}
        self._names = names
        self.kinds = np.array([0, *(self._grammar.words.index(kind) + 1 for kind, _ in names)])
        within = -sum(p * math.log(p) for p in self._share)
        words = self._grammar.mean_length
        self.entropy = self._grammar.entropy + within * words / (words + 1)  # "</s>" is the only one of its kind

    def sentences(self, size: int, seed: int) -> list[list[int]]:
        """So many sentences, each a list of ids without "</s>". The same seed gives the same ones."""
        rng = random.Random(seed)
        numbers = range(len(self._share))
        return [[self._ids[kind, i] for kind, i in zip(sentence, rng.choices(numbers, self._share, k=len(sentence)), strict=True)]
                for sentence in self._grammar.sample(size, seed)]

    def log_p(self, sentence: Sequence[int]) -> list[float]:
        """log p of each word of a sentence and of the "</s>" after it, by the rule that the sentence was made with."""
        kinds = [self._names[i - 1][0] for i in sentence]
        found = []
        for t, (kind, word) in enumerate(zip([*kinds, ""], [*sentence, 0], strict=True)):
            p = self._grammar.probabilities(kinds[:t])[kind]
            found.append(math.log(p * self._share[self._names[word - 1][1]] if word else p))
        return found


def two_rankings(returned: Any, lengths: Sequence[int]) -> dict[str, Any]:
    """Of log p of the tokens by two models: which is better by perplexity, and which by the mean of the sentences' perplexities?

    returned  (first, second), for each model a list with a list of log p for each sentence
    lengths   how many tokens each sentence has
    """
    from ...metrics import perplexity

    try:
        first, second = ([np.asarray(sentence, float) for sentence in model] for model in returned)
    except (TypeError, ValueError):
        return {"two models": False}
    if any(sentence.ndim != 1 for sentence in [*first, *second]):
        return {"two models": "numbers, and not lists of numbers"}
    if any([len(sentence) for sentence in model] != list(lengths) for model in (first, second)):
        return {"two models": True, "as many log p as tokens": False}
    numbers = np.concatenate([*first, *second])
    if not np.isfinite(numbers).all():
        return {"two models": True, "finite": False}
    if (numbers > 0).any():
        return {"two models": True, "log p": "above 0"}
    whole, mean = [], []
    for model in (first, second):
        whole.append(perplexity(-float(sum(x.sum() for x in model)), sum(lengths)))
        mean.append(float(np.mean([perplexity(-float(x.sum()), len(x)) for x in model])))
    return {"two models": True, "by perplexity": _better(*whole), "by the mean of the sentences'": _better(*mean)}


def _better(first: float, second: float) -> str:
    if math.isclose(first, second, rel_tol=1e-9):
        return "neither"
    return "the first" if first < second else "the second"


def by_sentence(log_p: Any, sentences: Sequence[Sequence[int]]) -> list[list[float]]:
    """One row of log p, of every token of all sentences with the "</s>" of each, as a list for each sentence."""
    ends = np.cumsum([len(sentence) + 1 for sentence in sentences])
    return [np.asarray(log_p)[a:b].tolist() for a, b in itertools.pairwise([0, *ends.tolist()])]
