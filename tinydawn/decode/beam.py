"""Beam search, batched; and beam search as the lecture notes write it.

A short one, for one sentence, stands in demos/beam_search.py: read that first.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ..checks import declared, number
from ..errors import OptionError, message
from .interface import (
    CheckedStep,
    FloatArray,
    Hypothesis,
    IntArray,
    Positive,
    State,
    Step,
    length_limits,
    positive,
    reorder,
)
from .topk import best_continuations, top_k
from .tree import PRUNED_PER_NODE, SearchTree

DEFAULT_ALPHA = {"none": 0.0, "length": 1.0, "gnmt": 0.6}


@dataclass(frozen=True)
class BeamResult:
    """What beam search found for one sentence.

    hypotheses  up to n_best, best first: finished ones by score, then (only if fewer than n_best
                finished) those cut at max_length, by score
    tree        the search tree, if it was kept
    """

    hypotheses: list[Hypothesis]
    tree: SearchTree | None = None

    @property
    def best(self) -> Hypothesis:
        """The first of `hypotheses`; there is always one."""
        return self.hypotheses[0]


def length_penalty(length: Any, normalization: str, alpha: float) -> Any:
    """What a log-prob is divided by: 1 ("none"), l^alpha ("length"), ((5 + l) / 6)^alpha ("gnmt").

    length         number of steps, eos included; an int or an array
    normalization  one of the three words
    alpha          the power

    Source: Wu et al. 2016, equation 14.

    >>> length_penalty(7, "gnmt", 1.0)
    2.0
    """
    if normalization == "length":
        return length**alpha
    if normalization == "gnmt":
        return ((5 + length) / 6) ** alpha
    return 1.0


@declared
def beam_search(
    step: Step,
    state: State,
    batch_size: Positive,
    bos: int,
    eos: int | None,
    max_length: int | Sequence[int] | IntArray,
    *,
    beam_size: Annotated[int, partial(positive, fix="beam_size=1 is greedy, 5 is usual")] = 5,
    length_normalization: str = "none",
    alpha: float | None = None,
    n_best: Positive = 1,
    forbid: Sequence[int] | None = None,
    keep_tree: bool = False,
) -> list[BeamResult]:
    """Beam search: of all continuations of the K open hypotheses keep the K best, until eos.

    score(Y) = log p(Y) / penalty(|Y|), |Y| counting eos; see `length_penalty`

    step, state, batch_size, bos, eos, max_length, forbid: as for `greedy`. The state comes with B
    rows; from the second step on the model is given B * K, the beams of a sentence side by side.

    beam_size             K; 1 is greedy search. More than there are continuations does no harm.
    length_normalization  "none": log p itself, which favours short output; "length": mean log-prob
                          per step where alpha is 1; "gnmt": Wu et al. 2016
    alpha                 >= 0, strength of the normalization; default 1.0 for "length", .6 for "gnmt"
    n_best                how many hypotheses to return for each sentence, at most beam_size
    keep_tree             keep what was considered, to draw it: tinydawn.viz.beam_tree

    Returns one BeamResult per sentence. A hypothesis finishes when eos is among the K best
    continuations; it leaves the beam, which always goes on with K open ones, and is never continued.
    The search of a sentence ends when no open hypothesis can win any more (with a normalization the
    proof needs max_length: a tight one saves time), or at max_length. What max_length cut is returned
    only where fewer than n_best hypotheses finished.
    Ties go to the better ranked beam, then to the lower id; to the one that finished first.

    Raises the errors of `greedy`, and OptionError for an unknown normalization, a negative alpha, or
    n_best > beam_size.

    Greedy search finds .5 * .4 * .4 * .6 = .048, a beam of 2 finds .5 * .3 * .6 * .6 = .054
    (the example of Dive into Deep Learning, section 10.8; tests/decode/test_beam.py runs it).
    """
    if n_best > beam_size:
        raise OptionError(
            message(f"beam_search: n_best {n_best} is more than beam_size {beam_size}", fix=f"pass beam_size={n_best}")
        )
    alpha = _checked_alpha(length_normalization, alpha)
    model = CheckedStep("beam_search", step, bos, eos, forbid)
    limits = length_limits("beam_search", max_length, batch_size)
    trees = [SearchTree.rooted(bos) for _ in range(batch_size)] if keep_tree else None

    def penalty_of(length: Any) -> Any:
        return length_penalty(length, length_normalization, alpha)

    finished = _search(model, state, bos, eos, limits, beam_size, n_best, penalty_of, trees)
    if trees is None:
        return [BeamResult(pool) for pool in finished]
    for tree, pool in zip(trees, finished, strict=True):
        tree.set_winner(pool[0].tokens, eos, pool[0].finished)
    return [BeamResult(pool, tree) for pool, tree in zip(finished, trees, strict=True)]


@dataclass
class _Open:
    """The open beams of the A sentences that are still searched, W of each (W is 1 at the first step, then K).

    sentences  (A,) their places in the batch
    totals     (A, W) log-prob of each open beam, best first; -inf: no beam
    words      (A * W, 1 + t) bos and the t tokens so far
    edges      (A * W, t) their log-probs
    nth_best   (A,) score of the n-th best finished hypothesis; -inf: not yet n
    """

    sentences: IntArray
    totals: NDArray[np.float64]
    words: IntArray
    edges: NDArray[np.float64]
    nth_best: NDArray[np.float64]

    @classmethod
    def of(cls, batch_size: int, bos: int) -> _Open:
        """Every sentence with one beam, which has said nothing yet."""
        return cls(
            np.arange(batch_size),
            np.zeros((batch_size, 1)),
            np.full((batch_size, 1), bos, dtype=np.int64),
            np.zeros((batch_size, 0)),
            np.full(batch_size, -np.inf),
        )

    def said(self, row: int) -> tuple[list[int], list[float]]:
        """The tokens of a beam, without bos, and their log-probs."""
        return self.words[row, 1:].tolist(), self.edges[row].tolist()

    def extend(self, totals: NDArray[np.float64], row: IntArray, token: IntArray, edge: NDArray[np.float64]) -> None:
        """The beams of the next step, all (A, K): each goes on from `row`, where its parent is, with one more token."""
        self.totals = totals
        self.words = np.concatenate([self.words[row.ravel()], token.reshape(-1, 1)], axis=1)
        self.edges = np.concatenate([self.edges[row.ravel()], edge.reshape(-1, 1)], axis=1)

    def keep(self, going: IntArray) -> None:
        """Only these of the A sentences are searched on."""
        beam_size = self.totals.shape[1]
        rows = (going[:, None] * beam_size + np.arange(beam_size)).ravel()
        self.words, self.edges = self.words[rows], self.edges[rows]
        self.sentences, self.totals, self.nth_best = self.sentences[going], self.totals[going], self.nth_best[going]


def _search(
    model: CheckedStep,
    state: State,
    bos: int,
    eos: int | None,
    limits: IntArray,
    beam_size: int,
    n_best: int,
    penalty_of: Callable[[Any], Any],
    trees: list[SearchTree] | None,
) -> list[list[Hypothesis]]:
    """The loop: one step of all open beams at a time. Returns the n best hypotheses of each sentence, best first."""
    beams = _Open.of(len(limits), bos)
    finished: list[list[Hypothesis]] = [[] for _ in limits]

    while len(beams.sentences):
        width = beams.totals.shape[1]
        # (A * W, V); of a device only the best are fetched, unless all are to be drawn
        log_probs, state = model(beams.words[:, -1], state, 2 * beam_size if trees is None else None)
        penalty = penalty_of(model.time)

        # At most K of the candidates end in eos, one per beam, so 2K leave K to go on with.
        value, beam, token = best_continuations(log_probs, beams.totals, 2 * beam_size, model, beams.sentences)  # (A, 2K)
        row = np.arange(len(beams.sentences))[:, None] * width + beam
        edge = log_probs[row, token].astype(np.float64)
        token = model.named(row, token)
        possible = value > -np.inf
        ends = possible & (token == eos) if eos is not None else np.zeros_like(possible)
        ending = ends.copy()  # eos among the K best
        ending[:, beam_size:] = False
        _finish(finished, beams, ending, value, penalty, row, edge, n_best)

        # Open: the K best of the others. A stable sort of True and False keeps them in order.
        going_on = np.argsort(ends | ~possible, axis=1, kind="stable")[:, :beam_size]  # (A, K)
        if trees is not None:
            kept = np.zeros_like(possible)
            np.put_along_axis(kept, going_on, True, axis=1)
            status = np.where(ending, "finished", np.where(kept & possible & ~ends, "kept", "pruned"))
            _grow(trees, beams.sentences, model, penalty, log_probs, beams.totals, beam, token, edge, value, status)
        totals, row, token, edge = (
            np.take_along_axis(x, going_on, axis=1) for x in (np.where(ends, -np.inf, value), row, token, edge)
        )  # (A, K) each
        beams.extend(totals, row, token, edge)

        limit = limits[beams.sentences]
        nothing_open = totals[:, 0] == -np.inf
        at_limit = model.time >= limit
        _cut(finished, beams, np.flatnonzero(at_limit & ~nothing_open), penalty, n_best)
        done = at_limit | nothing_open | (beams.nth_best >= _best_to_come(totals, penalty_of(limit)))
        for sentence in beams.sentences[done].tolist():
            if not finished[sentence]:
                raise model.dead_end(sentence)

        # The next step's rows: the surviving sentences, and in them the parents of their beams.
        going = np.flatnonzero(~done)
        if len(going):
            rows = row[going].ravel()
            sentences_moved = width != beam_size or len(going) < len(beams.sentences)
            if sentences_moved or not np.array_equal(rows, np.arange(len(rows))):
                state = reorder(state, rows, sentences_moved)
        if len(going) < len(beams.sentences):
            beams.keep(going)
    return finished


def _finish(
    finished: list[list[Hypothesis]],
    beams: _Open,
    ending: NDArray[np.bool_],
    value: NDArray[np.float64],
    penalty: float,
    row: IntArray,
    edge: NDArray[np.float64],
    n_best: int,
) -> None:
    """Put the candidates that end, all (A, 2K), among the n best. Only those good enough for that cost any Python."""
    for a, rank in np.argwhere(ending & (value / penalty > beams.nth_best[:, None])).tolist():
        log_prob = float(value[a, rank])
        tokens, log_probs = beams.said(row[a, rank])
        pool = finished[beams.sentences[a]]
        pool.append(Hypothesis(tokens, log_prob, float(log_prob / penalty), True, [*log_probs, float(edge[a, rank])]))
        pool.sort(key=lambda hypothesis: -hypothesis.score)  # stable: of equals, the earlier stays ahead
        del pool[n_best:]
        if len(pool) == n_best:
            beams.nth_best[a] = pool[-1].score


def _cut(finished: list[list[Hypothesis]], beams: _Open, places: IntArray, penalty: float, n_best: int) -> None:
    """max_length cuts these of the A sentences: where fewer than n have finished, the best open beams fill up."""
    beam_size = beams.totals.shape[1]
    for a in places.tolist():
        pool = finished[beams.sentences[a]]
        for k in range(min(beam_size, n_best - len(pool))):
            if (log_prob := float(beams.totals[a, k])) > -np.inf:
                tokens, log_probs = beams.said(a * beam_size + k)
                pool.append(Hypothesis(tokens, log_prob, float(log_prob / penalty), False, log_probs))


def _best_to_come(totals: NDArray[np.float64], penalty_at_limit: Any) -> NDArray[np.float64]:
    """What no open beam's score can exceed in the end, (A,): so a search is over when n finished ones have reached it.

    Let a beam's log-prob be s <= 0. What follows adds log-probs <= 0, so it ends with S <= s <= 0 and a length l with
    t < l <= max_length. The penalty is positive and does not fall with l (alpha >= 0), and dividing a number <= 0 by
    more brings it nearer 0:

        S / penalty(l)  <=  s / penalty(l)  <=  s / penalty(max_length)

    With "none" the penalty is 1 and the bound is s itself. The best open beam has the largest s, so if its bound does not
    exceed the n-th best finished score, nothing to come does (an equal score loses, because it finishes later). Comparing
    with s / penalty(t) would be wrong: a longer hypothesis may have the better mean.
    """
    return totals[:, 0] / penalty_at_limit


def _checked_alpha(normalization: str, alpha: float | None) -> float:
    if not isinstance(normalization, str) or normalization not in DEFAULT_ALPHA:
        close = difflib.get_close_matches(str(normalization), DEFAULT_ALPHA, n=1, cutoff=0.4)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise OptionError(
            message(
                f"beam_search: unknown length_normalization {normalization!r}",
                fix=f"{hint}choose one of {', '.join(map(repr, DEFAULT_ALPHA))}",
            )
        )
    if alpha is None:
        return DEFAULT_ALPHA[normalization]
    alpha = number("beam_search", "alpha", alpha)
    if not 0 <= alpha <= 100:  # beyond, a number of steps to this power is no number
        raise OptionError(
            message(
                f"beam_search: alpha must be at least 0 and not huge, got {alpha}",
                fix="0 is no normalization; a negative alpha would favour short output",
            )
        )
    return float(alpha)


def _grow(
    trees: list[SearchTree],
    sentences: IntArray,
    model: CheckedStep,
    penalty: float,
    log_probs: FloatArray,
    totals: NDArray[np.float64],
    beam: IntArray,
    token: IntArray,
    edge: NDArray[np.float64],
    value: NDArray[np.float64],
    status: NDArray[np.str_],
) -> None:
    """Add one step to every tree: the 2K candidates, and each beam's own best, which may be worse."""
    width = totals.shape[1]
    if model.allowed is not None:
        log_probs = np.where(model.allowed, log_probs, -np.inf)
    own, own_token = top_k(log_probs, min(PRUNED_PER_NODE, log_probs.shape[1]))
    for a, sentence in enumerate(sentences.tolist()):
        columns = (beam[a], token[a], edge[a], value[a], value[a] / penalty, status[a])
        candidates = list(zip(*(column.tolist() for column in columns), strict=True))
        for w in range(width):
            for log_prob, word in zip(own[a * width + w].tolist(), own_token[a * width + w].tolist(), strict=True):
                total = totals[a, w] + log_prob
                candidates.append((w, word, log_prob, float(total), float(total / penalty), "pruned"))
        trees[sentence].add_step(model.time, [c for c in candidates if c[3] > -np.inf])


