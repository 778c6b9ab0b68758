"""Counting word vectors: each step by hand, what is asked of them, and the traps: question words and coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tinydawn.errors import DataError, DTypeError, IdError, OptionError, ShapeError
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


@pytest.mark.parametrize("weighting", ["harmonic", "flat"])
def test_many_counts_are_exact(weighting):
    """Added one by one in float32, thirds were 3 % off after a million, and ones stop at 2^24 = 16,777,216."""
    n = 1_000_000
    expected = 2 * sum((n - d) / (d if weighting == "harmonic" else 1) for d in (1, 2, 3))
    assert cooccurrence([np.zeros(n, np.int64)], 1, 3, weighting).item() == pytest.approx(expected, rel=3e-7)


@pytest.mark.parametrize("ids", [[0.0, 1.7], [True, False], [[0], [1]], ["a"]])
def test_ids_that_are_none(ids):
    """1.7 had been counted as 1."""
    with pytest.raises(DTypeError, match="flat lists of integer ids"):
        cooccurrence([[0, 1], ids], 3)


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
    for counts, said in ((np.zeros((2, 2)), "all 0"), (np.array([[1.0, -1]]), "below 0"), (np.zeros((0, 2)), "all 0"),
                         (np.array([[1.0, np.nan]]), "not finite"), (np.array([[1.0, np.inf]]), "not finite")):
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


@pytest.mark.parametrize("dtype", [np.int64, np.float16, bool])
def test_svd_of_other_numbers(dtype):
    """The random directions had been cut to whole numbers as well, and NumPy has no QR in float16."""
    matrix = np.random.default_rng(0).integers(0, 2, (30, 30)).astype(dtype)
    exact = np.linalg.svd(matrix.astype(float), compute_uv=False)[:5]
    np.testing.assert_allclose(truncated_svd(matrix, 5)[1], exact, rtol=1e-3)


def test_svd_of_what_is_not_finite():
    for wrong in (np.nan, np.inf):
        with pytest.raises(DataError, match="NaN or infinity in the matrix"):
            truncated_svd(np.array([[1, wrong], [0, 1]]), 1)


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
    assert [word for word, _ in royal().neighbours("king", 100)] == ["prince", "queen", "man", "woman", "bread"], "blank is not"
    assert royal().neighbours("blank") == [], "what has no direction is near nothing"
    assert royal().similarity("king", "blank") == 0
    assert -1 <= royal().similarity("queen", "queen") <= 1
    with pytest.raises(OptionError, match=r"WordVectors\.neighbours: n is -1"):
        royal().neighbours("king", -1)


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


def test_a_word_without_a_vector_is_no_answer():
    """Its cosine with everything is 0, which is more than that of words on the other side."""
    vectors = WordVectors(["a", "b", "c", "none", "d"], np.array([[1, 0], [0.9, 0.1], [1, 0.1], [0, 0], [-1, 0.5]]))
    assert [word for word, _ in vectors.analogy("a", "b", "c", n=10)] == ["d"]
    assert [word for word, _ in vectors.analogy("a", "b", "c", n=10, exclude=False)][-1] == "d"
    assert vectors.analogy("a", "none", "c") == [], "nor is it of any use in a question"
    asked = {"s": [("a", "b", "c", "d"), ("a", "b", "c", "none"), ("none", "b", "c", "d")]}
    assert vectors.analogies(asked)["s"] == (1, 1, 3)
    assert vectors.analogies({"s": [("b", "a", "c", "b")]})["s"] == (0, 1, 1)
    three = WordVectors(["a", "b", "c"], np.eye(3))
    assert three.analogies({"s": [("a", "b", "c", "a")]})["s"] == (0, 1, 1), "no word is left: the first is not the answer"
    assert three.analogy("a", "b", "c") == []


def test_similarity_covers_words_with_a_vector_only():
    pairs = [("king", "prince", 10.0), ("king", "bread", 1.0), ("king", "blank", 5.0)]
    assert royal().word_similarity(pairs) == (pytest.approx(1.0), 2, 3)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_vectors_that_are_not_finite(wrong):
    """NaN is the greatest of all to argmax: every analogy had been answered with that word."""
    table = np.ones((3, 2), np.float32)
    table[1, 1] = wrong
    with pytest.raises(DataError, match=r"the vector of 'b' is not finite"):
        WordVectors(["a", "b", "c"], table)


@pytest.mark.parametrize("table", [np.float32([[1e20, 0], [1e20, 1e20]]), np.float32([[1e-30, 0], [1e-30, 1e-30]]),
                                   np.float16([[300, 0], [300, 300]]), np.array([[2**40, 0], [2**40, 2**40]]),
                                   [[1, 0], [1, 1]]], ids=["huge", "tiny", "float16", "int", "list"])
def test_lengths_neither_overflow_nor_vanish(table):
    """Squares of 1e20 are infinite in float32, those of 1e-30 are 0, and both made cosines of 0. Right is 1 / sqrt(2)."""
    assert WordVectors(["a", "b"], table).similarity("a", "b") == pytest.approx(0.5**0.5, abs=1e-6)


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
