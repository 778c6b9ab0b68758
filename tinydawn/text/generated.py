"""Small generated languages about which everything is known: how well the best possible model does, and what cannot be seen.

* `MarkovLanguage`: sentences from a random Markov chain, whose entropy rate is computed exactly.
* `toy_sentiment`: opinions with negation. What is good and what is bad depends on where "not" stands, which a bag of
  words cannot see; the best that any function of the bag can reach is known.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import numpy as np

from tinydawn.checks import declared, limited
from tinydawn.errors import DataError, message
from tinydawn.text.vocab import check_tokens


class MarkovLanguage:
    """Sentences in which each word is drawn given the `order` words before it; see `markov_language`.

    Attributes:
        words: the vocabulary, without the end of a sentence.
        entropy: nats per token, the `</s>` of each sentence counted as a token: no model's mean loss can be lower.
        perplexity: exp(entropy), the lowest perplexity there is.
        mean_length: expected words of a sentence, without `</s>`.
    """

    def __init__(self, words: list[str], order: int, table: dict[tuple[str, ...], dict[str, float]]) -> None:
        self.words, self.order, self._table = words, order, table
        visits = self._visits()
        predicted = sum(visits.values())  # how many tokens a sentence has, </s> counted
        surprise = sum(n * -sum(p * math.log(p) for p in table[context].values()) for context, n in visits.items())
        self.entropy = surprise / predicted
        self.perplexity = math.exp(self.entropy)
        self.mean_length = predicted - 1

    def probabilities(self, context: Sequence[str]) -> dict[str, float]:
        """p(next word | the words of the sentence so far); the end of the sentence is the word "".

        Raises:
            DataError: a sentence that this language does not make.
            DTypeError: a str where a token list is expected.
        """
        key = tuple(check_tokens(context, "MarkovLanguage.probabilities"))[-self.order :]
        if key not in self._table:
            what = f"MarkovLanguage: {' '.join(key)!r} never occurs in this language"
            raise DataError(message(what, fix="pass the beginning of a sentence made by sample, with the same seed"))
        return dict(self._table[key])

    def log_probability(self, sentence: Sequence[str]) -> float:
        """log p(sentence), in nats, its end included; -inf if a word cannot stand where it does.

        Raises: as `probabilities`.
        """
        total = 0.0
        context: tuple[str, ...] = ()
        for word in [*check_tokens(sentence, "MarkovLanguage.log_probability"), ""]:
            p = self._table.get(context, {}).get(word, 0.0)
            if p == 0:
                return -math.inf
            total, context = total + math.log(p), (*context, word)[-self.order :]
        return total

    def sample(self, size: int, seed: int = 0) -> list[list[str]]:
        """`size` sentences, none empty; the same seed gives the same ones on every machine.

        Raises:
            DataError: a size below 1.
        """
        limited("MarkovLanguage.sample", "size", size, "ask for at least 1 sentence", 1)
        rng = random.Random(seed)
        rows = {context: (list(row), list(row.values())) for context, row in self._table.items()}
        sentences = []
        for _ in range(size):
            sentence: list[str] = []
            while (word := rng.choices(*rows[tuple(sentence[-self.order :])])[0]) != "":
                sentence.append(word)
            sentences.append(sentence)
        return sentences

    def _visits(self) -> dict[tuple[str, ...], float]:
        """How often a sentence is expected to pass through each context: v = start + P^T v, solved."""
        index = {context: i for i, context in enumerate(self._table)}
        moves = np.eye(len(index))
        for context, row in self._table.items():
            for word, p in row.items():
                if word:
                    moves[index[(*context, word)[-self.order :]], index[context]] -= p
        start = np.zeros(len(index))
        start[index[()]] = 1.0
        return dict(zip(index, np.linalg.solve(moves, start).tolist(), strict=True))


def markov_language(
    seed: int = 0, words: int = 40, successors: int = 4, order: int = 1, mean_length: float = 8.0
) -> MarkovLanguage:
    """A random language whose true entropy is known: data for a language model that needs no download.

    Each context (the last `order` words) has `successors` words that may follow, with random probabilities. After its
    first word a sentence ends with the same probability everywhere, 1 / mean_length.

    Args:
        seed: of the language; `sample` has a seed of its own, for the sentences.
        words: size of the vocabulary; a word that nothing leads to is left out.
        successors: how many different words may follow a context.
        order: how many words back the next one depends on. With 2, a bigram model cannot be perfect.
        mean_length: of a sentence, in words; lengths follow a geometric distribution.

    Raises:
        DataError: fewer than 2 words or successors, more successors than words, an order other than 1 or 2,
            a mean length below 2, or more than 4,000 contexts, whose equations would be slow to solve.

    >>> language = markov_language(seed=0)
    >>> sentence = language.sample(1)[0]
    >>> language.log_probability(sentence) < 0 < language.entropy < math.log(5)
    True
    """
    if not (2 <= successors <= words and order in (1, 2) and words**order <= 4000 and mean_length >= 2):
        what = f"markov_language: {words} words, {successors} successors, order {order}, mean length {mean_length:g}"
        fix = "2 <= successors <= words, order 1 or 2, words ** order at most 4000, mean length at least 2"
        raise DataError(message(what, fix=fix))
    rng = random.Random(seed)
    syllables = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
    vocabulary: dict[str, None] = {}
    while len(vocabulary) < words:
        vocabulary["".join(rng.choices(syllables, k=rng.choice((1, 2, 2, 3))))] = None
    names = list(vocabulary)
    table: dict[tuple[str, ...], dict[str, float]] = {}
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        context = waiting.pop()
        if context in table:
            continue
        following = rng.sample(names, successors)
        weights = [rng.expovariate(1.0) + 0.05 for _ in following]
        goes_on = 1.0 - 1.0 / mean_length if context else 1.0
        table[context] = {word: goes_on * w / sum(weights) for word, w in zip(following, weights, strict=True)}
        if context:
            table[context][""] = 1.0 / mean_length
        waiting += [(*context, word)[-order:] for word in following]
    reached = {word for row in table.values() for word in row}
    return MarkovLanguage([word for word in names if word in reached], order, table)


# Opinions with negation ------------------------------------------------------------------------------

_NOUNS = ["acting", "plot", "ending", "music", "dialogue", "camera", "script", "humour", "cast", "pace", "story", "direction"]
_ADJECTIVES = [
    ["bad", "dull", "silly", "weak", "boring", "stale"],  # label 0
    ["good", "great", "clever", "moving", "funny", "fresh"],  # label 1
]
_OPENERS = ["", "honestly ,", "i think", "they say", "of course", "in the end", "this time", "to me"]
_DEGREES = ["", "very", "so", "really"]
_TENSES = ["is", "was"]

SENTIMENT_CEILING = 13 / 16  # what the best function of a bag of words can expect on `toy_sentiment`
SENTIMENT_LINEAR_CEILING = 12 / 16  # what the best linear function of a bag of words can expect there


_Opinions = Annotated[int, partial(limited, least=1, most=10_000, fix="ask for 1 to 10000 sentences")]


@declared
def toy_sentiment(size: _Opinions = 5000, seed: int = 0) -> list[tuple[list[str], int]]:
    """`size` different opinions (tokens, 1 for positive or 0 for negative) in which negation decides.

    Of 16 sentences 8 are plain, "the plot was very good", 1; 2 are negated, "the plot was not very good", 0; and 6 have
    two clauses that agree, and one "not" that belongs to either of them:

        the plot is not good and the acting is bad        0
        the acting is bad and the plot is not good        0
        the plot is good and the acting is not bad        1
        the acting is not bad and the plot is good        1

    Each bag of words of this last kind, {not, good, bad, ...}, is as often positive as negative. So the best that ANY
    function of the bag can expect is 8/16 + 2/16 + 3/16 = 13/16 = 81.25 %, `SENTIMENT_CEILING`. A linear one, such as logistic
    regression or naive Bayes, gets at most 12/16 = 75 %: good, bad, not good and not bad together are exclusive or, and one
    of them stays wrong. Who reads the order can get 100 %.

    Args:
        size: how many, at most 10,000.
        seed: the same seed gives the same sentences on every machine.

    Raises:
        DataError: a size below 1 or above 10,000.
    """
    rng = random.Random(seed)
    seen: set[str] = set()
    examples = []
    for number in range(size):  # every kind as often as it should be, with both labels
        kind, label, first = number % 8, number // 8 % 2, bool(number // 16 % 2)
        clauses, negated = (1, kind == 4) if kind < 5 else (2, first)
        sentence = _opinion(rng, clauses, negated, label)
        while sentence in seen:  # no sentence of the training data is in the test data
            sentence = _opinion(rng, clauses, negated, label)
        seen.add(sentence)
        examples.append((sentence.split(), label))
    rng.shuffle(examples)
    return examples


def _opinion(rng: random.Random, clauses: int, negated: bool, label: int) -> str:
    """One clause, `negated` or not; or two, of which exactly one is negated: the first if `negated`."""
    nouns, parts = rng.sample(_NOUNS, clauses), []
    opener, tense = rng.choice(_OPENERS), rng.choice(_TENSES)
    for i, noun in enumerate(nouns):
        has_not = negated if i == 0 else not negated
        adjective = rng.choice(_ADJECTIVES[label ^ has_not])
        parts.append(f"the {noun} {tense} {'not ' * has_not}{rng.choice(_DEGREES)} {adjective}")
    return " ".join(f"{opener} {' and '.join(parts)} .".split())
