"""The fused kernels, one file each beside its plain twin: fuse.py says what that means. Layers call them; users need not."""
