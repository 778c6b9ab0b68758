"""torch.distributed: programs import it also for one process, and then use none of it."""

from __future__ import annotations

from typing import Any, NoReturn

from ..errors import DeviceError, message


def is_available() -> bool:
    return False


def is_initialized() -> bool:
    return False


def get_rank() -> int:
    return 0


def get_world_size() -> int:
    return 1


def init_process_group(*args: Any, **kwargs: Any) -> NoReturn:
    raise DeviceError(message("torch.distributed: several processes are not to be had under PyTorch's names",
                              fix="run in one process; or train with tinydawn.distributed, over MPI"))


def destroy_process_group() -> None:
    """There is none."""
