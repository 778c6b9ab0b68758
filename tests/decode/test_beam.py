"""Beam search: that it is the search it says, and that batching, states and early stopping change nothing."""

from collections import namedtuple

import numpy as np
import pytest
from decode_models import (
    all_sequences,
    history_model,
    log_softmax,
    markov,
    penalty,
    prefix_model,
    rescore,
    slow_beam_search,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tinydawn.decode import Constant, beam_search, beam_search_notes, greedy, length_penalty, reorder

BOS, EOS = 0, 1
NORMALIZATIONS = [("none", 0.0), ("length", 1.0), ("length", 0.5), ("gnmt", 0.6)]


def summary(result):
    return [(h.tokens, h.log_prob, h.score, h.finished) for h in result.hypotheses]


# The example of Dive into Deep Learning, 10.8: words A B C and <eos>; ids 1 2 3 0, and 4 is bos.
D2L = {
    "": [0.1, 0.5, 0.2, 0.2, 0],
    "A": [0.2, 0.1, 0.4, 0.3, 0],
    "AB": [0.2, 0.2, 0.2, 0.4, 0],
    "ABC": [0.6, 0.0, 0.2, 0.2, 0],
    "AC": [0.1, 0.1, 0.6, 0.2, 0],
    "ACB": [0.6, 0.1, 0.2, 0.1, 0],
}


def d2l_step():
    return prefix_model(D2L, "_ABC^", [0.25, 0.25, 0.25, 0.25, 0])


def d2l(beam_size, **options):
    return beam_search(d2l_step(), np.array([[-1]]), 1, 4, 0, 6, beam_size=beam_size, **options)[0]


def test_d2l_greedy_misses_the_better_path():
    found = greedy(d2l_step(), np.array([[-1]]), 1, 4, 0, 6)[0]
    assert found.tokens == [1, 2, 3]  # A B C
    assert np.exp(found.log_prob) == pytest.approx(0.048)
    best = d2l(2).best
    assert best.tokens == [1, 3, 2]  # A C B
    assert np.exp(best.log_prob) == pytest.approx(0.054)
    assert np.exp(best.token_log_probs) == pytest.approx([0.5, 0.3, 0.6, 0.6])


def test_beam_of_one_is_greedy():
    for seed in range(30):
        step = history_model(seed, 11, eos_bonus=1.0)
        limits = np.random.default_rng(seed).integers(1, 12, size=6)
        expected = greedy(step, np.arange(6), 6, BOS, EOS, limits)
        found = beam_search(step, np.arange(6), 6, BOS, EOS, limits, beam_size=1)
        assert [result.best for result in found] == expected


@pytest.mark.parametrize(("normalization", "alpha"), NORMALIZATIONS)
@pytest.mark.parametrize("make", [markov, history_model])
def test_full_width_is_exhaustive_search(make, normalization, alpha):
    vocab_size, max_length = 4, 4
    for seed in range(5):
        step = make(seed, vocab_size, spread=1.5)
        scored = []
        for tokens in all_sequences(vocab_size, EOS, max_length, forbid=(BOS,)):
            log_prob = sum(rescore(step, np.array([5]), BOS, tokens))
            scored.append((log_prob / penalty(len(tokens), normalization, alpha), tokens[:-1]))
        scored.sort(reverse=True)
        found = beam_search(
            step, np.array([5]), 1, BOS, EOS, max_length,
            beam_size=40, length_normalization=normalization, alpha=alpha, n_best=10,
        )[0]  # fmt: skip
        assert [h.tokens for h in found.hypotheses] == [tokens for _, tokens in scored[:10]]
        np.testing.assert_allclose([h.score for h in found.hypotheses], [score for score, _ in scored[:10]])
        assert all(h.finished for h in found.hypotheses)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    vocab_size=st.integers(3, 9),
    beam_size=st.integers(1, 7),
    max_length=st.integers(1, 9),
    normalization=st.sampled_from(NORMALIZATIONS),
    eos_bonus=st.floats(-4, 4),
    spread=st.sampled_from([0.0, 0.3, 2.0]),  # 0: nothing but ties
    data=st.data(),
)
def test_equals_the_slow_search(seed, vocab_size, beam_size, max_length, normalization, eos_bonus, spread, data):
    """Against plain Python without early stop: so no early stop was wrong, and ties are as promised."""
    n_best = data.draw(st.integers(1, beam_size))
    step = history_model(seed, vocab_size, spread, eos_bonus)
    name, alpha = normalization
    options = {"beam_size": beam_size, "length_normalization": name, "alpha": alpha, "n_best": n_best}
    found = beam_search(step, np.arange(3), 3, BOS, EOS, max_length, **options)
    for sentence in range(3):
        expected = slow_beam_search(
            step, np.array([sentence]), BOS, EOS, max_length, beam_size, name, alpha, n_best, (BOS,)
        )
        assert summary(found[sentence]) == expected


