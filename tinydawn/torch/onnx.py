"""torch.onnx: programs import it and rarely use it."""

from __future__ import annotations

from typing import Any, NoReturn

from ..errors import StateError, message


def export(*args: Any, **kwargs: Any) -> NoReturn:
    raise StateError(message("torch.onnx.export: there is no ONNX here",
                             fix="torch.save(model.state_dict(), path), and export from PyTorch, which loads it"))
