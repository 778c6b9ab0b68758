"""Lab 9, translation: language models as tables, the notes' beam search seen from outside, and a small translation task."""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Table = Mapping[str, Mapping[str, float]]
Pair = tuple[list[str], list[str]]

END = "</s>"
MOST = 20_000  # beginnings that are looked at: a table of a few words has far fewer


def _beginning(words: Any) -> tuple[str, ...]:
    """The words so far; a TypeError that says what is wrong with them."""
    if not isinstance(words, list | tuple):
        raise TypeError(f"lm.next takes a list of words, not {words!r}")
    for word in words:
        if not isinstance(word, str):
            raise TypeError(f"lm.next takes a list of words, and {word!r} is no word")
    if not words or words[0] != "<s>":
        raise TypeError(f"lm.next takes all words so far, from '<s>' on, not {words!r}")
    return tuple(words)


class TableLM:
    """A language model written down: after which words comes what, with which probability.

    table  {"<s>": {"a": .7, "b": .3}, "a": {...}, "b a": {...}}: of all rows that the words so far end in, the longest counts.
           After words that have no row every word of the table is equally likely: nothing is known about them.
    asked  the beginnings that it has been asked about, in order
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.asked: list[tuple[str, ...]] = []
        self.words = list(dict.fromkeys(word for row in table.values() for word in row))

    def next(self, words: Sequence[str]) -> dict[str, float]:
        """log p of each word that may follow. words: a list that begins with "<s>"."""
        self.asked.append(_beginning(words))
        return self.row(words)

    def row(self, words: Sequence[str]) -> dict[str, float]:
        """As next, without being counted as asked."""
        for first in range(len(words)):
            found = self.table.get(" ".join(words[first:]))
            if found is not None:
                return {word: math.log(p) for word, p in found.items() if p > 0}
        return dict.fromkeys(self.words, -math.log(max(1, len(self.words))))


class SentenceLM:
    """A trained translator's language model of the translations of one sentence.

    model         a tinydawn.models.Seq2Seq, or one with its encode and step
    source        the words of the sentence
    vocabularies  of the source and of the target, tinydawn.text.Vocab
    """

    def __init__(self, model: Any, source: Sequence[str], vocabularies: Sequence[Any]) -> None:
        self.model, self.vocabulary = model, vocabularies[1]
        self.asked: list[tuple[str, ...]] = []
        ids = np.array([vocabularies[0].encode(list(source))])
        from ... import no_grad

        with no_grad():
            self.states: dict[tuple[str, ...], Any] = {(): model.encode(ids, np.array([ids.shape[1]]))}
        self.rows: dict[tuple[str, ...], dict[str, float]] = {}

    def next(self, words: Sequence[str]) -> dict[str, float]:
        """log p of each word that may follow. words: a list that begins with "<s>"."""
        self.asked.append(_beginning(words))
        return dict(self.row(words))

    def row(self, words: Sequence[str]) -> dict[str, float]:
        """As next, without being counted as asked."""
        from ... import no_grad

        key = tuple(words)
        if key not in self.rows:
            if key[:-1] not in self.states:
                self.row(key[:-1])
            with no_grad():
                word = np.array([self.vocabulary.tokens.index(key[-1])])
                log_p, self.states[key] = self.model.step(word, self.states[key[:-1]])
            numbers = log_p.numpy()[0].tolist()
            self.rows[key] = {word: p for word, p in zip(self.vocabulary.tokens, numbers, strict=True)
                              if word not in ("<pad>", "<unk>", "<s>")}
        return self.rows[key]


# --- beam search as the notes have it ---


def notes_version(table: Table, length: int) -> list[str]:
    """What the notes' beam search returns if its beam is so wide that nothing is ever left out.

    It knows no end: of all rows of exactly `length` words the most probable one, with "<s>" before it; </s> is a word as any
    other, and the model is asked what follows it.
    """
    lm = TableLM(table)
    ready = [(0.0, 0, ["<s>"])]
    for count in range(MOST):  # best first: nothing that comes later is more probable
        cost, _, words = heapq.heappop(ready)
        if len(words) == length + 1:
            return words
        for i, (word, log_p) in enumerate(lm.row(words).items()):
            heapq.heappush(ready, (cost - log_p, count * 1000 + i, [*words, word]))
    return []


def probability(table: Table, words: Sequence[str]) -> float:
    """p of a sentence, from "<s>" to its first </s>; 0 if it has no </s>, for then it is none."""
    if END not in words:
        return 0.0
    lm, p = TableLM(table), 1.0
    for i in range(1, list(words).index(END) + 1):
        p *= math.exp(lm.row(words[:i]).get(words[i], -math.inf))
    return p


def _best_sentence(table: Table, length: int) -> list[str]:
    """The most probable sentence of at most `length` words, </s> counted, or []."""
    lm = TableLM(table)
    ready = [(0.0, 0, ["<s>"])]
    for count in range(MOST):
        if not ready:
            return []
        cost, _, words = heapq.heappop(ready)
        if words[-1] == END:
            return words
        if len(words) <= length:
            for i, (word, log_p) in enumerate(lm.row(words).items()):
                heapq.heappush(ready, (cost - log_p, count * 1000 + i, [*words, word]))
    return []


def notes_version_is_worse(table: Any, length: int) -> dict[str, Any]:
    """Of a table: does the notes' beam search, however wide, return a less probable sentence than there is?"""
    rows: list[Any] = list(table.values()) if isinstance(table, Mapping) else []
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        return {"a table": type(table).__name__}
    if not all(isinstance(p, int | float) and isinstance(word, str) for row in rows for word, p in row.items()):
        return {"a table": "of words and numbers? no"}
    if any(p < 0 for row in rows for p in row.values()):
        return {"a table": True, "probabilities": "below 0"}
    if not all(math.isclose(sum(row.values()), 1.0, abs_tol=1e-6) for row in rows):
        return {"a table": True, "probabilities": "do not add up to 1"}
    if "<s>" not in table:
        return {"a table": True, "a row for <s>": False}
    best = _best_sentence(table, length)
    if not best:
        return {"a table": True, "a sentence ends": False}
    found = probability(table, notes_version(table, length))
    if found < probability(table, best) - 1e-9:
        return {"a table": True, "the notes' version is worse": True}
    stays = TableLM(table).row([END]).get(END, -1.0) > -1e-9
    return {"a table": True, "the notes' version is worse": False, "after </s> comes </s>": stays}