def test_each_sentence_alone_is_as_in_the_batch_and_order_does_not_matter():
    step = history_model(3, 300, eos_bonus=2.0)
    ids = np.arange(20) * 17
    limits = np.arange(20) % 7 + 4
    options = {"beam_size": 4, "length_normalization": "length", "n_best": 3}
    batch = beam_search(step, ids, 20, BOS, EOS, limits, **options)
    assert len({result.best.finished for result in batch}) == 2  # some stop early, some at the limit
    for i in range(20):
        alone = beam_search(step, ids[i : i + 1], 1, BOS, EOS, int(limits[i]), **options)
        assert alone == batch[i : i + 1]
    shuffled = np.random.default_rng(0).permutation(20)
    again = beam_search(step, ids[shuffled], 20, BOS, EOS, limits[shuffled], **options)
    assert again == [batch[i] for i in shuffled]


def test_states_move_with_their_beams():
    """Feeding a hypothesis to the model word by word gives the log-probs the search reported."""
    step = history_model(8, 50, spread=1.0, eos_bonus=1.0)
    moved = []

    def watched(tokens, state):
        moved.append(state)
        return step(tokens, state)

    found = beam_search(watched, np.arange(5), 5, BOS, EOS, 8, beam_size=6, n_best=6)
    for sentence, result in enumerate(found):
        for h in result.hypotheses:
            tokens = [*h.tokens, EOS] if h.finished else h.tokens
            assert rescore(step, np.array([sentence]), BOS, tokens) == h.token_log_probs
            assert sum(h.token_log_probs) == pytest.approx(h.log_prob)
    assert [len(state) for state in moved[:2]] == [5, 30]


Pair = namedtuple("Pair", "hidden cell")


@pytest.mark.parametrize("mark", [Constant, lambda value: value])
def test_nested_states_and_constant_parts(mark):
    table = log_softmax(np.random.default_rng(5).normal(size=(101, 12)) * 2)
    gathered = []

    class Leaf(np.ndarray):
        def __getitem__(self, index):
            gathered.append(index)
            return np.ndarray.__getitem__(self, index)

    def step(tokens, state):
        source = state["memory"].value if mark is Constant else state["memory"]
        pair, (count,), nothing = state["rest"]
        assert nothing is None
        hidden = (pair.hidden * 5 + tokens[:, None]) % 101
        cell = (pair.cell + hidden) % 101
        log_probs = table[(hidden + cell + np.asarray(source)[:, 0] + count)[:, 0] % 101]
        return log_probs, {"memory": state["memory"], "rest": (Pair(hidden, cell), [count + 1], None)}

    zeros = np.zeros((4, 1), dtype=int)
    memory = np.arange(4 * 6).reshape(4, 1, 6).view(Leaf)
    state = {"memory": mark(memory), "rest": (Pair(zeros, zeros), [zeros], None)}
    found = beam_search(step, state, 4, BOS, EOS, 10, beam_size=3)
    gathers = [index for index in gathered if isinstance(index, np.ndarray)]
    plain = beam_search(
        step,
        {"memory": mark(np.asarray(memory)), "rest": state["rest"]}, 4, BOS, EOS, 10, beam_size=3,
    )  # fmt: skip
    assert found == plain
    for i in range(4):
        one = reorder({"memory": mark(np.asarray(memory)), "rest": state["rest"]}, np.array([i]))
        assert beam_search(step, one, 1, BOS, EOS, 10, beam_size=3) == found[i : i + 1]
    if mark is Constant:
        assert 1 <= len(gathers) <= 4  # to B * K rows, and when a sentence leaves the batch


