"""For softmax_classifier.py: as many texts as one likes, and how well anybody could tell them."""

from __future__ import annotations

from collections import Counter

import numpy as np

from tinydawn import text

from . import labelled
from .topics import names_of

LENGTH = 10  # words of a text
OWN = 0.5  # of a text's words are of its own topic, the others of any


def load(data: str | None, seed: int, quick: bool) -> tuple[text.Labelled, dict[str, float]]:
    """The labelled texts named `data`; for None 16,000 made of the words of Python's manual.

    Each word is drawn by itself, from how often words come in one of ten topics, and in all. So
    the probability of each topic is known, and with it the least loss there can be: the second
    result has that loss and accuracy on the test texts. It is empty for other data.
    """
    if data is not None:
        return labelled.load(data, seed, quick), {}
    documents = sorted(text.load_documents(None), key=len, reverse=True)[:10]
    counts = [Counter(word for sentence in document for word in sentence) for document in documents]
    words = sorted(set().union(*counts))
    rows = np.array([[count[word] for word in words] for count in counts], float)  # (C, V)
    rows /= rows.sum(axis=1, keepdims=True)
    p = OWN * rows + (1 - OWN) * rows.mean(axis=0)  # (C, V)

    rng = np.random.default_rng(seed)
    train, test, dev = 2000 if quick else 16_000, 1000, 100
    labels = rng.integers(len(p), size=train + test + dev)  # (N,)
    ids = np.zeros((len(labels), LENGTH), int)  # (N, T)
    for c, row in enumerate(p):
        ids[labels == c] = rng.choice(len(words), (int((labels == c).sum()), LENGTH), p=row)
    texts = [([words[i] for i in row], int(label)) for row, label in zip(ids, labels, strict=True)]
    parts = texts[:train], texts[train + test:], texts[train:train + test]

    log_p = np.log(p)[:, ids[train:train + test]].sum(axis=2).T  # (N, C)
    log_p -= np.logaddexp.reduce(log_p, axis=1, keepdims=True)
    truth = labels[train:train + test]
    best = {"loss_true": -log_p[np.arange(test), truth].mean(),
            "accuracy_true": (log_p.argmax(axis=1) == truth).mean()}
    return text.Labelled(*parts, names_of(documents)), best
