"""torch.autograd.graph: the graph as `x.grad_fn` and `next_functions` show it."""

from __future__ import annotations

from typing import Any

from ...graph import Node
from .function import Context

# Where PyTorch's name is not the op's own with a capital.
_NAMES = {"matmul": "Mm", "getitem": "Index", "reshape": "View", "broadcast_to": "Expand", "astype": "ToCopy", "transpose": "T"}


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
        return _NAMES.get(name, "".join(part.capitalize() for part in name.split("_"))) + "Backward0"

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