def test_never_pad_bos_or_anything_after_eos():
    pad = 2
    for seed in range(5):
        step = history_model(seed, 8, spread=1.0, eos_bonus=0.5)
        for result in beam_search(step, np.arange(8), 8, BOS, EOS, 7, beam_size=4, n_best=4, forbid=(pad, BOS)):
            assert 1 <= len(result.hypotheses) <= 4
            for h in result.hypotheses:
                assert not {pad, BOS, EOS} & set(h.tokens)
                assert len(h.token_log_probs) == len(h.tokens) + h.finished
                assert len(h.token_log_probs) <= 7


def test_finished_ones_are_not_reselected_and_do_not_starve_the_beam():
    """All probability on eos at once: the beam still goes on with K others, and eos comes once each."""
    step = history_model(1, 30, spread=0.1, eos_bonus=5.0)
    result = beam_search(
        step, np.arange(1), 1, BOS, EOS, 6, beam_size=4, n_best=4, length_normalization="length", keep_tree=True
    )[0]
    sequences = [tuple(h.tokens) for h in result.hypotheses]
    assert len(set(sequences)) == 4
    tree = result.tree
    for t in range(1, max(node.step for node in tree.nodes)):
        assert sum(node.step == t and node.status == "kept" for node in tree.nodes) == 4
    parents = [node.parent for node in tree.nodes[1:]]
    assert all(tree.nodes[parent].status == "kept" for parent in parents)


def test_ties_go_to_the_better_beam_then_the_lower_id():
    def uniform(tokens, state):
        return np.full((len(tokens), 6), -np.log(6)), state

    result = beam_search(uniform, None, 2, BOS, 5, 3, beam_size=3, n_best=3)
    assert [h.tokens for h in result[0].hypotheses] == [[1, 1, 1], [1, 1, 2], [1, 1, 3]]
    assert result[0] == result[1]
    assert not result[0].best.finished


@pytest.mark.parametrize(("normalization", "alpha"), NORMALIZATIONS)
def test_wide_enough_beams_are_never_worse(normalization, alpha):
    for seed in range(5):
        step = history_model(seed, 4, spread=1.0)
        options = {"length_normalization": normalization, "alpha": alpha}
        full = beam_search(step, np.arange(4), 4, BOS, EOS, 5, beam_size=200, **options)
        for beam_size in (1, 2, 3, 150):
            for best, found in zip(full, beam_search(
                step, np.arange(4), 4, BOS, EOS, 5, beam_size=beam_size, **options
            ), strict=True):  # fmt: skip
                if found.best.finished:
                    assert found.best.score <= best.best.score


def test_stops_early_but_not_too_early():
    # Ending at once scores log .5; the longer way has a better mean: (log .4 + 3 log .99) / 4.
    table = {"": [0.5, 0.4, 0.1], "A": [0.005, 0.99, 0.005], "AA": [0.005, 0.99, 0.005], "AAA": [0.99, 0.005, 0.005]}
    calls = []

    def run(max_length, normalization):
        model = prefix_model(table, "_A^", [0.98, 0.01, 0.01])
        calls.clear()

        def step(tokens, state):
            calls.append(len(tokens))
            return model(tokens, state)

        return beam_search(
            step, np.array([[-1]]), 1, 2, 0, max_length, beam_size=2, length_normalization=normalization, alpha=None
        )[0].best

    assert run(50, "none").tokens == []
    assert len(calls) == 1
    assert run(50, "length").tokens == [1, 1, 1]
    assert 4 <= len(calls) < 50
    assert run(3, "length").tokens == []  # too short for the better one


