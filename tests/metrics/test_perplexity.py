"""Perplexity."""

import math

import pytest

from tinydawn.errors import DataError
from tinydawn.metrics import perplexity


def test_uniform_choice_among_n_is_n():
    assert perplexity(7 * math.log(50), 7) == pytest.approx(50)


def test_certainty_is_one_and_overflow_is_infinite():
    assert perplexity(0.0, 3) == 1.0
    assert perplexity(1e6, 10) == math.inf
    assert perplexity(708 * 2.0, 2) == pytest.approx(math.exp(708))


def test_it_is_the_mean_over_tokens_not_over_batches():
    assert perplexity(2 * math.log(4) + 6 * math.log(2), 8) == pytest.approx(2**1.25)


@pytest.mark.parametrize(
    ("nll", "tokens", "text"),
    [
        (1.0, 0, "perplexity: 0 tokens"),
        (-1.0, 3, "total_nll is -1.0"),
        (math.nan, 3, "total_nll is nan"),
    ],
)
def test_errors(nll, tokens, text):
    with pytest.raises(DataError, match=text) as caught:
        perplexity(nll, tokens)
    assert "fix:" in str(caught.value)
