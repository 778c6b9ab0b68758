"""torch.multiprocessing: Python's own, without what shares Tensors. Programs import it for several GPUs."""

from __future__ import annotations

import multiprocessing
from typing import Any, NoReturn

from ..errors import DeviceError, message


def spawn(*args: Any, **kwargs: Any) -> NoReturn:
    raise DeviceError(message("torch.multiprocessing.spawn: several processes are not to be had under PyTorch's names",
                              fix="run in one process; or train with tinydawn.distributed, over MPI"))


def __getattr__(name: str) -> Any:
    return getattr(multiprocessing, name)
