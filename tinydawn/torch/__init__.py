"""PyTorch's spelling of what tinydawn has."""
