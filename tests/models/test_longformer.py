"""Longformer: how far a layer sees (1 + L w, and the holes of dilation), what the global position adds, padding, learning."""

from __future__ import annotations

import numpy as np
import pytest
from padding import SENTENCE, assert_padding_changes_nothing, padded

import tinydawn as td
from tinydawn import optim
from tinydawn.errors import ShapeError
from tinydawn.models.longformer import Longformer, LongformerClassifier
from tinydawn.nn import functional as F

W = 4


def seen(dilations, n=161, **options):
    """The offsets that the middle position of the last layer has a gradient from."""
    td.manual_seed(0)
    model = Longformer(10, 8, 4, window=W, dilations=dilations, **options).eval()
    x = td.randn(1, n, 8, requires_grad=True)
    (g,) = td.grad((model.states(x)[-1][0, n // 2] * td.randn(8)).sum(), [x])
    return (np.flatnonzero(np.abs(g.numpy()[0]).sum(axis=1)) - n // 2).tolist()


@pytest.mark.parametrize("layers", [1, 2, 3, 5])
def test_a_stack_sees_1_plus_L_w(layers):
    """The notes write L x w, and forget the position itself."""
    assert seen((1,) * layers) == list(range(-layers * W // 2, layers * W // 2 + 1))
    assert len(seen((1,) * layers)) == 1 + layers * W


def test_dilation_of_all_heads_leaves_holes_and_local_heads_fill_them():
    """L = 3, w = 4, d = 3: a span of 37, of which 13 are seen; with two heads local, all but the four next to the rim."""
    assert seen((3, 3, 3)) == list(range(-18, 19, 3))
    assert sorted(set(range(-18, 19)) - set(seen(((1, 1, 3, 3),) * 3))) == [-17, -16, 16, 17]
    assert seen((1, 5, 25)) == list(range(-62, 63)), "each place on exactly one way"


def test_a_global_position_joins_the_ends_in_two_layers():
    assert len(seen((1,), n=41, global_positions=(0,))) == 1 + W + 1
    assert len(seen((1, 1), n=41, global_positions=(0,))) == 41


def test_a_cls_that_is_not_global_knows_the_beginning_only():
    ids = np.random.default_rng(0).integers(1, 12, (1, 60))
    for global_cls, far in ((True, True), (False, False)):
        td.manual_seed(0)
        model = LongformerClassifier(12, 2, global_cls, width=8, window=W).eval()
        logits = model(ids).numpy()
        for place, moves in ((0, True), (W - 1, True), (W, far), (59, far)):  # [CLS] stands before place 0
            other = ids.copy()
            other[0, place] = ids[0, place] % 11 + 1
            assert (np.abs(model(other).numpy() - logits).max() > 1e-7) == moves, (global_cls, place)


def test_padding_changes_nothing_anywhere():
    model = LongformerClassifier(12, 3, width=8, heads=2, window=W, dilations=(1, (1, 2)), dropout=0.0)
    assert_padding_changes_nothing(model, lambda length: model(padded(SENTENCE, SENTENCE[:3], length=length)), (10, 75))


@pytest.mark.parametrize("global_cls", [True, False])
def test_what_stands_far_away_is_learned_through_the_global_position_alone(global_cls):
    """The label is a word that stands 20 to 59 places from [CLS]; two layers of w = 2 reach 2."""
    td.manual_seed(0)
    rng = np.random.default_rng(0)
    model = LongformerClassifier(8, 2, global_cls, width=16, heads=2, window=2, dropout=0.0)
    optimizer, right = optim.AdamW(model.parameters(), lr=1e-2), []
    for _ in range(80):
        ids, label = rng.integers(3, 8, (16, 60)), rng.integers(0, 2, 16)
        ids[np.arange(16), rng.integers(20, 60, 16)] = 1 + label
        logits = model(ids)
        optimizer.zero_grad()
        F.cross_entropy(logits, label).backward()
        optimizer.step()
        right.append((logits.numpy().argmax(axis=1) == label).mean())
    assert (np.mean(right[-20:]) > 0.95) == global_cls
    assert global_cls or np.mean(right[-20:]) < 0.65


def test_wrong_sizes():
    with pytest.raises(ShapeError, match="total width"):
        LongformerClassifier(12, 2, window=3)(np.ones((1, 4), int))
    with pytest.raises(ShapeError, match="3 heads"):
        Longformer(12, 12, 3, dilations=((1, 1),))(np.ones((1, 4), int))
    with pytest.raises(ShapeError, match="heads"):
        Longformer(12, 10, 3)
