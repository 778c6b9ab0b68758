"""Datasets and loaders with all their options, from seeds."""

from . import outcome


def _numbers(torch):
    return torch.utils.data.TensorDataset(torch.arange(10), torch.arange(10.0) * 2)


def _batches(loader):
    return [len(loader), [list(batch) if isinstance(batch, (list, tuple)) else batch for batch in loader]]


def _words(torch, n):
    class Words(torch.utils.data.Dataset):
        def __len__(self):
            return n

        def __getitem__(self, i):
            if i >= n:
                raise IndexError
            return {"x": torch.tensor([i, i + 1.0]), "y": i, "s": f"w{i}", "z": (i * 0.5, i % 2 == 0)}

    return Words()


def sizes_and_remainders(torch):
    """Batches of three, of one, of none, with and without the rest."""
    data, loader = _numbers(torch), torch.utils.data.DataLoader
    return {"r": [_batches(loader(data, batch_size=3)), _batches(loader(data)),
                  _batches(loader(data, batch_size=4, drop_last=True)),
                  _batches(loader(data, batch_size=None))[1]], "refused": outcome(lambda: loader(data, batch_size=0))}


def shuffled_twice(torch):
    """Two epochs are shuffled differently, from the common seed or a generator's."""
    torch.manual_seed(1)
    data, loader = _numbers(torch), torch.utils.data.DataLoader
    common = loader(data, batch_size=3, shuffle=True)
    own = loader(data, batch_size=3, shuffle=True, generator=torch.Generator().manual_seed(7))
    return {"common": [_batches(common), _batches(common)], "own": [_batches(own), _batches(own)], "after": torch.rand(1)}


def samplers_of_all_kinds(torch):
    """Random with and without replacement, weighted, of a subset, in batches."""
    torch.manual_seed(2)
    data, u = _numbers(torch), torch.utils.data
    samplers = [u.RandomSampler(data), u.SequentialSampler(data), u.RandomSampler(data, replacement=True, num_samples=5),
                u.WeightedRandomSampler([1.0] * 5 + [3.0] * 5, 6), u.SubsetRandomSampler([1, 3, 5])]
    batched = u.DataLoader(data, batch_sampler=u.BatchSampler(u.RandomSampler(data), 4, True))
    return {"r": [_batches(u.DataLoader(data, batch_size=3, sampler=sampler)) for sampler in samplers],
            "batched": _batches(batched),
            "both": outcome(lambda: u.DataLoader(data, shuffle=True, sampler=samplers[0]))}


def dicts_and_words(torch):
    """Examples that are dicts with numbers, words and tuples."""
    batches = list(torch.utils.data.DataLoader(_words(torch, 5), batch_size=2))
    return {"batches": batches, "first": next(iter(torch.utils.data.DataLoader(_words(torch, 3))))["s"]}


def datasets_combined(torch):
    """Joined, cut into parts by numbers and by shares, picked from, and run over."""
    torch.manual_seed(3)
    u, words = torch.utils.data, _words(torch, 10)
    a, b = u.random_split(words, [7, 3])
    shares = u.random_split(words, [0.5, 0.3, 0.2], generator=torch.Generator().manual_seed(0))
    joined = u.ConcatDataset([_words(torch, 2), _words(torch, 3)])
    return {"parts": [list(a.indices), list(b.indices)], "shares": [list(s.indices) for s in shares],
            "joined": joined[3]["y"],
            "last": joined[-1]["y"], "sum": len(_words(torch, 2) + _words(torch, 1)),
            "subset": u.Subset(words, [4, 0])[0]["y"],
            "all": [x["y"] for x in _words(torch, 3)], "refused": outcome(lambda: u.random_split(words, [7, 4]))}


def streams(torch):
    """A dataset that can only be run through."""
    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            return iter(range(7))

    loader = torch.utils.data.DataLoader(Stream(), batch_size=3)
    return {"batches": list(loader), "again": [batch.sum().item() for batch in loader],
            "length": outcome(lambda: len(loader))}


def collated(torch):
    """default_collate of numbers, pairs, dicts and arrays, and of shapes that differ."""
    import numpy as np

    collate = torch.utils.data.default_collate
    return {"numbers": collate([1, 2]), "reals": collate([1.0, 2.5]), "pairs": collate([(1, 2.0), (3, 4.0)]),
            "dicts": collate([{"a": 1.0}, {"a": 2.0}]), "arrays": collate([np.ones(2), np.zeros(2)]),
            "words": collate(["a", "b"]),
            "tensors": collate([torch.ones(2), torch.zeros(2)]),
            "unequal": outcome(lambda: collate([torch.ones(2), torch.ones(3)]))}


def padded_batches(torch):
    """A collate_fn that pads, and lengths that sort."""
    from functools import partial

    rows = [torch.arange(n) for n in (3, 1, 4, 2)]
    pad = partial(torch.nn.utils.rnn.pad_sequence, batch_first=True, padding_value=-1)
    loader = torch.utils.data.DataLoader(rows, batch_size=2, collate_fn=lambda batch: (pad(batch),
                                                                                       torch.tensor([len(x) for x in batch])))
    return {"batches": list(loader), "sorted": pad(sorted(rows, key=len, reverse=True))}
