"""Data sets, samplers and loaders: PyTorch's batches, in PyTorch's order, and the streams of random numbers stay together."""

from collections import OrderedDict, namedtuple

import numpy as np
import pytest

import tinydawn as td
import tinydawn.torch.utils.data as data
from tinydawn.errors import DTypeError, IdError, OptionError, ShapeError
from tinydawn.torch.generator import Generator

Point = namedtuple("Point", "x y")
WORDS = list("abcdefghij")


def numbers(n=7, of=data):
    return of.TensorDataset(td.arange(n))


class Stream(data.IterableDataset):
    def __iter__(self):
        yield from range(5)

    def __len__(self):
        return 5


def rows(loader):
    return [x.tolist() for x, in loader]


# --- what PyTorch 2.13 printed for torch.manual_seed(0) and these, one after the other -----------------------------------


def test_the_order_is_that_of_pytorch():
    td.manual_seed(0)
    ds = numbers()
    loader = data.DataLoader(ds, 3, shuffle=True)
    assert [rows(loader) for _ in range(2)] == [[[0, 4, 1], [5, 2, 6], [3]], [[3, 1, 4], [2, 5, 0], [6]]]
    assert td.rand().item() == pytest.approx(0.455627977848053)
    own = data.DataLoader(ds, 7, shuffle=True, generator=Generator().manual_seed(5))
    assert [rows(own) for _ in range(2)] == [[[2, 4, 3, 5, 0, 6, 1]], [[4, 1, 0, 2, 3, 6, 5]]]
    for _ in data.DataLoader(ds, 2):
        pass
    assert td.rand().item() == pytest.approx(0.40171730518341064)
    assert list(data.RandomSampler(ds, replacement=True, num_samples=40)) == [
        3, 2, 0, 0, 5, 4, 5, 6, 3, 3, 2, 0, 6, 5, 4, 6, 3, 2, 0, 6, 3, 2, 2, 5, 3, 6, 2, 1, 6, 0, 0, 1, 4, 5, 0, 3, 1, 6, 2, 1]
    assert list(data.RandomSampler(ds, num_samples=10)) == [4, 6, 2, 1, 3, 5, 0, 6, 0, 1]
    assert list(data.WeightedRandomSampler([0.0, 1.0, 3.0], 8)) == [2, 2, 2, 1, 2, 2, 2, 2]
    assert list(data.WeightedRandomSampler(td.tensor([1.0, 1.0, 3.0]), 3, replacement=False)) == [1, 2, 0]
    assert list(data.SubsetRandomSampler([5, 3, 1])) == [1, 3, 5]
    assert [p.indices for p in data.random_split(range(10), [5, 3, 2])] == [[8, 4, 2, 0, 5], [7, 9, 3], [1, 6]]
    assert [p.indices for p in data.random_split(range(11), [0.5, 0.3, 0.2])] == [[10, 1, 4, 2, 9, 0], [6, 5, 3], [8, 7]]
    assert list(data.DistributedSampler(ds, 2, 0, seed=1)) == [0, 1, 5, 4]
    assert list(data.DistributedSampler(ds, 2, 1, seed=1, drop_last=True)) == [6, 3, 2]
    third = data.DistributedSampler(ds, 2, 1, seed=1)
    third.set_epoch(3)
    assert list(third) == [1, 4, 5, 3]


@pytest.mark.torch
@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("n", [6, 7])
def test_a_loader_leaves_the_streams_where_pytorch_leaves_them(torch, n, drop_last, shuffle, own):
    theirs = torch.utils.data
    td.manual_seed(3)
    torch.manual_seed(3)
    g, h = (Generator().manual_seed(5), torch.Generator().manual_seed(5)) if own else (None, None)
    a = data.DataLoader(numbers(n), 3, shuffle, drop_last=drop_last, generator=g)
    b = theirs.DataLoader(theirs.TensorDataset(torch.arange(n)), 3, shuffle, drop_last=drop_last, generator=h)
    assert len(a) == len(b)
    for _ in range(3):
        assert rows(a) == rows(b)
        assert td.rand().item() == torch.rand(()).item()
    if own:
        assert g.integers(0, 1000, 3).tolist() == torch.randint(0, 1000, (3,), generator=h).tolist()


@pytest.mark.torch
def test_a_stream_of_items_draws_a_number_too(torch):
    class Theirs(torch.utils.data.IterableDataset):
        def __iter__(self):
            yield from range(5)

    td.manual_seed(0)
    torch.manual_seed(0)
    for size in (2, None):
        assert list(map(str, data.DataLoader(Stream(), size))) == list(map(str, torch.utils.data.DataLoader(Theirs(), size)))
        assert td.rand().item() == torch.rand(()).item()


# --- batches ---------------------------------------------------------------------------------------------------------

