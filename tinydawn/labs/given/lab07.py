"""Lab 7, RNN: a small language whose verbs depend on a word far before, and what is compared where many answers are right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

NOUNS = ("dog", "cat", "bird", "boy", "girl", "king")
VERBS = ("see", "like", "hear", "follow")
NEAR = 0.6  # of the sentences have a second noun between the first and the verb
OBJECT = 0.5  # of them go on after the verb


def agreeing_sentences(count: int, seed: int = 0) -> tuple[str, float]:
    """Sentences such as "the dogs near the cat see the king.", and what the language itself leaves open.

    The verb agrees with the first noun, "the dog sees", "the dogs see", whatever stands between. Singular and plural are
    alike likely. Returns the text, and -log p(text) / its length, by the probabilities that it was made with: no model of
    it can expect less.
    """
    rng = np.random.default_rng(seed)
    sentences, nats = [], 0.0

    def noun() -> tuple[str, bool]:
        plural = bool(rng.integers(2))
        return "the " + NOUNS[rng.integers(len(NOUNS))] + ("s" if plural else ""), plural

    for _ in range(count):
        subject, plural = noun()
        near, more = rng.random() < NEAR, rng.random() < OBJECT
        words = [subject]
        if near:
            words += ["near", noun()[0]]
        words.append(VERBS[rng.integers(len(VERBS))] + ("" if plural else "s"))
        if more:
            words.append(noun()[0])
        sentences.append(" ".join(words) + ". ")
        nats += (1 + near + more) * math.log(2 * len(NOUNS)) + math.log(len(VERBS))
        nats -= math.log(NEAR if near else 1 - NEAR) + math.log(OBJECT if more else 1 - OBJECT)
    text = "".join(sentences)
    return text, nats / len(text)


def verb_ends(text: str, near: bool) -> list[tuple[int, bool]]:
    """The place of the letter after each verb's stem, and whether it is an s.

    near  of the verbs with a second noun between them and theirs; else of those right after their noun
    """
    found, begin = [], 0
    for sentence in text.split(". ")[:-1]:
        words = sentence.split(" ")
        stands_far = words[2] == "near"
        if stands_far == near:
            singular = not words[1].endswith("s")
            end = begin + len(" ".join(words[:6 if near else 3]))
            found.append((end - singular, singular))
        begin += len(sentence) + 2
    return found


def listed(returned: Any, *_: Any) -> Any:
    """Numbers in a list, whether they were in a list, a tuple, an array or a Tensor."""
    if isinstance(returned, list | tuple):
        return [float(x) if np.ndim(x) == 0 and not isinstance(x, str) else x for x in returned]
    return returned.tolist() if hasattr(returned, "tolist") else returned


def stretch(returned: Any, rho: float, factor: float) -> dict[str, str]:
    """Of a pair (W, g): are the eigenvalues of W at most rho in size, and is g @ W at least factor times as long as g?

    If g @ W is too short, the last entry says what else is seen of W and g.
    """
    pair = isinstance(returned, Sequence) and not isinstance(returned, str) and len(returned) == 2
    if not pair:
        return {"returned": "not two things"}
    try:
        W, g = (np.asarray(x, float) for x in returned)
    except (TypeError, ValueError):
        return {"returned": "not two arrays of numbers"}
    if (W.shape, g.shape) != ((2, 2), (2,)):
        return {"shape of W": str(W.shape), "shape of g": str(g.shape)}
    if not (np.isfinite(W).all() and np.isfinite(g).all()):
        return {"W and g": "nan or inf in them"}
    length = float(np.linalg.norm(g))
    if length == 0:
        return {"g": "0"}
    within = bool(np.abs(np.linalg.eigvals(W)).max() <= rho + 1e-5)
    asked = factor * length * (1 - 1e-9)
    found = {"eigenvalues of W": "<= rho" if within else "> rho", "|g @ W|": ">= factor * |g|"}
    if np.linalg.norm(g @ W) >= asked:
        return found
    found["|g @ W|"] = "< factor * |g|"
    if within:
        found |= _why_short(W, g, rho, factor, asked)
    return found


def _why_short(W: np.ndarray, g: np.ndarray, rho: float, factor: float, asked: float) -> dict[str, str]:
    """What is seen first of a W whose eigenvalues are small, and which does not make g long enough."""
    largest = float(np.abs(W).max())
    if np.allclose(W @ W.T, W.T @ W):
        return {"W @ W.T": "== W.T @ W"}
    if any(np.allclose(g, row) for row in W):
        return {"g": "a row of W"}
    if np.linalg.norm(W @ g) >= asked:
        return {"|W @ g|": ">= factor * |g|"}
    if np.linalg.norm(W, 2) >= factor * (1 - 1e-9):
        return {"another g": "would do"}
    if np.isclose(largest, rho * factor):
        return {"largest of W": "rho * factor"}
    return {"largest of W": "root(factor)"} if np.isclose(largest, factor ** 0.5) else {}
