"""Data sets: what has a length and items, or can only be gone through."""

from __future__ import annotations

import bisect
import itertools
import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from ....errors import DTypeError, IdError, OptionError, ShapeError, message
from ....tensor import Tensor
from ...generator import Generator
from .sampler import permutation

T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """To be derived from: __getitem__(i) gives an item, __len__() says how many there are."""

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(message(f"{type(self).__name__}: it has no items", fix="write __getitem__(self, index)"))

    def __add__(self, other: Dataset[Any]) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co]):
    """To be derived from: __iter__() gives the items one after the other, as of a file that is too long to be kept."""

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(message(f"{type(self).__name__}: it has no items", fix="write __iter__(self)"))

    def __add__(self, other: Dataset[Any]) -> Any:
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Tensors of equal length; item i is the tuple of their rows i."""

    def __init__(self, *tensors: Tensor) -> None:
        if not tensors or any(len(x) != len(tensors[0]) for x in tensors):
            raise ShapeError(message(f"TensorDataset: lengths {', '.join(str(len(x)) for x in tensors)}",
                                     fix="at least one Tensor, and all with as many rows"))
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(x[index] for x in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])


class StackDataset(Dataset[Any]):
    """Data sets of equal length; item i is the tuple of their items i, or, where they have names, the dict of them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise OptionError(message("StackDataset: data sets with names and without, or none", fix="all of one kind"))
        self.datasets: Any = args or kwargs
        lengths = {len(x) for x in (args or kwargs.values())}
        if len(lengths) != 1:
            raise ShapeError(message(f"StackDataset: lengths {sorted(lengths)}", fix="data sets of equal length"))
        self._length = lengths.pop()

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: x[index] for name, x in self.datasets.items()}
        return tuple(x[index] for x in self.datasets)

    def __len__(self) -> int:
        return self._length


class ConcatDataset(Dataset[T_co]):
    """Data sets one after the other; cumulative_sizes says where each one ends."""

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets or any(isinstance(x, IterableDataset) for x in self.datasets):
            raise OptionError(message("ConcatDataset: no data sets, or one that has no items by number",
                                      fix="at least one Dataset; ChainDataset for IterableDatasets"))
        self.cumulative_sizes = list(itertools.accumulate(len(x) for x in self.datasets))

    def __getitem__(self, index: Any) -> Any:
        i = index + len(self) if index < 0 else index
        if not 0 <= i < len(self):
            raise IdError(message(f"ConcatDataset: item {index} of {len(self)}", fix="an index below the length"))
        which = bisect.bisect_right(self.cumulative_sizes, i)
        return self.datasets[which][i - (self.cumulative_sizes[which - 1] if which else 0)]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


class ChainDataset(IterableDataset[Any]):
    """IterableDatasets one after the other."""

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def __iter__(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise DTypeError(message(f"ChainDataset: a {type(dataset).__name__} in it", fix="IterableDatasets only"))
            yield from dataset

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self.datasets)


class Subset(Dataset[T_co]):
    """The items of a data set that `indices` names, in this order."""

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(dataset: Any, lengths: Sequence[int | float], generator: Generator | None = None) -> list[Subset[Any]]:
    """Divide a data set at random into parts of these lengths, or of these fractions of it, which sum to 1.

    What is left after rounding fractions down goes to the parts one by one, from the first on.
    """
    sizes, total = list(lengths), len(dataset)
    if math.isclose(sum(sizes), 1) and sum(sizes) <= 1:
        if any(not 0 <= fraction <= 1 for fraction in sizes):
            raise OptionError(message(f"random_split: fractions {sizes}", fix="each from 0 to 1"))
        sizes = [math.floor(total * fraction) for fraction in sizes]
        for i in range(total - sum(sizes)):  # type: ignore[arg-type]
            sizes[i % len(sizes)] += 1
        if 0 in sizes:
            warnings.warn(f"random_split: part {sizes.index(0)} has no items", stacklevel=2)
    if sum(sizes) != total:
        raise OptionError(message(f"random_split: lengths {sizes} of {total} items",
                                  fix="lengths that sum to that of the data set, or fractions that sum to 1"))
    order = permutation(total, generator).tolist()
    ends = list(itertools.accumulate(sizes))
    return [Subset(dataset, order[end - size:end]) for end, size in zip(ends, sizes, strict=True)]
