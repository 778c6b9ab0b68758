"""The feed-forward language model and its softmax over classes."""

import numpy as np
import pytest

import tinydawn as td
from tinydawn import optim
from tinydawn.errors import DataError, IdError
from tinydawn.models.nnlm import NNLM, ClassSoftmax, Softmax, contexts, frequency_classes

V, H = 23, 6


@pytest.fixture
def classes():
    return frequency_classes(1000 / np.arange(1, V + 1))


@pytest.fixture
def h():
    return td.randn(9, H, requires_grad=True)


def test_class_probabilities_sum_to_1(classes, h):
    p = td.exp(ClassSoftmax(H, classes).log_probs(h)).numpy()
    assert p.shape == (9, V)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("shuffled", [False, True])
def test_the_loss_is_minus_log_p(classes, h, shuffled):
    """Also where the words of a class do not stand side by side in the vocabulary."""
    classes = np.random.default_rng(0).permutation(classes) if shuffled else classes
    layer, target = ClassSoftmax(H, classes), np.array([0, 22, 5, 5, 1, 13, 7, 0, 20])
    nll = -layer.log_probs(h).numpy()[np.arange(9), target]
    np.testing.assert_allclose(layer(h, target, "none").numpy(), nll, rtol=1e-5)
    np.testing.assert_allclose(layer(h, target).item(), nll.mean(), rtol=1e-5)
    np.testing.assert_allclose(layer(h, target, "sum").item(), nll.sum(), rtol=1e-5)


def test_gradients_are_those_of_the_whole_product(classes, h):
    """Grouped by class, and computed for all words: one and the same derivative."""
    layer, target = ClassSoftmax(H, classes), np.array([0, 22, 5, 5, 1, 13, 7, 0, 20])
    inputs = [h, *layer.parameters()]
    grouped = td.grad(layer(h, target), inputs)
    whole = td.grad(-layer.log_probs(h)[np.arange(9), target].mean(), inputs)
    for a, b in zip(grouped, whole, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-6)


def test_one_class_is_a_plain_softmax(h):
    plain, one = Softmax(H, V), ClassSoftmax(H, np.zeros(V, int))
    one.word_logits.load_state_dict(plain.state_dict())
    target = np.arange(9)
    np.testing.assert_allclose(one(h, target).item(), plain(h, target).item(), rtol=1e-6)


def test_classes_by_the_root_of_frequency():
    counts = 100_000 / np.arange(1, 10_001)
    classes = frequency_classes(counts)
    sizes, root = np.bincount(classes), np.bincount(classes, np.sqrt(counts))
    assert 95 <= len(sizes) <= 100, "about sqrt(V)"
    assert (np.diff(classes) >= 0).all(), "frequent words come first"
    assert sizes[0] < 5
    assert root.max() < 2.5 * np.median(root), "equal mass of the root"
    assert sizes.max() < 400
    by_frequency = np.minimum((np.cumsum(counts) - counts) / counts.sum() * 100, 99).astype(int)
    assert np.bincount(by_frequency).max() > 3 * sizes.max(), "bins of frequency itself leave one huge class"


def test_a_class_that_would_be_empty_is_none():
    assert set(frequency_classes([1e9, 1, 1, 1], count=4)) == set(range(len(np.unique(frequency_classes([1e9, 1, 1, 1], 4)))))


def test_contexts_do_not_cross_sentence_ends():
    before, target = contexts([[4, 5, 3], [6, 3]], 2, bos=2)
    assert target.tolist() == [4, 5, 3, 6, 3]
    assert before.tolist() == [[2, 2], [2, 4], [4, 5], [2, 2], [2, 6]]


@pytest.mark.parametrize("with_classes", [False, True])
def test_it_learns(with_classes):
    rng = np.random.default_rng(0)
    before = rng.integers(0, V, (400, 4))
    target = (before[:, -1] + 1) % V
    model = NNLM(V, 4, 12, 24, frequency_classes(np.ones(V)) if with_classes else None)
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        loss = model(before, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.3 < np.log(V)
    model.eval()
    np.testing.assert_allclose(td.exp(model.log_probs(before[:5])).sum(axis=1).numpy(), 1, atol=1e-5)


def test_wrong_calls(classes, h):
    with pytest.raises(IdError, match="each of them used"):
        ClassSoftmax(H, [0, 2])
    with pytest.raises(IdError, match=r"outside 0 \.\. 22"):
        ClassSoftmax(H, classes)(h, np.full(9, V))
    with pytest.raises(DataError, match="3 words have a class"):
        NNLM(V, classes=[0, 1, 1])
    with pytest.raises(DataError, match="not all 0"):
        frequency_classes([0, 0])
