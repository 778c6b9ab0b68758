"""Padded and packed batches: nothing but padding is lost, gradients flow, layers take them; the same as in PyTorch."""

import numpy as np
import pytest

import tinydawn as td
from tinydawn import nn
from tinydawn.errors import DTypeError, ShapeError
from tinydawn.nn import packing

LENGTHS = [2, 4, 1, 2]
rng = np.random.default_rng(0)
SEQUENCES = [rng.normal(size=(n, 3)).astype(np.float32) for n in LENGTHS]
both_ways = pytest.mark.parametrize("batch_first", [False, True])


def ours():
    return [td.Tensor(x) for x in SEQUENCES]


def test_a_small_batch():
    a, b, c = td.tensor([1, 2]), td.tensor([3, 4, 5, 6]), td.tensor([7])
    assert packing.pad_sequence([a, b, c]).tolist() == [[1, 3, 7], [2, 4, 0], [0, 5, 0], [0, 6, 0]]
    left = packing.pad_sequence([a, b, c], batch_first=True, padding_value=-1, padding_side="left")
    assert left.tolist() == [[-1, -1, 1, 2], [3, 4, 5, 6], [-1, -1, -1, 7]]
    assert left.dtype == np.int64
    packed = packing.pack_sequence([b, a, c])
    assert packed.data.tolist() == [3, 1, 7, 4, 2, 5, 6]
    assert packed.batch_sizes.tolist() == [3, 2, 1, 1]
    assert packed.sorted_indices is None
    packed = packing.pack_sequence([a, b, c], enforce_sorted=False)
    assert packed.data.tolist() == [3, 1, 7, 4, 2, 5, 6]
    assert (packed.sorted_indices.tolist(), packed.unsorted_indices.tolist()) == ([1, 0, 2], [1, 0, 2])
    padded, lengths = packing.pad_packed_sequence(packed, batch_first=True, padding_value=9, total_length=5)
    assert padded.tolist() == [[1, 2, 9, 9, 9], [3, 4, 5, 6, 9], [7, 9, 9, 9, 9]]
    assert (lengths.tolist(), padded.dtype) == ([2, 4, 1], np.int64)
    assert [x.tolist() for x in packing.unpack_sequence(packed)] == [[1, 2], [3, 4, 5, 6], [7]]
    assert [x.tolist() for x in packing.unpad_sequence(padded, lengths, batch_first=True)] == [[1, 2], [3, 4, 5, 6], [7]]


@both_ways
def test_gradients_flow_to_what_is_no_padding(batch_first):
    weights = rng.normal(size=(9, 3))
    leaves = [td.Tensor(x.astype(np.float64), requires_grad=True) for x in SEQUENCES]
    padded = packing.pad_sequence(leaves, batch_first)
    packed = packing.pack_padded_sequence(padded, LENGTHS, batch_first, enforce_sorted=False)
    again, _ = packing.pad_packed_sequence(packed, batch_first, padding_value=5.0)
    td.sum(packed.data * td.Tensor(weights)).backward(retain_graph=True)
    first = [x.grad.numpy().copy() for x in leaves]
    td.sum(again).backward()
    for x, before in zip(leaves, first, strict=True):
        np.testing.assert_allclose(x.grad.numpy(), before + 1)
    np.testing.assert_allclose(np.concatenate(first).sum(0), weights.sum(0))


@both_ways
@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_a_layer_over_a_packed_batch_is_the_layer_with_lengths(kind, batch_first):
    layer = getattr(nn, kind)(3, 2, 2, batch_first=batch_first, bidirectional=True)
    padded = packing.pad_sequence(ours(), batch_first)
    packed = packing.pack_padded_sequence(padded, LENGTHS, batch_first, enforce_sorted=False)
    output, last = layer(packed)
    expected, last_expected = layer(padded, lengths=td.tensor(LENGTHS))
    assert isinstance(output, packing.PackedSequence)
    np.testing.assert_array_equal(packing.pad_packed_sequence(output, batch_first)[0].detach().numpy(), expected.detach().numpy())
    for x, y in zip(last, last_expected, strict=True):
        np.testing.assert_array_equal(x.detach().numpy(), y.detach().numpy())
    assert output.sorted_indices is packed.sorted_indices


def test_the_state_of_an_lstm_may_be_a_list():
    layer, cell, x = nn.LSTM(3, 2), nn.LSTMCell(3, 2), td.ones(1, 1, 3)
    h, c = td.ones(1, 1, 2), td.zeros(1, 1, 2)
    np.testing.assert_array_equal(layer(x, [h, c])[0].detach().numpy(), layer(x, (h, c))[0].detach().numpy())
    np.testing.assert_array_equal(cell(x[0], [h[0], c[0]])[0].detach().numpy(), cell(x[0], (h[0], c[0]))[0].detach().numpy())


