"""What bow_classifier.py reads where labels are few: short reviews with many words for one thing.

Nothing here hangs on the order of words, so that a bag of them can be as good as any reader.
"""

from __future__ import annotations

import numpy as np

from .labelled import Examples

NEGATIVE, POSITIVE, NOUNS = (words.split() for words in (
    """
    awful bland boring broken cheap childish clumsy cold confused crude dead dim dire dreary
    dry dull empty faded false feeble flat forced grim harsh heavy hollow idle lame lazy
    lifeless limp loud messy mild muddled noisy pale petty plain pompous poor rigid rough sad
    shallow silly slack sleepy sloppy slow sour stale stiff stupid tame thin tired ugly vague
    weak
    """,
    """
    alive bold brave bright brilliant calm charming clear clever crisp daring deep deft
    elegant fair fine fluent fresh funny gentle good graceful grand great happy honest keen
    kind lively lovely lucid merry mighty moving neat nimble noble polished proud pure quick
    rare rich ripe sharp sincere smart smooth solid splendid strong subtle superb sweet tender
    true vivid warm wise witty
    """,
    """
    acting plot ending music dialogue camera script humour cast pace story direction
    """,
))

AGREES = 0.85  # how often an adjective is one of the class of its review
ADJECTIVES = (2, 2, 1)  # before each of its three nouns: five, an odd number, so one side has more


def reviews(count: int, seed: int) -> Examples:
    """`count` reviews (words, class): "fresh true plot , kind stale cast , lively ending"."""
    rng = np.random.default_rng(seed)
    found = []
    for label in rng.permutation(np.arange(count) % 2):
        words: list[str] = []
        for noun, adjectives in zip(rng.permutation(NOUNS), ADJECTIVES, strict=False):
            for agrees in rng.random(adjectives) < AGREES:
                adjective = rng.integers(len(POSITIVE))  # there are as many of either class
                words.append((POSITIVE if agrees == label else NEGATIVE)[adjective])
            words += [str(noun), ","]
        found.append((words[:-1], int(label)))
    return found


def best_accuracy(examples: Examples) -> float:
    """Of who knows the class of every adjective, and answers what most of them say.

    Nobody can expect more: each adjective says the same amount for its class.
    """
    right = []
    for words, label in examples:
        balance = sum((word in POSITIVE) - (word in NEGATIVE) for word in words)
        right.append((balance > 0) == label)
    return float(np.mean(right))
