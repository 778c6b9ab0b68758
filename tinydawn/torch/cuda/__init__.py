"""Whether a GPU is there, and what programs ask of one. Arrays go to it by CuPy: see tinydawn.use_backend."""

from __future__ import annotations

from typing import Any

from ...backend import module_of
from ...errors import DeviceError
from ..absent import answer
from ..making import ByteTensor, FloatTensor, LongTensor, manual_seed
from . import amp


def device_count() -> int:
    """How many GPUs CuPy finds; 0 without CuPy."""
    try:
        return int(module_of("cuda").cuda.runtime.getDeviceCount())
    except DeviceError:
        return 0


def is_available() -> bool:
    """Whether there is a GPU that CuPy can use."""
    return device_count() > 0


def is_bf16_supported() -> bool:
    """NumPy and CuPy have no bfloat16."""
    return False


def current_device() -> int:
    return 0


def synchronize(device: Any = None) -> None:
    """Wait for the GPU."""
    if is_available():
        module_of("cuda").cuda.Device().synchronize()


def manual_seed_all(seed: int) -> None:
    manual_seed(seed)


def set_device(device: Any) -> None:
    """There is one device."""


def empty_cache() -> None:
    """Nothing is cached here."""


__all__ = ["ByteTensor", "FloatTensor", "LongTensor", "amp", "current_device", "device_count", "empty_cache", "is_available",
           "is_bf16_supported", "manual_seed", "manual_seed_all", "set_device", "synchronize"]
__getattr__ = answer("torch.cuda", globals())
