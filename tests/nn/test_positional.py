"""Sinusoidal positions: sine and cosine interleaved, a rotation from each to the next, and none with sines alone."""

import numpy as np
import pytest

from tinydawn import nn
from tinydawn.errors import ShapeError


def test_sine_and_cosine_are_interleaved():
    found = nn.sinusoidal_positions(50, 6, np.float64)
    for pos in (0, 1, 17, 49):
        for i in range(3):
            angle = pos / 10000 ** (2 * i / 6)
            assert found[pos, 2 * i] == pytest.approx(np.sin(angle), abs=1e-12)
            assert found[pos, 2 * i + 1] == pytest.approx(np.cos(angle), abs=1e-12)


def test_a_shift_is_one_matrix_for_all_positions():
    positions, k = nn.sinusoidal_positions(200, 8, np.float64), 7
    matrix = np.zeros((8, 8))
    for i in range(4):
        w = 10000 ** (-2 * i / 8) * k
        matrix[2 * i:2 * i + 2, 2 * i:2 * i + 2] = [[np.cos(w), np.sin(w)], [-np.sin(w), np.cos(w)]]
    np.testing.assert_allclose(positions[:-k] @ matrix.T, positions[k:], atol=1e-13)
    solved = np.linalg.lstsq(positions[:-k], positions[k:], rcond=None)[0].T
    np.testing.assert_allclose(solved, matrix, atol=1e-9)


def test_sines_alone_have_no_such_matrix():
    sines = nn.sinusoidal_positions(200, 8, np.float64)[:, ::2]
    assert (sines[0] == 0).all(), "and no matrix turns zeros into the next vector"
    solved = np.linalg.lstsq(sines[:-1], sines[1:], rcond=None)[0]
    assert np.abs(sines[:-1] @ solved - sines[1:]).max() > 0.5


def test_large_positions_are_exact_in_float32():
    found = nn.sinusoidal_positions(100_001, 4)
    assert found.dtype == np.float32
    assert found[100_000, 0] == pytest.approx(np.sin(100_000.0), abs=1e-6)
    assert len(np.unique(nn.sinusoidal_positions(500, 16), axis=0)) == 500, "no two positions are alike"


def test_wrong_sizes():
    for wrong in ((4, 5), (4, 0), (-1, 4)):
        with pytest.raises(ShapeError, match="even d_model"):
            nn.sinusoidal_positions(*wrong)
    assert nn.sinusoidal_positions(0, 4).shape == (0, 4)
