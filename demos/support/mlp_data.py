"""What the networks of mlp.py learn: two half moons, and texts as counts of words."""

from __future__ import annotations

import numpy as np

from tinydawn import text

from .labelled import Examples


def moons(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, 2) on two half circles that reach into each other, and which one (N,)."""
    angle = rng.uniform(0, np.pi, count)  # (N,)
    y = rng.integers(0, 2, count)  # (N,)
    across = np.cos(angle) + y - 0.5
    up = (1 - 2 * y) * (np.sin(angle) - 0.25)
    x = np.stack([across, up], axis=1)  # (N, 2)
    return (x + rng.normal(scale=0.12, size=x.shape)).astype(np.float32), y


def counts(examples: Examples, vocab: text.Vocab) -> tuple[np.ndarray, np.ndarray]:
    """How often each word of the vocabulary is in each text (N, V), and the labels (N,)."""
    x = np.zeros((len(examples), len(vocab)), np.float32)
    for row, (words, _) in zip(x, examples, strict=True):
        np.add.at(row, vocab.encode(words), 1)
    return x, np.array([label for _, label in examples])
