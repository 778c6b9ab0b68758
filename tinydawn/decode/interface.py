"""What the searches have in common: the step function, the state, a hypothesis, and the checks.

A model takes part in every search of this package through one function:

    log_probs, state = step(tokens, state)

    tokens     (N,) int64: the last token of each row; `bos` at the first step
    log_probs  (N, V): log p(next token | everything so far), from log_softmax; an array or a Tensor
    state      whatever the model wants to have back: dict, list, tuple, namedtuple, None and
               `Constant`, nested as you like, of arrays (or Tensors) whose axis 0 has length N

A row is one sentence (greedy, sampling) or one beam of one sentence (beam search). A search moves
rows about: a beam that is pruned disappears, one with two good continuations becomes two rows, a
sentence that is done is dropped from the batch. All of that is one gather per array, `leaf[rows]`,
done by `reorder`. To forget it is the classic bug: the words of one beam with the memory of another.

Legend: B sentences, K beams, N rows, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..backend import like, to_host, xp_of
from ..checks import is_whole, scalar
from ..errors import AnomalyError, DTypeError, IdError, OptionError, ShapeError, message

State: TypeAlias = Any  # what a model keeps from word to word: arrays with a row for each hypothesis, in lists, tuples or dicts
Step: TypeAlias = Callable[[NDArray[np.int64], State], tuple[Any, State]]  # tokens (N,), state -> log-probs (N, V), state
IntArray: TypeAlias = NDArray[np.int64]
FloatArray: TypeAlias = NDArray[np.floating[Any]]

# log_softmax in float16 over a large vocabulary is this far from summing to one, and no further;
# logits and probabilities passed by mistake are much further.
SUM_TOLERANCE = 1e-2
# A log-probability may be above 0 by rounding only: the early stop of beam search rests on that.
POSITIVE_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Hypothesis:
    """One decoded sequence.

    tokens           the ids, without bos and eos
    log_prob         sum of token_log_probs, eos included: log p(sequence) under the model
    score            what hypotheses are ranked by: log_prob, or log_prob / length penalty
    finished         True if it ended with eos, False if it was cut at max_length
    token_log_probs  one per token, and one more for eos if finished
    """

    tokens: list[int]
    log_prob: float
    score: float
    finished: bool
    token_log_probs: list[float]


@dataclass(frozen=True)
class Constant:
    """Marks a part of the state that depends on the source sentence only, e.g. the encoder's states.

    All beams of a sentence have the same rows there, so beam search need not copy them at every step:
    they are gathered only when the batch itself changes. The model reads `state["memory"].value` and
    returns the Constant as it came. Leaving the mark out is slower but never wrong.
    """

    value: State


def reorder(state: State, rows: IntArray, sentences_moved: bool = True) -> State:
    """The same state with row i taken from `rows[i]`: one `leaf[rows]` for every array in it.

    state            nested dict, list, tuple, namedtuple, None, Constant; leaves (N, ...)
    rows             (M,) int64, each in [0, N)
    sentences_moved  False if every row comes from a beam of its own sentence: Constant parts stay

    Returns a new nesting of the same kind; the old one is not changed.

    >>> reorder({"hidden": np.array([10, 20, 30]), "nothing": None}, np.array([2, 2, 0]))
    {'hidden': array([30, 30, 10]), 'nothing': None}
    """
    if state is None:
        return None
    if isinstance(state, Constant):
        return Constant(reorder(state.value, rows)) if sentences_moved else state
    if isinstance(state, dict):
        return {key: reorder(value, rows, sentences_moved) for key, value in state.items()}
    if isinstance(state, (list, tuple)):
        parts = [reorder(value, rows, sentences_moved) for value in state]
        return type(state)(*parts) if hasattr(state, "_fields") else type(state)(parts)
    return state[rows]


def leaves(state: State, name: str = "state") -> Iterator[tuple[str, Any]]:
    """Every array of a state with its name: ("state['hidden'][0]", array), ..."""
    if state is None:
        return
    if isinstance(state, Constant):
        yield from leaves(state.value, f"{name}.value")
    elif isinstance(state, dict):
        for key, value in state.items():
            yield from leaves(value, f"{name}[{key!r}]")
    elif isinstance(state, (list, tuple)):
        fields = getattr(state, "_fields", None)
        for i, value in enumerate(state):
            yield from leaves(value, f"{name}.{fields[i]}" if fields else f"{name}[{i}]")
    else:
        yield name, state


def to_numpy(array: Any) -> FloatArray:
    """The NumPy array of an array, a Tensor, also PyTorch's, or a CuPy array (copied to the host)."""
    if hasattr(array, "detach"):
        array = array.detach().numpy()
    if hasattr(array, "get"):
        array = array.get()
    return np.asarray(array)


