"""Training steps that people run: the steps of public course programs, each written for tinydawn and for PyTorch."""
