"""Lab 4, bag of words: sentences of Python's own manual with their subject, and what is looked at of a failing dropout."""

from __future__ import annotations

from typing import Any

import numpy as np

# Subjects, and the topics of the manual that are about them; a topic that this Python's manual does not have is passed over.
SUBJECTS = {
    "debugger": "debugger",
    "statements": "assert assignment async augassign break class compound continue del else exceptions exprlists for function "
                  "global if import in nonlocal pass raise return try while with yield",
    "text": "bytes-methods formatstrings string-conversion string-methods strings",
    "classes": "attribute-access callable-types context-managers customization id-classes numeric-types objects sequence-types "
               "specialattrs specialnames types typesmethods",
    "containers": "dict lists slicings subscriptions typesmapping typesseq typesseq-mutable",
}
Sentences = list[tuple[list[str], int]]


def manual(seed: int = 0) -> tuple[Sentences, Sentences, list[str]]:
    """Sentences of Python's own manual: (train, test, classes).

    train, test  lists of (words, class): about 1,200 and 300, no sentence in both; the same seed gives the same ones
    classes      the names of the five classes
    """
    from tinydawn.text.english import by_topic, words

    topics = by_topic()
    found = [(words(sentence), label) for label, names in enumerate(SUBJECTS.values())
             for name in names.split() for sentence in topics.get(name, ())]
    order = np.random.default_rng(seed).permutation(len(found))
    first = len(found) * 4 // 5
    return [found[i] for i in order[:first]], [found[i] for i in order[first:]], list(SUBJECTS)


def dropout_failure(returned: Any, h: float) -> dict[str, Any]:
    """Of (drop, on average in training, at test): do the notes fail at this drop, and are the two values theirs?"""
    if not isinstance(returned, tuple | list) or len(returned) != 3:
        return {"three numbers": False}
    if any(isinstance(x, bool) for x in returned):
        return {"three numbers": "truth values"}
    try:
        sizes = [np.asarray(x).size for x in returned]
        if max(sizes) > 1:
            return {"three numbers": "an array"}
        drop, training, test = (float(np.asarray(x)) for x in returned)
    except (TypeError, ValueError):
        return {"three numbers": False}
    if not 0 <= drop <= 1:
        last = 0 <= test <= 1 and _near(drop, h * (1 - test), h) and _near(training, h * test, h)
        return {"three numbers": True, "drop": "stands last" if last else "is no probability"}
    kept, dropped = ("h times what is kept", h * (1 - drop)), ("h times what is dropped", h * drop)
    others = [("h", h), ("h divided by what is kept", h / (1 - drop) if drop < 1 else np.inf), ("0", 0.0),
              ("the share that is kept", 1 - drop), ("the share that is dropped", drop),
              ("the ratio of the two", (1 - drop) / drop if drop else np.inf), ("the difference of the two", h * (1 - 2 * drop)),
              ("h times what is kept, twice", h * (1 - drop) ** 2), ("half of h times what is kept", h * (1 - drop) / 2)]
    return {"three numbers": True, "drop": "one at which the notes are right" if abs(drop - 0.5) < 1e-6 else "the notes fail",
            "training": _which(training, [kept, dropped, *others], h), "test": _which(test, [dropped, kept, *others], h)}


def _which(value: float, formulas: list[tuple[str, float]], h: float) -> str:
    """Which of the formulas it is, or that it is near the first."""
    exact = next((name for name, number in formulas if abs(value - number) < 1e-6), None)
    return exact or ("near " + formulas[0][0] if _near(value, formulas[0][1], h) else "another number")


def _near(value: float, number: float, h: float) -> bool:
    return abs(value - number) < 0.06 * abs(h)
