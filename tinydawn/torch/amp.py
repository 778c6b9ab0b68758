"""torch.amp: see cuda/amp.py."""

from .cuda.amp import GradScaler, autocast

__all__ = ["GradScaler", "autocast"]
