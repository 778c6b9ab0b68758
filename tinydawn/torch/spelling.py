"""PyTorch's names for the arguments of tinydawn's functions: dim= for axis=, keepdim= for keepdims=."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..checks import PYTORCHS as NAMES


def spelled(function: Callable[..., Any], **more: str) -> Callable[..., Any]:
    """`function`, which also takes its keyword arguments by PyTorch's names: those above, and `more`, as input="x"."""
    names = {**NAMES, **more}
    function = getattr(function, "plain", function)  # without the one around it that explains these names

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **{names.get(k, k): v for k, v in kwargs.items()}) if kwargs else function(*args)

    return called
