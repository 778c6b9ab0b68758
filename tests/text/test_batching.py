"""Padding, masks and buckets."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydawn.errors import DataError, DTypeError, ShapeError
from tinydawn.text import bucket_batches, cut_batches, pad, padding_mask, padding_waste

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


def places(lengths, batches):
    return [len(batch) * int(np.asarray(lengths)[batch].max()) for batch in batches]


long = st.lists(st.integers(0, 900), min_size=1, max_size=80)


@given(long, st.integers(1, 40), st.booleans(), st.integers(1, 4), st.integers(0, 3), st.integers(1, 400))
def test_a_batch_has_at_most_so_many_places(lengths, batch_size, shuffle, pool, seed, most):
    """Of several examples, padding included; and however they are shuffled, there are as many batches."""
    batches = bucket_batches(lengths, batch_size, seed, shuffle, pool, max_tokens=most)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    for batch, size in zip(batches, places(lengths, batches), strict=True):
        assert 1 <= len(batch) <= batch_size
        assert size <= most or len(batch) == 1
    assert len(batches) == len(bucket_batches(lengths, batch_size, seed + 1, shuffle, 1, max_tokens=most))
    if not shuffle:
        assert np.concatenate(batches).tolist() == np.argsort(lengths, kind="stable").tolist()
        assert np.array_equal(bucket_batches(lengths, 99, shuffle=False, max_tokens=99 * 900)[0], np.concatenate(batches)[:99])


def test_one_line_of_20_000_words_does_not_make_fifty_of_them():
    """Issue 15, item 26: fifty reviews, one of them of 20,000 words, were a batch of a million places: 7.5 GB."""
    lengths = np.full(5000, 20)
    lengths[17] = 20_000
    batches = bucket_batches(lengths, 50)
    assert sorted(places(lengths, batches))[-2:] == [1000, 20_000]
    assert sum(map(len, batches)) == 5000
    assert len(batches) == 101  # 4,999 by fifty, and the long one


def test_examples_of_usual_length_are_batched_as_if_there_were_no_bound():
    lengths = np.random.default_rng(0).integers(1, 60, 1000)
    for shuffle in (True, False):
        wide = bucket_batches(lengths, 50, 3, shuffle, max_tokens=10**9)
        assert all(np.array_equal(a, b) for a, b in zip(wide, bucket_batches(lengths, 50, 3, shuffle), strict=True))


def test_long_examples_are_shuffled_too():
    lengths = np.full(200, 100)
    first, second = (bucket_batches(lengths, 8, seed, max_tokens=400) for seed in (0, 1))
    assert [len(b) for b in first] == [4] * 50
    assert [b.tolist() for b in first] != [b.tolist() for b in second]
    assert len(bucket_batches([100] * 7, 8, drop_last=True, max_tokens=400)) == 1


@given(long, st.integers(1, 40), st.integers(1, 400))
def test_neighbours_stay_neighbours(lengths, batch_size, most):
    batches = cut_batches(lengths, batch_size, most)
    assert np.concatenate(batches).tolist() == list(range(len(lengths)))
    for batch, size in zip(batches, places(lengths, batches), strict=True):
        assert 1 <= len(batch) <= batch_size
        assert size <= most or len(batch) == 1
    for batch, after in itertools.pairwise(batches):  # none could take the next example as well
        more = np.append(batch, after[0])
        assert len(more) > batch_size or places(lengths, [more])[0] > most


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
        (lambda: bucket_batches([1], 1, max_tokens=0), DataError, "max_tokens is 0"),
        (lambda: cut_batches([], 1), DataError, "cut_batches: no lengths"),
        (lambda: cut_batches([1], 0), DataError, "cut_batches: batch_size is 0"),
        (lambda: cut_batches([1], 1, 0), DataError, "max_tokens is 0"),
        (lambda: padding_waste([1], []), DataError, "no tokens in any batch"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text) as caught:
        call()
    assert "fix:" in str(caught.value)
