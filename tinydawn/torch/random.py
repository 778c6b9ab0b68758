"""torch.random: the common generator, and a block in which it may be used without a trace."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from .making import default_generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state


@contextlib.contextmanager
def fork_rng(devices: Any = None, enabled: bool = True) -> Iterator[None]:
    """Within it the generator may be seeded and drawn from; afterwards it stands where it stood."""
    state = get_rng_state()
    yield
    if enabled:
        set_rng_state(state)


__all__ = ["default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state"]
