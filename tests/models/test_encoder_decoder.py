"""Translation without attention: one vector, the same numbers as a loop of cells, and nothing that looks ahead."""

from __future__ import annotations

import numpy as np
import pytest
from padding import assert_padding_changes_nothing

import tinydawn as td
from tinydawn import decode, optim, text
from tinydawn.decode.interface import leaves
from tinydawn.models import EncoderDecoder
from tinydawn.nn import functional as F

PAD, UNK, BOS, EOS = range(4)
LENGTHS = np.array([5, 2, 4])
SOURCE = np.array([[4, 5, 6, 7, 3], [8, 3, 0, 0, 0], [9, 10, 4, 3, 0]])
TARGET = np.array([[2, 4, 5, 6, 3], [2, 7, 3, 0, 0], [2, 8, 4, 3, 0]])


@pytest.fixture
def model():
    """Small, in float64, with weights large enough that nothing is nearly linear."""
    found = EncoderDecoder(11, 9, 5, 4, dropout=0.0).double()
    rng = np.random.default_rng(3)
    for p in found.parameters():
        p.array[...] = rng.normal(scale=0.7, size=p.shape)
    return found


def test_shapes_and_gradients():
    model = EncoderDecoder(11, 9, 5, 4)
    logits, attention = model(SOURCE, LENGTHS, TARGET[:, :-1])
    assert (logits.shape, logits.dtype, attention) == ((3, 4, 9), np.float32, None)
    F.cross_entropy(logits.flatten(0, 1), TARGET[:, 1:].reshape(-1), ignore_index=PAD).backward()
    for name, p in model.named_parameters():
        assert np.abs(p.grad.numpy()).max() > 0, name
    assert not model.source_embedding.weight.grad.numpy()[PAD].any()


def test_padding_changes_nothing(model):
    def forward(length):
        source, target = np.zeros((3, length), np.int64), np.zeros((3, length), np.int64)
        source[:, :5], target[:, :5] = SOURCE, TARGET
        return model(source, LENGTHS, target)[0][:, :5] * (TARGET != PAD)[:, :, None]

    assert_padding_changes_nothing(model, forward, (5, 20))


def test_the_context_is_what_each_direction_read_last(model):
    """Forward: at the last word of each sentence; backward: at its first. Not at the last step of the batch."""
    states, _ = model.encoder(model.source_embedding(SOURCE), lengths=LENGTHS)
    context = model.encode(SOURCE, LENGTHS)["context"].value.numpy()
    for b, length in enumerate(LENGTHS):
        expected = np.concatenate([states.numpy()[b, length - 1, :4], states.numpy()[b, 0, 4:]])
        np.testing.assert_allclose(context[b], expected, rtol=1e-12)


def test_the_source_comes_through_one_vector_only(model):
    """Two sources with one context and start are translated alike: there is no other way in."""
    state = model.encode(SOURCE, LENGTHS)
    assert {name for name, _ in leaves(state)} == {"state['s']", "state['context'].value"}
    assert all(leaf.shape[1] in (4, 8) and leaf.ndim == 2 for _, leaf in leaves(state)), "nothing as long as the source"


def test_teacher_forcing_and_steps_give_the_same(model):
    expected = F.log_softmax(model(SOURCE, LENGTHS, TARGET)[0], axis=-1).numpy()
    state = model.encode(SOURCE, LENGTHS)
    for t in range(TARGET.shape[1]):
        log_probs, state = model.step(TARGET[:, t], state)
        np.testing.assert_allclose(log_probs.numpy(), expected[:, t], rtol=1e-10, atol=1e-12)


def test_a_word_sees_no_later_target_word(model):
    before = model(SOURCE, LENGTHS, TARGET)[0].numpy()
    for t in range(1, TARGET.shape[1]):
        other = TARGET.copy()
        other[:, t] = (other[:, t] + 3) % 9
        after = model(SOURCE, LENGTHS, other)[0].numpy()
        assert np.array_equal(after[:, :t], before[:, :t])
        assert (np.abs(after[:, t:] - before[:, t:]).max(axis=-1) > 1e-6).all()


@pytest.mark.parametrize("with_end", [True, False])
def test_without_an_end_in_the_target_it_never_stops(with_end):
    """The trap of jiant's pull request 184: </s> missing in the target."""
    pairs = [(["a", "b"], ["x", "y"]), (["b", "a"], ["y", "x"]), (["a"], ["x"]), (["b"], ["y"])]
    sources, targets = (text.Vocab.build([pair[side] for pair in pairs]) for side in (0, 1))
    source, lengths = text.pad([sources.encode(s, eos=True) for s, _ in pairs])
    target, _ = text.pad([targets.encode(t, bos=True, eos=with_end) for _, t in pairs])
    model = EncoderDecoder(len(sources), len(targets), 16, 16, dropout=0.0)
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    for _ in range(120):
        logits, _ = model(source, lengths, target[:, :-1])
        optimizer.zero_grad()
        F.cross_entropy(logits.flatten(0, 1), target[:, 1:].reshape(-1), ignore_index=PAD).backward()
        optimizer.step()
    model.eval()
    with td.no_grad():
        found = decode.greedy(model.step, model.encode(source, lengths), 4, max_length=10, bos=BOS, eos=EOS,
                              forbid=(PAD, BOS, UNK))
    if with_end:
        assert [targets.decode(h.tokens) for h in found] == [t for _, t in pairs]
    else:
        assert not any(h.finished for h in found)
        assert all(len(h.tokens) == 10 for h in found)
