"""Sentences with a word of two meanings, about which it is known which one is meant."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# Two places that are called bank, each with other names for it, and what is done there by whom.
WHO = (("clerk", "widow", "cashier", "lawyer"), ("boat", "duck", "swan", "otter"))
DOES = (("counts", "keeps", "borrows"), ("floats", "swims", "dives"))
HOW = (("money", "cash", "gold"), ("low", "alone", "deep"))
OTHER_NAMES = (("office", "vault"), ("shore", "dam"))
WHEN = ("today", "again", "now", "soon", "early", "often")


class Sentence(NamedTuple):
    tokens: list[str]
    place: int  # where the word of two meanings stands, or another name of what it means
    sense: int  # 0 is of money, 1 of water
    after: bool  # whether what tells the meaning stands behind it


def two_senses(count: int, seed: int, others: float = 0.0) -> list[Sentence]:
    """Half of them tell the meaning of "bank" before it, half behind it:

        the clerk counts cash today at the bank .
        at the bank today the duck swims alone .

    others  the share of sentences that have another name in its place: office, vault; shore, dam
    """
    rng = np.random.default_rng(seed)
    found = []
    for i in range(count):
        sense, after = i % 2, i // 2 % 2 == 1
        words = [str(rng.choice(column[sense])) for column in (WHO, DOES, HOW)]
        where = str(rng.choice(OTHER_NAMES[sense])) if rng.random() < others else "bank"
        when = str(rng.choice(WHEN))
        clue, there = f"the {' '.join(words)}", f"at the {where}"
        tokens = (f"{there} {when} {clue} ." if after else f"{clue} {when} {there} .").split()
        found.append(Sentence(tokens, tokens.index(where), sense, after))
    return [found[i] for i in rng.permutation(count)]
