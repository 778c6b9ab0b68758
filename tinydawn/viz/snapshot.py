"""A picture of a graph at one moment, as plain data: what the renderers read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..autograd import collect
from ..errors import GraphError, message
from ..graph import Node
from ..nn.module import Module, Parameter
from ..tensor import Tensor


@dataclass(frozen=True)
class Vertex:
    """One node of a drawing.

    kind      "op"; "parameter" (of a model), "input" (another leaf), or "constant"
    label     the op's name, the leaf's name, or the number
    shape     of the output; () for a number
    settings  such as axis=1, as text
    value     of a leaf, as text: at most six numbers, else their mean and norm
    gradient  of a leaf, as text; "not computed" before backward
    """

    kind: str
    label: str
    shape: tuple[int, ...]
    settings: str = ""
    value: str = ""
    gradient: str = ""


@dataclass(frozen=True)
class Edge:
    """From a vertex to the one that uses it as argument number `position`. Two edges for a * a."""

    source: int
    target: int
    position: int


@dataclass
class Snapshot:
    """Vertices in the order of their computation, edges in the order of their arguments."""

    vertices: list[Vertex] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict, repr=False)  # of parameters, by id, while it is taken
    shown: set[Node] = field(default_factory=set, repr=False)  # leaves that have had their value shown


def snapshot(outputs: Tensor | Sequence[Tensor], model: Module | None = None) -> Snapshot:
    """The graph below `outputs`. Take it before backward, which frees the graph, or with retain_graph=True.

    A leaf is one vertex per use, and so is a constant: long arrows to one shared weight make a drawing unreadable, and
    its layout slow. Only at its first use does a leaf carry its value and gradient. With `model`, parameters are named
    by their path in it.
    """
    roots: list[Any] = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    if not roots:
        raise GraphError(message("draw: nothing to draw", fix="pass a Tensor, or a list of Tensors"))
    for root in roots:
        if not isinstance(root, Tensor):
            raise GraphError(message(f"draw: a {type(root).__name__} has no graph", fix="pass a Tensor, or a list of Tensors"))
        if root._node is not None and root._node.released:
            raise GraphError(message(f"draw: the graph of this Tensor of shape {root.shape} was freed by backward()",
                                     fix="draw it before backward, or call backward(retain_graph=True)"))
        if root._node is None:
            raise GraphError(message(f"draw: this Tensor of shape {root.shape} was not recorded, so it has no graph",
                                     fix="compute it from Tensors with requires_grad=True, outside no_grad"))
    shot = Snapshot()
    shot.names.update({id(parameter): name for name, parameter in model.named_parameters()} if model is not None else {})
    place: dict[Node, int] = {}
    for node in collect([root._node for root in roots if root._node is not None]):
        if node.op is None:
            continue
        sources = [_argument(shot, place, node, i) for i in range(len(node.parents))]
        place[node] = len(shot.vertices)
        shot.vertices.append(Vertex("op", node.op.name, node.shape, _settings(node.settings)))
        shot.edges += [Edge(source, place[node], i) for i, source in enumerate(sources)]
    for root in roots:
        assert root._node is not None
        if root._node not in place:  # a leaf by itself
            place[root._node] = len(shot.vertices)
            shot.vertices.append(_leaf(shot, root._node))
        shot.outputs.append(place[root._node])
    return shot


def _argument(shot: Snapshot, place: dict[Node, int], node: Node, i: int) -> int:
    """The vertex that argument i comes from; leaves and constants get a fresh one."""
    parent = node.parents[i]
    if parent is not None and parent.op is not None:
        return place[parent]
    if parent is not None:
        shot.vertices.append(_leaf(shot, parent))
    else:
        saved = node.saved[i]
        shape = getattr(saved, "shape", ())
        label = f"{saved:.4g}" if isinstance(saved, (int, float)) else "constant"
        shot.vertices.append(Vertex("constant", label, tuple(shape)))
    return len(shot.vertices) - 1


def _leaf(shot: Snapshot, node: Node) -> Vertex:
    tensor = node.tensor()
    if tensor is None:
        return Vertex("input", "input", node.shape)
    kind = "parameter" if isinstance(tensor, Parameter) else "input"
    label = shot.names.get(id(tensor)) or tensor.name or kind
    if node in shot.shown:
        return Vertex(kind, label, node.shape)
    shot.shown.add(node)
    gradient = "not computed" if tensor.grad is None else _numbers(tensor.grad.data)
    return Vertex(kind, label, node.shape, value=_numbers(tensor.data), gradient=gradient)


def _numbers(array: Any) -> str:
    """Up to six numbers as they are, more as their mean and norm."""
    if array.size <= 6:
        return ", ".join(f"{x:.4g}" for x in array.reshape(-1).tolist())
    return f"mean {float(array.mean()):.3g}, norm {float((array * array).sum()) ** 0.5:.3g}"


def _settings(settings: dict[str, Any]) -> str:
    """The settings of a call that a reader can read: axes and indices, not arrays."""
    shown = {k: _index(v) if k == "index" else v for k, v in settings.items() if k != "shape" and _readable(v)}
    return ", ".join(f"{k}={v}" for k, v in shown.items() if v is not None and v is not False)


def _readable(x: Any) -> bool:
    parts = x if isinstance(x, tuple) else (x,)
    return all(isinstance(part, (int, float, str, slice, type(None), type(...))) for part in parts)


def _index(index: Any) -> str:
    """As it was written between the brackets: 1:3, 0."""
    return ", ".join(_slice(x) if isinstance(x, slice) else "..." if x is ... else str(x)
                     for x in (index if isinstance(index, tuple) else (index,)))


def _slice(x: slice) -> str:
    ends = ":".join("" if end is None else str(end) for end in (x.start, x.stop))
    return ends if x.step is None else f"{ends}:{x.step}"
