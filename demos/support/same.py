"""A lesson writes its model out, small; the library has the same, and here that is checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import nn, random


def assert_same(mine: nn.Module, build: Callable[[], nn.Module], *inputs: Any) -> None:
    """The library's model, given the same weights, answers the same.

    mine    the model of the lesson
    build   the library's; what it draws at random is not missing afterwards
    inputs  of both
    """
    state = random.generator.bit_generator.state
    library = build()
    random.generator.bit_generator.state = state
    library.load_state_dict(mine.state_dict())

    training = mine.training
    with td.no_grad():
        answer = mine.eval()(*inputs).numpy()
        expected = library.eval()(*inputs).numpy()
    mine.train(training)
    np.testing.assert_allclose(answer, expected, rtol=1e-5, atol=1e-6)
