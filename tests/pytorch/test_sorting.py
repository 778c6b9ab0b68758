"""The order in which torch.sort leaves equal entries."""

import numpy as np
import pytest

import tinydawn as td
from tinydawn.torch import sorting

# What PyTorch 2.13 gave for torch.argsort(torch.tensor([3, 1, 2] * 7)), and with descending=True.
SIXES = [3, 1, 2] * 7
UP = [1, 19, 16, 13, 10, 7, 4, 5, 8, 11, 14, 2, 17, 20, 6, 9, 12, 3, 15, 18, 0]
DOWN = [3, 6, 18, 9, 0, 12, 15, 20, 2, 5, 8, 11, 17, 14, 10, 19, 16, 13, 7, 4, 1]


def test_what_pytorch_gave():
    x = td.tensor(SIXES)
    assert (x.argsort().tolist(), x.argsort(descending=True).tolist()) == (UP, DOWN)
    values, indices = x.sort(descending=True)
    assert (values.tolist(), indices.tolist()) == ([3] * 7 + [2] * 7 + [1] * 7, DOWN)
    assert x.argsort(stable=True).tolist() == sorted(range(21), key=SIXES.__getitem__)
    assert x.sort(stable=True).indices.tolist() == x.argsort(stable=True).tolist()


def test_different_entries_and_few_ones_keep_to_the_only_order():
    for x in (td.tensor(SIXES[:16]), td.randn(100), td.tensor([float("nan"), *SIXES]), td.tensor(1.0)):
        for descending in (False, True):
            assert sorting.argsort(x, -1, descending).tolist() == td.argsort(x, -1, descending).tolist()


def test_numbers_made_to_be_divided_often_keep_their_order():
    n = 200  # each median of three is the second smallest of what is left
    keys = [0] * n
    for i in range(n // 2):
        keys[i] = i + 1 if i % 2 == 0 else n // 2 + i + (n // 2) % 2
        keys[n // 2 + i] = 2 * (i + 1)
    assert sorting.introsort(list(keys)) is None
    x = td.tensor([*keys, keys[0]])
    assert sorting.argsort(x).shape == (n + 1,)


def test_a_gradient_goes_back_to_where_entries_stood():
    x = td.tensor([float(v) for v in SIXES], requires_grad=True)
    (x.sort().values * td.arange(21.0)).sum().backward()
    assert x.grad.tolist() == np.argsort(UP).tolist()


@pytest.mark.torch
@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8", "bool", "float32", "float64"])
@pytest.mark.parametrize("n", [5, 16, 17, 18, 33, 100, 1000, 5000])
def test_as_in_pytorch(torch, n, dtype):
    for kinds in (1, 2, 10, 50):
        x = np.random.default_rng(n + kinds).integers(0, kinds, n).astype(dtype)
        for descending in (False, True):
            theirs = torch.sort(torch.tensor(x), descending=descending)
            ours = td.Tensor(x).sort(descending=descending)
            np.testing.assert_array_equal(ours.indices.numpy(), theirs.indices.numpy())
            np.testing.assert_array_equal(ours.values.numpy(), theirs.values.numpy())


@pytest.mark.torch
@pytest.mark.parametrize("dim", [0, 1, 2])
def test_along_every_dimension(torch, dim):
    x = np.random.default_rng(0).integers(0, 6, (20, 18, 19)).astype(np.float32)
    for ours, theirs in ((td.Tensor(x), torch.tensor(x)), (td.Tensor(x.swapaxes(0, 1)), torch.tensor(x).transpose(0, 1))):
        np.testing.assert_array_equal(ours.argsort(dim, True).numpy(), torch.argsort(theirs, dim, True).numpy())


def test_a_tensor_of_nothing_has_no_entries():
    import tinydawn.torch as torch

    assert [tuple(kind().shape) for kind in (torch.Tensor, torch.LongTensor)] == [(0,), (0,)]
