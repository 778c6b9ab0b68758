"""Real English with real classes, without a download: of which topic of Python's manual is it?"""

from __future__ import annotations

from collections import Counter

import numpy as np

from tinydawn import text

from . import labelled


def load(data: str | None, seed: int, quick: bool) -> text.Labelled:
    """The labelled texts named `data`; for None sentences of ten topics of Python's manual.

    They are few, about 1,100, so a model learns them by heart: a third is held out for the test, a
    tenth to choose with. A topic is called by the word that is most its own.
    """
    if data is not None:
        return labelled.load(data, seed, quick)
    documents = sorted(text.load_documents(None), key=len, reverse=True)[:10]
    examples = [(sentence, k) for k, document in enumerate(documents) for sentence in document]

    order = np.random.default_rng(seed).permutation(len(examples))
    third, tenth = len(order) // 3, len(order) // 10
    test, dev, train = np.split(order, [third, third + tenth])
    parts = ([examples[i] for i in part] for part in (train, dev, test))
    return text.Labelled(*parts, names_of(documents))


def names_of(documents: list[list[list[str]]]) -> list[str]:
    """For each topic the word that leads: by its share, times the log of how much oftener."""
    counts = [Counter(word for sentence in document for word in sentence) for document in documents]
    total = sum(counts, Counter())
    names: list[str] = []
    for count in counts:

        def own(word: str, count: Counter[str] = count) -> float:
            oftener = count[word] / count.total() * total.total() / total[word]
            return count[word] * np.log(oftener)

        names.append(max((word for word in count if word not in names), key=own))
    return names
