"""Of a training, the epoch that was best on the dev sentences is kept."""

from __future__ import annotations

import math

import numpy as np

from tinydawn import nn


class BestEpoch:
    """The weights of a model at its best epoch; of epochs with the same score, the first.

    best = BestEpoch(model)
    for epoch in range(epochs):
        ...                                          # train
        best.consider(accuracy on the dev sentences)
    best.restore()
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.score = -math.inf
        self.weights: dict[str, np.ndarray] = {}

    def consider(self, score: float) -> None:
        """Keep the weights as they are now, if no epoch before had such a score."""
        if score > self.score:
            self.score = score
            self.weights = {name: x.numpy().copy() for name, x in self.model.state_dict().items()}

    def restore(self) -> None:
        """Go back to the best epoch."""
        self.model.load_state_dict(self.weights)
