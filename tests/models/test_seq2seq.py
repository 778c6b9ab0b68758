"""The translation model: its numbers against PyTorch and central differences, and what the numbers mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from clock import cpu_seconds, million_steps

import tinydawn as td
from tinydawn import decode, optim, text
from tinydawn.errors import IdError, ShapeError
from tinydawn.models import Seq2Seq
from tinydawn.nn import functional as F

PAD, UNK, BOS, EOS = range(4)
SOURCE_SIZE, TARGET_SIZE = 11, 9
LENGTHS = np.array([5, 2, 4])
SOURCE = np.array([[4, 5, 6, 7, 3], [8, 3, 0, 0, 0], [9, 10, 4, 3, 0]])
TARGET = np.array([[2, 4, 5, 6, 3], [2, 7, 3, 0, 0], [2, 8, 4, 3, 0]])


def make(embedding_size: int = 5, hidden_size: int = 4, dropout: float = 0.0) -> Seq2Seq:
    """A small model in float64, with weights large enough that nothing is nearly linear."""
    model = Seq2Seq(SOURCE_SIZE, TARGET_SIZE, embedding_size, hidden_size, dropout).double()
    rng = np.random.default_rng(3)
    for p in model.parameters():
        p.array[...] = rng.normal(scale=0.7, size=p.shape)
    return model


def loss_of(model: Seq2Seq, source: np.ndarray, lengths: np.ndarray, target: np.ndarray, reduction: str = "mean") -> td.Tensor:
    logits, _ = model(source, lengths, target[:, :-1])
    return F.cross_entropy(logits.flatten(0, 1), target[:, 1:].reshape(-1), ignore_index=PAD, reduction=reduction)


def gradients(model: Seq2Seq, *batch: Any) -> dict[str, np.ndarray]:
    model.zero_grad()
    loss_of(model, *batch, reduction="sum").backward()
    return {name: p.grad.numpy().copy() for name, p in model.named_parameters()}


# --- shapes and names ---


def test_shapes():
    model = Seq2Seq(SOURCE_SIZE, TARGET_SIZE, 5, 4)
    logits, attention = model(SOURCE, LENGTHS, TARGET[:, :-1])
    assert logits.shape == (3, 4, TARGET_SIZE)
    assert attention.shape == (3, 4, 5)
    assert logits.dtype == attention.dtype == np.float32
    state = model.encode(SOURCE, LENGTHS)
    log_probs, after = model.step(np.array([BOS] * 3), state)
    assert log_probs.shape == (3, TARGET_SIZE)
    assert {name: x.shape for name, x in decode.interface.leaves(after)} == {
        name: x.shape for name, x in decode.interface.leaves(state)
    }


def test_parameters_and_their_number():
    E, H = 5, 4
    model = Seq2Seq(SOURCE_SIZE, TARGET_SIZE, E, H)
    shapes = {name: p.shape for name, p in model.named_parameters()}
    assert shapes["bilinear"] == (2 * H, H)
    assert shapes["encoder.weight_ih_l0_reverse"] == (3 * H, E)
    assert shapes["decoder.weight_ih"] == (3 * H, E + 2 * H)
    assert shapes["combine.weight"] == (E, 3 * H + E)
    gru = lambda inputs: 3 * H * (inputs + H + 2)
    expected = (SOURCE_SIZE + TARGET_SIZE) * E + 2 * gru(E) + gru(E + 2 * H) + 2 * H * H + H + 2 * H * H
    expected += (3 * H + E + 1) * E + (E + 1) * TARGET_SIZE
    assert sum(p.numel() for p in model.parameters()) == expected


def test_every_parameter_gets_a_gradient_and_padding_none():
    model = Seq2Seq(SOURCE_SIZE, TARGET_SIZE, 5, 4)
    loss_of(model, SOURCE, LENGTHS, TARGET).backward()
    for name, p in model.named_parameters():
        assert p.grad is not None, name
        assert np.abs(p.grad.numpy()).max() > 0, name
    for embedding in (model.source_embedding, model.target_embedding):
        assert not embedding.weight.grad.numpy()[PAD].any()
        assert not embedding.weight.numpy()[PAD].any()


def test_dropout_is_for_training_only():
    model = Seq2Seq(SOURCE_SIZE, TARGET_SIZE, 5, 4, dropout=0.5)
    twice = [model(SOURCE, LENGTHS, TARGET)[0].numpy() for _ in range(2)]
    assert not np.allclose(*twice)
    model.eval()
    twice = [model(SOURCE, LENGTHS, TARGET)[0].numpy() for _ in range(2)]
    assert np.array_equal(*twice)


@pytest.mark.parametrize(
    ("source", "lengths", "target", "kind", "said"),
    [
        (SOURCE + 20, LENGTHS, TARGET, IdError, r"in: .*source_embedding"),
        (SOURCE, LENGTHS, TARGET + 20, IdError, r"in: .*target_embedding"),
        (SOURCE, np.array([5, 0, 4]), TARGET, ShapeError, r"a length of 0"),
        (SOURCE, np.array([5, 6, 4]), TARGET, ShapeError, r"a length of 6"),
        (SOURCE, LENGTHS[:2], TARGET, ShapeError, r"3 ints, one per sequence"),
    ],
)
def test_wrong_input_is_named_with_its_place(source, lengths, target, kind, said):
    with pytest.raises(kind, match=f"(?s){said}"):
        Seq2Seq(SOURCE_SIZE, TARGET_SIZE, 5, 4)(source, lengths, target)


# --- numbers ---


@pytest.mark.parametrize("fused", [True, False])
def test_the_gradient_of_the_whole_loss_by_central_differences(fused):
    model = make()
    if fused:
        found = gradients(model, SOURCE, LENGTHS, TARGET)
    else:
        with td.unfused():
            found = gradients(model, SOURCE, LENGTHS, TARGET)
    rng = np.random.default_rng(0)
    eps = 1e-5
    with td.no_grad():
        for name, p in model.named_parameters():
            flat = p.array.reshape(-1)
            used = np.flatnonzero(found[name].reshape(-1))  # rows of words that do not occur are zero, and checked below
            for i in rng.choice(used, size=min(6, len(used)), replace=False):
                before, values = flat[i], []
                for step in (eps, -eps):
                    flat[i] = before + step
                    values.append(loss_of(model, SOURCE, LENGTHS, TARGET, "sum").item())
                flat[i] = before
                numeric = (values[0] - values[1]) / (2 * eps)
                assert found[name].reshape(-1)[i] == pytest.approx(numeric, rel=1e-6, abs=1e-8), f"{name} entry {i}"
    absent = sorted(set(range(SOURCE_SIZE)) - set(SOURCE[SOURCE != PAD].tolist()))
    assert not found["source_embedding.weight"][absent].any()
    assert len(absent) < SOURCE_SIZE - 4


def in_pytorch(torch: Any, model: Seq2Seq) -> Any:
    """The same model as a PyTorch user would write it, with a packed sequence and its own loop."""
    nn = torch.nn
    E, H = model.source_embedding.weight.shape[1], model.bilinear.shape[1]

    class Twin(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.source_embedding = nn.Embedding(SOURCE_SIZE, E, padding_idx=0)
            self.target_embedding = nn.Embedding(TARGET_SIZE, E, padding_idx=0)
            self.encoder = nn.GRU(E, H, batch_first=True, bidirectional=True)
            self.bridge = nn.Linear(2 * H, H)
            self.bilinear = nn.Parameter(torch.zeros(2 * H, H))
            self.decoder = nn.GRUCell(E + 2 * H, H)
            self.combine = nn.Linear(H + 2 * H + E, E)
            self.output = nn.Linear(E, TARGET_SIZE)

        def forward(self, source: Any, lengths: Any, target: Any) -> Any:
            packed = nn.utils.rnn.pack_padded_sequence(
                self.source_embedding(source), lengths, batch_first=True, enforce_sorted=False
            )
            packed, last = self.encoder(packed)
            memory, _ = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True, total_length=source.shape[1])
            s = torch.tanh(self.bridge(torch.cat([last[0], last[1]], dim=1)))
            hidden = torch.arange(source.shape[1])[None] >= lengths[:, None]
            logits, attention = [], []
            for t in range(target.shape[1]):
                word = self.target_embedding(target[:, t])
                scores = torch.einsum("bsd,dh,bh->bs", memory, self.bilinear, s) / H**0.5
                scores = scores.masked_fill(hidden, -torch.inf)
                weights = torch.softmax(scores, dim=1)
                context = torch.einsum("bs,bsd->bd", weights, memory)
                s = self.decoder(torch.cat([word, context], dim=1), s)
                logits.append(self.output(torch.tanh(self.combine(torch.cat([s, context, word], dim=1)))))
                attention.append(weights)
            return torch.stack(logits, 1), torch.stack(attention, 1)

    twin = Twin().double()
    twin.load_state_dict({name: torch.tensor(x.numpy()) for name, x in model.state_dict().items()})
    return twin


@pytest.mark.torch
def test_the_same_model_in_pytorch(torch):
    model = make()
    twin = in_pytorch(torch, model)
    logits, attention = model(SOURCE, LENGTHS, TARGET[:, :-1])
    loss = loss_of(model, SOURCE, LENGTHS, TARGET)
    loss.backward()
    source, lengths, target = (torch.tensor(x) for x in (SOURCE, LENGTHS, TARGET))
    their_logits, their_attention = twin(source, lengths, target[:, :-1])
    their_loss = torch.nn.functional.cross_entropy(their_logits.flatten(0, 1), target[:, 1:].reshape(-1), ignore_index=PAD)
    their_loss.backward()
    np.testing.assert_allclose(logits.numpy(), their_logits.detach().numpy(), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(attention.numpy(), their_attention.detach().numpy(), rtol=1e-10, atol=1e-10)
    assert loss.item() == pytest.approx(their_loss.item(), abs=1e-10)
    theirs = dict(twin.named_parameters())
    assert set(theirs) == {name for name, _ in model.named_parameters()}
    for name, p in model.named_parameters():
        np.testing.assert_allclose(p.grad.numpy(), theirs[name].grad.numpy(), rtol=1e-10, atol=1e-10, err_msg=name)


def test_kernels_and_plain_twins_agree():
    model = make()
    fused = model(SOURCE, LENGTHS, TARGET)
    with td.unfused():
        plain = model(SOURCE, LENGTHS, TARGET)
    for a, b in zip(fused, plain, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-10, atol=1e-12)


# --- meaning ---


def test_padding_changes_nothing():
    """A sentence alone, and the same in a batch with longer ones, padded to three times its length on both sides."""
    model = make()
    source, target = SOURCE[:1, :4].copy(), TARGET[:1, :4].copy()
    length = np.array([4])
    alone = model(source, length, target)
    wide_source, wide_target = np.zeros((2, 12), np.int64), np.zeros((2, 12), np.int64)
    wide_source[0, :4], wide_target[0, :4] = source, target
    wide_source[1] = np.resize(np.arange(4, SOURCE_SIZE), 12)
    wide_target[1] = np.resize(np.arange(4, TARGET_SIZE), 12)
    wide_target[1, 0] = BOS
    batch = model(wide_source, np.array([4, 12]), wide_target)
    np.testing.assert_allclose(batch[0].numpy()[:1, :4], alone[0].numpy(), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(batch[1].numpy()[:1, :4, :4], alone[1].numpy(), rtol=1e-12, atol=1e-12)

    separate = gradients(model, source, length, target)
    other = gradients(model, wide_source[1:], np.array([12]), wide_target[1:])
    together = gradients(model, wide_source, np.array([4, 12]), wide_target)
    for name, g in together.items():
        np.testing.assert_allclose(g, separate[name] + other[name], rtol=1e-10, atol=1e-12, err_msg=name)
    wide_source[0, 4:] = 7  # what stands on the padding is never read
    again = model(wide_source, np.array([4, 12]), wide_target)
    assert np.array_equal(again[0].numpy(), batch[0].numpy())


def test_attention_is_a_distribution_over_the_words_that_are_there():
    for model in (make(), Seq2Seq(SOURCE_SIZE, TARGET_SIZE, 5, 4)):
        _, attention = model(SOURCE, LENGTHS, TARGET)
        np.testing.assert_allclose(attention.numpy().sum(axis=-1), 1.0, rtol=1e-6)
        for row, length in zip(attention.numpy(), LENGTHS, strict=True):
            assert (row[:, length:] == 0).all()
            assert (row[:, :length] > 0).all()


def test_attention_is_what_the_formula_says():
    model = make()
    state = model.encode(SOURCE, LENGTHS)
    s, memory = state["s"].numpy(), state["memory"].value.numpy()
    context, weights = model.attend(state["s"], state)
    for b, length in enumerate(LENGTHS):
        h = memory[b, :length]
        scores = h @ model.bilinear.numpy() @ s[b] / np.sqrt(len(s[b]))
        expected = np.exp(scores) / np.exp(scores).sum()
        np.testing.assert_allclose(weights.numpy()[b, :length], expected, rtol=1e-12)
        np.testing.assert_allclose(context.numpy()[b], expected @ h, rtol=1e-12)


def test_a_word_sees_no_later_target_word_and_all_earlier_ones():
    model = make()
    before = model(SOURCE, LENGTHS, TARGET)[0].numpy()
    for t in range(1, TARGET.shape[1]):
        other = TARGET.copy()
        other[:, t] = (other[:, t] + 3) % TARGET_SIZE
        after = model(SOURCE, LENGTHS, other)[0].numpy()
        assert np.array_equal(after[:, :t], before[:, :t])
        assert (np.abs(after[:, t:] - before[:, t:]).max(axis=-1) > 1e-6).all()


def test_every_source_word_is_seen():
    model = make()
    before = model(SOURCE, LENGTHS, TARGET)[0].numpy()
    for b, length in enumerate(LENGTHS):
        for i in range(length):
            other = SOURCE.copy()
            other[b, i] = (other[b, i] + 4) % SOURCE_SIZE
            after = model(other, LENGTHS, TARGET)[0].numpy()
            assert np.abs(after[b, 0] - before[b, 0]).max() > 1e-6
            assert np.array_equal(np.delete(after, b, 0), np.delete(before, b, 0)), "sentences of a batch are independent"


def test_the_decoder_starts_from_what_each_direction_read_last():
    """Forward: at the last word of each sentence; backward: at its first. Not at the last step of the batch."""
    model = make()
    state = model.encode(SOURCE, LENGTHS)
    memory, H = state["memory"].value.numpy(), 4
    for b, length in enumerate(LENGTHS):
        ends = np.concatenate([memory[b, length - 1, :H], memory[b, 0, H:]])
        expected = np.tanh(model.bridge.weight.numpy() @ ends + model.bridge.bias.numpy())
        np.testing.assert_allclose(state["s"].numpy()[b], expected, rtol=1e-12)
        assert not memory[b, length:].any()


def test_teacher_forcing_and_steps_give_the_same():
    model = Seq2Seq(SOURCE_SIZE, TARGET_SIZE, 5, 4, dropout=0.3).double().eval()
    expected = F.log_softmax(model(SOURCE, LENGTHS, TARGET)[0], axis=-1).numpy()
    state = model.encode(SOURCE, LENGTHS)
    for t in range(TARGET.shape[1]):
        log_probs, state = model.step(TARGET[:, t], state)
        np.testing.assert_allclose(log_probs.numpy(), expected[:, t], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(np.exp(expected).sum(axis=-1), 1.0)


# --- decoding ---

ENDS: dict[str, Any] = {"bos": BOS, "eos": EOS, "forbid": (PAD, UNK, BOS)}


@td.no_grad()
def greedy(model: Seq2Seq, source: np.ndarray, lengths: np.ndarray) -> list[decode.Hypothesis]:
    return decode.greedy(model.step, model.encode(source, lengths), len(source), max_length=8, **ENDS)


@td.no_grad()
def beam(model: Seq2Seq, source: np.ndarray, lengths: np.ndarray, size: int, **more: Any) -> list[decode.Hypothesis]:
    found = decode.beam_search(
        model.step, model.encode(source, lengths), len(source), max_length=8, beam_size=size, **ENDS, **more
    )
    return [result.best for result in found]


def assert_same(found: list[decode.Hypothesis], expected: list[decode.Hypothesis]) -> None:
    assert [h.tokens for h in found] == [h.tokens for h in expected]
    np.testing.assert_allclose([h.log_prob for h in found], [h.log_prob for h in expected], rtol=1e-10)


def test_decoding_in_a_batch_is_decoding_one_by_one():
    model = make(8, 8)
    model.output.bias.array[...] = np.arange(TARGET_SIZE) == 5  # else </s> or one word wins everywhere
    different = set()
    for seed in range(8):
        rng = np.random.default_rng(seed)
        lengths = rng.integers(1, 8, size=6)
        source = np.where(np.arange(7) < lengths[:, None], rng.integers(1, SOURCE_SIZE, size=(6, 7)), PAD)
        alone = [(source[i : i + 1, :n], np.array([n])) for i, n in enumerate(lengths)]
        found = greedy(model, source, lengths)
        assert_same(found, [greedy(model, *one)[0] for one in alone])
        for size in (1, 3):
            assert_same(beam(model, source, lengths, size), [beam(model, *one, size)[0] for one in alone])
        assert_same(beam(model, source, lengths, 1), found)  # a beam of one is greedy search
        assert all(not {PAD, UNK, BOS} & set(h.tokens) for h in found)
        different |= {tuple(h.tokens) for h in found}
    assert len(different) >= 5, "the sentences have different translations, or the test shows nothing"


def test_what_a_search_reports_is_what_teacher_forcing_computes():
    model = make()
    for h, source, length in zip(beam(model, SOURCE, LENGTHS, 4), SOURCE, LENGTHS, strict=True):
        target = np.array([[BOS, *h.tokens, *([EOS] if h.finished else [])]])
        nats = loss_of(model, source[None], np.array([length]), target, "sum").item()
        assert h.log_prob == pytest.approx(-nats, rel=1e-10)


# --- learning ---


def test_it_learns_twenty_pairs_by_heart():
    pairs = list({tuple(source): (source, target) for source, target in text.toy_translation(40, seed=1)}.values())[:20]
    source_vocab, target_vocab = (text.Vocab.build([pair[side] for pair in pairs]) for side in (0, 1))
    source, lengths = text.pad([source_vocab.encode(s, eos=True) for s, _ in pairs])
    target, _ = text.pad([target_vocab.encode(t, bos=True, eos=True) for _, t in pairs])
    model = Seq2Seq(len(source_vocab), len(target_vocab), 32, 48, dropout=0.0)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    first = loss_of(model, source, lengths, target).item()
    assert first == pytest.approx(np.log(len(target_vocab)), rel=0.1), "at first every word is about as likely"

    def train() -> None:
        for _ in range(80):
            loss = loss_of(model, source, lengths, target)
            optimizer.zero_grad()
            loss.backward()
            optim.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()

    assert cpu_seconds(train, runs=1) < 400 * million_steps(), "about 2 s on an idle machine, where this is 20 s"
    assert loss_of(model, source, lengths, target).item() < 0.02
    model.eval()
    with td.no_grad():
        found = decode.beam_search(
            model.step, model.encode(source, lengths), len(pairs), max_length=30, beam_size=4, **ENDS
        )
        _, attention = model(source, lengths, target[:, :-1])
    assert [target_vocab.decode(result.best.tokens) for result in found] == [t for _, t in pairs]
    assert (attention.numpy().max(axis=-1) > 0.5).mean() > 0.3, "attention looks somewhere"
