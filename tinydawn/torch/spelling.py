"""PyTorch's names for the arguments of tinydawn's functions: dim= for axis=, keepdim= for keepdims=."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

NAMES = {"dim": "axis", "keepdim": "keepdims", "dim0": "axis0", "dim1": "axis1", "start_dim": "start_axis", "end_dim": "end_axis"}


def spelled(function: Callable[..., Any], **more: str) -> Callable[..., Any]:
    """`function`, which also takes its keyword arguments by PyTorch's names: those above, and `more`, as input="x"."""
    names = {**NAMES, **more}

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **{names.get(k, k): v for k, v in kwargs.items()}) if kwargs else function(*args)

    return called
