"""torch.nn.modules: the same layers."""

from __future__ import annotations

from typing import Any

from . import module


def __getattr__(name: str) -> Any:
    from ... import nn

    return getattr(nn, name)
