"""Contiguous batches: every token is predicted once, from the one before it, and pieces are read in order."""

import itertools

import numpy as np
import pytest

from tinydawn.errors import DataError
from tinydawn.text import contiguous, windows


def test_each_column_is_a_piece_of_the_text():
    ids = np.arange(10, 23)  # 13 tokens
    inputs, targets = contiguous(ids, 3, first=1)
    assert targets.T.tolist() == [[10, 11, 12, 13], [14, 15, 16, 17], [18, 19, 20, 21]], "the last token is left out"
    assert inputs.T.tolist() == [[1, 10, 11, 12], [13, 14, 15, 16], [17, 18, 19, 20]]


def test_with_padding_no_token_is_lost():
    ids = np.arange(10, 23)
    inputs, targets = contiguous(ids, 3, first=1, pad=0)
    assert sorted(targets[targets != 0].tolist()) == ids.tolist()
    assert (inputs[targets == 0] == 0).all()
    np.testing.assert_array_equal(inputs.T.reshape(-1)[1:13], ids[:-1])


def test_windows_follow_each_other():
    """Row t + 1 of a column comes after row t, also across a window's border: else a carried state would be another text's."""
    inputs, targets = contiguous(np.arange(100), 4, first=-1)
    parts = list(windows(inputs, targets, 7))
    assert [len(x) for x, _ in parts] == [7, 7, 7, 4]
    for (_, before), (after, _) in itertools.pairwise(parts):
        np.testing.assert_array_equal(after[0], before[-1])
    np.testing.assert_array_equal(np.concatenate([y for _, y in parts]), targets)


def test_wrong_calls():
    with pytest.raises(DataError, match="2 tokens in 3 pieces"):
        contiguous([1, 2], 3, first=0)
    with pytest.raises(DataError, match="in 0 pieces"):
        contiguous([1, 2], 0, first=0)
    with pytest.raises(DataError, match="length is 0"):
        next(windows(np.zeros((2, 1), int), np.zeros((2, 1), int), 0))
