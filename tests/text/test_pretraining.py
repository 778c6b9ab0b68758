"""Masking is 15 % of what may be masked, and 80/10/10 by one draw; a sentence that does not follow is of another document."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from tinydawn import text
from tinydawn.errors import DataError, DTypeError, OptionError, ShapeError
from tinydawn.text.pretraining import IGNORED

PAD, UNK, CLS, SEP, MASK, V = 0, 1, 2, 3, 4, 50
SPECIALS = [PAD, UNK, CLS, SEP, MASK]


def batch(B, T=42, seed=0):
    """[CLS] 20 tokens [SEP] 17 tokens [SEP], and padding: 37 tokens that may be masked."""
    ids = np.random.default_rng(seed).integers(5, V, (B, T))
    ids[:, 0], ids[:, [21, 39]], ids[:, 40:] = CLS, SEP, PAD
    return ids


def mask(ids, seed=1, **options):
    return text.mask_tokens(ids, MASK, V, SPECIALS, rng=np.random.default_rng(seed), **options)


def test_the_statistics_over_100_000_draws():
    ids = batch(17_000)
    inputs, targets = mask(ids)
    chosen = targets != IGNORED
    n = chosen.sum()
    assert n > 100_000
    assert (chosen.sum(axis=1) == round(0.15 * 37)).all(), "the share of what is real, in every row"
    masked, kept = (inputs == MASK)[chosen].mean(), (inputs == ids)[chosen].mean()
    replaced = 1 - masked - kept
    slack = 4 * np.sqrt(0.25 / n)  # four standard errors, at most
    # A random token is the true one in 1 of 45 cases, and then counts as kept.
    assert abs(masked - 0.8) < slack
    assert abs(replaced - 0.1 * 44 / 45) < slack
    assert abs(kept - 0.1 - 0.1 / 45) < slack
    random_tokens = inputs[chosen & (inputs != MASK) & (inputs != ids)]
    assert set(random_tokens) == set(range(5, V)), "any ordinary token, and never a special one"
    places = chosen.mean(axis=0)[[*range(1, 21), *range(22, 39)]]
    assert np.abs(places - 6 / 37).max() < 0.015, "every position alike"


def test_the_loss_is_on_the_chosen_only_and_specials_are_never_chosen():
    ids = batch(500)
    inputs, targets = mask(ids)
    chosen = targets != IGNORED
    np.testing.assert_array_equal(targets[chosen], ids[chosen])
    np.testing.assert_array_equal(inputs[~chosen], ids[~chosen])
    assert not (chosen & np.isin(ids, SPECIALS)).any()


def test_at_least_one_and_none_where_there_is_nothing():
    ids = np.array([[CLS, 7, SEP, PAD], [CLS, SEP, PAD, PAD], [CLS, 7, 8, SEP]])
    _, targets = mask(ids)
    assert (targets != IGNORED).sum(axis=1).tolist() == [1, 0, 1]


def test_electras_shares():
    ids = batch(4000)
    inputs, targets = mask(ids, masked=0.85, replaced=0)
    chosen = targets != IGNORED
    assert set(np.unique(inputs[chosen & (inputs != MASK)] == ids[chosen & (inputs != MASK)])) == {True}, "no random tokens"
    assert abs((inputs == MASK)[chosen].mean() - 0.85) < 0.01


def test_whole_words():
    ids = batch(300)
    starts = np.random.default_rng(5).random(ids.shape) < 0.6
    starts[:, [0, 1, 21, 22, 39]] = True
    inputs, targets = mask(ids, starts=starts)
    chosen, word = targets != IGNORED, np.cumsum(starts | np.isin(ids, SPECIALS), axis=1)
    for row, words in zip(chosen, word, strict=True):
        for number in np.unique(words[row]):
            assert row[words == number].all(), "all pieces of a word, or none"
    assert chosen.any(axis=1).all()
    assert abs(chosen.sum(axis=1).mean() / 37 - 0.15) < 0.02
    alone = mask(ids)
    assert ((alone[1] != IGNORED) & ~starts).sum() > 0, "without `starts` words are cut"
    assert (inputs[~chosen] == ids[~chosen]).all()


def test_the_seed_decides():
    ids = batch(8)
    for a, b in zip(mask(ids, seed=3), mask(ids, seed=3), strict=True):
        np.testing.assert_array_equal(a, b)
    assert (mask(ids, seed=3)[1] != mask(ids, seed=4)[1]).any()


def test_pack():
    assert text.pack([7, 8], [9], CLS, SEP) == ([CLS, 7, 8, SEP, 9, SEP], [0, 0, 0, 0, 1, 1])
    assert text.pack([7, 8], None, CLS, SEP) == ([CLS, 7, 8, SEP], [0] * 4)
    assert text.pack([7, 8, 9, 10], [11, 12], CLS, SEP, 7)[0] == [CLS, 7, 8, SEP, 11, 12, SEP], "the longer is cut"
    assert text.pack([7, 8], [9], CLS, SEP, 3)[0] == [CLS, SEP, SEP]


def google(a, b, limit):
    """`_truncate_seq_pair` of BERT's run_classifier.py, with 3 tokens kept for [CLS], [SEP] and [SEP]."""
    a, b = list(a), list(b)
    while len(a) + len(b) > limit - 3:
        if len(a) > len(b):
            a.pop()
        else:
            b.pop()
    return [CLS, *a, SEP, *b, SEP]


