"""Kim's network: padding never wins, short sentences fit, and the winners are where they are said to be."""

from __future__ import annotations

import numpy as np
import pytest
from padding import SENTENCE, assert_padding_changes_nothing, padded

import tinydawn as td
from tinydawn import optim
from tinydawn.errors import ShapeError
from tinydawn.models import TextCNN
from tinydawn.nn import functional as F


def make(**more) -> TextCNN:
    model = TextCNN(12, 2, 6, 7, **more).eval()
    for convolution in model.filters:  # a bias that padding would win with
        convolution.bias.array[...] = np.linspace(0.5, 3, 7)
    return model


def test_padding():
    model = make()
    assert_padding_changes_nothing(model, lambda length: model(padded(SENTENCE, [3], [4, 2], length=length)))


def test_padding_would_win_without_the_mask():
    """The test above is one that a model without the mask fails."""
    model = make()
    for convolution in model.filters:
        convolution.weight.array *= -np.sign(convolution.weight.array)  # every word lowers the answer, padding does not

    def unmasked(ids: np.ndarray) -> np.ndarray:
        x = model.embedding(ids).transpose(1, 2)
        return model.output(td.cat([F.relu(c(x)).amax(axis=2) for c in model.filters], axis=1)).numpy()

    model.embedding.weight.array[1:] = np.abs(model.embedding.weight.array[1:])
    short, long = padded(SENTENCE, length=8), padded(SENTENCE, length=50)
    assert np.abs(unmasked(short) - unmasked(long)).max() > 0.01
    np.testing.assert_allclose(model(short).numpy(), model(long).numpy(), atol=1e-6)


def test_against_a_loop():
    """Every window by hand: n + K - 1 of them, with zeros beyond the sentence."""
    model = make().double()
    vectors = model.embedding.weight.numpy()[SENTENCE]  # (8, 6)
    maxima = []
    for width, convolution in zip(model.widths, model.filters, strict=True):
        wide = np.pad(vectors, ((width - 1, width - 1), (0, 0)))
        windows = np.stack([wide[i:i + width] for i in range(len(SENTENCE) + width - 1)])  # (n + K - 1, K, 6)
        answers = np.einsum("nke,mek->nm", windows, convolution.weight.numpy()) + convolution.bias.numpy()
        maxima.append(np.maximum(answers, 0).max(axis=0))
    expected = model.output.weight.numpy() @ np.concatenate(maxima) + model.output.bias.numpy()
    np.testing.assert_allclose(model(padded(SENTENCE, length=20)).numpy()[0], expected, rtol=1e-10)


def test_a_sentence_shorter_than_the_filters():
    assert np.isfinite(make()(np.array([[3]])).numpy()).all()


def test_winners():
    model = make()
    for values, places in model.winners(padded(SENTENCE, [3], length=30)):
        assert values.shape == places.shape == (2, 7)
    for width, (_, places) in zip(model.widths, model.winners(padded(SENTENCE, length=30)), strict=True):
        assert places.min() >= -(width - 1)
        assert places.max() < len(SENTENCE), "no window of padding alone"
    # A filter of three words made for the words 9 4 4, which begin at place 2.
    model.embedding.weight.array[1:] = np.random.default_rng(0).standard_normal((11, 6))
    model.filters[0].weight.array[0] = model.embedding.weight.numpy()[[9, 4, 4]].T
    assert model.winners(padded(SENTENCE, length=30))[0][1][0, 0] == 2


def test_max_norm():
    model = make()
    model.output.weight.array[0] *= 100
    before = model.output.weight.numpy().copy()
    model.max_norm_(3.0)
    after = model.output.weight.numpy()
    assert np.linalg.norm(after[0]) == pytest.approx(3, rel=1e-5)
    np.testing.assert_allclose(after[0] / 3, before[0] / np.linalg.norm(before[0]), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(after[1], before[1])
    model.output.weight.array[...] = 0
    model.max_norm_(3.0)
    assert (model.output.weight.numpy() == 0).all()


def test_it_sees_an_order():
    """Two sentences of the same words: the network can be trained to tell them apart."""
    model, ids = TextCNN(12, 2, 8, 8, dropout=0.0), np.array([[5, 3, 9, 4], [5, 4, 9, 3]])
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        loss = F.cross_entropy(model(ids), np.array([0, 1]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1


def test_a_sentence_without_words():
    with pytest.raises(ShapeError, match="without words"):
        make()(np.array([[3, 4], [0, 0]]))
