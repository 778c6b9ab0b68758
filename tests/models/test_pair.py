"""One sentence or two over any encoder: padding on either side changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from padding import SENTENCE, assert_padding_changes_nothing, padded

from tinydawn.errors import ShapeError
from tinydawn.models import BiRNNClassifier, DeepAveragingNetwork, PairClassifier


def encoders():
    return [DeepAveragingNetwork(12, 4, 6, layers=0), BiRNNClassifier(12, 4, 6, 3, pooling="max")]


@pytest.mark.parametrize("kind", [0, 1])
def test_padding(kind):
    model = PairClassifier(encoders()[kind], 4, 3).eval()
    b = padded([7, 2, 3], length=6)
    assert_padding_changes_nothing(model, lambda length: model(padded(SENTENCE, length=length), b))
    assert_padding_changes_nothing(model, lambda length: model(b, padded(SENTENCE, length=length)))
    single = PairClassifier(encoders()[kind], 4, 2, pair=False).eval()
    assert_padding_changes_nothing(single, lambda length: single(padded(SENTENCE, length=length)))


def test_the_features_of_a_pair():
    model = PairClassifier(encoders()[0], 4, 2).eval()
    a, b = padded([5, 3], length=3), padded([7], length=2)
    u, v = model.encoder(a).numpy(), model.encoder(b).numpy()
    np.testing.assert_allclose(model.features(a, b).numpy(), np.concatenate([u, v, np.abs(u - v), u * v], axis=1), rtol=1e-6)
    same = model.features(a, a).numpy()[0, 8:12]
    assert (same == 0).all(), "of a sentence and itself nothing differs"


def test_wrong_input():
    ids = padded(SENTENCE, length=8)
    with pytest.raises(ShapeError, match="one sentence for pair=True"):
        PairClassifier(encoders()[0], 4, 2)(ids)
    with pytest.raises(ShapeError, match="two sentences for pair=False"):
        PairClassifier(encoders()[0], 4, 2, pair=False)(ids, ids)
    with pytest.raises(ShapeError, match="gives 4 numbers, not width=5"):
        PairClassifier(encoders()[0], 5, 2, pair=False)(ids)
