"""torch.functional: functions of several Tensors, which programs find in torch itself."""

from .tensors import block_diag, broadcast_tensors, cartesian_prod, einsum, meshgrid

__all__ = ["block_diag", "broadcast_tensors", "cartesian_prod", "einsum", "meshgrid"]
