"""Both directions: each stops at the true end of its sentence, and as a language model the pair cheats."""

from __future__ import annotations

import numpy as np
import pytest
from padding import SENTENCE, assert_padding_changes_nothing, padded

import tinydawn as td
from tinydawn import nn, optim
from tinydawn.errors import DTypeError, ShapeError
from tinydawn.models import BiRNNClassifier, LeakyLanguageModel
from tinydawn.models.birnn import CELLS, POOLINGS, influence
from tinydawn.nn import functional as F


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [True, False])
def test_padding(cell, pooling, bidirectional):
    model = BiRNNClassifier(12, 3, 6, 5, cell, bidirectional, pooling).eval()
    assert_padding_changes_nothing(model, lambda length: model(padded(SENTENCE, [3], [4, 2], length=length)))


@pytest.mark.parametrize("bidirectional", [True, False])
def test_padding_of_a_language_model(bidirectional):
    model = LeakyLanguageModel(12, 6, 5, bidirectional=bidirectional)
    assert_padding_changes_nothing(model, lambda length: model(padded(SENTENCE, [3, 4], length=length))[:, :2])


def test_the_backward_state_is_the_one_at_the_first_word():
    """It equals a forward network with the same weights that reads each sentence reversed, by its own length."""
    model = BiRNNClassifier(12, 2, 6, 5).double().eval()
    alone = nn.GRU(6, 5, batch_first=True).double()
    suffix = {name: getattr(model.recurrent, name + "_reverse") for name in dict(alone.named_parameters())}
    alone.load_state_dict({name: x.detach() for name, x in suffix.items()})
    sentences = SENTENCE, [3, 4, 7]
    h = model.encode(padded(*sentences, length=15)).numpy()  # (2, 10)
    for row, sentence in enumerate(sentences):
        _, last = alone(model.embedding(np.array([sentence[::-1]])))
        np.testing.assert_allclose(h[row, 5:], last.numpy()[0, 0], rtol=1e-12)
    # The trap: the backward output at the last word has read that word alone.
    states, _ = model.recurrent(model.embedding(np.array([SENTENCE])))
    _, only_last = alone(model.embedding(np.array([SENTENCE[-1:]])))
    np.testing.assert_allclose(states.numpy()[0, -1, 5:], only_last.numpy()[0, 0], rtol=1e-12)
    assert np.abs(h[0, 5:] - states.numpy()[0, -1, 5:]).max() > 1e-3


def test_a_language_model_of_one_direction_does_not_see_the_future():
    for bidirectional, sees in ((False, False), (True, True)):
        model = LeakyLanguageModel(12, 6, 5, bidirectional=bidirectional)
        ids = np.array([[2, 5, 3, 9, 4]])
        changed = ids.copy()
        changed[0, 3] = 7
        before, after = (model(x).numpy()[0, :3] for x in (ids, changed))
        assert (np.abs(before - after).max() > 1e-5) == sees, "the prediction of a word must not depend on it"
        future = np.triu(influence(model, ids[0]), 1)
        assert (future.max() > 0) == sees


def test_the_bidirectional_language_model_cheats():
    """Trained on random words, which nobody can predict, its perplexity goes to 1; that of one direction stays at 8."""
    rng = np.random.default_rng(0)
    perplexities = {}
    for bidirectional in (False, True):
        model = LeakyLanguageModel(9, 16, 24, bidirectional=bidirectional)
        optimizer = optim.Adam(model.parameters(), lr=0.02)
        for _ in range(150):
            ids = rng.integers(1, 9, (32, 8))
            loss = F.cross_entropy(model(ids)[:, :-1].flatten(0, 1), ids[:, 1:].reshape(-1))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        perplexities[bidirectional] = float(np.exp(loss.item()))
    assert perplexities[True] < 1.2
    assert perplexities[False] > 7


def test_wrong_input():
    with pytest.raises(ShapeError, match="fill up at the end"):
        BiRNNClassifier(12, 2)(np.array([[0, 0, 4, 5]]))
    with pytest.raises(ShapeError, match="without words"):
        BiRNNClassifier(12, 2)(np.array([[3, 4], [0, 0]]))
    with pytest.raises(DTypeError, match="one of last, max, mean"):
        BiRNNClassifier(12, 2, pooling="first")
    with pytest.raises(DTypeError, match="one of rnn, gru, lstm"):
        BiRNNClassifier(12, 2, cell="qrnn")


def test_nothing_is_drawn_at_random_in_evaluation():
    model = BiRNNClassifier(12, 2, dropout=0.5)
    ids = padded(SENTENCE, length=10)
    assert not np.allclose(model(ids).numpy(), model(ids).numpy())
    model.eval()
    td.manual_seed(1)
    np.testing.assert_array_equal(model(ids).numpy(), model(ids).numpy())