ITEMS = [1.5, 2, True, "a", b"x", np.float32(2), np.float64(1), np.int64(3), np.int32(3), np.bool_(True), np.ones(2, "f4"),
         np.array(2.0), (1, "x"), [1, 2.0], Point(1, 2.0), {"a": 1, "b": (2, 3.0)}, OrderedDict(a=1.0)]


def shown(x):
    """Values, dtypes, shapes and kinds, of ours and theirs alike."""
    if hasattr(x, "numpy"):
        return x.tolist(), str(x.dtype).removeprefix("torch."), tuple(x.shape)
    if isinstance(x, dict):
        return type(x), {key: shown(value) for key, value in x.items()}
    return (type(x).__name__, [shown(part) for part in x]) if isinstance(x, (tuple, list)) else x


@pytest.mark.torch
@pytest.mark.parametrize("item", ITEMS, ids=repr)
def test_items_are_collated_as_in_pytorch(torch, item):
    theirs = torch.utils.data
    assert shown(data.default_collate([item, item])) == shown(theirs.default_collate([item, item]))
    assert shown(data.default_convert(item)) == shown(theirs.default_convert(item))


def test_items_are_collated_part_by_part():
    first, second = {"x": td.ones(2), "y": 1, "w": 0.5, "s": "a"}, {"x": td.zeros(2), "y": 2, "w": 1.5, "s": "b"}
    batch = data.default_collate([first, second])
    assert batch["x"].tolist() == [[1, 1], [0, 0]]
    assert (batch["y"].dtype, batch["w"].dtype, batch["s"]) == (np.int64, np.float64, ["a", "b"])
    point = data.default_collate([Point(1, np.ones(1)), Point(2, np.zeros(1))])
    assert isinstance(point, Point)
    assert point.y.tolist() == [[1], [0]]


def test_a_class_of_dict_that_takes_no_dict_becomes_one():
    class Named(dict):
        def __init__(self):
            super().__init__(a=1)

    assert type(data.default_collate([Named(), Named()])) is dict
    assert type(data.default_convert(Named())) is dict


def test_gradients_flow_through_a_batch():
    x = td.ones(4, 2, requires_grad=True)
    sum(batch.sum() * (i + 1) for i, batch in enumerate(data.DataLoader([x[i] for i in range(4)], 2))).backward()
    assert x.grad.tolist() == [[1, 1], [1, 1], [2, 2], [2, 2]]


@pytest.mark.parametrize("ds", [data.TensorDataset(td.arange(7), td.arange(14.0).reshape(7, 2)),
                                data.Subset(data.TensorDataset(td.arange(7), td.arange(14.0).reshape(7, 2)), range(7))])
def test_batches_of_tensors_by_one_index_and_one_by_one_are_alike(ds):
    batches = list(data.DataLoader(ds, 3))
    assert [type(batch) for batch in batches] == [list] * 3
    assert [x.tolist() for x, _ in batches] == [[0, 1, 2], [3, 4, 5], [6]]
    assert batches[2][1].tolist() == [[12, 13]]


def test_a_batch_may_be_fetched_together():
    class Together(data.Dataset):
        def __getitems__(self, indices):
            return [i * 10 for i in indices]

        def __len__(self):
            return 3

    assert [x.tolist() for x in data.DataLoader(Together(), 2)] == [[0, 10], [20]]


def test_a_collate_function_and_a_batch_sampler_of_ones_own():
    loader = data.DataLoader(WORDS, batch_sampler=[[0, 5], [2]], collate_fn="".join)
    assert list(loader) == ["af", "c"]
    assert (len(loader), loader.batch_size) == (2, None)
    assert list(data.DataLoader(WORDS, 3, sampler=[4, 3, 2, 1], collate_fn="".join)) == ["edc", "b"]
    assert list(data.DataLoader(WORDS[:3], None)) == ["a", "b", "c"]
    assert len(data.DataLoader(WORDS, None)) == 10


def test_a_stream_in_batches():
    assert [x.tolist() for x in data.DataLoader(Stream(), 2)] == [[0, 1], [2, 3], [4]]
    assert [x.tolist() for x in data.DataLoader(Stream(), 2, drop_last=True)] == [[0, 1], [2, 3]]
    lengths = [len(data.DataLoader(Stream(), size, drop_last=drop)) for size, drop in ((2, False), (2, True), (None, False))]
    assert lengths == [3, 2, 5]


def test_workers_are_refused_politely():
    with pytest.warns(UserWarning, match="num_workers=2, but batches are made in this process") as found:
        loader = data.DataLoader(numbers(), 4, num_workers=2, pin_memory=True, persistent_workers=True, prefetch_factor=2)
    assert len(found) == 1
    assert rows(loader) == [[0, 1, 2, 3], [4, 5, 6]]
    assert data.get_worker_info() is None


# --- data sets -------------------------------------------------------------------------------------------------------


def test_data_sets_one_after_the_other():
    both = numbers(3) + numbers(2)
    assert [both[i][0].item() for i in range(5)] == [0, 1, 2, 0, 1]
    assert both[-1][0].item() == 1
    assert both.cumulative_sizes == [3, 5]
    chained = Stream() + Stream()
    assert list(chained) == [*range(5), *range(5)]
    assert len(chained) == 10


