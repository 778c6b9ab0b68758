"""torch.nn.modules.module: where programs sometimes import Module from."""

from ..layers import Module

__all__ = ["Module"]
