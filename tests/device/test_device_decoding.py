"""Decoding on the double of CuPy: what NumPy finds, with one wait per step and only the best of each row fetched."""

from __future__ import annotations

from typing import Any

import cupy_double
import numpy as np
import pytest

import tinydawn as td
from tinydawn import decode
from tinydawn.errors import AnomalyError, OptionError
from tinydawn.nn import functional as F

V, B = 40, 5


def table() -> np.ndarray:
    """Scores (V, V) of the next token after each, with ties: rounded to a quarter."""
    scores = np.random.default_rng(3).normal(size=(V, V)).round(0) / 2
    scores[:, 1] += 0.5  # the end
    return scores.astype(np.float32)


def chain(scores: Any) -> Any:
    """A model that knows the last token only; its state counts the steps."""
    def step(tokens: Any, state: Any) -> Any:
        return F.log_softmax(scores[tokens], axis=-1), state + 1

    return step


def found(search: Any) -> Any:
    results = []
    for backend in ("numpy", "cupy"):
        td.use_backend(backend)
        with td.no_grad():
            results.append(search(chain(td.tensor(table())), td.zeros(B, 1)))
    return results


def same(a: Any, b: Any) -> None:
    assert [h.tokens for h in a] == [h.tokens for h in b]
    np.testing.assert_allclose([h.log_prob for h in a], [h.log_prob for h in b], rtol=1e-5)


@pytest.mark.parametrize("forbid", [None, (0, 2, 7, 8, 9)])
def test_greedy(forbid: Any, cupy: Any) -> None:
    same(*found(lambda step, state: decode.greedy(step, state, B, 2, 1, 9, forbid=forbid)))


@pytest.mark.parametrize("forbid", [None, (0, 2, 7, 8, 9), tuple(i for i in range(V) if i not in (1, 5, 6))])
@pytest.mark.parametrize("size", [1, 3, 10])
def test_beam_search(size: int, forbid: Any, cupy: Any) -> None:
    options = {"beam_size": size, "n_best": size, "forbid": forbid}
    theirs, mine = found(lambda step, state: decode.beam_search(step, state, B, 2, 1, 9, **options))
    for a, b in zip(theirs, mine, strict=True):
        same(a.hypotheses, b.hypotheses)


def test_a_step_waits_once(cupy: Any) -> None:
    step, steps = chain(td.tensor(table())), []

    def counted(tokens: Any, state: Any) -> Any:
        steps.append(cupy_double.waits())
        return step(tokens, state)

    with td.no_grad():
        decode.beam_search(counted, td.zeros(B, 1), B, 2, None, 9, beam_size=3)
    assert len(steps) == 9
    assert set(np.diff(steps)[1:].tolist()) == {1}, "the first looks at all of each row"


@pytest.mark.parametrize(("value", "error", "said"), [(np.nan, AnomalyError, "NaN for sentence 4"),
                                                      (0.5, OptionError, "sentence 4 is positive")])
def test_what_is_wrong_is_seen_in_a_later_step(value: float, error: Any, said: str, cupy: Any) -> None:
    inner = chain(td.tensor(table()))

    def step(tokens: Any, state: Any) -> Any:
        log_probs, state = inner(tokens, state)
        wrong = np.zeros((len(tokens), V), np.float32)
        wrong[-1, 2] = value if calls else 0  # bos, which may not be chosen
        calls.append(1)
        return log_probs * td.tensor((wrong == 0).astype(np.float32)) + td.tensor(wrong), state

    calls: list[int] = []
    with td.no_grad(), pytest.raises(error, match=said):
        decode.beam_search(step, td.zeros(B, 1), B, 2, None, 9, beam_size=2)