def test_cut_at_max_length():
    def never_ends(tokens, state):
        return np.log(np.tile([0.0001, 0.0001, 0.6, 0.3998], (len(tokens), 1))), state

    result = beam_search(never_ends, None, 1, BOS, EOS, 4, beam_size=2, n_best=2)[0]
    assert [(h.tokens, h.finished) for h in result.hypotheses] == [([2, 2, 2, 2], False), ([2, 2, 2, 3], False)]
    # One that finished, however improbable, comes before all that did not.
    result = beam_search(d2l_step(), np.array([[-1]]), 1, 4, 0, 1, beam_size=4, n_best=4)[0]
    assert [(h.tokens, h.finished) for h in result.hypotheses] == [([], True), ([1], False), ([2], False), ([3], False)]


def test_without_eos_all_run_to_the_limit():
    result = beam_search(markov(0, 6), None, 2, BOS, None, np.array([3, 5]), beam_size=3)
    assert [(len(r.best.tokens), r.best.finished) for r in result] == [(3, False), (5, False)]


def test_beam_larger_than_the_vocabulary():
    result = beam_search(markov(0, 3), None, 1, BOS, EOS, 2, beam_size=50, n_best=50)[0]
    # ids 1 (eos) and 2 are allowed: [], [2], and [2, 2] cut
    assert sorted((h.tokens, h.finished) for h in result.hypotheses) == [([], True), ([2], True), ([2, 2], False)]


def test_impossible_tokens_are_never_chosen():
    table = {"": [0, 1, 0, 0], "A": [0.5, 0, 0.5, 0], "AB": [1.0, 0, 0, 0]}
    model = prefix_model(table, "_AB^", [1.0, 0, 0, 0])
    result = beam_search(model, np.array([[-1]]), 1, 3, 0, 5, beam_size=4, n_best=4)[0]
    assert [h.tokens for h in result.hypotheses] == [[1], [1, 2]]
    assert all(np.isfinite(h.score) for h in result.hypotheses)


def test_large_vocabulary_and_float32_equal_the_slow_search():
    step64 = history_model(2, 1000, spread=2.0, eos_bonus=4.0)

    def step(tokens, state):
        log_probs, state = step64(tokens, state)
        return log_probs.astype(np.float32), state

    forbid = (BOS, 5, 127, 128, 999)
    found = beam_search(step, np.arange(2), 2, BOS, EOS, 6, beam_size=5, n_best=5, forbid=forbid)
    for sentence in range(2):
        expected = slow_beam_search(step, np.array([sentence]), BOS, EOS, 6, 5, "none", 0.0, 5, forbid)
        assert summary(found[sentence]) == expected


def test_ties_in_a_large_vocabulary():
    """Few different values over several blocks of the top-k: equal ones must still come by beam, then id."""
    rng = np.random.default_rng(0)
    logits = np.zeros((40, 500))
    logits[np.arange(40), rng.integers(400, 500, size=40)] = 2.0  # the best is in the last block
    table = log_softmax(logits)
    step = lambda tokens, state: (table[(tokens + state) % 40], state)
    found = beam_search(step, np.arange(3), 3, BOS, EOS, 4, beam_size=6, n_best=6)
    for sentence in range(3):
        expected = slow_beam_search(step, np.array([sentence]), BOS, EOS, 4, 6, "none", 0.0, 6, (BOS,))
        assert summary(found[sentence]) == expected


def test_the_models_arrays_are_not_written_to():
    table = log_softmax(np.random.default_rng(0).normal(size=(6, 6)))
    table.flags.writeable = False
    state = np.zeros((2, 3))
    state.flags.writeable = False
    beam_search(lambda tokens, s: (table[tokens], s), state, 2, BOS, EOS, 4, beam_size=3, keep_tree=True)
    greedy(lambda tokens, s: (table[tokens], s), state, 2, BOS, EOS, 4)


