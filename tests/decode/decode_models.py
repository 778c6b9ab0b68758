"""Tiny models for the decoding tests, and slow searches that are obviously right."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np

STATES = 4093


def log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def markov(seed: int, vocab_size: int, spread: float = 2.0) -> Callable:
    """p(token | last token): needs no state."""
    table = log_softmax(np.random.default_rng(seed).normal(size=(vocab_size, vocab_size)) * spread)
    return lambda tokens, state: (table[tokens], state)


def history_model(seed: int, vocab_size: int, spread: float = 2.0, eos_bonus: float = 0.0) -> Callable:
    """p(token | all tokens so far), which the state (N,) holds as a number: wrong state, wrong result.

    Start with `np.arange(B)` (any ids): different sentences have different distributions.
    """
    logits = np.random.default_rng(seed).normal(size=(STATES, vocab_size)) * spread
    logits[:, 1] += eos_bonus
    table = log_softmax(logits)

    def step(tokens: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        state = (state * 31 + tokens * 7 + 3) % STATES
        return table[state], state

    return step


def prefix_model(distributions: dict[str, list[float]], words: str, otherwise: list[float]) -> Callable:
    """p(token | prefix) from a table by prefix; the state (N, 1) holds each row's prefix as an index."""
    prefixes: list[str] = []

    def step(tokens: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows, now = [], []
        for token, (before,) in zip(tokens, state, strict=True):
            prefix = "" if before < 0 else prefixes[before] + words[token]
            prefixes.append(prefix)
            now.append([len(prefixes) - 1])
            rows.append(distributions.get(prefix, otherwise))
        with np.errstate(divide="ignore"):
            return np.log(np.array(rows)), np.array(now)

    return step


def rescore(step: Callable, state: np.ndarray, bos: int, tokens: list[int]) -> list[float]:
    """The log-prob of each token when the model (one row) is fed exactly this sequence."""
    edges, last = [], bos
    for token in tokens:
        log_probs, state = step(np.array([last]), state)
        edges.append(float(log_probs[0, token]))
        last = token
    return edges


def penalty(length: int, normalization: str, alpha: float) -> float:
    return {"none": 1.0, "length": length**alpha, "gnmt": ((5 + length) / 6) ** alpha}[normalization]


def all_sequences(vocab_size: int, eos: int, max_length: int, forbid: tuple[int, ...]) -> Iterator[list[int]]:
    """Everything that ends with its first eos within max_length steps."""
    words = [token for token in range(vocab_size) if token != eos and token not in forbid]
    for length in range(max_length):
        for sequence in itertools.product(words, repeat=length):
            yield [*sequence, eos]


def slow_beam_search(
    step: Callable,
    state: np.ndarray,
    bos: int,
    eos: int,
    max_length: int,
    beam_size: int,
    normalization: str,
    alpha: float,
    n_best: int,
    forbid: tuple[int, ...],
) -> list[tuple[list[int], float, float, bool]]:
    """One sentence, Python lists, no early stop: (tokens, log_prob, score, finished), best first."""
    beams = [([bos], 0.0, state)]
    finished = []
    for t in range(1, max_length + 1):
        candidates = []
        for rank, (history, total, before) in enumerate(beams):
            log_probs, after = step(np.array(history[-1:]), before)
            for token, log_prob in enumerate(log_probs[0].tolist()):
                if token not in forbid and log_prob > -np.inf:
                    candidates.append((-(total + log_prob), rank, token, history, after))
        candidates.sort(key=lambda c: c[:3])
        for minus, _, token, history, _ in candidates[:beam_size]:
            if token == eos:
                finished.append((history[1:], -minus, -minus / penalty(t, normalization, alpha), True))
        going_on = [c for c in candidates if c[2] != eos][:beam_size]
        beams = [([*history, token], -minus, after) for minus, _, token, history, after in going_on]
    finished.sort(key=lambda f: -f[2])
    cut = [(h[1:], total, total / penalty(max_length, normalization, alpha), False) for h, total, _ in beams]
    return (finished[:n_best] + cut)[:n_best]
