"""Where everything goes: box sizes from their text, places and curves from Graphviz, whichever is at hand."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import graphviz

from ..errors import RenderError, message
from .measure import text_width
from .picture import SIZES, Arrow, Box, Picture
from .render import escaped, run
from .themes import Theme, mixed

LEADING = 1.3  # lines are this many font sizes apart
WIDER, WIDER_BOLD = 1.12, 1.25  # a viewer without Helvetica or Arial takes a wider font, such as DejaVu
MARGIN = 9.0
SIDE = 6.0
CELL = 9.0  # a cell of a heat map, points
FONT = "Helvetica"


@dataclass
class Place:
    """Where a picture's parts stand, in points from the top left: boxes as centre and size, frames as rectangles, arrows as
    Bézier curves of 1 + 3 n points, the last of which is the tip."""

    width: float = 0.0
    height: float = 0.0
    boxes: dict[int, tuple[float, float, float, float]] = field(default_factory=dict)
    frames: dict[int, tuple[float, float, float, float]] = field(default_factory=dict)
    curves: dict[int, tuple[list[tuple[float, float]], tuple[float, float]]] = field(default_factory=dict)
    labels: dict[int, tuple[float, float]] = field(default_factory=dict)


def height_of_lines(box: Box, sizes: dict[str, float]) -> float:
    """How high a box's lines of text are, in points.

    Added one by one: since Python 3.12 `sum` rounds floats in another way, and pictures would differ with it."""
    height = 0.0
    for _, role in box.lines:
        height += sizes[role] * LEADING
    return height


def size_of(box: Box, sizes: dict[str, float] = SIZES) -> tuple[float, float]:
    """Width and height of a box, in points; there is room for a font that is wider than Helvetica."""
    widths = [text_width(text, sizes[role]) * (WIDER_BOLD if role == "title" else WIDER) for text, role in box.lines]
    width = max(widths, default=0.0)
    height = height_of_lines(box, sizes)
    if box.heat is not None:
        rows, columns = box.heat.shape
        width, height = max(width, columns * CELL), height + rows * CELL + 6
    if box.kind == "chance":  # a diamond's corners are cut off
        return 1.6 * width + 2 * MARGIN, 1.9 * height + MARGIN
    if box.kind in ("parameter", "input"):
        width += 8
    return width + 2 * SIDE, height + MARGIN


def dot_of(picture: Picture, direction: str, theme: Theme) -> str:
    """The picture as DOT text, to be laid out, or rendered elsewhere."""
    graph = graphviz.Digraph(
        "tinydawn",
        graph_attr={"rankdir": direction, "ranksep": "0.35", "nodesep": "0.22", "fontname": FONT,
                    "bgcolor": "transparent" if picture.transparent else theme.paper,
                    "fontcolor": theme.ink, "newrank": "true", "compound": "true"},
        node_attr={"fontname": FONT, "fontsize": "11", "fixedsize": "true", "shape": "box"},
        edge_attr={"arrowsize": "0.6", "fontname": FONT, "fontsize": f"{picture.sizes['label']:g}", "color": theme.arrow,
                   "fontcolor": theme.dim})
    title = "\n".join(t for t in (picture.title, picture.note) if t)
    if title:
        graph.attr(label=escaped(title), labelloc="t")
    inside: dict[int, list[int]] = {}
    for i, box in enumerate(picture.boxes):
        inside.setdefault(box.frame, []).append(i)
    children: dict[int, list[int]] = {}
    for f, frame in enumerate(picture.frames):
        children.setdefault(frame.parent, []).append(f)

    def nodes(into: Any, frame: int) -> None:
        for i in inside.get(frame, ()):
            box = picture.boxes[i]
            row = {"group": f"steps{frame}"} if picture.columns and direction in ("LR", "RL") and box.time is not None else {}
            into.node(f"n{i}", escaped("\n".join(text for text, _ in box.lines)), **_node(box, theme, picture.sizes), **row)
        for f in children.get(frame, ()):
            with into.subgraph(name=f"cluster_{f}") as sub:
                top = "b" if direction == "BT" else "t"  # where its label is to be: Graphviz turns that over too
                sub.attr(label=escaped(picture.frames[f].title), labeljust="l", labelloc=top, style="rounded,filled",
                         fillcolor=theme.frame, color=theme.frame_line, fontname=FONT, fontsize="12", margin="10")
                nodes(sub, f)

    nodes(graph, -1)
    if picture.tree:
        graph.attr(ordering="out", ranksep="0.75", nodesep="0.12")
    hanging = picture.columns and direction in ("TB", "BT")
    if hanging:
        graph.attr(nodesep="0.5")  # room for the arrows from step to step
    for arrow in picture.arrows:
        graph.edge(f"n{arrow.source}", f"n{arrow.target}", _spaced(arrow.label), **_edge(arrow, theme, hanging))
        if arrow.onward < 0 and not hanging:  # keeps the steps of a network that reads backwards in one row all the same
            graph.edge(f"n{arrow.target}", f"n{arrow.source}", style="invis", weight="8")
    if picture.columns:
        _columns(graph, picture, direction)
    return graph.source


def _spaced(label: str) -> str | None:
    return f" {escaped(label)} " if label else None


def _node(box: Box, theme: Theme, sizes: dict[str, float]) -> dict[str, str]:
    fill, line, ink = theme.boxes[box.kind]
    width, height = size_of(box, sizes)
    shape = {"parameter": "ellipse", "chance": "diamond"}.get(box.kind, "box")
    style = {"op": "rounded,filled", "kept": "rounded,filled", "won": "rounded,filled", "cut": "rounded,filled,dashed",
             "pruned": "rounded,filled,dashed", "constant": "filled,dashed", "failed": "rounded,filled,bold",
             }.get(box.kind, "filled")
    return {"width": f"{width / 72:.3f}", "height": f"{height / 72:.3f}", "style": style, "fillcolor": fill, "shape": shape,
            "color": theme.wrong if box.bad else line, "fontcolor": ink, "penwidth": "2.5" if box.strong or box.bad else "1.2",
            **({"peripheries": "2"} if box.double else {})}


def arrow_look(arrow: Arrow, theme: Theme) -> tuple[str, float]:
    """Colour and width of an arrow: by the gradient that flows back along it, where that is known."""
    if arrow.bad:
        return theme.wrong, 3.0
    if arrow.strength is None:
        return (theme.mark, 2.6) if arrow.marked else (theme.arrow, 1.2)
    width = 0.7 + 3.3 * arrow.strength
    return (theme.mark if arrow.marked else mixed(*theme.flow, arrow.strength)), width


def _edge(arrow: Arrow, theme: Theme, hanging: bool) -> dict[str, str]:
    colour, width = arrow_look(arrow, theme)
    look = {"color": colour, "penwidth": f"{width:.2f}"}
    if arrow.cut:
        look |= {"style": "dotted"}
    if arrow.delayed:
        look |= {"style": "dashed", "constraint": "false"}
    elif arrow.onward < 0 or (hanging and arrow.onward):  # of a network that reads backwards the steps stand in the same order
        look |= {"constraint": "false"}
    elif arrow.onward:
        look |= {"weight": "8"}  # steps in a straight row
    return look


def _columns(graph: Any, picture: Picture, direction: str) -> None:
    """Steps in columns. Left to right, the boxes of one step share a rank; top to bottom, the first boxes of all steps do,
    in order, and each step hangs below its own."""
    first: dict[int, int] = {}
    times: dict[int, list[int]] = {}
    for i, box in enumerate(picture.boxes):
        if box.time is not None and box.kind in ("op", "module", "step", "failed"):
            first.setdefault(box.time, i)
            times.setdefault(box.time, []).append(i)
    if direction in ("LR", "RL"):
        for boxes in times.values():
            if len(boxes) > 1:
                with graph.subgraph() as same:
                    same.attr(rank="same")
                    for i in boxes:
                        same.node(f"n{i}")
        return
    with graph.subgraph() as same:
        same.attr(rank="same")
        order = [first[t] for t in sorted(first)]
        for i in order:
            same.node(f"n{i}")
        for a, b in pairwise(order):
            same.edge(f"n{a}", f"n{b}", style="invis", weight="50")


def place(picture: Picture, direction: str, theme: Theme, timeout: float) -> Place:
    """Have the picture laid out. Raises RenderError where there is no Graphviz, or where it takes too long."""
    untitled = replace(picture, title="", note="")  # these stand around the drawing, not in it
    found, answer, names = _laid_out(dot_of(untitled, direction, theme), timeout)
    left, top = answer["left"], answer["top"]
    moved = _put_in_order(picture, found) if direction in ("TB", "BT") and picture.columns else {}
    curves: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for edge in answer.get("edges", ()):
        if edge.get("style") != "invis" and "pos" in edge:
            curves.setdefault((names[edge["tail"]], names[edge["head"]]), []).append(edge)
    for k, arrow in enumerate(picture.arrows):  # edges come back in their own order: matched by their ends
        waiting = curves.get((f"n{arrow.source}", f"n{arrow.target}"))
        if waiting:
            edge = waiting.pop(0)
            shift, other = moved.get(arrow.source, 0.0), moved.get(arrow.target, 0.0)
            if shift != other:  # its ends have moved apart
                found.curves[k] = _direct(found.boxes[arrow.source], found.boxes[arrow.target])
                continue
            found.curves[k] = _curve(edge["pos"], left - shift, top)
            if "lp" in edge:
                x, y = (float(v) for v in edge["lp"].split(","))
                found.labels[k] = (x - left + shift, top - y)
    return found


def _laid_out(source: str, timeout: float) -> tuple[Place, dict[str, Any], dict[int, str]]:
    """Boxes and frames where Graphviz puts them, all that it answered, and the names of its nodes by their numbers."""
    try:
        answer = json.loads(run(source, "json", timeout))
    except ValueError:
        raise RenderError(message("the renderer's layout could not be read", fix="install graphviz-pure or a newer Graphviz, or "
                                  "save it as .dot")) from None
    left, bottom, right, top = (float(x) for x in answer["bb"].split(","))
    found = Place(right - left, top - bottom)
    names: dict[int, str] = {}
    for thing in answer.get("objects", ()):
        name = thing["name"]
        names[thing["_gvid"]] = name
        if name.startswith("cluster_") and "bb" in thing:
            a, b, c, d = (float(x) for x in thing["bb"].split(","))
            found.frames[int(name[8:])] = (a - left, top - d, c - a, d - b)
        elif name.startswith("n") and "pos" in thing:
            x, y = (float(v) for v in thing["pos"].split(","))
            found.boxes[int(name[1:])] = (x - left, top - y, 72 * float(thing["width"]), 72 * float(thing["height"]))
    answer["left"], answer["top"] = left, top
    return found, answer, names


def blocks(picture: Picture, members: list[int], exits: set[int], entries: set[int], theme: Theme, timeout: float,
           way: str = "LR") -> Place:
    """Some boxes of a picture by themselves, from left to right or from top to bottom. Arrows of `exits`, which lead away from
    them, go as far as the end of the block, and those of `entries` come from its beginning. A word for the loss stands beside
    it."""
    if not members:
        return Place()
    inside = set(members)
    at = {i: n for n, i in enumerate(members)}
    arrows = {k: a for k, a in enumerate(picture.arrows) if a.source in inside and a.target in inside and not a.delayed}
    part = replace(picture, title="", note="", columns=False, boxes=[picture.boxes[i] for i in members],
                   arrows=[replace(a, source=at[a.source], target=at[a.target]) for a in arrows.values()])
    ports: dict[int, tuple[str, str]] = {}
    for k, a in enumerate(picture.arrows):
        if k in exits and a.source in inside:
            ports[k] = (f"n{at[a.source]}", f"p{at[a.source]}")
        elif k in entries and a.target in inside:
            ports[k] = (f"q{at[a.target]}", f"n{at[a.target]}")
    more = []
    for tail, head in dict.fromkeys(ports.values()):
        port, rank, look = (head, "sink", " [arrowhead=none]") if head[0] == "p" else (tail, "source", "")
        more.append(f'{port} [label="" shape=point width=0.01 height=0.01]\n{tail} -> {head}{look}\n'
                    f"{{rank={rank}; {port}}}\n")
    framed = [n for n, box in enumerate(part.boxes) if box.frame >= 0]
    fed, feeding = {a.target for a in part.arrows}, {a.source for a in part.arrows}
    later = {a.target for a in part.arrows if part.boxes[a.source].frame >= 0}
    for n, box in enumerate(part.boxes):
        if box.frame >= 0 or not framed:
            continue
        to = [a.target for a in part.arrows if a.source == n]
        if entries and n not in fed and to and part.boxes[to[0]].frame < 0:  # the word for the loss
            more.append(f"{{rank=same; n{n}; n{to[0]}}}\n")
        elif exits and n not in fed:  # what is read stands left of the frame
            more += [f"n{n} -> n{m} [style=invis]\n" for m in framed if m not in later]
        elif entries and n in fed:
            more += [f"n{m} -> n{n} [style=invis]\n" for m in framed if m not in feeding]
    source = dot_of(part, way, theme).rstrip().rstrip("}") + "".join(more) + "}\n"
    found, answer, names = _laid_out(source, timeout)
    left, top = answer["left"], answer["top"]
    curves: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for edge in answer.get("edges", ()):
        if edge.get("style") != "invis" and "pos" in edge:
            curves.setdefault((names[edge["tail"]], names[edge["head"]]), []).append(edge)
    out = Place(found.width, found.height, {members[n]: where for n, where in found.boxes.items()}, found.frames)
    for k in [*arrows, *ports]:
        ends = ports[k] if k in ports else (f"n{at[arrows[k].source]}", f"n{at[arrows[k].target]}")
        edge = curves[ends][0] if k in ports else curves[ends].pop(0)
        out.curves[k] = _curve(edge["pos"], left, top)
        if "lp" in edge:
            x, y = (float(v) for v in edge["lp"].split(","))
            out.labels[k] = (x - left, top - y)
    return out


def _put_in_order(picture: Picture, found: Place) -> dict[int, float]:
    """Columns of opened steps from left to right in time, where Graphviz, which takes no orders about clusters, has them
    otherwise. Returns by how much each box was moved."""
    moved: dict[int, float] = {}
    loops: dict[tuple[int, str], list[int]] = {}
    for f, frame in enumerate(picture.frames):
        if frame.time is not None and f in found.frames:
            loops.setdefault((frame.parent, frame.kind), []).append(f)
    for steps in loops.values():
        by_place = sorted(steps, key=lambda f: found.frames[f][0])
        by_time = sorted(steps, key=lambda f: picture.frames[f].time or 0)
        apart = all(found.frames[a][0] + found.frames[a][2] <= found.frames[b][0] for a, b in pairwise(by_place))
        if by_place == by_time or not apart:
            continue
        gaps = [found.frames[b][0] - found.frames[a][0] - found.frames[a][2] for a, b in pairwise(by_place)]
        x = found.frames[by_place[0]][0]
        for k, f in enumerate(by_time):
            shift = x - found.frames[f][0]
            x += found.frames[f][2] + (gaps[k] if k < len(gaps) else 0.0)
            inside = {f}
            for g, frame in enumerate(picture.frames):  # frames come after those around them
                if frame.parent in inside:
                    inside.add(g)
            for g in inside & found.frames.keys():
                a, b, w, h = found.frames[g]
                found.frames[g] = (a + shift, b, w, h)
            for i, box in enumerate(picture.boxes):
                if box.frame in inside and i in found.boxes:
                    a, b, w, h = found.boxes[i]
                    found.boxes[i] = (a + shift, b, w, h)
                    moved[i] = shift
    return moved


def _direct(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> tuple[Any, tuple[float, float]]:
    """A curve from box to box: downwards where the second lies below the first, else sideways."""
    (x0, y0, w0, h0), (x1, y1, w1, h1) = a, b
    if y1 - h1 / 2 > y0 + h0 / 2:
        start, tip = (x0, y0 + h0 / 2), (x1, y1 - h1 / 2)
        end = (tip[0], tip[1] - 7)
        bend = (end[1] - start[1]) / 2
        return [start, (start[0], start[1] + bend), (end[0], end[1] - bend), end], tip
    right = 1 if x1 > x0 else -1
    start, tip = (x0 + right * w0 / 2, y0), (x1 - right * w1 / 2, y1)
    end = (tip[0] - 7 * right, tip[1])
    bend = (end[0] - start[0]) / 2
    return [start, (start[0] + bend, start[1]), (end[0] - bend, end[1]), end], tip


def _curve(pos: str, left: float, top: float) -> tuple[list[tuple[float, float]], tuple[float, float]]:
    """The points of a curve, and its tip."""
    tip: tuple[float, float] | None = None
    points = []
    for part in pos.split():
        if part.startswith(("e,", "s,")):
            x, y = (float(v) for v in part[2:].split(","))
            if part[0] == "e":
                tip = (x - left, top - y)
            continue
        x, y = (float(v) for v in part.split(","))
        points.append((x - left, top - y))
    return points, tip or points[-1]
