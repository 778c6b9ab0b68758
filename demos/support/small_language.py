"""Small languages for masked models, of which the best possible guess is known."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise, product

import numpy as np

from tinydawn import text

# --- sentences: what a hidden word is depends on words far from it, and on their order ---


def small_language() -> tuple[list[list[str]], np.ndarray]:
    """All its sentences, and the probability of each.

    Who eats whom; a verb that agrees with the first of two nouns, not the nearer one; two kinds of
    places, both called bank.
    """
    kinds = [(_eating(), 0.3), (_agreeing(), 0.4), (_places(), 0.3)]
    sentences = [sentence.split() for kind, _ in kinds for sentence in kind]
    probabilities = [np.full(len(kind), share / len(kind)) for kind, share in kinds]
    return sentences, np.concatenate(probabilities)


def _eating() -> list[str]:
    """at dawn the spider eats the fly: or is it eaten?"""
    chain = ["fly", "spider", "frog", "snake", "hawk"]
    found = []
    for time in ("at dawn", "by day", "at night", "in spring"):
        for eaten, eater in pairwise(chain):
            found.append(f"{time} the {eater} eats the {eaten}")
            found.append(f"{time} the {eaten} is eaten by the {eater}")
    return found


def _agreeing() -> list[str]:
    """the keys near the lamp are old: the verb goes with the first noun."""
    singular = ["key", "book", "bowl", "cup", "lamp", "coin"]
    nouns = [(noun + end, number) for noun in singular for number, end in enumerate(("", "s"))]
    verbs = ("is", "was", "looks"), ("are", "were", "look")
    links = ("of", "near", "behind")
    return [f"the {first} {link} the {second} {verbs[number][v]} {how}"
            for (first, number), link, (second, _), v, how
            in product(nouns, links, nouns, range(3), ("old", "new", "lost", "red"))]


def _places() -> list[str]:
    """the clerk counts money at the bank, the duck rests low at the bank."""
    of_money = (("clerk", "widow", "farmer"), ("keeps", "counts", "needs"),
                ("money", "cash", "gold"), ("bank", "office", "desk"))
    of_water = (("boat", "duck", "swan"), ("rests", "lies", "waits"),
                ("low", "still", "alone"), ("bank", "shore", "dam"))
    return [f"the {who} {does} {what} at the {where}"
            for columns in (of_money, of_water) for who, does, what, where in product(*columns)]


def posteriors(batches: Iterable[tuple[np.ndarray, ...]], pieces: text.WordPiece) -> np.ndarray:
    """The truth about each hidden word: p of every word, given all that is seen: (N, V).

    All sentences that fit what is seen vote with their probability. No guess is right more often,
    in the long run, than the word with the greatest p.
    """
    everything, weights = small_language()
    rows = [np.array([pieces.cls_id, *(pieces[word] for word in words), pieces.sep_id])
            for words in everything]
    lengths = np.array([len(row) for row in rows])
    by_length = {}  # length -> the sentences of it (M, length), and their probabilities (M,)
    for length in set(lengths.tolist()):
        table = np.array([row for row in rows if len(row) == length])
        by_length[length] = table, weights[lengths == length]

    found = []
    for ids, _, _, targets in batches:
        for row, target in zip(ids, targets, strict=True):
            length = int((row != pieces.pad_id).sum())
            table, p = by_length[length]
            seen = target[:length] < 0
            fits = (table[:, seen] == row[:length][seen]).all(axis=1)
            for t in np.flatnonzero(~seen):
                found.append(np.bincount(table[fits, t], p[fits], len(pieces)) / p[fits].sum())
    return np.array(found)


def one_word_wrong(count: int, seed: int) -> list[tuple[list[str], int]]:
    """Sentences of the language, 1, and others in which one word was exchanged, 0: half and half.

    The wrong word stands at this place of other sentences, which is why it does not catch the eye:
    "at dawn the fly eats the spider". Who knows the language is right every time.
    """
    everything, weights = small_language()
    right = {tuple(sentence) for sentence in everything}
    others: dict[tuple[int, int], list[str]] = {}  # by length and place
    for sentence in everything:
        for place, word in enumerate(sentence):
            words = others.setdefault((len(sentence), place), [])
            if word not in words:
                words.append(word)
    rng = np.random.default_rng(seed)
    found = []
    for k, i in enumerate(rng.choice(len(everything), count, p=weights)):
        sentence = list(everything[i])
        while k % 2 == 0 and tuple(sentence) in right:
            sentence = list(everything[i])
            place = int(rng.integers(len(sentence)))
            sentence[place] = str(rng.choice(others[len(sentence), place]))
        found.append((sentence, k % 2))
    return found


# --- stories: a false neighbour is known by its place, and by whose turn it is ---

# people, who take turns in this order / verbs / things of each place
PLACES = [[part.split() for part in place.split("/")] for place in (
    "sailor captain fisher pilot/mends loads moors/boat net sail rope mast deck",
    "cook baker waiter guest/stirs tastes serves/soup bread sauce cake stew pie",
    "farmer shepherd hen horse/finds needs likes/hay straw corn field barn wheat",
    "judge lawyer thief witness/fears hears doubts/court oath law trial plea guilt",
    "doctor nurse surgeon patient/counts checks wants/pill pulse bandage fever drip dose",
    "king queen knight jester/guards praises loves/crown throne sword castle feast banner")]
TIMES = ["today", "again", "now"]


def stories(count: int, seed: int) -> list[list[list[str]]]:
    """Documents of four sentences about one of six places, whose four people take turns.

    Anyone may begin; after the last of the place comes the first again. So the order can be known,
    and no word by itself says which sentence it is. Two sentences of a document have neither the
    person nor the thing in common, but in one case of three the verb, of one place only.
    """
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        people, verbs, things = PLACES[rng.integers(len(PLACES))]
        turns = np.roll(people, rng.integers(4))
        document = []
        for person, thing in zip(turns, rng.permutation(things), strict=False):
            verb, time = str(rng.choice(verbs)), str(rng.choice(TIMES))
            document.append(["the", str(person), verb, "the", str(thing), time])
        found.append(document)
    return found
