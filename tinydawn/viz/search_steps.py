"""A beam search step by step: as a page on which arrow keys go through it, and as frames for slides."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from .layout import Place
from .steps import Parts, drawn, widest
from .svg import svg_of
from .themes import Theme

if TYPE_CHECKING:
    from .diagram import Diagram


@dataclass
class SearchStep:
    """One step: what it says, in two lines, and how each box looks at it: "hidden", "open", "kept", or "", as it is drawn."""

    rule: str
    sum: str = ""
    states: list[str] = field(default_factory=list)
    phase: str = ""


def search_frames(diagram: Diagram, steps: list[SearchStep]) -> list[str]:
    """One SVG per step, all of one size, with nothing moving between them."""
    picture, theme = drawn(diagram)
    place = diagram.place()
    least = widest(picture, [text for step in steps for text in (step.rule, step.sum)])
    out = []
    for step in steps:
        seen = {i for i, state in enumerate(step.states) if state != "hidden"}
        boxes = [replace(box, kind="note", strong=False, double=False, greedy=False) if state == "open" else
                 replace(box, kind="kept", strong=False) if state == "kept" else box
                 for box, state in zip(picture.boxes, step.states, strict=True)]
        arrows = [replace(a, marked=a.marked and not step.states[a.target], greedy=a.greedy and step.states[a.target] != "open",
                          cut=a.cut and step.states[a.target] != "open") for a in picture.arrows]
        shown = {k for k, a in enumerate(picture.arrows) if {a.source, a.target} <= seen}
        here = Place(place.width, place.height, {i: at for i, at in place.boxes.items() if i in seen}, {},
                     {k: curve for k, curve in place.curves.items() if k in shown}, place.labels)
        now = replace(picture, boxes=boxes, arrows=arrows, legend=False, note=f"{step.rule}\n{step.sum or ' '}", least=least)
        out.append(svg_of(now, here, theme))
    return out


def search_parts(diagram: Diagram, steps: list[SearchStep]) -> Parts:
    """Of the page that goes through a search."""
    picture, theme = drawn(diagram)
    svg = svg_of(replace(picture, slide=False), diagram.place(), theme)  # a page has no bands above and below
    return Parts(svg, [asdict(step) for step in steps], _SHOW, _css(theme))


def _css(theme: Theme) -> str:
    fill, line, ink = theme.boxes["note"]
    kept_fill, kept_line, _ = theme.boxes["kept"]
    return f""".is-hidden {{ visibility: hidden; }}
.is-open > .outline {{ fill: {fill}; stroke: {line}; stroke-dasharray: none; stroke-width: 1.2; }}
.is-open > .second, .is-open > .greedy {{ display: none; }}
.is-open > text {{ fill: {ink}; }}
.is-kept > .outline {{ fill: {kept_fill}; stroke: {kept_line}; stroke-width: 1.2; }}
.is-kept > .second {{ stroke: {kept_line}; }}
.is-open > .line, .is-kept > .line {{ stroke: {theme.arrow}; stroke-width: 1.2; stroke-dasharray: none; }}
.is-open > polygon, .is-kept > polygon {{ fill: {theme.arrow}; }}
.arrow.is-open > text, .arrow.is-kept > text {{ fill: {theme.dim}; }}
"""


# What shows steps[at]. An arrow is there when both of its boxes are, and looks as its target does.
_SHOW = """  const state = steps[at].states;
  function look(element, said) {
    for (const name of ["hidden", "open", "kept"]) element.classList.toggle("is-" + name, said === name);
  }
  for (const box of document.querySelectorAll(".box")) look(box, state[Number(box.id.slice(1))]);
  for (const arrow of document.querySelectorAll(".arrow")) {
    const from = state[Number(arrow.dataset.source.slice(1))], to = state[Number(arrow.dataset.target.slice(1))];
    look(arrow, from === "hidden" ? "hidden" : to);
  }
"""
