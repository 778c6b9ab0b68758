"""torch.autograd.graph: the graph as `x.grad_fn` and `next_functions` show it."""

from __future__ import annotations

import math
from typing import Any

from ...graph import Node
from .function import Context

# Where PyTorch's name is not the op's own with a capital.
_NAMES = {"matmul": "Mm", "getitem": "Index", "reshape": "View", "broadcast_to": "Expand", "astype": "ToCopy", "transpose": "T",
          "cross_entropy": "NllLoss", "layer_norm": "NativeLayerNorm"}


def _called(node: Node) -> str:
    """PyTorch's name of the function that a node stands for: there several, by the arguments, are one op here."""
    name, settings, shape = node.op.name if node.op else "", node.settings, node.shape
    before = node.parents[0].shape if node.parents and node.parents[0] is not None else None  # of the first argument
    if name == "sum":
        return "SumBackward0" if settings.get("axis") is None else "SumBackward1"
    if name == "amax" and settings.get("axis") is None:
        return "MaxBackward1"
    if name == "linear":
        return "AddmmBackward0" if len(node.parents) > 2 and node.parents[2] is not None else "MmBackward0"
    if name == "matmul" and len(shape) != 2:
        return {0: "DotBackward0", 1: "MvBackward0"}.get(len(shape), "BmmBackward0")
    if name == "permute" and sum(i != axis for i, axis in enumerate(settings["axes"])) == 2:
        return "TransposeBackward0"
    if name == "getitem":
        index = settings.get("index")
        kinds = {type(i) for i in (index if isinstance(index, tuple) else (index,))}
        if int in kinds and kinds <= {int, slice, type(None), type(Ellipsis)}:
            return "SelectBackward0"
        if kinds <= {slice, type(Ellipsis)}:
            return "SliceBackward0"
    if name == "div" and before is not None and _is_mean(node):
        return "MeanBackward0" if node.parents[0].settings.get("axis") is None else "MeanBackward1"  # type: ignore[union-attr]
    return _NAMES.get(name, "".join(part.capitalize() for part in name.split("_"))) + "Backward0"


def _is_mean(node: Node) -> bool:
    """Whether a division is that of a sum by how many entries were summed."""
    total: Any = node.parents[0]
    if total.op is None or total.op.name != "sum" or not total.parents or total.parents[0] is None or node.saved is None:
        return False
    counts = math.prod(total.parents[0].shape), math.prod(total.shape)
    return isinstance(node.saved[1], int) and node.saved[1] * counts[1] == counts[0]


class GradFn:
    """A node of the graph under PyTorch's name, such as MulBackward0; of a leaf AccumulateGrad, with its Tensor `variable`."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def name(self) -> str:
        """What PyTorch calls it."""
        if self.node.op is None:
            return "AccumulateGrad"
        name = self.node.op.name
        if isinstance(self.node.settings.get("ctx"), Context):  # of a Function
            return f"{name}Backward"
        return _called(self.node)

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes that made its arguments, each with a number that is 0 here; None for one that needs no gradient."""
        return tuple((None if parent is None else GradFn(parent), 0) for parent in self.node.parents)

    @property
    def variable(self) -> Any:
        """Of a leaf, the Tensor that the gradient goes to."""
        return self.node.tensor() if self.node.op is None else None

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self.node):#x}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GradFn) and other.node is self.node

    def __hash__(self) -> int:
        return hash(self.node)
