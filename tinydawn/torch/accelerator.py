"""torch.accelerator: the device that is not the processor, if there is one."""

from __future__ import annotations

from . import cuda
from .cuda import device_count, is_available, synchronize
from .dtypes import device


def current_accelerator(check_available: bool = False) -> device | None:
    """The GPU, or None."""
    return device("cuda") if cuda.is_available() else None


__all__ = ["current_accelerator", "device_count", "is_available", "synchronize"]
