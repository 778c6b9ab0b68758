"""Simple methods that a model has to beat, shared by the demos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


def word_by_word(pairs: Sequence[tuple[list[str], list[str]]], sentences: Sequence[list[str]]) -> list[list[str]]:
    """Translate each word by the one it keeps company with: the largest Dice coefficient 2 n(s, t) / (n(s) + n(t)).

    The counts are of sentence pairs that have s on one side and t on the other. Unknown words are left as they are.
    """
    source_count: Counter[str] = Counter()
    target_count: Counter[str] = Counter()
    together: Counter[tuple[str, str]] = Counter()
    for source, target in pairs:
        sources, targets = set(source), set(target)
        source_count.update(sources)
        target_count.update(targets)
        together.update((s, t) for s in sources for t in targets)
    best: dict[str, tuple[float, str]] = {}
    for (s, t), n in together.items():
        best[s] = max(best.get(s, (0.0, "")), (2 * n / (source_count[s] + target_count[t]), t))
    return [[best[word][1] if word in best else word for word in sentence] for sentence in sentences]
