"""What the tests of drawings share: small computations, and what is in a snapshot, a picture or an SVG."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn import nn
from tinydawn.viz import Diagram, Snapshot, find_renderer
from tinydawn.viz.picture import Picture

needs_renderer = pytest.mark.skipif(find_renderer() is None, reason="neither dot nor graphviz-pure is installed")


def leaf(values: Any, name: str | None = None, dtype: Any = None) -> td.Tensor:
    x = td.tensor(values, requires_grad=True, dtype=dtype)
    x.name = name
    return x


class Tagger(nn.Module):
    """Embedding, a recurrent cell in a loop of steps, and an output layer at each: (T,) ids -> (T, 4) logits."""

    def __init__(self) -> None:
        self.embedding = nn.Embedding(5, 2)
        self.cell = nn.GRUCell(2, 3)
        self.output = nn.Linear(3, 4)

    def forward(self, ids: Any) -> td.Tensor:
        hidden, logits = td.zeros(1, 3), []
        for t in td.steps(len(ids)):
            hidden = self.cell(self.embedding(ids[t:t + 1]), hidden)
            logits.append(self.output(hidden))
        return td.cat(logits)


class Block(nn.Module):
    """Two linear layers with a tanh between them, the second of which may be of the wrong size."""

    def __init__(self, wrong: int = 0) -> None:
        self.rise = nn.Linear(3, 4)
        self.fall = nn.Linear(4 + wrong, 3)

    def forward(self, x: td.Tensor) -> td.Tensor:
        return self.fall(td.tanh(self.rise(x)))


def mlp() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def stack(count: int, size: int = 4) -> nn.Sequential:
    return nn.Sequential(*[nn.Linear(size, size) for _ in range(count)])


def rows(*shape: int) -> td.Tensor:
    """A float32 Tensor of no two equal numbers."""
    return td.tensor(np.cos(np.arange(float(np.prod(shape)))).reshape(shape).astype(np.float32))


# --- what is in a snapshot or a picture ---


def picture(diagram: Diagram) -> Picture:
    assert diagram.picture is not None
    return diagram.picture


def labels(shot: Snapshot, kind: str) -> list[str]:
    return [v.label for v in shot.vertices if v.kind == kind]


def edges(shot: Snapshot) -> list[tuple[str, str, int]]:
    return [(shot.vertices[e.source].label, shot.vertices[e.target].label, e.position) for e in shot.edges]


def titles(diagram: Diagram) -> list[str]:
    """The first line of every box."""
    return [box.lines[0][0] for box in picture(diagram).boxes]


def texts(diagram: Diagram) -> list[list[str]]:
    """All lines of every box."""
    return [[text for text, _ in box.lines] for box in picture(diagram).boxes]


def arrows(diagram: Diagram) -> list[tuple[str, str]]:
    """Every arrow, by the first lines of its boxes."""
    names = titles(diagram)
    return [(names[a.source], names[a.target]) for a in picture(diagram).arrows]


def percents(diagram: Diagram) -> list[float]:
    """The shares of a highlighted gradient: labels of arrows, and lines of boxes."""
    said = [a.label for a in picture(diagram).arrows] + [line for lines in texts(diagram) for line in lines]
    return [float(s.partition(" %")[0].replace("−", "-")) for s in said if " %" in s]


# --- what is in an SVG ---

Rect = tuple[float, float, float, float]  # left, top, width, height


@dataclass
class Line:
    """One line of text of a box or frame; without a `room` the viewer decides how wide it is."""

    text: str
    x: float
    baseline: float
    size: float
    anchor: str
    bold: bool
    room: float | None


@dataclass
class Drawn:
    boxes: dict[int, Rect] = field(default_factory=dict)
    frames: dict[int, Rect] = field(default_factory=dict)
    lines: dict[int, list[Line]] = field(default_factory=dict)  # of boxes
    headings: dict[int, Line] = field(default_factory=dict)  # of frames
    arrows: list[tuple[int, int]] = field(default_factory=list)


def drawn(svg: str) -> Drawn:
    """Where everything stands in an SVG."""
    found = Drawn()
    for group in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}g"):
        kind, name = group.get("class", ""), group.get("id", "")
        lines = [_line(t) for t in group if t.tag.endswith("}text")]
        if kind == "arrow":
            found.arrows.append((int(group.get("data-source", "")[1:]), int(group.get("data-target", "")[1:])))
        elif kind.startswith("box"):
            found.boxes[int(name[1:])] = _outline(group)
            found.lines[int(name[1:])] = lines
        elif kind == "frame":
            found.frames[int(name[1:])] = _outline(group)
        elif kind == "heading":
            found.headings[int(name[1:])] = lines[0]
    return found


def _outline(group: ElementTree.Element) -> Rect:
    for shape in group:
        if shape.tag.endswith("}rect"):
            x, y, w, h = (float(shape.get(k, "")) for k in ("x", "y", "width", "height"))
            return x, y, w, h
        if shape.tag.endswith("}polygon"):
            xs, ys = zip(*(map(float, point.split(",")) for point in shape.get("points", "").split()), strict=True)
            return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
    raise AssertionError("a box without an outline")


def _line(t: ElementTree.Element) -> Line:
    room = t.get("textLength")
    return Line("".join(t.itertext()), float(t.get("x", "")), float(t.get("y", "")), float(t.get("font-size", "")),
                t.get("text-anchor", ""), t.get("font-weight") == "bold", None if room is None else float(room))


def lines_shown(svg: str) -> list[str]:
    """The text of an SVG, one entry a line."""
    return ["".join(t.itertext()).replace("\xa0", " ") for t in ElementTree.fromstring(svg).iter() if t.tag.endswith("text")]


def meet(a: Rect, b: Rect, slack: float = 0.2) -> bool:
    """Whether two rectangles overlap by more than rounding."""
    return (a[0] + slack < b[0] + b[2] and b[0] + slack < a[0] + a[2]
            and a[1] + slack < b[1] + b[3] and b[1] + slack < a[1] + a[3])


def within(a: Rect, b: Rect, slack: float = 0.2) -> bool:
    """Whether rectangle a lies in rectangle b."""
    return (b[0] - slack <= a[0] and b[1] - slack <= a[1] and a[0] + a[2] <= b[0] + b[2] + slack
            and a[1] + a[3] <= b[1] + b[3] + slack)


def overlapping(found: dict[int, Rect]) -> list[tuple[int, int]]:
    return [(i, j) for i, j in itertools.combinations(found, 2) if meet(found[i], found[j])]
