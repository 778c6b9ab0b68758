"""Loops from left to right: a column per step, in rows from what is read, at the bottom, to what is said.

Graphviz takes no orders about columns and rows at once. What stands before the first step or after the last is laid out by
Graphviz all the same; every arrow from there, or over a row, runs in the lanes between rows and columns, at right angles.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from .curves import TIP, Point, joined, rounded, straight
from .layout import Place, blocks, size_of
from .measure import text_width
from .picture import Picture
from .themes import Theme

TRACK = 7.0  # from one line of a lane to the next
HEADING, PAD = 24.0, 10.0  # of a frame: above what is in it, and on the other sides
LEFT, RIGHT = -1, 10**6  # the "columns" of what stands beside the steps
BETWEEN = -2


@dataclass
class Way:
    """How an arrow goes: out of a box's top or side, through lanes, into a bottom or a side.

    lanes  ("h", row) above that row, ("v", column) left of that column, in turn
    """

    arrow: int
    start: str
    end: str
    lanes: list[tuple[str, int]] = field(default_factory=list)
    tracks: list[int] = field(default_factory=list)


def grid(picture: Picture, theme: Theme, timeout: float, mirrored: bool = False,
         beside: tuple[str, str] = ("LR", "LR")) -> Place | None:
    """Where everything stands; None for a picture that this cannot lay out without one thing on top of another.

    beside  how what stands left and right of the steps goes: "LR" or "TB"
    """
    found = _Grid(picture, theme, timeout, beside).laid_out()
    if found is None or not _tidy(picture, found):
        return None
    return _mirrored(found) if mirrored else found


class _Grid:
    def __init__(self, picture: Picture, theme: Theme, timeout: float, beside: tuple[str, str]) -> None:
        self.picture, self.theme, self.timeout = picture, theme, timeout
        self.goes = {LEFT: beside[0], RIGHT: beside[1]}
        self.boxes = picture.boxes
        self.sizes = [size_of(box, picture.sizes) for box in self.boxes]
        self.into: dict[int, list[int]] = defaultdict(list)
        self.out: dict[int, list[int]] = defaultdict(list)
        for arrow in picture.arrows:
            if not arrow.delayed:
                self.into[arrow.target].append(arrow.source)
                self.out[arrow.source].append(arrow.target)
        self.column: dict[int, int] = {}  # of the boxes in the grid
        self.row: dict[int, int] = {}
        self.side: dict[int, int] = {}  # LEFT or RIGHT, of the others
        self.around = [self.frames_around(box.frame) for box in self.boxes]

    def frames_around(self, frame: int) -> list[int]:
        found = []
        while frame >= 0:
            found.append(frame)
            frame = self.picture.frames[frame].parent
        return found

    def laid_out(self) -> Place | None:
        self.put_in_columns()
        self.put_in_rows()
        ways = [self.way(k) for k in range(len(self.picture.arrows))]
        if any(way is None for way in ways) or any(arrow.delayed for arrow in self.picture.arrows):
            return None
        self.ways: list[Way] = [way for way in ways if way is not None]
        return self.placed()

    # --- columns ---

    def put_in_columns(self) -> None:
        times = sorted({box.time for box in self.boxes if box.time is not None})
        at = {t: c for c, t in enumerate(times)}
        self.columns = len(times)
        self.time = {i: at[box.time] for i, box in enumerate(self.boxes) if box.time is not None}
        for i in range(len(self.boxes)):  # a word stands under its own step
            targets = {self.time.get(j) for j in self.out[i]}
            if i not in self.time and not self.into[i] and len(targets) == 1 and None not in targets:
                self.time[i] = targets.pop()  # type: ignore[assignment]
        before = self.reached(self.into)  # has a step among what it is made of
        after = self.reached(self.out)  # leads to a step
        loops = self.loops()
        for i in range(len(self.boxes)):
            if i in self.time:
                self.column[i] = self.time[i]
            elif (i in before and i in after) or loops & set(self.around[i]):
                self.column[i] = BETWEEN  # a column is found later
            elif i in before:
                self.side[i] = RIGHT
            elif i in after:
                self.side[i] = LEFT
        for i in reversed(range(len(self.boxes))):
            if i not in self.column and i not in self.side:  # a target of the loss, and what leads to it
                self.side[i] = RIGHT if any(self.side.get(j) == RIGHT for j in self.below(i)) else LEFT

    def loops(self) -> set[int]:
        """Frames with some of the steps in them, but not all: one of several loops."""
        inside: dict[int, int] = defaultdict(int)
        steps = [i for i in self.time if self.boxes[i].time is not None]
        for i in steps:
            for f in self.around[i]:
                inside[f] += self.picture.frames[f].time is None
        return {f for f, count in inside.items() if 0 < count < len(steps)}

    def reached(self, steps: dict[int, list[int]]) -> set[int]:
        """The boxes without a step from which a step is reached that way."""
        found: set[int] = set()
        back: dict[int, list[int]] = defaultdict(list)
        for i, others in steps.items():
            for j in others:
                back[j].append(i)
        waiting = [i for j in self.time for i in back[j]]
        while waiting:
            i = waiting.pop()
            if i not in found and i not in self.time:
                found.add(i)
                waiting += back[i]
        return found

    def below(self, i: int) -> set[int]:
        found, waiting = set(), [i]
        while waiting:
            for j in self.out[waiting.pop()]:
                if j not in found:
                    found.add(j)
                    waiting.append(j)
        return found

    # --- rows ---

    def put_in_rows(self) -> None:
        """What is the same at different steps is a lane; lanes go up as the computation does, those of one frame together."""
        lanes: dict[Any, list[int]] = {}
        self.lane: dict[int, Any] = {}
        seen: dict[Any, int] = defaultdict(int)
        leaves = [i for i in self.column if not self.into[i]]
        words = [i for i in leaves if self.column[i] >= 0]
        self.beside_of: dict[int, int] = {}  # leaves in the row of what uses them
        for i in self.column:
            if i in words:
                continue
            if i in leaves and self.out[i] and self.column.get(self.out[i][0]) == BETWEEN:
                self.beside_of[i] = self.out[i][0]
                continue
            key: Any = ("between", i) if self.column[i] < 0 else self.likeness(i)
            if key[0] == "op":  # the same op twice in a step
                seen[key, self.column[i]] += 1
                key = (*key, seen[key, self.column[i]])
            lanes.setdefault(key, []).append(i)
            self.lane[i] = key
        # Words stand outside a frame that is around everything; of loops side by side each has its own right below.
        framed = len({self.around[i][-1] if self.around[i] else -1 for i in self.lane} - {-1}) == 1
        for i in words:  # right below what uses them, and outside its frame below everything
            first = self.out[i][0]
            mine = [j for j in self.into[first] if j in words].index(i)
            key = ("word", self.lane.get(first), mine) if self.around[i] or not framed else ("outside", mine)
            lanes.setdefault(key, []).append(i)
            self.lane[i] = key
        order = [key for key in lanes if key[0] == "outside"]
        self.outside = len(order)
        order += self.ordered([key for key in lanes if key[0] != "outside"], lanes, 0)
        rows: list[tuple[set[int], Any]] = []  # the columns that are taken, and in which frames
        for key in order:
            where = self.path(lanes[key])
            if key[0] == "between":
                i = key[1]
                leaves_of = [j for j, k in self.beside_of.items() if k == i]
                near = self.near(i)
                middle = (min(near) + max(near)) // 2 if near else self.columns // 2
                shared = self.row_of_like(key, rows, where)
                taken = rows[shared][0] if shared is not None else set()
                free = sorted((c for c in range(self.columns) if c not in taken), key=lambda c: (abs(c - middle), c))
                if shared is None or len(free) < 1 + len(leaves_of):
                    rows.append((set(), where))
                    shared, free = len(rows) - 1, sorted(range(self.columns), key=lambda c: (abs(c - middle), c))
                for j, c in zip([i, *leaves_of], free, strict=False):
                    self.column[j], self.row[j] = c, shared
                    rows[shared][0].add(c)
                for j in leaves_of[len(free) - 1:]:
                    rows.append(({0}, where))
                    self.column[j], self.row[j] = 0, len(rows) - 1
                continue
            wide = {self.column[i] for i in lanes[key]}
            if not rows or rows[-1][0] & wide or rows[-1][1] != where or self.linked(rows, lanes[key]):
                rows.append((set(), where))
            rows[-1] = (rows[-1][0] | wide, where)
            for i in lanes[key]:
                self.row[i] = len(rows) - 1
        self.rows = len(rows)
        self.widen()

    def near(self, i: int) -> list[int]:
        """Columns it should stand near: of the one step that it leads to, else of all that is next to it."""
        ahead, waiting = set(), [i]
        while waiting:
            for j in self.out[waiting.pop()]:
                if j in self.time:
                    ahead.add(self.time[j])
                elif j in self.column:
                    waiting.append(j)
        if len(ahead) == 1:
            return list(ahead)
        return [self.column[j] for j in (*self.into[i], *self.out[i]) if self.column.get(j, -1) >= 0]

    def row_of_like(self, key: Any, rows: list[tuple[set[int], Any]], where: Any) -> int | None:
        """The top row, if there are only such boxes in it, of the same frame, and none of them is what this one is made of."""
        if not rows or rows[-1][1] != where:
            return None
        inside = [i for i, r in self.row.items() if r == len(rows) - 1]
        same = all(self.boxes[i].time is None for i in inside)
        return len(rows) - 1 if same and not set(inside) & set(self.into[key[1]]) else None

    def linked(self, rows: list[tuple[set[int], Any]], members: list[int]) -> bool:
        inside = {i for i, r in self.row.items() if r == len(rows) - 1}
        return any(inside & set(self.into[i]) for i in members)

    def path(self, members: list[int]) -> tuple[int, ...]:
        """The frames that a lane is in, from outside to inside, without those of single steps."""
        common = set.intersection(*(set(self.around[i]) for i in members))
        return tuple(sorted(f for f in common if self.picture.frames[f].time is None))

    def ordered(self, keys: list[Any], lanes: dict[Any, list[int]], level: int) -> list[Any]:
        """Lanes from the bottom up; those of one frame as one, at each level of frames."""
        units: dict[Any, list[Any]] = {}
        for key in keys:
            path = self.path(lanes[key])
            units.setdefault(("frame", path[level]) if level < len(path) else key, []).append(key)
        unit_of = {key: unit for unit, inside in units.items() for key in inside}
        rank = self.ranks(units, {i: unit_of[key] for i, key in self.lane.items() if key in unit_of}, unit_of)
        first = {unit: n for n, unit in enumerate(units)}
        found: list[Any] = []
        for unit in sorted(units, key=lambda unit: (rank[unit], first[unit])):
            found += self.ordered(units[unit], lanes, level + 1) if unit[0] == "frame" else units[unit]
        return found

    def likeness(self, i: int) -> tuple[Any, ...]:
        box = self.boxes[i]
        frames = [self.picture.frames[f] for f in self.around[i]]
        loop = next(((f.parent, f.kind) for f in frames if f.time is not None), (box.frame, ""))
        if box.kind == "step":
            return ("step", box.frame)
        title = re.sub(r"( t = | \(call ).*|  \(.*", "", box.lines[0][0]) if box.lines else ""
        return ("op", loop, "" if box.kind == "op" and "=" in title else title)

    def ranks(self, rows: dict[Any, list[int]], of: dict[int, Any], unit_of: dict[Any, Any]) -> dict[Any, int]:
        """How high up each row is: above all that it is made of, as far as that can be said of whole rows."""
        below: dict[Any, set[Any]] = {key: set() for key in rows}

        def leads(a: Any, b: Any) -> bool:
            waiting, found = [b], set()
            while waiting:
                key = waiting.pop()
                if key == a:
                    return True
                if key not in found:
                    found.add(key)
                    waiting += below[key]
            return False

        weak = []
        for arrow in self.picture.arrows:
            a, b = of.get(arrow.source), of.get(arrow.target)
            if a is None or b is None or a == b or a[0] == "word":
                continue
            if arrow.onward:
                weak.append((a, b))
            elif not leads(b, a):
                below[b].add(a)
        for a, b in weak:
            if not leads(b, a):
                below[b].add(a)
        rank: dict[Any, int] = {}

        def height(key: Any) -> int:
            if key not in rank:
                rank[key] = max((height(k) + 2 for k in below[key]), default=0)
            return rank[key]

        for key in rows:
            if key[0] != "word":
                height(key)
        for key in rows:
            if key[0] == "word":
                rank[key] = rank.get(unit_of.get(key[1], key[1]), 0) - 1
        return rank

    def widen(self) -> None:
        """What stands alone in its row between two loops is as wide as all steps; lines go past its ends."""
        self.wide: set[int] = set()
        for i, c in self.column.items():
            alone = sum(r == self.row[i] for r in self.row.values()) == 1
            near = {self.column[j] for j in (*self.into[i], *self.out[i]) if j in self.column}
            if i in self.time or c < 0 or not alone or len(near) < 3:
                continue
            self.wide.add(i)

    # --- ways ---

    def way(self, k: int) -> Way | None:
        arrow = self.picture.arrows[k]
        a, b = arrow.source, arrow.target
        if a == b:
            return None
        if a in self.side and b in self.side:
            if self.side[a] == self.side[b]:
                return Way(k, "block", "block")
            return Way(k, "exit", "entry", [("v", 0), ("h", self.rows - 1), ("v", self.columns)])
        if a in self.side:
            if self.side[a] != LEFT:
                return None
            if self.beside(b, 0) and self.lonely(LEFT):
                return Way(k, "exit", "left")
            return Way(k, "exit", "bottom", [("v", 0), ("h", self.row[b] - 1)])
        if b in self.side:
            if self.side[b] != RIGHT:
                return None
            if self.beside(a, self.columns - 1) and self.lonely(RIGHT):
                return Way(k, "right", "entry")
            return Way(k, "top", "entry", [("h", self.row[a]), ("v", self.columns)])
        ra, rb, ca, cb = self.row[a], self.row[b], self.column[a], self.column[b]
        if ra == rb:
            between = [i for i in self.column if self.row[i] == ra and min(ca, cb) < self.column[i] < max(ca, cb)]
            if not between and ca != cb:
                return Way(k, "right" if cb > ca else "left", "left" if cb > ca else "right")
            return Way(k, "top", "top", [("h", ra)])
        if any(ra < self.row[i] < rb for i in self.wide) and not {a, b} & self.wide:  # around the end of what is in between
            lane, end = (0, "left") if 2 * cb < self.columns else (self.columns, "right")
            if cb in (0, self.columns - 1):
                return Way(k, "top", end, [("h", ra), ("v", lane)])
            return Way(k, "top", "bottom", [("h", ra), ("v", lane), ("h", rb - 1)])
        if rb < ra or (arrow.onward and ca != cb and a not in self.wide and b not in self.wide):
            ahead = cb > ca or (cb == ca and rb < ra)
            lane = cb if cb > ca else cb + 1
            start = "right" if ahead else "left"
            if abs(cb - ca) > 1:
                return Way(k, "top", "left" if cb > ca else "right", [("h", ra), ("v", lane)])
            return Way(k, start, "left" if cb > ca else "right", [("v", lane)])
        if rb == ra + 1:
            return Way(k, "top", "bottom", [("h", ra)])
        if (ca == cb or {a, b} & self.wide) and self.clear(a, b):
            return Way(k, "top", "bottom")
        if a in self.wide or b in self.wide:  # straight up or down beside the column of the other
            return Way(k, "top" if a in self.wide else "left", "bottom" if b in self.wide else "left",
                       [("v", cb if a in self.wide else ca)])
        if ca == cb:  # around what is in between; not out of a side, where states go from step to step
            return Way(k, "top", "bottom", [("h", ra), ("v", cb if self.into[a] else cb + 1), ("h", rb - 1)])
        return Way(k, "top", "left", [("h", ra), ("v", cb)])

    def clear(self, a: int, b: int) -> bool:
        """Whether nothing stands between two boxes of a column."""
        rows = range(self.row[a] + 1, self.row[b])
        column = self.column[b] if a in self.wide else self.column[a]
        return not any(self.row[i] in rows and (c == column or i in self.wide) for i, c in self.column.items())

    def beside(self, i: int, column: int) -> bool:
        return self.column[i] == column and i not in self.wide

    def lonely(self, side: int) -> bool:
        """Whether one arrow alone leads from the grid to that side, or from there."""
        ends = [(a.source, a.target) if side == LEFT else (a.target, a.source) for a in self.picture.arrows]
        return self.goes[side] == "LR" and sum(self.side.get(out) == side and inside in self.column for out, inside in ends) == 1

    # --- places ---

    def placed(self) -> Place | None:
        exits = {w.arrow for w in self.ways if w.start == "exit"}
        entries = {w.arrow for w in self.ways if w.end == "entry"}
        left, right = (blocks(self.picture, [i for i, s in self.side.items() if s == side], exits, entries, self.theme,
                              self.timeout, self.goes[side]) for side in (LEFT, RIGHT))
        found = Place()
        self.straighten()
        xs = self.across(left)
        ys = self.upright()
        for i, c in self.column.items():
            w, h = self.sizes[i]
            x0, x1 = xs[c]
            if i in self.wide:
                x0, x1 = self.ends_of(i, xs)
                w = max(w, x1 - x0)
            found.boxes[i] = ((x0 + x1) / 2, ys[self.row[i]], w, h)
        self.ports = self.port_places(found)
        inner = [xs[0][0], xs[self.columns - 1][1]]
        ends: dict[int, Point] = {}
        self.left_bottom = -1e9
        for side, block in ((LEFT, left), (RIGHT, right)):
            if not block.boxes:
                continue
            dx = inner[0] - self.gap_before - block.width if side == LEFT else inner[1] + self.gap_after
            dy = self.level(side, block, found)
            self.left_bottom = block.height + dy if side == LEFT else self.left_bottom
            for i, (x, y, w, h) in block.boxes.items():
                found.boxes[i] = (x + dx, y + dy, w, h)
            for f, (x, y, w, h) in block.frames.items():
                found.frames[f] = (x + dx, y + dy, w, h)
            for k, (points, tip) in block.curves.items():
                moved = [(x + dx, y + dy) for x, y in points], (tip[0] + dx, tip[1] + dy)
                found.curves[k] = moved
                ends[k] = tip if side == LEFT else points[0]
                ends[k] = (ends[k][0] + dx, ends[k][1] + dy)
            for k, (x, y) in block.labels.items():
                found.labels[k] = (x + dx, y + dy)
        self.frame(found)
        self.lower(found)
        self.move_out(found)
        self.draw(found, xs, ys, ends)
        return _from_zero(found)

    def along(self, way: Way) -> bool:
        """Whether it is straight between a wide box and a lane."""
        arrow = self.picture.arrows[way.arrow]
        return len(way.lanes) == 1 and way.lanes[0][0] == "v" and bool({arrow.source, arrow.target} & self.wide)

    def ends_of(self, i: int, xs: dict[int, tuple[float, float]]) -> tuple[float, float]:
        """From where to where a wide box goes: over all columns, and over the lanes that lead to it beside the first."""
        lanes = [self.v_start[k] + TRACK * self.lane_of["v", k, self.net(way)] for way in self.ways for lane, k in way.lanes
                 if lane == "v" and len(way.lanes) == 1 and i in (self.picture.arrows[way.arrow].source,
                                                                  self.picture.arrows[way.arrow].target)]
        return min([xs[0][0], *(x - 4 for x in lanes)]), max([xs[self.columns - 1][1], *(x + 4 for x in lanes)])

    def straighten(self) -> None:
        """Ways between neighbouring rows that need no lane: straight up."""
        for way in self.ways:
            arrow = self.picture.arrows[way.arrow]
            if (way.start, way.end) == ("top", "bottom"):
                a, b = arrow.source, arrow.target
                if (self.column[a] == self.column[b] or a in self.wide or b in self.wide) and self.clear(a, b):
                    way.lanes = []

    def gaps(self, lane: str, k: int) -> int:
        return len({self.net(way) for way in self.ways if (lane, k) in way.lanes})

    def net(self, way: Way) -> Any:
        """What shares a line: all that leaves one box by the same side; all that is put together beside the steps."""
        arrow = self.picture.arrows[way.arrow]
        return (arrow.target, "entry") if way.end == "entry" else (arrow.source, way.start)

    def across(self, left: Place) -> dict[int, tuple[float, float]]:
        """The left and right end of each column."""
        widths = [max((self.sizes[i][0] for i, c in self.column.items() if c == k and i not in self.wide), default=20.0)
                  for k in range(self.columns)]
        before, after = self.frame_pads()
        self.lane_of: dict[tuple[str, int, Any], int] = {}
        for k in range(self.columns + 1):
            here = [way for way in self.ways if ("v", k) in way.lanes]
            here.sort(key=lambda way: self.along(way) == (not k))  # what goes to a wide box keeps next to it
            for n, net in enumerate(dict.fromkeys(self.net(way) for way in here)):
                self.lane_of["v", k, net] = n
        xs: dict[int, tuple[float, float]] = {}
        x = 0.0
        self.v_start: dict[int, float] = {}
        for k in range(self.columns + 1):
            lanes = TRACK * self.gaps("v", k)
            pads = (after[k - 1] if k else 0.0), (before[k] if k < self.columns else 0.0)
            labels = [text_width(self.picture.arrows[w.arrow].label, self.picture.sizes["label"]) + 14 for w in self.ways
                      if self.picture.arrows[w.arrow].label and w.start in ("left", "right") and w.end in ("left", "right")]
            wide = pads[0] + pads[1] + max(lanes + 12.0, 28.0, *labels)
            self.v_start[k] = x + pads[0] + (wide - pads[0] - pads[1] - lanes) / 2 + TRACK / 2
            if k == 0:
                self.gap_before = max(wide, 30.0)
                self.v_start[0] = -wide + (wide - lanes) / 2 + TRACK / 2 - pads[1] / 2
                xs[0] = (0.0, widths[0])
                x = widths[0]
            elif k < self.columns:
                xs[k] = (x + wide, x + wide + widths[k])
                x += wide + widths[k]
            else:
                self.gap_after = max(wide, 30.0)
        return xs

    def frame_pads(self) -> tuple[list[float], list[float]]:
        """Room for the sides of frames, left and right of each column."""
        before, after = [0.0] * self.columns, [0.0] * self.columns
        spans: dict[int, set[int]] = defaultdict(set)
        for i, c in self.column.items():
            for f in self.around[i]:
                spans[f].add(c)
        beside = {f for i in self.side for f in self.around[i]}
        for i in self.column:
            for pads, end in ((before, min), (after, max)):
                c = self.column[i]
                count = sum(end(spans[f]) == c and f not in beside for f in self.around[i])
                pads[c] = max(pads[c], PAD * count)
        return before, after

    def upright(self) -> dict[int, float]:
        """The middle of each row, the bottom row last."""
        spans: dict[int, set[int]] = defaultdict(set)
        for i, r in self.row.items():
            for f in self.around[i]:
                spans[f].add(r)
        heads, feet = [0.0] * self.rows, [0.0] * self.rows
        for i, r in self.row.items():
            heads[r] = max(heads[r], HEADING * sum(max(spans[f]) == r for f in self.around[i]))
            feet[r] = max(feet[r], PAD * sum(min(spans[f]) == r for f in self.around[i]))
        high = [max(self.sizes[i][1] for i in self.row if self.row[i] == r) for r in range(self.rows)]
        ys: dict[int, float] = {}
        self.h_start: dict[int, float] = {}
        y = 0.0
        for r in range(self.rows):
            lanes = TRACK * self.gaps("h", r - 1)
            room = max(lanes + 14.0, 20.0)
            pads = heads[r - 1] if r else 0.0
            self.h_start[r - 1] = y - pads - (room - lanes) / 2 - TRACK / 2
            y -= (pads + room + feet[r]) if r else 0.0
            if not r:
                self.h_start[-1] = feet[0] + 8.0 + TRACK * max(0, self.gaps("h", -1) - 1)
            ys[r] = y - high[r] / 2
            y -= high[r]
        self.h_start[self.rows - 1] = y - heads[-1] - 10.0
        return ys

    def level(self, side: int, block: Place, found: Place) -> float:
        """How far a block is moved down, so that one arrow alone is straight, and else its middle is the grid's."""
        for way in self.ways if self.goes[side] == "LR" else ():
            arrow = self.picture.arrows[way.arrow]
            if side == LEFT and way.start == "exit" and way.end == "left":
                return found.boxes[arrow.target][1] - block.curves[way.arrow][1][1]
            if side == RIGHT and way.end == "entry" and way.start == "right":
                return found.boxes[arrow.source][1] - block.curves[way.arrow][0][0][1]
        tops = [y - h / 2 for _, y, _, h in found.boxes.values()]
        bottoms = [y + h / 2 for _, y, _, h in found.boxes.values()]
        if self.goes[side] == "TB":
            inside = [i for i, c in self.column.items() if self.row[i] >= self.outside]
            lowest = max(found.boxes[i][1] + found.boxes[i][3] / 2 for i in inside)
            return lowest + 10 - block.height if side == LEFT else min(tops) - 10
        return (min(tops) + max(bottoms) - block.height) / 2

    def frame(self, found: Place) -> None:
        """Every frame around what is in it, the inner ones first."""
        inside: dict[int, list[tuple[float, float, float, float]]] = defaultdict(list)
        for i, (x, y, w, h) in found.boxes.items():
            if self.boxes[i].frame >= 0:
                inside[self.boxes[i].frame].append((x - w / 2, y - h / 2, x + w / 2, y + h / 2))
        for f in reversed(range(len(self.picture.frames))):
            frame, rects = self.picture.frames[f], inside[f]
            if f in found.frames and not any(i in self.column for i in self.column if f in self.around[i]):
                x, y, w, h = found.frames[f]  # all of it is in a block
                rects = [(x + PAD, y + HEADING, x + w - PAD, y + h - PAD)]
            if not rects:
                continue
            x0, y0 = min(r[0] for r in rects) - PAD, min(r[1] for r in rects) - HEADING
            x1, y1 = max(r[2] for r in rects) + PAD, max(r[3] for r in rects) + PAD
            if self.goes[LEFT] == "TB" and any(s == LEFT and f in self.around[i] for i, s in self.side.items()):
                y1 = max(y1, self.left_bottom + TRACK * len({self.net(way) for way in self.ways if way.start == "exit"}))
            x1 = max(x1, x0 + text_width(frame.title, 12, True) * 1.12 + 18)
            found.frames[f] = (x0, y0, x1 - x0, y1 - y0)
            if frame.parent >= 0:
                inside[frame.parent].append((x0, y0, x1, y1))

    def lower(self, found: Place) -> None:
        """Words outside the frame, moved below it where a tall box beside the steps makes it longer."""
        words = [i for i, r in self.row.items() if r < self.outside]
        tops = [found.boxes[i][1] - found.boxes[i][3] / 2 for i in words]
        down = max([y + h for _, y, _, h in found.frames.values()], default=-1e9) + 14 - min(tops, default=1e9)
        if down > 0:
            for i in words:
                x, y, w, h = found.boxes[i]
                found.boxes[i] = (x, y + down, w, h)
            for k in range(-1, self.outside - 1):
                self.h_start[k] += down

    def move_out(self, found: Place) -> None:
        """What is read, moved above all frames, and a loss below them, with lines as much longer."""
        top = min((y for _, y, _, _ in found.frames.values()), default=1e9) - 10
        bottom = max((y + h for _, y, _, h in found.frames.values()), default=-1e9) + 14
        for side in (side for side, way in self.goes.items() if way == "TB"):
            free = {i for i, s in self.side.items() if s == side and self.boxes[i].frame < 0}
            if side == LEFT:
                by = min(0.0, top - max((found.boxes[i][1] + found.boxes[i][3] / 2 for i in free), default=-1e9))
            else:
                by = max(0.0, bottom - min((found.boxes[i][1] - found.boxes[i][3] / 2 for i in free), default=1e9))
            if not by:
                continue
            for i in free:
                x, y, w, h = found.boxes[i]
                found.boxes[i] = (x, y + by, w, h)
            for k, arrow in enumerate(self.picture.arrows):
                if k not in found.curves:
                    continue
                points, tip = found.curves[k]
                start, end = arrow.source in free, arrow.target in free
                if start and end:
                    found.curves[k] = [(x, y + by) for x, y in points], (tip[0], tip[1] + by)
                elif start:
                    first = (points[0][0], points[0][1] + by)
                    found.curves[k] = [first, *straight(first, points[0]), *points[1:]], tip
                elif end:
                    last = (tip[0], tip[1] + by)
                    found.curves[k] = [*points, *straight(points[-1], (last[0], last[1] - TIP))], last

    # --- lines ---

    def port_places(self, found: Place) -> dict[tuple[int, str, Any], float]:
        """Where along a side of a box each line leaves or arrives."""
        wanted: dict[tuple[int, str], dict[Any, float]] = defaultdict(dict)
        turned: dict[Any, float] = {}  # lines that go around what is in between, to the left or right of the middle
        for way in self.ways:
            arrow = self.picture.arrows[way.arrow]
            for i, side, other, net in ((arrow.source, way.start, arrow.target, self.net(way)),
                                        (arrow.target, way.end, arrow.source, ("in", self.net(way)))):
                if i in self.column and side in ("top", "bottom", "left", "right"):
                    flat = side in ("top", "bottom")
                    beside = -1e6 if self.side.get(other) == LEFT else 1e6
                    at = found.boxes[other][0 if flat else 1] if other in self.column else beside
                    up = not way.lanes and flat
                    key = ("straight", way.arrow) if up and (i in self.wide or side == "top") else net
                    wanted[i, side].setdefault(key, at)
                    if len(way.lanes) == 3 and self.column.get(other) == self.column[i]:
                        turned[i, side, key] = -0.5 if way.lanes[1][1] == self.column[i] else 0.5
        ports: dict[tuple[int, str, Any], float] = {}
        for (i, side), nets in wanted.items():
            x, y, w, h = found.boxes[i]
            flat = side in ("top", "bottom")
            middle, size = (x, w) if flat else (y, h)
            order = sorted(nets, key=lambda net: nets[net])
            step = min(14.0, 0.8 * size / max(1, len(order)))
            for n, net in enumerate(order):
                ports[i, side, net] = middle + step * (n - (len(order) - 1) / 2)
                if len(order) == 1:
                    ports[i, side, net] += step * turned.get((i, side, net), 0.0)
        return ports

    def draw(self, found: Place, xs: dict[int, tuple[float, float]], ys: dict[int, float], ends: dict[int, Point]) -> None:
        lines: dict[int, list[Point]] = {}
        tracks = self.share_lanes(found)
        for way in self.ways:
            if way.start == "block":
                continue
            arrow = self.picture.arrows[way.arrow]
            net = self.net(way)
            first = ends[way.arrow] if way.start == "exit" else self.at_side(found, arrow.source, way.start, net, way)
            if way.start == "exit" and self.goes[LEFT] == "TB":  # one below another
                first = first[0], first[1] + TRACK * self.depth_of(ends, arrow.source)
            last = ends[way.arrow] if way.end == "entry" else self.at_side(found, arrow.target, way.end, ("in", net), way)
            if not way.lanes and (way.start, way.end) == ("top", "bottom"):
                x = last[0] if arrow.target not in self.wide else first[0]
                if arrow.source not in self.wide and arrow.target not in self.wide:
                    x0, _, w, _ = found.boxes[arrow.source]
                    if abs(x - x0) > w / 2 - 4:
                        lines[way.arrow] = [first, last]
                        continue
                lines[way.arrow] = [(x, first[1]), (x, last[1])]
                continue
            if len(way.lanes) == 1 and way.lanes[0][0] == "v":  # along a wide box, wherever the lane is
                x = self.v_start[way.lanes[0][1]] + TRACK * tracks["v", way.lanes[0][1], net]
                first = (x, first[1]) if arrow.source in self.wide else first
                last = (x, last[1]) if arrow.target in self.wide else last
            points, at = [first], first
            for lane, k in way.lanes:
                n = tracks[lane, k, net]
                at = (at[0], self.h_start[k] - TRACK * n) if lane == "h" else (self.v_start[k] + TRACK * n, at[1])
                points.append(at)
            if way.lanes:
                points.append((last[0], at[1]) if way.lanes[-1][0] == "h" else (at[0], last[1]))
            lines[way.arrow] = [*points, last]
        for k, line in lines.items():
            before = found.curves.get(k)
            arrow = self.picture.arrows[k]
            if before is not None and arrow.source in self.side:  # it comes out of a block
                found.curves[k] = joined(before[0], [before[1]], rounded(line))
            elif before is not None:
                points, _ = rounded(line, headless=True)
                found.curves[k] = joined(points, [points[-1]], before)
            else:
                found.curves[k] = rounded(line)
            if arrow.label:
                found.labels[k] = self.label_place(line, found, arrow.target)

    def depth_of(self, ends: dict[int, Point], source: int) -> int:
        """The how manieth line from the right it is that leaves a block downwards."""
        xs = {self.picture.arrows[way.arrow].source: ends[way.arrow][0] for way in self.ways if way.start == "exit"}
        return sum(x > xs[source] + 0.1 for x in xs.values())

    def share_lanes(self, found: Place) -> dict[tuple[str, int, Any], int]:
        tracks = dict(self.lane_of)
        for k in range(-1, self.rows):
            nets = list(dict.fromkeys(self.net(way) for way in self.ways if ("h", k) in way.lanes))
            nets.sort(key=lambda net: -found.boxes[net[0]][0])
            for n, net in enumerate(nets):
                tracks["h", k, net] = n
        return tracks

    def at_side(self, found: Place, i: int, side: str, net: Any, way: Way) -> Point:
        x, y, w, h = found.boxes[i]
        middle = x if side in ("top", "bottom") else y
        at = self.ports.get((i, side, net), self.ports.get((i, side, ("straight", way.arrow)), middle))
        if side in ("top", "bottom"):
            return at, y + (h / 2 if side == "bottom" else -h / 2)
        if not way.lanes:  # from side to side, in one row
            at = y
        return x + (w / 2 if side == "right" else -w / 2), at

    def label_place(self, line: list[Point], found: Place, target: int) -> Point:
        (x0, y0), (x1, y1) = max(pairwise(line), key=lambda p: abs(p[0][0] - p[1][0]) + abs(p[0][1] - p[1][1]))
        wide = text_width("0" * 5, self.picture.sizes["label"])
        return ((x0 + x1) / 2, y0 - 9) if y0 == y1 else ((x0 + x1) / 2 + wide / 2 + 3, (y0 + y1) / 2)


