"""What every model of sentences must fulfil: padding changes no logit and no gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import nn

SENTENCE = [5, 3, 9, 4, 4, 2, 7, 11]  # ids of a vocabulary of 12, of which 0 is padding


def padded(*sentences: list[int], length: int) -> np.ndarray:
    """Ids (B, T), filled up at the end with 0."""
    return np.array([sentence + [0] * (length - len(sentence)) for sentence in sentences])


def assert_padding_changes_nothing(model: nn.Module, forward: Callable[[int], Any], lengths: tuple[int, int] = (10, 50)) -> None:
    """forward(length) gives the output for sentences padded to that length: it and all gradients are the same for both."""
    model.double()
    found = []
    for length in lengths:
        model.zero_grad()
        output = forward(length)
        weights = td.Tensor(np.random.default_rng(0).standard_normal(output.shape))
        (output * weights).sum().backward()
        gradients = {name: None if p.grad is None else p.grad.numpy().copy() for name, p in model.named_parameters()}
        found.append((output.numpy().copy(), gradients))
    (first, one), (second, two) = found
    np.testing.assert_allclose(first, second, rtol=1e-12, atol=1e-12)
    assert any(g is not None and np.abs(g).max() > 1e-6 for g in one.values()), "nothing was differentiated"
    for name in one:
        assert (one[name] is None) == (two[name] is None), name
        if one[name] is not None:
            np.testing.assert_allclose(one[name], two[name], rtol=1e-10, atol=1e-12, err_msg=name)