@declared
def beam_search_notes(step: Step, state: State, bos: int, beam_size: Positive, length: Positive) -> Hypothesis:
    """Beam search for one sentence exactly as the lecture notes write it, to compare with.

    It knows no </s> (which may appear anywhere in the result, and is not obeyed), makes exactly
    `length` tokens, normalizes nothing and forbids nothing; each of the B beams is expanded by its
    own B best tokens, one call of the model for each.

    step, state  as for `greedy`, with one row
    beam_size    B of the notes
    length       L of the notes

    Returns the best hypothesis: `length` tokens, finished=False.
    """
    model = CheckedStep("beam_search_notes", step, bos, None, ())

    # Beside the notes' (history, score) each beam has its log-probs and the model's state.
    beams: list[tuple[list[int], float, list[float], State]] = [([bos], 0.0, [], state)]
    for t in range(1, length + 1):
        new_beams = []
        for history, score, edges, before in beams:
            model.time = t - 1
            log_probs, after = model(np.array(history[-1:]), before)  # (1, V)
            model.check_values(log_probs.max(axis=1), np.zeros(1, dtype=np.int64))
            values, tokens = top_k(log_probs, min(beam_size, log_probs.shape[1]))  # (1, B)
            for log_prob, token in zip(values[0].tolist(), tokens[0].tolist(), strict=True):
                new_beams.append(([*history, token], score + log_prob, [*edges, log_prob], after))
        new_beams.sort(key=lambda beam: -beam[1])  # stable: of equals the better ranked parent's is first
        beams = new_beams[:beam_size]
    history, score, edges, _ = beams[0]
    return Hypothesis(history[1:], score, score, False, edges)
