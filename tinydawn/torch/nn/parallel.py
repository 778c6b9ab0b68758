"""torch.nn.parallel: programs wrap their model when they find several GPUs. Here is one device."""

from __future__ import annotations

from typing import Any

from ...errors import DeviceError, message
from .layers import DataParallel, Module


class DistributedDataParallel(Module):
    """Several processes are not to be had under PyTorch's names."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise DeviceError(message("DistributedDataParallel: there is one process",
                                  fix="leave it out; or train with tinydawn.distributed, over MPI"))


__all__ = ["DataParallel", "DistributedDataParallel"]
