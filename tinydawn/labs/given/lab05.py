"""Lab 5, word vectors: the sentences of Python's own manual as ids, windows and random words, and how results are looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

# How alike two words of the manual are, from 0 to 10: one opinion, written down for this lab before any vector was made.
RATED = """
list tuple 8         true false 7         first last 7          left right 7        function method 9     argument parameter 9
int integer 10       dict dictionary 10   str string 10         key value 5         class instance 6      statement expression 6
global local 7       mutable immutable 7  called invoked 9      may can 9           must should 8         before after 7
two three 8          items elements 9     mapping dictionary 8  sequence list 7     module package 8      character string 6
raise exception 6    object instance 7    list lists 9          returns return 9    and or 7              code program 7
debugger command 4   integer number 8     list debugger 1       keyword left 1      tuple exception 1     character frame 0
true package 0       string loop 1        numeric clause 1      three import 0      debugger digits 0     statement tuple 2
method comma 1       last exception 1     first class 2         code key 1          global float 1        parameter right 0
"""


def word_ids(least: int = 5) -> tuple[list[str], list[list[int]]]:
    """The sentences of Python's own manual: (tokens, sentences), about 850 words and 1,800 sentences.

    tokens     the words that occur at least `least` times, the most frequent first; tokens[0] is "", no word
    sentences  lists of ids: the place of each word in tokens, and 0 for a rarer word, which keeps its place
    """
    from ...text.english import documents, words

    found = [words(sentence) for document in documents() for sentence in document]
    counts = Counter(word for sentence in found for word in sentence)
    tokens = ["", *sorted((word for word, n in counts.items() if n >= least), key=lambda word: (-counts[word], word))]
    ids = {word: i for i, word in enumerate(tokens)}
    return tokens, [[ids.get(word, 0) for word in sentence] for sentence in found]


def rated_pairs(tokens: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of words and how alike they are: ids (P, 2), and ratings (P,) from 0 to 10; pairs with an unknown word are left out.

    The ratings are one opinion, of the author of this lab; those of WordSim-353 are means over a dozen people.
    """
    parts, ids = RATED.split(), {word: i for i, word in enumerate(tokens)}
    pairs = [(ids[a], ids[b], float(rating)) for a, b, rating in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
             if a in ids and b in ids]
    return np.array([pair[:2] for pair in pairs]), np.array([pair[2] for pair in pairs])


def context_windows(sentences: Sequence[Sequence[int]], window: int) -> tuple[np.ndarray, np.ndarray]:
    """What stands around each word: contexts (N, 2 window), with 0 where there is no word, and words (N,)."""
    gap = [0] * window
    contexts, words = [], []
    for ids in sentences:
        row = [*gap, *ids, *gap]
        for i, word in enumerate(ids):
            around = row[i:i + window] + row[i + window + 1:i + 2 * window + 1]
            if word and any(around):
                contexts.append(around)
                words.append(word)
    return np.array(contexts), np.array(words)


def random_words(words: np.ndarray, counts: np.ndarray, K: int, rng: np.random.Generator) -> np.ndarray:
    """Each word (N,) and K random other ones: (N, 1 + K), the true one first.

    counts  array (V,): a word is drawn as often as its count to the power 0.75 says; one with count 0 never
    """
    steps = np.cumsum(counts ** 0.75)
    drawn = np.searchsorted(steps / steps[-1], rng.random((len(words), K)), side="right")
    same = drawn == words[:, None]
    while same.any():
        drawn[same] = np.searchsorted(steps / steps[-1], rng.random(int(same.sum())), side="right")
        same = drawn == words[:, None]
    return np.concatenate([words[:, None], drawn], axis=1)


def word_map(places: np.ndarray, labels: Sequence[str], width: int = 76, height: int = 22) -> str:
    """Words at places (n, 2) of the plane, as text; a word for which there is no room is left out."""
    low, high = places.min(axis=0), places.max(axis=0)
    scaled = (places - low) / np.maximum(high - low, 1e-12)
    grid = [[" "] * width for _ in range(height)]
    for (x, y), label in zip(scaled, labels, strict=True):
        row, column = round((1 - y) * (height - 1)), round(x * (width - len(label)))
        if all(c == " " for c in grid[row][max(0, column - 1):column + len(label) + 1]):
            grid[row][column:column + len(label)] = label
    return "\n".join("".join(line).rstrip() for line in grid)


def word_products(returned: Any, *_: Any) -> Any:
    """Of vectors (V, d): their shape, and the products of each word with each, which do not change with signs of directions.

    Without their own signs, and to nine digits: so that they do not change with them if directions stand in the rows.
    """
    try:
        vectors = np.asarray(returned.detach().numpy() if hasattr(returned, "detach") else returned, float)
    except (TypeError, ValueError):
        return {"vectors of shape": type(returned).__name__}
    if vectors.ndim != 2:
        return {"vectors of shape": vectors.shape}
    return {"vectors of shape": vectors.shape, "their products": np.round(np.abs(vectors @ vectors.T), 9)}


def ids_in_order(returned: Any, *_: Any) -> Any:
    """Of ids in an array, a list or a tuple: a list of them."""
    if isinstance(returned, np.ndarray):
        returned = returned.tolist()
    return list(returned) if isinstance(returned, list | tuple) else returned
