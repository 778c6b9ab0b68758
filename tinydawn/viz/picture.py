"""What is to be seen, before it has a place: boxes, arrows between them, and frames around them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Box:
    """One box: lines of (text, role), perhaps a heat map, its frame, its column in time, and the vertices it stands for.

    role  of a line: "title", "formula", "detail", "value" or "gradient"
    """

    kind: str
    lines: list[tuple[str, str]]
    heat: Any = None
    frame: int = -1
    time: int | None = None
    note: str = ""
    members: list[int] = field(default_factory=list)
    strong: bool = False
    bad: bool = False
    missed: bool = False  # what was expected of it is not there
    wrong: frozenset[str] = frozenset()  # the roles of the lines that tell of a NaN or an overflow
    double: bool = False  # a second border, of what is finished
    greedy: bool = False  # of a search: on the path that takes the likeliest word at each step


@dataclass(eq=False)
class Arrow:
    """From box to box. strength: 0 to 1, of the gradient that flows back along it, or None where none is known."""

    source: int
    target: int
    label: str = ""
    strength: float | None = None
    bad: bool = False
    marked: bool = False
    delayed: bool = False
    cut: bool = False  # no gradient comes back along it
    onward: int = 0  # from one step to another: 1 to a later one, -1 to an earlier
    greedy: bool = False  # of a search: on greedy's path


@dataclass(eq=False)
class Frame:
    """A frame around boxes and other frames: an opened module or step."""

    title: str
    parent: int
    kind: str
    time: int | None = None


SIZES = {"title": 13.0, "formula": 12.0, "detail": 11.0, "value": 11.0, "gradient": 11.0, "label": 10.0, "note": 11.0}
SLIDE_SIZES = {"title": 13.0, "formula": 12.0, "detail": 12.0, "value": 12.0, "gradient": 12.0, "label": 12.0, "note": 12.0}


@dataclass
class Picture:
    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    title: str = ""
    note: str = ""
    columns: bool = False  # steps stand side by side
    tree: bool = False  # children in the order of their arrows
    sizes: dict[str, float] = field(default_factory=lambda: SIZES)  # of the text, by role, in points
    slide: bool = False  # it is as wide and high as a slide
    legend: bool = False  # what colours, widths and dashes mean stands below it
    transparent: bool = False  # no ground is drawn
    lang: str = "en"  # of the legend
    least: float = 0.0  # at least so wide inside: frames that are shown one after another are of one size
    shot: Any = None  # the snapshot whose vertices the members of its boxes are
