"""What is kept on disk: tensors and checkpoints (safetensors), files written whole or not at all, downloads."""
