"""Attention through a window: the same as dense attention under its mask, in O(n w)."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import tinydawn as td
from tinydawn.errors import DTypeError, IdError, ShapeError
from tinydawn.nn import functional as F
from tinydawn.nn import sliding
from tinydawn.nn.sliding import sliding_window_attention, sliding_window_mask

H = 3


def both(steps, window, dilation=1, places=(), padded=False, dtype=np.float64, batch=2, seed=0):
    """Output and the three gradients, of the window and of dense attention under its mask."""
    rng = np.random.default_rng(seed)
    qkv = [td.tensor(rng.standard_normal((batch, H, steps, 4)).astype(dtype), requires_grad=True) for _ in range(3)]
    mask = sliding_window_mask(steps, window, dilation, places)
    mask = np.broadcast_to(mask if mask.ndim == 3 else mask[None], (H, steps, steps))[None]
    padding = None
    if padded:
        padding = np.arange(steps) >= rng.integers(1, steps + 1, batch)[:, None]  # (B, T)
        mask = mask & ~padding[:, None, None] | np.eye(steps, dtype=bool)
    weights = td.tensor(rng.standard_normal((batch, H, steps, 4)).astype(dtype))
    found = []
    for y in (sliding_window_attention(*qkv, window, dilation, places, padding), F.scaled_dot_product_attention(*qkv, mask)):
        found.append([y.numpy(), *(g.numpy() for g in td.grad((y * weights).sum(), qkv))])
    return found


def assert_equal(found, tolerance):
    for name, a, b in zip(("output", "query", "key", "value"), *found, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance, err_msg=name)


@pytest.mark.parametrize(("steps", "window"), [(1, 4), (5, 0), (7, 2), (33, 6), (64, 64), (70, 200), (131, 64), (300, 10)])
@pytest.mark.parametrize("dilation", [1, 3, (1, 1, 4), (2, 1, 2)])
def test_equal_to_dense(steps, window, dilation):
    """At both edges, with a length that is no multiple of the chunk, and a window wider than the text."""
    assert_equal(both(steps, window, dilation), 1e-12)


@pytest.mark.parametrize("places", [(0,), (7, 0), (69,), (3, 4, 5), tuple(range(70))])
@pytest.mark.parametrize("padded", [False, True])
def test_global_positions_count_once(places, padded):
    """A global key that is in the window too must not be added twice; with every position global it is full attention."""
    found = both(70, 6, (1, 1, 2), places, padded)
    assert_equal(found, 1e-12)
    if len(places) == 70:
        assert sliding_window_mask(70, 6, 1, places).all()


def test_equal_to_dense_in_float32():
    for found in (both(500, 64, (1, 2, 3), (0, 250), padded=True, dtype=np.float32), both(500, 32, dtype=np.float32)):
        assert np.abs(found[0][0] - found[1][0]).max() < 1e-6
        for a, b in zip(*found, strict=True):
            assert a.dtype == np.float32
            assert np.abs(a - b).max() < 1e-6 * max(1, np.abs(b).max())


def test_any_shape():
    hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not installed: it draws the shapes")
    numbers = hypothesis.strategies.integers

    @hypothesis.settings(max_examples=60, deadline=None, derandomize=True)
    @hypothesis.given(numbers(1, 90), numbers(0, 40), hypothesis.strategies.lists(numbers(1, 5), min_size=H, max_size=H),
                      hypothesis.strategies.lists(numbers(0, 89), max_size=4), hypothesis.strategies.booleans(), numbers(0, 9))
    def check(steps, half, dilation, places, padded, seed):
        assert_equal(both(steps, 2 * half, tuple(dilation), [p % steps for p in places], padded, seed=seed), 1e-12)

    check()


def test_in_many_blocks(monkeypatch):
    """A long text is worked through in blocks of chunks; so is a short one, if a block holds one chunk."""
    monkeypatch.setattr(sliding, "SCORES", 1)
    assert_equal(both(200, 10, (1, 1, 2), (0, 90), padded=True), 1e-12)


def test_mask_by_hand():
    """w is the total width: w / 2 on each side."""
    assert sliding_window_mask(9, 4)[4].nonzero()[0].tolist() == [2, 3, 4, 5, 6]
    assert sliding_window_mask(9, 4, 2)[4].nonzero()[0].tolist() == [0, 2, 4, 6, 8]
    assert sliding_window_mask(9, 4)[0].nonzero()[0].tolist() == [0, 1, 2]
    mask = sliding_window_mask(9, 2, (1, 3), (8,))
    assert mask.shape == (2, 9, 9)
    assert mask[0, 3].nonzero()[0].tolist() == [2, 3, 4, 8]
    assert mask[1, 3].nonzero()[0].tolist() == [0, 3, 6, 8]
    assert mask[:, 8].all()


def test_padding_changes_nothing():
    """Longer padding, other numbers in it: the real positions stay, and no gradient reaches what is padding."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((1, 2, 40, 4))
    found = []
    for length, noise in ((50, 1.0), (120, 1e6)):
        full = np.concatenate([x, noise * rng.standard_normal((1, 2, length - 40, 4))], axis=2)
        t = td.tensor(full, requires_grad=True)
        y = sliding_window_attention(t, t, t, 16, (1, 2), (0,), np.arange(length)[None] >= 40)
        (g,) = td.grad((y[:, :, :40] ** 2).sum(), [t])
        assert not g.numpy()[:, :, 40:].any()
        found.append((y.numpy()[:, :, :40], g.numpy()[:, :, :40]))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12, atol=1e-12)


