"""Data sets, batches, padding, and files."""

import os
import tempfile

from . import refused


def own_dataset(torch):
    """A Dataset of one's own in a DataLoader: default collate makes tensors of numbers, tuples and dicts."""
    data = torch.utils.data

    class Squares(data.Dataset):
        def __len__(self):
            return 5

        def __getitem__(self, i):
            return {"x": torch.tensor([i, i + 0.5]), "y": i * i, "w": i / 2, "word": "abcde"[i], "pair": (i, float(i))}

    batches = list(data.DataLoader(Squares(), batch_size=2))
    return {"len": len(batches), "first": batches[0], "last": batches[-1],
            "dataset": len(data.DataLoader(Squares(), batch_size=2).dataset)}


def tensor_dataset(torch):
    """TensorDataset with batch_size and drop_last; one item; sizes that do not fit."""
    data = torch.utils.data
    x, y = torch.arange(10.0).view(5, 2), torch.arange(5)
    ds = data.TensorDataset(x, y)
    loader = data.DataLoader(ds, batch_size=2, drop_last=True)
    seen = [(xb.shape, yb.tolist()) for xb, yb in loader]
    xb, yb = next(iter(data.DataLoader(ds, batch_size=3)))
    return {"item": ds[1], "slice": ds[1:3], "len": [len(ds), len(loader), len(data.DataLoader(ds, batch_size=2))],
            "seen": seen, "xb": xb, "yb": yb, "kind": refused(lambda: data.TensorDataset(x, y[:3])),
            "single": [b[1] for b in data.DataLoader(ds)][:2]}


def shuffled_by_seed(torch):
    """shuffle=True draws its order from the global seed, or from a generator; every epoch another."""
    data = torch.utils.data
    ds = data.TensorDataset(torch.arange(7))
    torch.manual_seed(0)
    loader = data.DataLoader(ds, batch_size=3, shuffle=True)
    epochs = [[b.tolist() for b, in loader] for _ in range(2)]
    after = torch.rand(1)
    own = data.DataLoader(ds, batch_size=7, shuffle=True, generator=torch.Generator().manual_seed(5))
    return {"epochs": epochs, "after": after, "own": [b for b, in own] + [b for b, in own]}


def loader_leaves_the_seed_alone(torch):
    """A loader draws one number for its seed even when it does not shuffle, so that what follows differs."""
    data = torch.utils.data
    torch.manual_seed(1)
    without = torch.rand(2)
    torch.manual_seed(1)
    for _ in data.DataLoader(data.TensorDataset(torch.arange(4)), batch_size=2):
        pass
    return {"without": without, "with": torch.rand(2)}


def own_collate(torch):
    """A list as a dataset, and a collate_fn that pads sentences and sorts them by length."""
    sentences = [([1, 2, 3], 0), ([4], 1), ([5, 6], 1), ([7, 8, 9, 10], 0)]

    def collate(batch):
        batch = sorted(batch, key=lambda item: len(item[0]), reverse=True)
        ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(s) for s, _ in batch], batch_first=True, padding_value=0)
        return ids, torch.tensor([len(s) for s, _ in batch]), torch.tensor([y for _, y in batch])

    torch.manual_seed(2)
    loader = torch.utils.data.DataLoader(sentences, batch_size=2, shuffle=True, collate_fn=collate)
    return {"batches": [list(b) for b in loader], "mask": [(ids != 0).sum(1) for ids, _, _ in loader]}


def random_parts(torch):
    """random_split by sizes and by fractions, with a generator; a Subset keeps indices."""
    data = torch.utils.data
    ds = list("abcdefghij")
    train, valid = data.random_split(ds, [8, 2], generator=torch.Generator().manual_seed(42))
    torch.manual_seed(3)
    a, b, c = data.random_split(range(10), [0.5, 0.3, 0.2])
    return {"train": [train[i] for i in range(len(train))], "valid": list(valid.indices),
            "fractions": [list(a.indices), list(b), list(c)], "subset": [x for x in data.Subset(ds, [3, 1])],
            "kind": refused(lambda: data.random_split(ds, [8, 3]))}


def samplers(torch):
    """WeightedRandomSampler, SubsetRandomSampler and a BatchSampler of one's own; ConcatDataset."""
    data = torch.utils.data
    ds = data.TensorDataset(torch.arange(6) * 10)
    torch.manual_seed(4)
    weighted = data.WeightedRandomSampler([0.0, 0.0, 1.0, 3.0, 0.0, 0.0], num_samples=6)
    subset = data.SubsetRandomSampler([1, 3, 5])
    both = data.ConcatDataset([ds, ds])
    return {"weighted": [x for x, in data.DataLoader(ds, batch_size=3, sampler=weighted)], "subset": list(subset),
            "concat": [len(both), both[7][0]], "batches": [x for x, in data.DataLoader(ds, batch_sampler=[[0, 5], [2]])],
            "order": list(data.SequentialSampler(ds)),
            "both": refused(lambda: data.DataLoader(ds, shuffle=True, sampler=subset))}


