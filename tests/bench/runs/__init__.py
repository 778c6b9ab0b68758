"""Whole runs: from the same weights, over the same batches, until a model is good, in tinydawn and in PyTorch."""
