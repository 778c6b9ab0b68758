"""The recurrent language model: the state that is handed on, what is cut off, and one clipping for all parameters."""

import numpy as np
import pytest

import tinydawn as td
from tinydawn import autograd, decode, optim
from tinydawn.errors import OptionError, ShapeError
from tinydawn.models.rnn_lm import RNNLM, detach
from tinydawn.text import contiguous, windows

V, KINDS = 11, ["rnn", "gru", "lstm"]


@pytest.fixture
def text():
    return contiguous(np.random.default_rng(0).integers(1, V, 61), 3, first=0)  # (20, 3) each


def states(state):
    return state if isinstance(state, tuple) else (state,)


@pytest.mark.parametrize("kind", KINDS)
def test_windows_with_a_carried_state_are_the_whole_text(text, kind):
    model = RNNLM(V, 5, 7, 2, kind)
    whole, last = model(*text, reduction="sum")
    total, state = 0.0, None
    for x, y in windows(*text, 6):
        loss, state = model(x, y, detach(state), reduction="sum")
        total += loss.item()
    assert total == pytest.approx(whole.item(), rel=1e-5)
    for a, b in zip(states(state), states(last), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_detached_state_has_the_numbers_and_no_past(text, kind):
    model = RNNLM(V, 5, 7, 1, kind)
    sizes, state = [], None
    for x, y in windows(*text, 5):
        loss, after = model(x, y, detach(state))
        assert not any(s.requires_grad for s in states(detach(after)))
        for a, b in zip(states(detach(after)), states(after), strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy())
        sizes.append(len(autograd.collect([loss._node])))
        state = after
    assert len(set(sizes[1:])) == 1, "the graph of a window does not grow with the windows before it"
    attached, state = [], None
    for x, y in windows(*text, 5):
        loss, state = model(x, y, state)
        attached.append(len(autograd.collect([loss._node])))
    assert attached[-1] > 2 * attached[0], "with the state not detached it does"


def test_a_detached_state_stops_the_gradient(text):
    model = RNNLM(V, 5, 7, 1, "gru")
    parts = list(windows(*text, 5))
    _, state = model(*parts[0])
    loss, _ = model(*parts[1], state)
    (whole,) = td.grad(loss, [model.embedding.weight], retain_graph=True)
    loss, _ = model(*parts[1], detach(state))
    (cut,) = td.grad(loss, [model.embedding.weight])
    only_before = np.setdiff1d(parts[0][0], parts[1][0])
    assert len(only_before)
    assert (np.abs(whole.numpy()[only_before]).sum(axis=1) > 0).all()
    assert (cut.numpy()[only_before] == 0).all()


def test_clipping_is_of_all_parameters_together(text):
    """Each tensor by itself would turn the direction of the step."""
    model = RNNLM(V, 5, 7, 1, "lstm")
    model(*text, reduction="sum")[0].backward()
    before = [p.grad.numpy().copy() for p in model.parameters()]
    norm = np.sqrt(sum((g**2).sum() for g in before))
    assert norm > 0.5
    assert optim.clip_grad_norm_(model.parameters(), 0.5) == pytest.approx(norm, rel=1e-5), "the norm before clipping"
    for p, g in zip(model.parameters(), before, strict=True):
        np.testing.assert_allclose(p.grad.numpy(), g * (0.5 / norm), rtol=1e-4, atol=1e-8)


def test_perplexity_is_not_the_mean_of_batches(text):
    """Windows of 6, 6, 6 and 2 steps: means of means, or of perplexities, weigh the last one three times too much."""
    model = RNNLM(V, 5, 7, 1, "gru")
    total, means, state = 0.0, [], None
    for x, y in windows(*text, 6):
        loss, state = model(x, y, detach(state), reduction="sum")
        total += loss.item()
        means.append(loss.item() / y.size)
    right = td.metrics.perplexity(total, text[1].size)
    whole, _ = model(*text)
    assert right == pytest.approx(np.exp(whole.item()), rel=1e-5)
    assert right != pytest.approx(np.exp(means).mean(), rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("classes", [None, [0, 1, 1, 0, 2, 2, 2, 1, 0, 0, 1]])
def test_step_says_the_same_as_forward(text, kind, classes):
    model = RNNLM(V, 5, 7, 2, kind, classes=classes)
    x, y = text
    loss, _ = model(x, y, reduction="none")
    state, total = model.start(3), []
    for t in range(len(x)):
        log_p, state = model.step(x[t], state)
        np.testing.assert_allclose(np.exp(log_p.numpy()).sum(axis=1), 1, atol=1e-5)
        total.append(-log_p.numpy()[np.arange(3), y[t]])
    np.testing.assert_allclose(np.concatenate(total), loss.numpy(), rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_sampling(kind):
    model = RNNLM(V, 5, 7, 1, kind).eval()
    with td.no_grad():
        found = decode.sample(model.step, model.start(4), 4, 0, None, 12, temperature=0.7, top_k=3, rng=0, forbid=[0])
        again = decode.sample(model.step, model.start(4), 4, 0, None, 12, temperature=0.7, top_k=3, rng=0, forbid=[0])
    assert [f.tokens for f in found] == [f.tokens for f in again]
    assert all(len(f.tokens) == 12 and 0 not in f.tokens for f in found)


def test_tied_is_one_matrix(text):
    model = RNNLM(V, 6, 6, tied=True)
    assert model.output.weight is model.embedding.weight
    assert sum(p.shape == (V, 6) for p in model.parameters()) == 1
    model(*text)[0].backward()
    assert (np.abs(model.embedding.weight.grad.numpy()).sum(axis=1) > 0).all(), "every word is scored, so every row learns"


def test_the_notes_gru_is_pytorchs_with_the_sign_of_z_changed(text):
    ours, notes = RNNLM(V, 5, 7, kind="gru"), RNNLM(V, 5, 7, kind="gru", z_convention="notes")
    state = ours.state_dict()
    notes.load_state_dict(state)
    assert notes(*text)[0].item() != pytest.approx(ours(*text)[0].item(), rel=1e-4)
    flipped = {name: w.numpy().copy() for name, w in state.items()}
    for name, w in flipped.items():
        if name.startswith("recurrent."):
            w[7:14] *= -1  # rows r, z, n
    notes.load_state_dict(flipped)
    assert notes(*text)[0].item() == pytest.approx(ours(*text)[0].item(), rel=1e-6)


def test_dropout_is_off_in_evaluation_and_never_on_the_state(text):
    model = RNNLM(V, 5, 7, dropout=0.5)
    assert model(*text)[0].item() != model(*text)[0].item()
    model.eval()
    assert model(*text)[0].item() == model(*text)[0].item()
    assert model.recurrent.num_layers == 1, "so nothing inside is dropped: embeddings and features only"


def test_wrong_calls():
    with pytest.raises(OptionError, match="kind='qrnn'"):
        RNNLM(V, kind="qrnn")
    for wrong in ("bidirectional", "batch_first"):  # one would know the answer, the other read across the batch
        with pytest.raises(OptionError, match=rf"RNNLM: {wrong}[\s\S]*fix: leave it out"):
            RNNLM(V, **{wrong: True})
    with pytest.raises(ShapeError, match="tied"):
        RNNLM(V, 5, 7, tied=True)
