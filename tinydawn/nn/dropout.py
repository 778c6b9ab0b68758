"""Dropout, of entries and of whole channels."""

from __future__ import annotations

from typing import Literal

from ..checks import Share
from ..tensor import Tensor
from . import functional as F
from .module import Module


class Dropout(Module):
    """While training, drop each entry with probability p; in evaluation do nothing. See F.dropout for `mode`."""

    def __init__(self, p: Share = 0.5, mode: Literal["inverted", "paper"] = "inverted") -> None:
        self.p, self.mode = p, mode

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.p, self.training, self.mode)

    def extra_repr(self) -> str:
        return f"p={self.p}"


class _ChannelDropout(Module):
    def __init__(self, p: Share = 0.5) -> None:
        self.p = p

    def extra_repr(self) -> str:
        return f"p={self.p}"


class Dropout1d(_ChannelDropout):
    """While training, drop each channel of (B, C, L) or (C, L) as a whole. See F.dropout1d."""

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout1d(input, self.p, self.training)


class Dropout2d(_ChannelDropout):
    """While training, drop each channel of (B, C, H, W) as a whole. See F.dropout2d."""

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout2d(input, self.p, self.training)