def test_data_sets_side_by_side():
    pair = data.StackDataset(WORDS, range(10))
    assert (pair[2], len(pair)) == (("c", 2), 10)
    assert data.StackDataset(word=WORDS, place=range(10))[2] == {"word": "c", "place": 2}


def test_a_subset_keeps_indices():
    subset = data.Subset(numbers(), [3, 1])
    assert [x.item() for x, in subset] == [3, 1]
    assert subset[[1, 0]][0].tolist() == [1, 3]
    with pytest.warns(UserWarning, match="part 1 has no items"):
        assert [len(p) for p in data.random_split([0], [0.5, 0.5])] == [1, 0]


def test_the_processes_share_the_items():
    parts = [list(data.DistributedSampler(range(5), 2, rank, shuffle=False)) for rank in (0, 1)]
    assert parts == [[0, 2, 4], [1, 3, 0]]
    assert len(data.DistributedSampler(range(5), 2, 0)) == 3
    assert sorted(data.DistributedSampler(range(5))) == [0, 1, 2, 3, 4]  # one process


def test_the_lengths_of_samplers():
    assert list(data.SequentialSampler(WORDS)) == list(range(10))
    assert [len(data.BatchSampler(range(7), 3, drop)) for drop in (False, True)] == [3, 2]
    samplers = (data.SequentialSampler(WORDS), data.RandomSampler(WORDS), data.SubsetRandomSampler([1, 2]),
                data.WeightedRandomSampler([1, 1], 5), data.RandomSampler(WORDS, num_samples=3))
    assert [len(s) for s in samplers] == [10, 10, 2, 5, 3]


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("call", "error", "said"), [
    (lambda: data.Dataset()[0], NotImplementedError, "Dataset: it has no items"),
    (lambda: iter(data.IterableDataset()), NotImplementedError, "write __iter__"),
    (lambda: iter(data.Sampler()), NotImplementedError, "it has no order"),
    (lambda: data.TensorDataset(td.ones(2), td.ones(3)), ShapeError, "lengths 2, 3"),
    (lambda: data.StackDataset(WORDS, a=WORDS), OptionError, "with names and without"),
    (lambda: data.StackDataset([1], [1, 2]), ShapeError, r"lengths \[1, 2\]"),
    (lambda: data.ConcatDataset([]), OptionError, "no data sets"),
    (lambda: data.ConcatDataset([numbers(), Stream()]), OptionError, "ChainDataset"),
    (lambda: (numbers(2) + numbers(2))[4], IdError, "item 4 of 4"),
    (lambda: list(data.ChainDataset([WORDS])), DTypeError, "a list in it"),
    (lambda: data.random_split(WORDS, [8, 3]), OptionError, r"lengths \[8, 3\] of 10 items"),
    (lambda: data.random_split(WORDS, [-0.5, 0.75, 0.75]), OptionError, "each from 0 to 1"),
    (lambda: data.RandomSampler(WORDS, replacement=1), DTypeError, "replacement is a int"),
    (lambda: data.RandomSampler([]), OptionError, "num_samples is 0"),
    (lambda: data.WeightedRandomSampler([1.0], 0), OptionError, "num_samples is 0"),
    (lambda: data.WeightedRandomSampler([1.0], 1, replacement=1), DTypeError, "replacement is a int"),
    (lambda: data.WeightedRandomSampler([[1.0]], 1), ShapeError, "one for each item"),
    (lambda: data.BatchSampler(WORDS, 0), OptionError, "batch_size is 0"),
    (lambda: data.BatchSampler(WORDS, 1, 1), OptionError, "drop_last is a int"),
    (lambda: data.DistributedSampler(WORDS, 2, 2), OptionError, "rank 2 of 2"),
    (lambda: data.DataLoader(WORDS, bach_size=2), DTypeError, "no argument bach_size"),
    (lambda: data.DataLoader(Stream(), shuffle=True), OptionError, "the order it has"),
    (lambda: data.DataLoader(WORDS, shuffle=True, sampler=[1]), OptionError, "one of the two"),
    (lambda: data.DataLoader(WORDS, 2, batch_sampler=[[1]]), OptionError, "the batch_sampler alone"),
    (lambda: data.DataLoader(WORDS, None, drop_last=True), OptionError, "batch_size=None"),
    (lambda: data.DataLoader(WORDS, 0), OptionError, "batch_size is 0"),
    (lambda: data.default_collate([[1, 2], [1]]), ShapeError, "items of 2, 1 parts"),
    (lambda: data.default_collate([None]), DTypeError, "an item is a NoneType"),
    (lambda: data.default_collate([td.ones(2), td.ones(3)]), ShapeError, "stack: shapes"),
])
def test_errors(call, error, said):
    with pytest.raises(error, match=said):
        call()
