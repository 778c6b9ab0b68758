"""The merges of byte-pair encoding, learned from a table of words. The tokenizer that uses them is in bpe.py.

Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units", ACL 2016, Algorithm 1; with
statistics that are kept up to date and not counted anew for each merge.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise
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
    The counts are kept up to date: a merge visits only the words that it changes.

    >>> [a + b for (a, b), _ in learn_bpe({("l", "o", "w"): 5, ("l", "o", "t"): 2}, 2)]
    ['lo', 'low']
    """
    check_training(num_merges, min_frequency, ties)
    spelled, counts = list(words), list(words.values())
    stats: Counter[Pair] = Counter()
    where: defaultdict[Pair, set[int]] = defaultdict(set)  # the words that have, or once had, this pair
    for i, symbols in enumerate(spelled):
        for pair in pairwise(symbols):
            stats[pair] += counts[i]
            where[pair].add(i)
    symbols_seen = sorted({symbol for symbols in spelled for symbol in symbols})
    order = {symbol: _order(symbol, i, ties) for i, symbol in enumerate(symbols_seen)}
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
        order.setdefault(pair[0] + pair[1], _order(pair[0] + pair[1], len(order), ties))
        changed: Counter[Pair] = Counter()
        for i in where.pop(pair):
            before, after = spelled[i], tuple(merged(spelled[i], pair))
            if len(after) == len(before):
                continue
            spelled[i] = after
            for old in pairwise(before):
                changed[old] -= counts[i]
            for new in pairwise(after):
                changed[new] += counts[i]
                where[new].add(i)
        for (a, b), n in changed.items():
            stats[a, b] += n
            if n > 0:
                heappush(heap, (-stats[a, b], order[a], order[b], (a, b)))


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