def search_tree(lm: Any, finished: Sequence[tuple[Sequence[str], float]]) -> tuple[Any, list[str]]:
    """The tree of the last search that a language model was asked in, to be drawn by td.viz.beam_tree; and its words.

    lm        a TableLM or SentenceLM: what it was asked about was in the beam
    finished  (words, score) of the sentences that were found, best first
    """
    from ...decode import Node, SearchTree

    asked = list(dict.fromkeys(lm.asked))
    ended = {tuple(words): score for words, score in finished}
    vocabulary = list(dict.fromkeys(["<s>", *(word for words in [*asked, *ended] for word in words)]))
    nodes, place, totals = [], {}, {("<s>",): 0.0}
    for words in sorted(asked, key=len):
        if words[:-1] and words[:-1] not in place:
            continue
        if len(words) == 1:
            place[words] = 0
            nodes.append(Node(0, -1, 0, 0.0, 0.0, 0.0, "kept"))
        best = sorted(lm.row(words).items(), key=lambda item: -item[1])
        shown = [(w, p) for i, (w, p) in enumerate(best) if i < 3 or (*words, w) in ended or (*words, w) in asked]
        for word, log_p in shown:
            longer = (*words, word)
            totals[longer], place[longer] = totals[words] + log_p, len(nodes)
            if word not in vocabulary:
                vocabulary.append(word)
            status = "finished" if longer in ended else "kept" if longer in asked else "pruned"
            nodes.append(Node(len(words), place[words], vocabulary.index(word), log_p, totals[longer], totals[longer], status))
    tree = SearchTree(nodes)
    if finished and tuple(finished[0][0]) in place:
        tree.winner = place[tuple(finished[0][0])]
    return tree, vocabulary


# --- BLEU ---


def fooled(prediction: Any, reference: Sequence[str]) -> dict[str, Any]:
    """Of a prediction: has it the notes' precision 1 for single words, and is that undeserved?"""
    if not isinstance(prediction, list | tuple) or not all(isinstance(word, str) for word in prediction):
        return {"a list of words": type(prediction).__name__}
    if len(prediction) < len(reference):
        return {"a list of words": True, "as long as the reference": False, "empty": not prediction}
    known = sum(word in reference for word in prediction)
    from ...metrics import bleu

    deserved = bleu([list(prediction)], [list(reference)], max_order=1).counts[0]
    if known == len(prediction) and 2 * deserved <= len(prediction):
        return {"a list of words": True, "fooled": True}
    if not known and all(len(word) == 1 for word in prediction):
        return {"a list of words": True, "fooled": False, "single letters": True}
    return {"a list of words": True, "fooled": False, "words that are not in it": known < len(prediction),
            "all deserved": deserved == known}


# --- a small translation task ---


def translation_pairs(longest: int = 7) -> tuple[list[Pair], list[Pair]]:
    """About 3,000 German-English pairs to train on, and 80 to test with, of at most `longest` German words.

    They are made by a small grammar (tinydawn.text.toy_translation): the verb may come last in German, its prefix decides
    which verb it is, and most sentences have several translations.
    """
    from ...text import toy_translation_splits

    train, _, test = toy_translation_splits(8000, 1, 400)
    short = [[pair for pair in pairs if len(pair[0]) <= longest] for pairs in (train, test)]
    return short[0], short[1][:80]


def word_for_word(pairs: Sequence[Pair], rounds: int = 5) -> dict[str, str]:
    """A dictionary: for each source word the target word that it most likely stands for, counted from pairs of sentences.

    IBM's first model (Brown et al. 1993): each target word is shared among the source words of its sentence by how likely each
    is to give it, and the shares are counted anew, a few times over.
    """
    likely: Any = defaultdict(lambda: 1.0)
    for _ in range(rounds):
        shares: Counter[tuple[str, str]] = Counter()
        for source, target in pairs:
            for word in target:
                total = sum(likely[word, x] for x in source)
                for x in source:
                    shares[word, x] += likely[word, x] / total
        sums: Counter[str] = Counter()
        for (_, x), share in shares.items():
            sums[x] += share
        likely = defaultdict(float, {(word, x): share / sums[x] for (word, x), share in shares.items()})
    best: dict[str, tuple[float, str]] = {}
    for (word, x), p in likely.items():
        best[x] = max(best.get(x, (0.0, "")), (p, word))
    return {x: word for x, (_, word) in best.items()}


def translation_batch(pairs: Sequence[Pair], vocabularies: Sequence[Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ids of the sources (N, S), their lengths (N,), ids of the targets (N, T) from <s> to </s>; 0 is padding."""
    rows = [[vocabularies[0].encode(source) for source, _ in pairs],
            [vocabularies[1].encode(target, bos=True, eos=True) for _, target in pairs]]
    padded = [np.array([list(row) + [0] * (max(map(len, side)) - len(row)) for row in side]) for side in rows]
    return padded[0], np.array([len(row) for row in rows[0]]), padded[1]