def iterated_by_hand(torch):
    """iter and next over a loader, enumerate with a break, an IterableDataset."""
    data = torch.utils.data

    class Stream(data.IterableDataset):
        def __iter__(self):
            yield from range(5)

    loader = data.DataLoader(torch.arange(6), batch_size=4)
    it = iter(loader)
    first, second = next(it), next(it)
    try:
        next(it)
        end = "more"
    except StopIteration:
        end = "end"
    counts = [i for i, batch in enumerate(loader) if batch.sum() > 6]
    return {"first": first, "second": second, "end": end, "counts": counts,
            "stream": list(data.DataLoader(Stream(), batch_size=2))}


def padding_and_packing(torch):
    """pad_sequence time first by default; pack and pad again; PackedSequence's order."""
    rnn = torch.nn.utils.rnn
    a, b, c = torch.tensor([1, 2]), torch.tensor([3, 4, 5, 6]), torch.tensor([7])
    time_first, batch_first = rnn.pad_sequence([a, b, c]), rnn.pad_sequence([a, b, c], batch_first=True, padding_value=-1)
    packed = rnn.pack_padded_sequence(batch_first.float().unsqueeze(-1), [2, 4, 1], batch_first=True, enforce_sorted=False)
    out, lengths = rnn.pad_packed_sequence(packed, batch_first=True, total_length=5)
    return {"time_first": time_first, "batch_first": batch_first, "data": packed.data, "sizes": packed.batch_sizes,
            "sorted": packed.sorted_indices, "out": out.squeeze(-1), "lengths": lengths,
            "sequence": rnn.pack_sequence([b, a, c]).data}


def saved_and_loaded(torch):
    """A checkpoint of a model, an optimizer and numbers, saved and loaded; training goes on alike."""
    torch.manual_seed(5)
    model, other = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    optimizer, again = torch.optim.Adam(model.parameters(), lr=0.1), torch.optim.Adam(other.parameters(), lr=0.5)
    model(torch.ones(2, 2)).sum().backward()
    optimizer.step()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "checkpoint.pt")
        torch.save({"epoch": 3, "model": model.state_dict(), "optimizer": optimizer.state_dict(), "best": 0.25}, path)
        checkpoint = torch.load(path)
    other.load_state_dict(checkpoint["model"])
    again.load_state_dict(checkpoint["optimizer"])
    for m, o in ((model, optimizer), (other, again)):
        o.zero_grad()
        m(torch.tensor([[1.0, 2.0]])).sum().backward()
        o.step()
    return {"epoch": checkpoint["epoch"], "best": checkpoint["best"], "keys": list(checkpoint["model"]), "a": model.weight,
            "b": other.weight}


def tensors_in_files(torch):
    """A tensor, a list and a dict of tensors of several dtypes, saved and loaded with map_location."""
    things = {"ids": torch.tensor([[1, 2]]), "mask": torch.tensor([True, False]), "x": torch.tensor([0.5], dtype=torch.float64),
              "list": [torch.zeros(2), 3, "a"], "tuple": (1, 2.5), "none": None}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "things.pth")
        torch.save(things, path)
        loaded = torch.load(path, map_location=torch.device("cpu"))
        torch.save(torch.arange(3.0), path)
        single = torch.load(path, map_location="cpu", weights_only=True)
    return {"loaded": loaded, "single": single, "tuple": isinstance(loaded["tuple"], tuple)}


def vector_of_parameters(torch):
    """parameters_to_vector and back, and the norm of all gradients by stack."""
    utils = torch.nn.utils
    torch.manual_seed(6)
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 1))
    vector = utils.parameters_to_vector(model.parameters())
    utils.vector_to_parameters(torch.arange(9.0), model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    total = torch.norm(torch.stack([torch.norm(p.grad.detach(), 2) for p in model.parameters()]), 2)
    return {"vector": vector, "weight": model[1].weight, "total": total,
            "same": torch.allclose(total, utils.clip_grad_norm_(model.parameters(), 1.0))}


def whole_epoch(torch):
    """A training loop over a loader with validation: losses weighted by the batch's size, accuracy."""
    nn, data = torch.nn, torch.utils.data
    torch.manual_seed(7)
    x = torch.randn(20, 2)
    train, valid = data.random_split(data.TensorDataset(x, (x[:, 0] > x[:, 1]).long()), [14, 6])
    model, criterion = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2)), nn.CrossEntropyLoss()
    optimizer, history = torch.optim.Adam(model.parameters(), lr=0.05), []
    for _ in range(3):
        total = 0.0
        for xb, yb in data.DataLoader(train, batch_size=4, shuffle=True):
            optimizer.zero_grad()
            loss = criterion(model(xb), yb)
            loss.backward()
            optimizer.step()
            total += loss.item() * xb.size(0)
        with torch.no_grad():
            hits = sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in data.DataLoader(valid, batch_size=6))
        history.append((total / len(train), hits / len(valid)))
    return history
