"""Sentences with a word of two meanings, about which it is known which one is meant."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# Two places that are called bank, each with other names for it, and what is done there by whom.
WHO = (("clerk", "widow", "cashier", "lawyer"), ("boat", "duck", "swan", "otter"))
DOES = (("counts", "keeps", "borrows"), ("floats", "swims", "dives"))
HOW = (("money", "cash", "gold"), ("low", "alone", "deep"))
WHEN = ("today", "again", "now", "soon", "early", "often")

# What a bank is like and does, and others that are and do the same.
LIKE = (("rich", "private", "honest", "greedy"), ("muddy", "grassy", "steep", "sandy"))
ACTS = (("lends", "pays", "saves"), ("floods", "crumbles", "slopes"))
MORE = (("money", "cash", "gold"), ("gently", "badly", "slowly"))
OTHER_NAMES = (("lender", "firm", "broker"), ("shore", "dune", "hillside"))


class Sentence(NamedTuple):
    tokens: list[str]
    place: int  # where the word of two meanings stands
    sense: int  # 0 is of money, 1 of water
    after: bool  # whether what tells the meaning stands behind it


def two_senses(count: int, seed: int) -> list[Sentence]:
    """Half of them tell the meaning of "bank" before it, half behind it:

    the clerk counts cash today at the bank .
    at the bank today the duck swims alone .
    """
    rng = np.random.default_rng(seed)
    found = []
    for i in range(count):
        sense, after = i % 2, i // 2 % 2 == 1
        clue = " ".join(["the", *(str(rng.choice(part[sense])) for part in (WHO, DOES, HOW))])
        when = str(rng.choice(WHEN))
        text = f"at the bank {when} {clue} ." if after else f"{clue} {when} at the bank ."
        tokens = text.split()
        found.append(Sentence(tokens, tokens.index("bank"), sense, after))
    return [found[i] for i in rng.permutation(count)]


def banks(count: int, seed: int) -> list[list[str]]:
    """Sentences about a bank, or another that is and does the same:

    today the rich bank lends gold .
    often the muddy shore crumbles slowly .
    """
    rng = np.random.default_rng(seed)
    found = []
    for i in range(count):
        like, act, more, other, when = (str(rng.choice(words)) for words in (
            *(part[i % 2] for part in (LIKE, ACTS, MORE, OTHER_NAMES)), WHEN))
        name = "bank" if rng.random() < 0.4 else other
        found.append([when, "the", like, name, act, more, "."])
    return found