def _from_zero(found: Place) -> Place:
    """Moved so that all of it lies right of 0 and below 0."""
    xs, ys = [], []
    for x, y, w, h in found.boxes.values():
        xs += [x - w / 2, x + w / 2 + 3]
        ys += [y - h / 2, y + h / 2 + 3]
    for x, y, w, h in found.frames.values():
        xs += [x, x + w]
        ys += [y, y + h]
    for points, _ in found.curves.values():
        xs += [x for x, _ in points]
        ys += [y for _, y in points]
    return moved(found, -min(xs), -min(ys), max(xs) - min(xs), max(ys) - min(ys))


def moved(found: Place, dx: float, dy: float, width: float, height: float) -> Place:
    return Place(width, height, {i: (x + dx, y + dy, w, h) for i, (x, y, w, h) in found.boxes.items()},
                 {f: (x + dx, y + dy, w, h) for f, (x, y, w, h) in found.frames.items()},
                 {k: ([(x + dx, y + dy) for x, y in points], (tip[0] + dx, tip[1] + dy))
                  for k, (points, tip) in found.curves.items()},
                 {k: (x + dx, y + dy) for k, (x, y) in found.labels.items()})


def _mirrored(found: Place) -> Place:
    """From right to left."""
    wide = found.width
    return Place(wide, found.height, {i: (wide - x, y, w, h) for i, (x, y, w, h) in found.boxes.items()},
                 {f: (wide - x - w, y, w, h) for f, (x, y, w, h) in found.frames.items()},
                 {k: ([(wide - x, y) for x, y in points], (wide - tip[0], tip[1])) for k, (points, tip) in found.curves.items()},
                 {k: (wide - x, y) for k, (x, y) in found.labels.items()})


def _tidy(picture: Picture, found: Place) -> bool:
    """Whether no box is on top of another, or in a frame that it does not belong to, and no two frames cross."""
    rects = {i: (x - w / 2, y - h / 2, x + w / 2, y + h / 2) for i, (x, y, w, h) in found.boxes.items()}
    if len(rects) < len(picture.boxes) or len(found.curves) < len(picture.arrows):
        return False
    around: dict[int, set[int]] = {-1: set()}
    for f, frame in enumerate(picture.frames):
        around[f] = around[frame.parent] | {f}
    frames = {f: (x, y, x + w, y + h) for f, (x, y, w, h) in found.frames.items()}
    boxes = list(rects)
    for n, i in enumerate(boxes):
        if any(_meet(rects[i], rects[j]) for j in boxes[n + 1:]):
            return False
        if any(_meet(rects[i], rect) for f, rect in frames.items() if f not in around[picture.boxes[i].frame]):
            return False
    apart = ((f, g) for f in frames for g in frames if f < g and f not in around[g] and g not in around[f])
    return not any(_meet(frames[f], frames[g]) for f, g in apart)


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] + 0.1 < b[2] and b[0] + 0.1 < a[2] and a[1] + 0.1 < b[3] and b[1] + 0.1 < a[3]