def test_pack_cuts_as_google_does():
    """Of two texts that are equally long the second: here 86 of 441 settings had lost a token of the first."""
    for m, n, limit in product(range(7), range(7), range(3, 12)):
        a, b = range(10, 10 + m), range(20, 20 + n)
        ids, segments = text.pack(a, b, CLS, SEP, limit)
        assert ids == google(a, b, limit), (m, n, limit)
        assert segments == [0] * (ids.index(SEP) + 1) + [1] * (len(ids) - ids.index(SEP) - 1)


def test_pad_segments():
    ids, segments, real = text.pad_segments([([CLS, 7, SEP, 8, SEP], [0, 0, 0, 1, 1]), ([CLS, 9, SEP], [0, 0, 0])], PAD)
    assert ids.tolist() == [[CLS, 7, SEP, 8, SEP], [CLS, 9, SEP, PAD, PAD]]
    assert segments.tolist() == [[0, 0, 0, 1, 1], [0] * 5]
    assert real.tolist() == [[True] * 5, [True] * 3 + [False] * 2]


def documents(count=8, sentences=30, words=5):
    """A sentence is [document, number, ...]: where it comes from can be read off."""
    return [[[f"d{d}", f"s{i}", *["w"] * (words - 2)] for i in range(sentences)] for d in range(count)]


def test_what_follows_and_what_does_not():
    found = text.next_sentence_pairs(documents(40, 100), rng=np.random.default_rng(0))
    assert len(found) == 40 * 99
    assert abs(np.mean([p.is_next for p in found]) - 0.5) < 0.03, "half and half"
    for a, b, is_next in found:
        if is_next:
            assert b[0] == a[0]
            assert int(b[1][1:]) == int(a[1][1:]) + 1
        else:
            assert b[0] != a[0], "of another document, not of the same"
    assert len({b[0] for _, b, is_next in found if not is_next}) == 40


def test_longer_pieces_of_text():
    found = text.next_sentence_pairs(documents(), max_tokens=40, rng=np.random.default_rng(0))
    assert max(len(a) for a, _, _ in found) == max(len(b) for _, b, _ in found) == 20
    for a, b, is_next in found:
        numbers = [int(token[1:]) for token in [*a, *b] if token[0] == "s"]
        assert len({token for token in a if token[0] == "d"}) == 1
        if is_next:
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "one running text"


def test_some_pairs_are_short():
    """A tenth is drawn from all lengths, so that a model which has seen pairs of 40 tokens only is not lost with a short one."""
    everything = documents(20, 60)
    found = text.next_sentence_pairs(everything, max_tokens=40, rng=np.random.default_rng(0), short=0.1)
    inside = [p for p in found if 5 < int(p.a[1][1:]) < 50]  # at the ends of a document pairs are short anyway
    whole = np.mean([len(p.a) == 20 for p in inside])
    assert 0.88 < whole < 0.93
    assert {len(p.a) for p in inside} == {5, 10, 15, 20}
    for a, b, is_next in found:
        numbers = [int(token[1:]) for token in [*a, *b] if token[0] == "s"]
        assert not is_next or numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert text.next_sentence_pairs(everything, 40, rng=np.random.default_rng(3), short=0.0) == text.next_sentence_pairs(
        everything, 40, rng=np.random.default_rng(3))
    for wrong in ({"short": 1.5, "max_tokens": 40}, {"short": 0.1}):
        with pytest.raises(DataError, match=r"short=[\s\S]*fix: a share from 0 to 1"):
            text.next_sentence_pairs(everything, **wrong)


def test_at_most_so_many_in_a_row():
    """BERT's max_predictions: the batch of targets has a bound."""
    ids = batch(50)  # 37 tokens may be masked, 15 % are 6
    counts = (mask(ids, max_predictions=4)[1] != IGNORED).sum(axis=1)
    assert counts.tolist() == [4] * 50
    assert ((mask(ids, max_predictions=20)[1] != IGNORED).sum(axis=1) == 6).all()
    words = (mask(ids, max_predictions=3, starts=np.arange(42) % 2 == np.zeros((50, 1)))[1] != IGNORED).sum(axis=1)
    assert words.max() <= 3
    assert words.min() >= 1
    with pytest.raises(OptionError, match="max_predictions is 0"):
        mask(ids, max_predictions=0)


def test_documents_without_sentences_do_not_count():
    found = text.next_sentence_pairs([[], *documents(2, 3), [[]]], rng=np.random.default_rng(0))
    assert len(found) == 4
    with pytest.raises(DataError, match="at least two"):
        text.next_sentence_pairs([[["a"], ["b"]], [[]]])


def test_wrong_calls():
    ids = batch(2)
    with pytest.raises(ShapeError, match=r"\(B, T\)"):
        mask(ids[0])
    with pytest.raises(ShapeError, match="starts"):
        mask(ids, starts=np.ones((2, 3), bool))
    with pytest.raises(DTypeError, match="float64"):
        mask(ids.astype(float))
    for wrong in ({"probability": 0}, {"probability": 1.5}, {"masked": 0.9, "replaced": 0.2}, {"replaced": -0.1}):
        with pytest.raises(DataError, match="shares"):
            mask(ids, **wrong)
    with pytest.raises(DataError, match="every id is special"):
        text.mask_tokens(ids, MASK, 5, SPECIALS)


def test_ids_without_a_sign():
    """-100 is no unsigned number: among 16-bit ids it had become 65436."""
    ids = np.array([[5, 6, 7, 8, 9]] * 3, np.uint16)
    inputs, targets = text.mask_tokens(ids, 4, 10, [0, 1, 2, 3, 4], 0.4)
    assert inputs.dtype == targets.dtype == np.int64
    assert ((targets == -100) | (targets == ids)).all()
    assert (targets == -100).sum() == 9
