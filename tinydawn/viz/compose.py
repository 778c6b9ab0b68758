"""From a snapshot to a picture: what is to be seen of it at one level."""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from .formulas import MODULES, STRUCTURAL, words
from .merge import label_of
from .numbers import FEW, heat, is_bad, norm, numbers, percent, strength_of
from .picture import Arrow, Box, Frame, Picture
from .snapshot import Edge, Group, Snapshot, Vertex

_IN_OUT = ("Linear", "RNN", "GRU", "LSTM", "RNNCell", "GRUCell", "LSTMCell")  # whose settings begin with two widths


@dataclass(frozen=True)
class Look:
    """What of a snapshot is to be seen. See draw."""

    depth: int | str = "ops"
    expand: Collection[str] = ()
    values: bool = True
    parameters: str = "drawn"
    highlight: tuple[int, int] | None = None  # (vertex, owner of a parameter)
    lang: str = "en"


def picture_of(shot: Snapshot, look: Look) -> Picture:
    """The boxes of `shot` at the level that `look` says."""
    return _Composer(shot, look).compose()


class _Composer:
    def __init__(self, shot: Snapshot, look: Look) -> None:
        self.shot, self.look = shot, look
        self.picture = Picture()
        self.box_of: dict[int, int] = {}  # by vertex
        self.group_box: dict[int, int] = {}
        self.frame_of: dict[int, int] = {-1: -1}
        self.feeding: dict[int, int] = {}  # of those, what they are fed directly
        self.hidden: dict[int, int] = {}  # structural ops at the level of formulas, and what they pass on
        self.sizes = Counter(g for v in shot.vertices for g in self.around(v.group))  # vertices by group
        named = [i for i, g in enumerate(shot.groups) if not names_of(g).isdisjoint(look.expand)]
        self.opened = {g for i in named for g in self.around(i)}  # with `expand`: the named ones, and those around them
        self.numbers: dict[str, str] = {}  # symbols as they are counted in this picture
        self.chains: dict[int, list[int]] = {-1: []}
        for i, g in enumerate(shot.groups):
            self.chains[i] = [*self.chains[g.parent], i]

    def around(self, group: int) -> list[int]:
        found = []
        while group >= 0:
            found.append(group)
            group = self.shot.groups[group].parent
        return found

    def compose(self) -> Picture:
        shot, look = self.shot, self.look
        inside = set()  # leaves that are written into the box of the op that uses them
        if look.parameters != "drawn":
            inside = {i for i, v in enumerate(shot.vertices) if v.kind == "parameter"}
        if look.depth != "ops":
            self.hide_structure()
        uses: dict[int, list[int]] = {}
        for e in shot.edges:
            uses.setdefault(e.target, []).append(e.source)
        for i, v in enumerate(shot.vertices):
            shut = self.shut(v.group)
            if i in inside or i in self.hidden:
                if i in self.hidden and shut in self.group_box:  # not seen, but what it hands on stays inside
                    self.picture.boxes[self.group_box[shut]].members.append(i)
                continue
            if shut is not None:
                if shut not in self.group_box:
                    self.group_box[shut] = self.add(self.group_boxed(shut))
                self.box_of[i] = self.group_box[shut]
                self.picture.boxes[self.group_box[shut]].members.append(i)
            else:
                written = [shot.vertices[j] for j in uses.get(i, ()) if j in inside and look.parameters == "inside"]
                self.box_of[i] = self.add(self.vertex_boxed(v, i, written))
        for i in shot.outputs:
            if i in self.box_of:
                self.picture.boxes[self.box_of[i]].strong = True
        for shut, at in self.group_box.items():
            self.describe(self.picture.boxes[at], shut)
        self.arrows()
        return self.picture

    # --- which group is shut ---

    def shut(self, group: int) -> int | None:
        """The outermost group around a vertex that is not opened; None if all are."""
        if isinstance(self.look.depth, str):
            return None
        for level, g in enumerate(self.chains[group]):
            if level >= self.look.depth and g not in self.opened:
                return g
        return None

    def hide_structure(self) -> None:
        """Ops that only move entries about, of one argument: what they are fed goes straight to who uses them."""
        sources: dict[int, list[int]] = {}
        for e in self.shot.edges:
            sources.setdefault(e.target, []).append(e.source)
        for i, v in enumerate(self.shot.vertices):
            if v.kind == "op" and v.label in STRUCTURAL and len(sources.get(i, ())) == 1 and i not in self.shot.outputs:
                self.hidden[i] = self.hidden.get(sources[i][0], sources[i][0])
                self.feeding[i] = sources[i][0]

    def renamed(self, formula: str) -> str:
        """Its v12 as they are counted among the ops that are seen; one that is not seen by what it passes on."""
        if not self.numbers:
            count = 0
            for i, v in enumerate(self.shot.vertices):
                if v.kind != "op" or not re.fullmatch(r"v\d+", v.symbol):
                    continue
                if i not in self.hidden:
                    count += 1
                    self.numbers[v.symbol] = f"v{count}"
                else:
                    before = self.feeding.get(i, self.hidden[i])
                    symbol = self.shot.vertices[before].symbol
                    self.numbers[v.symbol] = self.numbers.get(symbol, symbol) + _passed(v)
                self.numbers.update(dict.fromkeys(v.also, self.numbers[v.symbol]))
        return re.sub(r"\bv\d+\b", lambda found: self.numbers.get(found[0], found[0]), formula)

    # --- boxes ---

    def add(self, box: Box) -> int:
        self.picture.boxes.append(box)
        return len(self.picture.boxes) - 1

    def frame(self, group: int) -> int:
        """The frame of an opened group, made with those around it."""
        if group not in self.frame_of:
            g = self.shot.groups[group]
            parent = self.frame(g.parent)
            if g.kind == "module" and self.sizes.get(group, 0) == 1 and g.time is None:  # a frame around one box says little
                self.frame_of[group] = parent
                return parent
            self.frame_of[group] = len(self.picture.frames)
            self.picture.frames.append(Frame(self.titled(g), parent, g.kind, g.time))
        return self.frame_of[group]

    def titled(self, g: Group) -> str:
        lang = self.look.lang
        if g.kind == "step":
            return label_of(g)
        if g.kind == "part":
            return g.name
        kind = words(g.title, lang)
        name = "" if g.name == g.title else f"{words(g.name, lang)}: "
        many = f" {g.label}" if g.label else f" t = {g.time}" if g.time is not None else f" (call {g.call})" if g.call else ""
        return f"{name}{kind}{many}"

    def time(self, group: int) -> int | None:
        times = [self.shot.groups[g].time for g in self.chains[group]]
        return next((t for t in reversed(times) if t is not None), None)

    def group_boxed(self, group: int) -> Box:
        g = self.shot.groups[group]
        return Box("module" if g.kind != "step" else "step", [(self.titled(g), "title")], frame=self.frame(g.parent),
                   time=self.time(group))

    def describe(self, box: Box, group: int) -> None:
        """What a shut group's box says: formula, settings, what comes out, how many parameters, its gradient."""
        g, shot, lang = self.shot.groups[group], self.shot, self.look.lang
        if g.title in MODULES:
            box.lines.append((MODULES[g.title], "formula"))
        if g.detail and len(g.detail) < 40:
            sizes_of = g.title in _IN_OUT
            box.lines.append((g.detail.replace(", ", " → ", 1) if sizes_of else g.detail, "detail"))
        members = set(box.members)
        leaving = [i for i in box.members if shot.vertices[i].kind == "op" and (i in shot.outputs or any(
            e.target not in members for e in self.out_of(i)))]
        shapes = list(dict.fromkeys(_shape(shot.vertices[i].shape) for i in leaving))
        if shapes and g.kind != "step":
            box.lines.append((f"→ {', '.join(s or '1' for s in shapes[:3])}{' …' if len(shapes) > 3 else ''}", "detail"))
        sizes = {v.owner: math.prod(v.shape) * math.prod(shot.groups[k].repeat for k in self.chains[v.group])
                 for v in shot.vertices if v.kind == "parameter" and group in self.chains[v.group]}
        if sizes and g.kind != "step":
            box.lines.append((f"{sum(sizes.values()):,} {words('parameters', lang)}", "detail"))
        known = [shot.vertices[i].gradient for i in leaving if shot.vertices[i].gradient is not None]
        if known and self.look.values:
            whole = math.hypot(*map(norm, known))
            box.lines.append((f"{words('gradient', lang)}: {words('norm', lang)} {whole:.3g}", "gradient"))
        if leaving and self.look.values:
            box.heat = heat(shot.vertices[leaving[-1]].value)
        failed = [shot.vertices[i] for i in box.members if shot.vertices[i].kind == "failed"]
        box.lines += [(part, "detail") for v in failed for part in _wrapped(v.settings, 44)]
        box.bad = bool(failed) or any(
            is_bad(shot.vertices[i].value) or is_bad(shot.vertices[i].gradient, negative=True) for i in box.members)
        box.note = shot.vertices[box.members[-1]].line.rpartition(os.sep)[2]

    def out_of(self, i: int) -> list[Edge]:
        if not hasattr(self, "_out"):
            self._out: dict[int, list[Edge]] = {}
            for e in self.shot.edges:
                self._out.setdefault(e.source, []).append(e)
        return self._out.get(i, [])

    def vertex_boxed(self, v: Vertex, i: int, written: list[Vertex]) -> Box:
        lang, look = self.look.lang, self.look
        shape = _shape(v.shape)
        title = words(v.label, lang)
        if v.kind == "op" and not re.fullmatch(r"v\d+", v.symbol) and look.depth != "formula":
            title = f"{v.symbol} = {title}"
        if v.kind == "failed":
            title = f"{words('failed', lang)}: {title}"
        if v.kind == "op" and look.depth == "formula" and v.formula:
            lines = [(self.renamed(f"{v.symbol} = {v.formula}"), "title")]
            if shape:
                lines.append((shape, "detail"))
        elif v.kind == "constant" and v.value is None:
            lines = [(title, "title")]
        else:
            lines = [(f"{title}  ({shape})" if shape else title, "title")]
        if v.cut and v.live:
            lines.append((words("no gradient", lang), "detail"))
        if v.settings and (look.depth != "formula" or v.kind == "failed"):
            lines += [(part, "detail") for part in _wrapped(v.settings, 44)]
        for p in written:
            lines.append((f"{p.label}  ({_shape(p.shape)})", "detail"))
        box = Box("cut" if v.cut else v.kind, lines, frame=self.frame(v.group), time=self.time(v.group), note=_note(v),
                  members=[i])
        if look.values:
            self.show(box, v)
        wrong = {"value": is_bad(v.value), "gradient": is_bad(v.gradient, negative=True)}
        box.wrong = frozenset(role for role, there in wrong.items() if there)
        box.bad = bool(box.wrong) or v.kind == "failed"
        return box

    def show(self, box: Box, v: Vertex) -> None:
        """The lines of value and gradient. Of leaves and ops; a constant number is its own label."""
        lang = self.look.lang
        if v.value is not None and v.value.dtype.kind in "fiub" and (v.value.size > 1 or v.kind != "constant"):
            box.lines.append((numbers(v.value, lang), "value"))
            if v.value.size > FEW and v.kind in ("op", "parameter", "input"):
                box.heat = heat(v.value)
        if v.kind == "parameter" or v.owner >= 0 or (v.kind == "op" and v.gradient is not None):
            text = words("not computed", lang) if v.gradient is None else numbers(v.gradient, lang)
            box.lines.append((f"{words('gradient', lang)}: {text}", "gradient"))

    # --- arrows ---

    def arrows(self) -> None:
        shot, boxes = self.shot, self.picture.boxes
        marked, shares = self.highlighted()
        merged: dict[tuple[int, int, bool], list[Edge]] = {}
        order: list[tuple[tuple[int, int, bool], Edge]] = []
        for e in shot.edges:
            if e.target in self.hidden:
                continue
            source = self.box_of.get(self.hidden.get(e.source, e.source))
            target = self.box_of.get(e.target)
            if source is None or target is None or (source == target and not e.delayed):
                continue
            key = (source, target, e.delayed)
            merged.setdefault(key, []).append(e)
            order.append((key, e))
        passing: dict[int, list[Edge]] = {}  # what goes into ops that are not seen, and straight on
        for e in shot.edges:
            if e.target in self.hidden:
                passing.setdefault(e.target, []).append(e)
        norms = {id(e): norm(e.flow) for _, e in order if e.flow is not None}
        scale = strength_of(norms.values())
        shut = set(self.group_box.values())
        done = set()
        for key, e in order:
            source, target, delayed = key
            together = source in shut or target in shut
            if e.source in self.hidden:  # many slices of one thing are one arrow
                together = True
            if together and key in done:
                continue
            done.add(key)
            edges = merged[key] if together else [e]
            found = [norms[id(x)] for x in edges if id(x) in norms]
            total = math.hypot(*found) if found else None
            label = f"×{len(edges)}" if together and len({self.hidden.get(x.source, x.source) for x in edges}) > 1 else ""
            if all(x.cut and not shot.vertices[x.source].cut and not shot.vertices[x.target].cut for x in edges):
                label = words("detach", self.look.lang)
            share = [shares[id(y)] for x in edges for y in (x, *passing.get(x.source, ())) if id(y) in shares]
            if share:
                label = percent(sum(share))
            a, b = boxes[source].time, boxes[target].time
            onward = 0 if a is None or b is None or a == b else 1 if a < b else -1
            self.picture.arrows.append(Arrow(
                source, target, label, scale(total), total is not None and not math.isfinite(total),
                any(id(x) in marked for x in edges), delayed,
                all(x.cut for x in edges), onward))

    def box_at(self, i: int) -> int | None:
        """The box that stands for a vertex; of one that is not seen, of what it is handed on to."""
        while i in self.hidden and self.shut(self.shot.vertices[i].group) is None and self.out_of(i):
            i = self.out_of(i)[0].target
        shut = self.shut(self.shot.vertices[i].group)
        return self.box_of.get(i) if shut is None else self.group_box.get(shut)

    def highlighted(self) -> tuple[set[int], dict[int, float]]:
        """The edges on a path from a parameter to the marked vertex, and of each use its share of the whole gradient:
        <share, gradient> / <gradient, gradient>, which add up to 1."""
        if self.look.highlight is None:
            return set(), {}
        end, owner = self.look.highlight
        shot = self.shot
        uses = [i for i, v in enumerate(shot.vertices) if v.owner == owner]
        open_edges = [e for e in shot.edges if not e.cut and not shot.vertices[e.target].cut]
        down = _reach(uses, ((e.source, e.target) for e in open_edges))
        up = _reach([end], ((e.target, e.source) for e in reversed(open_edges)))
        marked = {id(e) for e in open_edges if e.source in down and e.target in up and e.source in up and e.target in down}
        flows = [e for e in shot.edges if e.source in uses and e.flow is not None]
        shares: dict[int, float] = {}
        if flows:
            total = np.sum([np.asarray(e.flow, float) for e in flows], axis=0)
            size = norm(total)
            if size:  # not 0: of NaN, every share is
                shares = {id(e): float((np.asarray(e.flow, float) / size * (total / size)).sum()) for e in flows}
        for e in shot.edges:  # where the parameter has no box of its own, the box that uses it says how much comes from here
            at = self.box_at(e.target)
            if id(e) in shares and at is not None and self.box_of.get(e.source, at) == at:
                box = self.picture.boxes[at]
                box.lines.append((f"{percent(shares[id(e)])} of dL/d{shot.vertices[e.source].symbol}", "gradient"))
        return marked, shares


