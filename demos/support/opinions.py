"""For dropout.py: texts for and against, so few that they can be learned by heart."""

from __future__ import annotations

import numpy as np

from tinydawn import text

from . import labelled

WORDS = 200  # of the language; each is a little more frequent in one of the two classes
LENGTH = 100  # words of a text
WRONG = 0.1  # of the labels to train on


def load(data: str | None, seed: int, quick: bool) -> tuple[text.Labelled, dict[str, float]]:
    """The labelled texts named `data`; for None 300 for training, with some labels wrong, 500 to
    test with.

    The second result has the accuracy of who knows the language, on the same test texts.
    """
    if data is not None:
        return labelled.load(data, seed, quick), {}
    rng = np.random.default_rng(seed)
    p = np.exp(0.2 * rng.normal(size=(2, WORDS)))  # (C, V)
    p /= p.sum(axis=1, keepdims=True)
    train, test = 300, 500
    labels = rng.integers(2, size=train + test)  # (N,)
    ids = np.stack([rng.choice(WORDS, LENGTH, p=p[label]) for label in labels])  # (N, T)
    guessed = np.log(p)[:, ids].sum(axis=2).argmax(axis=0)  # (C, N, T) -> (N,)
    knows = float((guessed == labels)[train:].mean())

    labels[:train] ^= rng.random(train) < WRONG
    texts = [([f"word{i}" for i in row], int(label))
             for row, label in zip(ids, labels, strict=True)]
    parts = texts[:train], texts[train:train + 50], texts[train:]
    return text.Labelled(*parts, ["against", "for"]), {"accuracy_who_knows": knows}
