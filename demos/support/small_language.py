"""A small language for masked models, of which the best possible guess is known."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise, product

import numpy as np

from tinydawn import text


def small_language() -> tuple[list[list[str]], np.ndarray]:
    """All its sentences, and the probability of each. What a hidden word is, depends on words far from it, and on their order.

    Who eats whom; a verb that agrees with the first of two nouns, not the nearer one; two kinds of places, both called bank.
    """
    chain = ["fly", "spider", "frog", "snake", "hawk"]
    eating = [f"{before} {sentence}" for before in ("at dawn", "by day", "at night", "in spring") for b, a in pairwise(chain)
              for sentence in (f"the {a} eats the {b}", f"the {b} is eaten by the {a}")]
    nouns = [(noun + end, k) for noun in ["key", "book", "bowl", "cup", "lamp", "coin"] for k, end in enumerate(("", "s"))]
    verbs = ("is", "was", "looks"), ("are", "were", "look")
    agreeing = [f"the {a} {near} the {b} {verbs[k][v]} {how}" for (a, k), near, (b, _), v, how in product(
        nouns, ("of", "near", "behind"), nouns, range(3), ("old", "new", "lost", "red"))]
    places = [f"the {who} {does} {what} at the {where}" for people, doings, things, ends in (
        (("clerk", "widow", "farmer"), ("keeps", "counts", "needs"), ("money", "cash", "gold"), ("bank", "office", "desk")),
        (("boat", "duck", "swan"), ("rests", "lies", "waits"), ("low", "still", "alone"), ("bank", "shore", "dam")))
        for who, does, what, where in product(people, doings, things, ends)]
    kinds = (eating, 0.3), (agreeing, 0.4), (places, 0.3)
    return ([sentence.split() for kind, _ in kinds for sentence in kind],
            np.concatenate([np.full(len(kind), share / len(kind)) for kind, share in kinds]))


def best_accuracy(batches: Iterable[tuple[np.ndarray, ...]], pieces: text.WordPiece) -> float:
    """How often the best possible guess is right: all sentences that fit what is seen vote with their probability."""
    everything, weights = small_language()
    rows = [np.array([pieces.cls_id, *(pieces[word] for word in words), pieces.sep_id]) for words in everything]
    by_length = {n: (np.array([row for row in rows if len(row) == n]), weights[[len(row) == n for row in rows]])
                 for n in {len(row) for row in rows}}
    right = []
    for ids, _, _, targets in batches:
        for row, target in zip(ids, targets, strict=True):
            n = int((row != pieces.pad_id).sum())
            table, p = by_length[n]
            seen = target[:n] < 0
            fits = (table[:, seen] == row[:n][seen]).all(axis=1)
            for t in np.flatnonzero(~seen):
                right.append(np.bincount(table[fits, t], p[fits]).argmax() == target[t])
    return float(np.mean(right))


def stories(count: int, seed: int) -> list[list[list[str]]]:
    """Documents of four sentences in any order, about one of six places.

    Two sentences of a document have neither the person nor the thing in common, but in one case of three the verb, and each
    verb belongs to one place.
    """
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        who, does, what = PLACES[rng.integers(len(PLACES))]
        found.append([["the", str(person), str(rng.choice(does)), "the", str(thing), str(rng.choice(["today", "again", "now"]))]
                      for person, thing in zip(rng.permutation(who), rng.permutation(what), strict=False)])
    return found


PLACES = [[part.split() for part in place.split("/")] for place in (
    "sailor captain fisher pilot/mends loads moors/boat net sail rope mast deck",
    "cook baker waiter guest/stirs tastes serves/soup bread sauce cake stew pie",
    "farmer shepherd hen horse/finds needs likes/hay straw corn field barn wheat",
    "judge lawyer thief witness/fears hears doubts/court oath law trial plea guilt",
    "doctor nurse surgeon patient/counts checks wants/pill pulse bandage fever drip dose",
    "king queen knight jester/guards praises loves/crown throne sword castle feast banner")]
