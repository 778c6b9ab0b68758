"""td.draw: a computation as a diagram."""

from __future__ import annotations

from collections.abc import Sequence

import graphviz

from ..errors import GraphError, message
from ..nn.module import Module
from ..tensor import Tensor
from .diagram import Diagram, escaped
from .snapshot import Snapshot, Vertex, snapshot

MAX_VERTICES = 1000  # beyond, a layout takes minutes and shows nothing

# Told apart by shape as well as by colour, so that they survive grey print.
STYLES = {
    "op": {"shape": "box", "style": "rounded,filled", "fillcolor": "#E3F0F8", "color": "#0072B2"},
    "parameter": {"shape": "ellipse", "style": "filled", "fillcolor": "#FDE5D2", "color": "#B34700"},
    "input": {"shape": "ellipse", "style": "filled", "fillcolor": "#E9F5E4", "color": "#3C7D22"},
    "constant": {"shape": "plaintext", "fontcolor": "#6B6B6B"},
}


def draw(x: Tensor | Sequence[Tensor], model: Module | None = None, direction: str = "TB", title: str = "") -> Diagram:
    """The graph below a Tensor, or several: every op with its shape, every parameter with its name, value and
    gradient: up to six numbers as they are, more as their mean and norm.

    model      whose parameters are then named by their path: encoder.weight_hh_l0
    direction  "TB" from top to bottom, "LR" from left to right
    title      a line above the drawing

    Draw before `backward()`, which frees the graph, or keep it with retain_graph=True; only then are there gradients to
    show. `with td.unfused():` around the computation shows every primitive in place of a fused op.

    >>> import tinydawn as td
    >>> a = td.tensor(3.0, requires_grad=True, name="a")
    >>> print(td.draw(a * a).dot().count("n0 -> "))
    1
    """
    if direction not in ("TB", "LR", "BT", "RL"):
        raise GraphError(message(f"draw: direction={direction!r}", fix='use "TB" or "LR"'))
    shot = snapshot(x, model)
    if len(shot.vertices) > MAX_VERTICES:
        raise GraphError(message(f"draw: this graph has {len(shot.vertices)} nodes, too many to be read",
                                 fix="draw a smaller case: a batch of one, a sequence of three steps"))
    return Diagram(_dot(shot, direction, title))


def _dot(shot: Snapshot, direction: str, title: str) -> str:
    graph = graphviz.Digraph("tinydawn", graph_attr={"rankdir": direction, "ranksep": "0.3", "nodesep": "0.2"},
                             node_attr={"fontname": "Helvetica", "fontsize": "11", "margin": "0.12,0.05", "height": "0.3"},
                             edge_attr={"arrowsize": "0.6", "color": "#555555"})
    if title:
        graph.attr(label=escaped(title), labelloc="t", fontname="Helvetica")
    for i, vertex in enumerate(shot.vertices):
        style = dict(STYLES[vertex.kind])
        if i in shot.outputs:
            style |= {"penwidth": "2.5"}
        graph.node(f"n{i}", escaped(_label(vertex)), **style)
    for edge in shot.edges:
        graph.edge(f"n{edge.source}", f"n{edge.target}")
    return graph.source


def _label(vertex: Vertex) -> str:
    shape = " x ".join(str(n) for n in vertex.shape)
    lines = [f"{vertex.label}  ({shape})" if shape else vertex.label]
    lines += [vertex.settings] if vertex.settings else []
    lines += [vertex.value] if vertex.value else []
    lines += [f"gradient: {vertex.gradient}"] if vertex.gradient else []
    return "\n".join(lines)