def test_length_penalty():
    assert length_penalty(9, "none", 1.0) == 1.0
    assert length_penalty(9, "length", 0.5) == 3.0
    assert length_penalty(1, "gnmt", 0.6) == 1.0
    np.testing.assert_allclose(length_penalty(np.array([1, 7]), "gnmt", 2.0), [1.0, 4.0])


# ---------------------------------------------------------------------- the lecture's own


def test_notes_return_exactly_length_tokens_and_do_not_obey_eos():
    ends_early = prefix_model({"": [0.1, 0.8, 0.1], "A": [0.9, 0.05, 0.05]}, "_A^", [0.3, 0.4, 0.3])
    h = beam_search_notes(ends_early, np.array([[-1]]), 2, 2, 5)
    assert len(h.tokens) == 5
    assert h.tokens[:2] == [1, 0]  # A </s>, and on
    assert h.finished is False
    assert sum(h.token_log_probs) == pytest.approx(h.log_prob)
    for beam_size, length in [(1, 1), (3, 7), (10, 4)]:  # a beam of 10 from a vocabulary of 3
        assert len(beam_search_notes(markov(0, 3), None, BOS, beam_size, length).tokens) == length


def test_notes_equal_beam_search_without_eos():
    """The top B of each beam hold the top B of all: without </s> the notes' search is the same search."""
    for seed in range(10):
        step = history_model(seed, 9)
        notes = beam_search_notes(step, np.array([seed]), BOS, 3, 6)
        ours = beam_search(step, np.array([seed]), 1, BOS, None, 6, beam_size=3, forbid=())[0].best
        assert notes == ours


# ---------------------------------------------------------------------- the tree


def test_tree_of_the_d2l_example():
    tree = d2l(2, keep_tree=True).tree
    path = tree.path(tree.winner)
    assert [tree.nodes[i].token for i in path] == [4, 1, 3, 2, 0]
    assert [tree.nodes[i].step for i in path] == [0, 1, 2, 3, 4]
    assert np.exp(tree.nodes[tree.winner].total) == pytest.approx(0.054)
    assert tree.nodes[tree.winner].status == "finished"
    first = [(n.token, n.status) for n in tree.nodes if n.step == 1]
    assert first == [(1, "kept"), (2, "kept"), (3, "pruned"), (0, "pruned")]


def test_tree_is_consistent():
    step = history_model(4, 40, spread=1.0, eos_bonus=2.0)
    plain = beam_search(step, np.arange(6), 6, BOS, EOS, 8, beam_size=4, length_normalization="length")
    kept = beam_search(step, np.arange(6), 6, BOS, EOS, 8, beam_size=4, length_normalization="length", keep_tree=True)
    assert [r.hypotheses for r in plain] == [r.hypotheses for r in kept]
    assert all(r.tree is None for r in plain)
    for result in kept:
        tree, best = result.tree, result.best
        said = [tree.nodes[i].token for i in tree.path(tree.winner)][1:]
        assert said == best.tokens + [EOS] * best.finished
        assert tree.nodes[tree.winner].total == best.log_prob
        assert tree.nodes[tree.winner].score == best.score
        for i, node in enumerate(tree.nodes[1:], 1):
            parent = tree.nodes[node.parent]
            assert node.parent < i
            assert node.step == parent.step + 1
            assert parent.status == "kept"
            assert node.total == pytest.approx(parent.total + node.log_prob)
            assert (node.token == EOS) == (node.status == "finished") or node.status == "pruned"
        for i in range(len(tree.nodes)):
            children = [tree.nodes[c] for c in tree.children(i)]
            assert len({c.token for c in children}) == len(children)
            assert sum(c.status == "pruned" for c in children) <= 3
