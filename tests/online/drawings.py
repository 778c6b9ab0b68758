"""Drawings of every kind, to be laid out by two builds of Graphviz."""

from __future__ import annotations

import numpy as np

import tinydawn as td
from tinydawn import nn
from tinydawn.nn import functional as F
from tinydawn.viz import Diagram


def drawings() -> dict[str, Diagram]:
    td.manual_seed(1)
    x, w = td.randn(2, 3, dtype="float64"), td.Tensor(np.linspace(-1, 1, 6).reshape(3, 2), requires_grad=True, name="W")
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).to(td.float64)
    cell, words = nn.GRUCell(4, 5), [td.randn(1, 4) for _ in range(4)]

    def neuron() -> td.Tensor:
        return td.sigmoid(x @ w).sum()

    def steps() -> td.Tensor:
        h = td.zeros(1, 5)
        for t in td.steps(4):
            h = cell(words[t], h)
        return h.sum()

    def loss() -> td.Tensor:
        return F.cross_entropy(model(x), np.array([0, 1], np.int64))

    return {
        "ops": td.draw(neuron, depth="ops", backward=True),
        "modules": td.draw(loss, depth=1, backward=True, legend=True),
        "formulas": td.draw(loss, depth="formula"),
        "steps": td.draw(steps, depth=0, backward=True, values=False, legend=True),
        "chinese": td.draw(neuron, depth="ops", lang="zh", theme="dark", direction="LR"),
        "text": Diagram("digraph { rankdir=LR; a -> b -> c; a -> c [label=\"over\"] }"),
    }