def best_on_device(log_probs: Any, allowed: NDArray[np.bool_] | None, k: int) -> tuple[FloatArray, IntArray, FloatArray]:
    """The k best allowed tokens of each row of log_probs (N, V), which are on a device, fetched in one copy.

    Returns their log-probs and their ids, (N, k), a row's in the order of ids, of equal ones the lower ids; and the largest
    of each row, (N,), forbidden ones too. Where fewer are allowed than k, what is left has -inf.
    """
    xp, rows = xp_of(log_probs), xp_of(log_probs).arange(len(log_probs))
    open_ones = log_probs if allowed is None else xp.where(like(allowed, log_probs), log_probs, -np.inf)
    left = xp.maximum(open_ones, np.finfo(log_probs.dtype).min)  # what was taken becomes -inf, as in topk.top_k
    places = xp.empty((len(log_probs), k), dtype=f"i{log_probs.itemsize}")
    for i in range(k):
        best = left.argmax(axis=1)
        places[:, i] = best
        left[rows, best] = -np.inf
    values = xp.concatenate([open_ones[rows[:, None], places], log_probs.max(axis=1)[:, None]], axis=1)
    fetched = to_host(xp.concatenate([values.view(places.dtype), places], axis=1))  # the numbers' bits beside the ids
    numbers, ids = fetched[:, :k + 1].copy().view(log_probs.dtype), fetched[:, k + 1:].astype(np.int64)
    order = ids.argsort(axis=1)
    return np.take_along_axis(numbers[:, :k], order, axis=1), np.take_along_axis(ids, order, axis=1), numbers[:, k]


# ---------------------------------------------------------------------- arguments


def positive(caller: str, name: str, value: Any, fix: str = "") -> int:
    """A rule for `declared`: DTypeError if `value` is not an int, OptionError if it is below 1."""
    fix = fix or f"pass {name}=1 or more"
    n = scalar(value)
    if not is_whole(n):
        raise DTypeError(message(f"{caller}: {name} must be an int, got {value!r}", fix=fix))
    if n < 1:
        raise OptionError(message(f"{caller}: {name} must be at least 1, got {n}", fix=fix))
    return int(n)


Positive = Annotated[int, positive]


def length_limits(caller: str, max_length: int | Sequence[int] | IntArray, batch_size: int) -> IntArray:
    """max_length for every sentence: (B,) int64, all at least 1."""
    limits = np.asarray(max_length)
    if limits.dtype.kind not in "iu":
        raise DTypeError(
            message(
                f"{caller}: max_length must be an int or (B,) ints, got dtype {limits.dtype}", fix="round it to int"
            )
        )
    if limits.ndim and limits.shape != (batch_size,):
        raise ShapeError(
            message(
                f"{caller}: max_length has shape {limits.shape}, the batch has {batch_size} sentences",
                fix="pass one int, or one per sentence, e.g. 2 * source_lengths + 10",
            )
        )
    if limits.min(initial=1) < 1:
        raise OptionError(
            message(f"{caller}: max_length must be at least 1, got {limits.min()}", fix="eos alone takes one step")
        )
    return np.broadcast_to(limits, (batch_size,)).astype(np.int64)


# ---------------------------------------------------------------------- the model, checked


