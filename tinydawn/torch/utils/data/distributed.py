"""The part of a data set that one of several processes takes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from .... import distributed
from ....errors import OptionError, message
from ...generator import Generator
from .sampler import Sampler


class DistributedSampler(Sampler[int]):
    """Every num_replicas-th item, from the rank-th on, in an order that follows from seed and epoch: see set_epoch.

    All processes take equally many: with drop_last the last items are left out, else the first are taken once more.
    """

    def __init__(self, dataset: Any, num_replicas: int | None = None, rank: int | None = None, shuffle: bool = True,
                 seed: int = 0, drop_last: bool = False) -> None:
        self.num_replicas = distributed.size() if num_replicas is None else num_replicas
        self.rank = distributed.rank() if rank is None else rank
        if not 0 <= self.rank < self.num_replicas:
            raise OptionError(message(f"DistributedSampler: rank {self.rank} of {self.num_replicas} processes",
                                      fix="a rank below num_replicas"))
        self.dataset, self.shuffle, self.seed, self.drop_last, self.epoch = dataset, shuffle, seed, drop_last, 0
        share = len(dataset) / self.num_replicas
        self.num_samples = math.floor(share) if drop_last else math.ceil(share)
        self.total_size = self.num_samples * self.num_replicas

    def __iter__(self) -> Iterator[int]:
        n = len(self.dataset)
        order = list(range(n))
        if self.shuffle:
            order = Generator().manual_seed(self.seed + self.epoch).permutation(n).tolist()
        order = order * max(1, math.ceil(self.total_size / max(1, n)))
        return iter(order[self.rank:self.total_size:self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """To be called before each epoch: without it all have the same order."""
        self.epoch = epoch
