"""The multi-layer perceptron: linear maps with a bend between them, plain or with a
way around every layer.

Sources: Rumelhart, Hinton and Williams 1986; He et al. 2016 (residual layers). B batch, D inputs,
H hidden units, C outputs.
"""

from __future__ import annotations

import functools
import itertools
from typing import Annotated, Any

import tinydawn as td
from tinydawn import nn
from tinydawn.checks import Share, Sizes, word
from tinydawn.errors import ShapeError, message

ACTIVATIONS = {"tanh": td.tanh, "sigmoid": td.sigmoid, "relu": td.relu, "linear": lambda x: x}
Activation = Annotated[str, functools.partial(word, known=tuple(ACTIVATIONS))]


class MLP(nn.Module):
    """Layers of sizes[0] -> sizes[1] -> ... -> sizes[-1]; the last one is linear and gives logits.

        h = f(W h + b),  or with residual, where the width stays the same,  h = h + f(W h + b)

    activation  f: "tanh", "sigmoid", "relu", or "linear" for none, with which the whole
                network is one linear map
    residual    add what went into a hidden layer to what comes out; all hidden
                layers must have one width
    dropout     share of the hidden units that is dropped while training (default 0)

    The derivative of h + f(W h + b) is the identity plus that of f(W h + b): however deep the
    network, one way back to its input multiplies nothing.

    Raises ShapeError for fewer than two sizes, or residual layers of different widths; DTypeError
    for another activation.
    """

    def __init__(
        self,
        sizes: Sizes,
        activation: Activation = "tanh",
        residual: bool = False,
        dropout: Share = 0.0,
    ) -> None:
        if len(sizes) < 2:
            raise ShapeError(message(
                f"MLP: sizes {sizes}", fix="at least the inputs and the outputs, as [2, 16, 3]"))
        if residual and len(set(sizes[1:-1])) > 1:
            raise ShapeError(message(
                f"MLP: residual layers of widths {sizes[1:-1]}",
                fix="one width: what goes around a layer is added to what comes out of it"))
        self.activation = activation
        self.residual = residual
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in itertools.pairwise(sizes)])
        self.dropout = nn.Dropout(dropout)

    def hidden(self, x: Any) -> list[td.Tensor]:
        """What comes out of each hidden layer, (B, H) each, for x (B, D)."""
        f = ACTIVATIONS[self.activation]
        states = []
        for i, layer in enumerate(list(self.layers)[:-1]):
            new = self.dropout(f(layer(x)))  # (B, H)
            around = self.residual and i > 0  # the first layer changes the width: nothing to add
            x = x + new if around else new  # (B, H)
            states.append(x)
        return states

    def forward(self, x: Any) -> td.Tensor:
        """x (B, D) -> logits (B, C)."""
        return list(self.layers)[-1]([x, *self.hidden(x)][-1])  # (B, C)
