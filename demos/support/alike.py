"""A small language in which words are alike: each may stand wherever another of its kind may."""

from __future__ import annotations

import numpy as np

OLD = ["old", "new", "big", "small", "red", "blue", "good", "bad", "dry", "wet", "hard", "soft",
       "clean", "dirty", "heavy", "light", "long", "short", "broken", "precious"]

# Of a farm, a ship and a study: who, does, what.
WORLDS = [[column.split() for column in world] for world in (
    ("cow hen goat pig horse duck sheep donkey calf lamb ox turkey goose mule bull pony rooster "
     "ram kid mare",
     "eats chews likes finds smells wants sniffs nibbles seeks gulps swallows craves guards hides "
     "steals loves grabs tastes picks drops",
     "hay corn grass clover straw oats barley wheat turnips apples carrots leaves roots bran beans "
     "seeds weeds moss acorns peas"),
    ("sailor captain pirate pilot diver fisher mate cook gunner boatman smuggler admiral skipper "
     "steward rower deckhand navigator stowaway whaler shipwright",
     "mends hauls ties lowers hoists repairs paints scrubs oils coils drags loads checks tars "
     "splices fixes moves stores lashes stows",
     "sails ropes nets anchors oars masts barrels cannons rudders chains buoys hooks flags lamps "
     "planks crates pulleys hulls decks cables"),
    ("judge lawyer clerk banker mayor teacher poet writer editor critic printer student doctor "
     "priest scholar actor lady senator notary author",
     "reads writes signs prints copies studies quotes drafts edits praises doubts seals files "
     "translates revises burns cites publishes forges recites",
     "letters books laws poems wills reports stories plays essays novels papers bills treaties "
     "sermons verses diaries songs notes maps recipes"),
)]


def kinds() -> dict[str, int]:
    """The kind of each word that has others of its kind."""
    columns = [OLD, *(column for world in WORLDS for column in world)]
    return {word: kind for kind, column in enumerate(columns) for word in column}


def sentences_of_worlds(count: int, seed: int) -> list[list[str]]:
    """Such as: the old cow eats the dry hay. Any cow eats any hay; none reads a book."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        who, does, what = (str(rng.choice(column)) for column in WORLDS[rng.integers(3)])
        first, second = (str(rng.choice(OLD)) for _ in range(2))
        found.append(["the", first, who, does, "the", second, what])
    return found


BETWEEN = ["again", "today", "quietly"]  # they belong to every world
FEW = 8  # words of each kind, so that most things are seen often


def sentences_with_distance(count: int, seed: int, most: int = 10) -> list[list[str]]:
    """Such as: the cow again today then eats the hay. The verb is of the world of the second
    word; before "then" stand 0 to `most` words that say nothing."""
    rng = np.random.default_rng(seed)
    found = []
    for i in range(count):
        who, does, what = (str(rng.choice(column[:FEW])) for column in WORLDS[rng.integers(3)])
        between = rng.choice(BETWEEN, i % (most + 1)).tolist()
        found.append(["the", who, *between, "then", does, "the", what])
    return [found[i] for i in rng.permutation(count)]


def world_of(word: str) -> int | None:
    """0 of the farm, 1 of the ship, 2 of the study."""
    return next((k for k, world in enumerate(WORLDS) if any(word in column for column in world)),
                None)


def true_perplexity() -> float:
    """Of the eight tokens of a sentence, its end counted: no model can do better on average.

    Five of them are drawn: an adjective of 20, one of 60 who, one of 20 verbs, an adjective of 20,
    one of 20 things.
    """
    return float((20 * 60 * 20 * 20 * 20) ** (1 / 8))
