"""The merges of byte-pair encoding, learned from a table of words. The tokenizer that uses them is in bpe.py.

Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units", ACL 2016, Algorithm 1; with
statistics that are kept up to date and not counted anew for each merge.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import chain, pairwise
from typing import Any

from tinydawn.checks import known, whole
from tinydawn.errors import DataError, message

Pair = tuple[str, str]
TIES = ("smallest", "largest", "id")


def learn_bpe(words: Mapping[tuple[str, ...], int], num_merges: int, min_frequency: int = 2,
              ties: str = "smallest") -> Iterator[tuple[Pair, int]]:
    """The merges, one by one: of all pairs of neighbours the most frequent becomes one symbol, everywhere.

    words          word, as a tuple of symbols -> how often it occurs
    num_merges     at most so many
    min_frequency  stop when no pair is as frequent
    ties           which of several pairs that are equally frequent: "smallest" or "largest" in the order of strings, left
                   symbol first (subword-nmt takes the largest); or "id", the pair whose symbols are the oldest: the
                   alphabet in its order, then the merges in theirs (Hugging Face tokenizers)

    Yields (pair, count). In "aaa" the pair (a, a) counts twice, as in the paper, though only one merge is possible.
    The counts are kept up to date: a merge visits only the places that it changes, however long the words are.

    >>> [a + b for (a, b), _ in learn_bpe({("l", "o", "w"): 5, ("l", "o", "t"): 2}, 2)]
    ['lo', 'low']
    """
    check_training(num_merges, min_frequency, ties)
    text = Chain(words)
    counts = [0, *chain.from_iterable([n] * len(word) + [0] for word, n in words.items())]  # of the word of each place
    stats: Counter[Pair] = Counter()
    where: defaultdict[Pair, list[int]] = defaultdict(list)  # the places that have, or once had, this pair
    for place, pair in enumerate(pairwise(text.symbols)):
        if all(pair):  # of one and the same word
            stats[pair] += counts[place]
            where[pair].append(place)
    letters = sorted({symbol for word in words for symbol in word})
    order = {symbol: _order(symbol, i, ties) for i, symbol in enumerate(letters)}
    heap = [(-n, order[a], order[b], (a, b)) for (a, b), n in stats.items()]
    heapify(heap)
    while heap and num_merges > 0:
        negative, _, _, pair = heappop(heap)
        if stats[pair] != -negative:  # out of date: the pair has become rarer since, and waits for its turn
            if 0 < stats[pair] < -negative:
                heappush(heap, (-stats[pair], order[pair[0]], order[pair[1]], pair))
            continue
        if -negative < min_frequency:
            return
        yield pair, -negative
        num_merges -= 1
        (a, b), both = pair, pair[0] + pair[1]
        order.setdefault(both, _order(both, len(order), ties))
        changed: Counter[Pair] = Counter()
        for place, before, after in text.join(pair, where.pop(pair)):
            n = counts[place]
            changed[pair] -= n
            if x := text.symbols[before]:
                changed[x, a] -= n
                changed[x, both] += n
                where[x, both].append(before)
            if y := text.symbols[after]:
                changed[b, y] -= n
                changed[both, y] += n
                where[both, y].append(place)
        for (a, b), n in changed.items():
            stats[a, b] += n
            if n > 0:
                heappush(heap, (-stats[a, b], order[a], order[b], (a, b)))


class Chain:
    """The symbols of words in a row, of which two neighbours become one at the cost of that place alone.

    symbols  by place, with "" before, between and after words, and at the places that went into the one before them
    left, right  the places of the neighbours, of what is not ""
    """

    def __init__(self, words: Iterable[Sequence[str]]) -> None:
        self.symbols = ["", *chain.from_iterable((*word, "") for word in words)]
        self.left = list(range(-1, len(self.symbols) - 1))
        self.right = list(range(1, len(self.symbols) + 1))

    def join(self, pair: Pair, places: list[int]) -> Iterator[tuple[int, int, int]]:
        """Make one symbol of the pair at each of the `places` that still has it: of "aaa" the first two.

        Yields its place, that of the symbol before it and that of the one after it, each time when it is done.
        """
        a, b = pair
        symbols, left, right = self.symbols, self.left, self.right
        for place in sorted(places) if a == b else places:  # from left to right, where they can overlap
            second = right[place]
            if symbols[place] == a and symbols[second] == b:
                symbols[place], symbols[second] = a + b, ""
                after = right[place] = right[second]
                left[after] = place
                yield place, left[place], after


def _order(symbol: str, age: int, ties: str) -> Any:
    """What a smallest-first heap has to compare to break ties as asked."""
    if ties == "largest":
        return (*(-ord(char) for char in symbol), 1)  # the 1: a prefix is smaller than what it begins, so comes later
    return symbol if ties == "smallest" else age


def merged(symbols: Sequence[str], pair: Pair) -> list[str]:
    """`symbols` with every occurrence of `pair` made one, from left to right: in "aaa" the first two."""
    out: list[str] = []
    for symbol in symbols:
        if out and symbol == pair[1] and out[-1] == pair[0]:
            out[-1] = pair[0] + pair[1]
        else:
            out.append(symbol)
    return out


def check_training(num_merges: int, min_frequency: int, ties: str) -> None:
    """Raises DataError for what `learn_bpe` cannot do."""
    known("BPE", "ties", ties, TIES)
    if whole("BPE", "num_merges", num_merges) < 0 or whole("BPE", "min_frequency", min_frequency) < 1:
        what = f"BPE: num_merges is {num_merges}, min_frequency {min_frequency}"
        raise DataError(message(what, fix="num_merges 0 or more, min_frequency 1 or more"))
