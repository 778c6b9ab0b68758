"""Greedy search and sampling."""

from collections import namedtuple

import numpy as np
import pytest
from decode_models import history_model, log_softmax, markov, rescore

import tinydawn as td
from tinydawn.decode import Constant, greedy, reorder, sample

BOS, EOS, PAD = 0, 1, 2


def test_greedy_takes_the_argmax_until_eos():
    step = history_model(0, 9, eos_bonus=1.0)
    limits = np.array([3, 12, 12, 12, 1])
    found = greedy(step, np.arange(5), 5, BOS, EOS, limits, forbid=(PAD, BOS))
    for sentence, h in enumerate(found):
        state, last, expected = np.array([sentence]), BOS, []
        while last != EOS and len(expected) < limits[sentence]:
            log_probs, state = step(np.array([last]), state)
            last = int(log_probs[0, [1, *range(3, 9)]].argmax())
            last = [1, *range(3, 9)][last]
            expected.append(last)
        assert h.finished == (expected[-1] == EOS)
        assert h.tokens == (expected[:-1] if h.finished else expected)
        assert h.token_log_probs == rescore(step, np.array([sentence]), BOS, expected)
        assert h.log_prob == h.score == pytest.approx(sum(h.token_log_probs))


def test_greedy_ties_go_to_the_lowest_id():
    found = greedy(lambda tokens, s: (np.full((len(tokens), 5), -np.log(5)), s), None, 2, BOS, 4, 3)
    assert [h.tokens for h in found] == [[1, 1, 1]] * 2


def test_greedy_in_a_batch_is_greedy_alone():
    step = history_model(7, 20, eos_bonus=2.0)
    ids = np.arange(30)
    batch = greedy(step, ids, 30, BOS, EOS, 15)
    assert len({len(h.tokens) for h in batch}) > 3
    for i in range(30):
        assert greedy(step, ids[i : i + 1], 1, BOS, EOS, 15) == batch[i : i + 1]
    assert greedy(step, ids[::-1], 30, BOS, EOS, 15) == batch[::-1]


def test_sentences_that_are_done_leave_the_batch():
    sizes = []
    step = history_model(7, 20, eos_bonus=2.0)

    def watched(tokens, state):
        sizes.append(len(tokens))
        assert len(state["memory"].value) == len(tokens)
        log_probs, hidden = step(tokens, state["hidden"])
        return log_probs, {"hidden": hidden, "memory": state["memory"]}

    greedy(watched, {"hidden": np.arange(30), "memory": Constant(np.zeros((30, 2)))}, 30, BOS, EOS, 15)
    assert sizes[0] == 30
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 30


def test_bos_that_is_eos_can_be_said():
    found = greedy(lambda tokens, s: (np.log(np.tile([0.9, 0.1], (len(tokens), 1))), s), None, 1, 0, 0, 5)[0]
    assert found.tokens == []
    assert found.finished


def test_log_probs_may_be_a_tensor():
    table = log_softmax(np.random.default_rng(0).normal(size=(5, 5)))
    plain = greedy(lambda tokens, s: (table[tokens], s), None, 2, BOS, EOS, 6)
    assert greedy(lambda tokens, s: (td.tensor(table[tokens]), s), None, 2, BOS, EOS, 6) == plain


def test_reorder_keeps_the_nesting():
    Pair = namedtuple("Pair", "h c")
    a = np.arange(6).reshape(3, 2)
    state = {"pair": Pair(a, [a + 1]), "none": None, "memory": Constant((a, a))}
    rows = np.array([2, 0])
    out = reorder(state, rows)
    assert isinstance(out["pair"], Pair)
    assert out["none"] is None
    np.testing.assert_array_equal(out["pair"].h, a[rows])
    np.testing.assert_array_equal(out["pair"].c[0], a[rows] + 1)
    np.testing.assert_array_equal(out["memory"].value[1], a[rows])
    assert reorder(state, np.array([0, 1, 2]), sentences_moved=False)["memory"] is state["memory"]


# ---------------------------------------------------------------------- sampling

PROBS = np.array([0.05, 0.30, 0.0, 0.20, 0.25, 0.15, 0.05])


def one_step(tokens, state):
    with np.errstate(divide="ignore"):
        return np.log(np.tile(PROBS, (len(tokens), 1))), state


def frequencies(count=20_000, **options):
    drawn = sample(one_step, None, count, 6, None, 1, rng=0, forbid=options.pop("forbid", ()), **options)
    assert all(h.log_prob == np.log(PROBS[h.tokens[0]]) for h in drawn)  # the model's own, unmodified
    return np.bincount([h.tokens[0] for h in drawn], minlength=7) / count


def cut(keep, temperature=1.0):
    probs = np.zeros(7)
    probs[keep] = PROBS[keep] ** (1 / temperature)
    return probs / probs.sum()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, PROBS),
        ({"temperature": 0.5}, cut([0, 1, 3, 4, 5, 6], 0.5)),
        ({"temperature": 3.0}, cut([0, 1, 3, 4, 5, 6], 3.0)),
        ({"top_k": 2}, cut([1, 4])),
        ({"top_k": 5}, cut([0, 1, 3, 4, 5])),  # .05 twice: the lower id stays
        ({"top_k": 100}, PROBS),
        ({"top_p": 0.5}, cut([1, 4])),  # .30 + .25
        ({"top_p": 0.6}, cut([1, 3, 4])),
        ({"top_p": 0.01}, cut([1])),
        ({"top_p": 1.0}, PROBS),
        ({"top_k": 3, "top_p": 0.7}, cut([1, 4])),  # .55 / .75 > .7
        ({"forbid": (1, 6)}, cut([0, 3, 4, 5])),
    ],
)
def test_sample_frequencies(options, expected):
    found = frequencies(**options)
    assert set(np.flatnonzero(found)) == set(np.flatnonzero(expected))
    error = 4 * np.sqrt(expected * (1 - expected) / 20_000)
    assert (np.abs(found - expected) <= error + 1e-12).all()


def test_sample_of_sequences_has_the_models_probability():
    step = markov(1, 4, spread=1.0)
    drawn = sample(step, None, 20_000, BOS, EOS, 3, rng=1, forbid=())
    counts: dict[tuple, int] = {}
    for h in drawn:
        counts[(*h.tokens, h.finished)] = counts.get((*h.tokens, h.finished), 0) + 1
    log_probs = {(*h.tokens, h.finished): h.log_prob for h in drawn}
    assert sum(np.exp(list(log_probs.values()))) == pytest.approx(1, abs=0.01)
    for key, log_prob in log_probs.items():
        p = np.exp(log_prob)
        assert counts[key] / 20_000 == pytest.approx(p, abs=4.5 * np.sqrt(p / 20_000))


def test_sample_is_reproducible():
    step = history_model(3, 30, spread=1.0, eos_bonus=1.0)
    draw = lambda rng: sample(step, np.arange(9), 9, BOS, EOS, 10, rng=rng, top_p=0.9)
    assert draw(5) == draw(5) == draw(np.random.default_rng(5))
    assert draw(5) != draw(6)
    assert draw(None) != draw(None)


def test_cold_samples_are_greedy():
    step = history_model(3, 30, eos_bonus=1.0)
    cold = sample(step, np.arange(9), 9, BOS, EOS, 10, rng=0, temperature=1e-4)
    assert cold == greedy(step, np.arange(9), 9, BOS, EOS, 10)
    assert cold == sample(step, np.arange(9), 9, BOS, EOS, 10, rng=0, top_k=1)