class CheckedStep:
    """The user's step function, with what goes in and what comes out checked.

    Made once per search. `caller` is the search's name, for messages. After the first call `allowed`
    is a (V,) bool mask that is False at the forbidden ids; None means all are allowed.
    """

    def __init__(
        self, caller: str, step: Step, bos: int, eos: int | None, forbid: Sequence[int] | None
    ) -> None:
        if forbid is None:
            # A model whose bos is its eos (GPT-2) must be able to say it; without an eos, bos may be any letter.
            forbid = () if eos is None or bos == eos else (bos,)
        self.caller = caller
        self.step = step
        self.ids = {"bos": [bos], "eos": [] if eos is None else [eos], "forbid": list(forbid)}
        self.time = 0
        self.allowed: NDArray[np.bool_] | None = None
        self.ids_of: IntArray | None = None  # (N, k), if only the k best of each row were fetched: the ids of its columns
        self.row_max: FloatArray = np.zeros(0)  # and (N,) the largest log-prob of each row, of ids that are forbidden too
        self._vocab_size = 0
        for name, values in self.ids.items():
            for value in values:
                if not is_whole(value):
                    raise DTypeError(message(f"{caller}: {name} must be a token id (an int), got {value!r}"))
                if not 0 <= value < 2**63:
                    raise IdError(message(f"{caller}: {name} is {value}", fix="an id from 0 on, of this vocabulary"))

    def __call__(self, tokens: IntArray, state: State, best: int | None = None) -> tuple[FloatArray, State]:
        """One step: (N,) tokens and a state in, (N, V) log-probs and the next state out.

        best  a search looks at so many tokens of each row only: where the log-probs are on a device, after the first step just
              these are fetched, in the order of their ids, which are then in `ids_of`
        """
        self.time += 1
        if self.time == 1:
            self._check_state(state, len(tokens), "given")
        output = self.step(tokens, state)
        if not isinstance(output, tuple) or len(output) != 2:
            raise DTypeError(
                message(f"{self._where()}: step returned {type(output).__name__}", fix="return (log_probs, state)")
            )
        raw: Any = getattr(output[0], "array", output[0])
        state = output[1]
        shortened = best is not None and self.time > 1 and xp_of(raw) is not np and raw.ndim == 2 and raw.dtype.char in "fd"
        log_probs: Any = raw if shortened else to_numpy(output[0])
        if log_probs.ndim != 2 or len(log_probs) != len(tokens) or self._vocab_size not in (0, log_probs.shape[1]):
            raise ShapeError(
                message(
                    f"{self._where()}: log_probs has shape {log_probs.shape}, "
                    f"expected ({len(tokens)}, {self._vocab_size or 'V'})",
                    fix="return one row of V log-probabilities for each token given, without a time axis",
                )
            )
        if log_probs.dtype.kind != "f":
            raise DTypeError(message(f"{self._where()}: log_probs has dtype {log_probs.dtype}", fix="return floats"))
        if self.time == 1:
            self._first_step(log_probs)
        self._check_state(state, len(tokens), "returned")
        self.ids_of = None
        if shortened:
            log_probs, self.ids_of, self.row_max = best_on_device(raw, self.allowed, min(best or 1, raw.shape[1]))
        return log_probs, state

    def named(self, row: IntArray, column: IntArray) -> IntArray:
        """The ids of these columns of the log-probs."""
        return column if self.ids_of is None else self.ids_of[row, column]

    def check_values(self, row_max: FloatArray, sentences: IntArray) -> None:
        """No NaN and nothing positive. `row_max` (N,) is each row's largest log-prob, as max lets a NaN
        through; `sentences` (A,) are the batch positions of the rows, N / A rows each."""
        if self.ids_of is not None:  # those of the forbidden ids were looked at on the device
            row_max = self.row_max
        if not (row_max <= POSITIVE_TOLERANCE).all():  # False for a NaN, too
            row = int(np.flatnonzero(~(row_max <= POSITIVE_TOLERANCE))[0])
            sentence = sentences[row // (len(row_max) // len(sentences))]
            if np.isnan(row_max[row]):
                raise AnomalyError(
                    message(
                        f"{self._where()}: log_probs has NaN for sentence {sentence}",
                        fix="look at the model's parameters and at a softmax over a row that is all masked",
                    )
                )
            raise OptionError(
                message(
                    f"{self._where()}: a log-probability of sentence {sentence} is positive, {row_max[row]:.4g}",
                    fix="pass log-probabilities: log_softmax",
                )
            )

    def dead_end(self, sentence: int) -> OptionError:
        """The error for a sentence that has no possible next token and nothing finished."""
        return OptionError(
            message(
                f"{self._where()}: every allowed next token of sentence {sentence} has log-probability -inf",
                fix="let the model, or forbid=, leave at least one possible token, e.g. eos",
            )
        )

    def _where(self) -> str:
        return f"{self.caller}: step {self.time}"

    def _check_state(self, state: State, rows: int, verb: str) -> None:
        for name, leaf in leaves(state):
            shape = getattr(leaf, "shape", None)
            if shape is None:
                raise DTypeError(
                    message(
                        f"{self._where()}: the state {verb} has {name} of type {type(leaf).__name__}",
                        fix="a state holds arrays in dicts, lists, tuples, Constant or None",
                    )
                )
            if len(shape) == 0 or shape[0] != rows:
                raise ShapeError(
                    message(
                        f"{self._where()}: the state {verb} has {name} of shape {tuple(shape)}, "
                        f"but axis 0 must have length {rows}, one per row",
                        fix="put the batch on axis 0 (an LSTM's (layers, N, H) state: one array per layer)",
                    )
                )

    def _first_step(self, log_probs: FloatArray) -> None:
        """What can be checked only once V is known: ids in range, and rows that sum to one."""
        self._vocab_size = size = log_probs.shape[1]
        for name, values in self.ids.items():
            for value in values:
                if not 0 <= value < size:
                    raise IdError(
                        message(
                            f"{self.caller}: {name} is {value}, not in [0, {size})", fix="is it another vocabulary's?"
                        )
                    )
        if self.ids["forbid"]:
            self.allowed = np.ones(size, dtype=bool)
            self.allowed[self.ids["forbid"]] = False
            if not self.allowed.any():
                raise OptionError(
                    message(f"{self.caller}: forbid excludes all {size} tokens", fix="leave at least one token allowed")
                )
        with np.errstate(over="ignore", invalid="ignore"):
            sums = np.exp(log_probs).sum(axis=1, dtype=np.float64)
        wrong = np.abs(sums - 1) > SUM_TOLERANCE  # a NaN is not `wrong`: check_values names it
        if wrong.any():
            raise OptionError(
                message(
                    f"{self._where()}: exp(log_probs) sums to {sums[wrong][0]:.4g} over the vocabulary, not to 1",
                    fix="pass log-probabilities: log_softmax (not logits, not probabilities; "
                    "exclude tokens with forbid=, not by masking)",
                )
            )
