"""Mixed precision, as programs switch it on: without a GPU PyTorch leaves it out, and so does this."""

from __future__ import annotations

import contextlib
from typing import Any


class autocast(contextlib.ContextDecorator):
    """Inside, PyTorch computes products on a GPU in 16 bits. Here all is computed in the dtype that it has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *error: object) -> None:
        pass


class GradScaler:
    """Scales the loss so that 16 bits can hold its gradients; without them there is nothing to scale."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def scale(self, loss: Any) -> Any:
        return loss

    def unscale_(self, optimizer: Any) -> None:
        pass

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        pass

    def get_scale(self) -> float:
        return 1.0

    def is_enabled(self) -> bool:
        return False

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state_dict: Any) -> None:
        pass
