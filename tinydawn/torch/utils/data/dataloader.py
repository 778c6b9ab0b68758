"""DataLoader: batches of a data set, made in this process."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar

import numpy as np

from .... import shaping
from ....backend import xp_of
from ....checks import is_whole
from ....errors import DTypeError, OptionError, ShapeError, message
from ....tensor import Tensor
from ...generator import Generator
from .dataset import IterableDataset, TensorDataset
from .sampler import BatchSampler, RandomSampler, SequentialSampler, seed_of

T_co = TypeVar("T_co", covariant=True)


class DataLoader(Generic[T_co]):
    """What goes through a data set in batches, anew for each `for` loop.

    dataset        has items and a length, or is an IterableDataset
    batch_size     items in a batch (default 1); None: the items themselves, no batches
    shuffle        in random order
    sampler        the order, in place of shuffle: gives numbers of items
    batch_sampler  in place of batch_size, shuffle, sampler and drop_last: gives lists of numbers
    collate_fn     makes a batch of a list of items; by default default_collate
    drop_last      leave out a last batch that is shorter
    generator      for the random order

    num_workers may be given, but all is done in this process; what else PyTorch takes has no effect. Each pass draws a number
    that would be the workers' seed, as PyTorch does, also where there are none.
    """

    def __init__(self, dataset: Any, batch_size: int | None = 1, shuffle: bool | None = None,
                 sampler: Iterable[Any] | None = None, batch_sampler: Iterable[list[Any]] | None = None, num_workers: int = 0,
                 collate_fn: Callable[[list[Any]], Any] | None = None, pin_memory: bool = False, drop_last: bool = False,
                 timeout: float = 0, worker_init_fn: Any = None, multiprocessing_context: Any = None,
                 generator: Generator | None = None, **others: Any) -> None:
        if unknown := set(others) - {"prefetch_factor", "persistent_workers", "pin_memory_device", "in_order"}:
            raise DTypeError(message(f"DataLoader: no argument {', '.join(sorted(unknown))}", fix="see help(DataLoader)"))
        if num_workers > 0:
            warnings.warn(f"DataLoader: num_workers={num_workers}, but batches are made in this process", stacklevel=2)
        self._items_in_order_only = isinstance(dataset, IterableDataset)
        if self._items_in_order_only and (shuffle or sampler is not None or batch_sampler is not None):
            raise OptionError(message("DataLoader: an IterableDataset has the order it has",
                                      fix="without shuffle, sampler, batch_sampler; shuffle inside its __iter__"))
        if sampler is not None and shuffle:
            raise OptionError(message("DataLoader: a sampler, and shuffle", fix="one of the two: the sampler gives the order"))
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise OptionError(message("DataLoader: a batch_sampler, and batch_size, shuffle, sampler or drop_last",
                                      fix="the batch_sampler alone: it says what is in each batch"))
        if batch_size is None and drop_last:
            raise OptionError(message("DataLoader: batch_size=None and drop_last", fix="a batch_size"))
        if batch_size is not None and (not is_whole(batch_size) or batch_size <= 0):
            raise OptionError(message(f"DataLoader: batch_size is {batch_size!r}", fix="1 or more"))
        self.dataset, self.num_workers, self.pin_memory, self.drop_last = dataset, num_workers, pin_memory, drop_last
        self.timeout, self.worker_init_fn, self.multiprocessing_context = timeout, worker_init_fn, multiprocessing_context
        self.generator = generator
        if sampler is None and not self._items_in_order_only and batch_sampler is None:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        self.sampler: Any = sampler
        if batch_sampler is not None:
            batch_size = None
        elif batch_size is not None and sampler is not None:
            batch_sampler = BatchSampler(sampler, batch_size, bool(drop_last))
        self.batch_size, self.batch_sampler = batch_size, batch_sampler
        batched = batch_size is not None or batch_sampler is not None
        self.collate_fn = collate_fn if collate_fn is not None else default_collate if batched else default_convert

    def __iter__(self) -> Iterator[Any]:
        seed_of(self.generator)  # drawn at once, not at the first batch, and before the order
        return self._batches()

    def _batches(self) -> Iterator[Any]:
        if self._items_in_order_only:
            items = iter(self.dataset)
            if self.batch_size is None:
                yield from map(self.collate_fn, items)
            else:
                while batch := list(islice(items, self.batch_size)):
                    if len(batch) < self.batch_size and self.drop_last:
                        return
                    yield self.collate_fn(batch)
        elif self.batch_sampler is None:
            for i in self.sampler:
                yield self.collate_fn(self.dataset[i])
        else:
            all_at_once = getattr(self.dataset, "__getitems__", None)  # a data set that prefers to fetch a batch together
            stacked = type(self.dataset) is TensorDataset and self.collate_fn is default_collate
            for indices in self.batch_sampler:
                if stacked:  # the rows need not be taken out one by one, to be put together again
                    yield list(self.dataset[list(indices)])
                else:
                    yield self.collate_fn(all_at_once(indices) if all_at_once else [self.dataset[i] for i in indices])

    def __len__(self) -> int:
        if not self._items_in_order_only:
            return len(self.sampler if self.batch_sampler is None else self.batch_sampler)  # type: ignore[arg-type]
        items = len(self.dataset)
        if self.batch_size is None:
            return items
        return items // self.batch_size if self.drop_last else -(-items // self.batch_size)


def default_collate(batch: Sequence[Any]) -> Any:
    """A batch of a list of items: Tensors and arrays are stacked, of numbers a Tensor is made, text stays text; tuples, lists
    and dicts are collated part by part. Python floats become float64.

    >>> default_collate([(1, "a"), (2, "b")])
    [tensor([1, 2]), ('a', 'b')]
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return _stack(list(batch))
    if isinstance(first, (np.ndarray, np.generic)) and first.dtype.kind in "fiub":
        return Tensor(np.stack([np.asarray(item) for item in batch]))
    if isinstance(first, (bool, int, float)):
        kind: Any = np.float64 if isinstance(first, float) else np.bool_ if isinstance(first, bool) else np.int64
        return Tensor(np.array(batch, kind))
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        return _like(first, {key: default_collate([item[key] for item in batch]) for key in first})
    if isinstance(first, (tuple, list)):
        if any(len(item) != len(first) for item in batch):
            raise ShapeError(message(f"default_collate: items of {', '.join(str(len(item)) for item in batch[:8])} parts",
                                     fix="items with as many parts each; or a collate_fn that pads"))
        return _rebuilt(first, [default_collate(parts) for parts in zip(*batch, strict=True)])
    raise DTypeError(message(f"default_collate: an item is a {type(first).__name__}",
                             fix="Tensors, arrays, numbers, text, tuples and dicts of these; or a collate_fn of your own"))


