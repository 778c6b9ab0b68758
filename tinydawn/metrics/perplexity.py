"""Perplexity, defined once for the whole package."""

from __future__ import annotations

import math

from tinydawn.checks import number
from tinydawn.errors import DataError, message


def perplexity(total_nll: float, tokens: int) -> float:
    """exp(total_nll / tokens): the number of equally likely choices that would be as surprising per token.

    Args:
        total_nll: the negative log-likelihood in nats, SUMMED over all tokens, not averaged by batch.
        tokens: how many tokens that sum is over, padding left out and every predicted `</s>` counted.

    Returns:
        at least 1 for a probability model; inf if the exponential overflows.

    Raises:
        DataError: tokens below 1, or a total_nll that is negative or not a number.

    >>> round(perplexity(5 * math.log(20), 5), 6)
    20.0
    """
    total, count = number("perplexity", "total_nll", total_nll), number("perplexity", "tokens", tokens)
    if not count >= 1:
        raise DataError(message(f"perplexity: {count:g} tokens", fix="count the predicted tokens, without padding"))
    if not total >= 0:
        what = f"perplexity: total_nll is {total}"
        raise DataError(message(what, fix="pass the sum of -log p in nats, which is never negative"))
    mean = total / count
    if math.isnan(mean):
        raise DataError(message(f"perplexity: {total} / {count}", fix="a finite number of tokens"))
    return math.exp(mean) if mean < 709 else math.inf