def test_other_dtypes():
    packed = packing.pack_sequence(ours(), enforce_sorted=False)
    assert [x.data.dtype for x in (packed.double(), packed.float(), packed.long())] == [np.float64, np.float32, np.int64]
    x = packing.PackedSequence(td.ones(3), td.tensor([2, 1]), td.tensor([1, 0]))
    assert x.unsorted_indices.tolist() == [1, 0]


@pytest.mark.torch
@both_ways
def test_as_in_pytorch(torch, batch_first):
    theirs = torch.nn.utils.rnn
    sequences = [torch.tensor(x) for x in SEQUENCES]
    for side in ("left", "right"):
        a = packing.pad_sequence(ours(), batch_first, -1.0, side)
        b = theirs.pad_sequence(sequences, batch_first, -1.0, side)
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())
    packed = packing.pack_padded_sequence(packing.pad_sequence(ours(), batch_first), LENGTHS, batch_first, False)
    other = theirs.pack_padded_sequence(theirs.pad_sequence(sequences, batch_first), torch.tensor(LENGTHS), batch_first, False)
    for x, y in zip(packed, other, strict=True):
        np.testing.assert_array_equal(x.detach().numpy(), y.detach().numpy())
    for total in (None, 6):
        for x, y in zip(packing.pad_packed_sequence(packed, batch_first, -2.0, total),
                        theirs.pad_packed_sequence(other, batch_first, -2.0, total), strict=True):
            np.testing.assert_array_equal(x.detach().numpy(), y.detach().numpy())
            assert x.dtype == y.detach().numpy().dtype


@pytest.mark.torch
@both_ways
@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_layers_as_in_pytorch(torch, kind, batch_first):
    theirs = torch.nn.utils.rnn
    other = getattr(torch.nn, kind)(3, 2, 2, batch_first=batch_first, bidirectional=True).double()
    layer = getattr(nn, kind)(3, 2, 2, batch_first=batch_first, bidirectional=True)
    for p in layer.parameters():
        p.data = p.array.astype(np.float64)
    layer.load_state_dict(other.state_dict())
    inputs = [td.Tensor(x.astype(np.float64), requires_grad=True) for x in SEQUENCES]
    others = [torch.tensor(x.astype(np.float64), requires_grad=True) for x in SEQUENCES]
    a, h = layer(packing.pack_sequence(inputs, enforce_sorted=False))
    b, k = other(theirs.pack_sequence(others, enforce_sorted=False))
    np.testing.assert_allclose(a.data.detach().numpy(), b.data.detach().numpy(), rtol=1e-10)
    h, k = (h, k) if isinstance(h, tuple) else ((h,), (k,))
    for x, y in zip(h, k, strict=True):
        np.testing.assert_allclose(x.detach().numpy(), y.detach().numpy(), rtol=1e-10)
    (td.sum(a.data * a.data) + td.sum(h[0])).backward()
    ((b.data * b.data).sum() + k[0].sum()).backward()
    for x, y in zip(inputs, others, strict=True):
        np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("call", "error", "said"), [
    (lambda: packing.pad_sequence([]), DTypeError, "no sequences"),
    (lambda: packing.pad_sequence([td.tensor(1)]), DTypeError, "no Tensor with an axis of time"),
    (lambda: packing.pad_sequence([td.ones(2, 3), td.ones(2, 2)]), ShapeError, "differ in length alone"),
    (lambda: packing.pad_sequence([td.ones(2)], padding_side="middle"), ValueError, "padding_side"),
    (lambda: packing.pack_padded_sequence(td.ones(3, 2), [3, 0]), ShapeError, r"lengths \[3, 0\]"),
    (lambda: packing.pack_padded_sequence(td.ones(3, 2), [4, 1]), ShapeError, "3 steps"),
    (lambda: packing.pack_padded_sequence(td.ones(3, 2), [3]), ShapeError, "2 sequences"),
    (lambda: packing.pack_padded_sequence(td.ones(3, 2), [1, 3]), ShapeError, "enforce_sorted=False"),
    (lambda: packing.pack_padded_sequence(td.ones(3, 2), td.ones(2)), DTypeError, "lengths of dtype float32"),
    (lambda: packing.pad_packed_sequence(packing.pack_sequence([td.ones(3)]), total_length=2), ShapeError, "total_length 2"),
])
def test_errors(call, error, said):
    with pytest.raises(error, match=said):
        call()
