"""Lab 8, gates and padding: sequences in which one letter is to be remembered."""

from __future__ import annotations

import numpy as np

RECALL_TOKENS = (".", "a", "b", "c", "d", "!")  # the first is padding


def recall_batch(count: int, longest: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sequences such as "c a ! b d d a": the answer is the letter behind the "!", here b, and all others are noise.

    Returns ids into RECALL_TOKENS (count, longest), padded with 0; lengths (count,), from 4 to longest; answers (count,), 0 to 3.
    """
    rng = np.random.default_rng(seed)
    lengths = rng.integers(4, longest + 1, count)
    ids = rng.integers(1, 5, (count, longest))
    ids[np.arange(longest) >= lengths[:, None]] = 0
    places = rng.integers(0, lengths - 1)
    ids[np.arange(count), places] = 5
    return ids, lengths, ids[np.arange(count), places + 1] - 1
