"""What lessons share and what serves their runs: flags, checkpoints, corpora, figures.

The ideas are in the lessons.
"""
