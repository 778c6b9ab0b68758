"""Every error of decode by its message: what, where, how to fix it."""

import re

import numpy as np
import pytest
from decode_models import log_softmax, markov

from tinydawn.decode import Constant, beam_search, beam_search_notes, greedy, sample
from tinydawn.errors import AnomalyError, DTypeError, IdError, ShapeError

BOS, EOS = 0, 1
STEP = markov(0, 6)
SEARCHES = [greedy, sample, beam_search]


def beam(**options):
    return beam_search(STEP, None, 2, BOS, EOS, 5, **options)


def draw(**options):
    return sample(STEP, None, 2, BOS, EOS, 5, **options)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: beam(beam_size=0), ValueError, "beam_size must be at least 1, got 0"),
        (lambda: beam(beam_size=2.0), DTypeError, "beam_size must be an int, got 2.0"),
        (lambda: beam(beam_size=True), DTypeError, "beam_size must be an int, got True"),
        (lambda: beam(beam_size=2, n_best=3), ValueError, "n_best 3 is more than beam_size 2.*pass beam_size=3"),
        (lambda: beam(n_best=0), ValueError, "n_best must be at least 1"),
        (lambda: beam(length_normalization="lenght"), ValueError, "unknown.*'lenght'.*did you mean 'length'"),
        (lambda: beam(length_normalization=None), ValueError, "choose one of 'none', 'length', 'gnmt'"),
        (lambda: beam(length_normalization="gnmt", alpha=-0.1), ValueError, "alpha must be at least 0.*-0.1"),
        (lambda: beam(length_normalization="gnmt", alpha=np.nan), ValueError, "alpha must be at least 0"),
        (lambda: draw(temperature=0), ValueError, "temperature must be above 0.*decode.greedy"),
        (lambda: draw(temperature=-1.0), ValueError, "temperature must be above 0"),
        (lambda: draw(temperature=np.inf), ValueError, "temperature must be above 0 and finite"),
        (lambda: draw(top_k=0), ValueError, "top_k must be at least 1.*top_k=None"),
        (lambda: draw(top_k=1.5), DTypeError, "top_k must be an int"),
        (lambda: draw(top_p=0.0), ValueError, r"top_p must be in \(0, 1\], got 0.0"),
        (lambda: draw(top_p=1.1), ValueError, "top_p must be in"),
        (
            lambda: beam_search_notes(STEP, None, BOS, 0, 3),
            ValueError,
            "beam_search_notes: beam_size must be at least 1",
        ),
        (lambda: beam_search_notes(STEP, None, BOS, 2, 0), ValueError, "length must be at least 1"),
        (lambda: beam_search_notes(model(good)(), None, 6, 2, 2), IdError, r"bos is 6, not in \[0, 6\)"),
    ],
)
def test_bad_options(call, error, words):
    with pytest.raises(error, match="(?s)" + words) as caught:
        call()
    assert "fix: " in str(caught.value)
    assert f"at: {__file__}" in str(caught.value)


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"eos": 6}, IdError, r"eos is 6, not in \[0, 6\)"),
        ({"eos": -1}, IdError, "eos is -1"),
        ({"bos": 6, "forbid": (2,)}, IdError, "bos is 6"),
        ({"eos": "</s>"}, DTypeError, "eos must be a token id"),
        ({"forbid": (0, 99)}, IdError, "forbid is 99"),
        ({"forbid": range(6)}, ValueError, "forbid excludes all 6 tokens"),
        ({"max_length": 0}, ValueError, "max_length must be at least 1, got 0"),
        ({"max_length": [5, 0]}, ValueError, "max_length must be at least 1"),
        ({"max_length": 2.5}, DTypeError, "max_length must be an int"),
        ({"max_length": [5, 5, 5]}, ShapeError, r"max_length has shape \(3,\), the batch has 2"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1"),
        ({"state": np.zeros((3, 2))}, ShapeError, r"state given has state of shape \(3, 2\).*length 2"),
        ({"state": {"h": [np.zeros((2, 1)), np.zeros(4)]}}, ShapeError, r"state\['h'\]\[1\] of shape \(4,\)"),
        ({"state": {"m": Constant(np.zeros(3))}}, ShapeError, r"state\['m'\].value of shape \(3,\)"),
        ({"state": (np.float64(1),)}, ShapeError, r"state\[0\] of shape \(\)"),
        ({"state": {"h": 7}}, DTypeError, r"state\['h'\] of type int"),
    ],
)
def test_bad_arguments(search, change, error, words):
    arguments = {"state": None, "batch_size": 2, "bos": BOS, "eos": EOS, "max_length": 5} | change
    with pytest.raises(error, match="(?s)" + words) as caught:
        search(model(good)(), **arguments)
    assert str(caught.value).startswith(search.__name__)
    assert "fix: " in str(caught.value) or "token id" in str(caught.value)


def model(*outputs):
    """Returns outputs[t](N) at step t, the last one from then on."""

    def start():
        remaining = list(outputs)
        return lambda tokens, state: ((remaining.pop(0) if len(remaining) > 1 else remaining[0])(len(tokens)), state)

    return start


def good(rows):
    return log_softmax(np.tile([0.0, -9.0, 0.5, 0.3, 0.1, 0.2], (rows, 1)))


def nan_in_the_last_row(rows):
    log_probs = good(rows)
    log_probs[-1, 4] = np.nan
    return log_probs


def never(rows):
    return np.tile([0.0, -np.inf, -np.inf, -np.inf, -np.inf, -np.inf], (rows, 1))  # only bos


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize(
    ("start", "error", "words"),
    [
        (model(lambda n: good(n)[0]), ShapeError, r"step 1: log_probs has shape \(6,\), expected \(2, V\)"),
        (model(lambda n: good(n)[:1]), ShapeError, r"shape \(1, 6\), expected \(2, V\)"),
        (model(lambda n: good(n)[:, None]), ShapeError, "without a time axis"),
        (model(good, lambda n: good(n)[:, 1:]), ShapeError, r"step 2: .* expected \(\d+, 6\)"),
        (model(lambda n: np.zeros((n, 6), dtype=int)), DTypeError, "log_probs has dtype int64"),
        (model(good, good, nan_in_the_last_row), AnomalyError, "step 3: log_probs has NaN for sentence 1"),
        (model(nan_in_the_last_row), AnomalyError, "step 1: log_probs has NaN for sentence 1"),
        (model(lambda n: np.exp(good(n))), ValueError, "step 1: exp.log_probs. sums to .*log_softmax"),
        (model(lambda n: good(n) * 5 + 2), ValueError, "step 1: exp.log_probs. sums to .*log_softmax"),
        (model(lambda n: good(n) + 1e4), ValueError, "sums to inf"),
        (model(good, lambda n: good(n) + 3), ValueError, "step 2: a log-probability of sentence 0 is positive"),
        (model(good, never), ValueError, "step 2: every allowed next token of sentence 0 has log-probability -inf"),
        (
            lambda: lambda tokens, state: good(len(tokens)),
            DTypeError,
            "step returned ndarray.*return .log_probs, state.",
        ),
        (
            lambda: lambda tokens, state: (good(len(tokens)), {"h": np.zeros(7)}),
            ShapeError,
            r"state returned has state\['h'\]",
        ),
    ],
)
def test_bad_models(search, start, error, words):
    with pytest.raises(error, match=re.compile(words, re.DOTALL)) as caught:
        search(start(), None, 2, BOS, EOS, 5, **({"beam_size": 2} if search is beam_search else {}))
    assert "fix: " in str(caught.value)