def _stack(parts: list[Any]) -> Tensor:
    """shaping.stack, which takes a dozen times as long, because it can be recorded."""
    if any(not isinstance(x, Tensor) or x.requires_grad or x.shape != parts[0].shape for x in parts):
        return shaping.stack(parts, 0)
    arrays = [x.array for x in parts]
    return Tensor(xp_of(*arrays).stack(arrays))


def default_convert(item: Any) -> Any:
    """An item as it is, but its arrays as Tensors: for a DataLoader without batches."""
    if isinstance(item, (np.ndarray, np.generic)) and item.dtype.kind in "fiub":
        return Tensor(np.asarray(item))
    if isinstance(item, Mapping):
        return _like(item, {key: default_convert(part) for key, part in item.items()})
    if isinstance(item, tuple) and not hasattr(item, "_fields"):
        return [default_convert(part) for part in item]
    if isinstance(item, (tuple, list)):
        return _rebuilt(item, [default_convert(part) for part in item])
    return item


def _rebuilt(first: Any, parts: list[Any]) -> Any:
    """A named tuple of the parts where the item was one, else a list."""
    return type(first)(*parts) if isinstance(first, tuple) and hasattr(first, "_fields") else parts


def _like(first: Any, parts: dict[Any, Any]) -> Any:
    """The dict in the class of the item, where that can be made of a dict."""
    try:
        return type(first)(parts)
    except TypeError:
        return parts


def get_worker_info() -> None:
    """None: there are no workers."""
    return None