def test_a_text_of_padding_alone_gives_numbers():
    x = td.randn(2, H, 12, 4)
    y = sliding_window_attention(x, x, x, 4, 1, (0,), np.array([[False] * 12, [True] * 12]))
    assert np.isfinite(y.numpy()).all()


def test_second_derivatives_and_plain_twins():
    x = td.tensor(np.random.default_rng(2).standard_normal((1, 2, 7, 2)), requires_grad=True)
    assert td.gradcheck(lambda t: sliding_window_attention(t, t * 0.5, t, 4, (1, 2), (1,)), (x,))
    plain = sliding_window_attention(x, x, x, 4, 1, (0,)).numpy()
    with td.unfused():
        np.testing.assert_allclose(sliding_window_attention(x, x, x, 4, 1, (0,)).numpy(), plain, atol=1e-12)


def peak(function):
    tracemalloc.start()
    function()
    size = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return size


def test_memory_grows_with_n_not_with_its_square():
    """A mask of n x n booleans alone would be 16 MB at n = 4,096: it must be nowhere, forward or backward."""
    def step(n):
        x = td.randn(1, 1, n, 8, requires_grad=True)
        sliding_window_attention(x, x, x, 32, 1, (0,), np.arange(n)[None] >= n - 5).sum().backward()

    small, large = peak(lambda: step(1024)), peak(lambda: step(4096))
    assert large < 4.5 * small
    assert large < 16e6


@pytest.mark.parametrize(("wrong", "error", "said"), [
    ({"window": 3}, ShapeError, "total width"), ({"window": -2}, ShapeError, "even"),
    ({"window": 4, "dilation": 0}, ShapeError, "at least 1"), ({"window": 4, "dilation": (1, 2)}, ShapeError, "3 heads"),
    ({"window": 4, "global_positions": (9,)}, IdError, r"0 \.\. 8"), ({"window": 4, "global_positions": (-1,)}, IdError, "-1"),
    ({"window": 4, "key_padding_mask": np.zeros((2, 8), bool)}, ShapeError, "key_padding_mask"),
    ({"window": 4, "key_padding_mask": np.zeros((2, 9))}, ShapeError, "booleans")])
def test_errors(wrong, error, said):
    x = td.randn(2, H, 9, 4)
    with pytest.raises(error, match=said):
        sliding_window_attention(x, x, x, **wrong)


def test_shape_errors():
    x = td.randn(2, H, 9, 4)
    for qkv in ((x[0],) * 3, (x, x[:, :, :5], x[:, :, :5]), (x[:, :, :0],) * 3):
        with pytest.raises(ShapeError, match="looks at itself"):
            sliding_window_attention(*qkv, 4)


def test_what_is_no_window():
    q = td.randn(1, 2, 6, 4)
    with pytest.raises(IdError, match="sliding window: global positions"):
        sliding_window_attention(q, q, q, 2, global_positions=(6,))
    for wrong in ({"window": 2.0}, {"window": "4"}, {"window": 2, "dilation": 1.5}, {"window": 2, "global_positions": [1.5]},
                  {"window": 2, "global_positions": [True]}):
        with pytest.raises(DTypeError, match=r"sliding window: .* must be an int"):
            sliding_window_attention(q, q, q, **wrong)
    with pytest.raises(DTypeError, match="are Tensors"):
        sliding_window_attention(q.numpy(), q, q, 2)
