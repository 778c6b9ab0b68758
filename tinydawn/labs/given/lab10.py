"""Lab 10, subwords and context: a language model that reads both ways, reviews whose words are made of pieces, a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

# --- a language model that looks ahead ---


class ReadsBothWays:
    """A bidirectional RNN that somebody uses as a language model, with V words, ids 0 to V - 1.

    .V             the number of words
    .next(ids, t)  what it thinks of the word at place t of the sentence ids: an array (V,) of probabilities

    ahead  where its state from the right begins: 0, at place t itself; 1, at the place behind it
    """

    def __init__(self, V: int, ahead: int = 0) -> None:
        self.V, self.ahead = V, ahead
        rng = np.random.default_rng(V)
        self._words, self._turn = rng.normal(size=(V, 6)), rng.normal(size=(6, 6)) / 3
        self._out = rng.normal(size=(2, 6, V))

    def _state(self, ids: Sequence[int]) -> np.ndarray:
        h = np.zeros(6)
        for i in ids:
            h = np.tanh(self._words[i] + h @ self._turn)
        return h

    def next(self, ids: Sequence[int], t: int) -> np.ndarray:
        """Probabilities (V,) of the word at place t, 0 to len(ids) - 1."""
        left, right = self._state(ids[:t]), self._state(ids[t + self.ahead:][::-1])
        e = np.exp(left @ self._out[0] + right @ self._out[1])
        return e / e.sum()


def leak_shown(returned: Any, lm: ReadsBothWays, ids: Sequence[int], t: int) -> dict[str, Any]:
    """Of a sentence: is it the same as ids before place t, and does lm think otherwise of the word at t?"""
    if isinstance(returned, np.ndarray):
        returned = returned.tolist()
    if not isinstance(returned, list | tuple) or not all(isinstance(i, int | np.integer) for i in returned):
        return {"a sentence": False, "of": type(returned[0]).__name__ if isinstance(returned, list | tuple) and returned else ""}
    if len(returned) != len(ids):
        return {"as long as ids": "shorter" if len(returned) < len(ids) else "longer"}
    if any(not 0 <= i < lm.V for i in returned):
        return {"words that there are": False}
    if list(returned[:t]) != list(ids[:t]):
        return {"the same before t": False}
    if np.abs(lm.next(returned, t) - lm.next(ids, t)).max() > 1e-6:
        return {"leak": "shown"}
    return {"leak": "not shown", "another sentence": list(returned) != list(ids)}


# --- reviews ---

STEMS = "joy power thought fruit color mind faith meaning law art thank event"
NEW = {"joyless", "colorful", "mindless", "thankful", "artless", "faithful"}  # in no review that is learned from


def reviews(count: int, seed: int, verdict: bool = True, new: bool = False) -> list[tuple[str, int]]:
    """Reviews of two clauses that agree, one of which has a "not": (text, 1 for praise or 0), half of them each.

    "the colors are powerful and the laws are not thankless ." is 1, "the laws are thankless and the colors are not powerful ." 0.
    They have the same words: every bag of words is as often 0 as 1, and who does not read the order is right half of the time.

    verdict  for language models: the end gives it away, "we stayed ." or "we left .", and three of four have one clause
    new      in each there is a word such as "joyless" that is in none of the reviews without it; its pieces are
    """
    rng = np.random.default_rng(seed)
    known: list[list[str]] = [[], []]
    unknown: list[list[str]] = [[], []]
    for stem in STEMS.split():
        for good, end in enumerate(("less", "ful")):
            (unknown if stem + end in NEW else known)[good].append(stem + end)
    found = []
    for i in range(count):
        label, turned, where = i % 2, i // 2 % 2, i // 4 % 2
        first, second = rng.choice(STEMS.split(), 2, replace=False)
        plain = rng.choice((unknown if new and where else known)[label])
        negated = rng.choice((unknown if new and not where else known)[1 - label])
        clauses = [f"the {first}s are {plain}", f"the {second}s are not {negated}"]
        if verdict:
            clauses = [clauses, clauses[:1], clauses[:1], clauses[1:]][i // 4 % 4]
        text = " and ".join(clauses[::-1] if turned else clauses) + " ."
        found.append((text + (" we stayed ." if label else " we left .") * verdict, label))
    return found


# --- a drawing ---


def merge_tree(spellings: Sequence[tuple[int, Sequence[str]]]) -> Any:
    """The merges of a word as a tree: letters at the foot, and on each piece the number of the merge that made it.

    spellings  (number of merges, pieces) each time that the spelling of the word changes, from its letters on; one merge a time
    """
    from ...viz import Diagram
    from ...viz.picture import Arrow, Box, Picture
    from ...viz.themes import theme_of

    boxes: list[Box] = [Box("op", [(piece, "title")]) for piece in spellings[0][1]]
    arrows: list[Arrow] = []
    now = list(range(len(boxes)))
    for number, pieces in spellings[1:]:
        after: list[int] = []
        for piece in pieces:
            parts = [now.pop(0)]
            text = boxes[parts[0]].lines[0][0]
            while text != piece and now:
                parts.append(now.pop(0))
                text += boxes[parts[-1]].lines[0][0]
            if len(parts) > 1:
                boxes.append(Box("op", [(piece, "title"), (f"merge {number}", "detail")]))
                arrows += [Arrow(part, len(boxes) - 1) for part in parts]
                parts = [len(boxes) - 1]
            after += parts
        now = after
    return Diagram(picture=Picture(boxes, arrows, []), theme=theme_of("light"), direction="BT")


__all__ = ["ReadsBothWays", "leak_shown", "merge_tree", "reviews"]
