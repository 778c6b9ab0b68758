"""Padding, masks and buckets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydawn.errors import DataError, DTypeError, ShapeError
from tinydawn.text import bucket_batches, pad, padding_mask, padding_waste

sizes = st.lists(st.integers(0, 30), min_size=1, max_size=80)


def test_pad():
    ids, lengths = pad([[5, 6, 7], [8], []], value=9)
    assert ids.tolist() == [[5, 6, 7], [8, 9, 9], [9, 9, 9]]
    assert lengths.tolist() == [3, 1, 0]
    assert ids.dtype == lengths.dtype == np.int64
    assert pad([np.array([1], np.int32)], length=3)[0].tolist() == [[1, 0, 0]]


@given(st.lists(st.lists(st.integers(1, 99), max_size=8), min_size=1, max_size=8).filter(any), st.integers(0, 5))
def test_mask_selects_exactly_the_real_tokens(sequences, extra):
    longest = max(map(len, sequences))
    ids, lengths = pad(sequences, value=0, length=longest + extra)
    mask = padding_mask(lengths, longest + extra)
    assert mask.dtype == bool
    assert mask.shape == ids.shape == (len(sequences), longest + extra)
    assert [row[keep].tolist() for row, keep in zip(ids, mask, strict=True)] == sequences
    assert not ids[~mask].any()


def test_mask_defaults_to_the_longest():
    assert padding_mask([1, 3]).tolist() == [[True, False, False], [True, True, True]]


@given(sizes, st.integers(1, 9), st.booleans(), st.integers(1, 4), st.integers(0, 3))
def test_every_example_exactly_once(lengths, batch_size, shuffle, pool, seed):
    batches = bucket_batches(lengths, batch_size, seed, shuffle, pool)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert sorted(map(len, batches), reverse=True)[:-1] == [batch_size] * (len(batches) - 1)
    again = bucket_batches(lengths, batch_size, seed, shuffle, pool)
    assert [b.tolist() for b in again] == [b.tolist() for b in batches]


def test_no_shuffle_sorts_by_length():
    lengths = [4, 1, 3, 2, 5]
    batches = bucket_batches(lengths, 2, shuffle=False)
    assert [b.tolist() for b in batches] == [[1, 3], [2, 0], [4]]


def test_drop_last():
    assert [len(b) for b in bucket_batches([1] * 7, 3, drop_last=True)] == [3, 3]
    assert [len(b) for b in bucket_batches([1] * 6, 3, drop_last=True)] == [3, 3]


def test_seeds_differ_and_a_generator_moves_on():
    lengths = list(range(40))
    first, second = bucket_batches(lengths, 4, 0, pool=2), bucket_batches(lengths, 4, 1, pool=2)
    assert [b.tolist() for b in first] != [b.tolist() for b in second]
    rng = np.random.default_rng(0)
    first, second = bucket_batches(lengths, 4, rng, pool=2), bucket_batches(lengths, 4, rng, pool=2)
    assert [b.tolist() for b in first] != [b.tolist() for b in second]


def test_batches_are_shuffled_not_in_order_of_length():
    lengths = np.arange(400) % 40 + 1
    longest = [int(lengths[b].max()) for b in bucket_batches(lengths, 8, seed=0)]
    assert longest != sorted(longest)


def test_bucketing_removes_most_of_the_padding():
    lengths = np.random.default_rng(0).poisson(12, 4000) + 1
    plain = padding_waste(lengths, bucket_batches(lengths, 64, 0, pool=1))
    bucketed = padding_waste(lengths, bucket_batches(lengths, 64, 0))
    assert 0.3 < plain < 0.6
    assert bucketed < 0.1 * plain


def test_padding_waste_by_hand():
    assert padding_waste([1, 3, 2], [[0, 1], [2]]) == pytest.approx(1 - 6 / 8)
    assert padding_waste([2, 2], [np.array([0, 1])]) == 0


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: pad([]), DataError, "pad: no sequences"),
        (lambda: pad([[], []]), DataError, "every sequence is empty"),
        (lambda: pad([[1, 2, 3], [1]], length=2), ShapeError, r"sequence 0 has 3 ids, more than length=2"),
        (lambda: pad([[1], ["a"]]), DTypeError, r"sequence 1 holds <U1, not integer ids"),
        (lambda: pad([[1.5]]), DTypeError, r"holds float64"),
        (lambda: pad([[[1]]]), ShapeError, r"sequence 0 has shape \(1, 1\)"),
        (lambda: padding_mask([2, 5], T=4), ShapeError, r"length of 5 does not fit into T=4"),
        (lambda: padding_mask([]), DataError, "no lengths"),
        (lambda: padding_mask([-1]), ShapeError, "integers >= 0"),
        (lambda: padding_mask([[1]]), ShapeError, r"shape \(1, 1\)"),
        (lambda: bucket_batches([], 4), DataError, "bucket_batches: no lengths"),
        (lambda: bucket_batches([1], 0), DataError, "batch_size is 0"),
        (lambda: bucket_batches([1], 1, pool=0), DataError, "pool is 0"),
        (lambda: padding_waste([1], []), DataError, "no tokens in any batch"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text) as caught:
        call()
    assert "fix:" in str(caught.value)