def names_of(g: Group) -> set[str]:
    """What `expand` may call a group: its path, with or without the model's name, its attribute, its class."""
    return {g.full_name, g.full_name.partition(".")[2] or g.full_name, g.name, g.title}


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(str(n) for n in shape)


def _note(v: Vertex) -> str:
    """What a mouse over the box shows."""
    parts = [v.dtype, v.formula and f"{v.symbol} = {v.formula}", v.line and f"at {v.line.rpartition(os.sep)[2]}"]
    return "\n".join(part for part in parts if part)


def _wrapped(text: str, width: int) -> list[str]:
    """`text` in lines of about `width` letters, broken at spaces; at most three."""
    lines, line = [], ""
    for word in text.split(" "):
        word = word if len(word) <= 2 * width else word[:2 * width] + "…"
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line][:3]


def _reach(start: list[int], pairs: Any) -> set[int]:
    """Everything that `pairs`, in topological order, lead to from `start`."""
    found = set(start)
    for a, b in pairs:
        if a in found:
            found.add(b)
    return found
def _passed(v: Vertex) -> str:
    """What an op that is not seen does to the name of what it passes on: Wᵀ, z[0:3]."""
    if v.label == "permute" and len(v.shape) == 2:
        return "ᵀ"
    if v.label == "getitem":
        return f"[{v.settings.partition('=')[2] or '…'}]"
    return ""
