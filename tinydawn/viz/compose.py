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

from .formulas import LINES, STRUCTURAL, in_words, title_of, words
from .merge import label_of
from .numbers import FEW, heat, norm, numbers, percent, strength_of
from .picture import Arrow, Box, Frame, Picture
from .snapshot import Edge, Group, Snapshot, Vertex, is_transpose

# Layers of this package whose settings begin with two widths; of the others' settings no more is shown than their formula says.
_IN_OUT = ("Linear", "Embedding", "Conv1d", "RNN", "GRU", "LSTM", "RNNCell", "GRUCell", "LSTMCell")
_SILENT = ("LayerNorm", "BatchNorm1d", "MultiheadAttention", "TransformerEncoderLayer", "TransformerDecoderLayer")


@dataclass(frozen=True)
class Look:
    """What of a snapshot is to be seen. See draw."""

    depth: int | str = "ops"
    expand: Collection[str] = ()
    values: bool = True
    parameters: str = "drawn"
    highlight: tuple[int, int] | None = None  # (vertex, owner of a parameter)
    lang: str = "en"
    code: bool = True  # ops are called as in code; else as a lecture calls them


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
        self.shares: dict[int, float] = {}  # of a highlighted gradient, by edge
        self.said: list[float] = []  # shares as they are written
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
        if look.depth == "formula":  # a number stands in the formula
            inside |= {i for i, v in enumerate(shot.vertices) if v.kind == "constant" and not v.shape and v.value is not None}
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
                written = [shot.vertices[j] for j in uses.get(i, ())
                           if j in inside and shot.vertices[j].kind == "parameter" and look.parameters == "inside"
                           and not (v.whole and self.cell(v.group))]
                self.box_of[i] = self.add(self.vertex_boxed(v, i, written))
        for i in shot.outputs:
            if i in self.box_of:
                self.picture.boxes[self.box_of[i]].strong = True
        for shut, at in self.group_box.items():
            self.describe(self.picture.boxes[at], shut)
        self.arrows()
        self.note()
        return self.picture

    def note(self) -> None:
        """What shares are of, and what one below 0 % says."""
        rows = self.rows()
        if rows:
            self.picture.note = rows
        if self.look.highlight is None or not self.shares:
            return
        of = next(v for v in self.shot.vertices if v.owner == self.look.highlight[1])
        named = of.symbol if of.symbol == of.label else f"{of.symbol} = {of.label}"
        size = f" ({_shape(of.shape)})" if of.shape else ""
        whole = f"dL/d{of.symbol}"
        english = [f"{named}{size}: each use gives a share of {whole}, the sum over its uses",
                   "A share below 0 % points against that sum: the other uses outweigh it"]
        chinese = [f"{of.symbol}{size}：每次使用都给出 {whole} 的一份，{whole} 是各份之和",
                   "负的份额：方向与总和相反，被其他各份抵消"]
        below = any(math.isfinite(share) and round(100 * share) < 0 for share in self.said)
        for lines in {"en": [english], "zh": [chinese], "both": [chinese, english]}[self.look.lang]:
            self.picture.note += ("\n" if self.picture.note else "") + "\n".join(lines[:2 if below else 1])

    def rows(self) -> str:
        """Of a recurrent cell whose gates are drawn: which letters stand for the rows of which weights."""
        shot = self.shot
        letters: dict[str, str] = {}
        for v in shot.vertices:
            if v.whole:
                for name in re.findall(r"\b[Wb]_[ih][rzngfio]\b", v.formula):
                    letters[name[:3]] = letters.get(name[:3], "") + ("" if name[3] in letters.get(name[:3], "") else name[3])
        said = []
        for v in shot.vertices:
            if v.kind == "parameter" and v.symbol[:-1] in letters and v.symbol.endswith("h"):
                gates = sorted(letters.pop(v.symbol[:-1]), key="rznifgo".index)
                said.append(f"{v.symbol} ({_shape(v.shape)}) = [{'; '.join(v.symbol[:-1] + gate for gate in gates)}]")
        return "\n".join(",   ".join(said[k:k + 2]) for k in range(0, len(said), 2))

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
            named = not re.fullmatch(r"v\d+|[QKV]", v.symbol)  # what has a name is seen, so that one finds what it is
            alone = v.kind == "op" and len(sources.get(i, ())) == 1
            if alone and v.label in STRUCTURAL and i not in self.shot.outputs and not named:
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
            each, _, name = label_of(g).partition(" ") if g.label.startswith("each ") else ("", "", label_of(g))
            return f"{words(each, lang)} {name}".strip()
        if g.kind == "part":
            return words(g.name, lang)
        kind = words(g.title, lang)
        name = "" if g.name == g.title else f"{words(g.name, lang)}: "
        call = {"en": f" (call {g.call})", "zh": f"（第 {g.call} 次）", "both": f"（第 {g.call} 次 call {g.call}）"}[lang]
        many = f" {g.label}" if g.label else f" t = {g.time}" if g.time is not None else call if g.call else ""
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
        box.lines += [(in_words(line, lang), "formula") for line in g.formula.split("\n") if line]
        if g.title in _IN_OUT:
            box.lines.append((" → ".join(g.detail.split(", ")[:2]), "detail"))
        elif g.detail and len(g.detail) < 40 and g.title not in _SILENT:
            box.lines.append((g.detail, "detail"))
        members = set(box.members)
        leaving = [i for i in box.members if shot.vertices[i].kind == "op" and (i in shot.outputs or any(
            e.target not in members for e in self.out_of(i)))]
        shapes = list(dict.fromkeys(_shape(shot.vertices[i].shape) for i in leaving))
        if shapes and g.kind != "step":
            box.lines.append((f"→ {', '.join(s or '1' for s in shapes[:3])}{' …' if len(shapes) > 3 else ''}", "detail"))
        within = {k: chain[chain.index(group):] for k, chain in self.chains.items() if group in chain}  # drawn once: all around
        sizes = {v.owner: math.prod(v.shape) * math.prod(shot.groups[k].repeat for k in within[v.group])
                 for v in shot.vertices if v.kind == "parameter" and v.group in within}
        if sizes and g.kind != "step":
            box.lines.append((f"{sum(sizes.values()):,} {words('parameters', lang)}", "detail"))
        known = [shot.vertices[i].gradient for i in leaving if shot.vertices[i].gradient is not None]
        if known and self.look.values:
            whole = math.hypot(*map(norm, known))
            box.lines.append((f"{words('gradient', lang)}: {words('norm', lang)} {whole:.3g}", "gradient"))
        if leaving and self.look.values:
            box.heat = heat(shot.vertices[leaving[-1]].value)
        failed = [shot.vertices[i] for i in box.members if shot.vertices[i].kind == "failed"]
        box.lines += [(part, "detail") for v in failed for part in self.told(v)]
        inside = [v for v in shot.vertices if v.wrong and group in self.chains[v.group]]  # also what has no box
        box.bad = bool(failed or inside)
        box.wrong = frozenset(({"gradient"} if any("gradient" in shot.vertices[i].wrong for i in leaving) else set())
                              | (shot.vertices[leaving[-1]].wrong - {"gradient"} if leaving else set()))
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
        formula = look.depth == "formula" and v.kind == "op" and bool(v.formula)
        title = title_of(v.label, lang, look.code, not v.shape) if v.kind in ("op", "failed") else words(v.label, lang)
        if v.label == "linear" and len(self.sources(i)) == 2:
            title = title.replace(" + b", "")
        if v.kind == "parameter" and v.symbol != v.label and not (lang == "zh" and "[" not in v.symbol):
            title = f"{v.symbol} = {self.local(v, v.group)}"
        elif v.kind == "parameter":
            title = v.symbol
        if v.kind == "op" and v.symbol.startswith("✓"):
            title = v.symbol
        elif v.kind == "op" and not re.fullmatch(r"v\d+", v.symbol):
            title = f"{v.symbol} = {title}"
        if v.kind == "failed":
            title = f"{words('failed', lang)}: {title}"
        if formula:
            lines = [(part, "title") for part in _broken(in_words(self.renamed(f"{v.symbol} = {v.formula}"), lang))]
            if shape:
                lines.append((shape if len(v.shape) > 1 else f"({shape})", "detail"))
        elif v.kind == "constant" and v.value is None:
            lines = [(title, "title")]
        else:
            lines = [(f"{title}  ({shape})" if shape else title, "title")]
        if v.kind == "op" and v.label in LINES:
            lines = [lines[0] if not formula else (self.renamed(v.symbol), "title"),
                     *((line, "formula") for line in LINES[v.label].split("\n")), *lines[1:]]
        if v.cut and v.live and not (formula and v.label == "detach"):
            lines.append((words("no gradient", lang), "detail"))
        if v.kind == "failed":
            lines += [(part, "detail") for part in self.told(v)]
        elif v.settings and look.code and look.depth != "formula":
            lines += [(part, "detail") for part in _wrapped(v.settings, 44)]
        for p in written:
            named = p.symbol if p.symbol == p.label or lang == "zh" else f"{p.symbol} = {self.local(p, v.group)}"
            lines.append((f"{named}  ({_shape(p.shape)})", "detail"))
        box = Box("cut" if v.cut else v.kind, lines, frame=self.frame(v.group), time=self.time(v.group), note=_note(v),
                  members=[i])
        if look.values:
            self.show(box, v)
        if v.expected:
            box.lines.append((f"{words('expected', lang)} {v.expected}", "value"))
        below = {"detail"} if any(p.wrong for p in written) else set()
        hidden = self.look.parameters == "hidden" and any(p.wrong for p in self.used(i))
        box.wrong = v.wrong | below
        box.missed = bool(v.expected)
        box.bad = bool(box.wrong) or v.kind == "failed" or hidden or box.missed
        return box

    def cell(self, group: int) -> bool:
        """Whether it is a step of a recurrent layer, whose weights the note below tells of."""
        return any(self.shot.groups[g].title.endswith(("Cell", "RNN", "GRU", "LSTM")) for g in self.chains[group])

    def sources(self, i: int) -> list[Vertex]:
        """What goes into a vertex."""
        return [self.shot.vertices[e.source] for e in self.shot.edges if e.target == i]

    def used(self, i: int) -> list[Vertex]:
        """The parameters that go into a vertex."""
        return [p for p in self.sources(i) if p.kind == "parameter"]

    def local(self, v: Vertex, group: int) -> str:
        """A parameter's name inside the module whose frame is around it."""
        path = self.shot.groups[group].full_name.partition(".")[2] if group >= 0 else ""
        before, _, last = v.label.rpartition(".")
        return last if before and (before == path or path.endswith(f".{before}")) else v.label

    def told(self, v: Vertex) -> list[str]:
        """What went wrong: the error's message; in Chinese, which messages are not in, what it is and the shapes it was given."""
        kind = v.settings.partition(": ")[0]
        if self.look.lang != "zh":
            return _wrapped(v.settings, 44)
        at = next(i for i, u in enumerate(self.shot.vertices) if u is v)
        shapes = [_shape(self.shot.vertices[e.source].shape) for e in self.shot.edges if e.target == at]
        return [words(kind, "zh"), "，".join(f"({shape})" for shape in shapes if shape)]

    def show(self, box: Box, v: Vertex) -> None:
        """The lines of value and gradient. Of leaves and ops; a constant number is its own label."""
        lang = self.look.lang
        if v.value is not None and v.value.dtype.kind in "fiub" and (v.value.size > 1 or v.kind != "constant"):
            box.lines.append((numbers(v.value, lang), "value"))
            if v.value.size > FEW and (v.kind in ("op", "parameter", "input") or v.value.dtype == bool):
                box.heat = heat(v.value)
        if v.kind == "parameter" or v.owner >= 0 or (v.kind == "op" and v.gradient is not None):
            text = words("not computed", lang) if v.gradient is None else numbers(v.gradient, lang, gradient=True)
            box.lines.append((f"{words('gradient', lang)}: {text}", "gradient"))

    # --- arrows ---

    def arrows(self) -> None:
        shot, boxes = self.shot, self.picture.boxes
        marked, shares = self.highlighted()
        self.shares = shares
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
                self.said.append(sum(share))
            a, b = boxes[source].time, boxes[target].time
            onward = 0 if a is None or b is None or a == b else 1 if a < b else -1
            self.picture.arrows.append(Arrow(
                source, target, label, scale(total), total is not None and not math.isfinite(total),
                any(id(x) in marked for x in edges), delayed,
                all(x.cut for x in edges), onward=onward))

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
                self.said.append(shares[id(e)])
                share, whole = percent(shares[id(e)]), f"dL/d{shot.vertices[e.source].symbol}"
                box.lines.append((f"{whole} 的 {share}" if self.look.lang == "zh" else f"{share} of {whole}", "gradient"))
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


def _broken(text: str, width: int = 30) -> list[str]:
    """A formula in lines of about one length and at most about `width` letters, broken where one term ends."""
    lines, count = [""], math.ceil(len(text) / width)
    width = len(text) // count + 4 if count > 1 else width
    for k, term in enumerate(re.split(r" (?=[+−] )", text)):
        if k and len(lines[-1]) + len(term) >= width:
            lines.append(term)
        else:
            lines[-1] += f" {term}" if k else term
    return lines


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
    if v.label == "permute" and is_transpose(v):
        return "ᵀ"
    if v.label == "getitem":
        return f"[{v.settings.partition('=')[2] or '…'}]"
    return ""
