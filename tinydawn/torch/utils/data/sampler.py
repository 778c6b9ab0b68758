"""In which order the items of a data set are taken, with the random numbers that PyTorch draws for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

import numpy as np

from .... import random
from ....backend import to_host
from ....checks import is_whole
from ....errors import DTypeError, OptionError, ShapeError, message
from ....tensor import Tensor
from ...generator import Generator

T_co = TypeVar("T_co", covariant=True)


def stream(generator: Generator | None) -> Generator:
    """This generator, or the one of all, which torch.manual_seed sets."""
    return random.source if generator is None else generator


def seed_of(generator: Generator | None) -> int:
    """A whole number of 63 bits, drawn to start another generator from."""
    return int(stream(generator).random(()))


def permutation(n: int, generator: Generator | None) -> Any:
    """The numbers below n in random order."""
    return stream(generator).permutation(n)


class Sampler(Generic[T_co]):
    """To be derived from: __iter__() gives the numbers of the items to be taken, __len__() says how many."""

    def __init__(self, data_source: Any = None) -> None:
        pass

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(message(f"{type(self).__name__}: it has no order", fix="write __iter__(self)"))


class SequentialSampler(Sampler[int]):
    """From the first item to the last."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """In random order: each item once, or, with replacement, num_samples draws, each out of all.

    Without a generator every pass has one of its own, started from a number drawn from the one of all.
    """

    def __init__(self, data_source: Sized, replacement: bool = False, num_samples: int | None = None,
                 generator: Generator | None = None) -> None:
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        self._num_samples = num_samples
        if not isinstance(replacement, bool):
            raise DTypeError(message(f"RandomSampler: replacement is a {type(replacement).__name__}", fix="True or False"))
        if not is_whole(self.num_samples) or self.num_samples <= 0:
            raise OptionError(message(f"RandomSampler: num_samples is {self.num_samples!r}",
                                      fix="1 or more, and by default all items of a data set that is not empty"))

    @property
    def num_samples(self) -> int:
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        n, wanted = len(self.data_source), self.num_samples
        generator = self.generator if self.generator is not None else Generator().manual_seed(seed_of(None))
        if self.replacement:  # 32 at a time: num_samples may be more than anybody will ask for
            for done in range(0, wanted, 32):
                yield from generator.integers(0, n, min(32, wanted - done)).tolist()
            return
        for _ in range(wanted // n):
            yield from generator.permutation(n).tolist()
        if wanted % n or self.generator is not None:  # from a generator of others drawn even if none of it is asked for
            yield from generator.permutation(n).tolist()[:wanted % n]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """These items, in random order."""

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices, self.generator = indices, generator

    def __iter__(self) -> Iterator[int]:
        return (self.indices[i] for i in permutation(len(self.indices), self.generator).tolist())

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """num_samples draws, in which item i has a probability in proportion to weights[i]."""

    def __init__(self, weights: Any, num_samples: int, replacement: bool = True, generator: Generator | None = None) -> None:
        values = to_host(weights.array) if isinstance(weights, Tensor) else list(weights)
        self.weights = Tensor(np.array(values, np.float64))
        if not is_whole(num_samples) or num_samples <= 0:
            raise OptionError(message(f"WeightedRandomSampler: num_samples is {num_samples!r}", fix="1 or more"))
        if not isinstance(replacement, bool):
            raise DTypeError(message(f"WeightedRandomSampler: replacement is a {type(replacement).__name__}",
                                     fix="True or False"))
        if self.weights.ndim != 1:
            raise ShapeError(message(f"WeightedRandomSampler: weights of shape {self.weights.shape}", fix="one for each item"))
        self.num_samples, self.replacement, self.generator = num_samples, replacement, generator

    def __iter__(self) -> Iterator[int]:
        drawn = stream(self.generator).multinomial(to_host(self.weights.array), self.num_samples, self.replacement)
        return iter(drawn.tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Lists of batch_size numbers of another sampler; the last may be shorter, or is left out with drop_last."""

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool = False) -> None:
        if not is_whole(batch_size) or batch_size <= 0:
            raise OptionError(message(f"BatchSampler: batch_size is {batch_size!r}", fix="1 or more"))
        if not isinstance(drop_last, bool):
            raise OptionError(message(f"BatchSampler: drop_last is a {type(drop_last).__name__}", fix="True or False"))
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        batch: list[int] = []
        for i in self.sampler:
            batch.append(i)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch

    def __len__(self) -> int:
        items = len(self.sampler)  # type: ignore[arg-type]
        return items // self.batch_size if self.drop_last else -(-items // self.batch_size)
