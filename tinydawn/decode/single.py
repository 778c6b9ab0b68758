"""Decoding that follows one path per sentence: greedy search and sampling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ..checks import declared, number, whole
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
from .topk import top_k


@declared
def greedy(
    step: Step,
    state: State,
    batch_size: Positive,
    bos: int,
    eos: int | None,
    max_length: int | Sequence[int] | IntArray,
    *,
    forbid: Sequence[int] | None = None,
) -> list[Hypothesis]:
    """Greedy decoding: y_t = argmax_y log p(y | y_<t), until eos.

    Locally best is not globally best: .048 against .054 in the example of `beam_search`.

    step        (tokens (N,), state) -> (log_probs (N, V), state); see `tinydawn.decode.interface`
    state       the state before the first step; axis 0 of its arrays is B
    batch_size  B
    bos         id fed at the first step
    eos         id that ends a sequence; None: there is none, all run to max_length
    max_length  at most so many steps, the one that says eos included; an int or (B,) ints,
                e.g. 2 * source_lengths + 10
    forbid      ids never chosen; default (bos,), or () where bos is eos or eos is None. Pass (pad, bos).

    Returns one Hypothesis per sentence. Ties go to the lowest id.
    Raises OptionError (not log-probabilities, all tokens forbidden or impossible, max_length < 1),
    ShapeError, IdError, DTypeError, and AnomalyError for NaN, with the step.
    """

    def choose(log_probs: FloatArray, sentences: IntArray) -> IntArray:
        return log_probs.argmax(axis=1)

    return _follow("greedy", choose, step, state, batch_size, bos, eos, max_length, forbid, best=1)


def _temperature(name: str, what: str, x: Any) -> float:
    """A rule for `declared`: above 0 and finite."""
    temperature = number(name, what, x)
    if not 0 < temperature < np.inf:
        raise OptionError(
            message(
                f"{name}: {what} must be above 0 and finite, got {temperature}",
                fix="the limit of temperature 0 is decode.greedy: call that",
            )
        )
    return temperature


def _nucleus(name: str, what: str, x: Any) -> float:
    """A rule for `declared`: above 0, and at most 1."""
    share = number(name, what, x)
    if not 0 < share <= 1:
        raise OptionError(message(f"{name}: {what} must be in (0, 1], got {share}", fix=f"pass {what}=None to keep all tokens"))
    return share


@declared
def sample(
    step: Step,
    state: State,
    batch_size: Positive,
    bos: int,
    eos: int | None,
    max_length: int | Sequence[int] | IntArray,
    *,
    temperature: Annotated[float, _temperature] = 1.0,
    top_k: Annotated[int, partial(positive, fix="pass top_k=None to keep all tokens")] | None = None,
    top_p: Annotated[float, _nucleus] | None = None,
    rng: np.random.Generator | int | None = None,
    forbid: Sequence[int] | None = None,
) -> list[Hypothesis]:
    """Ancestral sampling: y_t ~ softmax(log p(y | y_<t) / temperature), cut to top_k, then to top_p.

    temperature  > 0; below 1 sharper, above 1 flatter; towards 0 it becomes greedy
    top_k        keep the k most probable tokens (of equals the lowest ids); None: all
                 (Fan et al. 2018, Hierarchical Neural Story Generation)
    top_p        in (0, 1]: keep the fewest tokens whose probabilities reach p, the nucleus
                 (Holtzman et al. 2020, The Curious Case of Neural Text Degeneration)
    rng          a NumPy Generator, or a seed for one; None: a new one from the system's entropy.
                 Each sentence uses one number per step, so the same seed gives the same samples.

    The other arguments and the errors are those of `greedy`. Returns one Hypothesis per sentence;
    its log_prob is under the model's own distribution, whatever temperature and cuts were used.

    A character model, whose state h is (B, H), from nn.GRUCell; of nn.GRU's (1, B, H) take h[0]:

        def step(tokens, h):
            h = model.cell(model.embedding(tokens), h)          # (B, E), (B, H) -> (B, H)
            return F.log_softmax(model.output(h), axis=-1), h    # (B, V)

        with td.no_grad():
            texts = decode.sample(step, td.zeros(4, H), 4, bos=start_id, eos=None, max_length=200, temperature=0.8)
    """
    if not (rng is None or isinstance(rng, np.random.Generator)):
        whole("sample", "rng, if it is a seed,", rng, least=0)
    generator = np.random.default_rng(rng)

    def choose(log_probs: FloatArray, sentences: IntArray) -> IntArray:
        uniform = generator.random(batch_size)[sentences]  # one for all B, used or not
        return _draw(log_probs.astype(np.float64) / temperature, top_k, top_p, uniform)

    return _follow("sample", choose, step, state, batch_size, bos, eos, max_length, forbid)


def _draw(logits: FloatArray, k: int | None, p: float | None, uniform: NDArray[np.float64]) -> IntArray:
    """One id per row of softmax(logits) (N, V), cut to the top k and then the top p; uniform (N,)."""
    ids: IntArray | None = None  # None: columns are ids; else ids[n, i] is the i-th most probable
    if k is not None and k < logits.shape[1]:
        logits, ids = top_k(logits, k)
    elif p is not None:
        ids = np.argsort(-logits, axis=1, kind="stable")
        logits = np.take_along_axis(logits, ids, axis=1)
    probs = np.exp(logits - logits.max(axis=1, keepdims=True))
    if p is not None:
        cumulative = probs.cumsum(axis=1)
        # A token stays if those before it do not reach p; so the first one always does.
        probs[cumulative - probs >= p * cumulative[:, -1:]] = 0
    cumulative = probs.cumsum(axis=1)
    # The first column whose cumulative share is above a uniform number in [0, 1): never one of
    # probability 0, because there the share does not rise.
    column = (cumulative <= uniform[:, None] * cumulative[:, -1:]).sum(axis=1)
    return column if ids is None else ids[np.arange(len(ids)), column]


def _follow(
    caller: str,
    choose: Callable[[FloatArray, IntArray], IntArray],
    step: Step,
    state: State,
    batch_size: int,
    bos: int,
    eos: int | None,
    max_length: int | Sequence[int] | IntArray,
    forbid: Sequence[int] | None,
    best: int | None = None,
) -> list[Hypothesis]:
    """The loop: one token per sentence and step, sentences leave the batch when they are done.

    `choose(log_probs (A, V), sentences (A,)) -> tokens (A,)` sees the forbidden ids at -inf.
    """
    model = CheckedStep(caller, step, bos, eos, forbid)
    limits = length_limits(caller, max_length, batch_size)
    sentences = np.arange(batch_size)  # which sentence each row is
    tokens = np.full(batch_size, bos, dtype=np.int64)
    words: list[list[int]] = [[] for _ in range(batch_size)]
    edges: list[list[float]] = [[] for _ in range(batch_size)]
    totals = np.zeros(batch_size)
    finished = np.zeros(batch_size, dtype=bool)

    while len(sentences):
        log_probs, state = model(tokens, state, best)  # (A, V), or (A, best) from a device
        model.check_values(log_probs.max(axis=1), sentences)
        open_to_choice = log_probs
        if model.allowed is not None and model.ids_of is None:
            open_to_choice = np.where(model.allowed, log_probs, -np.inf)
        impossible = open_to_choice.max(axis=1) == -np.inf
        if impossible.any():
            raise model.dead_end(int(sentences[impossible][0]))
        tokens = choose(open_to_choice, sentences)
        chosen = log_probs[np.arange(len(tokens)), tokens].astype(np.float64)
        tokens = model.named(np.arange(len(tokens)), tokens)
        totals[sentences] += chosen
        for sentence, token, log_prob in zip(sentences.tolist(), tokens.tolist(), chosen.tolist(), strict=True):
            words[sentence].append(token)
            edges[sentence].append(log_prob)

        ended = tokens == eos if eos is not None else np.zeros(len(tokens), dtype=bool)
        finished[sentences[ended]] = True
        rows = np.flatnonzero(~ended & (model.time < limits[sentences]))
        if 0 < len(rows) < len(sentences):
            state = reorder(state, rows)
        sentences, tokens = sentences[rows], tokens[rows]

    hypotheses = []
    for sentence in range(batch_size):
        said = words[sentence][:-1] if finished[sentence] else words[sentence]
        log_prob = float(totals[sentence])
        hypotheses.append(Hypothesis(said, log_prob, log_prob, bool(finished[sentence]), edges[sentence]))
    return hypotheses
