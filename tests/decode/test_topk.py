"""top_k against a stable sort, with ties and with -inf."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinydawn.decode.topk import top_k


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**6), rows=st.integers(1, 4), width=st.integers(1, 30), data=st.data())
def test_top_k_is_a_stable_sort(seed, rows, width, data):
    k = data.draw(st.integers(1, width))
    scores = np.random.default_rng(seed).integers(-3, 3, size=(rows, width)).astype(float)
    scores[scores == -3] = -np.inf
    values, indices = top_k(scores, k)
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(indices, expected)
    np.testing.assert_array_equal(values, np.take_along_axis(scores, expected, axis=1))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_top_k_keeps_dtype_and_input(dtype):
    scores = np.array([[1, 2, -np.inf]], dtype=dtype)
    values, indices = top_k(scores, 3)
    assert values.dtype == dtype
    assert scores[0, 1] == 2
    assert indices.tolist() == [[1, 0, 2]]
