"""Counting word vectors: each step by hand, what is asked of them, and the traps: question words and coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tinydawn.errors import DataError, IdError, ShapeError
from tinydawn.text.vectors import WordVectors, cooccurrence, ppmi, truncated_svd

# --- counts ---


def test_counts_by_hand():
    near = cooccurrence([[0, 1, 2, 0]], 3, window=2)
    expected = np.zeros((3, 3))
    for a, b, d in ((0, 1, 1), (0, 2, 2), (1, 2, 1), (1, 0, 2), (2, 0, 1)):
        expected[a, b] += 1 / d
        expected[b, a] += 1 / d
    np.testing.assert_allclose(near, expected)
    assert near.dtype == np.float32
    assert cooccurrence([[0, 1, 2, 0]], 3, 2, "flat").sum() == 10


def test_no_window_over_the_end_of_a_sentence():
    assert cooccurrence([[0, 0], [1, 1]], 2, window=5).tolist() == [[2, 0], [0, 2]]


def test_an_unknown_word_keeps_its_place():
    near = cooccurrence([[0, -1, 1], [-3]], 2, window=5)
    assert near.tolist() == [[0, 0.5], [0.5, 0]]


def test_a_word_beside_itself_counts_from_both_sides():
    assert cooccurrence([[0, 0]], 1).item() == 2


@pytest.mark.parametrize(("arguments", "error", "said"), [
    (([], 3), DataError, "no sentences"), (([[0, 3]], 3), IdError, "id 3 is outside 0 .. 2"),
    (([[0, 1]], 3, 0), DataError, "at least 1"), (([[0, 1]], 3, 2, "gauss"), DataError, "harmonic")])
def test_counts_refused(arguments, error, said):
    with pytest.raises(error, match=said):
        cooccurrence(*arguments)


# --- PPMI ---


@pytest.mark.parametrize(("smoothing", "shift"), [(1.0, 1.0), (0.75, 1.0), (0.75, 5.0)])
def test_ppmi_by_its_formula(smoothing, shift):
    counts = np.random.default_rng(0).integers(0, 4, (6, 5)).astype(np.float32)
    counts[2], counts[:, 3] = 0, 0  # a word and a context that never occur
    found = ppmi(counts, smoothing, shift)
    contexts = counts.sum(axis=0) ** smoothing
    for i in range(6):
        for j in range(5):
            expected = 0.0
            if counts[i, j]:
                pmi = math.log(counts[i, j] / counts.sum() / (counts[i].sum() / counts.sum() * contexts[j] / contexts.sum()))
                expected = max(0.0, pmi - math.log(shift))
            assert found[i, j] == pytest.approx(expected, abs=1e-5), (i, j)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


def test_independent_words_have_no_information():
    assert ppmi(np.outer([1, 2, 3], [4, 5]).astype(np.float32), smoothing=1.0) == pytest.approx(0, abs=1e-6)


def test_smoothing_takes_from_rare_contexts():
    counts = np.array([[100, 2], [100, 0]], np.float32)
    assert ppmi(counts, 0.75)[0, 1] < ppmi(counts, 1.0)[0, 1]


def test_ppmi_refused():
    for counts, said in ((np.zeros((2, 2)), "all 0"), (np.array([[1.0, -1]]), "below 0")):
        with pytest.raises(DataError, match=said):
            ppmi(counts)
    with pytest.raises(DataError, match="shift of at least 1"):
        ppmi(np.ones((2, 2)), shift=0.5)
    with pytest.raises(ShapeError, match="a matrix"):
        ppmi(np.ones(3))


# --- SVD ---


def test_svd_equals_the_exact_one():
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((60, 8)) @ np.diag(2.0 ** -np.arange(8)) @ rng.standard_normal((8, 40))
    u, s, vt = truncated_svd(matrix, 5)
    exact = np.linalg.svd(matrix)[1]
    np.testing.assert_allclose(s, exact[:5], rtol=1e-8)
    np.testing.assert_allclose(u.T @ u, np.eye(5), atol=1e-10)
    np.testing.assert_allclose(np.linalg.norm(matrix - u * s @ vt), np.linalg.norm(exact[5:]), rtol=1e-6)


def test_svd_of_a_flat_spectrum():
    """Singular values that lie close together need the passes; the best 20 of 300 must be nearly caught."""
    matrix = np.random.default_rng(0).standard_normal((300, 300)).astype(np.float32)
    exact = np.linalg.svd(matrix, compute_uv=False)[:20]
    assert truncated_svd(matrix, 20)[1].sum() > 0.985 * exact.sum() > truncated_svd(matrix, 20, iterations=0)[1].sum()
    assert truncated_svd(matrix, 3)[0].dtype == np.float32


def test_svd_is_the_same_each_time_and_signs_are_fixed():
    matrix = np.random.default_rng(0).standard_normal((30, 20))
    u, s, _ = truncated_svd(matrix, 4)
    np.testing.assert_array_equal(u, truncated_svd(matrix, 4)[0])
    assert (u[np.abs(u).argmax(axis=0), range(4)] > 0).all()
    np.testing.assert_allclose(truncated_svd(-matrix, 4)[0] * s, u * s, rtol=1e-6)


@pytest.mark.parametrize("rank", [0, 4])
def test_svd_refused(rank):
    with pytest.raises(ShapeError, match="a rank from 1 to its smaller side"):
        truncated_svd(np.ones((5, 3)), rank)


# --- what vectors are asked ---


def royal() -> WordVectors:
    """man, woman, king, queen in a plane; prince beside king; bread elsewhere; blank without a vector."""
    return WordVectors(["man", "woman", "king", "queen", "prince", "bread", "blank"],
                       np.array([[1, 0, 0.1], [1, 1, 0.1], [3, 0, 2], [3, 1.2, 2.1], [3, 0.1, 2], [-2, 1, 0], [0, 0, 0]]))


def test_neighbours():
    found = royal().neighbours("king", 3)
    assert [word for word, _ in found][:2] == ["prince", "queen"], "without itself"
    assert found[0][1] == pytest.approx(royal().similarity("king", "prince"))
    assert len(royal().neighbours("king", 100)) == 6
    assert dict(royal().neighbours("king", 100))["blank"] == 0, "no vector, no neighbour"


def test_analogies_leave_out_the_words_of_the_question():
    """The trap: with them the nearest word to king - man + woman is king, queen or prince only by luck."""
    vectors = royal()
    assert vectors.analogy("man", "king", "woman")[0][0] == "queen"
    close = WordVectors(["a", "b", "c", "d"], np.array([[1, 0], [1.01, 0.1], [0, 1], [0.3, 1]], np.float32))
    assert close.analogy("a", "b", "c", exclude=False)[0][0] == "c", "the answer is a word of the question"
    assert close.analogy("a", "b", "c")[0][0] == "d"
    questions = {"s": [("a", "b", "c", "d"), ("a", "b", "c", "x")]}
    assert close.analogies(questions)["s"] == (1, 1, 2), "right, covered, all: one question has an unknown word"
    assert close.analogies(questions, exclude=False)["s"] == (0, 1, 2)
    assert close.analogies({"none": [("x", "y", "z", "w")]})["none"] == (0, 0, 1)


def test_analogies_in_bulk_equal_one_by_one():
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(30)]
    vectors = WordVectors(words, rng.standard_normal((30, 5)))
    rows = [tuple(rng.choice(words, 4, replace=False)) for _ in range(700)]
    right = sum(vectors.analogy(a, b, c)[0][0] == d for a, b, c, d in rows)
    assert vectors.analogies({"s": rows})["s"] == (right, 700, 700)


def test_word_similarity_says_how_many_pairs_it_covers():
    pairs = [("king", "Prince", 10.0), ("king", "bread", 1.0), ("man", "woman", 6.0), ("king", "unicorn", 3.0)]
    rho, covered, total = royal().word_similarity(pairs)
    assert (covered, total) == (3, 4), "capitals do not matter, unknown words do"
    assert rho == pytest.approx(1.0)
    nothing = royal().word_similarity([("x", "y", 1.0), ("king", "man", 2.0)])
    assert math.isnan(nothing.spearman)
    assert nothing[1:] == (1, 2)


def test_unknown_words_and_wrong_tables():
    with pytest.raises(DataError, match="did you mean 'queen'"):
        royal()["queeen"]
    with pytest.raises(ShapeError, match="one row per word"):
        WordVectors(["a"], np.ones((2, 2)))
    with pytest.raises(DataError, match="twice"):
        WordVectors(["a", "a"], np.ones((2, 2)))
    assert "king" in royal()
    assert "kind" not in royal()
