"""torch.nn.utils: clipping whose norm is a Tensor, and all parameters as one vector."""

import numpy as np
import pytest

import tinydawn as td
from tinydawn.errors import AnomalyError, DeviceError, DTypeError, ShapeError
from tinydawn.nn import packing
from tinydawn.torch.nn import utils


def parameters(*gradients, dtype=np.float32):
    found = []
    for g in gradients:
        p = td.Tensor(np.zeros(2 if g is None else np.shape(g), dtype), requires_grad=True)
        p.grad = None if g is None else td.Tensor(np.array(g, dtype))
        found.append(p)
    return found


def test_the_norm_before_is_a_tensor():
    p = parameters([3.0], None, [[4.0]])
    norm = utils.clip_grad_norm_(iter(p), max_norm=1.0)
    assert isinstance(norm, td.Tensor)
    assert (norm.item(), norm.shape, norm.dtype) == (5.0, (), np.float32)
    np.testing.assert_allclose([p[0].grad.item(), p[2].grad.item()], [0.6, 0.8], rtol=1e-6)
    assert utils.clip_grad_norm_(parameters([3.0], [4.0], dtype=np.float64), 1).dtype == np.float64
    assert utils.clip_grad_norm_(p[0], 0.1, norm_type="inf").item() == pytest.approx(0.6)


def test_no_gradients_at_all_is_0():
    for p in ([], parameters(None)):
        norm = utils.clip_grad_norm_(p, 1.0)
        assert (norm.item(), norm.dtype) == (0.0, np.float32)
        utils.clip_grad_value_(p, 1.0)


def test_what_is_not_finite_passes_unless_asked(recwarn):
    assert np.isinf(utils.clip_grad_norm_(parameters([np.inf]), 1.0).item())
    assert not recwarn.list
    with pytest.raises(AnomalyError, match="not finite"):
        utils.clip_grad_norm_(parameters([np.inf]), 1.0, error_if_nonfinite=True)


def test_each_entry():
    p = parameters([3.0, -0.2])
    utils.clip_grad_value_(p, td.tensor(0.5))
    np.testing.assert_allclose(p[0].grad.numpy(), [0.5, -0.2])


def test_all_parameters_as_one_vector_and_back():
    a, b = td.tensor([[1.0, 2.0]], requires_grad=True), td.tensor([3.0], requires_grad=True)
    vector = utils.parameters_to_vector(iter([a, b]))
    assert vector.tolist() == [1, 2, 3]
    (vector * td.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert (a.grad.tolist(), b.grad.tolist()) == ([[1, 2]], [3])
    new = td.tensor([4.0, 5.0, 6.0])
    utils.vector_to_parameters(new, iter([a, b]))
    assert (a.tolist(), b.tolist(), a.requires_grad) == ([[4, 5]], [6], True)
    new.array[0] = 9  # shared, as in PyTorch
    assert a.tolist() == [[9, 5]]


def test_sequences_are_those_of_the_library():
    assert utils.rnn.pad_packed_sequence is packing.pad_packed_sequence
    assert utils.rnn.PackedSequence is packing.PackedSequence


@pytest.mark.torch
def test_many_sequences_of_few_lengths_are_packed_as_in_pytorch(torch):
    lengths = [3, 1, 2] * 11
    x = np.arange(99.0).reshape(3, 33)
    ours = utils.rnn.pack_padded_sequence(td.Tensor(x), td.tensor(lengths), enforce_sorted=False)
    theirs = torch.nn.utils.rnn.pack_padded_sequence(torch.tensor(x), torch.tensor(lengths), enforce_sorted=False)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    sequences = [np.full(n, float(i)) for i, n in enumerate(lengths)]
    ours = utils.rnn.pack_sequence([td.Tensor(x) for x in sequences], enforce_sorted=False)
    theirs = torch.nn.utils.rnn.pack_sequence([torch.tensor(x) for x in sequences], enforce_sorted=False)
    np.testing.assert_array_equal(ours.data.numpy(), theirs.data.numpy())


def test_a_packed_batch_goes_where_it_is_told():
    packed = utils.rnn.pack_sequence([td.ones(2), td.ones(1)])
    assert packed.cpu().data.tolist() == packed.to("cpu").data.tolist() == [1, 1, 1]
    assert packed.to(np.float64).data.dtype == np.float64
    with pytest.raises(DeviceError):
        packed.cuda()


@pytest.mark.parametrize(("call", "error", "said"), [
    (lambda: utils.vector_to_parameters([1.0], []), DTypeError, "a list"),
    (lambda: utils.vector_to_parameters(td.ones(1), [td.ones(2)]), ShapeError, "1 numbers"),
    (lambda: utils.clip_grad_norm_(3.0, 1.0), DTypeError, "a float"),
])
def test_errors(call, error, said):
    with pytest.raises(error, match=said):
        call()


@pytest.mark.torch
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_what_dropout_drops_between_layers_is_what_pytorch_drops(torch, packed, batch_first):
    other = torch.nn.LSTM(3, 4, 3, dropout=0.5, bidirectional=True, batch_first=batch_first)
    layer = td.nn.LSTM(3, 4, 3, dropout=0.5, bidirectional=True, batch_first=batch_first)
    layer.load_state_dict(other.state_dict())
    sequences = [np.random.default_rng(n).normal(size=(n, 3)).astype(np.float32) for n in (2, 5, 3)]
    ours = utils.rnn.pad_sequence([td.Tensor(x) for x in sequences], batch_first)
    theirs = torch.nn.utils.rnn.pad_sequence([torch.tensor(x) for x in sequences], batch_first)
    if packed:
        ours = utils.rnn.pack_padded_sequence(ours, [2, 5, 3], batch_first, enforce_sorted=False)
        theirs = torch.nn.utils.rnn.pack_padded_sequence(theirs, [2, 5, 3], batch_first, enforce_sorted=False)
    td.manual_seed(0)
    torch.manual_seed(0)
    a, b = layer(ours)[0], other(theirs)[0]
    a, b = (a.data, b.data) if packed else (a, b)
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-4, atol=1e-6)


@pytest.mark.torch
@pytest.mark.parametrize("norm_type", [1, 2.0, 3, float("inf")])
def test_clipping_as_in_pytorch(torch, norm_type):
    rng = np.random.default_rng(0)
    gradients = [rng.normal(size=s) for s in ((3, 2), (4,))]
    ours, theirs = parameters(*gradients, dtype=np.float64), [torch.zeros(g.shape, dtype=torch.float64) for g in gradients]
    for p, g in zip(theirs, gradients, strict=True):
        p.grad = torch.tensor(g)
    a, b = utils.clip_grad_norm_(ours, 0.5, norm_type), torch.nn.utils.clip_grad_norm_(theirs, 0.5, norm_type)
    np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-12)
